import { describe, expect, it } from 'vitest';
import { formatBaseline, parseBaseline } from '../../src/policy/baseline.ts';
import { type EvaluateRequest, evaluate } from '../../src/policy/evaluate.ts';
import type { Finding } from '../../src/policy/finding.ts';
import { policyOf } from './policy-of.ts';
import { type FileSpec, repository } from './repository.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

const CLEAN = 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n';
const ABSOLUTE = `${CLEAN}\nreplace example.com/cart => /home/ada/cart\n`;
const ESCAPES = `${CLEAN}\nreplace example.com/cart => ../../cart\n`;

type Files = Readonly<Record<string, FileSpec>>;

async function run(
  head: Files,
  yaml: string,
  more: Partial<Omit<EvaluateRequest, 'base'>> & { base?: Files } = {},
) {
  const { base, ...rest } = more;
  return evaluate({
    tree: repository(head),
    base: base === undefined ? undefined : repository(base),
    policy: await policyOf(yaml),
    baseline: undefined,
    now: NOW,
    scheduled: false,
    ...rest,
  });
}

const brief = (findings: readonly Finding[]) =>
  findings.map(({ rule, level, status, file, line }) => `${status} ${level} ${rule} ${file}:${line}`);

function waiver(fields: Readonly<Record<string, string>>): string {
  const all = {
    rule: 'replace/local-absolute',
    module: 'example.com/cart',
    owner: 'ada',
    reason: 'moves next week',
    expires: '"2027-01-31"',
    ...fields,
  };
  const lines = Object.entries(all).map(([key, value]) => `    ${key}: ${value}`);
  return `waivers:\n  -\n${lines.filter(line => !line.endsWith(': ')).join('\n')}\n`;
}

describe('status without a base', () => {
  it('everything is new', async () => {
    const outcome = await run({ 'go.mod': ABSOLUTE }, '');
    expect(brief(outcome.findings)).toEqual(['new error replace/local-absolute go.mod:5']);
    expect(outcome.failed).toBe(true);
    expect(outcome.fixed).toEqual([]);
  });

  it('a warning does not fail unless fail-on says so', async () => {
    const yaml = 'rules: {replace/local-absolute: warning}';
    expect((await run({ 'go.mod': ABSOLUTE }, yaml)).failed).toBe(false);
    expect((await run({ 'go.mod': ABSOLUTE }, `${yaml}\nfail-on: warning`)).failed).toBe(true);
    expect((await run({ 'go.mod': ABSOLUTE }, `${yaml}\nfail-on: note`)).failed).toBe(true);
  });

  it('a cap lowers levels and fails nothing', async () => {
    const outcome = await run({ 'go.mod': ABSOLUTE }, 'fail-on: note', { cap: 'warning' });
    expect(brief(outcome.findings)).toEqual(['new warning replace/local-absolute go.mod:5']);
    expect(outcome.failed).toBe(false);
  });
});

describe('status with a base', () => {
  it('what the base has as well is existing', async () => {
    const outcome = await run({ 'go.mod': `// moved\n${ABSOLUTE}` }, '', { base: { 'go.mod': ABSOLUTE } });
    expect(brief(outcome.findings)).toEqual(['existing error replace/local-absolute go.mod:6']);
    expect(outcome.failed).toBe(false);
  });

  it('what the change brings is new, and another target is another finding', async () => {
    const head = { 'go.mod': ABSOLUTE.replace('/home/ada', '/home/bob') };
    const outcome = await run(head, '', { base: { 'go.mod': ABSOLUTE } });
    expect(brief(outcome.findings)).toEqual(['new error replace/local-absolute go.mod:5']);
    expect(brief(outcome.fixed)).toEqual(['existing error replace/local-absolute go.mod:5']);
    expect(outcome.failed).toBe(true);
  });

  it('a second one of the kind is new though the first one is not', async () => {
    const head = { 'go.mod': `${ABSOLUTE}replace example.com/cart v1.0.0 => /home/ada/cart\n` };
    const outcome = await run(head, '', { base: { 'go.mod': ABSOLUTE } });
    expect(brief(outcome.findings)).toEqual([
      'new error replace/local-absolute go.mod:6',
      'existing error replace/local-absolute go.mod:5',
    ]);
  });

  it('what is gone is listed as fixed', async () => {
    const outcome = await run({ 'go.mod': CLEAN }, '', { base: { 'go.mod': ABSOLUTE } });
    expect(outcome.findings).toEqual([]);
    expect(brief(outcome.fixed)).toEqual(['existing error replace/local-absolute go.mod:5']);
    expect(outcome.failed).toBe(false);
  });
});

