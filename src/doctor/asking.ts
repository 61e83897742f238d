import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpClient } from '../proxy/upstream/http.ts';
import { type ChildEnvironment, childEnvironment, goSettingsFor } from '../session/children.ts';
import type { Credentials } from '../session/credentials/credentials.ts';
import { credentialsOutside } from '../session/credentials/outside.ts';
import type { Redactor } from '../session/credentials/redactor.ts';
import { withoutNamed } from '../session/credentials/sources.ts';
import { openUpstreams } from '../session/upstreams.ts';
import { VERSION } from '../session/version.ts';
import type { Situation } from './situation.ts';
import type { Env } from './types.ts';

/** What a session asks others with, put together as for a session. */
export interface Asking {
  readonly http: HttpClient;
  readonly credentials: Credentials;
  readonly redactor: Redactor;
  readonly childEnv: ChildEnvironment;
  close(): Promise<void>;
}

/** Takes a directory of its own for what children read; `close` takes it away. */
export async function openAsking(situation: Situation): Promise<Asking> {
  const { env, config, platform, go, private: paths } = situation;
  const dir = await mkdtemp(join(tmpdir(), 'modgate-doctor-'));
  const { credentials, redactor } = credentialsOutside({
    env,
    config,
    forge: platform.forge,
    goauth: go?.GOAUTH ?? '',
    dir,
    // What is missing stands among the checks.
    warn: () => undefined,
  });
  const { redact } = redactor;
  const { http } = await openUpstreams({ env, version: VERSION, credentials, redact, log: () => undefined });
  return {
    http,
    credentials,
    redactor,
    childEnv: childEnvironment(forChildren(situation), [
      goSettingsFor(paths, go),
      () => credentials.childPart(),
    ]),
    close: async () => {
      await http.close();
      await credentials.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    },
  };
}

/** The environment of the job without secrets but those that git keeps in its settings. */
function forChildren({ env, platform, config }: Situation): Env {
  const kept = Object.entries(env).filter(
    ([name]) => /^GIT_CONFIG_/.test(name) || !(platform.secretEnv(name) || /^MODGATE_/i.test(name)),
  );
  return withoutNamed(Object.fromEntries(kept), config.proxy.credentials);
}
