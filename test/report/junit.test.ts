import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { render } from '../../src/report/render.ts';
import type { CheckReport } from '../../src/report/types.ts';
import { ACTIVE, hostileReport } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const xsd = readFileSync(new URL('../fixtures/report/jenkins-junit.xsd', import.meta.url), 'utf8');

async function problems(xml: string): Promise<readonly string[]> {
  const { valid, errors } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: xsd }],
  });
  return valid ? [] : errors.map(({ rawMessage }) => rawMessage);
}

interface TestCase {
  readonly name: string;
  readonly classname: string;
  readonly failure?: { readonly message: string; readonly type: string; readonly '#text': string };
  readonly skipped?: string;
  readonly 'system-out'?: string;
}

interface Suite {
  readonly name: string;
  readonly tests: string;
  readonly failures: string;
  readonly skipped: string;
  readonly testcase: readonly TestCase[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  trimValues: false,
  isArray: name => name === 'testsuite' || name === 'testcase',
  processEntities: true,
  htmlEntities: false,
});

function suites(report: CheckReport): readonly Suite[] {
  const { testsuites } = parser.parse(render('junit', report).text) as {
    testsuites: { testsuite: readonly Suite[]; tests: string; failures: string };
  };
  const sum = (of: 'tests' | 'failures') =>
    testsuites.testsuite.reduce((all, suite) => all + Number(suite[of]), 0);
  expect(Number(testsuites.tests)).toBe(sum('tests'));
  expect(Number(testsuites.failures)).toBe(sum('failures'));
  return testsuites.testsuite;
}

describe('the JUnit report', () => {
  it('has a suite a file and a case a rule', async () => {
    const report = reportOf([
      finding({ line: 1, file: 'a/go.mod' }),
      finding({ line: 2, file: 'a/go.mod' }),
      finding({ rule: 'replace/stale', level: 'warning', file: 'a/go.mod' }),
      finding({ rule: 'sum/changed', status: 'waived', file: 'b/go.sum' }),
    ]);
    expect(await problems(render('junit', report).text)).toEqual([]);
    const [a, b] = suites(report);
    expect([a?.name, a?.tests, a?.failures, a?.skipped]).toEqual(['a/go.mod', '2', '1', '0']);
    const [escapes, stale] = a?.testcase ?? [];
    expect([escapes?.name, escapes?.classname]).toEqual(['replace/local-escapes', 'a/go.mod']);
    expect(escapes?.failure?.message).toBe(finding().message);
    expect(escapes?.failure?.['#text']).toContain('a/go.mod:1:34: new error: ');
    expect(escapes?.failure?.['#text']).toContain('a/go.mod:2:34: new error: ');
    expect(escapes?.failure?.['#text']).toContain('\nfix: go mod edit ');
    expect(stale?.failure).toBeUndefined();
    expect(stale?.['system-out']).toContain('new warning: ');
    expect([b?.name, b?.skipped]).toEqual(['b/go.sum', '1']);
    expect(b?.testcase[0]?.skipped).toContain('waived error: ');
  });

  it('fails where the check fails, and nowhere else', () => {
    const warning = finding({ level: 'warning' });
    const failures = (report: CheckReport) => suites(report).map(suite => suite.failures);
    expect(failures(reportOf([warning]))).toEqual(['0']);
    expect(failures(reportOf([warning], { failed: true, failOn: 'warning' }))).toEqual(['1']);
    expect(failures(reportOf([finding()], { failed: false }))).toEqual(['0']);
    expect(failures(reportOf([finding({ status: 'existing' })]))).toEqual(['0']);
  });

  it('says that it ran when there is nothing', async () => {
    const { text } = render('junit', reportOf([]));
    expect(await problems(text)).toEqual([]);
    expect(suites(reportOf([]))[0]?.testcase[0]?.['system-out']).toContain('nothing new was found');
  });

  it('is bounded', async () => {
    const many = Array.from({ length: 3000 }, (_, at) => finding({ file: `m${at}/go.mod` }));
    const { text, cut } = render('junit', reportOf(many));
    expect(cut).toBe('… and 1000 more files and rules; see --format json');
    expect(text).toContain(cut);
    expect(await problems(text)).toEqual([]);
    const one = Array.from({ length: 500 }, (_, at) => finding({ line: at + 1 }));
    expect(suites(reportOf(one))[0]?.testcase[0]?.failure?.['#text']).toMatch(/\n… and 450 more$/);
  });

  it('the schema refuses what is no report', async () => {
    expect(await problems('<testsuites><testcase/></testsuites>')).not.toEqual([]);
    expect(await problems('<testsuites name="\u0001"/>')).not.toEqual([]);
  });

  it('is valid and harmless with hostile text', async () => {
    const reports = fc.sample(hostileReport, { numRuns: 150 });
    for (const report of reports) {
      const { text } = render('junit', report);
      expect(text).not.toMatch(ACTIVE);
      for (const line of text.split('\n')) expect(readCommand(line)).toBeUndefined();
      const cases = suites(report).flatMap(({ testcase }) => testcase);
      const expected = new Set(report.findings.map(({ file, rule }) => `${rule} ${file}`)).size;
      expect(cases.length).toBe(Math.max(1, expected));
      for (const found of cases) expect(JSON.stringify(Object.values(found))).not.toMatch(ACTIVE);
    }
    // One document of all of them, so that the schema is read once.
    const all = reports.map(
      report => /<testsuites[^>]*>([\s\S]*)<\/testsuites>/.exec(render('junit', report).text)?.[1],
    );
    expect(
      await problems(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${all.join('')}</testsuites>`),
    ).toEqual([]);
  });
});
