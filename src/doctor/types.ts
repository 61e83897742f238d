import type { Socket } from 'node:net';

/** What is tried, in the order in which it is told. */
export const PROBES = [
  'config',
  'go',
  'disk',
  'credentials',
  'dns',
  'tcp',
  'tls',
  'http',
  'sumdb',
  'git',
  'cache',
  'audit',
  'clock',
] as const;

export type ProbeName = (typeof PROBES)[number];

/**
 * `failed`: something that the configuration needs does not work. `warning`: it works, and not as one should rely on.
 * `skipped`: it was not tried, because there is nothing to try or because what it stands on failed.
 */
export type State = 'ok' | 'warning' | 'failed' | 'skipped';

/** What came of one try. Texts may hold what others wrote: they are cleaned before they are shown. */
export interface Verdict {
  readonly state: State;
  /** What works, or what does not. */
  readonly what: string;
  readonly why?: string;
  /** What to do about it. */
  readonly fix?: string;
}

export interface Check extends Verdict {
  readonly probe: ProbeName;
  /** What it is about: a host, a directory, a variable. */
  readonly subject: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Why something does not work, and what to do. */
export interface Reason {
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
}

export const ok = (what: string, about: Reason = {}): Verdict => verdict('ok', what, about);
export const warning = (what: string, about: Reason = {}): Verdict => verdict('warning', what, about);
export const failed = (what: string, about: Reason = {}): Verdict => verdict('failed', what, about);
export const skipped = (what: string, about: Reason = {}): Verdict => verdict('skipped', what, about);

function verdict(state: State, what: string, { why, fix }: Reason): Verdict {
  return { state, what, ...(why === undefined ? {} : { why }), ...(fix === undefined ? {} : { fix }) };
}

/** What asks the network; tests hand in their own names. */
export interface NetworkEffects {
  /** The addresses of a name. Rejects with the system's error. */
  readonly resolve: (host: string) => Promise<readonly Address[]>;
  /** A connection to one of the addresses. Rejects with the system's error; the signal ends the try. */
  readonly connect: (addresses: readonly Address[], port: number, signal: AbortSignal) => Promise<Socket>;
  /** ms since 1970. */
  readonly now: () => number;
}

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}
