import { examine } from "./lib/store-later.js";
import { parentPort, workerData } from "node:worker_threads";
import os from "node:os";
// src/store/modcache/worker.ts
if (workerData.background && process.platform === "linux") try {
	os.setPriority(os.constants.priority.PRIORITY_LOW);
} catch {}
parentPort?.on("message", (question) => {
	examine(question).then((answer) => ({
		ok: true,
		answer
	}), (error) => ({
		ok: false,
		why: error instanceof Error ? error.message : String(error)
	})).then((reply) => parentPort?.postMessage(reply));
});
export {};
