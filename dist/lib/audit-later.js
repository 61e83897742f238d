import { BatchError } from "./audit.js";
import { crc32, inflateRawSync } from "node:zlib";
// src/audit/gzip-member.ts
const MIN_HEADER = 10;
const TRAILER = 8;
const CHUNK = 65536;
/** Longest extra field, name and comment in front of the data. */
const MAX_HEADER = 65536;
const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 224;
/** Whether bytes begin as gzip does (RFC 1952). */
function isGzip(bytes) {
	return bytes[0] === 31 && bytes[1] === 139;
}
/**
* Inflates the gzip member at `start` and nothing behind it: Node's gunzip joins members and passes over what follows
* them, so that two readers could take the same file for two contents. Holds at most `limit` bytes and one chunk.
* Throws BatchError: `too-large` past the limit, `not-gzip` for anything that is no whole, undamaged member.
*/
function inflateMember(bytes, start, limit) {
	const data = headerEnd(bytes, start);
	const { buffer: content, used } = inflate(bytes.subarray(data), limit, declared(bytes, data, limit));
	const trailer = data + used;
	if (trailer + TRAILER > bytes.length) throw damaged("it ends before its checksum");
	if (bytes.readUInt32LE(trailer) !== crc32(content)) throw damaged("its checksum is another");
	if (bytes.readUInt32LE(trailer + 4) !== content.length) throw damaged("its length is another");
	return {
		content,
		end: trailer + TRAILER
	};
}
function headerEnd(bytes, start) {
	if (bytes.length - start < 18 || !isGzip(bytes.subarray(start))) throw damaged("it does not begin as one");
	const flags = bytes[start + 3] ?? 0;
	if (bytes[start + 2] !== 8 || (flags & RESERVED) !== 0) throw damaged("it uses what RFC 1952 leaves open");
	let at = start + MIN_HEADER;
	if (flags & FEXTRA && at + 2 <= bytes.length) at += 2 + bytes.readUInt16LE(at);
	for (const flag of [FNAME, FCOMMENT]) {
		if ((flags & flag) === 0) continue;
		const zero = bytes.subarray(0, start + MAX_HEADER).indexOf(0, at);
		if (zero < 0) throw damaged("its header does not end");
		at = zero + 1;
	}
	if (flags & FHCRC && at + 2 <= bytes.length) {
		if (bytes.readUInt16LE(at) !== (crc32(bytes.subarray(start, at)) & 65535)) throw damaged("the checksum of its header is another");
		at += 2;
	}
	if (at + TRAILER > bytes.length) throw damaged("it ends in its header");
	return at;
}
/** The length that the end of the file tells, where it can be true: one chunk of that size saves a copy. */
function declared(bytes, data, limit) {
	const length = bytes.readUInt32LE(bytes.length - 4);
	return length < limit && length <= 1032 * (bytes.length - data) ? length + 1 : CHUNK;
}
function inflate(bytes, limit, chunkSize) {
	const options = {
		maxOutputLength: limit,
		chunkSize: Math.max(chunkSize, 64),
		info: true
	};
	try {
		const result = inflateRawSync(bytes, options);
		return {
			buffer: result.buffer,
			used: result.engine.bytesWritten
		};
	} catch (error) {
		if (error.code === "ERR_BUFFER_TOO_LARGE") throw new BatchError("too-large", `the gzip data inflates to more than ${limit} bytes`, { cause: error });
		throw damaged(error instanceof Error ? error.message : String(error), error);
	}
}
function damaged(why, cause) {
	return new BatchError("not-gzip", `the bytes are no whole gzip member: ${why}`, { cause });
}
// src/audit/strict-json.ts
/** Levels of objects and arrays in a value; records have three. */
const MAX_DEPTH = 16;
/** Fields of an object; records have some twenty. More are looked at by nobody, and a million of them take seconds. */
const MAX_FIELDS = 1e3;
/**
* The object that a line is, and only one reading of it: no name twice in an object, none that JavaScript takes for
* a prototype, no depth that would exhaust the stack of whoever walks it, no end of fields. Throws SyntaxError with words in one line
* that hold no text of the line.
*/
function parseLine(line) {
	if (line.charCodeAt(0) !== 123 || line.charCodeAt(line.length - 1) !== 125) throw new SyntaxError("is no JSON object, or something stands before or after it");
	let value;
	try {
		value = JSON.parse(line);
	} catch {
		throw new SyntaxError("is no JSON");
	}
	walk(value, 1);
	if (JSON.stringify(value) !== line) refuseTwice(line);
	return value;
}
function walk(value, depth) {
	if (typeof value !== "object" || value === null) return;
	if (depth > MAX_DEPTH) throw new SyntaxError(`is nested deeper than ${MAX_DEPTH} levels`);
	if (Array.isArray(value)) {
		for (const item of value) if (typeof item === "object") walk(item, depth + 1);
		return;
	}
	let fields = 0;
	for (const key in value) {
		if (++fields > MAX_FIELDS) throw new SyntaxError(`has more than ${MAX_FIELDS} fields in one object`);
		if (key === "__proto__") throw new SyntaxError("has a field __proto__");
		const item = value[key];
		if (typeof item === "object") walk(item, depth + 1);
	}
}
const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
/** Throws where an object of valid JSON has a name twice; two ways to write a name are one name. */
function refuseTwice(json) {
	const open = [];
	let from = 0;
	let to = 0;
	for (let at = 0; at < json.length; at++) {
		const code = json.charCodeAt(at);
		if (code === QUOTE) {
			from = at;
			at = stringEnd(json, at);
			to = at + 1;
		} else if (code === OPEN_OBJECT || code === OPEN_ARRAY) open.push(void 0);
		else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop();
		else if (code === COLON) open.push(withName(open.pop(), nameOf(json.slice(from, to))));
	}
}
/** Where the string that begins at a quote ends. */
function stringEnd(json, quote) {
	for (let end = json.indexOf("\"", quote + 1);; end = json.indexOf("\"", end + 1)) {
		let slashes = 0;
		while (json.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
		if (slashes % 2 === 0) return end;
	}
}
function nameOf(literal) {
	return literal.includes("\\") ? JSON.parse(literal) : literal.slice(1, -1);
}
function withName(names, name) {
	if (names === void 0) return name;
	const all = typeof names === "string" ? /* @__PURE__ */ new Set([names]) : names;
	if (all.has(name)) throw new SyntaxError("has a field twice");
	return all.add(name);
}
export { inflateMember, isGzip, parseLine };
