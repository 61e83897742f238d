import { expect, it } from 'vitest';
import { gitSettingsIn } from '../../src/platform/git-settings.ts';

const PAIRS = { GIT_CONFIG_KEY_0: 'http.proxy', GIT_CONFIG_VALUE_0: 'x', GIT_CONFIG_KEY_2: 'core.longpaths' };

it.each([
  ['none', {}, []],
  ['no number', { ...PAIRS, GIT_CONFIG_COUNT: 'two' }, []],
  ['less than none', { ...PAIRS, GIT_CONFIG_COUNT: '-3' }, []],
  ['as many as are counted', { ...PAIRS, GIT_CONFIG_COUNT: '1' }, [['http.proxy', 'x']]],
  [
    'without those that have no key',
    { ...PAIRS, GIT_CONFIG_COUNT: '3' },
    [
      ['http.proxy', 'x'],
      ['core.longpaths', ''],
    ],
  ],
  [
    'a count that no environment holds',
    { ...PAIRS, GIT_CONFIG_COUNT: '1e9' },
    [
      ['http.proxy', 'x'],
      ['core.longpaths', ''],
    ],
  ],
])('settings of git in an environment: %s', (_what, env, settings) => {
  expect(gitSettingsIn(env)).toEqual(settings);
});
