import type { Policy } from '../../config/policy.ts';
import { redactText } from '../../config/redact.ts';
import { proxyUrl, withoutOurs } from '../environment.ts';
import { findingOf, type SessionFinding } from '../findings.ts';
import { speaks } from '../policy/speaks.ts';
import type { GoSettings, SessionFile } from '../types.ts';
import { type Before, digestOf, goWorkAbove, saidBy, WATCHED, type Watched } from './before.ts';
import { levelOf } from './levels.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface DriftRequest {
  /** Environment of the step that ends the session. */
  readonly env: Env;
  readonly sessionDir: string;
  readonly session: Pick<SessionFile, 'host' | 'port' | 'secret'>;
  readonly before: Before | undefined;
  /** What go says of itself now, see `goOfItself`. */
  readonly go: GoSettings | undefined;
  readonly policy: Policy;
}

/** A setting that takes go past the policy, and in which words it is told where it stands. */
interface Setting {
  readonly name: string;
  readonly value: string;
  readonly where: string;
}

const HERE = 'in the environment of the job';
const LATER = 'in the environment of the job, set while the session ran,';
const IN_FILE = 'in the file of go env -w, written while the session ran,';

/**
 * What in the environment of the step that ends a session goes around its policy: what was changed while it ran,
 * there and in what go keeps for later commands; and, where the policy can refuse something, what was there from the
 * start. Other steps may have had another environment, which nobody sees from here.
 */
export async function driftFindings(request: DriftRequest): Promise<SessionFinding[]> {
  const { secret } = request.session;
  // Our own address may stand anywhere in a value that a step put together.
  return (await findingsOf(request)).map(found => ({
    ...found,
    message: found.message.replaceAll(secret, '***'),
    fix: found.fix.replaceAll(secret, '***'),
  }));
}

async function findingsOf(request: DriftRequest): Promise<SessionFinding[]> {
  const { env, before, policy } = request;
  const changed = changedVariables(request);
  const inFile = changedInFile(request, changed);
  const found = [
    ...proxyFindings(request, changed),
    ...modcacheFindings(request),
    ...(await workspaceFindings(request)),
    ...(await settingFindings(
      policy,
      [
        ...changed.filter(isSetting).map(name => ({ name, value: env[name] ?? '', where: LATER })),
        ...inFile.filter(isSetting).map(name => ({ name, value: goValue(request.go, name), where: IN_FILE })),
      ],
      true,
    )),
  ];
  if (inFile.includes('GOPROXY')) {
    found.push(
      ...told(policy, 'GOPROXY', {
        message: `GOPROXY=${shown(goValue(request.go, 'GOPROXY'))} was written with go env -w, or into the file that go reads, while the session ran`,
        why: 'It has no effect where the variable is set, and takes modules past the policy wherever somebody unsets it.',
        fix: 'Leave GOPROXY as modgate set it; an upstream belongs in proxy.upstream of the policy file.',
      }),
    );
  }
  if (!speaks(policy)) return found;
  const known = before === undefined ? WATCHED : WATCHED.filter(name => !changed.includes(name));
  const constant = known
    .filter(isSetting)
    .map(name => ({ name, value: before?.own?.[name] ?? env[name] ?? '', where: HERE }));
  return [...found, ...(await settingFindings(policy, constant, false))];
}

/** GOPROXY and GOMODCACHE have words of their own. */
function isSetting(name: Watched): boolean {
  return name !== 'GOPROXY' && name !== 'GOMODCACHE';
}

/** Variables with another value than the step was given; none where it was given nothing. */
function changedVariables({ env, sessionDir, before }: DriftRequest): readonly Watched[] {
  if (before === undefined || env.MODGATE_SESSION !== sessionDir) return [];
  return WATCHED.filter(name => digestOf(env[name] ?? '') !== (before.env[name] ?? digestOf('')));
}

/** Settings that go takes from its file, and that are others there than when the session began. */
function changedInFile({ env, before, go }: DriftRequest, changed: readonly Watched[]): readonly Watched[] {
  if (before?.go === undefined || go === undefined) return [];
  const { go: was } = before;
  const found = WATCHED.filter(name => {
    if (was[name] === undefined) return false;
    // A variable hides the file; GOPROXY was taken away to look behind ours.
    if (name !== 'GOPROXY' && (changed.includes(name) || (env[name] ?? '') !== '')) return false;
    return was[name] !== digestOf(goValue(go, name));
  });
  // What GOPRIVATE implies is said with it.
  const isImplied = (name: Watched) =>
    (name === 'GONOPROXY' || name === 'GONOSUMDB') && goValue(go, name) === goValue(go, 'GOPRIVATE');
  return found.includes('GOPRIVATE') ? found.filter(name => !isImplied(name)) : found;
}

function goValue(go: GoSettings | undefined, name: Watched): string {
  return go === undefined ? '' : (saidBy(go, name) ?? '');
}

