import type { NetworkGate } from '../../proxy/upstream/http.ts';
import type { Authorities } from './authorities.ts';
import { targetOf } from './host-name.ts';
import type { HostRules } from './host-rules.ts';
import { lookupFor, RefusedHost, type Resolve } from './resolve.ts';

export interface GateDeps {
  readonly rules: HostRules;
  readonly authorities: Pick<Authorities, 'forHost'>;
  readonly resolve: Resolve;
  readonly log: (line: string) => void;
}

/** The rules as the client of the upstreams asks them: what it is configured for is configured, redirects are judged. */
export function upstreamGate({ rules, authorities, resolve, log }: GateDeps): NetworkGate {
  return {
    judge: (url, isRedirect) => {
      const target = isRedirect ? targetOf(url) : undefined;
      if (target === undefined) return 'any-address';
      const judged = rules.redirect(target);
      if (judged.state === 'allowed') return judged.reach;
      log(`refused: ${judged.refusal.reason}`);
      throw new RefusedHost(judged.refusal);
    },
    lookups: { 'any-address': lookupFor('any-address', resolve), internet: lookupFor('internet', resolve) },
    authorities: url => {
      const target = targetOf(url);
      return target === undefined ? [] : authorities.forHost(target);
    },
  };
}
