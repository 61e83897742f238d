import { CredentialTrouble, NoCredentials } from './credentials.ts';
import { BucketError } from './errors.ts';
import { type Trouble, troubleOf } from './trouble.ts';

/** What was being done, for words and for the right that it takes. */
export interface Doing {
  /** Like `read` or `write`. */
  readonly verb: 'read' | 'write' | 'remove' | 'list';
  /** Relative to the prefix; undefined for the bucket as a whole. */
  readonly key?: string;
  /** IAM action, like `s3:GetObject`. */
  readonly action: string;
}

/** The place as messages name it. */
export interface Named {
  readonly location: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Host that requests go to. */
  readonly host: string;
  readonly region: string;
}

/** A failed call in words: what, where, why, and what to do next. */
export function explained(
  { code, status, reason, region }: Trouble,
  doing: Doing,
  named: Named,
  tired: string | undefined,
): BucketError {
  const { location } = named;
  const what = doing.key === undefined ? '' : ` ${shown(doing.key)}`;
  const told = reason === undefined ? (status === undefined ? '' : ` (${status})`) : ` (${reason})`;
  const [why, next] = wordsOf(
    { code, reason, region, status },
    doing,
    named,
    tired === undefined ? undefined : `the connection ${tired}`,
  );
  const message = `bucket ${location}: cannot ${doing.verb}${what}: ${why}${told}; ${next}`;
  return new BucketError(code, message, { location, key: doing.key, status, reason });
}

/** Why there are no credentials to sign with, in words; undefined for any other error. */
export function credentialError(
  error: unknown,
  { verb, key }: Doing,
  { location }: Named,
): BucketError | undefined {
  const start = `bucket ${location}: cannot ${verb}${key === undefined ? '' : ` ${shown(key)}`}: `;
  if (error instanceof NoCredentials) {
    const message = `${start}there are no AWS credentials in the environment of the job; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or AWS_PROFILE`;
    return new BucketError('credentials', message, { location, key });
  }
  if (!(error instanceof CredentialTrouble)) return undefined;
  const { code: kind, status, reason } = troubleOf(error.cause, undefined, 0);
  const told = `${reason === undefined ? (status === undefined ? '' : ` (${status})`) : ` (${reason})`}`;
  const about = { location, key, status, reason };
  const { source } = error;
  if (source === 'AWS_WEB_IDENTITY_TOKEN_FILE') {
    if (reason === 'ENOENT' || reason === 'EACCES') {
      const message = `${start}the file of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read${told}; let the job write the token of its forge into it`;
      return new BucketError('credentials', message, about);
    }
    if (status !== undefined) {
      const message = `${start}STS does not give credentials for AWS_ROLE_ARN${told}; check that the role trusts the forge's issuer, this repository and ref, and that the token has not ended`;
      return new BucketError(/^Expired/.test(reason ?? '') ? 'expired' : 'credentials', message, about);
    }
  }
  const message = `${start}the credentials of ${source} cannot be had${told}; check that they can be read or asked for from here`;
  return new BucketError(
    kind === 'unreachable' && status === undefined ? 'unreachable' : 'credentials',
    message,
    about,
  );
}

function wordsOf(
  { code, reason, region }: Pick<Trouble, 'code' | 'reason' | 'region' | 'status'>,
  { action }: Doing,
  named: Named,
  tired: string | undefined,
): readonly [string, string] {
  const { bucket, prefix, host } = named;
  switch (code) {
    case 'denied':
      return ['access denied', `give the credentials ${rightOf(action, bucket, prefix)}`];
    case 'credentials':
      return credentialWords(reason, host);
    case 'expired':
      return [
        'the credentials have ended',
        'let them live as long as the job (role-duration-seconds), or give a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN), which modgate renews',
      ];
    case 'no-bucket':
      return [`${host} has no bucket ${bucket}`, 'check the name, the region and the endpoint in the URL'];
    case 'wrong-region':
      return region === undefined
        ? [`the bucket is not in the region ${named.region}`, 'write its region into the URL: ?region=…']
        : [
            `the bucket is in the region ${region}, not in ${named.region}`,
            `write ?region=${region} into the URL`,
          ];
    case 'slow-down':
      return [
        `${host} asks for fewer requests, again and again`,
        'let fewer jobs run at a time, or use another prefix',
      ];
    case 'unreachable':
      return connectionWords(reason, host, tired);
    case 'invalid':
      return [`${host} does not accept the request`, 'check the URL of the bucket and the service behind it'];
    case 'changed':
      return ['it was replaced while it was read', 'try again'];
    default:
      return [`${host} failed`, 'see what the service says about its state, and try again'];
  }
}

function connectionWords(
  reason: string | undefined,
  host: string,
  tired: string | undefined,
): readonly [string, string] {
  if (tired !== undefined) return [`${host}: ${tired}`, 'check the network of this machine and the service'];
  if (reason !== undefined && /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA)/.test(reason)) {
    return [
      `nobody whom this machine trusts vouches for the certificate of ${host}`,
      "name the company's authority under proxy.ca",
    ];
  }
  if (reason !== undefined && /^(CERT_|ERR_TLS_)/.test(reason)) {
    return [`the certificate of ${host} does not hold for it, or not now`, 'have the service mend it'];
  }
  const next = 'check the endpoint and the region in the URL, the network of this machine and its proxies';
  return [`${host} cannot be reached`, next];
}

function credentialWords(reason: string | undefined, host: string): readonly [string, string] {
  if (reason === 'RequestTimeTooSkewed') {
    return [
      `the clock of this machine and that of ${host} are too far apart`,
      'set the clock of this machine',
    ];
  }
  if (reason === 'SignatureDoesNotMatch') {
    return [
      `${host} does not accept the signature`,
      'check AWS_SECRET_ACCESS_KEY, and whether a proxy changes requests on their way',
    ];
  }
  if (reason === 'InvalidAccessKeyId') {
    return [`${host} does not know the access key`, 'check AWS_ACCESS_KEY_ID and the endpoint in the URL'];
  }
  return [`${host} does not accept the credentials`, 'check them and the region in the URL'];
}

function rightOf(action: string, bucket: string, prefix: string): string {
  const objects = `arn:aws:s3:::${bucket}/${prefix === '' ? '' : `${prefix}/`}*`;
  const list = `s3:ListBucket on arn:aws:s3:::${bucket}`;
  if (action === 's3:ListBucket') return list;
  // Whoever may not list gets a 403 instead of a 404 for what is absent.
  if (action === 's3:GetObject')
    return `s3:GetObject on ${objects}, and ${list}, without which what is absent is denied, too`;
  return `${action} on ${objects}`;
}

/** A key in a message; keys of a listing are whatever somebody wrote there. */
function shown(key: string): string {
  const plain = key.replaceAll(/[^\x21-\x7e]/g, '?');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
