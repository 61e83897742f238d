import { canonicalModuleVersion, escapePath, escapeVersion, hash1, hashGoMod } from "./gomod.js";
import { ZipError, readModuleZip, storedZip } from "./gomod-later.js";
import { A_LINK, FILE_KINDS, HashError, INDEX, MAX_INDEX_SIZE, MAX_SIZE, OWN, PRUNED, QUARANTINE, READ_FLAGS, SOFT, SPOOL, StoreError, TEMP, ThreadPool, Tree, USE_LOG, asStoreError, errnoOf, factsOf, factsOfBytes, formatEntry, goModH1, h1Of, isAbsent, mergeEntry, moduleDir, moduleOfDir, openDiskStore, parseEntry, passingFiles, pinOf, quarantineName, readRegular, removeQuietly, renameNew, sameFacts, sameStamp, softKey, statRegular, versionKeys, versionOfName, walkFiles, walkVersions } from "./store.js";
import { parseInfo } from "./gomod-proxy.js";
import * as fs from "node:fs";
import { createReadStream, lstatSync } from "node:fs";
import { createHash, hash } from "node:crypto";
import { setImmediate, setTimeout } from "node:timers/promises";
import path from "node:path";
import * as fsp from "node:fs/promises";
import { opendir, readFile, realpath } from "node:fs/promises";
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
		for (const entry of entriesOf$1(path.join(dir, at))) {
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
function* entriesOf$1(dir) {
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
		const zip = await readZip(file, question);
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
async function readZip(file, question) {
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
	if (root === void 0) {
		const message = `module store: there is no directory ${dir}; name the directory of a store, or run a job first that fills one`;
		throw new StoreError("store-missing", dir, message);
	}
	if (!root.isDirectory()) {
		const message = `module store: ${dir} is a file; name the directory of a store`;
		throw new StoreError("store-not-a-directory", dir, message);
	}
	const own = await look(path.join(dir, OWN), "link");
	const parts = await Promise.all([TEMP, INDEX].map((key) => look(path.join(dir, key), "link")));
	if (own?.isDirectory() !== true || !parts.some((part) => part?.isDirectory() === true)) {
		const message = `module store: ${dir} is no store of modgate: it has no ${TEMP} and no ${INDEX} in it; nothing was changed. Name the directory that holds ${OWN}/`;
		throw new StoreError("store-foreign", dir, message);
	}
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
// src/store/prune/pinned.ts
/**
* Makes an index entry of the hashes in the file `from` that were pinned when they were first seen, if there are any
* and `to` is not taken: whoever committed the version meanwhile has a pin of his own. It has the time of last use.
* Throws what `fs` throws.
*/
async function keepPin(tree, { from, to }, mv) {
	const found = await readRegular(from, MAX_INDEX_SIZE);
	const pin = found === void 0 ? void 0 : pinIn(found.bytes, mv);
	if (pin === void 0 || found === void 0) return;
	const temp = await tree.writeTemp(formatEntry(pin));
	try {
		const seconds = found.stamp.mtimeMs / 1e3;
		fs.utimesSync(temp, seconds, seconds);
		await renameNew(temp, to);
	} finally {
		await removeQuietly(temp);
	}
}
/** Whether the index entry in a file has hashes that were pinned when they were first seen. */
async function isPin(file, mv) {
	const found = await readRegular(file, MAX_INDEX_SIZE);
	return found !== void 0 && pinIn(found.bytes, mv) !== void 0;
}
function pinIn(bytes, mv) {
	const entry = bytes === "oversize" ? void 0 : parseEntry(bytes, mv);
	return entry === void 0 ? void 0 : pinOf(entry);
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
* 4. What must outlive the version, hashes that were pinned when they were first seen, gets an entry of its own, and the
*    renamed entry is removed.
*
* A process that is killed leaves, at worst, the renamed entry with some of the files. The next prune meets it and
* goes on with step 2, whoever renamed it: two prunes at one version do the same things, and none of them twice.
* A reader that loses a file between looking it up and opening it asks again and fetches it. A commit that found the
* version complete in the moment before step 1, and so wrote nothing, has to fetch it again when it next needs it.
*/
/** What was used or written within this time is in use by somebody, whatever the size of the store; ms. */
const RECENT_MS = 36e5;
const ORDER = [
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
		files: ORDER.map((kind) => tree.path(`${dir}/${stem}.${kind}`))
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
/**
* Step 4. The pin has the time of last use of the version.
* @param mv undefined where pins go, too
*/
async function dropClaim(tree, names, mv) {
	if (mv !== void 0 && !isThere(names.index)) await keepPin(tree, {
		from: names.claim,
		to: names.index
	}, mv);
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
		for (const [{ stem, version }, outcome] of outcomes) {
			const pinned = options.pins === "go" ? void 0 : {
				path: module.path,
				version
			};
			if (outcome !== "untouched") await dropClaim(tree, filesOf(tree, module.key, stem), pinned);
		}
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
/** How long a pinned hash stays after its version went. */
const PIN_MS = 400 * DAY_MS$1;
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
			await this.#tidyIndex(module, states);
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
			await this.#tidyIndex(module, states);
			this.#empty(inIndex(module.key));
		}
		return true;
	}
	/**
	* Index entries without any file, a day after the last commit that could be on its way, or a year and a month for
	* those that hold a pin; and what a killed prune left beside the entry of a version that was committed anew.
	*/
	async #tidyIndex(module, states) {
		for (const state of states) {
			const key = `${INDEX}/${module.key}/${state.stem}.json`;
			if (isLoose(state)) await this.#loose(key, state.bytes, {
				path: module.path,
				version: state.version
			});
			if (state.claimed && state.touched !== void 0 && !this.#options.dryRun) this.#try(key, () => removeFile(`${this.#store.parts.tree.path(key)}${CLAIMED}`));
		}
	}
	async #loose(key, bytes, mv) {
		const file = this.#store.parts.tree.path(key);
		try {
			const age = this.#options.now - changedAt(file);
			if (age <= DAY_MS$1 || age <= PIN_MS && await isPin(file, mv)) {
				this.#ledger.otherBytes += bytes;
				return;
			}
			if (!this.#options.dryRun) removeFile(file);
			this.#ledger.sweep("index", bytes);
		} catch (error) {
			this.#report.failed(key, error);
		}
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
// src/store/forget.ts
const TRIES = 5;
/**
* Takes a version out of a store with all that was known of it, its pinned hashes included, so that the next fetch is
* the first. Safe beside running jobs, as pruning is. Throws StoreError, and what `fs` throws.
*/
async function forget(store, mv) {
	const key = moduleDir(mv.path);
	if (key === void 0) return { state: "unknown" };
	const module = {
		key,
		path: mv.path
	};
	for (let tries = 0; tries < TRIES; tries++) {
		const states = readVersions(store.location, module, REPORT);
		const state = states.find(({ version }) => version === mv.version);
		if (state === void 0) return { state: "unknown" };
		const entry = await store.entry(mv);
		const { outcomes } = await removeVersions(store, module, [state], {
			all: states.length === 1,
			pins: "go",
			now: Number.POSITIVE_INFINITY,
			failed: REPORT.failed
		});
		if (outcomes.get(state) === "removed") return {
			state: "forgotten",
			entry,
			files: state.kinds.length
		};
	}
	return { state: "busy" };
}
const REPORT = {
	foreign: () => void 0,
	failed: (_key, error) => {
		throw error;
	},
	empty: () => void 0
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
	return await appendLine(store, use.t, pick(use));
}
/** The same for a line of another kind, which `readUse` passes over. */
async function appendLine(store, t, line) {
	if (!store.writable || !TIME.test(t)) return false;
	const tree = new Tree(store.location);
	const file = tree.path(`${USE_LOG}/${t.slice(0, 7)}.jsonl`);
	const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
	try {
		await tree.makeDir(USE_LOG);
		const handle = await fsp.open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 420);
		try {
			if (!(await handle.stat()).isFile()) return false;
			await handle.write(Buffer.from(`\n${JSON.stringify(line)}\n`));
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
		const root = await realpath(dir);
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
var Lanes = class {
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
	const asked = isPinned(entry) ? void 0 : await parts.authorities.sumdb?.(mv);
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
/**
* Whether it was pinned when it was first seen, because no database was to hear of it. This one may not either: a store
* has modules of many teams, and who verifies it need not know which of them are private.
*/
function isPinned(entry) {
	return Object.values(entry?.vouchedBy ?? {}).includes("first-seen");
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
	const gone = mod === void 0 || forgotten.includes("mod");
	const modDisowned = faults.some(({ kind, file }) => kind === "contradicted" && file === "mod");
	const keepMod = goModH1 !== void 0 && (!gone || vouchedBy?.mod === "first-seen" && !modDisowned);
	return {
		...rest,
		...info === void 0 || forgotten.includes("info") ? {} : { info },
		...keepMod ? {
			goModH1,
			...gone ? {} : { mod }
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
	for (const start of ["sumdb", SOFT]) for await (const key of walkFiles(tree.root, start, options)) {
		const asked = key.startsWith(`modgate/soft/`) ? key.slice(SOFT.length + 1) : key;
		if (softKey(asked) !== key) onSkip(key, "not a file of a store");
	}
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
		this.#lanes = new Lanes(options.atOnce ?? AT_ONCE);
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
		await setTimeout(SETTLE_MS);
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
			if (look.faults.length > 0) await setTimeout(SETTLE_MS);
		}
		if (repair === void 0) this.#done(look);
		else this.#done(look, await mend(repair, look));
	}
};
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
		const { finished, bytes } = JSON.parse(await readFile(file, "utf8"));
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
export { FINDING_KINDS, StoredCopy, appendLine, appendUse, examine$1 as examine, existingTree, fileByteSource, forget, openExisting, prune, pruneWithin, readUse, shownText, storeStats, verifyModcache, verifyStore };
