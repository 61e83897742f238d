import type { RequestRecord } from '../../audit/journal-record.ts';

/** The zips that a session answered with, by `module@version`: their hashes. */
export class ServedZips {
  readonly #hashes = new Map<string, Set<string>>();

  /** Takes in one answer; most bring no code. */
  take({ op, status, decision, module, version, h1 }: RequestRecord): void {
    if (op !== 'zip' && op !== 'toolchain') return;
    if (status !== 200 || decision === 'deny' || module === undefined || version === undefined) return;
    const key = `${module}@${version}`;
    const known = this.#hashes.get(key) ?? new Set();
    this.#hashes.set(key, known);
    if (h1 !== undefined) known.add(h1);
  }

  /** Hashes of what was served of a version, none where that is not known; undefined when nothing was. */
  of(key: string): ReadonlySet<string> | undefined {
    return this.#hashes.get(key);
  }

  /** Every version that was served with a known hash. */
  *all(): Generator<{ readonly key: string; readonly h1: string }> {
    for (const [key, hashes] of this.#hashes) for (const h1 of hashes) yield { key, h1 };
  }
}
