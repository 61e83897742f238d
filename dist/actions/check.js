import { CheckError } from "../lib/check.js";
import { ConfigError } from "../lib/config.js";
import { checkStep, loadCheckInputs } from "../lib/actions-later.js";
import { InputError, runnerOf } from "../lib/actions.js";
// src/actions/check-main.ts
/** The action actions/check: one phase, whose exit code is that of `modgate check`. */
const env = process.env;
const cwd = env.GITHUB_WORKSPACE || process.cwd();
const runner = runnerOf(env, (line) => process.stdout.write(`${line}\n`));
/** Usage and internal errors of the contract. */
const EXIT = {
	usage: 2,
	internal: 3
};
async function main() {
	try {
		return await checkStep(env, cwd, loadCheckInputs(env), runner, /* @__PURE__ */ new Date());
	} catch (error) {
		runner.setOutput("verdict", "incomplete");
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
		if (error instanceof CheckError) {
			for (const line of error.message.split("\n")) runner.error(`modgate: ${line}`);
			return error.code === "io" ? EXIT.internal : EXIT.usage;
		}
		runner.error(`modgate: internal error: ${error instanceof Error ? error.stack ?? error.message : error}`);
		return EXIT.internal;
	}
}
process.exitCode = await main();
export {};
