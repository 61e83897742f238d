import type { Chain } from './upstream/chain.ts';
import type { Direct } from './upstream/direct.ts';

/** Where a module is fetched from. */
export interface Route {
  readonly chain: Chain;
  /** What a `direct` entry of the chain means. */
  readonly direct: Direct | undefined;
}

/** The route of a module path: one that is private has version control alone, whatever GOPROXY says. */
export type RouteFn = (module: string) => Route;

/** Whether a proxy is asked first, which can say what is there without fetching any of it. */
export function asksProxies({ chain }: Route): boolean {
  const [first] = chain.entries;
  return first !== undefined && first.url !== 'direct';
}
