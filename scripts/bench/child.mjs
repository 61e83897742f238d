import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Starts a program of this folder in a process of its own, so that its work is not the measured one's. It says one line of
 * JSON when it is ready and ends with its stdin; nobody waits for one that is dead already.
 *
 * @param {string} program name of the file
 * @returns {Promise<{answer: any, pid: number, stop: () => Promise<void>}>} rejects when it ends before it is ready
 */
export async function startChild(program, ...args) {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), program);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise(resolve => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
    child.once('error', error => resolve(error.message));
  });
  // Of one that died meanwhile.
  child.stdin.on('error', () => undefined);
  const ready = new Promise(resolve => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', chunk => {
      text += chunk;
      if (text.endsWith('\n')) resolve(text);
    });
  });
  const early = ended.then(how => Promise.reject(new Error(`${program} ended with ${how}`)));
  early.catch(() => undefined);
  const answer = JSON.parse(await Promise.race([ready, early]));
  return {
    answer,
    pid: child.pid,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
