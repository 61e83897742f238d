import { describe, expect, it } from 'vitest';
import { probeGo } from '../../../src/doctor/probes/go.ts';
import { readGoSettings } from '../../../src/session/fetch/go-command.ts';
import { goEnv } from '../../support/go.ts';
import { tempDir } from '../../support/temp.ts';

/** What the real go makes of variables of the job. */
async function judged(
  variables: Readonly<Record<string, string>>,
  newest?: { readonly file: string; readonly version: string },
) {
  await using dir = await tempDir('go');
  const env = { PATH: process.env.PATH, HOME: dir.path, GOENV: 'off', ...variables };
  const go = await readGoSettings('go', env, dir.path);
  return probeGo({ go, command: 'go', later: false, env, newest });
}

describe('settings of go', () => {
  it('that are as they come are fine', async () => {
    const { GOVERSION, GOROOT } = await goEnv();
    expect(await judged({})).toEqual([
      { probe: 'go', subject: 'go', state: 'ok', what: `${GOVERSION} in ${GOROOT}` },
    ]);
  });

  it.each([
    [{ GONOPROXY: '*' }, ['GONOPROXY failed matches every module']],
    // go takes GOPRIVATE for those that are not set: one line is enough.
    [{ GOPRIVATE: '*' }, ['GOPRIVATE failed matches every module']],
    [{ GOPRIVATE: '*', GONOPROXY: 'none' }, ['GOPRIVATE failed matches every module']],
    [{ GONOSUMDB: '*,x.test' }, ['GONOSUMDB warning matches every module']],
    [{ GOSUMDB: 'off' }, ['GOSUMDB warning is off']],
    [{ GOINSECURE: 'git.example.test' }, ['GOINSECURE warning is set for git.example.test']],
    [{ GOINSECURE: '*' }, ['GOINSECURE warning matches every module']],
    [{ GOFLAGS: '-mod=vendor' }, ['GOFLAGS warning has -mod=vendor']],
    [{ GOFLAGS: '-mod=mod -modcacherw' }, []],
    [{ GOVCS: 'private:off' }, ['GOVCS warning forbids version control for private modules']],
    [{ GO111MODULE: 'off' }, ['GO111MODULE failed is off']],
    [
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      ['NODE_TLS_REJECT_UNAUTHORIZED warning switches the check of certificates off'],
    ],
    [{ GOPRIVATE: 'git.example.test/*', GONOSUMDB: '*.example.test' }, []],
  ])('%j', async (variables, expected) => {
    const [, ...found] = await judged(variables);
    expect(found.map(({ subject, state, what }) => `${subject} ${state} ${what}`)).toEqual(expected);
    for (const { why, fix } of found) expect(why && fix).toBeTruthy();
  });
});

describe('a go.mod that wants another Go', () => {
  const told = async (version: string, GOTOOLCHAIN: string) =>
    (await judged({ GOTOOLCHAIN }, { file: 'go.mod', version })).slice(1);

  it('gets it, unless go was told to fetch none', async () => {
    expect(await told('1.22', 'local')).toEqual([]);
    expect(await told('1.999.0', 'auto')).toMatchObject([{ subject: 'toolchain', state: 'ok' }]);
    expect(await told('1.999.0', 'local')).toMatchObject([
      { state: 'failed', what: expect.stringMatching(/^go\.mod wants Go 1\.999\.0, and this is go1\./) },
    ]);
  });
});

describe('no go', () => {
  it('is a failure, unless a later step may bring it', async () => {
    const go = await readGoSettings('no-such-go', {}, '.');
    expect(probeGo({ go, command: 'no-such-go', later: false, env: {}, newest: undefined })).toMatchObject([
      { state: 'failed' },
    ]);
    expect(probeGo({ go, command: 'no-such-go', later: true, env: {}, newest: undefined })).toMatchObject([
      { state: 'warning' },
    ]);
  });
});
