import { describe, expect, it } from 'vitest';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { failure, load } from './workspace.ts';

const MIB = 2 ** 20;

describe('a hostile file', () => {
  it('of 10,000 entries is read, of more it is not', async () => {
    const entries = (count: number) =>
      `hosts:\n  deny:\n${Array.from({ length: count }, (_, i) => `    - h${i}.example.com\n`).join('')}`;
    const { policy } = await load(entries(10_000));
    expect(policy.layers[0]?.hosts.deny).toHaveLength(10_000);
    expect(policy.layers[0]?.hosts.deny.at(-1)).toEqual({
      value: 'h9999.example.com',
      where: '.modgate.yaml:10002',
    });
    const error = await failure(load(entries(10_001)));
    expect(error.message).toMatch(/the most is 10000/);
    expect(error.message.length).toBeLessThan(1_000);
  });

  it.each([
    ['keys that nobody knows', 'k', (i: number) => `k${i}:\n`],
    ['rules that nobody knows', 'rules:\n', (i: number) => ` r${i}:\n`],
    ['one key again and again', '', () => 'version: 1\n'],
    ['entries that are none', 'hosts:\n  deny:\n', () => '   - "@"\n'],
    ['waivers that are none', 'waivers:\n', () => ' - 1\n'],
    ['broken syntax', '', () => '- [\n'],
    ['unfinished flow', 'hosts: {deny: [', () => '"a'],
    ['anchors', '', (i: number) => `a${i}: &a${i} x\n`],
    ['comments', '', () => '# x\n'],
    ['spaces', 'version: 1', () => '    '],
  ] satisfies [string, string, (i: number) => string][])(
    'of 1 MiB of %s is answered with a bounded message',
    async (_, head, line) => {
      const parts = [head === 'k' ? '' : head];
      for (let i = 0, length = head.length; length < MIB - 64; i++) {
        const part = line(i);
        parts.push(part);
        length += part.length;
      }
      const message = await load(parts.join('')).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message.length).toBeLessThan(40_000);
      expect(message.split('\n').length).toBeLessThanOrEqual(101);
    },
  );

  it('tells the first hundred problems and how many more there are', async () => {
    const error = await failure(load(Array.from({ length: 250 }, (_, i) => `k${i}: 1\n`).join('')));
    expect(error.problems).toHaveLength(101);
    expect(error.problems.at(-1)?.message).toBe('there are 150 more problems like these');
    expect(error.line).toBe(1);
  });

  it('cannot multiply itself by aliases', async () => {
    const one = `x: &x [${'github.com, '.repeat(10)}a.example.com]\n`;
    const uses = Array.from({ length: 200 }, () => '*x').join(', ');
    expect((await failure(load(`${one}hosts: {allow: [${uses}]}`))).message).toMatch(/aliases|is not text/);
    const waiver = `waivers:\n  - &w {rule: replace/stale}\n${'  - *w\n'.repeat(300)}`;
    const outcome = await load(waiver).then(
      ({ policy }) => policy.waivers.length,
      (error: Error) => error.message,
    );
    expect(outcome === 301 || /aliases/.test(String(outcome))).toBe(true);
  });

  it('reads aliases that people write, at the line of the value', async () => {
    const { policy, origin } = await load(
      'hosts:\n  allow: &ours\n    - github.com\n  deny: []\nmodules: {allow: *ours}\n',
    );
    expect(policy.layers[0]?.modules.allow).toMatchObject([{ pattern: 'github.com' }]);
    expect(policy.layers[0]?.modules.allow[0]?.where).toMatch(/^\.modgate\.yaml:[35]$/);
    expect(origin('modules.allow')).toMatchObject({ line: 5 });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'])(
    'cannot smuggle in %s anywhere',
    async key => {
      for (const text of [
        `${key}: {x: 1}`,
        `rules: {${key}: off}`,
        `rules: {replace/unpinned: {${key}: true}}`,
        `hosts: {${key}: [x]}`,
        `waivers: [{${key}: x}]`,
        `modules: {deny: [{pattern: a.example.com, ${key}: x}]}`,
        `waivable: [${key}]`,
        `"${key}": 1`,
        `? ${key}\n: 1`,
      ]) {
        const error = await failure(load(text));
        expect(error.message, text).toContain(key);
        expect(error.problems, text).toHaveLength(1);
      }
      expect(({} as Record<string, unknown>).x).toBeUndefined();
    },
  );

  it('has no rule by the nature of objects', async () => {
    const { policy } = await load('rules: {}');
    expect([...(policy.layers[0]?.rules.keys() ?? [])]).toEqual(RULE_IDS);
  });

  it('with control characters and escape sequences in a value shows them escaped', async () => {
    const error = await failure(load('hosts: {deny: ["a\\e[31m\\n::error::x"]}'));
    expect(error.message.split('\n')).toHaveLength(1);
    expect(error.message).toContain('\\u001b[31m\\n::error::x');
  });

  it('keeps merge keys, tags and complex keys from meaning anything', async () => {
    expect((await failure(load('base: &b {allow: [x]}\nhosts: {<<: *b}'))).message).toMatch(
      /unknown key "<<"/,
    );
    expect((await failure(load('? [a, b]\n: 1'))).message).toMatch(/unknown key/);
    for (const tagged of [
      '!!set {allow}',
      '!!omap [allow: [a.example.com]]',
      '!!pairs [allow: [a.example.com]]',
    ]) {
      expect((await failure(load(`hosts: ${tagged}`))).message).toMatch(
        /^\.modgate\.yaml:1:\d+: this has a tag/,
      );
    }
    for (const scalar of ['!!timestamp 2027-01-31', '!!binary aGk=']) {
      expect((await failure(load(`hosts: ${scalar}`))).message).toMatch(/is not a map of keys/);
    }
    expect((await failure(load('%YAML 1.1\n---\nhosts: 2027-01-31'))).message).toMatch(
      /is not a map of keys/,
    );
    expect((await load('hosts: !custom {allow: [github.com]}')).config.hosts.allow).toEqual(['github.com']);
  });
});
