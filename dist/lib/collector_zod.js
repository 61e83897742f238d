import { openRawDirectory, packRaw, rawKey } from "./audit-records.js";
import { CollectorError, IndexError } from "./collector.js";
import { dayOf, factsOf, logRecords, openPatiently, retainNow, unknownKeys } from "./collector-later.js";
import { BatchError } from "./audit.js";
import { decodeBatch, refuseFuture, unpackRaw } from "./audit_zod.js";
import { isGzip } from "./audit-later.js";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { rm, writeFile } from "node:fs/promises";
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
// src/collector/ingest.ts
/**
* Takes a batch: checks it, stores it durably, hands it to the index and says so. The answer does not wait until the
* index has it, which is made from the raw objects and can be made from them again; a batch only waits a moment for
* those before it where they come faster than the index takes them. Throws BatchError, RawError; nothing is stored then.
*/
async function ingest({ raw, indexer, now }, delivery) {
	await indexer.room();
	const { key, object, facts, ...ack } = take(delivery, now());
	const outcome = await raw.put(key, object);
	if (outcome === "stored") indexer.add(key, facts);
	return {
		...ack,
		dup: outcome === "exists"
	};
}
/** All that is needed of a batch, so that its thousands of records are not kept while the disk is waited for. */
function take({ gzip, digest, writer }, received) {
	if (!isGzip(gzip)) throw new BatchError("not-gzip", "the body is no gzip, as Content-Encoding says");
	const batch = decodeBatch(gzip, digest === void 0 ? {} : { digest });
	refuseFuture(batch, received);
	const receipt = {
		kind: "rcpt",
		v: 1,
		received: new Date(received).toISOString(),
		writer,
		assurance: "relayed"
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
			indexer,
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
				rawWritable: await probed.writable
			};
		},
		async settled() {
			await indexer.settled();
			await whole.clear();
		},
		retain: () => retainNow({
			raw,
			index,
			rules: options.retention,
			now,
			log
		}),
		explain: index.explain,
		async close(ms) {
			await indexer.close(ms);
			await index.close();
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
export { indexPlace, openEngine, recordsOf, startIndexer };
