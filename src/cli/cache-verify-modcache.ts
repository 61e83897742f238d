import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { detectPlatform } from '../platform/detect.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import { harmlessJson } from '../report/json.ts';
import { count, plain } from '../report/plain.ts';
import { wrap } from '../report/width.ts';
import { readGoSettings } from '../session/fetch/go-command.ts';
import { type ModuleVerdict, type VersionSums, verifyModcache } from '../store/modcache/verify.ts';
import { EXIT, UsageError } from './errors.ts';
import type { ParsedVerb } from './options.ts';
import { progressLine } from './progress.ts';
import { readSumFiles, sumFilesOf } from './sum-files.ts';

/** Versions with problems that are told one by one. */
const MAX_TOLD = 1000;

/** Verifies a GOMODCACHE by go.sum files. Throws UsageError when there is no cache or no go.sum. */
export async function verifyModcacheOf(
  { values, positionals }: ParsedVerb,
  format: 'text' | 'json',
  threads: number,
): Promise<{ readonly text: string; readonly code: number; readonly platform: Platform }> {
  const { env } = process;
  const cwd = process.cwd();
  if (positionals.length > 1) throw new UsageError('one GOMODCACHE at a time: name one directory');
  const go = positionals[0] === undefined ? await readGoSettings('go', env, tmpdir()) : undefined;
  const named = positionals[0] ?? go?.GOMODCACHE;
  if (!named) {
    throw new UsageError('go env tells no GOMODCACHE: name its directory, or put go on PATH');
  }
  const dir = resolve(named);
  const platform = detectPlatform(env, systemProbe(cwd));
  const { workspace } = platform;
  const sums: VersionSums[] = [];
  for await (const entries of readSumFiles(
    await sumFilesOf(workspace),
    (values['go-sum'] ?? []) as readonly string[],
  )) {
    for (const { module, version, file, h1 } of entries) {
      sums.push({ module, version, ...(file === 'zip' ? { h1 } : { goModH1: h1 }) });
    }
  }
  if (sums.length === 0) {
    throw new UsageError(
      `no go.sum below ${workspace} says what is right: run this in a checkout, or name one with --go-sum FILE`,
    );
  }
  const progress = progressLine(process.stderr, env);
  const bad: ModuleVerdict[] = [];
  const total = { versions: 0, changed: 0, unread: 0, toLook: 0 };
  const began = performance.now();
  try {
    const options = {
      threads,
      onTotal: (toLook: number) => {
        total.toLook = toLook;
      },
    };
    for await (const verdict of verifyModcache(dir, sums, options)) {
      total.versions += 1;
      const changed = verdict.problems.some(({ what }) => what === 'changed');
      if (changed) total.changed += 1;
      if (verdict.unread !== undefined) total.unread += 1;
      if ((verdict.problems.length > 0 || verdict.unread !== undefined) && bad.length < MAX_TOLD)
        bad.push(verdict);
      progress.show(`${total.versions} of ${total.toLook} versions, ${total.changed} changed`);
    }
  } finally {
    progress.end();
  }
  const code = total.changed > 0 ? EXIT.findings : total.unread > 0 ? EXIT.internal : EXIT.ok;
  const ms = Math.round(performance.now() - began);
  const { versions, changed, unread } = total;
  if (format === 'json') {
    const value = { schema: 1, modcache: dir, exitCode: code, versions, changed, unread, ms, modules: bad };
    return { text: harmlessJson(value, 2), code, platform };
  }
  const lines = bad.flatMap(told);
  lines.push(`GOMODCACHE ${plain(dir)}`);
  lines.push(`Looked at ${count(versions, 'version')} that go.sum names in ${(ms / 1000).toFixed(1)} s`);
  if (total.changed > 0) {
    lines.push(
      '',
      ...wrap(
        `${count(changed, 'version')} changed, and go would use ${changed === 1 ? 'it' : 'them'} unseen. Next: go clean -modcache`,
        80,
      ),
    );
  } else if (unread === 0) lines.push('', 'All of it is what go.sum says.');
  return { text: `${lines.join('\n')}\n`, code, platform };
}

function told({ module, version, problems, unread }: ModuleVerdict): string[] {
  return [
    plain(`${module}@${version}`),
    ...problems.flatMap(({ what, path, detail }) => [
      `  ${what}: ${plain(path)}`,
      ...wrap(plain(detail), 76).map(line => `    ${line}`),
    ]),
    ...(unread === undefined ? [] : wrap(`not looked at: ${plain(unread)}`, 78).map(line => `  ${line}`)),
    '',
  ];
}
