import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import type { LoadedConfig } from '../../src/config/types.ts';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A directory with these files, gone after the test. */
export function workspace(files: Files = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'modgate-config-'));
  made.push(dir);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

/** The configuration of a repository with this file, and others beside it. */
export function load(
  text: string,
  more: Partial<LoadOptions> = {},
  beside: Files = {},
): Promise<LoadedConfig> {
  return loadConfig({ workspace: workspace({ '.modgate.yaml': text, ...beside }), ...more });
}

export async function failure(loading: Promise<LoadedConfig>): Promise<ConfigError> {
  const error: unknown = await loading.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}
