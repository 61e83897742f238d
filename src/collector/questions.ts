import { didYouMean } from '../config/suggest.ts';
import { parseDuration } from '../config/units.ts';
import { CollectorError } from './errors.ts';
import type { JobState } from './types.ts';

/** What can be asked, as in `GET /v1/NAME` and `modgate audit NAME`. */
export const QUESTION_NAMES = [
  'who',
  'used',
  'log',
  'conflicts',
  'jobs',
  'diff',
  'repositories',
  'uncovered',
] as const;
export type QuestionName = (typeof QUESTION_NAMES)[number];

/** Most entries of one page, and how many there are when nobody says. */
export const MAX_LIMIT = 1000;
export const DEFAULT_LIMIT = 100;

const DECISIONS = ['allow', 'deny', 'warn', 'would_deny'] as const;
export type Decision = (typeof DECISIONS)[number];
const STATES = ['open', 'gap', 'mismatch', 'closed', 'incomplete', 'any'] as const;

interface Page {
  readonly limit: number;
  readonly after?: string;
}

export interface WhoQuestion extends Page {
  readonly module: string;
  readonly version?: string;
  readonly repository?: string;
}

export interface UsedQuestion extends Page {
  readonly module: string;
  readonly version?: string;
}

export interface LogQuestion extends Page {
  readonly module?: string;
  readonly version?: string;
  readonly decision?: Decision;
  readonly repository?: string;
  readonly job?: string;
  /** ms since 1970. */
  readonly since?: number;
}

export interface JobsQuestion extends Page {
  /** `incomplete`: every state but closed. */
  readonly state: JobState | 'incomplete' | 'any';
  readonly repository?: string;
  /** Only jobs whose last batch is older than this, ms since 1970. */
  readonly before: number;
}

export interface UncoveredQuestion extends Page {
  /** All that are configured when left out. */
  readonly owner?: string;
  /** A repository whose last record is older counts as one without, ms since 1970. */
  readonly since?: number;
}

/** A question of each name, checked. */
export interface Questions {
  readonly who: WhoQuestion;
  readonly used: UsedQuestion;
  readonly log: LogQuestion;
  readonly conflicts: Page;
  readonly jobs: JobsQuestion;
  readonly diff: { readonly from: string; readonly to: string };
  readonly repositories: Page;
  readonly uncovered: UncoveredQuestion;
}

/** Names and values as in a query string; the same for HTTP and command line. */
export type Params = Readonly<Record<string, string>>;

const PAGE = ['limit', 'after'] as const;

/** The parameters that each question takes. */
export const PARAMS: Readonly<Record<QuestionName, readonly string[]>> = {
  who: ['module', 'version', 'repository', ...PAGE],
  used: ['module', 'version', ...PAGE],
  log: ['decision', 'module', 'version', 'repository', 'job', 'since', ...PAGE],
  conflicts: PAGE,
  jobs: ['state', 'older', 'repository', ...PAGE],
  diff: ['from', 'to'],
  repositories: PAGE,
  uncovered: ['owner', 'since', ...PAGE],
};

/** The lists in the answer to each question. */
export const LISTS: Readonly<Record<QuestionName, readonly string[]>> = {
  who: ['versions'],
  used: ['uses'],
  log: ['records'],
  conflicts: ['conflicts'],
  jobs: ['jobs'],
  diff: ['added', 'removed', 'changed'],
  repositories: ['repositories'],
  uncovered: ['uncovered'],
};

const MAX_TEXT = 1024;
/** Jobs that are younger may well be running. */
const OLDER = '6h';

const READ: { readonly [N in QuestionName]: (params: Params, now: number) => Questions[N] } = {
  who: params => ({ ...moduleOf(params), ...texts(params, ['repository']), ...page(params) }),
  used: params => ({ ...moduleOf(params), ...page(params) }),
  log: (params, now) => ({
    ...(params.module === undefined ? {} : moduleOf(params)),
    ...(params.decision === undefined ? {} : { decision: oneOf('decision', params.decision, DECISIONS) }),
    ...texts(params, ['repository', 'job']),
    ...(params.since === undefined ? {} : { since: timeOf('since', params.since, now) }),
    ...page(params),
  }),
  conflicts: params => page(params),
  jobs: (params, now) => ({
    state: params.state === undefined ? 'incomplete' : oneOf('state', params.state, STATES),
    before: timeOf('older', params.older ?? OLDER, now),
    ...texts(params, ['repository']),
    ...page(params),
  }),
  diff: params => ({ from: needed(params, 'from'), to: needed(params, 'to') }),
  repositories: params => page(params),
  uncovered: (params, now) => ({
    ...texts(params, ['owner']),
    ...(params.since === undefined ? {} : { since: timeOf('since', params.since, now) }),
    ...page(params),
  }),
};

