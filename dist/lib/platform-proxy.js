import { oneLine } from "./platform.js";
import { createHttp } from "./platform-records.js";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { open } from "node:fs/promises";
// src/platform/cache/types.ts
/** The message is one line in the service's words where it said any, without tokens or signed URLs. */
var CacheError = class extends Error {
	name = "CacheError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/platform/cache/failure.ts
const DOING = {
	lookup: "looking up the shared cache",
	reserve: "reserving an entry of the shared cache",
	upload: "uploading to the shared cache",
	finish: "finishing an entry of the shared cache",
	download: "downloading from the shared cache"
};
const NEXT = {
	denied: "what this job may do depends on the event that started it and on cache-mode",
	taken: "another job has saved or is saving the same modules",
	limited: "the repository sends too many requests; a later job tries again",
	quota: "the repository's cache storage is full: delete old caches, or set a lower cache.quota",
	gone: "it was evicted or deleted meanwhile",
	unavailable: "a later job tries again",
	"bad-answer": "look whether ACTIONS_RESULTS_URL or ACTIONS_CACHE_URL of this runner is a cache service",
	local: "look whether something else writes into the directory of the session",
	cancelled: "nothing is to be done"
};
/** Longest name that DNS has, with a port. */
const MAX_HOST = 260;
/** An error with what was done, where, why, and what follows. `why` is shown as it is. */
function failure(step, code, why, host) {
	const where = host === void 0 ? "" : ` at ${oneLine(host.slice(0, MAX_HOST))}`;
	return new CacheError(code, `${DOING[step]}${where} failed: ${why}; ${NEXT[code]}`);
}
// src/platform/cache/redirect.ts
const MAX_REDIRECTS = 3;
/** A GET that follows redirects, from http to https but never back. Other hosts get no `authorization`. */
async function get(service, step, request) {
	let { url, headers } = request;
	for (let hop = 0;; hop++) {
		const answer = await service.send({
			method: "GET",
			url,
			headers,
			signal: request.signal
		});
		if (![
			301,
			302,
			303,
			307,
			308
		].includes(answer.status)) return answer;
		answer.body.on("error", () => {}).destroy();
		if (hop >= MAX_REDIRECTS) throw failure(step, "bad-answer", `more than ${MAX_REDIRECTS} redirects`, request.url.host);
		const location = answer.header("location");
		const target = location && URL.canParse(location, url.href) ? new URL(location, url) : void 0;
		if (target === void 0 || !/^https?:$/.test(target.protocol)) throw failure(step, "bad-answer", "a redirect to no web address", url.host);
		if (url.protocol === "https:" && target.protocol === "http:") throw failure(step, "bad-answer", `a redirect from https to http at ${target.host}`, url.host);
		if (target.origin !== url.origin) {
			const { authorization: _, ...rest } = headers;
			headers = rest;
		}
		url = target;
	}
}
// src/platform/cache/words.ts
/** Longest text of a service that is quoted, characters. */
const MAX_QUOTE = 300;
/**
* Text of a service or a library as it may be shown: one visible line, bounded, and of each URL only the host,
* because a signature stands in the query and the token of some servers (act) in the path.
*/
function shown(text, secrets) {
	let clean = text.slice(0, 16 * MAX_QUOTE);
	for (const secret of secrets) if (secret.length >= 6) clean = clean.replaceAll(secret, "***");
	clean = clean.replaceAll(/[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s/?#@"'<>]*@)?([^\s/?#@"'<>]*)[^\s"'<>]*/gi, (_, host) => host).replaceAll(/\b((?:x-amz-)?sig(?:nature)?|token)=[^\s&"'<>]+/gi, "$1=***").replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "***");
	const line = oneLine(clean.trim());
	return line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE)}…` : line;
}
/** What went wrong with a connection, in the words of the system: a code where there is one. */
function networkWords(error, secrets) {
	const code = error?.code;
	if (code === "UND_ERR_SOCKET") return "the connection was closed";
	if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection in time";
	if (typeof code === "string" && /^E[A-Z0-9_]+$/.test(code)) return code;
	return shown(error instanceof Error ? error.message : String(error), secrets) || "an unknown fault";
}
// src/platform/cache/retry.ts
/** Most seconds of a Retry-After that are waited for. */
const MAX_RETRY_AFTER = 2;
/** Milliseconds that a 429 asks to wait, undefined when that is too long or not said. */
function shortWait(answer) {
	const seconds = /^\d{1,3}$/.exec(answer.header("retry-after")?.trim() ?? "")?.[0];
	if (answer.status !== 429 || seconds === void 0) return void 0;
	return Number(seconds) <= MAX_RETRY_AFTER ? Number(seconds) * 1e3 : void 0;
}
/** A pause that jobs which started together do not take together, milliseconds. */
function pause() {
	return 200 + Math.random() * 300;
}
/**
* Does `once`, and once more after a 5xx, network trouble or a 429 that asks for a short wait. A CacheError is
* final, and so is the end of `signal`.
*/
async function withRetry(service, step, signal, once) {
	let wait;
	let why;
	try {
		const answer = await once();
		wait = answer.status >= 500 ? pause() : shortWait(answer);
		if (wait === void 0) return answer;
		why = `status ${answer.status}`;
	} catch (error) {
		if (error instanceof CacheError || signal.aborted) throw error;
		wait = pause();
		why = networkWords(error, service.secrets);
	}
	service.log(`${DOING[step]}: ${why}; once more in ${Math.round(wait)} ms`);
	await setTimeout$1(wait, void 0, { signal });
	return await once();
}
// src/platform/cache/download.ts
/** How often a transfer goes on after it broke. */
const MAX_RESUMPTIONS = 3;
/**
* Opens the bytes at a signed URL. Resolves when the first answer is there; a transfer that breaks later goes on by
* Range from the byte it reached, and the consumer sees one stream. Rejects, or fails the stream, with CacheError.
* A consumer that reads slowly is not a stall: time counts only while a byte is awaited.
*/
async function openDownload(service, source) {
	const transfer = new Transfer(service, source);
	let stream;
	const onAbort = () => {
		if (stream === void 0) transfer.close();
		else stream.destroy(failure("download", "cancelled", "the session ended"));
	};
	service.signal?.addEventListener("abort", onAbort, { once: true });
	const forget = () => service.signal?.removeEventListener("abort", onAbort);
	try {
		if (service.signal?.aborted === true) transfer.close();
		await transfer.connect();
	} catch (error) {
		forget();
		transfer.close();
		throw error;
	}
	stream = new Readable({
		read() {
			transfer.next().then((chunk) => this.push(chunk), (error) => this.destroy(error));
		},
		destroy(error, done) {
			forget();
			transfer.close();
			done(error);
		}
	});
	return {
		size: transfer.size,
		stream
	};
}
/** One entry on its way, over as many connections as it takes. */
var Transfer = class {
	size;
	#service;
	#source;
	#url;
	/** Whether the URL is a new one that has not served a byte yet: a 403 does not mean that it is too old. */
	#renewed = false;
	#received = 0;
	#etag;
	#chunks;
	#resumptions = 0;
	/** Breaks without a byte in between. */
	#fruitless = 0;
	#waited = false;
	#abort = new AbortController();
	#closed = false;
	constructor(service, source) {
		this.#service = service;
		this.#source = source;
		this.#url = source.url;
	}
	/** Asks for what is missing until an answer is there that brings it. */
	async connect() {
		for (;;) {
			if (this.#closed) throw this.#ended();
			let answer;
			try {
				answer = await this.#awaited(() => this.#request());
			} catch (error) {
				await this.#broke(error);
				continue;
			}
			if (this.#accept(answer)) {
				this.#chunks = answer.body[Symbol.asyncIterator]();
				return;
			}
			answer.body.on("error", () => {}).destroy();
			await this.#afterRefusal(answer);
		}
	}
	/** The next bytes, null after the last. */
	async next() {
		for (;;) {
			const chunks = this.#chunks;
			if (chunks === void 0) throw this.#ended();
			try {
				const step = await this.#awaited(() => chunks.next());
				if (step.done !== true) {
					this.#received += step.value.length;
					this.#fruitless = 0;
					this.#renewed = false;
					if (this.size !== void 0 && this.#received > this.size) throw this.#failed("bad-answer", `more than the ${this.size} bytes that were announced`);
					return step.value;
				}
				if (this.size === void 0 || this.#received === this.size) return null;
				await this.#broke(/* @__PURE__ */ new Error("the body ended early"));
			} catch (error) {
				await this.#broke(error);
			}
			await this.connect();
		}
	}
	close() {
		this.#closed = true;
		this.#chunks = void 0;
		this.#abort.abort();
	}
	#request() {
		const headers = {
			"accept-encoding": "identity",
			...this.#received > 0 ? { range: `bytes=${this.#received}-` } : {}
		};
		return get(this.#service, "download", {
			url: this.#url,
			headers,
			signal: this.#abort.signal
		});
	}
	/** Whether the answer brings the bytes from the one reached on; throws when it brings others. */
	#accept(answer) {
		const { status, header } = answer;
		if (status !== 200 && status !== 206) return false;
		if ((header("content-encoding") ?? "identity") !== "identity") this.#reject(answer, "bad-answer", "a content-encoding that was not asked for");
		const etag = header("etag");
		if (this.#received === 0) {
			if (status !== 200) this.#reject(answer, "bad-answer", "a part where the whole was asked for");
			this.size = wholeNumber(header("content-length"));
			this.#etag = etag;
			return true;
		}
		if (status === 200) this.#reject(answer, "unavailable", "it broke, and the service cannot go on in the middle (no Range)");
		const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header("content-range") ?? "") ?? [];
		const length = wholeNumber(total);
		const last = wholeNumber(to);
		if (wholeNumber(from) !== this.#received || last === void 0 || last < this.#received) this.#reject(answer, "bad-answer", "another range than the one that was asked for");
		if (length !== void 0 && this.size !== void 0 && length !== this.size || etag !== void 0 && this.#etag !== void 0 && etag !== this.#etag) this.#reject(answer, "gone", "another entry has its place");
		this.size ??= length;
		return true;
	}
	#reject(answer, code, why) {
		answer.body.on("error", () => {}).destroy();
		throw this.#failed(code, why);
	}
	async #afterRefusal(answer) {
		const { status } = answer;
		const why = `status ${status}`;
		if (status === 401 || status === 403) {
			if (this.#renewed) throw this.#failed("denied", why);
			this.#renewed = true;
			this.#count(`${why} (the URL may have expired)`);
			this.#url = await this.#source.renew();
			return;
		}
		if (status === 404 || status === 410) throw this.#failed("gone", why);
		if (status >= 500) return await this.#broke(new Error(why));
		const wait = shortWait(answer);
		if (wait !== void 0 && !this.#waited) {
			this.#waited = true;
			return await this.#pause(wait);
		}
		throw this.#failed(status === 429 ? "limited" : "bad-answer", why);
	}
	/** After a break: returns after a pause when another attempt is worth it, throws otherwise. */
	async #broke(error) {
		if (error instanceof CacheError) throw error;
		if (this.#closed) throw this.#ended();
		this.#abort = new AbortController();
		const why = networkWords(error, this.#service.secrets);
		this.#fruitless += 1;
		if (this.#fruitless > 1) throw this.#failed("unavailable", `${why}, again`);
		this.#count(why);
		await this.#pause(pause());
	}
	async #pause(ms) {
		await setTimeout$1(ms, void 0, { signal: this.#abort.signal }).catch(() => {});
		if (this.#closed) throw this.#ended();
	}
	#count(why) {
		this.#resumptions += 1;
		if (this.#resumptions > MAX_RESUMPTIONS) throw this.#failed("unavailable", `${why}, and it has broken ${MAX_RESUMPTIONS} times before`);
		this.#service.log(`downloading from the shared cache: ${why} at byte ${this.#received} of ${this.size ?? "unknown"}; goes on there`);
	}
	/** What comes within the stall limit, or a rejection. The connection does not outlive it. */
	async #awaited(work) {
		const abort = this.#abort;
		const { stallMs } = this.#service.limits;
		let stalled = false;
		const timer = setTimeout(() => {
			stalled = true;
			abort.abort();
		}, stallMs);
		try {
			return await work();
		} catch (error) {
			if (stalled) throw new Error(`no byte for ${Math.ceil(stallMs / 1e3)} s`);
			throw error;
		} finally {
			clearTimeout(timer);
		}
	}
	#ended() {
		return this.#failed("cancelled", "the session ended");
	}
	#failed(code, why) {
		return failure("download", code, why, this.#url.host);
	}
};
function wholeNumber(text) {
	if (text === void 0 || !/^\d{1,15}$/.test(text)) return void 0;
	return Number(text);
}
// src/platform/cache/protocol.ts
/** Whether a text can be the key of an entry at all. */
function isKey(key) {
	return key.length > 0 && key.length <= 512 && !/[,\p{C}]/u.test(key);
}
/** An address that the service gave for bytes, undefined when it is none. */
function webAddress(text) {
	if (text === void 0 || text.length > 16384 || !URL.canParse(text)) return void 0;
	const url = new URL(text);
	return url.protocol === "https:" || url.protocol === "http:" ? url : void 0;
}
// src/platform/cache/service.ts
const LIMITS = {
	callMs: 1e4,
	uploadMs: 3e5,
	uploadStallMs: 3e4,
	stallMs: 1e4,
	putBytes: 104857600,
	blockBytes: 67108864,
	patchBytes: 33554432
};
/**
* Runs `work` with a signal that ends it at the client's own signal or after `ms`. Whatever it rejects with becomes
* a CacheError: `cancelled`, `unavailable` for the time and for network trouble.
*/
async function within(service, step, host, ms, work) {
	const timeUp = new AbortController();
	const timer = setTimeout(() => timeUp.abort(), ms);
	const signals = service.signal === void 0 ? [timeUp.signal] : [timeUp.signal, service.signal];
	try {
		return await work(AbortSignal.any(signals));
	} catch (error) {
		if (service.signal?.aborted === true) throw failure(step, "cancelled", "the session ended", host);
		if (error instanceof CacheError) throw error;
		if (timeUp.signal.aborted) throw failure(step, "unavailable", `no answer within ${Math.ceil(ms / 1e3)} s`, host);
		throw failure(step, "unavailable", networkWords(error, service.secrets), host);
	} finally {
		clearTimeout(timer);
	}
}
// src/platform/cache/api.ts
/** Longest answer of the service that is read, bytes. */
const MAX_ANSWER = 1048576;
/** One request to the service with its retry and its limit of time. Rejects with CacheError. */
function callService(service, step, request) {
	return within(service, step, request.url.host, service.limits.callMs, (signal) => withRetry(service, step, signal, async () => {
		return await readAnswer(request.method === "GET" ? await get(service, step, {
			...request,
			signal
		}) : await service.send({
			...request,
			signal
		}), step, request.url.host);
	}));
}
/** Reads an answer of at most 1 MiB. Rejects with `bad-answer` for more. */
async function readAnswer(answer, step, host) {
	const chunks = [];
	let size = 0;
	for await (const chunk of answer.body) {
		size += chunk.length;
		if (size > MAX_ANSWER) throw failure(step, "bad-answer", `an answer of more than ${MAX_ANSWER} bytes`, host);
		chunks.push(chunk);
	}
	const text = Buffer.concat(chunks).toString("utf8");
	return {
		status: answer.status,
		header: answer.header,
		json: text === "" ? null : parse(text)
	};
}
function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}
// src/platform/cache/refusal.ts
/** A field of an answer by any of its names, when it is a text. */
function textField(json, ...names) {
	if (typeof json !== "object" || json === null) return void 0;
	for (const name of names) {
		const value = json[name];
		if (typeof value === "string" && value !== "") return value;
	}
}
/**
* The error for an answer that is not what was hoped for: a status of 4xx or 5xx, or a refusal inside a 200. The
* service's own words decide where they are known, the status elsewhere.
*/
function refused(service, step, answer, host) {
	const words = textField(answer.json, "msg", "message") ?? "";
	const quote = words === "" ? "" : ` "${shown(words, service.secrets)}"`;
	const said = answer.status === 200 ? `it was refused${quote}` : `status ${answer.status}${quote}`;
	return failure(step, refusalCode(step, answer, words), said, host);
}
function refusalCode(step, answer, words) {
	const { status } = answer;
	if (/insufficient usage/i.test(words)) return "quota";
	if (/cache (?:read|write) denied/i.test(words)) return "denied";
	if (step === "reserve") {
		if (status === 409 || /already exists/i.test(words)) return "taken";
		if (status === 200 && words === "") return "taken";
	}
	if (status === 401 || status === 403) return "denied";
	if (status === 429) return "limited";
	if (status >= 500) return "unavailable";
	if ((status === 404 || status === 410) && step !== "lookup" && step !== "reserve") return "gone";
	return "bad-answer";
}
// src/platform/cache/upload.ts
/** Bytes read from the file at a time. */
const CHUNK = 262144;
/** As many as GitHub's own client has under way. */
const CONCURRENCY = 4;
/** Cuts `size` bytes into parts of at most `most` bytes; one empty part of nothing. */
function partsOf(size, most) {
	const parts = [];
	for (let start = 0; start < size || parts.length === 0; start += most) parts.push({
		index: parts.length,
		start,
		end: Math.min(start + most, size)
	});
	return parts;
}
/** Opens an archive and checks its size, runs `work`, closes it. Rejects with code `local` when it cannot be read. */
async function withArchive(file, size, work) {
	let archive;
	try {
		archive = await open(file, "r");
	} catch (error) {
		throw failure("upload", "local", `its file cannot be opened (${error.code})`);
	}
	try {
		const found = (await archive.stat()).size;
		if (found !== size) throw failure("upload", "local", `its file has ${found} bytes instead of ${size}`);
		return await work(archive);
	} finally {
		await archive.close().catch(() => {});
	}
}
/** Sends parts of the archive, at most four at once. Rejects with the first failure, when all have ended. */
async function sendParts(service, archive, parts, signal, request) {
	const queue = [...parts];
	const failed = new AbortController();
	const both = AbortSignal.any([signal, failed.signal]);
	const work = async () => {
		for (let part = queue.shift(); part !== void 0; part = queue.shift()) {
			const range = part;
			await sendBody(service, request(range), both, (touch) => Readable.from(readRange(archive, range, touch), { objectMode: false }));
		}
	};
	let first;
	await Promise.all(Array.from({ length: Math.min(CONCURRENCY, parts.length) }, () => work().catch((error) => {
		if (failed.signal.aborted) return;
		first = error;
		queue.length = 0;
		failed.abort();
	})));
	if (failed.signal.aborted) throw first;
}
/**
* Sends a body, which is made anew for the retry. It has to move: `touch` is called with every chunk that is taken,
* and the answer has to follow the last in time. Rejects with CacheError for any answer but 2xx.
*/
async function sendBody(service, request, signal, body) {
	const { uploadStallMs } = service.limits;
	const answer = await withRetry(service, "upload", signal, async () => {
		const stalled = new AbortController();
		const timer = setTimeout(() => stalled.abort(), uploadStallMs);
		const made = body(() => timer.refresh());
		try {
			return await readBriefly(await service.send({
				...request,
				body: made,
				signal: AbortSignal.any([signal, stalled.signal])
			}), request.url.host);
		} catch (error) {
			if (!stalled.signal.aborted || signal.aborted) throw error;
			throw failure("upload", "unavailable", `no byte was taken and no answer came for ${Math.ceil(uploadStallMs / 1e3)} s`, request.url.host);
		} finally {
			clearTimeout(timer);
			if (typeof made !== "string") made.destroy();
		}
	});
	if (answer.status < 200 || answer.status > 299) throw refused(service, "upload", answer, request.url.host);
}
/** The words of a refusal, when it is the service that refuses; whatever else is in a body does not matter. */
async function readBriefly(answer, host) {
	const { status, header } = answer;
	if (status >= 400) return await readAnswer(answer, "upload", host).catch(() => ({
		status,
		header,
		json: void 0
	}));
	let size = 0;
	answer.body.on("error", () => {}).on("data", (chunk) => {
		size += chunk.length;
		if (size > CHUNK) answer.body.destroy();
	});
	return {
		status,
		header,
		json: void 0
	};
}
async function* readRange(archive, part, touch) {
	for (let at = part.start; at < part.end;) {
		const buffer = Buffer.allocUnsafe(Math.min(CHUNK, part.end - at));
		const { bytesRead } = await archive.read(buffer, 0, buffer.length, at).catch((error) => {
			throw failure("upload", "local", `its file cannot be read (${error.code})`);
		});
		if (bytesRead === 0) throw failure("upload", "local", "its file became shorter");
		touch();
		yield buffer.subarray(0, bytesRead);
		at += bytesRead;
	}
}
// src/platform/cache/version.ts
/**
* The version that @actions/cache 6 gives to an entry with the single path `store`, compressed with zstd, for any
* OS (`enableCrossOsArchive`). Entries of ours carry the same, so that `actions/cache/restore` can open them too.
* The hash is over the path's text: nothing of the machine is in it.
*/
function cacheVersion() {
	return createHash("sha256").update([
		"store",
		"zstd-without-long",
		"1.0"
	].join("|")).digest("hex");
}
// src/platform/cache/v1.ts
/**
* The service of GitHub Enterprise Server, of act and of some vendors: REST for the names and, through the service
* itself, for the bytes that go in. `base`: ACTIONS_CACHE_URL with its path, in which act has its token.
*/
function createV1(service, base, token) {
	const version = cacheVersion();
	const headers = {
		accept: "application/json;api-version=6.0-preview.1",
		...token === void 0 ? {} : { authorization: `Bearer ${token}` }
	};
	const json = {
		...headers,
		"content-type": "application/json"
	};
	const resource = (name) => {
		const url = new URL(base);
		url.pathname = `${url.pathname.replace(/\/?$/, "/")}_apis/artifactcache/${name}`;
		return url;
	};
	/** For an answer with a good status that is not what the protocol says: some services refuse so. */
	const notMeant = (step, answer, what) => textField(answer.json, "message") === void 0 ? failure(step, "bad-answer", what, base.host) : refused(service, step, answer, base.host);
	return {
		name: "v1",
		async find(primary, prefixes) {
			const url = resource("cache");
			const keys = [.../* @__PURE__ */ new Set([primary, ...prefixes])];
			url.search = `keys=${encodeURIComponent(keys.join(","))}&version=${version}`;
			const answer = await callService(service, "lookup", {
				method: "GET",
				url,
				headers
			});
			if (answer.status === 204) return void 0;
			if (answer.status < 200 || answer.status > 299) throw refused(service, "lookup", answer, base.host);
			const location = webAddress(textField(answer.json, "archiveLocation"));
			const key = textField(answer.json, "cacheKey");
			if (location === void 0 || key === void 0 || !isKey(key)) throw notMeant("lookup", answer, "a hit without a key or an address");
			return {
				key,
				url: location
			};
		},
		async reserve(key) {
			const body = JSON.stringify({
				key,
				version
			});
			const answer = await callService(service, "reserve", {
				method: "POST",
				url: resource("caches"),
				headers: json,
				body
			});
			if (answer.status < 200 || answer.status > 299) throw refused(service, "reserve", answer, base.host);
			const id = answer.json?.cacheId;
			if (!Number.isSafeInteger(id)) throw notMeant("reserve", answer, "a reservation without an id");
			const entry = resource(`caches/${String(id)}`);
			const fill = async (archive, size) => {
				const parts = partsOf(size, service.limits.patchBytes);
				await within(service, "upload", entry.host, service.limits.uploadMs, (signal) => sendParts(service, archive, parts, signal, (part) => ({
					method: "PATCH",
					url: entry,
					headers: {
						...headers,
						"content-length": String(part.end - part.start),
						"content-type": "application/octet-stream",
						"content-range": `bytes ${part.start}-${part.end - 1}/*`
					}
				})));
				const finish = JSON.stringify({ size });
				const done = await callService(service, "finish", {
					method: "POST",
					url: entry,
					headers: json,
					body: finish
				});
				if (done.status < 200 || done.status > 299) throw refused(service, "finish", done, base.host);
				if (!(done.json !== void 0 && textField(done.json, "message") === void 0)) throw notMeant("finish", done, "neither nothing nor JSON");
			};
			return fill;
		}
	};
}
// src/platform/cache/v2.ts
const CALLS = "/twirp/github.actions.results.api.v1.CacheService/";
/**
* GitHub's service of today: Twirp calls for the names, signed URLs of a blob store for the bytes.
* `base`: ACTIONS_RESULTS_URL; a path in it is dropped, as GitHub's own client does.
*/
function createV2(service, base, token) {
	const version = cacheVersion();
	const call = async (step, method, message) => {
		const answer = await callService(service, step, {
			method: "POST",
			url: new URL(CALLS + method, base),
			headers: {
				authorization: `Bearer ${token}`,
				"content-type": "application/json"
			},
			body: JSON.stringify(message)
		});
		if (answer.status < 200 || answer.status > 299) throw refused(service, step, answer, base.host);
		const ok = okField(answer.json);
		if (ok === void 0) throw failure(step, "bad-answer", "an answer without ok", base.host);
		return {
			...answer,
			status: 200,
			ok
		};
	};
	return {
		name: "v2",
		async find(primary, prefixes) {
			const answer = await call("lookup", "GetCacheEntryDownloadURL", {
				key: primary,
				restore_keys: prefixes,
				version
			});
			if (!answer.ok) {
				const words = textField(answer.json, "msg", "message") ?? "";
				if (/denied/i.test(words)) throw refused(service, "lookup", answer, base.host);
				return;
			}
			const url = webAddress(textField(answer.json, "signed_download_url", "signedDownloadUrl"));
			const key = textField(answer.json, "matched_key", "matchedKey");
			if (url === void 0 || key === void 0 || !isKey(key)) throw failure("lookup", "bad-answer", "a hit without a key or an address", base.host);
			return {
				key,
				url
			};
		},
		async reserve(key) {
			const answer = await call("reserve", "CreateCacheEntry", {
				key,
				version
			});
			if (!answer.ok) throw refused(service, "reserve", answer, base.host);
			const url = webAddress(textField(answer.json, "signed_upload_url", "signedUploadUrl"));
			if (url === void 0) throw failure("reserve", "bad-answer", "a reservation without an address", base.host);
			const fill = async (archive, size) => {
				await within(service, "upload", url.host, service.limits.uploadMs, (signal) => upload(service, url, {
					archive,
					size,
					signal
				}));
				const done = await call("finish", "FinalizeCacheEntryUpload", {
					key,
					version,
					size_bytes: String(size)
				});
				if (!done.ok) throw refused(service, "finish", done, base.host);
			};
			return fill;
		}
	};
}
/** proto3 leaves a false field out of its JSON. */
function okField(json) {
	if (typeof json !== "object" || json === null || Array.isArray(json)) return void 0;
	const { ok = false } = json;
	return typeof ok === "boolean" ? ok : void 0;
}
/** https://learn.microsoft.com/rest/api/storageservices/put-blob, put-block, put-block-list */
async function upload(service, url, { archive, size, signal }) {
	const whole = size <= service.limits.putBytes;
	const parts = partsOf(size, whole ? size : service.limits.blockBytes);
	await sendParts(service, archive, parts, signal, (part) => ({
		method: "PUT",
		url: whole ? url : withQuery(url, `comp=block&blockid=${encodeURIComponent(blockId(part.index))}`),
		headers: {
			"content-length": String(part.end - part.start),
			"content-type": "application/octet-stream",
			...whole ? { "x-ms-blob-type": "BlockBlob" } : {}
		}
	}));
	if (whole) return;
	const list = parts.map((part) => `<Latest>${blockId(part.index)}</Latest>`).join("");
	const request = {
		method: "PUT",
		url: withQuery(url, "comp=blocklist"),
		headers: { "content-type": "application/xml" }
	};
	const xml = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
	await sendBody(service, request, signal, () => xml);
}
/** Ids of one blob have one length. */
function blockId(index) {
	return Buffer.from(`modgate-${String(index).padStart(7, "0")}`).toString("base64");
}
/** Appends as text: the query is signed, and must not be written anew. */
function withQuery(url, query) {
	const longer = new URL(url);
	longer.search = longer.search === "" ? query : `${longer.search}&${query}`;
	return longer;
}
// src/platform/cache/client.ts
/** The service takes no more in one look-up. */
const MAX_KEYS = 10;
/**
* A client of the cache service that the job's variables name; v1 or v2 as GitHub's own client would choose. Asks
* nothing yet, and never throws: without a service every method rejects with `unavailable`. Whether the job may use
* the cache at all (ACTIONS_CACHE_MODE, trust) is the caller's to know, see `cacheUnavailable`.
* `limits` replaces some of the limits of time and size.
*/
function createCacheClient(options, limits = {}) {
	const { env } = options;
	const service = {
		send: createHttp(env, options.version),
		limits: {
			...LIMITS,
			...limits
		},
		signal: options.signal,
		secrets: [env.ACTIONS_RUNTIME_TOKEN ?? "", ...longSegments(env.ACTIONS_CACHE_URL)],
		log: options.log ?? (() => {})
	};
	const protocol = chooseProtocol(service, env);
	const addresses = /* @__PURE__ */ new WeakMap();
	const find = async (primary, prefixes) => {
		const found = await protocol.find(primary, prefixes);
		const key = found?.key.toLowerCase() ?? "";
		if (found === void 0 || [primary, ...prefixes].some((asked) => key.startsWith(asked.toLowerCase()))) return found;
		throw failure("lookup", "bad-answer", "an entry with a key that was not asked for", found.url.host);
	};
	const exact = async (key) => {
		const found = isKey(key) ? await find(key, []) : void 0;
		if (found?.key.toLowerCase() === key.toLowerCase()) return found.url;
		throw failure("lookup", "gone", "the entry is not there");
	};
	return {
		protocol: protocol.name,
		async lookup(keys) {
			const asked = keys.filter(isKey).slice(0, MAX_KEYS);
			const [primary] = asked;
			if (primary === void 0) return void 0;
			const found = await find(primary, asked.length < MAX_KEYS ? asked : asked.slice(1));
			if (found === void 0) return void 0;
			const hit = { key: found.key };
			addresses.set(hit, found.url);
			return hit;
		},
		async open(hit) {
			const renew = () => exact(hit.key);
			return await openDownload(service, {
				url: addresses.get(hit) ?? await renew(),
				renew
			});
		},
		async reserve(key) {
			if (!isKey(key)) throw failure("reserve", "denied", "the key is longer than 512 characters or has a comma");
			const fill = await protocol.reserve(key);
			return {
				key,
				fill: (file, size) => withArchive(file, size, (archive) => fill(archive, size))
			};
		}
	};
}
function chooseProtocol(service, env) {
	const name = env.ACTIONS_CACHE_SERVICE_V2 && !isEnterpriseServer(env.GITHUB_SERVER_URL) ? "v2" : "v1";
	const address = name === "v2" ? env.ACTIONS_RESULTS_URL : env.ACTIONS_CACHE_URL || env.ACTIONS_RESULTS_URL;
	const base = address !== void 0 && /^https?:/i.test(address) && URL.canParse(address) ? new URL(address) : void 0;
	const token = env.ACTIONS_RUNTIME_TOKEN || void 0;
	if (base === void 0) {
		const reject = (step) => async () => {
			throw failure(step, "unavailable", "this job has no cache service");
		};
		return {
			name,
			find: reject("lookup"),
			reserve: reject("reserve")
		};
	}
	return name === "v2" ? createV2(service, base, token ?? "") : createV1(service, base, token);
}
/** act has the token of its service in the path, and a service may quote the path that was asked. */
function longSegments(address) {
	return (address ?? "").split(/[/?#]/).filter((segment) => /^[\w-]{16,}$/.test(segment));
}
/** Its cache has never had v2, whatever the job's variables say. */
function isEnterpriseServer(server) {
	const { hostname } = new URL(server !== void 0 && URL.canParse(server) ? server : "https://github.com");
	return hostname !== "github.com" && !hostname.endsWith(".ghe.com") && !hostname.endsWith(".localhost");
}
// src/platform/cache/keys.ts
/** Every entry of the shared cache begins so; the number changes when older entries could not be read. */
const CACHE_PREFIX = "modgate-v2-";
const HOUR_MS = 36e5;
/** How large a set is, by powers of two of its bytes: what an entry for few modules cannot hide from one for many. */
function sizeClass(bytes) {
	return bytes < 1 ? 0 : Math.min(99, Math.floor(Math.log2(bytes)));
}
/**
* Key of the entry that follows `parent` (undefined: the first) for a set of `bytes`. All jobs that restored the
* same entry and end within the hour want the same key, and the service gives it to one of them. The hour is in
* it, so that a job that died between taking the key and filling it bars the others for that long only. Lower case,
* because some servers fold case.
*/
function nextKey(parent, now, bytes) {
	const hour = Math.floor(now / HOUR_MS);
	const hash = createHash("sha256").update(`${parent ?? ""} ${hour}`).digest("hex").slice(0, 20);
	return `${CACHE_PREFIX}${hash}-${String(sizeClass(bytes)).padStart(2, "0")}`;
}
/** `sizeClass` of the set that an entry is for; undefined for a key of another form. */
function classOfKey(key) {
	const digits = /^modgate-v2-[0-9a-f]{20}-(\d\d)$/.exec(key)?.[1];
	return digits === void 0 ? void 0 : Number(digits);
}
// src/platform/url-login.ts
/** What stands in the user information of a URL; undefined where there is none. */
function loginOf({ username, password }) {
	if (username === "" && password === "") return void 0;
	return {
		username: meant(username),
		password: meant(password)
	};
}
/** The same as the value of a header `Authorization` or `Proxy-Authorization`. */
function basicLogin(url) {
	const login = loginOf(url);
	if (login === void 0) return void 0;
	return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}
/** What is no percent-encoding stays as it is written. */
function meant(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
export { CACHE_PREFIX, CacheError, basicLogin, classOfKey, createCacheClient, loginOf, nextKey, sizeClass };
