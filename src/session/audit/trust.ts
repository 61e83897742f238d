import type { Trust } from '../../audit/targets/trust.ts';
import { parseAuditStore } from '../../config/audit-store.ts';
import type { AuthorityFiles, Config } from '../../config/types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What decides whom to believe at a store. */
export interface TrustQuestion {
  /** As `audit.store` names it. */
  readonly store: string;
  readonly ca: Config['proxy']['ca'];
  readonly workspace: string;
  /** Files inside the repository, where those of the checkout do not count. */
  readonly files: AuthorityFiles | undefined;
  readonly env: Env;
}

/** Certificates, and why others that were named do not count. */
export interface StoreAuthorities {
  readonly pem: readonly string[];
  readonly troubles: readonly string[];
}

const NONE: StoreAuthorities = { pem: [], troubles: [] };

/** The https address of a store; undefined for one that shows no certificate. */
export function secureUrl(store: string, env: Env): URL | undefined {
  const parsed = parseAuditStore(store);
  if (typeof parsed === 'string') return undefined;
  const text =
    parsed.kind === 'collector' ? parsed.url : parsed.kind === 'gitlab-package' ? env.CI_API_V4_URL : '';
  if (!text || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' ? url : undefined;
}

/**
 * Who is believed at a store beside the authorities of the machine: `proxy.ca` and CI_SERVER_TLS_CA_FILE for its host,
 * SSL_CERT_FILE and NODE_EXTRA_CA_CERTS of the job. Reads no file where none of them is set. Never rejects.
 */
export async function storeAuthorities(question: TrustQuestion): Promise<StoreAuthorities> {
  const { store, ca, workspace, files, env } = question;
  const url = secureUrl(store, env);
  const bundles = [...new Set([env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS])].filter(file => Boolean(file));
  const named = ca.length > 0 || bundles.length > 0 || Boolean(env.CI_SERVER_TLS_CA_FILE);
  if (url === undefined || !named) return NONE;
  const [{ certificatesIn, readAuthorities }, { targetOf }] = await Promise.all([
    import('../network/authorities.ts'),
    import('../network/host-name.ts'),
  ]);
  const troubles: string[] = [];
  const target = targetOf(url);
  const [own, ...texts] = await Promise.all([
    readAuthorities({ ca, workspace, files, env, warn: line => troubles.push(line) }),
    ...bundles.map(file => certificatesIn(file as string).catch(() => [])),
  ]);
  const ofHost = target === undefined ? [] : own.forHost(target);
  return { pem: [...new Set([...ofHost, ...texts.flat()])], troubles };
}

/**
 * The trust of a delivery.
 * @param read asked once, when a request over TLS is about to leave; must not reject
 * @param env its proxies lead to the store
 */
export function trustOf(read: () => Promise<StoreAuthorities>, env: Env): Trust {
  let known: StoreAuthorities = NONE;
  let issuer: Promise<string | undefined> | undefined;
  return {
    authorities: async () => {
      known = await read();
      return known.pem;
    },
    issuerAt: url => {
      issuer ??= import('../network/issuer.ts').then(({ issuerAt }) => issuerAt(url, env));
      return issuer;
    },
    troubles: () => known.troubles,
  };
}
