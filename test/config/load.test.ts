import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { envOverrides } from '../../src/config/overrides.ts';
import { jsonSchema, schema } from '../../src/config/schema.ts';
import { failure, load, workspace } from './workspace.ts';

describe('without a file', () => {
  it('gives the defaults, which are those of the schema', async () => {
    const loaded = await loadConfig({ workspace: workspace() });
    expect(schema.parse({})).toEqual(DEFAULTS);
    expect(loaded.file).toBeUndefined();
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config).toEqual({ ...DEFAULTS, proxy: { ...DEFAULTS.proxy, 'on-failure': 'fallback' } });
    expect(loaded.origin('proxy.prefetch')).toEqual({ from: 'default' });
  });

  it('loads neither the YAML parser nor the validator', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve(s, c, next) { const r = next(s, c); seen.push(r.url); return r; } });
      const { loadConfig } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/config/load.ts'))});
      await loadConfig({ workspace: ${JSON.stringify(workspace())}, flags: { prefetch: 3, upstream: ['direct'] } });
      console.log(JSON.stringify({ seen: seen.length, packages: seen.filter(u => u.includes('node_modules')) }));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const { seen, packages } = JSON.parse(out) as { seen: number; packages: string[] };
    expect(seen).toBeGreaterThan(3);
    expect(packages).toEqual([]);
  });
});

