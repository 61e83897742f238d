import { run } from './process.ts';
import { deadUrl } from './upstream/dead.ts';

/** A network in which there is nothing but this machine. */
export interface ClosedNetwork {
  /**
   * `namespace`: the kernel gives the command a network of its own in which only loopback is up, so names do not resolve
   * and nothing can be reached. `dead-proxy`: where users may not do that, every request is led to a port that nobody
   * listens on; root has to be able to.
   */
  readonly how: 'namespace' | 'dead-proxy';
  /** Laid over the environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** The command as it is to be run. All that belongs together has to be below one of them. */
  wrap(command: string, args: readonly string[]): readonly [string, readonly string[]];
}

let found: Promise<ClosedNetwork> | undefined;

/** The most real one that this machine allows; tried once. Rejects for root on Linux where that is none. */
export function closedNetwork(): Promise<ClosedNetwork> {
  found ??= probe();
  return found;
}

/** Root makes a namespace, others one with a user namespace around it, where the system lets them. */
const WAYS = [['-n'], ['-r', '-n']] as const;
const LOOPBACK = 'ip link set lo up && exec "$0" "$@"';

async function probe(): Promise<ClosedNetwork> {
  const failures: string[] = [];
  for (const flags of WAYS) {
    const tried = await run('unshare', [...flags, 'sh', '-c', LOOPBACK, 'true']).catch(
      (error: Error) => error,
    );
    if (tried instanceof Error || tried.code !== 0) {
      failures.push((tried instanceof Error ? tried.message : tried.stderr).trim());
      continue;
    }
    return {
      how: 'namespace',
      env: {},
      wrap: (command, args) => ['unshare', [...flags, 'sh', '-c', LOOPBACK, command, ...args]],
    };
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    throw new Error(
      `unshare gives root no network namespace here: ${failures.join('; ')}\n` +
        'What a closed network is tested with has to be one: allow it (in a container: --cap-add SYS_ADMIN), install ' +
        'util-linux and iproute2, or run the tests as another user, whose requests are led to a dead port instead.',
    );
  }
  const dead = await deadUrl();
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
  return {
    how: 'dead-proxy',
    env: { ...Object.fromEntries(names.map(name => [name, dead])), GIT_SSH_COMMAND: 'false' },
    wrap: (command, args) => [command, args],
  };
}
