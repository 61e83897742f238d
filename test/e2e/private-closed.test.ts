import { afterAll, beforeAll, expect, it } from 'vitest';
import { closedNetwork } from '../support/closed-network.ts';
import { CLI } from '../support/modgate.ts';
import { run } from '../support/process.ts';
import { type Company, GITLAB, startCompany } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { type PrivateJob, privateJob, programOn } from './private-job.ts';

const LIB = `${GITLAB}/group/sub/lib`;
const PUBLIC = 'github.com/google/uuid';
const ADDED = 'github.com/pkg/errors';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
  await company.gitlab.publish('group/sub/lib', [
    { files: goModule(LIB, 'first'), tags: ['v1.0.0'] },
    { files: goModule(LIB, 'second'), tags: ['v1.1.0'] },
    { files: goModule(LIB, 'topic'), branch: 'topic' },
  ]);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
});

/** What a job does in any network. It has no go.sum. */
const WORK = [
  'go mod tidy',
  'go build ./...',
  `go list -m -versions ${LIB}`,
  `go list -m ${LIB}@latest`,
  `go list -m ${LIB}@topic`,
  `go list -m ${PUBLIC}@latest`,
  `go get ${ADDED}@latest`,
];

async function newJob(store?: string): Promise<PrivateJob> {
  return await privateJob(company, {
    config: `private: [${GITLAB}]
ca: [{hosts: ["*.example.test"], file: ${JSON.stringify(company.authority.caFile)}}]`,
    files: programOn({ [LIB]: 'v1.1.0', [PUBLIC]: 'v1.6.0' }),
    gitlab: company.gitlab.grant({ kind: 'job', projects: ['group/'] }),
    ...(store === undefined ? {} : { store }),
  });
}

it('a job with a warm store needs no network, for private and public modules, lists, queries and checksums', async () => {
  await using first = await newJob();
  await first.start();
  const told: string[] = [];
  for (const line of WORK) told.push((await first.goOk(line.split(' ').slice(1))).stdout);
  expect((await first.stop()).code).toBe(0);

  const network = await closedNetwork();
  await using second = await newJob(first.store);
  const script = WORK.join(' && ');
  const args = ['run', '--store', second.store, '--', 'sh', '-c', script];
  const done = await run(...network.wrap(process.execPath, [CLI, ...args]), {
    cwd: second.checkout,
    env: { ...second.env, ...network.env },
  });
  // A list has what can be had.
  const rest = told.slice(3);
  expect(done).toMatchObject({ code: 0, stdout: `${LIB} v1.1.0\n${rest.join('')}` });
  expect(done.stderr).toMatch(
    new RegExp(`the version list of ${LIB} comes from the store and may be out of date: .*${GITLAB}`),
  );
  expect(done.stderr).toMatch(/from upstream +0 /);
  expect(done.stderr).toMatch(/\d answered from the store because the upstream was gone/);
});
