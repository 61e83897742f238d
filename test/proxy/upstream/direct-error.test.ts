import { describe, expect, it } from 'vitest';
import { directError, isSilence } from '../../../src/proxy/upstream/direct-error.ts';
import type { ChildEnd } from '../../../src/proxy/upstream/go-child.ts';

const end = (stderr: string, state: ChildEnd['state'] = 'failed') =>
  directError({
    what: 'git.example.test/acme/lib@v1.502.0',
    end: { state, stdout: '', stderr },
    output: stderr,
    timeoutMs: 90_000,
  });

describe('what go and git say is an outage', () => {
  it.each([
    "go: module git.example.test/acme/lib: git ls-remote -q origin: exit status 128:\n\tfatal: unable to access 'https://git.example.test/acme/lib/': The requested URL returned error: 503",
    'reading https://git.example.test/acme/lib?go-get=1: 502 Bad Gateway',
    'reading https://git.example.test/acme/lib?go-get=1: 429 Too Many Requests',
    'https fetch: Get "https://git.example.test/acme/lib?go-get=1": EOF',
    "fatal: unable to access: Failed to connect to git.example.test port 443 after 5 ms: Couldn't connect to server",
    'fatal: unable to access: Recv failure: Connection reset by peer',
    'error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly\nfetch-pack: unexpected disconnect while reading sideband packet',
    'ssh: connect to host git.example.test port 22: No route to host\nfatal: Could not read from remote repository.',
    'Host key verification failed.\nfatal: Could not read from remote repository.',
    'kex_exchange_identification: Connection closed by remote host',
    'fatal: write error: No space left on device',
    'dial tcp: lookup git.example.test: Temporary failure in name resolution',
  ])('%s', said => {
    expect(end(said).code).toBe('upstream-unavailable');
  });
});

describe('what go and git say is an absence', () => {
  it.each([
    'go: git.example.test/acme/lib@v1.502.0: invalid version: unknown revision v1.502.0',
    'go: git.example.test/acme/disk-timeout@v1.0.0: invalid version: unknown revision v1.0.0',
    "remote: The project you were looking for could not be found.\nfatal: repository 'https://git.example.test/acme/lib.git/' not found",
    'go: module git.example.test/acme/lib: no matching versions for query "latest"',
    'unrecognized import path "git.example.test/acme": reading https://git.example.test/acme?go-get=1: 404 Not Found',
  ])('%s', said => {
    const error = end(said);
    expect(error.code).toBe('absent');
    expect(isSilence(error)).toBe(false);
  });
});

it('a host that cannot be reached is silent, one that refuses something is not', () => {
  expect(isSilence(end('fatal: Could not resolve host: git.example.test'))).toBe(true);
  expect(isSilence(end('', 'timeout'))).toBe(true);
  expect(isSilence(end('The requested URL returned error: 503'))).toBe(false);
  expect(isSilence(end('fatal: could not read Username: terminal prompts disabled'))).toBe(false);
  expect(isSilence(new Error('timed out'))).toBe(false);
});

it('says what to do about a child that had to be ended', () => {
  expect(end('Receiving objects: 3%', 'timeout').message).toBe(
    'modgate: cannot fetch git.example.test/acme/lib@v1.502.0 from version control: it took longer than 90 s and was ended\nReceiving objects: 3%\nnext: look at what its server is doing; a tag or commit of a smaller history is fetched faster than a branch',
  );
  expect(end('', 'timeout').message).not.toContain('\n\n');
  expect(end('', 'too-much').code).toBe('upstream-refused');
  expect(end('', 'no-go').message).toContain('next: install Go');
  expect(end('', 'stopped').code).toBe('closing');
});

it('is a few lines of ASCII without credentials', () => {
  const said =
    `${'long '.repeat(200)}\n\u001b[31mfatal: https://me:secret@git.example.test/x gone\u0007\n`.repeat(9);
  const { message } = end(said);
  expect(message).not.toContain('secret');
  expect(message).toMatch(/^[\n\x20-\x7e]+$/);
  expect(message.split('\n').length).toBeLessThanOrEqual(8);
});
