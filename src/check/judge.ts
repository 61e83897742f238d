import { LEVELS } from '../config/rule-ids.ts';
import { parseBaseline, updateBaseline } from '../policy/baseline.ts';
import { type Evaluation, evaluate } from '../policy/evaluate.ts';
import type { Tree } from '../policy/tree.ts';
import type { CheckReport, Notice } from '../report/types.ts';
import type { Base, BaseState } from './base.ts';
import { CheckError } from './errors.ts';
import { CheckoutFiles } from './files/disk.ts';
import { remoteFiles } from './git/remote-file.ts';
import { untrackedNotice } from './no-go.ts';
import { writeBaseline } from './policy/baseline-file.ts';
import { readFloor } from './policy/floor.ts';
import { type HeadRulebook, type Rulebook, readHeadRulebook, readRulebook } from './policy/rulebook.ts';
import { skippedOf, summaryOf } from './report.ts';
import type { Subject } from './run-check.ts';
import { sourceLines } from './source-lines.ts';
import { type ReadTree, readBase, readHead } from './tree.ts';
import type { CheckOutcome } from './types.ts';

interface Trees {
  readonly head: ReadTree;
  readonly base: Tree | undefined;
  /** Files of either that are not judged. */
  readonly targets: ReadonlySet<string>;
}

/** Judges what is there by what decides. Throws ConfigError, PolicyError, CheckError, GitError. */
export async function judge(subject: Subject, base: BaseState | undefined): Promise<CheckOutcome> {
  const { request, root, prefix, opened } = subject;
  const objects = opened.state === 'open' ? opened.objects : undefined;
  const places = { root, objects, options: await policyOptions(subject) };
  const rules = await readRulebook(places, base);
  const trees = await readTrees(subject, rules, base);
  const headRules = base?.state === 'found' ? await readHeadRulebook(places, rules) : undefined;

  let { baseline } = rules;
  const notices: Notice[] = noticesOf(subject, base, rules);
  let found = evaluated(subject, trees, { ...rules, baseline }, headRules);
  if (request.updateBaseline === true) {
    if (prefix !== '') {
      const why = 'a baseline is about the whole repository; run it there';
      throw new CheckError('usage', `--update-baseline in ${prefix}: ${why}`);
    }
    const path = rules.config.config.baseline;
    const update = updateBaseline(baseline, found.findings, rules.policy);
    await writeBaseline(root, path, update.text);
    notices.push(updateNotice(path, update));
    baseline = parseBaseline(Buffer.from(update.text), path);
    found = evaluated(subject, trees, { ...rules, baseline }, headRules);
  }
  const preview = await previewOf({ subject, trees, rules, base }, headRules);
  if (preview?.invalid !== undefined) {
    notices.push({
      level: 'warning',
      text: `${preview.file} of this change cannot be used; it would stop every check once it is merged`,
    });
  }
  const { findings, fixed } = found;
  const report: CheckReport = {
    schema: 1,
    findings,
    fixed,
    summary: summaryOf(trees.head.tree, trees.head.targets, findings),
    skipped: skippedOf(trees.head, subject.untracked.length),
    compared: comparedWith(base),
    policy: {
      files: rules.config.sources,
      ...(rules.commit === undefined ? {} : { commit: rules.commit }),
    },
    ...(preview === undefined ? {} : { preview }),
    notices,
    failed: found.failed,
  };
  const files = rules.commit === undefined && objects?.repository.bare !== true ? root : undefined;
  return {
    report,
    source: sourceLines(trees.head.bytes, files === undefined ? undefined : new CheckoutFiles(files)),
    config: rules.config,
    exitCode: exitCode(subject, base, found.failed),
  };
}

function exitCode({ request }: Subject, base: BaseState | undefined, failed: boolean): 0 | 1 | 4 {
  if (request.cap !== undefined) return 0;
  if (failed) return 1;
  // A change that could not be held against its target branch was not checked as it should be.
  return base?.state === 'unavailable' && request.platform.change !== undefined ? 4 : 0;
}

async function policyOptions({ request, root, opened }: Subject) {
  const { cwd, config, floor, env, platform, token } = request;
  const readRemote = remoteFiles({ env, platform, token, origin: opened.remote, fetch: true });
  return {
    workspace: root,
    cwd,
    readRemote,
    ...(config === undefined ? {} : { explicit: config }),
    ...(floor === undefined ? {} : { floor: await readFloor(floor, cwd, readRemote) }),
  };
}

