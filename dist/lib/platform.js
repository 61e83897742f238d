import { __toESM } from "../vendor/rolldown-runtime.js";
import { readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { homedir, tmpdir } from "node:os";
import { posix, win32 } from "node:path";
import { open } from "node:fs/promises";
import { isIP } from "node:net";
// src/platform/escape.ts
/** Longest text that is let into one log line; a module path is at most a few hundred characters. */
const MAX_LENGTH = 4096;
/**
* Everything that a terminal or a log viewer acts on instead of showing: C0 and C1 controls (ANSI starts
* with one of them), line and paragraph separators, zero-width and bidirectional marks, tags, and halves of
* surrogate pairs.
*/
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
function visible(character) {
	if (character === "\n") return "\\n";
	if (character === "\r") return "\\r";
	if (character === "	") return " ";
	const code = character.codePointAt(0) ?? 0;
	return code > 65535 ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
/** Makes text that came from outside one visible line of at most 4096 characters. */
function oneLine(text) {
	return (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text).replace(INVISIBLE, visible);
}
/**
* The same for a GitHub runner's log, where `::name::` at the start of a line and `##[name]` anywhere in it
* are commands.
*/
function oneLineForRunner(text) {
	return oneLine(text).replaceAll(/:(?=:)/g, ": ").replaceAll("##[", "## [");
}
// src/platform/cache-service.ts
/** Variables that the cache client reads, with the token that writes. They never go into a first environment. */
const SERVICE_VARIABLES = [
	"ACTIONS_CACHE_URL",
	"ACTIONS_RESULTS_URL",
	"ACTIONS_RUNTIME_TOKEN",
	"ACTIONS_CACHE_SERVICE_V2",
	"ACTIONS_CACHE_MODE",
	"GITHUB_SERVER_URL",
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
	"http_proxy",
	"https_proxy",
	"no_proxy"
];
/** What the cache client needs of the job's environment; it reaches the daemon over its standard input. */
function cacheServiceEnv(env) {
	const picked = {};
	for (const name of SERVICE_VARIABLES) {
		const value = env[name];
		if (value) picked[name] = value;
	}
	return picked;
}
/** Why the cache cannot be used for an operation at all, or undefined when it is worth asking. */
function cacheUnavailable(env, op) {
	if (!env.ACTIONS_RUNTIME_TOKEN && !env.ACTIONS_CACHE_URL) return "this job has no cache service";
	if (!env.ACTIONS_CACHE_URL && !env.ACTIONS_RESULTS_URL) return "this job has no cache service";
	const mode = (env.ACTIONS_CACHE_MODE ?? "").trim().toLowerCase();
	if ((op === "read" ? ["none", "write-only"] : ["none", "read"]).includes(mode)) return `cache-mode: ${mode} of this job does not permit it`;
	if (op === "write" && tokenMayWrite(env.ACTIONS_RUNTIME_TOKEN) === false) return "the token of this job may only read the cache";
}
/**
* Whether the runtime token grants writing to any scope, as its `ac` claim says. Undefined when the claim is
* missing or unreadable: it is undocumented, so that only a clear "no" may save the packing.
*/
function tokenMayWrite(token) {
	try {
		const payload = JSON.parse(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString("utf8"));
		const scopes = JSON.parse(String(payload.ac));
		if (!Array.isArray(scopes) || scopes.length === 0) return void 0;
		const permissions = scopes.map((scope) => scope?.Permission);
		if (!permissions.every((bits) => typeof bits === "number")) return void 0;
		return permissions.some((bits) => (bits & 2) !== 0);
	} catch {
		return;
	}
}
// src/platform/claims.ts
const MAX_CLAIM = 1024;
/** SHA-256, lower-case hex. */
function sha256Hex(text) {
	return createHash("sha256").update(text).digest("hex");
}
/** Name of a job: the hash of the JSON text of what makes it unique at its forge. */
function jobUid(parts) {
	return sha256Hex(JSON.stringify(parts));
}
/** Picks variables by the names they get in records; empty ones are left out, long ones cut. */
function claim(env, names) {
	const claimed = {};
	for (const [name, variable] of Object.entries(names)) {
		const value = env[variable];
		if (value) claimed[name] = value.slice(0, MAX_CLAIM);
	}
	return claimed;
}
/** The same with values that come from elsewhere; what is not known is left out. */
function claimed(picked, more) {
	const known = Object.entries(more).flatMap(([name, value]) => value ? [[name, value.slice(0, MAX_CLAIM)]] : []);
	return {
		...picked,
		...Object.fromEntries(known)
	};
}
/** An http(s) URL of parts that stay inside its path; undefined when the base is none. */
function pageUrl(base, ...segments) {
	if (!base || !/^https?:\/\//i.test(base) || !URL.canParse(base)) return void 0;
	const url = new URL(base);
	url.username = "";
	url.password = "";
	url.search = "";
	url.hash = "";
	const path = segments.map((s) => s.split("/").map(encodeURIComponent).join("/")).join("/");
	url.pathname = path === "" ? url.pathname : `${url.pathname.replace(/\/+$/, "")}/${path}`;
	return url.href;
}
// src/platform/commit.ts
/** A full commit name (SHA-1 or SHA-256) in lower case; undefined for everything else, all zeros included. */
function commitSha(value) {
	if (typeof value !== "string") return void 0;
	const sha = value.toLowerCase();
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha) && !/^0+$/.test(sha) ? sha : void 0;
}
/** The name of a branch as git takes it; empty for everything that could be read as something else. */
function branchName(value) {
	if (typeof value !== "string" || value.length > 255) return "";
	const name = value.replace(/^refs\/heads\//, "");
	return /^[^\u0000- \u007f~^:?*[\\]+$/.test(name) && !/^[-/]|\.\.|\/\/|\/$|@\{/.test(name) ? name : "";
}
// src/platform/github-event.ts
/** More than any forge sends; what is larger was not written by one. */
const MAX_EVENT = 32 * 2 ** 20;
/** A value as an object; undefined for lists, null and everything else. */
function record(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value) ? value : void 0;
}
/** The event of a run, from the text of its file; undefined when there is none or it is no JSON object. */
function parseEvent(text) {
	if (text === void 0 || text.length > MAX_EVENT) return void 0;
	try {
		return record(JSON.parse(text));
	} catch {
		return;
	}
}
// src/platform/github-change.ts
/**
* The pull request or merge group of a run; undefined for other events. The event file may be anything: what
* it does not tell is left open, but a pull request never passes for something else because of it.
*/
function githubChange(env, eventText) {
	const event = env.GITHUB_EVENT_NAME ?? "";
	const payload = parseEvent(eventText);
	if (event === "merge_group") {
		const group = record(payload?.merge_group);
		return {
			kind: "merge-group",
			baseSha: commitSha(group?.base_sha),
			baseRef: branchName(group?.base_ref),
			headSha: commitSha(group?.head_sha) ?? commitSha(env.GITHUB_SHA),
			number: void 0,
			fork: false
		};
	}
	if (!/^pull_request(?:_target|_review|_review_comment)?$/.test(event) && !(env.GITHUB_REF ?? "").startsWith("refs/pull/")) return void 0;
	const pull = record(payload?.pull_request);
	const [base, head] = [record(pull?.base), record(pull?.head)];
	const number = pull?.number;
	return {
		kind: "pull-request",
		baseSha: commitSha(base?.sha),
		baseRef: branchName(base?.ref) || branchName(env.GITHUB_BASE_REF),
		headSha: commitSha(head?.sha),
		number: typeof number === "number" && Number.isSafeInteger(number) && number > 0 ? number : void 0,
		fork: record(head?.repo)?.id === void 0 || record(head?.repo)?.id !== record(base?.repo)?.id
	};
}
// src/platform/github-trust.ts
const TRUSTED_EVENTS = /* @__PURE__ */ new Set([
	"push",
	"schedule",
	"workflow_dispatch"
]);
/** Why an event is not trusted, where the reason is not simply "another event". */
const UNTRUSTED = {
	pull_request_target: "a pull_request_target run may have checked out code of a fork",
	workflow_run: "a workflow_run may work on what a fork produced",
	release: "a release run does not write the cache that builds read",
	merge_group: "a merge queue branch is not the default branch"
};
function pullRequestReason(payload) {
	const pull = record(payload?.pull_request);
	if (!pull) return "this is a pull request";
	const head = record(record(pull.head)?.repo);
	const base = record(record(pull.base)?.repo);
	if (!head) return "this is a pull request from a fork that was deleted";
	return head.id === base?.id ? "this is a pull request" : "this is a pull request from a fork";
}
/**
* The rule of `save: auto`: pushes, schedules and manual runs on the default branch are trusted, nothing
* else is. `eventText` is the content of the event file; without it only a schedule, which GitHub starts on
* the default branch alone, can be trusted.
*/
function githubTrust(env, eventText) {
	const no = (reason) => ({
		trusted: false,
		reason
	});
	const event = env.GITHUB_EVENT_NAME ?? "";
	const ref = env.GITHUB_REF ?? "";
	const payload = parseEvent(eventText);
	if (event === "pull_request" || event.startsWith("pull_request_review")) return no(pullRequestReason(payload));
	if (ref.startsWith("refs/pull/")) return no("the ref is that of a pull request");
	if (!TRUSTED_EVENTS.has(event)) return no(UNTRUSTED[event] ?? "the event is not a push, schedule or manual run");
	if (ref.startsWith("refs/tags/")) return no("a tag is not the default branch");
	if (event === "schedule") return {
		trusted: true,
		reason: "this is a scheduled run on the default branch"
	};
	const branch = record(payload?.repository)?.default_branch;
	if (typeof branch !== "string" || branch === "") return no("the event does not tell the default branch");
	if (ref !== `refs/heads/${branch}`) return no("this is not the default branch");
	return {
		trusted: true,
		reason: `this is a ${event === "push" ? "push to" : "manual run on"} the default branch`
	};
}
// src/platform/secrets.ts
/**
* Names that hold a secret by their meaning to a platform or a tool. The runtime variables of the GitHub
* runner are here because they give write access to the cache that other jobs restore.
*/
const SECRET_NAMES = [
	/^ACTIONS_(RUNTIME_.*|CACHE_URL|RESULTS_URL|ID_TOKEN_.*|.*TOKEN.*)$/,
	/^INPUT_/,
	/^(GITHUB|GH|CI_JOB)_TOKEN$/,
	/^CI_(JOB_JWT.*|REPOSITORY_URL|BUILD_TOKEN)$/,
	/^DOCKER_AUTH_CONFIG$/,
	/^GIT_CONFIG_(PARAMETERS|COUNT|KEY_\d+|VALUE_\d+)$/,
	/(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|SIGNING_KEY|DEPLOY_KEY|PAT|JWT)$/,
	/(^|_)(TOKEN|SECRET|PASSWORD)_/
];
const URL_WITH_USERINFO = /[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i;
/**
* Whether a variable must be kept out of another process's first environment, which stays readable in
* `/proc/PID/environ` for as long as that process lives.
*/
function isSecretEnv(name, value) {
	const upper = name.toUpperCase();
	if (SECRET_NAMES.some((pattern) => pattern.test(upper))) return true;
	return value !== void 0 && URL_WITH_USERINFO.test(value);
}
// src/platform/workspace.ts
/**
* The git top level at or above `cwd`, or undefined. `.git` is a directory with a HEAD, or in worktrees and
* submodules a file that points to one.
*/
function gitTopLevel(probe, path) {
	let dir = path.resolve(probe.cwd);
	for (;;) {
		if (probe.readFile(path.join(dir, ".git", "HEAD")) !== void 0) return dir;
		if (probe.readFile(path.join(dir, ".git"))?.startsWith("gitdir:")) return dir;
		const parent = path.dirname(dir);
		if (parent === dir) return void 0;
		dir = parent;
	}
}
/** True when `dir` is `root` or lies below it. Both absolute. */
function isWithin(path, root, dir) {
	const relative = path.relative(root, dir);
	return relative === "" || relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
/** The private directory below the temp directory where one user's sessions lie. */
function privateTemp(probe, path) {
	return path.join(probe.tmpdir, probe.uid === void 0 ? "modgate" : `modgate-${probe.uid}`);
}
/** An identifier as a file name: nothing in it leads elsewhere. */
function fileNamePart(text) {
	const clean = text.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
	return clean === "" ? "_" : clean;
}
// src/platform/github.ts
const CLAIMS$1 = {
	repository: "GITHUB_REPOSITORY",
	repository_id: "GITHUB_REPOSITORY_ID",
	ref: "GITHUB_REF",
	sha: "GITHUB_SHA",
	actor: "GITHUB_ACTOR",
	event: "GITHUB_EVENT_NAME",
	workflow: "GITHUB_WORKFLOW",
	workflow_ref: "GITHUB_WORKFLOW_REF",
	job: "GITHUB_JOB",
	run_id: "GITHUB_RUN_ID",
	run_attempt: "GITHUB_RUN_ATTEMPT",
	base_ref: "GITHUB_BASE_REF",
	head_ref: "GITHUB_HEAD_REF",
	runner: "RUNNER_NAME",
	check_run_id: "MODGATE_CHECK_RUN_ID"
};
/** A matrix is written by hand; more is none. */
const MAX_MATRIX = 65536;
/** A job on a runner of GitHub, GitHub Enterprise, act, or one that speaks the same protocol. */
function github(env, probe, path) {
	const workspace = env.GITHUB_WORKSPACE || (gitTopLevel(probe, path) ?? path.resolve(probe.cwd));
	const temp = env.RUNNER_TEMP;
	const sessionDir = temp ? path.join(temp, "modgate") : path.join(privateTemp(probe, path), sha256Hex(workspace).slice(0, 16));
	const eventFile = env.GITHUB_EVENT_PATH;
	const event = eventFile ? probe.readFile(eventFile) : void 0;
	const change = githubChange(env, event);
	const server = pageUrl(env.GITHUB_SERVER_URL ?? "https://github.com")?.replace(/\/+$/, "");
	return {
		name: "github",
		workspace,
		sessionDir,
		reports: {
			dir: path.join(sessionDir, "reports"),
			published: false
		},
		defaultStore: {
			dir: path.join(sessionDir, "store"),
			lifetime: "job"
		},
		trust: githubTrust(env, event),
		job: identity$2(env, event, change),
		change,
		scheduled: env.GITHUB_EVENT_NAME === "schedule",
		...server === void 0 ? {} : { forge: {
			url: server,
			gitUser: "x-access-token"
		} },
		ownerHints: {
			names: [
				"Runner.Worker",
				"act",
				"act_runner",
				"forgejo-runner",
				"gitea-runner"
			],
			shell: false
		},
		laterGo: [...env.RUNNER_TOOL_CACHE ? [path.join(env.RUNNER_TOOL_CACHE, "go")] : [], path.sep === "/" ? "/usr/local/go" : "C:\\Program Files\\Go"],
		modcacheAdvice: "set cache: false in the step that uses actions/setup-go",
		secretEnv: isSecretEnv,
		escapeLog: oneLineForRunner
	};
}
function identity$2(env, event, change) {
	const server = env.GITHUB_SERVER_URL ?? "https://github.com";
	const matrix = matrixLeg(env.MODGATE_JOB_MATRIX);
	const key = env.MODGATE_CHECK_RUN_ID || [
		env.GITHUB_JOB ?? "",
		...matrix === void 0 ? [] : [matrix],
		env.RUNNER_TRACKING_ID ?? ""
	].join("/");
	const iss = githubIssuer(server);
	const uid = jobUid([
		"github",
		iss,
		env.GITHUB_REPOSITORY_ID || (env.GITHUB_REPOSITORY ?? ""),
		env.GITHUB_RUN_ID ?? "",
		env.GITHUB_RUN_ATTEMPT ?? "",
		key
	]);
	const url = pageUrl(server, env.GITHUB_REPOSITORY ?? "", "actions/runs", env.GITHUB_RUN_ID ?? "");
	const page = env.GITHUB_REPOSITORY && env.GITHUB_RUN_ID ? url : void 0;
	return {
		forge: "github",
		issuer: iss,
		uid,
		claimed: claimed(claim(env, CLAIMS$1), {
			default_branch: branchName(record(parseEvent(event)?.repository)?.default_branch),
			change: change?.number?.toString(),
			url: page,
			matrix
		}),
		...env.MODGATE_CHECK_RUN_ID || env.RUNNER_TRACKING_ID ? {} : { recurring: true },
		...page === void 0 ? {} : { url: page }
	};
}
/** The leg as GitHub writes it behind a job's name, like `ubuntu-latest, 1.26`; undefined outside a matrix. */
function matrixLeg(json) {
	if (json === void 0 || json.length > MAX_MATRIX) return void 0;
	const values = Object.values(record(parseEvent(json)) ?? {});
	if (values.length === 0) return void 0;
	return values.map((value) => typeof value === "object" ? JSON.stringify(value) : String(value)).join(", ");
}
/** Issuer of the identity tokens that belong to a server, so that records and tokens name the same job. */
function githubIssuer(server) {
	const host = URL.canParse(server) ? new URL(server).host : server;
	if (host === "github.com") return "https://token.actions.githubusercontent.com";
	if (host.endsWith(".ghe.com")) return `https://token.actions.${host}`;
	return `https://${host}/_services/token`;
}
// src/platform/gitlab-change.ts
/** The merge request of a pipeline; undefined for branch, tag and scheduled pipelines. */
function gitlabChange(env) {
	if (!(Boolean(env.CI_MERGE_REQUEST_IID) || env.CI_PIPELINE_SOURCE === "merge_request_event")) return void 0;
	const tip = commitSha(env.CI_MERGE_REQUEST_TARGET_BRANCH_SHA);
	const number = Number(env.CI_MERGE_REQUEST_IID);
	const target = env.CI_MERGE_REQUEST_PROJECT_ID !== void 0 && env.CI_MERGE_REQUEST_PROJECT_ID !== env.CI_PROJECT_ID ? pageUrl(env.CI_MERGE_REQUEST_PROJECT_URL) ?? pageUrl(env.CI_SERVER_URL, env.CI_MERGE_REQUEST_PROJECT_PATH ?? "") : void 0;
	return {
		kind: env.CI_MERGE_REQUEST_EVENT_TYPE === "merge_train" ? "merge-group" : "pull-request",
		baseSha: tip ?? commitSha(env.CI_MERGE_REQUEST_DIFF_BASE_SHA),
		...tip === void 0 ? { tipUnknown: true } : {},
		baseRef: branchName(env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME),
		headSha: commitSha(env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA) ?? commitSha(env.CI_COMMIT_SHA),
		number: Number.isSafeInteger(number) && number > 0 ? number : void 0,
		fork: env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== void 0 && env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== env.CI_MERGE_REQUEST_PROJECT_ID,
		...target === void 0 ? {} : { repository: target }
	};
}
// src/platform/gitlab.ts
const CLAIMS = {
	repository: "CI_PROJECT_PATH",
	repository_id: "CI_PROJECT_ID",
	ref: "CI_COMMIT_REF_NAME",
	tag: "CI_COMMIT_TAG",
	sha: "CI_COMMIT_SHA",
	actor: "GITLAB_USER_LOGIN",
	event: "CI_PIPELINE_SOURCE",
	workflow: "CI_CONFIG_PATH",
	job: "CI_JOB_NAME",
	run_id: "CI_PIPELINE_ID",
	job_id: "CI_JOB_ID",
	default_branch: "CI_DEFAULT_BRANCH",
	change: "CI_MERGE_REQUEST_IID",
	base_ref: "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
	head_ref: "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
	runner: "CI_RUNNER_DESCRIPTION"
};
const TRUSTED_SOURCES = /* @__PURE__ */ new Set([
	"push",
	"schedule",
	"web"
]);
/** A job of a GitLab runner, or of gitlab-ci-local. */
function gitlab(env, probe, path) {
	const workspace = env.CI_PROJECT_DIR || (gitTopLevel(probe, path) ?? path.resolve(probe.cwd));
	const server = pageUrl(env.CI_SERVER_URL)?.replace(/\/+$/, "");
	const job = `${fileNamePart(env.CI_PROJECT_ID ?? "")}-${fileNamePart(env.CI_JOB_ID ?? "")}`;
	return {
		name: "gitlab",
		workspace,
		sessionDir: path.join(privateTemp(probe, path), job),
		reports: {
			dir: path.join(workspace, ".modgate", "reports"),
			published: true
		},
		defaultStore: {
			dir: path.join(workspace, ".modgate", "store"),
			lifetime: "job"
		},
		trust: gitlabTrust(env),
		job: identity$1(env),
		change: gitlabChange(env),
		scheduled: env.CI_PIPELINE_SOURCE === "schedule" && env.CI_COMMIT_BRANCH === env.CI_DEFAULT_BRANCH,
		...server === void 0 ? {} : { forge: {
			url: server,
			gitUser: "gitlab-ci-token"
		} },
		ownerHints: {
			names: [],
			shell: true
		},
		modcacheAdvice: "take GOMODCACHE out of the cache: paths of this job",
		secretEnv: isSecretEnv,
		escapeLog: oneLine
	};
}
/** Pushes, schedules and manual pipelines on the default or a protected branch are trusted, nothing else. */
function gitlabTrust(env) {
	const no = (reason) => ({
		trusted: false,
		reason
	});
	const source = env.CI_PIPELINE_SOURCE ?? "";
	if (env.CI_MERGE_REQUEST_IID || source === "merge_request_event") return no(env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== void 0 && env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== env.CI_MERGE_REQUEST_PROJECT_ID ? "this is a merge request from a fork" : "this is a merge request");
	if (env.CI_COMMIT_TAG) return no("a tag is not the default branch");
	if (!TRUSTED_SOURCES.has(source)) return no("the pipeline is not a push, schedule or manual run");
	const branch = env.CI_COMMIT_BRANCH || env.CI_COMMIT_REF_NAME;
	if (branch && branch === env.CI_DEFAULT_BRANCH) return {
		trusted: true,
		reason: "this is a pipeline of the default branch"
	};
	if (branch && env.CI_COMMIT_REF_PROTECTED === "true") return {
		trusted: true,
		reason: "this is a pipeline of a protected branch"
	};
	return no("this is neither the default nor a protected branch");
}
function identity$1(env) {
	const uid = jobUid([
		"gitlab",
		env.CI_SERVER_URL ?? "",
		env.CI_PROJECT_ID ?? "",
		env.CI_JOB_ID ?? ""
	]);
	const url = pageUrl(env.CI_JOB_URL);
	return {
		forge: "gitlab",
		issuer: pageUrl(env.CI_SERVER_URL)?.replace(/\/+$/, "") || "gitlab",
		uid,
		claimed: claimed(claim(env, CLAIMS), { url }),
		...env.CI_JOB_ID ? {} : { recurring: true },
		...url ? { url } : {}
	};
}
// src/platform/local-git.ts
/** Reads what is checked out at a git top level. Never throws; what cannot be read is left out. */
function checkedOut(probe, path, top) {
	const dir = gitDir(probe, path, top);
	const common = probe.readFile(path.join(dir, "commondir"))?.trim();
	const shared = common ? path.resolve(dir, common) : dir;
	const head = probe.readFile(path.join(dir, "HEAD"))?.trim() ?? "";
	const ref = /^ref: (refs\/[^\s\0]{1,250})$/.exec(head)?.[1];
	const named = ref !== void 0 && !ref.split("/").includes("..") ? ref : void 0;
	const sha = named === void 0 ? commitSha(head) : commitSha(probe.readFile(path.join(shared, ...named.split("/")))?.trim()) ?? packed(probe.readFile(path.join(shared, "packed-refs")) ?? "", named);
	const repository = originOf(probe.readFile(path.join(shared, "config")) ?? "");
	return {
		...repository === void 0 ? {} : { repository },
		...named === void 0 ? {} : { ref: named },
		...sha === void 0 ? {} : { sha }
	};
}
function gitDir(probe, path, top) {
	const own = path.join(top, ".git");
	const link = /^gitdir: (.+)$/m.exec(probe.readFile(own) ?? "")?.[1];
	return link === void 0 ? own : path.resolve(top, link.trim());
}
function packed(text, ref) {
	for (const line of text.split("\n")) {
		const [sha, name] = line.split(" ");
		if (name === ref) return commitSha(sha);
	}
}
/** The path of the remote `origin`, as the last two or more parts of its URL. */
function originOf(config) {
	let within = false;
	for (const line of config.split("\n")) {
		const text = line.trim();
		if (text.startsWith("[")) within = /^\[remote "origin"\]/.test(text);
		const url = within ? /^url\s*=\s*(\S+)$/.exec(text)?.[1] : void 0;
		if (url !== void 0) return pathOf(url);
	}
}
function pathOf(url) {
	const path = URL.canParse(url) && url.includes("://") ? new URL(url).pathname : /^[^/]+:(.+)$/.exec(url)?.[1];
	if (path === void 0 || /^file:/i.test(url) || /^[A-Za-z]:[/\\]/.test(url)) return void 0;
	const name = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
	return /^[^\s/]+(?:\/[^\s/]+)+$/.test(name) ? name : void 0;
}
// src/platform/local.ts
/** A developer's machine, or a CI system that is not known. */
function local(env, probe, path, os) {
	const top = gitTopLevel(probe, path);
	const workspace = top ?? path.resolve(probe.cwd);
	const sessionDir = path.join(privateTemp(probe, path), sha256Hex(workspace).slice(0, 16));
	return {
		name: "local",
		workspace,
		sessionDir,
		reports: {
			dir: path.join(sessionDir, "reports"),
			published: false
		},
		defaultStore: {
			dir: path.join(userCache(env, probe, path, os), "modgate", "store"),
			lifetime: "persistent"
		},
		trust: {
			trusted: true,
			reason: "this is the user's own machine"
		},
		job: identity(env, probe, path, workspace, top),
		change: void 0,
		scheduled: false,
		ownerHints: {
			names: [],
			shell: false
		},
		secretEnv: isSecretEnv,
		escapeLog: oneLine
	};
}
/** Nobody issues tokens here, and the records stay apart from those of a forge that a remote may point to. */
const ISSUER = "local";
function identity(env, probe, path, workspace, top) {
	const user = env.USER || env.LOGNAME || env.USERNAME;
	const { repository, ref, sha } = top === void 0 ? {} : checkedOut(probe, path, top);
	return {
		forge: "local",
		issuer: ISSUER,
		uid: jobUid([
			"local",
			workspace,
			String(probe.uid ?? "")
		]),
		recurring: true,
		claimed: claimed(claim(env, {}), {
			repository: repository ?? path.basename(workspace),
			ref,
			sha,
			actor: user
		})
	};
}
function userCache(env, probe, path, os) {
	if (os === "win32") return env.LOCALAPPDATA || path.join(probe.homedir, "AppData", "Local");
	const xdg = env.XDG_CACHE_HOME;
	if (xdg && path.isAbsolute(xdg)) return xdg;
	return os === "darwin" ? path.join(probe.homedir, "Library", "Caches") : path.join(probe.homedir, ".cache");
}
// src/platform/detect.ts
/**
* Tells where modgate runs. Pure over the environment record and the probe; never throws, whatever the
* variables hold.
*/
function detectPlatform(env, probe) {
	const os = probe.os ?? process.platform;
	const path = os === "win32" ? win32 : posix;
	const onGithub = env.GITHUB_ACTIONS === "true";
	const onGitlab = env.GITLAB_CI === "true" || Boolean(env.CI_JOB_ID && env.CI_PROJECT_DIR);
	if (onGithub && onGitlab) {
		const inProject = contains(env.CI_PROJECT_DIR);
		const inWorkspace = contains(env.GITHUB_WORKSPACE);
		const deeper = (env.CI_PROJECT_DIR ?? "").length > (env.GITHUB_WORKSPACE ?? "").length;
		return inProject && (!inWorkspace || deeper) ? gitlab(env, probe, path) : github(env, probe, path);
	}
	if (onGithub) return github(env, probe, path);
	if (onGitlab) return gitlab(env, probe, path);
	return local(env, probe, path, os);
	function contains(root) {
		return Boolean(root) && isWithin(path, path.resolve(root ?? ""), path.resolve(probe.cwd));
	}
}
// src/platform/system-probe.ts
/** Larger files are none that a platform writes for its jobs. */
const MAX_FILE = 32 * 2 ** 20;
/** What this machine says to platform detection. */
function systemProbe(cwd) {
	return {
		cwd,
		tmpdir: tmpdir(),
		homedir: homedir(),
		uid: process.getuid?.(),
		readFile: (path) => {
			try {
				const about = statSync(path);
				return about.isFile() && about.size <= MAX_FILE ? readFileSync(path, "utf8") : void 0;
			} catch {
				return;
			}
		}
	};
}
// src/platform/listen-address.ts
/** Reads `HOST:PORT`, an IPv6 host in brackets; undefined when it is none. */
function parseListenAddress(value) {
	const match = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(value);
	const port = Number(match?.[2]);
	if (match?.[1] === void 0 || port > 65535) return void 0;
	return {
		host: match[1].replace(/^\[|\]$/g, ""),
		port
	};
}
/** True when only this machine reaches it. */
function isLoopback$1(host) {
	return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
}
/** Why a server cannot listen, in words that follow a colon. */
function listenProblem(error) {
	if (error.code === "EADDRINUSE") return "another program listens there";
	if (error.code === "EACCES") return "this user may not use that port";
	if (error.code === "EADDRNOTAVAIL") return "this machine has no such address";
	return error.message;
}
// src/platform/review.ts
const NONE = {
	fileUrl: () => void 0,
	comments: void 0,
	writeAdvice: ""
};
/** The review pages of a job. Nothing in the environment is taken for a URL unless it is one of http or https. */
function reviewOf(env, { name, change }) {
	const number = change?.number;
	if (name === "github") {
		const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = env;
		return {
			fileUrl: page(server, `${repository}/blob`, change?.headSha ?? env.GITHUB_SHA),
			comments: number !== void 0 && isWeb(apiUrl) && repository ? {
				forge: "github",
				apiUrl,
				repository,
				number
			} : void 0,
			writeAdvice: change?.fork ? "the token of a pull request from a fork may only read" : "the job needs permissions: {pull-requests: write}"
		};
	}
	if (name === "gitlab") {
		const { CI_PROJECT_URL: project, CI_SERVER_URL: serverUrl, CI_MERGE_REQUEST_PROJECT_ID: projectId } = env;
		return {
			fileUrl: page(project, "-/blob", env.CI_COMMIT_SHA),
			comments: number !== void 0 && isWeb(serverUrl) && projectId ? {
				forge: "gitlab",
				serverUrl,
				projectId,
				number
			} : void 0,
			writeAdvice: "MODGATE_NOTE_TOKEN needs the scope api and the role Reporter"
		};
	}
	return NONE;
}
/** Pages of a commit's files below `path` of a server. */
function page(server, path, commit) {
	if (!commit || !/^[0-9a-f]{40,64}$/.test(commit)) return () => void 0;
	return (file, line) => {
		const url = pageUrl(server, path, commit, file);
		return url === void 0 ? void 0 : `${url}#L${line}`;
	};
}
function isWeb(url) {
	return url !== void 0 && /^https?:\/\//.test(url) && URL.canParse(url);
}
// src/platform/cache/types.ts
/** The message is one line in the service's words where it said any, without tokens or signed URLs. */
var CacheError = class extends Error {
	name = "CacheError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/platform/cache/failure.ts
const DOING = {
	lookup: "looking up the shared cache",
	reserve: "reserving an entry of the shared cache",
	upload: "uploading to the shared cache",
	finish: "finishing an entry of the shared cache",
	download: "downloading from the shared cache"
};
const NEXT = {
	denied: "what this job may do depends on the event that started it and on cache-mode",
	taken: "another job has saved or is saving the same modules",
	limited: "the repository sends too many requests; a later job tries again",
	quota: "the repository's cache storage is full: delete old caches, or set a lower cache.quota",
	gone: "it was evicted or deleted meanwhile",
	unavailable: "a later job tries again",
	"bad-answer": "look whether ACTIONS_RESULTS_URL or ACTIONS_CACHE_URL of this runner is a cache service",
	local: "look whether something else writes into the directory of the session",
	cancelled: "nothing is to be done"
};
/** Longest name that DNS has, with a port. */
const MAX_HOST = 260;
/** An error with what was done, where, why, and what follows. `why` is shown as it is. */
function failure(step, code, why, host) {
	const where = host === void 0 ? "" : ` at ${oneLine(host.slice(0, MAX_HOST))}`;
	return new CacheError(code, `${DOING[step]}${where} failed: ${why}; ${NEXT[code]}`);
}
// src/platform/cache/redirect.ts
const MAX_REDIRECTS = 3;
/** A GET that follows redirects, from http to https but never back. Other hosts get no `authorization`. */
async function get(service, step, request) {
	let { url, headers } = request;
	for (let hop = 0;; hop++) {
		const answer = await service.send({
			method: "GET",
			url,
			headers,
			signal: request.signal
		});
		if (![
			301,
			302,
			303,
			307,
			308
		].includes(answer.status)) return answer;
		answer.body.on("error", () => {}).destroy();
		if (hop >= MAX_REDIRECTS) throw failure(step, "bad-answer", `more than ${MAX_REDIRECTS} redirects`, request.url.host);
		const location = answer.header("location");
		const target = location && URL.canParse(location, url.href) ? new URL(location, url) : void 0;
		if (target === void 0 || !/^https?:$/.test(target.protocol)) throw failure(step, "bad-answer", "a redirect to no web address", url.host);
		if (url.protocol === "https:" && target.protocol === "http:") throw failure(step, "bad-answer", `a redirect from https to http at ${target.host}`, url.host);
		if (target.origin !== url.origin) {
			const { authorization: _, ...rest } = headers;
			headers = rest;
		}
		url = target;
	}
}
// src/platform/cache/words.ts
/** Longest text of a service that is quoted, characters. */
const MAX_QUOTE = 300;
/**
* Text of a service or a library as it may be shown: one visible line, bounded, and of each URL only the host,
* because a signature stands in the query and the token of some servers (act) in the path.
*/
function shown(text, secrets) {
	let clean = text.slice(0, 16 * MAX_QUOTE);
	for (const secret of secrets) if (secret.length >= 6) clean = clean.replaceAll(secret, "***");
	clean = clean.replaceAll(/[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s/?#@"'<>]*@)?([^\s/?#@"'<>]*)[^\s"'<>]*/gi, (_, host) => host).replaceAll(/\b((?:x-amz-)?sig(?:nature)?|token)=[^\s&"'<>]+/gi, "$1=***").replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "***");
	const line = oneLine(clean.trim());
	return line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE)}…` : line;
}
/** What went wrong with a connection, in the words of the system: a code where there is one. */
function networkWords(error, secrets) {
	const code = error?.code;
	if (code === "UND_ERR_SOCKET") return "the connection was closed";
	if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection in time";
	if (typeof code === "string" && /^E[A-Z0-9_]+$/.test(code)) return code;
	return shown(error instanceof Error ? error.message : String(error), secrets) || "an unknown fault";
}
// src/platform/cache/retry.ts
/** Most seconds of a Retry-After that are waited for. */
const MAX_RETRY_AFTER = 2;
/** Milliseconds that a 429 asks to wait, undefined when that is too long or not said. */
function shortWait(answer) {
	const seconds = /^\d{1,3}$/.exec(answer.header("retry-after")?.trim() ?? "")?.[0];
	if (answer.status !== 429 || seconds === void 0) return void 0;
	return Number(seconds) <= MAX_RETRY_AFTER ? Number(seconds) * 1e3 : void 0;
}
/** A pause that jobs which started together do not take together, milliseconds. */
function pause() {
	return 200 + Math.random() * 300;
}
/**
* Does `once`, and once more after a 5xx, network trouble or a 429 that asks for a short wait. A CacheError is
* final, and so is the end of `signal`.
*/
async function withRetry(service, step, signal, once) {
	let wait;
	let why;
	try {
		const answer = await once();
		wait = answer.status >= 500 ? pause() : shortWait(answer);
		if (wait === void 0) return answer;
		why = `status ${answer.status}`;
	} catch (error) {
		if (error instanceof CacheError || signal.aborted) throw error;
		wait = pause();
		why = networkWords(error, service.secrets);
	}
	service.log(`${DOING[step]}: ${why}; once more in ${Math.round(wait)} ms`);
	await setTimeout$1(wait, void 0, { signal });
	return await once();
}
// src/platform/cache/download.ts
/** How often a transfer goes on after it broke. */
const MAX_RESUMPTIONS = 3;
/**
* Opens the bytes at a signed URL. Resolves when the first answer is there; a transfer that breaks later goes on by
* Range from the byte it reached, and the consumer sees one stream. Rejects, or fails the stream, with CacheError.
* A consumer that reads slowly is not a stall: time counts only while a byte is awaited.
*/
async function openDownload(service, source) {
	const transfer = new Transfer(service, source);
	let stream;
	const onAbort = () => {
		if (stream === void 0) transfer.close();
		else stream.destroy(failure("download", "cancelled", "the session ended"));
	};
	service.signal?.addEventListener("abort", onAbort, { once: true });
	const forget = () => service.signal?.removeEventListener("abort", onAbort);
	try {
		if (service.signal?.aborted === true) transfer.close();
		await transfer.connect();
	} catch (error) {
		forget();
		transfer.close();
		throw error;
	}
	stream = new Readable({
		read() {
			transfer.next().then((chunk) => this.push(chunk), (error) => this.destroy(error));
		},
		destroy(error, done) {
			forget();
			transfer.close();
			done(error);
		}
	});
	return {
		size: transfer.size,
		stream
	};
}
/** One entry on its way, over as many connections as it takes. */
var Transfer = class {
	size;
	#service;
	#source;
	#url;
	/** Whether the URL is a new one that has not served a byte yet: a 403 does not mean that it is too old. */
	#renewed = false;
	#received = 0;
	#etag;
	#chunks;
	#resumptions = 0;
	/** Breaks without a byte in between. */
	#fruitless = 0;
	#waited = false;
	#abort = new AbortController();
	#closed = false;
	constructor(service, source) {
		this.#service = service;
		this.#source = source;
		this.#url = source.url;
	}
	/** Asks for what is missing until an answer is there that brings it. */
	async connect() {
		for (;;) {
			if (this.#closed) throw this.#ended();
			let answer;
			try {
				answer = await this.#awaited(() => this.#request());
			} catch (error) {
				await this.#broke(error);
				continue;
			}
			if (this.#accept(answer)) {
				this.#chunks = answer.body[Symbol.asyncIterator]();
				return;
			}
			answer.body.on("error", () => {}).destroy();
			await this.#afterRefusal(answer);
		}
	}
	/** The next bytes, null after the last. */
	async next() {
		for (;;) {
			const chunks = this.#chunks;
			if (chunks === void 0) throw this.#ended();
			try {
				const step = await this.#awaited(() => chunks.next());
				if (step.done !== true) {
					this.#received += step.value.length;
					this.#fruitless = 0;
					this.#renewed = false;
					if (this.size !== void 0 && this.#received > this.size) throw this.#failed("bad-answer", `more than the ${this.size} bytes that were announced`);
					return step.value;
				}
				if (this.size === void 0 || this.#received === this.size) return null;
				await this.#broke(/* @__PURE__ */ new Error("the body ended early"));
			} catch (error) {
				await this.#broke(error);
			}
			await this.connect();
		}
	}
	close() {
		this.#closed = true;
		this.#chunks = void 0;
		this.#abort.abort();
	}
	#request() {
		const headers = {
			"accept-encoding": "identity",
			...this.#received > 0 ? { range: `bytes=${this.#received}-` } : {}
		};
		return get(this.#service, "download", {
			url: this.#url,
			headers,
			signal: this.#abort.signal
		});
	}
	/** Whether the answer brings the bytes from the one reached on; throws when it brings others. */
	#accept(answer) {
		const { status, header } = answer;
		if (status !== 200 && status !== 206) return false;
		if ((header("content-encoding") ?? "identity") !== "identity") this.#reject(answer, "bad-answer", "a content-encoding that was not asked for");
		const etag = header("etag");
		if (this.#received === 0) {
			if (status !== 200) this.#reject(answer, "bad-answer", "a part where the whole was asked for");
			this.size = wholeNumber(header("content-length"));
			this.#etag = etag;
			return true;
		}
		if (status === 200) this.#reject(answer, "unavailable", "it broke, and the service cannot go on in the middle (no Range)");
		const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header("content-range") ?? "") ?? [];
		const length = wholeNumber(total);
		const last = wholeNumber(to);
		if (wholeNumber(from) !== this.#received || last === void 0 || last < this.#received) this.#reject(answer, "bad-answer", "another range than the one that was asked for");
		if (length !== void 0 && this.size !== void 0 && length !== this.size || etag !== void 0 && this.#etag !== void 0 && etag !== this.#etag) this.#reject(answer, "gone", "another entry has its place");
		this.size ??= length;
		return true;
	}
	#reject(answer, code, why) {
		answer.body.on("error", () => {}).destroy();
		throw this.#failed(code, why);
	}
	async #afterRefusal(answer) {
		const { status } = answer;
		const why = `status ${status}`;
		if (status === 401 || status === 403) {
			if (this.#renewed) throw this.#failed("denied", why);
			this.#renewed = true;
			this.#count(`${why} (the URL may have expired)`);
			this.#url = await this.#source.renew();
			return;
		}
		if (status === 404 || status === 410) throw this.#failed("gone", why);
		if (status >= 500) return await this.#broke(new Error(why));
		const wait = shortWait(answer);
		if (wait !== void 0 && !this.#waited) {
			this.#waited = true;
			return await this.#pause(wait);
		}
		throw this.#failed(status === 429 ? "limited" : "bad-answer", why);
	}
	/** After a break: returns after a pause when another attempt is worth it, throws otherwise. */
	async #broke(error) {
		if (error instanceof CacheError) throw error;
		if (this.#closed) throw this.#ended();
		this.#abort = new AbortController();
		const why = networkWords(error, this.#service.secrets);
		this.#fruitless += 1;
		if (this.#fruitless > 1) throw this.#failed("unavailable", `${why}, again`);
		this.#count(why);
		await this.#pause(pause());
	}
	async #pause(ms) {
		await setTimeout$1(ms, void 0, { signal: this.#abort.signal }).catch(() => {});
		if (this.#closed) throw this.#ended();
	}
	#count(why) {
		this.#resumptions += 1;
		if (this.#resumptions > MAX_RESUMPTIONS) throw this.#failed("unavailable", `${why}, and it has broken ${MAX_RESUMPTIONS} times before`);
		this.#service.log(`downloading from the shared cache: ${why} at byte ${this.#received} of ${this.size ?? "unknown"}; goes on there`);
	}
	/** What comes within the stall limit, or a rejection. The connection does not outlive it. */
	async #awaited(work) {
		const abort = this.#abort;
		const { stallMs } = this.#service.limits;
		let stalled = false;
		const timer = setTimeout(() => {
			stalled = true;
			abort.abort();
		}, stallMs);
		try {
			return await work();
		} catch (error) {
			if (stalled) throw new Error(`no byte for ${Math.ceil(stallMs / 1e3)} s`);
			throw error;
		} finally {
			clearTimeout(timer);
		}
	}
	#ended() {
		return this.#failed("cancelled", "the session ended");
	}
	#failed(code, why) {
		return failure("download", code, why, this.#url.host);
	}
};
function wholeNumber(text) {
	if (text === void 0 || !/^\d{1,15}$/.test(text)) return void 0;
	return Number(text);
}
// src/platform/cache/http.ts
const CONNECT_MS = 5e3;
/** A proxy could not reach it, and GitHub's own client does not try either. */
function isLoopback(hostname) {
	return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
/**
* Sends over undici, through the job's proxies (`http_proxy`, `https_proxy`, `no_proxy` in either case), trusting
* the system's certificates beside Node's own. undici is loaded with the first request: what never asks need not
* pay for it. Waiting is limited by the request's signal alone, connecting by 5 s.
*/
function createHttp(env, version) {
	const common = {
		connections: 16,
		headersTimeout: 0,
		bodyTimeout: 0
	};
	const direct = lazily(async () => {
		const { Agent } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		return new Agent({
			...common,
			connect: { timeout: CONNECT_MS }
		});
	});
	const proxied = lazily(async () => {
		const { EnvHttpProxyAgent } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		const connect = {
			timeout: CONNECT_MS,
			...await certificates()
		};
		return new EnvHttpProxyAgent({
			...common,
			connect,
			requestTls: connect,
			httpProxy: env.http_proxy || env.HTTP_PROXY || "",
			httpsProxy: env.https_proxy || env.HTTPS_PROXY || "",
			noProxy: [
				"localhost",
				"127.0.0.1",
				"::1",
				env.no_proxy || env.NO_PROXY || ""
			].filter(Boolean).join(",")
		});
	});
	return async (wanted) => {
		const { request } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		const loopback = wanted.url.protocol === "http:" && isLoopback(wanted.url.hostname);
		const answer = await request(wanted.url, {
			method: wanted.method,
			headers: {
				"user-agent": `modgate/${version}`,
				...wanted.headers
			},
			body: wanted.body ?? null,
			signal: wanted.signal,
			dispatcher: loopback ? await direct() : await proxied()
		});
		const header = (name) => {
			const value = answer.headers[name];
			return Array.isArray(value) ? value[0] : value;
		};
		return {
			status: answer.statusCode,
			header,
			body: answer.body
		};
	};
}
/** Reading the system's certificates takes longer than a look-up on loopback, so it waits for the first need. */
async function certificates() {
	const tls = await import("node:tls");
	if (typeof tls.getCACertificates !== "function") return {};
	return { ca: [.../* @__PURE__ */ new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])] };
}
function lazily(make) {
	let made;
	return () => {
		made ??= make();
		return made;
	};
}
// src/platform/cache/protocol.ts
/** Whether a text can be the key of an entry at all. */
function isKey(key) {
	return key.length > 0 && key.length <= 512 && !/[,\p{C}]/u.test(key);
}
/** An address that the service gave for bytes, undefined when it is none. */
function webAddress(text) {
	if (text === void 0 || text.length > 16384 || !URL.canParse(text)) return void 0;
	const url = new URL(text);
	return url.protocol === "https:" || url.protocol === "http:" ? url : void 0;
}
// src/platform/cache/service.ts
const LIMITS = {
	callMs: 1e4,
	uploadMs: 3e5,
	uploadStallMs: 3e4,
	stallMs: 1e4,
	putBytes: 104857600,
	blockBytes: 67108864,
	patchBytes: 33554432
};
/**
* Runs `work` with a signal that ends it at the client's own signal or after `ms`. Whatever it rejects with becomes
* a CacheError: `cancelled`, `unavailable` for the time and for network trouble.
*/
async function within(service, step, host, ms, work) {
	const timeUp = new AbortController();
	const timer = setTimeout(() => timeUp.abort(), ms);
	const signals = service.signal === void 0 ? [timeUp.signal] : [timeUp.signal, service.signal];
	try {
		return await work(AbortSignal.any(signals));
	} catch (error) {
		if (service.signal?.aborted === true) throw failure(step, "cancelled", "the session ended", host);
		if (error instanceof CacheError) throw error;
		if (timeUp.signal.aborted) throw failure(step, "unavailable", `no answer within ${Math.ceil(ms / 1e3)} s`, host);
		throw failure(step, "unavailable", networkWords(error, service.secrets), host);
	} finally {
		clearTimeout(timer);
	}
}
// src/platform/cache/api.ts
/** Longest answer of the service that is read, bytes. */
const MAX_ANSWER = 1048576;
/** One request to the service with its retry and its limit of time. Rejects with CacheError. */
function callService(service, step, request) {
	return within(service, step, request.url.host, service.limits.callMs, (signal) => withRetry(service, step, signal, async () => {
		return await readAnswer(request.method === "GET" ? await get(service, step, {
			...request,
			signal
		}) : await service.send({
			...request,
			signal
		}), step, request.url.host);
	}));
}
/** Reads an answer of at most 1 MiB. Rejects with `bad-answer` for more. */
async function readAnswer(answer, step, host) {
	const chunks = [];
	let size = 0;
	for await (const chunk of answer.body) {
		size += chunk.length;
		if (size > MAX_ANSWER) throw failure(step, "bad-answer", `an answer of more than ${MAX_ANSWER} bytes`, host);
		chunks.push(chunk);
	}
	const text = Buffer.concat(chunks).toString("utf8");
	return {
		status: answer.status,
		header: answer.header,
		json: text === "" ? null : parse(text)
	};
}
function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}
// src/platform/cache/refusal.ts
/** A field of an answer by any of its names, when it is a text. */
function textField(json, ...names) {
	if (typeof json !== "object" || json === null) return void 0;
	for (const name of names) {
		const value = json[name];
		if (typeof value === "string" && value !== "") return value;
	}
}
/**
* The error for an answer that is not what was hoped for: a status of 4xx or 5xx, or a refusal inside a 200. The
* service's own words decide where they are known, the status elsewhere.
*/
function refused(service, step, answer, host) {
	const words = textField(answer.json, "msg", "message") ?? "";
	const quote = words === "" ? "" : ` "${shown(words, service.secrets)}"`;
	const said = answer.status === 200 ? `it was refused${quote}` : `status ${answer.status}${quote}`;
	return failure(step, refusalCode(step, answer, words), said, host);
}
function refusalCode(step, answer, words) {
	const { status } = answer;
	if (/insufficient usage/i.test(words)) return "quota";
	if (/cache (?:read|write) denied/i.test(words)) return "denied";
	if (step === "reserve") {
		if (status === 409 || /already exists/i.test(words)) return "taken";
		if (status === 200 && words === "") return "taken";
	}
	if (status === 401 || status === 403) return "denied";
	if (status === 429) return "limited";
	if (status >= 500) return "unavailable";
	if ((status === 404 || status === 410) && step !== "lookup" && step !== "reserve") return "gone";
	return "bad-answer";
}
// src/platform/cache/upload.ts
/** Bytes read from the file at a time. */
const CHUNK = 262144;
/** As many as GitHub's own client has under way. */
const CONCURRENCY = 4;
/** Cuts `size` bytes into parts of at most `most` bytes; one empty part of nothing. */
function partsOf(size, most) {
	const parts = [];
	for (let start = 0; start < size || parts.length === 0; start += most) parts.push({
		index: parts.length,
		start,
		end: Math.min(start + most, size)
	});
	return parts;
}
/** Opens an archive and checks its size, runs `work`, closes it. Rejects with code `local` when it cannot be read. */
async function withArchive(file, size, work) {
	let archive;
	try {
		archive = await open(file, "r");
	} catch (error) {
		throw failure("upload", "local", `its file cannot be opened (${error.code})`);
	}
	try {
		const found = (await archive.stat()).size;
		if (found !== size) throw failure("upload", "local", `its file has ${found} bytes instead of ${size}`);
		return await work(archive);
	} finally {
		await archive.close().catch(() => {});
	}
}
/** Sends parts of the archive, at most four at once. Rejects with the first failure, when all have ended. */
async function sendParts(service, archive, parts, signal, request) {
	const queue = [...parts];
	const failed = new AbortController();
	const both = AbortSignal.any([signal, failed.signal]);
	const work = async () => {
		for (let part = queue.shift(); part !== void 0; part = queue.shift()) {
			const range = part;
			await sendBody(service, request(range), both, (touch) => Readable.from(readRange(archive, range, touch), { objectMode: false }));
		}
	};
	let first;
	await Promise.all(Array.from({ length: Math.min(CONCURRENCY, parts.length) }, () => work().catch((error) => {
		if (failed.signal.aborted) return;
		first = error;
		queue.length = 0;
		failed.abort();
	})));
	if (failed.signal.aborted) throw first;
}
/**
* Sends a body, which is made anew for the retry. It has to move: `touch` is called with every chunk that is taken,
* and the answer has to follow the last in time. Rejects with CacheError for any answer but 2xx.
*/
async function sendBody(service, request, signal, body) {
	const { uploadStallMs } = service.limits;
	const answer = await withRetry(service, "upload", signal, async () => {
		const stalled = new AbortController();
		const timer = setTimeout(() => stalled.abort(), uploadStallMs);
		const made = body(() => timer.refresh());
		try {
			return await readBriefly(await service.send({
				...request,
				body: made,
				signal: AbortSignal.any([signal, stalled.signal])
			}), request.url.host);
		} catch (error) {
			if (!stalled.signal.aborted || signal.aborted) throw error;
			throw failure("upload", "unavailable", `no byte was taken and no answer came for ${Math.ceil(uploadStallMs / 1e3)} s`, request.url.host);
		} finally {
			clearTimeout(timer);
			if (typeof made !== "string") made.destroy();
		}
	});
	if (answer.status < 200 || answer.status > 299) throw refused(service, "upload", answer, request.url.host);
}
/** The words of a refusal, when it is the service that refuses; whatever else is in a body does not matter. */
async function readBriefly(answer, host) {
	const { status, header } = answer;
	if (status >= 400) return await readAnswer(answer, "upload", host).catch(() => ({
		status,
		header,
		json: void 0
	}));
	let size = 0;
	answer.body.on("error", () => {}).on("data", (chunk) => {
		size += chunk.length;
		if (size > CHUNK) answer.body.destroy();
	});
	return {
		status,
		header,
		json: void 0
	};
}
async function* readRange(archive, part, touch) {
	for (let at = part.start; at < part.end;) {
		const buffer = Buffer.allocUnsafe(Math.min(CHUNK, part.end - at));
		const { bytesRead } = await archive.read(buffer, 0, buffer.length, at).catch((error) => {
			throw failure("upload", "local", `its file cannot be read (${error.code})`);
		});
		if (bytesRead === 0) throw failure("upload", "local", "its file became shorter");
		touch();
		yield buffer.subarray(0, bytesRead);
		at += bytesRead;
	}
}
// src/platform/cache/version.ts
/**
* The version that @actions/cache 6 gives to an entry with the single path `store`, compressed with zstd, for any
* OS (`enableCrossOsArchive`). Entries of ours carry the same, so that `actions/cache/restore` can open them too.
* The hash is over the path's text: nothing of the machine is in it.
*/
function cacheVersion() {
	return createHash("sha256").update([
		"store",
		"zstd-without-long",
		"1.0"
	].join("|")).digest("hex");
}
// src/platform/cache/v1.ts
/**
* The service of GitHub Enterprise Server, of act and of some vendors: REST for the names and, through the service
* itself, for the bytes that go in. `base`: ACTIONS_CACHE_URL with its path, in which act has its token.
*/
function createV1(service, base, token) {
	const version = cacheVersion();
	const headers = {
		accept: "application/json;api-version=6.0-preview.1",
		...token === void 0 ? {} : { authorization: `Bearer ${token}` }
	};
	const json = {
		...headers,
		"content-type": "application/json"
	};
	const resource = (name) => {
		const url = new URL(base);
		url.pathname = `${url.pathname.replace(/\/?$/, "/")}_apis/artifactcache/${name}`;
		return url;
	};
	/** For an answer with a good status that is not what the protocol says: some services refuse so. */
	const notMeant = (step, answer, what) => textField(answer.json, "message") === void 0 ? failure(step, "bad-answer", what, base.host) : refused(service, step, answer, base.host);
	return {
		name: "v1",
		async find(primary, prefixes) {
			const url = resource("cache");
			const keys = [.../* @__PURE__ */ new Set([primary, ...prefixes])];
			url.search = `keys=${encodeURIComponent(keys.join(","))}&version=${version}`;
			const answer = await callService(service, "lookup", {
				method: "GET",
				url,
				headers
			});
			if (answer.status === 204) return void 0;
			if (answer.status < 200 || answer.status > 299) throw refused(service, "lookup", answer, base.host);
			const location = webAddress(textField(answer.json, "archiveLocation"));
			const key = textField(answer.json, "cacheKey");
			if (location === void 0 || key === void 0 || !isKey(key)) throw notMeant("lookup", answer, "a hit without a key or an address");
			return {
				key,
				url: location
			};
		},
		async reserve(key) {
			const body = JSON.stringify({
				key,
				version
			});
			const answer = await callService(service, "reserve", {
				method: "POST",
				url: resource("caches"),
				headers: json,
				body
			});
			if (answer.status < 200 || answer.status > 299) throw refused(service, "reserve", answer, base.host);
			const id = answer.json?.cacheId;
			if (!Number.isSafeInteger(id)) throw notMeant("reserve", answer, "a reservation without an id");
			const entry = resource(`caches/${String(id)}`);
			const fill = async (archive, size) => {
				const parts = partsOf(size, service.limits.patchBytes);
				await within(service, "upload", entry.host, service.limits.uploadMs, (signal) => sendParts(service, archive, parts, signal, (part) => ({
					method: "PATCH",
					url: entry,
					headers: {
						...headers,
						"content-length": String(part.end - part.start),
						"content-type": "application/octet-stream",
						"content-range": `bytes ${part.start}-${part.end - 1}/*`
					}
				})));
				const finish = JSON.stringify({ size });
				const done = await callService(service, "finish", {
					method: "POST",
					url: entry,
					headers: json,
					body: finish
				});
				if (done.status < 200 || done.status > 299) throw refused(service, "finish", done, base.host);
				if (!(done.json !== void 0 && textField(done.json, "message") === void 0)) throw notMeant("finish", done, "neither nothing nor JSON");
			};
			return fill;
		}
	};
}
// src/platform/cache/v2.ts
const CALLS = "/twirp/github.actions.results.api.v1.CacheService/";
/**
* GitHub's service of today: Twirp calls for the names, signed URLs of a blob store for the bytes.
* `base`: ACTIONS_RESULTS_URL; a path in it is dropped, as GitHub's own client does.
*/
function createV2(service, base, token) {
	const version = cacheVersion();
	const call = async (step, method, message) => {
		const answer = await callService(service, step, {
			method: "POST",
			url: new URL(CALLS + method, base),
			headers: {
				authorization: `Bearer ${token}`,
				"content-type": "application/json"
			},
			body: JSON.stringify(message)
		});
		if (answer.status < 200 || answer.status > 299) throw refused(service, step, answer, base.host);
		const ok = okField(answer.json);
		if (ok === void 0) throw failure(step, "bad-answer", "an answer without ok", base.host);
		return {
			...answer,
			status: 200,
			ok
		};
	};
	return {
		name: "v2",
		async find(primary, prefixes) {
			const answer = await call("lookup", "GetCacheEntryDownloadURL", {
				key: primary,
				restore_keys: prefixes,
				version
			});
			if (!answer.ok) {
				const words = textField(answer.json, "msg", "message") ?? "";
				if (/denied/i.test(words)) throw refused(service, "lookup", answer, base.host);
				return;
			}
			const url = webAddress(textField(answer.json, "signed_download_url", "signedDownloadUrl"));
			const key = textField(answer.json, "matched_key", "matchedKey");
			if (url === void 0 || key === void 0 || !isKey(key)) throw failure("lookup", "bad-answer", "a hit without a key or an address", base.host);
			return {
				key,
				url
			};
		},
		async reserve(key) {
			const answer = await call("reserve", "CreateCacheEntry", {
				key,
				version
			});
			if (!answer.ok) throw refused(service, "reserve", answer, base.host);
			const url = webAddress(textField(answer.json, "signed_upload_url", "signedUploadUrl"));
			if (url === void 0) throw failure("reserve", "bad-answer", "a reservation without an address", base.host);
			const fill = async (archive, size) => {
				await within(service, "upload", url.host, service.limits.uploadMs, (signal) => upload(service, url, {
					archive,
					size,
					signal
				}));
				const done = await call("finish", "FinalizeCacheEntryUpload", {
					key,
					version,
					size_bytes: String(size)
				});
				if (!done.ok) throw refused(service, "finish", done, base.host);
			};
			return fill;
		}
	};
}
/** proto3 leaves a false field out of its JSON. */
function okField(json) {
	if (typeof json !== "object" || json === null || Array.isArray(json)) return void 0;
	const { ok = false } = json;
	return typeof ok === "boolean" ? ok : void 0;
}
/** https://learn.microsoft.com/rest/api/storageservices/put-blob, put-block, put-block-list */
async function upload(service, url, { archive, size, signal }) {
	const whole = size <= service.limits.putBytes;
	const parts = partsOf(size, whole ? size : service.limits.blockBytes);
	await sendParts(service, archive, parts, signal, (part) => ({
		method: "PUT",
		url: whole ? url : withQuery(url, `comp=block&blockid=${encodeURIComponent(blockId(part.index))}`),
		headers: {
			"content-length": String(part.end - part.start),
			"content-type": "application/octet-stream",
			...whole ? { "x-ms-blob-type": "BlockBlob" } : {}
		}
	}));
	if (whole) return;
	const list = parts.map((part) => `<Latest>${blockId(part.index)}</Latest>`).join("");
	const request = {
		method: "PUT",
		url: withQuery(url, "comp=blocklist"),
		headers: { "content-type": "application/xml" }
	};
	const xml = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
	await sendBody(service, request, signal, () => xml);
}
/** Ids of one blob have one length. */
function blockId(index) {
	return Buffer.from(`modgate-${String(index).padStart(7, "0")}`).toString("base64");
}
/** Appends as text: the query is signed, and must not be written anew. */
function withQuery(url, query) {
	const longer = new URL(url);
	longer.search = longer.search === "" ? query : `${longer.search}&${query}`;
	return longer;
}
// src/platform/cache/client.ts
/** The service takes no more in one look-up. */
const MAX_KEYS = 10;
/**
* A client of the cache service that the job's variables name; v1 or v2 as GitHub's own client would choose. Asks
* nothing yet, and never throws: without a service every method rejects with `unavailable`. Whether the job may use
* the cache at all (ACTIONS_CACHE_MODE, trust) is the caller's to know, see `cacheUnavailable`.
* `limits` replaces some of the limits of time and size.
*/
function createCacheClient(options, limits = {}) {
	const { env } = options;
	const service = {
		send: createHttp(env, options.version),
		limits: {
			...LIMITS,
			...limits
		},
		signal: options.signal,
		secrets: [env.ACTIONS_RUNTIME_TOKEN ?? "", ...longSegments(env.ACTIONS_CACHE_URL)],
		log: options.log ?? (() => {})
	};
	const protocol = chooseProtocol(service, env);
	const addresses = /* @__PURE__ */ new WeakMap();
	const find = async (primary, prefixes) => {
		const found = await protocol.find(primary, prefixes);
		const key = found?.key.toLowerCase() ?? "";
		if (found === void 0 || [primary, ...prefixes].some((asked) => key.startsWith(asked.toLowerCase()))) return found;
		throw failure("lookup", "bad-answer", "an entry with a key that was not asked for", found.url.host);
	};
	const exact = async (key) => {
		const found = isKey(key) ? await find(key, []) : void 0;
		if (found?.key.toLowerCase() === key.toLowerCase()) return found.url;
		throw failure("lookup", "gone", "the entry is not there");
	};
	return {
		protocol: protocol.name,
		async lookup(keys) {
			const asked = keys.filter(isKey).slice(0, MAX_KEYS);
			const [primary] = asked;
			if (primary === void 0) return void 0;
			const found = await find(primary, asked.length < MAX_KEYS ? asked : asked.slice(1));
			if (found === void 0) return void 0;
			const hit = { key: found.key };
			addresses.set(hit, found.url);
			return hit;
		},
		async open(hit) {
			const renew = () => exact(hit.key);
			return await openDownload(service, {
				url: addresses.get(hit) ?? await renew(),
				renew
			});
		},
		async reserve(key) {
			if (!isKey(key)) throw failure("reserve", "denied", "the key is longer than 512 characters or has a comma");
			const fill = await protocol.reserve(key);
			return {
				key,
				fill: (file, size) => withArchive(file, size, (archive) => fill(archive, size))
			};
		}
	};
}
function chooseProtocol(service, env) {
	const name = env.ACTIONS_CACHE_SERVICE_V2 && !isEnterpriseServer(env.GITHUB_SERVER_URL) ? "v2" : "v1";
	const address = name === "v2" ? env.ACTIONS_RESULTS_URL : env.ACTIONS_CACHE_URL || env.ACTIONS_RESULTS_URL;
	const base = address !== void 0 && /^https?:/i.test(address) && URL.canParse(address) ? new URL(address) : void 0;
	const token = env.ACTIONS_RUNTIME_TOKEN || void 0;
	if (base === void 0) {
		const reject = (step) => async () => {
			throw failure(step, "unavailable", "this job has no cache service");
		};
		return {
			name,
			find: reject("lookup"),
			reserve: reject("reserve")
		};
	}
	return name === "v2" ? createV2(service, base, token ?? "") : createV1(service, base, token);
}
/** act has the token of its service in the path, and a service may quote the path that was asked. */
function longSegments(address) {
	return (address ?? "").split(/[/?#]/).filter((segment) => /^[\w-]{16,}$/.test(segment));
}
/** Its cache has never had v2, whatever the job's variables say. */
function isEnterpriseServer(server) {
	const { hostname } = new URL(server !== void 0 && URL.canParse(server) ? server : "https://github.com");
	return hostname !== "github.com" && !hostname.endsWith(".ghe.com") && !hostname.endsWith(".localhost");
}
// src/platform/cache/keys.ts
/** Every entry of the shared cache begins so; the number changes when older entries could not be read. */
const CACHE_PREFIX = "modgate-v2-";
const HOUR_MS = 36e5;
/** How large a set is, by powers of two of its bytes: what an entry for few modules cannot hide from one for many. */
function sizeClass(bytes) {
	return bytes < 1 ? 0 : Math.min(99, Math.floor(Math.log2(bytes)));
}
/**
* Key of the entry that follows `parent` (undefined: the first) for a set of `bytes`. All jobs that restored the
* same entry and end within the hour want the same key, and the service gives it to one of them. The hour is in
* it, so that a job that died between taking the key and filling it bars the others for that long only. Lower case,
* because some servers fold case.
*/
function nextKey(parent, now, bytes) {
	const hour = Math.floor(now / HOUR_MS);
	const hash = createHash("sha256").update(`${parent ?? ""} ${hour}`).digest("hex").slice(0, 20);
	return `${CACHE_PREFIX}${hash}-${String(sizeClass(bytes)).padStart(2, "0")}`;
}
/** `sizeClass` of the set that an entry is for; undefined for a key of another form. */
function classOfKey(key) {
	const digits = /^modgate-v2-[0-9a-f]{20}-(\d\d)$/.exec(key)?.[1];
	return digits === void 0 ? void 0 : Number(digits);
}
export { CACHE_PREFIX, CacheError, cacheServiceEnv, cacheUnavailable, classOfKey, createCacheClient, createHttp, detectPlatform, githubIssuer, isLoopback$1 as isLoopback, jobUid, listenProblem, nextKey, oneLine, oneLineForRunner, parseEvent, parseListenAddress, record, reviewOf, sizeClass, systemProbe };
