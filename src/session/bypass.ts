import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '../config/policy.ts';
import { FILES } from './directory.ts';
import { proxyUrl } from './environment.ts';
import { findingOf, type SessionFinding } from './findings.ts';
import { type PackedPolicy, unpackPolicy } from './policy-json.ts';
import type { SessionFile } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Variables that a session does not set itself, and that take go past the policy. */
const VARIABLES = ['GOFLAGS', 'GOSUMDB', 'GOINSECURE', 'GONOSUMDB', 'GONOPROXY', 'GOPRIVATE', 'GO111MODULE'];

/**
 * What in the environment of the step that ends a session goes around its policy; nothing where the policy cannot
 * refuse anything. Other steps may have had another environment, which nobody sees from here.
 */
export async function bypassesOf(
  env: Env,
  sessionDir: string,
  session: Pick<SessionFile, 'host' | 'port' | 'secret'>,
): Promise<readonly SessionFinding[]> {
  const policy = await keptPolicy(sessionDir);
  if (policy === undefined) return [];
  return [...otherProxy(env, sessionDir, session, policy), ...(await settingsOf(env, policy))];
}

async function keptPolicy(sessionDir: string): Promise<Policy | undefined> {
  try {
    return unpackPolicy(JSON.parse(await readFile(join(sessionDir, FILES.policy), 'utf8')) as PackedPolicy);
  } catch {
    return undefined;
  }
}

/** Told of only where the step was given the session's environment, and something has replaced GOPROXY since. */
function otherProxy(
  env: Env,
  sessionDir: string,
  session: Pick<SessionFile, 'host' | 'port' | 'secret'>,
  policy: Policy,
): SessionFinding[] {
  const [first = ''] = (env.GOPROXY ?? '').split(/[,|]/);
  if (env.MODGATE_SESSION !== sessionDir || first === '' || first.trim() === proxyUrl(session)) return [];
  // It takes modules past the policy for certain, which a file of the repository only may do.
  const settings = policy.layers.flatMap(layer => layer.rules.get('env/bypass') ?? []);
  const said = settings.filter(({ explicit }) => explicit).map(({ level }) => level);
  const level = said.length === 0 || said.includes('error') ? 'error' : said.find(one => one !== 'off');
  if (level === undefined) return [];
  return [
    {
      rule: 'env/bypass',
      level,
      message: 'GOPROXY was set to another proxy while the session ran',
      why: 'Modules then come in without the proxy that the policy is kept by.',
      fix: 'Leave GOPROXY as modgate set it; an upstream belongs in proxy.upstream of the policy file.',
    },
  ];
}

/** The rule that reads environment files, over the variables of this step. */
async function settingsOf(env: Env, policy: Policy): Promise<SessionFinding[]> {
  const lines = VARIABLES.flatMap(name => {
    const value = env[name];
    return value === undefined || value === '' || /['\r\n]/.test(value) ? [] : [`${name}='${value}'\n`];
  });
  if (lines.length === 0) return [];
  const [{ treeOf }, { runRules }, { envBypass }] = await Promise.all([
    import('../policy/tree-of.ts'),
    import('../policy/run-rules.ts'),
    import('../policy/rules/env-bypass.ts'),
  ]);
  const tree = treeOf([{ path: '.env', kind: 'file', bytes: Buffer.from(lines.join('')) }]);
  return runRules({ tree, base: undefined, policy, rules: [envBypass] }).map(found => {
    const { place: _, ...finding } = findingOf({ ...found, status: 'new' });
    return {
      ...finding,
      message: finding.message.replace('in this environment file', 'in the environment of the job'),
    };
  });
}
