import type { Policy } from '../../config/policy.ts';
import type { ProxyError } from '../../proxy/errors.ts';
import type { FailedChild } from '../../proxy/upstream/direct.ts';
import type { NetworkGate } from '../../proxy/upstream/http.ts';
import type { ChildPart, ChildSource, GitSetting } from '../fetch/children.ts';
import { Accepted } from '../policy/accepted.ts';
import { loadEngine } from '../policy/engine.ts';
import type { DaemonRequest } from '../types.ts';
import { readAuthorities, writeBundle } from './authorities.ts';
import { gitThrough, proxyVariables, sshEnvironment, unverified } from './child-variables.ts';
import { environmentProxies, type ProxyFor } from './company-proxy.ts';
import { configuredHosts } from './configured-hosts.ts';
import { explainTroubles } from './explain.ts';
import type { Filter } from './filter.ts';
import { upstreamGate } from './gate.ts';
import { hostLists } from './host-lists.ts';
import type { Target } from './host-name.ts';
import { HostRules } from './host-rules.ts';
import { HostSet } from './host-set.ts';
import { JobGit } from './job-git.ts';
import type { Pass } from './passes.ts';
import { addressesFor, RefusedHost, type Resolve, sharedResolve, systemResolve } from './resolve.ts';

/** What a session may reach, and how. */
export interface Network {
  /** For the client of the upstreams. */
  readonly gate: NetworkGate;
  /** What children get: the filter as their proxy, the authorities, the gate before ssh. */
  readonly child: ChildSource;
  /** Why a child failed, where the filter knows. */
  explain(failed: FailedChild): ProxyError | undefined;
  close(): Promise<void>;
}

export interface NetworkDeps {
  readonly request: Pick<
    DaemonRequest,
    'config' | 'go' | 'env' | 'gitEnv' | 'sessionDir' | 'workspace' | 'authorityFiles' | 'accepted'
  >;
  readonly policy: Policy;
  /** URLs of the upstream chain. */
  readonly upstreams: readonly string[];
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly resolve?: Resolve;
  /** Settings of git that later steps of the job handed over. */
  readonly handedGit?: () => readonly GitSetting[];
}

/** Longest wait for the addresses of a host that ssh is to reach, ms; ssh looks it up again itself. */
const SSH_LOOKUP_MS = 5_000;

/** Puts the rules together. The filter itself starts with the first child. */
export async function openNetwork(deps: NetworkDeps): Promise<Network> {
  const { request, policy, upstreams, log, warn } = deps;
  const { config, go, gitEnv } = request;
  const env = { ...request.env, ...gitEnv };
  const told = (line: string) => log(`network: ${line}`);
  const resolve = sharedResolve(deps.resolve ?? systemResolve);
  const [lists, authorities] = await Promise.all([
    hostLists(policy),
    readAuthorities({
      ca: config.proxy.ca,
      workspace: request.workspace,
      files: request.authorityFiles,
      env,
      warn,
    }),
  ]);
  const accepted = lists.any
    ? new Accepted(await loadEngine(), policy, new Date(), request.accepted ?? [])
    : undefined;
  const git = new JobGit(env, request.sessionDir, deps.handedGit);
  const rules = new HostRules({
    configured: configuredHosts({ config, go, env, upstreams }),
    lists: lists.word,
    alsoConfigured: target => git.latest?.leadsTo.has(target) === true,
  });
  const sshHosts = new HostSet();
  for (const host of config.proxy.ssh) sshHosts.add(host);

  const isExcused = (target: Target, { module }: Pass) =>
    module.split('/', 1)[0] === target.host && accepted?.has({ rule: 'host/not-allowed', module }) === true;
  const judgeSsh = async (target: Target) => {
    const judged = rules.ssh(target, { listed: sshHosts, listsHosts: lists.any });
    if (judged.state === 'refused' || judged.reach === 'any-address') return judged;
    try {
      await addressesFor(target, 'internet', resolve, SSH_LOOKUP_MS);
    } catch (error) {
      if (error instanceof RefusedHost) return { state: 'refused', refusal: error.refusal } as const;
      // ssh knows names of its own, from its configuration.
    }
    return judged;
  };

  const ofEnvironment = environmentProxies(env);
  const proxyFor: ProxyFor = (scheme, target) => {
    const own = git.latest?.proxyFor(target);
    return own === undefined ? ofEnvironment(scheme, target) : own.proxy;
  };
  const bundle = () => authorities.bundle(git.latest?.caFiles ?? []);
  let filter: Promise<Filter> | undefined;
  let started: Filter | undefined;
  const start = async (): Promise<Filter> => {
    const { startFilter } = await import('./filter.ts');
    const ca = async () => [await bundle()];
    started = await startFilter({
      judge: (target, pass) => rules.origin(target, isExcused(target, pass)),
      judgeSsh,
      resolve,
      proxyFor,
      ca,
      log: told,
    });
    return started;
  };

  let bundleFile: Promise<string> | undefined;
  let warned = false;
  const child = async (module: string): Promise<ChildPart> => {
    filter ??= start();
    const [found, through] = await Promise.all([git.read(), filter]);
    if (!warned) {
      warned = true;
      const off = unverified(env, go?.GOINSECURE ?? '', found);
      if (off.length > 0) {
        warn(
          `the job switches the verification of servers off (${off.join(', ')}): modgate leaves that as it is for version control. Name the authority of the company under proxy.ca instead`,
        );
      }
    }
    const url = through.urlFor(through.open(module));
    if (authorities.any) bundleFile ??= bundle().then(text => writeBundle(request.sessionDir, text));
    const file = await bundleFile;
    return {
      env: {
        ...proxyVariables(url),
        ...(file === undefined ? {} : { SSL_CERT_FILE: file, GIT_SSL_CAINFO: file }),
        ...sshEnvironment(env, found.sshVariant, url),
      },
      git: gitThrough(url, found, file),
    };
  };
  return {
    gate: upstreamGate({ rules, authorities, resolve, log: told }),
    child,
    explain: ({ what, env: given }) => {
      const pass = started?.passOf(given.HTTPS_PROXY ?? '');
      return pass === undefined ? undefined : explainTroubles(what, pass);
    },
    close: async () => (await filter?.catch(() => undefined))?.close(),
  };
}
