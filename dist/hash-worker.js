import { hashZip } from "./lib/gomod-later.js";
import { StoredCopy, fileByteSource } from "./lib/store-later.js";
import { MAX_SIZE, errnoOf, isAbsent } from "./lib/store.js";
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
// src/store/hash-worker.ts
/** One for the life of the thread: fresh ones would pile up faster than they are collected. */
const buffer = Buffer.allocUnsafeSlow(1048576);
async function answer({ file, mv, membersOnly, storedTo }) {
	let source;
	let copy;
	try {
		source = fileByteSource(file);
		if (source.size > MAX_SIZE.zip) return {
			ok: false,
			code: "bad-zip",
			message: `${file} is ${source.size} bytes long; a module zip has at most ${MAX_SIZE.zip}`,
			detail: "too-large"
		};
		const facts = membersOnly ? {} : { facts: digest(source) };
		if (mv === void 0) return {
			ok: true,
			...facts
		};
		if (storedTo !== void 0) copy = new StoredCopy(storedTo);
		const zip = await hashZip(source, mv, {}, copy);
		const stored = copy?.finish();
		return {
			ok: true,
			...facts,
			zip,
			...stored === void 0 ? {} : { stored }
		};
	} catch (error) {
		return refusal(error);
	} finally {
		copy?.discard();
		source?.close();
	}
}
function digest(source) {
	const hash = createHash("sha256");
	for (let at = 0; at < source.size; at += buffer.length) {
		const part = buffer.subarray(0, Math.min(buffer.length, source.size - at));
		source.readInto(part, at);
		hash.update(part);
	}
	return {
		sha256: hash.digest("hex"),
		size: source.size
	};
}
function refusal(error) {
	const message = error instanceof Error ? error.message : String(error);
	const code = errnoOf(error);
	if (isAbsent(error)) return {
		ok: false,
		code: "absent",
		message
	};
	if (error instanceof Error && error.name === "ZipError") return {
		ok: false,
		code: "bad-zip",
		message,
		...code === void 0 ? {} : { detail: code }
	};
	return {
		ok: false,
		code: "unreadable",
		message,
		...code === void 0 ? {} : { detail: code }
	};
}
parentPort?.on("message", (request) => {
	answer(request).then((reply) => parentPort?.postMessage(reply));
});
export {};
