import { isReadableOnTheWay, parseAuditStore, redactText, redactUrl } from "./config.js";
import { VERSION, chooseStores, collect, configureWithoutFile, findModuleFiles, gitSettings, isArchived, namedVariables, privatePaths, questionFor, questionOf, readBounded, readConfig, readGoSettings, secretsInUrls, secretsOfEnv, unpackPolicy, vulnDbOf, withoutNamed, withoutOurs, withoutSecrets, withoutToken } from "./session.js";
import { matchGlobs } from "./gomod.js";
import { compareGoVersions, goVersionOfToolchain, isGoVersion } from "./gomod-later.js";
import { BucketError, OWN } from "./store.js";
import { Gate } from "./store-proxy.js";
import { createSend } from "./audit-records.js";
import { cacheServiceEnv, cacheUnavailable, detectPlatform, oneLine, serverToken, systemProbe } from "./platform.js";
import { NoteError, openNote } from "./tlog-records.js";
import { columns, wrap } from "./report-later.js";
import { readGoMod } from "./gomod-proxy.js";
import { isUnknownIssuer, machineAuthorities } from "./platform-records.js";
import { CacheError, basicLogin, createCacheClient } from "./platform-proxy.js";
import { credentialsOutside, shakeHands } from "./session-later.js";
import { secureUrl, trustOf } from "./session-records.js";
import { ProxyError } from "./proxy.js";
import { NotSent, RedirectError, createDirect, upstreamUrl } from "./proxy-proxy.js";
import { RefusedHost, childEnvironment, chooseSumDb, environmentProxies, fixedLookup, needsOf, openNetwork, openUpstreams, refusedChild, settingsOfSession, specialAddress, systemResolve, upstreamEntries } from "./session-proxy.js";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { access, constants as constants$1, mkdir, mkdtemp, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { connect, isIP } from "node:net";
import { fileURLToPath } from "node:url";
// src/doctor/asking.ts
/** Takes a directory of its own for what children read; `close` takes it away. */
async function openAsking(situation, warn) {
	const { env, config, platform, go, entries, policy, authorityFiles, private: paths } = situation;
	const dir = await mkdtemp(join(tmpdir(), "modgate-doctor-"));
	const { credentials, redactor } = credentialsOutside({
		env,
		config,
		forge: platform.forge,
		goauth: go?.GOAUTH ?? "",
		dir,
		warn: () => void 0
	});
	const { redact } = redactor;
	const plain = plainEnv(situation);
	const gitEnv = gitSettings(env);
	const network = await openNetwork({
		request: {
			config,
			go,
			env: plain,
			gitEnv,
			sessionDir: dir,
			workspace: platform.workspace,
			...authorityFiles === void 0 ? {} : { authorityFiles }
		},
		policy,
		upstreams: entries.map(({ url }) => url),
		log: () => void 0,
		warn
	});
	const { gate } = network;
	const { http } = await openUpstreams({
		env,
		version: VERSION,
		credentials,
		gate,
		redact,
		log: () => void 0
	});
	return {
		http,
		credentials,
		redactor,
		gate,
		childEnv: childEnvironment({
			...plain,
			...gitEnv
		}, [
			settingsOfSession(paths, go),
			() => credentials.childPart(),
			network.child
		]),
		explain: (failed) => network.explain(failed) ?? refusedChild(failed, (output) => credentials.explain(output)),
		close: async () => {
			await Promise.all([http.close(), network.close()]);
			await credentials.close();
			await rm(dir, {
				recursive: true,
				force: true,
				maxRetries: 3
			}).catch(() => void 0);
		}
	};
}
/** The environment of the job without secrets. */
function plainEnv({ env, platform, config }) {
	const { audit, proxy } = config;
	const quiet = withoutToken(env, { tokenEnv: audit["token-env"] });
	return withoutNamed(withoutSecrets(quiet, platform), proxy.credentials);
}
// src/doctor/types.ts
const ok = (what, about = {}) => verdict("ok", what, about);
const warning = (what, about = {}) => verdict("warning", what, about);
const failed = (what, about = {}) => verdict("failed", what, about);
const skipped = (what, about = {}) => verdict("skipped", what, about);
function verdict(state, what, { why, fix }) {
	return {
		state,
		what,
		...why === void 0 ? {} : { why },
		...fix === void 0 ? {} : { fix }
	};
}
// src/doctor/authorities.ts
/**
* What the session's own client believes: the system's certificates, SSL_CERT_FILE, and what the gate has for a host.
* The system's are read with the first question.
*/
async function trustedAuthorities(gate, { SSL_CERT_FILE: file }) {
	let extra;
	const checks = [];
	if (file) {
		const text = await readFile(file, "utf8").catch((error) => error);
		if (typeof text === "string" && text.includes("-----BEGIN CERTIFICATE-----")) extra = text;
		else {
			const why = typeof text === "string" ? `${file} holds no PEM certificate` : `${file} cannot be read (${text.code})`;
			checks.push({
				probe: "tls",
				subject: "SSL_CERT_FILE",
				...failed("its certificates cannot be used", {
					why,
					fix: "name a file with -----BEGIN CERTIFICATE----- lines in it, or unset it"
				})
			});
		}
	}
	let system;
	return {
		checks,
		of: async (url) => {
			system ??= machineAuthorities();
			const own = gate.authorities(url);
			return {
				pem: [
					...system,
					...extra === void 0 ? [] : [extra],
					...own
				],
				own: [...extra === void 0 ? [] : ["SSL_CERT_FILE"], ...own.length === 0 ? [] : ["proxy.ca"]]
			};
		}
	};
}
// src/doctor/clean.ts
/** A check as it may be shown: each text one visible line without secrets, those of URLs by their place. */
function cleaner(redact) {
	const clean = (text) => oneLine(redactText(redact(text)));
	return (check) => ({
		probe: check.probe,
		subject: clean(check.subject),
		state: check.state,
		what: clean(check.what),
		...check.why === void 0 ? {} : { why: clean(check.why) },
		...check.fix === void 0 ? {} : { fix: clean(check.fix) }
	});
}
// src/doctor/network/way.ts
/** The way of the session's own client, which for https takes HTTP_PROXY where there is no HTTPS_PROXY. */
function wayTo(url, env) {
	if (url.protocol === "ssh:") return {
		through: void 0,
		spared: void 0
	};
	const either = (name) => [name, name.toLowerCase()].find((variable) => Boolean(env[variable]));
	const plain = either("HTTP_PROXY");
	const variable = url.protocol === "https:" ? either("HTTPS_PROXY") ?? plain : plain;
	if (variable === void 0) return {
		through: void 0,
		spared: void 0
	};
	const scheme = url.protocol === "https:" ? "https" : "http";
	const target = {
		host: bareHost(url),
		port: portOf(url)
	};
	const given = {
		HTTP_PROXY: env[variable],
		HTTPS_PROXY: env[variable]
	};
	const always = environmentProxies(given)(scheme, target);
	if (always === void 0) return {
		through: void 0,
		spared: void 0
	};
	const excepted = environmentProxies({
		...given,
		NO_PROXY: env.NO_PROXY || env.no_proxy
	})(scheme, target);
	const proxy = {
		url: always,
		variable
	};
	return excepted === void 0 ? {
		through: void 0,
		spared: proxy
	} : {
		through: proxy,
		spared: void 0
	};
}
/** A URL's host without the brackets of IPv6. */
function bareHost({ hostname }) {
	return hostname.replace(/^\[|\]$/g, "");
}
function portOf({ port, protocol }) {
	return Number(port) || USUAL[protocol] || 80;
}
const USUAL = {
	"https:": 443,
	"http:": 80,
	"ssh:": 22
};
/** Scheme, host and port; URL itself knows no origin of ssh. */
function originOf({ protocol, host }) {
	return `${protocol}//${host}`;
}
// src/doctor/hosts.ts
/**
* The hosts that configuration and job name, each once. Pure. The checksum database is not among them: whether it is
* asked itself is known only when the upstreams have been.
*/
function namedHosts({ config, entries, private: { globs }, vulndb }) {
	const origins = /* @__PURE__ */ new Map();
	const untried = [];
	const add = (url, by) => {
		const origin = originOf(url);
		const all = origins.get(origin) ?? [];
		if (!all.includes(by)) all.push(by);
		origins.set(origin, all);
	};
	const addHost = (host, by, scheme = "https") => {
		const url = `${scheme}://${host}`;
		if (!/[*?[\]\\]/.test(host.replace(/^\[[0-9a-f:.]+\]/i, "")) && URL.canParse(url)) add(new URL(url), by);
		else untried.push({
			probe: "dns",
			subject: host,
			...skipped(`${by} names no single host with it`)
		});
	};
	const upstreams = config.proxy.upstream.length > 0 ? "proxy.upstream" : "GOPROXY";
	for (const { url } of entries) if (/^https?:/.test(url)) add(new URL(url), upstreams);
	const own = new Set(config.proxy.private);
	for (const glob of globs) addHost(glob.split("/", 1)[0] ?? "", own.has(glob) ? "proxy.private" : "GOPRIVATE");
	for (const { host } of config.proxy.credentials) addHost(host, "proxy.credentials");
	for (const { hosts } of config.proxy.ca) for (const host of hosts) addHost(host, "proxy.ca");
	for (const host of config.proxy.hosts) addHost(host, "proxy.hosts");
	for (const host of config.proxy.ssh) addHost(host, "proxy.ssh", "ssh");
	if (vulndb !== void 0) add(new URL(vulndb), config.proxy.vulndb === null ? "GOVULNDB" : "proxy.vulndb");
	const { store } = config.audit;
	const parsed = store === null ? void 0 : parseAuditStore(store);
	if (typeof parsed === "object" && parsed.kind === "collector") add(new URL(parsed.url), "audit.store");
	return {
		origins,
		untried
	};
}
// src/doctor/limits.ts
const LIMITS = {
	probeMs: 5e3,
	runMs: 3e4,
	parallel: 16
};
/** A try that was ended: by its own time, or because that of the whole run was up. */
var TimeUp = class extends Error {
	name = "TimeUp";
	/** ms that the try had; undefined when the whole run ended. */
	afterMs;
	constructor(afterMs) {
		super(afterMs === void 0 ? "the time for all tries was up" : `no answer within ${afterMs / 1e3} s`);
		this.afterMs = afterMs;
	}
};
/** Bounds outward tries. */
var Bounds = class {
	probeMs;
	#run = new AbortController();
	#timer;
	#gate;
	constructor({ probeMs, runMs, parallel }) {
		this.probeMs = probeMs;
		this.#gate = new Gate(parallel);
		this.#timer = setTimeout(() => this.#run.abort(), runMs);
	}
	/**
	* One try, as soon as a place is free. Rejects with TimeUp when it is ended; what does not heed its signal is left
	* alone then.
	*/
	async try(work) {
		return await this.#gate.run(() => this.#bounded(work));
	}
	close() {
		clearTimeout(this.#timer);
	}
	async #bounded(work) {
		if (this.#run.signal.aborted) throw new TimeUp(void 0);
		const own = new AbortController();
		const signal = AbortSignal.any([own.signal, this.#run.signal]);
		const { promise: ended, reject } = Promise.withResolvers();
		const timer = setTimeout(() => own.abort(), this.probeMs);
		const onAbort = () => reject(new TimeUp(own.signal.aborted ? this.probeMs : void 0));
		signal.addEventListener("abort", onAbort, { once: true });
		const running = work(signal);
		try {
			return await Promise.race([running, ended]);
		} catch (error) {
			if (signal.aborted) throw new TimeUp(own.signal.aborted ? this.probeMs : void 0);
			throw error;
		} finally {
			clearTimeout(timer);
			signal.removeEventListener("abort", onAbort);
			running.catch(() => void 0);
		}
	}
};
// src/doctor/network/effects.ts
/** The network of this machine. */
function systemNetwork() {
	return {
		resolve: async (host) => (await systemResolve(host)).map(({ address, family }) => ({
			address,
			family: family === 6 ? 6 : 4
		})),
		connect: (addresses, port, signal) => new Promise((resolve, reject) => {
			const socket = connect({
				host: "resolved.invalid",
				port,
				lookup: fixedLookup(addresses),
				autoSelectFamily: true
			});
			const onAbort = () => void socket.destroy(signal.reason);
			signal.addEventListener("abort", onAbort, { once: true });
			socket.once("error", reject);
			socket.once("connect", () => {
				signal.removeEventListener("abort", onAbort);
				socket.off("error", reject).on("error", () => void 0);
				resolve(socket);
			});
		}),
		now: Date.now
	};
}
// src/doctor/network/address.ts
/** The address that a host is written as; undefined for a name. */
function literal(host) {
	const bare = host.replace(/^\[|\]$/g, "");
	const family = isIP(bare);
	return family === 0 ? void 0 : {
		address: bare,
		family: family === 4 ? 4 : 6
	};
}
// src/doctor/network/connect.ts
/** A connection straight to a host. */
async function connectTo(addresses, port, signal, { connect }) {
	try {
		return {
			state: "open",
			socket: await connect(addresses, port, signal)
		};
	} catch (error) {
		if (signal.aborted) throw error;
		return {
			state: "closed",
			verdict: connectVerdict(error, port)
		};
	}
}
/** What a system says of a connection that did not come to be, in words. */
function connectVerdict(error, port) {
	const proxyFix = "if this network reaches others only through a proxy, set HTTPS_PROXY for the job";
	const code = codeOf(error);
	switch (code) {
		case "ECONNREFUSED": return failed(`port ${port} refuses connections`, {
			why: "the machine is there, and nothing listens on that port, or a firewall rejects it",
			fix: `see that the server runs and the port is right; ${proxyFix}`
		});
		case "ETIMEDOUT": return timedOut(port);
		case "EHOSTUNREACH":
		case "ENETUNREACH": return failed("there is no route to it", {
			why: `the system says ${code}`,
			fix: `see to the network of this machine (a VPN, IPv6 without a route); ${proxyFix}`
		});
		case "EACCES":
		case "EPERM": return failed("this machine may not connect to it", {
			why: `the system says ${code}: a local firewall or a sandbox forbids it`,
			fix: "allow the runner to connect to this host"
		});
		default: return failed("the connection fails", {
			why: wordsOf(error),
			fix: proxyFix
		});
	}
}
/** No answer to a connection within the time there was. */
function timedOut(port) {
	return failed(`port ${port} does not answer`, {
		why: "the time for connecting was up: a firewall drops the packets, or the machine is not there",
		fix: "allow the runner to reach it; if this network reaches others only through a proxy, set HTTPS_PROXY for the job"
	});
}
/** The longest head of an answer that is read, bytes. */
const MAX_HEAD = 16384;
/** A tunnel to a host through a network proxy of the job. Rejects when the signal ends it. */
async function tunnelTo(url, proxy, signal, effects) {
	const host = bareHost(proxy.url);
	const port = portOf(proxy.url);
	const named = `${proxy.variable} (${host}:${port})`;
	const own = literal(host);
	let socket;
	try {
		socket = await effects.connect(own === void 0 ? await effects.resolve(host) : [own], port, signal);
		if (proxy.url.protocol === "https:") socket = await tlsToProxy(socket, host, signal);
	} catch (error) {
		if (signal.aborted) throw error;
		return {
			state: "closed",
			verdict: failed(`the proxy of ${named} cannot be reached`, {
				why: wordsOf(error),
				fix: `correct ${proxy.variable}, or unset it where this network needs no proxy`
			})
		};
	}
	try {
		const target = `${url.hostname}:${portOf(url)}`;
		const login = basicLogin(proxy.url);
		const credentials = login === void 0 ? "" : `Proxy-Authorization: ${login}\r\n`;
		socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`);
		const head = await readHead(socket, signal);
		const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
		if (status === 200) return {
			state: "open",
			socket
		};
		socket.destroy();
		return {
			state: "closed",
			verdict: tunnelVerdict(status, named, proxy)
		};
	} catch (error) {
		socket.destroy();
		if (signal.aborted) throw error;
		return {
			state: "closed",
			verdict: failed(`the proxy of ${named} does not answer as a proxy`, {
				why: wordsOf(error),
				fix: `correct ${proxy.variable}`
			})
		};
	}
}
function tunnelVerdict(status, named, { url, variable }) {
	if (status === 407) {
		const given = url.username !== "";
		return failed(`the proxy of ${named} ${given ? "does not take the credentials in it" : "wants credentials"}`, {
			why: "it answers 407",
			fix: `write ${variable} with a valid user and password, and keep it a secret of the job`
		});
	}
	if (status === 403 || status === 405) return failed(`the proxy of ${named} does not let this job reach it`, {
		why: `it answers ${status} to CONNECT`,
		fix: "have the host allowed in the proxy, or name it in NO_PROXY where it can be reached directly"
	});
	if (status >= 500) return failed(`the proxy of ${named} cannot reach it`, {
		why: `it answers ${status}: the name is unknown to it, or the host does not answer it`,
		fix: "see that the host is right; name it in NO_PROXY where it can be reached directly"
	});
	return failed(`the proxy of ${named} opens no connection to it`, {
		why: Number.isNaN(status) ? "its answer is no HTTP" : `it answers ${status} to CONNECT`,
		fix: `see that ${variable} names an HTTP proxy`
	});
}
async function tlsToProxy(socket, host, signal) {
	const { connect } = await import("node:tls");
	const { promise, resolve, reject } = Promise.withResolvers();
	const secure = connect({
		socket,
		...literal(host) === void 0 ? { servername: host } : {}
	}, () => resolve(secure));
	secure.once("error", reject);
	signal.addEventListener("abort", () => secure.destroy(), { once: true });
	return await promise;
}
/** The head of an HTTP answer. Rejects when none comes. */
async function readHead(socket, signal) {
	return await readUntil(socket, "\r\n\r\n", signal);
}
/** The first line that a server says unasked. Rejects when none comes. */
async function readGreeting(socket, signal) {
	return (await readUntil(socket, "\n", signal)).trim();
}
async function readUntil(socket, end, signal) {
	const { promise, resolve, reject } = Promise.withResolvers();
	let text = "";
	const onData = (chunk) => {
		text += chunk.toString("latin1");
		const at = text.indexOf(end);
		if (at >= 0) resolve(text.slice(0, at));
		else if (text.length > MAX_HEAD) reject(/* @__PURE__ */ new Error("its answer begins with too much"));
	};
	const onEnd = () => reject(/* @__PURE__ */ new Error("it closed the connection without an answer"));
	const onAbort = () => reject(new TimeUp(void 0));
	socket.on("data", onData).once("end", onEnd).once("close", onEnd).once("error", reject);
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		return await promise;
	} finally {
		socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", reject);
		socket.on("error", () => void 0);
		signal.removeEventListener("abort", onAbort);
	}
}
/** The system's code of an error, of the first where a connection was tried with several addresses. */
function codeOf(error) {
	const { code, errors, cause } = error ?? {};
	if (typeof code === "string") return code;
	if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
	return cause === void 0 ? void 0 : codeOf(cause);
}
/** An error in words that follow a colon. */
function wordsOf(error) {
	const code = codeOf(error);
	const text = error instanceof Error ? error.message : String(error);
	const words = text === "" && error instanceof AggregateError ? wordsOf(error.errors[0]) : text;
	return code === void 0 || words.includes(code) ? words : `${words} (${code})`;
}
// src/doctor/network/dns.ts
/** Looks a name up; without addresses it cannot be used. Rejects when the signal ended it. */
async function probeDns(host, { resolve }) {
	try {
		const addresses = await resolve(host);
		return {
			verdict: resolved(host, addresses),
			addresses
		};
	} catch (error) {
		return {
			verdict: unresolved(error),
			addresses: []
		};
	}
}
const SHOWN = 3;
function resolved(host, addresses) {
	const shown = addresses.slice(0, SHOWN).map(({ address }) => address);
	const more = addresses.length > SHOWN ? ` and ${addresses.length - SHOWN} more` : "";
	const what = `resolves to ${shown.join(", ")}${more}`;
	const [first] = addresses;
	if (first === void 0) return unresolved(void 0);
	const special = specialAddress(first.address);
	if (special === void 0) return ok(what);
	if (OF_ONES_OWN.has(special)) return ok(`${what}, ${special}`);
	if (host === "localhost" || host.endsWith(".localhost")) return ok(what);
	return warning(`${what}, ${special}, which is no address of a server`, {
		why: "name servers that filter answer so for names that they block, and /etc/hosts may have such a line",
		fix: "have the name allowed where this network filters names, or see to /etc/hosts"
	});
}
/** Kinds of addresses that servers of a company have. */
const OF_ONES_OWN = /* @__PURE__ */ new Set(["a private address", "an address that carriers and clouds share"]);
function unresolved(error) {
	if (codeOf(error) === "EAI_AGAIN") return failed("the name servers do not answer", {
		why: wordsOf(error),
		fix: "see to the name servers of this machine (/etc/resolv.conf); in a closed network set HTTPS_PROXY, so that the proxy resolves names"
	});
	return failed("the name does not resolve", {
		why: error === void 0 ? "there is no address for it" : wordsOf(error),
		fix: "see that it is written right; a name that only the company knows needs its name servers or its VPN, and behind a proxy HTTPS_PROXY"
	});
}
// src/doctor/network/server-clock.ts
/**
* Asks for the head of the front page, without any name or credential in the request. Undefined where the answer has
* no date. Rejects when there is no answer.
* @param authority host and port as a Host header has them
*/
async function askClock(socket, authority, signal, now) {
	socket.write(`HEAD / HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: modgate-doctor\r\nConnection: close\r\nAccept: */*\r\n\r\n`);
	return clockOf(await readHead(socket, signal), now());
}
/** The date of an answer; one from a cache is as old as it says. Pure. */
function clockOf(head, here) {
	if (!/^HTTP\/1\.[01] \d{3}/.test(head)) return void 0;
	const date = Date.parse(/^date:\s*(.+?)\s*$/im.exec(head)?.[1] ?? "");
	if (Number.isNaN(date)) return void 0;
	return {
		there: date + Number(/^age:\s*(\d{1,9})\s*$/im.exec(head)?.[1] ?? 0) * 1e3,
		here
	};
}
// src/doctor/network/tls.ts
/** From here on a difference of clocks explains a certificate that is not valid now, ms. */
const CLOCK_OFF_MS = 36e5;
/** What the certificates of a server are worth. Pure. */
function judgeTls(shaken, about) {
	const { error, chain, protocol } = shaken;
	const [leaf] = chain;
	if (error === void 0) return ok(`${protocol}, certificate from ${leaf?.issuer ?? "nobody"}${until(leaf)}`);
	if (error === "CERT_HAS_EXPIRED" || error === "CERT_NOT_YET_VALID") return outOfTime(chain, about);
	if (error === "ERR_TLS_CERT_ALTNAME_INVALID") {
		const names = leaf?.names.slice(0, 5).join(", ") || leaf?.subject || "nobody";
		return failed("its certificate is for another name", {
			why: `it is for ${names}, and the host is ${about.host}`,
			fix: "name the host as its certificate does, or have a certificate made for this name"
		});
	}
	if (isUnknownIssuer(error)) {
		const issuer = chain.at(-1)?.issuer ?? "nobody";
		const beside = about.own.length === 0 ? "" : `; ${about.own.join(" and ")} does not have it either`;
		return failed(`its certificate is from an unknown issuer: ${issuer}`, {
			why: `no authority that this machine trusts vouches for it (${error})${beside}; so does a box on the way that opens TLS`,
			fix: `get the certificate of that authority from whoever runs the host, and name its PEM file: proxy: {ca: [{hosts: [${about.host}], file: ca.pem}]}`
		});
	}
	return failed("its certificate cannot be trusted", {
		why: error,
		fix: `see to the certificate of ${about.host}; a PEM file of its authority goes into proxy.ca`
	});
}
function until(leaf) {
	return leaf === void 0 || Number.isNaN(leaf.to) ? "" : `, valid until ${day(leaf.to)}`;
}
function outOfTime(chain, { now, serverNow }) {
	const wrong = chain.find(({ from, to }) => now < from || now > to) ?? chain[0];
	const past = wrong !== void 0 && now > wrong.to;
	const when = wrong === void 0 ? "" : past ? ` on ${day(wrong.to)}` : ` on ${day(wrong.from)}`;
	if (serverNow !== void 0 && Math.abs(serverNow - now) > CLOCK_OFF_MS && chain.every(({ from, to }) => serverNow >= from && serverNow <= to)) return failed("its certificate is not valid by the clock of this machine", {
		why: `here it is ${minute(now)} and there ${minute(serverNow)}, when the certificate is valid: this machine's clock is wrong`,
		fix: "set the clock of this machine"
	});
	return past ? failed(`its certificate has expired${when}`, {
		why: `${wrong.subject} is no longer valid`,
		fix: "have it renewed by whoever runs the host; nothing here can make it good"
	}) : failed("its certificate is not valid yet", {
		why: `it begins${when}, and here it is ${minute(now)}`,
		fix: "see to the clock of this machine, then to the certificate"
	});
}
function day(ms) {
	return Number.isNaN(ms) ? "an unknown day" : new Date(ms).toISOString().slice(0, 10);
}
function minute(ms) {
	return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
/** A handshake that did not come to certificates. */
function handshakeVerdict(error) {
	const code = codeOf(error);
	if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") return failed("it does not speak TLS on that port", {
		why: wordsOf(error),
		fix: "write the port on which it speaks https; http: in the URL where it has no TLS at all, which shows everything on the way"
	});
	if (code === "ECONNRESET") return failed("the connection is cut while TLS begins", {
		why: "so does a firewall that reads the name in the handshake, or a server that wants another TLS version",
		fix: "have the host allowed in the firewall, or reach it through HTTPS_PROXY"
	});
	return failed("TLS fails", {
		why: wordsOf(error),
		fix: "see to the TLS settings of the host (versions from 1.2 on are spoken here)"
	});
}
// src/doctor/network/reach.ts
/** The way to each host from the name to the certificate, tried once for each origin however often it is asked. */
var Network = class {
	#deps;
	#tried = /* @__PURE__ */ new Map();
	constructor(deps) {
		this.#deps = deps;
	}
	/** Never rejects. */
	async reach(url) {
		let tried = this.#tried.get(originOf(url));
		if (tried === void 0) {
			tried = tryOrigin(new URL(originOf(url)), this.#deps);
			this.#tried.set(originOf(url), tried);
		}
		return (await tried).reached;
	}
	/** What came of all that was asked for, in that order. */
	async checks() {
		return (await Promise.all(this.#tried.values())).flatMap(({ checks }) => checks);
	}
	/** The clocks of those that told. */
	async clocks() {
		return (await Promise.all(this.#tried.values())).flatMap(({ reached: { clock } }) => clock === void 0 ? [] : [clock]);
	}
};
async function tryOrigin(url, deps) {
	const checks = [];
	const by = deps.namedBy(originOf(url));
	const say = (probe, verdict) => {
		const what = checks.length === 0 && by.length > 0 ? `${verdict.what} (${by.join(", ")})` : verdict.what;
		checks.push({
			probe,
			subject: originOf(url),
			...verdict,
			what
		});
	};
	return {
		reached: await stages(url, deps, say).catch((error) => {
			if (!(error instanceof TimeUp)) throw error;
			say("tcp", ended(error));
			return { usable: false };
		}),
		checks
	};
}
/** A try that the end of its time, or of the whole run, cut short. */
function ended(error) {
	return error.afterMs === void 0 ? {
		state: "skipped",
		what: "not tried to the end",
		why: "the time for the whole run was up"
	} : failed("no answer in time", {
		why: error.message,
		fix: "see whether the host is slow or a firewall drops what is sent to it"
	});
}
async function stages(url, deps, say) {
	const { bounds, effects } = deps;
	const { through, spared } = wayTo(url, deps.env);
	if (through !== void 0 && url.protocol === "http:") return { usable: true };
	let connected;
	if (through === void 0) {
		const addresses = await lookUp(url, deps, say);
		if (addresses.length === 0) return await otherWay(url, deps, spared, say);
		connected = await direct(url, addresses, deps);
		if (connected.state === "closed") {
			say("tcp", connected.verdict);
			return await otherWay(url, deps, spared, say);
		}
		say("tcp", ok(`port ${portOf(url)} is open`));
	} else {
		connected = await bounds.try((signal) => tunnelTo(url, through, signal, effects));
		if (connected.state === "closed") {
			const fix = await reachedPast(url, deps) ? { fix: `name ${bareHost(url)} in NO_PROXY: it can be reached without the proxy` } : {};
			say("tcp", {
				...connected.verdict,
				...fix
			});
			return { usable: false };
		}
		say("tcp", ok(`reached through ${through.variable} (${through.url.host})`));
	}
	return await above(url, connected.socket, deps, say);
}
async function lookUp(url, { bounds, effects }, say) {
	const host = bareHost(url);
	const own = literal(host);
	if (own !== void 0) return [own];
	try {
		const { verdict, addresses } = await bounds.try(() => probeDns(host, effects));
		say("dns", verdict);
		return addresses;
	} catch (error) {
		if (!(error instanceof TimeUp) || error.afterMs === void 0) throw error;
		say("dns", failed("the name servers do not answer", {
			why: error.message,
			fix: "see to the name servers of this machine; behind a proxy set HTTPS_PROXY, so that the proxy resolves names"
		}));
		return [];
	}
}
async function direct(url, addresses, { bounds, effects }) {
	const port = portOf(url);
	try {
		return await bounds.try((signal) => connectTo(addresses, port, signal, effects));
	} catch (error) {
		if (!(error instanceof TimeUp) || error.afterMs === void 0) throw error;
		return {
			state: "closed",
			verdict: timedOut(port)
		};
	}
}
/** Whether a host that the proxy does not lead to can be reached straight, as those of a company often can. */
async function reachedPast(url, { bounds, effects }) {
	try {
		const own = literal(bareHost(url));
		const addresses = own === void 0 ? await bounds.try(() => effects.resolve(bareHost(url))) : [own];
		(await bounds.try((signal) => effects.connect(addresses, portOf(url), signal))).destroy();
		return true;
	} catch {
		return false;
	}
}
/** What cannot be reached straight may be reached through the proxy that NO_PROXY spares it. */
async function otherWay(url, { bounds, effects }, spared, say) {
	if (spared === void 0 || url.protocol === "http:") return { usable: false };
	const connected = await bounds.try((signal) => tunnelTo(url, spared, signal, effects)).catch(() => void 0);
	if (connected?.state !== "open") return { usable: false };
	connected.socket.destroy();
	say("tcp", failed(`it can be reached only through ${spared.variable} (${spared.url.host})`, {
		why: "NO_PROXY names it, so that it is asked straight, which does not work",
		fix: `take ${bareHost(url)} out of NO_PROXY`
	}));
	return { usable: false };
}
/** What stands on an open connection: TLS, and the clock of the server. */
async function above(url, socket, deps, say) {
	const { bounds, effects } = deps;
	if (url.protocol === "ssh:") {
		const verdict = await greeted(socket, deps);
		if (verdict !== void 0) say("tcp", verdict);
		return { usable: verdict === void 0 };
	}
	if (url.protocol === "http:") return {
		usable: true,
		clock: await clockOver(socket, url, deps)
	};
	const host = bareHost(url);
	const { pem, own } = await deps.authorities(url);
	let shaken;
	try {
		shaken = await bounds.try((signal) => shakeHands(socket, host, pem, signal));
	} catch (error) {
		socket.destroy();
		if (error instanceof TimeUp && error.afterMs === void 0) throw error;
		say("tls", error instanceof TimeUp ? silentTls(error) : handshakeVerdict(error));
		return { usable: false };
	}
	const clock = await clockOver(shaken.socket, url, deps);
	const verdict = judgeTls(shaken, {
		host,
		now: effects.now(),
		serverNow: clock?.there,
		own
	});
	say("tls", verdict);
	return {
		usable: verdict.state === "ok",
		clock
	};
}
/** Why it is no ssh server that listens there; undefined when it is one. */
async function greeted(socket, { bounds }) {
	const fix = "see that the host serves git by ssh, and that the port is right";
	try {
		const greeting = await bounds.try((signal) => readGreeting(socket, signal));
		return greeting.startsWith("SSH-") ? void 0 : failed("it is no ssh server", {
			why: `it says ${JSON.stringify(greeting.slice(0, 40))}`,
			fix
		});
	} catch (error) {
		if (error instanceof TimeUp && error.afterMs === void 0) throw error;
		return failed("it does not greet as an ssh server does", {
			why: wordsOf(error),
			fix
		});
	} finally {
		socket.destroy();
	}
}
async function clockOver(socket, url, { bounds, effects }) {
	try {
		return await bounds.try((signal) => askClock(socket, url.host, signal, effects.now));
	} catch {
		return;
	} finally {
		socket.destroy();
	}
}
function silentTls(error) {
	return failed("TLS gets no answer", {
		why: error.message,
		fix: "see that the port is that of https; a firewall may read the name in the handshake and drop it"
	});
}
// src/doctor/probes/disk.ts
/** Below this a job can hardly work, and below the other it may not end well; bytes. */
const LITTLE = 104857600;
const TIGHT = 1073741824;
/** Whether a directory, or the nearest one above that is there, can be written, and how much room it has. */
async function probeDisk({ dir, what, elsewhere, mayWrite }) {
	const there = await nearest(dir);
	if (there === void 0) return failed(`the ${what} cannot be`, {
		why: `there is nothing at all above ${dir}`,
		fix: elsewhere
	});
	if (!there.directory) return failed(`the ${what} cannot be made`, {
		why: `${there.path} is a file`,
		fix: elsewhere
	});
	const why = await unwritable(there.path, mayWrite);
	if (why !== void 0) return what === "module store" ? warning("cannot be written: modules are read from it, and new ones last for one job", {
		why,
		fix: elsewhere
	}) : failed("cannot be written", {
		why,
		fix: elsewhere
	});
	return roomIn(there.path, there.path === dir ? "" : " (it is not there yet)", elsewhere);
}
/** An upstream that is a directory. */
async function probeTree(url) {
	try {
		const dir = fileURLToPath(url);
		await access(dir, constants$1.R_OK | constants$1.X_OK);
		return ok("can be read");
	} catch (error) {
		return failed("cannot be read", {
			why: error.code ?? String(error),
			fix: "see that the directory is there in the job, and that its user may read it"
		});
	}
}
/** The path itself, or what is there nearest above it. */
async function nearest(dir) {
	for (let path = dir;; path = dirname(path)) {
		const found = await stat(path).catch(() => void 0);
		if (found !== void 0) return {
			path,
			directory: found.isDirectory()
		};
		if (dirname(path) === path) return void 0;
	}
}
async function unwritable(dir, mayWrite) {
	try {
		await access(dir, constants$1.R_OK | constants$1.W_OK | constants$1.X_OK);
		if (!mayWrite) return void 0;
		const trial = join(dir, `.modgate-doctor-${randomBytes(6).toString("hex")}`);
		try {
			await mkdir(trial);
			await writeFile(join(trial, "trial"), "trial\n", {
				flag: "wx",
				mode: 384
			});
		} finally {
			await rm(trial, {
				recursive: true,
				force: true
			});
		}
		return;
	} catch (error) {
		const code = error.code ?? String(error);
		return `${dir}: ${WORDS$1[code] ?? code}`;
	}
}
const WORDS$1 = {
	EACCES: "this user may not (EACCES)",
	EPERM: "this user may not (EPERM)",
	EROFS: "the file system is read-only (EROFS)",
	ENOSPC: "the disk is full (ENOSPC)",
	EDQUOT: "this user's quota is used up (EDQUOT)"
};
async function roomIn(path, note, elsewhere) {
	const { bavail, bsize, files, ffree } = await statfs(path);
	return judgeRoom({
		bytes: Number(bavail) * Number(bsize),
		files: Number(files),
		filesFree: Number(ffree)
	}, note, elsewhere);
}
/** Pure. @param note stands behind what is told, with a space before it */
function judgeRoom({ bytes, files, filesFree }, note, elsewhere) {
	const room = `${shownBytes(bytes)} free${note}`;
	const fix = `free space, or ${elsewhere}`;
	if (files > 0 && filesFree === 0) return failed("no more files fit", {
		why: "the file system is out of inodes",
		fix
	});
	if (bytes < LITTLE) return failed(`is full: ${room}`, {
		why: "a job needs more than that for its modules",
		fix
	});
	if (bytes < TIGHT) return warning(`writable, ${room}`, {
		why: "a large build may need more",
		fix
	});
	return ok(`writable, ${room}`);
}
function shownBytes(bytes) {
	return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
// src/doctor/probes/audit.ts
/** Whether the audit store takes records from this job; nothing is written into it. */
async function probeAudit(question, deps) {
	const { store, cwd, env } = question;
	const parsed = parseAuditStore(store);
	if (typeof parsed === "string") return failed("it is no audit store", {
		why: parsed,
		fix: "correct audit.store"
	});
	switch (parsed.kind) {
		case "collector": return await softened(question, await probeCollector(parsed.url, question, deps));
		case "directory": return softened(question, await probeDisk({
			dir: /^file:/i.test(parsed.path) ? fileURLToPath(parsed.path) : resolve(cwd, parsed.path),
			what: "audit store",
			elsewhere: "name another directory in audit.store",
			mayWrite: true
		}));
		case "artifact": return ok("the records are kept with the job, as files of its reports");
		case "gitlab-package":
			if (!env.CI_API_V4_URL || !env.CI_PROJECT_ID) return warning("it is for jobs of GitLab", {
				why: "CI_API_V4_URL and CI_PROJECT_ID are not set here",
				fix: "run modgate doctor in a job, or name a store that can be reached from here"
			});
			return softened(question, await probePackages(env.CI_API_V4_URL, parsed.project ?? env.CI_PROJECT_ID, question, deps));
	}
}
/** A store that may be missed does not stop a job: its records wait. */
function softened({ required }, verdict) {
	return verdict.state === "failed" && !required ? {
		...verdict,
		state: "warning"
	} : verdict;
}
async function probeCollector(url, question, deps) {
	const { tokenEnv, env } = question;
	const token = env[tokenEnv] || void 0;
	if (token !== void 0 && isReadableOnTheWay(url)) return failed(`the token of ${tokenEnv} would go over plain http`, {
		why: "everybody on the way could read it, so that no job starts with this",
		fix: "write https in audit.store"
	});
	const place = new URL(`${url}/v1/batches`);
	if (!await deps.reach(place)) return unreachable();
	return await answered(deps, async (signal) => {
		return judgeCollector(await deps.send({
			method: "POST",
			url: place,
			headers: {
				"content-type": "text/plain",
				...token === void 0 ? {} : { authorization: `Bearer ${token}` }
			},
			body: Buffer.from(""),
			signal
		}), token === void 0 ? void 0 : tokenEnv, tokenEnv);
	});
}
/** Pure. @param given variable of the token that was sent; undefined where none was */
function judgeCollector({ status, body }, given, tokenEnv) {
	if (status === 415) return ok(given === void 0 ? "takes batches, and wants no token" : `takes batches with the token in ${given}`);
	if (status === 401) return given === void 0 ? failed("wants a token, and there is none", {
		why: `${tokenEnv} is not set`,
		fix: `give the job ${tokenEnv}, the token of a writer (MODGATE_WRITE_TOKEN or serve.writers of the collector)`
	}) : failed("does not know the token", {
		why: `it answered 401 to the one in ${given}`,
		fix: `set ${given} to the token of a writer; it may have been changed`
	});
	if (status === 403) return failed("does not take batches with this token", {
		why: `the token in ${tokenEnv} is one for asking (403)`,
		fix: `set ${tokenEnv} to the token of a writer`
	});
	return failed("does not answer as a collector does", {
		why: `it answered ${status}${body.toString("utf8", 0, 64).trimStart().startsWith("<") ? " with a web page" : ""}`,
		fix: "see that audit.store is the URL under which modgate serve is reached"
	});
}
async function probePackages(api, project, { tokenEnv, env }, deps) {
	const token = env[tokenEnv] || void 0;
	const [header, secret, source] = token !== void 0 ? [
		"private-token",
		token,
		tokenEnv
	] : [
		"job-token",
		env.CI_JOB_TOKEN ?? "",
		"CI_JOB_TOKEN"
	];
	if (secret === "") return failed("there is no token for the package registry", {
		why: `neither ${tokenEnv} nor CI_JOB_TOKEN is set`,
		fix: "run it in a job of GitLab, which has CI_JOB_TOKEN"
	});
	const place = new URL(`${api.replace(/\/+$/, "")}/projects/${encodeURIComponent(project)}/packages?per_page=1`);
	if (isReadableOnTheWay(place.origin)) return failed(`the token of ${source} would go over plain http`, {
		why: `the API is ${place.origin}`,
		fix: "serve GitLab by https"
	});
	if (!await deps.reach(place)) return unreachable();
	return await answered(deps, async (signal) => {
		const { status } = await deps.send({
			method: "GET",
			url: place,
			headers: { [header]: secret },
			signal
		});
		if (status === 200) return ok(`its package registry can be read with ${source}`);
		return failed("its package registry cannot be used", {
			why: `it answered ${status} to ${source}`,
			fix: status === 404 ? "switch the package registry of the project on, and name the project of the job in the job token allowlist of another one" : `give the job a token that may write packages there, in ${tokenEnv}`
		});
	});
}
function unreachable() {
	return failed("cannot be reached", {
		why: "see the lines of its host",
		fix: "mend what is told there first"
	});
}
async function answered({ bounds }, work) {
	try {
		return await bounds.try(work);
	} catch (error) {
		if (error instanceof TimeUp) return ended(error);
		const why = wordsOf(error);
		return failed("does not answer", {
			why,
			fix: /certificate|self.signed|CERT/i.test(why) ? "name the PEM file of its authority under proxy.ca, for the host of the store" : "see that it runs, and what stands before it"
		});
	}
}
// src/doctor/probes/cache.ts
/** A key that nobody has. */
const NOBODYS$3 = "modgate-doctor-asks-for-nothing";
/** The cache service of a GitHub job. It is never `failed`: without it a job is only slower. */
async function probeCache({ platform, env, version, bounds }) {
	if (platform.name !== "github") {
		const why = platform.name === "gitlab" ? "on GitLab the runner restores and keeps the store, by the cache: of the job" : "only jobs of GitHub have one";
		return skipped("there is no cache service to ask here", { why });
	}
	const barred = cacheUnavailable(env, "read");
	if (barred !== void 0) return warning("the shared cache cannot be used", {
		why: barred,
		fix: "run modgate as the action modgate/modgate/actions/proxy: a step with run: does not get the variables of the cache service"
	});
	try {
		return await bounds.try(async (signal) => {
			const client = createCacheClient({
				env: cacheServiceEnv(env),
				version,
				signal
			});
			await client.lookup([NOBODYS$3]);
			const noWrite = cacheUnavailable(env, "write");
			return noWrite === void 0 ? ok(`answers a look-up (${client.protocol})`) : ok(`answers a look-up (${client.protocol}); this job only reads it: ${noWrite}`);
		});
	} catch (error) {
		if (error instanceof TimeUp) return {
			...ended(error),
			state: "warning"
		};
		if (!(error instanceof CacheError)) throw error;
		return warning("does not answer a look-up", {
			why: error.message,
			fix: error.code === "denied" ? "give the job a token that may read the cache (cache-mode, permissions)" : "allow the runner to reach the cache service; jobs work without it, and download what is missing"
		});
	}
}
// src/doctor/probes/clock.ts
/** A difference that can be a slow answer, and one from which tokens and certificates suffer; ms. */
const NEAR_MS = 6e4;
const FAR_MS = 3e5;
/** This machine's clock beside those of the servers that told theirs: the middle of them counts. Pure. */
function judgeClock(clocks) {
	const differences = clocks.map(({ there, here }) => here - there).toSorted((a, b) => a - b);
	const middle = differences[Math.floor((differences.length - 1) / 2)];
	if (middle === void 0) return skipped("nothing to compare it with", { why: "no server was reached that tells the time" });
	const distance = Math.abs(middle);
	const servers = clocks.length === 1 ? "one server says" : `${clocks.length} servers say`;
	if (distance < NEAR_MS) return ok(`as ${servers}`);
	const what = `is ${told(distance)} ${middle > 0 ? "ahead" : "behind"}, as ${servers}`;
	const fix = "set it, and let a time service keep it (chronyd, systemd-timesyncd, the host of the virtual machine)";
	return distance < FAR_MS ? warning(what, {
		why: "identity tokens of jobs and certificates are valid by the clock",
		fix
	}) : failed(what, {
		why: "certificates and tokens that are valid look expired, or not valid yet",
		fix
	});
}
function told(ms) {
	const seconds = Math.round(ms / 1e3);
	if (seconds < 120) return `${seconds} s`;
	const minutes = Math.round(seconds / 60);
	if (minutes < 120) return `${minutes} min`;
	const hours = Math.round(minutes / 60);
	return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
// src/doctor/probes/credentials.ts
/** Credentials that the configuration names and the job does not have. Pure. */
function missingCredentials({ credentials }, env) {
	const { missing } = collect(credentials, { variables: namedVariables(credentials, env) });
	return missing.map(({ at: { hostname, port }, why }) => ({
		probe: "credentials",
		subject: port === void 0 ? hostname : `${hostname}:${port}`,
		...failed("has no credential, though one is named for it", {
			why,
			fix: "give this step the variable, from a secret of the CI system"
		})
	}));
}
/** Which credential goes to each origin, by its kind and where it comes from; never its value. */
async function usedCredentials(origins, credentials) {
	const checks = [];
	for (const origin of origins) {
		const found = await credentials.forUrl(new URL(origin));
		if (found === void 0) continue;
		const { kind, source } = found;
		checks.push({
			probe: "credentials",
			subject: origin,
			...ok(`is shown the ${kind} of ${source}`)
		});
	}
	return checks;
}
/** Longest wait for an agent of this machine, ms. */
const AGENT_MS = 1e3;
/** Whether the SSH agent of the job answers. */
async function probeAgent(env) {
	const socket = env.SSH_AUTH_SOCK;
	if (!socket) return [];
	const { promise, resolve } = Promise.withResolvers();
	const agent = connect(socket, () => resolve(void 0));
	agent.once("error", (error) => resolve(error.code ?? error.message));
	agent.setTimeout(AGENT_MS, () => resolve("it does not answer"));
	const why = await promise;
	agent.destroy();
	return [{
		probe: "credentials",
		subject: "SSH_AUTH_SOCK",
		...why === void 0 ? ok("an SSH agent answers") : warning("the SSH agent that it names does not answer", {
			why,
			fix: "start the agent in this step or one before it, and keep it running; or unset SSH_AUTH_SOCK"
		})
	}];
}
// src/doctor/probes/git.ts
const MAX_MODULES = 16;
/** Private modules among those that are required, one of each host. Pure. */
function privateModules(requires, { isPrivate }) {
	const found = /* @__PURE__ */ new Map();
	for (const path of requires) {
		const host = path.split("/", 1)[0] ?? "";
		if (found.size < MAX_MODULES && !found.has(host) && isPrivate(path)) found.set(host, path);
	}
	return found;
}
/**
* Asks version control for the versions of a module, as a session would: by the job's own go, which looks where the
* repository is and has git list its tags.
*/
async function probeGit(module, deps) {
	const { goCommand, childEnv, explain, redact, bounds } = deps;
	const dir = await mkdtemp(join(tmpdir(), "modgate-doctor-"));
	const direct = createDirect({
		childEnv,
		explain,
		redact,
		goCommand,
		dir,
		parallel: 1,
		timeoutMs: bounds.probeMs
	});
	try {
		const list = await bounds.try(() => direct.list(module));
		const count = "bytes" in list ? list.bytes.toString("utf8").split("\n").filter(Boolean).length : 0;
		return ok(`git lists its versions (${count === 0 ? "it has no tags" : `${count} tagged`})`);
	} catch (error) {
		if (error instanceof TimeUp) return ended(error);
		if (error instanceof ProxyError) return gitVerdict(error);
		throw error;
	} finally {
		await rm(dir, {
			recursive: true,
			force: true,
			maxRetries: 3
		}).catch(() => void 0);
	}
}
/** Whether there is a git for the children of a session. */
async function probeGitCommand(env) {
	return await new Promise((resolve) => {
		execFile("git", ["--version"], {
			env,
			timeout: LOCAL_MS,
			windowsHide: true
		}, (error, stdout) => {
			const version = /^git version (\S+)/.exec(stdout)?.[1];
			if (error === null && version !== void 0) return resolve(ok(`git ${version}`));
			resolve(failed("there is no git", {
				why: "what comes from version control (direct in GOPROXY, private modules) is fetched by it",
				fix: "install git, and put it on PATH"
			}));
		});
	});
}
/** Longest wait for a command that asks nobody, ms. */
const LOCAL_MS = 5e3;
/** Pure. */
function gitVerdict({ code, message }) {
	const [said = "", next] = message.split(/\n(?:next|fix): /, 2);
	const [head = "", ...lines] = said.split("\n");
	const why = [/version control:? ?(.*)$/.exec(head)?.[1] ?? head, ...lines].filter((line) => line.trim() !== "").join("; ");
	if (code === "absent") return failed("version control has no such module", {
		why,
		fix: next ?? "see that its path is right; many forges say \"not found\" to those who may not read a repository: name a credential in proxy.credentials"
	});
	return failed("its versions cannot be had from version control", {
		why,
		fix: next ?? fixFor(why)
	});
}
function fixFor(why) {
	if (/certificate|tls|ssl/i.test(why)) return "name the PEM file of the authority in proxy.ca";
	if (/could not read (?:username|password)|terminal prompts disabled|authentication failed/i.test(why)) return "name a credential for the host in proxy.credentials, or give the job a netrc or a git credential helper";
	if (/permission denied|host key/i.test(why)) return "load a key that the server knows into an SSH agent, and put its host key into known_hosts";
	if (/executable file not found/i.test(why)) return "install git, and put it on PATH";
	return "see the lines of its host above; then try the same with: go list -m -versions MODULE";
}
// src/doctor/probes/go.ts
/** The Go installation, and settings of it that take modules past modgate or their checks away. Pure. */
function probeGo({ go, command, later, env, newest }) {
	if (go === void 0) return [{
		probe: "go",
		subject: command,
		...missing(later)
	}];
	const checks = [{
		probe: "go",
		subject: command,
		...ok(`${go.GOVERSION} in ${go.GOROOT}`)
	}];
	const wanted = tooOld(go, env, newest);
	if (wanted !== void 0) checks.push({
		probe: "go",
		subject: "toolchain",
		...wanted
	});
	for (const rule of RULES) {
		const found = rule.judge(go, env);
		if (found !== void 0) checks.push({
			probe: "go",
			subject: rule.variable,
			...found
		});
	}
	return checks;
}
function missing(later) {
	const why = "its settings say where modules come from, and its key verifies the checksum database";
	return later ? warning("there is no go yet", {
		why,
		fix: "install Go in a step of the job; before modgate is best"
	}) : failed("there is no go that can be asked", {
		why,
		fix: "install Go, and put it on PATH"
	});
}
/** A go.mod that wants a newer Go: go fetches that one, unless it was told not to. */
function tooOld({ GOVERSION }, { GOTOOLCHAIN = "" }, newest) {
	const own = goVersionOfToolchain(GOVERSION);
	if (newest === void 0 || own === "" || compareGoVersions(own, newest.version) >= 0) return void 0;
	const wants = `${newest.file} wants Go ${newest.version}`;
	if (!/^(?:local|path)$/.test(GOTOOLCHAIN)) return ok(`${wants}: go fetches that toolchain through modgate`);
	return failed(`${wants}, and this is ${GOVERSION}`, {
		why: `GOTOOLCHAIN is ${GOTOOLCHAIN} (actions/setup-go sets it), so that go fetches no other`,
		fix: `install Go ${newest.version} or newer, or set GOTOOLCHAIN=auto`
	});
}
/** No pattern but one for everything matches this. */
const NOBODYS$2 = "modgate.invalid/doctor";
const matchesAll = (globs) => globs !== "" && globs !== "none" && matchGlobs(globs, NOBODYS$2);
const RULES = [
	{
		variable: "GONOPROXY",
		judge: ({ GONOPROXY, GOPRIVATE }) => matchesAll(GONOPROXY) && !(matchesAll(GOPRIVATE) && GONOPROXY === GOPRIVATE) ? failed("matches every module", {
			why: "each module counts as private: none comes from an upstream, and all are fetched from version control",
			fix: "name your own modules only, like GONOPROXY=git.example.com/*; go env -u GONOPROXY where it was written with go env -w"
		}) : void 0
	},
	{
		variable: "GOPRIVATE",
		judge: ({ GOPRIVATE }) => matchesAll(GOPRIVATE) ? failed("matches every module", {
			why: "each module counts as private: no upstream and no checksum database is asked for any",
			fix: "name your own modules only, like GOPRIVATE=git.example.com/*; go env -u GOPRIVATE where it was written with go env -w"
		}) : void 0
	},
	{
		variable: "GONOSUMDB",
		judge: ({ GONOSUMDB, GOPRIVATE }) => matchesAll(GONOSUMDB) && !(matchesAll(GOPRIVATE) && GONOSUMDB === GOPRIVATE) ? warning("matches every module", {
			why: "no new module is checked against the checksum database: what comes first is believed",
			fix: "name your own modules only, like GONOSUMDB=git.example.com/*"
		}) : void 0
	},
	{
		variable: "GOSUMDB",
		judge: ({ GOSUMDB }) => GOSUMDB === "off" ? warning("is off", {
			why: "no new module is checked against the checksum database: what comes first is believed",
			fix: "unset it; an upstream that serves the database is enough in a closed network"
		}) : void 0
	},
	{
		variable: "GOINSECURE",
		judge: ({ GOINSECURE }) => GOINSECURE === "" ? void 0 : warning(matchesAll(GOINSECURE) ? "matches every module" : `is set for ${GOINSECURE}`, {
			why: "those modules may come over plain http and from anybody with a certificate of his own",
			fix: "unset it, and name the certificate of your authority in proxy.ca"
		})
	},
	{
		variable: "GOFLAGS",
		judge: ({ GOFLAGS }) => {
			if (/(?:^|\s)-?-mod=vendor(?:\s|$)/.test(GOFLAGS)) return warning("has -mod=vendor", {
				why: "go builds from vendor/ and asks no proxy, so that modgate sees no module of such builds",
				fix: "take it out where modules are to come through modgate"
			});
			if (/(?:^|\s)-?-insecure(?:=true)?(?:\s|$)/.test(GOFLAGS)) return failed("has -insecure, which go no longer knows", {
				why: "go stops with an error for it",
				fix: "take it out; GOINSECURE is what there is instead"
			});
		}
	},
	{
		variable: "GOVCS",
		judge: ({ GOVCS }) => /(?:^|,)\s*(?:\*|private):off\s*(?:,|$)/.test(GOVCS) ? warning("forbids version control for private modules", {
			why: `GOVCS is ${GOVCS}`,
			fix: "allow git for them, like GOVCS=private:git,public:off, where proxy.private names any"
		}) : void 0
	},
	{
		variable: "GO111MODULE",
		judge: (_, { GO111MODULE }) => GO111MODULE === "off" ? failed("is off", {
			why: "go builds from GOPATH and knows no modules then",
			fix: "unset it"
		}) : void 0
	},
	{
		variable: "NODE_TLS_REJECT_UNAUTHORIZED",
		judge: (_, env) => env.NODE_TLS_REJECT_UNAUTHORIZED === "0" ? warning("switches the check of certificates off", {
			why: "whoever is on the way can read credentials and change what is fetched",
			fix: "unset it, and name the certificate of your authority in proxy.ca"
		}) : void 0
	}
];
// src/doctor/probes/upstream.ts
/** Most of a body that is read, bytes. */
const MAX_BODY = 65536;
/** One GET, redirects followed. Rejects with TimeUp, and the client's errors. */
async function ask(url, { http, bounds }, headers = {}) {
	return await bounds.try(async (signal) => {
		const answer = await http.get({
			url,
			signal,
			allowH2: false,
			headers
		});
		const chunks = [];
		let length = 0;
		try {
			for await (const chunk of answer.body) {
				chunks.push(chunk);
				length += chunk.length;
				if (length >= MAX_BODY) break;
			}
		} finally {
			answer.body.destroy();
		}
		return {
			status: answer.status,
			type: (answer.header("content-type") ?? "").toLowerCase(),
			text: Buffer.concat(chunks).toString("utf8"),
			from: answer.from
		};
	});
}
/** A small list that no longer grows, of a host that module proxies which serve some hosts only serve, too. */
const KNOWN = "golang.org/x/xerrors/@v/list";
/** A module of that host which nobody has. */
const NOBODYS$1 = "golang.org/x/modgate-doctor/@v/list";
/** Asks a module proxy for the list of a module that everybody has, and for that of one that nobody has. */
async function probeUpstream(entry, place, deps) {
	const list = async (path) => await ask(upstreamUrl(entry.url, path), deps);
	try {
		const known = judgeUpstream(await list(KNOWN), entry, place);
		if (known.state !== "ok") return known;
	} catch (error) {
		return error instanceof TimeUp ? ended(error) : requestVerdict(error, redactUrl(entry.url));
	}
	try {
		return judgeAbsence(await list(NOBODYS$1), entry);
	} catch (error) {
		return unsure(error instanceof TimeUp ? error.message : wordsOf(error));
	}
}
/** A web page where something for programs was to be. */
function isPage({ type, text }) {
	return type.startsWith("text/html") || /^\s*<(?:!doctype|html|head|body)\b/i.test(text);
}
/** What the answer for a module that everybody may ask for says of a module proxy; it need not have it. Pure. */
function judgeUpstream(answer, { url, absentOn403 }, { refusal, alone }) {
	const { status, from } = answer;
	if (status === 404 || status === 410) {
		if (!alone) return ok("answers as a module proxy does");
		return warning("it has no golang.org/x/xerrors, and nobody else is asked", {
			why: "it has modules of your own only, or its URL is not that of a module proxy, which answers 404 to everything, too",
			fix: "see that the URL has its whole path, like https://nexus.example.com/repository/go; name the proxy of public modules behind it where jobs need those"
		});
	}
	if (status === 200 && isPage(answer)) return failed("a web page comes instead of an answer", {
		why: `it came from ${from}: a page for logging in, or a portal on the way`,
		fix: "log in to the network, or name the address of the module proxy itself and a credential for it"
	});
	if (status === 200) return ok("answers as a module proxy does");
	if (status === 403 && absentOn403 === true) return ok("answers as a module proxy does");
	if (status === 401 || status === 403) return refused(answer, url, refusal(new URL(url), status));
	if (status === 407) return failed("the network proxy wants credentials", {
		why: "the answer was 407",
		fix: "write HTTPS_PROXY with a valid user and password, and keep it a secret of the job"
	});
	if (status === 429) return warning("it has had enough of our requests for now", {
		why: "the answer was 429: all jobs behind one address share its limit",
		fix: "put a proxy of your own before it, or keep a shared store (cache.store)"
	});
	if (status >= 500) return failed(`it has trouble of its own (${status})`, {
		why: "every job that needs a module that the store lacks fails while this lasts",
		fix: "tell whoever runs it; a second upstream behind it helps where it is down often"
	});
	return failed(`it does not answer as a module proxy does (${status})`, {
		why: `${from} answered ${status} to a question that every module proxy knows`,
		fix: "see that the URL is that of the module proxy with its whole path, like https://nexus.example.com/repository/go"
	});
}
function refused({ status }, url, refusal) {
	const what = status === 401 ? "it takes no request without a valid credential (401)" : "it forbids what is asked (403)";
	if (refusal !== void 0) return failed(what, {
		why: refusal.why,
		fix: refusal.next
	});
	return failed(what, {
		why: "no credential was sent, and it may want one",
		fix: `name one: proxy: {credentials: [{host: ${new URL(url).host}, username: USER, token-env: VARIABLE}]}; where it says ${status} of all that it lacks, write {url: ${redactUrl(url)}, absent-on-403: true} in proxy.upstream`
	});
}
/** What it says of a module that nobody has. Pure. */
function judgeAbsence({ status }, { url, absentOn403 }) {
	if (status === 404 || status === 410 || status === 200) return ok("answers as a module proxy does");
	if (status === 403) {
		if (absentOn403 === true) return ok("answers as a module proxy does, and 403 means \"not there\"");
		return warning("answers 403 for a module that is not there", {
			why: "a 403 forbids, so that a job ends with it where 404 would let go ask on",
			fix: `write {url: ${redactUrl(url)}, absent-on-403: true} in proxy.upstream`
		});
	}
	return unsure(`the answer was ${status}`);
}
function unsure(why) {
	return warning("does not say of a module that it is not there", {
		why: `${why}, where a module proxy says 404 or 410: a job that asks for such a module fails`,
		fix: "tell whoever runs it; jobs that ask for modules which it has are not concerned"
	});
}
/**
* A request that brought no answer, in words.
* @param what it should have asked
*/
function requestVerdict(error, from, what = "a module proxy") {
	if (error instanceof RedirectError) return failed("its redirects cannot be followed", {
		why: error.message,
		fix: "name the address that they lead to in the end"
	});
	if (error instanceof RefusedHost) return failed("it leads to a host that is not asked", {
		why: error.refusal.reason,
		fix: error.refusal.fix
	});
	if (error instanceof NotSent) return failed("it is not asked", {
		why: error.message,
		fix: "write https in its URL"
	});
	return failed("it does not answer", {
		why: wordsOf(error),
		fix: `see that ${from} is the address of ${what}`
	});
}
// src/doctor/probes/sumdb.ts
/** Asks the upstreams in their order. */
async function placeOfSumDb({ name, url }, entries, deps) {
	if (url !== void 0) return {
		state: "found",
		base: url,
		prefix: "",
		through: void 0
	};
	for (const entry of entries) {
		if (!entry.url.startsWith("http")) break;
		const shown = redactUrl(entry.url);
		try {
			const { status } = await ask(upstreamUrl(entry.url, `sumdb/${name}/supported`), deps);
			if (status === 200) return {
				state: "found",
				base: entry.url,
				prefix: `sumdb/${name}/`,
				through: shown
			};
			if (status === 404 || status === 410 || entry.fallBackOn === "any-error") continue;
			if (status === 403 && entry.absentOn403 === true) continue;
			return {
				state: "failed",
				verdict: notTold(shown, `it answered ${status}`)
			};
		} catch (error) {
			if (entry.fallBackOn === "any-error") continue;
			if (error instanceof TimeUp) return {
				state: "failed",
				verdict: ended(error)
			};
			return {
				state: "failed",
				verdict: requestVerdict(error, shown)
			};
		}
	}
	return {
		state: "found",
		base: `https://${name}`,
		prefix: "",
		through: void 0
	};
}
function notTold(upstream, why) {
	return failed(`${upstream} does not say whether it serves the checksum database`, {
		why,
		fix: `see what ${upstream} says to its checks; a proxy that serves none answers 404`
	});
}
/** Asks for the newest tree head, and verifies its signature with the key of the job's own Go installation. */
async function probeSumDb(database, { base, prefix, through }, deps) {
	try {
		return judgeHead(await ask(upstreamUrl(base, `${prefix}latest`), deps), database, through);
	} catch (error) {
		if (error instanceof TimeUp) return ended(error);
		return requestVerdict(error, redactUrl(base));
	}
}
/** Pure. */
function judgeHead(answer, { name, key }, through) {
	const where = through === void 0 ? "asked itself" : `through ${through}`;
	if (answer.status !== 200 || isPage(answer)) {
		const told = isPage(answer) ? `a web page came from ${answer.from}` : `it answered ${answer.status}`;
		return failed(`gives no tree head (${where})`, {
			why: told,
			fix: `allow the runner to reach https://${name}, or name an upstream that serves it; GOSUMDB=off gives up the check of new modules`
		});
	}
	try {
		const { text } = openNote(Buffer.from(answer.text), [key]);
		const size = /^go\.sum database tree\n(\d{1,15})\n/.exec(text)?.[1];
		if (size === void 0) return warning(`signs something else than a tree head (${where})`);
		return ok(`tree of ${Number(size).toLocaleString("en")} records, signature verified (${where})`);
	} catch (error) {
		if (!(error instanceof NoteError)) throw error;
		return failed(`its tree head is not signed by ${name} (${where})`, {
			why: error.message,
			fix: `something on the way changes answers, or GOSUMDB names another database than ${name}`
		});
	}
}
// src/doctor/probes/vulndb.ts
/** The smallest file of the protocol: when the database was last changed. */
const INDEX = "index/db.json";
/**
* Asks a vulnerability database when it was last changed. Jobs build without one, so that all trouble is a warning.
* @param refusal what a 401 or 403 says of the credential that was sent, or is wanted
*/
async function probeVulnDb(url, refusal, deps) {
	let verdict;
	try {
		const answer = await ask(upstreamUrl(url, INDEX), deps);
		verdict = judgeVulnDb(answer, url, refusal(new URL(url), answer.status));
	} catch (error) {
		verdict = error instanceof TimeUp ? ended(error) : requestVerdict(error, redactUrl(url), "a vulnerability database");
	}
	return verdict.state === "failed" ? {
		...verdict,
		state: "warning"
	} : verdict;
}
/** What its answer says of a vulnerability database. Pure. */
function judgeVulnDb(answer, url, refusal) {
	const { status, from } = answer;
	if (status === 200 && !isPage(answer)) {
		const modified = modifiedIn(answer.text);
		if (modified !== void 0) return ok(`answers as a vulnerability database does, changed ${modified}`);
	}
	if (status === 401 || status === 403) return failed(`it takes no request without a valid credential (${status})`, {
		why: refusal?.why ?? "no credential was sent, and it may want one",
		fix: refusal?.next ?? `name one in proxy.credentials, for ${new URL(url).host}`
	});
	if (status >= 500 || status === 429) return warning(`it has trouble of its own (${status})`, {
		why: "jobs are told what the store has of it, which may be out of date",
		fix: "tell whoever runs it"
	});
	return failed("it does not answer as a vulnerability database does", {
		why: `${from} answered ${status} to a question for ${INDEX}${isPage(answer) ? ", with a web page" : ""}`,
		fix: "see that the URL is that of the database with its whole path, below which index/ and ID/ are"
	});
}
function modifiedIn(text) {
	try {
		const { modified } = JSON.parse(text);
		const at = typeof modified === "string" ? Date.parse(modified) : NaN;
		return Number.isNaN(at) ? void 0 : new Date(at).toISOString().slice(0, 10);
	} catch {
		return;
	}
}
// src/doctor/checkout.ts
const MOD_BYTES = 4194304;
const MAX_FILES = 50;
/** Reads the go.mod files of a checkout, up to fifty of them. Never rejects: what cannot be read says nothing. */
async function readCheckout(workspace) {
	const requires = /* @__PURE__ */ new Set();
	let newest;
	const { goMods } = await findModuleFiles(workspace);
	for (const path of goMods.slice(0, MAX_FILES)) {
		const bytes = await readBounded(path, MOD_BYTES);
		if (bytes === void 0) continue;
		const { mod } = readGoMod(bytes);
		for (const { path: required } of needsOf(mod).requires) requires.add(required);
		const version = mod.go?.value.value ?? "";
		if (isGoVersion(version) && compareGoVersions(version, newest?.version ?? "") > 0) newest = {
			file: relative(workspace, path),
			version
		};
	}
	return {
		requires: [...requires],
		newest
	};
}
// src/doctor/situation.ts
/** Longest that the configuration of a change's target may take to be had, ms. */
const POLICY_MS = 1e4;
/** Reads configuration, platform and Go's settings as a start would. Throws ConfigError. */
async function readSituation({ env, cwd, flags }) {
	const platform = detectPlatform(env, systemProbe(cwd));
	const request = questionFor({
		env,
		cwd,
		flags
	}, platform, platform.sessionDir);
	const goCommand = env.MODGATE_GO ?? "go";
	const [{ config, policy, authorityFiles, checks }, checkout] = await Promise.all([configOf(request, env), readCheckout(platform.workspace)]);
	const forGo = withoutToken(env, { tokenEnv: config.audit["token-env"] });
	const go = await readGoSettings(goCommand, {
		...forGo,
		GOPROXY: withoutOurs(env.GOPROXY ?? "")
	}, tmpdir());
	const all = [...checks];
	const entries = upstreamEntries(config, go?.GOPROXY ?? env.GOPROXY, (line) => all.push({
		probe: "go",
		subject: "GOPROXY",
		...failed("cannot be used", {
			why: line,
			fix: "correct it, or name upstreams in proxy.upstream"
		})
	}));
	if (entries.length === 0 || entries[0]?.url === "off") all.push(noUpstream(entries));
	if (env.GOPROXY && withoutOurs(env.GOPROXY) === "" && config.proxy.upstream.length === 0) all.push({
		probe: "go",
		subject: "GOPROXY",
		...warning("is that of the session that runs here", {
			why: "what the job had before is not known any more, so that the default of go is tried instead",
			fix: "run modgate doctor before modgate starts"
		})
	});
	const store = chooseStores(config, request);
	return {
		env,
		cwd,
		platform,
		config,
		policy,
		authorityFiles,
		go,
		goCommand,
		store: {
			dir: store.dir,
			archived: isArchived({
				store: {
					...store,
					fallbackDir: ""
				},
				workspace: platform.workspace
			}),
			layers: store.layers ?? []
		},
		entries,
		checkout,
		private: privatePaths({
			configured: config.proxy.private,
			go,
			env
		}),
		vulndb: vulnDbOf(config.proxy.vulndb, env),
		checks: all
	};
}
function noUpstream(entries) {
	const subject = "GOPROXY";
	return entries.length === 0 ? {
		probe: "go",
		subject,
		...failed("names nothing to fetch from", {
			why: "neither proxy.upstream nor go env GOPROXY has an entry",
			fix: "name a module proxy in proxy.upstream, or install Go, which has a default"
		})
	} : {
		probe: "go",
		subject,
		...warning("is off: only what the store has can be served", {
			why: "nothing is fetched from anywhere",
			fix: "name a module proxy in proxy.upstream, unless that is what you want"
		})
	};
}
/**
* The configuration that counts. In a change that is the target's: where it cannot be had, nobody's file is used,
* because that of the change could send credentials where its author likes.
*/
async function configOf(request, env) {
	const token = serverToken(env);
	const { promise: late, resolve } = Promise.withResolvers();
	const timer = setTimeout(() => resolve(void 0), POLICY_MS);
	const reading = readConfig(questionOf(request), {
		env,
		token,
		fetch: true
	});
	const answer = await Promise.race([reading, late]).finally(() => clearTimeout(timer));
	if (answer?.state === "read") {
		const { config: loaded, commit, warnings } = answer;
		const subject = loaded.sources.length === 0 ? "defaults" : loaded.sources.join(", ");
		const what = commit === void 0 ? "valid" : `valid, as the target of this change has it (commit ${commit.slice(0, 12)})`;
		return {
			config: loaded.config,
			policy: loaded.policy,
			authorityFiles: loaded.authorityFiles,
			checks: [{
				probe: "config",
				subject,
				...ok(loaded.sources.length === 0 ? "there is no file; the defaults are in force" : what)
			}, ...[...loaded.warnings, ...warnings].map((line) => ({
				probe: "config",
				subject,
				...warning(line)
			}))]
		};
	}
	const why = answer === void 0 ? `git did not get it within ${POLICY_MS / 1e3} s` : answer.state === "unavailable" ? answer.why : "it has to be fetched";
	const { config, policy } = await configureWithoutFile(request);
	return {
		config,
		policy: unpackPolicy(policy),
		authorityFiles: void 0,
		checks: [{
			probe: "config",
			subject: "the target of this change",
			...failed("its configuration, which counts here, cannot be had; the rest is tried with the defaults", {
				why,
				fix: answer?.state === "unavailable" ? answer.advice : "let the runner reach the server of the checkout"
			})
		}]
	};
}
// src/doctor/diagnose.ts
/**
* Tries everything that a session with this configuration would need, changes nothing, and tells what works. Throws
* ConfigError.
*/
async function diagnose(request) {
	const began = performance.now();
	const bounds = new Bounds(request.limits ?? LIMITS);
	try {
		const situation = await readSituation(request);
		const warnings = [];
		const asking = await openAsking(situation, (line) => warnings.push(line));
		try {
			const checks = await tryAll({
				situation,
				bounds,
				asking,
				effects: request.network ?? systemNetwork(),
				warnings
			});
			asking.redactor.add(secretsIn(situation));
			const clean = cleaner(asking.redactor.redact);
			const ms = Math.round(performance.now() - began);
			return {
				diagnosis: {
					checks: checks.map(clean),
					ms
				},
				platform: situation.platform
			};
		} finally {
			await asking.close();
		}
	} finally {
		bounds.close();
	}
}
async function tryAll(means) {
	const { situation, bounds, asking, effects } = means;
	const { env, config, platform, go, goCommand } = situation;
	const { origins, untried } = namedHosts(situation);
	const authorities = await trustedAuthorities(asking.gate, env);
	const required = new Set(privateModules(situation.checkout.requires, situation.private).keys());
	const namedBy = (origin) => origins.get(origin) ?? [required.has(new URL(origin).host) ? "go.mod" : "GOSUMDB"];
	const network = new Network({
		effects,
		bounds,
		env,
		authorities: authorities.of,
		namedBy
	});
	const outward = {
		...means,
		network,
		authorities,
		ask: {
			http: asking.http,
			bounds
		}
	};
	const [disks, used, agent, upstreams, vulndb, database, git, cache, audit] = await Promise.all([
		tryDisks(situation),
		usedCredentials(origins.keys(), asking.credentials),
		probeAgent(env),
		tryUpstreams(outward),
		tryVulnDb(outward),
		trySumDb(outward),
		tryGit(outward),
		tryCache(outward),
		tryAudit(outward),
		...[...origins.keys()].map((origin) => network.reach(new URL(origin)))
	]);
	return [
		...situation.checks,
		...probeGo({
			go,
			command: goCommand,
			later: platform.laterGo !== void 0,
			env,
			newest: situation.checkout.newest
		}),
		...disks,
		...missingCredentials(config.proxy, env),
		...used,
		...agent,
		...authorities.checks,
		...means.warnings.map(warned),
		...untried,
		...await network.checks(),
		...upstreams,
		...vulndb,
		...database,
		...git,
		...cache,
		...audit,
		{
			probe: "clock",
			subject: "this machine",
			...judgeClock(await network.clocks())
		}
	];
}
/** A line of a session on its authorities, or on verification that the job switched off. */
function warned(line) {
	const [, subject = "this job", said = line] = /^(proxy\.ca)\[\d+\]: (.*)$/s.exec(line) ?? [];
	const [why = said, fix] = said.split("; next: ", 2);
	const reason = {
		why,
		...fix === void 0 ? {} : { fix }
	};
	return {
		probe: "tls",
		subject,
		...warning(subject === "proxy.ca" ? "a file of it cannot be used" : "has a setting that weakens TLS", reason)
	};
}
async function tryDisks({ store, platform, go }) {
	const { sessionDir } = platform;
	const of = async (question) => ({
		probe: "disk",
		subject: `${question.what} ${question.dir}`,
		...await probeDisk(question)
	});
	return await Promise.all([
		of({
			dir: store.dir,
			what: "module store",
			elsewhere: "name another directory with cache.store or --store",
			mayWrite: !store.archived
		}),
		...store.layers.flatMap((layer) => layer.kind === "directory" ? [of({
			dir: layer.dir,
			what: "module store",
			elsewhere: "name another directory in cache.store",
			mayWrite: false
		})] : []),
		of({
			dir: sessionDir,
			what: "session directory",
			elsewhere: "set RUNNER_TEMP or TMPDIR to a directory that this user can write",
			mayWrite: true
		}),
		...go === void 0 || go.GOMODCACHE === "" ? [] : [of({
			dir: go.GOMODCACHE,
			what: "GOMODCACHE",
			elsewhere: "set GOMODCACHE to a directory that this user can write",
			mayWrite: false
		})]
	]);
}
const isHttp = ({ url }) => /^https?:/.test(url);
async function tryUpstreams({ situation: { entries }, network, asking, ask }) {
	const refusal = asking.credentials.explainStatus.bind(asking.credentials);
	return await Promise.all(entries.map(async (entry) => {
		const subject = redactUrl(entry.url);
		if (entry.url.startsWith("file:")) return [{
			probe: "disk",
			subject,
			...await probeTree(entry.url)
		}];
		if (!isHttp(entry)) return [];
		const { usable } = await network.reach(new URL(entry.url));
		if (!usable) return [{
			probe: "http",
			subject,
			...skipped("its host cannot be reached")
		}];
		return [{
			probe: "http",
			subject,
			...await probeUpstream(entry, {
				refusal,
				alone: entries.length === 1
			}, ask)
		}];
	})).then((checks) => checks.flat());
}
async function tryVulnDb({ situation: { vulndb }, network, asking, ask }) {
	if (vulndb === void 0) return [];
	const subject = redactUrl(vulndb);
	const { usable } = await network.reach(new URL(vulndb));
	if (!usable) return [{
		probe: "http",
		subject,
		...skipped("its host cannot be reached")
	}];
	return [{
		probe: "http",
		subject,
		...await probeVulnDb(vulndb, asking.credentials.explainStatus.bind(asking.credentials), ask)
	}];
}
async function trySumDb({ situation: { go, entries }, network, ask }) {
	if (go === void 0) return [{
		probe: "sumdb",
		subject: "GOSUMDB",
		...skipped("its name and key come from the go command")
	}];
	if (go.GOSUMDB === "off") return [];
	const database = await chooseSumDb(go);
	if ("why" in database) return [{
		probe: "sumdb",
		subject: "GOSUMDB",
		...warning("cannot be verified", {
			why: database.why,
			fix: "correct GOSUMDB, or install Go with its sources, which hold the key"
		})
	}];
	const subject = database.name;
	for (const entry of entries.filter(isHttp)) {
		const { usable } = await network.reach(new URL(entry.url));
		if (!usable && entry.fallBackOn === "absent") {
			const why = `${redactUrl(entry.url)} is asked first, and cannot be reached`;
			return [{
				probe: "sumdb",
				subject,
				...skipped("not tried", { why })
			}];
		}
		if (usable) break;
	}
	const place = await placeOfSumDb(database, entries, ask);
	if (place.state === "failed") return [{
		probe: "sumdb",
		subject,
		...place.verdict
	}];
	if (place.through === void 0 && !(await network.reach(new URL(place.base))).usable) return [{
		probe: "sumdb",
		subject,
		...failed("cannot be reached, and no upstream serves it", {
			why: "see the lines of its host",
			fix: `allow the runner to reach ${redactUrl(place.base)}, or name an upstream that serves the database`
		})
	}];
	return [{
		probe: "sumdb",
		subject,
		...await probeSumDb(database, place, ask)
	}];
}
async function tryGit({ situation, network, bounds, asking }) {
	const { go, goCommand, entries } = situation;
	const modules = privateModules(situation.checkout.requires, situation.private);
	const { redactor, childEnv, explain } = asking;
	const checks = [];
	if (modules.size > 0 || situation.private.globs.length > 0 || entries.some(({ url }) => url === "direct")) checks.push({
		probe: "git",
		subject: "git",
		...await probeGitCommand(await childEnv(""))
	});
	const deps = {
		goCommand,
		bounds,
		childEnv,
		redact: redactor.redact,
		explain
	};
	const asked = [...modules].map(async ([host, module]) => {
		if (go === void 0) return {
			probe: "git",
			subject: module,
			...skipped("there is no go that could ask")
		};
		await network.reach(new URL(`https://${host}`));
		return {
			probe: "git",
			subject: module,
			...await probeGit(module, deps)
		};
	});
	return [...checks, ...await Promise.all(asked)];
}
async function tryCache({ situation, bounds }) {
	const { platform, env } = situation;
	const [service, ...buckets] = await Promise.all([probeCache({
		platform,
		env,
		version: VERSION,
		bounds
	}), ...situation.store.layers.map((layer) => tryBucket(layer, situation, bounds))]);
	return [{
		probe: "cache",
		subject: "cache service",
		...service
	}, ...buckets.flat()];
}
async function tryBucket(layer, { platform, env, config, authorityFiles }, bounds) {
	if (layer.kind !== "bucket") return [];
	const { place } = layer;
	const { trust, workspace } = platform;
	const save = config.cache.save;
	const readsOnly = place.readOnly ? "its URL says mode=read" : save === "never" ? "cache.save is never" : save === "auto" && !trust.trusted ? trust.reason : void 0;
	const lines = [];
	const warn = (line) => {
		lines.push({
			probe: "cache",
			subject: place.location,
			...warning(line)
		});
	};
	const [{ openBucket }, { storeEnv }, { probeBucket }] = await Promise.all([
		import("./lazy/session-cache-open-bucket.js"),
		import("./lazy/session-cache-store-env.js"),
		import("./lazy/doctor-probes-bucket.js")
	]);
	const verdict = await probeBucket({
		open: () => openBucket({
			place,
			env,
			storeEnv: storeEnv(env),
			config,
			workspace,
			authorityFiles,
			warn
		}),
		readsOnly,
		bounds
	});
	return [{
		probe: "cache",
		subject: place.location,
		...verdict
	}, ...lines];
}
async function tryAudit({ situation, bounds, network, authorities }) {
	const { config, env, platform } = situation;
	const { store, required, "token-env": tokenEnv } = config.audit;
	if (store === null) return [];
	const reach = async (url) => (await network.reach(url)).usable;
	const url = secureUrl(store, env);
	const trust = trustOf(async () => ({
		pem: url === void 0 ? [] : (await authorities.of(url)).pem,
		troubles: []
	}), env);
	const verdict = await probeAudit({
		store,
		required,
		tokenEnv,
		env,
		cwd: platform.workspace
	}, {
		send: createSend(env, VERSION, { trust }),
		bounds,
		reach
	});
	return [{
		probe: "audit",
		subject: redactUrl(store),
		...verdict
	}];
}
/** Values that no output may hold. */
function secretsIn({ env, platform, config, go, entries, vulndb }) {
	const named = [config.audit["token-env"], ...config.proxy.credentials.map((one) => one["token-env"])];
	const texts = [
		go?.GOPROXY ?? "",
		vulndb ?? "",
		...entries.map(({ url }) => url)
	];
	return [
		...secretsOfEnv(env, platform.secretEnv),
		...named.map((name) => env[name] ?? ""),
		...texts.flatMap(secretsInUrls)
	];
}
// src/doctor/probes/bucket.ts
/** A tag that no object has. */
const NOBODYS = "\"00000000000000000000000000000000\"";
/** A bucket of modules: whether it can be listed, read and, where the job is to, written. Nothing is changed. */
async function probeBucket({ open, readsOnly, bounds }) {
	let bucket;
	try {
		const opened = open();
		bucket = opened;
		const found = await bounds.try(async (signal) => {
			await opened.get(`modgate/index/modgate-doctor-asks-for-nothing`, { signal });
			for await (const _ of opened.list(`modgate/`, { signal })) return false;
			return true;
		}) ? "there is no store yet" : "holds a store";
		if (readsOnly !== void 0) return ok(`answers, ${found}; this job only reads it: ${readsOnly}`);
		const denied = await bounds.try(async (signal) => await writeDenied(opened, signal));
		if (denied === void 0) return ok(`answers, ${found}; it can be read and written`);
		return warning(`answers, ${found}; it can be read, and not written`, {
			why: denied.message,
			fix: "give jobs of trusted refs s3:PutObject there, or write ?mode=read where none is to write"
		});
	} catch (error) {
		if (error instanceof TimeUp) return ended(error);
		if (!(error instanceof BucketError)) throw error;
		return failed("cannot be used", {
			why: error.message,
			fix: "until then jobs go without it: they fetch from their upstreams what it would have had"
		});
	} finally {
		await bucket?.close();
	}
}
/** Asks to replace what nobody can have written: a service looks at the right first. */
async function writeDenied(bucket, signal) {
	try {
		await bucket.put(`${OWN}/probe`, Buffer.alloc(0), {
			condition: { etag: NOBODYS },
			signal
		});
		return;
	} catch (error) {
		if (error instanceof BucketError && error.code === "denied") return error;
		throw error;
	}
}
// src/doctor/report.ts
function countsOf(checks) {
	const counts = {
		ok: 0,
		warning: 0,
		failed: 0,
		skipped: 0
	};
	for (const { state } of checks) counts[state]++;
	return counts;
}
/** For scripts: `{schema: 1, checks, summary}`. */
function doctorJson({ checks, ms }) {
	return `${JSON.stringify({
		schema: 1,
		checks,
		summary: {
			...countsOf(checks),
			ms
		}
	}, null, 2)}\n`;
}
/** For people: a line for each check, why and what to do below what does not work. */
function doctorText({ checks, ms }, width = 120) {
	const column = (pick) => Math.min(MAX_COLUMN, Math.max(0, ...checks.map((check) => columns(pick(check)))));
	const [probe, subject] = [column((check) => check.probe), column((check) => check.subject)];
	const indent = STATE_WIDTH + probe + 4;
	const room = Math.max(MIN_ROOM, width - indent);
	return [
		...checks.flatMap((check) => {
			return [`${`${pad(WORDS[check.state], STATE_WIDTH)}  ${pad(check.probe, probe)}  `}${pad(check.subject, subject)}  ${check.what}`, ...[detail("why", check.why, room, indent), detail("fix", check.fix, room, indent)].flat()];
		}),
		"",
		`${summary(countsOf(checks))} (${(ms / 1e3).toFixed(1)} s)`,
		""
	].join("\n");
}
const WORDS = {
	ok: "ok",
	warning: "warning",
	failed: "FAILED",
	skipped: "skipped"
};
const STATE_WIDTH = 7;
const MAX_COLUMN = 48;
const MIN_ROOM = 40;
function detail(name, text, room, indent) {
	if (text === void 0) return [];
	const space = " ".repeat(indent);
	return wrap(text, room - 6).map((line, at) => `${space}${at === 0 ? `${name}:` : "    "} ${line}`);
}
function pad(text, width) {
	return text + " ".repeat(Math.max(0, width - columns(text)));
}
function summary({ ok, warning, failed, skipped }) {
	return [
		failed > 0 ? `${failed} failed` : "",
		warning > 0 ? `${warning} ${warning === 1 ? "warning" : "warnings"}` : "",
		`${ok} ok`,
		skipped > 0 ? `${skipped} not tried` : ""
	].filter((part) => part !== "").join(", ");
}
export { countsOf, diagnose, doctorJson, doctorText, probeBucket };