describe('order', () => {
  it('is worst first: status, level, file, line', async () => {
    const head = {
      'b/go.mod': ESCAPES.replace('../../', '../../../'),
      'a/go.mod': `${ABSOLUTE}\nrequire example.com/till v1.2.0\n\nreplace example.com/till => example.com/till v1.1.0\n`,
      'c/go.mod': ABSOLUTE,
    };
    const outcome = await run(head, waiver({ file: 'b/go.mod', rule: 'replace/local-escapes' }), {
      base: { 'c/go.mod': ABSOLUTE },
    });
    expect(brief(outcome.findings)).toEqual([
      'new error replace/local-absolute a/go.mod:5',
      'new warning replace/downgrade a/go.mod:9',
      'existing error replace/local-absolute c/go.mod:5',
      'waived error replace/local-escapes b/go.mod:5',
    ]);
  });
});

describe('a waiver', () => {
  it('that is complete waives its finding, by module or by file', async () => {
    for (const scope of [
      {},
      { module: '', file: 'go.mod' },
      { module: '"example.com/*"', file: '"**/go.mod"' },
    ]) {
      const outcome = await run({ 'go.mod': ABSOLUTE }, waiver(scope));
      expect(brief(outcome.findings)).toEqual(['waived error replace/local-absolute go.mod:5']);
      expect(outcome.failed).toBe(false);
    }
  });

  it('waives nothing but its own rule, module and file', async () => {
    for (const other of [
      { rule: 'replace/local-escapes' },
      { module: 'example.com/till' },
      { module: 'example.com/cart-evil' },
      { file: 'sub/go.mod' },
    ]) {
      const outcome = await run({ 'go.mod': ABSOLUTE }, waiver(other));
      expect(brief(outcome.findings)).toEqual([
        'new error replace/local-absolute go.mod:5',
        'new warning policy/waiver-unused .modgate.yaml:3',
      ]);
    }
  });

  it.each([
    ['no owner', { owner: '' }, /has no owner/],
    ['a blank owner', { owner: '" "' }, /has no owner/],
    ['no reason', { reason: '' }, /has no reason/],
    ['no day', { expires: '' }, /has no expires/],
    ['no scope', { module: '' }, /has no file or module/],
    ['no rule', { rule: '' }, /has no rule/],
    ['a rule that is none', { rule: 'replace/local-absolut' }, /did you mean replace\/local-absolute/],
    ['a day that is none', { expires: '"2027-02-30"' }, /no date/],
    ['words for a day', { expires: 'soon' }, /no date/],
    ['a day too far away', { expires: '"2029-01-01"' }, /366 are the most/],
    ['everything in its scope', { module: '"*"' }, /scope is everything/],
    ['everything in both', { module: '"*"', file: '"**"' }, /scope is everything/],
    ['a rule about waivers', { rule: 'policy/waiver-unused' }, /cannot be waived/],
    ['one owner for sum/changed', { rule: 'sum/changed' }, /two different owners/],
    [
      'one owner twice for sum/changed',
      { rule: 'sum/changed', owner: '', owners: '[ada, "@Ada"]' },
      /two different owners/,
    ],
  ])('with %s does not count and is a finding', async (_, fields, words) => {
    const outcome = await run({ 'go.mod': ABSOLUTE }, waiver(fields));
    expect(brief(outcome.findings)).toEqual([
      'new error policy/waiver-invalid .modgate.yaml:3',
      'new error replace/local-absolute go.mod:5',
    ]);
    expect(outcome.findings[0]?.message).toMatch(words);
    expect(outcome.failed).toBe(true);
  });

  it('that is invalid in the base fails no pull request, which could not mend it', async () => {
    const outcome = await run({ 'go.mod': ABSOLUTE }, waiver({ owner: '' }), {
      base: { 'go.mod': ABSOLUTE },
    });
    expect(brief(outcome.findings)).toEqual([
      'existing error policy/waiver-invalid .modgate.yaml:3',
      'existing error replace/local-absolute go.mod:5',
    ]);
    expect(outcome.failed).toBe(false);
  });

  it('for what the policy above does not leave to be waived does not count', async () => {
    const policy = await policyOf(waiver({}), { floor: 'rules: {replace/local-absolute: error}' });
    const outcome = await run({ 'go.mod': ABSOLUTE }, '', { policy });
    expect(brief(outcome.findings)).toEqual([
      'new error policy/waiver-invalid .modgate.yaml:3',
      'new error replace/local-absolute go.mod:5',
    ]);
    expect(outcome.findings[0]?.message).toMatch(/does not let replace\/local-absolute be waived/);
  });

  it('of sum/changed takes two owners', async () => {
    const sum = (h: string) =>
      `example.com/cart v1.0.0 h1:${h.repeat(43)}=\nexample.com/cart v1.0.0/go.mod h1:${'C'.repeat(43)}=\n`;
    const head = { 'go.mod': CLEAN, 'go.sum': sum('A') };
    const base = { 'go.mod': CLEAN, 'go.sum': sum('B') };
    const changed = await run(head, '', { base });
    expect(changed.findings.map(finding => [finding.rule, finding.status])).toEqual([['sum/changed', 'new']]);
    const two = waiver({ rule: 'sum/changed', owner: '', owners: '[ada, bob]' });
    const waived = await run(head, two, { base });
    expect(waived.findings.map(finding => [finding.rule, finding.status])).toEqual([
      ['sum/changed', 'waived'],
    ]);
    const after = await run(head, two);
    expect(after.findings).toEqual([]);
  });
});

