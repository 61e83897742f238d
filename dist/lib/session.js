import { AUDIT_TOKEN_ENV, ConfigError, LEVELS, RULES, SESSION_RULES, credentialsIn, envOverrides, isLoopback, isReadableOnTheWay, loadConfig, parseAuditStore, parseHostPort, parseModuleStore, redactText, redactUrl, storeTexts, stricterModcache } from "./config.js";
import { SUM_LIMITS, compareVersions, isValid, matchGlobs, parseGoProxy, parseGoSum, parseModulesTxt } from "./gomod.js";
import { FILE_KINDS, MAX_INDEX_SIZE, StoreError, createHasher, fileName, formatManifest, openDiskStore, parseEntry, parseManifest, readClones, readModcache, versionKeys } from "./store.js";
import { JournalWriter, inventoryRecords, memberOf, readJournal, setAside, unfinished } from "./audit.js";
import { PROXY_VARIABLES, cacheServiceEnv, cacheUnavailable, createServer, detectPlatform, gitSettingsIn, isSecretEnv, jobUid, listenOn, parseListenAddress, pick as pick$2, request, serverToken, systemProbe, within } from "./platform.js";
import { errorBody, secretMatches } from "./proxy.js";
import { closeSync, openSync, readFileSync } from "node:fs";
import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { setImmediate as setImmediate$1 } from "node:timers/promises";
import { constants as constants$1 } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { appendFile, chmod, lstat, mkdir, open, opendir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { monitorEventLoopDelay } from "node:perf_hooks";
// src/session/cache/store-env.ts
/** What the AWS SDKs read, and where they look for profiles. */
const CREDENTIALS = /^AWS_/i;
const HOME = /^(?:HOME|USERPROFILE|HOMEDRIVE|HOMEPATH)$/i;
/** Which of them are secret, and not names or places. */
const SECRET = /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$/i;
/** The part of a job's environment that a client of a bucket may know: for nobody else. */
function storeEnv(env) {
	return pick$1(env, (name) => CREDENTIALS.test(name) || HOME.test(name));
}
/** The environment for children where a bucket is configured: what opens it is not theirs. */
function withoutStoreEnv(env) {
	return pick$1(env, (name) => !CREDENTIALS.test(name));
}
/** Whether any place needs such an environment. */
function hasBucket({ layers = [] }) {
	return layers.some((layer) => layer.kind === "bucket");
}
/** Values that must be in no text. */
function storeSecrets({ storeEnv: env }) {
	return Object.entries(env).flatMap(([name, value]) => value && SECRET.test(name) ? [value] : []);
}
function pick$1(env, keep) {
	return Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== void 0 && keep(name)));
}
// src/session/credentials/redactor.ts
const HIDDEN = "***";
/** Part of a base64 text that is told from ordinary words, characters. */
const MIN_BASE64 = 6;
/**
* Takes the secrets of a session out of every text that leaves it: as they are, percent-encoded, escaped as in JSON
* or HTML (wholly or in part), and as base64 at any offset in a longer text. Secrets can be added at any time.
*/
var Redactor = class {
	#secrets = /* @__PURE__ */ new Set();
	#quick;
	#every;
	/** Texts shorter than four characters are not taken for secrets. */
	add(secrets) {
		const before = this.#secrets.size;
		for (const secret of secrets) if (secret.length >= 4) this.#secrets.add(secret);
		if (this.#secrets.size === before) return;
		const source = [...this.#secrets].toSorted((a, b) => b.length - a.length).flatMap(patternsOf).join("|");
		this.#quick = new RegExp(source);
		this.#every = new RegExp(`(?=(${source}))`, "g");
	}
	/** The text with `***` in the place of each secret. Cut a text after this, never before: half a secret is not found. */
	redact = (text) => {
		let out = text;
		while (this.#quick?.test(out) === true) out = this.#hide(out);
		return out;
	};
	#hide(text) {
		const parts = [];
		let shown = 0;
		let hidden = 0;
		for (const { index, 1: found = "" } of text.matchAll(this.#every ?? /$^/g)) {
			if (index >= hidden) parts.push(text.slice(shown, index), HIDDEN);
			hidden = Math.max(hidden, index + found.length);
			shown = hidden;
		}
		return parts.join("") + text.slice(shown);
	}
};
/** The same for every text in a value of plain data. */
function redactDeep(value, redact) {
	if (typeof value === "string") return redact(value);
	if (Array.isArray(value)) return value.map((inner) => redactDeep(inner, redact));
	if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactDeep(inner, redact)]));
}
function patternsOf(secret) {
	return [spelled(secret), ...base64Parts(secret).map(asBase64)];
}
/** Named and numbered characters of HTML, which a server's error page is made of. */
const ENTITIES = {
	"&": "amp",
	"<": "lt",
	">": "gt",
	"\"": "quot",
	"'": "apos"
};
/** A pattern for a text each of whose characters may be encoded in its own way. */
function spelled(secret) {
	return secret.replaceAll(/\\+["']?|["']|[\s\S]/gu, (piece) => {
		const quote = /["']$/.exec(piece)?.[0];
		const slashes = quote === void 0 && !piece.startsWith("\\") ? 0 : piece.length - (quote ? 1 : 0);
		if (quote === void 0 && slashes === 0) return oneOf(waysOf(piece));
		const run = `${slashes === 0 ? "\\\\" : "(?:\\\\|%5[cC])"}{${slashes},${4 * slashes + (quote ? 3 : 0)}}`;
		return quote === void 0 ? run : `${run}${oneOf(waysOf(quote))}`;
	});
}
function waysOf(character) {
	const ways = [forPattern(character), percent(character)];
	const code = character.codePointAt(0) ?? 0;
	if (!/[a-z0-9]/i.test(character)) {
		ways.push(`&#0{0,3}${code};`, `&#[xX]0{0,3}${anyCase(code.toString(16))};`);
		ways.push([...Array(character.length).keys()].map((i) => unicodeEscape(character.charCodeAt(i))).join(""));
	}
	if (ENTITIES[character] !== void 0) ways.push(`&${ENTITIES[character]};`);
	if (character === " ") ways.push("\\+");
	if (character === "/") ways.push("\\\\/");
	if (code > 126) ways.push("\\?".repeat(character.length));
	return ways;
}
function unicodeEscape(unit) {
	return `\\\\{1,2}u${anyCase(unit.toString(16).padStart(4, "0"))}`;
}
function percent(character) {
	return [...Buffer.from(character)].map((byte) => `%${anyCase(byte.toString(16).padStart(2, "0"))}`).join("");
}
function anyCase(hex) {
	return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
function oneOf(ways) {
	return `(?:${[...new Set(ways)].join("|")})`;
}
function forPattern(text) {
	return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
/** What base64 makes of a text, whatever stands before and behind it: one part for each offset in a group of three bytes. */
function base64Parts(secret) {
	const bytes = Buffer.from(secret);
	return [
		0,
		1,
		2
	].flatMap((offset) => {
		const part = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").slice(Math.ceil(offset * 8 / 6), Math.floor((offset + bytes.length) * 8 / 6));
		return part.length < MIN_BASE64 ? [] : [part];
	});
}
/** In either alphabet, and percent-encoded. */
function asBase64(part) {
	return part.replaceAll("+", "(?:[+-]|%2[bB])").replaceAll("/", "(?:[/_]|\\\\/|%2[fF])");
}
// src/session/credentials/known-secrets.ts
/**
* Takes out of texts what a session was given in secret: tokens, passwords in URLs, headers for git. Credentials that
* its configuration names are added when they are found.
*/
function redactorOf(request) {
	const { credentials, late, config } = request;
	const redactor = new Redactor();
	redactor.add([
		request.control,
		request.secret,
		...credentials.forge === void 0 ? [] : [credentials.forge.token],
		...late?.token === void 0 ? [] : [late.token],
		...late === void 0 ? Object.values(credentials.variables) : [],
		...tokensIn(request.auditEnv, request.audit?.tokenEnv),
		...tokensIn(request.cacheEnv),
		...storeSecrets(request),
		...gitSecrets(request.gitEnv),
		...Object.values(request.env).flatMap((value) => secretsInUrls(value ?? "")),
		...config.proxy.upstream.flatMap((one) => secretsInUrls(typeof one === "string" ? one : one.url)),
		...secretsInUrls(request.go?.GOPROXY ?? "")
	]);
	return redactor;
}
/** Shorter values of variables whose names sound secret are words like `true`. */
const MIN_BY_NAME = 6;
/** Settings of the runner, of git and of an action, but for those among them that are secret by the rest of their name. */
const SETTING = /^(?:ACTIONS|GIT_CONFIG|INPUT)_(?!.*(?:TOKEN|PASSWORD|SECRET))/i;
/** What an environment holds that is secret by its name or looks. */
function secretsOfEnv(env, isSecret) {
	return [
		...Object.entries(env).flatMap(([name, value = ""]) => value.length >= MIN_BY_NAME && isSecret(name) && !SETTING.test(name) ? [value] : []),
		...gitSecrets(env),
		...Object.values(env).flatMap((value) => secretsInUrls(value ?? ""))
	];
}
/** The same as `redactorOf` for a step that ends a session, and for whoever has no session. */
function redactorOfEnv(env, isSecret, ...more) {
	const redactor = new Redactor();
	redactor.add([...more, ...secretsOfEnv(env, isSecret)]);
	return redactor;
}
/** A shorter user without a password is a name, like that of `https://git@git.example.com`, and stands in other words. */
const MIN_TOKEN = 12;
/** User information in the URLs of a text, as far as it may be secret. */
function secretsInUrls(text) {
	return credentialsIn(text).filter((part) => part.length >= MIN_TOKEN || part.includes(":") || !text.includes(`//${part}@`));
}
/** Values of variables that hold a token by their name. */
function tokensIn(env, ...more) {
	return Object.entries(env).flatMap(([name, value]) => value && (/TOKEN/i.test(name) || more.includes(name)) ? [value] : []);
}
/** Credentials in settings of git from the environment: in URLs, and in headers that it is to send. */
function gitSecrets(env) {
	return Object.entries(env).flatMap(([name, value = ""]) => {
		if (!/^GIT_CONFIG_(?:(?:KEY|VALUE)_\d+|PARAMETERS)$/.test(name)) return [];
		const headers = [...value.matchAll(/authorization:\s*(?:basic|bearer)\s+([^\s'"]+)/gi)];
		return [...secretsInUrls(value), ...headers.flatMap(([, token = ""]) => [token, Buffer.from(token, "base64").toString().replace(/^[^:]*:/, "")])];
	});
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
// src/session/audit/settings.ts
/**
* What a configuration says of the audit store; undefined where it names none. Throws ConfigError where records are
* required and there is no place for them.
*/
function auditSettings({ config, origin }, { workspace, cwd, flags }) {
	const { store, required, "token-env": tokenEnv } = config.audit;
	if (store === null) {
		if (!required) return void 0;
		throw new ConfigError("config-invalid", [problemAt(origin("audit.required"), "audit.required", "is true, and audit.store names no store that could take the records; name one, or leave audit.required out")]);
	}
	const parsed = parseAuditStore(store);
	if (typeof parsed === "string") throw new Error(`audit.store was not checked: ${parsed}`);
	if (parsed.kind !== "directory") return {
		store,
		required,
		tokenEnv
	};
	const base = flags.auditStore === void 0 ? workspace : cwd;
	return {
		store: /^file:/i.test(parsed.path) ? fileURLToPath(parsed.path) : resolve(base, parsed.path),
		required,
		tokenEnv
	};
}
/**
* What a session takes along that does not know its store yet: the token under its usual name, and that of the job.
* `auditEnv` picks from it when the store is known.
*/
function auditEnvAhead(env, token) {
	const secret = token || env["MODGATE_AUDIT_TOKEN"];
	return {
		...pick$2(env, [...NEEDED, "CI_JOB_TOKEN"]),
		...secret ? { [AUDIT_TOKEN_ENV]: secret } : {}
	};
}
function problemAt(origin, key, message) {
	if (origin.from === "file") return {
		where: origin.file,
		line: origin.line,
		message: `${key} ${message}`
	};
	return {
		where: origin.from === "default" ? key : origin.name,
		message
	};
}
/** Variables that targets of GitLab and of the network read beside the token. */
const NEEDED = [
	"CI_API_V4_URL",
	"CI_PROJECT_ID",
	"CI_SERVER_URL",
	...PROXY_VARIABLES
];
/**
* What the delivery to a store may know of an environment: the token under its own name, and the token of the job only
* where it is the one that the store takes. Throws ConfigError where the token could be read on its way.
* @param token one that was given beside the environment, and counts before it
*/
function auditEnv({ store, tokenEnv }, env, token) {
	const parsed = parseAuditStore(store);
	const kind = typeof parsed === "string" ? void 0 : parsed.kind;
	const secret = token || env[tokenEnv];
	if (kind === "gitlab-package" && !(env.CI_API_V4_URL && env.CI_PROJECT_ID)) {
		const message = `is ${store}, which is for jobs of GitLab, and CI_API_V4_URL and CI_PROJECT_ID are not set; name another store`;
		throw new ConfigError("config-invalid", [{
			where: "audit.store",
			message
		}]);
	}
	if (typeof parsed !== "string" && parsed.kind === "collector" && secret && isReadableOnTheWay(parsed.url)) {
		const message = `is ${parsed.url}: over plain http everybody on the way could read the token of ${tokenEnv}; write https, or give no token to a store that needs none`;
		throw new ConfigError("config-invalid", [{
			where: "audit.store",
			message
		}]);
	}
	const takesToken = kind === "collector" || kind === "gitlab-package";
	return {
		...pick$2(env, kind === "gitlab-package" ? [...NEEDED, "CI_JOB_TOKEN"] : NEEDED),
		...secret && takesToken ? { [tokenEnv]: secret } : {}
	};
}
/**
* An environment for programs that the session runs for its own ends: without the token of the store, and without those
* that the action has as inputs.
*/
function withoutToken(env, { tokenEnv }) {
	const { [tokenEnv]: _, "INPUT_AUDIT-TOKEN": __, INPUT_TOKEN: ___, ...rest } = env;
	return rest;
}
// src/session/directory.ts
/** Names inside a session directory. */
const FILES = {
	session: "session.json",
	journal: "journal",
	log: "daemon.log",
	stats: "stats.json",
	restore: "restore.json",
	/** What came from the layers behind the store, and what they got. */
	layers: "layers.json",
	/** What the job's own GOMODCACHE is worth (`proxy.modcache: verify`). */
	modcache: "modcache.json",
	/** What the policy says of the checkout, when that could be judged only after the start. */
	findings: "findings.json",
	/** The policy in force. */
	policy: "policy.json",
	/** Where the records go; undefined where no store is named. */
	audit: "audit.json",
	/** Whom to believe there beside the machine's authorities, PEM; not there when nobody was named. */
	auditAuthorities: "audit-authorities.pem",
	/** What became of them. */
	auditReport: "audit-report.json",
	/** How things stood when the session began, and what lay in GOMODCACHE then. */
	before: "before.json",
	modcacheBefore: "modcache-before.json",
	held: "held",
	vcs: "vcs",
	/** Credentials for children of the session; readable by this user only. */
	credentials: "credentials",
	/** What the shared cache brought, for the one who saves at the end of the job. */
	restored: "restored.json",
	/** Where the GOCACHE that later jobs get lies, and what was restored into it. */
	build: "build-cache.json",
	/** Names of files, one a line, that were found wrong when they were used. */
	damaged: "restored-damaged"
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
// src/session/policy/policy-json.ts
function packPolicy(policy) {
	return {
		...policy,
		layers: policy.layers.map((layer) => ({
			...layer,
			rules: [...layer.rules]
		}))
	};
}
function unpackPolicy(packed) {
	return {
		...packed,
		layers: packed.layers.map((layer) => ({
			...layer,
			rules: new Map(layer.rules)
		}))
	};
}
// src/session/policy/speaks.ts
/** Whether a policy can refuse anything that a well-behaved go asks for. */
function speaks({ layers }) {
	return layers.some(({ hosts, modules, replaceAllow }) => [
		hosts.allow,
		hosts.deny,
		modules.allow,
		modules.deny,
		replaceAllow
	].some((list) => list.length > 0));
}
// src/session/bypass/levels.ts
/** The policy that a session kept; what holds by default where it has read none yet. */
async function keptPolicy(sessionDir) {
	try {
		return unpackPolicy(JSON.parse(await readFile(join(sessionDir, FILES.policy), "utf8")));
	} catch {
		return {
			layers: [DEFAULT_LAYER],
			waivers: [],
			waivable: "all",
			failOn: "error",
			skip: []
		};
	}
}
const DEFAULT_LAYER = {
	name: "the default policy",
	hosts: {
		allow: [],
		deny: []
	},
	modules: {
		allow: [],
		deny: []
	},
	replaceAllow: [],
	rules: new Map(SESSION_RULES.map((id) => [id, {
		...RULES[id],
		explicit: false,
		where: "default"
	}]))
};
/**
* The policy as it counts on a machine of somebody's own, where everything in GOMODCACHE came another way and that is
* as it should be: these rules say something there only at a level that a file names. The environment counts also
* where the policy can refuse something.
*/
function onOwnMachine(policy) {
	const quiet = speaks(policy) ? [
		"bypass/unserved",
		"bypass/vcs",
		"bypass/build-cache"
	] : SESSION_RULES;
	const layers = policy.layers.map((layer) => ({
		...layer,
		rules: new Map([...layer.rules].map(([id, setting]) => [id, quiet.includes(id) && !setting.explicit ? {
			...setting,
			level: "off"
		} : setting]))
	}));
	return {
		...policy,
		layers
	};
}
/** Whether any layer wants to hear of a rule. */
function isOn({ layers }, rule) {
	return layers.some((layer) => isHeard(layer.rules.get(rule)));
}
/** The highest level of the layers whose options do not accept what was found; undefined when all do. */
function levelOf({ layers }, rule, accepts) {
	const levels = layers.flatMap((layer) => {
		const setting = layer.rules.get(rule);
		return isHeard(setting) && !accepts(setting.options) ? [setting.level] : [];
	});
	return LEVELS.findLast((level) => levels.includes(level));
}
function isHeard(setting) {
	return setting !== void 0 && setting.level !== "off";
}
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
// src/session/build/place.ts
/** Directory below `.modgate` that the template's `cache:` names. */
const ARCHIVED_BUILDS = "build";
/**
* Where the build cache of a job lies; a sentence when it was asked for and cannot be had; undefined when nobody asked.
* A directory of its own in every case: what lies in the job's own GOCACHE may be of an earlier job or another cache
* step, and must be neither saved as this job's nor mixed with what is restored.
*/
function buildPlace(request) {
	const { config, policy, platform, sessionDir, env } = request;
	if (!config.cache.build) return void 0;
	if (forbids(policy)) return "the policy forbids it (bypass/build-cache: error)";
	if (platform.name === "local") return void 0;
	if (platform.name === "gitlab") {
		const inCheckout = join(platform.workspace, CHECKOUT_DIR);
		return {
			from: "archive",
			dir: join(inCheckout, "gocache"),
			archived: join(inCheckout, ARCHIVED_BUILDS)
		};
	}
	return cacheUnavailable(env, "read") ?? {
		from: "service",
		dir: join(sessionDir, "gocache")
	};
}
function forbids(packed) {
	const policy = unpackPolicy(packed);
	const rule = "bypass/build-cache";
	return isOn(policy, rule) && levelOf(policy, rule, () => false) === "error";
}
// src/session/bypass/before.ts
/** What decides where go gets code from, and that a later step may change. */
const WATCHED = [
	"GOPROXY",
	"GONOPROXY",
	"GOPRIVATE",
	"GOFLAGS",
	"GOENV",
	"GOMODCACHE",
	"GOSUMDB",
	"GONOSUMDB",
	"GOWORK",
	"GOVCS",
	"GOINSECURE",
	"GO111MODULE"
];
/** A value as it may lie on a disk. */
function digestOf(value) {
	return createHash("sha256").update(value).digest("hex");
}
/** Writes down how things stand. Called before the environment of the session is handed out. */
async function keepBefore(sessionDir, about) {
	const { given, go, goModCache, cwd, at } = about;
	const env = {
		...about.env,
		...given
	};
	const before = {
		v: 1,
		at,
		cwd,
		env: digestsOf((name) => env[name]),
		given: WATCHED.filter((name) => given[name] !== void 0),
		...about.privacy === void 0 ? {} : { own: ownOf(about.privacy) },
		...go === void 0 ? {} : { go: digestsOf((name) => about.env[name] ? void 0 : saidBy(go, name)) },
		...goModCache === void 0 || goModCache === "" ? {} : { goModCache },
		...await isInModule(cwd) ? { goWork: await goWorkAbove(cwd) ?? null } : {}
	};
	await writeWhole(join(sessionDir, FILES.before), JSON.stringify(before));
}
function ownOf({ env, own }) {
	return Object.fromEntries(Object.keys(env).map((name) => [name, own[name] ?? ""]));
}
function digestsOf(read) {
	const pairs = WATCHED.flatMap((name) => {
		const value = read(name);
		return value === void 0 ? [] : [[name, digestOf(value)]];
	});
	return Object.fromEntries(pairs);
}
/** What go says of a setting; undefined where it was not asked. */
function saidBy(go, name) {
	return go[name];
}
/** Undefined when the session wrote none, or it cannot be read. */
async function keptBefore(sessionDir) {
	try {
		const before = JSON.parse(await readFile(join(sessionDir, FILES.before), "utf8"));
		return before.v === 1 && typeof before.at === "number" ? before : void 0;
	} catch {
		return;
	}
}
/** The go.work that go takes in a directory when GOWORK says nothing: the nearest one above. */
async function goWorkAbove(cwd) {
	return await nearest(cwd, "go.work");
}
async function isInModule(cwd) {
	return (await nearest(cwd, "go.mod") ?? await nearest(cwd, "go.work")) !== void 0;
}
async function nearest(cwd, name) {
	for (let dir = cwd;; dir = dirname(dir)) {
		const file = join(dir, name);
		if (await stat(file).then((found) => found.isFile(), () => false)) return file;
		if (dirname(dir) === dir) return void 0;
	}
}
// src/session/control.ts
/** How long the verification of a GOMODCACHE may go on after the job's own work is done, ms. */
const VERIFY_MS = 1e4;
/**
* Talks to a daemon over its control path. Resolves with the parsed answer, or undefined when nobody answers,
* or somebody else does (the port was taken over after the daemon died).
* @param body with `note`: a line to write down for whoever reads how the session went
*/
async function control(session, verb, timeoutMs, body = "") {
	return await new Promise((resolve) => {
		const req = request({
			host: session.host,
			port: session.port,
			method: "POST",
			path: `/-/${verb}`,
			headers: {
				authorization: `Bearer ${session.control}`,
				connection: "close",
				"content-length": Buffer.byteLength(body)
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
		req.end(body);
	});
}
// src/session/credentials/handed.ts
/** Variables that say where credentials are. Who runs ssh, and how, is decided when the session starts. */
const PLACES = [
	"SSH_AUTH_SOCK",
	"SSH_AGENT_PID",
	"NETRC",
	"GOAUTH",
	"GIT_ASKPASS",
	"SSH_ASKPASS"
];
const MAX_SETTINGS = 500;
/** What a step has to hand over. */
function toHand(env, given) {
	return {
		...given,
		env: placesIn(env),
		git: gitSettingsIn(env)
	};
}
/** Reads what came over the control port; undefined when it is something else. */
function parseHanded(text) {
	try {
		const { variables, forge, env, git } = JSON.parse(text);
		const known = forge === void 0 ? void 0 : forgeOf(forge);
		return {
			variables: textsOf(variables ?? {}),
			...known === void 0 ? {} : { forge: known },
			env: placesIn(textsOf(env ?? {})),
			git: (git ?? []).slice(0, MAX_SETTINGS).map(([key, value]) => [String(key), String(value)])
		};
	} catch {
		return;
	}
}
/** The secrets of a session: what its start was given, and what later steps handed over. */
var HandedSecrets = class {
	#begun;
	#later = { variables: {} };
	#env = {};
	#git = [];
	constructor(begun) {
		this.#begun = begun;
	}
	/** What the start was given, as a configuration that was read later sees it. */
	begin(begun) {
		this.#begun = begun;
	}
	/** The later one counts; what it does not have stays. */
	take({ variables, forge, env, git }) {
		const known = forge ?? this.#later.forge;
		this.#later = {
			variables: {
				...this.#later.variables,
				...variables
			},
			...known === void 0 ? {} : { forge: known }
		};
		this.#env = {
			...this.#env,
			...env
		};
		if (git.length > 0) this.#git = git;
	}
	get given() {
		const forge = this.#later.forge ?? this.#begun.forge;
		return {
			variables: {
				...this.#begun.variables,
				...this.#later.variables
			},
			...forge === void 0 ? {} : { forge }
		};
	}
	get env() {
		return this.#env;
	}
	get git() {
		return this.#git;
	}
};
/** What was handed over, by its names alone. */
function namesIn({ variables, forge, env, git }) {
	return [...[
		...Object.keys(variables),
		...forge === void 0 ? [] : [forge.source],
		...Object.keys(env)
	], ...git.length === 0 ? [] : [`${git.length} settings of git`]].join(", ") || "none";
}
/** A small body of a request; rejects when it is longer than `most` bytes. */
async function textOf(body, most) {
	const parts = [];
	let size = 0;
	for await (const part of body) {
		size += part.length;
		if (size > most) throw new Error(`what was handed over has more than ${most} bytes`);
		parts.push(part);
	}
	return Buffer.concat(parts).toString();
}
function placesIn(env) {
	return Object.fromEntries(PLACES.flatMap((name) => env[name] ? [[name, env[name]]] : []));
}
function textsOf(values) {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "string"));
}
function forgeOf({ url, username, token, source }) {
	return [
		url,
		username,
		token,
		source
	].every((text) => typeof text === "string") ? {
		url,
		username,
		token,
		source
	} : void 0;
}
// src/session/credentials/sources.ts
/** Most variables that are taken along for a configuration that is read later. */
const MAX_AHEAD = 200;
/** The values of the variables that a configuration names. */
function namedVariables(configured, env) {
	return pick(env, configured.map((entry) => entry["token-env"]));
}
/** An environment for children, which are given what is named for a host in another way. */
function withoutNamed(env, configured) {
	const names = new Set(configured.map((entry) => entry["token-env"]));
	return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}
/**
* What a session takes along that does not know its configuration yet: every variable that is secret by its name,
* but those that are the runner's own.
*/
function variablesAhead(env, isSecret) {
	return pick(env, Object.keys(env).filter((name) => isSecret(name) && !/^(?:ACTIONS_|INPUT_|GIT_CONFIG_)/i.test(name)).slice(0, MAX_AHEAD));
}
/** The platform's token for its own server: what was handed over, else what the job has. */
function forgeToken(env, forge, input) {
	if (forge === void 0) return void 0;
	const { url, gitUser: username } = forge;
	const tokens = [
		["the input token", input],
		["MODGATE_TOKEN", env.MODGATE_TOKEN],
		...username === "gitlab-ci-token" ? [["CI_JOB_TOKEN", env.CI_JOB_TOKEN]] : [["GITHUB_TOKEN", env.GITHUB_TOKEN]]
	];
	for (const [source, value] of tokens) {
		const token = value?.trim();
		if (token) return {
			url,
			username,
			token,
			source
		};
	}
}
/** The credentials of a session but those in files: what the configuration names for a host, then the platform's own token. */
function collect(configured, { variables, forge }) {
	const credentials = [];
	const missing = [];
	for (const { host, username, "token-env": name } of configured) {
		const at = parseHostPort(host);
		if (typeof at === "string") continue;
		const secret = variables[name]?.trim() ?? "";
		const problem = secretProblem(secret);
		if (problem !== void 0) {
			const why = `proxy.credentials names the variable ${name} for ${host}, which ${problem}`;
			missing.push({
				at,
				why
			});
			continue;
		}
		const source = `${name} (proxy.credentials)`;
		const kind = kindOf(secret, username);
		credentials.push({
			at,
			kind,
			source,
			...username === void 0 ? {} : { username },
			secret,
			named: true
		});
	}
	const own = forge === void 0 ? void 0 : ofForge(forge);
	return {
		credentials: own === void 0 ? credentials : [...credentials, own],
		missing
	};
}
/** Variables that the forges fill by themselves. */
const EVERY_JOB = /* @__PURE__ */ new Set(["CI_JOB_TOKEN", "GITHUB_TOKEN"]);
function ofForge({ url, username, token, source }) {
	if (!URL.canParse(url) || secretProblem(token) !== void 0) return void 0;
	const parsed = new URL(url);
	return {
		at: {
			hostname: parsed.hostname,
			port: parsed.port === "" ? void 0 : Number(parsed.port)
		},
		kind: source === "CI_JOB_TOKEN" ? "CI job token" : kindOf(token, username),
		source,
		username,
		secret: token,
		named: !EVERY_JOB.has(source)
	};
}
function secretProblem(secret) {
	if (secret === "") return "is not set or empty in the step that starts modgate; set it there from a secret of the CI";
	if (/[\0-\x1f\x7f]/.test(secret)) return "holds more than one line, which no token has; name the variable of the token itself";
	if (secret.length < 4) return `has only ${secret.length} characters, which is no token; check the secret that it is set from`;
}
/** Beginnings that the forges give their tokens. */
const PREFIXES = [
	[/^glcbt-/, "CI job token"],
	[/^gldt-/, "deploy token"],
	[/^gl[a-z]+-/, "GitLab access token"],
	[/^ghs_/, "GitHub App token"],
	[/^(?:gh[a-z]_|github_pat_)/, "GitHub access token"],
	[/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, "identity token"]
];
/** What a secret is, as far as its looks and its user name say. */
function kindOf(secret, username) {
	const known = PREFIXES.find(([pattern]) => pattern.test(secret))?.[1];
	if (known !== void 0) return known;
	if (username === "gitlab-ci-token") return "CI job token";
	if (username?.startsWith("gitlab+deploy-token-") === true) return "deploy token";
	return username === void 0 || /^(?:x-access-token|oauth2)$/.test(username) ? "token" : "password";
}
function pick(env, names) {
	const picked = {};
	for (const name of names) {
		const value = env[name];
		if (value) picked[name] = value;
	}
	return picked;
}
// src/session/environment.ts
/** What the job's environment is told. Pure. */
function jobEnvironment(about) {
	const behind = about.onFailure === "fallback" && about.previous !== void 0 ? `|${about.previous}` : "";
	return {
		GOPROXY: `${about.url}${behind}`,
		...about.modcache === void 0 ? {} : { GOMODCACHE: about.modcache },
		...about.goflags === void 0 ? {} : { GOFLAGS: about.goflags },
		...about.gocache === void 0 ? {} : { GOCACHE: about.gocache },
		...about.vulndb === true ? { GOVULNDB: `${about.url}/vuln` } : {},
		...about.privacy?.env,
		MODGATE_SESSION: about.sessionDir
	};
}
/** Our own address in a GOPROXY list, left there by an earlier session of the same job. */
const OURS = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|[a-z0-9.-]+):\d+\/[0-9a-f]{32}$/;
/** Whether an entry of GOPROXY is the address of a session. */
function isOurs$1(entry) {
	return OURS.test(entry);
}
/**
* The GOPROXY that the job would use without us: what an earlier session put in front is taken off, or a
* second start would make the first daemon, dead by then, its own upstream.
*/
function withoutOurs(goproxy) {
	const parts = goproxy.split(/([,|])/);
	while (parts.length > 0 && OURS.test((parts[0] ?? "").trim())) parts.splice(0, 2);
	return parts.join("");
}
/** The environment of a job without what a session that is over told it of private modules. */
function withoutGiven(env, given) {
	const ours = Object.entries(given?.env ?? {}).filter(([name, value]) => env[name] === value);
	return {
		...env,
		...Object.fromEntries(ours.map(([name]) => [name, given?.own[name]]))
	};
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
// src/session/fetch/go-command.ts
const NAMES = [
	"GOPROXY",
	"GOSUMDB",
	"GONOSUMDB",
	"GOPRIVATE",
	"GONOPROXY",
	"GOMODCACHE",
	"GOROOT",
	"GOVERSION",
	"GOFLAGS",
	"GOENV",
	"GOVCS",
	"GOINSECURE",
	"GOAUTH"
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
	const at = parseListenAddress(value);
	if (at === void 0) throw new SessionError("usage", `--listen wants HOST:PORT (like 127.0.0.1:8080 or 0.0.0.0:8080), not "${value}"`);
	return at;
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
/** Makes the server listen and returns its port. Throws SessionError `cannot-listen`. */
async function listen(server, at) {
	return await listenOn(server, at, (problem, cause) => new SessionError("cannot-listen", `${problem}; leave --listen out to take any free loopback port, or name another`, { cause }));
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
// src/session/plain-env.ts
/** Where CI systems put the credentials and mirrors that git is to use; git reads them all or fails. */
const GIT_CONFIG = /^GIT_CONFIG_(?:PARAMETERS|COUNT|KEY_\d+|VALUE_\d+)$/;
/** git's settings in an environment: they may hold credentials, so only what fetches by git gets them. */
function gitSettings(env) {
	return picked(env, (name) => GIT_CONFIG.test(name));
}
/**
* By name only: a proxy URL with a password in it is the network settings of the job and must stay. What is
* said to modgate itself has been read by now; an upstream there may hold a password, and no child needs it.
*/
function withoutSecrets(env, { secretEnv }) {
	return picked(env, (name) => !secretEnv(name) && !/^MODGATE_/i.test(name));
}
function picked(env, isWanted) {
	const out = {};
	for (const [name, value] of Object.entries(env)) if (value !== void 0 && isWanted(name)) out[name] = value;
	return out;
}
// src/session/settings/private-paths.ts
/**
* What is private to a job: what `proxy.private` names, and what the job itself keeps from proxies by GOPRIVATE or
* GONOPROXY. Pure.
*/
function privatePaths({ configured, go, env }) {
	const said = (name) => splitGlobs(go?.[name] ?? env[name] ?? "");
	const globs = unionGlobs(configured, said("GOPRIVATE"), said("GONOPROXY"));
	return {
		globs,
		noSumDb: unionGlobs(said("GONOSUMDB"), said("GOPRIVATE"), configured),
		isPrivate: (path) => globs.length > 0 && matchGlobs(globs, path),
		leadsToPrivate: (path) => leadsTo(globs, path)
	};
}
function leadsTo(globs, path) {
	const depth = path.split("/").length;
	return globs.some((glob) => {
		const parts = glob.split("/");
		return parts.length > depth && matchGlobs([parts.slice(0, depth).join("/")], path);
	});
}
/** The same globs, and for `host/group/*` also `host/group`: everything below it is private already. */
function withTops(globs) {
	return unionGlobs(globs, globs.filter((glob) => glob.endsWith("/*")).map((glob) => glob.replace(/(?:\/\*)+$/, "")));
}
/**
* What go is told of private modules, as variables. Where ours is the only proxy it asks us for them. Where another one
* stands behind ours it has to fetch them by itself: any failure of ours would show their names to that one. Pure.
*/
function privacyEnvironment(about) {
	const { globs, noSumDb } = privatePaths(about);
	const said = (name) => splitGlobs(about.go?.[name] ?? about.env[name] ?? "");
	const adds = (globs, own) => globs.some((glob) => !own.includes(glob));
	const sums = adds(noSumDb, said("GONOSUMDB")) ? { GONOSUMDB: noSumDb.join(",") } : {};
	if (about.onFailure === "fail") return {
		...globs.length > 0 || about.go === void 0 ? { GONOPROXY: "none" } : {},
		...sums
	};
	const kept = withTops(globs);
	return {
		...adds(kept, said("GONOPROXY")) ? { GONOPROXY: kept.join(",") } : {},
		...sums
	};
}
/** The same for a session that begins, with what the job had in the place of those variables. */
function givenPrivacy({ "on-failure": onFailure, private: configured }, go, env) {
	const given = privacyEnvironment({
		onFailure,
		configured,
		go,
		env
	});
	const own = Object.keys(given).flatMap((name) => {
		const value = env[name];
		return value === void 0 ? [] : [[name, value]];
	});
	return {
		env: given,
		own: Object.fromEntries(own)
	};
}
/** The globs of a comma-separated list; `none` is go's word for an empty one. */
function splitGlobs(list) {
	if (list === "none") return [];
	return list.split(",").map((glob) => glob.trim()).filter((glob) => glob !== "");
}
/** All globs of the lists, each once. */
function unionGlobs(...lists) {
	return [...new Set(lists.flatMap((list) => list.flatMap(splitGlobs)))];
}
// src/session/policy/look.ts
/** Findings that a refusal lists; the check has them all. */
const MAX_LISTED = 20;
/**
* Judges the module files of the checkout before anything of it is built; undefined when the policy says nothing
* of where modules come from. Throws ConfigError, PolicyError, CheckError.
*/
async function lookAtCheckout(about, { config, policy, policyCommit }, env) {
	const unpacked = unpackPolicy(policy);
	if (!speaks(unpacked)) return void 0;
	const { firstLook } = await import("./lazy/check-first-look.js");
	return await firstLook({
		workspace: about.workspace,
		policy: unpacked,
		baseline: {
			path: config.baseline,
			commit: policyCommit
		},
		env,
		platform: about.platform,
		now: /* @__PURE__ */ new Date()
	});
}
/** The findings in words, three lines each, and where to see more. */
function refusalOf(findings) {
	const lines = findings.slice(0, MAX_LISTED).flatMap((finding) => [
		`${finding.file}:${finding.line}:${finding.column}: ${finding.level}: ${finding.message} (${finding.rule})`,
		`  why: ${finding.why}`,
		`  fix: ${finding.fix}`
	]);
	const more = findings.length - MAX_LISTED;
	return [
		"the policy refuses what this checkout requires, so nothing is started:",
		...lines,
		...more > 0 ? [`and ${more} more`] : [],
		"see all of it: modgate check"
	].join("\n");
}
// src/session/settings/read-config.ts
/**
* The configuration that counts for a job. In a pull request that is the target branch's, whatever the head
* says: it would let its author allow himself what the policy denies, and send credentials where he likes.
* Throws ConfigError.
*/
async function readConfig(question, reach) {
	if (question.platform.change === void 0) return await ofCheckout(question, reach);
	if (!await inRepository(question.workspace)) return await withoutRepository(question);
	const answer = await ofBase(question, reach);
	return answer.state === "read" ? await onlyTightened(answer, question, reach) : answer;
}
/** The loader wraps what its reader of other repositories throws. */
var OtherRepository = class extends Error {};
async function ofCheckout(question, reach) {
	try {
		const readRemote = () => Promise.reject(new OtherRepository("a file of another repository is needed"));
		return {
			state: "read",
			config: await loadConfig({
				...layersOf(question),
				readRemote
			}),
			commit: void 0,
			warnings: []
		};
	} catch (error) {
		if (!(error instanceof Error && error.cause instanceof OtherRepository)) throw error;
		return await ofBase(question, reach);
	}
}
async function ofBase(question, { env, token, fetch }) {
	const { readPolicy } = await import("./lazy/check-policy-read-policy.js");
	return await readPolicy({
		load: layersOf(question),
		env,
		platform: question.platform,
		fetch,
		...token === void 0 ? {} : { token }
	});
}
function layersOf({ workspace, cwd, explicit, env, inputs, flags }) {
	return {
		workspace,
		cwd,
		env,
		flags,
		...inputs === void 0 ? {} : { inputs },
		...explicit === void 0 ? {} : { explicit }
	};
}
/**
* A pull request whose workspace is no git repository (not checked out, or checked out below it): there is no
* base to ask. A file that lies there is the author's, so it may only tighten: its policy counts beside the
* default one, and of the rest what is stricter.
*/
async function withoutRepository(question) {
	const [{ onlyTightened: tightened, loadWithoutFile }, said] = await Promise.all([import("./lazy/check-policy-load.js"), loadConfig(layersOf(question))]);
	const plain = await loadWithoutFile(layersOf(question));
	const [own, proxy] = [said.config.proxy, plain.config.proxy];
	const config = {
		...plain.config,
		proxy: {
			...proxy,
			"strict-graph": own["strict-graph"],
			"on-failure": own["on-failure"] === "fail" ? "fail" : proxy["on-failure"],
			modcache: stricterModcache(own.modcache, proxy.modcache),
			private: own.private
		}
	};
	const told = "this is a pull request, and the workspace is no git repository: there is no policy of the target branch, and the file in the workspace can only tighten";
	return {
		state: "read",
		config: {
			...plain,
			config,
			policy: tightened(said.policy),
			sources: said.sources,
			digest: said.digest
		},
		commit: void 0,
		warnings: said.file === void 0 ? [] : [told]
	};
}
/** In a pull request variables, inputs and flags, which its author may write, can only tighten. */
async function onlyTightened(answer, question, reach) {
	const { config } = answer;
	const { "on-failure": onFailure, modcache } = config.config.proxy;
	const { audit } = config.config;
	const loosens = (key, value) => value && [
		"env",
		"input",
		"flag"
	].includes(config.origin(key).from);
	const mayLoosen = {
		onFailure: loosens("proxy.on-failure", onFailure === "fallback"),
		modcache: loosens("proxy.modcache", modcache !== "isolated"),
		auditStore: loosens("audit.store", true),
		auditRequired: loosens("audit.required", !audit.required)
	};
	if (!Object.values(mayLoosen).includes(true)) return answer;
	const base = await ofBase(withoutOverrides(question, mayLoosen), reach);
	if (base.state !== "read") return base;
	const { proxy: strict, audit: sent } = base.config.config;
	const drop = {
		onFailure: mayLoosen.onFailure && strict["on-failure"] === "fail",
		modcache: mayLoosen.modcache && stricterModcache(strict.modcache, modcache) !== modcache,
		auditStore: mayLoosen.auditStore && sent.store !== null && sent.store !== audit.store,
		auditRequired: mayLoosen.auditRequired && sent.required
	};
	const kept = [
		...drop.onFailure ? ["proxy.on-failure stays fail"] : [],
		...drop.modcache ? [`proxy.modcache stays ${strict.modcache}`] : [],
		...drop.auditStore ? [`audit.store stays ${redactUrl(sent.store ?? "")}`] : [],
		...drop.auditRequired ? ["audit.required stays true"] : []
	];
	if (kept.length === 0) return answer;
	const again = await ofBase(withoutOverrides(question, drop), reach);
	if (again.state !== "read") return again;
	const told = `${kept.join(" and ")}: in a pull request variables, inputs and flags can only tighten what the target branch says`;
	return {
		...again,
		warnings: [...again.warnings, told]
	};
}
function withoutOverrides(question, drop) {
	const without = ({ onFailure, modcache, auditStore, auditRequired, ...rest }) => ({
		...rest,
		...auditStore === void 0 || drop.auditStore ? {} : { auditStore },
		...auditRequired === void 0 || drop.auditRequired ? {} : { auditRequired },
		...onFailure === void 0 || drop.onFailure ? {} : { onFailure },
		...modcache === void 0 || drop.modcache ? {} : { modcache }
	});
	const { env, flags, inputs } = question;
	return {
		...question,
		env: without(env),
		flags: without(flags),
		...inputs === void 0 ? {} : { inputs: without(inputs) }
	};
}
async function inRepository(dir) {
	for (let at = dir;; at = dirname(at)) {
		if ((await existing([join(at, ".git")])).length > 0) return true;
		if (dirname(at) === at) return false;
	}
}
async function existing(paths) {
	return (await Promise.all(paths.map((path) => stat(path).then(() => [path], () => [])))).flat();
}
// src/session/settings/configure.ts
/**
* Reads the configuration that counts for a checkout and turns it into the settings of a session. Throws
* ConfigError.
*/
async function configure(request, reach) {
	const answer = await readConfig(questionOf(request), reach);
	if (answer.state !== "read") return answer;
	const { config: loaded, commit, warnings } = answer;
	const configured = settingsOf(loaded, request);
	return {
		state: "ready",
		configured: {
			...configured,
			...commit === void 0 ? {} : { policyCommit: commit },
			warnings: [...configured.warnings, ...warnings]
		}
	};
}
/** The settings of a session whose files are read later: what flags and variables say, and else the defaults. */
async function configureWithoutFile(request) {
	const { cwd, env, flags } = questionOf(request);
	return settingsOf(await loadConfig({
		workspace: request.sessionDir,
		cwd,
		env,
		flags
	}), request);
}
/** Asks for the configuration of a session. */
function questionOf(request) {
	const { workspace, cwd, overrides, platform } = request;
	const { config: explicit, owner: _, listen: __, ...flags } = request.flags;
	return {
		workspace,
		cwd,
		env: overrides,
		flags,
		platform,
		...explicit === void 0 ? {} : { explicit }
	};
}
function settingsOf(loaded, request) {
	const { config, policy, digest, warnings, authorityFiles } = loaded;
	const audit = auditSettings(loaded, request);
	return {
		config,
		policy: packPolicy(policy),
		configDigest: digest,
		save: config.cache.save,
		store: {
			...chooseStores(config, request),
			fallbackDir: join(request.sessionDir, "store")
		},
		idleMs: config.proxy.idle,
		isolated: config.proxy.modcache === "isolated",
		...audit === void 0 ? {} : { audit },
		...authorityFiles === void 0 ? {} : { authorityFiles },
		warnings
	};
}
/**
* Flags and file first; `auto` is the platform's own place. A named directory is taken to outlive the job. Of several
* places the first is the job's own store where it is a directory that may be written, or `auto`; what is not is read
* behind one that the machine keeps, or else ends with the job. Throws SessionError `usage`.
*/
function chooseStores(config, request) {
	const base = request.flags.store === void 0 ? request.workspace : request.cwd;
	const places = storeTexts(config.cache.store).map((text) => placeOf(text, base));
	const [first, ...rest] = places;
	if (first?.kind === "auto") return withLayers(request.defaultStore, rest, request);
	if (first?.kind === "directory" && !first.readOnly) return withLayers({
		dir: first.dir,
		lifetime: "persistent"
	}, rest, request);
	const { defaultStore, sessionDir } = request;
	return defaultStore.lifetime === "persistent" ? withLayers(defaultStore, places, request) : withLayers({
		dir: join(sessionDir, "store"),
		lifetime: "job",
		private: true
	}, places, request);
}
function withLayers(front, behind, { defaultStore }) {
	const layers = behind.map((place) => place.kind === "auto" ? {
		kind: "directory",
		dir: defaultStore.dir,
		readOnly: false
	} : place);
	return layers.length === 0 ? front : {
		...front,
		layers
	};
}
function placeOf(text, base) {
	const parsed = parseModuleStore(text);
	if (typeof parsed === "string") throw new SessionError("usage", `the store ${redactUrl(text)} ${parsed}`);
	if (parsed.kind !== "directory") return parsed;
	const { path, readOnly } = parsed;
	return {
		kind: "directory",
		dir: /^file:/i.test(path) ? fileURLToPath(path) : resolve(base, path),
		readOnly
	};
}
/** The one directory that a command works on outside of a session. Throws SessionError `usage` where there is none. */
function chooseStore(config, { workspace, cwd, flags, defaultStore }) {
	const [named = "auto"] = storeTexts(config.cache.store);
	const place = placeOf(named, flags.store === void 0 ? workspace : cwd);
	if (place.kind === "auto") return defaultStore;
	if (place.kind === "directory") return {
		dir: place.dir,
		lifetime: "persistent"
	};
	throw new SessionError("usage", `the store ${place.place.location} cannot be used: this works on a directory only; name one with --store or cache.store`);
}
/** Whether the runner archives the store when the job has ended: it lies where the template's `cache:` points. */
function isArchived({ store, workspace }) {
	return store.lifetime === "job" && resolve(dirname(store.dir)) === resolve(workspace, ".modgate");
}
/**
* Whether a session leaves its store as it is: the runner archives whatever it finds in the checkout, and this
* job may not write what other jobs read.
*/
function leavesStore(request) {
	return isArchived(request) && !mayWriteShared(request);
}
/** Whether a session may write what other jobs read. */
function mayWriteShared({ save, trusted }) {
	return save === "always" || save === "auto" && trusted;
}
// src/session/settings/settings.ts
/** What a configuration is asked for with. */
function questionFor({ env, cwd, flags }, platform, sessionDir) {
	return {
		workspace: platform.workspace,
		cwd,
		flags,
		overrides: envOverrides(env),
		sessionDir,
		defaultStore: platform.defaultStore,
		platform: partOf(platform)
	};
}
/** What reading a configuration needs of a platform, as plain data. */
function partOf({ change, forge }) {
	return {
		change,
		...forge === void 0 ? {} : { forge }
	};
}
/**
* The settings as far as they can be told now. Throws ConfigError; SessionError `policy` where the checkout
* requires what its policy refuses, `policy-unavailable`.
*/
async function settingsFor(request, about) {
	const { env, foreground, waitForPolicy } = request;
	const token = policyToken(env, request.token);
	if (foreground !== void 0) {
		const late = {
			request: about,
			when: "first-request",
			...token
		};
		return {
			configured: await configureWithoutFile(about),
			late,
			accepted: []
		};
	}
	const answer = await configure(about, {
		env,
		token: token.token,
		fetch: waitForPolicy === true
	});
	if (answer.state === "ready") {
		const { configured } = answer;
		return {
			configured,
			late: void 0,
			accepted: await lookAt(about, configured, env)
		};
	}
	if (waitForPolicy === true && answer.state === "unavailable") throw new SessionError("policy-unavailable", `the policy of the target branch could not be read: ${answer.why}; ${answer.advice}`);
	const open = await configureWithoutFile(about);
	const config = {
		...open.config,
		proxy: {
			...open.config.proxy,
			"on-failure": "fail"
		}
	};
	return {
		configured: {
			...open,
			config
		},
		late: {
			request: about,
			when: "now",
			...token
		},
		accepted: []
	};
}
/** For a fetch from the server of the checkout, where the checkout step left git no credentials. */
function policyToken(env, given) {
	const token = given || serverToken(env);
	return token ? { token } : {};
}
/**
* Judges what the checkout itself names, because a GOMODCACHE that is warm asks no proxy. Returns what is
* accepted on record. Throws SessionError `policy`.
*/
async function lookAt(about, configured, env) {
	const look = await lookAtCheckout(about, configured, env);
	if (look?.failed !== true) return look?.accepted ?? [];
	throw new SessionError("policy", refusalOf(look.findings));
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
	const restores = env.ACTIONS_RESULTS_URL !== void 0 || env.ACTIONS_CACHE_URL !== void 0;
	const program = fileURLToPath(new URL("../daemon.js", import.meta.url));
	const child = spawn(process.execPath, [
		"--single-threaded-gc",
		`--max-semi-space-size=${restores ? 16 : 2}`,
		program
	], {
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
// src/session/vulndb.ts
/** Below the secret of a session. */
const VULN = "vuln";
/**
* The vulnerability database that a session mirrors: the one of the configuration, else the job's own GOVULNDB. Undefined
* where neither names one over http: a directory needs no mirror.
*/
function vulnDbOf(configured, env) {
	const url = configured ?? ownVulnDb(env);
	return url !== void 0 && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : void 0;
}
/** GOVULNDB without what a session that is over may have left there. */
function ownVulnDb(env) {
	const own = env.GOVULNDB ?? "";
	const ours = own.endsWith(`/vuln`) && isOurs$1(own.slice(0, -5));
	return own === "" || ours ? void 0 : own;
}
// src/session/start.ts
const PING_MS$1 = 2e3;
/**
* Starts the in-job proxy, or finds the one that this job has already. Resolves when it listens.
* Throws ConfigError or SessionError.
*/
async function startSession(request) {
	const { env, cwd } = request;
	const platform = platformOf(env, cwd);
	const sessionDir = request.privateSession === true ? `${platform.sessionDir}-${process.pid}-${randomBytes(4).toString("hex")}` : platform.sessionDir;
	const settings = await settingsFor(request, questionFor(request, platform, sessionDir));
	const { configured } = settings;
	const running = await findRunning(env, request.privateSession === true ? void 0 : platform.sessionDir);
	if (running !== void 0) {
		if (request.foreground !== void 0) throw new SessionError("usage", `this job has a session already, at ${running.dir}; run modgate stop first, or leave --foreground out to join it`);
		await ensurePrivateDir(running.dir, process.getuid?.());
		await handOverSecrets(running.session, env, secretsFor(request, platform, settings));
		const warnings = running.session.configDigest === configured.configDigest ? [] : ["this job has a session with another configuration already; that one goes on. Run modgate stop first to change it"];
		return {
			...started(running.dir, running.session, await ownProxy(env, running.dir)),
			withheld: withheldBy(configured),
			reused: true,
			warnings
		};
	}
	await ensurePrivateDir(sessionDir, process.getuid?.());
	return await withLock(join(sessionDir, "start.lock"), async () => {
		const other = await readSession(sessionDir);
		if (other !== void 0 && await control(other, "ping", PING_MS$1) !== void 0) {
			await handOverSecrets(other, env, secretsFor(request, platform, settings));
			return {
				...started(sessionDir, other, await ownProxy(env, sessionDir)),
				withheld: withheldBy(configured),
				reused: true
			};
		}
		return await launch({
			request,
			platform,
			sessionDir,
			settings
		});
	});
}
/** What the session may show to servers of modules. */
function secretsFor({ env, token }, { forge, secretEnv }, { configured, late }) {
	const known = forgeToken(env, forge, token);
	return {
		variables: {
			...late === void 0 ? {} : variablesAhead(env, secretEnv),
			...namedVariables(configured.config.proxy.credentials, env)
		},
		...known === void 0 ? {} : { forge: known }
	};
}
/**
* A later step may have what an earlier one had not: a token, an agent, a netrc of its own. Handed to nobody but a daemon
* of this machine, for MODGATE_SESSION is what any step before has made of it.
*/
async function handOverSecrets(session, env, secrets) {
	if (!isLoopback(session.host)) return;
	await control(session, "credentials", PING_MS$1, JSON.stringify(toHand(env, secrets)));
}
/** The platform of a process environment. */
function platformOf(env, cwd) {
	return detectPlatform(env, systemProbe(cwd));
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
	const { onFailure, modcache, goflags, gocache, vulndb, privacy, secret } = session;
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
			goflags,
			gocache,
			vulndb,
			privacy
		}),
		withheld: [],
		reused: false,
		warnings: []
	};
}
function withheldBy({ audit }) {
	return audit === void 0 ? [] : [audit.tokenEnv];
}
/** The GOPROXY of a job that has a session already, as go itself says it. */
async function ownProxy(env, dir) {
	const without = withoutOurs(env.GOPROXY ?? "");
	return withoutOurs((await readGoSettings(env.MODGATE_GO ?? "go", {
		...env,
		GOPROXY: without
	}, dir))?.GOPROXY ?? without);
}
async function launch({ request, platform, sessionDir, settings }) {
	const { cwd, flags, foreground } = request;
	const { late, accepted } = settings;
	const tokenEnv = settings.configured.audit?.tokenEnv ?? "MODGATE_AUDIT_TOKEN";
	const earlier = await readSession(request.env.MODGATE_SESSION || sessionDir);
	const env = {
		...withoutGiven(withoutToken(request.env, { tokenEnv }), earlier?.privacy),
		GOPROXY: withoutOurs(request.env.GOPROXY ?? ""),
		GOVULNDB: ownVulnDb(request.env)
	};
	const listen = listenAt(flags.listen);
	if (flags.owner !== void 0 && !isRunning(flags.owner)) throw new SessionError("usage", `--owner ${flags.owner}: there is no process with that id, so the session would end at once; in a shell write --owner $$`);
	const secret = secretFor(listen, flags.listen !== void 0, env.MODGATE_SECRET);
	const { audit } = settings.configured;
	const forDelivery = late !== void 0 ? auditEnvAhead(request.env, request.auditToken) : audit === void 0 ? {} : auditEnv(audit, request.env, request.auditToken);
	await Promise.all([
		FILES.session,
		FILES.stats,
		FILES.restore,
		FILES.layers,
		FILES.modcache,
		FILES.findings,
		FILES.policy,
		FILES.audit,
		FILES.auditAuthorities,
		FILES.auditReport,
		FILES.before,
		FILES.modcacheBefore,
		FILES.restored,
		FILES.damaged,
		FILES.credentials
	].map((name) => rm(join(sessionDir, name), {
		recursive: true,
		force: true
	})));
	const child = foreground === void 0 ? spawnDaemon(sessionDir, env) : void 0;
	const { warnings: configWarnings, isolated, ...configured } = settings.configured;
	const goCommand = env.MODGATE_GO ?? "go";
	const go = await readGoSettings(goCommand, env, sessionDir);
	const credentials = secretsFor(request, platform, settings);
	const named = configured.config.proxy.credentials;
	const warnings = [...configWarnings, ...collect(named, credentials).missing.map(({ why }) => why)];
	const previous = withoutOurs(go?.GOPROXY ?? env.GOPROXY ?? "");
	const laterGo = go === void 0 && foreground === void 0 ? platform.laterGo : void 0;
	const needsGo = previous === "" && configured.config.proxy.upstream.length === 0 && late === void 0;
	if (needsGo && laterGo === void 0) {
		child?.process.kill();
		throw new SessionError("no-go", "no go command is on PATH, so its GOPROXY is not known and there is nothing to fetch from; install Go before modgate (actions/setup-go, a golang image), or name an upstream with --upstream or proxy.upstream");
	}
	if (!needsGo && configured.config.proxy.upstream.length === 0 && late === void 0) refuseMalformed(previous, () => child?.process.kill());
	if (laterGo !== void 0) {
		const alone = previous === "" ? "; no other GOPROXY stands behind it, because none is known yet" : "";
		request.log(`no go command is on PATH yet: modgate uses the one that a later step installs, from the first download on${alone}`);
	} else if (go === void 0) warnings.push("no go command is on PATH: nothing is fetched ahead, and without its sumdb key only go.sum vouches for modules");
	const modcache = isolated ? await claimModcache(`${platform.sessionDir}-modcache`, sessionDir) : void 0;
	const bucket = hasBucket(configured.store);
	const plain = withoutNamed(withoutSecrets(env, platform), named);
	const place = foreground === void 0 && request.privateSession !== true ? buildPlace({
		...configured,
		platform,
		sessionDir,
		env: request.env
	}) : void 0;
	const daemonRequest = {
		...configured,
		modcache,
		...typeof place === "object" ? { gocache: place.dir } : {},
		...isolated ? { goflags: writableModcacheFlags(go?.GOFLAGS ?? env.GOFLAGS ?? "") } : {},
		...foreground === void 0 ? { privacy: givenPrivacy(configured.config.proxy, go, env) } : {},
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
		env: bucket ? withoutStoreEnv(plain) : plain,
		storeEnv: bucket || late !== void 0 ? storeEnv(env) : {},
		credentials,
		auditEnv: forDelivery,
		reports: platform.reports,
		gitEnv: gitSettings(env),
		cacheEnv: configured.store.lifetime === "job" && configured.store.private !== true && platform.name === "github" ? cacheServiceEnv(request.env) : {},
		owners: foreground === void 0 ? await ownersOf(flags.owner, platform) : [],
		job: platform.job,
		...laterGo === void 0 ? {} : { laterGo },
		...!isolated && await hasModules(go?.GOMODCACHE ?? "") ? { warm: true } : {},
		...accepted.length === 0 ? {} : { accepted },
		...late === void 0 ? {} : { late },
		...foreground === void 0 ? {} : { idleMs: Number.MAX_SAFE_INTEGER }
	};
	const handshake = child === void 0 ? await runHere(daemonRequest, foreground) : await handOver(child, daemonRequest);
	if (!handshake.ok) {
		const code = handshake.code === "internal" ? "daemon" : handshake.code;
		const where = child === void 0 || code === "audit" ? "" : ` (log: ${join(sessionDir, FILES.log)})`;
		throw new SessionError(code, `${handshake.message}${where}`);
	}
	if (place === void 0) await rm(join(sessionDir, FILES.build), { force: true });
	else {
		const { beginBuildCache } = await import("./lazy/session-build-begin.js");
		const goVersion = go?.GOVERSION;
		const saves = platform.trust.trusted && configured.save !== "never";
		await beginBuildCache({
			...request,
			place,
			sessionDir,
			platform,
			cwd,
			goVersion,
			saves
		});
	}
	const ready = started(sessionDir, handshake.session, previous);
	if (foreground === void 0) {
		const goModCache = modcache ?? go?.GOMODCACHE;
		const at = Date.parse(handshake.session.start);
		await keepBefore(sessionDir, {
			env,
			given: ready.env,
			privacy: daemonRequest.privacy,
			go,
			goModCache,
			cwd,
			at
		}).catch((error) => warnings.push(`drift of the environment will not be seen: ${String(error)}`));
	}
	return {
		...ready,
		withheld: withheldBy(settings.configured),
		warnings: [.../* @__PURE__ */ new Set([...warnings, ...handshake.warnings])]
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
async function ownersOf(explicit, platform) {
	if (explicit !== void 0) return [explicit];
	if (platform.name === "local") return [];
	const ancestors = readAncestors(process.pid);
	const found = pickOwner(ancestors.length > 0 ? ancestors : await readAncestorsByPs(process.pid), platform.ownerHints);
	return found === void 0 ? [] : [found];
}
// src/session/audit/report.ts
/** Whether a session fails because of what became of its records. */
function isUndelivered({ required, left, lost }) {
	return required && (left > 0 || lost > 0);
}
/** One line for the end of a session, without a full stop. */
function auditInWords({ store, batches, records, sent, left }) {
	const all = `${count(batches, "batch", "batches")}, ${count(records, "record")}`;
	if (left === 0) return `Audit: ${all} sent to ${store}`;
	return `Audit: ${sent} of ${all} sent to ${store}, ${left} left`;
}
/** What the user has to know and do; undefined when all is well. */
function auditWarning(report) {
	const { store, left, lost, refused, spool, shared, error } = report;
	const parts = [];
	if (left > 0) {
		const why = error === void 0 ? ` to ${store}` : `: ${error}`;
		const how = spool === void 0 ? "no disk took them, and they are lost with this job" : shared === true ? `they wait in ${spool} for the next session on this machine` : `they lie in ${spool}; send them with: modgate audit upload ${spool} --store ${store}`;
		parts.push(`${count(left, "batch", "batches")} of audit records could not be sent${why}; ${how}`);
	}
	if (lost > 0) parts.push(`${count(lost, "audit record")} could not be written down, and the store is told how many; look at the disk of the session directory`);
	if (refused > 0) parts.push(`${store} took ${count(refused, "line")} for no audit records; they are named in quarantine/ of the session directory, and an update of modgate or of the store may help`);
	return parts.length === 0 ? void 0 : parts.join(". ");
}
function count(n, one, many = `${one}s`) {
	return `${n} ${n === 1 ? one : many}`;
}
// src/session/cache/restored.ts
/** Notes that a file of the store was wrong: whoever saves must not count on the entry that brought it. Never rejects. */
async function noteDamaged(sessionDir, mv, kind) {
	const line = `${fileName(mv, kind)}\n`;
	await appendFile(join(sessionDir, FILES.damaged), line, { mode: 384 }).catch(() => void 0);
}
/** Writes down what was restored. Never rejects: without it the job saves everything anew. */
async function keepRestored(sessionDir, restored) {
	const { manifest, ...rest } = restored;
	const text = `${JSON.stringify(rest)}\n${formatManifest(manifest).toString("utf8")}`;
	await writeWhole(join(sessionDir, FILES.restored), text).catch(() => void 0);
}
/** What the session restored, or undefined when it restored nothing. */
async function readRestored(sessionDir) {
	try {
		const bytes = await readFile(join(sessionDir, FILES.restored));
		const end = bytes.indexOf(10);
		const rest = JSON.parse(bytes.subarray(0, end).toString("utf8"));
		const damaged = await readFile(join(sessionDir, FILES.damaged), "utf8").catch(() => "");
		const lostFiles = [...rest.lostFiles, ...damaged.split("\n").filter((name) => name !== "")];
		return {
			...rest,
			lostFiles,
			manifest: parseManifest(bytes.subarray(end + 1))
		};
	} catch {
		return;
	}
}
// src/session/findings.ts
/** More of them say nothing new. */
const MAX_FINDINGS$1 = 200;
function findingOf(finding) {
	const { rule, level, file, line, module, version, message, why, fix } = finding;
	return {
		rule,
		level,
		place: `${file}:${line}`,
		...module === void 0 ? {} : { module },
		...version === void 0 ? {} : { version },
		message,
		why,
		fix
	};
}
/** Puts findings where the end of the session finds them, whoever ends it. */
async function keepFindings(sessionDir, findings) {
	if (findings.length === 0) return;
	await writeWhole(join(sessionDir, FILES.findings), JSON.stringify(findings.slice(0, MAX_FINDINGS$1)));
}
async function keptFindings(sessionDir) {
	try {
		const kept = JSON.parse(await readFile(join(sessionDir, FILES.findings), "utf8"));
		return Array.isArray(kept) ? kept : [];
	} catch {
		return [];
	}
}
/** Whether findings make the end of a session a failure. */
function fails(findings) {
	return findings.some(({ level }) => level === "error");
}
/** One finding in words, for people. */
function inWords$1({ rule, level, place, message, fix }) {
	return `${place === void 0 ? "" : `${place}: `}${level}: ${message} (${rule}). ${fix}`;
}
// src/session/audit/file.ts
/** Rejects with the error of the system. */
async function writeAuditFile(sessionDir, file) {
	await writeWhole(join(sessionDir, FILES.audit), JSON.stringify(file));
}
/** What a session's directory says; undefined where no store was named. */
async function readAuditFile(sessionDir) {
	try {
		const parsed = JSON.parse(await readFile(join(sessionDir, FILES.audit), "utf8"));
		return parsed.v === 1 && typeof parsed.store === "string" ? parsed : void 0;
	} catch {
		return;
	}
}
// src/session/build/state.ts
async function keepBuildState(sessionDir, state) {
	await writeWhole(join(sessionDir, FILES.build), JSON.stringify(state));
}
/** Undefined when the session kept none, or it cannot be read. */
async function keptBuildState(sessionDir) {
	try {
		const state = JSON.parse(await readFile(join(sessionDir, FILES.build), "utf8"));
		return state.v === 1 ? state : void 0;
	} catch {
		return;
	}
}
// src/session/build/finding.ts
/** That a job could link what another one compiled: for its record, and for whoever reads that. */
async function buildFindings(sessionDir) {
	const { report } = await keptBuildState(sessionDir) ?? {};
	if (report?.state !== "hit") return [];
	const level = levelOf(await keptPolicy(sessionDir), "bypass/build-cache", () => false);
	if (level === void 0) return [];
	return [{
		rule: "bypass/build-cache",
		level,
		message: `${report.objects ?? 0} objects that another job compiled were restored into GOCACHE (${report.key ?? ""})`,
		why: "Nobody can verify them as modules are verified: what that job had in GOCACHE this job may have linked.",
		fix: "To compile everything anew set cache.build to false, or leave build-cache out, in jobs that build what you publish."
	}];
}
/** What the build cache gave, in one sentence without an end. */
function buildInWords(report, size) {
	const { state, objects = 0, bytes = 0, ms = 0, why } = report;
	if (state === "hit") return `build cache: ${objects} objects (${size(bytes)}) restored in ${(ms / 1e3).toFixed(1)} s, which nobody verified`;
	if (state === "miss") return "build cache: no entry for this version of Go yet";
	return `build cache: ${state === "off" ? "not used" : "not restored"} (${why ?? "unknown"})`;
}
// src/session/bypass/ahead.ts
/** Undefined where nobody wants to know anything. */
async function scopeOf({ sessionDir, session, platform, record }) {
	const isOwn = platform.name === "local";
	const [kept, before] = await Promise.all([keptPolicy(sessionDir), keptBefore(sessionDir)]);
	if (session === void 0 && before === void 0) return void 0;
	const policy = isOwn ? onOwnMachine(kept) : kept;
	const looksInto = record || !isOwn || isOn(policy, "bypass/unserved") || isOn(policy, "bypass/vcs");
	const hasEnv = session !== void 0 && isOn(policy, "bypass/env");
	return looksInto || hasEnv ? {
		policy,
		before,
		looksInto,
		hasEnv
	} : void 0;
}
/** go is asked while the module cache is read. */
function beginLook({ env, sessionDir }, { before, looksInto }) {
	const dir = looksInto ? before?.goModCache : void 0;
	return {
		cache: dir === void 0 ? void 0 : {
			dir,
			read: readCache(dir)
		},
		go: readGoSettings(env.MODGATE_GO ?? "go", {
			...env,
			GOPROXY: ""
		}, sessionDir)
	};
}
/**
* Begins to look while the daemon still ends, at what that does not change. Undefined where nothing is to be looked
* at, as far as can be known so early. Never rejects.
*/
async function lookAhead$1(request) {
	const scope = await scopeOf(request);
	return scope && beginLook(request, scope);
}
async function readCache(dir) {
	const [contents, clones] = await Promise.all([readModcache(dir), readClones(dir)]);
	return {
		dir,
		contents,
		clones
	};
}
// src/session/modcache/report.ts
async function keepModcacheReport(sessionDir, report) {
	await writeWhole(join(sessionDir, FILES.modcache), JSON.stringify(report));
}
/** Undefined where nothing was to be verified. */
async function keptModcacheReport(sessionDir) {
	try {
		const report = JSON.parse(await readFile(join(sessionDir, FILES.modcache), "utf8"));
		return report.v === 1 ? report : void 0;
	} catch {
		return;
	}
}
/** Why a report says less than it should; undefined when it says all. */
function incompleteness({ state, unread, left, why }) {
	const more = unread.first === void 0 ? "" : ` (first: ${unread.first})`;
	const what = "GOMODCACHE was not wholly compared with go.sum";
	const fix = "run modgate cache verify --modcache to look at all of it now";
	if (state === "running") return `${what}: the proxy died meanwhile; ${fix}`;
	if (state === "failed") return `${what}: ${why ?? "it could not be read"}; ${fix}`;
	if (left > 0) return `${what}: the session ended before ${counted(left)} were looked at; ${fix}`;
	if (unread.count > 0) return `${what}: ${counted(unread.count)} could not be read${more}; ${fix}`;
	return state === "cut" ? `${what}: the session ended first; ${fix}` : void 0;
}
/** One line on what was found, for the closing words of a session. */
function modcacheInWords({ verified, changed, unnamed, ms }) {
	const others = unnamed > 0 ? `, ${unnamed} ${unnamed === 1 ? "stands" : "stand"} in no go.sum of the checkout` : "";
	const not = changed > 0 ? `, ${changed} ${changed === 1 ? "is" : "are"} not` : "";
	const subject = `${counted(verified.length)} ${verified.length === 1 ? "is" : "are"} what go.sum says`;
	return `GOMODCACHE, verified in ${(ms / 1e3).toFixed(1)} s: ${subject}${not}${others}`;
}
function counted(count) {
	return `${count} module ${count === 1 ? "version" : "versions"}`;
}
// src/session/bypass/drift.ts
const HERE = "in the environment of the job";
const LATER = "in the environment of the job, set while the session ran,";
const IN_FILE = "in the file of go env -w, written while the session ran,";
/**
* What in the environment of the step that ends a session goes around its policy: what was changed while it ran,
* there and in what go keeps for later commands; and, where the policy can refuse something, what was there from the
* start. Other steps may have had another environment, which nobody sees from here.
*/
async function driftFindings(request) {
	const { secret } = request.session;
	return (await findingsOf(request)).map((found) => ({
		...found,
		message: found.message.replaceAll(secret, "***"),
		fix: found.fix.replaceAll(secret, "***")
	}));
}
async function findingsOf(request) {
	const { env, before, policy } = request;
	const changed = changedVariables(request);
	const inFile = changedInFile(request, changed);
	const found = [
		...proxyFindings(request, changed),
		...modcacheFindings(request),
		...await workspaceFindings(request),
		...await settingFindings(policy, [...changed.filter(isSetting).map((name) => ({
			name,
			value: env[name] ?? "",
			where: LATER
		})), ...inFile.filter(isSetting).map((name) => ({
			name,
			value: goValue(request.go, name),
			where: IN_FILE
		}))], true)
	];
	if (inFile.includes("GOPROXY")) found.push(...told(policy, "GOPROXY", {
		message: `GOPROXY=${shown$1(goValue(request.go, "GOPROXY"))} was written with go env -w, or into the file that go reads, while the session ran`,
		why: "It has no effect where the variable is set, and takes modules past the policy wherever somebody unsets it.",
		fix: "Leave GOPROXY as modgate set it; an upstream belongs in proxy.upstream of the policy file."
	}));
	if (!speaks(policy)) return found;
	const constant = (before === void 0 ? WATCHED : WATCHED.filter((name) => !changed.includes(name))).filter(isSetting).map((name) => ({
		name,
		value: before?.own?.[name] ?? env[name] ?? "",
		where: HERE
	}));
	return [...found, ...await settingFindings(policy, constant, false)];
}
/** GOPROXY and GOMODCACHE have words of their own. */
function isSetting(name) {
	return name !== "GOPROXY" && name !== "GOMODCACHE";
}
/** Variables with another value than the step was given; none where it was given nothing. */
function changedVariables({ env, sessionDir, before }) {
	if (before === void 0 || env.MODGATE_SESSION !== sessionDir) return [];
	return WATCHED.filter((name) => digestOf(env[name] ?? "") !== (before.env[name] ?? digestOf("")));
}
/** Settings that go takes from its file, and that are others there than when the session began. */
function changedInFile({ env, before, go }, changed) {
	if (before?.go === void 0 || go === void 0) return [];
	const { go: was } = before;
	const found = WATCHED.filter((name) => {
		if (was[name] === void 0) return false;
		if (name !== "GOPROXY" && (changed.includes(name) || (env[name] ?? "") !== "")) return false;
		return was[name] !== digestOf(goValue(go, name));
	});
	const isImplied = (name) => (name === "GONOPROXY" || name === "GONOSUMDB") && goValue(go, name) === goValue(go, "GOPRIVATE");
	return found.includes("GOPRIVATE") ? found.filter((name) => !isImplied(name)) : found;
}
function goValue(go, name) {
	return go === void 0 ? "" : saidBy(go, name) ?? "";
}
function proxyFindings(request, changed) {
	const { env, session, policy, before, sessionDir } = request;
	const ours = proxyUrl(session);
	const value = env.GOPROXY ?? "";
	const [first = ""] = value.split(/[,|]/);
	const other = first.trim() !== ours;
	if (!(before === void 0 ? other && value !== "" : changed.includes("GOPROXY")) || env.MODGATE_SESSION !== sessionDir || value === ours) return [];
	const now = value === "" ? "nothing" : shown$1(withoutOurs(value));
	return told(policy, "GOPROXY", {
		message: other ? `GOPROXY was set to another proxy while the session ran: ${now}` : `GOPROXY was given other entries behind modgate while the session ran: ${now}`,
		why: other ? "Modules then come in without the proxy that the policy is kept by." : "go asks them for what modgate says it does not have, and some ask version control.",
		fix: "Leave GOPROXY as modgate set it; an upstream belongs in proxy.upstream of the policy file."
	});
}
/** By what go says in the end, from whichever variable or file it takes that. */
function modcacheFindings({ env, sessionDir, policy, before, go }) {
	const was = before?.goModCache;
	const now = go?.GOMODCACHE ?? "";
	if (was === void 0 || now === "" || now === was) return [];
	if (before?.given.includes("GOMODCACHE") && env.MODGATE_SESSION !== sessionDir) return [];
	return told(policy, "GOMODCACHE", {
		message: `GOMODCACHE became ${shown$1(now)} while the session ran; it was ${shown$1(was)}`,
		why: "go takes what lies there without asking any proxy.",
		fix: "Set it before modgate starts."
	});
}
async function workspaceFindings({ env, policy, before }) {
	if (before?.goWork === void 0 || (env.GOWORK ?? "") !== "") return [];
	const now = await goWorkAbove(before.cwd) ?? null;
	if (now === before.goWork || now === null) return [];
	return told(policy, "GOWORK", {
		message: `${shown$1(now)} was written while the session ran, and go builds in that workspace from then on`,
		why: "Its use and replace lines count more than those of go.mod, and nobody has reviewed them.",
		fix: "Commit it, or set GOWORK=off."
	});
}
/** A finding about one variable, at the level of the layers that do not allow it. */
function told(policy, name, words) {
	const level = levelOf(policy, "bypass/env", ({ allow }) => Array.isArray(allow) && allow.includes(name));
	if (level === void 0) return [];
	const said = policy.layers.some(({ rules }) => rules.get("bypass/env")?.explicit === true);
	return [{
		rule: "bypass/env",
		level: name === "GOPROXY" && !said && speaks(policy) ? "error" : level,
		...words
	}];
}
/** Judges variables as the rule that reads environment files does, at the level and with the options of `bypass/env`. */
async function settingFindings(policy, settings, all) {
	const usable = settings.filter(({ value }) => value !== "" && !/['\r\n]/.test(value));
	if (usable.length === 0) return [];
	const [{ treeOf }, { runRules }, { envBypass }] = await Promise.all([
		import("./lazy/policy-tree-of.js"),
		import("./lazy/policy-run-rules.js"),
		import("./lazy/policy-rules-env-bypass.js")
	]);
	const rule = {
		...envBypass,
		id: "bypass/env",
		check: (context) => envBypass.check({
			...context,
			options: {
				...context.options,
				all: all || context.options.all === true
			}
		})
	};
	return usable.flatMap(({ name, value, where }) => {
		const tree = treeOf([{
			path: ".env",
			kind: "file",
			bytes: Buffer.from(`${name}='${value}'\n`)
		}]);
		return runRules({
			tree,
			base: void 0,
			policy,
			rules: [rule]
		}).map((found) => {
			const { place: _, ...finding } = findingOf({
				...found,
				status: "new"
			});
			return {
				...finding,
				message: finding.message.replace("in this environment file", where),
				fix: finding.fix.replace("{env/bypass:", "{bypass/env:")
			};
		});
	});
}
/** One line of ASCII without credentials; entries of a list are URLs each for itself. */
function shown$1(text) {
	return text.split(/([,|])/).map((part) => redactText(part)).join("").replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}
// src/session/bypass/lay.ts
/**
* Reads what the GOMODCACHE holds before the job uses it, and keeps that for the end of the session. May run while
* the job already downloads: what came in since `began`, when the session did, is left out. Rejects when the session
* directory cannot be written.
*/
async function inventoryAtStart(about) {
	const { sessionDir, goModCache, began, now } = about;
	const { versions } = await readModcache(goModCache);
	const lay = [...versions].flatMap(([key, { h1, zip, changedMs }]) => changedMs <= began ? [[
		key,
		h1,
		zip ? 1 : 0
	]] : []);
	const text = JSON.stringify({
		v: 1,
		dir: goModCache,
		t: now.toISOString(),
		lay
	});
	await writeWhole(join(sessionDir, FILES.modcacheBefore), text);
}
/** Undefined when nobody looked, or the daemon died before it could write that down. */
async function keptLayThere(sessionDir) {
	try {
		const text = await readFile(join(sessionDir, FILES.modcacheBefore), "utf8");
		const { v, dir, t, lay } = JSON.parse(text);
		if (v !== 1) return void 0;
		return {
			dir,
			t,
			versions: new Map(lay.map(([key, h1, zip]) => [key, {
				h1,
				zip: zip === 1
			}]))
		};
	} catch {
		return;
	}
}
/** What lay there as records. */
function startRecords({ t, versions }) {
	return inventoryRecords({
		phase: "start",
		t,
		members: [...versions].map(([key, { h1 }]) => `${key} ${h1}`),
		vendored: [],
		vcs: [],
		preexisting: versions.size
	});
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
// src/session/bypass/lost.ts
/**
* Whether a session's store took in or gave out these very contents since the session began. A daemon that is killed
* takes the records of its last moment with it: what it served then must not pass for what came in past it.
* @param began milliseconds since 1970
*/
async function storeKnows(storeDir, { module, version, h1 }, began) {
	const mv = {
		path: module,
		version
	};
	const keys = versionKeys(mv);
	if (keys === void 0) return false;
	const file = join(storeDir, ...keys.index.split("/"));
	if (await stat(file).then((found) => found.mtimeMs, () => 0) < began) return false;
	const bytes = await readBounded(file, MAX_INDEX_SIZE);
	return bytes !== void 0 && parseEntry(bytes, mv)?.h1 === h1;
}
// src/session/fetch/read-sums.ts
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
/** Most go.sum files of a checkout that are read. */
const MAX_SUM_FILES = 200;
/** The lines of go.sum files, file by file; one that cannot be read is passed over. */
async function* readSumFiles(paths) {
	for (const path of paths.slice(0, MAX_SUM_FILES)) {
		const bytes = await readBounded(path, SUM_LIMITS.maxBytes + 1);
		if (bytes !== void 0) yield {
			path,
			...await parseSumInSteps(bytes, path)
		};
	}
}
// src/session/bypass/own-set.ts
const MAX_LINES = 4e5;
const MODULES_TXT_BYTES = 16 << 20;
const MAX_VENDOR_DIRS = 200;
/** Reads the checkout as it is now. Never rejects: what cannot be read lists nothing. */
async function readCheckout(workspace) {
	const { goMods, goWorks, goSums } = await findModuleFiles(workspace);
	const sums = /* @__PURE__ */ new Map();
	let lines = 0;
	for await (const { entries } of readSumFiles(goSums)) {
		lines += entries.length;
		if (lines > MAX_LINES) break;
		for (const { module, version, file, h1 } of entries) {
			if (file !== "zip") continue;
			const key = `${module}@${version}`;
			const known = sums.get(key);
			if (known === void 0) sums.set(key, /* @__PURE__ */ new Set([h1]));
			else known.add(h1);
		}
	}
	const vendored = /* @__PURE__ */ new Set();
	const dirs = new Set([...goMods, ...goWorks].map(dirname));
	for (const dir of [...dirs].slice(0, MAX_VENDOR_DIRS)) {
		const bytes = await readBounded(join(dir, "vendor", "modules.txt"), MODULES_TXT_BYTES);
		if (bytes === void 0) continue;
		for (const { path, version, replacement, packages } of parseModulesTxt(bytes).modules) {
			if (packages.length === 0) continue;
			const [name, number] = replacement === void 0 ? [path, version] : [replacement.path, replacement.version];
			if (number !== "") vendored.add(`${name}@${number}`);
		}
	}
	return {
		sums,
		vendored
	};
}
/**
* The members of this job's own set: what came in while it ran, what the proxy served, what lay in the module cache
* before and a go.sum of the checkout lists with the same hash, and what is vendored and listed there. A persistent
* module cache holds modules of other repositories, too; those are not this job's. Pure.
*/
function ownMembers(caches, served, { sums, vendored }) {
	const members = /* @__PURE__ */ new Set();
	for (const { fresh, old } of caches) {
		for (const version of fresh) members.add(memberOf(version));
		for (const version of old) if (sums.get(`${version.module}@${version.version}`)?.has(version.h1)) members.add(memberOf(version));
	}
	for (const { key, h1 } of served.all()) members.add(`${key} ${h1}`);
	for (const key of vendored) for (const h1 of sums.get(key) ?? []) members.add(`${key} ${h1}`);
	return members;
}
// src/session/bypass/served.ts
/** The zips that a session answered with, by `module@version`: their hashes. */
var ServedZips = class {
	#hashes = /* @__PURE__ */ new Map();
	/** Takes in one answer; most bring no code. */
	take({ op, status, decision, module, version, h1 }) {
		if (op !== "zip" && op !== "toolchain") return;
		if (status !== 200 || decision === "deny" || module === void 0 || version === void 0) return;
		const key = `${module}@${version}`;
		const known = this.#hashes.get(key) ?? /* @__PURE__ */ new Set();
		this.#hashes.set(key, known);
		if (h1 !== void 0) known.add(h1);
	}
	/** Hashes of what was served of a version, none where that is not known; undefined when nothing was. */
	of(key) {
		return this.#hashes.get(key);
	}
	/** Every version that was served with a known hash. */
	*all() {
		for (const [key, hashes] of this.#hashes) for (const h1 of hashes) yield {
			key,
			h1
		};
	}
};
// src/session/bypass/tell.ts
/** Findings of a kind that are told one by one; the rest is counted. */
const MAX_EACH = 20;
const MAX_NAMES = 3;
/** Findings of what is in a module cache though the proxy did not serve it. */
function unservedFindings(unserved, request) {
	const counted = levelled(unserved, "bypass/unserved", ({ found }) => found.module, request);
	const restored = counted.filter(({ item }) => item.kind === "restored");
	const others = counted.filter(({ item }) => item.kind !== "restored").sort((a, b) => nameOf(a.item) < nameOf(b.item) ? -1 : 1);
	return [
		...others.slice(0, MAX_EACH).map(unservedFinding),
		...more("bypass/unserved", others.slice(MAX_EACH), "module versions came into GOMODCACHE past the proxy"),
		...restoredFinding(restored, request.advice)
	];
}
/** Findings of what go fetched from version control by itself. */
function vcsFindings(clones, request) {
	const counted = levelled(clones, "bypass/vcs", pathOf, request);
	return [...counted.slice(0, MAX_EACH).map(({ level, item: { url, fetchedFrom } }) => {
		return {
			rule: "bypass/vcs",
			level,
			message: `go fetched ${url === "" ? "an origin that it did not write down" : shown(url)} from version control by itself${fetchedFrom === void 0 || fetchedFrom === url ? "" : ` (in truth from ${shown(fetchedFrom)})`} while the session ran`,
			why: "The proxy was not asked: neither its policy nor its record knows what came in.",
			fix: `Name modules of your own in proxy.private of the policy file, so that modgate fetches them, and leave GOPRIVATE, GONOPROXY and GOPROXY alone. Where it is meant: ${allowing("bypass/vcs", pathOf({ url }))}`
		};
	}), ...more("bypass/vcs", counted.slice(MAX_EACH), "repositories were fetched by go itself")];
}
function unservedFinding({ level, item }) {
	const { module, version } = item.found;
	return {
		rule: "bypass/unserved",
		level,
		module,
		version,
		message: MESSAGE[item.kind](item),
		why: WHY[item.kind],
		fix: item.kind === "no-zip" ? "Leave the zips of GOMODCACHE alone (go clean -modcache removes all of it), and find out who deleted it." : `Leave GOPROXY, GONOPROXY and GOPRIVATE as modgate set them; modules of your own belong in proxy.private of the policy file. Where it is meant: ${allowing("bypass/unserved", module)}`
	};
}
const MESSAGE = {
	unknown: (item) => `${nameOf(item)} came into GOMODCACHE while the session ran, and the proxy did not serve it`,
	"other-hash": (item) => `${nameOf(item)} in GOMODCACHE is ${item.found.h1}, and the proxy served ${item.other}`,
	changed: (item) => `${nameOf(item)} in GOMODCACHE was ${item.other} when the session began and is ${item.found.h1} now, which the proxy did not serve`,
	restored: (item) => `${nameOf(item)} was put into GOMODCACHE from an archive while the session ran`,
	"no-zip": (item) => `the zip of ${nameOf(item)} was deleted from GOMODCACHE while the session ran`
};
const PAST = "It was fetched past the proxy, or a program put it there: no policy was asked, and no record tells where it is from.";
const WHY = {
	unknown: PAST,
	"other-hash": PAST,
	changed: PAST,
	restored: PAST,
	"no-zip": "go goes on with the unpacked files and does not notice; go mod verify has nothing left to compare them with, and passes."
};
/** An archive is one thing to mend, however much is in it. */
function restoredFinding(restored, advice) {
	if (restored.length === 0) return [];
	const names = restored.map(({ item }) => nameOf(item)).sort();
	const others = names.length > MAX_NAMES ? ", ..." : "";
	const count = names.length === 1 ? "1 module version was" : `${names.length} module versions were`;
	return [{
		rule: "bypass/unserved",
		level: highest(restored),
		message: `${count} put into GOMODCACHE from an archive while the session ran: ${names.slice(0, MAX_NAMES).join(", ")}${others}`,
		why: "go takes what lies there without asking the proxy and without hashing it: a job that can write that archive decides what is compiled here.",
		fix: `Keep GOMODCACHE out of the job's own cache, modgate keeps the modules${advice === void 0 ? "." : `: ${advice}.`}`
	}];
}
function more(rule, rest, what) {
	if (rest.length === 0) return [];
	return [{
		rule,
		level: highest(rest),
		message: `${rest.length} more ${what}`,
		why: `The first ${MAX_EACH} are listed.`,
		fix: "Mend those first."
	}];
}
function levelled(items, rule, moduleOf, request) {
	return items.flatMap((item) => {
		const level = levelFor(rule, moduleOf(item), request);
		return level === void 0 ? [] : [{
			level,
			item
		}];
	});
}
function levelFor(rule, module, { policy, isWaived }) {
	if (isWaived(rule, module)) return void 0;
	return levelOf(policy, rule, ({ allow }) => Array.isArray(allow) && matchGlobs(allow.join(","), module));
}
function highest(items) {
	return LEVELS.findLast((level) => items.some((item) => item.level === level)) ?? "note";
}
function nameOf({ found }) {
	return `${shown(found.module)}@${shown(found.version)}`;
}
/** Host and path of an origin, as a glob names it. */
function pathOf({ url }) {
	if (!URL.canParse(url)) return url;
	const { host, pathname } = new URL(url);
	return `${host}${pathname}`.replace(/^\/+|\/+$/g, "");
}
function allowing(rule, pattern) {
	return `rules: {${rule}: {allow: [${shown(pattern)}]}}`;
}
function shown(text) {
	return text.replaceAll(/[^\x21-\x7e]+/g, "?").slice(0, 300);
}
// src/session/bypass/unserved.ts
/**
* Compares the contents of a GOMODCACHE with what lay there and with what was served. Pure.
* @param lay what lay there when the session began; undefined where nobody looked, and times decide
* @param at when the session began, ms since 1970
*/
function compare(contents, lay, served, at) {
	const unserved = [];
	const fresh = [];
	const old = [];
	let preexisting = 0;
	for (const [key, found] of contents.versions) {
		const before = lay?.versions.get(key);
		const hashes = served.of(key);
		const isServed = hashes !== void 0 && (hashes.size === 0 || hashes.has(found.h1));
		const layThere = lay === void 0 ? found.changedMs <= at : before?.h1 === found.h1;
		if (layThere) preexisting += 1;
		else fresh.push(found);
		if (layThere && !isServed) old.push(found);
		if (layThere || isServed) {
			if (!found.zip && (isServed || before?.zip === true)) unserved.push({
				kind: "no-zip",
				found
			});
			continue;
		}
		const [other] = hashes ?? [];
		if (other !== void 0) unserved.push({
			kind: "other-hash",
			found,
			other
		});
		else if (before !== void 0) unserved.push({
			kind: "changed",
			found,
			other: before.h1
		});
		else unserved.push({
			kind: found.writtenMs < at ? "restored" : "unknown",
			found
		});
	}
	return {
		unserved,
		fresh,
		old,
		preexisting
	};
}
// src/session/bypass/close.ts
/**
* What a job had when it ended, and what of it came past the session: compares what the module cache and its clones
* hold with what lay there when the session began and with what was served, and the environment with what was given.
* Works from files alone, with the daemon alive or dead. Never rejects.
*/
async function closingInventory(request) {
	try {
		return await look(request);
	} catch (error) {
		const warning = `what came in past the proxy could not be looked for: ${error instanceof Error ? error.message : String(error)}; the other numbers are right`;
		return {
			...NOTHING,
			warnings: [warning]
		};
	}
}
const NOTHING = {
	records: [],
	findings: [],
	unverified: 0,
	warnings: []
};
async function look(request) {
	const { sessionDir, session, env, platform, record, now } = request;
	const isOwn = platform.name === "local";
	const [scope, lay] = await Promise.all([scopeOf(request), keptLayThere(sessionDir)]);
	if (scope === void 0) return NOTHING;
	const { policy, before, looksInto, hasEnv } = scope;
	const begun = request.ahead ?? beginLook(request, scope);
	const go = await begun.go;
	const drift = hasEnv && session !== void 0 ? await driftFindings({
		env,
		sessionDir,
		session,
		before,
		go,
		policy
	}) : [];
	if (!looksInto) return {
		...NOTHING,
		findings: drift
	};
	const at = before?.at ?? Date.parse(session?.start ?? "");
	const dirs = modcachesOf(env, before, go);
	const [{ served, lossy }, caches] = await Promise.all([servedZips(sessionDir), Promise.all(dirs.map((dir) => dir === begun.cache?.dir ? begun.cache.read : readCache(dir)))]);
	const began = Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
	const compared = caches.map(({ dir, contents }) => compare(contents, lay?.dir === dir ? lay : void 0, served, began));
	const clones = caches.flatMap((cache) => cache.clones).filter(({ fetchedMs }) => fetchedMs > began);
	const tell = {
		policy,
		isWaived: await waivedBy(policy, now),
		advice: platform.modcacheAdvice
	};
	const verified = new Set((await keptModcacheReport(sessionDir))?.verified);
	const suspects = compared.flatMap(({ unserved }) => unserved).filter((one) => !isRight(one, verified));
	const storeDir = lossy ? session?.storeDir : void 0;
	const findings = [
		...unservedFindings(storeDir === void 0 ? suspects : await withoutLost(suspects, storeDir, began), tell),
		...vcsFindings(clones, tell),
		...drift
	];
	return {
		records: record ? [...lay === void 0 ? [] : startRecords(lay), ...await endRecords(request, compared, served, clones)] : [],
		findings,
		unverified: isOwn ? 0 : countUnverified(compared, verified, policy),
		warnings: caches.flatMap(({ dir, contents }) => warningOf(dir, contents))
	};
}
/** The module caches that this job may have used; an old one counts when a later step set another. */
function modcachesOf(env, before, go) {
	const dirs = [before?.goModCache, go?.GOMODCACHE ?? guessedModcache(env)];
	return [...new Set(dirs.filter((dir) => dir !== void 0 && dir !== ""))];
}
/** GOMODCACHE without asking go, which may be gone by now. */
function guessedModcache(env) {
	if (env.GOMODCACHE) return env.GOMODCACHE;
	if (env.GOPATH) return join(env.GOPATH, "pkg", "mod");
	const home = env.HOME ?? env.USERPROFILE;
	return home === void 0 ? void 0 : join(home, "go", "pkg", "mod");
}
/** What the proxy answered with, by its journal, and whether some of that may be missing there. */
async function servedZips(sessionDir) {
	const served = new ServedZips();
	let lossy = true;
	const read = await readJournal(join(sessionDir, FILES.journal), (record) => {
		if (record.kind === "req") served.take(record);
		else if (record.kind === "hdr") lossy = true;
		else if (record.kind === "ftr") lossy = record.dropped > 0;
	}).catch(() => ({ damaged: 0 }));
	return {
		served,
		lossy: lossy || read.damaged > 0
	};
}
/** Without those that the proxy served though no record says so. */
async function withoutLost(unserved, storeDir, began) {
	const told = [];
	for (const one of unserved) if (!((one.kind === "unknown" || one.kind === "restored") && await storeKnows(storeDir, one.found, began))) told.push(one);
	return told;
}
async function waivedBy(policy, now) {
	if (policy.waivers.length === 0) return () => false;
	const { checkWaivers, WaiverIndex } = await import("./lazy/policy-waivers.js");
	const index = new WaiverIndex(checkWaivers(policy, now).filter(({ state }) => state === "valid"));
	return (rule, module) => index.matches({
		rule,
		file: "",
		module
	}).length > 0;
}
async function endRecords({ platform, now }, compared, served, clones) {
	const checkout = await readCheckout(platform.workspace);
	return inventoryRecords({
		phase: "end",
		t: now.toISOString(),
		members: ownMembers(compared, served, checkout),
		vendored: checkout.vendored,
		vcs: clones.flatMap(({ url, fetchedFrom }) => [url, fetchedFrom ?? ""]).filter((url) => url !== ""),
		preexisting: compared.reduce((sum, { preexisting }) => sum + preexisting, 0)
	});
}
/** An archive brought what go.sum says: nobody can have put anything else into it. */
function isRight({ kind, found }, verified) {
	return kind === "restored" && verified.has(`${found.module}@${found.version}`);
}
/** Versions that nobody vouched for in this job; what came in meanwhile among them only where no rule asks for it. */
function countUnverified(compared, verified, policy) {
	const told = isOn(policy, "bypass/unserved");
	return compared.flatMap(({ old, unserved }) => [...old, ...unserved.filter(({ kind }) => !told && kind !== "no-zip").map(({ found }) => found)]).filter(({ module, version }) => !verified.has(`${module}@${version}`)).length;
}
function warningOf(dir, { odd, cut }) {
	const told = [];
	if (cut) told.push(`GOMODCACHE ${dir} holds too much to look at all of it: some modules are not in the record of this job`);
	if (odd.count > 0) {
		const others = odd.count === 1 ? "" : ` and ${odd.count - 1} more`;
		told.push(`GOMODCACHE holds files that are no hashes (${odd.first}${others}): their modules are not in the record of this job; delete them, go makes them anew`);
	}
	return told;
}
// src/session/changed-hashes.ts
/** More of them say nothing new. */
const MAX_FINDINGS = 50;
/**
* Findings for the versions that the proxy refused because their hash is another one than was first seen. In `fallback`
* mode go asks the next proxy after a refusal, so that a build alone does not tell.
*/
var ChangedHashes = class {
	#found = /* @__PURE__ */ new Map();
	add({ rule, decision, module, version, reason }) {
		if (rule !== "sum/changed" || decision !== "deny" || module === void 0 || version === void 0) return;
		const name = `${module}@${version}`;
		if (this.#found.has(name) || this.#found.size >= MAX_FINDINGS) return;
		this.#found.set(name, {
			rule,
			level: "error",
			module,
			version,
			message: `${name} is not what it was: ${reason ?? "its hash changed"}`,
			why: "A version never changes. Another hash means that a tag was moved, or that somebody delivered something else.",
			fix: `Find out who moved the tag; if that is right, accept it with: modgate cache forget ${name}`
		});
	}
	get findings() {
		return [...this.#found.values()];
	}
};
// src/session/summary.ts
/** Longest list of warnings that is repeated at the end. */
const MAX_WARNINGS = 20;
/**
* Sums a session up from its journal alone, so that it works with the daemon alive, stopped or killed.
* @param closing what came in past the session, where somebody looked for that
*/
async function summarize(sessionDir, closing) {
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
	const changes = new ChangedHashes();
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
		} else if (record.kind === "req") {
			requests++;
			last = Date.parse(record.t);
			if (record.decision === "deny") denied++;
			changes.add(record);
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
	const restore = await readReport(sessionDir, FILES.restore);
	const layers = await readReport(sessionDir, FILES.layers);
	const build = await keptBuildState(sessionDir);
	const began = first ?? 0;
	const modcache = await keptModcacheReport(sessionDir);
	const notWhole = modcache === void 0 ? void 0 : incompleteness(modcache);
	if (notWhole !== void 0) warnings.push(notWhole);
	warnings.push(...closing?.warnings ?? []);
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
		unverifiedModcache: closing?.unverified ?? 0,
		prefetchedUnused: Math.max(0, prefetched - asked.size),
		seconds: last === void 0 ? 0 : Math.max(0, (last - began) / 1e3),
		daemonDied: !closed,
		warnings,
		findings: [
			...await keptFindings(sessionDir),
			...modcache?.findings ?? [],
			...changes.findings,
			...closing?.findings ?? []
		],
		...restore === void 0 ? {} : { restore },
		...layers === void 0 ? {} : { layers },
		...build === void 0 ? {} : { buildCache: build.report },
		...modcache === void 0 ? {} : { modcache }
	};
}
/** A summary with what became of the session's records. */
function withAudit(summary, audit) {
	const warning = auditWarning(audit);
	return {
		...summary,
		audit,
		warnings: [...summary.warnings, ...warning === void 0 ? [] : [warning]]
	};
}
async function readReport(sessionDir, name) {
	try {
		return JSON.parse(await readFile(join(sessionDir, name), "utf8"));
	} catch {
		return;
	}
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
	if (summary.layers !== void 0) lines.push(...layersInWords(summary.layers).map((line) => `  ${line}`));
	if (summary.unverifiedModcache > 0) lines.push(`  ${summary.unverifiedModcache} module versions in GOMODCACHE did not come through modgate and nobody verified them here: a cache that the job restored holds them, or they were there before${advice === void 0 ? "" : `; ${advice}`}`);
	if (summary.buildCache !== void 0) lines.push(`  ${buildInWords(summary.buildCache, formatBytes)}`);
	if (summary.modcache !== void 0) lines.push(`  ${modcacheInWords(summary.modcache)}`);
	if (summary.audit !== void 0) lines.push(`  ${auditInWords(summary.audit)}`);
	if (summary.audit?.checkpoint !== void 0) lines.push("  Checkpoint of the audit log, for modgate audit verify --checkpoint:", ...summary.audit.checkpoint.trimEnd().split("\n").map((line) => `    ${line}`.trimEnd()));
	for (const finding of summary.findings) lines.push(`  ${inWords$1(finding)}`);
	if (summary.daemonDied) lines.push("  the proxy had died before the end; the numbers are those of its journal");
	return `modgate\n${lines.join("\n")}\n`;
}
/** A line for each layer that gave something, and one for what was written. */
function layersInWords({ layers, written }) {
	const lines = layers.filter(({ files }) => files > 0).map(({ location, files, bytes }) => `${files} files (${formatBytes(bytes)}) came from ${location}`);
	if (written === void 0) return lines;
	const { location, versions, bytes, left } = written;
	if (versions > 0) lines.push(`${versions} module versions (${formatBytes(bytes)}) were written to ${location}`);
	if (left > 0) lines.push(`${left} module versions were not written to ${location ?? "a shared store"}`);
	return lines;
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
// src/session/sum-up.ts
/** Begins what `sumUp` needs and the daemon does not change, to be called while that still ends. Never rejects. */
async function lookAhead({ sessionDir, session, env, platform }) {
	const file = await readAuditFile(sessionDir);
	const look = await lookAhead$1({
		sessionDir,
		session,
		env: file === void 0 ? env : withoutToken(env, file),
		platform,
		record: file !== void 0
	});
	if (file !== void 0) import("./lazy/session-audit-close.js");
	return look;
}
/**
* What every end of a session does, whoever ends it and whether its daemon is alive or dead: looks at what the job has
* now, sums the session up, and sends the rest of its records. The daemon must have stopped writing. Undefined where
* there was no session.
*/
async function sumUp(request) {
	const { sessionDir, session, env, token, platform, budgetMs } = request;
	const file = await readAuditFile(sessionDir);
	const now = /* @__PURE__ */ new Date();
	const record = file !== void 0;
	const { redact } = redactorOfEnv(env, isSecretEnv, token ?? env[file?.tokenEnv ?? ""] ?? "");
	const found = await closingInventory({
		sessionDir,
		session,
		env: file === void 0 ? env : withoutToken(env, file),
		platform,
		record,
		now,
		ahead: await request.ahead
	});
	const findings = [...found.findings, ...await buildFindings(sessionDir)];
	const closing = redactDeep({
		...found,
		findings
	}, redact);
	const summary = await summarize(sessionDir, closing);
	if (summary === void 0 || file === void 0) return summary;
	const { closeAudit } = await import("./lazy/session-audit-close.js");
	return withAudit(summary, await closeAudit({
		sessionDir,
		file,
		env,
		token,
		inventories: closing.records,
		findings: summary.findings,
		redact,
		...budgetMs === void 0 ? {} : { budgetMs }
	}));
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
	const platform = platformOf(env, cwd);
	const about = {
		sessionDir,
		session,
		env,
		token: request.auditToken,
		platform
	};
	let ahead;
	if (session !== void 0) {
		const alive = await control(session, "ping", PING_MS);
		if (alive !== void 0) await control(session, "verify", 15e3);
		ahead = lookAhead(about);
		if ((alive === void 0 ? void 0 : await control(session, "stop", STOP_MS)) === void 0 && (alive !== void 0 || isOurs(session))) kill(session.pid);
	}
	await Promise.all([
		FILES.held,
		FILES.vcs,
		FILES.credentials
	].map((name) => rm(join(sessionDir, name), {
		recursive: true,
		force: true
	}).catch(() => void 0)));
	const { workspace, modcacheAdvice } = platform;
	const summary = await sumUp(ahead === void 0 ? about : {
		...about,
		ahead
	});
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
* n ended it); when that is 0, 1 when the session found something of level error, and 4 when records that are required
* could not be delivered.
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
		privateSession: true,
		waitForPolicy: true
	});
	for (const warning of session.warnings) log(`warning: ${warning}`);
	let code;
	let verdict = 0;
	try {
		code = await execute(command, without({
			...env,
			...session.env
		}, session.withheld), cwd);
	} finally {
		if (!session.reused) verdict = await finish(request, session);
	}
	return code === 0 ? verdict : code;
}
/** Ends the session, says what came of it, and removes what nobody needs any more. Resolves with its own exit code. */
async function finish({ env, cwd, log }, session) {
	const { summary, modcacheAdvice } = await stopSession({
		env: {
			...env,
			...session.env
		},
		cwd,
		log,
		session: session.sessionDir
	});
	for (const warning of summary?.warnings ?? []) if (!session.warnings.includes(warning)) log(`warning: ${warning}`);
	if (summary !== void 0) process.stderr.write(closingTable(summary, modcacheAdvice));
	const { GOMODCACHE: isolated } = session.env;
	if (isolated !== void 0) await rm(isolated, {
		recursive: true,
		force: true
	}).catch(() => void 0);
	const spooled = summary?.audit?.spool?.startsWith(session.sessionDir) === true;
	if (summary === void 0 || summary.daemonDied) log(`the session directory is kept for a look at daemon.log: ${session.sessionDir}`);
	else if (!spooled) await rm(session.sessionDir, {
		recursive: true,
		force: true
	}).catch(() => void 0);
	if (fails(summary?.findings ?? [])) return 1;
	return summary?.audit !== void 0 && isUndelivered(summary.audit) ? 4 : 0;
}
function without(env, names) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
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
			resolve(code ?? 128 + (signal === null ? 0 : constants$1.signals[signal] ?? 0));
		});
	});
}
// src/session/audit/open-journal.ts
/**
* Opens the journal of a session: that of a daemon which was killed in this job goes on, any other is put aside.
* Throws SessionError `session-dir`.
*/
async function openJournal({ sessionDir, job }, log) {
	const path = join(sessionDir, FILES.journal);
	const opening = async () => {
		const uid = job.recurring === true ? (await unfinished(path))?.job_uid ?? jobUid([job.uid, randomUUID()]) : job.uid;
		await setAside(path, uid);
		return {
			journal: await JournalWriter.open(path, { onTrouble: (why) => log(`journal: ${why}`) }),
			uid
		};
	};
	return await writingTo(sessionDir, opening());
}
/** Writes whose records follow; once more when it is known what the session goes by. */
function writeHeader(journal, { job, version, configDigest }, uid, start) {
	journal.write({
		kind: "hdr",
		v: 1,
		job_uid: uid,
		inst: journal.header?.inst ?? randomUUID(),
		forge: job.forge,
		iss: job.issuer,
		tool: {
			name: "modgate",
			version
		},
		clock: {
			wall: start,
			mono_ns: process.hrtime.bigint().toString()
		},
		policy: { digest: configDigest },
		modcache_preexisting: 0,
		claimed: job.claimed
	});
}
// src/session/audit/records.ts
/**
* How long an end that nobody asked for takes at most for records that were not sent yet, ms. Who sends a signal
* sends a stronger one soon.
*/
const CLOSE_MS = 1e4;
const SIGNAL_MS = 5e3;
/** What a daemon does for its audit trail. Without an audit store nothing, and nothing of it is loaded. */
var Records = class {
	#deps;
	#request;
	#trail;
	constructor(deps) {
		this.#deps = deps;
	}
	/**
	* Begins to send, once. Resolves at once, or, where records are required, when the store has the first; rejects
	* with SessionError `audit` where it does not take that, and may be asked again then.
	*/
	async begin(settled) {
		if (settled.audit === void 0) return;
		this.#request = settled;
		this.#trail ??= this.#load(settled).catch((error) => {
			this.#trail = void 0;
			throw error;
		});
		if (settled.audit.required) await (await this.#trail).acknowledged();
		this.#trail.catch((error) => {
			const why = error instanceof Error ? error.message : String(error);
			this.#deps.warn(`audit records are not sent while the job runs: ${why}`);
		});
	}
	async #load(request) {
		const { storeDir, ...deps } = this.#deps;
		const { beginAuditTrail } = await import("./lazy/session-audit-trail.js");
		return await beginAuditTrail({
			...deps,
			request,
			storeDir: storeDir(request)
		});
	}
	/** Sends and seals no more. Never rejects. */
	async stop() {
		await (await this.#trail?.catch(() => void 0))?.stop();
	}
	/** Closes the trail of a daemon that ends by itself, when its journal is closed. Never rejects. */
	async close(session, reason) {
		const request = this.#request;
		if (request === void 0) return;
		const { log } = this.#deps;
		try {
			const { sumUp } = await import("./lazy/session-sum-up.js");
			const summary = await sumUp({
				sessionDir: request.sessionDir,
				session,
				env: {
					...request.env,
					...request.auditEnv
				},
				platform: {
					name: request.job.forge,
					workspace: request.workspace
				},
				budgetMs: /^SIG/.test(reason) ? SIGNAL_MS : CLOSE_MS
			});
			if (summary?.audit !== void 0) log(auditInWords(summary.audit));
			for (const line of summary?.warnings ?? []) log(`warning: ${line}`);
		} catch (error) {
			log(`audit: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
};
// src/session/cache/restoring.ts
/** How long the first requests of a job wait to learn what the shared cache will bring, ms. */
const KNOW_MS = 2e3;
/**
* A file that will be there this soon is worth waiting for, ms. The upstream may be quicker for one file, but every
* file that is fetched beside the restore takes processor time and bandwidth from it, and from go: on a busy machine a shorter
* patience has the whole project fetched twice.
*/
const WORTH_MS = 6e3;
/** The same for what nobody waits for yet. */
const AHEAD_MS = 15e3;
/** What a mirror takes for a file that is slow to come from the cache: a guess on the safe side. */
const UPSTREAM_MS = 500;
const UPSTREAM_BYTES_PER_MS = 1e4;
/** Without a byte for this long nothing is expected of a bundle, ms. */
const STALL_MS = 1500;
/** Longest that the small files of a bundle are waited for, ms. */
const SMALL_MS = 5e3;
/** How long zips come before their speed counts, ms. */
const SETTLED_MS = 700;
/** How often those who wait look whether it is still worth it, ms. */
const LOOK_MS = 50;
/**
* What a restore has brought, will bring, and when. Requests ask here whether to wait: only as long as that is
* quicker than the upstream. Times are `now()` in ms.
*/
var Restoring = class {
	#now;
	#began;
	#files = /* @__PURE__ */ new Map();
	#progress = /* @__PURE__ */ new Map();
	/** Bytes of all files of each bundle. */
	#total = /* @__PURE__ */ new Map();
	/** Files of each bundle that come before its zips and are not here yet. */
	#small = /* @__PURE__ */ new Map();
	#waiting = /* @__PURE__ */ new Map();
	#watch;
	#known = Promise.withResolvers();
	#state = "asking";
	constructor(now) {
		this.#now = now;
		this.#began = now();
	}
	/** Resolves when it is known what will come, or that nothing will. */
	get known() {
		return this.#known.promise;
	}
	/** The manifest was read: these files are on their way, in this order, except what the store has. */
	expect(manifest) {
		const until = this.#total;
		const rows = manifest.versions.flatMap((version) => version.files.map((file) => ({
			version,
			file
		})));
		for (const zips of [false, true]) for (const { version, file } of rows) {
			if (file.kind === "zip" !== zips) continue;
			const end = (until.get(file.bundle) ?? 0) + file.size;
			until.set(file.bundle, end);
			if (!zips) this.#small.set(file.bundle, (this.#small.get(file.bundle) ?? 0) + 1);
			this.#files.set(fileName(version, file.kind), {
				size: file.size,
				bundle: file.bundle,
				until: end
			});
		}
		this.#state = "coming";
		this.#known.resolve();
	}
	/** A bundle begins to come. `size`: its bytes, packed as they are. */
	opened(bundle, size) {
		this.#progress.set(bundle, {
			began: this.#now(),
			size,
			last: this.#now(),
			received: 0,
			zips: void 0
		});
	}
	/** So many bytes of a bundle were received in all. */
	received(bundle, bytes) {
		const progress = this.#progress.get(bundle);
		if (progress === void 0) return;
		progress.last = this.#now();
		progress.received = bytes;
	}
	/** A file is in the store, or will not be. */
	settled(mv, kind) {
		const name = fileName(mv, kind);
		const file = this.#files.get(name);
		if (file !== void 0 && kind !== "zip") this.#small.set(file.bundle, (this.#small.get(file.bundle) ?? 0) - 1);
		this.#drop(name);
	}
	/** Nothing more will come of a bundle. */
	closed(bundle) {
		for (const [name, file] of this.#files) if (file.bundle === bundle) this.#drop(name);
	}
	/** Nothing more will come at all. */
	end() {
		this.#state = "over";
		for (const name of [...this.#files.keys()]) this.#drop(name);
		this.#known.resolve();
	}
	/**
	* For go, which waits: resolves when asking the upstream for a file is better than waiting for it, with true when
	* the store may have it by now.
	*/
	async wait(mv, kind) {
		if (this.#state === "over") return false;
		await this.#coming(fileName(mv, kind), WORTH_MS);
		return true;
	}
	/**
	* For what is fetched ahead, and has more patience: settles when a file came, or is not worth waiting for any more;
	* undefined when it is not worth it now.
	*/
	coming(mv, kind) {
		return this.#coming(fileName(mv, kind), AHEAD_MS);
	}
	#coming(name, most) {
		if (this.#state === "asking") {
			const left = KNOW_MS - (this.#now() - this.#began);
			return left <= 0 ? void 0 : within(left, this.#known.promise).then(() => this.#arrival(name, most));
		}
		return this.#arrival(name, most);
	}
	#arrival(name, most) {
		if (!this.#worth(name, most)) return void 0;
		const key = `${most} ${name}`;
		const waiting = this.#waiting.get(key) ?? {
			name,
			most,
			...Promise.withResolvers()
		};
		this.#waiting.set(key, waiting);
		this.#watch ??= setInterval(() => this.#look(), LOOK_MS).unref();
		return waiting.promise;
	}
	#look() {
		for (const [key, { name, most }] of [...this.#waiting]) if (!this.#worth(name, most)) this.#release(key);
	}
	#drop(name) {
		this.#files.delete(name);
		for (const most of [WORTH_MS, AHEAD_MS]) this.#release(`${most} ${name}`);
	}
	#release(key) {
		this.#waiting.get(key)?.resolve();
		this.#waiting.delete(key);
		if (this.#waiting.size > 0) return;
		clearInterval(this.#watch);
		this.#watch = void 0;
	}
	#worth(name, most) {
		const file = this.#files.get(name);
		if (file === void 0 || this.#state !== "coming") return false;
		const now = this.#now();
		const progress = this.#progress.get(file.bundle);
		if (progress === void 0) return now - this.#began < KNOW_MS;
		if (now - progress.last > STALL_MS) return false;
		if (progress.zips === void 0 && (this.#small.get(file.bundle) ?? 0) <= 0) progress.zips = {
			at: now,
			received: progress.received
		};
		if (progress.zips === void 0) return now - progress.began < SMALL_MS;
		return this.#eta(file, progress, progress.zips, now) <= Math.max(most, UPSTREAM_MS + file.size / UPSTREAM_BYTES_PER_MS);
	}
	/** Until a zip is here, ms, as quick as the zips of its bundle have come so far. */
	#eta({ bundle, until }, { size, received }, zips, now) {
		const elapsed = now - zips.at;
		const came = received - zips.received;
		if (elapsed < SETTLED_MS) return 0;
		if (came <= 0) return Number.POSITIVE_INFINITY;
		const total = this.#total.get(bundle) ?? until;
		return ((size === void 0 ? until : until * size / Math.max(1, total)) - received) * elapsed / came;
	}
};
// src/session/read-only.ts
/**
* A store as a job sees it that may not change it: everything can be read, and nothing is kept, not even the
* time of last use. An archive made of the directory afterwards is the one that was unpacked; a runner that sees
* nothing newer in it does not even make one.
*
* @param tempDir directory for what is downloaded; it is there, and not in the store
*/
function readOnly(store, tempDir) {
	return {
		location: store.location,
		writable: false,
		proof: store.proof,
		get: (mv, kind, expectH1, priority) => store.get(mv, kind, expectH1, priority),
		commit: async (_, what) => {
			if (what.zip !== void 0) await rm(what.zip.file, { force: true });
		},
		confirm: (mv, info) => store.confirm(mv, info),
		touch: async () => {},
		entry: (mv) => store.entry(mv),
		list: (modulePath) => store.list(modulePath),
		versions: () => store.versions(),
		getSoft: (key) => store.getSoft(key),
		putSoft: async () => {},
		tempFile: () => join(tempDir, randomUUID()),
		flush: async () => {}
	};
}
// src/session/cache/session-store.ts
/**
* The store asked for, with the layers behind it; one in the session directory when that one cannot be used: only speed
* is at stake.
*/
async function openStore(request, hasher, log, warn) {
	const { lifetime, layers = [] } = request.store;
	const isPrivate = request.store.private === true;
	const options = {
		hasher,
		proof: lifetime === "job" && !isPrivate ? "full" : "digest",
		alone: lifetime === "job" && !isArchived(request),
		onDamage: ({ mv, path, what }) => {
			warn(`store: ${path}: ${what}; it is fetched again`);
			const kind = FILE_KINDS.find((k) => path.endsWith(`.${k}`));
			if (mv !== void 0 && kind !== void 0) noteDamaged(request.sessionDir, mv, kind);
		}
	};
	await hideFromGit(request.store.dir, request.workspace);
	if (layers.length > 0) return await openLayered(request, options, {
		hasher,
		log,
		warn
	});
	if (leavesStore(request)) return await orFallback(request, options, warn, () => untouched(request, options));
	return await orFallback(request, options, warn, async () => {
		const store = await openDiskStore(request.store.dir, options);
		if (!store.writable) warn(`the module store ${store.location} cannot be written: modules are read from it, and new ones last for this job only`);
		return store;
	});
}
async function orFallback({ store: { fallbackDir } }, options, warn, open) {
	try {
		return await open();
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		warn(`${error.message}; this job uses ${fallbackDir} instead and downloads what is missing`);
		return await openDiskStore(fallbackDir, {
			...options,
			alone: true
		});
	}
}
/** With layers the store in front is always one that can be written: one that cannot is the first layer. */
async function openLayered(request, options, deps) {
	const { dir, fallbackDir } = request.store;
	const { openLayers } = await import("./lazy/session-cache-open-layers.js");
	const { DiskLayer } = await import("./lazy/store-layers-disk-layer.js");
	const fallback = () => openDiskStore(fallbackDir, {
		...options,
		proof: "digest",
		alone: true
	});
	const leaves = leavesStore(request);
	let front;
	try {
		if (!leaves) front = await openDiskStore(dir, options);
		else if (await isThere(dir)) front = await openDiskStore(dir, {
			...options,
			purpose: "look"
		});
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		deps.warn(`${error.message}; this job uses ${fallbackDir} instead`);
	}
	if (front?.writable === true) return await openLayers(front, [], {
		request,
		...deps
	});
	if (front !== void 0 && !leaves) deps.warn(`the module store ${front.location} cannot be written: modules are read from it, and this job keeps its own elsewhere`);
	const first = front === void 0 ? [] : [new DiskLayer(front, false)];
	return await openLayers(await fallback(), first, {
		request,
		...deps
	});
}
async function isThere(dir) {
	return await stat(dir).then((found) => found.isDirectory(), () => false);
}
/**
* A store of which not even the times of its directories may change: a runner archives and uploads all of it when
* anything in it is newer than the archive that it came from.
*/
async function untouched({ store, sessionDir }, options) {
	if (await stat(store.dir).catch(() => void 0) === void 0) return await openDiskStore(store.fallbackDir, {
		...options,
		alone: true
	});
	const tempDir = join(sessionDir, "tmp");
	await mkdir(tempDir, {
		recursive: true,
		mode: 448
	});
	return readOnly(await openDiskStore(store.dir, {
		...options,
		purpose: "look"
	}), tempDir);
}
/** Brings in the shared cache, where there is one. Never rejects: what it lost is a warning. */
async function startRestore(deps, store) {
	if (Object.keys(deps.request.cacheEnv).length === 0) {
		deps.restoring.end();
		return;
	}
	const { restoreStore } = await import("./lazy/session-cache-restore.js");
	return await restoreStore({
		...deps,
		store: diskOf(store)
	});
}
/** The store of this machine, which alone is restored, saved and pruned here. */
function diskOf(store) {
	return layeredOf(store)?.local ?? store;
}
/** The store as one with layers, where it has some. */
function layeredOf(store) {
	return "local" in store ? store : void 0;
}
// src/session/cache/upkeep.ts
/** Time that the end of a session may take for clearing the store up, ms. What is left is done by the next. */
const PRUNE_BUDGET_MS = 1e3;
/**
* What the end of a session does for a store that outlives it: a line for `cache stats`, and a prune when one is due,
* within its budget. Never rejects.
*/
async function keepUp({ request, store, log }) {
	if (!(request.store.lifetime === "persistent" || isArchived(request)) || !store.writable) return;
	try {
		const disk = diskOf(store);
		await writeUse(request, disk);
		await clearUp(request, disk, log);
	} catch (error) {
		log(`store: ${error instanceof Error ? error.message : String(error)}`);
	}
}
/** Files of modules that were answered; lists and the checksum database are nothing that a store could hit. */
const FILES_OF_MODULES = /* @__PURE__ */ new Set([
	"info",
	"mod",
	"zip",
	"toolchain"
]);
async function writeUse(request, store) {
	const use = await useOf(request);
	if (use === void 0) return;
	const { appendUse } = await import("./lazy/store-stats-use-log.js");
	await appendUse(store, use);
}
/** Most that the layers behind the store get at the end of a session for what is still to be written, ms. */
const BEHIND_END_MS = 5e3;
/**
* Ends the layers behind a store: what is new is written to them as far as the time goes, and they learn what was used.
* Never rejects. Undefined where there are none.
*/
async function endLayers({ request, store, log }, warn) {
	const layered = layeredOf(store);
	if (layered === void 0) return void 0;
	const use = await useOf(request).catch(() => void 0);
	const report = await layered.finish(BEHIND_END_MS, use);
	const { written } = report;
	if (written !== void 0 && written.left > 0) warn(`${written.left} module versions of this job were not written to ${written.location ?? "a shared store"}: for lack of time, of rights, or because it failed; the next job that may write fetches them again`);
	await writeWhole(join(request.sessionDir, FILES.layers), JSON.stringify(report)).catch((error) => log(`layers: ${String(error)}`));
	return report;
}
/** What a session took from stores and upstreams; undefined when that was nothing. */
async function useOf({ sessionDir }) {
	const use = {
		fromStore: 0,
		fromUpstream: 0,
		bytesFromStore: 0,
		bytesFromUpstream: 0
	};
	const added = /* @__PURE__ */ new Set();
	await readJournal(join(sessionDir, FILES.journal), (record) => {
		if (record.kind !== "req" || record.status >= 400 || !FILES_OF_MODULES.has(record.op)) return;
		if (record.source === "upstream" || record.source === "vcs") {
			use.fromUpstream += 1;
			use.bytesFromUpstream += record.bytes;
			added.add(`${record.module}@${record.version}`);
		} else {
			use.fromStore += 1;
			use.bytesFromStore += record.bytes;
		}
	});
	const requests = use.fromStore + use.fromUpstream;
	if (requests === 0) return void 0;
	return {
		t: (/* @__PURE__ */ new Date()).toISOString(),
		requests,
		...use,
		added: added.size
	};
}
async function clearUp({ config, workspace, env }, store, log) {
	const { "keep-since": keepSinceMs, "max-size": maxBytes, "keep-refs": refs } = config.cache;
	const { pruneWithin } = await import("./lazy/store-prune-within.js");
	const keep = refs.length === 0 ? void 0 : await keptBy(workspace, env, refs);
	const gone = (await pruneWithin(store, {
		now: Date.now(),
		keepSinceMs,
		maxBytes,
		budgetMs: PRUNE_BUDGET_MS,
		...keep === void 0 ? {} : { keep }
	}))?.deleted;
	if (gone !== void 0) log(`store: ${gone.versions} versions (${gone.bytes} bytes) were of no use any more`);
}
/** The end of a job asks no server: a ref that its clone lacks stops this prune, and is for `cache prune`. */
async function keptBy(workspace, env, refs) {
	const { keptModules } = await import("./lazy/check-kept-modules.js");
	return (await keptModules({
		dir: workspace,
		env,
		platform: { change: void 0 },
		token: void 0,
		fetch: false,
		refs
	})).keep;
}
// src/session/credentials/left-behind.ts
/** Most sessions that are looked at; a machine on which more were killed gets rid of them bit by bit. */
const MAX_SESSIONS = 1e3;
/**
* Takes away the secrets of this user's other sessions whose daemon was killed: on a machine that outlives its jobs the
* next job has a directory of its own, and would never come by. Never rejects.
* @param sessionDir where the session that begins is; nothing is done where its neighbours are not sessions
*/
async function removeLeftBehind(sessionDir, log) {
	const all = dirname(sessionDir);
	if (!/^modgate(?:-\d+)?$/.test(basename(all))) return;
	const names = await readdir(all).catch(() => []);
	for (const name of names.slice(0, MAX_SESSIONS)) {
		if (name === basename(sessionDir)) continue;
		const secrets = join(all, name, FILES.credentials);
		try {
			if ((await readdir(secrets)).length === 0) continue;
		} catch {
			continue;
		}
		const session = await readSession(join(all, name));
		if (session !== void 0 && isRunning(session.pid)) continue;
		await rm(secrets, {
			recursive: true,
			force: true
		}).then(() => log(`the credentials that session ${name} left behind were removed`), (error) => log(`credentials of session ${name}: ${String(error)}`));
	}
}
// src/session/credentials/redacted-journal.ts
/** A journal whose records hold no secret. */
function redactedJournal(journal, redact) {
	return {
		append: (record) => journal.append(redactTexts(record, redact)),
		flush: () => journal.flush()
	};
}
/** Copied only where something is to be hidden, for most records hold nothing. */
function redactTexts(record, redact) {
	let out;
	for (const [name, value] of Object.entries(record)) {
		if (typeof value !== "string") continue;
		const shown = redact(value);
		if (shown === value) continue;
		out ??= {};
		out[name] = shown;
	}
	return out === void 0 ? record : {
		...record,
		...out
	};
}
// src/session/fetch/later-go.ts
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
// src/session/settings/late.ts
/**
* Reads the configuration that the start left to the daemon, from a server where it has to. Throws SessionError
* `policy-unavailable`, ConfigError.
*/
async function configureLate(request, late) {
	const env = {
		...request.env,
		...request.gitEnv
	};
	const answer = await configure(late.request, {
		env,
		token: late.token,
		fetch: true
	});
	if (answer.state !== "ready") {
		const [why, advice] = answer.state === "unavailable" ? [answer.why, answer.advice] : ["it is not in the checkout", "fetch it"];
		throw new SessionError("policy-unavailable", `the policy of the target branch could not be read, so every module is refused\nwhy: ${why}\nfix: ${advice}`);
	}
	const { warnings: told, isolated, ...settings } = answer.configured;
	const warnings = [...told];
	if (isolated && request.modcache === void 0) warnings.push("proxy.modcache is isolated, which was not known when this session started; set fetch-depth: 2 in the checkout step, so that the policy of the target branch is at hand then");
	const look = await lookAtCheckout(late.request, answer.configured, env);
	const findings = (look?.findings ?? []).map(findingOf);
	if (look?.failed === true) warnings.push(`the policy refuses ${findings.length} of the things that this checkout requires, first: ${findings[0]?.message}`);
	const named = settings.config.proxy.credentials;
	const { variables, ...given } = request.credentials;
	const plain = withoutNamed(request.env, named);
	return {
		request: {
			...request,
			...settings,
			accepted: look?.accepted ?? [],
			env: hasBucket(settings.store) ? withoutStoreEnv(plain) : plain,
			storeEnv: hasBucket(settings.store) ? request.storeEnv : {},
			credentials: {
				...given,
				variables: namedVariables(named, {
					...request.env,
					...variables
				})
			}
		},
		findings,
		warnings
	};
}
/** Writes down what the end of the session needs to know of the policy. */
async function keepForStop({ request, findings }) {
	await keepFindings(request.sessionDir, findings);
	await writeWhole(join(request.sessionDir, FILES.policy), JSON.stringify(request.policy));
}
/** Whether an error says that nothing can be decided, because the policy is not known or its record is not delivered. */
function isPolicyTrouble(error, request) {
	if (error instanceof SessionError) return error.code === "policy-unavailable" || error.code === "audit";
	return error instanceof ConfigError && request.late?.request.platform.change !== void 0;
}
// src/session/daemon.ts
/** How often the owner and the idle time are looked at, ms. */
const WATCH_MS = 5e3;
/** Most that a later step hands over, bytes: tokens and names of files. */
const MAX_HANDED = 1048576;
/** Longest line that another modgate has written down here, bytes. */
const MAX_NOTE = 4096;
/** How long a stop lets open answers finish, ms. */
const DRAIN_MS = 2e3;
/**
* The in-job proxy: listens first, says so, and loads everything else after that. Resolves when it is ready to
* answer; the process ends by a signal, a stop, with its owner, or after the idle time, and `onEnd` before that.
*/
async function runDaemon(request, shake, onEnd) {
	const loop = monitorEventLoopDelay({ resolution: 10 });
	loop.enable();
	const redactor = redactorOf(request);
	const { redact } = redactor;
	const handed = new HandedSecrets(request.credentials);
	const log = (line) => process.stderr.write(`${(/* @__PURE__ */ new Date()).toISOString()} ${plain(redact(line))}\n`);
	process.on("uncaughtException", (error) => log(`uncaught: ${error.stack ?? error.message}`));
	process.on("unhandledRejection", (reason) => log(`unhandled: ${reason instanceof Error ? reason.stack ?? reason.message : String(reason)}`));
	const warnings = [];
	let journal;
	const warn = (told) => {
		const line = redact(told);
		log(`warning: ${line}`);
		warnings.push(line);
		journal?.note(plain(line));
	};
	const warnOnce = (line) => {
		if (!warnings.includes(line)) warn(line);
	};
	let store;
	let settling;
	let services;
	let checking;
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
		const handled = route(req, res).catch((error) => {
			log(`request failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
			res.destroy();
		});
		res.once("close", async () => {
			if (res.headersSent) await handled;
			open--;
			lastUse = performance.now();
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
		services ??= assembleAll();
		const ready = await services.catch((error) => {
			log(`the proxy could not be built: ${error instanceof Error ? error.message : String(error)}`);
			return [
				ConfigError,
				StoreError,
				SessionError
			].some((kind) => error instanceof kind) ? error : void 0;
		});
		if (ready === void 0 || ready instanceof Error) {
			const refused = isPolicyTrouble(ready, request);
			if (refused) warnOnce(`every module was refused: ${ready?.message ?? ""}`);
			res.writeHead(refused ? 403 : 500, { "Content-Type": "text/plain; charset=utf-8" });
			res.end(errorBody(redact(`modgate: ${ready?.message ?? "the proxy could not be built; see daemon.log"}`)));
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
		if (verb === "verify") {
			await settling?.catch(() => void 0);
			const layers = store === void 0 ? void 0 : layeredOf(store);
			await Promise.all([(await checking)?.finish(VERIFY_MS), layers?.settle(VERIFY_MS)]);
		}
		if (verb === "credentials") await takeCredentials(req);
		if (verb === "note") warn(await textOf(req, MAX_NOTE));
		if (verb === "stop") await end("stop");
		res.writeHead(200, {
			"Content-Type": "application/json",
			Connection: "close"
		});
		res.end(body, () => {
			if (verb === "stop") setImmediate(() => process.exit(0));
		});
	};
	const takeCredentials = async (req) => {
		const secrets = parseHanded(await textOf(req, MAX_HANDED));
		if (secrets === void 0) return;
		handed.take(secrets);
		const { variables, forge, git } = secrets;
		redactor.add([
			...forge === void 0 ? [] : [forge.token],
			...request.late === void 0 ? Object.values(variables) : [],
			...gitSecrets(Object.fromEntries(git.map((setting, i) => [`GIT_CONFIG_VALUE_${i}`, setting.join(" ")])))
		]);
		log(`credentials of a later step: ${namesIn(secrets)}`);
	};
	const port = await listen(server, request.listen);
	const hasher = createHasher();
	if (request.late === void 0) store = await openStore(request, hasher, log, warn);
	const opened = await openJournal(request, log);
	const written = opened.journal;
	journal = written;
	const firstSeq = written.lastSeq + 1;
	const header = (of) => writeHeader(written, {
		...of,
		job: redactDeep(of.job, redact)
	}, opened.uid, start);
	header(request);
	const storeDir = (settled) => store?.location ?? settled.store.dir;
	const records = new Records({
		journal: written,
		storeDir,
		log,
		warn: warnOnce
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
		...request.goflags === void 0 ? {} : { goflags: request.goflags },
		...request.gocache === void 0 ? {} : { gocache: request.gocache },
		...vulnDbOf(request.config.proxy.vulndb, request.env) === void 0 ? {} : { vulndb: true },
		...request.privacy === void 0 ? {} : { privacy: request.privacy }
	};
	const closing = new AbortController();
	let restoring;
	let restored;
	const restore = (settled, opened) => {
		if (restoring !== void 0) return restoring;
		restoring = new Restoring(() => performance.now());
		restored = startRestore({
			request: settled,
			restoring,
			log,
			warn,
			signal: closing.signal
		}, opened);
		return restoring;
	};
	const assemble = async (settled, opened) => {
		const coming = restore(settled, opened);
		const { createServices } = await import("./lazy/session-services.js");
		const built = await createServices({
			request: settled,
			store: opened,
			hasher,
			journal: redactedJournal(written, redact),
			restoring: coming,
			handed,
			redactor,
			log,
			warn
		});
		coming.known.then(async () => {
			if (ending === void 0) await built.prepare();
		});
		return built;
	};
	const checkModcache = async (settled) => {
		const { beginModcacheCheck } = await import("./lazy/session-modcache-check.js");
		return await beginModcacheCheck(settled, {
			busy: () => open > 0,
			log
		});
	};
	/** The request with the configuration that counts, read now where the start could not read it. */
	const settle = () => {
		settling ??= (async () => {
			const { late } = request;
			const settled = late === void 0 ? {
				request,
				findings: [],
				warnings: []
			} : await configureLate(request, late);
			handed.begin(settled.request.credentials);
			for (const line of settled.warnings) warn(line);
			await keepForStop(settled).catch((error) => log(`policy: ${String(error)}`));
			if (late !== void 0) header(settled.request);
			await records.begin(settled.request);
			if (settled.request.config.proxy.modcache === "verify") checking ??= checkModcache(settled.request);
			return settled.request;
		})().catch((error) => {
			settling = void 0;
			throw error;
		});
		return settling;
	};
	const assembleAll = async () => {
		try {
			const settled = await settle();
			if (store === void 0) {
				store = await openStore(settled, hasher, log, warn);
				log(`first request: store ${store.location}`);
			}
			return await assemble(settled.laterGo === void 0 ? settled : await withLaterGo(settled, log), store);
		} catch (error) {
			services = void 0;
			throw error;
		}
	};
	if (store !== void 0 && request.warm !== true) restore(request, store);
	if (request.late?.when !== "first-request" && request.warm !== true && request.laterGo === void 0) {
		services = assembleAll();
		services.catch((error) => log(`the proxy could not be built: ${String(error)}`));
	}
	if (request.late?.when !== "first-request") settle().catch(() => void 0);
	const owners = request.owners.map(watchOwner);
	const watch = setInterval(() => {
		if (owners.length > 0 && owners.every((alive) => !alive())) end("the job is over").then(() => process.exit(0));
		else if (open === 0 && performance.now() - lastUse > request.idleMs) end(`idle for ${inWords(request.idleMs)}`).then(() => process.exit(0));
	}, Math.min(WATCH_MS, Math.max(request.idleMs / 4, 100)));
	await writingTo(request.sessionDir, writeWhole(join(request.sessionDir, FILES.session), JSON.stringify(session)));
	if (request.late === void 0 && (request.config.proxy.modcache === "verify" || request.audit?.required === true)) await settle().then(() => checking);
	shake({
		ok: true,
		session,
		warnings
	});
	log(`modgate ${request.version} listens on ${request.listen.host}:${port}, store ${session.storeDir}`);
	removeLeftBehind(request.sessionDir, log);
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void end(signal).then(() => process.exit(0)));
	await (request.late === void 0 ? services : services?.catch(() => void 0));
	async function end(reason) {
		ending ??= (async () => {
			log(`ending: ${reason}`);
			clearInterval(watch);
			server.close();
			closing.abort();
			const built = await services?.catch(() => void 0);
			built?.prefetcher.stop();
			await (await checking)?.finish(0);
			const until = performance.now() + DRAIN_MS;
			while (open > (reason === "stop" ? 1 : 0) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
			const counts = built?.prefetcher.stats;
			await built?.close();
			await rm(join(request.sessionDir, FILES.credentials), {
				recursive: true,
				force: true
			}).catch((error) => log(`credentials: ${String(error)}`));
			await records.stop();
			await restored;
			const settled = await settling?.catch(() => void 0);
			await written.flush();
			if (store !== void 0) await endLayers({
				request: settled ?? request,
				store,
				log
			}, warn);
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
			if (reason !== "stop") await records.close(session, reason);
			if (store !== void 0) await keepUp({
				request: settled ?? request,
				store,
				log
			});
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
function inWords(ms) {
	return ms < 12e4 ? `${Math.round(ms / 1e3)} s` : `${Math.round(ms / 6e4)} minutes`;
}
/** One harmless line of ASCII for the log file. */
function plain(text) {
	return text.replace(/[^\x20-\x7e]+/g, " ");
}
export { FILES, HandedSecrets, Redactor, SessionError, VERSION, VULN, auditEnv, auditInWords, buildInWords, chooseStore, chooseStores, closingTable, collect, configureWithoutFile, control, fails, findModuleFiles, forgeToken, formatBytes, formatEnvironment, gitSettings, governing, hasBucket, hideFromGit, inWords$1 as inWords, inventoryAtStart, isArchived, isUndelivered, keepBuildState, keepModcacheReport, keepRestored, keptBuildState, layeredOf, layersInWords, lookAhead, mayWriteShared, modcacheInWords, namedVariables, parseSumInSteps, platformOf, privatePaths, questionFor, questionOf, readBounded, readConfig, readGoSettings, readRestored, readSession, readSumFiles, redactorOf, redactorOfEnv, runCommand, runDaemon, secretsInUrls, secretsOfEnv, speaks, splitGlobs, startSession, stopSession, storeEnv, storeSecrets, sumUp, summarize, unpackPolicy, vulnDbOf, withLaterGo, withLock, withoutNamed, withoutOurs, withoutSecrets, withoutStoreEnv, withoutToken, writeAuditFile, writeWhole };
