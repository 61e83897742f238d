import { describe, expect, it } from 'vitest';
import { formatEnvironment, jobEnvironment, proxyUrl, withoutOurs } from '../../src/session/environment.ts';
import { run } from '../support/process.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const OURS = `http://127.0.0.1:4711/${SECRET}`;
const about = {
  url: OURS,
  sessionDir: '/tmp/modgate',
  onFailure: 'fail',
  previous: 'https://mirror.example.com,direct',
  modcache: undefined,
} as const;

describe('jobEnvironment', () => {
  it('names us alone when our failure is to be the job’s', () => {
    expect(jobEnvironment(about)).toEqual({ GOPROXY: OURS, MODGATE_SESSION: '/tmp/modgate' });
  });
  it('puts what the job had behind a pipe, and its own module cache in when asked', () => {
    expect(jobEnvironment({ ...about, onFailure: 'fallback', modcache: '/tmp/mod' })).toEqual({
      GOPROXY: `${OURS}|https://mirror.example.com,direct`,
      GOMODCACHE: '/tmp/mod',
      MODGATE_SESSION: '/tmp/modgate',
    });
    expect(jobEnvironment({ ...about, onFailure: 'fallback', previous: undefined }).GOPROXY).toBe(OURS);
  });
});

describe('withoutOurs', () => {
  it.each([
    [`${OURS}|https://mirror.example.com,direct`, 'https://mirror.example.com,direct'],
    [`${OURS}|${OURS}|direct`, 'direct'],
    [OURS, ''],
    ['https://mirror.example.com|direct', 'https://mirror.example.com|direct'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['', ''],
  ])('%s leaves "%s"', (value, rest) => {
    expect(withoutOurs(value)).toBe(rest);
  });
});

it('a URL has its address in brackets where it must', () => {
  expect(proxyUrl({ host: '::1', port: 1, secret: SECRET })).toBe(`http://[::1]:1/${SECRET}`);
  expect(proxyUrl({ host: '127.0.0.1', port: 4711, secret: SECRET })).toBe(OURS);
});

describe('formatEnvironment', () => {
  const env = { A: 'plain', B: 'it\'s $HOME `id` "x"\\', C: '' };
  it('shell text gives a shell back exactly what was put in', async () => {
    const script = `${formatEnvironment(env, 'shell')}printf '%s|' "$A" "$B" "$C"`;
    const done = await run('sh', ['-c', script], { env: { HOME: '/nowhere' } });
    expect(done).toMatchObject({ code: 0, stdout: `${Object.values(env).join('|')}|` });
  });
  it('a line break cannot add a variable of its own', () => {
    for (const format of ['dotenv', 'github'] as const) {
      expect(formatEnvironment({ A: 'x\nEVIL=1\r\n' }, format)).toBe('A=xEVIL=1\n');
    }
  });
  it('json is json', () => {
    expect(JSON.parse(formatEnvironment(env, 'json'))).toEqual(env);
  });
});
