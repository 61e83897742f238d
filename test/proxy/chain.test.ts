import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProxyErrorCode, statusOf } from '../../src/proxy/errors.ts';
import { upstreamUrl } from '../../src/proxy/upstream/chain.ts';
import { type GoWorld, goWorld, writeProject } from '../support/go.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import {
  type Fault,
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from '../support/upstream/upstream.ts';
import { startFront } from './front.ts';

interface Table {
  readonly cases: readonly { readonly answer: string; readonly comma: Outcome; readonly pipe: Outcome }[];
}
type Outcome = 'next' | 'stop';

/** What the go command does with each answer of a first GOPROXY entry, measured with the go command. */
const table = JSON.parse(
  await readFile(new URL('../fixtures/goproxy/chain.json', import.meta.url), 'utf8'),
) as Table;

const OTHER_MOD = 'module rsc.io/quote\n\ngo 1.99\n';
const ZIP_H1 = 'h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=';
const MOD_H1 = 'h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=';

/** An upstream that gives the answer to everything; undefined for one that cannot be reached. */
function firstEntry(answer: string): UpstreamOptions | undefined {
  const always = (fault: Fault): UpstreamOptions => ({ faults: () => fault });
  if (/^\d+$/.test(answer)) return always({ kind: 'status', status: Number(answer) });
  switch (answer) {
    case 'connection refused':
      return undefined;
    case 'connection reset before headers':
      return always({ kind: 'reset' });
    case '200 with Content-Length, body cut':
      return always({ kind: 'cut' });
    case '200 without Content-Length, body short but ended cleanly':
      return {
        faults: ({ path }) => (path.endsWith('.info') ? undefined : { kind: 'cut-chunked', end: 'clean' }),
      };
    case '200 with an HTML page instead of .mod or .zip':
      return { faults: ({ path }) => (path.endsWith('.info') ? undefined : { kind: 'html' }) };
    case '200 well-formed zip or .mod with another h1':
      return { made: path => (path.endsWith('.mod') ? { body: OTHER_MOD } : undefined) };
    case '200 .info naming another version':
      return always({ kind: 'wrong-version' });
    default:
      throw new Error(`the table has an answer that this test does not know: ${answer}`);
  }
}

let healthy: Upstream;
let go: GoWorld;
beforeAll(async () => {
  healthy = await startUpstream();
  go = await goWorld('off', { GOSUMDB: 'off', GOFLAGS: '-modcacherw -mod=mod' });
  await writeProject(go.dir.join('project'), { 'go.mod': 'module example.com/app\n\ngo 1.24\n' });
});
afterAll(async () => {
  await healthy.close();
  await go[Symbol.asyncDispose]();
});

describe.each(table.cases)('a first upstream that answers $answer', ({ answer, comma, pipe }) => {
  it.each([
    ['comma', comma],
    ['pipe', pipe],
  ] as const)('before a %s: %s', async (separator, outcome) => {
    const options = firstEntry(answer);
    await using first = options === undefined ? undefined : await startUpstream(options);
    const url = first?.url ?? (await deadUrl());
    await using front = await startFront(
      [
        { url, fallBackOn: separator === 'comma' ? 'absent' : 'any-error' },
        { url: healthy.url, fallBackOn: 'absent' },
      ],
      { vouch: (_m, _v, file) => ({ state: 'known', by: 'gosum', h1s: [file === 'zip' ? ZIP_H1 : MOD_H1] }) },
    );
    const before = healthy.requests.length;
    const done = await go.go(['mod', 'download', '-json', 'rsc.io/quote@v1.5.2'], {
      cwd: go.dir.join('project'),
      env: { GOPROXY: front.url, GOMODCACHE: go.dir.join(`mod-${answer}-${separator}`.replace(/\W+/g, '-')) },
    });
    if (outcome === 'next') {
      expect(done.code, done.stdout).toBe(0);
      expect(done.stdout).toContain(ZIP_H1);
      expect(healthy.requests.length).toBeGreaterThan(before);
      return;
    }
    expect(done.code, done.stdout).toBe(1);
    const [failed] = front.records.filter(record => record.status >= 400);
    expect(failed?.status).toBeGreaterThanOrEqual(502);
    expect(failed?.upstream).toBe(url);
    const refused = failed?.op ?? '';
    expect(healthy.requests.slice(before).filter(request => request.path.endsWith(refused))).toEqual([]);
  });
});

describe('the address of a file', () => {
  it.each([
    ['https://mirror.example.com', 'https://mirror.example.com/m/@v/list'],
    ['https://mirror.example.com/', 'https://mirror.example.com/m/@v/list'],
    ['https://mirror.example.com/go/cache?tok=1', 'https://mirror.example.com/go/cache/m/@v/list?tok=1'],
  ])('%s keeps its own path and query', (base, want) => {
    expect(upstreamUrl(base, 'm/@v/list').href).toBe(want);
  });
  it('has its exclamation marks escaped, and no plus', () => {
    const at = upstreamUrl('https://mirror.example.com', 'example.com/!big/@v/v2.0.0+incompatible.mod');
    expect(at.pathname).toBe('/example.com/%21big/@v/v2.0.0+incompatible.mod');
  });
});

it('only absence is a 404', () => {
  const codes: Record<ProxyErrorCode, number> = {
    'bad-request': 404,
    absent: 404,
    'lookup-disabled': 404,
    denied: 403,
    'hash-changed': 403,
    'upstream-refused': 502,
    'upstream-wrong': 502,
    'too-large': 502,
    'upstream-unavailable': 503,
    disk: 503,
    closing: 503,
    'upstream-stalled': 504,
  };
  for (const [code, status] of Object.entries(codes)) expect(statusOf(code as ProxyErrorCode)).toBe(status);
});
