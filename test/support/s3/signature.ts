import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request as its signature covers it. */
export interface Signed {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

interface Authorization {
  readonly accessKeyId: string;
  /** `date/region/service/aws4_request`. */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Whether a request is signed (AWS Signature Version 4, in its header) with these keys. */
export function isSignedBy(keys: Keys, request: Signed): boolean {
  const found = authorizationOf(request.headers);
  if (found === undefined || found.accessKeyId !== keys.accessKeyId) return false;
  const expected = signatureOf(keys, found, request);
  return (
    expected.length === found.signature.length &&
    timingSafeEqual(Buffer.from(expected), Buffer.from(found.signature))
  );
}

/** The headers of a request as somebody else would have signed it, without a session's token. */
export function signedAnew(keys: Keys, request: Signed): IncomingHttpHeaders {
  const found = authorizationOf(request.headers);
  if (found === undefined) throw new Error('the request has no signature');
  const { 'x-amz-security-token': _, ...headers } = request.headers;
  const signedHeaders = found.signedHeaders.filter(name => name !== 'x-amz-security-token');
  const as = { ...found, accessKeyId: keys.accessKeyId, signedHeaders };
  const signature = signatureOf(keys, as, { ...request, headers });
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${found.scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

function authorizationOf({ authorization = '' }: IncomingHttpHeaders): Authorization | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/;
  const [, accessKeyId, scope, signedHeaders, signature] = pattern.exec(authorization) ?? [];
  if (accessKeyId === undefined || scope === undefined || signature === undefined) return undefined;
  return { accessKeyId, scope, signedHeaders: (signedHeaders ?? '').split(';'), signature };
}

function signatureOf(
  { secretAccessKey }: Keys,
  { scope, signedHeaders }: Authorization,
  request: Signed,
): string {
  const [path = '', query = ''] = request.url.split('?', 2);
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map(pair => (pair.includes('=') ? pair : `${pair}=`))
    .sort();
  const lines = signedHeaders.map(name => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [
    request.method,
    path,
    pairs.join('&'),
    lines.join(''),
    signedHeaders.join(';'),
    String(request.headers['x-amz-content-sha256'] ?? ''),
  ].join('\n');
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', String(request.headers['x-amz-date'] ?? ''), scope, hashed].join('\n');
  let key = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(toSign).digest('hex');
}
