import { redactorOf } from "./lib/session.js";
import { writeSync } from "node:fs";
// src/session/daemon-main.ts
/** The descriptor that the starter reads the handshake from. */
const HANDSHAKE_FD = 3;
function shake(handshake) {
	try {
		writeSync(HANDSHAKE_FD, `${JSON.stringify(handshake)}\n`);
	} catch {}
}
const loading = import("./lib/lazy/session-daemon.js");
const parts = [];
for await (const part of process.stdin) parts.push(part);
const request = JSON.parse(Buffer.concat(parts).toString());
try {
	const { runDaemon } = await loading;
	await runDaemon(request, shake);
} catch (error) {
	const { redact } = redactorOf(request);
	const message = redact(error instanceof Error ? error.message : String(error));
	const told = error.code;
	const code = told === "cannot-listen" || told === "audit" ? told : "internal";
	process.stderr.write(`${redact(error instanceof Error && error.stack || message)}\n`);
	shake({
		ok: false,
		code,
		message
	});
	process.exit(1);
}
export {};
