import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../src/audit/journal-record.ts';
import { ServedZips } from '../../../src/session/bypass/served.ts';
import { compare } from '../../../src/session/bypass/unserved.ts';
import type { CachedVersion } from '../../../src/store/modcache/contents.ts';

/** When the session began, and times before and after it. */
const AT = 1_000;
const OLD = 500;
const NEW = 1_500;

const KEY = 'example.com/a@v1.0.0';
const VERSION: CachedVersion = {
  module: 'example.com/a',
  version: 'v1.0.0',
  h1: 'h1:a',
  zip: true,
  changedMs: NEW,
  writtenMs: NEW,
};

interface About {
  /** What lay there when the session began; null when nobody looked. */
  readonly lay?: { readonly h1: string; readonly zip: boolean } | null;
  readonly served?: readonly Partial<Pick<RequestRecord, 'op' | 'status' | 'decision' | 'h1'>>[];
}

/** What is told of one version. */
function told(found: Partial<CachedVersion>, { lay, served = [] }: About): string {
  const zips = new ServedZips();
  for (const [seq, answer] of served.entries()) {
    zips.take({
      kind: 'req',
      seq,
      t: '',
      mono_ns: '0',
      op: 'zip',
      module: 'example.com/a',
      version: 'v1.0.0',
      status: 200,
      decision: 'allow',
      bytes: 1,
      ms: 1,
      ...answer,
    });
  }
  const versions = new Map(lay ? [[KEY, lay]] : []);
  const { unserved, fresh, old, preexisting } = compare(
    { versions: new Map([[KEY, { ...VERSION, ...found }]]), odd: { count: 0 }, cut: false },
    lay === null ? undefined : { dir: '/mod', t: '', versions },
    zips,
    AT,
  );
  const [one] = unserved;
  const what =
    one === undefined ? 'nothing' : one.other === undefined ? one.kind : `${one.kind} ${one.other}`;
  return `${what}; ${fresh.length} fresh, ${old.length} old, ${preexisting} there`;
}

const THERE = { h1: 'h1:a', zip: true };
const FRESH = 'nothing; 1 fresh, 0 old, 0 there';
const UNKNOWN = 'unknown; 1 fresh, 0 old, 0 there';
const LAY = 'nothing; 0 fresh, 1 old, 1 there';

const CASES: readonly (readonly [string, Partial<CachedVersion>, About, string])[] = [
  ['came from nowhere', {}, {}, UNKNOWN],
  ['was served', {}, { served: [{ h1: 'h1:a' }] }, FRESH],
  ['was served as a toolchain', {}, { served: [{ op: 'toolchain', h1: 'h1:a' }] }, FRESH],
  ['was served by somebody who knew no hash', {}, { served: [{}] }, FRESH],
  ['was served twice, as two', {}, { served: [{ h1: 'h1:b' }, { h1: 'h1:a' }] }, FRESH],
  ['was served as another', {}, { served: [{ h1: 'h1:b' }] }, 'other-hash h1:b; 1 fresh, 0 old, 0 there'],
  ['was refused', {}, { served: [{ status: 403, decision: 'deny', h1: 'h1:a' }] }, UNKNOWN],
  ['was not found', {}, { served: [{ status: 404 }] }, UNKNOWN],
  ['has only its go.mod from the proxy', {}, { served: [{ op: 'mod', h1: 'h1:a' }] }, UNKNOWN],
  ['lay there', { changedMs: OLD, writtenMs: OLD }, { lay: THERE }, LAY],
  ['lay there and was touched', {}, { lay: THERE }, LAY],
  ['lay there as another', {}, { lay: { ...THERE, h1: 'h1:b' } }, 'changed h1:b; 1 fresh, 0 old, 0 there'],
  ['was unpacked from an archive', { writtenMs: OLD }, {}, 'restored; 1 fresh, 0 old, 0 there'],
  ['was unpacked and served', { writtenMs: OLD }, { served: [{ h1: 'h1:a' }] }, FRESH],
  ['lost its zip', { zip: false }, { lay: THERE }, 'no-zip; 0 fresh, 1 old, 1 there'],
  ['never had a zip', { zip: false }, { lay: { ...THERE, zip: false } }, LAY],
  [
    'was served and lost its zip',
    { zip: false },
    { served: [{ h1: 'h1:a' }] },
    'no-zip; 1 fresh, 0 old, 0 there',
  ],
  ['is old, and nobody looked', { changedMs: OLD }, { lay: null }, LAY],
  ['is new, and nobody looked', {}, { lay: null }, UNKNOWN],
];

describe('a version in the module cache at the end', () => {
  it.each(CASES)('that %s', (_, found, about, expected) => {
    expect(told(found, about)).toBe(expected);
  });
});
