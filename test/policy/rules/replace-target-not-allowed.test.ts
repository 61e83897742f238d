import { describe, expect, it } from 'vitest';
import { ownersOf, sameOwner } from '../../../src/policy/owner.ts';
import { brief, findingsOf } from '../policy-of.ts';
import { realMod } from '../real.ts';

const ID = 'replace/target-not-allowed';

async function targets(files: Parameters<typeof findingsOf>[0], yaml = '') {
  return (await findingsOf(files, yaml)).filter(finding => finding.rule === ID);
}

const mod = (replace: string) => ({
  'go.mod': `module github.com/acme/shop\n\nrequire github.com/pkg/errors v0.9.1\n\nreplace ${replace}\n`,
});

describe('owners', () => {
  it.each([
    ['github.com/pkg/errors', 'github.com/stranger/errors', false],
    ['github.com/pkg/errors', 'github.com/PKG/errors-next', true],
    ['github.com/pkg/errors', 'gitlab.com/pkg/errors', false],
    ['golang.org/x/net', 'github.com/golang/net', true],
    ['golang.org/x/net', 'github.com/golang-evil/net', false],
    ['k8s.io/api', 'github.com/kubernetes/api', true],
    ['k8s.io/api', 'k8s.io/client-go', true],
    ['gopkg.in/yaml.v3', 'github.com/go-yaml/yaml', true],
    ['gopkg.in/yaml.v2', 'gopkg.in/yaml.v3', true],
    ['gopkg.in/evil.v3', 'gopkg.in/yaml.v3', false],
    ['gopkg.in/alecthomas/kingpin.v2', 'github.com/alecthomas/kingpin', true],
    ['go.etcd.io/etcd', 'github.com/coreos/etcd', true],
    ['google.golang.org/grpc', 'github.com/grpc/grpc-go', true],
    ['corp.example/a', 'corp.example/b', true],
    ['corp.example/a', 'corp.example.evil.example/a', false],
    ['__proto__/x', 'constructor/x', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect(sameOwner(a, b)).toBe(same);
    expect(sameOwner(b, a)).toBe(same);
  });

  it('of a path of any length are short', () => {
    expect(ownersOf(`github.com/${'a'.repeat(1_000_000)}`)[0]?.length).toBeLessThan(600);
  });
});

describe('without lists', () => {
  it('a fork of another owner is a warning on the target', async () => {
    const [finding, ...others] = await targets(
      mod('github.com/pkg/errors => github.com/stranger/errors v0.9.2'),
    );
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      level: 'warning',
      line: 5,
      column: 34,
      endColumn: 60,
      module: 'github.com/pkg/errors',
      version: 'v0.9.2',
      message: '"github.com/pkg/errors" is replaced by "github.com/stranger/errors@v0.9.2" of another owner',
    });
  });

  it('a fork of the own organisation, or of the same owner, is none', async () => {
    expect(await targets(mod('github.com/pkg/errors => github.com/acme/errors v0.9.2'))).toEqual([]);
    expect(await targets(mod('github.com/pkg/errors => github.com/pkg/errors/v2 v2.0.0'))).toEqual([]);
    expect(await targets(mod('github.com/pkg/errors => ./errors'))).toEqual([]);
  });

  it('in a go.work the modules of the workspace are the own ones', async () => {
    const files = {
      'go.work': 'go 1.26\n\nuse ./shop\n\nreplace github.com/pkg/errors => github.com/acme/errors v0.9.2\n',
      'shop/go.mod': 'module github.com/acme/shop\n',
    };
    expect(await targets(files)).toEqual([]);
    expect(await targets({ 'go.work': files['go.work'] })).toHaveLength(1);
  });

  it('strangers: false says nothing', async () => {
    const yaml = `rules: {${ID}: {strangers: false}}`;
    expect(await targets(mod('github.com/pkg/errors => github.com/stranger/errors v0.9.2'), yaml)).toEqual(
      [],
    );
  });

  it('real files: forks of strangers are told from forks of the project, and from pins', async () => {
    expect((await targets({ 'go.mod': realMod('cosmos-sdk') })).map(brief)).toEqual([
      'replace/target-not-allowed go.mod:173:33-61 github.com/dgrijalva/jwt-go',
    ]);
    expect((await targets({ 'go.mod': realMod('traefik') })).map(finding => finding.module)).toEqual([
      'github.com/abbot/go-http-auth',
      'github.com/gorilla/mux',
      'github.com/mailgun/minheap',
    ]);
    expect((await targets({ 'go.mod': realMod('argo-cd') })).map(finding => finding.module)).toEqual([
      'github.com/go-telegram-bot-api/telegram-bot-api/v5',
    ]);
    expect(await targets({ 'go.mod': realMod('mongo-driver') })).toEqual([]);
  });
});

