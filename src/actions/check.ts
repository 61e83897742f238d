import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { commentMarker, publishComment } from '../check/comments/publish.ts';
import { runCheck } from '../check/run-check.ts';
import type { CheckOutcome } from '../check/types.ts';
import { type Forge, forgeOf } from '../platform/forge.ts';
import type { Env } from '../platform/types.ts';
import { render } from '../report/render.ts';
import { platformOf } from '../session/start.ts';
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
  const platform = platformOf(env, cwd);
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
  const forge = forgeOf(env, platform);
  await report(outcome, forge, runner);
  await writeReports(env, cwd, inputs, outcome, runner);
  runner.setOutput('verdict', ['passed', 'failed', '', '', 'incomplete'][outcome.exitCode] ?? '');
  runner.setOutput('errors', String(outcome.report.summary.errors));
  runner.setOutput('warnings', String(outcome.report.summary.warnings));
  if (inputs.comment === 'auto') await comment(outcome, forge, env, inputs, runner);
  return outcome.exitCode;
}

async function report({ report, source }: CheckOutcome, forge: Forge, runner: Runner): Promise<void> {
  runner.raw(render('text', report, { source, escape: line => runner.harmless(line) }).text);
  // A failed step shows its annotations and hides its log: what a reader must know goes there, too.
  for (const { level, text } of report.notices) if (level === 'warning') runner.warning(`modgate: ${text}`);
  runner.raw(render('github', report).text);
  const page = { link: (file: string, line: number) => forge.fileUrl(file, line), maxBytes: SUMMARY_BYTES };
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
    const { text, cut } = render(format, report, { source });
    try {
      await writeWhole(file, text);
      runner.setOutput(output, file);
    } catch (error) {
      // The verdict stands without it.
      const why = error instanceof Error ? error.message : String(error);
      runner.warning(`modgate: the ${format} report was not written to ${file}: ${why}`);
    }
    if (cut !== undefined) runner.info(`modgate: ${format}: ${cut}`);
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temp = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temp, text);
    await rename(temp, file);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

async function comment(
  { report }: CheckOutcome,
  forge: Forge,
  env: Env,
  inputs: CheckInputs,
  runner: Runner,
): Promise<void> {
  const marker = commentMarker(`${env.GITHUB_WORKFLOW ?? ''}/${env.GITHUB_JOB ?? ''}`);
  const link = (file: string, line: number) => forge.fileUrl(file, line);
  const { text: body } = render('markdown', report, { for: 'comment', marker, link });
  const result = await publishComment({
    forge,
    env,
    token: inputs.token,
    marker,
    body,
    failed: report.failed,
  });
  if (result === undefined) return;
  if (result.problem) runner.warning(`modgate: ${result.text}`);
  else runner.info(`modgate: ${result.text}`);
}
