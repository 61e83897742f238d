import type { RequestRecord } from '../audit/journal-record.ts';
import type { SessionFinding } from './findings.ts';

/** More of them say nothing new. */
const MAX_FINDINGS = 50;

/**
 * Findings for the versions that the proxy refused because their hash is another one than was first seen. In `fallback`
 * mode go asks the next proxy after a refusal, so that a build alone does not tell.
 */
export class ChangedHashes {
  readonly #found = new Map<string, SessionFinding>();

  add({ rule, decision, module, version, reason }: RequestRecord): void {
    if (rule !== 'sum/changed' || decision !== 'deny' || module === undefined || version === undefined)
      return;
    const name = `${module}@${version}`;
    if (this.#found.has(name) || this.#found.size >= MAX_FINDINGS) return;
    this.#found.set(name, {
      rule,
      level: 'error',
      module,
      version,
      message: `${name} is not what it was: ${reason ?? 'its hash changed'}`,
      why: 'A version never changes. Another hash means that a tag was moved, or that somebody delivered something else.',
      fix: `Find out who moved the tag; if that is right, accept it with: modgate cache forget ${name}`,
    });
  }

  get findings(): readonly SessionFinding[] {
    return [...this.#found.values()];
  }
}
