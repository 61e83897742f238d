import { type LogAnswer, logPage, type ReadRecords } from './log-pages.ts';
import type { QuestionName, Questions } from './questions.ts';
import type {
  ConflictsAnswer,
  DiffAnswer,
  Index,
  JobState,
  JobsAnswer,
  UsedAnswer,
  WhoAnswer,
} from './types.ts';

/** What each question is answered with. */
export interface Answers {
  readonly who: WhoAnswer;
  readonly used: UsedAnswer;
  readonly log: LogAnswer;
  readonly conflicts: ConflictsAnswer;
  readonly jobs: JobsAnswer;
  readonly diff: DiffAnswer;
  readonly repositories: Awaited<ReturnType<Index['repositories']>>;
}

/** Answers a question; the same for a store at hand and for one behind HTTP. */
export type Ask = <N extends QuestionName>(name: N, question: Questions[N]) => Promise<Answers[N]>;

const STATES: Readonly<Record<Questions['jobs']['state'], { readonly states?: readonly JobState[] }>> = {
  any: {},
  incomplete: { states: ['open', 'gap', 'mismatch'] },
  open: { states: ['open'] },
  gap: { states: ['gap'] },
  mismatch: { states: ['mismatch'] },
  closed: { states: ['closed'] },
};

/** Answers from an index, and from the raw batches where the records themselves are asked for. */
export function answersFrom(index: Index, read: ReadRecords): Ask {
  const answer: { readonly [N in QuestionName]: (question: Questions[N]) => Promise<Answers[N]> } = {
    who: question => index.who(question),
    used: question => index.used(question),
    log: question => logPage(index, read, question),
    conflicts: question => index.conflicts(question),
    jobs: ({ state, ...question }) => index.jobs({ ...question, ...STATES[state] }),
    diff: question => index.diff(question),
    repositories: question => index.repositories(question),
  };
  return (name, question) => answer[name](question);
}