describe('the day on which a waiver ends', () => {
  const last = (day: string) => waiver({ expires: `"${day}"` });

  it('is included, in UTC', async () => {
    const at = (time: string) => run({ 'go.mod': ABSOLUTE }, last('2026-11-23'), { now: new Date(time) });
    expect((await at('2026-11-23T23:59:59Z')).findings.map(f => f.status)).toContain('waived');
    expect((await at('2026-11-24T00:00:00Z')).findings.map(f => f.status)).not.toContain('waived');
    expect((await at('2026-11-23T23:30:00-05:00')).findings.map(f => f.status)).not.toContain('waived');
  });

  it('is announced fourteen days ahead, and fails nothing by that', async () => {
    const soon = await run({ 'go.mod': ABSOLUTE }, last('2026-12-07'));
    expect(brief(soon.findings)).toEqual([
      'new warning policy/waiver-expired .modgate.yaml:3',
      'waived error replace/local-absolute go.mod:5',
    ]);
    expect(soon.findings[0]?.message).toContain('expires on 2026-12-07 (in 14 days)');
    expect(soon.failed).toBe(false);
    expect(brief((await run({ 'go.mod': ABSOLUTE }, last('2026-12-08'))).findings)).toEqual([
      'waived error replace/local-absolute go.mod:5',
    ]);
    const strict = await run({ 'go.mod': ABSOLUTE }, `fail-on: warning\n${last('2026-12-07')}`);
    expect(strict.failed).toBe(false);
    const own = `rules: {policy/waiver-expired: {warn-days: 3}}\n${last('2026-12-07')}`;
    expect((await run({ 'go.mod': ABSOLUTE }, own)).findings.map(f => f.status)).toEqual(['waived']);
  });

  it('fails no push and no pull request that does not touch the finding', async () => {
    const push = await run({ 'go.mod': ABSOLUTE }, last('2026-11-01'));
    expect(brief(push.findings)).toEqual([
      'existing error policy/waiver-expired .modgate.yaml:3',
      'existing error replace/local-absolute go.mod:5',
    ]);
    expect(push.failed).toBe(false);
    const pull = await run({ 'go.mod': ABSOLUTE }, last('2026-11-01'), { base: { 'go.mod': ABSOLUTE } });
    expect(brief(pull.findings)).toEqual(brief(push.findings));
    expect(pull.failed).toBe(false);
  });

  it('fails the pull request that brings the finding back', async () => {
    const pull = await run({ 'go.mod': ABSOLUTE }, last('2026-11-01'), { base: { 'go.mod': CLEAN } });
    expect(brief(pull.findings)).toEqual([
      'new error replace/local-absolute go.mod:5',
      'existing error policy/waiver-expired .modgate.yaml:3',
    ]);
    expect(pull.failed).toBe(true);
  });

  it('fails the scheduled run of the default branch', async () => {
    const nightly = await run({ 'go.mod': ABSOLUTE }, last('2026-11-01'), { scheduled: true });
    expect(brief(nightly.findings)).toEqual([
      'new error policy/waiver-expired .modgate.yaml:3',
      'new error replace/local-absolute go.mod:5',
    ]);
    expect(nightly.failed).toBe(true);
  });

  it('one that still holds wins over one that has ended', async () => {
    const both = `${last('2026-11-01')}${last('2027-03-01').replace('waivers:\n', '')}`;
    const outcome = await run({ 'go.mod': ABSOLUTE }, both, { scheduled: true });
    expect(outcome.findings.find(f => f.rule === 'replace/local-absolute')?.status).toBe('waived');
  });
});

