import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Policy } from '../../src/config/policy.ts';
import { RULE_IDS, RULES } from '../../src/config/rule-ids.ts';
import { load, workspace } from './workspace.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';

/** The rules that a layer speaks of, with the levels that it gives them. */
function says(policy: Policy, layer: number): Record<string, string> {
  const rules = policy.layers[layer]?.rules ?? new Map();
  return Object.fromEntries([...rules].map(([id, { level }]) => [id, level]));
}

describe('without a file', () => {
  it('there is one layer, the default policy', async () => {
    const { policy, sources } = await loadConfig({ workspace: workspace() });
    expect(sources).toEqual([]);
    expect(policy).toMatchObject({
      waivers: [],
      waivable: 'all',
      failOn: 'error',
      skip: ['vendor', 'testdata', 'node_modules'],
    });
    expect(policy.layers.map(layer => layer.name)).toEqual(['the default policy']);
    expect(says(policy, 0)).toEqual(Object.fromEntries(RULE_IDS.map(id => [id, RULES[id].level])));
  });

  it('the policy is that of an empty file, and so is the digest', async () => {
    const none = await loadConfig({ workspace: workspace() });
    const empty = await load('version: 1\n');
    expect(empty.digest).toBe(none.digest);
    expect(says(empty.policy, 0)).toEqual(says(none.policy, 0));
    expect((await load('rules: {work/committed: error}')).digest).not.toBe(none.digest);
    expect((await load('rules:\n\n  work/committed: error\n')).digest).toBe(
      (await load('rules: {work/committed: error}')).digest,
    );
  });
});

describe('an extended file', () => {
  it.each([
    [
      'hosts: {allow: [github.com]}',
      { 'host/not-allowed': 'error', 'replace/target-not-allowed': 'warning' },
    ],
    [
      'modules: {deny: [a.example.com]}',
      { 'module/denied': 'error', 'replace/target-not-allowed': 'warning' },
    ],
    ['replace: {remote: {allow: [a.example.com]}}', { 'replace/target-not-allowed': 'warning' }],
    ['replace: {remote: {require-reason: true}}', { 'replace/missing-reason': 'error' }],
    ['replace: {downgrade: allow}', { 'replace/downgrade': 'off' }],
    [
      'replace: {local: deny}',
      {
        'replace/local-sibling': 'error',
        'replace/local-broken': 'error',
        'replace/local-escapes': 'error',
        'replace/local-absolute': 'error',
      },
    ],
    [
      'rules: {work/committed: note, exclude/used: {}}',
      { 'work/committed': 'note', 'exclude/used': 'error' },
    ],
    ['version: 1', {}],
    ['hosts: {allow: []}', {}],
  ])('with %s says that and no more', async (text, expected) => {
    const { policy } = await load('extends: [base.yaml]', {}, { 'base.yaml': text });
    expect(policy.layers.map(layer => layer.name)).toEqual(['base.yaml', '.modgate.yaml']);
    expect(says(policy, 0)).toEqual(expected);
    expect(Object.keys(says(policy, 1))).toHaveLength(RULE_IDS.length);
  });

  it('with a list of hosts says nothing of strangers', async () => {
    const { policy } = await load(
      'extends: [base.yaml, loud.yaml]\nrules: {replace/target-not-allowed: {strangers: false}}\n',
      {},
      {
        'base.yaml': 'hosts: {deny: [evil.example]}',
        'loud.yaml': 'rules: {replace/target-not-allowed: error}',
      },
    );
    const options = policy.layers.map(layer => layer.rules.get('replace/target-not-allowed')?.options);
    expect(options).toEqual([{ strangers: false }, { strangers: true }, { strangers: false }]);
  });

  it('cannot loosen what the file or the defaults say, nor be loosened', async () => {
    const { policy } = await load(
      'extends: [base.yaml]\nrules: {module/denied: off}\nhosts: {allow: [everything.example]}\n',
      {},
      {
        'base.yaml': 'rules: {replace/local-broken: off, module/denied: error}\nhosts: {allow: [github.com]}',
      },
    );
    expect(says(policy, 0)).toMatchObject({ 'replace/local-broken': 'off', 'module/denied': 'error' });
    expect(says(policy, 1)).toMatchObject({ 'replace/local-broken': 'error', 'module/denied': 'off' });
    expect(policy.layers.map(layer => layer.hosts.allow.map(host => host.value))).toEqual([
      ['github.com'],
      ['everything.example'],
    ]);
  });
});

