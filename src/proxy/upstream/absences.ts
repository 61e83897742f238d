import type { Store } from '../../store/types.ts';
import { ProxyError } from '../errors.ts';
import type { Chain } from './chain.ts';

/** Absences are of use for as long as what was built then is built again; older ones prove too little. */
const MAX_AGE_MS = 30 * 86_400_000;
/** A session that asks for more paths that nobody has than this is not building anything. */
const MAX_REMEMBERED = 2_000;
/** What go asks to find out which prefix of an import path is a module. */
const PROBE = /\/@v\/list$|\/@latest$|\.info$/;

/**
 * A chain that remembers in the store which lists and versions were proven absent, and says so again when no
 * upstream can be asked. `go install a.test/m/cmd/x@v1` asks for every prefix of the path, and only a 404 for
 * those that are no modules lets it build from a warm store.
 * @param now milliseconds since the epoch
 */
export function rememberAbsences(
  chain: Chain,
  deps: {
    readonly store: Store;
    readonly now: () => number;
    /** Whether the words of an absence prove it; without this they all do. */
    readonly isProof?: (text: string) => boolean;
  },
): Chain {
  const { store, now, isProof = () => true } = deps;
  let remembered = 0;
  const recall = async (key: string): Promise<string | undefined> => {
    const found = await store.getSoft(key).catch(() => undefined);
    if (found === undefined || now() - found.storedAt > MAX_AGE_MS) return undefined;
    return found.bytes.toString();
  };
  return {
    entries: chain.entries,
    fetch: async (want, options = {}) => {
      if (!PROBE.test(want.path)) return await chain.fetch(want, options);
      const key = `absent/${want.path}/@latest`;
      const known = await recall(key);
      try {
        const walked = await chain.fetch(want, known === undefined ? options : { ...options, brief: true });
        if (walked.state === 'absent' && walked.upstream !== undefined && known !== walked.text) {
          if (isProof(walked.text) && remembered++ < MAX_REMEMBERED)
            await store.putSoft(key, Buffer.from(walked.text)).catch(() => undefined);
        }
        return walked;
      } catch (error) {
        const outage = error instanceof ProxyError && error.code.startsWith('upstream-');
        if (!outage || known === undefined) throw error;
        const text = `${known}\nmodgate: so it was when ${error.upstream ?? 'the upstream'} could last be asked`;
        return { state: 'absent', text, upstream: undefined, retries: error.retries };
      }
    },
  };
}
