#!/usr/bin/env node
import { checkNode } from "./lib/cli.js";
// src/cli/main.ts
const tooOld = checkNode(process.versions.node);
if (tooOld !== void 0) {
	process.stderr.write(`${tooOld}\n`);
	process.exit(2);
}
const { main } = await import("./lib/lazy/cli-modgate.js");
process.exitCode = await main(process.argv.slice(2));
export {};
