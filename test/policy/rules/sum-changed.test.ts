import { describe, expect, it } from 'vitest';
import { sumChanged } from '../../../src/policy/rules/sum-changed.ts';
import { writeProject } from '../../support/go.ts';
import { findingsOf } from '../policy-of.ts';
import { found, marked, said } from './found.ts';
import { goScript, publishedFiles, realGo } from './real.ts';

const h1 = (letter: string) => `h1:${letter.repeat(43)}=`;
const A = h1('A');
const B = h1('B');
const C = h1('C');
const sum = (...lines: string[]) => `${lines.join('\n')}\n`;
const cart = (hash: string) => `example.com/cart v1.2.0 ${hash}`;
const cartMod = (hash: string) => `example.com/cart v1.2.0/go.mod ${hash}`;

describe('sum/changed', () => {
  it('reports another hash for the same key, and marks the hash', () => {
    const files = { 'go.sum': sum(cartMod(C), cart(B)) };
    const all = found(sumChanged, files, { base: { 'go.sum': sum(cart(A), cartMod(C)) } });
    expect(said(files, all)).toEqual([
      `go.sum:2 «${B}» the hash of the code of "example.com/cart@v1.2.0" was ${A} and is now ${B}`,
    ]);
    expect(all[0]).toMatchObject({ module: 'example.com/cart', version: 'v1.2.0' });
  });

  it('tells the hash of the go.mod from that of the code', () => {
    const files = { 'go.sum': sum(cart(A), cartMod(B)) };
    const [one, ...more] = found(sumChanged, files, { base: { 'go.sum': sum(cart(A), cartMod(A)) } });
    expect(one?.message).toContain('the hash of the go.mod of "example.com/cart@v1.2.0"');
    expect(more).toEqual([]);
  });

  it('reports a hash that is put beside the old one, before or behind it', () => {
    for (const lines of [
      [cart(A), cart(B)],
      [cart(B), cart(A)],
    ]) {
      const files = { 'go.sum': sum(...lines) };
      const all = found(sumChanged, files, { base: { 'go.sum': sum(cart(A)) } });
      expect(all.map(one => marked(files, one))).toEqual([B]);
    }
  });

  it('compares with any go.sum of the base when a file is new, and with its own first', () => {
    const base = { 'a/go.sum': sum(cart(A)), 'b/go.sum': sum(cart(B)) };
    const moved = { 'c/go.sum': sum(cart(C)) };
    expect(found(sumChanged, moved, { base }).map(one => marked(moved, one))).toEqual([C]);
    expect(found(sumChanged, { 'c/go.sum': sum(cart(B)) }, { base })).toEqual([]);
    // What another file had does not excuse a change in this one.
    const turned = { 'a/go.sum': sum(cart(B)), 'b/go.sum': sum(cart(B)) };
    expect(found(sumChanged, turned, { base }).map(one => one.place.file)).toEqual(['a/go.sum']);
    const workspace = { 'go.work.sum': sum(cart(C)) };
    expect(found(sumChanged, workspace, { base })).toHaveLength(1);
  });

  it('is silent about new versions, removed and moved lines, and the same line twice', () => {
    const base = { 'go.sum': sum(cart(A), cartMod(A)), 'sub/go.sum': sum(cart(A)) };
    const files = {
      'go.sum': sum(cartMod(A), `example.com/cart v1.3.0 ${B}`, `example.com/till v1.2.0 ${B}`),
      'other/go.sum': sum(cart(A), cart(A)),
    };
    expect(found(sumChanged, files, { base })).toEqual([]);
  });

  it('sees two hashes for one file without a base, and gives the pair one name whatever its order', () => {
    const files = { 'go.sum': sum(cart(A), cartMod(A), cart(B)) };
    const all = found(sumChanged, files);
    expect(said(files, all)).toEqual([
      `go.sum:3 «${B}» two hashes for the code of "example.com/cart@v1.2.0": ${A} in line 1 and ${B}`,
    ]);
    expect(found(sumChanged, { 'go.sum': sum(cart(B), cart(A)) })[0]?.key).toBe(all[0]?.key);
  });

  it('never sends anybody to go mod tidy', () => {
    for (const all of [
      found(sumChanged, { 'go.sum': sum(cart(B)) }, { base: { 'go.sum': sum(cart(A)) } }),
      found(sumChanged, { 'go.sum': sum(cart(A), cart(B)) }),
    ]) {
      expect(all).toHaveLength(1);
      expect(all[0]?.fix).not.toContain('tidy');
      expect(all[0]?.fix).toContain('go mod download -json example.com/cart@v1.2.0');
    }
  });

  it('is an error whatever the policy says', async () => {
    const files = { 'go.sum': sum(cart(A), cart(B)) };
    expect((await findingsOf(files, 'fail-on: error\n')).map(one => [one.rule, one.level])).toEqual([
      ['sum/changed', 'error'],
    ]);
  });

  it('reports what go calls a security error: two hashes of a real go.mod, from go’s own test', async () => {
    const script = await goScript('work_sum_mismatch');
    const right = { 'go.sum': script['b/go.sum'] ?? '' };
    const wrong = { 'go.sum': script['a/go.sum'] ?? '' };
    const all = found(sumChanged, wrong, { base: right });
    expect(all.map(one => [one.module, one.version, marked(wrong, one)])).toEqual([
      ['rsc.io/sampler', 'v1.3.0', 'h1:U1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA='],
    ]);

    await using go = await realGo();
    await writeProject(go.dir.join('p'), {
      'go.mod': 'module example.com/p\n\ngo 1.24\n\nrequire rsc.io/sampler v1.3.0\n',
      'go.sum': wrong['go.sum'],
    });
    const refused = await go.go(['mod', 'download', 'rsc.io/sampler'], { cwd: go.dir.join('p') });
    expect(refused.stderr).toContain('verifying rsc.io/sampler@v1.3.0/go.mod: checksum mismatch');
  });

  it('is silent between two releases of a real module', async () => {
    await using go = await realGo();
    const before = await publishedFiles(go, 'github.com/spf13/cobra', 'v1.9.1', ['go.sum']);
    const after = await publishedFiles(go, 'github.com/spf13/cobra', 'v1.10.1', ['go.sum']);
    expect(before['go.sum']).not.toBe(after['go.sum']);
    expect(found(sumChanged, after, { base: before })).toEqual([]);
  });

  it('reports each of 10,000 changed hashes at its own place', () => {
    const lines = (letter: string) =>
      sum(...Array.from({ length: 10_000 }, (_, i) => `example.com/m${i} v1.0.0 ${h1(letter)}`));
    const files = { 'go.sum': lines('B') };
    const all = found(sumChanged, files, { base: { 'go.sum': lines('A') } });
    expect(all).toHaveLength(10_000);
    expect(all.slice(-1).map(one => [one.place.line, one.place.column, one.module])).toEqual([
      [10_000, 'example.com/m9999 v1.0.0 '.length + 1, 'example.com/m9999'],
    ]);
  });

  it('says nothing sure about binary rubbish, and the rest of the file is judged', () => {
    const rubbish = Buffer.concat([Buffer.from([0, 0xff, 0xfe, 10]), Buffer.from(`${cart(B)}\n`)]);
    expect(found(sumChanged, { 'go.sum': rubbish }, { base: { 'go.sum': sum(cart(A)) } })).toHaveLength(1);
  });
});
