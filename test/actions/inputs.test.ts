import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { InputError, loadInputs } from '../../src/actions/inputs.ts';

const ACTION = join(import.meta.dirname, '../../actions/proxy/action.yml');

describe('loadInputs', () => {
  it('without inputs starts a session and decides nothing', async () => {
    expect(await loadInputs({ INPUT_STORE: '', 'INPUT_ON-FAILURE': ' ' })).toEqual({ command: 'start' });
  });

  it('reads every input', async () => {
    expect(
      await loadInputs({
        INPUT_COMMAND: 'stop',
        INPUT_CONFIG: 'ci/modgate.yaml',
        INPUT_STORE: '/srv/store',
        INPUT_SAVE: 'never',
        'INPUT_BUILD-CACHE': 'true',
        'INPUT_ON-FAILURE': 'fail',
        INPUT_MODCACHE: 'isolated',
        INPUT_PREFETCH: '0',
        INPUT_UPSTREAM: 'https://a.example.test, file:///srv/mirror\ndirect\n',
        'INPUT_AUDIT-STORE': 'https://audit.example.test',
        'INPUT_AUDIT-REQUIRED': 'true',
        'INPUT_AUDIT-TOKEN': 'hidden-one',
        INPUT_TOKEN: 'hidden-two',
      }),
    ).toEqual({
      command: 'stop',
      config: 'ci/modgate.yaml',
      store: '/srv/store',
      save: 'never',
      buildCache: true,
      onFailure: 'fail',
      modcache: 'isolated',
      prefetch: 0,
      upstream: ['https://a.example.test', 'file:///srv/mirror', 'direct'],
      auditStore: 'https://audit.example.test',
      auditRequired: true,
      auditToken: 'hidden-one',
      token: 'hidden-two',
    });
  });

  it.each([
    ['INPUT_SAVE', 'sometimes', 'input save: "sometimes" is not one of auto, always, never'],
    ['INPUT_ON-FAILURE', 'ignore', 'input on-failure: "ignore" is not one of fail, fallback'],
    ['INPUT_COMMAND', 'restart', 'input command: "restart" is not one of start, stop'],
    ['INPUT_PREFETCH', '65', 'input prefetch: it must be a whole number from 0 to 64'],
    ['INPUT_PREFETCH', '1e1', 'input prefetch: it must be a whole number from 0 to 64'],
    ['INPUT_UPSTREAM', 'ftp://u:s3cret@a.example.test', /^input upstream: it must be (?!.*s3cret)/],
    ['INPUT_UPSTREAM', ',', /^input upstream: /],
    ['INPUT_AUDIT-STORE', 'artefact', /^input audit-store: .* did you mean artifact\?$/],
    ['INPUT_AUDIT-STORE', 'https://u:s3cret@a.example.test', /^input audit-store: (?!.*s3cret).*credentials/],
    ['INPUT_BUILD-CACHE', 'on', 'input build-cache: "on" is not one of true, false'],
    ['INPUT_AUDIT-REQUIRED', 'yes', 'input audit-required: "yes" is not one of true, false'],
  ])('names %s when it is %j', async (name, value, message) => {
    const error: unknown = await loadInputs({ [name]: value }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).problems).toEqual([expect.stringMatching(message)]);
  });
});

describe('action.yml', () => {
  const action = parse(readFileSync(ACTION, 'utf8')) as {
    inputs: Record<string, { description: string; default?: string }>;
    outputs: Record<string, { description: string }>;
    runs: Record<string, string>;
  };

  it('names the inputs that are read, without defaults, and explains all', async () => {
    const { 'check-run-id': run, matrix, ...settings } = action.inputs;
    for (const [name, input] of Object.entries(settings)) {
      expect(input).not.toHaveProperty('default');
      expect(input.description.length).toBeGreaterThan(20);
      // An input that is read refuses nonsense or passes it on; one that is not would vanish.
      const outcome = await loadInputs({ [`INPUT_${name.toUpperCase()}`]: 'x y' }).catch((e: unknown) => e);
      expect(outcome).not.toEqual({ command: 'start' });
    }
    expect(Object.keys(settings)).toHaveLength(13);
    expect(run?.default).toMatch(/^\$\{\{ job\.check_run_id \}\}$/);
    expect(matrix?.default).toMatch(/^\$\{\{ toJSON\(matrix\) \}\}$/);
  });

  it('runs one bundle for both phases, whatever happened', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: '../../dist/actions/proxy.js',
      post: '../../dist/actions/proxy.js',
      'post-if': 'always()',
    });
    expect(Object.keys(action.outputs)).toEqual([
      'goproxy',
      'cache-hit',
      'modules',
      'bytes-from-store',
      'bytes-from-upstream',
      'audit-spool',
    ]);
  });
});
