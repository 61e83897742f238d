import type { ConfigFile } from './extends.ts';
import { defaultLayer, layerOf } from './layers.ts';
import type { Policy, PolicyLayer, Waiver } from './policy.ts';
import { RULE_IDS } from './rule-ids.ts';
import type { FileConfig } from './schema.ts';

/** What merging left, as far as the policy needs it. */
export type Together = Pick<FileConfig, 'fail-on' | 'check'>;

/** The policy of all files, weakest first. */
export function combine(files: readonly ConfigFile[], together: Together): Policy {
  const own = files.find(file => file.role === 'own');
  const layers = files.map(layerOfFile);
  return {
    layers: own ? layers : [...layers, defaultLayer()],
    waivers: files.flatMap(file => waiversOf(file, own)),
    waivable: waivable(files, layers),
    failOn: together['fail-on'],
    skip: together.check.skip,
  };
}

function layerOfFile({ role, parsed }: ConfigFile): PolicyLayer {
  const where = (path: readonly PropertyKey[]): string => {
    const line = parsed.said(path) ? parsed.lines.get(path.join('.')) : undefined;
    return `${parsed.name}:${line ?? parsed.place(path).line}`;
  };
  const name = role === 'floor' ? `the floor ${parsed.name}` : parsed.name;
  return layerOf({ name, values: parsed.values, said: parsed.said, where }, role !== 'parent');
}

function waiversOf({ role, parsed, named }: ConfigFile, own: ConfigFile | undefined): Waiver[] {
  return parsed.values.waivers.map((entry, index) => {
    const shared = role !== 'own';
    const place = { file: parsed.name, ...parsed.place(['waivers', index]) };
    const elsewhere = named ?? { file: own?.parsed.name ?? parsed.name, line: 1, column: 1 };
    const at = role === 'floor' || named !== undefined ? elsewhere : place;
    return { ...waiverOf(entry), at, ...(shared ? { shared } : {}) };
  });
}

function waiverOf(entry: FileConfig['waivers'][number]): Omit<Waiver, 'at' | 'shared'> {
  const said = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
  const owners = [entry.owner, entry.owners].flat().flatMap(owner => said(owner) ?? []);
  return {
    rule: said(entry.rule),
    file: said(entry.file),
    module: said(entry.module),
    owners: [...new Set(owners)],
    reason: said(entry.reason),
    expires: said(entry.expires),
  };
}

/**
 * Rules that the repository may waive: those that every file above it lets go. A file that does not say has let
 * go what it does not mention, and a floor, which speaks of every rule, nothing.
 */
function waivable(files: readonly ConfigFile[], layers: readonly PolicyLayer[]): Policy['waivable'] {
  if (files.every(({ role }) => role === 'own')) return 'all';
  return RULE_IDS.filter(id =>
    files.every(({ role, parsed }, index) => {
      if (role === 'own') return true;
      const said = parsed.values.waivable;
      return said ? said.includes(id) : !layers[index]?.rules.has(id);
    }),
  );
}
