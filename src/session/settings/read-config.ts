import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PolicyAnswer } from '../../check/policy/read-policy.ts';
import { type LoadOptions, loadConfig } from '../../config/load.ts';
import { redactUrl } from '../../config/redact.ts';
import type { LoadedConfig, Overrides } from '../../config/types.ts';
import { stricterModcache } from '../../config/values.ts';
import type { Platform } from '../../platform/types.ts';

/** The layers of a configuration, and what decides where its files come from. */
export interface ConfigQuestion {
  readonly workspace: string;
  readonly cwd: string;
  /** A file that the user named. */
  readonly explicit?: string;
  readonly env: Overrides;
  readonly inputs?: Overrides;
  readonly flags: Overrides;
  readonly platform: Pick<Platform, 'change' | 'forge'>;
}

/** How far a question may go. */
export interface Reach {
  /** The environment for git. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
  /** False: only what is at hand, without a request to any server. */
  readonly fetch: boolean;
}

/**
 * The configuration that counts for a job. In a pull request that is the target branch's, whatever the head
 * says: it would let its author allow himself what the policy denies, and send credentials where he likes.
 * Throws ConfigError.
 */
export async function readConfig(question: ConfigQuestion, reach: Reach): Promise<PolicyAnswer> {
  if (question.platform.change === undefined) return await ofCheckout(question, reach);
  if (!(await inRepository(question.workspace))) return await withoutRepository(question);
  const answer = await ofBase(question, reach);
  return answer.state === 'read' ? await onlyTightened(answer, question, reach) : answer;
}

/** The loader wraps what its reader of other repositories throws. */
class OtherRepository extends Error {}

async function ofCheckout(question: ConfigQuestion, reach: Reach): Promise<PolicyAnswer> {
  try {
    const readRemote = () => Promise.reject(new OtherRepository('a file of another repository is needed'));
    const config = await loadConfig({ ...layersOf(question), readRemote });
    return { state: 'read', config, commit: undefined, warnings: [] };
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof OtherRepository)) throw error;
    return await ofBase(question, reach);
  }
}

async function ofBase(question: ConfigQuestion, { env, token, fetch }: Reach): Promise<PolicyAnswer> {
  // Loaded here, because most jobs ask git nothing.
  const { readPolicy } = await import('../../check/policy/read-policy.ts');
  return await readPolicy({
    load: layersOf(question),
    env,
    platform: question.platform,
    fetch,
    ...(token === undefined ? {} : { token }),
  });
}

function layersOf({ workspace, cwd, explicit, env, inputs, flags }: ConfigQuestion): LoadOptions {
  return {
    workspace,
    cwd,
    env,
    flags,
    ...(inputs === undefined ? {} : { inputs }),
    ...(explicit === undefined ? {} : { explicit }),
  };
}

/**
 * A pull request whose workspace is no git repository (not checked out, or checked out below it): there is no
 * base to ask. A file that lies there is the author's, so it may only tighten: its policy counts beside the
 * default one, and of the rest what is stricter.
 */
async function withoutRepository(question: ConfigQuestion): Promise<PolicyAnswer> {
  const [{ onlyTightened: tightened, loadWithoutFile }, said] = await Promise.all([
    import('../../check/policy/load.ts'),
    loadConfig(layersOf(question)),
  ]);
  const plain = await loadWithoutFile(layersOf(question));
  const [own, proxy] = [said.config.proxy, plain.config.proxy];
  const config: LoadedConfig['config'] = {
    ...plain.config,
    proxy: {
      ...proxy,
      'strict-graph': own['strict-graph'],
      'on-failure': own['on-failure'] === 'fail' ? 'fail' : proxy['on-failure'],
      modcache: stricterModcache(own.modcache, proxy.modcache),
      // A name that was shown to an upstream cannot be taken back.
      private: own.private,
    },
  };
  const told =
    'this is a pull request, and the workspace is no git repository: there is no policy of the target branch, and the file in the workspace can only tighten';
  return {
    state: 'read',
    config: { ...plain, config, policy: tightened(said.policy), sources: said.sources, digest: said.digest },
    commit: undefined,
    warnings: said.file === undefined ? [] : [told],
  };
}

