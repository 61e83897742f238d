import { PARAMS, type QuestionName } from '../collector/questions.ts';
import type { VerbOptions } from './options.ts';

const PARAM_OPTIONS = {
  version: { type: 'string', value: 'V', help: 'only this version; the same as MODULE@V' },
  repository: { type: 'string', value: 'NAME', help: 'only this repository, like owner/name' },
  module: { type: 'string', value: 'MODULE[@V]', help: 'only this module' },
  decision: { type: 'string', value: 'allow|deny|warn|would_deny', help: 'only what was decided so' },
  job: { type: 'string', value: 'ID', help: 'only this job' },
  since: {
    type: 'string',
    value: 'TIME',
    help: 'only later ones: 2026-11-23, 2026-11-23T10:00:00Z, or how long ago, like 7d',
  },
  owner: {
    type: 'string',
    value: 'NAME',
    help: 'only this organisation, user or group (default all of serve.forges)',
  },
  state: {
    type: 'string',
    value: 'open|gap|mismatch|closed|incomplete|any',
    help: 'which jobs (default incomplete: all but closed)',
  },
  older: {
    type: 'string',
    value: 'TIME',
    help: 'only jobs that sent nothing for this long (default 6h: younger ones may be running)',
  },
  limit: { type: 'string', value: 'N', help: 'entries of a page, 1 to 1000 (default 100)' },
  after: { type: 'string', value: 'CURSOR', help: 'the next page: `next` of the page before' },
} as const satisfies VerbOptions;

type ParamName = keyof typeof PARAM_OPTIONS;

const COMMON = {
  store: {
    type: 'string',
    value: 'URL|DIR',
    help: 'a collector, or a directory of raw batches (default audit.store of the configuration)',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
  format: { type: 'string', value: 'text|json|csv', help: 'how the answer is printed (default text)' },
  output: { type: 'string', value: 'FILE', help: 'write the answer to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

/** Of repositories the time is that of their last record. */
const SINCE_LAST = {
  since: {
    type: 'string',
    value: 'TIME',
    help: 'also those with records, but none since: 2026-11-23, 2026-11-23T10:00:00Z, or how long ago, like 30d',
  },
} as const satisfies VerbOptions;

const ALL = {
  all: { type: 'boolean', help: 'every page, not only one' },
} as const satisfies VerbOptions;

/** What stands as arguments, not as options. */
export const ARGUMENTS: Readonly<Record<QuestionName, readonly string[]>> = {
  who: ['module'],
  used: ['module'],
  log: [],
  conflicts: [],
  jobs: [],
  diff: ['from', 'to'],
  repositories: [],
  uncovered: [],
};

/** The options of a question: those that become parameters, and how the answer is wanted. */
export function optionsOf(name: QuestionName): VerbOptions {
  const params = paramOptions(name).map(param => [param, PARAM_OPTIONS[param]] as const);
  return {
    ...Object.fromEntries(params),
    ...(name === 'uncovered' ? SINCE_LAST : {}),
    ...(isPaged(name) ? ALL : {}),
    ...COMMON,
  };
}

/** Parameters that are options. */
export function paramOptions(name: QuestionName): readonly ParamName[] {
  return PARAMS[name].filter((param): param is ParamName => !ARGUMENTS[name].includes(param));
}

export function isPaged(name: QuestionName): boolean {
  return PARAMS[name].includes('after');
}
