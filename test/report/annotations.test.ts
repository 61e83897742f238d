import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/report/render.ts';
import type { CheckReport } from '../../src/report/types.ts';
import { ACTIVE, hostileReport } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const lines = (report: CheckReport, options = {}) =>
  render('github', report, options).text.split('\n').slice(0, -1);

describe('annotations', () => {
  it('the runner reads back file, token, title and text', () => {
    const [summary, first] = lines(reportOf([finding({ file: 'a,b/c:d/100%/go.mod' })])).map(readCommand);
    expect(summary).toMatchObject({ name: 'error', properties: { title: 'modgate' } });
    expect(summary?.data).toContain('1 error is new');
    expect(first).toEqual({
      name: 'error',
      properties: {
        file: 'a,b/c:d/100%/go.mod',
        line: '12',
        endLine: '12',
        col: '34',
        endColumn: '44',
        title: 'modgate: replace/local-escapes',
      },
      data: [
        'replacement "../../fork" of "github.com/public/lib" is outside of the repository',
        'Why: what is built is then not what was reviewed: nobody else has that directory',
        'Fix: go mod edit -dropreplace=github.com/public/lib services/api/go.mod',
      ].join('\n'),
    });
  });

  it('names each level as the runner does, and files below the workspace', () => {
    const found = [finding({ level: 'note' }), finding({ level: 'warning' }), finding()];
    const commands = lines(reportOf(found), { prefix: 'src/mono/' }).map(readCommand);
    expect(commands.map(command => command?.name)).toEqual(['error', 'error', 'warning', 'notice']);
    expect(commands[1]?.properties.file).toBe('src/mono/services/api/go.mod');
  });

  it('leaves columns out of a place with several lines, where the runner drops them', () => {
    const [, command] = lines(reportOf([finding({ endLine: 14 })])).map(readCommand);
    expect(Object.keys(command?.properties ?? {})).toEqual(['file', 'line', 'endLine', 'title']);
  });

  it('makes at most ten of a level, the summary and the worst first, and says what was cut', () => {
    const many = ['note', 'warning', 'error'] as const;
    const report = reportOf(
      many.flatMap(level => Array.from({ length: 30 }, (_, at) => finding({ level, line: at + 1 }))),
    );
    const { text, cut } = render('github', report, { whole: 'the artifact' });
    const commands = text.split('\n').map(readCommand);
    const named = (name: string) => commands.filter(command => command?.name === name).length;
    expect([named('error'), named('warning'), named('notice')]).toEqual([10, 10, 10]);
    expect(commands[0]?.properties.file).toBeUndefined();
    expect(cut).toBe('… and 61 more findings; see the artifact');
    expect(text.endsWith(`${cut}\n`)).toBe(true);
  });

  it('keeps a security error rather than one of hygiene', () => {
    const stale = Array.from({ length: 20 }, (_, at) => finding({ rule: 'replace/stale', line: at + 1 }));
    const commands = lines(reportOf([...stale, finding({ rule: 'sum/changed' })])).map(readCommand);
    expect(commands[1]?.properties.title).toBe('modgate: sum/changed');
  });

  it('is silent about what is known, and on success', () => {
    const known = ['existing', 'waived', 'baseline'] as const;
    const report = reportOf(known.map(status => finding({ status })));
    expect(render('github', report)).toEqual({ text: '' });
  });

  it('keeps a message within what GitHub takes', () => {
    const commands = lines(reportOf([finding({ message: 'x'.repeat(10_000), why: 'y'.repeat(10_000) })])).map(
      readCommand,
    );
    expect(commands[1]?.data.length).toBeLessThanOrEqual(4096);
    expect(commands[1]?.data.endsWith('…')).toBe(true);
  });

  it('no text from outside becomes a command, a property or something unseen', () => {
    fc.assert(
      fc.property(hostileReport, report => {
        const fresh = report.findings.filter(({ status }) => status === 'new');
        const out = lines(report);
        const commands = out.map(readCommand);
        expect(commands.length).toBe(fresh.length + (report.failed ? 1 : 0));
        for (const command of commands) {
          expect(['error', 'warning', 'notice']).toContain(command?.name);
          for (const key of Object.keys(command?.properties ?? {})) {
            expect(['file', 'line', 'endLine', 'col', 'endColumn', 'title']).toContain(key);
          }
          // The page of the run prints each line of the text; none may be read again.
          for (const line of command?.data.split('\n') ?? []) expect(readCommand(line)).toBeUndefined();
          expect(command?.data).not.toMatch(ACTIVE);
        }
        expect(out.join('\n')).not.toMatch(ACTIVE);
      }),
      { numRuns: 300 },
    );
  });
});
