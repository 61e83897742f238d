import { isPlainLoopback, isReadableOnTheWay, parseAuditStore, redactUrl } from "./config.js";
import { BATCH_LIMITS, BatchError, DeliveryError, JournalWriter, MAX_PATH, MAX_TEXT, RawError, journalParts, seqOf } from "./audit.js";
import { Agent, oneLine, request } from "./platform.js";
import { createHttp, unknownIssuer } from "./platform-records.js";
import { createHash, randomUUID } from "node:crypto";
import { gunzip, gzip, gzipSync } from "node:zlib";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { promisify } from "node:util";
import path, { join, resolve } from "node:path";
import * as fsp from "node:fs/promises";
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
// src/audit/raw/key.ts
const KEY = /^raw\/v1\/dt=\d{4}-\d{2}-\d{2}\/[0-9a-f]{16}\/[0-9a-f]{64}\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6,10}-[0-9a-f]{64}\.ndjson\.gz$/;
/**
* The name of a raw object: `raw/v1/dt=DATE/ISSUER/JOB/INST-NO-DIGEST.ndjson.gz`, with the writer's date (UTC), the
* first 16 hex digits of the issuer's SHA-256 and the number of the batch in six digits. It follows from the batch
* alone, so that a batch that comes twice meets itself.
*/
function rawKey({ digest, header }) {
	const issuer = createHash("sha256").update(header.iss).digest("hex").slice(0, 16);
	const no = String(header.batch).padStart(6, "0");
	return `raw/v1/dt=${header.clock.wall.slice(0, 10)}/${issuer}/${header.job_uid}/${header.inst}-${no}-${digest}.ndjson.gz`;
}
/** Whether a text is the name of a raw object; such a name has no empty part, no `..` and no separator but `/`. */
function isRawKey(text) {
	return KEY.test(text);
}
/** The digest of the batch that a raw object is named after. */
function digestOfKey(key) {
	return key.slice(-74, -10);
}
// src/audit/raw/pack.ts
/** A receipt is one short line. */
const MAX_RECEIPT = 16384;
/** Longest raw object, bytes: a receipt and a batch, as they are compressed. */
const MAX_RAW = BATCH_LIMITS.compressed + MAX_RECEIPT;
/**
* A raw object: the receipt as a gzip member of its own, then the gzip of the batch as it came. `zcat` shows the
* receipt and then the batch; the bytes that the sender named by their digest stay as they are.
*/
function packRaw(receipt, gzip) {
	const line = gzipSync(`${JSON.stringify(receipt)}\n`, { level: 6 });
	line[9] = 255;
	return Buffer.concat([line, gzip]);
}
// src/audit/raw/directory.ts
/** Where files are until they are whole; beside the raw objects, so that a link to there is one step. */
const TEMP = path.join("raw", "tmp");
/** Temporary files of this age are of a process that died, ms. */
const STALE_MS = 864e5;
/** A directory may be removed between its making and its use. */
const MAX_TRIES = 3;
/** What file systems without hard links answer. */
const NO_LINKS = /* @__PURE__ */ new Set([
	"EPERM",
	"ENOTSUP",
	"EOPNOTSUPP",
	"ENOSYS",
	"EMLINK",
	"EINVAL"
]);
/** What systems answer that cannot sync a directory. */
const NO_DIR_SYNC = /* @__PURE__ */ new Set([
	"EPERM",
	"EACCES",
	"EISDIR",
	"EINVAL",
	"ENOTSUP",
	"EBADF"
]);
/**
* Raw objects below `dir`, each in the file of its name: `dir/raw/v1/...`. Directories are made as they are needed; a
* file appears whole under its name or not at all, and is never replaced. Several processes may write at once.
*
* Rejects with RawError: `key`, `full`, `io`, `damaged` (an object that is longer than one can be).
*/
function openRawDirectory(dir, options = {}) {
	return new RawDirectory(path.resolve(dir), options);
}
var RawDirectory = class {
	#dir;
	#onForeign;
	#link;
	#now;
	/** The temporary directory, made and swept before the first write. */
	#temp;
	constructor(dir, options) {
		this.#dir = dir;
		this.#onForeign = options.onForeign ?? (() => void 0);
		this.#link = options.link ?? fsp.link;
		this.#now = options.now ?? Date.now;
	}
	async put(key, bytes) {
		const file = this.#file(key);
		try {
			if (await isThere(file)) {
				await syncDirectory$1(path.dirname(file));
				return "exists";
			}
			this.#temp ??= this.#makeTemp();
			const temp = path.join(await this.#temp, randomUUID());
			try {
				await writeDurably(temp, bytes);
				return await this.#publish(temp, file);
			} finally {
				await fsp.rm(temp, { force: true });
			}
		} catch (error) {
			this.#temp = void 0;
			throw asRawError(error, file, "written");
		}
	}
	async get(key) {
		const file = this.#file(key);
		try {
			const handle = await fsp.open(file, "r");
			try {
				const stat = await handle.stat();
				if (!stat.isFile() || stat.size > MAX_RAW) throw new RawError("damaged", `raw object ${file} has ${stat.size} bytes, more than one can have`);
				return await handle.readFile();
			} finally {
				await handle.close();
			}
		} catch (error) {
			if (isAbsent(error)) return void 0;
			throw asRawError(error, file, "read");
		}
	}
	async *list() {
		yield* this.#below(["raw", "v1"]);
	}
	async delete(key) {
		const file = this.#file(key);
		try {
			await fsp.rm(file, { force: true });
			for (let up = path.dirname(file), left = 3; left > 0; up = path.dirname(up), left--) await fsp.rmdir(up);
		} catch (error) {
			const code = errnoOf(error);
			if (code === "ENOTEMPTY" || code === "EEXIST" || isAbsent(error)) return;
			throw asRawError(error, file, "deleted");
		}
	}
	#file(key) {
		if (isRawKey(key)) return path.join(this.#dir, ...key.split("/"));
		throw new RawError("key", `${JSON.stringify(key.slice(0, 300))} is no name of a raw object`);
	}
	/** Gives a whole file its name, unless another has it. */
	async #publish(temp, file) {
		const parent = path.dirname(file);
		for (let left = MAX_TRIES;; left--) {
			const made = await fsp.mkdir(parent, { recursive: true });
			try {
				const stored = await linkOrRename(this.#link, temp, file);
				await syncUp(parent, made === void 0 ? parent : path.dirname(made));
				return stored ? "stored" : "exists";
			} catch (error) {
				if (errnoOf(error) !== "ENOENT" || left === 1) throw error;
			}
		}
	}
	async #makeTemp() {
		const temp = path.join(this.#dir, TEMP);
		await fsp.mkdir(temp, { recursive: true });
		for (const name of await fsp.readdir(temp)) {
			const file = path.join(temp, name);
			const stat = await fsp.lstat(file).catch(() => void 0);
			if (!stat?.isFile() || this.#now() - stat.mtimeMs <= STALE_MS) continue;
			await fsp.rm(file, { force: true }).catch(() => void 0);
		}
		return temp;
	}
	/** Names sort alike by level and as a whole, because those of a level are equally long or of one job. */
	async *#below(parts) {
		const here = path.join(this.#dir, ...parts);
		for (const entry of await readSorted(here)) {
			const down = [...parts, entry.name];
			if (entry.isDirectory() && LEVELS[down.length]?.test(entry.name)) yield* this.#below(down);
			else if (entry.isFile() && isRawKey(down.join("/"))) yield down.join("/");
			else this.#onForeign(path.join(here, entry.name));
		}
	}
};
/** What directories are called, by how many names lead to them: the day, the issuer, the job. */
const LEVELS = [
	void 0,
	void 0,
	void 0,
	/^dt=\d{4}-\d{2}-\d{2}$/,
	/^[0-9a-f]{16}$/,
	/^[0-9a-f]{64}$/
];
async function readSorted(dir) {
	try {
		return (await fsp.readdir(dir, { withFileTypes: true })).sort((a, b) => a.name < b.name ? -1 : 1);
	} catch (error) {
		if (isAbsent(error)) return [];
		throw asRawError(error, dir, "listed");
	}
}
/** Whether an object has that name. Throws RawError `damaged` where something else has. */
async function isThere(file) {
	try {
		const stat = await fsp.lstat(file);
		if (stat.isFile() && stat.size > 0) return true;
	} catch (error) {
		if (isAbsent(error)) return false;
		throw error;
	}
	throw new RawError("damaged", `${file} is no raw object, though it has the name of one: remove it`);
}
async function writeDurably(file, bytes) {
	const handle = await fsp.open(file, "wx");
	try {
		await handle.writeFile(bytes);
		await handle.sync();
	} finally {
		await handle.close();
	}
}
/** True when the name is the file's now, false when it was taken. */
async function linkOrRename(link, temp, file) {
	try {
		await link(temp, file);
		return true;
	} catch (error) {
		const code = errnoOf(error) ?? "";
		if (code === "EEXIST") return !await isThere(file);
		if (!NO_LINKS.has(code)) throw error;
	}
	if (await isThere(file)) return false;
	await fsp.rename(temp, file);
	return true;
}
/** Makes the names in `from` and in the directories above it durable, up to `to`. */
async function syncUp(from, to) {
	for (let dir = from;; dir = path.dirname(dir)) {
		await syncDirectory$1(dir);
		if (dir === to || dir === path.dirname(dir)) return;
	}
}
async function syncDirectory$1(dir) {
	try {
		const handle = await fsp.open(dir, "r");
		try {
			await handle.sync();
		} finally {
			await handle.close();
		}
	} catch (error) {
		if (!NO_DIR_SYNC.has(errnoOf(error) ?? "")) throw error;
	}
}
function errnoOf(error) {
	return error?.code;
}
function isAbsent(error) {
	const code = errnoOf(error);
	return code === "ENOENT" || code === "ENOTDIR";
}
function asRawError(error, file, what) {
	if (error instanceof RawError) return error;
	const code = errnoOf(error);
	const full = code === "ENOSPC" || code === "EDQUOT";
	const next = full ? "free space on that disk" : "see to the disk and to the rights on it";
	const why = error instanceof Error ? error.message : String(error);
	return new RawError(full ? "full" : "io", `raw object ${file} could not be ${what}: ${why}; ${next}`, { cause: error });
}
// src/audit/encode.ts
/** A footer is one line, and has other fields. */
const FINDINGS_BYTES = BATCH_LIMITS.line / 2;
/**
* Writes a batch as NDJSON: header, requests, inventories, footer. Texts past the limits of the format are cut, so that
* no store refuses a record for its length. Throws BatchError: `too-large` when the batch has to be split, `malformed`
* when the requests are not in the order of their numbers or outside the range.
*/
function encodeBatch(input) {
	const { requests, inventories = [], findings = [] } = input;
	const claims = Object.entries(input.header.claimed).map(([name, value]) => [name, cut(value, MAX_TEXT)]);
	const header = {
		kind: "hdr",
		v: 1,
		...input.header,
		claimed: Object.fromEntries(claims)
	};
	const range = rangeOf(input);
	const lines = [
		header,
		...requests.map(fit),
		...inventories
	].map((line) => JSON.stringify(line));
	const body = Buffer.from(`${lines.join("\n")}\n`);
	const hash = createHash("sha256").update(body);
	const footer = {
		kind: "ftr",
		t: input.time,
		...range,
		counts: {
			...countsOf(requests),
			...findings.length === 0 ? {} : { findings: findings.length },
			...input.counts
		},
		dropped: input.dropped ?? 0,
		...input.dropReason === void 0 ? {} : { drop_reason: cut(input.dropReason, MAX_TEXT) },
		findings: fitFindings(findings),
		...input.reason === void 0 ? {} : { reason: cut(input.reason, MAX_TEXT) },
		body_sha256: hash.copy().digest("hex")
	};
	const end = Buffer.from(`${JSON.stringify(footer)}\n`);
	const ndjson = Buffer.concat([body, end]);
	const { lines: maxLines, line: maxLine, inflated, names: maxNames } = BATCH_LIMITS;
	const names = inventories.reduce((sum, { members, vendored = [] }) => sum + members.length + vendored.length, 0);
	const tooLong = lines.some((line) => line.length > maxLine / 3 && Buffer.byteLength(line) > maxLine);
	if (lines.length + 1 > maxLines || names > maxNames || ndjson.length > inflated || tooLong || end.length > maxLine) throw new BatchError("too-large", `batch ${header.batch} of ${header.inst} has ${lines.length + 1} lines, ${ndjson.length} bytes and ${names} names in inventories; at most ${maxLines} lines of ${maxLine} bytes, ${inflated} bytes and ${maxNames} names are allowed: put fewer records into it`);
	return {
		digest: hash.update(end).digest("hex"),
		header,
		footer,
		ndjson
	};
}
/** A batch whose bytes lie there already, as what goes out. */
function sealed(batch, records, gzip) {
	const { digest, header } = batch;
	return {
		digest,
		jobUid: header.job_uid,
		inst: header.inst,
		no: header.batch,
		phase: header.phase,
		key: rawKey(batch),
		records,
		gzip
	};
}
function rangeOf(input) {
	const { requests } = input;
	const first_seq = input.firstSeq ?? requests[0]?.seq ?? 1;
	const last_seq = input.lastSeq ?? requests.at(-1)?.seq ?? first_seq - 1;
	let before = first_seq - 1;
	for (const { seq } of requests) {
		if (seq <= before || seq > last_seq) throw new BatchError("malformed", `request ${seq} of ${input.header.inst} is out of order or outside ${first_seq} to ${last_seq}: a batch takes requests in the order of their numbers`);
		before = seq;
	}
	return {
		first_seq,
		last_seq
	};
}
/** What a footer counts of requests: all, by operation, and by every decision but `allow`. */
function countsOf(requests) {
	const counts = { requests: requests.length };
	for (const { op, decision } of requests) {
		counts[op] = (counts[op] ?? 0) + 1;
		if (decision !== "allow") counts[decision] = (counts[decision] ?? 0) + 1;
	}
	return counts;
}
function fit(request) {
	const { module, version, query, rule, reason, upstream } = request;
	if ((module?.length ?? 0) <= 1024 && (version?.length ?? 0) <= 1024 && (query?.length ?? 0) <= 2048 && (rule?.length ?? 0) <= 128 && (reason?.length ?? 0) <= 2048 && (upstream?.length ?? 0) <= 2048) return request;
	return {
		...request,
		...module === void 0 ? {} : { module: cut(module, MAX_PATH) },
		...version === void 0 ? {} : { version: cut(version, MAX_PATH) },
		...query === void 0 ? {} : { query: cut(query, MAX_TEXT) },
		...rule === void 0 ? {} : { rule: cut(rule, 128) },
		...reason === void 0 ? {} : { reason: cut(reason, MAX_TEXT) },
		...upstream === void 0 ? {} : { upstream: cut(upstream, MAX_TEXT) }
	};
}
/** As many as a footer takes; `counts.findings` tells of how many. */
function fitFindings(findings) {
	const fitting = [];
	let room = FINDINGS_BYTES;
	for (const finding of findings.slice(0, 500)) {
		const fit = fitFinding(finding);
		room -= Buffer.byteLength(JSON.stringify(fit)) + 1;
		if (room < 0) break;
		fitting.push(fit);
	}
	return fitting;
}
function fitFinding(finding) {
	const { module, version } = finding;
	return {
		...finding,
		rule: cut(finding.rule, 128),
		message: cut(finding.message, MAX_TEXT),
		...module === void 0 ? {} : { module: cut(module, MAX_PATH) },
		...version === void 0 ? {} : { version: cut(version, MAX_PATH) }
	};
}
function cut(text, length) {
	return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
// src/audit/quarantine.ts
/** Longest text of a line that is repeated, UTF-16 units; the whole line stays in the store's raw batch. */
const MAX_LINE = 4096;
/**
* Names the lines of a batch that a store took, but that it found to be no records: `NUMBER-DIGEST.json` with the
* batch, each line, why it was refused and what it says. Rejects with the error of the system.
* @param gzip the batch, where it can be read
*/
async function quarantine(dir, batch, refused, gzip) {
	const lines = await linesOf(gzip);
	const text = JSON.stringify({
		batch: batch.no,
		digest: batch.digest,
		refused: refused.map(({ line, why }) => ({
			line,
			why,
			text: lines[line - 1]?.slice(0, MAX_LINE)
		}))
	}, null, 2);
	await mkdir(dir, {
		recursive: true,
		mode: 448
	});
	const path = join(dir, `${String(batch.no).padStart(6, "0")}-${batch.digest}.json`);
	await writeFile(`${path}.tmp`, `${text}\n`, { mode: 384 });
	await rename(`${path}.tmp`, path);
}
async function linesOf(gzip) {
	if (gzip === void 0) return [];
	try {
		return (await promisify(gunzip)(gzip, { maxOutputLength: BATCH_LIMITS.inflated })).toString().split("\n");
	} catch {
		return [];
	}
}
// src/audit/seal.ts
const compress = promisify(gzip);
const inflate = promisify(gunzip);
/** Seals without holding up the thread: the same bytes as `sealBatch`. Throws BatchError `too-large`. */
async function sealAside(input) {
	const { digest, header, footer, ndjson } = encodeBatch(input);
	const bytes = await compress(ndjson, { level: 6 });
	bytes[9] = 255;
	return {
		sealed: sealed({
			digest,
			header
		}, input.requests.length, bytes),
		header,
		footer
	};
}
/**
* Reads a batch of our own spool; undefined when its bytes are not those that its digest names. It is not validated
* again: what carries the right digest was written by us.
*/
async function readOwn(digest, bytes) {
	try {
		const ndjson = await inflate(bytes, { maxOutputLength: BATCH_LIMITS.inflated });
		if (createHash("sha256").update(ndjson).digest("hex") !== digest) return void 0;
		const [header, ...rest] = ndjson.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
		const footer = rest.pop();
		const requests = rest.filter(({ kind }) => kind === "req");
		return {
			sealed: sealed({
				digest,
				header
			}, requests.length, bytes),
			header,
			footer,
			requests,
			inventories: rest.filter(({ kind }) => kind === "inv")
		};
	} catch {
		return;
	}
}
// src/audit/spool.ts
const NAME = /^(\d{6,10})-([0-9a-f]{64})\.ndjson\.gz$/;
/** The name of a batch's file. */
function spoolName({ no, digest }) {
	return `${String(no).padStart(6, "0")}-${digest}.ndjson.gz`;
}
/** What a file name says, or undefined when it is not the name of a batch. */
function parseSpoolName(name) {
	const [, no, digest] = NAME.exec(name) ?? [];
	return no === void 0 || digest === void 0 ? void 0 : {
		no: Number(no),
		digest
	};
}
/**
* A directory of batches that wait for their store. A file is there whole or not at all, and is never changed.
* All methods reject with the error of the system.
*/
var Spool = class {
	dir;
	constructor(dir) {
		this.dir = dir;
	}
	/** What lies there, by number and digest; nothing when there is no directory. Other files are passed over. */
	async list() {
		const names = await readdir(this.dir).catch(noneWhenMissing);
		const files = [];
		for (const name of names) {
			const parsed = parseSpoolName(name);
			const found = parsed && await stat(join(this.dir, name)).catch(() => void 0);
			if (parsed !== void 0 && found?.isFile()) files.push({
				...parsed,
				bytes: found.size
			});
		}
		return files.sort((a, b) => a.no - b.no || (a.digest < b.digest ? -1 : 1));
	}
	/** Durable when it resolves; a file that cannot be written whole leaves nothing behind. */
	async put(batch) {
		await mkdir(this.dir, {
			recursive: true,
			mode: 448
		});
		const path = join(this.dir, spoolName(batch));
		const temp = `${path}.${process.pid}.tmp`;
		try {
			const handle = await open(temp, "w", 384);
			try {
				await handle.writeFile(batch.gzip);
				await handle.datasync();
			} finally {
				await handle.close();
			}
			await rename(temp, path);
		} catch (error) {
			await rm(temp, { force: true }).catch(() => void 0);
			throw error;
		}
		await syncDirectory(this.dir);
	}
	/** The gzip of a batch, or undefined when its file is not there. */
	async read(file) {
		return await readFile(join(this.dir, spoolName(file))).catch((error) => {
			if (error.code === "ENOENT") return void 0;
			throw error;
		});
	}
	async remove(file) {
		await rm(join(this.dir, spoolName(file)), { force: true });
	}
	/** Removes what writers that were killed left half done. Nobody else may be writing. */
	async clean() {
		for (const name of await readdir(this.dir).catch(noneWhenMissing)) if (/^\d{6,10}-[0-9a-f]{64}\.ndjson\.gz\.\d+\.tmp$/.test(name)) await rm(join(this.dir, name), { force: true });
	}
};
function noneWhenMissing(error) {
	if (error.code === "ENOENT") return [];
	throw error;
}
/** A new name is durable with its directory; Windows opens none, and keeps names by itself. */
async function syncDirectory(dir) {
	const handle = await open(dir, "r").catch(() => void 0);
	try {
		await handle?.sync();
	} catch {} finally {
		await handle?.close();
	}
}
// src/audit/recover.ts
/** Names inside a session directory that belong to its audit trail. */
const AUDIT_FILES = {
	journal: "journal",
	spool: "spool",
	quarantine: "quarantine"
};
/** Reads a session directory; changes nothing. Rejects with the error of the system. */
async function recover(sessionDir) {
	const read = await readNotes(join(sessionDir, AUDIT_FILES.journal));
	const spool = new Spool(join(sessionDir, AUDIT_FILES.spool));
	const files = await spool.list();
	const delivered = await markedAsSent(spool.dir);
	const waiting = new Map(files.map((file) => [file.digest, file]));
	const { adopted, foreign, superseded } = await sortStrays(read, spool, files);
	const chain = [...read.noted, ...adopted].map((note) => {
		const sent = read.acked.has(note.digest) || delivered.has(note.digest);
		return {
			...note,
			state: sent ? "sent" : waiting.has(note.digest) ? "spooled" : "gone"
		};
	});
	const lastSeq = chain.at(-1)?.lastSeq ?? 0;
	return {
		header: read.header,
		chain,
		adopted: adopted.length,
		unsealed: read.unsealed.filter((seq) => seq > lastSeq).length,
		refused: [...read.acked.values()].reduce((sum, refused) => sum + refused, 0),
		produced: Math.max(read.produced, lastSeq),
		damaged: read.damaged,
		offsetMs: read.offsetMs,
		end: read.end,
		superseded,
		foreign
	};
}
async function readNotes(path) {
	const notes = {
		header: void 0,
		noted: [],
		acked: /* @__PURE__ */ new Map(),
		unsealed: [],
		produced: 0,
		damaged: 0,
		offsetMs: void 0,
		end: void 0
	};
	try {
		for await (const part of journalParts(path)) {
			notes.damaged += part.damaged + (part.torn > 0 ? 1 : 0);
			for (const { record } of part.entries) note(notes, record);
		}
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
	return notes;
}
function note(notes, record) {
	notes.produced = Math.max(notes.produced, seqOf(record));
	switch (record.kind) {
		case "req":
			notes.unsealed.push(record.seq);
			return;
		case "hdr":
			notes.header = record;
			notes.end = void 0;
			return;
		case "ftr":
			notes.end = {
				reason: record.reason,
				counts: addUp(notes.end?.counts, record.counts)
			};
			return;
		case "batch":
			notes.noted = notes.noted.filter(({ no }) => no < record.no);
			notes.unsealed = notes.unsealed.filter((seq) => seq > record.last_seq);
			notes.noted.push({
				no: record.no,
				digest: record.digest,
				prev: record.prev,
				phase: record.phase,
				firstSeq: record.first_seq,
				lastSeq: record.last_seq,
				records: record.records
			});
			return;
		case "ack":
			notes.acked.set(record.digest, record.refused ?? 0);
			notes.offsetMs = record.offset_ms ?? notes.offsetMs;
	}
}
function addUp(before = {}, more) {
	const sum = { ...before };
	for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
	return sum;
}
/**
* Tells apart the files that the journal does not count: the next of the chain, which a killed writer did not come to
* note; what it wrote for batches that another took the place of, of which the journal has every record; and what is
* none of this session.
*/
async function sortStrays({ header, noted }, spool, files) {
	const known = new Set(noted.map(({ digest }) => digest));
	const named = new Set(noted.map(({ prev }) => prev));
	const adopted = [];
	const foreign = [];
	const superseded = [];
	let last = noted.at(-1);
	for (const file of files) {
		if (known.has(file.digest)) continue;
		const bytes = await spool.read(file);
		const found = bytes && await readOwn(file.digest, bytes);
		if (found === void 0 || found.header.inst !== header?.inst || named.has(file.digest)) foreign.push(file);
		else if (found.header.batch === (last?.no ?? 0) + 1 && found.header.prev === (last?.digest ?? null)) {
			const { header: of, footer } = found;
			last = {
				no: of.batch,
				digest: file.digest,
				prev: of.prev,
				phase: of.phase,
				firstSeq: footer.first_seq,
				lastSeq: footer.last_seq,
				records: found.requests.length
			};
			adopted.push(last);
		} else superseded.push(file);
	}
	return {
		adopted,
		foreign,
		superseded
	};
}
const SENT = /^\d{6,10}-([0-9a-f]{64})\.sent$/;
/** The name of the mark that somebody leaves who delivered a batch of a session that is not his. */
function sentMark({ no, digest }) {
	return `${String(no).padStart(6, "0")}-${digest}.sent`;
}
async function markedAsSent(dir) {
	const names = await readdir(dir).catch(() => []);
	return new Set(names.flatMap((name) => SENT.exec(name)?.[1] ?? []));
}
// src/audit/retry.ts
/** Longest pause before the next attempt, ms, unless the store asks for more. */
const MAX_PAUSE_MS = 2e4;
/** The pause before the second attempt is at most this, ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 500;
/** A store may not send us away for longer than this, ms. */
const MAX_RETRY_AFTER_MS = 6e5;
/**
* How long to wait before another attempt, ms: anything up to a growing limit (full jitter, so that jobs that failed
* together do not come back together), and at least what the store asked for.
* @param failures how often it failed so far, from 1
* @param random a number from 0 to 1
*/
function pauseBefore(failures, random, retryAfterMs = 0) {
	const limit = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
	return Math.max(Math.round(random * limit), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
/**
* What a `Retry-After` says, ms: seconds or an HTTP date. Undefined for anything else.
* @param now ms since 1970
*/
function retryAfter(text, now) {
	const trimmed = text?.trim() ?? "";
	if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1e3;
	if (!/^[A-Z][a-z]{2},? /.test(trimmed)) return void 0;
	const at = Date.parse(trimmed);
	return Number.isNaN(at) ? void 0 : Math.max(0, at - now);
}
// src/audit/targets/trust.ts
/** A store shows a certificate of an authority that is not known here. The message follows the name of the store. */
var UntrustedStore = class extends Error {
	name = "UntrustedStore";
};
/** Longest part of a message that another machine decides. */
const MAX_WORDS$1 = 200;
/** The error to tell in place of one that OpenSSL gave; the same one where something else is wrong. */
async function orUntrusted(error, url, trust) {
	const code = unknownIssuer(error);
	if (code === void 0) return error;
	return new UntrustedStore(`shows a certificate that is not trusted: its issuer is ${oneLine(await trust?.issuerAt(url) ?? "not told").slice(0, MAX_WORDS$1)}, which no authority known here vouches for (${code})${(trust?.troubles() ?? []).map((line) => `; ${oneLine(line)}`).join("")}; name the PEM file of that authority for ${url.hostname} under proxy.ca`, { cause: error });
}
// src/audit/deliver.ts
/** Longest that one attempt may take, ms. */
const ATTEMPT_MS = 15e3;
const WORLD = {
	now: Date.now,
	random: Math.random,
	sleep: (ms, signal) => setTimeout$1(ms, void 0, { signal }).catch(() => void 0)
};
/**
* Sends what waits, oldest first and one at a time, until nothing waits, the budget is used up, or the store says what
* no further attempt changes. A batch that alone is refused is kept, and the next is tried. Rejects only with what the
* source rejects with.
*/
async function deliver(target, source, options = {}) {
	const { world = WORLD, signal = new AbortController().signal } = options;
	const { budgetMs = Number.POSITIVE_INFINITY, patienceMs = Number.POSITIVE_INFINITY } = options;
	const last = world.now() + budgetMs;
	let end = Math.min(last, world.now() + patienceMs);
	const sum = {
		sent: 0,
		records: 0,
		duplicates: 0,
		refusedLines: 0
	};
	let error;
	let failures = 0;
	while (!signal.aborted) {
		const batch = await source.next();
		if (batch === void 0) {
			error = void 0;
			break;
		}
		try {
			const before = world.now();
			const ack = await attempt(target, batch, Math.min(ATTEMPT_MS, Math.max(1, last - before)), signal);
			const ours = (before + world.now()) / 2;
			const theirs = Date.parse(ack.time);
			const hasClock = target.ownClock === true && !Number.isNaN(theirs);
			await source.acked(batch, ack, hasClock ? Math.round(theirs - ours) : void 0);
			sum.sent += 1;
			sum.records += batch.records;
			sum.duplicates += ack.dup ? 1 : 0;
			sum.refusedLines += ack.refused.length;
			failures = 0;
			end = Math.min(last, world.now() + patienceMs);
			error = void 0;
			options.onAck?.(batch, ack);
		} catch (thrown) {
			if (!(thrown instanceof DeliveryError)) throw thrown;
			error = thrown;
			if (thrown.code === "refused") await source.keep(batch, thrown.message);
			else if (thrown.code === "too-large") {
				if (!await source.split(batch)) await source.keep(batch, thrown.message);
			} else if (thrown.code !== "retry") break;
			else {
				failures += 1;
				const pause = pauseBefore(failures, world.random(), thrown.retryAfterMs);
				if (world.now() + pause >= end) break;
				options.onRetry?.(thrown, pause);
				await world.sleep(pause, signal);
			}
		}
	}
	const kept = source.kept();
	return {
		...sum,
		kept,
		left: source.waiting(),
		...error === void 0 ? {} : { error }
	};
}
async function attempt(target, batch, ms, signal) {
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(), ms);
	try {
		const ack = await target.put(batch, AbortSignal.any([signal, limit.signal]));
		if (ack.digest === batch.digest) return ack;
		throw new DeliveryError("retry", `${target.name} acknowledged another batch (${ack.digest.slice(0, 12)}) than it was sent (${batch.digest.slice(0, 12)}); see what answers there`);
	} catch (error) {
		if (error instanceof DeliveryError) throw error;
		if (error instanceof UntrustedStore) throw new DeliveryError("target", `${target.name} ${error.message}`, { cause: error });
		const why = limit.signal.aborted ? `did not answer within ${Math.round(ms / 1e3)} s` : `could not be reached: ${error instanceof Error ? error.message : String(error)}`;
		throw new DeliveryError("retry", `${target.name} ${why}`, { cause: error });
	} finally {
		clearTimeout(timer);
	}
}
// src/audit/targets/artifact.ts
/**
* A directory whose files the forge keeps with the job; `modgate audit upload` takes them from there.
* @param now ms since 1970
*/
function artifactTarget(dir, now) {
	const name = `the directory for artifacts ${dir}`;
	const files = new Spool(dir);
	return {
		name,
		put: async (batch) => {
			try {
				const dup = (await files.list()).some(({ digest }) => digest === batch.digest);
				if (!dup) await files.put(batch);
				return {
					digest: batch.digest,
					dup,
					refused: [],
					time: new Date(now()).toISOString()
				};
			} catch (error) {
				const why = error instanceof Error ? error.message : String(error);
				throw new DeliveryError("retry", `${name} cannot be written: ${why}; free space, or see to its rights`, { cause: error });
			}
		}
	};
}
// src/audit/targets/http.ts
/** Longest answer that is read, bytes: an acknowledgement that refuses a thousand lines has 400 kB. */
const MAX_ANSWER = 1048576;
/**
* Sends through the job's proxies and with the system's certificates. A store on this machine is spoken to by Node's
* own client, which is there at once where the other takes 75 ms to load.
*/
function createSend(env, version, options = {}) {
	const { maxAnswer = MAX_ANSWER, trust } = options;
	const far = createHttp(env, version, trust?.authorities);
	const agent = new Agent({
		keepAlive: true,
		maxSockets: 4
	});
	return async (wanted) => {
		if (isPlainLoopback(wanted.url)) return await sendNear(agent, version, wanted, maxAnswer);
		const { status, header, body } = await far(wanted).catch(async (error) => {
			throw await orUntrusted(error, wanted.url, trust);
		});
		return {
			status,
			header,
			body: await readAll(body, maxAnswer)
		};
	};
}
async function sendNear(agent, version, wanted, maxAnswer) {
	const { url, method, headers, signal, body } = wanted;
	const length = body === void 0 ? {} : { "content-length": String(body.length) };
	const { promise, resolve, reject } = Promise.withResolvers();
	const asked = request(url, {
		agent,
		method,
		signal,
		headers: {
			"user-agent": `modgate/${version}`,
			...length,
			...headers
		}
	}, (answer) => {
		const header = (name) => {
			const value = answer.headers[name];
			return Array.isArray(value) ? value[0] : value;
		};
		readAll(answer, maxAnswer).then((bytes) => resolve({
			status: answer.statusCode ?? 0,
			header,
			body: bytes
		}), reject);
	});
	asked.on("error", reject);
	asked.end(body);
	return await promise;
}
async function readAll(stream, max) {
	const chunks = [];
	let length = 0;
	for await (const chunk of stream) {
		length += chunk.length;
		if (length > max) throw new Error(`its answer is longer than ${max} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
/** Statuses that pass by themselves. */
const PASSING = /* @__PURE__ */ new Set([
	408,
	425,
	429
]);
/** Statuses that are about the batch and not about the store. */
const ABOUT_BATCH = /* @__PURE__ */ new Set([
	400,
	409,
	422
]);
/** What a status that is no success means for the delivery. */
function codeOfStatus(status) {
	if (PASSING.has(status) || status >= 500) return "retry";
	if (status === 401 || status === 403) return "unauthorized";
	if (status === 413) return "too-large";
	return ABOUT_BATCH.has(status) ? "refused" : "target";
}
const NEXT = {
	retry: "it is tried again",
	unauthorized: "see to the token and its rights",
	"too-large": "let the server take larger bodies",
	refused: "the batch stays as a file; see the reason, then send it with modgate audit upload",
	target: "see audit.store: it has to name the store itself, after all redirects"
};
/**
* The error for an answer that is no success: which store, what it answered, what to do.
* @param now ms since 1970
*/
function errorOf(name, { status, header, body }, now) {
	const wait = retryAfter(header("retry-after"), now);
	const code = status === 401 && wait !== void 0 ? "retry" : codeOfStatus(status);
	const location = status >= 300 && status < 400 ? header("location") : void 0;
	const said = location === void 0 ? wordsOf(body) : `it is at ${oneLine(location).slice(0, MAX_WORDS)}`;
	return new DeliveryError(code, `${name} answered ${status}${said === "" ? "" : `: ${said}`}; ${NEXT[code]}`, wait === void 0 ? {} : { retryAfterMs: wait });
}
const MAX_WORDS = 300;
/** The message of a JSON error, or the first line of a text; a page says nothing. */
function wordsOf(body) {
	const text = body.toString("utf8", 0, 16384).trim();
	let words = text.startsWith("<") ? "" : text.split("\n", 1)[0] ?? "";
	try {
		const { error, message } = JSON.parse(text);
		const found = error?.message ?? message ?? error;
		if (typeof found === "string") words = found;
	} catch {}
	return oneLine(words).slice(0, MAX_WORDS);
}
// src/audit/targets/collector.ts
/** Where a collector takes batches, below its URL. */
const PATH = "/v1/batches";
/** Longest checkpoint that is kept, characters. */
const MAX_NOTE = 4096;
/** A `modgate serve` that takes batches by HTTP. */
function collectorTarget({ url, send, token, idToken, now }) {
	const name = `the audit store ${url}`;
	const place = new URL(`${url}${PATH}`);
	const post = async (batch, signal) => {
		const secret = token() ?? await idToken?.(batch.digest, signal);
		return await send({
			method: "POST",
			url: place,
			headers: {
				"content-type": "application/x-ndjson",
				"content-encoding": "gzip",
				"modgate-batch": batch.digest,
				...secret === void 0 ? {} : { authorization: `Bearer ${secret}` }
			},
			body: batch.gzip,
			signal
		});
	};
	return {
		name,
		ownClock: true,
		put: async (batch, signal) => {
			let answer = await post(batch, signal);
			if (answer.status === 401) answer = await post(batch, signal);
			if (answer.status !== 200 && answer.status !== 201) throw errorOf(name, answer, now());
			const ack = parseAck(answer.body);
			if (ack !== void 0) return ack;
			throw new DeliveryError("target", `${name} answered ${answer.status} and no acknowledgement: no collector of modgate is there; see audit.store`);
		}
	};
}
function parseAck(body) {
	try {
		const { digest, dup, refused, time, checkpoint } = JSON.parse(body.toString());
		if (typeof digest !== "string" || typeof time !== "string" || !Array.isArray(refused)) return void 0;
		return {
			digest,
			dup: dup === true,
			refused: refused.filter(isRefusedLine),
			time,
			...typeof checkpoint === "string" && checkpoint.length <= MAX_NOTE ? { checkpoint } : {}
		};
	} catch {
		return;
	}
}
function isRefusedLine(value) {
	const { line, why } = value ?? {};
	return Number.isSafeInteger(line) && typeof why === "string";
}
// src/audit/targets/directory.ts
/**
* A directory that gets the raw objects themselves, as a collector would lay them down; the receipt says that nobody
* vouched for the writer.
* @param now ms since 1970
*/
function directoryTarget(dir, now) {
	const raw = openRawDirectory(dir);
	const name = `the audit store ${dir}`;
	return {
		name,
		put: async ({ digest, key, gzip }) => {
			const time = new Date(now()).toISOString();
			const receipt = {
				kind: "rcpt",
				v: 1,
				received: time,
				writer: "import",
				assurance: "relayed"
			};
			try {
				return {
					digest,
					dup: await raw.put(key, packRaw(receipt, gzip)) === "exists",
					refused: [],
					time
				};
			} catch (error) {
				if (!(error instanceof RawError)) throw error;
				const code = error.code === "full" || error.code === "io" ? "retry" : "refused";
				throw new DeliveryError(code, `${name}: ${error.message}`, { cause: error });
			}
		}
	};
}
// src/audit/targets/gitlab-package.ts
/** The generic package that holds the batches, a version a day. */
const PACKAGE = "modgate-audit";
/** The package registry of a GitLab project: `modgate-audit/<date>/<instance>-<number>-<digest>.ndjson.gz`. */
function gitlabPackageTarget(options) {
	const { api, project, send, credential, now } = options;
	const name = `the package registry of ${project} at ${new URL(api).host}`;
	const ask = async (method, batch, signal) => await send({
		method,
		url: placeOf(api, project, batch),
		headers: credential(),
		signal,
		...method === "PUT" ? { body: batch.gzip } : {}
	});
	return {
		name,
		put: async (batch, signal) => {
			const ack = (dup) => ({
				digest: batch.digest,
				dup,
				refused: [],
				time: new Date(now()).toISOString()
			});
			let answer = await ask("PUT", batch, signal);
			if (answer.status === 401) answer = await ask("PUT", batch, signal);
			if (answer.status === 201 || answer.status === 200) return ack(false);
			if (answer.status === 400 || answer.status === 403 || answer.status === 409) {
				const there = await ask("GET", batch, signal);
				if (there.status === 200 && there.body.equals(batch.gzip)) return ack(true);
			}
			const error = errorOf(name, answer, now());
			if (answer.status !== 404) throw error;
			throw new DeliveryError("unauthorized", `${error.message}; a job token reaches its own project, and others that name it in their job token allowlist`);
		}
	};
}
/** `key` ends with `dt=DATE/ISSUER/JOB/FILE`. */
function placeOf(api, project, { key }) {
	const date = /\/dt=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1] ?? "0";
	const file = key.slice(key.lastIndexOf("/") + 1);
	return new URL(`${api}/projects/${encodeURIComponent(project)}/packages/generic/${PACKAGE}/${date}/${file}`);
}
// src/audit/targets/id-token.ts
const MAX_TOKEN = 16384;
/**
* Tokens with which a job proves what it is. On GitHub one is asked for with each batch, for this collector and this
* batch alone; that takes `id-token: write`. On GitLab `MODGATE_ID_TOKEN` of the job's `id_tokens` is all there is.
* @param host of the collector, without a port
* Rejects with DeliveryError `retry`, which never has a token in its message.
*/
function idTokens(env, host, send) {
	const { ACTIONS_ID_TOKEN_REQUEST_URL: at, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
	if (!at || !secret || !URL.canParse(at)) return async () => env.MODGATE_ID_TOKEN || void 0;
	return async (digest, signal) => {
		const url = new URL(at);
		if (url.protocol !== "https:" && !isPlainLoopback(url)) return void 0;
		url.searchParams.set("audience", `modgate:v1:${host}:${digest}`);
		try {
			const { status, body } = await send({
				method: "GET",
				url,
				headers: {
					authorization: `Bearer ${secret}`,
					accept: "application/json"
				},
				signal
			});
			const { value } = status === 200 ? JSON.parse(body.toString()) : {};
			if (typeof value === "string" && value.length <= MAX_TOKEN && /^[\w.-]+$/.test(value)) return value;
			throw new Error(`it answered ${status} without a token`);
		} catch (error) {
			const why = error instanceof SyntaxError ? "its answer is no JSON" : error.message;
			throw new DeliveryError("retry", `GitHub gave the job no token for the batch: ${why}; it is tried again`);
		}
	};
}
// src/audit/targets/open.ts
/** Where batches lie below the reports directory. */
const ARTIFACT_DIR = "audit";
/** The place that an `audit.store` names. Throws DeliveryError `target` when it cannot be one; asks nobody. */
function openTarget(text, context) {
	const { env, cwd, version, token, reportsDir, trust, now = Date.now } = context;
	const store = parseAuditStore(text);
	if (typeof store === "string") throw unusable(text, store);
	switch (store.kind) {
		case "collector": {
			if (token() !== void 0 && isReadableOnTheWay(store.url)) throw unusable(text, "is plain http, where everybody on the way could read the token; write https://");
			const { hostname } = new URL(store.url);
			return collectorTarget({
				url: store.url,
				send: createSend(env, version, { trust }),
				token,
				idToken: isReadableOnTheWay(store.url) ? void 0 : idTokens(env, hostname, createSend(env, version)),
				now
			});
		}
		case "directory": {
			const path = /^file:/i.test(store.path) ? pathOf(text, store.path) : store.path;
			return directoryTarget(resolve(cwd, path), now);
		}
		case "artifact":
			if (reportsDir !== void 0) return artifactTarget(join(reportsDir, ARTIFACT_DIR), now);
			throw unusable(text, "needs a directory for reports, and nobody named one here; name a directory instead");
		case "gitlab-package": {
			const api = env.CI_API_V4_URL?.replace(/\/+$/, "");
			const project = store.project ?? env.CI_PROJECT_ID;
			if (api === void 0 || !URL.canParse(api) || project === void 0 || project === "") throw unusable(text, "is for jobs of GitLab: CI_API_V4_URL and CI_PROJECT_ID are not set here");
			const send = createSend(env, version, {
				maxAnswer: 16777216,
				trust
			});
			const credential = () => credentialOf(token(), context.jobToken?.());
			return gitlabPackageTarget({
				api,
				project,
				send,
				credential,
				now
			});
		}
	}
}
function credentialOf(token, jobToken) {
	if (token !== void 0) return { "private-token": token };
	return jobToken === void 0 ? {} : { "job-token": jobToken };
}
function pathOf(text, url) {
	try {
		return fileURLToPath(url);
	} catch {
		throw unusable(text, "does not name a directory of this machine; write file:///directory");
	}
}
function unusable(text, why) {
	return new DeliveryError("target", `audit.store ${oneLine(redactUrl(text)).slice(0, 300)} ${why}`);
}
// src/audit/batch-input.ts
/**
* The batch that tells a piece and follows `before`. It answers for all numbers since that one, so that those without a
* request are counted as dropped.
*/
function inputOf(piece, before, { header, now, offsetMs, lossReason }) {
	const { lastSeq, phase, dropReason, ...content } = piece;
	const firstSeq = (before?.lastSeq ?? 0) + 1;
	const dropped = lastSeq - firstSeq + 1 - piece.requests.length;
	const wall = new Date(now).toISOString();
	const { job_uid, inst, forge, iss, tool, policy, claimed } = header;
	return {
		...content,
		header: {
			job_uid,
			inst,
			batch: (before?.no ?? 0) + 1,
			prev: before?.digest ?? null,
			phase,
			forge,
			iss,
			tool: { ...tool },
			policy: { ...policy },
			clock: {
				wall,
				mono_ns: process.hrtime.bigint().toString(),
				...offsetMs === void 0 ? {} : { server_offset_ms: offsetMs }
			},
			claimed: { ...claimed }
		},
		time: wall,
		firstSeq,
		lastSeq,
		dropped,
		...dropped === 0 ? {} : { dropReason: dropReason ?? lossReason ?? "not in the journal" }
	};
}
// src/audit/own-link.ts
/** @param refused lines that the store took for no records */
function tallyOf(links, refused) {
	const of = (...states) => links.filter(({ state }) => states.includes(state));
	const records = of("sent", "spooled", "volatile").reduce((sum, link) => sum + link.records, 0);
	return {
		batches: links.length,
		records,
		sent: of("sent").length,
		left: of("spooled", "volatile").length,
		onDisk: of("spooled").length,
		refused,
		lost: (links.at(-1)?.lastSeq ?? 0) - records
	};
}
// src/audit/pieces.ts
/** Inventories of one batch, bytes of JSON: it has to pass web servers that take 1 MiB. */
const CHUNK_BYTES = 524288;
/** Parts of an inventory in the groups in which they go out; no group is empty. */
function chunksOf(inventories) {
	const chunks = [];
	let room = 0;
	for (const inventory of inventories) {
		const bytes = JSON.stringify(inventory).length;
		const last = chunks.at(-1);
		if (last === void 0 || bytes > room) {
			chunks.push([inventory]);
			room = CHUNK_BYTES - bytes;
		} else {
			last.push(inventory);
			room -= bytes;
		}
	}
	return chunks;
}
/** What a sealed batch tells, to be sealed anew in another place of the chain. */
function contentOf({ header, footer, requests, inventories }) {
	const { findings, reason, drop_reason: dropReason } = footer;
	const derived = countsOf(requests);
	const counts = Object.entries(footer.counts).filter(([name]) => name !== "findings" && !Object.hasOwn(derived, name));
	return {
		phase: header.phase,
		requests,
		inventories,
		...findings.length === 0 ? {} : { findings },
		...reason === void 0 ? {} : { reason },
		...counts.length === 0 ? {} : { counts: Object.fromEntries(counts) },
		firstSeq: footer.first_seq,
		lastSeq: footer.last_seq,
		...dropReason === void 0 ? {} : { dropReason }
	};
}
/** Two pieces that tell the same as one, in its order; undefined for what cannot be halved. */
function halves(piece) {
	const { firstSeq, phase, requests, inventories, dropReason, ...rest } = piece;
	if (requests.length + inventories.length < 2) return void 0;
	const half = Math.ceil(requests.length / 2);
	const cut = requests.length > 1 || inventories.length === 0 ? half : requests.length;
	const parted = requests.length === 0 ? Math.ceil(inventories.length / 2) : 0;
	const why = dropReason === void 0 ? {} : { dropReason };
	return [{
		phase: phase === "open" ? phase : "data",
		requests: requests.slice(0, cut),
		inventories: inventories.slice(0, parted),
		lastSeq: requests[cut - 1]?.seq ?? firstSeq - 1,
		...why
	}, {
		...rest,
		phase: phase === "open" ? "data" : phase,
		requests: requests.slice(cut),
		inventories: inventories.slice(parted),
		...why
	}];
}
const BATCH_BYTES = 262144;
/**
* The next records for a batch. Rejects with the error of the system.
* @param from offset that everything before is in batches of
* @param to offset behind the last durable record
* @param after number of the last request that is in a batch
*/
async function takeRequests(path, from, to, after) {
	const requests = [];
	let bytes = 0;
	let end = from;
	for await (const part of journalParts(path, from, to)) for (const { record, end: behind } of part.entries) {
		if (record.kind === "req" && record.seq > (requests.at(-1)?.seq ?? after)) {
			requests.push(record);
			bytes += behind - end;
		}
		end = behind;
		if (requests.length === 500 || bytes >= 262144) return {
			requests,
			full: true,
			end
		};
	}
	return {
		requests,
		full: false,
		end
	};
}
// src/audit/outbox.ts
/** Batches that wait for a store that is away may take this much of the disk; more stays in the journal. */
const MAX_SPOOL = 268435456;
/** Batches that no disk took are kept in memory up to this, at the end of a session. */
const MAX_VOLATILE = 16777216;
/**
* The batches of one session: sealed from its journal, spooled, noted in the journal, and only then sent. The journal
* is the buffer before that, so that nothing waits in memory; what is sealed is numbered without gaps, each batch
* naming the digest of the one before. All of it is found again by reading journal and spool.
*/
var Outbox = class Outbox {
	#sessionDir;
	#journal;
	#header;
	#spool;
	#now;
	#maxSpoolBytes;
	#links = [];
	/** gzip of batches that could not be spooled, by digest. */
	#volatile = /* @__PURE__ */ new Map();
	/** Everything in the journal before this offset is in a batch. */
	#offset = 0;
	#offsetMs;
	#end;
	#refused = 0;
	#busy = Promise.resolve();
	constructor(options, header) {
		this.#sessionDir = options.sessionDir;
		this.#journal = options.journal;
		this.#header = header;
		this.#spool = options.spool ?? new Spool(join(options.sessionDir, AUDIT_FILES.spool));
		this.#now = options.now ?? Date.now;
		this.#maxSpoolBytes = options.maxSpoolBytes ?? MAX_SPOOL;
	}
	/**
	* Takes up where the session stands, after a kill at any point too. Rejects with the error of the system, and when
	* the journal has no header.
	*/
	static async open(options) {
		await options.journal.flush();
		const found = await recover(options.sessionDir);
		const header = options.journal.header ?? found.header;
		if (header === void 0) throw new Error(`the journal ${options.journal.path} has no header, so that nobody can say which job its records are of`);
		const outbox = new Outbox(options, header);
		outbox.#offsetMs = found.offsetMs;
		outbox.#end = found.end;
		outbox.#refused = found.refused;
		await outbox.#spool.clean().catch(() => void 0);
		const sizes = new Map((await outbox.#spool.list()).map(({ digest, bytes }) => [digest, bytes]));
		const known = found.chain.length - found.adopted;
		for (const [n, link] of found.chain.entries()) outbox.#links.push({
			...link,
			bytes: sizes.get(link.digest) ?? 0,
			noted: n < known
		});
		await outbox.#noteAll();
		for (const file of found.superseded) await outbox.#spool.remove(file).catch(() => void 0);
		return outbox;
	}
	/** Opens the journal of a session whose daemon is gone, and its outbox; `close` closes both. */
	static async reopen(options) {
		const path = join(options.sessionDir, AUDIT_FILES.journal);
		const journal = await JournalWriter.open(path, { onTrouble: () => void 0 });
		try {
			return await Outbox.open({
				...options,
				journal
			});
		} catch (error) {
			await journal.close();
			throw error;
		}
	}
	async close() {
		await this.#busy.catch(() => void 0);
		await this.#journal.close();
	}
	/** All batches so far. */
	get links() {
		return this.#links;
	}
	get isClosed() {
		return this.#links.at(-1)?.phase === "close";
	}
	/** Why the daemon ended and what it counted, as the journal had it when this was opened; undefined: it was killed. */
	get end() {
		return this.#end;
	}
	/** How the session stands, for its user. */
	get tally() {
		return tallyOf(this.#links, this.#refused);
	}
	/** Highest number of an answer that a batch tells of. */
	get lastSeq() {
		return this.#links.at(-1)?.lastSeq ?? 0;
	}
	/** Seals the opening batch, unless there is one. Rejects with the error of the system. */
	sealOpen(inventories = []) {
		return this.#inTurn(() => this.#sealOpen(inventories, false));
	}
	/**
	* Seals what the journal holds beyond the last batch, as far as the spool has room: whole batches, and with `all`
	* the rest too. Rejects with the error of the system; what could not be sealed is tried again by the next call.
	*/
	sealData(all) {
		return this.#inTurn(() => this.#sealData(all, false));
	}
	/**
	* Seals everything, and the closing batch last; does nothing when there is one. What the spool has no room for is
	* counted as dropped. Batches that the disk does not take are held in memory, to be delivered by this process.
	*/
	async sealClose(closing) {
		await this.#journal.flush();
		await this.#inTurn(async () => {
			if (this.isClosed) return;
			await this.#sealOpen([], true);
			await this.#sealData(true, true).catch(() => void 0);
			const { inventories: all, ...end } = closing;
			const groups = chunksOf(all);
			const inventories = groups.pop() ?? [];
			for (const group of groups) await this.#seal({
				phase: "data",
				requests: [],
				inventories: group,
				lastSeq: this.lastSeq
			}, true);
			const lastSeq = Math.max(this.lastSeq, this.#journal.lastSeq);
			await this.#seal({
				...end,
				phase: "close",
				requests: [],
				inventories,
				lastSeq
			}, true);
		});
	}
	async #sealOpen(inventories, mayBeVolatile) {
		if (this.#links.length > 0) return;
		await this.#seal({
			phase: "open",
			requests: [],
			inventories,
			lastSeq: 0
		}, mayBeVolatile);
	}
	async #sealData(all, mayBeVolatile) {
		while (!this.isClosed && this.#spooledBytes() < this.#maxSpoolBytes) {
			const { path, length } = this.#journal;
			const { requests, full, end } = await takeRequests(path, this.#offset, length, this.lastSeq);
			const lastSeq = requests.at(-1)?.seq;
			if (lastSeq === void 0 || !(full || all)) return;
			await this.#seal({
				phase: "data",
				requests,
				inventories: [],
				lastSeq
			}, mayBeVolatile);
			this.#offset = end;
		}
	}
	async next() {
		for (const link of this.#links) {
			if (link.kept !== void 0 || link.state === "sent" || link.state === "gone") continue;
			const bytes = this.#volatile.get(link.digest) ?? await this.#spool.read(link);
			if (bytes === void 0) {
				link.state = (await recover(this.#sessionDir)).chain.find(({ digest, state }) => digest === link.digest && state === "sent") ? "sent" : "gone";
				continue;
			}
			const own = await readOwn(link.digest, bytes);
			if (own !== void 0) return own.sealed;
			link.kept = "its file is damaged";
		}
	}
	async acked({ digest }, ack, offsetMs) {
		await this.#inTurn(async () => {
			const link = this.#links.find((one) => one.digest === digest);
			if (link === void 0) return;
			if (offsetMs !== void 0) this.#offsetMs = offsetMs;
			if (ack.refused.length > 0) await this.#quarantine(link, ack);
			this.#refused += ack.refused.length;
			link.state = "sent";
			this.#volatile.delete(digest);
			await this.#noteAll();
			if (!link.noted || !await this.#noteAck(link, ack, offsetMs)) return;
			await this.#spool.remove(link).catch(() => void 0);
		});
	}
	async keep({ digest }, why) {
		const link = this.#links.find((one) => one.digest === digest);
		if (link !== void 0) link.kept = why;
	}
	kept() {
		return this.#links.flatMap(({ no, digest, kept }) => kept === void 0 ? [] : [{
			no,
			digest,
			why: kept
		}]);
	}
	waiting() {
		return this.#links.filter(({ state }) => state === "spooled" || state === "volatile").length;
	}
	/**
	* Takes a batch apart that is too large for the store. It and all batches after it get new numbers and digests, so
	* that the chain stays without gaps; none of them may have been sent yet. The new files are there before the journal
	* names the first of them, which takes back everything from that number on: a kill in between leaves either the
	* old chain, or the new one of which the rest is found by following the digests.
	*/
	split({ digest }) {
		return this.#inTurn(async () => {
			const at = this.#links.findIndex((one) => one.digest === digest);
			const old = this.#links.slice(at);
			if (at < 0 || old.some(({ state }) => state === "sent" || state === "gone")) return false;
			const pieces = [];
			for (const link of old) {
				const bytes = this.#volatile.get(link.digest) ?? await this.#spool.read(link);
				const read = bytes && await readOwn(link.digest, bytes);
				if (read === void 0) return false;
				pieces.push(contentOf(read));
			}
			const [first, ...rest] = pieces;
			const parts = first && halves(first);
			if (parts === void 0) return false;
			await this.#replace(at, [...parts, ...rest]);
			return true;
		});
	}
	async #replace(at, pieces) {
		const old = this.#links.slice(at);
		const isVolatile = old.some(({ state }) => state === "volatile");
		const made = [];
		let before = this.#links[at - 1];
		const undo = async () => {
			for (const link of made) await this.#forget(link);
		};
		try {
			for (const piece of pieces) {
				before = await this.#write(piece, before, isVolatile);
				made.push(before);
			}
			const [first] = made;
			if (first?.state === "spooled") {
				first.noted = await this.#note(first);
				if (!first.noted) throw this.#journalTrouble();
			}
		} catch (error) {
			await undo();
			throw error;
		}
		this.#links.splice(at, old.length, ...made);
		await this.#noteAll();
		for (const link of old) await this.#forget(link);
	}
	#spooledBytes() {
		return this.#links.reduce((sum, { state, bytes }) => sum + (state === "spooled" ? bytes : 0), 0);
	}
	async #seal(piece, mayBeVolatile) {
		const link = await this.#write(piece, this.#links.at(-1), mayBeVolatile);
		this.#links.push(link);
		if (await this.#noteAll() || mayBeVolatile) return;
		this.#links.pop();
		await this.#forget(link);
		throw this.#journalTrouble();
	}
	#journalTrouble() {
		return /* @__PURE__ */ new Error(`the journal ${this.#journal.path} cannot be written: ${this.#journal.trouble}`);
	}
	async #forget(link) {
		this.#volatile.delete(link.digest);
		await this.#spool.remove(link).catch(() => void 0);
	}
	/** Seals a batch that follows `before` and puts it into the spool. */
	async #write(piece, before, mayBeVolatile) {
		const { sealed } = await sealAside(inputOf(piece, before, {
			header: this.#header,
			now: this.#now(),
			offsetMs: this.#offsetMs,
			lossReason: this.#journal.trouble
		}));
		const { no, digest, records, gzip } = sealed;
		const { phase, lastSeq } = piece;
		const link = {
			no,
			digest,
			prev: before?.digest ?? null,
			phase,
			firstSeq: (before?.lastSeq ?? 0) + 1,
			lastSeq,
			records,
			bytes: gzip.length,
			noted: false
		};
		if (before?.state !== "volatile") try {
			await this.#spool.put(sealed);
			return {
				...link,
				state: "spooled"
			};
		} catch (error) {
			if (!mayBeVolatile) throw error;
		}
		if (phase !== "close" && this.#volatileBytes() + gzip.length > MAX_VOLATILE) throw new Error("neither the disk nor the memory has room for more batches");
		this.#volatile.set(digest, gzip);
		return {
			...link,
			state: "volatile"
		};
	}
	#volatileBytes() {
		return [...this.#volatile.values()].reduce((sum, { length }) => sum + length, 0);
	}
	/**
	* Writes down what the journal does not name yet, in order: a later note would take back the earlier ones. What
	* is only in memory is named when a store has it. False when the journal could not be written.
	*/
	async #noteAll() {
		for (const link of this.#links) {
			if (link.noted) continue;
			if (link.state === "volatile") return true;
			link.noted = await this.#note(link);
			if (!link.noted) return false;
		}
		return true;
	}
	async #note({ no, digest, prev, phase, firstSeq, lastSeq, records }) {
		const range = {
			first_seq: firstSeq,
			last_seq: lastSeq
		};
		return await this.#journal.commit({
			kind: "batch",
			no,
			digest,
			prev,
			phase,
			...range,
			records
		});
	}
	async #noteAck({ no, digest }, ack, offsetMs) {
		const offset = offsetMs === void 0 ? {} : { offset_ms: offsetMs };
		const refused = ack.refused.length === 0 ? {} : { refused: ack.refused.length };
		return await this.#journal.commit({
			kind: "ack",
			no,
			digest,
			...offset,
			...refused
		});
	}
	async #quarantine(link, { refused }) {
		try {
			const bytes = this.#volatile.get(link.digest) ?? await this.#spool.read(link);
			await quarantine(join(this.#sessionDir, AUDIT_FILES.quarantine), link, refused, bytes);
		} catch (error) {
			const lines = refused.map(({ line, why }) => `${line} (${why})`).join(", ");
			this.#journal.note(`the audit store refused lines of batch ${link.no}, and they could not be written down (${String(error)}): ${lines}`.slice(0, 2e3));
		}
	}
	#inTurn(work) {
		const turn = this.#busy.then(work, work);
		this.#busy = turn.catch(() => void 0);
		return turn;
	}
};
export { ARTIFACT_DIR, AUDIT_FILES, BATCH_BYTES, MAX_RAW, MAX_RECEIPT, Outbox, Spool, UntrustedStore, WORLD, createSend, deliver, digestOfKey, isRawKey, openRawDirectory, openTarget, orUntrusted, packRaw, parseSpoolName, quarantine, rawKey, readOwn, recover, retryAfter, sealed, sentMark };
