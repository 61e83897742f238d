import type { ReadRemote, RemoteFile } from '../../config/source.ts';
import type { Platform } from '../../platform/types.ts';
import { CheckError } from '../errors.ts';
import { readBlobs } from './blobs.ts';
import { GitError } from './command.ts';
import { NeedsFetch } from './objects.ts';
import { type Remote, remoteAt } from './remote.ts';
import { treeOfCommit } from './repository.ts';
import { SideRepository } from './side.ts';

export interface RemoteFilesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, 'forge'>;
  readonly token: string | undefined;
  /** The remote of the checkout: where there is no platform, other repositories lie beside it. */
  readonly origin: () => Promise<Remote | undefined>;
  /** False: throws NeedsFetch. */
  readonly fetch: boolean;
}

/**
 * Reads files of other repositories of the same server, at a commit. Each file is fetched once; what is fetched
 * is gone afterwards. Throws CheckError `remote-file`.
 */
export function remoteFiles(options: RemoteFilesOptions): ReadRemote {
  const known = new Map<string, Promise<Uint8Array>>();
  return file => {
    const key = JSON.stringify([file.repository, file.commit, file.path]);
    let bytes = known.get(key);
    if (bytes === undefined) {
      bytes = fetchFile(file, options);
      known.set(key, bytes);
    }
    return bytes;
  };
}

async function fetchFile(file: RemoteFile, options: RemoteFilesOptions): Promise<Uint8Array> {
  if (!options.fetch) throw new NeedsFetch(`${file.repository} has to be fetched`);
  const remote = await remoteOfFile(file, options);
  try {
    const hash = file.commit.length === 64 ? 'sha256' : 'sha1';
    const side = await SideRepository.create(options.env, remote, hash);
    try {
      return await readFrom(side, file);
    } finally {
      await side.close();
    }
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    throw new CheckError('remote-file', cause.message, { cause });
  }
}

async function readFrom(side: SideRepository, { path, commit }: RemoteFile): Promise<Uint8Array> {
  await side.fetchCommits([commit], 1);
  const entry = (await treeOfCommit(side.git, commit)).find(found => found.path === path);
  if (entry === undefined) {
    throw new CheckError('remote-file', `the commit has no file ${JSON.stringify(path)}`);
  }
  if (entry.kind !== 'file') {
    throw new CheckError('remote-file', `${JSON.stringify(path)} is no regular file there`);
  }
  let blob = (await readBlobs(side.git, [entry.oid])).get(entry.oid);
  if (blob !== undefined && 'missing' in blob) {
    await side.fetchBlobs([entry.oid]);
    blob = (await readBlobs(side.git, [entry.oid])).get(entry.oid);
  }
  if (blob === undefined || !('bytes' in blob)) {
    throw new CheckError('remote-file', `${JSON.stringify(path)}: ${blob?.why ?? 'it cannot be read'}`);
  }
  return blob.bytes;
}

async function remoteOfFile(file: RemoteFile, options: RemoteFilesOptions): Promise<Remote> {
  const { platform, token } = options;
  const origin = await options.origin();
  if (platform.forge !== undefined) {
    const url = `${platform.forge.url}/${file.repository}.git`;
    return remoteAt(url, platform, token, origin?.config);
  }
  const url = origin === undefined ? undefined : besides(origin.url, file.repository);
  if (url === undefined) {
    throw new CheckError(
      'remote-file',
      'the server is not known, because the checkout has no remote; add one: git remote add origin URL',
    );
  }
  return remoteAt(url, platform, token, origin?.config);
}

/** The URL of another repository on the server of one. */
function besides(url: string, repository: string): string | undefined {
  if (/^(?:https?|ssh|git):\/\//i.test(url) && URL.canParse(url)) {
    const parsed = new URL(url);
    parsed.pathname = `/${repository}.git`;
    return parsed.href;
  }
  // host:path, as ssh takes it; a drive letter is no host.
  const ssh = /^([^/\\:]{2,}:)[^/]/.exec(url)?.[1];
  if (ssh !== undefined && !/^file:/i.test(url)) return `${ssh}${repository}.git`;
  // On a disk repositories lie as OWNER/NAME below one directory.
  const above = /^(.*?)[/\\][^/\\]+[/\\][^/\\]+[/\\]?$/.exec(url)?.[1];
  return above === undefined ? undefined : `${above}/${repository}.git`;
}
