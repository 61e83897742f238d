import { ProxyError } from '../../proxy/errors.ts';
import type { FailedChild } from '../../proxy/upstream/direct.ts';
import type { Refusal } from './explain.ts';

/**
 * What the user is told of a fetch from version control that failed over a credential; undefined where it failed over
 * something else. Where a server hides what one may not see it stays a 404, because go asks for prefixes of paths, too.
 */
export function refusedChild(
  { what, output }: Pick<FailedChild, 'what' | 'output'>,
  explain: (output: string) => Refusal | undefined,
): ProxyError | undefined {
  const refusal = explain(output);
  if (refusal === undefined) return undefined;
  const { certain, why, next } = refusal;
  return certain
    ? new ProxyError(
        'upstream-refused',
        `modgate: cannot fetch ${what} from version control: ${why}\nnext: ${next}`,
        { upstream: 'direct' },
      )
    : new ProxyError('absent', `not found: ${what} in version control: ${why}\nnext: ${next}`, {
        upstream: 'direct',
      });
}
