import type { HostReach } from '../../proxy/upstream/http.ts';
import { specialAddress } from './addresses.ts';
import type { Target } from './host-name.ts';
import { authority } from './host-name.ts';
import type { HostSet } from './host-set.ts';

/** Why a host is not connected to. All texts are one line of printable ASCII. */
export interface HostRefusal {
  readonly target: Target;
  /** `host/not-allowed` where a list of the policy says it; undefined for what holds without any. */
  readonly rule: 'host/not-allowed' | undefined;
  /** A sentence part: what is wrong. */
  readonly reason: string;
  /** What to do. */
  readonly fix: string;
}

export type HostJudgement =
  | { readonly state: 'allowed'; readonly reach: HostReach }
  | { readonly state: 'refused'; readonly refusal: HostRefusal };

/** What the lists of hosts in the policy say against a host. */
export interface ListWord {
  readonly kind: 'denied' | 'absent';
  /** Which list, and where it is written. */
  readonly reason: string;
}

export interface HostRulesSettings {
  readonly configured: HostSet;
  /** `hosts` of the policy; undefined answer: nothing against it. */
  readonly lists: (host: string) => ListWord | undefined;
  /** Hosts that git itself is led to by the job's settings (`insteadOf`), known only later. */
  readonly alsoConfigured?: (target: Target) => boolean;
}

const NAME_IT =
  'add the host to proxy.hosts in .modgate.yaml, or its modules to proxy.private, if it is meant to be asked';

/** Web ports; the other ones below 1024 belong to services that must not be talked to by mistake. */
const WEB_PORTS: ReadonlySet<number> = new Set([80, 443]);

/**
 * Which hosts may be asked for modules: by their names, before anything is looked up. Pure.
 */
export class HostRules {
  readonly #settings: HostRulesSettings;

  constructor(settings: HostRulesSettings) {
    this.#settings = settings;
  }

  /** Whether the configuration or the job named the host. */
  isConfigured(target: Target): boolean {
    return this.#settings.configured.has(target) || this.#settings.alsoConfigured?.(target) === true;
  }

  /**
   * A host that modules are fetched from by git or that answers for them: its own, or one that another host named.
   * @param excused the policy has no say on this host, because it accepts a module of it
   */
  origin(target: Target, excused = false): HostJudgement {
    const word = excused ? undefined : this.#settings.lists(target.host);
    const configured = this.isConfigured(target);
    if (word !== undefined && (word.kind === 'denied' || !configured)) return refusedByList(target, word);
    return configured ? { state: 'allowed', reach: 'any-address' } : this.#unnamed(target);
  }

  /** A host that an upstream proxy redirects to: storage of its own, which no list of modules' hosts names. */
  redirect(target: Target): HostJudgement {
    const word = this.#settings.lists(target.host);
    if (word?.kind === 'denied') return refusedByList(target, word);
    return this.isConfigured(target) ? { state: 'allowed', reach: 'any-address' } : this.#unnamed(target);
  }

  /** A host that git reaches by ssh. Without a word on ssh any will do, unless the policy lists hosts. */
  ssh(
    target: Target,
    { listed, listsHosts }: { readonly listed: HostSet; readonly listsHosts: boolean },
  ): HostJudgement {
    const word = this.#settings.lists(target.host);
    if (word?.kind === 'denied') return refusedByList(target, word);
    if (listed.has(target)) return { state: 'allowed', reach: 'any-address' };
    if (listed.isEmpty) {
      if (this.isConfigured(target)) return { state: 'allowed', reach: 'any-address' };
      if (!listsHosts) return literal(target) ?? { state: 'allowed', reach: 'internet' };
    }
    const why = listed.isEmpty
      ? 'the policy lists hosts, and neither proxy.ssh nor another key names this one for ssh'
      : 'proxy.ssh does not have it';
    return {
      state: 'refused',
      refusal: {
        target,
        rule: 'host/not-allowed',
        reason: `${target.host} is not allowed over ssh: ${why}`,
        fix: `add ${target.host} to proxy.ssh in .modgate.yaml if modules may come from there`,
      },
    };
  }

  #unnamed(target: Target): HostJudgement {
    if (target.port < 1024 && !WEB_PORTS.has(target.port)) {
      return {
        state: 'refused',
        refusal: {
          target,
          rule: undefined,
          reason: `${authority(target)} is not asked: port ${target.port} is no port of a web server, and the configuration does not name this host`,
          fix: NAME_IT,
        },
      };
    }
    return literal(target) ?? { state: 'allowed', reach: 'internet' };
  }
}

function literal(target: Target): HostJudgement | undefined {
  const special = specialAddress(target.host);
  return special === undefined
    ? undefined
    : { state: 'refused', refusal: addressRefusal(target, target.host, special) };
}

/** The refusal of a host for what it resolves to. */
export function addressRefusal(target: Target, address: string, special: string): HostRefusal {
  const what = address === target.host ? authority(target) : `${authority(target)} (${address})`;
  return {
    target,
    rule: undefined,
    reason: `${what} is not asked: it is ${special}, and the configuration does not name this host`,
    fix: NAME_IT,
  };
}

function refusedByList(target: Target, { kind, reason }: ListWord): HostJudgement {
  const fix =
    kind === 'denied'
      ? 'use a module from another host'
      : `add ${target.host} to hosts.allow if modules may come from there`;
  const said = kind === 'denied' ? 'is a denied host' : 'is not an allowed host';
  return {
    state: 'refused',
    refusal: { target, rule: 'host/not-allowed', reason: `${target.host} ${said}: ${reason}`, fix },
  };
}
