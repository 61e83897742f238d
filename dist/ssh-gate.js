import { execFileSync, spawn } from "node:child_process";
// src/cli/ssh-gate.ts
/**
* What git runs instead of ssh: asks the session's filter whether the host may be reached, then runs the ssh that the
* job would have run. Stands alone, because it is started for every connection.
*/
const { request } = process.getBuiltinModule("node:http");
/** Options of git's own making that have a value (git, connect.c). */
const WITH_VALUE = /* @__PURE__ */ new Set([
	"-o",
	"-p",
	"-P"
]);
const WITHOUT_VALUE = /* @__PURE__ */ new Set([
	"-4",
	"-6",
	"-batch"
]);
/** As go runs it: no questions, and no connection that outlives it. */
const USUAL = [
	"ssh",
	"-o",
	"ControlMaster=no",
	"-o",
	"BatchMode=yes"
];
const ASK_MS = 3e4;
/** The host of an ssh command line that git made; undefined where it is none. */
function wanted(args) {
	let port = "22";
	for (let at = 0; at < args.length; at++) {
		const arg = args[at] ?? "";
		if (WITH_VALUE.has(arg)) {
			at++;
			if (arg !== "-o") port = args[at] ?? "";
		} else if (!WITHOUT_VALUE.has(arg)) {
			if (arg.startsWith("-") || arg === "") return void 0;
			return {
				host: arg.slice(arg.lastIndexOf("@") + 1),
				port
			};
		}
	}
}
async function refusal(filter, { host, port }) {
	const url = new URL(filter);
	const credentials = Buffer.from(`${url.username}:${url.password}`).toString("base64");
	const query = new URLSearchParams({
		host: host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host,
		port
	});
	return await new Promise((done, failed) => {
		const asking = request({
			host: url.hostname,
			port: url.port,
			path: `/ssh?${query}`,
			headers: { "Proxy-Authorization": `Basic ${credentials}` },
			timeout: ASK_MS
		}, (answer) => {
			answer.resume();
			done(answer.statusCode === 204 ? void 0 : answer.statusMessage ?? "refused");
		});
		asking.on("timeout", () => asking.destroy(/* @__PURE__ */ new Error(`no answer within ${ASK_MS / 1e3} s`)));
		asking.on("error", failed);
		asking.end();
	});
}
/** git's own order: GIT_SSH_COMMAND, core.sshCommand, GIT_SSH, ssh. A command of several words is a shell's. */
function command(env) {
	const { MODGATE_SSH_COMMAND: own, MODGATE_SSH: program } = env;
	const line = own || setting("core.sshCommand");
	if (line) return /^[\w@%+=:,./-]+(?: +[\w@%+=:,./-]+)*$/.test(line) ? line.split(/ +/) : [
		"sh",
		"-c",
		`${line} "$@"`,
		line
	];
	return program ? [program] : USUAL;
}
function setting(key) {
	try {
		return execFileSync("git", ["config", key], {
			encoding: "utf8",
			stdio: [
				"ignore",
				"pipe",
				"ignore"
			],
			windowsHide: true
		}).replace(/\r?\n$/, "");
	} catch {
		return;
	}
}
function refuse(words) {
	process.stderr.write(`modgate: ${words.replace(/^modgate: /, "")}\n`);
	process.exit(255);
}
const args = process.argv.slice(2);
const { MODGATE_FILTER: filter = "" } = process.env;
const target = wanted(args);
if (target === void 0) refuse("ssh was asked for a connection without a host, or with options that git never gives it");
if (!URL.canParse(filter)) refuse("ssh was started outside a session, so that nobody knows which hosts it may reach");
const refused = await refusal(filter, target).catch((error) => `the session does not answer (${String(error)})`);
if (refused !== void 0) refuse(refused);
const [program = "ssh", ...first] = command(process.env);
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^MODGATE_/i.test(name)));
const child = spawn(program, [...first, ...args], {
	stdio: "inherit",
	env,
	windowsHide: true
});
child.on("error", (error) => refuse(`${program} cannot be run: ${error.message}`));
child.on("exit", (code, signal) => {
	if (signal === null) process.exit(code ?? 255);
	process.kill(process.pid, signal);
});
export {};
