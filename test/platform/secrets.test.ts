import { expect, it } from 'vitest';
import { isSecretEnv, serverToken } from '../../src/platform/secrets.ts';

it.each([
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_RUNTIME_URL',
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'CI_JOB_TOKEN',
  'CI_REPOSITORY_URL',
  'CI_REGISTRY_PASSWORD',
  'INPUT_UPSTREAM',
  'NPM_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'MY_SECRET',
  'DB_PASSWORD',
  'token',
  'GIT_CONFIG_VALUE_0',
])('%s is a secret', name => {
  expect(isSecretEnv(name)).toBe(true);
});

it.each([
  'PATH',
  'HOME',
  'GOPROXY',
  'GOFLAGS',
  'GOTOOLCHAIN',
  'RUNNER_TEMP',
  'RUNNER_TRACKING_ID',
  'GITHUB_WORKSPACE',
  'ACTIONS_CACHE_SERVICE_V2',
  'ACTIONS_CACHE_MODE',
  'CI_PROJECT_DIR',
  'SSH_AUTH_SOCK',
  'HTTPS_PROXY',
  'XDG_CACHE_HOME',
])('%s is none', name => {
  expect(isSecretEnv(name)).toBe(false);
});

it('sees credentials in a URL when the value is given', () => {
  expect(isSecretEnv('GOPROXY', 'https://u:p@proxy.example.test,direct')).toBe(true);
  expect(isSecretEnv('GOPROXY', 'https://proxy.example.test/x@v1,direct')).toBe(false);
  expect(isSecretEnv('HTTPS_PROXY', 'http://token@proxy.example.test:3128')).toBe(true);
});

it.each([
  [{ MODGATE_TOKEN: 'meant', GITHUB_TOKEN: 'hub', CI_JOB_TOKEN: 'lab' }, 'meant'],
  [{ MODGATE_TOKEN: '', GITHUB_TOKEN: 'hub', CI_JOB_TOKEN: 'lab' }, 'hub'],
  [{ CI_JOB_TOKEN: 'lab' }, 'lab'],
  [{ MODGATE_TOKEN: '' }, undefined],
])('the token for the server of the checkout in %j', (env, token) => {
  expect(serverToken(env)).toBe(token);
});
