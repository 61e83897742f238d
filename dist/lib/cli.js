import { StoreError } from "./store.js";
import { ConfigError, MODCACHE, didYouMean } from "./config.js";
import { SessionError, VERSION, closingTable, fails, formatEnvironment, runCommand, startSession, stopSession, summarize } from "./session.js";
import { detectPlatform, oneLine, systemProbe } from "./platform.js";
import { CheckError, GitError, runCheck, writeWhole } from "./check.js";
import { PolicyError } from "./policy.js";
import { parseArgs } from "node:util";
import { isAbsolute, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
// src/cli/node-version.ts
/** Oldest Node that has everything we use. */
const NEEDED = [22, 19];
/** Undefined when this Node will do, else what to tell the user. */
function checkNode(version) {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return major > NEEDED[0] || major === NEEDED[0] && minor >= NEEDED[1] ? void 0 : `modgate needs Node ${NEEDED.join(".")} or newer, and this is ${version}; install a newer Node (actions/setup-node, a node:24 image) and run it again`;
}
// src/cli/errors.ts
/** The command line is wrong. */
var UsageError = class extends Error {
	name = "UsageError";
};
/** Exit codes of the contract. */
const EXIT = {
	ok: 0,
	findings: 1,
	usage: 2,
	internal: 3,
	incomplete: 4
};
const USAGE$2 = /* @__PURE__ */ new Set([
	"usage",
	"config",
	"command-not-found"
]);
/** The directory that was named is none that can be worked on. */
const WRONG_STORE = /* @__PURE__ */ new Set([
	"store-missing",
	"store-foreign",
	"store-not-a-directory"
]);
/** The one place that turns an error into an exit code. */
function exitCodeOf(error) {
	if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
	if (error instanceof CheckError) return error.code === "io" ? EXIT.internal : EXIT.usage;
	if (error instanceof PolicyError) return error.code === "baseline-invalid" ? EXIT.usage : EXIT.internal;
	if (error instanceof StoreError) return WRONG_STORE.has(error.code) ? EXIT.usage : EXIT.internal;
	if (error instanceof SessionError) {
		if (error.code === "policy") return EXIT.findings;
		if (error.code === "policy-unavailable") return EXIT.incomplete;
		return USAGE$2.has(error.code) ? EXIT.usage : EXIT.internal;
	}
	return EXIT.internal;
}
/** What the user reads. A stack only for what we did not foresee. */
function wordsOf(error) {
	if (error instanceof UsageError || error instanceof ConfigError || error instanceof CheckError || error instanceof GitError || error instanceof PolicyError || error instanceof SessionError || error instanceof StoreError) return error.message;
	return error instanceof Error ? `internal error: ${error.stack ?? error.message}` : String(error);
}
// src/cli/cache-prune.ts
const cachePrune = async () => {
	throw new UsageError("modgate cache prune is not in this version");
};
// src/cli/cache-stats.ts
const cacheStats = async () => {
	throw new UsageError("modgate cache stats is not in this version");
};
// src/cli/cache-verify.ts
const cacheVerify = async () => {
	throw new UsageError("modgate cache verify is not in this version");
};
// src/cli/cache.ts
/** Loaded when asked for, as the verbs themselves are. */
const PARTS = {
	prune: {
		about: "remove what was unused for long, is too old or too much; safe beside running jobs",
		load: async () => (await import("./lazy/cli-cache-prune.js")).cachePrune
	},
	verify: {
		about: "hash every file again and compare",
		load: async () => (await import("./lazy/cli-cache-verify.js")).cacheVerify
	},
	stats: {
		about: "tell how large the store is, of what it is made, and how it is used",
		load: async () => (await import("./lazy/cli-cache-stats.js")).cacheStats
	}
};
const NAMES = Object.keys(PARTS).join("|");
const HELP$1 = `usage: modgate cache ${NAMES} [DIR] [options]

The module store: a directory that jobs share.

${Object.entries(PARTS).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`).join("\n")}

