/** Tokens that are remembered at once. */
const MAX_TOKENS = 50_000;

/** Remembers which batch a token came with, until it expires. */
export interface Replays {
  /**
   * True where the token is new or came with this very batch: that is a delivery tried again.
   * @param expires seconds since 1970
   */
  admit(
    token: { readonly issuer: string; readonly jti: string; readonly expires: number },
    digest: string,
  ): boolean;
}

/**
 * Bounded: when it is full of tokens that live, the oldest is forgotten. Its audience still names its one batch.
 * @param now ms since 1970
 */
export function replayMemory(now: () => number, max = MAX_TOKENS): Replays {
  const seen = new Map<string, { readonly digest: string; readonly expires: number }>();
  const makeRoom = (): void => {
    const seconds = now() / 1000;
    // In the order they came, which is about that of their ends: tokens live equally long.
    for (const [key, { expires }] of seen) {
      if (expires + TOLERANCE_S >= seconds && seen.size < max) return;
      seen.delete(key);
    }
  };
  return {
    admit({ issuer, jti, expires }, digest) {
      const key = JSON.stringify([issuer, jti]);
      const known = seen.get(key);
      if (known !== undefined) return known.digest === digest;
      makeRoom();
      seen.set(key, { digest, expires });
      return true;
    },
  };
}

/** What clocks may differ by, seconds. */
export const TOLERANCE_S = 30;
