import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../src/audit/decode.ts';
import { encodeBatch } from '../../src/audit/encode.ts';
import { auditJsonSchema } from '../../src/audit/json-schema.ts';
import { BATCH_LIMITS, MAX_AHEAD_MS, MAX_PATH, MAX_TEXT } from '../../src/audit/limits.ts';
import { body, footer, header, inventory, receipt, request } from '../../src/audit/record.ts';
import { factsOf } from '../../src/collector/facts.ts';
import { github } from '../../src/platform/github.ts';
import { gitlab } from '../../src/platform/gitlab.ts';
import { batches, RECEIPT } from '../support/audit.ts';
import { codeSpans, fenced, names, read, section, tableRows } from './markdown.ts';

const page = await read('docs/audit-format.md');
const [example = ''] = fenced(page, 'ndjson');

function validator() {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(auditJsonSchema());
}

describe('docs/audit.schema.json', () => {
  it('is what the records say: node scripts/audit-schema.mjs', async () => {
    expect(JSON.parse(await read('docs/audit.schema.json'))).toEqual(auditJsonSchema());
  });

  it('takes every line that a writer may write', () => {
    const valid = validator();
    expect(valid(RECEIPT)).toBe(true);
    fc.assert(
      fc.property(batches, input => {
        for (const line of encodeBatch(input).ndjson.toString().trimEnd().split('\n')) {
          expect(valid(JSON.parse(line)), JSON.stringify(valid.errors)).toBe(true);
        }
      }),
    );
  });

  it('and modgate agree on lines in which something is wrong', () => {
    const valid = validator();
    const lines = example.trimEnd().split('\n').slice(1, -1);
    const odd = fc.constantFrom(
      '',
      'x',
      -1,
      0.5,
      null,
      true,
      {},
      [],
      ['x'],
      '2026-11-23T15:31:22Z',
      'a'.repeat(3000),
    );
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(), odd, (line, which, value) => {
        const record = JSON.parse(line) as Record<string, unknown>;
        const names = Object.keys(record);
        record[names[which % names.length] ?? ''] = value;
        expect(valid(record), JSON.stringify(record)).toBe(body.safeParse(record).success);
      }),
      { numRuns: 500 },
    );
  });
});

describe('docs/audit-format.md', () => {
  it('has an example that is a batch under the name it gives', () => {
    const [digest = ''] = codeSpans(section(page, '## An example'));
    const batch = decodeBatch(Buffer.from(example), { digest });
    expect(batch.refused).toEqual([]);
    const facts = factsOf(RECEIPT, batch, '');
    expect(facts.job).toMatchObject({ repository: 'acme/demo', onDefault: true });
    expect(facts.modules.filter(({ code }) => code).map(({ module }) => module)).toEqual(['rsc.io/quote']);
    expect(facts.denials.map(({ module }) => module)).toEqual(['evil.example/x']);
  });

  it.each([
    ['## Header', header],
    ['### Clock', header.shape.clock],
    ['## Request', request],
    ['## Inventory', inventory],
    ['## Footer', footer],
    ['## Raw objects', receipt],
  ])('has every field below %s, and no other', (heading, schema) => {
    const text = section(page, heading);
    const own = text.split(/^### /m)[0] ?? '';
    expect(names(tableRows(own)).toSorted()).toEqual(Object.keys(schema.shape).toSorted());
  });

  it('says which fields of a request are always there', () => {
    const always = Object.entries(request.shape).flatMap(([name, field]) =>
      field.safeParse(undefined).success ? [] : [name],
    );
    const [told = ''] = /^`kind`.*are always there/m.exec(section(page, '## Request')) ?? [];
    expect(codeSpans(told).toSorted()).toEqual(always.toSorted());
  });

  it.each([
    ['GitHub', 1, github],
    ['GitLab', 2, gitlab],
  ] as const)('has every claim that a job of %s makes', (_, column, platform) => {
    const rows = tableRows(section(page, '### Claims'));
    const env = Object.fromEntries(rows.map(row => [row[column] ?? '', 'https://forge.example.com']));
    const probe = { cwd: '/w', tmpdir: '/tmp', homedir: '/home', uid: 1, readFile: () => undefined };
    const claimed = Object.keys(platform(env, probe, path.posix).job.claimed);
    expect(claimed.length).toBeGreaterThan(10);
    expect(claimed.filter(name => !names(rows).includes(name))).toEqual([]);
  });

  it('has the limits that are kept', () => {
    const rows = Object.fromEntries(tableRows(section(page, '## What a store takes')));
    const number = (count: number) => count.toLocaleString('en');
    const mebi = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
    expect(rows).toEqual({
      gzip: mebi(BATCH_LIMITS.compressed),
      NDJSON: mebi(BATCH_LIMITS.inflated),
      lines: number(BATCH_LIMITS.lines),
      'one line': mebi(BATCH_LIMITS.line),
      'members and vendored names': number(BATCH_LIMITS.names),
      'lines that are no record': number(BATCH_LIMITS.refused),
      'module, version (UTF-16)': number(MAX_PATH),
      'other texts (UTF-16)': number(MAX_TEXT),
      'levels of a line': '16',
      'fields of an object': '1,000',
    });
    expect(section(page, '## Time')).toContain(`more than ${MAX_AHEAD_MS / 3_600_000} hours after`);
  });
});
