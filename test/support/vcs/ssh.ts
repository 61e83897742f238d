import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { gitPrograms } from '../git-server.ts';
import { runOk } from '../process.ts';
import { type TempDir, tempDir } from '../temp.ts';
import type { Repositories } from './repositories.ts';

/** A key pair of a user; `privateKey` in OpenSSH's own form. */
export interface SshKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** An ssh server on loopback that runs the real git-upload-pack for the keys it knows. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** Users, keys and commands that came, refused ones too. */
  readonly seen: readonly string[];
  /**
   * Lets a key read projects: paths, or groups with a final slash. A server that knows no key refuses everybody at
   * the door; a key without the project is told that there is no such project.
   */
  allow(publicKey: string, projects: readonly string[]): void;
  /**
   * What a job's GIT_SSH_COMMAND has to be: the machine's own ssh, with settings by which `host` is this server and its
   * host key is known. Nobody's ~/.ssh is read.
   */
  command(host: string): Promise<string>;
}

const TUNNEL = (port: number) =>
  `const s=require('net').connect(${port},'127.0.0.1');process.stdin.pipe(s).pipe(process.stdout)`;

export function newSshKey(): SshKey {
  // One key in two hundred of the library's making is one that it cannot read itself.
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return { privateKey, publicKey };
  }
}

export async function startSshServer(repositories: Repositories): Promise<SshServer> {
  const dir = await tempDir('ssh');
  const hostKey = newSshKey();
  const seen: string[] = [];
  const allowed = new Map<string, readonly string[]>();
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, client => {
    connections.add(client);
    let key = '';
    client.on('error', () => {});
    client.on('close', () => connections.delete(client));
    client.on('authentication', (context: AuthContext) => {
      seen.push(`${context.username} ${context.method}`);
      if (context.method !== 'publickey') return context.reject(['publickey']);
      key = context.key.data.toString('base64');
      const known = allowed.has(key) ? ssh2.utils.parseKey(`${context.key.algo} ${key}`) : undefined;
      if (known === undefined || known instanceof Error) return context.reject(['publickey']);
      const { signature, blob, hashAlgo } = context;
      if (signature === undefined || blob === undefined) return context.accept();
      if (known.verify(blob, signature, hashAlgo) === true) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', accept => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        seen.push(command);
        const stream = acceptExec();
        const project = /^git[ -]upload-pack '\/?(.+?)(?:\.git)?\/?'$/.exec(command)?.[1];
        const mine = allowed.get(key) ?? [];
        if (
          project === undefined ||
          !mine.some(one => (one.endsWith('/') ? project.startsWith(one) : project === one))
        ) {
          stream.stderr.write(
            "remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.\n",
          );
          stream.exit(1);
          stream.end();
          return;
        }
        const child = spawn(path.join(gitPrograms(), 'git-upload-pack'), [repositories.dir(project)], {
          stdio: ['pipe', 'pipe', 'pipe'],
        });
        child.stdin.on('error', () => {});
        stream.pipe(child.stdin);
        child.stdout.pipe(stream, { end: false });
        child.stderr.pipe(stream.stderr, { end: false });
        child.on('close', code => {
          stream.exit(code ?? 1);
          stream.end();
        });
      });
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    seen,
    allow: (publicKey, projects) => {
      allowed.set(publicKey.split(' ')[1] ?? '', projects);
    },
    command: async host => {
      const knownHosts = dir.join('known_hosts');
      const file = dir.join(`config-${host}`);
      await writeFile(knownHosts, `${host} ${hostKey.publicKey.split(' ').slice(0, 2).join(' ')}\n`);
      const settings = [
        `Host ${host}`,
        // The name stays what it is, and so do ssh's own words about it.
        `ProxyCommand "${process.execPath}" -e "${TUNNEL(port)}"`,
        `UserKnownHostsFile ${knownHosts}`,
        'GlobalKnownHostsFile none',
        'IdentityFile none',
        'StrictHostKeyChecking yes',
        'BatchMode yes',
      ];
      await writeFile(file, `${settings.join('\n')}\n`);
      return `ssh -F ${file}`;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of connections) client.end();
      await new Promise<void>(resolve => server.close(() => resolve()));
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** The machine's own ssh-agent. */
export interface SshAgent extends AsyncDisposable {
  /** For SSH_AUTH_SOCK. */
  readonly socket: string;
  add(key: SshKey): Promise<void>;
}

export async function startSshAgent(): Promise<SshAgent> {
  const dir: TempDir = await tempDir('agent');
  const socket = dir.join('s');
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  // It says where it listens once it does.
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('no ssh-agent'))),
  ]);
  return {
    socket,
    add: async key => {
      const file = dir.join('key');
      await writeFile(file, key.privateKey, { mode: 0o600 });
      await runOk('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      await rm(file);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
      await dir[Symbol.asyncDispose]();
    },
  };
}
