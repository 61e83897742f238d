import { type Job, makeJob, type Session } from '../support/session.ts';
import { tinyProject } from './small-project.ts';

/**
 * A job whose checkout is the program on one real module.
 * @param proxy the GOPROXY of the job before modgate
 */
export async function tinyJobOn(proxy: string, env: Readonly<Record<string, string>> = {}): Promise<Job> {
  const job = await makeJob(proxy, env);
  await tinyProject(job.checkout);
  return job;
}

/** What was answered is in the journal a moment later. */
export async function journaled(session: Session): Promise<void> {
  while (!(await session.journal()).some(record => record.kind === 'req' && record.op === 'zip')) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
