import type { Rule } from './rule.ts';
import { envBypass } from './rules/env-bypass.ts';
import { excludeUsed } from './rules/exclude-used.ts';
import { goVersionRange } from './rules/go-version-range.ts';
import { gomodInvalid } from './rules/gomod-invalid.ts';
import { hostNotAllowed } from './rules/host-not-allowed.ts';
import { moduleDenied } from './rules/module-denied.ts';
import { pathCaseCollision } from './rules/path-case-collision.ts';
import { pathLookalike } from './rules/path-lookalike.ts';
import { pathMalformed } from './rules/path-malformed.ts';
import { replaceConflict } from './rules/replace-conflict.ts';
import { replaceDowngrade } from './rules/replace-downgrade.ts';
import { replaceLocalAbsolute } from './rules/replace-local-absolute.ts';
import { replaceLocalBroken } from './rules/replace-local-broken.ts';
import { replaceLocalEscapes } from './rules/replace-local-escapes.ts';
import { replaceLocalSibling } from './rules/replace-local-sibling.ts';
import { replaceMissingReason } from './rules/replace-missing-reason.ts';
import { replaceStale } from './rules/replace-stale.ts';
import { replaceTargetNotAllowed } from './rules/replace-target-not-allowed.ts';
import { replaceUnpinned } from './rules/replace-unpinned.ts';
import { sumChanged } from './rules/sum-changed.ts';
import { sumMissing } from './rules/sum-missing.ts';
import { toolNotAllowed } from './rules/tool-not-allowed.ts';
import { toolchainNotAllowed } from './rules/toolchain-not-allowed.ts';
import { vendorInconsistent } from './rules/vendor-inconsistent.ts';
import { versionDowngrade } from './rules/version-downgrade.ts';
import { versionPseudo } from './rules/version-pseudo.ts';
import { workCommitted } from './rules/work-committed.ts';
import { workReplace } from './rules/work-replace.ts';
import { workUseOutside } from './rules/work-use-outside.ts';

/** Every rule that looks at a tree, in the order of rule-ids.ts. The `policy/` rules are made by evaluate.ts, those of `bypass/` by the end of a session. */
export const ALL_RULES: readonly Rule[] = [
  gomodInvalid,
  replaceLocalSibling,
  replaceLocalBroken,
  replaceLocalEscapes,
  replaceLocalAbsolute,
  replaceTargetNotAllowed,
  replaceUnpinned,
  replaceDowngrade,
  replaceStale,
  replaceConflict,
  replaceMissingReason,
  hostNotAllowed,
  moduleDenied,
  pathMalformed,
  pathCaseCollision,
  pathLookalike,
  workCommitted,
  workUseOutside,
  workReplace,
  sumMissing,
  sumChanged,
  vendorInconsistent,
  versionPseudo,
  versionDowngrade,
  toolchainNotAllowed,
  goVersionRange,
  toolNotAllowed,
  excludeUsed,
  envBypass,
];
