import { globProblem } from "./gomod.js";
import { createHash } from "node:crypto";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { open, realpath, stat } from "node:fs/promises";
import { isIP } from "node:net";
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
/** Directories that are not looked into: what is in them is not built as a module of this repository. */
const SKIPPED_DIRECTORIES = [
	"vendor",
	"testdata",
	"node_modules"
];
/** Variable with the token of the audit store. */
const AUDIT_TOKEN_ENV = "MODGATE_AUDIT_TOKEN";
/** Where accepted findings are kept, below the root of the repository. */
const BASELINE_FILE = ".modgate-baseline.json";
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
	replace: { remote: {
		allow: [],
		"require-reason": false
	} },
	rules: {},
	waivers: [],
	baseline: BASELINE_FILE,
	check: { skip: [...SKIPPED_DIRECTORIES] },
	cache: {
		store: "auto",
		save: "auto",
		"keep-since": 2592e6,
		"max-size": 5e9,
		quota: 2e9,
		"keep-refs": []
	},
	audit: {
		store: null,
		required: false,
		"token-env": AUDIT_TOKEN_ENV
	},
	serve: {
		writers: [],
		readers: [],
		forges: [],
		retention: {
			jobs: 63072e6,
			raw: null
		}
	},
	"fail-on": "error"
};
// src/config/rule-ids.ts
const LEVELS = [
	"note",
	"warning",
	"error"
];
const rule = (level, options = {}, enabled = level === "off" ? "error" : level) => ({
	level,
	enabled,
	options
});
/**
* Every rule of the policy with its default level and options, in the order of the documentation. Plain data,
* because a session without a policy file must not load a validator; the options' schema is in rule-options.ts.
*/
const RULES = {
	"gomod/invalid": rule("error"),
	"replace/local-sibling": rule("off"),
	"replace/local-broken": rule("error"),
	"replace/local-escapes": rule("error"),
	"replace/local-absolute": rule("error"),
	"replace/target-not-allowed": rule("warning", { strangers: true }),
	"replace/unpinned": rule("off", { tag: false }),
	"replace/downgrade": rule("warning"),
	"replace/stale": rule("off"),
	"replace/conflict": rule("error"),
	"replace/missing-reason": rule("off", { local: false }),
	"host/not-allowed": rule("error"),
	"module/denied": rule("error"),
	"path/malformed": rule("error"),
	"path/case-collision": rule("warning"),
	"path/lookalike": rule("off", { known: [] }),
	"work/committed": rule("off"),
	"work/use-outside": rule("off"),
	"work/replace": rule("off"),
	"sum/missing": rule("off"),
	"sum/changed": rule("error"),
	"vendor/inconsistent": rule("off"),
	"version/pseudo": rule("off", { allow: [] }),
	"version/downgrade": rule("off"),
	"toolchain/not-allowed": rule("off", { allow: [] }),
	"go/version-range": rule("off", {}),
	"tool/not-allowed": rule("off", { allow: [] }),
	"exclude/used": rule("off"),
	"env/bypass": rule("warning", {
		all: false,
		allow: []
	}),
	"bypass/unserved": rule("warning", { allow: [] }),
	"bypass/vcs": rule("warning", { allow: [] }),
	"bypass/env": rule("warning", {
		all: false,
		allow: []
	}),
	"policy/waiver-invalid": rule("error", { "max-days": 366 }),
	"policy/waiver-expired": rule("error", { "warn-days": 14 }),
	"policy/waiver-unused": rule("warning"),
	"policy/baseline-stale": rule("error")
};
/** Rules over what a session finds when it ends: they look at no file of the checkout. */
const SESSION_RULES = [
	"bypass/unserved",
	"bypass/vcs",
	"bypass/env"
];
const RULE_IDS = Object.keys(RULES);
/** Rules that no policy can switch off or lower; a waiver of two owners is the only way. */
const FIXED_RULES = ["sum/changed"];
function isRuleId(id) {
	return Object.hasOwn(RULES, id);
}
// src/config/layers.ts
/** What the repository itself says with no file at all. */
const DEFAULT_POLICY = "the default policy";
/**
* One file as a layer of the policy. `complete` layers (the repository's own file, a floor) have every rule,
* defaults filled in. The others, which a file extends, have a say on what they mention and on nothing else.
*/
function layerOf(source, complete) {
	const { hosts, modules, replace } = source.values;
	return {
		name: source.name,
		hosts: {
			allow: listed(source, hosts.allow, ["hosts", "allow"]),
			deny: listed(source, hosts.deny, ["hosts", "deny"])
		},
		modules: {
			allow: listedModules(source, modules.allow, ["modules", "allow"]),
			deny: listedModules(source, modules.deny, ["modules", "deny"])
		},
		replaceAllow: listedModules(source, replace.remote.allow, [
			"replace",
			"remote",
			"allow"
		]),
		rules: settings(source, complete)
	};
}
/** The layer of a repository without a file. */
function defaultLayer() {
	return layerOf({
		name: DEFAULT_POLICY,
		values: DEFAULTS,
		said: () => false,
		where: () => DEFAULT_POLICY
	}, true);
}
function listed(source, values, path) {
	return values.map((value, index) => ({
		value,
		where: source.where([...path, index])
	}));
}
function listedModules(source, values, path) {
	return values.map((entry, index) => {
		const { pattern, versions, reason, use } = typeof entry === "string" ? { pattern: entry } : entry;
		return {
			pattern,
			versions,
			reason,
			use,
			where: source.where([...path, index])
		};
	});
}
function settings(source, complete) {
	const rules = /* @__PURE__ */ new Map();
	if (complete) for (const id of RULE_IDS) rules.set(id, defaultSetting(id));
	for (const { id, path, level } of implied(source)) {
		const { options, ...setting } = defaultSetting(id);
		rules.set(id, {
			...setting,
			...level === void 0 ? {} : {
				level,
				explicit: true
			},
			options: id === "replace/target-not-allowed" && !complete ? {
				...options,
				strangers: false
			} : options,
			where: source.where(path)
		});
	}
	for (const [id, entry] of Object.entries(source.values.rules)) {
		if (!isRuleId(id) || entry === void 0) continue;
		const { level, ...options } = typeof entry === "string" ? { level: entry } : entry;
		const before = rules.get(id) ?? defaultSetting(id);
		rules.set(id, {
			level: level ?? (before.level === "off" ? RULES[id].enabled : before.level),
			explicit: level !== void 0 || before.explicit,
			options: {
				...RULES[id].options,
				...options
			},
			where: source.where(["rules", id])
		});
	}
	return rules;
}
function defaultSetting(id) {
	return {
		level: RULES[id].level,
		explicit: false,
		options: RULES[id].options,
		where: "default"
	};
}
const LOCAL_RULES = [
	"replace/local-sibling",
	"replace/local-broken",
	"replace/local-escapes",
	"replace/local-absolute"
];
/** The rules that a file speaks of by its other keys. */
function* implied({ values, said }) {
	const { hosts, modules, replace } = values;
	if (hosts.allow.length + hosts.deny.length > 0) {
		yield {
			id: "host/not-allowed",
			path: ["hosts"]
		};
		yield {
			id: "replace/target-not-allowed",
			path: ["hosts"]
		};
	}
	if (modules.allow.length + modules.deny.length > 0) {
		yield {
			id: "module/denied",
			path: ["modules"]
		};
		yield {
			id: "replace/target-not-allowed",
			path: ["modules"]
		};
	}
	const remote = ["replace", "remote"];
	if (replace.remote.allow.length > 0) yield {
		id: "replace/target-not-allowed",
		path: [...remote, "allow"]
	};
	if (replace.remote["require-reason"]) yield {
		id: "replace/missing-reason",
		path: [...remote, "require-reason"],
		level: "error"
	};
	if (said(["replace", "local"])) {
		const path = ["replace", "local"];
		for (const id of LOCAL_RULES) if (replace.local === "allow") yield {
			id,
			path,
			level: "off"
		};
		else if (replace.local === "deny") yield {
			id,
			path,
			level: "error"
		};
		else yield {
			id,
			path
		};
	}
	if (said(["replace", "downgrade"])) yield {
		id: "replace/downgrade",
		path: ["replace", "downgrade"],
		level: replace.downgrade === "allow" ? "off" : "error"
	};
}
// src/config/combine.ts
/** The policy of all files, weakest first. */
function combine(files, together) {
	const own = files.find((file) => file.role === "own");
	const layers = files.map(layerOfFile);
	return {
		layers: own ? layers : [...layers, defaultLayer()],
		waivers: files.flatMap((file) => waiversOf$1(file, own)),
		waivable: waivable(files, layers),
		failOn: together["fail-on"],
		skip: together.check.skip
	};
}
function layerOfFile({ role, parsed }) {
	const where = (path) => {
		const line = parsed.said(path) ? parsed.lines.get(path.join(".")) : void 0;
		return `${parsed.name}:${line ?? parsed.place(path).line}`;
	};
	return layerOf({
		name: role === "floor" ? `the floor ${parsed.name}` : parsed.name,
		values: parsed.values,
		said: parsed.said,
		where
	}, role !== "parent");
}
function waiversOf$1({ role, parsed, named }, own) {
	return parsed.values.waivers.map((entry, index) => {
		const shared = role !== "own";
		const place = {
			file: parsed.name,
			...parsed.place(["waivers", index])
		};
		const elsewhere = named ?? {
			file: own?.parsed.name ?? parsed.name,
			line: 1,
			column: 1
		};
		const at = role === "floor" || named !== void 0 ? elsewhere : place;
		return {
			...waiverOf(entry),
			at,
			...shared ? { shared } : {}
		};
	});
}
function waiverOf(entry) {
	const said = (text) => text === "" ? void 0 : text;
	const owners = [entry.owner, entry.owners].flat().flatMap((owner) => said(owner) ?? []);
	return {
		rule: said(entry.rule),
		file: said(entry.file),
		module: said(entry.module),
		owners: [...new Set(owners)],
		reason: said(entry.reason),
		expires: said(entry.expires)
	};
}
/**
* Rules that the repository may waive: those that every file above it lets go. A file that does not say has let
* go what it does not mention, and a floor, which speaks of every rule, nothing.
*/
function waivable(files, layers) {
	if (files.every(({ role }) => role === "own")) return "all";
	return RULE_IDS.filter((id) => files.every(({ role, parsed }, index) => {
		if (role === "own") return true;
		const said = parsed.values.waivable;
		return said ? said.includes(id) : !layers[index]?.rules.has(id);
	}));
}
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
	const begun = plain(word);
	const longer = begun.length < 3 ? [] : known.filter((candidate) => plain(candidate).startsWith(begun));
	if (longer.length === 1) return longer[0];
	let best;
	let least = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3)) + 1;
	for (const candidate of known) {
		const edits = distance(plain(word), plain(candidate));
		if (edits < least) {
			least = edits;
			best = candidate;
		}
	}
	return best;
}
// src/config/audit-store.ts
const WORDS = ["gitlab-package:", "artifact"];
const HOW = "write the https URL of a collector, a directory (with a slash in it, like ./audit), gitlab-package: or artifact";
/** Reads the text of `audit.store`; a string says why it cannot be used, in words that follow it as a sentence would. */
function parseAuditStore(text) {
	if (/[\0-\x1f\x7f]/.test(text)) return "has a control character in it";
	if (/^https?:/i.test(text)) return collector(text);
	if (text === "artifact") return { kind: "artifact" };
	const project = /^gitlab-package:(.*)$/.exec(text)?.[1];
	if (project !== void 0) return gitlabPackage(project);
	if (/^file:\/\//i.test(text)) return URL.canParse(text) ? {
		kind: "directory",
		path: text
	} : "is not a file URL; write file:///directory";
	const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1];
	if (scheme !== void 0) return `is not a store that this version knows (${scheme}); ${HOW}`;
	if (/[/\\]/.test(text)) return {
		kind: "directory",
		path: text
	};
	const near = didYouMean(text, WORDS);
	return `is not an audit store; ${near === void 0 ? HOW : `did you mean ${near}?`}`;
}
/** Why a text is no `audit.store`; undefined when it is fine. */
function auditStoreProblem(text) {
	const parsed = parseAuditStore(text);
	return typeof parsed === "string" ? parsed : void 0;
}
/**
* Whether what is sent to a collector can be read on its way: plain http to anything but this machine. A token
* must not go there.
*/
function isReadableOnTheWay(url) {
	const { protocol, hostname } = new URL(url);
	if (protocol !== "http:") return false;
	const host = hostname.replace(/^\[|\]$/g, "");
	return !(host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127."));
}
function collector(text) {
	if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return `is not a URL; write it like https://audit.example.com`;
	const url = new URL(text);
	if (url.username !== "" || url.password !== "") return "has credentials in it; the token belongs in the variable MODGATE_AUDIT_TOKEN, or in the one that audit.token-env names";
	if (url.search !== "" || url.hash !== "") return `has a query or a fragment; write ${redactUrl(text).replace(/[?#].*$/, "")}`;
	return {
		kind: "collector",
		url: url.href.replace(/\/+$/, "")
	};
}
function gitlabPackage(project) {
	if (project === "") return {
		kind: "gitlab-package",
		project: void 0
	};
	const parts = project.split("/");
	return (/^\d+$/.test(project) || parts.length > 1) && parts.every((part) => /^(?!\.\.?$)[A-Za-z0-9_.-]+$/.test(part)) ? {
		kind: "gitlab-package",
		project
	} : "does not name a project; write gitlab-package: for that of the job itself, or gitlab-package:group/project";
}
// src/config/values.ts
/** Values that a key may have, for the schema and for the overrides, which are checked without it. */
/** How far a GOMODCACHE is believed, the strictest last. */
const MODCACHE = [
	"inherit",
	"verify",
	"isolated"
];
const ON_FAILURE = ["fail", "fallback"];
const SAVE = [
	"auto",
	"always",
	"never"
];
function stricterModcache(a, b) {
	return MODCACHE.indexOf(a) > MODCACHE.indexOf(b) ? a : b;
}
/** Most entries that one list of the file may have: a bound for what a hostile file can cost. */
const MAX_ENTRIES = 1e4;
/** Whether one entry of an upstream chain is well formed: an http, https or file URL, `direct` or `off`. */
function isUpstream(value) {
	if (value === "direct" || value === "off") return true;
	return /^(https?|file):\/\//i.test(value) && !/[,|\s]/.test(value) && URL.canParse(value);
}
/** Why a text names no branch, tag or commit as a list of refs may have it; undefined when it is fine. */
function gitRefProblem(value) {
	return /^(?![-/.])[^\s\0~^:?*[\\]{1,255}$/.test(value) && !value.includes("..") ? void 0 : "is not a branch, tag or commit; write its name as git does, like main, origin/release-1.2 or v1.4.0";
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
	},
	auditStore: {
		key: "audit.store",
		word: "audit-store"
	},
	auditRequired: {
		key: "audit.required",
		word: "audit-required"
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
			"save",
			"auditStore",
			"auditRequired"
		].map((field) => [field, given(field)]).filter(([, value]) => value !== void 0)),
		...upstream ? { upstream } : {}
	};
}
/**
* Puts one layer of overrides over the values and writes down their origin.
* Throws ConfigError `config-invalid` that names the flag, input or variable.
*/
function applyOverrides({ values, origins }, layer, given) {
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
	const auditStore = given.auditStore;
	const noStore = auditStore === void 0 ? void 0 : auditStoreProblem(auditStore);
	if (auditStore !== void 0 && noStore !== void 0) bad("auditStore", `${shown(redactUrl(auditStore))} ${noStore}`);
	const required = oneOf("auditRequired", given.auditRequired?.toString(), ["true", "false"]);
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
		values: {
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
			},
			audit: {
				...values.audit,
				...auditStore === void 0 ? {} : { store: auditStore },
				...required === void 0 ? {} : { required: required === "true" }
			}
		},
		origins
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
// src/config/source.ts
/** Most bytes that a file of the configuration may have. */
const MAX_FILE = 2 ** 20;
/** The files below a directory of the disk. Links that lead out of it are refused. */
function diskSource(root) {
	return { async read(path) {
		const file = join(root, path);
		const bytes = await readDisk(file, path);
		if (bytes === void 0) return void 0;
		const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file)]);
		if (isInside(realRoot, realFile)) return bytes;
		throw unreadable(path, "is a link that leads out of the repository");
	} };
}
/** Whether a path lies in a directory; both absolute. */
function isInside(directory, path) {
	const inside = relative(directory, path);
	return inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
/**
* The bytes of a file on the disk, at most one more than MAX_FILE; undefined when there is none. `name` is for
* messages. Throws ConfigError `config-unreadable`.
*/
async function readDisk(path, name) {
	try {
		if (!(await stat(path)).isFile()) throw unreadable(name, "cannot be read (not a regular file)");
		const handle = await open(path, "r");
		try {
			const buffer = Buffer.alloc(MAX_FILE + 1);
			let length = 0;
			for (;;) {
				const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
				length += bytesRead;
				if (bytesRead === 0 || length > MAX_FILE) break;
			}
			return buffer.subarray(0, length);
		} finally {
			await handle.close();
		}
	} catch (cause) {
		if (cause instanceof ConfigError) throw cause;
		const code = cause.code;
		if (code === "ENOENT" || code === "ENOTDIR") return void 0;
		throw unreadable(name, `cannot be read (${code ?? "unknown"})`, cause);
	}
}
/** The text of a file's bytes. Throws ConfigError `config-too-large` or `config-unreadable`. */
function textOf(bytes, name) {
	if (bytes.length > MAX_FILE) throw new ConfigError("config-too-large", [{
		where: name,
		message: "is larger than 1 MiB, which no configuration needs; check that it is the right file"
	}]);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (cause) {
		throw unreadable(name, "is not UTF-8 text", cause);
	}
}
function unreadable(name, why, cause) {
	return new ConfigError("config-unreadable", [{
		where: name,
		message: `the configuration ${why}; mend the file, or name another one with --config`
	}], cause === void 0 ? void 0 : { cause });
}
// src/config/load.ts
/** Places of the configuration file in a checkout. */
const CONFIG_FILES = [".modgate.yaml", ".github/modgate.yaml"];
/**
* The configuration in force: defaults, then floor, extended files, the file, environment, action inputs, flags.
* Throws ConfigError: `config-ambiguous` (both file names present), `config-missing` (a named or extended file is
* not there), `config-unreadable`, `config-too-large` (over 1 MiB), `config-invalid`.
*/
async function loadConfig(options) {
	const found = await findFile(options);
	const { values, origins, warnings, policy, sources } = await fromFiles(found, options);
	if (options.trusted === false && !options.source && values.proxy.credentials.length > 0) {
		values.proxy.credentials = [];
		warnings.push(`${found?.name}: proxy.credentials is left out, because this job runs what a pull request wrote; credentials are used on trusted refs only`);
	}
	let layered = {
		values,
		origins
	};
	for (const layer of [
		"env",
		"input",
		"flag"
	]) {
		const given = layer === "input" ? options.inputs : layer === "env" ? options.env : options.flags;
		if (given) layered = applyOverrides(layered, layer, given);
	}
	const config = {
		...layered.values,
		proxy: {
			...layered.values.proxy,
			"on-failure": layered.values.proxy["on-failure"] ?? defaultOnFailure(layered.values, policy)
		}
	};
	return {
		config,
		policy,
		sources,
		file: found?.path,
		origin: (key) => nearest$1(origins, key),
		warnings,
		digest: createHash("sha256").update(stableJson({
			config,
			policy
		})).digest("hex")
	};
}
/** What the files say. The parser and the validator are loaded only when there is one. */
async function fromFiles(found, options) {
	if (!found && !options.floor) {
		const values = {
			...DEFAULTS,
			proxy: { ...DEFAULTS.proxy }
		};
		return {
			values,
			origins: /* @__PURE__ */ new Map(),
			warnings: [],
			policy: combine([], values),
			sources: []
		};
	}
	const [{ parseConfig }, { readParents }, { mergeFiles }, { warningsOf }] = await Promise.all([
		import("./lazy/config-parse.js"),
		import("./lazy/config-extends.js"),
		import("./lazy/config-merge.js"),
		import("./lazy/config-lint.js")
	]);
	const { readRemote, floor } = options;
	const files = [];
	if (floor) {
		const parsed = parseConfig(floor.text, floor.name);
		const root = {
			path: floor.name,
			remote: void 0
		};
		files.push(...await readParents(parsed, root, {
			source: void 0,
			readRemote
		}));
		files.push({
			role: "floor",
			source: floor.name,
			parsed,
			named: void 0
		});
	}
	if (found) {
		const { name, source, inSource, nameOf } = found;
		const parsed = parseConfig(found.text, name);
		const parents = await readParents(parsed, {
			path: inSource,
			remote: void 0
		}, {
			source,
			readRemote,
			nameOf
		});
		files.push(...parents, {
			role: "own",
			source: name,
			parsed,
			named: void 0
		});
	}
	const merged = mergeFiles(files);
	return {
		...merged,
		warnings: files.flatMap((file) => warningsOf(file.parsed)),
		policy: combine(files, merged.values),
		sources: files.map((file) => file.source)
	};
}
/**
* With a policy in a file, a dead proxy must stop the build; without one, only speed is lost.
*/
function defaultOnFailure({ proxy, audit }, { layers }) {
	return layers.flatMap(({ hosts, modules }) => [
		hosts.allow,
		hosts.deny,
		modules.allow,
		modules.deny
	]).some((list) => list.length > 0) || proxy.private.length > 0 || audit.required ? "fail" : "fallback";
}
/** A value inside one that was set as a whole has that one's origin. */
function nearest$1(origins, key) {
	for (let at = key; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
		const origin = origins.get(at);
		if (!origin) continue;
		if (at === key || origin.from !== "file" || /\.\d+(\.|$)/.test(key.slice(at.length))) return origin;
	}
	return { from: "default" };
}
/** The values alone, whatever their order and wherever they are written. */
function stableJson(value) {
	return JSON.stringify(value, (key, inner) => {
		if (key === "where" || key === "at" || key === "name") return void 0;
		if (inner instanceof Map) return [...inner].sort(([a], [b]) => a < b ? -1 : 1);
		if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
		return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
	});
}
async function findFile(options) {
	const { workspace, explicit } = options;
	const source = options.source ?? diskSource(workspace);
	if (explicit) {
		const path = resolve(options.cwd ?? workspace, explicit);
		const found = isInside(workspace, path) ? await inRepository(options, relative(workspace, path).split(sep).join("/"), source) : await outside(path);
		if (found) return found;
		throw new ConfigError("config-missing", [{
			where: path,
			message: "there is no such file; check the path, or leave it out to use .modgate.yaml"
		}]);
	}
	const [first, second] = await Promise.all(CONFIG_FILES.map((name) => inRepository(options, name, source)));
	if (first && second) {
		const message = `${CONFIG_FILES[1]} is there too; keep one of them, so that it is clear which one counts`;
		throw new ConfigError("config-ambiguous", [{
			where: CONFIG_FILES[0],
			message
		}]);
	}
	return first ?? second;
}
async function inRepository({ workspace, source: given }, name, source) {
	const path = join(workspace, name);
	const bytes = given ? await given.read(name) : await readDisk(path, name);
	if (bytes === void 0) return void 0;
	return {
		path,
		name,
		text: textOf(bytes, name),
		source,
		inSource: name,
		nameOf: (other) => other
	};
}
async function outside(path) {
	const bytes = await readDisk(path, path);
	if (bytes === void 0) return void 0;
	const directory = dirname(path);
	return {
		path,
		name: path,
		text: textOf(bytes, path),
		source: diskSource(directory),
		inSource: relative(directory, path),
		nameOf: (other) => join(directory, other)
	};
}
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
	yield one("cache.store", config.cache.store);
	yield one("cache.save", config.cache.save);
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
// src/config/unenforced.ts
/**
* Keys that the schema knows but that nothing acts on in this version. Saying nothing about them would let
* an author believe in a rule that is not there.
*/
const UNENFORCED = [
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
	}
];
/** One line for each key of the file that is accepted but has no effect yet. */
function notInForce(values, lines, file) {
	return UNENFORCED.filter(({ key, set }) => lines.has(key) && set(values)).map(({ key }) => `${file}:${lines.get(key)}: ${key} is accepted but not enforced by this version`);
}
// src/config/lint.ts
/** What the author of a file should know though the file is valid, one line each, with its place. */
function warningsOf(file) {
	const { values, lines, name } = file;
	return [
		...notInForce(values, lines, name),
		...patternWarnings(file),
		...ruleWarnings(file)
	];
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
	"proxy.private": nearest,
	"proxy.ca": nearest,
	"proxy.credentials": nearest,
	"proxy.prefetch": nearest,
	"proxy.idle": nearest,
	"cache.store": nearest,
	"cache.save": nearest,
	"cache.keep-since": nearest,
	"cache.max-size": nearest,
	"audit.store": nearest,
	"audit.required": strict(true),
	"audit.token-env": nearest,
	"serve.writers": nearest,
	"serve.readers": nearest,
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
export { AUDIT_TOKEN_ENV, BASELINE_FILE, CONFIG_FILES, ConfigError, DEFAULTS, FIXED_RULES, LEVELS, MAX_ENTRIES, MODCACHE, ON_FAILURE, RULES, RULE_IDS, SAVE, SESSION_RULES, SKIPPED_DIRECTORIES, auditStoreProblem, credentialsIn, defaultLayer, didYouMean, diskSource, envOverrides, explainConfig, formatDuration, formatProblem, gitRefProblem, hostPatternProblem, isInside, isReadableOnTheWay, isRuleId, isUpstream, loadConfig, locationName, mergeFiles, modulePatternProblem, parseAuditStore, parseDuration, parseReference, parseRemote, parseSize, readDisk, redactText, redactUrl, shortName, stricterModcache, textOf, warningsOf };
