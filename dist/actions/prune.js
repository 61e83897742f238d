import { KeepListError } from "../lib/check.js";
import { ConfigError } from "../lib/config.js";
import { SessionError } from "../lib/session.js";
import { BucketError, StoreError } from "../lib/store.js";
import { InputError, runnerOf } from "../lib/actions.js";
import { ForgeError, loadPruneInputs } from "../lib/actions-later.js";
// src/actions/prune-main.ts
/** The action actions/prune: one phase. */
const env = process.env;
const cwd = env.GITHUB_WORKSPACE || process.cwd();
const runner = runnerOf(env, (line) => process.stdout.write(`${line}\n`));
/** As of `modgate cache prune`. */
const EXIT = {
	ok: 0,
	usage: 2,
	internal: 3,
	incomplete: 4
};
/** Says what went wrong where a person sees it; returns the exit code. */
function tell(error) {
	if (error instanceof InputError) {
		for (const problem of error.problems) runner.error(`modgate: ${problem}; see the inputs in action.yml`);
		return EXIT.usage;
	}
	if (error instanceof ConfigError) {
		for (const { where, line, column, message } of error.problems) runner.error(message, {
			file: where,
			line,
			column
		});
		return EXIT.usage;
	}
	const known = [
		BucketError,
		ForgeError,
		KeepListError,
		SessionError,
		StoreError
	].some((kind) => error instanceof kind);
	const message = error instanceof Error ? error.message : String(error);
	if (!known) {
		runner.error(`modgate: internal error: ${error instanceof Error ? error.stack ?? message : message}`);
		return EXIT.internal;
	}
	for (const line of message.split("\n")) runner.error(`modgate: ${line}`);
	if (error instanceof KeepListError) return EXIT.incomplete;
	if (error instanceof SessionError && error.code === "policy-unavailable") return EXIT.incomplete;
	if (error instanceof BucketError) return /^(?:invalid|no-bucket|wrong-region)$/.test(error.code) ? EXIT.usage : EXIT.internal;
	const wrongPlace = error instanceof StoreError && /^store-(missing|foreign|not-a-directory)$/.test(error.code);
	return error instanceof StoreError && !wrongPlace ? EXIT.internal : EXIT.usage;
}
async function main() {
	try {
		const inputs = loadPruneInputs(env);
		const { store, sharedCache, token } = inputs;
		if (token !== void 0) runner.mask(token);
		const now = /* @__PURE__ */ new Date();
		const done = [...store === void 0 ? [] : [import("../lib/lazy/actions-prune-store.js").then((part) => part.pruneNamedStore(env, cwd, {
			...inputs,
			store
		}, runner, now))], ...sharedCache ? [import("../lib/lazy/actions-prune-shared.js").then((part) => part.pruneSharedCache(env, cwd, inputs, runner, now))] : []];
		return (await Promise.allSettled(done)).flatMap((result) => result.status === "rejected" ? [tell(result.reason)] : [])[0] ?? EXIT.ok;
	} catch (error) {
		return tell(error);
	}
}
process.exitCode = await main();
export {};
