import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { overrideName } from '../../src/config/overrides.ts';
import { patternWarning } from '../../src/config/patterns.ts';
import { RULES, type RuleId } from '../../src/config/rule-ids.ts';
import { jsonSchema } from '../../src/config/schema.ts';
import { checkWaivers } from '../../src/policy/waivers.ts';
import { LIMITS } from '../../src/proxy/file-answer.ts';
import { PATIENT } from '../../src/proxy/upstream/patience.ts';
import { VERSION } from '../../src/session/version.ts';
import { modgate } from '../support/modgate.ts';
import { tempDir } from '../support/temp.ts';
import {
  anchors,
  codeSpans,
  fenced,
  names,
  ROOT,
  read,
  relativeLinks,
  section,
  tableRows,
} from './markdown.ts';
import { pages, sources, unknownPieces } from './pages.ts';

describe('docs/configuration.md', () => {
  it.each([
    ['run', '### Options'],
    ['start', '### Options'],
    ['stop', '### Options'],
    ['config', '### Options'],
    ['cache prune', '### Options of modgate cache'],
    ['cache verify', '### Options of modgate cache'],
    ['cache stats', '### Options of modgate cache'],
    ['cache forget', '### Options of modgate cache'],
    ['serve', '### Options of modgate serve'],
    ['audit who', '### Options of modgate audit'],
    ['audit used', '### Options of modgate audit'],
    ['audit log', '### Options of modgate audit'],
    ['audit conflicts', '### Options of modgate audit'],
    ['audit jobs', '### Options of modgate audit'],
    ['audit diff', '### Options of modgate audit'],
    ['audit repositories', '### Options of modgate audit'],
    ['audit uncovered', '### Options of modgate audit'],
    ['audit upload', '### Options of modgate audit'],
    ['audit rebuild', '### Options of modgate audit'],
  ])('has every option of modgate %s, and no other', async (verb, heading) => {
    const words = verb.split(' ');
    const help = await modgate([...words, '--help'], { env: process.env });
    expect(help.code).toBe(0);
    const real = [...help.stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
    expect(real.length).toBeGreaterThan(2);
    const rows = tableRows(section(await read('docs/configuration.md'), heading));
    const told = rows
      .filter(([, of = '']) => of === 'all' || codeSpans(of).includes(words.at(-1) ?? ''))
      .map(([first = '']) => codeSpans(first)[0]?.split(' ')[0]);
    expect(told.toSorted()).toEqual(real.toSorted());
  });

  it('has every key of the schema', async () => {
    const page = await read('docs/configuration.md');
    const rows = (heading: string): string[] => names(tableRows(section(page, heading)));
    const inForce = rows('### Keys in force').map(key => key.replace('[]', ''));
    const leaves = keysOf(jsonSchema()).filter(key => !key.startsWith('rules.'));
    expect(leaves).toContain('proxy.upstream.absent-on-403');
    const lost = leaves.filter(key => !inForce.includes(key));
    const inLists = ['modules.allow', 'modules.deny', 'replace.remote.allow'].flatMap(list =>
      rows('### Entries of module lists').map(key => `${list}.${key}`),
    );
    const inWaivers = rows('### Waivers').map(key => `waivers.${key}`);
    // `url` stands in the words of the row of its list.
    expect(lost.toSorted()).toEqual(['proxy.upstream.url', ...inLists, ...inWaivers].toSorted());
    const parents = new Set(leaves.flatMap(key => [key, key.slice(0, key.lastIndexOf('.'))]));
    expect(inForce.filter(key => !parents.has(key) && key !== 'rules')).toEqual([]);
  });

  it('has every option of a rule with its default', async () => {
    const page = await read('docs/configuration.md');
    const options = keysOf(jsonSchema())
      .filter(key => key.startsWith('rules.') && !key.endsWith('.level'))
      .map(key => key.slice('rules.'.length));
    const rows = tableRows(section(page, '### Rules'));
    expect(names(rows).toSorted()).toEqual(options.toSorted());
    expect(options.length).toBeGreaterThan(10);
    for (const [name = '', told = ''] of rows) {
      const [rule = '', option = ''] = (codeSpans(name)[0] ?? '').split('.');
      const defaults: Readonly<Record<string, unknown>> = RULES[rule as RuleId].options;
      const value = defaults[option] ?? [];
      expect(told, name).toBe(Array.isArray(value) ? 'none' : `\`${String(value)}\``);
    }
  });

  it('has defaults that are the defaults', async () => {
    const rows = tableRows(section(await read('docs/configuration.md'), '### Keys in force'));
    const told = Object.fromEntries(
      rows.map(([key = '', value = '']) => [codeSpans(key)[0], codeSpans(value)[0]]),
    );
    await using dir = await tempDir('docs');
    const yaml = [
      'proxy.prefetch',
      'proxy.idle',
      'proxy.modcache',
      'cache.store',
      'cache.save',
      'cache.keep-since',
      'cache.max-size',
      'cache.quota',
      'audit.required',
      'audit.token-env',
    ];
    const lines = yaml.map(key => `${key.split('.')[0]}: {${key.split('.')[1]}: ${told[key]}}`);
    for (const line of lines) {
      await writeFile(dir.join('.modgate.yaml'), line);
      const { proxy, ...rest } = (await loadConfig({ workspace: dir.path })).config;
      const { 'on-failure': onFailure, ...proxyRest } = proxy;
      expect({ ...rest, proxy: proxyRest }, line).toEqual(DEFAULTS);
      expect(onFailure).toBe(told['proxy.on-failure']);
    }
  });

  it('shows a file that can be loaded', async () => {
    const [example = ''] = fenced(section(await read('docs/configuration.md'), '## .modgate.yaml'), 'yaml');
    await using dir = await tempDir('docs');
    await writeFile(dir.join('.modgate.yaml'), example);
    const { config, policy, warnings } = await loadConfig({ workspace: dir.path });
    expect(warnings).toEqual([]);
    expect(checkWaivers(policy, new Date('2026-12-01')).map(({ state }) => state)).toEqual(['valid']);
    expect(config.proxy.upstream[0]?.['absent-on-403']).toBe(true);
  });

  it('shows pieces of files that can be loaded', async () => {
    const page = await read('docs/configuration.md');
    const pieces = fenced(page, 'yaml').filter(piece => !piece.includes('uses: '));
    expect(pieces.length).toBeGreaterThan(4);
    await using dir = await tempDir('docs');
    await mkdir(dir.join('ci'));
    await writeFile(dir.join('ci/modgate-base.yaml'), '');
    for (const piece of pieces) {
      await writeFile(dir.join('.modgate.yaml'), piece);
      const { policy, warnings } = await loadConfig({
        workspace: dir.path,
        readRemote: async () => Buffer.from(''),
      });
      expect(warnings, piece).toEqual([]);
      const states = checkWaivers(policy, new Date('2026-12-01')).map(({ state }) => state);
      expect(new Set([...states, 'valid']), piece).toEqual(new Set(['valid']));
    }
  });

  it('warns of the patterns that modgate warns of', async () => {
    const rows = tableRows(section(await read('docs/configuration.md'), '### Patterns'));
    expect(rows.length).toBeGreaterThan(3);
    for (const pattern of names(rows)) {
      expect(patternWarning(pattern, new Set([pattern])), pattern).toBeDefined();
    }
  });

  it('has every environment variable of ours that the code reads', async () => {
    const uses = [...(await sources()).matchAll(/\benv\.(MODGATE_[A-Z_]+)|'(MODGATE_[A-Z_]+)'/g)];
    const fields = [
      'store',
      'upstream',
      'onFailure',
      'prefetch',
      'modcache',
      'save',
      'auditStore',
      'buildCache',
      'auditRequired',
    ] as const;
    const real = new Set([
      ...uses.map(([, a, b]) => a ?? b),
      ...fields.map(field => overrideName('env', field)),
    ]);
    const told = names(tableRows(section(await read('docs/configuration.md'), '## Environment variables')));
    expect(told.toSorted()).toEqual([...real].toSorted());
  });
});

describe('docs/github.md', () => {
  it.each([
    ['proxy', 'inputs', '## Inputs'],
    ['proxy', 'outputs', '## Outputs'],
    ['check', 'inputs', '### Inputs of the check'],
    ['check', 'outputs', '### Outputs of the check'],
    ['prune', 'inputs', '### Inputs of the clean-up'],
    ['prune', 'outputs', '### Outputs of the clean-up'],
  ])('has of actions/%s every one of the %s, and no other', async (name, kind, heading) => {
    const file = `actions/${name}/action.yml`;
    const action = parse(await read(file)) as Record<string, Record<string, unknown>>;
    const told = names(tableRows(section(await read('docs/github.md'), heading)));
    expect(told.toSorted()).toEqual(Object.keys(action[kind] ?? {}).toSorted());
  });
});

describe('docs/gitlab.md', () => {
  it.each([
    ['proxy', '## Inputs'],
    ['check', '### Inputs of the check'],
    ['prune', '### Inputs of the clean-up'],
  ])('has every input of %s.yml with its default', async (name, heading) => {
    const documents = parseAllDocuments(await read(`gitlab-ci/${name}.yml`));
    const [head] = documents.map(part => part.toJS() as unknown);
    const { inputs } = (head as { spec: { inputs: Record<string, { default: unknown }> } }).spec;
    const rows = tableRows(section(await read('docs/gitlab.md'), heading));
    const told = rows.map(([name = '', value = '']) => [codeSpans(name)[0], codeSpans(value)[0] ?? '']);
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, String(input.default)])),
    );
  });
});