function proxyFindings(request: DriftRequest, changed: readonly Watched[]): SessionFinding[] {
  const { env, session, policy, before, sessionDir } = request;
  const ours = proxyUrl(session);
  const value = env.GOPROXY ?? '';
  const [first = ''] = value.split(/[,|]/);
  const other = first.trim() !== ours;
  // Without word of what was given only an entry before ours is certain to be somebody else's.
  const isChanged = before === undefined ? other && value !== '' : changed.includes('GOPROXY');
  if (!isChanged || env.MODGATE_SESSION !== sessionDir || value === ours) return [];
  const now = value === '' ? 'nothing' : shown(withoutOurs(value));
  return told(policy, 'GOPROXY', {
    message: other
      ? `GOPROXY was set to another proxy while the session ran: ${now}`
      : `GOPROXY was given other entries behind modgate while the session ran: ${now}`,
    why: other
      ? 'Modules then come in without the proxy that the policy is kept by.'
      : 'go asks them for what modgate says it does not have, and some ask version control.',
    fix: 'Leave GOPROXY as modgate set it; an upstream belongs in proxy.upstream of the policy file.',
  });
}

/** By what go says in the end, from whichever variable or file it takes that. */
function modcacheFindings({ env, sessionDir, policy, before, go }: DriftRequest): SessionFinding[] {
  const was = before?.goModCache;
  const now = go?.GOMODCACHE ?? '';
  if (was === undefined || now === '' || now === was) return [];
  // A step that was not given what the session sets has another one for that reason alone.
  if (before?.given.includes('GOMODCACHE') && env.MODGATE_SESSION !== sessionDir) return [];
  return told(policy, 'GOMODCACHE', {
    message: `GOMODCACHE became ${shown(now)} while the session ran; it was ${shown(was)}`,
    why: 'go takes what lies there without asking any proxy.',
    fix: 'Set it before modgate starts.',
  });
}

async function workspaceFindings({ env, policy, before }: DriftRequest): Promise<SessionFinding[]> {
  if (before?.goWork === undefined || (env.GOWORK ?? '') !== '') return [];
  const now = (await goWorkAbove(before.cwd)) ?? null;
  if (now === before.goWork || now === null) return [];
  return told(policy, 'GOWORK', {
    message: `${shown(now)} was written while the session ran, and go builds in that workspace from then on`,
    why: 'Its use and replace lines count more than those of go.mod, and nobody has reviewed them.',
    fix: 'Commit it, or set GOWORK=off.',
  });
}

/** A finding about one variable, at the level of the layers that do not allow it. */
function told(
  policy: Policy,
  name: Watched,
  words: Pick<SessionFinding, 'message' | 'why' | 'fix'>,
): SessionFinding[] {
  const level = levelOf(policy, 'bypass/env', ({ allow }) => Array.isArray(allow) && allow.includes(name));
  if (level === undefined) return [];
  const said = policy.layers.some(({ rules }) => rules.get('bypass/env')?.explicit === true);
  // It takes modules past what the policy refuses for certain, which a file of the repository only may do.
  const certain = name === 'GOPROXY' && !said && speaks(policy);
  return [{ rule: 'bypass/env', level: certain ? 'error' : level, ...words }];
}

/** Judges variables as the rule that reads environment files does, at the level and with the options of `bypass/env`. */
async function settingFindings(
  policy: Policy,
  settings: readonly Setting[],
  all: boolean,
): Promise<SessionFinding[]> {
  const usable = settings.filter(({ value }) => value !== '' && !/['\r\n]/.test(value));
  if (usable.length === 0) return [];
  const [{ treeOf }, { runRules }, { envBypass }] = await Promise.all([
    import('../../policy/tree-of.ts'),
    import('../../policy/run-rules.ts'),
    import('../../policy/rules/env-bypass.ts'),
  ]);
  const rule: typeof envBypass = {
    ...envBypass,
    id: 'bypass/env',
    check: context =>
      envBypass.check({
        ...context,
        options: { ...context.options, all: all || context.options.all === true },
      }),
  };
  return usable.flatMap(({ name, value, where }) => {
    const tree = treeOf([{ path: '.env', kind: 'file', bytes: Buffer.from(`${name}='${value}'\n`) }]);
    return runRules({ tree, base: undefined, policy, rules: [rule] }).map(found => {
      const { place: _, ...finding } = findingOf({ ...found, status: 'new' });
      return {
        ...finding,
        message: finding.message.replace('in this environment file', where),
        fix: finding.fix.replace('{env/bypass:', '{bypass/env:'),
      };
    });
  });
}

/** One line of ASCII without credentials; entries of a list are URLs each for itself. */
function shown(text: string): string {
  const parts = text.split(/([,|])/).map(part => redactText(part));
  return parts
    .join('')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
}
