import type { BucketPlace } from '../config/bucket-url.ts';
import type { AuthorityFiles, Config, Overrides } from '../config/types.ts';
import type { Modcache } from '../config/values.ts';
import type { JobIdentity, Platform } from '../platform/types.ts';
import type { LayersReport } from '../store/layers/types.ts';
import type { AuditReport } from './audit/report.ts';
import type { AuditEnv, AuditSettings } from './audit/settings.ts';
import type { BuildReport } from './build/state.ts';
import type { GivenSecrets } from './credentials/types.ts';
import type { SessionFinding } from './findings.ts';
import type { ModcacheReport } from './modcache/report.ts';
import type { Acceptance } from './policy/accepted.ts';
import type { PackedPolicy } from './policy/policy-json.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What flags and action inputs may say. */
export interface StartFlags {
  readonly config?: string;
  /** One place, or several in reading order. */
  readonly store?: string | readonly string[];
  readonly upstream?: readonly string[];
  readonly onFailure?: 'fail' | 'fallback';
  readonly prefetch?: number;
  readonly modcache?: Modcache;
  readonly save?: 'auto' | 'always' | 'never';
  readonly buildCache?: boolean;
  /** Where the audit records go, and whether they have to get there. */
  readonly auditStore?: string;
  readonly auditRequired?: boolean;
  /** Process whose end ends the session. */
  readonly owner?: number;
  /** HOST:PORT to listen on instead of a free loopback port. */
  readonly listen?: string;
}

export interface StartRequest {
  readonly env: Env;
  readonly cwd: string;
  readonly flags: StartFlags;
  readonly log: (line: string) => void;
  /** Token of the audit store that was given beside the environment. */
  readonly auditToken?: string;
  /** Token for the server of the checkout that was given beside the environment. */
  readonly token?: string;
  /** A directory of its own instead of the platform's (used by `run`). */
  readonly privateSession?: boolean;
  /** Wait until the policy is read, also from a server, because nothing is to be done meanwhile (used by `run`). */
  readonly waitForPolicy?: boolean;
  /**
   * The proxy runs in this process, which ends by a signal or a stop, and looks at checkout and store only
   * when it is first asked for something: the container of a CI service starts before either is there.
   * Called with the session directory when it has ended.
   */
  readonly foreground?: (sessionDir: string) => Promise<void>;
}

export interface Started {
  readonly sessionDir: string;
  readonly url: string;
  readonly secret: string;
  /** What the job's environment gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that hold secrets of the session itself, which its job does not need. */
  readonly withheld: readonly string[];
  readonly reused: boolean;
  readonly warnings: readonly string[];
}

/** The parts of `go env` that a session needs. */
export interface GoSettings {
  readonly GOPROXY: string;
  readonly GOSUMDB: string;
  readonly GONOSUMDB: string;
  readonly GOPRIVATE: string;
  readonly GONOPROXY: string;
  readonly GOMODCACHE: string;
  readonly GOROOT: string;
  readonly GOVERSION: string;
  readonly GOFLAGS: string;
  readonly GOENV: string;
  readonly GOVCS: string;
  readonly GOINSECURE: string;
  /** Empty before Go 1.24. */
  readonly GOAUTH: string;
}

/** All that the settings of a session are made of; plain data, so that a daemon can be asked to do it later. */
export interface ConfigureRequest {
  readonly workspace: string;
  readonly cwd: string;
  readonly flags: StartFlags;
  /** What the job's `MODGATE_*` variables say; the flags win over them. */
  readonly overrides: Overrides;
  readonly sessionDir: string;
  readonly defaultStore: Platform['defaultStore'];
  /** What the job is about to merge, which decides whose configuration counts. */
  readonly platform: Pick<Platform, 'change' | 'forge'>;
}

/** Variables that a session gives to its job, and what the job had in their place; what it had not is left out. */
export interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly own: Readonly<Record<string, string>>;
}

/** A place behind the store of the job. */
export type LayerPlace =
  | { readonly kind: 'directory'; readonly dir: string; readonly readOnly: boolean }
  | { readonly kind: 'bucket'; readonly place: BucketPlace };

