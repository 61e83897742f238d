import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/policy/finding.ts';
import { render } from '../../src/report/render.ts';
import type { CheckReport, RenderOptions } from '../../src/report/types.ts';
import { columns } from '../../src/report/width.ts';
import { ACTIVE, hostileReport, hostileText } from './hostile.ts';
import { readCommand } from './runner-commands.ts';
import { finding, reportOf } from './sample.ts';

const text = (report: CheckReport, options: RenderOptions = {}) => render('text', report, options).text;

/** A finding on a token of a line, rendered with that line. */
function shown(source: string, token: string, options: RenderOptions = {}, parts: Partial<Finding> = {}) {
  const column = source.indexOf(token) + 1;
  const found = finding({ column, endColumn: column + token.length, ...parts });
  const lines = text(reportOf([found]), { ...options, source: () => source }).split('\n');
  return { line: lines[1] ?? '', carets: lines[2] ?? '' };
}

/** What stands above the carets, as a terminal lines them up. */
function marked({ line, carets }: { line: string; carets: string }): string {
  const from = columns(carets) - columns(carets.trimStart().replace('| ', '').trimStart());
  let at = 0;
  let out = '';
  for (const character of line) {
    if (at >= from && at < columns(carets)) out += character;
    at += columns(character);
  }
  return out;
}

