import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareVersions, isValid } from '../../gomod/version.ts';
import { SessionError } from '../errors.ts';
import type { DaemonRequest } from '../types.ts';
import { readGoSettings } from './go-command.ts';

/** A tool cache that holds more versions than this has enough newer ones. */
const MAX_VERSIONS = 8;
const GO = process.platform === 'win32' ? 'go.exe' : 'go';

/**
 * The request of a session that started before Go was installed, with the settings of the go that is there by
 * now. Throws SessionError `no-go` when there is none and nothing else says where to fetch from.
 */
export async function withLaterGo(
  request: DaemonRequest,
  log: (line: string) => void,
): Promise<DaemonRequest> {
  const { goCommand, env, sessionDir, laterGo = [], config } = request;
  const candidates = [goCommand, ...(await Promise.all(laterGo.map(goPrograms))).flat()];
  for (const candidate of candidates) {
    const go = await readGoSettings(candidate, env, sessionDir);
    if (go === undefined) continue;
    log(`first request: ${go.GOVERSION} at ${candidate}`);
    return { ...request, go, goCommand: candidate };
  }
  if (config.proxy.upstream.length === 0 && !env.GOPROXY) {
    throw new SessionError(
      'no-go',
      `no go command was found, neither on the PATH that the modgate step had nor in ${laterGo.join(' or ')}, so its GOPROXY is not known and there is nothing to fetch from; install Go in a step before modgate, or name an upstream with the input upstream or proxy.upstream`,
    );
  }
  log('first request: no go command was found; without its sumdb key only go.sum vouches for modules');
  return request;
}

/**
 * The go programs of a place, best first: of a GOROOT its own, of a tool cache (`VERSION/ARCH` with an
 * `ARCH.complete` beside it) those of the newest versions, this machine's architecture before others.
 */
export async function goPrograms(place: string): Promise<string[]> {
  const names = await list(place);
  if (names.includes('bin')) return [join(place, 'bin', GO)];
  const versions = names.filter(name => isValid(`v${name}`));
  versions.sort((a, b) => compareVersions(`v${b}`, `v${a}`));
  const found: string[] = [];
  for (const version of versions.slice(0, MAX_VERSIONS)) {
    const marks = (await list(join(place, version))).filter(name => name.endsWith('.complete'));
    const machines = marks.map(name => name.slice(0, -'.complete'.length));
    machines.sort((a, b) => Number(b === process.arch) - Number(a === process.arch));
    found.push(...machines.map(machine => join(place, version, machine, 'bin', GO)));
  }
  return found;
}

async function list(dir: string): Promise<string[]> {
  return await readdir(dir).catch((): string[] => []);
}
