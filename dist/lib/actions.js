import { ConfigError, credentialsIn, envOverrides, loadConfig, splitStores } from "./config.js";
import { SessionError, platformOf, redactorOfEnv, startSession } from "./session.js";
import { isSecretEnv, oneLineForRunner } from "./platform.js";
import { appendFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
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
	"build-cache",
	"on-failure",
	"modcache",
	"prefetch",
	"upstream",
	"token",
	"audit-store",
	"audit-required",
	"audit-token"
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
	const { "on-failure": onFailure, "build-cache": buildCache, "audit-store": auditStore, "audit-required": auditRequired, "audit-token": auditToken, command = "start", store, ...rest } = checkInputs(given);
	const all = {
		...rest,
		store: store === void 0 ? void 0 : splitStores(store),
		onFailure,
		buildCache,
		auditStore,
		auditRequired,
		auditToken
	};
	return {
		command,
		...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== void 0))
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
		const { command: _, auditToken, token, ...flags } = inputs;
		for (const secret of [auditToken, token]) if (secret !== void 0) runner.mask(secret);
		const started = await startSession({
			env,
			cwd,
			flags,
			log: (line) => runner.info(line),
			...auditToken === void 0 ? {} : { auditToken },
			...token === void 0 ? {} : { token }
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
		if (error instanceof SessionError && (error.code === "policy" || error.code === "audit")) {
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
// src/actions/job-context.ts
/**
* The runner tells an action only in expressions which check run and which leg of a matrix its job is: two inputs
* whose defaults are those expressions bring them along, and the platform finds them as variables.
*/
function withJobContext(env) {
	const given = {
		MODGATE_CHECK_RUN_ID: env["INPUT_CHECK-RUN-ID"]?.trim(),
		MODGATE_JOB_MATRIX: env.INPUT_MATRIX?.trim()
	};
	return {
		...env,
		...Object.fromEntries(Object.entries(given).filter(([, value]) => value))
	};
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
* loading that takes longer than everything else on the way to the job's environment. What it is told for the log and
* the job's page it says without the secrets of that environment: the runner itself masks those of the repository alone.
*/
function runnerOf(env, print) {
	const { redact } = redactorOfEnv(env, isSecretEnv);
	const append = (file, text) => {
		const path = env[file];
		if (!path) throw new Error(`${file} is not set: an action of modgate works on a GitHub runner or act only`);
		appendFileSync(path, text, { encoding: "utf8" });
	};
	const entry = (name, value) => fileEntry(name, value, `modgate_${randomUUID()}`);
	const command = (name) => (line, place) => print(`::${name}${place === void 0 ? "" : placeText(place)}::${commandData(oneLineForRunner(redact(line)))}`);
	return {
		exportVariable: (name, value) => append("GITHUB_ENV", entry(name, value)),
		setOutput: (name, value) => append("GITHUB_OUTPUT", entry(name, value)),
		saveState: (name, value) => append("GITHUB_STATE", entry(name, value)),
		addSummary(markdown) {
			if (env.GITHUB_STEP_SUMMARY) append("GITHUB_STEP_SUMMARY", redact(markdown));
		},
		mask: (secret) => print(`::add-mask::${commandData(secret)}`),
		info: (line) => print(oneLineForRunner(redact(line))),
		warning: command("warning"),
		error: command("error"),
		raw: (text) => {
			if (text !== "") print(redact(text).replace(/\n$/, ""));
		},
		harmless: oneLineForRunner
	};
}
export { COMMANDS, FINISHED_FILE, InputError, REPLACED_FILE, begin, loadInputs, runnerOf, withJobContext };
