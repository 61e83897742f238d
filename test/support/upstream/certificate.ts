import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { goEnv } from '../go.ts';
import { runOk } from '../process.ts';
import { type TempDir, tempDir } from '../temp.ts';

/** A certificate for loopback and mirror.example.test that is its own authority, valid for an hour. */
export interface Certificate {
  readonly dir: TempDir;
  readonly caFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Makes one with the generator in go's own sources, so that no key lies in the repository. */
export async function loopbackCertificate(): Promise<Certificate> {
  const generator = path.join((await goEnv()).GOROOT ?? '', 'src', 'crypto', 'tls', 'generate_cert.go');
  const dir = await tempDir('certificate');
  await runOk(
    'go',
    [
      'run',
      generator,
      '--ca',
      '--ecdsa-curve',
      'P256',
      '--duration',
      '1h',
      '--host',
      '127.0.0.1,localhost,mirror.example.test',
    ],
    { cwd: dir.path, env: { ...process.env, GOFLAGS: '' } },
  );
  const caFile = dir.join('cert.pem');
  return { dir, caFile, cert: await readFile(caFile), key: await readFile(dir.join('key.pem')) };
}
