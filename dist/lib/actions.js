import { SOFT, versionKeys, walkFiles, walkVersions } from "./store.js";
import { ConfigError, credentialsIn, envOverrides, loadConfig, redactText } from "./config.js";
import { SessionError, VERSION, inWords, platformOf, startSession, stopSession } from "./session.js";
import { cacheKey, cacheServiceEnv, cacheUnavailable, detectPlatform, lostBy, oneLine, oneLineForRunner, reviewOf, runCacheProcess, systemProbe } from "./platform.js";
import { commentMarker, publishReport, runCheck, writeWhole } from "./check.js";
import { render } from "./report.js";
import { appendFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
// src/actions/inputs.ts
/** What the action does: begin a session, or end it before the job's own end. */
const COMMANDS = ["start", "stop"];
/** Inputs that cannot be used. The message has a line for each. */
var InputError = class extends Error {
	name = "InputError";
	code = "input-invalid";
	problems;
	constructor(problems) {
		super(problems.join("\n"));
		this.problems = problems;
	}
};
const NAMES = [
	"command",
	"config",
	"store",
	"save",
	"on-failure",
	"modcache",
	"prefetch",
	"upstream"
];
/**
* Reads the inputs that the runner passes as `INPUT_…`. The validator is loaded only when there is
* something to validate. Throws InputError.
*/
async function loadInputs(env) {
	const given = {};
	for (const name of NAMES) {
		const value = env[`INPUT_${name.toUpperCase()}`]?.trim();
		if (value) given[name] = value;
	}
	if (Object.keys(given).length === 0) return { command: "start" };
	const { checkInputs } = await import("./lazy/actions-inputs-schema.js");
	const { "on-failure": onFailure, command = "start", ...rest } = checkInputs(given);
	return {
		command,
		...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== void 0)),
		...onFailure ? { onFailure } : {}
	};
}
// src/actions/begin.ts
/** File in a session directory with the variables that the session replaced, for an early stop. */
const REPLACED_FILE = "replaced-env.json";
/** File that says that a session was reported and saved: a stop step did what the post phase would do. */
const FINISHED_FILE = "finished";
/**
* Starts the session of this job, or joins the one there is, and gives its environment to later steps.
* Returns the exit code. With `on-failure: fallback` a proxy that cannot start costs time, not the job.
*/
async function begin(env, cwd, inputs, runner) {
	try {
		const { command: _, ...flags } = inputs;
		const started = await startSession({
			env,
			cwd,
			flags,
			log: (line) => runner.info(line)
		});
		runner.mask(started.secret);
		for (const secret of Object.values(started.env).flatMap(credentialsIn)) runner.mask(secret);
		if (!started.reused) {
			runner.saveState("session", started.sessionDir);
			await rm(join(started.sessionDir, FINISHED_FILE), { force: true });
			await writeReplaced(started.sessionDir, env, Object.keys(started.env));
		}
		for (const [name, value] of Object.entries(started.env)) runner.exportVariable(name, value);
		runner.setOutput("goproxy", started.env.GOPROXY ?? "");
		for (const warning of started.warnings) runner.warning(warning);
		runner.info(started.reused ? "modgate: this job has a session already; it goes on" : "modgate: the proxy is ready");
		return 0;
	} catch (error) {
		if (error instanceof InputError || error instanceof ConfigError) {
			for (const line of error.message.split("\n")) runner.error(line);
			return 1;
		}
		const why = error instanceof Error ? error.message : String(error);
		if (error instanceof SessionError && error.code === "policy") {
			for (const line of why.split("\n")) runner.error(line);
			return 1;
		}
		if (await onFailure(env, cwd, inputs) === "fallback") {
			runner.warning(`modgate did not start: ${why}. The job goes on without it and downloads its modules itself`);
			return 0;
		}
		runner.error(`modgate did not start: ${why}. With on-failure: fallback the job would go on without it`);
		return 1;
	}
}
async function onFailure(env, cwd, inputs) {
	const { workspace, change } = platformOf(env, cwd);
	if (change !== void 0 && await isRepository(workspace)) return "fail";
	if (inputs.onFailure) return inputs.onFailure;
	return (await loadConfig({
		workspace,
		cwd,
		explicit: inputs.config,
		env: envOverrides(env)
	})).config.proxy["on-failure"];
}
async function isRepository(dir) {
	return await stat(join(dir, ".git")).then(() => true, () => false);
}
async function writeReplaced(sessionDir, env, names) {
	const replaced = Object.fromEntries(names.map((name) => [name, env[name] ?? ""]));
	await writeFile(join(sessionDir, REPLACED_FILE), JSON.stringify(replaced), { mode: 384 }).catch(() => {});
}
// src/actions/runner-files.ts
/**
* One entry of a runner's file in the form that takes any value. Throws when the value contains the
* delimiter, because the rest of it would be read as further entries.
*/
function fileEntry(name, value, delimiter) {
	if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of a variable; nothing was written`);
	if (value.includes(delimiter)) throw new Error(`the value of ${name} contains the delimiter of the runner's file; nothing was written`);
	return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
/** Text of a workflow command, in which a line break or a percent sign would end or change it. */
function commandData(text) {
	return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function placeText({ file, line, column }) {
	const pairs = {
		file: oneLineForRunner(file),
		line,
		col: column
	};
	return ` ${Object.entries(pairs).filter(([, value]) => value !== void 0).map(([name, value]) => `${name}=${commandProperty(String(value))}`).join(",")}`;
}
/** A property of a workflow command, which a colon or a comma would end. */
function commandProperty(text) {
	return commandData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
/**
* The runner as its environment describes it. Own code for what @actions/core does with the same files:
* loading that takes longer than everything else on the way to the job's environment.
*/
function runnerOf(env, print) {
	const append = (file, text) => {
		const path = env[file];
		if (!path) throw new Error(`${file} is not set: an action of modgate works on a GitHub runner or act only`);
		appendFileSync(path, text, { encoding: "utf8" });
	};
	const entry = (name, value) => fileEntry(name, value, `modgate_${randomUUID()}`);
	const command = (name) => (line, place) => print(`::${name}${place === void 0 ? "" : placeText(place)}::${commandData(oneLineForRunner(line))}`);
	return {
		exportVariable: (name, value) => append("GITHUB_ENV", entry(name, value)),
		setOutput: (name, value) => append("GITHUB_OUTPUT", entry(name, value)),
		saveState: (name, value) => append("GITHUB_STATE", entry(name, value)),
		addSummary(markdown) {
			if (env.GITHUB_STEP_SUMMARY) append("GITHUB_STEP_SUMMARY", markdown);
		},
		mask: (secret) => print(`::add-mask::${commandData(secret)}`),
		info: (line) => print(oneLineForRunner(line)),
		warning: command("warning"),
		error: command("error"),
		raw: (text) => {
			if (text !== "") print(text.replace(/\n$/, ""));
		},
		harmless: oneLineForRunner
	};
}
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
	await report$1(outcome, review, runner);
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
async function report$1({ report, source }, review, runner) {
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
// src/actions/cache-operations.ts
/**
* The path as the client hashes it into the version of an entry: the same for every runner and job, because
* the working directory is the directory that holds it.
*/
const PATHS = ["store"];
/** Performs one operation. Never rejects; the client's swallowed errors are found in its log. */
async function performCacheOperation(request, client, log) {
	const started = performance.now();
	const { op, modules } = request;
	const outcome = await operate(request, client, log).catch((error) => {
		return { why: log.failure() ?? (error instanceof Error ? error.message : String(error)) };
	});
	const ms = Math.round(performance.now() - started);
	if ("why" in outcome) return {
		ok: false,
		op,
		why: outcome.why,
		lost: lostBy(op, modules),
		ms
	};
	return {
		ok: true,
		op,
		...outcome,
		ms
	};
}
async function operate(request, client, log) {
	if (request.op === "save") return save$1(request, client, log);
	const lookupOnly = request.op === "lookup";
	const key = await client.restoreCache(PATHS, request.primary, [...request.keys], { lookupOnly }, true);
	const failed = log.failure();
	if (key === void 0) return failed === void 0 ? {} : { why: failed };
	const bytes = log.bytes();
	return {
		key,
		...bytes === void 0 ? {} : { bytes }
	};
}
async function save$1(request, client, log) {
	const { primary, dir } = request;
	if (!await holdsFile(join(dir, "store"))) return { why: "there is nothing to save" };
	const found = await client.restoreCache(PATHS, primary, [], { lookupOnly: true }, true);
	const unreadable = log.failure();
	if (found === primary) return {
		key: primary,
		saved: false
	};
	if (unreadable !== void 0 && !unreadable.includes("cache read denied")) return { why: unreadable };
	const id = await client.saveCache(PATHS, primary, void 0, true);
	const failed = log.failure();
	if (id !== -1) {
		const bytes = log.bytes();
		return {
			key: primary,
			saved: true,
			...bytes === void 0 ? {} : { bytes }
		};
	}
	if (failed === void 0) return { why: "the cache client did not save and gave no reason" };
	if (/\b409\b|already[_ ]exists|\bConflict\b/i.test(failed)) return {
		key: primary,
		saved: false
	};
	return { why: failed };
}
/** Whether a directory has a regular file anywhere below it. */
async function holdsFile(dir) {
	const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
	if (entries.some((entry) => entry.isFile())) return true;
	for (const entry of entries) if (entry.isDirectory() && await holdsFile(join(dir, entry.name))) return true;
	return false;
}
// src/actions/cache-request.ts
/** Variables that a request may set; anything else in it is left out. */
const ALLOWED = /^(ACTIONS_[A-Z0-9_]+|GITHUB_[A-Z0-9_]+|ZSTD_CLEVEL|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/;
/** Reads a request; throws an Error that says what is wrong with it. */
function parseCacheRequest(text) {
	const raw = JSON.parse(text);
	if (typeof raw !== "object" || raw === null) throw new Error("the request is not an object");
	const { op, dir, primary, keys, timeoutMs, env, modules } = raw;
	if (op !== "restore" && op !== "save" && op !== "lookup") throw new Error("op is not restore, save or lookup");
	if (typeof dir !== "string" || !isAbsolute(dir)) throw new Error("dir is not an absolute path");
	if (!isKey(primary)) throw new Error("primary is not a key");
	if (!Array.isArray(keys) || keys.length > 9 || !keys.every(isKey)) throw new Error("keys are not at most 9 keys");
	if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) throw new Error("timeoutMs is not a time");
	if (typeof env !== "object" || env === null) throw new Error("env is not an object");
	const allowed = Object.entries(env).filter((pair) => {
		return ALLOWED.test(pair[0]) && typeof pair[1] === "string";
	});
	return {
		op,
		dir,
		primary,
		keys,
		timeoutMs,
		env: Object.fromEntries(allowed),
		...typeof modules === "number" ? { modules } : {}
	};
}
function isKey(value) {
	return typeof value === "string" && /^[a-z0-9._-]{1,512}$/.test(value);
}
// src/actions/captured.ts
const MAX_WHY = 300;
/** Most texts that are hidden; the client masks two or three an operation. */
const MAX_MASKS = 50;
/** Collects the client's log. */
function captureLog({ pass, onRetried }) {
	let rest = "";
	let failed;
	let reserve;
	let size;
	const masks = [];
	const hidden = (text) => {
		return masks.reduce((left, secret) => left.replaceAll(secret, "***"), text);
	};
	const take = (line) => {
		const command = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line);
		const data = command ? unescapeData(command[2] ?? "") : line;
		if (command?.[1] === "add-mask") {
			if (data.length > 3 && masks.length < MAX_MASKS) masks.push(data);
			return;
		}
		const text = hidden(data);
		const retry = /^Attempt (\d+) of \d+ failed with error: (.*)\. Retrying request/s.exec(text);
		if (retry && Number(retry[1]) > 1) onRetried(shown(retry[2] ?? ""));
		const archive = /\((\d+) B\)|^File Size: (\d+)$/.exec(text);
		if (archive) size = Number(archive[1] ?? archive[2]);
		const reason = /^Failed to reserve cache: (?:Error: )?(.*)$/s.exec(text)?.[1];
		if (reason) reserve = reason;
		const told = command?.[1] === "warning" || command?.[1] === "error";
		if (command && !told) return;
		pass(command ? `${command[1]}: ${text}` : text);
		if (told) failed = text;
		else if (text.startsWith("Failed to save: ")) failed = reserve ?? text;
	};
	return {
		write(text) {
			const parts = (rest + text).split(/\r?\n/);
			rest = (parts.pop() ?? "").slice(0, 65536);
			for (const line of parts) if (line !== "") take(line);
		},
		failure() {
			const found = failed;
			failed = void 0;
			reserve = void 0;
			return found === void 0 ? void 0 : shown(found);
		},
		bytes: () => size
	};
}
function shown(text) {
	return redactText(text.replaceAll(/\s+/g, " ")).slice(0, MAX_WHY);
}
function unescapeData(text) {
	return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
// src/actions/hidden-env.ts
/**
* An environment in which some variables can be read by name but are not handed on: a child process gets
* what can be enumerated. The cache client reads the token from `process.env` and starts `tar` and `zstd`
* with the whole of it; their `/proc/PID/environ` is open to every step that runs meanwhile.
*/
function withHidden(visible, hidden) {
	const base = Object.create(null);
	for (const [name, value] of Object.entries(hidden)) Object.defineProperty(base, name, {
		value,
		enumerable: false,
		writable: true,
		configurable: true
	});
	const env = Object.create(base);
	for (const [name, value] of Object.entries(visible)) {
		if (value === void 0 || name in base) continue;
		env[name] = value;
		if (process.platform === "win32") env[name.toUpperCase()] = value;
	}
	return env;
}
// src/actions/stage.ts
/** Lists and checksum database tiles are re-fetchable; more than this of them is not worth carrying. */
const MAX_SOFT_BYTES = 32 * 2 ** 20;
const KINDS = [
	"info",
	"mod",
	"zip"
];
/** The versions worth keeping, most recently used first. Pure. */
function chooseVersions(versions, choice) {
	const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
	const young = versions.filter((version) => version.lastUse >= oldest).sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
	let bytes = 0;
	return young.filter((version) => {
		const size = sizeOf(version);
		if (bytes + size > choice.maxBytes) return false;
		bytes += size;
		return true;
	});
}
/** Member of a cache key: a version and the files there are of it, so that a zip that joins its go.mod counts. */
function memberOf(version) {
	return `${nameOf(version)} ${KINDS.filter((kind) => version.files[kind] !== void 0).join(",")}`;
}
function sizeOf(version) {
	return KINDS.reduce((sum, kind) => sum + (version.files[kind] ?? 0), 0);
}
function nameOf(version) {
	return `${version.path}@${version.version}`;
}
/** Every version of a store directory; one without index entry was never checked whole and is left out. */
async function storedVersions(storeDir) {
	const versions = [];
	for await (const found of walkVersions(storeDir)) {
		const keys = versionKeys(found);
		const index = keys && await stat(join(storeDir, keys.index)).catch(() => void 0);
		if (index?.isFile()) versions.push({
			...found,
			lastUse: index.mtimeMs
		});
	}
	return versions;
}
/**
* Puts the chosen versions with their index entries into `target` as hard links, or copies where links do
* not work, so that an archive of `target` holds what is used and nothing else. `target` is replaced.
*/
async function stageVersions(storeDir, target, versions) {
	await rm(target, {
		recursive: true,
		force: true
	});
	const made = /* @__PURE__ */ new Set();
	const place = async (key) => {
		const to = join(target, key);
		if (!made.has(dirname(to))) {
			await mkdir(dirname(to), { recursive: true });
			made.add(dirname(to));
		}
		await linkOrCopy(join(storeDir, key), to);
	};
	for (const version of versions) {
		const keys = versionKeys(version);
		if (!keys) continue;
		for (const kind of KINDS) if (version.files[kind] !== void 0) await place(keys.files[kind]);
		await place(keys.index);
	}
	let softBytes = 0;
	for (const start of ["sumdb", SOFT]) for await (const key of walkFiles(storeDir, start, { maxNames: 2e4 })) {
		softBytes += (await stat(join(storeDir, key))).size;
		if (softBytes > MAX_SOFT_BYTES) return;
		await place(key);
	}
}
async function linkOrCopy(from, to) {
	try {
		await link(from, to);
	} catch {
		await copyFile(from, to);
		const { atime, mtime } = await stat(from);
		await utimes(to, atime, mtime);
	}
}
// src/actions/save.ts
/** All cache calls of a save together. A larger store gets its time by keep-since and max-size. */
const SAVE_TIMEOUT_MS = 3e5;
/**
* Whether a job may write the cache that others read, and if not, why not. A configuration file says
* `always` for jobs that are trusted with that file only: in a pull request its author wrote it.
*/
function maySave(policy, origin, trust) {
	if (policy === "never") return "save is never";
	if (trust.trusted) return void 0;
	if (policy === "always" && [
		"env",
		"input",
		"flag"
	].includes(origin.from)) return void 0;
	return trust.reason;
}
/** Saves the store's used versions as one new entry, or says why not. Never rejects. */
async function saveStore(request, barred) {
	const skip = barred ?? cacheUnavailable(request.env, "write");
	if (skip !== void 0) return {
		state: "skipped",
		why: skip
	};
	let modules;
	const dir = join(request.sessionDir, "save");
	try {
		const versions = chooseVersions(await storedVersions(request.storeDir), request);
		modules = versions.length;
		if (modules === 0) return {
			state: "skipped",
			why: "the store holds nothing that was used"
		};
		const key = cacheKey(versions.map(memberOf));
		if (key === request.restoredKey) return {
			state: "unchanged",
			key,
			modules
		};
		await mkdir(dir, { recursive: true });
		await stageVersions(request.storeDir, join(dir, "store"), versions);
		const answer = await runCacheProcess({
			op: "save",
			dir,
			primary: key,
			keys: [],
			timeoutMs: SAVE_TIMEOUT_MS,
			env: cacheServiceEnv(request.env),
			modules
		}, {
			env: request.env,
			log: request.log
		});
		if (!answer.ok) return {
			state: "failed",
			why: answer.why,
			lost: answer.lost
		};
		if (!answer.saved) return {
			state: "unchanged",
			key,
			modules
		};
		return {
			state: "saved",
			key,
			modules,
			bytes: answer.bytes ?? versions.reduce((sum, v) => sum + sizeOf(v), 0)
		};
	} catch (error) {
		return {
			state: "failed",
			why: error instanceof Error ? error.message : String(error),
			lost: lostBy("save", modules)
		};
	} finally {
		await rm(dir, {
			recursive: true,
			force: true
		}).catch(() => {});
	}
}
// src/actions/summary.ts
/** Text from outside inside Markdown: one line in which nothing is markup, HTML or a mention. */
function markdownText(text) {
	return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(/[\\`*_{}[\]()#+!|~@:]/g, (character) => `&#${character.charCodeAt(0)};`);
}
/** `12.3 MB`; powers of 1000. */
function formatBytes(bytes) {
	const units = [
		"B",
		"kB",
		"MB",
		"GB",
		"TB"
	];
	let at = 0;
	let value = bytes;
	while (value >= 1e3 && at < units.length - 1) {
		value /= 1e3;
		at += 1;
	}
	return `${at === 0 ? value : value.toFixed(1)} ${units[at] ?? ""}`;
}
/** The job's summary in Markdown: what was served from where, what was kept, what the reader should mend. */
function summaryMarkdown(summary, save) {
	const lines = [
		"### modgate: Go modules of this job",
		"",
		"| | modules | bytes |",
		"|---|--:|--:|",
		`| from the store | ${summary.modulesFromStore} | ${formatBytes(summary.bytesFromStore)} |`,
		`| from upstream | ${summary.modulesFromUpstream} | ${formatBytes(summary.bytesFromUpstream)} |`,
		"",
		`${summary.requests} requests in ${summary.seconds.toFixed(1)} s, ${summary.retriesSurvived} retries survived, ${summary.denied} refused, ${summary.failed} failed.`,
		"",
		`- ${restoreText(summary)}`,
		`- ${saveText(save)}`
	];
	if (summary.unverifiedModcache > 0) lines.push(`- ⚠️ ${summary.unverifiedModcache} module versions were in GOMODCACHE without having come through modgate, for example from the cache of \`actions/setup-go\`: nobody verified them in this job. Set \`cache: false\` in the step that uses \`actions/setup-go\`; modgate keeps the modules.`);
	if (summary.daemonDied) lines.push("- ⚠️ The proxy had died before the job ended; what it wrote down until then is shown here.");
	for (const warning of summary.warnings.slice(0, 20)) lines.push(`- ⚠️ ${markdownText(warning)}`);
	return `${lines.join("\n")}\n`;
}
function restoreText({ restore }) {
	const state = restore?.state ?? "off";
	if (state === "hit") {
		const seconds = ((restore?.ms ?? 0) / 1e3).toFixed(1);
		return `Shared cache: restored ${restore?.adopted ?? 0} module versions in ${seconds} s.`;
	}
	if (state === "miss") return "Shared cache: no entry yet.";
	const why = restore?.why ? ` (${markdownText(restore.why)})` : "";
	return state === "failed" ? `Shared cache: not restored${why}.` : `Shared cache: not used${why}.`;
}
function saveText(save) {
	if (save.state === "saved") return `Saved ${save.modules} module versions (${formatBytes(save.bytes)}) for later jobs.`;
	if (save.state === "unchanged") return `Nothing new to save: the entry of these ${save.modules} module versions exists.`;
	if (save.state === "skipped") return `Not saved for later jobs: ${markdownText(save.why)}.`;
	return `⚠️ Not saved for later jobs: ${markdownText(save.why)}; ${markdownText(save.lost)}.`;
}
// src/actions/finish.ts
/**
* Ends the session, saves the store and reports. `session` is the directory of the session that this step
* started; undefined looks for the job's. Nothing that goes wrong here fails a job: verdicts come from the
* steps that used the modules.
*/
async function finish(env, cwd, inputs, runner, session) {
	try {
		const log = (line) => runner.info(line);
		const stopped = await stopSession({
			env,
			cwd,
			log,
			...session ? { session } : {}
		});
		const marker = join(stopped.sessionDir, FINISHED_FILE);
		if (stopped.summary === void 0 || await isFile(marker)) {
			runner.info("modgate: there is no session to finish");
			return;
		}
		const saved = await save(env, cwd, inputs, runner, stopped, stopped.summary);
		if (saved.state === "failed") runner.warning(`modgate: the module store was not saved: ${saved.why}; ${saved.lost}`);
		report(runner, stopped.summary, saved);
		await writeFile(marker, "");
		return stopped;
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		runner.warning(`modgate: the session was not finished in order: ${why}; the next job may download modules again`);
		return;
	}
}
/** Gives later steps the variables back that the session had replaced: its proxy is gone. */
async function restoreEnvironment(sessionDir, runner) {
	const replaced = JSON.parse(await readFile(join(sessionDir, REPLACED_FILE), "utf8"));
	for (const [name, value] of Object.entries(replaced)) runner.exportVariable(name, value);
}
async function save(env, cwd, inputs, runner, stopped, summary) {
	const platform = platformOf(env, cwd);
	const { config, origin } = await configuration(env, platform.workspace, cwd, inputs, runner);
	if (config.cache.store !== "auto") return {
		state: "skipped",
		why: "the store has a place of its own, which outlives the job"
	};
	if (stopped.storeDir === void 0) return {
		state: "skipped",
		why: "the session left no store"
	};
	const now = Date.now();
	return saveStore({
		env,
		sessionDir: stopped.sessionDir,
		storeDir: stopped.storeDir,
		restoredKey: summary.restore?.key,
		keepSinceMs: config.cache["keep-since"],
		maxBytes: config.cache["max-size"],
		now,
		sessionStart: now - Math.ceil(summary.seconds * 1e3),
		log: (line) => runner.info(line)
	}, maySave(config.cache.save, origin("cache.save"), platform.trust));
}
/** The configuration as it is now; a step of the job may have broken the file, which must not lose the store. */
async function configuration(env, workspace, cwd, inputs, runner) {
	const layers = {
		workspace,
		cwd,
		env: envOverrides(env),
		inputs: {
			...inputs.store === void 0 ? {} : { store: inputs.store },
			...inputs.save === void 0 ? {} : { save: inputs.save }
		}
	};
	try {
		return await loadConfig({
			...layers,
			explicit: inputs.config
		});
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		runner.warning(`modgate: the configuration cannot be read any more (${why}); the store is saved by the defaults`);
		return loadConfig({
			...layers,
			workspace: join(workspace, ".modgate-none")
		});
	}
}
async function isFile(path) {
	return stat(path).then((found) => found.isFile(), () => false);
}
function report(runner, summary, saved) {
	runner.setOutput("cache-hit", String(summary.restore?.state === "hit"));
	runner.setOutput("modules", String(summary.modules));
	runner.setOutput("bytes-from-store", String(summary.bytesFromStore));
	runner.setOutput("bytes-from-upstream", String(summary.bytesFromUpstream));
	runner.addSummary(summaryMarkdown(summary, saved));
	runner.info(`modgate: ${summary.modules} modules, ${summary.bytesFromStore} bytes from the store, ${summary.bytesFromUpstream} bytes from upstream, ${summary.retriesSurvived} retries survived, ${summary.seconds.toFixed(1)} s; save: ${saved.state}${"why" in saved ? ` (${saved.why})` : ""}`);
	if (summary.unverifiedModcache > 0) runner.warning(`modgate: ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and were verified by nobody in this job; set cache: false in the step that uses actions/setup-go`);
	for (const finding of summary.findings) {
		const told = `modgate: ${inWords(finding)}`;
		if (finding.level === "error") runner.error(told);
		else runner.warning(told);
	}
	for (const warning of summary.warnings) runner.warning(`modgate: ${warning}`);
}
export { COMMANDS, InputError, begin, captureLog, checkStep, finish, loadCheckInputs, loadInputs, parseCacheRequest, performCacheOperation, restoreEnvironment, runnerOf, withHidden };
