import type { Policy } from '../config/policy.ts';
import type { RuleId } from '../config/rule-ids.ts';
import { LEVELS } from '../config/rule-ids.ts';
import type { Platform } from '../platform/types.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { Finding } from '../policy/finding.ts';
import { ALL_RULES } from '../policy/rules.ts';
import { type Head, headOf, headOnDisk } from './files/head.ts';
import { GitError } from './git/command.ts';
import { type OpenObjects, openObjects } from './git/open.ts';
import { checkoutSource, readBaseline } from './policy/baseline-file.ts';
import { commitSource } from './policy/commit-source.ts';
import { readHead } from './tree.ts';

/** Rules about what makes code of others come in; the others are the business of `modgate check`. */
const RULES: ReadonlySet<RuleId> = new Set([
  'host/not-allowed',
  'module/denied',
  'replace/target-not-allowed',
  'toolchain/not-allowed',
]);
const RULES_OF_CODE = ALL_RULES.filter(({ id }) => RULES.has(id));

const MODULE_FILE = /(?:^|\/)(?:go\.mod|go\.work|go\.sum|go\.work\.sum)$/;

export interface FirstLookRequest {
  /** Root of the checkout. */
  readonly workspace: string;
  readonly policy: Policy;
  /** The baseline: its path in the repository, and the commit that the policy was read from; undefined for the checkout. */
  readonly baseline: { readonly path: string; readonly commit: string | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, 'change' | 'forge'>;
  readonly now: Date;
}

export interface FirstLook {
  /** What nobody has accepted, worst first. */
  readonly findings: readonly Finding[];
  /** One of them reaches the level that fails. */
  readonly failed: boolean;
  /** What a waiver or the baseline accepts. */
  readonly accepted: readonly { readonly rule: RuleId; readonly module: string }[];
}

/**
 * Judges the go.mod and go.work files of a checkout before anything of it is built: by the rules about where code
 * comes from alone, and without a base, because what was there before would be fetched now all the same. Throws
 * PolicyError for a baseline that cannot be read, ConfigError, CheckError.
 */
export async function firstLook(request: FirstLookRequest): Promise<FirstLook> {
  const { workspace, policy, env, platform, now } = request;
  const opened = await openObjects({ dir: workspace, env, platform, token: undefined, fetch: true });
  try {
    const head = await headIn(workspace, opened);
    const scope = { prefix: '', skip: new Set(policy.skip) };
    const { tree, targets } = await readHead(head, scope);
    const { path, commit } = request.baseline;
    const source =
      commit !== undefined && opened.state === 'open'
        ? commitSource(opened.objects, commit)
        : checkoutSource(workspace);
    const found = evaluate({
      tree,
      base: undefined,
      policy,
      baseline: await readBaseline(source, path),
      now,
      scheduled: false,
      rules: RULES_OF_CODE,
    }).findings.filter(({ rule, file }) => RULES.has(rule) && !targets.has(file));
    const findings = found.filter(({ status }) => status === 'new');
    return {
      findings,
      failed: findings.some(({ level }) => LEVELS.indexOf(level) >= LEVELS.indexOf(policy.failOn)),
      accepted: found.flatMap(({ rule, module, status }) =>
        status === 'new' || module === undefined ? [] : [{ rule, module }],
      ),
    };
  } finally {
    if (opened.state === 'open') await opened.objects.close();
  }
}

/** The module files that git tracks, or those of the directory where git tracks none. */
async function headIn(workspace: string, opened: OpenObjects): Promise<Head> {
  const onlyModules = (head: Head): Head => ({
    ...head,
    // Links lead to module files, and directories of replaces are told by what is in them.
    entries: head.entries.filter(({ path, kind }) => kind !== 'file' || MODULE_FILE.test(path)),
  });
  if (opened.state !== 'open') return onlyModules(headOnDisk(workspace));
  try {
    const head = await headOf(opened.objects);
    if (head.entries.length > 0) return onlyModules(head);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
  return onlyModules(headOnDisk(workspace));
}
