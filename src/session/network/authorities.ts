import { X509Certificate } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { AuthorityFiles, Config } from '../../config/types.ts';
import { machineAuthorities } from '../../platform/machine-authorities.ts';
import type { Target } from './host-name.ts';
import { HostSet } from './host-set.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Certificate authorities beside those of the machine. */
export interface Authorities {
  /** PEM certificates that `proxy.ca` has for a host. */
  forHost(target: Target): readonly string[];
  /** Whether there are any at all. */
  readonly any: boolean;
  /** Everything that is to be believed by children, as PEM: what the machine and the job believe, and `proxy.ca`. */
  bundle(jobFiles: readonly string[]): Promise<string>;
}

export interface AuthoritiesRequest {
  readonly ca: Config['proxy']['ca'];
  readonly workspace: string;
  /** Files inside the repository, where those of the checkout do not count. */
  readonly files: AuthorityFiles | undefined;
  readonly env: Env;
  readonly warn: (line: string) => void;
}

/** Larger than any bundle of authorities, bytes. */
const MAX_FILE = 4 * 1024 * 1024;

/** Where go finds the authorities of a Linux system: the first of these that exists. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Reads the files of `proxy.ca`. One that cannot be read is a warning: the connection that needs it will fail. */
export async function readAuthorities(request: AuthoritiesRequest): Promise<Authorities> {
  const entries = await Promise.all(
    request.ca.map(async ({ hosts, file }, index) => {
      const set = new HostSet();
      for (const host of hosts) set.add(host);
      return { hosts: set, certificates: await certificatesOf(file, index, request) };
    }),
  );
  entries.push(...(await ofServer(request)));
  return {
    any: entries.some(({ certificates }) => certificates.length > 0),
    forHost: target => entries.flatMap(({ hosts, certificates }) => (hosts.has(target) ? certificates : [])),
    bundle: async jobFiles => {
      const named = [request.env.SSL_CERT_FILE, request.env.GIT_SSL_CAINFO, request.env.NODE_EXTRA_CA_CERTS];
      const files = [...named, ...jobFiles].filter(file => file !== undefined && file !== '') as string[];
      const texts = await Promise.all(files.map(file => readPem(file).catch(() => '')));
      const all = [
        ...(await ofMachine()),
        ...texts.flatMap(splitPem),
        ...entries.flatMap(e => e.certificates),
      ];
      return `${[...new Set(all.map(pem => pem.trim()))].join('\n')}\n`;
    },
  };
}

/** A GitLab runner that has been told the authority of its server tells it to its jobs, too. */
async function ofServer({
  env: { CI_SERVER_TLS_CA_FILE: file, CI_SERVER_URL: url },
  warn,
}: AuthoritiesRequest) {
  if (!file || !url) return [];
  const hosts = new HostSet();
  hosts.addUrl(url);
  try {
    return [{ hosts, certificates: await certificatesIn(file) }];
  } catch (error) {
    warn(
      `CI_SERVER_TLS_CA_FILE: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
    return [];
  }
}

/** Writes the bundle for children into the session directory; the path of the file. */
export async function writeBundle(sessionDir: string, text: string): Promise<string> {
  const file = join(sessionDir, 'authorities.pem');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function certificatesOf(
  file: string,
  index: number,
  { workspace, files, warn }: AuthoritiesRequest,
): Promise<string[]> {
  const where = `proxy.ca[${index}]: ${file}`;
  const next = 'next: name a PEM file with certificates, relative to the root of the repository';
  try {
    const text =
      isAbsolute(file) || files === undefined
        ? await readPem(resolve(workspace, file))
        : (files[file] ?? fail('the target branch has no such file'));
    const found = splitPem(text);
    if (found.length === 0) warn(`${where} has no certificate in it; ${next}`);
    for (const pem of found) checkCertificate(pem, where, warn);
    return found;
  } catch (error) {
    warn(`${where} cannot be read (${error instanceof Error ? error.message : String(error)}); ${next}`);
    return [];
  }
}

function checkCertificate(pem: string, where: string, warn: (line: string) => void): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    warn(`${where} has a certificate that cannot be read, and that no program will believe`);
    return;
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    warn(`${where} has a certificate that ended on ${certificate.validTo}`);
  }
}

/** The certificates of a PEM file. Rejects with the error of the system. */
export async function certificatesIn(file: string): Promise<string[]> {
  return splitPem(await readPem(file));
}

async function readPem(file: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream(file, { end: MAX_FILE })) parts.push(part as Buffer);
  const bytes = Buffer.concat(parts);
  if (bytes.length > MAX_FILE) throw new Error(`it has more than ${MAX_FILE / 1024 / 1024} MiB`);
  return bytes.toString();
}

function fail(message: string): never {
  throw new Error(message);
}

/** The certificates of a PEM text, each with its lines; whatever else stands there, keys too, is left out. */
export function splitPem(text: string): string[] {
  return (
    text.match(
      /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END (?:TRUSTED )?CERTIFICATE-----/g,
    ) ?? []
  );
}

async function ofMachine(): Promise<string[]> {
  const known = machineAuthorities();
  for (const file of SYSTEM_FILES) {
    const found = splitPem(await readPem(file).catch(() => ''));
    if (found.length > 0) return [...known, ...found];
  }
  return known;
}
