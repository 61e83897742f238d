import { describe, expect, it } from 'vitest';
import { workReplace } from '../../../src/policy/rules/work-replace.ts';
import { found, said } from './found.ts';
import { goScript } from './real.ts';

describe('work/replace', () => {
  it('reports every replace of a go.work and marks its target; those of a go.mod are not meant', () => {
    const files = {
      'go.work':
        'go 1.26\n\nreplace (\n\texample.com/a => ./a\n\texample.com/b v1.0.0 => example.com/fork v1.0.1\n)\n',
      'go.mod': 'module m\n\nreplace example.com/c => ./c\n',
    };
    const all = found(workReplace, files);
    expect(said(files, all)).toEqual([
      'go.work:4 «./a» go.work replaces "example.com/a" with "./a"',
      'go.work:5 «example.com/fork» go.work replaces "example.com/b@v1.0.0" with "example.com/fork@v1.0.1"',
    ]);
    expect(all.map(one => one.module)).toEqual(['example.com/a', 'example.com/b']);
    expect(all[1]?.fix).toContain('-dropreplace=example.com/b@v1.0.0 go.work');
  });

  it('reports both of go’s own test of replaces in a workspace, and nothing in its other tests', async () => {
    const script = await goScript('work_replace');
    const files = { 'go.work': script['go.work'] ?? '', 'm/go.mod': script['m/go.mod'] ?? '' };
    expect(found(workReplace, files).map(one => [one.place.line, one.module])).toEqual([
      [3, 'example.com/dep'],
      [4, 'example.com/other'],
    ]);
    const other = await goScript('work_sum_mismatch');
    expect(found(workReplace, { 'go.work': other['go.work'] ?? '' })).toEqual([]);
  });

  it('takes hostile names and 10,000 lines', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `replace x.y/${i} => ./d${i}\n`).join('');
    expect(found(workReplace, { 'go.work': many })).toHaveLength(10_000);
    const [one] = found(workReplace, {
      'go.work': `replace "x.y/\\u202e" => "./\\x1b[31m${'d'.repeat(5_000)}"\n`,
    });
    expect(one?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(one?.message.length).toBeLessThan(500);
  });
});
