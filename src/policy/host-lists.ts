import type { Listed, PolicyLayer } from '../config/policy.ts';
import { didYouMean } from '../config/suggest.ts';
import { foldCase } from '../gomod/case-fold.ts';
import type { Refusal } from './module-lists.ts';
import { PatternIndex } from './patterns.ts';
import { plain, shown } from './words.ts';

/** The first element of a module path, as a whole: never a part of it, never more. */
export function hostOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

interface HostLists {
  readonly allow: PatternIndex<Listed>;
  readonly deny: PatternIndex<Listed>;
  /** Verdicts by host: few hosts stand in many paths. */
  readonly known: Map<string, Refusal | undefined>;
}

/** Bound of the memory of verdicts; a repository has a few hundred hosts at most unless it is hostile. */
const MOST_KNOWN = 10_000;

/** A host name has at most 253 characters; a longer one is refused by any list. */
const LONGEST_HOST = 253;

const compiled = new WeakMap<PolicyLayer, HostLists>();

function listsOf(layer: PolicyLayer): HostLists {
  let lists = compiled.get(layer);
  if (lists === undefined) {
    const index = (entries: readonly Listed[]) =>
      new PatternIndex(entries.map(entry => [entry.value, entry] as const));
    lists = { allow: index(layer.hosts.allow), deny: index(layer.hosts.deny), known: new Map() };
    compiled.set(layer, lists);
  }
  return lists;
}

/** What `hosts` of a layer says against a module path; deny beats allow, and no list means no word. */
export function hostRefusal(layer: PolicyLayer, path: string): Refusal | undefined {
  if (layer.hosts.allow.length + layer.hosts.deny.length === 0) return undefined;
  const host = hostOf(path);
  const lists = listsOf(layer);
  let verdict = lists.known.get(host);
  if (verdict === undefined && !lists.known.has(host)) {
    if (lists.known.size >= MOST_KNOWN) lists.known.clear();
    verdict = verdictOn(layer, lists, host);
    lists.known.set(host, verdict);
  }
  return verdict === undefined
    ? undefined
    : { ...verdict, message: verdict.message.replace('%', () => shown(path)) };
}

/** The message has `%` where the path comes. */
function verdictOn(layer: PolicyLayer, { allow, deny }: HostLists, host: string): Refusal | undefined {
  const name = shown(host, 80).replaceAll('%', '\\x25');
  const fix = `Use a module from an allowed host, or have ${plain(layer.name)} allow this one under hosts.allow.`;
  if (host.length > LONGEST_HOST) {
    return {
      kind: 'denied',
      message: `the first element of % has ${host.length} characters`,
      reason: `no host name is longer than ${LONGEST_HOST} characters, so no list can allow it`,
      fix: 'Remove the line.',
      where: plain(layer.name),
    };
  }
  // Host names have no case, so that a denied one stays denied however it is spelled.
  const denied = deny.matches(host)[0] ?? deny.matches(foldCase(host))[0];
  if (denied !== undefined) {
    return {
      kind: 'denied',
      message: `module % comes from host ${name}, which is denied`,
      reason: `hosts.deny has ${shown(denied.value)} (${plain(denied.where)})`,
      fix: 'Use a module from another host; go mod why -m tells what needs this one.',
      where: denied.where,
    };
  }
  if (layer.hosts.allow.length === 0 || allow.matches(host).length > 0) return undefined;
  const where = layer.hosts.allow[0]?.where ?? layer.name;
  const sameButCase = allow.matches(foldCase(host))[0];
  if (sameButCase !== undefined) {
    return {
      kind: 'absent',
      message: `module % comes from host ${name}, which is allowed only as ${shown(sameButCase.value)}`,
      reason: `hosts are compared letter by letter (${plain(sameButCase.where)}): the same name in another case is another path`,
      fix: `Write the host in lower case, as ${plain(sameButCase.where)} does.`,
      where: sameButCase.where,
    };
  }
  return {
    kind: 'absent',
    message: `module % comes from host ${name}, which is not allowed`,
    reason: `hosts.allow does not have it (${plain(where)})${nearest(layer.hosts.allow, host)}`,
    fix,
    where,
  };
}

function nearest(allow: readonly Listed[], host: string): string {
  const near = didYouMean(
    host,
    allow.slice(0, 200).map(entry => entry.value),
  );
  if (near !== undefined) return `; the nearest that it has is ${shown(near, 80)}`;
  const some = allow.slice(0, 4).map(entry => shown(entry.value, 60));
  const more = allow.length > some.length ? ` and ${allow.length - some.length} more` : '';
  return `; it has ${some.join(', ')}${more}`;
}
