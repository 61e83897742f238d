import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FILES, writeWhole } from '../directory.ts';
import type { Given, GoSettings } from '../types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What decides where go gets code from, and that a later step may change. */
export const WATCHED = [
  'GOPROXY',
  'GONOPROXY',
  'GOPRIVATE',
  'GOFLAGS',
  'GOENV',
  'GOMODCACHE',
  'GOSUMDB',
  'GONOSUMDB',
  'GOWORK',
  'GOVCS',
  'GOINSECURE',
  'GO111MODULE',
] as const;

export type Watched = (typeof WATCHED)[number];

/** Values by their digests alone: a proxy URL may hold a password. */
export type Digests = Partial<Readonly<Record<Watched, string>>>;

/** How things stood when a session began; kept in its directory for whoever ends it. */
export interface Before {
  readonly v: 1;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly cwd: string;
  /** The environment of the job with what the session gave it; unset variables are left out. */
  readonly env: Digests;
  /** What the session itself set of them. */
  readonly given: readonly Watched[];
  /** What the job itself had where the session gave it another value to the same end: globs of module paths. */
  readonly own?: Partial<Readonly<Record<Watched, string>>>;
  /** What go said of those that no variable of the job set; undefined while there was no go. */
  readonly go?: Digests;
  /** The job's GOMODCACHE; undefined while there was no go. */
  readonly goModCache?: string;
  /** The go.work that governs `cwd`; null when there was a checkout without one, undefined when there was none. */
  readonly goWork?: string | null;
}

/** A value as it may lie on a disk. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Writes down how things stand. Called before the environment of the session is handed out. */
export async function keepBefore(
  sessionDir: string,
  about: {
    readonly env: Env;
    readonly given: Env;
    /** What is private to the job and the session's own words for it. */
    readonly privacy: Given | undefined;
    readonly go: GoSettings | undefined;
    readonly goModCache: string | undefined;
    readonly cwd: string;
    readonly at: number;
  },
): Promise<void> {
  const { given, go, goModCache, cwd, at } = about;
  const env = { ...about.env, ...given };
  const before: Before = {
    v: 1,
    at,
    cwd,
    env: digestsOf(name => env[name]),
    given: WATCHED.filter(name => given[name] !== undefined),
    ...(about.privacy === undefined ? {} : { own: ownOf(about.privacy) }),
    ...(go === undefined ? {} : { go: digestsOf(name => (about.env[name] ? undefined : saidBy(go, name))) }),
    ...(goModCache === undefined || goModCache === '' ? {} : { goModCache }),
    ...((await isInModule(cwd)) ? { goWork: (await goWorkAbove(cwd)) ?? null } : {}),
  };
  await writeWhole(join(sessionDir, FILES.before), JSON.stringify(before));
}

function ownOf({ env, own }: Given): NonNullable<Before['own']> {
  return Object.fromEntries(Object.keys(env).map(name => [name, own[name] ?? '']));
}

function digestsOf(read: (name: Watched) => string | undefined): Digests {
  const pairs = WATCHED.flatMap(name => {
    const value = read(name);
    return value === undefined ? [] : [[name, digestOf(value)] as const];
  });
  return Object.fromEntries(pairs);
}

/** What go says of a setting; undefined where it was not asked. */
export function saidBy(go: GoSettings, name: Watched): string | undefined {
  return (go as Partial<Record<Watched, string>>)[name];
}

/** Undefined when the session wrote none, or it cannot be read. */
export async function keptBefore(sessionDir: string): Promise<Before | undefined> {
  try {
    const before = JSON.parse(await readFile(join(sessionDir, FILES.before), 'utf8')) as Before;
    return before.v === 1 && typeof before.at === 'number' ? before : undefined;
  } catch {
    return undefined;
  }
}

/** The go.work that go takes in a directory when GOWORK says nothing: the nearest one above. */
export async function goWorkAbove(cwd: string): Promise<string | undefined> {
  return await nearest(cwd, 'go.work');
}

async function isInModule(cwd: string): Promise<boolean> {
  return ((await nearest(cwd, 'go.mod')) ?? (await nearest(cwd, 'go.work'))) !== undefined;
}

async function nearest(cwd: string, name: string): Promise<string | undefined> {
  for (let dir = cwd; ; dir = dirname(dir)) {
    const file = join(dir, name);
    if (
      await stat(file).then(
        found => found.isFile(),
        () => false,
      )
    )
      return file;
    if (dirname(dir) === dir) return undefined;
  }
}
