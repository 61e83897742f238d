import { createHash, hash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline as pipeline$1 } from "node:stream/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { isAscii, isUtf8 } from "node:buffer";
// src/gomod/dirhash.ts
/** A file name that `h1:` cannot express. */
var DirhashError = class extends Error {
	name = "DirhashError";
	code = "newline-in-name";
};
/**
* Order of the UTF-8 bytes. It differs from the order of UTF-16 units only where surrogates meet U+E000 to
* U+FFFF.
*/
function compareBytes(a, b) {
	return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}
function compareUnits(a, b) {
	return a < b ? -1 : a > b ? 1 : 0;
}
/** `h1:` over the lines, sorted by name. Throws `DirhashError` for a name with a newline, as Go does. */
function hash1(lines) {
	const sorted = [...lines];
	const compare = sorted.some(({ name }) => /[\ud800-\udfff]/.test(name)) ? compareBytes : compareUnits;
	sorted.sort((a, b) => compare(a.name, b.name));
	const sum = createHash("sha256");
	for (const { name, sha256hex } of sorted) {
		if (name.includes("\n")) throw new DirhashError("dirhash: filenames with newlines are not supported");
		sum.update(`${sha256hex}  ${name}\n`, "utf8");
	}
	return `h1:${sum.digest("base64")}`;
}
/** The `h1:` that stands in a `/go.mod` line of go.sum, of the bytes of a go.mod file. */
function hashGoMod(bytes) {
	return hash1([{
		name: "go.mod",
		sha256hex: hash("sha256", bytes, "hex")
	}]);
}
// src/gomod/go-text.ts
/**
* Text as Go sees it: bytes that are mostly UTF-8. In a JavaScript string a byte that is no UTF-8 stands as
* the lone surrogate U+DC00 + byte, so that nothing is lost and `isWellFormed` tells whether it was valid.
*/
const BYTE_SURROGATE = 56320;
/** Decodes bytes; invalid ones become lone surrogates, one a byte, as Go counts them. */
function decodeGoText(bytes) {
	if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
	const raw = Buffer.from(bytes).toString("latin1");
	let out = "";
	for (let i = 0; i < raw.length;) {
		const { rune, size } = decodeRune(raw, i);
		out += rune < 0 ? String.fromCharCode(BYTE_SURROGATE + raw.charCodeAt(i)) : String.fromCodePoint(rune);
		i += size;
	}
	return out;
}
/** Whether a string has no lone surrogate, so was valid UTF-8. */
function isWellFormed(text) {
	return !/\p{Surrogate}/u.test(text);
}
/** The UTF-8 bytes of a string, one byte a character (latin1), with lone byte surrogates turned back. */
function toByteString(text) {
	if (/^[\x00-\x7f]*$/.test(text)) return text;
	if (isWellFormed(text)) return Buffer.from(text, "utf8").toString("latin1");
	let out = "";
	for (const ch of text) {
		const cp = ch.codePointAt(0) ?? 0;
		if (cp >= BYTE_SURROGATE && cp <= 56575) out += String.fromCharCode(cp - BYTE_SURROGATE);
		else out += Buffer.from(ch, "utf8").toString("latin1");
	}
	return out;
}
/** One rune of a byte string at `at`; `rune` is -1 and `size` 1 where the bytes are no UTF-8. */
function decodeRune(raw, at) {
	const first = raw.charCodeAt(at);
	if (first < 128) return {
		rune: first,
		size: 1
	};
	const size = first >= 240 && first < 248 ? 4 : first >= 224 ? 3 : first >= 194 ? 2 : 0;
	if (size === 0 || first >= 248 || at + size > raw.length) return {
		rune: -1,
		size: 1
	};
	let rune = first & 255 >> size + 1;
	for (let k = 1; k < size; k++) {
		const next = raw.charCodeAt(at + k);
		if ((next & 192) !== 128) return {
			rune: -1,
			size: 1
		};
		rune = rune << 6 | next & 63;
	}
	if (size === 3 && rune < 2048 || size === 4 && rune < 65536 || rune > 1114111 || rune >= 55296 && rune <= 57343) return {
		rune: -1,
		size: 1
	};
	return {
		rune,
		size
	};
}
const SHORT_ESCAPES = /* @__PURE__ */ new Map([
	[7, "\\a"],
	[8, "\\b"],
	[12, "\\f"],
	[10, "\\n"],
	[13, "\\r"],
	[9, "\\t"],
	[11, "\\v"]
]);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const isPrintHere = (codePoint) => PRINTABLE.test(String.fromCodePoint(codePoint));
function hex(value, digits) {
	return value.toString(16).padStart(digits, "0");
}
function escapeRune(ch, delimiter, isPrint) {
	if (ch === delimiter || ch === "\\") return `\\${ch}`;
	const cp = ch.codePointAt(0) ?? 0;
	if (cp >= 56448 && cp <= 56575) return `\\x${hex(cp - BYTE_SURROGATE, 2)}`;
	if (cp >= 55296 && cp <= 57343) return "\\ufffd";
	if (isPrint(cp)) return ch;
	const short = SHORT_ESCAPES.get(cp);
	if (short !== void 0) return short;
	if (cp < 32 || cp === 127) return `\\x${hex(cp, 2)}`;
	return cp < 65536 ? `\\u${hex(cp, 4)}` : `\\U${hex(cp, 8)}`;
}
/** A string as Go's `%q` prints it: safe to show, whatever it holds. */
function quote(text, isPrint = isPrintHere) {
	let out = "\"";
	for (const ch of text) out += escapeRune(ch, "\"", isPrint);
	return `${out}"`;
}
/** One character as Go's `%q` prints a rune. */
function quoteRune(ch, isPrint = isPrintHere) {
	return `'${escapeRune(ch, "'", isPrint)}'`;
}
/** White space as Go's `unicode.IsSpace` has it (with U+0085, without U+FEFF, unlike `\s`). */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
/** Go's `strings.TrimSpace`. By hand, because an expression that ends in `+$` takes a square of time on inner space. */
function trimSpace(text) {
	let start = 0;
	let end = text.length;
	while (start < end && SPACE.test(text.charAt(start))) start++;
	while (end > start && SPACE.test(text.charAt(end - 1))) end--;
	return text.slice(start, end);
}
/** Go's `strings.Fields`. */
function fields(text) {
	return text.split(SPACE).filter((part) => part !== "");
}
/** Whether the text holds white space as Go knows it. */
function hasSpace(text) {
	return SPACE.test(text);
}
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
// src/gomod/errors.ts
/** A module path or version that Go would refuse; the message is Go's own text. */
var ModuleError = class extends Error {
	name = "ModuleError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/gomod/version.ts
const NUMBER$1 = "(0|[1-9][0-9]*)";
const IDENT$1 = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const SEMVER = new RegExp(`^v${NUMBER$1}(?:\\.${NUMBER$1}(?:\\.${NUMBER$1}(-${IDENT$1}(?:\\.${IDENT$1})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)?)?$`);
function parse$1(v) {
	const m = SEMVER.exec(v);
	if (m === null) return void 0;
	const [, major = "", minor = "0", patch = "0", prerelease = ""] = m;
	return {
		major,
		minor,
		patch,
		prerelease
	};
}
/** One version is mostly asked several things in a row; most of the time of reading a go.mod went into that. */
let lastValid = "v0.0.0";
/** Whether v is a semantic version as Go writes them: `v` first, `v1` and `v1.2` allowed. */
function isValid(v) {
	if (v === lastValid) return true;
	if (!SEMVER.test(v)) return false;
	lastValid = v;
	return true;
}
/** The version with all three numbers and without build metadata; empty when v is invalid. */
function canonical(v) {
	if (!isValid(v)) return "";
	const plus = v.indexOf("+");
	if (plus >= 0) return v.slice(0, plus);
	const dot = v.indexOf(".");
	if (dot < 0) return `${v}.0.0`;
	return v.includes(".", dot + 1) ? v : `${v}.0`;
}
/** `v2` of `v2.1.0`; empty when v is invalid. */
function major(v) {
	if (!isValid(v)) return "";
	const dot = v.indexOf(".");
	return dot < 0 ? v : v.slice(0, dot);
}
/** `-pre` of `v2.1.0-pre+meta`; empty when there is none. */
function prerelease(v) {
	return parse$1(v)?.prerelease ?? "";
}
/** `+meta` of `v2.1.0+meta`; empty when there is none. */
function build(v) {
	const plus = v.indexOf("+");
	return plus >= 0 && isValid(v) ? v.slice(plus) : "";
}
/** `canonical`, but the suffix `+incompatible` is kept: the form in which go asks a proxy. */
function canonicalModuleVersion(v) {
	const cv = canonical(v);
	return build(v) === "+incompatible" ? `${cv}+incompatible` : cv;
}
function compareText$1(a, b) {
	return a === b ? 0 : a < b ? -1 : 1;
}
/** Decimal strings without leading zeros, of any length. */
function compareNumber$1(a, b) {
	if (a.length !== b.length) return a.length < b.length ? -1 : 1;
	return compareText$1(a, b);
}
function compareIdent(a, b) {
	const aNumeric = /^[0-9]+$/.test(a);
	if (aNumeric !== /^[0-9]+$/.test(b)) return aNumeric ? -1 : 1;
	return aNumeric ? compareNumber$1(a, b) : compareText$1(a, b);
}
function comparePrerelease(a, b) {
	if (a === b) return 0;
	if (a === "") return 1;
	if (b === "") return -1;
	const as = a.slice(1).split(".");
	const bs = b.slice(1).split(".");
	for (let i = 0;; i++) {
		const x = as[i];
		const y = bs[i];
		if (x === void 0 || y === void 0) return compareNumber$1(String(as.length), String(bs.length));
		const order = compareIdent(x, y);
		if (order !== 0) return order;
	}
}
/**
* Semantic precedence; build metadata does not count. An invalid version is less than every valid one, and
* all invalid versions are equal.
*/
function compareVersions(a, b) {
	const x = parse$1(a);
	const y = parse$1(b);
	if (x === void 0 || y === void 0) return x === y ? 0 : x === void 0 ? -1 : 1;
	return compareNumber$1(x.major, y.major) || compareNumber$1(x.minor, y.minor) || compareNumber$1(x.patch, y.patch) || comparePrerelease(x.prerelease, y.prerelease);
}
const PSEUDO = /^v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
/** Whether v has one of the forms that go gives to a commit without a tag. */
function isPseudo(v) {
	return isValid(v) && PSEUDO.test(v);
}
function pseudoError(v, why) {
	return new ModuleError("malformed-pseudo-version", `pseudo-version ${quote(v)} invalid: ${why}`);
}
function splitPseudo(v) {
	if (!isPseudo(v)) throw pseudoError(v, "syntax error");
	const meta = build(v);
	const bare = v.slice(0, v.length - meta.length);
	const dash = bare.lastIndexOf("-");
	const head = bare.slice(0, dash);
	const rev = bare.slice(dash + 1);
	const at = Math.max(head.lastIndexOf("-"), head.lastIndexOf("."));
	return {
		base: head.slice(0, at),
		stamp: head.slice(at + 1),
		rev,
		build: meta
	};
}
/** The commit time of a pseudo-version, RFC 3339 in UTC. Throws `ModuleError`. */
function pseudoTime(v) {
	const { stamp } = splitPseudo(v);
	const m = /^(....)(..)(..)(..)(..)(..)$/.exec(stamp);
	const text = m === null ? "" : `${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`;
	if (!isRfc3339(text)) throw pseudoError(v, `malformed time ${quote(stamp)}`);
	return text;
}
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;
/** Whether text is a time as Go's `time.RFC3339` accepts it, the day of the month included. */
function isRfc3339(text) {
	const m = RFC3339.exec(text);
	if (m === null) return false;
	const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = m.slice(1).map((part) => Number(part ?? 0));
	const days = [
		31,
		year % 4 === 0 && year % 100 !== 0 || year % 400 === 0 ? 29 : 28,
		31,
		30,
		31,
		30,
		31,
		31,
		30,
		31,
		30,
		31
	][month - 1] ?? 0;
	return day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60;
}
// src/gomod/globs.ts
/**
* Globs as GOPRIVATE has them (`module.MatchPrefixPatterns` over `path.Match`): N slashes match the first N+1
* elements of a path, `*` and `?` do not cross a slash, and a malformed glob matches nothing.
*
* Everything here works on bytes (one a character), because Go tries `*` at every byte.
*/
/** Whether one of the globs, comma-separated or as a list, matches a prefix of the path. */
function matchGlobs(globs, path) {
	const target = toByteString(typeof path === "string" ? path : decodeGoText(path));
	return (typeof globs === "string" ? globs.split(",") : globs.flatMap((glob) => glob.split(","))).some((glob) => matchPrefix(toByteString(glob.endsWith("/") ? glob.slice(0, -1) : glob), target));
}
function matchPrefix(glob, target) {
	if (glob === "") return false;
	const want = glob.split("/").length;
	let end = -1;
	for (let n = 0; n < want; n++) {
		end = target.indexOf("/", end + 1);
		if (end < 0) return n === want - 1 && matchPath(glob, target);
	}
	return matchPath(glob, target.slice(0, end));
}
/** Leading stars, then what follows up to the next star. */
function scanChunk(pattern) {
	let from = 0;
	while (pattern.charAt(from) === "*") from++;
	let inRange = false;
	let i = from;
	for (; i < pattern.length; i++) {
		const ch = pattern.charAt(i);
		if (ch === "\\") i++;
		else if (ch === "[") inRange = true;
		else if (ch === "]") inRange = false;
		else if (ch === "*" && !inRange) break;
	}
	return {
		star: from > 0,
		text: pattern.slice(from, i),
		rest: pattern.slice(i)
	};
}
function matchPath(pattern, name) {
	let left = name;
	for (let rest = pattern; rest !== "";) {
		const chunk = scanChunk(rest);
		rest = chunk.rest;
		if (chunk.star && chunk.text === "") return !left.includes("/");
		const after = matchAt(chunk, left, rest === "");
		if (after === void 0) return false;
		left = after;
	}
	return left === "";
}
/** What is left of the name after the chunk; behind a star the leftmost place that fits is taken, as Go does. */
function matchAt(chunk, name, last) {
	for (let i = 0; i <= name.length; i++) {
		const end = matchChunk(chunk.text, name, i);
		if (end !== void 0 && (!last || end === name.length)) return name.slice(end);
		if (!chunk.star || name.charAt(i) === "/") return void 0;
	}
}
/** Matches a chunk without star at `from`; gives the index behind the match. */
function matchChunk(chunk, name, from) {
	let at = from;
	for (let i = 0; i < chunk.length;) {
		if (at >= name.length) return void 0;
		const ch = chunk.charAt(i);
		if (ch === "[") {
			const { rune, size } = decodeRune(name, at);
			const range = matchRange(chunk, i + 1, rune < 0 ? 65533 : rune);
			if (range === void 0 || !range.matched) return void 0;
			at += size;
			i = range.next;
		} else if (ch === "?") {
			if (name.charAt(at) === "/") return void 0;
			at += decodeRune(name, at).size;
			i++;
		} else {
			if (ch === "\\") i++;
			if (i >= chunk.length || chunk.charAt(i) !== name.charAt(at)) return void 0;
			at++;
			i++;
		}
	}
	return at;
}
/** `[a-z]` or `[^a-z]` behind the bracket at `from`; undefined when malformed. */
function matchRange(chunk, from, rune) {
	const negated = chunk.charAt(from) === "^";
	let i = negated ? from + 1 : from;
	let inside = false;
	for (let count = 0;; count++) {
		if (chunk.charAt(i) === "]" && count > 0) return {
			matched: inside !== negated,
			next: i + 1
		};
		const lo = rangeEnd(chunk, i);
		if (lo === void 0) return void 0;
		i = lo.next;
		let hi = lo.rune;
		if (chunk.charAt(i) === "-") {
			const end = rangeEnd(chunk, i + 1);
			if (end === void 0) return void 0;
			hi = end.rune;
			i = end.next;
		}
		if (lo.rune <= rune && rune <= hi) inside = true;
	}
}
function rangeEnd(chunk, from) {
	const ch = chunk.charAt(from);
	if (ch === "" || ch === "-" || ch === "]") return void 0;
	const at = ch === "\\" ? from + 1 : from;
	if (at >= chunk.length) return void 0;
	const { rune, size } = decodeRune(chunk, at);
	if (rune < 0 || at + size >= chunk.length) return void 0;
	return {
		rune,
		next: at + size
	};
}
// src/gomod/module-path.ts
const ALLOWED = {
	module: /^[-._~0-9A-Za-z]$/,
	import: /^[-._~+0-9A-Za-z]$/,
	file: /^[-!#$%&()+,.=@[\]^_{}~ 0-9A-Za-z]$|^[\u0080-\u{10ffff}]$/u
};
const ALL_MODULE_CHARS = /^[-._~0-9A-Za-z]*$/;
const WINDOWS_NAME = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
const LETTER = /^\p{L}$/u;
function charAllowed(ch, kind) {
	return ALLOWED[kind].test(ch) && (ch < "" || LETTER.test(ch));
}
function checkElem(elem, kind) {
	if (elem === "") return "empty path element";
	if (/^\.+$/.test(elem)) return `invalid path element ${quote(elem)}`;
	if (elem.startsWith(".") && kind === "module") return "leading dot in path element";
	if (elem.endsWith(".")) return "trailing dot in path element";
	if (!ALL_MODULE_CHARS.test(elem)) {
		for (const ch of elem) if (!charAllowed(ch, kind)) return `invalid char ${quoteRune(ch)}`;
	}
	const dot = elem.indexOf(".");
	const short = dot < 0 ? elem : elem.slice(0, dot);
	if (WINDOWS_NAME.test(short)) return `${quote(short)} disallowed as path element component on Windows`;
	if (kind !== "file" && /~[0-9]+$/.test(short)) return "trailing tilde and digits in path element";
}
function checkElements(path, kind) {
	if (!isWellFormed(path)) return "invalid UTF-8";
	if (path === "") return "empty string";
	if (path.startsWith("-") && kind !== "file") return "leading dash";
	if (path.includes("//")) return "double slash";
	if (path.endsWith("/")) return "trailing slash";
	for (const elem of path.split("/")) {
		const why = checkElem(elem, kind);
		if (why !== void 0) return why;
	}
}
function checkModulePath(path) {
	const why = checkElements(path, "module");
	if (why !== void 0) return why;
	const slash = path.indexOf("/");
	const host = slash < 0 ? path : path.slice(0, slash);
	if (!host.includes(".")) return "missing dot in first path element";
	for (const ch of host) if (!/[-.0-9a-z]/.test(ch)) return `invalid char ${quoteRune(ch)} in first path element`;
	return splitPathVersion(path).ok ? void 0 : "invalid version";
}
function inGoWords(kind, path, check) {
	const text = typeof path === "string" ? path : decodeGoText(path);
	const why = check(text);
	return why === void 0 ? void 0 : `malformed ${kind} path ${quote(text)}: ${why}`;
}
/** Undefined when the path is a valid module path, else Go's own words why it is not (`module.CheckPath`). */
function checkPath(path) {
	return inGoWords("module", path, checkModulePath);
}
/** The same for the path of a package to import: `+` and a first element without a dot are legal there. */
function checkImportPath(path) {
	return inGoWords("import", path, (text) => checkElements(text, "import"));
}
/** The same for a file inside a module: spaces, letters of all scripts and most punctuation are legal. */
function checkFilePath(path) {
	return inGoWords("file", path, (text) => checkElements(text, "file"));
}
/** Undefined when path and version are valid and belong together, else Go's words (`module.Check`). */
function checkModule(path, version) {
	const why = checkPath(path);
	if (why !== void 0) return why;
	if (!isValid(version)) return `${path}@${version}: invalid version: not a semantic version`;
	const mismatch = pathMajorMismatch(version, splitPathVersion(path).pathMajor);
	return mismatch === void 0 ? void 0 : `${path}@${version}: invalid version: ${mismatch}`;
}
/**
* Splits a path into prefix and major suffix: `/v2` and up, or `.v1` and up below `gopkg.in/`. `ok` is false
* (and the whole path the prefix) when the suffix breaks Go's rules, as in `example.com/pkg/v1`.
*/
function splitPathVersion(path) {
	const whole = (ok) => ({
		prefix: path,
		pathMajor: "",
		ok
	});
	if (path.startsWith("gopkg.in/")) {
		const m = /\.v[0-9]*(?:-unstable)?$/.exec(path);
		if (m === null || m[0] === ".v" || m[0].startsWith(".v0") && m[0] !== ".v0") return whole(false);
		return {
			prefix: path.slice(0, m.index),
			pathMajor: m[0],
			ok: true
		};
	}
	let at = path.length;
	while (at > 0 && /[0-9.]/.test(path.charAt(at - 1))) at--;
	if (at <= 1 || at === path.length || path.slice(at - 2, at) !== "/v") return whole(true);
	const pathMajor = path.slice(at - 2);
	if (pathMajor.includes(".") || pathMajor.startsWith("/v0") || pathMajor === "/v1") return whole(false);
	return {
		prefix: path.slice(0, at - 2),
		pathMajor,
		ok: true
	};
}
function pathMajorMismatch(version, pathMajor) {
	const suffix = pathMajor.startsWith(".v") ? pathMajor.replace(/-unstable$/, "") : pathMajor;
	if (version.startsWith("v0.0.0-") && suffix === ".v1") return void 0;
	const m = major(version);
	if (suffix === "") {
		if (m === "v0" || m === "v1" || build(version) === "+incompatible") return void 0;
		return `should be v0 or v1, not ${m}`;
	}
	const want = /^[/.]/.test(suffix) ? suffix.slice(1) : suffix;
	return want === m && want !== suffix ? void 0 : `should be ${want}, not ${m}`;
}
/** Undefined when the version may stand with a path of that major suffix, else Go's words. */
function checkPathMajor(version, pathMajor) {
	const why = pathMajorMismatch(version, pathMajor);
	return why === void 0 ? void 0 : `version ${quote(version)} invalid: ${why}`;
}
/** Whether the target of a replace is a directory and no module path (`modfile.IsDirectoryPath`). */
function isDirectoryPath(path) {
	return /^(?:\.\.?(?:$|[/\\])|[/\\]|[A-Za-z]:)/.test(path);
}
function bang(text) {
	return text.replace(/[A-Z]/g, (ch) => `!${ch.toLowerCase()}`);
}
function unbang(escaped) {
	if (/[A-Z\u0080-\uffff]|!(?![a-z])/.test(escaped)) return void 0;
	return escaped.replace(/!([a-z])/g, (_, ch) => ch.toUpperCase());
}
/** The path as proxies and caches spell it: each upper-case letter as `!` and its lower case. */
function escapePath(path) {
	const why = checkPath(path);
	if (why !== void 0) throw new ModuleError("malformed-path", why);
	return bang(path);
}
/** The same for a version or a query such as a branch name. */
function escapeVersion(version) {
	if (!isWellFormed(version) || checkElem(version, "file") !== void 0 || /[!/]/.test(version)) throw new ModuleError("malformed-version", `version ${quote(version)} invalid: disallowed version string`);
	if (/[\u0080-\uffff]/.test(version)) throw new ModuleError("malformed-version", "internal error: inconsistency in EscapePath");
	return bang(version);
}
/** The module path behind an escaped one. Throws `ModuleError` when the escape or the path is malformed. */
function unescapePath(escaped) {
	const path = unbang(escaped);
	const wrong = `invalid escaped module path ${quote(escaped)}`;
	if (path === void 0) throw new ModuleError("malformed-path", wrong);
	const why = checkPath(path);
	if (why !== void 0) throw new ModuleError("malformed-path", `${wrong}: ${why}`);
	return path;
}
/** The version or query behind an escaped one. Throws `ModuleError`. */
function unescapeVersion(escaped) {
	const version = unbang(escaped);
	if (version === void 0) throw new ModuleError("malformed-version", `invalid escaped version ${quote(escaped)}`);
	const why = checkElem(version, "file");
	if (why !== void 0) throw new ModuleError("malformed-version", `invalid escaped version ${quote(version)}: ${why}`);
	return version;
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
// src/gomod/proxy-list.ts
/** A GOPROXY value that go refuses; the message is go's, without passwords. */
var GoProxyError = class extends Error {
	name = "GoProxyError";
	code = "bad-goproxy";
};
/** The URL with a password replaced by `xxxxx`, as go prints it. Takes what is no valid URL, too. */
function withoutPassword(url) {
	return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*?):[^/?#]*@/i, "$1:xxxxx@");
}
function fail(message) {
	throw new GoProxyError(message);
}
/** The rules of Go's `url.Parse` that a proxy URL can break. */
function parseProblem(url) {
	if (/[\x00-\x1f\x7f]/.test(url)) return "net/url: invalid control character in URL";
	if (url.startsWith(":")) return "missing protocol scheme";
	const badEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(url.replace(/[?#].*$/s, ""));
	if (badEscape !== null) return `invalid URL escape ${quote(badEscape[0])}`;
	const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(url)?.[1];
	if (authority === void 0) {
		const firstSegment = url.replace(/[/?#].*$/s, "");
		const hasScheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url);
		return firstSegment.includes(":") && !hasScheme ? "first path segment in URL cannot contain colon" : void 0;
	}
	const at = authority.lastIndexOf("@");
	if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) return "net/url: invalid userinfo";
	const host = authority.slice(at + 1);
	const badChar = /[ "<>\\^`{|}]/.exec(host);
	if (badChar !== null) return `invalid character ${quote(badChar[0])} in host name`;
	if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
	const port = /^(?:\[[^\]]*\]|[^:[\]]*)(.*)$/.exec(host)?.[1] ?? "";
	if (!/^(?::[0-9]*)?$/.test(port)) return `invalid port ${quote(port)} after host`;
}
function checkUrl(url) {
	const shown = withoutPassword(url);
	const problem = parseProblem(url);
	if (problem !== void 0) fail(`parse ${quote(shown)}: ${problem}`);
	const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();
	if (scheme === void 0) fail(`invalid proxy URL missing scheme: ${shown}`);
	if (scheme === "file") {
		if (!/^file:\/\/(?:\/[^?#]*)?$/i.test(url)) fail(`invalid file:// proxy URL with non-path elements: ${shown}`);
	} else if (scheme !== "http" && scheme !== "https") fail(`invalid proxy URL scheme (must be https, http, file): ${shown}`);
}
/** Words without dot, slash or colon are reserved; everything else that is no whole URL is an https host. */
function complete(url) {
	const absolutePath = url.startsWith("/") || /^[A-Za-z]:\\|^\\\\/.test(url);
	return /[.:/]/.test(url) && !url.includes(":/") && !absolutePath ? `https://${url}` : url;
}
/**
* Splits a GOPROXY value. Empty items are skipped, and nothing after `direct` or `off` counts.
*
* @throws GoProxyError in go's words, for a malformed URL or a list without any entry
*/
function parseGoProxy(value) {
	const entries = [];
	for (const [, item = "", separator = ""] of value.matchAll(/([^,|]*)([,|]|$)/g)) {
		const url = item.trim();
		if (url === "") continue;
		if (url === "off" || url === "direct") {
			entries.push({
				url,
				fallBackOn: "absent"
			});
			break;
		}
		const whole = complete(url);
		checkUrl(whole);
		entries.push({
			url: whole,
			fallBackOn: separator === "|" ? "any-error" : "absent"
		});
	}
	if (entries.length === 0) fail("GOPROXY list is not the empty string, but contains no entries");
	return { entries };
}
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
// src/gomod/sum.ts
const SUM_LIMITS = {
	maxBytes: 16 << 20,
	maxLines: 2e5,
	maxLineBytes: 8192,
	maxProblems: 100
};
/** The h1 of an empty go.mod, which an old bug of go wrote for things that are no modules. Go drops it. */
const EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
const H1 = /^h1:[A-Za-z0-9+/]{43}=$/;
/** Whether text is an `h1:` hash in the form that go writes. */
function isH1(text) {
	return H1.test(text);
}
function readLine$1(text, line) {
	const parts = fields(text);
	const [module, versioned, h1] = parts;
	if (module === void 0) return void 0;
	if (versioned === void 0 || h1 === void 0 || parts.length !== 3) return `wrong number of fields ${parts.length}, not 3 (module, version, hash)`;
	if (h1 === EMPTY_GO_MOD) return void 0;
	const isMod = versioned.endsWith("/go.mod");
	const version = isMod ? versioned.slice(0, -7) : versioned;
	const why = checkPath(module);
	if (why !== void 0) return why;
	if (!isValid(version)) return "the second field is not a semantic version";
	if (h1.startsWith("h1:") && !isH1(h1)) return "the hash is not h1: and 44 characters of base64";
	return {
		module,
		version,
		file: isMod ? "mod" : "zip",
		h1,
		line
	};
}
/**
* Parses a go.sum or go.work.sum. Lines that go would stop at become problems and the rest is still read;
* what exceeds the limits is cut off and is a problem, too. Never throws, linear in the size of the file.
*
* @param file how the file is named in problems
*/
function parseGoSum(bytes, file, limits = {}) {
	const { maxBytes, maxLines, maxLineBytes, maxProblems } = {
		...SUM_LIMITS,
		...limits
	};
	const entries = [];
	const unknown = [];
	const problems = [];
	let dropped = 0;
	const complain = (line, reason) => {
		if (problems.length < maxProblems) problems.push({
			file,
			line,
			reason
		});
		else dropped++;
	};
	const data = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxBytes));
	let line = 0;
	for (let at = 0; at < data.length;) {
		if (++line > maxLines) {
			complain(line, `more than ${maxLines} lines: the rest was not read`);
			break;
		}
		const newline = data.indexOf(10, at);
		const end = newline < 0 ? data.length : newline;
		if (newline < 0 && data.length < bytes.byteLength) break;
		const read = end - at > maxLineBytes ? `longer than ${maxLineBytes} bytes` : readLine$1(data.toString("utf8", at, end), line);
		if (typeof read === "string") complain(line, read);
		else if (read !== void 0) (read.h1.startsWith("h1:") ? entries : unknown).push(read);
		at = end + 1;
	}
	if (data.length < bytes.byteLength) problems.push({
		file,
		line: 0,
		reason: `larger than ${maxBytes} bytes: the rest was not read`
	});
	if (dropped > 0) problems.push({
		file,
		line: 0,
		reason: `${dropped} more lines could not be used`
	});
	return {
		entries,
		problems,
		unknown
	};
}
/** The hashes of any number of sum files, by module, version and file. */
var SumTable = class {
	#hashes = /* @__PURE__ */ new Map();
	/** Takes in entries; a hash that is there already is not repeated. */
	add(entries) {
		for (const { module, version, file, h1 } of entries) {
			if (!h1.startsWith("h1:")) continue;
			const key = `${module} ${version} ${file}`;
			const known = this.#hashes.get(key);
			if (known === void 0) this.#hashes.set(key, [h1]);
			else if (!known.includes(h1)) this.#hashes.set(key, [...known, h1]);
		}
	}
	/**
	* All `h1:` hashes on record, in the order in which they were added; empty when there is none. More than
	* one is legal, and go stops at the first that differs from what it downloaded.
	*/
	hashes(module, version, file) {
		return this.#hashes.get(`${module} ${version} ${file}`) ?? [];
	}
	/** Number of files (not hashes) on record. */
	get size() {
		return this.#hashes.size;
	}
};
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
// src/gomod/modfile/modules-txt.ts
/**
* Reads a vendor/modules.txt as go does (`readVendorList` of cmd/go): a module that is named twice is one, and what go
* passes over is told in `problems`. Never throws.
*/
function parseModulesTxt(bytes) {
	const drafts = /* @__PURE__ */ new Map();
	const problems = [];
	let current;
	const lines = decodeGoText(bytes).split("\n");
	for (const [index, text] of lines.entries()) {
		const line = index + 1;
		if (text.startsWith("# ")) {
			const words = fields(text);
			if (words.length < 3) {
				problems.push({
					line,
					message: "a module line needs a path and a version or a replacement"
				});
				continue;
			}
			current = moduleOf(words, line, drafts);
			if (current === void 0) problems.push({
				line,
				message: "not a module version and no replacement"
			});
			else readReplacement(current, words, line, problems);
		} else if (current === void 0 || current.path === "") {
			if (trimSpace(text) !== "") problems.push({
				line,
				message: "belongs to no module"
			});
		} else if (text.startsWith("## ")) annotate(current, text.slice(3));
		else {
			const words = fields(text);
			if (words.length === 1 && checkImportPath(words[0] ?? "") === void 0) current.packages.push(words[0] ?? "");
			else if (words.length > 0) problems.push({
				line,
				message: "not an import path"
			});
		}
	}
	return {
		modules: [...drafts.values()],
		problems
	};
}
function moduleOf(words, line, drafts) {
	const [, path = "", second = ""] = words;
	const version = isValid(second) ? second : second === "=>" ? "" : void 0;
	if (version === void 0) return void 0;
	const key = `${path}\n${version}`;
	const known = drafts.get(key);
	if (known !== void 0) return known;
	const draft = {
		path,
		version,
		replacement: void 0,
		explicit: false,
		goVersion: void 0,
		packages: [],
		line
	};
	drafts.set(key, draft);
	return draft;
}
function readReplacement(draft, words, line, problems) {
	const rest = words.slice(draft.version === "" ? 2 : 3);
	if (rest.length < 2 || rest[0] !== "=>") return;
	const [, path = "", version = ""] = rest;
	if (rest.length === 2) draft.replacement = {
		path,
		version: ""
	};
	else if (rest.length === 3 && isValid(version)) draft.replacement = {
		path,
		version
	};
	else problems.push({
		line,
		message: "not a replacement that go understands"
	});
}
function annotate(draft, annotations) {
	for (const part of annotations.split(";")) {
		const entry = trimSpace(part);
		if (entry === "explicit") draft.explicit = true;
		if (entry.startsWith("go ")) draft.goVersion = entry.slice(3);
	}
}
// src/gomod/modfile/ident-ranges.ts
/**
* Runes that Go prints and that are no space. Distances, in turn to the first rune of a range and to the first behind
* it.
*/
const PRINTABLE_15 = [
	33,
	94,
	34,
	12,
	1,
	714,
	2,
	6,
	4,
	7,
	1,
	1,
	1,
	20,
	1,
	397,
	1,
	38,
	2,
	50,
	2,
	3,
	1,
	55,
	8,
	27,
	4,
	6,
	17,
	22,
	1,
	192,
	1,
	48,
	2,
	59,
	2,
	101,
	14,
	59,
	2,
	49,
	2,
	15,
	1,
	28,
	2,
	1,
	1,
	11,
	5,
	31,
	9,
	74,
	1,
	161,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	1,
	3,
	4,
	2,
	9,
	2,
	2,
	2,
	4,
	8,
	1,
	4,
	2,
	1,
	5,
	2,
	25,
	2,
	3,
	1,
	6,
	4,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	2,
	1,
	2,
	2,
	1,
	1,
	5,
	4,
	2,
	2,
	3,
	3,
	1,
	7,
	4,
	1,
	1,
	7,
	17,
	10,
	3,
	1,
	9,
	1,
	3,
	1,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	2,
	10,
	1,
	3,
	1,
	3,
	2,
	1,
	15,
	4,
	2,
	12,
	7,
	7,
	1,
	3,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	2,
	9,
	2,
	2,
	2,
	3,
	7,
	3,
	4,
	2,
	1,
	5,
	2,
	18,
	10,
	2,
	1,
	6,
	3,
	3,
	1,
	4,
	3,
	2,
	1,
	1,
	1,
	2,
	3,
	2,
	3,
	3,
	3,
	12,
	4,
	5,
	3,
	3,
	1,
	4,
	2,
	1,
	6,
	1,
	14,
	21,
	5,
	13,
	1,
	3,
	1,
	23,
	1,
	16,
	2,
	9,
	1,
	3,
	1,
	4,
	7,
	2,
	1,
	3,
	2,
	1,
	2,
	4,
	2,
	10,
	7,
	22,
	1,
	3,
	1,
	23,
	1,
	10,
	1,
	5,
	2,
	9,
	1,
	3,
	1,
	4,
	7,
	2,
	6,
	2,
	1,
	4,
	2,
	10,
	1,
	3,
	12,
	13,
	1,
	3,
	1,
	51,
	1,
	3,
	1,
	6,
	4,
	16,
	2,
	26,
	1,
	3,
	1,
	18,
	3,
	24,
	1,
	9,
	1,
	1,
	2,
	7,
	3,
	1,
	4,
	6,
	1,
	1,
	1,
	8,
	6,
	10,
	2,
	3,
	12,
	58,
	4,
	29,
	37,
	2,
	1,
	1,
	1,
	5,
	1,
	24,
	1,
	1,
	1,
	23,
	2,
	5,
	1,
	1,
	1,
	7,
	1,
	10,
	2,
	4,
	32,
	72,
	1,
	36,
	4,
	39,
	1,
	36,
	1,
	15,
	1,
	13,
	37,
	198,
	1,
	1,
	5,
	1,
	2,
	377,
	1,
	4,
	2,
	7,
	1,
	1,
	1,
	4,
	2,
	41,
	1,
	4,
	2,
	33,
	1,
	4,
	2,
	7,
	1,
	1,
	1,
	4,
	2,
	15,
	1,
	57,
	1,
	4,
	2,
	67,
	2,
	32,
	3,
	26,
	6,
	86,
	2,
	6,
	2,
	640,
	1,
	28,
	3,
	89,
	7,
	22,
	9,
	24,
	9,
	20,
	12,
	13,
	1,
	3,
	1,
	2,
	12,
	94,
	2,
	10,
	6,
	10,
	6,
	14,
	1,
	11,
	6,
	89,
	7,
	43,
	5,
	70,
	10,
	31,
	1,
	12,
	4,
	12,
	4,
	1,
	3,
	42,
	2,
	5,
	11,
	44,
	4,
	26,
	6,
	11,
	3,
	62,
	2,
	65,
	1,
	29,
	2,
	11,
	6,
	10,
	6,
	14,
	2,
	31,
	49,
	77,
	3,
	47,
	1,
	116,
	8,
	60,
	3,
	15,
	3,
	60,
	7,
	43,
	2,
	11,
	8,
	43,
	5,
	534,
	2,
	6,
	2,
	38,
	2,
	6,
	2,
	8,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	31,
	2,
	53,
	1,
	15,
	1,
	14,
	2,
	6,
	1,
	19,
	2,
	3,
	1,
	9,
	17,
	24,
	8,
	47,
	17,
	2,
	2,
	27,
	1,
	13,
	3,
	33,
	15,
	33,
	15,
	140,
	4,
	663,
	25,
	11,
	21,
	1812,
	2,
	32,
	1,
	349,
	5,
	45,
	1,
	1,
	5,
	1,
	2,
	56,
	7,
	2,
	14,
	24,
	9,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	126,
	34,
	26,
	1,
	89,
	12,
	214,
	26,
	12,
	5,
	63,
	1,
	86,
	2,
	103,
	5,
	43,
	1,
	94,
	1,
	84,
	12,
	47,
	1,
	29293,
	3,
	55,
	9,
	348,
	20,
	184,
	8,
	203,
	5,
	2,
	1,
	1,
	1,
	5,
	24,
	59,
	3,
	10,
	6,
	56,
	8,
	70,
	8,
	12,
	6,
	116,
	11,
	30,
	3,
	78,
	1,
	11,
	4,
	33,
	1,
	55,
	9,
	14,
	2,
	10,
	2,
	103,
	24,
	28,
	10,
	6,
	2,
	6,
	2,
	6,
	9,
	7,
	1,
	7,
	1,
	60,
	4,
	126,
	2,
	10,
	6,
	11172,
	12,
	23,
	4,
	49,
	8452,
	366,
	2,
	106,
	38,
	7,
	12,
	5,
	5,
	26,
	1,
	5,
	1,
	1,
	1,
	2,
	1,
	2,
	1,
	125,
	16,
	445,
	2,
	54,
	7,
	1,
	32,
	42,
	6,
	51,
	1,
	19,
	1,
	4,
	4,
	5,
	1,
	135,
	4,
	190,
	3,
	6,
	2,
	6,
	2,
	6,
	2,
	3,
	3,
	7,
	1,
	7,
	13,
	2,
	2,
	12,
	1,
	26,
	1,
	19,
	1,
	2,
	1,
	15,
	2,
	14,
	34,
	123,
	5,
	3,
	4,
	45,
	3,
	88,
	1,
	13,
	3,
	1,
	47,
	46,
	130,
	29,
	3,
	49,
	15,
	28,
	4,
	36,
	9,
	30,
	5,
	43,
	5,
	30,
	1,
	37,
	4,
	14,
	42,
	158,
	2,
	10,
	6,
	36,
	4,
	36,
	4,
	40,
	8,
	52,
	11,
	12,
	1,
	15,
	1,
	7,
	1,
	2,
	1,
	11,
	1,
	15,
	1,
	7,
	1,
	2,
	67,
	311,
	9,
	22,
	10,
	8,
	24,
	6,
	1,
	42,
	1,
	9,
	69,
	6,
	2,
	1,
	1,
	44,
	1,
	2,
	3,
	1,
	2,
	23,
	1,
	72,
	8,
	9,
	48,
	19,
	1,
	2,
	5,
	33,
	3,
	27,
	5,
	1,
	64,
	56,
	4,
	20,
	2,
	50,
	1,
	2,
	5,
	8,
	1,
	3,
	1,
	29,
	2,
	3,
	4,
	10,
	7,
	9,
	7,
	64,
	32,
	39,
	4,
	12,
	9,
	54,
	3,
	29,
	2,
	27,
	5,
	26,
	7,
	4,
	12,
	7,
	80,
	73,
	55,
	51,
	13,
	51,
	7,
	46,
	8,
	10,
	294,
	31,
	1,
	42,
	1,
	3,
	2,
	2,
	75,
	43,
	8,
	42,
	22,
	26,
	38,
	28,
	20,
	23,
	9,
	78,
	4,
	36,
	9,
	62,
	1,
	5,
	13,
	25,
	7,
	10,
	6,
	53,
	1,
	18,
	8,
	39,
	9,
	96,
	1,
	20,
	11,
	18,
	1,
	47,
	62,
	7,
	1,
	1,
	1,
	4,
	1,
	15,
	1,
	11,
	6,
	59,
	5,
	10,
	6,
	4,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	1,
	10,
	2,
	2,
	2,
	3,
	2,
	1,
	6,
	1,
	5,
	7,
	2,
	7,
	3,
	5,
	139,
	92,
	1,
	5,
	30,
	72,
	8,
	10,
	166,
	54,
	2,
	38,
	34,
	69,
	11,
	10,
	6,
	13,
	19,
	58,
	6,
	10,
	54,
	27,
	2,
	15,
	4,
	23,
	185,
	60,
	100,
	83,
	12,
	8,
	2,
	1,
	2,
	8,
	1,
	2,
	1,
	30,
	1,
	2,
	2,
	12,
	9,
	10,
	70,
	8,
	2,
	46,
	2,
	11,
	27,
	72,
	8,
	83,
	13,
	73,
	7,
	10,
	246,
	9,
	1,
	45,
	1,
	14,
	10,
	29,
	3,
	32,
	2,
	22,
	1,
	14,
	73,
	7,
	1,
	2,
	1,
	44,
	3,
	1,
	1,
	2,
	1,
	9,
	8,
	10,
	6,
	6,
	1,
	2,
	1,
	37,
	1,
	2,
	1,
	6,
	7,
	10,
	310,
	25,
	7,
	17,
	1,
	41,
	3,
	28,
	86,
	1,
	15,
	50,
	13,
	923,
	102,
	111,
	1,
	5,
	11,
	196,
	2636,
	99,
	13,
	1072,
	16,
	22,
	4010,
	583,
	8633,
	569,
	7,
	31,
	1,
	10,
	4,
	81,
	1,
	10,
	6,
	30,
	2,
	6,
	10,
	70,
	10,
	10,
	1,
	7,
	1,
	21,
	5,
	19,
	688,
	91,
	101,
	75,
	4,
	57,
	7,
	17,
	64,
	5,
	11,
	2,
	14,
	6136,
	8,
	1238,
	42,
	9,
	8935,
	4,
	1,
	7,
	1,
	2,
	1,
	291,
	15,
	1,
	29,
	3,
	2,
	1,
	14,
	4,
	8,
	396,
	2308,
	107,
	5,
	13,
	3,
	9,
	7,
	10,
	2,
	4,
	4704,
	46,
	2,
	23,
	9,
	116,
	60,
	246,
	10,
	39,
	2,
	74,
	8,
	112,
	21,
	70,
	122,
	20,
	12,
	20,
	12,
	87,
	9,
	25,
	135,
	85,
	1,
	71,
	1,
	2,
	2,
	1,
	2,
	2,
	2,
	4,
	1,
	12,
	1,
	1,
	1,
	7,
	1,
	65,
	1,
	4,
	2,
	8,
	1,
	7,
	1,
	28,
	1,
	4,
	1,
	5,
	1,
	1,
	3,
	7,
	1,
	340,
	2,
	292,
	2,
	702,
	15,
	5,
	1,
	15,
	1104,
	31,
	6,
	6,
	213,
	7,
	1,
	17,
	2,
	7,
	1,
	2,
	1,
	5,
	5,
	62,
	33,
	1,
	112,
	45,
	3,
	14,
	2,
	10,
	4,
	2,
	320,
	31,
	17,
	58,
	5,
	1,
	464,
	42,
	742,
	7,
	1,
	4,
	1,
	2,
	1,
	15,
	1,
	197,
	2,
	16,
	41,
	76,
	4,
	10,
	4,
	2,
	785,
	68,
	76,
	61,
	194,
	4,
	1,
	27,
	1,
	2,
	1,
	1,
	2,
	1,
	1,
	10,
	1,
	4,
	1,
	1,
	1,
	1,
	6,
	1,
	4,
	1,
	1,
	1,
	1,
	1,
	1,
	3,
	1,
	2,
	1,
	1,
	2,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	2,
	1,
	1,
	2,
	4,
	1,
	7,
	1,
	4,
	1,
	4,
	1,
	1,
	1,
	10,
	1,
	17,
	5,
	3,
	1,
	5,
	1,
	17,
	52,
	2,
	270,
	44,
	4,
	100,
	12,
	15,
	2,
	15,
	1,
	15,
	1,
	37,
	10,
	174,
	56,
	29,
	13,
	44,
	4,
	9,
	7,
	2,
	14,
	6,
	154,
	984,
	4,
	17,
	3,
	13,
	3,
	119,
	4,
	95,
	6,
	12,
	4,
	1,
	15,
	12,
	4,
	56,
	8,
	10,
	6,
	40,
	8,
	30,
	2,
	2,
	78,
	340,
	12,
	14,
	2,
	13,
	3,
	9,
	7,
	46,
	1,
	7,
	8,
	14,
	4,
	9,
	7,
	9,
	7,
	147,
	1,
	55,
	37,
	10,
	1030,
	42720,
	32,
	4154,
	6,
	222,
	2,
	5762,
	14,
	7473,
	3103,
	542,
	1506,
	4939,
	5,
	4192,
	712016,
	240
];
/** What Unicode 17 has more. */
const ADDED_IN_17 = [
	2191,
	1,
	7,
	1,
	964,
	1,
	127,
	1,
	3570,
	15,
	2,
	12,
	98,
	2,
	47,
	1,
	265,
	2,
	1078,
	1,
	869,
	3,
	1900,
	1,
	1125,
	4,
	484,
	2,
	9,
	1,
	30171,
	5,
	2,
	1,
	1,
	1,
	5,
	3,
	20,
	1,
	21457,
	16,
	445,
	2,
	54,
	7,
	2033,
	52,
	844,
	26,
	998,
	38,
	3,
	29,
	8,
	2,
	306,
	6,
	8,
	9,
	33,
	3,
	1155,
	10,
	1,
	1,
	2,
	1,
	1,
	38,
	1,
	10,
	1,
	1,
	2,
	1,
	1,
	4,
	1,
	10,
	1,
	2,
	8,
	2,
	749,
	20,
	1148,
	8,
	88,
	34,
	14,
	10,
	438,
	44,
	4,
	10,
	368,
	1,
	5381,
	3995,
	7429,
	58,
	3078,
	58,
	294,
	25,
	2,
	25,
	286,
	5,
	6145,
	8,
	1279,
	1,
	9,
	22,
	97,
	115,
	15885,
	253,
	3,
	436,
	6,
	23,
	15,
	17,
	5855,
	43,
	4,
	1,
	192,
	31,
	1,
	22,
	8,
	2,
	4056,
	1,
	158,
	4,
	311,
	10,
	4,
	2,
	14,
	9,
	379,
	4,
	49,
	2,
	3,
	2,
	46,
	1,
	7,
	1,
	1,
	1,
	4,
	1,
	14,
	1,
	2,
	1,
	9,
	2,
	4,
	1,
	219,
	37,
	10,
	1,
	47935,
	6,
	5986,
	12,
	7490,
	622,
	13650,
	4298
];
// src/gomod/modfile/printable.ts
/** Whether Go's `unicode.IsPrint` holds. Not a class of an expression: those follow the Unicode of this process. */
function isPrint(rune, version) {
	if (rune < 127) return rune >= 32;
	edges15 ??= edges(PRINTABLE_15);
	if (within(edges15, rune)) return true;
	if (version === 15) return false;
	edges17 ??= edges(ADDED_IN_17);
	return within(edges17, rune);
}
let edges15;
let edges17;
function edges(distances) {
	const out = new Int32Array(distances.length);
	let at = 0;
	for (const [i, distance] of distances.entries()) {
		at += distance;
		out[i] = at;
	}
	return out;
}
/** Whether an odd number of edges lies at or before the rune. */
function within(sorted, rune) {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = low + high >> 1;
		if ((sorted[middle] ?? 0) <= rune) low = middle + 1;
		else high = middle;
	}
	return low % 2 === 1;
}
// src/gomod/modfile/lexer.ts
/** The tokens of a file in order: where each begins and ends. Between two of them is only blank space. */
var Tokens = class {
	#offsets = /* @__PURE__ */ new Int32Array(256);
	#length = 0;
	get length() {
		return this.#length;
	}
	start(index) {
		return this.#offsets[2 * index] ?? 0;
	}
	end(index) {
		return this.#offsets[2 * index + 1] ?? 0;
	}
	push(start, end) {
		const at = 2 * this.#length++;
		if (at + 1 >= this.#offsets.length) {
			const more = new Int32Array(2 * this.#offsets.length);
			more.set(this.#offsets);
			this.#offsets = more;
		}
		this.#offsets[at] = start;
		this.#offsets[at + 1] = end;
	}
};
/** Where go stops reading, and its words. Internal: parsing catches it. */
var SyntaxStop = class extends Error {
	start;
	end;
	constructor(message, start, end = start) {
		super(message);
		this.start = start;
		this.end = end;
	}
};
const BLANK = 1;
const NEWLINE = 2;
const PUNCTUATION = 3;
const QUOTE = 4;
const SLASH = 5;
const IDENT = 6;
/** What an ASCII character begins; 0 for what may begin nothing. */
const CLASS = (/* @__PURE__ */ new Uint8Array(128)).fill(IDENT, 33, 127);
for (const ch of " 	\r") CLASS[ch.charCodeAt(0)] = BLANK;
for (const ch of "()[]{},") CLASS[ch.charCodeAt(0)] = PUNCTUATION;
for (const ch of "\"`") CLASS[ch.charCodeAt(0)] = QUOTE;
CLASS[10] = NEWLINE;
CLASS[47] = SLASH;
const LF = 10;
const CR = 13;
const SLASH_CHAR = 47;
const STAR = 42;
const BACKSLASH = 92;
const BACKQUOTE = 96;
/**
* Reads one token after the other, as go's own lexer does: one ahead of the parser, so that of two errors the one
* that go meets first is told.
*/
var Lexer = class {
	tokens = new Tokens();
	#source;
	#raw;
	#unicode;
	#at = 0;
	#lineHasToken = false;
	/** True for the last comment read when something stands before it on its line. */
	isSuffix = false;
	constructor(source, unicode) {
		this.#source = source;
		this.#raw = source.raw;
		this.#unicode = unicode;
	}
	/**
	* Appends the next token, an empty one at the end of the file, and tells its kind. A comment ends before its line
	* end, which is the next token but belongs to the comment. Throws `SyntaxStop`.
	*/
	next() {
		const raw = this.#raw;
		let at = this.#at;
		let code = raw.charCodeAt(at);
		while (CLASS[code] === BLANK) code = raw.charCodeAt(++at);
		if (Number.isNaN(code)) return this.#take("end", at, at);
		switch (CLASS[code]) {
			case NEWLINE:
				this.#lineHasToken = false;
				return this.#take("newline", at, at + 1);
			case PUNCTUATION:
				this.#lineHasToken = true;
				return this.#take(raw.charAt(at), at, at + 1);
			case QUOTE:
				this.#lineHasToken = true;
				return this.#take("string", at, this.#endOfString(at, code));
			case SLASH: if (raw.charCodeAt(at + 1) === SLASH_CHAR) {
				this.isSuffix = this.#lineHasToken;
				return this.#take("comment", at, endOfComment(raw, at));
			}
		}
		const end = this.#endOfWord(at);
		if (end === at) this.#refuse(at);
		this.#lineHasToken = true;
		return this.#take("word", at, end);
	}
	#take(kind, start, end) {
		this.tokens.push(start, end);
		this.#at = end;
		return kind;
	}
	#endOfString(start, quote) {
		const raw = this.#raw;
		for (let at = start + 1;; at++) {
			const code = raw.charCodeAt(at);
			if (code === quote) return at + 1;
			if (code === LF) throw new SyntaxStop("unexpected newline in string", at);
			if (code === BACKSLASH && quote !== BACKQUOTE) at += 1;
			if (at >= raw.length) throw new SyntaxStop("unexpected EOF in string", start, raw.length);
		}
	}
	#endOfWord(start) {
		const raw = this.#raw;
		for (let at = start;;) {
			const code = raw.charCodeAt(at);
			const kind = CLASS[code];
			if (kind === IDENT || kind === QUOTE) at += 1;
			else if (kind === SLASH) {
				const next = raw.charCodeAt(at + 1);
				if (next === SLASH_CHAR) return at;
				if (next === STAR) throw new SyntaxStop("mod files must use // comments (not /* */ comments)", at, at + 2);
				at += 1;
			} else {
				if (!(code >= 128)) return at;
				const { rune, size } = decodeRune(raw, at);
				if (rune >= 0 && (rune === 32 || !isPrint(rune, this.#unicode))) return at;
				at += size;
			}
		}
	}
	#refuse(at) {
		const { size } = decodeRune(this.#raw, at);
		throw new SyntaxStop(`unexpected input character ${quoteRune(this.#source.text(at, at + size), (rune) => isPrint(rune, this.#unicode))}`, at, at + size);
	}
};
function endOfComment(raw, start) {
	const newline = raw.indexOf("\n", start);
	if (newline < 0) return raw.length;
	return raw.charCodeAt(newline - 1) === CR ? newline - 1 : newline;
}
// src/gomod/modfile/source.ts
/**
* A file and the way from byte offsets to lines and columns. Offsets are all that the parser keeps; a position is
* worked out when somebody asks for it, because few are ever looked at.
*/
var Source = class {
	/** One character a byte, so that an index is a byte offset. */
	raw;
	ascii;
	#lineStarts;
	/** The last position given: the next one is mostly behind it on the same line, which may be very long. */
	#last = {
		line: 1,
		column: 1,
		utf16: 1,
		byte: 0
	};
	constructor(bytes) {
		this.raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
		this.ascii = isAscii(bytes);
	}
	/** The text between two offsets, as `decodeGoText` has it. */
	text(start, end) {
		const piece = this.raw.slice(start, end);
		if (this.ascii || !/[\x80-\xff]/.test(piece)) return piece;
		return decodeGoText(Buffer.from(piece, "latin1"));
	}
	/** Where a byte is. */
	position(byte) {
		this.#lineStarts ??= lineStarts(this.raw);
		const starts = this.#lineStarts;
		const line = lineOf(starts, byte);
		const lineStart = starts[line] ?? 0;
		if (this.ascii) {
			const column = byte - lineStart + 1;
			return {
				line: line + 1,
				column,
				utf16: column,
				byte
			};
		}
		let { byte: at, column, utf16 } = this.#last.line === line + 1 && this.#last.byte <= byte ? this.#last : {
			byte: lineStart,
			column: 1,
			utf16: 1
		};
		while (at < byte) {
			const { rune, size } = decodeRune(this.raw, at);
			at += size;
			column += 1;
			utf16 += rune > 65535 ? 2 : 1;
		}
		this.#last = {
			line: line + 1,
			column,
			utf16,
			byte
		};
		return this.#last;
	}
	span(start, end) {
		return new OffsetSpan(this, start, end);
	}
	located(value, start, end) {
		return {
			value,
			span: new OffsetSpan(this, start, end)
		};
	}
};
var OffsetSpan = class {
	#source;
	#start;
	#end;
	constructor(source, start, end) {
		this.#source = source;
		this.#start = start;
		this.#end = end;
	}
	get start() {
		return this.#source.position(this.#start);
	}
	get end() {
		return this.#source.position(this.#end);
	}
	toJSON() {
		return {
			start: this.start,
			end: this.end
		};
	}
};
function lineStarts(raw) {
	const starts = [0];
	for (let at = raw.indexOf("\n"); at >= 0; at = raw.indexOf("\n", at + 1)) starts.push(at + 1);
	return Int32Array.from(starts);
}
/** Index of the last line that starts at or before the byte. */
function lineOf(starts, byte) {
	let low = 0;
	let high = starts.length - 1;
	while (low < high) {
		const middle = low + high + 1 >> 1;
		if ((starts[middle] ?? 0) <= byte) low = middle;
		else high = middle - 1;
	}
	return low;
}
const NONE$1 = Object.freeze([]);
/** Shared by everything without comments; replaced, never written to. */
const NO_SUFFIX = NONE$1;
/** Reads the syntax of a file. `file` is its name in go's messages. Never throws. */
function parseSyntax(bytes, file, unicode) {
	const source = new Source(bytes);
	const parser = new Parser(source, file, unicode);
	let stop;
	try {
		parser.parseFile();
	} catch (error) {
		if (!(error instanceof SyntaxStop)) throw error;
		stop = error;
	}
	const { tokens, statements, before } = parser;
	return {
		source,
		tokens,
		statements,
		before,
		stop
	};
}
var Parser = class {
	statements = [];
	before = [];
	tokens;
	#lexer;
	#source;
	#file;
	/** Kind of the token that is next; the lexer is never further than that. */
	#peek = "newline";
	/** What a comment behind a token belongs to when its own line cannot have it. */
	#last;
	constructor(source, file, unicode) {
		this.#source = source;
		this.#file = file;
		this.#lexer = new Lexer(source, unicode);
		this.tokens = this.#lexer.tokens;
	}
	/** Index of the token that is next. */
	get #index() {
		return this.tokens.length - 1;
	}
	/** Takes the next token and reads one more; the line end of a comment goes with the comment. */
	#advance() {
		const taken = this.#peek;
		if (taken === "end") return;
		this.#peek = this.#lexer.next();
		if (taken === "comment" && this.#peek === "newline") this.#peek = this.#lexer.next();
	}
	get #atLineEnd() {
		return this.#peek === "newline" || this.#peek === "end" || this.#peek === "comment" && this.#lexer.isSuffix;
	}
	parseFile() {
		this.#peek = this.#lexer.next();
		let comments = [];
		const flush = () => {
			if (comments.length === 0) return;
			const block = {
				kind: "comments",
				before: comments,
				suffix: NO_SUFFIX
			};
			this.statements.push(block);
			this.#last = block;
			comments = [];
		};
		for (;;) switch (this.#peek) {
			case "newline":
				this.#advance();
				flush();
				break;
			case "comment":
				comments.push(this.#index);
				this.#advance();
				break;
			case "end":
				flush();
				return;
			default: {
				const before = comments.length > 0 ? comments : NONE$1;
				if (comments.length > 0) comments = [];
				this.#parseStatement(before);
			}
		}
	}
	/**
	* Statements and lines are added before their line end is taken, because the look at what follows may be the end of
	* all reading.
	*/
	#parseStatement(before) {
		const from = this.#index;
		this.#advance();
		while (!this.#atLineEnd) {
			const open = this.#index;
			const kind = this.#peek;
			this.#advance();
			if (kind !== "(") continue;
			if (this.#atLineEnd) {
				this.#parseBlock(from, open, before);
				return;
			}
			if (this.#peek !== ")") continue;
			const close = this.#index;
			this.#advance();
			if (this.#atLineEnd) {
				this.#emptyBlock(from, open, close, before);
				return;
			}
		}
		this.#endLine(from, before, this.statements);
	}
	/** Adds the line of the tokens up to here, and takes its end with the comment there. */
	#endLine(from, before, list) {
		const to = this.#index;
		const line = {
			kind: "line",
			from,
			to,
			before,
			suffix: NO_SUFFIX
		};
		list.push(line);
		const oneLine = !this.#spansLines(from, to - 1);
		if (oneLine) this.#last = line;
		this.#takeLineEnd(oneLine ? line : this.#last);
	}
	#takeLineEnd(owner) {
		if (this.#peek === "comment") {
			if (owner === void 0) this.before.push(this.#index);
			else if (owner.suffix.length === 0) owner.suffix = [this.#index];
			else owner.suffix.push(this.#index);
		}
		this.#advance();
	}
	#spansLines(first, last) {
		const { raw } = this.#source;
		for (let i = first; i <= last; i++) {
			const start = this.tokens.start(i);
			if (raw.charCodeAt(start) === 34 && raw.slice(start, this.tokens.end(i)).includes("\n")) return true;
		}
		return false;
	}
	#emptyBlock(from, open, close, before) {
		const block = newBlock(from, open, before);
		this.statements.push(block);
		this.#last = this.#spansLines(from, close) ? block.close : block;
		this.#takeLineEnd(this.#last);
	}
	#parseBlock(from, open, before) {
		const block = newBlock(from, open, before);
		this.statements.push(block);
		this.#last = block.open;
		let comments = [];
		if (this.#peek === "comment") this.#takeLineEnd(block.open);
		for (;;) switch (this.#peek) {
			case "newline":
				this.#advance();
				if (comments.length === 0 ? block.lines.length > 0 : comments.at(-1) !== -1) comments.push(-1);
				break;
			case "comment":
				comments.push(this.#index);
				this.#advance();
				break;
			case "end": throw this.#unterminated(from);
			case ")":
				block.close.before = comments.length === 1 && comments[0] === -1 ? NONE$1 : comments;
				this.#advance();
				if (!this.#atLineEnd) throw new SyntaxStop("syntax error (expected newline after closing paren)", this.tokens.end(this.#index));
				this.#last = block.close;
				this.#takeLineEnd(block.close);
				return;
			default: {
				const above = comments.length > 0 ? comments : NONE$1;
				if (comments.length > 0) comments = [];
				this.#parseLine(above, block.lines);
			}
		}
	}
	#parseLine(before, list) {
		const from = this.#index;
		this.#advance();
		while (!this.#atLineEnd) this.#advance();
		this.#endLine(from, before, list);
	}
	#unterminated(from) {
		const { line, column } = this.#source.position(this.tokens.start(from));
		const at = this.#source.raw.length;
		return new SyntaxStop(`syntax error (unterminated block started at ${this.#file}:${line}:${column})`, at);
	}
};
function newBlock(from, to, before) {
	return {
		kind: "block",
		from,
		to,
		lines: [],
		before,
		suffix: NO_SUFFIX,
		open: {
			before: NONE$1,
			suffix: NO_SUFFIX
		},
		close: {
			before: NONE$1,
			suffix: NO_SUFFIX
		}
	};
}
// src/gomod/modfile/comments.ts
/** What comments say: about a dependency, a retraction, a module. */
const NONE = Object.freeze([]);
const INDIRECT = "// indirect";
const ONLY_INDIRECT = Object.freeze(["indirect"]);
var CommentReader = class {
	#tree;
	#block;
	#ofBlock = NONE;
	constructor(tree) {
		this.#tree = tree;
	}
	/** What people wrote at a line: above it, behind it, or, when there is nothing, at its block. */
	of(line, block) {
		if (line.before.length === 0 && line.suffix.length === 1 && this.#isPlainIndirect(line.suffix[0] ?? 0)) return ONLY_INDIRECT;
		const own = this.#texts([...line.before, ...line.suffix]);
		if (own.length > 0 || block === void 0) return own;
		if (this.#block !== block) {
			this.#block = block;
			this.#ofBlock = this.#texts([
				...block.before,
				...block.suffix,
				...block.open.suffix
			]);
		}
		return this.#ofBlock;
	}
	/** Whether the comment behind the line marks an indirect dependency, word for word as go wants it. */
	isIndirect(line) {
		const index = line.suffix[0];
		if (index === void 0) return false;
		if (this.#isPlainIndirect(index)) return true;
		const words = fields(this.#text(index).slice(2));
		return words.length === 1 ? words[0] === "indirect" : words[0] === "indirect;";
	}
	/** The reason of a retraction: go counts a blank line above the line as a comment of its own. */
	rationale(line, block) {
		const owner = block && line.before.length === 0 && line.suffix.length === 0 ? block : line;
		return this.#texts([...owner.before, ...owner.suffix]).join("\n");
	}
	/** The text behind `Deprecated:` at the start of a paragraph; empty when there is none. */
	deprecation(line, block) {
		return /(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)/s.exec(this.rationale(line, block))?.[1] ?? "";
	}
	#isPlainIndirect(index) {
		const { source, tokens } = this.#tree;
		const start = tokens.start(index);
		return tokens.end(index) - start === 11 && source.raw.startsWith(INDIRECT, start);
	}
	#text(index) {
		const { source, tokens } = this.#tree;
		return source.text(tokens.start(index), tokens.end(index));
	}
	#texts(comments) {
		const real = comments.filter((index) => index !== -1);
		return real.length === 0 ? NONE : real.map((index) => trimSpace(this.#text(index).slice(2)));
	}
};
// src/gomod/modfile/words.ts
/** Words of a line as values: `parseString` of modfile, `strconv.Unquote`. */
const ESCAPES = /* @__PURE__ */ new Map([
	["a", "\x07"],
	["b", "\b"],
	["f", "\f"],
	["n", "\n"],
	["r", "\r"],
	["t", "	"],
	["v", "\v"],
	["\\", "\\"],
	["\"", "\""]
]);
/** A word that go takes for no value, with its reason. */
var Refused = class {
	why;
	constructor(why) {
		this.why = why;
	}
};
const NO_LITERAL = new Refused("invalid syntax");
const STRAY_QUOTE = new Refused("unquoted string cannot contain quote");
/** The value of a token, given as its bytes (latin1) and as text. */
function parseWord(raw, text) {
	if (raw.charCodeAt(0) === 34) return unquote(raw) ?? NO_LITERAL;
	return /["'`]/.test(raw) ? STRAY_QUOTE : text;
}
/** The string that a Go literal in double quotes stands for; undefined when it is not one. */
function unquote(raw) {
	const inner = raw.slice(1, -1);
	if (/^[\x20\x21\x23-\x5b\x5d-\x7f]*$/.test(inner)) return inner;
	const out = [];
	for (let at = 0; at < inner.length;) {
		const ch = inner.charAt(at);
		if (ch === "\n") return void 0;
		if (ch === "\\") {
			const escaped = readEscape(inner, at + 1);
			if (escaped === void 0) return void 0;
			out.push(escaped.bytes);
			at = escaped.next;
			continue;
		}
		const { rune, size } = decodeRune(inner, at);
		out.push(rune < 0 ? utf8$1(65533) : inner.slice(at, at + size));
		at += size;
	}
	return decodeGoText(Buffer.from(out.join(""), "latin1"));
}
function readEscape(inner, at) {
	const ch = inner.charAt(at);
	const short = ESCAPES.get(ch);
	if (short !== void 0) return {
		bytes: short,
		next: at + 1
	};
	const digits = ch === "x" ? 2 : ch === "u" ? 4 : ch === "U" ? 8 : 0;
	if (digits === 0) {
		const octal = inner.slice(at, at + 3);
		if (!/^[0-3][0-7]{2}$/.test(octal)) return void 0;
		return {
			bytes: String.fromCharCode(Number.parseInt(octal, 8)),
			next: at + 3
		};
	}
	const hex = inner.slice(at + 1, at + 1 + digits);
	if (hex.length < digits || !/^[0-9A-Fa-f]*$/.test(hex)) return void 0;
	const value = Number.parseInt(hex, 16);
	const next = at + 1 + digits;
	if (ch === "x") return {
		bytes: String.fromCharCode(value),
		next
	};
	if (value > 1114111 || value >= 55296 && value <= 57343) return void 0;
	return {
		bytes: utf8$1(value),
		next
	};
}
function utf8$1(rune) {
	return Buffer.from(String.fromCodePoint(rune), "utf8").toString("latin1");
}
// src/gomod/modfile/reader.ts
/** More of a refused line is not kept: no statement has as many words. */
const MOST_WORDS = 32;
const GO_VERSION = /^([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?$/;
/** In dependencies `v1.14` and `1.20-pre` count as the version in them. */
const LAX_GO_VERSION = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*$/;
const TOOLCHAIN$1 = /^default$|^go1($|\.)/;
/**
* What go.mod and go.work have in common: the meaning of the statements that both know, and the words in which go
* refuses one. Every method that may refuse gives undefined after it has noted why.
*/
var StatementReader = class {
	tree;
	comments;
	problems = [];
	rejected = [];
	#options;
	constructor(tree, options) {
		this.tree = tree;
		this.comments = new CommentReader(tree);
		this.#options = options;
		if (tree.stop !== void 0) {
			const { message, start, end } = tree.stop;
			this.#problem(message, start, end);
		}
	}
	/**
	* Gives every statement of a verb that may stand alone or, when it is among `blockVerbs`, in a block. Other blocks
	* are refused; in lax mode they are passed over.
	*/
	eachStatement(blockVerbs, lax, read) {
		for (const x of this.tree.statements) {
			if (x.kind === "comments") continue;
			const verb = this.text(x.from);
			if (x.kind === "line") read({
				verb,
				line: x,
				block: void 0,
				from: x.from + 1,
				to: x.to
			});
			else if (x.to - x.from === 1 && blockVerbs.has(verb)) for (const line of x.lines) read({
				verb,
				line,
				block: x,
				from: line.from,
				to: line.to
			});
			else if (!lax) this.#refuseBlock(x, verb);
		}
	}
	go(statement, lax) {
		const value = this.#only(statement, "go directive expects exactly one argument");
		if (value === void 0) return void 0;
		const version = GO_VERSION.test(value) ? value : lax ? LAX_GO_VERSION.exec(value)?.[1] : void 0;
		if (version === void 0) return this.refuse(statement, `invalid go version '${value}': must match format 1.23.0`);
		return this.valueDirective(statement, version);
	}
	toolchain(statement) {
		const value = this.#only(statement, "toolchain directive expects exactly one argument");
		if (value === void 0) return void 0;
		if (!TOOLCHAIN$1.test(value)) {
			const why = `invalid toolchain version '${value}': must match format go1.23.0 or default`;
			return this.refuse(statement, why);
		}
		return this.valueDirective(statement, value);
	}
	godebug(statement) {
		const usage = "usage: godebug key=value";
		const argument = this.#only(statement, usage);
		if (argument === void 0) return void 0;
		const equals = argument.indexOf("=");
		if (equals < 0 || /["`',]/.test(argument)) return this.refuse(statement, usage);
		const { span } = this.located(statement.from, argument);
		return {
			key: argument.slice(0, equals),
			value: argument.slice(equals + 1),
			argument: span,
			...this.directive(statement)
		};
	}
	/** `tool`, `ignore`, `use`. */
	oneValue(statement, usage) {
		if (this.#only(statement, usage) === void 0) return void 0;
		const value = this.string(statement, statement.from);
		return value === void 0 ? void 0 : this.valueDirective(statement, value);
	}
	replace(statement) {
		const { from, to, verb } = statement;
		const arrow = from + (to - from >= 2 && this.text(from + 1) === "=>" ? 1 : 2);
		if (to < arrow + 2 || to > arrow + 3 || this.text(arrow) !== "=>") {
			const form = `${verb} module/path [v1.2.3] =>`;
			return this.refuse(statement, `usage: ${form} other/module v1.4\n\t or ${form} ../local/directory`);
		}
		const oldPath = this.string(statement, from);
		if (oldPath === void 0) return void 0;
		const { pathMajor, ok } = splitPathVersion(oldPath);
		if (!ok) return this.refuse(statement, `${named(verb, oldPath)}invalid module path`);
		let oldVersion;
		if (arrow === from + 2) {
			oldVersion = this.version(statement, oldPath, from + 1);
			if (oldVersion === void 0) return void 0;
			const wrong = checkPathMajor(oldVersion, pathMajor);
			if (wrong !== void 0) return this.refuse(statement, named(verb, oldPath) + wrong);
		}
		const newPath = this.string(statement, arrow + 1);
		if (newPath === void 0) return void 0;
		let newVersion;
		if (to === arrow + 2) {
			const wrong = this.#checkDirectory(newPath);
			if (wrong !== void 0) return this.refuse(statement, wrong);
		} else {
			newVersion = this.version(statement, newPath, arrow + 2);
			if (newVersion === void 0) return void 0;
			if (isDirectoryPath(newPath)) {
				const path = this.quote(newPath);
				return this.refuse(statement, `replacement module directory path ${path} cannot have version`);
			}
		}
		return {
			oldPath: this.located(from, oldPath),
			oldVersion: oldVersion === void 0 ? void 0 : this.located(from + 1, oldVersion),
			newPath: this.located(arrow + 1, newPath),
			newVersion: newVersion === void 0 ? void 0 : this.located(arrow + 2, newVersion),
			...this.directive(statement)
		};
	}
	#checkDirectory(path) {
		if (!isDirectoryPath(path)) return path.includes("@") ? "replacement module must match format 'path version', not 'path@version'" : "replacement module without version must be directory path (rooted or starting with . or ..)";
		if (!this.#options.windows && path.includes("\\")) return "replacement directory appears to be Windows path (on a non-windows system)";
	}
	/** The only argument as it is written. */
	#only(statement, usage) {
		const { from, to } = statement;
		return to - from === 1 ? this.text(from) : this.refuse(statement, usage);
	}
	/** An argument as a value: unquoted. */
	string(statement, index) {
		const word = this.word(index);
		if (typeof word === "string") return word;
		return this.refuse(statement, `invalid quoted string: ${word.why}`);
	}
	/** An argument as a canonical version. */
	version(statement, path, index) {
		const text = this.unfixedVersion(statement, path, index);
		if (text === void 0) return void 0;
		const version = canonicalModuleVersion(text);
		if (version !== "") return version;
		return this.#refuseVersion(statement, path, text, "must be of the form v1.2.3");
	}
	/** An argument as a version that may be none. */
	unfixedVersion(statement, path, index) {
		const word = this.word(index);
		if (typeof word === "string") return word;
		return this.#refuseVersion(statement, path, this.text(index), word.why);
	}
	#refuseVersion(statement, path, version, why) {
		const message = `${named(statement.verb, path)}version ${this.quote(version)} invalid: ${why}`;
		return this.refuse(statement, message);
	}
	word(index) {
		const { source, tokens } = this.tree;
		const raw = source.raw.slice(tokens.start(index), tokens.end(index));
		return parseWord(raw, source.ascii ? raw : this.text(index));
	}
	/** A token as it is written. */
	text(index) {
		const { source, tokens } = this.tree;
		return source.text(tokens.start(index), tokens.end(index));
	}
	/** As `%q` of the release whose Unicode is asked for. */
	quote(text) {
		return quote(text, (rune) => isPrint(rune, this.#options.unicode));
	}
	located(index, value) {
		const { source, tokens } = this.tree;
		return source.located(value, tokens.start(index), tokens.end(index));
	}
	valueDirective(statement, value) {
		return {
			value: this.located(statement.from, value),
			...this.directive(statement)
		};
	}
	directive({ line, block }) {
		const { source, tokens } = this.tree;
		return {
			span: source.span(tokens.start(line.from), tokens.end(line.to - 1)),
			comments: this.comments.of(line, block)
		};
	}
	/** Notes that go refuses a statement, and keeps its words. */
	refuse(statement, message) {
		const { line, verb, from, to } = statement;
		this.#problemOfTokens(message, line.from, line.to);
		this.#reject(verb, line.from, line.to, from, to);
	}
	#refuseBlock(block, verb) {
		const { from, to, lines } = block;
		const words = Array.from({ length: to - from }, (_, i) => this.text(from + i));
		this.#problemOfTokens(`unknown block type: ${words.join(" ")}`, from, to);
		if (to - from > 1 || lines.length === 0) this.#reject(verb, from, to, from + 1, to);
		for (const line of lines) this.#reject(verb, line.from, line.to, line.from, line.to);
	}
	#reject(verb, lineFrom, lineTo, from, to) {
		const { source, tokens } = this.tree;
		const words = [];
		for (let i = from; i < to && words.length < MOST_WORDS; i++) {
			const word = this.word(i);
			words.push(this.located(i, word instanceof Refused ? this.text(i) : word));
		}
		const span = source.span(tokens.start(lineFrom), tokens.end(lineTo - 1));
		this.rejected.push({
			verb,
			words,
			span
		});
	}
	#problemOfTokens(message, from, to) {
		const { tokens } = this.tree;
		this.#problem(message, tokens.start(from), tokens.end(to - 1));
	}
	#problem(message, start, end) {
		if (this.tree.stop !== void 0 && this.problems.length > 0) return;
		const { source } = this.tree;
		const hasColumn = source.position(start).column > 1;
		this.problems.push({
			message,
			span: source.span(start, end),
			hasColumn
		});
	}
};
/** How go begins a message about a module. */
function named(verb, path) {
	return path === "" ? `${verb}: ` : `${verb} ${path}: `;
}
// src/gomod/modfile/read-mod.ts
const BLOCK_VERBS$1 = /* @__PURE__ */ new Set([
	"module",
	"godebug",
	"require",
	"exclude",
	"replace",
	"retract",
	"tool",
	"ignore"
]);
const LAX_VERBS = /* @__PURE__ */ new Set([
	"go",
	"module",
	"retract",
	"require",
	"ignore"
]);
/**
* Reads a go.mod. Never throws: what go refuses is in `problems`, in the order in which go tells it, and its lines are
* in `mod.rejected`. At a lexical or syntax error go stops, so `problems` has that one alone and `mod` what stands in
* front of it.
*/
function readGoMod(bytes, { lax = false, unicode = 15, file = "go.mod", windows = false } = {}) {
	const syntax = parseSyntax(bytes, file, unicode);
	const reader = new GoModReader(new StatementReader(syntax, {
		unicode,
		file,
		windows
	}), lax);
	return {
		mod: reader.read(),
		problems: reader.problems,
		syntax
	};
}
var GoModReader = class {
	#reader;
	#lax;
	#module;
	/** A module statement counts though it is refused: a second one is a repetition. */
	#moduleSeen = false;
	#go;
	#toolchain;
	#godebug = [];
	#require = [];
	#exclude = [];
	#replace = [];
	#retract = [];
	#tool = [];
	#ignore = [];
	constructor(reader, lax) {
		this.#reader = reader;
		this.#lax = lax;
	}
	get problems() {
		return this.#reader.problems;
	}
	read() {
		this.#reader.eachStatement(BLOCK_VERBS$1, this.#lax, (statement) => this.#add(statement));
		return {
			module: this.#module,
			go: this.#go,
			toolchain: this.#toolchain,
			godebug: this.#godebug,
			require: this.#require,
			exclude: this.#exclude,
			replace: this.#replace,
			retract: this.#retract,
			tool: this.#tool,
			ignore: this.#ignore,
			rejected: this.#reader.rejected
		};
	}
	#add(statement) {
		const reader = this.#reader;
		const { verb } = statement;
		if (this.#lax && !LAX_VERBS.has(verb)) return;
		switch (verb) {
			case "require":
				push(this.#require, this.#requirement(statement));
				break;
			case "exclude":
				push(this.#exclude, this.#exclusion(statement));
				break;
			case "replace":
				push(this.#replace, reader.replace(statement));
				break;
			case "retract":
				push(this.#retract, this.#retraction(statement));
				break;
			case "godebug":
				push(this.#godebug, reader.godebug(statement));
				break;
			case "tool":
				push(this.#tool, reader.oneValue(statement, "tool directive expects exactly one argument"));
				break;
			case "ignore":
				push(this.#ignore, reader.oneValue(statement, "ignore directive expects exactly one argument"));
				break;
			case "module":
				if (this.#moduleSeen) reader.refuse(statement, "repeated module statement");
				else this.#module = this.#moduleDirective(statement);
				this.#moduleSeen = true;
				break;
			case "go":
				if (this.#go !== void 0) reader.refuse(statement, "repeated go statement");
				else this.#go = reader.go(statement, this.#lax);
				break;
			case "toolchain":
				if (this.#toolchain !== void 0) reader.refuse(statement, "repeated toolchain statement");
				else this.#toolchain = reader.toolchain(statement);
				break;
			default: reader.refuse(statement, `unknown directive: ${verb}`);
		}
	}
	#moduleDirective(statement) {
		const reader = this.#reader;
		const { line, block, from, to } = statement;
		if (to - from !== 1) return reader.refuse(statement, "usage: module module/path");
		const path = reader.string(statement, from);
		if (path === void 0) return void 0;
		const deprecated = reader.comments.deprecation(line, block);
		return {
			path: reader.located(from, path),
			deprecated,
			...reader.directive(statement)
		};
	}
	/** Path and version of a require or exclude. */
	#pathAndVersion(statement) {
		const reader = this.#reader;
		const { verb, from, to } = statement;
		if (to - from !== 2) return reader.refuse(statement, `usage: ${verb} module/path v1.2.3`);
		const path = reader.string(statement, from);
		if (path === void 0) return void 0;
		const version = reader.version(statement, path, from + 1);
		if (version === void 0) return void 0;
		const { pathMajor, ok } = splitPathVersion(path);
		if (!ok) return reader.refuse(statement, "invalid module path");
		const wrong = checkPathMajor(version, pathMajor);
		if (wrong !== void 0) return reader.refuse(statement, named(verb, path) + wrong);
		return {
			path,
			version
		};
	}
	#requirement(statement) {
		const found = this.#pathAndVersion(statement);
		if (found === void 0) return void 0;
		const reader = this.#reader;
		const { span, comments } = reader.directive(statement);
		return {
			path: reader.located(statement.from, found.path),
			version: reader.located(statement.from + 1, found.version),
			indirect: reader.comments.isIndirect(statement.line),
			span,
			comments
		};
	}
	#exclusion(statement) {
		const found = this.#pathAndVersion(statement);
		if (found === void 0) return void 0;
		const reader = this.#reader;
		return {
			path: reader.located(statement.from, found.path),
			version: reader.located(statement.from + 1, found.version),
			...reader.directive(statement)
		};
	}
	#retraction(statement) {
		const reader = this.#reader;
		const interval = this.#interval(statement);
		if (interval === void 0) return void 0;
		const { low, high, next } = interval;
		if (next < statement.to && !this.#lax) {
			const extra = reader.quote(reader.text(next));
			return reader.refuse(statement, `unexpected token after version: ${extra}`);
		}
		return {
			low,
			high,
			rationale: reader.comments.rationale(statement.line, statement.block),
			...reader.directive(statement)
		};
	}
	#interval(statement) {
		const reader = this.#reader;
		const { from, to } = statement;
		const refuse = (why) => this.#lax ? void 0 : reader.refuse(statement, why);
		const text = (index) => index < to ? reader.text(index) : void 0;
		const version = (index) => {
			if (this.#lax && typeof reader.word(index) !== "string") return void 0;
			const value = reader.unfixedVersion(statement, "", index);
			return value === void 0 ? void 0 : reader.located(index, value);
		};
		if (from === to || text(from) === "(") return refuse("expected '[' or version");
		if (text(from) !== "[") {
			const only = version(from);
			return only && {
				low: only,
				high: only,
				next: from + 1
			};
		}
		if (from + 1 >= to) return refuse("expected version after '['");
		const low = version(from + 1);
		if (low === void 0) return void 0;
		if (text(from + 2) !== ",") return refuse("expected ',' after version");
		if (from + 3 >= to) return refuse("expected version after ','");
		const high = version(from + 3);
		if (high === void 0) return void 0;
		if (text(from + 4) !== "]") return refuse("expected ']' after version");
		return {
			low,
			high,
			next: from + 5
		};
	}
};
function push(list, item) {
	if (item !== void 0) list.push(item);
}
// src/gomod/modfile/read-work.ts
const BLOCK_VERBS = /* @__PURE__ */ new Set([
	"godebug",
	"use",
	"replace"
]);
/** Reads a go.work as `readGoMod` reads a go.mod. Never throws. */
function readGoWork(bytes, { unicode = 15, file = "go.work", windows = false } = {}) {
	const syntax = parseSyntax(bytes, file, unicode);
	const reader = new StatementReader(syntax, {
		unicode,
		file,
		windows
	});
	let go;
	let toolchain;
	const godebug = [];
	const use = [];
	const replace = [];
	reader.eachStatement(BLOCK_VERBS, false, (statement) => {
		switch (statement.verb) {
			case "go":
				if (go !== void 0) reader.refuse(statement, "repeated go statement");
				else go = reader.go(statement, false);
				break;
			case "toolchain":
				if (toolchain !== void 0) reader.refuse(statement, "repeated toolchain statement");
				else toolchain = reader.toolchain(statement);
				break;
			case "godebug": {
				const found = reader.godebug(statement);
				if (found !== void 0) godebug.push(found);
				break;
			}
			case "use": {
				const found = reader.oneValue(statement, "usage: use local/dir");
				if (found !== void 0) use.push(found);
				break;
			}
			case "replace": {
				const found = reader.replace(statement);
				if (found !== void 0) replace.push(found);
				break;
			}
			default: reader.refuse(statement, `unknown directive: ${statement.verb}`);
		}
	});
	return {
		work: {
			go,
			toolchain,
			godebug,
			use,
			replace,
			rejected: reader.rejected
		},
		problems: reader.problems,
		syntax
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
// src/gomod/toolchain.ts
/** Go's own releases, as `go` fetches them: a module with one zip for each version and platform. */
const TOOLCHAIN = "golang.org/toolchain";
// src/gomod/list.ts
/** A body that is no version list: an HTML page, a cut line, or more than `MAX_LIST_BYTES`. */
var ListError = class extends Error {
	name = "ListError";
	code;
	/** Counted from 1; 0 is the body as a whole. */
	line;
	constructor(code, line, message) {
		super(message);
		this.code = code;
		this.line = line;
	}
};
const MAX_LIST_BYTES = 8 << 20;
function readLine(text, line) {
	const [version, time, ...more] = fields(text);
	if (version === void 0) return void 0;
	if (!isValid(version)) throw new ListError("malformed", line, `line ${line} of the version list is not a semantic version`);
	if (time === void 0) return { version };
	if (more.length > 0 || !isRfc3339(time)) throw new ListError("malformed", line, `line ${line} of the version list has no RFC 3339 time behind its version`);
	return {
		version,
		time
	};
}
/** Reads a version list; blank lines are ignored, an empty list is legal. Throws `ListError`. */
function parseVersionList(bytes) {
	if (bytes.byteLength > 8388608) throw new ListError("too-large", 0, `the version list is ${bytes.byteLength} bytes long, more than ${MAX_LIST_BYTES}`);
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").split("\n").flatMap((line, at) => readLine(line, at + 1) ?? []);
}
/** Writes a version list, one a line with a final newline; an empty list is an empty body. */
function formatVersionList(versions) {
	let out = "";
	for (const { version, time } of versions) out += time === void 0 ? `${version}\n` : `${version} ${time}\n`;
	return Buffer.from(out);
}
// src/gomod/info.ts
/** An `.info` that must not be passed on. */
var InfoError = class extends Error {
	name = "InfoError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
const MAX_INFO_BYTES = 65536;
/** In the order in which go writes them. */
const ORIGIN_KEYS = [
	"VCS",
	"URL",
	"Subdir",
	"Hash",
	"TagPrefix",
	"TagSum",
	"Ref",
	"RepoSum"
];
const MAX_ORIGIN_VALUE = 2048;
const ORIGIN_VALUE = /^[!#-;=?-[\]-_a-~]+$/;
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function hasPassword(url) {
	return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#]*@/i.test(url);
}
/** The origin when every field of it is known and sane, else undefined: it only informs, nothing rests on it. */
function readOrigin(value) {
	if (!isObject(value)) return void 0;
	const known = ORIGIN_KEYS;
	if (Object.keys(value).some((key) => !known.includes(key))) return void 0;
	const origin = {};
	for (const key of ORIGIN_KEYS) {
		const text = Object.hasOwn(value, key) ? value[key] : void 0;
		if (text === void 0 || text === "") continue;
		if (typeof text !== "string" || text.length > MAX_ORIGIN_VALUE || !ORIGIN_VALUE.test(text)) return void 0;
		origin[key] = text;
	}
	if (hasPassword(origin.URL ?? "")) return void 0;
	return Object.keys(origin).length > 0 ? origin : void 0;
}
function parseObject(bytes) {
	if (bytes.byteLength > 65536) throw new InfoError("too-large", `the .info is ${bytes.byteLength} bytes long, more than ${MAX_INFO_BYTES}`);
	let value;
	try {
		value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
	} catch (cause) {
		throw new InfoError("not-json", "the .info is not JSON", { cause });
	}
	if (!isObject(value)) throw new InfoError("not-json", "the .info is JSON, but not an object");
	return value;
}
/**
* Reads an `.info` strictly. Unknown fields are dropped, an origin that is not wholly well-formed is dropped.
*
* @param expect.version the canonical version that was asked for; leave it out for a query such as a branch
* @throws InfoError
*/
function parseInfo(bytes, expect = {}) {
	const value = parseObject(bytes);
	const version = Object.hasOwn(value, "Version") ? value.Version : void 0;
	if (typeof version !== "string" || version === "" || canonicalModuleVersion(version) !== version) throw new InfoError("bad-field", "the .info has no Version that is a canonical module version");
	if (expect.version !== void 0 && version !== expect.version) throw new InfoError("wrong-version", `the .info is of version ${quote(version)}, not of ${quote(expect.version)}`);
	const time = Object.hasOwn(value, "Time") ? value.Time ?? void 0 : void 0;
	if (time !== void 0 && (typeof time !== "string" || !isRfc3339(time))) throw new InfoError("bad-field", "the Time of the .info is not an RFC 3339 time");
	const origin = Object.hasOwn(value, "Origin") ? readOrigin(value.Origin) : void 0;
	return {
		version,
		...time !== void 0 && { time },
		...origin !== void 0 && { origin }
	};
}
/** Writes an `.info` anew: Version, Time, Origin, without white space, as go itself does. */
function formatInfo(info) {
	const { version, time, origin } = info;
	const ordered = {};
	for (const key of ORIGIN_KEYS) {
		const value = origin?.[key];
		if (value !== void 0) ordered[key] = value;
	}
	const hasOrigin = Object.keys(ordered).length > 0;
	return Buffer.from(JSON.stringify({
		Version: version,
		Time: time,
		Origin: hasOrigin ? ordered : void 0
	}));
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
export { GoModError, SUM_LIMITS, StoredZipStream, SumTable, TOOLCHAIN, ZipError, canonicalModuleVersion, checkImportPath, checkPath, compareGoVersions, compareVersions, escapePath, escapeVersion, fields, foldCase, formatInfo, formatVersionList, globProblem, goLanguage, goModJson, goRange, goVersionOfToolchain, goWorkJson, hasSpace, hash1, hashGoMod, hashZip, inRange, isDirectoryPath, isGoLanguage, isGoVersion, isH1, isPseudo, isValid, matchGlobs, parseGoProxy, parseGoSum, parseInfo, parseModulesTxt, parseRange, parseVersionList, prerelease, printSyntax, problemLine, pseudoTime, quote, quoteRune, readGoMod, readGoWork, readModuleZip, splitPathVersion, storedZip, tokensOf, unescapePath, unescapeVersion };
