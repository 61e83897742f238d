import { BundleError, FILE_KINDS, READ_FLAGS, errnoOf, factsOf, parseEntry, readRegular, versionKeys, walkVersions } from "./store.js";
import { TarReader, inflate } from "./store-proxy.js";
import { TOOLCHAIN } from "./gomod-proxy.js";
import * as fs from "node:fs";
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { constants as constants$1, createZstdCompress } from "node:zlib";
import path, { join } from "node:path";
import * as fsp from "node:fs/promises";
// src/store/bundle/choose.ts
/** A toolchain is as large as a hundred modules, and a new one comes every month: their share of `maxBytes`. */
const TOOLCHAIN_SHARE = 1 / 4;
/** The versions worth keeping, most recently used first. Pure. */
function chooseVersions(versions, choice) {
	const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
	const young = versions.filter((version) => version.lastUse >= oldest).sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
	let bytes = 0;
	let toolchains = 0;
	return young.filter((version) => {
		const size = version.packed;
		const isToolchain = version.path === TOOLCHAIN;
		if (bytes + size > choice.maxBytes) return false;
		if (isToolchain && toolchains + size > choice.maxBytes * TOOLCHAIN_SHARE) return false;
		bytes += size;
		if (isToolchain) toolchains += size;
		return true;
	});
}
/**
* The same versions in the order in which a bundle has their files. What this session used comes first, by names: that is
* how `go` goes through a module graph, so that a job whose restore is under way has what it asks for first, first. A
* toolchain is what it asks for before all else. The rest follows by last use. Pure.
*/
function packingOrder(versions, sessionStart) {
	const rank = ({ path: modulePath, lastUse }) => lastUse < sessionStart ? 2 : modulePath === "golang.org/toolchain" ? 0 : 1;
	return versions.toSorted((a, b) => {
		const [left, right] = [rank(a), rank(b)];
		if (left !== right) return left - right;
		return (left === 2 ? b.lastUse - a.lastUse : 0) || (nameOf(a) < nameOf(b) ? -1 : 1);
	});
}
/**
* What the bundle's compression leaves of a zip in stored form: of 690 MB of contents three quarters of what the
* original zips take, but it has to be an upper bound for each set of them.
*/
const STORED_SHARE = 1.1;
/** Bytes that a file takes in a bundle at most, as good as that can be told before it is packed. */
function packedSize(kind, size, zip) {
	if (kind !== "zip" || zip?.representation !== "stored") return size;
	return Math.min(size, Math.ceil(zip.original.size * STORED_SHARE));
}
function nameOf(version) {
	return `${version.path}@${version.version}`;
}
/** Every version of a store directory; one without index entry was never checked whole and is left out. */
async function storedVersions(storeDir) {
	const versions = [];
	for await (const found of walkVersions(storeDir)) {
		const keys = versionKeys(found);
		const index = keys && await readRegular(path.join(storeDir, keys.index), 65536);
		if (index === void 0) continue;
		const entry = index.bytes === "oversize" ? void 0 : parseEntry(index.bytes, found);
		const packed = FILE_KINDS.reduce((sum, kind) => sum + packedSize(kind, found.files[kind] ?? 0, entry?.zip), 0);
		versions.push({
			...found,
			lastUse: index.stamp.mtimeMs,
			packed,
			known: knownFiles(found, entry)
		});
	}
	return versions;
}
/** A file that the index does not know, or knows by another size, is left out. */
function knownFiles({ files }, entry) {
	return FILE_KINDS.flatMap((kind) => {
		const facts = factsOf(entry, kind);
		if (facts === void 0 || facts.size !== files[kind]) return [];
		const packed = packedSize(kind, facts.size, entry?.zip);
		return [{
			kind,
			size: facts.size,
			sha256: facts.sha256,
			bundle: 0,
			packed
		}];
	});
}
/** Chosen versions as a bundle has them; one of which the index knows no file is left out. Pure. */
function withDigests(chosen) {
	return chosen.flatMap(({ path: modulePath, version, lastUse, known }) => known.length === 0 ? [] : [{
		path: modulePath,
		version,
		lastUse,
		files: known
	}]);
}
// src/store/bundle/compress.ts
/**
* Of 160 MB of real module zips, level 1 leaves 143 MB in 0.3 s and level 3 leaves 139 MB in 0.5 s; level 4 takes
* longer for nothing. One job packs, and every job after it fetches.
*/
const LEVEL = 3;
const CHUNK$1 = 262144;
/** Writes one zstd frame. Left to itself, Node's stream adds an empty second one whenever it is busy at the end. */
async function compress(source, out) {
	const zstd = createZstdCompress({
		chunkSize: CHUNK$1,
		finishFlush: constants$1.ZSTD_e_continue,
		params: {
			[constants$1.ZSTD_c_compressionLevel]: LEVEL,
			[constants$1.ZSTD_c_checksumFlag]: 1
		}
	});
	const frame = async function* () {
		for await (const chunk of source) yield chunk;
		zstd.flush(constants$1.ZSTD_e_end);
	};
	await pipeline(frame, zstd, out);
}
// src/store/bundle/recheck.ts
const CHUNK = 1048576;
/**
* The manifest without those of its own files whose bytes are not what it says. In a store that is not believed a zip
* counts for its h1 alone, and what the index says of its bytes may be somebody's fancy; nobody can pack by that.
*/
async function withoutStrangers(storeDir, manifest) {
	const versions = [];
	for (const version of manifest.versions) {
		const keys = versionKeys(version);
		const files = [];
		for (const file of version.files) {
			const key = keys?.files[file.kind];
			if (file.bundle > 0 || key !== void 0 && await isWhat(path.join(storeDir, key), file)) files.push(file);
		}
		if (files.length > 0) versions.push({
			...version,
			files
		});
	}
	return {
		...manifest,
		versions
	};
}
async function isWhat(file, { size, sha256 }) {
	const handle = await fsp.open(file, READ_FLAGS).catch(() => void 0);
	if (handle === void 0) return false;
	try {
		const stat = await handle.stat();
		if (!stat.isFile() || stat.size !== size) return false;
		const hash = createHash("sha256");
		const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK, size)));
		for (let at = 0; at < size;) {
			const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
			if (bytesRead === 0) return false;
			hash.update(buffer.subarray(0, bytesRead));
			at += bytesRead;
		}
		return hash.digest("hex") === sha256;
	} catch {
		return false;
	} finally {
		await handle.close().catch(() => void 0);
	}
}
/** Most actions of a cache that is kept; a large project with its tests has some ten thousand. */
const MAX_ACTIONS = 15e4;
/** Most bytes of outputs of a cache that is kept. */
const MAX_OUTPUT_BYTES = 8 * 1024 ** 3;
/** Beginning of the list of inputs under which go finds the result of an earlier test run. */
const TEST_LOG = Buffer.from("# test log\n");
const ACTION = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) ( *\d{1,20}) ( *\d{1,20})\n$/;
const ENTRY = /^([0-9a-f]{64})-([ad])$/;
/** The names of the directories of a cache, `00` to `ff`. */
const SUBDIRECTORIES = Array.from({ length: 256 }, (_, at) => at.toString(16).padStart(2, "0"));
/** What a file name in one of the directories means; undefined for anything that go does not write there. */
function parseEntryName(subdirectory, name) {
	const [, digest, kind] = ENTRY.exec(name) ?? [];
	if (digest === void 0 || !digest.startsWith(subdirectory)) return void 0;
	return {
		digest,
		kind: kind === "a" ? "action" : "output"
	};
}
/** Relative path of an entry, with forward slashes. */
function entryPath(digest, kind) {
	return `${digest.slice(0, 2)}/${digest}-${kind === "action" ? "a" : "d"}`;
}
/** Reads an action file; undefined when it is none, as go itself would find. */
function parseAction(bytes) {
	if (bytes.length !== 175) return void 0;
	const [, id, out, size, time] = ACTION.exec(bytes.toString("latin1")) ?? [];
	if (id === void 0 || out === void 0 || size?.length !== 20 || time?.length !== 20) return void 0;
	const length = Number(size.trim());
	if (!Number.isSafeInteger(length) || length > MAX_OUTPUT_BYTES) return void 0;
	return {
		id,
		out,
		size: length,
		madeMs: Number(time.trim()) / 1e6
	};
}
// src/store/build/manifest.ts
const MANIFEST_NAME = "build/manifest.json";
/** Bytes of a manifest. */
const MAX_MANIFEST = 65536;
const KEY = /^modgate-build-v1-[a-z0-9._-]{1,200}$/;
function formatManifest({ created, bytes, others }) {
	const rows = others.toSorted((a, b) => b.until - a.until).slice(0, 200).map(({ key, bytes: size, until }) => [
		key,
		size,
		Math.floor(until)
	]);
	return Buffer.from(`${JSON.stringify({
		v: 1,
		created: Math.floor(created),
		bytes,
		others: rows
	})}\n`);
}
/** Reads what anybody may have written. Throws BundleError `not-a-bundle`, which quotes nothing of it. */
function parseManifest(text) {
	const { v, created, bytes, others } = (text.length > 65536 ? void 0 : parseJson(text.toString("utf8"))) ?? {};
	if (v !== 1 || !isCount(created) || !isCount(bytes) || !Array.isArray(others) || others.length > 200) throw notOurs();
	return {
		v,
		created,
		bytes,
		others: others.map(parseRef)
	};
}
function parseRef(value) {
	const [key, bytes, until] = Array.isArray(value) && value.length === 3 ? value : [];
	if (typeof key !== "string" || !KEY.test(key) || !isCount(bytes) || !isCount(until)) throw notOurs();
	return {
		key,
		bytes,
		until
	};
}
function parseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}
function isCount(value) {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
function notOurs() {
	return new BundleError("not-a-bundle", "it does not begin with the manifest of a build cache; the next save replaces it");
}
// src/store/build/types.ts
const ACTIONS_NAME = "build/actions";
const OUTPUT_PREFIX = "build/outputs/";
// src/store/build/plan.ts
const DAY_MS = 864e5;
/** `began`: actions that go wrote before were restored. `restored`: bytes of what was, undefined when nothing was. */
function changeOf(used, restored, began) {
	const kept = [...new Set(used.actions.filter(({ madeMs }) => madeMs < began).map(({ out }) => out))].reduce((sum, out) => sum + (used.outputs.get(out) ?? 0), 0);
	return {
		fresh: used.bytes === 0 ? 0 : 1 - kept / used.bytes,
		unused: restored === void 0 || restored === 0 ? 0 : Math.max(0, 1 - kept / restored)
	};
}
/**
* Whether a new entry is worth its room and its transfer. An entry cannot be changed and stays for a week after the
* last one that needed it, and with every change of the code something of it is new: much is saved at once, less
* after a day, and anything after a week.
*/
function isWorthSaving(change, restored, now) {
	if (restored === void 0) return true;
	const most = Math.max(change.fresh, change.unused);
	const days = (now - restored.created) / DAY_MS;
	return most >= .25 || most >= .05 && days >= 1 || most > 0 && days >= 7;
}
// src/store/build/unpack.ts
/** Header, name of more than a hundred characters, padding: for each member. */
const PER_MEMBER = 2048;
/** Manifest, actions, the end of the archive, and what a chunk reaches beyond them. */
const HEAD = 30509840;
const PART = 1048576;
/**
* Unpacks an archive that somebody else made into a new GOCACHE. Nothing is written under a name of the archive's:
* what comes in are actions of go's own form and the outputs that they name, each with the size and the SHA-256 that it
* must have. The first thing that is not so rejects with BundleError, and so do disk and time in their own words; the
* directory is the caller's to remove then. Whether an output is what a compiler would have made nobody can tell.
*/
async function unpackBuilds(request) {
	const { stream, dir, usedMs, maxBytes, signal } = request;
	const inflated = inflate(stream, signal);
	try {
		inflated.limit(HEAD);
		const reader = new TarReader(inflated.bytes, HEAD);
		const manifest = parseManifest(await bodyOf(reader, MANIFEST_NAME, MAX_MANIFEST));
		const packed = await bodyOf(reader, ACTIONS_NAME, MAX_ACTIONS * 175);
		const actions = parseActions(packed);
		const missing = outputsOf(actions);
		const bytes = [...missing.values()].reduce((sum, size) => sum + size, 0);
		const most = Math.min(maxBytes, MAX_OUTPUT_BYTES);
		if (bytes > most) throw new BundleError("too-large", `its objects have ${bytes} bytes, where ${most} have room`);
		reader.limit = HEAD + bytes + missing.size * PER_MEMBER;
		inflated.limit(reader.limit);
		for (const name of SUBDIRECTORIES) fs.mkdirSync(join(dir, name), { recursive: true });
		await outputs(reader, dir, missing, usedMs);
		if (missing.size > 0) throw damaged("an object that an action names is not in it");
		for (const [at, { id }] of actions.entries()) writeNew(join(dir, entryPath(id, "action")), packed.subarray(at * 175, (at + 1) * 175), usedMs);
		return {
			manifest,
			actions: actions.length,
			bytes
		};
	} catch (error) {
		throw inWords(error);
	} finally {
		inflated.destroy();
	}
}
/** What an archive says of itself; the rest of it is not fetched. The stream is destroyed. Rejects with BundleError. */
async function readBuildManifest(stream, signal) {
	const inflated = inflate(stream, signal);
	try {
		inflated.limit(HEAD);
		return parseManifest(await bodyOf(new TarReader(inflated.bytes, HEAD), MANIFEST_NAME, MAX_MANIFEST));
	} finally {
		inflated.destroy();
	}
}
async function bodyOf(reader, name, max) {
	const member = await reader.next();
	if (member?.type !== "file" || member.name !== name || member.size > max) throw notOurs();
	return await reader.whole(true);
}
function parseActions(packed) {
	if (packed.length % 175 !== 0) throw damaged("its actions are cut short");
	const actions = [];
	for (let at = 0; at < packed.length; at += 175) {
		const action = parseAction(packed.subarray(at, at + 175));
		if (action === void 0 || action.id <= (actions.at(-1)?.id ?? "")) throw damaged("it has an action that go would not have written");
		actions.push(action);
	}
	return actions;
}
function outputsOf(actions) {
	const outputs = /* @__PURE__ */ new Map();
	for (const { out, size } of actions) {
		if ((outputs.get(out) ?? size) !== size) throw damaged("two actions differ in the size of one object");
		outputs.set(out, size);
	}
	return outputs;
}
async function outputs(reader, dir, missing, usedMs) {
	for (let member = await reader.next(); member !== void 0; member = await reader.next()) {
		const { name, type, size } = member;
		const out = name.startsWith("build/outputs/") ? name.slice(14) : "";
		if (type !== "file" || missing.get(out) !== size) throw damaged("it has a member that no action names");
		missing.delete(out);
		const hash = createHash("sha256");
		const file = fs.openSync(join(dir, entryPath(out, "output")), "wx", 438);
		try {
			for (let part = await reader.some(PART); part !== void 0; part = await reader.some(PART)) {
				hash.update(part);
				for (let at = 0; at < part.length;) at += fs.writeSync(file, part, at);
			}
			fs.futimesSync(file, usedMs / 1e3, usedMs / 1e3);
		} finally {
			fs.closeSync(file);
		}
		if (hash.digest("hex") !== out) throw damaged("an object in it is not what its name says");
	}
}
function writeNew(path, bytes, usedMs) {
	const file = fs.openSync(path, "wx", 438);
	try {
		fs.writeSync(file, bytes);
		fs.futimesSync(file, usedMs / 1e3, usedMs / 1e3);
	} finally {
		fs.closeSync(file);
	}
}
/** The reader's own words end with what it means for modules, which come in one by one; here it is all or nothing. */
function inWords(error) {
	if (!(error instanceof BundleError)) return error;
	const [what = ""] = error.message.split("; what came before that was kept");
	return new BundleError(error.code, what, { cause: error });
}
function damaged(why) {
	return new BundleError("damaged", `it is damaged: ${why}`);
}
// src/store/build/used.ts
/** `too-large`: it is not worth keeping, and could not be restored in time. */
var BuildCacheError = class extends Error {
	name = "BuildCacheError";
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
	}
};
/**
* What go used or wrote since `since` (milliseconds since the epoch), by the modification times of the action files:
* go renews them with every use, but not within an hour, so that what lay there before must be made to look older than
* that. An output is used when a used action names it. Left out: what is no entry of go's, actions whose output is
* gone or torn, cached executables, and results of tests, which would let a later job pass without running them.
*
* The files are read as the last thing that a step does, so that nothing waits while they are. Throws BuildCacheError.
*/
function usedBuilds(dir, since) {
	const actions = [];
	for (const subdirectory of SUBDIRECTORIES) for (const name of namesIn(join(dir, subdirectory))) {
		if (parseEntryName(subdirectory, name)?.kind !== "action") continue;
		const action = readAction(join(dir, subdirectory, name), since);
		if (action === void 0 || name !== `${action.id}-a`) continue;
		if (actions.length === 15e4) throw new BuildCacheError("too-large", `the job used more than ${MAX_ACTIONS} objects`);
		actions.push(action);
	}
	const outputs = /* @__PURE__ */ new Map();
	for (const { out } of actions) if (!outputs.has(out)) outputs.set(out, sizeToKeep(dir, out));
	const kept = actions.filter(({ out, size }) => outputs.get(out) === size);
	const named = new Map(kept.map(({ out, size }) => [out, size]));
	const bytes = [...named.values()].reduce((sum, size) => sum + size, 0);
	if (bytes > MAX_OUTPUT_BYTES) throw new BuildCacheError("too-large", `the objects that the job used have ${bytes} bytes, more than ${MAX_OUTPUT_BYTES}`);
	return {
		actions: kept.sort((a, b) => a.id < b.id ? -1 : 1),
		outputs: named,
		bytes
	};
}
function namesIn(dir) {
	try {
		return fs.readdirSync(dir);
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
		throw error;
	}
}
function readAction(path, since) {
	const found = fs.lstatSync(path, { throwIfNoEntry: false });
	if (found?.isFile() !== true || found.size !== 175 || found.mtimeMs < since) return void 0;
	const bytes = headOf(path, 175);
	return bytes && parseAction(bytes);
}
/** Bytes of an output; undefined when it is gone, no regular file, or the inputs of a test. */
function sizeToKeep(dir, out) {
	const path = join(dir, entryPath(out, "output"));
	const found = fs.lstatSync(path, { throwIfNoEntry: false });
	if (found?.isFile() !== true) return void 0;
	const head = headOf(path, TEST_LOG.length);
	return head === void 0 || head.equals(TEST_LOG) ? void 0 : found.size;
}
function headOf(path, length) {
	let fd;
	try {
		fd = fs.openSync(path, READ_FLAGS);
	} catch {
		return;
	}
	try {
		const bytes = Buffer.alloc(length);
		return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, 0));
	} finally {
		fs.closeSync(fd);
	}
}
export { ACTIONS_NAME, BuildCacheError, MANIFEST_NAME, MAX_ACTIONS, MAX_MANIFEST, MAX_OUTPUT_BYTES, OUTPUT_PREFIX, SUBDIRECTORIES, changeOf, chooseVersions, compress, entryPath, formatManifest, isWorthSaving, packingOrder, parseAction, parseEntryName, parseManifest, readBuildManifest, storedVersions, unpackBuilds, usedBuilds, withDigests, withoutStrangers };
