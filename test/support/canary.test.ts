import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filesHolding, heldBy, processList, spyOn } from './canary.ts';
import { closedNetwork } from './closed-network.ts';
import { run, runOk } from './process.ts';
import { tempDir } from './temp.ts';
import { startUpstream } from './upstream/upstream.ts';

const SECRET = 'glpat-s3cret/with+signs';

describe('a search for a secret', () => {
  it.each([
    ['as it is', `x${SECRET}y`],
    ['in a URL', `https://a:${encodeURIComponent(SECRET)}@example.test/`],
    ['in a Basic header', `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`],
    ['at any offset of base64', `Basic ${Buffer.from(`us:${SECRET}:and more`).toString('base64')}`],
    ['in base64 for URLs', Buffer.from(`u:${SECRET}`).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ])('finds it %s', (_, text) => {
    expect(heldBy(text, [SECRET, 'another-secret'])).toEqual([SECRET]);
  });

  it('finds nothing in what is only like it', () => {
    expect(heldBy(`glpat-s3cret ${Buffer.from('glpat-s3cret/with').toString('base64')}`, [SECRET])).toEqual(
      [],
    );
  });

  it('looks into files, packed ones too, and at their names', async () => {
    await using dir = await tempDir('canary');
    await mkdir(dir.join('a', 'canary-name'), { recursive: true });
    await writeFile(dir.join('a', 'packed.gz'), gzipSync(`...${SECRET}...`));
    await writeFile(dir.join('a', 'unfinished.gz'), gzipSync(`...${SECRET}...`).subarray(0, -8));
    await writeFile(dir.join('a', 'plain'), `...${SECRET}...`);
    await writeFile(dir.join('nothing'), 'nothing');
    const found = await filesHolding(dir.path, [SECRET, 'canary-name']);
    expect(found.map(({ file }) => file).sort()).toEqual(
      [
        ['a', 'canary-name'],
        ['a', 'packed.gz'],
        ['a', 'plain'],
        ['a', 'unfinished.gz'],
      ].map(parts => path.join(...parts)),
    );
  });

  it('sees the arguments and the environment of whatever is started', async () => {
    await using dir = await tempDir('spy');
    await mkdir(dir.join('bin'));
    const spy = await spyOn(dir.join('bin'), ['git']);
    const env = {
      ...process.env,
      ...spy.env,
      PATH: `${spy.bin}${path.delimiter}${process.env.PATH}`,
      HIDDEN: 'in-env',
    };
    await run('git', ['ls-remote', 'http://u:in-url@127.0.0.1:9/x.git'], { env });
    const started = await spy.started();
    expect(started[0]).toContain('HIDDEN=in-env');
    expect(started[0]).toContain('in-url');
    expect(started.at(-1)).toContain('remote-http');
    expect(started.at(-1)).toContain('in-url');
    expect((await processList()).some(({ pid }) => pid === process.pid)).toBe(true);
  });
});

it('a closed network has loopback and nothing else', async () => {
  const network = await closedNetwork();
  await using upstream = await startUpstream();
  const script = `
    const server = require('node:http').createServer((_, res) => res.end('here'));
    server.listen(0, '127.0.0.1', async () => {
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
      server.close();
    });`;
  const [command, args] = network.wrap(process.execPath, ['-e', script]);
  expect((await runOk(command, args, { env: { ...process.env, ...network.env } })).stdout).toBe('here\n');
  const [git, asked] = network.wrap('git', ['ls-remote', `${upstream.url}/x.git`]);
  const refused = await run(git, asked, { env: { ...process.env, ...network.env } });
  expect(refused.stderr).toMatch(/unable to access|could not connect|failed to connect/i);
  expect(upstream.requests).toEqual([]);
});
