import type { Config } from '../../config/types.ts';
import { type Check, type Env, failed, ok } from '../types.ts';

/** Whether each credential that the configuration names is there; never its value. Pure. */
export function probeCredentials({ credentials }: Pick<Config['proxy'], 'credentials'>, env: Env): Check[] {
  return credentials.map(({ host, 'token-env': variable }): Check => {
    const value = env[variable] ?? '';
    const verdict =
      value === ''
        ? failed(`${variable} is not set`, {
            why: 'proxy.credentials names it for this host',
            fix: `give this step the variable ${variable} from the secrets of the CI system`,
          })
        : value.trim() !== value
          ? failed(`${variable} begins or ends with white space`, {
              why: 'a line end came into the secret when it was stored',
              fix: 'store the secret again without it',
            })
          : ok(`${variable} is set`);
    return { probe: 'credentials', subject: host, ...verdict };
  });
}
