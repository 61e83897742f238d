import { SUM_LIMITS, SumTable, checkPath, compareVersions, isValid, matchGlobs, parseGoProxy, parseGoSum, unescapePath, unescapeVersion } from "./gomod.js";
import { StoreError, adopt, createHasher, openDiskStore } from "./store.js";
import { ConfigError, envOverrides, loadConfig, redactUrl } from "./config.js";
import { RESTORE_KEYS, cacheServiceEnv, cacheUnavailable, detectPlatform, runCacheProcess } from "./platform.js";
import { Health, HeldFiles, ModuleFiles, Prefetcher, ProxyError, SumDbService, Versions, createChain, createDirect, createHandler, lazyHttpClient, rememberAbsences, secretMatches } from "./proxy.js";
import { findSumDbAlias, findSumDbKey, parseGoSumDb } from "./tlog.js";
import { closeSync, createReadStream, openSync, readFileSync } from "node:fs";
import { randomBytes, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { setImmediate as setImmediate$1 } from "node:timers/promises";
import { chmod, lstat, mkdir, open, opendir, readFile, readdir, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { constants, homedir, tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { createServer, request } from "node:http";
import { execFile, spawn } from "node:child_process";
import { isIP } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
// src/session/checkout-dir.ts
/** The one directory that a session may make inside a checkout, for what a runner caches or publishes. */
const CHECKOUT_DIR = ".modgate";
/**
* Makes our directory in the checkout when `target` lies in it, and has git ignore it: go asks git before it
* stamps a build, and one untracked file makes the tree a modified one. A file that is there stays as it is.
* Never rejects; where nothing can be written, the store says so itself.
*/
async function hideFromGit(target, workspace) {
	const dir = join(workspace, CHECKOUT_DIR);
	const inside = relative(dir, target);
	if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return;
	try {
		await mkdir(dir, { recursive: true });
		await writeFile(join(dir, ".gitignore"), "*\n", { flag: "wx" });
	} catch {}
}
// src/session/errors.ts
/** `message` says what happened, where, why and what to do next. */
var SessionError = class extends Error {
	name = "SessionError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
// src/session/configure.ts
/** Reads the configuration of a checkout and turns it into the settings of a session. Throws ConfigError. */
async function configure(request) {
	const { workspace, cwd, trusted, flags, overrides, sessionDir } = request;
	const { config, digest, warnings } = await loadConfig({
		workspace,
		cwd,
		trusted,
		env: overrides,
		flags: {
			...flags.store === void 0 ? {} : { store: flags.store },
			...flags.upstream === void 0 ? {} : { upstream: flags.upstream },
			...flags.onFailure === void 0 ? {} : { onFailure: flags.onFailure },
			...flags.prefetch === void 0 ? {} : { prefetch: flags.prefetch },
			...flags.modcache === void 0 ? {} : { modcache: flags.modcache },
			...flags.save === void 0 ? {} : { save: flags.save }
		},
		...flags.config === void 0 ? {} : { explicit: flags.config }
	});
	return {
		config,
		configDigest: digest,
		save: config.cache.save,
		store: {
			...chooseStore(config, request),
			fallbackDir: join(sessionDir, "store")
		},
		idleMs: config.proxy.idle,
		modcache: config.proxy.modcache === "isolated" ? join(sessionDir, "modcache") : void 0,
		warnings
	};
}
/** Flags and file first; `auto` is the platform's own place. A named store is taken to outlive the job. */
function chooseStore(config, { workspace, cwd, flags, defaultStore }) {
	const named = config.cache.store;
	if (named === "auto") return defaultStore;
	const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(named)?.[1]?.toLowerCase();
	if (scheme === "file") return {
		dir: fileURLToPath(named),
		lifetime: "persistent"
	};
	if (scheme !== void 0) throw new SessionError("usage", `the store ${redactUrl(named)} cannot be used: this version keeps modules in a directory only; name one with --store or cache.store`);
	return {
		dir: resolve(flags.store === void 0 ? workspace : cwd, named),
		lifetime: "persistent"
	};
}
/**
* Whether a session leaves its store as it is: the runner archives whatever it finds in the checkout, and this
* job may not write what other jobs read.
*/
function leavesStore(request) {
	const { save, store, trusted, workspace } = request;
	return store.lifetime === "job" && resolve(dirname(store.dir)) === resolve(workspace, ".modgate") && !(save === "always" || save === "auto" && trusted);
}
// src/session/control.ts
/**
* Talks to a daemon over its control path. Resolves with the parsed answer, or undefined when nobody answers,
* or somebody else does (the port was taken over after the daemon died).
*/
async function control(session, verb, timeoutMs) {
	return await new Promise((resolve) => {
		const req = request({
			host: session.host,
			port: session.port,
			method: "POST",
			path: `/-/${verb}`,
			headers: {
				authorization: `Bearer ${session.control}`,
				connection: "close"
			},
			timeout: timeoutMs
		}, (res) => {
			const parts = [];
			res.on("data", (part) => parts.push(part));
			res.on("error", () => resolve(void 0));
			res.on("end", () => {
				try {
					const alive = JSON.parse(Buffer.concat(parts).toString());
					resolve(res.statusCode === 200 && alive.start === session.start ? alive : void 0);
				} catch {
					resolve(void 0);
				}
			});
		});
		req.on("timeout", () => req.destroy());
		req.on("error", () => resolve(void 0));
		req.end();
	});
}
// src/session/directory.ts
/** Names inside a session directory. */
const FILES = {
	session: "session.json",
	journal: "journal",
	log: "daemon.log",
	stats: "stats.json",
	restore: "restore.json",
	held: "held",
	vcs: "vcs"
};
/**
* Makes a directory that only this user can enter, and its missing parents. A directory that is there must be
* ours and no link: in a shared temp directory somebody else could have put it there to read our secrets.
*/
async function ensurePrivateDir(dir, uid) {
	for (const part of [dirname(dir), dir]) {
		try {
			await makePrivate(part, part !== dir);
		} catch (error) {
			const code = error.code;
			if (code !== "EEXIST") throw new SessionError("session-dir", `cannot make the session directory ${part} (${code}); ${ELSEWHERE}`, { cause: error });
		}
		if (part === dir || basename(part) === `modgate-${uid}`) await mustBeOurs(part, uid);
	}
}
const ELSEWHERE = "free space, or set RUNNER_TEMP or TMPDIR to a directory on another disk that this user can write";
/** Node's own recursive mkdir says ENOENT where the file system is read-only. */
async function makePrivate(dir, parents) {
	try {
		await mkdir(dir, { mode: 448 });
	} catch (error) {
		if (!parents || error.code !== "ENOENT") throw error;
		await mkdir(dir, {
			recursive: true,
			mode: 448
		});
	}
}
/** Waits for something that writes into a session directory; rejects with SessionError when its disk fails. */
async function writingTo(dir, work) {
	try {
		return await work;
	} catch (error) {
		const { code } = error;
		if (code === void 0 || error instanceof SessionError) throw error;
		throw new SessionError("session-dir", `cannot write into the session directory ${dir} (${code}); ${ELSEWHERE}`, { cause: error });
	}
}
async function mustBeOurs(dir, uid) {
	const found = await lstat(dir);
	const why = found.isSymbolicLink() ? "is a symbolic link" : !found.isDirectory() ? "is not a directory" : uid !== void 0 && found.uid !== uid && uid !== 0 ? "belongs to another user" : void 0;
	if (why !== void 0) throw new SessionError("session-dir", `the session directory ${dir} ${why}, so somebody else could read the secrets in it; remove it, or set RUNNER_TEMP or TMPDIR to a directory of your own`);
	if (uid !== void 0 && (found.mode & 63) !== 0) await chmod(dir, 448);
}
/** Writes a small file whole or not at all; readable by this user only. */
async function writeWhole(path, text) {
	const temp = `${path}.${process.pid}.tmp`;
	const handle = await open(temp, "w", 384);
	try {
		await handle.writeFile(text);
	} finally {
		await handle.close();
	}
	try {
		await rename(temp, path);
	} catch (error) {
		await rm(temp, { force: true });
		throw error;
	}
}
/** The session file of a directory, or undefined when there is none that can be read. */
async function readSession(dir) {
	try {
		const parsed = JSON.parse(await readFile(join(dir, FILES.session), "utf8"));
		return parsed.v === 1 && typeof parsed.port === "number" && typeof parsed.pid === "number" ? parsed : void 0;
	} catch {
		return;
	}
}
// src/session/environment.ts
/** What the job's environment is told. Pure. */
function jobEnvironment(about) {
	const behind = about.onFailure === "fallback" && about.previous !== void 0 ? `|${about.previous}` : "";
	return {
		GOPROXY: `${about.url}${behind}`,
		...about.modcache === void 0 ? {} : { GOMODCACHE: about.modcache },
		...about.goflags === void 0 ? {} : { GOFLAGS: about.goflags },
		MODGATE_SESSION: about.sessionDir
	};
}
/** Our own address in a GOPROXY list, left there by an earlier session of the same job. */
const OURS = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|[a-z0-9.-]+):\d+\/[0-9a-f]{32}$/;
/**
* The GOPROXY that the job would use without us: what an earlier session put in front is taken off, or a
* second start would make the first daemon, dead by then, its own upstream.
*/
function withoutOurs(goproxy) {
	const parts = goproxy.split(/([,|])/);
	while (parts.length > 0 && OURS.test((parts[0] ?? "").trim())) parts.splice(0, 2);
	return parts.join("");
}
/** URL of a session's proxy. */
function proxyUrl(session) {
	return `http://${session.host.includes(":") ? `[${session.host}]` : session.host}:${session.port}/${session.secret}`;
}
/**
* The environment as text. Shell values stand in single quotes, so that nothing in them is expanded.
*/
function formatEnvironment(env, format) {
	const entries = Object.entries(env);
	switch (format) {
		case "json": return `${JSON.stringify(env)}\n`;
		case "shell": return entries.map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join("");
		case "dotenv":
		case "github": return entries.map(([name, value]) => `${name}=${value.replace(/[\r\n]/g, "")}\n`).join("");
	}
}
// src/session/go-command.ts
const NAMES = [
	"GOPROXY",
	"GOSUMDB",
	"GONOSUMDB",
	"GOPRIVATE",
	"GONOPROXY",
	"GOMODCACHE",
	"GOROOT",
	"GOVERSION",
	"GOFLAGS"
];
/**
* Asks the job's own `go` for its settings; undefined when there is none on PATH or it fails.
* @param dir a directory outside any module, so that a toolchain line cannot start a download before our
*   proxy is there to serve it
*/
async function readGoSettings(goCommand, env, dir) {
	return await new Promise((resolve) => {
		execFile(goCommand, [
			"env",
			"-json",
			...NAMES
		], {
			cwd: dir,
			env: {
				...env,
				GOTOOLCHAIN: "local",
				GOWORK: "off"
			},
			timeout: 2e4,
			windowsHide: true
		}, (error, stdout) => {
			if (error !== null) return resolve(void 0);
			try {
				const found = JSON.parse(stdout);
				resolve(Object.fromEntries(NAMES.map((name) => [name, found[name] ?? ""])));
			} catch {
				resolve(void 0);
			}
		});
	});
}
// src/session/owner.ts
const SHELLS = /* @__PURE__ */ new Set([
	"sh",
	"bash",
	"dash",
	"ash",
	"zsh",
	"ksh",
	"busybox",
	"pwsh",
	"powershell"
]);
/**
* Picks the process whose end is the end of the job, from the ancestors of a starting step (nearest first).
* A named owner (Runner.Worker) wins; else, where one shell runs all commands of a job, the outermost shell
* of the nearest unbroken run of shells that is not just npx's wrapper. Undefined: only idle time ends it.
*/
function pickOwner(ancestors, hints) {
	const named = ancestors.find((ancestor) => hints.names.includes(ancestor.name.replace(/\.exe$/i, "")));
	if (named !== void 0) return named.pid;
	if (!hints.shell) return void 0;
	const isShell = (ancestor) => ancestor !== void 0 && SHELLS.has(plain$1(ancestor.name));
	let at = 0;
	for (let i = 0; i + 1 < ancestors.length && i < 4; i++) if (isShell(ancestors[i]) && /^(?:node|npm|npx)/.test(plain$1(ancestors[i + 1]?.name ?? ""))) {
		if (ancestors.slice(i + 2).some(isShell)) at = i + 2;
		break;
	}
	while (at < ancestors.length && !isShell(ancestors[at])) at++;
	let owner;
	for (; isShell(ancestors[at]); at++) owner = ancestors[at]?.pid;
	return owner;
}
function plain$1(name) {
	return basename(name).replace(/^-/, "").replace(/\.exe$/i, "");
}
/** Parent chain of a process, nearest first. Empty where it cannot be read without starting a program. */
function readAncestors(pid) {
	const out = [];
	for (let at = pid, i = 0; i < 64; i++) {
		const stat = procStat(at);
		if (stat === void 0 || stat.parent <= 0) break;
		const parent = procStat(stat.parent);
		if (parent === void 0) break;
		out.push({
			pid: stat.parent,
			name: parent.name
		});
		at = stat.parent;
	}
	return out;
}
/** The same by `ps`, for macOS; Windows has neither, and there only idle time ends a session. */
async function readAncestorsByPs(pid) {
	if (process.platform === "win32") return [];
	const text = await new Promise((resolve) => {
		execFile("ps", ["-axo", "pid=,ppid=,comm="], {
			timeout: 5e3,
			maxBuffer: 8 << 20
		}, (error, stdout) => resolve(error === null ? stdout : ""));
	});
	const table = /* @__PURE__ */ new Map();
	for (const line of text.split("\n")) {
		const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
		if (match !== null) table.set(Number(match[1]), {
			parent: Number(match[2]),
			name: basename(match[3] ?? "")
		});
	}
	const out = [];
	for (let at = table.get(pid); at !== void 0 && at.parent > 0 && out.length < 64; at = table.get(at.parent)) out.push({
		pid: at.parent,
		name: table.get(at.parent)?.name ?? ""
	});
	return out;
}
function procStat(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		const open = text.indexOf("(");
		const close = text.lastIndexOf(")");
		const fields = text.slice(close + 2).split(" ");
		return {
			name: text.slice(open + 1, close),
			parent: Number(fields[1]),
			started: fields[19] ?? ""
		};
	} catch {
		return;
	}
}
/** When a process began, for comparison only; undefined when it does not run or the system does not say. */
function processStart(pid) {
	return procStat(pid)?.started;
}
/** Whether a process with this id runs. */
function isRunning(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}
/** Tells whether a process is still the one it was when watching began: pids are used again. */
function watchOwner(pid) {
	const began = processStart(pid);
	return () => isRunning(pid) && (began === void 0 || processStart(pid) === began);
}
// src/session/isolated.ts
/**
* Makes an empty private GOMODCACHE and returns its path: `stable`, because the path of the module cache is part
* of go's compile keys, or a place in the session directory while another session uses that one.
*/
async function claimModcache(stable, sessionDir) {
	const marker = `${stable}.session`;
	const user = await readFile(marker, "utf8").catch(() => "");
	const session = user === "" || user === sessionDir ? void 0 : await readSession(user);
	const dir = session !== void 0 && isRunning(session.pid) ? join(sessionDir, "modcache") : stable;
	const old = `${dir}.old-${randomBytes(4).toString("hex")}`;
	await rename(dir, old).catch(() => void 0);
	await mkdir(dir, {
		recursive: true,
		mode: 448
	});
	if (dir === stable) await writeWhole(marker, sessionDir);
	await rm(old, {
		recursive: true,
		force: true
	}).catch(() => void 0);
	return dir;
}
/** GOFLAGS that keep a module cache deletable: go makes its directories read-only otherwise. */
function writableModcacheFlags(goflags) {
	return goflags.split(/\s+/).includes("-modcacherw") ? goflags : `${goflags} -modcacherw`.trim();
}
// src/session/listen.ts
/** Reads `--listen HOST:PORT`; a free loopback port without one. Throws SessionError `usage`. */
function listenAt(value) {
	if (value === void 0) return {
		host: "127.0.0.1",
		port: 0
	};
	const match = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(value);
	const port = Number(match?.[2]);
	if (match?.[1] === void 0 || port > 65535) throw new SessionError("usage", `--listen wants HOST:PORT (like 127.0.0.1:8080 or 0.0.0.0:8080), not "${value}"`);
	return {
		host: match[1].replace(/^\[|\]$/g, ""),
		port
	};
}
/**
* The secret part of the proxy's URL. A caller who names the address may name the secret too, to know the whole
* URL beforehand; where other machines can connect he must, for nobody could guess ours, and none at all would
* let everybody in. Throws SessionError `usage`.
*/
function secretFor(at, named, given) {
	const how = "set MODGATE_SECRET to 32 lower-case hex digits, for instance from: openssl rand -hex 16";
	if (!named || given === void 0 || given === "") {
		if (!isLoopback(at.host)) throw new SessionError("usage", `--listen ${at.host}:${at.port} can be reached from other machines, and no secret is set; ${how}`);
		return randomBytes(16).toString("hex");
	}
	if (!/^[0-9a-f]{32}$/.test(given)) throw new SessionError("usage", `MODGATE_SECRET is not of the right form; ${how}`);
	return given;
}
function isLoopback(host) {
	return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
}
// src/session/lock.ts
/** A lock older than this was left by a process that died, ms. A start takes well below a second. */
const STALE_MS = 3e4;
const POLL_MS = 25;
/**
* Runs `task` while holding a lock file. A lock whose process is gone, or that is too old, is taken over; one
* that cannot be had in time is ignored: the worst that can happen without it is a second proxy.
*/
async function withLock(path, task) {
	const until = performance.now() + STALE_MS;
	let held = false;
	while (!held && performance.now() < until) try {
		const handle = await open(path, "wx", 384);
		await handle.writeFile(String(process.pid));
		await handle.close();
		held = true;
	} catch (error) {
		if (error.code !== "EEXIST") break;
		if (await abandoned(path)) await rm(path, { force: true });
		else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	try {
		return await task();
	} finally {
		if (held) await rm(path, { force: true });
	}
}
async function abandoned(path) {
	try {
		const [text, facts] = await Promise.all([readFile(path, "utf8"), stat(path)]);
		if (Date.now() - facts.mtimeMs > STALE_MS) return true;
		const pid = Number(text);
		if (!Number.isInteger(pid) || pid <= 0) return false;
		try {
			process.kill(pid, 0);
			return false;
		} catch (error) {
			return error.code === "ESRCH";
		}
	} catch {
		return false;
	}
}
// src/session/spawn-daemon.ts
/** How long a new daemon may take to listen, ms. */
const HANDSHAKE_MS = 2e4;
/** Variables of the daemon's own first environment, which every later step can read in /proc. */
const DAEMON_ENV = /^(?:PATH|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|LANG|TZ|NODE_EXTRA_CA_CERTS|RUNNER_TRACKING_ID)$/i;
/** Gives a daemon its settings over stdin, where no later step can read them, and waits until it listens. */
async function handOver(child, request) {
	child.process.stdin?.on("error", () => void 0);
	child.process.stdin?.end(JSON.stringify(request));
	const handshake = await child.handshake;
	if (handshake.ok) child.process.unref();
	return handshake;
}
/**
* Starts the daemon's process, detached, with its log in the session directory. It waits for its settings.
* @param env the job's environment, of which only what holds no secret is handed on
*/
function spawnDaemon(sessionDir, env) {
	const logFd = openSync(join(sessionDir, FILES.log), "a", 384);
	const daemonEnv = process.platform === "linux" ? { MALLOC_ARENA_MAX: "2" } : {};
	for (const [name, value] of Object.entries(env)) if (value !== void 0 && DAEMON_ENV.test(name)) daemonEnv[name] = value;
	const program = fileURLToPath(new URL("../daemon.js", import.meta.url));
	const child = spawn(process.execPath, ["--max-semi-space-size=2", program], {
		stdio: [
			"pipe",
			logFd,
			logFd,
			"pipe"
		],
		detached: true,
		cwd: sessionDir,
		env: daemonEnv,
		windowsHide: true
	});
	closeSync(logFd);
	const pipe = child.stdio[3];
	return {
		process: child,
		handshake: new Promise((done) => {
			let text = "";
			const fail = (message) => done({
				ok: false,
				code: "internal",
				message
			});
			const timer = setTimeout(() => {
				child.kill("SIGKILL");
				fail(`the proxy did not start listening within ${HANDSHAKE_MS / 1e3} s`);
			}, HANDSHAKE_MS);
			const settle = (say) => {
				clearTimeout(timer);
				pipe.destroy();
				say();
			};
			pipe.setEncoding("utf8");
			pipe.on("data", (part) => {
				text += part;
				if (!text.endsWith("\n")) return;
				settle(() => done(JSON.parse(text)));
			});
			pipe.on("error", () => void 0);
			child.on("error", (error) => settle(() => fail(`the proxy process could not be started: ${error.message}`)));
			child.on("exit", (code, signal) => settle(() => fail(`the proxy ended at once (${signal ?? `exit ${code}`})`)));
		})
	};
}
// src/session/version.ts
/** Version of modgate; a test holds it equal to package.json's. */
const VERSION = "0.1.0";
// src/session/start.ts
const PING_MS$1 = 2e3;
/**
* Starts the in-job proxy, or finds the one that this job has already. Resolves when it listens.
* Throws ConfigError or SessionError.
*/
async function startSession(request) {
	const { env, cwd, flags } = request;
	const platform = platformOf(env, cwd);
	const sessionDir = request.privateSession === true ? `${platform.sessionDir}-${process.pid}-${randomBytes(4).toString("hex")}` : platform.sessionDir;
	const about = {
		workspace: platform.workspace,
		cwd,
		trusted: platform.trust.trusted,
		flags,
		overrides: envOverrides(env),
		sessionDir,
		defaultStore: platform.defaultStore
	};
	const { config: _, ...flagsAlone } = flags;
	const configured = await configure(request.foreground === void 0 ? about : {
		...about,
		workspace: sessionDir,
		flags: flagsAlone
	});
	const running = await findRunning(env, request.privateSession === true ? void 0 : platform.sessionDir);
	if (running !== void 0) {
		if (request.foreground !== void 0) throw new SessionError("usage", `this job has a session already, at ${running.dir}; run modgate stop first, or leave --foreground out to join it`);
		const warnings = running.session.configDigest === configured.configDigest ? [] : ["this job has a session with another configuration already; that one goes on. Run modgate stop first to change it"];
		return {
			...started(running.dir, running.session, await ownProxy(env, running.dir)),
			reused: true,
			warnings
		};
	}
	await ensurePrivateDir(sessionDir, process.getuid?.());
	return await withLock(join(sessionDir, "start.lock"), async () => {
		const other = await readSession(sessionDir);
		if (other !== void 0 && await control(other, "ping", PING_MS$1) !== void 0) return {
			...started(sessionDir, other, await ownProxy(env, sessionDir)),
			reused: true
		};
		return await launch({
			request,
			platform,
			about,
			configured
		});
	});
}
/** The platform of a process environment. */
function platformOf(env, cwd) {
	return detectPlatform(env, {
		cwd,
		tmpdir: tmpdir(),
		homedir: homedir(),
		uid: process.getuid?.(),
		readFile: (path) => {
			try {
				return readFileSync(path, "utf8");
			} catch {
				return;
			}
		}
	});
}
async function findRunning(env, platformDir) {
	for (const dir of [env.MODGATE_SESSION, platformDir]) {
		if (dir === void 0 || dir === "") continue;
		const session = await readSession(dir);
		if (session !== void 0 && await control(session, "ping", PING_MS$1) !== void 0) return {
			dir,
			session
		};
	}
}
/** @param previous the GOPROXY that the job has without us; empty when it is not known */
function started(sessionDir, session, previous) {
	const { onFailure, modcache, goflags, secret } = session;
	const url = proxyUrl(session);
	return {
		sessionDir,
		url,
		secret,
		env: jobEnvironment({
			url,
			sessionDir,
			onFailure,
			previous: previous === "" ? void 0 : previous,
			modcache,
			goflags
		}),
		reused: false,
		warnings: []
	};
}
/** The GOPROXY of a job that has a session already, as go itself says it. */
async function ownProxy(env, dir) {
	const without = withoutOurs(env.GOPROXY ?? "");
	return withoutOurs((await readGoSettings(env.MODGATE_GO ?? "go", {
		...env,
		GOPROXY: without
	}, dir))?.GOPROXY ?? without);
}
async function launch({ request, platform, about, configured }) {
	const { cwd, flags, foreground } = request;
	const { sessionDir } = about;
	const env = {
		...request.env,
		GOPROXY: withoutOurs(request.env.GOPROXY ?? "")
	};
	const listen = listenAt(flags.listen);
	if (flags.owner !== void 0 && !isRunning(flags.owner)) throw new SessionError("usage", `--owner ${flags.owner}: there is no process with that id, so the session would end at once; in a shell write --owner $$`);
	const secret = secretFor(listen, flags.listen !== void 0, env.MODGATE_SECRET);
	await Promise.all([
		FILES.session,
		FILES.stats,
		FILES.restore
	].map((name) => rm(join(sessionDir, name), { force: true })));
	const child = foreground === void 0 ? spawnDaemon(sessionDir, env) : void 0;
	const { warnings: configWarnings, ...settings } = configured;
	const goCommand = env.MODGATE_GO ?? "go";
	const go = await readGoSettings(goCommand, env, sessionDir);
	const warnings = [...configWarnings];
	const previous = withoutOurs(go?.GOPROXY ?? env.GOPROXY ?? "");
	const laterGo = go === void 0 && foreground === void 0 ? platform.laterGo : void 0;
	const needsGo = previous === "" && settings.config.proxy.upstream.length === 0 && foreground === void 0;
	if (needsGo && laterGo === void 0) {
		child?.process.kill();
		throw new SessionError("no-go", "no go command is on PATH, so its GOPROXY is not known and there is nothing to fetch from; install Go before modgate (actions/setup-go, a golang image), or name an upstream with --upstream or proxy.upstream");
	}
	if (!needsGo && settings.config.proxy.upstream.length === 0 && foreground === void 0) refuseMalformed(previous, () => child?.process.kill());
	if (laterGo !== void 0) {
		const alone = previous === "" ? "; no other GOPROXY stands behind it, because none is known yet" : "";
		request.log(`no go command is on PATH yet: modgate uses the one that a later step installs, from the first download on${alone}`);
	} else if (go === void 0) warnings.push("no go command is on PATH: nothing is fetched ahead, and without its sumdb key only go.sum vouches for modules");
	const isolated = settings.modcache === void 0 ? {} : {
		modcache: await claimModcache(`${platform.sessionDir}-modcache`, sessionDir),
		goflags: writableModcacheFlags(go?.GOFLAGS ?? env.GOFLAGS ?? "")
	};
	const daemonRequest = {
		...settings,
		...isolated,
		version: VERSION,
		sessionDir,
		workspace: platform.workspace,
		cwd,
		listen,
		secret,
		control: randomBytes(16).toString("hex"),
		trusted: platform.trust.trusted,
		go,
		goCommand,
		env: withoutSecrets(env, platform),
		gitEnv: Object.fromEntries(Object.entries(env).filter(([name]) => GIT_CONFIG.test(name))),
		cacheEnv: settings.store.lifetime === "job" && platform.name === "github" ? cacheServiceEnv(request.env) : {},
		owners: foreground === void 0 ? await ownersOf(flags.owner, platform) : [],
		job: platform.job,
		...laterGo === void 0 ? {} : { laterGo },
		...settings.modcache === void 0 && await hasModules(go?.GOMODCACHE ?? "") ? { warm: true } : {},
		...foreground === void 0 ? {} : {
			late: about,
			idleMs: Number.MAX_SAFE_INTEGER
		}
	};
	const handshake = child === void 0 ? await runHere(daemonRequest, foreground) : await handOver(child, daemonRequest);
	if (!handshake.ok) {
		const code = handshake.code === "cannot-listen" ? "cannot-listen" : "daemon";
		const where = child === void 0 ? "" : ` (log: ${join(sessionDir, FILES.log)})`;
		throw new SessionError(code, `${handshake.message}${where}`);
	}
	return {
		...started(sessionDir, handshake.session, previous),
		warnings: [...warnings, ...handshake.warnings]
	};
}
/** Whether a GOMODCACHE holds downloaded modules, restored by a cache step or left by an earlier job. */
async function hasModules(goModCache) {
	if (goModCache === "") return false;
	return (await readdir(join(goModCache, "cache", "download")).catch(() => [])).some((name) => name !== "sumdb");
}
/** go refuses the same values; said at once, it is not mistaken for an outage. Throws SessionError `config`. */
function refuseMalformed(goproxy, giveUp) {
	try {
		parseGoProxy(goproxy);
	} catch (error) {
		giveUp();
		throw new SessionError("config", `GOPROXY cannot be used: ${error instanceof Error ? error.message : String(error)}; mend the variable (or go env -w GOPROXY=...), or name an upstream with --upstream or proxy.upstream`, { cause: error });
	}
}
/** The daemon in this process; it logs to stderr, which is what the log of a container is made of. */
async function runHere(request, ended) {
	const { runDaemon } = await import("./lazy/session-daemon.js");
	return await new Promise((done, failed) => {
		runDaemon(request, done, ended === void 0 ? void 0 : () => ended(request.sessionDir)).catch(failed);
	});
}
/** Where CI systems put the credentials and mirrors that git is to use; git reads them all or fails. */
const GIT_CONFIG = /^GIT_CONFIG_(?:PARAMETERS|COUNT|KEY_\d+|VALUE_\d+)$/;
/**
* By name only: a proxy URL with a password in it is the network settings of the job and must stay. What is
* said to modgate itself has been read by now; an upstream there may hold a password, and no child needs it.
*/
function withoutSecrets(env, platform) {
	const out = {};
	for (const [name, value] of Object.entries(env)) if (value !== void 0 && !platform.secretEnv(name) && !/^MODGATE_/i.test(name)) out[name] = value;
	return out;
}
async function ownersOf(explicit, platform) {
	if (explicit !== void 0) return [explicit];
	if (platform.name === "local") return [];
	const ancestors = readAncestors(process.pid);
	const found = pickOwner(ancestors.length > 0 ? ancestors : await readAncestorsByPs(process.pid), platform.ownerHints);
	return found === void 0 ? [] : [found];
}
// src/session/journal.ts
/** `crc32 length json\n`: checksum as 8 hex digits over the JSON's bytes, length in bytes. */
function frame(record) {
	const json = Buffer.from(JSON.stringify(record));
	return Buffer.concat([
		Buffer.from(`${crc32(json).toString(16).padStart(8, "0")} ${json.length} `),
		json,
		Buffer.from("\n")
	]);
}
/** The record of one line, or undefined when the line is torn or damaged. */
function unframe(line) {
	const match = /^([0-9a-f]{8}) (\d{1,9}) /.exec(line);
	if (match === null) return void 0;
	const json = Buffer.from(line.slice(match[0].length));
	if (json.length !== Number(match[2]) || crc32(json) !== Number.parseInt(match[1] ?? "", 16)) return void 0;
	try {
		return JSON.parse(json.toString());
	} catch {
		return;
	}
}
/** Reads a journal, also one that a killed daemon left: damaged lines are counted and passed over. */
async function readJournal(path, each) {
	let damaged = 0;
	let rest = Buffer.alloc(0);
	const take = (line) => {
		const record = unframe(line.toString());
		if (record === void 0) damaged++;
		else each(record);
	};
	for await (const chunk of createReadStream(path)) {
		const bytes = Buffer.concat([rest, chunk]);
		let start = 0;
		for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
			take(bytes.subarray(start, end));
			start = end + 1;
		}
		rest = bytes.subarray(start);
	}
	if (rest.length > 0) damaged++;
	return { damaged };
}
/** Records are written in groups this long, ms: the admitted loss when the machine dies. */
const GROUP_MS = 75;
/** Past this many bytes in memory (a disk that hangs) records are counted as dropped instead of kept. */
const MAX_PENDING = 16777216;
/** The one writer of a journal file. */
var JournalWriter = class JournalWriter {
	#handle;
	#began = process.hrtime.bigint();
	#onTrouble;
	#pending = [];
	#pendingBytes = 0;
	#timer;
	#writing = Promise.resolve();
	#seq = 0;
	#dropped = 0;
	#troubled = false;
	constructor(handle, onTrouble) {
		this.#handle = handle;
		this.#onTrouble = onTrouble;
	}
	/** Opens or continues a journal; a torn tail is cut, and numbering goes on where it stopped. */
	static async open(path, onTrouble) {
		const last = await cutTornTail(path);
		const writer = new JournalWriter(await open(path, "a", 384), onTrouble);
		writer.#seq = last;
		return writer;
	}
	get lastSeq() {
		return this.#seq;
	}
	get dropped() {
		return this.#dropped;
	}
	append(record) {
		this.write({
			kind: "req",
			seq: ++this.#seq,
			t: (/* @__PURE__ */ new Date()).toISOString(),
			mono_ns: (process.hrtime.bigint() - this.#began).toString(),
			...record
		});
	}
	note(text) {
		this.write({
			kind: "note",
			t: (/* @__PURE__ */ new Date()).toISOString(),
			text
		});
	}
	write(record) {
		if (this.#pendingBytes > MAX_PENDING) {
			this.#dropped++;
			return;
		}
		const bytes = frame(record);
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		this.#timer ??= setTimeout(() => void this.flush(), GROUP_MS);
	}
	async flush() {
		clearTimeout(this.#timer);
		this.#timer = void 0;
		const group = this.#pending;
		if (group.length > 0) {
			this.#pending = [];
			const bytes = Buffer.concat(group);
			this.#writing = this.#writing.then(async () => {
				try {
					await this.#handle.appendFile(bytes);
					await this.#handle.datasync();
				} catch (error) {
					this.#dropped += group.length;
					if (!this.#troubled) this.#onTrouble(error instanceof Error ? error.message : String(error));
					this.#troubled = true;
				} finally {
					this.#pendingBytes -= bytes.length;
				}
			});
		}
		await this.#writing;
	}
	async close() {
		await this.flush();
		await this.#handle.close().catch(() => void 0);
	}
};
/**
* Renames the journal of a session that ended in order to `journal.1`: a new session in the same place counts
* from the start, while one that follows a killed daemon goes on.
*/
async function setAsideClosed(path) {
	let last;
	try {
		await readJournal(path, (record) => {
			last = record;
		});
		if (last?.kind === "ftr") await rename(path, `${path}.1`);
	} catch {}
}
/** Cuts what a killed writer left unfinished; returns the last sequence number in the file. */
async function cutTornTail(path) {
	let content;
	try {
		content = await readFile(path);
	} catch {
		return 0;
	}
	let good = 0;
	let last = 0;
	for (let start = 0; start < content.length;) {
		const end = content.indexOf(10, start);
		if (end < 0) break;
		const record = unframe(content.toString("utf8", start, end));
		start = end + 1;
		if (record === void 0) continue;
		good = start;
		if (record.kind === "req") last = record.seq;
	}
	if (good < content.length) await truncate(path, good);
	return last;
}
// src/session/summary.ts
/** Longest list of warnings that is repeated at the end. */
const MAX_WARNINGS = 20;
/** Sums a session up from its journal alone, so that it works with the daemon alive, stopped or killed. */
async function summarize(sessionDir, about) {
	const path = join(sessionDir, FILES.journal);
	if (!await stat(path).then((found) => found.isFile(), () => false)) return void 0;
	const code = /* @__PURE__ */ new Map();
	let requests = 0;
	let bytesFromStore = 0;
	let bytesFromUpstream = 0;
	let retriesSurvived = 0;
	let denied = 0;
	let failed = 0;
	let stale = 0;
	let prefetched = 0;
	let first;
	let last;
	let closed = false;
	const asked = /* @__PURE__ */ new Set();
	const warnings = [];
	const { damaged } = await readJournal(path, (record) => {
		if (record.kind === "hdr") {
			first ??= Date.parse(record.clock.wall);
			closed = false;
		} else if (record.kind === "note") {
			if (warnings.length < MAX_WARNINGS) warnings.push(record.text);
		} else if (record.kind === "ftr") {
			closed = true;
			prefetched += record.counts.prefetched ?? 0;
			last = Date.parse(record.t);
		} else {
			requests++;
			last = Date.parse(record.t);
			if (record.decision === "deny") denied++;
			if (record.status >= 500) failed++;
			if (record.stale === true) stale++;
			if (record.status >= 400) return;
			retriesSurvived += record.retries ?? 0;
			const from = record.source === "upstream" || record.source === "vcs" ? "upstream" : "store";
			if (from === "upstream") bytesFromUpstream += record.bytes;
			else if (record.source !== void 0) bytesFromStore += record.bytes;
			const key = `${record.module}@${record.version}`;
			if (record.module !== void 0 && record.version !== void 0) asked.add(`${key}.${record.op}`);
			if (record.op !== "zip" && record.op !== "toolchain") return;
			if (code.get(key) !== "upstream") code.set(key, from);
		}
	});
	const fromUpstream = [...code.values()].filter((from) => from === "upstream").length;
	if (damaged > 0) warnings.push(`${damaged} records of the journal are damaged and not counted`);
	const restore = await readRestore(sessionDir);
	const began = first ?? 0;
	const unverifiedModcache = about.goModCache === void 0 ? 0 : await countUnserved(about.goModCache, code);
	return {
		modules: code.size,
		requests,
		modulesFromStore: code.size - fromUpstream,
		modulesFromUpstream: fromUpstream,
		bytesFromStore,
		bytesFromUpstream,
		retriesSurvived,
		denied,
		failed,
		stale,
		unverifiedModcache,
		prefetchedUnused: Math.max(0, prefetched - asked.size),
		seconds: last === void 0 ? 0 : Math.max(0, (last - began) / 1e3),
		daemonDied: !closed,
		warnings,
		...restore === void 0 ? {} : { restore }
	};
}
async function readRestore(sessionDir) {
	try {
		return JSON.parse(await readFile(join(sessionDir, FILES.restore), "utf8"));
	} catch {
		return;
	}
}
/** Bound on the walk over a module cache. */
const MAX_ENTRIES = 3e5;
/**
* Versions with code in a GOMODCACHE that this session did not serve: they came with a restored cache or past
* the proxy, and go trusts them unhashed.
*/
async function countUnserved(goModCache, served) {
	const root = join(goModCache, "cache", "download");
	let count = 0;
	let seen = 0;
	const walk = async (dir, escaped) => {
		let entries;
		try {
			entries = await opendir(dir);
		} catch {
			return;
		}
		for await (const entry of entries) {
			if (++seen > MAX_ENTRIES) return;
			if (entry.isDirectory()) {
				if (escaped === "" && entry.name === "sumdb") continue;
				await walk(join(dir, entry.name), escaped === "" ? entry.name : `${escaped}/${entry.name}`);
			} else if (entry.name.endsWith(".ziphash") && escaped.endsWith("/@v")) try {
				const module = unescapePath(escaped.slice(0, -3));
				const version = unescapeVersion(entry.name.slice(0, -8));
				if (!served.has(`${module}@${version}`)) count++;
			} catch {}
		}
	};
	await walk(root, "");
	return count;
}
/**
* The closing table, plain text of a few lines.
* @param advice how this platform keeps a cache out of GOMODCACHE, where that can be said
*/
function closingTable(summary, advice) {
	const rows = [
		[
			"",
			"modules",
			"bytes served"
		],
		[
			"from the store",
			String(summary.modulesFromStore),
			formatBytes(summary.bytesFromStore)
		],
		[
			"from upstream",
			String(summary.modulesFromUpstream),
			formatBytes(summary.bytesFromUpstream)
		]
	];
	const widths = [
		0,
		1,
		2
	].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
	const lines = rows.map((row) => `  ${row[0].padEnd(widths[0] ?? 0)}  ${row[1].padStart(widths[1] ?? 0)}  ${row[2].padStart(widths[2] ?? 0)}`.trimEnd());
	const facts = [`${summary.requests} requests in ${summary.seconds.toFixed(1)} s`, `${summary.retriesSurvived} upstream ${summary.retriesSurvived === 1 ? "failure" : "failures"} survived`];
	if (summary.denied > 0) facts.push(`${summary.denied} refused by policy`);
	if (summary.failed > 0) facts.push(`${summary.failed} not answered (outage)`);
	if (summary.stale > 0) facts.push(`${summary.stale} answered from the store because the upstream was gone`);
	lines.push(`  ${facts.join(", ")}`);
	if (summary.unverifiedModcache > 0) lines.push(`  ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and nobody verified them here: a cache that the job restored holds them, or they were there before${advice === void 0 ? "" : `; ${advice}`}`);
	if (summary.daemonDied) lines.push("  the proxy had died before the end; the numbers are those of its journal");
	return `modgate\n${lines.join("\n")}\n`;
}
/** Bytes in the unit that people read. */
function formatBytes(bytes) {
	if (bytes < 1e3) return `${bytes} B`;
	const units = [
		"kB",
		"MB",
		"GB",
		"TB"
	];
	let value = bytes;
	let unit = "";
	for (const next of units) {
		if (value < 1e3) break;
		value /= 1e3;
		unit = next;
	}
	return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
// src/session/stop.ts
const STOP_MS = 15e3;
/** An answer takes a millisecond; a daemon that hashes on two busy cores may take longer. */
const PING_MS = 5e3;
/**
* Ends the session of this job and sums it up. Works with the daemon alive or dead: everything that is told
* comes from the journal on disk. Throws SessionError `output` when the summary cannot be written.
*/
async function stopSession(request) {
	const { env, cwd } = request;
	const sessionDir = await findSession(request.session, env, cwd);
	const session = await readSession(sessionDir);
	if (session !== void 0) {
		const alive = await control(session, "ping", PING_MS);
		if ((alive === void 0 ? void 0 : await control(session, "stop", STOP_MS)) === void 0 && (alive !== void 0 || isOurs(session))) kill(session.pid);
	}
	await Promise.all([FILES.held, FILES.vcs].map((name) => rm(join(sessionDir, name), {
		recursive: true,
		force: true
	}).catch(() => void 0)));
	const { name, workspace, modcacheAdvice } = platformOf(env, cwd);
	const summary = await summarize(sessionDir, { goModCache: name !== "local" ? moduleCache(env) : void 0 });
	if (request.output !== void 0 && summary !== void 0) await writeReport(resolve(cwd, request.output), workspace, summary);
	return {
		summary,
		sessionDir,
		storeDir: session?.storeDir,
		modcacheAdvice
	};
}
async function writeReport(file, workspace, summary) {
	await hideFromGit(file, workspace);
	try {
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
	} catch (error) {
		throw new SessionError("output", `cannot write the summary to ${file} (${error.code}); name another file with --output`, { cause: error });
	}
}
async function findSession(named, env, cwd) {
	if (named !== void 0) return named;
	const fromEnv = env.MODGATE_SESSION;
	if (fromEnv !== void 0 && fromEnv !== "" && await hasJournal(fromEnv)) return fromEnv;
	return platformOf(env, cwd).sessionDir;
}
async function hasJournal(dir) {
	return await stat(join(dir, FILES.journal)).then(() => true, () => false);
}
/** GOMODCACHE without asking go, which may be gone by now. */
function moduleCache(env) {
	if (env.GOMODCACHE) return env.GOMODCACHE;
	if (env.GOPATH) return join(env.GOPATH, "pkg", "mod");
	const home = env.HOME ?? env.USERPROFILE;
	return home === void 0 ? void 0 : join(home, "go", "pkg", "mod");
}
/** The process with the pid of the session file is still the one that wrote it. */
function isOurs({ pid, pidStart }) {
	return pidStart !== void 0 && processStart(pid) === pidStart;
}
function kill(pid) {
	try {
		process.kill(pid, "SIGKILL");
	} catch {}
}
// src/session/run.ts
/**
* Runs a command with a session around it. Resolves with the exit code: the command's own (128 + n when signal
* n ended it).
*/
async function runCommand(request) {
	const { env, cwd, flags, command, log } = request;
	const session = await startSession({
		env,
		cwd,
		flags: {
			owner: process.pid,
			...flags
		},
		log,
		privateSession: true
	});
	for (const warning of session.warnings) log(`warning: ${warning}`);
	let code;
	try {
		code = await execute(command, {
			...env,
			...session.env
		}, cwd);
	} finally {
		if (!session.reused) {
			const stopped = await stopSession({
				env,
				cwd,
				log,
				session: session.sessionDir
			});
			if (stopped.summary !== void 0) {
				for (const warning of stopped.summary.warnings) if (!session.warnings.includes(warning)) log(`warning: ${warning}`);
				process.stderr.write(closingTable(stopped.summary, stopped.modcacheAdvice));
			}
			const { GOMODCACHE: isolated } = session.env;
			if (isolated !== void 0) await rm(isolated, {
				recursive: true,
				force: true
			}).catch(() => void 0);
			if (stopped.summary?.daemonDied === true || stopped.summary === void 0) log(`the session directory is kept for a look at daemon.log: ${session.sessionDir}`);
			else await rm(session.sessionDir, {
				recursive: true,
				force: true
			}).catch(() => void 0);
		}
	}
	return code;
}
/** Signals that a terminal or a runner sends to end a step; the command gets them and decides. */
const FORWARDED = [
	"SIGINT",
	"SIGTERM",
	"SIGHUP"
];
async function execute(command, env, cwd) {
	const [file = "", ...args] = command;
	return await new Promise((resolve, reject) => {
		const child = spawn(file, args, {
			stdio: "inherit",
			env,
			cwd,
			windowsHide: true
		});
		const forward = (signal) => signal === "SIGINT" && process.stdin.isTTY ? void 0 : child.kill(signal);
		for (const signal of FORWARDED) process.on(signal, forward);
		const done = () => {
			for (const signal of FORWARDED) process.off(signal, forward);
		};
		child.on("error", (error) => {
			done();
			const why = error.code === "ENOENT" ? "there is no such program on PATH; check the name, or install it in a step before this one" : `${error.message}; check the file and its permissions`;
			reject(new SessionError("command-not-found", `cannot run ${file}: ${why}`, { cause: error }));
		});
		child.on("exit", (code, signal) => {
			done();
			resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal] ?? 0));
		});
	});
}
// src/session/later-go.ts
/** A tool cache that holds more versions than this has enough newer ones. */
const MAX_VERSIONS = 8;
const GO = process.platform === "win32" ? "go.exe" : "go";
/**
* The request of a session that started before Go was installed, with the settings of the go that is there by
* now. Throws SessionError `no-go` when there is none and nothing else says where to fetch from.
*/
async function withLaterGo(request, log) {
	const { goCommand, env, sessionDir, laterGo = [], config } = request;
	const candidates = [goCommand, ...(await Promise.all(laterGo.map(goPrograms))).flat()];
	for (const candidate of candidates) {
		const go = await readGoSettings(candidate, env, sessionDir);
		if (go === void 0) continue;
		log(`first request: ${go.GOVERSION} at ${candidate}`);
		return {
			...request,
			go,
			goCommand: candidate
		};
	}
	if (config.proxy.upstream.length === 0 && !env.GOPROXY) throw new SessionError("no-go", `no go command was found, neither on the PATH that the modgate step had nor in ${laterGo.join(" or ")}, so its GOPROXY is not known and there is nothing to fetch from; install Go in a step before modgate, or name an upstream with the input upstream or proxy.upstream`);
	log("first request: no go command was found; without its sumdb key only go.sum vouches for modules");
	return request;
}
/**
* The go programs of a place, best first: of a GOROOT its own, of a tool cache (`VERSION/ARCH` with an
* `ARCH.complete` beside it) those of the newest versions, this machine's architecture before others.
*/
async function goPrograms(place) {
	const names = await list(place);
	if (names.includes("bin")) return [join(place, "bin", GO)];
	const versions = names.filter((name) => isValid(`v${name}`));
	versions.sort((a, b) => compareVersions(`v${b}`, `v${a}`));
	const found = [];
	for (const version of versions.slice(0, MAX_VERSIONS)) {
		const machines = (await list(join(place, version))).filter((name) => name.endsWith(".complete")).map((name) => name.slice(0, -9));
		machines.sort((a, b) => Number(b === process.arch) - Number(a === process.arch));
		found.push(...machines.map((machine) => join(place, version, machine, "bin", GO)));
	}
	return found;
}
async function list(dir) {
	return await readdir(dir).catch(() => []);
}
// src/session/read-only.ts
/**
* A store as a job sees it that may not change it: everything can be read, and nothing is kept, not even the
* time of last use. An archive made of the directory afterwards is the one that was unpacked.
*/
function readOnly(store) {
	return {
		location: store.location,
		writable: false,
		get: (mv, kind, expectH1) => store.get(mv, kind, expectH1),
		commit: async (_, what) => {
			if (what.zip !== void 0) await rm(what.zip.file, { force: true });
		},
		touch: async () => {},
		entry: (mv) => store.entry(mv),
		list: (modulePath) => store.list(modulePath),
		versions: () => store.versions(),
		getSoft: (key) => store.getSoft(key),
		putSoft: async () => {},
		tempFile: () => store.tempFile(),
		flush: async () => {}
	};
}
// src/session/session-store.ts
/** The store asked for; one in the session directory when that one cannot be used: only speed is at stake. */
async function openStore(request, hasher, warn) {
	const options = {
		hasher,
		onDamage: (damage) => warn(`store: ${damage.path}: ${damage.what}; it is fetched again`)
	};
	const { dir, fallbackDir } = request.store;
	await hideFromGit(dir, request.workspace);
	try {
		const store = await openDiskStore(dir, options);
		if (leavesStore(request)) return readOnly(store);
		if (!store.writable) warn(`the module store ${dir} cannot be written: modules are read from it, and new ones last for this job only`);
		return store;
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		warn(`${error.message}; this job uses ${fallbackDir} instead and downloads what is missing`);
		return await openDiskStore(fallbackDir, options);
	}
}
/** Brings in the shared cache, where there is one. Never rejects: what it lost is a warning. */
async function startRestore(request, store, log, warn) {
	if (Object.keys(request.cacheEnv).length === 0) return void 0;
	const { restoreStore } = await import("./lazy/session-restore.js");
	return await restoreStore(request, store, log, warn).catch((error) => {
		warn(`the shared cache could not be restored: ${String(error)}; this job downloads its modules again`);
	});
}
// src/session/daemon.ts
/** How often the owner and the idle time are looked at, ms. */
const WATCH_MS = 5e3;
/** Longest that a request waits for the shared cache before it goes upstream, counted from the start. */
const RESTORE_WAIT_MS = 8e3;
/** How long a stop lets open answers finish, ms. */
const DRAIN_MS = 2e3;
/**
* The in-job proxy: listens first, says so, and loads everything else after that. Resolves when it is ready to
* answer; the process ends by a signal, a stop, with its owner, or after the idle time, and `onEnd` before that.
*/
async function runDaemon(request, shake, onEnd) {
	const loop = monitorEventLoopDelay({ resolution: 10 });
	loop.enable();
	const log = (line) => process.stderr.write(`${(/* @__PURE__ */ new Date()).toISOString()} ${plain(line)}\n`);
	process.on("uncaughtException", (error) => log(`uncaught: ${error.stack ?? error.message}`));
	process.on("unhandledRejection", (reason) => log(`unhandled: ${reason instanceof Error ? reason.stack ?? reason.message : String(reason)}`));
	const warnings = [];
	let journal;
	const warn = (line) => {
		log(`warning: ${line}`);
		warnings.push(line);
		journal?.note(plain(line));
	};
	let store;
	let services;
	let lastUse = performance.now();
	let open = 0;
	let ending;
	const start = (/* @__PURE__ */ new Date()).toISOString();
	const server = createServer({
		maxHeaderSize: 16384,
		keepAliveTimeout: 12e4
	}, (req, res) => {
		lastUse = performance.now();
		open++;
		res.once("close", () => {
			open--;
			lastUse = performance.now();
		});
		route(req, res).catch((error) => {
			log(`request failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
			res.destroy();
		});
	});
	server.requestTimeout = 0;
	server.headersTimeout = 6e4;
	const route = async (req, res) => {
		const target = (req.url ?? "").split("?", 1)[0] ?? "";
		if (target.startsWith("/-/")) return await answerControl(req, res, target.slice(3));
		const slash = target.indexOf("/", 1);
		if (slash < 0 || !secretMatches(target.slice(1, slash), request.secret)) {
			res.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
			res.end("modgate: unknown path; use the GOPROXY value that modgate printed for this job\n");
			return;
		}
		services ??= assembleLate().catch((error) => {
			services = void 0;
			throw error;
		});
		const ready = await services.catch((error) => {
			log(`the proxy could not be built: ${error instanceof Error ? error.message : String(error)}`);
			return [
				ConfigError,
				StoreError,
				SessionError
			].some((kind) => error instanceof kind) ? error : void 0;
		});
		if (ready === void 0 || ready instanceof Error) {
			res.writeHead(500, { "Content-Type": "text/plain; charset=utf-8" });
			res.end(`modgate: ${ready?.message ?? "the proxy could not be built; see daemon.log"}\n`);
			return;
		}
		await ready.handle(req, res, target.slice(slash + 1));
	};
	const answerControl = async (req, res, verb) => {
		const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1] ?? "";
		if (req.method !== "POST" || !secretMatches(token, request.control)) {
			res.writeHead(403, { "Content-Type": "text/plain; charset=utf-8" });
			res.end("modgate: this path is for modgate itself\n");
			return;
		}
		const body = JSON.stringify({
			pid: process.pid,
			start
		});
		if (verb === "stop") await end("stop");
		res.writeHead(200, {
			"Content-Type": "application/json",
			Connection: "close"
		});
		res.end(body, () => {
			if (verb === "stop") setImmediate(() => process.exit(0));
		});
	};
	const port = await listen(server, request.listen);
	const hasher = createHasher();
	if (request.late === void 0) store = await openStore(request, hasher, warn);
	await setAsideClosed(join(request.sessionDir, FILES.journal));
	journal = await writingTo(request.sessionDir, JournalWriter.open(join(request.sessionDir, FILES.journal), (why) => log(`journal: ${why}`)));
	const written = journal;
	const firstSeq = written.lastSeq + 1;
	written.write({
		kind: "hdr",
		v: 1,
		job_uid: request.job.uid,
		inst: randomUUID(),
		tool: {
			name: "modgate",
			version: request.version
		},
		clock: {
			wall: start,
			mono_ns: process.hrtime.bigint().toString()
		},
		policy: { digest: request.configDigest },
		modcache_preexisting: 0,
		claimed: request.job.claimed
	});
	const pidStart = processStart(process.pid);
	const session = {
		v: 1,
		pid: process.pid,
		...pidStart === void 0 ? {} : { pidStart },
		port,
		host: request.listen.host === "0.0.0.0" || request.listen.host === "::" ? "127.0.0.1" : request.listen.host,
		secret: request.secret,
		control: request.control,
		start,
		configDigest: request.configDigest,
		storeDir: store?.location ?? request.store.dir,
		version: request.version,
		onFailure: request.config.proxy["on-failure"],
		...request.modcache === void 0 ? {} : { modcache: request.modcache },
		...request.goflags === void 0 ? {} : { goflags: request.goflags }
	};
	let restoring;
	const assemble = async (settled, opened) => {
		restoring ??= startRestore(settled, opened, log, warn);
		const restored = Promise.race([restoring, new Promise((resolve) => setTimeout(() => resolve(void 0), RESTORE_WAIT_MS).unref())]);
		let waits = Object.keys(settled.cacheEnv).length > 0;
		restored.then(() => {
			waits = false;
		});
		const { createServices } = await import("./lazy/session-services.js");
		const built = await createServices({
			request: settled,
			store: opened,
			hasher,
			journal: written,
			beforeUpstream: async () => {
				if (!waits) return false;
				await restored;
				return true;
			},
			log,
			warn
		});
		restored.then(async () => {
			if (ending === void 0) await built.prepare();
		});
		return built;
	};
	const assembleLate = async () => {
		if (store !== void 0) {
			const settled = request.laterGo === void 0 ? request : await withLaterGo(request, log);
			return await assemble(settled, store);
		}
		if (request.late === void 0) throw new Error("the proxy is not ready");
		const { warnings: told, ...settings } = await configure(request.late);
		for (const line of told) warn(line);
		const settled = {
			...request,
			...settings
		};
		store = await openStore(settled, hasher, warn);
		log(`first request: store ${store.location}`);
		return await assemble(settled, store);
	};
	if (store !== void 0 && request.warm !== true && request.laterGo === void 0) {
		services = assemble(request, store);
		services.catch((error) => log(`the proxy could not be built: ${String(error)}`));
	} else if (store !== void 0 && request.warm !== true) restoring = startRestore(request, store, log, warn);
	const owners = request.owners.map(watchOwner);
	const watch = setInterval(() => {
		if (owners.length > 0 && owners.every((alive) => !alive())) end("the job is over").then(() => process.exit(0));
		else if (open === 0 && performance.now() - lastUse > request.idleMs) end(`idle for ${inWords(request.idleMs)}`).then(() => process.exit(0));
	}, Math.min(WATCH_MS, Math.max(request.idleMs / 4, 100)));
	await writingTo(request.sessionDir, writeWhole(join(request.sessionDir, FILES.session), JSON.stringify(session)));
	shake({
		ok: true,
		session,
		warnings
	});
	log(`modgate ${request.version} listens on ${request.listen.host}:${port}, store ${session.storeDir}`);
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void end(signal).then(() => process.exit(0)));
	await services;
	async function end(reason) {
		ending ??= (async () => {
			log(`ending: ${reason}`);
			clearInterval(watch);
			server.close();
			const built = await services?.catch(() => void 0);
			built?.prefetcher.stop();
			const until = performance.now() + DRAIN_MS;
			while (open > (reason === "stop" ? 1 : 0) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
			const counts = built?.prefetcher.stats;
			await built?.close();
			await store?.flush().catch((error) => log(`store: ${String(error)}`));
			written.write({
				kind: "ftr",
				t: (/* @__PURE__ */ new Date()).toISOString(),
				first_seq: firstSeq,
				last_seq: written.lastSeq,
				counts: {
					prefetched: counts?.ready ?? 0,
					prefetch_failed: counts?.failed ?? 0
				},
				dropped: written.dropped,
				reason
			});
			await written.close();
			const stats = {
				peakRss: process.resourceUsage().maxRSS * 1024,
				loopP99Ms: loop.percentile(99) / 1e6,
				loopMaxMs: loop.max / 1e6
			};
			await writeWhole(join(request.sessionDir, FILES.stats), JSON.stringify(stats)).catch(() => void 0);
			await hasher.close();
			await onEnd?.();
		})();
		await ending;
	}
}
async function listen(server, at) {
	return await new Promise((resolve, reject) => {
		server.once("error", (error) => {
			const why = error.code === "EADDRINUSE" ? "another program listens there" : error.code === "EACCES" ? "this user may not use that port" : error.code === "EADDRNOTAVAIL" ? "this machine has no such address" : error.message;
			reject(new SessionError("cannot-listen", `cannot listen on ${at.host}:${at.port}: ${why}; leave --listen out to take any free loopback port, or name another`, { cause: error }));
		});
		server.listen(at.port, at.host, () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : at.port);
		});
	});
}
function inWords(ms) {
	return ms < 12e4 ? `${Math.round(ms / 1e3)} s` : `${Math.round(ms / 6e4)} minutes`;
}
/** One harmless line of ASCII for the log file. */
function plain(text) {
	return text.replace(/[^\x20-\x7e]+/g, " ");
}
// src/session/restore.ts
/** All cache calls of a restore together; the client alone would retry a 503 for half a minute. */
const RESTORE_TIMEOUT_MS = 12e4;
/**
* Brings in the shared cache: unpacked beside the store, then moved in version by version, so that the store
* never holds half of anything. Never rejects for trouble of the cache; says what was lost.
*/
async function restoreStore(request, store, log, warn) {
	const began = performance.now();
	const done = async (report) => {
		const whole = {
			...report,
			ms: Math.round(performance.now() - began)
		};
		await writeWhole(join(request.sessionDir, FILES.restore), JSON.stringify(whole)).catch(() => void 0);
		return whole;
	};
	const barred = cacheUnavailable(request.cacheEnv, "read");
	if (barred !== void 0) {
		log(`shared cache: ${barred}`);
		return await done({
			state: "off",
			why: barred
		});
	}
	const dir = join(request.sessionDir, "restore");
	await rm(dir, {
		recursive: true,
		force: true
	});
	await mkdir(dir, {
		recursive: true,
		mode: 448
	});
	try {
		const env = Object.fromEntries(Object.entries(request.cacheEnv).filter((pair) => pair[1] !== void 0));
		const answer = await runCacheProcess({
			op: "restore",
			dir,
			...RESTORE_KEYS,
			timeoutMs: RESTORE_TIMEOUT_MS,
			env
		}, {
			env: request.env,
			log
		});
		if (!answer.ok) {
			warn(`the shared cache was not restored: ${answer.why}; ${answer.lost}`);
			return await done({
				state: "failed",
				why: answer.why
			});
		}
		if (answer.key === void 0) return await done({ state: "miss" });
		const tree = join(dir, "store");
		if (!await stat(tree).then((found) => found.isDirectory(), () => false)) {
			warn(`the shared cache entry ${answer.key} holds no store; this job downloads its modules again`);
			return await done({
				state: "failed",
				why: "the entry holds no store"
			});
		}
		const adopted = await adopt(store, tree);
		const [first] = adopted.refused;
		if (first !== void 0) warn(`${adopted.refused.length} files of the shared cache were refused, first ${first.path}: ${first.why}`);
		log(`shared cache ${answer.key}: ${adopted.adopted} versions in ${answer.ms} ms`);
		return await done({
			state: "hit",
			key: answer.key,
			adopted: adopted.adopted,
			refused: adopted.refused.length
		});
	} finally {
		await rm(dir, {
			recursive: true,
			force: true
		}).catch(() => void 0);
	}
}
// src/session/prefetch-plan.ts
/**
* What a build of these modules can need: zip, .info and .mod of what go.mod requires and go.sum has a hash
* of (a required module without one is only in the graph, or go would stop at it anyway), and the .mod of
* the rest of go.sum. A go.sum line newer than what is required is stale: version selection never goes down.
* So is one of a version that is replaced.
*/
function planPrefetch(input) {
	const zipSums = /* @__PURE__ */ new Set();
	for (const { file, module, version } of input.sums) if (file === "zip") zipSums.add(`${module}@${version}`);
	const selected = /* @__PURE__ */ new Map();
	for (const mod of input.mods) for (const { Path, Version } of mod.Require ?? []) {
		if (!isValid(Version) || checkPath(Path) !== void 0) continue;
		const known = selected.get(Path);
		if (known === void 0 || compareVersions(known, Version) < 0) selected.set(Path, Version);
	}
	const replaces = [...input.work?.Replace ?? [], ...input.mods.flatMap((mod) => mod.Replace ?? [])];
	const items = [];
	const planned = /* @__PURE__ */ new Set();
	const add = (path, version, kind) => {
		const key = `${path}@${version}.${kind}`;
		if (planned.has(key)) return;
		planned.add(key);
		items.push({
			path,
			version,
			kind
		});
	};
	for (const [path, version] of selected) {
		const target = replaced(replaces, path, version);
		if (target === void 0) continue;
		add(target.path, target.version, "mod");
		if (!zipSums.has(`${target.path}@${target.version}`)) continue;
		add(target.path, target.version, "zip");
		add(target.path, target.version, "info");
	}
	for (const { file, module, version } of input.sums) {
		if (file !== "mod") continue;
		const wanted = selected.get(module);
		if (wanted !== void 0 && compareVersions(version, wanted) > 0) continue;
		const target = replaced(replaces, module, version);
		if (target?.path !== module || target.version !== version) continue;
		add(module, version, "mod");
	}
	return items;
}
/** Where a module really comes from; undefined for a directory. */
function replaced(replaces, path, version) {
	const of = replaces.filter((replace) => replace.Old.Path === path);
	const found = of.find((replace) => replace.Old.Version === version) ?? of.find((replace) => !replace.Old.Version);
	if (found === void 0) return {
		path,
		version
	};
	const { Path, Version } = found.New;
	return Version !== void 0 && isValid(Version) && checkPath(Path) === void 0 ? {
		path: Path,
		version: Version
	} : void 0;
}
// src/session/read-sums.ts
/** Parsed at once, bytes: a go.sum of a pull request may be as long as its author likes. */
const STEP = 1048576;
/** `parseGoSum` in steps, between which requests are answered. */
async function parseSumInSteps(bytes, file) {
	const entries = [];
	const problems = [];
	let lines = 0;
	for (let start = 0; start < bytes.length;) {
		const newline = start + STEP >= bytes.length ? -1 : bytes.indexOf(10, start + STEP);
		const end = newline < 0 ? bytes.length : newline + 1;
		const part = bytes.subarray(start, end);
		const parsed = parseGoSum(part, file, { maxLines: Math.max(0, SUM_LIMITS.maxLines - lines) });
		for (const entry of parsed.entries) entries.push({
			...entry,
			line: entry.line + lines
		});
		for (const problem of parsed.problems) if (problems.length < SUM_LIMITS.maxProblems) problems.push({
			...problem,
			line: problem.line === 0 ? 0 : problem.line + lines
		});
		for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++;
		start = end;
		if (lines >= SUM_LIMITS.maxLines) break;
		if (start < bytes.length) await setImmediate$1();
	}
	return {
		entries,
		problems
	};
}
// src/session/workspace.ts
/** Bounds on the walk: a checkout may be a pull request's. */
const MAX_DIRS = 2e4;
const MAX_FILES = 2e3;
const MAX_DEPTH = 12;
/** A first request waits for the walk: what is not found by then is fetched when go asks for it. */
const MAX_MS = 2e3;
const SKIPPED = /* @__PURE__ */ new Set([
	"node_modules",
	"vendor",
	"testdata"
]);
/** Finds go.mod, go.work, go.sum and go.work.sum below `root`, nearest first. Links are not followed. */
async function findModuleFiles(root) {
	const goMods = [];
	const goWorks = [];
	const goSums = [];
	let cut = false;
	let dirs = 0;
	let level = [root];
	const began = performance.now();
	for (let depth = 0; level.length > 0 && depth <= MAX_DEPTH; depth++) {
		const next = [];
		for (const dir of level) {
			if (++dirs > MAX_DIRS || performance.now() - began > MAX_MS || goMods.length + goSums.length > MAX_FILES) {
				cut = true;
				return {
					goMods,
					goWorks,
					goSums,
					cut
				};
			}
			try {
				for await (const entry of await opendir(dir)) {
					const path = join(dir, entry.name);
					if (entry.isDirectory()) {
						if (!SKIPPED.has(entry.name) && !entry.name.startsWith(".")) next.push(path);
					} else if (entry.isFile()) {
						if (entry.name === "go.mod") goMods.push(path);
						else if (entry.name === "go.work") goWorks.push(path);
						else if (entry.name === "go.sum" || entry.name === "go.work.sum") goSums.push(path);
					}
				}
			} catch {}
		}
		level = next;
	}
	return {
		goMods,
		goWorks,
		goSums,
		cut: cut || level.length > 0
	};
}
/** The go.mod or go.work that governs `cwd`, as go looks for it: upwards, not above `root`. */
function governing(files, cwd, root) {
	const dirs = new Map(files.map((file) => [dirname(file), file]));
	for (let dir = cwd;; dir = dirname(dir)) {
		const found = dirs.get(dir);
		if (found !== void 0) return found;
		if (dir === root || dirname(dir) === dir || relative(root, dir).startsWith("..")) return void 0;
	}
}
/** Reads at most `limit` bytes of a file; undefined when it cannot be read. */
async function readBounded(path, limit) {
	try {
		const handle = await open(path, "r");
		try {
			const { size } = await handle.stat();
			const buffer = Buffer.alloc(Math.min(size, limit));
			const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
			return buffer.subarray(0, bytesRead);
		} finally {
			await handle.close();
		}
	} catch {
		return;
	}
}
// src/session/roots.ts
const MAX_SUM_FILES = 200;
/** A checkout without module files, and that stays as it was, is looked at again for at most this part of the time. */
const RESCAN_SHARE = .1;
/**
* The module roots of the checkout. The one that governs the working directory is prepared at once; another
* one of a monorepo as soon as go asks for something that only it lists, so that nothing is fetched for
* modules that this job does not build.
*/
var Roots = class {
	#deps;
	#active = [];
	#waiting = [];
	#scanned = false;
	#nextScan = 0;
	/** When the workspace directory itself had changed last, at the last scan. */
	#seen;
	constructor(deps) {
		this.#deps = deps;
	}
	/** False until a scan has found a go.mod: a session may start before the checkout. */
	get found() {
		return this.#scanned;
	}
	/** Reads the checkout and returns what the governing root needs. */
	async scan() {
		const { workspace, cwd } = this.#deps;
		const began = performance.now();
		const changed = await stat(workspace).then((found) => found.mtimeMs, () => void 0);
		if (began < this.#nextScan && changed === this.#seen) return [];
		this.#seen = changed;
		const files = await findModuleFiles(workspace);
		if (files.goMods.length === 0 && files.goSums.length === 0) {
			const ended = performance.now();
			this.#nextScan = ended + (ended - began) / RESCAN_SHARE;
			return [];
		}
		if (files.cut) this.#deps.warn(`${workspace} holds too many directories to look at: some go.sum files are not read ahead`);
		const sums = await this.#readSums(files.goSums);
		this.#scanned = true;
		const work = governing(files.goWorks, cwd, workspace);
		const roots = [];
		const inWork = /* @__PURE__ */ new Set();
		if (work !== void 0) {
			const dirs = ((await goEdit(this.#deps, "work", work))?.Use ?? []).map((use) => resolve(dirname(work), use.DiskPath));
			const used = files.goMods.filter((path) => dirs.includes(dirname(path)));
			for (const path of used) inWork.add(path);
			const own = [...used.flatMap((path) => sums.get(join(dirname(path), "go.sum")) ?? [])];
			own.push(...sums.get(`${work}.sum`) ?? []);
			roots.push(makeRoot(used, work, own));
		}
		const here = governing(files.goMods, cwd, workspace);
		for (const path of files.goMods) if (!inWork.has(path)) roots.push(makeRoot([path], void 0, sums.get(join(dirname(path), "go.sum")) ?? []));
		const first = work === void 0 ? roots.find((root) => here !== void 0 && root.goMods.includes(here)) : roots[0];
		this.#waiting = roots.filter((root) => root !== first);
		return first === void 0 ? [] : await this.#plan(first);
	}
	/** What else to prepare now that go asked for this. */
	async asked(module, version) {
		if (this.#waiting.length === 0) return [];
		const key = `${module}@${version}`;
		if (this.#active.some((root) => root.listed.has(key))) return [];
		const at = this.#waiting.findIndex((root) => root.listed.has(key));
		const [root] = at < 0 ? [] : this.#waiting.splice(at, 1);
		return root === void 0 ? [] : await this.#plan(root);
	}
	async #readSums(paths) {
		const out = /* @__PURE__ */ new Map();
		for (const path of paths.slice(0, MAX_SUM_FILES)) {
			const bytes = await readBounded(path, 16777217);
			if (bytes === void 0) continue;
			const parsed = await parseSumInSteps(bytes, path);
			this.#deps.sums.add(parsed.entries);
			out.set(path, parsed.entries);
			const [problem] = parsed.problems;
			if (problem !== void 0) this.#deps.warn(describe(problem, parsed.problems.length));
		}
		return out;
	}
	async #plan(root) {
		this.#active.push(root);
		const mods = [];
		for (const path of root.goMods) {
			const json = await goEdit(this.#deps, "mod", path);
			if (json !== void 0) mods.push(json);
		}
		const work = root.goWork === void 0 ? void 0 : await goEdit(this.#deps, "work", root.goWork);
		return planPrefetch({
			mods,
			sums: root.sums,
			...work === void 0 ? {} : { work }
		}).filter((item) => !matchGlobs(this.#deps.noProxy, item.path));
	}
};
function makeRoot(goMods, goWork, sums) {
	return {
		goMods,
		goWork,
		sums,
		listed: new Set(sums.map((sum) => `${sum.module}@${sum.version}`))
	};
}
function describe(problem, count) {
	const where = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
	const more = count > 1 ? ` (and ${count - 1} more)` : "";
	return `${where}: ${problem.reason}${more}; the line vouches for nothing. Run go mod tidy to rewrite the file`;
}
/** `go mod edit -json` or `go work edit -json`; undefined when go cannot read the file, which go itself will say. */
async function goEdit(deps, kind, path) {
	return await new Promise((done) => {
		execFile(deps.goCommand, [
			kind,
			"edit",
			"-json",
			path
		], {
			cwd: dirname(path),
			env: {
				...deps.env,
				GOTOOLCHAIN: "local",
				GOFLAGS: "",
				GOWORK: "off"
			},
			timeout: 2e4,
			maxBuffer: 67108864,
			windowsHide: true
		}, (error, stdout) => {
			if (error !== null) return done(void 0);
			try {
				done(JSON.parse(stdout));
			} catch {
				done(void 0);
			}
		});
	});
}
// src/session/sumdb-key.ts
const SOURCE = [
	"src",
	"cmd",
	"go",
	"internal",
	"modfetch"
];
/**
* Reads GOSUMDB as go does. The key of a database that is only named comes from the installation's own
* source, or from the `go` binary where a distribution leaves the source out. Undefined with the reason when
* nothing can be verified.
*/
async function chooseSumDb(go) {
	const source = async (name) => await readFile(join(go.GOROOT, ...SOURCE, name), "utf8").catch(() => "");
	let parsed;
	try {
		parsed = parseGoSumDb(findSumDbAlias(await source("sumdb.go"), go.GOSUMDB) ?? go.GOSUMDB);
	} catch (error) {
		return { why: `GOSUMDB is malformed: ${error instanceof Error ? error.message : String(error)}` };
	}
	if (parsed.off) return { why: "GOSUMDB is off" };
	const { name, url } = parsed;
	const key = parsed.key ?? findSumDbKey(await source("key.go"), name) ?? await scanBinary(join(go.GOROOT, "bin", process.platform === "win32" ? "go.exe" : "go"), name);
	if (key === void 0) return { why: `the Go installation at ${go.GOROOT} has no key for the database ${name}` };
	return {
		name,
		key,
		url
	};
}
/** Looks for the key in the binary, piece by piece with an overlap longer than any key. */
async function scanBinary(path, name) {
	const overlap = name.length + 64;
	let tail = "";
	try {
		for await (const chunk of createReadStream(path, {
			encoding: "latin1",
			highWaterMark: 1 << 20
		})) {
			const text = tail + chunk;
			const key = findSumDbKey(text, name);
			if (key !== void 0) return key;
			tail = text.slice(-overlap);
		}
	} catch {
		return;
	}
}
// src/session/vouch.ts
/** Answers from go.sum, else from the checksum database. The answer never rejects. */
function createVouch(deps) {
	const { sums, trusted } = deps;
	const database = createDatabaseVouch(deps);
	return async (module, version, file) => {
		const known = sums.hashes(module, version, file);
		if (known.length > 0) return {
			state: "known",
			h1s: known,
			by: trusted ? "gosum" : "session-gosum"
		};
		return await database(module, version, file);
	};
}
/** Answers from the checksum database alone. The answer never rejects. */
function createDatabaseVouch(deps) {
	const { sumdb, noSumDb, timeoutMs } = deps;
	return async (module, version, file) => {
		if (sumdb === void 0) return {
			state: "unknown",
			why: "no checksum database is configured"
		};
		if (module !== "golang.org/toolchain" && matchGlobs(noSumDb, module)) return {
			state: "unknown",
			why: "GONOSUMDB keeps this module from the checksum database"
		};
		return await withTimeout(ask(sumdb, module, version, file), timeoutMs);
	};
}
async function ask(sumdb, module, version, file) {
	try {
		const h1 = (await sumdb.lookup(module, version))[file];
		if (h1 === void 0) return {
			state: "unknown",
			why: `the checksum database has no ${file} hash of it`
		};
		return {
			state: "known",
			h1s: [h1],
			by: "sumdb"
		};
	} catch (error) {
		const why = error instanceof Error ? error.message.split("\n", 1)[0] ?? "" : String(error);
		return {
			state: error instanceof ProxyError && error.code === "absent" ? "unknown" : "unavailable",
			why
		};
	}
}
async function withTimeout(answer, ms) {
	let timer;
	const late = new Promise((resolve) => {
		timer = setTimeout(() => resolve({
			state: "unavailable",
			why: "the checksum database did not answer in time"
		}), ms);
	});
	try {
		return await Promise.race([answer, late]);
	} finally {
		clearTimeout(timer);
	}
}
// src/session/services.ts
/** Children at once that fetch from version control. */
const DIRECT_PARALLEL = 4;
const DIRECT_TIMEOUT_MS = 3e5;
/** A checkout without any go.mod is looked at again after this, ms: it may not have been there yet. */
const RESCAN_MS = 5e3;
/** How long the end of a session lets background work finish, ms. */
const SETTLE_MS = 3e3;
/** Past this wait for the checksum database a file is served under go's own rules. */
const SUMDB_PATIENCE_MS = 2e4;
/** Puts the proxy together. Called after the daemon listens. */
async function createServices(deps) {
	const { request, store, hasher, journal, log, warn } = deps;
	const { env, go, config } = request;
	const now = () => performance.now();
	const held = join(request.sessionDir, FILES.held);
	await mkdir(held, {
		recursive: true,
		mode: 448
	});
	const http = lazyHttpClient({
		httpProxy: env.HTTP_PROXY ?? env.http_proxy,
		httpsProxy: env.HTTPS_PROXY ?? env.https_proxy,
		noProxy: env.NO_PROXY ?? env.no_proxy,
		extraCa: env.SSL_CERT_FILE === void 0 ? void 0 : await readText(env.SSL_CERT_FILE),
		userAgent: `modgate/${request.version}`
	});
	const health = new Health(now);
	const chainDeps = {
		http,
		health,
		now,
		random: Math.random,
		sleep,
		onFailure: (what, upstream, failure) => log(`${upstream} ${what}: ${failure.message}`)
	};
	const entries = upstreamEntries(request, warn);
	const chain = rememberAbsences(createChain(entries, chainDeps), {
		store,
		now: Date.now
	});
	const direct = entries.some((entry) => entry.url === "direct") ? createDirect({
		env: {
			...env,
			...request.gitEnv
		},
		goCommand: request.goCommand,
		dir: join(request.sessionDir, FILES.vcs),
		parallel: DIRECT_PARALLEL,
		timeoutMs: DIRECT_TIMEOUT_MS,
		onStart: (what) => log(`direct: ${what}`)
	}) : void 0;
	const sums = new SumTable();
	const sumdb = await openSumDb(deps, entries, chainDeps);
	const database = {
		sumdb,
		noSumDb: go?.GONOSUMDB ?? "",
		timeoutMs: SUMDB_PATIENCE_MS
	};
	const vouch = createVouch({
		...database,
		sums,
		trusted: request.trusted
	});
	const outlives = request.store.lifetime === "persistent" || request.save === "always";
	const verdict = () => ({ decision: "allow" });
	const files = new ModuleFiles({
		store,
		held: new HeldFiles(held),
		chain,
		direct,
		vouch,
		...!request.trusted && outlives ? { vouchForAll: createDatabaseVouch(database) } : {},
		goSum: (module, version, file) => sums.hashes(module, version, file),
		hasher,
		beforeUpstream: deps.beforeUpstream,
		warn
	});
	const [first] = entries.filter((entry) => entry.url.startsWith("http"));
	const prefetcher = new Prefetcher({
		files,
		verdict,
		streams: config.proxy.prefetch,
		upstreamDown: () => first !== void 0 && health.isDown(new URL(first.url).origin)
	});
	const roots = new Roots({
		workspace: request.workspace,
		cwd: request.cwd,
		goCommand: request.goCommand,
		env,
		noProxy: go?.GONOPROXY ?? "",
		sums,
		warn
	});
	let scanning;
	let scanned = Number.NEGATIVE_INFINITY;
	const prepare = async () => {
		scanning ??= roots.scan().then((items) => prefetcher.add(items)).catch((error) => log(`reading the checkout failed: ${String(error)}`)).finally(() => {
			scanned = now();
			if (!roots.found) scanning = void 0;
		});
		await scanning;
	};
	const handle = createHandler({
		files,
		versions: new Versions({
			store,
			chain,
			direct,
			beforeUpstream: deps.beforeUpstream,
			warn
		}),
		sumdb,
		verdict,
		journal,
		now,
		log,
		onAsked: (module, version) => {
			roots.asked(module, version).then((items) => prefetcher.add(items)).catch(() => void 0);
		}
	});
	return {
		handle: async (req, res, target) => {
			if (!roots.found && (scanning !== void 0 || now() - scanned > RESCAN_MS)) await prepare();
			await handle(req, res, target);
		},
		prefetcher,
		prepare,
		close: async () => {
			prefetcher.stop();
			await files.settle(SETTLE_MS);
			await http.close();
		}
	};
}
/** The chain: `proxy.upstream`, else the job's own GOPROXY without anything of ours. */
function upstreamEntries(request, warn) {
	const configured = request.config.proxy.upstream;
	if (configured.length > 0) return configured.map((upstream) => typeof upstream === "string" ? {
		url: upstream,
		fallBackOn: "absent"
	} : {
		url: upstream.url,
		fallBackOn: "absent",
		absentOn403: upstream["absent-on-403"]
	});
	const value = withoutOurs(request.go?.GOPROXY ?? request.env.GOPROXY ?? "");
	try {
		return [...parseGoProxy(value).entries];
	} catch (error) {
		warn(`GOPROXY cannot be used (${redactUrl(error instanceof Error ? error.message : String(error))}): nothing can be fetched`);
		return [];
	}
}
async function openSumDb(deps, entries, chain) {
	const { request, store, beforeUpstream, warn, log } = deps;
	if (request.go === void 0) return void 0;
	const choice = await chooseSumDb(request.go);
	if ("why" in choice) {
		log(`no checksum database: ${choice.why}; only go.sum vouches for modules`);
		return;
	}
	const noSumDb = request.go.GONOSUMDB;
	return new SumDbService({
		...choice,
		entries,
		chain,
		store,
		noSumDb,
		beforeUpstream,
		warn
	});
}
async function readText(path) {
	return await readFile(path, "utf8").catch(() => void 0);
}
/** Resolves after `ms`, or at once when aborted. */
async function sleep(ms, signal) {
	if (ms <= 0) return;
	await new Promise((resolve) => {
		const timer = setTimeout(done, ms);
		function done() {
			clearTimeout(timer);
			signal?.removeEventListener("abort", done);
			resolve();
		}
		signal?.addEventListener("abort", done, { once: true });
	});
}
export { SessionError, VERSION, closingTable, createServices, formatEnvironment, platformOf, restoreStore, runCommand, runDaemon, startSession, stopSession, summarize };
