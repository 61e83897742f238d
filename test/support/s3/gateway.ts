import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { type TempDir, tempDir } from '../temp.ts';
import { tool } from '../tools.ts';

/** Who asks: may do everything, may read and list, or nothing. */
export type Who = 'owner' | 'reader' | 'stranger';

/** A real object service of this process (versitygw over a directory), with one bucket. */
export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  readonly bucket: string;
  /** Directory of the bucket: an object is the file with its key as path. */
  readonly dir: string;
  readonly pid: number;
  /** The environment of a job that is one of these. */
  env(who?: Who): Readonly<Record<string, string>>;
  /** `s3://bucket/prefix?endpoint=…`; `endpoint` is another one before this, such as that of faults. */
  url(prefix: string, endpoint?: string): string;
  /** A prefix that no other test of this process has. */
  prefix(name?: string): string;
  /** The SDK as it is, for what tests do beside the client that they test. */
  client(who?: Who): S3Client;
}

const BUCKET = 'modgate-test';
const REGION = 'us-east-1';
const UP_MS = 20_000;

/**
 * Starts one in about 200 ms: share it in a test file, and give each test a prefix. Rejects when it is not installed.
 * @param posix options of the service's backend
 */
export async function startGateway(posix: readonly string[] = []): Promise<Gateway> {
  const dir = await tempDir('s3');
  const started: ChildProcess[] = [];
  const clients = new Set<S3Client>();
  const killAtExit = () => started.forEach(child => void child.kill('SIGKILL'));
  process.on('exit', killAtExit);
  const close = async () => {
    process.off('exit', killAtExit);
    for (const client of clients) client.destroy();
    for (const child of started) await ended(child);
    await dir[Symbol.asyncDispose]();
  };
  try {
    const secrets: Record<Who, string> = { owner: secret(), reader: secret(), stranger: secret() };
    await Promise.all(['root', 'iam', 'sidecar'].map(name => mkdir(dir.join(name))));
    await writeFile(dir.join('iam', 'users.json'), JSON.stringify({ accessAccounts: accounts(secrets) }));
    const { child, port } = await startProcess(dir, secrets.owner, posix);
    started.push(child);
    const endpoint = `http://127.0.0.1:${port}`;
    const client = (who: Who = 'owner') => {
      const credentials = { accessKeyId: who, secretAccessKey: secrets[who] };
      const made = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials });
      clients.add(made);
      return made;
    };
    const owner = client();
    await owner.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await owner.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: readPolicy() }));
    let prefixes = 0;
    return {
      endpoint,
      port,
      bucket: BUCKET,
      dir: dir.join('root', BUCKET),
      pid: child.pid ?? 0,
      env: (who = 'owner') => ({
        AWS_ACCESS_KEY_ID: who,
        AWS_SECRET_ACCESS_KEY: secrets[who],
        AWS_REGION: REGION,
        AWS_EC2_METADATA_DISABLED: 'true',
      }),
      url: (prefix, at = endpoint) => `s3://${BUCKET}/${prefix}?region=${REGION}&endpoint=${at}`,
      prefix: (name = 'p') => `${name}-${++prefixes}`,
      client,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startProcess(
  dir: TempDir,
  rootSecret: string,
  posix: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const program = await tool('versitygw');
  const failures: string[] = [];
  // A file system without extended attributes needs the sidecar; a port can be taken by somebody else meanwhile.
  for (const more of [[], ['--sidecar', dir.join('sidecar')], ['--sidecar', dir.join('sidecar')]]) {
    const port = await freePort();
    const child = spawn(
      program,
      [
        '--port',
        `127.0.0.1:${port}`,
        '--iam-dir',
        dir.join('iam'),
        '--region',
        REGION,
        '--keep-alive',
        '--quiet',
        'posix',
        ...posix,
        ...more,
        dir.join('root'),
      ],
      {
        cwd: dir.path,
        env: {
          PATH: process.env.PATH,
          ROOT_ACCESS_KEY_ID: 'owner',
          ROOT_SECRET_ACCESS_KEY: rootSecret,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
      });
    }
    child.on('error', error => {
      said += error.message;
    });
    if (await isUp(port, child)) return { child, port };
    await ended(child);
    failures.push(said);
  }
  throw new Error(`versitygw does not start:\n${failures.join('\n')}`);
}

async function isUp(port: number, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + UP_MS;
  while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.headers.get('server') === 'VERSITYGW') return child.exitCode === null;
    await sleep(20);
  }
  return false;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise(resolve => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

function secret(): string {
  return randomBytes(20).toString('hex');
}

function accounts(secrets: Readonly<Record<Who, string>>): object {
  const users = ['reader', 'stranger'] as const;
  return Object.fromEntries(
    users.map(access => [
      access,
      { access, secret: secrets[access], role: 'user', userID: 0, groupID: 0, projectID: 0 },
    ]),
  );
}

function readPolicy(): string {
  const Resource = [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`];
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: ['reader'] }, Action: ['s3:GetObject', 's3:ListBucket'], Resource },
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

/** Where an object lies on the disk, for tests that damage it behind the service's back. */
export function objectFile(gateway: Gateway, prefix: string, key: string): string {
  return path.join(gateway.dir, ...`${prefix}/${key}`.split('/'));
}
