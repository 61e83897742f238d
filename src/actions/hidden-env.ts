/**
 * An environment in which some variables can be read by name but are not handed on: a child process gets
 * what can be enumerated. The cache client reads the token from `process.env` and starts `tar` and `zstd`
 * with the whole of it; their `/proc/PID/environ` is open to every step that runs meanwhile.
 */
export function withHidden(
  visible: NodeJS.ProcessEnv,
  hidden: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const base: NodeJS.ProcessEnv = Object.create(null);
  for (const [name, value] of Object.entries(hidden)) {
    Object.defineProperty(base, name, { value, enumerable: false, writable: true, configurable: true });
  }
  const env: NodeJS.ProcessEnv = Object.create(base);
  for (const [name, value] of Object.entries(visible)) {
    if (value === undefined || name in base) continue;
    env[name] = value;
    // A plain object knows no other case than the one written; Windows writes `Path`, libraries read `PATH`.
    if (process.platform === 'win32') env[name.toUpperCase()] = value;
  }
  return env;
}
