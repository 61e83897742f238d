import { loadWithoutFile } from './policy/load.ts';
import { skippedOf } from './report.ts';
import type { Subject } from './run-check.ts';
import type { CheckOutcome } from './types.ts';

/** The answer for a tree without Go: at once, without a policy and without a base. */
export async function noGo({ root, prefix, request, untracked, warnings }: Subject): Promise<CheckOutcome> {
  const where = prefix === '' ? 'this tree' : prefix;
  const nothing = `there is no go.mod and no go.work in ${where}, so there is nothing to check`;
  return {
    report: {
      schema: 1,
      findings: [],
      fixed: [],
      summary: {
        ...{ files: 0, modules: 0, errors: 0, warnings: 0, notes: 0 },
        ...{ existing: 0, waived: 0, baseline: 0 },
      },
      skipped: skippedOf({ skipped: new Map(), submodules: 0 }, untracked.length),
      compared: { mode: 'full' },
      policy: { files: [] },
      notices: [
        { level: 'note', text: nothing },
        ...warnings.map(text => ({ level: 'note' as const, text })),
        ...untrackedNotice(untracked),
      ],
      failed: false,
    },
    source: () => undefined,
    config: await loadWithoutFile({ workspace: root, cwd: request.cwd }),
    exitCode: 0,
  };
}

export function untrackedNotice(untracked: readonly string[]): { level: 'warning'; text: string }[] {
  const [first] = untracked;
  if (first === undefined) return [];
  const more = untracked.length === 1 ? 'is' : `and ${untracked.length - 1} more are`;
  return [
    { level: 'warning', text: `${first} ${more} not tracked by git and were not checked: git add ${first}` },
  ];
}
