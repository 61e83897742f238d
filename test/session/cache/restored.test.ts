import { expect, it } from 'vitest';
import { keepRestored, noteDamaged, readRestored } from '../../../src/session/cache/restored.ts';
import { tempDir } from '../../support/temp.ts';

it('what was found wrong when it was used counts as lost, as what was refused does', async () => {
  await using dir = await tempDir('restored');
  const mv = { path: 'example.com/a', version: 'v1.0.0' };
  await noteDamaged(dir.path, mv, 'zip');
  expect(await readRestored(dir.path)).toBeUndefined();
  const manifest = {
    v: 2,
    created: '2026-11-23T12:00:00.000Z',
    parents: [],
    past: [],
    versions: [],
  } as const;
  const lost = { lostBundles: [], lostFiles: ['example.com/b@v1.0.0.mod'] };
  await keepRestored(dir.path, { key: 'modgate-v2-0', bytes: 5, manifest, ...lost });
  await noteDamaged(dir.path, { ...mv, version: 'v1.1.0' }, 'mod');
  expect(await readRestored(dir.path)).toMatchObject({
    key: 'modgate-v2-0',
    lostFiles: ['example.com/b@v1.0.0.mod', 'example.com/a@v1.0.0.zip', 'example.com/a@v1.1.0.mod'],
  });
});
