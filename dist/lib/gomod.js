import { createHash, hash } from "node:crypto";
import { isUtf8 } from "node:buffer";
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
const NUMBER = "(0|[1-9][0-9]*)";
const IDENT = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const SEMVER = new RegExp(`^v${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}(-${IDENT}(?:\\.${IDENT})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)?)?$`);
function parse(v) {
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
	return parse(v)?.prerelease ?? "";
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
function compareText(a, b) {
	return a === b ? 0 : a < b ? -1 : 1;
}
/** Decimal strings without leading zeros, of any length. */
function compareNumber(a, b) {
	if (a.length !== b.length) return a.length < b.length ? -1 : 1;
	return compareText(a, b);
}
function compareIdent(a, b) {
	const aNumeric = /^[0-9]+$/.test(a);
	if (aNumeric !== /^[0-9]+$/.test(b)) return aNumeric ? -1 : 1;
	return aNumeric ? compareNumber(a, b) : compareText(a, b);
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
		if (x === void 0 || y === void 0) return compareNumber(String(as.length), String(bs.length));
		const order = compareIdent(x, y);
		if (order !== 0) return order;
	}
}
/**
* Semantic precedence; build metadata does not count. An invalid version is less than every valid one, and
* all invalid versions are equal.
*/
function compareVersions(a, b) {
	const x = parse(a);
	const y = parse(b);
	if (x === void 0 || y === void 0) return x === y ? 0 : x === void 0 ? -1 : 1;
	return compareNumber(x.major, y.major) || compareNumber(x.minor, y.minor) || compareNumber(x.patch, y.patch) || comparePrerelease(x.prerelease, y.prerelease);
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
	#modules = /* @__PURE__ */ new Set();
	/** Takes in entries; a hash that is there already is not repeated. */
	add(entries) {
		for (const { module, version, file, h1 } of entries) {
			if (!h1.startsWith("h1:")) continue;
			this.#modules.add(module);
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
	/** Whether there is a hash of any version of a module. */
	names(module) {
		return this.#modules.has(module);
	}
	/** Number of files (not hashes) on record. */
	get size() {
		return this.#hashes.size;
	}
};
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
export { DirhashError, SUM_LIMITS, SumTable, canonicalModuleVersion, checkFilePath, checkImportPath, checkModule, checkPath, checkPathMajor, compareVersions, decodeGoText, decodeRune, escapePath, escapeVersion, fields, formatVersionList, hasSpace, hash1, hashGoMod, isDirectoryPath, isH1, isPseudo, isRfc3339, isValid, isWellFormed, matchGlobs, parseGoProxy, parseGoSum, parseModulesTxt, parseVersionList, prerelease, pseudoTime, quote, quoteRune, splitPathVersion, toByteString, trimSpace, unescapePath, unescapeVersion };
