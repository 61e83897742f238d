import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readCheckout } from '../../../src/doctor/checkout.ts';
import { missingCredentials, probeAgent } from '../../../src/doctor/probes/credentials.ts';
import { gitVerdict, privateModules } from '../../../src/doctor/probes/git.ts';
import { privatePaths } from '../../../src/session/settings/private-paths.ts';
import { writeProject } from '../../support/go.ts';
import { tempDir } from '../../support/temp.ts';

const CANARY = 'canary-token-value';

describe('credentials that are named', () => {
  const entry = { host: 'git.example.test:8443', 'token-env': 'KEY' };
  it.each([
    [{}, 'is not set or empty'],
    [{ KEY: `${CANARY}\nsecond` }, 'holds more than one line'],
    [{ KEY: 'x' }, 'has only 1 characters'],
  ])('%j', (env, why) => {
    const checks = missingCredentials({ credentials: [entry] }, env);
    expect(checks).toMatchObject([
      { subject: 'git.example.test:8443', state: 'failed', why: expect.stringContaining(why) },
    ]);
    expect(JSON.stringify(checks)).not.toContain(CANARY);
  });

  it('and there are fine', () => {
    expect(missingCredentials({ credentials: [entry] }, { KEY: CANARY })).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the SSH agent', () => {
  it('that is there, that is gone, that nobody named', async () => {
    await using dir = await tempDir('agent');
    const socket = dir.join('agent');
    const server = createServer();
    await new Promise<void>(resolve => server.listen(socket, resolve));
    expect(await probeAgent({ SSH_AUTH_SOCK: socket })).toMatchObject([{ state: 'ok' }]);
    await new Promise(resolve => server.close(resolve));
    expect(await probeAgent({ SSH_AUTH_SOCK: socket })).toMatchObject([{ state: 'warning', why: 'ENOENT' }]);
    expect(await probeAgent({})).toEqual([]);
  });
});

describe('private modules', () => {
  it('are those that go.mod files of the checkout require, one of each host', async () => {
    await using dir = await tempDir('private');
    await writeProject(dir.path, {
      'go.mod':
        'module example.com/a\n\ngo 1.25.1\n\nrequire (\n\tgit.example.test/x/one v1.0.0\n\tgit.example.test/x/two v1.0.0\n\tgithub.com/google/uuid v1.6.0\n)\n',
      'b/go.mod': 'module example.com/b\n\ngo 1.24\n\nrequire other.example.test/y v1.0.0\n',
      'broken/go.mod': 'module (',
    });
    const paths = privatePaths({ configured: ['*.example.test'], go: undefined, env: {} });
    const { requires, newest } = await readCheckout(dir.path);
    expect(newest).toEqual({ file: 'go.mod', version: '1.25.1' });
    expect([...privateModules(requires, paths)]).toEqual([
      ['git.example.test', 'git.example.test/x/one'],
      ['other.example.test', 'other.example.test/y'],
    ]);
  });

  it.each([
    [
      'upstream-refused',
      'modgate: cannot fetch m from version control: git.example.test refused KEY\nnext: give it a right',
      { what: /cannot be had/, why: 'git.example.test refused KEY', fix: 'give it a right' },
    ],
    [
      'absent',
      'not found: m in version control\nfatal: repository not found\nsecond line',
      { what: /no such module/, why: 'fatal: repository not found; second line', fix: /proxy\.credentials/ },
    ],
    [
      'upstream-unavailable',
      'modgate: cannot fetch m from version control:\nfatal: SSL certificate problem: unable to get local issuer',
      { what: /cannot be had/, why: /SSL certificate problem/, fix: /proxy\.ca/ },
    ],
    [
      'upstream-unavailable',
      'modgate: cannot fetch m from version control:\nHost key verification failed.',
      { what: /cannot be had/, why: /Host key/, fix: /known_hosts/ },
    ],
  ] as const)('%s in the words of a session', (code, message, { what, why, fix }) => {
    const match = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text));
    expect(gitVerdict({ code, message })).toEqual({
      state: 'failed',
      what: match(what),
      why: match(why),
      fix: match(fix),
    });
  });
});
