import { readFileSync } from 'node:fs';

/** A real go.mod of test/fixtures/policy. */
export function realMod(name: string): string {
  return readFileSync(new URL(`../fixtures/policy/${name}.mod`, import.meta.url), 'utf8');
}

/** The modules of one real repository as they lie there: the root, `metric` and `trace`. */
export function otel(): Record<string, string> {
  return {
    'go.mod': realMod('otel'),
    'metric/go.mod': realMod('otel-metric'),
    'trace/go.mod': realMod('otel-trace'),
  };
}
