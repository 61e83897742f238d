/** Codes of OpenSSL for a certificate that no authority known here vouches for; an expired one is none of them. */
const CODES: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

export function isUnknownIssuer(code: string): boolean {
  return CODES.has(code);
}

/** The code of an error, or of its cause, that says so; undefined for any other trouble. */
export function unknownIssuer(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && isUnknownIssuer(code)) return code;
  }
  return undefined;
}
