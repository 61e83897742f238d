import { escapePath, escapeVersion, fields } from "./gomod.js";
import { EMPTY_TREE_HASH, MAX_TREE_SIZE, NoteError, ProofError, foldSubTrees, formatHash, nodeHash, openNote, parseHash, parseVerifierKey, proveTree, recordHash, sameHash, splitStoredHashIndex, storedHashIndex, subTreeIndexes } from "./tlog-records.js";
import { isUtf8 } from "node:buffer";
// src/tlog/tile.ts
/** Digits of a number in the form `x001/x234/567`. */
function splitNumber(n) {
	const parts = [String(n % 1e3).padStart(3, "0")];
	for (let rest = Math.floor(n / 1e3); rest > 0; rest = Math.floor(rest / 1e3)) parts.unshift(`x${String(rest % 1e3).padStart(3, "0")}`);
	return parts.join("/");
}
/** `tile/8/0/x001/234` or `tile/8/1/000.p/17`. */
function tilePath({ height, level, n, width }) {
	const partial = width === 2 ** height ? "" : `.p/${width}`;
	return `tile/${height}/${level === -1 ? "data" : level}/${splitNumber(n)}${partial}`;
}
/** Reads a tile's path; undefined for everything that `tilePath` would not have written. */
function parseTilePath(path) {
	if (path.length > 100) return void 0;
	const m = /^tile\/([0-9]{1,2})\/([0-9]{1,2}|data)\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,10}))?$/.exec(path);
	if (m === null) return void 0;
	const height = Number(m[1]);
	const level = m[2] === "data" ? -1 : Number(m[2]);
	const width = m[4] === void 0 ? 2 ** height : Number(m[4]);
	const n = Number(m[3]?.replace(/[x/]/g, ""));
	if (height < 1 || height > 30 || level > 63 || width < 1 || width > 2 ** height) return void 0;
	const tile = {
		height,
		level,
		n,
		width
	};
	return tilePath(tile) === path ? tile : void 0;
}
function placeOf(height, index) {
	const { level: storedLevel, n } = splitStoredHashIndex(index);
	const level = Math.floor(storedLevel / height);
	const span = 2 ** (storedLevel - level * height);
	const first = n * span;
	const tileN = Math.floor(first / 2 ** height);
	const from = first - tileN * 2 ** height;
	return {
		tile: {
			height,
			level,
			n: tileN,
			width: from + span
		},
		from,
		to: from + span
	};
}
/** The smallest tile that holds the hash at a stored index. */
function tileForIndex(height, index) {
	return placeOf(height, index).tile;
}
function foldTile(data, from, to) {
	if (to - from === 1) return data.slice(from * 32, to * 32);
	const middle = (from + to) / 2;
	return nodeHash(foldTile(data, from, middle), foldTile(data, middle, to));
}
/** The hash at a stored index, from the data of a tile that holds it. Throws `ProofError` when it does not. */
function hashFromTile(tile, data, index) {
	const { tile: own, from, to } = placeOf(tile.height, index);
	if (data.byteLength < tile.width * 32) throw new ProofError("invalid-input", `data len ${data.byteLength} too short for tile ${tilePath(tile)}`);
	if (tile.level !== own.level || tile.n !== own.n || tile.width < own.width) throw new ProofError("invalid-input", `index ${index} is in ${tilePath(own)} not ${tilePath(tile)}`);
	return foldTile(data, from, to);
}
/** The tile k levels up, as wide as a tree of that size has it; undefined where the tree has none. */
function tileParent(tile, k, treeSize) {
	const { height } = tile;
	const level = tile.level + k;
	const n = Math.floor(tile.n / 2 ** (k * height));
	const width = Math.min(2 ** height, Math.floor(treeSize / 2 ** (level * height)) - n * 2 ** height);
	return width > 0 ? {
		height,
		level,
		n,
		width
	} : void 0;
}
/** A plan of tiles in which each tile stands behind the one that authenticates it. */
var TilePlan = class {
	tiles = [];
	#order = /* @__PURE__ */ new Map();
	#treeSize;
	constructor(treeSize) {
		this.#treeSize = treeSize;
	}
	has(tile) {
		return this.#order.has(tilePath(tile));
	}
	indexOf(tile) {
		return this.#order.get(tilePath(tile)) ?? -1;
	}
	parent(tile, k) {
		const parent = tileParent(tile, k, this.#treeSize);
		if (parent === void 0) throw new ProofError("invalid-input", `no tile above ${tilePath(tile)} in the tree`);
		return parent;
	}
	/** Adds the tile, and before it those parents that are not planned yet. */
	add(tile) {
		const missing = [];
		for (let k = 0;; k++) {
			const parent = this.parent(tile, k);
			if (this.has(parent)) break;
			missing.push(parent);
		}
		for (const next of missing.reverse()) this.push(next);
		return this.indexOf(this.parent(tile, 0));
	}
	push(tile) {
		this.#order.set(tilePath(tile), this.tiles.length);
		this.tiles.push(tile);
	}
};
function inconsistent() {
	return new ProofError("invalid-proof", "downloaded inconsistent tile");
}
/**
* Reads hashes by way of tiles, and the tiles are authenticated: those at the right edge against the tree's
* hash, all others against their parents. What is returned in `tiles` may be kept.
*
* @param indexes stored indexes of the hashes wanted
* @param readTiles gives each tile's data, exactly `width * 32` bytes; nothing in it is trusted
* @throws ProofError `invalid-proof` when the tiles do not support the tree, `invalid-input` for an index
*   beyond it; what readTiles rejects with is passed on
*/
async function readAuthenticated(tree, height, indexes, readTiles) {
	const end = storedHashIndex(0, tree.size);
	if (indexes.some((index) => index >= end)) throw new ProofError("invalid-input", "indexes not in tree");
	const plan = new TilePlan(tree.size);
	const edge = subTreeIndexes(0, tree.size);
	const edgeTiles = edge.map((index) => {
		const tile = plan.parent(tileForIndex(height, index), 0);
		if (!plan.has(tile)) plan.push(tile);
		return plan.indexOf(tile);
	});
	const edgeCount = plan.tiles.length;
	const indexTiles = indexes.map((index) => plan.add(tileForIndex(height, index)));
	const data = await readTiles(plan.tiles);
	const tiles = plan.tiles.map((tile, i) => {
		const bytes = data[i];
		if (bytes?.byteLength !== tile.width * 32) throw inconsistent();
		return {
			tile,
			data: bytes
		};
	});
	const at = (i, index) => {
		const found = i === void 0 ? void 0 : tiles[i];
		if (found === void 0) throw inconsistent();
		return hashFromTile(found.tile, found.data, index);
	};
	const root = foldSubTrees(edge.map((index, i) => at(edgeTiles[i], index)));
	if (!sameHash(root, tree.hash)) throw inconsistent();
	for (const { tile, data: bytes } of tiles.slice(edgeCount)) {
		const parent = plan.parent(tile, 1);
		const expected = at(plan.indexOf(parent), storedHashIndex(parent.level * height, tile.n));
		if (tile.width !== 2 ** height || !sameHash(expected, foldTile(bytes, 0, tile.width))) throw inconsistent();
	}
	return {
		hashes: indexes.map((index, i) => at(indexTiles[i], index)),
		tiles
	};
}
// src/tlog/recent.ts
/** A bounded map that forgets what was used longest ago. */
var Recent = class {
	#entries = /* @__PURE__ */ new Map();
	#max;
	constructor(max) {
		this.#max = max;
	}
	get(key) {
		const value = this.#entries.get(key);
		if (value !== void 0) this.set(key, value);
		return value;
	}
	set(key, value) {
		this.#entries.delete(key);
		this.#entries.set(key, value);
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size <= this.#max) break;
			this.#entries.delete(oldest);
		}
	}
	clear() {
		this.#entries.clear();
	}
};
// src/tlog/record.ts
/** The texts of the checksum database: tree heads and records (`golang.org/x/mod/sumdb/tlog/note.go`). */
const TREE_PREFIX = "go.sum database tree\n";
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
/** Reads the text of a tree head; lines after the hash are ignored. Undefined when malformed. */
function parseTree(text) {
	if (!text.startsWith(TREE_PREFIX) || text.length > 1e6) return void 0;
	const [, size = "", base64 = "", ...rest] = text.split("\n", 4);
	const hash = parseHash(base64);
	if (rest.length === 0 || !/^(?:0|[1-9][0-9]{0,15})$/.test(size) || hash === void 0) return void 0;
	return Number(size) > MAX_TREE_SIZE ? void 0 : {
		size: Number(size),
		hash
	};
}
/** Takes a `/lookup` answer apart; undefined when malformed. Nothing is verified. */
function parseRecord(msg) {
	const bytes = Buffer.from(msg.buffer, msg.byteOffset, msg.byteLength);
	const newline = bytes.indexOf(10);
	const id = newline < 0 ? "" : bytes.toString("latin1", 0, Math.min(newline, 20));
	if (!/^[0-9]{1,15}$/.test(id)) return void 0;
	const end = bytes.indexOf("\n\n", newline + 1, "latin1");
	if (end < 0) return void 0;
	const text = bytes.subarray(newline + 1, end + 1);
	if (!isUtf8(text) || CONTROL.test(text.toString("utf8"))) return void 0;
	return {
		id: Number(id),
		text,
		head: bytes.subarray(end + 2)
	};
}
/** A `/lookup` answer without its tree head: append a signed one. */
function formatRecord(id, text) {
	return `${id}\n${text}\n`;
}
// src/tlog/sumdb-ops.ts
var SumDbError = class extends Error {
	name = "SumDbError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
const MAX_LOOKUP_BYTES = 65536;
/** Whether an error carries that `code`. */
function hasCode(error, code) {
	return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
/**
* For what the database must have because of what it signed: that it denies to have it is no answer about a
* module, but a fault like any other outage.
*/
function asFault(error) {
	if (!(error instanceof SumDbError) || error.code !== "not-found") return error;
	return new SumDbError("unreachable", `${error.message} (its signed tree needs it)`, { cause: error });
}
/** The operations with their failures in our words: a cache may fail, an answer may not be too large. */
var SumDbSource = class {
	name;
	#ops;
	constructor(name, ops) {
		this.name = name;
		this.#ops = ops;
	}
	/** An answer of the database. Throws `SumDbError`. */
	async remote(path, maxBytes) {
		let bytes;
		try {
			bytes = await this.#ops.readRemote(path);
		} catch (cause) {
			const why = cause instanceof Error ? cause.message : String(cause);
			throw new SumDbError(hasCode(cause, "not-found") ? "not-found" : "unreachable", `asking ${this.name} for ${path}: ${why}`, { cause });
		}
		if (bytes.byteLength <= maxBytes) return bytes;
		throw new SumDbError("bad-response", `${this.name} answered ${path} with more than ${maxBytes} bytes`);
	}
	async cached(path) {
		try {
			return await this.#ops.readCache(path);
		} catch {
			return;
		}
	}
	async keep(path, bytes) {
		try {
			await this.#ops.writeCache(path, bytes);
		} catch {}
	}
	async readLatest() {
		try {
			const note = await this.#ops.readLatest();
			return note === void 0 || note.byteLength === 0 ? void 0 : note;
		} catch {
			return;
		}
	}
	/** False when another head was written meanwhile. */
	async writeLatest(old, next) {
		try {
			return await this.#ops.writeLatest(old, next) === "ok";
		} catch {
			return true;
		}
	}
	securityError(message) {
		this.#ops.securityError(message);
	}
};
// src/tlog/tile-reader.ts
/** 8 KiB each. */
const MAX_TILES = 512;
function isFull(tile) {
	return tile.width === 2 ** tile.height;
}
function fullTile(tile) {
	return {
		...tile,
		width: 2 ** tile.height
	};
}
/** The part of a wider tile's data that a tile consists of. */
function tilePrefix(data, tile) {
	return data.subarray(0, tile.width * 32);
}
/** Reads hashes of the database's trees by way of its tiles. */
var TileReader = class {
	#source;
	#leases = /* @__PURE__ */ new Map();
	/** Authenticated tiles only. */
	#tiles = new Recent(MAX_TILES);
	constructor(source) {
		this.#source = source;
	}
	/**
	* Authenticated hashes of a tree. When tiles do not fit and some of them were remembered, all are fetched
	* anew: a damaged cache must not look like a lying database, nor hide one. The tiles are remembered and
	* cached when `believe` finds that nothing else speaks against the tree; until then those who need the same
	* tiles share them, each with a judgement of its own.
	*
	* @throws SumDbError
	*/
	async authenticate(tree, indexes, believe) {
		for (const fresh of [false, true]) {
			const leased = [];
			let fetched = [];
			try {
				const { hashes } = await readAuthenticated(tree, 8, indexes, async (tiles) => {
					fetched = await Promise.all(tiles.map((tile) => this.#lease(tile, fresh, leased)));
					return fetched.map(({ data }) => data);
				});
				const believed = believe(hashes);
				if (believed) await this.#save(fetched);
				return {
					hashes,
					tiles: fetched,
					believed
				};
			} catch (cause) {
				if (!(cause instanceof ProofError)) throw cause;
				if (!fresh && fetched.some(({ from }) => from !== "remote")) continue;
				throw new SumDbError("bad-proof", `${this.#source.name}: ${cause.message}`, { cause });
			} finally {
				for (const key of leased) this.#release(key);
			}
		}
		throw new SumDbError("bad-proof", `${this.#source.name}: downloaded inconsistent tile`);
	}
	#lease(tile, fresh, leased) {
		const key = `${tilePath(tile)} ${fresh}`;
		const lease = this.#leases.get(key) ?? {
			flight: this.#fetchTile(tile, fresh),
			users: 0
		};
		lease.users++;
		leased.push(key);
		this.#leases.set(key, lease);
		return lease.flight;
	}
	#release(key) {
		const lease = this.#leases.get(key);
		if (lease !== void 0 && --lease.users === 0) this.#leases.delete(key);
	}
	async #fetchTile(tile, fresh) {
		const candidates = isFull(tile) ? [tile] : [tile, fullTile(tile)];
		if (!fresh) {
			for (const candidate of candidates) {
				const known = this.#tiles.get(tilePath(candidate));
				if (known !== void 0) return {
					tile,
					data: tilePrefix(known, tile),
					from: "memory"
				};
			}
			for (const candidate of candidates) {
				const cached = await this.#source.cached(`/${tilePath(candidate)}`);
				if (cached?.byteLength !== candidate.width * 32) continue;
				return {
					tile,
					data: tilePrefix(cached, tile),
					from: "cache"
				};
			}
		}
		try {
			return {
				tile,
				data: await this.#remoteTile(tile),
				from: "remote"
			};
		} catch (error) {
			const full = !isFull(tile) && !hasCode(error, "unreachable") ? await this.#remoteTile(fullTile(tile)).catch(() => void 0) : void 0;
			if (full === void 0) throw asFault(error);
			return {
				tile,
				data: tilePrefix(full, tile),
				from: "remote"
			};
		}
	}
	async #remoteTile(tile) {
		const size = tile.width * 32;
		const bytes = await this.#source.remote(`/${tilePath(tile)}`, size);
		if (bytes.byteLength === size) return bytes;
		throw new SumDbError("bad-response", `${this.#source.name} gave ${bytes.byteLength} bytes for ${tilePath(tile)}, not ${size}`);
	}
	/** Remembers tiles that were authenticated, and caches those that were fetched. */
	async #save(tiles) {
		for (const { tile, data } of tiles) this.#tiles.set(tilePath(tile), data);
		const fetched = tiles.filter(({ from }) => from === "remote");
		await Promise.all(fetched.map(({ tile, data }) => this.#source.keep(`/${tilePath(tile)}`, data)));
	}
};
// src/tlog/timeline.ts
const MAX_MERGE_ROUNDS = 100;
function indent(note) {
	return Buffer.from(note ?? []).toString("utf8").replaceAll("\n", "\n	");
}
/** The one history of a database as far as it is known: heads are taken in only where they agree with it. */
var Timeline = class {
	#source;
	#tiles;
	#verifier;
	#head = {
		tree: {
			size: 0,
			hash: EMPTY_TREE_HASH
		},
		note: void 0
	};
	#started;
	constructor(source, tiles, verifier) {
		this.#source = source;
		this.#tiles = tiles;
		this.#verifier = verifier;
	}
	/** The newest head known. */
	get head() {
		return this.#head;
	}
	/** Loads the recorded head, once. One that the key did not sign is as good as none. Never rejects. */
	start() {
		this.#started ??= (async () => {
			const recorded = this.#tryOpen(await this.#source.readLatest());
			if (recorded !== void 0) this.#head = recorded;
		})();
		return this.#started;
	}
	#tryOpen(note) {
		try {
			return note && this.open(note);
		} catch {
			return;
		}
	}
	/** Reads a signed head and checks its signature. Throws `SumDbError`. */
	open(note) {
		if (note.byteLength > 65536) throw new SumDbError("bad-response", `a tree head of ${this.#source.name} is larger than ${MAX_LOOKUP_BYTES} bytes`);
		try {
			const tree = parseTree(openNote(note, [this.#verifier]).text);
			if (tree !== void 0) return {
				tree,
				note
			};
		} catch (cause) {
			if (!(cause instanceof NoteError)) throw cause;
			throw new SumDbError(cause.code === "malformed" ? "bad-response" : "bad-signature", `reading a tree head of ${this.#source.name}: ${cause.message}`, { cause });
		}
		throw new SumDbError("bad-response", `reading a tree head of ${this.#source.name}: malformed tree note`);
	}
	/** Asks for the newest head, merges it, and gives the newest signed note. Throws `SumDbError`. */
	async update() {
		const note = await this.#source.remote("/latest", MAX_LOOKUP_BYTES).catch((error) => {
			throw asFault(error);
		});
		await this.merge(note);
		return this.#head.note ?? note;
	}
	/**
	* Takes a signed head into our timeline, and into the recorded one when ours went on.
	*
	* @throws SumDbError `fork` (after `securityError` was told) when the head contradicts ours
	*/
	async merge(note) {
		if (await this.#mergeInMemory(this.open(note)) !== "future") return;
		for (let round = 0; round < MAX_MERGE_ROUNDS; round++) {
			const recorded = await this.#source.readLatest();
			const head = this.#tryOpen(recorded);
			if (head !== void 0 && await this.#mergeInMemory(head) !== "past") return;
			const next = this.#head.note;
			if (next === void 0 || await this.#source.writeLatest(recorded, next)) return;
		}
	}
	/** Tells where the head lies as seen from ours; ours is moved forward to it. */
	async #mergeInMemory(head) {
		for (;;) {
			const ours = this.#head;
			if (head.tree.size <= ours.tree.size) {
				await this.#checkPrefix(head, ours);
				return head.tree.size < ours.tree.size ? "past" : "now";
			}
			await this.#checkPrefix(ours, head);
			if (this.#head === ours) {
				this.#head = head;
				return "future";
			}
		}
	}
	/** Checks that the older head is on the newer one's timeline. */
	async #checkPrefix(older, newer) {
		const fits = (hash) => sameHash(hash, older.tree.hash);
		let hash;
		if (older.tree.size === newer.tree.size) hash = newer.tree.hash;
		else if (older.tree.size === 0) hash = EMPTY_TREE_HASH;
		else {
			const indexes = subTreeIndexes(0, older.tree.size);
			const read = await this.#tiles.authenticate(newer.tree, indexes, (hashes) => fits(foldSubTrees(hashes)));
			hash = foldSubTrees(read.hashes);
		}
		if (fits(hash)) return;
		this.#source.securityError(await this.#forkReport(older, newer, hash));
		throw new SumDbError("fork", `SECURITY ERROR: ${this.#source.name} signed two histories that contradict each other`);
	}
	async #forkReport(older, newer, hash) {
		let proof;
		try {
			const read = async (indexes) => (await this.#tiles.authenticate(newer.tree, indexes, () => false)).hashes;
			proof = [hash, ...await proveTree(newer.tree.size, older.tree.size, read)].map(formatHash).join("\n	");
		} catch (error) {
			proof = `${formatHash(hash)}\n\tnot complete: ${error instanceof Error ? error.message : error}`;
		}
		return [
			"SECURITY ERROR",
			"go.sum database server misbehavior detected!",
			"",
			`old database:\n\t${indent(older.note)}`,
			`new database:\n\t${indent(newer.note)}`,
			`proof of misbehavior:\n\t${proof}`,
			""
		].join("\n");
	}
};
// src/tlog/client.ts
const MAX_RESULTS = 2e3;
/** Looks modules up in one checksum database. Reads nothing before the first call. */
var SumDb = class {
	name;
	#source;
	#tiles;
	#timeline;
	#flights = /* @__PURE__ */ new Map();
	#results = new Recent(MAX_RESULTS);
	/** Throws `NoteError` when the key (`name+hash+base64`) is malformed. */
	constructor(verifierKey, ops) {
		const verifier = parseVerifierKey(verifierKey.trim());
		this.name = verifier.name;
		this.#source = new SumDbSource(verifier.name, ops);
		this.#tiles = new TileReader(this.#source);
		this.#timeline = new Timeline(this.#source, this.#tiles, verifier);
	}
	/**
	* The hashes that the database has for a module version, verified by its signature. Concurrent calls for
	* one version share one flight; a failure is not remembered.
	*
	* @throws SumDbError, or ModuleError for a malformed path or version
	*/
	async lookup(path, version) {
		const wire = `/lookup/${escapePath(path)}@${escapeVersion(version)}`;
		const known = this.#results.get(wire);
		if (known !== void 0) return known;
		const running = this.#flights.get(wire);
		if (running !== void 0) return running;
		const flight = this.#lookup(wire, path, version).finally(() => this.#flights.delete(wire));
		this.#flights.set(wire, flight);
		const result = await flight;
		this.#results.set(wire, result);
		return result;
	}
	/**
	* The bytes of a tile, authenticated against the newest signed head (which is brought up to date when the
	* tile lies beyond it). When the database cannot be asked, a cached tile is given as it is: only
	* authenticated tiles were ever cached.
	*
	* @param wirePath `/tile/8/<level>/<number>[.p/<width>]`
	* @throws SumDbError
	*/
	async tile(wirePath) {
		const tile = parseTilePath(wirePath.slice(1));
		if (tile === void 0 || !wirePath.startsWith("/") || tile.height !== 8 || tile.level < 0) throw new SumDbError("not-found", `${this.name} has no tile of the path ${JSON.stringify(wirePath)}`);
		const needed = (tile.n * 256 + tile.width) * 2 ** (8 * tile.level);
		try {
			return await this.#authenticatedTile(tile, needed);
		} catch (error) {
			const cached = hasCode(error, "unreachable") ? await this.#source.cached(`/${tilePath(tile)}`) : void 0;
			if (cached?.byteLength !== tile.width * 32) throw error;
			return cached;
		}
	}
	/** The signed note of the newest head known; asks the database only when none is known. Throws `SumDbError`. */
	async latest() {
		await this.#timeline.start();
		return this.#timeline.head.note ?? this.#timeline.update();
	}
	async #lookup(wire, path, version) {
		await this.#timeline.start();
		const cached = await this.#source.cached(wire);
		if (cached !== void 0) {
			const result = await this.#verifyCached(cached, path, version);
			if (result !== void 0) return result;
		}
		const answer = await this.#source.remote(wire, MAX_LOOKUP_BYTES);
		const result = await this.#verify(answer, path, version);
		await this.#source.keep(wire, answer);
		return result;
	}
	/** Undefined when the cached answer is damaged: then the database is asked again. */
	async #verifyCached(answer, path, version) {
		try {
			return await this.#verify(answer, path, version);
		} catch (error) {
			if (hasCode(error, "fork")) throw error;
			if (!hasCode(error, "unreachable")) return void 0;
			return this.#verifyAlone(answer, path, version).catch(() => {
				throw error;
			});
		}
	}
	#parse(answer, path, version) {
		const record = answer.byteLength > 65536 ? void 0 : parseRecord(answer);
		if (record === void 0) throw new SumDbError("bad-response", `${this.name}: malformed record of ${path}@${version}`);
		const lines = record.text.toString("utf8").split("\n");
		const h1 = (key) => lines.find((line) => line.startsWith(`${key} h1:`))?.slice(key.length + 1);
		const zip = h1(`${path} ${version}`);
		const mod = h1(`${path} ${version}/go.mod`);
		if (zip === void 0 && mod === void 0) throw new SumDbError("bad-response", `${this.name}: the record for ${path}@${version} has no hash of it`);
		const result = {
			record: answer,
			...zip !== void 0 && { zip },
			...mod !== void 0 && { mod }
		};
		return {
			...record,
			result
		};
	}
	async #verify(answer, path, version) {
		const { id, text, head, result } = this.#parse(answer, path, version);
		await this.#timeline.merge(head);
		await this.#checkRecord(this.#timeline.head.tree, id, text, `${path}@${version}`);
		return result;
	}
	/**
	* Verifies a cached answer by the tree head it carries and nothing newer. The signature says as much about
	* the record; only whether that head and the newest one agree is left for when the database can be asked.
	*/
	async #verifyAlone(answer, path, version) {
		const { id, text, head, result } = this.#parse(answer, path, version);
		await this.#checkRecord(this.#timeline.open(head).tree, id, text, `${path}@${version}`);
		return result;
	}
	async #checkRecord(tree, id, text, what) {
		if (id >= tree.size) throw new SumDbError("bad-proof", `${this.name}: cannot validate record ${id} of ${what} in tree of size ${tree.size}`);
		const { believed } = await this.#tiles.authenticate(tree, [storedHashIndex(0, id)], ([expected]) => expected !== void 0 && sameHash(expected, recordHash(text)));
		if (!believed) throw new SumDbError("bad-proof", `${this.name}: cannot authenticate the record of ${what}`);
	}
	async #authenticatedTile(tile, needed) {
		await this.#timeline.start();
		if (needed <= MAX_TREE_SIZE && needed > this.#timeline.head.tree.size) await this.#timeline.update();
		const { tree } = this.#timeline.head;
		if (needed > tree.size) throw new SumDbError("not-found", `${this.name} has no ${tilePath(tile)} in its tree of size ${tree.size}`);
		const index = storedHashIndex(tile.level * 8, tile.n * 256);
		const { tiles } = await this.#tiles.authenticate(tree, [index], () => true);
		const inTree = tileParent(tileForIndex(8, index), 0, tree.size);
		const found = tiles.find((other) => inTree !== void 0 && tilePath(other.tile) === tilePath(inTree));
		if (found === void 0) throw new SumDbError("bad-proof", `${this.name}: ${tilePath(tile)} was not authenticated`);
		return tilePrefix(found.data, tile);
	}
};
// src/tlog/key.ts
/** A GOSUMDB value that go refuses. */
var GoSumDbError = class extends Error {
	name = "GoSumDbError";
	code = "bad-gosumdb";
};
const KEY_AFTER_NAME = /^\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}/;
const KEY_AFTER_NAME_LENGTH = 54;
function isKey(text) {
	try {
		parseVerifierKey(text);
		return true;
	} catch {
		return false;
	}
}
/**
* Finds a database's verifier key in the source of the go command (`cmd/go/internal/modfetch/key.go`) or in
* the bytes of its binary, read as latin1. A candidate counts only when its key hash is right.
*
* @param name the database's name, as GOSUMDB has it
*/
function findSumDbKey(text, name) {
	if (name === "") return void 0;
	const prefix = `${name}+`;
	for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, at + 1)) {
		const from = at + name.length;
		const found = KEY_AFTER_NAME.exec(text.slice(from, from + KEY_AFTER_NAME_LENGTH))?.[0];
		if (found !== void 0 && isKey(name + found)) return name + found;
	}
}
/**
* Go knows some short GOSUMDB values as names for another database at a certain URL; they stand in
* `cmd/go/internal/modfetch/sumdb.go` as `if gosumdb == "short" { gosumdb = "name url" }`. Gives what the
* value stands for, or undefined.
*/
function findSumDbAlias(sumdbSource, value) {
	for (const [, short, long] of sumdbSource.matchAll(/gosumdb == "([^"\n]{1,200})" \{\s{1,20}gosumdb = "([^"\n]{1,200})"/g)) if (short === value) return long;
}
/** `host[/path]` and nothing that could bend a URL: the name becomes part of paths. */
function checkName(name) {
	if (!/^[A-Za-z0-9.-]+(?::[0-9]+)?(?:\/[A-Za-z0-9._~-]+)*$/.test(name) || name.split("/").some((part) => /^\.+$/.test(part))) throw new GoSumDbError(`invalid sumdb name (must be host[/path]): ${name}`);
}
function nameOfKey(key) {
	try {
		return parseVerifierKey(key).name;
	} catch (cause) {
		throw new GoSumDbError(`invalid GOSUMDB: ${cause instanceof Error ? cause.message : cause}`, { cause });
	}
}
/**
* Reads the GOSUMDB variable: `off`, `name`, `name+hash+key`, and behind either of the two an optional URL.
*
* @throws GoSumDbError in go's words
*/
function parseGoSumDb(value) {
	if (value === "off") return { off: true };
	const [first, url, ...more] = fields(value);
	if (first === void 0) throw new GoSumDbError("missing GOSUMDB");
	if (more.length > 0) throw new GoSumDbError("invalid GOSUMDB: too many fields");
	const hasKey = first.includes("+");
	const name = hasKey ? nameOfKey(first) : first;
	checkName(name);
	return {
		off: false,
		name,
		...hasKey && { key: first },
		...url !== void 0 && { url }
	};
}
export { MAX_LOOKUP_BYTES, Recent, SumDb, SumDbError, SumDbSource, TileReader, findSumDbAlias, findSumDbKey, formatRecord, parseGoSumDb, parseRecord, parseTilePath, parseTree, tilePath };
