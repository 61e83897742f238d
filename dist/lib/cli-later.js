import { EXIT, UsageError, parseVerb, say, storeOf as storeOf$1, verbHelp } from "./cli.js";
import { didYouMean, gitRefProblem, parseAuditStore, redactUrl } from "./config.js";
import { VERSION, findModuleFiles, formatBytes, parseSumInSteps, privatePaths, readBounded, readGoSettings } from "./session.js";
import { SumTable, canonicalModuleVersion, checkPath, matchGlobs } from "./gomod.js";
import { MAX_SOFT_SIZE, StoreError, asStoreError, createHasher, errnoOf, openDiskStore, softKey, statRegular, versionKeys } from "./store.js";
import { BucketLayer, FINDING_KINDS, LayeredStore, REFUSALS, SOURCE_KINDS, WORDS, existingTree, importFrom, importIntoBucket, keptAnswers, openExisting, recognise, requireBucketStore, storeStats, verifyModcache, verifyStore } from "./store-later.js";
import { detectPlatform, oneLine, serverToken, systemProbe } from "./platform.js";
import { LISTS, PARAMS, parseQuestion } from "./collector-later.js";
import { KeepListError } from "./check.js";
import { clip, count, harmlessJson, list, plain, pruneText, wrap } from "./report-later.js";
import { runCheck, writeWhole } from "./check-later.js";
import { formatDuration, parseDuration, parseSize } from "./config-later.js";
import "./gomod-proxy.js";
import { forgetVersion, namedStore, openNamed, openSumDbFor, pruneStore, requirePlace } from "./session-later.js";
import { secureUrl, storeAuthorities, trustOf } from "./session-records.js";
import { pinned } from "./session-proxy.js";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { availableParallelism, tmpdir } from "node:os";
import path, { isAbsolute, join, resolve } from "node:path";
import * as fsp from "node:fs/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
// src/cli/audit-options.ts
const PARAM_OPTIONS = {
	version: {
		type: "string",
		value: "V",
		help: "only this version; the same as MODULE@V"
	},
	repository: {
		type: "string",
		value: "NAME",
		help: "only this repository, like owner/name"
	},
	module: {
		type: "string",
		value: "MODULE[@V]",
		help: "only this module"
	},
	decision: {
		type: "string",
		value: "allow|deny|warn|would_deny",
		help: "only what was decided so"
	},
	job: {
		type: "string",
		value: "ID",
		help: "only this job"
	},
	since: {
		type: "string",
		value: "TIME",
		help: "only later ones: 2026-11-23, 2026-11-23T10:00:00Z, or how long ago, like 7d"
	},
	owner: {
		type: "string",
		value: "NAME",
		help: "only this organisation, user or group (default all of serve.forges)"
	},
	state: {
		type: "string",
		value: "open|gap|mismatch|closed|incomplete|any",
		help: "which jobs (default incomplete: all but closed)"
	},
	older: {
		type: "string",
		value: "TIME",
		help: "only jobs that sent nothing for this long (default 6h: younger ones may be running)"
	},
	limit: {
		type: "string",
		value: "N",
		help: "entries of a page, 1 to 1000 (default 100)"
	},
	after: {
		type: "string",
		value: "CURSOR",
		help: "the next page: `next` of the page before"
	}
};
const COMMON = {
	store: {
		type: "string",
		value: "URL|DIR",
		help: "a collector, or a directory of raw batches (default audit.store of the configuration)"
	},
	config: {
		type: "string",
		value: "FILE",
		help: "configuration file (default .modgate.yaml or .github/modgate.yaml)"
	},
	format: {
		type: "string",
		value: "text|json|csv",
		help: "how the answer is printed (default text)"
	},
	output: {
		type: "string",
		value: "FILE",
		help: "write the answer to FILE instead of stdout"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
/** Of repositories the time is that of their last record. */
const SINCE_LAST = { since: {
	type: "string",
	value: "TIME",
	help: "also those with records, but none since: 2026-11-23, 2026-11-23T10:00:00Z, or how long ago, like 30d"
} };
const ALL = { all: {
	type: "boolean",
	help: "every page, not only one"
} };
/** What stands as arguments, not as options. */
const ARGUMENTS = {
	who: ["module"],
	used: ["module"],
	log: [],
	conflicts: [],
	jobs: [],
	diff: ["from", "to"],
	repositories: [],
	uncovered: []
};
/** The options of a question: those that become parameters, and how the answer is wanted. */
function optionsOf(name) {
	const params = paramOptions(name).map((param) => [param, PARAM_OPTIONS[param]]);
	return {
		...Object.fromEntries(params),
		...name === "uncovered" ? SINCE_LAST : {},
		...isPaged(name) ? ALL : {},
		...COMMON
	};
}
/** Parameters that are options. */
function paramOptions(name) {
	return PARAMS[name].filter((param) => !ARGUMENTS[name].includes(param));
}
function isPaged(name) {
	return PARAMS[name].includes("after");
}
// src/cli/audit-report.ts
const JOB = [
	"time",
	"repository",
	"ref",
	"sha",
	"actor",
	"job",
	"url",
	"assurance"
];
/** What the forge said, where it was asked. */
const CHANGE = [
	"change",
	"title",
	"author",
	"mergedBy",
	"approvers",
	"changeUrl"
];
const SIGHTING = [...JOB, ...CHANGE];
function sighting(seen) {
	const change = seen?.change;
	const told = change === void 0 ? CHANGE.map(() => "") : [
		change.number,
		change.title,
		change.author,
		change.mergedBy,
		change.approvers.join(" "),
		change.url
	];
	return [...JOB.map((key) => seen?.[key]), ...told];
}
const TABLES = {
	who: ({ module, version, first, versions }) => ({
		columns: [
			"module",
			"version",
			"h1",
			...SIGHTING
		],
		rows: [...first === void 0 ? [] : [[
			module,
			version ?? "(any)",
			"",
			...sighting(first)
		]], ...versions.map((one) => [
			module,
			one.version,
			one.h1,
			...sighting(one.first)
		])]
	}),
	used: ({ module, uses }) => rowsOf(uses, [
		"repository",
		"version",
		"h1",
		"first",
		"last",
		"ref",
		"job"
	], { module }),
	log: ({ records }) => rowsOf(records, [
		"time",
		"decision",
		"op",
		"module",
		"version",
		"query",
		"status",
		"rule",
		"reason",
		"source",
		"h1",
		"repository",
		"ref",
		"sha",
		"actor",
		"job",
		"url",
		"assurance",
		"inst",
		"seq",
		"batch"
	]),
	conflicts: ({ conflicts }) => ({
		columns: [
			"module",
			"version",
			"h1",
			...SIGHTING
		],
		rows: conflicts.flatMap(({ module, version, hashes }) => hashes.map(({ h1, first }) => [
			module,
			version,
			h1,
			...sighting(first)
		]))
	}),
	jobs: ({ jobs }) => {
		const { columns, rows } = rowsOf(jobs, [
			"state",
			"repository",
			"name",
			"ref",
			"sha",
			"actor",
			"opened",
			"last",
			"batches",
			"records",
			"dropped",
			"job",
			"url"
		]);
		const findings = jobs.map((job) => job.findings.map(({ level, rule }) => `${level} ${rule}`).join("; "));
		return {
			columns: [...columns, "findings"],
			rows: rows.map((row, index) => [...row, findings[index]])
		};
	},
	diff: ({ added, removed, changed }) => ({
		columns: [
			"change",
			"module",
			"from",
			"to",
			"h1"
		],
		rows: [
			...added.map((one) => [
				"added",
				one.module,
				"",
				one.version,
				one.h1
			]),
			...removed.map((one) => [
				"removed",
				one.module,
				one.version,
				"",
				one.h1
			]),
			...changed.map((one) => [
				"changed",
				one.module,
				one.from,
				one.to,
				""
			])
		]
	}),
	repositories: ({ repositories }) => rowsOf(repositories, [
		"repository",
		"last",
		"iss",
		"repositoryId"
	]),
	uncovered: ({ uncovered }) => rowsOf(uncovered, [
		"repository",
		"fork",
		"goMod",
		"last",
		"url",
		"forge"
	])
};
function rowsOf(list, columns, before = {}) {
	return {
		columns: [...Object.keys(before), ...columns],
		rows: list.map((row) => [...Object.values(before), ...columns.map((column) => row[column])])
	};
}
/** Columns that only those see whose collector may ask a forge. */
const CHANGE_IN_TEXT = [
	"change",
	"author",
	"mergedBy",
	"approvers"
];
/** What people look at; the rest is in CSV and JSON. */
const IN_TEXT = {
	who: [
		"version",
		"time",
		"repository",
		"ref",
		"actor",
		...CHANGE_IN_TEXT,
		"assurance",
		"h1",
		"url"
	],
	used: [
		"repository",
		"version",
		"first",
		"last",
		"ref",
		"h1"
	],
	log: [
		"time",
		"decision",
		"op",
		"module",
		"version",
		"status",
		"rule",
		"repository",
		"ref",
		"actor"
	],
	conflicts: [
		"module",
		"version",
		"h1",
		"time",
		"repository",
		"ref",
		"actor",
		"url"
	],
	jobs: [
		"state",
		"repository",
		"name",
		"ref",
		"last",
		"batches",
		"records",
		"dropped",
		"findings",
		"job"
	],
	diff: [
		"change",
		"module",
		"from",
		"to",
		"h1"
	],
	repositories: [
		"repository",
		"last",
		"iss"
	],
	uncovered: [
		"repository",
		"fork",
		"goMod",
		"last",
		"url"
	]
};
/** A table for people: one harmless line a row. */
function answerText(name, answer) {
	const { columns, rows } = TABLES[name](answer);
	if (rows.length === 0) return "";
	const told = (column) => !(CHANGE_IN_TEXT.includes(column) && rows.every((row) => textOf(row[columns.indexOf(column)]) === ""));
	const shown = IN_TEXT[name].filter(told).map((column) => columns.indexOf(column));
	const cells = [columns, ...rows].map((row) => shown.map((at) => oneLine(textOf(row[at]))));
	const widths = shown.map((_, at) => cells.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), 0));
	return cells.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()}\n`).join("");
}
/** The same with all columns as CSV (RFC 4180), in which no cell is a formula for a spreadsheet. */
function answerCsv(name, answer) {
	const { columns, rows } = TABLES[name](answer);
	return [columns, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}
/** Spreadsheets take a cell that begins so for a formula, quoted or not; an apostrophe in front makes it text. */
const FORMULA = /^\s*[=+\-@\t\r|%]/;
function csvCell(value) {
	if (typeof value === "number") return String(value);
	const text = oneLine(textOf(value));
	const guarded = FORMULA.test(text) ? `'${text}` : text;
	return /[",;'\s]/.test(guarded) ? `"${guarded.replaceAll("\"", "\"\"")}"` : guarded;
}
function textOf(value) {
	if (value === void 0 || value === null) return "";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}
