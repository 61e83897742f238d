import { appendFileSync, createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { open, rename, truncate } from "node:fs/promises";
// src/audit/errors.ts
/** A batch that a store did not take; the message says which store, what it answered and what to do. */
var DeliveryError = class extends Error {
	code;
	/** What the store asked to wait, ms. */
	retryAfterMs;
	constructor(code, message, options = {}) {
		super(message, { cause: options.cause });
		this.name = "DeliveryError";
		this.code = code;
		this.retryAfterMs = options.retryAfterMs;
	}
};
/** Bytes that are no batch; `status` is the HTTP status that says so. */
var BatchError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "BatchError";
		this.code = code;
	}
};
/** A raw object that could not be kept or read. */
var RawError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "RawError";
		this.code = code;
	}
};
// src/audit/limits.ts
/** Longest module path, version or query, UTF-16 units: go's file systems give paths a limit, the format this one. */
const MAX_PATH = 1024;
/** Longest other text of a record, UTF-16 units. */
const MAX_TEXT = 2048;
/** Members of one part of an inventory, and its parts. */
const MAX_MEMBERS = 2e3;
const MAX_PARTS = 1e3;
const BATCH_LIMITS = {
	compressed: 8388608,
	inflated: 8388608,
	lines: 2e4,
	line: 1048576,
	names: 2e4,
	refused: 1e3
};
/** How far in the future of the reader's clock a batch may be sealed, ms. */
const MAX_AHEAD_MS = 864e5;
// src/audit/inventory.ts
/** Bounds of the schema: origins, vendored names, and a member's length in UTF-16 units. */
const MAX_VCS = 1e3;
const MAX_VENDORED = 5e3;
const MAX_MEMBER = 2112;
/** Bytes of all members, of all origins and of all vendored names of one part, which is one line of a batch. */
const PART_BYTES = BATCH_LIMITS.line / 2;
const ASIDE_BYTES = BATCH_LIMITS.line / 8;
const MEMBER = /^[^\s@]+@[^\s@]+ h1:[A-Za-z0-9+/]{43}=$/;
/** One version with its hash, as inventories name it. */
function memberOf({ module, version, h1 }) {
	return `${module}@${version} ${h1}`;
}
/** SHA-256 of the members, sorted, each with a newline: two jobs with the same modules have the same. */
function setDigest(members) {
	const hash = createHash("sha256");
	for (const member of sorted(members)) hash.update(`${member}\n`);
	return hash.digest("hex");
}
/**
* The records of an inventory, at least one: parts of at most 2,000 members in the order of the members. Origins and
* vendored names stand in the first. What is no member by the format, which no file of go's is, is left out.
*/
function inventoryRecords(holding) {
	const { phase, t, preexisting } = holding;
	const parts = partsOf(sorted(holding.members).filter((member) => member.length <= MAX_MEMBER && MEMBER.test(member))).slice(0, MAX_PARTS);
	const set = setDigest(parts.flat());
	const vcs = within(sorted(holding.vcs).filter((origin) => origin.length <= MAX_TEXT).slice(0, MAX_VCS), ASIDE_BYTES);
	const vendored = within(sorted(holding.vendored).slice(0, MAX_VENDORED), ASIDE_BYTES);
	return parts.map((members, index) => ({
		kind: "inv",
		t,
		phase,
		set,
		part: index + 1,
		parts: parts.length,
		members,
		vcs: index === 0 ? vcs : [],
		modcache_preexisting: preexisting,
		...index === 0 && vendored.length > 0 ? { vendored } : {}
	}));
}
/** At least one part. */
function partsOf(members) {
	let part = [];
	let bytes = 0;
	const parts = [part];
	for (const member of members) {
		bytes += Buffer.byteLength(member) + 3;
		if (part.length === 2e3 || bytes > PART_BYTES && part.length > 0) {
			part = [];
			parts.push(part);
			bytes = Buffer.byteLength(member) + 3;
		}
		part.push(member);
	}
	return parts;
}
function within(texts, bytes) {
	let left = bytes;
	return texts.filter((text) => {
		left -= Buffer.byteLength(text) + 3;
		return left >= 0;
	});
}
/** By UTF-16 units, each once: the same on every machine. */
function sorted(texts) {
	return [...new Set(texts)].sort();
}
// src/audit/journal-record.ts
/** The line of any record. */
function lineOf(record) {
	return framed(JSON.stringify(record));
}
/**
* The line of an answer's record, byte for byte that of `lineOf`. There is one for each request of a job, which is why
* no record is made only to be encoded: what the journal adds needs no escaping.
*/
function answerLine(answer, { seq, t, mono_ns }) {
	return framed(`{"kind":"req","seq":${seq},"t":"${t}","mono_ns":"${mono_ns}",` + JSON.stringify(answer).slice(1));
}
/** `crc32 length json\n`: checksum as 8 hex digits over the JSON's bytes, length in bytes. */
function framed(json) {
	const length = Buffer.byteLength(json);
	const before = `${crc32(json).toString(16).padStart(8, "0")} ${length} `;
	return {
		text: `${before}${json}\n`,
		bytes: before.length + length + 1
	};
}
/** The record of one line without its newline, or undefined when the line is torn or damaged. */
function unframe(line) {
	const match = /^([0-9a-f]{8}) (\d{1,9}) /.exec(line);
	if (match === null) return void 0;
	const json = Buffer.from(line.slice(match[0].length));
	if (json.length !== Number(match[2]) || crc32(json) !== Number.parseInt(match[1] ?? "", 16)) return void 0;
	try {
		return JSON.parse(json.toString());
	} catch {
		return;
	}
}
/** The highest number of an answer that a record tells of; 0 for none. */
function seqOf(record) {
	if (record.kind === "req") return record.seq;
	return record.kind === "batch" || record.kind === "ftr" ? record.last_seq : 0;
}
// src/audit/journal-read.ts
/**
* Reads a journal piece by piece, also one that a killed daemon left. What follows the last newline is not told:
* it is torn, or still being written.
* @param from offset to begin at: 0, or the `end` of an entry
* @param to offset to stop at; the end of the file where it is none
*/
async function* journalParts(path, from = 0, to = Number.POSITIVE_INFINITY) {
	if (to <= from) return;
	let rest = Buffer.alloc(0);
	let offset = from;
	for await (const chunk of createReadStream(path, {
		start: from,
		end: to - 1
	})) {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		const entries = [];
		let damaged = 0;
		let start = 0;
		for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
			const record = unframe(bytes.toString("utf8", start, end));
			start = end + 1;
			if (record === void 0) damaged++;
			else entries.push({
				record,
				end: offset + start
			});
		}
		rest = bytes.subarray(start);
		offset += start;
		yield {
			entries,
			damaged,
			end: offset,
			torn: 0
		};
	}
	if (rest.length > 0) yield {
		entries: [],
		damaged: 0,
		end: offset,
		torn: rest.length
	};
}
/** Reads a whole journal: damaged lines are passed over and counted, and so is a torn end. */
async function readJournal(path, each) {
	let damaged = 0;
	for await (const part of journalParts(path)) {
		for (const { record } of part.entries) each(record);
		damaged += part.damaged + (part.torn > 0 ? 1 : 0);
	}
	return { damaged };
}
/** The header of a journal that was not ended, as a killed daemon leaves it; undefined for none. */
async function unfinished(path) {
	const { header, closed } = await lookAt(path);
	return closed ? void 0 : header;
}
/**
* Makes room for the journal of another job or a new session: renames the journal of a session that ended in order,
* or of another job, to `journal.1`. One of this job that a killed daemon left stays, to be continued, and so does one
* whose records nobody has closed.
*/
async function setAside(path, jobUid) {
	const { header, closed } = await lookAt(path);
	if (closed || header !== void 0 && header.job_uid !== jobUid) await rename(path, `${path}.1`);
}
async function lookAt(path) {
	const seen = {
		header: void 0,
		closed: false
	};
	let sends = false;
	try {
		await readJournal(path, (record) => {
			if (record.kind === "hdr") {
				seen.header = record;
				seen.closed = false;
			}
			if (record.kind === "ftr") seen.closed = !sends;
			if (record.kind === "batch") {
				sends = true;
				seen.closed = record.phase === "close";
			}
		});
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
	return seen;
}
// src/audit/journal-file.ts
/** A write that took longer than this, ms, was held up by its disk. */
const SLOW_MS = 20;
/**
* Writes at once while that only copies into the page cache, which takes a tenth of the way over a thread; aside from
* the first time on that a disk held up the caller.
*/
function appending({ direct, aside, now }) {
	let isSlow = false;
	return async (bytes) => {
		if (isSlow) return await aside(bytes);
		const began = now();
		try {
			direct(bytes);
		} finally {
			isSlow = now() - began > SLOW_MS;
		}
	};
}
/** Opens a journal for writing at its end; it is made when missing, readable by this user only. */
async function openJournalFile(path) {
	const handle = await open(path, "a", 384);
	return {
		append: appending({
			direct: (bytes) => appendFileSync(handle.fd, bytes),
			aside: (bytes) => handle.appendFile(bytes),
			now: () => performance.now()
		}),
		sync: () => handle.datasync(),
		truncate: (length) => handle.truncate(length),
		size: async () => (await handle.stat()).size,
		close: () => handle.close()
	};
}
// src/audit/journal.ts
/**
* Records are in memory so long, ms: the admitted loss when the process is killed. Each write wakes the process, which
* is most of what a journal costs.
*/
const WRITE_MS = 50;
/** Every second write is brought to the disk: 100 ms are the admitted loss when the machine dies. */
const WRITES_A_SYNC = 2;
/** Past this many bytes in memory (a disk that hangs) records are dropped instead of kept. */
const MAX_PENDING = 16777216;
const nothing = () => ({
	text: "",
	bytes: 0,
	requests: 0,
	settles: []
});
/**
* The one writer of a journal file. A record goes to the system soon, where it outlives a process that is killed,
* and to the disk with its group. An answer keeps its number whether or not its record can be written, so that
* every lost record is a gap in the numbers that anybody can count.
*/
var JournalWriter = class JournalWriter {
	path;
	/** Called after each group that is durable. */
	onCommit;
	#file;
	#began = process.hrtime.bigint();
	#onTrouble;
	#header;
	#length;
	#pending = nothing();
	/** Of those, too, that are just being written. */
	#bytesInMemory = 0;
	/** Written, and not yet on the disk. */
	#written = nothing();
	#timer;
	#writesSinceSync = 0;
	#writing = Promise.resolve();
	#seq;
	#dropped = 0;
	#trouble;
	/** Bytes of a failed write stand at the end of the file and could not be cut off. */
	#ragged = false;
	/** So it was at some time since the last group: only the file knows its length. */
	#wasRagged = false;
	constructor(path, file, found, onTrouble) {
		this.path = path;
		this.#file = file;
		this.#onTrouble = onTrouble;
		this.#length = found.length;
		this.#header = found.header;
		this.#seq = found.lastSeq;
	}
	/**
	* Opens or continues a journal: a torn tail is cut, and numbering goes on where it stopped. Nobody else may be
	* writing it. Rejects when the file cannot be opened.
	*/
	static async open(path, options) {
		const found = await cutTornTail(path);
		const file = await (options.openFile ?? openJournalFile)(path);
		return new JournalWriter(path, file, found, options.onTrouble);
	}
	/** The number that the last answer got. */
	get lastSeq() {
		return this.#seq;
	}
	/** Answers whose records are not in the file. */
	get dropped() {
		return this.#dropped;
	}
	/** The last header in the file. */
	get header() {
		return this.#header;
	}
	/** Offset behind the last durable record. */
	get length() {
		return this.#length;
	}
	/** Why records could not be written, in the system's words. */
	get trouble() {
		return this.#trouble;
	}
	/** Writes down an answer; never waits and never fails. */
	append(answer) {
		const seq = ++this.#seq;
		if (!this.#hasRoom(1)) return;
		const monoNs = process.hrtime.bigint() - this.#began;
		this.#take(answerLine(answer, {
			seq,
			t: (/* @__PURE__ */ new Date()).toISOString(),
			mono_ns: monoNs.toString()
		}), 1);
	}
	note(text) {
		this.write({
			kind: "note",
			t: (/* @__PURE__ */ new Date()).toISOString(),
			text
		});
	}
	write(record) {
		this.#add(record);
	}
	/** Writes a record at once; resolves with whether it is on the disk. */
	async commit(record) {
		const durable = new Promise((settle) => this.#add(record, settle));
		await this.flush();
		return await durable;
	}
	#add(record, settle) {
		if (record.kind === "hdr") this.#header = record;
		const requests = record.kind === "req" ? 1 : 0;
		if (!this.#hasRoom(requests)) {
			settle?.(false);
			return;
		}
		if (settle !== void 0) this.#pending.settles.push(settle);
		this.#take(lineOf(record), requests);
	}
	#hasRoom(requests) {
		if (this.#bytesInMemory <= MAX_PENDING) return true;
		this.#dropped += requests;
		this.#trouble ??= "the disk was too slow";
		return false;
	}
	#take({ text, bytes }, requests) {
		const group = this.#pending;
		group.text += text;
		group.bytes += bytes;
		group.requests += requests;
		this.#bytesInMemory += bytes;
		this.#timer ??= setTimeout(this.#tick, WRITE_MS);
	}
	#tick = () => {
		if (++this.#writesSinceSync === WRITES_A_SYNC) this.flush();
		else {
			this.#timer = setTimeout(this.#tick, WRITE_MS);
			this.#inTurn(() => this.#writePending());
		}
	};
	/** Resolves when everything that was written before is on the disk, or is dropped. */
	async flush() {
		clearTimeout(this.#timer);
		this.#timer = void 0;
		this.#writesSinceSync = 0;
		await this.#inTurn(async () => {
			await this.#writePending();
			await this.#syncWritten();
		});
	}
	#inTurn(work) {
		this.#writing = this.#writing.then(work);
		return this.#writing;
	}
	async #writePending() {
		const group = this.#pending;
		if (group.bytes === 0) return;
		this.#pending = nothing();
		const bytes = Buffer.from(group.text);
		try {
			await this.#file.append(this.#ragged ? Buffer.concat([NEWLINE, bytes]) : bytes);
			this.#ragged = false;
			this.#written.bytes += group.bytes;
			this.#written.requests += group.requests;
			this.#written.settles.push(...group.settles);
		} catch (error) {
			this.#lose(group, error);
			if (this.#wasRagged) this.#ragged = true;
			else await this.#cutBack(this.#length + this.#written.bytes);
		} finally {
			this.#bytesInMemory -= group.bytes;
		}
	}
	async #syncWritten() {
		const group = this.#written;
		if (group.bytes === 0) return;
		this.#written = nothing();
		try {
			await this.#file.sync();
			this.#length = this.#wasRagged ? await this.#file.size() : this.#length + group.bytes;
			this.#wasRagged = this.#ragged;
		} catch (error) {
			this.#lose(group, error);
			await this.#cutBack(this.#length);
			return;
		}
		for (const settle of group.settles) settle(true);
		this.onCommit?.(group);
	}
	#lose(group, error) {
		this.#dropped += group.requests;
		const why = error instanceof Error ? error.message : String(error);
		if (this.#trouble === void 0) this.#onTrouble(why);
		this.#trouble = why;
		for (const settle of group.settles) settle(false);
	}
	/** Whole records end at this offset, and what stands behind it is none. */
	async #cutBack(length) {
		try {
			await this.#file.truncate(length);
			this.#ragged = false;
			this.#wasRagged = false;
		} catch {
			this.#ragged = true;
			this.#wasRagged = true;
		}
	}
	async close() {
		await this.flush();
		await this.#file.close().catch(() => void 0);
	}
};
const NEWLINE = Buffer.from("\n");
/** Cuts what a killed writer left unfinished. */
async function cutTornTail(path) {
	let length = 0;
	let end = 0;
	let lastSeq = 0;
	let header;
	try {
		for await (const part of journalParts(path)) {
			end = part.end + part.torn;
			for (const entry of part.entries) {
				length = entry.end;
				lastSeq = Math.max(lastSeq, seqOf(entry.record));
				if (entry.record.kind === "hdr") header = entry.record;
			}
		}
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
	if (length < end) await truncate(path, length);
	return {
		length,
		lastSeq,
		header
	};
}
export { BATCH_LIMITS, BatchError, DeliveryError, JournalWriter, MAX_AHEAD_MS, MAX_MEMBERS, MAX_PARTS, MAX_PATH, MAX_TEXT, RawError, inventoryRecords, journalParts, memberOf, readJournal, seqOf, setAside, unfinished };
