import { describe, expect, it } from 'vitest';
import { versionPseudo } from '../../../src/policy/rules/version-pseudo.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

const COMMIT = 'v0.0.0-20240102030405-0123456789ab';
const mod = (text: string) => ({ 'go.mod': `module example.com/shop\n\n${text}\n` });

describe('version/pseudo', () => {
  it('marks the version of a required commit, of all three forms', () => {
    for (const version of [
      COMMIT,
      'v1.2.4-0.20240102030405-0123456789ab',
      'v1.3.0-rc1.0.20240102030405-0123456789ab',
    ]) {
      const files = mod(`require example.com/cart ${version} // indirect`);
      expect(said(files, found(versionPseudo, files))).toEqual([
        `go.mod:3 «${version}» "example.com/cart@${version}" is a commit without a version tag`,
      ]);
    }
  });

  it('is silent about versions that only look alike', () => {
    const files = mod(
      'require example.com/a v1.3.0-rc1\nrequire example.com/b v1.3.0-20240102030405\nrequire example.com/c v2.0.0+incompatible',
    );
    expect(found(versionPseudo, files)).toEqual([]);
  });

  it('judges the right side of a replace, and never what it replaces or what is excluded', () => {
    const files = {
      ...mod(
        `replace example.com/cart ${COMMIT} => example.com/fork ${COMMIT}\nreplace example.com/till ${COMMIT} => ./till\nexclude example.com/x ${COMMIT}`,
      ),
      'go.work': `replace example.com/cart => example.com/fork ${COMMIT}\n`,
    };
    const all = found(versionPseudo, files);
    expect(said(files, all)).toEqual([
      `go.mod:3 «${COMMIT}» "example.com/fork@${COMMIT}" is a commit without a version tag`,
      `go.work:1 «${COMMIT}» "example.com/fork@${COMMIT}" is a commit without a version tag`,
    ]);
    expect(all[0]?.module).toBe('example.com/cart');
  });

  it('leaves out the modules that are allowed, as GOPRIVATE would match them', () => {
    const files = mod(
      `require golang.org/x/exp ${COMMIT}\nrequire golang.org/y ${COMMIT}\nreplace golang.org/x/net => example.com/acme/net ${COMMIT}`,
    );
    const modules = (allow: string[]) =>
      found(versionPseudo, files, { options: { allow } }).map(one => one.module);
    expect(modules(['golang.org/x'])).toEqual(['golang.org/y', 'golang.org/x/net']);
    expect(modules(['golang.org/*', 'example.com/acme/*'])).toEqual([]);
  });

  it('reports those of a real go.mod, and none in another', async () => {
    await using go = await realGo();
    const survey = { 'go.mod': await publishedGoMod(go, 'github.com/AlecAivazis/survey/v2', 'v2.3.7') };
    expect(found(versionPseudo, survey).map(one => one.module)).toEqual([
      'github.com/Netflix/go-expect',
      'github.com/hinshun/vt10x',
      'github.com/kballard/go-shellquote',
      'github.com/mgutz/ansi',
      'golang.org/x/term',
    ]);
    const zap = { 'go.mod': await publishedGoMod(go, 'go.uber.org/zap', 'v1.27.0') };
    expect(found(versionPseudo, zap)).toEqual([]);
  });

  it('takes 10,000 of them beside 10,000 allowed globs', () => {
    const files = mod(
      Array.from({ length: 10_000 }, (_, i) => `require example.com/m${i} ${COMMIT}`).join('\n'),
    );
    const allow = Array.from({ length: 10_000 }, (_, i) => `example.com/m${i * 2}`);
    expect(found(versionPseudo, files, { options: { allow } })).toHaveLength(5_000);
  });
});
