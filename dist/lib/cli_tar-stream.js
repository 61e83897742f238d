import { parseDuration } from "./config-later.js";
import { matchGlobs } from "./gomod.js";
import { neededBy, openSumDbFor } from "./session-later.js";
import { formatBytes, readGoSettings } from "./session.js";
import { chooseSumDb } from "./session-proxy.js";
import { exportStore } from "./store_tar-stream.js";
import { Wanted } from "./store-later.js";
import { createHasher } from "./store.js";
import { PLACE_OPTIONS, anyCachePlace, deliverReport, exportExitCode, exportJson, exportText, openSource, progressLine, reportFile, reportFormat } from "./cli-later.js";
import { EXIT, UsageError, parseVerb, say, verbHelp } from "./cli.js";
import { availableParallelism, tmpdir } from "node:os";
import { resolve } from "node:path";
import { stat } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
// src/cli/cache-export.ts
const OPTIONS = {
	...PLACE_OPTIONS,
	for: {
		type: "string",
		value: "DIR",
		multiple: true,
		help: "only what the go.mod, go.sum and go.work files below DIR need; repeatable"
	},
	"go-sum": {
		type: "string",
		value: "FILE",
		multiple: true,
		help: "only what this go.sum lists, beside what --for needs; repeatable"
	},
	modules: {
		type: "string",
		value: "GLOBS",
		multiple: true,
		help: "only modules that match, as in GOPRIVATE: github.com/acme/*; repeatable"
	},
	"keep-since": {
		type: "string",
		value: "TIME",
		help: "only versions that were used within this time, like 30d"
	},
	sumdb: {
		type: "boolean",
		help: "ask the checksum database for records and tiles that the store lacks"
	},
	partial: {
		type: "boolean",
		help: "write the export although something that is needed is missing"
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
const USAGE = "modgate cache export DEST [options]";
const ABOUT = `Writes what is in the module store as a plain GOPROXY tree into the directory DEST, for GOPROXY=file://…, or into one
archive when DEST ends in .tar.zst or .tar, which modgate cache import takes, also where there is no network. Every
file is compared with the index first; DEST is there whole or not at all. An earlier export there is replaced. The
SHA-256 of the manifest stands for all of the export.

Exit code: 0 done, 1 something in the store is damaged and was left out, 2 the options or DEST cannot be used, 3 a file
cannot be read or written, 4 something that is needed is not in the store.`;
const cacheExport = async (args) => {
	const { values, positionals, rest } = parseVerb("cache export", args, OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
		return EXIT.ok;
	}
	const [dest, ...more] = positionals;
	if (dest === void 0 || dest === "" || more.length > 0 || rest !== void 0) throw new UsageError(`cache export wants one place to write to\nusage: ${USAGE}`);
	const format = reportFormat(values.format);
	const output = reportFile(values.output);
	const threads = numberOfJobs(values.jobs);
	const usedSince = sinceOf(values["keep-since"]);
	setFlagsFromString("--semi-space-growth-factor=1");
	const place = await anyCachePlace({
		values,
		positionals: []
	});
	const hasher = createHasher({ threads });
	try {
		const outcome = await run(resolve(dest), place, values, hasher, usedSince);
		const text = format === "json" ? exportJson(outcome) : exportText(outcome);
		await deliverReport(text, format, output, place.platform);
		return exportExitCode(outcome);
	} finally {
		await hasher.close();
		await place.close();
	}
};
async function run(dest, place, values, hasher, usedSince) {
	const source = await openSource(place.store, hasher);
	try {
		return await exportSource(source, dest, place, values, usedSince);
	} finally {
		await source.close();
	}
}
async function exportSource(source, dest, place, values, usedSince) {
	const { env } = process;
	const { store, location, damage } = source;
	const go = await readGoSettings("go", env, tmpdir());
	const dirs = (values.for ?? []).map((dir) => resolve(dir));
	const selection = await selectionOf(dirs, values, go, usedSince);
	const { sumdb, noSumDb, close } = await proofsOf(place, source, values, go);
	const progress = progressLine(process.stderr, env);
	const ending = new AbortController();
	const end = () => ending.abort();
	process.once("SIGINT", end).once("SIGTERM", end);
	const began = performance.now();
	try {
		return {
			store: location,
			report: await exportStore({
				store,
				dest,
				selection,
				damage,
				partial: values.partial === true,
				...sumdb === void 0 ? {} : { sumdb },
				onProgress: (told) => progress.show(inWords(told)),
				signal: ending.signal
			}),
			ms: performance.now() - began,
			dirs,
			asked: values.sumdb === true,
			...noSumDb === void 0 ? {} : { noSumDb }
		};
	} finally {
		progress.end();
		process.off("SIGINT", end).off("SIGTERM", end);
		await close();
	}
}
async function selectionOf(dirs, values, go, usedSince) {
	const sums = values["go-sum"] ?? [];
	const globs = (values.modules ?? []).join(",");
	const filters = {
		...globs === "" ? {} : { modules: (path) => matchGlobs(globs, path) },
		...usedSince === void 0 ? {} : { usedSince }
	};
	if (dirs.length === 0 && sums.length === 0) return new Wanted(filters);
	for (const dir of dirs) await requireKind("--for", dir, "directory");
	for (const file of sums) await requireKind("--go-sum", resolve(file), "file");
	const needed = await neededBy({
		dirs,
		sums,
		local: go?.GOVERSION,
		platform: goPlatform()
	});
	for (const problem of needed.problems) say(`warning: ${problem}`);
	if (dirs.length > 0 && needed.files.length === 0) throw new UsageError(`--for: there is no go.mod that can be read below ${dirs.join(", ")}; name a checkout`);
	return new Wanted({
		...filters,
		needs: needed.needs,
		toolchains: needed.toolchains
	});
}
async function requireKind(option, name, kind) {
	const found = await stat(name).catch(() => void 0);
	if ((kind === "directory" ? found?.isDirectory() : found?.isFile()) !== true) throw new UsageError(`${option}: ${name} is no ${kind} that can be read`);
}
/** The machine in Go's words. */
function goPlatform() {
	return `${process.platform === "win32" ? "windows" : process.platform}-${{
		x64: "amd64",
		ia32: "386",
		ppc64: "ppc64le"
	}[process.arch] ?? process.arch}`;
}
async function proofsOf({ platform, config }, { store }, values, go) {
	const close = () => Promise.resolve();
	const choice = go === void 0 ? { why: "its key is in the Go installation, and there is no go on PATH" } : await chooseSumDb(go);
	if ("why" in choice) return {
		noSumDb: choice.why,
		close
	};
	const { name, key } = choice;
	if (values.sumdb !== true) return {
		sumdb: {
			name,
			key
		},
		close
	};
	const opened = await openSumDbFor({
		env: process.env,
		config,
		goCommand: "go",
		workspace: platform.workspace,
		kept: async (key) => (await store.getSoft(key))?.bytes,
		log: () => void 0,
		warn: (line) => say(`warning: ${line}`)
	});
	if ("why" in opened) return {
		sumdb: {
			name,
			key
		},
		noSumDb: opened.why,
		close
	};
	return {
		sumdb: {
			name,
			key,
			ask: (path) => opened.serve(path)
		},
		close: () => opened.close()
	};
}
function inWords({ doing, done, of, bytes }) {
	const number = of === void 0 ? `${done}` : `${done} of ${of}`;
	if (doing === "look") return `${number} versions seen`;
	if (doing === "prove") return `${number} records proven`;
	if (doing === "check") return `${number} versions compared, ${formatBytes(bytes)}`;
	return `${number} files written, ${formatBytes(bytes)}`;
}
function sinceOf(value) {
	if (value === void 0) return void 0;
	const ms = parseDuration(value);
	if (ms === void 0) throw new UsageError(`--keep-since wants a number and a unit, like 30d, 2h or 15m, not ${JSON.stringify(value)}`);
	return Date.now() - ms;
}
function numberOfJobs(value) {
	if (value === void 0) return Math.min(256, availableParallelism());
	const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
	if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
	return jobs;
}
export { cacheExport };
