import { ARCHIVE_ROOT, BundleError, MANIFEST_KEY, MAX_MANIFEST_SIZE, StoreError, TEMP, asStoreError, errnoOf, factsOf, h1Of, parseEntry, parseManifest, removeQuietly, softKey, statRegular, versionKeys, walkFiles } from "./store.js";
import { utimesSync } from "node:fs";
import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { Writable, pipeline } from "node:stream";
import { constants as constants$1, createZstdDecompress } from "node:zlib";
import path from "node:path";
// src/store/bundle/inflate.ts
/** Bytes of one chunk that comes out; larger ones mean fewer turns of the loop and longer steps between them. */
const CHUNK = 524288;
/** Window of 8 MiB: more than zstd uses up to level 19, less than what a hostile frame may ask for. */
const MAX_WINDOW_LOG = 23;
const SLACK = 1048576;
/**
* Unpacks one zstd frame on the threads of libuv. `signal` ends it with BundleError `cancelled`, which this throws
* when it has been given already.
*/
function inflate(stream, signal) {
	if (signal?.aborted === true) {
		stream.destroy();
		throw cancelled$1();
	}
	const zstd = createZstdDecompress({
		chunkSize: CHUNK,
		params: { [constants$1.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG }
	});
	let came = 0;
	let most = Number.POSITIVE_INFINITY;
	const fail = (error) => {
		zstd.destroy(error);
		stream.destroy();
	};
	const cancel = () => fail(cancelled$1());
	signal?.addEventListener("abort", cancel, { once: true });
	stream.on("data", (chunk) => {
		came += chunk.length;
		if (came > most) fail(new BundleError("too-large", `a cache entry has more than ${most} bytes`, { why: `it has more than ${most} bytes` }));
	});
	pipeline(stream, zstd, () => signal?.removeEventListener("abort", cancel));
	return {
		bytes: read(zstd, () => came),
		limit(unpacked) {
			most = packedLimit(unpacked);
		},
		destroy() {
			zstd.destroy();
			stream.destroy();
		}
	};
}
/** Most bytes of an archive that may unpack to so many. */
function packedLimit(unpacked) {
	return Math.ceil(unpacked * 1.0078125) + SLACK;
}
async function* read(zstd, came) {
	try {
		for await (const chunk of zstd) yield chunk;
	} catch (error) {
		throw inWords(error);
	}
	if (zstd.bytesWritten !== came()) throw inWords(/* @__PURE__ */ new Error("something follows its end"));
}
function cancelled$1() {
	return new BundleError("cancelled", "unpacking a cache entry was given up, because its session is ending");
}
function inWords(cause) {
	if (cause instanceof BundleError) return cause;
	const why = cause instanceof Error ? cause.message : String(cause);
	return new BundleError("damaged", `a cache entry could not be read to its end: ${why}; what came before that was kept, the rest is fetched anew`, {
		cause,
		why: `it does not unpack to its end (${why})`
	});
}
// src/store/bundle/threads.ts
/** A thread that is not needed again this soon is ended, ms. */
const PARKED_MS = 5e3;
let parked;
let timer;
/** A thread of `archive-thread.ts`: the one that waits for work, else a new one. */
function takeThread() {
	const thread = parked;
	if (thread === void 0) return new Worker(new URL("../archive-thread.js", import.meta.url), {
		name: "unpack",
		execArgv: [],
		env: {},
		resourceLimits: {
			maxOldGenerationSizeMb: 128,
			maxYoungGenerationSizeMb: 2
		}
	});
	forget();
	thread.off("exit", forget);
	thread.off("error", ignore);
	thread.ref();
	return thread;
}
/** Starts a thread for an archive that is about to come: on a busy machine that takes a while. */
function warmThread() {
	if (parked === void 0) parkThread(takeThread());
}
/** Keeps a thread that nobody listens to for the next archive, or ends it. It does not keep the process alive. */
function parkThread(thread) {
	thread.on("error", ignore);
	if (parked !== void 0) {
		thread.terminate();
		return;
	}
	thread.on("exit", forget);
	thread.unref();
	parked = thread;
	timer = setTimeout(() => {
		forget();
		thread.terminate();
	}, PARKED_MS).unref();
}
function forget() {
	clearTimeout(timer);
	parked = void 0;
}
function ignore() {}
// src/store/bundle/archive.ts
/** Bodies up to this size come with their headers, many at a time. */
const SMALL_BODY = 131072;
/** Packed bytes that are on their way to the thread. */
const WINDOW = 1048576;
let count = 0;
/**
* A zstd-compressed tar that is unpacked on a thread of its own, down to the files that large members become: what is
* unpacked is many times more than all else that a job's proxy has in its hands, and as garbage it would cost the
* thread that serves more than the work itself. One call at a time; all reject with BundleError.
*/
var Archive = class {
	/** Most bytes that the archive may unpack to; may be changed before every `next`. */
	limit;
	/** Whether the h1 of small zips is asked for; may be changed before every `next`. */
	h1s = false;
	/** Bytes of the unpacked archive that were read. */
	offset = 0;
	#stream;
	#signal;
	#thread = takeThread();
	#id = ++count;
	#told = [];
	#bodies = Buffer.alloc(0);
	#current;
	#first = true;
	#asked;
	/** Why no question is answered any more. */
	#failure;
	#came = 0;
	#used = 0;
	#room;
	constructor(stream, limit, signal) {
		this.#stream = stream;
		this.#signal = signal;
		this.limit = limit;
		this.#thread.on("message", this.#hear);
		this.#thread.on("error", this.#died);
		this.#thread.on("exit", this.#ended);
		this.#tell({ archive: this.#id });
		signal?.addEventListener("abort", this.#cancel, { once: true });
		if (signal?.aborted === true) this.#cancel();
		this.#feed();
	}
	/** The next member; undefined after the last one, when nothing but zeros followed. What was not read of a body is skipped. */
	async next() {
		if (this.#told.length === 0) {
			const answer = await this.#ask({
				ask: "members",
				limit: this.limit,
				one: this.#first,
				h1s: this.h1s
			});
			this.#first = false;
			if (!("members" in answer)) throw unexpected();
			this.#told = answer.members.toReversed();
			this.#bodies = Buffer.from(answer.bodies.buffer);
		}
		this.#current = this.#told.pop();
		this.offset = this.#current?.offset ?? this.offset;
		return this.#current;
	}
	/** h1 of the current member where it is a small zip in its stored form, and `h1s` is set. */
	get h1() {
		return this.#current?.h1;
	}
	/** The body of the current member, for small ones only. Others that came beside it may share its memory. */
	async whole() {
		const body = this.#current?.body;
		if (body !== void 0) return this.#bodies.subarray(body.start, body.end);
		const answer = await this.#ask({ ask: "body" });
		if (!("body" in answer)) throw unexpected();
		return Buffer.from(answer.body.buffer);
	}
	/**
	* Writes the body of the current member, which is larger than `SMALL_BODY`, into a new file. The file is gone when this rejects: with BundleError or StoreError.
	*/
	async stage(temp, options) {
		try {
			const answer = await this.#ask({
				ask: "stage",
				temp,
				...options
			});
			if ("medium" in answer) {
				const { code, message } = answer.medium;
				throw asStoreError(Object.assign(new Error(message), { code }), temp, "write");
			}
			if (!("offset" in answer)) throw unexpected();
			this.offset = answer.offset;
			return answer.staged;
		} catch (error) {
			if (this.#failure !== void 0) await this.#thread.terminate();
			await removeQuietly(temp);
			throw error;
		}
	}
	/** Lets go of thread and stream. */
	async close() {
		const idle = this.#failure === void 0 && this.#asked === void 0;
		this.#fail(cancelled());
		this.#stream.destroy();
		if (idle) {
			this.#thread.off("message", this.#hear);
			this.#thread.off("error", this.#died);
			this.#thread.off("exit", this.#ended);
			this.#tell({ closed: true });
			parkThread(this.#thread);
		} else await this.#thread.terminate();
	}
	#cancel = () => {
		this.#fail(cancelled());
		this.#stream.destroy();
	};
	#fail(error) {
		this.#failure ??= error;
		this.#signal?.removeEventListener("abort", this.#cancel);
		this.#asked?.reject(this.#failure);
		this.#asked = void 0;
		this.#room?.();
	}
	async #ask(question) {
		if (this.#failure !== void 0) throw this.#failure;
		const asked = Promise.withResolvers();
		this.#asked = asked;
		this.#tell(question);
		const answer = await asked.promise;
		if ("bundle" in answer) throw new BundleError(answer.bundle.code, answer.bundle.message);
		return answer;
	}
	#tell(message, transfer = []) {
		this.#thread.postMessage(message, [...transfer]);
	}
	#died = (cause) => this.#fail(died(cause));
	#ended = () => this.#fail(died(void 0));
	#hear = (message) => {
		if (message.archive !== this.#id) return;
		if ("used" in message) {
			this.#used += message.used;
			this.#room?.();
			return;
		}
		const asked = this.#asked;
		this.#asked = void 0;
		asked?.resolve(message.answer);
	};
	#feed() {
		const sink = new Writable({ write: (chunk, _encoding, done) => {
			if (this.#failure !== void 0) return done(this.#failure);
			this.#came += chunk.length;
			const most = packedLimit(this.limit);
			if (this.#came > most) {
				done(new BundleError("too-large", `a cache entry has more than ${most} bytes`));
				return;
			}
			const bytes = new Uint8Array(chunk);
			this.#tell({ bytes }, [bytes.buffer]);
			this.#room = () => {
				if (this.#failure === void 0 && this.#came - this.#used > WINDOW) return;
				this.#room = void 0;
				done();
			};
			this.#room();
		} });
		pipeline(this.#stream, sink, (error) => {
			if (this.#failure !== void 0) return;
			if (error instanceof BundleError) this.#fail(error);
			else this.#tell(error ? { broken: error.message } : { ended: true });
		});
	}
};
function cancelled() {
	return new BundleError("cancelled", "unpacking a cache entry was given up, because its session is ending");
}
function died(cause) {
	const why = cause instanceof Error ? cause.message.replace(/[^\x20-\x7e]/g, "?") : "it ended by itself";
	return new BundleError("damaged", `a cache entry could not be unpacked, its thread failed: ${why}; what came before that was kept, the rest is fetched anew`, { cause });
}
function unexpected() {
	return /* @__PURE__ */ new Error("the thread that unpacks answered another question than the one that was asked");
}
// src/store/bundle/tar-reader.ts
const BLOCK = 512;
const MAX_PAX_SIZE = 65536;
const MAX_LONG_NAME = 4096;
/** Largest body that is read as a whole. */
const MAX_WHOLE = 33554432;
const ZEROS = Buffer.alloc(BLOCK);
/**
* Reads a POSIX or GNU tar as its bytes come. Members are told in order; whatever of a body was not read is skipped
* at the next `next`. Strict where readers of tar differ, so that nothing in an archive can mean one thing here and
* another to somebody else's tar: it is then damaged.
*
* All methods reject with BundleError: `damaged`, or `too-large` as soon as the archive unpacks to more than `limit`.
*/
var TarReader = class {
	/** Most bytes that the archive may have from its beginning; may be changed at any time. */
	limit;
	#source;
	#chunk = Buffer.alloc(0);
	#at = 0;
	#came = 0;
	/** Bytes of the current member's body, and of the padding behind it, that were not read yet. */
	#body = 0;
	#padding = 0;
	constructor(source, limit) {
		this.#source = source[Symbol.asyncIterator]();
		this.limit = limit;
	}
	/** Bytes of the archive that were read. */
	get offset() {
		return this.#came - this.#chunk.length + this.#at;
	}
	/** Bytes behind the current place that came already. */
	get ready() {
		return this.#chunk.length - this.#at;
	}
	/** The next member; undefined after the last one, when nothing but zeros followed. */
	async next() {
		let longName;
		for (;;) {
			await this.#skipRest();
			const header = await this.#exactly(BLOCK);
			if (header.equals(ZEROS)) {
				if (longName !== void 0) throw damaged("it ends after the name of a member");
				await this.#end();
				return;
			}
			const { name, flag, size } = parseHeader(header);
			this.#body = size;
			this.#padding = (BLOCK - size % BLOCK) % BLOCK;
			if (flag === "x") longName = paxPath(await this.#small(MAX_PAX_SIZE)) ?? longName;
			else if (flag === "L") longName = untilNul(await this.#small(MAX_LONG_NAME));
			else if (flag === "g") {
				if (paxPath(await this.#small(MAX_PAX_SIZE)) !== void 0) throw damaged("a pax header names all members");
			} else if (flag === "K") await this.#small(MAX_LONG_NAME);
			else return {
				name: longName ?? name,
				type: typeOf(flag, size),
				size
			};
		}
	}
	/** The next bytes of the body as they came, at most `max`; undefined at its end. */
	async some(max) {
		if (this.#body === 0) return void 0;
		if (this.#at === this.#chunk.length) await this.#fill();
		const end = Math.min(this.#chunk.length, this.#at + this.#body, this.#at + max);
		const part = this.#chunk.subarray(this.#at, end);
		this.#at = end;
		this.#body -= part.length;
		return part;
	}
	/** The rest of the body, in memory of its own when `copy`; for small bodies only. */
	async whole(copy = false) {
		const size = this.#body;
		if (size > MAX_WHOLE) throw damaged("a member is larger than it can be");
		this.#body = 0;
		const bytes = await this.#exactly(size);
		return copy && bytes.buffer === this.#chunk.buffer ? Buffer.from(bytes) : bytes;
	}
	async #small(max) {
		if (this.#body > max) throw damaged("the name of a member is too long");
		return this.whole();
	}
	async #exactly(size) {
		if (this.#chunk.length - this.#at >= size) {
			this.#at += size;
			return this.#chunk.subarray(this.#at - size, this.#at);
		}
		const whole = Buffer.allocUnsafeSlow(size);
		for (let filled = 0; filled < size;) {
			if (this.#at === this.#chunk.length) await this.#fill();
			const count = this.#chunk.copy(whole, filled, this.#at);
			this.#at += count;
			filled += count;
		}
		return whole;
	}
	async #skipRest() {
		let left = this.#body + this.#padding;
		this.#body = 0;
		this.#padding = 0;
		while (left > 0) {
			if (this.#at === this.#chunk.length) await this.#fill();
			const count = Math.min(left, this.#chunk.length - this.#at);
			this.#at += count;
			left -= count;
		}
	}
	async #fill() {
		if (!await this.#more()) throw damaged("it broke off");
	}
	async #more() {
		do {
			const { value, done } = await this.#source.next();
			if (done === true) return false;
			this.#chunk = value;
			this.#at = 0;
			this.#came += value.length;
			if (this.#came > this.limit) throw new BundleError("too-large", `a cache entry unpacks to more than the ${this.limit} bytes that its manifest accounts for; what came before that was kept`, { why: `it unpacks to more than ${this.limit} bytes` });
		} while (this.#chunk.length === 0);
		return true;
	}
	/** One block of zeros was read: the second one and the filling up to a whole record must be zeros too. */
	async #end() {
		let zeros = (await this.#exactly(BLOCK)).equals(ZEROS);
		do {
			for (; zeros && this.#at < this.#chunk.length; this.#at += BLOCK) {
				const part = this.#chunk.subarray(this.#at, this.#at + BLOCK);
				zeros = part.equals(ZEROS.subarray(0, part.length));
			}
			this.#at = this.#chunk.length;
		} while (zeros && await this.#more());
		if (!zeros) throw damaged("something follows its end");
	}
};
function parseHeader(header) {
	let sum = 256;
	for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
	if (octal(header, 148, 8) !== sum) throw damaged("a header does not have its checksum");
	const magic = header.toString("latin1", 257, 265);
	const posix = magic === "ustar\x0000";
	if (!posix && magic !== "ustar  \0") throw damaged("it is no POSIX or GNU tar");
	const size = octal(header, 124, 12);
	if (size === void 0) throw damaged("a header does not tell a size");
	const short = untilNul(header.subarray(0, 100));
	const prefix = posix ? untilNul(header.subarray(345, 500)) : "";
	return {
		name: prefix === "" ? short : `${prefix}/${short}`,
		flag: String.fromCharCode(header[156] ?? 0),
		size
	};
}
function typeOf(flag, size) {
	if (flag === "0" || flag === "\0") return "file";
	if (/^[1-6]$/.test(flag) && size !== 0) throw damaged("a member without a body has a size");
	return flag === "5" ? "directory" : "other";
}
function octal(header, at, length) {
	const text = /^ *([0-7]{1,11})[ \0]*$/.exec(header.toString("latin1", at, at + length));
	return text?.[1] === void 0 ? void 0 : Number.parseInt(text[1], 8);
}
function untilNul(bytes) {
	const end = bytes.indexOf(0);
	return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}
/** The `path` of a pax header. Throws for records that would change what we take for the member. */
function paxPath(bytes) {
	let path;
	for (let at = 0; at < bytes.length;) {
		const space = bytes.indexOf(32, at);
		const digits = space < 0 || space - at > 6 ? "" : bytes.toString("latin1", at, space);
		const end = at + Number(digits);
		if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 10) throw damaged("a pax header is malformed");
		const record = bytes.toString("latin1", space + 1, end - 1);
		const equals = record.indexOf("=");
		const key = record.slice(0, equals);
		if (equals < 1) throw damaged("a pax header is malformed");
		if (key === "size" || key.startsWith("GNU.sparse")) throw damaged("a pax header redefines a size");
		if (key === "path") path = record.slice(equals + 1);
		at = end;
	}
	return path;
}
function damaged(why) {
	return new BundleError("damaged", `a cache entry is damaged: ${why}; what came before that was kept, the rest is fetched anew`, { why });
}
// src/store/bundle/sumdb-files.ts
/** Most files of the checksum database in one bundle. */
const MAX_SUMDB_FILES = 2e4;
const NAME = "^sumdb/(?:(?!tile/|lookup/)[^/@]+/)+";
const LOOKUP = new RegExp(`${NAME}lookup/(?:[^/@]+/)*[^/@]+@v[^/@]+$`);
const TILE = new RegExp(`${NAME}tile/8/(?:data|\\d{1,2})/(?:x\\d{3}/)*\\d{3}(?:\\.p/\\d{1,3})?$`);
/**
* Whether a key is one of a record or a tile: both are believed only with a proof up to a signed tree head. The
* head itself is not shared; whoever could choose it could hide what is newer.
*/
function isSharedSumdb(key) {
	return softKey(key) === key && (LOOKUP.test(key) || TILE.test(key));
}
/**
* Keys of the records and tiles in a store that go into a bundle, sorted, as many as fit; records first, because
* each of them saves a request and a tile only some. `since`: none that were written before, ms since the epoch.
*/
async function sumdbFiles(storeDir, since) {
	const found = [];
	for await (const key of walkFiles(storeDir, "sumdb")) {
		const stat = isSharedSumdb(key) ? await statRegular(path.join(storeDir, key)) : void 0;
		if (stat === void 0 || stat.size > 8388608 || stat.mtimeMs < since) continue;
		found.push({
			key,
			size: stat.size
		});
	}
	const rank = (key) => LOOKUP.test(key) ? 0 : 1;
	found.sort((a, b) => rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1));
	let bytes = 0;
	return found.slice(0, MAX_SUMDB_FILES).filter(({ size }) => {
		if (bytes + size > 33554432) return false;
		bytes += size;
		return true;
	}).map((file) => file.key);
}
// src/store/bundle/read-manifest.ts
/** Directories that another packer may put before the manifest. */
const MAX_BEFORE_MANIFEST = 16;
/** Bytes that an archive may unpack to until its manifest has ended: headers, and the chunk that its end lies in. */
const MANIFEST_LIMIT = MAX_MANIFEST_SIZE + 4194304;
/**
* The manifest of an archive; the rest of it is not fetched. The stream is destroyed when this settles. Rejects with
* BundleError, whatever went wrong.
*/
async function readManifest(stream, signal) {
	const inflated = inflate(stream, signal);
	try {
		inflated.limit(MANIFEST_LIMIT);
		return await manifestAtHead(new TarReader(inflated.bytes, MANIFEST_LIMIT));
	} finally {
		inflated.destroy();
	}
}
/** Reads the manifest at the head of an archive; the reader stands behind it then. Rejects with BundleError. */
async function manifestAtHead(reader) {
	for (let count = 0; count < MAX_BEFORE_MANIFEST; count++) {
		const member = await reader.next();
		if (member?.type === "directory") continue;
		if (member?.type !== "file" || member.name !== "store/modgate/bundle.json") break;
		if (member.size > 33554432) break;
		return parseManifest(await reader.whole());
	}
	throw new BundleError("not-a-bundle", `a cache entry has no ${ARCHIVE_ROOT}${MANIFEST_KEY} at its head; it is not used, and the next save replaces it`);
}
// src/store/gate.ts
/** Lets at most `width` tasks run at once; the others wait in the order in which they came. */
var Gate = class {
	#free;
	#waiting = [];
	constructor(width) {
		this.#free = width;
	}
	async run(task) {
		if (this.#free > 0) this.#free -= 1;
		else await new Promise((resolve) => this.#waiting.push(resolve));
		try {
			return await task();
		} finally {
			const next = this.#waiting.shift();
			if (next === void 0) this.#free += 1;
			else next();
		}
	}
};
// src/store/bundle/arrivals.ts
/** Work that goes on at once: each waits for a few short calls of the file system, one after another. */
const MAX_RUNNING = 8;
/** The order in which files become visible; see the writer. */
const ORDER = [
	"zip",
	"mod",
	"info"
];
/** Tasks that run beside each other, some at a time. */
var Lanes = class {
	#running = /* @__PURE__ */ new Set();
	#failure;
	/** Starts a task as soon as there is room. Rejects with the first failure of any task. */
	async start(task) {
		while (this.#running.size >= MAX_RUNNING) await Promise.race(this.#running);
		this.check();
		const settled = task().catch((error) => {
			this.#failure ??= { error };
		}).finally(() => this.#running.delete(settled));
		this.#running.add(settled);
	}
	/** Throws the first failure of any task. */
	check() {
		if (this.#failure !== void 0) throw this.#failure.error;
	}
	/** Waits for all tasks; failures are left for `check`. */
	async settle() {
		await Promise.all(this.#running);
	}
};
/**
* Makes files visible that somebody else packed, each only where the store has none, and adds to the index what their
* index says of these files. Returns the kinds that came in; all temp files are gone afterwards. Throws StoreError.
*/
async function place(store, arrival) {
	const temps = /* @__PURE__ */ new Map();
	for (const { kind, from } of arrival.files) if ("temp" in from) temps.set(kind, from.temp);
	try {
		for (const { kind, from } of arrival.files) if ("bytes" in from) {
			const temp = await store.parts.tree.writeTemp(from.bytes);
			temps.set(kind, temp);
			const stamp = from.h1 === void 0 ? void 0 : await statRegular(temp);
			if (from.h1 !== void 0 && stamp?.size === from.bytes.length) store.parts.hashed(arrival.keys.files[kind], stamp, from.h1);
		} else if (from.hashed !== void 0) store.parts.hashed(arrival.keys.files[kind], from.hashed.stamp, from.hashed.h1);
		return await store.parts.index.inTurn(arrival.keys, () => show(store, arrival, temps));
	} catch (error) {
		throw asStoreError(error, store.parts.tree.path(arrival.keys.dir), "write");
	} finally {
		for (const temp of temps.values()) await removeQuietly(temp);
	}
}
/** Takes the temp files that became visible out of `temps`. */
async function show(store, { mv, keys, theirs, lastUse }, temps) {
	const { tree, index, lists, now } = store.parts;
	const known = await tree.hasDir(keys.indexDir) ? await statRegular(tree.path(keys.index)) : void 0;
	const used = known?.mtimeMs ?? Math.min(lastUse, now());
	const origin = known === void 0 && theirs.origin !== void 0 ? { origin: theirs.origin } : {};
	const kinds = ORDER.filter((kind) => temps.has(kind));
	const placed = /* @__PURE__ */ new Set();
	let prepared;
	const prepare = async (which) => {
		const facts = {
			...factsOfKinds(theirs, which),
			...origin
		};
		prepared = await index.prepare(mv, keys, facts, theirs.firstSeen);
		if (prepared.temp !== void 0) setTime(prepared.temp, used);
		return prepared;
	};
	try {
		let next = await prepare(kinds);
		for (const kind of kinds) {
			const temp = temps.get(kind);
			if (temp === void 0 || !await tree.create(keys.files[kind], temp)) continue;
			temps.delete(kind);
			placed.add(kind);
		}
		if (placed.size < kinds.length) {
			if (next.temp !== void 0) await removeQuietly(next.temp);
			if (placed.size === 0) return placed;
			next = await prepare([...placed]);
		}
		await index.publish(mv, keys, next);
	} catch (error) {
		if (prepared?.temp !== void 0) await removeQuietly(prepared.temp);
		throw error;
	}
	if (placed.has("mod") || placed.has("info")) lists.markDirty(mv.path);
	return placed;
}
/** Puts a soft file where the store has none, as old as `at` (milliseconds since the epoch). Throws StoreError. */
async function placeSoft(store, key, bytes, at) {
	const { tree } = store.parts;
	const temp = await tree.writeTemp(bytes);
	setTime(temp, at);
	let placed = false;
	try {
		placed = await tree.create(key, temp);
	} finally {
		if (!placed) await removeQuietly(temp);
	}
}
/** What is the matter with one name here while others can be written; any other error is thrown again. */
function whyNoSuchName(error) {
	if (!(error instanceof StoreError)) throw error;
	if (error.code === "store-not-a-directory") return "a file or a link is where its directory should be";
	if (errnoOf(error.cause) === "ENAMETOOLONG") return "its name is longer than this file system allows";
	throw error;
}
/** A version that came with a cache is as old as it was there, or pruning would never see it age. */
function setTime(file, ms) {
	try {
		utimesSync(file, ms / 1e3, ms / 1e3);
	} catch {}
}
function factsOfKinds(entry, kinds) {
	const { zip, h1, mod, goModH1, info, vouchedBy } = entry;
	const hasZip = kinds.includes("zip") && zip !== void 0 && h1 !== void 0;
	const hasMod = kinds.includes("mod") && mod !== void 0 && goModH1 !== void 0;
	return {
		...hasZip ? {
			zip,
			h1
		} : {},
		...hasMod ? {
			mod,
			goModH1
		} : {},
		...kinds.includes("info") && info !== void 0 ? { info } : {},
		vouchedBy: {
			...hasZip && vouchedBy?.zip !== void 0 ? { zip: vouchedBy.zip } : {},
			...hasMod && vouchedBy?.mod !== void 0 ? { mod: vouchedBy.mod } : {}
		}
	};
}
// src/store/bundle/unpack.ts
const MAX_REFUSALS = 100;
/** Members beside those that the manifest tells of: the files of the checksum database, and some more. */
const MAX_OTHER_MEMBERS = 25e3;
/** Bytes of index entries that wait for their files. */
const MAX_HELD = 67108864;
/** Unpacks one archive into a store; see `Unpack`. */
const unpack = async (request) => {
	if (!request.store.writable) {
		request.stream.destroy();
		return readOnlyReport();
	}
	const archive = new Archive(request.stream, MANIFEST_LIMIT, request.signal);
	try {
		const manifest = await manifestAtHead(archive);
		const wanted = await request.wants(manifest);
		if (wanted === void 0) return {
			taken: 0,
			versions: 0,
			present: 0,
			refused: [],
			refusedCount: 0
		};
		archive.limit = wanted.maxBytes;
		archive.h1s = request.store.proof === "full";
		return await new Unpacking(request, archive, manifest, wanted).run();
	} finally {
		await archive.close();
	}
};
function readOnlyReport() {
	return {
		taken: 0,
		versions: 0,
		present: 0,
		refused: [{
			path: "",
			why: "the store is read-only"
		}],
		refusedCount: 1
	};
}
var Unpacking = class {
	#request;
	#store;
	#archive;
	#wanted;
	/** When the archive was made, milliseconds since the epoch. */
	#created;
	#versions = /* @__PURE__ */ new Map();
	#files = /* @__PURE__ */ new Map();
	#sumdbKeys = /* @__PURE__ */ new Set();
	#lanes = new Lanes();
	#cameIn = /* @__PURE__ */ new Set();
	#refused = [];
	#count = {
		taken: 0,
		present: 0,
		refused: 0,
		sumdbBytes: 0,
		held: 0
	};
	/** Wanted files that did not come yet. */
	#missing = 0;
	/** Small files of one version, which become visible together. */
	#group;
	constructor(request, archive, manifest, wanted) {
		this.#request = request;
		this.#store = request.store;
		this.#archive = archive;
		this.#wanted = wanted;
		this.#created = Math.min(Date.parse(manifest.created), request.store.parts.now());
		for (const { path, version, files } of manifest.versions) {
			const own = files.filter((file) => file.bundle === 0);
			const mv = {
				path,
				version
			};
			const keys = own.length === 0 ? void 0 : versionKeys(mv);
			const kinds = own.map((file) => file.kind);
			if (keys !== void 0) this.#expect(mv, keys, kinds);
		}
	}
	#expect(mv, keys, kinds) {
		const files = kinds.map((kind) => ({
			kind,
			facts: this.#wanted.file(mv, kind),
			settled: false
		}));
		const version = {
			mv,
			keys,
			files
		};
		this.#versions.set(keys.index, version);
		for (const file of files) {
			this.#files.set(keys.files[file.kind], {
				version,
				file
			});
			if (file.facts !== void 0) this.#missing += 1;
		}
	}
	async run() {
		try {
			const most = 4 * this.#files.size + MAX_OTHER_MEMBERS;
			for (let count = 0;; count++) {
				const member = await this.#archive.next();
				this.#lanes.check();
				if (member === void 0) break;
				if (count === most) throw tooMany(most);
				if (member.type !== "directory" && await this.#member(member) === "enough") break;
			}
			await this.#flush();
		} finally {
			await this.#dropGroup();
			await this.#lanes.settle();
		}
		this.#lanes.check();
		for (const { version, file } of this.#files.values()) if (file.facts !== void 0 && !file.settled) this.#refuseFile(version, file.kind, "the archive does not hold it");
		const { taken, present, refused } = this.#count;
		return {
			taken,
			present,
			versions: this.#cameIn.size,
			refused: this.#refused,
			refusedCount: refused
		};
	}
	/** Takes or skips one member. `enough`: nothing that is wanted can follow. */
	async #member(member) {
		const { name } = member;
		const key = name.startsWith("store/") ? name.slice(ARCHIVE_ROOT.length) : "";
		if (member.type !== "file") return this.#refuse(name, "not a regular file");
		const found = this.#files.get(key);
		if (found !== void 0) return this.#file(key, found.version, found.file, member.size);
		const version = this.#versions.get(key);
		if (version !== void 0) return this.#indexEntry(key, version, member.size);
		if (key.startsWith("sumdb/")) return this.#sumdb(key, member.size);
		return this.#refuse(name, "not a file that the manifest tells of");
	}
	async #indexEntry(key, version, size) {
		if (!version.files.some((file) => file.facts !== void 0 && !file.settled)) return;
		if (version.entry !== void 0) return this.#refuse(key, "a second index entry of this version");
		if (size > 65536 || this.#count.held + size > MAX_HELD) return this.#refuse(key, "too large");
		const bytes = Buffer.from(await this.#archive.whole());
		if (parseEntry(bytes, version.mv) === void 0) return this.#refuse(key, "not an index entry");
		version.entry = bytes;
		this.#count.held += bytes.length;
	}
	async #file(key, version, file, size) {
		if (file.settled) return this.#refuse(key, "a second file of this name");
		file.settled = true;
		const { facts, kind } = file;
		if (facts === void 0) {
			this.#tell(version, kind, "skipped");
			return kind === "zip" && this.#missing === 0 ? "enough" : void 0;
		}
		this.#missing -= 1;
		const theirs = this.#entryOf(version);
		if (this.#group?.version !== version) await this.#flush();
		if (await this.#has(version, kind)) {
			this.#count.present += 1;
			this.#tell(version, kind, "present");
			return;
		}
		if (theirs === void 0) return this.#refuseFile(version, kind, "no index entry came before it");
		const why = contradiction(theirs, kind, facts, size) ?? await this.#otherHash(version, kind, theirs);
		if (why !== void 0) return this.#refuseFile(version, kind, why);
		const digest = kind !== "zip" || this.#store.proof === "digest";
		const { sha256, from } = await this.#receive(size, digest, digest ? void 0 : version.mv);
		if (digest && sha256 !== facts.sha256) {
			if ("temp" in from) await removeQuietly(from.temp);
			const wrong = `it has SHA-256 ${sha256} where its index entry has ${facts.sha256}`;
			return this.#refuseFile(version, kind, wrong);
		}
		this.#group ??= {
			version,
			theirs,
			files: []
		};
		this.#group.files.push({
			kind,
			from
		});
		if (kind === "zip" || "temp" in from) await this.#flush();
	}
	/** The index entry that came for a version; forgotten as soon as no other file of it is awaited. */
	#entryOf(version) {
		const bytes = version.entry;
		if (bytes === void 0) return void 0;
		if (version.files.every((file) => file.facts === void 0 || file.settled)) {
			this.#count.held -= bytes.length;
			delete version.entry;
		}
		return parseEntry(bytes, version.mv);
	}
	async #otherHash(version, kind, theirs) {
		const ours = (await this.#store.parts.index.read(version.mv, version.keys))?.entry;
		const pinned = ours && h1Of(ours, kind);
		if (pinned === void 0 || pinned === h1Of(theirs, kind)) return void 0;
		return `the store knows it as ${pinned}`;
	}
	async #receive(size, digest, zipOf) {
		if (size > 131072) {
			const { tree } = this.#store.parts;
			await tree.makeDir(TEMP);
			const temp = tree.tempFile();
			const { sha256, h1, stamp } = await this.#archive.stage(temp, {
				digest,
				zipOf,
				chmod: tree.chmod
			});
			return {
				sha256,
				from: {
					temp,
					...h1 === void 0 ? {} : { hashed: {
						h1,
						stamp
					} }
				}
			};
		}
		const { h1 } = this.#archive;
		const bytes = await this.#archive.whole();
		return {
			sha256: digest ? createHash("sha256").update(bytes).digest("hex") : void 0,
			from: {
				bytes,
				...zipOf === void 0 || h1 === void 0 ? {} : { h1 }
			}
		};
	}
	async #has(version, kind) {
		const { tree } = this.#store.parts;
		if (!await tree.hasDir(version.keys.dir)) return false;
		return await statRegular(tree.path(version.keys.files[kind])) !== void 0;
	}
	async #flush() {
		const group = this.#group;
		if (group === void 0) return;
		const { version, theirs, files } = group;
		const { mv, keys } = version;
		await this.#lanes.start(async () => {
			const arrival = {
				mv,
				keys,
				theirs,
				files,
				lastUse: this.#wanted.lastUse(mv)
			};
			const placed = await place(this.#store, arrival).catch(whyNoSuchName);
			for (const { kind } of files) {
				if (typeof placed === "string") {
					this.#refuseFile(version, kind, placed);
					continue;
				}
				const outcome = placed.has(kind) ? "taken" : "present";
				this.#count[outcome] += 1;
				this.#tell(version, kind, outcome);
				if (outcome === "taken") this.#cameIn.add(version);
			}
		});
		this.#group = void 0;
	}
	async #dropGroup() {
		for (const { from } of this.#group?.files ?? []) if ("temp" in from) await removeQuietly(from.temp);
	}
	async #sumdb(key, size) {
		const count = this.#count;
		if (!isSharedSumdb(key)) return this.#refuse(key, "not a file of a store");
		if (this.#sumdbKeys.has(key)) return this.#refuse(key, "a second file of this name");
		if (size > 8388608 || this.#sumdbKeys.size >= 2e4 || count.sumdbBytes + size > 33554432) return this.#refuse(key, "too large, or one file of the checksum database too many");
		this.#sumdbKeys.add(key);
		count.sumdbBytes += size;
		const bytes = await this.#archive.whole();
		await this.#flush();
		await this.#lanes.start(async () => {
			const why = await placeSoft(this.#store, key, bytes, this.#created).catch(whyNoSuchName);
			if (why !== void 0) this.#refuse(key, why);
		});
	}
	#tell(version, kind, outcome) {
		this.#request.onFile?.(version.mv, kind, outcome, this.#archive.offset);
	}
	#refuseFile(version, kind, why) {
		this.#refuse(version.keys.files[kind], why);
		this.#tell(version, kind, "refused");
	}
	#refuse(path, why) {
		this.#count.refused += 1;
		if (this.#refused.length < MAX_REFUSALS) this.#refused.push({
			path: printable(path),
			why
		});
	}
};
/** Why a file is not what index entry and manifest agree on, as far as that can be told before its bytes come. */
function contradiction(theirs, kind, facts, size) {
	const told = factsOf(theirs, kind);
	if (told === void 0) return "its index entry does not tell what it should be";
	if (told.sha256 !== facts.sha256 || told.size !== facts.size) return "its index entry and the manifest tell different files";
	return size === told.size ? void 0 : `${size} bytes long where its index entry has ${told.size}`;
}
function printable(text) {
	return text.slice(0, 300).replace(/[^\x20-\x7e]/g, "?");
}
function tooMany(most) {
	return new BundleError("too-large", `a cache entry has more than ${most} members; what came before that was kept, the rest is fetched anew`);
}
export { Gate, SMALL_BODY, TarReader, inflate, isSharedSumdb, readManifest, sumdbFiles, unpack, warmThread };