modgate cache ${NAMES} --help tells the options of each.
`;
const cache = async (args) => {
	const [name, ...rest] = args;
	if (name === "--help" || name === "-h") {
		process.stdout.write(HELP$1);
		return EXIT.ok;
	}
	const part = name !== void 0 && Object.hasOwn(PARTS, name) ? PARTS[name] : void 0;
	if (part === void 0) {
		const near = name === void 0 ? void 0 : didYouMean(name, Object.keys(PARTS));
		throw new UsageError(`${name === void 0 ? "cache wants to know what" : `cache cannot "${oneLine(name)}"`}${near === void 0 ? "" : `; did you mean ${near}?`}\nusage: modgate cache ${NAMES} [DIR] [options]`);
	}
	return await (await part.load())(rest);
};
// src/cli/options.ts
/** Parses the arguments of one verb. Throws UsageError that names the option and the nearest that exists. */
function parseVerb(verb, args, options) {
	const dashes = args.indexOf("--");
	const own = dashes < 0 ? args : args.slice(0, dashes);
	const rest = dashes < 0 ? void 0 : args.slice(dashes + 1);
	const config = {};
	for (const [name, option] of Object.entries(options)) config[name] = {
		type: option.type,
		...option.multiple === true ? { multiple: true } : {}
	};
	try {
		const { values, positionals } = parseArgs({
			args: [...own],
			options: config,
			allowPositionals: true,
			strict: true
		});
		return {
			values,
			positionals,
			rest
		};
	} catch (error) {
		throw new UsageError(`${explain(error, options)}\nsee: modgate ${verb} --help`);
	}
}
function explain(error, options) {
	const message = error instanceof Error ? error.message.split(". ", 1)[0] ?? "" : String(error);
	const wrong = /Unknown option '--([^']+)'/.exec(message)?.[1];
	if (wrong === void 0) return message;
	const near = didYouMean(wrong, Object.keys(options));
	return `unknown option --${wrong}${near === void 0 ? "" : `; did you mean --${near}?`}`;
}
/** The text of `modgate VERB --help`. */
function verbHelp(usage, about, options) {
	const rows = Object.entries(options).map(([name, { type, value, help }]) => [`  --${name}${type === "string" ? ` ${value ?? "VALUE"}` : ""}`, help]);
	const width = Math.max(0, ...rows.map(([left = ""]) => left.length));
	const lines = rows.map(([left = "", right = ""]) => `${left.padEnd(width)}  ${right}`);
	return `usage: ${usage}\n\n${about}\n${lines.length === 0 ? "" : `\n${lines.join("\n")}\n`}`;
}
// src/cli/say.ts
/** Messages of a verb go to stderr, one harmless line each. */
function say(line) {
	process.stderr.write(`modgate: ${oneLine(line)}\n`);
}
// src/cli/check.ts
/** As in report/render.ts, which is loaded when something is rendered. */
const FORMATS$1 = [
	"text",
	"json",
	"sarif",
	"codequality",
	"junit",
	"markdown",
	"github"
];
const OPTIONS$2 = {
	base: {
		type: "string",
		value: "REF",
		help: "judge what changed since REF, by the policy of REF (default in CI: the target of the pull or merge request)"
	},
	config: {
		type: "string",
		value: "FILE",
		help: "policy file (default .modgate.yaml or .github/modgate.yaml)"
	},
	floor: {
		type: "string",
		value: "FILE",
		help: "policy that the repository's own can only tighten: a file, or owner/repo/path@COMMIT"
	},
	format: {
		type: "string",
		value: "F[=PATH]",
		multiple: true,
		help: `${FORMATS$1.join(", ")}; with =PATH into that file; repeatable (default text)`
	},
	output: {
		type: "string",
		value: "FILE",
		help: "write the one --format to FILE instead of stdout"
	},
	level: {
		type: "string",
		value: "LEVEL",
		help: "error, warn or note: count no finding for more than that, and fail for none (to try a policy)"
	},
	comment: {
		type: "string",
		value: "auto|never",
		help: "auto: keep one comment on a pull or merge request that fails, with the token in MODGATE_NOTE_TOKEN (default never)"
	},
	"update-baseline": {
		type: "boolean",
		help: "accept what is found now; a baseline that is there already only shrinks"
	},
	"no-color": {
		type: "boolean",
		help: "no colours"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE$1 = "modgate check [DIR] [options]";
const ABOUT$1 = `Judges the go.mod, go.work, go.sum and vendor/modules.txt files that git tracks in DIR (default: here), and
files that set variables of go, by the policy. Runs no code of the repository and no go.

