import { DirhashError, canonicalModuleVersion, checkFilePath, checkModule, compareVersions, decodeGoText, hash1, isValid, isWellFormed, quote, toByteString } from "./gomod.js";
import { createHash, hash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline as pipeline$1 } from "node:stream/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
// src/gomod/case-fold.ts
/**
* A key that is equal for names which differ only in case, as a file system that ignores case may see it:
* Unicode simple folding, character by character (Go's `strToFold`).
*/
function foldCase(text) {
	if (/^[\x00-@[-\x7f]*$/.test(text)) return text;
	if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
	let out = "";
	for (const ch of text) out += foldChar(ch);
	return out;
}
function single(mapped, ch) {
	return mapped.length === ch.length ? mapped : ch;
}
/** Upper case first, so that all members of a class (`K`, `k` and the Kelvin sign) meet in one letter. */
function foldChar(ch) {
	if (ch === "ı") return ch;
	const upper = single(ch.toUpperCase(), ch);
	return single(upper.toLowerCase(), upper);
}
// src/gomod/zip-error.ts
/** A module zip that go would refuse, or that is beyond our limits. */
var ZipError = class extends Error {
	name = "ZipError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/gomod/module-zip.ts
const MODULE_ZIP_LIMITS = {
	maxZipBytes: 500 << 20,
	maxContentBytes: 500 << 20,
	maxGoModBytes: 16 << 20,
	maxLicenseBytes: 16 << 20,
	maxNameBytes: 4096,
	maxTreeBytes: 256 << 20
};
/** Finds names that differ only in case, files named twice, and names that are file and directory at once. */
var CollisionChecker = class {
	#seen = /* @__PURE__ */ new Map();
	/** Characters that may still be remembered. */
	#budget;
	constructor(budget) {
		this.#budget = budget;
	}
	check(path, isDir) {
		const key = foldCase(path);
		const other = this.#seen.get(key);
		if (other !== void 0) {
			if (other.path !== path) return `case-insensitive file name collision: ${quote(other.path)} and ${quote(path)}`;
			if (other.isDir !== isDir) return `entry ${quote(path)} is both a file and a directory`;
			return isDir ? void 0 : `multiple entries for file ${quote(path)}`;
		}
		this.#budget -= key.length;
		if (this.#budget < 0) throw new ZipError("too-large", "the module zip has too many or too deep directories");
		this.#seen.set(key, {
			path,
			isDir
		});
		const slash = path.lastIndexOf("/");
		return slash < 0 ? void 0 : this.check(path.slice(0, slash), true);
	}
};
function checkGoModName(name) {
	const base = name.slice(name.lastIndexOf("/") + 1);
	if (base.toLowerCase() !== "go.mod") return void 0;
	if (base !== name) return "go.mod file not in module root directory";
	return name === "go.mod" ? void 0 : "go.mod files must have lowercase names";
}
/** `path.Clean(name) == name` of what `checkFilePath` lets pass, and the collisions. */
function checkName(name, isDir, collisions) {
	return checkFilePath(name) ?? collisions.check(name, isDir) ?? (isDir ? void 0 : checkGoModName(name));
}
/**
* Checks the members of the zip of a module version by names and declared sizes; no data is read.
*
* @param zipBytes size of the zip file itself
* @throws ZipError `bad-module`, `bad-name` or `too-large`
*/
function checkModuleZip(members, zipBytes, mv, limits = {}) {
	const { maxZipBytes, maxContentBytes, maxGoModBytes, maxLicenseBytes, maxNameBytes, maxTreeBytes } = {
		...MODULE_ZIP_LIMITS,
		...limits
	};
	const why = canonicalModuleVersion(mv.version) === mv.version ? checkModule(mv.path, mv.version) : `version ${quote(mv.version)} is not canonical`;
	if (why !== void 0) throw new ZipError("bad-module", why);
	const tooLarge = (what, limit) => new ZipError("too-large", `${what} (max size is ${limit} bytes)`);
	if (zipBytes > maxZipBytes) throw tooLarge(`module zip file is too large, ${zipBytes} bytes`, maxZipBytes);
	const prefix = `${mv.path}@${mv.version}/`;
	const collisions = new CollisionChecker(maxTreeBytes);
	let total = 0;
	for (const { name: full, uncompressedSize } of members) {
		const refuse = (reason) => new ZipError("bad-name", `${quote(full)} in module zip: ${reason}`);
		if (!full.startsWith(prefix)) throw refuse(`path does not have prefix ${quote(prefix)}`);
		const inner = full.slice(prefix.length);
		if (inner === "") continue;
		if (Buffer.byteLength(inner) > maxNameBytes) throw new ZipError("bad-name", `a name in the module zip is longer than ${maxNameBytes} bytes`);
		const isDir = inner.endsWith("/");
		const name = isDir ? inner.slice(0, -1) : inner;
		const reason = checkName(name, isDir, collisions);
		if (reason !== void 0) throw refuse(reason);
		if (isDir) continue;
		total += uncompressedSize;
		if (total > maxContentBytes) throw tooLarge("total uncompressed size of module contents too large", maxContentBytes);
		if (name === "go.mod" && uncompressedSize > maxGoModBytes) throw tooLarge("go.mod file too large", maxGoModBytes);
		if (name === "LICENSE" && uncompressedSize > maxLicenseBytes) throw tooLarge("LICENSE file too large", maxLicenseBytes);
	}
}
// src/gomod/zip-directory.ts
const DIRECTORY_LIMITS = {
	maxMembers: 5e5,
	maxDirectoryBytes: 128 << 20
};
const DIRECTORY_HEADER_SIGNATURE = 33639248;
const DIRECTORY_64_LOCATOR_SIGNATURE = 117853008;
const DIRECTORY_64_END_SIGNATURE = 101075792;
const DIRECTORY_HEADER_LENGTH = 46;
const DIRECTORY_END_LENGTH = 22;
const DIRECTORY_64_LOCATOR_LENGTH = 20;
const DIRECTORY_64_END_LENGTH = 56;
const ZIP64_EXTRA_ID = 1;
const UINT32_MAX = 4294967295;
function notAZip(why) {
	throw new ZipError("not-a-zip", `zip: not a valid zip file: ${why}`);
}
/** Offsets and sizes beyond 2^53 cannot be in a file, so that losing their last digits changes no answer. */
function uint64(buf, at) {
	return Number(buf.readBigUInt64LE(at));
}
function readBuffer(source, offset, length) {
	const bytes = source.read(offset, length);
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
/** Searched from the end; a comment longer than the rest of the file ends the search, as in Go. */
function findEndSignature(buf) {
	const at = buf.lastIndexOf("PK", buf.length - DIRECTORY_END_LENGTH, "latin1");
	if (at < 0 || at + DIRECTORY_END_LENGTH > buf.length) return -1;
	const comment = buf.readUInt16LE(at + DIRECTORY_END_LENGTH - 2);
	return at + DIRECTORY_END_LENGTH + comment > buf.length ? -1 : at;
}
function findEnd(source) {
	for (const want of [1024, 66560]) {
		const length = Math.min(want, source.size);
		const buf = readBuffer(source, source.size - length, length);
		const at = length < DIRECTORY_END_LENGTH ? -1 : findEndSignature(buf);
		if (at >= 0) return {
			buf: buf.subarray(at),
			offset: source.size - length + at
		};
		if (length === source.size) break;
	}
	return notAZip("no end of central directory found (was it cut off, or is it another kind of file?)");
}
/** Where the zip64 end record lies, or undefined when there is no locator for one. */
function findZip64End(source, endOffset) {
	const at = endOffset - DIRECTORY_64_LOCATOR_LENGTH;
	if (at < 0) return void 0;
	const buf = readBuffer(source, at, DIRECTORY_64_LOCATOR_LENGTH);
	return buf.readUInt32LE(0) === DIRECTORY_64_LOCATOR_SIGNATURE && buf.readUInt32LE(4) === 0 && buf.readUInt32LE(16) === 1 ? uint64(buf, 8) : void 0;
}
function readZip64End(source, at) {
	if (at + DIRECTORY_64_END_LENGTH > source.size) notAZip("the zip64 end record lies outside the file");
	const buf = readBuffer(source, at, DIRECTORY_64_END_LENGTH);
	if (buf.readUInt32LE(0) !== DIRECTORY_64_END_SIGNATURE) notAZip("no zip64 end record where it should be");
	return {
		records: uint64(buf, 32),
		size: uint64(buf, 40),
		offset: uint64(buf, 48)
	};
}
/** The directory's end record, and by how many bytes all offsets are off (a prefix before the zip). */
function readEnd(source) {
	const found = findEnd(source);
	let end = {
		records: found.buf.readUInt16LE(10),
		size: found.buf.readUInt32LE(12),
		offset: found.buf.readUInt32LE(16)
	};
	let endOffset = found.offset;
	if (end.records === 65535 || end.size === 65535 || end.offset === UINT32_MAX) {
		const at = findZip64End(source, endOffset);
		if (at !== void 0) {
			end = readZip64End(source, at);
			endOffset = at;
		}
	}
	const base = endOffset - end.size - end.offset;
	const start = base + end.offset;
	if (!(start >= 0 && start < source.size)) notAZip("its central directory lies outside the file");
	return {
		end,
		base: base > 0 && headerAt(source, end.offset) !== void 0 ? 0 : base
	};
}
function parseHeader(head, tail) {
	const nameLength = head.readUInt16LE(28);
	const extra = tail.subarray(nameLength, nameLength + head.readUInt16LE(30));
	let compressedSize = head.readUInt32LE(20);
	let uncompressedSize = head.readUInt32LE(24);
	let headerOffset = head.readUInt32LE(42);
	let needUncompressed = uncompressedSize === UINT32_MAX;
	let needCompressed = compressedSize === UINT32_MAX;
	let needOffset = headerOffset === UINT32_MAX;
	for (let at = 0; extra.length - at >= 4;) {
		const tag = extra.readUInt16LE(at);
		const size = extra.readUInt16LE(at + 2);
		at += 4;
		if (extra.length - at < size) break;
		if (tag === ZIP64_EXTRA_ID) {
			if (size < 8 * [
				needUncompressed,
				needCompressed,
				needOffset
			].filter(Boolean).length) return void 0;
			let field = at;
			const next = () => {
				field += 8;
				return uint64(extra, field - 8);
			};
			if (needUncompressed) uncompressedSize = next();
			if (needCompressed) compressedSize = next();
			if (needOffset) headerOffset = next();
			needUncompressed = needCompressed = needOffset = false;
		}
		at += size;
	}
	if (needCompressed || needOffset) return void 0;
	const name = decodeGoText(tail.subarray(0, nameLength));
	return {
		name,
		utf8: isWellFormed(name),
		method: head.readUInt16LE(10),
		crc32: head.readUInt32LE(16),
		compressedSize,
		uncompressedSize,
		hasDescriptor: (head.readUInt16LE(8) & 8) !== 0,
		headerOffset
	};
}
/** The directory header at an offset, or undefined when there is none or it is cut off or malformed. */
function headerAt(source, at) {
	if (at + DIRECTORY_HEADER_LENGTH > source.size) return void 0;
	const head = Buffer.from(source.read(at, DIRECTORY_HEADER_LENGTH));
	if (head.readUInt32LE(0) !== DIRECTORY_HEADER_SIGNATURE) return void 0;
	const tailLength = head.readUInt16LE(28) + head.readUInt16LE(30) + head.readUInt16LE(32);
	const tailAt = at + DIRECTORY_HEADER_LENGTH;
	if (tailAt + tailLength > source.size) return void 0;
	const member = parseHeader(head, readBuffer(source, tailAt, tailLength));
	return member && {
		member,
		length: DIRECTORY_HEADER_LENGTH + tailLength
	};
}
/**
* The members of a zip in directory order, as Go's `zip.NewReader` lists them: zip64, comments and a prefix
* before the zip are understood, names are not judged. Pass a `ByteSource` that is quick for small reads.
*
* @throws ZipError `not-a-zip` or, beyond the limits, `too-large`
*/
function readZipDirectory(source, limits = {}) {
	const { maxMembers, maxDirectoryBytes } = {
		...DIRECTORY_LIMITS,
		...limits
	};
	const { end, base } = readEnd(source);
	const members = [];
	const start = base + end.offset;
	let at = start;
	for (let header = headerAt(source, at); header !== void 0; header = headerAt(source, at)) {
		at += header.length;
		if (members.length >= maxMembers || at - start > maxDirectoryBytes) throw new ZipError("too-large", `the zip's directory has more than ${`${maxMembers} entries or ${maxDirectoryBytes} bytes`}`);
		const { member } = header;
		members.push(base === 0 ? member : {
			...member,
			headerOffset: member.headerOffset + base
		});
	}
	if (members.length % 65536 !== end.records % 65536) notAZip(`its directory should have ${end.records} entries, but ${members.length} can be read`);
	return members;
}
const LOCAL_HEADER_SIGNATURE = 67324752;
const LOCAL_HEADER_LENGTH = 30;
const DESCRIPTOR_SIGNATURE = 134695760;
const WINDOW_BYTES = 1 << 20;
const CHUNK_BYTES = 262144;
const STORED = 0;
const DEFLATED = 8;
/** A zip is read from front to end in many small steps: one window saves most system calls. */
var WindowedSource = class {
	size;
	#source;
	#window = /* @__PURE__ */ new Uint8Array(0);
	#start = 0;
	constructor(source) {
		this.#source = source;
		this.size = source.size;
	}
	read(offset, length) {
		if (!(offset >= 0 && offset + length <= this.size)) throw new ZipError("bad-member", `the zip refers to bytes ${offset} to ${offset + length}, but ends at ${this.size}`);
		const within = offset - this.#start;
		if (within >= 0 && within + length <= this.#window.length) return this.#window.subarray(within, within + length);
		if (length > WINDOW_BYTES / 2) {
			this.#window = /* @__PURE__ */ new Uint8Array(0);
			return this.#source.read(offset, length);
		}
		this.#window = this.#source.read(offset, Math.min(WINDOW_BYTES, this.size - offset));
		this.#start = offset;
		return this.#window.subarray(0, length);
	}
};
function memberError(code, member, why, cause) {
	return new ZipError(code, `${quote(member.name)} in zip: ${why}`, { cause });
}
function view(bytes) {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
/** Offset of a member's data; the local header's own lengths decide it, not the directory's. */
function dataOffset(source, member) {
	const head = view(source.read(member.headerOffset, LOCAL_HEADER_LENGTH));
	if (head.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) throw memberError("bad-member", member, "no local header");
	return member.headerOffset + LOCAL_HEADER_LENGTH + head.readUInt16LE(26) + head.readUInt16LE(28);
}
/** Compares CRCs as Go does: with the descriptor where there is one, else with the directory unless that is 0. */
function checkCrc(source, member, dataEnd, actual) {
	if (member.hasDescriptor) {
		const signed = view(source.read(dataEnd, 4)).readUInt32LE(0) === DESCRIPTOR_SIGNATURE;
		if (view(source.read(dataEnd + (signed ? 4 : 0), 12)).readUInt32LE(0) !== member.crc32) throw memberError("bad-crc", member, "checksum error, the data descriptor differs from the directory");
	} else if (member.crc32 === 0) return;
	if (actual !== member.crc32) throw memberError("bad-crc", member, "checksum error");
}
function inflateWhole(member, data) {
	const { uncompressedSize } = member;
	try {
		return inflateRawSync(data, {
			chunkSize: Math.max(64, uncompressedSize + 16),
			maxOutputLength: Math.max(1, uncompressedSize)
		});
	} catch (cause) {
		throw memberError("bad-member", member, "its data cannot be inflated to the declared size", cause);
	}
}
function digestWhole(member, data, sink) {
	const content = member.method === STORED ? data : inflateWhole(member, data);
	if (content.byteLength !== member.uncompressedSize) throw memberError("bad-member", member, `${content.byteLength} bytes long, not ${member.uncompressedSize}`);
	sink?.content(content);
	return {
		sha256hex: hash("sha256", content, "hex"),
		crc: crc32(content)
	};
}
function* chunks(source, offset, length) {
	for (let done = 0; done < length; done += CHUNK_BYTES) yield Buffer.from(source.read(offset + done, Math.min(CHUNK_BYTES, length - done)));
}
async function digestChunked(source, member, offset, copy) {
	const sum = createHash("sha256");
	let crc = 0;
	let length = 0;
	const sink = new Writable({ write(chunk, _encoding, done) {
		length += chunk.length;
		if (length > member.uncompressedSize) {
			done(memberError("bad-member", member, "its data is longer than declared"));
			return;
		}
		copy?.content(chunk);
		sum.update(chunk);
		crc = crc32(chunk, crc);
		done();
	} });
	const input = Readable.from(chunks(source, offset, member.compressedSize), { objectMode: false });
	try {
		if (member.method === STORED) await pipeline$1(input, sink);
		else await pipeline$1(input, createInflateRaw({ chunkSize: CHUNK_BYTES }), sink);
	} catch (cause) {
		if (cause instanceof ZipError) throw cause;
		throw memberError("bad-member", member, "its data cannot be inflated", cause);
	}
	if (length !== member.uncompressedSize) throw memberError("bad-member", member, `${length} bytes long, not ${member.uncompressedSize}`);
	return {
		sha256hex: sum.digest("hex"),
		crc
	};
}
const EMPTY_SHA256 = hash("sha256", "", "hex");
/** SHA-256 of a member's content, after size and CRC were found right. */
async function digestMember(source, member, sink) {
	const offset = dataOffset(source, member);
	const { name, method, compressedSize, uncompressedSize } = member;
	if (name.endsWith("/")) {
		if (uncompressedSize !== 0) throw memberError("bad-member", member, "a directory with data");
		return EMPTY_SHA256;
	}
	if (method !== STORED && method !== DEFLATED) throw memberError("bad-member", member, `unsupported compression algorithm ${method}`);
	const end = offset + compressedSize;
	if (end > source.size) throw memberError("bad-member", member, "its data lies outside the file");
	const digest = compressedSize <= 1048576 && uncompressedSize <= 1048576 ? digestWhole(member, source.read(offset, compressedSize), sink) : await digestChunked(source, member, offset, sink);
	checkCrc(source, member, end, digest.crc);
	return digest.sha256hex;
}
async function digestMembers(source, members, sink) {
	if (members.reduce((sum, { compressedSize }) => sum + compressedSize, 0) > source.size) throw new ZipError("bad-member", "the members of the zip overlap");
	const digests = /* @__PURE__ */ new Map();
	sink?.begin(members);
	for (const member of members) {
		if (!member.utf8) throw new ZipError("bad-name", `${quote(member.name)} in zip: invalid UTF-8`);
		sink?.member();
		digests.set(member.name, await digestMember(source, member, sink));
	}
	return members.map(({ name }) => ({
		name,
		sha256hex: digests.get(name) ?? ""
	}));
}
function hashLines(lines) {
	try {
		return hash1(lines);
	} catch (cause) {
		if (cause instanceof DirhashError) throw new ZipError("bad-name", cause.message, { cause });
		throw cause;
	}
}
/**
* Checks a zip as go does before it accepts it for a module version, and gives its h1.
*
* @throws ZipError; what `source.read` throws is passed on
*/
async function readModuleZip(source, mv, limits = {}, sink) {
	const windowed = new WindowedSource(source);
	const members = readZipDirectory(windowed, limits);
	checkModuleZip(members, source.size, mv, limits);
	const lines = await digestMembers(windowed, members, sink);
	const uncompressed = members.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
	return {
		h1: hashLines(lines),
		lines,
		uncompressed
	};
}
/**
* `readModuleZip` without the lines: the h1, the number of members, and the bytes of their contents.
*
* @throws ZipError; what `source.read` throws is passed on
*/
async function hashZip(source, mv, limits = {}, sink) {
	const { h1, lines, uncompressed } = await readModuleZip(source, mv, limits, sink);
	return {
		h1,
		members: lines.length,
		uncompressed
	};
}
const LOCAL_SIGNATURE = 67324752;
const DIRECTORY_SIGNATURE$1 = 33639248;
const END_SIGNATURE = 101010256;
const DIRECTORY_LENGTH = 46;
/** What a reader has to understand: 1.0, nothing special. */
const VERSION$1 = 10;
const UTF8_FLAG = 2048;
/** The first of January 1980, the zero of the format. */
const DATE = 33;
/**
* How a zip with these members looks when it is stored. Undefined when its bytes would not depend on names and
* contents alone or it would be beyond what go accepts: then the original has to do.
*
* The CRCs are those that the members declare: whoever writes the zip compares them with the contents.
*/
function storedZip(members) {
	if (members.length > 65534) return void 0;
	const size = members.reduce((sum, { name, uncompressedSize }) => sum + 30 + DIRECTORY_LENGTH + 2 * toByteString(name).length + uncompressedSize, 22);
	if (size > MODULE_ZIP_LIMITS.maxZipBytes || !members.every(isPlain)) return void 0;
	const at = (index) => {
		const member = members[index];
		if (member === void 0) throw new RangeError(`no member ${index} among ${members.length}`);
		return member;
	};
	return {
		size,
		header: (index) => localHeader(at(index)),
		directory: () => directoryOf(members)
	};
}
/** A CRC of 0 is one that Go does not look at, except where there is nothing to sum up. */
function isPlain({ name, utf8, crc32, uncompressedSize }) {
	const sums = uncompressedSize === 0 ? crc32 === 0 || name.endsWith("/") : crc32 !== 0;
	return utf8 && sums && name.length > 0 && toByteString(name).length <= 65535;
}
/** The fields that local and directory header share, and the name that follows the one or the other. */
function sharedFields({ name, crc32, uncompressedSize }) {
	const bytes = Buffer.from(toByteString(name), "latin1");
	const fields = Buffer.alloc(26);
	fields.writeUInt16LE(VERSION$1, 0);
	fields.writeUInt16LE(bytes.every((byte) => byte < 128) ? 0 : UTF8_FLAG, 2);
	fields.writeUInt16LE(DATE, 8);
	fields.writeUInt32LE(name.endsWith("/") ? 0 : crc32, 10);
	fields.writeUInt32LE(uncompressedSize, 14);
	fields.writeUInt32LE(uncompressedSize, 18);
	fields.writeUInt16LE(bytes.length, 22);
	return {
		fields,
		name: bytes
	};
}
/** Whether a local header, its name included, is the one that `storedZip` writes for the member. */
function hasStoredHeader(header, member) {
	return localHeader(member).equals(header);
}
function signature(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}
function localHeader(member) {
	const { fields, name } = sharedFields(member);
	return Buffer.concat([
		signature(LOCAL_SIGNATURE),
		fields,
		name
	]);
}
function directoryOf(members) {
	const parts = [];
	let offset = 0;
	let length = 0;
	for (const member of members) {
		const { fields, name } = sharedFields(member);
		const head = Buffer.alloc(DIRECTORY_LENGTH);
		head.writeUInt32LE(DIRECTORY_SIGNATURE$1, 0);
		head.writeUInt16LE(VERSION$1, 4);
		fields.copy(head, 6);
		head.writeUInt32LE(offset, 42);
		parts.push(head, name);
		offset += 30 + name.length + member.uncompressedSize;
		length += head.length + name.length;
	}
	const end = Buffer.alloc(22);
	end.writeUInt32LE(END_SIGNATURE, 0);
	end.writeUInt16LE(members.length, 8);
	end.writeUInt16LE(members.length, 10);
	end.writeUInt32LE(length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...parts, end]);
}
// src/gomod/stored-zip-stream.ts
/** Characters of all names, and of all directories in them: more than modules have, little beside what zips may cost. */
const MAX_NAMES = 8 << 20;
const MAX_TREE = 16 << 20;
/** Of a local header, and of the name behind it. */
const MAX_HEADER = 65565;
const DIRECTORY_SIGNATURE = 33639248;
/** A directory of this size has Go look for another one before it: see `readZipDirectory`. */
const AMBIGUOUS_SIZE = 65535;
/**
* The h1 of a zip that is read once, from front to end, as it comes from somebody who may not be believed. Only of one
* that is, byte for byte, what `storedZip` makes of its members: then its local headers and its directory tell the
* same, nothing lies between, before or behind them, and what was hashed is what `go` finds by the directory.
*/
var StoredZipStream = class {
	#members = [];
	#lines = [];
	/** The beginning of a header whose rest did not come yet. */
	#begun = Buffer.alloc(0);
	/** Bytes that the content of the last member still has. */
	#left = 0;
	#crc = 0;
	#sum;
	/** The directory that the zip must have, from when its members ended. */
	#directory;
	#size = 0;
	#names = 0;
	#other = false;
	/** The next bytes of the zip; they are not kept. */
	update(part) {
		this.#size += part.length;
		for (let at = 0; at < part.length && !this.#other;) if (this.#directory !== void 0) at += this.#compare(this.#directory, part.subarray(at));
		else if (this.#left > 0) at += this.#content(part.subarray(at, at + this.#left));
		else at += this.#header(part.subarray(at));
	}
	/**
	* To be called after the last byte. The h1 of what came as the zip of a module version, with every check of
	* `hashZip`; undefined when it has another form or is no such zip: who wants to know more has to read it anew.
	*/
	finish(mv) {
		if (this.#other || this.#directory?.length !== 0) return void 0;
		try {
			checkModuleZip(this.#members, this.#size, mv, { maxTreeBytes: MAX_TREE });
			return hash1(this.#lines);
		} catch (error) {
			if (error instanceof ZipError || error instanceof DirhashError) return void 0;
			throw error;
		}
	}
	/** Takes what there is of a header; returns how many bytes that are. */
	#header(rest) {
		const begun = this.#begun;
		const bytes = begun.length === 0 ? rest : Buffer.concat([begun, rest.subarray(0, MAX_HEADER)]);
		const need = bytes.length < 30 ? 30 : 30 + bytes.readUInt16LE(26);
		if (bytes.length >= 4 && bytes.readUInt32LE(0) === DIRECTORY_SIGNATURE) {
			this.#begun = Buffer.alloc(0);
			this.#endMembers();
			if (this.#directory !== void 0 && begun.length > 0) this.#compare(this.#directory, begun);
			return 0;
		}
		if (bytes.length < need) {
			this.#begun = Buffer.from(bytes);
			return bytes.length - begun.length;
		}
		this.#begun = Buffer.alloc(0);
		this.#begin(bytes.subarray(0, need));
		return need - begun.length;
	}
	#begin(header) {
		const name = decodeGoText(header.subarray(30));
		const size = header.readUInt32LE(22);
		const member = {
			name,
			utf8: isWellFormed(name),
			method: 0,
			crc32: header.readUInt32LE(14),
			compressedSize: size,
			uncompressedSize: size,
			hasDescriptor: false,
			headerOffset: 0
		};
		this.#names += name.length;
		const isDir = name.endsWith("/");
		if (!hasStoredHeader(header, member) || isDir && size > 0 || this.#names > MAX_NAMES || this.#members.length === 65534) {
			this.#other = true;
			return;
		}
		this.#members.push(member);
		this.#left = size;
		this.#crc = 0;
		this.#sum = void 0;
		if (size === 0) this.#endMember(hash("sha256", "", "hex"));
	}
	#content(part) {
		const last = part.length === this.#left;
		this.#left -= part.length;
		this.#crc = crc32(part, this.#crc);
		if (last && this.#sum === void 0) this.#endMember(hash("sha256", part, "hex"));
		else {
			this.#sum ??= createHash("sha256");
			this.#sum.update(part);
			if (last) this.#endMember(this.#sum.digest("hex"));
		}
		return part.length;
	}
	#endMember(sha256hex) {
		const member = this.#members.at(-1);
		if (member === void 0 || member.crc32 !== this.#crc) this.#other = true;
		else this.#lines.push({
			name: member.name,
			sha256hex
		});
	}
	#endMembers() {
		const directory = storedZip(this.#members)?.directory();
		if (directory === void 0 || directory.length - 22 === AMBIGUOUS_SIZE) this.#other = true;
		else this.#directory = directory;
	}
	/** Compares what came with what must come; returns how many bytes that are. */
	#compare(directory, part) {
		if (!directory.subarray(0, part.length).equals(part)) this.#other = true;
		this.#directory = directory.subarray(part.length);
		return part.length;
	}
};
// src/gomod/go-version.ts
const NUMBER = "(0|[1-9][0-9]*)";
const VERSION = new RegExp(`^${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|([a-z]+)${NUMBER}?)?)?$`);
function parse(version) {
	const m = VERSION.exec(version);
	if (m === null) return void 0;
	const [, major = "", minor, patch, kind = "", pre = ""] = m;
	if (minor === void 0) return {
		major,
		minor: "0",
		patch: "0",
		kind: "",
		pre: ""
	};
	const noPatch = kind === "" && compareNumber(minor, "21") < 0 ? "0" : "";
	return {
		major,
		minor,
		patch: patch ?? noPatch,
		kind,
		pre
	};
}
function compareText(a, b) {
	return a === b ? 0 : a < b ? -1 : 1;
}
/** Decimal strings without leading zeros, of any length; an empty one is less than all others. */
function compareNumber(a, b) {
	if (a.length !== b.length) return a.length < b.length ? -1 : 1;
	return compareText(a, b);
}
/** Whether go reads the text as a version of Go; without `go` in front. */
function isGoVersion(version) {
	return parse(version) !== void 0;
}
/**
* The order of Go versions without `go` in front: 1.21 < 1.21rc1 < 1.21.0. What is malformed is less than every
* version, and equal to all that is malformed.
*/
function compareGoVersions(a, b) {
	const x = parse(a);
	const y = parse(b);
	if (x === void 0 || y === void 0) return x === y ? 0 : x === void 0 ? -1 : 1;
	return compareNumber(x.major, y.major) || compareNumber(x.minor, y.minor) || compareNumber(x.patch, y.patch) || compareText(x.kind, y.kind) || compareNumber(x.pre, y.pre);
}
/** Whether the version names a language, such as 1.21, and no release of it. */
function isGoLanguage(version) {
	const parsed = parse(version);
	return parsed !== void 0 && parsed.patch === "" && parsed.kind === "" && parsed.pre === "";
}
/** The language of a release: 1.21 of 1.21.3; empty when the version is malformed. */
function goLanguage(version) {
	const parsed = parse(version);
	if (parsed === void 0) return "";
	return parsed.major === "1" && parsed.minor === "0" ? parsed.major : `${parsed.major}.${parsed.minor}`;
}
/** The version in the name of a toolchain: 1.21.3 of `go1.21.3-acme`; empty when it is no such name. */
function goVersionOfToolchain(name) {
	if (!name.startsWith("go") || /[\\/]/.test(name)) return "";
	const version = name.slice(2).replace(/[ \t-].*$/s, "");
	return isGoVersion(version) ? version : "";
}
// src/gomod/version-range.ts
/** Longest range that is read; no range that a person writes comes near. */
const MAX_LENGTH = 2048;
const HELP = "write something like <v1.2.3, >=v1.2.0 <v1.5.0, v1.2.3 || v1.2.4, or *";
/** The range that a text means, or in words why it is none; the words follow the text as a sentence would. */
function parseRange(text) {
	if (text.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
	const range = [];
	for (const part of text.split("||")) {
		const alternative = parseAlternative(part.trim());
		if (typeof alternative === "string") return { problem: alternative };
		range.push(alternative);
	}
	return { range };
}
function parseAlternative(text) {
	if (text === "") return `has an empty part; ${HELP}`;
	if (text === "*") return [];
	const comparators = [];
	for (const word of text.replaceAll(/([<>=])[ \t]+/g, "$1").split(/[ \t]+/)) {
		const comparator = parseComparator(word);
		if (typeof comparator === "string") return comparator;
		comparators.push(comparator);
	}
	return contradiction(comparators) ?? comparators;
}
function parseComparator(word) {
	const [, sign = "", version = ""] = /^(<=|>=|<|>|=)?(.*)$/s.exec(word) ?? [];
	if (word.includes(",")) return `has a comma; put a space between bounds that must both hold; ${HELP}`;
	if (/^[~^]/.test(word) || /\.[xX*]$/.test(version)) return "has a short form that Go does not know; write both bounds, like >=v1.2.0 <v1.3.0";
	if (/^[0-9]/.test(version)) return "lacks the v that Go versions start with; write v1.2.3";
	if (!isValid(version)) return `is not a range of versions; ${HELP}`;
	const operator = sign === "" ? "=" : sign;
	if (!/^v\d+\.\d+\.\d/.test(version) && operator !== "<" && operator !== ">=") return "leaves open which versions a short one stands for; write all three numbers, like v1.2.0, or >=v1.2 <v1.3";
	return {
		operator,
		version
	};
}
/** Why no version can satisfy all comparators; such a rule would silently never apply. */
function contradiction(comparators) {
	for (const low of comparators) {
		if (low.operator.startsWith("<")) continue;
		for (const high of comparators) {
			if (high.operator.startsWith(">")) continue;
			const order = compareVersions(low.version, high.version);
			const both = !/^[<>]$/.test(low.operator) && !/^[<>]$/.test(high.operator);
			if (order > 0 || order === 0 && !both) return "fits no version at all; check its bounds";
		}
	}
}
/** Whether a version lies in a range. What is no version (a branch, a commit) lies in `*` only. */
function inRange(range, version) {
	const known = isValid(version);
	return range.some((comparators) => comparators.length === 0 || known && comparators.every((one) => holds(one, version)));
}
function holds({ operator, version: bound }, version) {
	const order = compareVersions(version, bound);
	switch (operator) {
		case "=": return order === 0;
		case "<": return order < 0;
		case "<=": return order <= 0;
		case ">": return order > 0;
		case ">=": return order >= 0;
	}
}
// src/gomod/go-range.ts
const TERM = /^(<=|>=|<|>|=)?(?:go)?([0-9][0-9a-z.]*?)(\.\*)?(-[\w.+-]+)?$/;
const COMPARE = {
	"<": (order) => order < 0,
	"<=": (order) => order <= 0,
	">": (order) => order > 0,
	">=": (order) => order >= 0,
	"=": (order) => order === 0
};
function readTerm(text) {
	const m = TERM.exec(text);
	if (m === null) return void 0;
	const [, operator, wanted = "", star, suffix = ""] = m;
	if (goVersionOfToolchain(`go${wanted}`) === "") return void 0;
	if (star !== void 0) {
		if (operator !== void 0 || goLanguage(wanted) !== wanted && wanted !== "1") return void 0;
		return {
			test: (wanted === "1" ? (version) => /^1(?:\.|$)/.test(version) : void 0) ?? ((version) => goLanguage(version) === wanted),
			suffix
		};
	}
	const holds = COMPARE[operator ?? "="];
	if (holds === void 0) return void 0;
	const language = operator === "<=" || operator === ">" ? isGoLanguage(wanted) : false;
	return {
		test: (version) => {
			return language && goLanguage(version) === wanted ? operator === "<=" : holds(compareGoVersions(version, wanted));
		},
		suffix
	};
}
function readRange(range) {
	const alternatives = [];
	for (const alternative of range.split("||")) {
		const terms = [];
		for (const word of alternative.trim().split(/\s+/)) {
			const term = readTerm(word);
			if (term === void 0) return void 0;
			terms.push(term);
		}
		alternatives.push(terms);
	}
	return alternatives;
}
/**
* Reads such a set; undefined when it is malformed. The answer tells of a toolchain (`go1.26.3`,
* `go1.26.3-acme`) or a bare version whether it is in the set: a name with a suffix is only in sets that write
* the same suffix, and what go does not read as a version is in none.
*/
function goRange(range) {
	const alternatives = readRange(range);
	if (alternatives === void 0) return void 0;
	return (toolchain) => {
		const name = toolchain.startsWith("go") ? toolchain : `go${toolchain}`;
		const version = goVersionOfToolchain(name);
		if (version === "") return false;
		const suffix = name.slice(2 + version.length);
		return alternatives.some((terms) => terms.every((term) => term.suffix === suffix && term.test(version)));
	};
}
// src/gomod/modfile/json.ts
function goModJson(mod, form) {
	const godebug = godebugJson(mod.godebug.filter(({ key }) => key !== ""));
	return inForm(form, {
		Module: {
			Path: utf8(mod.module?.path.value ?? ""),
			...mod.module?.deprecated ? { Deprecated: utf8(mod.module.deprecated) } : {}
		},
		...mod.go && { Go: mod.go.value.value },
		...mod.toolchain && { Toolchain: utf8(mod.toolchain.value.value) },
		...godebug.length > 0 ? { GoDebug: godebug } : {},
		Require: orNull(mod.require.filter(({ path }) => path.value !== "").map(({ path, version, indirect }) => ({
			...moduleVersion(path.value, version.value),
			...indirect ? { Indirect: true } : {}
		}))),
		Exclude: orNull(unique(mod.exclude, ({ path, version }) => `${path.value}\n${version.value}`).filter(({ path }) => path.value !== "").map(({ path, version }) => moduleVersion(path.value, version.value))),
		Replace: replaceJson(mod.replace),
		Retract: orNull(mod.retract.filter(({ low, high }) => low.value !== "" || high.value !== "").map(({ low, high, rationale }) => ({
			...low.value === "" ? {} : { Low: utf8(low.value) },
			...high.value === "" ? {} : { High: utf8(high.value) },
			...rationale === "" ? {} : { Rationale: utf8(rationale) }
		}))),
		Tool: orNull(unique(mod.tool, ({ value }) => value.value).map(({ value }) => ({ Path: utf8(value.value) }))),
		Ignore: orNull(unique(mod.ignore, ({ value }) => value.value).map(({ value }) => ({ Path: utf8(value.value) })))
	});
}
function goWorkJson(work, form) {
	const godebug = godebugJson(work.godebug);
	return inForm(form, {
		...work.go && { Go: work.go.value.value },
		...form !== "1.26" && work.toolchain && { Toolchain: utf8(work.toolchain.value.value) },
		...form !== "1.26" && godebug.length > 0 ? { Godebug: godebug } : {},
		Use: orNull(work.use.filter(({ value }) => value.value !== "").map(({ value }) => ({ DiskPath: utf8(value.value) }))),
		Replace: replaceJson(work.replace)
	});
}
function inForm(form, json) {
	if (form === "1.26") return json;
	return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}
function godebugJson(godebug) {
	return godebug.map(({ key, value }) => ({
		Key: utf8(key),
		Value: utf8(value)
	}));
}
/** Of several replaces of the same module and version the last one counts, in its place. */
function replaceJson(replace) {
	return orNull(unique([...replace].reverse(), (old) => `${old.oldPath.value}\n${old.oldVersion?.value ?? ""}`).reverse().filter(({ oldPath }) => oldPath.value !== "").map(({ oldPath, oldVersion, newPath, newVersion }) => ({
		Old: moduleVersion(oldPath.value, oldVersion?.value),
		New: moduleVersion(newPath.value, newVersion?.value)
	})));
}
function moduleVersion(path, version) {
	return version ? {
		Path: utf8(path),
		Version: version
	} : { Path: utf8(path) };
}
/** The items whose key did not come before. */
function unique(items, key) {
	const seen = /* @__PURE__ */ new Set();
	return items.filter((item) => {
		const before = seen.size;
		return seen.add(key(item)).size > before;
	});
}
function orNull(list) {
	return list.length === 0 ? null : list;
}
/** Go's encoder writes U+FFFD for every byte that is no UTF-8. */
function utf8(text) {
	return text.replace(/\p{Surrogate}/gu, "�");
}
// src/gomod/modfile/problems.ts
/** A file that go refuses. The message is what go prints: `go.mod:L[:C]: why`, a line a problem. */
var GoModError = class extends Error {
	name = "GoModError";
	code;
	/** In the order in which go tells them; there is at least one. */
	problems;
	/** Of the first problem, from 1. */
	line;
	/** From 1, in code points, as go counts. */
	column;
	/** The same column in UTF-16 units, as editors count. */
	utf16;
	constructor(code, file, problems) {
		super(problems.map((problem) => problemLine(file, problem)).join("\n"));
		const { start } = problems[0].span;
		this.code = code;
		this.problems = problems;
		this.line = start.line;
		this.column = start.column;
		this.utf16 = start.utf16;
	}
};
/** A problem as go prints it; the column only where go does. */
function problemLine(file, { message, span, hasColumn }) {
	const { line, column } = span.start;
	return `${file}:${line}${hasColumn ? `:${column}` : ""}: ${message}`;
}
// src/gomod/modfile/token-list.ts
/**
* All tokens of a file in order, comments and line ends among them. What lies between two of them, and in front of the
* first, is blank; behind the last is what go did not read after an error.
*/
function* tokensOf({ source, tokens }) {
	for (let i = 0; i < tokens.length; i++) {
		const [start, end] = [tokens.start(i), tokens.end(i)];
		const text = source.text(start, end);
		yield {
			kind: kindOf(text),
			text,
			span: source.span(start, end)
		};
	}
}
function kindOf(text) {
	if (text === "") return "end";
	if (text === "\n") return "newline";
	if (/^[()[\]{},]/.test(text)) return text;
	if (text.startsWith("//")) return "comment";
	return /^["`]/.test(text) ? "string" : "word";
}
/** The bytes of the file again, put together from its tokens and what lies between them. */
function printSyntax({ source, tokens }) {
	const pieces = [];
	let at = 0;
	for (let i = 0; i < tokens.length; i++) {
		pieces.push(source.raw.slice(at, tokens.start(i)), source.raw.slice(tokens.start(i), tokens.end(i)));
		at = tokens.end(i);
	}
	pieces.push(source.raw.slice(at));
	return Buffer.from(pieces.join(""), "latin1");
}
// src/gomod/glob-syntax.ts
/**
* Why go could not use a text as one glob (`path.Match` syntax), or undefined when it can. Go itself says nothing:
* a malformed glob in GOPRIVATE just matches nothing, which in a list of what is denied allows everything.
*/
function globProblem(glob) {
	for (let i = 0; i < glob.length;) {
		const ch = glob.charAt(i);
		if (ch === "\\") {
			if (i + 1 >= glob.length) return "ends with a backslash, which escapes nothing";
			i += 2;
		} else if (ch === "[") {
			const end = classEnd(glob, i + 1);
			if (typeof end === "string") return end;
			i = end;
		} else i++;
	}
}
/** The index behind the class that starts at `from`, or what is wrong with it. */
function classEnd(glob, from) {
	const unclosed = "has a [ without its ]; write \\[ for the character itself";
	let i = glob.charAt(from) === "^" ? from + 1 : from;
	for (let count = 0;; count++) {
		if (i >= glob.length) return unclosed;
		if (glob.charAt(i) === "]" && count > 0) return i + 1;
		const low = classCharacter(glob, i);
		if (low === void 0) return "has an empty or unfinished range in its [ ]";
		i = low;
		if (glob.charAt(i) === "-") {
			const high = classCharacter(glob, i + 1);
			if (high === void 0) return "has an empty or unfinished range in its [ ]";
			i = high;
		}
	}
}
/** The index behind one character of a class; undefined when there is none. */
function classCharacter(glob, at) {
	const ch = glob.charAt(at);
	if (ch === "" || ch === "-" || ch === "]") return void 0;
	const from = ch === "\\" ? at + 1 : at;
	const code = glob.codePointAt(from);
	return code === void 0 ? void 0 : from + (code > 65535 ? 2 : 1);
}
export { GoModError, StoredZipStream, ZipError, compareGoVersions, foldCase, globProblem, goLanguage, goModJson, goRange, goVersionOfToolchain, goWorkJson, hashZip, inRange, isGoLanguage, isGoVersion, parseRange, printSyntax, problemLine, readModuleZip, storedZip, tokensOf };
