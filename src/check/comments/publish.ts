import type { CommentPlace, Review } from '../../platform/review.ts';
import type { Env } from '../../platform/types.ts';
import { render } from '../../report/render.ts';
import type { CheckReport } from '../../report/types.ts';
import { postSticky } from './sticky.ts';
import { CommentError, type CommentThread } from './thread.ts';

/** First line of our comment; the name tells several checks of one pull request apart. */
export function commentMarker(name: string): string {
  return `<!-- modgate:check:${name.replaceAll(/[^A-Za-z0-9._/]+/g, '-')} -->`;
}

/** Where a comment goes, and as whom. */
export interface CommentTarget {
  readonly review: Review;
  readonly env: Env;
  /** Undefined or empty: there is none. */
  readonly token: string | undefined;
  readonly marker: string;
}

/** What came of it, for the log. `problem`: trouble that may pass, which the user may want to know of. */
export interface CommentResult {
  readonly text: string;
  readonly problem: boolean;
}

/**
 * Posts the report where the forge has a place for it. The report is in the log and in files whatever happens
 * here, so no refusal and no outage is an error. Undefined when there is nothing to say.
 */
export async function publishReport(
  report: CheckReport,
  target: CommentTarget,
): Promise<CommentResult | undefined> {
  const { review, env, token, marker } = target;
  const { failed } = report;
  if (review.comments === undefined) return undefined;
  const nothing = (why: string, problem: boolean): CommentResult => ({
    text: `no comment was written: ${why}; the whole report is in this log`,
    problem,
  });
  if (!token) return failed ? nothing('there is no token for it', false) : undefined;
  const link = (file: string, line: number) => review.fileUrl(file, line);
  const { text: body } = render('markdown', report, { for: 'comment', marker, link });
  try {
    const posted = await postSticky(await threadOf(review.comments, token, env), { marker, body, failed });
    if (posted === 'none' || posted === 'unchanged') return undefined;
    return {
      text: posted === 'created' ? 'wrote a comment' : 'brought the comment up to date',
      problem: false,
    };
  } catch (error) {
    if (!(error instanceof CommentError)) throw error;
    if (error.code === 'failed') return nothing(error.message, true);
    // A token that cannot write is no news where nothing had to be said.
    return failed ? nothing(`${error.message}: ${review.writeAdvice}`, false) : undefined;
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
