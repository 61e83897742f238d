import { describe, expect, it } from 'vitest';
import { createJudge, hasLists, judgeModule } from '../../src/policy/judge.ts';
import { policyOf } from './policy-of.ts';
import { realMod } from './real.ts';
import { repository } from './repository.ts';

async function judge(yaml: string) {
  const policy = await policyOf(yaml);
  const ask = createJudge(policy);
  return (path: string, version?: string) => {
    const found = ask(path, version);
    return found === undefined ? 'ok' : `${found.rule} ${found.level}`;
  };
}

describe('hosts', () => {
  it('are the whole first element, letter by letter', async () => {
    const ask = await judge('hosts: {allow: [github.com, golang.org]}');
    expect(ask('github.com/acme/x')).toBe('ok');
    expect(ask('golang.org/x/mod')).toBe('ok');
    expect(ask('golang.org.evil.example/x')).toBe('host/not-allowed error');
    expect(ask('evilgithub.com/x')).toBe('host/not-allowed error');
    expect(ask('sub.github.com/x')).toBe('host/not-allowed error');
    expect(ask('github.co/x')).toBe('host/not-allowed error');
    expect(ask('xn--gthub-0va.com/x')).toBe('host/not-allowed error');
  });

  it('that are denied stay denied when they are allowed as well, and in any spelling', async () => {
    const ask = await judge('hosts: {allow: [github.com, evil.example], deny: [evil.example]}');
    expect(ask('evil.example/x')).toBe('host/not-allowed error');
    const only = await judge('hosts: {deny: [evil.example]}\nrules: {path/malformed: off}');
    expect(only('Evil.Example/x')).toBe('host/not-allowed error');
    expect(only('other.example/x')).toBe('ok');
  });

  it('differ from an allowed one only in case: refused, and the words say so', async () => {
    const policy = await policyOf('hosts:\n  allow:\n    - github.com\nrules: {path/malformed: off}');
    const found = createJudge(policy)('GitHub.com/acme/x', 'v1.0.0');
    expect(found).toMatchObject({ rule: 'host/not-allowed', level: 'error', where: '.modgate.yaml:3' });
    expect(found?.message).toContain('"GitHub.com", which is allowed only as "github.com"');
  });

  it('the words name the nearest one and where the list is', async () => {
    const policy = await policyOf('hosts:\n  allow:\n    - golang.org\n    - github.com');
    const found = createJudge(policy)('githab.com/acme/x', undefined);
    expect(found?.reason).toBe(
      'hosts.allow does not have it (.modgate.yaml:3); the nearest that it has is "github.com"',
    );
  });
});

describe('modules', () => {
  it('deny beats allow, whatever is more specific', async () => {
    const ask = await judge(`modules:
  allow: [github.com/acme/app/lib]
  deny: [github.com/acme]`);
    expect(ask('github.com/acme/app/lib')).toBe('module/denied error');
    expect(ask('github.com/other')).toBe('module/denied error');
    expect(ask('github.com/acme-evil')).toBe('module/denied error');
  });

  it('bounds of versions are exact, in the order of Go', async () => {
    const ask = await judge(`modules:
  deny: [{pattern: example.com/cart, versions: "<v1.2.3"}]`);
    expect(ask('example.com/cart', 'v1.2.2')).toBe('module/denied error');
    expect(ask('example.com/cart', 'v1.2.3-0.20240101000000-abcdefabcdef')).toBe('module/denied error');
    expect(ask('example.com/cart', 'v1.2.3')).toBe('ok');
    expect(ask('example.com/cart', 'v1.10.0')).toBe('ok');
    expect(ask('example.com/cart')).toBe('ok');
    expect(ask('example.com/cart/sub', 'v1.0.0')).toBe('module/denied error');
    expect(ask('example.com/cartel', 'v1.0.0')).toBe('ok');
  });

  it('an allowed range leaves the other versions out', async () => {
    const ask = await judge(`modules:
  allow: [{pattern: example.com/cart, versions: ">=v1.2.0"}, github.com]`);
    expect(ask('example.com/cart', 'v1.1.0')).toBe('module/denied error');
    expect(ask('example.com/cart', 'v1.2.0')).toBe('ok');
    expect(ask('example.com/cart')).toBe('ok');
  });

  it('the most specific entry gives reason, replacement and place', async () => {
    const policy = await policyOf(`modules:
  deny:
    - pattern: github.com/satori
      reason: the whole account
    - pattern: github.com/satori/go.uuid
      reason: predictable ids
      use: github.com/google/uuid`);
    expect(createJudge(policy)('github.com/satori/go.uuid', 'v1.2.0')).toEqual({
      rule: 'module/denied',
      level: 'error',
      message: 'module "github.com/satori/go.uuid@v1.2.0" is denied',
      reason: 'modules.deny has "github.com/satori/go.uuid" (.modgate.yaml:5): predictable ids',
      fix: 'Use github.com/google/uuid instead.',
      where: '.modgate.yaml:5',
    });
  });

  it('another spelling of a denied path is denied, unless the policy tells them apart', async () => {
    const ask = await judge(`modules:
  deny:
    - github.com/evil/x
    - github.com/Sirupsen/logrus
    - {pattern: github.com/acme/old, use: github.com/Acme/old}`);
    expect(ask('github.com/Evil/X')).toBe('module/denied error');
    expect(ask('github.com/Sirupsen/logrus')).toBe('module/denied error');
    expect(ask('github.com/sirupsen/logrus')).toBe('ok');
    expect(ask('github.com/acme/old')).toBe('module/denied error');
    expect(ask('github.com/Acme/old')).toBe('ok');
    expect(ask('github.com/ACME/old')).toBe('module/denied error');
  });

  it('an allow list is not met by another spelling', async () => {
    const policy = await policyOf('modules: {allow: [github.com/acme/*]}');
    const found = createJudge(policy)('github.com/Acme/x', 'v1.0.0');
    expect(found?.message).toContain('is allowed only as "github.com/acme/*"');
  });

  it('shows text of the policy and of the path on one line', async () => {
    const policy = await policyOf(
      'modules: {deny: [{pattern: example.com/x, reason: "a\\nb ##[error]\\u202e"}]}',
    );
    const found = createJudge(policy)('example.com/x', 'v1.0.0\n::error::');
    for (const text of Object.values(found ?? {})) expect(text).not.toMatch(/[\n\u202e]/);
    expect(found?.reason).toContain('a\\nb');
  });
});

