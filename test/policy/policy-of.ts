import { loadConfig } from '../../src/config/load.ts';
import type { Policy } from '../../src/config/policy.ts';
import type { Finding } from '../../src/policy/finding.ts';
import { runRules, type Unclassified } from '../../src/policy/run-rules.ts';
import type { Tree } from '../../src/policy/tree.ts';
import { type FileSpec, repository } from './repository.ts';

/** The policy that a `.modgate.yaml` with this text means; `files` are what it extends. */
export async function policyOf(
  yaml: string,
  { files = {}, floor }: { files?: Readonly<Record<string, string>>; floor?: string } = {},
): Promise<Policy> {
  const all: Readonly<Record<string, string>> = {
    ...files,
    ...(yaml === '' ? {} : { '.modgate.yaml': yaml }),
  };
  const loaded = await loadConfig({
    workspace: '/nowhere',
    source: {
      read: async path => (Object.hasOwn(all, path) ? new TextEncoder().encode(all[path]) : undefined),
    },
    ...(floor === undefined ? {} : { floor: { name: 'floor.yaml', text: floor } }),
  });
  return loaded.policy;
}

/** What the rules find in a repository under a policy, without a base. */
export async function findingsOf(
  files: Readonly<Record<string, FileSpec>> | Tree,
  yaml = '',
): Promise<Unclassified[]> {
  const tree =
    'kind' in files && typeof files.kind === 'function'
      ? (files as Tree)
      : repository(files as Readonly<Record<string, FileSpec>>);
  return runRules({ tree, base: undefined, policy: await policyOf(yaml) });
}

/** `rule file:line:column-endColumn module`, for a look at many findings at once. */
export function brief({
  rule,
  file,
  line,
  column,
  endColumn,
  module,
}: Pick<Finding, 'rule' | 'file' | 'line' | 'column' | 'endColumn' | 'module'>): string {
  return `${rule} ${file}:${line}:${column}-${endColumn} ${module ?? ''}`.trim();
}
