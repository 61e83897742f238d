import { describe, expect, it } from 'vitest';
import { isSecretEnv } from '../../../src/platform/secrets.ts';
import { HandedSecrets, parseHanded, toHand } from '../../../src/session/credentials/handed.ts';
import { gitSecrets, redactorOfEnv } from '../../../src/session/credentials/known-secrets.ts';
import { formatNetrc, netrcPlaces, parseNetrc } from '../../../src/session/credentials/netrc.ts';
import {
  collect,
  forgeToken,
  kindOf,
  namedVariables,
  variablesAhead,
  withoutNamed,
} from '../../../src/session/credentials/sources.ts';

const GITLAB = { url: 'https://gitlab.example.test', gitUser: 'gitlab-ci-token' };
const GITHUB = { url: 'https://github.example.test:8443', gitUser: 'x-access-token' };

describe('what a configuration names', () => {
  const named = [
    { host: 'a.example.test', 'token-env': 'A' },
    { host: 'b.example.test', username: 'ci', 'token-env': 'B' },
  ];

  it('is taken from the environment, by those names alone, and out of that of children', () => {
    const env = { A: 'token-of-a', B: '', OTHER: 'x' };
    expect(namedVariables(named, env)).toEqual({ A: 'token-of-a' });
    expect(withoutNamed(env, named)).toEqual({ OTHER: 'x' });
  });

  it('is told when it cannot be one', () => {
    const { credentials, missing } = collect(named, { variables: { A: '  token-of-a\n', B: 'two\nlines' } });
    expect(credentials).toMatchObject([{ secret: 'token-of-a', named: true, kind: 'token' }]);
    expect(missing).toMatchObject([
      { why: expect.stringMatching(/names the variable B .*more than one line/) },
    ]);
    expect(collect(named, { variables: { A: 'abc' } }).missing.map(({ why }) => why)).toEqual([
      expect.stringMatching(/A for a\.example\.test, which has only 3 characters/),
      expect.stringMatching(/B for b\.example\.test, which is not set or empty/),
    ]);
  });

  it('is taken along ahead where the file is read later, but not what is the runner’s own', () => {
    const env = {
      DEPLOY_TOKEN: 'a-token',
      ACTIONS_RUNTIME_TOKEN: 'of-the-runner',
      INPUT_TOKEN: 'of-an-action',
      GIT_CONFIG_VALUE_0: 'of-git',
      PATH: '/bin',
    };
    expect(variablesAhead(env, isSecretEnv)).toEqual({ DEPLOY_TOKEN: 'a-token' });
  });
});

describe('the token of the platform', () => {
  const all = { MODGATE_TOKEN: 'mine', GITHUB_TOKEN: 'of-github', CI_JOB_TOKEN: 'of-gitlab' };

  it.each([
    [GITLAB, all, undefined, 'mine', 'MODGATE_TOKEN'],
    [GITLAB, all, 'given', 'given', 'the input token'],
    [GITLAB, { ...all, MODGATE_TOKEN: '' }, undefined, 'of-gitlab', 'CI_JOB_TOKEN'],
    [GITHUB, { ...all, MODGATE_TOKEN: undefined }, '', 'of-github', 'GITHUB_TOKEN'],
  ])('of %o', (forge, env, input, token, source) => {
    expect(forgeToken(env, forge, input)).toEqual({ url: forge.url, username: forge.gitUser, token, source });
  });

  it.each([
    ['CI_JOB_TOKEN', false],
    ['GITHUB_TOKEN', false],
    ['MODGATE_TOKEN', true],
    ['the input token', true],
  ])('from %s wins over what the job itself gives git: %s', (source, named) => {
    const forge = { url: GITLAB.url, username: 'u', token: 'a-token', source };
    expect(collect([], { variables: {}, forge }).credentials).toMatchObject([{ source, named }]);
  });

  it('is none where there is no server, or no token of its kind', () => {
    expect(forgeToken(all, undefined, 'given')).toBeUndefined();
    expect(forgeToken({ CI_JOB_TOKEN: 'of-gitlab' }, GITHUB)).toBeUndefined();
  });

  it('is for the host and port of that server, behind what is named', () => {
    const forge = forgeToken({ GITHUB_TOKEN: 'ghs_of-github' }, GITHUB);
    const { credentials } = collect([], { variables: {}, ...(forge && { forge }) });
    expect(credentials).toMatchObject([
      { at: { hostname: 'github.example.test', port: 8443 }, kind: 'GitHub App token', named: false },
    ]);
  });
});

it.each([
  ['glpat-x', undefined, 'GitLab access token'],
  ['glcbt-64_x', undefined, 'CI job token'],
  ['gldt-x', 'gitlab+deploy-token-1', 'deploy token'],
  ['old', 'gitlab+deploy-token-1', 'deploy token'],
  ['64_old', 'gitlab-ci-token', 'CI job token'],
  ['ghp_x', undefined, 'GitHub access token'],
  ['github_pat_x', undefined, 'GitHub access token'],
  ['ghs_x', undefined, 'GitHub App token'],
  ['eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln', undefined, 'identity token'],
  ['hunter22', 'ann', 'password'],
  ['hunter22', 'oauth2', 'token'],
  ['hunter22', undefined, 'token'],
])('%s for %s is a %s', (secret, username, kind) => {
  expect(kindOf(secret, username)).toBe(kind);
});

