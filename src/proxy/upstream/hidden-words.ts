import { type ChildEnd, type ChildSpec, runChild } from './go-child.ts';

/** A path that names its repository itself: `HOST/PATH.git`, and directories below it. */
const NAMED_REPOSITORY = /^((?:[a-z0-9.-]+\.)+[a-z0-9.-]+(?::\d+)?(?:\/~?[\w.-]+)+?)\.git(?:\/|$)/;

const ALL_FAILED = /no (?:secure )?protocol found for repository/;

/** Longest that git may take to say what is wrong, ms. */
const PATIENCE_MS = 60_000;

/**
 * What git says of a repository for which go tried one protocol after the other: go only says that none did, be it for a
 * refused token, a certificate or a server that is down, and that would be taken for a repository that is not there.
 * Undefined where go said something else, or git finds nothing wrong.
 * @param module the path that go was to fetch
 * @param output what go said
 */
export async function hiddenWords(
  module: string,
  output: string,
  spec: Pick<ChildSpec, 'cwd' | 'env' | 'timeoutMs' | 'signal'>,
): Promise<ChildEnd | undefined> {
  const repository = ALL_FAILED.test(output) ? NAMED_REPOSITORY.exec(module)?.[1] : undefined;
  if (repository === undefined) return undefined;
  const end = await runChild({
    ...spec,
    command: 'git',
    args: ['ls-remote', '-q', `https://${repository}`, 'HEAD'],
    timeoutMs: Math.min(PATIENCE_MS, spec.timeoutMs),
  });
  return end.state === 'ok' || end.state === 'no-go' ? undefined : end;
}
