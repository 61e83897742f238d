import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { childEnvironment, gitConfigEnv } from '../../../src/session/fetch/children.ts';

test('git reads the settings of the job and then ours', () => {
  const own = {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'http.proxy',
    GIT_CONFIG_VALUE_0: 'http://own.example.test',
    GIT_CONFIG_KEY_1: 'modgate.test',
    GIT_CONFIG_VALUE_1: 'own',
  };
  const env = { ...own, ...gitConfigEnv(own, [['http.proxy', 'http://ours.example.test']]) };
  const ask = (key: string) =>
    execFileSync('git', ['config', '--get-all', key], {
      env: { PATH: process.env.PATH, ...env, GIT_CONFIG_NOSYSTEM: '1', HOME: '/' },
      cwd: '/',
      encoding: 'utf8',
    }).split('\n');
  expect(ask('http.proxy')).toEqual(['http://own.example.test', 'http://ours.example.test', '']);
  expect(ask('modgate.test')).toEqual(['own', '']);
});

test('nothing to add leaves the variables of the job alone, and a count that is none begins anew', () => {
  expect(gitConfigEnv({ GIT_CONFIG_COUNT: '1' }, [])).toEqual({});
  expect(gitConfigEnv({ GIT_CONFIG_COUNT: '-1' }, [['a.b', 'c']])).toEqual({
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'a.b',
    GIT_CONFIG_VALUE_0: 'c',
  });
});

test('sources are asked before every child, and the later one wins', async () => {
  let asked = 0;
  const env = childEnvironment({ GOPROXY: 'https://proxy.example.test', HOME: '/home/me', A: 'job' }, [
    () => ({ env: { A: 'first', B: String(++asked) }, git: [['x.y', '1']] }),
    async () => ({ env: { A: 'second' }, git: [['x.y', '2']] }),
  ]);
  const first = await env('');
  expect(first).toMatchObject({
    A: 'second',
    B: '1',
    HOME: '/home/me',
    GOPROXY: 'direct',
    GOSUMDB: 'off',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_VALUE_0: '1',
    GIT_CONFIG_VALUE_1: '2',
  });
  expect((await env('')).B).toBe('2');
});
