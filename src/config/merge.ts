import { DEFAULTS } from './defaults.ts';
import type { ConfigFile } from './extends.ts';
import { LEVELS } from './rule-ids.ts';
import type { FileConfig } from './schema.ts';
import type { Origin } from './types.ts';
import { MODCACHE } from './values.ts';

type Values = FileConfig;
type Said = readonly { readonly file: ConfigFile; readonly value: unknown }[];

/** The one whose word counts: the last of those that say something. */
const nearest = (said: Said) => said.at(-1);
/** Any that says the strict value, and only else the nearest. */
const strict = (value: unknown) => (said: Said) => said.findLast(one => one.value === value) ?? said.at(-1);

/** The one that says the last of these words. */
const strictest = (words: readonly string[]) => (said: Said) =>
  said.toSorted((a, b) => words.indexOf(a.value as never) - words.indexOf(b.value as never)).at(-1);

const lowest = (said: Said) =>
  said.toSorted((a, b) => LEVELS.indexOf(b.value as never) - LEVELS.indexOf(a.value as never)).at(-1);

/**
 * The keys that are one value for all files together, and whose word counts. What is not here (lists of hosts and
 * modules, rules, waivers) is judged file by file.
 */
const MERGED = {
  'proxy.modcache': strictest(MODCACHE),
  'proxy.strict-graph': strict(true),
  'proxy.on-failure': strict('fail'),
  'proxy.upstream': nearest,
  'proxy.ca': nearest,
  'proxy.hosts': nearest,
  'proxy.ssh': nearest,
  'proxy.credentials': nearest,
  'proxy.insecure': nearest,
  'proxy.vulndb': nearest,
  'proxy.prefetch': nearest,
  'proxy.idle': nearest,
  'cache.store': nearest,
  'cache.save': nearest,
  'cache.zips': nearest,
  'cache.build': strict(false),
  'cache.keep-since': nearest,
  'cache.max-size': nearest,
  'audit.store': nearest,
  'audit.required': strict(true),
  'audit.token-env': nearest,
  'serve.writers': nearest,
  'serve.readers': nearest,
  'serve.issuers': nearest,
  'serve.tls': nearest,
  'serve.forges': nearest,
  'serve.retention': nearest,
  'fail-on': lowest,
  baseline: nearest,
} satisfies Readonly<Record<string, (said: Said) => Said[number] | undefined>>;

export interface Merged {
  readonly values: Values;
  readonly origins: Map<string, Origin>;
}

/** The values that files have together, weakest first, with the origin of each. */
export function mergeFiles(files: readonly ConfigFile[]): Merged {
  const own = files.find(file => file.role === 'own');
  const values = structuredClone(own?.parsed.values ?? DEFAULTS) as unknown as Record<string, unknown>;
  const origins = new Map<string, Origin>();
  if (own) copyOrigins(own, '', origins);
  const decide = (key: string, value: unknown, from: ConfigFile): void => {
    const [map = '', name] = key.split('.');
    if (name === undefined) values[map] = value;
    else (values[map] as Record<string, unknown>)[name] = value;
    if (from.role === 'own') return;
    for (const old of origins.keys()) if (old === key || old.startsWith(`${key}.`)) origins.delete(old);
    copyOrigins(from, key, origins);
  };
  for (const [key, choose] of Object.entries(MERGED)) {
    const chosen = choose(whoSay(files, key));
    if (chosen) decide(key, chosen.value, chosen.file);
  }
  const secrets = whoSay(files, 'proxy.private');
  const nearestSecret = secrets.at(-1);
  if (nearestSecret) {
    // What one file keeps secret no other can make public.
    const globs = new Set(secrets.flatMap(({ value }) => value as readonly string[]));
    decide('proxy.private', [...globs], nearestSecret.file);
  }
  const skips = files.flatMap(file => {
    const {
      said,
      values: { check },
    } = file.parsed;
    // A floor that is silent means the usual directories, or a repository could hide its modules from it.
    return said(['check', 'skip']) || file.role === 'floor' ? [{ file, names: check.skip }] : [];
  });
  const last = skips.at(-1);
  if (last) {
    const names = last.names.filter(name => skips.every(skip => skip.names.includes(name)));
    const shortest = skips.findLast(skip => skip.names.length === names.length) ?? last;
    decide('check.skip', names, shortest.file);
  }
  return { values: values as unknown as Values, origins };
}

function whoSay(files: readonly ConfigFile[], key: string): Said {
  const path = key.split('.');
  return files.flatMap(file => {
    if (!file.parsed.said(path)) return [];
    let value: unknown = file.parsed.values;
    for (const part of path) value = (value as Record<string, unknown>)[part];
    return [{ file, value }];
  });
}

/** Origins of a key and of what is below it; of everything when the key is empty. */
function copyOrigins({ role, parsed }: ConfigFile, key: string, to: Map<string, Origin>): void {
  const as = role === 'own' ? {} : { as: role };
  for (const [at, line] of parsed.lines) {
    if (key !== '' && at !== key && !at.startsWith(`${key}.`)) continue;
    to.set(at, { from: 'file', file: parsed.name, line, ...as });
  }
}
