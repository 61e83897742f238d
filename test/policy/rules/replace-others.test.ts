import { describe, expect, it } from 'vitest';
import { brief, findingsOf } from '../policy-of.ts';
import { otel, realMod } from '../real.ts';

type Files = Parameters<typeof findingsOf>[0];

const on = (id: string, options = '') => `rules: {${id}: {level: error${options}}}`;

async function of(id: string, files: Files, yaml = on(id)) {
  return (await findingsOf(files, yaml)).filter(finding => finding.rule === id);
}

const mod = (rest: string, go = '1.26') => ({ 'go.mod': `module example.com/shop\n\ngo ${go}\n\n${rest}\n` });

describe('replace/unpinned', () => {
  const ID = 'replace/unpinned';

  it('a branch, a query or no version at all is an error, wherever the rule is on', async () => {
    for (const version of ['master', 'latest', '1.2.3', 'abcdef123456', 'v1.x']) {
      const found = await of(
        ID,
        mod(`replace example.com/a => example.com/b ${version}`),
        'rules: {replace/unpinned: {tag: true}}',
      );
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({
        level: 'error',
        version,
        line: 5,
        column: 40,
        module: 'example.com/a',
      });
      expect(found[0]?.message).toContain('which is no version');
    }
    const [bare] = await of(ID, mod('replace example.com/a => example.com/b'));
    expect(bare?.message).toContain('without a version');
  });

  it('a replace of every version is reported at the old path; one version is fine', async () => {
    const found = await of(
      ID,
      mod(
        'replace example.com/a => example.com/b v1.0.0\n\nreplace example.com/c v1.0.0 => example.com/d v1.0.0',
      ),
    );
    expect(found.map(brief)).toEqual(['replace/unpinned go.mod:5:9-22 example.com/a']);
  });

  it('with tag: true a commit is reported at the version', async () => {
    const text = 'replace example.com/a v1.0.0 => example.com/b v0.0.0-20240101000000-abcdefabcdef';
    expect(await of(ID, mod(text))).toEqual([]);
    const found = await of(ID, mod(text), on(ID, ', tag: true'));
    expect(found.map(brief)).toEqual(['replace/unpinned go.mod:5:47-81 example.com/a']);
  });

  it('directories are not its business; off by default', async () => {
    expect(await of(ID, mod('replace example.com/a => ./a\n\nreplace example.com/b => ./b v1.0.0'))).toEqual(
      [],
    );
    expect(await of(ID, mod('replace example.com/a => example.com/b v1.0.0'), '')).toEqual([]);
  });

  it('real files', async () => {
    expect(await of(ID, { 'go.mod': realMod('traefik') })).toHaveLength(3);
    expect(await of(ID, otel())).toEqual([]);
  });
});

describe('replace/downgrade', () => {
  const ID = 'replace/downgrade';

  it('compares with the left side, else with what is required', async () => {
    const require = 'require example.com/a v1.5.0\n\n';
    const older = await of(ID, mod(`${require}replace example.com/a => example.com/a v1.4.9`), '');
    expect(older.map(brief)).toEqual(['replace/downgrade go.mod:7:40-46 example.com/a']);
    expect(older[0]?.level).toBe('warning');
    for (const [left, right, count] of [
      ['', 'v1.5.0', 0],
      ['', 'v1.10.0', 0],
      ['', 'v1.5.0-rc.1', 1],
      ['', 'v1.5.1-0.20240101000000-abcdefabcdef', 0],
      [' v1.6.0', 'v1.5.9', 1],
      [' v1.2.0', 'v1.3.0', 0],
    ] as const) {
      const found = await of(ID, mod(`${require}replace example.com/a${left} => example.com/a ${right}`), '');
      expect([left, right, found.length]).toEqual([left, right, count]);
    }
  });

  it('a fork is not compared, and what is not required cannot be', async () => {
    const require = 'require example.com/a v1.5.0\n\n';
    expect(await of(ID, mod(`${require}replace example.com/a => example.com/b v1.0.0`))).toEqual([]);
    expect(await of(ID, mod('replace example.com/a => example.com/a v1.0.0'))).toEqual([]);
  });

  it('a go.work is compared with the highest of its modules', async () => {
    const files = {
      'go.work': 'go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/x => example.com/x v1.5.0\n',
      'a/go.mod': 'module example.com/a\n\nrequire example.com/x v1.2.0\n',
      'b/go.mod': 'module example.com/b\n\nrequire example.com/x v1.6.0\n',
    };
    expect((await of(ID, files)).map(brief)).toEqual(['replace/downgrade go.work:8:40-46 example.com/x']);
  });

  it('deny makes it an error, allow turns it off', async () => {
    const files = mod('require example.com/a v1.5.0\n\nreplace example.com/a => example.com/a v1.4.9');
    const levels = async (yaml: string) => (await of(ID, files, yaml)).map(finding => finding.level);
    expect(await levels('replace: {downgrade: deny}')).toEqual(['error']);
    expect(await levels('replace: {downgrade: allow}')).toEqual([]);
  });

  it('real files: pins to older versions, and the old numbers of client-go', async () => {
    expect((await of(ID, { 'go.mod': realMod('argo-cd') }, '')).map(finding => finding.module)).toEqual([
      'k8s.io/apiextensions-apiserver',
      'k8s.io/kube-aggregator',
      'k8s.io/kubectl',
    ]);
    expect(await of(ID, { 'go.mod': realMod('cosmos-sdk') }, '')).toEqual([]);
    const client =
      'require k8s.io/client-go v12.0.0+incompatible\n\nreplace k8s.io/client-go => k8s.io/client-go v0.28.1';
    expect(await of(ID, mod(client), '')).toEqual([]);
    expect(await of(ID, mod(client.replaceAll('client-go', 'other')), '')).toHaveLength(1);
  });
});

