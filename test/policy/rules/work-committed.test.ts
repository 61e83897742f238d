import { describe, expect, it } from 'vitest';
import { workCommitted } from '../../../src/policy/rules/work-committed.ts';
import { found } from './found.ts';
import { publishedFiles, realGo } from './real.ts';

describe('work/committed', () => {
  it('reports each tracked go.work, also a broken or empty one, at its first line', () => {
    const files = {
      'go.work': 'go 1.26\n',
      'sub/go.work': 'use (',
      'x/go.work': '',
      'go.work.sum': '',
      'go.mod': 'module m\n',
    };
    expect(found(workCommitted, files).map(one => [one.place.file, one.place.line])).toEqual([
      ['go.work', 1],
      ['sub/go.work', 1],
      ['x/go.work', 1],
    ]);
  });

  it('reports that of a real repository, and nothing in one without', async () => {
    await using go = await realGo();
    const files = (module: string, version: string) =>
      publishedFiles(go, module, version, ['go.mod', 'go.work']);
    expect(found(workCommitted, await files('github.com/go-openapi/testify/v2', 'v2.6.0'))).toHaveLength(1);
    expect(found(workCommitted, await files('github.com/spf13/cobra', 'v1.9.1'))).toEqual([]);
  });

  it('writes a command that no name of a directory can break out of', () => {
    const [one] = found(workCommitted, { "a'; rm -rf $HOME #/go.work": 'go 1.26\n' });
    expect(one?.fix).toContain("git rm --cached 'a'\\''; rm -rf $HOME #/go.work'");
  });
});
