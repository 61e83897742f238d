import { describe, expect, it } from 'vitest';
import { vendorInconsistent } from '../../../src/policy/rules/vendor-inconsistent.ts';
import { type GoWorld, writeProject } from '../../support/go.ts';
import { found, said } from './found.ts';
import { goScript, publishedFiles, realGo } from './real.ts';

/** go's complaints about a vendor directory, a line each without indent; undefined when it takes it. */
async function complaints(go: GoWorld, dir: string): Promise<string[] | undefined> {
  const listed = await go.go(['list', '-mod=vendor', './...'], { cwd: dir });
  if (listed.code === 0) return undefined;
  expect(listed.stderr).toContain('go: inconsistent vendoring in');
  const [, body = ''] = /inconsistent vendoring in .*:\n([\s\S]*?)\n\n/.exec(listed.stderr) ?? [];
  return body.split('\n').map(line => line.trim());
}

/** The same in the words of the rule. */
function mine(files: Readonly<Record<string, string>>): string[] | undefined {
  const all = found(vendorInconsistent, files).map(one =>
    one.message.replace(/^inconsistent vendoring: "([^"]*)" /, '$1: '),
  );
  return all.length === 0 ? undefined : all;
}

const CODE = {
  'm.go': 'package m\n\nimport _ "example.com/p"\n',
  'p/go.mod': 'module example.com/p\n\ngo 1.21\n',
  'p/p.go': 'package p\n',
  'vendor/example.com/p/p.go': 'package p\n',
};
const REQUIRE = 'require example.com/p v1.0.0\n';
const REPLACE = 'replace example.com/p v1.0.0 => ./p\n';
const mod = (text: string, go = 'go 1.21\n') => `module example.com/m\n\n${go}\n${text}`;
const EXPLICIT = '## explicit; go 1.21\nexample.com/p\n';
const GOOD = `# example.com/p v1.0.0 => ./p\n${EXPLICIT}`;
const WILD = 'replace example.com/q => example.com/r v1.2.3\n';

/** go.mod and vendor/modules.txt of one module. */
const CASES: Readonly<Record<string, readonly [gomod: string, vendored: string]>> = {
  consistent: [mod(REQUIRE + REPLACE), GOOD],
  'not explicit': [mod(REQUIRE + REPLACE), '# example.com/p v1.0.0 => ./p\n## go 1.21\nexample.com/p\n'],
  'another version': [mod(REQUIRE + REPLACE), `# example.com/p v1.0.1 => ./p\n${EXPLICIT}`],
  'not replaced in modules.txt': [mod(REQUIRE + REPLACE), `# example.com/p v1.0.0\n${EXPLICIT}`],
  'replaced by another directory': [mod(REQUIRE + REPLACE), `# example.com/p v1.0.0 => ./q\n${EXPLICIT}`],
  'the same directory in other words': [
    mod(REQUIRE + REPLACE),
    `# example.com/p v1.0.0 => ././p\n${EXPLICIT}`,
  ],
  'replaced by a version': [
    mod(`${REQUIRE}replace example.com/p => example.com/q v1.2.3\n`),
    `# example.com/p v1.0.0 => example.com/q v1.2.3\n${EXPLICIT}# example.com/p => example.com/q v1.2.3\n`,
  ],
  'replaced by another version': [
    mod(`${REQUIRE}replace example.com/p => example.com/q v1.2.3\n`),
    `# example.com/p v1.0.0 => example.com/q v1.2.4\n${EXPLICIT}# example.com/p => example.com/q v1.2.4\n`,
  ],
  'not replaced in go.mod': [mod(REQUIRE), GOOD],
  'not required in go.mod': [mod(''), `# example.com/p v1.0.0\n${EXPLICIT}`],
  'replaced and not required in go.mod': [mod(''), GOOD],
  'an unused wildcard that is listed': [
    mod(REQUIRE + REPLACE + WILD),
    `${GOOD}# example.com/q => example.com/r v1.2.3\n`,
  ],
  'an unused wildcard that is not listed': [mod(REQUIRE + REPLACE + WILD), GOOD],
  'a wildcard of the main module': [mod(`${REQUIRE}${REPLACE}replace example.com/m => ./m2\n`), GOOD],
  'a required module that vendors nothing': [mod(`${REQUIRE}${REPLACE}require example.com/z v1.0.0\n`), GOOD],
  'and is listed': [
    mod(`${REQUIRE}${REPLACE}require example.com/z v1.0.0\n`),
    `${GOOD}# example.com/z v1.0.0\n## explicit\n`,
  ],
  'explicit without packages and not required': [
    mod(REQUIRE + REPLACE),
    `${GOOD}# example.com/z v1.0.0\n## explicit\n`,
  ],
  'before 1.14: not explicit': [
    mod(REQUIRE + REPLACE, 'go 1.13\n'),
    '# example.com/p v1.0.0 => ./p\nexample.com/p\n',
  ],
  'before 1.14: another version': [
    mod(REQUIRE + REPLACE, 'go 1.13\n'),
    '# example.com/p v1.0.1 => ./p\nexample.com/p\n',
  ],
  'before 1.14: a wildcard that is not listed': [
    mod(`${REQUIRE}replace example.com/p => ./p\n`, 'go 1.13\n'),
    '# example.com/p v1.0.0\nexample.com/p\n',
  ],
  'without a go line': [mod(REQUIRE + REPLACE, ''), '# example.com/p v1.0.0 => ./p\nexample.com/p\n'],
  'rubbish between': [mod(REQUIRE + REPLACE), `nonsense\n# x\n#  y z\n${GOOD}!!\n# a b c d\n## explicit\n`],
};