Exit code: 0 nothing to object to, 1 a new finding of the level that fails, 2 the options or a policy file cannot be
used, 3 internal or I/O error, 4 the base of a change could not be had and everything was checked instead.`;
const check = async (args) => {
	const { values, positionals, rest } = parseVerb("check", args, OPTIONS$2);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$1, ABOUT$1, OPTIONS$2));
		return EXIT.ok;
	}
	if (positionals.length > 1 || rest !== void 0) throw new UsageError(`check takes one directory\nusage: ${USAGE$1}`);
	const text = (name) => values[name];
	const wanted = outputs(values.format ?? [], text("output"));
	const cap = level(text("level"));
	const comment = text("comment") ?? "never";
	if (comment !== "auto" && comment !== "never") throw new UsageError(`--comment wants auto or never, not ${JSON.stringify(comment)}`);
	setFlagsFromString("--semi-space-growth-factor=1");
	const cwd = process.cwd();
	const { env } = process;
	const platform = detectPlatform(env, systemProbe(cwd));
	const outcome = await runCheck({
		dir: resolve(cwd, positionals[0] ?? "."),
		cwd,
		env,
		platform,
		...given("base", text("base")),
		...given("config", text("config")),
		...given("floor", text("floor")),
		...given("cap", cap),
		...values["update-baseline"] === true ? { updateBaseline: true } : {},
		...given("token", env.MODGATE_TOKEN || env.GITHUB_TOKEN || env.CI_JOB_TOKEN || void 0),
		now: /* @__PURE__ */ new Date(),
		log: say
	});
	await write(outcome, wanted, platform, values["no-color"] === true);
	if (comment === "auto") await publish(outcome, platform);
	return outcome.exitCode;
};
async function publish({ report }, platform) {
	const { env } = process;
	const { reviewOf } = await import("./lazy/platform-review.js");
	const { commentMarker, publishReport } = await import("./lazy/check-comments-publish.js");
	const result = await publishReport(report, {
		review: reviewOf(env, platform),
		env,
		token: env.MODGATE_NOTE_TOKEN,
		marker: commentMarker(env.CI_JOB_NAME ?? env.GITHUB_JOB ?? "")
	});
	if (result !== void 0) say(`${result.problem ? "warning: " : ""}${result.text}`);
}
function given(key, value) {
	return value === void 0 ? {} : { [key]: value };
}
function outputs(formats, output) {
	const wanted = (formats.length === 0 ? ["text"] : formats).map((entry) => {
		const equals = entry.indexOf("=");
		const name = equals < 0 ? entry : entry.slice(0, equals);
		const format = FORMATS$1.find((known) => known === name);
		if (format === void 0) throw new UsageError(`--format wants ${FORMATS$1.join(", ")}, not ${JSON.stringify(name)}`);
		const path = equals < 0 ? void 0 : entry.slice(equals + 1);
		if (path === "") throw new UsageError(`--format ${name}= wants a file name behind the sign`);
		return {
			format,
			path
		};
	});
	const toStdout = wanted.filter(({ path }) => path === void 0);
	if (output === void 0) {
		if (toStdout.length > 1) throw new UsageError("only one --format can go to stdout; write the others to files: --format sarif=FILE");
		return wanted;
	}
	const [only] = toStdout;
	if (output === "" || only === void 0 || toStdout.length > 1) throw new UsageError("--output names the file of one --format; write several as --format sarif=FILE");
	return wanted.map((entry) => entry === only ? {
		...entry,
		path: output
	} : entry);
}
function level(name) {
	if (name === void 0) return void 0;
	const found = {
		error: "error",
		warning: "warning",
		warn: "warning",
		note: "note"
	};
	if (!Object.hasOwn(found, name)) throw new UsageError(`--level wants error, warn or note, not ${JSON.stringify(name)}`);
	return found[name];
}
async function write(outcome, wanted, platform, plain) {
	const { render } = await import("./lazy/report-render.js");
	const { report, source } = outcome;
	let failure;
	for (const { format, path } of wanted) {
		const color = path === void 0 && !plain && wantsColor();
		const width = path === void 0 ? process.stdout.columns : void 0;
		const { text, cut } = render(format, report, {
			color,
			source,
			...width === void 0 ? {} : { width },
			...path === void 0 ? { escape: platform.escapeLog } : {}
		});
		if (cut !== void 0) say(`${path ?? format}: ${cut}`);
		if (path === void 0) process.stdout.write(text);
		else try {
			await writeWhole(isAbsolute(path) ? path : resolve(path), text);
		} catch (error) {
			failure ??= error;
		}
	}
	if (!wanted.some(({ format, path }) => path === void 0 && (format === "text" || format === "github"))) {
		for (const { level: kind, text } of report.notices) if (kind === "warning") say(`warning: ${text}`);
	}
	if (failure !== void 0) throw failure;
}
function wantsColor() {
	const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
	if (NO_COLOR) return false;
	if (FORCE_COLOR && FORCE_COLOR !== "0") return true;
	return process.stdout.isTTY === true && TERM !== "dumb";
}
// src/cli/session-options.ts
/** Options that `run` and `start` share. */
const SESSION_OPTIONS = {
	config: {
		type: "string",
		value: "FILE",
		help: "configuration file (default .modgate.yaml or .github/modgate.yaml)"
	},
	store: {
		type: "string",
		value: "DIR",
		help: "directory of the module store"
	},
	upstream: {
		type: "string",
		value: "URL",
		multiple: true,
		help: "module proxy to fetch from, repeatable (default: what go env GOPROXY says)"
	},
	"on-failure": {
		type: "string",
		value: "fail|fallback",
		help: "fail: go uses only modgate; fallback: when modgate dies, go goes on with its own GOPROXY"
	},
	prefetch: {
		type: "string",
		value: "N",
		help: "files fetched ahead at once, 0 to 64 (default 32)"
	},
	modcache: {
		type: "string",
		value: "inherit|verify|isolated",
		help: "verify: compare what GOMODCACHE holds with go.sum; isolated: one of its own, so that every module is asked for"
	},
	save: {
		type: "string",
		value: "auto|always|never",
		help: "whether later jobs get what this one fetched (auto: from trusted branches only)"
	},
	listen: {
		type: "string",
		value: "HOST:PORT",
		help: "address to listen on (default: a free port of 127.0.0.1)"
	},
	owner: {
		type: "string",
		value: "PID",
		help: "end the session when this process ends (in a shell: $$)"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
/** Turns parsed options into flags; throws UsageError for values that cannot be. */
function startFlags(values) {
	const text = (name) => values[name];
	const oneOf = (name, allowed) => {
		const value = text(name);
		if (value === void 0) return void 0;
		if (!allowed.includes(value)) throw new UsageError(`--${name} wants ${allowed.join(" or ")}, not "${value}"`);
		return value;
	};
	const number = (name, max) => {
		const value = text(name);
		if (value === void 0) return void 0;
		if (!/^\d{1,10}$/.test(value) || Number(value) > max) throw new UsageError(`--${name} wants a whole number from 0 to ${max}, not "${value}"`);
		return Number(value);
	};
	const flags = {
		config: text("config"),
		store: text("store"),
		upstream: values.upstream,
		onFailure: oneOf("on-failure", ["fail", "fallback"]),
		prefetch: number("prefetch", 64),
		modcache: oneOf("modcache", MODCACHE),
		save: oneOf("save", [
			"auto",
			"always",
			"never"
		]),
		listen: text("listen"),
		owner: number("owner", 2 ** 31)
	};
	return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== void 0));
}
// src/cli/modgate.ts
/** Loaded when asked for: `start` must not pay for the rest. */
const VERBS = {
	run: {
		about: "start a session, run a command in it, finish",
		load: async () => (await import("./lazy/cli-run.js")).run
	},
	start: {
		about: "start a session and print its environment",
		load: async () => (await import("./lazy/cli-start.js")).start
	},
	stop: {
		about: "end the session and sum it up",
		load: async () => (await import("./lazy/cli-stop.js")).stop
	},
	check: {
		about: "judge go.mod files by the policy: a tree, or what a change brings",
		load: async () => (await import("./lazy/cli-check.js")).check
	},
	cache: {
		about: "the module store: prune, verify, stats",
		load: async () => (await import("./lazy/cli-cache.js")).cache
	},
	config: {
		about: "check, explain and describe the configuration",
		load: async () => (await import("./lazy/cli-config.js")).config
	}
};
const HELP = `modgate ${VERSION}: an in-job Go module proxy with a shared, verified store

