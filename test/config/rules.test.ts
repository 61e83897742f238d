import { describe, expect, it } from 'vitest';
import { FIXED_RULES, LEVELS, RULE_IDS, RULES, type RuleId } from '../../src/config/rule-ids.ts';
import { ruleAbout, ruleOptions } from '../../src/config/rule-options.ts';
import { failure, load } from './workspace.ts';

/** What the repository's own layer says of a rule. */
async function setting(text: string, id: RuleId) {
  const { policy } = await load(text);
  return policy.layers.at(-1)?.rules.get(id);
}

describe('the rules', () => {
  it.each(RULE_IDS)('%s has the defaults of its schema, and words', id => {
    expect(ruleOptions(id).parse({})).toEqual(RULES[id].options);
    expect(ruleAbout(id)).toMatch(/^[a-z].{15,}[^.]$/);
  });

  it.each(RULE_IDS)('%s can be set to every level unless it is fixed', async id => {
    for (const level of ['off', ...LEVELS]) {
      const text = `rules:\n  ${id}: ${level}\n`;
      if (FIXED_RULES.includes(id) && level !== 'error') {
        const error = await failure(load(text));
        expect(error.problems).toEqual([expect.objectContaining({ line: 2 })]);
        expect(error.message).toMatch(/always an error; .* waiver of two owners/);
        continue;
      }
      expect(await setting(text, id)).toEqual({
        level,
        explicit: true,
        options: RULES[id].options,
        where: '.modgate.yaml:2',
      });
    }
  });

  it('are all in a file that says nothing, as they are by default', async () => {
    const { policy } = await load('version: 1\n');
    expect([...(policy.layers[0]?.rules ?? [])]).toEqual(
      RULE_IDS.map(id => [
        id,
        { level: RULES[id].level, explicit: false, options: RULES[id].options, where: 'default' },
      ]),
    );
  });

  it.each([
    ['version/pseudo: {allow: [example.com/*]}', 'version/pseudo', 'error', { allow: ['example.com/*'] }],
    ['path/lookalike: {}', 'path/lookalike', 'error', { known: [] }],
    ['env/bypass: {all: true}', 'env/bypass', 'warning', { all: true, allow: [] }],
    ['go/version-range: {min: "1.25"}', 'go/version-range', 'error', { min: '1.25' }],
    ['policy/waiver-invalid: {max-days: 90}', 'policy/waiver-invalid', 'error', { 'max-days': 90 }],
  ] satisfies [string, RuleId, string, object][])(
    '%s has the level that it has when it is on',
    async (text, id, level, options) => {
      expect(await setting(`rules: {${text}}`, id)).toEqual({
        level,
        explicit: false,
        options,
        where: '.modgate.yaml:1',
      });
    },
  );

  it.each([
    ['replace/stal: error', /:2:3: unknown rule "replace\/stal"; did you mean replace\/stale\?/],
    ['xyz: error', /:2:3: unknown rule "xyz"; modgate config explain rules lists them all/],
    ['replace/stale: eror', /"eror" is not one of off, note, warning, error; did you mean error\?/],
    ['replace/stale: 3', /3 is not a map of keys/],
    ['replace/stale: true', /true is not a map of keys/],
    ['replace/stale: {strict: true}', /unknown key "strict" under rules\.replace\/stale/],
    [
      'replace/unpinned: {tags: true}',
      /unknown key "tags" under rules\.replace\/unpinned; did you mean tag\?/,
    ],
    ['replace/unpinned: {tag: "yes"}', /"yes" is not true or false/],
    ['replace/unpinned: {level: warn}', /"warn" is not one of .*; did you mean warning\?/],
    ['version/pseudo: {allow: GitHub.com}', /is not a list/],
    ['version/pseudo: {allow: [GitHub.com/x]}', /upper-case host/],
    ['tool/not-allowed: {allow: ["https://x.example.com"]}', /is a URL/],
    ['toolchain/not-allowed: {allow: ["1.26"]}', /is not a toolchain/],
    ['toolchain/not-allowed: {allow: [gotip]}', /is not a toolchain/],
    ['toolchain/not-allowed: {allow: [">=go1.25.*"]}', /is not a toolchain/],
    ['go/version-range: {min: go1.25}', /"go1\.25" is not a version of Go/],
    ['go/version-range: {min: latest}', /"latest" is not a version of Go/],
    ['go/version-range: {minimum: "1.25"}', /unknown key "minimum"/],
    ['env/bypass: {allow: ["GO FLAGS"]}', /is not a variable/],
    ['policy/waiver-invalid: {max-days: 0}', /too small/],
    ['policy/waiver-expired: {warn-days: 1.5}', /whole number|int/],
    ['sum/changed: {level: warning}', /always an error/],
  ])('%s is refused', async (text, message) => {
    const error = await failure(load(`rules:\n  ${text}\n`));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toMatch(message);
    expect(error.problems).toHaveLength(1);
    expect(error.line).toBe(2);
  });

  it.each([
    'toolchain/not-allowed: {allow: [go1.26.3, go1.26.*, ">=go1.25", ">=go1.25 <go1.27", default, go1.26.3-acme]}',
    'env/bypass: {allow: [GOPRIVATE, "GOFLAGS=-mod=mod -x", "GOPROXY="]}',
    'sum/changed: error',
    'sum/changed: {level: error}',
    'tool/not-allowed: {allow: [golang.org/x/tools/cmd/*, github.com/Acme/x]}',
  ])('%s is accepted', async text => {
    expect((await load(`rules: {${text}}`)).warnings).toEqual([]);
  });

  it('reads a version of Go as it is written, where YAML would see a number', async () => {
    const text = 'rules: {go/version-range: {min: 1.20, max: 1.30}}';
    expect((await setting(text, 'go/version-range'))?.options).toEqual({ min: '1.20', max: '1.30' });
  });

  it('tells of a range that has no bounds', async () => {
    expect((await load('rules:\n  go/version-range: error\n')).warnings).toEqual([
      expect.stringMatching(/^\.modgate\.yaml:2: rules\.go\/version-range has neither min nor max/),
    ]);
  });
});

