import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** npm is a script there, which only a shell starts. */
const npm = (args: readonly string[], cwd: string) =>
  process.platform === 'win32'
    ? runOk(process.env.ComSpec ?? 'cmd.exe', ['/d', '/s', '/c', NPM, ...args], { cwd })
    : runOk(NPM, args, { cwd });

const PROGRAM = `import { readFileSync } from 'node:fs';
import { GoModError, parseGoMod, parseGoWork, readGoMod, toGoModJson, toGoWorkJson } from 'modgate/gomod';

const bytes = readFileSync('go.mod');
const mod = parseGoMod(bytes);
let refused;
try {
  parseGoMod(new TextEncoder().encode('module m\\n\\tgo x\\n'));
} catch (error) {
  if (!(error instanceof GoModError)) throw error;
  refused = [error.code, error.line, error.column, error.utf16, error.message];
}
console.log(
  JSON.stringify({
    fromBytes: toGoModJson(bytes),
    fromParsed: toGoModJson(mod),
    work: toGoWorkJson(parseGoWork(Buffer.from('go 1.26\\n\\nuse ./a\\n'))),
    place: mod.require[0]?.version.span.start,
    problems: readGoMod(Buffer.from('foo')).problems.length,
    refused,
  }),
);
`;

const TYPED = `import { type GoMod, type GoModJson, GoModError, parseGoMod, parseGoWork, type Position, readGoWork, toGoModJson, tokensOf } from 'modgate/gomod';

const mod: GoMod = parseGoMod(new Uint8Array(), { lax: true, unicode: 17 });
const json: GoModJson = toGoModJson(mod, { form: '1.27' });
const path: string | undefined = json.Require?.[0]?.Path;
const place: Position | undefined = mod.replace[0]?.newPath.span.start;
const code: 'invalid-go-mod' | 'invalid-go-work' = new GoModError('invalid-go-mod', 'go.mod', [
  { message: '', span: { start: place!, end: place! }, hasColumn: false },
]).code;
for (const token of tokensOf(readGoWork(new Uint8Array()).syntax)) token.text.trim();
// @ts-expect-error a go.work has no module
parseGoWork(new Uint8Array()).module;
// @ts-expect-error text is not taken for bytes
parseGoMod('module m');
export { code, path };
`;

describe('modgate/gomod, packed and installed as users do', () => {
  let user: TempDir;

  beforeAll(async () => {
    user = await tempDir('published');
    await writeProject(user.path, {
      'package.json': '{ "private": true, "type": "module" }\n',
      'main.js': PROGRAM,
      'typed.ts': TYPED,
      'go.mod': await readFile(path.join(ROOT, 'test', 'fixtures', 'bench-project', 'go.mod'), 'utf8'),
    });
    const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', user.path], ROOT);
    const [{ filename = '' } = {}] = Object.values(
      JSON.parse(packed.stdout) as Record<string, { filename?: string }>,
    );
    await npm(
      [
        'install',
        '--no-audit',
        '--no-fund',
        '--ignore-scripts',
        '--prefer-offline',
        `./${path.basename(filename)}`,
      ],
      user.path,
    );
    return () => user[Symbol.asyncDispose]();
  });

  it('gives what go gives', async () => {
    const printed = await runOk(process.execPath, ['main.js'], { cwd: user.path });
    const answer = JSON.parse(printed.stdout) as Record<string, unknown>;
    const go = await runOk('go', ['mod', 'edit', '-json', 'go.mod'], { cwd: user.path });
    expect(answer.fromBytes).toMatchObject(JSON.parse(go.stdout) as object);
    expect(answer.fromParsed).toEqual(answer.fromBytes);
    expect(answer.work).toEqual({ Go: '1.26', Use: [{ DiskPath: './a' }], Replace: null });
    expect(answer.place).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    expect(answer.problems).toBe(1);
    expect(answer.refused).toEqual([
      'invalid-go-mod',
      2,
      2,
      2,
      "go.mod:2:2: invalid go version 'x': must match format 1.23.0",
    ]);
  });

  it('has types that a strict compiler takes', async () => {
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const resolution of ['NodeNext', 'Bundler']) {
      const module = resolution === 'Bundler' ? 'ESNext' : resolution;
      const options = [
        '--strict',
        '--noEmit',
        '--target',
        'ES2023',
        '--exactOptionalPropertyTypes',
        '--types',
        '',
      ];
      await runOk(
        process.execPath,
        [tsc, '--ignoreConfig', ...options, '--module', module, '--moduleResolution', resolution, 'typed.ts'],
        { cwd: user.path },
      );
    }
  });

  it('keeps the program, and nothing but the library is to be imported', async () => {
    const version = await runOk(process.execPath, [
      path.join(user.path, 'node_modules', 'modgate', 'dist', 'cli.js'),
      '--version',
    ]);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
    await writeFile(
      user.join('deep.js'),
      `await Promise.all(['modgate', 'modgate/dist/cli.js'].map(name => import(name).then(() => { throw new Error(name) }, error => { if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error })));
await import('modgate/package.json', { with: { type: 'json' } });
`,
    );
    await runOk(process.execPath, ['deep.js'], { cwd: user.path });
  });
});