describe('docs/how-it-works.md', () => {
  it('explains messages that the code has', async () => {
    const source = await sources();
    const rows = tableRows(section(await read('docs/how-it-works.md'), '## Messages and what to do'));
    const ours = rows.filter(([first = '']) => !first.includes('said by `go` itself'));
    expect(ours.length).toBeGreaterThan(25);
    for (const message of names(ours)) expect(unknownPieces(message, source), message).toEqual([]);
  });

  it('has the numbers of the code', async () => {
    const page = await read('docs/how-it-works.md');
    const rows = tableRows(section(page, '## Patience')).map(row => row.join(' '));
    const row = (start: string): string => rows.find(text => text.startsWith(start)) ?? '';
    const seconds = (ms: number): string => `${ms / 1000} s`;
    expect(row('attempts')).toContain(` ${PATIENT.attempts} `);
    expect(row('pause')).toContain(
      `${seconds(PATIENT.baseDelayMs)}, doubled up to ${seconds(PATIENT.maxDelayMs)}`,
    );
    expect(row('longest')).toContain(seconds(PATIENT.totalMs));
    expect(row('silence before')).toContain(seconds(PATIENT.headersMs));
    expect(row('silence within')).toContain(seconds(PATIENT.stallMs));
    const limits = section(page, '## Limits');
    expect(limits).toContain(`\`.info\` ${LIMITS.info / 2 ** 10} KiB`);
    expect(limits).toContain(`\`.mod\` ${LIMITS.mod / 2 ** 20} MiB`);
    expect(limits).toContain(`\`.zip\` ${LIMITS.zip / 2 ** 20} MiB`);
    expect(limits).toContain(`at most ${LIMITS.list / 2 ** 20} MiB`);
  });
});

