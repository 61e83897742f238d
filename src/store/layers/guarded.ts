import { Circuit } from './circuit.ts';
import type { Layer, LayerUse } from './types.ts';

/** Codes of failures that the next try meets as well. */
const FOR_SURE = new Set([
  'denied',
  'credentials',
  'expired',
  'no-bucket',
  'wrong-region',
  'unreachable',
  'invalid',
]);
/** Codes that say that writing is not allowed, though reading may be. */
const NO_RIGHT = new Set(['denied', 'store-read-only', 'store-full']);

/** What ends requests with a session: no failure of the layer. */
export function sessionEnds(): DOMException {
  return new DOMException('the session is ending', 'AbortError');
}

/** Warnings of one layer; what comes after is in the log only. */
const MAX_WARNINGS = 3;

/** A layer with what is known of how it fares. */
export class GuardedLayer {
  readonly layer: Layer;
  files = 0;
  bytes = 0;
  readonly #circuit: Circuit;
  readonly #warn: (line: string) => void;
  readonly #log: (line: string) => void;
  #writable: boolean;
  #warnings = 0;

  constructor(
    layer: Layer,
    deps: {
      readonly now: () => number;
      readonly warn: (line: string) => void;
      readonly log: (line: string) => void;
    },
  ) {
    this.layer = layer;
    this.#circuit = new Circuit(deps.now);
    this.#warn = deps.warn;
    this.#log = deps.log;
    this.#writable = layer.writable;
  }

  get writable(): boolean {
    return this.#writable;
  }

  get use(): LayerUse {
    return { location: this.layer.location, files: this.files, bytes: this.bytes };
  }

  /** Asks the layer unless it is down; a failure of it is as good as an absence, and is told of once. */
  async ask<T>(question: () => Promise<T | undefined>): Promise<T | undefined> {
    if (!this.#circuit.mayAsk()) return undefined;
    try {
      const answer = await question();
      this.#circuit.worked();
      return answer;
    } catch (error) {
      this.#failed(error, 'modules that it may have are fetched from the next source');
      return undefined;
    }
  }

  /**
   * Writes to the layer. Rejects when that failed; undefined when it takes nothing now, which after a refusal means for
   * good.
   */
  async write<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#writable || !this.#circuit.mayAsk()) return undefined;
    try {
      const done = await work();
      this.#circuit.worked();
      return done;
    } catch (error) {
      // Another write has met the same already.
      if (!this.#writable) return undefined;
      const code = codeOf(error);
      if (code !== undefined && NO_RIGHT.has(code)) {
        this.#writable = false;
        this.#tell(`${messageOf(error)}; nothing more is written to ${this.layer.location} by this job`);
        return undefined;
      }
      this.#failed(error, 'what is new is not written there for now');
      throw error;
    }
  }

  #failed(error: unknown, consequence: string): void {
    const code = codeOf(error);
    // Whoever ended it knows.
    if (error instanceof Error && error.name === 'AbortError') return;
    const { location } = this.layer;
    const told = messageOf(error);
    const line = told.includes(location) ? told : `${location}: ${told}`;
    if (this.#circuit.failed(code !== undefined && FOR_SURE.has(code))) this.#tell(`${line}; ${consequence}`);
    else this.#log(line);
  }

  #tell(line: string): void {
    this.#warnings += 1;
    if (this.#warnings <= MAX_WARNINGS) this.#warn(line);
    else this.#log(line);
  }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
