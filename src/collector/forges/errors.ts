import { cleanText } from '../clean.ts';

/**
 * Why a forge did not tell. `absent`: there is no such thing, or the token may not see it. `denied`: the token may not
 * do this. `token`: the forge does not take the token. `down`: the forge cannot be reached or has trouble of its own.
 * `failed`: an answer that is no use. `closing`: whoever asked ends.
 */
export type ForgeErrorCode = 'absent' | 'denied' | 'token' | 'down' | 'failed' | 'closing';

/** A forge did not answer as asked; the message says which, where and why, and has no secret in it. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly code: ForgeErrorCode;
  /** Of the answer, where there was one. */
  readonly status: number | undefined;

  constructor(
    code: ForgeErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}

/** The error of ours inside the one that a client made of it. */
export function forgeErrorIn(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (at instanceof ForgeError) return at;
  }
  return error;
}

/**
 * What a client of a forge does, its errors turned into ForgeError.
 * @param name of the forge, for people
 */
export async function told<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const found = forgeErrorIn(error);
    if (found instanceof ForgeError || !(found instanceof Error)) throw found;
    throw new ForgeError(
      'failed',
      `${name} answered with what cannot be used: ${cleanText(found.message, 200)}`,
      { cause: error },
    );
  }
}
