import { describe, expect, it } from 'vitest';
import { localReplaces } from '../../../src/policy/local-replace.ts';
import { brief, findingsOf } from '../policy-of.ts';
import { otel, realMod } from '../real.ts';
import { type FileSpec, repository } from '../repository.ts';

const requires = 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\n';
const CART = 'module example.com/cart\n';

/** The class and detail of the one local replace of a go.mod at `at` that points to `target`. */
function classOf(target: string, files: Readonly<Record<string, FileSpec>> = {}, at = 'shop/go.mod'): string {
  const line = `replace example.com/cart => ${target}\n`;
  const text = at.endsWith('.work') ? `go 1.26\n\n${line}` : `${requires}${line}`;
  const [replace, ...others] = localReplaces(repository({ [at]: text, ...files }));
  if (replace === undefined || others.length > 0) return `${others.length + 1} replaces`;
  return `${replace.class}: ${replace.detail}`;
}

const SIBLING = 'sibling: is a module of this repository';

describe('a directory of the repository', () => {
  it('that declares the replaced path is a sibling', () => {
    expect(classOf('../cart', { 'cart/go.mod': CART })).toBe(SIBLING);
    expect(classOf('./../cart/', { 'cart/go.mod': CART })).toBe(SIBLING);
    expect(classOf('./cart', { 'cart/go.mod': CART }, 'go.mod')).toBe(SIBLING);
    expect(classOf('..', { 'go.mod': CART })).toBe(SIBLING);
    expect(classOf('../cart', { 'cart/go.mod': CART }, 'shop/go.work')).toBe(SIBLING);
    expect(classOf('"../my cart"', { 'my cart/go.mod': CART })).toBe(SIBLING);
    expect(classOf('../vendor/cart', { 'vendor/cart/go.mod': CART })).toBe(SIBLING);
  });

  it.each([
    ['is not there', {}, /has no files that git tracks/],
    ['has no go.mod', { 'cart/main.go': 'package cart\n' }, /has no go\.mod that git tracks/],
    ['is a file', { cart: 'text' }, /is a file and no directory/],
    ['is a submodule', { cart: { submodule: true } }, /is in the submodule "cart"/],
    [
      'declares another path',
      { 'cart/go.mod': 'module example.com/till\n' },
      /declares module "example.com\/till"/,
    ],
    [
      'differs in case',
      { 'cart/go.mod': 'module example.com/Cart\n' },
      /declares module "example.com\/Cart"/,
    ],
    ['differs in the major', { 'cart/go.mod': 'module example.com/cart/v2\n' }, /declares module/],
    ['declares nothing', { 'cart/go.mod': 'go 1.26\n' }, /without a module line/],
    ['is empty', { 'cart/go.mod': '' }, /without a module line/],
    ['has a go.mod that go refuses', { 'cart/go.mod': 'module (\n' }, /that go refuses/],
    [
      'has a go.mod that could not be read',
      { 'cart/go.mod': { unread: 'is a device' } },
      /could not be read/,
    ],
    ['has another case on disk', { 'Cart/go.mod': CART }, /has no files that git tracks/],
  ] as const)('that %s is broken', (_, files, detail) => {
    const found = classOf('../cart', files);
    expect(found).toMatch(/^broken: /);
    expect(found).toMatch(detail);
  });
});

