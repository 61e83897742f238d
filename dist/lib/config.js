import { createHash } from "node:crypto";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { open, realpath, stat } from "node:fs/promises";
import { isIP } from "node:net";
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
			decoded$1(secret)
		]) if (part !== "") found.add(part);
	}
	return [...found];
}
function decoded$1(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
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
		hosts: [],
		ssh: [],
		credentials: [],
		insecure: [],
		vulndb: null,
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
		zips: "auto",
		"keep-since": 2592e6,
		"max-size": 5e9,
		quota: 2e9,
		build: false,
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
		issuers: [],
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
	"bypass/build-cache": rule("note"),
	"policy/waiver-invalid": rule("error", { "max-days": 366 }),
	"policy/waiver-expired": rule("error", { "warn-days": 14 }),
	"policy/waiver-unused": rule("warning"),
	"policy/baseline-stale": rule("error")
};
/** Rules over what a session finds when it ends: they look at no file of the checkout. */
const SESSION_RULES = [
	"bypass/unserved",
	"bypass/vcs",
	"bypass/env",
	"bypass/build-cache"
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
		waivers: files.flatMap((file) => waiversOf(file, own)),
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
function waiversOf({ role, parsed, named }, own) {
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
// src/config/loopback.ts
/** True for a host that only this machine reaches; IPv6 without brackets. */
function isLoopback(host) {
	return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
}
/** Plain http to this machine: nobody else can read it, and no proxy could reach it. */
function isPlainLoopback({ protocol, hostname }) {
	return protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, ""));
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
const HOW$2 = "write the https URL of a collector, a directory (with a slash in it, like ./audit), gitlab-package: or artifact";
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
	if (scheme !== void 0) return `is not a store that this version knows (${scheme}); ${HOW$2}`;
	if (/[/\\]/.test(text)) return {
		kind: "directory",
		path: text
	};
	const near = didYouMean(text, WORDS);
	return `is not an audit store; ${near === void 0 ? HOW$2 : `did you mean ${near}?`}`;
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
	const parsed = new URL(url);
	return parsed.protocol === "http:" && !isPlainLoopback(parsed);
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
// src/config/bucket-url.ts
const PARAMETERS = [
	"region",
	"endpoint",
	"path-style",
	"mode",
	"insecure"
];
const HOW$1 = "write it like s3://bucket/prefix?region=eu-central-1";
/** Longest key of S3 is 1,024 bytes, and keys of modules have to fit behind the prefix. */
const MAX_PREFIX = 256;
/** Whether a text is meant to name a bucket. */
function isBucketUrl(text) {
	return /^s3:/i.test(text);
}
/**
* Reads `s3://bucket/prefix?region=…&endpoint=…&path-style=…&mode=read&insecure=1`; a string says why it cannot be
* used, in words that follow it as a sentence would.
*/
function parseBucketUrl(text) {
	if (/[\0-\x20\x7f]/.test(text)) return "has a space or a control character in it";
	const [, place, , query] = /^s3:\/\/([^?#]*)(\?([^#]*))?$/i.exec(text) ?? [];
	if (place === void 0) return `is not the URL of a bucket; ${HOW$1}`;
	if (place.includes("@")) return "has credentials in it; they come from the environment (AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE or AWS_PROFILE)";
	const slash = place.indexOf("/");
	const bucket = slash < 0 ? place : place.slice(0, slash);
	const wrongName = bucketProblem(bucket);
	if (wrongName !== void 0) return wrongName;
	const prefix = slash < 0 ? "" : place.slice(slash + 1).replace(/(?<=[^/])\/$/, "");
	const wrongPrefix = prefixProblem(prefix);
	if (wrongPrefix !== void 0) return wrongPrefix;
	const settings = readQuery(query ?? "");
	if (typeof settings === "string") return settings;
	return {
		bucket,
		prefix,
		...settings,
		location: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`
	};
}
function bucketProblem(name) {
	if (name === "") return `names no bucket; ${HOW$1}`;
	return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\.|^\d+(\.\d+){3}$/.test(name) ? void 0 : "names a bucket that there cannot be: 3 to 63 lower-case letters, digits, hyphens and dots, and no address";
}
function prefixProblem(prefix) {
	if (prefix === "") return void 0;
	if (prefix.length > MAX_PREFIX) return `has a prefix of more than ${MAX_PREFIX} characters`;
	const parts = prefix.split("/");
	if (parts.includes("")) return "has an empty part in its prefix; write single slashes between its parts";
	return parts.every((part) => /^[A-Za-z0-9!_.*'()=-]+$/.test(part) && !/^\.\.?$/.test(part)) ? void 0 : "has a prefix with other characters than letters, digits and !_.*'()=- between slashes";
}
function readQuery(query) {
	const seen = /* @__PURE__ */ new Map();
	for (const part of query === "" ? [] : query.split("&")) {
		const equals = part.indexOf("=");
		const name = equals < 0 ? part : part.slice(0, equals);
		const known = PARAMETERS.find((parameter) => parameter === name);
		if (known === void 0) return unknownParameter(name);
		if (seen.has(known)) return `has the parameter ${known} twice`;
		const value = decoded(equals < 0 ? "" : part.slice(equals + 1));
		if (value === void 0 || value === "") return `has no value that can be read for the parameter ${known}`;
		seen.set(known, value);
	}
	const pathStyle = flag(seen.get("path-style"));
	const insecure = flag(seen.get("insecure"));
	const mode = seen.get("mode");
	if (pathStyle === "wrong") return "has a path-style that is neither 1 nor 0";
	if (insecure === "wrong") return "has an insecure that is neither 1 nor 0";
	if (mode !== void 0 && mode !== "read" && mode !== "write") return "has a mode that is neither read nor write";
	const region = seen.get("region");
	if (region !== void 0 && !/^[a-z0-9-]{1,32}$/i.test(region)) return "has a region that there cannot be";
	const written = seen.get("endpoint");
	const endpoint = written === void 0 ? void 0 : endpointOf(written, insecure === true);
	if (endpoint !== void 0 && "problem" in endpoint) return endpoint.problem;
	return {
		readOnly: mode === "read",
		...region === void 0 ? {} : { region },
		...endpoint === void 0 ? {} : { endpoint: endpoint.url },
		...pathStyle === void 0 ? {} : { pathStyle }
	};
}
function unknownParameter(name) {
	if (/key|secret|token|credential|password/i.test(name)) return "has credentials among its parameters; they come from the environment";
	const shown = /^[\w.-]{1,40}$/.test(name) ? ` ${name}` : "";
	const near = didYouMean(name, PARAMETERS);
	return `has a parameter${shown} that this version does not know; ${near === void 0 ? `there are ${PARAMETERS.join(", ")}` : `did you mean ${near}?`}`;
}
function flag(text) {
	if (text === void 0) return void 0;
	if (text === "1" || text === "true") return true;
	return text === "0" || text === "false" ? false : "wrong";
}
/** The base URL of a service as it is written; for the endpoint of a URL and for that of the environment. */
function endpointOf(text, insecure) {
	const no = (problem) => ({ problem });
	const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
	if (!/^https?:\/\/[^/]/i.test(written) || !URL.canParse(written) || /[\0-\x20\x7f\\]/.test(text)) return no("has an endpoint that is no URL; write endpoint=https://minio.example.com");
	const url = new URL(written);
	if (url.username !== "" || url.password !== "") return no("has credentials in its endpoint; they come from the environment");
	if (url.search !== "" || url.hash !== "") return no("has an endpoint with a query or a fragment");
	if (url.protocol === "http:" && !insecure && !isPlainLoopback(url)) return no("has an endpoint over plain http, where others can read session tokens; write https, or add insecure=1");
	return { url: url.href.replace(/\/+$/, "") };
}
function decoded(text) {
	try {
		const plain = decodeURIComponent(text);
		return /[\0-\x20\x7f]/.test(plain) ? void 0 : plain;
	} catch {
		return;
	}
}
const HOW = "write a directory, auto, or the URL of a bucket (s3://bucket/prefix)";
/** Reads one place of `cache.store`; a string says why it cannot be used, in words that follow it as a sentence would. */
function parseModuleStore(text) {
	if (text === "") return `is empty; ${HOW}`;
	if (/[\0-\x1f\x7f]/.test(text)) return "has a control character in it";
	if (text === "auto") return { kind: "auto" };
	if (isBucketUrl(text)) {
		const place = parseBucketUrl(text);
		return typeof place === "string" ? place : {
			kind: "bucket",
			place
		};
	}
	if (/^file:/i.test(text)) return directoryUrl(text);
	const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
	if (scheme !== void 0) return `is not a store that this version knows (${scheme}); ${HOW}`;
	return {
		kind: "directory",
		path: text,
		readOnly: false
	};
}
/** Why a text is no place of `cache.store`; undefined when it is fine. */
function moduleStoreProblem(text) {
	const parsed = parseModuleStore(text);
	return typeof parsed === "string" ? parsed : void 0;
}
/** The places of `cache.store`, one or several, in reading order. */
function storeTexts(store) {
	return typeof store === "string" ? [store] : store;
}
/** Why these cannot be layers of one store; undefined when they can. */
function layersProblem(texts) {
	if (texts.length === 0) return `names no store; ${HOW}`;
	if (texts.length > 8) return `names more than 8 stores`;
	const seen = /* @__PURE__ */ new Set();
	for (const text of texts) {
		const parsed = parseModuleStore(text);
		if (typeof parsed === "string") return `${JSON.stringify(redactUrl(text))} ${parsed}`;
		const name = parsed.kind === "bucket" ? parsed.place.location : parsed.kind === "auto" ? "auto" : parsed.path;
		if (seen.has(name)) return `names ${name} twice`;
		seen.add(name);
	}
}
/** `MODGATE_STORE` and the like: several places apart by line ends, because a path may have spaces. */
function splitStores(text) {
	const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
	return lines.length === 1 ? lines[0] ?? text : lines.length === 0 ? text : lines;
}
function directoryUrl(text) {
	const [, path, query] = /^([^?#]*)(?:\?([^#]*))?$/.exec(text) ?? [];
	if (path === void 0 || !/^file:\/\//i.test(path) || !URL.canParse(path)) return "is not a file URL; write file:///directory";
	if (query !== void 0 && query !== "mode=read" && query !== "mode=write") return "has a parameter that this version does not know; there is mode=read";
	return {
		kind: "directory",
		path,
		readOnly: query === "mode=read"
	};
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
/** In which form zips are kept. */
const ZIPS = [
	"auto",
	"stored",
	"original"
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
	buildCache: {
		key: "cache.build",
		word: "build-cache"
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
	const store = given("store");
	return {
		...Object.fromEntries([
			"onFailure",
			"prefetch",
			"modcache",
			"save",
			"buildCache",
			"auditStore",
			"auditRequired"
		].map((field) => [field, given(field)]).filter(([, value]) => value !== void 0)),
		...store === void 0 ? {} : { store: splitStores(store) },
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
	const store = given.store === void 0 ? void 0 : stores(given.store, (m) => bad("store", m));
	const upstream = given.upstream && upstreams(given.upstream, (message) => bad("upstream", message));
	const prefetch = given.prefetch === void 0 ? void 0 : count(given.prefetch, (m) => bad("prefetch", m));
	const onFailure = oneOf("onFailure", given.onFailure, ON_FAILURE);
	const modcache = oneOf("modcache", given.modcache, MODCACHE);
	const save = oneOf("save", given.save, SAVE);
	const build = oneOf("buildCache", given.buildCache?.toString(), ["true", "false"]);
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
				...save ? { save } : {},
				...build === void 0 ? {} : { build: build === "true" }
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
function stores(given, bad) {
	if (given === "") return bad("is empty; name a directory");
	const problem = layersProblem(storeTexts(given));
	if (problem !== void 0) return bad(problem);
	return typeof given === "string" ? given : [...given];
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
		origin: (key) => nearest(origins, key),
		warnings,
		authorityFiles: options.source && await readAuthorityFiles(config, options.source),
		digest: createHash("sha256").update(stableJson({
			config,
			policy
		})).digest("hex")
	};
}
async function readAuthorityFiles({ proxy }, source) {
	const files = [];
	for (const { file } of proxy.ca) {
		const bytes = isAbsolute(file) ? void 0 : await source.read(posix.normalize(file.replaceAll("\\", "/")));
		if (bytes !== void 0) files.push([file, textOf(bytes, file)]);
	}
	return Object.fromEntries(files);
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
function nearest(origins, key) {
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
// src/config/host-port.ts
/** Reads `host` or `host:port`; a string says why it is neither, in words that follow it as a sentence would. */
function parseHostPort(text) {
	if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return "is a URL; write its host alone, like git.example.com";
	if (text.includes("@")) return "has an @; write the host alone, a user name goes under username";
	if (/[/\\?#\s\0-\x1f\x7f%]/.test(text)) return "is not a host; write it like git.example.com, without a path";
	if (text.includes("*")) return "has a *; a credential or an exception is for one host, so write each by its name";
	const [, name = "", port] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
	if (name === "" || !URL.canParse(`https://${name}/`)) return "is not a host; write it like git.example.com or git.example.com:8443";
	const number = port === void 0 ? void 0 : Number(port);
	if (number !== void 0 && (number < 1 || number > 65535)) return "has a port that there is not";
	return {
		hostname: new URL(`https://${name}/`).hostname,
		port: number
	};
}
/** Why a text is no `host` or `host:port`; undefined when it is fine. */
function hostPortProblem(text) {
	const parsed = parseHostPort(text);
	return typeof parsed === "string" ? parsed : void 0;
}
/** Whether a URL is at exactly this host and port. */
function isAt(url, { hostname, port }) {
	return url.hostname === hostname && (port === void 0 ? url.port === "" : portOf(url) === port);
}
function portOf({ port, protocol }) {
	if (port !== "") return Number(port);
	return protocol === "http:" ? 80 : 443;
}
/** The same as the host part of an https URL, which is how `go` and git look a host up. */
function httpsHost({ hostname, port }) {
	return port === void 0 || port === 443 ? hostname : `${hostname}:${port}`;
}
export { AUDIT_TOKEN_ENV, BASELINE_FILE, CONFIG_FILES, ConfigError, DEFAULTS, FIXED_RULES, LEVELS, MAX_ENTRIES, MODCACHE, ON_FAILURE, RULES, RULE_IDS, SAVE, SESSION_RULES, SKIPPED_DIRECTORIES, ZIPS, auditStoreProblem, credentialsIn, defaultLayer, didYouMean, diskSource, endpointOf, envOverrides, formatProblem, gitRefProblem, hostPortProblem, httpsHost, isAt, isBucketUrl, isInside, isLoopback, isPlainLoopback, isReadableOnTheWay, isRuleId, isUpstream, layersProblem, loadConfig, moduleStoreProblem, parseAuditStore, parseBucketUrl, parseHostPort, parseModuleStore, readDisk, redactText, redactUrl, splitStores, storeTexts, stricterModcache, textOf };
