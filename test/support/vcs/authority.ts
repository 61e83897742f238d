import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runOk } from '../process.ts';
import { tempDir } from '../temp.ts';

/** A company's own certificate authority, unknown to every system, and one server certificate that it signed. */
export interface Authority extends AsyncDisposable {
  /** PEM file of the root: what `proxy.ca` names. */
  readonly caFile: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const PROGRAM = fileURLToPath(new URL('authority.go', import.meta.url));

/**
 * Makes one that is valid for an hour, by go's own library.
 * @param names host names (`*.example.test`) and addresses of the server certificate
 * @param state `expired`: the server certificate ended yesterday
 */
export async function makeAuthority(
  names: readonly string[] = ['*.example.test', 'localhost', '127.0.0.1'],
  state: 'valid' | 'expired' = 'valid',
): Promise<Authority> {
  const dir = await tempDir('authority');
  await runOk('go', ['run', PROGRAM, dir.path, names.join(','), state], {
    cwd: dir.path,
    env: { ...process.env, GOFLAGS: '', GOWORK: 'off', GOTOOLCHAIN: 'local' },
  });
  const read = (name: string) => readFile(dir.join(name), 'utf8');
  return {
    caFile: dir.join('ca.pem'),
    ca: await read('ca.pem'),
    cert: await read('cert.pem'),
    key: await read('key.pem'),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}
