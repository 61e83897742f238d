import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { storeTexts } from '../config/module-store.ts';
import { envOverrides } from '../config/overrides.ts';
import type { LoadedConfig } from '../config/types.ts';
import type { Env, Platform } from '../platform/types.ts';
import { auditInWords, isUndelivered } from '../session/audit/report.ts';
import { readRestored } from '../session/cache/restored.ts';
import { inWords } from '../session/findings.ts';
import { platformOf } from '../session/start.ts';
import { type Stopped, stopSession } from '../session/stop.ts';
import type { SessionSummary } from '../session/types.ts';
import { FINISHED_FILE, REPLACED_FILE } from './begin.ts';
import type { Inputs } from './inputs.ts';
import type { Runner } from './runner-files.ts';
import { maySave, type SaveReport, saveStore } from './save.ts';
import { type BuildSaveReport, buildBytes, saveBuilds } from './save-builds.ts';
import { summaryMarkdown } from './summary.ts';

/**
 * Ends the session, saves the store and reports. `session` is the directory of the session that this step
 * started; undefined looks for the job's. Nothing that goes wrong here fails a job but required records that
 * are left (`failsJob`): verdicts come from the steps that used the modules.
 */
export async function finish(
  env: Env,
  cwd: string,
  inputs: Inputs,
  runner: Runner,
  session?: string,
): Promise<Stopped | undefined> {
  try {
    const log = (line: string): void => runner.info(line);
    const stopped = await stopSession({
      env,
      cwd,
      log,
      ...(session ? { session } : {}),
      ...(inputs.auditToken === undefined ? {} : { auditToken: inputs.auditToken }),
    });
    const marker = join(stopped.sessionDir, FINISHED_FILE);
    if (stopped.summary === undefined || (await isFile(marker))) {
      runner.info('modgate: there is no session to finish');
      return undefined;
    }
    const { saved, builds } = await save(env, cwd, inputs, runner, stopped, stopped.summary);
    if (saved.state === 'failed') {
      runner.warning(`modgate: the module store was not saved: ${saved.why}; ${saved.lost}`);
    }
    if (builds?.state === 'failed') runner.warning(`modgate: the build cache was not saved: ${builds.why}`);
    report(runner, stopped.summary, saved, builds);
    await writeFile(marker, '');
    return stopped;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    runner.warning(
      `modgate: the session was not finished in order: ${why}; the next job may download modules again`,
    );
    return undefined;
  }
}

/** Whether the end of a session fails the job. */
export function failsJob(stopped: Stopped | undefined): boolean {
  const audit = stopped?.summary?.audit;
  return audit !== undefined && isUndelivered(audit);
}

/** Gives later steps the variables back that the session had replaced: its proxy is gone. */
export async function restoreEnvironment(sessionDir: string, runner: Runner): Promise<void> {
  const replaced = JSON.parse(await readFile(join(sessionDir, REPLACED_FILE), 'utf8')) as Record<
    string,
    string
  >;
  for (const [name, value] of Object.entries(replaced)) runner.exportVariable(name, value);
}

async function save(
  env: Env,
  cwd: string,
  inputs: Inputs,
  runner: Runner,
  stopped: Stopped,
  summary: SessionSummary,
): Promise<{ readonly saved: SaveReport; readonly builds: BuildSaveReport | undefined }> {
  const platform = platformOf(env, cwd);
  const loaded = await configuration(env, platform.workspace, cwd, inputs, runner);
  const saved = await saveModules(env, platform, loaded, runner, stopped, summary);
  const { save: policy, quota } = loaded.config.cache;
  const { sessionDir } = stopped;
  const builds = await saveBuilds(
    {
      env,
      sessionDir,
      quota,
      moduleBytes: (await moduleBytes(sessionDir)) + (saved.state === 'saved' ? saved.bytes : 0),
      now: Date.now(),
      log: line => runner.info(line),
    },
    // Whoever may not be trusted does not save at all, whatever the setting: nobody can verify what he compiled.
    maySave(policy === 'never' ? 'never' : 'auto', loaded.origin('cache.save'), platform.trust),
  );
  return { saved, builds };
}

