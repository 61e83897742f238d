import { formatInfo, parseInfo } from '../../gomod/info.ts';
import { isPseudo, pseudoTime } from '../../gomod/version.ts';

/** A day of clocks that disagree, in ms. */
const CLOCKS = 86_400_000;

/**
 * An .info of a source, written anew by our schema. No hash protects what it says; what its version tells, it must not
 * contradict.
 *
 * @param now milliseconds since the epoch
 * Throws Error.
 */
export function checkedInfo(bytes: Buffer, version: string, now: number): Buffer {
  const info = parseInfo(bytes, { version });
  const time = info.time === undefined ? undefined : Date.parse(info.time);
  if (time !== undefined && time > now + CLOCKS) throw new Error(`its Time ${info.time} is still to come`);
  if (time !== undefined && isPseudo(version) && time !== Date.parse(pseudoTime(version))) {
    throw new Error(`its Time ${info.time} is not that of its pseudo-version`);
  }
  return formatInfo(info);
}
