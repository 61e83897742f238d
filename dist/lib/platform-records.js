import { __toESM } from "../vendor/rolldown-runtime.js";
import { isPlainLoopback } from "./config.js";
// src/platform/machine-authorities.ts
/**
* The certificate authorities that this machine believes, PEM, each once: those of Node, of NODE_EXTRA_CA_CERTS, and of
* the system's own store. Asking takes longer than a look-up on loopback, and so does loading `node:tls`: to be asked at
* the first need.
*/
function machineAuthorities() {
	const { getCACertificates } = process.getBuiltinModule("node:tls");
	return [.../* @__PURE__ */ new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}
// src/platform/http.ts
const CONNECT_MS = 5e3;
/**
* Sends over undici, through the job's proxies (`http_proxy`, `https_proxy`, `no_proxy` in either case), trusting
* the system's certificates beside Node's own. undici is loaded with the first request: what never asks need not
* pay for it. Waiting is limited by the request's signal alone, connecting by 5 s.
* @param authorities PEM certificates to trust beside, for clients that ask one host only; asked once
* @param connections to one host at a time
*/
function createHttp(env, version, authorities, connections = 16) {
	const common = {
		connections,
		headersTimeout: 0,
		bodyTimeout: 0
	};
	const direct = lazily(async () => {
		const { Agent } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		return new Agent({
			...common,
			connect: { timeout: CONNECT_MS }
		});
	});
	const proxied = lazily(async () => {
		const { EnvHttpProxyAgent } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		const ca = [.../* @__PURE__ */ new Set([...machineAuthorities(), ...await authorities?.() ?? []])];
		const connect = {
			timeout: CONNECT_MS,
			ca
		};
		return new EnvHttpProxyAgent({
			...common,
			connect,
			requestTls: connect,
			httpProxy: env.http_proxy || env.HTTP_PROXY || "",
			httpsProxy: env.https_proxy || env.HTTPS_PROXY || "",
			noProxy: [
				"localhost",
				"127.0.0.1",
				"::1",
				env.no_proxy || env.NO_PROXY || ""
			].filter(Boolean).join(",")
		});
	});
	return async (wanted) => {
		const { request } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
		const near = isPlainLoopback(wanted.url);
		const answer = await request(wanted.url, {
			method: wanted.method,
			headers: {
				"user-agent": `modgate/${version}`,
				...wanted.headers
			},
			body: wanted.body ?? null,
			signal: wanted.signal,
			dispatcher: near ? await direct() : await proxied(),
			...wanted.method === "HEAD" ? { reset: false } : {}
		});
		const headers = {};
		for (const [name, value] of Object.entries(answer.headers)) {
			const first = Array.isArray(value) ? value[0] : value;
			if (first !== void 0) headers[name] = first;
		}
		return {
			status: answer.statusCode,
			header: (name) => headers[name],
			headers,
			body: answer.body
		};
	};
}
function lazily(make) {
	let made;
	return () => {
		made ??= make();
		return made;
	};
}
// src/platform/unknown-issuer.ts
/** Codes of OpenSSL for a certificate that no authority known here vouches for; an expired one is none of them. */
const CODES = /* @__PURE__ */ new Set([
	"SELF_SIGNED_CERT_IN_CHAIN",
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"UNABLE_TO_GET_ISSUER_CERT",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
	"CERT_UNTRUSTED",
	"INVALID_CA"
]);
function isUnknownIssuer(code) {
	return CODES.has(code);
}
/** The code of an error, or of its cause, that says so; undefined for any other trouble. */
function unknownIssuer(error) {
	for (let at = error; at instanceof Error; at = at.cause) {
		const { code } = at;
		if (code !== void 0 && isUnknownIssuer(code)) return code;
	}
}
export { createHttp, isUnknownIssuer, machineAuthorities, unknownIssuer };
