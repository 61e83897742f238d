import { ConfigError, MODCACHE, didYouMean } from "./config.js";
import { SessionError, VERSION, closingTable, fails, formatEnvironment, isUndelivered, redactorOfEnv, runCommand, startSession, stopSession, summarize } from "./session.js";
import { BucketError, ExportError, ImportError, StoreError } from "./store.js";
import { DeliveryError, RawError } from "./audit.js";
import { CollectorError, IndexError } from "./collector.js";
import { isSecretEnv, oneLine } from "./platform.js";
import { CheckError, GitError, KeepListError } from "./check.js";
import { PolicyError } from "./policy.js";
import { parseArgs } from "node:util";
// src/cli/node-version.ts
/** Oldest Node that has everything we use. */
const NEEDED = [22, 19];
/** Undefined when this Node will do, else what to tell the user. */
function checkNode(version) {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return major > NEEDED[0] || major === NEEDED[0] && minor >= NEEDED[1] ? void 0 : `modgate needs Node ${NEEDED.join(".")} or newer, and this is ${version}; install a newer Node (actions/setup-node, a node:24 image) and run it again`;
}
// src/cli/say.ts
let redact;
/** Messages of a verb go to stderr, one harmless line each, without the secrets of the environment. */
function say(line) {
	redact ??= redactorOfEnv(process.env, isSecretEnv).redact;
	process.stderr.write(`modgate: ${oneLine(redact(line))}\n`);
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
const USAGE$1 = /* @__PURE__ */ new Set([
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
/** The URL of the bucket is wrong, as opposed to a service or credentials that fail. */
const WRONG_BUCKET = /* @__PURE__ */ new Set([
	"invalid",
	"no-bucket",
	"wrong-region"
]);
/** What is asked or configured is wrong, as opposed to a store that fails. */
const WRONG_QUESTION = /* @__PURE__ */ new Set([
	"settings",
	"question",
	"refused"
]);
/** A file that is not what its manifest says is a finding, an archive that cannot be read on is broken. */
const EXPORT_CODES = {
	"not-an-export": EXIT.usage,
	"in-the-way": EXIT.usage,
	"other-manifest": EXIT.findings,
	changed: EXIT.findings,
	damaged: EXIT.findings,
	"too-large": EXIT.findings,
	unsteady: EXIT.internal,
	cancelled: EXIT.internal
};
/** The one place that turns an error into an exit code. */
function exitCodeOf(error) {
	if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
	if (error instanceof DeliveryError) return error.code === "target" ? EXIT.usage : EXIT.incomplete;
	if (error instanceof CollectorError) return WRONG_QUESTION.has(error.code) ? EXIT.usage : EXIT.internal;
	if (error instanceof IndexError) return error.code === "cursor" || error.code === "no-such-job" ? EXIT.usage : EXIT.internal;
	if (error instanceof CheckError) return error.code === "io" ? EXIT.internal : EXIT.usage;
	if (error instanceof PolicyError) return error.code === "baseline-invalid" ? EXIT.usage : EXIT.internal;
	if (error instanceof KeepListError) return EXIT.incomplete;
	if (error instanceof ImportError) return EXIT.usage;
	if (error instanceof BucketError) return WRONG_BUCKET.has(error.code) ? EXIT.usage : EXIT.internal;
	if (error instanceof ExportError) return EXPORT_CODES[error.code];
	if (error instanceof StoreError) return WRONG_STORE.has(error.code) ? EXIT.usage : EXIT.internal;
	if (error instanceof SessionError) {
		if (error.code === "policy") return EXIT.findings;
		if (error.code === "policy-unavailable" || error.code === "audit") return EXIT.incomplete;
		return USAGE$1.has(error.code) ? EXIT.usage : EXIT.internal;
	}
	return EXIT.internal;
}
/** What the user reads. A stack only for what we did not foresee. */
function wordsOf(error) {
	if (error instanceof UsageError || error instanceof BucketError || error instanceof ConfigError || error instanceof CheckError || error instanceof CollectorError || error instanceof DeliveryError || error instanceof IndexError || error instanceof RawError || error instanceof GitError || error instanceof ExportError || error instanceof ImportError || error instanceof KeepListError || error instanceof PolicyError || error instanceof SessionError || error instanceof StoreError) return error.message;
	return error instanceof Error ? `internal error: ${error.stack ?? error.message}` : String(error);
}
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
		value: "STORE",
		multiple: true,
		help: "directory of the module store, s3://bucket/prefix or auto; repeatable, read in that order"
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
	"build-cache": {
		type: "boolean",
		help: "later jobs get what this one compiled, which nobody can verify (GitLab; off)"
	},
	"audit-store": {
		type: "string",
		value: "URL",
		help: "where the audit records go: URL of a collector, a directory, gitlab-package: or artifact"
	},
	"audit-required": {
		type: "boolean",
		help: "records that cannot be delivered are a failure (exit code 4)"
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
		store: storeOf(values.store),
		upstream: values.upstream,
		onFailure: oneOf("on-failure", ["fail", "fallback"]),
		prefetch: number("prefetch", 64),
		modcache: oneOf("modcache", MODCACHE),
		save: oneOf("save", [
			"auto",
			"always",
			"never"
		]),
		buildCache: values["build-cache"],
		auditStore: text("audit-store"),
		auditRequired: values["audit-required"],
		listen: text("listen"),
		owner: number("owner", 2 ** 31)
	};
	return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== void 0));
}
/** What `--store` said, once or several times; once is a text, as it is in a file. */
function storeOf(value) {
	if (!Array.isArray(value)) return void 0;
	return value.length === 1 ? value[0] : value;
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
		about: "the module store: stats, verify, prune, import, export",
		load: async () => (await import("./lazy/cli-cache.js")).cache
	},
	audit: {
		about: "the audit records: who brought in a module, where it is used, what was refused; prove a store",
		load: async () => (await import("./lazy/cli-audit.js")).audit
	},
	serve: {
		about: "the audit store of many jobs",
		load: async () => (await import("./lazy/cli-serve.js")).serve
	},
	doctor: {
		about: "try hosts, credentials, store and settings, and say how to mend what does not work",
		load: async () => (await import("./lazy/cli-doctor.js")).doctor
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
	const summary = await summarize(sessionDir);
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
	if (stopped.summary.buildCache !== void 0) {
		const { leaveBuilds } = await import("./lazy/session-build-leave.js");
		const left = await leaveBuilds(stopped.sessionDir, Date.now());
		if (left !== void 0) say(`build cache: ${left}`);
	}
	for (const warning of stopped.summary.warnings) say(`warning: ${warning}`);
	process.stdout.write(format === "json" ? `${JSON.stringify(stopped.summary)}\n` : closingTable(stopped.summary, stopped.modcacheAdvice));
	const { findings, audit } = stopped.summary;
	if (fails(findings)) return EXIT.findings;
	return audit !== void 0 && isUndelivered(audit) ? EXIT.incomplete : EXIT.ok;
};
export { EXIT, SESSION_OPTIONS, UsageError, checkNode, main, parseVerb, run, say, start, startFlags, stop, storeOf, verbHelp };
