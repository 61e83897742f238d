import { type ApiAnswer, callService } from './api.ts';
import { failure, type Step } from './failure.ts';
import { type Fill, isKey, type Protocol, webAddress } from './protocol.ts';
import { refused, textField } from './refusal.ts';
import { type Service, within } from './service.ts';
import { partsOf, sendBody, sendParts } from './upload.ts';
import { cacheVersion } from './version.ts';

const CALLS = '/twirp/github.actions.results.api.v1.CacheService/';

/**
 * GitHub's service of today: Twirp calls for the names, signed URLs of a blob store for the bytes.
 * `base`: ACTIONS_RESULTS_URL; a path in it is dropped, as GitHub's own client does.
 */
export function createV2(service: Service, base: URL, token: string): Protocol {
  const version = cacheVersion();
  const call = async (
    step: Exclude<Step, 'download' | 'upload'>,
    method: string,
    message: object,
  ): Promise<ApiAnswer & { readonly ok: boolean }> => {
    const answer = await callService(service, step, {
      method: 'POST',
      url: new URL(CALLS + method, base),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    if (answer.status < 200 || answer.status > 299) throw refused(service, step, answer, base.host);
    const ok = okField(answer.json);
    if (ok === undefined) throw failure(step, 'bad-answer', 'an answer without ok', base.host);
    return { ...answer, status: 200, ok };
  };

  return {
    name: 'v2',
    async find(primary, prefixes) {
      const answer = await call('lookup', 'GetCacheEntryDownloadURL', {
        key: primary,
        restore_keys: prefixes,
        version,
      });
      if (!answer.ok) {
        const words = textField(answer.json, 'msg', 'message') ?? '';
        if (/denied/i.test(words)) throw refused(service, 'lookup', answer, base.host);
        return undefined;
      }
      // Servers written with Go's protojson answer in camel case, which GitHub's client takes as well.
      const url = webAddress(textField(answer.json, 'signed_download_url', 'signedDownloadUrl'));
      const key = textField(answer.json, 'matched_key', 'matchedKey');
      if (url === undefined || key === undefined || !isKey(key)) {
        throw failure('lookup', 'bad-answer', 'a hit without a key or an address', base.host);
      }
      return { key, url };
    },

    async reserve(key) {
      const answer = await call('reserve', 'CreateCacheEntry', { key, version });
      if (!answer.ok) throw refused(service, 'reserve', answer, base.host);
      const url = webAddress(textField(answer.json, 'signed_upload_url', 'signedUploadUrl'));
      if (url === undefined) {
        throw failure('reserve', 'bad-answer', 'a reservation without an address', base.host);
      }
      const fill: Fill = async (archive, size) => {
        await within(service, 'upload', url.host, service.limits.uploadMs, signal =>
          upload(service, url, { archive, size, signal }),
        );
        const done = await call('finish', 'FinalizeCacheEntryUpload', {
          key,
          version,
          size_bytes: String(size),
        });
        if (!done.ok) throw refused(service, 'finish', done, base.host);
      };
      return fill;
    },
  };
}

/** proto3 leaves a false field out of its JSON. */
function okField(json: unknown): boolean | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { ok = false } = json as { ok?: unknown };
  return typeof ok === 'boolean' ? ok : undefined;
}

interface Upload {
  readonly archive: Parameters<Fill>[0];
  readonly size: number;
  readonly signal: AbortSignal;
}

/** https://learn.microsoft.com/rest/api/storageservices/put-blob, put-block, put-block-list */
async function upload(service: Service, url: URL, { archive, size, signal }: Upload): Promise<void> {
  const whole = size <= service.limits.putBytes;
  const parts = partsOf(size, whole ? size : service.limits.blockBytes);
  await sendParts(service, archive, parts, signal, part => ({
    method: 'PUT',
    url: whole ? url : withQuery(url, `comp=block&blockid=${encodeURIComponent(blockId(part.index))}`),
    headers: {
      'content-length': String(part.end - part.start),
      'content-type': 'application/octet-stream',
      ...(whole ? { 'x-ms-blob-type': 'BlockBlob' } : {}),
    },
  }));
  if (whole) return;
  const list = parts.map(part => `<Latest>${blockId(part.index)}</Latest>`).join('');
  const request = {
    method: 'PUT' as const,
    url: withQuery(url, 'comp=blocklist'),
    headers: { 'content-type': 'application/xml' },
  };
  const xml = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
  await sendBody(service, request, signal, () => xml);
}

/** Ids of one blob have one length. */
function blockId(index: number): string {
  return Buffer.from(`modgate-${String(index).padStart(7, '0')}`).toString('base64');
}

/** Appends as text: the query is signed, and must not be written anew. */
function withQuery(url: URL, query: string): URL {
  const longer = new URL(url);
  longer.search = longer.search === '' ? query : `${longer.search}&${query}`;
  return longer;
}