describe('replace/stale', () => {
  const ID = 'replace/stale';

  it('nothing requires the module, or not that version', async () => {
    const require = 'require example.com/a v1.5.0\n\n';
    const count = async (replace: string, go?: string) =>
      (await of(ID, mod(`${require}${replace}`, go))).length;
    expect(await count('replace example.com/b => example.com/c v1.0.0')).toBe(1);
    expect(await count('replace example.com/a => example.com/c v1.0.0')).toBe(0);
    expect(await count('replace example.com/a v1.4.0 => example.com/c v1.0.0')).toBe(1);
    expect(await count('replace example.com/a v1.5.0 => example.com/c v1.0.0')).toBe(0);
    expect(await count('replace example.com/a v1.5.0 => example.com/a v1.5.0')).toBe(1);
    expect(await count('replace example.com/b => example.com/c v1.0.0', '1.16')).toBe(0);
  });

  it('the same line twice is told once', async () => {
    const line = 'replace example.com/a => example.com/c v1.0.0';
    const found = await of(ID, mod(`require example.com/a v1.5.0\n\n${line}\n\n${line}`));
    expect(found.map(brief)).toEqual(['replace/stale go.mod:9:9-22 example.com/a']);
  });

  it('in a workspace what any module requires counts', async () => {
    const files = {
      'go.work': 'go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/none => ./x\n',
      'a/go.mod': 'module example.com/a\n\ngo 1.26\n\nreplace example.com/x => example.com/y v1.0.0\n',
      'b/go.mod': 'module example.com/b\n\ngo 1.26\n\nrequire example.com/x v1.6.0\n',
    };
    expect((await of(ID, files)).map(brief)).toEqual(['replace/stale go.work:8:9-25 example.com/none']);
  });

  it('real files', async () => {
    expect((await of(ID, { 'go.mod': realMod('mongo-driver') })).map(brief)).toEqual([
      'replace/stale go.mod:21:9-31 golang.org/x/net/http2',
    ]);
    expect((await of(ID, otel())).map(brief)).toEqual([
      'replace/stale trace/go.mod:19:9-40 go.opentelemetry.io/otel/metric',
    ]);
    expect(await of(ID, { 'go.mod': realMod('traefik') })).toEqual([]);
  });
});

