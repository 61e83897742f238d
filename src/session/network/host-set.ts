import { isIP } from 'node:net';
import { isLoopback } from '../../config/loopback.ts';
import { matchGlobs } from '../../gomod/module-path.ts';
import { plainHost, type Target, targetOf } from './host-name.ts';

/**
 * Hosts that somebody named. A name stands for the host on every port; an address, and this machine, for the port
 * that was named with it alone, because many services of others lie behind it.
 */
export class HostSet {
  /** Ports by host; undefined for all. */
  readonly #exact = new Map<string, Set<number> | undefined>();
  readonly #globs: string[] = [];

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#globs.length === 0;
  }

  /** Takes `HOST` or `HOST:PORT`, or a glob for a host (`*.corp.example.com`); what is none of these is left out. */
  add(text: string): void {
    const [, name = '', digits] =
      /^(\[[^\]]*\]|[^:]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
    if (/[*?[\]\\]/.test(name) && !name.startsWith('[')) {
      // What has no letter of its own names no host: GOPRIVATE=* must not open every address.
      if (/[a-z0-9]/i.test(name.replace(/\[[^\]]*\]/g, ''))) this.#globs.push(name.toLowerCase());
      return;
    }
    const host = plainHost(name);
    if (host !== undefined) this.#put(host, digits === undefined ? undefined : Number(digits));
  }

  /** Takes the host of a URL of any scheme that has one. */
  addUrl(url: string): void {
    if (!URL.canParse(url)) return;
    const parsed = new URL(url);
    const target = targetOf(parsed);
    if (target !== undefined) this.#put(target.host, target.port);
    else if (parsed.hostname !== '') this.add(parsed.host);
  }

  /** Takes the hosts of GOPRIVATE globs: the first element of each. */
  addPathGlobs(globs: readonly string[]): void {
    for (const glob of globs) this.add(glob.split('/', 1)[0] ?? '');
  }

  has({ host, port }: Target): boolean {
    if (this.#exact.has(host)) {
      const ports = this.#exact.get(host);
      if (ports === undefined || ports.has(port)) return true;
    }
    return isIP(host) === 0 && this.#globs.length > 0 && matchGlobs(this.#globs, host);
  }

  #put(host: string, port: number | undefined): void {
    const shared = isIP(host) !== 0 || isLoopback(host);
    if (!shared || port === undefined) {
      this.#exact.set(host, undefined);
      return;
    }
    const ports = this.#exact.get(host);
    if (this.#exact.has(host) && ports === undefined) return;
    this.#exact.set(host, (ports ?? new Set()).add(port));
  }
}