describe('an unused waiver', () => {
  it('is no finding for a rule that only a session asks', async () => {
    const outcome = await run({ 'go.mod': CLEAN }, waiver({ rule: 'bypass/unserved', file: '' }));
    expect(outcome.findings).toEqual([]);
  });

  it('is existing where the base does not use it either, and new where the change takes its finding away', async () => {
    const status = async (head: string, base: string) =>
      (await run({ 'go.mod': head }, waiver({}), { base: { 'go.mod': base } })).findings
        .filter(finding => finding.rule === 'policy/waiver-unused')
        .map(finding => finding.status);
    expect(await status(CLEAN, CLEAN)).toEqual(['existing']);
    expect(await status(CLEAN, ABSOLUTE)).toEqual(['new']);
    expect(await status(ABSOLUTE, ABSOLUTE)).toEqual([]);
  });

  it('is no finding once the head has removed it, nor where only a part was read', async () => {
    const removed = await run({ 'go.mod': CLEAN }, waiver({}), {
      base: { 'go.mod': ABSOLUTE },
      head: { waivers: [] },
    });
    expect(removed.findings).toEqual([]);
    const kept = await policyOf(waiver({}));
    const same = await run({ 'go.mod': CLEAN }, waiver({}), {
      base: { 'go.mod': ABSOLUTE },
      head: { waivers: kept.waivers },
    });
    expect(same.findings).toHaveLength(1);
    expect((await run({ 'a/go.mod': CLEAN }, waiver({}), { within: 'a' })).findings).toEqual([]);
  });
});

