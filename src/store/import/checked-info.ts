import { formatInfo, parseInfo } from '../../gomod/info.ts';
import { isPseudo, pseudoTime } from '../../gomod/version.ts';

/** A day of clocks that disagree, in ms. */
const CLOCKS = 86_400_000;

/**
 * An .info of a source, written anew by our schema. No hash protects what it says, and its version counts for more: where
 * its time is not that of its pseudo-version, as some mirrors have it, or still to come, what the version tells is all
 * that is kept.
 *
 * @param now milliseconds since the epoch
 * @throws InfoError when it is no .info, or one of another version
 */
export function checkedInfo(bytes: Buffer, version: string, now: number): Buffer {
  const info = parseInfo(bytes, { version });
  const time = info.time === undefined ? undefined : Date.parse(info.time);
  const told = isPseudo(version) ? { version, time: pseudoTime(version) } : { version };
  if (time === undefined) return formatInfo(info);
  if ('time' in told && time !== Date.parse(told.time ?? '')) return formatInfo(told);
  return formatInfo(time > now + CLOCKS ? told : info);
}