describe('with lists', () => {
  const swap = mod('github.com/pkg/errors => evil.example/errors v0.9.2');

  it.each([
    ['hosts: {allow: [github.com]}', 'comes from host "evil.example", which is not allowed'],
    ['hosts: {deny: [evil.example]}', 'which is denied'],
    ['modules: {allow: [github.com/*/*]}', 'module "evil.example/errors@v0.9.2" is not allowed'],
    ['modules: {deny: [evil.example]}', 'is denied'],
    ['replace: {remote: {allow: [github.com/acme/*]}}', 'is not allowed'],
  ])('%s judges the right-hand side, as an error, and as this rule alone', async (yaml, words) => {
    const findings = await findingsOf(swap, yaml);
    expect(findings.map(finding => [finding.rule, finding.level, finding.module])).toEqual([
      [ID, 'error', 'github.com/pkg/errors'],
    ]);
    expect(findings[0]?.message).toContain(words);
    expect(findings[0]?.why).toContain('.modgate.yaml:1');
  });

  it('a target on the list is no stranger', async () => {
    const yaml = 'replace: {remote: {allow: [github.com/stranger/errors]}}';
    expect(await targets(mod('github.com/pkg/errors => github.com/stranger/errors v0.9.2'), yaml)).toEqual(
      [],
    );
    expect(
      await targets(mod('github.com/pkg/errors => github.com/strangers/errors v0.9.2'), yaml),
    ).toHaveLength(1);
  });

  it('the list names versions, too', async () => {
    const yaml = 'replace: {remote: {allow: [{pattern: github.com/stranger/errors, versions: v0.9.2}]}}';
    expect(await targets(mod('github.com/pkg/errors => github.com/stranger/errors v0.9.2'), yaml)).toEqual(
      [],
    );
    expect(
      await targets(mod('github.com/pkg/errors => github.com/stranger/errors v0.9.20'), yaml),
    ).toHaveLength(1);
  });

  it('where this rule is weaker than host/not-allowed, that one speaks of the target', async () => {
    const rules = async (level: string) =>
      (await findingsOf(swap, `hosts: {allow: [github.com]}\nrules: {${ID}: ${level}}`)).map(
        finding => `${finding.rule} ${finding.level} ${finding.module}`,
      );
    expect(await rules('off')).toEqual(['host/not-allowed error evil.example/errors']);
    expect(await rules('note')).toEqual([
      `${ID} note github.com/pkg/errors`,
      'host/not-allowed error evil.example/errors',
    ]);
    expect(await rules('error')).toEqual([`${ID} error github.com/pkg/errors`]);
  });

  it('another target is another finding, another version is not', async () => {
    const print = async (target: string) =>
      (await targets(mod(`github.com/pkg/errors => ${target}`)))[0]?.fingerprint;
    const first = await print('github.com/stranger/errors v0.9.2');
    expect(await print('github.com/stranger/errors v0.9.3')).toBe(first);
    expect(await print('github.com/other/errors v0.9.2')).not.toBe(first);
  });
});

it('ten thousand lines, odd names included', async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `\tgithub.com/a/m${i} => "github.com/b\\u202e\\n/${'x'.repeat(i % 50)}" v1.0.0`,
  );
  const found = await targets({ 'go.mod': `module m\n\nreplace (\n${lines.join('\n')}\n)\n` });
  expect(found).toHaveLength(10_000);
  expect(found.map(finding => finding.message).join('')).not.toMatch(/[\n\u202e]/);
});
