import type { IncomingMessage, ServerResponse } from 'node:http';
import { BATCH_LIMITS } from '../audit/limits.ts';
import type { Ack } from '../audit/types.ts';
import type { Ask } from '../collector/answers.ts';
import { proofOf, writerOf } from '../collector/identity/proof.ts';
import type { Verify } from '../collector/identity/verify.ts';
import type { Delivery } from '../collector/ingest.ts';
import {
  isQuestionName,
  type Params,
  parseQuestion,
  QUESTION_NAMES,
  type QuestionName,
} from '../collector/questions.ts';
import type { Caller, Guard, Right } from '../collector/tokens.ts';
import { BodyBudget, readBody } from './body.ts';
import { RequestError } from './errors.ts';
import type { Health } from './health.ts';
import { answerBytes, answerJson, refuse } from './respond.ts';

/** What the handler serves with; it knows nothing of threads, sockets and databases. */
export interface HandlerParts {
  readonly guard: Guard;
  /** Judges tokens of forges, which count for sending batches; undefined where none does. */
  readonly verify: Verify | undefined;
  /** Only requests to these host names are answered; undefined for any. Without tokens it keeps web pages out. */
  readonly hosts: ReadonlySet<string> | undefined;
  readonly receive: (delivery: Delivery) => Promise<Ack>;
  readonly ask: Ask;
  readonly health: () => Promise<Health>;
  /** Public files of the log over the batches. */
  readonly logFile: (name: string) => Promise<Uint8Array | undefined>;
  readonly now: () => number;
  /** Lines for the collector's log. */
  readonly log: (line: string) => void;
}

/** Bodies that are read at once, the memory they take together, and how long one may take. */
const MAX_BODIES = 128;
const BODY_MEMORY = 64 * 1024 * 1024;
const BODY_MS = 60_000;

const BATCHES = '/v1/batches';
const LOG = '/v1/log/';
const TYPE = 'application/x-ndjson';
/** Authorization with a JSON Web Token. */
const JWT = /^bearer +([\w-]+\.[\w-]+\.[\w-]*) *$/i;

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Answers every request; what is refused is told in the collector's log. `GET /healthz`, `POST /v1/batches`, and
 * `GET /v1/NAME` for each question, `GET /v1/log/...` for the log over the batches.
 */
export function createHandler(parts: HandlerParts): Handler {
  const budget = new BodyBudget(BODY_MEMORY);
  let bodies = 0;

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<Ack> => {
    const sender = await senderOf(parts, request);
    checkHead(request);
    if (bodies >= MAX_BODIES)
      throw new RequestError('busy', 'too many batches come in at once; send this one later');
    bodies++;
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      const body = await readBody(request, { bytes: BATCH_LIMITS.compressed, ms: BODY_MS, budget });
      try {
        return await parts.receive({ gzip: body.bytes, digest: digestOf(request), ...sender });
      } finally {
        body.release();
      }
    } finally {
      bodies--;
    }
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    checkHost(parts.hosts, request);
    const url = target(request);
    if (url.pathname === '/healthz') {
      allow(request, ['GET', 'HEAD']);
      const health = await parts.health();
      answerJson(response, health.status === 'ok' || health.status === 'degraded' ? 200 : 503, health);
      return;
    }
    if (url.pathname === BATCHES) {
      allow(request, ['POST']);
      const ack = await take(request, response);
      answerJson(response, ack.dup ? 200 : 201, ack);
      return;
    }
    if (url.pathname.startsWith(LOG)) {
      allow(request, ['GET', 'HEAD']);
      // Sizes and hashes tell of no repository; still they are for those who send and those who ask.
      admitted(parts.guard, request, undefined);
      const name = url.pathname.slice(LOG.length);
      const bytes = await parts.logFile(name);
      if (bytes === undefined) throw new RequestError('not-found', 'the log has no such file');
      answerBytes(response, name.startsWith('tile/') ? 'application/octet-stream' : 'text/plain', bytes);
      return;
    }
    const name = questionName(url.pathname);
    if (name === undefined) {
      throw new RequestError(
        'not-found',
        `there is nothing at this path; there are ${BATCHES}, /healthz, ${LOG}{checkpoint,key,tile/...} and /v1/{${QUESTION_NAMES.join(',')}}`,
      );
    }
    allow(request, ['GET', 'HEAD']);
    const { owners } = admitted(parts.guard, request, 'read');
    const question = parseQuestion(name, paramsOf(url), parts.now());
    answerJson(response, 200, await parts.ask(name, question, owners === undefined ? {} : { owners }));
  };

  return async (request, response) => {
    try {
      await route(request, response);
    } catch (error) {
      refuse(request, response, error, parts.log);
    }
  };
}