describe('a file', () => {
  const FULL = `version: 1
proxy:
  modcache: isolated
  upstream:
    - https://mirror.example.test/go
    - {url: "https://u:s3cret@corp.example.test/go", absent-on-403: true}
    - direct
  prefetch: 8
  idle: 30m
  credentials:
    - {host: corp.example.test, token-env: CORP_TOKEN}
cache: {save: never, zips: original, keep-since: 90d, max-size: 20GB, quota: 1GB, build: true, keep-refs: [main, origin/v2]}
`;

  it('is read with every value at its line', async () => {
    const loaded = await load(FULL);
    expect(loaded.config.proxy).toMatchObject({
      modcache: 'isolated',
      prefetch: 8,
      idle: 1_800_000,
      'on-failure': 'fallback',
      upstream: [
        { url: 'https://mirror.example.test/go', 'absent-on-403': false },
        { url: 'https://u:s3cret@corp.example.test/go', 'absent-on-403': true },
        { url: 'direct', 'absent-on-403': false },
      ],
      credentials: [{ host: 'corp.example.test', 'token-env': 'CORP_TOKEN' }],
    });
    expect(loaded.config.cache).toEqual({
      store: 'auto',
      save: 'never',
      zips: 'original',
      'keep-since': 7_776_000_000,
      'max-size': 2e10,
      quota: 1e9,
      build: true,
      'keep-refs': ['main', 'origin/v2'],
    });
    expect(loaded.origin('proxy.modcache')).toEqual({ from: 'file', file: '.modgate.yaml', line: 3 });
    expect(loaded.origin('proxy.upstream.1')).toMatchObject({ line: 6 });
    expect(loaded.origin('proxy.upstream.1.absent-on-403')).toMatchObject({ line: 6 });
    expect(loaded.origin('cache.max-size')).toMatchObject({ line: 12 });
    expect(loaded.origin('cache.store')).toEqual({ from: 'default' });
    expect(loaded.warnings).toEqual([]);
  });

  it.each(['', '---\n', '# nothing\n', 'version: 1\n', 'proxy:\n  prefetch: 32\n', '\ufeffversion: 1\n'])(
    'that says nothing (%j) means the defaults',
    async text => {
      expect((await load(text)).config).toEqual((await loadConfig({ workspace: workspace() })).config);
    },
  );

  it('may lie in .github, or be named', async () => {
    const dir = workspace({
      '.github/modgate.yaml': 'proxy: {prefetch: 1}',
      'ci/other.yaml': 'proxy: {prefetch: 2}',
    });
    expect((await loadConfig({ workspace: dir })).config.proxy.prefetch).toBe(1);
    expect((await loadConfig({ workspace: dir, explicit: 'ci/other.yaml' })).config.proxy.prefetch).toBe(2);
    expect(
      (await loadConfig({ workspace: dir, cwd: join(dir, 'ci'), explicit: 'other.yaml' })).config.proxy
        .prefetch,
    ).toBe(2);
  });

  it.each([
    ['hosts: {deny: [evil.example.test]}'],
    ['modules: {allow: ["example.com/*"]}'],
    ['proxy: {private: ["example.com/*"]}'],
    ['audit: {required: true}'],
  ])('with a policy (%s) makes on-failure fail', async text => {
    const loaded = await load(text);
    expect(loaded.config.proxy['on-failure']).toBe('fail');
    expect((await load(`${text}\n`, { flags: { onFailure: 'fallback' } })).config.proxy['on-failure']).toBe(
      'fallback',
    );
  });

  it('has no word on keys that are as they should be', async () => {
    const loaded = await load(`version: 1
proxy: {private: [example.com/*], credentials: [{host: a.example.test, token-env: TOKEN}]}
hosts: {deny: [evil.example.test]}
modules:
  deny: [{pattern: example.com/x, versions: "<v1.2.3", reason: "old", use: example.com/y}]
replace: {local: deny}
rules: {host/not-allowed: off, replace/unpinned: {level: warning, tag: true}}
waivers: [{rule: a/b, owner: me, reason: why, expires: 2027-01-01}]
audit: {store: "https://audit.example.test", required: true}
fail-on: warning
`);
    expect(loaded.warnings).toEqual([]);
  });

  it('of an unreviewed pull request cannot send credentials anywhere', async () => {
    const loaded = await load(FULL, { trusted: false });
    expect(loaded.config.proxy.credentials).toEqual([]);
    expect(loaded.warnings).toEqual([expect.stringMatching(/proxy\.credentials is left out/)]);
  });

  it('names its audit store, which variables, inputs and flags override', async () => {
    const file = 'audit: {store: "https://a.example.test", token-env: A_TOKEN}';
    expect((await load(file)).config.audit).toEqual({
      store: 'https://a.example.test',
      required: false,
      'token-env': 'A_TOKEN',
    });
    const loaded = await load(file, {
      env: { auditStore: './b' },
      inputs: { auditRequired: 'true' },
      flags: { auditStore: './c' },
    });
    expect(loaded.config.audit).toMatchObject({ store: './c', required: true });
    expect(loaded.origin('audit.store')).toEqual({ from: 'flag', name: '--audit-store' });
    expect(loaded.origin('audit.required')).toEqual({ from: 'input', name: 'input audit-required' });
    await expect(load(file, { env: { auditStore: 'https://robot:hunter2@a.example.test' } })).rejects.toThrow(
      /^MODGATE_AUDIT_STORE: "https:\/\/\*\*\*@a\.example\.test" has credentials in it/,
    );
    await expect(load(file, { env: { auditRequired: 'yes' } })).rejects.toThrow(
      /^MODGATE_AUDIT_REQUIRED: "yes" is not one of true, false/,
    );
  });

  it('changes the digest when a value changes, not when its writing does', async () => {
    const one = (await load('proxy: {prefetch: 4, modcache: isolated}')).digest;
    expect((await load('proxy:\n  modcache: isolated\n  prefetch: 4\n')).digest).toBe(one);
    expect((await load('proxy: {prefetch: 5, modcache: isolated}')).digest).not.toBe(one);
  });
});

