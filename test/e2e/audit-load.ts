import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Session } from '../support/session.ts';

/** Somebody who asks a session's proxy one thing after the other until it is gone, or until he leaves. */
export interface Client {
  /** Part of the paths that only this one asks for: `denied.example.com/NAME/nNUMBER`, from 1. */
  readonly name: string;
  /** Answers that came in full. */
  readonly answered: number;
  /** Refusals among them. */
  readonly refused: number;
  leave(): void;
  /** Resolves when it has left, or its proxy has. Rejects when an answer was wrong. */
  readonly ended: Promise<void>;
}

/** Real files of real modules, which are served again and again. */
const FILES = ['.info', '.mod', '.zip'].flatMap(type => [
  `github.com/google/uuid/@v/v1.6.0${type}`,
  `github.com/hashicorp/errwrap/@v/v1.0.0${type}`,
]);

/** Clients who ask in turn for a real file and for a module of their own that the policy refuses. */
export function load(session: Session, count: number, part: string): Client[] {
  const url = session.env.GOPROXY ?? '';
  const of = createHash('sha256').update(session.dir).digest('hex').slice(0, 8);
  return Array.from({ length: count }, (_, n) => client(url, `${of}/${part}${n}`, n));
}

function client(url: string, name: string, offset: number): Client {
  const seen = { answered: 0, refused: 0, left: false };
  const ask = async () => {
    for (let n = 1; !seen.left; n++) {
      const refused = await status(`${url}/denied.example.com/${name}/n${n}/@v/v1.0.0.zip`);
      if (refused === undefined) return;
      expect(refused).toBe(403);
      seen.answered++;
      seen.refused++;
      const served = await status(`${url}/${FILES[(n + offset) % FILES.length]}`);
      if (served === undefined) return;
      expect(served).toBe(200);
      seen.answered++;
    }
  };
  return {
    name,
    get answered() {
      return seen.answered;
    },
    get refused() {
      return seen.refused;
    },
    leave: () => {
      seen.left = true;
    },
    ended: ask(),
  };
}

/** Status of an answer whose body came in full; undefined when the proxy is gone. */
async function status(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}
