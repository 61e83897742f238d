import { type GitSetting, gitConfigEnv } from '../fetch/children.ts';
import { type GitSettings, readGitSettings } from './git-settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Settings are read again after this long, ms: a later step of the job may change git's files. */
const STAND_MS = 2_000;

/** What git is told by the job, read anew while the job goes on. */
export class JobGit {
  readonly #env: Env;
  readonly #dir: string;
  readonly #handed: () => readonly GitSetting[];
  #latest: GitSettings | undefined;
  #reading:
    | { readonly at: number; readonly handed: readonly GitSetting[]; found: Promise<GitSettings> }
    | undefined;

  /**
   * @param env the job's environment, `GIT_CONFIG_*` included
   * @param dir where children run
   * @param handed settings that later steps of the job handed over
   */
  constructor(env: Env, dir: string, handed: () => readonly GitSetting[] = () => []) {
    this.#env = env;
    this.#dir = dir;
    this.#handed = handed;
  }

  /** What was read last; undefined before the first time. */
  get latest(): GitSettings | undefined {
    return this.#latest;
  }

  async read(): Promise<GitSettings> {
    const handed = this.#handed();
    const now = performance.now();
    if (this.#reading === undefined || this.#reading.handed !== handed || now - this.#reading.at > STAND_MS) {
      const env = { ...this.#env, ...gitConfigEnv(this.#env, handed) };
      this.#reading = { at: now, handed, found: readGitSettings(env, this.#dir) };
    }
    this.#latest = await this.#reading.found;
    return this.#latest;
  }
}
