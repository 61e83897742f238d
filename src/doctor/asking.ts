import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyError } from '../proxy/errors.ts';
import type { FailedChild } from '../proxy/upstream/direct.ts';
import type { HttpClient, NetworkGate } from '../proxy/upstream/http.ts';
import { withoutToken } from '../session/audit/settings.ts';
import type { Credentials } from '../session/credentials/credentials.ts';
import { credentialsOutside } from '../session/credentials/outside.ts';
import type { Redactor } from '../session/credentials/redactor.ts';
import { refusedChild } from '../session/credentials/refused-child.ts';
import { withoutNamed } from '../session/credentials/sources.ts';
import { type ChildEnvironment, childEnvironment, settingsOfSession } from '../session/fetch/children.ts';
import { openUpstreams } from '../session/fetch/upstreams.ts';
import { openNetwork } from '../session/network/network.ts';
import { gitSettings, withoutSecrets } from '../session/plain-env.ts';
import { VERSION } from '../session/version.ts';
import type { Situation } from './situation.ts';
import type { Env } from './types.ts';

/** What a session asks others with, put together as for a session. */
export interface Asking {
  readonly http: HttpClient;
  readonly credentials: Credentials;
  readonly redactor: Redactor;
  readonly childEnv: ChildEnvironment;
  /** Why a child failed, where the filter or the credentials know. */
  readonly explain: (failed: FailedChild) => ProxyError | undefined;
  readonly gate: NetworkGate;
  close(): Promise<void>;
}

/** Takes a directory of its own for what children read; `close` takes it away. */
export async function openAsking(situation: Situation, warn: (line: string) => void): Promise<Asking> {
  const { env, config, platform, go, entries, policy, authorityFiles, private: paths } = situation;
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
  const plain = plainEnv(situation);
  const gitEnv = gitSettings(env);
  const network = await openNetwork({
    request: {
      config,
      go,
      env: plain,
      gitEnv,
      sessionDir: dir,
      workspace: platform.workspace,
      ...(authorityFiles === undefined ? {} : { authorityFiles }),
    },
    policy,
    upstreams: entries.map(({ url }) => url),
    log: () => undefined,
    warn,
  });
  const { gate } = network;
  const { http } = await openUpstreams({
    env,
    version: VERSION,
    credentials,
    gate,
    redact,
    log: () => undefined,
  });
  return {
    http,
    credentials,
    redactor,
    gate,
    childEnv: childEnvironment({ ...plain, ...gitEnv }, [
      settingsOfSession(paths, go),
      () => credentials.childPart(),
      network.child,
    ]),
    explain: failed => network.explain(failed) ?? refusedChild(failed, output => credentials.explain(output)),
    close: async () => {
      await Promise.all([http.close(), network.close()]);
      await credentials.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    },
  };
}

/** The environment of the job without secrets. */
function plainEnv({ env, platform, config }: Situation): Env {
  const { audit, proxy } = config;
  const quiet = withoutToken(env, { tokenEnv: audit['token-env'] });
  return withoutNamed(withoutSecrets(quiet, platform), proxy.credentials);
}
