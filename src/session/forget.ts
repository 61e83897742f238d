import { openExisting } from '../store/existing.ts';
import { forget } from '../store/forget.ts';
import { createHasher } from '../store/hasher.ts';
import { appendLine } from '../store/stats/use-log.ts';
import type { IndexEntry, ModVer } from '../store/types.ts';
import { type OpenStore, requirePlace } from './cache/prune.ts';
import { control } from './control.ts';
import { readSession } from './directory.ts';
import type { SessionFile } from './types.ts';

export interface ForgetRequest {
  readonly mv: ModVer;
  readonly store: OpenStore;
  /** Whether it was named; else that of a running session comes first. */
  readonly named: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a session of this platform would be. */
  readonly platformDir: string;
  readonly now: Date;
}

/** What the store knew of the version, and whether it does no more. */
export interface ForgetOutcome {
  readonly state: 'forgotten' | 'unknown' | 'busy';
  readonly store: string;
  readonly h1?: string;
  readonly goModH1?: string;
  /** RFC 3339, UTC. */
  readonly firstSeen?: string;
}

const TELL_MS = 2_000;

/** Forgets one version and writes it down. Throws StoreError, BucketError. */
export async function forgetVersion(request: ForgetRequest): Promise<ForgetOutcome> {
  const { store } = request;
  const sessions = await running(request);
  if (store.kind === 'directory') {
    const dir = request.named ? store.dir : (sessions[0]?.storeDir ?? store.dir);
    return await forgetInDirectory(request, sessions, dir);
  }
  // What the sessions of this job hold of the bucket is on their disks.
  for (const { storeDir } of sessions) await forgetInDirectory(request, sessions, storeDir);
  return await forgetInBucketOf(store, request);
}

async function forgetInBucketOf(
  store: Extract<OpenStore, { kind: 'bucket' }>,
  { mv, now }: ForgetRequest,
): Promise<ForgetOutcome> {
  const { forgetInBucket, writeLogLine } = await import('../store/bucket/forget.ts');
  await requirePlace(store, false);
  const { bucket } = store;
  const done = await forgetInBucket(bucket, mv);
  if (done.state !== 'forgotten') return { state: done.state, store: bucket.location };
  const known = knownOf(done.entry);
  const t = now.toISOString();
  await writeLogLine(bucket, t, { t, forgot: `${mv.path}@${mv.version}`, ...known });
  return { state: 'forgotten', store: bucket.location, ...known };
}

async function forgetInDirectory(
  { mv, now }: ForgetRequest,
  sessions: readonly SessionFile[],
  dir: string,
): Promise<ForgetOutcome> {
  const hasher = createHasher();
  try {
    const store = await openExisting(dir, { hasher, purpose: 'tidy' });
    const done = await forget(store, mv);
    await store.flush();
    if (done.state !== 'forgotten') return { state: done.state, store: store.location };
    const known = knownOf(done.entry);
    const { h1, firstSeen } = known;
    const t = now.toISOString();
    await appendLine(store, t, { t, forgot: `${mv.path}@${mv.version}`, ...known });
    const told = `modgate cache forget: ${mv.path}@${mv.version} (${h1 ?? 'no hash'}, first seen ${firstSeen ?? 'at no known time'}) is forgotten; what is fetched next is right`;
    for (const session of sessions) {
      if (session.storeDir === store.location) await control(session, 'note', TELL_MS, told);
    }
    return { state: 'forgotten', store: store.location, ...known };
  } finally {
    await hasher.close();
  }
}

function knownOf(entry: IndexEntry | undefined): Pick<ForgetOutcome, 'h1' | 'goModH1' | 'firstSeen'> {
  const { h1, goModH1, firstSeen } = entry ?? {};
  return {
    ...(h1 === undefined ? {} : { h1 }),
    ...(goModH1 === undefined ? {} : { goModH1 }),
    ...(firstSeen === undefined ? {} : { firstSeen }),
  };
}

/** Sessions of this job that answer. */
async function running({ env, platformDir }: ForgetRequest): Promise<SessionFile[]> {
  const dirs = new Set([env.MODGATE_SESSION ?? '', platformDir].filter(dir => dir !== ''));
  const found: SessionFile[] = [];
  for (const dir of dirs) {
    const session = await readSession(dir);
    if (session !== undefined && (await control(session, 'ping', TELL_MS)) !== undefined) found.push(session);
  }
  return found;
}
