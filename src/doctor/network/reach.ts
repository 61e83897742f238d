import type { Socket } from 'node:net';
import { type Shaken, shakeHands } from '../../session/network/handshake.ts';
import { type Bounds, TimeUp } from '../limits.ts';
import {
  type Address,
  type Check,
  type Env,
  failed,
  type NetworkEffects,
  ok,
  type ProbeName,
  type Verdict,
} from '../types.ts';
import { literal } from './address.ts';
import { type Connected, connectTo, readGreeting, timedOut, tunnelTo, wordsOf } from './connect.ts';
import { probeDns } from './dns.ts';
import { askClock, type ServerClock } from './server-clock.ts';
import { handshakeVerdict, judgeTls } from './tls.ts';
import { bareHost, type NetworkProxy, originOf, portOf, wayTo } from './way.ts';

/** Whether requests to an origin make sense. */
export interface Reached {
  readonly usable: boolean;
  readonly clock?: ServerClock | undefined;
}

export interface NetworkDeps {
  readonly effects: NetworkEffects;
  readonly bounds: Bounds;
  /** The job's environment: its proxies. */
  readonly env: Env;
  /** PEM certificates of the authorities that count for a host, and where they come from beside the system's. */
  readonly authorities: (url: URL) => Promise<Authorities>;
  /** What of the configuration names an origin, for people. */
  readonly namedBy: (origin: string) => readonly string[];
}

export interface Authorities {
  readonly pem: readonly string[];
  readonly own: readonly string[];
}

