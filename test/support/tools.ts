import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Programs that tests drive as they are. */
export type Tool = 'act' | 'actionlint' | 'athens' | 'goproxy' | 'gitlab-ci-local' | 'node' | 'versitygw';

/** The path of a real component; rejects with the way to get it, because a test must not go on without. */
export async function tool(name: Tool): Promise<string> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const npm = name === 'gitlab-ci-local' || name === 'node';
  const file = npm
    ? path.join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
    : path.join(ROOT, '.tools', 'bin', name + suffix);
  await access(file).catch(() => {
    const how = npm ? 'npm install --no-save' : `npm run tools${name === 'athens' ? ' -- --bench' : ''}`;
    throw new Error(`${name} is not at ${file}. Run: ${how}`);
  });
  return file;
}

/** The newest patch release of a Go line that `npm run tools` fetched: `1.27` gives `go1.27.3`. */
export async function goToolchain(line: string): Promise<string> {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' };
  const listed = await run('go', ['env', 'GOMODCACHE'], { env });
  const versions = await readdir(
    path.join(listed.stdout.trim(), 'cache', 'download', 'golang.org', 'toolchain', '@v'),
  ).catch(() => []);
  const patches = versions.flatMap(name => {
    const match = /^v0\.0\.1-go(\d+\.\d+)\.(\d+)\..*\.zip$/.exec(name);
    return match?.[1] === line ? [Number(match[2])] : [];
  });
  if (patches.length === 0) throw new Error(`No Go ${line} toolchain was fetched. Run: npm run tools`);
  return `go${line}.${Math.max(...patches)}`;
}
