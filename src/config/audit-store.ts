import { isPlainLoopback } from './loopback.ts';
import { redactUrl } from './redact.ts';
import { didYouMean } from './suggest.ts';

/** What `audit.store` names, by its text alone. */
export type AuditStore =
  /** A collector; without a slash at the end. */
  | { readonly kind: 'collector'; readonly url: string }
  /** As written: a path of this system, or a `file:` URL. */
  | { readonly kind: 'directory'; readonly path: string }
  /** The package registry of a GitLab project, the job's own where none is named. */
  | { readonly kind: 'gitlab-package'; readonly project: string | undefined }
  /** Files that the forge keeps with the job. */
  | { readonly kind: 'artifact' };

const WORDS = ['gitlab-package:', 'artifact'] as const;
const HOW =
  'write the https URL of a collector, a directory (with a slash in it, like ./audit), gitlab-package: or artifact';

/** Reads the text of `audit.store`; a string says why it cannot be used, in words that follow it as a sentence would. */
export function parseAuditStore(text: string): AuditStore | string {
  if (/[\0-\x1f\x7f]/.test(text)) return 'has a control character in it';
  if (/^https?:/i.test(text)) return collector(text);
  if (text === 'artifact') return { kind: 'artifact' };
  const project = /^gitlab-package:(.*)$/.exec(text)?.[1];
  if (project !== undefined) return gitlabPackage(project);
  if (/^file:\/\//i.test(text)) {
    return URL.canParse(text)
      ? { kind: 'directory', path: text }
      : 'is not a file URL; write file:///directory';
  }
  // A drive letter is no scheme.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1];
  if (scheme !== undefined) return `is not a store that this version knows (${scheme}); ${HOW}`;
  if (/[/\\]/.test(text)) return { kind: 'directory', path: text };
  const near = didYouMean(text, WORDS);
  return `is not an audit store; ${near === undefined ? HOW : `did you mean ${near}?`}`;
}

/** Why a text is no `audit.store`; undefined when it is fine. */
export function auditStoreProblem(text: string): string | undefined {
  const parsed = parseAuditStore(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/**
 * Whether what is sent to a collector can be read on its way: plain http to anything but this machine. A token
 * must not go there.
 */
export function isReadableOnTheWay(url: string): boolean {
  const parsed = new URL(url);
  return parsed.protocol === 'http:' && !isPlainLoopback(parsed);
}

function collector(text: string): AuditStore | string {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    return `is not a URL; write it like https://audit.example.com`;
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return 'has credentials in it; the token belongs in the variable MODGATE_AUDIT_TOKEN, or in the one that audit.token-env names';
  }
  if (url.search !== '' || url.hash !== '') {
    return `has a query or a fragment; write ${redactUrl(text).replace(/[?#].*$/, '')}`;
  }
  return { kind: 'collector', url: url.href.replace(/\/+$/, '') };
}

function gitlabPackage(project: string): AuditStore | string {
  if (project === '') return { kind: 'gitlab-package', project: undefined };
  const parts = project.split('/');
  const named = /^\d+$/.test(project) || parts.length > 1;
  return named && parts.every(part => /^(?!\.\.?$)[A-Za-z0-9_.-]+$/.test(part))
    ? { kind: 'gitlab-package', project }
    : 'does not name a project; write gitlab-package: for that of the job itself, or gitlab-package:group/project';
}
