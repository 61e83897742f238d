import { timingSafeEqual } from "node:crypto";
// src/proxy/errors.ts
/** An answer that is not a file. `message` is printed by go below its own line, so it is plain text, ≤ 8 lines. */
var ProxyError = class extends Error {
	name = "ProxyError";
	code;
	/** The upstream it happened at, redacted. */
	upstream;
	rule;
	/** For the record, in one line; the first of the message where there is none. */
	reason;
	/** Failed attempts before giving up. */
	retries;
	constructor(code, message, more = {}) {
		super(message, more.cause === void 0 ? void 0 : { cause: more.cause });
		this.code = code;
		this.upstream = more.upstream;
		this.rule = more.rule;
		this.reason = more.reason ?? message.split("\n", 1)[0] ?? "";
		this.retries = more.retries ?? 0;
	}
};
/**
* HTTP status of an error. Only proven absence is 404: an outage answered with 404 would make go clone
* silently through `direct`, and a policy refusal answered with 404 would hide its reason.
*/
function statusOf(code) {
	switch (code) {
		case "bad-request":
		case "absent":
		case "lookup-disabled": return 404;
		case "denied":
		case "hash-changed": return 403;
		case "upstream-refused":
		case "upstream-wrong":
		case "too-large": return 502;
		case "upstream-unavailable":
		case "disk":
		case "closing": return 503;
		case "upstream-stalled": return 504;
	}
}
// src/proxy/respond.ts
const TYPES = {
	info: "application/json",
	mod: "text/plain; charset=utf-8",
	zip: "application/zip"
};
/** A file was there when it was looked up and could not be read when its first byte was to be sent. */
var FileGone = class extends Error {
	name = "FileGone";
};
/**
* Sends a stored file, or the part of it that a Range header asks for. Resolves with the body bytes sent. Rejects with
* FileGone before anything was sent, so that the caller can look the file up again.
*/
async function sendFile(req, res, file) {
	const etag = etagOf(file);
	const ifRange = req.headers["if-range"];
	const asked = file.kind === "zip" && (ifRange === void 0 || ifRange === etag) ? req.headers.range : void 0;
	const range = asked === void 0 ? void 0 : parseRange(asked, file.size);
	if (range === "unsatisfiable") {
		describe(res, file, etag);
		res.writeHead(416, {
			"Content-Range": `bytes */${file.size}`,
			"Content-Length": 0
		});
		res.end();
		return 0;
	}
	const start = range?.start ?? 0;
	const end = range?.end ?? file.size - 1;
	const length = end - start + 1;
	const opened = file.bytes === void 0 && length > 0 ? await open(file, range) : void 0;
	describe(res, file, etag);
	if (range === void 0) res.writeHead(200, { "Content-Length": file.size });
	else res.writeHead(206, {
		"Content-Length": length,
		"Content-Range": `bytes ${start}-${end}/${file.size}`
	});
	if (opened !== void 0) await sendParts(res, opened);
	else await ended(res, file.bytes?.subarray(start, end + 1) ?? Buffer.alloc(0));
	return length;
}
/** Two forms of one file are two entities: half of one with half of the other would be neither. */
function etagOf({ sha256, representation }) {
	if (sha256 === void 0) return void 0;
	return representation === "original" ? `"${sha256}"` : `"${sha256}-${representation}"`;
}
function describe(res, file, etag) {
	res.setHeader("Content-Type", TYPES[file.kind]);
	if (etag !== void 0) res.setHeader("ETag", etag);
	res.setHeader("Cache-Control", "public, max-age=31536000, immutable");
	if (file.kind === "zip") res.setHeader("Accept-Ranges", "bytes");
}
/** A store may lose a file at any moment, to a prune for one. */
async function open(file, range) {
	const rest = file.parts(range);
	const step = await rest.next().catch((cause) => {
		throw new FileGone(cause instanceof Error ? cause.message : String(cause), { cause });
	});
	if (step.done === true) throw new FileGone("the file has no bytes where it should have some");
	return {
		first: step.value,
		rest
	};
}
/** Each part is with the kernel before the next one is read into the same memory. */
async function sendParts(res, { first, rest }) {
	let stop = () => void 0;
	const failed = (error) => stop(error);
	const left = () => stop(/* @__PURE__ */ new Error("the client left"));
	res.on("error", failed);
	res.on("close", left);
	const send = (part) => new Promise((resolve, reject) => {
		stop = reject;
		if (res.destroyed) left();
		else res.write(part, (error) => error ? reject(error) : resolve());
	});
	try {
		await send(first);
		for await (const part of rest) await send(part);
		res.off("close", left);
		await ended(res, Buffer.alloc(0));
	} catch (error) {
		res.destroy();
		throw error;
	} finally {
		res.off("close", left);
		res.off("error", failed);
		await rest.return();
	}
}
/** Sends a small text body. Resolves with its size. */
async function sendText(res, bytes, type = "text/plain; charset=utf-8") {
	res.writeHead(200, {
		"Content-Type": type,
		"Content-Length": bytes.length,
		"Cache-Control": "no-cache"
	});
	await ended(res, bytes);
	return bytes.length;
}
/**
* What go prints of an error answer: at most 8 lines and 648 bytes, no control characters, no blank line. Beside
* ASCII the arrow of a chain is let through: one byte that go takes for unprintable would cost the whole text.
*/
function errorBody(message) {
	const lines = message.replace(/[^\x20-\x7e\n\u2192]/g, "?").split("\n").map((line) => line.trimEnd()).filter((line) => line !== "").slice(0, 8);
	const text = Buffer.from(lines.join("\n")).subarray(0, 640).toString().replace(/\ufffd+$/, "");
	return Buffer.from(`${text}\n`);
}
/**
* Sends a refusal or an outage as text that go prints. Resolves with the body size.
* @param redact takes secrets out of the message
*/
async function sendError(res, error, redact) {
	const body = errorBody(redact(error.message));
	res.writeHead(statusOf(error.code), {
		"Content-Type": "text/plain; charset=utf-8",
		"Content-Length": body.length,
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff"
	});
	await ended(res, body);
	return body.length;
}
function ended(res, bytes) {
	return new Promise((resolve, reject) => {
		res.once("error", reject);
		res.once("close", () => res.writableFinished ? resolve() : reject(/* @__PURE__ */ new Error("the client left")));
		res.end(bytes, () => resolve());
	});
}
/** One byte range of RFC 9110; several ranges or another unit are answered with the whole file. */
function parseRange(header, size) {
	const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
	if (match === null || match[1] === "" && match[2] === "") return void 0;
	const [, first = "", last = ""] = match;
	if (first === "") {
		const length = Math.min(Number(last), size);
		return length === 0 ? "unsatisfiable" : {
			start: size - length,
			end: size - 1
		};
	}
	const start = Number(first);
	if (start >= size) return "unsatisfiable";
	const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
	return end < start ? void 0 : {
		start,
		end
	};
}
// src/proxy/secret.ts
/** True when `given` is the secret; takes the same time however much of it is right. */
function secretMatches(given, secret) {
	const a = Buffer.from(given);
	const b = Buffer.from(secret);
	return a.length === b.length && timingSafeEqual(a, b);
}
export { FileGone, ProxyError, errorBody, secretMatches, sendError, sendFile, sendText, statusOf };
