import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { ROOT } from './markdown.ts';

/** Hosts in a GOPROXY, GOSUMDB or registry value, as URLs or as the bare name of a database. */
function hostsIn(value: string): string[] {
  const urls = [...value.matchAll(/https?:\/\/(?:[^/?#\s@]*@)?([a-z0-9.-]+)/gi)].map(([, host = '']) => host);
  const database = /^[a-z0-9.-]+/i.exec(value.trim())?.[0] ?? '';
  // A local mirror says nothing about a registry, and its address stands in many tests.
  return [...urls, database].filter(host => host.includes('.') && isIP(host) === 0 && !/^https?$/.test(host));
}

/** Asks go and npm twice: for what this machine uses, and for what they use when nobody has set anything. */
async function registryHosts(): Promise<string[]> {
  await using empty = await tempDir('docs');
  const bare = { PATH: process.env.PATH, SYSTEMROOT: process.env.SYSTEMROOT, HOME: empty.path };
  const npmBare = ['config', 'get', 'registry', '--globalconfig', empty.join('none')];
  const asked = await Promise.all([
    ...(['GOPROXY', 'GOSUMDB'] as const).flatMap(name => [
      runOk('go', ['env', name]),
      runOk('go', ['env', name], { cwd: empty.path, env: { ...bare, GOENV: 'off' } }),
    ]),
    runOk('npm', ['config', 'get', 'registry']),
    runOk('npm', npmBare, { cwd: empty.path, env: bare }),
  ]);
  return [...new Set(asked.flatMap(({ stdout }) => hostsIn(stdout)))];
}

/** Tracked files and those that are about to be, relative to the root. */
async function files(): Promise<string[]> {
  const listed = await runOk('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT });
  return [...new Set(listed.stdout.split('\0').filter(Boolean))];
}

describe('the repository', () => {
  it('names no host of a package registry', async () => {
    const hosts = await registryHosts();
    // The module mirror, the checksum database, and npm's registry.
    expect(hosts.length).toBeGreaterThanOrEqual(3);
    const pattern = new RegExp(
      `(?<![\\w.-])(?:${hosts.map(host => host.replaceAll('.', '\\.')).join('|')})(?![\\w-])`,
      'i',
    );
    const all = await files();
    expect(all).toContain('package-lock.json');
    const named: string[] = [];
    for (const file of all) {
      // Another process may replace a file of dist/ between listing and reading.
      const text = await readFile(path.join(ROOT, file), 'latin1').catch(() => '');
      if (pattern.test(text)) named.push(file);
    }
    expect(named).toEqual([]);
  });

  it('has a lock file without download addresses', async () => {
    const lock = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string; integrity?: string }>;
    };
    const packages = Object.entries(lock.packages);
    expect(packages.filter(([, { integrity }]) => integrity !== undefined).length).toBeGreaterThan(20);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name)).toEqual([]);
  });
});
