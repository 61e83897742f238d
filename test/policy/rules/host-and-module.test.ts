import { describe, expect, it } from 'vitest';
import { brief, findingsOf } from '../policy-of.ts';
import { otel, realMod } from '../real.ts';

type Files = Parameters<typeof findingsOf>[0];

const mod = (rest: string, go = '1.26') => ({
  'go.mod': `module github.com/acme/shop\n\ngo ${go}\n\n${rest}\n`,
});

const H1 = `h1:${'A'.repeat(43)}=`;

async function found(files: Files, yaml: string): Promise<string[]> {
  const findings = await findingsOf(files, yaml);
  return findings.filter(one => /^(?:host|module)\//.test(one.rule)).map(brief);
}

describe('host/not-allowed', () => {
  const ALLOW = 'hosts: {allow: [github.com, golang.org]}';

  it('marks the path of a required module', async () => {
    const files = mod('require (\n\tgithub.com/pkg/errors v0.9.1\n\tevil.example/x v1.0.0 // indirect\n)');
    expect(await found(files, ALLOW)).toEqual(['host/not-allowed go.mod:7:2-16 evil.example/x']);
    expect(await found(files, 'hosts: {deny: [evil.example]}')).toEqual([
      'host/not-allowed go.mod:7:2-16 evil.example/x',
    ]);
    expect(await found(files, '')).toEqual([]);
  });

  it('one finding a module and file, at its first line', async () => {
    const files = {
      ...mod(
        'require evil.example/x v1.0.0\n\nrequire evil.example/x v1.1.0\n\nreplace evil.example/x => github.com/acme/x v1.0.0',
      ),
      'b/go.mod': 'module github.com/acme/b\n\nrequire evil.example/x v1.0.0\n',
    };
    expect(await found(files, ALLOW)).toEqual([
      'host/not-allowed b/go.mod:3:9-23 evil.example/x',
      'host/not-allowed go.mod:5:9-23 evil.example/x',
    ]);
  });

  it('the left side of a replace is judged, in go.work as well', async () => {
    const files = { 'go.work': 'go 1.26\n\nreplace evil.example/x => github.com/acme/x v1.0.0\n' };
    expect(await found(files, ALLOW)).toEqual(['host/not-allowed go.work:3:9-23 evil.example/x']);
  });

  it('a tool speaks for itself only where no required module is its own', async () => {
    const tool = 'tool evil.example/x/cmd/lint';
    expect(await found(mod(tool), ALLOW)).toEqual(['host/not-allowed go.mod:5:6-29 evil.example/x/cmd/lint']);
    expect(await found(mod(`${tool}\n\nrequire evil.example/x v1.0.0`), ALLOW)).toEqual([
      'host/not-allowed go.mod:7:9-23 evil.example/x',
    ]);
    expect(
      await found(mod('tool github.com/acme/shop/cmd/x\n\ntool cmd/vet\n\ntool ./local'), ALLOW),
    ).toEqual([]);
  });

  it('a module that is built from a directory which declares it needs no allowed host, but a denied one stays denied', async () => {
    const files = {
      ...mod('require corp.example/lib v0.0.0\n\nreplace corp.example/lib => ./lib'),
      'lib/go.mod': 'module corp.example/lib\n',
    };
    expect(await found(files, ALLOW)).toEqual([]);
    expect(await found({ ...files, 'lib/go.mod': 'module corp.example/other\n' }, ALLOW)).toHaveLength(1);
    expect(await found(files, 'hosts: {deny: [corp.example]}')).toHaveLength(1);
  });

  it('below go 1.17 the zip lines of go.sum count, above they do not', async () => {
    const sum = `evil.example/x v1.0.0 ${H1}\nevil.example/y v1.0.0/go.mod ${H1}\ngithub.com/pkg/errors v0.9.1 ${H1}\n`;
    const old = { ...mod('require github.com/pkg/errors v0.9.1', '1.16'), 'go.sum': sum };
    expect(await found(old, ALLOW)).toEqual(['host/not-allowed go.sum:1:1-15 evil.example/x']);
    const none = { 'go.mod': 'module github.com/acme/shop\n', 'go.sum': sum };
    expect(await found(none, ALLOW)).toHaveLength(1);
    expect(
      await found({ ...mod('require github.com/pkg/errors v0.9.1', '1.17'), 'go.sum': sum }, ALLOW),
    ).toEqual([]);
  });

  it('a real file: everything that is on no list, by its path', async () => {
    const findings = await findingsOf({ 'go.mod': realMod('mongo-driver') }, 'hosts: {allow: [github.com]}');
    expect(findings.map(brief)).toEqual([
      'host/not-allowed go.mod:12:2-21 golang.org/x/crypto',
      'host/not-allowed go.mod:13:2-19 golang.org/x/sync',
      'host/not-allowed go.mod:18:2-19 golang.org/x/text',
      'host/not-allowed go.mod:21:9-31 golang.org/x/net/http2',
      'replace/target-not-allowed go.mod:21:35-57 golang.org/x/net/http2',
    ]);
    expect(await found({ 'go.mod': realMod('mongo-driver') }, ALLOW)).toEqual([]);
    expect(await found(otel(), 'hosts: {allow: [github.com, gopkg.in]}')).toEqual([
      'host/not-allowed go.mod:10:2-30 go.opentelemetry.io/auto/sdk',
      'host/not-allowed metric/go.mod:15:2-30 go.opentelemetry.io/auto/sdk',
    ]);
  });
});

describe('module/denied', () => {
  it('names the reason and what to use instead', async () => {
    const yaml =
      'modules: {deny: [{pattern: github.com/dgrijalva/jwt-go, reason: unmaintained, use: github.com/golang-jwt/jwt/v5}]}';
    const findings = await findingsOf({ 'go.mod': realMod('cosmos-sdk') }, yaml);
    const denied = findings.filter(one => one.rule === 'module/denied');
    expect(denied.map(brief)).toEqual(['module/denied go.mod:173:2-29 github.com/dgrijalva/jwt-go']);
    expect(denied[0]).toMatchObject({
      level: 'error',
      why: 'modules.deny has "github.com/dgrijalva/jwt-go" (.modgate.yaml:1): unmaintained',
      fix: 'Use github.com/golang-jwt/jwt/v5 instead.',
    });
    expect(await found({ 'go.mod': realMod('traefik') }, yaml)).toEqual([]);
  });

  it('judges the version that is built', async () => {
    const yaml = 'modules: {deny: [{pattern: example.com/a, versions: <v1.5.0}]}';
    const require = 'require example.com/a v1.4.0';
    expect(await found(mod(require), yaml)).toEqual(['module/denied go.mod:5:9-22 example.com/a']);
    expect(await found(mod('require example.com/a v1.5.0'), yaml)).toEqual([]);
    expect(await found(mod(`${require}\n\nreplace example.com/a => example.com/a v1.6.0`), yaml)).toEqual([]);
    expect(
      await found(mod(`${require}\n\nreplace example.com/a v1.3.0 => example.com/a v1.6.0`), yaml),
    ).toHaveLength(1);
    const rules = await findingsOf(
      mod(`require example.com/a v1.6.0\n\nreplace example.com/a => example.com/a v1.2.0`),
      yaml,
    );
    expect(rules.map(one => one.rule)).toContain('replace/target-not-allowed');
  });

  it('an allow list names what is allowed and no more', async () => {
    const yaml = 'modules: {allow: [github.com/acme/*, {pattern: golang.org/x, versions: ">=v0.20.0"}]}';
    const files = mod(
      'require (\n\tgithub.com/acme/a v1.0.0\n\tgithub.com/other/a v1.0.0\n\tgolang.org/x/mod v0.19.0\n\tgolang.org/x/net v0.20.0\n)',
    );
    expect(await found(files, yaml)).toEqual([
      'module/denied go.mod:7:2-20 github.com/other/a',
      'module/denied go.mod:8:2-18 golang.org/x/mod',
    ]);
  });

  it('host and module speak each for itself, so that accepting one hides nothing of the other', async () => {
    const yaml = 'hosts: {allow: [github.com]}\nmodules: {deny: [evil.example]}';
    expect(await found(mod('require evil.example/x v1.0.0'), yaml)).toEqual([
      'host/not-allowed go.mod:5:9-23 evil.example/x',
      'module/denied go.mod:5:9-23 evil.example/x',
    ]);
  });
});

describe('a bad day', () => {
  it('what go refuses does not hide the rest', async () => {
    const files = mod('require github.com/a/b latest\n\nrequire evil.example/x v1.0.0\n\nfrobnicate');
    expect(await found(files, 'hosts: {allow: [github.com]}')).toEqual([
      'host/not-allowed go.mod:7:9-23 evil.example/x',
    ]);
  });

  it('ten thousand modules with hostile names are bounded', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `\t"evil\\u202e${i}.example/${'%s'.repeat(i % 40)}" v1.0.0`,
    );
    const long = `\tx.example/${'a/'.repeat(200_000)}b v1.0.0`;
    const files = mod(`require (\n${lines.join('\n')}\n${long}\n)`);
    const findings = await findingsOf(
      files,
      'hosts: {allow: [github.com]}\nmodules: {allow: [github.com]}\nrules: {path/malformed: off}',
    );
    expect(findings).toHaveLength(20_002);
    const texts = findings.map(({ message, why, fix }) => `${message}${why}${fix}`);
    expect(Math.max(...texts.map(text => text.length))).toBeLessThan(1500);
    expect(texts.join('')).not.toMatch(/[\n\u202e]/);
    expect(findings[1]?.message).not.toContain('%s%s%s%s module');
  });
});
