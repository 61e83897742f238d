import { openRawDirectory } from "./audit-records.js";
import { answersFrom, openIndex, uncoveredFrom } from "./collector-later.js";
import { recordsOf, startIndexer } from "./collector_zod.js";
import { CollectorError } from "./collector.js";
import { lockDirectory } from "./collector_kysely.js";
import { join } from "node:path";
import { mkdtemp, readdir, rm } from "node:fs/promises";
// src/collector/directory-store.ts
/**
* Answers from a directory of raw batches, without a server. Its index lies beside them and is brought up to date first;
* a collector that works on the directory does that itself; where the directory cannot be written the index is
* made in a temporary one and thrown away. Throws CollectorError `settings` for what is no such directory; IndexError, RawError.
*/
async function openDirectoryStore({ dir, tempDir, log, forges, onProgress }) {
	await refuseForeign(dir);
	const held = await tryLock(dir);
	const raw = openRawDirectory(dir);
	const scratch = held === "read-only" ? await mkdtemp(join(tempDir, "modgate-index-")) : void 0;
	const index = await openIndex({ file: join(scratch ?? dir, "index.db") });
	const close = async () => {
		await index.close();
		if (typeof held === "object") held.release();
		if (scratch !== void 0) await rm(scratch, {
			recursive: true,
			force: true
		});
	};
	try {
		if (held !== "in-use") await bringUp({
			raw,
			index,
			log
		});
		const patient = {
			now: Date.now,
			patienceMs: Number.POSITIVE_INFINITY
		};
		const uncovered = uncoveredFrom({
			forges,
			index,
			onProgress,
			...patient
		});
		return {
			ask: answersFrom(index, (key, filter) => recordsOf(raw, key, filter), uncovered),
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}
/** Brings into an index what raw has and it lacks. Throws IndexError where the index does not answer. */
async function bringUp(parts) {
	const indexer = startIndexer({
		...parts,
		sleep: async () => {}
	});
	try {
		indexer.catchUp();
		await indexer.settled();
	} finally {
		await indexer.close(0);
	}
}
async function refuseForeign(dir) {
	if ((await readdir(dir).catch((error) => {
		throw new CollectorError("settings", `${dir} cannot be read: ${error.message}; name the directory of an audit store`);
	})).includes("raw")) return;
	throw new CollectorError("settings", `${dir} is no audit store: there is no raw/ in it; name the directory of audit.store, or of --data of modgate serve`);
}
async function tryLock(dir) {
	try {
		return await lockDirectory(dir);
	} catch (error) {
		if (!(error instanceof CollectorError)) throw error;
		return error.code === "locked" ? "in-use" : "read-only";
	}
}
export { bringUp, openDirectoryStore };
