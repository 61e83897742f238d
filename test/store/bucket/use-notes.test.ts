import { expect, test } from 'vitest';
import {
  dayOfUseNote,
  decodeUseNote,
  encodeUseNote,
  joinNotes,
  useNoteKey,
} from '../../../src/store/bucket/use-notes.ts';

const use = {
  t: '2026-11-23T10:00:00.000Z',
  requests: 3,
  fromStore: 2,
  fromUpstream: 1,
  bytesFromStore: 20,
  bytesFromUpstream: 10,
  added: 1,
};
const a = { path: 'example.com/a', version: 'v1.0.0' };
const b = { path: 'example.com/B/v2', version: 'v2.0.0-20260101000000-abcdefabcdef' };

test('a note comes back as it was written, each version once', () => {
  const note = decodeUseNote(encodeUseNote({ uses: [use], versions: [b, a, b] }));
  expect(note).toEqual({ uses: [use], versions: [b, a] });
});

test('torn and foreign lines are passed over', () => {
  const bytes = Buffer.concat([
    Buffer.from('{"t":"yesterday"}\n{{{\n\nno version\n@v1.0.0\n'),
    Buffer.from(`${'x'.repeat(5000)}@v1.0.0\n`),
    encodeUseNote({ uses: [use], versions: [a] }),
    Buffer.from('example.com/torn@v1.0'),
  ]);
  expect(decodeUseNote(bytes)).toEqual({ uses: [use], versions: [a] });
  expect(decodeUseNote(Buffer.alloc(0))).toEqual({ uses: [], versions: [] });
});

test('notes of a day join into one', () => {
  const joined = joinNotes([
    { uses: [use], versions: [a, b] },
    { uses: [use], versions: [a] },
  ]);
  expect(joined).toEqual({ uses: [use, use], versions: [a, b] });
});

test('the key of a note tells its day', () => {
  const key = useNoteKey(Date.parse('2026-11-23T23:30:00Z'), 'ab12-cd');
  expect(key).toBe('modgate/uses/2026-11-23/ab12-cd');
  expect(dayOfUseNote(key)).toBe(Date.parse('2026-11-23T23:59:59.999Z'));
  for (const other of [
    'modgate/uses/2026-11-23/',
    'modgate/uses/2026-13-41/ab',
    'modgate/uses/2026-11-23/../x',
    'modgate/index/2026-11-23/ab',
    'modgate/uses/2026-11-23/a/b',
  ]) {
    expect(dayOfUseNote(other), other).toBeUndefined();
  }
});
