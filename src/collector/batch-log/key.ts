import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeSigner, type Signer } from '../../tlog/note.ts';
import { decodeBase64 } from '../../tlog/tree.ts';
import { CollectorError } from '../errors.ts';

/** Where the private key of a log is, and what everybody may know of it. */
export const KEY_FILE = 'log/key';
export const PUBLIC_KEY_FILE = 'log/key.pub';

/** Go's form of a private key of notes (`golang.org/x/mod/sumdb/note`). */
const PRIVATE = /^PRIVATE\+KEY\+([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})\n?$/;
const ED25519 = 1;

export interface LogKey {
  readonly signer: Signer;
  /** `name+hash+base64`, by which the signature is known. */
  readonly vkey: string;
}

/**
 * The key of the log in a directory; made at first, when `make`. Throws CollectorError: `storage` where there is none,
 * or it cannot be read or written.
 */
export async function openLogKey(dir: string, make: boolean): Promise<LogKey> {
  const file = join(dir, KEY_FILE);
  const text = (await readKey(file)) ?? (make ? await makeKey(file) : undefined);
  const key = text === undefined ? undefined : parsePrivateKey(text);
  if (key === undefined) {
    const what = text === undefined ? 'is not there' : 'is no private key of a log';
    throw new CollectorError(
      'storage',
      `${file} ${what}: nothing can be signed; bring it back from a backup. Without it a new log has to begin: move ${dirname(file)} away and keep it, for what it proves up to now`,
    );
  }
  await writePublic(join(dir, PUBLIC_KEY_FILE), key.vkey);
  return key;
}

function parsePrivateKey(text: string): LogKey | undefined {
  const [, name = '', hash = '', base64 = ''] = PRIVATE.exec(text) ?? [];
  const bytes = decodeBase64(base64);
  if (bytes?.length !== 33 || bytes[0] !== ED25519) return undefined;
  const key = makeSigner(name, bytes.subarray(1));
  return key.signer.keyHash === hash ? key : undefined;
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, error);
  }
}

async function makeKey(file: string): Promise<string> {
  const name = `modgate-log-${randomBytes(8).toString('hex')}`;
  const seed = randomBytes(32);
  const { signer } = makeSigner(name, seed);
  const bytes = Buffer.concat([Uint8Array.of(ED25519), seed]).toString('base64');
  const text = `PRIVATE+KEY+${name}+${signer.keyHash}+${bytes}\n`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return text;
  } catch (error) {
    throw unusable(file, error);
  }
}

/** Only a copy for people and programs: nothing is lost when it cannot be written. */
async function writePublic(file: string, vkey: string): Promise<void> {
  try {
    const there = await readFile(file, 'latin1').catch(() => '');
    if (there === `${vkey}\n`) return;
    const handle = await open(file, 'w', 0o644);
    await handle.writeFile(`${vkey}\n`).finally(() => handle.close());
  } catch {
    // Served over HTTP all the same, and printed at the start.
  }
}

function unusable(file: string, error: unknown): CollectorError {
  const why = error instanceof Error ? error.message : String(error);
  return new CollectorError(
    'storage',
    `the key of the log, ${file}, cannot be used: ${why}; see to the rights on it`,
    {
      cause: error,
    },
  );
}
