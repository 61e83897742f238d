import { __toESM } from "../vendor/rolldown-runtime.js";
import { isLoopback, isReadableOnTheWay } from "./config.js";
import { BATCH_LIMITS, BatchError, RawError } from "./audit.js";
import { UntrustedStore, orUntrusted } from "./audit-records.js";
import { CollectorError, IndexError } from "./collector.js";
import { createServer as createServer$1, listenOn, oneLine } from "./platform.js";
import { IdentityError, LISTS, QUESTION_NAMES, isQuestionName, parseQuestion, proofOf, writerOf } from "./collector-later.js";
import { dispatcherOf } from "./check-later.js";
import { Worker } from "node:worker_threads";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { createServer } from "node:https";
import { setFlagsFromString } from "node:v8";
// src/server/engine-protocol.ts
function tell(error) {
	if (!(error instanceof Error)) return {
		name: "Error",
		code: "",
		message: String(error),
		stack: void 0
	};
	const { name, message, stack } = error;
	return {
		name,
		code: String(error.code ?? ""),
		message,
		stack
	};
}
/** The error as it was thrown, for those that others tell apart by their code. */
function untell({ name, code, message, stack }) {
	switch (name) {
		case "BatchError": return new BatchError(code, message);
		case "RawError": return new RawError(code, message);
		case "CollectorError": return new CollectorError(code, message);
		case "IdentityError": return new IdentityError(code, message);
		case "IndexError": return new IndexError(code, message);
		default: {
			const error = new Error(message);
			if (stack !== void 0) error.stack = stack;
			return error;
		}
	}
}
// src/server/engine-thread.ts
/**
* Young generation of the thread: two halves of this size, MB. It begins as large as it gets: in the small one that V8
* begins with, the records of one batch survive, and the old generation is collected for them again and again.
*/
const SEMI_SPACE_MB = 2;
/** Calls that are under way at once; more means that the thread cannot keep up. */
const MAX_CALLS = 256;
/** What the engine gets beyond its own time to end, ms. */
const GRACE_MS = 2e3;
/**
* Starts the engine in a thread of its own, so that neither a large batch nor a transaction holds up the answers to
* others. Rejects with what opening threw.
*/
async function startEngineThread(data, log) {
	setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MB}`);
	const worker = new Worker(new URL("../engine-worker.js", import.meta.url), {
		name: "modgate engine",
		execArgv: [],
		env: {},
		workerData: data,
		resourceLimits: {
			maxOldGenerationSizeMb: 384,
			maxYoungGenerationSizeMb: 6
		}
	});
	const calls = /* @__PURE__ */ new Map();
	let last = 0;
	let closed = false;
	let gone;
	let fail;
	const failed = new Promise((_resolve, reject) => {
		fail = reject;
	});
	failed.catch(() => {});
	const lose = (error) => {
		gone ??= error;
		for (const { reject } of calls.values()) reject(error);
		calls.clear();
		if (!closed) fail(error);
	};
	worker.on("error", (error) => lose(error instanceof Error ? error : new Error(String(error))));
	worker.on("exit", (code) => lose(new CollectorError("closing", `the thread of the engine ended with ${code}`)));
	await new Promise((resolve, reject) => {
		failed.catch(reject);
		worker.on("message", (message) => {
			if (message.kind === "ready") resolve();
			else if (message.kind === "failed") reject(untell(message.error));
			else if (message.kind === "log") log(message.line);
			else {
				const call = calls.get(message.id);
				calls.delete(message.id);
				if (message.kind === "result") call?.resolve(message.value);
				else call?.reject(untell(message.error));
			}
		});
	});
	const call = (method, args, transfer = []) => {
		if (gone !== void 0) return Promise.reject(gone);
		if (closed) return Promise.reject(new CollectorError("closing", "the collector is ending; try again later"));
		if (calls.size >= MAX_CALLS) return Promise.reject(new CollectorError("busy", "the collector has too much to do just now; try again later"));
		return new Promise((resolve, reject) => {
			last++;
			calls.set(last, {
				resolve,
				reject
			});
			worker.postMessage({
				id: last,
				method,
				args
			}, [...transfer]);
		});
	};
	return {
		failed,
		ingest: (delivery) => {
			const { buffer, byteOffset, byteLength } = delivery.gzip;
			const own = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
			return call("ingest", [delivery], own ? [buffer] : []);
		},
		records: (key, filter) => call("records", [key, filter]),
		state: () => call("state", []),
		logFile: (name) => call("logFile", [name]),
		settled: () => call("settled", []),
		retain: () => call("retain", []),
		explain: (...args) => call("explain", args),
		async close(ms) {
			const done = call("close", [ms]);
			closed = true;
			await Promise.race([done.catch(() => {}), setTimeout$1(ms + GRACE_MS, void 0, { ref: false })]);
			await worker.terminate();
		}
	};
}
// src/server/exposure.ts
/**
* Refuses a collector that would let strangers in or send tokens in the clear. Throws CollectorError `settings` that
* says what to set.
*/
function checkExposure({ at, open, tls, insecureHttp }) {
	if (isLoopback(at.host)) return;
	const shown = at.host.includes(":") ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
	if (open) throw new CollectorError("settings", `other machines reach ${shown}, and no token is configured, so that anybody could write and read the records; set MODGATE_WRITE_TOKEN and MODGATE_READ_TOKEN, or serve.writers and serve.readers in the configuration, or listen on 127.0.0.1`);
	if (tls || insecureHttp) return;
	throw new CollectorError("settings", `other machines reach ${shown}, and over plain http tokens and records could be read on the way; give --tls-cert and --tls-key (or serve.tls), or --insecure-http where a proxy in front of it does TLS`);
}
/** Names of this machine by which a collector without tokens may be called. */
function loopbackNames({ host }) {
	return /* @__PURE__ */ new Set([
		"localhost",
		"127.0.0.1",
		"[::1]",
		host.includes(":") ? `[${host}]` : host
	]);
}
// src/server/errors.ts
/** A request that is refused before anything is done for it. */
var RequestError = class extends Error {
	code;
	headers;
	constructor(code, message, headers = {}) {
		super(message);
		this.name = "RequestError";
		this.code = code;
		this.headers = headers;
	}
};
const REQUEST = {
	malformed: 400,
	unauthorized: 401,
	forbidden: 403,
	"not-found": 404,
	"method-not-allowed": 405,
	timeout: 408,
	"too-large": 413,
	unsupported: 415,
	busy: 503
};
const BATCH = {
	"too-large": 413,
	"not-gzip": 400,
	"not-utf8": 400,
	malformed: 400,
	digest: 400,
	"future-version": 422,
	"future-date": 422
};
const COLLECTOR = {
	question: 400,
	refused: 502,
	unreachable: 502,
	storage: 500,
	settings: 500,
	locked: 500,
	"index-away": 503,
	busy: 503,
	looking: 503,
	closing: 503
};
const RAW = {
	key: 500,
	io: 500,
	damaged: 500,
	full: 507
};
const INDEX = {
	cursor: 400,
	"no-such-job": 404,
	failed: 500,
	"newer-schema": 500,
	"not-an-index": 500,
	unavailable: 503
};
const IDENTITY = {
	refused: 401,
	"unknown-key": 401,
	foreign: 403,
	replayed: 403,
	contradicts: 403,
	unavailable: 503
};
/** Seconds after which the key of a token may be known. */
const RETRY_KEY = "30";
/** Seconds after which a busy collector may be asked again. */
const RETRY_AFTER = "5";
/** The one place that turns an error into an HTTP status. */
function failureOf(error) {
	const known = statusOf(error);
	if (known === void 0) return {
		status: 500,
		code: "internal",
		message: "the collector failed; its own log says why",
		headers: {},
		detail: error instanceof Error ? error.stack ?? error.message : String(error)
	};
	const { code, message } = error;
	const own = error instanceof RequestError ? error.headers : {};
	if (error instanceof IdentityError && code === "unknown-key") return {
		status: known,
		code,
		message,
		headers: { "Retry-After": RETRY_KEY }
	};
	return {
		status: known,
		code,
		message,
		headers: known === 503 ? {
			"Retry-After": RETRY_AFTER,
			...own
		} : own
	};
}
function statusOf(error) {
	if (error instanceof RequestError) return REQUEST[error.code];
	if (error instanceof BatchError) return BATCH[error.code];
	if (error instanceof CollectorError) return COLLECTOR[error.code];
	if (error instanceof RawError) return RAW[error.code];
	if (error instanceof IdentityError) return IDENTITY[error.code];
	if (error instanceof IndexError) return INDEX[error.code];
}
// src/server/body.ts
/** Memory that all bodies together may take, so that many senders at once cannot exhaust it. */
var BodyBudget = class {
	#left;
	constructor(bytes) {
		this.#left = bytes;
	}
	/** False, and nothing taken, when there is not as much left. */
	take(bytes) {
		if (bytes > this.#left) return false;
		this.#left -= bytes;
		return true;
	}
	give(bytes) {
		this.#left += bytes;
	}
};
/**
* Reads a body whole. Throws RequestError: `too-large`, `busy` when the bodies of others take the memory, `timeout`
* when it comes too slowly, `malformed` when it ends early.
*/
async function readBody(request, limits) {
	let taken = 0;
	const take = (bytes) => {
		if (bytes > limits.bytes) throw tooLarge(limits.bytes);
		if (bytes <= taken) return;
		if (!limits.budget.take(bytes - taken)) throw new RequestError("busy", "other batches are being taken in just now; send this one again later");
		taken = bytes;
	};
	const release = () => {
		limits.budget.give(taken);
		taken = 0;
	};
	try {
		take(Number(request.headers["content-length"] ?? 0));
		return {
			bytes: await whole(request, limits.ms, take),
			release
		};
	} catch (error) {
		release();
		throw error;
	}
}
function whole(request, ms, take) {
	return new Promise((resolve, reject) => {
		const parts = [];
		let length = 0;
		const settle = (error) => {
			clearTimeout(timer);
			request.off("data", onData).off("end", onEnd).off("error", onEnd).off("close", onEnd);
			request.on("error", () => {});
			if (error === void 0) resolve(Buffer.concat(parts));
			else reject(error);
		};
		const timer = setTimeout(() => {
			settle(new RequestError("timeout", `the body did not come within ${ms / 1e3} s; send it again`));
		}, ms);
		const onData = (part) => {
			length += part.length;
			try {
				take(length);
			} catch (error) {
				settle(error);
				return;
			}
			parts.push(part);
		};
		const onEnd = () => {
			settle(request.complete ? void 0 : new RequestError("malformed", "the body ended before it was whole"));
		};
		request.on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd);
	});
}
function tooLarge(bytes) {
	return new RequestError("too-large", `the body is larger than the ${bytes} bytes that one batch may have; split the batch`);
}
// src/server/respond.ts
const HEADERS = {
	"Content-Type": "application/json; charset=utf-8",
	"Cache-Control": "no-store",
	"X-Content-Type-Options": "nosniff"
};
/** Bytes of a refused body that are still read, so that its sender gets to read why, and how long that may take. */
const DRAIN_BYTES = 16777216;
const DRAIN_MS = 5e3;
/** Sends a value as JSON. */
function answerJson(response, status, value, headers = {}) {
	const body = Buffer.from(`${JSON.stringify(value)}\n`);
	response.writeHead(status, {
		...HEADERS,
		...headers,
		"Content-Length": body.length
	});
	response.end(response.req.method === "HEAD" ? void 0 : body);
}
/** Sends bytes as they are. */
function answerBytes(response, type, bytes) {
	response.writeHead(200, {
		...HEADERS,
		"Content-Type": type,
		"Content-Length": bytes.length
	});
	response.end(response.req.method === "HEAD" ? void 0 : bytes);
}
/** Answers with `{error: {code, message}}`, and tells the collector's log in one line, which has no token in it. */
function refuse(request, response, error, log) {
	const { status, code, message, headers, detail } = failureOf(error);
	const path = (request.url ?? "").replace(/\?.*$/s, "").slice(0, 200);
	const from = request.socket.remoteAddress ?? "nobody";
	log(oneLine(`${status} ${code} ${request.method ?? ""} ${path} from ${from}: ${detail ?? message}`));
	if (response.headersSent || response.destroyed) {
		response.destroy();
		return;
	}
	if (!request.complete) drain(request, response);
	answerJson(response, status, { error: {
		code,
		message
	} }, headers);
}
/** A sender that is still writing would get a reset instead of the answer; one that goes on and on gets it yet. */
function drain(request, response) {
	let left = DRAIN_BYTES;
	const give = () => {
		request.destroy();
	};
	const timer = setTimeout(give, DRAIN_MS);
	timer.unref();
	request.on("error", () => {});
	request.on("data", (part) => {
		left -= part.length;
		if (left < 0) give();
	});
	request.on("close", () => clearTimeout(timer));
	request.on("end", () => clearTimeout(timer));
	if (request.headers.expect !== void 0) response.shouldKeepAlive = false;
}
// src/server/handler.ts
/** Bodies that are read at once, the memory they take together, and how long one may take. */
const MAX_BODIES = 128;
const BODY_MEMORY = 67108864;
const BODY_MS = 6e4;
const BATCHES = "/v1/batches";
const LOG = "/v1/log/";
const TYPE = "application/x-ndjson";
/** Authorization with a JSON Web Token. */
const JWT = /^bearer +([\w-]+\.[\w-]+\.[\w-]*) *$/i;
/**
* Answers every request; what is refused is told in the collector's log. `GET /healthz`, `POST /v1/batches`, and
* `GET /v1/NAME` for each question, `GET /v1/log/...` for the log over the batches.
*/
function createHandler(parts) {
	const budget = new BodyBudget(BODY_MEMORY);
	let bodies = 0;
	const take = async (request, response) => {
		const sender = await senderOf(parts, request);
		checkHead(request);
		if (bodies >= MAX_BODIES) throw new RequestError("busy", "too many batches come in at once; send this one later");
		bodies++;
		try {
			if (request.headers.expect !== void 0) response.writeContinue();
			const body = await readBody(request, {
				bytes: BATCH_LIMITS.compressed,
				ms: BODY_MS,
				budget
			});
			try {
				return await parts.receive({
					gzip: body.bytes,
					digest: digestOf(request),
					...sender
				});
			} finally {
				body.release();
			}
		} finally {
			bodies--;
		}
	};
	const route = async (request, response) => {
		checkHost(parts.hosts, request);
		const url = target(request);
		if (url.pathname === "/healthz") {
			allow(request, ["GET", "HEAD"]);
			const health = await parts.health();
			answerJson(response, health.status === "ok" || health.status === "degraded" ? 200 : 503, health);
			return;
		}
		if (url.pathname === BATCHES) {
			allow(request, ["POST"]);
			const ack = await take(request, response);
			answerJson(response, ack.dup ? 200 : 201, ack);
			return;
		}
		if (url.pathname.startsWith(LOG)) {
			allow(request, ["GET", "HEAD"]);
			admitted(parts.guard, request, void 0);
			const name = url.pathname.slice(8);
			const bytes = await parts.logFile(name);
			if (bytes === void 0) throw new RequestError("not-found", "the log has no such file");
			answerBytes(response, name.startsWith("tile/") ? "application/octet-stream" : "text/plain", bytes);
			return;
		}
		const name = questionName(url.pathname);
		if (name === void 0) throw new RequestError("not-found", `there is nothing at this path; there are ${BATCHES}, /healthz, ${LOG}{checkpoint,key,tile/...} and /v1/{${QUESTION_NAMES.join(",")}}`);
		allow(request, ["GET", "HEAD"]);
		const { owners } = admitted(parts.guard, request, "read");
		const question = parseQuestion(name, paramsOf(url), parts.now());
		answerJson(response, 200, await parts.ask(name, question, owners === void 0 ? {} : { owners }));
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
async function senderOf({ guard, verify }, request) {
	const token = JWT.exec(request.headers.authorization ?? "")?.[1];
	if (verify === void 0 || token === void 0 || guard(request.headers.authorization) !== void 0) return { writer: admitted(guard, request, "write").name };
	const digest = digestOf(request);
	if (digest === void 0) throw new RequestError("malformed", "a batch with a token of its forge wants the header Modgate-Batch, which has its SHA-256");
	const verified = await verify(token, digest);
	return {
		writer: writerOf(verified),
		proof: proofOf(verified, digest)
	};
}
/** The caller, who may do this, or anything when no right is named. Throws RequestError: `unauthorized`, `forbidden`. */
function admitted(guard, request, right) {
	const given = request.headers.authorization;
	const caller = guard(given);
	if (caller === void 0) throw new RequestError("unauthorized", given === void 0 ? "this collector wants a token: send the header \"Authorization: Bearer TOKEN\"" : "this collector does not know the token; it may have been changed", { "WWW-Authenticate": "Bearer realm=\"modgate\"" });
	if (right === void 0 || caller.rights.includes(right)) return caller;
	throw new RequestError("forbidden", right === "write" ? `the token "${caller.name}" is for asking; to send batches takes the token of a writer` : `the token "${caller.name}" is for sending batches; to ask takes the token of a reader`);
}
function allow({ method = "" }, methods) {
	if (methods.includes(method)) return;
	throw new RequestError("method-not-allowed", `this path takes ${methods.join(" and ")}`, { Allow: methods.join(", ") });
}
/** A web page that resolves its own name to 127.0.0.1 gets here with that name, and a browser with its origin. */
function checkHost(hosts, { headers }) {
	if (hosts === void 0) return;
	const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
	if (hosts.has(host) && headers.origin === void 0) return;
	throw new RequestError("forbidden", "a collector without tokens answers programs on its own machine, under the name of the loopback address, and no web pages");
}
function target({ url = "" }) {
	const at = "http://collector";
	if (!url.startsWith("/") || !URL.canParse(at + url)) throw new RequestError("malformed", "the target of the request is no path");
	return new URL(at + url);
}
function questionName(path) {
	const name = /^\/v1\/([a-z]+)$/.exec(path)?.[1];
	return name !== void 0 && isQuestionName(name) ? name : void 0;
}
function paramsOf(url) {
	const params = Object.create(null);
	for (const [name, value] of url.searchParams) {
		if (params[name] !== void 0) throw new RequestError("malformed", "a parameter is there twice; give each once");
		params[name] = value;
	}
	return params;
}
function checkHead({ headers }) {
	if ((headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() !== TYPE) throw new RequestError("unsupported", `a batch has the Content-Type ${TYPE}`, { "Accept-Encoding": "gzip" });
	if ((headers["content-encoding"] ?? "").trim().toLowerCase() !== "gzip") throw new RequestError("unsupported", "a batch has the Content-Encoding gzip", { "Accept-Encoding": "gzip" });
	if (headers.expect !== void 0 && headers.expect.toLowerCase() !== "100-continue") throw new RequestError("malformed", "of Expect only 100-continue is known");
}
/** The digest that the sender says the batch has. */
function digestOf({ headers }) {
	const digest = headers["modgate-batch"];
	if (digest === void 0) return void 0;
	if (typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest)) return digest;
	throw new RequestError("malformed", "Modgate-Batch wants the SHA-256 of the batch, 64 lower-case hex digits");
}
// src/server/health.ts
/** What a state means; `ready` is whether the index had everything once. */
function healthOf(state, about) {
	const { version, engine, ready } = about;
	const status = !state.rawWritable ? "failing" : state.state === "current" && state.batchLog === "current" ? "ok" : ready ? "degraded" : "catching-up";
	const { waiting, setAside, rawWritable, batchLog } = state;
	return {
		status,
		version,
		engine,
		index: state.state,
		waiting,
		setAside,
		rawWritable,
		batchLog
	};
}
// src/server/listen.ts
/** Longest that a request line with its headers, and a whole request, may take to come in, ms. */
const HEADERS_MS = 1e4;
const REQUEST_MS = 9e4;
const KEEP_ALIVE_MS = 3e4;
const MAX_CONNECTIONS = 1024;
const LIMITS = {
	headersTimeout: HEADERS_MS,
	requestTimeout: REQUEST_MS,
	keepAliveTimeout: KEEP_ALIVE_MS,
	connectionsCheckingInterval: 2e3,
	maxHeaderSize: 16384
};
/** A server that bounds what slow, many and malformed clients cost. Throws CollectorError `settings` for a bad certificate. */
function makeServer(handler, tls) {
	const server = tls === void 0 ? createServer$1(LIMITS) : tlsServer(tls);
	server.maxConnections = MAX_CONNECTIONS;
	server.maxRequestsPerSocket = 0;
	const onRequest = (...[request, response]) => void handler(request, response);
	server.on("request", onRequest);
	server.on("checkContinue", onRequest);
	server.on("clientError", (error, socket) => refuseRaw(error, socket));
	return server;
}
function tlsServer(tls) {
	try {
		return createServer({
			...LIMITS,
			...tls,
			minVersion: "TLSv1.2",
			handshakeTimeout: HEADERS_MS
		});
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new CollectorError("settings", `the TLS certificate or its key cannot be used: ${why}; --tls-cert and --tls-key want PEM files that belong together`);
	}
}
/** What is no HTTP, or came too slowly, never becomes a request. */
function refuseRaw(error, socket) {
	if (!socket.writable) {
		socket.destroy();
		return;
	}
	const [status, code, message] = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? [
		"408 Request Timeout",
		"timeout",
		"the request did not come in time"
	] : error.code === "HPE_HEADER_OVERFLOW" ? [
		"431 Request Header Fields Too Large",
		"too-large",
		"the headers are too long"
	] : [
		"400 Bad Request",
		"malformed",
		"this is no HTTP request"
	];
	const body = `${JSON.stringify({ error: {
		code,
		message
	} })}\n`;
	socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
}
/** Makes the server listen and returns its port. Throws CollectorError `settings`. */
async function listen(server, at) {
	return await listenOn(server, at, (problem, cause) => new CollectorError("settings", `${problem}; name another address with --listen`, { cause }));
}
// src/server/ask.ts
/** Longest answer that is read, bytes, and longest that one may take, ms. */
const MAX_ANSWER = 67108864;
const ANSWER_MS = 6e4;
/** How long a collector may look for an answer, and the pause before it is asked again, ms. */
const LOOKING_MS = 72e5;
const AGAIN_MS = 1e3;
/** Most of a foreign error text that is shown. */
const MAX_WORDS = 500;
/**
* Asks a collector. The token goes to this address only: redirects are not followed. Throws CollectorError: `settings`
* for a token that could be read on its way, `question`, `refused` and `unreachable` for what the collector said.
*/
async function collectorClient({ url, token, env, trust, onLooking }) {
	if (token !== void 0 && isReadableOnTheWay(url)) throw new CollectorError("settings", `the token would go to ${url} over plain http, where others can read it; ask over https`);
	const { request } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
	const dispatcher = await dispatcherOf(env, url.startsWith("https:") ? await trust?.authorities() : []);
	return {
		async ask(name, params) {
			const query = new URLSearchParams(params).toString();
			const until = Date.now() + LOOKING_MS;
			for (;;) {
				const { status, body } = await answerOf(`${url}/v1/${name}${query === "" ? "" : `?${query}`}`);
				if (status === 200) return checked(name, parse(url, body));
				if (status !== 503 || errorIn(body)?.code !== "looking" || Date.now() > until) throw refusal(url, status, body);
				onLooking(errorIn(body)?.message ?? "");
				await setTimeout$1(AGAIN_MS);
			}
		},
		close: () => dispatcher.close()
	};
	async function answerOf(address) {
		const signal = AbortSignal.timeout(ANSWER_MS);
		const headers = {
			accept: "application/json",
			...token === void 0 ? {} : { authorization: `Bearer ${token}` }
		};
		try {
			const { statusCode, body } = await request(address, {
				dispatcher,
				headers,
				signal
			});
			const parts = [];
			let length = 0;
			for await (const part of body) {
				length += part.length;
				if (length > MAX_ANSWER) throw new Error(`the answer has more than ${MAX_ANSWER} bytes`);
				parts.push(part);
			}
			return {
				status: statusCode,
				body: Buffer.concat(parts).toString()
			};
		} catch (thrown) {
			const error = await orUntrusted(thrown, new URL(address), trust);
			if (error instanceof UntrustedStore) throw new CollectorError("unreachable", `the audit store ${url} ${error.message}`, { cause: error });
			throw new CollectorError("unreachable", `the audit store ${url} did not answer: ${reasonOf(error)}; look whether it runs and whether this machine reaches it`, { cause: error });
		}
	}
}
function reasonOf(error) {
	if (!(error instanceof Error)) return String(error);
	if (error.name === "TimeoutError") return `nothing came within ${ANSWER_MS / 1e3} s`;
	const { code } = error;
	return error.message || code || error.name;
}
function refusal(url, status, body) {
	const told = errorIn(body)?.message;
	const words = told === void 0 ? "" : `: ${told.slice(0, MAX_WORDS)}`;
	if (status === 400 || status === 404) return new CollectorError("question", `the audit store ${url} said ${status}${words}`);
	if (status === 401 || status === 403) return new CollectorError("refused", `the audit store ${url} said ${status}${words}; set MODGATE_READ_TOKEN to the token of a reader`);
	return new CollectorError("unreachable", `the audit store ${url} said ${status}${words}; ask again later`);
}
function errorIn(body) {
	try {
		const { error } = JSON.parse(body);
		return typeof error?.message === "string" ? {
			code: error.code,
			message: error.message
		} : void 0;
	} catch {
		return;
	}
}
function parse(url, body) {
	try {
		return JSON.parse(body);
	} catch {
		throw new CollectorError("unreachable", `what answers at ${url} is no audit store: its answer is no JSON`);
	}
}
/** What is printed is escaped wherever it comes from; here only that there is something to print. */
function checked(name, answer) {
	const whole = typeof answer === "object" && answer !== null ? answer : {};
	if (LISTS[name].every((key) => {
		const list = whole[key];
		return Array.isArray(list) && list.every((row) => typeof row === "object" && row !== null);
	})) return answer;
	throw new CollectorError("unreachable", `the answer to ${name} is none: ${LISTS[name].join(", ")} is not there`);
}
export { checkExposure, collectorClient, createHandler, healthOf, listen, loopbackNames, makeServer, startEngineThread, tell };
