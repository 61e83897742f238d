import { BatchError, RawError } from "./audit.js";
import { digestOfKey, openRawDirectory, packRaw, rawKey } from "./audit-records.js";
import { CollectorError, IndexError } from "./collector.js";
import { isGzip } from "./audit-later.js";
import { decodeBatch, refuseFuture, unpackRaw } from "./audit_zod.js";
import { CHECKPOINT_FILE, DigestSet, PUBLIC_KEY_FILE, Sequences, checkedLines, dayOf, factsOf, logRecords, openBatchLog, openEvidence, openPatiently, readLogFile, refuseContradiction, retainNow, unknownKeys } from "./collector-later.js";
import { formatHash, parseVerifierKey } from "./tlog-records.js";
import { openCheckpoint } from "./collector-records.js";
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readFile, rm, writeFile } from "node:fs/promises";
// src/collector/ingest.ts
/**
* Takes a batch: checks it, stores it durably, hands it to the index and says so. The answer does not wait until the
* index has it, which is made from the raw objects and can be made from them again; a batch only waits a moment for
* those before it where they come faster than the index takes them. It waits until the batch is in the log.
*
* Throws BatchError, RawError, IdentityError `contradicts`; nothing is stored then. CollectorError `storage` where the log cannot be written: the
* sender brings the batch again, which then only needs its line.
*/
async function ingest({ raw, evidence, indexer, batchLog, now }, delivery) {
	await indexer.room();
	const { key, object, facts, ...ack } = take(delivery, now());
	if (delivery.proof !== void 0 && await raw.get(key) === void 0) await evidence.put(key, delivery.proof.evidence);
	const outcome = await raw.put(key, object);
	if (outcome === "stored") indexer.add(key, facts);
	const dup = outcome === "exists";
	if (batchLog === void 0) return {
		...ack,
		dup
	};
	const there = dup && !batchLog.has(ack.digest) ? await raw.get(key) : void 0;
	const checkpoint = await batchLog.append({
		kind: "batch",
		key,
		sha256: sha256Of(there ?? object)
	});
	return {
		...ack,
		dup,
		checkpoint: checkpoint.toString()
	};
}
function sha256Of(bytes) {
	return createHash("sha256").update(bytes).digest("hex");
}
/** All that is needed of a batch, so that its thousands of records are not kept while the disk is waited for. */
function take({ gzip, digest, writer, proof }, received) {
	if (!isGzip(gzip)) throw new BatchError("not-gzip", "the body is no gzip, as Content-Encoding says");
	const batch = decodeBatch(gzip, digest === void 0 ? {} : { digest });
	refuseFuture(batch, received);
	if (proof !== void 0) refuseContradiction(proof, batch.header);
	const receipt = {
		kind: "rcpt",
		v: 1,
		received: new Date(received).toISOString(),
		writer,
		assurance: proof?.assurance ?? "relayed"
	};
	const key = rawKey(batch);
	return {
		key,
		object: packRaw(receipt, gzip),
		facts: factsOf(receipt, batch, key),
		digest: batch.digest,
		refused: batch.refused,
		time: receipt.received
	};
}
// src/collector/batch-log/catch-up.ts
/** Lines that wait for one signature. */
const GROUP = 256;
/** The log of a directory; undefined, and told, where it cannot be used: batches are taken without it. */
async function openLogOrTell(dir, options, log) {
	try {
		return await openBatchLog(dir, options);
	} catch (error) {
		if (!(error instanceof CollectorError)) throw error;
		log(`alarm: ${error.message}`);
		return;
	}
}
/**
* Gives a line to every raw object that has none: those of a time without log, those that a kill came between, and
* those that jobs wrote into the directory themselves. False, and told, where not all could be read or written.
*/
async function logUnlogged({ raw, batchLog, log, signal }) {
	let added = 0;
	let group = [];
	const settle = async () => {
		const waiting = group;
		group = [];
		await Promise.all(waiting);
		added += waiting.length;
	};
	try {
		for await (const key of raw.list()) {
			if (signal.aborted) break;
			if (batchLog.has(digestOfKey(key))) continue;
			const object = await raw.get(key);
			if (object === void 0 || batchLog.has(digestOfKey(key))) continue;
			const line = batchLog.append({
				kind: "batch",
				key,
				sha256: sha256Of(object)
			});
			line.catch(() => void 0);
			group.push(line);
			if (group.length >= GROUP) await settle();
		}
		await settle();
		if (added > 0) log(`${added} batches that lay in raw came into the log`);
		return true;
	} catch (error) {
		log(`not all raw batches are in the log yet, the next start goes on with it: ${error instanceof Error ? error.message : String(error)}`);
		return false;
	}
}
// src/collector/raw-facts.ts
/**
* A raw object; undefined when it is not there any more. Throws BatchError for one that is no raw object, or not the
* one that its name tells of.
*/
async function readRaw(raw, key) {
	const bytes = await raw.get(key);
	if (bytes === void 0) return void 0;
	const object = unpackRaw(bytes);
	if (rawKey(object.batch) === key) return object;
	throw new BatchError("digest", `it holds the batch ${object.batch.digest}, not the one that its name tells of`);
}
/** What the index keeps of a raw object. Throws as `readRaw`. */
async function readRawFacts(raw, key) {
	const object = await readRaw(raw, key);
	return object === void 0 ? void 0 : factsOf(object.receipt, object.batch, key);
}
// src/collector/indexer.ts
/** Batches of one transaction, and the weight of them: a transaction is short, so that others come between. */
const GROUP_BATCHES = 128;
const GROUP_WEIGHT = 2e4;
/**
* A transaction costs as much as many batches: while they keep coming, one waits for others, ms. The first of these is
* how long nothing has to come, the other how long the first batch waits at most.
*/
const GATHER_MS = {
	quiet: 25,
	most: 500
};
/** What is kept in memory of batches that wait; of further ones only the key, they are read from raw again. */
const QUEUED_WEIGHT = 3e4;
/**
* Weight from which on those that bring more wait: a batch that is not kept is decoded twice, which costs more than the
* index. What is on its way by then still fits below the weight that is kept.
*/
const FULL_WEIGHT = 2e4;
/** Longest that they wait, ms: a sender gives up after fifteen seconds, and raw has room when the index is slow. */
const ROOM_MS = 2e3;
/** A denial or a finding has texts of up to some kilobytes, a module use some hundred bytes. */
const TEXT_WEIGHT = 10;
/** Keys that are kept of batches that wait; past it all raw objects are looked through instead. */
const QUEUED_KEYS = 5e4;
const RETRY_MS = {
	first: 500,
	most: 3e4
};
/** Batches that could not be applied by themselves; past it the oldest are tried again. */
const SET_ASIDE = 1e4;
function startIndexer(parts) {
	return new Loop(parts);
}
var Loop = class {
	#parts;
	#ending = new AbortController();
	#setAside = /* @__PURE__ */ new Set();
	#queue = [];
	#weight = 0;
	/** Batches that were taken out of the queue and are not in the index yet. */
	#applying = 0;
	#behind = false;
	#missing;
	#away;
	#retryMs = RETRY_MS.first;
	#closing = false;
	#wake;
	#wantRoom = /* @__PURE__ */ new Set();
	#settled = [];
	#done;
	constructor(parts) {
		this.#parts = parts;
		this.#done = this.#run();
	}
	add(key, facts) {
		if (this.#away !== void 0 || this.#queue.length >= QUEUED_KEYS) {
			this.#behind = true;
			return;
		}
		const keep = this.#weight + weightOf(facts) <= QUEUED_WEIGHT;
		if (keep) this.#weight += weightOf(facts);
		this.#queue.push({
			key,
			facts: keep ? facts : void 0
		});
		this.#wake?.();
	}
	room() {
		if (this.#weight < FULL_WEIGHT || this.#away !== void 0 || this.#closing) return Promise.resolve();
		return new Promise((resolve) => {
			const enter = () => {
				clearTimeout(timer);
				this.#wantRoom.delete(enter);
				resolve();
			};
			const timer = setTimeout(enter, ROOM_MS);
			this.#wantRoom.add(enter);
		});
	}
	#letIn() {
		for (const enter of [...this.#wantRoom]) enter();
	}
	catchUp() {
		this.#behind = true;
		this.#wake?.();
	}
	state() {
		const error = this.#away?.message;
		return {
			state: this.#away !== void 0 ? "away" : this.#behind || this.#missing !== void 0 ? "catching-up" : "current",
			waiting: this.#queue.length + this.#applying,
			setAside: this.#setAside.size,
			...error === void 0 ? {} : { error }
		};
	}
	settled() {
		if (this.#away !== void 0) return Promise.reject(this.#away);
		return new Promise((resolve, reject) => {
			this.#settled.push({
				resolve,
				reject
			});
			this.#wake?.();
		});
	}
	async close(ms) {
		this.#closing = true;
		this.#letIn();
		this.#wake?.();
		const timer = setTimeout(() => this.#ending.abort(), ms);
		if (this.#away !== void 0) this.#ending.abort();
		await this.#done;
		clearTimeout(timer);
		this.#missing?.return(void 0);
		for (const { reject } of this.#settled.splice(0)) reject(new CollectorError("closing", "the collector ends"));
	}
	async #run() {
		for (;;) {
			if (this.#ending.signal.aborted) return;
			if (this.#queue.length === 0 && !this.#behind && this.#missing === void 0) {
				for (const { resolve } of this.#settled.splice(0)) resolve();
				if (this.#closing) return;
				await new Promise((resolve) => {
					this.#wake = resolve;
					if (this.#queue.length > 0 || this.#behind || this.#closing) resolve();
				});
				this.#wake = void 0;
				continue;
			}
			if (this.#closing && this.#queue.length === 0) return;
			await this.#gather();
			try {
				await this.#step();
				if (this.#away !== void 0) this.#parts.log("the index answers again");
				this.#away = void 0;
				this.#retryMs = RETRY_MS.first;
			} catch (error) {
				this.#lose(error instanceof Error ? error : new Error(String(error)));
				if (this.#closing) return;
				await this.#parts.sleep(this.#retryMs * (.5 + Math.random() / 2), this.#ending.signal);
				this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
			}
		}
	}
	/** Waits for more batches while they come quickly, unless somebody waits for the index or there is other work. */
	async #gather() {
		const until = performance.now() + GATHER_MS.most;
		while (this.#queue.length > 0 && this.#queue.length < GROUP_BATCHES && this.#weight < GROUP_WEIGHT && !(this.#closing || this.#behind || this.#missing !== void 0 || this.#settled.length > 0)) {
			const before = this.#queue.length;
			const left = until - performance.now();
			if (left <= 0) return;
			await new Promise((resolve) => {
				const timer = setTimeout(resolve, Math.min(GATHER_MS.quiet, left));
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
			this.#wake = void 0;
			if (this.#queue.length === before) return;
		}
	}
	/** One transaction with what came in, and one with what was found missing, so that neither starves the other. */
	async #step() {
		if (this.#queue.length > 0) {
			const taken = this.#take();
			this.#applying = taken.length;
			await this.#apply(taken);
			this.#applying = 0;
		}
		if (this.#closing) return;
		if (this.#behind && this.#missing === void 0) {
			this.#behind = false;
			this.#missing = unknownKeys(this.#parts);
		}
		if (this.#missing === void 0) return;
		const { value, done } = await this.#missing.next();
		if (done === true) this.#missing = void 0;
		else await this.#applyKeys(value);
	}
	#take() {
		let weight = 0;
		let count = 0;
		for (const { facts } of this.#queue) {
			weight += weightOf(facts);
			if (count > 0 && (weight > GROUP_WEIGHT || count >= GROUP_BATCHES)) break;
			count++;
		}
		const taken = this.#queue.splice(0, count);
		for (const { facts } of taken) this.#weight -= weightOf(facts);
		if (this.#weight < FULL_WEIGHT) this.#letIn();
		return taken;
	}
	async #applyKeys(keys) {
		for (let at = 0; at < keys.length; at += GROUP_BATCHES) {
			await this.#apply(keys.slice(at, at + GROUP_BATCHES).map((key) => ({
				key,
				facts: void 0
			})));
			if (this.#closing) return;
		}
	}
	async #apply(waiting) {
		let group = [];
		let weight = 0;
		const flush = async () => {
			if (group.length > 0) await this.#applyGroup(group);
			group = [];
			weight = 0;
		};
		for (const { key, facts: known } of waiting) {
			if (this.#setAside.has(key)) continue;
			const facts = known ?? await this.#read(key);
			if (facts === void 0) continue;
			if (weight + weightOf(facts) > GROUP_WEIGHT) await flush();
			group.push(facts);
			weight += weightOf(facts);
		}
		await flush();
	}
	/** Facts of a raw object; one that cannot be read is told and set aside: the others must not wait for it. */
	async #read(key) {
		try {
			return await readRawFacts(this.#parts.raw, key);
		} catch (error) {
			this.#leave(key, error);
			return;
		}
	}
	/** One batch that the index cannot take must not keep the others out; an index that is away takes none. */
	async #applyGroup(group) {
		try {
			this.#tell(await this.#parts.index.apply(group));
		} catch (error) {
			if (error instanceof IndexError && error.code === "unavailable") throw error;
			const [facts, ...more] = group;
			if (facts === void 0) return;
			if (more.length === 0) this.#leave(facts.rawKey, error);
			else for (const one of group) await this.#applyGroup([one]);
		}
	}
	#leave(key, error) {
		this.#setAside.add(key);
		if (this.#setAside.size > SET_ASIDE) for (const oldest of this.#setAside) {
			this.#setAside.delete(oldest);
			break;
		}
		const why = error instanceof Error ? error.message : String(error);
		this.#parts.log(`${key} is in raw and not in the index: ${why}`);
	}
	#tell(applied) {
		for (const { digest, movedEarlier, conflicts } of applied) {
			if (movedEarlier.length > 0) this.#parts.log(`batch ${digest} came late: first seen is earlier now for ${some(movedEarlier)}`);
			if (conflicts.length > 0) this.#parts.log(`alarm: batch ${digest} has another h1 than before for ${some(conflicts)}`);
		}
	}
	#lose(error) {
		if (this.#away?.message !== error.message) this.#parts.log(`the index does not answer, batches are kept in raw for it: ${error.message}`);
		this.#away = error;
		this.#queue = [];
		this.#weight = 0;
		this.#letIn();
		this.#applying = 0;
		this.#behind = true;
		this.#missing?.return(void 0);
		this.#missing = void 0;
		for (const { reject } of this.#settled.splice(0)) reject(error);
	}
};
function some(names) {
	const shown = names.slice(0, 10).join(", ");
	return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
/** How much memory facts hold and how long they take, in module uses. */
function weightOf(facts) {
	if (facts === void 0) return 0;
	return facts.modules.length + TEXT_WEIGHT * (facts.denials.length + facts.findings.length);
}
// src/collector/engine.ts
/** Which index a collector has. */
function indexPlace({ dir, database }) {
	return database === void 0 ? { file: join(dir, "index.db") } : { url: database };
}
/** Opens raw store and index, and begins to bring into the index what it lacks. */
async function openEngine(options) {
	const { dir, now, log, sleep } = options;
	let foreign = 0;
	const raw = openRawDirectory(dir, { onForeign: (file) => {
		if (++foreign <= FOREIGN) log(`${file} is no raw batch and is passed over`);
	} });
	const batchLog = await openLogOrTell(dir, {
		now,
		make: true
	}, log);
	const evidence = openEvidence(dir);
	const ending = new AbortController();
	const logging = batchLog === void 0 ? void 0 : logUnlogged({
		raw,
		batchLog,
		log,
		signal: ending.signal
	});
	const index = await openPatiently(indexPlace(options));
	const whole = await openMarker(join(dir, REBUILDING), index);
	const from = () => whole.set() ? void 0 : dayOf(now() - options.retention.jobs);
	const indexer = startIndexer({
		raw,
		index,
		log,
		sleep,
		from
	});
	indexer.catchUp();
	let probed;
	return {
		ingest: (delivery) => ingest({
			raw,
			evidence,
			indexer,
			batchLog,
			now
		}, delivery),
		records: (key, filter) => recordsOf(raw, key, filter),
		async state() {
			if (probed === void 0 || Math.abs(now() - probed.at) > PROBE_MS) probed = {
				at: now(),
				writable: isWritable(dir)
			};
			return {
				...indexer.state(),
				rawWritable: await probed.writable,
				batchLog: batchLog === void 0 ? "broken" : "current"
			};
		},
		logFile: (name) => readLogFile(dir, batchLog, name),
		async settled() {
			await indexer.settled();
			await whole.clear();
		},
		retain: () => retainNow({
			raw: witnessed(raw, evidence, batchLog),
			index,
			rules: options.retention,
			now,
			log
		}),
		explain: index.explain,
		async close(ms) {
			ending.abort();
			await indexer.close(ms);
			await index.close();
			await logging;
			await batchLog?.close();
		}
	};
}
/** What retention deletes is told in the log first: else it would look as if somebody had taken it away. */
function witnessed(raw, evidence, batchLog) {
	return {
		list: () => raw.list(),
		async delete(key) {
			await batchLog?.append({
				kind: "gone",
				key
			});
			await raw.delete(key);
			await evidence.delete(key);
		}
	};
}
/** The file that is there while an index is made from all raw objects, also over a kill. */
const REBUILDING = "rebuilding";
/**
* Whether the index is yet to get all raw objects, also those older than it keeps jobs: their first sightings count for
* ever. So it is from the start of an empty index until it has caught up once.
*/
async function openMarker(file, index) {
	let set = existsSync(file);
	if (!set && await isEmpty(index)) {
		await writeFile(file, "modgate serve makes the index of this directory from all of raw/\n");
		set = true;
	}
	return {
		set: () => set,
		async clear() {
			if (set) await rm(file, { force: true });
			set = false;
		}
	};
}
async function isEmpty(index) {
	try {
		return (await index.repositories({ limit: 1 })).repositories.length === 0;
	} catch (error) {
		if (error instanceof IndexError && error.code === "unavailable") return true;
		throw error;
	}
}
/** Foreign files that are told of: who fills a directory with them is not to fill the log. */
const FOREIGN = 20;
const PROBE_MS = 5e3;
async function isWritable(dir) {
	const file = join(dir, `.probe-${process.pid}`);
	try {
		await writeFile(file, "modgate serve may write here\n");
		await rm(file, { force: true });
		return true;
	} catch {
		return false;
	}
}
/** Records of one raw object that fit, and how many it has. Throws BatchError, RawError. */
async function recordsOf(raw, key, filter) {
	const object = await readRaw(raw, key);
	if (object === void 0) return {
		records: [],
		scanned: 0
	};
	return {
		records: logRecords(object.receipt, object.batch, filter),
		scanned: object.batch.requests.length
	};
}
// src/collector/verify/verify.ts
/**
* Proves a store, offline and from its files alone: that the signed log is the one that was shown before, that every
* batch in it lies there unchanged, that nothing lies there that is not in it, and that the batches of each proxy are
* whole. Throws NoteError for a key that is none; RawError.
*/
async function verifyStore(options) {
	return await new Run(options).run();
}
/** Between a batch that lies in raw and its line there are a write and a sync, ms. */
const TAKING_MS = 6e4;
var Run = class {
	#options;
	#deviations = [];
	#sequences;
	/** Batches that have a line, and those of which the collector said that it deleted them. */
	#logged = new DigestSet();
	#gone = /* @__PURE__ */ new Map();
	#count = 0;
	#batches = 0;
	#records = 0;
	#unsigned = 0;
	constructor(options) {
		this.#options = options;
		this.#sequences = new Sequences(this.#tell);
	}
	#tell = (deviation) => {
		this.#count++;
		if (this.#deviations.length < 1e3) this.#deviations.push(deviation);
	};
	async run() {
		const { dir, raw, keys, checkpoints } = this.#options;
		const given = keys.map(parseVerifierKey);
		const found = await this.#signed(given);
		const log = found?.report ?? null;
		if (found !== void 0) {
			const older = this.#older(found.verifiers);
			await this.#readLog({
				...found,
				older
			});
		} else if (given.length > 0 || checkpoints.length > 0) this.#tell({
			rule: "log/missing",
			what: "there is no log, and there has been one: it was taken away, or this is another store",
			where: CHECKPOINT_FILE
		});
		for await (const key of raw.list()) {
			if (this.#logged.has(digestOfKey(key))) continue;
			if (found !== void 0) {
				this.#unsigned++;
				if (await this.#isOld(key, found.signed)) this.#tell({
					rule: "batch/unlogged",
					what: "the batch lies in the store and has no line in the log: it was put there past the collector",
					where: key
				});
			}
			await this.#readBatch(key, void 0);
		}
		const open = this.#sequences.finish((job, inst) => this.#gone.has(`${job} ${inst}`));
		return {
			schema: 1,
			store: dir,
			log,
			batches: this.#batches,
			records: this.#records,
			gone: [...this.#gone.values()].reduce((a, b) => a + b, 0),
			open,
			unsigned: this.#unsigned,
			checkpoints: found === void 0 ? 0 : checkpoints.length,
			deviations: this.#deviations,
			deviationCount: this.#count,
			ok: this.#count === 0
		};
	}
	/** The newest checkpoint, by a key that was given, or by that of the store. */
	async #signed(given) {
		const { dir, keys } = this.#options;
		const note = await readFile(join(dir, CHECKPOINT_FILE)).catch(() => void 0);
		if (note === void 0) return void 0;
		const own = (await readFile(join(dir, PUBLIC_KEY_FILE), "utf8").catch(() => "")).trim();
		const verifiers = given.length > 0 ? given : own === "" ? [] : [parseVerifierKey(own)];
		try {
			const signed = openCheckpoint(note, verifiers);
			const by = signed.signatures.find(({ name }) => name === signed.origin);
			const key = [...keys, own].find((vkey) => vkey.startsWith(`${by?.name}+${by?.keyHash}+`)) ?? own;
			return {
				signed,
				verifiers,
				report: {
					origin: signed.origin,
					size: signed.tree.size,
					root: formatHash(signed.tree.hash),
					time: signed.time,
					key,
					keyFrom: given.length > 0 ? "given" : "store"
				}
			};
		} catch (error) {
			this.#tell({
				rule: "log/key",
				what: `the checkpoint is not signed by ${given.length > 0 ? "a key that was given" : "the key in the store"}: ${wordsOf(error)}`,
				where: CHECKPOINT_FILE
			});
			return;
		}
	}
	#older(verifiers) {
		return this.#options.checkpoints.flatMap((note, i) => {
			try {
				return [openCheckpoint(note, verifiers)];
			} catch (error) {
				this.#tell({
					rule: "log/key",
					what: `checkpoint ${i + 1} of those that were given is not signed by this log's key: ${wordsOf(error)}`,
					where: CHECKPOINT_FILE
				});
				return [];
			}
		});
	}
	async #readLog({ signed, older }) {
		const { dir } = this.#options;
		const gone = new DigestSet();
		const missing = /* @__PURE__ */ new Map();
		for await (const { line, n } of checkedLines({
			dir,
			signed,
			older,
			tell: this.#tell
		})) {
			const digest = digestOfKey(line.key);
			if (n >= signed.tree.size) this.#unsigned++;
			if (line.kind === "gone") {
				if (!gone.add(digest)) continue;
				missing.delete(digest);
				const [, , , , job = "", name = ""] = line.key.split("/");
				const id = `${job} ${name.slice(0, 36)}`;
				this.#gone.set(id, (this.#gone.get(id) ?? 0) + 1);
				continue;
			}
			if (!this.#logged.add(digest)) {
				this.#tell({
					rule: "log/line",
					what: `line ${n + 1} names a batch that has a line already`,
					where: line.key
				});
				continue;
			}
			if (!await this.#readBatch(line.key, line.sha256)) missing.set(digest, {
				key: line.key,
				n
			});
		}
		for (const { key, n } of missing.values()) this.#tell({
			rule: "batch/deleted",
			what: `the batch has line ${n + 1} of the log and lies nowhere: it was taken away, and not by the collector's retention`,
			where: key
		});
	}
	/** False where there is no such object. */
	async #readBatch(key, sha256) {
		try {
			const bytes = await this.#options.raw.get(key);
			if (bytes === void 0) return false;
			this.#batches++;
			if (this.#batches % 100 === 0) this.#options.onProgress(this.#batches);
			if (sha256 !== void 0 && sha256Of(bytes) !== sha256) this.#tell({
				rule: "batch/changed",
				what: "the raw object is not the one that the log has",
				where: key
			});
			const { batch } = unpackRaw(bytes);
			if (rawKey(batch) !== key) {
				this.#tell({
					rule: "batch/changed",
					what: `it holds the batch ${batch.digest}, not the one that its name tells of`,
					where: key
				});
				return true;
			}
			this.#records += batch.requests.length;
			this.#sequences.add(key, batch);
		} catch (error) {
			if (!(error instanceof BatchError || error instanceof RawError && error.code === "damaged")) throw error;
			this.#tell({
				rule: "batch/damaged",
				what: `it cannot be read: ${error.message}`,
				where: key
			});
		}
		return true;
	}
	/** Whether the collector had the batch well before it signed: one that comes in just now has no line yet. */
	async #isOld(key, { time }) {
		try {
			const bytes = await this.#options.raw.get(key);
			return bytes !== void 0 && Date.parse(unpackRaw(bytes).receipt.received) + TAKING_MS <= Date.parse(time);
		} catch {
			return true;
		}
	}
};
function wordsOf(error) {
	return error instanceof Error ? error.message : String(error);
}
export { indexPlace, logUnlogged, openEngine, recordsOf, startIndexer, verifyStore };
