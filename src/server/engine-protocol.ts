import { BatchError, RawError } from '../audit/errors.ts';
import type { Engine, Places } from '../collector/engine.ts';
import { CollectorError } from '../collector/errors.ts';
import { IdentityError } from '../collector/identity/errors.ts';
import { IndexError } from '../collector/index/errors.ts';
import type { RetentionRules } from '../collector/retention.ts';

/** What the thread of the engine is started with. */
export interface EngineData extends Places {
  readonly retention: RetentionRules;
}

/** A method of the engine that is called over the line between the threads. */
export type Method = keyof Engine;

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type FromEngine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: Told }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: Told };

/** An error without its prototype, which does not cross over. */
export interface Told {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export function tell(error: unknown): Told {
  if (!(error instanceof Error)) return { name: 'Error', code: '', message: String(error), stack: undefined };
  const { name, message, stack } = error;
  return { name, code: String((error as { code?: unknown }).code ?? ''), message, stack };
}

/** The error as it was thrown, for those that others tell apart by their code. */
export function untell({ name, code, message, stack }: Told): Error {
  switch (name) {
    case 'BatchError':
      return new BatchError(code as BatchError['code'], message);
    case 'RawError':
      return new RawError(code as RawError['code'], message);
    case 'CollectorError':
      return new CollectorError(code as CollectorError['code'], message);
    case 'IdentityError':
      return new IdentityError(code as IdentityError['code'], message);
    case 'IndexError':
      return new IndexError(code as IndexError['code'], message);
    default: {
      const error = new Error(message);
      if (stack !== undefined) error.stack = stack;
      return error;
    }
  }
}
