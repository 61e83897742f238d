import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmlessJson } from '../../src/report/json.ts';
import { render } from '../../src/report/render.ts';
import { ACTIVE, hostileReport } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const read = (text: string): unknown => JSON.parse(text);

describe('the JSON report', () => {
  it('is the report, with the names of the contract', () => {
    const found = [finding(), finding({ status: 'waived' })];
    const report = reportOf(found, { fixed: [finding({ line: 3 })] });
    const parsed = read(render('json', report).text) as Record<string, unknown>;
    expect(parsed).toMatchObject({
      schema: 1,
      failed: true,
      findings: found,
      fixed: report.fixed,
      summary: { files: 12, modules: 48, errors: 1, warnings: 0, waived: 1, baseline: 0 },
      compared: report.compared,
    });
    expect(Object.keys((parsed.findings as object[])[0] ?? {})).toEqual(
      'rule level file line column endLine endColumn module message why fix fingerprint status'.split(' '),
    );
  });

  it('has every finding, however many', () => {
    const many = Array.from({ length: 3000 }, (_, at) => finding({ line: at + 1 }));
    const parsed = read(render('json', reportOf(many)).text) as { findings: unknown[] };
    expect(parsed.findings).toHaveLength(3000);
  });

  it('bounds each text', () => {
    const mega = 'm'.repeat(1 << 20);
    const report = reportOf([
      finding({ message: mega, module: mega, version: mega, file: mega, why: mega, fix: mega }),
    ]);
    expect(render('json', report).text.length).toBeLessThan(30_000);
  });

  it('holds nothing that acts on a terminal or a log, and reads back the same', () => {
    fc.assert(
      fc.property(hostileReport, report => {
        const { text } = render('json', report);
        expect(text).not.toMatch(ACTIVE);
        for (const line of text.split('\n')) expect(readCommand(line)).toBeUndefined();
        expect(read(text)).toEqual(
          JSON.parse(
            JSON.stringify({
              schema: 1,
              failed: report.failed,
              findings: report.findings,
              summary: report.summary,
              fixed: report.fixed,
              skipped: report.skipped,
              compared: report.compared,
              policy: report.policy,
              preview: report.preview,
              notices: report.notices,
            }),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('escapes without changing any value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(read(harmlessJson([text]))).toEqual([text]);
      }),
    );
  });
});
