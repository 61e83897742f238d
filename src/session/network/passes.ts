import { randomBytes } from 'node:crypto';
import { secretMatches } from '../../proxy/secret.ts';
import type { HostRefusal } from './host-rules.ts';

/** What one child was kept from, or could not reach. */
export type Trouble =
  | { readonly kind: 'refused'; readonly refusal: HostRefusal; readonly after: readonly string[] }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** A child's way through the filter: its name in the proxy's user information tells its requests from others'. */
export interface Pass {
  readonly id: string;
  /** The module that the child is about; empty where it is about none. */
  readonly module: string;
  /** Hosts that it was connected to, in this order, each once. */
  readonly reached: string[];
  readonly troubles: Trouble[];
}

/** Most children whose troubles are remembered; a session runs a few at once. */
const MAX_PASSES = 500;
/** Most notes of one child. */
const MAX_NOTES = 50;

/** Who may use the filter: the children of this session, by a secret that no other program of the machine knows. */
export class Passes {
  readonly #secret = randomBytes(16).toString('hex');
  readonly #passes = new Map<string, Pass>();
  #last = 0;

  open(module: string): Pass {
    const pass: Pass = { id: `c${++this.#last}`, module, reached: [], troubles: [] };
    this.#passes.set(pass.id, pass);
    const [oldest] = this.#passes.keys();
    if (this.#passes.size > MAX_PASSES && oldest !== undefined) this.#passes.delete(oldest);
    return pass;
  }

  byId(id: string): Pass | undefined {
    return this.#passes.get(id);
  }

  /** User and password of a pass, as a URL has them. */
  userInfo({ id }: Pass): string {
    return `${id}:${this.#secret}`;
  }

  /** The pass that a Proxy-Authorization header belongs to; undefined when it is nobody's. */
  fromHeader(header: string | undefined): Pass | undefined {
    const encoded = /^Basic ([A-Za-z0-9+/=]{1,200})$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, 'base64').toString('latin1');
    const colon = text.indexOf(':');
    if (!secretMatches(text.slice(colon + 1), this.#secret)) return undefined;
    const id = text.slice(0, Math.max(colon, 0));
    // A child that outlived the notes about it is still one of ours.
    return /^c\d{1,15}$/.test(id)
      ? (this.#passes.get(id) ?? { id, module: '', reached: [], troubles: [] })
      : undefined;
  }
}

/** Writes down that a child was connected to a host. */
export function noteReached(pass: Pass, host: string): void {
  if (pass.reached.length < MAX_NOTES && !pass.reached.includes(host)) pass.reached.push(host);
}

export function noteTrouble(pass: Pass, trouble: Trouble): void {
  if (pass.troubles.length < MAX_NOTES) pass.troubles.push(trouble);
}
