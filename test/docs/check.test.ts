import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/errors.ts';
import { FORMATS } from '../../src/report/render.ts';
import { modgate } from '../support/modgate.ts';
import { codeSpans, read, section, tableRows } from './markdown.ts';

describe('docs/check.md', () => {
  it('has every option of modgate check, and no other', async () => {
    const help = await modgate(['check', '--help'], { env: process.env });
    expect(help.code).toBe(0);
    const real = [...help.stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
    expect(real.length).toBeGreaterThan(5);
    const rows = tableRows(section(await read('docs/check.md'), '## Options'));
    const told = rows.map(([first = '']) => codeSpans(first)[0]?.split(' ')[0]);
    expect(told.toSorted()).toEqual(real.toSorted());
    const [, formats = ''] = rows.find(([first = '']) => first.includes('--format')) ?? [];
    expect(codeSpans(formats)).toEqual([...FORMATS]);
  });

  it('has the exit codes of the contract', async () => {
    const rows = tableRows(section(await read('docs/check.md'), '## Exit codes'));
    expect(rows.map(([code]) => Number(code))).toEqual(Object.values(EXIT).toSorted());
  });
});
