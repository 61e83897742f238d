import { envOverrides, loadConfig, storeTexts } from "./config.js";
import { VERSION, auditInWords, inWords, isUndelivered, keptBuildState, platformOf, readRestored, stopSession } from "./session.js";
import { FINISHED_FILE, REPLACED_FILE } from "./actions.js";
import { CACHE_PREFIX, CacheError, classOfKey, createCacheClient, nextKey, sizeClass } from "./platform-proxy.js";
import { cacheServiceEnv, cacheUnavailable } from "./platform.js";
import { BuildCacheError, changeOf, chooseVersions, isWorthSaving, packingOrder, readBuildManifest, storedVersions, usedBuilds, withDigests, withoutStrangers } from "./store-save.js";
import { pack, packBuilds } from "./store_tar-stream.js";
import { BundleError, planSave } from "./store.js";
import { formatBytes, summaryMarkdown } from "./actions-save.js";
import { BUILD_PREFIX, lineageOf, nextBuildKey } from "./platform-save.js";
import { join } from "node:path";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
// src/actions/save.ts
/** All cache calls of a save together. A larger store gets its time by keep-since and max-size. */
const SAVE_TIMEOUT_MS$1 = 3e5;
/**
* Whether a job may write the cache that others read, and if not, why not. A configuration file says
* `always` for jobs that are trusted with that file only: in a pull request its author wrote it.
*/
function maySave(policy, origin, trust) {
	if (policy === "never") return "save is never";
	if (trust.trusted) return void 0;
	if (policy === "always" && [
		"env",
		"input",
		"flag"
	].includes(origin.from)) return void 0;
	return trust.reason;
}
/** Saves what the shared cache lacks of the store's used versions, or says why not. Never rejects. */
async function saveStore(request, barred) {
	const skip = barred ?? cacheUnavailable(request.env, "write");
	if (skip !== void 0) return {
		state: "skipped",
		why: skip
	};
	let modules;
	const lost = () => {
		return `the next job downloads what is new of ${modules === void 0 ? "its modules" : `${modules} module${modules === 1 ? "" : "s"}`} again`;
	};
	try {
		const maxBytes = Math.min(request.maxBytes, request.quota / 2);
		const chosen = chooseVersions(await storedVersions(request.storeDir), {
			...request,
			maxBytes
		});
		modules = chosen.length;
		if (modules === 0) return {
			state: "skipped",
			why: "the store holds nothing that was used"
		};
		return await save$2(request, packingOrder(withDigests(chosen), request.sessionStart));
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		if (error instanceof CacheError && error.code === "denied") return {
			state: "skipped",
			why
		};
		if (error instanceof CacheError && error.code === "taken") return {
			state: "skipped",
			why: OTHERS_TURN$1
		};
		return {
			state: "failed",
			why,
			lost: lost()
		};
	}
}
/** 134 MB and more, for a key that does not tell. */
const LARGE_CLASS = 27;
const OTHERS_TURN$1 = "another job saves meanwhile; the next run adds what only this job had";
async function save$2(request, chosen) {
	const { now, quota } = request;
	const restored = await readRestored(request.sessionDir);
	const modules = chosen.length;
	if (planSave({
		now,
		chosen,
		restored,
		quota
	}).do === "nothing") return {
		state: "unchanged",
		modules
	};
	const client = createCacheClient({
		env: cacheServiceEnv(request.env),
		version: VERSION,
		signal: AbortSignal.timeout(SAVE_TIMEOUT_MS$1),
		log: request.log
	});
	const total = chosen.reduce((sum, v) => sum + v.files.reduce((all, f) => all + f.size, 0), 0);
	const newest = await newestEntry(client);
	if (newest !== void 0 && newest !== restored?.key && (classOfKey(newest) ?? 0) >= sizeClass(total)) return {
		state: "skipped",
		why: OTHERS_TURN$1
	};
	const base = newest === void 0 ? void 0 : restored;
	const others = newest === void 0 || newest === restored?.key ? [] : [estimate(newest, now)];
	const plan = planSave({
		now,
		chosen,
		restored: base,
		quota,
		others
	});
	if (plan.do === "nothing") return {
		state: "unchanged",
		modules
	};
	if (plan.do === "skip") return {
		state: "skipped",
		why: noQuota(plan.used, plan.needs, quota)
	};
	const reservation = await client.reserve(nextKey(newest, now, total), plan.bytes);
	const dir = join(request.sessionDir, "save");
	try {
		await rm(dir, {
			recursive: true,
			force: true
		});
		await mkdir(dir, {
			recursive: true,
			mode: 448
		});
		const file = join(dir, "bundle.tzst");
		const packing = {
			storeDir: request.storeDir,
			file,
			...plan.manifest.parents.length > 0 ? { sumdbSince: request.sessionStart } : {}
		};
		const bytes = await pack({
			...packing,
			manifest: plan.manifest
		}).catch(async (error) => {
			if (!(error instanceof BundleError) || error.code !== "damaged") throw error;
			request.log(`shared cache: ${error.message}; what is not what the index says is left out`);
			const manifest = await withoutStrangers(request.storeDir, plan.manifest);
			return await pack({
				...packing,
				manifest
			});
		});
		if (plan.used + bytes > quota) return {
			state: "skipped",
			why: noQuota(plan.used, bytes, quota)
		};
		await reservation.fill(file, bytes);
		return {
			state: "saved",
			key: reservation.key,
			modules,
			files: plan.files,
			bytes
		};
	} finally {
		await rm(dir, {
			recursive: true,
			force: true
		}).catch(() => void 0);
	}
}
/** Key of the newest entry of all; a job that may write but not read does without. */
async function newestEntry(client) {
	try {
		return (await client.lookup([CACHE_PREFIX]))?.key;
	} catch (error) {
		if (error instanceof CacheError && error.code === "denied") return void 0;
		throw error;
	}
}
/** An entry of a smaller set that another job wrote meanwhile; its key tells how large the set can be. */
function estimate(key, now) {
	return {
		key,
		bytes: 2 ** ((classOfKey(key) ?? LARGE_CLASS) + 1),
		until: now
	};
}
function noQuota(used, needs, quota) {
	return `modgate's entries of the last days take up to ${formatBytes(used)}, this one would add up to ${formatBytes(needs)}, and cache.quota is ${formatBytes(quota)}; raise it, or wait: the service forgets what nobody read for a week`;
}
// src/actions/save-builds.ts
/** All cache calls of a save together. */
const SAVE_TIMEOUT_MS = 3e5;
/** A service forgets what nobody read for seven days; one more for clocks and jobs under way. */
const FORGOTTEN_MS = 6912e5;
/** Entries of other jobs that are looked up. */
const MAX_LOOKUPS = 20;
const OTHERS_TURN = "another job saved meanwhile; the next run adds what only this job compiled";
/**
* Saves what the job used of its GOCACHE for later jobs, or says why not; undefined when it has no build cache. Never
* rejects: what is lost is compiled again.
*/
async function saveBuilds(request, barred) {
	const state = await keptBuildState(request.sessionDir);
	if (state?.dir === void 0 || state.keys === void 0 || state.archived !== void 0) return void 0;
	const skip = barred ?? cacheUnavailable(request.env, "write");
	if (skip !== void 0) return {
		state: "skipped",
		why: skip
	};
	try {
		return await save$1(request, {
			...state,
			dir: state.dir,
			keys: state.keys
		});
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		if (error instanceof CacheError && error.code === "denied") return {
			state: "skipped",
			why
		};
		if (error instanceof CacheError && error.code === "taken") return {
			state: "skipped",
			why: OTHERS_TURN
		};
		if (error instanceof BuildCacheError) return {
			state: "skipped",
			why
		};
		return {
			state: "failed",
			why
		};
	}
}
/** Bytes that entries of the build cache take at the service, as far as this job was told. */
async function buildBytes(sessionDir) {
	const { restored } = await keptBuildState(sessionDir) ?? {};
	if (restored === void 0) return 0;
	return [restored, ...restored.manifest.others].reduce((sum, { bytes }) => sum + bytes, 0);
}
async function save$1(request, state) {
	const { now, quota, moduleBytes, log } = request;
	const { keys, restored, since, began } = state;
	const used = usedBuilds(state.dir, since);
	const objects = used.actions.length;
	if (objects === 0) return {
		state: "skipped",
		why: "nothing was compiled"
	};
	const own = restored?.key.startsWith(keys.own) === true ? restored : void 0;
	const change = changeOf(used, own?.manifest.bytes, began);
	if (!isWorthSaving(change, own?.manifest, now)) return {
		state: "unchanged",
		objects
	};
	const signal = AbortSignal.timeout(SAVE_TIMEOUT_MS);
	const client = createCacheClient({
		env: cacheServiceEnv(request.env),
		version: VERSION,
		signal,
		log
	});
	const newest = (await client.lookup([keys.own]))?.key;
	if (!(newest === void 0 || newest === own?.key || newest === state.report.key)) return {
		state: "skipped",
		why: OTHERS_TURN
	};
	const others = await ledger(client, state, now, signal, log);
	const taken = others.reduce((sum, { bytes }) => sum + bytes, 0);
	const room = Math.min(quota / 2, quota - moduleBytes) - taken;
	if (room <= 0) return {
		state: "skipped",
		why: noRoom(taken, void 0, quota)
	};
	const reservation = await client.reserve(nextBuildKey(keys, newest, now), used.bytes);
	const dir = join(request.sessionDir, "save-builds");
	try {
		const bytes = await packed(dir, state.dir, used, {
			v: 1,
			created: now,
			bytes: used.bytes,
			others
		});
		if (bytes > room) return {
			state: "skipped",
			why: noRoom(taken, bytes, quota)
		};
		await reservation.fill(join(dir, "builds.tzst"), bytes);
		return {
			state: "saved",
			key: reservation.key,
			objects,
			bytes
		};
	} finally {
		await rm(dir, {
			recursive: true,
			force: true
		}).catch(() => void 0);
	}
}
async function packed(dir, cache, used, manifest) {
	await rm(dir, {
		recursive: true,
		force: true
	});
	await mkdir(dir, {
		recursive: true,
		mode: 448
	});
	return await packBuilds({
		dir: cache,
		used,
		manifest,
		file: join(dir, "builds.tzst")
	});
}
/**
* The entries of the build cache that are at the service, as far as the newest one and the one that was restored tell:
* nobody can list them with the token of a job. Of each lineage the last one is asked for, which jobs still read; what
* took its place before counts until the service has forgotten it.
*/
async function ledger(client, { restored }, now, signal, log) {
	const refs = /* @__PURE__ */ new Map();
	const add = (ref) => {
		if ((refs.get(ref.key)?.until ?? -1) < ref.until) refs.set(ref.key, ref);
	};
	if (restored !== void 0) {
		for (const ref of restored.manifest.others) add(ref);
		add({
			key: restored.key,
			bytes: restored.bytes,
			until: now
		});
	}
	const newest = await client.lookup([BUILD_PREFIX]);
	if (newest !== void 0 && newest.key !== restored?.key) try {
		const { size, stream } = await client.open(newest);
		const { others } = await readBuildManifest(stream, signal);
		for (const ref of others) add(ref);
		add({
			key: newest.key,
			bytes: size ?? 0,
			until: now
		});
	} catch (error) {
		log(`build cache: entry ${newest.key}: ${error instanceof Error ? error.message : String(error)}`);
	}
	const heads = headsOf([...refs.values()]).slice(0, MAX_LOOKUPS);
	await Promise.all(heads.map(async (head) => {
		if ((await client.lookup([head.key]).catch(() => head))?.key === head.key) refs.set(head.key, {
			...head,
			until: now
		});
		else refs.delete(head.key);
	}));
	return [...refs.values()].filter(({ until }) => until > now - FORGOTTEN_MS);
}
/** The last entry of each lineage. */
function headsOf(refs) {
	const heads = /* @__PURE__ */ new Map();
	for (const ref of refs) {
		const lineage = lineageOf(ref.key) ?? ref.key;
		if ((heads.get(lineage)?.until ?? -1) < ref.until) heads.set(lineage, ref);
	}
	return [...heads.values()].toSorted((a, b) => b.until - a.until);
}
function noRoom(taken, needs, quota) {
	const more = needs === void 0 ? "" : `, this one would add ${formatBytes(needs)}`;
	return `entries with compiled objects take ${formatBytes(taken)}${more}; they may have half of cache.quota (${formatBytes(quota)}) and what modules leave of it; raise it, or wait: the service forgets what nobody read for a week`;
}
// src/actions/finish.ts
/**
* Ends the session, saves the store and reports. `session` is the directory of the session that this step
* started; undefined looks for the job's. Nothing that goes wrong here fails a job but required records that
* are left (`failsJob`): verdicts come from the steps that used the modules.
*/
async function finish(env, cwd, inputs, runner, session) {
	try {
		const log = (line) => runner.info(line);
		const stopped = await stopSession({
			env,
			cwd,
			log,
			...session ? { session } : {},
			...inputs.auditToken === void 0 ? {} : { auditToken: inputs.auditToken }
		});
		const marker = join(stopped.sessionDir, FINISHED_FILE);
		if (stopped.summary === void 0 || await isFile(marker)) {
			runner.info("modgate: there is no session to finish");
			return;
		}
		const { saved, builds } = await save(env, cwd, inputs, runner, stopped, stopped.summary);
		if (saved.state === "failed") runner.warning(`modgate: the module store was not saved: ${saved.why}; ${saved.lost}`);
		if (builds?.state === "failed") runner.warning(`modgate: the build cache was not saved: ${builds.why}`);
		report(runner, stopped.summary, saved, builds);
		await writeFile(marker, "");
		return stopped;
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		runner.warning(`modgate: the session was not finished in order: ${why}; the next job may download modules again`);
		return;
	}
}
/** Whether the end of a session fails the job. */
function failsJob(stopped) {
	const audit = stopped?.summary?.audit;
	return audit !== void 0 && isUndelivered(audit);
}
/** Gives later steps the variables back that the session had replaced: its proxy is gone. */
async function restoreEnvironment(sessionDir, runner) {
	const replaced = JSON.parse(await readFile(join(sessionDir, REPLACED_FILE), "utf8"));
	for (const [name, value] of Object.entries(replaced)) runner.exportVariable(name, value);
}
async function save(env, cwd, inputs, runner, stopped, summary) {
	const platform = platformOf(env, cwd);
	const loaded = await configuration(env, platform.workspace, cwd, inputs, runner);
	const saved = await saveModules(env, platform, loaded, runner, stopped, summary);
	const { save: policy, quota } = loaded.config.cache;
	const { sessionDir } = stopped;
	return {
		saved,
		builds: await saveBuilds({
			env,
			sessionDir,
			quota,
			moduleBytes: await moduleBytes(sessionDir) + (saved.state === "saved" ? saved.bytes : 0),
			now: Date.now(),
			log: (line) => runner.info(line)
		}, maySave(policy === "never" ? "never" : "auto", loaded.origin("cache.save"), platform.trust))
	};
}
/** Bytes that entries with modules take, as far as this job was told. */
async function moduleBytes(sessionDir) {
	const restored = await readRestored(sessionDir);
	if (restored === void 0) return 0;
	const { parents, past } = restored.manifest;
	return [
		restored,
		...parents,
		...past
	].reduce((sum, { bytes }) => sum + bytes, 0);
}
async function saveModules(env, platform, { config, origin }, runner, stopped, summary) {
	if (storeTexts(config.cache.store)[0] !== "auto") return {
		state: "skipped",
		why: "the store has a place of its own, which outlives the job"
	};
	if (stopped.storeDir === void 0) return {
		state: "skipped",
		why: "the session left no store"
	};
	const now = Date.now();
	return saveStore({
		env,
		sessionDir: stopped.sessionDir,
		storeDir: stopped.storeDir,
		keepSinceMs: config.cache["keep-since"],
		maxBytes: config.cache["max-size"],
		quota: config.cache.quota - Math.min(await buildBytes(stopped.sessionDir), config.cache.quota / 2),
		now,
		sessionStart: now - Math.ceil(summary.seconds * 1e3),
		log: (line) => runner.info(line)
	}, maySave(config.cache.save, origin("cache.save"), platform.trust));
}
/** The configuration as it is now; a step of the job may have broken the file, which must not lose the store. */
async function configuration(env, workspace, cwd, inputs, runner) {
	const layers = {
		workspace,
		cwd,
		env: envOverrides(env),
		inputs: {
			...inputs.store === void 0 ? {} : { store: inputs.store },
			...inputs.save === void 0 ? {} : { save: inputs.save }
		}
	};
	try {
		return await loadConfig({
			...layers,
			explicit: inputs.config
		});
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		runner.warning(`modgate: the configuration cannot be read any more (${why}); the store is saved by the defaults`);
		return loadConfig({
			...layers,
			workspace: join(workspace, ".modgate-none")
		});
	}
}
async function isFile(path) {
	return stat(path).then((found) => found.isFile(), () => false);
}
function report(runner, summary, saved, builds) {
	runner.setOutput("cache-hit", String(summary.restore?.state === "hit"));
	runner.setOutput("modules", String(summary.modules));
	runner.setOutput("bytes-from-store", String(summary.bytesFromStore));
	runner.setOutput("bytes-from-upstream", String(summary.bytesFromUpstream));
	runner.setOutput("audit-spool", summary.audit?.spool ?? "");
	runner.addSummary(summaryMarkdown(summary, saved, builds));
	runner.info(`modgate: ${summary.modules} modules, ${summary.bytesFromStore} bytes from the store, ${summary.bytesFromUpstream} bytes from upstream, ${summary.retriesSurvived} retries survived, ${summary.seconds.toFixed(1)} s; save: ${saved.state}${"why" in saved ? ` (${saved.why})` : ""}`);
	if (summary.audit !== void 0) {
		runner.info(`modgate: ${auditInWords(summary.audit)}`);
		if (isUndelivered(summary.audit)) runner.error("modgate: audit.required is on, and not all audit records were delivered");
	}
	if (summary.unverifiedModcache > 0) runner.warning(`modgate: ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and were verified by nobody in this job; set cache: false in the step that uses actions/setup-go`);
	for (const finding of summary.findings) {
		const told = `modgate: ${inWords(finding)}`;
		if (finding.level === "error") runner.error(told);
		else if (finding.level === "note") runner.info(told);
		else runner.warning(told);
	}
	for (const warning of summary.warnings) runner.warning(`modgate: ${warning}`);
}
export { failsJob, finish, restoreEnvironment };
