import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Credentials } from '../../../src/session/credentials/credentials.ts';
import { HandedSecrets } from '../../../src/session/credentials/handed.ts';
import { Redactor } from '../../../src/session/credentials/redactor.ts';
import { tempDir } from '../../support/temp.ts';

it('requests that come together all have what the netrc of the job says', async () => {
  await using dir = await tempDir('netrc');
  await writeFile(dir.join('netrc'), 'machine mirror.example.test login robot password s3cret-of-netrc\n');
  const credentials = new Credentials({
    config: { credentials: [], insecure: [] },
    secrets: new HandedSecrets({ variables: {} }),
    env: { NETRC: dir.join('netrc') },
    goauth: '',
    dir: dir.join('credentials'),
    os: process.platform,
    redactor: new Redactor(),
    warn: () => {},
    now: () => performance.now(),
  });
  const url = new URL('https://mirror.example.test/rsc.io/quote/@v/list');
  const headers = await Promise.all([1, 2, 3].map(async () => await credentials.authorize(url)));
  const expected = `Basic ${Buffer.from('robot:s3cret-of-netrc').toString('base64')}`;
  expect(headers).toEqual([expected, expected, expected]);
});
