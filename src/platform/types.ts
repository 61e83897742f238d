/** A process environment as it was given; never read from the running process below an entry point. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What detection may know about the machine, handed in so that detection itself has no effects. */
export interface Probe {
  readonly cwd: string;
  readonly tmpdir: string;
  readonly homedir: string;
  /** Numeric user id; undefined where there is none (Windows). */
  readonly uid: number | undefined;
  /** Text of a file, or undefined when it cannot be read for any reason. */
  readFile(path: string): string | undefined;
  /** Operating system; the running one unless given. */
  readonly os?: NodeJS.Platform;
}

/** Whether this job may vouch for bytes that other jobs read, and write the cache they read. */
export interface Trust {
  readonly trusted: boolean;
  /** One plain sentence part, to follow "because": never contains text from the repository unescaped. */
  readonly reason: string;
}

export interface JobIdentity {
  readonly forge: 'github' | 'gitlab' | 'local';
  /** Who issues the identity tokens of jobs there; with it records name the forge. */
  readonly issuer: string;
  /** Lower-case hex SHA-256 that names the job (a retry is another job). */
  readonly uid: string;
  /** Set where nothing tells one job from the next of the same place: a session has to tell itself apart. */
  readonly recurring?: true;
  /** What the environment says about the job: for display only, nothing here is proved. */
  readonly claimed: Readonly<Record<string, string>>;
  /** Page of the job at its forge. */
  readonly url?: string;
}

export interface OwnerHints {
  /** Process names (without `.exe`) that live as long as the job. */
  readonly names: readonly string[];
  /** True when the outermost shell above the step is the job itself (GitLab: one shell for all commands). */
  readonly shell: boolean;
}

/** What a pipeline is about to merge into what. */
export interface Change {
  readonly kind: 'pull-request' | 'merge-group';
  /** Commit of the target branch that the platform names, 40 or 64 hex digits; undefined when it names none. */
  readonly baseSha: string | undefined;
  /** Set when `baseSha` is where the change left the target branch, and the branch's tip is not told. */
  readonly tipUnknown?: boolean;
  /** Name of the target branch, fit for `refs/heads/`; empty when it is not told. */
  readonly baseRef: string;
  readonly headSha: string | undefined;
  /** Number of the pull or merge request; undefined for a merge group. */
  readonly number: number | undefined;
  readonly fork: boolean;
  /** URL of the target branch's repository, where it is another one than the checkout's. */
  readonly repository?: string;
}

/** Where modgate runs and what follows from it. The only place that knows one platform from another. */
export interface Platform {
  readonly name: 'github' | 'gitlab' | 'local';
  /** Root of the checkout. */
  readonly workspace: string;
  /** Directory of this job's session; its parents below the temp directory are made by the session. */
  readonly sessionDir: string;
  /** Directory for files about the job; `published`: the runner takes them from there and keeps them with the job. */
  readonly reports: { readonly dir: string; readonly published: boolean };
  readonly defaultStore: { readonly dir: string; readonly lifetime: 'job' | 'persistent' };
  readonly trust: Trust;
  readonly job: JobIdentity;
  /** Undefined on a push, a schedule, and off CI. */
  readonly change: Change | undefined;
  /** A scheduled run of the default branch: where dates alone may fail. */
  readonly scheduled: boolean;
  /** The server of the checkout, without a trailing slash, and the user name that its job tokens go with in git. */
  readonly forge?: { readonly url: string; readonly gitUser: string };
  readonly ownerHints: OwnerHints;
  /**
   * Where a later step of the job may put Go: GOROOTs, and tool cache directories of the form `VERSION/ARCH`.
   * Undefined where the tools of a job are there from its start.
   */
  readonly laterGo?: readonly string[];
  /** How to keep a job's own cache out of GOMODCACHE; follows a sentence that told of modules from there. */
  readonly modcacheAdvice?: string;
  /**
   * True for a variable that must not reach another process's first environment. The name alone decides
   * unless a value is given; then a URL with credentials in it counts too.
   */
  readonly secretEnv: (name: string, value?: string) => boolean;
  /** The text as one harmless line for this platform's log. */
  escapeLog(text: string): string;
}
