import { request } from '../platform/node-http.ts';
import type { SessionFile } from './types.ts';

/** How long the verification of a GOMODCACHE may go on after the job's own work is done, ms. */
export const VERIFY_MS = 10_000;

/** What the daemon answers on its control paths. */
export interface Alive {
  readonly pid: number;
  readonly start: string;
}

/**
 * Talks to a daemon over its control path. Resolves with the parsed answer, or undefined when nobody answers,
 * or somebody else does (the port was taken over after the daemon died).
 * @param body with `note`: a line to write down for whoever reads how the session went
 */
export async function control(
  session: SessionFile,
  verb: 'ping' | 'verify' | 'stop' | 'credentials' | 'note',
  timeoutMs: number,
  body = '',
): Promise<Alive | undefined> {
  return await new Promise(resolve => {
    const req = request(
      {
        host: session.host,
        port: session.port,
        method: 'POST',
        path: `/-/${verb}`,
        headers: {
          authorization: `Bearer ${session.control}`,
          connection: 'close',
          'content-length': Buffer.byteLength(body),
        },
        timeout: timeoutMs,
      },
      res => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', () => resolve(undefined));
        res.on('end', () => {
          try {
            const alive = JSON.parse(Buffer.concat(parts).toString()) as Alive;
            resolve(res.statusCode === 200 && alive.start === session.start ? alive : undefined);
          } catch {
            resolve(undefined);
          }
        });
      },
    );
    req.on('timeout', () => req.destroy());
    req.on('error', () => resolve(undefined));
    req.end(body);
  });
}