usage: modgate VERB [options]

${Object.entries(VERBS).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`).join("\n")}

modgate VERB --help tells the options of a verb.
`;
/** Runs one command line; resolves with the exit code and never rejects. */
async function main(args) {
	const [name, ...rest] = args;
	try {
		if (name === void 0 || name === "help" || name === "--help" || name === "-h") {
			(name === void 0 ? process.stderr : process.stdout).write(HELP);
			return name === void 0 ? EXIT.usage : EXIT.ok;
		}
		if (name === "version" || name === "--version") {
			process.stdout.write(`${VERSION}\n`);
			return EXIT.ok;
		}
		const verb = VERBS[name];
		if (verb === void 0) {
			const near = didYouMean(name, Object.keys(VERBS));
			throw new UsageError(`there is no verb "${oneLine(name)}"${near === void 0 ? "" : `; did you mean ${near}?`}\nsee: modgate --help`);
		}
		return await (await verb.load())(rest);
	} catch (error) {
		for (const line of wordsOf(error).split("\n")) say(line);
		return exitCodeOf(error);
	}
}
// src/cli/run.ts
const USAGE = "modgate run [options] -- COMMAND [ARGS...]";
const run = async (args) => {
	const { values, positionals, rest } = parseVerb("run", args, SESSION_OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE, `Runs COMMAND with the module proxy around it. The exit code is that of COMMAND, 128 + n when signal n ended
it; before COMMAND runs: 2 when the options, the configuration or COMMAND cannot be used, 3 when the proxy
cannot start.`, SESSION_OPTIONS));
		return EXIT.ok;
	}
	if (positionals.length > 0 || rest === void 0 || rest.length === 0) throw new UsageError(`the command goes after --, like: modgate run -- go build ./...\nusage: ${USAGE}`);
	return await runCommand({
		env: process.env,
		cwd: process.cwd(),
		flags: startFlags(values),
		command: rest,
		log: say
	});
};
// src/cli/start.ts
const FORMATS = [
	"shell",
	"dotenv",
	"json",
	"github"
];
const OPTIONS$1 = {
	...SESSION_OPTIONS,
	format: {
		type: "string",
		value: FORMATS.join("|"),
		help: "how the environment is printed (default shell)"
	},
	foreground: {
		type: "boolean",
		help: "stay, and end by a signal; checkout and store may appear later (for the container of a CI service)"
	}
};
const ABOUT = `Starts the module proxy of this job, or finds the one that runs, and prints the environment for go:
  eval "$(modgate start --owner $$)"        in a shell
  modgate start --format github >> "$GITHUB_ENV"
  MODGATE_SECRET=<32 hex digits> modgate start --foreground --listen 0.0.0.0:8080`;
