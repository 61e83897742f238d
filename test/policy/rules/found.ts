import { RULES } from '../../../src/config/rule-ids.ts';
import type { Found } from '../../../src/policy/finding.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import { policyOf } from '../policy-of.ts';
import { type FileSpec, repository } from '../repository.ts';

export type Files = Readonly<Record<string, FileSpec>>;

const [layer] = (await policyOf('')).layers;

/** What one rule finds under the default policy, with its default options unless others are given. */
export function found(
  rule: Rule,
  files: Files,
  {
    base,
    options = {},
  }: { readonly base?: Files; readonly options?: Readonly<Record<string, unknown>> } = {},
): Found[] {
  if (layer === undefined) throw new Error('The default policy has no layer.');
  return [
    ...rule.check({
      tree: repository(files),
      base: base === undefined ? undefined : repository(base),
      layer,
      options: { ...RULES[rule.id].options, ...options },
    }),
  ];
}

/** The text that a finding marks; of an empty file nothing. */
export function marked(files: Files, { place }: Pick<Found, 'place'>): string {
  const file = files[place.file];
  const text =
    typeof file === 'string' ? file : file instanceof Uint8Array ? Buffer.from(file).toString('utf8') : '';
  const lines = text.split('\n').slice(place.line - 1, place.endLine);
  const last = lines.length - 1;
  return lines
    .map((line, i) =>
      line.slice(i === 0 ? place.column - 1 : 0, i === last ? place.endColumn - 1 : undefined),
    )
    .join('\n');
}

/** `file:line «marked» message`, for a look at many findings at once. */
export function said(files: Files, all: readonly Found[]): string[] {
  return all.map(one => `${one.place.file}:${one.place.line} «${marked(files, one)}» ${one.message}`);
}
