import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/report/render.ts';
import type { CheckReport } from '../../src/report/types.ts';
import { ACTIVE, hostileReport } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const schema = JSON.parse(
  readFileSync(new URL('../fixtures/report/code-quality.schema.json', import.meta.url), 'utf8'),
) as object;
const validate = new Ajv({ allErrors: true }).compile(schema);

interface Entry {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

function entries(report: CheckReport): Entry[] {
  const parsed: unknown = JSON.parse(render('codequality', report).text);
  expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
  return parsed as Entry[];
}

describe('the Code Quality report', () => {
  it('names what GitLab shows', () => {
    expect(entries(reportOf([finding({ file: './services/api/go.mod' })]))).toEqual([
      {
        description:
          'replacement "../../fork" of "github.com/public/lib" is outside of the repository. ' +
          'Fix: go mod edit -dropreplace=github.com/public/lib services/api/go.mod.',
        check_name: 'replace/local-escapes',
        fingerprint: finding({ file: './services/api/go.mod' }).fingerprint,
        severity: 'critical',
        location: { path: 'services/api/go.mod', lines: { begin: 12 } },
      },
    ]);
  });

  it('is an empty list without findings', () => {
    expect(render('codequality', reportOf([])).text).toBe('[]\n');
  });

  it('has what the base has too, for GitLab compares by itself, and nothing that is accepted', () => {
    const found = (['new', 'existing', 'waived', 'baseline'] as const).map((status, at) =>
      finding({ status, line: at + 1 }),
    );
    expect(entries(reportOf(found)).map(({ location }) => location.lines.begin)).toEqual([1, 2]);
  });

  it('weighs security above hygiene', () => {
    const severity = (parts: Parameters<typeof finding>[0]) =>
      entries(reportOf([finding(parts)]))[0]?.severity;
    const security = [
      'host/not-allowed',
      'module/denied',
      'sum/changed',
      'path/malformed',
      'path/lookalike',
      'env/bypass',
      'replace/target-not-allowed',
    ] as const;
    for (const rule of security) expect([rule, severity({ rule })]).toEqual([rule, 'critical']);
    for (const rule of [
      'replace/stale',
      'work/committed',
      'gomod/invalid',
      'policy/waiver-expired',
    ] as const) {
      expect([rule, severity({ rule })]).toEqual([rule, 'major']);
    }
    expect(severity({ rule: 'sum/changed', level: 'warning' })).toBe('minor');
    expect(severity({ rule: 'sum/changed', level: 'note' })).toBe('info');
  });

  it('is valid and harmless with hostile text', () => {
    fc.assert(
      fc.property(hostileReport, report => {
        const { text } = render('codequality', report);
        expect(text).not.toMatch(ACTIVE);
        for (const line of text.split('\n')) expect(readCommand(line)).toBeUndefined();
        const shown = report.findings.filter(({ status }) => status === 'new' || status === 'existing');
        const read = entries(report);
        expect(read.map(entry => entry.fingerprint).toSorted()).toEqual(
          shown.map(({ fingerprint }) => fingerprint).toSorted(),
        );
        for (const { description } of read) expect(description).not.toMatch(ACTIVE);
      }),
      { numRuns: 200 },
    );
  });
});
