import { compareGoVersions, goLanguage, isGoLanguage } from '../../gomod/go-version.ts';
import type { ValueDirective } from '../../gomod/modfile/types.ts';
import type { Found } from '../finding.ts';
import { textOption } from '../options.ts';
import { placeOf, wholeFile } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, shown } from '../words.ts';

/** Go versions of go.mod and go.work outside the range that the policy sets. */
export const goVersionRange: Rule = {
  id: 'go/version-range',
  page: {
    summary: 'A go line is older or newer than the policy allows.',
    why:
      'The go line decides which language and which defaults for security a build gets, and a line newer than ' +
      'the installed go makes it fetch another toolchain.',
    limits:
      'Without a go line a go.mod means 1.16 and a go.work 1.18. Versions are in Go’s order: 1.26 is older than ' +
      '1.26rc1, and that is older than 1.26.0. A max of 1.26 includes the releases 1.26.1 and so on.',
    config: 'rules:\n  go/version-range:\n    min: "1.25"\n    max: "1.26"',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.17\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26.3\n' },
  },
  check: function* ({ tree, options }) {
    const range = { min: bare(textOption(options, 'min')), max: bare(textOption(options, 'max')) };
    for (const { path, mod, problems } of tree.mods) {
      // After a syntax error there is no telling whether the file has a go line.
      if (mod.go === undefined && problems.length > 0) continue;
      yield* outside(path, mod.go, '1.16', range);
    }
    for (const { path, work, problems } of tree.works) {
      if (work.go === undefined && problems.length > 0) continue;
      yield* outside(path, work.go, '1.18', range);
    }
  },
};

interface Range {
  readonly min: string | undefined;
  readonly max: string | undefined;
}

function bare(version: string | undefined): string | undefined {
  return version?.startsWith('go') === true ? version.slice(2) : version;
}

function isAbove(version: string, max: string): boolean {
  if (isGoLanguage(max) && goLanguage(version) === max) return false;
  return compareGoVersions(version, max) > 0;
}

function* outside(
  file: string,
  line: ValueDirective | undefined,
  implied: string,
  { min, max }: Range,
): Generator<Found> {
  const version = line?.value.value ?? implied;
  const said = line === undefined ? `no go line, which means ${implied},` : `go ${shown(version)}`;
  const verb = file.endsWith('.work') ? 'go work edit' : 'go mod edit';
  const place = line === undefined ? wholeFile(file) : placeOf(file, line.value.span);
  if (min !== undefined && compareGoVersions(version, min) < 0) {
    yield {
      place,
      version,
      message: `${said} is older than ${min}, the oldest that the policy allows`,
      why: 'Old language versions keep old behaviour and defaults alive, also where they were changed for security.',
      fix: `${verb} -go=${min} ${argument(file)}`,
      key: 'min',
    };
  } else if (max !== undefined && isAbove(version, max)) {
    yield {
      place,
      version,
      message: `${said} is newer than ${max}, the newest that the policy allows`,
      why: 'With an older go installed, a newer line makes it fetch and run another toolchain.',
      fix: `${verb} -go=${max} ${argument(file)}`,
      key: 'max',
    };
  }
}