describe('a bad file', () => {
  it.each([
    ['proxy:\n  prefetsh: 3\n', 2, 3, /unknown key "prefetsh" under proxy; did you mean prefetch\?/],
    ['versoin: 1\n', 1, 1, /unknown key "versoin" here; did you mean version\?/],
    ['hosts:\n  allow: []\n  xyzzy: 1\n', 3, 3, /the keys under hosts are allow, deny/],
    ['proxy:\n  on_failure: fail\n', 2, 3, /did you mean on-failure\?/],
    [
      'proxy:\n  upstream:\n    - url: https://a.example.test\n      absent-on-404: true\n',
      4,
      7,
      /absent-on-403/,
    ],
    [
      'proxy: {modcache: inherited}\n',
      1,
      19,
      /"inherited" is not one of inherit, verify, isolated; did you mean inherit\?/,
    ],
    ['proxy:\n  upstream: https://a.example.test\n', 2, 13, /proxy\.upstream: .* is not a list/],
    ['proxy:\n  upstream: [ftp://a.example.test]\n', 2, 14, /is not an upstream/],
    ['proxy:\n  upstream: ["https://a.example.test,direct"]\n', 2, 14, /is not an upstream/],
    [
      'audit:\n  store: artefact\n',
      2,
      10,
      /audit\.store: "artefact" is not an audit store; did you mean artifact\?/,
    ],
    ['audit: {token-env: "a b"}\n', 1, 20, /audit\.token-env: .* is not the name of an environment variable/],
    ['proxy:\n  upstream: [3]\n', 2, 14, /is not text or a map of keys/],
    ['proxy: {prefetch: 65}\n', 1, 19, /the most is 64/],
    ['proxy: {prefetch: 1.5}\n', 1, 19, /a whole number|int/],
    ['proxy: {idle: 2 hours}\n', 1, 15, /is not a duration/],
    ['proxy: {idle: 30}\n', 1, 15, /is not text|duration/],
    ['cache: {max-size: lots}\n', 1, 19, /is not a size/],
    ['cache: {keep-refs: [--all]}\n', 1, 21, /is not a branch, tag or commit/],
    ['cache: {save: yes}\n', 1, 15, /is not one of auto, always, never/],
    [
      'proxy:\n  credentials:\n    - {host: a.example.test, token-env: "ghp_x y"}\n',
      3,
      41,
      /the secret itself/,
    ],
    [
      'proxy:\n  credentials:\n    - {host: "https://a.example.test", token-env: T}\n',
      3,
      14,
      /proxy\.credentials\[0\]\.host: .* is a URL; write its host alone/,
    ],
    ['proxy: {vulndb: file:///srv/vulndb}\n', 1, 17, /proxy\.vulndb: .* write its http or https URL/],
    [
      'proxy: {insecure: ["*.example.test"]}\n',
      1,
      20,
      /insecure\[0\]: .* has a \*; a credential or an exception/,
    ],
    [
      'waivers:\n  - {rule: a, ownr: b, reason: c}\n',
      2,
      15,
      /unknown key "ownr" under waivers\[0\]; did you mean owner\?/,
    ],
    ['version: 2\n', 1, 10, /reads version 1/],
    ['[]\n', 1, 1, /the file: .* is not a map of keys/],
    ['just text\n', 1, 1, /is not a map of keys/],
    ['proxy: {prefetch: 1}\nproxy: {prefetch: 2}\n', 2, 1, /not valid YAML/],
    ['proxy:\n  upstream: [\n', 3, 1, /not valid YAML/],
    ['a: 1\n---\nb: 2\n', 2, 1, /not valid YAML/],
    ['proxy: !!js/function "x"\n', 1, 22, /proxy: "x" is not a map/],
  ])('%j is refused at %i:%i', async (text, line, column, message) => {
    const error = await failure(load(text));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toMatch(message);
    expect({ file: error.file, line: error.line, column: error.column }).toEqual({
      file: '.modgate.yaml',
      line,
      column,
    });
  });

  it('is told all of its problems at once, in their order', async () => {
    const error = await failure(load('cache: {save: maybe}\nproxy:\n  prefetsh: 1\n  modcache: x\n'));
    expect(error.problems.map(p => p.line)).toEqual([1, 3, 4]);
    expect(error.message.split('\n')).toHaveLength(3);
  });

  it('shows no credentials of a URL in its message', async () => {
    const error = await failure(load('proxy: {upstream: ["ftp://u:s3cret@a.example.test/x"]}'));
    expect(error.message).not.toContain('s3cret');
    for (const host of ['u:s3cret@a.example.test', `https://u:s3cret${'x'.repeat(100)}@a.example.test`]) {
      const named = await failure(load(`proxy: {credentials: [{host: "${host}", token-env: T}]}`));
      expect(named.message).not.toContain('s3cret');
    }
    const flag = await failure(
      loadConfig({ workspace: workspace(), flags: { upstream: ['ftp://u:s3cret@a.example.test'] } }),
    );
    expect(flag.message).toMatch(/^--upstream: "ftp:\/\/\*\*\*@a\.example\.test" is not an upstream/);
  });

  it('cannot cost memory by aliases, depth or size', async () => {
    const bomb = ['a0: &a0 [x, x]'];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
    expect((await failure(load(bomb.join('\n')))).message).toMatch(/aliases/);
    expect((await failure(load(`rules: ${'['.repeat(2_000)}${']'.repeat(2_000)}`))).message).toMatch(
      /nested|YAML/,
    );
    expect((await failure(load('#'.repeat(2 ** 20 + 1)))).code).toBe('config-too-large');
  });

  it('changes no prototype', async () => {
    await failure(load('__proto__: {polluted: 1}\n'));
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const error = await failure(load(`rules: {${key}: off}\n`));
      expect(error.problems).toEqual([expect.objectContaining({ line: 1, column: 9 })]);
      expect(error.message).toContain(`unknown rule "${key}"`);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is refused when both places have one, when the named one is missing, and when it is no text', async () => {
    const both = workspace({ '.modgate.yaml': '', '.github/modgate.yaml': '' });
    expect((await failure(loadConfig({ workspace: both }))).code).toBe('config-ambiguous');
    expect((await failure(loadConfig({ workspace: both, explicit: 'nowhere.yaml' }))).code).toBe(
      'config-missing',
    );
    const bytes = workspace({ '.modgate.yaml': new Uint8Array([0xff, 0xfe, 0x00]) });
    expect((await failure(loadConfig({ workspace: bytes }))).code).toBe('config-unreadable');
    const dir = workspace({ '.modgate.yaml/x': '' });
    expect((await failure(loadConfig({ workspace: dir }))).message).toMatch(/not a regular file/);
  });
});

