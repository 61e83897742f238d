import { ProxyError } from '../../proxy/errors.ts';
import { fitLines } from '../../proxy/refusal.ts';
import { MAX_ERROR_BYTES } from '../../proxy/respond.ts';
import type { Pass, Trouble } from './passes.ts';

const REACH =
  'next: run the job again; if it stays so, try modgate doctor on this runner, which tells names, connections and proxies apart';

/**
 * Why a child did not get its module, from what the filter noted: git's library shows nothing of it but a number. A
 * refusal comes before a host that could not be reached. Undefined where the filter has nothing to say.
 * @param what `MODULE@VERSION` or another request in words
 */
export function explainTroubles(
  what: string,
  { module, troubles }: Pick<Pass, 'module' | 'troubles'>,
): ProxyError | undefined {
  const head = `modgate: cannot fetch ${what} from version control: `;
  for (const trouble of troubles) {
    if (trouble.kind !== 'refused') continue;
    const { refusal } = trouble;
    const lines = [
      `${head}${refusal.reason}`,
      `why asked: ${origin(trouble, module)}`,
      `fix: ${refusal.fix}`,
    ];
    const text = fitLines(lines, MAX_ERROR_BYTES).join('\n');
    const rule = refusal.rule === undefined ? {} : { rule: refusal.rule };
    return new ProxyError('denied', text, { upstream: 'direct', reason: refusal.reason, ...rule });
  }
  const [first] = troubles;
  if (first?.kind !== 'unreachable') return undefined;
  return new ProxyError('upstream-unavailable', `${head}${first.reason}\n${REACH}`, { upstream: 'direct' });
}

/** Who named the host. */
function origin({ refusal, after }: Extract<Trouble, { kind: 'refused' }>, module: string): string {
  const own = module.split('/', 1)[0] ?? '';
  const { host } = refusal.target;
  if (own === host) return 'the module itself lies there, by its path';
  const last = after.at(-1);
  if (last !== undefined)
    return `${last} named it, in a redirect or as the place of ${module || 'the module'}`;
  return module === ''
    ? 'git was led there'
    : `git was led there for ${module}, by a setting of the job or by the path`;
}