/**
 * Reads a question from names and values. Throws CollectorError `question` for a name that it does not take, a value
 * that cannot be, or one that is missing.
 */
export function parseQuestion<N extends QuestionName>(name: N, params: Params, now: number): Questions[N] {
  for (const [key, value] of Object.entries(params)) {
    if (!PARAMS[name].includes(key)) {
      const near = didYouMean(key, PARAMS[name]);
      throw wrong(
        `${name} takes no ${JSON.stringify(key.slice(0, 64))}${near === undefined ? '' : `; did you mean ${near}?`} It takes ${PARAMS[name].join(', ')}`,
      );
    }
    if (value.length > 4 * MAX_TEXT) throw wrong(`${key} is longer than ${4 * MAX_TEXT} characters`);
  }
  return READ[name](params, now);
}

export function isQuestionName(name: string): name is QuestionName {
  return (QUESTION_NAMES as readonly string[]).includes(name);
}

function wrong(message: string): CollectorError {
  return new CollectorError('question', message);
}

function needed(params: Params, key: string): string {
  const value = params[key];
  if (value === undefined || value === '') throw wrong(`${key} is missing`);
  return text(key, value);
}

/** Text that both databases can compare with; a NUL or half a character is in none of their values. */
function text(key: string, value: string): string {
  if (value.length > MAX_TEXT) throw wrong(`${key} is longer than ${MAX_TEXT} characters`);
  if (value.includes('\0') || !value.isWellFormed())
    throw wrong(`${key} has a character that no name can have`);
  return value;
}

function texts<K extends string>(params: Params, keys: readonly K[]): { readonly [P in K]?: string } {
  const found: { [P in K]?: string } = {};
  for (const key of keys) if (params[key] !== undefined) found[key] = needed(params, key);
  return found;
}

/** `module=M`, `module=M@V` or `module=M&version=V`. */
function moduleOf(params: Params): { readonly module: string; readonly version?: string } {
  const named = needed(params, 'module');
  const at = named.lastIndexOf('@');
  const module = at > 0 ? named.slice(0, at) : named;
  const inName = at > 0 ? named.slice(at + 1) : undefined;
  const given = texts(params, ['version']).version;
  if (inName !== undefined && given !== undefined && inName !== given) {
    throw wrong(`two versions are asked for: ${inName} and ${given}; name one`);
  }
  const version = inName ?? given;
  if (version === '') throw wrong('the version after @ is empty; leave the @ out to ask about all versions');
  return { module, ...(version === undefined ? {} : { version }) };
}

function page(params: Params): Page {
  const { limit = String(DEFAULT_LIMIT), after } = params;
  const count = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > MAX_LIMIT) throw wrong(`limit wants a number from 1 to ${MAX_LIMIT}`);
  return { limit: count, ...(after === undefined ? {} : { after: text('after', after) }) };
}

function oneOf<T extends string>(key: string, value: string, known: readonly T[]): T {
  const found = known.find(word => word === value);
  if (found === undefined) throw wrong(`${key} wants one of ${known.join(', ')}`);
  return found;
}

/** A time (`2026-11-23`, `2026-11-23T10:00:00Z`) or how long ago (`6h`, `30d`), as ms since 1970. */
function timeOf(key: string, value: string, now: number): number {
  const ago = parseDuration(value);
  if (ago !== undefined) return now - ago;
  const zoned = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value);
  const time = zoned ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) {
    throw wrong(
      `${key} wants a time like 2026-11-23 or 2026-11-23T10:00:00Z, or how long ago, like 6h or 30d`,
    );
  }
  return time;
}
