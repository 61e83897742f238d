import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

const NODE = path.join(
  ROOT,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/**
 * Makes sure that the npm dependencies are there, the Node of package.json among them.
 *
 * @returns {Promise<string>} the path of that Node; whatever runs this script may be older
 */
export async function install() {
  if (!existsSync(NODE)) {
    process.stderr.write('Installing npm dependencies\n');
    // --no-save: the lock file stays as it is, whichever platform's optional packages the registry has.
    const code = await runToEnd('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
      shell: process.platform === 'win32',
    });
    if (code !== 0) throw new Error(`npm install ended with ${code}; its output above says why.`);
    if (!existsSync(NODE))
      throw new Error(
        `npm install left no Node at ${NODE}. Is the package "node" allowed to run its install script?`,
      );
  }
  return NODE;
}

/**
 * Runs a command with this terminal, in the repository and with the repository's Node first on PATH.
 *
 * @param {{env?: Record<string, string | undefined>, cwd?: string, shell?: boolean}} [options] `env` is laid over this one
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
export function runToEnd(command, args, options = {}) {
  const { env, cwd = ROOT, shell = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, shell, stdio: 'inherit', env: { ...withNode(), ...env } });
    child.on('error', error => reject(new Error(`${command} cannot be started: ${error.message}.`)));
    child.on('close', code => resolve(code ?? 1));
  });
}

/** This environment with the repository's Node and programs first on PATH. */
function withNode() {
  const key = Object.keys(process.env).find(name => name.toUpperCase() === 'PATH') ?? 'PATH';
  const bins = [path.dirname(NODE), path.join(ROOT, 'node_modules', '.bin')];
  return { ...process.env, [key]: [...bins, process.env[key] ?? ''].join(path.delimiter) };
}
