import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReadableOnTheWay, parseAuditStore } from '../../config/audit-store.ts';
import { redactUrl } from '../../config/redact.ts';
import { oneLine } from '../../platform/escape.ts';
import type { Env } from '../../platform/types.ts';
import { DeliveryError } from '../errors.ts';
import type { AuditTarget } from '../types.ts';
import { artifactTarget } from './artifact.ts';
import { collectorTarget } from './collector.ts';
import { directoryTarget } from './directory.ts';
import { gitlabPackageTarget } from './gitlab-package.ts';
import { createSend } from './http.ts';
import { idTokens } from './id-token.ts';
import type { Trust } from './trust.ts';

/** What stores need to know of the job. */
export interface TargetContext {
  /** For proxies, `CI_API_V4_URL` and `CI_PROJECT_ID`; needs to hold no secret. */
  readonly env: Env;
  /** What relative directories are relative to. */
  readonly cwd: string;
  /** modgate's own. */
  readonly version: string;
  /** The token of `audit.token-env`, asked whenever it is needed. */
  readonly token: () => string | undefined;
  /** `CI_JOB_TOKEN`, which only `gitlab-package:` uses, where there is no other token. */
  readonly jobToken?: () => string | undefined;
  /** The directory whose files the forge keeps with the job; undefined where nobody said which. */
  readonly reportsDir: string | undefined;
  /** Of the store's own host; without it what the machine trusts. */
  readonly trust?: Trust | undefined;
  readonly now?: () => number;
}

/** Where batches lie below the reports directory. */
export const ARTIFACT_DIR = 'audit';

/** The place that an `audit.store` names. Throws DeliveryError `target` when it cannot be one; asks nobody. */
export function openTarget(text: string, context: TargetContext): AuditTarget {
  const { env, cwd, version, token, reportsDir, trust, now = Date.now } = context;
  const store = parseAuditStore(text);
  if (typeof store === 'string') throw unusable(text, store);
  switch (store.kind) {
    case 'collector': {
      if (token() !== undefined && isReadableOnTheWay(store.url)) {
        throw unusable(
          text,
          'is plain http, where everybody on the way could read the token; write https://',
        );
      }
      const { hostname } = new URL(store.url);
      return collectorTarget({
        url: store.url,
        send: createSend(env, version, { trust }),
        token,
        idToken: isReadableOnTheWay(store.url)
          ? undefined
          : idTokens(env, hostname, createSend(env, version)),
        now,
      });
    }
    case 'directory': {
      const path = /^file:/i.test(store.path) ? pathOf(text, store.path) : store.path;
      return directoryTarget(resolve(cwd, path), now);
    }
    case 'artifact':
      if (reportsDir !== undefined) return artifactTarget(join(reportsDir, ARTIFACT_DIR), now);
      throw unusable(
        text,
        'needs a directory for reports, and nobody named one here; name a directory instead',
      );
    case 'gitlab-package': {
      const api = env.CI_API_V4_URL?.replace(/\/+$/, '');
      const project = store.project ?? env.CI_PROJECT_ID;
      if (api === undefined || !URL.canParse(api) || project === undefined || project === '') {
        throw unusable(text, 'is for jobs of GitLab: CI_API_V4_URL and CI_PROJECT_ID are not set here');
      }
      // It answers with the file where a batch is there already.
      const send = createSend(env, version, { maxAnswer: 16 * 1024 * 1024, trust });
      const credential = () => credentialOf(token(), context.jobToken?.());
      return gitlabPackageTarget({ api, project, send, credential, now });
    }
  }
}

function credentialOf(token: string | undefined, jobToken: string | undefined): Record<string, string> {
  if (token !== undefined) return { 'private-token': token };
  return jobToken === undefined ? {} : { 'job-token': jobToken };
}

function pathOf(text: string, url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw unusable(text, 'does not name a directory of this machine; write file:///directory');
  }
}

function unusable(text: string, why: string): DeliveryError {
  return new DeliveryError('target', `audit.store ${oneLine(redactUrl(text)).slice(0, 300)} ${why}`);
}
