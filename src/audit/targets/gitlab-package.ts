import { DeliveryError } from '../errors.ts';
import type { AuditTarget, SealedBatch } from '../types.ts';
import { errorOf, type Send, type WebAnswer } from './http.ts';

/** The generic package that holds the batches, a version a day. */
const PACKAGE = 'modgate-audit';

export interface GitlabPackageOptions {
  /** `CI_API_V4_URL`: the API of the instance, without a slash at the end. */
  readonly api: string;
  /** Number or path of the project. */
  readonly project: string;
  readonly send: Send;
  /** The header that says who we are, asked before each request. */
  readonly credential: () => Readonly<Record<string, string>>;
  readonly now: () => number;
}

/** The package registry of a GitLab project: `modgate-audit/<date>/<instance>-<number>-<digest>.ndjson.gz`. */
export function gitlabPackageTarget(options: GitlabPackageOptions): AuditTarget {
  const { api, project, send, credential, now } = options;
  const name = `the package registry of ${project} at ${new URL(api).host}`;
  const ask = async (method: 'GET' | 'PUT', batch: SealedBatch, signal: AbortSignal): Promise<WebAnswer> =>
    await send({
      method,
      url: placeOf(api, project, batch),
      headers: credential(),
      signal,
      ...(method === 'PUT' ? { body: batch.gzip } : {}),
    });
  return {
    name,
    put: async (batch, signal) => {
      const ack = (dup: boolean) => ({
        digest: batch.digest,
        dup,
        refused: [],
        time: new Date(now()).toISOString(),
      });
      let answer = await ask('PUT', batch, signal);
      if (answer.status === 401) answer = await ask('PUT', batch, signal);
      if (answer.status === 201 || answer.status === 200) return ack(false);
      // A project may forbid a second file of the same name, which is what a batch that came already has.
      if (answer.status === 400 || answer.status === 403 || answer.status === 409) {
        const there = await ask('GET', batch, signal);
        if (there.status === 200 && there.body.equals(batch.gzip)) return ack(true);
      }
      const error = errorOf(name, answer, now());
      // A project that is not found is one that the token may not see.
      if (answer.status !== 404) throw error;
      throw new DeliveryError(
        'unauthorized',
        `${error.message}; a job token reaches its own project, and others that name it in their job token allowlist`,
      );
    },
  };
}

/** `key` ends with `dt=DATE/ISSUER/JOB/FILE`. */
function placeOf(api: string, project: string, { key }: SealedBatch): URL {
  const date = /\/dt=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1] ?? '0';
  const file = key.slice(key.lastIndexOf('/') + 1);
  return new URL(
    `${api}/projects/${encodeURIComponent(project)}/packages/generic/${PACKAGE}/${date}/${file}`,
  );
}
