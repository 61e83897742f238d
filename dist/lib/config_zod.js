import { isGoVersion, parseRange } from "./gomod-later.js";
import { AUDIT_TOKEN_ENV, BASELINE_FILE, FIXED_RULES, MAX_ENTRIES, MODCACHE, ON_FAILURE, RULE_IDS, SAVE, SKIPPED_DIRECTORIES, ZIPS, auditStoreProblem, gitRefProblem, hostPortProblem, isPlainLoopback, isUpstream, layersProblem, moduleStoreProblem } from "./config.js";
import { NEVER, _enum, array, boolean, int, literal, number, strictObject, string, toJSONSchema, union } from "../vendor/zod.js";
import { hostPatternProblem, modulePatternProblem, parseDuration, parseSize } from "./config-later.js";
// src/config/rule-options.ts
const text$1 = string().trim().min(1).max(2048);
const list$1 = (item) => array(item).max(MAX_ENTRIES);
/** Text that a check of our own judges: what it says follows the value in a message. */
const judged = (problem) => string().max(2048).superRefine((value, context) => {
	const message = problem(value);
	if (message !== void 0) context.addIssue({
		code: "custom",
		message
	});
});
const modulePattern$1 = judged(modulePatternProblem);
const goVersion = judged((value) => isGoVersion(value) ? void 0 : "is not a version of Go; write one like 1.26 or 1.26.3, in quotes");
const toolchain = judged((value) => {
	return value === "default" || value.split(/ +/).every((word) => {
		const [, operator = "", version = ""] = /^(<=|>=|<|>)?go(.*)$/s.exec(word) ?? [];
		const wildcard = operator === "" && version.endsWith(".*");
		return isGoVersion(wildcard ? version.slice(0, -2) : version.replace(operator === "" ? /-.*$/s : "", ""));
	}) ? void 0 : "is not a toolchain; write a name like go1.26.3, go1.26.*, or bounds like \">=go1.25 <go1.27\"";
});
const variable = judged((value) => /^(?:[A-Za-z_][A-Za-z0-9_]*|-[a-z]+)(=.*)?$/s.test(value) ? void 0 : "is not a variable and not a flag; write NAME, NAME=value, or a flag like -modfile=tools/go.mod");
/** One line about each rule, and the options that it has besides `level`. */
const ABOUT = {
	"gomod/invalid": { about: "go.mod and go.work files that go refuses, at the position that go names" },
	"replace/local-sibling": { about: "replacements by a directory of this repository that declares the path it replaces" },
	"replace/local-broken": { about: "replacements by a directory of this repository that is missing or another module" },
	"replace/local-escapes": { about: "replacements by a directory outside the repository, through .. or a symbolic link" },
	"replace/local-absolute": { about: "replacements by an absolute path, a drive letter or a network share" },
	"replace/target-not-allowed": {
		about: "replacement targets that hosts, modules or replace.remote.allow do not allow",
		options: { strangers: boolean().default(true).describe("where no list speaks, report targets of another owner than the replaced module") }
	},
	"replace/unpinned": {
		about: "replacement targets without an exact version",
		options: { tag: boolean().default(false).describe("the target must be a tagged version, not a pseudo-version") }
	},
	"replace/downgrade": { about: "replacements by an older version of the same module" },
	"replace/stale": { about: "replacements of modules or versions that nothing requires" },
	"replace/conflict": { about: "different replacements of one module" },
	"replace/missing-reason": {
		about: "replacements without a comment that tells why",
		options: { local: boolean().default(false).describe("local replacements need a reason, too") }
	},
	"host/not-allowed": { about: "modules from hosts that the lists under hosts do not allow" },
	"module/denied": { about: "modules and versions that the lists under modules do not allow" },
	"path/malformed": { about: "module paths that go could never fetch, look-alike letters among them" },
	"path/case-collision": { about: "module paths that differ in upper and lower case only" },
	"path/lookalike": {
		about: "new module paths that are nearly the same as a known one of another owner",
		options: { known: list$1(text$1).default([]).describe("more module paths to compare with") }
	},
	"work/committed": { about: "go.work files in the repository" },
	"work/use-outside": { about: "use directives of go.work that leave the repository or name nothing" },
	"work/replace": { about: "replace directives in go.work" },
	"sum/missing": { about: "requirements without a hash in go.sum" },
	"sum/changed": { about: "hashes in go.sum that changed or were added for a version that had one" },
	"vendor/inconsistent": { about: "a vendor directory that does not fit go.mod or go.work" },
	"version/pseudo": {
		about: "required commits that have no version tag",
		options: { allow: list$1(modulePattern$1).default([]).describe("globs of modules that may have them") }
	},
	"version/downgrade": { about: "requirements whose version is lower than before the change" },
	"toolchain/not-allowed": {
		about: "toolchain lines that name another toolchain than the allowed ones",
		options: { allow: list$1(toolchain).default([]).describe("names like go1.26.3 or go1.26.*, or bounds like \">=go1.25 <go1.27\"") }
	},
	"go/version-range": {
		about: "go lines outside a range of versions",
		options: {
			min: goVersion.optional().describe("the oldest version that is accepted, like \"1.25\""),
			max: goVersion.optional().describe("the newest version that is accepted, like \"1.26.3\"")
		}
	},
	"tool/not-allowed": {
		about: "tool lines of packages that are not allowed",
		options: { allow: list$1(modulePattern$1).default([]).describe("globs of packages or their modules") }
	},
	"exclude/used": { about: "exclude directives" },
	"env/bypass": {
		about: "settings in CI files and scripts that take the go command past this policy",
		options: {
			all: boolean().default(false).describe("report switches that are common practice, too"),
			allow: list$1(variable).default([]).describe("variables that are accepted: NAME or NAME=value")
		}
	},
	"bypass/unserved": {
		about: "modules in GOMODCACHE at the end of a job that the proxy of its session did not serve",
		options: { allow: list$1(modulePattern$1).default([]).describe("globs of modules that may come another way") }
	},
	"bypass/vcs": {
		about: "repositories that go itself fetched from version control while a session ran",
		options: { allow: list$1(modulePattern$1).default([]).describe("globs of origins, host and path, that it may fetch") }
	},
	"bypass/env": {
		about: "settings of the running job that take the go command past the proxy of its session",
		options: {
			all: boolean().default(false).describe("report switches that are common practice, too"),
			allow: list$1(variable).default([]).describe("variables that are accepted: NAME or NAME=value")
		}
	},
	"bypass/build-cache": { about: "compiled objects of another job that a session restored into GOCACHE" },
	"policy/waiver-invalid": {
		about: "waivers that lack something, or that this repository may not give",
		options: { "max-days": int().min(1).max(3660).default(366).describe("days that a waiver may last at most") }
	},
	"policy/waiver-expired": {
		about: "waivers whose time is over, or soon will be",
		options: { "warn-days": int().min(0).max(366).default(14).describe("days ahead that the warning begins") }
	},
	"policy/waiver-unused": { about: "waivers that fit no finding" },
	"policy/baseline-stale": { about: "entries of the baseline whose finding is gone" }
};
const level = _enum([
	"off",
	"note",
	"warning",
	"error"
]);
/** What a rule reports, in one line. */
function ruleAbout(id) {
	return ABOUT[id].about;
}
function ruleEntry(id) {
	const { about, options = {} } = ABOUT[id];
	const entry = union([level, strictObject({
		level: level.optional(),
		...options
	})]);
	return (FIXED_RULES.includes(id) ? entry.refine((value) => (typeof value === "string" ? value : value.level ?? "error") === "error", { error: "cannot be: this rule is always an error; accept a single finding with a waiver of two owners" }) : entry).describe(about);
}
/** The map under `rules`: every rule by its id, nothing else. */
const rulesSchema = strictObject(Object.fromEntries(RULE_IDS.map((id) => [id, ruleEntry(id).optional()])));
// src/config/schema.ts
const text = string().trim().min(1).max(2048);
const list = (item) => array(item).max(MAX_ENTRIES);
const duration = string().transform((value, ctx) => {
	const milliseconds = parseDuration(value);
	if (milliseconds !== void 0) return milliseconds;
	ctx.addIssue({
		code: "custom",
		message: "is not a duration; write a number and a unit, like 30d, 2h or 15m"
	});
	return NEVER;
});
const size = union([string(), number()]).transform((value, ctx) => {
	const bytes = parseSize(String(value));
	if (bytes !== void 0) return bytes;
	ctx.addIssue({
		code: "custom",
		message: "is not a size; write a number and a unit, like 5GB or 512MiB"
	});
	return NEVER;
});
const upstreamUrl = text.refine(isUpstream, { error: "is not an upstream; write an http, https or file URL, `direct` or `off`" });
const upstream = union([upstreamUrl, strictObject({
	url: upstreamUrl,
	"absent-on-403": boolean().default(false)
})]).transform((value) => typeof value === "string" ? {
	url: value,
	"absent-on-403": false
} : value);
const host = text.regex(/^[^/\s]+$/, "is not a host; write the first element of a module path, without a slash");
/** One server: a credential for it, or an exception, must mean no other one. */
const hostPort = judged(hostPortProblem);
const hostPattern = judged(hostPatternProblem);
const modulePattern = judged(modulePatternProblem);
const versions = judged((value) => {
	const parsed = parseRange(value);
	return "problem" in parsed ? parsed.problem : void 0;
});
const moduleRule = union([modulePattern, strictObject({
	pattern: modulePattern,
	versions: versions.optional().describe("a range like \"<v1.2.3\" or \">=v1.2.0 <v1.5.0\"; all when left out"),
	reason: text.optional().describe("why, for whoever meets the rule"),
	use: text.optional().describe("what to use instead")
})]);
const directoryName = judged((value) => /^[^/\\\0]+$/.test(value) && value !== "." && value !== ".." ? void 0 : "is not the name of a directory; write one name without slashes, which counts at every depth");
const fileInside = judged((value) => /^(?![/\\]|[A-Za-z]:)[^\\\0]+$/.test(value) && !value.split("/").includes("..") ? void 0 : "is not a path inside the repository; write it relative to the root, with forward slashes");
const gitRef = judged(gitRefProblem);
/** Lenient on purpose: what a waiver lacks is a finding at its line, so that it cannot hide behind a broken file. */
const waiverText = string().trim().max(2048).optional();
const owners = union([string().trim().max(2048), array(string().trim().max(2048)).max(64)]).optional();
const environmentName = text.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of an environment variable; the secret itself must not be in this file");
const moduleStore = judged(moduleStoreProblem);
const forgeUrl = judged((value) => {
	const url = URL.canParse(value) ? new URL(value) : void 0;
	return url !== void 0 && /^https?:$/.test(url.protocol) && url.username + url.password === "" ? void 0 : "is not the address of a forge; write an http or https URL without credentials";
});
const issuerUrl = judged((value) => {
	const url = URL.canParse(value) ? new URL(value) : void 0;
	const safe = url?.protocol === "https:" || url !== void 0 && isPlainLoopback(url);
	const plain = url !== void 0 && /^[^?#@\s]*[^/?#@\s]$/.test(value);
	return safe && plain ? void 0 : "is not an issuer; write the https URL that is the `iss` of its tokens, without a slash at the end";
});
const audience = judged((value) => /^[\w.:/-]{1,200}$/.test(value) ? void 0 : "is not an audience; write up to 200 letters, digits and . : / - _, like the host name of the collector");
const ownerId = judged((value) => /^[1-9]\d{0,19}$/.test(value) ? void 0 : "is not a numeric id; write that of the organisation, user or group in quotes: names can be taken over by others");
/**
* The whole of `.modgate.yaml`: validation, types and JSON Schema come from here. Keys of features that this
* version does not have are here too, so that a file written for a later version is checked the same way.
*/
const schema = strictObject({
	version: literal(1).default(1),
	extends: array(text).max(20).default([]).describe("local path, or owner/repo/path@<full commit>; what these files say can only be tightened"),
	proxy: strictObject({
		modcache: _enum(MODCACHE).default("inherit"),
		"strict-graph": boolean().default(false),
		"on-failure": _enum(ON_FAILURE).optional(),
		upstream: array(upstream).max(16).default([]),
		private: list(modulePattern).default([]).describe("GOPRIVATE globs of modules that are fetched from version control alone: no upstream and no checksum database hears of them"),
		ca: array(strictObject({
			hosts: list(host).min(1),
			file: text.describe("PEM file, relative to the root of the repository")
		})).max(64).default([]).describe("certificate authorities of a company, and the hosts that they speak for"),
		hosts: list(host).default([]).describe("further hosts that may be asked, whatever address they have: storage that an upstream redirects to"),
		ssh: list(host).default([]).describe("hosts that git may reach by ssh; those that the configuration names when left out"),
		credentials: array(strictObject({
			host: hostPort.describe("the server, as host or host:port; no other one is shown the token"),
			username: text.optional().describe("user name for it; without one a module proxy gets a bearer token"),
			"token-env": environmentName.describe("variable that holds the token or password")
		})).max(64).default([]).describe("tokens for module proxies and for servers of private modules"),
		insecure: list(hostPort).max(64).default([]).describe("hosts, as host or host:port, that may be sent credentials over plain http"),
		vulndb: judged((value) => /^https?:\/\//i.test(value) && URL.canParse(value) && !/\s/.test(value) ? void 0 : "is not the address of a vulnerability database; write its http or https URL").nullable().default(null).describe("vulnerability database that the job gets through modgate, as GOVULNDB"),
		prefetch: int().min(0).max(64).default(32),
		idle: duration.prefault("2h")
	}).prefault({}),
	hosts: strictObject({
		allow: list(hostPattern).default([]),
		deny: list(hostPattern).default([])
	}).describe("hosts of modules: the whole first element of a path, or a glob for it").prefault({}),
	modules: strictObject({
		allow: list(moduleRule).default([]),
		deny: list(moduleRule).default([])
	}).prefault({}),
	replace: strictObject({
		local: _enum([
			"siblings",
			"deny",
			"allow"
		]).optional().describe("which local replacements are accepted; siblings when left out"),
		remote: strictObject({
			allow: list(moduleRule).default([]),
			"require-reason": boolean().default(false)
		}).prefault({}),
		downgrade: _enum(["deny", "allow"]).optional().describe("deny: an error, allow: accepted; a warning when left out")
	}).prefault({}),
	rules: rulesSchema.default({}),
	waivers: list(strictObject({
		rule: waiverText.describe("id of the rule"),
		file: waiverText.describe("file that the finding is in, or a glob; file or module is needed"),
		module: waiverText.describe("module that the finding is about, or a GOPRIVATE glob"),
		owner: owners.describe("who answers for it"),
		owners: owners.describe("the same; two where a rule asks for two"),
		reason: waiverText.describe("why it is accepted"),
		expires: waiverText.describe("last day that it counts, YYYY-MM-DD")
	})).default([]),
	waivable: list(_enum(RULE_IDS)).optional().describe("rules that a repository which extends this file may waive"),
	baseline: fileInside.default(BASELINE_FILE).describe("file of accepted findings, which can only shrink"),
	check: strictObject({ skip: list(directoryName).default([...SKIPPED_DIRECTORIES]).describe("names of directories that are not looked into") }).prefault({}),
	cache: strictObject({
		store: union([moduleStore, array(moduleStore).min(1).max(8).superRefine((texts, ctx) => {
			const message = layersProblem(texts);
			if (message !== void 0) ctx.addIssue({
				code: "custom",
				message
			});
		})]).default("auto").describe("where modules are kept: auto, a directory, the URL of a bucket, or a list of them, read in that order"),
		save: _enum(SAVE).default("auto"),
		zips: _enum(ZIPS).default("auto").describe("form in which zips are kept: not deflated where that is faster, or as they were fetched"),
		"keep-since": duration.prefault("30d"),
		"max-size": size.prefault("5GB"),
		quota: size.prefault("2GB").describe("most that all entries of the shared cache take together"),
		build: boolean().default(false).describe("whether later jobs get what this one compiled (GOCACHE); off, because objects cannot be verified as modules are"),
		"keep-refs": list(gitRef).default([]).describe("branches, tags and commits whose modules are kept however long they were unused")
	}).prefault({}),
	audit: strictObject({
		store: judged(auditStoreProblem).nullable().default(null).describe("where the records of the jobs go: URL of a collector, a directory, gitlab-package: or artifact"),
		required: boolean().default(false).describe("whether a job fails whose records could not be delivered"),
		"token-env": environmentName.default(AUDIT_TOKEN_ENV).describe("variable that holds the token of the store")
	}).prefault({}),
	serve: strictObject({
		writers: list(strictObject({
			name: text,
			"token-env": environmentName
		})).default([]).describe("who may send batches to `modgate serve`"),
		readers: list(strictObject({
			name: text,
			"token-env": environmentName,
			owners: list(text).min(1).optional().describe("sees only repositories of these owners; all when left out")
		})).default([]).describe("who may ask `modgate serve`"),
		issuers: list(strictObject({
			kind: _enum(["github", "gitlab"]),
			url: issuerUrl.optional().describe("https://token.actions.githubusercontent.com or https://gitlab.com when left out"),
			audience: audience.describe("what tokens have to be for"),
			owners: list(ownerId).min(1).describe("numeric ids of organisations, users or groups")
		})).default([]).describe("forges whose jobs may send batches to `modgate serve` with a token of their own"),
		tls: strictObject({
			cert: text,
			key: text
		}).optional().describe("PEM files, relative to this file"),
		forges: list(strictObject({
			kind: _enum(["github", "gitlab"]),
			url: forgeUrl.optional().describe("https://github.com or https://gitlab.com when left out"),
			"token-env": environmentName.optional(),
			owners: list(text).default([]).describe("organisations or groups whose repositories are looked through")
		})).default([]).describe("forges that may be asked about commits"),
		retention: strictObject({
			jobs: duration.prefault("730d"),
			raw: duration.nullable().default(null).describe("null keeps raw batches for ever")
		}).prefault({})
	}).prefault({}),
	"fail-on": _enum([
		"note",
		"warning",
		"error"
	]).default("error")
});
/** JSON Schema (draft 2020-12) of the file as it is written. */
function jsonSchema() {
	return {
		...toJSONSchema(schema, { io: "input" }),
		title: "modgate configuration"
	};
}
export { jsonSchema, ruleAbout, schema };