describe('all pages', () => {
  it('link to what is there', async () => {
    const broken: string[] = [];
    let links = 0;
    for (const page of await pages()) {
      for (const target of relativeLinks(await read(page))) {
        links++;
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? page : path.join(path.dirname(page), file);
        const there = existsSync(path.join(ROOT, to));
        if (!there || (anchor !== undefined && !anchors(await read(to)).has(anchor))) {
          broken.push(`${page}: ${target}`);
        }
      }
    }
    expect(links).toBeGreaterThan(20);
    expect(broken).toEqual([]);
  });

  it('name this version', async () => {
    const found: string[] = [];
    for (const page of await pages()) {
      if (page === 'CHANGELOG.md') continue;
      const text = await read(page);
      for (const [, version = ''] of text.matchAll(
        /(?:modgate@v?|actions\/[a-z]+@v|modgate\/-\/raw\/v|ref: v|\/modgate:)(\d+\.\d+\.\d+)/g,
      ))
        found.push(version);
    }
    expect(found.length).toBeGreaterThan(5);
    expect(new Set(found)).toEqual(new Set([VERSION]));
  });
});

type Json = { readonly [name: string]: unknown };

/** Dotted names of what a file may set: leaves, through lists and alternatives; a free map is a leaf. */
function keysOf(schema: unknown, above = ''): string[] {
  const { properties, items, anyOf, additionalProperties } = schema as Json;
  if (properties !== undefined) {
    return Object.entries(properties as Json).flatMap(([name, inner]) =>
      keysOf(inner, above === '' ? name : `${above}.${name}`),
    );
  }
  const inner = [items, ...((anyOf as unknown[] | undefined) ?? []), additionalProperties].filter(
    part => typeof part === 'object' && part !== null,
  );
  const below = inner.flatMap(part => keysOf(part, above));
  return below.length === 0
    ? [above]
    : [...new Set(below)].filter((key, _, all) => key !== above || all.length === 1);
}
