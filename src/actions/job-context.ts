import type { Env } from '../platform/types.ts';

/**
 * The runner tells an action only in expressions which check run and which leg of a matrix its job is: two inputs
 * whose defaults are those expressions bring them along, and the platform finds them as variables.
 */
export function withJobContext(env: Env): Env {
  const given = {
    MODGATE_CHECK_RUN_ID: env['INPUT_CHECK-RUN-ID']?.trim(),
    MODGATE_JOB_MATRIX: env.INPUT_MATRIX?.trim(),
  };
  return { ...env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)) };
}
