import { __toESM } from "../vendor/rolldown-runtime.js";
import { gitRefProblem } from "./config.js";
import { VERSION } from "./session.js";
import { readManifest } from "./store-proxy.js";
import { cacheServiceEnv, cacheUnavailable, detectPlatform, parseEvent, record, systemProbe } from "./platform.js";
import { InputError } from "./actions.js";
import { pruneText, render } from "./report-later.js";
import { REQUEST_MS, commentMarker, dispatcherOf, publishReport, runCheck, writeWhole } from "./check-later.js";
import { parseDuration, parseSize } from "./config-later.js";
import { reviewOf } from "./platform-later.js";
import "./platform-proxy.js";
import { formatBytes, markdownText } from "./actions-save.js";
import { lineageOf } from "./platform-save.js";
import { namedStore, openNamed, pruneStore } from "./session-later.js";
import { setTimeout } from "node:timers/promises";
import { join, resolve } from "node:path";
// src/actions/check.ts
/** What the runner refuses a summary above. Steps have a file each. */
const SUMMARY_BYTES = 1e6;
/**
* The check as a step: the report in the log, as annotations, on the job's page, in files, and as one comment.
* Resolves with the exit code. Throws ConfigError, CheckError or InputError.
*/
async function checkStep(env, cwd, inputs, runner, now) {
	const platform = detectPlatform(env, systemProbe(cwd));
	if (inputs.token !== void 0) runner.mask(inputs.token);
	const { directory, config, floor, base, level: cap, token } = inputs;
	const given = Object.fromEntries(Object.entries({
		config,
		floor,
		base,
		cap,
		token
	}).filter(([, value]) => value !== void 0));
	const outcome = await runCheck({
		dir: directory === void 0 ? platform.workspace : resolve(cwd, directory),
		cwd,
		env,
		platform,
		now,
		log: (line) => runner.info(line),
		...given
	});
	const review = reviewOf(env, platform);
	await report(outcome, review, runner);
	await writeReports(env, cwd, inputs, outcome, runner);
	runner.setOutput("verdict", [
		"passed",
		"failed",
		"",
		"",
		"incomplete"
	][outcome.exitCode] ?? "");
	runner.setOutput("errors", String(outcome.report.summary.errors));
	runner.setOutput("warnings", String(outcome.report.summary.warnings));
	if (inputs.comment === "auto") await comment(outcome, review, env, inputs, runner);
	return outcome.exitCode;
}
async function report({ report, source }, review, runner) {
	runner.raw(render("text", report, {
		source,
		escape: (line) => runner.harmless(line),
		version: VERSION
	}).text);
	for (const { level, text } of report.notices) if (level === "warning") runner.warning(`modgate: ${text}`);
	runner.raw(render("github", report).text);
	const page = {
		link: (file, line) => review.fileUrl(file, line),
		maxBytes: SUMMARY_BYTES
	};
	runner.addSummary(render("markdown", report, {
		...page,
		for: "summary"
	}).text);
}
/** Both reports as files for later steps: what annotations and comment have no room for is in them. */
async function writeReports(env, cwd, inputs, { report, source }, runner) {
	const temp = join(env.RUNNER_TEMP || cwd, "modgate-check");
	for (const [format, output, given] of [[
		"sarif",
		"sarif-file",
		inputs.sarifFile
	], [
		"json",
		"json-file",
		inputs.jsonFile
	]]) {
		const file = given === void 0 ? join(temp, `check.${format}`) : resolve(cwd, given);
		const { text, cut } = render(format, report, {
			source,
			version: VERSION
		});
		try {
			await writeWhole(file, text);
			runner.setOutput(output, file);
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			runner.warning(`modgate: no ${format} report: ${why}`);
		}
		if (cut !== void 0) runner.info(`modgate: ${format}: ${cut}`);
	}
}
async function comment({ report }, review, env, { token }, runner) {
	const marker = commentMarker(`${env.GITHUB_WORKFLOW ?? ""}/${env.GITHUB_JOB ?? ""}`);
	const result = await publishReport(report, {
		review,
		env,
		token,
		marker
	});
	if (result === void 0) return;
	if (result.problem) runner.warning(`modgate: ${result.text}`);
	else runner.info(`modgate: ${result.text}`);
}
// src/actions/check-inputs.ts
const LEVELS = {
	note: "note",
	warn: "warning",
	warning: "warning",
	error: "error"
};
/** Reads what the runner passes as `INPUT_…`. Throws InputError with a line for each that cannot be used. */
function loadCheckInputs(env) {
	const problems = [];
	const text = (name) => env[`INPUT_${name.toUpperCase()}`]?.trim() || void 0;
	const oneOf = (name, words) => {
		const value = text(name);
		if (value === void 0) return void 0;
		if (Object.hasOwn(words, value)) return words[value];
		problems.push(`input ${name}: ${JSON.stringify(value)} is not one of ${Object.keys(words).join(", ")}`);
	};
	const inputs = {
		directory: text("directory"),
		config: text("config"),
		floor: text("floor"),
		base: text("base"),
		level: oneOf("level", LEVELS),
		comment: oneOf("comment", {
			auto: "auto",
			never: "never"
		}) ?? "auto",
		sarifFile: text("sarif-file"),
		jsonFile: text("json-file"),
		token: text("token")
	};
	if (problems.length > 0) throw new InputError(problems);
	return inputs;
}
// src/actions/prune-github.ts
/** The forge did not do what it was asked. The message is one sentence without credentials, not yet escaped. */
var ForgeError = class extends Error {
	name = "ForgeError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
/** GitHub, or an Enterprise server, by @octokit/rest. */
async function githubForge(options) {
	const [{ Octokit }, { retry }, { fetch }, dispatcher] = await Promise.all([
		import("../vendor/lazy/octokit-rest.js"),
		import("../vendor/lazy/octokit-plugin-retry.js"),
		import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1)),
		dispatcherOf(options.env)
	]);
	const { rest } = new (Octokit.plugin(retry))({
		auth: options.token,
		baseUrl: options.apiUrl,
		log: {
			debug() {},
			info() {},
			warn() {},
			error() {}
		},
		retry: {
			retries: 1,
			doNotRetry: [
				400,
				401,
				403,
				404,
				410,
				422,
				429,
				451
			]
		},
		request: { fetch: (url, init) => fetch(url, {
			...init,
			dispatcher,
			signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_MS)])
		}) }
	});
	const [owner = "", repo = ""] = options.repository.split("/");
	const at = {
		owner,
		repo
	};
	return {
		async list(prefix, most) {
			const entries = [];
			for (let page = 1;; page++) {
				const { data } = await rest.actions.getActionsCacheList({
					...at,
					key: prefix,
					sort: "created_at",
					direction: "desc",
					per_page: 100,
					page
				}).catch(refused("listing the caches of the repository", "actions: write"));
				const rows = data.actions_caches;
				if (!Array.isArray(rows)) throw strange("listing the caches of the repository");
				const found = rows.flatMap((row) => entryOf(record(row) ?? {}, prefix) ?? []);
				entries.push(...found.slice(0, most - entries.length));
				if (rows.length < 100) return {
					entries: unique(entries),
					more: false
				};
				if (entries.length >= most) return {
					entries: unique(entries),
					more: true
				};
			}
		},
		async remove(entry) {
			const doing = "deleting a cache entry";
			const { status } = await rest.actions.deleteActionsCacheById({
				...at,
				cache_id: entry.id
			}).catch((error) => statusOf(error) === 404 ? { status: 404 } : refused(doing, "actions: write")(error));
			if (status !== 204 && status !== 404) throw strange(doing);
			return status === 204;
		},
		async refState(ref) {
			const pull = /^refs\/pull\/(\d{1,15})\/(?:merge|head)$/.exec(ref)?.[1];
			try {
				if (pull !== void 0) {
					const { data } = await rest.pulls.get({
						...at,
						pull_number: Number(pull)
					});
					return data.state === "closed" || data.state === "open" ? data.state : "unknown";
				}
				if (!/^refs\/(?:heads|tags)\/./.test(ref)) return "unknown";
				const { data } = await rest.git.getRef({
					...at,
					ref: ref.slice(5)
				});
				return data.ref === ref ? "open" : "unknown";
			} catch (error) {
				const status = statusOf(error);
				if (status === 404 && pull === void 0) return "gone";
				if (status === 404 || status === 403 && !isLimit(error)) return "unknown";
				return refused("asking whether a branch is still there", "contents: read")(error);
			}
		},
		async usage() {
			const { data } = await rest.actions.getActionsCacheUsage(at).catch(refused("asking how much room the caches take", "actions: read"));
			if (typeof data.active_caches_size_in_bytes !== "number") throw strange("asking how much room the caches take");
			return sizeOf(data.active_caches_size_in_bytes);
		},
		async defaultBranch() {
			const { data } = await rest.repos.get(at).catch(refused("reading the repository", "metadata: read"));
			if (typeof data.default_branch !== "string") throw strange("reading the repository");
			return data.default_branch;
		}
	};
}
/** An entry out of an answer; undefined for one that cannot be judged. */
function entryOf(row, prefix) {
	const { id, key, ref, version } = row;
	const created = Date.parse(String(row.created_at));
	const accessed = Date.parse(String(row.last_accessed_at));
	if (typeof id !== "number" || !Number.isSafeInteger(id)) return void 0;
	if (typeof key !== "string" || !key.startsWith(prefix) || typeof ref !== "string") return void 0;
	if (Number.isNaN(created)) return void 0;
	return {
		id,
		key,
		ref,
		version: typeof version === "string" ? version : "",
		bytes: sizeOf(row.size_in_bytes),
		created,
		accessed: Number.isNaN(accessed) ? created : accessed
	};
}
function sizeOf(value) {
	return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
/** An entry that was used while we turned the pages stands on two of them. */
function unique(entries) {
	return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}
function statusOf(error) {
	const status = error?.status;
	return typeof status === "number" ? status : void 0;
}
/** GitHub says 403 for both of its limits; headers tell them from a missing permission. */
function isLimit(error) {
	const { response } = error;
	const headers = response?.headers ?? {};
	return headers["retry-after"] !== void 0 || String(headers["x-ratelimit-remaining"]) === "0";
}
/** For an answer of another form: a proxy's page, or a server that only looks like GitHub. */
function strange(doing) {
	return new ForgeError("unavailable", `${doing}: the answer is not what GitHub would say`);
}
/** Rejects in our words. `permission` is what the job's token must have for it. */
function refused(doing, permission) {
	return (error) => {
		const status = statusOf(error);
		const said = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "").slice(0, 300) : "";
		const options = { cause: error };
		if (status === 429 || status === 403 && isLimit(error)) throw new ForgeError("limited", `${doing}: too many requests for now (${status})`, options);
		if (status === 401 || status === 403) throw new ForgeError("denied", `${doing}: the token may not (${status}: ${said}); ${`give the job \`permissions: ${permission}\` (runs for pull requests from forks cannot have it), or another token`}`, options);
		if (status === 404) throw new ForgeError("absent", `${doing}: there is no such thing (404); check that the token may see the repository; servers before GHES 3.5 list no caches`, options);
		throw new ForgeError("unavailable", `${doing}: ${status ?? "no answer"}: ${said}`, options);
	};
}
// src/actions/prune-inputs.ts
const BOOLEANS = {
	true: true,
	false: false
};
/** Reads what the runner passes as `INPUT_…`. Throws InputError with a line for each that cannot be used. */
function loadPruneInputs(env) {
	const problems = [];
	const text = (name) => env[`INPUT_${name.toUpperCase()}`]?.trim() || void 0;
	const read = (name, parse, wanted) => {
		const value = text(name);
		const parsed = value === void 0 ? void 0 : parse(value);
		if (value !== void 0 && parsed === void 0) problems.push(`input ${name}: ${JSON.stringify(value)} is not ${wanted}`);
		return parsed;
	};
	const flag = (name) => read(name, (value) => Object.hasOwn(BOOLEANS, value) ? BOOLEANS[value] : void 0, "one of true, false");
	const inputs = {
		sharedCache: flag("shared-cache") ?? true,
		token: text("token"),
		store: text("store"),
		config: text("config"),
		keepSince: read("keep-since", parseDuration, "a duration like 30d"),
		maxSize: read("max-size", parseSize, "a size like 20GB"),
		keepRefs: text("keep-refs")?.split(/[\s,]+/),
		dryRun: flag("dry-run") ?? false
	};
	for (const ref of inputs.keepRefs ?? []) {
		const problem = gitRefProblem(ref);
		if (problem !== void 0) problems.push(`input keep-refs: ${JSON.stringify(ref)} ${problem}`);
	}
	if (inputs.sharedCache && inputs.token === void 0) problems.push("input token: it is empty, and the shared cache can be read with a token only");
	if (!inputs.sharedCache && inputs.store === void 0) problems.push("input store: with shared-cache: false there is nothing else to clean up; name a directory");
	if (problems.length > 0) throw new InputError(problems);
	return inputs;
}
// src/actions/prune-entries.ts
/** Every entry of modgate's begins so. */
const ALL_ENTRIES = "modgate-";
const OLD = /^modgate-v1-/;
/** Longest that a job of a hosted runner lasts: until then it may save, and name what it began with. */
const JOB_MS = 216e5;
/** A ref that was left a moment ago may have jobs that still run. */
const LEFT_MS = 36e5;
/** GitHub itself forgets what nobody read for seven days. */
const UNREAD_MS = 6912e5;
/**
* The entries that the next job of each ref would restore: the newest of each ref and version. Only of these
* a manifest is worth reading.
*/
function newestEntries(entries) {
	return newestOf(entries, ({ key }) => key.startsWith("modgate-v2-") ? "" : void 0);
}
/** The newest of each ref, version and kind; those without a kind are left out. */
function newestOf(entries, kindOf) {
	const newest = /* @__PURE__ */ new Map();
	for (const entry of entries) {
		const kind = kindOf(entry);
		if (kind === void 0) continue;
		const group = JSON.stringify([
			entry.ref,
			entry.version,
			kind
		]);
		const other = newest.get(group);
		if (other === void 0 || isNewer(entry, other)) newest.set(group, entry);
	}
	return [...newest.values()];
}
/**
* What becomes of each entry, in the order of the list. Pure. An entry goes only when it is known that nobody
* needs it: where a manifest or the state of a ref cannot be had, age alone decides, and only after so long
* that the forge would have dropped the entry itself.
*/
function judgeEntries(entries, known) {
	const newest = newestEntries(entries);
	const isNewest = new Set(newest.map((entry) => entry.id));
	const newestBuilds = new Set(newestOf(entries, ({ key }) => lineageOf(key)).map((entry) => entry.id));
	const named = /* @__PURE__ */ new Set();
	let blindSince = Number.NEGATIVE_INFINITY;
	for (const entry of newest) {
		if (isGone(known.refState(entry.ref))) continue;
		const parents = known.parents(entry);
		if (parents === void 0) blindSince = Math.max(blindSince, entry.created);
		else for (const key of parents) named.add(key);
	}
	return entries.map((entry) => {
		const keep = (why) => ({
			entry,
			keep: true,
			why
		});
		const drop = (why) => ({
			entry,
			keep: false,
			why
		});
		const age = known.now - Math.max(entry.created, entry.accessed);
		if (OLD.test(entry.key)) return age < JOB_MS ? keep("in-use") : drop("old-format");
		const lineage = lineageOf(entry.key);
		if (lineage === void 0 && !entry.key.startsWith("modgate-v2-")) return keep("not-ours");
		const state = known.refState(entry.ref);
		if (isGone(state)) return known.now - entry.created < LEFT_MS ? keep("in-use") : drop("ref-gone");
		if (lineage !== void 0) {
			if (newestBuilds.has(entry.id)) return age < UNREAD_MS ? keep("newest") : drop("unread");
			return age < LEFT_MS ? keep("in-use") : drop("replaced");
		}
		if (named.has(entry.key)) return keep("parent");
		if (isNewest.has(entry.id)) return state === "open" || known.parents(entry) !== void 0 || age < UNREAD_MS ? keep("newest") : drop("unread");
		if (age < JOB_MS) return keep("in-use");
		if (entry.created > blindSince) return drop("replaced");
		return age < UNREAD_MS ? keep("perhaps-parent") : drop("unread");
	});
}
function isGone(state) {
	return state === "gone" || state === "closed";
}
function isNewer(a, b) {
	return a.created > b.created || a.created === b.created && a.id > b.id;
}
// src/actions/prune-cache.ts
/** More than this is left for the next run. */
const MAX_LISTED = 5e3;
/** A job's token has 1,000 requests an hour, and other steps want some. */
const MAX_REFS = 200;
const MAX_DELETED = 400;
/** GitHub counts a deletion five times, and allows 900 a minute. */
const PACE_MS = 350;
/** A forge that fails so often in a row is left alone. */
const MAX_FAILURES = 3;
/**
* Deletes the entries of the shared cache that no job needs any more. Rejects with ForgeError when the list
* cannot be had, or when the token may not delete; all else is a warning in the report.
*/
async function pruneCache(request) {
	const { forge, now } = request;
	const warnings = [];
	const { entries, more } = await forge.list(ALL_ENTRIES, MAX_LISTED);
	if (more) warnings.push(`there are more than ${MAX_LISTED} entries; the oldest are left for the next run`);
	const branch = request.defaultBranch ?? (entries.length === 0 ? "" : await forge.defaultBranch().catch(() => ""));
	const main = branch === "" ? void 0 : `refs/heads/${branch}`;
	const states = await refStates(request, entries, main, warnings);
	const parents = await manifests(request, entries, main, warnings);
	const verdicts = judgeEntries(entries, {
		now,
		refState: (ref) => states.get(ref) ?? "unknown",
		parents: (entry) => parents.get(entry.id)
	});
	const drop = verdicts.filter((verdict) => !verdict.keep).map((verdict) => verdict.entry).toSorted((a, b) => a.created - b.created || a.id - b.id);
	const total = await forge.usage().catch((error) => {
		warnings.push(messageOf(error));
	});
	const deleted = request.dryRun ? drop : await deleteAll(request, drop, warnings);
	const gone = new Set(deleted);
	const freed = request.dryRun ? 0 : deleted.reduce((sum, entry) => sum + entry.bytes, 0);
	return {
		verdicts,
		deleted,
		left: drop.filter((entry) => !gone.has(entry)),
		repositoryBytes: total === void 0 ? void 0 : Math.max(0, total - freed),
		warnings
	};
}
/** Asks which refs are still there. What cannot be learnt is unknown. */
async function refStates({ forge, ownRef }, entries, main, warnings) {
	const states = /* @__PURE__ */ new Map([[ownRef, "open"]]);
	if (main !== void 0) states.set(main, "open");
	const refs = [...new Set(entries.map((entry) => entry.ref))].filter((ref) => !states.has(ref));
	if (refs.length > MAX_REFS) warnings.push(`of ${refs.length} branches and pull requests ${MAX_REFS} were looked at`);
	let sees;
	let failures = 0;
	for (const ref of refs.slice(0, MAX_REFS)) try {
		let state = await forge.refState(ref);
		if (state === "gone") {
			sees ??= main !== void 0 && await forge.refState(main) === "open";
			if (!sees) state = "unknown";
		}
		states.set(ref, state);
		failures = 0;
	} catch (error) {
		if (failures === 0) warnings.push(`${messageOf(error)}; its entries stay`);
		failures += 1;
		if (failures >= MAX_FAILURES || isFinal(error)) break;
	}
	const unknown = refs.filter((ref) => (states.get(ref) ?? "unknown") === "unknown").length;
	if (unknown > 0) warnings.push(`whether ${unknown} of the branches and pull requests are still there is not known, so that their entries stay: the job may need \`permissions: contents: read\` and \`pull-requests: read\``);
	return states;
}
/** Keys that newest entries need besides themselves, by id; without what this job cannot read. */
async function manifests({ service, ownRef, log, signal }, entries, main, warnings) {
	const parents = /* @__PURE__ */ new Map();
	if (service === void 0) return parents;
	const newest = newestEntries(entries);
	const own = newest.filter((entry) => entry.ref === ownRef);
	const shadow = new Set(entries.filter((entry) => entry.ref === ownRef).map((entry) => entry.key));
	const others = newest.filter((e) => e.ref === main && main !== ownRef && !shadow.has(e.key));
	for (const entry of [...own, ...others]) {
		if (signal.aborted) break;
		try {
			const hit = await service.lookup([entry.key]);
			if (hit?.key !== entry.key) throw new Error("this job does not find it");
			const { stream } = await service.open(hit);
			parents.set(entry.id, (await readManifest(stream)).parents.map((parent) => parent.key));
		} catch (error) {
			log(`${entry.key} of ${entry.ref}: no manifest: ${messageOf(error)}`);
			warnings.push(`the manifest of ${entry.key} could not be read (${messageOf(error)}): what it may need stays`);
		}
	}
	return parents;
}
async function deleteAll({ forge, signal, pause, log }, entries, warnings) {
	const deleted = [];
	let failures = 0;
	for (const entry of entries) {
		if (deleted.length >= MAX_DELETED || signal.aborted) {
			warnings.push("there was more to delete than fits into one run; the next one goes on");
			break;
		}
		try {
			if (deleted.length > 0) await pause(PACE_MS);
			await forge.remove(entry);
			deleted.push(entry);
			failures = 0;
			log(`deleted ${entry.key} of ${entry.ref}, ${entry.bytes} bytes`);
		} catch (error) {
			if (error instanceof ForgeError && error.code === "denied") throw error;
			warnings.push(`${messageOf(error)}; ${entry.key} of ${entry.ref} stays until the next run`);
			failures += 1;
			if (failures >= MAX_FAILURES || isFinal(error)) {
				warnings.push("nothing more was deleted; the next run goes on");
				break;
			}
		}
	}
	return deleted;
}
function isFinal(error) {
	return error instanceof ForgeError && error.code === "limited";
}
function messageOf(error) {
	return error instanceof Error ? error.message : String(error);
}
// src/actions/prune-summary.ts
/** Rows in the order in which a reader wants them; what went first. */
const REASONS = {
	replaced: {
		keep: false,
		says: "newer entries have taken their place"
	},
	"ref-gone": {
		keep: false,
		says: "branch gone, or pull request closed"
	},
	unread: {
		keep: false,
		says: "not read for eight days"
	},
	"old-format": {
		keep: false,
		says: "of a version of modgate that wrote another format"
	},
	newest: {
		keep: true,
		says: "newest of its branch"
	},
	parent: {
		keep: true,
		says: "holds files that a newest entry needs"
	},
	"perhaps-parent": {
		keep: true,
		says: "may be needed by an entry that this job cannot read"
	},
	"in-use": {
		keep: true,
		says: "of the last hours: jobs that run may build on it"
	},
	"not-ours": {
		keep: true,
		says: "of another version of modgate"
	}
};
function bytesOf(entries) {
	return entries.reduce((sum, entry) => sum + entry.bytes, 0);
}
/** What became of the shared cache, in Markdown for the job's page. */
function cacheMarkdown(report, dryRun) {
	const gone = new Set(report.deleted);
	const stays = report.verdicts.map((verdict) => verdict.entry).filter((entry) => !gone.has(entry));
	const lines = [
		`### modgate: shared cache${dryRun ? " (dry run: nothing was deleted)" : ""}`,
		"",
		"| | | entries | bytes |",
		"|---|---|--:|--:|"
	];
	for (const [why, { keep, says }] of Object.entries(REASONS)) {
		const of = report.verdicts.filter((verdict) => verdict.why === why).map((verdict) => verdict.entry);
		const rows = keep ? [["stays", of]] : [[dryRun ? "would go" : "went", of.filter((entry) => gone.has(entry))], ["to go", of.filter((entry) => !gone.has(entry))]];
		for (const [what, entries] of rows) {
			if (entries.length === 0) continue;
			lines.push(`| ${what} | ${says} | ${entries.length} | ${formatBytes(bytesOf(entries))} |`);
		}
	}
	if (report.verdicts.length === 0) lines.push("| | no entry of modgate | 0 | 0 B |");
	const all = report.repositoryBytes;
	lines.push("", `modgate has ${formatBytes(bytesOf(stays))} in ${stays.length} entries` + (all === void 0 ? "." : ` of the ${formatBytes(all)} that all caches of this repository take.`));
	for (const warning of report.warnings.slice(0, 20)) lines.push(`- ⚠️ ${markdownText(warning)}`);
	return `${lines.join("\n")}\n`;
}
// src/actions/prune-shared.ts
/** A clean-up that takes longer ends where it is; the next one goes on. */
const CACHE_TIMEOUT_MS = 3e5;
/**
* Cleans up the shared cache of the repository. What the forge cannot do today is a warning: the next run does it.
* Throws ForgeError when the token may not, which a person must mend.
*/
async function pruneSharedCache(env, cwd, inputs, runner, now) {
	const signal = AbortSignal.timeout(CACHE_TIMEOUT_MS);
	const event = env.GITHUB_EVENT_PATH ? systemProbe(cwd).readFile(env.GITHUB_EVENT_PATH) : void 0;
	const branch = record(parseEvent(event)?.repository)?.default_branch;
	try {
		const report = await pruneCache({
			forge: await githubForge({
				apiUrl: env.GITHUB_API_URL || "https://api.github.com",
				repository: env.GITHUB_REPOSITORY ?? "",
				token: inputs.token ?? "",
				env,
				signal
			}),
			service: await cacheService(env, signal, runner),
			ownRef: env.GITHUB_REF ?? "",
			defaultBranch: typeof branch === "string" && branch !== "" ? branch : void 0,
			dryRun: inputs.dryRun,
			now: now.getTime(),
			signal,
			pause: (ms) => setTimeout(ms, void 0, { signal }).catch(() => void 0),
			log: (line) => runner.info(`modgate: ${line}`)
		});
		const freed = bytesOf(report.deleted);
		const left = bytesOf(report.verdicts.map((verdict) => verdict.entry)) - freed;
		runner.setOutput("deleted", String(report.deleted.length));
		runner.setOutput("bytes-freed", String(freed));
		runner.setOutput("bytes-left", String(left));
		runner.info(`modgate: shared cache: ${report.deleted.length} of ${report.verdicts.length} entries ${inputs.dryRun ? "would go" : "went"}, ${formatBytes(freed)}; ${formatBytes(left)} stay`);
		for (const warning of report.warnings.slice(0, 10)) runner.warning(`modgate: ${warning}`);
		runner.addSummary(cacheMarkdown(report, inputs.dryRun));
	} catch (error) {
		if (!(error instanceof ForgeError) || error.code === "denied" || error.code === "absent") throw error;
		runner.warning(`modgate: the shared cache was not cleaned up: ${error.message}; the next run tries again`);
	}
}
/** The cache service, for the manifests; without it more entries stay than need be. */
async function cacheService(env, signal, runner) {
	const barred = cacheUnavailable(env, "read");
	if (barred !== void 0) {
		runner.info(`modgate: what entries need of each other is not known: ${barred}`);
		return;
	}
	const { createCacheClient } = await import("./lazy/platform-cache-client.js");
	return createCacheClient({
		env: cacheServiceEnv(env),
		version: VERSION,
		signal
	});
}
// src/actions/prune-store.ts
/**
* Cleans up the store that the inputs name, a directory or a bucket, as `modgate cache prune` does. Throws ConfigError,
* SessionError, KeepListError, StoreError and BucketError; nothing was removed then.
*/
async function pruneNamedStore(env, cwd, inputs, runner, now) {
	const { config: file, token, dryRun } = inputs;
	const flags = {
		store: inputs.store,
		...file === void 0 ? {} : { config: file }
	};
	const named = await namedStore({
		env,
		cwd,
		flags,
		token
	});
	const { platform, config, warnings } = named;
	const { store, close } = await openNamed(named, env, (line) => runner.warning(`modgate: ${line}`));
	const outcome = await pruneStore({
		store,
		rules: {
			"keep-since": inputs.keepSince ?? config.cache["keep-since"],
			"max-size": inputs.maxSize ?? config.cache["max-size"],
			"keep-refs": [...inputs.keepRefs ?? config.cache["keep-refs"]]
		},
		dryRun,
		now: now.getTime(),
		platform,
		env,
		token
	}).finally(close);
	const { report, keepRefs } = outcome;
	const told = [...warnings, ...outcome.warnings];
	for (const line of pruneText(report, keepRefs).trimEnd().split("\n")) runner.info(line);
	for (const warning of told.slice(0, 10)) runner.warning(`modgate: ${warning}`);
	if (report.failed.count > 0) {
		const [first] = report.failed.first;
		runner.warning(`modgate: ${report.failed.count} files of the store could not be removed or read` + (first === void 0 ? "" : `, first ${first.path}: ${first.why}`));
	}
	runner.setOutput("store-deleted", String(report.deleted.versions));
	runner.setOutput("store-bytes-freed", String(report.deleted.bytes));
	runner.setOutput("store-bytes-left", String(report.after.bytes));
	runner.addSummary(storeMarkdown(report, told));
}
/** What became of a store, in Markdown for the job's page. */
function storeMarkdown(report, warnings) {
	const { deleted, kept, after, dryRun, excessBytes } = report;
	const went = dryRun ? "would go" : "went";
	const rows = [
		[
			went,
			"not used for long",
			deleted.reasons.unused
		],
		[
			went,
			"first seen long ago",
			deleted.reasons.age
		],
		[
			went,
			"least recently used of too many",
			deleted.reasons.size
		],
		[
			went,
			"left by a clean-up that was ended",
			deleted.reasons.resumed
		],
		[
			"stays",
			"needed by a branch or tag of the keep-list",
			kept.listed
		],
		[
			"stays",
			"all",
			after
		]
	];
	const lines = [
		`### modgate: store ${markdownText(report.store)}${dryRun ? " (dry run: nothing was deleted)" : ""}`,
		"",
		"| | | versions | bytes |",
		"|---|---|--:|--:|",
		...rows.filter(([, says, { versions }]) => versions > 0 || says === "all").map(([what, says, { versions, bytes }]) => `| ${what} | ${says} | ${versions} | ${formatBytes(bytes)} |`)
	];
	if (excessBytes > 0) lines.push("", `That is ${formatBytes(excessBytes)} more than ${formatBytes(report.rules.maxBytes)}: the rest is in use or kept.`);
	for (const warning of warnings.slice(0, 20)) lines.push(`- ⚠️ ${markdownText(warning)}`);
	return `${lines.join("\n")}\n`;
}
export { ForgeError, checkStep, loadCheckInputs, loadPruneInputs, pruneNamedStore, pruneSharedCache, storeMarkdown };
