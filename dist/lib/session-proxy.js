import { LEVELS, httpsHost, isAt, isLoopback, isPlainLoopback, parseHostPort, parseModuleStore, redactUrl, storeTexts } from "./config.js";
import { FILES, SessionError, VULN, collect, findModuleFiles, governing, inventoryAtStart, isArchived, keepRestored, layeredOf, privatePaths, readBounded, readSumFiles, speaks, splitGlobs, unpackPolicy, vulnDbOf, withoutOurs, writeAuditFile, writeWhole } from "./session.js";
import { SumTable, checkPath, compareVersions, isValid, matchGlobs, parseGoProxy } from "./gomod.js";
import { BundleError, MAX_MANIFEST_SIZE, SPOOL, fileName } from "./store.js";
import { Gate, unpack, warmThread } from "./store-proxy.js";
import { ARTIFACT_DIR, Outbox, Spool, deliver, readOwn } from "./audit-records.js";
import { cacheUnavailable } from "./platform.js";
import { findSumDbAlias, findSumDbKey, parseGoSumDb } from "./tlog-proxy.js";
import { readGoMod, readGoWork } from "./gomod-proxy.js";
import { machineAuthorities } from "./platform-records.js";
import { CACHE_PREFIX, CacheError, basicLogin, createCacheClient } from "./platform-proxy.js";
import { auditTarget, keepAuthorities, storeAuthorities, trustOf } from "./session-records.js";
import { ProxyError } from "./proxy.js";
import { Health, HeldFiles, HostRefused, ModuleFiles, NotSent, Pins, Prefetcher, SumDbService, Versions, VulnDb, asksProxies, createChain, createDirect, createHandler, directEnv, fitLines, lazyHttpClient, prefetchLanes, rememberAbsences } from "./proxy-proxy.js";
import { Batcher } from "./audit-proxy.js";
import { createReadStream, existsSync } from "node:fs";
import { execFile } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { Transform, pipeline } from "node:stream";
import { availableParallelism } from "node:os";
import { dirname, isAbsolute, join, posix, resolve, sep } from "node:path";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { promises } from "node:dns";
import { buffer } from "node:stream/consumers";
// src/session/credentials/advice.ts
const ALLOWLIST = "the project that has the module must list this one under Settings > CI/CD > Job token permissions, and the user who started the pipeline needs the role Reporter there";
/** What a credential needs so that a module can be read with it; follows `it needs`. */
function needs({ kind, source, at }) {
	switch (kind) {
		case "CI job token": return `access to that project: ${ALLOWLIST}`;
		case "deploy token": return "the scope read_repository in the project or group that has the module, the user name that GitLab shows for it, and not to be revoked or expired; for a module in a subgroup GitLab wants an access token with read_api instead";
		case "GitLab access token": return "the scope read_repository (read_api too where modules lie in subgroups), the role Reporter in that project, and not to be revoked or expired";
		case "GitHub App token": return source === "GITHUB_TOKEN" ? "to be another one: that of a job reads only its own repository. Give actions/proxy the input token: of an App that is installed there, with contents: read" : "an App that is installed on that repository with contents: read, and to be younger than an hour";
		case "GitHub access token": return "contents: read on that repository (classic: the scope repo), and where the organisation uses SSO to be authorized for it";
		case "identity token": return `a server that trusts its issuer and its audience (aud); ${at.hostname} says that it does not`;
		case "password":
		case "token": return "to be valid, and the right to read that repository (contents: read at GitHub, read_repository at GitLab)";
	}
}
/** The credential in words: `the CI job token from CI_JOB_TOKEN`. */
function named({ kind, source }) {
	return `the ${kind} from ${source}`;
}
// src/session/credentials/explain.ts
const URL_IN = `(https?://[^\\s'"<>]{1,2000}?)`;
const NO_USERNAME = new RegExp(`could not read (?:Username|Password) for '?${URL_IN}'?:? `, "i");
const FAILED = new RegExp(`Authentication failed for '${URL_IN}'`, "i");
const GIT_STATUS = new RegExp(`unable to access '${URL_IN}': The requested URL returned error: (401|403)`, "i");
const GO_STATUS = new RegExp(`reading ${URL_IN}: (401|403)\\b`, "i");
const NOT_FOUND = new RegExp(`(?:repository '${URL_IN}' not found|reading ${URL_IN}: 404\\b)`, "i");
const SSH_DENIED = /(?:[^\s@:]{1,100}@)?([A-Za-z0-9.-]{1,253}|\[[0-9a-f:.]+\]): Permission denied \(([a-z,-]{1,100})\)/;
const SSH_UNKNOWN = /No \S{1,40} host key is known for (\S{1,260}) and/;
const SSH_CHANGED = /Host key verification failed/;
/**
* Reads from what git or go printed which server refused which credential, and what that lacks. Undefined where the
* trouble is another.
*/
function explainOutput(output, known) {
	const text = output.slice(-65536).replaceAll(/^\s*remote:.*$/gm, "");
	const missing = urlIn(NO_USERNAME.exec(text)?.[1]);
	if (missing !== void 0) return withoutCredential(missing, known);
	const failed = urlIn(FAILED.exec(text)?.[1]);
	if (failed !== void 0) return refused(failed, 401, known);
	const [, at, status] = GIT_STATUS.exec(text) ?? GO_STATUS.exec(text) ?? [];
	const stopped = urlIn(at);
	if (stopped !== void 0) return refused(stopped, Number(status), known);
	const ssh = explainSsh(text, known);
	if (ssh !== void 0) return ssh;
	const [, repository, page] = NOT_FOUND.exec(text) ?? [];
	const hidden = urlIn(repository ?? page);
	return hidden === void 0 ? void 0 : notFound(hidden, known);
}
/** The same for the answer of a module proxy; undefined where it is about no credential. */
function explainStatus(url, status, known) {
	if (status !== 401 && status !== 403) return void 0;
	if (url.username !== "" || url.password !== "") {
		const whose = "the user and password in its URL";
		const advice = `mend them in GOPROXY or proxy.upstream${status === 403 ? UNKNOWN_PATHS : ""}`;
		return certain(`${url.host} refused ${whose} (HTTP ${status})`, advice);
	}
	const sent = known.sent(url);
	if (sent === void 0 && status === 403) return void 0;
	if (sent === void 0) return withoutCredential(url, known);
	const advice = `it needs ${sent.kind === "identity token" ? needs(sent) : "to be valid and allowed to read modules there; with a username in proxy.credentials it is sent as a password, without one as a bearer token"}${status === 403 ? UNKNOWN_PATHS : ""}`;
	return certain(`${url.host} refused ${named(sent)} (HTTP ${status})`, advice);
}
/** A mirror may say 403 of whatever it does not know, whoever asks. */
const UNKNOWN_PATHS = "; a mirror that answers 403 for unknown paths needs absent-on-403: true in .modgate.yaml";
function refused(url, status, known) {
	const sent = known.sent(url);
	if (sent !== void 0) return certain(`${url.host} refused ${named(sent)} (HTTP ${status})`, `it needs ${needs(sent)}`);
	if (status === 401 && known.held(url) !== void 0) return withoutCredential(url, known);
	return certain(`${url.host} refused the credential that the job's own git settings have for it, or was shown none (HTTP ${status})`, `mend that one, or name one: ${howToName(url)}`);
}
function withoutCredential(url, known) {
	const held = known.held(url);
	if (url.protocol === "http:" && held !== void 0) return certain(`${url.host} asks for a credential, and ${named(held)} is not sent over plain http, where everybody on the way could read it`, "use https there, or list the host under proxy.insecure");
	const problem = known.problem(url);
	if (problem !== void 0) return certain(`${url.host} asks for a credential, and this job has none`, problem);
	return certain(`${url.host} asks for a credential, and this job has none for it`, `check the path, for a server may ask the same where nothing is; if it is private, name a credential: ${howToName(url)}`);
}
function howToName(url) {
	return `proxy.credentials: [{host: ${JSON.stringify(url.host)}, token-env: NAME}], with a token in NAME that may read it`;
}
function notFound(url, known) {
	const sent = known.sent(url);
	if (sent === void 0) return void 0;
	return {
		certain: false,
		why: `${url.host} has no such repository, or hides it from ${named(sent)}`,
		next: `check the path; if it is right, that credential needs ${needs(sent)}`
	};
}
function explainSsh(text, known) {
	const [, host, methods] = SSH_DENIED.exec(text) ?? [];
	if (host !== void 0) return certain(`${host} accepted no SSH key of this job, ${known.agent ? "neither of its agent nor of ~/.ssh" : "which has no SSH agent (SSH_AUTH_SOCK is not set)"} (${methods})`, "load a key that may read the repository (a deploy key, or one of a user) into an agent before modgate starts, or run modgate start again in the step that starts the agent");
	const [, unknown] = SSH_UNKNOWN.exec(text) ?? [];
	if (unknown === void 0 && !SSH_CHANGED.test(text)) return void 0;
	return certain(`the SSH host key of ${unknown !== void 0 && /^[A-Za-z0-9.:[\]-]+$/.test(unknown) ? unknown : "the server"} is not known to this job, or is not the one it knows`, "put its key into ~/.ssh/known_hosts before modgate starts, and compare it with the one that the server publishes");
}
function certain(why, next) {
	return {
		certain: true,
		why,
		next
	};
}
function urlIn(text) {
	if (text === void 0 || !URL.canParse(text)) return void 0;
	const url = new URL(text);
	url.username = "";
	url.password = "";
	return url;
}
// src/session/credentials/files.ts
/**
* Files with secrets for children of a session, below one directory that only this user enters. A file is written
* again only when its text has changed, and by one writer at a time.
*/
var SecretFiles = class {
	#dir;
	#written = /* @__PURE__ */ new Map();
	#last = Promise.resolve();
	/** @param dir made when the first file is written */
	constructor(dir) {
		this.#dir = dir;
	}
	/** Sees to it that these are the files; resolves when they are there. Rejects when the disk fails. */
	async keep(files) {
		const done = this.#last.then(async () => await this.#write(files));
		this.#last = done.catch(() => void 0);
		await done;
	}
	path(name) {
		return join(this.#dir, name);
	}
	async #write(files) {
		const changed = [...files].filter(([name, text]) => this.#written.get(name) !== text || !existsSync(this.path(name)));
		if (changed.length > 0) await mkdir(this.#dir, {
			recursive: true,
			mode: 448
		});
		for (const [name, text] of changed) {
			await writeWhole(this.path(name), text);
			this.#written.set(name, text);
		}
	}
	async remove() {
		await this.#last;
		await rm(this.#dir, {
			recursive: true,
			force: true
		});
	}
};
// src/session/credentials/netrc.ts
/** Larger is no file of logins, bytes. */
const MAX_BYTES = 1048576;
/** Most entries that are taken. */
const MAX_ENTRIES = 100;
/** The entries of a netrc, as go's own reader finds them: in their order, without `default` and macros. */
function parseNetrc(text) {
	const entries = [];
	let entry = {
		machine: "",
		login: "",
		password: ""
	};
	let inMacro = false;
	for (const line of text.split("\n")) {
		if (inMacro) {
			inMacro = line !== "";
			continue;
		}
		const words = line.split(/\s+/).filter((word) => word !== "");
		for (let i = 0; i < words.length - 1; i += 2) {
			const value = words[i + 1] ?? "";
			if (words[i] === "machine") entry = {
				machine: value,
				login: "",
				password: ""
			};
			else if (words[i] === "login") entry.login = value;
			else if (words[i] === "password") entry.password = value;
			else if (words[i] === "macdef") inMacro = true;
			if (entry.machine !== "" && entry.login !== "" && entry.password !== "") {
				if (entries.push(entry) >= MAX_ENTRIES) return entries;
				entry = {
					machine: "",
					login: "",
					password: ""
				};
			}
		}
		if (words.length % 2 === 1 && words.at(-1) === "default") return entries;
	}
	return entries;
}
/** The same as a file. A word with white space in it cannot be written, and such an entry is left out. */
function formatNetrc(entries) {
	return entries.filter(({ machine, login, password }) => [
		machine,
		login,
		password
	].every((word) => /^\S+$/.test(word))).map(({ machine, login, password }) => `machine ${machine} login ${login} password ${password}\n`).join("");
}
/** Where go looks for the netrc of a job; the first that is there counts. */
function netrcPlaces(env, platform) {
	if (env.NETRC) return [env.NETRC];
	const home = platform === "win32" ? env.USERPROFILE : env.HOME;
	if (!home) return [];
	return platform === "win32" ? [join(home, "_netrc"), join(home, ".netrc")] : [join(home, ".netrc")];
}
/** The job's own entries, read anew; none where there is no file that can be read. */
async function readNetrc(env, platform) {
	for (const path of netrcPlaces(env, platform)) try {
		const { size } = await stat(path);
		if (size > MAX_BYTES) return [];
		return parseNetrc(await readFile(path, "utf8"));
	} catch {}
	return [];
}
// src/session/credentials/credentials.ts
/** A netrc that was read a moment ago is not read again for each request to an upstream, ms. */
const NETRC_MS = 1e3;
/** Who a session is to each server. Nothing here leaves for another host and port than it was given for. */
var Credentials = class {
	#deps;
	#files;
	#insecure;
	#warned = /* @__PURE__ */ new Set();
	#netrc = [];
	#netrcRead = Number.NEGATIVE_INFINITY;
	#reading = Promise.resolve();
	constructor(deps) {
		this.#deps = deps;
		this.#files = new SecretFiles(deps.dir);
		this.#insecure = deps.config.insecure.map(parseHostPort).filter((at) => typeof at !== "string");
	}
	/** What is sent to a URL; undefined where there is none, and over plain http unless its host is listed as insecure. */
	async forUrl(url) {
		await this.#readNetrc(NETRC_MS);
		return this.#sent(url);
	}
	/**
	* The Authorization header of a request to a module proxy. User and password in the URL itself win. Throws
	* NotSent where those would be sent over plain http to another machine.
	*/
	async authorize(url) {
		const login = basicLogin(url);
		if (login !== void 0) {
			if (url.protocol === "http:" && !isPlainLoopback(url) && !this.#isInsecure(url)) throw new NotSent(`the password in its URL is not sent over plain http, where everybody on the way could read it; use https, or list ${url.host} under proxy.insecure`);
			return login;
		}
		const found = await this.forUrl(url);
		if (found === void 0) return void 0;
		return found.username === void 0 ? `Bearer ${found.secret}` : basic(found.username, found.secret);
	}
	/** What children are given: a netrc for go, one helper a host for git. Rejects when the disk fails. */
	async childPart() {
		await this.#readNetrc(0);
		const { secrets } = this.#deps;
		const all = this.#all();
		const files = /* @__PURE__ */ new Map();
		const git = [...secrets.git];
		const seen = /* @__PURE__ */ new Set();
		for (const credential of all) {
			const host = httpsHost(credential.at);
			if (seen.has(host)) continue;
			seen.add(host);
			const name = `git-${createHash("sha256").update(host).digest("hex").slice(0, 16)}`;
			files.set(name, `username=${gitUser(credential)}\npassword=${credential.secret}\n`);
			git.push(...this.#helper(credential, this.#files.path(name)));
		}
		const auth = this.#goAuth(all);
		if (auth !== void 0) files.set("netrc", formatNetrc(auth.entries));
		await this.#files.keep(files);
		return {
			env: {
				...secrets.env,
				...auth === void 0 ? {} : { NETRC: this.#files.path("netrc") },
				...auth?.goauth === void 0 ? {} : { GOAUTH: auth.goauth }
			},
			git
		};
	}
	/** Which server refused which credential, read from what git or go printed; undefined where it is another trouble. */
	explain(output) {
		return explainOutput(output, this.#known());
	}
	/** The same for the answer of a module proxy. */
	explainStatus(url, status) {
		return explainStatus(url, status, this.#known());
	}
	/** Takes the files away. */
	async close() {
		await this.#files.remove();
	}
	#known() {
		return {
			sent: (url) => this.#sent(url),
			held: (url) => this.#all().find(({ at }) => isAt(url, at)),
			problem: (url) => this.#collect().missing.find(({ at }) => isAt(url, at))?.why,
			agent: Boolean(this.#deps.secrets.env.SSH_AUTH_SOCK ?? this.#deps.env.SSH_AUTH_SOCK)
		};
	}
	#sent(url) {
		if (url.protocol !== "https:" && !(url.protocol === "http:" && this.#isInsecure(url))) return void 0;
		return this.#all().find(({ at }) => isAt(url, at));
	}
	#isInsecure(url) {
		return this.#insecure.some((at) => isAt(url, at));
	}
	/** The first one for a host counts: what was named for it, what the job's netrc says, the platform's own token. */
	#all() {
		const { credentials } = this.#collect();
		return [
			...credentials.filter(({ named }) => named),
			...this.#netrc.flatMap(ofNetrc),
			...credentials.filter(({ named }) => !named)
		];
	}
	#collect() {
		const { config, secrets, redactor, warn } = this.#deps;
		const collected = collect(config.credentials, secrets.given);
		redactor.add(collected.credentials.map(({ secret }) => secret));
		for (const { why } of collected.missing) {
			if (this.#warned.has(why)) continue;
			this.#warned.add(why);
			warn(why);
		}
		return collected;
	}
	async #readNetrc(maxAgeMs) {
		const { env, secrets, os, now, redactor } = this.#deps;
		if (now() - this.#netrcRead >= maxAgeMs) {
			this.#netrcRead = now();
			this.#reading = readNetrc({
				...env,
				...secrets.env
			}, os).then((entries) => {
				redactor.add(entries.map(({ password }) => password));
				this.#netrc = entries;
			});
		}
		await this.#reading;
	}
	#helper({ at, named }, file) {
		const urls = [`https://${httpsHost(at)}`];
		const plain = new URL(`http://${at.hostname}${at.port === void 0 ? "" : `:${at.port}`}`);
		if (this.#isInsecure(plain)) urls.push(plain.origin);
		return urls.flatMap((url) => {
			const key = `credential.${url}.helper`;
			const ours = [key, readingHelper(file, this.#deps.os)];
			return named ? [[key, ""], ours] : [ours];
		});
	}
	/** A netrc for go's own requests, and GOAUTH where the job's would not read it; undefined where the job's own will do. */
	#goAuth(all) {
		const own = this.#deps.secrets.env.GOAUTH ?? (this.#deps.goauth || (this.#deps.env.GOAUTH ?? ""));
		const readsNetrc = own === "" || own.split(";").some((part) => part.trim() === "netrc");
		const entriesOf = (of) => of.map((credential) => ({
			machine: httpsHost(credential.at),
			login: gitUser(credential),
			password: credential.secret
		}));
		const ours = readsNetrc ? all : all.filter(({ named }) => named);
		if (ours.length === 0) return void 0;
		if (own === "" || own.trim() === "netrc") return { entries: entriesOf(ours) };
		return {
			entries: entriesOf(ours),
			goauth: own.trim() === "off" ? "netrc" : `netrc;${own}`
		};
	}
};
/**
* A helper of git that reads and never writes: git's own `store` would take in every credential that worked for the
* host, and drop ours at the first refusal. git runs it by the shell that comes with it, on Windows too.
*/
function readingHelper(file, os) {
	return `!f() { test "$1" != get || cat '${(os === "win32" ? file.replaceAll("\\", "/") : file).replaceAll("'", `'\\''`)}'; }; f`;
}
/** git and a netrc know no token without a user; the forges take any name, but for these. */
function gitUser({ username, at: { hostname }, kind }) {
	if (username !== void 0) return username;
	if (kind === "GitHub App token" || kind === "GitHub access token" || hostname === "github.com") return "x-access-token";
	return hostname === "bitbucket.org" ? "x-token-auth" : "oauth2";
}
function ofNetrc({ machine, login, password }) {
	const at = parseHostPort(machine);
	if (typeof at === "string") return [];
	return [{
		at,
		kind: "password",
		source: "the netrc of the job",
		username: login,
		secret: password,
		named: false
	}];
}
function basic(username, password) {
	return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
// src/session/policy/accepted.ts
/**
* Which refusals the check of the same checkout would not count: what a waiver names, also one that has run out
* (a date alone must break no build; the scheduled check tells of it), and the findings of the checkout that are
* waived or in the baseline.
*/
var Accepted = class {
	#waivers;
	#known;
	/** @param found what the checkout has of such findings */
	constructor(engine, policy, now, found) {
		const byModule = engine.checkWaivers(policy, now).filter(({ waiver }) => waiver.module !== void 0 && waiver.module.trim() !== "").map((checked) => ({
			...checked,
			waiver: {
				...checked.waiver,
				file: void 0
			}
		}));
		this.#waivers = new engine.WaiverIndex(byModule);
		this.#known = new Set(found.map(keyOf));
	}
	/** Takes in what was found later, in a checkout that was not there before. */
	add(found) {
		for (const one of found) this.#known.add(keyOf(one));
	}
	has(one) {
		return this.#known.has(keyOf(one)) || this.#waivers.matches({
			...one,
			file: ""
		}).length > 0;
	}
};
function keyOf({ rule, module }) {
	return `${rule} ${module}`;
}
// src/session/policy/engine.ts
/**
* The parts of the policy's room that a session uses. They are loaded when there is a policy to enforce: a job
* without one must not pay for them at its start.
*/
async function loadEngine() {
	const [judge, waivers] = await Promise.all([import("./lazy/policy-judge.js"), import("./lazy/policy-waivers.js")]);
	return {
		...judge,
		...waivers
	};
}
// src/session/network/host-name.ts
/** Longest name that DNS knows. */
const LONGEST = 253;
/**
* A host as everything here compares it: lower case, no final dot, international names in their ASCII form, IPv4 in
* four decimal parts however it was written (`0x7f.1` is 127.0.0.1 to a resolver), IPv6 shortened and without
* brackets. Undefined for what is no host: with user, port, path, escapes or a zone.
*/
function plainHost(text) {
	if (text.length > 506 || /[\s/?#@%\\<>^|\x00-\x20\x7f]/.test(text)) return void 0;
	const bare = text.replace(/\.$/, "");
	const bracketed = isIP(bare) === 6 ? `[${bare}]` : bare;
	if (bare === "" || !bracketed.startsWith("[") && bare.includes(":")) return void 0;
	const url = `http://${bracketed}/`;
	if (!URL.canParse(url)) return void 0;
	const { hostname } = new URL(url);
	const host = hostname.replace(/^\[|\]$/g, "");
	return host.length > LONGEST || /^\.|\.\.|\.$/.test(host) ? void 0 : host;
}
/** Reads `HOST:PORT` or `[V6]:PORT`, as a CONNECT request names its target; undefined for anything else. */
function parseTarget(text) {
	const [, name = "", digits = ""] = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
	const host = plainHost(name);
	const port = Number(digits);
	return host === void 0 || port < 1 || port > 65535 ? void 0 : {
		host,
		port
	};
}
/** Host and port of an http or https URL; undefined for one of another scheme. */
function targetOf(url) {
	const usual = url.protocol === "https:" ? 443 : url.protocol === "http:" ? 80 : void 0;
	const host = plainHost(url.hostname);
	if (usual === void 0 || host === void 0) return void 0;
	return {
		host,
		port: url.port === "" ? usual : Number(url.port)
	};
}
/** `HOST:PORT`, IPv6 in brackets; the host alone where the port is 0, which stands for any. */
function authority({ host, port }) {
	const name = host.includes(":") ? `[${host}]` : host;
	return port === 0 ? name : `${name}:${port}`;
}
// src/session/network/host-set.ts
/**
* Hosts that somebody named. A name stands for the host on every port; an address, and this machine, for the port
* that was named with it alone, because many services of others lie behind it.
*/
var HostSet = class {
	/** Ports by host; undefined for all. */
	#exact = /* @__PURE__ */ new Map();
	#globs = [];
	get isEmpty() {
		return this.#exact.size === 0 && this.#globs.length === 0;
	}
	/** Takes `HOST` or `HOST:PORT`, or a glob for a host (`*.corp.example.com`); what is none of these is left out. */
	add(text) {
		const [, name = "", digits] = /^(\[[^\]]*\]|[^:]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
		if (/[*?[\]\\]/.test(name) && !name.startsWith("[")) {
			if (/[a-z0-9]/i.test(name.replace(/\[[^\]]*\]/g, ""))) this.#globs.push(name.toLowerCase());
			return;
		}
		const host = plainHost(name);
		if (host !== void 0) this.#put(host, digits === void 0 ? void 0 : Number(digits));
	}
	/** Takes the host of a URL of any scheme that has one. */
	addUrl(url) {
		if (!URL.canParse(url)) return;
		const parsed = new URL(url);
		const target = targetOf(parsed);
		if (target !== void 0) this.#put(target.host, target.port);
		else if (parsed.hostname !== "") this.add(parsed.host);
	}
	/** Takes the hosts of GOPRIVATE globs: the first element of each. */
	addPathGlobs(globs) {
		for (const glob of globs) this.add(glob.split("/", 1)[0] ?? "");
	}
	has({ host, port }) {
		if (this.#exact.has(host)) {
			const ports = this.#exact.get(host);
			if (ports === void 0 || ports.has(port)) return true;
		}
		return isIP(host) === 0 && this.#globs.length > 0 && matchGlobs(this.#globs, host);
	}
	#put(host, port) {
		if (!(isIP(host) !== 0 || isLoopback(host)) || port === void 0) {
			this.#exact.set(host, void 0);
			return;
		}
		const ports = this.#exact.get(host);
		if (this.#exact.has(host) && ports === void 0) return;
		this.#exact.set(host, (ports ?? /* @__PURE__ */ new Set()).add(port));
	}
};
// src/session/network/authorities.ts
/** Larger than any bundle of authorities, bytes. */
const MAX_FILE = 4194304;
/** Where go finds the authorities of a Linux system: the first of these that exists. */
const SYSTEM_FILES = [
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem"
];
/** Reads the files of `proxy.ca`. One that cannot be read is a warning: the connection that needs it will fail. */
async function readAuthorities(request) {
	const entries = await Promise.all(request.ca.map(async ({ hosts, file }, index) => {
		const set = new HostSet();
		for (const host of hosts) set.add(host);
		return {
			hosts: set,
			certificates: await certificatesOf(file, index, request)
		};
	}));
	entries.push(...await ofServer(request));
	return {
		any: entries.some(({ certificates }) => certificates.length > 0),
		forHost: (target) => entries.flatMap(({ hosts, certificates }) => hosts.has(target) ? certificates : []),
		bundle: async (jobFiles) => {
			const files = [...[
				request.env.SSL_CERT_FILE,
				request.env.GIT_SSL_CAINFO,
				request.env.NODE_EXTRA_CA_CERTS
			], ...jobFiles].filter((file) => file !== void 0 && file !== "");
			const texts = await Promise.all(files.map((file) => readPem(file).catch(() => "")));
			const all = [
				...await ofMachine(),
				...texts.flatMap(splitPem),
				...entries.flatMap((e) => e.certificates)
			];
			return `${[...new Set(all.map((pem) => pem.trim()))].join("\n")}\n`;
		}
	};
}
/** A GitLab runner that has been told the authority of its server tells it to its jobs, too. */
async function ofServer({ env: { CI_SERVER_TLS_CA_FILE: file, CI_SERVER_URL: url }, warn }) {
	if (!file || !url) return [];
	const hosts = new HostSet();
	hosts.addUrl(url);
	try {
		return [{
			hosts,
			certificates: await certificatesIn(file)
		}];
	} catch (error) {
		warn(`CI_SERVER_TLS_CA_FILE: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
		return [];
	}
}
/** Writes the bundle for children into the session directory; the path of the file. */
async function writeBundle(sessionDir, text) {
	const file = join(sessionDir, "authorities.pem");
	await writeFile(file, text, { mode: 384 });
	return file;
}
async function certificatesOf(file, index, { workspace, files, warn }) {
	const where = `proxy.ca[${index}]: ${file}`;
	const next = "next: name a PEM file with certificates, relative to the root of the repository";
	try {
		const found = splitPem(isAbsolute(file) || files === void 0 ? await readPem(resolve(workspace, file)) : files[file] ?? fail("the target branch has no such file"));
		if (found.length === 0) warn(`${where} has no certificate in it; ${next}`);
		for (const pem of found) checkCertificate(pem, where, warn);
		return found;
	} catch (error) {
		warn(`${where} cannot be read (${error instanceof Error ? error.message : String(error)}); ${next}`);
		return [];
	}
}
function checkCertificate(pem, where, warn) {
	let certificate;
	try {
		certificate = new X509Certificate(pem);
	} catch {
		warn(`${where} has a certificate that cannot be read, and that no program will believe`);
		return;
	}
	if (Date.parse(certificate.validTo) < Date.now()) warn(`${where} has a certificate that ended on ${certificate.validTo}`);
}
/** The certificates of a PEM file. Rejects with the error of the system. */
async function certificatesIn(file) {
	return splitPem(await readPem(file));
}
async function readPem(file) {
	const parts = [];
	for await (const part of createReadStream(file, { end: MAX_FILE })) parts.push(part);
	const bytes = Buffer.concat(parts);
	if (bytes.length > MAX_FILE) throw new Error(`it has more than ${MAX_FILE / 1024 / 1024} MiB`);
	return bytes.toString();
}
function fail(message) {
	throw new Error(message);
}
/** The certificates of a PEM text, each with its lines; whatever else stands there, keys too, is left out. */
function splitPem(text) {
	return text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
}
async function ofMachine() {
	const known = machineAuthorities();
	for (const file of SYSTEM_FILES) {
		const found = splitPem(await readPem(file).catch(() => ""));
		if (found.length > 0) return [...known, ...found];
	}
	return known;
}
// src/session/network/child-variables.ts
/** What sends go, git and hg through the filter, loopback of git's included. */
function proxyVariables(url) {
	return {
		HTTP_PROXY: url,
		HTTPS_PROXY: url,
		http_proxy: url,
		https_proxy: url,
		ALL_PROXY: url,
		all_proxy: url,
		NO_PROXY: "",
		no_proxy: "",
		GIT_HTTP_PROXY_AUTHMETHOD: "basic"
	};
}
/** The same in git's own words, which win over variables where the job uses them. */
function gitThrough(url, own, bundle) {
	const { host } = new URL(url);
	return [
		...own.proxies.map(({ key }) => [key, url]),
		[`credential.http://${host}.helper`, ""],
		...own.gitProtocol === void 0 ? [["protocol.git.allow", "never"]] : [],
		...bundle === void 0 ? [] : [["http.schannelUseSSLCAInfo", "true"]]
	];
}
/**
* Puts the gate in the place of ssh; it finds the job's own command in variables of ours.
* @param variant `ssh.variant` of the job's git; undefined where it has none
*/
function sshEnvironment(env, variant, filter) {
	const gate = fileURLToPath(new URL("../ssh-gate.js", import.meta.url));
	const own = env.GIT_SSH_COMMAND || env.GIT_SSH || "";
	return {
		GIT_SSH_COMMAND: `${quoted(process.execPath)} ${quoted(gate)}`,
		GIT_SSH_VARIANT: env.GIT_SSH_VARIANT || variant || variantOf(own),
		MODGATE_FILTER: filter,
		...env.GIT_SSH_COMMAND ? { MODGATE_SSH_COMMAND: env.GIT_SSH_COMMAND } : {},
		...env.GIT_SSH ? { MODGATE_SSH: env.GIT_SSH } : {}
	};
}
function variantOf(command) {
	const [, name = ""] = /(tortoiseplink|plink|putty)(?:\.exe)?["']?(?:\s|$)/i.exec(command) ?? [];
	return name === "" ? "ssh" : name.toLowerCase();
}
/** A word for the shell that git runs such commands with, on Windows too. */
function quoted(word) {
	return `'${word.replaceAll("'", `'\\''`)}'`;
}
/** Settings of the job that switch the verification of servers off, by name. */
function unverified(env, goInsecure, git) {
	return [
		...env.GIT_SSL_NO_VERIFY ? ["GIT_SSL_NO_VERIFY"] : [],
		...goInsecure === "" ? [] : ["GOINSECURE"],
		...git.unverified
	];
}
// src/session/network/company-proxy.ts
/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY as go reads them; git's library agrees. Pure. */
function environmentProxies(env) {
	const either = (name) => env[name] || env[name.toLowerCase()] || void 0;
	const all = proxyUrl(either("ALL_PROXY"));
	const rest = all?.protocol === "http:" || all?.protocol === "https:" ? all : void 0;
	const http = proxyUrl(either("HTTP_PROXY")) ?? rest;
	const https = proxyUrl(either("HTTPS_PROXY")) ?? rest;
	const exempt = noProxy(either("NO_PROXY") ?? "");
	return (scheme, target) => {
		const proxy = scheme === "https" ? https : http;
		return proxy === void 0 || isLoopback(target.host) || exempt(target) ? void 0 : proxy;
	};
}
/** A proxy as people write it, `http://` being left out often; undefined for none. */
function proxyUrl(text) {
	if (text === void 0 || text.trim() === "") return void 0;
	const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
	return URL.canParse(url) ? new URL(url) : void 0;
}
/** The rules of `golang.org/x/net/http/httpproxy`: names with all below them, addresses, networks, ports, `*`. */
function noProxy(list) {
	const networks = new BlockList();
	const names = [];
	let all = false;
	for (const entry of list.toLowerCase().split(/[\s,]+/)) {
		if (entry === "") continue;
		if (entry === "*") all = true;
		const [, network = "", bits = ""] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
		const family = isIP(network);
		if (family !== 0) {
			if (Number(bits) <= (family === 4 ? 32 : 128)) networks.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
			continue;
		}
		const [, name = "", port] = /^(\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*|[^:]+)(?::(\d+))?$/.exec(entry) ?? [];
		const suffix = name.replace(/^\*(?=\.)/, "");
		const host = plainHost(suffix.replace(/^\./, ""));
		if (host !== void 0) names.push({
			host,
			itself: !suffix.startsWith("."),
			port: port === void 0 ? void 0 : Number(port)
		});
	}
	return ({ host, port }) => {
		if (all) return true;
		const family = isIP(host);
		if (family !== 0 && networks.check(host, family === 4 ? "ipv4" : "ipv6")) return true;
		return names.some((name) => (name.port === void 0 || name.port === port) && (name.itself && host === name.host || family === 0 && host.endsWith(`.${name.host}`)));
	};
}
// src/session/network/configured-hosts.ts
/**
* The hosts that the configuration, or the job's own settings of go, name: a word of the one or the other is enough
* for a request to go there, and for an address inside the company. Pure.
*/
function configuredHosts({ config, go, env, upstreams }) {
	const set = new HostSet();
	const { proxy, audit, cache } = config;
	for (const url of [...upstreams, ...(go?.GOPROXY ?? env.GOPROXY ?? "").split(/[,|]/)]) set.addUrl(url.trim());
	for (const upstream of proxy.upstream) set.addUrl(typeof upstream === "string" ? upstream : upstream.url);
	const [database = "", url] = (go?.GOSUMDB ?? env.GOSUMDB ?? "").trim().split(/\s+/);
	if (url !== void 0) set.addUrl(url);
	else if (database !== "off") set.add(database.split("+", 1)[0] ?? "");
	for (const { hosts } of proxy.ca) for (const host of hosts) set.add(host);
	for (const { host } of proxy.credentials) set.add(host);
	for (const host of [...proxy.hosts, ...proxy.ssh]) set.add(host);
	const vulndb = vulnDbOf(proxy.vulndb, env);
	if (vulndb !== void 0) set.addUrl(vulndb);
	set.addPathGlobs(proxy.private);
	for (const name of [
		"GOPRIVATE",
		"GONOPROXY",
		"GONOSUMDB",
		"GOINSECURE"
	]) set.addPathGlobs(splitGlobs(go?.[name] ?? env[name] ?? ""));
	if (audit.store !== null) set.addUrl(audit.store);
	for (const text of storeTexts(cache.store)) {
		const store = parseModuleStore(text);
		if (typeof store === "object" && store.kind === "bucket" && store.place.endpoint !== void 0) set.addUrl(store.place.endpoint);
	}
	for (const server of [env.GITHUB_SERVER_URL, env.CI_SERVER_URL]) if (server) set.addUrl(server);
	return set;
}
// src/session/network/explain.ts
const REACH = "next: run the job again; if it stays so, try modgate doctor on this runner, which tells names, connections and proxies apart";
/**
* Why a child did not get its module, from what the filter noted: git's library shows nothing of it but a number. A
* refusal comes before a host that could not be reached. Undefined where the filter has nothing to say.
* @param what `MODULE@VERSION` or another request in words
*/
function explainTroubles(what, { module, troubles }) {
	const head = `modgate: cannot fetch ${what} from version control: `;
	for (const trouble of troubles) {
		if (trouble.kind !== "refused") continue;
		const { refusal } = trouble;
		const lines = [
			`${head}${refusal.reason}`,
			`why asked: ${origin(trouble, module)}`,
			`fix: ${refusal.fix}`
		];
		const text = fitLines(lines, 640).join("\n");
		const rule = refusal.rule === void 0 ? {} : { rule: refusal.rule };
		return new ProxyError("denied", text, {
			upstream: "direct",
			reason: refusal.reason,
			...rule
		});
	}
	const [first] = troubles;
	if (first?.kind !== "unreachable") return void 0;
	return new ProxyError("upstream-unavailable", `${head}${first.reason}\n${REACH}`, { upstream: "direct" });
}
/** Who named the host. */
function origin({ refusal, after }, module) {
	const own = module.split("/", 1)[0] ?? "";
	const { host } = refusal.target;
	if (own === host) return "the module itself lies there, by its path";
	const last = after.at(-1);
	if (last !== void 0) return `${last} named it, in a redirect or as the place of ${module || "the module"}`;
	return module === "" ? "git was led there" : `git was led there for ${module}, by a setting of the job or by the path`;
}
// src/session/network/addresses.ts
/** The IANA registries of special-purpose addresses, as far as a server inside a network can have one of them. */
const KINDS = [
	{
		words: "a loopback address",
		v4: [["127.0.0.0", 8]],
		v6: [["::1", 128]]
	},
	{
		words: "the unspecified address",
		v4: [["0.0.0.0", 8]],
		v6: [["::", 128]]
	},
	{
		words: "a link-local address, where clouds keep the credentials of a machine",
		v4: [["169.254.0.0", 16]],
		v6: [["fe80::", 10]]
	},
	{
		words: "a private address",
		v4: [
			["10.0.0.0", 8],
			["172.16.0.0", 12],
			["192.168.0.0", 16]
		],
		v6: [["fc00::", 7], ["fec0::", 10]]
	},
	{
		words: "an address that carriers and clouds share",
		v4: [["100.64.0.0", 10]]
	},
	{
		words: "an address of the cloud platform itself",
		v4: [["168.63.129.16", 32]]
	},
	{
		words: "a reserved address",
		v4: [
			["192.0.0.0", 24],
			["198.18.0.0", 15],
			["240.0.0.0", 4]
		],
		v6: [["100::", 64], ["::", 96]]
	},
	{
		words: "a multicast address",
		v4: [["224.0.0.0", 4]],
		v6: [["ff00::", 8]]
	},
	{
		words: "an address of a tunnel, which may lead anywhere",
		v6: [["2001::", 32], ["2002::", 16]]
	}
];
/** IPv6 addresses that stand for an IPv4 address in their last 32 bits: NAT64. Mapped ones BlockList knows itself. */
const EMBEDDING = ["64:ff9b::", "64:ff9b:1::"];
const lists = KINDS.map((kind) => [kind.words, listOf(kind)]);
function listOf({ v4 = [], v6 = [] }) {
	const list = new BlockList();
	for (const [network, bits] of v6) list.addSubnet(network, bits, "ipv6");
	for (const [network, bits] of v4) {
		list.addSubnet(network, bits, "ipv4");
		for (const prefix of EMBEDDING) list.addSubnet(`${prefix}${network}`, 96 + bits, "ipv6");
	}
	return list;
}
/**
* What an address is that only a network of one's own leads to, in words that follow "is"; undefined for one of the
* Internet, and for what is no address.
* @param address IPv4 in four decimal parts, or IPv6 without brackets and zone
*/
function specialAddress(address) {
	const family = isIP(address);
	if (family === 0) return void 0;
	return lists.find(([, list]) => list.check(address, family === 4 ? "ipv4" : "ipv6"))?.[0];
}
// src/session/network/host-rules.ts
const NAME_IT = "add the host to proxy.hosts in .modgate.yaml, or its modules to proxy.private, if it is meant to be asked";
/** Web ports; the other ones below 1024 belong to services that must not be talked to by mistake. */
const WEB_PORTS = /* @__PURE__ */ new Set([80, 443]);
/**
* Which hosts may be asked for modules: by their names, before anything is looked up. Pure.
*/
var HostRules = class {
	#settings;
	constructor(settings) {
		this.#settings = settings;
	}
	/** Whether the configuration or the job named the host. */
	isConfigured(target) {
		return this.#settings.configured.has(target) || this.#settings.alsoConfigured?.(target) === true;
	}
	/**
	* A host that modules are fetched from by git or that answers for them: its own, or one that another host named.
	* @param excused the policy has no say on this host, because it accepts a module of it
	*/
	origin(target, excused = false) {
		const word = excused ? void 0 : this.#settings.lists(target.host);
		const configured = this.isConfigured(target);
		if (word !== void 0 && (word.kind === "denied" || !configured)) return refusedByList(target, word);
		return configured ? {
			state: "allowed",
			reach: "any-address"
		} : this.#unnamed(target);
	}
	/** A host that an upstream proxy redirects to: storage of its own, which no list of modules' hosts names. */
	redirect(target) {
		const word = this.#settings.lists(target.host);
		if (word?.kind === "denied") return refusedByList(target, word);
		return this.isConfigured(target) ? {
			state: "allowed",
			reach: "any-address"
		} : this.#unnamed(target);
	}
	/** A host that git reaches by ssh. Without a word on ssh any will do, unless the policy lists hosts. */
	ssh(target, { listed, listsHosts }) {
		const word = this.#settings.lists(target.host);
		if (word?.kind === "denied") return refusedByList(target, word);
		if (listed.has(target)) return {
			state: "allowed",
			reach: "any-address"
		};
		if (listed.isEmpty) {
			if (this.isConfigured(target)) return {
				state: "allowed",
				reach: "any-address"
			};
			if (!listsHosts) return literal(target) ?? {
				state: "allowed",
				reach: "internet"
			};
		}
		const why = listed.isEmpty ? "the policy lists hosts, and neither proxy.ssh nor another key names this one for ssh" : "proxy.ssh does not have it";
		return {
			state: "refused",
			refusal: {
				target,
				rule: "host/not-allowed",
				reason: `${target.host} is not allowed over ssh: ${why}`,
				fix: `add ${target.host} to proxy.ssh in .modgate.yaml if modules may come from there`
			}
		};
	}
	#unnamed(target) {
		if (target.port < 1024 && !WEB_PORTS.has(target.port)) return {
			state: "refused",
			refusal: {
				target,
				rule: void 0,
				reason: `${authority(target)} is not asked: port ${target.port} is no port of a web server, and the configuration does not name this host`,
				fix: NAME_IT
			}
		};
		return literal(target) ?? {
			state: "allowed",
			reach: "internet"
		};
	}
};
function literal(target) {
	const special = specialAddress(target.host);
	return special === void 0 ? void 0 : {
		state: "refused",
		refusal: addressRefusal(target, target.host, special)
	};
}
/** The refusal of a host for what it resolves to. */
function addressRefusal(target, address, special) {
	return {
		target,
		rule: void 0,
		reason: `${address === target.host ? authority(target) : `${authority(target)} (${address})`} is not asked: it is ${special}, and the configuration does not name this host`,
		fix: NAME_IT
	};
}
function refusedByList(target, { kind, reason }) {
	const fix = kind === "denied" ? "use a module from another host" : `add ${target.host} to hosts.allow if modules may come from there`;
	const said = kind === "denied" ? "is a denied host" : "is not an allowed host";
	return {
		state: "refused",
		refusal: {
			target,
			rule: "host/not-allowed",
			reason: `${target.host} ${said}: ${reason}`,
			fix
		}
	};
}
// src/session/network/resolve.ts
/** As the machine resolves names: DNS, hosts file, whatever it has. */
const systemResolve = async (host) => await promises.lookup(host, {
	all: true,
	verbatim: true
});
/** Look-ups of the system at once: each takes one of four threads, by which files are read, too, for as long as it hangs. */
const AT_ONCE$1 = 2;
/** How long an answer stands, ms: a burst of connections asks once. */
const STANDS_MS = 2e3;
/** Hosts whose answers are remembered. */
const MAX_KNOWN = 256;
/**
* The same with few look-ups at once, and one for all who ask for a name at the same time. What a caller got stays
* what it connects to; nobody is told an answer that somebody else's judgement was about.
*/
function sharedResolve(resolve, now = () => performance.now()) {
	const known = /* @__PURE__ */ new Map();
	const gate = new Gate(AT_ONCE$1);
	return async (host) => {
		const before = known.get(host);
		if (before !== void 0 && now() - before.at < STANDS_MS) return await before.found;
		const found = gate.run(() => resolve(host));
		known.delete(host);
		const [oldest] = known.keys();
		if (known.size >= MAX_KNOWN && oldest !== void 0) known.delete(oldest);
		known.set(host, {
			at: Number.POSITIVE_INFINITY,
			found
		});
		found.then(() => known.get(host)?.found === found && known.set(host, {
			at: now(),
			found
		}), () => known.get(host)?.found === found && known.delete(host));
		return await found;
	};
}
/** Refused for where it leads to, or by what judged it before. */
var RefusedHost = class extends HostRefused {
	name = "RefusedHost";
	code = "host-refused";
	refusal;
	constructor(refusal) {
		super(refusal.reason, refusal.fix);
		this.refusal = refusal;
	}
};
/** Longest wait for the addresses of a name, ms: a system that asks several silent servers takes longer. */
const LOOKUP_MS = 2e4;
/** Most addresses of one name that are looked at; a connection tries no more either. */
const MAX_ADDRESSES = 32;
/**
* The addresses of a host that may be connected to. They are looked up once and then used, so that a name which
* answers otherwise the next time gains nothing. Rejects with RefusedHost when any of them leads into a network of
* one's own though only the Internet is meant, or with the error of the look-up.
*/
async function addressesFor(target, reach, resolve, withinMs = LOOKUP_MS) {
	const family = isIP(target.host);
	const found = family === 0 ? (await inTime(target.host, resolve, withinMs)).slice(0, MAX_ADDRESSES) : [{
		address: target.host,
		family
	}];
	if (reach === "internet") for (const { address } of found) {
		const special = specialAddress(address.replace(/%.*$/, ""));
		if (special !== void 0) throw new RefusedHost(addressRefusal(target, address, special));
	}
	return found;
}
async function inTime(host, resolve, ms) {
	let timer;
	const late = new Promise((_, failed) => {
		const error = Object.assign(/* @__PURE__ */ new Error(`lookup ${host}: no answer within ${ms / 1e3} s`), { code: "EAI_AGAIN" });
		timer = setTimeout(() => failed(error), ms);
	});
	try {
		return await Promise.race([resolve(host), late]);
	} finally {
		clearTimeout(timer);
	}
}
/** A look-up for `net.connect` that gives addresses which were judged before. */
function fixedLookup(addresses) {
	return (host, options, done) => {
		const [first] = addresses;
		if (first === void 0) done(Object.assign(/* @__PURE__ */ new Error(`no such host: ${host}`), { code: "ENOTFOUND" }), "", 0);
		else if (options.all === true) done(null, [...addresses]);
		else done(null, first.address, first.family);
	};
}
/** A look-up for a client that connects by itself. */
function lookupFor(reach, resolve) {
	return (host, options, done) => {
		addressesFor({
			host,
			port: 0
		}, reach, resolve).then((found) => fixedLookup(found)(host, options, done), (error) => done(error, "", 0));
	};
}
// src/session/network/gate.ts
/** The rules as the client of the upstreams asks them: what it is configured for is configured, redirects are judged. */
function upstreamGate({ rules, authorities, resolve, log }) {
	return {
		judge: (url, isRedirect) => {
			const target = isRedirect ? targetOf(url) : void 0;
			if (target === void 0) return "any-address";
			const judged = rules.redirect(target);
			if (judged.state === "allowed") return judged.reach;
			log(`refused: ${judged.refusal.reason}`);
			throw new RefusedHost(judged.refusal);
		},
		lookups: {
			"any-address": lookupFor("any-address", resolve),
			internet: lookupFor("internet", resolve)
		},
		authorities: (url) => {
			const target = targetOf(url);
			return target === void 0 ? [] : authorities.forHost(target);
		}
	};
}
// src/session/network/host-lists.ts
/**
* The lists of hosts of all layers; the strictest word counts. Loads the policy's room, and only where a layer has
* lists that are errors: the others are for the check to report.
*/
async function hostLists(policy) {
	const layers = policy.layers.filter(({ hosts, rules }) => hosts.allow.length + hosts.deny.length > 0 && rules.get("host/not-allowed")?.level === "error");
	if (layers.length === 0) return {
		any: false,
		word: () => void 0
	};
	const { hostRefusal } = await import("./lazy/policy-host-lists.js");
	return {
		any: true,
		word: (host) => {
			const said = layers.flatMap((layer) => hostRefusal(layer, host) ?? []);
			const worst = said.find(({ kind }) => kind === "denied") ?? said[0];
			return worst === void 0 ? void 0 : {
				kind: worst.kind,
				reason: worst.reason
			};
		}
	};
}
// src/session/fetch/children.ts
/**
* Puts the environment of children together: the job's own as far as it does not change what is fetched, then what
* each source adds, a later source winning.
* @param job the job's environment, its `GIT_CONFIG_*` included, without other secrets
*/
function childEnvironment(job, sources) {
	const own = directEnv(job);
	return async (module) => {
		const parts = await Promise.all(sources.map(async (source) => await source(module)));
		const added = parts.flatMap((part) => part.git ?? []);
		return Object.assign({}, own, ...parts.map((part) => part.env ?? {}), gitConfigEnv(own, added));
	};
}
/** The clones are gone with the session: nobody gains by tidying them up, and a process that does outlives its git. */
const NO_UPKEEP = [["gc.auto", "0"], ["maintenance.auto", "false"]];
/**
* Settings of the job's go that decide how it fetches, also those of its file, which children do not read; and what is
* private, because that decides which version control GOVCS lets it use.
*/
function settingsOfSession(paths, go) {
	const { GOVCS = "", GOINSECURE = "" } = go ?? {};
	const env = {
		...GOVCS === "" ? {} : { GOVCS },
		...GOINSECURE === "" ? {} : { GOINSECURE },
		...paths.globs.length === 0 ? {} : { GOPRIVATE: paths.globs.join(",") }
	};
	return () => ({
		env,
		git: NO_UPKEEP
	});
}
/** More than anybody sets, and git reads each of them; a count beyond it is taken for damage. */
const MAX_OWN = 1e4;
/**
* The variables by which git takes settings from its environment: the job's own list goes on, because a second list
* would hide the first. Where two settings contradict each other git takes the later one, ours.
*/
function gitConfigEnv(own, added) {
	if (added.length === 0) return {};
	const count = /^\d+$/.test(own.GIT_CONFIG_COUNT ?? "") ? Number(own.GIT_CONFIG_COUNT) : 0;
	const first = count <= MAX_OWN ? count : 0;
	const out = { GIT_CONFIG_COUNT: String(first + added.length) };
	for (const [index, [key, value]] of added.entries()) {
		out[`GIT_CONFIG_KEY_${first + index}`] = key;
		out[`GIT_CONFIG_VALUE_${first + index}`] = value;
	}
	return out;
}
// src/session/network/git-settings.ts
/** Most bytes of settings that are read; what has more is read as if it had none. */
const MAX_OUTPUT = 4194304;
/**
* Asks git for all its settings outside any repository.
* @param dir where children run; a repository above it is not looked into
*/
async function readGitSettings(env, dir) {
	return gitSettings(parseList(await new Promise((done) => {
		execFile("git", [
			"config",
			"--includes",
			"--list",
			"-z"
		], {
			cwd: dir,
			env: {
				...withoutProxies(env),
				GIT_CEILING_DIRECTORIES: dirname(dir)
			},
			maxBuffer: MAX_OUTPUT,
			timeout: 1e4,
			windowsHide: true
		}, (error, stdout) => done(error === null ? stdout : ""));
	})));
}
/** Nothing is fetched, and a proxy's variable may hold the password of the company's. */
function withoutProxies(env) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:https?|all|no)_proxy$/i.test(name)));
}
/** Reads the output of `git config --list -z`. A key without a value means true. */
function parseList(text) {
	return text.split("\0").filter((entry) => entry !== "").map((entry) => {
		const end = entry.indexOf("\n");
		return end < 0 ? [entry, "true"] : [entry.slice(0, end), entry.slice(end + 1)];
	});
}
/** What settings say about the network; the later one of two wins. Pure. */
function gitSettings(list) {
	const leadsTo = new HostSet();
	const proxies = /* @__PURE__ */ new Map();
	const caFiles = /* @__PURE__ */ new Set();
	const unverified = /* @__PURE__ */ new Map();
	let gitProtocol;
	let sshVariant;
	for (const [key, value] of list) {
		const base = /^url\.(.+)\.insteadof$/s.exec(key)?.[1];
		if (base !== void 0) addBase(leadsTo, base);
		else if (/^http\.(?:.+\.)?proxy$/s.test(key)) proxies.set(key, value);
		else if (/^http\.(?:.+\.)?sslcainfo$/s.test(key)) caFiles.add(value);
		else if (/^http\.(?:.+\.)?sslverify$/s.test(key)) unverified.set(key, value);
		else if (key === "protocol.git.allow") gitProtocol = value;
		else if (key === "ssh.variant") sshVariant = value === "auto" ? void 0 : value;
	}
	return {
		proxies: [...proxies].map(([key, value]) => ({
			key,
			value
		})),
		proxyFor: proxyForOf(proxies),
		leadsTo,
		caFiles: [...caFiles].filter((file) => file !== ""),
		unverified: [...unverified].filter(([, value]) => /^(?:false|no|off|0|)$/i.test(value)).map(([key]) => key),
		gitProtocol,
		sshVariant
	};
}
/** `https://HOST/`, `ssh://git@HOST:22/` or `git@HOST:`. */
function addBase(hosts, base) {
	if (/^[a-z][a-z0-9+.-]*:\/\//i.test(base)) hosts.addUrl(base);
	else hosts.add(/^(?:[^@/]*@)?([^:/]+):/.exec(base)?.[1] ?? "");
}
/** Among the settings for a host the one with the longest URL counts, as git prefers the more specific one. */
function proxyForOf(proxies) {
	if (proxies.size === 0) return () => void 0;
	const bySpeciality = [...proxies].map(([key, value]) => ({
		url: key.slice(5, -6),
		value,
		key
	})).sort((a, b) => b.url.length - a.url.length);
	return (target) => {
		const found = bySpeciality.find(({ key, url }) => key === "http.proxy" || isFor(url, target));
		return found === void 0 ? void 0 : { proxy: proxyUrl(found.value) };
	};
}
function isFor(pattern, target) {
	const wild = /^https?:\/\/(?:[^@/]*@)?\*\.([^:/]+)/i.exec(pattern)?.[1];
	if (wild !== void 0) {
		const host = plainHost(wild);
		return host !== void 0 && target.host.endsWith(`.${host}`) && !target.host.slice(0, -host.length - 1).includes(".");
	}
	const named = URL.canParse(pattern) ? targetOf(new URL(pattern)) : void 0;
	return named !== void 0 && named.host === target.host && named.port === target.port;
}
// src/session/network/job-git.ts
/** Settings are read again after this long, ms: a later step of the job may change git's files. */
const STAND_MS = 2e3;
/** What git is told by the job, read anew while the job goes on. */
var JobGit = class {
	#env;
	#dir;
	#handed;
	#latest;
	#reading;
	/**
	* @param env the job's environment, `GIT_CONFIG_*` included
	* @param dir where children run
	* @param handed settings that later steps of the job handed over
	*/
	constructor(env, dir, handed = () => []) {
		this.#env = env;
		this.#dir = dir;
		this.#handed = handed;
	}
	/** What was read last; undefined before the first time. */
	get latest() {
		return this.#latest;
	}
	async read() {
		const handed = this.#handed();
		const now = performance.now();
		if (this.#reading === void 0 || this.#reading.handed !== handed || now - this.#reading.at > STAND_MS) {
			const env = {
				...this.#env,
				...gitConfigEnv(this.#env, handed)
			};
			this.#reading = {
				at: now,
				handed,
				found: readGitSettings(env, this.#dir)
			};
		}
		this.#latest = await this.#reading.found;
		return this.#latest;
	}
};
// src/session/network/network.ts
/** Longest wait for the addresses of a host that ssh is to reach, ms; ssh looks it up again itself. */
const SSH_LOOKUP_MS = 5e3;
/** Puts the rules together. The filter itself starts with the first child. */
async function openNetwork(deps) {
	const { request, policy, upstreams, log, warn } = deps;
	const { config, go, gitEnv } = request;
	const env = {
		...request.env,
		...gitEnv
	};
	const told = (line) => log(`network: ${line}`);
	const resolve = sharedResolve(deps.resolve ?? systemResolve);
	const [lists, authorities] = await Promise.all([hostLists(policy), readAuthorities({
		ca: config.proxy.ca,
		workspace: request.workspace,
		files: request.authorityFiles,
		env,
		warn
	})]);
	const accepted = lists.any ? new Accepted(await loadEngine(), policy, /* @__PURE__ */ new Date(), request.accepted ?? []) : void 0;
	const git = new JobGit(env, request.sessionDir, deps.handedGit);
	const rules = new HostRules({
		configured: configuredHosts({
			config,
			go,
			env,
			upstreams
		}),
		lists: lists.word,
		alsoConfigured: (target) => git.latest?.leadsTo.has(target) === true
	});
	const sshHosts = new HostSet();
	for (const host of config.proxy.ssh) sshHosts.add(host);
	const isExcused = (target, { module }) => module.split("/", 1)[0] === target.host && accepted?.has({
		rule: "host/not-allowed",
		module
	}) === true;
	const judgeSsh = async (target) => {
		const judged = rules.ssh(target, {
			listed: sshHosts,
			listsHosts: lists.any
		});
		if (judged.state === "refused" || judged.reach === "any-address") return judged;
		try {
			await addressesFor(target, "internet", resolve, SSH_LOOKUP_MS);
		} catch (error) {
			if (error instanceof RefusedHost) return {
				state: "refused",
				refusal: error.refusal
			};
		}
		return judged;
	};
	const ofEnvironment = environmentProxies(env);
	const proxyFor = (scheme, target) => {
		const own = git.latest?.proxyFor(target);
		return own === void 0 ? ofEnvironment(scheme, target) : own.proxy;
	};
	const bundle = () => authorities.bundle(git.latest?.caFiles ?? []);
	let filter;
	let started;
	const start = async () => {
		const { startFilter } = await import("./lazy/session-network-filter.js");
		const ca = async () => [await bundle()];
		started = await startFilter({
			judge: (target, pass) => rules.origin(target, isExcused(target, pass)),
			judgeSsh,
			resolve,
			proxyFor,
			ca,
			log: told
		});
		return started;
	};
	let bundleFile;
	let warned = false;
	const child = async (module) => {
		filter ??= start();
		const [found, through] = await Promise.all([git.read(), filter]);
		if (!warned) {
			warned = true;
			const off = unverified(env, go?.GOINSECURE ?? "", found);
			if (off.length > 0) warn(`the job switches the verification of servers off (${off.join(", ")}): modgate leaves that as it is for version control. Name the authority of the company under proxy.ca instead`);
		}
		const url = through.urlFor(through.open(module));
		if (authorities.any) bundleFile ??= bundle().then((text) => writeBundle(request.sessionDir, text));
		const file = await bundleFile;
		return {
			env: {
				...proxyVariables(url),
				...file === void 0 ? {} : {
					SSL_CERT_FILE: file,
					GIT_SSL_CAINFO: file
				},
				...sshEnvironment(env, found.sshVariant, url)
			},
			git: gitThrough(url, found, file)
		};
	};
	return {
		gate: upstreamGate({
			rules,
			authorities,
			resolve,
			log: told
		}),
		child,
		explain: ({ what, env: given }) => {
			const pass = started?.passOf(given.HTTPS_PROXY ?? "");
			return pass === void 0 ? void 0 : explainTroubles(what, pass);
		},
		close: async () => (await filter?.catch(() => void 0))?.close()
	};
}
// src/session/fetch/sumdb-key.ts
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
// src/session/fetch/upstreams.ts
/** The network as the job's environment has it: its proxies, its extra certificates. */
async function openUpstreams(request) {
	const { env, version, credentials, gate, redact, log } = request;
	const now = () => performance.now();
	const http = lazyHttpClient({
		httpProxy: env.HTTP_PROXY ?? env.http_proxy,
		httpsProxy: env.HTTPS_PROXY ?? env.https_proxy,
		noProxy: env.NO_PROXY ?? env.no_proxy,
		extraCa: env.SSL_CERT_FILE === void 0 ? void 0 : await readText(env.SSL_CERT_FILE),
		userAgent: `modgate/${version}`,
		gate,
		authorize: (url) => credentials.authorize(url)
	});
	const health = new Health(now);
	return {
		http,
		health,
		chainDeps: {
			http,
			health,
			now,
			random: Math.random,
			sleep,
			redact,
			explain: (url, status) => credentials.explainStatus(url, status),
			onFailure: (what, upstream, failure) => log(`${upstream} ${what}: ${failure.message}`)
		}
	};
}
/** The chain: `proxy.upstream`, else the job's own GOPROXY without anything of ours. */
function upstreamEntries(config, goproxy, warn) {
	const configured = config.proxy.upstream;
	if (configured.length > 0) return configured.map((upstream) => typeof upstream === "string" ? {
		url: upstream,
		fallBackOn: "absent"
	} : {
		url: upstream.url,
		fallBackOn: "absent",
		absentOn403: upstream["absent-on-403"]
	});
	const value = withoutOurs(goproxy ?? "");
	try {
		return [...parseGoProxy(value).entries];
	} catch (error) {
		warn(`GOPROXY cannot be used (${redactUrl(error instanceof Error ? error.message : String(error))}): nothing can be fetched`);
		return [];
	}
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
// src/session/policy/needs.ts
function needsOf(mod) {
	return {
		module: mod.module?.path.value,
		requires: mod.require.map(({ path, version }) => ({
			path: path.value,
			version: version.value
		})),
		replaces: replacesOf(mod)
	};
}
/** The replaces of a file; of several with the same left side go keeps the last. */
function replacesOf(file) {
	const byOld = /* @__PURE__ */ new Map();
	for (const { oldPath, oldVersion, newPath, newVersion } of file.replace) byOld.set(`${oldPath.value}@${oldVersion?.value ?? ""}`, {
		oldPath: oldPath.value,
		oldVersion: oldVersion?.value,
		newPath: newPath.value,
		newVersion: newVersion?.value
	});
	return [...byOld.values()];
}
/** Replaces by what they replace; a pull request may write any number of them. */
var Replaces = class {
	#groups;
	/** @param groups those of go.work first: whatever it says of a path wins over what its modules say */
	constructor(...groups) {
		this.#groups = groups.map((group) => {
			const byOld = /* @__PURE__ */ new Map();
			for (const replace of group) {
				const key = `${replace.oldPath}@${replace.oldVersion ?? ""}`;
				if (!byOld.has(key)) byOld.set(key, replace);
			}
			return byOld;
		});
	}
	/** The replace in force for a version: one of that version wins over one of all versions. */
	find(path, version) {
		for (const group of this.#groups) {
			const found = group.get(`${path}@${version}`) ?? group.get(`${path}@`);
			if (found !== void 0) return found;
		}
	}
	/** Every one of them, those of go.work first. */
	*all() {
		for (const group of this.#groups) yield* group.values();
	}
	/** Where a version really comes from; undefined for a directory, and for what go would refuse. */
	source(path, version) {
		const found = this.find(path, version);
		if (found === void 0) return {
			path,
			version
		};
		const { newPath, newVersion } = found;
		return newVersion !== void 0 && isValid(newVersion) && checkPath(newPath) === void 0 ? {
			path: newPath,
			version: newVersion
		} : void 0;
	}
};
// src/session/fetch/prefetch-plan.ts
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
	for (const mod of input.mods) for (const { path, version } of mod.requires) {
		if (!isValid(version) || checkPath(path) !== void 0) continue;
		const known = selected.get(path);
		if (known === void 0 || compareVersions(known, version) < 0) selected.set(path, version);
	}
	const replaces = new Replaces(input.work ?? [], input.mods.flatMap((mod) => mod.replaces));
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
		const target = replaces.source(path, version);
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
		const target = replaces.source(module, version);
		if (target?.path !== module || target.version !== version) continue;
		add(module, version, "mod");
	}
	return items;
}
// src/session/fetch/vouch.ts
/**
* Which modules no checksum database is to know, so that the hash of a first fetch is pinned. Toolchains are not among
* them: go takes none without the database.
* @param goSumDb GOSUMDB as in force; undefined where nobody could tell
*/
function pinned(goSumDb, noSumDb) {
	const off = /^off(?:\s|$)/.test(goSumDb?.trim() ?? "");
	return (module) => module !== "golang.org/toolchain" && (off || matchGlobs(noSumDb, module));
}
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
// src/session/credentials/refused-child.ts
/**
* What the user is told of a fetch from version control that failed over a credential; undefined where it failed over
* something else. Where a server hides what one may not see it stays a 404, because go asks for prefixes of paths, too.
*/
function refusedChild({ what, output }, explain) {
	const refusal = explain(output);
	if (refusal === void 0) return void 0;
	const { certain, why, next } = refusal;
	return certain ? new ProxyError("upstream-refused", `modgate: cannot fetch ${what} from version control: ${why}\nnext: ${next}`, { upstream: "direct" }) : new ProxyError("absent", `not found: ${what} in version control: ${why}\nnext: ${next}`, { upstream: "direct" });
}
// src/session/audit/shared-spool.ts
/**
* Where sessions that share a module store leave each other what they could not send. Each audit store has a directory
* of its own: records of one must not go to another.
*/
function sharedSpool(storeDir, auditStore) {
	const of = createHash("sha256").update(auditStore).digest("hex").slice(0, 16);
	return join(storeDir, ...SPOOL.split("/"), of);
}
/**
* Sends what earlier sessions left, until nothing is left or the signal says so. Several sessions may do this at once:
* a store takes a batch twice as once. Never rejects.
*/
async function sendShared(dir, target, signal, log) {
	try {
		const source = new SharedSpool(dir);
		if (!await source.look()) return;
		const { sent, left, error } = await deliver(target, source, { signal });
		log(`audit: of what earlier sessions left in ${dir}, ${sent} batches were sent and ${left} wait${error === void 0 ? "" : ` (${error.message})`}`);
	} catch (error) {
		log(`audit: ${dir}: ${error instanceof Error ? error.message : String(error)}`);
	}
}
/** The files of a shared spool as the delivery sees them. */
var SharedSpool = class {
	#spool;
	#files = [];
	#kept = [];
	constructor(dir) {
		this.#spool = new Spool(dir);
	}
	/** Whether there is anything. */
	async look() {
		this.#files = await this.#spool.list();
		return this.#files.length > 0;
	}
	async next() {
		for (let file = this.#files[0]; file !== void 0; file = this.#files[0]) {
			const bytes = await this.#spool.read(file);
			const own = bytes && await readOwn(file.digest, bytes);
			if (own !== void 0) return own.sealed;
			this.#files.shift();
			if (bytes !== void 0) this.#keep(file, "its file is damaged");
		}
	}
	async acked({ no, digest }) {
		this.#files = this.#files.filter((file) => file.digest !== digest);
		await this.#spool.remove({
			no,
			digest
		});
	}
	async keep({ no, digest }, why) {
		this.#files = this.#files.filter((file) => file.digest !== digest);
		this.#keep({
			no,
			digest
		}, why);
	}
	/** The chain that it is a part of is not here. */
	async split() {
		return false;
	}
	kept() {
		return this.#kept;
	}
	waiting() {
		return this.#files.length + this.#kept.length;
	}
	#keep({ no, digest }, why) {
		this.#kept.push({
			no,
			digest,
			why
		});
	}
};
// src/session/audit/trail.ts
/** How long a session that needs its store waits for the first acknowledgement, ms. */
const REQUIRED_MS = 1e4;
/**
* Begins to send the records of a session. Resolves when the opening batch is on the disk. Rejects with ConfigError
* for a store that cannot be meant here, and with the error of the system.
*/
async function beginAuditTrail({ request, storeDir, journal, log }) {
	const { audit, auditEnv, sessionDir, config, workspace, authorityFiles: files } = request;
	if (audit === void 0) throw new Error("there is no audit store");
	const file = auditFileOf(audit, request, storeDir);
	const env = {
		...request.env,
		...auditEnv
	};
	const believed = await storeAuthorities({
		store: file.store,
		ca: config.proxy.ca,
		workspace,
		files,
		env
	});
	await keepAuthorities(sessionDir, believed);
	await writeAuditFile(sessionDir, file);
	const target = await auditTarget(file, auditEnv, void 0, trustOf(async () => believed, env));
	const outbox = await Outbox.open({
		sessionDir,
		journal
	});
	const batcher = new Batcher({
		outbox,
		journal,
		target,
		log
	});
	await batcher.start();
	const goModCache = request.modcache ?? request.go?.GOMODCACHE;
	const looking = goModCache === void 0 ? void 0 : inventoryAtStart({
		sessionDir,
		goModCache,
		began: performance.timeOrigin,
		now: /* @__PURE__ */ new Date()
	}).catch((error) => log(`what GOMODCACHE held was not written down: ${String(error)}`));
	const closing = new AbortController();
	const others = file.shared && file.keep !== void 0 ? sendShared(file.keep, target, closing.signal, log) : Promise.resolve();
	return {
		acknowledged: async () => {
			const why = await batcher.acknowledged(REQUIRED_MS);
			if (why === void 0) return;
			throw new SessionError("audit", `audit.required is on, and the opening record was not delivered: ${why}. Mend the store or its token (${audit.tokenEnv}), or take audit.required away`);
		},
		stop: async () => {
			closing.abort();
			await Promise.all([
				batcher.stop(),
				others,
				looking
			]);
		}
	};
}
function auditFileOf(audit, { store, reports, workspace }, storeDir) {
	const shared = store.lifetime === "persistent";
	const published = reports.published ? join(reports.dir, ARTIFACT_DIR) : void 0;
	const keep = shared ? sharedSpool(storeDir, audit.store) : published;
	return {
		v: 1,
		...audit,
		...keep === void 0 ? {} : { keep },
		shared,
		reports: reports.dir,
		workspace
	};
}
// src/session/cache/restore.ts
/** A cache that takes longer than this has nothing to offer to a job any more. */
const RESTORE_TIMEOUT_MS = 12e4;
/** Parents that come at once, beside each other. */
const AT_ONCE = 3;
/** Headers, index entries, padding for each file, and what else an archive may hold: see `pack`. */
const PER_FILE = 8192;
const ANYHOW = MAX_MANIFEST_SIZE + 50331648;
/**
* Brings in the shared cache, while the job works already: the newest entry names the set, and it and its parents
* stream into the store file by file. Never rejects for trouble of the cache; says in one line what was lost, and
* tells `restoring` what is there and what will not come.
*/
async function restoreStore(deps) {
	const began = performance.now();
	const report = {
		...await restore(deps).catch((error) => {
			const why = error instanceof Error ? error.message : String(error);
			const quiet = error instanceof CacheError && (error.code === "denied" || error.code === "cancelled");
			if (quiet) deps.log(`shared cache: ${why}`);
			else deps.warn(`the shared cache was not restored: ${why}; this job downloads its modules again`);
			return {
				state: quiet ? "off" : "failed",
				why
			};
		}).finally(() => deps.restoring.end()),
		ms: Math.round(performance.now() - began)
	};
	await writeWhole(join(deps.request.sessionDir, FILES.restore), JSON.stringify(report)).catch(() => void 0);
	return report;
}
async function restore(deps) {
	const { request, log } = deps;
	const barred = cacheUnavailable(request.cacheEnv, "read");
	if (barred !== void 0) {
		log(`shared cache: ${barred}`);
		return {
			state: "off",
			why: barred
		};
	}
	const timeout = AbortSignal.timeout(RESTORE_TIMEOUT_MS);
	const signal = AbortSignal.any([deps.signal, timeout]);
	const client = createCacheClient({
		env: request.cacheEnv,
		version: request.version,
		signal,
		log
	});
	const asked = client.lookup([CACHE_PREFIX]);
	warmThread();
	const hit = await asked;
	if (hit === void 0) return { state: "miss" };
	const run = new Restore(deps, client, signal);
	await run.newest(hit);
	await run.parents();
	return await run.finish();
}
/** One restore: what came of it so far. */
var Restore = class {
	#deps;
	#client;
	#signal;
	#lostFiles = [];
	#lostBundles = [];
	#trouble = [];
	#refused = 0;
	#adopted = 0;
	#bytes = 0;
	#newest;
	#manifest;
	constructor(deps, client, signal) {
		this.#deps = deps;
		this.#client = client;
		this.#signal = signal;
	}
	/** The entry that names the set. Rejects when not even its manifest can be had. */
	async newest(hit) {
		const { key } = hit;
		await this.#bundle(key, 0, hit).catch((error) => {
			if (this.#manifest === void 0) throw this.#inWords(error, key);
			this.#lost(0, key, error);
		});
	}
	/** The entries that lend files to the set, few at a time. Never rejects. */
	async parents() {
		const waiting = [...this.#manifest?.parents.entries() ?? []];
		const work = async () => {
			for (let next = waiting.shift(); next !== void 0; next = waiting.shift()) {
				const [at, { key }] = next;
				await this.#bundle(key, at + 1).catch((error) => this.#lost(at + 1, key, error));
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
	}
	async finish() {
		const { request, log, warn } = this.#deps;
		const [first] = this.#trouble;
		if (first !== void 0) {
			const more = this.#trouble.length > 1 ? ` (and ${this.#trouble.length - 1} more like it, see daemon.log)` : "";
			for (const line of this.#trouble.slice(1, 100)) log(`shared cache: ${line}`);
			warn(`shared cache: ${first}${more}; what it would have brought is downloaded again`);
		}
		const newest = this.#newest;
		const manifest = this.#manifest;
		if (newest === void 0 || manifest === void 0) return { state: "miss" };
		await keepRestored(request.sessionDir, {
			...newest,
			manifest,
			lostBundles: this.#lostBundles,
			lostFiles: this.#lostFiles
		});
		log(`shared cache ${newest.key}: ${this.#adopted} versions, ${this.#bytes} bytes`);
		return {
			state: "hit",
			key: newest.key,
			adopted: this.#adopted,
			refused: this.#refused,
			bytes: this.#bytes,
			entries: 1 + manifest.parents.length - this.#lostBundles.length
		};
	}
	async #bundle(key, bundle, found) {
		const { store, restoring } = this.#deps;
		if (bundle > 0 && !this.#needs(bundle)) return restoring.closed(bundle);
		const hit = found ?? await this.#client.lookup([key]);
		if (hit?.key !== key) throw new CacheError("gone", "the service does not have it any more");
		const { size, stream } = await this.#client.open(hit);
		let received = 0;
		const counted = new Transform({ transform(part, _encoding, done) {
			received += part.length;
			restoring.received(bundle, received);
			done(null, part);
		} });
		pipeline(stream, counted, () => void 0);
		restoring.opened(bundle, size);
		try {
			const report = await unpack({
				stream: counted,
				store,
				signal: this.#signal,
				wants: (manifest) => {
					if (bundle === 0) {
						this.#manifest = manifest;
						this.#newest = {
							key,
							bytes: size ?? 0
						};
						restoring.expect(manifest);
					}
					return this.#wanted(bundle);
				},
				onFile: (mv, kind, outcome) => {
					if (outcome === "refused") this.#lostFiles.push(fileName(mv, kind));
					restoring.settled(mv, kind);
				}
			});
			this.#count(report, key);
		} finally {
			counted.destroy();
			this.#bytes += received;
			if (bundle === 0 && this.#newest !== void 0 && size === void 0) this.#newest = {
				key,
				bytes: received
			};
			restoring.closed(bundle);
		}
	}
	#count(report, key) {
		this.#adopted += report.versions;
		this.#refused += report.refusedCount;
		const [first] = report.refused;
		if (first === void 0) return;
		const more = report.refusedCount > 1 ? ` and ${report.refusedCount - 1} more files` : "";
		this.#trouble.push(`${first.path}${more} of ${key} refused: ${first.why}`);
	}
	#needs(bundle) {
		return this.#manifest?.versions.some((v) => v.files.some((f) => f.bundle === bundle)) === true;
	}
	/** What is to be taken from one bundle: what the newest manifest says is in it, and nothing else. */
	#wanted(bundle) {
		const files = /* @__PURE__ */ new Map();
		const uses = /* @__PURE__ */ new Map();
		let bytes = 0;
		for (const version of this.#manifest?.versions ?? []) for (const { kind, size, sha256, bundle: in_ } of version.files) {
			if (in_ !== bundle) continue;
			files.set(fileName(version, kind), {
				size,
				sha256
			});
			uses.set(`${version.path}@${version.version}`, version.lastUse);
			bytes += size;
		}
		return {
			file: (mv, kind) => files.get(fileName(mv, kind)),
			lastUse: (mv) => uses.get(`${mv.path}@${mv.version}`) ?? 0,
			maxBytes: bytes + files.size * PER_FILE + ANYHOW
		};
	}
	#lost(bundle, key, error) {
		const failure = this.#inWords(error, key);
		this.#deps.restoring.closed(bundle);
		if (failure instanceof CacheError && failure.code === "cancelled" && this.#deps.signal.aborted) return;
		if (failure instanceof CacheError && failure.code === "gone" || failure instanceof BundleError && failure.code !== "cancelled") this.#lostBundles.push(bundle);
		this.#trouble.push(failure.message);
	}
	#inWords(error, key) {
		const message = `entry ${key}: ${error instanceof Error ? error.message : String(error)}`;
		if (error instanceof CacheError) return new CacheError(error.code, message, { cause: error });
		if (error instanceof BundleError) return new BundleError(error.code, message, { cause: error });
		return error instanceof Error ? error : new Error(message);
	}
};
// src/session/cache/layer-judge.ts
/**
* Who writes a shared store could put a zip there with an index entry that fits it: what comes from a layer has to be
* what this job's go.sum has, or else the checksum database. Of modules that no database knows, the word of the layer
* counts, as that of every store does: their hashes were pinned by the job that brought them.
*/
function layerJudge({ goSum, covers, vouch }) {
	return async ({ path, version }, kind, h1) => {
		const listed = goSum(path, version, kind);
		if (listed.length > 0) return listed.includes(h1) ? void 0 : `has ${h1}, go.sum has ${listed.join(" or ")}`;
		if (covers(path)) return void 0;
		const told = await vouch(path, version, kind);
		if (told.state === "known") return told.h1s.includes(h1) ? void 0 : `has ${h1}, the checksum database has ${told.h1s.join(" or ")}`;
		return `has a hash that neither go.sum nor the checksum database vouch for (${told.why})`;
	};
}
// src/session/cache/zip-form.ts
/**
* In which form a session keeps the zips that it fetches: as `cache.zips` says, else `stored` wherever that wins. Only
* what was verified ever takes another form, and files of both lie side by side in one store.
*/
function zipForm(request) {
	const { zips } = request.config.cache;
	if (zips !== "auto") return zips;
	return isArchived(request) ? "original" : "stored";
}
// src/session/fetch/roots.ts
const MOD_BYTES = 16777216;
/** Modules of a checkout that a refusal looks at to tell who requires what it refuses. */
const MAX_MAINS = 200;
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
			const read = await readWork(work);
			const dirs = (read?.use ?? []).map((use) => resolve(dirname(work), use.value.value));
			const used = files.goMods.filter((path) => dirs.includes(dirname(path)));
			for (const path of used) inWork.add(path);
			const own = [...used.flatMap((path) => sums.get(join(dirname(path), "go.sum")) ?? [])];
			own.push(...sums.get(`${work}.sum`) ?? []);
			roots.push(makeRoot(used, read, own));
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
		for await (const { path, entries, problems } of readSumFiles(paths)) {
			this.#deps.sums.add(entries);
			out.set(path, entries);
			const [problem] = problems;
			if (problem !== void 0) this.#deps.warn(describe(problem, problems.length));
		}
		return out;
	}
	/** The modules of the checkout as their files are now, those that are being built first. */
	async mains() {
		const mains = [];
		for (const root of [...this.#active, ...this.#waiting]) {
			const modules = (await Promise.all(root.goMods.slice(0, MAX_MAINS - mains.length).map(async (path) => ({
				path,
				needs: await readMod(path)
			})))).flatMap(({ path, needs }) => needs === void 0 ? [] : [{
				path,
				needs
			}]);
			const inForce = new Replaces(root.work === void 0 ? [] : replacesOf(root.work), modules.flatMap(({ needs }) => needs.replaces));
			for (const { path, needs } of modules) mains.push({
				...needs,
				dir: dirname(path).split(sep).join("/"),
				inForce
			});
			if (mains.length >= MAX_MAINS) break;
		}
		return mains;
	}
	async #plan(root) {
		this.#active.push(root);
		const mods = [];
		for (const path of root.goMods) {
			const needs = await readMod(path);
			if (needs !== void 0) mods.push(needs);
		}
		const work = root.work === void 0 ? {} : { work: replacesOf(root.work) };
		return planPrefetch({
			mods,
			sums: root.sums,
			...work
		}).filter((item) => !this.#deps.skips(item.path));
	}
};
function makeRoot(goMods, work, sums) {
	return {
		goMods,
		work,
		sums,
		listed: new Set(sums.map((sum) => `${sum.module}@${sum.version}`))
	};
}
function describe(problem, count) {
	const where = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
	const more = count > 1 ? ` (and ${count - 1} more)` : "";
	return `${where}: ${problem.reason}${more}; the line vouches for nothing. Run go mod tidy to rewrite the file`;
}
/** Undefined for a file that go would refuse, which go itself will say. */
async function readMod(path) {
	const bytes = await readBounded(path, MOD_BYTES);
	if (bytes === void 0) return void 0;
	const { mod, problems } = readGoMod(bytes);
	return problems.length > 0 ? void 0 : needsOf(mod);
}
/** Undefined for a file that go would refuse. */
async function readWork(path) {
	const bytes = await readBounded(path, MOD_BYTES);
	if (bytes === void 0) return void 0;
	const { work, problems } = readGoWork(bytes);
	return problems.length > 0 ? void 0 : work;
}
// src/session/fetch/routes.ts
/**
* Children at once that fetch from version control. As many as go itself would use on a large machine, and no more: a
* forge counts its connections.
*/
const PARALLEL = Math.min(Math.max(availableParallelism(), 4), 8);
/** Longest that one child may take: a clone of a gigabyte at 2 MB/s. */
const TIMEOUT_MS = 6e5;
/** The same where the store has an older answer. */
const BRIEF_MS = 15e3;
/**
* What go says of a version or module that a repository lacks which it could read. A repository that it could not find
* may be there for the next job, which has another credential.
*/
const IN_REPOSITORY = /unknown revision|no matching versions for query|missing \S*go\.mod/;
/** Puts the routes of a session together; nothing is started before it is asked for. */
function openRoutes(deps) {
	const { request, entries, chainDeps, store, paths, isListed, log } = deps;
	const { childEnv, wantsZip, explain, redact } = deps;
	const direct = paths.globs.length > 0 || entries.some((entry) => entry.url === "direct") ? createDirect({
		childEnv,
		redact,
		...wantsZip === void 0 ? {} : { wantsZip },
		...explain === void 0 ? {} : { explain },
		goCommand: request.goCommand,
		dir: join(request.sessionDir, FILES.vcs),
		parallel: PARALLEL,
		timeoutMs: TIMEOUT_MS,
		brief: {
			timeoutMs: BRIEF_MS,
			health: chainDeps.health
		},
		onStart: (what) => log(`direct: ${what}`)
	}) : void 0;
	const open = {
		chain: rememberAbsences(createChain(entries, chainDeps), {
			store,
			now: Date.now
		}),
		direct
	};
	const closed = {
		chain: rememberAbsences(createChain([{
			url: "direct",
			fallBackOn: "absent"
		}], chainDeps), {
			store,
			now: Date.now,
			isProof: (text) => IN_REPOSITORY.test(text)
		}),
		direct
	};
	return {
		route: (module) => {
			if (paths.isPrivate(module)) return closed;
			return paths.leadsToPrivate(module) && !isListed(module) ? closed : open;
		},
		close: () => direct?.close()
	};
}
// src/session/policy/required-by.ts
/** By `path@version` the paths that are replaced by it somewhere in the checkout. */
function targetsOf(mains) {
	const targets = /* @__PURE__ */ new Map();
	for (const inForce of new Set(mains.map((main) => main.inForce))) for (const { oldPath, newPath, newVersion } of inForce.all()) {
		if (newVersion === void 0) continue;
		const key = `${newPath}@${newVersion}`;
		const olds = targets.get(key);
		if (olds === void 0) targets.set(key, [oldPath]);
		else if (!olds.includes(oldPath)) olds.push(oldPath);
	}
	return targets;
}
/** Bounds on the search: a message is not worth more, and a go.mod may be a pull request's. */
const MAX_MODULES = 5e3;
const MAX_MS = 1500;
/** Most that is read of one go.mod, bytes. */
const MAX_MOD = 1048576;
/** Longer chains lose their middle. */
const MAX_SHOWN = 6;
/** Tells who requires a module, by the shortest way from a module of the checkout. */
var RequiredBy = class {
	#deps;
	#known = /* @__PURE__ */ new Map();
	constructor(deps) {
		this.#deps = deps;
	}
	/** `example.com/main → github.com/a/b@v1.2.3 → evil.io/x`; undefined when no go.mod at hand tells. Never rejects. */
	async chain(module, version) {
		try {
			const until = this.#deps.now() + MAX_MS;
			const mains = await this.#deps.mains();
			const byDir = new Map(mains.map((main) => [main.dir, main]));
			for (const main of mains) {
				const found = await this.#search(main, byDir, {
					path: module,
					version,
					until
				});
				if (found !== void 0) return written(found, module);
			}
		} catch {}
	}
	async #search(main, byDir, wanted) {
		const replaces = main.inForce;
		const queue = [{
			label: nameOf(main),
			from: void 0,
			needs: main,
			path: main.module ?? "",
			version: ""
		}];
		const seen = /* @__PURE__ */ new Set();
		let other;
		for (let at = 0; at < queue.length && at < MAX_MODULES; at++) {
			if (this.#deps.now() > wanted.until) break;
			const step = queue[at];
			const needs = step.needs ?? await this.#needsOf(step.path, step.version);
			for (const { path, version } of needs?.requires ?? []) {
				const key = `${path}@${version}`;
				if (seen.has(key)) continue;
				seen.add(key);
				const next = follow(replaces, path, version, {
					main,
					byDir,
					from: step
				});
				if (next === void 0) continue;
				if (next.path === wanted.path) {
					if (next.version === wanted.version) return next;
					other ??= next;
				}
				if (queue.length < MAX_MODULES) queue.push(next);
			}
		}
		return other;
	}
	async #needsOf(path, version) {
		const key = `${path}@${version}`;
		if (this.#known.has(key)) return this.#known.get(key);
		const bytes = await this.#deps.readMod(path, version);
		if (bytes === void 0) return void 0;
		const needs = bytes.length > MAX_MOD ? void 0 : needsOf(readGoMod(bytes, { lax: true }).mod);
		if (this.#known.size < MAX_MODULES) this.#known.set(key, needs);
		return needs;
	}
};
function follow(replaces, path, version, way) {
	const found = replaces.find(path, version);
	if (found === void 0) return {
		label: `${path}@${version}`,
		from: way.from,
		needs: void 0,
		path,
		version
	};
	if (found.newVersion === void 0) {
		const dir = posix.join(way.main.dir, found.newPath.replaceAll("\\", "/"));
		const needs = way.byDir.get(dir);
		return needs === void 0 ? void 0 : {
			label: path,
			from: way.from,
			needs,
			path,
			version: ""
		};
	}
	return {
		label: `${path} => ${found.newPath}@${found.newVersion}`,
		from: way.from,
		needs: void 0,
		path: found.newPath,
		version: found.newVersion
	};
}
function nameOf(main) {
	return main.module ?? "go.mod";
}
function written(last, module) {
	const labels = [];
	for (let step = last; step !== void 0; step = step.from) labels.unshift(shown(step.label));
	if (last.label === `${module}@${last.version}`) labels[labels.length - 1] = module;
	return (labels.length > MAX_SHOWN ? [
		...labels.slice(0, 3),
		"...",
		...labels.slice(-2)
	] : labels).join(" → ");
}
/** Names of files of a repository reach the log of a runner here: what is none that go takes is not repeated. */
function shown(label) {
	return label.split(" => ").map((name) => {
		const [path = "", version = ""] = name.split("@", 2);
		if (!(checkPath(path) === void 0 || /^[A-Za-z0-9][A-Za-z0-9._~/-]{0,200}$/.test(path))) return "(a name that is no module path)";
		return /^[A-Za-z0-9.+-]*$/.test(version) ? name : path;
	}).join(" => ");
}
// src/session/policy/verdict.ts
const ALLOW = { decision: "allow" };
/**
* The policy as the proxy asks it: by the same judge as the check. Code and choices of versions are judged; a
* go.mod, which go reads of every module in the graph though it compiles few of them, only where the graph is
* strict.
*/
function createVerdict(deps) {
	const { engine, policy, strictGraph, accepted, replacedBy } = deps;
	const judge = engine.createJudge(policy);
	return (module, version, what) => {
		if (what === "mod" && !strictGraph) return ALLOW;
		const about = version === "" ? void 0 : version;
		const olds = about === void 0 ? [] : replacedBy(module, about);
		const worst = judge(module, about, olds.length > 0 ? "replacement" : "module");
		if (worst === void 0) return ALLOW;
		const counts = ({ rule }) => ![module, ...olds].some((path) => accepted.has({
			rule,
			module: path
		}));
		if (counts(worst)) return verdictOf$1(worst);
		const other = allJudgements(deps, module, about, olds.length > 0).filter(counts).sort(byLevel)[0];
		if (other !== void 0) return verdictOf$1(other);
		const { rule, message } = worst;
		return {
			decision: "warn",
			rule,
			reason: `${message}; a waiver or the baseline accepts it`
		};
	};
}
function verdictOf$1({ rule, level, message, reason, fix }) {
	if (level !== "error") return {
		decision: "warn",
		rule,
		reason: message
	};
	return {
		decision: "deny",
		rule,
		reason: message,
		why: reason,
		fix,
		...rule === "host/not-allowed" ? { wholeHost: true } : {}
	};
}
function allJudgements({ engine, policy }, path, version, isTarget) {
	return policy.layers.map(engine.judgeOf).flatMap((judge) => {
		return [
			[
				"host/not-allowed",
				judge.level("host/not-allowed"),
				judge.host(path)
			],
			[
				"module/denied",
				judge.level("module/denied"),
				judge.module(path, version)
			],
			[
				"replace/target-not-allowed",
				judge.targetLevel(),
				isTarget ? judge.target(path, version) : void 0
			]
		].flatMap(([rule, level, refusal]) => refusal === void 0 || level === "off" ? [] : [{
			rule,
			level,
			...refusal
		}]);
	});
}
function byLevel(a, b) {
	return LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level);
}
// src/session/services.ts
/** Files of version control that are wanted ahead for each stream: they only wait there, so that some come together. */
const DIRECT_WAITING = 4;
/** How long the end of a session lets background work finish, ms. */
const SETTLE_MS = 3e3;
/** Past this wait for the checksum database a file is served under go's own rules. */
const SUMDB_PATIENCE_MS = 2e4;
/** Puts the proxy together. Called after the daemon listens. */
async function createServices(deps) {
	const { request, store, hasher, journal, log, warn } = deps;
	const beforeUpstream = async (mv, kind) => mv !== void 0 && kind !== void 0 && await deps.restoring.wait(mv, kind);
	const { env, go, config } = request;
	const now = () => performance.now();
	const held = join(request.sessionDir, FILES.held);
	await mkdir(held, {
		recursive: true,
		mode: 448
	});
	const policy = unpackPolicy(request.policy);
	const { handed, redactor } = deps;
	const { redact } = redactor;
	const credentials = new Credentials({
		config: config.proxy,
		secrets: handed,
		env,
		goauth: go?.GOAUTH ?? "",
		dir: join(request.sessionDir, FILES.credentials),
		os: process.platform,
		redactor,
		warn,
		now
	});
	const entries = upstreamEntries(config, go?.GOPROXY ?? env.GOPROXY, warn);
	const paths = privatePaths({
		configured: config.proxy.private,
		go,
		env
	});
	const network = await openNetwork({
		request,
		policy,
		upstreams: entries.map(({ url }) => url),
		handedGit: () => handed.git,
		log,
		warn
	});
	const { http, health, chainDeps } = await openUpstreams({
		env,
		version: request.version,
		credentials,
		gate: network.gate,
		redact,
		log
	});
	const sums = new SumTable();
	const { route, close: closeRoutes } = openRoutes({
		request,
		entries,
		chainDeps,
		store,
		paths,
		childEnv: childEnvironment({
			...env,
			...request.gitEnv
		}, [
			settingsOfSession(paths, go),
			() => credentials.childPart(),
			network.child
		]),
		explain: (failed) => network.explain(failed) ?? refusedChild(failed, (output) => credentials.explain(output)),
		redact,
		wantsZip: (module, version) => sums.hashes(module, version, "zip").length > 0,
		isListed: (module) => sums.names(module),
		log
	});
	const noSumDb = paths.noSumDb.join(",");
	const sumdb = await openSumDb(deps, entries, chainDeps, noSumDb);
	const database = {
		sumdb,
		noSumDb,
		timeoutMs: SUMDB_PATIENCE_MS
	};
	const vouch = createVouch({
		...database,
		sums,
		trusted: request.trusted
	});
	const outlives = request.store.lifetime === "persistent" || request.save === "always";
	let targets = /* @__PURE__ */ new Map();
	const verdict = await verdictOf(request, policy, (module, version) => targets.get(`${module}@${version}`) ?? []);
	const representation = zipForm(request);
	layeredOf(store)?.serve({
		representation,
		judge: layerJudge({
			goSum: (module, version, file) => sums.hashes(module, version, file),
			covers: pinned(go?.GOSUMDB, database.noSumDb),
			vouch
		})
	});
	const heldFiles = new HeldFiles(held);
	const files = new ModuleFiles({
		store,
		held: heldFiles,
		route,
		vouch,
		...!request.trusted && outlives ? { vouchForAll: createDatabaseVouch(database) } : {},
		goSum: (module, version, file) => sums.hashes(module, version, file),
		pins: new Pins({
			store,
			covers: pinned(go?.GOSUMDB, database.noSumDb),
			trusted: request.trusted
		}),
		hasher,
		representation,
		beforeUpstream,
		restoring: (mv, kind) => deps.restoring.coming(mv, kind),
		warn,
		log
	});
	const [first] = entries.filter((entry) => entry.url.startsWith("http"));
	const streams = config.proxy.prefetch;
	const prefetcher = prefetchLanes(new Prefetcher({
		files,
		verdict,
		streams,
		upstreamDown: () => first !== void 0 && health.isDown(new URL(first.url).origin)
	}), new Prefetcher({
		files,
		verdict,
		streams: streams * DIRECT_WAITING,
		upstreamDown: () => false
	}), (module) => !asksProxies(route(module)));
	const roots = new Roots({
		workspace: request.workspace,
		cwd: request.cwd,
		skips: (module) => config.proxy["on-failure"] === "fallback" && paths.isPrivate(module),
		sums,
		warn
	});
	let scanning;
	const prepare = async () => {
		scanning ??= roots.scan().then(async (items) => {
			if (roots.found && speaks(policy)) targets = targetsOf(await roots.mains());
			prefetcher.add(items);
		}).catch((error) => log(`reading the checkout failed: ${String(error)}`)).finally(() => {
			if (!roots.found) scanning = void 0;
		});
		await scanning;
	};
	const requiredBy = new RequiredBy({
		mains: async () => roots.found ? await roots.mains() : [],
		readMod: async (path, version) => {
			const mv = {
				path,
				version
			};
			const file = heldFiles.get(mv, "mod") ?? await store.get(mv, "mod").catch(() => void 0);
			return file === void 0 ? void 0 : file.bytes ?? await buffer(file.stream());
		},
		now
	});
	const handle = createHandler({
		files,
		versions: new Versions({
			store,
			files,
			route,
			beforeUpstream,
			warn
		}),
		sumdb,
		verdict,
		isListed: (module, version) => sums.hashes(module, version, "mod").length > 0,
		requiredBy: (module, version) => requiredBy.chain(module, version),
		journal,
		redact,
		now,
		log,
		onAsked: (module, version) => {
			roots.asked(module, version).then((items) => prefetcher.add(items)).catch(() => void 0);
		}
	});
	const vulnDbUrl = vulnDbOf(config.proxy.vulndb, env);
	const vulndb = vulnDbUrl === void 0 ? void 0 : new VulnDb({
		url: vulnDbUrl,
		chain: chainDeps,
		store,
		warn,
		redact
	});
	return {
		handle: async (req, res, target) => {
			if (vulndb !== void 0 && target.startsWith(`vuln/`)) return await vulndb.handle(req, res, target.slice(VULN.length + 1));
			if (!roots.found) await prepare();
			await handle(req, res, target);
		},
		prefetcher,
		prepare,
		close: async () => {
			prefetcher.stop();
			closeRoutes();
			await files.settle(SETTLE_MS);
			await Promise.all([http.close(), network.close()]);
		}
	};
}
/** What the policy of a session refuses; without any word on modules nothing of the policy's room is loaded. */
async function verdictOf({ config, accepted = [] }, policy, replacedBy) {
	if (!speaks(policy)) return () => ({ decision: "allow" });
	const engine = await loadEngine();
	return createVerdict({
		engine,
		policy,
		strictGraph: config.proxy["strict-graph"],
		accepted: new Accepted(engine, policy, /* @__PURE__ */ new Date(), accepted),
		replacedBy
	});
}
async function openSumDb(deps, entries, chain, noSumDb) {
	const { request, store, warn, log } = deps;
	if (request.go === void 0) return void 0;
	const choice = await chooseSumDb(request.go);
	if ("why" in choice) {
		log(`no checksum database: ${choice.why}; only go.sum vouches for modules`);
		return;
	}
	return new SumDbService({
		...choice,
		entries,
		chain,
		store,
		noSumDb,
		warn
	});
}
export { Credentials, RefusedHost, Replaces, addressesFor, authority, beginAuditTrail, certificatesIn, childEnvironment, chooseSumDb, createServices, environmentProxies, fixedLookup, needsOf, openNetwork, openUpstreams, parseTarget, pinned, plainHost, planPrefetch, readAuthorities, refusedChild, replacesOf, restoreStore, settingsOfSession, specialAddress, splitPem, systemResolve, targetOf, upstreamEntries, writeBundle };
