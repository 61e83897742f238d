import { execFile } from 'node:child_process';
import type { GoSettings } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

const NAMES = [
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GOMODCACHE',
  'GOROOT',
  'GOVERSION',
  'GOFLAGS',
  'GOENV',
  'GOVCS',
  'GOINSECURE',
  'GOAUTH',
] as const;

/**
 * Asks the job's own `go` for its settings; undefined when there is none on PATH or it fails.
 * @param dir a directory outside any module, so that a toolchain line cannot start a download before our
 *   proxy is there to serve it
 */
export async function readGoSettings(
  goCommand: string,
  env: Env,
  dir: string,
): Promise<GoSettings | undefined> {
  return await new Promise(resolve => {
    execFile(
      goCommand,
      ['env', '-json', ...NAMES],
      { cwd: dir, env: { ...env, GOTOOLCHAIN: 'local', GOWORK: 'off' }, timeout: 20_000, windowsHide: true },
      (error, stdout) => {
        if (error !== null) return resolve(undefined);
        try {
          const found = JSON.parse(stdout) as Partial<Record<(typeof NAMES)[number], string>>;
          resolve(Object.fromEntries(NAMES.map(name => [name, found[name] ?? ''])) as unknown as GoSettings);
        } catch {
          resolve(undefined);
        }
      },
    );
  });
}