describe('a netrc', () => {
  it('is read as go reads it', () => {
    const text = [
      '# machine no login no password no',
      'machine a.example.test login ann password s3cret',
      'machine b.example.test:8443',
      '  login bob',
      '  password hunter2',
      'machine unfinished login x',
      'macdef init',
      'machine in.macro login m password m',
      '',
      'machine a.example.test login second password late',
      'default',
      'login anonymous password none',
      'machine after.default login z password z',
    ].join('\n');
    const entries = parseNetrc(text);
    expect(entries.map(({ machine, login, password }) => `${machine} ${login} ${password}`)).toEqual([
      'a.example.test ann s3cret',
      'b.example.test:8443 bob hunter2',
      'a.example.test second late',
    ]);
    expect(parseNetrc(formatNetrc(entries))).toEqual(entries);
  });

  it('holds no entry that would spill into another', () => {
    const entries = [
      {
        machine: 'a.example.test',
        login: 'ann',
        password: 'x\nmachine evil.example.test login l password p',
      },
      { machine: 'b.example.test', login: 'bob', password: 'fine' },
    ];
    expect(formatNetrc(entries)).toBe('machine b.example.test login bob password fine\n');
  });

  it('lies where go looks for it', () => {
    expect(netrcPlaces({ NETRC: '/n', HOME: '/h' }, 'linux')).toEqual(['/n']);
    expect(netrcPlaces({ HOME: '/h' }, 'linux')).toEqual(['/h/.netrc']);
    expect(netrcPlaces({}, 'linux')).toEqual([]);
    expect(netrcPlaces({ USERPROFILE: '/h' }, 'win32')).toEqual(['/h/_netrc', '/h/.netrc']);
  });
});

describe('what a later step hands over', () => {
  const env = {
    SSH_AUTH_SOCK: '/tmp/agent',
    PATH: '/evil',
    GIT_SSH_COMMAND: 'evil',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: 'later',
  };

  it('is the places of credentials and nothing else of its environment', () => {
    const handed = parseHanded(JSON.stringify(toHand(env, { variables: { A: 'a' } })));
    expect(handed).toEqual({
      variables: { A: 'a' },
      env: { SSH_AUTH_SOCK: '/tmp/agent' },
      git: [['credential.helper', 'later']],
    });
    expect(parseHanded(JSON.stringify({ env }))?.env).toEqual({ SSH_AUTH_SOCK: '/tmp/agent' });
  });

  it.each(['', 'null', '[]', '"x"', '{"git":3}', '{"forge":{"url":1}}', '{"variables":{"A":{}}}'])(
    'is nothing when it is %s',
    text => {
      const handed = parseHanded(text);
      expect(handed ?? { variables: {}, env: {}, git: [] }).toEqual({ variables: {}, env: {}, git: [] });
    },
  );

  it('counts before what the start had, and what it lacks stays', () => {
    const forge = { url: GITLAB.url, username: 'u', token: 'first', source: 's' };
    const secrets = new HandedSecrets({ variables: { A: 'a', B: 'b' }, forge });
    secrets.take({ variables: { A: 'later' }, env: { SSH_AUTH_SOCK: '/x' }, git: [] });
    secrets.begin({ variables: { A: 'a', B: 'read late' }, forge });
    expect(secrets.given).toEqual({ variables: { A: 'later', B: 'read late' }, forge });
    secrets.take({ variables: {}, forge: { ...forge, token: 'second' }, env: {}, git: [['k', 'v']] });
    expect(secrets.given.forge?.token).toBe('second');
    expect(secrets.env).toEqual({ SSH_AUTH_SOCK: '/x' });
    expect(secrets.git).toEqual([['k', 'v']]);
  });
});

it('finds the secrets in settings of git', () => {
  const basic = Buffer.from('x-access-token:ghs_abc').toString('base64');
  const found = gitSecrets({
    GIT_CONFIG_KEY_0: 'http.https://github.com/.extraheader',
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
    GIT_CONFIG_KEY_1: 'url.https://oauth2:glpat-abc@gitlab.com/.insteadOf',
    GIT_CONFIG_VALUE_1: 'https://gitlab.com/',
    GIT_CONFIG_PARAMETERS: `'http.proxy=http://u:pr0xy@p.example.test'`,
  });
  expect(found).toEqual(expect.arrayContaining([basic, 'ghs_abc', 'glpat-abc', 'pr0xy']));
});

describe('the secrets of an environment', () => {
  const { redact } = redactorOfEnv(
    {
      DEPLOY_TOKEN: 'value-of-deploy-token',
      MY_PASSWORD: 'true',
      INPUT_CONFIG: 'ci/modgate.yaml',
      'INPUT_AUDIT-TOKEN': 'value-of-audit-token',
      'INPUT_KEY-PASSWORD': 'sesame',
      ACTIONS_RESULTS_URL: 'https://results.example.test/',
      GOPROXY:
        'https://ann:pr0xy@a.example.test,https://git@b.example.test,https://long-lived-token@c.example.test',
      PLAIN: 'in-the-open',
    },
    isSecretEnv,
    'given-beside-it',
  );

  it.each([
    'value-of-deploy-token',
    'value-of-audit-token',
    'sesame',
    'pr0xy',
    'long-lived-token',
    'given-beside-it',
    Buffer.from('ann:pr0xy').toString('base64'),
  ])('hold %s', secret => {
    expect(redact(`<${secret}>`)).toBe('<***>');
  });

  it.each(['true', 'ci/modgate.yaml', 'https://results.example.test/', 'git ls-remote', 'in-the-open'])(
    'do not hold %s',
    text => {
      expect(redact(text)).toBe(text);
    },
  );
});