/** The way to each host from the name to the certificate, tried once for each origin however often it is asked. */
export class Network {
  readonly #deps: NetworkDeps;
  readonly #tried = new Map<
    string,
    Promise<{ readonly reached: Reached; readonly checks: readonly Check[] }>
  >();

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
  }

  /** Never rejects. */
  async reach(url: URL): Promise<Reached> {
    let tried = this.#tried.get(originOf(url));
    if (tried === undefined) {
      tried = tryOrigin(new URL(originOf(url)), this.#deps);
      this.#tried.set(originOf(url), tried);
    }
    return (await tried).reached;
  }

  /** What came of all that was asked for, in that order. */
  async checks(): Promise<readonly Check[]> {
    return (await Promise.all(this.#tried.values())).flatMap(({ checks }) => checks);
  }

  /** The clocks of those that told. */
  async clocks(): Promise<readonly ServerClock[]> {
    const tried = await Promise.all(this.#tried.values());
    return tried.flatMap(({ reached: { clock } }) => (clock === undefined ? [] : [clock]));
  }
}

async function tryOrigin(
  url: URL,
  deps: NetworkDeps,
): Promise<{ readonly reached: Reached; readonly checks: readonly Check[] }> {
  const checks: Check[] = [];
  const by = deps.namedBy(originOf(url));
  const say = (probe: ProbeName, verdict: Verdict): void => {
    const what = checks.length === 0 && by.length > 0 ? `${verdict.what} (${by.join(', ')})` : verdict.what;
    checks.push({ probe, subject: originOf(url), ...verdict, what });
  };
  const reached = await stages(url, deps, say).catch((error: unknown) => {
    if (!(error instanceof TimeUp)) throw error;
    say('tcp', ended(error));
    return { usable: false };
  });
  return { reached, checks };
}

/** A try that the end of its time, or of the whole run, cut short. */
export function ended(error: TimeUp): Verdict {
  return error.afterMs === undefined
    ? { state: 'skipped', what: 'not tried to the end', why: 'the time for the whole run was up' }
    : failed('no answer in time', {
        why: error.message,
        fix: 'see whether the host is slow or a firewall drops what is sent to it',
      });
}

type Say = (probe: ProbeName, verdict: Verdict) => void;

async function stages(url: URL, deps: NetworkDeps, say: Say): Promise<Reached> {
  const { bounds, effects } = deps;
  const { through, spared } = wayTo(url, deps.env);
  // Where a proxy leads plain requests on, it makes the connection itself.
  if (through !== undefined && url.protocol === 'http:') return { usable: true };
  let connected: Connected;
  if (through === undefined) {
    const addresses = await lookUp(url, deps, say);
    if (addresses.length === 0) return await otherWay(url, deps, spared, say);
    connected = await direct(url, addresses, deps);
    if (connected.state === 'closed') {
      say('tcp', connected.verdict);
      return await otherWay(url, deps, spared, say);
    }
    say('tcp', ok(`port ${portOf(url)} is open`));
  } else {
    connected = await bounds.try(signal => tunnelTo(url, through, signal, effects));
    if (connected.state === 'closed') {
      const fix = (await reachedPast(url, deps))
        ? { fix: `name ${bareHost(url)} in NO_PROXY: it can be reached without the proxy` }
        : {};
      say('tcp', { ...connected.verdict, ...fix });
      return { usable: false };
    }
    say('tcp', ok(`reached through ${through.variable} (${through.url.host})`));
  }
  return await above(url, connected.socket, deps, say);
}

async function lookUp(url: URL, { bounds, effects }: NetworkDeps, say: Say): Promise<readonly Address[]> {
  const host = bareHost(url);
  const own = literal(host);
  if (own !== undefined) return [own];
  try {
    const { verdict, addresses } = await bounds.try(() => probeDns(host, effects));
    say('dns', verdict);
    return addresses;
  } catch (error) {
    if (!(error instanceof TimeUp) || error.afterMs === undefined) throw error;
    say(
      'dns',
      failed('the name servers do not answer', {
        why: error.message,
        fix: 'see to the name servers of this machine; behind a proxy set HTTPS_PROXY, so that the proxy resolves names',
      }),
    );
    return [];
  }
}

async function direct(
  url: URL,
  addresses: readonly Address[],
  { bounds, effects }: NetworkDeps,
): Promise<Connected> {
  const port = portOf(url);
  try {
    return await bounds.try(signal => connectTo(addresses, port, signal, effects));
  } catch (error) {
    if (!(error instanceof TimeUp) || error.afterMs === undefined) throw error;
    return { state: 'closed', verdict: timedOut(port) };
  }
}

/** Whether a host that the proxy does not lead to can be reached straight, as those of a company often can. */
async function reachedPast(url: URL, { bounds, effects }: NetworkDeps): Promise<boolean> {
  try {
    const own = literal(bareHost(url));
    const addresses = own === undefined ? await bounds.try(() => effects.resolve(bareHost(url))) : [own];
    const socket = await bounds.try(signal => effects.connect(addresses, portOf(url), signal));
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}

/** What cannot be reached straight may be reached through the proxy that NO_PROXY spares it. */
async function otherWay(
  url: URL,
  { bounds, effects }: NetworkDeps,
  spared: NetworkProxy | undefined,
  say: Say,
): Promise<Reached> {
  if (spared === undefined || url.protocol === 'http:') return { usable: false };
  const connected = await bounds.try(signal => tunnelTo(url, spared, signal, effects)).catch(() => undefined);
  if (connected?.state !== 'open') return { usable: false };
  connected.socket.destroy();
  say(
    'tcp',
    failed(`it can be reached only through ${spared.variable} (${spared.url.host})`, {
      why: 'NO_PROXY names it, so that it is asked straight, which does not work',
      fix: `take ${bareHost(url)} out of NO_PROXY`,
    }),
  );
  return { usable: false };
}

/** What stands on an open connection: TLS, and the clock of the server. */
async function above(url: URL, socket: Socket, deps: NetworkDeps, say: Say): Promise<Reached> {
  const { bounds, effects } = deps;
  if (url.protocol === 'ssh:') {
    const verdict = await greeted(socket, deps);
    if (verdict !== undefined) say('tcp', verdict);
    return { usable: verdict === undefined };
  }
  if (url.protocol === 'http:') {
    return { usable: true, clock: await clockOver(socket, url, deps) };
  }
  const host = bareHost(url);
  const { pem, own } = await deps.authorities(url);
  let shaken: Shaken;
  try {
    shaken = await bounds.try(signal => shakeHands(socket, host, pem, signal));
  } catch (error) {
    socket.destroy();
    if (error instanceof TimeUp && error.afterMs === undefined) throw error;
    say('tls', error instanceof TimeUp ? silentTls(error) : handshakeVerdict(error));
    return { usable: false };
  }
  const clock = await clockOver(shaken.socket, url, deps);
  const verdict = judgeTls(shaken, { host, now: effects.now(), serverNow: clock?.there, own });
  say('tls', verdict);
  return { usable: verdict.state === 'ok', clock };
}

/** Why it is no ssh server that listens there; undefined when it is one. */
async function greeted(socket: Socket, { bounds }: NetworkDeps): Promise<Verdict | undefined> {
  const fix = 'see that the host serves git by ssh, and that the port is right';
  try {
    const greeting = await bounds.try(signal => readGreeting(socket, signal));
    return greeting.startsWith('SSH-')
      ? undefined
      : failed('it is no ssh server', { why: `it says ${JSON.stringify(greeting.slice(0, 40))}`, fix });
  } catch (error) {
    if (error instanceof TimeUp && error.afterMs === undefined) throw error;
    return failed('it does not greet as an ssh server does', { why: wordsOf(error), fix });
  } finally {
    socket.destroy();
  }
}

async function clockOver(
  socket: Socket,
  url: URL,
  { bounds, effects }: NetworkDeps,
): Promise<ServerClock | undefined> {
  try {
    return await bounds.try(signal => askClock(socket, url.host, signal, effects.now));
  } catch {
    // What does not answer here says so to the question that it is there for.
    return undefined;
  } finally {
    socket.destroy();
  }
}

function silentTls(error: TimeUp): Verdict {
  return failed('TLS gets no answer', {
    why: error.message,
    fix: 'see that the port is that of https; a firewall may read the name in the handshake and drop it',
  });
}