/** Handed to the daemon over its stdin, so that no secret is in its first environment. */
export interface DaemonRequest {
  readonly version: string;
  readonly sessionDir: string;
  readonly workspace: string;
  readonly cwd: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly secret: string;
  readonly control: string;
  readonly store: {
    readonly dir: string;
    readonly fallbackDir: string;
    readonly lifetime: 'job' | 'persistent';
    /** Nothing but this job fills the directory, and nothing saves it. */
    readonly private?: true;
    /** What is read behind it, in this order. */
    readonly layers?: readonly LayerPlace[];
  };
  /** What clients of buckets may know of the job's environment: for nobody else. */
  readonly storeEnv: Env;
  readonly config: Config;
  readonly policy: PackedPolicy;
  /** The commit of the target branch that the policy was read from; undefined for the checkout. */
  readonly policyCommit?: string;
  /** What `proxy.ca` names inside the repository, at that commit; undefined: as the checkout has it. */
  readonly authorityFiles?: AuthorityFiles;
  readonly configDigest: string;
  readonly trusted: boolean;
  readonly save: 'auto' | 'always' | 'never';
  readonly go: GoSettings | undefined;
  readonly goCommand: string;
  /** The job's environment without the secrets of the platform. */
  readonly env: Env;
  /** Secrets for servers of modules. */
  readonly credentials: GivenSecrets;
  /** git's settings of the job (`GIT_CONFIG_*`): they may hold credentials, so only a fetch by git gets them. */
  readonly gitEnv: Env;
  /** The platform's cache service, if there is one: for nobody but its client. */
  readonly cacheEnv: Env;
  readonly owners: readonly number[];
  readonly idleMs: number;
  readonly job: JobIdentity;
  /** Where the records go; undefined where no store is named. */
  readonly audit?: AuditSettings;
  /** What the delivery of records may know of the job's environment, the store's token included. */
  readonly auditEnv: AuditEnv;
  readonly reports: Platform['reports'];
  /** A private GOMODCACHE for the job (`modcache: isolated`). */
  readonly modcache: string | undefined;
  /** GOFLAGS for the job, where they have to be others than its own. */
  readonly goflags?: string;
  /** A GOCACHE for the job, which later jobs get (`cache.build`). */
  readonly gocache?: string;
  /** What go is told of private modules: variables of the job. */
  readonly privacy?: Given;
  /**
   * GOMODCACHE has modules: most likely all that the job needs, so that nothing is restored or fetched ahead
   * until go asks for something.
   */
  readonly warm?: boolean;
  /** Findings of the checkout that are waived or in the baseline, so that the proxy does not refuse for them. */
  readonly accepted?: readonly Acceptance[];
  /** `go` is not known yet: it is looked for in these places, too, when the proxy is first asked for something. */
  readonly laterGo?: readonly string[];
  /** To be configured by this instead of by what stands above, because not all of it could be read at the start. */
  readonly late?: LateConfigure;
}

/** A configuration that the daemon reads; a first answer of the proxy waits for it. */
export interface LateConfigure {
  readonly request: ConfigureRequest;
  /** `now`: it has to be fetched. `first-request`: the checkout is not there before that. */
  readonly when: 'now' | 'first-request';
  /** Token for the server of the checkout. */
  readonly token?: string;
}

/** `session.json`: how others find the daemon. */
export interface SessionFile {
  readonly v: 1;
  readonly pid: number;
  /** When that process began, in the kernel's words; undefined where nobody says. Pids are used again. */
  readonly pidStart?: string;
  readonly port: number;
  /** Address to talk to, without port. */
  readonly host: string;
  readonly secret: string;
  readonly control: string;
  /** RFC 3339. */
  readonly start: string;
  readonly configDigest: string;
  readonly storeDir: string;
  /** What the job's environment is made of, without its own GOPROXY, which may hold a password. */
  readonly onFailure: 'fail' | 'fallback';
  readonly modcache?: string;
  readonly goflags?: string;
  readonly gocache?: string;
  /** A vulnerability database is mirrored. */
  readonly vulndb?: boolean;
  readonly privacy?: Given;
  readonly version: string;
}

/** What the daemon says on its handshake pipe, one JSON line. */
export type Handshake =
  | { readonly ok: true; readonly session: SessionFile; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly code: 'cannot-listen' | 'audit' | 'internal'; readonly message: string };

/** What the shared cache gave at the start of a session; written to `restore.json`. */
export interface RestoreReport {
  readonly state: 'hit' | 'miss' | 'failed' | 'off';
  /** Key of the entry that was restored. */
  readonly key?: string;
  /** Versions of which a file came in. */
  readonly adopted?: number;
  /** Files that were refused. */
  readonly refused?: number;
  /** Bytes that were received. */
  readonly bytes?: number;
  /** Entries that were read. */
  readonly entries?: number;
  readonly ms: number;
  /** Why it failed, for the user. */
  readonly why?: string;
}

/** What a session did, from its journal. */
export interface SessionSummary {
  /** Module versions whose code (zip) was served. */
  readonly modules: number;
  readonly requests: number;
  readonly modulesFromStore: number;
  readonly modulesFromUpstream: number;
  readonly bytesFromStore: number;
  readonly bytesFromUpstream: number;
  readonly retriesSurvived: number;
  readonly denied: number;
  /** Answers that were an outage (5xx). */
  readonly failed: number;
  readonly stale: number;
  /** Module versions in GOMODCACHE that did not come through this session: nobody verified them here. */
  readonly unverifiedModcache: number;
  readonly prefetchedUnused: number;
  readonly seconds: number;
  /** The daemon was dead when the session was stopped. */
  readonly daemonDied: boolean;
  readonly warnings: readonly string[];
  /** What is against the policy beside the requests that were refused: of the checkout, and of the environment. */
  readonly findings: readonly SessionFinding[];
  readonly restore?: RestoreReport;
  /** What came from the layers behind the store, and what they got. */
  readonly layers?: LayersReport;
  /** What the build cache gave; only with `cache.build`. */
  readonly buildCache?: BuildReport;
  /** What the GOMODCACHE that the job brought along is worth; only with `proxy.modcache: verify`. */
  readonly modcache?: ModcacheReport;
  /** What became of the records; only with an audit store. */
  readonly audit?: AuditReport;
}
