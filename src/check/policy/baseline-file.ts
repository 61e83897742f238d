import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ConfigSource } from '../../config/source.ts';
import { type Baseline, parseBaseline } from '../../policy/baseline.ts';
import { CheckError } from '../errors.ts';
import { CheckoutFiles } from '../files/disk.ts';

/** The parser says what is too large; this only keeps a device from being read for ever. */
const MAX_BYTES = 64 * 2 ** 20;

/** Where baselines are read: a commit, or the checkout. Throws PolicyError `baseline-invalid`. */
export async function readBaseline(source: ConfigSource, path: string): Promise<Baseline | undefined> {
  const bytes = await source.read(path);
  return bytes === undefined ? undefined : parseBaseline(bytes, path);
}

/** The checkout's files for a baseline, which may be larger than a configuration. */
export function checkoutSource(root: string): ConfigSource {
  const files = new CheckoutFiles(root);
  return {
    async read(path) {
      const found = files.read(path, MAX_BYTES);
      if (found === undefined) return undefined;
      if ('bytes' in found) return found.bytes;
      throw new CheckError('io', `${path}: ${found.why}`);
    },
  };
}

/** Writes a file whole or not at all. Throws CheckError `io`. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CheckError('io', `${path} cannot be written (${code}); make room or name another file`, {
      cause,
    });
  }
}

/** Writes the baseline of a checkout. */
export async function writeBaseline(root: string, path: string, text: string): Promise<void> {
  await writeWhole(join(root, path), text);
}
