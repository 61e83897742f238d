import { createHash } from 'node:crypto';
import type { Env } from './types.ts';

const MAX_CLAIM = 1024;

/** SHA-256, lower-case hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Name of a job: the hash of the JSON text of what makes it unique at its forge. */
export function jobUid(parts: readonly string[]): string {
  return sha256Hex(JSON.stringify(parts));
}

/** Picks variables by the names they get in records; empty ones are left out, long ones cut. */
export function claim(env: Env, names: Readonly<Record<string, string>>): Record<string, string> {
  const claimed: Record<string, string> = {};
  for (const [name, variable] of Object.entries(names)) {
    const value = env[variable];
    if (value) claimed[name] = value.slice(0, MAX_CLAIM);
  }
  return claimed;
}

/** The same with values that come from elsewhere; what is not known is left out. */
export function claimed(
  picked: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const known = Object.entries(more).flatMap(([name, value]) =>
    value ? [[name, value.slice(0, MAX_CLAIM)] as const] : [],
  );
  return { ...picked, ...Object.fromEntries(known) };
}

/** An http(s) URL of parts that stay inside its path; undefined when the base is none. */
export function pageUrl(base: string | undefined, ...segments: readonly string[]): string | undefined {
  if (!base || !/^https?:\/\//i.test(base) || !URL.canParse(base)) return undefined;
  const url = new URL(base);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  const path = segments.map(s => s.split('/').map(encodeURIComponent).join('/')).join('/');
  url.pathname = path === '' ? url.pathname : `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url.href;
}