describe('the text report', () => {
  it('shows where, what, the exact token, why, how, and what it adds up to', () => {
    const source = 'replace github.com/public/lib => ../../fork // ticket';
    const report = reportOf([finding()], {
      notices: [{ level: 'warning', text: 'the waiver at .modgate.yaml:14 ends in 9 days' }],
    });
    expect(text(report, { source: () => source })).toBe(`\
services/api/go.mod:12:34: error: replacement "../../fork" of "github.com/public/lib" is outside of the repository [replace/local-escapes]
   12 | replace github.com/public/lib => ../../fork // ticket
      |                                  ^^^^^^^^^^
      why: what is built is then not what was reviewed: nobody else has that directory
      fix: go mod edit -dropreplace=github.com/public/lib services/api/go.mod

modgate: failed: 1 error is new; 12 files and 48 modules were checked
  compared: with main at 1a2b3c4d5e6f
  policy: .modgate.yaml at 1a2b3c4d5e6f
  skipped: 4 below vendor
  warning: the waiver at .modgate.yaml:14 ends in 9 days
`);
  });

  it('says what was not compared, not there, and all right', () => {
    const empty = reportOf([], {
      compared: { mode: 'full' },
      policy: { files: [] },
      skipped: [],
      summary: { ...reportOf([]).summary, files: 0, modules: 0 },
    });
    expect(text(empty)).toBe(`\
modgate: passed: there is no go.mod or go.work file here, so there is nothing to check
  compared: with no base, so every finding counts
  policy: the default one
`);
    expect(text(reportOf([]))).toContain(
      'modgate: passed: nothing new was found; 12 files and 48 modules were checked\n',
    );
    expect(text(reportOf([], { compared: { mode: 'full' } }))).toContain('passed: no findings; 12 files');
  });

  it('colours only when told to', () => {
    const report = reportOf([finding(), finding({ level: 'warning' })]);
    const source = () => 'replace github.com/public/lib => ../../fork';
    const bare = text(report, { source });
    const coloured = text(report, { source, color: true });
    expect(bare).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[31m\x1b[1m^^^^^^^^^^\x1b[0m');
    expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(bare);
  });

  it('lists what is known, fixed and previewed in a line each', () => {
    const out = text(
      reportOf([finding({ status: 'existing' }), finding({ status: 'waived', rule: 'sum/changed' })], {
        fixed: [finding({ line: 99 })],
        preview: { file: '.modgate.yaml', findings: [finding({ line: 3 })], failed: true },
      }),
    );
    expect(out).toContain(
      'Known, and no reason to fail:\n  services/api/go.mod:12:34: existing: replacement',
    );
    expect(out).toContain('  services/api/go.mod:12:34: waived: ');
    expect(out).toContain('Fixed since the base:\n  services/api/go.mod:99:34: fixed: ');
    expect(out).toContain(
      'which counts once it is merged. By the edited one it would fail, with 1 finding:\n  services/api/go.mod:3:34: then error: ',
    );
    expect(out).toContain('  besides: 1 that the base has too, 1 waived, 1 fixed\n');
    expect(out).not.toContain('why:');
  });

  it('tells how the edited policy differs, and only that', () => {
    const [same, stricter, gone] = [
      finding({ line: 1 }),
      finding({ line: 2, level: 'warning' }),
      finding({ line: 3 }),
    ];
    const then = (findings: readonly Finding[], failed: boolean) =>
      text(reportOf([same, stricter, gone], { preview: { file: '.modgate.yaml', findings, failed } }));
    expect(then([same, stricter, gone], true)).toContain('it would fail, with the same 3 findings.\n\n');
    expect(then([same, { ...stricter, level: 'error' }], true)).toContain(`\
it would fail, with 2 findings:
  services/api/go.mod:2:34: then error: ${same.message} [replace/local-escapes]
  services/api/go.mod:3:34: no error then: ${same.message} [replace/local-escapes]
  services/api/go.mod:2:34: no warning then: ${same.message} [replace/local-escapes]
`);
    expect(then([], false)).toContain('it would pass, with no findings:\n');
  });

  it('tells of a policy in the change that cannot be used', () => {
    const preview = {
      file: '.modgate.yaml',
      findings: [],
      failed: false,
      invalid: '3:1 unknown key\n4:1 too',
    };
    expect(text(reportOf([], { preview }))).toContain(
      'This change makes .modgate.yaml unusable; the policy of the base was used:\n  3:1 unknown key\n  4:1 too\n',
    );
  });

  it('keeps the findings of a file together, in the order of its lines', () => {
    const found = [
      finding({ file: 'b/go.mod', line: 9, level: 'warning' }),
      finding({ file: 'a/go.mod', line: 7 }),
      finding({ file: 'b/go.mod', line: 2 }),
      finding({ file: 'a/go.mod', line: 3, level: 'note' }),
    ];
    const places = text(reportOf(found)).match(/^[ab]\/go\.mod:\d+/gm);
    expect(places).toEqual(['a/go.mod:3', 'a/go.mod:7', 'b/go.mod:2', 'b/go.mod:9']);
  });

  it('wraps sentences to the terminal and leaves commands whole', () => {
    const command = `go mod edit -dropreplace=github.com/${'long/'.repeat(20)}lib go.mod`;
    const found = finding({ why: 'many words '.repeat(30).trim(), fix: `Drop it: ${command}` });
    const out = text(reportOf([found]), { width: 80 });
    const told = out.split('\n').filter(line => line.includes('words'));
    expect(told.length).toBeGreaterThan(4);
    for (const line of told) expect(line.length).toBeLessThanOrEqual(80);
    expect(out).toContain(`      fix: Drop it:\n           ${command}\n`);
    const unwrapped = text(reportOf([found]))
      .split('\n')
      .filter(line => line.includes('words'));
    expect(unwrapped).toHaveLength(1);
  });

  it('counts what is too much to show', () => {
    const many = Array.from({ length: 700 }, (_, at) => finding({ line: at + 1 }));
    const { text: out, cut } = render('text', reportOf(many), {});
    expect(out.match(/: error: /g)).toHaveLength(500);
    expect(cut).toBe('… and 200 more findings; see --format json');
    expect(out).toContain(cut);
  });
});

describe('the source line', () => {
  it('has its carets under the token behind tabs and wide characters', () => {
    expect(marked(shown('\t\tgithub.com/a/b v1.2.3', 'v1.2.3'))).toBe('v1.2.3');
    expect(marked(shown('require 模块/模块 v1.2.3', '模块/模块'))).toBe('模块/模块');
    expect(marked(shown('// 👍 e\u0301 x', 'x'))).toBe('x');
    expect(marked(shown('a // \u{20000}\u{20000} x', '\u{20000}\u{20000}'))).toBe('\u{20000}\u{20000}');
  });

  it('shows what cannot be seen, and the carets count it', () => {
    const both = shown('a \u202eb\u0000 token', 'token');
    expect(both.line).toContain('a \\u202eb\\u0000 token');
    expect(marked(both)).toBe('token');
  });

  it('is cut around the token when it is long', () => {
    const source = `${'x'.repeat(500_000)} needle ${'y'.repeat(500_000)}`;
    const both = shown(source, 'needle', { width: 80 });
    expect(columns(both.line)).toBeLessThanOrEqual(80);
    expect(both.line).toMatch(/\| …x+ needle y+…$/);
    expect(marked(both)).toBe('needle');
  });

  it('shows the beginning of a token that is longer than the terminal', () => {
    const both = shown(`replace ${'z'.repeat(1_000_000)} => ./x`, 'z'.repeat(1_000_000), { width: 80 });
    expect(both.line).toMatch(/\| replace z+…$/);
    expect(columns(both.line)).toBeLessThanOrEqual(80);
    expect(marked(both)).toMatch(/^z{50,}…$/);
  });

  it('has one caret for an empty token, and after the end of the line', () => {
    expect(shown('module x', 'x', {}, { endColumn: 8 }).carets).toBe('      |        ^');
    expect(shown('', '', {}, { column: 1, endColumn: 1 }).carets).toBe('      | ^');
    expect(shown('go', 'go', {}, { column: 50, endColumn: 52 }).carets).toBe('      |   ^');
  });

  it('stays harmless and in its columns, whatever the line and the place', () => {
    fc.assert(
      fc.property(
        hostileText,
        fc.nat(80),
        fc.nat(80),
        fc.integer({ min: 40, max: 120 }),
        (line, at, more, width) => {
          const source = line.replaceAll('\n', ' ');
          const found = finding({ column: at + 1, endColumn: at + 1 + more });
          const out = text(reportOf([found]), { source: () => source, width })
            .split('\n')
            .slice(1, 3);
          for (const row of out) {
            expect(columns(row)).toBeLessThanOrEqual(width);
            expect(row).not.toMatch(ACTIVE);
            expect(readCommand(row)).toBeUndefined();
          }
          expect(out[1]).toMatch(/^ +\| *\^+$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('hostile text in the text report', () => {
  it('is no command to a runner, moves no cursor and turns nothing around', () => {
    fc.assert(
      fc.property(hostileReport, fc.option(fc.integer({ min: 20, max: 200 })), (report, width) => {
        const options = { source: (file: string) => file, ...(width === null ? {} : { width }) };
        const out = text(report, options);
        expect(out).not.toMatch(ACTIVE);
        for (const line of out.split('\n')) expect(readCommand(line)).toBeUndefined();
        expect(out).not.toMatch(/##\[|^\s*::/m);
        const coloured = text(report, { ...options, color: true });
        expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(out);
      }),
      { numRuns: 300 },
    );
  });

  it('is escaped for the log by the platform too', () => {
    const report = reportOf([finding({ message: 'a::b' })]);
    expect(text(report, { escape: line => line.replaceAll('::', ': :') })).toContain('error: a: :b [');
  });

  it('is bounded', () => {
    const mega = 'm'.repeat(1 << 20);
    const report = reportOf([finding({ message: mega, why: mega, fix: mega, file: mega })], {
      fixed: [finding({ message: mega })],
      notices: [{ level: 'note', text: mega }],
      policy: { files: [mega] },
    });
    expect(text(report).length).toBeLessThan(40_000);
  });
});
