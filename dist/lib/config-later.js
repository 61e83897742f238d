import { DEFAULTS, FIXED_RULES, LEVELS, MODCACHE, RULE_IDS, redactText } from "./config.js";
import { globProblem } from "./gomod-later.js";
import { posix } from "node:path";
// src/config/reference.ts
/** The location as a file would be named under `extends`; unambiguous, so that it tells files apart. */
function locationName({ path, remote }) {
	if (remote === void 0) return path;
	const separator = remote.repository.split("/").length === 2 ? "/" : "//";
	return `${remote.repository}${separator}${path}@${remote.commit}`;
}
/** The same, short enough for a message. */
function shortName(location) {
	const name = locationName(location);
	return location.remote === void 0 ? name : name.slice(0, name.lastIndexOf("@") + 13);
}
const REPOSITORY = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/**
* What an entry of `extends` names, read in the file at `from`; or why it cannot be used, in words that follow the
* entry as a sentence would.
*/
function parseReference(entry, from) {
	if (/[\0-\x1f\x7f\\]/.test(entry)) return "has a backslash or a control character; write the path with /";
	if (/^[a-z][a-z0-9+.-]*:\/\//i.test(entry) || /^[^/@]+@[^/]+:/.test(entry)) return "is a URL; write a local path, or owner/repo/path@<full commit> on the same server";
	return entry.includes("@") ? parseRemote(entry) : parseLocal(entry, from);
}
/** `owner/repo/path@commit`, with `//` before the path where the repository lies in a subgroup. */
function parseRemote(entry) {
	const at = entry.lastIndexOf("@");
	const commit = entry.slice(at + 1);
	if (!COMMIT.test(commit)) return commitProblem(commit);
	const whole = entry.slice(0, at);
	const [repository = "", path = ""] = whole.includes("//") ? split(whole, whole.indexOf("//"), 2) : split(whole, whole.indexOf("/", whole.indexOf("/") + 1), 1);
	if (!REPOSITORY.test(repository) || repository.split("/").some((part) => /^\.+$|\.git$/.test(part))) return "does not name a repository; write owner/repo/path@<full commit>, or group/subgroup/repo//path@<full commit>";
	if (path === "" || /[@:]/.test(path) || posix.normalize(path) !== path || /^\.\.(?:\/|$)|^\/|\/$/.test(path)) return "does not name a file inside that repository; write owner/repo/path@<full commit>";
	return {
		path,
		remote: {
			repository,
			commit
		}
	};
}
function split(text, at, width) {
	return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + width)];
}
function commitProblem(commit) {
	if (/^[0-9a-f]{4,39}$/i.test(commit)) return "has a shortened commit, which another commit may match one day; write all 40 digits (git rev-parse)";
	if (/^[0-9A-F]+$/i.test(commit) && /[A-F]/.test(commit)) return "has a commit in capitals; write it in lower case";
	return "names a branch or tag, which others can move; write the full commit of 40 digits (git rev-parse)";
}
function parseLocal(entry, from) {
	if (/^(?:\/|[A-Za-z]:)/.test(entry)) return "is an absolute path; write it relative to the file that extends it";
	const path = posix.normalize(posix.join(posix.dirname(from.path), entry));
	if (path === ".." || path.startsWith("../")) return "leaves the repository; to share a file among repositories write owner/repo/path@<full commit>";
	if (/(?:^|\/)\.{0,2}$/.test(entry)) return "names a directory; name the file in it";
	return {
		path,
		remote: from.remote
	};
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
/** A duration in the largest unit that tells it exactly: `30d`, `90m`. Takes whole milliseconds. */
function formatDuration(milliseconds) {
	for (const unit of [
		"d",
		"h",
		"m",
		"s"
	]) {
		const length = DURATION_UNITS[unit] ?? 1;
		if (milliseconds !== 0 && milliseconds % length === 0) return `${milliseconds / length}${unit}`;
	}
	return milliseconds === 0 ? "0" : `${milliseconds}ms`;
}
/** A size in the largest unit that tells it exactly: `5GB`, `512MiB`. Takes whole bytes. */
function formatSize(bytes) {
	for (const unit of [
		"TB",
		"TiB",
		"GB",
		"GiB",
		"MB",
		"MiB",
		"kB",
		"KiB"
	]) {
		const length = SIZE_UNITS[unit.toLowerCase()] ?? 1;
		if (bytes !== 0 && bytes % length === 0) return `${bytes / length}${unit}`;
	}
	return String(bytes);
}
// src/config/explain.ts
/** The whole configuration in force. Secrets in URLs are hidden. */
function explainConfig(loaded) {
	const { policy, sources } = loaded;
	return {
		sources,
		values: [...valuesOf(loaded)],
		entries: [...policy.layers.flatMap((layer) => [...entriesOf(layer)]), ...waiversOf(loaded)],
		rules: RULE_IDS.map((id) => explainRule(id, policy.layers))
	};
}
/** Keys that are one value for all files; lists that every file adds to are entries, not values. */
function* valuesOf({ config, policy, origin }) {
	const one = (key, value, from) => {
		const at = origin(key);
		return {
			key,
			value: hidden(value),
			origin: at,
			from: from ?? originWords(at)
		};
	};
	yield one("version", config.version);
	yield one("extends", config.extends);
	const why = origin("proxy.on-failure").from !== "default" || config.proxy["on-failure"] === "fallback" ? void 0 : "default, because there is a policy";
	yield one("proxy.on-failure", config.proxy["on-failure"], why);
	for (const [key, value] of Object.entries(config.proxy)) if (key !== "on-failure") yield one(`proxy.${key}`, key === "idle" ? formatDuration(value) : value);
	yield {
		...one("cache.store", void 0),
		value: config.cache.store
	};
	yield one("cache.save", config.cache.save);
	yield one("cache.zips", config.cache.zips);
	yield one("cache.build", config.cache.build);
	yield one("cache.keep-since", formatDuration(config.cache["keep-since"]));
	yield one("cache.max-size", formatSize(config.cache["max-size"]));
	yield one("audit.store", config.audit.store);
	yield one("audit.required", config.audit.required);
	yield one("audit.token-env", config.audit["token-env"]);
	const { tls, retention, ...serve } = config.serve;
	for (const [key, value] of Object.entries(serve)) yield one(`serve.${key}`, value);
	yield one("serve.tls", tls ?? null);
	yield one("serve.retention.jobs", formatDuration(retention.jobs));
	yield one("serve.retention.raw", retention.raw === null ? null : formatDuration(retention.raw));
	yield one("check.skip", policy.skip);
	yield one("baseline", config.baseline);
	yield one("fail-on", policy.failOn);
	const outside = policy.waivable === "all" ? void 0 : "what floor and extended files let go";
	yield one("waivable", policy.waivable, outside);
}
function* entriesOf({ name, hosts, modules, replaceAllow }) {
	for (const [key, list] of [["hosts.allow", hosts.allow], ["hosts.deny", hosts.deny]]) for (const { value, where } of list) yield {
		key,
		value,
		from: inLayer(where, name)
	};
	for (const [key, list] of [
		["modules.allow", modules.allow],
		["modules.deny", modules.deny],
		["replace.remote.allow", replaceAllow]
	]) for (const { where, ...entry } of list) yield {
		key,
		value: hidden(Object.values(entry).filter(Boolean).length === 1 ? entry.pattern : entry),
		from: inLayer(where, name)
	};
}
function* waiversOf({ policy }) {
	for (const { at, shared, ...waiver } of policy.waivers) {
		const from = `${at.file}:${at.line}${shared ? " (from a file that is extended, or the floor)" : ""}`;
		yield {
			key: "waivers",
			value: hidden(waiver),
			from
		};
	}
}
function explainRule(rule, layers) {
	const says = layers.flatMap((layer) => {
		const setting = layer.rules.get(rule);
		if (setting === void 0) return [];
		const { level, options } = setting;
		return [{
			layer: layer.name,
			level,
			options,
			from: settingWords(rule, setting, layer.name)
		}];
	});
	const strictest = says.reduce((best, one) => best === void 0 || rank(one.level) >= rank(best.level) ? one : best, void 0);
	return {
		rule,
		level: strictest?.level ?? "off",
		from: strictest?.from ?? "default",
		layers: says
	};
}
function rank(level) {
	return level === "off" ? -1 : LEVELS.indexOf(level);
}
function settingWords(rule, { where, explicit }, layer) {
	if (FIXED_RULES.includes(rule)) return "always";
	if (where === "default") return "default";
	if (explicit) return inLayer(where, layer);
	const lists = rule === "replace/target-not-allowed" ? "; an error where a list speaks" : "";
	return `${inLayer(where, layer)}, level by default${lists}`;
}
/** A place, with whose file that is when it is not the repository's own. */
function inLayer(where, layer) {
	return layer.startsWith("the floor ") ? `${where} (floor)` : where;
}
/** Where a value came from, in words. */
function originWords(origin) {
	switch (origin.from) {
		case "default": return "default";
		case "file": return `${origin.file}:${origin.line}${origin.as === void 0 ? "" : origin.as === "floor" ? " (floor)" : " (extended)"}`;
		case "env": return `environment variable ${origin.name}`;
		case "input":
		case "flag": return origin.name;
	}
}
/** The value without the secrets in its URLs. */
function hidden(value) {
	if (typeof value === "string") return redactText(value);
	if (Array.isArray(value)) return value.map(hidden);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== void 0).map(([key, inner]) => [key, hidden(inner)]));
}
// src/config/patterns.ts
/**
* Patterns of `hosts` and `modules`. What could never match, or would match by another rule than the author
* thinks, is refused where it is read: a pattern that silently matches nothing lets through what it should stop.
*/
/** Why a pattern for whole first path elements cannot be used; follows the pattern as a sentence would. */
function hostPatternProblem(pattern) {
	const common = commonProblem(pattern);
	if (common !== void 0) return common;
	if (pattern.includes("/")) return "has a slash; a host is the first element of a module path, and longer paths go under modules";
}
/** The same for a GOPRIVATE glob of module or package paths. */
function modulePatternProblem(pattern) {
	const common = commonProblem(pattern);
	if (common !== void 0) return common;
	if (pattern.includes("//")) return "has an empty path element, which no module path has";
	if (/\[[^\]]*\//.test(pattern)) return "has a slash inside [ ], which matches nothing";
}
function commonProblem(pattern) {
	if (pattern === "") return "is empty; write a host or path, or take the entry out";
	if (/[\s\u0085\u00a0]/.test(pattern)) return "has a space; write one pattern an entry, without spaces";
	if (pattern.includes(",")) return "has a comma; write one pattern an entry";
	if (pattern.includes("://")) return "is a URL; write the path alone, as an import has it";
	if (pattern.includes("@")) return "has an @; write the path alone (a version goes under versions, a user name nowhere)";
	if (pattern.includes(":")) return "has a colon; module paths have neither a scheme nor a port";
	if (pattern.startsWith("/")) return "starts with a slash; module paths start with their host";
	if (/[^!-~]/.test(pattern)) return "has a character that no module path has: paths are ASCII";
	const [host = ""] = pattern.split("/", 1);
	if (/[A-Z]/.test(host)) return `has an upper-case host, which Go refuses; write ${host.toLowerCase()}`;
	return globProblem(pattern);
}
/**
* What a pattern matches besides, or instead of, what its author most likely means; undefined when it is plain.
* `others` are the patterns of the same list.
*/
function patternWarning(pattern, others) {
	if (/^\*+$/.test(pattern)) return "matches every host; leave the list empty if that is meant";
	if (pattern.includes("**")) return "has **, which means no more than *: neither crosses a slash";
	const [host = ""] = pattern.split("/", 1);
	if (host.startsWith("*.")) {
		const apex = pattern.slice(2);
		if (others.has(apex)) return void 0;
		return `does not match ${apex} itself; add that, too, if it is meant`;
	}
	if (/^\*[^.*]/.test(host)) return `matches evil${host.slice(1)}, too; write ${host.slice(1)} and *.${host.slice(1)}`;
	const glued = pattern.split("/", 2).findIndex((element) => /[^*/]\*$/.test(element));
	if (glued >= 0) {
		const before = pattern.split("/").slice(0, glued + 1).join("/").replace(/\*+$/, "");
		const meant = `${before}${glued === 0 ? "" : " (which has all paths below it)"}`;
		return `matches ${before}${glued === 0 ? ".evil.example" : "-evil"}, too; write ${meant}`;
	}
	if (!/[.*?[\\]/.test(host)) return "has a first element without a dot, which no module of a proxy has";
}
// src/config/lint.ts
/** What the author of a file should know though the file is valid, one line each, with its place. */
function warningsOf(file) {
	return [...patternWarnings(file), ...ruleWarnings(file)];
}
function* patternWarnings(file) {
	const { hosts, modules, replace } = file.values;
	for (const [path, entries] of [
		[["hosts", "allow"], hosts.allow],
		[["hosts", "deny"], hosts.deny],
		[["modules", "allow"], modules.allow],
		[["modules", "deny"], modules.deny],
		[[
			"replace",
			"remote",
			"allow"
		], replace.remote.allow]
	]) {
		const patterns = entries.map((entry) => typeof entry === "string" ? entry : entry.pattern);
		const known = new Set(patterns);
		for (const [index, pattern] of patterns.entries()) {
			const warning = patternWarning(pattern, known);
			if (warning !== void 0) yield `${at(file, [...path, index])}: ${path.join(".")}: ${JSON.stringify(pattern)} ${warning}`;
		}
	}
}
function* ruleWarnings(file) {
	const range = file.values.rules["go/version-range"];
	if (range === void 0 || range === "off") return;
	if (typeof range !== "string" && (range.min !== void 0 || range.max !== void 0)) return;
	yield `${at(file, ["rules", "go/version-range"])}: rules.go/version-range has neither min nor max, so it reports nothing`;
}
function at({ name, place }, path) {
	return `${name}:${place(path).line}`;
}
// src/config/merge.ts
/** The one whose word counts: the last of those that say something. */
const nearest = (said) => said.at(-1);
/** Any that says the strict value, and only else the nearest. */
const strict = (value) => (said) => said.findLast((one) => one.value === value) ?? said.at(-1);
/** The one that says the last of these words. */
const strictest = (words) => (said) => said.toSorted((a, b) => words.indexOf(a.value) - words.indexOf(b.value)).at(-1);
const lowest = (said) => said.toSorted((a, b) => LEVELS.indexOf(b.value) - LEVELS.indexOf(a.value)).at(-1);
/**
* The keys that are one value for all files together, and whose word counts. What is not here (lists of hosts and
* modules, rules, waivers) is judged file by file.
*/
const MERGED = {
	"proxy.modcache": strictest(MODCACHE),
	"proxy.strict-graph": strict(true),
	"proxy.on-failure": strict("fail"),
	"proxy.upstream": nearest,
	"proxy.ca": nearest,
	"proxy.hosts": nearest,
	"proxy.ssh": nearest,
	"proxy.credentials": nearest,
	"proxy.insecure": nearest,
	"proxy.vulndb": nearest,
	"proxy.prefetch": nearest,
	"proxy.idle": nearest,
	"cache.store": nearest,
	"cache.save": nearest,
	"cache.zips": nearest,
	"cache.build": strict(false),
	"cache.keep-since": nearest,
	"cache.max-size": nearest,
	"audit.store": nearest,
	"audit.required": strict(true),
	"audit.token-env": nearest,
	"serve.writers": nearest,
	"serve.readers": nearest,
	"serve.issuers": nearest,
	"serve.tls": nearest,
	"serve.forges": nearest,
	"serve.retention": nearest,
	"fail-on": lowest,
	baseline: nearest
};
/** The values that files have together, weakest first, with the origin of each. */
function mergeFiles(files) {
	const own = files.find((file) => file.role === "own");
	const values = structuredClone(own?.parsed.values ?? DEFAULTS);
	const origins = /* @__PURE__ */ new Map();
	if (own) copyOrigins(own, "", origins);
	const decide = (key, value, from) => {
		const [map = "", name] = key.split(".");
		if (name === void 0) values[map] = value;
		else values[map][name] = value;
		if (from.role === "own") return;
		for (const old of origins.keys()) if (old === key || old.startsWith(`${key}.`)) origins.delete(old);
		copyOrigins(from, key, origins);
	};
	for (const [key, choose] of Object.entries(MERGED)) {
		const chosen = choose(whoSay(files, key));
		if (chosen) decide(key, chosen.value, chosen.file);
	}
	const secrets = whoSay(files, "proxy.private");
	const nearestSecret = secrets.at(-1);
	if (nearestSecret) decide("proxy.private", [...new Set(secrets.flatMap(({ value }) => value))], nearestSecret.file);
	const skips = files.flatMap((file) => {
		const { said, values: { check } } = file.parsed;
		return said(["check", "skip"]) || file.role === "floor" ? [{
			file,
			names: check.skip
		}] : [];
	});
	const last = skips.at(-1);
	if (last) {
		const names = last.names.filter((name) => skips.every((skip) => skip.names.includes(name)));
		decide("check.skip", names, (skips.findLast((skip) => skip.names.length === names.length) ?? last).file);
	}
	return {
		values,
		origins
	};
}
function whoSay(files, key) {
	const path = key.split(".");
	return files.flatMap((file) => {
		if (!file.parsed.said(path)) return [];
		let value = file.parsed.values;
		for (const part of path) value = value[part];
		return [{
			file,
			value
		}];
	});
}
/** Origins of a key and of what is below it; of everything when the key is empty. */
function copyOrigins({ role, parsed }, key, to) {
	const as = role === "own" ? {} : { as: role };
	for (const [at, line] of parsed.lines) {
		if (key !== "" && at !== key && !at.startsWith(`${key}.`)) continue;
		to.set(at, {
			from: "file",
			file: parsed.name,
			line,
			...as
		});
	}
}
export { explainConfig, formatDuration, hostPatternProblem, locationName, mergeFiles, modulePatternProblem, parseDuration, parseReference, parseRemote, parseSize, shortName, warningsOf };
