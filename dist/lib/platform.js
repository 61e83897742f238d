import { readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { posix, win32 } from "node:path";
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
/** Variables by which a job names its network proxies. */
const PROXY_VARIABLES = [
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
	"http_proxy",
	"https_proxy",
	"no_proxy"
];
/** Variables that the cache client reads, with the token that writes. They never go into a first environment. */
const SERVICE_VARIABLES = [
	"ACTIONS_CACHE_URL",
	"ACTIONS_RESULTS_URL",
	"ACTIONS_RUNTIME_TOKEN",
	"ACTIONS_CACHE_SERVICE_V2",
	"ACTIONS_CACHE_MODE",
	"GITHUB_SERVER_URL",
	...PROXY_VARIABLES
];
/** What the cache client needs of the job's environment; it reaches the daemon over its standard input. */
function cacheServiceEnv(env) {
	return pick(env, SERVICE_VARIABLES);
}
/** The named variables that an environment has; what is empty counts as unset. */
function pick(env, names) {
	const picked = {};
	for (const name of names) {
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
/** The token for the server of the checkout: the one that is meant for modgate, else that which every job has. */
function serverToken(env) {
	return env.MODGATE_TOKEN || env.GITHUB_TOKEN || env.CI_JOB_TOKEN || void 0;
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
// src/platform/node-http.ts
/**
* Node's own HTTP, for every module of ours that needs more of it than types. An `import` of node:http asks for each
* of its exports, WebSocket among them, and loads Node's copy of undici for that: 40 ms of every process. Asked for
* this way it does not.
*/
const { Agent, createServer, request } = process.getBuiltinModule("node:http");
// src/platform/git-settings.ts
/** Settings past this many are left out: an environment does not hold more by itself. */
const MAX_SETTINGS = 500;
/** What a job tells git by `GIT_CONFIG_COUNT` and the variables that belong to it, in order; those without a key are none. */
function gitSettingsIn(env) {
	const count = Math.min(Number(env.GIT_CONFIG_COUNT) || 0, MAX_SETTINGS);
	return Array.from({ length: count }, (_, i) => [env[`GIT_CONFIG_KEY_${i}`] ?? "", env[`GIT_CONFIG_VALUE_${i}`] ?? ""]).filter(([key]) => key !== "");
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
/** Why a server cannot listen, in words that follow a colon. */
function listenProblem(error) {
	if (error.code === "EADDRINUSE") return "another program listens there";
	if (error.code === "EACCES") return "this user may not use that port";
	if (error.code === "EADDRNOTAVAIL") return "this machine has no such address";
	return error.message;
}
/**
* Makes the server listen and returns its port; rejects with what `refuse` makes of the reason, which stands behind
* the address already.
*/
async function listenOn(server, { host, port }, refuse) {
	return await new Promise((resolve, reject) => {
		server.once("error", (error) => {
			reject(refuse(`cannot listen on ${host}:${port}: ${listenProblem(error)}`, error));
		});
		server.listen(port, host, () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : port);
		});
	});
}
// src/platform/within.ts
/**
* Waits for something, but not for ever: resolves when it is done, or after `ms`. Rejects as it does. The timer also keeps
* a thread alive that has nothing else to wait for.
*/
async function within(ms, work) {
	let timer;
	const late = new Promise((resolve) => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
export { Agent, PROXY_VARIABLES, cacheServiceEnv, cacheUnavailable, createServer, detectPlatform, gitSettingsIn, githubIssuer, isSecretEnv, jobUid, listenOn, oneLine, oneLineForRunner, pageUrl, parseEvent, parseListenAddress, pick, record, request, serverToken, systemProbe, within };
