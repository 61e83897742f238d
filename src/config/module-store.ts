import { type BucketPlace, isBucketUrl, parseBucketUrl } from './bucket-url.ts';
import { redactUrl } from './redact.ts';

/** One place of `cache.store`, by its text alone. */
export type ModuleStorePlace =
  /** The platform's own place for this job. */
  | { readonly kind: 'auto' }
  /** As written: a path of this system, or a `file:` URL without query. `readOnly`: `?mode=read` was said. */
  | { readonly kind: 'directory'; readonly path: string; readonly readOnly: boolean }
  | { readonly kind: 'bucket'; readonly place: BucketPlace };

/** Longest list of places. */
export const MAX_STORES = 8;

const HOW = 'write a directory, auto, or the URL of a bucket (s3://bucket/prefix)';

/** Reads one place of `cache.store`; a string says why it cannot be used, in words that follow it as a sentence would. */
export function parseModuleStore(text: string): ModuleStorePlace | string {
  if (text === '') return `is empty; ${HOW}`;
  if (/[\0-\x1f\x7f]/.test(text)) return 'has a control character in it';
  if (text === 'auto') return { kind: 'auto' };
  if (isBucketUrl(text)) {
    const place = parseBucketUrl(text);
    return typeof place === 'string' ? place : { kind: 'bucket', place };
  }
  if (/^file:/i.test(text)) return directoryUrl(text);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) return `is not a store that this version knows (${scheme}); ${HOW}`;
  return { kind: 'directory', path: text, readOnly: false };
}

/** Why a text is no place of `cache.store`; undefined when it is fine. */
export function moduleStoreProblem(text: string): string | undefined {
  const parsed = parseModuleStore(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** The places of `cache.store`, one or several, in reading order. */
export function storeTexts(store: string | readonly string[]): readonly string[] {
  return typeof store === 'string' ? [store] : store;
}

/** Why these cannot be layers of one store; undefined when they can. */
export function layersProblem(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return `names no store; ${HOW}`;
  if (texts.length > MAX_STORES) return `names more than ${MAX_STORES} stores`;
  const seen = new Set<string>();
  for (const text of texts) {
    const parsed = parseModuleStore(text);
    if (typeof parsed === 'string') return `${JSON.stringify(redactUrl(text))} ${parsed}`;
    const name =
      parsed.kind === 'bucket' ? parsed.place.location : parsed.kind === 'auto' ? 'auto' : parsed.path;
    if (seen.has(name)) return `names ${name} twice`;
    seen.add(name);
  }
  return undefined;
}

/** `MODGATE_STORE` and the like: several places apart by line ends, because a path may have spaces. */
export function splitStores(text: string): string | readonly string[] {
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '');
  return lines.length === 1 ? (lines[0] ?? text) : lines.length === 0 ? text : lines;
}

function directoryUrl(text: string): ModuleStorePlace | string {
  const [, path, query] = /^([^?#]*)(?:\?([^#]*))?$/.exec(text) ?? [];
  if (path === undefined || !/^file:\/\//i.test(path) || !URL.canParse(path)) {
    return 'is not a file URL; write file:///directory';
  }
  if (query !== undefined && query !== 'mode=read' && query !== 'mode=write') {
    return 'has a parameter that this version does not know; there is mode=read';
  }
  return { kind: 'directory', path, readOnly: query === 'mode=read' };
}
