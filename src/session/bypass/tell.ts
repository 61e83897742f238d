import type { Policy } from '../../config/policy.ts';
import { LEVELS, type Level } from '../../config/rule-ids.ts';
import { matchGlobs } from '../../gomod/module-path.ts';
import type { CachedClone } from '../../store/modcache/vcs.ts';
import type { SessionFinding } from '../findings.ts';
import { levelOf, type SessionRule } from './levels.ts';
import type { Unserved, UnservedKind } from './unserved.ts';

/** Findings of a kind that are told one by one; the rest is counted. */
const MAX_EACH = 20;
const MAX_NAMES = 3;

export interface TellRequest {
  readonly policy: Policy;
  /** Whether a waiver names the module for the rule. */
  readonly isWaived: (rule: SessionRule, module: string) => boolean;
  /** How to keep the job's own cache out of GOMODCACHE, where the platform knows. */
  readonly advice: string | undefined;
}

interface Levelled<T> {
  readonly level: Level;
  readonly item: T;
}

/** Findings of what is in a module cache though the proxy did not serve it. */
export function unservedFindings(unserved: readonly Unserved[], request: TellRequest): SessionFinding[] {
  const counted = levelled(unserved, 'bypass/unserved', ({ found }) => found.module, request);
  const restored = counted.filter(({ item }) => item.kind === 'restored');
  const others = counted
    .filter(({ item }) => item.kind !== 'restored')
    .sort((a, b) => (nameOf(a.item) < nameOf(b.item) ? -1 : 1));
  return [
    ...others.slice(0, MAX_EACH).map(unservedFinding),
    ...more('bypass/unserved', others.slice(MAX_EACH), 'module versions came into GOMODCACHE past the proxy'),
    ...restoredFinding(restored, request.advice),
  ];
}

/** Findings of what go fetched from version control by itself. */
export function vcsFindings(clones: readonly CachedClone[], request: TellRequest): SessionFinding[] {
  const counted = levelled(clones, 'bypass/vcs', pathOf, request);
  return [
    ...counted.slice(0, MAX_EACH).map(({ level, item: { url, fetchedFrom } }) => {
      const origin = url === '' ? 'an origin that it did not write down' : shown(url);
      const truth =
        fetchedFrom === undefined || fetchedFrom === url ? '' : ` (in truth from ${shown(fetchedFrom)})`;
      return {
        rule: 'bypass/vcs',
        level,
        message: `go fetched ${origin} from version control by itself${truth} while the session ran`,
        why: 'The proxy was not asked: neither its policy nor its record knows what came in.',
        fix: `Name modules of your own in proxy.private of the policy file, so that modgate fetches them, and leave GOPRIVATE, GONOPROXY and GOPROXY alone. Where it is meant: ${allowing('bypass/vcs', pathOf({ url }))}`,
      };
    }),
    ...more('bypass/vcs', counted.slice(MAX_EACH), 'repositories were fetched by go itself'),
  ];
}

function unservedFinding({ level, item }: Levelled<Unserved>): SessionFinding {
  const { module, version } = item.found;
  return {
    rule: 'bypass/unserved',
    level,
    module,
    version,
    message: MESSAGE[item.kind](item),
    why: WHY[item.kind],
    fix:
      item.kind === 'no-zip'
        ? 'Leave the zips of GOMODCACHE alone (go clean -modcache removes all of it), and find out who deleted it.'
        : `Leave GOPROXY, GONOPROXY and GOPRIVATE as modgate set them; modules of your own belong in proxy.private of the policy file. Where it is meant: ${allowing('bypass/unserved', module)}`,
  };
}

const MESSAGE: Readonly<Record<UnservedKind, (item: Unserved) => string>> = {
  unknown: item =>
    `${nameOf(item)} came into GOMODCACHE while the session ran, and the proxy did not serve it`,
  'other-hash': item =>
    `${nameOf(item)} in GOMODCACHE is ${item.found.h1}, and the proxy served ${item.other}`,
  changed: item =>
    `${nameOf(item)} in GOMODCACHE was ${item.other} when the session began and is ${item.found.h1} now, which the proxy did not serve`,
  restored: item => `${nameOf(item)} was put into GOMODCACHE from an archive while the session ran`,
  'no-zip': item => `the zip of ${nameOf(item)} was deleted from GOMODCACHE while the session ran`,
};

const PAST =
  'It was fetched past the proxy, or a program put it there: no policy was asked, and no record tells where it is from.';

const WHY: Readonly<Record<UnservedKind, string>> = {
  unknown: PAST,
  'other-hash': PAST,
  changed: PAST,
  restored: PAST,
  'no-zip':
    'go goes on with the unpacked files and does not notice; go mod verify has nothing left to compare them with, and passes.',
};

/** An archive is one thing to mend, however much is in it. */
function restoredFinding(
  restored: readonly Levelled<Unserved>[],
  advice: string | undefined,
): SessionFinding[] {
  if (restored.length === 0) return [];
  const names = restored.map(({ item }) => nameOf(item)).sort();
  const others = names.length > MAX_NAMES ? ', ...' : '';
  const count = names.length === 1 ? '1 module version was' : `${names.length} module versions were`;
  return [
    {
      rule: 'bypass/unserved',
      level: highest(restored),
      message: `${count} put into GOMODCACHE from an archive while the session ran: ${names.slice(0, MAX_NAMES).join(', ')}${others}`,
      why: 'go takes what lies there without asking the proxy and without hashing it: a job that can write that archive decides what is compiled here.',
      fix: `Keep GOMODCACHE out of the job's own cache, modgate keeps the modules${advice === undefined ? '.' : `: ${advice}.`}`,
    },
  ];
}

function more(rule: SessionRule, rest: readonly Levelled<unknown>[], what: string): SessionFinding[] {
  if (rest.length === 0) return [];
  return [
    {
      rule,
      level: highest(rest),
      message: `${rest.length} more ${what}`,
      why: `The first ${MAX_EACH} are listed.`,
      fix: 'Mend those first.',
    },
  ];
}

function levelled<T>(
  items: readonly T[],
  rule: SessionRule,
  moduleOf: (item: T) => string,
  request: TellRequest,
): Levelled<T>[] {
  return items.flatMap(item => {
    const level = levelFor(rule, moduleOf(item), request);
    return level === undefined ? [] : [{ level, item }];
  });
}

function levelFor(rule: SessionRule, module: string, { policy, isWaived }: TellRequest): Level | undefined {
  if (isWaived(rule, module)) return undefined;
  return levelOf(policy, rule, ({ allow }) => Array.isArray(allow) && matchGlobs(allow.join(','), module));
}

function highest(items: readonly Levelled<unknown>[]): Level {
  return LEVELS.findLast(level => items.some(item => item.level === level)) ?? 'note';
}

function nameOf({ found }: Unserved): string {
  return `${shown(found.module)}@${shown(found.version)}`;
}

/** Host and path of an origin, as a glob names it. */
function pathOf({ url }: Pick<CachedClone, 'url'>): string {
  if (!URL.canParse(url)) return url;
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`.replace(/^\/+|\/+$/g, '');
}

function allowing(rule: SessionRule, pattern: string): string {
  return `rules: {${rule}: {allow: [${shown(pattern)}]}}`;
}

function shown(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]+/g, '?').slice(0, 300);
}