describe('values that all files have together', () => {
  it('go towards strict', async () => {
    const { config, policy, origin } = await load(
      `extends: [base.yaml]
fail-on: error
proxy: {modcache: inherit, on-failure: fallback, strict-graph: false}
audit: {required: false}
`,
      {},
      {
        'base.yaml':
          'fail-on: warning\nproxy: {modcache: isolated, on-failure: fail, strict-graph: true}\naudit: {required: true}\n',
      },
    );
    expect(config).toMatchObject({
      'fail-on': 'warning',
      proxy: { modcache: 'isolated', 'on-failure': 'fail', 'strict-graph': true },
      audit: { required: true },
    });
    expect(policy.failOn).toBe('warning');
    expect(origin('proxy.modcache')).toEqual({ from: 'file', file: 'base.yaml', line: 2, as: 'parent' });
    expect(origin('fail-on')).toEqual({ from: 'file', file: 'base.yaml', line: 1, as: 'parent' });
  });

  it.each([
    ['inherit', 'verify', 'verify'],
    ['verify', 'inherit', 'verify'],
    ['isolated', 'verify', 'isolated'],
    ['verify', 'isolated', 'isolated'],
  ])('proxy.modcache: %s over %s is %s', async (own, parent, expected) => {
    const file = (value: string) => `proxy: {modcache: ${value}}\n`;
    const { config } = await load(`extends: [base.yaml]\n${file(own)}`, {}, { 'base.yaml': file(parent) });
    expect(config.proxy.modcache).toBe(expected);
  });

  it('are the file’s own where it says something, else those of the nearest file', async () => {
    const { config, origin } = await load(
      'extends: [a.yaml, b.yaml]\nproxy: {prefetch: 3}\ncache: {max-size: 1GB}\n',
      {},
      {
        'deep.yaml': 'proxy: {prefetch: 9, idle: 9h}\nbaseline: deep.json\ncache: {save: never}\n',
        'a.yaml': 'extends: [deep.yaml]\nproxy: {idle: 1h, upstream: [direct]}\n',
        'b.yaml': 'proxy: {idle: 2h}\n',
      },
    );
    expect(config.proxy).toMatchObject({
      prefetch: 3,
      idle: 7_200_000,
      upstream: [{ url: 'direct', 'absent-on-403': false }],
    });
    expect(config.baseline).toBe('deep.json');
    expect(config.cache).toMatchObject({ save: 'never', 'max-size': 1e9 });
    expect(origin('proxy.prefetch')).toEqual({ from: 'file', file: '.modgate.yaml', line: 2 });
    expect(origin('proxy.idle')).toEqual({ from: 'file', file: 'b.yaml', line: 1, as: 'parent' });
    expect(origin('proxy.upstream.0.url')).toMatchObject({ file: 'a.yaml', as: 'parent' });
    expect(origin('cache.keep-since')).toEqual({ from: 'default' });
  });

  it('keep private what any file keeps private', async () => {
    const base = { 'base.yaml': 'proxy: {private: [corp.example.test, go.example.test]}' };
    const load_ = async (text: string) => await load(`extends: [base.yaml]\n${text}`, {}, base);
    const both = await load_('proxy: {private: [mine.example.test, corp.example.test]}');
    expect(both.config.proxy.private).toEqual(['corp.example.test', 'go.example.test', 'mine.example.test']);
    expect(both.origin('proxy.private')).toMatchObject({ file: '.modgate.yaml' });
    const none = await load_('proxy: {private: []}');
    expect(none.config.proxy).toMatchObject({
      private: ['corp.example.test', 'go.example.test'],
      'on-failure': 'fail',
    });
    const parent = await load_('');
    expect(parent.config.proxy.private).toEqual(['corp.example.test', 'go.example.test']);
    expect(parent.origin('proxy.private')).toMatchObject({ file: 'base.yaml', as: 'parent' });
  });

  it('skip only the directories that every file skips', async () => {
    const base = { 'base.yaml': 'check: {skip: [vendor, third_party]}', 'silent.yaml': 'version: 1' };
    const skip = async (text: string, more = {}) => (await load(text, more, base)).policy.skip;
    expect(await skip('extends: [silent.yaml]')).toEqual(['vendor', 'testdata', 'node_modules']);
    expect(await skip('extends: [base.yaml]')).toEqual(['vendor', 'third_party']);
    expect(await skip('extends: [base.yaml]\ncheck: {skip: [vendor, cmd]}')).toEqual(['vendor']);
    expect(await skip('check: {skip: []}')).toEqual([]);
    // A floor that says nothing of directories still does not let a repository hide some.
    const floor = { name: 'floor.yaml', text: 'version: 1' };
    expect(await skip('check: {skip: [vendor, cmd]}', { floor })).toEqual(['vendor']);
  });

  it('make on-failure fail when any file has a list', async () => {
    const { config } = await load('extends: [b.yaml]', {}, { 'b.yaml': 'hosts: {deny: [evil.example]}' });
    expect(config.proxy['on-failure']).toBe('fail');
  });
});

