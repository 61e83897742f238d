import { canonicalModuleVersion, compareVersions, escapePath, escapeVersion, formatVersionList, hash1, isH1, isPseudo, prerelease, unescapePath, unescapeVersion } from "./gomod.js";
import * as fs from "node:fs";
import { readFileSync, readlinkSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { Readable } from "node:stream";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
import { promisify } from "node:util";
import * as fsp from "node:fs/promises";
import path from "node:path";
import { availableParallelism, hostname, tmpdir } from "node:os";
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
const open = promisify(fs.open);
const close = promisify(fs.close);
const read = promisify(fs.read);
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
const AT_ONCE = 262144;
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
			const count = stat.size <= AT_ONCE ? fs.readSync(fd, buffer, filled, left, filled) : (await read(fd, buffer, filled, left, filled)).bytesRead;
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
			done += bytes.length <= AT_ONCE ? fs.writeSync(fd, bytes, done, left, done) : (await write(fd, bytes, done, left, done)).bytesWritten;
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
	const fd = await open(file, fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0));
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
// src/store/walk.ts
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH = 128;
/**
* Every version of a store tree, one `@v` directory at a time. Symbolic links, foreign names and whatever is
* neither directory nor regular file are skipped. Throws StoreError when a directory cannot be read.
*/
async function* walkVersions(root, options = {}) {
	yield* walkDir(beginWalk(root, options), []);
}
function beginWalk(root, options) {
	return {
		root,
		onSkip: options.onSkip ?? (() => void 0),
		left: options.maxNames ?? 2e6
	};
}
async function* walkDir(walk, segments) {
	const at = segments.join("/");
	if (segments.length > MAX_DEPTH) return walk.onSkip(at, "nested too deep");
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
		const stat = found === void 0 ? void 0 : await statRegular(path.join(walk.root, here));
		if (found === void 0 || stat === void 0) {
			if (!(entry.isFile() && entry.name === "list")) walk.onSkip(here, kindOfJunk(entry));
			continue;
		}
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
		if (!isAbsent(error)) throw asStoreError(error, dir, "read");
	}
}
function kindOfJunk(entry) {
	if (entry.isSymbolicLink()) return "a symbolic link";
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
	if (depth > MAX_DEPTH) return walk.onSkip(dir, "nested too deep");
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
	return new ThreadPool(options);
}
var ThreadPool = class {
	#max;
	#url;
	#timeoutMs;
	#threads = /* @__PURE__ */ new Set();
	#now = [];
	#later = [];
	#closed = false;
	constructor(options) {
		this.#max = options.threads ?? Math.max(1, Math.min(2, availableParallelism() - 1));
		this.#url = options.workerUrl ?? new URL("../hash-worker.js", import.meta.url);
		this.#timeoutMs = options.timeoutMs ?? 3e5;
	}
	hashZip(file, mv, priority = "now") {
		const { job, reply } = this.#enqueue({
			file,
			mv: {
				path: mv.path,
				version: mv.version
			}
		}, priority);
		return {
			result: reply.then(({ facts, zip }) => {
				if (zip === void 0) throw new HashError("crashed", file, `the hash of ${file} came without an h1`);
				return {
					...facts,
					...zip
				};
			}),
			promote: () => this.#promote(job)
		};
	}
	async sha256File(file) {
		return (await this.#enqueue({ file }, "now").reply).facts;
	}
	async close() {
		this.#closed = true;
		const threads = [...this.#threads];
		const waiting = [...this.#now, ...this.#later];
		this.#now = [];
		this.#later = [];
		for (const job of waiting) job.reject(closedError(job.request.file));
		for (const thread of threads) this.#drop(thread, closedError(thread.job?.request.file ?? ""));
		await Promise.all(threads.map((thread) => thread.worker.terminate()));
	}
	#enqueue(request, priority) {
		let job;
		const reply = new Promise((resolve, reject) => {
			job = {
				request,
				resolve,
				reject
			};
		});
		if (this.#closed) job.reject(closedError(request.file));
		else (priority === "now" ? this.#now : this.#later).push(job);
		this.#dispatch();
		return {
			job,
			reply
		};
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
			this.#run(thread, job);
		}
	}
	#idleThread() {
		for (const thread of this.#threads) if (thread.job === void 0) return thread;
		return this.#threads.size < this.#max ? this.#start() : void 0;
	}
	#start() {
		const worker = new Worker(this.#url, {
			name: "hash",
			execArgv: [],
			env: {},
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
	#run(thread, job) {
		thread.job = job;
		thread.worker.ref();
		thread.timer = setTimeout(() => this.#timeout(thread), this.#timeoutMs);
		thread.worker.postMessage(job.request);
	}
	#finish(thread, reply) {
		const job = thread.job;
		if (job === void 0) return;
		clearTimeout(thread.timer);
		thread.job = void 0;
		thread.worker.unref();
		if (reply.ok) job.resolve(reply);
		else job.reject(new HashError(reply.code, job.request.file, reply.message, reply.detail));
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
		const file = thread.job?.request.file ?? "";
		const message = `hashing ${file} failed because its thread died: ${cause instanceof Error ? cause.message : "it ended without an answer"}; the file was not accepted`;
		this.#drop(thread, new HashError("crashed", file, message, void 0, { cause }));
		this.#dispatch();
	}
	#timeout(thread) {
		const file = thread.job?.request.file ?? "";
		const message = `hashing ${file} took more than ${this.#timeoutMs} ms and was given up; the file was not accepted`;
		this.#drop(thread, new HashError("timeout", file, message));
		thread.worker.terminate();
		this.#dispatch();
	}
};
function closedError(file) {
	return new HashError("closed", file, `hashing ${file} was given up because the session is ending`);
}
// src/store/digest.ts
/** Most bytes that are hashed without giving other work on the same thread a turn. */
const STEP = 1048576;
/** Digest and size of bytes in memory; yields to the event loop after every MiB. */
async function factsOfBytes(bytes) {
	const hash = createHash("sha256");
	for (let at = 0; at < bytes.length; at += STEP) {
		if (at > 0) await setImmediate();
		hash.update(bytes.subarray(at, at + STEP));
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
// src/store/index-files.ts
/** Most rounds of merging with what other processes write at the same moment. */
const MAX_ROUNDS$1 = 8;
/** The index files of a store: `modgate/index/<escaped path>/@v/<escaped version>.json`. */
var IndexFiles = class {
	#tree;
	#writable;
	#now;
	#onDamage;
	constructor(tree, writable, now, onDamage) {
		this.#tree = tree;
		this.#writable = writable;
		this.#now = now;
		this.#onDamage = onDamage;
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
		const base = await this.read(mv, keys);
		if (base !== void 0 && includesFacts(base.entry, add)) return;
		await this.publish(mv, keys, await this.prepare(mv, keys, add));
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
// src/store/stream.ts
/** Bytes of one read; larger ones mean fewer turns of the loop and more memory a client. */
const CHUNK = 262144;
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
// src/store/reader.ts
/** Files remembered as verified; the oldest are forgotten beyond this and would be hashed once more. */
const MAX_SEEN = 5e4;
/** Time in ms that a writer which replaces a file gets to write the index entry too. */
const SETTLE_MS = 100;
/** Reads files of versions; every file is verified before this process first hands it out. */
var Reader = class {
	#parts;
	#seen = /* @__PURE__ */ new Map();
	/** Damaged files that could not be moved away, so that each is told of once. */
	#refused = /* @__PURE__ */ new Map();
	#flights = /* @__PURE__ */ new Map();
	constructor(parts) {
		this.#parts = parts;
	}
	/** Notes that this process itself just put a verified file there. */
	remember(key, seen) {
		this.#seen.delete(key);
		this.#seen.set(key, seen);
		if (this.#seen.size > MAX_SEEN) for (const oldest of this.#seen.keys()) {
			this.#seen.delete(oldest);
			break;
		}
	}
	/** See `Store.get`. */
	async get(mv, keys, kind, expectH1) {
		const key = keys.files[kind];
		const verified = await this.#known(key, kind) ?? await this.#share(mv, keys, kind, expectH1);
		if (verified === void 0) return void 0;
		const { seen, bytes } = verified;
		if (expectH1 !== void 0 && seen.h1 !== void 0 && seen.h1 !== expectH1) return void 0;
		return this.#present(key, kind, seen, bytes);
	}
	#present(key, kind, seen, bytes) {
		return {
			kind,
			size: seen.facts.size,
			representation: seen.representation,
			sha256: seen.original,
			...seen.h1 === void 0 ? {} : { h1: seen.h1 },
			...bytes === void 0 ? {} : { bytes },
			stream: (range) => bytes === void 0 ? streamOfFile(this.#parts.tree.path(key), (stat) => this.#accept(key, seen, stat), range) : streamOfBytes(bytes, range)
		};
	}
	/** Another daemon may have put the same bytes there anew since they were verified: that is no fault. */
	async #accept(key, seen, opened) {
		if (sameStamp(opened, seen.stamp)) return;
		const again = await this.#digestLarge(key);
		if (again !== void 0 && sameStamp(again.stamp, opened) && sameFacts(again.facts, seen.facts)) return;
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
	#share(mv, keys, kind, expectH1) {
		const id = `${keys.files[kind]} ${expectH1 ?? ""}`;
		const running = this.#flights.get(id);
		if (running !== void 0) return running;
		const flight = this.#verify(mv, keys, kind, expectH1).finally(() => this.#flights.delete(id));
		this.#flights.set(id, flight);
		return flight;
	}
	async #verify(mv, keys, kind, expectH1) {
		const key = keys.files[kind];
		if (!await this.#parts.tree.hasDir(keys.dir)) return void 0;
		for (let attempt = 0;; attempt++) {
			const entry = (await this.#parts.index.read(mv, keys))?.entry;
			const facts = factsOf(entry, kind);
			if (entry === void 0 || facts === void 0) return this.#unindexed(mv, keys, kind, expectH1);
			const found = await this.#digest(key, kind, facts.size);
			if (found === void 0) return void 0;
			if (sameFacts(found.facts, facts)) return this.#accepted(key, kind, entry, found);
			const refused = this.#refused.get(key);
			if (refused !== void 0 && sameStamp(refused, found.stamp)) return void 0;
			if (attempt === 1) {
				await this.#damaged(mv, key, kind, facts, found);
				return;
			}
			await setTimeout$1(SETTLE_MS);
		}
	}
	#accepted(key, kind, entry, found) {
		const zip = kind === "zip" ? entry.zip : void 0;
		const seen = {
			stamp: found.stamp,
			facts: found.facts,
			original: zip?.original.sha256 ?? found.facts.sha256,
			representation: zip?.representation ?? "original",
			h1: h1Of(entry, kind)
		};
		this.remember(key, seen);
		return {
			seen,
			bytes: found.bytes
		};
	}
	async #damaged(mv, key, kind, facts, found) {
		const { tree, writable, now, onDamage, onLoss } = this.#parts;
		const moved = writable ? await tree.quarantine(key, found.stamp.ino, now()) : void 0;
		if (moved === void 0 && writable && (await statRegular(tree.path(key)))?.ino !== found.stamp.ino) return;
		if (moved === void 0 && this.#refused.size < MAX_SEEN) this.#refused.set(key, found.stamp);
		onDamage({
			mv,
			path: key,
			what: `the file ${found.facts.size === facts.size ? `has SHA-256 ${found.facts.sha256} where the index has ${facts.sha256}` : `is ${found.facts.size} bytes long where the index has ${facts.size}`}; ${moved === void 0 ? "it is not served" : `it was moved to ${moved}`} and will be fetched anew`
		});
		if (kind !== "zip") onLoss(mv.path);
	}
	/** Nothing in the index vouches for the file: only the hash that the caller brings can. */
	async #unindexed(mv, keys, kind, expectH1) {
		if (expectH1 === void 0 || kind === "info") return void 0;
		const key = keys.files[kind];
		const found = kind === "mod" ? await this.#digest(key, kind) : await this.#hashZip(key, mv);
		if (found === void 0 || found.h1 !== expectH1) return void 0;
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
			h1
		};
		this.remember(key, seen);
		return {
			seen,
			bytes
		};
	}
	async #digest(key, kind, size) {
		const found = size !== void 0 && !isSmall(kind, size) ? await this.#digestLarge(key) : await this.#digestSmall(key, kind);
		return found && {
			...found,
			h1: kind === "mod" ? goModH1(found.facts.sha256) : void 0
		};
	}
	async #digestSmall(key, kind) {
		const max = kind === "zip" ? STEP : MAX_SIZE[kind];
		const found = await readRegular(this.#parts.tree.path(key), max);
		if (found === void 0) return void 0;
		const { bytes, stamp } = found;
		if (bytes === "oversize") return {
			stamp,
			facts: {
				sha256: "not computed",
				size: stamp.size
			},
			bytes: void 0
		};
		return {
			stamp,
			facts: await factsOfBytes(bytes),
			bytes
		};
	}
	async #digestLarge(key) {
		const file = this.#parts.tree.path(key);
		return this.#steady(file, async () => {
			return {
				facts: await this.#parts.hasher.sha256File(file),
				bytes: void 0
			};
		});
	}
	async #hashZip(key, mv) {
		const file = this.#parts.tree.path(key);
		return this.#steady(file, async () => {
			const { h1, sha256, size } = await this.#parts.hasher.hashZip(file, mv, "now").result;
			const small = size <= 1048576 ? await readRegular(file, STEP) : void 0;
			const bytes = small === void 0 || small.bytes === "oversize" ? void 0 : small.bytes;
			return {
				facts: {
					sha256,
					size
				},
				h1,
				bytes
			};
		});
	}
	/** Runs a hash over a file by name and makes sure that the name meant one and the same file throughout. */
	async #steady(file, hash) {
		for (let attempt = 0; attempt < 3; attempt++) {
			const before = await statRegular(file);
			if (before === void 0 || before.size > MAX_SIZE.zip) return void 0;
			let result;
			try {
				result = await hash();
			} catch (error) {
				if (error instanceof HashError && (error.code === "absent" || error.code === "bad-zip")) return void 0;
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
function isSmall(kind, size) {
	return kind !== "zip" || size <= 1048576;
}
// src/store/sweep.ts
const DAY_MS = 864e5;
/** Damaged files are kept this long for somebody to look at. */
const QUARANTINE_MS = 14 * DAY_MS;
/**
* Removes what dead processes left in `modgate/tmp` (whose maker is gone, or older than a day) and what has
* been in quarantine for two weeks. Never throws: a later open tries again.
*/
async function sweep(tree, now) {
	await eachFile(tree, TEMP, async (name, file) => {
		const maker = makerOfTemp(name);
		if (maker !== void 0 && maker.host === tree.host && !isAlive(maker.pid) || await isOlder(file, now - DAY_MS)) await removeQuietly(file);
	});
	await eachFile(tree, QUARANTINE, async (_name, file) => {
		if (await isOlder(file, now - QUARANTINE_MS)) await removeQuietly(file);
	});
}
async function eachFile(tree, key, visit) {
	try {
		if (!await tree.hasDir(key)) return;
		for await (const entry of await fsp.opendir(tree.path(key))) if (!entry.isDirectory()) await visit(entry.name, path.join(tree.path(key), entry.name));
	} catch {}
}
async function isOlder(file, than) {
	const stat = await statRegular(file);
	return stat !== void 0 && stat.mtimeMs < than;
}
function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return errnoOf(error) !== "ESRCH";
	}
}
// src/store/tree.ts
/** Bound of the set of directories that are known to be real; it is forgotten as a whole beyond that. */
const MAX_KNOWN_DIRS = 2e4;
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
	#known = /* @__PURE__ */ new Set();
	#count = 0;
	constructor(root) {
		this.root = root;
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
		try {
			await this.#makeDirs(key);
		} catch (error) {
			if (!(error instanceof StoreError) || errnoOf(error.cause) !== "ENOENT") throw error;
			this.#known.clear();
			await this.#makeDirs(key);
		}
	}
	async #makeDirs(key) {
		if (key === "" || key === "." || await this.hasDir(key)) return;
		const dir = this.path(key);
		await this.#makeDirs(path.posix.dirname(key));
		try {
			await fsp.mkdir(dir, 493);
			if (this.chmod) await fsp.chmod(dir, 493);
		} catch (error) {
			if (errnoOf(error) !== "EEXIST") throw asStoreError(error, dir, "write");
			if (!await this.hasDir(key)) throw new StoreError("store-not-a-directory", dir, `module store: cannot write into ${dir}: it is not a directory of the store, but a file or a symbolic link; remove it`);
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
		return this.#move(key, temp, renameNew);
	}
	async #move(key, temp, move) {
		const dir = path.posix.dirname(key);
		for (let attempt = 0;; attempt++) try {
			await this.makeDir(dir);
			return await move(temp, this.path(key));
		} catch (error) {
			if (errnoOf(error) !== "ENOENT" || attempt > 0) throw asStoreError(error, this.path(key), "write");
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
// src/store/writer.ts
/**
* The order in which the files of a version become visible. A go that reads the tree asks for .info or .mod
* before the .zip: what it can see first comes last, so that it never meets the first half of a commit.
*/
const ORDER$1 = [
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
	#tails = /* @__PURE__ */ new Map();
	#sealing = /* @__PURE__ */ new Set();
	constructor(parts) {
		this.#parts = parts;
	}
	/** See `Store.commit`. All temp files are gone afterwards, whatever happens. Throws StoreError. */
	async commit(mv, keys, what) {
		const mine = (this.#tails.get(keys.index) ?? Promise.resolve()).then(() => this.#commit(mv, keys, what));
		const tail = mine.catch(() => void 0);
		this.#tails.set(keys.index, tail);
		try {
			await mine;
		} finally {
			if (this.#tails.get(keys.index) === tail) this.#tails.delete(keys.index);
		}
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
			for (const kind of ORDER$1) {
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
		if (stamp === void 0) return "replace";
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
	const tree = new Tree(await openRoot(dir));
	return new Disk(tree, await probe(tree), options);
}
async function openRoot(dir) {
	const root = path.resolve(dir);
	try {
		await makeRoot(root);
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
	parts;
	#now;
	#reader;
	#writer;
	#touched = /* @__PURE__ */ new Map();
	#swept;
	constructor(tree, writable, options) {
		const now = options.now ?? Date.now;
		const onDamage = options.onDamage ?? (() => void 0);
		const index = new IndexFiles(tree, writable, now, onDamage);
		const lists = new Lists({
			tree,
			list: (modulePath) => this.list(modulePath),
			info: async (modulePath, version) => (await this.get({
				path: modulePath,
				version
			}, "info"))?.bytes
		});
		this.location = tree.root;
		this.writable = writable;
		this.parts = {
			tree,
			index,
			lists,
			hasher: options.hasher,
			now,
			onDamage
		};
		this.#now = now;
		this.#reader = new Reader({
			tree,
			index,
			hasher: options.hasher,
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
			onPlaced: (key, seen) => this.#reader.remember(key, seen)
		});
		this.#swept = writable ? sweep(tree, now()) : Promise.resolve();
	}
	async get(mv, kind, expectH1) {
		const keys = versionKeys(mv);
		return keys === void 0 ? void 0 : this.#reader.get(mv, keys, kind, expectH1);
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
	async touch(mv) {
		const keys = versionKeys(mv);
		if (keys === void 0 || !this.writable) return;
		const now = this.#now();
		const last = this.#touched.get(keys.index);
		if (last !== void 0 && now - last < TOUCH_MS) return;
		if (this.#touched.size >= MAX_TOUCHED) this.#touched.clear();
		this.#touched.set(keys.index, now);
		await fsp.lutimes(this.parts.tree.path(keys.index), now / 1e3, now / 1e3).catch(() => void 0);
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
		return {
			bytes: found.bytes,
			storedAt: found.stamp.mtimeMs
		};
	}
	async putSoft(key, bytes) {
		if (!this.writable) return;
		const at = softKey(key);
		if (at === void 0 || bytes.length > 8388608) {
			const why = at === void 0 ? "is no key of a list, of @latest or of sumdb/" : "is too large";
			throw new StoreError("store-io", this.location, `module store: ${JSON.stringify(key)} ${why}; not kept`);
		}
		await this.parts.tree.write(at, bytes);
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
// src/store/adopt.ts
const MAX_REFUSALS = 100;
/** Files of a version in the order in which they become visible; see the writer. */
const ORDER = [
	"zip",
	"mod",
	"info"
];
/**
* Takes a tree that somebody else may have written (a restored cache) into the store: each file of each
* version that the store lacks is moved, index entry last. A file comes in only if the tree's index has its
* digest and size; the digest itself is compared when the file is first read, like that of any other.
* What the store has is never replaced. Symbolic links, files with other names elsewhere, foreign names and
* wrong sizes are left where they are. `dir` is the caller's to delete afterwards.
*
* Throws StoreError when `dir` cannot be read or the store cannot be written.
*/
async function adopt(store, dir, options = {}) {
	const refused = [];
	const count = {
		adopted: 0,
		alreadyThere: 0,
		soft: 0,
		refusedCount: 0
	};
	const refuse = (where, why) => {
		count.refusedCount += 1;
		if (refused.length < MAX_REFUSALS) refused.push({
			path: printable(where),
			why
		});
	};
	if (!store.writable) {
		refuse("", "the store is read-only");
		return {
			...count,
			refused
		};
	}
	const adoption = await begin(store, dir, refuse);
	const walkOptions = {
		onSkip: refuse,
		maxNames: options.maxNames ?? 5e5
	};
	for await (const found of walkVersions(adoption.from.root, walkOptions)) {
		if (options.signal?.aborted === true) break;
		const outcome = await adoptVersion(adoption, found, found.files);
		if (outcome !== "refused") count[outcome] += 1;
	}
	for (const start of ["sumdb", SOFT]) for await (const key of walkFiles(adoption.from.root, start, walkOptions)) {
		if (options.signal?.aborted === true) break;
		if (await adoptSoft(adoption, key)) count.soft += 1;
	}
	return {
		...count,
		refused
	};
}
async function begin(store, dir, refuse) {
	try {
		const from = new Tree(await fsp.realpath(dir));
		const [here, there] = await Promise.all([fsp.stat(from.root), fsp.stat(store.location)]);
		const onDamage = ({ path: at }) => refuse(at, "not an index entry");
		return {
			store,
			from,
			fromIndex: new IndexFiles(from, false, store.parts.now, onDamage),
			copies: here.dev !== there.dev,
			refuse
		};
	} catch (error) {
		throw asStoreError(error, dir, "read");
	}
}
async function adoptVersion(adoption, mv, sizes) {
	const { store, fromIndex, refuse } = adoption;
	const keys = versionKeys(mv);
	if (keys === void 0) return "refused";
	const theirs = (await fromIndex.read(mv, keys))?.entry;
	if (theirs === void 0) {
		refuse(keys.files.zip.slice(0, -4), "no index entry tells what it should be");
		return "refused";
	}
	const { index, lists } = store.parts;
	const ours = (await index.read(mv, keys))?.entry;
	let add = theirs.origin === void 0 ? {} : { origin: theirs.origin };
	const moved = [];
	let present = 0;
	for (const kind of ORDER) {
		if (sizes[kind] === void 0) continue;
		const outcome = await adoptFile(adoption, keys, kind, theirs, ours);
		if (outcome === "present") present += 1;
		if (outcome !== "moved") continue;
		moved.push(kind);
		add = {
			...add,
			...factsOfKind(theirs, kind),
			vouchedBy: {
				...add.vouchedBy,
				...voucherOf(theirs, kind)
			}
		};
	}
	if (moved.length === 0) return present > 0 ? "alreadyThere" : "refused";
	await index.publish(mv, keys, await index.prepare(mv, keys, add, theirs.firstSeen));
	if (ours === void 0) await keepLastUse(adoption, keys);
	if (moved.some((kind) => kind !== "zip")) lists.markDirty(mv.path);
	return "adopted";
}
async function adoptFile(adoption, keys, kind, theirs, ours) {
	const { from, refuse } = adoption;
	const key = keys.files[kind];
	const refusal = (why) => {
		refuse(key, why);
		return "refused";
	};
	const facts = factsOf(theirs, kind);
	if (facts === void 0) return refusal("its index entry does not tell what it should be");
	const stat = await statRegular(from.path(key));
	if (stat === void 0) return refusal("not a regular file");
	if (stat.links > 1) return refusal("the same file has another name elsewhere");
	if (stat.size !== facts.size) return refusal(`${stat.size} bytes long where its index entry has ${facts.size}`);
	const pinned = ours && h1Of(ours, kind);
	if (pinned !== void 0 && pinned !== h1Of(theirs, kind)) return refusal(`the store knows it as ${pinned}`);
	return await take(adoption, key, stat.mode) ? "moved" : "present";
}
/** Moves or copies a file to the same key of the store; false when the store has one. */
async function take(adoption, key, mode) {
	const { tree } = adoption.store.parts;
	const source = adoption.from.path(key);
	if (await statRegular(tree.path(key)) !== void 0) return false;
	if (!adoption.copies) {
		if (mode !== 420 && process.platform !== "win32") await chmod(source);
		return tree.create(key, source);
	}
	const temp = tree.tempFile();
	try {
		await fsp.copyFile(source, temp);
		await chmod(temp);
		return await tree.create(key, temp);
	} catch (error) {
		throw asStoreError(error, temp, "write");
	} finally {
		await removeQuietly(temp);
	}
}
async function chmod(file) {
	try {
		await fsp.chmod(file, 420);
	} catch (error) {
		throw asStoreError(error, file, "write");
	}
}
async function adoptSoft(adoption, key) {
	const stat = softKey(key.startsWith(`modgate/soft/`) ? key.slice(SOFT.length + 1) : key) === key ? await statRegular(adoption.from.path(key)) : void 0;
	if (stat === void 0 || stat.links > 1 || stat.size > 8388608) {
		adoption.refuse(key, "not a file of a store");
		return false;
	}
	if (!await take(adoption, key, stat.mode)) return false;
	if (stat.mtimeMs > adoption.store.parts.now()) await setTime(adoption, key, adoption.store.parts.now());
	return true;
}
function factsOfKind(entry, kind) {
	if (kind === "info") return entry.info === void 0 ? {} : { info: entry.info };
	if (kind === "mod") return entry.mod === void 0 || entry.goModH1 === void 0 ? {} : {
		mod: entry.mod,
		goModH1: entry.goModH1
	};
	return entry.zip === void 0 || entry.h1 === void 0 ? {} : {
		zip: entry.zip,
		h1: entry.h1
	};
}
function voucherOf(entry, kind) {
	if (kind === "info") return {};
	const by = entry.vouchedBy?.[kind];
	return by === void 0 ? {} : { [kind]: by };
}
/** A version that came with a cache is as old as it was there, or pruning would never see it age. */
async function keepLastUse(adoption, keys) {
	const then = await statRegular(adoption.from.path(keys.index));
	if (then !== void 0) await setTime(adoption, keys.index, Math.min(then.mtimeMs, adoption.store.parts.now()));
}
async function setTime(adoption, key, ms) {
	await fsp.lutimes(adoption.store.parts.tree.path(key), ms / 1e3, ms / 1e3).catch(() => void 0);
}
function printable(text) {
	return text.slice(0, 300).replace(/[^\x20-\x7e]/g, "?");
}
export { HashError, MAX_SIZE, SOFT, StoreError, adopt, asStoreError, createHasher, errnoOf, fileByteSource, isAbsent, latestOf, openDiskStore, versionKeys, walkFiles, walkVersions };
