import { EXIT, SESSION_OPTIONS, UsageError, parseVerb, say, startFlags, verbHelp } from "./cli.js";
import { AUDIT_TOKEN_ENV, CONFIG_FILES, ConfigError, didYouMean, envOverrides, formatProblem, loadConfig } from "./config.js";
import { VERSION, platformOf } from "./session.js";
import { RawError } from "./audit.js";
import { deliver, openRawDirectory, openTarget, recover } from "./audit-records.js";
import { CollectorError } from "./collector.js";
import { detectPlatform, oneLine, serverToken, systemProbe } from "./platform.js";
import { BatchFiles, findBatchFiles, isSession } from "./audit_zod.js";
import { verifyStore } from "./collector_zod.js";
import { NoteError } from "./tlog-records.js";
import { checkWaivers } from "./policy-later.js";
import { openObjects, readFloor, readPolicy, remoteFiles } from "./check-later.js";
import { explainConfig } from "./config-later.js";
import { deliverReport, progressLine, reportFile, reportFormat, settingsOf, storeTrust } from "./cli-later.js";
import { jsonSchema, ruleAbout } from "./config_zod.js";
import { resolve } from "node:path";
import { readFile, readdir } from "node:fs/promises";
// src/cli/audit-upload.ts
const OPTIONS$2 = {
	store: {
		type: "string",
		value: "URL|DIR",
		help: "where the batches go: a collector, a directory, gitlab-package: (default audit.store of the configuration)"
	},
	"token-env": {
		type: "string",
		value: "NAME",
		help: `variable that holds the token of the store (default audit.token-env, else ${AUDIT_TOKEN_ENV})`
	},
	delete: {
		type: "boolean",
		help: "remove files that the store has then; those of a session are removed without it"
	},
	patience: {
		type: "string",
		value: "SECONDS",
		help: "how long a store that is away is waited for, 0 to 86400 (default 60)"
	},
	config: {
		type: "string",
		value: "FILE",
		help: "configuration file (default .modgate.yaml or .github/modgate.yaml)"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "default text"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE$2 = "modgate audit upload [DIR|FILE ...] [options]";
const ABOUT$2 = `Sends batches of audit records that lie as files: what a session could not send (its directory, or the spool in it),
artifacts of jobs, raw objects of another store. Without an argument, what the session of this job left. A batch that
the store has already is sent again without any effect.

Exit code: 0 the store has everything, 2 the options or the configuration cannot be used, 3 files cannot be read,
4 something is left.`;
const auditUpload = async (args) => {
	const { values, positionals, rest } = parseVerb("audit upload", args, OPTIONS$2);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$2, ABOUT$2, OPTIONS$2));
		return EXIT.ok;
	}
	if (rest !== void 0) throw new UsageError(`audit upload takes directories and files\nusage: ${USAGE$2}`);
	const format = reportFormat(values.format);
	const patienceMs = patienceOf(values.patience);
	const target = await targetOf(values);
	const paths = positionals.length > 0 ? positionals.map((path) => resolve(path)) : [ownSession()];
	const files = (await Promise.all(paths.map((path) => filesAt(path, positionals.length > 0)))).flat();
	const progress = progressLine(process.stderr, process.env);
	let done = 0;
	const source = new BatchFiles(files, {
		remove: values.delete === true,
		onRefused: (file, refused) => {
			for (const { line, why } of refused) say(`warning: ${file}: line ${line} is no record: ${why}`);
		}
	});
	try {
		const delivered = await deliver(target, source, {
			patienceMs,
			onAck: () => progress.show(`${++done} of ${files.length} batches sent`),
			onRetry: (error) => say(`warning: ${error.message}`)
		});
		progress.end();
		tell(format, target, delivered, source);
		return delivered.left === 0 ? EXIT.ok : EXIT.incomplete;
	} finally {
		progress.end();
	}
};
function tell(format, target, delivered, source) {
	const { sent, records, duplicates, refusedLines, left, error } = delivered;
	const kept = source.kept();
	for (const { file, why } of kept) say(`error: ${file}: ${why}`);
	if (error !== void 0) say(`error: ${error.message}`);
	if (format === "json") {
		const told = {
			store: target.name,
			sent,
			records,
			duplicates,
			refused: refusedLines,
			left,
			kept
		};
		process.stdout.write(`${JSON.stringify({
			...told,
			...error ? { error: error.message } : {}
		})}\n`);
		return;
	}
	const had = duplicates === 0 ? "" : `, ${duplicates} of them were there already`;
	const lines = refusedLines === 0 ? "" : `; ${count(refusedLines, "line")} refused`;
	process.stdout.write(`${count(sent, "batch", "batches")} with ${count(records, "record")} sent to ${target.name}${had}${lines}; ${left} left\n`);
}
async function filesAt(path, named) {
	try {
		if (await isSession(path)) await warnOfUnsealed(path);
		return await findBatchFiles(path);
	} catch (error) {
		const { code, message } = error;
		if (code !== "ENOENT") throw new RawError("io", `the batches at ${path} cannot be read: ${message}; see to the rights on them`, { cause: error });
		if (named) throw new UsageError(`there is nothing at ${path}: name a directory or a file with batches`);
		say(`there is no session at ${path}; nothing to send`);
		return [];
	}
}
/** Records of a daemon that was killed are in no batch until somebody ends its session. */
async function warnOfUnsealed(sessionDir) {
	const { chain, unsealed } = await recover(sessionDir);
	if (chain.length === 0 || unsealed === 0 && chain.at(-1)?.phase === "close") return;
	say(`warning: the session in ${sessionDir} is not closed, and ${count(unsealed, "record")} of it ${unsealed === 1 ? "is" : "are"} in no batch yet; modgate stop --session ${sessionDir} ends it and sends them`);
}
function ownSession() {
	const { env } = process;
	return env.MODGATE_SESSION || platformOf(env, process.cwd()).sessionDir;
}
/** `--store`, else `audit.store` of the configuration; in a change that of its target branch, for a token goes there. */
async function targetOf(values) {
	const { env } = process;
	const cwd = process.cwd();
	const option = values.store;
	const settings = settingsOf(values);
	let store = option !== void 0 && /^[^:/\\]+$/.test(option) && option !== "artifact" ? `./${option}` : option;
	let tokenEnv = values["token-env"] ?? "MODGATE_AUDIT_TOKEN";
	if (store === void 0) {
		const { config } = await settings();
		store = config.audit.store ?? void 0;
		if (values["token-env"] === void 0) tokenEnv = config.audit["token-env"];
	}
	if (store === void 0) throw new UsageError("there is no audit store: name one with --store, or set audit.store in the configuration");
	if (store === "artifact") throw new UsageError("artifact is where files of a job wait; name the store that they are to go to");
	return openTarget(store, {
		env,
		cwd,
		version: VERSION,
		token: () => env[tokenEnv] || void 0,
		jobToken: () => env.CI_JOB_TOKEN || void 0,
		reportsDir: void 0,
		trust: storeTrust(store, settings)
	});
}
function patienceOf(value) {
	if (value === void 0) return 6e4;
	const seconds = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
	if (seconds <= 86400) return seconds * 1e3;
	throw new UsageError(`--patience wants a number of seconds from 0 to 86400, not ${JSON.stringify(value)}`);
}
function count(n, one, many = `${one}s`) {
	return `${n} ${n === 1 ? one : many}`;
}
// src/cli/audit-verify.ts
const OPTIONS$1 = {
	store: {
		type: "string",
		value: "DIR",
		help: "the same as the argument: directory of the audit store"
	},
	key: {
		type: "string",
		value: "KEY|FILE",
		multiple: true,
		help: "public key of the log, name+hash+base64, or a file with it; known from elsewhere than the store"
	},
	checkpoint: {
		type: "string",
		value: "FILE",
		multiple: true,
		help: "a checkpoint that was seen earlier, for example in the summary of a job; repeatable"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "default text"
	},
	output: {
		type: "string",
		value: "FILE",
		help: "write the report to FILE instead of stdout"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE$1 = "modgate audit verify DIR [--key KEY] [--checkpoint FILE] [options]";
const ABOUT$1 = `Proves an audit store from its files alone, offline: every batch lies there as it was taken, none is missing and none
was put in past the collector, the batches of each proxy are whole, and the signed log is the one that was shown before.
Nothing is written.

Exit code: 0 proven, 1 something is not as it was signed, 2 the options or the store cannot be used, 3 a file cannot be
read.`;
/** Longest file with a key or a checkpoint, bytes. */
const MAX_FILE = 65536;
/** `modgate audit verify`. */
const auditVerify = async (args) => {
	const { values, positionals, rest } = parseVerb("audit verify", args, OPTIONS$1);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$1, ABOUT$1, OPTIONS$1));
		return EXIT.ok;
	}
	const named = [...positionals, ...typeof values.store === "string" ? [values.store] : []];
	const [store] = named;
	if (!store || named.length > 1 || rest !== void 0) throw new UsageError(`audit verify wants one directory\nusage: ${USAGE$1}`);
	if (/^[a-z][a-z0-9+.-]+:\/\//i.test(store)) throw new UsageError(`audit verify reads files: give the directory of ${oneLine(store)}, or a copy of it with raw/ and log/`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const dir = resolve(store);
	await refuseForeign(dir);
	const keys = await Promise.all((values.key ?? []).map(keyOf));
	const checkpoints = await Promise.all((values.checkpoint ?? []).map(checkpointOf));
	const line = progressLine(process.stderr, process.env);
	const report = await verifyStore({
		dir,
		raw: openRawDirectory(dir),
		keys,
		checkpoints,
		onProgress: (batches) => line.show(`${batches} batches`)
	}).catch((error) => {
		if (error instanceof NoteError) throw new UsageError(`the key of the log is none: ${error.message}`);
		throw error;
	}).finally(() => line.end());
	const platform = detectPlatform(process.env, systemProbe(process.cwd()));
	const text = format === "json" ? `${JSON.stringify(report, void 0, 2)}\n` : verifyInWords(report);
	await deliverReport(text, format, output, platform);
	return report.ok ? EXIT.ok : EXIT.findings;
};
async function refuseForeign(dir) {
	const names = await readdir(dir).catch((error) => {
		throw new CollectorError("settings", `${dir} cannot be read: ${error.message}`);
	});
	if (names.includes("raw") || names.includes("log")) return;
	throw new CollectorError("settings", `${dir} is no audit store: there is no raw/ in it; name the directory of audit.store, or of --data of modgate serve`);
}
async function keyOf(text) {
	if (text.includes("+")) return text.trim();
	return (await smallFile(text)).toString("utf8").trim();
}
/** A checkpoint as it was copied out of a summary: indented, or with line ends of another system. */
async function checkpointOf(file) {
	const lines = (await smallFile(file)).toString("utf8").split(/\r?\n/);
	while (lines.at(-1)?.trim() === "") lines.pop();
	while (lines[0]?.trim() === "") lines.shift();
	return Buffer.from(`${lines.map((one) => one.trim()).join("\n")}\n`);
}
async function smallFile(file) {
	const bytes = await readFile(resolve(file)).catch((error) => {
		throw new UsageError(`${oneLine(file)} cannot be read: ${error.message}`);
	});
	if (bytes.length > MAX_FILE) throw new UsageError(`${oneLine(file)} has ${bytes.length} bytes: it is neither a key nor a checkpoint`);
	return bytes;
}
/** The report for people. */
function verifyInWords(report) {
	const { log, batches, records, gone, open, unsigned, checkpoints, deviations, deviationCount } = report;
	const lines = [];
	if (log === null) lines.push("no log: what lies here can be checked, and not whether something was taken away. modgate serve and modgate audit checkpoint keep a log");
	else {
		lines.push(`log ${log.origin}, ${log.size} lines signed at ${log.time}, root ${log.root}`);
		if (log.keyFrom === "store") lines.push("the key lies in the store itself: whoever could write there could have signed anything; give --key, and --checkpoint of a job");
		if (checkpoints > 0) lines.push(`${checkpoints} earlier checkpoints compared`);
	}
	lines.push(`${batches} batches with ${records} records read`);
	if (gone > 0) lines.push(`${gone} batches were deleted by the collector's retention, as the log says`);
	if (open > 0) lines.push(`${open} sessions have not closed: see modgate audit jobs`);
	if (unsigned > 0) lines.push(`${unsigned} batches came after the last checkpoint; the next one proves them`);
	for (const { rule, what, where, since } of deviations) lines.push(`${rule}: ${where}: ${what}${since === void 0 ? "" : ` (since ${since})`}`);
	if (deviationCount > deviations.length) lines.push(`and ${deviationCount - deviations.length} more`);
	lines.push(report.ok ? "everything is as it was signed" : `${deviationCount} ${deviationCount === 1 ? "thing is" : "things are"} not as it was signed: keep a copy of the store as it is now`);
	return `${lines.map(oneLine).join("\n")}\n`;
}
// src/cli/config.ts
const { listen: _, owner: __, help, ...OVERRIDES } = SESSION_OPTIONS;
const OPTIONS = {
	...OVERRIDES,
	floor: {
		type: "string",
		value: "FILE",
		help: "policy that the repository's own can only tighten: a file, or owner/repo/path@COMMIT"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "how the result is printed (default text)"
	},
	help
};
const USAGE = "modgate config validate [FILE] | explain [KEY] | schema [options]";
const ABOUT = `  validate [FILE]  say whether the configuration can be used, and all that is wrong with it
  explain [KEY]    print each value in force and where it came from; KEY is a key or the id of a rule
  schema           print the JSON Schema of the file

The exit code is 0, or 2 when the configuration cannot be used.`;
const config = async (args) => {
	const { values, positionals, rest } = parseVerb("config", args, OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
		return EXIT.ok;
	}
	const [what, argument, ...more] = positionals;
	if (more.length > 0 || rest !== void 0 || what === "schema" && argument !== void 0) throw new UsageError(`too many arguments\nusage: ${USAGE}`);
	const format = values.format ?? "text";
	if (format !== "text" && format !== "json") throw new UsageError(`--format wants text or json, not "${String(format)}"`);
	const json = format === "json";
	switch (what) {
		case "validate": return await validate({
			...values,
			config: argument ?? values.config
		}, json);
		case "explain": return await explain(values, argument, json);
		case "schema":
			print(JSON.stringify(jsonSchema(), null, 2));
			return EXIT.ok;
		default: {
			const near = what === void 0 ? void 0 : didYouMean(what, [
				"validate",
				"explain",
				"schema"
			]);
			const wrong = what === void 0 ? "config wants to know what" : `config cannot ${JSON.stringify(what)}`;
			throw new UsageError(`${wrong}${near === void 0 ? "" : `; did you mean ${near}?`}\nusage: ${USAGE}`);
		}
	}
};
function print(text) {
	process.stdout.write(`${text}\n`);
}
/** Where we are, and the files that the user named. */
async function setting(values) {
	const { env } = process;
	const cwd = process.cwd();
	const platform = detectPlatform(env, systemProbe(cwd));
	const token = serverToken(env);
	const origin = async () => {
		const opened = await openObjects({
			dir: platform.workspace,
			env,
			platform,
			token,
			fetch: true
		});
		try {
			return await opened.remote();
		} finally {
			if (opened.state === "open") await opened.objects.close();
		}
	};
	const readRemote = remoteFiles({
		env,
		platform,
		token,
		origin,
		fetch: true
	});
	const floor = values.floor === void 0 ? void 0 : await readFloor(String(values.floor), cwd, readRemote);
	return {
		platform,
		options: {
			workspace: platform.workspace,
			cwd,
			explicit: values.config,
			readRemote,
			...floor === void 0 ? {} : { floor }
		},
		token
	};
}
/** The configuration that counts: in a pull request that of its target branch. */
async function inForce(values, { platform, options, token }) {
	const { env } = process;
	const { config: _, ...flags } = startFlags(values);
	const load = {
		...options,
		env: envOverrides(env),
		flags
	};
	if (platform.change === void 0) return await loadConfig(load);
	const answer = await readPolicy({
		load,
		env,
		platform,
		fetch: true,
		...token === void 0 ? {} : { token }
	});
	if (answer.state === "read") {
		for (const warning of answer.warnings) say(`warning: ${warning}`);
		if (answer.commit) say(`in this change the configuration of its target counts, commit ${answer.commit}`);
		return answer.config;
	}
	const why = answer.state === "unavailable" ? `: ${answer.why}; ${answer.advice}` : "";
	say(`warning: this is the configuration of the checkout; that of the target branch, which counts, cannot be had${why}`);
	return await loadConfig(load);
}
async function validate(values, json) {
	const { platform, options } = await setting(values);
	const { files, problems, warnings } = await judge(options);
	if (json) print(JSON.stringify({
		schema: 1,
		valid: problems.length === 0,
		files,
		problems,
		warnings
	}));
	else {
		for (const problem of problems) print(platform.escapeLog(formatProblem(problem)));
		for (const warning of warnings) say(`warning: ${warning}`);
		if (problems.length === 0) {
			const none = `there is no ${CONFIG_FILES.join(" or ")}: the default policy is in force`;
			print(platform.escapeLog(files.length === 0 ? none : `${files.join(", ")}: valid`));
		}
	}
	return problems.length === 0 ? EXIT.ok : EXIT.usage;
}
async function judge(options) {
	try {
		const { policy, sources, warnings } = await loadConfig(options);
		return {
			files: sources,
			problems: checkWaivers(policy, /* @__PURE__ */ new Date()).flatMap(({ state, waiver: { at }, problem }) => {
				const { file: where, ...place } = at;
				return state === "invalid" ? [{
					where,
					...place,
					message: `this waiver does not count: ${problem}`
				}] : [];
			}),
			warnings
		};
	} catch (error) {
		if (error instanceof ConfigError) return {
			files: [],
			problems: error.problems,
			warnings: []
		};
		throw error;
	}
}
async function explain(values, key, json) {
	const here = await setting(values);
	const loaded = await inForce(values, here);
	const explained = about(explainConfig(loaded), key);
	if (key === void 0) for (const warning of loaded.warnings) say(`warning: ${warning}`);
	if (json) {
		const rules = explained.rules.map((rule) => ({
			...rule,
			about: ruleAbout(rule.rule)
		}));
		print(JSON.stringify({
			schema: 1,
			...explained,
			rules
		}));
		return EXIT.ok;
	}
	for (const line of explainedLines(explained, key !== void 0)) print(here.platform.escapeLog(line));
	return EXIT.ok;
}
/** The part of it that a key names: the key, what is below it, or one rule by its id. */
function about(all, key) {
	if (key === void 0) return all;
	const within = (name) => name === key || name.startsWith(`${key}.`) || `rules.${name}` === key;
	const part = {
		sources: all.sources,
		values: all.values.filter((value) => within(value.key)),
		entries: all.entries.filter((entry) => within(entry.key)),
		rules: all.rules.filter(({ rule }) => key === "rules" || within(rule))
	};
	if (part.values.length + part.entries.length + part.rules.length > 0 || LISTS.some(within)) return part;
	const keys = [...all.values.map((value) => value.key), ...LISTS];
	const maps = keys.flatMap((name) => name.includes(".") ? [name.slice(0, name.indexOf("."))] : []);
	const known = [
		...keys,
		...maps,
		"rules",
		...all.rules.map(({ rule }) => rule)
	];
	const near = didYouMean(key, known);
	throw new UsageError(`there is no key or rule "${key}"${near === void 0 ? "" : `; did you mean ${near}?`}\nsee: modgate config explain`);
}
/** Lists that every file adds to; they may be empty. */
const LISTS = [
	"hosts.allow",
	"hosts.deny",
	"modules.allow",
	"modules.deny",
	"replace.remote.allow",
	"waivers"
];
function* explainedLines({ sources, values, entries, rules }, detailed) {
	if (!detailed) yield `files: ${sources.length === 0 ? "none" : sources.join(", ")}`;
	yield* table([...values.map(({ key, value, from }) => [
		key,
		shown(value),
		from
	]), ...entries.map(({ key, value, from }) => [
		key,
		shown(value),
		from
	])]);
	if (values.length + entries.length + rules.length === 0) yield "the list is empty";
	if (rules.length === 1) yield* ruleLines(rules);
	else yield* table(rules.map(({ rule, level, from }) => [
		`rules.${rule}`,
		level,
		from
	]));
}
function* ruleLines(rules) {
	for (const { rule, level, from, layers } of rules) {
		yield `${rule}: ${level} (${from})`;
		yield `  reports ${ruleAbout(rule)}`;
		for (const says of layers) {
			const options = Object.keys(says.options).length === 0 ? "" : `, ${JSON.stringify(says.options)}`;
			yield `  ${says.layer}: ${says.level}${options} (${says.from})`;
		}
		if (layers.length > 1) yield "  the strictest of these counts";
	}
}
function* table(rows) {
	const width = (column) => Math.min(40, Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
	const [first, second] = [width(0), width(1)];
	for (const [key = "", value = "", from = ""] of rows) yield `${key.padEnd(first)}  ${value.padEnd(second)}  ${from}`;
}
function shown(value) {
	return typeof value === "string" ? value : JSON.stringify(value);
}
export { auditUpload, auditVerify, config, verifyInWords };
