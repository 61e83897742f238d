/**
 * Names that hold a secret by their meaning to a platform or a tool. The runtime variables of the GitHub
 * runner are here because they give write access to the cache that other jobs restore.
 */
const SECRET_NAMES: readonly RegExp[] = [
  /^ACTIONS_(RUNTIME_.*|CACHE_URL|RESULTS_URL|ID_TOKEN_.*|.*TOKEN.*)$/,
  /^INPUT_/,
  /^(GITHUB|GH|CI_JOB)_TOKEN$/,
  /^CI_(JOB_JWT.*|REPOSITORY_URL|BUILD_TOKEN)$/,
  /^DOCKER_AUTH_CONFIG$/,
  // Values of these carry `http.extraheader` and `insteadOf` with tokens; git fails when only one is removed.
  /^GIT_CONFIG_(PARAMETERS|COUNT|KEY_\d+|VALUE_\d+)$/,
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|SIGNING_KEY|DEPLOY_KEY|PAT|JWT)$/,
  /(^|_)(TOKEN|SECRET|PASSWORD)_/,
];

const URL_WITH_USERINFO = /[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i;

/**
 * Whether a variable must be kept out of another process's first environment, which stays readable in
 * `/proc/PID/environ` for as long as that process lives.
 */
export function isSecretEnv(name: string, value?: string): boolean {
  const upper = name.toUpperCase();
  if (SECRET_NAMES.some(pattern => pattern.test(upper))) return true;
  return value !== undefined && URL_WITH_USERINFO.test(value);
}

/** The token for the server of the checkout: the one that is meant for modgate, else that which every job has. */
export function serverToken(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env.MODGATE_TOKEN || env.GITHUB_TOKEN || env.CI_JOB_TOKEN || undefined;
}
