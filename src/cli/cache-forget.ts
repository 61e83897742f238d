import { checkPath } from '../gomod/module-path.ts';
import { canonicalModuleVersion } from '../gomod/version.ts';
import { oneLine } from '../platform/escape.ts';
import { harmlessJson } from '../report/json.ts';
import { type ForgetOutcome, forgetVersion } from '../session/forget.ts';
import type { ModVer } from '../store/types.ts';
import { anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { deliverReport, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  format: { type: 'string', value: 'text|json', help: 'default text' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache forget MODULE@VERSION [DIR|URL] [options]';
const ABOUT = `Takes one version out of the module store, with the hash that was pinned when it was first seen: the way to accept that
somebody moved a tag. The next job that may write fetches it anew and pins what comes. Without DIR it is the store of the
session that is running, if there is one. It is written down in the log of the store and in the session's.

Exit code: 0 it is forgotten or was not there, 2 the arguments or the directory cannot be used, 3 it could not be removed.`;

export const cacheForget: Verb = async args => {
  const parsed = parseVerb('cache forget', args, OPTIONS);
  const { values, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const [named, ...positionals] = parsed.positionals;
  if (rest !== undefined || named === undefined) {
    throw new UsageError(`cache forget wants to know which version\nusage: ${USAGE}`);
  }
  const mv = versionOf(named);
  const format = reportFormat(values.format as string | undefined);
  const place = await anyCachePlace({ values, positionals });
  const outcome = await forgetVersion({
    mv,
    store: place.store,
    // A store that was named is meant, whatever runs here.
    named: positionals.length > 0 || values.store !== undefined,
    env: process.env,
    platformDir: place.platform.sessionDir,
    now: new Date(),
  }).finally(place.close);
  const text = format === 'json' ? harmlessJson(outcome) : `${inWords(named, outcome)}\n`;
  await deliverReport(text, format, undefined, place.platform);
  return outcome.state === 'busy' ? EXIT.internal : EXIT.ok;
};

/** Throws UsageError. */
function versionOf(named: string): ModVer {
  const at = named.lastIndexOf('@');
  const [path, version] = [named.slice(0, Math.max(at, 0)), named.slice(at + 1)];
  const why = at <= 0 ? 'has no version behind an @' : checkPath(path);
  if (why !== undefined) throw new UsageError(`${JSON.stringify(oneLine(named))} ${why}\nusage: ${USAGE}`);
  if (canonicalModuleVersion(version) !== version) {
    throw new UsageError(
      `${JSON.stringify(oneLine(version))} is no version as it stands in a go.mod, like v1.2.3\nusage: ${USAGE}`,
    );
  }
  return { path, version };
}

function inWords(name: string, { state, store, ...known }: ForgetOutcome): string {
  if (state === 'unknown') return `${store} knows nothing of ${name}`;
  if (state === 'busy') return `${name} is in use all the time in ${store}: it was not forgotten; try again`;
  const hashes = [
    ...(known.h1 === undefined ? [] : [known.h1]),
    ...(known.goModH1 === undefined ? [] : [`go.mod ${known.goModH1}`]),
  ];
  const was = hashes.length === 0 ? '' : `: it had ${hashes.join(', ')}`;
  const since = known.firstSeen === undefined ? '' : `, first seen on ${known.firstSeen}`;
  return `${name} is forgotten by ${store}${was}${since}`;
}
