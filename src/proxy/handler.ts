import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestRecord } from '../audit/journal-record.ts';
import { TOOLCHAIN } from '../gomod/toolchain.ts';
import type { FileKind, ModVer } from '../store/types.ts';
import { Choice } from './choice.ts';
import { ProxyError, statusOf } from './errors.ts';
import type { FileAnswer } from './file-answer.ts';
import type { ModuleFiles } from './module-files.ts';
import { refused } from './refusal.ts';
import { type ProxyRequest, parseRequest } from './request.ts';
import { FileGone, sendError, sendFile, sendText } from './respond.ts';
import type { SumDbService } from './sumdb.ts';
import type { Journal, Verdict, VerdictFn } from './types.ts';
import type { Versions } from './versions.ts';

/** Everything the handler serves from. */
export interface HandlerDeps {
  readonly files: ModuleFiles;
  readonly versions: Versions;
  /** Undefined when GOSUMDB is off or its key is not known. */
  readonly sumdb: SumDbService | undefined;
  readonly verdict: VerdictFn;
  /** Whether a go.sum of the job has the go.mod of a version: then go has chosen it before. */
  readonly isListed?: (module: string, version: string) => boolean;
  /** Who requires a module, from the main module on, where go.mod files tell it. Never rejects. */
  readonly requiredBy?: (module: string, version: string) => Promise<string | undefined>;
  readonly journal: Journal;
  /** Takes secrets out of what is answered with words. */
  readonly redact: (text: string) => string;
  /** Told of every module request, so that prefetch can follow what the job really builds. */
  readonly onAsked?: (module: string, version: string) => void;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Bound on what is remembered to say it once. */
const MAX_WARNED = 10_000;
/** No module graph is larger. */
const MAX_GRAPH = 100_000;

interface Service extends HandlerDeps {
  readonly choice: Choice;
  /** Whether go has this version in its module graph, as far as can be seen from here. */
  readonly isInGraph: (module: string, version: string) => boolean;
  readonly onServed: (file: {
    readonly op: string;
    readonly module: string;
    readonly version: string;
  }) => void;
}

type Facts = Omit<
  RequestRecord,
  'seq' | 't' | 'mono_ns' | 'kind' | 'op' | 'bytes' | 'ms' | 'status' | 'decision'
> & {
  readonly bytes: number;
  readonly status: number;
};

/**
 * The GOPROXY protocol below the secret. Every URL the server knows is decided here:
 * `M/@v/list`, `M/@latest`, `M/@v/V.{info,mod,zip}`, `sumdb/N/{supported,latest,lookup/..,tile/..}`.
 */
export function createHandler(deps: HandlerDeps) {
  const choice = new Choice(deps);
  const graph = new Set<string>();
  const service: Service = {
    ...deps,
    choice,
    isInGraph: (module, version) =>
      graph.has(`${module}@${version}`) || deps.isListed?.(module, version) === true,
    onServed: ({ op, ...request }) => {
      if (op === 'mod' && graph.size < MAX_GRAPH) graph.add(`${request.module}@${request.version}`);
    },
  };
  const warned = new Set<string>();
  /** Once a module: a build asks for several files of each. */
  const warnOnce = (module: string, { rule, reason }: Extract<Verdict, { decision: 'warn' }>) => {
    if (warned.has(module) || warned.size >= MAX_WARNED) return;
    warned.add(module);
    deps.log(`policy: ${rule}: ${reason}`);
  };
  /** @param target what follows the secret in the URL, without query and leading slash */
  return async (req: IncomingMessage, res: ServerResponse, target: string): Promise<void> => {
    const began = deps.now();
    if (req.method !== 'GET') {
      res.writeHead(405, { Allow: 'GET', 'Content-Type': 'text/plain; charset=utf-8' });
      res.end('modgate: only GET is part of the module proxy protocol\n');
      return;
    }
    const parsed = parseRequest(target);
    if (!parsed.ok) {
      const bad = new ProxyError('bad-request', `not found: ${parsed.reason}`);
      await sendError(res, bad, deps.redact).catch(() => undefined);
      return;
    }
    const { request } = parsed;
    const record = (facts: Facts, decision: RequestRecord['decision']) => {
      deps.journal.append({
        op: opOf(request),
        ...subject(request),
        ...facts,
        decision,
        ms: Math.round(deps.now() - began),
      });
    };
    try {
      const { told, ...facts } = await answer(service, req, res, request);
      if (told?.decision !== 'warn') return record(facts, 'allow');
      const { rule, reason } = told;
      if (request.op !== 'sumdb') warnOnce(request.module, told);
      record({ ...facts, rule, reason }, 'warn');
    } catch (error) {
      if (res.headersSent) {
        // Broken mid-body: the socket is gone already, the client sees an unexpected EOF.
        res.destroy();
        if (!res.writableFinished) deps.log(`client left ${describe(request)}: ${words(error)}`);
        record({ status: res.statusCode, bytes: 0, reason: 'client left' }, 'allow');
        return;
      }
      const known = error instanceof ProxyError ? error : unexpected(error, request, deps.log);
      const bytes = await sendError(res, known, deps.redact).catch(() => 0);
      record(
        {
          status: statusOf(known.code),
          bytes,
          reason: known.reason,
          ...(known.rule === undefined ? {} : { rule: known.rule }),
          ...(known.upstream === undefined ? {} : { upstream: known.upstream }),
          ...(known.retries === 0 ? {} : { retries: known.retries }),
          // go tries every prefix of an import path; a 404 for one of them is no denial and no failure.
          ...(known.code === 'absent' && (request.op === 'list' || request.op === 'latest')
            ? { probe: true }
            : {}),
        },
        known.code === 'denied' || known.code === 'hash-changed' ? 'deny' : 'allow',
      );
    }
  };
}

/** Facts for the journal, and what the policy said of a module that it let through. */
async function answer(
  deps: Service,
  req: IncomingMessage,
  res: ServerResponse,
  request: ProxyRequest,
): Promise<Facts & { readonly told?: Verdict }> {
  if (request.op === 'sumdb') {
    if (deps.sumdb === undefined || deps.sumdb.name !== request.name) {
      throw new ProxyError('absent', `modgate does not proxy the checksum database ${request.name}`);
    }
    const bytes = await sendText(res, await deps.sumdb.serve(request.path));
    return { status: 200, bytes };
  }
  const { choice } = deps;
  const { module } = request;
  const version = 'version' in request ? request.version : '';
  deps.onAsked?.(module, version);
  if (request.op === 'mod' || request.op === 'zip' || (request.op === 'info' && request.canonical)) {
    // go build ignores a refused .info, so code is stopped at .zip and a choice of version where it is made. Of what
    // is in the graph `go list -m all` wants the .info, too, which chooses nothing.
    const what = request.op !== 'info' ? request.op : deps.isInGraph(module, version) ? 'mod' : 'choose';
    const told = await deps.verdict(module, version, what);
    if (told.decision === 'deny') {
      if (request.op === 'info') return await choice.refuseVersion(module, version, told);
      throw refused(told, await deps.requiredBy?.(module, version));
    }
    const { found, bytes } = await sendFound(deps.files, req, res, { path: module, version }, request.op);
    const { file } = found;
    deps.onServed({ op: request.op, module, version });
    return {
      told,
      status: res.statusCode,
      bytes,
      source: found.source,
      ...(found.upstream === undefined ? {} : { upstream: found.upstream }),
      ...(found.retries === 0 ? {} : { retries: found.retries }),
      ...(found.sumdb === undefined ? {} : { sumdb: found.sumdb }),
      ...(file.kind === 'zip'
        ? {
            ...(file.sha256 === undefined ? {} : { zip_sha256: file.sha256 }),
            ...(file.h1 === undefined ? {} : { h1: file.h1 }),
          }
        : {}),
      ...(file.kind === 'mod' && file.h1 !== undefined ? { gomod_h1: file.h1 } : {}),
    };
  }
  const text =
    request.op === 'list'
      ? await choice.list(module)
      : request.op === 'latest'
        ? await choice.latest(module)
        : await choice.query(module, version);
  const bytes = await sendText(res, text.bytes, request.op === 'list' ? undefined : 'application/json');
  return {
    status: 200,
    bytes,
    source: text.source,
    ...(text.upstream === undefined ? {} : { upstream: text.upstream }),
    ...(text.retries === 0 ? {} : { retries: text.retries }),
    ...(text.stale ? { stale: true } : {}),
  };
}

/** Times that a file is looked up which is gone again when it is to be read. */
const MAX_LOOKS = 3;

/** Looks a file up and sends it; one that the store loses in between is looked up, and fetched, again. */
async function sendFound(
  files: ModuleFiles,
  req: IncomingMessage,
  res: ServerResponse,
  mv: ModVer,
  kind: FileKind,
): Promise<{ readonly found: FileAnswer; readonly bytes: number }> {
  for (let look = 1; ; look++) {
    const found = await files.get(mv, kind);
    try {
      return { found, bytes: await sendFile(req, res, found.file) };
    } catch (error) {
      if (!(error instanceof FileGone) || look === MAX_LOOKS) throw error;
    }
  }
}

function opOf(request: ProxyRequest): RequestRecord['op'] {
  if (request.op === 'sumdb') return 'sumdb';
  return request.module === TOOLCHAIN && request.op === 'zip' ? 'toolchain' : request.op;
}

function subject(request: ProxyRequest): Pick<RequestRecord, 'module' | 'version' | 'query'> {
  if (request.op === 'sumdb') return { query: request.path };
  if (!('version' in request)) return { module: request.module };
  const { module, version } = request;
  return request.canonical ? { module, version } : { module, query: version };
}

function describe(request: ProxyRequest): string {
  if (request.op === 'sumdb') return `sumdb ${request.path}`;
  return 'version' in request
    ? `${request.module}@${request.version}.${request.op}`
    : `${request.module} ${request.op}`;
}

function unexpected(error: unknown, request: ProxyRequest, log: (line: string) => void): ProxyError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  log(
    `unexpected error on ${describe(request)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ProxyError(
      'disk',
      'modgate: the disk of the session directory is full\nnext: free space or set RUNNER_TEMP / TMPDIR to another disk',
      {
        cause: error,
      },
    );
  }
  return new ProxyError(
    'disk',
    `modgate: internal error: ${words(error)}\nnext: see daemon.log in the session directory`,
    {
      cause: error,
    },
  );
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
