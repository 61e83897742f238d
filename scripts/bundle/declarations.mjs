import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where declarations of src/ lie in dist/. */
const FOLDER = 'types';

/**
 * The type declarations of a published entry: its own, which only points on, and those of every source file that it
 * names. Other people's compilers read them, so they name each other as JavaScript files, which all of them understand.
 *
 * @param {string} root absolute path of the repository
 * @param {string} source the entry, as `src/gomod/index.ts`
 * @param {string} built its bundle below dist/, as `gomod.js`
 * @returns {Promise<Map<string, string>>} file below dist/ -> text
 */
export async function declarations(root, source, built) {
  const temp = await mkdtemp(path.join(tmpdir(), 'modgate-types-'));
  try {
    compile(root, source, temp);
    const entry = path.posix.relative('src', source).replace(/\.ts$/, '.d.ts');
    const out = new Map();
    const queue = [entry];
    for (const name of queue) {
      const text = await readFile(path.join(temp, name), 'utf8');
      const rewritten = text.replace(/(\bfrom |\bimport\()'(\.[^']+)\.ts'/g, (_all, before, target) => {
        const next = path.posix.join(path.posix.dirname(name), `${target}.d.ts`);
        if (!queue.includes(next)) queue.push(next);
        return `${before}'${target}.js'`;
      });
      out.set(`${FOLDER}/${name}`, rewritten.replaceAll('\r\n', '\n'));
    }
    const target = `./${FOLDER}/${entry.replace(/\.d\.ts$/, '.js')}`;
    out.set(built.replace(/\.js$/, '.d.ts'), `export * from '${target}';\n`);
    return out;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** Runs the compiler with the settings of tsconfig.json, for one entry and for declarations only. */
function compile(root, source, outDir) {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const settings = [
    ...['--target', 'ES2023', '--lib', 'ES2023', '--module', 'NodeNext', '--moduleResolution', 'NodeNext'],
    ...['--types', 'node', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
    ...[
      '--verbatimModuleSyntax',
      '--erasableSyntaxOnly',
      '--rewriteRelativeImportExtensions',
      '--skipLibCheck',
    ],
    ...['--declaration', '--emitDeclarationOnly', '--newLine', 'lf'],
  ];
  const args = [tsc, '--ignoreConfig', ...settings, '--rootDir', 'src', '--outDir', outDir, source];
  try {
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`No declarations of ${source}:\n${error.stdout}${error.stderr}`);
  }
}
