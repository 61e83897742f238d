import { digestOfKey } from "./audit.js";
import { oneLine } from "./platform.js";
import { didYouMean, parseDuration } from "./config.js";
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
// src/collector/index/errors.ts
/** What the index could not do; the message says where, why and what to do next, without credentials. */
var IndexError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "IndexError";
		this.code = code;
	}
};
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
// src/collector/errors.ts
/** A failure of the collector; the message says what, where, why and what to do, and has no secret in it. */
var CollectorError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "CollectorError";
		this.code = code;
	}
};
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
		name: cleanKey([claim("workflow"), claim("job")].filter((part) => part !== "").join(" / ")),
		url: cleanUrl(claim("url")),
		change: changeOf(claims),
		onDefault: onDefault(header.forge, claims)
	};
}
/** Number of the pull or merge request; empty for none. */
function changeOf(claims) {
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
	if (branch === "" || tag !== "" || changeOf(claims) !== "") return false;
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
const MAX_TEXT$1 = 2048;
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
		if (before === void 0 || use.time < before.time) uses.set(key, use);
	};
	const addCode = (module, version, h1, time) => {
		inCode.add(`${module}@${version}`);
		add(code, `${module}@${version} ${h1}`, {
			module,
			version,
			h1,
			code: true,
			time
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
	const atEnd = inventories.filter(({ phase }) => phase === "end");
	for (const { members, t } of atEnd) {
		const time = clock(t);
		for (const member of members) {
			const space = member.indexOf(" ", member.indexOf("@"));
			const [module, version] = split(member.slice(0, space));
			addCode(module, version, member.slice(space + 1), time);
		}
	}
	for (const { vendored = [], t } of atEnd) for (const name of vendored) {
		const [module, version] = split(name);
		if (module === "" || version === "" || inCode.has(`${module}@${version}`)) continue;
		addCode(module, version, "", clock(t));
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
		reason: cleanText(request.reason ?? "", MAX_TEXT$1)
	};
}
function cleanFinding({ rule, level, module, version, message }) {
	return {
		rule: cleanText(rule, 128),
		level,
		...module === void 0 ? {} : { module: cleanKey(module) },
		...version === void 0 ? {} : { version: cleanKey(version) },
		message: cleanText(message, MAX_TEXT$1)
	};
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
const SHOWN$1 = [
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
	return Object.fromEntries(SHOWN$1.flatMap((key) => request[key] === void 0 ? [] : [[key, request[key]]]));
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
	unexplained = async (limit) => await (await this.#open()).unexplained(limit);
	explain = async (commit, change) => await (await this.#open()).explain(commit, change);
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
	"repositories"
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
const PAGE = ["limit", "after"];
/** The parameters that each question takes. */
const PARAMS = {
	who: [
		"module",
		"version",
		"repository",
		...PAGE
	],
	used: [
		"module",
		"version",
		...PAGE
	],
	log: [
		"decision",
		"module",
		"version",
		"repository",
		"job",
		"since",
		...PAGE
	],
	conflicts: PAGE,
	jobs: [
		"state",
		"older",
		"repository",
		...PAGE
	],
	diff: ["from", "to"],
	repositories: PAGE
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
	repositories: ["repositories"]
};
const MAX_TEXT = 1024;
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
	repositories: (params) => page$1(params)
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
		if (value.length > 4 * MAX_TEXT) throw wrong(`${key} is longer than ${4 * MAX_TEXT} characters`);
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
	return text(key, value);
}
/** Text that both databases can compare with; a NUL or half a character is in none of their values. */
function text(key, value) {
	if (value.length > MAX_TEXT) throw wrong(`${key} is longer than ${MAX_TEXT} characters`);
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
		...after === void 0 ? {} : { after: text("after", after) }
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
/** Answers from an index, and from the raw batches where the records themselves are asked for. */
function answersFrom(index, read) {
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
		})
	};
	return (name, question, scope = {}) => answer[name](question, scope);
}
// src/collector/index/lru.ts
/** The values used last, at most `limit` of them. */
var Lru = class {
	#values = /* @__PURE__ */ new Map();
	#limit;
	constructor(limit) {
		this.#limit = limit;
	}
	get(key) {
		const value = this.#values.get(key);
		if (value === void 0) return void 0;
		this.#values.delete(key);
		this.#values.set(key, value);
		return value;
	}
	set(key, value) {
		this.#values.delete(key);
		this.#values.set(key, value);
		if (this.#values.size <= this.#limit) return;
		for (const oldest of this.#values.keys()) {
			this.#values.delete(oldest);
			return;
		}
	}
	clear() {
		this.#values.clear();
	}
};
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
// src/collector/index/engine.ts
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
		const clean = {
			...use,
			module: cleanKey(use.module),
			version: cleanKey(use.version),
			h1: cleanKey(use.h1)
		};
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
function merge(a, b) {
	return {
		...a,
		code: a.code || b.code,
		time: a.code === b.code ? Math.min(a.time, b.time) : a.code ? a.time : b.time
	};
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
export { ASSURANCES, CollectorError, IndexError, LISTS, Lru, MAX_PAGE, PARAMS, QUESTION_NAMES, SHOWN, answersFrom, cleanKey, cleanText, dayOf, decodeIds, decodeTouched, encodeIds, encodeTouched, factsOf, isQuestionName, logRecords, openGuard, openIndex, openPatiently, page, pageSize, parseQuestion, pieces, prepare, readCursor, readTokens, repositoryKey, retainNow, tokenGuard, unknownKeys };
