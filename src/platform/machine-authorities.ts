/**
 * The certificate authorities that this machine believes, PEM, each once: those of Node, of NODE_EXTRA_CA_CERTS, and of
 * the system's own store. Asking takes longer than a look-up on loopback, and so does loading `node:tls`: to be asked at
 * the first need.
 */
export function machineAuthorities(): string[] {
  const { getCACertificates } = process.getBuiltinModule('node:tls');
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}
