/** A setting of git and its value. */
export type GitSetting = readonly [key: string, value: string];

/** Settings past this many are left out: an environment does not hold more by itself. */
const MAX_SETTINGS = 500;

/** What a job tells git by `GIT_CONFIG_COUNT` and the variables that belong to it, in order; those without a key are none. */
export function gitSettingsIn(env: Readonly<Record<string, string | undefined>>): GitSetting[] {
  const count = Math.min(Number(env.GIT_CONFIG_COUNT) || 0, MAX_SETTINGS);
  return Array.from(
    { length: count },
    (_, i): GitSetting => [env[`GIT_CONFIG_KEY_${i}`] ?? '', env[`GIT_CONFIG_VALUE_${i}`] ?? ''],
  ).filter(([key]) => key !== '');
}
