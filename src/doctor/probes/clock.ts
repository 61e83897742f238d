import type { ServerClock } from '../network/server-clock.ts';
import { failed, ok, skipped, type Verdict, warning } from '../types.ts';

/** A difference that can be a slow answer, and one from which tokens and certificates suffer; ms. */
const NEAR_MS = 60_000;
const FAR_MS = 5 * 60_000;

/** This machine's clock beside those of the servers that told theirs: the middle of them counts. Pure. */
export function judgeClock(clocks: readonly ServerClock[]): Verdict {
  const differences = clocks.map(({ there, here }) => here - there).toSorted((a, b) => a - b);
  const middle = differences[Math.floor((differences.length - 1) / 2)];
  if (middle === undefined) {
    return skipped('nothing to compare it with', { why: 'no server was reached that tells the time' });
  }
  const distance = Math.abs(middle);
  const servers = clocks.length === 1 ? 'one server says' : `${clocks.length} servers say`;
  if (distance < NEAR_MS) return ok(`as ${servers}`);
  const what = `is ${told(distance)} ${middle > 0 ? 'ahead' : 'behind'}, as ${servers}`;
  const fix =
    'set it, and let a time service keep it (chronyd, systemd-timesyncd, the host of the virtual machine)';
  return distance < FAR_MS
    ? warning(what, { why: 'identity tokens of jobs and certificates are valid by the clock', fix })
    : failed(what, { why: 'certificates and tokens that are valid look expired, or not valid yet', fix });
}

function told(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