describe('a way out of the repository', () => {
  it.each([
    '../../cart',
    '../../repository/cart',
    '../../../../../../etc',
    './../cart/../../../x',
    '..\\..\\cart',
  ])('%s escapes', target => {
    expect(classOf(target)).toBe('escapes: lies outside the repository');
  });

  it.each([
    ['a link to a place outside', '../link/cart', { link: { link: '../elsewhere' } }],
    ['an absolute link', '../link', { link: { link: '/srv/cart' } }],
    ['a link below a directory', '../deep/link', { 'deep/link': { link: '../../out' } }],
    ['a link to a link', '../one', { one: { link: 'two' }, two: { link: '../out' } }],
    ['a drive behind a link', '../link', { link: { link: 'C:\\cart' } }],
    ['a go.mod that is a link', '../cart', { 'cart/go.mod': { link: '../../go.mod' } }],
  ] as const)('by %s escapes', (_, target, files) => {
    expect(classOf(target, files)).toMatch(/^escapes: leaves the repository by the symbolic link "/);
  });

  it('paths are cleaned before links are followed, as go does it', () => {
    expect(classOf('../link/../cart', { link: { link: '../elsewhere' }, 'cart/go.mod': CART })).toBe(SIBLING);
  });

  it('a link that stays inside is followed', () => {
    expect(classOf('../link', { link: { link: 'real/cart' }, 'real/cart/go.mod': CART })).toBe(SIBLING);
    expect(classOf('../a/link/b', { 'a/link': { link: '../real' }, 'real/b/go.mod': CART })).toBe(SIBLING);
    const links = { 'cart/go.mod': { link: '../mods/cart.mod' }, 'mods/cart.mod': CART } as const;
    expect(classOf('../cart', links)).toBe(SIBLING);
  });

  it('a circle of links ends', () => {
    const found = classOf('../a', { a: { link: 'b' }, b: { link: 'a' } });
    expect(found).toMatch(/^broken: runs in a circle of symbolic links at "[ab]"/);
    expect(classOf('../a', { a: { link: 'a/b' } })).toMatch(/^broken: runs in a circle/);
  });
});

describe('an absolute path', () => {
  it.each([
    '/home/ada/cart',
    '/',
    'C:\\cart',
    'C:/cart',
    'c:',
    'C:cart',
    '\\cart',
    '\\\\server\\share',
    '//server/share',
  ])('%s is absolute on every system', target => {
    expect(classOf(target.startsWith('//') ? `"${target}"` : target)).toBe('absolute: is an absolute path');
  });
});

describe('the rules', () => {
  it('mark the directory and name the command that takes the line out', async () => {
    const files = { 'sub/go.mod': `${requires}replace example.com/cart v1.0.0 => ./lost\n` };
    const [finding, ...others] = await findingsOf(files);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'replace/local-broken',
      level: 'error',
      file: 'sub/go.mod',
      line: 5,
      column: 36,
      endLine: 5,
      endColumn: 42,
      module: 'example.com/cart',
      message: '"example.com/cart" is replaced by directory "./lost", which has no files that git tracks',
    });
    expect(finding?.fix).toContain('go mod edit -dropreplace=example.com/cart@v1.0.0 sub/go.mod');
    const [inWork] = await findingsOf({ 'go.work': 'go 1.26\n\nreplace example.com/cart => /x\n' });
    expect(inWork?.fix).toContain('go work edit -dropreplace=example.com/cart go.work');
  });

  it('columns count UTF-16 units', async () => {
    const line = 'replace "example.com/\u{1d4b6}" => "/\u{1d4b6}\u{1d4b6}" // why\n';
    const findings = await findingsOf({ 'go.mod': `module m\n\n${line}` }, 'rules: {path/malformed: off}');
    expect(findings.map(brief)).toEqual(['replace/local-absolute go.mod:3:29-36 example.com/\u{1d4b6}']);
  });

  it('siblings are reported only by a policy that denies them, and all of it can be allowed', async () => {
    const files = { 'go.mod': `${requires}replace example.com/cart => ./cart\n`, 'cart/go.mod': CART };
    expect(await findingsOf(files)).toEqual([]);
    const denied = await findingsOf(files, 'replace: {local: deny}');
    expect(denied.map(brief)).toEqual(['replace/local-sibling go.mod:5:29-35 example.com/cart']);
    const bad = { 'go.mod': `${requires}replace example.com/cart => /x\n` };
    expect(await findingsOf(bad, 'replace: {local: allow}')).toEqual([]);
  });

  it('what go refuses is classified all the same', async () => {
    const text = `${requires}replace example.com/cart => C:\\Users\\ada\\cart\n\nreplace example.com/till => /till v1.0.0\n`;
    const rules = (await findingsOf({ 'go.mod': text })).map(finding => finding.rule);
    expect(rules).toEqual([
      'gomod/invalid',
      'replace/local-absolute',
      'gomod/invalid',
      'replace/local-absolute',
    ]);
  });
});

describe('real repositories', () => {
  it('the modules of OpenTelemetry replace one another soundly', async () => {
    const tree = repository(otel());
    expect(localReplaces(tree).map(replace => replace.class)).toEqual(Array(6).fill('sibling'));
    expect(await findingsOf(tree)).toEqual([]);
  });

  it('one of them without the others is broken, or leaves the repository', async () => {
    const findings = await findingsOf({
      'go.mod': realMod('otel-trace'),
      'a/go.mod': realMod('otel-metric'),
    });
    expect(findings.map(brief)).toEqual([
      'replace/local-broken a/go.mod:20:37-40 go.opentelemetry.io/otel',
      'replace/local-broken a/go.mod:22:43-51 go.opentelemetry.io/otel/trace',
      'replace/local-escapes go.mod:5:37-40 go.opentelemetry.io/otel',
      'replace/local-escapes go.mod:19:44-53 go.opentelemetry.io/otel/metric',
    ]);
    expect(findings[0]?.message).toContain('declares module "go.opentelemetry.io/otel/trace"');
  });

  it('a directory that was left out of the repository is broken', async () => {
    const findings = await findingsOf({ 'go.mod': realMod('xxh3') });
    expect(findings.map(brief)).toEqual(['replace/local-broken go.mod:12:38-43 github.com/zeebo/xxh3/avo']);
  });
});

describe('a bad day', () => {
  it('names of a megabyte, odd bytes and ten thousand lines are bounded and keep their line', async () => {
    const long = `./${'a/'.repeat(500_000)}x`;
    const odd = '"./a\\xff\\u202eb\\n::error::##[error]`$(x)"';
    const many = Array.from({ length: 10_000 }, (_, i) => `\texample.com/m${i} => ../../m${i}`).join('\n');
    const text = `module m\n\nreplace a.example/long => ${long}\nreplace a.example/odd => ${odd}\nreplace (\n${many}\n)\n`;
    const findings = await findingsOf({ 'go.mod': text });
    expect(findings).toHaveLength(10_002);
    const longest = Math.max(...findings.map(({ message, why }) => message.length + why.length));
    expect(longest).toBeLessThan(800);
    const all = findings.map(({ message, why, fix }) => `${message}${why}${fix}`).join('');
    expect(all).not.toMatch(/[\x00-\x1f\u202a-\u202e\ud800-\udfff]/);
    expect(findings[1]?.message).toContain('\\xff\\u202eb\\n::error::');
  });

  it('a chain of links of any length ends', () => {
    const links: Record<string, FileSpec> = {};
    for (let i = 0; i < 10_000; i++) links[`l${i}`] = { link: `l${i + 1}/../l${i + 1}` };
    expect(classOf('../l0', links)).toMatch(/^broken: runs in a circle/);
  });
});
