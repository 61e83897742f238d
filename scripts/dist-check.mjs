// Builds into a temporary directory and compares with the committed dist/; also checks what is imported when.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, ROOT } from './build.mjs';
import { LEAN_ENTRIES } from './bundle/entries.mjs';

const fresh = await mkdtemp(path.join(tmpdir(), 'modgate-dist-'));
try {
  const chunks = await build(fresh);
  const problems = [...importProblems(chunks), ...(await differences(fresh, path.join(ROOT, 'dist')))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write(`dist/ is what the sources give (${chunks.length} files)\n`);
} finally {
  await rm(fresh, { recursive: true, force: true });
}

/** What runs before the first line of a lean entry must be ours and Node's, and nothing may be left to npm. */
function importProblems(chunks) {
  const byName = new Map(chunks.map(c => [c.fileName, c]));
  const problems = [];
  for (const chunk of chunks) {
    for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
      if (!byName.has(name) && !isBuiltin(name))
        problems.push(`dist/${chunk.fileName} imports ${name}, which is not in dist/.`);
    }
  }
  for (const entry of LEAN_ENTRIES.filter(e => byName.has(e))) {
    const closure = new Map([[entry, entry]]);
    for (const [name, trail] of closure) {
      for (const next of byName.get(name)?.imports ?? []) {
        if (!closure.has(next)) closure.set(next, `${trail} > ${next}`);
      }
    }
    for (const [name, trail] of closure) {
      if (name.startsWith('vendor/') && name !== 'vendor/rolldown-runtime.js') {
        problems.push(`dist/${entry} loads a dependency before it runs: ${trail}. Import it lazily in src/.`);
      }
    }
  }
  return problems;
}

/** Names every file that is not the same, byte for byte, in both directories. */
async function differences(built, committed) {
  const names = new Set([...(await files(built)), ...(await files(committed))]);
  const different = [];
  for (const name of [...names].sort()) {
    const [a, b] = await Promise.all(
      [built, committed].map(dir => readFile(path.join(dir, name)).catch(() => null)),
    );
    if (!a || !b || !a.equals(b))
      different.push(`dist/${name} ${!a ? 'is left over' : !b ? 'is missing' : 'differs'}`);
  }
  return different.length === 0 ? [] : [...different, 'Run npm run build and commit dist/.'];
}

async function files(dir) {
  const found = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter(f => f.isFile())
    .map(f => path.relative(dir, path.join(f.parentPath, f.name)).replaceAll('\\', '/'));
}