describe('a verdict', () => {
  it('toolchains need no allow list, but can be denied by name', async () => {
    const ask = await judge('hosts: {allow: [github.com]}\nmodules: {allow: [github.com/acme]}');
    expect(ask('golang.org/toolchain', 'v0.0.1-go1.26.3.linux-amd64')).toBe('ok');
    const denying = await judge('modules: {deny: [golang.org/toolchain]}\nhosts: {deny: [golang.org]}');
    expect(denying('golang.org/toolchain', 'v0.0.1-go1.26.3.linux-amd64')).toBe('module/denied error');
    expect(denying('golang.org/x/mod', 'v0.20.0')).toBe('host/not-allowed error');
  });

  it('std and cmd are of Go itself', async () => {
    const ask = await judge('hosts: {allow: [github.com]}\nmodules: {allow: [github.com]}');
    expect(ask('std')).toBe('ok');
    expect(ask('cmd')).toBe('ok');
    expect(ask('stdlib')).toBe('path/malformed error');
  });

  it('is the strictest of all layers, and off layers say nothing', async () => {
    const base = { 'base.yaml': 'hosts: {allow: [github.com, example.com]}' };
    const policy = await policyOf(
      'extends: [base.yaml]\nhosts: {allow: [github.com, evil.example]}\nrules: {host/not-allowed: note}',
      { files: base },
    );
    const ask = createJudge(policy);
    expect(ask('github.com/x', undefined)).toBeUndefined();
    expect(ask('example.com/x', undefined)).toMatchObject({ level: 'note' });
    expect(ask('evil.example/x', undefined)).toMatchObject({
      level: 'error',
      where: expect.stringContaining('base.yaml'),
    });
    const off = await judge('hosts: {allow: [github.com]}\nrules: {host/not-allowed: off}');
    expect(off('evil.example/x')).toBe('ok');
  });

  it('the highest level speaks, not the first rule', async () => {
    const ask = await judge(
      'hosts: {allow: [github.com]}\nmodules: {deny: [evil.example]}\nrules: {host/not-allowed: warning}',
    );
    expect(ask('evil.example/x')).toBe('module/denied error');
    expect(ask('other.example/x')).toBe('host/not-allowed warning');
  });

  it('over the right-hand side of a replace asks the list of targets, too', async () => {
    const policy = await policyOf('replace: {remote: {allow: [github.com/acme/*]}}');
    const [layer] = policy.layers;
    if (layer === undefined) throw new Error('no layer');
    expect(judgeModule(layer, 'github.com/stranger/x', 'v1.0.0')).toBeUndefined();
    expect(judgeModule(layer, 'github.com/stranger/x', 'v1.0.0', 'replacement')).toMatchObject({
      rule: 'replace/target-not-allowed',
      level: 'error',
    });
    expect(judgeModule(layer, 'github.com/acme/x', 'v1.0.0', 'replacement')).toBeUndefined();
  });

  it('without lists there is nothing to say', async () => {
    const policy = await policyOf('');
    expect(hasLists(policy)).toBe(false);
    const ask = createJudge(policy);
    for (const name of ['traefik', 'argo-cd', 'cosmos-sdk']) {
      const [file] = repository({ 'go.mod': realMod(name) }).mods;
      for (const { path, version } of file?.mod.require ?? []) {
        expect(ask(path.value, version.value)).toBeUndefined();
      }
    }
  });

  it('ten thousand modules against a thousand patterns and more are compared with few of them', async () => {
    const patterns = Array.from({ length: 1000 }, (_, i) => [
      `host${i}.example/a`,
      `host${i}.example/*/b`,
    ]).flat();
    const policy = await policyOf(`modules: {deny: [${patterns.map(one => `"${one}"`).join(', ')}]}`);
    const ask = createJudge(policy);
    let denied = 0;
    for (let i = 0; i < 10_000; i++) {
      if (ask(`host${i % 2000}.example/m${i}/b`, 'v1.0.0') !== undefined) denied++;
    }
    expect(denied).toBe(5000);
  });

  it('bounds what one path can cost', async () => {
    const ask = await judge(
      'hosts: {allow: [github.com]}\nmodules: {allow: [github.com/*/*]}\nrules: {path/malformed: off}',
    );
    expect(ask(`github.com/${'a/'.repeat(500_000)}b`)).toBe('module/denied error');
    expect(ask(`${'a'.repeat(1_000_000)}.example/b`)).toBe('host/not-allowed error');
  });
});
