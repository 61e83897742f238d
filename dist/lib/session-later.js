import { isBucketUrl, parseBucketUrl, redactUrl, storeTexts } from "./config.js";
import { HandedSecrets, Redactor, SessionError, VERSION as VERSION$1, chooseStore, control, findModuleFiles, forgeToken, hideFromGit, keepBuildState, keepModcacheReport, keptBuildState, mayWriteShared, namedVariables, privatePaths, questionFor, questionOf, readBounded, readConfig, readGoSettings, readSession, readSumFiles, withLaterGo } from "./session.js";
import { compareVersions, matchGlobs } from "./gomod.js";
import { compareGoVersions, goVersionOfToolchain } from "./gomod-later.js";
import { StoreError, createHasher, listModcache, openDiskStore, readRegular, softKey } from "./store.js";
import { BucketLayer, DiskLayer, LayeredStore, adoptBuilds, appendLine, existingTree, forget, openExisting, openS3Bucket, prune, resolvePlace, shownText, verifyModcache } from "./store-later.js";
import { cacheServiceEnv, createServer, detectPlatform, request, systemProbe } from "./platform.js";
import { Recent } from "./tlog-proxy.js";
import { keptModules } from "./check-later.js";
import { TOOLCHAIN, readGoMod, readGoWork } from "./gomod-proxy.js";
import { createHttp, machineAuthorities } from "./platform-records.js";
import { CacheError, basicLogin, createCacheClient, loginOf } from "./platform-proxy.js";
import { SUBDIRECTORIES, changeOf, entryPath, formatManifest, isWorthSaving, parseManifest, unpackBuilds, usedBuilds } from "./store-save.js";
import { buildKeys } from "./platform-save.js";
import { ProxyError, secretMatches } from "./proxy.js";
import { Health, PATIENT, SumDbService } from "./proxy-proxy.js";
import { Credentials, RefusedHost, Replaces, addressesFor, authority, chooseSumDb, environmentProxies, fixedLookup, needsOf, openNetwork, openUpstreams, parseTarget, plainHost, planPrefetch, readAuthorities, replacesOf, targetOf, upstreamEntries } from "./session-proxy.js";
import { randomBytes } from "node:crypto";
import { pipeline } from "node:stream";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { tmpdir } from "node:os";
import path, { dirname, join as join$1, resolve } from "node:path";
import { lstat, mkdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { connect, isIP } from "node:net";
import { arch, platform as platform$1 } from "node:process";
import { connect as connect$1 } from "node:tls";
// src/session/cache/open-named.ts
/** Makes a store ready that was found by `namedStore`. Throws SessionError `usage`, BucketError `invalid`. */
async function openNamed({ at, config, platform, authorityFiles }, env, warn) {
	const found = at();
	if (found.kind === "directory") return {
		store: found,
		close: async () => void 0
	};
	const { openBucket } = await import("./lazy/session-cache-open-bucket.js");
	const { place } = found;
	const { workspace } = platform;
	const bucket = openBucket({
		place,
		env,
		storeEnv: env,
		config,
		workspace,
		authorityFiles,
		warn
	});
	return {
		store: {
			kind: "bucket",
			bucket,
			readOnly: place.readOnly
		},
		close: () => bucket.close()
	};
}
// src/session/cache/prune.ts
/**
* Prunes a store, after the modules of the refs to keep are known. Throws KeepListError when they cannot be told,
* StoreError when the place is no store or cannot be worked on, BucketError; nothing was removed then.
*/
async function pruneStore(request) {
	const { store, rules, dryRun, until, onProgress, now, platform, env, token } = request;
	if (store.kind === "directory") await existingTree(store.dir);
	else await requirePlace(store, dryRun);
	const kept = await keptModules({
		dir: platform.workspace,
		env,
		platform,
		token,
		fetch: true,
		refs: rules["keep-refs"]
	});
	return {
		report: await pruneOpen(store, {
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
}
async function pruneOpen(at, options) {
	if (at.kind === "bucket") {
		const { pruneBucket } = await import("./lazy/store-bucket-prune-prune.js");
		return await pruneBucket(at.bucket, options);
	}
	const hasher = createHasher();
	try {
		const store = await openExisting(at.dir, {
			hasher,
			purpose: options.dryRun ? "look" : "tidy"
		});
		return await prune(store, options);
	} finally {
		await hasher.close();
	}
}
/**
* Whether work on a bucket may begin. Throws StoreError: `store-read-only` where its URL says that nothing is written
* there, `store-missing`, `store-foreign`; BucketError.
*/
async function requirePlace({ bucket, readOnly }, look) {
	const { requireBucketStore } = await import("./lazy/store-bucket-existing.js");
	if (readOnly && !look) {
		const message = `module store: the URL of ${bucket.location} says mode=read, so nothing in it is changed; leave that away here`;
		throw new StoreError("store-read-only", bucket.location, message);
	}
	await requireBucketStore(bucket);
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
		at: () => storeAt(config, request),
		warnings: [...warnings, ...answer.warnings]
	};
}
function storeAt(config, request) {
	const [first = "auto"] = storeTexts(config.cache.store);
	if (!isBucketUrl(first)) return {
		kind: "directory",
		dir: resolve(chooseStore(config, request).dir)
	};
	const place = parseBucketUrl(first);
	if (typeof place !== "string") return {
		kind: "bucket",
		place
	};
	throw new SessionError("usage", `the store ${redactUrl(first)} ${place}`);
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
	const settings = {
		...choice,
		store: await answersOf(request),
		noSumDb,
		warn
	};
	const service = new SumDbService({
		...settings,
		entries,
		chain: chainDeps
	});
	const keptOnly = new SumDbService({
		...settings,
		entries: [],
		chain: withoutNetwork(chainDeps)
	});
	let silent = 0;
	let why = request.offline === true ? "nobody is asked over the network" : "";
	return {
		close: async () => {
			await Promise.all([http.close(), network.close()]);
		},
		ask: async (mv) => {
			if (mv.path !== "golang.org/toolchain" && matchGlobs(noSumDb, mv.path)) return { state: "unknown" };
			if (request.offline === true || silent >= MAX_SILENCE) {
				const word = await ask(keptOnly, mv);
				return word.state === "unavailable" ? {
					...word,
					why
				} : word;
			}
			const word = await ask(service, mv);
			silent = word.state === "unavailable" ? silent + 1 : 0;
			if (word.state === "unavailable") why = word.why;
			return word;
		},
		serve: async (path) => {
			try {
				return await (request.offline === true ? keptOnly : service).serve(path);
			} catch (error) {
				if (error instanceof ProxyError && error.code === "absent") return void 0;
				throw error;
			}
		}
	};
}
/** The same upstreams, none of which is asked. */
function withoutNetwork(deps) {
	return {
		...deps,
		http: {
			get: () => Promise.reject(/* @__PURE__ */ new Error("nobody is asked over the network")),
			close: () => Promise.resolve()
		},
		patience: {
			...PATIENT,
			attempts: 1
		},
		health: new Health(deps.now),
		onFailure: () => void 0
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
async function answersOf({ dir, store, kept }) {
	const tree = dir === void 0 ? void 0 : await existingTree(dir);
	const elsewhere = async (key) => {
		const bytes = await kept?.(key);
		if (bytes === void 0) return void 0;
		if (!key.endsWith("/latest")) await store?.putSoft(key, bytes).catch(() => void 0);
		return {
			bytes,
			storedAt: 0
		};
	};
	const recent = new Recent(MAX_ANSWERS);
	return {
		getSoft: async (key) => {
			const known = recent.get(key);
			if (known !== void 0) return {
				bytes: known,
				storedAt: 0
			};
			const at = softKey(key);
			if (at === void 0) return void 0;
			if (!await tree?.hasDir(path.posix.dirname(at))) return await elsewhere(key);
			const found = tree && await readRegular(tree.path(at), 8388608);
			if (found === void 0 || found.bytes === "oversize") return await elsewhere(key);
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
// src/session/fetch/needed.ts
const MOD_BYTES = 16777216;
/**
* What is needed to build, test and tidy-check the modules below some directories without a network: what their go.mod
* files require with zip, the .mod files that go.sum has of the rest of the graph, and a newer toolchain. Where that
* is not told exactly, the newest version that a go.sum has a zip hash of counts; all else in it is taken where it is.
*/
async function neededBy(request) {
	const collected = new Collected(request);
	for (const dir of request.dirs) await collected.checkout(resolve(dir));
	for await (const { path, entries } of readSumFiles(request.sums.map((file) => resolve(file)))) collected.root({
		from: path,
		mods: [],
		work: void 0,
		sums: entries
	});
	return collected;
}
var Collected = class {
	needs = [];
	toolchains = /* @__PURE__ */ new Set();
	files = [];
	problems = [];
	#request;
	constructor(request) {
		this.#request = request;
	}
	/** Every workspace of a checkout as a whole, and every other module by itself. */
	async checkout(dir) {
		const found = await findModuleFiles(dir);
		if (found.cut) this.problems.push(`${dir} holds too many directories to look at: not all go.mod files count`);
		const sums = /* @__PURE__ */ new Map();
		for await (const { path, entries, problems } of readSumFiles(found.goSums)) {
			sums.set(path, entries);
			const [problem] = problems;
			if (problem !== void 0) this.problems.push(`${path}:${problem.line}: ${problem.reason}`);
		}
		if (sums.size < found.goSums.length) this.problems.push(`of ${found.goSums.length} go.sum files below ${dir}, ${sums.size} could be read`);
		const mods = /* @__PURE__ */ new Map();
		for (const file of found.goMods) {
			const mod = await this.#readMod(file);
			if (mod !== void 0) mods.set(file, mod);
		}
		const inWork = /* @__PURE__ */ new Set();
		for (const file of found.goWorks) {
			const work = await this.#readWork(file);
			if (work === void 0) continue;
			const used = work.use.map((use) => join$1(resolve(dirname(file), use.value.value), "go.mod"));
			for (const mod of used) inWork.add(mod);
			const own = [`${file}.sum`, ...used.map((mod) => join$1(dirname(mod), "go.sum"))];
			this.root({
				from: file,
				mods: used.flatMap((mod) => mods.get(mod) ?? []),
				work,
				sums: own.flatMap((sum) => sums.get(sum) ?? [])
			});
		}
		for (const [file, mod] of mods) {
			if (inWork.has(file)) continue;
			const own = sums.get(join$1(dirname(file), "go.sum")) ?? [];
			this.root({
				from: file,
				mods: [mod],
				work: void 0,
				sums: own
			});
		}
		this.files.push(...mods.keys(), ...sums.keys());
	}
	/** What one module, workspace or go.sum needs. */
	root({ from, mods, work, sums }) {
		const needs = mods.map(needsOf);
		const overrides = work === void 0 ? [] : replacesOf(work);
		const planned = planPrefetch({
			mods: needs,
			sums,
			work: overrides
		});
		const add = (path, version, kinds, required) => {
			for (const kind of kinds) this.needs.push({
				path,
				version,
				kind,
				required,
				from
			});
		};
		const mains = new Set(needs.map(({ module }) => module));
		for (const { path, version, kind } of planned) if (!mains.has(path)) add(path, version, [kind], true);
		const listed = new Set(sums.map(({ module, version }) => `${module}@${version}`));
		const selected = newestRequired(needs);
		const direct = new Set(mods.flatMap((mod) => mod.require.filter((one) => !one.indirect).map((one) => one.path.value)));
		for (const { path, version } of planned) if ((direct.has(path) || !listed.has(`${path}@${version}`)) && (selected.get(path) ?? version) === version && !mains.has(path)) add(path, version, ["zip", "info"], true);
		const known = new Set(needs.flatMap(({ requires }) => requires.map(({ path }) => path)));
		const replaced = replacedBy(overrides, needs.flatMap(({ replaces }) => replaces));
		const newest = /* @__PURE__ */ new Map();
		for (const { module, version, file } of sums) {
			add(module, version, file === "zip" ? [
				"zip",
				"mod",
				"info"
			] : ["mod", "info"], false);
			if (file !== "zip" || known.has(module) || replaced(module, version)) continue;
			const before = newest.get(module);
			if (before === void 0 || compareVersions(before, version) < 0) newest.set(module, version);
		}
		if (!mods.every(isComplete) || mods.length === 0) for (const [module, version] of newest) add(module, version, [
			"zip",
			"mod",
			"info"
		], true);
		this.#toolchain(from, [...mods, ...work === void 0 ? [] : [work]]);
	}
	#toolchain(from, files) {
		const newest = files.flatMap(({ go, toolchain }) => [...go === void 0 ? [] : [go.value.value], ...toolchain === void 0 ? [] : [goVersionOfToolchain(toolchain.value.value)]]).reduce((a, b) => compareGoVersions(a, b) < 0 ? b : a, "");
		if (!/^1\.\d+(?:\.\d+|rc\d+)$/.test(newest)) return;
		const release = `go${newest}`;
		this.toolchains.add(release);
		const { local, platform } = this.#request;
		const here = local === void 0 ? void 0 : goVersionOfToolchain(local);
		if (here === void 0 || here === "" || compareGoVersions(here, newest) >= 0) return;
		this.needs.push({
			path: TOOLCHAIN,
			version: `v0.0.1-${release}.${platform}`,
			kind: "zip",
			required: true,
			from
		});
	}
	async #readMod(file) {
		const bytes = await readBounded(file, MOD_BYTES);
		const read = bytes === void 0 ? void 0 : readGoMod(bytes);
		if (read?.problems.length === 0) return read.mod;
		this.problems.push(`${file} cannot be read as go reads it: what it requires does not count`);
	}
	async #readWork(file) {
		const bytes = await readBounded(file, MOD_BYTES);
		const read = bytes === void 0 ? void 0 : readGoWork(bytes);
		if (read?.problems.length === 0) return read.work;
		this.problems.push(`${file} cannot be read as go reads it: it does not count`);
	}
};
/** Before go 1.17 a go.mod does not name what only its requirements require: only the go.sum tells. */
function isComplete({ go }) {
	return go !== void 0 && compareGoVersions(go.value.value, "1.17") >= 0;
}
/** The newest version of each path that these modules require. */
function newestRequired(needs) {
	const newest = /* @__PURE__ */ new Map();
	for (const { path, version } of needs.flatMap(({ requires }) => requires)) {
		const before = newest.get(path);
		if (before === void 0 || compareVersions(before, version) < 0) newest.set(path, version);
	}
	return newest;
}
function replacedBy(work, mods) {
	const replaces = new Replaces(work, mods);
	return (path, version) => replaces.find(path, version) !== void 0;
}
// src/session/forget.ts
const TELL_MS = 2e3;
/** Forgets one version and writes it down. Throws StoreError, BucketError. */
async function forgetVersion(request) {
	const { store } = request;
	const sessions = await running(request);
	if (store.kind === "directory") return await forgetInDirectory(request, sessions, request.named ? store.dir : sessions[0]?.storeDir ?? store.dir);
	for (const { storeDir } of sessions) await forgetInDirectory(request, sessions, storeDir);
	return await forgetInBucketOf(store, request);
}
async function forgetInBucketOf(store, { mv, now }) {
	const { forgetInBucket, writeLogLine } = await import("./lazy/store-bucket-forget.js");
	await requirePlace(store, false);
	const { bucket } = store;
	const done = await forgetInBucket(bucket, mv);
	if (done.state !== "forgotten") return {
		state: done.state,
		store: bucket.location
	};
	const known = knownOf(done.entry);
	const t = now.toISOString();
	await writeLogLine(bucket, t, {
		t,
		forgot: `${mv.path}@${mv.version}`,
		...known
	});
	return {
		state: "forgotten",
		store: bucket.location,
		...known
	};
}
async function forgetInDirectory({ mv, now }, sessions, dir) {
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
		const known = knownOf(done.entry);
		const { h1, firstSeen } = known;
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
function knownOf(entry) {
	const { h1, goModH1, firstSeen } = entry ?? {};
	return {
		...h1 === void 0 ? {} : { h1 },
		...goModH1 === void 0 ? {} : { goModH1 },
		...firstSeen === void 0 ? {} : { firstSeen }
	};
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
// src/session/build/facts.ts
/** Settings that give go other objects; a job that has others is another job to the build cache. */
const SETTINGS = [
	"GOOS",
	"GOARCH",
	"GOAMD64",
	"GOARM",
	"GOARM64",
	"GOFLAGS",
	"GOEXPERIMENT",
	"CGO_ENABLED",
	"CC"
];
const MAX_FILE = 1048576;
/** What tells the objects of a job from those of others. */
async function buildFacts(request) {
	const { env, cwd, goVersion, job, os, arch } = request;
	const { workflow, job: name, matrix } = job.claimed;
	return {
		os,
		arch,
		goVersion: await effectiveVersion(goVersion ?? "none", env, cwd),
		job: [
			workflow ?? "",
			name ?? "",
			matrix ?? "",
			...SETTINGS.map((setting) => env[setting] ?? "")
		]
	};
}
/** The version that go switches to for a checkout, as far as its own lines tell. */
async function effectiveVersion(local, env, cwd) {
	if (env.GOTOOLCHAIN === "local" || !local.startsWith("go")) return local;
	const texts = await Promise.all(["go.work", "go.mod"].map((name) => textOf(join$1(cwd, name))));
	let highest = local;
	for (const [, version = ""] of texts.join("\n").matchAll(/^(?:go[ \t]+|toolchain[ \t]+go)([0-9][^\s/]*)/gm)) if (compareGoVersions(version, highest.slice(2).split(" ")[0] ?? "") > 0) highest = `go${version}`;
	return highest;
}
async function textOf(path) {
	const text = await readFile(path, "utf8").catch(() => "");
	return text.length > MAX_FILE ? "" : text;
}
// src/session/build/open.ts
/** Go renews the time of an entry's last use when that is older than an hour. */
const LONG_AGO_MS = 72e5;
/** Longest that a job waits for what it could compile itself. */
const RESTORE_TIMEOUT_MS = 6e4;
/** In the archive of a runner, beside the directory of objects. */
const MANIFEST_FILE = "manifest.json";
/** Share of the free disk that restored objects may take. */
const OF_DISK = .5;
/**
* Makes the GOCACHE of a job and fills it with what an earlier one compiled, before the job goes on: go reads it with
* its first command and asks nobody whether more is to come. Never rejects: without its entry the job has an empty one,
* and compiles.
*/
async function openBuildCache(request) {
	const { place, sessionDir, job, workspace } = request;
	const kept = await keptBuildState(sessionDir);
	if (kept?.job === job.uid && kept.dir === place.dir && await isDirectory(place.dir)) return kept.report;
	const began = performance.now();
	const keys = buildKeys(await buildFacts(request));
	const now = Date.now();
	let found;
	try {
		await hideFromGit(place.dir, workspace);
		await rm(place.dir, {
			recursive: true,
			force: true
		});
		found = place.from === "service" ? await fromService(request, place.dir, keys, now - LONG_AGO_MS) : await fromArchive(place, keys, now - LONG_AGO_MS);
		await mkdir(place.dir, { recursive: true });
	} catch (error) {
		found = { report: {
			state: "failed",
			why: error instanceof Error ? error.message : String(error)
		} };
	}
	const report = {
		...found.report,
		ms: Math.round(performance.now() - began)
	};
	const state = {
		v: 1,
		job: job.uid,
		dir: place.dir,
		since: now - LONG_AGO_MS / 2,
		began: now,
		keys,
		...place.from === "archive" ? {
			archived: place.archived,
			saves: request.saves
		} : {},
		...found.restored === void 0 ? {} : { restored: found.restored },
		report
	};
	await keepBuildState(sessionDir, state).catch(() => void 0);
	return report;
}
async function fromService({ env, version, log, sessionDir }, dir, keys, usedMs) {
	const signal = AbortSignal.timeout(RESTORE_TIMEOUT_MS);
	const aside = `${dir}.new`;
	let key;
	try {
		await rm(aside, {
			recursive: true,
			force: true
		});
		const client = createCacheClient({
			env: cacheServiceEnv(env),
			version,
			signal,
			log
		});
		const hit = await client.lookup([keys.own, keys.alike]);
		if (hit === void 0) return { report: { state: "miss" } };
		key = hit.key;
		const maxBytes = await roomIn(sessionDir);
		const { size, stream } = await client.open(hit);
		let received = 0;
		stream.on("data", (chunk) => {
			received += chunk.length;
		});
		const { manifest, actions, bytes } = await unpackBuilds({
			stream,
			dir: aside,
			usedMs,
			maxBytes,
			signal
		});
		await rename(aside, dir);
		return {
			report: {
				state: "hit",
				key,
				objects: actions,
				bytes
			},
			restored: {
				key,
				bytes: size ?? received,
				manifest
			}
		};
	} catch (error) {
		await rm(aside, {
			recursive: true,
			force: true
		}).catch(() => void 0);
		const quiet = error instanceof CacheError && error.code === "denied";
		const why = signal.aborted ? `it did not come within ${RESTORE_TIMEOUT_MS / 1e3} s` : error instanceof Error ? error.message : String(error);
		const named = key === void 0 ? why : `entry ${key}: ${why}`;
		return { report: {
			state: quiet ? "off" : "failed",
			...key === void 0 ? {} : { key },
			why: named
		} };
	}
}
/** What the runner unpacked: the part for this version of Go, and nothing of the others, which it could not use. */
async function fromArchive({ dir, archived }, keys, usedMs) {
	const name = archiveName(keys);
	const from = join$1(archived, name);
	try {
		const adopted = adoptBuilds(from, usedMs);
		if (adopted === void 0) return { report: { state: "miss" } };
		const manifest = await readArchived(join$1(archived, MANIFEST_FILE));
		await rename(from, dir);
		return {
			report: {
				state: "hit",
				key: name,
				objects: adopted.actions,
				bytes: adopted.bytes
			},
			...manifest === void 0 ? {} : { restored: {
				key: name,
				bytes: adopted.bytes,
				manifest
			} }
		};
	} catch (error) {
		return { report: {
			state: "failed",
			why: error instanceof Error ? error.message : String(error)
		} };
	} finally {
		await rm(archived, {
			recursive: true,
			force: true
		});
	}
}
async function readArchived(path) {
	const found = await lstat(path).catch(() => void 0);
	if (found?.isFile() !== true || found.size > 65536) return void 0;
	return await readFile(path).then(parseManifest).catch(() => void 0);
}
/** Name of a job's directory in the archive of a runner. */
function archiveName({ alike }) {
	return alike.replace(/^modgate-build-/, "").replace(/-$/, "");
}
async function roomIn(dir) {
	const { bavail, bsize } = await statfs(dir);
	return bavail * bsize * OF_DISK;
}
async function isDirectory(path) {
	return await stat(path).then((found) => found.isDirectory(), () => false);
}
// src/session/build/begin.ts
/** Opens the build cache of a job that asked for one, and says what came of it. Never rejects. */
async function beginBuildCache(request) {
	const { place, sessionDir, platform, log } = request;
	if (typeof place === "string") {
		log(`build cache: not used: ${place}`);
		const off = {
			v: 1,
			job: platform.job.uid,
			since: 0,
			began: 0,
			report: {
				state: "off",
				why: place
			}
		};
		await keepBuildState(sessionDir, off).catch(() => void 0);
		return;
	}
	const { workspace, job } = platform;
	const { state, objects = 0, bytes = 0, ms = 0, why } = await openBuildCache({
		...request,
		place,
		workspace,
		job,
		os: platform$1,
		arch,
		version: VERSION$1
	});
	if (state === "hit") log(`build cache: ${objects} objects, ${bytes} bytes, restored in ${ms} ms; nobody verified them`);
	else if (state === "miss") log("build cache: there is none for this version of Go yet");
	else log(`build cache: not restored: ${why ?? "unknown"}; this job compiles everything itself`);
}
// src/session/build/leave.ts
/**
* Leaves what the job used of its GOCACHE where the runner takes what it archives, or nothing there, and then it uploads
* nothing. The GOCACHE is gone. Undefined where there is none; else one sentence. Never rejects.
*/
async function leaveBuilds(sessionDir, now) {
	const state = await keptBuildState(sessionDir);
	if (state?.dir === void 0 || state.archived === void 0 || state.keys === void 0) return void 0;
	const { dir, archived, keys, since, began, restored, saves } = state;
	try {
		if (saves !== true) return "not saved for later jobs: this job may not write what they read";
		const used = usedBuilds(dir, since);
		if (used.actions.length === 0) return "not saved for later jobs: nothing was compiled";
		const change = changeOf(used, restored?.manifest.bytes, began);
		if (!isWorthSaving(change, restored?.manifest, now)) return "nothing new to save";
		await moveUsed(dir, used, `${archived}.new`, archiveName(keys));
		const manifest = {
			v: 1,
			created: now,
			bytes: used.bytes,
			others: []
		};
		await writeFile(join$1(`${archived}.new`, MANIFEST_FILE), formatManifest(manifest));
		await rm(archived, {
			recursive: true,
			force: true
		});
		await rename(`${archived}.new`, archived);
		return `${used.actions.length} objects, ${used.bytes} bytes, are left for later jobs`;
	} catch (error) {
		return `not saved for later jobs: ${error instanceof Error ? error.message : String(error)}`;
	} finally {
		for (const path of [dir, `${archived}.new`]) await rm(path, {
			recursive: true,
			force: true
		}).catch(() => void 0);
	}
}
async function moveUsed(dir, used, to, name) {
	await rm(to, {
		recursive: true,
		force: true
	});
	for (const sub of SUBDIRECTORIES) await mkdir(join$1(to, name, sub), { recursive: true });
	const paths = [...used.actions.map(({ id }) => entryPath(id, "action")), ...[...used.outputs.keys()].map((out) => entryPath(out, "output"))];
	for (const path of paths) await rename(join$1(dir, path), join$1(to, name, path));
}
// src/session/cache/open-bucket.ts
/** Connections to one bucket: those of calls, and of bodies that are read. */
const CONNECTIONS = 96;
/**
* A bucket through the proxies and with the authorities of a job. Nothing is asked before the first call. Throws
* BucketError `invalid` when no region is known.
*/
function openBucket(request) {
	const { place, env, storeEnv, config, workspace, authorityFiles: files, warn, log } = request;
	const { endpoint } = resolvePlace(place, storeEnv);
	const authorities = async () => {
		const read = await readAuthorities({
			ca: config.proxy.ca,
			workspace,
			files,
			env,
			warn
		});
		const target = targetOf(new URL(endpoint));
		return target === void 0 ? [] : read.forHost(target);
	};
	const send = createHttp(env, VERSION$1, authorities, CONNECTIONS);
	return openS3Bucket(place, {
		env: storeEnv,
		send,
		...log === void 0 ? {} : { log }
	});
}
// src/session/cache/open-layers.ts
/**
* The store of a job with the layers behind it. A layer that cannot be opened is left out with a warning: no trouble of
* a layer is the job's.
* @param first layers that are read before those of the configuration
*/
async function openLayers(local, first, deps) {
	const { request, hasher, log, warn } = deps;
	const layers = [...first];
	for (const place of request.store.layers ?? []) try {
		layers.push(await openLayer(place, deps));
	} catch (error) {
		warn(`${error instanceof Error ? error.message : String(error)}; this job does without it, and fetches what it lacks`);
	}
	return new LayeredStore({
		local,
		layers,
		hasher,
		log,
		warn
	});
}
async function openLayer(place, { request, hasher, log, warn }) {
	const writes = mayWriteShared(request);
	const onDamage = ({ path, what }) => warn(`store: ${path}: ${what}`);
	if (place.kind === "directory") {
		const { dir, readOnly } = place;
		return new DiskLayer(await openDiskStore(dir, {
			hasher,
			onDamage,
			purpose: readOnly || !writes ? "look" : "serve"
		}), writes && !readOnly);
	}
	const { env, storeEnv, config, workspace, authorityFiles } = request;
	const bucket = openBucket({
		place: place.place,
		env,
		storeEnv,
		config,
		workspace,
		authorityFiles,
		warn,
		log
	});
	return new BucketLayer(bucket, {
		writable: writes && !place.place.readOnly,
		onDamage
	});
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
/**
* Connects to a target through a network proxy, which looks the name up itself. Rejects with an Error that says why.
* @param signal ends the connection, also later on
*/
async function connectThrough(proxy, target, ca, signal) {
	const socket = await connectToProxy(proxy, ca, signal);
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
	const credentials = basicLogin(proxy);
	const name = authority(target);
	const auth = credentials === void 0 ? "" : `Proxy-Authorization: ${credentials}\r\n`;
	socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${auth}\r\n`, "latin1");
	const status = await readAnswer(socket, statusOf);
	if (status < 200 || status >= 300) throw new Error(`answered ${status} for ${name}`);
}
/** A connection to the network proxy itself, with TLS where its URL says https. */
async function connectToProxy(proxy, ca, signal) {
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
		}), "connect", at, signal);
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
		}), "secureConnect", at, signal);
	}
	throw new Error(`a network proxy of the kind ${proxy.protocol}// cannot be used, only http, https and socks5 ones`);
}
async function opened(socket, event, at, signal) {
	return await new Promise((done, failed) => {
		signal?.addEventListener("abort", () => socket.destroy(signal.reason), { once: true });
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
				credentials: basicLogin(proxy)
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
/** Longest that a server may take to show its certificates, with the way to it, ms. */
const SHOW_MS = 5e3;
/**
* The name of the authority at the top of what an https server shows, over a connection of its own on which nothing is
* said: an error of OpenSSL does not tell. Goes through the job's proxies. Undefined when it cannot be had; never
* rejects.
*/
async function issuerAt(url, env, showMs = SHOW_MS) {
	const target = targetOf(url);
	if (target === void 0) return void 0;
	const HTTPS_PROXY = env.https_proxy || env.HTTPS_PROXY || env.http_proxy || env.HTTP_PROXY;
	const proxy = environmentProxies({
		...env,
		HTTPS_PROXY
	})("https", target);
	const signal = AbortSignal.timeout(showMs);
	try {
		const socket = proxy === void 0 ? connect({
			host: target.host,
			port: target.port
		}) : await connectThrough(proxy, target, machine, signal);
		socket.on("error", () => void 0);
		try {
			const shaken = await shakeHands(socket, target.host, [], signal);
			shaken.socket.destroy();
			return shaken.chain.at(-1)?.issuer;
		} finally {
			socket.destroy();
		}
	} catch {
		return;
	}
}
const machine = async () => machineAuthorities();
export { ModcacheCheck, beginBuildCache, beginModcacheCheck, credentialsOutside, forgetVersion, issuerAt, leaveBuilds, namedStore, neededBy, openBucket, openLayers, openNamed, openSumDbFor, pruneStore, requirePlace, shakeHands, startFilter };
