import { textLines } from '../policy/lines.ts';
import type { SourceLine } from '../report/types.ts';
import type { CheckoutFiles } from './files/disk.ts';

/** Lines longer than this are no help under a finding. */
const MAX_LINE = 100_000;

/**
 * Lines of the files that were judged; of others (the policy's own) as the checkout has them, when that is what
 * was read.
 */
export function sourceLines(
  judged: ReadonlyMap<string, Uint8Array>,
  checkout: CheckoutFiles | undefined,
): SourceLine {
  const files = new Map<string, ((line: number) => string) | undefined>();
  return (file, line) => {
    if (!files.has(file)) {
      const onDisk = judged.has(file) ? undefined : checkout?.read(file);
      const bytes =
        judged.get(file) ?? (onDisk !== undefined && 'bytes' in onDisk ? onDisk.bytes : undefined);
      files.set(file, bytes === undefined ? undefined : textLines(bytes));
    }
    return files.get(file)?.(line).slice(0, MAX_LINE) || undefined;
  };
}
