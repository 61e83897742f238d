import type { Platform } from '../../platform/types.ts';
import { Objects } from './objects.ts';
import { type Remote, remoteAt, remoteOf } from './remote.ts';
import { openRepository } from './repository.ts';

export interface OpenRequest {
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, 'change' | 'forge'>;
  readonly token: string | undefined;
  readonly fetch: boolean;
}

export type OpenObjects = {
  /** Where the checkout came from. */
  readonly remote: () => Promise<Remote | undefined>;
  /** What to do when the target branch cannot be had. */
  readonly advice: string;
} & (
  | { readonly state: 'open'; readonly objects: Objects }
  | { readonly state: 'none' }
  | { readonly state: 'unreadable'; readonly why: string }
);

const ADVICE =
  'set fetch-depth: 2 in actions/checkout (GIT_DEPTH: 0 in GitLab), let its credentials stay, or give this step a token that may read the repository';

/** Opens the repository of a directory, with the remote that it and its change belong to. Throws nothing. */
export async function openObjects(request: OpenRequest): Promise<OpenObjects> {
  const { dir, env, platform, token, fetch } = request;
  const opened = await openRepository(dir, env);
  if (opened.state !== 'open') return { ...opened, remote: async () => undefined, advice: ADVICE };
  const { repository } = opened;
  let origin: Promise<Remote | undefined> | undefined;
  const remote = () => {
    origin ??= remoteOf(repository, platform, token);
    return origin;
  };
  // A fork's pipeline has the fork for its origin; the target branch is elsewhere.
  const target = platform.change?.repository;
  const remotes = async () => {
    const own = await remote();
    const other = target === undefined ? [] : [remoteAt(`${target}.git`, platform, token, own?.config)];
    return [...other, ...(own === undefined ? [] : [own])];
  };
  return {
    state: 'open',
    objects: new Objects({ repository, env, remotes, fetch }),
    remote,
    advice: ADVICE,
  };
}
