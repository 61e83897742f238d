import { ARCHIVE_ROOT, BundleError, ExportError, MANIFEST_KEY, MAX_INDEX_SIZE, MAX_SOFT_SIZE, READ_FLAGS, Tree, asStoreError, factsOf, formatEntry, formatManifest, isAbsent, parseEntry, readRegular, removeQuietly, versionKeys, voucherOf } from "./store.js";
import { MANIFEST_KEY as MANIFEST_KEY$1, Staging, Survey, formatHead, inOrder, isArchive, preparePlace, readManifest, sortChosen, stageProofs } from "./store-later.js";
import { sumdbFiles } from "./store-proxy.js";
import { _usingCtx } from "./root.js";
import { ACTIONS_NAME, MANIFEST_NAME, OUTPUT_PREFIX, compress as compress$1, entryPath, formatManifest as formatManifest$1 } from "./store-save.js";
import { require_tar_stream } from "../vendor/tar-stream.js";
import { createReadStream, createWriteStream } from "node:fs";
import { createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import { pipeline as pipeline$1 } from "node:stream/promises";
import { constants as constants$1, createZstdCompress } from "node:zlib";
import path, { join } from "node:path";
import * as fsp from "node:fs/promises";
// src/store/bundle/pack.ts
var import_tar_stream = require_tar_stream();
const CHUNK$2 = 262144;
/** Largest time in seconds that every tar reads. */
const MAX_TIME = 2 ** 31 - 1;
/** Packs a bundle; see `Pack`. */
const pack = async (request) => {
	const { file } = request;
	const tar = (0, import_tar_stream.pack)();
	const out = createWriteStream(file, {
		flags: "wx",
		mode: 384
	});
	let made = false;
	out.once("open", () => {
		made = true;
	});
	const adding = addMembers$1(tar, new Tree(path.resolve(request.storeDir)), request).then(() => tar.finalize(), (error) => {
		tar.destroy(error);
	});
	try {
		await compress$1(tar, out);
		return (await fsp.stat(file)).size;
	} catch (error) {
		await adding;
		if (made) await removeQuietly(file);
		throw error instanceof BundleError ? error : asStoreError(error, file, "write");
	}
};
async function addMembers$1(tar, tree, request) {
	const { manifest } = request;
	const own = [];
	for (const version of manifest.versions) {
		const files = version.files.filter((file) => file.bundle === 0);
		if (files.length === 0) continue;
		const keys = versionKeys(version);
		if (keys === void 0) throw changed$1(`${version.path}@${version.version}`, "is no version that Go accepts");
		own.push({
			version,
			keys,
			files
		});
	}
	await addBytes$1(tar, MANIFEST_KEY, formatManifest(manifest));
	for (const { version, keys, files } of own) {
		await addIndexEntry(tar, tree, version, keys, files);
		for (const file of files) if (file.kind !== "zip") await addFile(tar, tree, keys.files[file.kind], file);
	}
	for (const key of await sumdbFiles(tree.root, request.sumdbSince ?? 0)) {
		const found = await readRegular(tree.path(key), MAX_SOFT_SIZE);
		if (found !== void 0 && found.bytes !== "oversize") await addBytes$1(tar, key, found.bytes);
	}
	for (const { keys, files } of own) for (const file of files) if (file.kind === "zip") await addFile(tar, tree, keys.files.zip, file);
}
async function addIndexEntry(tar, tree, version, keys, files) {
	const found = await tree.hasDir(keys.indexDir) ? await readRegular(tree.path(keys.index), MAX_INDEX_SIZE) : void 0;
	const entry = found === void 0 || found.bytes === "oversize" ? void 0 : parseEntry(found.bytes, version);
	if (entry === void 0) throw changed$1(keys.index, "is not there or not readable");
	for (const file of files) {
		const facts = factsOf(entry, file.kind);
		if (facts?.sha256 !== file.sha256 || facts.size !== file.size) throw changed$1(keys.index, `does not tell the same .${file.kind} as the manifest`);
	}
	await addBytes$1(tar, keys.index, formatEntry(entry), version.lastUse);
}
/** Adds a file as it is read, and compares its digest before the member ends. */
async function addFile(tar, tree, key, file) {
	if (!await tree.hasDir(path.posix.dirname(key))) throw changed$1(key, "is not there");
	let handle;
	try {
		handle = await fsp.open(tree.path(key), READ_FLAGS);
	} catch (error) {
		if (isAbsent(error)) throw changed$1(key, "is not there");
		throw asStoreError(error, tree.path(key), "read");
	}
	try {
		const stat = await handle.stat();
		if (!stat.isFile() || stat.size !== file.size) throw changed$1(key, `is not ${file.size} bytes long`);
		await addMember(tar, key, file.size, 0, readChecked$1(handle, tree, key, file));
	} finally {
		await handle.close().catch(() => void 0);
	}
}
async function* readChecked$1(handle, tree, key, file) {
	const hash = createHash("sha256");
	for (let at = 0; at < file.size;) {
		const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK$2, file.size - at));
		const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error) => {
			throw asStoreError(error, tree.path(key), "read");
		});
		if (bytesRead === 0) throw changed$1(key, "ended while it was read");
		at += bytesRead;
		const part = buffer.subarray(0, bytesRead);
		hash.update(part);
		yield part;
	}
	if (hash.digest("hex") !== file.sha256) throw changed$1(key, "does not have the digest of the manifest");
}
async function addBytes$1(tar, key, bytes, mtimeMs = 0) {
	await addMember(tar, key, bytes.length, mtimeMs, [bytes]);
}
async function addMember(tar, key, size, mtimeMs, parts) {
	const mtime = /* @__PURE__ */ new Date(Math.min(Math.floor(mtimeMs / 1e3), MAX_TIME) * 1e3);
	await pipeline$1(parts, tar.entry({
		name: ARCHIVE_ROOT + key,
		type: "file",
		mode: 420,
		uid: 0,
		gid: 0,
		size,
		mtime
	}));
}
function changed$1(key, what) {
	return new BundleError("damaged", `the module store changed while it was packed: ${key} ${what}; nothing is saved this time, the next job packs anew`);
}
// src/store/build/pack.ts
const CHUNK$1 = 524288;
/**
* Packs what a job used of its GOCACHE into a zstd-compressed tar: the manifest, all action files one after the other,
* then each output under its digest. Resolves with the bytes written. Rejects with BundleError `damaged` when an output
* is not what its name says, or with the error of the disk; the file is gone then.
*/
async function packBuilds(request) {
	const { file } = request;
	const tar = (0, import_tar_stream.pack)();
	const out = createWriteStream(file, {
		flags: "wx",
		mode: 384
	});
	const adding = addMembers(tar, request).then(() => tar.finalize(), (error) => {
		tar.destroy(error);
	});
	try {
		await compress$1(tar, out);
		return (await fsp.stat(file)).size;
	} catch (error) {
		await adding;
		await removeQuietly(file);
		throw error;
	}
}
async function addMembers(tar, { dir, used, manifest }) {
	await addBytes(tar, MANIFEST_NAME, formatManifest$1(manifest));
	const actions = Buffer.alloc(used.actions.length * 175);
	for (const [at, { id }] of used.actions.entries()) {
		const bytes = await fsp.readFile(join(dir, entryPath(id, "action")));
		if (bytes.length !== 175) throw changed(id);
		bytes.copy(actions, at * 175);
	}
	await addBytes(tar, ACTIONS_NAME, actions);
	for (const out of [...used.outputs.keys()].sort()) await addOutput(tar, join(dir, entryPath(out, "output")), out, used.outputs.get(out) ?? 0);
}
async function addOutput(tar, path, out, size) {
	const handle = await fsp.open(path, READ_FLAGS);
	try {
		const entry = tar.entry({
			name: OUTPUT_PREFIX + out,
			...HEADER,
			size
		});
		await pipeline$1(readChecked(handle, out, size), entry);
	} finally {
		await handle.close().catch(() => void 0);
	}
}
async function* readChecked(handle, out, size) {
	const hash = createHash("sha256");
	for (let at = 0; at < size;) {
		const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK$1, size - at));
		const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
		if (bytesRead === 0) throw changed(out);
		at += bytesRead;
		const part = buffer.subarray(0, bytesRead);
		hash.update(part);
		yield part;
	}
	if (hash.digest("hex") !== out) throw changed(out);
}
const HEADER = {
	type: "file",
	mode: 420,
	uid: 0,
	gid: 0,
	mtime: /* @__PURE__ */ new Date(0)
};
async function addBytes(tar, name, bytes) {
	await pipeline$1([bytes], tar.entry({
		name,
		...HEADER,
		size: bytes.length
	}));
}
function changed(digest) {
	return new BundleError("damaged", `${digest} in GOCACHE is not what it was, or not what its name says`);
}
// src/store/export/archive-writer.ts
/** See the same constant in `bundle/pack.ts`: a higher level takes longer for next to nothing. */
const LEVEL = 3;
const CHUNK = 262144;
/** The oldest time that every tar and zip can tell: who packs when is no part of an export. */
const MTIME = new Date(Date.UTC(1980, 0, 1));
/**
* Writes a tar, in one zstd frame when `zstd`, into a new file; returns its digest. The bytes depend on the members
* alone. There is no checksum of zstd in it: a byte that changed is to be found by the digest of its file, which has a
* name. Rejects with what `members` rejects with, and with StoreError when `file` cannot be written.
*/
async function writeArchive(file, zstd, members) {
	const tar = (0, import_tar_stream.pack)();
	const hash = createHash("sha256");
	let size = 0;
	const meter = new Transform({ transform(chunk, _encoding, done) {
		hash.update(chunk);
		size += chunk.length;
		done(null, chunk);
	} });
	let failure;
	const adding = addAll(tar, members).catch((error) => {
		failure = { error };
		tar.destroy(error instanceof Error ? error : new Error(String(error)));
	});
	try {
		const out = createWriteStream(file, {
			flags: "wx",
			mode: 420
		});
		await (zstd ? compress(tar, meter, out) : pipeline$1(tar, meter, out));
		await adding;
		await seal(file);
	} catch (error) {
		tar.destroy();
		await adding;
		throw error instanceof Error && "syscall" in error ? asStoreError(error, file, "write") : failure?.error ?? error;
	}
	return {
		sha256: hash.digest("hex"),
		size
	};
}
async function addAll(tar, members) {
	for await (const { key, size, content } of members) {
		const header = {
			name: key,
			type: "file",
			mode: 420,
			uid: 0,
			gid: 0,
			size,
			mtime: MTIME
		};
		await pipeline$1(await content(), tar.entry(header));
	}
	tar.finalize();
}
/** One frame. Left to itself, Node's stream adds an empty second one whenever it is busy at the end. */
async function compress(tar, meter, out) {
	const zstd = createZstdCompress({
		chunkSize: CHUNK,
		finishFlush: constants$1.ZSTD_e_continue,
		params: {
			[constants$1.ZSTD_c_compressionLevel]: LEVEL,
			[constants$1.ZSTD_c_checksumFlag]: 0
		}
	});
	const frame = async function* () {
		for await (const chunk of tar) yield chunk;
		zstd.flush(constants$1.ZSTD_e_end);
	};
	await pipeline$1(frame, zstd, meter, out);
}
async function seal(file) {
	const handle = await fsp.open(file, "r+");
	try {
		if (process.platform !== "win32") await handle.chmod(420);
		await handle.datasync();
	} finally {
		await handle.close();
	}
}
// src/store/export/export.ts
/** Files left out that are told one by one. */
const MAX_TOLD = 1e3;
const LINES_KEY = "modgate/export.lines";
const NO_PROOFS = {
	keys: [],
	records: 0,
	without: 0,
	contradicted: /* @__PURE__ */ new Map()
};
/**
* Exports a store: everything is read and compared first, then written beside `dest`, and `dest` is there whole or not
* at all. What is damaged is left out and told. Memory grows with the number of versions, by some hundred bytes each,
* and with no size.
*
* Rejects with ExportError `in-the-way`, `unsteady`, `cancelled`, and with StoreError.
*/
async function exportStore(request) {
	try {
		var _usingCtx$1 = _usingCtx();
		const place = _usingCtx$1.a(await preparePlace(request.dest));
		try {
			return await new Exporting(request, place).run();
		} catch (error) {
			if (request.signal?.aborted !== true) throw error;
			const why = `the export to ${request.dest} was ended; nothing of it is there`;
			throw new ExportError("cancelled", why, { cause: error });
		}
	} catch (_) {
		_usingCtx$1.e = _;
	} finally {
		await _usingCtx$1.d();
	}
}
var Exporting = class {
	#request;
	#place;
	#staging;
	#leftOut = {
		count: 0,
		damaged: 0,
		first: []
	};
	constructor(request, place) {
		this.#request = request;
		this.#place = place;
		this.#staging = new Staging(place.dir);
	}
	async run() {
		const { dest, selection, partial, sumdb } = this.#request;
		const chosen = await this.#choose();
		const proofs = await this.#prove(chosen);
		const found = await this.#look(chosen, proofs);
		const missing = [...selection.missing()];
		const archive = isArchive(dest);
		const told = {
			dest,
			kind: archive ? "archive" : "tree",
			...found,
			sumdb: sumDbReport(sumdb?.name, proofs),
			leftOut: this.#leftOut,
			missing
		};
		if (missing.length > 0 && partial !== true) return {
			...told,
			written: false
		};
		const manifest = await this.#manifest(found);
		const written = archive ? await this.#archive(manifest, found) : await this.#tree(found);
		this.#request.signal?.throwIfAborted();
		await this.#place.commit();
		return {
			...told,
			written: true,
			manifest,
			...written === void 0 ? {} : { archive: written }
		};
	}
	async #choose() {
		const { store, selection, signal, onProgress } = this.#request;
		const chosen = [];
		let done = 0;
		for await (const version of store.versions()) {
			signal?.throwIfAborted();
			const kinds = thereOf(version, selection.kinds(version));
			if (kinds.length > 0) chosen.push({
				path: version.path,
				version: version.version,
				kinds
			});
			done += 1;
			onProgress?.({
				doing: "look",
				done,
				bytes: 0
			});
		}
		sortChosen(chosen);
		return chosen;
	}
	async #prove(chosen) {
		const { store, sumdb, signal, onProgress } = this.#request;
		if (sumdb === void 0) return NO_PROOFS;
		const provable = [];
		const look = async ({ path, version }) => ({
			path,
			version,
			entry: await store.entry({
				path,
				version
			})
		});
		for await (const { path, version, entry } of inOrder(chosen, 16, look)) {
			signal?.throwIfAborted();
			if (entry === void 0) continue;
			const { h1, goModH1 } = entry;
			const quiet = [voucherOf(entry, "zip"), voucherOf(entry, "mod")].includes("first-seen");
			provable.push({
				path,
				version,
				h1,
				goModH1,
				quiet
			});
		}
		const of = provable.length;
		return await stageProofs({
			sumdb,
			store,
			staging: this.#staging,
			versions: provable,
			onRecord: (done) => onProgress?.({
				doing: "prove",
				done,
				of,
				bytes: 0
			}),
			...signal === void 0 ? {} : { signal }
		});
	}
	/** Writes the lines of the manifest; see `Survey`. */
	async #look(chosen, { keys, contradicted }) {
		const { store, selection, damage, signal, onProgress } = this.#request;
		const progress = {
			done: 0,
			bytes: 0
		};
		const lines = await this.#staging.open(LINES_KEY);
		try {
			const survey = new Survey({
				store,
				staging: this.#staging,
				lines,
				selection,
				damage,
				contradicted,
				onLeftOut: (file) => this.#leave(file),
				onVersion: (bytes) => {
					progress.done += 1;
					progress.bytes += bytes;
					onProgress?.({
						doing: "check",
						...progress,
						of: chosen.length
					});
				},
				signal
			});
			await survey.staged(keys);
			await survey.modules(chosen);
			return await survey.end();
		} catch (error) {
			throw mediumOr(error, this.#staging.path(LINES_KEY));
		} finally {
			await lines.close();
		}
	}
	#leave(file) {
		this.#leftOut.count += 1;
		if (file.state === "damaged") this.#leftOut.damaged += 1;
		if (this.#leftOut.first.length < MAX_TOLD) this.#leftOut.first.push(file);
	}
	/** The manifest becomes whole now that its first line is known. */
	async #manifest({ files, versions, bytes }) {
		const hash = createHash("sha256");
		const handle = await this.#staging.open(MANIFEST_KEY$1);
		let size = 0;
		try {
			const add = async (part) => {
				hash.update(part);
				size += part.length;
				await handle.appendFile(part);
			};
			await add(Buffer.from(`${formatHead({
				files,
				versions,
				bytes
			})}\n`));
			const body = this.#staging.path(LINES_KEY);
			for await (const part of createReadStream(body)) await add(part);
			await handle.datasync();
			await fsp.rm(body);
		} catch (error) {
			throw mediumOr(error, this.#staging.path(MANIFEST_KEY$1));
		} finally {
			await handle.close();
		}
		return {
			sha256: hash.digest("hex"),
			size
		};
	}
	async #archive(manifest, head) {
		const first = {
			key: MANIFEST_KEY$1,
			size: manifest.size,
			content: async () => createReadStream(this.#staging.path(MANIFEST_KEY$1))
		};
		const members = async function* () {
			yield first;
			for await (const file of this.#files(head)) yield {
				key: file.key,
				size: file.size,
				content: async () => await this.#content(file)
			};
		};
		return await writeArchive(this.#place.file, this.#request.dest.endsWith(".zst"), members.call(this));
	}
	async #tree(head) {
		for await (const file of this.#files(head)) {
			if (!isOfStore(file)) continue;
			const out = await this.#staging.open(file.key);
			try {
				await pipeline$1(await this.#content(file), out.createWriteStream());
			} catch (error) {
				throw mediumOr(error, this.#staging.path(file.key));
			} finally {
				await out.close();
			}
		}
	}
	/** The files of the manifest, as they are written. */
	async *#files({ files }) {
		const { signal, onProgress } = this.#request;
		const progress = {
			done: 0,
			bytes: 0
		};
		for await (const file of await readManifest(createReadStream(this.#staging.path(MANIFEST_KEY$1)))) {
			signal?.throwIfAborted();
			yield file;
			progress.done += 1;
			progress.bytes += file.size;
			onProgress?.({
				doing: "write",
				...progress,
				of: files
			});
		}
	}
	/** What a file has, compared with its line of the manifest before the last byte is handed on. */
	async #content(file) {
		if (!isOfStore(file)) return Readable.from([await this.#staging.read(file.key)], { objectMode: false });
		const { path, version, what } = file.means;
		const found = await this.#request.store.get({
			path,
			version
		}, what, void 0, "now");
		if (found === void 0 || found.size !== file.size) throw unsteady(file);
		const hash = createHash("sha256");
		const compare = new Transform({
			transform(chunk, _encoding, done) {
				hash.update(chunk);
				done(null, chunk);
			},
			flush(done) {
				done(hash.digest("hex") === file.sha256 ? null : unsteady(file));
			}
		});
		const source = found.stream();
		source.once("error", (error) => compare.destroy(error));
		compare.once("close", () => source.destroy());
		return source.pipe(compare);
	}
};
/** Whether a file comes from the store, as against those that were made for the export. */
function isOfStore(file) {
	return file.means.what === "info" || file.means.what === "mod" || file.means.what === "zip";
}
function thereOf({ files }, kinds) {
	return kinds.filter((kind) => files[kind] !== void 0);
}
function sumDbReport(name, { records, without, why }) {
	return {
		...name === void 0 ? {} : { name },
		records,
		without,
		...why === void 0 ? {} : { why }
	};
}
function unsteady({ key }) {
	return new ExportError("unsteady", `the module store changed while it was exported: ${key} is gone or another one by now; nothing was exported. Run it again, and not beside a prune`);
}
/** An error of the file system in the store's words; any other one as it is. */
function mediumOr(error, file) {
	return error instanceof Error && "syscall" in error ? asStoreError(error, file, "write") : error;
}
export { exportStore, pack, packBuilds };
