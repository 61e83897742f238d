import { didYouMean, isReadableOnTheWay } from "./config.js";
import { Gate } from "./store-proxy.js";
import { RawError } from "./audit.js";
import { createSend, digestOfKey, isRawKey, retryAfter } from "./audit-records.js";
import { CollectorError, IndexError } from "./collector.js";
import { githubIssuer, oneLine } from "./platform.js";
import { decodeBase64, formatHash, makeSigner, recordHash, sameHash } from "./tlog-records.js";
import { Recent, parseTilePath, tilePath } from "./tlog-proxy.js";
import { Edge } from "./tlog-later.js";
import { openCheckpoint, signCheckpoint } from "./collector-records.js";
import { parseDuration } from "./config-later.js";
import { createReadStream } from "node:fs";
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { dirname, join } from "node:path";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
// src/collector/clean.ts
/** Longest text that is part of a key, UTF-8 bytes: PostgreSQL takes some 2,700 for all columns of an index. */
const MAX_KEY = 1e3;
const DIGEST = 16;
/** Longest link, with everything in it written as ASCII. */
const MAX_URL = 2048;
/**
* Text of a record as the index keeps it: one visible line, without NUL (which PostgreSQL refuses), control and
* bidirectional characters and halves of surrogate pairs, at most `length` UTF-16 units.
*/
function cleanText(text, length) {
	const clean = oneLine(text);
	return clean.length <= length ? clean : `${clean.slice(0, length - 1).toWellFormed()}…`;
}
/**
* The same for text that names something: at most 1,000 bytes of UTF-8. A longer one keeps its beginning and gets a
* digest of the whole, so that two names stay two.
*/
function cleanKey(text) {
	const clean = isPlain(text) ? text : oneLine(text);
	if (Buffer.byteLength(clean) <= MAX_KEY) return clean;
	const digest = createHash("sha256").update(text).digest("hex").slice(0, DIGEST);
	let length = 981;
	while (Buffer.byteLength(clean.slice(0, length)) > 981) length = Math.floor(length * .75);
	return `${clean.slice(0, length).toWellFormed()}…${digest}`;
}
/** Nearly all names are; the test spares them the slow way. */
function isPlain(text) {
	return /^[\x20-\x7e]*$/.test(text);
}
/** A link that is safe to show: http or https, nothing of a user in it; empty for anything else. */
function cleanUrl(text) {
	if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return "";
	const url = new URL(text);
	url.username = "";
	url.password = "";
	return url.href.length <= MAX_URL ? url.href : "";
}
// src/collector/job-facts.ts
const MAX_NAME = 512;
/** Events of GitHub that run the code of the ref they name; what others bring with them may be anybody's. */
const GITHUB_EVENTS = /* @__PURE__ */ new Set([
	"push",
	"schedule",
	"workflow_dispatch",
	"repository_dispatch"
]);
/** What a job says of itself in the header of any of its batches. Nothing of it is proved. */
function jobFacts(header) {
	const claims = header.claimed;
	const claim = (name) => Object.hasOwn(claims, name) ? claims[name] ?? "" : "";
	const text = (name) => cleanText(claim(name), MAX_NAME);
	return {
		uid: header.job_uid,
		forge: header.forge,
		iss: cleanKey(header.iss),
		repository: cleanKey(claim("repository")),
		repositoryId: cleanKey(claim("repository_id")),
		ref: text("ref"),
		sha: text("sha"),
		event: text("event"),
		actor: text("actor"),
		name: cleanKey(jobName(claim("workflow"), claim("job"), claim("matrix"))),
		url: cleanUrl(claim("url")),
		change: changeOf$1(claims),
		onDefault: onDefault(header.forge, claims)
	};
}
/** Tells the jobs of a commit apart, the legs of a matrix included (GitLab has the leg in the job's name). */
function jobName(workflow, job, matrix) {
	return [workflow, matrix === "" ? job : `${job} (${matrix})`].filter((part) => part !== "").join(" / ");
}
/** Number of the pull or merge request; empty for none. */
function changeOf$1(claims) {
	const fromRef = /^refs\/(?:pull|merge-requests)\/(\d{1,18})\//.exec(claims.ref ?? "")?.[1];
	return [claims.change, fromRef].find((text) => /^\d{1,18}$/.test(text ?? "")) ?? "";
}
/**
* Whether what the job used is what its repository uses: its ref is the default branch, by an event that runs the code of
* that branch. Pull requests, merge requests and tags never are. Where the default branch is not told, a push to any
* branch counts.
*/
function onDefault(forge, claims) {
	const { ref = "", event = "", default_branch = "", tag = "" } = claims;
	const branch = branchOf(forge, ref);
	if (branch === "" || tag !== "" || changeOf$1(claims) !== "") return false;
	if (forge === "github" && !GITHUB_EVENTS.has(event)) return false;
	if (forge === "gitlab" && /merge_request|pull_request/.test(event)) return false;
	return default_branch === "" ? event === "push" : branch === branchOf("local", default_branch);
}
/** Name of a branch; empty where the ref is none. GitHub tells full refs, GitLab names of branches and tags. */
function branchOf(forge, ref) {
	if (ref.startsWith("refs/heads/")) return ref.slice(11);
	return forge === "github" || ref.startsWith("refs/") ? "" : ref;
}
// src/collector/facts.ts
const MAX_TEXT$3 = 2048;
/** Go 1.11, the first with modules: no record is older, but clocks of fresh machines are. */
const FIRST_MODULES = Date.parse("2018-08-24T00:00:00.000Z");
/**
* What the index keeps of a raw object. Pure, and total over everything that `unpackRaw` lets through, so that an index
* made anew equals the one that grew. Texts come out fit for any database and any terminal.
*/
function factsOf(receipt, batch, rawKey) {
	const { header, footer, requests } = batch;
	const received = Date.parse(receipt.received);
	const clock = clockOf(header.clock.server_offset_ms, received);
	return {
		digest: batch.digest,
		rawKey,
		job: jobFacts(header),
		inst: header.inst,
		no: header.batch,
		prev: header.prev ?? void 0,
		phase: header.phase,
		assurance: receipt.assurance,
		writer: cleanText(receipt.writer, 128),
		received,
		sealed: clock(header.clock.wall),
		firstSeq: footer.first_seq,
		lastSeq: footer.last_seq,
		records: requests.length,
		dropped: footer.dropped,
		modules: modulesOf(batch, clock),
		denials: requests.filter(isDenial).map((request) => denialOf(request, clock)),
		findings: footer.findings.map(cleanFinding),
		hasInventory: batch.inventories.some(({ phase }) => phase === "end")
	};
}
/**
* Turns a writer's time into ms since 1970 by the store's clock, as far as the writer knew it. A time after the batch
* was received, or before there were modules, is of a wrong clock: the batch was received at the latest.
*/
function clockOf(offset, received) {
	return (time) => {
		const told = Date.parse(time) + (offset ?? 0);
		return told >= FIRST_MODULES && told <= received ? told : received;
	};
}
/** Code came in: a zip went out whole. A HEAD, a client that left and a refusal bring nothing. */
function broughtCode({ op, status, decision, bytes }) {
	return (op === "zip" || op === "toolchain") && status === 200 && decision !== "deny" && bytes > 0;
}
/** Something was refused; a path that is no module was only tried, as go does with every prefix of an import path. */
function isDenial({ decision, probe }) {
	return decision === "deny" && probe !== true;
}
function modulesOf({ requests, inventories }, clock) {
	const code = /* @__PURE__ */ new Map();
	const looks = /* @__PURE__ */ new Map();
	const inCode = /* @__PURE__ */ new Set();
	const add = (uses, key, use) => {
		const before = uses.get(key);
		if (before === void 0) uses.set(key, use);
		else if (use.time < before.time) {
			const { unasked: _, ...rest } = use;
			uses.set(key, before.unasked === true ? use : rest);
		}
	};
	const addCode = (module, version, h1, time, more) => {
		inCode.add(`${module}@${version}`);
		add(code, `${module}@${version} ${h1}`, {
			module,
			version,
			h1,
			code: true,
			time,
			...more
		});
	};
	for (const request of requests) {
		if (request.module === void 0 || request.probe === true) continue;
		const module = cleanKey(request.module);
		const version = cleanKey(request.version ?? "");
		const time = clock(request.t);
		if (version !== "" && broughtCode(request)) addCode(module, version, request.h1 ?? "", time);
		else add(looks, `${module}@${version}`, {
			module,
			version,
			h1: "",
			code: false,
			time
		});
	}
	const unasked = (module, version) => looks.has(`${module}@${version}`) ? void 0 : { unasked: true };
	const atEnd = inventories.filter(({ phase }) => phase === "end");
	for (const { members, t } of atEnd) {
		const time = clock(t);
		for (const member of members) {
			const space = member.indexOf(" ", member.indexOf("@"));
			const [module, version] = split(member.slice(0, space));
			addCode(module, version, member.slice(space + 1), time, unasked(module, version));
		}
	}
	for (const { vendored = [], t } of atEnd) for (const name of vendored) {
		const [module, version] = split(name);
		if (module === "" || version === "" || inCode.has(`${module}@${version}`)) continue;
		addCode(module, version, "", clock(t), unasked(module, version));
	}
	const looked = [...looks].filter(([key]) => !inCode.has(key)).map(([, use]) => use);
	return [...code.values(), ...looked];
}
/** Module and version of `module@version`. */
function split(name) {
	const at = name.indexOf("@");
	return at < 0 ? ["", ""] : [cleanKey(name.slice(0, at)), cleanKey(name.slice(at + 1))];
}
function denialOf(request, clock) {
	return {
		seq: request.seq,
		time: clock(request.t),
		op: request.op,
		module: cleanKey(request.module ?? ""),
		version: cleanKey(request.version ?? request.query ?? ""),
		rule: cleanText(request.rule ?? "", 128),
		reason: cleanText(request.reason ?? "", MAX_TEXT$3)
	};
}
function cleanFinding({ rule, level, module, version, message }) {
	return {
		rule: cleanText(rule, 128),
		level,
		...module === void 0 ? {} : { module: cleanKey(module) },
		...version === void 0 ? {} : { version: cleanKey(version) },
		message: cleanText(message, MAX_TEXT$3)
	};
}
// src/collector/identity/errors.ts
/** A token that is not accepted; the message says why and has nothing of the token but its issuer and numeric ids. */
var IdentityError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "IdentityError";
		this.code = code;
	}
};
// src/collector/identity/event-class.ts
/**
* Events that only somebody with write access to the repository causes, or that run what such a person merged. A
* pull request of a fork gets no token at all. Any other event is not trusted: forges invent new ones.
*/
const GITHUB_TRUSTED = /* @__PURE__ */ new Set([
	"push",
	"pull_request",
	"merge_group",
	"schedule",
	"workflow_dispatch",
	"repository_dispatch",
	"release",
	"create",
	"delete",
	"deployment"
]);
const GITLAB_TRUSTED = /* @__PURE__ */ new Set([
	"push",
	"web",
	"api",
	"schedule",
	"trigger",
	"pipeline",
	"parent_pipeline",
	"merge_request_event"
]);
/** Class of an `event_name` of GitHub. */
function githubEventClass(event) {
	return GITHUB_TRUSTED.has(event) ? "trusted-event" : "untrusted-event";
}
/** Class of a job of GitLab. */
function gitlabEventClass({ source, refProtected, projectId, jobProjectId }) {
	if (!GITLAB_TRUSTED.has(source)) return "untrusted-event";
	if (jobProjectId !== void 0 && jobProjectId !== projectId) return "untrusted-event";
	return source === "merge_request_event" && !refProtected && jobProjectId === void 0 ? "indistinguishable" : "trusted-event";
}
/** How far a receipt vouches for a batch that a verified token came with. */
const ASSURANCE_OF = {
	"trusted-event": "asserted",
	"untrusted-event": "relayed",
	indistinguishable: "relayed"
};
// src/collector/identity/proof.ts
/** @param digest of the batch */
function proofOf({ identity, token, keys, expected }, digest) {
	const { kind, url, audience, owners } = expected;
	const { repositoryId, repository, eventClass } = identity;
	const evidence = `${JSON.stringify({
		v: 1,
		digest,
		event_class: eventClass,
		issuer: {
			kind,
			url,
			audience,
			owners
		},
		token,
		jwks: keys
	})}\n`;
	return {
		assurance: ASSURANCE_OF[eventClass],
		kind,
		repositoryId,
		repository,
		evidence
	};
}
/** The writer that a receipt names. */
function writerOf({ identity }) {
	return `${identity.kind}:${identity.repositoryId}`;
}
/**
* Refuses a batch that tells of another repository than its token: the index believes what the batch tells. Throws
* IdentityError `contradicts`.
*/
function refuseContradiction(proof, { forge, claimed }) {
	const said = (name) => Object.hasOwn(claimed, name) ? claimed[name] ?? "" : "";
	const wrong = (what, value) => new IdentityError("contradicts", `the batch tells of the ${what} ${JSON.stringify(oneLine(value).slice(0, 100))}, and its token is of a job of ${proof.kind} in the repository ${proof.repositoryId}; a job sends its own batches`);
	if (forge !== proof.kind) throw wrong("forge", forge);
	if (said("repository_id") !== proof.repositoryId) throw wrong("repository", said("repository_id"));
	if (said("repository").toLowerCase() !== proof.repository.toLowerCase()) throw wrong("repository named", said("repository"));
}
// src/collector/batch-log/digest-set.ts
const WORDS = 4;
/** A set of SHA-256 digests, 16 bytes each in one array: a collector knows millions of batches. */
var DigestSet = class {
	#words;
	#used;
	#capacity;
	#size = 0;
	constructor(capacity = 1024) {
		this.#capacity = 2 ** Math.ceil(Math.log2(Math.max(capacity, 16)));
		this.#words = new Uint32Array(this.#capacity * WORDS);
		this.#used = new Uint8Array(this.#capacity);
	}
	get size() {
		return this.#size;
	}
	/** @param digest 64 hex digits */
	has(digest) {
		return this.#used[this.#find(wordsOf(digest))] === 1;
	}
	/** False when it was there. */
	add(digest) {
		const words = wordsOf(digest);
		const at = this.#find(words);
		if (this.#used[at] === 1) return false;
		this.#put(at, words);
		if (this.#size * 4 > this.#capacity * 3) this.#grow();
		return true;
	}
	#put(at, words) {
		this.#words.set(words, at * WORDS);
		this.#used[at] = 1;
		this.#size++;
	}
	/** Where these words are, or the free place where they would be. The digest is its own hash. */
	#find(words) {
		const mask = this.#capacity - 1;
		for (let at = (words[0] ?? 0) & mask;; at = at + 1 & mask) {
			if (this.#used[at] === 0) return at;
			let same = true;
			for (let i = 0; same && i < WORDS; i++) same = this.#words[at * WORDS + i] === words[i];
			if (same) return at;
		}
	}
	#grow() {
		const words = this.#words;
		const used = this.#used;
		this.#capacity *= 2;
		this.#words = new Uint32Array(this.#capacity * WORDS);
		this.#used = new Uint8Array(this.#capacity);
		this.#size = 0;
		for (let at = 0; at < used.length; at++) {
			if (used[at] === 0) continue;
			const entry = words.subarray(at * WORDS, (at + 1) * WORDS);
			this.#put(this.#find(entry), entry);
		}
	}
};
function wordsOf(digest) {
	return Uint32Array.from({ length: WORDS }, (_, i) => Number.parseInt(digest.slice(i * 8, i * 8 + 8), 16));
}
// src/collector/batch-log/files.ts
/** Replaces a file in one step; the new one is on the disk before it has the name. */
async function replaceFile(file, bytes) {
	const temp = `${file}.${randomUUID()}`;
	try {
		const handle = await open(temp, "wx", 420);
		try {
			await handle.writeFile(bytes);
			await handle.datasync();
		} finally {
			await handle.close();
		}
		await rename(temp, file);
	} catch (error) {
		await rm(temp, { force: true }).catch(() => void 0);
		throw error;
	}
}
/** Writes a file whose content follows from its name, unless it is there with that length. */
async function writeOnce(file, bytes) {
	if ((await stat(file).catch(() => void 0))?.size === bytes.length) return;
	await mkdir(dirname(file), { recursive: true });
	await replaceFile(file, bytes);
}
// src/collector/batch-log/key.ts
/** Where the private key of a log is, and what everybody may know of it. */
const KEY_FILE = "log/key";
const PUBLIC_KEY_FILE = "log/key.pub";
/** Go's form of a private key of notes (`golang.org/x/mod/sumdb/note`). */
const PRIVATE = /^PRIVATE\+KEY\+([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})\n?$/;
const ED25519 = 1;
/**
* The key of the log in a directory; made at first, when `make`. Throws CollectorError: `storage` where there is none,
* or it cannot be read or written.
*/
async function openLogKey(dir, make) {
	const file = join(dir, KEY_FILE);
	const text = await readKey(file) ?? (make ? await makeKey(file) : void 0);
	const key = text === void 0 ? void 0 : parsePrivateKey(text);
	if (key === void 0) throw new CollectorError("storage", `${file} ${text === void 0 ? "is not there" : "is no private key of a log"}: nothing can be signed; bring it back from a backup. Without it a new log has to begin: move ${dirname(file)} away and keep it, for what it proves up to now`);
	await writePublic(join(dir, PUBLIC_KEY_FILE), key.vkey);
	return key;
}
function parsePrivateKey(text) {
	const [, name = "", hash = "", base64 = ""] = PRIVATE.exec(text) ?? [];
	const bytes = decodeBase64(base64);
	if (bytes?.length !== 33 || bytes[0] !== ED25519) return void 0;
	const key = makeSigner(name, bytes.subarray(1));
	return key.signer.keyHash === hash ? key : void 0;
}
async function readKey(file) {
	try {
		return await readFile(file, "latin1");
	} catch (error) {
		if (error.code === "ENOENT") return void 0;
		throw unusable$1(file, error);
	}
}
async function makeKey(file) {
	const name = `modgate-log-${randomBytes(8).toString("hex")}`;
	const seed = randomBytes(32);
	const { signer } = makeSigner(name, seed);
	const bytes = Buffer.concat([Uint8Array.of(ED25519), seed]).toString("base64");
	const text = `PRIVATE+KEY+${name}+${signer.keyHash}+${bytes}\n`;
	try {
		await mkdir(dirname(file), { recursive: true });
		const handle = await open(file, "wx", 384);
		try {
			await handle.writeFile(text);
			await handle.sync();
		} finally {
			await handle.close();
		}
		return text;
	} catch (error) {
		throw unusable$1(file, error);
	}
}
/** Only a copy for people and programs: nothing is lost when it cannot be written. */
async function writePublic(file, vkey) {
	try {
		if (await readFile(file, "latin1").catch(() => "") === `${vkey}\n`) return;
		const handle = await open(file, "w", 420);
		await handle.writeFile(`${vkey}\n`).finally(() => handle.close());
	} catch {}
}
function unusable$1(file, error) {
	const why = error instanceof Error ? error.message : String(error);
	return new CollectorError("storage", `the key of the log, ${file}, cannot be used: ${why}; see to the rights on it`, { cause: error });
}
// src/collector/batch-log/line.ts
const BATCH = /^modgate\/1 batch ([0-9a-f]{64}) (\S{1,400})\n$/;
const GONE = /^modgate\/1 gone (\S{1,400})\n$/;
/** The bytes of a line, which are what is hashed. */
function formatLine(line) {
	return line.kind === "batch" ? `modgate/1 batch ${line.sha256} ${line.key}\n` : `modgate/1 gone ${line.key}\n`;
}
/** Reads a line with its newline; undefined for anything that `formatLine` would not have written. */
function parseLine(text) {
	const batch = BATCH.exec(text);
	if (batch?.[1] !== void 0 && batch[2] !== void 0 && isRawKey(batch[2])) return {
		kind: "batch",
		sha256: batch[1],
		key: batch[2]
	};
	const gone = GONE.exec(text)?.[1];
	return gone !== void 0 && isRawKey(gone) ? {
		kind: "gone",
		key: gone
	} : void 0;
}
// src/collector/batch-log/read-lines.ts
/**
* The whole lines of a log's file, in order; what follows the last newline is left out. A line that is longer than any
* can be comes cut to one byte more than that. Nothing where there is no such file. Throws what reading throws.
*/
async function* readLines(file) {
	let rest = Buffer.alloc(0);
	let at = 0;
	let tooLong = false;
	try {
		for await (const chunk of createReadStream(file, { highWaterMark: 262144 })) {
			let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
			for (;;) {
				const newline = bytes.indexOf(10);
				if (newline < 0) break;
				at += newline + 1;
				const line = bytes.subarray(0, newline + 1);
				yield {
					bytes: tooLong || line.length > 512 ? Buffer.alloc(513) : line,
					end: at
				};
				tooLong = false;
				bytes = bytes.subarray(newline + 1);
			}
			if (bytes.length > 512) {
				tooLong = true;
				at += bytes.length;
				bytes = Buffer.alloc(0);
			}
			rest = Buffer.from(bytes);
		}
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
}
// src/collector/batch-log/log.ts
/** Below the directory of a store. */
const LINES_FILE = "log/lines";
const CHECKPOINT_FILE = "log/checkpoint";
/**
* Opens the log of a directory, on which nobody else works, and checks that its lines are those that were signed.
* Throws CollectorError `storage`: it cannot be read, lacks its key, or is not what was signed.
*/
async function openBatchLog(dir, options) {
	const file = join(dir, LINES_FILE);
	const signed = await readFile(join(dir, CHECKPOINT_FILE)).catch(() => void 0);
	const key = await openLogKey(dir, options.make && signed === void 0);
	await mkdir(join(dir, "log"), { recursive: true });
	const last = signed === void 0 ? void 0 : ownCheckpoint(dir, signed, key.vkey);
	const state = await readBack(dir, file, last);
	const handle = await open(file, "a");
	try {
		await handle.truncate(state.bytes);
	} catch (error) {
		await handle.close();
		throw unusable(file, error);
	}
	return new Log(dir, handle, key, {
		...state,
		signedSize: last?.tree.size ?? 0
	}, signed, options.now);
}
function ownCheckpoint(dir, signed, vkey) {
	try {
		return openCheckpoint(signed, [vkey]);
	} catch (error) {
		throw changed(dir, `its checkpoint is not signed by its key (${error instanceof Error ? error.message : String(error)})`);
	}
}
async function readBack(dir, file, last) {
	const edge = new Edge();
	const known = new DigestSet();
	let bytes = 0;
	const compare = () => {
		if (last === void 0 || last.tree.size !== edge.size || sameHash(edge.root(), last.tree.hash)) return;
		throw changed(dir, `the first ${edge.size} of its lines are not those that were signed at ${last.time}`);
	};
	for await (const line of readLines(file)) {
		const parsed = parseLine(line.bytes.toString("latin1"));
		if (parsed === void 0) throw changed(dir, `line ${edge.size + 1} is none of a log`);
		if (parsed.kind === "batch") known.add(digestOfKey(parsed.key));
		await keepTiles(dir, edge.append(recordHash(line.bytes)));
		bytes = line.end;
		compare();
	}
	if (last !== void 0 && edge.size < last.tree.size) throw changed(dir, `it has ${edge.size} lines, and ${last.tree.size} were signed at ${last.time}`);
	return {
		edge,
		known,
		bytes
	};
}
async function keepTiles(dir, tiles) {
	for (const { tile, data } of tiles) await writeOnce(join(dir, "log", ...tilePath(tile).split("/")), data);
}
var Log = class {
	vkey;
	#dir;
	#handle;
	#signer;
	#edge;
	#known;
	#now;
	/** On their way; of a line that could not be written the batch is not in the log. */
	#coming = /* @__PURE__ */ new Set();
	#bytes;
	#signed;
	#size;
	#queue = [];
	/** Full, and not on the disk yet. */
	#tiles = [];
	#writing;
	/** Lines are on the disk that the tree in memory does not have, or the other way round: only a new start helps. */
	#broken;
	constructor(dir, handle, key, state, signed, now) {
		this.#dir = dir;
		this.#handle = handle;
		this.#signer = key.signer;
		this.vkey = key.vkey;
		this.#edge = state.edge;
		this.#known = state.known;
		this.#bytes = state.bytes;
		this.#signed = signed;
		this.#size = state.signedSize;
		this.#now = now;
	}
	get size() {
		return this.#size;
	}
	has(digest) {
		return this.#known.has(digest) || this.#coming.has(digest);
	}
	checkpoint() {
		return this.#signed;
	}
	partial() {
		return this.#edge.partial();
	}
	append(line) {
		return new Promise((resolve, reject) => {
			const named = line.kind === "batch" ? digestOfKey(line.key) : void 0;
			const there = named !== void 0 && this.has(named);
			const digest = there ? void 0 : named;
			const bytes = there ? Buffer.alloc(0) : Buffer.from(formatLine(line), "latin1");
			if (digest !== void 0) this.#coming.add(digest);
			this.#queue.push({
				bytes,
				digest,
				named,
				resolve,
				reject
			});
			this.#writing ??= this.#write();
		});
	}
	async close() {
		await this.#writing;
		await this.#handle.close();
	}
	/** One write, one sync and one signature for all that wait. */
	async #write() {
		while (this.#queue.length > 0) {
			const group = this.#queue;
			this.#queue = [];
			try {
				const signed = await this.#commit(group);
				for (const line of group) this.#answer(line, signed);
			} catch (error) {
				const told = error instanceof CollectorError ? error : unusable(join(this.#dir, LINES_FILE), error);
				for (const { reject } of group) reject(told);
			} finally {
				for (const { digest } of group) if (digest !== void 0) this.#coming.delete(digest);
			}
		}
		this.#writing = void 0;
	}
	#answer({ named, resolve, reject }, signed) {
		if (named === void 0 || this.#known.has(named)) resolve(signed);
		else reject(unusable(join(this.#dir, LINES_FILE), /* @__PURE__ */ new Error("the write before this one failed")));
	}
	async #commit(group) {
		if (this.#broken !== void 0) throw this.#broken;
		const lines = group.filter((line) => line.bytes.length > 0);
		if (lines.length > 0) await this.#writeLines(Buffer.concat(lines.map((line) => line.bytes)));
		for (const line of lines) {
			this.#tiles.push(...this.#edge.append(recordHash(line.bytes)));
			if (line.digest !== void 0) this.#known.add(line.digest);
		}
		const { size } = this.#edge;
		if (this.#signed !== void 0 && this.#size === size && this.#tiles.length === 0) return this.#signed;
		await keepTiles(this.#dir, this.#tiles);
		this.#tiles = [];
		const signed = signCheckpoint({
			origin: this.#signer.name,
			tree: {
				size,
				hash: this.#edge.root()
			},
			time: new Date(this.#now()).toISOString()
		}, this.#signer);
		await replaceFile(join(this.#dir, CHECKPOINT_FILE), signed);
		this.#signed = signed;
		this.#size = size;
		return signed;
	}
	async #writeLines(bytes) {
		try {
			await this.#handle.appendFile(bytes);
			await this.#handle.datasync();
		} catch (error) {
			await this.#takeBack(error);
			throw error;
		}
		this.#bytes += bytes.length;
	}
	/** Half a line at the end would make one line with the next. */
	async #takeBack(cause) {
		try {
			await this.#handle.truncate(this.#bytes);
		} catch {
			this.#broken = unusable(join(this.#dir, LINES_FILE), cause);
		}
	}
};
function changed(dir, what) {
	return new CollectorError("storage", `the log in ${join(dir, "log")} was changed from outside: ${what}. Nothing is signed over it; keep a copy of the directory as evidence, run modgate audit verify ${dir}, and bring the log back from a backup or move log/ away to begin a new one`);
}
function unusable(file, error) {
	const why = error instanceof Error ? error.message : String(error);
	return new CollectorError("storage", `the log ${file} could not be written: ${why}; see to the disk and to the rights on it`, { cause: error });
}
// src/collector/batch-log/serve.ts
/**
* What everybody may have of a log, by its name below `/v1/log/`: `checkpoint`, `key`, and `tile/...` as static servers
* of transparency logs name them. Undefined for every other name, and for a tile that the tree does not have (yet).
*/
async function readLogFile(dir, batchLog, name) {
	if (batchLog === void 0) return void 0;
	if (name === "key") return Buffer.from(`${batchLog.vkey}\n`);
	if (name === "checkpoint") return batchLog.checkpoint();
	const tile = parseTilePath(name);
	return tile === void 0 ? void 0 : await readTile(dir, batchLog, tile);
}
async function readTile(dir, batchLog, tile) {
	const full = {
		...tile,
		width: 2 ** tile.height
	};
	const wide = await readFile(join(dir, "log", ...tilePath(full).split("/"))).catch(() => void 0);
	const partial = batchLog.partial().find((p) => p.tile.level === tile.level && p.tile.n === tile.n && p.tile.height === tile.height);
	const data = wide ?? partial?.data;
	return data === void 0 || data.length < tile.width * 32 ? void 0 : data.subarray(0, tile.width * 32);
}
// src/collector/identity/evidence.ts
/** Below the directory of a collector; nothing that it answers comes from here. */
const PLACE = "identity";
/** @param dir of the collector */
function openEvidence(dir) {
	const fileOf = (key) => join(dir, PLACE, ...key.replace(/^raw\//, "").replace(/\.ndjson\.gz$/, ".json").split("/"));
	return {
		async put(key, evidence) {
			const file = fileOf(key);
			const temp = `${file}.${randomUUID()}.tmp`;
			try {
				await mkdir(dirname(file), {
					recursive: true,
					mode: 448
				});
				const handle = await open(temp, "wx", 384);
				try {
					await handle.writeFile(evidence);
					await handle.sync();
				} finally {
					await handle.close();
				}
				await rename(temp, file);
			} catch (error) {
				const { code, message } = error;
				throw new RawError(code === "ENOSPC" || code === "EDQUOT" ? "full" : "io", `the proof of a batch, ${file}, could not be written: ${message}; see to the disk and to the rights on it`, { cause: error });
			} finally {
				await rm(temp, { force: true });
			}
		},
		async get(key) {
			try {
				return await readFile(fileOf(key), "utf8");
			} catch (error) {
				if (error.code === "ENOENT") return void 0;
				throw error;
			}
		},
		delete: (key) => rm(fileOf(key), { force: true })
	};
}
// src/collector/catch-up.ts
/** Keys that the index is asked about at once. */
const ASKED = 1e3;
/** Keys of the raw objects whose batches the index lacks, in order, as many at once as are found among 1000. */
async function* unknownKeys({ raw, index, from }) {
	const first = `raw/v1/dt=${from?.() ?? ""}`;
	let keys = [];
	const unknown = async () => {
		const known = await index.known(keys.map(digestOfKey));
		const missing = keys.filter((key) => !known.has(digestOfKey(key)));
		keys = [];
		return missing;
	};
	for await (const key of raw.list()) {
		if (key < first) continue;
		keys.push(key);
		if (keys.length < ASKED) continue;
		const missing = await unknown();
		if (missing.length > 0) yield missing;
	}
	const missing = await unknown();
	if (missing.length > 0) yield missing;
}
// src/collector/log-records.ts
/** The requests of a raw batch that fit, the last one first. */
function logRecords(receipt, batch, filter) {
	const job = jobFacts(batch.header);
	if (filter.owners?.every((owner) => !job.repository.startsWith(`${owner}/`)) === true) return [];
	const whose = {
		repository: job.repository,
		ref: job.ref,
		sha: job.sha,
		actor: job.actor,
		job: job.uid,
		url: job.url,
		assurance: receipt.assurance,
		batch: batch.digest,
		inst: batch.header.inst
	};
	const clock = clockOf(batch.header.clock.server_offset_ms, Date.parse(receipt.received));
	const records = [];
	for (const request of batch.requests.toReversed()) {
		if (!fits(request, filter)) continue;
		const time = clock(request.t);
		if (filter.since !== void 0 && time < filter.since) continue;
		records.push({
			time: new Date(time).toISOString(),
			...whose,
			...shown(request)
		});
	}
	return records;
}
/** Names are compared as the index has them; a path that was only tried is no refusal here either. */
function fits(request, { module, version, decision }) {
	if (decision === "deny" ? !isDenial(request) : decision !== void 0 && request.decision !== decision) return false;
	return (module === void 0 || cleanKey(request.module ?? "") === module) && (version === void 0 || cleanKey(request.version ?? request.query ?? "") === version);
}
const SHOWN$2 = [
	"seq",
	"op",
	"module",
	"version",
	"query",
	"status",
	"decision",
	"rule",
	"reason",
	"source",
	"upstream",
	"h1",
	"gomod_h1",
	"zip_sha256",
	"bytes",
	"ms",
	"sumdb",
	"probe"
];
/** The fields that the format has; what a newer writer added stays in the raw batch. */
function shown(request) {
	return Object.fromEntries(SHOWN$2.flatMap((key) => request[key] === void 0 ? [] : [[key, request[key]]]));
}
// src/collector/index/open-index.ts
/**
* Opens the index and brings its tables up to date. Loads the database's library only now.
* Rejects with IndexError: `unavailable`, `newer-schema`, `not-an-index`.
*/
async function openIndex(place) {
	const { createIndex } = await import("./lazy/collector-index-create-index.js");
	if ("file" in place) return await createIndex((await import("./lazy/collector-index-sqlite.js")).openSqlite(place.file));
	return await createIndex((await import("./lazy/collector-index-postgres.js")).openPostgres(place.url));
}
// src/collector/patient-index.ts
/**
* An index whose database may be away when the collector starts: batches are to be taken all the same. Each call opens
* it until that succeeds. Throws IndexError for all that waiting does not mend.
*/
async function openPatiently(place) {
	try {
		return await openIndex(place);
	} catch (error) {
		if (error instanceof IndexError && error.code === "unavailable") return new PatientIndex(place);
		throw error;
	}
}
var PatientIndex = class {
	#place;
	#opening;
	constructor(place) {
		this.#place = place;
	}
	#open() {
		this.#opening ??= openIndex(this.#place).catch((error) => {
			this.#opening = void 0;
			throw error;
		});
		return this.#opening;
	}
	apply = async (batches) => await (await this.#open()).apply(batches);
	known = async (digests) => await (await this.#open()).known(digests);
	who = async (question) => await (await this.#open()).who(question);
	used = async (question) => await (await this.#open()).used(question);
	candidates = async (question) => await (await this.#open()).candidates(question);
	conflicts = async (question) => await (await this.#open()).conflicts(question);
	jobs = async (question) => await (await this.#open()).jobs(question);
	diff = async (question) => await (await this.#open()).diff(question);
	repositories = async (question) => await (await this.#open()).repositories(question);
	unexplained = async (question) => await (await this.#open()).unexplained(question);
	explain = async (commit, change, again) => await (await this.#open()).explain(commit, change, again);
	retain = async (question) => await (await this.#open()).retain(question);
	close = async () => {
		await (await this.#opening?.catch(() => void 0))?.close();
	};
};
// src/collector/retention.ts
/** Jobs that leave the index in one transaction. */
const STEP = 200;
/**
* Lets jobs that were last seen long ago leave the index, and deletes raw objects by the date in their names where
* that is wanted. Both can be repeated and broken off.
*/
async function retainNow({ raw, index, rules, now, log }) {
	let jobs = 0;
	for (;;) {
		const step = await index.retain({
			jobsBefore: now() - rules.jobs,
			limit: STEP
		});
		jobs += step.jobs;
		if (step.jobs === 0 && step.rawKeys.length === 0) break;
	}
	if (jobs > 0) log(`${jobs} jobs that were not seen for long left the index`);
	if (rules.raw === null) return;
	const last = dayOf(now() - rules.raw);
	let objects = 0;
	for await (const key of raw.list()) {
		const day = /\/dt=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1];
		if (day === void 0 || day >= last) break;
		await raw.delete(key);
		objects++;
	}
	if (objects > 0) log(`${objects} raw batches from before ${last} were deleted`);
}
/** The day of a time, as it stands in the names of raw objects. */
function dayOf(time) {
	return new Date(Math.max(0, time)).toISOString().slice(0, 10);
}
// src/collector/questions.ts
/** What can be asked, as in `GET /v1/NAME` and `modgate audit NAME`. */
const QUESTION_NAMES = [
	"who",
	"used",
	"log",
	"conflicts",
	"jobs",
	"diff",
	"repositories",
	"uncovered"
];
/** Most entries of one page, and how many there are when nobody says. */
const MAX_LIMIT = 1e3;
const DECISIONS = [
	"allow",
	"deny",
	"warn",
	"would_deny"
];
const STATES$1 = [
	"open",
	"gap",
	"mismatch",
	"closed",
	"incomplete",
	"any"
];
const PAGE$2 = ["limit", "after"];
/** The parameters that each question takes. */
const PARAMS = {
	who: [
		"module",
		"version",
		"repository",
		...PAGE$2
	],
	used: [
		"module",
		"version",
		...PAGE$2
	],
	log: [
		"decision",
		"module",
		"version",
		"repository",
		"job",
		"since",
		...PAGE$2
	],
	conflicts: PAGE$2,
	jobs: [
		"state",
		"older",
		"repository",
		...PAGE$2
	],
	diff: ["from", "to"],
	repositories: PAGE$2,
	uncovered: [
		"owner",
		"since",
		...PAGE$2
	]
};
/** The lists in the answer to each question. */
const LISTS = {
	who: ["versions"],
	used: ["uses"],
	log: ["records"],
	conflicts: ["conflicts"],
	jobs: ["jobs"],
	diff: [
		"added",
		"removed",
		"changed"
	],
	repositories: ["repositories"],
	uncovered: ["uncovered"]
};
const MAX_TEXT$2 = 1024;
/** Jobs that are younger may well be running. */
const OLDER = "6h";
const READ = {
	who: (params) => ({
		...moduleOf(params),
		...texts(params, ["repository"]),
		...page$1(params)
	}),
	used: (params) => ({
		...moduleOf(params),
		...page$1(params)
	}),
	log: (params, now) => ({
		...params.module === void 0 ? {} : moduleOf(params),
		...params.decision === void 0 ? {} : { decision: oneOf("decision", params.decision, DECISIONS) },
		...texts(params, ["repository", "job"]),
		...params.since === void 0 ? {} : { since: timeOf("since", params.since, now) },
		...page$1(params)
	}),
	conflicts: (params) => page$1(params),
	jobs: (params, now) => ({
		state: params.state === void 0 ? "incomplete" : oneOf("state", params.state, STATES$1),
		before: timeOf("older", params.older ?? OLDER, now),
		...texts(params, ["repository"]),
		...page$1(params)
	}),
	diff: (params) => ({
		from: needed(params, "from"),
		to: needed(params, "to")
	}),
	repositories: (params) => page$1(params),
	uncovered: (params, now) => ({
		...texts(params, ["owner"]),
		...params.since === void 0 ? {} : { since: timeOf("since", params.since, now) },
		...page$1(params)
	})
};
/**
* Reads a question from names and values. Throws CollectorError `question` for a name that it does not take, a value
* that cannot be, or one that is missing.
*/
function parseQuestion(name, params, now) {
	for (const [key, value] of Object.entries(params)) {
		if (!PARAMS[name].includes(key)) {
			const near = didYouMean(key, PARAMS[name]);
			throw wrong(`${name} takes no ${JSON.stringify(key.slice(0, 64))}${near === void 0 ? "" : `; did you mean ${near}?`} It takes ${PARAMS[name].join(", ")}`);
		}
		if (value.length > 4 * MAX_TEXT$2) throw wrong(`${key} is longer than ${4 * MAX_TEXT$2} characters`);
	}
	return READ[name](params, now);
}
function isQuestionName(name) {
	return QUESTION_NAMES.includes(name);
}
function wrong(message) {
	return new CollectorError("question", message);
}
function needed(params, key) {
	const value = params[key];
	if (value === void 0 || value === "") throw wrong(`${key} is missing`);
	return text$1(key, value);
}
/** Text that both databases can compare with; a NUL or half a character is in none of their values. */
function text$1(key, value) {
	if (value.length > MAX_TEXT$2) throw wrong(`${key} is longer than ${MAX_TEXT$2} characters`);
	if (value.includes("\0") || !value.isWellFormed()) throw wrong(`${key} has a character that no name can have`);
	return value;
}
function texts(params, keys) {
	const found = {};
	for (const key of keys) if (params[key] !== void 0) found[key] = needed(params, key);
	return found;
}
/** `module=M`, `module=M@V` or `module=M&version=V`. */
function moduleOf(params) {
	const named = needed(params, "module");
	const at = named.lastIndexOf("@");
	const module = at > 0 ? named.slice(0, at) : named;
	const inName = at > 0 ? named.slice(at + 1) : void 0;
	const given = texts(params, ["version"]).version;
	if (inName !== void 0 && given !== void 0 && inName !== given) throw wrong(`two versions are asked for: ${inName} and ${given}; name one`);
	const version = inName ?? given;
	if (version === "") throw wrong("the version after @ is empty; leave the @ out to ask about all versions");
	return {
		module,
		...version === void 0 ? {} : { version }
	};
}
function page$1(params) {
	const { limit = String(100), after } = params;
	const count = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
	if (count < 1 || count > 1e3) throw wrong(`limit wants a number from 1 to ${MAX_LIMIT}`);
	return {
		limit: count,
		...after === void 0 ? {} : { after: text$1("after", after) }
	};
}
function oneOf(key, value, known) {
	const found = known.find((word) => word === value);
	if (found === void 0) throw wrong(`${key} wants one of ${known.join(", ")}`);
	return found;
}
/** A time (`2026-11-23`, `2026-11-23T10:00:00Z`) or how long ago (`6h`, `30d`), as ms since 1970. */
function timeOf(key, value, now) {
	const ago = parseDuration(value);
	if (ago !== void 0) return now - ago;
	const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value) ? Date.parse(value) : NaN;
	if (Number.isNaN(time)) throw wrong(`${key} wants a time like 2026-11-23 or 2026-11-23T10:00:00Z, or how long ago, like 6h or 30d`);
	return time;
}
// src/collector/log-pages.ts
/** Work of one page, so that a question about something rare does not read the whole store at once. */
const PAGE_BATCHES = 200;
const PAGE_RECORDS = 5e4;
const CANDIDATES = 50;
/** Pages of candidates that are looked through for the batch where the page before stopped. */
const RESUME_PAGES = 20;
/** One page of the log. Throws CollectorError `question` for a cursor that is none of ours. */
async function logPage(index, read, { limit, after, decision, ...asked }, { owners } = {}) {
	const filter = {
		...asked,
		...asked.module === void 0 ? {} : { module: cleanKey(asked.module) },
		...asked.version === void 0 ? {} : { version: cleanKey(asked.version) }
	};
	const records = [];
	let { c, d, s } = after === void 0 ? START : decode(after);
	let batches = 0;
	let scanned = 0;
	for (let page = 0;; page++) {
		const found = await index.candidates({
			...filter,
			...decision === "deny" ? { decision } : {},
			limit: CANDIDATES,
			...c === void 0 ? {} : { after: c }
		});
		for (const { digest, rawKey } of found.batches) {
			if (d !== void 0 && digest !== d) continue;
			d = void 0;
			if (records.length >= limit || batches >= PAGE_BATCHES || scanned >= PAGE_RECORDS) return {
				records,
				next: encode({
					c,
					d: digest,
					s
				})
			};
			const part = await read(rawKey, {
				...filter,
				...decision === void 0 ? {} : { decision },
				...owners === void 0 ? {} : { owners }
			});
			batches++;
			scanned += part.scanned;
			const room = limit - records.length;
			records.push(...part.records.slice(s, s + room));
			if (part.records.length > s + room) return {
				records,
				next: encode({
					c,
					d: digest,
					s: s + room
				})
			};
			s = 0;
		}
		if (found.next === null) {
			if (d !== void 0) throw strange();
			return {
				records,
				next: null
			};
		}
		c = found.next;
		if (d !== void 0 && page >= RESUME_PAGES) throw strange();
	}
}
const START = {
	c: void 0,
	d: void 0,
	s: 0
};
function encode({ c, d, s }) {
	return Buffer.from(JSON.stringify([
		c ?? null,
		d ?? null,
		s
	])).toString("base64url");
}
function decode(text) {
	try {
		const [c, d, s] = JSON.parse(Buffer.from(text, "base64url").toString());
		if ((c === null || typeof c === "string" && c.length <= 512) && (d === null || typeof d === "string" && /^[0-9a-f]{64}$/.test(d)) && Number.isSafeInteger(s) && s >= 0) return {
			c: c ?? void 0,
			d: d ?? void 0,
			s
		};
	} catch {}
	throw strange();
}
function strange() {
	return new CollectorError("question", "after is no cursor of this question: pass `next` of the page before, or leave it out for the first page");
}
// src/collector/answers.ts
const STATES = {
	any: {},
	incomplete: { states: [
		"open",
		"gap",
		"mismatch"
	] },
	open: { states: ["open"] },
	gap: { states: ["gap"] },
	mismatch: { states: ["mismatch"] },
	closed: { states: ["closed"] }
};
/**
* Answers from an index, from the raw batches where the records themselves are asked for, and with the forges where
* repositories without records are.
*/
function answersFrom(index, read, uncovered) {
	const answer = {
		who: (question, scope) => index.who({
			...question,
			...scope
		}),
		used: (question, scope) => index.used({
			...question,
			...scope
		}),
		log: (question, scope) => logPage(index, read, question, scope),
		conflicts: (question, scope) => index.conflicts({
			...question,
			...scope
		}),
		jobs: ({ state, ...question }, scope) => index.jobs({
			...question,
			...STATES[state],
			...scope
		}),
		diff: (question, scope) => index.diff({
			...question,
			...scope
		}),
		repositories: (question, scope) => index.repositories({
			...question,
			...scope
		}),
		uncovered
	};
	return (name, question, scope = {}) => answer[name](question, scope);
}
// src/collector/forges/errors.ts
/** A forge did not answer as asked; the message says which, where and why, and has no secret in it. */
var ForgeError = class extends Error {
	name = "ForgeError";
	code;
	/** Of the answer, where there was one. */
	status;
	constructor(code, message, options = {}) {
		super(message, options);
		this.code = code;
		this.status = options.status;
	}
};
/** The error of ours inside the one that a client made of it. */
function forgeErrorIn(error) {
	for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) if (at instanceof ForgeError) return at;
	return error;
}
/**
* What a client of a forge does, its errors turned into ForgeError.
* @param name of the forge, for people
*/
async function told(name, work) {
	try {
		return await work();
	} catch (error) {
		const found = forgeErrorIn(error);
		if (found instanceof ForgeError || !(found instanceof Error)) throw found;
		throw new ForgeError("failed", `${name} answered with what cannot be used: ${cleanText(found.message, 200)}`, { cause: error });
	}
}
// src/collector/index/cursor.ts
/** Most rows of one answer. */
const MAX_PAGE = 1e3;
const DEFAULT_PAGE = 100;
/** How many rows to answer: 1 to 1000, 100 when nobody says. */
function pageSize(limit) {
	if (limit === void 0 || !Number.isFinite(limit)) return DEFAULT_PAGE;
	return Math.min(Math.max(1, Math.floor(limit)), MAX_PAGE);
}
/** Where a page ended, as one word that travels in a URL. */
function writeCursor(key) {
	return Buffer.from(JSON.stringify(key)).toString("base64url");
}
/**
* The key in a cursor of a question whose keys look like `shape`; undefined for the first page.
* Throws IndexError `cursor` for anything that `writeCursor` did not make.
*/
function readCursor(after, shape) {
	if (after === void 0) return void 0;
	let key;
	try {
		key = JSON.parse(Buffer.from(after, "base64url").toString());
	} catch {
		key = void 0;
	}
	if (!(Array.isArray(key) && key.length === shape.length && key.every((part, i) => typeof part === shape[i] && (typeof part !== "number" || Number.isSafeInteger(part)) && (typeof part !== "string" || !part.includes("\0"))))) throw new IndexError("cursor", "The cursor in `after` was not made by this question: start again without it, and pass on the `next` of each page.");
	return key;
}
/** The rows of a page and the cursor of the next, from a query for one row more than the page has. */
function page(rows, size, key) {
	const shown = rows.slice(0, size);
	const last = shown.at(-1);
	return {
		rows: shown,
		next: rows.length > size && last !== void 0 ? writeCursor(key(last)) : null
	};
}
// src/collector/survey.ts
/** How long a list of repositories counts, ms. */
const FRESH_MS$1 = 36e5;
/** More than any owner has; a forge that pages without an end is none. */
const MAX_REPOSITORIES = 1e5;
const LANES$1 = 2;
/** All of it throws ForgeError. Whether a repository has a go.mod is asked once for each state of its code. */
function survey(forge, owner, { now, onProgress }) {
	let list;
	let known = /* @__PURE__ */ new Map();
	let words = owner;
	const tell = (text) => {
		const until = forge.pausedUntil();
		words = `${owner}: ${text}${until === 0 ? "" : `, ${forge.url} wants a pause until ${new Date(until).toISOString()}`}`;
		onProgress?.(words);
	};
	return {
		async repositories() {
			if (list !== void 0 && now() - list.asOf < FRESH_MS$1) return list;
			const asOf = now();
			const repositories = /* @__PURE__ */ new Map();
			tell("listing repositories");
			for await (const page of forge.repositoriesOf(owner)) {
				for (const repository of page) repositories.set(repository.id, repository);
				tell(`${repositories.size} repositories listed`);
				if (repositories.size > MAX_REPOSITORIES) throw new CollectorError("question", `${owner} at ${forge.url} has more than ${MAX_REPOSITORIES} repositories; name smaller groups in serve.forges`);
			}
			list = {
				repositories: [...repositories.values()],
				asOf
			};
			known = new Map([...known].filter(([id]) => repositories.has(id)));
			return list;
		},
		async goMods(of) {
			const wanted = of.filter(({ id, stamp }) => known.get(id)?.stamp !== stamp);
			const left = wanted.values();
			let done = 0;
			let failed;
			const lane = async () => {
				for (const repository of left) {
					if (failed !== void 0) return;
					tell(`looked for go.mod in ${done} of ${wanted.length} repositories`);
					try {
						const answer = await goModOf$1(forge, repository);
						if (answer !== void 0) known.set(repository.id, {
							stamp: repository.stamp,
							answer
						});
					} catch (error) {
						failed ??= { error };
					}
					done++;
				}
			};
			await Promise.all(Array.from({ length: LANES$1 }, lane));
			if (failed !== void 0) throw failed.error;
			return new Map(of.flatMap(({ id }) => {
				const answer = known.get(id)?.answer;
				return answer === void 0 ? [] : [[id, answer]];
			}));
		},
		progress: () => words
	};
}
/** Undefined for one repository that cannot be looked into now; it is asked about again next time. */
async function goModOf$1(forge, repository) {
	try {
		return await forge.goModOf(repository);
	} catch (error) {
		if (error instanceof ForgeError && [
			"denied",
			"absent",
			"failed"
		].includes(error.code)) return void 0;
		throw error;
	}
}
// src/collector/uncovered.ts
/**
* Answers which repositories of the owners of `serve.forges` have a go.mod and no record, or none since a time. Throws
* CollectorError: `question` for an owner that is not configured or not known, `looking` while the forges are looked
* through, `unreachable` for a forge that does not tell.
*/
function uncoveredFrom(parts) {
	const surveys = /* @__PURE__ */ new Map();
	const under = /* @__PURE__ */ new Map();
	const look = async (target, since) => {
		const key = `${target.owner} ${target.forge.url}`;
		for (let other = under.get(key); other !== void 0; other = under.get(key)) await other.catch(() => {});
		const one = surveys.get(key) ?? survey(target.forge, target.owner, parts);
		surveys.set(key, one);
		const working = lookThrough(target, one, since, parts).finally(() => under.delete(key));
		under.set(key, working);
		return await working;
	};
	return async ({ owner, since, limit, after }, scope) => {
		const cursor = readCursor(after, ["string", "string"]);
		const targets = targetsOf(parts.forges, owner, scope);
		const found = await inTime(Promise.all(targets.map((target) => look(target, since))).catch((error) => {
			throw asAnswer(error);
		}), parts.patienceMs, () => {
			const told = targets.map(({ owner: of, forge }) => surveys.get(`${of} ${forge.url}`)?.progress() ?? of);
			return new CollectorError("looking", `the forges are being looked through: ${told.join("; ")}; ask again`);
		});
		const later = ({ repository, forge }) => cursor === void 0 || compare([repository, forge], cursor) > 0;
		const shown = page(found.flatMap((one) => one.rows).toSorted((a, b) => compare([a.repository, a.forge], [b.repository, b.forge])).filter((row, at, all) => row.repository !== all[at - 1]?.repository || row.forge !== all[at - 1]?.forge).filter(later), limit, (row) => [row.repository, row.forge]);
		const sum = (of) => found.reduce((all, one) => all + one[of], 0);
		return {
			uncovered: shown.rows,
			looked: {
				owners: targets.map((target) => target.owner),
				repositories: sum("repositories"),
				archived: sum("archived"),
				empty: sum("empty"),
				asOf: new Date(Math.min(...found.map((one) => one.asOf))).toISOString()
			},
			next: shown.next
		};
	};
}
/** Owners that are asked about: configured ones, and of these what the reader may see. */
function targetsOf(forges, owner, { owners }) {
	const wanted = owner?.toLowerCase();
	const may = owners?.map((one) => one.toLowerCase());
	const visible = forges.flatMap((forge) => forge.owners.map((name) => ({
		forge,
		owner: name.toLowerCase()
	}))).filter((one) => may === void 0 || may.some((name) => one.owner === name || one.owner.startsWith(`${name}/`)));
	const targets = visible.filter((one) => wanted === void 0 || one.owner === wanted);
	if (targets.length > 0) return targets;
	throw new CollectorError("question", owner === void 0 ? "there is no forge whose repositories could be looked through: name one with its owners in serve.forges of the configuration" : `${owner} is no owner that may be looked through: name it in the owners of serve.forges of the configuration${visible.length === 0 ? "" : `; there are ${visible.map((one) => one.owner).join(", ")}`}`);
}
async function lookThrough({ forge }, one, since, { index }) {
	const { repositories, asOf } = await one.repositories();
	const last = await lastRecords(forge, index);
	const lastOf = ({ id, path }) => last.get(`#${id}`) ?? last.get(path.toLowerCase());
	const alive = repositories.filter(({ archived, empty }) => !archived && !empty);
	const silent = alive.filter((repository) => {
		const time = lastOf(repository);
		return time === void 0 || since !== void 0 && Date.parse(time) < since;
	});
	const goMods = await one.goMods(silent);
	const rows = silent.flatMap((repository) => {
		const found = goMods.get(repository.id) ?? { state: "unknown" };
		if (found.state === "none" || found.state === "empty") return [];
		return [{
			repository: repository.path,
			forge: forge.url,
			url: repository.url,
			goMod: found.state === "found" ? found.path : null,
			fork: repository.fork,
			last: lastOf(repository) ?? null
		}];
	});
	const archived = repositories.filter((repository) => repository.archived).length;
	const empty = repositories.length - archived - alive.length;
	const turnedOut = silent.filter(({ id }) => goMods.get(id)?.state === "empty").length;
	return {
		rows,
		repositories: repositories.length,
		archived,
		empty: empty + turnedOut,
		asOf
	};
}
/** When each repository of a forge last sent something, by `#number` and by path in lower case. */
async function lastRecords(forge, index) {
	const last = /* @__PURE__ */ new Map();
	const note = (key, time) => {
		const known = last.get(key);
		if (known === void 0 || known < time) last.set(key, time);
	};
	for (let after;;) {
		const answer = await index.repositories({
			forge: forge.kind,
			limit: 1e3,
			...after === void 0 ? {} : { after }
		});
		for (const { iss, repository, repositoryId, last: time } of answer.repositories) {
			if (iss !== forge.issuer) continue;
			if (repositoryId !== "") note(`#${repositoryId}`, time);
			else note(repository.toLowerCase(), time);
		}
		if (answer.next === null) return last;
		after = answer.next;
	}
}
/** A promise, or an error when it takes too long; it goes on all the same. */
async function inTime(work, ms, late) {
	work.catch(() => {});
	const { promise, reject } = Promise.withResolvers();
	const timer = Number.isFinite(ms) ? setTimeout(() => reject(late()), ms) : void 0;
	try {
		return await Promise.race([work, promise]);
	} finally {
		clearTimeout(timer);
	}
}
function asAnswer(error) {
	if (!(error instanceof ForgeError)) return error;
	const { code, message } = error;
	if (code === "closing") return new CollectorError("closing", message);
	if (code === "absent") return new CollectorError("question", `${message}; name an owner that the token may see`);
	return new CollectorError("unreachable", `${message}; ${code === "token" || code === "denied" ? "see to its token in serve.forges" : "ask again later"}`, { cause: error });
}
function compare(a, b) {
	for (const [at, text] of a.entries()) {
		const other = b[at] ?? "";
		if (text !== other) return text < other ? -1 : 1;
	}
	return 0;
}
// src/collector/verify/log-lines.ts
/**
* The lines of a log, in order and by number from 0, while they are compared with what was signed: that the tree over
* them is the signed one, that it contains every older checkpoint, and that the tiles are its.
*/
async function* checkedLines({ dir, signed, older, tell }) {
	const edge = new Edge();
	const marks = /* @__PURE__ */ new Map();
	for (const mark of [signed, ...older]) marks.set(mark.tree.size, [...marks.get(mark.tree.size) ?? [], mark]);
	let agreed;
	const compare = () => {
		for (const mark of marks.get(edge.size) ?? []) if (sameHash(edge.root(), mark.tree.hash)) agreed = mark;
		else tell(disagreement(mark, mark === signed, edge, agreed));
	};
	compare();
	for await (const { bytes } of readLines(join(dir, LINES_FILE))) {
		const n = edge.size;
		for (const { tile, data } of edge.append(recordHash(bytes))) {
			const file = `log/${tilePath(tile)}`;
			const kept = await readFile(join(dir, ...file.split("/"))).catch(() => void 0);
			if (kept !== void 0 && !kept.equals(data)) tell({
				rule: "log/tile",
				what: `the tile is not that of the lines as they are now: one of the lines up to ${(tile.n + 1) * 256 ** (tile.level + 1)} was changed, or the tile`,
				where: file
			});
		}
		const line = parseLine(bytes.toString("latin1"));
		if (line === void 0) tell({
			rule: "log/line",
			what: `line ${n + 1} is none of a log`,
			where: LINES_FILE
		});
		else yield {
			line,
			n
		};
		compare();
	}
	for (const mark of [signed, ...older]) {
		if (mark.tree.size <= edge.size) continue;
		tell({
			rule: "log/rolled-back",
			what: `the log has ${edge.size} lines, and at ${mark.time} it had ${mark.tree.size}: lines were taken away`,
			where: LINES_FILE,
			since: mark.time
		});
	}
}
function disagreement(mark, isNewest, edge, agreed) {
	const root = formatHash(edge.root());
	const before = agreed === void 0 ? "" : `; the first ${agreed.tree.size} are as they were signed at ${agreed.time}`;
	return {
		rule: isNewest ? "log/changed" : "log/forked",
		what: isNewest ? `the first ${mark.tree.size} lines have the hash ${root}, and ${formatHash(mark.tree.hash)} was signed: a line was changed, put in or moved${before}` : `at ${mark.time} the first ${mark.tree.size} lines had the hash ${formatHash(mark.tree.hash)}, and now they have ${root}: this is another history than the one that was shown then${before}`,
		where: LINES_FILE,
		since: agreed?.time ?? mark.time
	};
}
// src/collector/verify/sequence.ts
/**
* Puts the batches of each proxy together, in whatever order they come: numbers without gaps, each naming the digest of
* the one before, and requests that are numbered through. What is whole takes no memory but that of its last link.
*/
var Sequences = class {
	#chains = /* @__PURE__ */ new Map();
	#tell;
	constructor(tell) {
		this.#tell = tell;
	}
	add(key, { header, footer, digest }) {
		const id = `${header.job_uid} ${header.inst}`;
		const chain = this.#chains.get(id) ?? {
			end: void 0,
			ahead: /* @__PURE__ */ new Map()
		};
		this.#chains.set(id, chain);
		const link = {
			key,
			digest,
			prev: header.prev,
			no: header.batch,
			first: footer.first_seq,
			last: footer.last_seq,
			closes: header.phase === "close"
		};
		if ((chain.ahead.get(link.no) ?? (link.no <= (chain.end?.no ?? 0) ? chain.end : void 0)) !== void 0) {
			this.#tell({
				rule: "sequence/mismatch",
				what: `there are two batches ${link.no} of this proxy: one of them is invented, or a journal was continued twice`,
				where: key
			});
			return;
		}
		chain.ahead.set(link.no, link);
		for (;;) {
			const next = chain.ahead.get((chain.end?.no ?? 0) + 1);
			if (next === void 0) return;
			this.#join(chain.end, next);
			chain.ahead.delete(next.no);
			chain.end = next;
		}
	}
	#join(end, next) {
		if (next.prev !== (end?.digest ?? null)) this.#tell({
			rule: "sequence/mismatch",
			what: `batch ${next.no} follows the batch ${next.prev ?? "none"}, and the one before it here is ${end?.digest ?? "none"}`,
			where: next.key
		});
		if (next.first !== (end?.last ?? 0) + 1) this.#tell({
			rule: "sequence/gap",
			what: `batch ${next.no} begins with request ${next.first}, and the one before ends with ${end?.last ?? 0}`,
			where: next.key
		});
	}
	/** Tells of the gaps that stayed; the number of proxies that did not close. */
	finish(gone) {
		let open = 0;
		for (const [id, { end, ahead }] of this.#chains) {
			if (end?.closes !== true && ahead.size === 0) open++;
			const next = [...ahead.values()].sort((a, b) => a.no - b.no)[0];
			const [job = "", inst = ""] = id.split(" ");
			if (next === void 0 || gone(job, inst)) continue;
			const missing = (end?.no ?? 0) + 1;
			const which = missing === next.no - 1 ? `batch ${missing} is` : `batches ${missing} to ${next.no - 1} are`;
			this.#tell({
				rule: "sequence/gap",
				what: `${which} missing before this one: never sent, lost on the way, or taken away before the log had it`,
				where: next.key
			});
		}
		return open;
	}
};
// src/collector/verify/types.ts
/** Longest list of deviations. */
const MAX_DEVIATIONS = 1e3;
// src/collector/forges/network.ts
const CONCURRENCY = 2;
const REQUEST_MS = 3e4;
/** How often a request is made that fails by the forge's own trouble, and the first pause after it, ms. */
const TRIES = 3;
const PAUSE_MS = 500;
const MAX_REDIRECTS = 3;
/** A forge that does not say how long to wait, and the longest that one may have us wait at once, ms. */
const LIMITED_MS = 6e4;
const MAX_LIMITED_MS = 72e5;
/** Times that one request is put off by a limit before it is given up. */
const MAX_LIMITED = 8;
const MAX_WORDS = 200;
const BY_STATUS = {
	401: "token",
	403: "denied",
	404: "absent",
	410: "absent",
	422: "absent",
	451: "absent",
	500: "failed"
};
function forgeNetwork({ api, token, send, now, sleep, random }) {
	const { origin } = new URL(api);
	const ending = new AbortController();
	const gate = new Gate(CONCURRENCY);
	let paused = 0;
	const closing = () => new ForgeError("closing", `${origin} is not asked any more: this is the end`);
	const rest = async (ms) => {
		await sleep(ms, ending.signal).catch(() => {});
		if (ending.signal.aborted) throw closing();
	};
	const ask = async (url, accept) => {
		let target = url;
		let failures = 0;
		let limited = 0;
		for (let redirects = 0;;) {
			if (target.origin !== origin) throw new ForgeError("failed", `${origin} points to ${target.origin}, which gets no question of ours`);
			for (let left = paused - now(); left > 0; left = paused - now()) await rest(left);
			if (ending.signal.aborted) throw closing();
			const answer = await once(target, accept).catch((error) => {
				if (ending.signal.aborted) throw closing();
				if (++failures < TRIES) return void 0;
				throw new ForgeError("down", `${origin} does not answer: ${reason(error)}`, { cause: error });
			});
			if (answer === void 0) {
				await rest(PAUSE_MS * 2 ** failures * (.5 + random() / 2));
				continue;
			}
			const wait = pauseWanted(answer, now());
			if (wait !== void 0) paused = Math.max(paused, now() + Math.min(wait, MAX_LIMITED_MS));
			const { status } = answer;
			if (status >= 200 && status < 300) {
				if (/\bjson\b/i.test(answer.header("content-type") ?? "")) return answer;
				throw new ForgeError("failed", `${origin} answered ${oneLine(target.pathname)} with a page instead of JSON`, { status });
			}
			const location = status >= 301 && status <= 308 ? answer.header("location") : void 0;
			if (location !== void 0 && ++redirects <= MAX_REDIRECTS && URL.canParse(location, target.href)) {
				target = new URL(location, target);
				continue;
			}
			if (wait !== void 0 && (status === 403 || status === 429)) {
				if (++limited < MAX_LIMITED) continue;
				throw refused("down", target, answer);
			}
			if (status < 500) throw refused(BY_STATUS[status] ?? "failed", target, answer);
			if (++failures >= TRIES) throw refused(status === 500 ? "failed" : "down", target, answer);
			await rest(PAUSE_MS * 2 ** failures * (.5 + random() / 2));
		}
	};
	const once = (url, accept) => send({
		method: "GET",
		url,
		headers: {
			accept: accept ?? "application/json",
			...token === void 0 ? {} : { authorization: `Bearer ${token}` }
		},
		signal: AbortSignal.any([ending.signal, AbortSignal.timeout(REQUEST_MS)])
	});
	return {
		get: (url, accept) => gate.run(() => ask(url, accept)),
		pausedUntil: () => paused > now() ? paused : 0,
		close: () => ending.abort()
	};
}
/**
* How long a forge wants to be left alone after an answer, ms: it refused for the number of requests, or this one was
* the last that it allows for now. Undefined when it says nothing of the kind.
*/
function pauseWanted({ status, header, body }, now) {
	const asked = status === 403 || status === 429 || status === 503 ? retryAfter(header("retry-after"), now) : void 0;
	if (asked !== void 0) return asked;
	const remaining = header("x-ratelimit-remaining") ?? header("ratelimit-remaining");
	const reset = Number(header("x-ratelimit-reset") ?? header("ratelimit-reset") ?? NaN);
	if (remaining === "0") return Number.isFinite(reset) ? Math.max(1e3, reset * 1e3 - now) : LIMITED_MS;
	if (status === 429) return LIMITED_MS;
	if (status === 403 && /\brate limit\b/i.test(body.toString("utf8", 0, 4096))) return LIMITED_MS;
}
function refused(code, url, { status, body }) {
	const said = wordsIn(body);
	return new ForgeError(code, `${url.origin} answered ${status} to ${oneLine(url.pathname).slice(0, MAX_WORDS)}${said === "" ? "" : `: ${said}`}`, { status });
}
function wordsIn(body) {
	try {
		const { message, error } = JSON.parse(body.toString("utf8"));
		const words = [message, error].find((one) => typeof one === "string");
		return oneLine(words ?? "").slice(0, MAX_WORDS);
	} catch {
		return "";
	}
}
function reason(error) {
	if (!(error instanceof Error)) return String(error);
	if (error.name === "TimeoutError") return `nothing came within ${REQUEST_MS / 1e3} s`;
	return oneLine(error.message || error.code || error.name).slice(0, MAX_WORDS);
}
// src/collector/forges/open.ts
const DEFAULT_URL$1 = {
	github: "https://github.com",
	gitlab: "https://gitlab.com"
};
/** Longest answer that is read, bytes: GitHub cuts the list of the files of a repository at 7 MB. */
const MAX_ANSWER$1 = 16777216;
/**
* The forges of a configuration, their tokens from the environment; nothing is asked and no client loaded before
* somebody wants to know something. Throws CollectorError `settings` for a token that is not there, or would go over plain http.
*/
function openForges(entries, effects) {
	return entries.map((entry) => openForge(entry, effects));
}
function openForge(entry, { env, version, now, sleep }) {
	const { kind, owners } = entry;
	const url = plainUrl(entry.url ?? DEFAULT_URL$1[kind]);
	const api = apiOf(kind, url);
	const network = forgeNetwork({
		api,
		token: tokenOf(entry, url, env),
		send: createSend(env, version, { maxAnswer: MAX_ANSWER$1 }),
		now,
		sleep,
		random: Math.random
	});
	let client;
	const load = () => {
		client ??= loadClient(kind, url, api, network);
		return client;
	};
	return {
		kind,
		url,
		issuer: kind === "github" ? githubIssuer(url) : url,
		owners,
		changeOf: async (commit) => await (await load()).changeOf(commit),
		async *repositoriesOf(owner) {
			yield* (await load()).repositoriesOf(owner);
		},
		goModOf: async (repository) => await (await load()).goModOf(repository),
		pausedUntil: network.pausedUntil,
		close: network.close
	};
}
async function loadClient(kind, url, api, network) {
	if (kind === "github") return await (await import("./lazy/collector-forges-github.js")).githubForge(api, network);
	return await (await import("./lazy/collector-forges-gitlab.js")).gitlabForge(url, network);
}
/** Where the REST interface of a server is. */
function apiOf(kind, url) {
	if (kind === "gitlab") return `${url}/api/v4`;
	const { protocol, host } = new URL(url);
	if (host === "github.com" || host.endsWith(".ghe.com")) return `${protocol}//api.${host}`;
	return `${url}/api/v3`;
}
function plainUrl(text) {
	const url = new URL(text);
	return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
function tokenOf({ "token-env": variable }, url, env) {
	if (variable === void 0) return void 0;
	const token = env[variable] ?? "";
	const wrong = (what) => new CollectorError("settings", `serve.forges has ${url} with the token in ${variable}, ${what}`);
	if (token === "") throw wrong("which is not set; set it to a token that may read repositories and their changes there, or leave token-env out");
	if (!/^[\x21-\x7e]{1,4096}$/.test(token)) throw wrong("which has a character that no header may have");
	if (isReadableOnTheWay(url)) throw wrong("which others could read on its way over plain http; use https");
	return token;
}
// src/collector/identity/claims.ts
/** Claims that a token must have; without being named here even a missing `exp` passes. */
const REQUIRED = {
	github: [
		...[
			"exp",
			"iat",
			"nbf",
			"jti",
			"aud"
		],
		...[
			"repository_id",
			"repository_owner_id",
			"repository",
			"run_id",
			"run_attempt"
		],
		...[
			"event_name",
			"ref",
			"sha"
		]
	],
	gitlab: [
		...[
			"exp",
			"iat",
			"nbf",
			"jti",
			"aud"
		],
		...[
			"project_id",
			"namespace_id",
			"project_path",
			"pipeline_id",
			"job_id"
		],
		...[
			"pipeline_source",
			"ref",
			"ref_protected",
			"sha"
		]
	]
};
const MAX_CLAIM = 1024;
/**
* What verified claims say. `sub` is never read: its format changed with time and organisations change it themselves.
* Throws IdentityError `refused` for claims of another shape, `foreign` for an owner that is not allowed.
*/
function identityOf(issuer, claims) {
	const identity = issuer.kind === "github" ? github(issuer, claims) : gitlab(issuer, claims);
	if (issuer.owners.includes(identity.ownerId)) return identity;
	throw new IdentityError("foreign", `the owner ${identity.ownerId} of the repository ${identity.repositoryId} is not among the owners of ${issuer.url} in serve.issuers`);
}
function github(issuer, claims) {
	const repositoryId = idOf(claims, "repository_id");
	const run = [idOf(claims, "run_id"), idOf(claims, "run_attempt")];
	const event = textOf(claims, "event_name");
	const ref = textOf(claims, "ref");
	const checkRun = claims.check_run_id === void 0 ? void 0 : idOf(claims, "check_run_id");
	return {
		...common(issuer, claims),
		repositoryId,
		ownerId: idOf(claims, "repository_owner_id"),
		repository: textOf(claims, "repository"),
		event,
		eventClass: githubEventClass(event),
		ref,
		pullRequest: numberIn(/^refs\/pull\/([1-9]\d{0,14})\//, ref),
		jobKey: checkRun === void 0 ? void 0 : [
			"github",
			issuer.url,
			repositoryId,
			...run,
			checkRun
		]
	};
}
function gitlab(issuer, claims) {
	const projectId = idOf(claims, "project_id");
	const jobProjectId = claims.job_project_id === void 0 ? void 0 : idOf(claims, "job_project_id");
	idOf(claims, "pipeline_id");
	const source = textOf(claims, "pipeline_source");
	const ref = textOf(claims, "ref");
	const here = jobProjectId ?? projectId;
	const refProtected = textOf(claims, "ref_protected") === "true";
	return {
		...common(issuer, claims),
		repositoryId: here,
		ownerId: idOf(claims, jobProjectId === void 0 ? "namespace_id" : "job_namespace_id"),
		repository: textOf(claims, jobProjectId === void 0 ? "project_path" : "job_project_path"),
		event: source,
		eventClass: gitlabEventClass({
			source,
			refProtected,
			projectId,
			jobProjectId
		}),
		ref,
		pullRequest: numberIn(/^refs\/merge-requests\/([1-9]\d{0,14})\//, ref),
		jobKey: [
			"gitlab",
			issuer.url,
			here,
			idOf(claims, "job_id")
		]
	};
}
function common(issuer, claims) {
	return {
		kind: issuer.kind,
		issuer: issuer.url,
		sha: shaOf(claims),
		jti: textOf(claims, "jti"),
		expires: claims.exp ?? 0
	};
}
function textOf(claims, name) {
	const value = claims[name];
	if (typeof value === "string" && value !== "" && value.length <= MAX_CLAIM) return value;
	throw new IdentityError("refused", `the claim "${name}" of the token is no text of 1 to ${MAX_CLAIM} characters`);
}
/** Ids are numbers, as texts: a name in their place would be one that somebody chose. */
function idOf(claims, name) {
	const value = claims[name];
	if (typeof value === "string" && /^[1-9]\d{0,19}$/.test(value)) return value;
	throw new IdentityError("refused", `the claim "${name}" of the token is no numeric id`);
}
function shaOf(claims) {
	const sha = textOf(claims, "sha");
	if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) return sha;
	throw new IdentityError("refused", "the claim \"sha\" of the token is no commit");
}
function numberIn(pattern, ref) {
	const digits = pattern.exec(ref)?.[1];
	return digits === void 0 ? null : Number(digits);
}
// src/collector/identity/key-sets.ts
/** Keys are asked for again after this time. */
const FRESH_MS = 6e5;
/** Keys of an issuer that does not answer are used for this long; it may have withdrawn one since. */
const STALE_MS = 36e5;
/** Between two requests that tokens with unknown keys cause: whoever invents keys must not make us ask. */
const COOLDOWN_MS = 3e4;
/** After a failure, so that an issuer in trouble is not asked with every batch. */
const FAILURE_COOLDOWN_MS = 5e3;
const TIMEOUT_MS = 5e3;
const MAX_KEYS = 100;
const KEYS_AT = {
	github: "/.well-known/jwks",
	gitlab: "/oauth/discovery/keys"
};
/** Keys of one issuer: one request at a time, at the place where its kind has them, no redirect followed. */
function keySource(issuer, { send, now, timeoutMs = TIMEOUT_MS }) {
	let held;
	let tried = Number.NEGATIVE_INFINITY;
	let failure;
	let fetching;
	const load = async () => {
		tried = now();
		try {
			const keys = await fetchKeys(issuer, send, timeoutMs);
			held = {
				keys,
				at: now()
			};
			failure = void 0;
			return keys;
		} catch (error) {
			failure = new IdentityError("unavailable", `the keys of ${issuer.url} cannot be had: ${error instanceof Error ? error.message : "no reason given"}; send the batch again later`, { cause: error });
			throw failure;
		} finally {
			fetching = void 0;
		}
	};
	const refresh = () => {
		if (fetching !== void 0) return fetching;
		if (failure !== void 0 && now() - tried < FAILURE_COOLDOWN_MS) return Promise.reject(failure);
		fetching = load();
		return fetching;
	};
	return {
		async current() {
			if (held !== void 0 && now() - held.at < FRESH_MS) return held.keys;
			try {
				return await refresh();
			} catch (error) {
				if (held !== void 0 && now() - held.at < STALE_MS) return held.keys;
				throw error;
			}
		},
		async after(keys) {
			if (held !== void 0 && held.keys !== keys) return held.keys;
			if (fetching === void 0 && failure === void 0 && now() - tried < COOLDOWN_MS) return void 0;
			return await refresh();
		}
	};
}
async function fetchKeys(issuer, send, timeoutMs) {
	const { status, body } = await send({
		method: "GET",
		url: new URL(`${issuer.url}${KEYS_AT[issuer.kind]}`),
		headers: { accept: "application/json" },
		signal: AbortSignal.timeout(timeoutMs)
	});
	if (status !== 200) throw new Error(`it answered ${status}`);
	return await keySetOf(JSON.parse(body.toString("utf8")));
}
/** A key set from its JSON. Throws for what is none, or has too many keys. */
async function keySetOf(json) {
	const { keys } = json ?? {};
	if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) throw new Error(`it has no set of 1 to ${MAX_KEYS} keys`);
	const { createLocalJWKSet } = await import("../vendor/lazy/jose.js");
	const jwks = { keys };
	return {
		jwks,
		find: createLocalJWKSet(jwks)
	};
}
// src/collector/identity/replays.ts
/** Tokens that are remembered at once. */
const MAX_TOKENS = 5e4;
/**
* Bounded: when it is full of tokens that live, the oldest is forgotten. Its audience still names its one batch.
* @param now ms since 1970
*/
function replayMemory(now, max = MAX_TOKENS) {
	const seen = /* @__PURE__ */ new Map();
	const makeRoom = () => {
		const seconds = now() / 1e3;
		for (const [key, { expires }] of seen) {
			if (expires + 30 >= seconds && seen.size < max) return;
			seen.delete(key);
		}
	};
	return { admit({ issuer, jti, expires }, digest) {
		const key = JSON.stringify([issuer, jti]);
		const known = seen.get(key);
		if (known !== void 0) return known.digest === digest;
		makeRoom();
		seen.set(key, {
			digest,
			expires
		});
		return true;
	} };
}
// src/collector/identity/verify.ts
/** What forges sign with; anything else, above all a secret made of their public key, is not tried. */
const ALGORITHMS = {
	github: ["RS256"],
	gitlab: ["RS256"]
};
/** Oldest token of GitHub: one is made for each batch. Those of GitLab are made once, for the whole job. */
const MAX_AGE = "10m";
const MAX_TOKEN = 16384;
/**
* Verifies tokens of these issuers: each is asked for its keys, and nobody else is asked for anything. A token is
* bound to its batch where its forge can do that, and remembered until it expires.
*/
function createVerifier(issuers, parts) {
	const known = new Map(issuers.map((issuer) => [issuer.url, {
		issuer,
		source: keySource(issuer, parts)
	}]));
	const replays = parts.replays ?? replayMemory(parts.now);
	return async (token, digest) => {
		const iss = await issuerIn(token);
		const found = known.get(iss);
		if (found === void 0) throw new IdentityError("refused", `tokens of ${oneLine(iss).slice(0, 200)} do not count here; serve.issuers names those that do`);
		const { issuer, source } = found;
		const { claims, keys } = await checkWithNewest(token, source, {
			issuer,
			digest,
			at: parts.now()
		});
		const identity = identityOf(issuer, claims);
		if (issuer.kind === "github" && !replays.admit(identity, digest)) throw new IdentityError("replayed", "the token came with another batch before");
		return {
			identity,
			token,
			keys: keys.jwks,
			expected: issuer
		};
	};
}
/** The audience that a token for a batch has. */
function audienceFor({ kind, audience }, digest) {
	return kind === "github" ? `modgate:v1:${audience}:${digest}` : audience;
}
async function checkWithNewest(token, source, wanted) {
	const keys = await source.current();
	try {
		return {
			claims: await check(token, keys, wanted),
			keys
		};
	} catch (error) {
		if (!(error instanceof IdentityError) || error.code !== "unknown-key") throw error;
		const newer = await source.after(keys);
		if (newer === void 0) throw error;
		return {
			claims: await check(token, newer, wanted),
			keys: newer
		};
	}
}
/** The issuer that a token names, before anything is known of it. Throws IdentityError `refused`. */
async function issuerIn(token) {
	if (token.length > MAX_TOKEN) throw new IdentityError("refused", `the token is longer than ${MAX_TOKEN} characters`);
	const { decodeJwt } = await import("../vendor/lazy/jose.js");
	try {
		const { iss } = decodeJwt(token);
		if (typeof iss === "string") return iss;
	} catch {
		throw new IdentityError("refused", "the token is no JSON Web Token");
	}
	throw new IdentityError("refused", "the token names no issuer");
}
async function check(token, keys, { issuer, digest, at }) {
	const { jwtVerify } = await import("../vendor/lazy/jose.js");
	const { kind } = issuer;
	const { payload } = await jwtVerify(token, keys.find, {
		algorithms: ALGORITHMS[kind],
		issuer: issuer.url,
		audience: audienceFor(issuer, digest),
		clockTolerance: 30,
		currentDate: new Date(at),
		requiredClaims: [...REQUIRED[kind]],
		...kind === "github" ? { maxTokenAge: MAX_AGE } : {}
	}).catch((error) => {
		throw asIdentityError(error, issuer);
	});
	if (typeof payload.aud !== "string") throw new IdentityError("refused", "the token is for several audiences");
	if (typeof payload.iat !== "number" || payload.iat > at / 1e3 + 30) throw new IdentityError("refused", "the token was issued in the future; see to the clocks");
	return payload;
}
function asIdentityError(error, issuer) {
	const { code } = error ?? {};
	const why = error instanceof Error ? oneLine(error.message).slice(0, 200) : "";
	if (code === "ERR_JWKS_NO_MATCHING_KEY") return new IdentityError("unknown-key", `none of the keys of ${issuer.url} is that of the token; send the batch again in a minute`, { cause: error });
	if (typeof code === "string" && code.startsWith("ERR_J")) return new IdentityError("refused", `the token of ${issuer.url} is not accepted: ${why}`, { cause: error });
	return new IdentityError("unavailable", `the keys of ${issuer.url} cannot be used: ${why}`, { cause: error });
}
// src/collector/identity/open.ts
const DEFAULT_URL = {
	github: "https://token.actions.githubusercontent.com",
	gitlab: "https://gitlab.com"
};
/** Longest set of keys that is read, bytes. */
const MAX_ANSWER = 262144;
/** Verifies by the issuers of a configuration; undefined where it names none. Nothing is loaded or asked before a token comes. */
function openVerifier(entries, { env, version, now }) {
	if (entries.length === 0) return void 0;
	return createVerifier(entries.map(({ kind, url = DEFAULT_URL[kind], audience, owners }) => ({
		kind,
		url,
		audience,
		owners
	})), {
		send: createSend(env, version, { maxAnswer: MAX_ANSWER }),
		now
	});
}
// src/collector/tokens.ts
/** Variables that hold a token each where the configuration names none. */
const WRITE_TOKEN_ENV = "MODGATE_WRITE_TOKEN";
const READ_TOKEN_ENV = "MODGATE_READ_TOKEN";
const MIN_LENGTH = 16;
const MAX_LENGTH = 1024;
/**
* The tokens of a configuration, their values from the environment; without entries there, those of
* MODGATE_WRITE_TOKEN and MODGATE_READ_TOKEN. Throws CollectorError `settings` for one that is missing, short, not
* fit for a header, or given to a writer and a reader.
*/
function readTokens({ writers, readers }, env) {
	const entries = writers.length + readers.length > 0 ? [...writers.map((writer) => entryOf("write", writer, env)), ...readers.map((reader) => entryOf("read", reader, env))] : [...env["MODGATE_WRITE_TOKEN"] ? [entryOf("write", {
		name: "writer",
		"token-env": WRITE_TOKEN_ENV
	}, env)] : [], ...env["MODGATE_READ_TOKEN"] ? [entryOf("read", {
		name: "reader",
		"token-env": READ_TOKEN_ENV
	}, env)] : []];
	for (const [index, { secret, name }] of entries.entries()) {
		const other = entries.slice(0, index).find((entry) => entry.secret === secret);
		if (other === void 0) continue;
		throw new CollectorError("settings", `the tokens "${other.name}" and "${name}" are the same text; give every writer and every reader one of its own`);
	}
	return entries;
}
function entryOf(right, { name, "token-env": variable, owners }, env) {
	const secret = env[variable] ?? "";
	const wrong = (what) => new CollectorError("settings", `the token of the ${right === "write" ? "writer" : "reader"} "${name}" in ${variable} ${what}; set it to at least ${MIN_LENGTH} characters, for instance from: openssl rand -hex 32`);
	if (secret === "") throw wrong("is not set");
	if (secret.length < MIN_LENGTH) throw wrong(`has only ${secret.length}`);
	if (secret.length > MAX_LENGTH) throw wrong(`is longer than ${MAX_LENGTH} characters`);
	if (!/^[\x21-\x7e]+$/.test(secret)) throw wrong("has a space, a control or another character that no header may have");
	return {
		name,
		right,
		secret,
		...owners === void 0 ? {} : { owners }
	};
}
/**
* Compares in constant time: digests under a key of this process are compared, all of them, so that neither the
* time of a comparison nor the place of a token in the list tells anything.
*/
function tokenGuard(entries) {
	const key = randomBytes(32);
	const digest = (text) => createHmac("sha256", key).update(text).digest();
	const known = entries.map(({ secret, ...entry }) => ({
		entry,
		digest: digest(secret)
	}));
	return (authorization) => {
		const given = digest(/^bearer +([\x21-\x7e]{1,1024}) *$/i.exec(authorization ?? "")?.[1] ?? "");
		let found;
		for (const { entry, digest: own } of known) if (timingSafeEqual(own, given)) found = entry;
		if (found === void 0) return void 0;
		return {
			name: found.name,
			rights: [found.right],
			...found.owners === void 0 ? {} : { owners: found.owners }
		};
	};
}
/** Name in receipts of batches that came without a token. */
const ANONYMOUS = "anonymous";
/** Without tokens whoever reaches the loopback address may do everything; nobody's name stands for it. */
const openGuard = () => ({
	name: ANONYMOUS,
	rights: ["write", "read"]
});
// src/collector/explain.ts
const MINUTE = 6e4;
const DAY = 1440 * MINUTE;
/** Commits that are taken from the index at once, and how many are asked about at a time. */
const ROUND = 50;
const LANES = 2;
/** The index is asked for new commits this often, ms, and at most one part in so many of the time. */
const IDLE_MS = 5e3;
const IDLE_SHARE = 50;
/** Pauses after which a forge or an index that is away is tried again, ms. */
const AWAY_MS = {
	first: 3e4,
	most: 60 * MINUTE
};
/** A token that is not taken will not be taken in a minute. */
const TOKEN_MS = 60 * MINUTE;
/** When something that may yet change is asked again: after as long as it is old, between these, ms. */
const AGAIN_MS = {
	least: 10 * MINUTE,
	most: 3 * DAY
};
/** Commits without a change get one within this time or never; and a change that is open for longer is left alone. */
const NO_CHANGE_MS = 30 * DAY;
const OPEN_MS = 180 * DAY;
/** Begins to ask. Each forge goes its own way, so that one that is slow or away holds up no other. */
function startExplainer(parts) {
	const ending = new AbortController();
	const done = Promise.all(parts.forges.map((forge) => keepAsking(forge, parts, ending.signal)));
	return { async close() {
		ending.abort();
		await done;
	} };
}
async function keepAsking(forge, parts, ending) {
	const { index, now, sleep, log } = parts;
	let pause = AWAY_MS.first;
	let trouble = "";
	const told = /* @__PURE__ */ new Set();
	while (!ending.aborted) try {
		const began = performance.now();
		const owners = forge.owners.length === 0 ? {} : { owners: forge.owners };
		const commits = await index.unexplained({
			forges: [{
				iss: forge.issuer,
				...owners
			}],
			now: now(),
			limit: ROUND
		});
		const took = performance.now() - began;
		await inLanes(commits, ending, (commit) => explainOne(forge, commit, parts, told));
		if (trouble !== "" && commits.length > 0) {
			log(`${forge.url} answers again`);
			trouble = "";
		}
		pause = AWAY_MS.first;
		if (commits.length < ROUND) await sleep(Math.max(IDLE_MS, IDLE_SHARE * took), ending);
	} catch (error) {
		if (ending.aborted) return;
		const message = error instanceof Error ? error.message : String(error);
		if (message !== trouble) log(`changes are not looked up for now: ${message}`);
		trouble = message;
		await sleep(error instanceof ForgeError && error.code === "token" ? TOKEN_MS : pause * (.5 + Math.random() / 2), ending);
		pause = Math.min(pause * 2, AWAY_MS.most);
	}
}
/** Asks about one commit and keeps the answer. Throws ForgeError for what would be no better with another commit. */
async function explainOne(forge, commit, { index, now, log }, told) {
	const age = Math.max(0, now() - commit.seen);
	const later = now() + Math.min(Math.max(age, AGAIN_MS.least), AGAIN_MS.most);
	try {
		const found = await forge.changeOf(commit);
		const over = found === void 0 ? age > NO_CHANGE_MS : found.settled || age > OPEN_MS;
		await index.explain(commit, found?.change, over ? void 0 : later);
	} catch (error) {
		if (!(error instanceof ForgeError) || error.code === "token" || error.code === "closing") throw error;
		const over = (error.code === "absent" || error.code === "denied") && age > NO_CHANGE_MS;
		await index.explain(commit, void 0, over ? void 0 : later);
		if (error.code === "down") throw error;
		if (error.code === "absent" || told.has(error.message) || told.size > MAX_TOLD) return;
		told.add(error.message);
		log(`no change is known for ${commit.sha.slice(0, 12)} of ${commit.repository}: ${error.message}`);
	}
}
const MAX_TOLD = 100;
/** A few at a time; the first error ends it when those under way are done. */
async function inLanes(items, ending, work) {
	const left = items.values();
	let failed;
	const lane = async () => {
		for (const item of left) {
			if (ending.aborted || failed !== void 0) return;
			await work(item).catch((error) => {
				failed ??= { error };
			});
		}
	};
	await Promise.all(Array.from({ length: LANES }, lane));
	if (failed !== void 0) throw failed.error;
}
// src/collector/forges/words.ts
/** A list as a forge answers it; anything else counts as none. */
function listed(value) {
	return Array.isArray(value) ? value : [];
}
/**
* Whether a change belongs to the repository that was asked about, and not to another one that its commit is in, too:
* by its path, or by its number after it was renamed.
*/
function sameRepository(asked, path, id) {
	if (typeof path === "string" && path.toLowerCase() === asked.repository.toLowerCase()) return true;
	return asked.repositoryId !== "" && String(id) === asked.repositoryId;
}
/** Directories whose modules belong to somebody else or to no build. */
const APART = /(?:^|\/)(?:vendor|testdata|node_modules|[._][^/]*)\//;
const MAX_PATH = 1024;
/** The go.mod of a module that may be built, nearest to the root; undefined when no file is one. */
function firstGoMod(files) {
	return files.filter((file) => /(?:^|\/)go\.mod$/.test(file) && !APART.test(file) && file.length <= MAX_PATH).toSorted((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1))[0];
}
// src/collector/forges/github.ts
const PAGE$1 = 100;
/** Reviews of one pull request that are read, in pages. */
const REVIEW_PAGES = 5;
const OWNER_AND_NAME = /^[A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}$/;
/**
* GitHub, by @octokit/rest. It has no token and no network of its own: both are in `network`, which also knows when
* GitHub wants to be left alone.
*/
async function githubForge(api, network) {
	const { Octokit } = await import("../vendor/lazy/octokit-rest.js");
	const octokit = new Octokit({
		baseUrl: api,
		log: {
			debug() {},
			info() {},
			warn() {},
			error() {}
		},
		request: { fetch: fetchOver(network) }
	});
	return {
		changeOf: (commit) => told("GitHub", () => changeOf(octokit, commit)),
		repositoriesOf: (owner) => repositoriesOf(octokit, owner),
		goModOf: (repository) => told("GitHub", () => goModOf(octokit, repository))
	};
}
/** Headers that the client looks at. */
const SHOWN$1 = [
	"content-type",
	"link",
	"location",
	"etag"
];
/** A fetch for the client: the answers of the network as Response; what the network throws goes through. */
function fetchOver(network) {
	return async (url, init) => {
		const accept = new Headers(init?.headers).get("accept") ?? void 0;
		const { status, header, body } = await network.get(new URL(url), accept);
		const headers = SHOWN$1.flatMap((name) => {
			const value = header(name);
			return value === void 0 ? [] : [[name, value]];
		});
		return new Response(status === 204 || status === 205 ? null : new Uint8Array(body), {
			status,
			headers
		});
	};
}
async function changeOf(octokit, commit) {
	if (!OWNER_AND_NAME.test(commit.repository) || !/^[0-9a-f]{40,64}$/.test(commit.sha)) return void 0;
	const [owner = "", repo = ""] = commit.repository.split("/");
	if (/^\.+$/.test(owner) || /^\.+$/.test(repo)) return void 0;
	const number = await numberOf(octokit, owner, repo, commit);
	if (number === void 0) return void 0;
	const at = {
		owner,
		repo,
		pull_number: number
	};
	const { data: pull } = await octokit.rest.pulls.get(at);
	return {
		change: infoOf(pull, await approversOf(octokit, at)),
		settled: pull.state !== "open"
	};
}
/** The pull request of a commit: what the job says it ran for, else the one that brought the commit in. */
async function numberOf(octokit, owner, repo, commit) {
	if (/^[1-9]\d{0,9}$/.test(commit.change)) return Number(commit.change);
	const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({
		owner,
		repo,
		commit_sha: commit.sha,
		per_page: PAGE$1
	});
	const own = listed(data).filter(({ base }) => sameRepository(commit, base?.repo?.full_name, base?.repo?.id));
	const rank = (pull) => (pull.merged_at ? 0 : pull.state === "open" ? 2 : 4) + (pull.merge_commit_sha === commit.sha ? 0 : 1);
	return own.toSorted((a, b) => rank(a) - rank(b) || a.number - b.number)[0]?.number;
}
/** Who approves of it: the last word of each reviewer counts, and a comment is none. */
async function approversOf(octokit, at) {
	const last = /* @__PURE__ */ new Map();
	try {
		for (let page = 1; page <= REVIEW_PAGES; page++) {
			const { data } = await octokit.rest.pulls.listReviews({
				...at,
				per_page: PAGE$1,
				page
			});
			for (const { user, state } of listed(data)) if (user?.login && state !== "COMMENTED" && state !== "PENDING") last.set(user.login, state);
			if (data.length < PAGE$1) break;
		}
	} catch (error) {
		const found = forgeErrorIn(error);
		if (!(found instanceof ForgeError && (found.code === "denied" || found.code === "absent"))) throw error;
	}
	return [...last].filter(([, state]) => state === "APPROVED").map(([login]) => login);
}
const MAX_TEXT$1 = 512;
function infoOf(pull, approvers) {
	const text = (value) => cleanText(typeof value === "string" ? value : "", MAX_TEXT$1);
	return {
		number: Number(pull.number),
		url: cleanUrl(typeof pull.html_url === "string" ? pull.html_url : ""),
		title: text(pull.title),
		author: text(pull.user?.login),
		mergedBy: text(pull.merged_by?.login),
		approvers: approvers.map(text)
	};
}
async function* repositoriesOf(octokit, owner) {
	for (let page = 1;; page++) {
		const { data, link } = await told("GitHub", () => pageOf(octokit, owner, page));
		yield data.flatMap((repository) => {
			const { id, full_name, html_url, default_branch, fork, archived, disabled, pushed_at } = repository;
			if (typeof full_name !== "string" || !OWNER_AND_NAME.test(full_name)) return [];
			return [{
				id: String(id),
				path: full_name,
				url: cleanUrl(String(html_url)),
				branch: default_branch ?? "",
				fork: fork === true,
				archived: archived === true || disabled === true,
				empty: pushed_at === null,
				stamp: `${pushed_at ?? ""} ${default_branch ?? ""}`
			}];
		});
		if (!/;\s*rel="next"/.test(link)) return;
	}
}
/** An organisation shows those that the token may see; for a user only public ones are listed. */
async function pageOf(octokit, owner, page) {
	const paging = {
		per_page: PAGE$1,
		page
	};
	const { data, headers } = await octokit.rest.repos.listForOrg({
		org: owner,
		type: "all",
		sort: "full_name",
		...paging
	}).catch(async (error) => {
		const found = forgeErrorIn(error);
		if (!(found instanceof ForgeError && found.code === "absent")) throw error;
		return await octokit.rest.repos.listForUser({
			username: owner,
			sort: "full_name",
			...paging
		});
	});
	return {
		data: listed(data),
		link: headers.link ?? ""
	};
}
/**
* The file at the root costs a small answer, and nearly every Go repository has it; the list of all files is asked for
* otherwise. Code search would be one request for many, but shows 1,000 results, no forks, and ten pages a minute.
*/
async function goModOf(octokit, { path, branch }) {
	const [owner = "", repo = ""] = path.split("/");
	try {
		const { data } = await octokit.rest.repos.getContent({
			owner,
			repo,
			path: "go.mod",
			mediaType: { format: "object" }
		});
		if (!Array.isArray(data) && data.type === "file") return {
			state: "found",
			path: "go.mod"
		};
	} catch (error) {
		const found = forgeErrorIn(error);
		if (!(found instanceof ForgeError && found.code === "absent")) throw error;
	}
	try {
		const { data } = await octokit.rest.git.getTree({
			owner,
			repo,
			tree_sha: branch === "" ? "HEAD" : branch,
			recursive: "1"
		});
		const nested = firstGoMod(listed(data.tree).flatMap(({ path: file, type }) => type === "blob" && typeof file === "string" ? [file] : []));
		if (nested !== void 0) return {
			state: "found",
			path: nested
		};
		return { state: data.truncated ? "unknown" : "none" };
	} catch (error) {
		const found = forgeErrorIn(error);
		if (found instanceof ForgeError && (found.status === 409 || found.code === "absent")) return { state: "empty" };
		throw error;
	}
}
// src/collector/forges/gitlab.ts
const PAGE = 100;
const MAX_TEXT = 512;
const MAX_APPROVERS = 500;
/** Segments of letters, digits, `_`, `-` and `.`, which do not begin with a dot or dash. */
const PROJECT_PATH = /^(?:[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254})(?:\/[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,254}){1,20}$/u;
/**
* GitLab, by @gitbeaker/rest. Its own requester retries a limit ten times within a second and follows redirects with
* the token; `network` asks instead of it, and has the token.
*/
async function gitlabForge(url, network) {
	const gitbeaker = await import("../vendor/lazy/gitbeaker-rest.js");
	const connection = {
		host: url,
		token: "",
		requesterFn: () => requesterOver(url, network)
	};
	const commits = new gitbeaker.Commits(connection);
	const requests = new gitbeaker.MergeRequests(connection);
	const approvals = new gitbeaker.MergeRequestApprovals(connection);
	const groups = new gitbeaker.Groups(connection);
	const users = new gitbeaker.Users(connection);
	const files = new gitbeaker.RepositoryFiles(connection);
	const search = new gitbeaker.Search(connection);
	/** The merge request of a commit: what the job says it ran for, else the one that brought the commit in. */
	async function numberOf(commit) {
		if (/^[1-9]\d{0,9}$/.test(commit.change)) return Number(commit.change);
		const own = listed(await commits.allMergeRequests(commit.repository, commit.sha, {
			perPage: PAGE,
			page: 1
		})).filter(({ references, iid, project_id }) => {
			const { full } = references ?? {};
			return sameRepository(commit, typeof full === "string" ? full.replace(`!${iid}`, "") : void 0, project_id);
		});
		const rank = ({ state }) => state === "merged" ? 0 : state === "opened" || state === "locked" ? 1 : 2;
		const first = own.toSorted((a, b) => rank(a) - rank(b) || Number(a.iid) - Number(b.iid))[0];
		return first === void 0 ? void 0 : Number(first.iid);
	}
	async function changeOf(commit) {
		if (!PROJECT_PATH.test(commit.repository) || !/^[0-9a-f]{40,64}$/.test(commit.sha)) return void 0;
		const number = await numberOf(commit);
		if (number === void 0) return void 0;
		const { state, title, web_url, author, merge_user, merged_by } = await requests.show(commit.repository, number);
		return {
			change: {
				number,
				url: cleanUrl(typeof web_url === "string" ? web_url : ""),
				title: text(title),
				author: userName(author),
				mergedBy: userName(merge_user ?? merged_by),
				approvers: await approversOf(commit.repository, number)
			},
			settled: state === "merged" || state === "closed"
		};
	}
	async function approversOf(project, number) {
		try {
			const { approved_by } = await approvals.showConfiguration(project, { mergerequestIId: number });
			return listed(approved_by).slice(0, MAX_APPROVERS).map((one) => userName(one?.user)).filter((name) => name !== "");
		} catch (error) {
			if (error instanceof ForgeError && (error.code === "denied" || error.code === "absent")) return [];
			throw error;
		}
	}
	/** A group with all groups below it; else the projects of a user. */
	async function pageOf(owner, page) {
		const paging = {
			perPage: PAGE,
			page,
			showExpanded: true,
			orderBy: "id",
			sort: "asc"
		};
		return await groups.allProjects(owner, {
			...paging,
			includeSubgroups: true,
			withShared: false
		}).catch(async (error) => {
			if (!(error instanceof ForgeError && error.code === "absent")) throw error;
			return await users.allProjects(owner, paging);
		});
	}
	async function* repositoriesOf(owner) {
		for (let page = 1; page > 0;) {
			const { data, paginationInfo } = await told("GitLab", () => pageOf(owner, page));
			yield listed(data).flatMap((project) => {
				const { id, path_with_namespace, web_url, default_branch, forked_from_project, last_activity_at } = project;
				if (typeof path_with_namespace !== "string" || !PROJECT_PATH.test(path_with_namespace)) return [];
				return [{
					id: String(id),
					path: path_with_namespace,
					url: cleanUrl(String(web_url)),
					branch: typeof default_branch === "string" ? default_branch : "",
					fork: forked_from_project !== void 0 && forked_from_project !== null,
					archived: project.archived === true,
					empty: project.empty_repo === true || project.repository_access_level === "disabled",
					stamp: `${last_activity_at ?? ""} ${default_branch ?? ""}`
				}];
			});
			page = ("next" in paginationInfo ? paginationInfo.next : null) ?? 0;
		}
	}
	/**
	* The file at the root, else a search of the project for the word that every go.mod has: the list of all files comes
	* 100 at a time. Search of a whole group would take a server with advanced search.
	*/
	async function goModOf({ path, branch }) {
		try {
			await files.show(path, "go.mod", branch === "" ? "HEAD" : branch);
			return {
				state: "found",
				path: "go.mod"
			};
		} catch (error) {
			if (!(error instanceof ForgeError && error.code === "absent")) throw error;
		}
		try {
			const found = listed(await search.all("blobs", "module filename:go.mod", {
				projectId: path,
				perPage: PAGE,
				page: 1
			}));
			const nested = firstGoMod(found.flatMap(({ path: file, filename }) => typeof file === "string" ? [file] : typeof filename === "string" ? [filename] : []));
			if (nested !== void 0) return {
				state: "found",
				path: nested
			};
			return { state: found.length < PAGE ? "none" : "unknown" };
		} catch (error) {
			if (!(error instanceof ForgeError)) throw error;
			if (error.code === "absent") return { state: "empty" };
			if (error.code === "denied" || error.status === 400) return { state: "unknown" };
			throw error;
		}
	}
	return {
		changeOf: (commit) => told("GitLab", () => changeOf(commit)),
		repositoriesOf,
		goModOf: (repository) => told("GitLab", () => goModOf(repository))
	};
}
/** What gitbeaker asks with: its parameters in snake case, answers of the network as it wants them. */
function requesterOver(url, network) {
	const get = async (endpoint, options = {}) => {
		const target = new URL(`${url}/api/v4/${endpoint}`);
		for (const [name, value] of Object.entries(options.searchParams ?? {})) {
			if (value === void 0 || value === null) continue;
			target.searchParams.set(name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), String(value));
		}
		const { status, header, body } = await network.get(target, void 0);
		return {
			status,
			headers: Object.fromEntries([
				"link",
				"x-next-page",
				"x-page",
				"x-per-page",
				"x-prev-page",
				"x-total",
				"x-total-pages"
			].map((name) => [name, header(name) ?? ""])),
			body: JSON.parse(body.toString("utf8"))
		};
	};
	const never = () => {
		throw new ForgeError("failed", "a forge is only asked, never told anything");
	};
	return {
		get,
		post: never,
		put: never,
		patch: never,
		delete: never
	};
}
function text(value) {
	return cleanText(typeof value === "string" ? value : "", MAX_TEXT);
}
function userName(user) {
	return text(user?.username);
}
// src/collector/index/engine.ts
/** Numbers handed to a statement as a table with one column, `id`. */
function idRows(engine, ids) {
	return engine.rows({ id: "int" }, ids.map((id) => [id]));
}
/** At most this many rows go into one statement. */
const ROWS_A_STATEMENT = 5e3;
/** Rows in pieces that one statement takes. */
function* pieces(rows, size = ROWS_A_STATEMENT) {
	if (rows.length <= size) {
		if (rows.length > 0) yield rows;
		return;
	}
	for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
// src/collector/index/id-list.ts
/**
* Numbers (ascending, distinct, below 2^50) as text: differences in base 128 with continuation bits, then base64.
* A set of 200 needs about 300 characters instead of 200 rows.
*/
function encodeIds(ids) {
	const bytes = Buffer.allocUnsafe(ids.length * 8);
	let at = 0;
	let last = 0;
	for (const id of ids) {
		let rest = id - last;
		last = id;
		while (rest > 127) {
			bytes[at++] = rest % 128 | 128;
			rest = Math.floor(rest / 128);
		}
		bytes[at++] = rest;
	}
	return bytes.toString("base64", 0, at);
}
/** The numbers of `encodeIds`. */
function decodeIds(text) {
	const out = [];
	let last = 0;
	let value = 0;
	let scale = 1;
	for (const byte of Buffer.from(text, "base64")) {
		value += (byte & 127) * scale;
		if (byte > 127) {
			scale *= 128;
			continue;
		}
		last += value;
		out.push(last);
		value = 0;
		scale = 1;
	}
	return out;
}
/** As `encodeIds`, with the flags of each; `touched` ascends by id and names each once. */
function encodeTouched(touched) {
	return encodeIds(touched.map(({ id, member, bare }) => id * 4 + (member ? 1 : 0) + (bare ? 2 : 0)));
}
/** What `encodeTouched` made text of. */
function decodeTouched(text) {
	return decodeIds(text).map((value) => ({
		id: Math.floor(value / 4),
		member: value % 2 === 1,
		bare: value % 4 > 1
	}));
}
// src/collector/index/apply/prepare.ts
/** From the weakest; a job is as good as its weakest batch. */
const ASSURANCES = [
	"relayed",
	"asserted",
	"consistent",
	"reconciled"
];
/** Sums over the batches of a job stay numbers. */
const MOST = 1e9;
/** UTF-16 units of a text that is only shown. */
const SHOWN = 2048;
/** The key of a module version in memory; NUL is in no clean text. */
function modverKey(use) {
	return `${use.module}\0${use.version}\0${use.h1}`;
}
/** How a repository is known: by the forge's number, which survives renames, else by its path. */
function repositoryKey(repository) {
	const { repositoryId, repository: path } = repository;
	return repositoryId === "" ? `path:${cleanKey(path)}` : `id:${cleanKey(repositoryId)}`;
}
/** Pure: the same facts come out the same. */
function prepare(facts) {
	const modules = /* @__PURE__ */ new Map();
	for (const use of facts.modules) {
		const clean = cleanUse(use);
		const key = modverKey(clean);
		const before = modules.get(key);
		modules.set(key, before === void 0 ? clean : merge(before, clean));
	}
	const { job } = facts;
	return {
		facts: {
			...facts,
			job: {
				...job,
				iss: cleanKey(job.iss),
				ref: cleanText(job.ref, SHOWN),
				sha: cleanKey(job.sha),
				event: cleanText(job.event, SHOWN),
				actor: cleanText(job.actor, SHOWN),
				url: cleanText(job.url, SHOWN),
				change: cleanText(job.change, SHOWN)
			},
			inst: cleanKey(facts.inst),
			rawKey: cleanText(facts.rawKey, SHOWN),
			records: Math.min(facts.records, MOST),
			dropped: Math.min(facts.dropped, MOST)
		},
		repoKey: repositoryKey(job),
		path: cleanKey(job.repository),
		name: cleanKey(job.name),
		modules,
		denied: facts.denials.map((denial) => cleanKey(denial.module)),
		assurance: Math.max(0, ASSURANCES.indexOf(facts.assurance))
	};
}
/** The use itself where nothing is to be cleaned, as nearly always. */
function cleanUse(use) {
	const module = cleanKey(use.module);
	const version = cleanKey(use.version);
	const h1 = cleanKey(use.h1);
	if (module === use.module && version === use.version && h1 === use.h1) return use;
	return {
		...use,
		module,
		version,
		h1
	};
}
function merge(a, b) {
	const { unasked: _, ...rest } = a;
	return {
		...rest,
		...a.unasked === true && b.unasked === true ? { unasked: true } : {},
		code: a.code || b.code,
		time: a.code === b.code ? Math.min(a.time, b.time) : a.code ? a.time : b.time
	};
}
// src/collector/index/era.ts
/**
* The weeks that `touch` is laid out by, ms. What comes in goes to the pages of one week instead of the whole table's,
* so that it costs the same however long the history is; who looks for the newest begins with the last week.
*/
const ERA_MS = 6048e5;
/** The week of a time, ms since 1970. */
function eraOf(time) {
	return Math.floor(time / ERA_MS);
}
// src/collector/index/apply/cache.ts
const NAMES = 5e4;
/** What a writer knows of committed rows, kept over transactions: it stays true, whoever else writes. */
var ApplyCache = class {
	/** Numbers already given, by `modverKey`: they never change. */
	modvers = new Recent(NAMES);
	sightings = new SightingBounds();
};
/** A power of two; 16 bytes each. */
const SLOTS = 2 ** 17;
/** Numbers of module versions are below it, or have keys of text. */
const LOW = 2 ** 26;
/**
* Times at which something had been seen at the latest: first sightings only ever become earlier, so that what is seen
* later than its bound needs no look at the table. Each key has one place, and the newest of those that share it stays.
*/
var SightingBounds = class {
	/** 0 is the key of nothing: numbers of rows begin at 1. */
	#keys = new Float64Array(SLOTS);
	#bounds = new Float64Array(SLOTS);
	/** Whether it was seen before `at` (ms since 1970), as far as is known here. */
	seenBefore(key, at) {
		if (typeof key === "string") return false;
		const slot = slotOf(key);
		return this.#keys[slot] === key && at > (this.#bounds[slot] ?? 0);
	}
	/** Something had been seen at `at`, and that is committed. */
	note(key, at) {
		if (typeof key === "string") return;
		const slot = slotOf(key);
		const known = this.#keys[slot] === key;
		this.#keys[slot] = key;
		this.#bounds[slot] = known ? Math.min(at, this.#bounds[slot] ?? at) : at;
	}
};
/** The key of a module version, or of one in a repository. */
function sightingKey(modver, repo = 0) {
	const key = repo * LOW + modver;
	return modver < LOW && Number.isSafeInteger(key) ? key : `${repo} ${modver}`;
}
/** The key of a module. */
function moduleSightingKey(module) {
	return -module;
}
function slotOf(key) {
	const low = key % LOW;
	const high = (key - low) / LOW;
	const mixed = Math.imul(low, 2654435761) ^ Math.imul(high, 2246822507);
	return (mixed ^ mixed >>> 15) & SLOTS - 1;
}
export { ASSURANCES, ApplyCache, CHECKPOINT_FILE, DigestSet, ERA_MS, IdentityError, LISTS, MAX_DEVIATIONS, MAX_PAGE, PARAMS, PUBLIC_KEY_FILE, QUESTION_NAMES, SHOWN, Sequences, answersFrom, checkedLines, cleanKey, cleanText, dayOf, decodeIds, decodeTouched, encodeIds, encodeTouched, eraOf, factsOf, githubForge, gitlabForge, idRows, isQuestionName, logRecords, moduleSightingKey, openBatchLog, openEvidence, openForges, openGuard, openIndex, openPatiently, openVerifier, page, pageSize, parseQuestion, pieces, prepare, proofOf, readCursor, readLogFile, readTokens, refuseContradiction, repositoryKey, retainNow, sightingKey, startExplainer, tokenGuard, uncoveredFrom, unknownKeys, writerOf };