/** In a pull request variables, inputs and flags, which its author may write, can only tighten. */
async function onlyTightened(
  answer: Extract<PolicyAnswer, { state: 'read' }>,
  question: ConfigQuestion,
  reach: Reach,
): Promise<PolicyAnswer> {
  const { config } = answer;
  const { 'on-failure': onFailure, modcache } = config.config.proxy;
  const { audit } = config.config;
  const loosens = (key: string, value: boolean) =>
    value && ['env', 'input', 'flag'].includes(config.origin(key).from);
  const mayLoosen: Dropped = {
    onFailure: loosens('proxy.on-failure', onFailure === 'fallback'),
    modcache: loosens('proxy.modcache', modcache !== 'isolated'),
    auditStore: loosens('audit.store', true),
    auditRequired: loosens('audit.required', !audit.required),
  };
  if (!Object.values(mayLoosen).includes(true)) return answer;
  const base = await ofBase(withoutOverrides(question, mayLoosen), reach);
  if (base.state !== 'read') return base;
  const { proxy: strict, audit: sent } = base.config.config;
  const drop: Dropped = {
    onFailure: mayLoosen.onFailure && strict['on-failure'] === 'fail',
    modcache: mayLoosen.modcache && stricterModcache(strict.modcache, modcache) !== modcache,
    // Records that would go nowhere may go anywhere; those that have a place stay, and so does the token for it.
    auditStore: mayLoosen.auditStore && sent.store !== null && sent.store !== audit.store,
    auditRequired: mayLoosen.auditRequired && sent.required,
  };
  const kept = [
    ...(drop.onFailure ? ['proxy.on-failure stays fail'] : []),
    ...(drop.modcache ? [`proxy.modcache stays ${strict.modcache}`] : []),
    ...(drop.auditStore ? [`audit.store stays ${redactUrl(sent.store ?? '')}`] : []),
    ...(drop.auditRequired ? ['audit.required stays true'] : []),
  ];
  if (kept.length === 0) return answer;
  // The other one tightens, and has to stay.
  const again = await ofBase(withoutOverrides(question, drop), reach);
  if (again.state !== 'read') return again;
  const told = `${kept.join(' and ')}: in a pull request variables, inputs and flags can only tighten what the target branch says`;
  return { ...again, warnings: [...again.warnings, told] };
}

/** Which overrides of a question do not count. */
interface Dropped {
  readonly onFailure: boolean;
  readonly modcache: boolean;
  readonly auditStore: boolean;
  readonly auditRequired: boolean;
}

function withoutOverrides(question: ConfigQuestion, drop: Dropped): ConfigQuestion {
  const without = ({ onFailure, modcache, auditStore, auditRequired, ...rest }: Overrides): Overrides => ({
    ...rest,
    ...(auditStore === undefined || drop.auditStore ? {} : { auditStore }),
    ...(auditRequired === undefined || drop.auditRequired ? {} : { auditRequired }),
    ...(onFailure === undefined || drop.onFailure ? {} : { onFailure }),
    ...(modcache === undefined || drop.modcache ? {} : { modcache }),
  });
  const { env, flags, inputs } = question;
  return {
    ...question,
    env: without(env),
    flags: without(flags),
    ...(inputs === undefined ? {} : { inputs: without(inputs) }),
  };
}

async function inRepository(dir: string): Promise<boolean> {
  for (let at = dir; ; at = dirname(at)) {
    if ((await existing([join(at, '.git')])).length > 0) return true;
    if (dirname(at) === at) return false;
  }
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(path =>
      stat(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}

export type { PolicyAnswer };
