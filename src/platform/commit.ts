/** A full commit name (SHA-1 or SHA-256) in lower case; undefined for everything else, all zeros included. */
export function commitSha(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const sha = value.toLowerCase();
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha) && !/^0+$/.test(sha) ? sha : undefined;
}

/** The name of a branch as git takes it; empty for everything that could be read as something else. */
export function branchName(value: unknown): string {
  if (typeof value !== 'string' || value.length > 255) return '';
  const name = value.replace(/^refs\/heads\//, '');
  return /^[^\u0000- \u007f~^:?*[\\]+$/.test(name) && !/^[-/]|\.\.|\/\/|\/$|@\{/.test(name) ? name : '';
}