describe('overrides', () => {
  it('win over the file in their order and say so', async () => {
    const loaded = await load(
      'proxy: {prefetch: 1, upstream: [https://a.example.test]}\ncache: {save: never}\n',
      {
        env: { prefetch: '2', store: '/env', save: 'always' },
        inputs: { prefetch: 3, store: '/input' },
        flags: { prefetch: 4, upstream: ['https://b.example.test', 'off'] },
      },
    );
    expect(loaded.config.proxy.prefetch).toBe(4);
    expect(loaded.config.proxy.upstream.map(u => u.url)).toEqual(['https://b.example.test', 'off']);
    expect(loaded.config.cache).toMatchObject({ store: '/input', save: 'always' });
    expect(loaded.origin('proxy.prefetch')).toEqual({ from: 'flag', name: '--prefetch' });
    expect(loaded.origin('proxy.upstream.0')).toEqual({ from: 'flag', name: '--upstream' });
    expect(loaded.origin('cache.store')).toEqual({ from: 'input', name: 'input store' });
    expect(loaded.origin('cache.save')).toEqual({ from: 'env', name: 'MODGATE_SAVE' });
  });

  it.each([
    [{ flags: { prefetch: '-1' } }, /^--prefetch: "-1" is not a whole number from 0 to 64/],
    [{ flags: { prefetch: 65 } }, /^--prefetch/],
    [{ inputs: { onFailure: 'ignore' } }, /^input on-failure: "ignore" is not one of fail, fallback/],
    [{ env: { modcache: 'x' } }, /^MODGATE_MODCACHE: /],
    [{ env: { save: 'x' } }, /^MODGATE_SAVE: /],
    [{ flags: { store: '' } }, /^--store: is empty/],
    [{ flags: { upstream: Array<string>(17).fill('direct') } }, /more than the 16/],
  ] satisfies [Partial<LoadOptions>, RegExp][])('%j is refused by name', async (more, message) => {
    const error = await failure(loadConfig({ workspace: workspace(), ...more }));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toMatch(message);
  });

  it('come from the environment', () => {
    expect(
      envOverrides({
        MODGATE_STORE: ' /s ',
        MODGATE_UPSTREAM: 'https://a.example.test direct',
        MODGATE_ON_FAILURE: 'fail',
        MODGATE_PREFETCH: '4',
        MODGATE_SAVE: '',
      }),
    ).toEqual({
      store: '/s',
      upstream: ['https://a.example.test', 'direct'],
      onFailure: 'fail',
      prefetch: '4',
    });
  });
});

it('has a JSON Schema of the file as it is written', () => {
  const json = jsonSchema() as { properties: Record<string, { properties: Record<string, unknown> }> };
  expect(Object.keys(json.properties).toSorted()).toEqual([...Object.keys(DEFAULTS), 'waivable'].toSorted());
  expect(json.properties.proxy?.properties.idle).toMatchObject({ type: 'string', default: '2h' });
});
