import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareGoVersions } from '../../gomod/go-version.ts';
import type { BuildFacts } from '../../platform/cache/build-keys.ts';
import type { JobIdentity } from '../../platform/types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Settings that give go other objects; a job that has others is another job to the build cache. */
const SETTINGS = [
  'GOOS',
  'GOARCH',
  'GOAMD64',
  'GOARM',
  'GOARM64',
  'GOFLAGS',
  'GOEXPERIMENT',
  'CGO_ENABLED',
  'CC',
] as const;

const MAX_FILE = 1024 * 1024;

export interface FactsRequest {
  readonly env: Env;
  readonly cwd: string;
  /** What `go env GOVERSION` says; undefined where there is no go yet. */
  readonly goVersion: string | undefined;
  readonly job: JobIdentity;
  readonly os: string;
  readonly arch: string;
}

/** What tells the objects of a job from those of others. */
export async function buildFacts(request: FactsRequest): Promise<BuildFacts> {
  const { env, cwd, goVersion, job, os, arch } = request;
  const { workflow, job: name, matrix } = job.claimed;
  return {
    os,
    arch,
    goVersion: await effectiveVersion(goVersion ?? 'none', env, cwd),
    job: [workflow ?? '', name ?? '', matrix ?? '', ...SETTINGS.map(setting => env[setting] ?? '')],
  };
}

/** The version that go switches to for a checkout, as far as its own lines tell. */
async function effectiveVersion(local: string, env: Env, cwd: string): Promise<string> {
  if (env.GOTOOLCHAIN === 'local' || !local.startsWith('go')) return local;
  const texts = await Promise.all(['go.work', 'go.mod'].map(name => textOf(join(cwd, name))));
  let highest = local;
  for (const [, version = ''] of texts
    .join('\n')
    .matchAll(/^(?:go[ \t]+|toolchain[ \t]+go)([0-9][^\s/]*)/gm)) {
    if (compareGoVersions(version, highest.slice(2).split(' ')[0] ?? '') > 0) highest = `go${version}`;
  }
  return highest;
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.length > MAX_FILE ? '' : text;
}