// src/cli/audit-settings.ts
/** Settings in force, read once: in a change those of its target branch, for tokens go to the addresses in them. */
function settingsOf(values) {
	const file = values.config;
	const { env } = process;
	let reading;
	const read = async () => {
		const settings = await namedStore({
			env,
			cwd: process.cwd(),
			flags: file === void 0 ? {} : { config: file },
			token: serverToken(env)
		});
		for (const warning of settings.warnings) say(`warning: ${warning}`);
		return settings;
	};
	return () => {
		reading ??= read();
		return reading;
	};
}
/** Whom to believe at a store by these settings. They are read when a certificate is about to be judged. */
function storeTrust(store, settings) {
	const { env } = process;
	const read = async () => {
		if (secureUrl(store, env) === void 0) return {
			pem: [],
			troubles: []
		};
		const plain = {
			store,
			env,
			ca: [],
			workspace: process.cwd(),
			files: void 0
		};
		try {
			const { config, platform, authorityFiles: files } = await settings();
			return await storeAuthorities({
				...plain,
				ca: config.proxy.ca,
				workspace: platform.workspace,
				files
			});
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			const { pem, troubles } = await storeAuthorities(plain);
			return {
				pem,
				troubles: [...troubles, `proxy.ca is not known: ${why}`]
			};
		}
	};
	return trustOf(read, env);
}
// src/cli/deliver.ts
/** The value of `--format`. Throws UsageError. */
function reportFormat(value) {
	if (value === void 0 || value === "text" || value === "json") return value ?? "text";
	throw new UsageError(`--format wants text or json, not ${JSON.stringify(value)}`);
}
/** The value of `--output`. Throws UsageError. */
function reportFile(value) {
	if (value === "") throw new UsageError("--output wants the name of a file");
	return value;
}
/** Writes a report to a file of `--output`, else to stdout, as the log of the platform may have it. Throws CheckError `io`. */
async function deliverReport(text, format, output, platform) {
	if (output !== void 0) return await writeWhole(resolve(output), text);
	const lines = format === "json" ? text : text.split("\n").map((line) => platform.escapeLog(line)).join("\n");
	process.stdout.write(lines);
}
// src/cli/progress.ts
const EVERY_MS = 100;
function progressLine(stream, env) {
	if (stream.isTTY !== true || env.CI || env.TERM === "dumb") return {
		show: () => void 0,
		end: () => void 0
	};
	let next = 0;
	let width = 0;
	return {
		show: (text) => {
			const now = performance.now();
			if (now < next) return;
			next = now + EVERY_MS;
			const line = oneLine(text).slice(0, Math.max(20, (stream.columns || 80) - 1));
			stream.write(`\r${line.padEnd(width)}`);
			width = line.length;
		},
		end: () => {
			if (width > 0) stream.write(`\r${" ".repeat(width)}\r`);
			width = 0;
		}
	};
}
// src/cli/audit-ask.ts
const ABOUT$7 = {
	who: "Who first brought in a module, when, and by which job; then the same for each of its versions.",
	used: "Where a module is used now: by the newest closed jobs of the default branch of each repository.",
	log: "The records of the proxies, newest first.",
	conflicts: "Versions that came with more than one hash: a tag was moved, or somebody served something else.",
	jobs: "Jobs whose records are not complete: open (no end came), gap (something is missing), mismatch (they contradict).",
	diff: "The modules of one job and of another: what came, what went, what changed its version.",
	repositories: "Repositories that sent records, and when they last did.",
	uncovered: "Repositories of the owners in serve.forges that have a go.mod and sent no record; archived and empty ones are left out."
};
const EXITS = "Exit code: 0 also when there is no such record, 2 the question or the store is wrong, 3 the store does not answer.";
/** `modgate audit NAME`: one question. */
const auditAsk = (name) => async (args) => {
	const options = optionsOf(name);
	const usage = [
		"modgate audit",
		name,
		...ARGUMENTS[name].map((argument) => argument.toUpperCase()),
		"[options]"
	].join(" ");
	const parsed = parseVerb(`audit ${name}`, args, options);
	const { values } = parsed;
	if (values.help === true) {
		process.stdout.write(verbHelp(usage, `${ABOUT$7[name]}\n\n${EXITS}`, options));
		return EXIT.ok;
	}
	const params = paramsOf(name, parsed, usage);
	parseQuestion(name, params, Date.now());
	const format = formatOf(values.format);
	const output = reportFile(values.output);
	const progress = progressLine(process.stderr, process.env);
	const source = await openSource$1(name, values, progress);
	try {
		const answer = values.all === true ? await everyPage(source, name, params) : await source.ask(name, params);
		progress.end();
		await print(name, answer, format, output);
	} finally {
		progress.end();
		await source.close();
	}
	return EXIT.ok;
};
function paramsOf(name, { values, positionals, rest }, usage) {
	const wanted = ARGUMENTS[name];
	if (rest !== void 0 || positionals.length !== wanted.length) {
		const what = wanted.length === 0 ? "no argument" : wanted.map((argument) => argument.toUpperCase()).join(" and ");
		throw new UsageError(`audit ${name} takes ${what}\nusage: ${usage}`);
	}
	const params = {};
	for (const [index, argument] of wanted.entries()) params[argument] = positionals[index] ?? "";
	for (const param of paramOptions(name)) {
		const value = values[param];
		if (typeof value === "string") params[param] = value;
	}
	return params;
}
function formatOf(value) {
	if (value === void 0 || value === "text" || value === "json" || value === "csv") return value ?? "text";
	throw new UsageError(`--format wants text, json or csv, not ${JSON.stringify(value)}`);
}
async function openSource$1(name, values, progress) {
	const onProgress = (text) => progress.show(text);
	const { env } = process;
	const settings = settingsOf(values);
	const store = await storeOf(values, settings);
	if (store.kind === "collector") {
		const token = env.MODGATE_READ_TOKEN || env.MODGATE_AUDIT_TOKEN || void 0;
		const { collectorClient } = await import("./lazy/server-ask.js");
		const trust = storeTrust(store.url, settings);
		return await collectorClient({
			url: store.url,
			token,
			env,
			trust,
			onLooking: onProgress
		});
	}
	if (store.kind !== "directory") throw new UsageError("the audit store of the configuration cannot be asked: batches are only laid down there; name a collector or a directory with --store");
	const { openDirectoryStore } = await import("./lazy/collector-directory-store.js");
	const dir = resolve(/^file:/i.test(store.path) ? fileURLToPath(store.path) : store.path);
	const forges = name === "uncovered" ? await forgesOf(await settings()) : [];
	const opened = await openDirectoryStore({
		dir,
		tempDir: tmpdir(),
		log: say,
		forges,
		onProgress
	});
	return {
		ask: (asked, params) => opened.ask(asked, parseQuestion(asked, params, Date.now())),
		close: () => opened.close()
	};
}
/** `--store`, else `audit.store` of the configuration. */
async function storeOf(values, settings) {
	const option = values.store;
	if (option !== void 0) {
		const parsed = parseAuditStore(option);
		if (typeof parsed !== "string") return parsed;
		if (/^[^:]+$/.test(option)) return {
			kind: "directory",
			path: option
		};
		throw new UsageError(`--store ${JSON.stringify(redactUrl(option))} ${parsed}`);
	}
	const named = (await settings()).config.audit.store;
	if (named === null) throw new UsageError("there is no audit store: name a collector or a directory with --store, or set audit.store in the configuration");
	const parsed = parseAuditStore(named);
	if (typeof parsed === "string") throw new UsageError(`audit.store ${JSON.stringify(redactUrl(named))} ${parsed}`);
	return parsed;
}
/** A directory has no collector that would ask the forges. */
async function forgesOf({ config }) {
	const { openForges } = await import("./lazy/collector-forges-open.js");
	return openForges(config.serve.forges, {
		env: process.env,
		version: VERSION,
		now: Date.now,
		sleep: async (ms, signal) => void await setTimeout$1(ms, void 0, { signal })
	});
}
/** All pages as one answer. */
async function everyPage(source, name, params) {
	const [list = ""] = LISTS[name];
	const first = await source.ask(name, {
		limit: "1000",
		...params
	});
	if (!isPaged(name)) return first;
	const rows = [];
	let page = first;
	for (;;) {
		for (const row of page[list]) rows.push(row);
		if (typeof page.next !== "string") return {
			...first,
			[list]: rows,
			next: null
		};
		page = await source.ask(name, {
			limit: "1000",
			...params,
			after: page.next
		});
	}
}
async function print(name, answer, format, output) {
	const platform = detectPlatform(process.env, systemProbe(process.cwd()));
	const whole = answer;
	const lists = LISTS[name].map((key) => answer[key] ?? []);
	const more = typeof whole.next === "string";
	if (lists.every((list) => list.length === 0)) say(more ? "nothing on this page" : NOTHING[name]);
	if (format !== "json" && more) say(`there is more: --after ${whole.next}, or --all for every page`);
	if (format === "json") return await deliverReport(`${JSON.stringify(answer)}\n`, "json", output, platform);
	await deliverReport(format === "csv" ? answerCsv(name, answer) : answerText(name, answer), format === "csv" ? "json" : "text", output, platform);
}
const NOTHING = {
	who: "no record names this module or version",
	used: "no repository uses this module now, as far as the records tell",
	log: "no record fits",
	conflicts: "no version came with more than one hash",
	jobs: "there are no such jobs",
	diff: "both jobs had the same modules",
	repositories: "no repository sent a record",
	uncovered: "every repository with a go.mod sent records"
};
// src/cli/database-option.ts
/** `--database` of the verbs that work on a collector's index. */
const DATABASE_OPTION = { database: {
	type: "string",
	value: "URL",
	help: "PostgreSQL for the index: postgres://..., or env:NAME for a variable that has the URL (default DIR/index.db)"
} };
/**
* The value of `--database`. Others on the machine can read a URL with a password on a command line, so that a variable
* can hold it. Throws UsageError, in which no URL is shown.
*/
function databaseOption(value, env) {
	if (value === void 0) return void 0;
	const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(value)?.[1];
	const url = variable === void 0 ? value : env[variable];
	if (!url) throw new UsageError(`--database names the variable ${variable ?? ""}, which is not set`);
	if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
	throw new UsageError("--database wants postgres://USER@HOST/NAME, or env:NAME for a variable that has it; without it the index is a file in --data");
}
// src/cli/parts.ts
/** A verb that hands on to its parts. Rejects with UsageError that names the nearest part there is. */
function verbOfParts(verb, parts, help) {
	const names = Object.keys(parts);
	const usage = `usage: modgate ${verb} ${names.join("|")} ${help.args}`;
	return async ([name, ...rest]) => {
		if (name === "--help" || name === "-h") {
			const width = Math.max(...names.map((one) => one.length));
			const rows = Object.entries(parts).map(([one, { about }]) => `  ${one.padEnd(width)} ${about}`);
			process.stdout.write(`${usage}\n\n${help.about}\n\n${rows.join("\n")}\n\n${help.options(names.join("|"))}\n`);
			return EXIT.ok;
		}
		const part = name !== void 0 && Object.hasOwn(parts, name) ? parts[name] : void 0;
		if (part === void 0) {
			const near = name === void 0 ? void 0 : didYouMean(name, names);
			const wrong = name === void 0 ? `${verb} wants to know what` : `${verb} cannot "${oneLine(name)}"`;
			throw new UsageError(`${wrong}${near === void 0 ? "" : `; did you mean ${near}?`}\n${usage}`);
		}
		return await (await part.load())(rest);
	};
}
// src/cli/audit.ts
const asking = (name) => async () => (await import("./lazy/cli-audit-ask.js")).auditAsk(name);
const audit = verbOfParts("audit", {
	who: {
		about: "who first brought in a module or a version of it, and when",
		load: asking("who")
	},
	used: {
		about: "where a module is used now",
		load: asking("used")
	},
	log: {
		about: "the records themselves: what was served and what was refused",
		load: asking("log")
	},
	conflicts: {
		about: "versions that came with more than one hash",
		load: asking("conflicts")
	},
	jobs: {
		about: "jobs whose records are not complete",
		load: asking("jobs")
	},
	diff: {
		about: "what one job used and another did not",
		load: asking("diff")
	},
	repositories: {
		about: "repositories that sent records, and when last",
		load: asking("repositories")
	},
	uncovered: {
		about: "repositories with a go.mod that sent no record",
		load: asking("uncovered")
	},
	upload: {
		about: "send batches that lie as files: what a session could not send, artifacts of jobs",
		load: async () => (await import("./lazy/cli-audit-upload.js")).auditUpload
	},
	verify: {
		about: "prove a store: nothing was changed, taken away or put in since it was signed",
		load: async () => (await import("./lazy/cli-audit-verify.js")).auditVerify
	},
	checkpoint: {
		about: "sign what jobs wrote into a directory without a collector",
		load: async () => (await import("./lazy/cli-audit-checkpoint.js")).auditCheckpoint
	},
	rebuild: {
		about: "make the index of a store anew from its raw batches",
		load: async () => (await import("./lazy/cli-audit-rebuild.js")).auditRebuild
	}
}, {
	args: "[options]",
	about: "The audit records: what the jobs of all repositories took in.",
	options: () => "modgate audit PART --help tells the options of each."
});
// src/cli/cache-export-report.ts
/** Files that the text shows; JSON has more. */
const SHOWN$2 = 20;
const WIDTH$2 = 80;
/** Damage first: that is what somebody has to look into. */
function exportExitCode({ report: { leftOut, missing } }) {
	if (leftOut.damaged > 0) return EXIT.findings;
	return leftOut.count > 0 || missing.length > 0 ? EXIT.incomplete : EXIT.ok;
}
/** For people: what is not in the export and how to get it, then what is. At most 80 columns of our own words. */
function exportText(outcome) {
	const { report, store, ms } = outcome;
	const lines = [...leftOutLines(report), ...missingLines(report.missing)];
	const { modules, versions, files, bytes, stored, manifest, archive } = report;
	lines.push(`Store     ${plain(store)}`, `Found     ${count(modules, "module")}, ${count(versions, "version")}, ${count(files, "file")}, ${formatBytes(bytes)} in ${(ms / 1e3).toFixed(1)} s`, `Sumdb     ${sumdbWords(outcome)}`);
	if (stored > 0) lines.push(`Stored    ${count(stored, "zip")} not deflated, the only form in this store; h1 is the same`);
	if (manifest !== void 0) lines.push(`Export    ${plain(report.dest)}${archive === void 0 ? "" : `, ${formatBytes(archive.size)}`}`, `Manifest  sha256:${manifest.sha256}`);
	lines.push("", ...verdict$2(outcome).flatMap((text) => wrap(text, WIDTH$2)));
	if (report.missing.length > 0) lines.push(`  modgate run --store ${plain(store)} -- go mod download`);
	return `${lines.join("\n")}\n`;
}
function leftOutLines({ leftOut }) {
	if (leftOut.count === 0) return [];
	const shown = leftOut.first.slice(0, SHOWN$2);
	return [
		`Left out (${leftOut.count})`,
		...shown.flatMap(({ key, why }) => [`  ${plain(key)}`, ...wrap(plain(why), 76).map((line) => `    ${line}`)]),
		...more(leftOut.count - shown.length),
		""
	];
}
function missingLines(missing) {
	if (missing.length === 0) return [];
	const shown = missing.slice(0, SHOWN$2);
	return [
		`Missing (${missing.length})`,
		...shown.map(({ path, version, kind, from }) => `  ${plain(`${path}@${version}`)} .${kind}, for ${plain(from)}`),
		...more(missing.length - shown.length),
		""
	];
}
function more(rest) {
	return rest > 0 ? [`  and ${rest} more (--format json tells of them)`] : [];
}
function sumdbWords({ report, noSumDb }) {
	const { name, records, without } = report.sumdb;
	if (name === void 0) return `no records: ${plain(noSumDb ?? "there is no checksum database")}`;
	return `${count(records, "record")} of ${plain(name)} with proof, ${without} without`;
}
function verdict$2(outcome) {
	const { report, dirs, asked } = outcome;
	const said = [];
	const { without, why } = report.sumdb;
	if (without > 0 && report.written) {
		const next = asked ? "" : " Next: --sumdb asks the database for them; a build whose go.sum is complete needs none.";
		said.push(`${count(without, "version")} ${without === 1 ? "has" : "have"} no record in it (${plain(why ?? "the store has none")}): go takes ${without === 1 ? "it" : "them"} only where a go.sum vouches.${next}`);
	}
	if (report.leftOut.damaged > 0) said.push("Next: modgate cache verify --repair, and a job that fetches anew what was damaged.");
	if (report.missing.length > 0) {
		const where = dirs.length === 0 ? "the checkout" : dirs.map((dir) => plain(dir)).join(" and ");
		const extra = report.missing.some(({ path }) => path === "golang.org/toolchain") ? " with GOTOOLCHAIN=auto, for the toolchain" : "";
		said.push(`${report.written ? "It was written without them." : "Nothing was written: --partial writes what there is."} Next, in ${where}${extra}:`);
	} else if (said.length === 0) said.push("All of it is in the export.");
	return said;
}
/** The contract of `cache export --format json`. */
function exportJson(outcome) {
	const { store, ms, noSumDb, report } = outcome;
	const { leftOut, missing, sumdb, ...rest } = report;
	return harmlessJson({
		schema: 1,
		store,
		exitCode: exportExitCode(outcome),
		ms: Math.round(ms),
		...rest,
		sumdb: {
			...sumdb,
			...noSumDb === void 0 ? {} : { noSumDb }
		},
		leftOut: {
			count: leftOut.count,
			damaged: leftOut.damaged,
			files: leftOut.first
		},
		missing: missing.map(({ path: module, version, kind, from }) => ({
			module,
			version,
			file: kind,
			from
		}))
	}, 2);
}
// src/cli/cache-export-source.ts
/** Beyond that it is not known any more what is damaged; the report tells of fewer. */
const MAX_DAMAGE$1 = 1e5;
/**
* Opens a store to be read. What is needed of a bucket comes into a temporary directory first, where every file is
* compared and every zip hashed whole, as in a job. Throws StoreError, BucketError.
*/
async function openSource(named, hasher) {
	const damage = /* @__PURE__ */ new Map();
	const onDamage = ({ path: key, what }) => {
		if (damage.size < MAX_DAMAGE$1) damage.set(key, what);
	};
	if (named.kind === "directory") {
		const store = await openExisting(named.dir, {
			hasher,
			purpose: "look",
			onDamage
		});
		return {
			store,
			location: store.location,
			damage,
			close: () => Promise.resolve()
		};
	}
	const { bucket } = named;
	await requireBucketStore(bucket);
	const scratch = await fsp.mkdtemp(path.join(tmpdir(), "modgate-export-"));
	const close = () => fsp.rm(scratch, {
		recursive: true,
		force: true
	});
	try {
		const local = await openDiskStore(scratch, {
			hasher,
			alone: true
		});
		const layer = new ReadLayer(bucket, {
			writable: false,
			onDamage
		});
		layer.onRefused = (key) => onDamage({
			path: key,
			what: "it is not what its index entry in the bucket says"
		});
		const warn = (line) => say(`warning: ${line}`);
		return {
			store: new LayeredStore({
				local,
				layers: [layer],
				hasher,
				warn,
				log: () => void 0
			}),
			location: bucket.location,
			damage,
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}
/** A bucket that is only read, and that tells what of it was found wrong after it came. */
var ReadLayer = class extends BucketLayer {
	onRefused = () => void 0;
	refuse(mv, kind) {
		super.refuse(mv, kind);
		const keys = versionKeys(mv);
		if (keys !== void 0) this.onRefused(keys.files[kind]);
	}
};
// src/cli/cache-place.ts
/** Options that the parts of `modgate cache` share: which store it is about. */
const PLACE_OPTIONS = {
	store: {
		type: "string",
		value: "DIR|URL",
		help: "directory of the module store, or for most of them s3://bucket/prefix (default: cache.store of the configuration, else where jobs on this machine keep it)"
	},
	config: {
		type: "string",
		value: "FILE",
		help: "configuration file (default .modgate.yaml or .github/modgate.yaml)"
	}
};
/** The same for what works on buckets, too. Throws BucketError `invalid` beside. */
async function anyCachePlace(named) {
	const { token, ...settings } = await settingsFor(named);
	const { platform, config } = settings;
	return {
		platform,
		config,
		token,
		...await openNamed(settings, process.env, (line) => say(`warning: ${line}`))
	};
}
async function settingsFor({ values, positionals }) {
	const [argument, ...more] = positionals;
	if (more.length > 0) throw new UsageError("one store at a time: name one directory or bucket");
	const option = values.store;
	if (argument !== void 0 && option !== void 0) throw new UsageError("the store is named twice: give it as argument or with --store");
	const store = argument ?? option;
	if (store === "") throw new UsageError("the name of the store is empty: give the directory or the bucket that it is in");
	const file = values.config;
	const { env } = process;
	const cwd = process.cwd();
	const flags = {
		...store === void 0 ? {} : { store },
		...file === void 0 ? {} : { config: file }
	};
	const token = serverToken(env);
	const settings = await namedStore({
		env,
		cwd,
		flags,
		token
	});
	for (const warning of settings.warnings) say(`warning: ${warning}`);
	return {
		...settings,
		token
	};
}
// src/cli/cache-forget.ts
const OPTIONS$6 = {
	...PLACE_OPTIONS,
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
const USAGE$6 = "modgate cache forget MODULE@VERSION [DIR|URL] [options]";
const ABOUT$6 = `Takes one version out of the module store, with the hash that was pinned when it was first seen: the way to accept that
somebody moved a tag. The next job that may write fetches it anew and pins what comes. Without DIR it is the store of the
session that is running, if there is one. It is written down in the log of the store and in the session's.

Exit code: 0 it is forgotten or was not there, 2 the arguments or the directory cannot be used, 3 it could not be removed.`;
const cacheForget = async (args) => {
	const parsed = parseVerb("cache forget", args, OPTIONS$6);
	const { values, rest } = parsed;
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$6, ABOUT$6, OPTIONS$6));
		return EXIT.ok;
	}
	const [named, ...positionals] = parsed.positionals;
	if (rest !== void 0 || named === void 0) throw new UsageError(`cache forget wants to know which version\nusage: ${USAGE$6}`);
	const mv = versionOf(named);
	const format = reportFormat(values.format);
	const place = await anyCachePlace({
		values,
		positionals
	});
	const outcome = await forgetVersion({
		mv,
		store: place.store,
		named: positionals.length > 0 || values.store !== void 0,
		env: process.env,
		platformDir: place.platform.sessionDir,
		now: /* @__PURE__ */ new Date()
	}).finally(place.close);
	await deliverReport(format === "json" ? harmlessJson(outcome) : `${inWords(named, outcome)}\n`, format, void 0, place.platform);
	return outcome.state === "busy" ? EXIT.internal : EXIT.ok;
};
/** Throws UsageError. */
function versionOf(named) {
	const at = named.lastIndexOf("@");
	const [path, version] = [named.slice(0, Math.max(at, 0)), named.slice(at + 1)];
	const why = at <= 0 ? "has no version behind an @" : checkPath(path);
	if (why !== void 0) throw new UsageError(`${JSON.stringify(oneLine(named))} ${why}\nusage: ${USAGE$6}`);
	if (canonicalModuleVersion(version) !== version) throw new UsageError(`${JSON.stringify(oneLine(version))} is no version as it stands in a go.mod, like v1.2.3\nusage: ${USAGE$6}`);
	return {
		path,
		version
	};
}
function inWords(name, { state, store, ...known }) {
	if (state === "unknown") return `${store} knows nothing of ${name}`;
	if (state === "busy") return `${name} is in use all the time in ${store}: it was not forgotten; try again`;
	const hashes = [...known.h1 === void 0 ? [] : [known.h1], ...known.goModH1 === void 0 ? [] : [`go.mod ${known.goModH1}`]];
	return `${name} is forgotten by ${store}${hashes.length === 0 ? "" : `: it had ${hashes.join(", ")}`}${known.firstSeen === void 0 ? "" : `, first seen on ${known.firstSeen}`}`;
}
// src/cli/cache-import-authorities.ts
/** Who may vouch for what is imported, by the configuration and `go env`. What does not count is told on stderr. */
async function openAuthorities({ platform, config }, { sums, offline, pinPrivate, kept, soft, keeps }) {
	const { env } = process;
	const { trusted, reason } = platform.trust;
	if (!trusted && (sums.size > 0 || pinPrivate)) say(`warning: only the checksum database counts here: neither a go.sum nor a pin may vouch for what other jobs read, because ${reason}`);
	const go = await readGoSettings("go", env, tmpdir());
	const noSumDb = privatePaths({
		configured: config.proxy.private,
		go,
		env
	}).noSumDb.join(",");
	const goSumDb = go?.GOSUMDB ?? env.GOSUMDB;
	const pins = pinned(goSumDb, noSumDb);
	const opened = await openSumDbFor({
		env,
		config,
		goCommand: "go",
		workspace: platform.workspace,
		...keeps && soft !== void 0 ? { store: soft } : {},
		kept: async (key) => await kept(key) ?? (await soft?.getSoft(key))?.bytes,
		offline,
		log: () => void 0,
		warn: (line) => say(`warning: ${line}`)
	});
	const asks = "ask" in opened ? opened : void 0;
	const why = "why" in opened ? opened.why : "";
	const off = /^off(?:\s|$)/.test(goSumDb?.trim() ?? "");
	return {
		authorities: {
			goSum: (module, version, file) => trusted ? sums.hashes(module, version, file) : [],
			sumdb: asks === void 0 ? why : (mv) => asks.ask(mv),
			isPrivate: (module) => module !== "golang.org/toolchain" && matchGlobs(noSumDb, module),
			pins: (module) => trusted && pinPrivate && pins(module)
		},
		...asks === void 0 && !off ? { noSumDb: why } : {},
		close: async () => await asks?.close()
	};
}
// src/cli/cache-import-report.ts
/** Findings of a kind that the text shows; JSON has more. */
const SHOWN$1 = 20;
/** Most of what nobody vouches for is simply private. */
const SHOWN_UNVOUCHED$1 = 5;
const WIDTH$1 = 80;
const TITLES$1 = {
	"wrong-hash": "Refused: not the hash that others know",
	damaged: "Refused: damaged",
	unreadable: "Could not be read",
	unasked: "Left out: the checksum database did not answer",
	unvouched: "Left out: nobody vouches for it",
	"not-whole": "Left out: not whole",
	foreign: "Left out: no file of a module"
};
/** Wrong and damaged files first: that is what somebody has to look into. */
function importExitCode({ report, noSumDb }) {
	const { counts, stopped } = report;
	if (counts["wrong-hash"] + counts.damaged > 0) return EXIT.findings;
	if (counts.unreadable > 0) return EXIT.internal;
	return counts.unasked > 0 || noSumDb !== void 0 && counts.unvouched > 0 || stopped ? EXIT.incomplete : EXIT.ok;
}
/** What keeps an import from being whole, as sentences. */
function incompleteImport({ report, noSumDb }) {
	const said = [];
	if (noSumDb !== void 0 && report.counts.unvouched > 0) said.push(`The checksum database was not asked: ${plain(noSumDb)}.`);
	if (report.counts.unasked > 0) {
		const versions = count(report.counts.unasked, "version");
		said.push(`The checksum database did not answer for ${versions}: import again when it can be reached, or name go.sum files with --go-sum.`);
	}
	if (report.stopped) said.push("It was ended before everything was looked at; the next import goes on.");
	return said;
}
/** For people: what was left out by kind, then what came in. At most 80 columns of our own words. */
function importText(outcome) {
	const { source, store, report, ms, dryRun } = outcome;
	const { imported, present, vouched, versions } = report;
	const lines = REFUSALS.flatMap((refusal) => section$1(refusal, report));
	lines.push(`Source    ${plain(source.root)}: ${WORDS[source.kind]}, ${plain(source.why)}`, `Store     ${plain(store)}`, `Looked at ${count(versions, "version")} in ${(ms / 1e3).toFixed(1)} s`, `Known     ${count(present.versions, "version")}, ${count(present.files, "file")} that the store had already`, `${dryRun ? "Would take" : "Imported "} ${count(imported.versions, "version")}, ${count(imported.files, "file")}, ${formatBytes(imported.bytes)}`, `Vouched   ${list([
		`${vouched.sumdb} by the checksum database`,
		`${vouched.gosum} by go.sum`,
		`${vouched["first-seen"]} pinned as first seen`
	])}`);
	const tail = [...incompleteImport(outcome), verdict$1(outcome)].flatMap((sentence) => wrap(sentence, WIDTH$1));
	return `${[
		...lines.flatMap(fold$1),
		"",
		...tail
	].join("\n")}\n`;
}
function section$1(refusal, report) {
	const total = report.counts[refusal];
	if (total === 0) return [];
	const shown = report.findings.filter((finding) => finding.refusal === refusal).slice(0, refusal === "unvouched" ? SHOWN_UNVOUCHED$1 : SHOWN$1);
	const lines = shown.flatMap(({ path, what }) => [`  ${plain(path)}`, ...wrap(plain(what), 76).map((line) => `    ${line}`)]);
	const rest = total - shown.length;
	if (rest > 0) lines.push(`  and ${rest} more (--format json tells of 1000)`);
	return [
		`${TITLES$1[refusal]} (${total})`,
		...lines,
		""
	];
}
function verdict$1(outcome) {
	const { report, dryRun } = outcome;
	const { counts } = report;
	const bad = counts["wrong-hash"] + counts.damaged;
	const nothing = dryRun ? " Nothing was written: this was a dry run." : "";
	if (bad > 0) return `${`${count(bad, "file")} of the source ${bad === 1 ? "is" : "are"} not what ${bad === 1 ? "it" : "they"} should be, and ${bad === 1 ? "was" : "were"} not taken`}. Whoever uses that source may get them: look there.${nothing}`;
	if (counts.unreadable > 0) return `${count(counts.unreadable, "file")} could not be read: check the disk and the permissions.${nothing}`;
	if (incompleteImport(outcome).length > 0) return `What came in is whole.${nothing}`;
	if (counts.unvouched > 0) return `For what is left out, name go.sum files with --go-sum, or pin private modules with --pin-private if you trust this source.${nothing}`;
	return `All that can be taken over is in the store.${nothing}`;
}
function fold$1(line) {
	const [head = "", ...more] = line.startsWith(" ") ? [line] : wrap(line, WIDTH$1);
	return [head, ...more.map((rest) => `          ${rest}`)];
}
/** The contract of `cache import --format json`. */
function importJson(outcome) {
	const { source, store, report, dryRun, ms, goSums, noSumDb } = outcome;
	const { versions, imported, present, vouched, counts, passedOver, stopped, findings } = report;
	return harmlessJson({
		schema: 1,
		source: {
			path: source.root,
			kind: source.kind,
			why: source.why
		},
		store,
		dryRun,
		exitCode: importExitCode(outcome),
		versions,
		imported,
		present,
		vouched,
		counts,
		passedOver,
		stopped,
		goSums,
		...noSumDb === void 0 ? {} : { noSumDb },
		ms: Math.round(ms),
		findings: findings.map(({ refusal, path, mv, file, what, hashes }) => ({
			refusal,
			path,
			...mv === void 0 ? {} : {
				module: mv.path,
				version: mv.version
			},
			...file === void 0 ? {} : { file },
			what,
			...hashes
		}))
	}, 2);
}
// src/cli/cache-import-target.ts
/** Opens the store that was named. Throws StoreError, UsageError, BucketError. */
async function openTarget$1(store, question) {
	return store.kind === "directory" ? await openDirectory(store.dir, question) : await openBucketTarget$1(store, question);
}
async function openBucketTarget$1({ bucket, readOnly }, { scratch, dryRun }) {
	const { location } = bucket;
	if (readOnly && !dryRun) throw new UsageError(`${location} is only to be read (mode=read): leave that away, or look with --dry-run`);
	await requireBucketStore(bucket).catch((error) => {
		if (!(error instanceof StoreError) || error.code !== "store-missing") throw error;
	});
	const damage = [];
	const layer = new BucketLayer(bucket, {
		writable: !dryRun,
		onDamage: (told) => {
			if (damage.length < MAX_DAMAGE) damage.push(told);
		}
	});
	return {
		store: importIntoBucket(layer, scratch),
		location,
		soft: {
			getSoft: (key) => layer.getSoft(key),
			putSoft: async (key, bytes) => {
				await layer.putSoft(key, bytes);
			}
		},
		damage
	};
}
/** A directory that is missing or empty is made into a store, but not one with the files of somebody else. */
async function openDirectory(dir, { source, hasher, dryRun }) {
	const isNew = await isMissingOrEmpty(dir);
	if (dryRun && isNew) return {
		store: void 0,
		location: dir,
		damage: []
	};
	refuseItself(source, await realPathOf(dir));
	const damage = [];
	const onDamage = (told) => {
		if (damage.length < MAX_DAMAGE) damage.push(told);
	};
	const store = isNew ? await openDiskStore(dir, {
		hasher,
		onDamage
	}) : await openExisting(dir, {
		hasher,
		onDamage,
		purpose: dryRun ? "look" : "serve"
	});
	if (!dryRun && !store.writable) {
		const why = `module store: ${dir} cannot be written; check its owner and permissions, or look with --dry-run`;
		throw new StoreError("store-read-only", dir, why);
	}
	return {
		store,
		location: store.location,
		soft: store,
		damage,
		isThere: async (mv, kind, entry) => {
			const keys = versionKeys(mv);
			if (keys === void 0 || !await store.parts.tree.hasDir(keys.dir)) return false;
			const stat = await statRegular(store.parts.tree.path(keys.files[kind]));
			return stat !== void 0 && stat.size === entry[kind]?.size;
		}
	};
}
/** Beyond that it is not told any more what the store did not keep. */
const MAX_DAMAGE = 100;
async function isMissingOrEmpty(dir) {
	try {
		for await (const _ of await fsp.opendir(dir)) return false;
		return true;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return true;
		if (errnoOf(error) === "ENOTDIR") return false;
		throw asStoreError(error, dir, "read");
	}
}
/** Of a directory that may not be there yet: by the nearest one above it that is. */
async function realPathOf(dir) {
	try {
		return await fsp.realpath(dir);
	} catch (error) {
		const above = path.dirname(dir);
		if (errnoOf(error) !== "ENOENT" || above === dir) throw asStoreError(error, dir, "read");
		return path.join(await realPathOf(above), path.basename(dir));
	}
}
/** A store within the source would be imported into itself. */
function refuseItself(source, store) {
	const within = (inner, outer) => {
		const relative = path.relative(outer, inner);
		return relative === "" || !(relative.startsWith("..") || path.isAbsolute(relative));
	};
	if (!within(store, source) && !within(source, store)) return;
	throw new UsageError(`the source ${source} and the store ${store} are one in the other; name another store with --store`);
}
// src/cli/sum-files.ts
/** Larger go.sum files are read to here. */
const MAX_BYTES = 67108864;
const MAX_FILES = 200;
/** The go.sum and go.work.sum files of a checkout. */
async function sumFilesOf(workspace) {
	const { goSums } = await findModuleFiles(workspace);
	if (goSums.length > MAX_FILES) say(`warning: of ${goSums.length} go.sum files the first ${MAX_FILES} are read`);
	return goSums.slice(0, MAX_FILES);
}
/**
* Entries of sum files, file by file. What cannot be used of them is told on stderr. Throws UsageError for a file of
* `named` that cannot be read.
*/
async function* readSumFiles(found, named) {
	for (const file of /* @__PURE__ */ new Set([...found, ...named.map((name) => resolve(name))])) {
		const bytes = await readBounded(file, MAX_BYTES);
		if (bytes === void 0) {
			if (found.includes(file)) continue;
			throw new UsageError(`--go-sum: ${file} cannot be read; name a go.sum or go.work.sum file`);
		}
		const { entries, problems } = await parseSumInSteps(bytes, file);
		const [first] = problems;
		if (first !== void 0) {
			const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
			say(`warning: ${file}:${first.line}: ${first.reason}${more}; the rest is used`);
		}
		yield entries;
	}
}
// src/cli/cache-import.ts
const OPTIONS$5 = {
	...PLACE_OPTIONS,
	from: {
		type: "string",
		value: "KIND",
		help: `what SOURCE is, where that cannot be told: ${SOURCE_KINDS.join(", ")}`
	},
	"go-sum": {
		type: "string",
		value: "FILE",
		multiple: true,
		help: "take what this go.sum vouches for without asking the checksum database, repeatable"
	},
	manifest: {
		type: "string",
		value: "DIGEST",
		help: "take an archive only when its manifest has this SHA-256, which cache export printed"
	},
	offline: {
		type: "boolean",
		help: "ask nobody over the network: go.sum files and what SOURCE and store keep of the checksum database have to do"
	},
	"pin-private": {
		type: "boolean",
		help: "take private modules that nobody vouches for too, and pin their hashes as first seen: trusts SOURCE for them"
	},
	"no-info": {
		type: "boolean",
		help: "leave .info files to the upstream: no hash tells whether they are right"
	},
	"dry-run": {
		type: "boolean",
		help: "only tell what would come in"
	},
	jobs: {
		type: "string",
		value: "N",
		help: "threads that hash, 1 to 256 (default: one for each core)"
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
const USAGE$5 = "modgate cache import SOURCE [options]";
const ABOUT$5 = `Copies into the module store what a GOMODCACHE, the disk storage of Athens, the cache directory of goproxy, any GOPROXY
tree, or an archive of modgate cache export has: of it all whose hash the checksum database or a go.sum vouches for. Each
file is hashed anew; what was recorded beside it (.ziphash, an index) and what was unpacked from it count for nothing.
The rest is listed with the reason. What the store has already is not looked at again, so an import can be repeated.

Exit code: 0 done, 1 a file has another hash than it should have or is damaged, 2 the options or SOURCE cannot be used,
3 something cannot be read or written, 4 the checksum database could not be asked, or it was ended early.`;
/** Versions at once where each waits for the network. */
const ASKED_AT_ONCE$1 = 32;
const cacheImport = async (args) => {
	const { values, positionals, rest } = parseVerb("cache import", args, OPTIONS$5);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$5, ABOUT$5, OPTIONS$5));
		return EXIT.ok;
	}
	const [named, ...more] = positionals;
	if (named === void 0 || named === "" || more.length > 0 || rest !== void 0) throw new UsageError(`cache import wants one source\nusage: ${USAGE$5}`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const threads = numberOfJobs$1(values.jobs);
	const forced = kindOf(values.from);
	const manifest = digestOf(values.manifest);
	setFlagsFromString("--semi-space-growth-factor=1");
	const source = await recognise(named, forced);
	if (manifest !== void 0 && source.kind !== "archive") throw new UsageError(`--manifest goes with an archive, and ${source.root} is none: ${source.why}`);
	const place = await anyCachePlace({
		values,
		positionals: []
	});
	const hasher = createHasher({ threads });
	const scratch = await mkdtemp(join(tmpdir(), "modgate-import-"));
	try {
		const outcome = await run({
			source,
			place,
			values,
			hasher,
			threads,
			scratch,
			manifest
		});
		for (const sentence of format === "json" ? incompleteImport(outcome) : []) say(`warning: ${sentence}`);
		await deliverReport(format === "json" ? importJson(outcome) : importText(outcome), format, output, place.platform);
		return importExitCode(outcome);
	} finally {
		await hasher.close();
		await place.close();
		await rm(scratch, {
			recursive: true,
			force: true
		});
	}
};
async function run({ source, place, values, hasher, threads, scratch, manifest }) {
	const dryRun = values["dry-run"] === true;
	const sums = new SumTable();
	let goSums = 0;
	for await (const entries of readSumFiles([], values["go-sum"] ?? [])) {
		sums.add(entries);
		goSums += 1;
	}
	const target = await openTarget$1(place.store, {
		source: source.root,
		scratch,
		hasher,
		dryRun
	});
	const { authorities, noSumDb, close } = await openAuthorities(place, {
		sums,
		offline: values.offline === true,
		pinPrivate: values["pin-private"] === true,
		kept: keptAnswers(source, scratch),
		soft: target.soft,
		keeps: !dryRun
	});
	const progress = progressLine(process.stderr, process.env);
	const ending = new AbortController();
	const end = () => ending.abort();
	process.once("SIGINT", end).once("SIGTERM", end);
	const began = performance.now();
	try {
		const report = await importFrom(source, target.store, {
			hasher,
			authorities,
			...target.isThere === void 0 ? {} : { isThere: target.isThere },
			representation: formOf(place),
			infos: values["no-info"] !== true,
			dryRun,
			atOnce: Math.max(ASKED_AT_ONCE$1, threads * 2),
			zipsAtOnce: threads + 1,
			scratch,
			...manifest === void 0 ? {} : { manifest },
			signal: ending.signal,
			onProgress: ({ versions, imported, bytes, findings }) => progress.show(`${versions} versions, ${imported} imported, ${formatBytes(bytes)}, ${findings} left out`)
		});
		const ms = performance.now() - began;
		for (const { path, what } of target.damage) say(`warning: store: ${path}: ${what}`);
		const unasked = noSumDb === void 0 ? {} : { noSumDb };
		return {
			source,
			store: target.location,
			report,
			dryRun,
			ms,
			goSums,
			...unasked
		};
	} finally {
		progress.end();
		process.off("SIGINT", end).off("SIGTERM", end);
		await close();
	}
}
/** A bucket keeps original zips, as transfer counts there. */
function formOf({ store, config }) {
	return store.kind === "directory" && config.cache.zips === "stored" ? "stored" : "original";
}
function kindOf(value) {
	if (value === void 0) return void 0;
	const kind = SOURCE_KINDS.find((known) => known === value);
	if (kind !== void 0) return kind;
	const near = didYouMean(value, SOURCE_KINDS);
	throw new UsageError(`--from wants one of ${SOURCE_KINDS.join(", ")}, not "${oneLine(value)}"${near === void 0 ? "" : `; did you mean ${near}?`}`);
}
/** As `sha256sum` prints it, or with `sha256:` before it. */
function digestOf(value) {
	if (value === void 0) return void 0;
	const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(value)?.[1];
	if (digest !== void 0) return digest;
	throw new UsageError(`--manifest wants a SHA-256 of 64 hex digits, not ${JSON.stringify(oneLine(value))}`);
}
function numberOfJobs$1(value) {
	if (value === void 0) return Math.min(256, availableParallelism());
	const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
	if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
	return jobs;
}
// src/cli/lean-heap.ts
/**
* Millions of short-lived objects: a young generation that grows with them takes 50 to 100 MB and saves no time. What
* waits for a service lives long enough to become old, and an old generation that may grow to five times of what is
* alive takes 150 MB more, which is worth 5 % of processor time.
*/
function leanHeap(store) {
	setFlagsFromString("--semi-space-growth-factor=1");
	if (store.kind === "bucket") setFlagsFromString("--heap-growing-percent=25");
}
// src/cli/cache-prune.ts
const OPTIONS$4 = {
	...PLACE_OPTIONS,
	"keep-since": {
		type: "string",
		value: "TIME",
		help: "remove versions that were not used for this long (default: cache.keep-since)"
	},
	"max-age": {
		type: "string",
		value: "TIME",
		help: "also remove versions that were first seen longer ago, however much they are used"
	},
	"max-size": {
		type: "string",
		value: "SIZE",
		help: "then remove the least recently used until the store is no larger (default: cache.max-size)"
	},
	"keep-ref": {
		type: "string",
		value: "REF",
		multiple: true,
		help: "keep what the go.mod and go.sum files of this branch, tag or commit name; repeatable (default: cache.keep-refs)"
	},
	"dry-run": {
		type: "boolean",
		help: "only tell what would go"
	},
	budget: {
		type: "string",
		value: "TIME",
		help: "stop after this long; the next prune does the rest"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "how the report is printed (default text)"
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
const USAGE$4 = "modgate cache prune [DIR|URL] [options]";
const ABOUT$4 = `Removes from the module store in DIR, or in the bucket of URL, what nobody used for long. What was used within the last hour stays whatever
the rules say, so that it can run beside jobs; there is no lock, and a prune that was ended is taken up by the next.

Exit code: 0 done, 2 the options or the directory cannot be used, 3 something could not be removed or read, 4 the
modules of a ref could not be told, so that nothing was removed.`;
const cachePrune = async (args) => {
	const parsed = parseVerb("cache prune", args, OPTIONS$4);
	const { values } = parsed;
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$4, ABOUT$4, OPTIONS$4));
		return EXIT.ok;
	}
	if (parsed.rest !== void 0) throw new UsageError(`there is nothing to run here\nusage: ${USAGE$4}`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const own = rulesOf(values);
	const budget = duration(values, "budget");
	const { config, store, platform, token, close } = await anyCachePlace(parsed);
	leanHeap(store);
	const stop = new AbortController();
	const interrupted = () => stop.abort();
	process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
	const progress = progressLine(process.stderr, process.env);
	let outcome;
	try {
		outcome = await pruneStore({
			store,
			rules: {
				...config.cache,
				...own
			},
			dryRun: values["dry-run"] === true,
			until: budget === void 0 ? stop.signal : AbortSignal.any([stop.signal, AbortSignal.timeout(budget)]),
			onProgress: ({ phase, versions, deleted }) => progress.show(`${DOING[phase]}: ${versions} versions, ${deleted.versions} removed`),
			now: Date.now(),
			platform,
			env: process.env,
			token
		});
	} finally {
		progress.end();
		process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
		await close();
	}
	const { report, keepRefs, warnings } = outcome;
	for (const warning of warnings) say(`warning: ${warning}`);
	await deliverReport(format === "json" ? harmlessJson({
		...report,
		keepRefs
	}) : pruneText(report, keepRefs), format, output, platform);
	if (stop.signal.aborted) {
		say("ended before it was done; what is left is for the next prune");
		return EXIT.internal;
	}
	return report.failed.count > 0 ? EXIT.internal : EXIT.ok;
};
const DOING = {
	look: "looking",
	shrink: "removing the least recently used"
};
function rulesOf(values) {
	const refs = values["keep-ref"];
	for (const ref of refs ?? []) {
		const problem = gitRefProblem(ref);
		if (problem !== void 0) throw new UsageError(`--keep-ref ${JSON.stringify(ref)} ${problem}`);
	}
	const keepSince = duration(values, "keep-since");
	const maxAge = duration(values, "max-age");
	const maxSize = size(values, "max-size");
	return {
		...keepSince === void 0 ? {} : { "keep-since": keepSince },
		...maxAge === void 0 ? {} : { maxAge },
		...maxSize === void 0 ? {} : { "max-size": maxSize },
		...refs === void 0 ? {} : { "keep-refs": [...refs] }
	};
}
function duration(values, name) {
	const text = values[name];
	if (text === void 0) return void 0;
	const ms = parseDuration(text);
	if (ms === void 0) throw new UsageError(`--${name} wants a number and a unit, like 30d, 2h or 15m, not ${JSON.stringify(text)}`);
	return ms;
}
function size(values, name) {
	const text = values[name];
	if (text === void 0) return void 0;
	const bytes = parseSize(text);
	if (bytes === void 0) throw new UsageError(`--${name} wants a size, like 20GB or 512MiB, not ${JSON.stringify(text)}`);
	return bytes;
}
// src/cli/cache-stats-report.ts
const LABEL = 12;
const NAME = 46;
/** For people, in 80 columns. */
function statsText(outcome) {
	const { store, stats } = outcome;
	const { modules, toolchains, beside, unindexed, unread } = stats;
	return `${[
		[
			labelled("Store", [plain(store)]),
			labelled("Modules", [`${count(stats.byModule.count, "module")} in ${count(modules.versions, "version")}, ${count(modules.files, "file")}, ${formatBytes(modules.bytes)}`]),
			labelled("Toolchains", [`${count(toolchains.versions, "version")}, ${formatBytes(toolchains.bytes)}`]),
			labelled("Beside", wrap(besideWords(beside), 68)),
			...unindexed.versions === 0 ? [] : [labelled("Not indexed", [`${amountWords(unindexed)}: modgate cache verify --repair proves them`])],
			...unread === 0 ? [] : [labelled("Not read", [`${unread} directories: check their permissions`])]
		],
		groups("Hosts", stats.byHost, modules),
		groups("Owners", stats.byOwner, modules),
		groups("Modules", stats.byModule, modules),
		table("Last used", stats.lastUse.map((age, at) => [ageWords(age.withinDays, stats.lastUse[at - 1]?.withinDays), age])),
		table("First seen", [...stats.earlier.versions === 0 ? [] : [["earlier", stats.earlier]], ...stats.firstSeen.filter(({ versions }) => versions > 0).map((month) => [month.month, month])]),
		[...stats.hitRates.map((rate) => labelled("Hit rate", wrap(hitWords(rate), 68))), labelled("Prune", wrap(pruneWords(outcome), 68))]
	].filter((block) => block.length > 0).map((block) => block.join("\n")).join("\n\n")}\n`;
}
function labelled(label, lines) {
	return lines.map((line, at) => `${(at === 0 ? label : "").padEnd(LABEL)}${line}`).join("\n");
}
function besideWords(beside) {
	const { soft, sumdb, quarantine, temp, log } = beside;
	return list([
		`lists and absences ${formatBytes(soft.bytes)}`,
		`checksum database ${formatBytes(sumdb.bytes)}`,
		`quarantine ${formatBytes(quarantine.bytes)} (${count(quarantine.files, "file")})`,
		`temporary ${formatBytes(temp.bytes)}`,
		`log ${formatBytes(log.bytes)}`
	]);
}
function groups(title, { count: all, top }, whole) {
	if (all === 0) return [];
	return table(`${title}${all > top.length ? ` (the largest ${top.length} of ${all})` : ""}`, top.map((each) => [each.name, each]), whole);
}
function table(title, rows, whole) {
	if (rows.length === 0) return [];
	const lines = rows.map(([name, { versions, bytes }]) => {
		const part = whole === void 0 || whole.bytes === 0 ? "" : `${Math.round(100 * bytes / whole.bytes)} %`;
		return `  ${clip(plain(name), NAME).padEnd(NAME)} ${String(versions).padStart(10)} ${formatBytes(bytes).padStart(11)} ${part.padStart(6)}`.trimEnd();
	});
	return [`${title.padEnd(48)} ${"versions".padStart(10)} ${"size".padStart(11)}`, ...lines];
}
function ageWords(within, above) {
	if (within === null) return `longer than ${above} days ago`;
	return above === void 0 || above === null ? "within a day" : `${above} to ${within} days ago`;
}
function hitWords({ days, sessions, requests, fromStore, bytesFromStore, bytesFromUpstream, added }) {
	if (sessions === 0) return `last ${days} days: no session has left figures`;
	const bytes = bytesFromStore + bytesFromUpstream;
	return `last ${days} days: ${percent(fromStore, requests)} of ${count(requests, "request")} and ${percent(bytesFromStore, bytes)} of ${formatBytes(bytes)} came from the store, in ${count(sessions, "session")}; ${count(added, "version")} came in`;
}
function percent(part, whole) {
	return whole === 0 ? "0 %" : `${(100 * part / whole).toFixed(1)} %`;
}
function amountWords({ versions, bytes }) {
	return `${count(versions, "version")} (${formatBytes(bytes)})`;
}
function pruneWords({ prune, unknownRefs }) {
	const { deleted, rules, after, excessBytes } = prune;
	const { unused, size } = deleted.reasons;
	const rest = `keep-since ${formatDuration(rules.keepSinceMs)}, max-size ${formatBytes(rules.maxBytes)}`;
	const less = unknownRefs === void 0 ? "" : " at most, because what keep-refs keep cannot be told now";
	const over = excessBytes > 0 ? `, ${formatBytes(excessBytes)} too much, which running jobs hold` : "";
	return `${deleted.versions === 0 ? "nothing would go" : `${amountWords(deleted)} would go${less}: ${amountWords(unused)} unused for long, ${amountWords(size)} to make room`}; ${formatBytes(after.bytes)} would stay${over} (${rest})`;
}
/** The contract of `cache stats --format json`. */
function statsJson({ store, stats, prune, unknownRefs }) {
	const { before, after, deleted, kept, swept, rules, excessBytes } = prune;
	const wouldPrune = {
		rules,
		...unknownRefs === void 0 ? {} : { unknownRefs },
		before,
		after,
		deleted,
		kept,
		swept,
		excessBytes
	};
	return harmlessJson({
		schema: 1,
		store,
		...stats,
		prune: wouldPrune
	}, 2);
}
// src/cli/cache-stats.ts
const OPTIONS$3 = {
	...PLACE_OPTIONS,
	top: {
		type: "string",
		value: "N",
		help: "hosts, owners and modules that are told by name, 1 to 10000 (default 20)"
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
const USAGE$3 = "modgate cache stats [DIR|URL] [options]";
const ABOUT$3 = `Tells how large the module store is, what takes the room, how it grows, how often jobs found in it what they needed,
and what modgate cache prune would do with it now. Removes no module.

Exit code: 0, 2 the options or the configuration cannot be used, 3 the store cannot be read.`;
const cacheStats = async (args) => {
	const parsed = parseVerb("cache stats", args, OPTIONS$3);
	const { values, rest } = parsed;
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$3, ABOUT$3, OPTIONS$3));
		return EXIT.ok;
	}
	if (rest !== void 0) throw new UsageError(`cache stats takes one store\nusage: ${USAGE$3}`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const top = topOf(values.top);
	const place = await anyCachePlace(parsed);
	leanHeap(place.store);
	const progress = progressLine(process.stderr, process.env);
	try {
		const now = Date.now();
		const onProgress = (versions) => progress.show(`${versions} versions`);
		const counted = await statsOf(place.store, {
			now,
			top,
			onProgress
		});
		const preview = await previewOf(place, now, ({ versions }) => progress.show(`${versions} versions looked at for a prune`));
		progress.end();
		const outcome = {
			...counted,
			...preview
		};
		await deliverReport(format === "json" ? statsJson(outcome) : statsText(outcome), format, output, place.platform);
		return EXIT.ok;
	} finally {
		progress.end();
		await place.close();
	}
};
async function statsOf(at, options) {
	if (at.kind === "bucket") {
		const { bucketStats } = await import("./lazy/store-bucket-stats.js");
		await requirePlace(at, true);
		return {
			store: at.bucket.location,
			stats: await bucketStats(at.bucket, options)
		};
	}
	const tree = await existingTree(at.dir);
	return {
		store: tree.root,
		stats: await storeStats(tree, options)
	};
}
/** A dry run by the configuration; without the refs to keep where they cannot be told now. */
async function previewOf({ store, config, platform, token }, now, onProgress) {
	const request = {
		store,
		rules: config.cache,
		dryRun: true,
		onProgress,
		now,
		platform,
		env: process.env,
		token
	};
	try {
		return { prune: (await pruneStore(request)).report };
	} catch (error) {
		if (!(error instanceof KeepListError)) throw error;
		const rules = {
			...config.cache,
			"keep-refs": []
		};
		return {
			prune: (await pruneStore({
				...request,
				rules
			})).report,
			unknownRefs: error.message
		};
	}
}
function topOf(value) {
	if (value === void 0) return 20;
	const top = /^\d{1,5}$/.test(value) ? Number(value) : 0;
	if (top < 1 || top > 1e4) throw new UsageError(`--top wants a number from 1 to 10000, not ${JSON.stringify(value)}`);
	return top;
}
// src/cli/cache-verify-modcache.ts
/** Versions with problems that are told one by one. */
const MAX_TOLD = 1e3;
/** Verifies a GOMODCACHE by go.sum files. Throws UsageError when there is no cache or no go.sum. */
async function verifyModcacheOf({ values, positionals }, format, threads) {
	const { env } = process;
	const cwd = process.cwd();
	if (positionals.length > 1) throw new UsageError("one GOMODCACHE at a time: name one directory");
	const go = positionals[0] === void 0 ? await readGoSettings("go", env, tmpdir()) : void 0;
	const named = positionals[0] ?? go?.GOMODCACHE;
	if (!named) throw new UsageError("go env tells no GOMODCACHE: name its directory, or put go on PATH");
	const dir = resolve(named);
	const platform = detectPlatform(env, systemProbe(cwd));
	const { workspace } = platform;
	const sums = [];
	for await (const entries of readSumFiles(await sumFilesOf(workspace), values["go-sum"] ?? [])) for (const { module, version, file, h1 } of entries) sums.push({
		module,
		version,
		...file === "zip" ? { h1 } : { goModH1: h1 }
	});
	if (sums.length === 0) throw new UsageError(`no go.sum below ${workspace} says what is right: run this in a checkout, or name one with --go-sum FILE`);
	const progress = progressLine(process.stderr, env);
	const bad = [];
	const total = {
		versions: 0,
		changed: 0,
		unread: 0,
		toLook: 0
	};
	const began = performance.now();
	try {
		const options = {
			threads,
			onTotal: (toLook) => {
				total.toLook = toLook;
			}
		};
		for await (const verdict of verifyModcache(dir, sums, options)) {
			total.versions += 1;
			if (verdict.problems.some(({ what }) => what === "changed")) total.changed += 1;
			if (verdict.unread !== void 0) total.unread += 1;
			if ((verdict.problems.length > 0 || verdict.unread !== void 0) && bad.length < MAX_TOLD) bad.push(verdict);
			progress.show(`${total.versions} of ${total.toLook} versions, ${total.changed} changed`);
		}
	} finally {
		progress.end();
	}
	const code = total.changed > 0 ? EXIT.findings : total.unread > 0 ? EXIT.internal : EXIT.ok;
	const ms = Math.round(performance.now() - began);
	const { versions, changed, unread } = total;
	if (format === "json") return {
		text: harmlessJson({
			schema: 1,
			modcache: dir,
			exitCode: code,
			versions,
			changed,
			unread,
			ms,
			modules: bad
		}, 2),
		code,
		platform
	};
	const lines = bad.flatMap(told);
	lines.push(`GOMODCACHE ${plain(dir)}`);
	lines.push(`Looked at ${count(versions, "version")} that go.sum names in ${(ms / 1e3).toFixed(1)} s`);
	if (total.changed > 0) lines.push("", ...wrap(`${count(changed, "version")} changed, and go would use ${changed === 1 ? "it" : "them"} unseen. Next: go clean -modcache`, 80));
	else if (unread === 0) lines.push("", "All of it is what go.sum says.");
	return {
		text: `${lines.join("\n")}\n`,
		code,
		platform
	};
}
function told({ module, version, problems, unread }) {
	return [
		plain(`${module}@${version}`),
		...problems.flatMap(({ what, path, detail }) => [`  ${what}: ${plain(path)}`, ...wrap(plain(detail), 76).map((line) => `    ${line}`)]),
		...unread === void 0 ? [] : wrap(`not looked at: ${plain(unread)}`, 78).map((line) => `  ${line}`),
		""
	];
}
// src/cli/cache-verify-report.ts
/** Findings of a kind that the text shows; JSON has more. */
const SHOWN = 20;
/** Most files nobody vouches for are simply private. */
const SHOWN_UNVOUCHED = 5;
const WIDTH = 80;
const TITLES = {
	damaged: "Damaged",
	contradicted: "Not the hash that others know",
	unreadable: "Could not be read",
	unindexed: "Not in the index",
	missing: "In the index, and not there",
	unvouched: "Vouched for by nobody but the index",
	junk: "Not a file of a store"
};
/** Files that are wrong and were not mended. */
function unmended({ counts, repaired }) {
	return counts.damaged - repaired.damaged + counts.contradicted - repaired.contradicted;
}
/** What keeps a verification from being whole, as sentences. */
function incomplete({ report, noSumDb }) {
	const said = [];
	if (noSumDb !== void 0) said.push(`The checksum database was not asked: ${plain(noSumDb)}.`);
	if (report.unasked.versions > 0) {
		const { versions, why } = report.unasked;
		said.push(`The checksum database did not answer for ${count(versions, "version")}: ${plain(why)}.`);
	}
	if (report.changing > 0) said.push(`${count(report.changing, "version")} changed each time it was looked at: jobs are at work on it; verify again later.`);
	if (report.stopped) said.push("It was ended before everything was looked at.");
	return said;
}
/** For people: what is wrong by kind, then what was looked at and what to do next. At most 80 columns of our own words. */
function verifyText(outcome) {
	const { report, store, ms } = outcome;
	const lines = [];
	for (const kind of FINDING_KINDS) lines.push(...section(kind, report));
	const { versions, files, bytes, vouched } = report;
	const hashes = vouched.sumdb + vouched.gosum + vouched.index + vouched.nobody;
	lines.push(`Store     ${plain(store)}`, `Looked at ${count(versions, "version")}, ${count(files, "file")}, ${formatBytes(bytes)} in ${(ms / 1e3).toFixed(1)} s`, `Vouched   ${count(hashes, "hash").replace("hashs", "hashes")}: ${list([
		`${vouched.sumdb} by the checksum database`,
		`${vouched.gosum} by go.sum`,
		`${vouched.index} by the index`,
		`${vouched.nobody} by nobody`
	])}`);
	const tail = [...incomplete(outcome), verdict(outcome)].flatMap((sentence) => wrap(sentence, WIDTH));
	return `${[
		...lines.flatMap(fold),
		"",
		...tail
	].join("\n")}\n`;
}
function section(kind, report) {
	const total = report.counts[kind];
	if (total === 0) return [];
	const shown = report.findings.filter((f) => f.kind === kind).slice(0, kind === "unvouched" ? SHOWN_UNVOUCHED : SHOWN);
	const lines = shown.flatMap((finding) => [
		`  ${plain(finding.path)}`,
		...wrap(plain(finding.what), 76).map((line) => `    ${line}`),
		...finding.outcome === "left" ? [] : [`    ${fate(finding)}`]
	]);
	const rest = total - shown.length;
	if (rest > 0) lines.push(`  and ${rest} more (--format json tells of 1000)`);
	return [
		`${TITLES[kind]} (${total})`,
		...lines,
		""
	];
}
function fate({ outcome, movedTo }) {
	if (outcome === "quarantined") return `→ moved to ${plain(movedTo ?? "")}`;
	return outcome === "indexed" ? "→ proven, and in the index now" : "→ the index tells of it no more";
}
function verdict({ report, repair }) {
	const bad = unmended(report);
	const mended = Object.values(report.repaired).reduce((a, b) => a + b);
	const did = mended === 0 ? "" : ` ${count(mended, "finding")} mended.`;
	if (bad === 0 && report.counts.unreadable > 0) return `${count(report.counts.unreadable, "file")} could not be read: check the disk and the permissions.${did}`;
	if (bad === 0) {
		const open = report.counts.missing + report.counts.unindexed - report.repaired.missing - report.repaired.unindexed;
		const left = open === 0 ? "" : ` ${count(open, "file")} will be fetched anew when asked for.`;
		return `${mended === 0 ? "No damage was found." : "No damage is left."}${did}${left}`;
	}
	const next = repair ? "What is left needs a look: see above." : "Next: modgate cache verify --repair moves them to modgate/quarantine/, and jobs fetch them anew.";
	return `${count(bad, "file")} ${bad === 1 ? "is" : "are"} not what ${bad === 1 ? "it" : "they"} should be.${did} ${next}`;
}
function fold(line) {
	const [head = "", ...more] = line.startsWith(" ") ? [line] : wrap(line, WIDTH);
	return [head, ...more.map((rest) => `          ${rest}`)];
}
/** The contract of `cache verify --format json`. */
function verifyJson(outcome, exitCode) {
	const { report, store, repair, ms, goSums, noSumDb } = outcome;
	const { findings, counts, repaired, versions, files, bytes, vouched, unasked, changing, stopped } = report;
	return harmlessJson({
		schema: 1,
		store,
		repair,
		exitCode,
		versions,
		files,
		bytes,
		ms: Math.round(ms),
		vouched,
		counts,
		repaired,
		goSums,
		...noSumDb === void 0 ? {} : { noSumDb },
		unasked,
		changing,
		stopped,
		findings: findings.map(({ kind, path, mv, file, what, outcome: fateOf, movedTo }) => ({
			kind,
			path,
			...mv === void 0 ? {} : {
				module: mv.path,
				version: mv.version
			},
			...file === void 0 ? {} : { file },
			what,
			outcome: fateOf,
			...movedTo === void 0 ? {} : { movedTo }
		}))
	}, 2);
}
// src/cli/cache-verify-target.ts
/** Throws StoreError when there is no store, or none that can be repaired; BucketError. */
async function openTarget(at, hasher, repair) {
	if (at.kind === "bucket") return await openBucketTarget(at, hasher, repair);
	const { dir } = at;
	const { root } = await existingTree(dir);
	const store = repair ? await openForRepair(dir, hasher) : void 0;
	const mender = store === void 0 ? {} : { repair: store };
	return {
		location: root,
		repairs: repair,
		answers: {
			dir,
			...store === void 0 ? {} : { store }
		},
		verify: (options) => verifyStore(dir, {
			...options,
			...mender,
			hasher
		}),
		close: async () => void 0
	};
}
async function openForRepair(dir, hasher) {
	const store = await openExisting(dir, {
		hasher,
		purpose: "tidy"
	});
	if (store.writable) return store;
	const why = `module store: ${dir} cannot be written, so that nothing can be repaired; check its owner and permissions, or verify without --repair`;
	throw new StoreError("store-read-only", dir, why);
}
async function openBucketTarget(at, hasher, repair) {
	const { bucket } = at;
	const [{ verifyBucket }, { readSmall }] = await Promise.all([import("./lazy/store-bucket-verify.js"), import("./lazy/store-bucket-read-small.js")]);
	await requirePlace(at, !repair);
	const tempDir = await mkdtemp(join(tmpdir(), "modgate-verify-"));
	return {
		location: bucket.location,
		repairs: repair,
		answers: { kept: async (key) => {
			const at = softKey(key);
			if (at === void 0) return void 0;
			const found = await readSmall(bucket, at, MAX_SOFT_SIZE).catch(() => void 0);
			return found === void 0 || found.bytes === "oversize" ? void 0 : found.bytes;
		} },
		verify: (options) => verifyBucket(bucket, {
			...options,
			hasher,
			tempDir,
			repair
		}),
		close: () => rm(tempDir, {
			recursive: true,
			force: true
		})
	};
}
// src/cli/cache-verify.ts
const OPTIONS$2 = {
	...PLACE_OPTIONS,
	repair: {
		type: "boolean",
		help: "move what is damaged to modgate/quarantine/, index what is proven, forget what is gone; deletes nothing"
	},
	"go-sum": {
		type: "string",
		value: "FILE",
		multiple: true,
		help: "compare with this go.sum too, repeatable (always: those of the checkout)"
	},
	sumdb: {
		type: "boolean",
		help: "ask the checksum database of go env GOSUMDB about every version"
	},
	modcache: {
		type: "boolean",
		help: "verify a GOMODCACHE (DIR, or that of go env) by the go.sum files instead of a store"
	},
	jobs: {
		type: "string",
		value: "N",
		help: "threads that hash, 1 to 256 (default: one for each core)"
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
const USAGE$2 = "modgate cache verify [DIR|URL] [options]";
const ABOUT$2 = `Hashes every file of the module store again and compares it with the store's index, with go.sum, and with --sumdb
with the checksum database. Safe beside running jobs; without --repair nothing is written.
Of a bucket every object is read.

Exit code: 0 nothing damaged (or all of it repaired), 1 damage, 2 the options or the configuration cannot be used, 3 a
file or directory cannot be read or written, 4 somebody who was to be asked could not be, or not all was looked at.`;
/** Versions at once where each waits for the network. */
const ASKED_AT_ONCE = 32;
/** Versions at once for each thread, so that none waits for work. */
const PER_THREAD = 3;
const cacheVerify = async (args) => {
	const parsed = parseVerb("cache verify", args, OPTIONS$2);
	const { values, rest } = parsed;
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$2, ABOUT$2, OPTIONS$2));
		return EXIT.ok;
	}
	if (rest !== void 0) throw new UsageError(`cache verify takes one store\nusage: ${USAGE$2}`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const threads = numberOfJobs(values.jobs);
	if (values.modcache === true) {
		if (values.repair === true || values.sumdb === true || values.store !== void 0) throw new UsageError("--modcache goes with none of --repair, --sumdb and --store: go cleans its own cache");
		const { verifyModcacheOf } = await import("./lazy/cli-cache-verify-modcache.js");
		const { text, code, platform } = await verifyModcacheOf(parsed, format, threads);
		await deliverReport(text, format, output, platform);
		return code;
	}
	const place = await anyCachePlace(parsed);
	leanHeap(place.store);
	const hasher = createHasher({ threads });
	try {
		const outcome = await verify(place, values, hasher, threads);
		const code = exitCode(outcome);
		for (const sentence of format === "json" ? incomplete(outcome) : []) say(`warning: ${sentence}`);
		await deliverReport(format === "json" ? verifyJson(outcome, code) : verifyText(outcome), format, output, place.platform);
		return code;
	} finally {
		await hasher.close();
		await place.close();
	}
};
async function verify(place, values, hasher, threads) {
	const { platform, config } = place;
	const target = await openTarget(place.store, hasher, values.repair === true);
	const sums = new SumTable();
	const found = await sumFilesOf(platform.workspace);
	let goSums = 0;
	for await (const entries of readSumFiles(found, values["go-sum"] ?? [])) {
		sums.add(entries);
		goSums += 1;
	}
	const warn = (line) => say(`warning: ${line}`);
	const { workspace } = platform;
	const request = {
		env: process.env,
		config,
		goCommand: "go",
		workspace,
		log: () => void 0,
		warn
	};
	const sumdb = values.sumdb === true ? await openSumDbFor({
		...request,
		...target.answers
	}) : void 0;
	const asks = sumdb !== void 0 && "ask" in sumdb ? sumdb : void 0;
	const progress = progressLine(process.stderr, process.env);
	const ending = new AbortController();
	const end = () => ending.abort();
	process.once("SIGINT", end);
	process.once("SIGTERM", end);
	const began = performance.now();
	try {
		const report = await target.verify({
			authorities: {
				goSum: (module, version, file) => sums.hashes(module, version, file),
				goSumTrusted: platform.trust.trusted,
				...asks === void 0 ? {} : { sumdb: (mv) => asks.ask(mv) }
			},
			atOnce: asks === void 0 ? threads * PER_THREAD : Math.max(threads * PER_THREAD, ASKED_AT_ONCE),
			signal: ending.signal,
			onProgress: ({ versions, bytes, found: wrong }) => progress.show(`${versions} versions, ${formatBytes(bytes)}, ${wrong} findings`)
		});
		const noSumDb = sumdb !== void 0 && "why" in sumdb ? { noSumDb: sumdb.why } : {};
		const { location, repairs } = target;
		return {
			store: location,
			report,
			repair: repairs,
			ms: performance.now() - began,
			goSums,
			...noSumDb
		};
	} finally {
		progress.end();
		process.off("SIGINT", end);
		process.off("SIGTERM", end);
		await asks?.close();
		await target.close();
	}
}
function exitCode(outcome) {
	if (unmended(outcome.report) > 0) return EXIT.findings;
	if (outcome.report.counts.unreadable > 0) return EXIT.internal;
	return incomplete(outcome).length > 0 ? EXIT.incomplete : EXIT.ok;
}
function numberOfJobs(value) {
	if (value === void 0) return Math.min(256, availableParallelism());
	const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
	if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
	return jobs;
}
const cache = verbOfParts("cache", {
	prune: {
		about: "remove what was unused for long, is too old or too much; safe beside running jobs",
		load: async () => (await import("./lazy/cli-cache-prune.js")).cachePrune
	},
	verify: {
		about: "hash every file again and compare",
		load: async () => (await import("./lazy/cli-cache-verify.js")).cacheVerify
	},
	forget: {
		about: "accept that a tag was moved: take one version out, with its pinned hash",
		load: async () => (await import("./lazy/cli-cache-forget.js")).cacheForget
	},
	import: {
		about: "take over a GOMODCACHE, the disk of another proxy, a GOPROXY tree or an export",
		load: async () => (await import("./lazy/cli-cache-import.js")).cacheImport
	},
	export: {
		about: "write a plain GOPROXY tree, or one archive for where there is no network",
		load: async () => (await import("./lazy/cli-cache-export.js")).cacheExport
	},
	stats: {
		about: "tell how large the store is, of what it is made, and how it is used",
		load: async () => (await import("./lazy/cli-cache-stats.js")).cacheStats
	}
}, {
	args: "[DIR] [options]",
	about: "The module store: a directory that jobs share.",
	options: (names) => `modgate cache ${names} --help tells the options of each.`
});
// src/cli/check.ts
/** As in report/render.ts, which is loaded when something is rendered. */
const FORMATS = [
	"text",
	"json",
	"sarif",
	"codequality",
	"junit",
	"markdown",
	"github"
];
const OPTIONS$1 = {
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
		help: `${FORMATS.join(", ")}; with =PATH into that file; repeatable (default text)`
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
	const { values, positionals, rest } = parseVerb("check", args, OPTIONS$1);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$1, ABOUT$1, OPTIONS$1));
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
		...given("token", serverToken(env)),
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
		const format = FORMATS.find((known) => known === name);
		if (format === void 0) throw new UsageError(`--format wants ${FORMATS.join(", ")}, not ${JSON.stringify(name)}`);
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
// src/cli/doctor.ts
const OPTIONS = {
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
	format: {
		type: "string",
		value: "text|json",
		help: "how the result is printed (default text)"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE = "modgate doctor [options]";
const ABOUT = `Tries what a job with this configuration needs (each host by name, connection, TLS and HTTP, the checksum
database, private modules, credentials, Go, disks, the cache service, the audit store, the clock), changes nothing,
and says what works, what does not, and how to mend that. It takes 30 s at most.

Exit code: 0 everything works, 1 something that the configuration needs does not, 2 the options or the configuration
cannot be used.`;
const doctor = async (args) => {
	const { values, positionals, rest } = parseVerb("doctor", args, OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
		return EXIT.ok;
	}
	if (positionals.length > 0 || rest !== void 0) throw new UsageError(`doctor takes options only\nusage: ${USAGE}`);
	const format = reportFormat(values.format);
	const config = values.config;
	const store = storeOf$1(values.store);
	const [{ diagnose }, { countsOf, doctorJson, doctorText }] = await Promise.all([import("./lazy/doctor-diagnose.js"), import("./lazy/doctor-report.js")]);
	const flags = {
		...config === void 0 ? {} : { config },
		...store === void 0 ? {} : { store }
	};
	const { diagnosis, platform } = await diagnose({
		env: process.env,
		cwd: process.cwd(),
		flags
	});
	await deliverReport(format === "json" ? doctorJson(diagnosis) : doctorText(diagnosis, process.stdout.columns), format, void 0, platform);
	setTimeout(() => process.exit(), HOLD_MS).unref();
	return countsOf(diagnosis.checks).failed > 0 ? EXIT.findings : EXIT.ok;
};
/** For the output to be taken, ms. */
const HOLD_MS = 500;
export { DATABASE_OPTION, PLACE_OPTIONS, anyCachePlace, audit, auditAsk, cache, cacheForget, cacheImport, cachePrune, cacheStats, cacheVerify, check, databaseOption, deliverReport, doctor, exportExitCode, exportJson, exportText, openSource, progressLine, reportFile, reportFormat, settingsOf, storeTrust, verifyModcacheOf };
