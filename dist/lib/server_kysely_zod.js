import { answersFrom, openGuard, openPatiently, startExplainer, tokenGuard, uncoveredFrom } from "./collector-later.js";
import { indexPlace } from "./collector_zod.js";
import { lockDirectory } from "./collector_kysely.js";
import { Gate } from "./store-proxy.js";
import { checkExposure, createHandler, healthOf, listen, loopbackNames, makeServer, startEngineThread } from "./server-later.js";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
// src/server/collector.ts
const DAY_MS = 864e5;
/** Retention begins when the rush of a start is over. */
const FIRST_RETENTION_MS = 6e5;
const RETRY_MS = 1e3;
/** Raw batches that are read for questions at once: reading must not keep batches from coming in. */
const READS = 2;
const FINISH_MS = 1e4;
/** Longest that an answer waits for the forges to be looked through; whoever asks again gets to read how far that is. */
const LOOKING_MS = 2e4;
const INDEX_MS = 5e3;
/**
* Starts a collector. Resolves when it listens; what lies in raw and not in the index is brought there meanwhile, and
* /healthz says so. Throws CollectorError: `settings`, `locked`, `storage`; IndexError.
*/
async function startCollector(options) {
	const { at, tokens, verify, tls, dir, database, log } = options;
	const open = tokens.length === 0 && verify === void 0;
	checkExposure({
		at,
		open,
		tls: tls !== void 0,
		insecureHttp: options.insecureHttp
	});
	const undo = [];
	const unwind = async () => {
		for (const step of undo.splice(0).reverse()) await step();
	};
	try {
		const lock = await lockDirectory(dir);
		undo.push(() => lock.release());
		const engine = await startEngineThread({
			dir,
			database,
			retention: options.retention
		}, log);
		undo.push(() => engine.close(INDEX_MS));
		const index = await openPatiently(indexPlace(options));
		undo.push(() => index.close());
		const about = {
			version: options.version,
			engine: database === void 0 ? "sqlite" : "postgres"
		};
		let ready = false;
		let ended = false;
		undo.push(() => {
			ended = true;
		});
		const becomeReady = async () => {
			while (!ready && !ended) try {
				await engine.settled();
				ready = true;
			} catch {
				await setTimeout$1(RETRY_MS, void 0, { ref: false });
			}
		};
		becomeReady();
		const reads = new Gate(READS);
		const handler = createHandler({
			verify,
			guard: open ? openGuard : tokenGuard(tokens),
			hosts: open ? loopbackNames(at) : void 0,
			receive: (delivery) => engine.ingest(delivery),
			ask: answersFrom(index, (key, filter) => reads.run(() => engine.records(key, filter)), uncoveredFrom({
				forges: options.forges,
				index,
				now: Date.now,
				patienceMs: LOOKING_MS
			})),
			logFile: (name) => engine.logFile(name),
			health: async () => healthOf(await engine.state(), {
				...about,
				ready
			}),
			now: Date.now,
			log
		});
		const server = makeServer(handler, tls);
		const port = await listen(server, at);
		undo.push(() => finish(server));
		const explainer = startExplainer({
			forges: options.forges,
			index: {
				unexplained: index.unexplained,
				explain: engine.explain
			},
			now: Date.now,
			sleep: async (ms, signal) => {
				await setTimeout$1(ms, void 0, { signal }).catch(() => {});
			},
			log
		});
		undo.push(async () => {
			for (const forge of options.forges) forge.close();
			await explainer.close();
		});
		const retain = () => {
			engine.retain().catch((error) => log(`what is too old could not be deleted: ${error.message}`));
		};
		const first = setTimeout(retain, FIRST_RETENTION_MS);
		const daily = setInterval(retain, DAY_MS);
		undo.push(() => {
			clearTimeout(first);
			clearInterval(daily);
		});
		const host = at.host.includes(":") ? `[${at.host}]` : at.host;
		return {
			url: `${tls === void 0 ? "http" : "https"}://${host}:${port}`,
			engine: about.engine,
			failed: engine.failed,
			stop: unwind
		};
	} catch (error) {
		await unwind();
		throw error;
	}
}
/** Takes no new requests, and gives those under way some time. */
async function finish(server) {
	const closed = new Promise((resolve) => server.close(() => resolve()));
	server.closeIdleConnections();
	const timer = setTimeout(() => server.closeAllConnections(), FINISH_MS);
	await closed;
	clearTimeout(timer);
}
export { startCollector };
