import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/doctor/limits.ts';
import { type Diagnosis, doctorText } from '../../src/doctor/report.ts';
import { PROBES } from '../../src/doctor/types.ts';
import { modgate } from '../support/modgate.ts';
import { codeSpans, fenced, names, read, section, tableRows } from './markdown.ts';

const page = await read('docs/doctor.md');

describe('docs/doctor.md', () => {
  it('has every option of modgate doctor, and no other', async () => {
    const help = await modgate(['doctor', '--help'], { env: process.env });
    expect(help.code).toBe(0);
    const real = [...help.stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
    expect(real.length).toBeGreaterThan(2);
    const rows = tableRows(section(page, '## Options'));
    const told = rows.map(([first = '']) => codeSpans(first)[0]?.split(' ')[0]);
    expect(told.toSorted()).toEqual(real.toSorted());
  });

  it('has every check, and what it shows is what is printed', () => {
    expect(names(tableRows(section(page, '## What it tries'))).toSorted()).toEqual(PROBES.toSorted());
    const [text] = fenced(page, 'text');
    const [json = ''] = fenced(page, 'json');
    const { checks, summary } = JSON.parse(json) as Pick<Diagnosis, 'checks'> & { summary: Diagnosis };
    expect(doctorText({ checks, ms: summary.ms })).toBe(text);
  });

  it('has the limits that are kept', () => {
    expect(section(page, '## What it tries').replaceAll(/\s+/g, ' ')).toContain(
      `${LIMITS.parallel} at once, ${LIMITS.probeMs / 1000} s for each step`,
    );
    expect(LIMITS.runMs).toBe(30_000);
  });
});
