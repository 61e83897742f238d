import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JournalWriter } from '../../audit/journal.ts';
import { setAside, unfinished } from '../../audit/journal-read.ts';
import { jobUid } from '../../platform/claims.ts';
import { FILES, writingTo } from '../directory.ts';
import type { DaemonRequest } from '../types.ts';

/**
 * Opens the journal of a session: that of a daemon which was killed in this job goes on, any other is put aside.
 * Throws SessionError `session-dir`.
 */
export async function openJournal(
  { sessionDir, job }: Pick<DaemonRequest, 'sessionDir' | 'job'>,
  log: (line: string) => void,
): Promise<{ readonly journal: JournalWriter; readonly uid: string }> {
  const path = join(sessionDir, FILES.journal);
  const opening = async () => {
    const uid =
      job.recurring === true
        ? ((await unfinished(path))?.job_uid ?? jobUid([job.uid, randomUUID()]))
        : job.uid;
    await setAside(path, uid);
    return { journal: await JournalWriter.open(path, { onTrouble: why => log(`journal: ${why}`) }), uid };
  };
  return await writingTo(sessionDir, opening());
}

/** Writes whose records follow; once more when it is known what the session goes by. */
export function writeHeader(
  journal: JournalWriter,
  { job, version, configDigest }: Pick<DaemonRequest, 'job' | 'version' | 'configDigest'>,
  uid: string,
  start: string,
): void {
  journal.write({
    kind: 'hdr',
    v: 1,
    job_uid: uid,
    inst: journal.header?.inst ?? randomUUID(),
    forge: job.forge,
    iss: job.issuer,
    tool: { name: 'modgate', version },
    clock: { wall: start, mono_ns: process.hrtime.bigint().toString() },
    policy: { digest: configDigest },
    modcache_preexisting: 0,
    claimed: job.claimed,
  });
}
