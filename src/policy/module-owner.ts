import { splitPathVersion } from '../gomod/module-path.ts';
import { FORGES } from './owner.ts';

/** A module path taken apart for the question whose it is. */
export interface OwnedPath {
  readonly host: string;
  /** Who publishes below that path; the host itself where the host is one publisher's. */
  readonly owner: string;
  /** What follows, without the major version: `/logrus`; empty where nothing does. */
  readonly rest: string;
}

/** Taken apart by what the path says alone; no forge is asked. */
export function ownedPath(path: string): OwnedPath {
  const prefix = splitPathVersion(path).prefix;
  const [host = '', second, ...rest] = prefix.split('/');
  const tail = rest.map(element => `/${element}`).join('');
  // gopkg.in/yaml.v3 is go-yaml's: there the name is the owner's, too.
  const named = FORGES.has(host) || host === 'gopkg.in';
  if (!named || second === undefined)
    return { host, owner: host, rest: second === undefined ? '' : `/${second}${tail}` };
  return { host, owner: second, rest: tail };
}
