import { lostBy } from "./lib/platform.js";
import { captureLog, parseCacheRequest, performCacheOperation, withHidden } from "./lib/actions.js";
// src/actions/cache-main.ts
/**
* One operation on the shared cache: a JSON request on standard input, one JSON answer line on standard
* output, everything the cache client prints on standard error. Always exits with 0.
*/
const MAX_REQUEST = 262144;
const toParent = process.stdout.write.bind(process.stdout);
function answer(line) {
	toParent(`${JSON.stringify(line)}\n`, () => process.exit(0));
}
async function readRequest() {
	process.stdin.setEncoding("utf8");
	let text = "";
	for await (const piece of process.stdin) {
		text += String(piece);
		if (text.length > MAX_REQUEST) throw new Error("the request is too long");
	}
	return text;
}
async function main() {
	const request = parseCacheRequest(await readRequest());
	const started = performance.now();
	const elapsed = () => Math.round(performance.now() - started);
	const fail = (why) => {
		return {
			ok: false,
			op: request.op,
			why,
			lost: lostBy(request.op, request.modules),
			ms: elapsed()
		};
	};
	setTimeout(() => answer(fail(`it took longer than ${seconds(request)} s`)), request.timeoutMs);
	process.on("uncaughtException", (error) => answer(fail(error.message)));
	process.on("unhandledRejection", (error) => answer(fail(String(error))));
	const log = captureLog({
		pass: (line) => process.stderr.write(`cache: ${line}\n`),
		onRetried: (why) => answer(fail(why))
	});
	process.stdout.write = ((chunk, ...rest) => {
		log.write(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
		const done = rest.find((argument) => typeof argument === "function");
		if (done) done();
		return true;
	});
	process.chdir(request.dir);
	const { ZSTD_CLEVEL: level = "1", ...service } = request.env;
	process.env = withHidden({
		...process.env,
		ZSTD_CLEVEL: level
	}, {
		...service,
		GITHUB_WORKSPACE: request.dir,
		RUNNER_TEMP: request.dir
	});
	const { restoreCache, saveCache } = await import("./vendor/lazy/actions-cache.js");
	return performCacheOperation(request, {
		restoreCache,
		saveCache
	}, log);
}
function seconds(request) {
	return Math.round(request.timeoutMs / 100) / 10;
}
main().then(answer, (error) => {
	answer({
		ok: false,
		op: "lookup",
		why: `the cache request cannot be used: ${error instanceof Error ? error.message : String(error)}`,
		lost: lostBy("lookup"),
		ms: 0
	});
});
export {};
