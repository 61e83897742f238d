import { gitSettingsIn } from "./platform.js";
import { spawn } from "node:child_process";
// src/check/errors.ts
/** The check could not be made. The message says what happened, where, why and what to do. */
var CheckError = class extends Error {
	name = "CheckError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
/** The modules of a ref could not be told. Nothing must be removed then: they might be among it. */
var KeepListError = class extends Error {
	name = "KeepListError";
	code = "keep-list";
};
// src/check/git/command.ts
/** A git command that did not do what was asked. `detail` is git's own last words, on one line, bounded. */
var GitError = class extends Error {
	name = "GitError";
	code;
	detail;
	constructor(code, message, detail = "") {
		super(message);
		this.code = code;
		this.detail = detail;
	}
};
/**
* What points git somewhere else than to its directory, makes it write traces, or runs programs. What is about
* the network (proxies, certificates, ssh, credentials) stays.
*/
const DROPPED = /^GIT_(DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|CEILING_DIRECTORIES|EXTERNAL_DIFF|PAGER|EDITOR|TEMPLATE_DIR|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|QUARANTINE_PATH|ATTR_SOURCE|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS|ICASE_PATHSPECS|FLUSH|REDIRECT_.*|TRACE.*|CURL_VERBOSE|CONFIG_COUNT|CONFIG_(KEY|VALUE)_\d+)$/;
const FIXED_ARGS = [
	"core.fsmonitor=false",
	"core.hooksPath=/dev/null",
	"core.pager=",
	"core.preloadIndex=true",
	"protocol.ext.allow=never",
	"submodule.recurse=false",
	"fetch.recurseSubmodules=false",
	"fetch.writeCommitGraph=false",
	"gc.auto=0",
	"maintenance.auto=false",
	"advice.detachedHead=false"
].flatMap((setting) => ["-c", setting]);
function gitIn(dir, env) {
	return makeGit(dir, env, gitSettingsIn(env));
}
function makeGit(dir, env, config) {
	const childEnv = environment(env, config);
	return {
		dir,
		run: (args, options = {}) => runGit(dir, args, childEnv, options),
		async ask(args) {
			try {
				return (await runGit(dir, args, childEnv, {})).toString("utf8").replace(/\r?\n$/, "");
			} catch (error) {
				if (error instanceof GitError && error.code === "failed") return void 0;
				throw error;
			}
		},
		with: (more) => makeGit(dir, env, [...config, ...more])
	};
}
function environment(env, config) {
	const out = {};
	for (const [name, value] of Object.entries(env)) if (value !== void 0 && !DROPPED.test(name.toUpperCase())) out[name] = value;
	config.forEach(([key, value], i) => {
		out[`GIT_CONFIG_KEY_${i}`] = key;
		out[`GIT_CONFIG_VALUE_${i}`] = value;
	});
	return {
		...out,
		GIT_CONFIG_COUNT: String(config.length),
		GIT_OPTIONAL_LOCKS: "0",
		GIT_TERMINAL_PROMPT: "0",
		GCM_INTERACTIVE: "never",
		GIT_NO_REPLACE_OBJECTS: "1",
		GIT_NO_LAZY_FETCH: "1",
		LC_ALL: "C",
		LANGUAGE: "C"
	};
}
function runGit(dir, args, env, { input, maxBytes = 256 * 2 ** 20, timeoutMs = 6e4 }) {
	const what = `git ${args.find((arg) => !arg.startsWith("-")) ?? ""}`.trim();
	return new Promise((resolve, reject) => {
		const child = spawn("git", [...FIXED_ARGS, ...args], {
			cwd: dir,
			env,
			stdio: [
				input === void 0 ? "ignore" : "pipe",
				"pipe",
				"pipe"
			],
			windowsHide: true
		});
		const chunks = [];
		let size = 0;
		let stderr = "";
		const end = (error) => {
			clearTimeout(timer);
			child.kill("SIGKILL");
			child.stdout?.destroy();
			child.stderr?.destroy();
			reject(error);
		};
		const timer = setTimeout(() => end(new GitError("timeout", `${what} took longer than ${timeoutMs / 1e3} s and was ended`, lastWords(stderr))), timeoutMs);
		child.stdout?.on("data", (chunk) => {
			size += chunk.length;
			if (size > maxBytes) end(new GitError("too-much", `${what} printed more than ${maxBytes} bytes and was ended`));
			else chunks.push(chunk);
		});
		child.stderr?.setEncoding("utf8").on("data", (text) => {
			stderr = (stderr + text).slice(-16384);
		});
		child.stdin?.on("error", () => {});
		child.stdin?.end(input);
		child.on("error", (error) => {
			const missing = error.code === "ENOENT";
			end(new GitError(missing ? "missing" : "failed", missing ? "there is no git on PATH" : `git cannot be started: ${error.message}`));
		});
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			if (code === 0) return resolve(Buffer.concat(chunks));
			const detail = lastWords(stderr);
			if (signal !== null) return reject(new GitError("killed", `${what} was ended by ${signal}`, detail));
			reject(new GitError("failed", `${what} failed: ${detail || `exit code ${code}`}`, detail));
		});
	});
}
/** Git's error lines in one, without credentials that a URL in them may hold. */
function lastWords(stderr) {
	const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("hint:"));
	const errors = lines.filter((line) => /^(?:fatal|error|remote|ssh|warning):/i.test(line));
	return (errors.length > 0 ? errors : lines).slice(-3).join("; ").replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, "$1").slice(0, 500);
}
export { CheckError, GitError, KeepListError, gitIn };
