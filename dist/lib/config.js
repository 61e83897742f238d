import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
// src/config/errors.ts
/** The configuration cannot be used; nothing was started. Always exit code 2. */
var ConfigError = class extends Error {
	name = "ConfigError";
	code;
	problems;
	file;
	line;
	column;
	constructor(code, problems, options) {
		super(problems.map(formatProblem).join("\n"), options);
		this.code = code;
		this.problems = problems;
		this.file = problems[0]?.where;
		this.line = problems[0]?.line;
		this.column = problems[0]?.column;
	}
};
/** `where:line:column: message`, as compilers write it. */
function formatProblem(problem) {
	const line = problem.line === void 0 ? "" : `:${problem.line}`;
	const column = problem.column === void 0 ? "" : `:${problem.column}`;
	return `${problem.where}${line}${column}: ${problem.message}`;
}
// src/config/defaults.ts
/**
* What an empty file means. Written out, so that a job without a file starts without loading a parser and a
* validator; a test holds it equal to the schema's own defaults.
*/
const DEFAULTS = {
	version: 1,
	extends: [],
	proxy: {
		modcache: "inherit",
		"strict-graph": false,
		upstream: [],
		private: [],
		ca: [],
		credentials: [],
		prefetch: 32,
		idle: 72e5
	},
	hosts: {
		allow: [],
		deny: []
	},
	modules: {
		allow: [],
		deny: []
	},
	replace: {
		local: "siblings",
		remote: {
			allow: [],
			"require-reason": false
		},
		downgrade: "deny"
	},
	rules: {},
	waivers: [],
	cache: {
		store: "auto",
		save: "auto",
		"keep-since": 2592e6,
		"max-size": 5e9
	},
	audit: {
		store: null,
		required: false
	},
	"fail-on": "error"
};
// src/config/redact.ts
const HIDDEN = "***";
/**
* A URL that may be shown: user information, query and fragment are replaced by `***`, scheme, host and path
* are kept. Works on anything: what is no URL loses whatever stands before an `@`.
*/
function redactUrl(url) {
	const scheme = /^[a-z][a-z0-9+.-]*:(?:\/\/|\\\\)?/i.exec(url)?.[0] ?? "";
	const withoutScheme = scheme.endsWith("/") || scheme.endsWith("\\") ? url.slice(scheme.length) : url;
	const start = withoutScheme === url ? "" : scheme;
	const end = URL.canParse(url) && start !== "" ? withoutScheme.search(/[/\\?#]|$/) : withoutScheme.length;
	const at = withoutScheme.lastIndexOf("@", end - 1);
	const named = at >= 0 && at < end ? `${HIDDEN}@${withoutScheme.slice(at + 1)}` : withoutScheme;
	const tail = named.search(/[?#]/);
	return start + (tail < 0 ? named : `${named.slice(0, tail + 1)}${HIDDEN}`);
}
/** Redacts every URL inside a text that is not ours (an error message of a library, output of `go`). */
function redactText(text) {
	return text.replaceAll(/[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>`]+/gi, (found) => {
		const closing = /[),.;:\]]+$/.exec(found)?.[0] ?? "";
		return redactUrl(closing === "" ? found : found.slice(0, -closing.length)) + closing;
	});
}
/** The secrets in the URLs of a text: each user information, and its password or token alone as written and as meant. */
function credentialsIn(text) {
	const found = /* @__PURE__ */ new Set();
	for (const [, userinfo = ""] of text.matchAll(/[a-z][a-z0-9+.-]{0,30}:\/\/([^/?#\s|,]*)@/gi)) {
		const secret = userinfo.slice(userinfo.indexOf(":") + 1);
		for (const part of [
			userinfo,
			secret,
			decoded(secret)
		]) if (part !== "") found.add(part);
	}
	return [...found];
}
function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
// src/config/values.ts
/** Values that a key may have, for the schema and for the overrides, which are checked without it. */
const MODCACHE = ["inherit", "isolated"];
const ON_FAILURE = ["fail", "fallback"];
const SAVE = [
	"auto",
	"always",
	"never"
];
/** Whether one entry of an upstream chain is well formed: an http, https or file URL, `direct` or `off`. */
function isUpstream(value) {
	if (value === "direct" || value === "off") return true;
	return /^(https?|file):\/\//i.test(value) && !/[,|\s]/.test(value) && URL.canParse(value);
}
// src/config/overrides.ts
/** How each override is called in each layer, and the key that it sets. */
const NAMES = {
	store: {
		key: "cache.store",
		word: "store"
	},
	upstream: {
		key: "proxy.upstream",
		word: "upstream"
	},
	onFailure: {
		key: "proxy.on-failure",
		word: "on-failure"
	},
	prefetch: {
		key: "proxy.prefetch",
		word: "prefetch"
	},
	modcache: {
		key: "proxy.modcache",
		word: "modcache"
	},
	save: {
		key: "cache.save",
		word: "save"
	}
};
/** Name under which the user knows an override: `MODGATE_ON_FAILURE`, `input on-failure`, `--on-failure`. */
function overrideName(layer, field) {
	const { word } = NAMES[field];
	if (layer === "env") return `MODGATE_${word.toUpperCase().replaceAll("-", "_")}`;
	return layer === "input" ? `input ${word}` : `--${word}`;
}
/** Overrides that the environment gives: `MODGATE_STORE`, `MODGATE_UPSTREAM` (entries apart by space) and so on. */
function envOverrides(env) {
	const given = (field) => env[overrideName("env", field)]?.trim() || void 0;
	const upstream = given("upstream")?.split(/[\s,]+/).filter(Boolean);
	return {
		...Object.fromEntries([
			"store",
			"onFailure",
			"prefetch",
			"modcache",
			"save"
		].map((field) => [field, given(field)]).filter(([, value]) => value !== void 0)),
		...upstream ? { upstream } : {}
	};
}
/**
* Puts one layer of overrides over the values and writes down their origin.
* Throws ConfigError `config-invalid` that names the flag, input or variable.
*/
function applyOverrides(values, origins, layer, given) {
	const problems = [];
	const bad = (field, message) => {
		problems.push({
			where: overrideName(layer, field),
			message
		});
	};
	const oneOf = (field, value, known) => {
		if (value === void 0) return void 0;
		return known.find((word) => word === value) ?? bad(field, `${shown(value)} is not one of ${known.join(", ")}`);
	};
	const store = given.store === "" ? bad("store", "is empty; name a directory") : given.store;
	const upstream = given.upstream && upstreams(given.upstream, (message) => bad("upstream", message));
	const prefetch = given.prefetch === void 0 ? void 0 : count(given.prefetch, (m) => bad("prefetch", m));
	const onFailure = oneOf("onFailure", given.onFailure, ON_FAILURE);
	const modcache = oneOf("modcache", given.modcache, MODCACHE);
	const save = oneOf("save", given.save, SAVE);
	if (problems.length > 0) throw new ConfigError("config-invalid", problems);
	for (const field of Object.keys(NAMES)) {
		if (given[field] === void 0) continue;
		const key = NAMES[field].key;
		for (const old of [...origins.keys()]) if (old === key || old.startsWith(`${key}.`)) origins.delete(old);
		origins.set(key, {
			from: layer,
			name: overrideName(layer, field)
		});
	}
	return {
		...values,
		proxy: {
			...values.proxy,
			...upstream ? { upstream } : {},
			...prefetch === void 0 ? {} : { prefetch },
			...onFailure ? { "on-failure": onFailure } : {},
			...modcache ? { modcache } : {}
		},
		cache: {
			...values.cache,
			...store === void 0 ? {} : { store },
			...save ? { save } : {}
		}
	};
}
function upstreams(entries, bad) {
	if (entries.length > 16) bad(`${entries.length} entries are more than the 16 allowed`);
	for (const entry of entries.slice(0, 16)) {
		if (isUpstream(entry)) continue;
		bad(`${shown(redactUrl(entry))} is not an upstream; write an http, https or file URL, direct or off`);
	}
	return entries.map((url) => ({
		url,
		"absent-on-403": false
	}));
}
function count(value, bad) {
	const number = typeof value === "number" ? value : /^\d{1,4}$/.test(value) ? Number(value) : NaN;
	if (Number.isInteger(number) && number >= 0 && number <= 64) return number;
	return bad(`${shown(String(value))} is not a whole number from 0 to 64`);
}
function shown(value) {
	return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
// src/config/unenforced.ts
/**
* Keys that the schema knows but that nothing acts on in this version. Saying nothing about them would let
* an author believe in a rule that is not there.
*/
const UNENFORCED = [
	{
		key: "extends",
		set: (v) => v.extends.length > 0
	},
	{
		key: "proxy.strict-graph",
		set: (v) => v.proxy["strict-graph"]
	},
	{
		key: "proxy.private",
		set: (v) => v.proxy.private.length > 0
	},
	{
		key: "proxy.ca",
		set: (v) => v.proxy.ca.length > 0
	},
	{
		key: "proxy.credentials",
		set: (v) => v.proxy.credentials.length > 0
	},
	{
		key: "hosts",
		set: (v) => v.hosts.allow.length + v.hosts.deny.length > 0
	},
	{
		key: "modules",
		set: (v) => v.modules.allow.length + v.modules.deny.length > 0
	},
	{
		key: "replace",
		set: () => true
	},
	{
		key: "rules",
		set: (v) => Object.keys(v.rules).length > 0
	},
	{
		key: "waivers",
		set: (v) => v.waivers.length > 0
	},
	{
		key: "audit.store",
		set: (v) => v.audit.store !== null
	},
	{
		key: "audit.required",
		set: (v) => v.audit.required
	},
	{
		key: "fail-on",
		set: () => true
	}
];
/** One line for each key of the file that is accepted but has no effect yet. */
function notInForce(values, lines, file) {
	return UNENFORCED.filter(({ key, set }) => lines.has(key) && set(values)).map(({ key }) => `${file}:${lines.get(key)}: ${key} is accepted but not enforced by this version`);
}
// src/config/load.ts
/** Places of the configuration file in a checkout. */
const CONFIG_FILES = [".modgate.yaml", ".github/modgate.yaml"];
const MAX_FILE = 2 ** 20;
/**
* The configuration in force: defaults, then the file, environment, action inputs, flags.
* Throws ConfigError: `config-ambiguous` (both file names present), `config-missing` (a named file is not
* there), `config-unreadable`, `config-too-large` (over 1 MiB), `config-invalid`.
*/
async function loadConfig(options) {
	const found = await findFile(options);
	const origins = /* @__PURE__ */ new Map();
	const warnings = [];
	let values = DEFAULTS;
	if (found) {
		const { parseConfig } = await import("./lazy/config-parse.js");
		const parsed = parseConfig(found.text, found.name);
		values = parsed.values;
		for (const [key, line] of parsed.lines) origins.set(key, {
			from: "file",
			file: found.name,
			line
		});
		warnings.push(...notInForce(values, parsed.lines, found.name));
		if (options.trusted === false && values.proxy.credentials.length > 0) {
			values = {
				...values,
				proxy: {
					...values.proxy,
					credentials: []
				}
			};
			warnings.push(`${found.name}: proxy.credentials is left out, because this job runs what a pull request wrote; credentials are used on trusted refs only`);
		}
	}
	for (const [layer, given] of [
		["env", options.env],
		["input", options.inputs],
		["flag", options.flags]
	]) if (given) values = applyOverrides(values, origins, layer, given);
	const config = {
		...values,
		proxy: {
			...values.proxy,
			"on-failure": values.proxy["on-failure"] ?? defaultOnFailure(values)
		}
	};
	return {
		config,
		file: found?.path,
		origin: (key) => nearest(origins, key),
		warnings,
		digest: createHash("sha256").update(stableJson(config)).digest("hex")
	};
}
/**
* With a policy in the file, a dead proxy must stop the build; without one, only speed is lost.
*/
function defaultOnFailure(values) {
	const { hosts, modules, proxy, audit } = values;
	return [
		hosts.allow,
		hosts.deny,
		modules.allow,
		modules.deny,
		proxy.private
	].some((list) => list.length > 0) || audit.required ? "fail" : "fallback";
}
/** A value inside one that was set as a whole has that one's origin. */
function nearest(origins, key) {
	for (let at = key; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
		const origin = origins.get(at);
		if (!origin) continue;
		if (at === key || origin.from !== "file" || /\.\d+(\.|$)/.test(key.slice(at.length))) return origin;
	}
	return { from: "default" };
}
function stableJson(value) {
	return JSON.stringify(value, (_, inner) => {
		if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
		return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
	});
}
async function findFile(options) {
	if (options.explicit) {
		const path = resolve(options.cwd ?? options.workspace, options.explicit);
		const found = await readFile(path, options.workspace);
		if (found) return found;
		throw new ConfigError("config-missing", [{
			where: path,
			message: "there is no such file; check the path, or leave it out to use .modgate.yaml"
		}]);
	}
	const [first, second] = await Promise.all(CONFIG_FILES.map((name) => readFile(join(options.workspace, name), options.workspace)));
	if (first && second) {
		const message = `${CONFIG_FILES[1]} is there too; keep one of them, so that it is clear which one counts`;
		throw new ConfigError("config-ambiguous", [{
			where: CONFIG_FILES[0],
			message
		}]);
	}
	return first ?? second;
}
async function readFile(path, workspace) {
	const inside = relative(workspace, path);
	const name = inside.startsWith("..") || isAbsolute(inside) ? path : inside.split(sep).join("/");
	try {
		if (!(await stat(path)).isFile()) throw Object.assign(/* @__PURE__ */ new Error("not a file"), { code: "not a regular file" });
		const handle = await open(path, "r");
		try {
			const buffer = Buffer.alloc(MAX_FILE + 1);
			let length = 0;
			for (;;) {
				const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
				length += bytesRead;
				if (bytesRead === 0 || length > MAX_FILE) break;
			}
			if (length > MAX_FILE) throw new ConfigError("config-too-large", [{
				where: name,
				message: "is larger than 1 MiB, which no configuration needs; check that it is the right file"
			}]);
			return {
				path,
				name,
				text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length))
			};
		} finally {
			await handle.close();
		}
	} catch (cause) {
		if (cause instanceof ConfigError) throw cause;
		const code = cause.code;
		if (code === "ENOENT" || code === "ENOTDIR") return void 0;
		throw new ConfigError("config-unreadable", [{
			where: name,
			message: `the configuration ${code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "is not UTF-8 text" : `cannot be read (${code ?? "unknown"})`}; mend the file, or name another one with --config`
		}], { cause });
	}
}
// src/config/suggest.ts
/** Number of single-character edits between two words; both are short (keys). */
function distance(a, b) {
	let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
		}
		previous = row;
	}
	return previous[b.length] ?? 0;
}
/** The known word that was most likely meant, or undefined when none is near. */
function didYouMean(word, known) {
	if (word.length > 64) return void 0;
	const plain = (text) => text.toLowerCase().replaceAll(/[_\s-]/g, "");
	let best;
	let least = Math.max(1, Math.floor(word.length / 3)) + 1;
	for (const candidate of known) {
		const edits = distance(plain(word), plain(candidate));
		if (edits < least) {
			least = edits;
			best = candidate;
		}
	}
	return best;
}
// src/config/units.ts
const DURATION_UNITS = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5,
	w: 6048e5
};
const SIZE_UNITS = {
	b: 1,
	kb: 1e3,
	mb: 1e6,
	gb: 1e9,
	tb: 0xe8d4a51000,
	kib: 1024,
	mib: 2 ** 20,
	gib: 2 ** 30,
	tib: 2 ** 40
};
/**
* Milliseconds of a duration like `30d`, `2h`, `1h30m` or `500ms`; a bare `0` is none. Undefined when the
* text is no duration or is more than 100 years.
*/
function parseDuration(text) {
	const trimmed = text.trim();
	if (trimmed === "0") return 0;
	if (trimmed.length > 32 || !/^(\d{1,15}(?:\.\d{1,6})?(ms|[smhdw]))+$/.test(trimmed)) return void 0;
	let total = 0;
	for (const [, count, unit] of trimmed.matchAll(/([\d.]+)(ms|[smhdw])/g)) total += Number(count) * (DURATION_UNITS[unit ?? ""] ?? NaN);
	const milliseconds = Math.round(total);
	return milliseconds <= 315576e7 ? milliseconds : void 0;
}
/**
* Bytes of a size like `5GB` (powers of 1000), `512MiB` (powers of 1024) or a bare number. Undefined when
* the text is no size or cannot be counted exactly.
*/
function parseSize(text) {
	const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([kmgt]?i?b)?$/i.exec(text.trim());
	if (!match) return void 0;
	const factor = SIZE_UNITS[(match[2] ?? "b").toLowerCase()];
	if (factor === void 0) return void 0;
	const bytes = Math.round(Number(match[1]) * factor);
	return Number.isSafeInteger(bytes) ? bytes : void 0;
}
export { ConfigError, MODCACHE, ON_FAILURE, SAVE, credentialsIn, didYouMean, envOverrides, isUpstream, loadConfig, parseDuration, parseSize, redactText, redactUrl };
