import { describe, expect, it } from 'vitest';
import { withJobContext } from '../../src/actions/job-context.ts';
import { detectPlatform } from '../../src/platform/detect.ts';
import { systemProbe } from '../../src/platform/system-probe.ts';

const RUN = {
  GITHUB_ACTIONS: 'true',
  GITHUB_REPOSITORY: 'acme/demo',
  GITHUB_RUN_ID: '7',
  GITHUB_JOB: 'test',
  RUNNER_TRACKING_ID: 'github_1',
};

const jobOf = (inputs: Record<string, string>) =>
  detectPlatform(withJobContext({ ...RUN, ...inputs }), systemProbe(import.meta.dirname)).job;

describe('the inputs by which the runner tells of the job', () => {
  it('name the leg of a matrix as GitHub does, and tell the legs apart', () => {
    const one = jobOf({ INPUT_MATRIX: '{\n  "os": "ubuntu-latest",\n  "go": 1.26\n}' });
    const other = jobOf({ INPUT_MATRIX: '{"os": "windows-latest", "go": 1.26}' });
    expect(one.claimed.matrix).toBe('ubuntu-latest, 1.26');
    expect(one.uid).not.toBe(other.uid);
    expect(jobOf({ INPUT_MATRIX: '{"cfg": {"a": [1]}}' }).claimed.matrix).toBe('{"a":[1]}');
  });

  it.each(['null', '{}', '', '[1]', '{"a":', `{"a": "${'x'.repeat(70_000)}"}`])(
    'take %.20s for no matrix',
    matrix => {
      expect(jobOf({ INPUT_MATRIX: matrix }).claimed).not.toHaveProperty('matrix');
    },
  );

  it('name the job by its check run where the runner tells it', () => {
    const named = jobOf({ 'INPUT_CHECK-RUN-ID': '51725241954' });
    expect(named.claimed.check_run_id).toBe('51725241954');
    expect(named.uid).not.toBe(jobOf({ 'INPUT_CHECK-RUN-ID': '' }).uid);
  });
});
