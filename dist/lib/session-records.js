import { ARTIFACT_DIR, AUDIT_FILES, Outbox, Spool, deliver, openTarget } from "./audit-records.js";
import { showableCheckpoint } from "./collector-records.js";
import { FILES, VERSION, auditEnv, hideFromGit, withLock, writeWhole } from "./session.js";
import { DeliveryError } from "./audit.js";
import { ConfigError, parseAuditStore } from "./config.js";
import { constants } from "node:fs";
import { join } from "node:path";
import { open, readFile, stat } from "node:fs/promises";
// src/session/audit/trust.ts
const NONE = {
	pem: [],
	troubles: []
};
/** The https address of a store; undefined for one that shows no certificate. */
function secureUrl(store, env) {
	const parsed = parseAuditStore(store);
	if (typeof parsed === "string") return void 0;
	const text = parsed.kind === "collector" ? parsed.url : parsed.kind === "gitlab-package" ? env.CI_API_V4_URL : "";
	if (!text || !URL.canParse(text)) return void 0;
	const url = new URL(text);
	return url.protocol === "https:" ? url : void 0;
}
/**
* Who is believed at a store beside the authorities of the machine: `proxy.ca` and CI_SERVER_TLS_CA_FILE for its host,
* SSL_CERT_FILE and NODE_EXTRA_CA_CERTS of the job. Reads no file where none of them is set. Never rejects.
*/
async function storeAuthorities(question) {
	const { store, ca, workspace, files, env } = question;
	const url = secureUrl(store, env);
	const bundles = [.../* @__PURE__ */ new Set([env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS])].filter((file) => Boolean(file));
	const named = ca.length > 0 || bundles.length > 0 || Boolean(env.CI_SERVER_TLS_CA_FILE);
	if (url === void 0 || !named) return NONE;
	const [{ certificatesIn, readAuthorities }, { targetOf }] = await Promise.all([import("./lazy/session-network-authorities.js"), import("./lazy/session-network-host-name.js")]);
	const troubles = [];
	const target = targetOf(url);
	const [own, ...texts] = await Promise.all([readAuthorities({
		ca,
		workspace,
		files,
		env,
		warn: (line) => troubles.push(line)
	}), ...bundles.map((file) => certificatesIn(file).catch(() => []))]);
	const ofHost = target === void 0 ? [] : own.forHost(target);
	return {
		pem: [.../* @__PURE__ */ new Set([...ofHost, ...texts.flat()])],
		troubles
	};
}
/**
* The trust of a delivery.
* @param read asked once, when a request over TLS is about to leave; must not reject
* @param env its proxies lead to the store
*/
function trustOf(read, env) {
	let known = NONE;
	let issuer;
	return {
		authorities: async () => {
			known = await read();
			return known.pem;
		},
		issuerAt: (url) => {
			issuer ??= import("./lazy/session-network-issuer.js").then(({ issuerAt }) => issuerAt(url, env));
			return issuer;
		},
		troubles: () => known.troubles
	};
}
// src/session/audit/authority-file.ts
/** Larger than all files together that it is made of, bytes. */
const MAX_FILE = 33554432;
/**
* Keeps whom a session believes at its audit store for whoever ends it, perhaps without the files and the variables that
* were there at its start. Rejects with the error of the system.
*/
async function keepAuthorities(sessionDir, { pem }) {
	if (pem.length > 0) await writeWhole(join(sessionDir, FILES.auditAuthorities), `${pem.join("\n")}\n`);
}
/** What a session kept. Nobody else's word is taken for it: what another user may have written does not count. */
async function keptAuthorities(sessionDir, uid = process.getuid?.()) {
	const file = join(sessionDir, FILES.auditAuthorities);
	try {
		const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
		try {
			const [own, dir] = await Promise.all([handle.stat(), stat(sessionDir)]);
			const isOurs = ({ uid: of, mode }) => of === uid && (mode & 18) === 0;
			if (uid !== void 0 && !(isOurs(own) && isOurs(dir))) return {
				pem: [],
				troubles: [`${file} does not count: another user could have written it`]
			};
			if (!own.isFile() || own.size > MAX_FILE) return {
				pem: [],
				troubles: [`${file} does not count: it is no file of certificates`]
			};
			return {
				pem: [await handle.readFile("utf8")],
				troubles: []
			};
		} finally {
			await handle.close();
		}
	} catch (error) {
		const { code } = error;
		return {
			pem: [],
			troubles: code === "ENOENT" ? [] : [`${file} cannot be read (${code})`]
		};
	}
}
// src/session/audit/target.ts
/**
* The store of a session. Throws ConfigError where it cannot be meant here.
* @param env what the delivery may know, as `auditEnv` gives it, or more
* @param token one that was given beside the environment
* @param trust whom to believe at the store, beside the machine's authorities
*/
async function auditTarget(file, env, token, trust) {
	const { [file.tokenEnv]: secret, CI_JOB_TOKEN: jobToken, ...plain } = auditEnv(file, env, token);
	if (file.store === "artifact") await hideFromGit(file.reports, file.workspace);
	try {
		return openTarget(file.store, {
			env: plain,
			cwd: file.workspace,
			version: VERSION,
			token: () => secret,
			jobToken: () => jobToken,
			reportsDir: file.reports,
			trust
		});
	} catch (error) {
		if (!(error instanceof DeliveryError)) throw error;
		const message = error.message.replace(/^audit\.store /, "");
		throw new ConfigError("config-invalid", [{
			where: "audit.store",
			message
		}], { cause: error });
	}
}
// src/session/audit/close.ts
/** How long the end of a session may take for sending, ms. */
const BUDGET_MS = 1e4;
/** Files that sessions leave each other at most, for each store: one that nobody ever reaches must not fill a disk. */
const MAX_SHARED = 5e3;
/**
* Ends the audit trail of a session, with its daemon alive or dead: seals what is in no batch, closes, sends what the
* store does not have, and keeps what it did not take. Called again it sends what is left. Nobody else may be writing
* the journal. Never rejects: what went wrong stands in the report.
*/
async function closeAudit(request) {
	const { sessionDir, file } = request;
	try {
		return await withLock(join(sessionDir, "close.lock"), () => close(request));
	} catch (error) {
		return {
			store: file.store,
			required: file.required,
			batches: 0,
			records: 0,
			sent: 0,
			left: 0,
			refused: 0,
			lost: 0,
			error: request.redact(wordsOf(error))
		};
	}
}
async function close(request) {
	const { sessionDir, file, inventories, findings, budgetMs = BUDGET_MS } = request;
	const outbox = await Outbox.reopen({ sessionDir });
	const { end } = outbox;
	try {
		if (outbox.isClosed && outbox.waiting() === 0) {
			const before = await readReport(sessionDir);
			if (before !== void 0) return before;
		}
		await outbox.sealClose({
			inventories,
			findings: findings.map(auditFinding),
			reason: end?.reason ?? "the proxy died",
			...end === void 0 ? {} : { counts: end.counts }
		});
		const { error, checkpoint } = await send(request, outbox, budgetMs);
		const { tally } = outbox;
		const spool = await placeOf(tally.onDisk, sessionDir, file);
		const { onDisk: _, ...sums } = tally;
		const report = {
			store: file.store,
			required: file.required,
			...sums,
			...spool === void 0 ? {} : { spool },
			...file.shared && spool === file.keep && tally.onDisk > 0 ? { shared: true } : {},
			...error === void 0 ? {} : { error: request.redact(error) },
			...checkpoint === void 0 ? {} : { checkpoint }
		};
		await writeWhole(join(sessionDir, FILES.auditReport), JSON.stringify(report)).catch(() => void 0);
		return report;
	} finally {
		await outbox.close();
	}
}
/** Sends what waits; why some of it waits still, in words, and the last checkpoint that the store showed. */
async function send({ sessionDir, file, env, token }, outbox, budgetMs) {
	let checkpoint;
	try {
		const target = await auditTarget(file, env, token, trustOf(() => keptAuthorities(sessionDir), env));
		const { left, kept, error } = await deliver(target, outbox, {
			budgetMs,
			onAck: (_, ack) => {
				checkpoint = showableCheckpoint(ack.checkpoint ?? "") ?? checkpoint;
			}
		});
		return {
			error: left === 0 ? void 0 : error?.message ?? kept[0]?.why,
			checkpoint
		};
	} catch (error) {
		return {
			error: wordsOf(error),
			checkpoint
		};
	}
}
/** Puts what is left where it outlives the job; the directory, or undefined where nothing is to be found. */
async function placeOf(onDisk, sessionDir, { keep, shared, store, reports, workspace }) {
	const spool = new Spool(join(sessionDir, AUDIT_FILES.spool));
	if (store === "artifact" && onDisk === 0) return join(reports, ARTIFACT_DIR);
	if (onDisk === 0) return void 0;
	if (keep === void 0) return spool.dir;
	try {
		await hideFromGit(keep, workspace);
		const to = new Spool(keep);
		if (shared && (await to.list()).length >= MAX_SHARED) return spool.dir;
		for (const file of await spool.list()) {
			const gzip = await spool.read(file);
			if (gzip === void 0) continue;
			await to.put({
				...file,
				gzip
			});
			if (shared) await spool.remove(file);
		}
		return keep;
	} catch {
		return spool.dir;
	}
}
async function readReport(sessionDir) {
	try {
		return JSON.parse(await readFile(join(sessionDir, FILES.auditReport), "utf8"));
	} catch {
		return;
	}
}
function auditFinding({ rule, level, module, version, message }) {
	return {
		rule,
		level,
		...module === void 0 ? {} : { module },
		...version === void 0 ? {} : { version },
		message
	};
}
function wordsOf(error) {
	return error instanceof Error ? error.message : String(error);
}
export { auditTarget, closeAudit, keepAuthorities, secureUrl, storeAuthorities, trustOf };
