import { tmpdir } from 'node:os';
import type { Policy } from '../config/policy.ts';
import type { AuthorityFiles, Config } from '../config/types.ts';
import { detectPlatform } from '../platform/detect.ts';
import { serverToken } from '../platform/secrets.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import type { ChainEntry } from '../proxy/upstream/chain.ts';
import { withoutToken } from '../session/audit/settings.ts';
import { withoutOurs } from '../session/environment.ts';
import { readGoSettings } from '../session/fetch/go-command.ts';
import { upstreamEntries } from '../session/fetch/upstreams.ts';
import { unpackPolicy } from '../session/policy/policy-json.ts';
import { chooseStores, configureWithoutFile, isArchived, questionOf } from '../session/settings/configure.ts';
import { type PrivatePaths, privatePaths } from '../session/settings/private-paths.ts';
import { readConfig } from '../session/settings/read-config.ts';
import { questionFor } from '../session/settings/settings.ts';
import type { ConfigureRequest, GoSettings, LayerPlace, StartFlags } from '../session/types.ts';
import { vulnDbOf } from '../session/vulndb.ts';
import { type CheckoutModules, readCheckout } from './checkout.ts';
import { type Check, type Env, failed, ok, warning } from './types.ts';

export interface SituationRequest {
  readonly env: Env;
  readonly cwd: string;
  readonly flags: Pick<StartFlags, 'config' | 'store'>;
}

/** All that a session of this job would go by. */
export interface Situation {
  readonly env: Env;
  readonly cwd: string;
  readonly platform: Platform;
  readonly config: Config;
  readonly policy: Policy;
  /** What `proxy.ca` names in the repository, where the files of the checkout do not count. */
  readonly authorityFiles: AuthorityFiles | undefined;
  readonly go: GoSettings | undefined;
  readonly goCommand: string;
  readonly store: {
    readonly dir: string;
    readonly archived: boolean;
    /** What is read behind it. */
    readonly layers: readonly LayerPlace[];
  };
  readonly entries: readonly ChainEntry[];
  readonly private: PrivatePaths;
  /** The vulnerability database that a session mirrors. */
  readonly vulndb: string | undefined;
  readonly checkout: CheckoutModules;
  /** What is to be told of all this. */
  readonly checks: readonly Check[];
}

/** Longest that the configuration of a change's target may take to be had, ms. */
const POLICY_MS = 10_000;

/** Reads configuration, platform and Go's settings as a start would. Throws ConfigError. */
export async function readSituation({ env, cwd, flags }: SituationRequest): Promise<Situation> {
  const platform = detectPlatform(env, systemProbe(cwd));
  const request = questionFor({ env, cwd, flags }, platform, platform.sessionDir);
  const goCommand = env.MODGATE_GO ?? 'go';
  const [{ config, policy, authorityFiles, checks }, checkout] = await Promise.all([
    configOf(request, env),
    readCheckout(platform.workspace),
  ]);
  const forGo = withoutToken(env, { tokenEnv: config.audit['token-env'] });
  const go = await readGoSettings(goCommand, { ...forGo, GOPROXY: withoutOurs(env.GOPROXY ?? '') }, tmpdir());
  const all = [...checks];
  const entries = upstreamEntries(config, go?.GOPROXY ?? env.GOPROXY, line =>
    all.push({
      probe: 'go',
      subject: 'GOPROXY',
      ...failed('cannot be used', { why: line, fix: 'correct it, or name upstreams in proxy.upstream' }),
    }),
  );
  if (entries.length === 0 || entries[0]?.url === 'off') all.push(noUpstream(entries));
  if (env.GOPROXY && withoutOurs(env.GOPROXY) === '' && config.proxy.upstream.length === 0) {
    all.push({
      probe: 'go',
      subject: 'GOPROXY',
      ...warning('is that of the session that runs here', {
        why: 'what the job had before is not known any more, so that the default of go is tried instead',
        fix: 'run modgate doctor before modgate starts',
      }),
    });
  }
  const store = chooseStores(config, request);
  return {
    env,
    cwd,
    platform,
    config,
    policy,
    authorityFiles,
    go,
    goCommand,
    store: {
      dir: store.dir,
      archived: isArchived({ store: { ...store, fallbackDir: '' }, workspace: platform.workspace }),
      layers: store.layers ?? [],
    },
    entries,
    checkout,
    private: privatePaths({ configured: config.proxy.private, go, env }),
    vulndb: vulnDbOf(config.proxy.vulndb, env),
    checks: all,
  };
}

function noUpstream(entries: readonly ChainEntry[]): Check {
  const subject = 'GOPROXY';
  return entries.length === 0
    ? {
        probe: 'go',
        subject,
        ...failed('names nothing to fetch from', {
          why: 'neither proxy.upstream nor go env GOPROXY has an entry',
          fix: 'name a module proxy in proxy.upstream, or install Go, which has a default',
        }),
      }
    : {
        probe: 'go',
        subject,
        ...warning('is off: only what the store has can be served', {
          why: 'nothing is fetched from anywhere',
          fix: 'name a module proxy in proxy.upstream, unless that is what you want',
        }),
      };
}

/**
 * The configuration that counts. In a change that is the target's: where it cannot be had, nobody's file is used,
 * because that of the change could send credentials where its author likes.
 */
async function configOf(
  request: ConfigureRequest,
  env: Env,
): Promise<Pick<Situation, 'config' | 'policy' | 'authorityFiles' | 'checks'>> {
  const token = serverToken(env);
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), POLICY_MS);
  const reading = readConfig(questionOf(request), { env, token, fetch: true });
  const answer = await Promise.race([reading, late]).finally(() => clearTimeout(timer));
  if (answer?.state === 'read') {
    const { config: loaded, commit, warnings } = answer;
    const subject = loaded.sources.length === 0 ? 'defaults' : loaded.sources.join(', ');
    const what =
      commit === undefined
        ? 'valid'
        : `valid, as the target of this change has it (commit ${commit.slice(0, 12)})`;
    return {
      config: loaded.config,
      policy: loaded.policy,
      authorityFiles: loaded.authorityFiles,
      checks: [
        {
          probe: 'config',
          subject,
          ...ok(loaded.sources.length === 0 ? 'there is no file; the defaults are in force' : what),
        },
        ...[...loaded.warnings, ...warnings].map(
          (line): Check => ({ probe: 'config', subject, ...warning(line) }),
        ),
      ],
    };
  }
  const why =
    answer === undefined
      ? `git did not get it within ${POLICY_MS / 1000} s`
      : answer.state === 'unavailable'
        ? answer.why
        : 'it has to be fetched';
  const { config, policy } = await configureWithoutFile(request);
  return {
    config,
    policy: unpackPolicy(policy),
    authorityFiles: undefined,
    checks: [
      {
        probe: 'config',
        subject: 'the target of this change',
        ...failed(
          'its configuration, which counts here, cannot be had; the rest is tried with the defaults',
          {
            why,
            fix:
              answer?.state === 'unavailable'
                ? answer.advice
                : 'let the runner reach the server of the checkout',
          },
        ),
      },
    ],
  };
}
