import { readFile } from 'node:fs/promises';
import { writeProject } from '../go.ts';

/**
 * Modules that need no others, with the package of each that is imported. Small ones: every test that has a machine of
 * its own makes go unpack them, and a file costs more than its bytes.
 */
const MODULES = {
  'github.com/google/uuid': ['v1.6.0', 'github.com/google/uuid'],
  'golang.org/x/sync': ['v0.16.0', 'golang.org/x/sync/errgroup'],
  'github.com/Masterminds/semver/v3': ['v3.4.0', 'github.com/Masterminds/semver/v3'],
  'github.com/dustin/go-humanize': ['v1.0.1', 'github.com/dustin/go-humanize'],
  'github.com/hashicorp/errwrap': ['v1.0.0', 'github.com/hashicorp/errwrap'],
  'github.com/go-chi/chi/v5': ['v5.2.2', 'github.com/go-chi/chi/v5'],
} as const;

export type SmallModule = keyof typeof MODULES;

const FIRST: readonly SmallModule[] = [
  'github.com/Masterminds/semver/v3',
  'github.com/google/uuid',
  'golang.org/x/sync',
];

/** Modules that `smallProject` needs unless told others. */
export const SMALL_COUNT = FIRST.length;

/** Bytes of their zips as the upstream sends them. */
export const SMALL_BYTES = 37_350 + 31_981 + 25_707;

/** A Go program with real modules that need no others; sums are those of examples/hello. */
export async function smallProject(dir: string, modules: readonly SmallModule[] = FIRST): Promise<void> {
  const sums = await readFile(new URL('../../../examples/hello/go.sum', import.meta.url), 'utf8');
  const wanted = modules.map(path => `${path} ${MODULES[path][0]}`);
  const lines = sums.split('\n').filter(line => wanted.some(start => line.startsWith(start)));
  if (lines.length !== 2 * wanted.length) throw new Error('examples/hello/go.sum has other versions now');
  await writeProject(dir, {
    'go.mod': `module example.com/small\n\ngo 1.24.0\n\nrequire (\n${wanted.map(w => `\t${w}\n`).join('')})\n`,
    'go.sum': `${lines.join('\n')}\n`,
    'main.go': [
      'package main',
      '',
      'import (',
      ...modules.map(path => `\t_ "${MODULES[path][1]}"`),
      ')',
      '',
      'func main() {}',
      '',
    ].join('\n'),
  });
}