/** Bytes that entries with modules take, as far as this job was told. */
async function moduleBytes(sessionDir: string): Promise<number> {
  const restored = await readRestored(sessionDir);
  if (restored === undefined) return 0;
  const { parents, past } = restored.manifest;
  return [restored, ...parents, ...past].reduce((sum, { bytes }) => sum + bytes, 0);
}

async function saveModules(
  env: Env,
  platform: Platform,
  { config, origin }: LoadedConfig,
  runner: Runner,
  stopped: Stopped,
  summary: SessionSummary,
): Promise<SaveReport> {
  if (storeTexts(config.cache.store)[0] !== 'auto') {
    return { state: 'skipped', why: 'the store has a place of its own, which outlives the job' };
  }
  if (stopped.storeDir === undefined) return { state: 'skipped', why: 'the session left no store' };
  const now = Date.now();
  return saveStore(
    {
      env,
      sessionDir: stopped.sessionDir,
      storeDir: stopped.storeDir,
      keepSinceMs: config.cache['keep-since'],
      maxBytes: config.cache['max-size'],
      // Entries with compiled objects count, too, but never take more than half of it.
      quota: config.cache.quota - Math.min(await buildBytes(stopped.sessionDir), config.cache.quota / 2),
      now,
      sessionStart: now - Math.ceil(summary.seconds * 1000),
      log: line => runner.info(line),
    },
    maySave(config.cache.save, origin('cache.save'), platform.trust),
  );
}

/** The configuration as it is now; a step of the job may have broken the file, which must not lose the store. */
async function configuration(
  env: Env,
  workspace: string,
  cwd: string,
  inputs: Inputs,
  runner: Runner,
): Promise<LoadedConfig> {
  const layers = {
    workspace,
    cwd,
    env: envOverrides(env),
    inputs: {
      ...(inputs.store === undefined ? {} : { store: inputs.store }),
      ...(inputs.save === undefined ? {} : { save: inputs.save }),
    },
  };
  try {
    return await loadConfig({ ...layers, explicit: inputs.config });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    runner.warning(
      `modgate: the configuration cannot be read any more (${why}); the store is saved by the defaults`,
    );
    return loadConfig({ ...layers, workspace: join(workspace, '.modgate-none') });
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false,
  );
}

function report(
  runner: Runner,
  summary: SessionSummary,
  saved: SaveReport,
  builds: BuildSaveReport | undefined,
): void {
  runner.setOutput('cache-hit', String(summary.restore?.state === 'hit'));
  runner.setOutput('modules', String(summary.modules));
  runner.setOutput('bytes-from-store', String(summary.bytesFromStore));
  runner.setOutput('bytes-from-upstream', String(summary.bytesFromUpstream));
  runner.setOutput('audit-spool', summary.audit?.spool ?? '');
  runner.addSummary(summaryMarkdown(summary, saved, builds));
  runner.info(
    `modgate: ${summary.modules} modules, ${summary.bytesFromStore} bytes from the store, ` +
      `${summary.bytesFromUpstream} bytes from upstream, ${summary.retriesSurvived} retries survived, ` +
      `${summary.seconds.toFixed(1)} s; save: ${saved.state}${'why' in saved ? ` (${saved.why})` : ''}`,
  );
  if (summary.audit !== undefined) {
    runner.info(`modgate: ${auditInWords(summary.audit)}`);
    if (isUndelivered(summary.audit)) {
      runner.error('modgate: audit.required is on, and not all audit records were delivered');
    }
  }
  if (summary.unverifiedModcache > 0) {
    runner.warning(
      `modgate: ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and were ` +
        'verified by nobody in this job; set cache: false in the step that uses actions/setup-go',
    );
  }
  for (const finding of summary.findings) {
    const told = `modgate: ${inWords(finding)}`;
    if (finding.level === 'error') runner.error(told);
    else if (finding.level === 'note') runner.info(told);
    else runner.warning(told);
  }
  for (const warning of summary.warnings) runner.warning(`modgate: ${warning}`);
}
