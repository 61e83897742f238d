import { z } from 'zod';
import { isGoVersion } from '../gomod/go-version.ts';
import { modulePatternProblem } from './patterns.ts';
import { FIXED_RULES, RULE_IDS, type RuleId } from './rule-ids.ts';
import { MAX_ENTRIES } from './values.ts';

const text = z.string().trim().min(1).max(2_048);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_ENTRIES);

/** Text that a check of our own judges: what it says follows the value in a message. */
export const judged = (problem: (value: string) => string | undefined) =>
  z
    .string()
    .max(2_048)
    .superRefine((value, context) => {
      const message = problem(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });

const modulePattern = judged(modulePatternProblem);

const goVersion = judged(value =>
  isGoVersion(value) ? undefined : 'is not a version of Go; write one like 1.26 or 1.26.3, in quotes',
);

const toolchain = judged(value => {
  const ok =
    value === 'default' ||
    value.split(/ +/).every(word => {
      const [, operator = '', version = ''] = /^(<=|>=|<|>)?go(.*)$/s.exec(word) ?? [];
      const wildcard = operator === '' && version.endsWith('.*');
      return isGoVersion(
        wildcard ? version.slice(0, -2) : version.replace(operator === '' ? /-.*$/s : '', ''),
      );
    });
  return ok
    ? undefined
    : 'is not a toolchain; write a name like go1.26.3, go1.26.*, or bounds like ">=go1.25 <go1.27"';
});

const variable = judged(value =>
  /^(?:[A-Za-z_][A-Za-z0-9_]*|-[a-z]+)(=.*)?$/s.test(value)
    ? undefined
    : 'is not a variable and not a flag; write NAME, NAME=value, or a flag like -modfile=tools/go.mod',
);

/** One line about each rule, and the options that it has besides `level`. */
const ABOUT: Readonly<Record<RuleId, { readonly about: string; readonly options?: z.ZodRawShape }>> = {
  'gomod/invalid': { about: 'go.mod and go.work files that go refuses, at the position that go names' },
  'replace/local-sibling': {
    about: 'replacements by a directory of this repository that declares the path it replaces',
  },
  'replace/local-broken': {
    about: 'replacements by a directory of this repository that is missing or another module',
  },
  'replace/local-escapes': {
    about: 'replacements by a directory outside the repository, through .. or a symbolic link',
  },
  'replace/local-absolute': {
    about: 'replacements by an absolute path, a drive letter or a network share',
  },
  'replace/target-not-allowed': {
    about: 'replacement targets that hosts, modules or replace.remote.allow do not allow',
    options: {
      strangers: z
        .boolean()
        .default(true)
        .describe('where no list speaks, report targets of another owner than the replaced module'),
    },
  },
  'replace/unpinned': {
    about: 'replacement targets without an exact version',
    options: {
      tag: z.boolean().default(false).describe('the target must be a tagged version, not a pseudo-version'),
    },
  },
  'replace/downgrade': { about: 'replacements by an older version of the same module' },
  'replace/stale': { about: 'replacements of modules or versions that nothing requires' },
  'replace/conflict': { about: 'different replacements of one module' },
  'replace/missing-reason': {
    about: 'replacements without a comment that tells why',
    options: { local: z.boolean().default(false).describe('local replacements need a reason, too') },
  },
  'host/not-allowed': { about: 'modules from hosts that the lists under hosts do not allow' },
  'module/denied': { about: 'modules and versions that the lists under modules do not allow' },
  'path/malformed': { about: 'module paths that go could never fetch, look-alike letters among them' },
  'path/case-collision': { about: 'module paths that differ in upper and lower case only' },
  'path/lookalike': {
    about: 'new module paths that are nearly the same as a known one of another owner',
    options: { known: list(text).default([]).describe('more module paths to compare with') },
  },
  'work/committed': { about: 'go.work files in the repository' },
  'work/use-outside': { about: 'use directives of go.work that leave the repository or name nothing' },
  'work/replace': { about: 'replace directives in go.work' },
  'sum/missing': { about: 'requirements without a hash in go.sum' },
  'sum/changed': { about: 'hashes in go.sum that changed or were added for a version that had one' },
  'vendor/inconsistent': { about: 'a vendor directory that does not fit go.mod or go.work' },
  'version/pseudo': {
    about: 'required commits that have no version tag',
    options: { allow: list(modulePattern).default([]).describe('globs of modules that may have them') },
  },
  'version/downgrade': { about: 'requirements whose version is lower than before the change' },
  'toolchain/not-allowed': {
    about: 'toolchain lines that name another toolchain than the allowed ones',
    options: {
      allow: list(toolchain)
        .default([])
        .describe('names like go1.26.3 or go1.26.*, or bounds like ">=go1.25 <go1.27"'),
    },
  },
  'go/version-range': {
    about: 'go lines outside a range of versions',
    options: {
      min: goVersion.optional().describe('the oldest version that is accepted, like "1.25"'),
      max: goVersion.optional().describe('the newest version that is accepted, like "1.26.3"'),
    },
  },
  'tool/not-allowed': {
    about: 'tool lines of packages that are not allowed',
    options: { allow: list(modulePattern).default([]).describe('globs of packages or their modules') },
  },
  'exclude/used': { about: 'exclude directives' },
  'env/bypass': {
    about: 'settings in CI files and scripts that take the go command past this policy',
    options: {
      all: z.boolean().default(false).describe('report switches that are common practice, too'),
      allow: list(variable).default([]).describe('variables that are accepted: NAME or NAME=value'),
    },
  },
  'bypass/unserved': {
    about: 'modules in GOMODCACHE at the end of a job that the proxy of its session did not serve',
    options: {
      allow: list(modulePattern).default([]).describe('globs of modules that may come another way'),
    },
  },
  'bypass/vcs': {
    about: 'repositories that go itself fetched from version control while a session ran',
    options: {
      allow: list(modulePattern).default([]).describe('globs of origins, host and path, that it may fetch'),
    },
  },
  'bypass/env': {
    about: 'settings of the running job that take the go command past the proxy of its session',
    options: {
      all: z.boolean().default(false).describe('report switches that are common practice, too'),
      allow: list(variable).default([]).describe('variables that are accepted: NAME or NAME=value'),
    },
  },
  'bypass/build-cache': { about: 'compiled objects of another job that a session restored into GOCACHE' },
  'policy/waiver-invalid': {
    about: 'waivers that lack something, or that this repository may not give',
    options: {
      'max-days': z.int().min(1).max(3_660).default(366).describe('days that a waiver may last at most'),
    },
  },
  'policy/waiver-expired': {
    about: 'waivers whose time is over, or soon will be',
    options: {
      'warn-days': z.int().min(0).max(366).default(14).describe('days ahead that the warning begins'),
    },
  },
  'policy/waiver-unused': { about: 'waivers that fit no finding' },
  'policy/baseline-stale': { about: 'entries of the baseline whose finding is gone' },
};

const level = z.enum(['off', 'note', 'warning', 'error']);

/** What a rule reports, in one line. */
export function ruleAbout(id: RuleId): string {
  return ABOUT[id].about;
}

/** The options of a rule alone, defaults filled in; for the test that holds them equal to rule-ids.ts. */
export function ruleOptions(id: RuleId): z.ZodType<Record<string, unknown>> {
  return z.strictObject(ABOUT[id].options ?? {}) as unknown as z.ZodType<Record<string, unknown>>;
}

/** What a file may say of a rule: its level, or a map of level and options. */
export type RuleEntry =
  | z.output<typeof level>
  | ({ readonly level?: z.output<typeof level> | undefined } & Readonly<Record<string, unknown>>);

function ruleEntry(id: RuleId): z.ZodType<RuleEntry, unknown> {
  const { about, options = {} } = ABOUT[id];
  const entry = z.union([level, z.strictObject({ level: level.optional(), ...options })]);
  const checked = FIXED_RULES.includes(id)
    ? entry.refine(value => (typeof value === 'string' ? value : (value.level ?? 'error')) === 'error', {
        error: 'cannot be: this rule is always an error; accept a single finding with a waiver of two owners',
      })
    : entry;
  return checked.describe(about) as unknown as z.ZodType<RuleEntry, unknown>;
}

/** The map under `rules`: every rule by its id, nothing else. */
export const rulesSchema = z.strictObject(
  Object.fromEntries(RULE_IDS.map(id => [id, ruleEntry(id).optional()])),
) as unknown as z.ZodType<{ readonly [id in RuleId]?: RuleEntry | undefined }, unknown>;