describe('a floor', () => {
  const floor = {
    name: '/etc/floor.yaml',
    text: 'hosts: {allow: [github.com]}\nrules: {exclude/used: error}\n',
  };

  it('is the weakest layer, has every rule, and stays in force whatever the file says', async () => {
    const { policy, sources, config, origin } = await load(
      'extends: [b.yaml]\nrules: {exclude/used: off, host/not-allowed: off}\nproxy: {on-failure: fallback}\n',
      { floor: { ...floor, text: `${floor.text}proxy: {on-failure: fail}\n` } },
      { 'b.yaml': 'rules: {work/committed: note}' },
    );
    expect(policy.layers.map(layer => layer.name)).toEqual([
      'the floor /etc/floor.yaml',
      'b.yaml',
      '.modgate.yaml',
    ]);
    expect(sources).toEqual(['/etc/floor.yaml', 'b.yaml', '.modgate.yaml']);
    expect(Object.keys(says(policy, 0))).toHaveLength(RULE_IDS.length);
    expect(says(policy, 0)).toMatchObject({ 'exclude/used': 'error', 'host/not-allowed': 'error' });
    expect(config.proxy['on-failure']).toBe('fail');
    expect(origin('proxy.on-failure')).toMatchObject({ file: '/etc/floor.yaml', as: 'floor' });
  });

  it('stands above the default policy where there is no file', async () => {
    const { policy, sources, file } = await loadConfig({ workspace: workspace(), floor });
    expect(policy.layers.map(layer => layer.name)).toEqual([
      'the floor /etc/floor.yaml',
      'the default policy',
    ]);
    expect(sources).toEqual(['/etc/floor.yaml']);
    expect(file).toBeUndefined();
  });

  it('may extend files of other repositories, and no local ones', async () => {
    const readRemote = () => Promise.resolve(Buffer.from('rules: {work/replace: error}'));
    const { policy } = await loadConfig({
      workspace: workspace(),
      floor: { name: 'floor.yaml', text: `extends: [acme/policy/base.yaml@${SHA}]` },
      readRemote,
    });
    expect(policy.layers.map(layer => layer.name)).toEqual([
      'acme/policy/base.yaml@0123456789ab',
      'the floor floor.yaml',
      'the default policy',
    ]);
    await expect(
      loadConfig({ workspace: workspace(), floor: { name: 'floor.yaml', text: 'extends: [base.yaml]' } }),
    ).rejects.toThrow(/floor\.yaml:1:11: extends\[0\]: "base\.yaml" is a local path, and a floor has no/);
  });
});