describe('keys that stand for rules', () => {
  const LOCAL = ['sibling', 'broken', 'escapes', 'absolute'].map(name => `replace/local-${name}` as RuleId);

  async function levels(text: string, ids: readonly RuleId[]): Promise<unknown[]> {
    const { policy } = await load(text);
    return ids.map(id => policy.layers[0]?.rules.get(id)?.level);
  }

  it.each([
    ['{}', ['off', 'error', 'error', 'error']],
    ['{replace: {local: siblings}}', ['off', 'error', 'error', 'error']],
    ['{replace: {local: deny}}', ['error', 'error', 'error', 'error']],
    ['{replace: {local: allow}}', ['off', 'off', 'off', 'off']],
    ['{replace: {local: allow}, rules: {replace/local-absolute: warning}}', ['off', 'off', 'off', 'warning']],
    ['{replace: {local: deny}, rules: {replace/local-sibling: note}}', ['note', 'error', 'error', 'error']],
  ])('%s', async (text, expected) => {
    expect(await levels(text, LOCAL)).toEqual(expected);
  });

  it.each([
    ['{}', 'warning', false],
    ['{replace: {downgrade: deny}}', 'error', true],
    ['{replace: {downgrade: allow}}', 'off', true],
    ['{replace: {downgrade: deny}, rules: {replace/downgrade: note}}', 'note', true],
  ])('%s makes downgrades %s', async (text, level, explicit) => {
    expect(await setting(text, 'replace/downgrade')).toMatchObject({ level, explicit });
  });

  it('replace.remote.require-reason', async () => {
    const text = 'replace:\n  remote: {require-reason: true}\n';
    expect(await setting(text, 'replace/missing-reason')).toEqual({
      level: 'error',
      explicit: true,
      options: { local: false },
      where: '.modgate.yaml:2',
    });
    expect(
      await setting(`${text}rules: {replace/missing-reason: {local: true}}`, 'replace/missing-reason'),
    ).toMatchObject({ level: 'error', options: { local: true }, where: '.modgate.yaml:3' });
    expect(
      (await setting('replace: {remote: {require-reason: false}}', 'replace/missing-reason'))?.level,
    ).toBe('off');
  });
});
