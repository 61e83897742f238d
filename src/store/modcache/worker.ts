import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { examine } from './examine.ts';
import type { ModuleQuestion, WorkerReply } from './types.ts';

/** What the thread is started with. */
export interface WorkerSettings {
  /** The build comes first. */
  readonly background: boolean;
}

// On Linux a thread has a niceness of its own; elsewhere this would be the whole process.
if ((workerData as WorkerSettings).background && process.platform === 'linux') {
  try {
    os.setPriority(os.constants.priority.PRIORITY_LOW);
  } catch {
    // A sandbox that forbids it.
  }
}

parentPort?.on('message', (question: ModuleQuestion) => {
  void examine(question)
    .then(
      (answer): WorkerReply => ({ ok: true, answer }),
      (error: unknown): WorkerReply => ({
        ok: false,
        why: error instanceof Error ? error.message : String(error),
      }),
    )
    .then(reply => parentPort?.postMessage(reply));
});
