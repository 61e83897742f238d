import { __toESM } from "../vendor/rolldown-runtime.js";
import { isPlainLoopback } from "./config.js";
// src/platform/http.ts
const CONNECT_MS = 5e3;
/**
* Sends over undici, through the job's proxies (`http_proxy`, `https_proxy`, `no_proxy` in either case), trusting
* the system's certificates beside Node's own. undici is loaded with the first request: what never asks need not
* pay for it. Waiting is limited by the request's signal alone, connecting by 5 s.
* @param authorities PEM certificates to trust beside, for clients that ask one host only; asked once
*/
function createHttp(env, version, authorities) {
	const common = {
		connections: 16,
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
		const connect = {
			timeout: CONNECT_MS,
			...await certificates(await authorities?.() ?? [])
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
			dispatcher: near ? await direct() : await proxied()
		});
		const header = (name) => {
			const value = answer.headers[name];
			return Array.isArray(value) ? value[0] : value;
		};
		return {
			status: answer.statusCode,
			header,
			body: answer.body
		};
	};
}
/** Reading the system's certificates takes longer than a look-up on loopback, so it waits for the first need. */
async function certificates(own) {
	const tls = await import("node:tls");
	if (typeof tls.getCACertificates !== "function") return own.length === 0 ? {} : { ca: [...tls.rootCertificates, ...own] };
	const known = [...tls.getCACertificates("default"), ...tls.getCACertificates("system")];
	return { ca: [.../* @__PURE__ */ new Set([...known, ...own])] };
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
export { createHttp, isUnknownIssuer, unknownIssuer };
