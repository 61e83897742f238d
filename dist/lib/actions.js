import { ConfigError, credentialsIn, envOverrides, loadConfig } from "./config.js";
import { SessionError, VERSION, platformOf, startSession } from "./session.js";
import { detectPlatform, oneLine, oneLineForRunner, reviewOf, systemProbe } from "./platform.js";
import { commentMarker, publishReport, runCheck, writeWhole } from "./check.js";
import { render } from "./report.js";
import { appendFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { rm, stat, writeFile } from "node:fs/promises";
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
		const from = restore?.entries === 1 ? "one entry" : `${restore?.entries ?? 0} entries`;
		return `Shared cache: restored ${restore?.adopted ?? 0} module versions (${formatBytes(restore?.bytes ?? 0)} from ${from}) in ${seconds} s.`;
	}
	if (state === "miss") return "Shared cache: no entry yet.";
	const why = restore?.why ? ` (${markdownText(restore.why)})` : "";
	return state === "failed" ? `Shared cache: not restored${why}.` : `Shared cache: not used${why}.`;
}
function saveText(save) {
	if (save.state === "saved") return `Saved for later jobs: ${save.modules} module versions, of which an entry of ${formatBytes(save.bytes)} is new.`;
	if (save.state === "unchanged") return `Nothing new to save: the shared cache has all of these ${save.modules} module versions.`;
	if (save.state === "skipped") return `Not saved for later jobs: ${markdownText(save.why)}.`;
	return `⚠️ Not saved for later jobs: ${markdownText(save.why)}; ${markdownText(save.lost)}.`;
}
export { COMMANDS, FINISHED_FILE, InputError, REPLACED_FILE, begin, checkStep, formatBytes, loadCheckInputs, loadInputs, runnerOf, summaryMarkdown };