async function readTrees(subject: Subject, rules: Rulebook, base: BaseState | undefined): Promise<Trees> {
  const { prefix, opened, head } = subject;
  const scope = { prefix, skip: new Set(rules.policy.skip) };
  const now = await readHead(head, scope);
  if (base?.state !== 'found' || opened.state !== 'open') {
    return { head: now, base: undefined, targets: now.targets };
  }
  const then = await readBase(opened.objects, base.compare, scope, head, now.bytes);
  // What is judged on one side only would look new or mended.
  const judged = new Set([...now.bytes.keys()].filter(path => !now.targets.has(path)));
  const targets = new Set([...now.targets, ...[...then.targets].filter(path => !judged.has(path))]);
  return { head: now, base: then.tree, targets };
}

function evaluated(
  { request, prefix }: Subject,
  { head, base, targets }: Trees,
  { policy, baseline }: Pick<Rulebook, 'policy' | 'baseline'>,
  headRules?: HeadRulebook,
): Evaluation {
  const { now, platform, cap } = request;
  const own = headRules === undefined || headRules.state === 'invalid' ? undefined : headRules.rulebook;
  const evaluation = evaluate({
    tree: head.tree,
    base,
    policy,
    baseline,
    ...(own === undefined ? {} : { head: headPart(own) }),
    now,
    scheduled: platform.scheduled,
    ...(cap === undefined ? {} : { cap }),
    within: prefix,
  });
  if (targets.size === 0) return evaluation;
  const findings = evaluation.findings.filter(({ file }) => !targets.has(file));
  const least = LEVELS.indexOf(policy.failOn);
  const fails = findings.some(({ status, level }) => status === 'new' && LEVELS.indexOf(level) >= least);
  return {
    findings,
    fixed: evaluation.fixed.filter(({ file }) => !targets.has(file)),
    failed: cap === undefined && fails,
  };
}

function headPart({ policy, baseline }: Rulebook) {
  return { waivers: policy.waivers, ...(baseline === undefined ? {} : { baseline }) };
}

interface Judged {
  readonly subject: Subject;
  readonly trees: Trees;
  readonly rules: Rulebook;
  readonly base: BaseState | undefined;
}

async function previewOf(
  { subject, trees, rules, base }: Judged,
  headRules: HeadRulebook | undefined,
): Promise<CheckReport['preview'] | undefined> {
  if (headRules === undefined || headRules.state === 'same') return undefined;
  if (headRules.state === 'invalid') {
    return { file: headRules.file, findings: [], failed: true, invalid: headRules.why };
  }
  const { rulebook, file } = headRules;
  const sameFiles = names(rulebook.policy.skip) === names(rules.policy.skip);
  const seen = sameFiles ? trees : await readTrees(subject, rulebook, base);
  const { findings, failed } = evaluated(subject, seen, rulebook);
  return { file, findings, failed };
}

function names(skip: readonly string[]): string {
  return JSON.stringify([...new Set(skip)].sort());
}

function comparedWith(base: BaseState | undefined): CheckReport['compared'] {
  if (base?.state !== 'found') return { mode: 'full' };
  return { mode: 'diff', base: base.name, commit: base.compare };
}

function noticesOf(subject: Subject, base: BaseState | undefined, { config }: Rulebook): Notice[] {
  const warnings = [...subject.warnings, ...baseWarnings(base), ...config.warnings];
  return [
    ...warnings.map(text => ({ level: 'warning' as const, text })),
    ...untrackedNotice(subject.untracked),
  ];
}

function baseWarnings(base: BaseState | undefined): readonly string[] {
  if (base === undefined) return [];
  if (base.state === 'found') return (base as Base).warnings;
  return [
    `everything is checked, because the base could not be had: ${base.why}; ${base.advice}`,
    "the policy is the default one, tightened by the checkout's own file; its waivers and baseline do not count",
  ];
}

function updateNotice(path: string, update: ReturnType<typeof updateBaseline>): Notice {
  const { kept, added, dropped, refused } = update;
  const parts = [`${kept.length} kept`, `${added.length} added`, `${dropped.length} removed`];
  const left =
    refused.length === 0
      ? ''
      : `; ${refused.length} new findings were not taken in: ${added.length === 0 ? 'a baseline only shrinks, so mend or waive them' : 'their rules cannot be accepted this way'}`;
  return { level: refused.length === 0 ? 'note' : 'warning', text: `${path}: ${parts.join(', ')}${left}` };
}
