import type { Batch } from '../../audit/record.ts';
import type { Deviation } from './types.ts';

/** What of a batch says where it belongs. */
interface Link {
  readonly key: string;
  readonly digest: string;
  readonly prev: string | null;
  readonly no: number;
  readonly first: number;
  readonly last: number;
  readonly closes: boolean;
}

interface Chain {
  /** The last batch of the gapless beginning; undefined before batch 1. */
  end: Link | undefined;
  /** Those that lie behind a gap, by number. */
  readonly ahead: Map<number, Link>;
}

/**
 * Puts the batches of each proxy together, in whatever order they come: numbers without gaps, each naming the digest of
 * the one before, and requests that are numbered through. What is whole takes no memory but that of its last link.
 */
export class Sequences {
  readonly #chains = new Map<string, Chain>();
  readonly #tell: (deviation: Deviation) => void;

  constructor(tell: (deviation: Deviation) => void) {
    this.#tell = tell;
  }

  add(key: string, { header, footer, digest }: Pick<Batch, 'header' | 'footer' | 'digest'>): void {
    const id = `${header.job_uid} ${header.inst}`;
    const chain = this.#chains.get(id) ?? { end: undefined, ahead: new Map<number, Link>() };
    this.#chains.set(id, chain);
    const link: Link = {
      key,
      digest,
      prev: header.prev,
      no: header.batch,
      first: footer.first_seq,
      last: footer.last_seq,
      closes: header.phase === 'close',
    };
    const twin = chain.ahead.get(link.no) ?? (link.no <= (chain.end?.no ?? 0) ? chain.end : undefined);
    if (twin !== undefined) {
      this.#tell({
        rule: 'sequence/mismatch',
        what: `there are two batches ${link.no} of this proxy: one of them is invented, or a journal was continued twice`,
        where: key,
      });
      return;
    }
    chain.ahead.set(link.no, link);
    for (;;) {
      const next = chain.ahead.get((chain.end?.no ?? 0) + 1);
      if (next === undefined) return;
      this.#join(chain.end, next);
      chain.ahead.delete(next.no);
      chain.end = next;
    }
  }

  #join(end: Link | undefined, next: Link): void {
    if (next.prev !== (end?.digest ?? null)) {
      this.#tell({
        rule: 'sequence/mismatch',
        what: `batch ${next.no} follows the batch ${next.prev ?? 'none'}, and the one before it here is ${end?.digest ?? 'none'}`,
        where: next.key,
      });
    }
    if (next.first !== (end?.last ?? 0) + 1) {
      this.#tell({
        rule: 'sequence/gap',
        what: `batch ${next.no} begins with request ${next.first}, and the one before ends with ${end?.last ?? 0}`,
        where: next.key,
      });
    }
  }

  /** Tells of the gaps that stayed; the number of proxies that did not close. */
  finish(gone: (job: string, inst: string) => boolean): number {
    let open = 0;
    for (const [id, { end, ahead }] of this.#chains) {
      if (end?.closes !== true && ahead.size === 0) open++;
      const next = [...ahead.values()].sort((a, b) => a.no - b.no)[0];
      const [job = '', inst = ''] = id.split(' ');
      if (next === undefined || gone(job, inst)) continue;
      const missing = (end?.no ?? 0) + 1;
      const which =
        missing === next.no - 1 ? `batch ${missing} is` : `batches ${missing} to ${next.no - 1} are`;
      this.#tell({
        rule: 'sequence/gap',
        what: `${which} missing before this one: never sent, lost on the way, or taken away before the log had it`,
        where: next.key,
      });
    }
    return open;
  }
}
