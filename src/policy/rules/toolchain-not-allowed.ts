import { goRange } from '../../gomod/go-range.ts';
import { goVersionOfToolchain } from '../../gomod/go-version.ts';
import type { ValueDirective } from '../../gomod/modfile/types.ts';
import { textsOption } from '../options.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { argument, plain, shown } from '../words.ts';

/** Toolchain lines that make go fetch and run another compiler than those on the list. */
export const toolchainNotAllowed: Rule = {
  id: 'toolchain/not-allowed',
  page: {
    summary: 'A toolchain line names a toolchain that is not on the list.',
    why:
      'go fetches the toolchain that this line names and runs it in place of the installed one: it compiles ' +
      'everything from then on.',
    limits:
      '`toolchain default` is never reported. A go line can start another toolchain, too: see go/version-range. ' +
      'Names with a suffix, such as go1.26.3-acme, are only allowed by entries that write the same suffix.',
    config: 'rules:\n  toolchain/not-allowed:\n    allow: [go1.26.3, go1.25.*, ">=go1.26.5 <go1.28"]',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26\n\ntoolchain go1.26.4-acme\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26\n' },
  },
  check: function* ({ tree, options }) {
    const allow = textsOption(options, 'allow');
    const names = new Set(allow);
    const ranges = allow.map(entry => goRange(entry)).filter(range => range !== undefined);
    const list = plain(allow.join(', '), 120);
    const lines: (readonly [file: string, line: ValueDirective | undefined])[] = [
      ...tree.mods.map(file => [file.path, file.mod.toolchain] as const),
      ...tree.works.map(file => [file.path, file.work.toolchain] as const),
    ];
    for (const [file, line] of lines) {
      const name = line?.value.value;
      if (line === undefined || name === undefined || name === 'default') continue;
      // What go does not read as a version is in no range: it must be on the list letter by letter.
      if (names.has(name) || ranges.some(range => range(name))) continue;
      yield {
        place: placeOf(file, line.value.span),
        version: name,
        message: `toolchain ${shown(name)} is not allowed`,
        why:
          list === ''
            ? 'The policy allows no toolchain line: go would fetch and run what it names.'
            : `go would fetch and run it; the policy allows ${list}.`,
        fix: fixOf(file),
        // Another release of the same maker is the same finding; another maker is not.
        key: name.replace(goVersionOfToolchain(name), ''),
      };
    }
  },
};

function fixOf(file: string): string {
  const verb = file.endsWith('.work') ? 'go work edit' : 'go mod edit';
  return `Name one that is allowed, or none: ${verb} -toolchain=none ${argument(file)}`;
}
