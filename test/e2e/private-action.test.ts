import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesHolding, heldBy } from '../support/canary.ts';
import { builtAction } from '../support/github/built-action.ts';
import { type Job, processesWith, type StepResult } from '../support/github/runner.ts';
import { writeProject } from '../support/go.ts';
import type { TempDir } from '../support/temp.ts';
import type { Token } from '../support/vcs/access.ts';
import { type Company, GITHUB, MIRROR, startCompany } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { type Machines, startMachines } from './action-machine.ts';
import { programOn } from './private-job.ts';

const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const LIB = `${GITHUB}/${CANARY}/lib.git`;
const DENIED = `${GITHUB}/${CANARY}/denied.git`;

let built: TempDir;
let machines: Machines;
let company: Company;
let app: Token;
let own: Token;
let job: Job;
let workspace: string;
const steps: StepResult[] = [];
let daemonsDuring: ReturnType<typeof processesWith> = [];
let goproxy: string | undefined;

/** A whole job on a GitHub Enterprise Server: what is read, what is refused by policy, by the forge, and the save. */
beforeAll(async () => {
  [built, machines, company] = await Promise.all([builtAction(), startMachines(), startCompany()]);
  const { github, authority } = company;
  await github.publish(`${CANARY}/lib`, [{ files: goModule(LIB, 'first'), tags: ['v1.0.0'] }]);
  await github.publish(`${CANARY}/denied`, [{ files: goModule(DENIED, 'first'), tags: ['v1.0.0'] }]);
  app = github.grant({ kind: 'installation', projects: [`${CANARY}/`] });
  own = github.grant({ kind: 'installation', projects: ['acme/demo'] });
  const action = built.join('dist', 'actions', 'proxy.js');
  job = await machines.machine(`https://${MIRROR}`, {
    env: { ...company.env, GITHUB_SERVER_URL: `https://${GITHUB}`, GIT_CONFIG_NOSYSTEM: '1' },
    actionEnv: { ...machines.service.env('v2'), GITHUB_TOKEN: own.secret },
  });
  for (const name of ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS'])
    delete job.env[name];
  workspace = job.env.GITHUB_WORKSPACE ?? '';
  await writeProject(workspace, {
    ...programOn({ [LIB]: 'v1.0.0', 'rsc.io/quote': 'v1.5.2' }),
    'go.sum': '',
    '.modgate.yaml': `version: 1
proxy:
  private: ["${GITHUB}/*"]
  ca: [{hosts: ["*.example.test"], file: ${JSON.stringify(authority.caFile)}}]
modules: {deny: ["${DENIED}"]}
`,
  });
  const started = await job.uses(action, { token: app.secret });
  goproxy = started.outputs.goproxy;
  steps.push(started);
  daemonsDuring = processesWith(job.trackingId);
  steps.push(await job.run('go', ['mod', 'tidy']), await job.run('go', ['build', './...']));
  steps.push(
    ...(await Promise.all(
      [DENIED, `${GITHUB}/acme/nothing.git`, `${GITHUB}/${CANARY}/nothing.git`].map(
        async module => await job.run('go', ['get', `${module}@v1.0.0`]),
      ),
    )),
  );
  const { posts, killed } = await job.finish();
  steps.push(...posts);
  expect(killed).toEqual([]);
});
afterAll(async () => {
  await machines[Symbol.asyncDispose]();
  await Promise.all([company, built].map(one => one[Symbol.asyncDispose]()));
});

describe('actions/proxy with the token of an App', () => {
  it('fetches private modules beside public ones, and saves what later jobs need', () => {
    expect(steps.map(({ code }) => code)).toEqual([0, 0, 0, 1, 1, 1, 0]);
    expect(goproxy).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    expect(
      company.github.seen.some(({ status, url }) => status === 200 && url.includes(`${CANARY}/lib`)),
    ).toBe(true);
    expect(machines.entries()).toHaveLength(1);
  });

  it('says which repository the token may not read, and keeps what the policy denies from going out', () => {
    const [denied, ...missing] = steps.slice(3);
    expect(denied?.log).toContain('modules.deny');
    expect(company.github.seen.filter(({ url }) => url.includes(`${CANARY}/denied`))).toEqual([]);
    for (const { log } of missing.slice(0, 2)) {
      expect(log).toContain(GITHUB);
      expect(log).toMatch(/contents: read/);
    }
  });

  it('shows the tokens nowhere: logs, annotations, summary, files of the runner and the checkout, the shared cache', async () => {
    const secrets = [app.secret, own.secret];
    expect(
      heldBy(steps.map(({ log, outputs }) => log + JSON.stringify(outputs)).join('\n'), secrets),
    ).toEqual([]);
    expect(heldBy(job.summary + JSON.stringify(job.env), secrets)).toEqual([]);
    expect(job.summary).toContain('### modgate');
    expect(await filesHolding(path.dirname(workspace), secrets)).toEqual([]);
    const saved = machines.service.store.entries.map(entry => entry.data.toString('latin1'));
    expect(heldBy(saved.join('\n'), secrets)).toEqual([]);
    expect(daemonsDuring.length).toBeGreaterThan(0);
    expect(
      daemonsDuring.filter(({ environ, command }) => heldBy(environ + command, secrets).length > 0),
    ).toEqual([]);
    const elsewhere = company
      .traffic([company.github])
      .filter(({ text }) => heldBy(text, [...secrets, CANARY]).length > 0);
    expect(elsewhere).toEqual([]);
  });
});
