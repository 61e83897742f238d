import { goEnv, realUpstream } from './support/go.ts';

/** Fails the whole run at once, and says why, when what every end-to-end test needs is not there. */
export default async function setup(): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    throw new Error(`The tests need Node 22.19 or newer, this is ${process.version}. Run: npm test`);
  }
  const { GOVERSION = '' } = await goEnv();
  const [, line = '0'] = /^go1\.(\d+)/.exec(GOVERSION) ?? [];
  if (Number(line) < 26)
    throw new Error(`The tests need Go 1.26 or newer on PATH, this is ${GOVERSION || 'none'}.`);
  await realUpstream();
}
