import { expect, it } from 'vitest';
import { captureLog } from '../../src/actions/captured.ts';

function capture() {
  const passed: string[] = [];
  const log = captureLog({ pass: line => passed.push(line), onRetried: () => {} });
  return { log, passed };
}

it('hides what the client wants masked, in every later line and in the reason of a failure', () => {
  const { log, passed } = capture();
  const url = 'https://blob.example.test/entry?sig=c2lnbmVk';
  log.write(`::add-mask::${url}\n::add-mask::c2lnbmVk\nDownloading ${url}\n`);
  log.write('::warning::Failed to restore: no answer from blob.example.test with c2lnbmVk\n');
  expect(passed).toEqual([
    'Downloading ***',
    'warning: Failed to restore: no answer from blob.example.test with ***',
  ]);
  expect(log.failure()).toBe('Failed to restore: no answer from blob.example.test with ***');
});

it('passes no command on, and takes only warnings and errors for failures', () => {
  const { log, passed } = capture();
  log.write('::debug::x\n::group::y\n::set-output name=a::b\nCache hit for: k\n');
  expect(passed).toEqual(['Cache hit for: k']);
  expect(log.failure()).toBeUndefined();
});
