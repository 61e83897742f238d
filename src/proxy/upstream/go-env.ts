type Env = Readonly<Record<string, string | undefined>>;

/** Variables of the job that would change what a fetch returns or where it goes. */
const DROPPED =
  /^(?:GOFLAGS|GOPROXY|GOSUMDB|GONOSUMDB|GONOPROXY|GOPRIVATE|GOMODCACHE|GOWORK|GOENV|GOTOOLCHAIN|GO111MODULE|MODGATE_.*)$/i;

/**
 * Environment of a `go` child that fetches from version control: the job's own git and network settings,
 * our own module settings. The checksum is judged by us, so the child asks no database.
 * @param env the job's environment, secrets already removed
 */
export function directEnv(env: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !DROPPED.test(name)) out[name] = value;
  }
  return {
    ...out,
    GOENV: 'off',
    GO111MODULE: 'on',
    GOPROXY: 'direct',
    GONOPROXY: 'none',
    GOSUMDB: 'off',
    GOFLAGS: '-mod=mod -modcacherw',
    GOWORK: 'off',
    GOTOOLCHAIN: 'local',
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
  };
}
