/** Oldest Node that has everything we use. */
const NEEDED = [22, 19] as const;

/** Undefined when this Node will do, else what to tell the user. */
export function checkNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  return fits
    ? undefined
    : `modgate needs Node ${NEEDED.join('.')} or newer, and this is ${version}; install a newer Node (actions/setup-node, a node:24 image) and run it again`;
}
