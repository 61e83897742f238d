import { ConfigError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import type { Policy } from '../../config/policy.ts';
import { type ConfigSource, diskSource } from '../../config/source.ts';
import type { LoadedConfig } from '../../config/types.ts';
import type { Baseline } from '../../policy/baseline.ts';
import { PolicyError } from '../../policy/errors.ts';
import type { BaseState } from '../base.ts';
import type { Objects } from '../git/objects.ts';
import { checkoutSource, readBaseline } from './baseline-file.ts';
import { commitSource } from './commit-source.ts';
import { loadFromCommit, onlyTightened, type PolicyOptions } from './load.ts';

/** All that decides over findings, and where it comes from. */
export interface Rulebook {
  readonly config: LoadedConfig;
  readonly policy: Policy;
  readonly baseline: Baseline | undefined;
  /** Commit that it was read from; undefined for the checkout. */
  readonly commit: string | undefined;
}

/** What the head of a change would have decide, where that is something else than what decides. */
export type HeadRulebook =
  | { readonly state: 'same'; readonly rulebook: Rulebook }
  | { readonly state: 'other'; readonly rulebook: Rulebook; readonly file: string }
  | { readonly state: 'invalid'; readonly file: string; readonly why: string };

export interface RulebookPlaces {
  readonly options: PolicyOptions;
  readonly root: string;
  /** Undefined where there is no repository. */
  readonly objects: Objects | undefined;
}

/** What decides: with a base that of the base, else the checkout's own. Throws ConfigError, PolicyError. */
export async function readRulebook(places: RulebookPlaces, base: BaseState | undefined): Promise<Rulebook> {
  const { options, objects } = places;
  if (base?.state === 'found' && objects !== undefined) {
    const config = await loadFromCommit(options, objects, base.policy);
    const baseline = await readBaseline(commitSource(objects, base.policy), config.config.baseline);
    return { config, policy: config.policy, baseline, commit: base.policy };
  }
  const config = await loadConfig({ ...options, source: configSource(places) });
  if (base !== undefined) {
    return { config, policy: onlyTightened(config.policy), baseline: undefined, commit: undefined };
  }
  const baseline = await readBaseline(baselineSource(places), config.config.baseline);
  return { config, policy: config.policy, baseline, commit: undefined };
}

/** What the head itself would have decide. Never throws for what is in its files. */
export async function readHeadRulebook(places: RulebookPlaces, decides: Rulebook): Promise<HeadRulebook> {
  const ofBase = decides.config.sources.at(-1);
  try {
    const config = await loadConfig({ ...places.options, source: configSource(places) });
    const baseline = await readBaseline(baselineSource(places), config.config.baseline);
    const rulebook = { config, policy: config.policy, baseline, commit: undefined };
    const same =
      config.digest === decides.config.digest && fingerprints(baseline) === fingerprints(decides.baseline);
    if (same) return { state: 'same', rulebook };
    const file = config.digest === decides.config.digest ? config.config.baseline : config.sources.at(-1);
    return { state: 'other', rulebook, file: file ?? ofBase ?? 'no policy file' };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof PolicyError)) throw error;
    const file = error instanceof ConfigError ? error.file : decides.config.config.baseline;
    return { state: 'invalid', file: file ?? ofBase ?? 'the policy file', why: error.message };
  }
}

function fingerprints(baseline: Baseline | undefined): string {
  return (baseline?.entries.map(({ fingerprint }) => fingerprint) ?? ['none']).sort().join('\n');
}

function configSource({ root, objects }: RulebookPlaces): ConfigSource {
  return bareSource(objects) ?? diskSource(root);
}

function baselineSource({ root, objects }: RulebookPlaces): ConfigSource {
  return bareSource(objects) ?? checkoutSource(root);
}

/** A bare repository has no files but those of its HEAD. */
function bareSource(objects: Objects | undefined): ConfigSource | undefined {
  const head = objects?.repository.bare === true ? objects.repository.head : undefined;
  return head === undefined || objects === undefined ? undefined : commitSource(objects, head);
}
