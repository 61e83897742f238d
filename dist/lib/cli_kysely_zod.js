import { EXIT, UsageError, parseVerb, say, verbHelp } from "./cli.js";
import { loadConfig } from "./config.js";
import { VERSION } from "./session.js";
import { openRawDirectory } from "./audit-records.js";
import { CollectorError } from "./collector.js";
import { parseListenAddress } from "./platform.js";
import { openBatchLog, openForges, openIndex, openVerifier, readTokens } from "./collector-later.js";
import { indexPlace, logUnlogged } from "./collector_zod.js";
import { DATABASE_OPTION, databaseOption, reportFormat } from "./cli-later.js";
import { dropIndex, lockDirectory } from "./collector_kysely.js";
import { bringUp } from "./collector_kysely_zod.js";
import { startCollector } from "./server_kysely_zod.js";
import { setTimeout } from "node:timers/promises";
import { dirname, resolve } from "node:path";
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
// src/cli/audit-checkpoint.ts
const OPTIONS$2 = {
	data: {
		type: "string",
		value: "DIR",
		help: "directory of the raw batches; required"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE$2 = "modgate audit checkpoint --data DIR";
const ABOUT$2 = `Takes the batches that jobs wrote into a directory themselves into its signed log, and prints the checkpoint. For a
directory without collector, from a regular job; a collector does it for each batch. The key is made in DIR/log/key
at first: who can read it can sign, so this job should be the only one.

Exit code: 0, 2 options cannot be used, 3 the directory cannot be worked on.`;
/** `modgate audit checkpoint`. */
const auditCheckpoint = async (args) => {
	const { values, positionals, rest } = parseVerb("audit checkpoint", args, OPTIONS$2);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$2, ABOUT$2, OPTIONS$2));
		return EXIT.ok;
	}
	const data = values.data;
	if (!data || positionals.length > 0 || rest !== void 0) throw new UsageError(`audit checkpoint wants --data\nusage: ${USAGE$2}`);
	const dir = resolve(data);
	const lock = await lockDirectory(dir);
	try {
		const batchLog = await openBatchLog(dir, {
			now: Date.now,
			make: true
		});
		try {
			const whole = await logUnlogged({
				raw: openRawDirectory(dir),
				batchLog,
				log: say,
				signal: new AbortController().signal
			});
			const checkpoint = batchLog.checkpoint();
			if (checkpoint === void 0) say(`there is no batch in ${dir} yet`);
			else process.stdout.write(checkpoint);
			say(`public key: ${batchLog.vkey}`);
			return whole ? EXIT.ok : EXIT.internal;
		} finally {
			await batchLog.close();
		}
	} finally {
		lock.release();
	}
};
// src/cli/audit-rebuild.ts
const OPTIONS$1 = {
	data: {
		type: "string",
		value: "DIR",
		help: "directory of the raw batches, as of modgate serve; required"
	},
	...DATABASE_OPTION,
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE$1 = "modgate audit rebuild --data DIR [--database URL]";
const ABOUT$1 = `Makes the index of a directory anew from its raw batches, which stay as they are. No collector may work on it.

Exit code: 0, 2 options cannot be used, 3 the directory cannot be worked on.`;
/** `modgate audit rebuild`. */
const auditRebuild = async (args) => {
	const { values, positionals, rest } = parseVerb("audit rebuild", args, OPTIONS$1);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE$1, ABOUT$1, OPTIONS$1));
		return EXIT.ok;
	}
	const data = values.data;
	if (!data || positionals.length > 0 || rest !== void 0) throw new UsageError(`audit rebuild wants --data\nusage: ${USAGE$1}`);
	const dir = resolve(data);
	const place = indexPlace({
		dir,
		database: databaseOption(values.database, process.env)
	});
	const lock = await lockDirectory(dir);
	try {
		await dropIndex(place);
		const index = await openIndex(place);
		try {
			await bringUp({
				raw: openRawDirectory(dir),
				index,
				log: say
			});
		} finally {
			await index.close();
		}
	} finally {
		lock.release();
	}
	say(`the index of ${dir} was made anew`);
	return EXIT.ok;
};
// src/cli/serve.ts
const OPTIONS = {
	listen: {
		type: "string",
		value: "HOST:PORT",
		help: "address to listen on (default 127.0.0.1:7780)"
	},
	data: {
		type: "string",
		value: "DIR",
		help: "directory of the raw batches, and of the index where no database is named; required"
	},
	...DATABASE_OPTION,
	config: {
		type: "string",
		value: "FILE",
		help: "configuration file, of which `serve` counts (default .modgate.yaml or .github/modgate.yaml here)"
	},
	"tls-cert": {
		type: "string",
		value: "FILE",
		help: "PEM file of the certificate chain"
	},
	"tls-key": {
		type: "string",
		value: "FILE",
		help: "PEM file of its key"
	},
	"insecure-http": {
		type: "boolean",
		help: "plain http on an address that other machines reach, behind a proxy that does TLS"
	},
	format: {
		type: "string",
		value: "text|json",
		help: "how the address is printed (default text)"
	},
	help: {
		type: "boolean",
		help: "show this"
	}
};
const USAGE = "modgate serve --data DIR [options]";
const ABOUT = `The audit store: takes the batches of jobs, keeps them, and answers who brought in a module and where it is used.
Tokens come from the variables that serve.writers and serve.readers name, else from MODGATE_WRITE_TOKEN and
MODGATE_READ_TOKEN; without any it listens on loopback only. It ends in order on SIGTERM, SIGINT and ctrl-c.

Exit code: 0, 2 options or configuration cannot be used, 3 the directory or the database cannot be used.`;
/**
* The young generation of the main thread stays as it is at the start: it would grow by some 25 MB under load, for
* requests that are short-lived anyway. V8 reads this flag each time it would grow, so it holds for a running process.
*/
const SMALL_YOUNG_GENERATION = "--semi-space-growth-factor=1";
const DEFAULT_LISTEN = "127.0.0.1:7780";
const serve = async (args) => {
	const { values, positionals, rest } = parseVerb("serve", args, OPTIONS);
	if (values.help === true) {
		process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
		return EXIT.ok;
	}
	if (positionals.length > 0 || rest !== void 0) throw new UsageError(`serve takes options only\nusage: ${USAGE}`);
	const data = values.data;
	if (!data) throw new UsageError(`--data is missing: name the directory of the raw batches\nusage: ${USAGE}`);
	const format = reportFormat(values.format);
	const at = listenOption(values.listen);
	const { env } = process;
	const cwd = process.cwd();
	const explicit = values.config;
	const loaded = await loadConfig({
		workspace: cwd,
		cwd,
		explicit
	});
	for (const warning of loaded.warnings) say(`warning: ${warning}`);
	setFlagsFromString(SMALL_YOUNG_GENERATION);
	const collector = await startCollector({
		at,
		dir: resolve(cwd, data),
		database: databaseOption(values.database, env),
		tokens: readTokens(loaded.config.serve, env),
		verify: openVerifier(loaded.config.serve.issuers, {
			env,
			version: VERSION,
			now: Date.now
		}),
		tls: await tlsOf(values, loaded, cwd),
		insecureHttp: values["insecure-http"] === true,
		retention: loaded.config.serve.retention,
		forges: openForges(loaded.config.serve.forges, {
			env,
			version: VERSION,
			now: Date.now,
			sleep: async (ms, signal) => void await setTimeout(ms, void 0, { signal })
		}),
		version: VERSION,
		log: (line) => say(`${(/* @__PURE__ */ new Date()).toISOString()} ${line}`)
	});
	const ended = endSignal();
	const { url, engine } = collector;
	const ready = {
		url,
		engine,
		pid: process.pid,
		version: VERSION
	};
	process.stdout.write(format === "json" ? `${JSON.stringify(ready)}\n` : `modgate serve listens on ${url}\n`);
	try {
		const why = await Promise.race([ended, collector.failed]);
		say(`${(/* @__PURE__ */ new Date()).toISOString()} ends on ${why}`);
		return EXIT.ok;
	} finally {
		await collector.stop();
	}
};
/** The first signal ends in order; a second one at once, as without a handler. */
function endSignal() {
	return new Promise((resolve) => {
		for (const signal of [
			"SIGTERM",
			"SIGINT",
			"SIGHUP"
		]) process.once(signal, () => resolve(signal));
	});
}
function listenOption(value) {
	const at = parseListenAddress(value ?? DEFAULT_LISTEN);
	if (at !== void 0) return at;
	throw new UsageError(`--listen wants HOST:PORT (like 127.0.0.1:7780 or 0.0.0.0:7780), not ${JSON.stringify(value)}`);
}
/** Certificate and key: options first, then `serve.tls`, whose files lie beside the configuration. */
async function tlsOf(values, { config, file }, cwd) {
	const cert = values["tls-cert"];
	const key = values["tls-key"];
	if (cert === void 0 !== (key === void 0)) throw new UsageError("--tls-cert and --tls-key go together: give both or none");
	const named = cert === void 0 || key === void 0 ? config.serve.tls : {
		cert,
		key
	};
	if (named === void 0) return void 0;
	const base = cert === void 0 && file !== void 0 ? dirname(file) : cwd;
	return {
		cert: await pem(resolve(base, named.cert)),
		key: await pem(resolve(base, named.key))
	};
}
async function pem(file) {
	try {
		return await readFile(file, "utf8");
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new CollectorError("settings", `the TLS file ${file} cannot be read: ${why}`);
	}
}
export { auditCheckpoint, auditRebuild, serve };
