import type { CommentPlace, Forge } from '../../platform/forge.ts';
import type { Env } from '../../platform/types.ts';
import { postSticky } from './sticky.ts';
import { CommentError, type CommentThread } from './thread.ts';

/** First line of our comment; the name tells several checks of one pull request apart. */
export function commentMarker(name: string): string {
  return `<!-- modgate:check:${name.replaceAll(/[^A-Za-z0-9._/]+/g, '-')} -->`;
}

export interface CommentRequest {
  readonly forge: Forge;
  readonly env: Env;
  /** Undefined or empty: there is none. */
  readonly token: string | undefined;
  readonly marker: string;
  readonly body: string;
  readonly failed: boolean;
}

/** What came of it, for the log. `problem`: trouble that may pass, which the user may want to know of. */
export interface CommentResult {
  readonly text: string;
  readonly problem: boolean;
}

/**
 * Posts the comment where the forge has a place for it. The report is in the log and in files whatever happens
 * here, so no refusal and no outage is an error. Undefined when there is nothing to say.
 */
export async function publishComment(request: CommentRequest): Promise<CommentResult | undefined> {
  const { forge, env, token, marker, body, failed } = request;
  if (forge.comments === undefined) return undefined;
  const nothing = (why: string, problem: boolean): CommentResult => ({
    text: `no comment was written: ${why}; the whole report is in this log`,
    problem,
  });
  if (!token) return failed ? nothing('there is no token for it', false) : undefined;
  try {
    const posted = await postSticky(await threadOf(forge.comments, token, env), { marker, body, failed });
    if (posted === 'none' || posted === 'unchanged') return undefined;
    return {
      text: posted === 'created' ? 'wrote a comment' : 'brought the comment up to date',
      problem: false,
    };
  } catch (error) {
    if (!(error instanceof CommentError)) throw error;
    if (error.code === 'failed') return nothing(error.message, true);
    // A token that cannot write is no news where nothing had to be said.
    return failed ? nothing(`${error.message}: ${forge.writeAdvice}`, false) : undefined;
  }
}

async function threadOf(place: CommentPlace, token: string, env: Env): Promise<CommentThread> {
  if (place.forge === 'github') {
    const { githubThread } = await import('./github.ts');
    return await githubThread({ ...place, token, env });
  }
  const { gitlabThread } = await import('./gitlab.ts');
  return await gitlabThread({ ...place, token, env });
}
