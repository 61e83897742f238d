import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketUrlProblem, isBucketUrl, parseBucketUrl } from '../../src/config/bucket-url.ts';

const good: readonly (readonly [string, object])[] = [
  ['s3://bkt', { bucket: 'bkt', prefix: '', readOnly: false, location: 's3://bkt' }],
  ['s3://bkt/', { bucket: 'bkt', prefix: '', location: 's3://bkt' }],
  ['S3://my.bucket-1/a/b/', { bucket: 'my.bucket-1', prefix: 'a/b', location: 's3://my.bucket-1/a/b' }],
  ['s3://bkt/p?region=eu-central-1', { region: 'eu-central-1', location: 's3://bkt/p' }],
  [
    's3://bkt/p?endpoint=https://minio.example.com:9000/&path-style=0',
    { endpoint: 'https://minio.example.com:9000', pathStyle: false },
  ],
  ['s3://bkt/p?endpoint=https%3A%2F%2Fminio.example.com', { endpoint: 'https://minio.example.com' }],
  ['s3://bkt/p?endpoint=minio.example.com', { endpoint: 'https://minio.example.com' }],
  ['s3://bkt/p?endpoint=http://127.0.0.1:7480', { endpoint: 'http://127.0.0.1:7480' }],
  ['s3://bkt/p?endpoint=http://[::1]:7480', { endpoint: 'http://[::1]:7480' }],
  ['s3://bkt/p?endpoint=http://minio:9000&insecure=1', { endpoint: 'http://minio:9000' }],
  ['s3://bkt/p?mode=read', { readOnly: true }],
  ['s3://bkt/p?mode=write&region=x', { readOnly: false, region: 'x' }],
];

const bad: readonly (readonly [string, RegExp])[] = [
  ['', /is not the URL of a bucket/],
  ['s3:bkt', /is not the URL of a bucket/],
  ['s3:/bkt/p', /is not the URL of a bucket/],
  ['s3://', /names no bucket/],
  ['s3:///p', /names no bucket/],
  ['s3://Bkt/p', /there cannot be/],
  ['s3://bk', /there cannot be/],
  ['s3://b..t/p', /there cannot be/],
  ['s3://192.168.1.1/p', /there cannot be/],
  [`s3://${'b'.repeat(64)}/p`, /there cannot be/],
  ['s3://key:secret@bkt/p', /has credentials in it/],
  ['s3://bkt/a//b', /empty part/],
  ['s3://bkt//', /empty part/],
  ['s3://bkt/../x', /other characters/],
  ['s3://bkt/./x', /other characters/],
  ['s3://bkt/a%2fb', /other characters/],
  ['s3://bkt/a\\b', /other characters/],
  ['s3://bkt/ü', /other characters/],
  ['s3://bkt/a b', /a space or a control character/],
  ['s3://bkt/a\nb', /a space or a control character/],
  [`s3://bkt/${'p/'.repeat(200)}`, /more than 256/],
  ['s3://bkt/p#x', /is not the URL of a bucket/],
  ['s3://bkt/p?regoin=x', /regoin that this version does not know; did you mean region\?/],
  ['s3://bkt/p?pathstyle=1', /did you mean path-style\?/],
  ['s3://bkt/p?zzz=1', /there are region, endpoint/],
  ['s3://bkt/p?region=x&region=y', /region twice/],
  ['s3://bkt/p?region', /no value that can be read for the parameter region/],
  ['s3://bkt/p?region=%', /no value that can be read/],
  ['s3://bkt/p?region=a%0ab', /no value that can be read/],
  ['s3://bkt/p?region=a/b', /region that there cannot be/],
  ['s3://bkt/p?path-style=maybe', /neither 1 nor 0/],
  ['s3://bkt/p?insecure=maybe', /neither 1 nor 0/],
  ['s3://bkt/p?mode=append', /neither read nor write/],
  ['s3://bkt/p?endpoint=ftp://x', /no URL/],
  ['s3://bkt/p?endpoint=https://', /no URL/],
  ['s3://bkt/p?endpoint=http://minio:9000', /plain http/],
  ['s3://bkt/p?endpoint=http://127.0.0.1.example.com', /plain http/],
  ['s3://bkt/p?endpoint=https://u:p@x', /credentials in its endpoint/],
  ['s3://bkt/p?endpoint=https://x%3Fa=b', /query or a fragment/],
];

describe('the URL of a bucket', () => {
  it.each(good)('%s', (text, parts) => {
    expect(parseBucketUrl(text)).toMatchObject(parts);
    expect(bucketUrlProblem(text)).toBeUndefined();
  });

  it.each(bad)('%j is refused', (text, why) => {
    expect(bucketUrlProblem(text)).toMatch(why);
  });

  it.each([
    ['s3://bkt/p?secret-key=hunter2hunter2', /credentials among its parameters/],
    ['s3://bkt/p?aws_session_token=hunter2hunter2', /credentials among its parameters/],
    ['s3://bkt/p?hunter2hunter2hunter2hunter2hunter2hunter2=1', /does not know/],
    ['s3://hunter2hunter2:hunter2@bkt/p', /has credentials/],
    ['s3://bkt/p?endpoint=https://hunter2:hunter2@x', /has credentials/],
  ])('%s is refused without repeating it', (text, why) => {
    expect(bucketUrlProblem(text)).toMatch(why);
    expect(bucketUrlProblem(text)).not.toContain('hunter2');
  });

  it('is one by its scheme alone', () => {
    expect(['s3://x', 'S3:x', './s3:', 'https://s3.example.com', 's3'].map(isBucketUrl)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('either names a place that can be named again, or says in printable words why not', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'bkt',
        '/',
        'p',
        '..',
        '?',
        '&',
        'region=',
        'endpoint=',
        'https://x',
        '@',
        '%',
        '%00',
        '#',
      ),
      fc.string({ maxLength: 4 }),
      fc.constantFrom('\0', '\u202e', 'é'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), pieces => {
        const read = parseBucketUrl(`s3://${pieces.join('')}`);
        if (typeof read === 'string') {
          expect(read).toMatch(/^[\x20-\x7e]+$/);
        } else {
          expect(read.location).toMatch(/^s3:\/\/[\x21-\x7e]+$/);
          expect(parseBucketUrl(read.location)).toMatchObject({ bucket: read.bucket, prefix: read.prefix });
        }
      }),
    );
  });
});
