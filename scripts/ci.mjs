// The body of .ci/run: tools and tests (command two), then lint, types, bundle and workflows.
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, runToEnd } from './install.mjs';

const bin = name => path.join(ROOT, 'node_modules', '.bin', name);

const temp = await mkdtemp(path.join(tmpdir(), 'modgate-ci-'));
const report = path.join(temp, 'vitest.json');
try {
  const checks = [
    ['lint', bin('biome'), ['check', '--error-on-warnings', '.']],
    ['types', bin('tsc'), ['--noEmit']],
    ['dist is what the sources give', process.execPath, ['scripts/dist-check.mjs']],
  ];
  const testArgs = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ];
  const testCode = await runToEnd(process.execPath, ['scripts/test-all.mjs', ...testArgs]);
  const workflows = workflowFiles();
  // Its tools step has put actionlint there by now.
  if (workflows.length > 0)
    checks.push(['workflows', path.join(ROOT, '.tools', 'bin', 'actionlint'), workflows]);

  const broken = [];
  for (const [title, command, args] of checks) {
    process.stdout.write(`\n== ${title}\n`);
    if ((await runToEnd(command, args).catch(complain)) !== 0) broken.push(title);
  }
  const { passed, failed, summary } = await counts(report);
  process.stdout.write(`\n${summary}\n`);
  // A broken check counts as a failure, so that the last line is red whenever anything is.
  const bad = failed + broken.length + (testCode !== 0 && failed === 0 ? 1 : 0);
  for (const title of broken) process.stdout.write(`failed: ${title}\n`);
  if (testCode !== 0 && failed === 0)
    process.stdout.write(`failed: the test run itself ended with ${testCode}\n`);
  process.stdout.write(`${passed} passed, ${bad} failed\n`);
  if (bad > 0) process.exitCode = 1;
} finally {
  await rm(temp, { recursive: true, force: true });
}

/** Reads vitest's JSON report. A file that could not be loaded has no tests, and counts as one failure. */
async function counts(file) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0, summary: 'The tests left no report.' };
  const json = JSON.parse(text);
  const unloaded = json.testResults.filter(r => r.status === 'failed' && r.assertionResults.length === 0);
  for (const { name, message } of unloaded) process.stdout.write(`failed to load ${name}: ${message}\n`);
  const failed = json.numFailedTests + unloaded.length;
  const skipped = json.numPendingTests + json.numTodoTests;
  const summary = `tests: ${json.numPassedTests} passed, ${failed} failed, ${skipped} skipped in ${json.testResults.length} files`;
  return { passed: json.numPassedTests, failed, summary };
}

function workflowFiles() {
  const dir = path.join(ROOT, '.github', 'workflows');
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter(f => /\.ya?ml$/.test(f))
    .map(f => path.join(dir, f));
}

function complain(error) {
  process.stdout.write(`${error.message}\n`);
  return 1;
}
