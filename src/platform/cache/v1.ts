import { type ApiAnswer, callService } from './api.ts';
import { failure, type Step } from './failure.ts';
import { type Fill, isKey, type Protocol, webAddress } from './protocol.ts';
import { refused, textField } from './refusal.ts';
import { type Service, within } from './service.ts';
import type { CacheError } from './types.ts';
import { partsOf, sendParts } from './upload.ts';
import { cacheVersion } from './version.ts';

/**
 * The service of GitHub Enterprise Server, of act and of some vendors: REST for the names and, through the service
 * itself, for the bytes that go in. `base`: ACTIONS_CACHE_URL with its path, in which act has its token.
 */
export function createV1(service: Service, base: URL, token: string | undefined): Protocol {
  const version = cacheVersion();
  const headers = {
    accept: 'application/json;api-version=6.0-preview.1',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const json = { ...headers, 'content-type': 'application/json' };
  const resource = (name: string): URL => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/?$/, '/')}_apis/artifactcache/${name}`;
    return url;
  };

  /** For an answer with a good status that is not what the protocol says: some services refuse so. */
  const notMeant = (step: Step, answer: ApiAnswer, what: string): CacheError =>
    textField(answer.json, 'message') === undefined
      ? failure(step, 'bad-answer', what, base.host)
      : refused(service, step, answer, base.host);

  return {
    name: 'v1',
    async find(primary, prefixes) {
      const url = resource('cache');
      const keys = [...new Set([primary, ...prefixes])];
      url.search = `keys=${encodeURIComponent(keys.join(','))}&version=${version}`;
      const answer = await callService(service, 'lookup', { method: 'GET', url, headers });
      if (answer.status === 204) return undefined;
      if (answer.status < 200 || answer.status > 299) throw refused(service, 'lookup', answer, base.host);
      const location = webAddress(textField(answer.json, 'archiveLocation'));
      const key = textField(answer.json, 'cacheKey');
      if (location === undefined || key === undefined || !isKey(key)) {
        throw notMeant('lookup', answer, 'a hit without a key or an address');
      }
      return { key, url: location };
    },

    async reserve(key) {
      // No cacheSize: the archive is not made yet, and act refuses an entry that is not exactly of the size named.
      const body = JSON.stringify({ key, version });
      const url = resource('caches');
      const answer = await callService(service, 'reserve', { method: 'POST', url, headers: json, body });
      if (answer.status < 200 || answer.status > 299) throw refused(service, 'reserve', answer, base.host);
      const id = (answer.json as { cacheId?: unknown } | null | undefined)?.cacheId;
      if (!Number.isSafeInteger(id)) throw notMeant('reserve', answer, 'a reservation without an id');
      const entry = resource(`caches/${String(id)}`);
      const fill: Fill = async (archive, size) => {
        const parts = partsOf(size, service.limits.patchBytes);
        await within(service, 'upload', entry.host, service.limits.uploadMs, signal =>
          sendParts(service, archive, parts, signal, part => ({
            method: 'PATCH',
            url: entry,
            headers: {
              ...headers,
              'content-length': String(part.end - part.start),
              'content-type': 'application/octet-stream',
              'content-range': `bytes ${part.start}-${part.end - 1}/*`,
            },
          })),
        );
        const finish = JSON.stringify({ size });
        const done = await callService(service, 'finish', {
          method: 'POST',
          url: entry,
          headers: json,
          body: finish,
        });
        if (done.status < 200 || done.status > 299) throw refused(service, 'finish', done, base.host);
        const confirmed = done.json !== undefined && textField(done.json, 'message') === undefined;
        if (!confirmed) throw notMeant('finish', done, 'neither nothing nor JSON');
      };
      return fill;
    },
  };
}
