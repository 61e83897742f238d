import { TOOLCHAIN, ZipError, canonicalModuleVersion, compareVersions, escapePath, escapeVersion, formatVersionList, hash1, hashGoMod, isH1, isPseudo, parseInfo, prerelease, readModuleZip, storedZip, unescapePath, unescapeVersion } from "./gomod.js";
import { redactUrl } from "./config.js";
import * as fs from "node:fs";
import { constants, createReadStream, lstatSync, readFileSync, readlinkSync, utimesSync } from "node:fs";
import { createHash, hash, randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { Readable, Writable, pipeline } from "node:stream";
import { constants as constants$1, createZstdDecompress } from "node:zlib";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
import { promisify } from "node:util";
import { availableParallelism, hostname, tmpdir } from "node:os";
import path, { join } from "node:path";
import * as fsp from "node:fs/promises";
import { open as open$2, opendir, readFile as readFile$1, readdir, realpath as realpath$1 } from "node:fs/promises";
// src/store/errors.ts
/** A store's medium failed. `path` is the file or directory it happened at. */
var StoreError = class extends Error {
	name = "StoreError";
	code;
	path;
	constructor(code, path, message, options) {
		super(message, options);
		this.code = code;
		this.path = path;
	}
};
const reasons = {
	ENOSPC: ["store-full", "the disk is full; free space or give the store another directory"],
	EDQUOT: ["store-full", "the disk quota is used up; free space or give the store another directory"],
	EFBIG: ["store-full", "the file is larger than this file system or its limits allow"],
	EROFS: ["store-read-only", "the file system is mounted read-only; give the store another directory"],
	ENOTDIR: ["store-not-a-directory", "a file stands where a directory is needed; remove or rename it"],
	EMFILE: ["store-io", "too many files are open; raise the limit of open files"],
	ENFILE: ["store-io", "too many files are open on this machine"],
	ENAMETOOLONG: ["store-io", "the name is longer than this file system allows; use a shorter store directory"]
};
/** The errno name of a Node file system error (`ENOENT` and so on), or undefined. */
function errnoOf(error) {
	const code = error instanceof Error ? error.code : void 0;
	return typeof code === "string" ? code : void 0;
}
/** Puts a file system error into the store's words; what is a `StoreError` already stays as it is. */
function asStoreError(error, path, doing) {
	if (error instanceof StoreError) return error;
	const errno = errnoOf(error);
	const verb = doing === "read" ? "cannot read" : "cannot write";
	const options = { cause: error };
	if (errno === "EACCES" || errno === "EPERM") return new StoreError(doing === "read" ? "store-unreadable" : "store-read-only", path, `module store: ${verb} ${path}: permission denied; check the owner and the permissions of the store directory`, options);
	const known = errno === void 0 ? void 0 : reasons[errno];
	if (known !== void 0) return new StoreError(known[0], path, `module store: ${verb} ${path}: ${known[1]}`, options);
	return new StoreError("store-io", path, `module store: ${verb} ${path}: ${error instanceof Error ? error.message : String(error)}; check the disk, or give the store another directory`, options);
}
// src/store/files.ts
const open$1 = promisify(fs.open);
const close = promisify(fs.close);
const read$2 = promisify(fs.read);
const write = promisify(fs.write);
const fstat = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const fdatasync = promisify(fs.fdatasync);
const lstat = promisify(fs.lstat);
const rename = promisify(fs.rename);
const link = promisify(fs.link);
const unlink = promisify(fs.unlink);
/** O_NONBLOCK: opening a pipe that somebody put into the store must not hang a thread. */
const READ_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
function sameStamp(a, b) {
	return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;
}
/** Errors that mean «no such regular file here». ELOOP and EMLINK: O_NOFOLLOW met a symbolic link. */
const ABSENT = /* @__PURE__ */ new Set([
	"ENOENT",
	"ENOTDIR",
	"ELOOP",
	"EMLINK",
	"ENAMETOOLONG",
	"EISDIR",
	"ENXIO",
	"EOPNOTSUPP"
]);
function isAbsent(error) {
	return ABSENT.has(errnoOf(error) ?? "");
}
function stampOf(stat) {
	return {
		mtimeMs: stat.mtimeMs,
		size: stat.size,
		ino: stat.ino
	};
}
/** Undefined when there is no regular file (a symbolic link is none). Throws StoreError. */
async function statRegular(file) {
	try {
		const stat = fs.lstatSync(file);
		return stat.isFile() ? {
			...stampOf(stat),
			mode: stat.mode & 4095,
			links: stat.nlink
		} : void 0;
	} catch (error) {
		if (isAbsent(error)) return void 0;
		throw asStoreError(error, file, "read");
	}
}
/**
* Files up to this size are read in one go on the calling thread: four calls that the page cache answers take
* some 15 microseconds, while handing each of them to another thread takes ten times that, and a warm job
* reads thousands.
*/
const AT_ONCE$1 = 262144;
/**
* Content of a regular file of at most `max` bytes. `oversize` instead of content when it is larger;
* undefined when there is no regular file. Throws StoreError.
*/
async function readRegular(file, max) {
	let fd;
	try {
		if (fs.constants.O_NOFOLLOW === void 0 && !fs.lstatSync(file).isFile()) return void 0;
		fd = fs.openSync(file, READ_FLAGS);
		const stat = fs.fstatSync(fd);
		if (!stat.isFile()) return void 0;
		const stamp = stampOf(stat);
		if (stat.size > max) return {
			bytes: "oversize",
			stamp
		};
		const buffer = Buffer.allocUnsafeSlow(stat.size);
		let filled = 0;
		while (filled < buffer.length) {
			const left = buffer.length - filled;
			const count = stat.size <= AT_ONCE$1 ? fs.readSync(fd, buffer, filled, left, filled) : (await read$2(fd, buffer, filled, left, filled)).bytesRead;
			if (count === 0) break;
			filled += count;
		}
		return {
			bytes: buffer.subarray(0, filled),
			stamp
		};
	} catch (error) {
		if (isAbsent(error)) return void 0;
		throw asStoreError(error, file, "read");
	} finally {
		if (fd !== void 0) fs.closeSync(fd);
	}
}
/**
* Writes a new file, mode 0644 whatever the umask when `chmod`. Removes it again when that fails. Small files
* go into the page cache on the calling thread, for the reason given at `AT_ONCE`.
*/
async function writeNew(file, bytes, chmod) {
	const fd = fs.openSync(file, "wx", 420);
	try {
		let done = 0;
		while (done < bytes.length) {
			const left = bytes.length - done;
			done += bytes.length <= AT_ONCE$1 ? fs.writeSync(fd, bytes, done, left, done) : (await write(fd, bytes, done, left, done)).bytesWritten;
		}
		if (chmod) fs.fchmodSync(fd, 420);
	} catch (error) {
		fs.closeSync(fd);
		await removeQuietly(file);
		throw error;
	}
	fs.closeSync(fd);
}
/**
* Makes a file that another part wrote fit to be shown: regular, mode 0644, its data on the disk, so that a
* machine that loses power does not keep a name without content. Returns its stamp.
*/
async function sealFile(file) {
	const fd = await open$1(file, fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0));
	try {
		const stat = await fstat(fd);
		if ((stat.mode & 4095) !== 420) await fchmod(fd, 420);
		await fdatasync(fd);
		return stampOf(stat);
	} finally {
		await close(fd);
	}
}
/** Renames over whatever is there. Windows refuses for moments while a scanner holds the file. */
async function renameOver(from, to) {
	for (let attempt = 0;; attempt++) try {
		return await rename(from, to);
	} catch (error) {
		if (!(process.platform === "win32" && /^(EPERM|EACCES|EBUSY)$/.test(errnoOf(error) ?? "")) || attempt === 5) throw error;
		await setTimeout$1(10 * 2 ** attempt);
	}
}
const NO_LINKS = /* @__PURE__ */ new Set([
	"EPERM",
	"ENOTSUP",
	"EOPNOTSUPP",
	"ENOSYS",
	"EMLINK",
	"EINVAL",
	"EACCES",
	"UNKNOWN"
]);
/**
* Gives `from` the name `to` unless that name is taken: a hard link tells in one step, whoever else writes.
* Where links do not work, a rename after a look; two writers may then replace each other's same file.
* On true `from` is gone, on false it is still there.
*/
async function renameNew(from, to) {
	try {
		await link(from, to);
	} catch (error) {
		const errno = errnoOf(error) ?? "";
		if (errno === "EEXIST") return false;
		if (!NO_LINKS.has(errno)) throw error;
		if (await nameTaken(to)) return false;
		await renameOver(from, to);
		return true;
	}
	await removeQuietly(from);
	return true;
}
/** As `renameNew`, for a directory in which nobody else makes files: one call less, and two that are dear. */
async function renameUnlessThere(from, to) {
	if (fs.lstatSync(to, { throwIfNoEntry: false }) !== void 0) return false;
	try {
		fs.renameSync(from, to);
	} catch {
		await renameOver(from, to);
	}
	return true;
}
async function nameTaken(file) {
	try {
		await lstat(file);
		return true;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return false;
		throw error;
	}
}
/** Removes a file that may be gone already; what cannot be removed now is swept at a later open. */
async function removeQuietly(file) {
	await unlink(file).catch(() => void 0);
}
// src/store/byte-source.ts
/**
* Opens a regular file without following a symbolic link. `read` returns exactly `length` bytes or throws
* (code EIO) when the file is shorter than it was at open. Throws Node's file system errors; what is no
* regular file is ENOENT.
*/
function fileByteSource(file) {
	if (fs.constants.O_NOFOLLOW === void 0 && !fs.lstatSync(file).isFile()) throw noRegularFile(file);
	const fd = fs.openSync(file, READ_FLAGS);
	const stat = fs.fstatSync(fd);
	if (!stat.isFile()) {
		fs.closeSync(fd);
		throw noRegularFile(file);
	}
	const readInto = (buffer, offset) => {
		let filled = 0;
		while (filled < buffer.length) {
			const count = fs.readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
			if (count === 0) throw Object.assign(/* @__PURE__ */ new Error(`${file} ends before byte ${offset + buffer.length}`), { code: "EIO" });
			filled += count;
		}
	};
	return {
		size: stat.size,
		readInto,
		read(offset, length) {
			const buffer = Buffer.allocUnsafe(length);
			readInto(buffer, offset);
			return buffer;
		},
		close: () => fs.closeSync(fd)
	};
}
function noRegularFile(file) {
	return Object.assign(/* @__PURE__ */ new Error(`${file} is not a regular file`), { code: "ENOENT" });
}
// src/store/layout.ts
/**
* Keys of a store: relative, `/`-separated, the same on a disk and in a bucket.
*
* The first element of a module path always has a dot, so that `modgate/` and `sumdb/` can never be the
* path of a module.
*/
const OWN = "modgate";
const INDEX = `${OWN}/index`;
const TEMP = `${OWN}/tmp`;
const QUARANTINE = `${OWN}/quarantine`;
const SOFT = `${OWN}/soft`;
/** One file a month, `<yyyy-mm>.jsonl`: how sessions used the store. */
const USE_LOG = `${OWN}/log`;
/** What sessions leave each other to send to an audit store, a directory for each. */
const SPOOL = `${OWN}/spool`;
/** When the store was last pruned, in its time, and how that ended. */
const PRUNED = `${OWN}/pruned.json`;
const FILE_KINDS = [
	"info",
	"mod",
	"zip"
];
/** Largest file of each kind that is kept or looked at, in bytes; the go command's own limits for mod and zip. */
const MAX_SIZE = {
	info: 65536,
	mod: 16777216,
	zip: 524288e3
};
const MAX_INDEX_SIZE = 65536;
const MAX_SOFT_SIZE = 8388608;
/** Directory of a module's files, or undefined when the path is none that Go accepts. */
function moduleDir(modulePath) {
	try {
		return `${escapePath(modulePath)}/@v`;
	} catch {
		return;
	}
}
/** Keys of one version, or undefined when path or version are none that Go would store. */
function versionKeys(mv) {
	const dir = moduleDir(mv.path);
	if (dir === void 0 || !isStorableVersion(mv.version)) return void 0;
	const stem = `${dir}/${escapeVersion(mv.version)}`;
	return {
		dir,
		files: {
			info: `${stem}.info`,
			mod: `${stem}.mod`,
			zip: `${stem}.zip`
		},
		indexDir: `${INDEX}/${dir}`,
		index: `${INDEX}/${stem}.json`
	};
}
function isStorableVersion(version) {
	if (version === "" || version.length > 200 || canonicalModuleVersion(version) !== version) return false;
	try {
		return unescapeVersion(escapeVersion(version)) === version;
	} catch {
		return false;
	}
}
/** The module whose files lie in `<segments>/@v`, or undefined for a directory that is none of ours. */
function moduleOfDir(segments) {
	try {
		return unescapePath(segments.join("/"));
	} catch {
		return;
	}
}
/** Version and kind that a file name in an `@v` directory stands for, or undefined for any other name. */
function versionOfName(name) {
	const dot = name.lastIndexOf(".");
	const kind = FILE_KINDS.find((k) => k === name.slice(dot + 1));
	if (dot < 1 || kind === void 0) return void 0;
	try {
		const version = unescapeVersion(name.slice(0, dot));
		return isStorableVersion(version) ? {
			version,
			kind
		} : void 0;
	} catch {
		return;
	}
}
/** The module version and kind that the key of a file stands for, or undefined for any other key. */
function fileOfKey(key) {
	const segments = key.split("/");
	const file = versionOfName(segments.pop() ?? "");
	if (file === void 0 || segments.pop() !== "@v") return void 0;
	const path = moduleOfDir(segments);
	return path === void 0 ? void 0 : {
		path,
		...file
	};
}
/**
* Where a soft file is kept, or undefined when the key is none.
*
* An upstream's own list and latest go under `modgate/soft/`: `@v/list` in the tree may name only what this
* tree can serve, because go asks the same tree for the .info and .mod of whatever it names. `supported`
* goes there too: a go that reads it from the tree expects every lookup to succeed from the tree.
*/
function softKey(key) {
	if (key.length > 1024 || !/^[A-Za-z0-9!._~@+,=-]+(?:\/[A-Za-z0-9!._~@+,=-]+)+$/.test(key)) return void 0;
	const segments = key.split("/");
	if (segments.some((s) => s === "." || s === ".." || s.length > 250 || s.endsWith("."))) return void 0;
	if (segments[0] === "modgate") return void 0;
	if (segments[0] === "sumdb") return segments.at(-1) === "supported" ? `${SOFT}/${key}` : key;
	return key.endsWith("/@v/list") || key.endsWith("/@latest") ? `${SOFT}/${key}` : void 0;
}
/** Name of a file in quarantine: flat, so that the directory can be swept; the key's hash keeps names apart. */
function quarantineName(key, now, unique) {
	const hash = createHash("sha256").update(key).digest("hex").slice(0, 12);
	const base = key.slice(key.lastIndexOf("/") + 1).slice(-120);
	return `${now.toString(36)}-${unique}-${hash}-${base}`;
}
/** When a file came into quarantine, ms since the epoch; its own times are older. Undefined for another's name. */
function quarantinedAt(name) {
	const stamp = /^([0-9a-z]{8,9})-[0-9a-z]+-[0-9a-f]{12}-/.exec(name)?.[1];
	return stamp === void 0 ? void 0 : Number.parseInt(stamp, 36);
}
/** Name of a temp file; host and process are in it, so that what a dead process left can be told. */
function tempName(host, pid, unique) {
	return `${host}-${pid}-${unique}.tmp`;
}
/** The maker of a temp file, or undefined for a name that is not of `tempName`. */
function makerOfTemp(name) {
	const parts = /^([0-9a-f]{12})-([1-9]\d{0,9})-[0-9a-z-]+\.tmp$/.exec(name);
	if (parts?.[1] === void 0 || parts[2] === void 0) return void 0;
	return {
		host: parts[1],
		pid: Number(parts[2])
	};
}
// src/store/stored-copy.ts
/** One for the life of the thread, as it works on one zip at a time. */
let shared;
const BUFFER_BYTES = 1048576;
/**
* Writes the stored form of a zip while that is hashed, synchronously: for worker threads only. A form that cannot
* be had, or cannot be written, is only a gain forgone: then there is no file, and never an error.
*/
var StoredCopy = class {
	#file;
	#hash = createHash("sha256");
	#buffer;
	#zip;
	#fd;
	#index = 0;
	#filled = 0;
	#written = 0;
	/** @param file where it goes; nothing is there yet */
	constructor(file) {
		this.#file = file;
		shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
		this.#buffer = shared;
	}
	begin(members) {
		this.#zip = storedZip(members);
		if (this.#zip === void 0) return;
		this.#try(() => {
			this.#fd = fs.openSync(this.#file, "wx", 384);
		});
	}
	member() {
		const header = this.#fd === void 0 ? void 0 : this.#zip?.header(this.#index);
		this.#index += 1;
		if (header !== void 0) this.content(header);
	}
	content(part) {
		for (let at = 0; at < part.length && this.#fd !== void 0;) {
			const count = Math.min(part.length - at, BUFFER_BYTES - this.#filled);
			this.#buffer.set(part.subarray(at, at + count), this.#filled);
			at += count;
			this.#filled += count;
			if (this.#filled === BUFFER_BYTES) this.#flush();
		}
	}
	/** To be called when the zip was found right. Digest and size of the file, or undefined when there is none. */
	finish() {
		const zip = this.#zip;
		if (zip === void 0 || this.#fd === void 0) return void 0;
		this.content(zip.directory());
		this.#flush();
		if (this.#fd === void 0) return void 0;
		if (this.#written !== zip.size) {
			this.discard();
			return;
		}
		this.#close();
		return {
			sha256: this.#hash.digest("hex"),
			size: zip.size
		};
	}
	/** Removes what was written, unless it is finished. */
	discard() {
		if (this.#fd === void 0) return;
		this.#close();
		try {
			fs.rmSync(this.#file, { force: true });
		} catch {}
	}
	#flush() {
		const part = this.#buffer.subarray(0, this.#filled);
		this.#filled = 0;
		this.#try(() => {
			for (let at = 0; at < part.length && this.#fd !== void 0;) at += fs.writeSync(this.#fd, part, at, part.length - at);
			this.#hash.update(part);
			this.#written += part.length;
		});
	}
	#try(write) {
		try {
			write();
		} catch {
			this.discard();
		}
	}
	#close() {
		const fd = this.#fd;
		this.#fd = void 0;
		try {
			if (fd !== void 0) fs.closeSync(fd);
		} catch {}
	}
};
// src/store/digest.ts
/** Most bytes that are hashed without giving other work on the same thread a turn. */
const STEP$1 = 1048576;
/** Digest and size of bytes in memory; yields to the event loop after every MiB. */
async function factsOfBytes(bytes) {
	const hash = createHash("sha256");
	for (let at = 0; at < bytes.length; at += STEP$1) {
		if (at > 0) await setImmediate();
		hash.update(bytes.subarray(at, at + STEP$1));
	}
	return {
		sha256: hash.digest("hex"),
		size: bytes.length
	};
}
/** h1 of a go.mod file whose SHA-256 is known: Go hashes the digest of the file, not the file. */
function goModH1(sha256) {
	return hash1([{
		name: "go.mod",
		sha256hex: sha256
	}]);
}
function sameFacts(a, b) {
	return a.size === b.size && a.sha256 === b.sha256;
}
// src/store/bundle/types.ts
/** All members of an archive lie below this directory, as the cache client packs a path `store`. */
const ARCHIVE_ROOT = "store/";
var BundleError = class extends Error {
	name = "BundleError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/store/bundle/inflate.ts
/** Bytes of one chunk that comes out; larger ones mean fewer turns of the loop and longer steps between them. */
const CHUNK$2 = 524288;
/** Window of 8 MiB: more than zstd uses up to level 19, less than what a hostile frame may ask for. */
const MAX_WINDOW_LOG = 23;
const SLACK = 1048576;
/**
* Unpacks one zstd frame on the threads of libuv. `signal` ends it with BundleError `cancelled`, which this throws
* when it has been given already.
*/
function inflate(stream, signal) {
	if (signal?.aborted === true) {
		stream.destroy();
		throw cancelled$1();
	}
	const zstd = createZstdDecompress({
		chunkSize: CHUNK$2,
		params: { [constants$1.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG }
	});
	let came = 0;
	let most = Number.POSITIVE_INFINITY;
	const fail = (error) => {
		zstd.destroy(error);
		stream.destroy();
	};
	const cancel = () => fail(cancelled$1());
	signal?.addEventListener("abort", cancel, { once: true });
	stream.on("data", (chunk) => {
		came += chunk.length;
		if (came > most) fail(new BundleError("too-large", `a cache entry has more than ${most} bytes`));
	});
	pipeline(stream, zstd, () => signal?.removeEventListener("abort", cancel));
	return {
		bytes: read$1(zstd, () => came),
		limit(unpacked) {
			most = packedLimit(unpacked);
		},
		destroy() {
			zstd.destroy();
			stream.destroy();
		}
	};
}
/** Most bytes of an archive that may unpack to so many. */
function packedLimit(unpacked) {
	return Math.ceil(unpacked * 1.0078125) + SLACK;
}
async function* read$1(zstd, came) {
	try {
		for await (const chunk of zstd) yield chunk;
	} catch (error) {
		throw inWords(error);
	}
	if (zstd.bytesWritten !== came()) throw inWords(/* @__PURE__ */ new Error("something follows its end"));
}
function cancelled$1() {
	return new BundleError("cancelled", "unpacking a cache entry was given up, because its session is ending");
}
function inWords(cause) {
	if (cause instanceof BundleError) return cause;
	return new BundleError("damaged", `a cache entry could not be read to its end: ${cause instanceof Error ? cause.message : String(cause)}; what came before that was kept, the rest is fetched anew`, { cause });
}
// src/store/bundle/threads.ts
/** A thread that is not needed again this soon is ended, ms. */
const PARKED_MS = 5e3;
let parked;
let timer;
/** A thread of `archive-thread.ts`: the one that waits for work, else a new one. */
function takeThread() {
	const thread = parked;
	if (thread === void 0) return new Worker(new URL("../archive-thread.js", import.meta.url), {
		name: "unpack",
		execArgv: [],
		env: {},
		resourceLimits: {
			maxOldGenerationSizeMb: 128,
			maxYoungGenerationSizeMb: 2
		}
	});
	forget();
	thread.off("exit", forget);
	thread.off("error", ignore);
	thread.ref();
	return thread;
}
/** Starts a thread for an archive that is about to come: on a busy machine that takes a while. */
function warmThread() {
	if (parked === void 0) parkThread(takeThread());
}
/** Keeps a thread that nobody listens to for the next archive, or ends it. It does not keep the process alive. */
function parkThread(thread) {
	thread.on("error", ignore);
	if (parked !== void 0) {
		thread.terminate();
		return;
	}
	thread.on("exit", forget);
	thread.unref();
	parked = thread;
	timer = setTimeout(() => {
		forget();
		thread.terminate();
	}, PARKED_MS).unref();
}
function forget() {
	clearTimeout(timer);
	parked = void 0;
}
function ignore() {}
// src/store/bundle/archive.ts
/** Bodies up to this size come with their headers, many at a time. */
const SMALL_BODY = 131072;
/** Packed bytes that are on their way to the thread. */
const WINDOW = 1048576;
let count = 0;
/**
* A zstd-compressed tar that is unpacked on a thread of its own, down to the files that large members become: what is
* unpacked is many times more than all else that a job's proxy has in its hands, and as garbage it would cost the
* thread that serves more than the work itself. One call at a time; all reject with BundleError.
*/
var Archive = class {
	/** Most bytes that the archive may unpack to; may be changed before every `next`. */
	limit;
	/** Whether the h1 of small zips is asked for; may be changed before every `next`. */
	h1s = false;
	/** Bytes of the unpacked archive that were read. */
	offset = 0;
	#stream;
	#signal;
	#thread = takeThread();
	#id = ++count;
	#told = [];
	#bodies = Buffer.alloc(0);
	#current;
	#first = true;
	#asked;
	/** Why no question is answered any more. */
	#failure;
	#came = 0;
	#used = 0;
	#room;
	constructor(stream, limit, signal) {
		this.#stream = stream;
		this.#signal = signal;
		this.limit = limit;
		this.#thread.on("message", this.#hear);
		this.#thread.on("error", this.#died);
		this.#thread.on("exit", this.#ended);
		this.#tell({ archive: this.#id });
		signal?.addEventListener("abort", this.#cancel, { once: true });
		if (signal?.aborted === true) this.#cancel();
		this.#feed();
	}
	/** The next member; undefined after the last one, when nothing but zeros followed. What was not read of a body is skipped. */
	async next() {
		if (this.#told.length === 0) {
			const answer = await this.#ask({
				ask: "members",
				limit: this.limit,
				one: this.#first,
				h1s: this.h1s
			});
			this.#first = false;
			if (!("members" in answer)) throw unexpected();
			this.#told = answer.members.toReversed();
			this.#bodies = Buffer.from(answer.bodies.buffer);
		}
		this.#current = this.#told.pop();
		this.offset = this.#current?.offset ?? this.offset;
		return this.#current;
	}
	/** h1 of the current member where it is a small zip in its stored form, and `h1s` is set. */
	get h1() {
		return this.#current?.h1;
	}
	/** The body of the current member, for small ones only. Others that came beside it may share its memory. */
	async whole() {
		const body = this.#current?.body;
		if (body !== void 0) return this.#bodies.subarray(body.start, body.end);
		const answer = await this.#ask({ ask: "body" });
		if (!("body" in answer)) throw unexpected();
		return Buffer.from(answer.body.buffer);
	}
	/**
	* Writes the body of the current member, which is larger than `SMALL_BODY`, into a new file. The file is gone when this rejects: with BundleError or StoreError.
	*/
	async stage(temp, options) {
		try {
			const answer = await this.#ask({
				ask: "stage",
				temp,
				...options
			});
			if ("medium" in answer) {
				const { code, message } = answer.medium;
				throw asStoreError(Object.assign(new Error(message), { code }), temp, "write");
			}
			if (!("offset" in answer)) throw unexpected();
			this.offset = answer.offset;
			return answer.staged;
		} catch (error) {
			if (this.#failure !== void 0) await this.#thread.terminate();
			await removeQuietly(temp);
			throw error;
		}
	}
	/** Lets go of thread and stream. */
	async close() {
		const idle = this.#failure === void 0 && this.#asked === void 0;
		this.#fail(cancelled());
		this.#stream.destroy();
		if (idle) {
			this.#thread.off("message", this.#hear);
			this.#thread.off("error", this.#died);
			this.#thread.off("exit", this.#ended);
			this.#tell({ closed: true });
			parkThread(this.#thread);
		} else await this.#thread.terminate();
	}
	#cancel = () => {
		this.#fail(cancelled());
		this.#stream.destroy();
	};
	#fail(error) {
		this.#failure ??= error;
		this.#signal?.removeEventListener("abort", this.#cancel);
		this.#asked?.reject(this.#failure);
		this.#asked = void 0;
		this.#room?.();
	}
	async #ask(question) {
		if (this.#failure !== void 0) throw this.#failure;
		const asked = Promise.withResolvers();
		this.#asked = asked;
		this.#tell(question);
		const answer = await asked.promise;
		if ("bundle" in answer) throw new BundleError(answer.bundle.code, answer.bundle.message);
		return answer;
	}
	#tell(message, transfer = []) {
		this.#thread.postMessage(message, [...transfer]);
	}
	#died = (cause) => this.#fail(died(cause));
	#ended = () => this.#fail(died(void 0));
	#hear = (message) => {
		if (message.archive !== this.#id) return;
		if ("used" in message) {
			this.#used += message.used;
			this.#room?.();
			return;
		}
		const asked = this.#asked;
		this.#asked = void 0;
		asked?.resolve(message.answer);
	};
	#feed() {
		const sink = new Writable({ write: (chunk, _encoding, done) => {
			if (this.#failure !== void 0) return done(this.#failure);
			this.#came += chunk.length;
			const most = packedLimit(this.limit);
			if (this.#came > most) {
				done(new BundleError("too-large", `a cache entry has more than ${most} bytes`));
				return;
			}
			const bytes = new Uint8Array(chunk);
			this.#tell({ bytes }, [bytes.buffer]);
			this.#room = () => {
				if (this.#failure === void 0 && this.#came - this.#used > WINDOW) return;
				this.#room = void 0;
				done();
			};
			this.#room();
		} });
		pipeline(this.#stream, sink, (error) => {
			if (this.#failure !== void 0) return;
			if (error instanceof BundleError) this.#fail(error);
			else this.#tell(error ? { broken: error.message } : { ended: true });
		});
	}
};
function cancelled() {
	return new BundleError("cancelled", "unpacking a cache entry was given up, because its session is ending");
}
function died(cause) {
	return new BundleError("damaged", `a cache entry could not be unpacked, its thread failed: ${cause instanceof Error ? cause.message.replace(/[^\x20-\x7e]/g, "?") : "it ended by itself"}; what came before that was kept, the rest is fetched anew`, { cause });
}
function unexpected() {
	return /* @__PURE__ */ new Error("the thread that unpacks answered another question than the one that was asked");
}
// src/store/bundle/tar-reader.ts
const BLOCK = 512;
const MAX_PAX_SIZE = 65536;
const MAX_LONG_NAME = 4096;
/** Largest body that is read as a whole. */
const MAX_WHOLE = 33554432;
const ZEROS = Buffer.alloc(BLOCK);
/**
* Reads a POSIX or GNU tar as its bytes come. Members are told in order; whatever of a body was not read is skipped
* at the next `next`. Strict where readers of tar differ, so that nothing in an archive can mean one thing here and
* another to somebody else's tar: it is then damaged.
*
* All methods reject with BundleError: `damaged`, or `too-large` as soon as the archive unpacks to more than `limit`.
*/
var TarReader = class {
	/** Most bytes that the archive may have from its beginning; may be changed at any time. */
	limit;
	#source;
	#chunk = Buffer.alloc(0);
	#at = 0;
	#came = 0;
	/** Bytes of the current member's body, and of the padding behind it, that were not read yet. */
	#body = 0;
	#padding = 0;
	constructor(source, limit) {
		this.#source = source[Symbol.asyncIterator]();
		this.limit = limit;
	}
	/** Bytes of the archive that were read. */
	get offset() {
		return this.#came - this.#chunk.length + this.#at;
	}
	/** Bytes behind the current place that came already. */
	get ready() {
		return this.#chunk.length - this.#at;
	}
	/** The next member; undefined after the last one, when nothing but zeros followed. */
	async next() {
		let longName;
		for (;;) {
			await this.#skipRest();
			const header = await this.#exactly(BLOCK);
			if (header.equals(ZEROS)) {
				if (longName !== void 0) throw damaged("it ends after the name of a member");
				await this.#end();
				return;
			}
			const { name, flag, size } = parseHeader(header);
			this.#body = size;
			this.#padding = (BLOCK - size % BLOCK) % BLOCK;
			if (flag === "x") longName = paxPath(await this.#small(MAX_PAX_SIZE)) ?? longName;
			else if (flag === "L") longName = untilNul(await this.#small(MAX_LONG_NAME));
			else if (flag === "g") {
				if (paxPath(await this.#small(MAX_PAX_SIZE)) !== void 0) throw damaged("a pax header names all members");
			} else if (flag === "K") await this.#small(MAX_LONG_NAME);
			else return {
				name: longName ?? name,
				type: typeOf(flag, size),
				size
			};
		}
	}
	/** The next bytes of the body as they came, at most `max`; undefined at its end. */
	async some(max) {
		if (this.#body === 0) return void 0;
		if (this.#at === this.#chunk.length) await this.#fill();
		const end = Math.min(this.#chunk.length, this.#at + this.#body, this.#at + max);
		const part = this.#chunk.subarray(this.#at, end);
		this.#at = end;
		this.#body -= part.length;
		return part;
	}
	/** The rest of the body, in memory of its own when `copy`; for small bodies only. */
	async whole(copy = false) {
		const size = this.#body;
		if (size > MAX_WHOLE) throw damaged("a member is larger than it can be");
		this.#body = 0;
		const bytes = await this.#exactly(size);
		return copy && bytes.buffer === this.#chunk.buffer ? Buffer.from(bytes) : bytes;
	}
	async #small(max) {
		if (this.#body > max) throw damaged("the name of a member is too long");
		return this.whole();
	}
	async #exactly(size) {
		if (this.#chunk.length - this.#at >= size) {
			this.#at += size;
			return this.#chunk.subarray(this.#at - size, this.#at);
		}
		const whole = Buffer.allocUnsafeSlow(size);
		for (let filled = 0; filled < size;) {
			if (this.#at === this.#chunk.length) await this.#fill();
			const count = this.#chunk.copy(whole, filled, this.#at);
			this.#at += count;
			filled += count;
		}
		return whole;
	}
	async #skipRest() {
		let left = this.#body + this.#padding;
		this.#body = 0;
		this.#padding = 0;
		while (left > 0) {
			if (this.#at === this.#chunk.length) await this.#fill();
			const count = Math.min(left, this.#chunk.length - this.#at);
			this.#at += count;
			left -= count;
		}
	}
	async #fill() {
		if (!await this.#more()) throw damaged("it broke off");
	}
	async #more() {
		do {
			const { value, done } = await this.#source.next();
			if (done === true) return false;
			this.#chunk = value;
			this.#at = 0;
			this.#came += value.length;
			if (this.#came > this.limit) throw new BundleError("too-large", `a cache entry unpacks to more than the ${this.limit} bytes that its manifest accounts for; what came before that was kept`);
		} while (this.#chunk.length === 0);
		return true;
	}
	/** One block of zeros was read: the second one and the filling up to a whole record must be zeros too. */
	async #end() {
		let zeros = (await this.#exactly(BLOCK)).equals(ZEROS);
		do {
			for (; zeros && this.#at < this.#chunk.length; this.#at += BLOCK) {
				const part = this.#chunk.subarray(this.#at, this.#at + BLOCK);
				zeros = part.equals(ZEROS.subarray(0, part.length));
			}
			this.#at = this.#chunk.length;
		} while (zeros && await this.#more());
		if (!zeros) throw damaged("something follows its end");
	}
};
function parseHeader(header) {
	let sum = 256;
	for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
	if (octal(header, 148, 8) !== sum) throw damaged("a header does not have its checksum");
	const magic = header.toString("latin1", 257, 265);
	const posix = magic === "ustar\x0000";
	if (!posix && magic !== "ustar  \0") throw damaged("it is no POSIX or GNU tar");
	const size = octal(header, 124, 12);
	if (size === void 0) throw damaged("a header does not tell a size");
	const short = untilNul(header.subarray(0, 100));
	const prefix = posix ? untilNul(header.subarray(345, 500)) : "";
	return {
		name: prefix === "" ? short : `${prefix}/${short}`,
		flag: String.fromCharCode(header[156] ?? 0),
		size
	};
}
function typeOf(flag, size) {
	if (flag === "0" || flag === "\0") return "file";
	if (/^[1-6]$/.test(flag) && size !== 0) throw damaged("a member without a body has a size");
	return flag === "5" ? "directory" : "other";
}
function octal(header, at, length) {
	const text = /^ *([0-7]{1,11})[ \0]*$/.exec(header.toString("latin1", at, at + length));
	return text?.[1] === void 0 ? void 0 : Number.parseInt(text[1], 8);
}
function untilNul(bytes) {
	const end = bytes.indexOf(0);
	return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}
/** The `path` of a pax header. Throws for records that would change what we take for the member. */
function paxPath(bytes) {
	let path;
	for (let at = 0; at < bytes.length;) {
		const space = bytes.indexOf(32, at);
		const digits = space < 0 || space - at > 6 ? "" : bytes.toString("latin1", at, space);
		const end = at + Number(digits);
		if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 10) throw damaged("a pax header is malformed");
		const record = bytes.toString("latin1", space + 1, end - 1);
		const equals = record.indexOf("=");
		const key = record.slice(0, equals);
		if (equals < 1) throw damaged("a pax header is malformed");
		if (key === "size" || key.startsWith("GNU.sparse")) throw damaged("a pax header redefines a size");
		if (key === "path") path = record.slice(equals + 1);
		at = end;
	}
	return path;
}
function damaged(why) {
	return new BundleError("damaged", `a cache entry is damaged: ${why}; what came before that was kept, the rest is fetched anew`);
}
// src/store/modcache/compare.ts
/** Compares by name and digest. Directories that a zip names are nothing that is unpacked as a file. */
function compareTrees(prefix, zip, tree) {
	const short = (name) => name.slice(prefix.length + 1);
	const left = new Map(zip.filter(({ name }) => !name.endsWith("/")).map((line) => [line.name, line.sha256hex]));
	const changed = [];
	const added = [];
	for (const { name, sha256hex } of tree) {
		const expected = left.get(name);
		left.delete(name);
		if (expected === void 0) added.push(short(name));
		else if (expected !== sha256hex) changed.push(short(name));
	}
	return {
		changed: changed.sort(),
		added: added.sort(),
		removed: [...left.keys()].map(short).sort()
	};
}
/** Names that are told of each kind. */
const SHOWN = 3;
/** `uuid.go and 2 more changed; evil.go added`; empty when nothing differs. */
function differenceInWords({ changed, added, removed }) {
	const some = (names, verb) => {
		if (names.length === 0) return [];
		const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
		return [`${names.slice(0, SHOWN).map(shownName).join(", ")}${more} ${verb}`];
	};
	return [
		...some(changed, "changed"),
		...some(added, "added"),
		...some(removed, "removed")
	].join("; ");
}
/** A name of a file for a message: one line of printable ASCII, and short. */
function shownName(name) {
	return shown(name, 120);
}
/** Text of a file system or of a file for a message: one line of printable ASCII. */
function shownText(text) {
	return shown(text, 600);
}
function shown(text, length) {
	return (text.length > length ? `${text.slice(0, length)}...` : text).replaceAll(/[^\x20-\x7e]/g, "?");
}
// src/store/modcache/hash-tree.ts
const TREE_LIMITS = {
	maxBytes: 500 << 20,
	maxNames: 2e5,
	maxNameBytes: 32 << 20,
	maxDepth: 256
};
/** Something in an unpacked module that go never puts there. `name` is relative, with `/`. */
var TreeError = class extends Error {
	name = "TreeError";
	code = "not-a-module";
};
/** One for the life of the thread. */
const buffer = Buffer.allocUnsafeSlow(1 << 20);
/**
* The h1 of a directory (`dirhash.HashDir`) and the lines it is made of, names as they are in a module zip:
* `prefix/…`. Nothing that is no regular file is opened or followed. Synchronous: for worker threads only.
*
* Throws TreeError for what no unpacked module has and for what this user may not read, and Node's file system
* errors.
*/
function hashTree(dir, prefix, limits = {}) {
	const { maxBytes, maxNames, maxNameBytes, maxDepth } = {
		...TREE_LIMITS,
		...limits
	};
	const lines = [];
	let names = 0;
	let nameBytes = 0;
	let bytes = 0;
	const waiting = [{
		at: "",
		depth: 0
	}];
	for (let next = waiting.pop(); next !== void 0; next = waiting.pop()) {
		const { at, depth } = next;
		if (depth > maxDepth) throw new TreeError(`${shownName(at)} lies in more than ${maxDepth} directories`);
		for (const entry of entriesOf$3(path.join(dir, at))) {
			const name = at === "" ? entry.name : `${at}/${entry.name}`;
			names += 1;
			nameBytes += name.length;
			if (names > maxNames || nameBytes > maxNameBytes) throw new TreeError(`it holds more than ${maxNames} files, which no module has`);
			if (entry.isDirectory()) waiting.push({
				at: name,
				depth: depth + 1
			});
			else if (!entry.isFile()) throw new TreeError(`${shownName(name)} is ${kindOf$2(entry)}, which go never unpacks`);
			else if (name.includes("\n")) throw new TreeError(`${shownName(name)} has a line break in its name`);
			else {
				const file = hashFile(path.join(dir, name), name, maxBytes - bytes);
				bytes += file.size;
				lines.push({
					name: `${prefix}/${name}`,
					sha256hex: file.sha256hex
				});
			}
		}
	}
	return {
		h1: hash1(lines),
		lines
	};
}
function* entriesOf$3(dir) {
	const opened = readable(dir, () => fs.opendirSync(dir, { bufferSize: 128 }));
	try {
		for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield entry;
	} finally {
		opened.closeSync();
	}
}
function hashFile(file, name, maxBytes) {
	const fd = readable(name, () => fs.openSync(file, READ_FLAGS));
	try {
		const stat = fs.fstatSync(fd);
		if (!stat.isFile()) throw new TreeError(`${shownName(name)} is no regular file`);
		const tooLarge = () => new TreeError("its files are larger together than go lets a module be");
		if (stat.size > maxBytes) throw tooLarge();
		const first = fs.readSync(fd, buffer, 0, buffer.length, 0);
		if (first < buffer.length) return {
			sha256hex: hash("sha256", buffer.subarray(0, first), "hex"),
			size: first
		};
		const sum = createHash("sha256");
		let size = 0;
		for (let count = first; count > 0; count = fs.readSync(fd, buffer, 0, buffer.length, size)) {
			sum.update(buffer.subarray(0, count));
			size += count;
			if (size > maxBytes) throw tooLarge();
		}
		return {
			sha256hex: sum.digest("hex"),
			size
		};
	} finally {
		fs.closeSync(fd);
	}
}
/** go unpacks what everybody may read: one file that is shut must not keep the others from being judged. */
function readable(name, open) {
	try {
		return open();
	} catch (error) {
		const code = errnoOf(error) ?? "";
		if (!UNFIT.has(code)) throw error;
		throw new TreeError(`${shownName(name)} cannot be read (${code})`, { cause: error });
	}
}
/** A name that cannot be opened under the name it is listed by is none that go wrote either. */
const UNFIT = /* @__PURE__ */ new Set([
	"EACCES",
	"EPERM",
	"ENOENT",
	"ENOTDIR",
	"ELOOP",
	"EMLINK",
	"ENXIO",
	"EISDIR",
	"ENAMETOOLONG"
]);
function kindOf$2(entry) {
	return entry.isSymbolicLink() ? "a symbolic link" : "no regular file";
}
// src/store/modcache/paths.ts
/** Undefined for what go would not keep: a malformed path, a version that is not canonical. */
function modcachePaths({ path: module, version }) {
	if (canonicalModuleVersion(version) !== version) return void 0;
	try {
		const escaped = escapePath(module).split("/");
		const name = escapeVersion(version);
		const stem = path.join("cache", "download", ...escaped, "@v", name);
		return {
			mod: `${stem}.mod`,
			zip: `${stem}.zip`,
			ziphash: `${stem}.ziphash`,
			partial: `${stem}.partial`,
			tree: `${path.join(...escaped)}@${name}`
		};
	} catch {
		return;
	}
}
// src/store/modcache/examine.ts
/** A `.ziphash` is 47 bytes long, and a line break more when a person wrote it. */
const MAX_ZIPHASH = 1024;
/** Thrown by a check whose file is not what it has to be; the text goes on after the file's name. */
var Changed = class extends Error {
	/** What is wrong, when it is not the file itself. */
	at;
	constructor(message, at) {
		super(message);
		this.at = at;
	}
};
/**
* Compares what a GOMODCACHE has of one version with go.sum. Each part is judged for itself, because go uses a
* directory without looking at the zip, and a zip without hashing it when `.ziphash` is there. Reads only, and
* follows no link below the root. Synchronous file access: for worker threads only. Never rejects.
*/
async function examine$1(question) {
	const { root, h1s, goModH1s } = question;
	const paths = modcachePaths(question);
	const looked = [];
	const problems = [];
	if (paths === void 0) return {
		looked,
		problems
	};
	const part = async (name, look) => {
		const file = path.join(root, paths[name]);
		try {
			const odd = oddAbove(root, paths[name]);
			if (odd !== void 0) throw new Changed(BEHIND_LINK, odd);
			if (isThere$1(file) && await look(file) === "compared") looked.push(name);
		} catch (error) {
			if (errnoOf(error) === "ENOENT") return;
			looked.push(name);
			const why = whyOf(error, file);
			problems.push({
				part: name,
				kind: kindOf$1(why.path),
				...why
			});
		}
	};
	if (goModH1s.length > 0) await part("mod", (file) => mustBe(hashGoMod(contentOf(file, MAX_SIZE.mod)), goModH1s));
	if (h1s.length === 0) return {
		looked,
		problems
	};
	let lines;
	await part("zip", async (file) => {
		const zip = await readZip$1(file, question);
		mustBe(zip.h1, h1s);
		lines = zip.lines;
		return "compared";
	});
	await part("tree", (dir) => {
		const partial = path.join(root, paths.partial);
		const unpacking = () => isThere$1(partial);
		if (!fs.lstatSync(dir).isDirectory()) throw new Changed("is no directory");
		if (unpacking()) return "unused";
		try {
			return checkTree(dir, question, lines);
		} catch (error) {
			if (unpacking()) return "unused";
			throw error;
		}
	});
	const file = path.join(root, paths.ziphash);
	const ziphash = {
		part: "ziphash",
		what: "missing",
		path: file,
		kind: "file"
	};
	await part("ziphash", () => {
		const text = contentOf(file, MAX_ZIPHASH).toString("latin1").trim();
		if (text !== "") return mustBe(text, h1s);
		problems.push({
			...ziphash,
			detail: "is empty"
		});
		return "compared";
	});
	if (!looked.includes("ziphash") && (looked.includes("zip") || looked.includes("tree"))) problems.push({
		...ziphash,
		detail: "is not there"
	});
	return {
		looked,
		problems
	};
}
const BEHIND_LINK = "is no directory of its own, as go makes them, so that what lies behind it was not looked at";
/** The first thing above a file, below the root, that is a link or no directory. */
function oddAbove(root, relative) {
	let dir = root;
	for (const name of path.dirname(relative).split(path.sep)) {
		dir = path.join(dir, name);
		const found = fs.lstatSync(dir, { throwIfNoEntry: false });
		if (found === void 0) return void 0;
		if (!found.isDirectory()) return dir;
	}
}
function isThere$1(file) {
	try {
		return fs.lstatSync(file, { throwIfNoEntry: false }) !== void 0;
	} catch (error) {
		if (isAbsent(error)) return false;
		throw error;
	}
}
function kindOf$1(file) {
	try {
		return fs.lstatSync(file).isDirectory() ? "directory" : "file";
	} catch {
		return "file";
	}
}
function contentOf(file, max) {
	const source = open(file);
	try {
		if (source.size > max) throw new Changed(`is ${source.size} bytes long, and go takes at most ${max}`);
		return Buffer.from(source.read(0, source.size));
	} finally {
		source.close();
	}
}
async function readZip$1(file, question) {
	const source = open(file);
	try {
		return await readModuleZip(source, question);
	} finally {
		source.close();
	}
}
function open(file) {
	if (!fs.lstatSync(file).isFile()) throw new Changed("is no regular file");
	return fileByteSource(file);
}
function checkTree(dir, question, zip) {
	const prefix = `${question.path}@${question.version}`;
	const { h1, lines } = hashTree(dir, prefix);
	if (question.h1s.every((expected) => expected === h1)) return "compared";
	const words = zip === void 0 ? void 0 : differenceInWords(compareTrees(prefix, zip, lines));
	if (words === "") return "compared";
	if (words !== void 0) throw new Changed(`differs from the zip that go.sum vouches for: ${words}`);
	return mustBe(h1, question.h1s);
}
/** All of them: go stops at the first line of go.sum that differs from what it has. */
function mustBe(actual, expected) {
	const other = expected.find((h1) => h1 !== actual);
	if (other === void 0) return "compared";
	const disagree = expected.includes(actual) ? ", and the go.sum files of this checkout disagree" : "";
	throw new Changed(`has the hash ${shownName(actual)}, but go.sum has ${other}${disagree}`);
}
function whyOf(error, file) {
	const message = shownText(error instanceof Error ? error.message : String(error));
	const changed = (detail, at = file) => ({
		what: "changed",
		path: at,
		detail
	});
	if (error instanceof Changed) return changed(error.message, error.at);
	if (error instanceof TreeError) return changed(`is not as go unpacked it: ${message}`);
	if (error instanceof ZipError) return changed(`is no zip that go takes: ${message}`);
	const code = errnoOf(error) ?? "";
	if (code === "EACCES" || code === "EPERM") return changed(`cannot be read (${code})`);
	return {
		what: "unread",
		path: file,
		detail: `could not be read: ${message}`
	};
}
// src/store/modcache/list.ts
/** Bound on the walk over a module cache, names. */
const MAX_NAMES$2 = 3e5;
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH$4 = 128;
/**
* The versions whose code a GOMODCACHE has, as far as `.ziphash` tells: go looks at it before it uses any. Names
* that go would not write are passed over, links are not followed, and what cannot be read holds nothing.
*/
async function* listModcache(goModCache) {
	yield* walk(join(goModCache, "cache", "download"), [], { names: MAX_NAMES$2 });
}
async function* walk(dir, escaped, left) {
	if (escaped.length > MAX_DEPTH$4) return;
	for await (const entry of entriesOf$2(dir)) {
		left.names -= 1;
		if (left.names < 0) return;
		if (entry.isDirectory()) {
			if (escaped.length === 0 && entry.name === "sumdb") continue;
			yield* walk(join(dir, entry.name), [...escaped, entry.name], left);
		} else if (entry.name.endsWith(".ziphash") && escaped.at(-1) === "@v") {
			const found = escapedVersion(escaped.slice(0, -1).join("/"), entry.name.slice(0, -8));
			if (found !== void 0) yield found;
		}
	}
}
async function* entriesOf$2(dir) {
	try {
		yield* await opendir(dir);
	} catch {}
}
/** The version of two names as go writes them to a disk; undefined for what go would not write. */
function escapedVersion(path, version) {
	try {
		return {
			path: unescapePath(path),
			version: unescapeVersion(version)
		};
	} catch {
		return;
	}
}
// src/store/modcache/contents.ts
/** Bounds: names in all, versions, directories below one another, the list of one directory, directories at once. */
const MAX_NAMES$1 = 2e6;
const MAX_VERSIONS = 1e5;
const MAX_DEPTH$3 = 128;
const MAX_DIRECTORY_BYTES = 32 << 20;
const PARALLEL = 16;
/** `h1:` and base64 of 32 bytes, with room for a line end. */
const MAX_HASH_BYTES = 128;
/** A pipe would have its reader wait for ever, a link may lead anywhere; Windows knows neither flag. */
const READ$1 = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
/**
* Reads what a GOMODCACHE holds code of, by its `.ziphash` files. Links are not followed. Never rejects: what cannot
* be read is told in `odd`, and a cache that is not there is empty.
*/
async function readModcache(goModCache) {
	const walk = {
		versions: /* @__PURE__ */ new Map(),
		names: 0,
		odd: 0,
		firstOdd: void 0,
		cut: false
	};
	let level = [{
		path: join(goModCache, "cache", "download"),
		escaped: []
	}];
	for (let depth = 0; level.length > 0 && !walk.cut; depth++) if (depth > MAX_DEPTH$3) walk.cut = true;
	else level = (await inParallel(level, (dir) => lookInto(dir, walk))).flat();
	const { versions, odd, firstOdd, cut } = walk;
	return {
		versions,
		odd: {
			count: odd,
			...firstOdd === void 0 ? {} : { first: firstOdd }
		},
		cut
	};
}
/** Takes in the versions of a directory; returns the directories below it. */
async function lookInto({ path, escaped }, walk) {
	const below = [];
	const hashes = [];
	const zips = /* @__PURE__ */ new Set();
	const files = escaped.at(-1) === "@v";
	for (const entry of await entriesOf$1(path, escaped.length === 0, walk)) {
		const { name } = entry;
		if (files && name.endsWith(".ziphash")) {
			if (entry.isFile()) hashes.push(name.slice(0, -8));
			else note(walk, join(path, name), "not a file");
		} else if (entry.isDirectory()) {
			if (escaped.length === 0 && name === "sumdb") continue;
			below.push({
				path: join(path, name),
				escaped: [...escaped, name]
			});
		} else if (files && name.endsWith(".zip") && entry.isFile()) zips.add(name.slice(0, -4));
	}
	const module = escaped.slice(0, -1).join("/");
	for (const stem of hashes) {
		const found = escapedVersion(module, stem);
		const file = join(path, `${stem}.ziphash`);
		if (found === void 0 || canonicalModuleVersion(found.version) !== found.version) {
			note(walk, file, "go would not use this name");
			continue;
		}
		if (walk.versions.size >= MAX_VERSIONS) {
			walk.cut = true;
			break;
		}
		const hash = await readHash(file);
		if (typeof hash === "string") note(walk, file, hash);
		else {
			const { path: name, version } = found;
			walk.versions.set(`${name}@${version}`, {
				module: name,
				version,
				...hash,
				zip: zips.has(stem)
			});
		}
	}
	return below;
}
async function entriesOf$1(path, isRoot, walk) {
	try {
		if (fs.lstatSync(path).size > MAX_DIRECTORY_BYTES) {
			note(walk, path, "too many names");
			return [];
		}
		const entries = await readdir(path, { withFileTypes: true });
		walk.names += entries.length;
		if (walk.names <= MAX_NAMES$1) return entries;
		walk.cut = true;
	} catch (error) {
		if (!isRoot || codeOf(error) !== "ENOENT") note(walk, path, codeOf(error));
	}
	return [];
}
/** The hash in a `.ziphash`, or what is wrong with it. Opening it may take a trip to a server, the rest does not. */
function readHash(file) {
	return new Promise((done) => {
		fs.open(file, READ$1, (error, fd) => done(error === null ? readOpened(fd) : codeOf(error)));
	});
}
function readOpened(fd) {
	try {
		const found = fs.fstatSync(fd);
		if (!found.isFile()) return "not a file";
		if (found.size > MAX_HASH_BYTES) return "too long for a hash";
		const buffer = Buffer.alloc(MAX_HASH_BYTES);
		const h1 = buffer.toString("latin1", 0, fs.readSync(fd, buffer, 0, MAX_HASH_BYTES, 0)).trim();
		if (!isH1(h1)) return "not a hash";
		return {
			h1,
			changedMs: found.ctimeMs,
			writtenMs: found.mtimeMs
		};
	} catch (error) {
		return codeOf(error);
	} finally {
		fs.closeSync(fd);
	}
}
function note(walk, path, why) {
	walk.odd += 1;
	walk.firstOdd ??= `${path}: ${why}`;
}
function codeOf(error) {
	return error.code ?? String(error);
}
/** Results in the order of the items. */
async function inParallel(items, work) {
	const results = [];
	let next = 0;
	const worker = async () => {
		while (next < items.length) {
			const at = next++;
			results[at] = await work(items[at]);
		}
	};
	await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
	return results;
}
// src/store/modcache/vcs.ts
const MAX_NAMES = 1e5;
const MAX_CLONES = 1e3;
const MAX_INFO_BYTES = 8192;
const MAX_FETCH_BYTES = 65536;
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/**
* The clones of a GOMODCACHE. Never rejects: what cannot be read holds nothing, and a clone that nobody can say the
* origin of has an empty URL.
*/
async function readClones(goModCache) {
	const dir = join(goModCache, "cache", "vcs");
	const names = [];
	let seen = 0;
	try {
		for await (const entry of await opendir(dir)) {
			seen += 1;
			if (seen > MAX_NAMES || names.length >= MAX_CLONES) break;
			if (entry.isFile() && entry.name.endsWith(".info")) names.push(entry.name.slice(0, -5));
		}
	} catch {
		return [];
	}
	const clones = [];
	for (const name of names.sort()) {
		const info = await readStart(join(dir, `${name}.info`), MAX_INFO_BYTES);
		if (info === void 0) continue;
		const fetched = await readStart(join(dir, name, "FETCH_HEAD"), MAX_FETCH_BYTES);
		const url = /^[a-z0-9]+:([^\s]+)/.exec(info.text)?.[1] ?? "";
		const from = / of (\S+)\s*$/m.exec(fetched?.text ?? "")?.[1];
		clones.push({
			name,
			url: withoutCredentials(url),
			fetchedFrom: from === void 0 ? void 0 : withoutCredentials(from),
			fetchedMs: Math.max(info.writtenMs, fetched?.writtenMs ?? 0)
		});
	}
	return clones;
}
/** A URL, or git's `user@host:path`, as it may be shown. */
function withoutCredentials(url) {
	if (!URL.canParse(url) || !url.includes("://")) return redactUrl(url);
	const parsed = new URL(url);
	parsed.username = "";
	parsed.password = "";
	parsed.search = "";
	parsed.hash = "";
	return parsed.href;
}
async function readStart(file, limit) {
	try {
		await using handle = await open$2(file, READ);
		const found = await handle.stat();
		if (!found.isFile()) return void 0;
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(limit), 0, limit, 0);
		return {
			text: buffer.toString("utf8", 0, bytesRead),
			writtenMs: Math.min(found.ctimeMs, found.mtimeMs)
		};
	} catch {
		return;
	}
}
// src/store/index-entry.ts
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function readFacts(value, max) {
	if (!isObject(value)) return void 0;
	const { sha256, size } = value;
	if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return void 0;
	if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > max) return void 0;
	return {
		sha256,
		size
	};
}
function readZip(value) {
	const facts = readFacts(value, MAX_SIZE.zip);
	if (facts === void 0 || !isObject(value)) return void 0;
	const original = readFacts(value.original, MAX_SIZE.zip);
	const { representation } = value;
	if (original === void 0 || representation !== "original" && representation !== "stored") return void 0;
	if (representation === "original" && original.sha256 !== facts.sha256) return void 0;
	return {
		...facts,
		representation,
		original
	};
}
function readH1(value) {
	return typeof value === "string" && isH1(value) ? value : void 0;
}
function readVoucher(value) {
	return value === "sumdb" || value === "gosum" ? value : void 0;
}
function readOrigin(value) {
	if (!isObject(value)) return void 0;
	const pairs = Object.entries(value);
	const fine = (text) => typeof text === "string" && text.length <= 2048;
	if (pairs.length === 0 || pairs.length > 16 || !pairs.every(([key, text]) => key.length <= 32 && fine(text))) return;
	return Object.fromEntries(pairs);
}
function isTime(value) {
	return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value);
}
/** Without keys whose value is undefined, in the order in which they are written. */
function compact(value) {
	return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== void 0));
}
/**
* Reads an index file of the version `mv`. A fact that is malformed or contradicts another is left out, as
* if the file it is about had never been hashed: a zip without h1, a go.mod whose h1 is not that of its
* digest. Undefined when it is no index entry, or one of another version.
*/
function parseEntry(bytes, mv) {
	let value;
	try {
		value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
	} catch {
		return;
	}
	if (!isObject(value) || value.v !== 1 || value.module !== mv.path || value.version !== mv.version) return;
	if (!isTime(value.firstSeen)) return void 0;
	const h1 = readH1(value.h1);
	const zip = h1 === void 0 ? void 0 : readZip(value.zip);
	const mod = readFacts(value.mod, MAX_SIZE.mod);
	const modHash = mod === void 0 ? void 0 : goModH1(mod.sha256);
	const modFine = modHash !== void 0 && modHash === readH1(value.goModH1);
	const vouched = isObject(value.vouchedBy) ? value.vouchedBy : {};
	return makeEntry(mv, value.firstSeen, {
		...compact({
			h1,
			goModH1: modFine ? modHash : void 0,
			info: readFacts(value.info, MAX_SIZE.info),
			mod: modFine ? mod : void 0,
			zip,
			origin: readOrigin(value.origin)
		}),
		vouchedBy: compact({
			zip: readVoucher(vouched.zip),
			mod: readVoucher(vouched.mod)
		})
	});
}
function makeEntry(mv, firstSeen, facts) {
	const { zip: zipBy, mod: modBy } = facts.vouchedBy ?? {};
	const vouched = compact({
		zip: zipBy,
		mod: modBy
	});
	return compact({
		v: 1,
		module: mv.path,
		version: mv.version,
		h1: facts.h1,
		goModH1: facts.goModH1,
		info: facts.info,
		mod: facts.mod,
		zip: facts.zip,
		vouchedBy: Object.keys(vouched).length > 0 ? vouched : void 0,
		origin: facts.origin,
		firstSeen
	});
}
/** An index entry as it is written: keys in one order, so that equal entries are equal bytes. */
function formatEntry(entry) {
	return Buffer.from(`${JSON.stringify(makeEntry({
		path: entry.module,
		version: entry.version
	}, entry.firstSeen, entry))}\n`);
}
/** Digest and size at rest of one file, or undefined when the entry says nothing of it. */
function factsOf(entry, kind) {
	return entry?.[kind];
}
/** `h1:` of a zip or go.mod as the entry has it. */
function h1Of(entry, kind) {
	return kind === "zip" ? entry.h1 : kind === "mod" ? entry.goModH1 : void 0;
}
function stronger(a, b) {
	return a === "sumdb" || b === "sumdb" ? "sumdb" : a ?? b;
}
/**
* The entry of a version after `add` became true of it: what `add` says replaces what `base` said of the
* same file, everything else of `base` stays. A voucher is kept only for the hash that it vouched for.
*/
function mergeEntry(mv, base, add, firstSeen) {
	const voucher = (kind, key) => {
		return stronger(add[key] === void 0 || add[key] === base?.[key] ? base?.vouchedBy?.[kind] : void 0, add.vouchedBy?.[kind]);
	};
	return makeEntry(mv, base?.firstSeen ?? firstSeen, {
		...base,
		...add,
		vouchedBy: compact({
			zip: voucher("zip", "h1"),
			mod: voucher("mod", "goModH1")
		})
	});
}
/** Whether `entry` says all that `add` says. */
function includesFacts(entry, add) {
	return FILE_KINDS.every((kind) => add[kind] === void 0 || entry[kind]?.sha256 === add[kind].sha256);
}
// src/store/bundle/manifest.ts
/** Key of the manifest in the archive, below `store/`. */
const MANIFEST_KEY = "modgate/bundle.json";
const MAX_MANIFEST_SIZE = 33554432;
/** Versions that one set may have. */
const MAX_BUNDLED = 1e5;
/** Longer than any version line that Go's limits of paths and versions allow. */
const MAX_LINE$1 = 8192;
const MAX_HEAD = 65536;
const KEY = /^modgate-v2-[a-z0-9-]{1,100}$/;
const TIME$1 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** SHA-256 in base64url: a third shorter than hex, and most of a manifest is digests. */
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const HEAD_END = ",\"versions\":[";
const END = "]}";
/**
* A manifest as it is written: one JSON document, of which the first line has everything but the versions and
* each further line one version, so that a reader can judge it line by line:
* `[path, version, lastUse, info, mod, zip]`, each file null or `[bundle, size, digest]`.
*
* Fractions of milliseconds are dropped, and of the past entries the oldest beyond `MAX_PAST`.
*/
function formatManifest(manifest) {
	const { created } = manifest;
	const parents = manifest.parents.map((p) => [p.key, p.bytes]);
	const past = [...manifest.past].sort((a, b) => b.until - a.until).slice(0, 200).map((p) => [
		p.key,
		p.bytes,
		Math.floor(p.until)
	]);
	const head = JSON.stringify({
		v: 2,
		created,
		parents,
		past
	}).slice(0, -1);
	const lines = manifest.versions.map(formatVersion);
	return Buffer.from(`${head}${HEAD_END}\n${lines.map((line) => `${line}\n`).join(",")}${END}\n`);
}
function formatVersion(version) {
	const files = FILE_KINDS.map((kind) => {
		const file = version.files.find((f) => f.kind === kind);
		return file === void 0 ? null : [
			file.bundle,
			file.size,
			Buffer.from(file.sha256, "hex").toString("base64url")
		];
	});
	return JSON.stringify([
		version.path,
		version.version,
		Math.floor(version.lastUse),
		...files
	]);
}
/**
* Reads a manifest that anybody may have written. Only the form that `formatManifest` writes is accepted; lines are
* parsed one by one, so that no text of many small values takes up more memory than a manifest does.
*
* Throws BundleError `not-a-bundle`; its message quotes nothing of the text.
*/
function parseManifest(bytes) {
	if (bytes.length > 33554432) throw refusal(`it is larger than ${MAX_MANIFEST_SIZE} bytes`);
	const lines = linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
	const head = parseHead(lines.next());
	const seen = /* @__PURE__ */ new Set();
	const versions = [];
	for (let number = 2;; number++) {
		const line = lines.next();
		if (line === END) break;
		const text = number === 2 ? line : line?.startsWith(",") === true ? line.slice(1) : void 0;
		const version = text === void 0 ? void 0 : parseVersion(text, head.parents.length);
		if (version === void 0) throw refusal(`its line ${number} is no module version`);
		if (versions.length === 1e5) throw refusal(`it names more than ${MAX_BUNDLED} versions`);
		const id = `${version.path}@${version.version}`;
		if (seen.has(id)) throw refusal(`its line ${number} names a version for the second time`);
		seen.add(id);
		versions.push(version);
	}
	if (!lines.atEnd()) throw refusal("something follows its end");
	return {
		...head,
		versions
	};
}
/** The lines of a text, each bounded; `next` is undefined where there is none that ends. */
function linesOf(bytes) {
	let at = 0;
	return {
		next() {
			const max = at === 0 ? MAX_HEAD : MAX_LINE$1;
			const end = bytes.indexOf(10, at);
			if (end < 0 || end - at > max) return void 0;
			const line = bytes.toString("utf8", at, end);
			at = end + 1;
			return line;
		},
		atEnd: () => at === bytes.length
	};
}
function parseHead(line) {
	if (line?.endsWith(HEAD_END) !== true) throw refusal("it does not begin like one");
	const head = parseJson(`${line.slice(0, -13)}}`);
	if (typeof head !== "object" || head === null) throw refusal("its first line is no JSON object");
	const { v, created, parents, past } = head;
	if (v !== 2) throw refusal("it is of another version");
	if (typeof created !== "string" || !TIME$1.test(created) || Number.isNaN(Date.parse(created))) throw refusal("it does not tell when it was made");
	if (!Array.isArray(parents) || parents.length > 12) throw refusal("it has too many parents");
	if (!Array.isArray(past) || past.length > 200) throw refusal("it has too many past entries");
	const refs = parents.map(parseRef);
	if (new Set(refs.map((ref) => ref.key)).size !== refs.length) throw refusal("a parent occurs twice");
	return {
		v: 2,
		created,
		parents: refs,
		past: past.map(parsePast)
	};
}
function parseRef(value) {
	const [key, bytes] = Array.isArray(value) && value.length === 2 ? value : [];
	if (typeof key !== "string" || !KEY.test(key) || !isCount(bytes)) throw refusal("an entry that it names is none of the shared cache");
	return {
		key,
		bytes
	};
}
function parsePast(value) {
	const [key, bytes, until] = Array.isArray(value) && value.length === 3 ? value : [];
	if (!isCount(until)) throw refusal("a past entry does not tell when it was of use");
	return {
		...parseRef([key, bytes]),
		until
	};
}
function parseVersion(line, parents) {
	const value = parseJson(line);
	if (!Array.isArray(value) || value.length !== 3 + FILE_KINDS.length) return void 0;
	const [path, version, lastUse, ...rest] = value;
	if (typeof path !== "string" || typeof version !== "string" || !isCount(lastUse)) return void 0;
	if (versionKeys({
		path,
		version
	}) === void 0) return void 0;
	const files = [];
	for (const [index, kind] of FILE_KINDS.entries()) {
		const told = rest[index];
		if (told === null) continue;
		const file = parseFile(told, kind, parents);
		if (file === void 0) return void 0;
		files.push(file);
	}
	return {
		path,
		version,
		lastUse,
		files
	};
}
function parseFile(value, kind, parents) {
	if (!Array.isArray(value) || value.length !== 3) return void 0;
	const [bundle, size, digest] = value;
	if (!isCount(bundle) || bundle > parents || !isCount(size) || size > MAX_SIZE[kind]) return void 0;
	if (typeof digest !== "string" || !DIGEST.test(digest)) return void 0;
	return {
		kind,
		size,
		sha256: Buffer.from(digest, "base64url").toString("hex"),
		bundle
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
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}
function refusal(why) {
	return new BundleError("not-a-bundle", `the manifest of a cache entry was not accepted: ${why}; the entry is not used, and the next save replaces it`);
}
// src/store/bundle/plan.ts
const DAY_MS$4 = 864e5;
/** A service forgets an entry that nobody read for seven days; one more for clocks and jobs under way. */
const FORGOTTEN_MS = 8 * DAY_MS$4;
/** An older manifest is written anew, small as it is, or the times of last use in it would stand still. */
const STALE_MS = 7 * DAY_MS$4;
/** With more parents than this everything is packed into one bundle again, if the quota has room for it. */
const EASY_PARENTS = 8;
/** Headers, index entries and the manifest, for each file: an upper bound. */
const OVERHEAD = 3072;
/** Manifest, tiles and records of the checksum database. */
const FIXED = 4194304;
/** Name of one file of a version, as `lostFiles` has it. */
function fileName(version, kind) {
	return `${version.path}@${version.version}.${kind}`;
}
/**
* Decides what a job writes to the shared cache. Nothing when the entries there have it all. Only the difference
* when that is the smaller part: an entry cannot be changed, and the whole set again for each changed dependency
* would fill the repository's quota in a week. Everything in one entry when there is none to build on, when the
* parents became many, or when most of what they hold is of no use any more. Pure.
*/
function planSave(input) {
	const { now, chosen, restored } = input;
	const total = bytesOf(chosen.flatMap((version) => version.files));
	if (restored === void 0) return fitting(input, [fullPlan(input)]);
	const where = placesOf(restored);
	const placed = chosen.map((version) => ({
		...version,
		files: version.files.map((file) => ({
			...file,
			bundle: where(version, file) ?? 0
		}))
	}));
	const fresh = placed.flatMap((version) => version.files).filter((file) => file.bundle === 0);
	const age = now - Date.parse(restored.manifest.created);
	if (fresh.length === 0 && age < STALE_MS) return { do: "nothing" };
	const delta = deltaPlan(input, placed, restored, fresh);
	const full = fullPlan(input);
	const held = delta?.manifest.parents.reduce((sum, parent) => sum + parent.bytes, 0) ?? 0;
	const crowded = (delta?.manifest.parents.length ?? 0) > EASY_PARENTS;
	const plan = fitting(input, (bytesOf(fresh) > total / 2 || crowded || held > 2 * total + FIXED ? [full, delta] : [delta, full]).filter((p) => p !== void 0));
	return fresh.length === 0 && plan.do === "skip" ? { do: "nothing" } : plan;
}
function fullPlan({ now, chosen, restored, others = [] }) {
	const versions = chosen.map((v) => ({
		...v,
		files: v.files.map((f) => ({
			...f,
			bundle: 0
		}))
	}));
	const gone = restored === void 0 ? [] : [restored, ...restored.manifest.parents];
	const files = versions.flatMap((v) => v.files);
	return candidate(now, [], [...others, ...pastOf(restored, gone, now)], versions, files);
}
/** Undefined when more entries would have to be named than one may name. */
function deltaPlan({ now, others = [] }, placed, restored, fresh) {
	const bundles = [restored, ...restored.manifest.parents];
	const lends = bundles.map((_, at) => placed.some((v) => v.files.some((f) => f.bundle === at + 1)));
	const parents = bundles.filter((_, at) => lends[at]);
	if (parents.length > 12) return void 0;
	const renumbered = /* @__PURE__ */ new Map([[0, 0]]);
	for (const [at, bundle] of bundles.entries()) if (lends[at]) renumbered.set(at + 1, parents.indexOf(bundle) + 1);
	const versions = placed.map((v) => ({
		...v,
		files: v.files.map((f) => ({
			...f,
			bundle: renumbered.get(f.bundle) ?? 0
		}))
	}));
	const gone = bundles.filter((_, at) => !lends[at]);
	const past = [...others, ...pastOf(restored, gone, now)];
	return candidate(now, parents.map(refOf), past, versions, fresh);
}
function candidate(now, parents, past, versions, files) {
	const manifest = {
		v: 2,
		created: new Date(now).toISOString(),
		parents,
		past,
		versions
	};
	const rows = versions.reduce((sum, v) => sum + v.files.length, 0);
	return {
		manifest,
		bytes: bytesOf(files) + files.length * OVERHEAD + rows * 200 + FIXED,
		files: files.length
	};
}
/** The first candidate that leaves all entries together within the quota. */
function fitting({ quota }, candidates) {
	let least;
	for (const { manifest, bytes, files } of candidates) {
		const used = [...manifest.parents, ...manifest.past].reduce((sum, entry) => sum + entry.bytes, 0);
		if (used + bytes <= quota && manifest.past.length <= 200) return {
			do: "save",
			manifest,
			bytes,
			used,
			files
		};
		if (least === void 0 || bytes < least.needs) least = {
			used,
			needs: bytes
		};
	}
	return {
		do: "skip",
		...least ?? {
			used: 0,
			needs: 0
		}
	};
}
/** Where the restored entries have a file with these very bytes: 1 the newest, n + 1 its nth parent. */
function placesOf(restored) {
	const lost = new Set(restored.lostFiles);
	const places = /* @__PURE__ */ new Map();
	for (const version of restored.manifest.versions) for (const { kind, sha256, bundle } of version.files) {
		const name = fileName(version, kind);
		if (lost.has(name) || restored.lostBundles.includes(bundle)) continue;
		places.set(name, {
			sha256,
			bundle: bundle + 1
		});
	}
	return (version, file) => {
		const place = places.get(fileName(version, file.kind));
		return place?.sha256 === file.sha256 ? place.bundle : void 0;
	};
}
/** Entries that may still be at the service though nobody needs them. */
function pastOf(restored, gone, now) {
	return [...(restored?.manifest.past ?? []).filter((entry) => entry.until > now - FORGOTTEN_MS), ...gone.map((entry) => ({
		...refOf(entry),
		until: now
	}))];
}
function refOf({ key, bytes }) {
	return {
		key,
		bytes
	};
}
/** What files take in a bundle at most. */
function bytesOf(files) {
	return files.reduce((sum, file) => sum + (file.packed ?? file.size), 0);
}
// src/store/walk.ts
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH$2 = 128;
/** Why `onSkip` is told of a symbolic link. */
const A_LINK = "a symbolic link";
/**
* Every version of a store tree, one `@v` directory at a time. Symbolic links, foreign names and whatever is
* neither directory nor regular file are skipped. Throws StoreError when a directory cannot be read and nobody is to
* be told of that.
*/
async function* walkVersions(root, options = {}) {
	yield* walkDir(beginWalk(root, options), []);
}
function beginWalk(root, options) {
	const { onSkip = () => void 0, onUnreadable, maxNames = 2e6 } = options;
	return {
		root,
		onSkip,
		onUnreadable,
		left: maxNames
	};
}
async function* walkDir(walk, segments) {
	const at = segments.join("/");
	if (segments.length > MAX_DEPTH$2) return walk.onSkip(at, "nested too deep");
	for await (const entry of entries(walk, at)) {
		const here = at === "" ? entry.name : `${at}/${entry.name}`;
		if (at === "" && (entry.name === "modgate" || entry.name === "sumdb")) continue;
		if (!entry.isDirectory()) {
			if (!(entry.isFile() && entry.name === "@latest")) walk.onSkip(here, kindOfJunk(entry));
		} else if (entry.name === "@v") {
			const modulePath = moduleOfDir(segments);
			if (modulePath === void 0) walk.onSkip(here, "not a module path");
			else yield* walkModule(walk, here, modulePath);
		} else yield* walkDir(walk, [...segments, entry.name]);
	}
}
async function* walkModule(walk, dir, modulePath) {
	const versions = /* @__PURE__ */ new Map();
	for await (const entry of entries(walk, dir)) {
		const here = `${dir}/${entry.name}`;
		const found = entry.isFile() ? versionOfName(entry.name) : void 0;
		if (found === void 0) {
			if (!(entry.isFile() && entry.name === "list")) walk.onSkip(here, kindOfJunk(entry));
			continue;
		}
		const stat = await statRegular(path.join(walk.root, here));
		if (stat === void 0) continue;
		const files = versions.get(found.version) ?? {};
		files[found.kind] = stat.size;
		versions.set(found.version, files);
	}
	for (const [version, files] of versions) yield {
		path: modulePath,
		version,
		files
	};
}
async function* entries(walk, key) {
	const dir = path.join(walk.root, key);
	try {
		for await (const entry of await fsp.opendir(dir)) {
			if (walk.left <= 0) return walk.onSkip(key, "too many files");
			walk.left -= 1;
			yield entry;
		}
	} catch (error) {
		if (isAbsent(error)) return;
		const failure = asStoreError(error, dir, "read");
		if (walk.onUnreadable === void 0) throw failure;
		walk.onUnreadable(key, failure);
	}
}
function kindOfJunk(entry) {
	if (entry.isSymbolicLink()) return A_LINK;
	if (entry.isFile()) return "not a file of a store";
	return entry.isDirectory() ? "a directory where none belongs" : "not a regular file";
}
/** Keys of all regular files below the directory `start` of a tree, whatever they are called. */
async function* walkFiles(root, start, options = {}) {
	const walk = beginWalk(root, options);
	const parts = start.split("/");
	for (let depth = 1; depth <= parts.length; depth++) if (!await isRealDir(path.join(root, ...parts.slice(0, depth)))) return;
	yield* walkAll(walk, start, 0);
}
async function* walkAll(walk, dir, depth) {
	if (depth > MAX_DEPTH$2) return walk.onSkip(dir, "nested too deep");
	for await (const entry of entries(walk, dir)) {
		const here = `${dir}/${entry.name}`;
		if (entry.isDirectory()) yield* walkAll(walk, here, depth + 1);
		else if (entry.isFile()) yield here;
		else walk.onSkip(here, kindOfJunk(entry));
	}
}
async function isRealDir(dir) {
	try {
		return (await fsp.lstat(dir)).isDirectory();
	} catch (error) {
		if (isAbsent(error)) return false;
		throw asStoreError(error, dir, "read");
	}
}
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
		const known = await readEntry$1(storeDir, found);
		if (known === void 0) continue;
		const packed = FILE_KINDS.reduce((sum, kind) => sum + packedSize(kind, found.files[kind] ?? 0, known.entry?.zip), 0);
		versions.push({
			...found,
			lastUse: known.lastUse,
			packed
		});
	}
	return versions;
}
async function readEntry$1(storeDir, mv) {
	const keys = versionKeys(mv);
	const found = keys && await readRegular(path.join(storeDir, keys.index), 65536);
	if (found === void 0) return void 0;
	return {
		entry: found.bytes === "oversize" ? void 0 : parseEntry(found.bytes, mv),
		lastUse: found.stamp.mtimeMs
	};
}
/**
* The files of chosen versions with their digests, as the index has them; one that the index does not know, or
* knows by another size, is left out. All are said to be in bundle 0.
*/
async function withDigests(storeDir, chosen) {
	const versions = [];
	for (const { path: modulePath, version, files, lastUse } of chosen) {
		const mv = {
			path: modulePath,
			version
		};
		const entry = (await readEntry$1(storeDir, mv))?.entry;
		const known = FILE_KINDS.flatMap((kind) => {
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
		if (known.length > 0) versions.push({
			...mv,
			lastUse,
			files: known
		});
	}
	return versions;
}
// src/store/tree.ts
/** Bound of the set of directories that are known to be real; it is forgotten as a whole beyond that. */
const MAX_KNOWN_DIRS = 2e4;
/** How often something is tried whose directory is taken away meanwhile: a prune removes empty ones. */
const MAX_TRIES = 10;
/**
* A name for «processes whose pids mean the same as ours»: host, boot and pid namespace. Two containers may
* share a host name and a store and still not see each other's processes.
*/
function pidScope() {
	const parts = [hostname()];
	try {
		parts.push(readFileSync("/proc/sys/kernel/random/boot_id", "latin1"), readlinkSync("/proc/self/ns/pid"));
	} catch {}
	return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}
/** A directory tree with keys for names, in which no directory is ever reached through a symbolic link. */
var Tree = class {
	/** Real path of the root directory. */
	root;
	host = pidScope();
	/** True when the umask takes from new files and directories what others need to read them. */
	chmod = false;
	#unique = randomBytes(4).toString("hex");
	#alone;
	#known = /* @__PURE__ */ new Set();
	#count = 0;
	/** @param alone nobody else makes files in this directory */
	constructor(root, alone = false) {
		this.root = root;
		this.#alone = alone;
	}
	path(key) {
		return path.join(this.root, key);
	}
	/**
	* Whether `key` is a directory reached without any symbolic link. Looked at level by level, so that each
	* directory costs one call once, and a missing version one call.
	*/
	async hasDir(key) {
		if (key === "" || key === "." || this.#known.has(key)) return true;
		if (!await this.hasDir(path.posix.dirname(key))) return false;
		const dir = this.path(key);
		try {
			if (!fs.lstatSync(dir).isDirectory()) return false;
		} catch (error) {
			if (isAbsent(error)) return false;
			throw asStoreError(error, dir, "read");
		}
		this.#remember(key);
		return true;
	}
	/** Creates a directory and those above it. Throws StoreError, also when a link or a file is in the way. */
	async makeDir(key) {
		for (let attempt = 1;; attempt++) try {
			return await this.#makeDirs(key);
		} catch (error) {
			if (!(error instanceof StoreError && errnoOf(error.cause) === "ENOENT") || attempt === MAX_TRIES) throw error;
			await this.#forget(attempt);
		}
	}
	/**
	* Somebody cleans up while we live: what we know of directories is void. So is what others of this process learn
	* while we wait.
	*/
	async #forget(attempt) {
		await setTimeout$1(Math.random() * 2 ** attempt);
		this.#known.clear();
	}
	async #makeDirs(key) {
		if (key === "" || key === "." || await this.hasDir(key)) return;
		const dir = this.path(key);
		await this.#makeDirs(path.posix.dirname(key));
		try {
			fs.mkdirSync(dir, 493);
			if (this.chmod) fs.chmodSync(dir, 493);
		} catch (error) {
			if (errnoOf(error) !== "EEXIST") throw asStoreError(error, dir, "write");
			if (!await this.hasDir(key)) {
				if ((await fsp.lstat(dir).catch((again) => {
					throw asStoreError(again, dir, "write");
				})).isDirectory()) return this.#remember(key);
				throw new StoreError("store-not-a-directory", dir, `module store: cannot write into ${dir}: it is not a directory of the store, but a file or a symbolic link; remove it`);
			}
		}
		this.#remember(key);
	}
	#remember(key) {
		if (this.#known.size >= MAX_KNOWN_DIRS) this.#known.clear();
		this.#known.add(key);
	}
	tempFile() {
		this.#count += 1;
		return this.path(`${TEMP}/${tempName(this.host, process.pid, `${this.#unique}-${this.#count.toString(36)}`)}`);
	}
	/** Writes a temp file and returns its path. Throws StoreError. */
	async writeTemp(bytes) {
		for (let attempt = 0;; attempt++) {
			const file = this.tempFile();
			try {
				await writeNew(file, bytes, this.chmod);
				return file;
			} catch (error) {
				if (errnoOf(error) !== "ENOENT" || attempt > 0) throw asStoreError(error, file, "write");
				this.#known.clear();
				await this.makeDir(TEMP);
			}
		}
	}
	/** Replaces whatever file `key` is, in one step. Throws StoreError. */
	async replace(key, temp) {
		await this.#move(key, temp, renameOver);
	}
	/** Makes `temp` the file `key` unless there is one; false leaves `temp` where it is. Throws StoreError. */
	async create(key, temp) {
		return this.#move(key, temp, this.#alone ? renameUnlessThere : renameNew);
	}
	async #move(key, temp, move) {
		const dir = path.posix.dirname(key);
		for (let attempt = 1;; attempt++) try {
			await this.makeDir(dir);
			return await move(temp, this.path(key));
		} catch (error) {
			if (errnoOf(error) !== "ENOENT" || attempt === MAX_TRIES) throw asStoreError(error, this.path(key), "write");
			this.#known.clear();
		}
	}
	async write(key, bytes) {
		const temp = await this.writeTemp(bytes);
		try {
			await this.replace(key, temp);
		} catch (error) {
			await removeQuietly(temp);
			throw error;
		}
	}
	/**
	* Moves a damaged file out of sight. Undefined when it is not the file `ino` any more, or the medium does
	* not let us.
	*/
	async quarantine(key, ino, now) {
		try {
			const stat = await statRegular(this.path(key));
			if (stat === void 0 || stat.ino !== ino) return void 0;
			await this.makeDir(QUARANTINE);
			this.#count += 1;
			const unique = `${this.#unique}${this.#count.toString(36)}`;
			const target = `${QUARANTINE}/${quarantineName(key, now, unique)}`;
			await renameOver(this.path(key), this.path(target));
			return target;
		} catch {
			return;
		}
	}
};
// src/store/bundle/sumdb-files.ts
/** Most files of the checksum database in one bundle. */
const MAX_SUMDB_FILES = 2e4;
const NAME = "^sumdb/(?:(?!tile/|lookup/)[^/@]+/)+";
const LOOKUP = new RegExp(`${NAME}lookup/(?:[^/@]+/)*[^/@]+@v[^/@]+$`);
const TILE = new RegExp(`${NAME}tile/8/(?:data|\\d{1,2})/(?:x\\d{3}/)*\\d{3}(?:\\.p/\\d{1,3})?$`);
/**
* Whether a key is one of a record or a tile: both are believed only with a proof up to a signed tree head. The
* head itself is not shared; whoever could choose it could hide what is newer.
*/
function isSharedSumdb(key) {
	return softKey(key) === key && (LOOKUP.test(key) || TILE.test(key));
}
/**
* Keys of the records and tiles in a store that go into a bundle, sorted, as many as fit; records first, because
* each of them saves a request and a tile only some. `since`: none that were written before, ms since the epoch.
*/
async function sumdbFiles(storeDir, since) {
	const found = [];
	for await (const key of walkFiles(storeDir, "sumdb")) {
		const stat = isSharedSumdb(key) ? await statRegular(path.join(storeDir, key)) : void 0;
		if (stat === void 0 || stat.size > 8388608 || stat.mtimeMs < since) continue;
		found.push({
			key,
			size: stat.size
		});
	}
	const rank = (key) => LOOKUP.test(key) ? 0 : 1;
	found.sort((a, b) => rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1));
	let bytes = 0;
	return found.slice(0, MAX_SUMDB_FILES).filter(({ size }) => {
		if (bytes + size > 33554432) return false;
		bytes += size;
		return true;
	}).map((file) => file.key);
}
// src/store/bundle/recheck.ts
const CHUNK$1 = 1048576;
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
		const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK$1, size)));
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
// src/store/bundle/read-manifest.ts
/** Directories that another packer may put before the manifest. */
const MAX_BEFORE_MANIFEST = 16;
/** Bytes that an archive may unpack to until its manifest has ended: headers, and the chunk that its end lies in. */
const MANIFEST_LIMIT = 37748736;
/**
* The manifest of an archive; the rest of it is not fetched. The stream is destroyed when this settles. Rejects with
* BundleError, whatever went wrong.
*/
async function readManifest(stream, signal) {
	const inflated = inflate(stream, signal);
	try {
		inflated.limit(MANIFEST_LIMIT);
		return await manifestAtHead(new TarReader(inflated.bytes, MANIFEST_LIMIT));
	} finally {
		inflated.destroy();
	}
}
/** Reads the manifest at the head of an archive; the reader stands behind it then. Rejects with BundleError. */
async function manifestAtHead(reader) {
	for (let count = 0; count < MAX_BEFORE_MANIFEST; count++) {
		const member = await reader.next();
		if (member?.type === "directory") continue;
		if (member?.type !== "file" || member.name !== "store/modgate/bundle.json") break;
		if (member.size > 33554432) break;
		return parseManifest(await reader.whole());
	}
	throw new BundleError("not-a-bundle", `a cache entry has no ${ARCHIVE_ROOT}${MANIFEST_KEY} at its head; it is not used, and the next save replaces it`);
}
// src/store/index-files.ts
/** Most rounds of merging with what other processes write at the same moment. */
const MAX_ROUNDS$1 = 8;
/** The index files of a store: `modgate/index/<escaped path>/@v/<escaped version>.json`. */
var IndexFiles = class {
	#tree;
	#writable;
	#now;
	#onDamage;
	#tails = /* @__PURE__ */ new Map();
	constructor(tree, writable, now, onDamage) {
		this.#tree = tree;
		this.#writable = writable;
		this.#now = now;
		this.#onDamage = onDamage;
	}
	/**
	* Runs a task that prepares and publishes the entry of a version, after all that this process began before on the
	* same version: two that publish in one moment could lose one's facts.
	*/
	async inTurn(keys, task) {
		const before = this.#tails.get(keys.index);
		const mine = before === void 0 ? task() : before.then(task);
		const tail = mine.then(() => void 0, () => void 0);
		this.#tails.set(keys.index, tail);
		try {
			return await mine;
		} finally {
			if (this.#tails.get(keys.index) === tail) this.#tails.delete(keys.index);
		}
	}
	/** The entry and its bytes; a file that is no entry is moved away and counts as absent. Throws StoreError. */
	async read(mv, keys) {
		if (!await this.#tree.hasDir(keys.indexDir)) return void 0;
		const found = await readRegular(this.#tree.path(keys.index), MAX_INDEX_SIZE);
		if (found === void 0) return void 0;
		const entry = found.bytes === "oversize" ? void 0 : parseEntry(found.bytes, mv);
		if (entry !== void 0 && found.bytes !== "oversize") return {
			entry,
			bytes: found.bytes
		};
		const moved = this.#writable ? await this.#tree.quarantine(keys.index, found.stamp.ino, this.#now()) : void 0;
		const where = moved === void 0 ? "it was ignored" : `it was moved to ${moved}`;
		this.#onDamage({
			mv,
			path: keys.index,
			what: `the index entry is not readable; ${where}, and the version's files will be hashed again`
		});
	}
	/** Merges `add` with what is there, into a temp file, so that a full disk shows before anything is visible. */
	async prepare(mv, keys, add, firstSeen = new Date(this.#now()).toISOString()) {
		const base = await this.read(mv, keys);
		const bytes = formatEntry(mergeEntry(mv, base?.entry, add, firstSeen));
		const temp = base?.bytes.equals(bytes) === true ? void 0 : await this.#tree.writeTemp(bytes);
		return {
			add,
			base: base?.bytes,
			bytes,
			temp
		};
	}
	/**
	* Makes a prepared entry visible; merges anew while other processes change the entry. Two that rename in
	* the same moment can still lose one's facts: a get then hashes the file again. Throws StoreError.
	*/
	async publish(mv, keys, prepared) {
		let next = prepared;
		for (let round = 1; next.temp !== void 0; round++) {
			try {
				if (next.base === void 0) {
					if (await this.#tree.create(keys.index, next.temp)) break;
				} else if ((await this.read(mv, keys))?.bytes.equals(next.base) === true || round >= MAX_ROUNDS$1) {
					await this.#tree.replace(keys.index, next.temp);
					break;
				}
				await removeQuietly(next.temp);
			} catch (error) {
				await removeQuietly(next.temp);
				throw error;
			}
			next = await this.prepare(mv, keys, next.add);
			if (next.base === void 0 && next.temp !== void 0 && round >= MAX_ROUNDS$1) {
				await this.#tree.replace(keys.index, next.temp);
				break;
			}
		}
		return parseEntry(next.bytes, mv);
	}
	/** Adds what a hash of files at rest has shown, unless the entry tells of these files by now. */
	async heal(mv, keys, add) {
		if (!this.#writable) return;
		await this.inTurn(keys, async () => {
			const base = await this.read(mv, keys);
			if (base !== void 0 && includesFacts(base.entry, add)) return;
			await this.publish(mv, keys, await this.prepare(mv, keys, add));
		});
	}
};
// src/store/lists.ts
/** How long after a commit the lists are written, in ms: a job commits hundreds of versions at once. */
const LAZY_MS = 500;
/** Rounds of writing a list anew while other processes add versions. */
const MAX_ROUNDS = 3;
/** What `@v/list` names: go finds pseudo-versions by `@latest` and expects none here. Ascending. */
function listed(versions) {
	return versions.filter((version) => !isPseudo(version)).sort(compareVersions);
}
/** The version `@latest` is about: the highest release, else pre-release, else pseudo-version. */
function latestOf(versions) {
	const rank = (version) => isPseudo(version) ? 0 : prerelease(version) === "" ? 2 : 1;
	return [...versions].sort((a, b) => rank(a) - rank(b) || compareVersions(a, b)).at(-1);
}
/**
* Keeps `@v/list` and `@latest` of the tree in step with the versions in it, lazily. Both are for those who
* read the tree as a plain GOPROXY; the upstream's own answers are soft files.
*/
var Lists = class {
	#parts;
	#dirty = /* @__PURE__ */ new Set();
	#timer;
	#writing = Promise.resolve();
	constructor(parts) {
		this.#parts = parts;
	}
	markDirty(modulePath) {
		if (this.#parts.off === true) return;
		this.#dirty.add(modulePath);
		if (this.#timer !== void 0) return;
		this.#timer = setTimeout(() => {
			this.flush().catch(() => void 0);
		}, LAZY_MS);
		this.#timer.unref();
	}
	/** Writes the lists of all modules that changed. Throws StoreError. */
	async flush() {
		clearTimeout(this.#timer);
		this.#timer = void 0;
		const run = this.#writing.then(() => this.#writeAll());
		this.#writing = run.catch(() => void 0);
		return run;
	}
	async #writeAll() {
		for (const modulePath of [...this.#dirty]) {
			this.#dirty.delete(modulePath);
			try {
				await this.#write(modulePath);
			} catch (error) {
				this.#dirty.add(modulePath);
				throw error;
			}
		}
	}
	async #write(modulePath) {
		const dir = moduleDir(modulePath);
		if (dir === void 0) return;
		let versions = await this.#parts.list(modulePath);
		for (let round = 0; round < MAX_ROUNDS; round++) {
			await this.#writeOnce(dir, modulePath, versions);
			const now = await this.#parts.list(modulePath);
			if (now.length === versions.length && now.every((version) => versions.includes(version))) return;
			versions = now;
		}
	}
	async #writeOnce(dir, modulePath, versions) {
		const { tree, info } = this.#parts;
		const lines = listed(versions).map((version) => ({ version }));
		await tree.write(`${dir}/list`, formatVersionList(lines));
		const latest = latestOf(versions);
		const bytes = latest === void 0 ? void 0 : await info(modulePath, latest);
		if (bytes !== void 0) await tree.write(`${dir.slice(0, -3)}/@latest`, bytes);
	}
};
// src/store/own-soft.ts
/** Soft files remembered; the oldest are forgotten beyond this and count as somebody else's. */
const MAX_KEPT = 2e4;
/** Which soft files of a store that is not believed are the ones that this process wrote. */
var OwnSoft = class {
	#digests = /* @__PURE__ */ new Map();
	add(key, bytes) {
		this.#digests.delete(key);
		this.#digests.set(key, digestOf(bytes));
		if (this.#digests.size <= MAX_KEPT) return;
		for (const oldest of this.#digests.keys()) {
			this.#digests.delete(oldest);
			break;
		}
	}
	has(key, bytes) {
		const kept = this.#digests.get(key);
		return kept !== void 0 && kept === digestOf(bytes);
	}
};
function digestOf(bytes) {
	return createHash("sha256").update(bytes).digest("base64");
}
// src/store/thread-pool.ts
/**
* Worker threads that take one job at a time each; `now` before `later`, else first come first. Idle threads do
* not keep the process alive.
*/
var ThreadPool = class {
	#options;
	#threads = /* @__PURE__ */ new Set();
	#now = [];
	#later = [];
	#closed = false;
	constructor(options) {
		this.#options = options;
	}
	run(request, priority = "now") {
		let job;
		const reply = new Promise((resolve, reject) => {
			job = {
				request,
				resolve,
				reject
			};
		});
		if (this.#closed) job.reject(this.#options.failed("closed", request, void 0));
		else (priority === "now" ? this.#now : this.#later).push(job);
		this.#dispatch();
		return {
			reply,
			promote: () => this.#promote(job)
		};
	}
	/** Ends the threads; what is unfinished rejects with the error of `closed`. */
	async close() {
		this.#closed = true;
		const threads = [...this.#threads];
		const waiting = [...this.#now, ...this.#later];
		this.#now = [];
		this.#later = [];
		const { failed } = this.#options;
		for (const job of waiting) job.reject(failed("closed", job.request, void 0));
		for (const thread of threads) this.#drop(thread, failed("closed", thread.job?.request, void 0));
		await Promise.all(threads.map((thread) => thread.worker.terminate()));
	}
	#promote(job) {
		const at = this.#later.indexOf(job);
		if (at >= 0) this.#now.push(...this.#later.splice(at, 1));
	}
	#dispatch() {
		while (this.#now.length + this.#later.length > 0) {
			const thread = this.#idleThread();
			if (thread === void 0) return;
			const job = this.#now.shift() ?? this.#later.shift();
			if (job === void 0) return;
			this.#start(thread, job);
		}
	}
	#idleThread() {
		for (const thread of this.#threads) if (thread.job === void 0) return thread;
		return this.#threads.size < this.#options.threads ? this.#spawn() : void 0;
	}
	#spawn() {
		const { name, url, workerData } = this.#options;
		const worker = new Worker(url, {
			name,
			execArgv: [],
			env: {},
			workerData,
			resourceLimits: {
				maxOldGenerationSizeMb: 128,
				maxYoungGenerationSizeMb: 2
			}
		});
		const thread = {
			worker,
			job: void 0,
			timer: void 0
		};
		this.#threads.add(thread);
		worker.on("message", (reply) => this.#finish(thread, reply));
		worker.on("error", (cause) => this.#crashed(thread, cause));
		worker.on("exit", () => this.#crashed(thread, void 0));
		return thread;
	}
	#start(thread, job) {
		thread.job = job;
		thread.worker.ref();
		thread.timer = setTimeout(() => this.#timeout(thread), this.#options.timeoutMs);
		thread.worker.postMessage(job.request);
	}
	#finish(thread, reply) {
		const job = thread.job;
		if (job === void 0) return;
		clearTimeout(thread.timer);
		thread.job = void 0;
		thread.worker.unref();
		job.resolve(reply);
		this.#dispatch();
	}
	#drop(thread, error) {
		if (!this.#threads.delete(thread)) return;
		clearTimeout(thread.timer);
		const job = thread.job;
		thread.job = void 0;
		job?.reject(error);
	}
	#crashed(thread, cause) {
		this.#drop(thread, this.#options.failed("crashed", thread.job?.request, cause));
		this.#dispatch();
	}
	#timeout(thread) {
		this.#drop(thread, this.#options.failed("timeout", thread.job?.request, void 0));
		thread.worker.terminate();
		this.#dispatch();
	}
};
// src/store/hasher.ts
var HashError = class extends Error {
	name = "HashError";
	code;
	file;
	detail;
	constructor(code, file, message, detail, options) {
		super(message, options);
		this.code = code;
		this.file = file;
		this.detail = detail;
	}
};
/** A pool of hashing threads. Idle threads do not keep the process alive. */
function createHasher(options = {}) {
	const timeoutMs = options.timeoutMs ?? 3e5;
	const pool = new ThreadPool({
		name: "hash",
		url: options.workerUrl ?? new URL("../hash-worker.js", import.meta.url),
		threads: options.threads ?? Math.max(1, Math.min(2, availableParallelism() - 1)),
		timeoutMs,
		failed: (code, request, cause) => failure(code, request?.file ?? "", timeoutMs, cause)
	});
	return {
		hashZip: (file, mv, priority = "now", storedTo) => {
			const request = {
				file,
				mv: {
					path: mv.path,
					version: mv.version
				}
			};
			const job = pool.run(storedTo === void 0 ? request : {
				...request,
				storedTo
			}, priority);
			return {
				result: job.reply.then((answer) => {
					const { facts, zip, stored } = accepted(file, answer);
					return {
						...mustHave(file, facts),
						...mustHave(file, zip),
						...stored === void 0 ? {} : { stored }
					};
				}).catch(async (error) => {
					if (storedTo !== void 0) await removeQuietly(storedTo);
					throw error;
				}),
				promote: job.promote
			};
		},
		hashMembers: (file, mv, priority = "now") => {
			const request = {
				file,
				mv: {
					path: mv.path,
					version: mv.version
				},
				membersOnly: true
			};
			const { reply, promote } = pool.run(request, priority);
			return {
				result: reply.then((answer) => mustHave(file, accepted(file, answer).zip)),
				promote
			};
		},
		sha256File: async (file) => mustHave(file, accepted(file, await pool.run({ file }).reply).facts),
		close: () => pool.close()
	};
}
function accepted(file, reply) {
	if (reply.ok) return reply;
	throw new HashError(reply.code, file, reply.message, reply.detail);
}
function mustHave(file, part) {
	if (part !== void 0) return part;
	throw new HashError("crashed", file, `the hash of ${file} came without a part that was asked for`);
}
function failure(code, file, timeoutMs, cause) {
	return new HashError(code, file, {
		crashed: `hashing ${file} failed because its thread died: ${cause instanceof Error ? cause.message : "it ended without an answer"}; the file was not accepted`,
		timeout: `hashing ${file} took more than ${timeoutMs} ms and was given up; the file was not accepted`,
		closed: `hashing ${file} was given up because the session is ending`
	}[code], void 0, { cause });
}
// src/store/digest-file.ts
/** Longest text about a zip that cannot be read; it may name members. */
const MAX_FAULT = 300;
/** Zips that are remembered as hashed; beyond that they are forgotten and hashed once more. */
const MAX_HASHED = 5e4;
/** Hashes files of a store by their keys: small ones here, large ones and the members of zips on threads. */
var FileDigests = class {
	#tree;
	#hasher;
	/** Zips whose bytes were hashed while they were written. */
	#hashed = /* @__PURE__ */ new Map();
	constructor(tree, hasher) {
		this.#tree = tree;
		this.#hasher = hasher;
	}
	/** See `DiskParts.hashed`. */
	hashed(key, { mtimeMs, size, ino }, h1) {
		if (this.#hashed.size >= MAX_HASHED) this.#hashed.clear();
		this.#hashed.set(key, {
			stamp: {
				mtimeMs,
				size,
				ino
			},
			h1
		});
	}
	async digest(key, kind, size) {
		const found = size !== void 0 && !isSmall(kind, size) ? await this.digestLarge(key) : await this.#digestSmall(key, kind);
		return found && {
			...found,
			h1: kind === "mod" ? goModH1(found.facts.sha256) : void 0
		};
	}
	async #digestSmall(key, kind) {
		const max = kind === "zip" ? STEP$1 : MAX_SIZE[kind];
		const found = await readRegular(this.#tree.path(key), max);
		if (found === void 0) return void 0;
		const { bytes, stamp } = found;
		if (bytes === "oversize") return {
			stamp,
			facts: notComputed(stamp.size),
			bytes: void 0
		};
		return {
			stamp,
			facts: await factsOfBytes(bytes),
			bytes
		};
	}
	async digestLarge(key) {
		const file = this.#tree.path(key);
		return this.#steady(file, async () => {
			return {
				facts: await this.#hasher.sha256File(file),
				bytes: void 0
			};
		});
	}
	/** Undefined when there is no zip that could be hashed. */
	async hashZip(key, mv, turn) {
		const file = this.#tree.path(key);
		const found = await this.#steady(file, () => this.#run(file, turn, (priority) => this.#hasher.hashZip(file, mv, priority)));
		return found?.fault === void 0 ? found : void 0;
	}
	/**
	* Every byte that could matter of a zip that anybody may have written: the h1 of its members. That these come in
	* the very bytes that the index tells of is nothing that go or anybody after it asks for.
	*/
	async wholeZip(key, mv, size, turn) {
		const file = this.#tree.path(key);
		const stamp = await statRegular(file);
		if (stamp === void 0) return void 0;
		if (stamp.size !== size) return {
			stamp,
			facts: notComputed(stamp.size),
			bytes: void 0
		};
		return await this.#steady(file, (before) => {
			const known = this.#hashed.get(key);
			if (known !== void 0 && sameStamp(known.stamp, before)) return withBytes(file, notComputed(size), known.h1);
			return this.#run(file, turn, (priority) => {
				const { result, promote } = this.#hasher.hashMembers(file, mv, priority);
				return {
					result: result.then(({ h1 }) => ({
						h1,
						...notComputed(size)
					})),
					promote
				};
			});
		});
	}
	async #run(file, turn, start) {
		const job = start(turn.urgent ? "now" : "later");
		turn.job = job;
		try {
			const { h1, ...facts } = await job.result;
			return await withBytes(file, facts, h1);
		} catch (error) {
			if (!(error instanceof HashError) || !/^(?:bad-zip|crashed|timeout)$/.test(error.code)) throw error;
			return {
				facts: notComputed(-1),
				bytes: void 0,
				fault: error.message.slice(0, MAX_FAULT)
			};
		} finally {
			turn.job = void 0;
		}
	}
	/** Runs a hash over a file by name and makes sure that the name meant one and the same file throughout. */
	async #steady(file, hash) {
		for (let attempt = 0; attempt < 3; attempt++) {
			const before = await statRegular(file);
			if (before === void 0 || before.size > MAX_SIZE.zip) return void 0;
			let result;
			try {
				result = await hash(before);
			} catch (error) {
				if (error instanceof HashError && error.code === "absent") return void 0;
				throw asStoreError(error, file, "read");
			}
			const after = await statRegular(file);
			if (after !== void 0 && sameStamp(before, after)) return {
				...result,
				stamp: before
			};
		}
	}
};
/** What was found of a zip, and its bytes where they are served from memory. */
async function withBytes(file, { sha256, size }, h1) {
	const small = size <= 1048576 ? await readRegular(file, STEP$1) : void 0;
	const bytes = small === void 0 || small.bytes === "oversize" ? void 0 : small.bytes;
	return {
		facts: {
			sha256,
			size
		},
		h1,
		bytes
	};
}
const NOT_COMPUTED = "not computed";
function notComputed(size) {
	return {
		sha256: NOT_COMPUTED,
		size
	};
}
/** Whether somebody has hashed the file as such. */
function isComputed({ sha256 }) {
	return sha256 !== NOT_COMPUTED;
}
function isSmall(kind, size) {
	return kind !== "zip" || size <= 1048576;
}
// src/store/stream.ts
const openFile = promisify(fs.open);
const readFile = promisify(fs.read);
const closeFile = promisify(fs.close);
const statFile$1 = promisify(fs.fstat);
/** Bytes of one read; larger ones mean fewer turns of the loop and more memory a client. */
const CHUNK = 262144;
/** Buffers that wait for their next file: more than go has connections. */
const MAX_SPARE = 16;
const spare = [];
/** The bytes, or an inclusive range of them, as a stream. */
function streamOfBytes(bytes, range) {
	const part = range === void 0 ? bytes : bytes.subarray(range.start, range.end + 1);
	return Readable.from(part.length === 0 ? [] : [part], { objectMode: false });
}
/**
* A file, or an inclusive range of it, as a stream. `accept` looks at the file as it was opened and rejects
* when it is not the one that was verified: the stream then fails before its first byte.
*/
function streamOfFile(file, accept, range) {
	const open = (name, _flags, _mode, done) => {
		fs.open(name, READ_FLAGS, (openError, fd) => {
			if (openError !== null) return done(openError);
			const refuse = (error) => fs.close(fd, () => done(error));
			fs.fstat(fd, (statError, stat) => {
				if (statError !== null) return refuse(statError);
				accept(stat).then(() => done(null, fd), refuse);
			});
		});
	};
	return fs.createReadStream(file, {
		highWaterMark: CHUNK,
		fs: {
			open,
			read: fs.read,
			close: fs.close
		},
		...range === void 0 ? {} : {
			start: range.start,
			end: range.end
		}
	});
}
/** The bytes, or an inclusive range of them, in one part. */
async function* partsOfBytes(bytes, range) {
	const part = range === void 0 ? bytes : bytes.subarray(range.start, range.end + 1);
	if (part.length > 0) yield part;
}
/**
* `streamOfFile` in parts whose memory is used again: each is valid until the next one is asked for. A fresh chunk for
* each read would have the garbage collector run through the whole heap every 64 MB. Rejects with code EIO when the
* file is shorter than it was when it was opened.
*/
async function* partsOfFile(file, accept, range) {
	const fd = await openFile(file, READ_FLAGS);
	try {
		const stat = await statFile$1(fd);
		await accept(stat);
		const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, stat.size - 1);
		const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
		for (let at = range?.start ?? 0; at <= end;) {
			const { bytesRead } = await readFile(fd, buffer, 0, Math.min(CHUNK, end + 1 - at), at);
			if (bytesRead === 0) throw endsEarly(file, at);
			yield buffer.subarray(0, bytesRead);
			at += bytesRead;
		}
		if (spare.length < MAX_SPARE) spare.push(buffer);
	} finally {
		await closeFile(fd);
	}
}
function endsEarly(file, at) {
	return Object.assign(/* @__PURE__ */ new Error(`${file} ends before byte ${at + 1}, it was longer when it was opened`), { code: "EIO" });
}
// src/store/reader.ts
/** Files remembered as verified; the oldest are forgotten beyond this and would be hashed once more. */
const MAX_SEEN = 5e4;
/** Time in ms that a writer which replaces a file gets to write the index entry too. */
const SETTLE_MS$1 = 100;
/** Reads files of versions; every file is verified before this process first hands it out. */
var Reader = class {
	#parts;
	#digests;
	#seen = /* @__PURE__ */ new Map();
	/** Damaged files that could not be moved away, so that each is told of once. */
	#refused = /* @__PURE__ */ new Map();
	#flights = /* @__PURE__ */ new Map();
	constructor(parts) {
		this.#parts = parts;
		this.#digests = new FileDigests(parts.tree, parts.hasher);
	}
	/** Notes a verified file. */
	remember(key, seen) {
		this.#seen.delete(key);
		this.#seen.set(key, seen);
		if (this.#seen.size > MAX_SEEN) for (const oldest of this.#seen.keys()) {
			this.#seen.delete(oldest);
			break;
		}
	}
	/** See `DiskParts.hashed`. */
	hashed(key, stamp, h1) {
		this.#digests.hashed(key, stamp, h1);
	}
	/** Whether this process put the file there that has this stamp. */
	isOwn(key, stamp) {
		const seen = this.#seen.get(key);
		return seen?.own === true && sameStamp(seen.stamp, stamp);
	}
	/** See `Store.confirm`. */
	confirm(key, sha256) {
		const seen = this.#seen.get(key);
		if (seen?.facts.sha256 === sha256) this.#seen.set(key, {
			...seen,
			own: true
		});
	}
	/** See `Store.get`. */
	async get(mv, keys, kind, expectH1, priority) {
		const key = keys.files[kind];
		const verified = await this.#known(key, kind) ?? await this.#share(mv, keys, kind, expectH1, priority).verified;
		if (verified === void 0) return void 0;
		const { seen, bytes } = verified;
		if (expectH1 !== void 0 && seen.h1 !== void 0 && seen.h1 !== expectH1) return void 0;
		return this.#present(mv, key, kind, seen, bytes);
	}
	#present(mv, key, kind, seen, bytes) {
		const file = this.#parts.tree.path(key);
		const accept = (opened) => this.#accept(mv, key, seen, opened);
		return {
			kind,
			size: seen.facts.size,
			representation: seen.representation,
			...seen.original === void 0 ? {} : { sha256: seen.original },
			...seen.h1 === void 0 ? {} : { h1: seen.h1 },
			...kind === "info" && this.#parts.proof === "full" && !seen.own ? { unproven: true } : {},
			...bytes === void 0 ? {} : { bytes },
			stream: (range) => bytes === void 0 ? streamOfFile(file, accept, range) : streamOfBytes(bytes, range),
			parts: (range) => bytes === void 0 ? partsOfFile(file, accept, range) : partsOfBytes(bytes, range)
		};
	}
	/** Another daemon may have put the same bytes there anew since they were verified: that is no fault. */
	async #accept(mv, key, seen, opened) {
		if (sameStamp(opened, seen.stamp)) return;
		const { facts, h1 } = seen;
		const again = isComputed(facts) ? await this.#digests.digestLarge(key) : await this.#digests.wholeZip(key, mv, facts.size, {
			urgent: true,
			job: void 0
		});
		const wanted = {
			facts,
			h1: isComputed(facts) ? void 0 : h1
		};
		if (again !== void 0 && sameStamp(again.stamp, opened) && fits(again, wanted)) return;
		const file = this.#parts.tree.path(key);
		throw new StoreError("store-io", file, `module store: ${file} changed after it was verified and was not served; ask again`);
	}
	async #known(key, kind) {
		const seen = this.#seen.get(key);
		if (seen === void 0) return void 0;
		const file = this.#parts.tree.path(key);
		if (isSmall(kind, seen.facts.size)) {
			const found = await readRegular(file, MAX_SIZE[kind]);
			if (found !== void 0 && found.bytes !== "oversize" && sameStamp(found.stamp, seen.stamp)) return {
				seen,
				bytes: found.bytes
			};
		} else {
			const stamp = await statRegular(file);
			if (stamp !== void 0 && sameStamp(stamp, seen.stamp)) return {
				seen,
				bytes: void 0
			};
		}
		this.#seen.delete(key);
	}
	/** Several clients that ask for one file at once cost one hash. */
	#share(mv, keys, kind, expectH1, priority) {
		const id = `${keys.files[kind]} ${expectH1 ?? ""}`;
		const running = this.#flights.get(id);
		if (running !== void 0) {
			if (priority === "now") {
				running.urgent = true;
				running.job?.promote();
			}
			return running;
		}
		const flight = {
			verified: this.#verify(mv, keys, kind, expectH1, () => flight).finally(() => this.#flights.delete(id)),
			urgent: priority === "now",
			job: void 0
		};
		this.#flights.set(id, flight);
		return flight;
	}
	async #verify(mv, keys, kind, expectH1, flight) {
		const key = keys.files[kind];
		if (!await this.#parts.tree.hasDir(keys.dir)) return void 0;
		const whole = kind === "zip" && this.#parts.proof === "full";
		let before;
		for (;;) {
			const entry = (await this.#parts.index.read(mv, keys))?.entry;
			const facts = factsOf(entry, kind);
			if (entry === void 0 || facts === void 0) return this.#unindexed(mv, keys, kind, expectH1, flight);
			const wanted = {
				facts,
				h1: whole ? entry.h1 : void 0
			};
			if (before !== void 0 && await this.#unchanged(key, before, wanted)) {
				await this.#damaged(mv, key, kind, before.wanted, before.found);
				return;
			}
			const found = whole ? await this.#digests.wholeZip(key, mv, facts.size, flight()) : await this.#digests.digest(key, kind, facts.size);
			if (found === void 0) return void 0;
			if (fits(found, wanted)) return this.#accepted(key, kind, entry, found);
			const refused = this.#refused.get(key);
			if (refused !== void 0 && sameStamp(refused, found.stamp)) return void 0;
			if (before !== void 0) {
				await this.#damaged(mv, key, kind, wanted, found);
				return;
			}
			before = {
				wanted,
				found
			};
			await setTimeout$1(SETTLE_MS$1);
		}
	}
	/** Neither the file nor what the index says of it is another than it was. */
	async #unchanged(key, before, wanted) {
		if (!sameFacts(before.wanted.facts, wanted.facts) || before.wanted.h1 !== wanted.h1) return false;
		const stamp = await statRegular(this.#parts.tree.path(key));
		return stamp !== void 0 && sameStamp(stamp, before.found.stamp);
	}
	#accepted(key, kind, entry, found) {
		const zip = kind === "zip" ? entry.zip : void 0;
		const seen = {
			stamp: found.stamp,
			facts: found.facts,
			original: this.#originalOf(found.facts, zip),
			representation: zip?.representation ?? "original",
			h1: h1Of(entry, kind),
			own: false
		};
		this.remember(key, seen);
		return {
			seen,
			bytes: found.bytes
		};
	}
	#originalOf(found, zip) {
		if (this.#parts.proof === "digest") return (zip?.original ?? found).sha256;
		return isComputed(found) ? found.sha256 : void 0;
	}
	async #damaged(mv, key, kind, wanted, found) {
		const { tree, writable, now, onDamage, onLoss } = this.#parts;
		const moved = writable ? await tree.quarantine(key, found.stamp.ino, now()) : void 0;
		if (moved === void 0 && writable && (await statRegular(tree.path(key)))?.ino !== found.stamp.ino) return;
		if (moved === void 0 && this.#refused.size < MAX_SEEN) this.#refused.set(key, found.stamp);
		const where = moved === void 0 ? "it is not served" : `it was moved to ${moved}`;
		onDamage({
			mv,
			path: key,
			what: `the file ${misfit(found, wanted)}; ${where} and will be fetched anew`
		});
		if (kind !== "zip") onLoss(mv.path);
	}
	/** Nothing in the index vouches for the file: only the hash that the caller brings can. */
	async #unindexed(mv, keys, kind, expectH1, flight) {
		if (expectH1 === void 0 || kind === "info") return void 0;
		const key = keys.files[kind];
		const found = kind === "mod" ? await this.#digests.digest(key, kind) : await this.#digests.hashZip(key, mv, flight());
		if (found?.h1 === void 0 || found.h1 !== expectH1) return void 0;
		const { facts, stamp, h1, bytes } = found;
		const add = kind === "mod" ? {
			mod: facts,
			goModH1: h1
		} : {
			zip: {
				...facts,
				representation: "original",
				original: facts
			},
			h1
		};
		await this.#parts.index.heal(mv, keys, add).catch(() => void 0);
		const seen = {
			stamp,
			facts,
			original: facts.sha256,
			representation: "original",
			h1,
			own: false
		};
		this.remember(key, seen);
		return {
			seen,
			bytes
		};
	}
};
function fits(found, wanted) {
	if (found.fault !== void 0) return false;
	if (wanted.h1 === void 0) return sameFacts(found.facts, wanted.facts);
	return found.facts.size === wanted.facts.size && found.h1 === wanted.h1;
}
function misfit({ facts, h1, fault }, wanted) {
	if (fault !== void 0) return `is no zip of this version (${fault})`;
	if (facts.size !== wanted.facts.size) return `is ${facts.size} bytes long where the index has ${wanted.facts.size}`;
	if (wanted.h1 === void 0) return `has SHA-256 ${facts.sha256} where the index has ${wanted.facts.sha256}`;
	return `has ${h1} where the index has ${wanted.h1}`;
}
// src/store/sweep.ts
const DAY_MS$3 = 864e5;
/** Damaged files are kept this long for somebody to look at. */
const QUARANTINE_MS = 14 * DAY_MS$3;
/**
* The temp files and what is in quarantine. A temp file is over when its maker is gone, or when it is older than a day;
* a file in quarantine after two weeks. Throws what `fs` throws, StoreError.
*/
async function* passingFiles(tree, now) {
	for (const [of, key] of [["temp", TEMP], ["quarantine", QUARANTINE]]) {
		if (!await tree.hasDir(key)) continue;
		for await (const entry of await fsp.opendir(tree.path(key))) {
			if (entry.isDirectory()) continue;
			const file = path.join(tree.path(key), entry.name);
			const stat = await statRegular(file);
			const written = stat?.mtimeMs ?? now;
			const over = of === "temp" ? isOrphan(tree, entry.name) || written < now - DAY_MS$3 : (quarantinedAt(entry.name) ?? written) < now - QUARANTINE_MS;
			yield {
				of,
				file,
				size: stat?.size ?? 0,
				over
			};
		}
	}
}
/** Removes what is over. Never throws: a later open tries again. */
async function sweep(tree, now) {
	try {
		for await (const { file, over } of passingFiles(tree, now)) if (over) await removeQuietly(file);
	} catch {}
}
function isOrphan(tree, name) {
	const maker = makerOfTemp(name);
	return maker !== void 0 && maker.host === tree.host && !isAlive(maker.pid);
}
function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return errnoOf(error) !== "ESRCH";
	}
}
// src/store/writer.ts
/**
* The order in which the files of a version become visible. A go that reads the tree asks for .info or .mod
* before the .zip: what it can see first comes last, so that it never meets the first half of a commit.
*/
const ORDER$2 = [
	"zip",
	"mod",
	"info"
];
/** A file that is there without facts may be one whose writer is about to write them; ms, and how often. */
const WRITER_MS = 20;
const WRITER_WAITS = 3;
/** Zips that are flushed to the disk at once. */
const MAX_SEALING = 2;
/** Commits versions; commits of one version within this process go one after another. */
var Writer = class {
	#parts;
	#sealing = /* @__PURE__ */ new Set();
	constructor(parts) {
		this.#parts = parts;
	}
	/** See `Store.commit`. All temp files are gone afterwards, whatever happens. Throws StoreError. */
	async commit(mv, keys, what) {
		await this.#parts.index.inTurn(keys, () => this.#commit(mv, keys, what));
	}
	async #commit(mv, keys, what) {
		const { tree, index } = this.#parts;
		const temps = what.zip === void 0 ? [] : [what.zip.file];
		try {
			await tree.makeDir(keys.dir);
			await tree.makeDir(keys.indexDir);
			const waiting = await this.#stage(what, temps);
			const add = joinFacts(waiting, what);
			const prepared = await index.prepare(mv, keys, add);
			if (prepared.temp !== void 0) temps.push(prepared.temp);
			const placed = [];
			for (const kind of ORDER$2) {
				const file = waiting.find((w) => w.kind === kind);
				if (file !== void 0 && await this.#place(mv, keys, file)) placed.push(file.add);
			}
			const all = placed.length === waiting.length;
			await index.publish(mv, keys, all ? prepared : await this.#partly(mv, keys, prepared, placed, what));
		} catch (error) {
			throw asStoreError(error, tree.path(keys.dir), "write");
		} finally {
			await Promise.all(temps.map(removeQuietly));
		}
	}
	/** Another writer's file stayed for one of ours: the index is to say nothing of what we did not place. */
	async #partly(mv, keys, prepared, placed, what) {
		if (prepared.temp !== void 0) await removeQuietly(prepared.temp);
		const origin = what.origin === void 0 ? {} : { origin: what.origin };
		return this.#parts.index.prepare(mv, keys, placed.reduce(mergeFacts, origin));
	}
	/** Writes what came as bytes and seals the zip; nothing is visible yet. Adds to `temps` as it goes. */
	async #stage(what, temps) {
		const { tree } = this.#parts;
		const waiting = [];
		if (what.zip !== void 0) {
			const { file, facts, h1, by, representation, original } = what.zip;
			const stamp = await this.#seal(file);
			if (stamp.size !== facts.size || facts.size > MAX_SIZE.zip) throw wrongSize(file, stamp.size, facts.size);
			const zip = {
				...facts,
				representation,
				original
			};
			waiting.push({
				kind: "zip",
				temp: file,
				add: {
					zip,
					h1,
					vouchedBy: { zip: by }
				}
			});
		}
		if (what.mod !== void 0) {
			const { bytes, h1, by } = what.mod;
			const mod = await factsOfBytes(bytes);
			if (goModH1(mod.sha256) !== h1) throw wrongHash(tree.root, h1);
			const temp = await this.#stageBytes("mod", bytes, temps);
			waiting.push({
				kind: "mod",
				temp,
				add: {
					mod,
					goModH1: h1,
					vouchedBy: { mod: by }
				}
			});
		}
		if (what.info !== void 0) {
			const temp = await this.#stageBytes("info", what.info, temps);
			waiting.push({
				kind: "info",
				temp,
				add: { info: await factsOfBytes(what.info) }
			});
		}
		return waiting;
	}
	/**
	* Flushing to a disk holds one of the few threads that all file work shares, for as long as the disk takes:
	* requests must not stand in line behind a hundred zips.
	*/
	async #seal(file) {
		while (this.#sealing.size >= MAX_SEALING) await Promise.race(this.#sealing);
		const sealed = sealFile(file);
		const settled = sealed.catch(() => void 0).finally(() => this.#sealing.delete(settled));
		this.#sealing.add(settled);
		return sealed;
	}
	async #stageBytes(kind, bytes, temps) {
		if (bytes.length > MAX_SIZE[kind]) throw wrongSize(`.${kind} file`, bytes.length, MAX_SIZE[kind]);
		const temp = await this.#parts.tree.writeTemp(bytes);
		temps.push(temp);
		return temp;
	}
	/** Makes one file visible. False when a file that the index vouches for stands there already and stays. */
	async #place(mv, keys, file) {
		const { tree, index } = this.#parts;
		const key = keys.files[file.kind];
		const stamp = await statRegular(file.temp);
		for (let waits = 0;; waits++) {
			if (await tree.create(key, file.temp)) break;
			const entry = (await index.read(mv, keys))?.entry;
			const verdict = await this.#compare(mv, key, entry, file);
			if (verdict === "keep") return false;
			if (verdict === "replace" || waits === WRITER_WAITS) {
				await tree.replace(key, file.temp);
				break;
			}
			await setTimeout$1(WRITER_MS);
		}
		const facts = file.add[file.kind];
		if (stamp === void 0 || facts === void 0 || stamp.size !== facts.size) return true;
		const zip = file.add.zip;
		this.#parts.onPlaced(key, {
			stamp,
			facts: {
				sha256: facts.sha256,
				size: facts.size
			},
			original: zip?.original.sha256 ?? facts.sha256,
			representation: zip?.representation ?? "original",
			h1: file.kind === "zip" ? file.add.h1 : file.add.goModH1
		});
		return true;
	}
	async #compare(mv, key, entry, file) {
		const stamp = await statRegular(this.#parts.tree.path(key));
		if (stamp === void 0 || !this.#parts.believes(key, stamp)) return "replace";
		const theirs = factsOf(entry, file.kind);
		if (entry === void 0 || theirs === void 0) return "wait";
		if (theirs.size !== stamp.size) return "replace";
		if (file.kind === "info") return "keep";
		const [oldH1, newH1, oldBy, newBy] = file.kind === "zip" ? [
			entry.h1,
			file.add.h1,
			entry.vouchedBy?.zip,
			file.add.vouchedBy?.zip
		] : [
			entry.goModH1,
			file.add.goModH1,
			entry.vouchedBy?.mod,
			file.add.vouchedBy?.mod
		];
		if (oldH1 === newH1) {
			if (oldBy === void 0 || oldBy === "gosum" && newBy === "sumdb") return "replace";
			return entry.zip?.representation === file.add.zip?.representation || file.kind === "mod" ? "keep" : "replace";
		}
		if (oldBy !== "sumdb" || newBy === "sumdb") return "replace";
		this.#parts.onDamage({
			mv,
			path: key,
			what: `a ${file.kind} with ${newH1} was not kept: the checksum database vouches for ${oldH1}, which is here`
		});
		return "keep";
	}
};
function mergeFacts(a, b) {
	return {
		...a,
		...b,
		vouchedBy: {
			...a.vouchedBy,
			...b.vouchedBy
		}
	};
}
function joinFacts(waiting, what) {
	const origin = what.origin === void 0 ? {} : { origin: what.origin };
	return waiting.map((w) => w.add).reduce(mergeFacts, origin);
}
function wrongSize(what, size, expected) {
	return new StoreError("store-io", what, `module store: ${what} is ${size} bytes long where ${expected} were expected (or are the limit); it was not kept`);
}
function wrongHash(root, h1) {
	return new StoreError("store-io", root, `module store: a go.mod does not have the hash ${h1} that it was committed with; it was not kept`);
}
// src/store/disk.ts
const realpath = promisify(fs.realpath.native);
const TOUCH_MS = 6e4;
const MAX_TOUCHED = 5e4;
/**
* Opens the store in `dir`, which is created when it is missing. A store that cannot be written opens with
* `writable` false. What dead processes left behind is swept in the background; `flush` waits for that too.
*
* Throws StoreError: `store-not-a-directory`, `store-unreadable`, `store-read-only` (`dir` is missing and
* cannot be created), `store-io`.
*/
async function openDiskStore(dir, options) {
	const look = options.purpose === "look";
	const tree = new Tree(await openRoot(dir, !look), options.alone);
	return new Disk(tree, !look && await probe(tree), options);
}
async function openRoot(dir, make) {
	const root = path.resolve(dir);
	try {
		if (make) await makeRoot(root);
	} catch (error) {
		if (errnoOf(error) === "ENOTDIR") throw inTheWay(dir, error);
		throw asStoreError(error, dir, "write");
	}
	try {
		if (!(await fsp.stat(root)).isDirectory()) throw inTheWay(dir, void 0);
		await fsp.access(root, fs.constants.R_OK | fs.constants.X_OK);
		return await realpath(root);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") throw inTheWay(dir, error);
		throw asStoreError(error, dir, "read");
	}
}
/** Node's own recursive mkdir says ENOENT where the file system is read-only. */
async function makeRoot(dir) {
	try {
		await fsp.mkdir(dir, 493);
	} catch (error) {
		const errno = errnoOf(error);
		if (errno === "EEXIST") return;
		if (errno !== "ENOENT" || path.dirname(dir) === dir) throw error;
		await makeRoot(path.dirname(dir));
		await fsp.mkdir(dir, 493).catch((again) => {
			if (errnoOf(again) !== "EEXIST") throw again;
		});
	}
}
function inTheWay(dir, cause) {
	return new StoreError("store-not-a-directory", dir, `module store: ${dir} cannot be used because a file is in its place; remove that file, or give the store another directory`, { cause });
}
/** Whether files can be made here, by making one: permissions alone say little on network file systems. */
async function probe(tree) {
	try {
		await tree.makeDir(TEMP);
		const file = tree.tempFile();
		const handle = await fsp.open(file, "wx", 420);
		tree.chmod = ((await handle.stat()).mode & 511) !== 420 && process.platform !== "win32";
		await handle.close();
		await removeQuietly(file);
		return true;
	} catch (error) {
		const failure = asStoreError(error, tree.path(TEMP), "write");
		if (failure.code === "store-read-only") return false;
		if (failure.code === "store-full") return true;
		throw failure;
	}
}
var Disk = class {
	location;
	writable;
	proof;
	parts;
	#now;
	#reader;
	#writer;
	#touched = /* @__PURE__ */ new Map();
	#ownSoft = new OwnSoft();
	#swept;
	constructor(tree, writable, options) {
		const now = options.now ?? Date.now;
		const onDamage = options.onDamage ?? (() => void 0);
		const index = new IndexFiles(tree, writable, now, onDamage);
		const lists = new Lists({
			off: options.alone === true,
			tree,
			list: (modulePath) => this.list(modulePath),
			info: async (modulePath, version) => {
				const file = await this.get({
					path: modulePath,
					version
				}, "info");
				return file?.unproven === true ? void 0 : file?.bytes;
			}
		});
		this.location = tree.root;
		this.writable = writable;
		this.proof = options.proof ?? "digest";
		this.parts = {
			tree,
			index,
			lists,
			hasher: options.hasher,
			now,
			onDamage,
			hashed: (key, stamp, h1) => this.#reader.hashed(key, stamp, h1)
		};
		this.#now = now;
		this.#reader = new Reader({
			tree,
			index,
			hasher: options.hasher,
			proof: this.proof,
			writable,
			now,
			onDamage,
			onLoss: (modulePath) => {
				if (writable) lists.markDirty(modulePath);
			}
		});
		this.#writer = new Writer({
			tree,
			index,
			onDamage,
			onPlaced: (key, seen) => this.#reader.remember(key, {
				...seen,
				own: true
			}),
			believes: (key, stamp) => this.proof === "digest" || this.#reader.isOwn(key, stamp)
		});
		const sweeps = writable && options.purpose !== "tidy";
		this.#swept = sweeps ? sweep(tree, now()) : Promise.resolve();
	}
	async get(mv, kind, expectH1, priority = "now") {
		const keys = versionKeys(mv);
		return keys === void 0 ? void 0 : this.#reader.get(mv, keys, kind, expectH1, priority);
	}
	async commit(mv, what) {
		if (!this.writable) {
			if (what.zip !== void 0) await removeQuietly(what.zip.file);
			return;
		}
		const keys = versionKeys(mv);
		if (keys === void 0) {
			if (what.zip !== void 0) await removeQuietly(what.zip.file);
			const message = `module store: ${JSON.stringify(mv.path)}@${JSON.stringify(mv.version)} is no module version that Go accepts; it was not kept`;
			throw new StoreError("store-io", this.location, message);
		}
		await this.#writer.commit(mv, keys, what);
		if (what.info !== void 0 || what.mod !== void 0) this.parts.lists.markDirty(mv.path);
	}
	confirm(mv, info) {
		const keys = versionKeys(mv);
		if (keys !== void 0 && info.sha256 !== void 0) this.#reader.confirm(keys.files.info, info.sha256);
	}
	async touch(mv) {
		const keys = versionKeys(mv);
		if (keys === void 0 || !this.writable) return;
		const now = this.#now();
		const last = this.#touched.get(keys.index);
		if (last !== void 0 && now - last < TOUCH_MS) return;
		if (this.#touched.size >= MAX_TOUCHED) this.#touched.clear();
		this.#touched.set(keys.index, now);
		try {
			fs.lutimesSync(this.parts.tree.path(keys.index), now / 1e3, now / 1e3);
		} catch {}
	}
	async entry(mv) {
		const keys = versionKeys(mv);
		return keys === void 0 ? void 0 : (await this.parts.index.read(mv, keys))?.entry;
	}
	async list(modulePath) {
		const dir = moduleDir(modulePath);
		if (dir === void 0 || !await this.parts.tree.hasDir(dir)) return [];
		const kinds = /* @__PURE__ */ new Map();
		try {
			for await (const entry of await fsp.opendir(this.parts.tree.path(dir))) {
				const found = entry.isFile() ? versionOfName(entry.name) : void 0;
				if (found === void 0 || found.kind === "zip") continue;
				kinds.set(found.version, (kinds.get(found.version) ?? 0) + 1);
			}
		} catch (error) {
			if (!isAbsent(error)) throw asStoreError(error, this.parts.tree.path(dir), "read");
		}
		return [...kinds].filter(([, count]) => count === 2).map(([version]) => version);
	}
	async *versions() {
		for await (const { path: modulePath, version, files } of walkVersions(this.location)) yield {
			path: modulePath,
			version,
			files,
			lastUse: await this.#lastUse({
				path: modulePath,
				version
			})
		};
	}
	/** A version without index entry counts as used now: nothing says that it is old. */
	async #lastUse(mv) {
		const keys = versionKeys(mv);
		if (keys === void 0) return this.#now();
		try {
			return (await fsp.lstat(this.parts.tree.path(keys.index))).mtimeMs;
		} catch {
			return this.#now();
		}
	}
	async getSoft(key) {
		const at = softKey(key);
		if (at === void 0 || !await this.parts.tree.hasDir(path.posix.dirname(at))) return void 0;
		const found = await readRegular(this.parts.tree.path(at), MAX_SOFT_SIZE);
		if (found === void 0 || found.bytes === "oversize") return void 0;
		return this.proof === "digest" || provesItself(key) || this.#ownSoft.has(at, found.bytes) ? {
			bytes: found.bytes,
			storedAt: found.stamp.mtimeMs
		} : void 0;
	}
	async putSoft(key, bytes) {
		if (!this.writable) return;
		const at = softKey(key);
		if (at === void 0 || bytes.length > 8388608) {
			const why = at === void 0 ? "is no key of a list, of @latest or of sumdb/" : "is too large";
			throw new StoreError("store-io", this.location, `module store: ${JSON.stringify(key)} ${why}; not kept`);
		}
		await this.parts.tree.write(at, bytes);
		if (this.proof === "full" && !provesItself(key)) this.#ownSoft.add(at, bytes);
	}
	tempFile() {
		if (this.writable) return this.parts.tree.tempFile();
		return path.join(tmpdir(), `modgate-${path.basename(this.parts.tree.tempFile())}`);
	}
	async flush() {
		await this.#swept;
		await this.parts.lists.flush();
	}
};
/** What the checksum database signed is checked by whoever reads it. */
function provesItself(key) {
	return key.startsWith("sumdb/") && !key.endsWith("/supported");
}
// src/store/existing.ts
/**
* Opens a store that is there already, for work on all of it: a directory that somebody named by mistake must not be
* made into a store, let alone be cleaned up. Every store has `modgate/tmp` or `modgate/index`.
*
* Throws StoreError: `store-missing`, `store-foreign`, and those of `openDiskStore`.
*/
async function openExisting(dir, options) {
	await requireStore(dir);
	return await openDiskStore(dir, options);
}
/**
* The directories of a store that is there, to be looked at: nothing is created or written. Throws StoreError as
* `openExisting` does.
*/
async function existingTree(dir) {
	await requireStore(dir);
	try {
		return new Tree(await fsp.realpath(dir));
	} catch (error) {
		throw asStoreError(error, dir, "read");
	}
}
async function requireStore(dir) {
	const root = await look(dir);
	if (root === void 0) throw new StoreError("store-missing", dir, `module store: there is no directory ${dir}; name the directory of a store, or run a job first that fills one`);
	if (!root.isDirectory()) throw new StoreError("store-not-a-directory", dir, `module store: ${dir} is a file; name the directory of a store`);
	const own = await look(path.join(dir, OWN), "link");
	const parts = await Promise.all([TEMP, INDEX].map((key) => look(path.join(dir, key), "link")));
	if (own?.isDirectory() !== true || !parts.some((part) => part?.isDirectory() === true)) throw new StoreError("store-foreign", dir, `module store: ${dir} is no store of modgate: it has no ${TEMP} and no ${INDEX} in it; nothing was changed. Name the directory that holds ${OWN}/`);
}
async function look(file, what = "target") {
	try {
		return await (what === "link" ? fsp.lstat(file) : fsp.stat(file));
	} catch (error) {
		const errno = errnoOf(error);
		if (errno === "ENOENT" || errno === "ENOTDIR") return void 0;
		throw asStoreError(error, file, "read");
	}
}
// src/store/prune/directories.ts
/**
* Names that one read of a directory brings. What Node holds for each open directory grows with it, and is freed only
* when the collector comes by: with a thousand names, a walk of many small directories took 50 MB more.
*/
const NAMES_AT_ONCE = 64;
/** Subdirectories of one directory that are looked at; what is beyond stays as it is. */
const MAX_SUBDIRECTORIES = 1e6;
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH$1 = 128;
/**
* Every module below `root`, in no order: each walk begins elsewhere, so that walks which never have the time for all
* of a store see all of it in the end. Symbolic links are not followed. Memory grows with the largest directory only.
*/
function* moduleDirectories(root, report) {
	yield* below$1(root, "", 0, report);
}
function* below$1(root, key, depth, report) {
	const found = read(root, key, depth, report);
	if (found === void 0) return;
	const from = Math.floor(Math.random() * found.length);
	for (let i = 0; i < found.length; i++) {
		const name = found[(from + i) % found.length] ?? "";
		const here = key === "" ? name : `${key}/${name}`;
		if (name === "@v") {
			const modulePath = moduleOfDir(key.split("/"));
			if (modulePath === void 0) report.foreign(here, "not a module path");
			else yield {
				key: here,
				path: modulePath
			};
		} else if (depth >= MAX_DEPTH$1) report.foreign(here, "nested too deep");
		else yield* below$1(root, here, depth + 1, report);
	}
}
/** Names of the subdirectories; undefined when there is nothing to go into. */
function read(root, key, depth, report) {
	const names = [];
	let others = 0;
	try {
		for (const entry of entriesOf(path.join(root, key))) {
			const here = key === "" ? entry.name : `${key}/${entry.name}`;
			if (depth === 0 && (entry.name === "modgate" || entry.name === "sumdb")) continue;
			if (depth === 0 && !entry.name.includes(".")) report.foreign(here, "not of a store");
			else if (entry.isDirectory() && names.length < MAX_SUBDIRECTORIES) names.push(entry.name);
			else if (entry.isFile() && entry.name === "@latest") others += 1;
			else {
				others += 1;
				report.foreign(here, kindOf(entry));
			}
		}
	} catch (error) {
		if (!isAbsent(error)) report.failed(key, error);
		return;
	}
	if (depth > 0 && names.length + others === 0) report.empty(key);
	return names;
}
/** The entries of a directory. Throws what `fs` throws. */
function* entriesOf(dir) {
	const open = fs.opendirSync(dir, { bufferSize: NAMES_AT_ONCE });
	try {
		for (let entry = open.readSync(); entry !== null; entry = open.readSync()) yield entry;
	} finally {
		open.closeSync();
	}
}
function kindOf(entry) {
	if (entry.isSymbolicLink()) return "a symbolic link";
	if (entry.isFile()) return "not a file of a store";
	return entry.isDirectory() ? "a directory where none belongs" : "not a regular file";
}
// src/store/prune/empty-directories.ts
/** What stays even when it is empty: a store is known by it. */
const STAYS = /* @__PURE__ */ new Set([
	".",
	"",
	OWN,
	INDEX,
	SOFT,
	"sumdb"
]);
/**
* Removes a directory and those above it for as long as they are empty. A commit that has just made one of them makes
* it again. Returns how many went; what cannot be removed stays.
*/
function removeEmpty(tree, key) {
	let removed = 0;
	for (let at = key; !STAYS.has(at); at = path.posix.dirname(at)) try {
		fs.rmdirSync(tree.path(at));
		removed += 1;
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") break;
	}
	return removed;
}
/** Whether a directory was last changed before `than`, ms since the epoch. */
function isOlder(tree, key, than) {
	const stat = fs.lstatSync(tree.path(key), { throwIfNoEntry: false });
	return stat?.isDirectory() === true && stat.mtimeMs < than;
}
// src/store/prune/tally.ts
/** A sum that is still growing. */
var Sum = class {
	versions = 0;
	bytes = 0;
	add(bytes, versions = 1) {
		this.versions += versions;
		this.bytes += bytes;
	}
	get amount() {
		return {
			versions: this.versions,
			bytes: this.bytes
		};
	}
};
/**
* Sums by name. Beyond `max` names the smaller half is forgotten: what is large in one piece, as a module of a walk
* is, is never lost.
*/
var Tally$1 = class {
	#max;
	#sums = /* @__PURE__ */ new Map();
	constructor(max = 1e4) {
		this.#max = max;
	}
	add(name, { versions, bytes }) {
		let sum = this.#sums.get(name);
		if (sum === void 0) {
			if (this.#sums.size >= this.#max) this.#forget();
			sum = new Sum();
			this.#sums.set(name, sum);
		}
		sum.add(bytes, versions);
	}
	/** The largest, largest first; names decide between equals. */
	top(count) {
		return this.#sorted().slice(0, count).map(([name, sum]) => ({
			name,
			...sum.amount
		}));
	}
	#sorted() {
		return [...this.#sums].sort(([a, x], [b, y]) => y.bytes - x.bytes || (a < b ? -1 : 1));
	}
	#forget() {
		for (const [name] of this.#sorted().slice(this.#max / 2)) this.#sums.delete(name);
	}
};
// src/store/prune/ledger.ts
const TOP = 20;
const MAX_TOLD = 20;
const TELL_MS = 200;
/** The first of something, and how many there were. */
var Left = class {
	#first = [];
	#count = 0;
	add(path, why) {
		this.#count += 1;
		if (this.#first.length < MAX_TOLD) this.#first.push({
			path,
			why
		});
	}
	get files() {
		return {
			count: this.#count,
			first: this.#first
		};
	}
};
/** What a prune has seen and done so far. */
var Ledger = class {
	#store;
	#options;
	#began = performance.now();
	#seen = new Sum();
	#deleted = new Sum();
	#reasons = {
		unused: new Sum(),
		age: new Sum(),
		size: new Sum(),
		resumed: new Sum()
	};
	#swept = {
		temp: new Sum(),
		quarantine: new Sum(),
		soft: new Sum(),
		sumdb: new Sum(),
		index: new Sum(),
		log: new Sum()
	};
	#hosts = new Tally$1();
	#modules = new Tally$1();
	/** Of the module that the walk is at. */
	#module = new Sum();
	#told = 0;
	phase = "look";
	listed = new Sum();
	recent = new Sum();
	meanwhile = new Sum();
	foreign = new Left();
	failed = new Left();
	emptyDirectories = 0;
	/** Bytes that stay and belong to no version. */
	otherBytes = 0;
	constructor(store, options) {
		this.#store = store;
		this.#options = options;
	}
	see(bytes) {
		this.#seen.add(bytes);
	}
	remove(reason, bytes) {
		this.#deleted.add(bytes);
		this.#reasons[reason].add(bytes);
		this.#module.add(bytes);
	}
	/** The removals since the last call were of this module. */
	moduleDone(modulePath) {
		if (this.#module.versions > 0) {
			this.#modules.add(modulePath, this.#module);
			this.#hosts.add(modulePath.split("/", 1)[0] ?? "", this.#module);
		}
		this.#module = new Sum();
	}
	sweep(litter, bytes) {
		this.#swept[litter].add(bytes);
	}
	/** Bytes that the store has by now. */
	get bytesLeft() {
		return this.#seen.bytes + this.otherBytes - this.#deleted.bytes;
	}
	/** Tells of the progress, a few times a second. */
	tell() {
		const { onProgress } = this.#options;
		if (onProgress === void 0 || performance.now() - this.#told < TELL_MS) return;
		this.#told = performance.now();
		onProgress({
			phase: this.phase,
			versions: this.#seen.versions,
			deleted: this.#deleted.amount
		});
	}
	report(finished) {
		const { dryRun, now, keepSinceMs, maxAgeMs, maxBytes } = this.#options;
		const swept = mapValues(this.#swept, ({ versions: files, bytes }) => ({
			files,
			bytes
		}));
		const sweptBytes = Object.values(swept).reduce((sum, { bytes }) => sum + bytes, 0);
		const versions = this.#seen.versions - this.#deleted.versions;
		return {
			schema: 1,
			store: this.#store,
			dryRun,
			finished,
			started: new Date(now).toISOString(),
			durationMs: Math.round(performance.now() - this.#began),
			rules: {
				keepSinceMs,
				maxAgeMs: maxAgeMs ?? null,
				maxBytes
			},
			before: {
				versions: this.#seen.versions,
				bytes: this.#seen.bytes + this.otherBytes + sweptBytes
			},
			after: {
				versions,
				bytes: this.bytesLeft
			},
			deleted: {
				...this.#deleted.amount,
				reasons: mapValues(this.#reasons, (sum) => sum.amount)
			},
			kept: {
				listed: this.listed.amount,
				recent: this.recent.amount,
				meanwhile: this.meanwhile.amount
			},
			swept,
			emptyDirectories: this.emptyDirectories,
			excessBytes: Math.max(0, this.bytesLeft - maxBytes),
			foreign: this.foreign.files,
			failed: this.failed.files,
			top: {
				hosts: this.#hosts.top(TOP),
				modules: this.#modules.top(TOP)
			}
		};
	}
};
function mapValues(from, map) {
	return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, map(value)]));
}
// src/store/prune/module-versions.ts
/** What a prune renames an index entry to before it removes the version's files: `<version>.json.pruned`. */
const CLAIMED = ".pruned";
const INDEXED = ".json";
/**
* The last use of a version. Without an index entry nothing can be marked as used; such files count as used when they
* were written.
*/
function lastUse(state) {
	return state.touched ?? state.written;
}
/** Reads the two directories of a module. What cannot be read counts as not there, and is reported. */
function readVersions(root, module, report) {
	const states = /* @__PURE__ */ new Map();
	const stateOf = (stem, version) => {
		let state = states.get(stem);
		if (state === void 0) {
			state = {
				stem,
				version,
				kinds: [],
				bytes: 0,
				written: 0,
				touched: void 0,
				claimed: false
			};
			states.set(stem, state);
		}
		return state;
	};
	each(root, module.key, report, (entry, key, file) => {
		if (entry.name === "list" && entry.isFile()) return;
		const dot = entry.name.lastIndexOf(".");
		const stem = entry.name.slice(0, Math.max(dot, 0));
		const version = states.get(stem)?.version ?? versionOfName(entry.name)?.version;
		const kind = kindOfName(entry.name.slice(dot + 1));
		if (!entry.isFile() || version === void 0 || kind === void 0) return report.foreign(key, kindOf(entry));
		const stat = statFile(file, key, report);
		if (stat === void 0) return;
		const state = stateOf(stem, version);
		state.kinds.push(kind);
		state.bytes += stat.size;
		state.written = Math.max(state.written, stat.mtimeMs);
	});
	each(root, `${INDEX}/${module.key}`, report, (entry, key, file) => {
		const claimed = entry.name.endsWith(CLAIMED);
		const name = claimed ? entry.name.slice(0, -7) : entry.name;
		const stem = name.endsWith(INDEXED) ? name.slice(0, -5) : void 0;
		const version = stem && (states.get(stem)?.version ?? versionOfName(`${stem}.mod`)?.version);
		if (!entry.isFile() || !stem || !version) return report.foreign(key, kindOf(entry));
		const stat = statFile(file, key, report);
		if (stat === void 0) return;
		const state = stateOf(stem, version);
		state.bytes += stat.size;
		if (claimed) state.claimed = true;
		else state.touched = stat.mtimeMs;
	});
	return [...states.values()];
}
function kindOfName(extension) {
	return extension === "info" || extension === "mod" || extension === "zip" ? extension : void 0;
}
function each(root, dir, report, visit) {
	const full = path.join(root, dir);
	try {
		for (const entry of entriesOf(full)) visit(entry, `${dir}/${entry.name}`, `${full}${path.sep}${entry.name}`);
	} catch (error) {
		if (!isAbsent(error)) report.failed(dir, error);
	}
}
/** Undefined when it is gone by now, is no regular file, or cannot be looked at. */
function statFile(file, key, report) {
	try {
		const stat = fs.lstatSync(file, { throwIfNoEntry: false });
		return stat?.isFile() === true ? stat : void 0;
	} catch (error) {
		report.failed(key, error);
		return;
	}
}
// src/store/prune/remove-version.ts
/**
* How a version is removed while other processes, on this machine or over NFS, read, touch and commit it. There is no
* lock. What keeps it safe is the order, and that each step can be the last one:
*
* 1. The index entry is renamed to `<version>.json.pruned` in its own directory, in one step, and only when its last
*    use is still the one that the decision was made from. It is looked at once more under its new name: a use
*    or a commit that came between is seen there, and the entry gets its name back unless there is a new one.
*    From here on the version is not there for whoever comes: nobody believes a file without an index entry, except
*    one whose go.sum has the hash, and he hashes it first.
* 2. .info, .mod and .zip are removed in this order, so that a `go` which reads the tree itself sees none of it before
*    all of it is going. Before each one: when there is an index entry again, somebody committed the version anew
*    (or proved a file of it by hash) and what is still there is his; and a file that was written within the
*    last hour is a commit's which has not come to its index entry yet. A commit that meets a file without an index
*    entry waits for longer than these steps take, and then replaces the file.
* 3. The list and @latest of the module are written anew.
* 4. The renamed entry is removed.
*
* A process that is killed leaves, at worst, the renamed entry with some of the files. The next prune meets it and
* goes on with step 2, whoever renamed it: two prunes at one version do the same things, and none of them twice.
* A reader that loses a file between looking it up and opening it asks again and fetches it. A commit that found the
* version complete in the moment before step 1, and so wrote nothing, has to fetch it again when it next needs it.
*/
/** What was used or written within this time is in use by somebody, whatever the size of the store; ms. */
const RECENT_MS = 36e5;
const ORDER$1 = [
	"info",
	"mod",
	"zip"
];
/** @param dir key of the module's `@v` directory */
function filesOf(tree, dir, stem) {
	const index = tree.path(`${INDEX}/${dir}/${stem}.json`);
	return {
		index,
		claim: `${index}${CLAIMED}`,
		files: ORDER$1.map((kind) => tree.path(`${dir}/${stem}.${kind}`))
	};
}
/**
* Steps 1 and 2. Throws what `fs` throws; the version then has its index entry again where that can be had.
* @param now ms since the epoch
*/
async function removeFiles(names, state, now) {
	if (state.touched !== void 0 && !await claim(names, state.touched)) return "untouched";
	try {
		for (const file of names.files) {
			if (isThere(names.index)) return "used";
			const stat = fs.lstatSync(file, { throwIfNoEntry: false });
			if (stat === void 0) continue;
			if (stat.mtimeMs > now - 36e5) {
				if (state.touched !== void 0) await giveBack(names);
				return "used";
			}
			removeFile(file);
		}
		return "removed";
	} catch (error) {
		if (state.touched !== void 0) await giveBack(names).catch(() => void 0);
		throw error;
	}
}
/** Step 4. */
function dropClaim(names) {
	removeFile(names.claim);
}
/** False when the version was used in the meantime, or another prune is at it. */
async function claim(names, touched) {
	try {
		if (fs.lstatSync(names.index).mtimeMs !== touched) return false;
		fs.renameSync(names.index, names.claim);
		if (openedTime(names.claim) === touched) return true;
	} catch (error) {
		if (isAbsent(error)) return false;
		throw error;
	}
	await giveBack(names);
	return false;
}
/** Opened, because a network file system asks its server for the times of what is opened, not of what is looked at. */
function openedTime(file) {
	const fd = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
	try {
		return fs.fstatSync(fd).mtimeMs;
	} finally {
		fs.closeSync(fd);
	}
}
async function giveBack({ index, claim: from }) {
	try {
		if (!await renameNew(from, index)) removeFile(from);
	} catch (error) {
		if (!isAbsent(error)) throw error;
	}
}
function isThere(file) {
	return fs.lstatSync(file, { throwIfNoEntry: false }) !== void 0;
}
/** Removes a file that somebody else may have removed already. */
function removeFile(file) {
	try {
		fs.unlinkSync(file);
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") throw error;
	}
}
// src/store/prune/use-times.ts
/** Slots that are held at most: a few megabytes. */
const MAX_SLOTS = 2e5;
/**
* Bytes by time of last use, in memory that does not grow with their number: seconds at first, and twice as wide
* slots each time there are too many of them.
*/
var UseTimes = class {
	#maxSlots;
	#width = 1e3;
	#slots = /* @__PURE__ */ new Map();
	constructor(maxSlots = MAX_SLOTS) {
		this.#maxSlots = maxSlots;
	}
	/** @param time ms since the epoch */
	add(time, bytes) {
		const slot = Math.floor(time / this.#width);
		this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + bytes);
		while (this.#slots.size > this.#maxSlots) this.#widen();
	}
	/** The cut that frees `excess` bytes, least recently used first; all of them when there are not so many. */
	cut(excess) {
		let left = excess;
		for (const slot of [...this.#slots.keys()].sort((a, b) => a - b)) {
			const bytes = this.#slots.get(slot) ?? 0;
			if (bytes >= left) return {
				before: slot * this.#width,
				until: (slot + 1) * this.#width,
				bytes: left
			};
			left -= bytes;
		}
		return {
			before: Number.POSITIVE_INFINITY,
			until: Number.POSITIVE_INFINITY,
			bytes: 0
		};
	}
	#widen() {
		this.#width *= 2;
		const wider = /* @__PURE__ */ new Map();
		for (const [slot, bytes] of this.#slots) {
			const half = Math.floor(slot / 2);
			wider.set(half, (wider.get(half) ?? 0) + bytes);
		}
		this.#slots = wider;
	}
};
/** Tells one by one what goes, so that no more goes than has to. */
var Cutter = class {
	#cut;
	#left;
	constructor(cut) {
		this.#cut = cut;
		this.#left = cut.bytes;
	}
	takes(time, bytes) {
		if (time < this.#cut.before) return true;
		if (time >= this.#cut.until || this.#left <= 0) return false;
		this.#left -= bytes;
		return true;
	}
};
// src/store/prune/own-files.ts
const DAY_MS$2 = 864e5;
/** Lists, answers to queries and absences: what is believed of them is younger. */
const SOFT_MS = 30 * DAY_MS$2;
/** Tiles of the checksum database that were not full yet; it has grown beyond them. */
const PARTIAL_TILE_MS = 30 * DAY_MS$2;
/** Part of the store that tiles and records of the checksum database may be, and what they may always have. */
const SUMDB_SHARE = .1;
const SUMDB_MIN_BYTES = 33554432;
const MAX_DEPTH = 64;
/**
* Sweeps what is not files of versions: temp files of dead makers, old quarantine, soft files, old logs, and of the
* checksum database what is beyond its share, oldest first. Returns the bytes that stay, and false for `finished`
* when it was stopped.
*/
async function sweepOwnFiles(tree, options) {
	const sweeper = new Sweeper(tree, options);
	const finished = await sweeper.passing() && await sweeper.soft() && await sweeper.sumdb();
	sweeper.log();
	return {
		bytes: sweeper.stays,
		finished
	};
}
var Sweeper = class {
	#tree;
	#options;
	/** Bytes. */
	stays = 0;
	constructor(tree, options) {
		this.#tree = tree;
		this.#options = options;
	}
	async passing() {
		try {
			for await (const { of, file, size, over } of passingFiles(this.#tree, this.#options.now)) {
				if (await this.#options.pace.stop()) return false;
				if (!over) this.stays += size;
				else this.#sweep(of, path.relative(this.#tree.root, file), file, size);
			}
		} catch (error) {
			this.#options.failed("modgate", error);
		}
		return true;
	}
	async soft() {
		const old = this.#options.now - SOFT_MS;
		for (const { key, file, stat } of this.#filesBelow(SOFT)) {
			if (await this.#options.pace.stop()) return false;
			if (stat.mtimeMs < old) this.#sweep("soft", key, file, stat.size);
			else this.stays += stat.size;
		}
		return true;
	}
	log() {
		const today = new Date(this.#options.now);
		const oldest = `${new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 12 + 1)).toISOString().slice(0, 7)}.jsonl`;
		for (const { key, file, stat } of this.#filesBelow(USE_LOG)) if (/^\d{4}-\d\d\.jsonl$/.test(path.basename(file)) && path.basename(file) < oldest) this.#sweep("log", key, file, stat.size);
		else this.stays += stat.size;
	}
	async sumdb() {
		const { now, maxBytes, pace } = this.#options;
		const times = new UseTimes();
		let bytes = 0;
		for (const { key, file, stat } of this.#filesBelow("sumdb")) {
			if (await pace.stop()) return false;
			if (key.includes(".p/") && stat.mtimeMs < now - PARTIAL_TILE_MS) {
				this.#sweep("sumdb", key, file, stat.size);
				continue;
			}
			bytes += stat.size;
			if (!isTreeHead(key)) times.add(stat.mtimeMs, stat.size);
		}
		const excess = bytes - Math.max(SUMDB_MIN_BYTES, maxBytes * SUMDB_SHARE);
		const cutter = excess > 0 ? new Cutter(times.cut(excess)) : void 0;
		for (const { key, file, stat } of cutter === void 0 ? [] : this.#filesBelow("sumdb")) {
			if (await pace.stop()) return false;
			if (key.includes(".p/") && stat.mtimeMs < now - PARTIAL_TILE_MS || isTreeHead(key) || cutter?.takes(stat.mtimeMs, stat.size) !== true) continue;
			this.#sweep("sumdb", key, file, stat.size);
			bytes -= stat.size;
		}
		this.stays += bytes;
		return true;
	}
	#sweep(litter, key, file, bytes) {
		const { dryRun, swept, emptied, failed } = this.#options;
		try {
			if (!dryRun) {
				removeFile(file);
				if (litter === "soft" || litter === "sumdb") emptied(removeEmpty(this.#tree, path.posix.dirname(key)));
			}
			swept(litter, bytes);
		} catch (error) {
			this.stays += bytes;
			failed(key, error);
		}
	}
	*#filesBelow(key, depth = 0) {
		const dirs = [];
		try {
			if (!fs.lstatSync(this.#tree.path(key)).isDirectory()) return;
			for (const entry of entriesOf(this.#tree.path(key))) {
				const here = `${key}/${entry.name}`;
				if (entry.isDirectory()) dirs.push(here);
				else if (entry.isFile()) {
					const file = this.#tree.path(here);
					const stat = fs.lstatSync(file, { throwIfNoEntry: false });
					if (stat !== void 0) yield {
						key: here,
						file,
						stat
					};
				}
			}
		} catch (error) {
			if (!isAbsent(error)) this.#options.failed(key, error);
		}
		if (depth < MAX_DEPTH) for (const dir of dirs) yield* this.#filesBelow(dir, depth + 1);
	}
};
/** The newest tree head that was seen: what keeps the database from going back in time. */
function isTreeHead(key) {
	return key.endsWith("/latest") && !key.includes("/lookup/");
}
// src/store/prune/pace.ts
/** How long the loop is held at a time, ms: files are looked at by calls that the page cache answers. */
const HOLD_MS = 10;
/** Lets others have their turn during long synchronous work, and tells when it is to end. */
var Pace = class {
	#until;
	#onTurn;
	#since = performance.now();
	/** @param onTurn called before each turn that is given away */
	constructor(until, onTurn = () => void 0) {
		this.#until = until;
		this.#onTurn = onTurn;
	}
	/** True when it is time to stop. */
	async stop() {
		if (performance.now() - this.#since >= HOLD_MS) {
			this.#onTurn();
			await setImmediate();
			this.#since = performance.now();
		}
		return this.#until?.aborted === true;
	}
};
// src/store/prune/remove-module.ts
/**
* Removes versions of one module, then mends its list and @latest, or takes its directories away when nothing is left.
* The order is that of remove-version.ts. `failed` is told of files that could not be removed; their version stays
* for the next prune. Throws StoreError when the directories are not reached without symbolic links.
*/
async function removeVersions(store, module, doomed, options) {
	const { tree } = store.parts;
	await requireDirectories(store, module);
	const outcomes = /* @__PURE__ */ new Map();
	for (const state of doomed) try {
		outcomes.set(state, await removeFiles(filesOf(tree, module.key, state.stem), state, options.now));
	} catch (error) {
		options.failed(`${module.key}/${state.stem}`, error);
	}
	const gone = [...outcomes.values()].filter((outcome) => outcome === "removed").length;
	let emptyDirectories = 0;
	try {
		const over = options.all && gone === doomed.length;
		if (!over || !await leaves(store, module)) await rewriteLists(store, module);
		for (const [state, outcome] of outcomes) if (outcome !== "untouched") dropClaim(filesOf(tree, module.key, state.stem));
		emptyDirectories += removeEmpty(tree, `${INDEX}/${module.key}`);
		if (over) emptyDirectories += removeModuleDirectory(store, module);
	} catch (error) {
		options.failed(module.key, error);
	}
	return {
		outcomes,
		emptyDirectories
	};
}
/** Whoever can write into the store could have put a link in the way since the walk. */
async function requireDirectories({ parts: { tree } }, { key }) {
	for (const dir of [key, `${INDEX}/${key}`]) {
		if (await tree.hasDir(dir)) continue;
		const wrong = obstacle(tree, dir);
		if (wrong === void 0) continue;
		const message = `module store: ${tree.path(wrong)} is no directory of the store, but a file or a symbolic link; nothing in it was removed. Remove it`;
		throw new StoreError("store-not-a-directory", tree.path(wrong), message);
	}
}
/**
* The first name on the way to a directory that is there and no directory. One look at each: directories come and go
* while other prunes and writers are at work, and what is gone is in nobody's way.
*/
function obstacle(tree, key) {
	const parts = key.split("/");
	for (let depth = 1; depth <= parts.length; depth++) {
		const name = parts.slice(0, depth).join("/");
		const found = lstatSync(tree.path(name), { throwIfNoEntry: false });
		if (found === void 0) return void 0;
		if (!found.isDirectory()) return name;
	}
}
/** The module has no version left and its list goes; false when one was committed meanwhile. */
async function leaves(store, { key, path: modulePath }) {
	if ((await store.list(modulePath)).length > 0) return false;
	removeFile(store.parts.tree.path(`${key}/list`));
	return true;
}
/** @latest may name what is gone, and is only written anew when somebody knows better. */
async function rewriteLists(store, { key, path: modulePath }) {
	const { tree, lists } = store.parts;
	removeFile(tree.path(`${path.posix.dirname(key)}/@latest`));
	lists.markDirty(modulePath);
	await lists.flush();
}
/** Takes away what a module without versions leaves behind. Returns how many directories went. */
function removeModuleDirectory({ parts: { tree, lists } }, module) {
	const parent = path.posix.dirname(module.key);
	removeFile(tree.path(`${module.key}/list`));
	const before = removeEmpty(tree, module.key);
	if (isThere(tree.path(module.key))) {
		lists.markDirty(module.path);
		return before;
	}
	removeFile(tree.path(`${parent}/@latest`));
	return before + removeEmpty(tree, parent);
}
// src/store/prune/prune.ts
const DAY_MS$1 = 864e5;
/**
* Removes from a store what its rules are against, and what dead processes left; see `PruneOptions` for the rules and
* remove-version.ts for why that is safe beside running jobs, other prunes, and at any kill. What a prune does not
* come to, the next one does.
*
* Two walks at most: the first removes by time and age, and adds up how much was last used when; the second, only when
* the store is still too large, removes the least recently used. Memory grows with neither versions nor files, but
* with those of the largest directory. Time is linear in the number of files.
*
* Throws StoreError: `store-read-only` when the store cannot be written and this is no dry run, and what the medium
* says when its root cannot be read. Single files that cannot be read or removed are in the report.
*/
async function prune(store, options) {
	if (!options.dryRun && !store.writable) {
		const message = `module store: ${store.location} cannot be written, so nothing can be removed from it; run this as the user that the store belongs to, or try --dry-run`;
		throw new StoreError("store-read-only", store.location, message);
	}
	return await new Prune(store, options).run();
}
var Prune = class {
	#store;
	#options;
	#ledger;
	#times = new UseTimes();
	#pace;
	#report;
	constructor(store, options) {
		this.#store = store;
		this.#options = options;
		const ledger = new Ledger(store.location, options);
		this.#ledger = ledger;
		this.#pace = new Pace(options.until, () => ledger.tell());
		this.#report = {
			foreign: (key, why) => ledger.foreign.add(key, why),
			failed: (key, error) => ledger.failed.add(key, wordsOf$1(error, store.parts.tree.path(key))),
			empty: (key) => this.#empty(key)
		};
	}
	async run() {
		const ledger = this.#ledger;
		const finished = await this.#look() && await this.#lookAtIndex() && await this.#own() && await this.#shrink();
		if (!this.#options.dryRun) {
			await this.#store.flush().catch((error) => this.#report.failed("", error));
			await this.#mark(finished);
		}
		return ledger.report(finished);
	}
	/** The marker of the last prune; a store that has no room for it is none the worse. */
	async #mark(finished) {
		const { now } = this.#options;
		const bytes = JSON.stringify({
			v: 1,
			at: now,
			finished,
			bytes: this.#ledger.bytesLeft
		});
		await this.#store.parts.tree.write(PRUNED, Buffer.from(bytes)).catch(() => void 0);
	}
	async #own() {
		const { now, maxBytes, dryRun } = this.#options;
		const ledger = this.#ledger;
		const own = await sweepOwnFiles(this.#store.parts.tree, {
			now,
			maxBytes,
			dryRun,
			pace: this.#pace,
			swept: (litter, bytes) => ledger.sweep(litter, bytes),
			emptied: (count) => {
				ledger.emptyDirectories += count;
			},
			failed: this.#report.failed
		});
		ledger.otherBytes += own.bytes;
		return own.finished;
	}
	/** The first walk: what time and age are against goes at once. */
	async #look() {
		for (const module of moduleDirectories(this.#store.location, this.#report)) {
			if (await this.#pace.stop()) return false;
			const doomed = /* @__PURE__ */ new Map();
			const states = readVersions(this.#store.location, module, this.#report);
			for (const state of states) {
				const reason = await this.#judge(module, state);
				if (reason !== void 0) doomed.set(state, reason);
			}
			await this.#remove(module, states, doomed);
			this.#tidyIndex(module, states);
			if (states.length === 0) this.#bare(module);
		}
		return true;
	}
	async #judge(module, state) {
		const { now, keepSinceMs, maxAgeMs } = this.#options;
		const ledger = this.#ledger;
		if (isLoose(state)) return void 0;
		ledger.see(state.bytes);
		if (isAbandoned(state)) return "resumed";
		const mv = {
			path: module.path,
			version: state.version
		};
		if (this.#isListed(mv)) return void ledger.listed.add(state.bytes);
		const used = lastUse(state);
		if (isInUse(state, now)) return void ledger.recent.add(state.bytes);
		if (used < now - keepSinceMs) return "unused";
		if (maxAgeMs !== void 0 && await this.#firstSeen(mv, state) < now - maxAgeMs) return "age";
		this.#times.add(used, state.bytes);
	}
	#isListed(mv) {
		return this.#options.keep?.(mv) === true;
	}
	/** A version without an index entry was first seen when its files were written. */
	async #firstSeen(mv, state) {
		const entry = state.touched === void 0 ? void 0 : await this.#store.entry(mv).catch(() => void 0);
		const seen = entry === void 0 ? NaN : Date.parse(entry.firstSeen);
		return Number.isNaN(seen) ? state.written : seen;
	}
	/** The second walk. */
	async #shrink() {
		const { maxBytes, now } = this.#options;
		const ledger = this.#ledger;
		const excess = ledger.bytesLeft - maxBytes;
		if (excess <= 0) return true;
		ledger.phase = "shrink";
		const cutter = new Cutter(this.#times.cut(excess));
		const quiet = {
			foreign: () => {},
			failed: () => {},
			empty: () => {}
		};
		for (const module of moduleDirectories(this.#store.location, quiet)) {
			if (await this.#pace.stop()) return false;
			const states = readVersions(this.#store.location, module, quiet);
			const doomed = /* @__PURE__ */ new Map();
			for (const state of states) {
				const used = lastUse(state);
				if (isLoose(state) || isAbandoned(state) || isInUse(state, now)) continue;
				if (this.#options.dryRun && await this.#wentBefore(module, state)) continue;
				if (this.#isListed({
					path: module.path,
					version: state.version
				})) continue;
				if (cutter.takes(used, state.bytes)) doomed.set(state, "size");
			}
			await this.#remove(module, states, doomed);
		}
		return true;
	}
	async #wentBefore(module, state) {
		const { now, keepSinceMs, maxAgeMs } = this.#options;
		if (lastUse(state) < now - keepSinceMs) return true;
		if (maxAgeMs === void 0) return false;
		return await this.#firstSeen({
			path: module.path,
			version: state.version
		}, state) < now - maxAgeMs;
	}
	async #remove(module, states, doomed) {
		if (doomed.size === 0) return;
		const ledger = this.#ledger;
		if (this.#options.dryRun) {
			for (const [{ bytes }, reason] of doomed) ledger.remove(reason, bytes);
			return ledger.moduleDone(module.path);
		}
		try {
			const all = doomed.size === states.filter((state) => !isLoose(state)).length;
			const { outcomes, emptyDirectories } = await removeVersions(this.#store, module, [...doomed.keys()], {
				all,
				now: this.#options.now,
				failed: this.#report.failed
			});
			for (const [state, reason] of doomed) {
				const outcome = outcomes.get(state);
				if (outcome === "removed") ledger.remove(reason, state.bytes);
				else if (outcome !== void 0) ledger.meanwhile.add(state.bytes);
			}
			ledger.emptyDirectories += emptyDirectories;
		} catch (error) {
			this.#report.failed(module.key, error);
		}
		ledger.moduleDone(module.path);
	}
	/** Index entries of modules that are not in the tree. */
	async #lookAtIndex() {
		const { tree } = this.#store.parts;
		const inIndex = (key) => key === "" ? INDEX : `${INDEX}/${key}`;
		const report = {
			foreign: (key, why) => this.#report.foreign(inIndex(key), why),
			failed: (key, error) => this.#report.failed(inIndex(key), error),
			empty: (key) => this.#empty(inIndex(key))
		};
		for (const module of moduleDirectories(tree.path(INDEX), report)) {
			if (await this.#pace.stop()) return false;
			if (isThere(tree.path(module.key))) continue;
			const states = readVersions(this.#store.location, module, this.#report);
			const doomed = /* @__PURE__ */ new Map();
			for (const state of states) {
				const reason = await this.#judge(module, state);
				if (reason !== void 0) doomed.set(state, reason);
			}
			await this.#remove(module, states, doomed);
			this.#tidyIndex(module, states);
			this.#empty(inIndex(module.key));
		}
		return true;
	}
	/**
	* Index entries without any file, a day after the last commit that could be on its way; and what a killed prune left
	* beside the entry of a version that was committed anew.
	*/
	#tidyIndex(module, states) {
		for (const state of states) {
			const key = `${INDEX}/${module.key}/${state.stem}.json`;
			if (isLoose(state)) this.#loose(key, state.bytes);
			if (state.claimed && state.touched !== void 0 && !this.#options.dryRun) this.#try(key, () => removeFile(`${this.#store.parts.tree.path(key)}${CLAIMED}`));
		}
	}
	#loose(key, bytes) {
		const file = this.#store.parts.tree.path(key);
		this.#try(key, () => {
			if (changedAt(file) >= this.#options.now - DAY_MS$1) {
				this.#ledger.otherBytes += bytes;
				return;
			}
			if (!this.#options.dryRun) removeFile(file);
			this.#ledger.sweep("index", bytes);
		});
	}
	/** A module directory without a version. */
	#bare(module) {
		const { dryRun, now } = this.#options;
		if (dryRun || !isOlder(this.#store.parts.tree, module.key, now - 36e5)) return;
		this.#try(module.key, () => {
			this.#ledger.emptyDirectories += removeModuleDirectory(this.#store, module);
		});
	}
	/** A directory that was empty when the walk came to it; a young one is a commit's that has not put its files yet. */
	#empty(key) {
		const { tree } = this.#store.parts;
		if (this.#options.dryRun || !isOlder(tree, key, this.#options.now - 36e5)) return;
		this.#ledger.emptyDirectories += removeEmpty(tree, key);
	}
	#try(key, work) {
		try {
			work();
		} catch (error) {
			this.#report.failed(key, error);
		}
	}
};
/** An index entry without any file, and no prune at it. */
function isLoose(state) {
	return state.kinds.length === 0 && !state.claimed;
}
/** Used within the last hour, or put there: a version that was just copied or unpacked may have an old last use. */
function isInUse(state, now) {
	return Math.max(lastUse(state), state.written) > now - RECENT_MS;
}
/** A prune had begun to remove it and did not come to the end. */
function isAbandoned(state) {
	return state.claimed && state.touched === void 0;
}
/** When a file came to its place: an entry that was restored or unpacked just now has old times of its own. */
function changedAt(file) {
	const stat = fs.lstatSync(file, { throwIfNoEntry: false });
	return stat === void 0 ? Number.POSITIVE_INFINITY : Math.max(stat.mtimeMs, stat.ctimeMs);
}
function wordsOf$1(error, file) {
	return asStoreError(error, file, "write").message;
}
// src/store/stats/groups.ts
/**
* Sums by name over a walk that comes to everything of one name in a row, as a walk of a tree does for the beginnings
* of its paths: exact, and with no more memory than the largest ones take.
*/
var RunningGroups = class {
	#max;
	#top = [];
	#count = 0;
	#name;
	#sum = new Sum();
	constructor(max) {
		this.#max = max;
	}
	add(name, { bytes, versions }) {
		if (name !== this.#name) {
			this.#close();
			this.#name = name;
			this.#sum = new Sum();
		}
		this.#sum.add(bytes, versions);
	}
	end() {
		this.#close();
		this.#cut();
		return {
			count: this.#count,
			top: this.#top
		};
	}
	#close() {
		if (this.#name === void 0) return;
		this.#count += 1;
		this.#top.push({
			name: this.#name,
			...this.#sum.amount
		});
		this.#name = void 0;
		if (this.#top.length >= 2 * this.#max + 100) this.#cut();
	}
	#cut() {
		this.#top.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
		this.#top = this.#top.slice(0, this.#max);
	}
};
// src/store/stats/use-log.ts
const COUNTS = [
	"requests",
	"fromStore",
	"fromUpstream",
	"bytesFromStore",
	"bytesFromUpstream",
	"added"
];
/** Longest line that is read; one write of less is whole or absent on every local file system. */
const MAX_LINE = 4096;
const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])\.jsonl$/;
const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/**
* Adds one session's line to the log of its month, in a single append, so that sessions on one directory need no
* lock. Never rejects: false when the store cannot be written, or a link stands in the way.
*/
async function appendUse(store, use) {
	if (!store.writable || !TIME.test(use.t)) return false;
	const tree = new Tree(store.location);
	const file = tree.path(`${USE_LOG}/${use.t.slice(0, 7)}.jsonl`);
	const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
	try {
		await tree.makeDir(USE_LOG);
		const handle = await fsp.open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 420);
		try {
			if (!(await handle.stat()).isFile()) return false;
			await handle.write(Buffer.from(`\n${JSON.stringify(pick(use))}\n`));
			return true;
		} finally {
			await handle.close();
		}
	} catch {
		return false;
	}
}
/**
* The sessions that ended at or after `since` (milliseconds since the epoch), month by month. Lines that are torn
* or foreign are passed over. Throws StoreError when the log cannot be read.
*/
async function* readUse(store, since) {
	const tree = new Tree(store.location);
	if (!await tree.hasDir("modgate/log")) return;
	const dir = tree.path(USE_LOG);
	const first = new Date(Math.max(0, since)).toISOString().slice(0, 7);
	for (const name of await months(dir)) {
		if (name.slice(0, 7) < first) continue;
		const file = path.join(dir, name);
		if (await statRegular(file) === void 0) continue;
		for await (const line of lines(file)) {
			const use = parse(line);
			if (use !== void 0 && Date.parse(use.t) >= since) yield use;
		}
	}
}
/** Names of the last months that are there, oldest first. */
async function months(dir) {
	const names = [];
	try {
		for await (const entry of await fsp.opendir(dir)) {
			if (!entry.isFile() || !MONTH.test(entry.name)) continue;
			names.push(entry.name);
			if (names.length > 48) names.sort().splice(0, names.length - 24);
		}
	} catch (error) {
		if (!isAbsent(error)) throw asStoreError(error, dir, "read");
	}
	return names.sort().slice(-24);
}
async function* lines(file) {
	const stream = createReadStream(file, {
		flags: READ_FLAGS,
		end: 67108863
	});
	let rest = "";
	try {
		for await (const chunk of stream.setEncoding("latin1")) {
			const parts = (rest + chunk).split("\n");
			rest = (parts.pop() ?? "").slice(0, 4097);
			yield* parts;
		}
	} catch (error) {
		if (!isAbsent(error)) throw asStoreError(error, file, "read");
	}
	yield rest;
}
function parse(line) {
	if (line === "" || line.length > MAX_LINE) return void 0;
	let value;
	try {
		value = JSON.parse(line);
	} catch {
		return;
	}
	if (typeof value !== "object" || value === null) return void 0;
	if (typeof value.t !== "string" || !TIME.test(value.t) || Number.isNaN(Date.parse(value.t))) return void 0;
	return COUNTS.every((name) => Number.isSafeInteger(value[name]) && value[name] >= 0) ? pick(value) : void 0;
}
function pick(use) {
	return {
		t: use.t,
		...Object.fromEntries(COUNTS.map((name) => [name, use[name]]))
	};
}
// src/store/stats/stats.ts
const DAY_MS = 864e5;
/** Bounds of the classes of last use, in days. */
const AGES = [
	1,
	7,
	30,
	90
];
const HIT_DAYS = [30, 365];
/** Longest time without a turn for others, ms. */
const TURN_MS = 50;
/**
* Adds up what is in a store. Reads only; memory grows with the largest directory and not with the store, time is
* linear in the number of files. Throws StoreError when our own directories cannot be read.
*/
async function storeStats(tree, options) {
	const { now, top } = options;
	const count = new Count(now, top);
	let unread = 0;
	const report = {
		foreign: () => void 0,
		failed: () => void unread++,
		empty: () => void 0
	};
	let turn = performance.now();
	for (const module of moduleDirectories(tree.root, report)) for (const state of readVersions(tree.root, module, report)) {
		if (state.kinds.length === 0) continue;
		const mv = {
			path: module.path,
			version: state.version
		};
		const index = state.touched === void 0 ? void 0 : `${INDEX}/${module.key}/${state.stem}.json`;
		count.add(mv, state, index === void 0 ? void 0 : await firstSeen(tree, mv, index));
		if (performance.now() - turn < TURN_MS) continue;
		options.onProgress?.(count.versions);
		await setImmediate();
		turn = performance.now();
	}
	const beside = {
		soft: await below(tree, SOFT),
		sumdb: await below(tree, "sumdb"),
		quarantine: await below(tree, QUARANTINE),
		temp: await below(tree, TEMP),
		log: await below(tree, USE_LOG)
	};
	return {
		...count.end(),
		beside,
		hitRates: await hitRates(tree, now),
		unread
	};
}
var Count = class {
	#now;
	#hosts;
	#owners;
	#modules;
	#all = new Sum();
	#toolchains = new Sum();
	#unindexed = new Sum();
	#ages = [...AGES, null].map((withinDays) => ({
		withinDays,
		sum: new Sum()
	}));
	#months;
	#files = 0;
	#toolchainFiles = 0;
	versions = 0;
	constructor(now, top) {
		this.#now = now;
		this.#hosts = new RunningGroups(top);
		this.#owners = new RunningGroups(top);
		this.#modules = new RunningGroups(top);
		this.#months = new Months(now);
	}
	add(mv, state, seen) {
		const amount = {
			versions: 1,
			bytes: state.bytes
		};
		this.versions += 1;
		if (state.touched === void 0) this.#unindexed.add(state.bytes);
		const age = this.#now - lastUse(state);
		this.#ages.find(({ withinDays }) => withinDays === null || age <= withinDays * DAY_MS)?.sum.add(state.bytes);
		if (seen !== void 0) this.#months.add(seen, amount);
		if (mv.path === "golang.org/toolchain") {
			this.#toolchains.add(state.bytes);
			this.#toolchainFiles += state.kinds.length;
			return;
		}
		this.#all.add(state.bytes);
		this.#files += state.kinds.length;
		const [host = "", owner] = mv.path.split("/", 2);
		this.#hosts.add(host, amount);
		this.#owners.add(owner === void 0 ? host : `${host}/${owner}`, amount);
		this.#modules.add(mv.path, amount);
	}
	end() {
		return {
			modules: {
				...this.#all.amount,
				files: this.#files
			},
			toolchains: {
				...this.#toolchains.amount,
				files: this.#toolchainFiles
			},
			byHost: this.#hosts.end(),
			byOwner: this.#owners.end(),
			byModule: this.#modules.end(),
			lastUse: this.#ages.map(({ withinDays, sum }) => ({
				withinDays,
				...sum.amount
			})),
			...this.#months.end(),
			unindexed: this.#unindexed.amount
		};
	}
};
/** Sums of the last months; what an entry says of a later time than now counts as now. */
var Months = class {
	#now;
	#sums = /* @__PURE__ */ new Map();
	#earlier = new Sum();
	constructor(now) {
		this.#now = now;
		const date = new Date(now);
		for (let back = 23; back >= 0; back--) this.#sums.set(monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back)), new Sum());
	}
	add(seen, { bytes, versions }) {
		(this.#sums.get(monthOf(Math.min(seen, this.#now))) ?? this.#earlier).add(bytes, versions);
	}
	end() {
		return {
			firstSeen: [...this.#sums].map(([month, sum]) => ({
				month,
				...sum.amount
			})),
			earlier: this.#earlier.amount
		};
	}
};
function monthOf(ms) {
	return new Date(ms).toISOString().slice(0, 7);
}
/** ms since the epoch; undefined when the index does not tell. */
async function firstSeen(tree, mv, index) {
	const found = await readRegular(tree.path(index), MAX_INDEX_SIZE);
	if (found === void 0 || found.bytes === "oversize") return void 0;
	const entry = parseEntry(found.bytes, mv);
	const seen = entry === void 0 ? NaN : Date.parse(entry.firstSeen);
	return Number.isNaN(seen) ? void 0 : seen;
}
async function below(tree, start) {
	let files = 0;
	let bytes = 0;
	for await (const key of walkFiles(tree.root, start, { maxNames: Number.MAX_SAFE_INTEGER })) {
		const stat = await statRegular(path.join(tree.root, key));
		files += 1;
		bytes += stat?.size ?? 0;
	}
	return {
		files,
		bytes
	};
}
async function hitRates(tree, now) {
	const none = {
		sessions: 0,
		requests: 0,
		fromStore: 0,
		fromUpstream: 0
	};
	const rates = HIT_DAYS.map((days) => ({
		days,
		...none,
		bytesFromStore: 0,
		bytesFromUpstream: 0,
		added: 0
	}));
	for await (const use of readUse({ location: tree.root }, now - Math.max(...HIT_DAYS) * DAY_MS)) for (const rate of rates) {
		if (Date.parse(use.t) < now - rate.days * DAY_MS) continue;
		rate.sessions += 1;
		rate.requests += use.requests;
		rate.fromStore += use.fromStore;
		rate.fromUpstream += use.fromUpstream;
		rate.bytesFromStore += use.bytesFromStore;
		rate.bytesFromUpstream += use.bytesFromUpstream;
		rate.added += use.added;
	}
	return rates;
}
// src/store/modcache/questions.ts
/** Versions looked for between two breaths. */
const STEP = 100;
/** What to ask of those versions that a GOMODCACHE has, each once, in the order of the sums. */
async function questionsFor(root, sums, signal) {
	const byVersion = /* @__PURE__ */ new Map();
	for (const { module, version, h1, goModH1 } of sums) {
		const key = `${module}@${version}`;
		let known = byVersion.get(key);
		if (known === void 0) {
			known = {
				root,
				path: module,
				version,
				h1s: [],
				goModH1s: []
			};
			byVersion.set(key, known);
		}
		if (h1 !== void 0 && !known.h1s.includes(h1)) known.h1s.push(h1);
		if (goModH1 !== void 0 && !known.goModH1s.includes(goModH1)) known.goModH1s.push(goModH1);
	}
	const questions = [];
	let count = 0;
	for (const question of byVersion.values()) {
		if (signal?.aborted === true) break;
		if (isKept(question)) questions.push(question);
		count += 1;
		if (count % STEP === 0) await setImmediate();
	}
	return questions;
}
function isKept(question) {
	const paths = modcachePaths(question);
	if (paths === void 0) return false;
	const code = question.h1s.length === 0 ? [] : [
		paths.tree,
		paths.zip,
		paths.ziphash
	];
	return (question.goModH1s.length === 0 ? code : [...code, paths.mod]).some((name) => {
		try {
			return fs.lstatSync(path.join(question.root, name), { throwIfNoEntry: false }) !== void 0;
		} catch {
			return true;
		}
	});
}
// src/store/modcache/verify.ts
/**
* Compares every version of a GOMODCACHE that go.sum names with go.sum: zip, `.ziphash`, unpacked directory and
* .mod, in the order of `sums`. Yields a verdict for each that is there. What differs is looked at a second time
* after all others, so that a go command which unpacks or cleans at that moment is not taken for damage. Reads
* only; memory grows with the number of sums and not with the cache.
*
* Yields nothing for a directory that is not there. Throws StoreError when it cannot be read at all.
*
* @param dir the GOMODCACHE; it may be a link itself, below it none is followed
*/
async function* verifyModcache(dir, sums, options = {}) {
	const { threads = 1, background = false, hurry, signal, pause, onTotal } = options;
	const root = await resolved(dir);
	const questions = root === void 0 ? [] : await questionsFor(root, sums, signal);
	onTotal?.(questions.length);
	if (questions.length === 0) return;
	const pools = /* @__PURE__ */ new Map();
	const poolOf = (kind) => {
		const known = pools.get(kind) ?? createPool(options, { background: kind === "patient" });
		pools.set(kind, known);
		return known;
	};
	const close = async () => void await Promise.all([...pools.values()].map((one) => one.close()));
	const onAbort = () => void close();
	const onHurry = () => void pools.get("patient")?.close();
	signal?.addEventListener("abort", onAbort, { once: true });
	hurry?.addEventListener("abort", onHurry, { once: true });
	const look = async (question) => {
		await pause?.();
		const kind = background && hurry?.aborted !== true ? "patient" : "quick";
		const verdict = await verdictOn(poolOf(kind), question);
		if (!(kind === "patient" && verdict.unread !== void 0 && hurry?.aborted === true) || signal?.aborted === true) return {
			question,
			verdict
		};
		return {
			question,
			verdict: await verdictOn(poolOf("quick"), question)
		};
	};
	try {
		const doubted = [];
		for await (const looked of overlapping(questions, threads, look)) {
			if (signal?.aborted === true) break;
			if (looked.verdict.problems.length > 0) doubted.push(looked);
			else yield looked.verdict;
		}
		for await (const { verdict } of overlapping(doubted, threads, (first) => again(first, look, signal))) yield verdict;
	} finally {
		signal?.removeEventListener("abort", onAbort);
		hurry?.removeEventListener("abort", onHurry);
		await close();
	}
}
function createPool({ threads = 1, timeoutMs = 3e5 }, workerData) {
	return new ThreadPool({
		name: "modcache",
		url: new URL("../modcache-worker.js", import.meta.url),
		threads,
		timeoutMs,
		workerData,
		failed: (code, _, cause) => new Error(FAILURES[code], cause === void 0 ? void 0 : { cause })
	});
}
/** A second look; when there is no time for it, what the first one saw counts. */
async function again(first, look, signal) {
	if (signal?.aborted === true) return first;
	const second = await look(first.question);
	return second.verdict.unread === void 0 ? second : first;
}
const FAILURES = {
	crashed: "the thread that read it died",
	timeout: "reading it took too long",
	closed: "the verification was ended"
};
async function resolved(dir) {
	try {
		const root = await realpath$1(dir);
		await (await opendir(root)).close();
		return root;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return void 0;
		throw asStoreError(error, dir, "read");
	}
}
/** Never rejects. */
async function verdictOn(pool, question) {
	const { path: module, version } = question;
	const unread = (why) => ({
		module,
		version,
		looked: [],
		problems: [],
		unread: why
	});
	try {
		const reply = await pool.run(question).reply;
		if (!reply.ok) return unread(reply.why);
		const { looked, problems } = reply.answer;
		const failed = problems.find(({ what }) => what === "unread");
		return {
			module,
			version,
			looked,
			problems: problems.filter(({ what }) => what !== "unread"),
			...failed === void 0 ? {} : { unread: `${failed.path} ${failed.detail}` }
		};
	} catch (error) {
		return unread(error instanceof Error ? error.message : String(error));
	}
}
/** Does `width` things at a time, and gives their results in order. `work` must not reject. */
async function* overlapping(items, width, work) {
	const running = [];
	for (const item of items) {
		running.push(work(item));
		if (running.length < width) continue;
		const first = await running.shift();
		if (first !== void 0) yield first;
	}
	for (const rest of running) yield await rest;
}
// src/store/verify/lanes.ts
/**
* Runs tasks with at most `width` at once. Memory does not grow with the number of tasks, however long one of them
* takes.
*/
var Lanes$1 = class {
	#free;
	#width;
	#waiting = [];
	#failure;
	constructor(width) {
		this.#width = width;
		this.#free = width;
	}
	/** Resolves when the task has begun. Rejects with the error of an earlier one, and begins none after it. */
	async run(task) {
		while (this.#free === 0) await this.#change();
		this.#check();
		this.#free -= 1;
		task().catch((error) => {
			this.#failure ??= { error };
		}).finally(() => {
			this.#free += 1;
			for (const wake of this.#waiting.splice(0)) wake();
		});
	}
	/** Resolves when every task has ended; rejects with the first error. */
	async end() {
		while (this.#free < this.#width) await this.#change();
		this.#check();
	}
	#change() {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}
	#check() {
		if (this.#failure !== void 0) throw this.#failure.error;
	}
};
// src/store/verify/examine.ts
/** Hashes a file whole. Undefined when there is none. Throws StoreError when the medium fails. */
async function examine(hasher, file, mv, kind) {
	if (kind === "zip") return await examineZip(hasher, file, mv);
	const found = await readRegular(file, MAX_SIZE[kind]);
	if (found === void 0) return void 0;
	const { bytes, stamp } = found;
	if (bytes === "oversize") return {
		stamp,
		bad: `it is larger than a .${kind} file may be`
	};
	const facts = await factsOfBytes(bytes);
	if (kind === "mod") return {
		stamp,
		facts,
		h1: goModH1(facts.sha256)
	};
	try {
		parseInfo(bytes, { version: mv.version });
		return {
			stamp,
			facts
		};
	} catch (error) {
		return {
			stamp,
			facts,
			bad: `it is no .info of this version: ${wordsOf(error)}`
		};
	}
}
async function examineZip(hasher, file, mv) {
	for (;;) {
		const stamp = await statRegular(file);
		if (stamp === void 0) return void 0;
		let found;
		try {
			const { h1, sha256, size } = await hasher.hashZip(file, mv, "later").result;
			found = {
				stamp,
				facts: {
					sha256,
					size
				},
				h1
			};
		} catch (error) {
			if (!(error instanceof HashError)) throw error;
			if (error.code === "absent") return void 0;
			if (error.code === "unreadable" || error.code === "closed") throw asStoreError(error, file, "read");
			found = {
				stamp,
				bad: `it is no module zip of this version: ${error.message}`
			};
		}
		const after = await statRegular(file);
		if (after === void 0) return void 0;
		if (sameStamp(stamp, after)) return found;
	}
}
function wordsOf(error) {
	return error instanceof Error ? error.message : "unknown reason";
}
// src/store/verify/judge.ts
/** Undefined for an .info and for what has no hash: nobody vouches for those. */
function judge(kind, { h1 }, entry, asked, authorities, mv) {
	if (kind === "info" || h1 === void 0) return void 0;
	const database = asked?.state === "known" ? asked[kind] : void 0;
	const sums = authorities.goSum?.(mv.path, mv.version, kind) ?? [];
	const recorded = entry !== void 0 && h1Of(entry, kind) === h1 ? entry.vouchedBy?.[kind] : void 0;
	if (database !== void 0 && database !== h1) return {
		by: "nobody",
		contradiction: {
			what: `it has ${h1} where the checksum database has ${database}`,
			mendable: true
		}
	};
	if (sums.length > 0 && !sums.includes(h1)) {
		const what = `it has ${h1} where go.sum has ${sums.join(" and ")}`;
		if (database === h1 || recorded === "sumdb") {
			const why = `${what}; the checksum database vouches for the file, so look at the go.sum`;
			return {
				by: database === h1 ? "sumdb" : "index",
				contradiction: {
					what: why,
					mendable: false
				}
			};
		}
		return {
			by: "nobody",
			contradiction: {
				what,
				mendable: authorities.goSumTrusted === true
			}
		};
	}
	if (database === h1) return {
		by: "sumdb",
		proven: "sumdb"
	};
	if (sums.includes(h1)) return {
		by: "gosum",
		...authorities.goSumTrusted === true ? { proven: "gosum" } : {}
	};
	return { by: recorded === void 0 ? "nobody" : "index" };
}
// src/store/verify/look.ts
const UNINDEXED = "the index does not tell what it should be; it is not served, and fetched anew when asked for";
/** Hashes every file of a version and compares it with all who may know. What cannot be read is a fault. */
async function lookAt(parts, mv, keys) {
	const stamps = /* @__PURE__ */ new Map();
	const faults = [];
	const read = await readEntry(parts.tree, mv, keys, stamps, faults);
	if (read === "unreadable") return {
		mv,
		keys,
		stamps,
		faults,
		entry: void 0,
		entryBytes: void 0,
		proof: {},
		files: 0,
		bytes: 0,
		vouchers: []
	};
	const entry = read?.entry;
	const asked = await parts.authorities.sumdb?.(mv);
	const vouchers = [];
	let proof = {};
	let files = 0;
	let bytes = 0;
	for (const kind of FILE_KINDS) {
		const key = keys.files[kind];
		const found = await tryExamine(parts, mv, kind, key, faults);
		if (found === "unreadable") continue;
		stamps.set(key, found?.stamp);
		if (found === void 0) {
			if (factsOf(entry, kind) === void 0) continue;
			faults.push({
				kind: "missing",
				key,
				file: kind,
				what: "the index tells of this file, and it is not there",
				mend: "forget"
			});
			continue;
		}
		files += 1;
		bytes += found.stamp.size;
		const judged = judge(kind, found, entry, asked, parts.authorities, mv);
		const fault = faultOf(kind, key, found, entry, judged);
		if (fault !== void 0) faults.push(fault);
		if (judged?.by !== void 0 && fault?.kind !== "damaged") vouchers.push(judged.by);
		if (judged?.proven !== void 0 && !says(entry, kind, found, judged.proven)) proof = {
			...proof,
			...factsFor(kind, found, entry),
			vouchedBy: {
				...proof.vouchedBy,
				[kind]: judged.proven
			}
		};
	}
	const unasked = asked?.state === "unavailable" ? { unasked: asked.why } : {};
	return {
		mv,
		keys,
		stamps,
		entry,
		entryBytes: read?.bytes,
		faults,
		proof,
		files,
		bytes,
		vouchers,
		...unasked
	};
}
/** Whether index and files with faults are still the ones that were looked at. Throws StoreError. */
async function isUnchanged(tree, look) {
	for (const [key, before] of look.stamps) {
		const now = await statRegular(tree.path(key));
		if (before === void 0 ? now !== void 0 : now === void 0 || !sameStamp(before, now)) return false;
	}
	return true;
}
async function readEntry(tree, mv, keys, stamps, faults) {
	let found;
	try {
		if (await tree.hasDir(keys.indexDir)) found = await readRegular(tree.path(keys.index), MAX_INDEX_SIZE);
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		faults.push({
			kind: "unreadable",
			key: keys.index,
			what: error.message
		});
		return "unreadable";
	}
	stamps.set(keys.index, found?.stamp);
	if (found === void 0) return void 0;
	if (found.bytes !== "oversize") {
		const entry = parseEntry(found.bytes, mv);
		if (entry !== void 0) return {
			entry,
			bytes: found.bytes
		};
	}
	faults.push({
		kind: "damaged",
		key: keys.index,
		what: "it is no index entry of this version; its files count as unknown",
		mend: "move",
		ino: found.stamp.ino
	});
}
async function tryExamine({ tree, hasher }, mv, kind, key, faults) {
	try {
		return await examine(hasher, tree.path(key), mv, kind);
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		faults.push({
			kind: "unreadable",
			key,
			file: kind,
			what: error.message
		});
		return "unreadable";
	}
}
function faultOf(file, key, found, entry, judged) {
	const { facts, stamp, bad } = found;
	const move = {
		key,
		file,
		mend: "move",
		ino: stamp.ino
	};
	if (bad !== void 0 || facts === void 0) return {
		kind: "damaged",
		what: bad ?? "it cannot be hashed",
		...move
	};
	const index = judged?.proven === void 0 ? {} : { mend: "index" };
	const said = factsOf(entry, file);
	if (said !== void 0 && !sameFacts(said, facts)) return {
		kind: "damaged",
		what: said.size === facts.size ? `it has SHA-256 ${facts.sha256} where the index has ${said.sha256}` : `it is ${facts.size} bytes long where the index has ${said.size}`,
		...move,
		...index
	};
	const pinned = entry && h1Of(entry, file);
	if (pinned !== void 0 && pinned !== found.h1) return {
		kind: "damaged",
		what: `it has ${found.h1} where the index has ${pinned}`,
		...move,
		...index
	};
	if (judged?.contradiction !== void 0) {
		const { what, mendable } = judged.contradiction;
		return {
			kind: "contradicted",
			what,
			...mendable ? move : {
				key,
				file
			}
		};
	}
	if (said === void 0) return {
		kind: "unindexed",
		key,
		file,
		what: UNINDEXED,
		...index
	};
	if (judged?.by === "nobody") return {
		kind: "unvouched",
		key,
		file,
		what: `${found.h1} is what the index says, and nobody else knows it`
	};
}
/** Whether the index tells all of this already, the voucher included. */
function says(entry, kind, found, by) {
	if (entry === void 0 || kind === "info" || found.facts === void 0) return false;
	const said = factsOf(entry, kind);
	if (said === void 0 || !sameFacts(said, found.facts) || h1Of(entry, kind) !== found.h1) return false;
	return entry.vouchedBy?.[kind] === "sumdb" || entry.vouchedBy?.[kind] === by;
}
function factsFor(kind, { facts, h1 }, entry) {
	if (facts === void 0 || h1 === void 0) return {};
	if (kind === "mod") return {
		mod: facts,
		goModH1: h1
	};
	if (kind === "info") return {};
	return {
		zip: entry?.zip !== void 0 && sameFacts(entry.zip, facts) ? entry.zip : {
			...facts,
			representation: "original",
			original: facts
		},
		h1
	};
}
// src/store/verify/mend.ts
/**
* Mends what can be mended of a version, in the order of `look.faults`. Files are moved, never deleted; an index
* entry keeps its time, which is the time of last use. Throws StoreError.
*/
async function mend(store, look) {
	const { tree, now, lists } = store.parts;
	const mended = [];
	const forgotten = [];
	for (const { mend: how, key, file, ino } of look.faults) if (how === "move" && ino !== void 0) {
		const movedTo = await tree.quarantine(key, ino, now());
		if (movedTo === void 0) mended.push({ outcome: "left" });
		else {
			if (file !== void 0) forgotten.push(file);
			mended.push({
				outcome: "quarantined",
				movedTo
			});
		}
	} else {
		if (how === "forget" && file !== void 0) forgotten.push(file);
		mended.push({ outcome: how === "index" ? "indexed" : how === "forget" ? "forgotten" : "left" });
	}
	const known = forgotten.some((kind) => look.entry?.[kind] !== void 0);
	const proven = Object.keys(look.proof).length > 0;
	const written = !(known || proven) || await rewrite(store, look, forgotten);
	if (forgotten.some((kind) => kind !== "zip")) lists.markDirty(look.mv.path);
	if (written) return mended;
	return mended.map((each) => each.outcome === "quarantined" ? each : { outcome: "left" });
}
/** Moves a symbolic link into quarantine, as a link. Undefined when it is none any more, or cannot be moved. */
async function setAsideLink(store, key) {
	const { tree, now } = store.parts;
	const movedTo = `${QUARANTINE}/${quarantineName(key, now(), "link")}`;
	try {
		if (!(await fsp.lstat(tree.path(key))).isSymbolicLink()) return void 0;
		await tree.makeDir(QUARANTINE);
		await fsp.rename(tree.path(key), tree.path(movedTo));
		return {
			outcome: "quarantined",
			movedTo
		};
	} catch {
		return;
	}
}
/** False when somebody else changed the entry meanwhile: the next run looks again. */
async function rewrite(store, look, forgotten) {
	const { tree, index, now } = store.parts;
	const { mv, keys, entry, entryBytes, proof } = look;
	if (entry === void 0) {
		await index.publish(mv, keys, await index.prepare(mv, keys, proof));
		return true;
	}
	const next = mergeEntry(mv, without(entry, forgotten, look.faults), proof, new Date(now()).toISOString());
	const temp = await tree.writeTemp(formatEntry(next));
	try {
		const before = look.stamps.get(keys.index);
		const there = await statRegular(tree.path(keys.index));
		if (before === void 0 || there === void 0) return false;
		const current = (await index.read(mv, keys))?.bytes;
		if (entryBytes === void 0 || current?.equals(entryBytes) !== true) return false;
		for (const kind of forgotten) if (await statRegular(tree.path(keys.files[kind]))) return false;
		await fsp.utimes(temp, there.mtimeMs / 1e3, there.mtimeMs / 1e3);
		await tree.replace(keys.index, temp);
		return true;
	} finally {
		await removeQuietly(temp);
	}
}
/**
* The entry without what it says of some files. The hash of a zip stays as a pin, because a private module that comes
* back with another one has to be noticed; unless somebody who knows says that it is wrong.
*/
function without(entry, forgotten, faults) {
	const { info, mod, goModH1, zip, h1, vouchedBy, ...rest } = entry;
	const disowned = faults.some(({ kind, file }) => kind === "contradicted" && file === "zip");
	const keepH1 = h1 !== void 0 && !(disowned && forgotten.includes("zip"));
	const keepMod = mod !== void 0 && goModH1 !== void 0 && !forgotten.includes("mod");
	return {
		...rest,
		...info === void 0 || forgotten.includes("info") ? {} : { info },
		...keepMod ? {
			mod,
			goModH1
		} : {},
		...keepH1 ? { h1 } : {},
		...zip === void 0 || forgotten.includes("zip") ? {} : { zip },
		vouchedBy: {
			...keepH1 && vouchedBy?.zip !== void 0 ? { zip: vouchedBy.zip } : {},
			...keepMod && vouchedBy?.mod !== void 0 ? { mod: vouchedBy.mod } : {}
		}
	};
}
// src/store/verify/strangers.ts
/** The version that an index file is of, or undefined for a name that is none of an index file. */
function versionOfIndexKey(key) {
	if (!key.startsWith(`modgate/index/`) || !key.endsWith(".json")) return void 0;
	const segments = key.slice(INDEX.length + 1).split("/");
	const name = segments.pop() ?? "";
	if (segments.pop() !== "@v") return void 0;
	const path = moduleOfDir(segments);
	const version = versionOfName(`${name.slice(0, -5)}.mod`)?.version;
	return path === void 0 || version === void 0 ? void 0 : {
		path,
		version
	};
}
/** The versions that have an index entry and no file. What is no index entry is told of. */
async function* indexedWithoutFiles(tree, options) {
	for await (const key of walkFiles(tree.root, INDEX, options)) {
		if (key.endsWith(`.json.pruned`)) continue;
		const mv = versionOfIndexKey(key);
		const keys = mv && versionKeys(mv);
		if (mv === void 0 || keys === void 0 || keys.index !== key) {
			options.onSkip(key, "not an index entry");
			continue;
		}
		if (!await hasAFile(tree, [
			keys.files.mod,
			keys.files.zip,
			keys.files.info
		])) yield mv;
	}
}
async function hasAFile(tree, keys) {
	try {
		for (const key of keys) if (await statRegular(tree.path(key)) !== void 0) return true;
		return false;
	} catch (error) {
		if (error instanceof StoreError) return true;
		throw error;
	}
}
/** Tells of everything in `sumdb/` and in our own directory that is none of ours. Throws StoreError. */
async function findStrangers(tree, options) {
	const { onSkip } = options;
	for (const start of ["sumdb", SOFT]) for await (const key of walkFiles(tree.root, start, options)) if (softKey(key.startsWith(`modgate/soft/`) ? key.slice(SOFT.length + 1) : key) !== key) onSkip(key, "not a file of a store");
	const own = /* @__PURE__ */ new Set([
		INDEX,
		TEMP,
		QUARANTINE,
		SOFT,
		SPOOL,
		USE_LOG
	]);
	try {
		for await (const entry of await fsp.opendir(tree.path(OWN))) {
			const key = `${OWN}/${entry.name}`;
			if (entry.isSymbolicLink()) onSkip(key, A_LINK);
			else if (entry.isDirectory() && !own.has(key)) onSkip(key, "a directory where none belongs");
		}
	} catch (error) {
		if (!isAbsent(error)) throw asStoreError(error, tree.path(OWN), "read");
	}
}
// src/store/verify/types.ts
const FINDING_KINDS = [
	"damaged",
	"contradicted",
	"unreadable",
	"unindexed",
	"missing",
	"unvouched",
	"junk"
];
// src/store/verify/tally.ts
const none = () => Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0]));
/** What a verification has found so far; bounded, however large or bad the store is. */
var Tally = class {
	#max;
	#counts = none();
	#repaired = none();
	#findings = [];
	#vouched = {
		sumdb: 0,
		gosum: 0,
		index: 0,
		nobody: 0
	};
	#unasked = {
		versions: 0,
		why: ""
	};
	#versions = 0;
	#files = 0;
	#bytes = 0;
	#found = 0;
	changing = 0;
	constructor(maxFindings) {
		this.#max = maxFindings;
	}
	/** Takes in a version that was looked at; `mended` has one entry a fault, or none at all. */
	add(look, mended = []) {
		this.#versions += 1;
		this.#files += look.files;
		this.#bytes += look.bytes;
		for (const by of look.vouchers) this.#vouched[by] += 1;
		if (look.unasked !== void 0) {
			this.#unasked.versions += 1;
			this.#unasked.why ||= look.unasked;
		}
		look.faults.forEach(({ kind, key, file, what }, at) => {
			const { outcome, movedTo } = mended[at] ?? { outcome: "left" };
			this.find({
				kind,
				path: key,
				mv: look.mv,
				...file === void 0 ? {} : { file },
				what,
				outcome,
				...movedTo === void 0 ? {} : { movedTo }
			});
		});
	}
	find(finding) {
		this.#found += 1;
		this.#counts[finding.kind] += 1;
		if (finding.outcome !== "left") this.#repaired[finding.kind] += 1;
		if (this.#counts[finding.kind] <= this.#max) this.#findings.push(finding);
	}
	get progress() {
		return {
			versions: this.#versions,
			files: this.#files,
			bytes: this.#bytes,
			found: this.#found
		};
	}
	report(stopped) {
		return {
			versions: this.#versions,
			files: this.#files,
			bytes: this.#bytes,
			vouched: this.#vouched,
			counts: this.#counts,
			repaired: this.#repaired,
			findings: this.#findings,
			unasked: this.#unasked,
			changing: this.changing,
			stopped
		};
	}
};
// src/store/verify/verify.ts
const AT_ONCE = 8;
const MAX_FINDINGS = 1e3;
/** Time in ms that other processes get to finish what made a version look wrong. */
const SETTLE_MS = 150;
/** Looks at a version that changes between them. */
const MAX_LOOKS = 4;
/** Versions that look wrong are waited for together, this many at most. */
const MAX_SUSPECTS = 256;
/** Links that one run moves away. */
const MAX_LINKS = 1e3;
/** Readers of the tree that follow it are shown whatever its maker likes, outside of the store too. */
const A_LINK_HERE = "it is a symbolic link, and a store has none";
/**
* Hashes every file of the store in `dir` again and compares it with the index, and with the go.sum files and the
* checksum database of `options`. Other processes may use the store meanwhile: what looks wrong is looked at a second
* time, and counts only if it is still the same. Memory does not grow with the number of files. Writes nothing but
* for `options.repair`.
*
* Throws StoreError when there is no store, or a repair cannot be written.
*/
async function verifyStore(dir, options) {
	const tree = await existingTree(dir);
	const stopped = () => options.signal?.aborted === true;
	const run = new Run({
		tree,
		hasher: options.hasher,
		authorities: options.authorities ?? {}
	}, options, new Tally(options.maxFindings ?? MAX_FINDINGS));
	const walk = {
		onSkip: run.stranger,
		onUnreadable: run.unreadable,
		maxNames: Number.MAX_SAFE_INTEGER
	};
	for await (const mv of walkVersions(tree.root, walk)) {
		if (stopped()) break;
		await run.take(mv);
	}
	if (!stopped()) {
		for await (const mv of indexedWithoutFiles(tree, walk)) {
			if (stopped()) break;
			await run.take(mv);
		}
		await findStrangers(tree, walk);
	}
	return await run.end(stopped());
}
var Run = class {
	#parts;
	#options;
	#tally;
	#lanes;
	#links = [];
	#suspects = [];
	constructor(parts, options, tally) {
		this.#parts = parts;
		this.#options = options;
		this.#tally = tally;
		this.#lanes = new Lanes$1(options.atOnce ?? AT_ONCE);
	}
	stranger = (path, what) => {
		if (what !== "a symbolic link") this.#tally.find({
			kind: "junk",
			path,
			what,
			outcome: "left"
		});
		else if (this.#options.repair !== void 0 && this.#links.length < MAX_LINKS) this.#links.push(path);
		else this.#tally.find({
			kind: "damaged",
			path,
			what: A_LINK_HERE,
			outcome: "left"
		});
	};
	unreadable = (path, { message }) => {
		this.#tally.find({
			kind: "unreadable",
			path,
			what: message,
			outcome: "left"
		});
	};
	/** Resolves when the version is being worked on. */
	async take(mv) {
		await this.#lanes.run(async () => {
			const look = await this.#look(mv);
			if (look === void 0) return;
			if (look.faults.length === 0 && !this.#improves(look)) this.#done(look);
			else this.#suspects.push(look);
		});
		if (this.#suspects.length >= MAX_SUSPECTS) await this.#settle();
	}
	async end(stopped) {
		await this.#lanes.end();
		await this.#settle();
		await this.#lanes.end();
		const { repair } = this.#options;
		for (const path of this.#links) {
			const mended = repair && await setAsideLink(repair, path);
			this.#tally.find({
				kind: "damaged",
				path,
				what: A_LINK_HERE,
				outcome: "left",
				...mended
			});
		}
		await repair?.flush();
		return this.#tally.report(stopped);
	}
	async #look({ path, version }) {
		const mv = {
			path,
			version
		};
		const keys = versionKeys(mv);
		return keys === void 0 ? void 0 : await lookAt(this.#parts, mv, keys);
	}
	#improves(look) {
		return this.#options.repair !== void 0 && Object.keys(look.proof).length > 0;
	}
	#done(look, ...mended) {
		if (look.files > 0 || look.faults.length > 0) this.#tally.add(look, ...mended);
		this.#options.onProgress?.(this.#tally.progress);
	}
	/** The second look at what looked wrong, for all of them after one wait. */
	async #settle() {
		const suspects = this.#suspects;
		this.#suspects = [];
		if (suspects.length === 0) return;
		await setTimeout$1(SETTLE_MS);
		for (const suspect of suspects) await this.#lanes.run(() => this.#conclude(suspect));
	}
	async #conclude(first) {
		const { repair } = this.#options;
		let look = first;
		for (let looks = 1; !await isUnchanged(this.#parts.tree, look); looks++) {
			if (looks === MAX_LOOKS) {
				this.#tally.changing += 1;
				return;
			}
			const again = await this.#look(look.mv);
			if (again === void 0) return;
			look = again;
			if (look.faults.length > 0) await setTimeout$1(SETTLE_MS);
		}
		if (repair === void 0) this.#done(look);
		else this.#done(look, await mend(repair, look));
	}
};
// src/store/bundle/arrivals.ts
/** Work that goes on at once: each waits for a few short calls of the file system, one after another. */
const MAX_RUNNING = 8;
/** The order in which files become visible; see the writer. */
const ORDER = [
	"zip",
	"mod",
	"info"
];
/** Tasks that run beside each other, some at a time. */
var Lanes = class {
	#running = /* @__PURE__ */ new Set();
	#failure;
	/** Starts a task as soon as there is room. Rejects with the first failure of any task. */
	async start(task) {
		while (this.#running.size >= MAX_RUNNING) await Promise.race(this.#running);
		this.check();
		const settled = task().catch((error) => {
			this.#failure ??= { error };
		}).finally(() => this.#running.delete(settled));
		this.#running.add(settled);
	}
	/** Throws the first failure of any task. */
	check() {
		if (this.#failure !== void 0) throw this.#failure.error;
	}
	/** Waits for all tasks; failures are left for `check`. */
	async settle() {
		await Promise.all(this.#running);
	}
};
/**
* Makes files visible that somebody else packed, each only where the store has none, and adds to the index what their
* index says of these files. Returns the kinds that came in; all temp files are gone afterwards. Throws StoreError.
*/
async function place(store, arrival) {
	const temps = /* @__PURE__ */ new Map();
	for (const { kind, from } of arrival.files) if ("temp" in from) temps.set(kind, from.temp);
	try {
		for (const { kind, from } of arrival.files) if ("bytes" in from) {
			const temp = await store.parts.tree.writeTemp(from.bytes);
			temps.set(kind, temp);
			const stamp = from.h1 === void 0 ? void 0 : await statRegular(temp);
			if (from.h1 !== void 0 && stamp?.size === from.bytes.length) store.parts.hashed(arrival.keys.files[kind], stamp, from.h1);
		} else if (from.hashed !== void 0) store.parts.hashed(arrival.keys.files[kind], from.hashed.stamp, from.hashed.h1);
		return await store.parts.index.inTurn(arrival.keys, () => show(store, arrival, temps));
	} catch (error) {
		throw asStoreError(error, store.parts.tree.path(arrival.keys.dir), "write");
	} finally {
		for (const temp of temps.values()) await removeQuietly(temp);
	}
}
/** Takes the temp files that became visible out of `temps`. */
async function show(store, { mv, keys, theirs, lastUse }, temps) {
	const { tree, index, lists, now } = store.parts;
	const known = await tree.hasDir(keys.indexDir) ? await statRegular(tree.path(keys.index)) : void 0;
	const used = known?.mtimeMs ?? Math.min(lastUse, now());
	const origin = known === void 0 && theirs.origin !== void 0 ? { origin: theirs.origin } : {};
	const kinds = ORDER.filter((kind) => temps.has(kind));
	const placed = /* @__PURE__ */ new Set();
	let prepared;
	const prepare = async (which) => {
		const facts = {
			...factsOfKinds(theirs, which),
			...origin
		};
		prepared = await index.prepare(mv, keys, facts, theirs.firstSeen);
		if (prepared.temp !== void 0) setTime(prepared.temp, used);
		return prepared;
	};
	try {
		let next = await prepare(kinds);
		for (const kind of kinds) {
			const temp = temps.get(kind);
			if (temp === void 0 || !await tree.create(keys.files[kind], temp)) continue;
			temps.delete(kind);
			placed.add(kind);
		}
		if (placed.size < kinds.length) {
			if (next.temp !== void 0) await removeQuietly(next.temp);
			if (placed.size === 0) return placed;
			next = await prepare([...placed]);
		}
		await index.publish(mv, keys, next);
	} catch (error) {
		if (prepared?.temp !== void 0) await removeQuietly(prepared.temp);
		throw error;
	}
	if (placed.has("mod") || placed.has("info")) lists.markDirty(mv.path);
	return placed;
}
/** Puts a soft file where the store has none, as old as `at` (milliseconds since the epoch). Throws StoreError. */
async function placeSoft(store, key, bytes, at) {
	const { tree } = store.parts;
	const temp = await tree.writeTemp(bytes);
	setTime(temp, at);
	let placed = false;
	try {
		placed = await tree.create(key, temp);
	} finally {
		if (!placed) await removeQuietly(temp);
	}
}
/** What is the matter with one name here while others can be written; any other error is thrown again. */
function whyNoSuchName(error) {
	if (!(error instanceof StoreError)) throw error;
	if (error.code === "store-not-a-directory") return "a file or a link is where its directory should be";
	if (errnoOf(error.cause) === "ENAMETOOLONG") return "its name is longer than this file system allows";
	throw error;
}
/** A version that came with a cache is as old as it was there, or pruning would never see it age. */
function setTime(file, ms) {
	try {
		utimesSync(file, ms / 1e3, ms / 1e3);
	} catch {}
}
function factsOfKinds(entry, kinds) {
	const { zip, h1, mod, goModH1, info, vouchedBy } = entry;
	const hasZip = kinds.includes("zip") && zip !== void 0 && h1 !== void 0;
	const hasMod = kinds.includes("mod") && mod !== void 0 && goModH1 !== void 0;
	return {
		...hasZip ? {
			zip,
			h1
		} : {},
		...hasMod ? {
			mod,
			goModH1
		} : {},
		...kinds.includes("info") && info !== void 0 ? { info } : {},
		vouchedBy: {
			...hasZip && vouchedBy?.zip !== void 0 ? { zip: vouchedBy.zip } : {},
			...hasMod && vouchedBy?.mod !== void 0 ? { mod: vouchedBy.mod } : {}
		}
	};
}
// src/store/bundle/unpack.ts
const MAX_REFUSALS = 100;
/** Members beside those that the manifest tells of: the files of the checksum database, and some more. */
const MAX_OTHER_MEMBERS = 25e3;
/** Bytes of index entries that wait for their files. */
const MAX_HELD = 67108864;
/** Unpacks one archive into a store; see `Unpack`. */
const unpack = async (request) => {
	if (!request.store.writable) {
		request.stream.destroy();
		return readOnlyReport();
	}
	const archive = new Archive(request.stream, MANIFEST_LIMIT, request.signal);
	try {
		const manifest = await manifestAtHead(archive);
		const wanted = await request.wants(manifest);
		if (wanted === void 0) return {
			taken: 0,
			versions: 0,
			present: 0,
			refused: [],
			refusedCount: 0
		};
		archive.limit = wanted.maxBytes;
		archive.h1s = request.store.proof === "full";
		return await new Unpacking(request, archive, manifest, wanted).run();
	} finally {
		await archive.close();
	}
};
function readOnlyReport() {
	return {
		taken: 0,
		versions: 0,
		present: 0,
		refused: [{
			path: "",
			why: "the store is read-only"
		}],
		refusedCount: 1
	};
}
var Unpacking = class {
	#request;
	#store;
	#archive;
	#wanted;
	/** When the archive was made, milliseconds since the epoch. */
	#created;
	#versions = /* @__PURE__ */ new Map();
	#files = /* @__PURE__ */ new Map();
	#sumdbKeys = /* @__PURE__ */ new Set();
	#lanes = new Lanes();
	#cameIn = /* @__PURE__ */ new Set();
	#refused = [];
	#count = {
		taken: 0,
		present: 0,
		refused: 0,
		sumdbBytes: 0,
		held: 0
	};
	/** Wanted files that did not come yet. */
	#missing = 0;
	/** Small files of one version, which become visible together. */
	#group;
	constructor(request, archive, manifest, wanted) {
		this.#request = request;
		this.#store = request.store;
		this.#archive = archive;
		this.#wanted = wanted;
		this.#created = Math.min(Date.parse(manifest.created), request.store.parts.now());
		for (const { path, version, files } of manifest.versions) {
			const own = files.filter((file) => file.bundle === 0);
			const mv = {
				path,
				version
			};
			const keys = own.length === 0 ? void 0 : versionKeys(mv);
			const kinds = own.map((file) => file.kind);
			if (keys !== void 0) this.#expect(mv, keys, kinds);
		}
	}
	#expect(mv, keys, kinds) {
		const files = kinds.map((kind) => ({
			kind,
			facts: this.#wanted.file(mv, kind),
			settled: false
		}));
		const version = {
			mv,
			keys,
			files
		};
		this.#versions.set(keys.index, version);
		for (const file of files) {
			this.#files.set(keys.files[file.kind], {
				version,
				file
			});
			if (file.facts !== void 0) this.#missing += 1;
		}
	}
	async run() {
		try {
			const most = 4 * this.#files.size + MAX_OTHER_MEMBERS;
			for (let count = 0;; count++) {
				const member = await this.#archive.next();
				this.#lanes.check();
				if (member === void 0) break;
				if (count === most) throw tooMany(most);
				if (member.type !== "directory" && await this.#member(member) === "enough") break;
			}
			await this.#flush();
		} finally {
			await this.#dropGroup();
			await this.#lanes.settle();
		}
		this.#lanes.check();
		for (const { version, file } of this.#files.values()) if (file.facts !== void 0 && !file.settled) this.#refuseFile(version, file.kind, "the archive does not hold it");
		const { taken, present, refused } = this.#count;
		return {
			taken,
			present,
			versions: this.#cameIn.size,
			refused: this.#refused,
			refusedCount: refused
		};
	}
	/** Takes or skips one member. `enough`: nothing that is wanted can follow. */
	async #member(member) {
		const { name } = member;
		const key = name.startsWith("store/") ? name.slice(6) : "";
		if (member.type !== "file") return this.#refuse(name, "not a regular file");
		const found = this.#files.get(key);
		if (found !== void 0) return this.#file(key, found.version, found.file, member.size);
		const version = this.#versions.get(key);
		if (version !== void 0) return this.#indexEntry(key, version, member.size);
		if (key.startsWith("sumdb/")) return this.#sumdb(key, member.size);
		return this.#refuse(name, "not a file that the manifest tells of");
	}
	async #indexEntry(key, version, size) {
		if (!version.files.some((file) => file.facts !== void 0 && !file.settled)) return;
		if (version.entry !== void 0) return this.#refuse(key, "a second index entry of this version");
		if (size > 65536 || this.#count.held + size > MAX_HELD) return this.#refuse(key, "too large");
		const bytes = Buffer.from(await this.#archive.whole());
		if (parseEntry(bytes, version.mv) === void 0) return this.#refuse(key, "not an index entry");
		version.entry = bytes;
		this.#count.held += bytes.length;
	}
	async #file(key, version, file, size) {
		if (file.settled) return this.#refuse(key, "a second file of this name");
		file.settled = true;
		const { facts, kind } = file;
		if (facts === void 0) {
			this.#tell(version, kind, "skipped");
			return kind === "zip" && this.#missing === 0 ? "enough" : void 0;
		}
		this.#missing -= 1;
		const theirs = this.#entryOf(version);
		if (this.#group?.version !== version) await this.#flush();
		if (await this.#has(version, kind)) {
			this.#count.present += 1;
			this.#tell(version, kind, "present");
			return;
		}
		if (theirs === void 0) return this.#refuseFile(version, kind, "no index entry came before it");
		const why = contradiction(theirs, kind, facts, size) ?? await this.#otherHash(version, kind, theirs);
		if (why !== void 0) return this.#refuseFile(version, kind, why);
		const digest = kind !== "zip" || this.#store.proof === "digest";
		const { sha256, from } = await this.#receive(size, digest, digest ? void 0 : version.mv);
		if (digest && sha256 !== facts.sha256) {
			if ("temp" in from) await removeQuietly(from.temp);
			const wrong = `it has SHA-256 ${sha256} where its index entry has ${facts.sha256}`;
			return this.#refuseFile(version, kind, wrong);
		}
		this.#group ??= {
			version,
			theirs,
			files: []
		};
		this.#group.files.push({
			kind,
			from
		});
		if (kind === "zip" || "temp" in from) await this.#flush();
	}
	/** The index entry that came for a version; forgotten as soon as no other file of it is awaited. */
	#entryOf(version) {
		const bytes = version.entry;
		if (bytes === void 0) return void 0;
		if (version.files.every((file) => file.facts === void 0 || file.settled)) {
			this.#count.held -= bytes.length;
			delete version.entry;
		}
		return parseEntry(bytes, version.mv);
	}
	async #otherHash(version, kind, theirs) {
		const ours = (await this.#store.parts.index.read(version.mv, version.keys))?.entry;
		const pinned = ours && h1Of(ours, kind);
		if (pinned === void 0 || pinned === h1Of(theirs, kind)) return void 0;
		return `the store knows it as ${pinned}`;
	}
	async #receive(size, digest, zipOf) {
		if (size > 131072) {
			const { tree } = this.#store.parts;
			await tree.makeDir(TEMP);
			const temp = tree.tempFile();
			const { sha256, h1, stamp } = await this.#archive.stage(temp, {
				digest,
				zipOf,
				chmod: tree.chmod
			});
			return {
				sha256,
				from: {
					temp,
					...h1 === void 0 ? {} : { hashed: {
						h1,
						stamp
					} }
				}
			};
		}
		const { h1 } = this.#archive;
		const bytes = await this.#archive.whole();
		return {
			sha256: digest ? createHash("sha256").update(bytes).digest("hex") : void 0,
			from: {
				bytes,
				...zipOf === void 0 || h1 === void 0 ? {} : { h1 }
			}
		};
	}
	async #has(version, kind) {
		const { tree } = this.#store.parts;
		if (!await tree.hasDir(version.keys.dir)) return false;
		return await statRegular(tree.path(version.keys.files[kind])) !== void 0;
	}
	async #flush() {
		const group = this.#group;
		if (group === void 0) return;
		const { version, theirs, files } = group;
		const { mv, keys } = version;
		await this.#lanes.start(async () => {
			const arrival = {
				mv,
				keys,
				theirs,
				files,
				lastUse: this.#wanted.lastUse(mv)
			};
			const placed = await place(this.#store, arrival).catch(whyNoSuchName);
			for (const { kind } of files) {
				if (typeof placed === "string") {
					this.#refuseFile(version, kind, placed);
					continue;
				}
				const outcome = placed.has(kind) ? "taken" : "present";
				this.#count[outcome] += 1;
				this.#tell(version, kind, outcome);
				if (outcome === "taken") this.#cameIn.add(version);
			}
		});
		this.#group = void 0;
	}
	async #dropGroup() {
		for (const { from } of this.#group?.files ?? []) if ("temp" in from) await removeQuietly(from.temp);
	}
	async #sumdb(key, size) {
		const count = this.#count;
		if (!isSharedSumdb(key)) return this.#refuse(key, "not a file of a store");
		if (this.#sumdbKeys.has(key)) return this.#refuse(key, "a second file of this name");
		if (size > 8388608 || this.#sumdbKeys.size >= 2e4 || count.sumdbBytes + size > 33554432) return this.#refuse(key, "too large, or one file of the checksum database too many");
		this.#sumdbKeys.add(key);
		count.sumdbBytes += size;
		const bytes = await this.#archive.whole();
		await this.#flush();
		await this.#lanes.start(async () => {
			const why = await placeSoft(this.#store, key, bytes, this.#created).catch(whyNoSuchName);
			if (why !== void 0) this.#refuse(key, why);
		});
	}
	#tell(version, kind, outcome) {
		this.#request.onFile?.(version.mv, kind, outcome, this.#archive.offset);
	}
	#refuseFile(version, kind, why) {
		this.#refuse(version.keys.files[kind], why);
		this.#tell(version, kind, "refused");
	}
	#refuse(path, why) {
		this.#count.refused += 1;
		if (this.#refused.length < MAX_REFUSALS) this.#refused.push({
			path: printable(path),
			why
		});
	}
};
/** Why a file is not what index entry and manifest agree on, as far as that can be told before its bytes come. */
function contradiction(theirs, kind, facts, size) {
	const told = factsOf(theirs, kind);
	if (told === void 0) return "its index entry does not tell what it should be";
	if (told.sha256 !== facts.sha256 || told.size !== facts.size) return "its index entry and the manifest tell different files";
	return size === told.size ? void 0 : `${size} bytes long where its index entry has ${told.size}`;
}
function printable(text) {
	return text.slice(0, 300).replace(/[^\x20-\x7e]/g, "?");
}
function tooMany(most) {
	return new BundleError("too-large", `a cache entry has more than ${most} members; what came before that was kept, the rest is fetched anew`);
}
// src/store/prune/within.ts
/** A prune that came to its end is good for this long, ms. */
const INTERVAL_MS = 864e5;
/** One that ran out of time is tried again after this, so that not every job pays for it. */
const RETRY_MS = 36e5;
/**
* The prune at the end of a session: only when the last one is a day old, or when the store has grown beyond
* its size by what sessions have downloaded since. Undefined when there is nothing to do. Throws StoreError.
*/
async function pruneWithin(store, options) {
	if (!store.writable || !await isDue(store, options)) return void 0;
	const { budgetMs, ...rest } = options;
	return await prune(store, {
		...rest,
		dryRun: false,
		until: AbortSignal.timeout(budgetMs)
	});
}
async function isDue(store, { now, maxBytes }) {
	const last = await lastPrune(store);
	if (last === void 0) return true;
	const age = now - last.at;
	if (age < -36e5 || age >= INTERVAL_MS) return true;
	if (!last.finished) return age >= RETRY_MS;
	let bytes = last.bytes;
	for await (const use of readUse(store, last.at)) bytes += use.bytesFromUpstream;
	return bytes > maxBytes && age >= RETRY_MS;
}
/** Undefined when there was none, or what it left is not readable. */
async function lastPrune(store) {
	const file = store.parts.tree.path(PRUNED);
	const stat = await statRegular(file);
	if (stat === void 0 || stat.size > 4096) return void 0;
	try {
		const { finished, bytes } = JSON.parse(await readFile$1(file, "utf8"));
		if (typeof bytes !== "number" || !(bytes >= 0)) return void 0;
		return {
			at: stat.mtimeMs,
			finished: finished === true,
			bytes
		};
	} catch {
		return;
	}
}
export { ARCHIVE_ROOT, BundleError, FILE_KINDS, FINDING_KINDS, HashError, MANIFEST_KEY, MAX_INDEX_SIZE, MAX_MANIFEST_SIZE, MAX_SIZE, MAX_SOFT_SIZE, READ_FLAGS, SMALL_BODY, SPOOL, STEP$1 as STEP, StoreError, StoredCopy, TarReader, Tree, appendUse, asStoreError, chooseVersions, createHasher, errnoOf, examine$1 as examine, existingTree, factsOf, fileByteSource, fileName, fileOfKey, formatEntry, formatManifest, inflate, isAbsent, latestOf, listModcache, openDiskStore, openExisting, parseEntry, parseManifest, partsOfBytes, partsOfFile, planSave, prune, pruneWithin, readClones, readManifest, readModcache, readRegular, readUse, removeQuietly, shownText, softKey, stampOf, storeStats, storedVersions, streamOfBytes, streamOfFile, sumdbFiles, unpack, verifyModcache, verifyStore, versionKeys, warmThread, withDigests, withoutStrangers };