describe('vendor/inconsistent', () => {
  it('marks what go.mod says, or else the line of modules.txt', () => {
    const files = {
      'go.mod': mod(REQUIRE + REPLACE),
      'vendor/modules.txt': `# example.com/p v1.0.0 => ./q\n## go 1.21\nexample.com/p\n# example.com/x v1.0.0\n## explicit\nexample.com/x\n`,
    };
    expect(
      said(files, found(vendorInconsistent, files)).map(line => line.replace(/» .*? (?=is )/, '» ')),
    ).toEqual([
      'go.mod:5 «v1.0.0» is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt',
      'go.mod:6 «./p» is replaced by ./p in go.mod, but marked as replaced by ./q in vendor/modules.txt',
      'vendor/modules.txt:4 «# example.com/x v1.0.0» is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod',
    ]);
  });

  it('says what go says of one module, in its words and order', async () => {
    await using go = await realGo();
    let inconsistent = 0;
    for (const [name, [gomod, vendored]] of Object.entries(CASES)) {
      const files = { ...CODE, 'go.mod': gomod, 'vendor/modules.txt': vendored };
      const dir = go.dir.join(`case${name.length}-${inconsistent}`);
      await writeProject(dir, files);
      const theirs = await complaints(go, dir);
      expect({ name, said: mine(files) }).toEqual({ name, said: theirs });
      if (theirs !== undefined) inconsistent++;
    }
    expect(inconsistent).toBeGreaterThan(8);
    expect(inconsistent).toBeLessThan(Object.keys(CASES).length - 5);
  });

  it('says what go says of a workspace: all cases of go’s own test', async () => {
    const { '': _, ...script } = await goScript('work_vendor_modules_txt_consistent');
    await using go = await realGo();
    const names = Object.keys(script).filter(name => name.startsWith('modules.txt.'));
    expect(names).toHaveLength(6);
    for (const name of names) {
      const files = { ...script, 'vendor/modules.txt': script[name] ?? '' };
      const dir = go.dir.join(name);
      await writeProject(dir, files);
      const listed = await go.go(['list', 'example.com/a', 'example.com/b'], { cwd: dir });
      const theirs = [...listed.stderr.matchAll(/^\t(example\.com\/.*)$/gm)].map(match => match[1]);
      expect({ name, said: mine(files) ?? [] }).toEqual({ name, said: theirs });
      expect(theirs.length > 0).toBe(name !== 'modules.txt.want');
    }
  });

  it('finds nothing in a real repository that vendors, and the line when it changes', async () => {
    await using go = await realGo();
    const files = await publishedFiles(go, 'go.mongodb.org/mongo-driver', 'v1.17.7', [
      'go.mod',
      'vendor/modules.txt',
    ]);
    expect(Object.keys(files)).toEqual(['go.mod', 'vendor/modules.txt']);
    expect(found(vendorInconsistent, files)).toEqual([]);
    const bumped = { ...files, 'go.mod': files['go.mod']?.replace('snappy v0.0.4', 'snappy v1.0.0') ?? '' };
    expect(found(vendorInconsistent, bumped).map(one => [one.place.file, one.module, one.version])).toEqual([
      ['go.mod', 'github.com/golang/snappy', 'v1.0.0'],
      ['vendor/modules.txt', 'github.com/golang/snappy', 'v0.0.4'],
    ]);
  });

  it('leaves alone what has no go.mod beside it, or one that go cannot read', () => {
    expect(found(vendorInconsistent, { 'vendor/modules.txt': GOOD })).toEqual([]);
    expect(
      found(vendorInconsistent, { 'go.mod': 'module m\nrequire (\n', 'vendor/modules.txt': GOOD }),
    ).toEqual([]);
    const work = { 'go.mod': mod(REQUIRE), 'vendor/modules.txt': `## workspace\n${GOOD}` };
    expect(found(vendorInconsistent, work)).toEqual([]);
  });

  it('takes 10,000 modules, rubbish and hostile names', () => {
    const count = 10_000;
    const requires = Array.from({ length: count }, (_, i) => `require x.y/m${i} v1.0.0\n`).join('');
    const vendored = Array.from(
      { length: count },
      (_, i) => `# x.y/n${i} v1.0.0\n## explicit\nx.y/n${i}\n`,
    ).join('');
    expect(
      found(vendorInconsistent, { 'go.mod': mod(requires), 'vendor/modules.txt': vendored }),
    ).toHaveLength(2 * count);
    const bytes = Buffer.concat([
      Buffer.from([0, 255, 10]),
      Buffer.from(`# x.y/\u202e\u001b${'z'.repeat(50_000)} v1.0.0\n## explicit\nx.y/z\n`),
    ]);
    const all = found(vendorInconsistent, { 'go.mod': mod(''), 'vendor/modules.txt': bytes });
    expect(all).toHaveLength(1);
    expect(all[0]?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(all[0]?.message.length).toBeLessThan(500);
  });
});
