import { redactUrl } from "./config.js";
import { canonicalModuleVersion, compareVersions, escapePath, escapeVersion, formatVersionList, hash1, isH1, isPseudo, prerelease, unescapePath, unescapeVersion } from "./gomod.js";
import { _usingCtx } from "./root.js";
import * as fs from "node:fs";
import { constants, readFileSync, readlinkSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { Readable } from "node:stream";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
import { promisify } from "node:util";
import { availableParallelism, hostname, tmpdir } from "node:os";
import path, { join } from "node:path";
import * as fsp from "node:fs/promises";
import { open as open$1, opendir, readdir } from "node:fs/promises";
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
// src/store/bundle/types.ts
/** All members of an archive lie below this directory, as the cache client packs a path `store`. */
const ARCHIVE_ROOT = "store/";
var BundleError = class extends Error {
	name = "BundleError";
	code;
	/** What is wrong with the archive, for those who read one that is no cache entry. */
	why;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
		this.why = options?.why ?? message;
	}
};
// src/store/bucket/errors.ts
/** A call to a bucket failed. The message has no credentials, no signature and nothing that the service wrote itself. */
var BucketError = class extends Error {
	name = "BucketError";
	code;
	/** `s3://bucket/prefix`. */
	location;
	key;
	/** HTTP status of the last answer; undefined when there was none. */
	status;
	/** The error's name as the service gave it, like `AccessDenied`; letters only. */
	reason;
	constructor(code, message, about) {
		super(message, about.cause === void 0 ? void 0 : { cause: about.cause });
		this.code = code;
		this.location = about.location;
		this.key = about.key;
		this.status = about.status;
		this.reason = about.reason;
	}
};
// src/store/bundle/manifest.ts
/** Key of the manifest in the archive, below `store/`. */
const MANIFEST_KEY = "modgate/bundle.json";
const MAX_MANIFEST_SIZE = 33554432;
/** Versions that one set may have. */
const MAX_BUNDLED = 1e5;
/** Longer than any version line that Go's limits of paths and versions allow. */
const MAX_LINE = 8192;
const MAX_HEAD = 65536;
const KEY = /^modgate-v2-[a-z0-9-]{1,100}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
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
			const max = at === 0 ? MAX_HEAD : MAX_LINE;
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
	if (typeof created !== "string" || !TIME.test(created) || Number.isNaN(Date.parse(created))) throw refusal("it does not tell when it was made");
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
const DAY_MS$1 = 864e5;
/** A service forgets an entry that nobody read for seven days; one more for clocks and jobs under way. */
const FORGOTTEN_MS = 8 * DAY_MS$1;
/** An older manifest is written anew, small as it is, or the times of last use in it would stand still. */
const STALE_MS = 7 * DAY_MS$1;
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
// src/store/modcache/list.ts
/** Bound on the walk over a module cache, names. */
const MAX_NAMES$2 = 3e5;
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH$2 = 128;
/**
* The versions whose code a GOMODCACHE has, as far as `.ziphash` tells: go looks at it before it uses any. Names
* that go would not write are passed over, links are not followed, and what cannot be read holds nothing.
*/
async function* listModcache(goModCache) {
	yield* walk(join(goModCache, "cache", "download"), [], { names: MAX_NAMES$2 });
}
async function* walk(dir, escaped, left) {
	if (escaped.length > MAX_DEPTH$2) return;
	for await (const entry of entriesOf$1(dir)) {
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
async function* entriesOf$1(dir) {
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
const MAX_DEPTH$1 = 128;
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
	for (let depth = 0; level.length > 0 && !walk.cut; depth++) if (depth > MAX_DEPTH$1) walk.cut = true;
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
	for (const entry of await entriesOf(path, escaped.length === 0, walk)) {
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
async function entriesOf(path, isRoot, walk) {
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
		try {
			var _usingCtx$1 = _usingCtx();
			const handle = _usingCtx$1.a(await open$1(file, READ));
			const found = await handle.stat();
			if (!found.isFile()) return void 0;
			const { buffer, bytesRead } = await handle.read(Buffer.alloc(limit), 0, limit, 0);
			return {
				text: buffer.toString("utf8", 0, bytesRead),
				writtenMs: Math.min(found.ctimeMs, found.mtimeMs)
			};
		} catch (_) {
			_usingCtx$1.e = _;
		} finally {
			await _usingCtx$1.d();
		}
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
/** Strongest first. */
const STRENGTH = [
	"sumdb",
	"gosum",
	"first-seen"
];
function readVoucher(value) {
	return STRENGTH.find((voucher) => voucher === value);
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
			goModH1: mod === void 0 ? readH1(value.goModH1) : modFine ? modHash : void 0,
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
/** The voucher of a zip's or go.mod's hash; undefined when there is no hash, or nobody vouched for it. */
function voucherOf(entry, kind) {
	return kind === "info" || h1Of(entry, kind) === void 0 ? void 0 : entry.vouchedBy?.[kind];
}
/**
* What must outlive the files of a version: the hashes that were pinned when they were first seen. Undefined when there
* are none.
*/
function pinOf(entry) {
	const [zip, mod] = [voucherOf(entry, "zip"), voucherOf(entry, "mod")];
	if (zip !== "first-seen" && mod !== "first-seen") return void 0;
	return makeEntry({
		path: entry.module,
		version: entry.version
	}, entry.firstSeen, {
		...zip === void 0 || entry.h1 === void 0 ? {} : { h1: entry.h1 },
		...mod === void 0 || entry.goModH1 === void 0 ? {} : { goModH1: entry.goModH1 },
		vouchedBy: {
			...zip === void 0 ? {} : { zip },
			...mod === void 0 ? {} : { mod }
		}
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
	return STRENGTH.find((voucher) => voucher === a || voucher === b);
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
/** Facts of several files of one version as one; of the same file the later ones count. */
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
/** Whether `entry` says all that `add` says. */
function includesFacts(entry, add) {
	return FILE_KINDS.every((kind) => add[kind] === void 0 || entry[kind]?.sha256 === add[kind].sha256);
}
// src/store/walk.ts
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH = 128;
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
		const max = kind === "zip" ? STEP : MAX_SIZE[kind];
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
const statFile = promisify(fs.fstat);
/** Bytes of one read; larger ones mean fewer turns of the loop and more memory a client. */
const CHUNK = 1048576;
/** Buffers that wait for their next file: more than go has connections. */
const MAX_SPARE = 16;
const spare = [];
/** What the files get that are read beside so many others: memory must not grow with clients by a megabyte each. */
const SMALL_CHUNK = 131072;
let reading = 0;
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
	const few = ++reading <= MAX_SPARE;
	try {
		const stat = await statFile(fd);
		await accept(stat);
		const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, stat.size - 1);
		const buffer = (few ? spare.pop() : void 0) ?? Buffer.allocUnsafeSlow(few ? 1048576 : SMALL_CHUNK);
		for (let at = range?.start ?? 0; at <= end;) {
			const { bytesRead } = await readFile(fd, buffer, 0, Math.min(buffer.length, end + 1 - at), at);
			if (bytesRead === 0) throw endsEarly(file, at);
			yield buffer.subarray(0, bytesRead);
			at += bytesRead;
		}
		if (few && spare.length < MAX_SPARE) spare.push(buffer);
	} finally {
		reading--;
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
const SETTLE_MS = 100;
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
			...seen.by === void 0 ? {} : { by: seen.by },
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
			await setTimeout$1(SETTLE_MS);
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
			by: voucherOf(entry, kind),
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
			by: void 0,
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
// src/store/keep-times.ts
/** How long what is no file of a version stays, on a disk and in a bucket. */
const DAY_MS = 864e5;
/** A temporary file whose maker cannot be asked. */
const TEMP_MS = DAY_MS;
/** Damaged files, for somebody to look at. */
const QUARANTINE_MS = 14 * DAY_MS;
/** Lists, answers to queries and absences: what is believed of them is younger. */
const SOFT_MS = 30 * DAY_MS;
/** Tiles of the checksum database that were not full yet; it has grown beyond them. */
const PARTIAL_TILE_MS = 30 * DAY_MS;
/** An index entry without any file: a commit could be on its way. */
const LOOSE_MS = DAY_MS;
/** A pinned hash after its version went. */
const PIN_MS = 400 * DAY_MS;
/** Part of the store that tiles and records of the checksum database may be, and what they may always have. */
const SUMDB_SHARE = .1;
const SUMDB_MIN_BYTES = 33554432;
// src/store/sweep.ts
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
			const over = of === "temp" ? isOrphan(tree, entry.name) || written < now - 864e5 : (quarantinedAt(entry.name) ?? written) < now - QUARANTINE_MS;
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
/** Whether the process of this machine that made a temp file of this name is gone. */
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
// src/store/precedence.ts
/**
* Whether a hash that `theirs` vouched for gives way to another one that `ours` vouches for: the checksum database
* beats a go.sum, and what was only seen first beats nothing that somebody vouched for.
*/
function givesWay(theirs, ours) {
	return !(ours === "first-seen" && theirs !== void 0) && (theirs !== "sumdb" || ours === "sumdb");
}
/** Who vouches, as the subject of a sentence. */
function voucherInWords(by) {
	return by === "sumdb" ? "the checksum database" : by === "gosum" ? "a go.sum" : "what was first seen";
}
// src/store/writer.ts
/**
* The order in which the files of a version become visible. A go that reads the tree asks for .info or .mod
* before the .zip: what it can see first comes last, so that it never meets the first half of a commit.
*/
const ORDER = [
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
			for (const kind of ORDER) {
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
			h1: file.kind === "zip" ? file.add.h1 : file.add.goModH1,
			by: file.kind === "info" ? void 0 : file.add.vouchedBy?.[file.kind]
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
			if (oldBy === void 0 || oldBy !== "sumdb" && newBy === "sumdb") return "replace";
			return entry.zip?.representation === file.add.zip?.representation || file.kind === "mod" ? "keep" : "replace";
		}
		if (givesWay(oldBy, newBy)) return "replace";
		this.#parts.onDamage({
			mv,
			path: key,
			what: `a ${file.kind} with ${newH1} was not kept: ${voucherInWords(oldBy)} vouches for ${oldH1}, which is here`
		});
		return "keep";
	}
};
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
// src/store/export/errors.ts
/** An export that cannot be written or read. Messages quote nothing of an archive but keys that were checked. */
var ExportError = class extends Error {
	name = "ExportError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/store/import/errors.ts
/** What was named cannot be imported from; the message says what to name instead. */
var ImportError = class extends Error {
	name = "ImportError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
export { ARCHIVE_ROOT, A_LINK, BucketError, BundleError, ExportError, FILE_KINDS, HashError, INDEX, ImportError, LOOSE_MS, MANIFEST_KEY, MAX_INDEX_SIZE, MAX_MANIFEST_SIZE, MAX_SIZE, MAX_SOFT_SIZE, OWN, PARTIAL_TILE_MS, PIN_MS, PRUNED, QUARANTINE, QUARANTINE_MS, READ_FLAGS, SOFT, SOFT_MS, SPOOL, STEP, SUMDB_MIN_BYTES, SUMDB_SHARE, StoreError, TEMP, TEMP_MS, ThreadPool, Tree, USE_LOG, asStoreError, createHasher, errnoOf, factsOf, factsOfBytes, fileName, fileOfKey, formatEntry, formatManifest, givesWay, goModH1, h1Of, isAbsent, isOrphan, latestOf, listModcache, listed, mergeEntry, mergeFacts, moduleDir, moduleOfDir, openDiskStore, parseEntry, parseManifest, partsOfBytes, partsOfFile, passingFiles, pinOf, planSave, quarantineName, quarantinedAt, readClones, readModcache, readRegular, removeQuietly, renameNew, renameOver, sameFacts, sameStamp, softKey, stampOf, statRegular, streamOfBytes, streamOfFile, tempName, versionKeys, versionOfName, voucherInWords, voucherOf, walkFiles, walkVersions, writeNew };