const start = async (args) => {
	const { values, positionals, rest } = parseVerb("start", args, OPTIONS$1);
	if (values.help === true) {
		process.stdout.write(verbHelp("modgate start [options]", ABOUT, OPTIONS$1));
		return EXIT.ok;
	}
	if (positionals.length > 0 || rest !== void 0) throw new UsageError("start takes no command; use modgate run -- COMMAND, or start, then COMMAND, then stop");
	const format = values.format ?? "shell";
	if (!FORMATS.includes(format)) throw new UsageError(`--format wants ${FORMATS.join(", ")}, not "${format}"`);
	const foreground = values.foreground === true;
	const request = {
		env: process.env,
		cwd: process.cwd(),
		flags: startFlags(values),
		log: say
	};
	const session = await startSession(foreground ? {
		...request,
		foreground: sumUp
	} : request);
	for (const warning of session.warnings) say(`warning: ${warning}`);
	if (!foreground || values.listen === void 0) process.stdout.write(formatEnvironment(session.env, format));
	return EXIT.ok;
};
async function sumUp(sessionDir) {
	const summary = await summarize(sessionDir, { goModCache: void 0 });
	if (summary !== void 0) process.stderr.write(closingTable(summary));
}
// src/cli/stop.ts
const OPTIONS = {
	session: {
		type: "string",
		value: "DIR",
		help: "session directory (default: MODGATE_SESSION, else the one of this job)"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "how the summary is printed (default text)"
	},
	output: {
		type: "string",
		value: "FILE",
		help: "write the summary to FILE too, as JSON"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const stop = async (args) => {
	const { values, positionals, rest } = parseVerb("stop", args, OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp("modgate stop [options]", "Ends the session of this job, also when its proxy is dead, and sums it up.", OPTIONS));
		return EXIT.ok;
	}
	if (positionals.length > 0 || rest !== void 0) throw new UsageError("stop takes options only");
	const format = values.format ?? "text";
	if (format !== "text" && format !== "json") throw new UsageError(`--format wants text or json, not "${String(format)}"`);
	const session = values.session;
	const output = values.output;
	const stopped = await stopSession({
		env: process.env,
		cwd: process.cwd(),
		log: say,
		...session === void 0 ? {} : { session },
		...output === void 0 ? {} : { output }
	});
	if (stopped.summary === void 0) {
		say(`there is no session at ${stopped.sessionDir}; nothing to stop`);
		if (format === "json") process.stdout.write("null\n");
		return EXIT.ok;
	}
	for (const warning of stopped.summary.warnings) say(`warning: ${warning}`);
	process.stdout.write(format === "json" ? `${JSON.stringify(stopped.summary)}\n` : closingTable(stopped.summary, stopped.modcacheAdvice));
	return fails(stopped.summary.findings) ? EXIT.findings : EXIT.ok;
};
export { EXIT, SESSION_OPTIONS, UsageError, cache, cachePrune, cacheStats, cacheVerify, check, checkNode, main, parseVerb, run, say, start, startFlags, stop, verbHelp };
