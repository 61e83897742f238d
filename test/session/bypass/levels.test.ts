import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../src/config/policy.ts';
import { SESSION_RULES } from '../../../src/config/rule-ids.ts';
import { isOn, keptPolicy, levelOf, onOwnMachine } from '../../../src/session/bypass/levels.ts';
import { type TellRequest, unservedFindings, vcsFindings } from '../../../src/session/bypass/tell.ts';
import type { Unserved } from '../../../src/session/bypass/unserved.ts';
import { policyOf } from '../../policy/policy-of.ts';

const never = () => false;

function tell(policy: Policy): TellRequest {
  return { policy, isWaived: never, advice: undefined };
}

function unserved(module: string, kind: Unserved['kind'] = 'unknown'): Unserved {
  const times = { changedMs: 0, writtenMs: 0 };
  return { kind, found: { module, version: 'v1.0.0', h1: 'h1:a', zip: true, ...times } };
}

describe('the level of what a session finds', () => {
  it('is warning by default, of what the job asked for itself note, also when no policy could be read', async () => {
    for (const policy of [await policyOf(''), await keptPolicy('/nowhere')]) {
      for (const rule of SESSION_RULES) {
        expect(levelOf(policy, rule, never)).toBe(rule === 'bypass/build-cache' ? 'note' : 'warning');
        expect(isOn(onOwnMachine(policy), rule)).toBe(false);
      }
    }
  });

  it("on somebody's own machine is what a file names, and of the environment where it can refuse", async () => {
    const named = onOwnMachine(await policyOf('rules: {bypass/vcs: note}'));
    expect(levelOf(named, 'bypass/vcs', never)).toBe('note');
    expect(isOn(named, 'bypass/unserved')).toBe(false);
    const refusing = onOwnMachine(await policyOf('hosts: {deny: [example.com]}'));
    expect(isOn(refusing, 'bypass/env')).toBe(true);
    expect(isOn(refusing, 'bypass/unserved')).toBe(false);
  });

  it('is the strictest of all layers that do not allow it', async () => {
    const rule = (level: string, allow: string) =>
      `rules: {bypass/unserved: {level: ${level}, allow: [${allow}]}}\n`;
    const files = { 'base.yaml': `version: 1\n${rule('error', 'example.com/both')}` };
    const own = `version: 1\nextends: [./base.yaml]\n${rule('note', 'example.com/*')}`;
    const policy = await policyOf(own, { files });
    const names = ['example.com/both', 'example.com/one', 'example.test/none'];
    const found = unservedFindings(
      names.map(name => unserved(name)),
      tell(policy),
    );
    expect(found.map(({ level, module }) => `${level} ${module}`)).toEqual([
      'error example.com/one',
      'error example.test/none',
    ]);
  });
});

describe('the words of what a session finds', () => {
  it('are bounded, however much there is, and count the rest', async () => {
    const policy = await policyOf('');
    const many = Array.from({ length: 50 }, (_, at) => unserved(`example.com/m${at + 10}`));
    const archive = Array.from({ length: 4 }, (_, at) => unserved(`example.com/r${at}`, 'restored'));
    const findings = unservedFindings([...many, ...archive], tell(policy));
    expect(findings).toHaveLength(22);
    expect(findings[20]?.message).toBe('30 more module versions came into GOMODCACHE past the proxy');
    expect(findings[21]?.message).toBe(
      '4 module versions were put into GOMODCACHE from an archive while the session ran: example.com/r0@v1.0.0, example.com/r1@v1.0.0, example.com/r2@v1.0.0, ...',
    );
  });

  it('are one harmless line each, whatever lies in the module cache', async () => {
    const policy = await policyOf('');
    const url = 'https://example.com/a\n::error::b';
    const clone = { name: 'x', url, fetchedFrom: 'c\u202ed', fetchedMs: 0 };
    const all = [
      ...unservedFindings([unserved('example.com/\u001b[31m\n::error::x')], tell(policy)),
      ...vcsFindings([clone], tell(policy)),
    ];
    expect(all).toHaveLength(2);
    for (const { message, fix } of all) expect(`${message}${fix}`).toMatch(/^[\x20-\x7e]+$/);
  });

  it('name origins as globs that allow them', async () => {
    const url = 'https://example.com/acme/lib';
    const clone = { name: 'x', url, fetchedFrom: undefined, fetchedMs: 0 };
    const [found] = vcsFindings([clone], tell(await policyOf('')));
    const rules = /rules: \{.*\}\}/.exec(found?.fix ?? '')?.[0] ?? '';
    expect(rules).toBe('rules: {bypass/vcs: {allow: [example.com/acme/lib]}}');
    expect(vcsFindings([clone], tell(await policyOf(rules)))).toEqual([]);
    const other = await policyOf(rules.replace('/lib', '/other'));
    expect(vcsFindings([clone], tell(other))).toHaveLength(1);
  });
});