describe('replace/conflict', () => {
  const ID = 'replace/conflict';

  it('two targets for one module in one file, as go refuses them', async () => {
    const first = 'replace example.com/a => example.com/b v1.0.0\n\n';
    const count = async (second: string) => (await of(ID, mod(`${first}${second}`), '')).length;
    expect(await count('replace example.com/a => example.com/c v1.0.0')).toBe(1);
    expect(await count('replace example.com/a => example.com/b v1.0.1')).toBe(1);
    expect(await count('replace example.com/a => ./b')).toBe(1);
    expect(await count('replace example.com/a => example.com/b v1.0.0')).toBe(0);
    expect(await count('replace example.com/a v1.0.0 => example.com/c v1.0.0')).toBe(0);
    expect(await count('replace example.com/A => example.com/c v1.0.0')).toBe(0);
  });

  it('marks the later line and names the other', async () => {
    const [found] = await of(
      ID,
      mod('replace example.com/a => example.com/b v1.0.0\n\nreplace example.com/a => ./c'),
      '',
    );
    expect(found).toMatchObject({
      level: 'error',
      line: 7,
      column: 26,
      endColumn: 29,
      module: 'example.com/a',
    });
    expect(found?.message).toBe(
      '"example.com/a" is replaced by "./c" here and by "example.com/b@v1.0.0" in this file',
    );
  });

  const workspace = (work: string, a: string, b: string) => ({
    'go.work': `go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\n${work}`,
    'a/go.mod': `module example.com/a\n\nreplace example.com/x => ${a}\n`,
    'b/go.mod': `module example.com/b\n\nreplace example.com/x => ${b}\n`,
    'x/go.mod': 'module example.com/x\n',
    'b/x/go.mod': 'module example.com/x\n',
  });

  it('modules of a workspace must agree on where directories are, not on how they are written', async () => {
    expect(await of(ID, workspace('', '../x', '../x'), '')).toEqual([]);
    expect(await of(ID, workspace('', '../x', './../a/../x/'), '')).toEqual([]);
    expect((await of(ID, workspace('', '../b/x', './x'), '')).map(brief)).toEqual([]);
    const clash = await of(ID, workspace('', '../x', './x'), '');
    expect(clash.map(brief)).toEqual(['replace/conflict b/go.mod:3:26-29 example.com/x']);
    expect(clash[0]?.message).toContain('in "a/go.mod" (workspace "go.work")');
    expect(await of(ID, workspace('', 'example.com/y v1.0.0', 'example.com/y v1.0.1'), '')).toHaveLength(1);
  });

  it('what the go.work replaces itself is settled', async () => {
    expect(await of(ID, workspace('replace example.com/x => ./x\n', '../x', './x'), '')).toEqual([]);
    expect(await of(ID, workspace('replace example.com/x v1.0.0 => ./x\n', '../x', './x'), '')).toEqual([]);
  });

  it('modules in no workspace do not meet', async () => {
    const { 'go.work': _, ...rest } = workspace('', '../x', './x');
    expect(await of(ID, rest, '')).toEqual([]);
  });

  it('real files have none', async () => {
    for (const name of ['traefik', 'argo-cd', 'cosmos-sdk', 'mongo-driver']) {
      expect(await of(ID, { 'go.mod': realMod(name) }, '')).toEqual([]);
    }
    expect(
      await of(ID, { ...otel(), 'go.work': 'go 1.26\n\nuse (\n\t.\n\t./metric\n\t./trace\n)\n' }, ''),
    ).toEqual([]);
    const both = `${realMod('argo-cd')}\nreplace github.com/golang/protobuf => github.com/golang/protobuf v1.5.3\n`;
    expect((await of(ID, { 'go.mod': both }, '')).map(finding => finding.module)).toEqual([
      'github.com/golang/protobuf',
    ]);
  });
});

describe('replace/missing-reason', () => {
  const ID = 'replace/missing-reason';
  const yaml = 'replace: {remote: {require-reason: true}}';

  it('a comment above, behind, or above the block is a reason', async () => {
    const line = 'example.com/a => example.com/b v1.0.0';
    const count = async (text: string) => (await of(ID, mod(text), yaml)).length;
    expect(await count(`replace ${line}`)).toBe(1);
    expect(await count(`// until issue 12 is fixed\nreplace ${line}`)).toBe(0);
    expect(await count(`replace ${line} // until issue 12 is fixed`)).toBe(0);
    expect(await count(`// forks of ours\nreplace (\n\t${line}\n)`)).toBe(0);
    expect(await count(`replace (\n\t${line}\n)`)).toBe(1);
    expect(await count(`// far away\n\nreplace ${line}`)).toBe(1);
    expect(await count(`// ----\nreplace ${line}`)).toBe(1);
    expect(await count(`// 修正を待つ\nreplace ${line}`)).toBe(0);
  });

  it('directories need one only where the policy says so', async () => {
    const files = mod('replace example.com/a => ./a');
    expect(await of(ID, files, yaml)).toEqual([]);
    expect(await of(ID, files, `${yaml}\nrules: {${ID}: {local: true}}`)).toHaveLength(1);
  });

  it('real files', async () => {
    expect(await of(ID, { 'go.mod': realMod('mongo-driver') }, yaml)).toEqual([]);
    expect((await of(ID, { 'go.mod': realMod('cosmos-sdk') }, yaml)).map(finding => finding.module)).toEqual(
      [],
    );
    expect((await of(ID, { 'go.mod': realMod('traefik') }, yaml)).length).toBe(0);
  });
});

describe('a bad day', () => {
  it('ten thousand replaces of all kinds are linear and bounded', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) =>
        [
          `\texample.com/m${i % 100} => example.com/m${i % 100} v1.${i}.0`,
          `\t"example.com/\\u202e${i}" v1.0.0 => x.example/y${i} master`,
          `\texample.com/d${i} => ../d${i} v1`,
          `\texample.com/e => "${'y'.repeat(300)}" v1.0.0`,
        ][i % 4],
    );
    const text = `module m\n\ngo 1.26\n\nrequire example.com/m1 v1.99999.0\n\nreplace (\n${lines.join('\n')}\n)\n`;
    const yaml = 'rules: {replace/unpinned: {tag: true}, replace/stale: note, replace/missing-reason: note}';
    const found = await findingsOf({ 'go.mod': text }, yaml);
    expect(found.length).toBeGreaterThan(10_000);
    expect(Math.max(...found.map(finding => finding.message.length))).toBeLessThan(600);
    expect(found.map(finding => finding.message + finding.fix).join('')).not.toMatch(/[\n\u202e]/);
  });
});
