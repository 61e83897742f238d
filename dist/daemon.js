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
try {
	const { runDaemon } = await loading;
	await runDaemon(JSON.parse(Buffer.concat(parts).toString()), shake);
} catch (error) {
	const message = error instanceof Error ? error.message : String(error);
	const told = error.code;
	const code = told === "cannot-listen" || told === "audit" ? told : "internal";
	process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
	shake({
		ok: false,
		code,
		message
	});
	process.exit(1);
}
export {};
