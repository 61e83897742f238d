// A forge with one big repository over TLS, in a process of its own. Prints one line of JSON and ends with its stdin.
//   node filter-forge.mjs DIR MEGABYTES LATENCY_MS
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gitBackend } from '../../test/support/git-server.ts';
import { makeAuthority } from '../../test/support/vcs/authority.ts';
import { startSite } from '../../test/support/vcs/site.ts';

const [, , dir, megabytes, latencyMs] = process.argv;
const authority = await makeAuthority();
const work = path.join(dir, 'work');
mkdirSync(work, { recursive: true });
const git = (...args) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: work });
git('init', '-q', '-b', 'main');
// As much text as code and as little of it repeated as in sources, so that packing takes what it takes of a real one.
for (let file = 0; file < Number(megabytes); file++) {
  let text = '';
  for (let line = 0; text.length < 2 ** 20; line++) {
    text += `const ${createHash('sha1').update(`${file} ${line}`).digest('base64')} = ${line}\n`;
  }
  writeFileSync(path.join(work, `part${file}.go`), text);
}
git('add', '.');
git('commit', '-qm', 'all');
git('clone', '-q', '--bare', work, path.join(dir, 'big.git'));
// As a forge keeps it: packed once, and sent as it lies there.
git('-C', path.join(dir, 'big.git'), 'repack', '-q', '-adb');
const site = await startSite({
  name: 'forge',
  tls: authority,
  latencyMs: Number(latencyMs),
  answer: (request, response) => gitBackend(dir, request, response),
});
process.stdout.write(`${JSON.stringify({ url: `${site.url}/big.git`, caFile: authority.caFile })}\n`);
process.stdin.resume().on('end', async () => {
  await site[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
  process.exit(0);
});
