import { join, resolve } from 'node:path';
import { commentMarker, publishReport } from '../check/comments/publish.ts';
import { writeWhole } from '../check/policy/baseline-file.ts';
import { runCheck } from '../check/run-check.ts';
import type { CheckOutcome } from '../check/types.ts';
import { detectPlatform } from '../platform/detect.ts';
import { type Review, reviewOf } from '../platform/review.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Env } from '../platform/types.ts';
import { render } from '../report/render.ts';
import { VERSION } from '../session/version.ts';
import type { CheckInputs } from './check-inputs.ts';
import type { Runner } from './runner-files.ts';

/** What the runner refuses a summary above. Steps have a file each. */
const SUMMARY_BYTES = 1_000_000;

/**
 * The check as a step: the report in the log, as annotations, on the job's page, in files, and as one comment.
 * Resolves with the exit code. Throws ConfigError, CheckError or InputError.
 */
export async function checkStep(
  env: Env,
  cwd: string,
  inputs: CheckInputs,
  runner: Runner,
  now: Date,
): Promise<number> {
  const platform = detectPlatform(env, systemProbe(cwd));
  if (inputs.token !== undefined) runner.mask(inputs.token);
  const { directory, config, floor, base, level: cap, token } = inputs;
  const given = Object.fromEntries(
    Object.entries({ config, floor, base, cap, token }).filter(([, value]) => value !== undefined),
  );
  const outcome = await runCheck({
    dir: directory === undefined ? platform.workspace : resolve(cwd, directory),
    cwd,
    env,
    platform,
    now,
    log: line => runner.info(line),
    ...given,
  });
  const review = reviewOf(env, platform);
  await report(outcome, review, runner);
  await writeReports(env, cwd, inputs, outcome, runner);
  runner.setOutput('verdict', ['passed', 'failed', '', '', 'incomplete'][outcome.exitCode] ?? '');
  runner.setOutput('errors', String(outcome.report.summary.errors));
  runner.setOutput('warnings', String(outcome.report.summary.warnings));
  if (inputs.comment === 'auto') await comment(outcome, review, env, inputs, runner);
  return outcome.exitCode;
}

async function report({ report, source }: CheckOutcome, review: Review, runner: Runner): Promise<void> {
  runner.raw(
    render('text', report, { source, escape: line => runner.harmless(line), version: VERSION }).text,
  );
  // A failed step shows its annotations and hides its log: what a reader must know goes there, too.
  for (const { level, text } of report.notices) if (level === 'warning') runner.warning(`modgate: ${text}`);
  runner.raw(render('github', report).text);
  const page = { link: (file: string, line: number) => review.fileUrl(file, line), maxBytes: SUMMARY_BYTES };
  runner.addSummary(render('markdown', report, { ...page, for: 'summary' }).text);
}

/** Both reports as files for later steps: what annotations and comment have no room for is in them. */
async function writeReports(
  env: Env,
  cwd: string,
  inputs: CheckInputs,
  { report, source }: CheckOutcome,
  runner: Runner,
): Promise<void> {
  const temp = join(env.RUNNER_TEMP || cwd, 'modgate-check');
  for (const [format, output, given] of [
    ['sarif', 'sarif-file', inputs.sarifFile],
    ['json', 'json-file', inputs.jsonFile],
  ] as const) {
    const file = given === undefined ? join(temp, `check.${format}`) : resolve(cwd, given);
    const { text, cut } = render(format, report, { source, version: VERSION });
    try {
      await writeWhole(file, text);
      runner.setOutput(output, file);
    } catch (error) {
      // The verdict stands without it.
      const why = error instanceof Error ? error.message : String(error);
      runner.warning(`modgate: no ${format} report: ${why}`);
    }
    if (cut !== undefined) runner.info(`modgate: ${format}: ${cut}`);
  }
}

async function comment(
  { report }: CheckOutcome,
  review: Review,
  env: Env,
  { token }: CheckInputs,
  runner: Runner,
): Promise<void> {
  const marker = commentMarker(`${env.GITHUB_WORKFLOW ?? ''}/${env.GITHUB_JOB ?? ''}`);
  const result = await publishReport(report, { review, env, token, marker });
  if (result === undefined) return;
  if (result.problem) runner.warning(`modgate: ${result.text}`);
  else runner.info(`modgate: ${result.text}`);
}
