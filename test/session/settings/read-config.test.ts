import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Overrides } from '../../../src/config/types.ts';
import { type PolicyAnswer, readConfig } from '../../../src/session/settings/read-config.ts';
import { GIT_ENV, TestRepository } from '../../check/repository.ts';
import { tempDir } from '../../support/temp.ts';

/** What counts for a pull request whose author gives flags, over the file of the target branch. */
async function answered(base: string, flags: Overrides): Promise<Extract<PolicyAnswer, { state: 'read' }>> {
  await using dir = await tempDir('read-config');
  const repo = new TestRepository(dir.path);
  const baseSha = repo.commit({ '.modgate.yaml': `version: 1\nproxy: ${base}\n` });
  const headSha = repo.commit({ '.modgate.yaml': 'version: 1\n' });
  const change = { kind: 'pull-request', baseSha, headSha, baseRef: 'main', number: 1, fork: false } as const;
  const answer = await readConfig(
    { workspace: dir.path, cwd: dir.path, env: {}, flags, platform: { change } },
    { env: GIT_ENV, token: undefined, fetch: false },
  );
  if (answer.state !== 'read') throw new Error(`the configuration was not read: ${answer.state}`);
  return answer;
}

it.each([
  ['{modcache: verify}', { modcache: 'inherit' }, 'verify', 'proxy.modcache stays verify'],
  ['{modcache: isolated}', { modcache: 'verify' }, 'isolated', 'proxy.modcache stays isolated'],
  ['{modcache: inherit}', { modcache: 'verify' }, 'verify', undefined],
  ['{modcache: verify}', { modcache: 'isolated' }, 'isolated', undefined],
  ['{modcache: verify}', {}, 'verify', undefined],
])('in a pull request over %s, %j gives %s', async (base, flags, expected, told) => {
  const { config, warnings } = await answered(base, flags);
  expect(config.config.proxy.modcache).toBe(expected);
  expect(warnings.map(line => line.split(':')[0])).toEqual(told === undefined ? [] : [told]);
});

const STORE = 'https://audit.example.com';
const OTHER = 'https://other.example.com';
it.each([
  [`{store: "${STORE}"}`, { auditStore: OTHER }, STORE, false, `audit.store stays ${STORE}`],
  [`{store: "${STORE}"}`, { auditStore: STORE }, STORE, false, undefined],
  ['{required: false}', { auditStore: OTHER }, OTHER, false, undefined],
  [`{store: "${STORE}", required: true}`, { auditRequired: false }, STORE, true, 'audit.required stays true'],
  [`{store: "${STORE}"}`, { auditRequired: true }, STORE, true, undefined],
])('in a pull request over audit: %s, %j gives %s', async (base, flags, store, required, told) => {
  const { config, warnings } = await answered(`{}\naudit: ${base}`, flags);
  expect(config.config.audit).toMatchObject({ store, required });
  expect(warnings.map(line => line.replace(/: in a pull.*/, ''))).toEqual(told === undefined ? [] : [told]);
});

it('a flag that tightens stays when another one is not followed', async () => {
  const { config, warnings } = await answered('{on-failure: fail}', {
    modcache: 'verify',
    onFailure: 'fallback',
  });
  expect(config.config.proxy).toMatchObject({ modcache: 'verify', 'on-failure': 'fail' });
  expect(warnings).toEqual([expect.stringMatching(/^proxy\.on-failure stays fail: /)]);
});

it('a pull request without a repository keeps private what its own file names, and gets nothing else from it', async () => {
  await using dir = await tempDir('read-config');
  await writeFile(
    dir.join('.modgate.yaml'),
    'version: 1\nproxy: {private: [corp.example.test], prefetch: 3, upstream: [direct]}\n',
  );
  const [baseSha, headSha] = ['1', '2'].map(one => one.repeat(40)) as [string, string];
  const change = { kind: 'pull-request', baseSha, headSha, baseRef: 'main', number: 1, fork: true } as const;
  const answer = await readConfig(
    { workspace: dir.path, cwd: dir.path, env: {}, flags: {}, platform: { change } },
    { env: GIT_ENV, token: undefined, fetch: false },
  );
  if (answer.state !== 'read') throw new Error(`the configuration was not read: ${answer.state}`);
  expect(answer.config.config.proxy).toMatchObject({
    private: ['corp.example.test'],
    'on-failure': 'fail',
    prefetch: 32,
    upstream: [],
  });
});
