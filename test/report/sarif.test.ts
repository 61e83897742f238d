import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { render } from '../../src/report/render.ts';
import type { CheckReport, RenderOptions } from '../../src/report/types.ts';
import { ACTIVE, hostileReport } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const require = createRequire(import.meta.url);
const text = readFileSync(
  require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'),
  'utf8',
);
// The schema says draft 4, and uses nothing but these two names that later drafts changed.
const { $schema, id, ...schema } = JSON.parse(text) as Record<string, unknown>;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats.default(ajv);
const validate = ajv.compile(schema);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: Readonly<Record<string, number>>;
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly baselineState?: string;
  readonly suppressions?: readonly { readonly justification: string }[];
}

interface Rule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly helpUri?: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly Rule[] } };
  readonly automationDetails: { readonly id: string };
  readonly columnKind: string;
  readonly invocations: readonly {
    readonly toolExecutionNotifications: readonly { message: { text: string } }[];
  }[];
  readonly results: readonly Result[];
}

function run(report: CheckReport, options: RenderOptions = {}): Run {
  const log = JSON.parse(render('sarif', report, options).text) as { runs: Run[] };
  expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  expect(log.runs).toHaveLength(1);
  return log.runs[0] as Run;
}

const rulesUrl = 'https://example.com/docs/rules.md';

describe('the SARIF report', () => {
  it('is held to the published schema', () => {
    expect($schema).toBe('http://json-schema.org/draft-04/schema#');
    expect(id).toContain('sarif-2.1.0');
    expect(validate({ version: '2.1.0', runs: [{}] })).toBe(false);
  });

  it('points at the token, in UTF-16 units, the end not included', () => {
    const { results, columnKind } = run(reportOf([finding()]));
    expect(columnKind).toBe('utf16CodeUnits');
    expect(results[0]?.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'services/api/go.mod' },
          region: { startLine: 12, startColumn: 34, endLine: 12, endColumn: 44 },
        },
      },
    ]);
  });

  it('has what GitHub tracks, ranks and groups by', () => {
    const found = finding();
    const { results, tool, automationDetails } = run(reportOf([found, finding({ rule: 'replace/stale' })]), {
      rulesUrl,
      category: 'policy/api',
    });
    expect(results[0]?.partialFingerprints.primaryLocationLineHash).toBe(found.fingerprint);
    expect(automationDetails.id).toBe('policy/api/');
    const rule = tool.driver.rules[results[0]?.ruleIndex ?? -1];
    expect(rule).toMatchObject({
      id: 'replace/local-escapes',
      helpUri: `${rulesUrl}#replacelocal-escapes`,
      properties: { tags: ['go-modules', 'security'], 'security-severity': '8.0' },
    });
    const stale = tool.driver.rules.find(({ id }) => id === 'replace/stale');
    expect(stale?.properties['security-severity']).toBeUndefined();
    for (const { id, shortDescription, fullDescription, help } of run(
      reportOf(RULE_IDS.map(rule => finding({ rule }))),
    ).tool.driver.rules) {
      expect(shortDescription.text).not.toContain(id);
      for (const { text } of [shortDescription, fullDescription, help]) {
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(1024);
      }
    }
  });

  it('tells new ones from known and accepted ones', () => {
    const found = (['new', 'existing', 'waived', 'baseline'] as const).map((status, at) =>
      finding({ status, line: at + 1 }),
    );
    const { results } = run(reportOf(found));
    expect(results.map(({ baselineState }) => baselineState)).toEqual([
      'new',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(results.map(({ suppressions }) => suppressions?.[0]?.justification)).toEqual([
      undefined,
      undefined,
      'A waiver of the policy accepts it until its date.',
      'It is in the baseline of the repository.',
    ]);
    const whole = run(reportOf(found, { compared: { mode: 'full' } }));
    expect(whole.results.every(({ baselineState }) => baselineState === undefined)).toBe(true);
  });

  it('is a run without results when there is nothing', () => {
    expect(run(reportOf([])).results).toEqual([]);
  });

  it('writes paths as addresses', () => {
    const { results } = run(reportOf([finding({ file: 'a b/ü/100%/#x?/go.mod' })]));
    expect(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
      'a%20b/%C3%BC/100%25/%23x%3F/go.mod',
    );
  });

  it('keeps the worst 25,000 and says so', () => {
    const notes = Array.from({ length: 25_100 }, (_, at) => finding({ level: 'note', line: at + 1 }));
    const report = reportOf([...notes, finding({ line: 77_777 })]);
    const { results, invocations } = run(report);
    expect(results).toHaveLength(25_000);
    expect(results[0]?.locations[0]?.physicalLocation.region.startLine).toBe(77_777);
    expect(invocations[0]?.toolExecutionNotifications[0]?.message.text).toBe(
      '… and 101 more findings; see --format json',
    );
    expect(render('sarif', report).cut).toBe('… and 101 more findings; see --format json');
  });

  it('stays below 10 MB after gzip', () => {
    // Texts that gzip cannot make smaller, the same in every run.
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    const noise = () => cipher.update(Buffer.alloc(3000)).toString('base64');
    const many = Array.from({ length: 4500 }, (_, at) => finding({ line: at + 1, message: noise() }));
    const { text, cut } = render('sarif', reportOf(many));
    expect(gzipSync(text).length).toBeLessThanOrEqual(10_000_000);
    expect(gzipSync(text).length).toBeGreaterThan(9_000_000);
    expect(cut).toMatch(/^… and \d+ more findings/);
    expect(run(reportOf(many), { maxBytes: 50_000 }).results.length).toBeGreaterThan(5);
    expect(render('sarif', reportOf(many), { maxBytes: 50_000 }).text.length).toBeLessThanOrEqual(50_000);
  });

  it('is valid and harmless with hostile text, and has no link in a message', () => {
    fc.assert(
      fc.property(hostileReport, report => {
        const { text } = render('sarif', report, { rulesUrl });
        expect(text).not.toMatch(ACTIVE);
        for (const line of text.split('\n')) expect(readCommand(line)).toBeUndefined();
        const { results } = run(report, { rulesUrl });
        expect(results).toHaveLength(report.findings.length);
        for (const { message, locations } of results) {
          expect(message.text).not.toMatch(ACTIVE);
          expect(message.text).not.toContain('](');
          expect(() =>
            decodeURIComponent(locations[0]?.physicalLocation.artifactLocation.uri ?? ''),
          ).not.toThrow();
        }
      }),
      { numRuns: 200 },
    );
  });
});