describe('the baseline', () => {
  const baselineOf = (findings: readonly Finding[]) =>
    parseBaseline(
      Buffer.from(
        formatBaseline(
          findings.map(({ fingerprint, rule, file, message }) => ({ fingerprint, rule, file, message })),
        ),
      ),
      '.modgate-baseline.json',
    );

  it('accepts what it lists, and nothing else', async () => {
    const before = await run({ 'go.mod': ABSOLUTE }, '');
    const baseline = baselineOf(before.findings);
    const same = await run({ 'go.mod': ABSOLUTE }, '', { baseline });
    expect(brief(same.findings)).toEqual(['baseline error replace/local-absolute go.mod:5']);
    expect(same.failed).toBe(false);
    const other = await run({ 'go.mod': ABSOLUTE, 'b/go.mod': ABSOLUTE }, '', { baseline });
    expect(other.failed).toBe(true);
  });

  it('an entry without its finding is an error at its line', async () => {
    const before = await run({ 'go.mod': ABSOLUTE, 'b/go.mod': ABSOLUTE }, '');
    const outcome = await run({ 'b/go.mod': ABSOLUTE }, '', { baseline: baselineOf(before.findings) });
    expect(brief(outcome.findings)).toEqual([
      'new error policy/baseline-stale .modgate-baseline.json:5',
      'baseline error replace/local-absolute b/go.mod:5',
    ]);
    expect(outcome.findings[0]?.fix).toContain('modgate check --update-baseline');
    expect(outcome.failed).toBe(true);
  });

  it('of the base: stale before is existing, stale by the change is new, removed by the head is settled', async () => {
    const full = await run({ 'go.mod': ABSOLUTE, 'b/go.mod': ABSOLUTE }, '');
    const baseline = baselineOf(full.findings);
    const head = { 'go.mod': CLEAN, 'b/go.mod': CLEAN };
    const base = { 'go.mod': CLEAN, 'b/go.mod': ABSOLUTE };
    const left = await run(head, '', { base, baseline });
    expect(brief(left.findings)).toEqual([
      'new error policy/baseline-stale .modgate-baseline.json:4',
      'existing error policy/baseline-stale .modgate-baseline.json:5',
    ]);
    const settled = await run(head, '', { base, baseline, head: { baseline: baselineOf([]) } });
    expect(settled.findings).toEqual([]);
    expect(settled.failed).toBe(false);
  });

  it('of the head counts for nothing: what it adds is still new', async () => {
    const added = baselineOf((await run({ 'go.mod': ABSOLUTE }, '')).findings);
    const outcome = await run({ 'go.mod': ABSOLUTE }, '', {
      base: { 'go.mod': CLEAN },
      baseline: baselineOf([]),
      head: { baseline: added },
    });
    expect(brief(outcome.findings)).toEqual(['new error replace/local-absolute go.mod:5']);
    expect(outcome.failed).toBe(true);
  });

  it('cannot accept what must be looked at every time', async () => {
    const broken = await run({ 'go.mod': 'module m\n\nrequire example.com/cart latest\n' }, '');
    expect(broken.findings.map(finding => finding.rule)).toEqual(['gomod/invalid']);
    const outcome = await run({ 'go.mod': 'module m\n\nrequire example.com/cart latest\n' }, '', {
      baseline: baselineOf(broken.findings),
    });
    expect(outcome.findings.map(finding => [finding.rule, finding.status])).toEqual([
      ['policy/baseline-stale', 'new'],
      ['gomod/invalid', 'new'],
    ]);
  });

  it('does not hold against a policy that leaves nothing to be waived', async () => {
    const baseline = baselineOf((await run({ 'go.mod': ABSOLUTE }, '')).findings);
    const policy = await policyOf('', { floor: 'rules: {replace/local-absolute: error}' });
    const outcome = await run({ 'go.mod': ABSOLUTE }, '', { baseline, policy });
    expect(outcome.findings.map(finding => finding.status)).toContain('new');
    expect(outcome.failed).toBe(true);
  });

  it('is not judged outside the directory that alone was read', async () => {
    const full = await run({ 'a/go.mod': ABSOLUTE, 'b/go.mod': ABSOLUTE }, '');
    const outcome = await run({ 'b/go.mod': ABSOLUTE }, '', {
      baseline: baselineOf(full.findings),
      within: 'b',
    });
    expect(brief(outcome.findings)).toEqual(['baseline error replace/local-absolute b/go.mod:5']);
  });
});
