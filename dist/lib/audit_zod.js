import { oneLine } from "./platform.js";
import { AUDIT_FILES, MAX_RAW, MAX_RECEIPT, parseSpoolName, quarantine, sealed, sentMark } from "./audit-records.js";
import { BATCH_LIMITS, BatchError, MAX_MEMBERS, MAX_PARTS, MAX_PATH, MAX_TEXT } from "./audit.js";
import { inflateMember, isGzip, parseLine } from "./audit-later.js";
import { _enum, array, boolean, datetime, discriminatedUnion, int, literal, number, object, record, string } from "../vendor/zod.js";
import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { basename, dirname, join } from "node:path";
import { readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
// src/audit/record.ts
/**
* The audit record `modaudit/1`: one batch is NDJSON, a header, then requests and inventories, then a footer.
* This schema is validation, types and the published JSON Schema at once; docs/audit-format.md tells it in words.
* Unknown fields are kept in the raw batch and left out here, so that a newer writer may add some, and a hostile one
* gets no memory with them.
*/
const sha256 = string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits");
const time = datetime({
	precision: 3,
	message: "must be RFC 3339 in UTC with milliseconds"
});
const nanoseconds = string().regex(/^\d{1,20}$/, "must be a decimal number of nanoseconds");
const count = int().min(0).max(Number.MAX_SAFE_INTEGER);
const h1 = string().regex(/^h1:[A-Za-z0-9+/]{43}=$/, "must be h1: and base64 of 32 bytes");
const path = string().min(1).max(MAX_PATH);
const version = string().min(1).max(MAX_PATH);
const FORGES = [
	"github",
	"gitlab",
	"local"
];
const PHASES = [
	"open",
	"data",
	"close"
];
const OPS = [
	"list",
	"latest",
	"info",
	"mod",
	"zip",
	"sumdb",
	"toolchain"
];
const DECISIONS = [
	"allow",
	"deny",
	"warn",
	"would_deny"
];
const SOURCES = [
	"disk",
	"store",
	"upstream",
	"vcs"
];
const SUMDB_STATES = [
	"verified",
	"skipped",
	"absent",
	"mismatch"
];
const header = object({
	kind: literal("hdr"),
	v: literal(1),
	/** Names the job: SHA-256 of what makes it unique at its forge. */
	job_uid: sha256,
	/** The proxy process (or the one that continues its journal); sequence numbers count within it. */
	inst: string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "must be a lower-case UUID"),
	/** 1, 2, ... within `inst`. */
	batch: int().min(1).max(1e9),
	/** SHA-256 of the batch before, null for the first. */
	prev: sha256.nullable(),
	/** `open` before anything is served, `close` after everything. */
	phase: _enum(PHASES),
	forge: _enum(FORGES),
	/** Who issues the forge's identity tokens; names the forge. */
	iss: string().min(1).max(MAX_TEXT),
	tool: object({
		name: string().max(64),
		version: string().max(64)
	}),
	policy: object({ digest: string().max(128) }),
	/** The writer's clocks when the batch was sealed; the offset to the store's clock where an answer told it. */
	clock: object({
		wall: time,
		mono_ns: nanoseconds,
		server_offset_ms: int().optional()
	}),
	/** What the job's environment says: for display, nothing here is proved. */
	claimed: record(string().max(64), string().max(MAX_TEXT))
});
const request = object({
	kind: literal("req"),
	seq: int().min(1).max(Number.MAX_SAFE_INTEGER),
	t: time,
	mono_ns: nanoseconds,
	op: _enum(OPS),
	module: path.optional(),
	version: version.optional(),
	query: string().max(MAX_TEXT).optional(),
	status: int().min(100).max(599),
	decision: _enum(DECISIONS),
	rule: string().max(128).optional(),
	reason: string().max(MAX_TEXT).optional(),
	source: _enum(SOURCES).optional(),
	upstream: string().max(MAX_TEXT).optional(),
	h1: h1.optional(),
	gomod_h1: h1.optional(),
	zip_sha256: sha256.optional(),
	bytes: count,
	ms: number().min(0).max(Number.MAX_SAFE_INTEGER),
	sumdb: _enum(SUMDB_STATES).optional(),
	probe: boolean().optional(),
	retries: count.optional(),
	stale: boolean().optional()
});
/** `module@version h1:...`, as it lies in a module cache. */
const member = string().max(2 * MAX_PATH + 64).regex(/^[^\s@]+@[^\s@]+ h1:[A-Za-z0-9+/]{43}=$/, "must be MODULE@VERSION H1");
/** What the job could build with; several parts make one inventory when it is long. */
const inventory = object({
	kind: literal("inv"),
	t: time,
	/** `start`: what the module cache held before the job; `end`: what this job's builds had. */
	phase: _enum(["start", "end"]),
	/** SHA-256 of all members of all parts, sorted, each with a newline. */
	set: sha256,
	part: int().min(1).max(MAX_PARTS),
	parts: int().min(1).max(MAX_PARTS),
	members: array(member).max(MAX_MEMBERS),
	/** Repositories that go fetched from by itself, without credentials. */
	vcs: array(string().max(MAX_TEXT)).max(1e3),
	/** Versions that lay in the module cache before the job. */
	modcache_preexisting: count,
	/**
	* `module@version` of what vendor directories of the checkout say they hold, which go compiles without any hash.
	* Those that a go.sum lists are members, too, with its hash: the version is in use, whatever its files are worth.
	*/
	vendored: array(string().max(2 * MAX_PATH)).max(5e3).optional()
});
const auditFinding = object({
	rule: string().min(1).max(128),
	level: _enum([
		"note",
		"warning",
		"error"
	]),
	module: path.optional(),
	version: version.optional(),
	message: string().max(MAX_TEXT)
});
const footer = object({
	kind: literal("ftr"),
	t: time,
	/** Range of the requests in this batch; `last_seq` is `first_seq - 1` where there are none. */
	first_seq: int().min(1).max(Number.MAX_SAFE_INTEGER),
	last_seq: count,
	counts: record(string().max(64), count),
	/** Records that were produced and are in no batch, since the batch before. */
	dropped: count,
	drop_reason: string().max(MAX_TEXT).optional(),
	findings: array(auditFinding).max(500),
	/** Why the session ended; in the closing batch only. */
	reason: string().max(MAX_TEXT).optional(),
	/** SHA-256 of all lines before this one, newlines included. */
	body_sha256: sha256
});
/** What stands between header and footer. */
const body = discriminatedUnion("kind", [request, inventory]);
/** What a store knows of a batch beside its bytes: written in front of it once, never changed. */
const receipt = object({
	kind: literal("rcpt"),
	v: literal(1),
	/** When the batch was received. */
	received: time,
	/** Name of the token that wrote it; `anonymous` on loopback without tokens, `import` for files taken in. */
	writer: string().min(1).max(128),
	assurance: _enum([
		"relayed",
		"asserted",
		"consistent",
		"reconciled"
	])
});
// src/audit/decode.ts
const NEWLINE = 10;
const MAX_WHY = 300;
/**
* Reads a batch, gzip or plain NDJSON. What comes back has a right header and footer, the digest that its bytes have,
* and sequence numbers that add up; lines between them that are no record are in `refused`, and nothing of them is
* anywhere else. Holds at most the inflated bytes, once or twice, and the records.
*
* Throws BatchError: `too-large` (splitting helps), `not-gzip`, `not-utf8`, `future-version`, `digest`, `malformed`.
*/
function decodeBatch(bytes, options = {}) {
	const limits = options.limits ?? BATCH_LIMITS;
	const batch = readNdjson(plain(bytes, limits), limits);
	if (options.digest !== void 0 && options.digest !== batch.digest) throw new BatchError("digest", `the batch came as ${oneLine(options.digest).slice(0, 80)}, but its bytes are ${batch.digest}: they were changed on the way, send them again`);
	return batch;
}
/** A batch file of a spool or an artifact (gzip), checked, as what goes out. Throws like `decodeBatch`. */
function openSealed(gzip) {
	if (!isGzip(gzip)) throw new BatchError("not-gzip", "the bytes are no gzip, as sealed batches are");
	const batch = decodeBatch(gzip);
	return sealed(batch, batch.requests.length, gzip);
}
/** Throws BatchError `future-date` for a batch that was sealed more than a day after `now`, ms since 1970. */
function refuseFuture(batch, now) {
	const { wall } = batch.header.clock;
	if (Date.parse(wall) <= now + 864e5) return;
	throw new BatchError("future-date", `the batch was sealed at ${wall}, and here it is ${new Date(now).toISOString()}: set the clock of the machine that wrote it, or of this one`);
}
function plain(bytes, limits) {
	if (!isGzip(bytes)) {
		if (bytes.length > limits.inflated) throw tooLarge(`has ${bytes.length} bytes`, limits.inflated, "bytes");
		return bytes;
	}
	if (bytes.length > limits.compressed) throw tooLarge(`has ${bytes.length} bytes of gzip`, limits.compressed, "bytes");
	const { content, end } = inflateMember(bytes, 0, limits.inflated);
	if (end !== bytes.length) throw malformed(`${bytes.length - end} bytes follow its gzip data: a batch is one gzip member`);
	return content;
}
function readNdjson(bytes, limits) {
	if (!isUtf8(bytes)) throw new BatchError("not-utf8", "the batch is not UTF-8");
	const ends = lineEnds(bytes, limits);
	const first = ends[0];
	if (first === void 0 || ends.length < 2) throw malformed("it has fewer lines than a header and a footer");
	const header = readHeader(bytes.toString("utf8", 0, first));
	const bodyEnd = (ends.at(-2) ?? 0) + 1;
	const footer = readFooter(bytes.toString("utf8", bodyEnd, bytes.length - 1), ends.length);
	const hash = createHash("sha256").update(bytes.subarray(0, bodyEnd));
	if (hash.copy().digest("hex") !== footer.body_sha256) throw new BatchError("digest", "body_sha256 of the footer is not that of the lines before it: the batch was changed after it was sealed");
	const digest = hash.update(bytes.subarray(bodyEnd)).digest("hex");
	const records = readBody(bytes, ends, limits);
	checkSequence(records, footer);
	return {
		digest,
		bytes: bytes.length,
		header,
		...records,
		footer
	};
}
/** Where the newlines are; all lines end with one. */
function lineEnds(bytes, limits) {
	if (bytes.at(-1) !== NEWLINE) throw malformed("its last line does not end: it is half a batch");
	const ends = [];
	for (let start = 0; start < bytes.length;) {
		const end = bytes.indexOf(NEWLINE, start);
		if (end - start > limits.line) throw tooLarge(`has ${end - start} bytes in line ${ends.length + 1}`, limits.line, "bytes a line");
		if (ends.length === limits.lines) throw tooLarge("has more lines", limits.lines, "lines");
		ends.push(end);
		start = end + 1;
	}
	return ends;
}
function readHeader(line) {
	const value = readLine(line, 1, "header");
	if (value.kind === "hdr" && typeof value.v === "number" && value.v > 1) throw new BatchError("future-version", `the batch is modaudit/${value.v}, and this modgate reads up to modaudit/1: update the modgate that takes batches in, then send it again`);
	const { batch, prev, ...rest } = check(header, value, 1, "header");
	if (batch === 1 !== (prev === null)) throw malformed(`line 1, the header: prev is null in batch 1 and in no other, and this is batch ${batch}`);
	return {
		batch,
		prev,
		...rest
	};
}
function readFooter(line, no) {
	const footer$1 = check(footer, readLine(line, no, "footer"), no, "footer");
	if (footer$1.last_seq < footer$1.first_seq - 1) throw malformed(`line ${no}, the footer: last_seq ${footer$1.last_seq} is before first_seq ${footer$1.first_seq}`);
	return footer$1;
}
function readBody(bytes, ends, limits) {
	const requests = [];
	const inventories = [];
	const refused = [];
	let names = 0;
	for (let at = 1; at < ends.length - 1; at++) {
		const record = readRecord(bytes.toString("utf8", (ends[at - 1] ?? 0) + 1, ends[at]));
		if (typeof record === "string") refused.push({
			line: at + 1,
			why: record
		});
		else if (record.kind === "req") requests.push(record);
		else {
			inventories.push(record);
			names += record.members.length + (record.vendored?.length ?? 0);
			if (names > limits.names) throw tooLarge("has more names in its inventories", limits.names, "names");
		}
		if (refused.length > limits.refused) throw malformed(`more than ${limits.refused} of its lines are no records; the first is line ${refused[0]?.line}, which ${refused[0]?.why}`);
	}
	return {
		requests,
		inventories,
		refused
	};
}
/** The record of a line, or why it is none. */
function readRecord(line) {
	try {
		const parsed = body.safeParse(parseLine(line));
		if (!parsed.success) return wordsOf(parsed.error);
		const record = parsed.data;
		if (record.kind === "inv" && record.part > record.parts) return `is part ${record.part} of ${record.parts}`;
		return record;
	} catch (error) {
		if (error instanceof SyntaxError) return error.message;
		throw error;
	}
}
/**
* Numbers rise within the footer's range, and those without a request are accounted for: by a line that is no record, or
* by what the writer says that it dropped.
*/
function checkSequence({ requests, refused }, footer) {
	const { first_seq, last_seq, dropped } = footer;
	let before = first_seq - 1;
	for (const { seq } of requests) {
		if (seq <= before || seq > last_seq) throw malformed(`request ${seq} follows ${before}, in a batch of requests ${first_seq} to ${last_seq}: numbers rise`);
		before = seq;
	}
	const missing = last_seq - first_seq + 1 - requests.length;
	if (missing > refused.length + dropped) throw malformed(`${missing} of its requests ${first_seq} to ${last_seq} are missing, and the footer tells of ${dropped} dropped`);
}
function readLine(line, no, what) {
	try {
		return parseLine(line);
	} catch (error) {
		if (error instanceof SyntaxError) throw malformed(`line ${no}, the ${what}, ${error.message}`);
		throw error;
	}
}
function check(schema, value, no, what) {
	const parsed = schema.safeParse(value);
	if (!parsed.success) throw malformed(`line ${no}, the ${what}, ${wordsOf(parsed.error)}`);
	return parsed.data;
}
function wordsOf(error) {
	const [issue] = error.issues;
	const where = issue === void 0 || issue.path.length === 0 ? "" : `has a wrong ${issue.path.join(".")}: `;
	return oneLine(`${where}${issue?.message ?? "is no record"}`).slice(0, MAX_WHY);
}
function tooLarge(what, limit, unit) {
	return new BatchError("too-large", `the batch ${what}, at most ${limit} ${unit} are taken: split it`);
}
function malformed(why) {
	return new BatchError("malformed", `this is no batch of modaudit/1: ${why}`);
}
// src/audit/raw/object.ts
/** Reads a raw object. Throws BatchError, `malformed` also where the receipt is none. */
function unpackRaw(bytes, limits = BATCH_LIMITS) {
	const { content, end } = inflateMember(bytes, 0, MAX_RECEIPT);
	const receipt = readReceipt(content.toString());
	const gzip = bytes.subarray(end);
	if (!isGzip(gzip)) throw new BatchError("malformed", "no batch follows the receipt of this raw object");
	return {
		receipt,
		batch: decodeBatch(gzip, { limits })
	};
}
function readReceipt(text) {
	try {
		if (!text.endsWith("\n")) throw new SyntaxError("does not end");
		const parsed = receipt.safeParse(parseLine(text.slice(0, -1)));
		if (parsed.success) return parsed.data;
		throw new SyntaxError(`is none: ${parsed.error.issues[0]?.message}`);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new BatchError("malformed", `the first line of a raw object is its receipt, and this one ${error.message}`);
	}
}
// src/audit/batch-files.ts
/** More files than this are not looked for, and directories are not followed deeper. */
const MAX_FILES = 1e6;
const MAX_DEPTH = 16;
const ENDING = ".ndjson.gz";
/**
* The batch files at a path: the path itself, or all `*.ndjson.gz` below it, in the order of their names. Links are not
* followed. Rejects with the error of the system.
*/
async function findBatchFiles(path) {
	if (!(await stat(path)).isDirectory()) return [{
		path,
		spool: false
	}];
	const files = [];
	const look = async (dir, depth) => {
		const spool = basename(dir) === AUDIT_FILES.spool && await isSession(dirname(dir));
		const entries = await readdir(dir, { withFileTypes: true });
		for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
			if (files.length >= MAX_FILES) return;
			const inner = join(dir, entry.name);
			if (entry.isDirectory() && depth < MAX_DEPTH) await look(inner, depth + 1);
			else if (entry.isFile() && entry.name.endsWith(ENDING)) files.push({
				path: inner,
				spool
			});
		}
	};
	await look(path, 0);
	return files;
}
/** Whether a directory is that of a session, which counts its batches in a journal. */
async function isSession(dir) {
	return await stat(join(dir, AUDIT_FILES.journal)).then((found) => found.isFile(), () => false);
}
/** Batches that lie about as files: of spools, artifacts, or raw objects of another store. */
var BatchFiles = class {
	#options;
	#waiting;
	#kept = [];
	#done = /* @__PURE__ */ new Set();
	#current;
	constructor(files, options) {
		this.#waiting = [...files];
		this.#options = options;
	}
	async next() {
		while (this.#current === void 0) {
			const file = this.#waiting[0];
			if (file === void 0) return void 0;
			const batch = await this.#read(file);
			if (batch !== void 0 && !this.#done.has(batch.digest)) this.#current = {
				file,
				batch
			};
			else this.#waiting.shift();
		}
		return this.#current.batch;
	}
	async #read(file) {
		try {
			const { size } = await stat(file.path);
			if (size > MAX_RAW) throw new BatchError("too-large", `it has ${size} bytes`);
			return sealedIn(await readFile(file.path));
		} catch (error) {
			if (error.code === "ENOENT" && file.spool) return void 0;
			const why = error instanceof Error ? error.message : String(error);
			const { no = 0, digest = "" } = parseSpoolName(basename(file.path)) ?? {};
			this.#kept.push({
				file: file.path,
				no,
				digest,
				why
			});
			return;
		}
	}
	async acked(batch, ack) {
		const { file } = this.#take();
		this.#done.add(batch.digest);
		const dir = dirname(file.path);
		if (ack.refused.length > 0) {
			this.#options.onRefused(file.path, ack.refused);
			if (file.spool) {
				const to = join(dirname(dir), AUDIT_FILES.quarantine);
				await quarantine(to, batch, ack.refused, batch.gzip).catch(() => void 0);
			}
		}
		try {
			if (file.spool) await writeFile(join(dir, sentMark(batch)), "", { mode: 384 });
			if (file.spool || this.#options.remove) await rm(file.path, { force: true });
		} catch {}
	}
	async keep(batch, why) {
		const { file } = this.#take();
		this.#kept.push({
			file: file.path,
			no: batch.no,
			digest: batch.digest,
			why
		});
	}
	/** Batches after it have its digest in them and may have been sent: only who sealed them can part them. */
	async split() {
		return false;
	}
	kept() {
		return this.#kept;
	}
	waiting() {
		return this.#waiting.length + this.#kept.length;
	}
	#take() {
		const current = this.#current;
		if (current === void 0) throw new Error("no batch is being sent");
		this.#current = void 0;
		this.#waiting.shift();
		return current;
	}
};
/** A batch as it was sealed, also out of the raw object of a store. Throws BatchError. */
function sealedIn(bytes) {
	try {
		return openSealed(bytes);
	} catch (error) {
		if (!(error instanceof BatchError)) throw error;
		try {
			unpackRaw(bytes);
		} catch {
			throw error;
		}
		return openSealed(bytes.subarray(inflateMember(bytes, 0, BATCH_LIMITS.line).end));
	}
}
export { BatchFiles, decodeBatch, findBatchFiles, isSession, refuseFuture, unpackRaw };
