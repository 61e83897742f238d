import { chmod, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepAuthorities, keptAuthorities } from '../../../src/session/audit/authority-file.ts';
import { secureUrl, storeAuthorities, type TrustQuestion } from '../../../src/session/audit/trust.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { type Authority, makeAuthority } from '../../support/vcs/authority.ts';

const STORE = 'https://audit.example.test:7780';

let dir: TempDir;
let authority: Authority;
beforeAll(async () => {
  [dir, authority] = await Promise.all([tempDir('trust'), makeAuthority()]);
  await writeFile(dir.join('ca.pem'), authority.ca);
});
afterAll(async () => {
  await authority[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

const ask = (more: Partial<TrustQuestion> = {}) =>
  storeAuthorities({ store: STORE, ca: [], workspace: dir.path, files: undefined, env: {}, ...more });
const named = (...hosts: string[]) => [{ hosts, file: 'ca.pem' }];
const pem = () => authority.ca.trim();

describe('whom a session believes at its audit store', () => {
  it.each([
    ['https://audit.example.test/x', {}, 'https://audit.example.test/x'],
    [
      'gitlab-package:',
      { CI_API_V4_URL: 'https://git.example.test/api/v4' },
      'https://git.example.test/api/v4',
    ],
    ['gitlab-package:', {}, undefined],
    ['http://127.0.0.1:7780', {}, undefined],
    ['./audit', {}, undefined],
    ['artifact', {}, undefined],
    ['no store', {}, undefined],
  ])('%s shows a certificate, or not', (store, env, url) => {
    expect(secureUrl(store, env)?.href).toBe(url);
  });

  it('is proxy.ca for the host of the store, and for no other', async () => {
    expect(await ask({ ca: named('*.example.test') })).toEqual({ pem: [pem()], troubles: [] });
    expect(await ask({ ca: named('other.example.test', 'example.test') })).toEqual({ pem: [], troubles: [] });
  });

  it('is what SSL_CERT_FILE and NODE_EXTRA_CA_CERTS of the job have, each certificate once', async () => {
    const env = { SSL_CERT_FILE: authority.caFile, NODE_EXTRA_CA_CERTS: dir.join('ca.pem') };
    expect(await ask({ env, ca: named('*') })).toEqual({ pem: [pem()], troubles: [] });
    expect(await ask({ env: { NODE_EXTRA_CA_CERTS: dir.join('ca.pem') } })).toMatchObject({ pem: [pem()] });
  });

  it('is the authority of a GitLab for its own packages alone', async () => {
    const env = {
      CI_API_V4_URL: 'https://git.example.test/api/v4',
      CI_SERVER_URL: 'https://git.example.test',
      CI_SERVER_TLS_CA_FILE: authority.caFile,
    };
    expect(await ask({ store: 'gitlab-package:', env })).toEqual({ pem: [pem()], troubles: [] });
    expect(await ask({ env })).toEqual({ pem: [], troubles: [] });
  });

  it('is not what a pull request brought', async () => {
    const question = { ca: named('audit.example.test') };
    const troubles = [
      expect.stringMatching(/^proxy\.ca\[0\]: ca\.pem cannot be read \(the target branch has no/),
    ];
    expect(await ask({ ...question, files: {} })).toEqual({ pem: [], troubles });
    const ofBase = pem().replace(/\n/, '\n\n');
    expect(await ask({ ...question, files: { 'ca.pem': ofBase } })).toEqual({ pem: [ofBase], troubles: [] });
  });

  it('is nobody where the store shows no certificate, and no file is read', async () => {
    const env = { SSL_CERT_FILE: authority.caFile, CI_SERVER_TLS_CA_FILE: dir.join('none') };
    const ca = [{ hosts: ['127.0.0.1'], file: 'none' }];
    // A file that is not there would be told.
    expect(await ask({ store: 'http://127.0.0.1:1', env, ca })).toEqual({ pem: [], troubles: [] });
  });
});

describe('the file of a session', () => {
  const session = async (name: string) => {
    await mkdir(dir.join(name), { mode: 0o700 });
    await keepAuthorities(dir.join(name), { pem: [pem()], troubles: [] });
    return { at: dir.join(name), file: join(dir.join(name), 'audit-authorities.pem') };
  };
  const refused = { pem: [], troubles: [expect.stringMatching(/another user could have written it/)] };

  it('is kept for this user alone, and only where somebody is named', async () => {
    const { at, file } = await session('kept');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await keptAuthorities(at)).toEqual({ pem: [`${pem()}\n`], troubles: [] });
    await mkdir(dir.join('none'));
    await keepAuthorities(dir.join('none'), { pem: [], troubles: [] });
    expect(await keptAuthorities(dir.join('none'))).toEqual({ pem: [], troubles: [] });
  });

  it('does not count where another user has written it, or could have', async () => {
    const { at, file } = await session('theirs');
    expect(await keptAuthorities(at, (process.getuid?.() ?? 0) + 1)).toEqual(refused);
    await chmod(file, 0o620);
    expect(await keptAuthorities(at)).toEqual(refused);
    await chmod(file, 0o600);
    await chmod(at, 0o777);
    expect(await keptAuthorities(at)).toEqual(refused);
    await chmod(at, 0o700);
    expect((await keptAuthorities(at)).pem).toEqual([await readFile(file, 'utf8')]);
    await rename(file, dir.join('elsewhere.pem'));
    await symlink(dir.join('elsewhere.pem'), file);
    expect(await keptAuthorities(at)).toEqual({
      pem: [],
      troubles: [expect.stringMatching(/audit-authorities\.pem cannot be read \(ELOOP\)/)],
    });
  });
});
