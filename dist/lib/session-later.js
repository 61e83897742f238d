import { redactUrl } from "./config.js";
import { HandedSecrets, Redactor, SessionError, VERSION as VERSION$1, chooseStore, control, findModuleFiles, forgeToken, keepModcacheReport, namedVariables, privatePaths, questionFor, questionOf, readConfig, readGoSettings, readSession, readSumFiles, withLaterGo } from "./session.js";
import { matchGlobs } from "./gomod.js";
import { MAX_SOFT_SIZE, createHasher, listModcache, readRegular, softKey } from "./store.js";
import { appendLine, existingTree, forget, openExisting, prune, shownText, verifyModcache } from "./store-later.js";
import { createServer, detectPlatform, request, systemProbe } from "./platform.js";
import { keptModules } from "./check-later.js";
import "./gomod-proxy.js";
import { Recent } from "./tlog-proxy.js";
import { ProxyError, secretMatches } from "./proxy.js";
import { SumDbService } from "./proxy-proxy.js";
import { Credentials, RefusedHost, addressesFor, authority, chooseSumDb, environmentProxies, fixedLookup, openNetwork, openUpstreams, parseTarget, plainHost, targetOf, upstreamEntries } from "./session-proxy.js";
import { randomBytes } from "node:crypto";
import { pipeline } from "node:stream";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { tmpdir } from "node:os";
import path, { join as join$1, resolve } from "node:path";
import { connect, isIP } from "node:net";
import { connect as connect$1, getCACertificates, rootCertificates } from "node:tls";
// src/session/cache/prune.ts
/**
* Prunes the store in a directory, after the modules of the refs to keep are known. Throws KeepListError when they
* cannot be told, StoreError when the directory is no store or cannot be worked on; nothing was removed then.
*/
async function pruneStore(request) {
	const { dir, rules, dryRun, until, onProgress, now, platform, env, token } = request;
	await existingTree(dir);
	const kept = await keptModules({
		dir: platform.workspace,
		env,
		platform,
		token,
		fetch: true,
		refs: rules["keep-refs"]
	});
	const hasher = createHasher();
	try {
		const store = await openExisting(dir, {
			hasher,
			purpose: dryRun ? "look" : "tidy"
		});
		return {
			report: await prune(store, {
				now,
				keepSinceMs: rules["keep-since"],
				maxBytes: rules["max-size"],
				keep: kept.keep,
				dryRun,
				...rules.maxAge === void 0 ? {} : { maxAgeMs: rules.maxAge },
				...until === void 0 ? {} : { until },
				...onProgress === void 0 ? {} : { onProgress }
			}),
			keepRefs: kept.refs,
			warnings: kept.warnings
		};
	} finally {
		await hasher.close();
	}
}
// src/session/settings/named-store.ts
/**
* Finds a store: the one that was named, else the configuration's, else the platform's. Throws ConfigError, and
* SessionError `policy-unavailable` where the configuration of a change's target cannot be had.
*/
async function namedStore({ env, cwd, flags, token }) {
	const platform = detectPlatform(env, systemProbe(cwd));
	const request = questionFor({
		env,
		cwd,
		flags
	}, platform, platform.sessionDir);
	const answer = await readConfig(questionOf(request), {
		env,
		token,
		fetch: true
	});
	if (answer.state !== "read") {
		const why = answer.state === "unavailable" ? `: ${answer.why}; ${answer.advice}` : "";
		throw new SessionError("policy-unavailable", `the configuration of the target branch, which counts in a change, cannot be had${why}`);
	}
	const { config, authorityFiles, warnings } = answer.config;
	return {
		platform,
		config,
		authorityFiles,
		dir: resolve(chooseStore(config, request).dir),
		warnings: [...warnings, ...answer.warnings]
	};
}
// src/session/forget.ts
const TELL_MS = 2e3;
/** Forgets one version and writes it down. Throws StoreError. */
async function forgetVersion(request) {
	const { mv, named, now } = request;
	const sessions = await running(request);
	const dir = named ? request.dir : sessions[0]?.storeDir ?? request.dir;
	const hasher = createHasher();
	try {
		const store = await openExisting(dir, {
			hasher,
			purpose: "tidy"
		});
		const done = await forget(store, mv);
		await store.flush();
		if (done.state !== "forgotten") return {
			state: done.state,
			store: store.location
		};
		const { h1, goModH1, firstSeen } = done.entry ?? {};
		const known = {
			...h1 === void 0 ? {} : { h1 },
			...goModH1 === void 0 ? {} : { goModH1 },
			...firstSeen === void 0 ? {} : { firstSeen }
		};
		const t = now.toISOString();
		await appendLine(store, t, {
			t,
			forgot: `${mv.path}@${mv.version}`,
			...known
		});
		const told = `modgate cache forget: ${mv.path}@${mv.version} (${h1 ?? "no hash"}, first seen ${firstSeen ?? "at no known time"}) is forgotten; what is fetched next is right`;
		for (const session of sessions) if (session.storeDir === store.location) await control(session, "note", TELL_MS, told);
		return {
			state: "forgotten",
			store: store.location,
			...known
		};
	} finally {
		await hasher.close();
	}
}
/** Sessions of this job that answer. */
async function running({ env, platformDir }) {
	const dirs = new Set([env.MODGATE_SESSION ?? "", platformDir].filter((dir) => dir !== ""));
	const found = [];
	for (const dir of dirs) {
		const session = await readSession(dir);
		if (session !== void 0 && await control(session, "ping", TELL_MS) !== void 0) found.push(session);
	}
	return found;
}
// src/session/credentials/outside.ts
/** The credentials of a command that runs without a session, and the redactor that knows them all. */
function credentialsOutside(request) {
	const { env, config, goauth, dir, warn } = request;
	const forge = forgeToken(env, request.forge);
	const variables = namedVariables(config.proxy.credentials, env);
	const redactor = new Redactor();
	redactor.add([...Object.values(variables), ...forge === void 0 ? [] : [forge.token]]);
	return {
		credentials: new Credentials({
			config: config.proxy,
			secrets: new HandedSecrets({
				variables,
				...forge === void 0 ? {} : { forge }
			}),
			env,
			goauth,
			dir: join$1(dir, "credentials"),
			os: process.platform,
			redactor,
			warn,
			now: () => performance.now()
		}),
		redactor
	};
}
// src/session/fetch/ask-sumdb.ts
/** Answers of the database (tiles have 8 KB) that are remembered where the store keeps none. */
const MAX_ANSWERS = 1e3;
/** After so many questions in a row without an answer the database counts as out of reach. */
const MAX_SILENCE = 4;
/**
* The checksum database outside of a session, with the key of the Go installation, through the upstreams that the
* configuration or `go env GOPROXY` names. `why` when there is none to be asked.
*/
async function openSumDbFor(request) {
	const { env, config, goCommand, log, warn } = request;
	const go = await readGoSettings(goCommand, env, tmpdir());
	if (go === void 0) return { why: `"${goCommand} env" failed: the database is known by the Go installation, so install Go or put it on PATH` };
	const choice = await chooseSumDb(go);
	if ("why" in choice) return choice;
	const { credentials, redactor } = credentialsOutside({
		env,
		config,
		forge: void 0,
		goauth: go.GOAUTH,
		dir: tmpdir(),
		warn
	});
	const { redact } = redactor;
	const entries = upstreamEntries(config, go.GOPROXY, warn);
	const network = await openNetwork({
		request: {
			config,
			go,
			env,
			gitEnv: {},
			sessionDir: tmpdir(),
			workspace: request.workspace
		},
		policy: {
			layers: [],
			waivers: [],
			waivable: "all",
			failOn: "error",
			skip: []
		},
		upstreams: entries.map(({ url }) => url),
		log,
		warn
	});
	const { gate } = network;
	const { http, chainDeps } = await openUpstreams({
		env,
		version: VERSION$1,
		credentials,
		gate,
		redact,
		log
	});
	const noSumDb = privatePaths({
		configured: config.proxy.private,
		go,
		env
	}).noSumDb.join(",");
	const service = new SumDbService({
		...choice,
		entries,
		chain: chainDeps,
		store: await answersOf(request),
		noSumDb,
		warn
	});
	let silent = 0;
	let why = "";
	return {
		close: async () => {
			await Promise.all([http.close(), network.close()]);
		},
		ask: async (mv) => {
			if (mv.path !== "golang.org/toolchain" && matchGlobs(noSumDb, mv.path)) return { state: "unknown" };
			if (silent >= MAX_SILENCE) return {
				state: "unavailable",
				why
			};
			const word = await ask(service, mv);
			silent = word.state === "unavailable" ? silent + 1 : 0;
			if (word.state === "unavailable") why = word.why;
			return word;
		}
	};
}
async function ask(service, { path: module, version }) {
	try {
		const { zip, mod } = await service.lookup(module, version);
		return {
			state: "known",
			...zip === void 0 ? {} : { zip },
			...mod === void 0 ? {} : { mod }
		};
	} catch (error) {
		if (error instanceof ProxyError && error.code === "absent") return { state: "unknown" };
		return {
			state: "unavailable",
			why: error instanceof Error ? error.message.split("\n", 1)[0] ?? "" : String(error)
		};
	}
}
/** Answers that the store has, read without opening it: that would write into it. The database's proofs judge them. */
async function answersOf({ dir, store }) {
	const tree = await existingTree(dir);
	const recent = new Recent(MAX_ANSWERS);
	return {
		getSoft: async (key) => {
			const known = recent.get(key);
			if (known !== void 0) return {
				bytes: known,
				storedAt: 0
			};
			const at = softKey(key);
			if (at === void 0 || !await tree.hasDir(path.posix.dirname(at))) return void 0;
			const found = await readRegular(tree.path(at), MAX_SOFT_SIZE);
			if (found === void 0 || found.bytes === "oversize") return void 0;
			return {
				bytes: found.bytes,
				storedAt: found.stamp.mtimeMs
			};
		},
		putSoft: async (key, bytes) => {
			recent.set(key, bytes);
			await store?.putSoft(key, bytes);
		}
	};
}
// src/session/network/handshake.ts
/**
* Shakes hands and lets the server show its certificates, whatever they are worth: `error` says what is wrong. Rejects
* with the error of a handshake that fails altogether.
* @param ca PEM certificates of the authorities to trust
*/
async function shakeHands(socket, host, ca, signal) {
	const { promise, resolve, reject } = Promise.withResolvers();
	const secure = connect$1({
		socket,
		host,
		ca: [...ca],
		rejectUnauthorized: false,
		ALPNProtocols: ["http/1.1"],
		...isIP(host) === 0 ? { servername: host } : {}
	}, () => {
		const { authorized, authorizationError } = secure;
		resolve({
			socket: secure,
			error: authorized ? void 0 : String(authorizationError?.code ?? authorizationError),
			chain: chainOf(secure.getPeerCertificate(true)),
			protocol: secure.getProtocol() ?? "TLS"
		});
	});
	secure.on("error", reject);
	secure.once("close", () => reject(Object.assign(/* @__PURE__ */ new Error("it closed the connection"), { code: "ECONNRESET" })));
	signal.addEventListener("abort", () => secure.destroy(), { once: true });
	return await promise;
}
const MAX_CHAIN = 10;
function chainOf(first) {
	const chain = [];
	const seen = /* @__PURE__ */ new Set();
	for (let at = first; at?.raw !== void 0 && !seen.has(at) && chain.length < MAX_CHAIN; at = at.issuerCertificate) {
		seen.add(at);
		chain.push({
			subject: named(at.subject),
			issuer: named(at.issuer),
			names: (at.subjectaltname ?? "").split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, "")).filter((name) => name !== ""),
			from: Date.parse(at.valid_from),
			to: Date.parse(at.valid_to)
		});
	}
	return chain;
}
/** A distinguished name, the parts that people know it by. */
function named(name) {
	const parts = Object.entries(name ?? {}).filter(([key]) => [
		"CN",
		"O",
		"OU",
		"C"
	].includes(key)).map(([key, value]) => `${key}=${[value].flat().join("+")}`);
	return parts.length === 0 ? "an issuer without a name" : parts.join(", ");
}
// src/session/modcache/findings.ts
/** Rule id of everything in a GOMODCACHE that is not what go.sum says. */
const MODCACHE_CHANGED = "modcache/changed";
const WHY = {
	tree: "go compiles this directory without ever hashing it, so that what was built here may hold code of somebody else.",
	zip: "go unpacks this zip without hashing it as long as a .ziphash stands beside it.",
	ziphash: "go believes this file instead of hashing the zip.",
	mod: "go stops at it with a checksum mismatch."
};
/** A problem as a finding of the session. */
function modcacheFinding({ module, version }, { part, what, path, kind, detail }, platform) {
	const about = {
		rule: MODCACHE_CHANGED,
		module,
		version
	};
	const message = `GOMODCACHE: ${module}@${version}: ${shownText(path)} ${detail}`;
	if (what === "missing") return {
		...about,
		level: "warning",
		message,
		why: "go writes this file when it downloads a module, and makes it anew from the zip when it is not there.",
		fix: "Somebody deleted it, or a machine crashed: go mod verify complains until go has used the module again."
	};
	return {
		...about,
		level: "error",
		message,
		why: WHY[part],
		fix: `Delete it, and go fetches it again: ${removal(path, kind, platform)} (or everything: go clean -modcache). Then find out which job could write there.`
	};
}
function removal(path, kind, platform) {
	if (platform === "win32") return `Remove-Item -Recurse -Force '${shownText(path).replaceAll("'", "''")}'`;
	const quoted = `'${shownText(path).replaceAll("'", "'\\''")}'`;
	if (path.endsWith(".zip")) return `rm -f ${quoted} ${quoted.slice(0, -1)}hash'`;
	return kind === "directory" ? `chmod -R u+w ${quoted} && rm -rf ${quoted}` : `rm -f ${quoted}`;
}
// src/session/modcache/check.ts
/**
* Starts the check of a session whose settings are known. Never rejects: what cannot be verified is part of the
* report.
*/
async function beginModcacheCheck(request, { busy, log }) {
	const { workspace, sessionDir, go } = request;
	const check = new ModcacheCheck({
		workspace,
		sessionDir,
		dir: async () => (go ?? (await withLaterGo(request, () => void 0).catch(() => void 0))?.go)?.GOMODCACHE,
		busy,
		log
	});
	await check.start();
	return check;
}
/** Most findings that are told one by one. */
const MAX_FINDINGS = 50;
/** Lines of all go.sum files of a checkout that are used. */
const MAX_LINES = 4e5;
/** Longest that one version waits for requests to be answered, and how often it looks, ms. */
const YIELD_MS = 200;
const YIELD_STEP_MS = 20;
/**
* A session may start before the checkout, or before a step restores a cache. Until something was found it looks
* again, this long after a look, and at most this part of the time, ms.
*/
const AGAIN_MS = 5e3;
const AGAIN_SHARE = .05;
/**
* Compares the job's own GOMODCACHE with the go.sum files of the checkout while the job runs, at low priority:
* go asks no proxy for what is there, and believes it unseen. Each version is looked at once a session; what came
* in meanwhile is looked at when the session ends.
*/
var ModcacheCheck = class {
	#deps;
	#hurry = new AbortController();
	#ending = new AbortController();
	/** Lines of go.sum files whose versions were looked at. */
	#seen = /* @__PURE__ */ new Set();
	#named = /* @__PURE__ */ new Set();
	#verified = /* @__PURE__ */ new Set();
	#changed = /* @__PURE__ */ new Set();
	#told = /* @__PURE__ */ new Set();
	#findings = [];
	#unread = { count: 0 };
	#total = 0;
	#done = 0;
	#unnamed = 0;
	#ms = 0;
	/** The last look got through to its end. */
	#whole = false;
	#dir;
	#why;
	#round;
	#timer;
	#finishing;
	constructor(deps) {
		this.#deps = deps;
	}
	/** Begins in the background. Resolves when a killed daemon would leave word of it. */
	async start() {
		await this.#keep("running");
		if (this.#finishing === void 0) this.#look();
	}
	/** Ends it: waits for what is running and looks at what came in since, for at most `ms`. Never rejects. */
	async finish(ms) {
		this.#finishing ??= this.#finish(ms);
		await this.#finishing;
	}
	#look() {
		const began = performance.now();
		this.#round = this.#once().then(() => {
			if (this.#done > 0 || this.#finishing !== void 0) return;
			const took = performance.now() - began;
			this.#timer = setTimeout(() => this.#look(), Math.max(AGAIN_MS, took / AGAIN_SHARE)).unref();
		});
	}
	async #finish(ms) {
		clearTimeout(this.#timer);
		const timer = setTimeout(() => this.#ending.abort(), ms);
		this.#hurry.abort();
		if (ms <= 0) this.#ending.abort();
		await this.#round;
		if (!this.#ending.signal.aborted) await this.#once();
		if (!this.#ending.signal.aborted) await this.#countUnnamed();
		clearTimeout(timer);
		await this.#keep(this.#why !== void 0 ? "failed" : this.#whole ? "done" : "cut");
		this.#deps.log(`GOMODCACHE ${this.#dir ?? "(unknown)"}: ${this.#verified.size} as in go.sum, ${this.#changed.size} changed, ${this.#total - this.#done} not looked at`);
	}
	/** One look at everything that was not looked at before. Never rejects. */
	async #once() {
		const { signal } = this.#ending;
		const began = performance.now();
		this.#whole = false;
		try {
			this.#dir = await this.#deps.dir();
			if (this.#dir) await this.#lookInto(this.#dir);
			else this.#why = "no go command was found, so that nobody knows where it is";
			this.#whole = !signal.aborted;
		} catch (error) {
			this.#why = error instanceof Error ? error.message : String(error);
			this.#deps.log(`GOMODCACHE could not be verified: ${this.#why}`);
		} finally {
			this.#ms += performance.now() - began;
		}
	}
	async #lookInto(dir) {
		const { byVersion, cut } = await this.#fresh();
		const sums = [...byVersion.values()].flatMap((entries) => entries.map(sumOf));
		const options = {
			background: true,
			hurry: this.#hurry.signal,
			signal: this.#ending.signal,
			pause: () => this.#pause(),
			onTotal: (total) => {
				this.#total += total;
			}
		};
		for await (const verdict of verifyModcache(dir, sums, options)) {
			for (const entry of byVersion.get(keyOf(verdict)) ?? []) this.#seen.add(lineOf(entry));
			await this.#take(verdict);
		}
		this.#why = cut ? "the checkout has too many directories or go.sum lines to read them all" : void 0;
	}
	/** The lines of all go.sum files that were not used yet, by version. */
	async #fresh() {
		let lines = 0;
		const byVersion = /* @__PURE__ */ new Map();
		const { goSums, cut } = await findModuleFiles(this.#deps.workspace);
		for await (const { entries } of readSumFiles(goSums)) {
			lines += entries.length;
			if (lines > MAX_LINES) return {
				byVersion,
				cut: true
			};
			for (const entry of entries) {
				if (entry.file === "zip") this.#named.add(keyOf(entry));
				if (this.#seen.has(lineOf(entry))) continue;
				const known = byVersion.get(keyOf(entry));
				if (known === void 0) byVersion.set(keyOf(entry), [entry]);
				else known.push(entry);
			}
		}
		return {
			byVersion,
			cut
		};
	}
	async #take(verdict) {
		const { looked, problems, unread } = verdict;
		const key = keyOf(verdict);
		this.#done += 1;
		if (unread !== void 0) this.#unread = {
			first: `${key}: ${unread}`,
			...this.#unread,
			count: this.#unread.count + 1
		};
		if (problems.some(({ what }) => what === "changed")) this.#changed.add(key);
		else if (unread === void 0 && (looked.includes("zip") || looked.includes("tree"))) this.#verified.add(key);
		let more = false;
		for (const problem of problems) {
			const thing = `${problem.path} ${problem.detail}`;
			if (this.#told.has(thing) || this.#findings.length >= MAX_FINDINGS) continue;
			this.#told.add(thing);
			this.#findings.push(modcacheFinding(verdict, problem, process.platform));
			more = true;
		}
		if (more) await this.#keep("running");
	}
	async #countUnnamed() {
		if (!this.#dir) return;
		this.#unnamed = 0;
		for await (const { path, version } of listModcache(this.#dir)) {
			if (!this.#named.has(`${path}@${version}`)) this.#unnamed += 1;
			if (this.#ending.signal.aborted) return;
		}
	}
	async #pause() {
		const until = performance.now() + YIELD_MS;
		while (this.#finishing === void 0 && this.#deps.busy() && performance.now() < until) await setTimeout$1(YIELD_STEP_MS);
	}
	async #keep(state) {
		const report = {
			v: 1,
			state,
			...this.#dir === void 0 ? {} : { dir: this.#dir },
			verified: [...this.#verified],
			changed: this.#changed.size,
			unread: this.#unread,
			left: this.#total - this.#done,
			unnamed: this.#unnamed,
			findings: this.#findings,
			ms: this.#ms,
			...this.#why === void 0 ? {} : { why: this.#why }
		};
		await keepModcacheReport(this.#deps.sessionDir, report).catch((error) => this.#deps.log(`the report on GOMODCACHE could not be written: ${String(error)}`));
	}
};
function keyOf({ module, version }) {
	return `${module}@${version}`;
}
function lineOf({ module, version, file, h1 }) {
	return `${module} ${version} ${file} ${h1}`;
}
function sumOf({ module, version, file, h1 }) {
	return {
		module,
		version,
		...file === "zip" ? { h1 } : { goModH1: h1 }
	};
}
// src/session/network/passes.ts
/** Most children whose troubles are remembered; a session runs a few at once. */
const MAX_PASSES = 500;
/** Most notes of one child. */
const MAX_NOTES = 50;
/** Who may use the filter: the children of this session, by a secret that no other program of the machine knows. */
var Passes = class {
	#secret = randomBytes(16).toString("hex");
	#passes = /* @__PURE__ */ new Map();
	#last = 0;
	open(module) {
		const pass = {
			id: `c${++this.#last}`,
			module,
			reached: [],
			troubles: []
		};
		this.#passes.set(pass.id, pass);
		const [oldest] = this.#passes.keys();
		if (this.#passes.size > MAX_PASSES && oldest !== void 0) this.#passes.delete(oldest);
		return pass;
	}
	byId(id) {
		return this.#passes.get(id);
	}
	/** User and password of a pass, as a URL has them. */
	userInfo({ id }) {
		return `${id}:${this.#secret}`;
	}
	/** The pass that a Proxy-Authorization header belongs to; undefined when it is nobody's. */
	fromHeader(header) {
		const encoded = /^Basic ([A-Za-z0-9+/=]{1,200})$/i.exec(header ?? "")?.[1];
		if (encoded === void 0) return void 0;
		const text = Buffer.from(encoded, "base64").toString("latin1");
		const colon = text.indexOf(":");
		if (!secretMatches(text.slice(colon + 1), this.#secret)) return void 0;
		const id = text.slice(0, Math.max(colon, 0));
		return /^c\d{1,15}$/.test(id) ? this.#passes.get(id) ?? {
			id,
			module: "",
			reached: [],
			troubles: []
		} : void 0;
	}
};
/** Writes down that a child was connected to a host. */
function noteReached(pass, host) {
	if (pass.reached.length < MAX_NOTES && !pass.reached.includes(host)) pass.reached.push(host);
}
function noteTrouble(pass, trouble) {
	if (pass.troubles.length < MAX_NOTES) pass.troubles.push(trouble);
}
// src/session/network/socks.ts
const VERSION = 5;
const NO_LOGIN = 0;
const LOGIN = 2;
const CONNECT = 1;
const NAME = 3;
/** Lengths of the address that an answer has, by its type; a name says its own. */
const ADDRESS_BYTES = {
	1: 4,
	4: 16
};
/** Words of RFC 1928 for an answer that is not 0. */
const REFUSALS = {
	2: "its rules do not allow it",
	3: "network is unreachable",
	4: "no route to host",
	5: "connection refused",
	6: "i/o timeout"
};
/**
* Asks a proxy to connect to a target by its name, which the proxy looks up. Rejects with an Error that says why not.
* @param login user name and password; undefined without any
*/
async function askSocks(socket, take, { host, port }, login) {
	socket.write(Buffer.from(login === void 0 ? [
		VERSION,
		1,
		NO_LOGIN
	] : [
		VERSION,
		2,
		NO_LOGIN,
		LOGIN
	]));
	const [version, method] = await take(2);
	if (version !== VERSION) throw new Error("does not speak SOCKS 5");
	if (method === LOGIN && login !== void 0) {
		socket.write(Buffer.concat([
			Buffer.from([1]),
			short(login.username),
			short(login.password)
		]));
		const [, refused] = await take(2);
		if (refused !== 0) throw new Error("does not accept the login");
	} else if (method !== NO_LOGIN) throw new Error("wants a login that is not there");
	const places = Buffer.alloc(2);
	places.writeUInt16BE(port);
	socket.write(Buffer.concat([
		Buffer.from([
			VERSION,
			CONNECT,
			0,
			NAME
		]),
		short(host),
		places
	]));
	const [, state = 1, , kind = 0] = await take(4);
	if (state !== 0) throw new Error(`does not connect: ${REFUSALS[state] ?? `SOCKS error ${state}`}`);
	const length = kind === NAME ? (await take(1))[0] ?? 0 : ADDRESS_BYTES[kind];
	if (length === void 0) throw new Error("sent no SOCKS answer");
	await take(length + 2);
}
/** Text of at most 255 bytes with its length before it. */
function short(text) {
	const bytes = Buffer.from(text).subarray(0, 255);
	return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
// src/session/network/tunnel.ts
/** Longest wait for a connection, and for the answer of a network proxy, ms. */
const CONNECT_MS = 2e4;
/** A tunnel without a byte for this long is closed: a forge that packs a big repository says something each minute. */
const IDLE_MS = 9e5;
/** The same once one side has said all that it wants to say. */
const HALF_CLOSED_MS = 12e4;
/** Longest head of a network proxy's answer, bytes. */
const MAX_HEAD$1 = 16384;
/** Connects to one of the addresses, trying both families. Rejects with the error of the last one. */
async function connectTo(target, addresses) {
	return await opened(connect({
		host: target.host,
		port: target.port,
		lookup: fixedLookup(addresses),
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: 2e3,
		allowHalfOpen: true,
		noDelay: true
	}), "connect", target);
}
/** Connects to a target through a network proxy, which looks the name up itself. Rejects with an Error that says why. */
async function connectThrough(proxy, target, ca) {
	const socket = await connectToProxy(proxy, ca);
	try {
		if (isSocks(proxy)) {
			const take = (bytes) => readAnswer(socket, (seen) => seen.length < bytes ? void 0 : {
				value: seen.subarray(0, bytes),
				length: bytes
			});
			await askSocks(socket, take, target, loginOf(proxy));
		} else await askHttp(socket, proxy, target);
		return socket;
	} catch (error) {
		socket.destroy();
		throw new Error(`the network proxy ${proxy.host} ${error.message}`, { cause: error });
	}
}
/** Whether a proxy only makes connections, whatever is spoken over them. */
function isSocks({ protocol }) {
	return protocol === "socks5:" || protocol === "socks5h:";
}
async function askHttp(socket, proxy, target) {
	const credentials = proxyCredentials(proxy);
	const name = authority(target);
	const auth = credentials === void 0 ? "" : `Proxy-Authorization: ${credentials}\r\n`;
	socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${auth}\r\n`, "latin1");
	const status = await readAnswer(socket, statusOf);
	if (status < 200 || status >= 300) throw new Error(`answered ${status} for ${name}`);
}
/** A connection to the network proxy itself, with TLS where its URL says https. */
async function connectToProxy(proxy, ca) {
	const host = plainHost(proxy.hostname) ?? proxy.hostname;
	if (proxy.protocol === "http:" || isSocks(proxy)) {
		const at = {
			host,
			port: Number(proxy.port || (isSocks(proxy) ? 1080 : 80))
		};
		return await opened(connect({
			...at,
			allowHalfOpen: true,
			noDelay: true
		}), "connect", at);
	}
	if (proxy.protocol === "https:") {
		const at = {
			host,
			port: Number(proxy.port || 443)
		};
		return await opened(connect$1({
			...at,
			...isIP(host) === 0 ? { servername: host } : {},
			ca: [...await ca()],
			ALPNProtocols: ["http/1.1"]
		}), "secureConnect", at);
	}
	throw new Error(`a network proxy of the kind ${proxy.protocol}// cannot be used, only http, https and socks5 ones`);
}
/** What stands in the user information of a proxy's URL, as a header; undefined without any. */
function proxyCredentials({ username, password }) {
	const login = loginOf({
		username,
		password
	});
	return login === void 0 ? void 0 : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}
function loginOf({ username, password }) {
	if (username === "" && password === "") return void 0;
	return {
		username: unescaped(username),
		password: unescaped(password)
	};
}
function unescaped(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
async function opened(socket, event, at) {
	return await new Promise((done, failed) => {
		const timer = setTimeout(() => {
			socket.destroy(/* @__PURE__ */ new Error(`no connection to ${authority(at)} within ${CONNECT_MS / 1e3} s (i/o timeout)`));
		}, CONNECT_MS);
		socket.once("error", (error) => {
			clearTimeout(timer);
			failed(error);
		});
		socket.once(event, () => {
			clearTimeout(timer);
			done(socket);
		});
	});
}
/** Reads the beginning of what a network proxy says; what follows is put back. `parse` throws what is wrong with it. */
async function readAnswer(socket, parse) {
	return await new Promise((done, failed) => {
		let seen = Buffer.alloc(0);
		const stop = () => {
			clearTimeout(timer);
			socket.off("data", onData).off("error", fail).off("close", onClose).off("end", onClose);
			socket.pause();
		};
		const fail = (error) => {
			stop();
			failed(error);
		};
		const onClose = () => fail(/* @__PURE__ */ new Error("closed the connection without an answer"));
		const onData = (chunk) => {
			seen = Buffer.concat([seen, chunk]);
			try {
				const read = parse(seen);
				if (read === void 0) {
					if (seen.length > MAX_HEAD$1) throw new Error("sent an endless answer");
					return;
				}
				stop();
				const rest = seen.subarray(read.length);
				if (rest.length > 0) socket.unshift(rest);
				done(read.value);
			} catch (error) {
				fail(error);
			}
		};
		const timer = setTimeout(() => fail(/* @__PURE__ */ new Error(`did not answer within ${CONNECT_MS / 1e3} s (i/o timeout)`)), CONNECT_MS);
		socket.on("data", onData).on("error", fail).on("close", onClose).on("end", onClose).resume();
	});
}
function statusOf(seen) {
	const end = seen.indexOf("\r\n\r\n");
	if (end < 0) return void 0;
	const status = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(seen.toString("latin1", 0, end + 2))?.[1];
	if (status === void 0) throw new Error("sent no HTTP answer");
	return {
		value: Number(status),
		length: end + 4
	};
}
/**
* Lets two sockets talk until both have said all. Each side may end before the other; an error of the one, or a long
* silence, ends both.
*/
function join(a, b) {
	if (a.destroyed || b.destroyed) {
		a.destroy();
		b.destroy();
		return;
	}
	for (const [from, to] of [[a, b], [b, a]]) {
		from.setNoDelay(true);
		from.setTimeout(IDLE_MS, () => from.destroy());
		from.on("error", () => to.destroy());
		from.on("close", () => {
			if (from.errored !== null || !from.readableEnded) to.destroy();
		});
		from.on("end", () => {
			from.setTimeout(HALF_CLOSED_MS);
			to.setTimeout(HALF_CLOSED_MS);
		});
		from.pipe(to);
	}
}
// src/session/network/filter.ts
/** Connections at once: a few children, each with a handful. */
const MAX_CONNECTIONS = 256;
/** Longest head of a request, bytes. */
const MAX_HEAD = 16384;
/** Hop-by-hop headers (RFC 9110, 7.6.1), and those that are for us. */
const NOT_FORWARDED = /* @__PURE__ */ new Set([
	"connection",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade"
]);
/** Starts it on a free port of this machine. Rejects when there is none. */
async function startFilter(settings) {
	const passes = new Passes();
	const sockets = /* @__PURE__ */ new Set();
	const server = createServer({
		maxHeaderSize: MAX_HEAD,
		requestTimeout: 0,
		headersTimeout: 3e4
	});
	server.maxConnections = MAX_CONNECTIONS;
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	const filter = new Requests(settings, passes);
	server.on("connect", (req, socket, head) => {
		socket.on("error", () => socket.destroy());
		filter.tunnel(req, socket, head);
	});
	server.on("request", (req, res) => void filter.forward(req, res));
	server.on("upgrade", (_req, socket) => socket.destroy());
	server.on("clientError", (_error, socket) => socket.destroy());
	await new Promise((done, failed) => {
		server.once("error", failed);
		server.listen(0, "127.0.0.1", done);
	});
	const { port } = server.address();
	return {
		open: (module) => passes.open(module),
		passOf: (url) => URL.canParse(url) ? passes.byId(new URL(url).username) : void 0,
		urlFor: (pass) => `http://${passes.userInfo(pass)}@127.0.0.1:${port}`,
		close: () => close(server, sockets)
	};
}
function close(server, sockets) {
	server.close();
	for (const socket of sockets) socket.destroy();
}
const NO_PASS = {
	status: 407,
	words: "modgate: this proxy is for the children of a session"
};
var Requests = class {
	#settings;
	#passes;
	constructor(settings, passes) {
		this.#settings = settings;
		this.#passes = passes;
	}
	/** `CONNECT HOST:PORT`: TLS that nobody on the way can read. */
	async tunnel(req, socket, head) {
		const pass = this.#passes.fromHeader(req.headers["proxy-authorization"]);
		if (pass === void 0) return refuseTunnel(socket, NO_PASS);
		const target = parseTarget(req.url ?? "");
		if (target === void 0) return refuseTunnel(socket, this.#malformed(pass, req.url));
		const way = await this.#wayTo(pass, "https", target);
		if ("status" in way) return refuseTunnel(socket, way);
		if (socket.destroyed) return void way.socket.destroy();
		noteReached(pass, target.host);
		socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
		if (head.length > 0) way.socket.write(head);
		join(socket, way.socket);
	}
	/** `GET http://HOST/...`: what is not secret anyway. And the question of the ssh gate, which has no host in it. */
	async forward(req, res) {
		const pass = this.#passes.fromHeader(req.headers["proxy-authorization"]);
		if (pass === void 0) return answer(res, NO_PASS);
		const text = req.url ?? "";
		if (text.startsWith("/ssh?")) return await this.#ssh(pass, new URLSearchParams(text.slice(5)), res);
		const url = /^http:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : void 0;
		const target = url === void 0 || url.username + url.password !== "" ? void 0 : targetOf(url);
		if (url === void 0 || target === void 0) return answer(res, this.#malformed(pass, text));
		const way = await this.#wayTo(pass, "http", target);
		if ("status" in way) return answer(res, way);
		if (res.destroyed || req.destroyed) return void way.socket.destroy();
		noteReached(pass, target.host);
		const headers = req.rawHeaders.flatMap((name, at, all) => at % 2 === 1 || NOT_FORWARDED.has(name.toLowerCase()) ? [] : [name, all[at + 1] ?? ""]);
		if (way.credentials !== void 0) headers.push("Proxy-Authorization", way.credentials);
		headers.push("Connection", "close");
		const onward = request({
			method: req.method ?? "GET",
			path: way.proxied ? url.href : url.pathname + url.search,
			headers,
			setHost: false,
			createConnection: () => way.socket
		}, (got) => {
			const kept = got.rawHeaders.flatMap((name, at, all) => at % 2 === 1 || NOT_FORWARDED.has(name.toLowerCase()) ? [] : [name, all[at + 1] ?? ""]);
			res.writeHead(got.statusCode ?? 502, kept);
			pipeline(got, res, () => way.socket.destroy());
		});
		onward.once("socket", (socket) => socket.resume());
		onward.on("error", (error) => {
			if (!res.headersSent) answer(res, this.#unreachable(pass, target, error));
			else res.destroy();
		});
		res.on("close", () => way.socket.destroy());
		pipeline(req, onward, () => void 0);
	}
	async #ssh(pass, query, res) {
		const target = parseTarget(`${query.get("host") ?? ""}:${query.get("port") ?? ""}`);
		if (target === void 0) return answer(res, this.#malformed(pass, query.get("host") ?? ""));
		const judged = await this.#settings.judgeSsh(target, pass);
		if (judged.state === "refused") return answer(res, this.#refused(pass, judged.refusal));
		noteReached(pass, target.host);
		res.writeHead(204).end();
	}
	/** A connection towards a target, or why there is none. */
	async #wayTo(pass, scheme, target) {
		const { judge, proxyFor, ca } = this.#settings;
		try {
			const judged = judge(target, pass);
			if (judged.state === "refused") return this.#refused(pass, judged.refusal);
			const proxy = proxyFor(scheme, target);
			if (proxy === void 0) return {
				socket: await this.#direct(target, judged.reach),
				proxied: false,
				credentials: void 0
			};
			if (scheme === "https" || isSocks(proxy)) return {
				socket: await connectThrough(proxy, target, ca),
				proxied: false,
				credentials: void 0
			};
			return {
				socket: await connectToProxy(proxy, ca),
				proxied: true,
				credentials: proxyCredentials(proxy)
			};
		} catch (error) {
			if (error instanceof RefusedHost) return this.#refused(pass, error.refusal);
			return this.#unreachable(pass, target, error);
		}
	}
	async #direct(target, reach) {
		return await connectTo(target, await addressesFor(target, reach, this.#settings.resolve));
	}
	#refused(pass, refusal) {
		noteTrouble(pass, {
			kind: "refused",
			refusal,
			after: [...pass.reached]
		});
		this.#settings.log(`refused ${about(pass)}: ${refusal.reason}`);
		return {
			status: 403,
			words: `modgate: ${refusal.reason}`
		};
	}
	#unreachable(pass, target, error) {
		const reason = failureWords(target, error);
		noteTrouble(pass, {
			kind: "unreachable",
			reason
		});
		this.#settings.log(`unreachable ${about(pass)}: ${reason}`);
		return {
			status: 502,
			words: `modgate: ${reason}`
		};
	}
	#malformed(pass, text) {
		const shown = redactUrl(text ?? "").slice(0, 100);
		this.#settings.log(`refused ${about(pass)}: ${line(shown)} names no host and port`);
		const target = {
			host: "an unknown host",
			port: 0
		};
		const reason = `a request for ${line(shown)} was refused: it names no host and port`;
		noteTrouble(pass, {
			kind: "refused",
			refusal: {
				target,
				rule: void 0,
				reason,
				fix: "correct the address that the module or git names"
			},
			after: [...pass.reached]
		});
		return {
			status: 400,
			words: `modgate: ${reason}`
		};
	}
};
function about({ module }) {
	return module === "" ? "a child" : `for ${line(module)}`;
}
/** In go's own words where it has some, because they are told from the absence of a module by them. */
function failureWords(target, error) {
	const { code, message } = error;
	const name = authority(target);
	if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_NODATA") return `lookup ${target.host}: no such host`;
	if (code === "ECONNREFUSED") return `dial ${name}: connection refused`;
	if (code === "ENETUNREACH" || code === "EHOSTUNREACH") return `dial ${name}: network is unreachable`;
	if (code === "ETIMEDOUT") return `dial ${name}: i/o timeout`;
	if (error instanceof AggregateError) return failureWords(target, error.errors[0] ?? /* @__PURE__ */ new Error("no connection"));
	return `${name}: ${line(message ?? String(error))}`;
}
/** One line of printable ASCII: it goes into a status line and into go's words. */
function line(text) {
	return text.replace(/[^\x20-\x7e]+/g, "?").slice(0, 400);
}
function refuseTunnel(socket, { status, words }) {
	const phrase = line(words);
	const body = `${phrase}\n`;
	socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${status === 407 ? CHALLENGE : ""}Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, "latin1");
	socket.setTimeout(1e4, () => socket.destroy());
}
const CHALLENGE = "Proxy-Authenticate: Basic realm=\"modgate\"\r\n";
function answer(res, { status, words }) {
	const phrase = line(words);
	res.writeHead(status, phrase, {
		"Content-Type": "text/plain",
		Connection: "close",
		...status === 407 ? { "Proxy-Authenticate": "Basic realm=\"modgate\"" } : {}
	});
	res.end(`${phrase}\n`);
}
// src/session/network/issuer.ts
/** Longest that a server may take to show its certificates, ms. */
const SHOW_MS = 5e3;
/**
* The name of the authority at the top of what an https server shows, over a connection of its own on which nothing is
* said: an error of OpenSSL does not tell. Goes through the job's proxies. Undefined when it cannot be had; never
* rejects.
*/
async function issuerAt(url, env) {
	const target = targetOf(url);
	if (target === void 0) return void 0;
	const HTTPS_PROXY = env.https_proxy || env.HTTPS_PROXY || env.http_proxy || env.HTTP_PROXY;
	const proxy = environmentProxies({
		...env,
		HTTPS_PROXY
	})("https", target);
	try {
		const socket = proxy === void 0 ? connect({
			host: target.host,
			port: target.port
		}) : await connectThrough(proxy, target, machine);
		socket.on("error", () => void 0);
		try {
			const shaken = await shakeHands(socket, target.host, [], AbortSignal.timeout(SHOW_MS));
			shaken.socket.destroy();
			return shaken.chain.at(-1)?.issuer;
		} finally {
			socket.destroy();
		}
	} catch {
		return;
	}
}
const machine = async () => typeof getCACertificates === "function" ? [...getCACertificates("default"), ...getCACertificates("system")] : rootCertificates;
export { ModcacheCheck, beginModcacheCheck, credentialsOutside, forgetVersion, issuerAt, namedStore, openSumDbFor, pruneStore, shakeHands, startFilter };
