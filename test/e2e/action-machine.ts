import { type CacheService, startCacheService } from '../support/github/cache-service.ts';
import { Job, type JobOptions } from '../support/github/runner.ts';
import { smallProject } from '../support/github/small-project.ts';
import { copyProject, goWorld } from '../support/go.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

export interface MachineOptions extends Partial<JobOptions> {
  /** One of the repository's projects; a small one of three modules unless given. */
  readonly project?: string;
}

/** Machines that share one cache service; what is left of their jobs ends with them. */
export interface Machines extends AsyncDisposable {
  readonly service: CacheService;
  /** A job on a machine of its own: own runner directory, module cache and checkout. */
  machine(upstream: string, options?: MachineOptions, protocol?: 'v1' | 'v2'): Promise<Job>;
  /** Keys of the entries that were saved. */
  entries(): string[];
}

export async function startMachines(): Promise<Machines> {
  const dir = await tempDir('action');
  const service = await startCacheService();
  const jobs: Job[] = [];
  let made = 0;
  return {
    service,
    async machine(upstream, options = {}, protocol = 'v2') {
      const number = made++;
      const root: TempDir = { ...dir, join: (...parts) => dir.join(`machine-${number}`, ...parts) };
      const workspace = root.join('demo');
      if (options.project) await copyProject(options.project, workspace);
      else await smallProject(workspace);
      const world = await goWorld(upstream);
      const { PATH, ...go } = Object.fromEntries(
        Object.entries(world.env).filter(([name]) => /^(GO|PATH$)/.test(name)),
      );
      await world[Symbol.asyncDispose]();
      const job = new Job({
        dir: root,
        workspace,
        actionEnv: {
          ...service.env(protocol),
          GITHUB_TOKEN: 'ghs_s3cret',
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'id_s3cret',
        },
        ...options,
        env: {
          ...go,
          PATH: PATH ?? '',
          GOMODCACHE: root.join('modcache'),
          GOPATH: root.join('gopath'),
          ...options.env,
        },
      });
      jobs.push(job);
      return job;
    },
    entries: () => service.store.entries.filter(entry => entry.finished).map(entry => entry.key),
    async [Symbol.asyncDispose]() {
      for (const job of jobs) job.killLeftovers();
      await service[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}
