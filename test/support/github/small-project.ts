import { readFile } from 'node:fs/promises';
import { writeProject } from '../go.ts';

const MODULES = {
  'github.com/BurntSushi/toml': 'v1.5.0',
  'github.com/google/uuid': 'v1.6.0',
  'golang.org/x/sync': 'v0.16.0',
} as const;

/** Modules that `smallProject` needs. */
export const SMALL_COUNT = Object.keys(MODULES).length;

/** A Go program with three real modules that need no others; sums are those of examples/hello. */
export async function smallProject(dir: string): Promise<void> {
  const sums = await readFile(new URL('../../../examples/hello/go.sum', import.meta.url), 'utf8');
  const wanted = Object.entries(MODULES).map(([path, version]) => `${path} ${version}`);
  const lines = sums.split('\n').filter(line => wanted.some(start => line.startsWith(start)));
  if (lines.length !== 2 * wanted.length) throw new Error('examples/hello/go.sum has other versions now');
  await writeProject(dir, {
    'go.mod': `module example.com/small\n\ngo 1.24.0\n\nrequire (\n${wanted.map(w => `\t${w}\n`).join('')})\n`,
    'go.sum': `${lines.join('\n')}\n`,
    'main.go': [
      'package main',
      '',
      'import (',
      '\t"fmt"',
      '\t"github.com/BurntSushi/toml"',
      '\t"github.com/google/uuid"',
      '\t"golang.org/x/sync/errgroup"',
      ')',
      '',
      'func main() {',
      '\tvar g errgroup.Group',
      '\tfmt.Println(toml.Unmarshal(nil, new(int)), uuid.Nil, g.Wait())',
      '}',
      '',
    ].join('\n'),
  });
}
