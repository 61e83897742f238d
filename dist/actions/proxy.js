import { InputError, begin, loadInputs, runnerOf, withJobContext } from "../lib/actions.js";
// src/actions/proxy-main.ts
/**
* The action actions/proxy, both phases: the runner starts this file as `main` and, whatever happened, again
* as `post`. The state that `main` left tells which one it is.
*/
const env = withJobContext(process.env);
const cwd = env.GITHUB_WORKSPACE || process.cwd();
const runner = runnerOf(env, (line) => process.stdout.write(`${line}\n`));
async function main() {
	runner.saveState("isPost", "true");
	const inputs = await readInputs();
	if (inputs === void 0) return 1;
	if (inputs.command === "start") return begin(env, cwd, inputs, runner);
	const { failsJob, finish, restoreEnvironment } = await import("../lib/lazy/actions-finish.js");
	const stopped = await finish(env, cwd, inputs, runner);
	if (stopped) await restoreEnvironment(stopped.sessionDir, runner);
	return failsJob(stopped) ? 1 : 0;
}
async function post() {
	const session = env.STATE_session;
	if (!session) return 0;
	const { failsJob, finish } = await import("../lib/lazy/actions-finish.js");
	return failsJob(await finish(env, cwd, await readInputs() ?? { command: "start" }, runner, session)) ? 1 : 0;
}
async function readInputs() {
	try {
		return await loadInputs(env);
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const problem of error.problems) report(runner, problem);
		return;
	}
}
function report(to, problem) {
	to.error(`modgate: ${problem}; see the inputs in action.yml`);
}
const phase = env.STATE_isPost === "true" ? post : main;
phase().then((code) => {
	process.exitCode = code;
}, (error) => {
	const why = error instanceof Error ? error.message : String(error);
	if (phase === post) runner.warning(`modgate: ${why}`);
	else report(runner, why);
	process.exitCode = phase === post ? 0 : 1;
});
export {};