/**
 * Who sends a batch, before its body is read. A token that is no static one is judged as one of a forge, by the digest
 * that the batch is said to have; that it has it is found out when the batch is decoded. Throws RequestError, IdentityError.
 */
async function senderOf(
  { guard, verify }: Pick<HandlerParts, 'guard' | 'verify'>,
  request: IncomingMessage,
): Promise<Pick<Delivery, 'writer' | 'proof'>> {
  const token = JWT.exec(request.headers.authorization ?? '')?.[1];
  if (verify === undefined || token === undefined || guard(request.headers.authorization) !== undefined) {
    return { writer: admitted(guard, request, 'write').name };
  }
  const digest = digestOf(request);
  if (digest === undefined) {
    throw new RequestError(
      'malformed',
      'a batch with a token of its forge wants the header Modgate-Batch, which has its SHA-256',
    );
  }
  const verified = await verify(token, digest);
  return { writer: writerOf(verified), proof: proofOf(verified, digest) };
}

/** The caller, who may do this, or anything when no right is named. Throws RequestError: `unauthorized`, `forbidden`. */
function admitted(guard: Guard, request: IncomingMessage, right: Right | undefined): Caller {
  const given = request.headers.authorization;
  const caller = guard(given);
  if (caller === undefined) {
    throw new RequestError(
      'unauthorized',
      given === undefined
        ? 'this collector wants a token: send the header "Authorization: Bearer TOKEN"'
        : 'this collector does not know the token; it may have been changed',
      { 'WWW-Authenticate': 'Bearer realm="modgate"' },
    );
  }
  if (right === undefined || caller.rights.includes(right)) return caller;
  throw new RequestError(
    'forbidden',
    right === 'write'
      ? `the token "${caller.name}" is for asking; to send batches takes the token of a writer`
      : `the token "${caller.name}" is for sending batches; to ask takes the token of a reader`,
  );
}

function allow({ method = '' }: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(method)) return;
  throw new RequestError('method-not-allowed', `this path takes ${methods.join(' and ')}`, {
    Allow: methods.join(', '),
  });
}

/** A web page that resolves its own name to 127.0.0.1 gets here with that name, and a browser with its origin. */
function checkHost(hosts: ReadonlySet<string> | undefined, { headers }: IncomingMessage): void {
  if (hosts === undefined) return;
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (hosts.has(host) && headers.origin === undefined) return;
  throw new RequestError(
    'forbidden',
    'a collector without tokens answers programs on its own machine, under the name of the loopback address, and no web pages',
  );
}

function target({ url = '' }: IncomingMessage): URL {
  const at = 'http://collector';
  if (!url.startsWith('/') || !URL.canParse(at + url)) {
    throw new RequestError('malformed', 'the target of the request is no path');
  }
  return new URL(at + url);
}

function questionName(path: string): QuestionName | undefined {
  const name = /^\/v1\/([a-z]+)$/.exec(path)?.[1];
  return name !== undefined && isQuestionName(name) ? name : undefined;
}

function paramsOf(url: URL): Params {
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of url.searchParams) {
    if (params[name] !== undefined)
      throw new RequestError('malformed', 'a parameter is there twice; give each once');
    params[name] = value;
  }
  return params;
}

function checkHead({ headers }: IncomingMessage): void {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== TYPE) {
    throw new RequestError('unsupported', `a batch has the Content-Type ${TYPE}`, {
      'Accept-Encoding': 'gzip',
    });
  }
  if ((headers['content-encoding'] ?? '').trim().toLowerCase() !== 'gzip') {
    throw new RequestError('unsupported', 'a batch has the Content-Encoding gzip', {
      'Accept-Encoding': 'gzip',
    });
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw new RequestError('malformed', 'of Expect only 100-continue is known');
  }
}

/** The digest that the sender says the batch has. */
function digestOf({ headers }: IncomingMessage): string | undefined {
  const digest = headers['modgate-batch'];
  if (digest === undefined) return undefined;
  if (typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new RequestError(
    'malformed',
    'Modgate-Batch wants the SHA-256 of the batch, 64 lower-case hex digits',
  );
}
