import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, timed } from './measure.mjs';

const BYTES = 10e6;

/** Reads the file once, and three times more; tells the milliseconds and the most memory that was in use. */
const PROGRAM = `import { readFileSync } from 'node:fs';
const { readGoMod } = await import(process.argv[2]);
const bytes = readFileSync(process.argv[3]);
const ms = [];
for (let i = 0; i < 4; i++) {
  const began = performance.now();
  const { mod, problems } = readGoMod(bytes);
  ms.push(performance.now() - began);
  if (problems.length > 0 || mod.require.length < 1000) throw new Error('not read as it should be');
}
console.log(JSON.stringify({ ms, rss: process.resourceUsage().maxRSS * 1024 }));
`;

/**
 * The rate at which a go.mod of 10 MB becomes its typed view, with every place: the require lines of all go.mod files in
 * the module cache of this machine, again and again. In MB/s, medians over the rounds, each a process of its own.
 */
export async function parseBench({ library, rounds, log }) {
  if (!existsSync(library)) throw new Error(`${library} is missing. Run: npm run build`);
  const dir = await mkdtemp(path.join(tmpdir(), 'modgate-parse-'));
  const first = [];
  const later = [];
  const rss = [];
  try {
    const bytes = largeGoMod(requireLines());
    const file = path.join(dir, 'go.mod');
    const program = path.join(dir, 'parse.mjs');
    await writeFile(file, bytes);
    await writeFile(program, PROGRAM);
    for (let round = 0; round < rounds; round++) {
      const done = await timed(process.execPath, [program, pathToFileURL(library).href, file]);
      const { ms, rss: most } = JSON.parse(done.stdout);
      first.push(bytes.length / 1000 / ms[0]);
      later.push(bytes.length / 1000 / median(ms.slice(1)));
      rss.push(most);
      log(
        `round ${round + 1}/${rounds}  parse: ${first.at(-1).toFixed(0)} and ${later.at(-1).toFixed(0)} MB/s`,
      );
    }
    return { megabytes: bytes.length / 1e6, first: median(first), later: median(later), rss: median(rss) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function requireLines() {
  const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  const download = path.join(cache, 'cache', 'download');
  const files = readdirSync(download, { recursive: true }).filter(name => name.endsWith('.mod'));
  const lines = files.flatMap(name =>
    readFileSync(path.join(download, name), 'utf8')
      .split('\n')
      .filter(line => /^\t[\w./-]+ v[\w.+-]+( \/\/ indirect)?$/.test(line)),
  );
  if (lines.length < 1000)
    throw new Error(`The module cache has ${lines.length} require lines, too few to measure with.`);
  return lines;
}

function largeGoMod(lines) {
  const once = `${lines.join('\n')}\n`;
  const body = once.repeat(Math.ceil(BYTES / once.length));
  return Buffer.from(`module example.com/large\n\ngo 1.26\n\nrequire (\n${body})\n`);
}
