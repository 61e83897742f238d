import type { IncomingMessage, ServerResponse } from 'node:http';
import { TOOLCHAIN } from '../gomod/toolchain.ts';
import { ProxyError, statusOf } from './errors.ts';
import type { ModuleFiles } from './module-files.ts';
import { type ProxyRequest, parseRequest } from './request.ts';
import { sendError, sendFile, sendText } from './respond.ts';
import type { SumDbService } from './sumdb.ts';
import type { Journal, JournalOp, RequestRecord, VerdictFn, VerdictWhat } from './types.ts';
import type { Versions } from './versions.ts';

/** Everything the handler serves from. */
export interface HandlerDeps {
  readonly files: ModuleFiles;
  readonly versions: Versions;
  /** Undefined when GOSUMDB is off or its key is not known. */
  readonly sumdb: SumDbService | undefined;
  readonly verdict: VerdictFn;
  readonly journal: Journal;
  /** Told of every module request, so that prefetch can follow what the job really builds. */
  readonly onAsked?: (module: string, version: string) => void;
  readonly now: () => number;
  readonly log: (line: string) => void;
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
      await sendError(res, new ProxyError('bad-request', `not found: ${parsed.reason}`)).catch(
        () => undefined,
      );
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
      record(await answer(deps, req, res, request), 'allow');
    } catch (error) {
      if (res.headersSent) {
        // Broken mid-body: the socket is gone already, the client sees an unexpected EOF.
        res.destroy();
        if (!res.writableFinished) deps.log(`client left ${describe(request)}: ${words(error)}`);
        record({ status: res.statusCode, bytes: 0, reason: 'client left' }, 'allow');
        return;
      }
      const known = error instanceof ProxyError ? error : unexpected(error, request, deps.log);
      const bytes = await sendError(res, known).catch(() => 0);
      record(
        {
          status: statusOf(known.code),
          bytes,
          reason: known.message.split('\n', 1)[0] ?? '',
          ...(known.rule === undefined ? {} : { rule: known.rule }),
          ...(known.upstream === undefined ? {} : { upstream: known.upstream }),
          ...(known.retries === 0 ? {} : { retries: known.retries }),
          // go tries every prefix of an import path; a 404 for one of them is no denial and no failure.
          ...(known.code === 'absent' && (request.op === 'list' || request.op === 'latest')
            ? { probe: true }
            : {}),
        },
        known.code === 'denied' ? 'deny' : 'allow',
      );
    }
  };
}

async function answer(
  deps: HandlerDeps,
  req: IncomingMessage,
  res: ServerResponse,
  request: ProxyRequest,
): Promise<Facts> {
  if (request.op === 'sumdb') {
    if (deps.sumdb === undefined || deps.sumdb.name !== request.name) {
      throw new ProxyError('absent', `modgate does not proxy the checksum database ${request.name}`);
    }
    const bytes = await sendText(res, await deps.sumdb.serve(request.path));
    return { status: 200, bytes };
  }
  const version = 'version' in request ? request.version : '';
  deps.onAsked?.(request.module, version);
  await judge(deps.verdict, request);
  if (request.op === 'mod' || request.op === 'zip' || (request.op === 'info' && request.canonical)) {
    const found = await deps.files.get({ path: request.module, version }, request.op);
    const { file } = found;
    const bytes = await sendFile(req, res, file);
    return {
      status: res.statusCode,
      bytes,
      source: found.source,
      ...(found.upstream === undefined ? {} : { upstream: found.upstream }),
      ...(found.retries === 0 ? {} : { retries: found.retries }),
      ...(found.sumdb === undefined ? {} : { sumdb: found.sumdb }),
      ...(file.kind === 'zip'
        ? { zip_sha256: file.sha256, ...(file.h1 === undefined ? {} : { h1: file.h1 }) }
        : {}),
      ...(file.kind === 'mod' && file.h1 !== undefined ? { gomod_h1: file.h1 } : {}),
    };
  }
  const { versions } = deps;
  const text =
    request.op === 'list'
      ? await versions.list(request.module)
      : request.op === 'latest'
        ? await versions.latest(request.module)
        : await versions.query(request.module, version);
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

/** go build ignores a refused .info, so code is stopped at .zip and a choice of version where it is made. */
async function judge(verdict: VerdictFn, request: Exclude<ProxyRequest, { op: 'sumdb' }>): Promise<void> {
  const what: VerdictWhat = request.op === 'mod' || request.op === 'zip' ? request.op : 'choose';
  const judged = await verdict(request.module, 'version' in request ? request.version : '', what);
  if (judged.decision === 'allow') return;
  throw new ProxyError('denied', `modgate: ${judged.rule}: ${judged.reason}\nfix: ${judged.fix}`, {
    rule: judged.rule,
  });
}

function opOf(request: ProxyRequest): JournalOp {
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
