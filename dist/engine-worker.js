import { openEngine } from "./lib/collector_zod.js";
import { tell } from "./lib/server-later.js";
import { parentPort, workerData } from "node:worker_threads";
import { setTimeout } from "node:timers/promises";
// src/server/engine-worker.ts
function send(message) {
	parentPort?.postMessage(message);
}
async function serve(engine, { id, method, args }) {
	try {
		const call = engine[method];
		send({
			kind: "result",
			id,
			value: await call(...args.map(asBuffer))
		});
	} catch (error) {
		send({
			kind: "error",
			id,
			error: tell(error)
		});
	}
	if (method === "close") parentPort?.close();
}
/** A Buffer arrives as the plain array of bytes that it is made of. */
function asBuffer(arg) {
	const { gzip } = arg ?? {};
	if (!(gzip instanceof Uint8Array)) return arg;
	return {
		...arg,
		gzip: Buffer.from(gzip.buffer, gzip.byteOffset, gzip.byteLength)
	};
}
try {
	const engine = await openEngine({
		...workerData,
		now: Date.now,
		log: (line) => send({
			kind: "log",
			line
		}),
		sleep: async (ms, signal) => {
			await setTimeout(ms, void 0, { signal }).catch(() => {});
		}
	});
	parentPort?.on("message", (call) => void serve(engine, call));
	send({ kind: "ready" });
} catch (error) {
	send({
		kind: "failed",
		error: tell(error)
	});
}
export {};
