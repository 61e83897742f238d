import { describe, expect, it } from 'vitest';
import { pathLookalike } from '../../../src/policy/rules/path-lookalike.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

const mod = (...paths: string[]) => ({
  'go.mod': `module example.com/shop\n\ngo 1.26\n\n${paths.map(path => `require ${path} ${versionFor(path)}\n`).join('')}`,
});

function versionFor(path: string): string {
  return `v${/[/.]v(\d+)$/.exec(path)?.[1] ?? 1}.0.0`;
}

/** What a new path is taken for, beside one that is known. */
function like(path: string, known: string): string | undefined {
  const [one] = found(pathLookalike, mod(known, path), { base: mod(known) });
  return one?.message;
}

describe('path/lookalike', () => {
  it('marks the new path and names the one that it looks like', () => {
    const files = mod('github.com/acme/cart', 'github.com/acrne/cart');
    expect(said(files, found(pathLookalike, files, { base: mod('github.com/acme/cart') }))).toEqual([
      'go.mod:6 «github.com/acrne/cart» new "github.com/acrne/cart" looks like "github.com/acme/cart", which this repository already uses',
    ]);
  });

  it.each([
    ['one letter more', 'github.com/sirupsenn/logrus', 'github.com/sirupsen/logrus'],
    ['one letter less', 'github.com/sirupse/logrus', 'github.com/sirupsen/logrus'],
    ['another letter', 'github.com/sirupsem/logrus', 'github.com/sirupsen/logrus'],
    ['neighbours swapped', 'github.com/sirupesn/logrus', 'github.com/sirupsen/logrus'],
    ['an affix', 'github.com/boltdb-go/bolt', 'github.com/boltdb/bolt'],
    ['a prefix', 'github.com/go-boltdb/bolt', 'github.com/boltdb/bolt'],
    ['a hyphen', 'github.com/goyaml/yaml', 'github.com/go-yaml/yaml'],
    ['a digit for a letter', 'github.com/hashic0rp/vault', 'github.com/hashicorp/vault'],
    ['rn for m', 'github.com/hashicorn/vault', 'github.com/hashicorm/vault'],
    ['doubled letters', 'github.com/gorrilla/mux', 'github.com/gorilla/mux'],
    ['another alphabet', 'github.com/g\u043erilla/mux', 'github.com/gorilla/mux'],
    ['another major version', 'github.com/sirupsem/logrus/v2', 'github.com/sirupsen/logrus'],
    ['another forge', 'githud.com/sirupsen/logrus', 'github.com/sirupsen/logrus'],
    ['a vanity host', 'go.ubor.org/zap', 'go.uber.org/zap'],
    ['a name on gopkg.in', 'gopkg.in/yam1.v2', 'gopkg.in/yaml.v3'],
  ])('%s', (_, path, known) => {
    expect(like(path, known)).toContain('looks like');
  });

  it.each([
    ['the same owner', 'github.com/aws/aws-sdk-go-v2', 'github.com/aws/aws-sdk-go'],
    ['the same owner in another case', 'github.com/Sirupsen/logrus', 'github.com/sirupsen/logrus'],
    ['a fork under another name', 'github.com/acme/logrus', 'github.com/sirupsen/logrus'],
    ['another module of a similar owner', 'github.com/acne/till', 'github.com/acme/cart'],
    ['the next major version', 'example.com/cart/v2', 'example.com/cart'],
    ['the next version on gopkg.in', 'gopkg.in/yaml.v3', 'gopkg.in/yaml.v2'],
    ['three letters that differ in one', 'gopkg.in/inf.v0', 'gopkg.in/ini.v1'],
    ['the same vanity host', 'go.uber.org/zip', 'go.uber.org/zap'],
  ])('is silent about %s', (_, path, known) => {
    expect(like(path, known)).toBeUndefined();
  });

  it('judges replacements and tools, and only what is new', () => {
    const text = `${mod('github.com/gorilla/mux')['go.mod']}replace github.com/gorilla/mux => github.com/gorrilla/mux v1.8.1\ntool github.com/gorila/mux\n`;
    const files = { 'go.mod': text };
    expect(
      found(pathLookalike, files, { base: mod('github.com/gorilla/mux') }).map(one => one.module),
    ).toEqual(['github.com/gorilla/mux', 'github.com/gorila/mux']);
    expect(found(pathLookalike, files, { base: files })).toEqual([]);
    expect(found(pathLookalike, files)).toEqual([]);
  });

  it('is silent about the left side of the replace that mends it', () => {
    const files = {
      'go.mod': `${mod('github.com/gorilla/mux')['go.mod']}replace github.com/gorrilla/mux => github.com/gorilla/mux v1.8.1\n`,
    };
    expect(found(pathLookalike, files, { base: mod('github.com/gorilla/mux') })).toEqual([]);
  });

  it('compares with the paths that the policy names as known, too', () => {
    const files = mod('github.com/sirupsem/logrus');
    const known = ['github.com/sirupsen/logrus'];
    expect(found(pathLookalike, files, { base: mod(), options: { known } }).map(one => one.message)).toEqual([
      expect.stringContaining('"github.com/sirupsen/logrus", which the policy names as known'),
    ]);
    expect(found(pathLookalike, files, { base: mod() })).toEqual([]);
  });

  it('finds nothing between two releases of real modules, nor between real modules', async () => {
    await using go = await realGo();
    const gomod = async (module: string, version: string) => ({
      'go.mod': await publishedGoMod(go, module, version),
    });
    const containerd = await gomod('github.com/containerd/containerd', 'v1.7.28');
    const nomad = await gomod('github.com/hashicorp/nomad', 'v1.3.0');
    expect(found(pathLookalike, containerd, { base: nomad })).toEqual([]);
    expect(found(pathLookalike, nomad, { base: containerd })).toEqual([]);
    // The name of a real attack, beside a real go.mod that uses what it imitates.
    const attacked = { 'go.mod': `${nomad['go.mod']}\nrequire github.com/boltdb-go/bolt v1.3.1\n` };
    expect(nomad['go.mod']).toContain('github.com/boltdb/bolt');
    expect(found(pathLookalike, attacked, { base: nomad }).map(one => one.module)).toEqual([
      'github.com/boltdb-go/bolt',
    ]);
  });

  it('takes 10,000 new paths beside 10,000 known ones that nearly are the same', () => {
    const owners = (letter: string) =>
      Array.from({ length: 10_000 }, (_, i) => `github.com/${letter}${i}owner/x`);
    const base = mod(...owners('a'));
    const all = found(pathLookalike, mod(...owners('a'), ...owners('b')), { base });
    expect(all).toHaveLength(10_000);
    const long = mod(`github.com/${'a'.repeat(1_000_000)}/x`);
    expect(found(pathLookalike, long, { base })).toEqual([]);
  });
});
