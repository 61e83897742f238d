import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../src/policy/errors.ts';
import { fingerprint, identityOf } from '../../src/policy/fingerprint.ts';
import type { Rule } from '../../src/policy/rule.ts';
import { runRules } from '../../src/policy/run-rules.ts';
import { findingsOf, policyOf } from './policy-of.ts';
import { repository } from './repository.ts';

const LOCAL =
  'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => /home/ada/cart\n';

describe('fingerprints', () => {
  it('stay when lines, versions and words change', async () => {
    const before = await findingsOf({ 'go.mod': LOCAL });
    const moved = `// A comment.\n\n${LOCAL.replace('v1.0.0', 'v1.7.0')}`;
    const after = await findingsOf({ 'go.mod': moved });
    expect(before.map(finding => finding.line)).not.toEqual(after.map(finding => finding.line));
    expect(before.map(finding => finding.fingerprint)).toEqual(after.map(finding => finding.fingerprint));
  });

  it('differ by rule, file, module, key and number, and parts cannot run into each other', () => {
    const one = { rule: 'a', file: 'b', module: 'c', key: 'd' };
    const others = [
      one,
      { ...one, rule: 'x' },
      { ...one, file: 'x' },
      { ...one, module: 'x' },
      { ...one, key: 'x' },
      { ...one, file: 'b","c', module: '' },
      { ...one, file: 'b', module: 'c","d', key: '' },
    ];
    expect(new Set(others.map(identityOf)).size).toBe(others.length);
    expect(new Set(others.map(other => fingerprint(other, 0))).size).toBe(others.length);
    expect(fingerprint(one, 0)).not.toBe(fingerprint(one, 1));
    expect(fingerprint(one, 0)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('number what is alike in the order of the lines', async () => {
    const twice = `${LOCAL}replace example.com/cart v1.0.0 => /home/ada/cart\n`;
    const findings = await findingsOf({ 'go.mod': twice });
    const local = findings.filter(finding => finding.rule === 'replace/local-absolute');
    expect(local.map(finding => finding.line)).toEqual([5, 6]);
    expect(new Set(local.map(finding => finding.fingerprint)).size).toBe(2);
    const [alone] = await findingsOf({ 'go.mod': LOCAL });
    expect(local[0]?.fingerprint).toBe(alone?.fingerprint);
  });
});

describe('levels', () => {
  it('are those of the defaults without a file', async () => {
    const findings = await findingsOf({ 'go.mod': LOCAL });
    expect(findings.map(finding => [finding.rule, finding.level])).toEqual([
      ['replace/local-absolute', 'error'],
    ]);
  });

  it('of a finding count only where the policy names none', async () => {
    const tree = {
      'go.mod':
        'module github.com/a/b\n\nrequire github.com/c/d v1.0.0\n\nreplace github.com/c/d => github.com/evil/d v1.0.1\n',
    };
    const level = async (yaml: string) => (await findingsOf(tree, yaml)).map(finding => finding.level);
    expect(await level('')).toEqual(['warning']);
    expect(await level('hosts: {deny: [github.com]}\nrules: {host/not-allowed: off}')).toEqual(['error']);
    expect(await level('rules: {replace/target-not-allowed: note}')).toEqual(['note']);
    expect(await level('rules: {replace/target-not-allowed: off}')).toEqual([]);
  });

  it('of several layers: what they find at one place is one finding of the highest', async () => {
    const policy = await policyOf(
      'extends: [base.yaml]\nrules: {replace/local-absolute: note, exclude/used: note}',
      {
        files: { 'base.yaml': 'rules: {replace/local-absolute: warning}' },
      },
    );
    const tree = repository({ 'go.mod': `${LOCAL}\nexclude example.com/x v1.0.0\n` });
    const findings = runRules({ tree, base: undefined, policy });
    expect(findings.map(finding => [finding.rule, finding.level])).toEqual([
      ['replace/local-absolute', 'warning'],
      ['exclude/used', 'note'],
    ]);
  });

  it('two layers that see different places number them as one list', async () => {
    const policy = await policyOf(
      'extends: [base.yaml]\nrules: {version/pseudo: off}\nhosts: {deny: [one.example]}',
      {
        files: { 'base.yaml': 'hosts: {deny: [two.example]}' },
      },
    );
    const tree = repository({
      'go.mod':
        'module m\n\nrequire (\n\tone.example/a v1.0.0\n\ttwo.example/a v1.0.0\n\tok.example/a v1.0.0\n)\n',
    });
    const findings = runRules({ tree, base: undefined, policy });
    expect(findings.map(finding => finding.module)).toEqual(['one.example/a', 'two.example/a']);
  });
});

describe('a rule that fails', () => {
  const broken: Rule = {
    id: 'exclude/used',
    page: { summary: '', why: '', config: '', bad: { file: '', text: '' }, good: { file: '', text: '' } },
    check: ({ tree }) => {
      if (tree.mods.length > 0) throw new TypeError('nothing of undefined');
      return [];
    },
  };

  it('stops the run with its id and never passes for a clean tree', async () => {
    const policy = await policyOf('rules: {exclude/used: note}');
    const run = () =>
      runRules({ tree: repository({ 'go.mod': LOCAL }), base: undefined, policy, rules: [broken] });
    expect(run).toThrow(PolicyError);
    expect(run).toThrow(/rule exclude\/used failed.*nothing of undefined.*rules: \{exclude\/used: off\}/);
  });

  it('is not run where it is off', async () => {
    const policy = await policyOf('');
    const tree = repository({ 'go.mod': LOCAL });
    expect(runRules({ tree, base: undefined, policy, rules: [broken] })).toEqual([]);
  });
});
