import type { Given, SessionFile } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the job's environment is told. Pure. */
export function jobEnvironment(about: {
  readonly url: string;
  readonly sessionDir: string;
  readonly onFailure: 'fail' | 'fallback';
  /** The job's own GOPROXY; undefined when it is not known (no go, no GOPROXY). */
  readonly previous: string | undefined;
  /** A private GOMODCACHE, for `modcache: isolated`. */
  readonly modcache: string | undefined;
  readonly goflags?: string | undefined;
  /** A GOCACHE that later jobs get. */
  readonly gocache?: string | undefined;
  /** A vulnerability database is mirrored. */
  readonly vulndb?: boolean | undefined;
  /** What go is told of private modules. */
  readonly privacy?: Given | undefined;
}): Record<string, string> {
  const behind = about.onFailure === 'fallback' && about.previous !== undefined ? `|${about.previous}` : '';
  return {
    GOPROXY: `${about.url}${behind}`,
    ...(about.modcache === undefined ? {} : { GOMODCACHE: about.modcache }),
    ...(about.goflags === undefined ? {} : { GOFLAGS: about.goflags }),
    ...(about.gocache === undefined ? {} : { GOCACHE: about.gocache }),
    ...(about.vulndb === true ? { GOVULNDB: `${about.url}/vuln` } : {}),
    ...about.privacy?.env,
    MODGATE_SESSION: about.sessionDir,
  };
}

/** Our own address in a GOPROXY list, left there by an earlier session of the same job. */
const OURS = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|[a-z0-9.-]+):\d+\/[0-9a-f]{32}$/;

/** Whether an entry of GOPROXY is the address of a session. */
export function isOurs(entry: string): boolean {
  return OURS.test(entry);
}

/**
 * The GOPROXY that the job would use without us: what an earlier session put in front is taken off, or a
 * second start would make the first daemon, dead by then, its own upstream.
 */
export function withoutOurs(goproxy: string): string {
  const parts = goproxy.split(/([,|])/);
  while (parts.length > 0 && OURS.test((parts[0] ?? '').trim())) parts.splice(0, 2);
  return parts.join('');
}

/** The environment of a job without what a session that is over told it of private modules. */
export function withoutGiven(env: Env, given: Given | undefined): Env {
  const ours = Object.entries(given?.env ?? {}).filter(([name, value]) => env[name] === value);
  return { ...env, ...Object.fromEntries(ours.map(([name]) => [name, given?.own[name]])) };
}

/** URL of a session's proxy. */
export function proxyUrl(session: Pick<SessionFile, 'host' | 'port' | 'secret'>): string {
  return `http://${session.host.includes(':') ? `[${session.host}]` : session.host}:${session.port}/${session.secret}`;
}

/** Formats for `start --format`. */
export type EnvFormat = 'shell' | 'dotenv' | 'json' | 'github';

/**
 * The environment as text. Shell values stand in single quotes, so that nothing in them is expanded.
 */
export function formatEnvironment(env: Readonly<Record<string, string>>, format: EnvFormat): string {
  const entries = Object.entries(env);
  switch (format) {
    case 'json':
      return `${JSON.stringify(env)}\n`;
    case 'shell':
      return entries.map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join('');
    case 'dotenv':
    case 'github':
      return entries.map(([name, value]) => `${name}=${value.replace(/[\r\n]/g, '')}\n`).join('');
  }
}
