import { __toESM } from "../vendor/rolldown-runtime.js";
import { isPlainLoopback, redactText, redactUrl } from "./config.js";
import { canonicalModuleVersion, checkPath, compareVersions, escapePath, escapeVersion, formatVersionList, hashGoMod, isPseudo, isValid, matchGlobs, parseVersionList, pseudoTime, unescapePath, unescapeVersion } from "./gomod.js";
import { HashError, asStoreError, h1Of, latestOf, partsOfBytes, partsOfFile, removeQuietly, streamOfBytes, streamOfFile, voucherOf } from "./store.js";
import { within } from "./platform.js";
import { NoteError, openNote } from "./tlog-records.js";
import { SumDb, SumDbError, parseRecord, parseTilePath } from "./tlog-proxy.js";
import { formatInfo, parseInfo } from "./gomod-proxy.js";
import { machineAuthorities } from "./platform-records.js";
import { basicLogin } from "./platform-proxy.js";
import { FileGone, ProxyError, sendError, sendFile, sendText, statusOf } from "./proxy.js";
import * as fs from "node:fs";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { pipeline as pipeline$1 } from "node:stream/promises";
import { gunzip, gzip } from "node:zlib";
import { promisify } from "node:util";
import { join } from "node:path";
import { copyFile, mkdir, open as open$1, readFile, rename, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buffer } from "node:stream/consumers";
// src/proxy/upstream/body.ts
/** Thrown by a check: the bytes are not what was asked for. The transfer is tried again from the start. */
var WrongBody = class extends Error {
	name = "WrongBody";
};
/** Thrown by a check or the transfer: no later attempt could do better (over the size limit). */
var FinalBody = class extends Error {
	name = "FinalBody";
};
/** Body as bytes, wherever it is. */
async function bodyBytes(body) {
	return "bytes" in body ? body.bytes : await readFile(body.file);
}
/** An error in one line of printable ASCII, with its code. */
function words$1(error) {
	if (!(error instanceof Error)) return String(error);
	const cause = error.cause instanceof Error ? error.cause : void 0;
	const code = error.code ?? cause?.code;
	const clean = (error.message === "" ? cause?.message ?? error.name : error.message).replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
	return code === void 0 || clean.includes(code) ? clean : `${clean} (${code})`;
}
// src/proxy/upstream/http.ts
/** Go follows ten. */
const MAX_REDIRECTS = 10;
/** A redirect that go would not follow either, or one too many. */
var RedirectError = class extends Error {
	name = "RedirectError";
};
/** A request that is not sent, because of what it would show on its way. */
var NotSent = class extends Error {
	name = "NotSent";
};
/** A host that a rule keeps from being asked. */
var HostRefused = class extends Error {
	name = "HostRefused";
	/** What to do about it, a sentence part. */
	advice;
	constructor(message, advice) {
		super(message);
		this.advice = advice;
	}
};
/**
* The undici client: keep-alive, HTTP/2 where offered, proxies from the environment. Loads undici, so it is
* created after the daemon listens.
*/
async function createHttpClient(settings) {
	const { Agent, EnvHttpProxyAgent, request } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
	const common = {
		connections: 64,
		headersTimeout: 0,
		bodyTimeout: 0,
		keepAliveTimeout: 3e4
	};
	let everywhere;
	const connect = (own) => {
		everywhere ??= [...machineAuthorities(), ...settings.extraCa === void 0 ? [] : [settings.extraCa]];
		return {
			timeout: 1e4,
			ca: [...everywhere, ...own],
			rejectUnauthorized: true
		};
	};
	const makers = /* @__PURE__ */ new Map();
	const dispatchersFor = (url, reach) => {
		const kind = url.protocol === "https:" ? "tls" : isPlainLoopback(url) ? "loopback" : "plain";
		const own = kind === "tls" ? settings.gate?.authorities(url) ?? [] : [];
		const key = `${kind} ${reach} ${own.length === 0 ? "" : url.host}`;
		let made = makers.get(key);
		if (made === void 0) {
			made = (async () => {
				const lookup = settings.gate?.lookups[reach];
				const options = {
					...kind === "tls" ? connect(own) : { timeout: 1e4 },
					...lookup === void 0 ? {} : { lookup }
				};
				const make = (allowH2) => {
					if (kind === "loopback") return new Agent({
						...common,
						allowH2,
						connect: options
					});
					return new EnvHttpProxyAgent({
						...common,
						allowH2,
						connect: options,
						...kind === "tls" ? { requestTls: options } : {},
						httpProxy: settings.httpProxy ?? "",
						httpsProxy: settings.httpsProxy ?? "",
						noProxy: [
							"localhost",
							"127.0.0.1",
							"::1",
							settings.noProxy ?? ""
						].filter(Boolean).join(",")
					});
				};
				return {
					h1: make(false),
					h2: make(kind === "tls")
				};
			})();
			makers.set(key, made);
		}
		return made;
	};
	const get = async (wanted) => {
		let url = wanted.url;
		const firstOrigin = url.origin;
		const authorization = await (settings.authorize?.(url) ?? basicLogin(url));
		for (let hop = 0;; hop++) {
			const reach = settings.gate?.judge(url, hop > 0) ?? "any-address";
			const dispatchers = await dispatchersFor(url, reach);
			const headers = {
				"user-agent": settings.userAgent,
				...wanted.headers
			};
			if (url.origin === firstOrigin && authorization !== void 0) headers.authorization = authorization;
			const bare = new URL(url);
			bare.username = "";
			bare.password = "";
			const answer = await request(bare, {
				method: "GET",
				headers,
				signal: wanted.signal,
				dispatcher: wanted.allowH2 ? dispatchers.h2 : dispatchers.h1
			});
			const header = (name) => {
				const value = answer.headers[name];
				return Array.isArray(value) ? value[0] : value;
			};
			const location = header("location");
			if (![
				301,
				302,
				303,
				307,
				308
			].includes(answer.statusCode) || location === void 0) return {
				status: answer.statusCode,
				header,
				body: answer.body,
				from: redactUrl(bare.href)
			};
			await answer.body.dump({ limit: 65536 }).catch(() => void 0);
			if (hop >= MAX_REDIRECTS) throw new RedirectError(`stopped after ${MAX_REDIRECTS} redirects`);
			const next = new URL(location, url);
			if (next.protocol !== "https:" && !(next.protocol === "http:" && url.protocol === "http:")) throw new RedirectError(`redirect from ${url.protocol}// to ${next.protocol}// is not followed`);
			url = next;
		}
	};
	return {
		get,
		close: async () => {
			for (const made of makers.values()) {
				const { h1, h2 } = await made;
				await Promise.allSettled([h1.destroy(), h2.destroy()]);
			}
		}
	};
}
/** The same client, made with the first request: a warm job asks no upstream and need not load undici. */
function lazyHttpClient(settings) {
	let made;
	return {
		get: async (request) => {
			made ??= createHttpClient(settings);
			return await (await made).get(request);
		},
		close: async () => await (await made)?.close()
	};
}
// src/proxy/upstream/patience.ts
const PATIENT = {
	attempts: 8,
	totalMs: 6e4,
	baseDelayMs: 100,
	maxDelayMs: 8e3,
	headersMs: 1e4,
	stallMs: 3e3
};
/** For an upstream that was down a moment ago, and where the store has an older answer. */
const BRIEF = {
	...PATIENT,
	attempts: 2,
	totalMs: 4e3,
	maxDelayMs: 300
};
/** For what could also be answered without: three attempts, because an odd answer is asked for again twice. */
const CONFIRM = {
	...PATIENT,
	attempts: 3,
	totalMs: 4e3,
	maxDelayMs: 300,
	headersMs: 4e3
};
/** Refusals are mostly meant; a stray 403 of a mirror's storage host is over at the next request or two. */
const MAX_REFUSALS = 3;
/** A body that is wrong this often is wrong on purpose. */
const MAX_WRONG = 4;
/**
* Delay before the next attempt in ms, or undefined to give up.
* @param failures all failures so far, oldest first
* @param sinceProgressMs wall time since the transfer last got bytes it could keep
* @param random 0 ≤ random < 1
*/
function nextDelay(patience, failures, sinceProgressMs, random) {
	const last = failures.at(-1);
	if (last === void 0) return 0;
	if (last.kind === "final") return void 0;
	const stuck = failures.filter((f) => !f.progress);
	if (stuck.length >= patience.attempts || failures.length >= 10 * patience.attempts) return void 0;
	if (last.kind === "refused" && failures.filter((f) => f.kind === "refused").length >= MAX_REFUSALS) return void 0;
	if (last.kind === "wrong" && failures.filter((f) => f.kind === "wrong").length >= MAX_WRONG) return void 0;
	const left = patience.totalMs - sinceProgressMs;
	if (left <= 0) return void 0;
	if (last.retryAfterMs !== void 0) return last.retryAfterMs > left ? void 0 : last.retryAfterMs + random * patience.baseDelayMs;
	const exponent = Math.max(0, stuck.length - 1);
	const ceiling = Math.min(patience.maxDelayMs, patience.baseDelayMs * 2 ** exponent);
	return Math.min(left, ceiling / 2 + random * ceiling / 2);
}
/** Silence allowed before the headers on attempt `n` (0 = first), ms. */
function headersLimit(patience, n) {
	return patience.headersMs * 2 ** Math.min(n, 2);
}
/** A body of up to this many bytes comes at once or not at all. */
const SMALL = 65536;
/**
* Silence allowed within a body on attempt `n` (0 = first), ms.
* @param size most bytes that the body can have
*/
function stallLimit(patience, n, size) {
	return (size <= SMALL ? patience.stallMs / 3 : patience.stallMs) * 2 ** Math.min(n, 3);
}
/** Reads a Retry-After header (seconds or an HTTP date) into ms from `now`; undefined when malformed. */
function parseRetryAfter(value, now) {
	if (value === void 0) return void 0;
	const trimmed = value.trim();
	if (/^\d{1,6}$/.test(trimmed)) return Number(trimmed) * 1e3;
	const at = /^[a-z]{3,9},? /i.test(trimmed) ? Date.parse(trimmed) : NaN;
	return Number.isNaN(at) ? void 0 : Math.max(0, at - now);
}
// src/proxy/upstream/sink.ts
const open = promisify(fs.open);
const write = promisify(fs.write);
const read = promisify(fs.read);
const close = promisify(fs.close);
const ftruncate = promisify(fs.ftruncate);
/** The local disk failed: not the upstream's fault, so no retry can help. `cause` is the disk's error. */
var SinkError = class extends Error {
	name = "SinkError";
};
/** True for errors of the local machine, which must not be taken for the upstream's. */
function isLocal(error) {
	const code = error?.code;
	return code === "ENOSPC" || code === "EDQUOT" || code === "EROFS" || code === "EIO" || code === "EMFILE";
}
const GZIP_MAGIC = [31, 139];
/** What a gzipped answer may inflate to: a little more than the largest file of its kind. */
const INFLATE_LIMIT = {
	memory: 67108864,
	file: 629145600
};
var MemorySink = class {
	size = 0;
	#parts = [];
	write(chunk) {
		this.#parts.push(chunk);
		this.size += chunk.length;
	}
	async reset() {
		this.#parts = [];
		this.size = 0;
	}
	async finish(encoding) {
		const bytes = Buffer.concat(this.#parts, this.size);
		if (encoding !== "gzip" || bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return { bytes };
		const { gunzip } = await import("node:zlib");
		return await new Promise((resolve, reject) => {
			gunzip(bytes, { maxOutputLength: INFLATE_LIMIT.memory }, (error, out) => {
				if (error) reject(new WrongBody(`the gzip encoding of the answer is broken (${words$1(error)})`));
				else resolve({ bytes: out });
			});
		});
	}
	async close() {}
};
/** Bytes gathered before they are written: one call to the disk costs more than copying this much. */
const GATHER = 262144;
var FileSink = class FileSink {
	#path;
	#fd;
	#gathered;
	#used = 0;
	#written = 0;
	constructor(path, fd) {
		this.#path = path;
		this.#fd = fd;
	}
	static async open(path) {
		return new FileSink(path, await open(path, "w", 420));
	}
	get size() {
		return this.#written + this.#used;
	}
	write(chunk) {
		if (this.#used + chunk.length > GATHER) return this.#flushThen(chunk);
		this.#gather(chunk);
	}
	async reset() {
		this.#used = 0;
		this.#written = 0;
		if (this.#fd === void 0) this.#fd = await open(this.#path, "w", 420);
		else await ftruncate(this.#fd, 0);
	}
	async finish(encoding) {
		await this.#flush();
		this.#gathered = void 0;
		if (this.#fd !== void 0) await close(this.#fd);
		this.#fd = void 0;
		if (encoding === "gzip" && await startsWith(this.#path, GZIP_MAGIC)) {
			await inflateFile(this.#path);
			return {
				file: this.#path,
				size: (await stat(this.#path)).size
			};
		}
		return {
			file: this.#path,
			size: this.#written
		};
	}
	async close(keep) {
		this.#gathered = void 0;
		if (this.#fd !== void 0) await close(this.#fd).catch(() => void 0);
		if (!keep) await rm(this.#path, { force: true });
	}
	#gather(chunk) {
		this.#gathered ??= Buffer.allocUnsafeSlow(GATHER);
		chunk.copy(this.#gathered, this.#used);
		this.#used += chunk.length;
	}
	async #flushThen(chunk) {
		await this.#flush();
		if (chunk.length > GATHER) await this.#writeAll(chunk);
		else this.#gather(chunk);
	}
	async #flush() {
		if (this.#used === 0 || this.#gathered === void 0) return;
		const bytes = this.#gathered.subarray(0, this.#used);
		this.#used = 0;
		await this.#writeAll(bytes);
	}
	async #writeAll(bytes) {
		try {
			this.#fd ??= await open(this.#path, "w", 420);
			for (let done = 0; done < bytes.length;) {
				const { bytesWritten } = await write(this.#fd, bytes, done, bytes.length - done, this.#written);
				done += bytesWritten;
				this.#written += bytesWritten;
			}
		} catch (error) {
			throw new SinkError("write failed", { cause: error });
		}
	}
};
async function inflateFile(path) {
	const plain = `${path}.plain`;
	const { createGunzip } = await import("node:zlib");
	let out = 0;
	const meter = new Transform({ transform(chunk, _encoding, done) {
		out += chunk.length;
		done(out > INFLATE_LIMIT.file ? /* @__PURE__ */ new Error("inflates to more than go accepts") : null, chunk);
	} });
	try {
		await pipeline$1(createReadStream(path), createGunzip(), meter, createWriteStream(plain));
	} catch (error) {
		await rm(plain, { force: true });
		if (isLocal(error)) throw error;
		throw new WrongBody(`the gzip encoding of the answer is broken (${words$1(error)})`);
	}
	await rename(plain, path);
}
async function startsWith(path, magic) {
	const fd = await open(path, "r", 0);
	try {
		const { buffer, bytesRead } = await read(fd, Buffer.alloc(magic.length), 0, magic.length, 0);
		return bytesRead === magic.length && magic.every((byte, i) => buffer[i] === byte);
	} finally {
		await close(fd);
	}
}
// src/proxy/upstream/transfer.ts
/** Longest text of an upstream's error answer that is passed on, bytes. */
const ERROR_TEXT = 2048;
/**
* Fetches one body with retries, resume by Range and a stall time-out on progress. Never rejects for
* anything the upstream does; rejects when the local disk fails.
*/
async function transfer(spec, deps) {
	const failures = [];
	const sink = spec.file === void 0 ? new MemorySink() : await FileSink.open(spec.file);
	let keep = false;
	let lastProgress = deps.now();
	let validator;
	let resumable = false;
	try {
		for (;;) {
			const delay = nextDelay(spec.patience, failures, deps.now() - lastProgress, deps.random());
			if (delay === void 0 || spec.signal?.aborted === true) return {
				state: "failed",
				failures
			};
			if (failures.length > 0) {
				await deps.sleep(delay, spec.signal);
				if (await spec.abandon?.() === true) return {
					state: "abandoned",
					failures
				};
			}
			const before = sink.size;
			const attempt = await attemptOnce(spec, deps, sink, {
				n: failures.length,
				validator,
				resumable
			});
			validator = attempt.validator ?? validator;
			resumable = attempt.resumable ?? resumable;
			if (attempt.state === "absent") return {
				state: "absent",
				status: attempt.status,
				text: attempt.text,
				failures
			};
			if (attempt.state === "ok") try {
				const value = await spec.check({
					...await sink.finish(attempt.encoding),
					etag: validator
				});
				keep = true;
				return {
					state: "ok",
					value,
					failures
				};
			} catch (error) {
				if (error instanceof SinkError) throw error.cause;
				if (!(error instanceof WrongBody || error instanceof FinalBody)) throw error;
				failures.push({
					kind: error instanceof FinalBody ? "final" : "wrong",
					message: error.message,
					progress: false
				});
				await sink.reset();
				validator = void 0;
				resumable = false;
				continue;
			}
			const progress = attempt.failure.progress && sink.size > before;
			if (progress) lastProgress = deps.now();
			failures.push({
				...attempt.failure,
				progress
			});
			if (!resumable || attempt.failure.kind === "wrong") await sink.reset();
		}
	} finally {
		await sink.close(keep);
	}
}
async function attemptOnce(spec, deps, sink, attempt) {
	const abort = new AbortController();
	const onAbort = () => abort.abort();
	spec.signal?.addEventListener("abort", onAbort, { once: true });
	let stalled = false;
	let timer;
	const arm = (ms) => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			stalled = true;
			abort.abort();
		}, ms);
	};
	const failed = (kind, message, more = {}) => ({
		state: "failed",
		failure: {
			kind,
			message,
			progress: false,
			...more
		}
	});
	const headersMs = headersLimit(spec.patience, attempt.n);
	const from = attempt.resumable ? sink.size : 0;
	if (from === 0 && sink.size > 0) await sink.reset();
	try {
		const headers = { "accept-encoding": "identity" };
		if (from > 0) {
			headers.range = `bytes=${from}-`;
			if (attempt.validator !== void 0) headers["if-range"] = attempt.validator;
		}
		const kept = from === 0 && attempt.n === 0 ? spec.kept : void 0;
		if (kept !== void 0) headers["if-none-match"] = kept.etag;
		arm(headersMs);
		const answer = await deps.http.get({
			url: spec.url,
			headers,
			signal: abort.signal,
			allowH2: attempt.n === 0
		});
		if (answer.status === 304 && kept !== void 0) {
			answer.body.destroy();
			await sink.write(kept.bytes);
			return {
				state: "ok",
				encoding: void 0,
				validator: kept.etag
			};
		}
		const declared = Number(answer.header("content-length") ?? NaN);
		const most = Number.isNaN(declared) ? spec.limit : declared;
		const stallMs = stallLimit(spec.patience, attempt.n, most);
		const status = answer.status;
		if (status === 206 && from > 0) {
			const start = /^bytes (\d+)-/.exec(answer.header("content-range") ?? "")?.[1];
			if (start === void 0 || Number(start) !== from) {
				answer.body.destroy();
				await sink.reset();
				return {
					...failed("wrong", "resumed at another place than asked for"),
					resumable: false
				};
			}
		} else if (status === 200) {
			if (from > 0) await sink.reset();
		} else return await refusal(spec, answer, deps, () => arm(stallMs));
		const encoding = answer.header("content-encoding");
		const etag = answer.header("etag");
		const validator = etag !== void 0 && !etag.startsWith("W/") ? etag : void 0;
		const resumable = encoding === void 0 || encoding === "identity";
		if (declared > spec.limit) {
			answer.body.destroy();
			return failed("final", `the answer has ${declared} bytes, more than the ${spec.limit} that go accepts`);
		}
		const startSize = sink.size;
		try {
			arm(stallMs);
			for await (const chunk of answer.body) {
				arm(stallMs);
				if (sink.size + chunk.length > spec.limit) return failed("final", `the answer has more than the ${spec.limit} bytes that go accepts`);
				await sink.write(chunk);
			}
			if (!Number.isNaN(declared) && sink.size - startSize !== declared) throw new Error(`body ended after ${sink.size - startSize} of ${declared} bytes`);
		} catch (error) {
			if (error instanceof SinkError) throw error.cause;
			const message = stalled ? `no byte for ${stallMs / 1e3} s in the middle of a body` : `transfer broke after ${sink.size} bytes (${words$1(error)})`;
			const progress = sink.size > startSize;
			return {
				...failed(stalled ? "stalled" : "unavailable", message, { progress }),
				validator,
				resumable
			};
		} finally {
			answer.body.destroy();
		}
		return {
			state: "ok",
			encoding,
			validator,
			resumable
		};
	} catch (error) {
		if (isLocal(error)) throw error;
		if (stalled) return failed("stalled", `no answer within ${headersMs / 1e3} s`);
		if (spec.signal?.aborted === true) return failed("final", "the session is ending");
		if (error instanceof HostRefused) return failed("refused", error.message, { advice: `next: ${error.advice}` });
		if (isUntrusted(error)) return failed("refused", `its certificate is not trusted: ${words$1(error)}`, { advice: TRUST });
		return failed(error instanceof RedirectError || error instanceof NotSent ? "refused" : "unavailable", words$1(error));
	} finally {
		clearTimeout(timer);
		spec.signal?.removeEventListener("abort", onAbort);
	}
}
async function refusal(spec, answer, deps, rearm) {
	rearm();
	const { status } = answer;
	const text = await errorText(answer, deps.redact).catch(() => void 0);
	if (status === 404 || status === 410 || spec.alsoAbsent?.includes(status) === true) return {
		state: "absent",
		status,
		text
	};
	const retryAfterMs = parseRetryAfter(answer.header("retry-after"), deps.now());
	return {
		state: "failed",
		failure: {
			kind: status === 408 || status === 425 || status === 429 || status >= 500 ? "unavailable" : status === 403 || status < 400 ? "refused" : "final",
			message: `HTTP ${status}`,
			status,
			progress: false,
			...retryAfterMs === void 0 ? {} : { retryAfterMs },
			...text === void 0 ? {} : { text }
		}
	};
}
/** Names of OpenSSL's and Node's verdicts on a certificate: the next attempt would meet the same one. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET/;
const TRUST = "next: name a PEM file with the certificate authority of that host under proxy.ca in .modgate.yaml, or add it to the certificates of the machine";
function isUntrusted(error) {
	const { code, cause } = error;
	return [code, cause?.code].some((name) => typeof name === "string" && UNTRUSTED.test(name));
}
/** First line of a plain-text error body, printable ASCII only: it ends up in go's own error text. */
async function errorText(answer, redact) {
	const plain = /^text\/plain\b/i.test(answer.header("content-type") ?? "");
	const parts = [];
	let size = 0;
	for await (const chunk of answer.body) {
		parts.push(chunk);
		size += chunk.length;
		if (size > ERROR_TEXT) break;
	}
	answer.body.destroy();
	if (!plain) return void 0;
	const clean = (redact(Buffer.concat(parts).subarray(0, ERROR_TEXT).toString("latin1")).trim().split("\n", 1)[0] ?? "").replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
	return clean === "" ? void 0 : clean;
}
// src/proxy/sumdb-body.ts
const HASH_BYTES = 32;
/**
* What can be told of one answer of the checksum database by itself: the length of a tile, the form of a
* record, the signature of a tree head. A broken answer is then asked for again where it broke, and only what
* the proofs alone can find starts a whole look-up anew.
*
* @param path as on the wire: `/lookup/...`, `/tile/...`, `/latest`, `/supported`
* @param key the database's verifier key
* @throws WrongBody
*/
function checkSumDbBody(path, body, key) {
	if (path.startsWith("/tile/")) checkTile(path, body);
	else if (path.startsWith("/lookup/")) {
		const record = parseRecord(body);
		if (record === void 0) throw new WrongBody("the answer is no record of the checksum database");
		checkHead(record.head, key);
	} else if (path === "/latest") checkHead(body, key);
	return body;
}
function checkTile(path, body) {
	const tile = parseTilePath(path.slice(1));
	if (tile === void 0 || tile.level < 0) return;
	const size = tile.width * HASH_BYTES;
	if (body.length !== size) throw new WrongBody(`the tile has ${body.length} bytes instead of ${size}`);
}
function checkHead(head, key) {
	try {
		openNote(head, [key]);
	} catch (error) {
		if (!(error instanceof NoteError)) throw error;
		throw new WrongBody(`the tree head in the answer is not what the database signed (${error.message})`);
	}
}
// src/proxy/upstream/chain.ts
/** Joins an escaped path to a GOPROXY base as go does: `!` goes as %21 and a query of the base is kept. */
function upstreamUrl(base, path) {
	const url = new URL(base);
	url.pathname = `${url.pathname.replace(/\/$/, "")}/${path.replaceAll("!", "%21")}`;
	return url;
}
function createChain(entries, deps) {
	const fetch = async (want, options = {}) => {
		let absent;
		let failed;
		let retries = 0;
		for (const entry of entries) {
			if (entry.url === "off") {
				if (failed !== void 0) throw failed;
				return {
					state: "absent",
					text: absent?.text ?? `module lookup disabled by GOPROXY=off, and the store has no ${want.what}\nnext: run once with an upstream in GOPROXY to fill the store`,
					upstream: absent?.upstream,
					retries
				};
			}
			const asked = await askEntry(entry, want, options, deps);
			retries += asked.retries;
			if (asked.state === "ok" || asked.state === "abandoned") return asked.state === "ok" ? {
				...asked,
				retries
			} : asked;
			if (asked.state === "absent") {
				absent ??= {
					text: asked.text,
					upstream: asked.upstream
				};
				if (entry.url === "direct") return {
					state: "absent",
					...absent,
					retries
				};
				continue;
			}
			const goesOn = entry.fallBackOn === "any-error" && !(asked.wrong && want.wrongStops);
			failed ??= asked.error;
			if (!goesOn) throw withRetries(asked.error, retries);
		}
		if (failed !== void 0 && absent === void 0) throw withRetries(failed, retries);
		if (absent === void 0) throw new ProxyError("lookup-disabled", "no upstream is configured: GOPROXY names none");
		if (failed !== void 0) throw withRetries(failed, retries);
		return {
			state: "absent",
			...absent,
			retries
		};
	};
	return {
		entries,
		fetch
	};
}
function withRetries(error, retries) {
	return new ProxyError(error.code, error.message, {
		upstream: error.upstream,
		retries,
		cause: error.cause
	});
}
async function askEntry(entry, want, options, deps) {
	if (entry.url === "direct") return await askDirect(want, options);
	const upstream = redactUrl(entry.url);
	if (entry.url.startsWith("file:")) return await askFile(entry, want, upstream);
	const { origin } = new URL(entry.url);
	const confirming = options.confirming === true;
	if (confirming && !deps.health.mayConfirm(origin)) return {
		state: "failed",
		wrong: false,
		retries: 0,
		error: outage(want.what, upstream, [{
			kind: "unavailable",
			message: "it did not answer a moment ago",
			progress: false
		}])
	};
	const patience = choosePatience(options, deps, origin);
	const file = want.tempFile?.();
	const result = await transfer({
		url: upstreamUrl(entry.url, want.path),
		limit: want.limit,
		patience,
		check: (body) => want.check(body, true),
		...file === void 0 ? {} : { file },
		...want.kept === void 0 ? {} : { kept: want.kept },
		...entry.absentOn403 === true ? { alsoAbsent: [403] } : {},
		...options.abandon === void 0 ? {} : { abandon: options.abandon },
		...options.signal === void 0 ? {} : { signal: options.signal }
	}, deps);
	for (const failure of result.failures) deps.onFailure?.(want.what, upstream, failure);
	const retries = result.failures.length;
	if (result.state === "abandoned") return {
		state: "abandoned",
		retries
	};
	if (result.state === "ok" || result.state === "absent") deps.health.markUp(origin);
	if (result.state === "ok") return {
		state: "ok",
		value: result.value,
		upstream,
		via: "upstream",
		retries
	};
	if (result.state === "absent") return {
		state: "absent",
		text: result.text ?? `not found: ${want.what} (${upstream} answered ${result.status})`,
		upstream,
		retries
	};
	const last = result.failures.at(-1);
	if (last?.kind === "unavailable" || last?.kind === "stalled") {
		if (last.status === void 0 || last.status >= 500) {
			if (confirming) deps.health.markSilent(origin);
			else deps.health.markDown(origin);
		}
	}
	return {
		state: "failed",
		wrong: last?.kind === "wrong",
		retries,
		error: outage(want.what, upstream, result.failures.map(explained(entry, deps)))
	};
}
/** A failure with the advice of those who know what the upstream was shown. */
function explained({ url }, { explain }) {
	return (failure) => {
		const told = failure.status === void 0 ? void 0 : explain?.(new URL(url), failure.status);
		return told === void 0 ? failure : {
			...failure,
			advice: `${told.why}\nnext: ${told.next}`
		};
	};
}
function choosePatience(options, deps, origin) {
	const patient = deps.patience ?? PATIENT;
	if (options.confirming === true) return atMost(patient, CONFIRM);
	return options.brief === true || !deps.health.mayTryHard(origin) ? atMost(patient, BRIEF) : patient;
}
function atMost(patience, most) {
	return {
		...patience,
		attempts: Math.min(patience.attempts, most.attempts),
		totalMs: Math.min(patience.totalMs, most.totalMs),
		headersMs: Math.min(patience.headersMs, most.headersMs),
		maxDelayMs: Math.min(patience.maxDelayMs, most.maxDelayMs)
	};
}
function outage(what, upstream, failures) {
	const last = failures.at(-1);
	const tries = failures.length === 1 ? "one attempt" : `${failures.length} attempts`;
	const said = last?.text === void 0 ? "" : `: ${last.text}`;
	const head = `modgate: ${upstream} could not deliver ${what} (${tries}, last: ${last?.message ?? "no answer"}${said})`;
	const code = last?.kind === "stalled" ? "upstream-stalled" : last?.kind === "wrong" ? "upstream-wrong" : last?.kind === "refused" || last?.kind === "final" && last.status !== void 0 ? "upstream-refused" : last?.kind === "final" ? "too-large" : "upstream-unavailable";
	return new ProxyError(code, `${head}\n${last?.advice ?? advice(code)}`, {
		upstream,
		retries: failures.length
	});
}
function advice(code) {
	switch (code) {
		case "upstream-refused": return "next: check that this module and this runner are allowed there; a mirror that answers 403 for unknown paths needs absent-on-403: true in .modgate.yaml";
		case "upstream-wrong": return "next: the bytes are not what go.sum or the checksum database vouch for; nothing was kept. Compare with another upstream before you trust it";
		case "too-large": return "next: go refuses an answer of that size too; ask the authors of the module for a smaller release, or the owner of the upstream what it sends";
		default: return "next: run the job again; a second upstream in GOPROXY (first|second) or a warm store survives this";
	}
}
async function askFile(entry, want, upstream) {
	const path = join(fileURLToPath(entry.url), ...want.path.split("/"));
	let temp;
	try {
		const { size } = await stat(path);
		if (size > want.limit) throw new FinalBody(`the file has ${size} bytes, more than the ${want.limit} that go accepts`);
		temp = want.tempFile?.();
		if (temp !== void 0) await copyFile(path, temp);
		const body = temp === void 0 ? { bytes: await readFile(path) } : {
			file: temp,
			size
		};
		return {
			state: "ok",
			value: await want.check(body, false),
			upstream,
			via: "upstream",
			retries: 0
		};
	} catch (error) {
		if (temp !== void 0) await rm(temp, { force: true });
		const code = error.code;
		if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return {
			state: "absent",
			text: `not found: ${want.what} (no such file below ${upstream})`,
			upstream,
			retries: 0
		};
		const wrong = error instanceof WrongBody;
		const message = error instanceof Error ? error.message : String(error);
		const kind = wrong ? "wrong" : error instanceof FinalBody ? "final" : "unavailable";
		return {
			state: "failed",
			wrong,
			retries: 0,
			error: outage(want.what, upstream, [{
				kind,
				message,
				progress: false
			}])
		};
	}
}
async function askDirect(want, { brief = false }) {
	const upstream = "direct";
	if (want.direct === void 0) return {
		state: "absent",
		text: `not found: ${want.what}`,
		upstream,
		retries: 0
	};
	const temp = want.tempFile?.();
	try {
		const { from, ...fetched } = await want.direct({ brief });
		let body = fetched;
		if (temp !== void 0 && "file" in body) {
			await copyFile(body.file, temp, constants.COPYFILE_FICLONE);
			body = {
				file: temp,
				size: body.size
			};
		}
		return {
			state: "ok",
			value: await want.check(body, false),
			upstream: from ?? upstream,
			via: "vcs",
			retries: 0
		};
	} catch (error) {
		if (temp !== void 0) await rm(temp, { force: true });
		if (error instanceof ProxyError && error.code === "absent") return {
			state: "absent",
			text: error.message,
			upstream,
			retries: 0
		};
		const wrong = error instanceof WrongBody;
		return {
			state: "failed",
			error: error instanceof ProxyError ? error : new ProxyError(wrong ? "upstream-wrong" : "upstream-unavailable", `modgate: version control delivered ${want.what} wrongly: ${error instanceof Error ? error.message : String(error)}`, {
				upstream,
				cause: error
			}),
			wrong,
			retries: 0
		};
	}
}
// src/proxy/sumdb.ts
const LOOKUP_LIMIT = 65536;
/**
* A look-up that the proofs refuse starts anew this often before that is believed to be meant. Twice for each
* of the record, the tiles of the tree head and the tiles of the record, which are found wrong one by one.
*/
const TRIES = 8;
/**
* The checksum database, verified here: what go gets from us was checked against the signed tree first, so a
* byte that flipped on the way costs a retry and not go's "SECURITY ERROR". Answers are kept as soft state of
* the store and serve when the database cannot be reached.
*/
var SumDbService = class {
	name;
	#settings;
	#client;
	#base;
	constructor(settings) {
		this.name = settings.name;
		this.#settings = settings;
		const { store, name, warn } = settings;
		const soft = (path) => `sumdb/${name}${path}`;
		let latest;
		const ops = {
			readRemote: async (path) => await this.#remote(path),
			readCache: async (path) => (await store.getSoft(soft(path)).catch(() => void 0))?.bytes,
			writeCache: async (path, bytes) => {
				await store.putSoft(soft(path), Buffer.from(bytes)).catch(() => void 0);
			},
			readLatest: async () => latest ?? (await store.getSoft(soft("/latest")).catch(() => void 0))?.bytes,
			writeLatest: async (_old, next) => {
				latest = next;
				await store.putSoft(soft("/latest"), Buffer.from(next)).catch(() => void 0);
				return "ok";
			},
			securityError: (message) => warn(`SECURITY: the checksum database ${name} contradicts itself: ${message}`)
		};
		this.#client = new SumDb(settings.key, ops);
	}
	/** Rejects with ProxyError: `absent` when the database has no such version, outage codes otherwise. */
	async lookup(module, version) {
		return await this.#again(`${module}@${version}`, async () => {
			const found = await this.#client.lookup(module, version);
			return {
				record: Buffer.from(found.record),
				...found.zip === void 0 ? {} : { zip: found.zip },
				...found.mod === void 0 ? {} : { mod: found.mod }
			};
		});
	}
	/** Answers a request below `/sumdb/<name>`: `/supported`, `/latest`, `/lookup/...`, `/tile/...`. */
	async serve(path) {
		if (path === "/supported") return Buffer.alloc(0);
		if (path === "/latest") return await this.#again("the latest tree head", async () => Buffer.from(await this.#client.latest()));
		if (path.startsWith("/tile/")) return await this.#again(path.slice(1), async () => Buffer.from(await this.#client.tile(path)));
		const at = path.lastIndexOf("@");
		let module;
		let version;
		try {
			module = unescapePath(path.slice(8, at));
			version = unescapeVersion(path.slice(at + 1));
		} catch (error) {
			throw new ProxyError("bad-request", error instanceof Error ? error.message : String(error));
		}
		if (module !== "golang.org/toolchain" && matchGlobs(this.#settings.noSumDb, module)) throw new ProxyError("absent", `modgate does not ask the checksum database ${this.name} for ${module}: it is private by proxy.private, or by GOPRIVATE or GONOSUMDB of the step that started modgate\nnext: set GONOSUMDB (or GOPRIVATE) for this step, too`);
		return (await this.lookup(module, version)).record;
	}
	async #again(what, ask) {
		for (let tries = 1;; tries++) try {
			return await ask();
		} catch (error) {
			if (error instanceof ProxyError) throw error;
			if (!(error instanceof SumDbError)) throw error;
			if (error.code === "not-found") throw new ProxyError("absent", `not found: ${what}: the checksum database ${this.name} has no record of it`);
			const cause = error.cause instanceof ProxyError ? error.cause : void 0;
			if (cause !== void 0) throw cause;
			if (error.code === "fork" || error.code === "unreachable" || tries >= TRIES) {
				const code = error.code === "unreachable" ? "upstream-unavailable" : "upstream-wrong";
				throw new ProxyError(code, `modgate: checksum database ${this.name}, ${what}: ${error.message}`, {
					upstream: this.name,
					retries: tries - 1,
					cause: error
				});
			}
		}
	}
	async #remote(path) {
		const base = await this.#whichBase();
		const prefix = this.#isDirect(base) ? "" : `sumdb/${this.name}`;
		const walked = await createChain([{
			...base,
			fallBackOn: "absent"
		}], this.#settings.chain).fetch(this.#want(`${prefix}${path}`.replace(/^\//, ""), path));
		if (walked.state === "ok") return walked.value;
		const text = walked.state === "absent" ? walked.text : "the session is ending";
		throw Object.assign(new Error(text), { code: "not-found" });
	}
	#want(path, what) {
		return {
			path,
			what: `sumdb ${this.name}${what}`,
			limit: LOOKUP_LIMIT,
			wrongStops: true,
			check: async (body) => checkSumDbBody(what, await bodyBytes(body), this.#settings.key)
		};
	}
	#isDirect(entry) {
		return entry.url === (this.#settings.url ?? `https://${this.name}`);
	}
	/** The first proxy that says it supports the database, else the database itself; go's own rule. */
	async #whichBase() {
		this.#base ??= this.#findBase();
		try {
			return await this.#base;
		} catch (error) {
			this.#base = void 0;
			throw error;
		}
	}
	async #findBase() {
		const { url, entries, chain } = this.#settings;
		if (url !== void 0) return {
			url,
			fallBackOn: "absent"
		};
		for (const entry of entries) {
			if (entry.url === "direct" || entry.url === "off") break;
			try {
				if ((await createChain([entry], chain).fetch(this.#want(`sumdb/${this.name}/supported`, "/supported"))).state === "ok") return entry;
			} catch (error) {
				if (entry.fallBackOn === "absent") throw error;
			}
		}
		return {
			url: `https://${this.name}`,
			fallBackOn: "absent"
		};
	}
};
// src/proxy/upstream/health.ts
/**
* Remembers which upstream is down, so that one outage costs a job its patience once and not once a file.
* An upstream is down when a whole transfer ran out of patience there, and up again with any answer.
*/
var Health = class {
	#down = /* @__PURE__ */ new Map();
	/** Answers in a row that never came to questions of little weight, and when the last one did not. */
	#silent = /* @__PURE__ */ new Map();
	#now;
	constructor(now) {
		this.#now = now;
	}
	/** True while `origin` is down. */
	isDown(origin) {
		return this.#down.has(origin);
	}
	/** Whether the caller may try at full patience: always when it is up, and one caller each `PROBE_MS` when not. */
	mayTryHard(origin) {
		const since = this.#down.get(origin);
		if (since === void 0) return true;
		if (this.#now() - since < 3e4) return false;
		this.#down.set(origin, this.#now());
		return true;
	}
	/** Whether a question of little weight is worth asking; one caller each `PROBE_MS` finds out when not. */
	mayConfirm(origin) {
		const silent = this.#silent.get(origin);
		if (silent === void 0 || silent.times < MAX_SILENT) return this.mayTryHard(origin);
		if (this.#now() - silent.since < 3e4) return false;
		silent.since = this.#now();
		return true;
	}
	markDown(origin) {
		this.#down.set(origin, this.#now());
	}
	/** A question of little weight was not answered: that says something only when it happens again and again. */
	markSilent(origin) {
		const times = (this.#silent.get(origin)?.times ?? 0) + 1;
		this.#silent.set(origin, {
			times,
			since: this.#now()
		});
	}
	markUp(origin) {
		this.#down.delete(origin);
		this.#silent.delete(origin);
	}
};
/** Unanswered questions of little weight, one after another, after which no more are asked for a while. */
const MAX_SILENT = 3;
// src/proxy/refusal.ts
const CUT = "...";
/**
* The policy's refusal as go prints it: rule and what is wrong, why, who needs it, what to do.
* @param chain who requires the module, from the main module on
*/
function refused(denial, chain) {
	const lines = [
		`modgate: ${denial.rule}: ${denial.reason}`,
		...denial.why === void 0 ? [] : [`why: ${denial.why}`],
		...chain === void 0 ? [] : [`required by: ${chain}`],
		`fix: ${denial.fix}`
	];
	const [reason = ""] = fitLines([denial.why === void 0 ? denial.reason : `${denial.reason}: ${denial.why}`], 640);
	return new ProxyError("denied", fitLines(lines, 640).join("\n"), {
		rule: denial.rule,
		reason
	});
}
/**
* Lines that together take at most `max` bytes, line ends counted: the longest ones lose their middle, so that
* every line stays, and of each its beginning and its end.
*/
function fitLines(lines, max) {
	const sizes = lines.map((line) => Buffer.byteLength(line));
	let cap = max;
	while (cap > 3 && sizes.reduce((sum, size) => sum + Math.min(size, cap) + 1, 0) > max) cap--;
	return lines.map((line, at) => (sizes[at] ?? 0) <= cap ? line : withoutMiddle(line, cap));
}
function withoutMiddle(line, max) {
	const bytes = Buffer.from(line);
	const head = Math.ceil((max - 3) * .6);
	const tail = max - 3 - head;
	const start = bytes.subarray(0, head).toString().replace(/\ufffd+$/, "");
	const end = bytes.subarray(bytes.length - tail).toString().replace(/^\ufffd+/, "");
	return `${start}${CUT}${end}`;
}
// src/proxy/upstream/go-env.ts
/** Variables of the job that would change what a fetch returns or where it goes. */
const DROPPED = /^(?:GOFLAGS|GOPROXY|GOSUMDB|GONOSUMDB|GONOPROXY|GOPRIVATE|GOMODCACHE|GOWORK|GOENV|GOTOOLCHAIN|GO111MODULE|MODGATE_.*)$/i;
/**
* Environment of a `go` child that fetches from version control: the job's own git and network settings,
* our own module settings. The checksum is judged by us, so the child asks no database.
* @param env the job's environment, secrets already removed
*/
function directEnv(env) {
	const out = {};
	for (const [name, value] of Object.entries(env)) if (value !== void 0 && !DROPPED.test(name)) out[name] = value;
	return {
		...out,
		GOENV: "off",
		GO111MODULE: "on",
		GOPROXY: "direct",
		GONOPROXY: "none",
		GOSUMDB: "off",
		GOFLAGS: "-mod=mod -modcacherw",
		GOWORK: "off",
		GOTOOLCHAIN: "local",
		GIT_TERMINAL_PROMPT: "0",
		GCM_INTERACTIVE: "never"
	};
}
// src/proxy/upstream/direct-error.ts
/**
* Trouble on the way, as go and git word it. Everything else they say means that there is no such module or
* version; an outage must never be taken for absence.
*/
const OUTAGE = new RegExp([
	"no such host|could not resolve|server misbehaving|temporary failure",
	"timeout|timed out|too slow|less than \\d+ bytes/sec",
	"connection (?:refused|reset|closed)|failed to connect|couldn't connect|network is unreachable|no route to host",
	"proxyconnect|tunnel failed|tls:|certificate|handshake|ssl_error|ssl connect error|host key verification",
	"could not read (?:username|password)|terminal prompts disabled|permission denied|authentication failed",
	"early eof|(?:^|[\\s:])eof\\s*$|empty reply|recv failure|rpc failed|hung up|unexpected disconnect|index-pack failed",
	"(?:^|[\\s:])(?:5\\d\\d|429)(?= [a-z]|\\s*$)",
	"disk|no space left|cannot allocate memory|too many open files|signal: killed",
	"executable file not found|GOVCS disallows"
].join("|"), "im");
/** Trouble that the next question to the same host would meet, too. */
const SILENCE = /no such host|could not resolve|i\/o timeout|timed out|connection refused|failed to connect|couldn't connect|network is unreachable|no route to host|too slow|less than \d+ bytes\/sec/i;
/** Whether an error says that a host cannot be reached, rather than that it refused something. */
function isSilence(error) {
	if (!(error instanceof ProxyError)) return false;
	if (error.code === "upstream-stalled") return true;
	return error.code === "upstream-unavailable" && SILENCE.test(withoutNames(error.message));
}
/** Module paths, URLs and directories are taken out: a module called certificates or timeout is no outage. */
function withoutNames(output) {
	return output.replace(/(?!i\/o )\S*\/\S*/g, " ");
}
/** The error for it; only what go and git say without trouble on the way is an absence. */
function directError({ what, end, output, timeoutMs }) {
	const upstream = "direct";
	const head = `modgate: cannot fetch ${what} from version control`;
	switch (end.state) {
		case "no-go": return new ProxyError("upstream-unavailable", `${head}: no go command is on PATH of the step that started modgate\nnext: install Go (actions/setup-go, a golang image) before the modgate step`, { upstream });
		case "stopped": return new ProxyError("closing", "modgate: the session is ending", { upstream });
		case "timeout": return new ProxyError("upstream-stalled", `${head}: it took longer than ${Math.round(timeoutMs / 1e3)} s and was ended\n${linesOf(end.stderr, 3)}\nnext: look at what its server is doing; a tag or commit of a smaller history is fetched faster than a branch`.replace("\n\n", "\n"), { upstream });
		case "too-much": return new ProxyError("upstream-refused", `${head}: go printed more about it than a repository has to tell, and was ended\nnext: look at the tags of that repository`, { upstream });
		default: {
			const text = linesOf(output, 5);
			return OUTAGE.test(withoutNames(output)) ? new ProxyError("upstream-unavailable", `${head}:\n${text}`, { upstream }) : new ProxyError("absent", `not found: ${what} in version control\n${text}`, { upstream });
		}
	}
}
/** The last lines of an output in printable ASCII, without credentials. */
function linesOf(output, most) {
	return redactText(output).split("\n").map((line) => line.trim().replace(/[^\x20-\x7e]/g, "?")).filter((line) => line !== "").slice(-most).join("\n").slice(0, 500);
}
// src/proxy/upstream/go-module.ts
/** The modules that go printed one after the other; what is no JSON is left out. */
function parseModules(stdout) {
	return stdout.split(/(?<=^\})\r?\n/m).flatMap((text) => {
		try {
			return text.trim() === "" ? [] : [JSON.parse(text)];
		} catch {
			return [];
		}
	});
}
/**
* The path at which the repository of a module begins; undefined where it has no other modules, as far as this one
* tells. Pure.
*/
function repositoryOf(module, { Origin }) {
	const subdir = Origin?.Subdir ?? "";
	if (subdir === "") return void 0;
	const suffix = `/${subdir}`;
	for (const path of [module, module.replace(/\/v\d+$/, "")]) if (path.endsWith(suffix)) return path.slice(0, -suffix.length);
}
// src/proxy/upstream/downloads.ts
/** Most that one child brings: the others wait for all of them. */
const MOST = 12;
/** A session that knows more repositories with several modules builds a module graph that nobody has. */
const MAX_REPOSITORIES = 1e3;
/**
* Versions with their zips. Each child asks a repository what it has before it fetches anything, so that the modules of
* a repository that wait at the same time come together; which ones are in the same the first of them tells.
*/
var Downloads = class {
	#deps;
	#waiting = /* @__PURE__ */ new Set();
	#repositories = /* @__PURE__ */ new Set();
	constructor(deps) {
		this.#deps = deps;
	}
	/** Rejects with ProxyError. */
	async get(about, urgent) {
		const { slots } = this.#deps;
		const mine = { about };
		this.#waiting.add(mine);
		return await slots.use(async () => {
			this.#waiting.delete(mine);
			return mine.taken === void 0 ? await this.#bring(about) : void 0;
		}, urgent) ?? await mine.taken ?? await slots.use(async () => await this.#alone(about), urgent);
	}
	async #bring(about) {
		const others = this.#companions(about);
		if (others.length === 0) return await this.#alone(about);
		const all = this.#deps.several([about, ...others.map((other) => other.about)]);
		for (const other of others) {
			this.#waiting.delete(other);
			other.taken = all.then((found) => found.get(other.about.what));
		}
		return (await all).get(about.what);
	}
	async #alone(about) {
		const found = await this.#deps.one(about);
		const repository = repositoryOf(about.module, found);
		if (repository !== void 0 && this.#repositories.size < MAX_REPOSITORIES) this.#repositories.add(repository);
		return found;
	}
	#companions({ module }) {
		const root = [...this.#repositories].find((one) => isIn(one, module));
		if (root === void 0) return [];
		const all = [...this.#waiting].filter((other) => isIn(root, other.about.module));
		const share = Math.ceil((all.length + 1) / this.#deps.parallel);
		return all.slice(0, Math.min(share, MOST) - 1);
	}
};
function isIn(repository, module) {
	return module === repository || module.startsWith(`${repository}/`);
}
// src/proxy/upstream/go-child.ts
/** Most that a child may print, bytes: the versions of big repositories stay below 1 MiB. */
const MAX_STDOUT = 8388608;
/** What is kept of the other output, bytes; git says in its last lines what was wrong. */
const MAX_STDERR = 65536;
/**
* Runs a `go` that may start git and ssh in turn. Never rejects. One that takes too long or says too much is ended
* with everything that it started: a git that is left behind would go on downloading.
*/
async function runChild(spec) {
	const { command, args, cwd, env, timeoutMs, signal } = spec;
	if (signal?.aborted === true) return {
		state: "stopped",
		stdout: "",
		stderr: ""
	};
	return await new Promise((resolve) => {
		let state;
		const out = new Tail(MAX_STDOUT);
		const err = new Tail(MAX_STDERR);
		const child = spawn(command, args, {
			cwd,
			env,
			detached: process.platform !== "win32",
			stdio: [
				"ignore",
				"pipe",
				"pipe"
			],
			windowsHide: true
		});
		const stop = (why) => {
			state ??= why;
			endTree(child);
		};
		const timer = setTimeout(() => stop("timeout"), timeoutMs);
		const onAbort = () => stop("stopped");
		signal?.addEventListener("abort", onAbort, { once: true });
		const done = (how) => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", onAbort);
			resolve({
				state: state ?? how,
				stdout: out.text(),
				stderr: err.text()
			});
		};
		child.stdout.on("data", (chunk) => {
			if (!out.add(chunk)) stop("too-much");
		});
		child.stderr.on("data", (chunk) => void err.add(chunk));
		child.once("error", (error) => {
			const missing = error.code === "ENOENT";
			err.add(Buffer.from(error.message));
			done(missing ? "no-go" : "failed");
		});
		child.once("close", (code) => done(code === 0 ? "ok" : "failed"));
	});
}
function endTree(child) {
	const { pid } = child;
	if (pid === void 0) return;
	if (process.platform === "win32") spawn("taskkill", [
		"/pid",
		String(pid),
		"/t",
		"/f"
	], {
		stdio: "ignore",
		windowsHide: true
	}).on("error", () => child.kill("SIGKILL"));
	else try {
		process.kill(-pid, "SIGKILL");
	} catch {
		child.kill("SIGKILL");
	}
	child.stdout?.destroy();
	child.stderr?.destroy();
}
/** The last bytes of a stream. */
var Tail = class {
	#most;
	#chunks = [];
	#size = 0;
	constructor(most) {
		this.#most = most;
	}
	/** False when something had to be given up. */
	add(chunk) {
		this.#chunks.push(chunk);
		this.#size += chunk.length;
		if (this.#size <= this.#most) return true;
		while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#most) this.#size -= this.#chunks.shift()?.length ?? 0;
		return false;
	}
	text() {
		return Buffer.concat(this.#chunks).subarray(-this.#most).toString("utf8");
	}
};
// src/proxy/upstream/hidden-words.ts
/** A path that names its repository itself: `HOST/PATH.git`, and directories below it. */
const NAMED_REPOSITORY = /^((?:[a-z0-9.-]+\.)+[a-z0-9.-]+(?::\d+)?(?:\/~?[\w.-]+)+?)\.git(?:\/|$)/;
const ALL_FAILED = /no (?:secure )?protocol found for repository/;
/** Longest that git may take to say what is wrong, ms. */
const PATIENCE_MS = 6e4;
/**
* What git says of a repository for which go tried one protocol after the other: go only says that none did, be it for a
* refused token, a certificate or a server that is down, and that would be taken for a repository that is not there.
* Undefined where go said something else, or git finds nothing wrong.
* @param module the path that go was to fetch
* @param output what go said
*/
async function hiddenWords(module, output, spec) {
	const repository = ALL_FAILED.test(output) ? NAMED_REPOSITORY.exec(module)?.[1] : void 0;
	if (repository === void 0) return void 0;
	const end = await runChild({
		...spec,
		command: "git",
		args: [
			"ls-remote",
			"-q",
			`https://${repository}`,
			"HEAD"
		],
		timeoutMs: Math.min(PATIENCE_MS, spec.timeoutMs)
	});
	return end.state === "ok" || end.state === "no-go" ? void 0 : end;
}
// src/proxy/upstream/slots.ts
/** At most `n` tasks at once: those that somebody waits for first, else first come first served. */
var Slots = class {
	#free;
	#waiting = [];
	constructor(n) {
		this.#free = n;
	}
	async use(task, urgent) {
		if (this.#free > 0) this.#free--;
		else await new Promise((begin) => this.#waiting.push({
			urgent,
			begin
		}));
		try {
			return await task();
		} finally {
			const next = this.#take();
			if (next === void 0) this.#free++;
			else next.begin();
		}
	}
	#take() {
		const at = this.#waiting.findIndex(({ urgent }) => urgent());
		return this.#waiting.splice(Math.max(at, 0), 1)[0];
	}
};
/** One run a question, whoever asks it; it is urgent as soon as one of them is. */
var Runs = class {
	#runs = /* @__PURE__ */ new Map();
	has(key) {
		return this.#runs.has(key);
	}
	/** An answer that came with another one. */
	put(key, answer) {
		if (!this.#runs.has(key)) this.#runs.set(key, {
			answer: Promise.resolve(answer),
			wanted: []
		});
	}
	/**
	* The answer of the run that is under way, else of a new one. Rejects as that does.
	* @param keep whether a success answers later questions, too; a failure is always asked again
	*/
	async share(key, urgent, keep, start) {
		const running = this.#runs.get(key);
		if (running !== void 0) {
			running.wanted.push(urgent);
			return await running.answer;
		}
		const wanted = [urgent];
		const forget = () => void this.#runs.delete(key);
		const answer = start(() => wanted.some((one) => one()));
		this.#runs.set(key, {
			answer,
			wanted
		});
		answer.then(() => {
			wanted.length = 0;
			if (!keep) forget();
		}, forget);
		return await answer;
	}
};
// src/proxy/upstream/direct.ts
const ALWAYS = () => true;
function createDirect(settings) {
	const closing = new AbortController();
	const slots = new Slots(settings.parallel);
	const runs = new Runs();
	const cwd = join(settings.dir, "work");
	const ready = mkdir(cwd, { recursive: true });
	const run = async (about, args, brief) => {
		await ready;
		const host = hostKey(about.module);
		const health = settings.brief?.health;
		if (brief && health?.mayTryHard(host) === false) throw silent(about);
		const { timeoutMs } = (brief ? settings.brief : void 0) ?? settings;
		try {
			const found = await runGo(settings, {
				cwd,
				signal: closing.signal,
				timeoutMs
			}, about, args);
			health?.markUp(host);
			return found;
		} catch (error) {
			if (isSilence(error)) health?.markDown(host);
			throw error;
		}
	};
	const downloads = new Downloads({
		slots,
		parallel: settings.parallel,
		one: async (about) => {
			await leavePacked(modcacheOf(settings), [about]);
			return await run(about, [
				"mod",
				"download",
				"-json",
				"--",
				about.what
			], false);
		},
		several: async (abouts) => {
			await leavePacked(modcacheOf(settings), abouts);
			return await runForAll(settings, {
				cwd,
				signal: closing.signal
			}, abouts);
		}
	});
	const ask = async (about, key, args, wanted, keep = false) => {
		const { urgent = ALWAYS, brief = false } = wanted;
		if (isTooShort(about.module)) throw withoutName(about.what);
		return await runs.share(key, urgent, keep, async (now) => await slots.use(async () => await run(about, args, brief), now));
	};
	const look = async (about, wanted) => await ask(about, about.what, [
		"list",
		"-m",
		"-json",
		"--",
		about.what
	], wanted, true);
	const download = async (about, { urgent = ALWAYS }) => {
		if (isTooShort(about.module)) throw withoutName(about.what);
		return await runs.share(zipKey(about.what), urgent, true, async (now) => await downloads.get(about, now));
	};
	const smallFile = async (module, version, wanted) => {
		const what = `${module}@${version}`;
		if (runs.has(what) || !(runs.has(zipKey(what)) || settings.wantsZip?.(module, version) === true)) return await look({
			module,
			what
		}, wanted);
		try {
			return await download({
				module,
				what
			}, wanted);
		} catch (error) {
			if (error instanceof ProxyError && error.code === "absent") return await look({
				module,
				what
			}, wanted);
			throw error;
		}
	};
	return {
		file: async (module, version, kind, wanted = {}) => {
			const what = `${module}@${version}`;
			const found = kind === "zip" ? await download({
				module,
				what
			}, wanted) : await smallFile(module, version, wanted);
			const path = pathOf(found, kind);
			if (path === void 0) throw notFound(what, "go named no file for it");
			if (kind !== "zip") return {
				bytes: await readFile(path),
				...hostOf(found)
			};
			return {
				file: path,
				size: (await stat(path)).size,
				...hostOf(found)
			};
		},
		list: async (module, wanted = {}) => {
			const what = `${module} (versions)`;
			const found = await ask({
				module,
				what
			}, what, [
				"list",
				"-m",
				"-versions",
				"-json",
				"--",
				module
			], wanted);
			const lines = (found.Versions ?? []).map((version) => `${version}\n`);
			return {
				bytes: Buffer.from(lines.join("")),
				...hostOf(found)
			};
		},
		query: async (module, query, wanted = {}) => {
			const what = `${module}@${query}`;
			const args = [
				"list",
				"-m",
				"-json",
				"--",
				what
			];
			const found = await ask({
				module,
				what
			}, `${what} (query)`, args, wanted);
			if (found.Version === void 0) throw notFound(what, "go named no version for it");
			if (found.GoMod !== void 0) runs.put(`${module}@${found.Version}`, found);
			const info = {
				Version: found.Version,
				Time: found.Time,
				Origin: found.Origin
			};
			return {
				bytes: Buffer.from(JSON.stringify(info)),
				...hostOf(found)
			};
		},
		close: () => closing.abort()
	};
}
function zipKey(what) {
	return `${what} (zip)`;
}
function pathOf(found, kind) {
	if (kind === "zip") return found.Zip;
	return kind === "mod" ? found.GoMod : found.Info ?? found.GoMod?.replace(/\.mod$/, ".info");
}
function hostOf({ Origin }) {
	const url = Origin?.URL ?? "";
	const host = URL.canParse(url) ? new URL(url).host : "";
	return host === "" ? {} : { from: host };
}
/** Hosts of which go knows that each repository has an owner and a name. */
const OWNER_AND_NAME = /* @__PURE__ */ new Set(["github.com", "bitbucket.org"]);
/** Whether a path is one of those that go only asks for to find out where the module begins. */
function isTooShort(module) {
	const [host = "", owner, name] = module.split("/", 3);
	return OWNER_AND_NAME.has(host) && (owner === void 0 || name === void 0);
}
function withoutName(what) {
	return notFound(what, "a repository there has an owner and a name");
}
function notFound(what, why) {
	return new ProxyError("absent", `not found: ${what}: ${why}`, { upstream: "direct" });
}
/** How the hosts of modules are called among those that are watched; most repositories lie on the host of their path. */
function hostKey(module) {
	return `vcs:${module.split("/", 1)[0]}`;
}
function silent({ module, what }) {
	return new ProxyError("upstream-unavailable", `modgate: cannot fetch ${what} from version control: ${module.split("/", 1)[0]} did not answer a moment ago`, { upstream: "direct" });
}
async function runGo(settings, { cwd, signal, timeoutMs }, { module, what }, args) {
	const { goCommand: command } = settings;
	const env = {
		...await settings.childEnv(module),
		GOMODCACHE: modcacheOf(settings)
	};
	settings.onStart?.(what);
	const ended = await runChild({
		command,
		args,
		cwd,
		env,
		timeoutMs,
		signal
	});
	const [found] = parseModules(ended.stdout);
	const told = typeof found?.Error === "string" ? found.Error : found?.Error?.Err;
	if (ended.state === "ok" && told === void 0 && found !== void 0) return found;
	const said = told ?? ended.stderr;
	const hidden = await hiddenWords(module, said, {
		cwd,
		env,
		timeoutMs,
		signal
	});
	const end = {
		...hidden ?? ended,
		stderr: settings.redact((hidden ?? ended).stderr)
	};
	const output = hidden === void 0 ? settings.redact(said) : end.stderr;
	throw (end.state === "failed" ? settings.explain?.({
		what,
		env,
		output
	}) : void 0) ?? directError({
		what,
		end,
		output,
		timeoutMs
	});
}
function modcacheOf({ dir }) {
	return join(dir, "modcache");
}
/**
* Makes go leave the zips of these versions as they are: it unpacks each one that it downloads unless its directory is
* there, and nobody compiles what is in this module cache. Never rejects: what is unpacked only takes its time.
*/
async function leavePacked(modcache, abouts) {
	for (const { module, what } of abouts) try {
		const version = escapeVersion(what.slice(module.length + 1));
		await mkdir(join(modcache, ...`${escapePath(module)}@${version}`.split("/")), { recursive: true });
	} catch {}
}
/** One child for several versions; gives those that came with their zips. */
async function runForAll(settings, { cwd, signal }, abouts) {
	const [first] = abouts;
	const came = /* @__PURE__ */ new Map();
	if (first === void 0) return came;
	const whats = abouts.map(({ what }) => what);
	try {
		const env = {
			...await settings.childEnv(first.module),
			GOMODCACHE: modcacheOf(settings)
		};
		settings.onStart?.(whats.join(" "));
		const { goCommand: command, timeoutMs } = settings;
		const { stdout } = await runChild({
			command,
			args: [
				"mod",
				"download",
				"-json",
				"--",
				...whats
			],
			cwd,
			env,
			timeoutMs,
			signal
		});
		for (const found of parseModules(stdout)) if (found.Zip !== void 0 && found.Error === void 0) came.set(`${found.Path}@${found.Version}`, found);
	} catch {}
	return came;
}
// src/proxy/choice.ts
/**
* Where go chooses a version: nothing that the policy refuses is offered.
*
* To find out which part of `github.com/acme/tool/cmd/x` is the module, go asks for every prefix at once, and a
* refusal of a longer one stops it before it sees that a shorter one is what it wants. So of a refused path an
* upstream proxy is asked first: one that is no module is absent as ever, and only a module is refused. Version
* control is not asked for it, and where all of a host is refused, nobody is.
*/
var Choice = class {
	#deps;
	constructor(deps) {
		this.#deps = deps;
	}
	/** `@v/list` without the versions that are refused. */
	async list(module) {
		const { versions, verdict } = this.#deps;
		const whole = await verdict(module, "", "choose");
		if (whole.decision === "deny") {
			const there = await this.#ifThere(module, whole, () => versions.list(module, PROXIES_ONLY));
			if (there.bytes.length === 0) return there;
			throw refused(whole);
		}
		const answer = await versions.list(module);
		const { allowed, denial } = await this.#split(module, parseVersionList(answer.bytes));
		if (denial === void 0) return answer;
		if (allowed.length === 0) throw refused(denial);
		return {
			...answer,
			bytes: formatVersionList(allowed)
		};
	}
	/** `@latest`, or the newest version of the list where that one is refused. */
	async latest(module) {
		const { versions, files, verdict } = this.#deps;
		const whole = await verdict(module, "", "choose");
		if (whole.decision === "deny") {
			await this.#ifThere(module, whole, () => versions.latest(module, PROXIES_ONLY));
			throw refused(whole);
		}
		const answer = await versions.latest(module);
		const told = await verdict(module, parseInfo(answer.bytes).version, "choose");
		if (told.decision !== "deny") return answer;
		const list = parseVersionList((await versions.list(module)).bytes);
		const { allowed } = await this.#split(module, list);
		const version = latestOf(allowed.map((one) => one.version));
		if (version === void 0) throw refused(told);
		const { file, source, retries, upstream } = await files.get({
			path: module,
			version
		}, "info");
		return {
			bytes: file.bytes ?? await buffer(file.stream()),
			source: source === "disk" ? "store" : source,
			retries,
			stale: answer.stale,
			...upstream === void 0 ? {} : { upstream }
		};
	}
	/** What a branch or another query is just now. */
	async query(module, query) {
		const { versions, verdict } = this.#deps;
		const whole = await verdict(module, "", "choose");
		if (whole.decision === "deny") {
			await this.#ifThere(module, whole, () => versions.query(module, query, PROXIES_ONLY));
			throw refused(whole);
		}
		const answer = await versions.query(module, query);
		const told = await verdict(module, parseInfo(answer.bytes).version, "choose");
		if (told.decision === "deny") throw refused(told);
		return answer;
	}
	/** Throws what a refused version is answered with: the refusal, or its absence. */
	async refuseVersion(module, version, denial) {
		const { versions } = this.#deps;
		if (!await versions.has(module, version)) await this.#ifThere(module, denial, () => versions.query(module, version, PROXIES_ONLY));
		throw refused(denial);
	}
	/** Throws the refusal unless `ask` says that there is no such module: an outage changes no verdict. */
	async #ifThere(module, denial, ask) {
		if (denial.wholeHost === true || !this.#deps.versions.asksProxies(module)) throw refused(denial);
		try {
			return await ask();
		} catch (error) {
			if (error instanceof ProxyError && error.code === "absent") throw error;
			throw refused(denial);
		}
	}
	async #split(module, list) {
		const allowed = [];
		let denial;
		for (const one of list) {
			const told = await this.#deps.verdict(module, one.version, "choose");
			if (told.decision === "deny") denial = told;
			else allowed.push(one);
		}
		return {
			allowed,
			denial
		};
	}
};
const PROXIES_ONLY = { direct: false };
const bad = (reason) => ({
	ok: false,
	reason
});
/**
* Decodes what follows the secret in a request target (no leading slash, no query). Percent-decodes once,
* then un-bangs, as go's own escaping demands; everything go would never send is refused with a reason.
*/
function parseRequest(target) {
	if (target.length > 4096) return bad("the request path is longer than 4096 bytes");
	let path;
	try {
		path = decodeURIComponent(target);
	} catch {
		return bad("the request path has a malformed percent escape");
	}
	if (/[\u0000-\u001f\u007f\\]/.test(path)) return bad("the request path has a control character or backslash");
	if (path.startsWith("sumdb/")) return parseSumDb(path.slice(6));
	const latest = path.endsWith("/@latest");
	const at = latest ? path.length - 8 : path.lastIndexOf("/@v/");
	if (at <= 0) return bad("not a path of the GOPROXY protocol (want MODULE/@v/FILE or MODULE/@latest)");
	let module;
	try {
		module = unescapePath(path.slice(0, at));
	} catch (error) {
		return bad(error instanceof Error ? error.message : String(error));
	}
	const malformed = checkPath(module);
	if (malformed !== void 0) return bad(malformed);
	if (latest) return {
		ok: true,
		request: {
			op: "latest",
			module
		}
	};
	const file = path.slice(at + 4);
	if (file === "list") return {
		ok: true,
		request: {
			op: "list",
			module
		}
	};
	const dot = file.lastIndexOf(".");
	const op = file.slice(dot + 1);
	if (dot <= 0 || op !== "info" && op !== "mod" && op !== "zip") return bad("unknown file after /@v/ (want list, VERSION.info, VERSION.mod or VERSION.zip)");
	let version;
	try {
		version = unescapeVersion(file.slice(0, dot));
	} catch (error) {
		return bad(error instanceof Error ? error.message : String(error));
	}
	const canonical = isValid(version) && canonicalModuleVersion(version) === version;
	if (!canonical && op !== "info") return bad(`"${version}" is not a canonical version`);
	return {
		ok: true,
		request: {
			op,
			module,
			version,
			canonical
		}
	};
}
/** A database's name may have slashes, so it ends where one of the four kinds of request begins. */
const SUMDB = /^([a-z0-9.-]+(?:\/[a-z0-9.-]+)*?)(\/supported|\/latest|\/lookup\/[^@]+@[^/@]+|\/tile\/8\/(?:\d{1,2}|data)\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?)$/i;
function parseSumDb(rest) {
	const [, name, path] = SUMDB.exec(rest) ?? [];
	if (name === void 0 || path === void 0) return bad("not a checksum database path (want NAME/supported, latest, lookup/M@V or tile/...)");
	return {
		ok: true,
		request: {
			op: "sumdb",
			name,
			path
		}
	};
}
// src/proxy/handler.ts
/** Bound on what is remembered to say it once. */
const MAX_WARNED = 1e4;
/** No module graph is larger. */
const MAX_GRAPH = 1e5;
/**
* The GOPROXY protocol below the secret. Every URL the server knows is decided here:
* `M/@v/list`, `M/@latest`, `M/@v/V.{info,mod,zip}`, `sumdb/N/{supported,latest,lookup/..,tile/..}`.
*/
function createHandler(deps) {
	const choice = new Choice(deps);
	const graph = /* @__PURE__ */ new Set();
	const service = {
		...deps,
		choice,
		isInGraph: (module, version) => graph.has(`${module}@${version}`) || deps.isListed?.(module, version) === true,
		onServed: ({ op, ...request }) => {
			if (op === "mod" && graph.size < MAX_GRAPH) graph.add(`${request.module}@${request.version}`);
		}
	};
	const warned = /* @__PURE__ */ new Set();
	/** Once a module: a build asks for several files of each. */
	const warnOnce = (module, { rule, reason }) => {
		if (warned.has(module) || warned.size >= MAX_WARNED) return;
		warned.add(module);
		deps.log(`policy: ${rule}: ${reason}`);
	};
	/** @param target what follows the secret in the URL, without query and leading slash */
	return async (req, res, target) => {
		const began = deps.now();
		if (req.method !== "GET") {
			res.writeHead(405, {
				Allow: "GET",
				"Content-Type": "text/plain; charset=utf-8"
			});
			res.end("modgate: only GET is part of the module proxy protocol\n");
			return;
		}
		const parsed = parseRequest(target);
		if (!parsed.ok) {
			const bad = new ProxyError("bad-request", `not found: ${parsed.reason}`);
			await sendError(res, bad, deps.redact).catch(() => void 0);
			return;
		}
		const { request } = parsed;
		const record = (facts, decision) => {
			deps.journal.append({
				op: opOf(request),
				...subject(request),
				...facts,
				decision,
				ms: Math.round(deps.now() - began)
			});
		};
		try {
			const { told, ...facts } = await answer(service, req, res, request);
			if (told?.decision !== "warn") return record(facts, "allow");
			const { rule, reason } = told;
			if (request.op !== "sumdb") warnOnce(request.module, told);
			record({
				...facts,
				rule,
				reason
			}, "warn");
		} catch (error) {
			if (res.headersSent) {
				res.destroy();
				if (!res.writableFinished) deps.log(`client left ${describe(request)}: ${words(error)}`);
				record({
					status: res.statusCode,
					bytes: 0,
					reason: "client left"
				}, "allow");
				return;
			}
			const known = error instanceof ProxyError ? error : unexpected(error, request, deps.log);
			const bytes = await sendError(res, known, deps.redact).catch(() => 0);
			record({
				status: statusOf(known.code),
				bytes,
				reason: known.reason,
				...known.rule === void 0 ? {} : { rule: known.rule },
				...known.upstream === void 0 ? {} : { upstream: known.upstream },
				...known.retries === 0 ? {} : { retries: known.retries },
				...known.code === "absent" && (request.op === "list" || request.op === "latest") ? { probe: true } : {}
			}, known.code === "denied" || known.code === "hash-changed" ? "deny" : "allow");
		}
	};
}
/** Facts for the journal, and what the policy said of a module that it let through. */
async function answer(deps, req, res, request) {
	if (request.op === "sumdb") {
		if (deps.sumdb === void 0 || deps.sumdb.name !== request.name) throw new ProxyError("absent", `modgate does not proxy the checksum database ${request.name}`);
		return {
			status: 200,
			bytes: await sendText(res, await deps.sumdb.serve(request.path))
		};
	}
	const { choice } = deps;
	const { module } = request;
	const version = "version" in request ? request.version : "";
	deps.onAsked?.(module, version);
	if (request.op === "mod" || request.op === "zip" || request.op === "info" && request.canonical) {
		const what = request.op !== "info" ? request.op : deps.isInGraph(module, version) ? "mod" : "choose";
		const told = await deps.verdict(module, version, what);
		if (told.decision === "deny") {
			if (request.op === "info") return await choice.refuseVersion(module, version, told);
			throw refused(told, await deps.requiredBy?.(module, version));
		}
		const { found, bytes } = await sendFound(deps.files, req, res, {
			path: module,
			version
		}, request.op);
		const { file } = found;
		deps.onServed({
			op: request.op,
			module,
			version
		});
		return {
			told,
			status: res.statusCode,
			bytes,
			source: found.source,
			...found.upstream === void 0 ? {} : { upstream: found.upstream },
			...found.retries === 0 ? {} : { retries: found.retries },
			...found.sumdb === void 0 ? {} : { sumdb: found.sumdb },
			...file.kind === "zip" ? {
				...file.sha256 === void 0 ? {} : { zip_sha256: file.sha256 },
				...file.h1 === void 0 ? {} : { h1: file.h1 }
			} : {},
			...file.kind === "mod" && file.h1 !== void 0 ? { gomod_h1: file.h1 } : {}
		};
	}
	const text = request.op === "list" ? await choice.list(module) : request.op === "latest" ? await choice.latest(module) : await choice.query(module, version);
	return {
		status: 200,
		bytes: await sendText(res, text.bytes, request.op === "list" ? void 0 : "application/json"),
		source: text.source,
		...text.upstream === void 0 ? {} : { upstream: text.upstream },
		...text.retries === 0 ? {} : { retries: text.retries },
		...text.stale ? { stale: true } : {}
	};
}
/** Times that a file is looked up which is gone again when it is to be read. */
const MAX_LOOKS = 3;
/** Looks a file up and sends it; one that the store loses in between is looked up, and fetched, again. */
async function sendFound(files, req, res, mv, kind) {
	for (let look = 1;; look++) {
		const found = await files.get(mv, kind);
		try {
			return {
				found,
				bytes: await sendFile(req, res, found.file)
			};
		} catch (error) {
			if (!(error instanceof FileGone) || look === MAX_LOOKS) throw error;
		}
	}
}
function opOf(request) {
	if (request.op === "sumdb") return "sumdb";
	return request.module === "golang.org/toolchain" && request.op === "zip" ? "toolchain" : request.op;
}
function subject(request) {
	if (request.op === "sumdb") return { query: request.path };
	if (!("version" in request)) return { module: request.module };
	const { module, version } = request;
	return request.canonical ? {
		module,
		version
	} : {
		module,
		query: version
	};
}
function describe(request) {
	if (request.op === "sumdb") return `sumdb ${request.path}`;
	return "version" in request ? `${request.module}@${request.version}.${request.op}` : `${request.module} ${request.op}`;
}
function unexpected(error, request, log) {
	const code = error?.code;
	log(`unexpected error on ${describe(request)}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
	if (code === "ENOSPC" || code === "EDQUOT") return new ProxyError("disk", "modgate: the disk of the session directory is full\nnext: free space or set RUNNER_TEMP / TMPDIR to another disk", { cause: error });
	return new ProxyError("disk", `modgate: internal error: ${words(error)}\nnext: see daemon.log in the session directory`, { cause: error });
}
function words(error) {
	return error instanceof Error ? error.message : String(error);
}
// src/proxy/held.ts
/**
* Files that this job may have and nobody else: what no go.sum of a trusted ref and no checksum database
* vouches for. They live in the session directory and go with it.
*/
var HeldFiles = class {
	#dir;
	#files = /* @__PURE__ */ new Map();
	#counter = 0;
	/** @param dir an existing private directory, on the same file system as the temp files given to `holdZip` */
	constructor(dir) {
		this.#dir = dir;
	}
	get(mv, kind) {
		return this.#files.get(key(mv, kind));
	}
	/** A path for a download, when the store has none to give. */
	tempFile() {
		return `${this.#path()}.tmp`;
	}
	async holdBytes(mv, kind, bytes, h1) {
		const path = this.#path();
		const handle = await open$1(path, "w", 384);
		try {
			await handle.writeFile(bytes);
		} finally {
			await handle.close();
		}
		const facts = {
			sha256: createHash("sha256").update(bytes).digest("hex"),
			size: bytes.length
		};
		return this.#add(mv, kind, path, {
			facts,
			representation: "original",
			original: facts,
			h1
		});
	}
	/** Takes the file over by rename. */
	async holdZip(mv, { file, ...form }) {
		const path = this.#path();
		try {
			await rename(file, path);
		} catch (error) {
			if (error.code !== "EXDEV") throw error;
			const { copyFile } = await import("node:fs/promises");
			await copyFile(file, path);
			await rm(file, { force: true });
		}
		return this.#add(mv, "zip", path, form);
	}
	#path() {
		this.#counter++;
		return join(this.#dir, `${this.#counter}`);
	}
	#add(mv, kind, path, form) {
		const { facts, representation, original, h1 } = form;
		const file = {
			kind,
			size: facts.size,
			sha256: original.sha256,
			representation,
			...h1 === void 0 ? {} : { h1 },
			stream: (range) => streamOfFile(path, asItIs, range),
			parts: (range) => partsOfFile(path, asItIs, range)
		};
		this.#files.set(key(mv, kind), file);
		return file;
	}
};
/** Nobody but this process can reach it. */
async function asItIs() {}
function key(mv, kind) {
	return `${mv.path}@${mv.version}.${kind}`;
}
// src/proxy/check.ts
/**
* Decides whether a body is the file that was asked for. An `.info` is read by a strict schema and written
* anew: a flipped bit in it is invisible otherwise. A go.mod and a zip have the hash that somebody vouches for.
* @throws WrongBody when asking again may help, FinalBody when it cannot
*/
async function checkBody(mv, kind, body, deps) {
	if (kind === "info") {
		const info = wrongUnless(() => parseInfo(mustBytes(body), { version: mv.version }));
		deps.doubt?.(info.time === void 0, "the .info names no time");
		return {
			kind,
			bytes: formatInfo(info),
			origin: info.origin
		};
	}
	if (kind === "mod") {
		const bytes = await bodyBytes(body);
		const h1 = hashGoMod(bytes);
		const vouch = await deps.vouched;
		refuseMismatch(vouch, h1, deps.onOther);
		if (vouch?.state !== "known") looksLikeGoMod(bytes);
		return {
			kind,
			bytes,
			h1,
			vouch
		};
	}
	if (!("file" in body)) throw new WrongBody("a zip came as bytes");
	return await checkZip(body.file, deps);
}
/** Gives the zip in the form that is kept; the file of the other form is gone, unless it is to stay. */
async function checkZip(fetched, { hashZip, vouched, storedTo, keepOriginal, onOther }) {
	const { h1, sha256, size, stored } = await hashZip(fetched, storedTo).catch((error) => {
		throw zipTrouble(error);
	});
	const original = {
		sha256,
		size
	};
	const vouch = await vouched;
	try {
		refuseMismatch(vouch, h1, onOther);
	} catch (error) {
		if (storedTo !== void 0) await removeQuietly(storedTo);
		throw error;
	}
	const kind = "zip";
	if (stored === void 0 || storedTo === void 0) return {
		kind,
		file: fetched,
		h1,
		facts: original,
		representation: "original",
		original,
		vouch
	};
	if (keepOriginal !== true) await removeQuietly(fetched);
	return {
		kind,
		file: storedTo,
		h1,
		facts: stored,
		representation: "stored",
		original,
		...keepOriginal === true ? { originalFile: fetched } : {},
		vouch
	};
}
const WHO = {
	sumdb: "the checksum database has",
	gosum: "go.sum has",
	"session-gosum": "go.sum has",
	"first-seen": "first seen was"
};
function mustBytes(body) {
	if ("bytes" in body) return body.bytes;
	throw new WrongBody("a small file came as a file");
}
function refuseMismatch(vouch, h1, onOther) {
	if (vouch?.state !== "known" || vouch.h1s.includes(h1)) return;
	if (vouch.by === "first-seen") onOther?.(h1);
	throw new WrongBody(`checksum mismatch: got ${h1}, ${WHO[vouch.by]} ${vouch.h1s.join(" or ")}`);
}
/** Without a hash to compare with, an error page must at least not pass for a go.mod. */
function looksLikeGoMod(bytes) {
	const text = bytes.toString("latin1");
	if (text.includes("\0") || /^\s*</.test(text) || !/^\s*module\b/m.test(text)) throw new WrongBody("the answer is no go.mod file (it has no module line)");
}
function wrongUnless(parse) {
	try {
		return parse();
	} catch (error) {
		throw new WrongBody(error instanceof Error ? error.message : String(error));
	}
}
function zipTrouble(error) {
	if (!(error instanceof HashError) || error.code !== "bad-zip") return error;
	return error.detail === "too-large" ? new FinalBody(error.message) : new WrongBody(error.message);
}
// src/proxy/doubt.ts
/** How often the same odd answer is asked for again before it is believed. */
const TIMES = 2;
/**
* For what no hash protects: an answer that could be meant, but is more often what a fault leaves of a good one,
* is asked for again and believed when it stays the same.
* @returns throws WrongBody for the first suspicious answers; one for each file that is asked for
*/
function createDoubt() {
	let left = TIMES;
	return (suspicious, why) => {
		if (suspicious && left-- > 0) throw new WrongBody(why);
	};
}
// src/proxy/file-answer.ts
/** What go accepts at most, bytes. */
const LIMITS = {
	info: 65536,
	mod: 16777216,
	zip: 524288e3,
	list: 8388608
};
/** Where the bytes of a walk came from. */
function provenance(walked) {
	return {
		source: walked.via,
		upstream: walked.upstream,
		retries: walked.retries
	};
}
// src/proxy/infos.ts
/**
* The `.info` files of a store that is not believed. No hash protects them and go would not notice, so an upstream is
* asked what they should say; where none can be asked, an answer is made of the version alone, which go.sum or
* the checksum database hold to. Version control is not asked for the time of what the store has: that costs a clone.
*/
var Infos = class {
	#deps;
	#toldOfDifference = false;
	#toldOfMaking = false;
	constructor(deps) {
		this.#deps = deps;
	}
	/**
	* Undefined when neither the upstream could be asked just now nor the store has anything of it: then it is worth
	* all patience. Rejects with ProxyError.
	* @param wanted whether somebody waits for the file
	*/
	async get(mv, wanted) {
		const { keeper } = this.#deps;
		const { chain, direct } = this.#deps.route(mv.path);
		const what = `${mv.path}@${mv.version}.info`;
		const doubt = createDoubt();
		let made;
		let walked;
		try {
			walked = await chain.fetch({
				path: `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.info`,
				what,
				limit: LIMITS.info,
				wrongStops: false,
				direct: async (how) => {
					made = await this.#instead(mv, true, "version control is not asked for what the store has");
					if (made?.file.bytes !== void 0) return { bytes: made.file.bytes };
					if (direct !== void 0) return await direct.file(mv.path, mv.version, "info", {
						...how,
						urgent: wanted
					});
					throw new ProxyError("absent", `not found: ${what}`);
				},
				check: async (body, again) => await checkBody(mv, "info", body, {
					vouched: void 0,
					doubt: again ? doubt : void 0,
					hashZip: () => Promise.reject(/* @__PURE__ */ new Error("an .info is no zip"))
				})
			}, { confirming: true });
		} catch (error) {
			if (!(error instanceof ProxyError) || error.code === "closing") throw error;
			return await this.#instead(mv, false, error.message.split("\n", 1)[0] ?? "", true);
		}
		if (made !== void 0) return made;
		if (walked.state === "abandoned") return void 0;
		if (walked.state === "absent") {
			const proven = walked.upstream !== void 0;
			const instead = await this.#instead(mv, proven, walked.text.split("\n", 1)[0] ?? "");
			if (instead !== void 0) return instead;
			throw new ProxyError("absent", walked.text, {
				upstream: walked.upstream,
				retries: walked.retries
			});
		}
		const checked = walked.value;
		if (checked.kind !== "info") return void 0;
		const claimed = await this.#claimed(mv);
		if (claimed?.bytes?.equals(checked.bytes) === true) {
			const file = await this.#deps.stored.confirm(mv, claimed);
			if (file !== void 0) return {
				source: "store",
				retries: walked.retries,
				file
			};
		}
		const confirmed = this.#compare(mv, claimed?.bytes, checked.bytes);
		const file = await keeper.keep(mv, checked, wanted);
		return {
			...confirmed ? {
				source: "store",
				retries: walked.retries
			} : provenance(walked),
			...file === void 0 ? {} : { file }
		};
	}
	/** What the shared cache says; one that is about to come has to be held against the upstream's, too. */
	async #claimed(mv) {
		const { stored, beforeUpstream } = this.#deps;
		const claimed = await stored.claimed(mv);
		if (claimed !== void 0 || !await beforeUpstream(mv, "info")) return claimed;
		return await stored.claimed(mv);
	}
	/** What the store has by now, made of the version where it is not proven. Asks nobody. */
	async offline(mv) {
		const { stored } = this.#deps;
		const file = await stored.get(mv, "info");
		if (file !== void 0) return {
			file,
			source: "store",
			retries: 0
		};
		if (await stored.claimed(mv) === void 0) return void 0;
		return {
			file: fromVersion(mv.version),
			source: "store",
			retries: 0
		};
	}
	/**
	* For an .info that the store lacks, when no patience brought it: of a version whose code is here and vouched for.
	* Undefined when it is not, or when the error is no outage.
	*/
	async lastResort(mv, error) {
		if (!(error instanceof ProxyError && error.code.startsWith("upstream-")) || !await this.#deps.stored.isProven(mv)) return void 0;
		this.#tellOfMaking(mv, error.message.split("\n", 1)[0] ?? "", true);
		return {
			file: fromVersion(mv.version),
			source: "store",
			retries: error.retries
		};
	}
	/**
	* @param proven an upstream says that there is no such version: then somebody must vouch for it
	* @param outage the upstream should have answered
	*/
	async #instead(mv, proven, why, outage = false) {
		await this.#deps.beforeUpstream(mv, "info");
		const found = await this.offline(mv);
		if (found === void 0 || proven && !await this.#deps.stored.isProven(mv)) return void 0;
		this.#tellOfMaking(mv, why, outage);
		return found;
	}
	#tellOfMaking(mv, why, outage) {
		if (this.#toldOfMaking) return;
		this.#toldOfMaking = true;
		(outage ? this.#deps.warn : this.#deps.log)(`nobody confirms the .info files of the shared cache, first of ${mv.path}@${mv.version} (${why}): such a one names its version and neither time nor origin`);
	}
	/** Whether the store has an .info of this version that says what the upstream told. */
	#compare(mv, claimed, told) {
		const { warn, log } = this.#deps;
		if (claimed === void 0) return false;
		const difference = claimed.equals(told) ? void 0 : contradiction(mv.version, claimed, parseInfo(told));
		if (difference === void 0) return true;
		const line = `the .info of ${mv.path}@${mv.version} in the shared cache says ${difference}: the upstream's was served`;
		if (this.#toldOfDifference) log(line);
		else warn(`${line}. More of that is in the log only`);
		this.#toldOfDifference = true;
		return false;
	}
};
/** The .info that a version alone lets one write: a pseudo-version has its time in it. */
function fromVersion(version) {
	const bytes = formatInfo({
		version,
		...timeOf(version)
	});
	return {
		kind: "info",
		size: bytes.length,
		representation: "original",
		sha256: createHash("sha256").update(bytes).digest("hex"),
		bytes,
		stream: (range) => streamOfBytes(bytes, range),
		parts: (range) => partsOfBytes(bytes, range)
	};
}
function timeOf(version) {
	try {
		return isPseudo(version) ? { time: pseudoTime(version) } : {};
	} catch {
		return {};
	}
}
/** `A, the upstream says B` for the first thing in which they differ; undefined when they say the same. */
function contradiction(version, claimed, told) {
	let ours;
	try {
		ours = parseInfo(claimed, { version });
	} catch (error) {
		return `nothing of use (${error instanceof Error ? error.message.slice(0, 200) : "unreadable"})`;
	}
	if (Date.parse(ours.time ?? "") !== Date.parse(told.time ?? "") && (ours.time ?? told.time) !== void 0) return `Time ${ours.time ?? "unknown"}, the upstream says ${told.time ?? "unknown"}`;
	const keys = /* @__PURE__ */ new Set([...Object.keys(ours.origin ?? {}), ...Object.keys(told.origin ?? {})]);
	for (const key of keys) {
		const [a, b] = [ours.origin?.[key], told.origin?.[key]];
		if (a !== b) return `Origin ${key} ${short(a)}, the upstream says ${short(b)}`;
	}
}
function short(text) {
	return text === void 0 ? "nothing" : text.slice(0, 200);
}
// src/proxy/keeper.ts
/** Decides where a verified file goes: into the store for everybody, or into the session for this job alone. */
var Keeper = class {
	#deps;
	/** Work that no answer waits for. */
	#background = /* @__PURE__ */ new Set();
	/** The store's medium failed; nothing new goes there. */
	storeTrouble = false;
	constructor(deps) {
		this.#deps = deps;
	}
	/** A path for a download: on the store's disk, or on the session's when that one is in trouble. */
	tempFile() {
		const { store, held } = this.#deps;
		return store.writable && !this.storeTrouble ? store.tempFile() : held.tempFile();
	}
	/**
	* Into the store when somebody vouches for it, else into the session's own files. Undefined when it is in
	* the store and nobody waits for it (`wanted`): a prefetched file is read when it is asked for.
	*/
	async keep(mv, checked, wanted) {
		const { held } = this.#deps;
		if (checked.kind === "info") {
			const { bytes, origin } = checked;
			const commit = {
				info: bytes,
				...origin === void 0 ? {} : { origin }
			};
			if (this.#strong(mv, await this.#versionVouch(mv, true)) !== void 0) {
				if (await this.#commit(mv, commit)) return wanted() ? await this.#committed(mv, "info") : void 0;
			} else this.#later(this.#keepInfoLater(mv, commit));
			return await held.holdBytes(mv, "info", bytes);
		}
		const by = this.#strong(mv, checked.vouch);
		if (by === void 0 || !this.#takes()) await removeOriginal(checked);
		if (by !== void 0 && await this.#commit(mv, commitOf(checked, by))) return wanted() ? await this.#committed(mv, checked.kind) : void 0;
		const file = checked.kind === "mod" ? await held.holdBytes(mv, "mod", checked.bytes, checked.h1) : await held.holdZip(mv, checked);
		if (by === void 0) this.#later(this.#keepForAll(mv, checked, file));
		return file;
	}
	/** Resolves when what is kept in the background is kept, or after `ms`. */
	async settle(ms) {
		await within(ms, Promise.allSettled(this.#background));
	}
	#later(work) {
		const settled = work.catch((error) => this.storeFailed(error)).finally(() => this.#background.delete(settled));
		this.#background.add(settled);
	}
	async #keepForAll(mv, checked, file) {
		const { vouchForAll, store } = this.#deps;
		if (!(checked.vouch?.state === "known" && checked.vouch.by === "session-gosum") || vouchForAll === void 0 || !store.writable) return;
		const vouch = await vouchForAll(mv.path, mv.version, checked.kind);
		const by = this.#strong(mv, vouch);
		if (by === void 0 || vouch.state !== "known" || !vouch.h1s.includes(checked.h1)) return;
		if (checked.kind === "mod") {
			await this.#commit(mv, commitOf(checked, by));
			return;
		}
		const temp = this.tempFile();
		await pipeline$1(file.stream(), createWriteStream(temp));
		const { originalFile: _, ...rest } = checked;
		await this.#commit(mv, commitOf({
			...rest,
			file: temp
		}, by));
	}
	/**
	* False when the store cannot take it. One that fails on the way has removed the zip: to hold it fails then,
	* and the flight fetches once more, into the session's own directory.
	*/
	async #commit(mv, what) {
		if (!this.#takes()) return false;
		try {
			await this.#deps.store.commit(mv, what);
			return true;
		} catch (error) {
			this.storeFailed(error);
			return false;
		}
	}
	#takes() {
		return this.#deps.store.writable && !this.storeTrouble;
	}
	async #committed(mv, kind) {
		return await this.#deps.store.get(mv, kind).catch((error) => {
			this.storeFailed(error);
		});
	}
	async #keepInfoLater(mv, what) {
		const vouch = await this.#versionVouch(mv, false);
		const last = this.#strong(mv, vouch) === void 0 ? await this.#deps.vouchForAll?.(mv.path, mv.version, "mod") : vouch;
		if (this.#strong(mv, last) !== void 0) await this.#commit(mv, what);
	}
	/** An .info is vouched for by what vouches for its version; `fast` asks nobody over the network. */
	async #versionVouch(mv, fast) {
		for (const file of ["mod", "zip"]) {
			if (fast && this.#deps.goSum(mv.path, mv.version, file).length === 0) continue;
			const vouch = await this.#deps.vouch(mv.path, mv.version, file);
			if (vouch.state === "known") return vouch;
		}
	}
	/** Who vouches for a file so that others may have it, too. */
	#strong(mv, vouch) {
		if (vouch?.state !== "known") return this.#deps.pins.mayPin(mv.path);
		return vouch.by === "session-gosum" ? void 0 : vouch.by;
	}
	/** A store that fails costs speed, never the job: said once. */
	storeFailed(error) {
		if (this.storeTrouble) return;
		this.storeTrouble = true;
		const { store, warn } = this.#deps;
		const { message } = asStoreError(error, store.location, "write");
		warn(`${message}. The job goes on without keeping new modules there`);
	}
};
function commitOf(checked, by) {
	const { h1 } = checked;
	if (checked.kind === "mod") return { mod: {
		bytes: checked.bytes,
		h1,
		by
	} };
	const { file, facts, representation, original, originalFile } = checked;
	return { zip: {
		file,
		h1,
		by,
		facts,
		representation,
		original,
		...originalFile === void 0 ? {} : { originalFile }
	} };
}
/** What only a store could have passed on. */
async function removeOriginal(checked) {
	if (checked.kind === "zip" && checked.originalFile !== void 0) await removeQuietly(checked.originalFile);
}
// src/proxy/pins.ts
/**
* What takes the place of a checksum database for modules that none knows: the hash of the first fetch by a trusted job
* is pinned in the store's index, and other bytes are refused from then on, until somebody says that they are meant.
*/
var Pins = class {
	#deps;
	constructor(deps) {
		this.#deps = deps;
	}
	covers(module) {
		return this.#deps.covers(module);
	}
	/** The voucher of what this job fetches of a module that nobody vouches for; undefined where it may not pin. */
	mayPin(module) {
		return this.#deps.trusted && this.covers(module) ? "first-seen" : void 0;
	}
	/**
	* The pin of a file, if there is one. In a store that is believed every hash that was vouched for is one; of one that
	* is not, what go.sum and the checksum database once vouched for they can vouch for again.
	*/
	async of(mv, kind) {
		const { store } = this.#deps;
		if (!this.covers(mv.path)) return void 0;
		const entry = await store.entry(mv).catch(() => void 0);
		if (entry === void 0) return void 0;
		const by = voucherOf(entry, kind);
		const h1 = h1Of(entry, kind);
		if (by === void 0 || h1 === void 0) return void 0;
		return store.proof === "full" && by !== "first-seen" ? void 0 : {
			kind,
			h1,
			by,
			since: entry.firstSeen
		};
	}
	/**
	* Whom a fetch has to satisfy, given what the job's go.sum has; undefined when the pin has no say. Of a store that is
	* not believed go.sum knows better.
	* @throws ProxyError when nothing can satisfy both
	*/
	vouch(mv, pin, goSum) {
		if (goSum.length === 0) return {
			state: "known",
			h1s: [pin.h1],
			by: "first-seen"
		};
		if (goSum.includes(pin.h1) || this.#deps.store.proof === "full") return void 0;
		throw changed(mv, pin, `go.sum has ${goSum.join(" or ")}`);
	}
};
/** The refusal of a file that is another one than was first seen. Plain text for go, with both hashes. */
function changed(mv, pin, now, upstream) {
	const name = `${mv.path}@${mv.version}`;
	const lines = [
		`modgate: ${name} is not what it was: ${pin.kind === "mod" ? "its go.mod's hash" : "its hash"} was ${pin.h1} when it was first seen on ${pin.since.slice(0, 19)}Z`,
		`now ${now}; no checksum database knows it, so that the first hash is pinned`,
		`next: find out who moved the tag. If that is right: modgate cache forget ${name}`
	];
	return new ProxyError("hash-changed", lines.join("\n"), {
		rule: "sum/changed",
		reason: `${pin.kind === "mod" ? "go.mod" : "zip"} of ${name}: first seen ${pin.h1} on ${pin.since}, now ${now}`,
		...upstream === void 0 ? {} : { upstream }
	});
}
// src/proxy/stored.ts
/** Files told of one by one; a store that is wrong throughout is told of once more, as a whole. */
const MAX_TOLD = 20;
/**
* What of the store this job may have. Of one that modgate alone writes: everything but what go.sum contradicts. Of
* one that is not believed (see `Proof`): the zips and go.mod files that go.sum or the checksum database vouch for,
* because without either go would not notice what it is given, and no `.info` but those that this process brought.
*/
var Stored = class {
	#deps;
	#told = /* @__PURE__ */ new Set();
	constructor(deps) {
		this.#deps = deps;
	}
	/** Undefined when it is not there or not to be had; says why once where it is not what it should be. */
	async get(mv, kind, priority = "now") {
		if (kind === "info") {
			const info = await this.#read(mv, kind, [], priority);
			return info?.unproven === true ? void 0 : info;
		}
		const { store, goSum, pins } = this.#deps;
		const listed = goSum(mv.path, mv.version, kind);
		const full = store.proof === "full";
		if (!full && listed.length === 0) return await this.#unlisted(mv, kind, priority);
		const wanted = listed.length > 0 ? {
			h1s: listed,
			says: ", go.sum wants"
		} : await this.#askWhatFits(mv, kind);
		if (wanted === void 0) return void 0;
		const file = await this.#read(mv, kind, listed, priority);
		if (file === void 0) return void 0;
		if (file.h1 !== void 0 && wanted.h1s.includes(file.h1)) return file;
		if (!full && file.by !== void 0 && pins.covers(mv.path)) return void 0;
		this.#tell(`${mv.path}@${mv.version}.${kind}`, `the store's ${mv.path}@${mv.version}.${kind} has ${file.h1 ?? "no hash"}${wanted.says} ${wanted.h1s.join(" or ")}: not served, asking the upstream`);
	}
	/** What was only pinned when it was first seen has to satisfy a checksum database that knows it. */
	async #unlisted(mv, kind, priority) {
		const { pins, vouch } = this.#deps;
		const file = await this.#read(mv, kind, [], priority);
		if (file === void 0 || file.by !== "first-seen" || pins.covers(mv.path)) return file;
		const told = await vouch(mv.path, mv.version, kind);
		if (told.state !== "known" || told.h1s.includes(file.h1 ?? "")) return file;
		this.#tell(`${mv.path}@${mv.version}.${kind}`, `the store's ${mv.path}@${mv.version}.${kind} has ${file.h1 ?? "no hash"}, as it was first seen by a job without checksum database, which wants ${told.h1s.join(" or ")}: not served, asking the upstream. What that job built has to be looked at`);
	}
	/** An .info of which nobody knows whether it is true. */
	async claimed(mv) {
		const info = await this.#read(mv, "info", [], "now");
		return info?.unproven === true ? info : void 0;
	}
	/** Takes an .info for true, because an upstream told the same bytes; undefined when it is gone by now. */
	async confirm(mv, claimed) {
		this.#deps.store.confirm(mv, claimed);
		return await this.get(mv, "info");
	}
	/** Whether the store has code of this version that somebody vouches for: then the version exists. */
	async isProven(mv) {
		return await this.get(mv, "mod") !== void 0;
	}
	/** Whom a file without a line in go.sum has to satisfy; undefined when it is not there or nobody knows. */
	async #askWhatFits(mv, kind) {
		const { store, vouch } = this.#deps;
		if ((await store.entry(mv).catch(() => void 0))?.[kind] === void 0) return void 0;
		const told = await vouch(mv.path, mv.version, kind);
		if (told.state === "known") return {
			h1s: told.h1s,
			says: ", the checksum database wants"
		};
		this.#tell(told.state, unvouched(`${mv.path}@${mv.version}`, told));
	}
	/** What the index knows, else a file without index entry that has one of the hashes of go.sum. */
	async #read(mv, kind, listed, priority) {
		const { store, onFailure } = this.#deps;
		try {
			let file = await store.get(mv, kind, void 0, priority);
			for (const h1 of listed) file ??= await store.get(mv, kind, h1, priority);
			return file;
		} catch (error) {
			onFailure(error);
			return;
		}
	}
	#tell(what, line) {
		if (this.#told.has(what) || this.#told.size > MAX_TOLD) return;
		this.#told.add(what);
		const { warn } = this.#deps;
		if (this.#told.size <= MAX_TOLD) warn(line);
		else warn(`more files of the store are not served, for reasons like those of the first ${MAX_TOLD}`);
	}
};
function unvouched(what, vouch) {
	const next = vouch.state === "unknown" ? "a line in go.sum lets the shared cache serve it" : "so is what else nobody vouches for just now";
	return `the shared cache has ${what}, but neither go.sum nor the checksum database vouches for it (${vouch.why}): it is fetched anew; ${next}`;
}
// src/proxy/module-files.ts
/** Zips up to this size are read once and hashed on their way out; hashing a longer one delays its first byte. */
const LONG_ZIP = 1048576;
/**
* The immutable files of module versions: from the store, else in one flight a file from the upstream chain,
* verified, then kept. A flight belongs to nobody, so a client that leaves does not stop it. Files are
* answered only when they are whole and verified: go has no retry, so a byte that turns out wrong after it
* was sent could not be made right again.
*/
var ModuleFiles = class {
	#deps;
	#flights = /* @__PURE__ */ new Map();
	/** Fetched ahead and not asked for yet: the first answer tells where the bytes came from, not the store. */
	#ahead = /* @__PURE__ */ new Map();
	#keeper;
	#stored;
	#infos;
	constructor(deps) {
		this.#deps = deps;
		const keeper = new Keeper(deps);
		const stored = new Stored({
			...deps,
			onFailure: (error) => keeper.storeFailed(error)
		});
		this.#keeper = keeper;
		this.#stored = stored;
		this.#infos = new Infos({
			...deps,
			keeper,
			stored
		});
	}
	/** Resolves when what is kept in the background is kept, or after `ms`. */
	async settle(ms) {
		await this.#keeper.settle(ms);
	}
	/** Resolves with the file, for a client; rejects with ProxyError. */
	async get(mv, kind) {
		const key = keyOf(mv, kind);
		const running = this.#flights.get(key);
		if (running !== void 0 && running.asker === "prefetch") {
			running.asker = "client";
			running.job?.promote();
		}
		const found = await (running ?? this.#fly(key, mv, kind, "client")).found;
		const file = found.file ?? (await this.#kept(mv, kind))?.file;
		if (file === void 0) return await this.get(mv, kind);
		const ahead = this.#ahead.get(key);
		if (ahead === void 0) return {
			...found,
			file
		};
		this.#ahead.delete(key);
		return {
			...ahead,
			file
		};
	}
	/** Makes the file ready for whoever asks. Rejects with ProxyError. */
	async prefetch(mv, kind) {
		const key = keyOf(mv, kind);
		if (this.#flights.has(key) || this.#deps.held.get(mv, kind) !== void 0) return;
		if (await this.#isReady(mv, kind)) return;
		const flight = this.#flights.get(key) ?? this.#fly(key, mv, kind, "prefetch");
		const { file: _, ...provenance } = await flight.found;
		if (flight.asker === "prefetch" && provenance.source !== "store") this.#ahead.set(key, provenance);
	}
	/** Settles when a restore under way brought the file or will not; undefined when there is nothing to wait for. */
	restoring(mv, kind) {
		if (this.#mustConfirm(kind)) return void 0;
		return this.#deps.restoring?.(mv, kind);
	}
	/** The `.info` that can be had without asking anybody. */
	async offlineInfo(mv) {
		return await this.#infos.offline(mv);
	}
	/** Whether somebody vouches for what the store has of this version. */
	async isProven(mv) {
		return await this.#stored.isProven(mv);
	}
	#mustConfirm(kind) {
		return kind === "info" && this.#deps.store.proof === "full";
	}
	/** Whether the store has it; what takes long to verify is verified while go still reads go.mod files. */
	async #isReady(mv, kind) {
		const { store } = this.#deps;
		if (this.#mustConfirm(kind)) return await this.#stored.get(mv, kind) !== void 0;
		const entry = await store.entry(mv, "here").catch(() => void 0);
		if (entry?.[kind] === void 0) return false;
		if (kind !== "zip") return true;
		return !(store.proof === "full" || (entry.zip?.size ?? 0) > LONG_ZIP) || await this.#kept(mv, kind, "later") !== void 0;
	}
	#fly(key, mv, kind, asker) {
		const flight = {
			found: this.#find(mv, kind, () => flight).finally(() => this.#flights.delete(key)),
			asker,
			job: void 0
		};
		flight.found.catch(() => void 0);
		this.#flights.set(key, flight);
		return flight;
	}
	async #find(mv, kind, flight) {
		const kept = await this.#kept(mv, kind);
		if (kept !== void 0) return kept;
		if (this.#mustConfirm(kind)) {
			const info = await this.#infos.get(mv, () => flight().asker === "client");
			if (info !== void 0) return info;
			return await this.#fetch(mv, kind, flight()).catch(async (error) => {
				const made = await this.#infos.lastResort(mv, error);
				if (made === void 0) throw error;
				return made;
			});
		}
		if (await this.#deps.beforeUpstream(mv, kind)) {
			const restored = await this.#kept(mv, kind);
			if (restored !== void 0) return restored;
		}
		return await this.#fetch(mv, kind, flight());
	}
	async #kept(mv, kind, priority = "now") {
		const { store, held } = this.#deps;
		const mine = held.get(mv, kind);
		if (mine !== void 0) return {
			file: mine,
			source: "disk",
			retries: 0
		};
		const file = await this.#stored.get(mv, kind, priority);
		if (file === void 0) return void 0;
		store.touch(mv).catch(() => void 0);
		return {
			file,
			source: "store",
			retries: 0
		};
	}
	async #fetch(mv, kind, flight) {
		const { representation } = this.#deps;
		const { chain, direct } = this.#deps.route(mv.path);
		const what = `${mv.path}@${mv.version}.${kind}`;
		const path = `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.${kind}`;
		const doubt = createDoubt();
		const pinned = kind === "info" ? void 0 : await this.#pinned(mv, kind);
		const vouched = kind === "info" ? void 0 : pinned?.vouch ?? this.#deps.vouch(mv.path, mv.version, kind);
		let otherThanPinned;
		let restored;
		const walk = () => chain.fetch({
			path,
			what,
			limit: LIMITS[kind],
			wrongStops: kind !== "info",
			direct: direct && ((wanted) => direct.file(mv.path, mv.version, kind, {
				...wanted,
				urgent: () => flight.asker === "client"
			})),
			...kind === "zip" ? { tempFile: () => this.#keeper.tempFile() } : {},
			check: async (body, again) => await checkBody(mv, kind, body, {
				vouched,
				onOther: (h1) => {
					otherThanPinned = h1;
				},
				doubt: again ? doubt : void 0,
				storedTo: kind === "zip" && representation === "stored" ? this.#keeper.tempFile() : void 0,
				keepOriginal: this.#deps.store.wantsOriginals === true,
				hashZip: async (file, storedTo) => {
					const priority = flight.asker === "client" ? "now" : "later";
					flight.job = this.#deps.hasher.hashZip(file, mv, priority, storedTo);
					return await flight.job.result;
				}
			})
		}, { abandon: async () => {
			restored = await this.#kept(mv, kind) ?? (this.#mustConfirm(kind) ? await this.#infos.offline(mv) : void 0);
			return restored !== void 0;
		} });
		const once = async () => {
			const walked = await walk().catch((error) => {
				if (!(error instanceof ProxyError && error.code === "upstream-wrong") || otherThanPinned === void 0 || pinned === void 0) throw error;
				throw changed(mv, pinned.pin, otherThanPinned, error.upstream);
			});
			if (walked.state === "abandoned") {
				if (restored !== void 0) return restored;
				throw new ProxyError("closing", "modgate: the session is ending");
			}
			if (walked.state === "absent") throw new ProxyError("absent", walked.text, {
				upstream: walked.upstream,
				retries: walked.retries
			});
			const file = await this.#keeper.keep(mv, walked.value, () => flight.asker === "client");
			const kept = file === void 0 ? {} : { file };
			return {
				...provenance(walked),
				...kept,
				...sumdbState(walked.value.vouch)
			};
		};
		const storeWasFine = !this.#keeper.storeTrouble;
		return await once().catch(async (error) => {
			if (error instanceof ProxyError || !storeWasFine || kind !== "zip") throw error;
			this.#keeper.storeFailed(error);
			return await once();
		});
	}
	/** Rejects with ProxyError where go.sum and the hash that was first seen contradict each other. */
	async #pinned(mv, kind) {
		const { pins, goSum } = this.#deps;
		const pin = await pins.of(mv, kind);
		if (pin === void 0) return void 0;
		const vouch = pins.vouch(mv, pin, goSum(mv.path, mv.version, kind));
		return {
			pin,
			vouch: vouch && Promise.resolve(vouch)
		};
	}
};
function keyOf(mv, kind) {
	return `${mv.path}@${mv.version}.${kind}`;
}
function sumdbState(vouch) {
	if (vouch === void 0) return {};
	if (vouch.state === "known") return { sumdb: vouch.by === "sumdb" ? "verified" : "skipped" };
	return { sumdb: "absent" };
}
// src/proxy/prefetch.ts
/** More than any real build list; a go.sum of a pull request may have any length. */
const MAX_ITEMS = 2e4;
/**
* Fetches ahead of go, which asks with GOMAXPROCS workers and for .info one at a time. Half of the streams
* take small files first and half zips first, so that neither the first `go list` nor the first compile has
* to wait for the other's queue. What go asks for itself never queues here.
*/
var Prefetcher = class {
	#deps;
	#small = [];
	#zips = [];
	/** Items that a restore will bring, and those that it was waited for: never twice. */
	#parked = 0;
	#waited = /* @__PURE__ */ new Set();
	#seen = /* @__PURE__ */ new Set();
	#running = 0;
	#started = 0;
	#stopped = false;
	#ready = 0;
	#refused = 0;
	#failed = 0;
	constructor(deps) {
		this.#deps = deps;
	}
	get stats() {
		return {
			ready: this.#ready,
			refused: this.#refused,
			failed: this.#failed,
			waiting: this.#small.length + this.#zips.length + this.#parked
		};
	}
	add(items) {
		if (this.#deps.streams === 0 || this.#stopped) return;
		for (const item of items) {
			if (this.#seen.size >= MAX_ITEMS) break;
			const key = `${item.path}@${item.version}.${item.kind}`;
			if (this.#seen.has(key)) continue;
			this.#seen.add(key);
			this.#queue(item);
		}
		this.#start();
	}
	#queue(item) {
		(item.kind === "zip" ? this.#zips : this.#small).push(item);
	}
	#start() {
		while (this.#running < this.#deps.streams && this.#small.length + this.#zips.length > 0) this.#work(this.#started++ % 2 === 0);
	}
	/** Starts nothing new; what is under way finishes. */
	stop() {
		this.#stopped = true;
		this.#small.length = 0;
		this.#zips.length = 0;
	}
	async #work(zipsFirst) {
		this.#running++;
		try {
			for (;;) {
				const [first, second] = zipsFirst ? [this.#zips, this.#small] : [this.#small, this.#zips];
				const item = first.shift() ?? second.shift();
				if (item === void 0 || this.#stopped) return;
				if (!this.#park(item)) await this.#one(item);
			}
		} finally {
			this.#running--;
		}
	}
	/** Puts an item aside that a restore is about to bring, so that it holds no stream meanwhile. */
	#park(item) {
		if (this.#waited.has(item)) return false;
		const coming = this.#deps.files.restoring(item, item.kind);
		if (coming === void 0) return false;
		this.#waited.add(item);
		this.#parked++;
		const resume = () => {
			this.#parked--;
			if (this.#stopped) return;
			this.#queue(item);
			this.#start();
		};
		coming.then(resume, resume);
		return true;
	}
	async #one(item) {
		if (this.#deps.upstreamDown()) {
			this.#failed++;
			return;
		}
		if ((await this.#deps.verdict(item.path, item.version, "zip")).decision === "deny") {
			this.#refused++;
			return;
		}
		try {
			await this.#deps.files.prefetch(item, item.kind);
			this.#ready++;
		} catch {
			this.#failed++;
		}
	}
};
// src/proxy/prefetch-lanes.ts
/**
* What version control delivers takes long and is fetched a few at a time: with a queue of its own it keeps nothing
* waiting that a proxy has. Only what is compiled is fetched ahead from there: each go.mod of the rest of a module graph
* would cost a child and a question to the forge, and most builds do not look at them.
*/
function prefetchLanes(proxies, versionControl, isVersionControl) {
	return {
		get stats() {
			const [a, b] = [proxies.stats, versionControl.stats];
			return {
				ready: a.ready + b.ready,
				refused: a.refused + b.refused,
				failed: a.failed + b.failed,
				waiting: a.waiting + b.waiting
			};
		},
		add: (items) => {
			const { direct = [], others = [] } = Object.groupBy(items, (item) => isVersionControl(item.path) ? "direct" : "others");
			const compiled = new Set(direct.filter(({ kind }) => kind === "zip").map(nameOf));
			versionControl.add(direct.filter((item) => compiled.has(nameOf(item))));
			proxies.add(others);
		},
		stop: () => {
			proxies.stop();
			versionControl.stop();
		}
	};
}
function nameOf({ path, version }) {
	return `${path}@${version}`;
}
// src/proxy/route.ts
/** Whether a proxy is asked first, which can say what is there without fetching any of it. */
function asksProxies({ chain }) {
	const [first] = chain.entries;
	return first !== void 0 && first.url !== "direct";
}
// src/proxy/versions.ts
const ANYWHERE = { direct: true };
/**
* `@v/list`, `@latest` and queries. Always asked of the upstream, because a cached list hides new tags; one
* flight a question. When the upstream is gone the store answers with what it can serve whole.
*/
var Versions = class {
	#deps;
	#flights = /* @__PURE__ */ new Map();
	/** Modules whose empty list was believed in this session. */
	#tagless = /* @__PURE__ */ new Set();
	#toldOfNobody = false;
	constructor(deps) {
		this.#deps = deps;
	}
	/** Whether a proxy is asked first, which can say what is there without fetching any of it. */
	asksProxies(module) {
		return asksProxies(this.#deps.route(module));
	}
	/** Whether the store has anything of this version that can be believed. */
	async has(module, version) {
		if (this.#deps.store.proof === "full") return false;
		return await this.#deps.store.entry({
			path: module,
			version
		}).catch(() => void 0) !== void 0;
	}
	async list(module, where = ANYWHERE) {
		const route = this.#deps.route(module);
		const direct = where.direct ? route.direct : void 0;
		return await this.#once(`${escapePath(module)}/@v/list`, where, async (key) => {
			const { store } = this.#deps;
			const kept = await store.list(module);
			const tagless = store.proof === "digest" && kept.length > 0 && kept.every(isPseudo) || this.#tagless.has(module);
			const doubt = createDoubt();
			return await this.#ask(route, key, `the version list of ${module}`, LIMITS.list, {
				direct: direct && ((wanted) => direct.list(module, wanted)),
				check: (body, again) => {
					const versions = reparse(() => parseVersionList(body));
					doubt(again && versions.length === 0 && !tagless, "the version list is empty");
					if (versions.length === 0) this.#tagless.add(module);
					return formatVersionList(versions);
				},
				older: async () => (await store.list(module)).length > 0,
				offline: async () => {
					const versions = await this.#versionsInStore(module);
					return versions.length === 0 ? void 0 : formatVersionList(versions.toSorted(compareVersions).map((version) => ({ version })));
				}
			});
		});
	}
	async latest(module, where = ANYWHERE) {
		const route = this.#deps.route(module);
		const direct = where.direct ? route.direct : void 0;
		return await this.#once(`${escapePath(module)}/@latest`, where, async (key) => {
			const doubt = createDoubt();
			return await this.#ask(route, key, `the latest version of ${module}`, LIMITS.info, {
				direct: direct && ((wanted) => direct.query(module, "latest", wanted)),
				check: async (body, again) => await this.#rewrite(body, key, again ? doubt : void 0),
				older: async () => (await this.#deps.store.list(module)).length > 0,
				offline: async () => await this.#latestInStore(module, key)
			});
		});
	}
	/** A branch, a commit or another non-canonical version, asked as `<query>.info`. */
	async query(module, query, where = ANYWHERE) {
		const route = this.#deps.route(module);
		const direct = where.direct ? route.direct : void 0;
		return await this.#once(`${escapePath(module)}/@v/${escapeVersion(query)}.info`, where, async (key) => {
			const doubt = createDoubt();
			const kept = async () => wholeInfo((await this.#deps.store.getSoft(softQueryKey(key)))?.bytes)?.bytes;
			return await this.#ask(route, key, `${module}@${query}`, LIMITS.info, {
				direct: direct && ((wanted) => direct.query(module, query, wanted)),
				check: async (body, again) => await this.#rewrite(body, softQueryKey(key), again ? doubt : void 0),
				older: async () => await kept() !== void 0,
				offline: kept
			});
		});
	}
	async #once(key, { direct }, ask) {
		const name = `${direct} ${key}`;
		let flight = this.#flights.get(name);
		if (flight === void 0) {
			flight = ask(key).finally(() => this.#flights.delete(name));
			this.#flights.set(name, flight);
		}
		return await flight;
	}
	async #ask({ chain }, path, what, limit, how) {
		const { beforeUpstream, warn } = this.#deps;
		await beforeUpstream();
		const older = await how.older();
		const want = {
			path,
			what,
			limit,
			wrongStops: false,
			direct: how.direct,
			check: async (body, again) => await how.check(await bodyBytes(body), again)
		};
		let walked;
		try {
			walked = await chain.fetch(want, { brief: older });
		} catch (error) {
			if (!(error instanceof ProxyError && error.code.startsWith("upstream-")) || !older) throw error;
			const bytes = await how.offline();
			if (bytes !== void 0) {
				warn(`${what} comes from the store and may be out of date: ${reasonOf(error)}`);
				return {
					bytes,
					source: "store",
					retries: error.retries,
					stale: true
				};
			}
			walked = await chain.fetch(want);
		}
		if (walked.state === "ok") {
			const { value: bytes, via: source, upstream, retries } = walked;
			return {
				bytes,
				source,
				upstream,
				retries,
				stale: false
			};
		}
		if (walked.state === "abandoned") throw new ProxyError("closing", "modgate: the session is ending");
		const bytes = walked.upstream === void 0 ? await how.offline() : void 0;
		if (bytes !== void 0) {
			if (!this.#toldOfNobody) warn(`${what} comes from the store and may be out of date, as do others: there is nobody to ask`);
			this.#toldOfNobody = true;
			return {
				bytes,
				source: "store",
				retries: walked.retries,
				stale: true
			};
		}
		throw new ProxyError("absent", walked.text, {
			upstream: walked.upstream,
			retries: walked.retries
		});
	}
	/** Versions that can be served without asking anybody; of what others wrote only those that somebody vouches for. */
	async #versionsInStore(module) {
		const { store, files } = this.#deps;
		const versions = await store.list(module);
		if (store.proof === "digest") return versions;
		const newest = versions.toSorted(compareVersions).slice(-200);
		const proven = await Promise.all(newest.map((version) => files.isProven({
			path: module,
			version
		})));
		return newest.filter((_, at) => proven[at]);
	}
	async #rewrite(bytes, key, doubt) {
		const told = reparse(() => parseInfo(bytes));
		doubt?.(told.time === void 0, "the .info names no time");
		const info = formatInfo(told);
		await this.#deps.store.putSoft(key, info).catch(() => void 0);
		return info;
	}
	async #latestInStore(module, key) {
		const versions = await this.#versionsInStore(module);
		const soft = wholeInfo((await this.#deps.store.getSoft(key))?.bytes);
		if (soft !== void 0 && versions.includes(soft.version)) return soft.bytes;
		const newest = latestOf(versions);
		if (newest === void 0) return void 0;
		return (await this.#deps.files.offlineInfo({
			path: module,
			version: newest
		}))?.file.bytes;
	}
};
/** Soft state that is an .info; damaged soft state is as good as none. */
function wholeInfo(bytes) {
	if (bytes === void 0) return void 0;
	try {
		return {
			version: parseInfo(bytes).version,
			bytes
		};
	} catch {
		return;
	}
}
/** Soft state of a store is lists and `@latest`s: what a query resolved to last is kept as one of those. */
function softQueryKey(key) {
	return `${key}/@latest`;
}
function reparse(parse) {
	try {
		return parse();
	} catch (error) {
		throw new WrongBody(error instanceof Error ? error.message : String(error));
	}
}
/** The first line of an error, and what it announces. */
function reasonOf({ message }) {
	const [first = "", second = ""] = message.split("\n");
	return first.endsWith(":") ? `${first} ${second.trim()}` : first;
}
// src/proxy/vulndb.ts
/** What a client of the protocol asks for: https://go.dev/doc/security/vuln/database#api */
const FILE = /^(?:index\/(?:db|modules|vulns)|ID\/GO-\d{4}-\d{4,9})\.json(?:\.gz)?$/;
/** A file is kept with its tag in one file of soft state, which has 8 MiB. */
const LIMIT = 7340032;
const INFLATED = 134217728;
/** An answer is not asked for again within this time, ms: one run of a client must not see two states of the index. */
const FRESH_MS = 6e5;
/**
* A mirror of a Go vulnerability database. Files come from the store when the database says that they have not changed,
* and when it cannot be asked. Nothing in the database is signed, so that files of a store that is not believed are not.
*/
var VulnDb = class {
	#deps;
	#prefix;
	#flights = /* @__PURE__ */ new Map();
	#fresh = /* @__PURE__ */ new Map();
	#toldStale = false;
	constructor(deps) {
		this.#deps = deps;
		this.#prefix = `vuln/${createHash("sha256").update(deps.url).digest("hex").slice(0, 16)}`;
	}
	/**
	* Answers a request.
	* @param path below the database, without query
	*/
	async handle(req, res, path) {
		const { redact } = this.#deps;
		if (req.method !== "GET" && req.method !== "HEAD") {
			res.writeHead(405, {
				Allow: "GET, HEAD",
				"Content-Length": 0
			});
			res.end();
			return;
		}
		try {
			const bytes = await this.get(path);
			await sendText(res, bytes, path.endsWith(".gz") ? "application/gzip" : "application/json");
		} catch (error) {
			const known = error instanceof ProxyError ? error : new ProxyError("disk", `modgate: ${words$1(error)}`, { cause: error });
			if (res.headersSent) res.destroy();
			else await sendError(res, known, redact).catch(() => void 0);
		}
	}
	/** A file of the database. Rejects with ProxyError. */
	async get(path) {
		if (!FILE.test(path)) throw new ProxyError("bad-request", "not a file of a vulnerability database (want index/... or ID/GO-...)");
		let flight = this.#flights.get(path);
		if (flight === void 0) {
			flight = this.#find(path).finally(() => this.#flights.delete(path));
			this.#flights.set(path, flight);
		}
		return await flight;
	}
	async #find(path) {
		const { url, chain, store, warn } = this.#deps;
		const key = `${this.#prefix}/${path}/@latest`;
		const kept = unpack((await store.getSoft(key).catch(() => void 0))?.bytes);
		if (kept !== void 0 && chain.now() - (this.#fresh.get(path) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return kept.bytes;
		try {
			const walked = await createChain([{
				url,
				fallBackOn: "absent"
			}], chain).fetch({
				path,
				what: `${path} of the vulnerability database`,
				limit: LIMIT,
				wrongStops: true,
				...kept?.etag === void 0 ? {} : { kept: {
					etag: kept.etag,
					bytes: kept.bytes
				} },
				check: async (body) => ({
					etag: body.etag,
					bytes: await checked(path, body)
				})
			}, { brief: kept !== void 0 });
			if (walked.state !== "ok") {
				const text = walked.state === "absent" ? walked.text : "modgate: the session is ending";
				throw new ProxyError(walked.state === "absent" ? "absent" : "closing", text);
			}
			await store.putSoft(key, pack(walked.value)).catch(() => void 0);
			this.#fresh.set(path, chain.now());
			return walked.value.bytes;
		} catch (error) {
			if (!(error instanceof ProxyError && error.code.startsWith("upstream-")) || kept === void 0) throw error;
			if (!this.#toldStale) warn(`the vulnerability database comes from the store and may be out of date: ${error.message.split("\n", 1)[0]}`);
			this.#toldStale = true;
			return kept.bytes;
		}
	}
};
/** The file as it has to go out: a server that says gzip for a file which is gzip had it unpacked on the way here. */
async function checked(path, body) {
	const bytes = await bodyBytes(body);
	const packed = bytes[0] === 31 && bytes[1] === 139;
	const plain = packed ? await inflate(bytes) : bytes;
	const text = plain.subarray(0, 64).toString("latin1").trimStart();
	if (!/^[[{]/.test(text) || !/[\]}]\s*$/.test(plain.subarray(-64).toString("latin1"))) throw new WrongBody("the answer is no JSON");
	if (!path.endsWith(".gz")) return plain;
	return packed ? bytes : await promisify(gzip)(plain);
}
async function inflate(bytes) {
	try {
		return await promisify(gunzip)(bytes, { maxOutputLength: INFLATED });
	} catch (error) {
		throw new WrongBody(`the answer cannot be unpacked (${words$1(error)})`);
	}
}
/** One line with the tag, then the bytes. */
function pack({ etag, bytes }) {
	return Buffer.concat([Buffer.from(`${JSON.stringify({
		v: 1,
		etag
	})}\n`), bytes]);
}
/** Damaged soft state is as good as none. */
function unpack(stored) {
	const end = stored?.indexOf("\n") ?? -1;
	if (stored === void 0 || end < 0 || end > 1024) return void 0;
	try {
		const head = JSON.parse(stored.subarray(0, end).toString());
		if (head.v !== 1) return void 0;
		return {
			etag: typeof head.etag === "string" && /^"[\x21\x23-\x7e]*"$/.test(head.etag) ? head.etag : void 0,
			bytes: stored.subarray(end + 1)
		};
	} catch {
		return;
	}
}
// src/proxy/upstream/absences.ts
/** Absences are of use for as long as what was built then is built again; older ones prove too little. */
const MAX_AGE_MS = 2592e6;
/** A session that asks for more paths that nobody has than this is not building anything. */
const MAX_REMEMBERED = 2e3;
/** What go asks to find out which prefix of an import path is a module. */
const PROBE = /\/@v\/list$|\/@latest$|\.info$/;
/**
* A chain that remembers in the store which lists and versions were proven absent, and says so again when no
* upstream can be asked. `go install a.test/m/cmd/x@v1` asks for every prefix of the path, and only a 404 for
* those that are no modules lets it build from a warm store.
* @param now milliseconds since the epoch
*/
function rememberAbsences(chain, deps) {
	const { store, now, isProof = () => true } = deps;
	let remembered = 0;
	const recall = async (key) => {
		const found = await store.getSoft(key).catch(() => void 0);
		if (found === void 0 || now() - found.storedAt > MAX_AGE_MS) return void 0;
		return found.bytes.toString();
	};
	return {
		entries: chain.entries,
		fetch: async (want, options = {}) => {
			if (!PROBE.test(want.path)) return await chain.fetch(want, options);
			const key = `absent/${want.path}/@latest`;
			const known = await recall(key);
			try {
				const walked = await chain.fetch(want, known === void 0 ? options : {
					...options,
					brief: true
				});
				if (walked.state === "absent" && walked.upstream !== void 0 && known !== walked.text) {
					if (isProof(walked.text) && remembered++ < MAX_REMEMBERED) await store.putSoft(key, Buffer.from(walked.text)).catch(() => void 0);
				}
				return walked;
			} catch (error) {
				if (!(error instanceof ProxyError && error.code.startsWith("upstream-")) || known === void 0) throw error;
				return {
					state: "absent",
					text: `${known}\nmodgate: so it was when ${error.upstream ?? "the upstream"} could last be asked`,
					upstream: void 0,
					retries: error.retries
				};
			}
		}
	};
}
export { Health, HeldFiles, HostRefused, ModuleFiles, NotSent, PATIENT, Pins, Prefetcher, RedirectError, SumDbService, Versions, VulnDb, asksProxies, createChain, createDirect, createHandler, directEnv, fitLines, lazyHttpClient, prefetchLanes, rememberAbsences, upstreamUrl };
