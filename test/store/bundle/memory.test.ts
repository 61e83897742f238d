import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

const PROGRAM = fileURLToPath(new URL('../../support/bundle-memory.ts', import.meta.url));

test('a zip larger than all the memory that packing and unpacking it takes', async () => {
  await using temp = await tempDir('memory');
  const mib = 300;
  const { stdout } = await runOk(process.execPath, [PROGRAM, temp.path, String(mib)]);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(mib);
});
