import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type TempDir, tempDir } from '../temp.ts';
import { Job, processesWith } from './runner.ts';

/** An action that leaves a process behind; `stdio` is what that process gets. */
function leaving(dir: TempDir, stdio: 'inherit' | 'ignore'): string {
  const file = dir.join(`${stdio}.mjs`);
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
     spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { detached: true, stdio: '${stdio}' }).unref();`,
  );
  return file;
}

function job(dir: TempDir): Job {
  mkdirSync(dir.join('demo'), { recursive: true });
  return new Job({ dir, workspace: dir.join('demo'), heldAfterMs: 300 });
}

it('notices a process that holds the output of its step', async () => {
  await using dir = await tempDir('runner');
  const runner = job(dir);
  await expect(runner.uses(leaving(dir, 'inherit'))).rejects.toThrow(/holds its output/);
  expect(runner.killLeftovers()).toHaveLength(1);
});

it('lets a step go whose process holds nothing, and ends that process with the job', async () => {
  await using dir = await tempDir('runner');
  const runner = job(dir);
  expect(await runner.uses(leaving(dir, 'ignore'))).toMatchObject({ code: 0 });
  expect(processesWith(runner.trackingId)).toHaveLength(1);
  expect(runner.killLeftovers()).toHaveLength(1);
  await expect.poll(() => processesWith(runner.trackingId)).toEqual([]);
});

it('runs post phases last in first out, with the state, inputs and environment that steps left', async () => {
  await using dir = await tempDir('runner');
  const file = dir.join('action.mjs');
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
     const { INPUT_NAME: name, STATE_left: left, SEEN: seen = '' } = process.env;
     if (left) console.log('post of ' + left + ' after ' + seen);
     else {
       appendFileSync(process.env.GITHUB_STATE, 'left=' + name + '\\n');
       appendFileSync(process.env.GITHUB_ENV, 'SEEN=' + seen + name + '\\n');
       appendFileSync(process.env.GITHUB_OUTPUT, 'out<<X\\n' + name + '\\nX\\n');
       console.log('::add-mask::hush');
       console.log('hush ' + name);
     }`,
  );
  const runner = job(dir);
  expect(await runner.uses(file, { name: 'a' })).toEqual({ code: 0, log: '*** a\n', outputs: { out: 'a' } });
  await runner.uses(file, { name: 'b' });
  const { posts } = await runner.finish();
  expect(posts.map(post => post.log)).toEqual(['post of b after ab\n', 'post of a after ab\n']);
});
