import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goModH1 } from '../../src/store/digest.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { makeZip } from '../gomod/make-zip.ts';
import { builtAction } from '../support/github/built-action.ts';
import { smallProject } from '../support/github/small-project.ts';
import { changed, entryOf, file, type Member, membersOf, withManifest } from '../support/github/tamper.ts';
import { runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Machines, startMachines } from './action-machine.ts';

const UUID = 'github.com/google/uuid';
const STEM = `store/${UUID}/@v/v1.6.0`;
const INDEX = `store/modgate/index/${UUID}/@v/v1.6.0.json`;
const SYNC = 'store/golang.org/x/sync/@v/v0.16.0';
const EVIL = 'package uuid\n\nfunc init() { panic("evil code runs") }\n';

let built: TempDir;
let ACTION: string;
let upstream: Upstream;
let machines: Machines;
/** What an honest job saved. */
let honest: Member[];
let entry: Machines['service']['store']['entries'][number];
let hasher: Hasher;
let evilZip: Buffer;
let evilH1: string;
let dir: TempDir;

beforeAll(async () => {
  dir = await tempDir('poison');
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
  upstream = await startUpstream();
  machines = await startMachines();
  hasher = createHasher();
  await job();
  const [saved] = machines.service.store.entries;
  if (saved === undefined) throw new Error('the honest job saved nothing');
  entry = saved;
  // Pull requests only read: the entry stays what a test makes it.
  machines.service.store.scopes = { write: undefined, read: ['refs/heads/main'] };
  honest = await membersOf(entry.data);
  evilZip = makeZip([
    { name: `${UUID}@v1.6.0/go.mod`, data: Buffer.from(`module ${UUID}\n`) },
    { name: `${UUID}@v1.6.0/uuid.go`, data: Buffer.from(EVIL) },
  ]);
  await writeFile(dir.join('evil.zip'), evilZip);
  evilH1 = (await hasher.hashZip(dir.join('evil.zip'), { path: UUID, version: 'v1.6.0' }).result).h1;
});
afterAll(async () => {
  await hasher.close();
  await machines[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** Builds and runs the small program on a new machine; everything that the job says. */
async function job(env: Readonly<Record<string, string>> = {}) {
  const from = upstream.requests.length;
  const machine = await machines.machine(upstream.url, { env });
  const workspace = machine.env.GITHUB_WORKSPACE ?? '';
  await smallProject(workspace);
  expect(await machine.uses(ACTION)).toMatchObject({ code: 0 });
  // Its program is kept in the build cache by what it was built of: only other code is linked again.
  const ran = await machine.run('go', ['run', '.']);
  const { stdout: listed } = await runOk('go', ['list', '-m', '-json', 'all'], {
    cwd: workspace,
    env: { ...machine.env },
  });
  const verified = await machine.run('go', ['mod', 'verify']);
  const { posts } = await machine.finish();
  const log = await readFile(join(machine.temp, 'modgate', 'daemon.log'), 'utf8');
  return {
    code: ran.code,
    output: ran.log,
    verified: verified.code,
    listed,
    log,
    warnings: (posts[0]?.log ?? '').split('\n').filter(line => line.startsWith('::warning::')),
    temp: machine.temp,
    fetched: upstream.requests.slice(from).map(request => request.path),
  };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The members with other bytes for a file of the uuid module, and index and manifest in accord with them. */
function consistently(
  kind: 'info' | 'mod' | 'zip',
  body: Buffer,
  claims: Record<string, unknown> = {},
): Member[] {
  const facts = { sha256: sha256(body), size: body.length };
  const members = changed(honest, `${STEM}.${kind}`, () => body);
  const indexed = changed(members, INDEX, text => {
    const index = JSON.parse(text.toString()) as Record<string, unknown>;
    const zip = { ...facts, representation: 'original', original: facts };
    return Buffer.from(JSON.stringify({ ...index, [kind]: kind === 'zip' ? zip : facts, ...claims }));
  });
  return withManifest(indexed, manifest => ({
    ...manifest,
    versions: manifest.versions.map(v => ({
      ...v,
      files: v.files.map(f => (v.path === UUID && f.kind === kind ? { ...f, ...facts } : f)),
    })),
  }));
}

function link(name: string, type: 'symlink' | 'link', linkname: string): Member {
  return { header: { name, type, linkname } as Header, body: Buffer.alloc(0) };
}

const evilMod = Buffer.from(`module ${UUID}\n\nrequire evil.example/x v1.0.0\n`);
const evilInfo = Buffer.from(
  '{"Version":"v1.6.0","Time":"1999-01-01T00:00:00Z","Origin":{"URL":"https://evil.example"}}',
);

/** What is done to the entry, what the line about it says, and whether the module comes from the upstream again. */
const CASES: readonly [
  what: string,
  poison: () => Member[] | Promise<Buffer> | Buffer,
  line: RegExp,
  refetched: boolean,
][] = [
  ['a flipped bit in a zip', () => changed(honest, `${STEM}.zip`, flip), /uuid\/@v\/v1\.6\.0\.zip/, true],
  ['a flipped bit in a go.mod', () => changed(honest, `${STEM}.mod`, flip), /uuid\/@v\/v1\.6\.0\.mod/, true],
  [
    'a flipped bit in an .info',
    () => changed(honest, `${STEM}.info`, flip),
    /uuid\/@v\/v1\.6\.0\.info/,
    true,
  ],
  [
    'another zip, which index and manifest know, and the index lies about its h1',
    () => consistently('zip', evilZip),
    /uuid\/@v\/v1\.6\.0\.zip.*h1:/,
    true,
  ],
  [
    'another zip, which index and manifest know by its own h1',
    () => consistently('zip', evilZip, { h1: evilH1 }),
    /github\.com\/google\/uuid@v1\.6\.0\.zip has h1:.*go\.sum wants/,
    true,
  ],
  [
    'another go.mod, which index and manifest know',
    () => consistently('mod', evilMod, { goModH1: goModH1(sha256(evilMod)) }),
    /github\.com\/google\/uuid@v1\.6\.0\.mod has h1:.*go\.sum wants/,
    true,
  ],
  [
    'another .info, which index and manifest know',
    () => consistently('info', evilInfo),
    /\.info of github\.com\/google\/uuid@v1\.6\.0 .*1999/,
    false,
  ],
  [
    'index entries that changed places',
    () => {
      const other = honest.find(
        m => m.header.name === INDEX.replace(UUID, 'golang.org/x/sync').replace('1.6', '0.16'),
      );
      return changed(honest, INDEX, () => other?.body ?? Buffer.alloc(0));
    },
    /google\/uuid/,
    true,
  ],
  [
    'a zip in the place of another',
    () =>
      changed(
        honest,
        `${STEM}.zip`,
        () => honest.find(m => m.header.name === `${SYNC}.zip`)?.body ?? Buffer.alloc(0),
      ),
    /uuid\/@v\/v1\.6\.0\.zip/,
    true,
  ],
  [
    'files that go would trust unseen, lists and absences',
    () => [
      ...honest,
      file(`${STEM}.ziphash`, evilH1),
      file(`store/${UUID}@v1.6.0/uuid.go`, EVIL),
      file(`store/${UUID}/@v/list`, 'v9.9.9\n'),
      file(`store/modgate/soft/absent/${UUID}/@v/list/@latest`, 'gone'),
    ],
    /ziphash/,
    false,
  ],
  [
    'a version that the manifest does not know',
    () => [...honest, file(`${STEM.replace('uuid/', 'evil/')}.zip`, evilZip)],
    /evil/,
    false,
  ],
  [
    'a symbolic link in the place of a zip',
    () => replaced(`${STEM}.zip`, link(`${STEM}.zip`, 'symlink', '/etc/passwd')),
    /uuid\/@v\/v1\.6\.0\.zip/,
    true,
  ],
  [
    'a symbolic link in the place of a directory',
    () => [link('store/github.com/google', 'symlink', '/tmp'), ...honest],
    /bundle|manifest/,
    true,
  ],
  [
    'a hard link to a file outside',
    () => replaced(`${STEM}.zip`, link(`${STEM}.zip`, 'link', '/etc/passwd')),
    /uuid\/@v\/v1\.6\.0\.zip/,
    true,
  ],
  [
    'names that lead outside',
    () => [
      ...honest,
      file('../../escaped', 'x'),
      file('/tmp/modgate-escaped', 'x'),
      file('store/../../escaped', 'x'),
    ],
    /escaped/,
    false,
  ],
  [
    'a bomb: more than the manifest tells of',
    async () =>
      await entryOf([...honest, file(`store/${UUID}/@v/v1.7.0.zip`, Buffer.alloc(400 * 1024 * 1024))]),
    /too large|larger|more than/,
    false,
  ],
  ['an archive that ends half-way', () => entry.data.subarray(0, 2000), /modgate-v2-/, true],
  ['no archive at all', () => Buffer.from('<html>sign in</html>'), /not restored/, true],
  ['an archive without a manifest', () => honest.slice(1), /not restored/, true],
];

function flip(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function replaced(name: string, by: Member): Member[] {
  return honest.map(member => (member.header.name === name ? by : member));
}

describe('a shared cache in hostile hands', () => {
  it.each(CASES)(
    '%s: the job passes, is built of the right code, and says so',
    async (_what, poison, line, refetched) => {
      const made = await poison();
      entry.data = Buffer.isBuffer(made) ? made : await entryOf(made);
      const done = await job();
      expect(done.output).not.toContain('evil code runs');
      expect(done).toMatchObject({ code: 0, verified: 0 });
      expect(done.listed).not.toMatch(/1999|evil/);
      expect(done.warnings.filter(warning => line.test(warning))).toHaveLength(1);
      const again = done.fetched.some(path => /google\/uuid\/@v\/v1\.6\.0\.(zip|mod|info)$/.test(path));
      if (refetched) expect(again).toBe(true);
      expect(existsSync('/tmp/modgate-escaped')).toBe(false);
      expect(existsSync(join(done.temp, 'escaped'))).toBe(false);
    },
  );

  it('what nobody vouches for is not served from it, though index and manifest agree', async () => {
    entry.data = await entryOf(consistently('zip', evilZip, { h1: evilH1 }));
    // No go.sum and no checksum database: go would believe whatever it gets.
    const machine = await machines.machine(upstream.url, {
      env: { GOFLAGS: '-mod=mod', GONOSUMDB: '*', GONOSUMCHECK: '1', GOFLAGS_: '' },
    });
    const workspace = machine.env.GITHUB_WORKSPACE ?? '';
    await smallProject(workspace);
    await writeFile(join(workspace, 'go.sum'), '');
    await machine.uses(ACTION);
    expect(await machine.run('go', ['run', '.'])).toMatchObject({ code: 0 });
    const { posts } = await machine.finish();
    expect(posts[0]?.log).toMatch(/::warning::.*the shared cache has .*vouches for it .*fetched anew/);
  });
});
