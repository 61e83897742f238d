import type { Env } from '../platform/types.ts';
import { pruneText } from '../report/prune-text.ts';
import { openNamed } from '../session/cache/open-named.ts';
import { pruneStore } from '../session/cache/prune.ts';
import { namedStore } from '../session/settings/named-store.ts';
import type { PruneReport } from '../store/prune/types.ts';
import type { PruneInputs } from './prune-inputs.ts';
import type { Runner } from './runner-files.ts';
import { formatBytes, markdownText } from './summary.ts';

/**
 * Cleans up the store that the inputs name, a directory or a bucket, as `modgate cache prune` does. Throws ConfigError,
 * SessionError, KeepListError, StoreError and BucketError; nothing was removed then.
 */
export async function pruneNamedStore(
  env: Env,
  cwd: string,
  inputs: PruneInputs & { readonly store: string },
  runner: Runner,
  now: Date,
): Promise<void> {
  const { config: file, token, dryRun } = inputs;
  const flags = { store: inputs.store, ...(file === undefined ? {} : { config: file }) };
  const named = await namedStore({ env, cwd, flags, token });
  const { platform, config, warnings } = named;
  const { store, close } = await openNamed(named, env, line => runner.warning(`modgate: ${line}`));
  const outcome = await pruneStore({
    store,
    rules: {
      'keep-since': inputs.keepSince ?? config.cache['keep-since'],
      'max-size': inputs.maxSize ?? config.cache['max-size'],
      'keep-refs': [...(inputs.keepRefs ?? config.cache['keep-refs'])],
    },
    dryRun,
    now: now.getTime(),
    platform,
    env,
    token,
  }).finally(close);
  const { report, keepRefs } = outcome;
  const told = [...warnings, ...outcome.warnings];
  for (const line of pruneText(report, keepRefs).trimEnd().split('\n')) runner.info(line);
  for (const warning of told.slice(0, 10)) runner.warning(`modgate: ${warning}`);
  if (report.failed.count > 0) {
    const [first] = report.failed.first;
    runner.warning(
      `modgate: ${report.failed.count} files of the store could not be removed or read` +
        (first === undefined ? '' : `, first ${first.path}: ${first.why}`),
    );
  }
  runner.setOutput('store-deleted', String(report.deleted.versions));
  runner.setOutput('store-bytes-freed', String(report.deleted.bytes));
  runner.setOutput('store-bytes-left', String(report.after.bytes));
  runner.addSummary(storeMarkdown(report, told));
}

/** What became of a store, in Markdown for the job's page. */
export function storeMarkdown(report: PruneReport, warnings: readonly string[]): string {
  const { deleted, kept, after, dryRun, excessBytes } = report;
  const went = dryRun ? 'would go' : 'went';
  const rows = [
    [went, 'not used for long', deleted.reasons.unused],
    [went, 'first seen long ago', deleted.reasons.age],
    [went, 'least recently used of too many', deleted.reasons.size],
    [went, 'left by a clean-up that was ended', deleted.reasons.resumed],
    ['stays', 'needed by a branch or tag of the keep-list', kept.listed],
    ['stays', 'all', after],
  ] as const;
  const lines = [
    `### modgate: store ${markdownText(report.store)}${dryRun ? ' (dry run: nothing was deleted)' : ''}`,
    '',
    '| | | versions | bytes |',
    '|---|---|--:|--:|',
    ...rows
      .filter(([, says, { versions }]) => versions > 0 || says === 'all')
      .map(
        ([what, says, { versions, bytes }]) => `| ${what} | ${says} | ${versions} | ${formatBytes(bytes)} |`,
      ),
  ];
  if (excessBytes > 0) {
    lines.push(
      '',
      `That is ${formatBytes(excessBytes)} more than ${formatBytes(report.rules.maxBytes)}: the rest is in use or kept.`,
    );
  }
  for (const warning of warnings.slice(0, 20)) lines.push(`- ⚠️ ${markdownText(warning)}`);
  return `${lines.join('\n')}\n`;
}