describe('what may be waived', () => {
  const base = {
    'silent.yaml': 'hosts: {allow: [github.com]}\nrules: {work/committed: error}\n',
    'says.yaml': 'hosts: {allow: [github.com]}\nwaivable: [host/not-allowed, replace/stale]\n',
  };
  const waivable = async (text: string, more = {}) => (await load(text, more, base)).policy.waivable;

  it('is all when nothing stands above the file, whatever it says itself', async () => {
    expect(await waivable('waivable: [replace/stale]')).toBe('all');
  });

  it('is what an extended file does not mention, or what it names', async () => {
    const mentioned = ['host/not-allowed', 'replace/target-not-allowed', 'work/committed'];
    const silent = await waivable('extends: [silent.yaml]');
    expect(silent).toEqual(RULE_IDS.filter(id => !mentioned.includes(id)));
    expect(await waivable('extends: [says.yaml]')).toEqual(['replace/stale', 'host/not-allowed']);
    expect(await waivable('extends: [says.yaml, silent.yaml]')).toEqual(['replace/stale']);
  });

  it('is nothing under a floor that does not name it', async () => {
    expect(await waivable('', { floor: { name: 'f.yaml', text: 'version: 1' } })).toEqual([]);
    expect(
      await waivable('extends: [says.yaml]', {
        floor: { name: 'f.yaml', text: 'waivable: [replace/stale]' },
      }),
    ).toEqual(['replace/stale']);
  });
});

describe('waivers', () => {
  it('keep whatever they have, at their place', async () => {
    const { policy } = await load(`waivers:
  - rule: replace/stale
    module: github.com/acme/a
    owner: ann
    reason: 4711
    expires: 2027-01-31
  - {file: go.mod, owners: [ann, bob, ann], owner: 007, reason: "", expires: soon}
  - {rule:, reason: ~}
  - {}
`);
    const none = {
      rule: undefined,
      file: undefined,
      module: undefined,
      reason: undefined,
      expires: undefined,
    };
    expect(policy.waivers).toEqual([
      {
        ...none,
        rule: 'replace/stale',
        module: 'github.com/acme/a',
        owners: ['ann'],
        reason: '4711',
        expires: '2027-01-31',
        at: { file: '.modgate.yaml', line: 2, column: 5 },
      },
      {
        ...none,
        file: 'go.mod',
        owners: ['007', 'ann', 'bob'],
        expires: 'soon',
        at: { file: '.modgate.yaml', line: 7, column: 5 },
      },
      { ...none, owners: [], at: { file: '.modgate.yaml', line: 8, column: 5 } },
      { ...none, owners: [], at: { file: '.modgate.yaml', line: 9, column: 5 } },
    ]);
  });

  it('of YAML 1.1, which knows dates, are text, too', async () => {
    const { policy } = await load(
      '%YAML 1.1\n---\nwaivers:\n  - {rule: a/b, expires: 2027-01-31, reason: yes}\n',
    );
    expect(policy.waivers).toMatchObject([{ expires: '2027-01-31', reason: 'yes' }]);
  });

  it('of other files are known to be theirs, and have a place in this repository', async () => {
    const { policy } = await load(
      `version: 1\nextends:\n  - local.yaml\n  - acme/policy/base.yaml@${SHA}\n`,
      {
        readRemote: ({ path }) =>
          Promise.resolve(
            Buffer.from(
              path === 'base.yaml'
                ? 'extends: [more.yaml]\nwaivers: [{rule: remote}]'
                : 'waivers: [{rule: remote-parent}]',
            ),
          ),
        floor: { name: 'floor.yaml', text: 'waivers: [{rule: floor}]' },
      },
      { 'local.yaml': '\nwaivers: [{rule: local}]' },
    );
    expect(policy.waivers.map(({ rule, at, shared }) => [rule, at.file, at.line, shared])).toEqual([
      ['floor', '.modgate.yaml', 1, true],
      ['local', 'local.yaml', 2, true],
      ['remote-parent', '.modgate.yaml', 4, true],
      ['remote', '.modgate.yaml', 4, true],
    ]);
  });
});
