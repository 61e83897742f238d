import { truncate, writeFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { certificatesIn } from '../../../src/session/network/authorities.ts';
import { tempDir } from '../../support/temp.ts';

it('a PEM file is read up to a limit, and what has no end no further', async () => {
  await using dir = await tempDir('pem');
  const [first = '', second = ''] = rootCertificates;
  const file = dir.join('ca.pem');
  await writeFile(file, `# ours\n${first}\n${second}\n`);
  expect(await certificatesIn(file)).toEqual([first, second]);
  await truncate(file, 4 * 1024 * 1024);
  expect(await certificatesIn(file)).toEqual([first, second]);
  await truncate(file, 4 * 1024 * 1024 + 1);
  await expect(certificatesIn(file)).rejects.toThrow('more than 4 MiB');
  await expect(certificatesIn('/dev/zero')).rejects.toThrow('more than 4 MiB');
});
