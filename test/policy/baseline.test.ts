import { describe, expect, it } from 'vitest';
import { addedEntries, formatBaseline, parseBaseline, updateBaseline } from '../../src/policy/baseline.ts';
import { PolicyError } from '../../src/policy/errors.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { policyOf } from './policy-of.ts';
import { type FileSpec, repository } from './repository.ts';

const FILE = '.modgate-baseline.json';
const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseBaseline(bytes(text), FILE);

const LOCAL = (who: string) =>
  `module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => "/home/${who}/cart"\n`;

async function findingsOf(files: Readonly<Record<string, FileSpec>>, yaml = '') {
  const policy = await policyOf(yaml);
  return evaluate({
    tree: repository(files),
    base: undefined,
    policy,
    baseline: undefined,
    now: new Date('2026-11-23T12:00:00Z'),
    scheduled: false,
  }).findings;
}

describe('a baseline file', () => {
  it('is read as it was written, sorted, one finding a line', async () => {
    const findings = await findingsOf({ 'z/go.mod': LOCAL('ada'), 'a/go.mod': LOCAL('bob') });
    const { text, added } = updateBaseline(undefined, findings);
    expect(added).toHaveLength(2);
    expect(updateBaseline(undefined, findings.toReversed()).text).toBe(text);
    const lines = text.split('\n');
    expect(lines.slice(0, 3)).toEqual(['{', '  "version": 1,', '  "findings": [']);
    expect(lines.slice(-3)).toEqual(['  ]', '}', '']);
    const baseline = parse(text);
    expect(baseline.entries.map(entry => entry.file)).toEqual(['a/go.mod', 'z/go.mod']);
    expect(baseline.entries.map(entry => baseline.lines.get(entry.fingerprint))).toEqual([4, 5]);
    expect(formatBaseline(baseline.entries)).toBe(text);
    expect(formatBaseline([])).toBe('{\n  "version": 1,\n  "findings": []\n}\n');
    expect(parse(formatBaseline([])).entries).toEqual([]);
  });

  it('holds no character that is not ASCII, whatever the tree holds', async () => {
    const findings = await findingsOf({ 'a\u202eb\ud800/go.mod': LOCAL('zoë\u2028') });
    const { text } = updateBaseline(undefined, findings);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(parse(text).entries[0]?.file).toBe('a\u202eb\ud800/go.mod');
  });

  const good = `{"fingerprint":"${'a'.repeat(64)}","rule":"r","file":"f","message":"m"}`;
  it.each([
    ['no JSON', '{', /is not JSON/],
    ['a merge conflict', '<<<<<<< HEAD\n{}', /is not JSON/],
    ['a list', '[]', /is no JSON object/],
    ['null', 'null', /is no JSON object/],
    ['another version', '{"version":2,"findings":[]}', /has version "2"/],
    ['no version', '{"findings":[]}', /has version/],
    ['no findings', '{"version":1}', /no list of findings/],
    ['a bad entry', `{"version":1,"findings":[${good},{"fingerprint":"x"}]}`, /entry 2 is no finding/],
    ['a bad fingerprint', `{"version":1,"findings":[${good.replace('aaa', 'AAA')}]}`, /entry 1/],
    ['a message of another kind', `{"version":1,"findings":[${good.replace('"m"', '{}')}]}`, /entry 1/],
    [
      'an endless message',
      `{"version":1,"findings":[${good.replace('"m"', `"${'m'.repeat(5000)}"`)}]}`,
      /entry 1/,
    ],
    ['deep nesting', `{"version":1,"findings":${'['.repeat(200_000)}`, /is not JSON|nest/],
  ])('with %s is refused with what to do', (_, text, words) => {
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      expect((error as PolicyError).code).toBe('baseline-invalid');
      expect((error as PolicyError).message).toMatch(words);
      expect((error as PolicyError).message).toContain(`${FILE}: `);
      expect((error as PolicyError).message).toContain('modgate check --update-baseline');
      expect((error as PolicyError).message.length).toBeLessThan(500);
    }
  });

  it('takes any layout that means the same', () => {
    const baseline = parse(
      JSON.stringify({ version: 1, other: true, findings: [JSON.parse(good)] }, null, 8),
    );
    expect(baseline.entries).toHaveLength(1);
    expect(baseline.lines.get('a'.repeat(64))).toBe(6);
  });
});

describe('an update', () => {
  it('only shrinks an existing baseline', async () => {
    const first = await findingsOf({ 'a/go.mod': LOCAL('ada'), 'b/go.mod': LOCAL('ada') });
    const old = parse(updateBaseline(undefined, first).text);
    const later = await findingsOf({ 'b/go.mod': LOCAL('ada'), 'c/go.mod': LOCAL('ada') });
    const update = updateBaseline(old, later);
    expect(update.kept.map(entry => entry.file)).toEqual(['b/go.mod']);
    expect(update.dropped.map(entry => entry.file)).toEqual(['a/go.mod']);
    expect(update.added).toEqual([]);
    expect(update.refused.map(finding => finding.file)).toEqual(['c/go.mod']);
    expect(parse(update.text).entries.map(entry => entry.file)).toEqual(['b/go.mod']);
    expect(updateBaseline(parse(formatBaseline([])), first).added).toEqual([]);
  });

  it('takes in no broken go.mod, nothing about the policy, and nothing that may not be waived', async () => {
    const files = { 'a/go.mod': LOCAL('ada'), 'b/go.mod': 'module m\n\nrequire example.com/cart latest\n' };
    const yaml = 'waivers: [{rule: replace/local-absolute, module: example.com/x}]';
    const findings = await findingsOf(files, yaml);
    const update = updateBaseline(undefined, findings);
    expect(update.added.map(entry => entry.rule)).toEqual(['replace/local-absolute']);
    expect(update.refused.map(finding => finding.rule).sort()).toEqual([
      'gomod/invalid',
      'policy/waiver-invalid',
    ]);
    expect(updateBaseline(undefined, findings, { waivable: [] }).added).toEqual([]);
    const old = parse(update.text);
    expect(updateBaseline(old, findings, { waivable: [] }).dropped).toHaveLength(1);
  });

  it('drops doubled entries and those of rules that cannot be accepted', () => {
    const entry = {
      fingerprint: 'b'.repeat(64),
      rule: 'exclude/used',
      file: 'go.mod',
      message: 'm',
    } as const;
    const sum = { ...entry, fingerprint: 'c'.repeat(64), rule: 'sum/changed' };
    const old = parse(formatBaseline([entry, entry, sum]));
    const finding = {
      ...entry,
      level: 'error',
      status: 'baseline',
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 2,
      why: '',
      fix: '',
    } as const;
    const update = updateBaseline(old, [
      finding,
      { ...finding, rule: 'sum/changed', fingerprint: 'c'.repeat(64) },
    ]);
    expect(update.kept).toEqual([entry]);
    expect(update.dropped).toEqual([entry, sum]);
  });

  it('tells what another file adds', () => {
    const entry = {
      fingerprint: 'b'.repeat(64),
      rule: 'exclude/used',
      file: 'go.mod',
      message: 'm',
    } as const;
    const none = parse(formatBaseline([]));
    const one = parse(formatBaseline([entry]));
    expect(addedEntries(none, one)).toEqual([entry]);
    expect(addedEntries(undefined, one)).toEqual([entry]);
    expect(addedEntries(one, none)).toEqual([]);
    expect(addedEntries(one, undefined)).toEqual([]);
  });
});
