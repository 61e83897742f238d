import { StoredZipStream } from "./lib/gomod-later.js";
import { ARCHIVE_ROOT, BundleError, STEP, errnoOf, fileOfKey, stampOf } from "./lib/store.js";
import { TarReader, inflate } from "./lib/store-proxy.js";
import * as fs from "node:fs";
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { Readable } from "node:stream";
// src/store/bundle/archive-thread.ts
/** Members of one answer, and bytes of their bodies. */
const MAX_MEMBERS = 64;
const MAX_BODIES = 262144;
/** Used bytes are told of when they are so many. */
const TELL_AFTER = 262144;
/** One archive, as far as it came. */
var Work = class {
	#id;
	#queue = [];
	#packed = new Readable({ read: () => this.#read() });
	#inflated = inflate(this.#packed, void 0);
	#reader = new TarReader(this.#inflated.bytes, 0);
	#ended = false;
	#hungry = false;
	#used = 0;
	/** What was met while members were gathered that are to be told first. */
	#later;
	constructor(id) {
		this.#id = id;
	}
	take(bytes) {
		this.#queue.push(bytes);
		this.#supply();
	}
	end() {
		this.#ended = true;
		this.#supply();
	}
	/** Gives the archive up; `why` when its bytes cannot be had. */
	destroy(why) {
		if (why === void 0) this.#inflated.destroy();
		else this.#packed.destroy(new Error(why));
	}
	async answer(question) {
		const answer = await this.#answer(question);
		this.#tell({
			archive: this.#id,
			answer
		}, memoryOf(answer));
	}
	#tell(message, transfer = []) {
		parentPort?.postMessage(message, [...transfer]);
	}
	#read() {
		this.#hungry = true;
		this.#supply();
	}
	#supply() {
		if (!this.#hungry) return;
		const next = this.#queue.shift();
		if (next === void 0) {
			if (this.#ended) this.#packed.push(null);
			return;
		}
		this.#hungry = false;
		this.#used += next.length;
		if (this.#used >= TELL_AFTER) {
			this.#tell({
				archive: this.#id,
				used: this.#used
			});
			this.#used = 0;
		}
		this.#packed.push(Buffer.from(next.buffer));
	}
	async #answer(question) {
		const reader = this.#reader;
		try {
			if (question.ask === "members") return await this.#members(question);
			if (question.ask === "body") return { body: new Uint8Array(await reader.whole()) };
			return {
				staged: await stage(reader, question),
				offset: reader.offset
			};
		} catch (error) {
			if (error instanceof BundleError) return { bundle: {
				code: error.code,
				message: error.message
			} };
			const message = error instanceof Error ? error.message : String(error);
			return { medium: {
				code: errnoOf(error),
				message
			} };
		}
	}
	/** As many as are here already; one whose body is not small is the last. */
	async #members({ limit, one, h1s }) {
		if (this.#later !== void 0) throw this.#later;
		const reader = this.#reader;
		reader.limit = limit;
		this.#inflated.limit(limit);
		const told = [];
		const bodies = [];
		let length = 0;
		try {
			do {
				const member = await reader.next();
				if (member === void 0) break;
				if (member.size > 131072) {
					told.push({
						...member,
						offset: reader.offset
					});
					break;
				}
				const body = await reader.whole();
				bodies.push(body);
				told.push({
					...member,
					...h1s ? h1Of(member, body) : {},
					offset: reader.offset,
					body: {
						start: length,
						end: length + body.length
					}
				});
				length += body.length;
			} while (!one && told.length < MAX_MEMBERS && length < MAX_BODIES && reader.ready > 131072);
		} catch (error) {
			if (told.length === 0) throw error;
			this.#later = error;
		}
		const joined = new Uint8Array(length);
		for (const [i, { body }] of told.entries()) if (body) joined.set(bodies[i] ?? [], body.start);
		return {
			members: told,
			bodies: joined
		};
	}
};
/** On this thread a write waits for nobody but this archive. */
async function stage(reader, { temp, digest, zipOf, chmod }) {
	const hash = digest ? createHash("sha256") : void 0;
	const zip = zipOf === void 0 ? void 0 : new StoredZipStream();
	const fd = fs.openSync(temp, "wx", 420);
	try {
		for (let part = await reader.some(STEP); part !== void 0; part = await reader.some(STEP)) {
			for (let done = 0; done < part.length;) done += fs.writeSync(fd, part, done);
			hash?.update(part);
			zip?.update(part);
		}
		if (chmod) fs.fchmodSync(fd, 420);
		return {
			sha256: hash?.digest("hex"),
			h1: zipOf && zip?.finish(zipOf),
			stamp: stampOf(fs.fstatSync(fd))
		};
	} finally {
		fs.closeSync(fd);
	}
}
/** The h1 of a member that is a zip of a module version, going by its name, in its stored form. */
function h1Of({ name, type }, body) {
	if (type !== "file" || !name.endsWith(".zip") || !name.startsWith("store/")) return {};
	const file = fileOfKey(name.slice(ARCHIVE_ROOT.length));
	if (file?.kind !== "zip") return {};
	const zip = new StoredZipStream();
	zip.update(body);
	const h1 = zip.finish(file);
	return h1 === void 0 ? {} : { h1 };
}
function memoryOf(reply) {
	if ("bodies" in reply) return [reply.bodies.buffer];
	return "body" in reply ? [reply.body.buffer] : [];
}
let work;
parentPort?.on("message", (message) => {
	if ("archive" in message) work = new Work(message.archive);
	else if ("closed" in message) {
		work?.destroy();
		work = void 0;
	} else if ("ask" in message) work?.answer(message);
	else if ("broken" in message) work?.destroy(message.broken);
	else if ("ended" in message) work?.end();
	else work?.take(message.bytes);
});
export {};
