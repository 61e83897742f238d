// Builds dist/: `node scripts/build.mjs [OUTDIR]`. The same sources and lock file give the same bytes.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';
import { chunkNamer, lazyName } from './bundle/chunks.mjs';
import { declarations } from './bundle/declarations.mjs';
import { ENTRIES, ENTRIES_COMPLETE, PUBLISHED, STAGES } from './bundle/entries.mjs';
import { thirdPartyLicences } from './bundle/licences.mjs';
import { locations } from './bundle/locations.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * Bundles every entry into a directory, which is replaced.
 *
 * @param {string} outDir absolute path
 * @returns {Promise<{fileName: string, isEntry: boolean, imports: string[], dynamicImports: string[]}[]>}
 *   the chunks, file names relative to `outDir`
 */
export async function build(outDir) {
  const present = Object.entries(ENTRIES).filter(([source]) => existsSync(path.join(ROOT, source)));
  const missing = Object.keys(ENTRIES).filter(source => !existsSync(path.join(ROOT, source)));
  if (missing.length > 0 && ENTRIES_COMPLETE)
    throw new Error(`These entries are missing: ${missing.join(', ')}.`);
  for (const source of missing) process.stderr.write(`build: ${source} does not exist yet, skipped\n`);
  if (missing.length === 0 && !ENTRIES_COMPLETE) {
    process.stderr.write(
      'build: all entries exist: set ENTRIES_COMPLETE in scripts/bundle/entries.mjs to true\n',
    );
  }
  if (present.length === 0) throw new Error('There is nothing to build.');

  const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const bundle = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(
      present.map(([source, out]) => [out.replace(/\.js$/, ''), path.join(ROOT, source)]),
    ),
    platform: 'node',
    // The oldest Node of package.json: `await using`, for one, came later.
    transform: { target: 'node22' },
    preserveEntrySignatures: 'allow-extension',
    plugins: [locations(ROOT, ENTRIES), shebang()],
    onLog(_level, log, handler) {
      // A dependency's own oddities (eval, circular imports) are not ours to mend; what cannot be found is.
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      if (log.id?.includes('node_modules') || log.loc?.file?.includes('node_modules')) return;
      handler('warn', log);
    },
  });
  try {
    const { output } = await bundle.generate({
      format: 'es',
      entryFileNames: '[name].js',
      minifyInternalExports: false,
      chunkFileNames: chunk => `${lazyName(ROOT, chunk) ?? chunk.name}.js`,
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [
          {
            debugName: 'rooms and dependencies',
            name: chunkNamer(
              ROOT,
              present.map(([source]) => path.join(ROOT, source)),
              STAGES.map(([suffix, roots]) => [suffix, roots.map(source => path.join(ROOT, source))]),
              Object.keys(manifest.dependencies),
            ),
          },
        ],
      },
    });
    const chunks = output.filter(o => o.type === 'chunk');
    checkNames(
      chunks,
      present.map(([, out]) => out),
    );
    await rm(outDir, { recursive: true, force: true });
    for (const chunk of chunks) {
      const file = path.join(outDir, chunk.fileName);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, withoutWhitespace(chunk));
    }
    for (const source of PUBLISHED) {
      for (const [name, text] of await declarations(ROOT, source, ENTRIES[source])) {
        const file = path.join(outDir, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
      }
    }
    if (existsSync(path.join(outDir, 'cli.js'))) await chmod(path.join(outDir, 'cli.js'), 0o755);
    // A copy of dist/ works below any package.json: Node takes the module type from the nearest one.
    await writeFile(path.join(outDir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(
      path.join(outDir, 'THIRD-PARTY-LICENSES.txt'),
      thirdPartyLicences(chunks.flatMap(c => Object.keys(c.modules))),
    );
    return chunks;
  } finally {
    await bundle.close();
  }
}

/** A name that the groups did not give would depend on the order of modules. */
function checkNames(chunks, entries) {
  const strange = chunks.map(c => c.fileName).filter(f => !entries.includes(f) && !/^(lib|vendor)\//.test(f));
  if (strange.length > 0) throw new Error(`Chunks without a stable name: ${strange.join(', ')}.`);
  const numbered = chunks
    .map(c => c.fileName)
    .filter(f => chunks.some(c => f === c.fileName.replace(/\.js$/, '2.js')));
  if (numbered.length > 0) throw new Error(`Two chunks want one name: ${numbered.join(', ')}.`);
}

/** Takes the white space out of vendored code, which nobody reads in a review; names stay as they are. */
function withoutWhitespace(chunk) {
  if (!chunk.fileName.startsWith('vendor/')) return chunk.code;
  const result = minifySync(chunk.fileName, chunk.code, {
    module: true,
    compress: false,
    mangle: false,
    codegen: { removeWhitespace: true },
  });
  if (result.errors.length > 0) throw new Error(`${chunk.fileName}: ${result.errors[0].message}`);
  return `${result.code.trimEnd()}\n`;
}

function shebang() {
  return {
    name: 'modgate-shebang',
    renderChunk(code, chunk) {
      if (chunk.fileName !== 'cli.js') return null;
      return { code: `#!/usr/bin/env node\n${code.replace(/^#!.*\n/, '')}`, map: null };
    },
  };
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outDir = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist'));
  const chunks = await build(outDir);
  process.stdout.write(`built ${chunks.length} files in ${path.relative(process.cwd(), outDir) || '.'}\n`);
}
