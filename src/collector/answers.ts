import { type LogAnswer, logPage, type ReadRecords } from './log-pages.ts';
import type { QuestionName, Questions } from './questions.ts';
import type {
  ConflictsAnswer,
  DiffAnswer,
  Index,
  JobState,
  JobsAnswer,
  Scope,
  UsedAnswer,
  WhoAnswer,
} from './types.ts';
import type { AskUncovered, UncoveredAnswer } from './uncovered.ts';

/** What each question is answered with. */
export interface Answers {
  readonly who: WhoAnswer;
  readonly used: UsedAnswer;
  readonly log: LogAnswer;
  readonly conflicts: ConflictsAnswer;
  readonly jobs: JobsAnswer;
  readonly diff: DiffAnswer;
  readonly repositories: Awaited<ReturnType<Index['repositories']>>;
  readonly uncovered: UncoveredAnswer;
}

/** Answers a question; the same for a store at hand and for one behind HTTP. */
export type Ask = <N extends QuestionName>(
  name: N,
  question: Questions[N],
  scope?: Scope,
) => Promise<Answers[N]>;

const STATES: Readonly<Record<Questions['jobs']['state'], { readonly states?: readonly JobState[] }>> = {
  any: {},
  incomplete: { states: ['open', 'gap', 'mismatch'] },
  open: { states: ['open'] },
  gap: { states: ['gap'] },
  mismatch: { states: ['mismatch'] },
  closed: { states: ['closed'] },
};

/**
 * Answers from an index, from the raw batches where the records themselves are asked for, and with the forges where
 * repositories without records are.
 */
export function answersFrom(index: Index, read: ReadRecords, uncovered: AskUncovered): Ask {
  const answer: {
    readonly [N in QuestionName]: (question: Questions[N], scope: Scope) => Promise<Answers[N]>;
  } = {
    who: (question, scope) => index.who({ ...question, ...scope }),
    used: (question, scope) => index.used({ ...question, ...scope }),
    log: (question, scope) => logPage(index, read, question, scope),
    conflicts: (question, scope) => index.conflicts({ ...question, ...scope }),
    jobs: ({ state, ...question }, scope) => index.jobs({ ...question, ...STATES[state], ...scope }),
    diff: (question, scope) => index.diff({ ...question, ...scope }),
    repositories: (question, scope) => index.repositories({ ...question, ...scope }),
    uncovered,
  };
  return (name, question, scope = {}) => answer[name](question, scope);
}
