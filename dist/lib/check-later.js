import { __toESM } from "../vendor/rolldown-runtime.js";
import { ConfigError, DEFAULTS, LEVELS, defaultLayer, didYouMean, diskSource, isInside, loadConfig, readDisk, textOf } from "./config.js";
import { parseGoSum } from "./gomod.js";
import { CheckError, GitError, KeepListError, gitIn } from "./check.js";
import { render } from "./report-later.js";
import { ALL_RULES, cleanPath, directoryOf, evaluate, isAbsolutePath, isOutside, isSurface, loadSurfaceParsers, parseBaseline, pathsOfMod, pathsOfWork, resolveLinks, textLines, treeOf, updateBaseline } from "./policy-later.js";
import { PolicyError } from "./policy.js";
import { parseRemote } from "./config-later.js";
import { TOOLCHAIN, readGoMod, readGoWork } from "./gomod-proxy.js";
import { machineAuthorities } from "./platform-records.js";
import { closeSync, constants, fstatSync, lstatSync, openSync, opendirSync, readSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { mkdir, mkdtemp, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
// src/check/comments/sticky.ts
/** Comments of a thread that are looked through: a bound on what a long discussion can cost. */
const MAX_COMMENTS = 3e3;
/**
* Keeps one comment up to date: made at the first failure, changed in place, changed to its resolved form when
* all is well. A comment counts as ours when it begins with the marker and our own account wrote it, because
* anybody can copy a marker. Throws CommentError.
*/
async function postSticky(thread, comment) {
	const ours = await findOurs(thread, comment.marker);
	if (ours === void 0) {
		if (!comment.failed) return "none";
		await thread.create(comment.body);
		return "created";
	}
	if (sameText(ours.body, comment.body)) return "unchanged";
	await thread.update(ours.id, comment.body);
	return "updated";
}
async function findOurs(thread, marker) {
	let seen = 0;
	let me;
	for await (const comment of thread.list()) {
		if (++seen > MAX_COMMENTS) return void 0;
		if (comment.body.split(/\r?\n/, 1)[0] !== marker) continue;
		me ??= await thread.me();
		if (comment.author === me) return comment;
	}
}
/** Forges normalise line ends and drop space at the end. */
function sameText(a, b) {
	const plain = (text) => text.replaceAll("\r\n", "\n").trimEnd();
	return plain(a) === plain(b);
}
// src/check/comments/thread.ts
/** The forge would not let us, or could not be reached. Everything that the comment says is in the log too. */
var CommentError = class extends Error {
	name = "CommentError";
	/** `denied`: the token may not; nothing to repair in this run. `failed`: trouble that may pass. */
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
/** What a forge's refusal means. A hidden project answers 404 to those who may not see it. */
function commentError(doing, status, cause) {
	const denied = status === 401 || status === 403 || status === 404;
	const why = status === void 0 ? firstLine(cause) : `the server answered ${status}`;
	return new CommentError(denied ? "denied" : "failed", `${doing}: ${why}`, { cause });
}
function firstLine(error) {
	return ((error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "").slice(0, 300);
}
// src/check/comments/publish.ts
/** First line of our comment; the name tells several checks of one pull request apart. */
function commentMarker(name) {
	return `<!-- modgate:check:${name.replaceAll(/[^A-Za-z0-9._/]+/g, "-")} -->`;
}
/**
* Posts the report where the forge has a place for it. The report is in the log and in files whatever happens
* here, so no refusal and no outage is an error. Undefined when there is nothing to say.
*/
async function publishReport(report, target) {
	const { review, env, token, marker } = target;
	const { failed } = report;
	if (review.comments === void 0) return void 0;
	const nothing = (why, problem) => ({
		text: `no comment was written: ${why}; the whole report is in this log`,
		problem
	});
	if (!token) return failed ? nothing("there is no token for it", false) : void 0;
	const link = (file, line) => review.fileUrl(file, line);
	const { text: body } = render("markdown", report, {
		for: "comment",
		marker,
		link
	});
	try {
		const posted = await postSticky(await threadOf(review.comments, token, env), {
			marker,
			body,
			failed
		});
		if (posted === "none" || posted === "unchanged") return void 0;
		return {
			text: posted === "created" ? "wrote a comment" : "brought the comment up to date",
			problem: false
		};
	} catch (error) {
		if (!(error instanceof CommentError)) throw error;
		if (error.code === "failed") return nothing(error.message, true);
		return failed ? nothing(`${error.message}: ${review.writeAdvice}`, false) : void 0;
	}
}
async function threadOf(place, token, env) {
	if (place.forge === "github") {
		const { githubThread } = await import("./lazy/check-comments-github.js");
		return await githubThread({
			...place,
			token,
			env
		});
	}
	const { gitlabThread } = await import("./lazy/check-comments-gitlab.js");
	return await gitlabThread({
		...place,
		token,
		env
	});
}
// src/check/git/blobs.ts
/** The largest file that is read: no module file comes near it. */
const MAX_FILE = 16 * 2 ** 20;
/** What one process hands over at once. */
const BATCH = 64 * 2 ** 20;
/** All that is read of one tree. */
const MAX_TOTAL = 2 ** 30;
/**
* Contents of blobs by object id. The sizes are asked first, so that no file of a stranger decides how much
* memory is used. Throws GitError when git cannot be asked at all.
*/
async function readBlobs(git, oids) {
	const wanted = [...new Set(oids)].filter((oid) => /^[0-9a-f]{40,64}$/.test(oid));
	const blobs = /* @__PURE__ */ new Map();
	if (wanted.length === 0) return blobs;
	const sizes = await sizesOf(git, wanted);
	if (sizes === void 0) return new Map(wanted.map((oid) => [oid, {
		why: NOT_THERE,
		missing: true
	}]));
	let batch = [];
	let size = 0;
	let total = 0;
	const flush = async () => {
		if (batch.length > 0) await readBatch(git, batch, size, blobs);
		batch = [];
		size = 0;
	};
	for (const line of sizes.split("\n")) {
		const [oid = "", type, length] = line.split(" ");
		if (oid === "") continue;
		const bytes = Number(length);
		if (type !== "blob") blobs.set(oid, {
			why: NOT_THERE,
			missing: true
		});
		else if (!(bytes <= MAX_FILE)) blobs.set(oid, { why: TOO_LARGE });
		else if (total + bytes > MAX_TOTAL) blobs.set(oid, { why: "the files before it were too large in all" });
		else {
			if (size + bytes > BATCH) await flush();
			batch.push(oid);
			size += bytes;
			total += bytes;
		}
	}
	await flush();
	return blobs;
}
const NOT_THERE = "git does not have its contents; fetch them, or run git fsck";
const TOO_LARGE = "it is larger than 16 MiB, which no such file is";
/** What `--batch-check` says of each; undefined when a partial clone lacks one of them, which stops git. */
async function sizesOf(git, wanted) {
	try {
		return (await git.run(["cat-file", "--batch-check"], { input: lines(wanted) })).toString("latin1");
	} catch (error) {
		if (error instanceof GitError && /could not fetch|promisor/.test(error.detail)) return void 0;
		throw error;
	}
}
async function readBatch(git, oids, size, into) {
	const maxBytes = size + oids.length * 128;
	const out = await git.run(["cat-file", "--batch"], {
		input: lines(oids),
		maxBytes
	});
	for (let at = 0; at < out.length;) {
		const end = out.indexOf(10, at);
		if (end < 0) break;
		const [oid = "", type, length] = out.toString("latin1", at, end).split(" ");
		at = end + 1;
		if (type !== "blob") continue;
		into.set(oid, { bytes: out.subarray(at, at + Number(length)) });
		at += Number(length) + 1;
	}
}
function lines(oids) {
	return `${oids.join("\n")}\n`;
}
// src/check/files/disk.ts
/** Reads files of a checkout by their repo-relative paths, and never a file outside of it. */
var CheckoutFiles = class {
	#root;
	#real;
	#dirs = /* @__PURE__ */ new Map();
	constructor(root) {
		this.#root = root;
		this.#real = realpathSync.native(root);
	}
	/** At most `limit` bytes; larger files are told. Synchronous: thousands of small files are read in a row. */
	read(path, limit = MAX_FILE) {
		const parts = path.split("/");
		const name = parts.pop() ?? "";
		if (!this.#isPlain(parts.join("/"))) return void 0;
		return readRegular(join(this.#root, ...parts, name), limit);
	}
	/** False when a component of the directory is a link: then the path leads to another place than git's. */
	#isPlain(dir) {
		let plain = this.#dirs.get(dir);
		if (plain === void 0) {
			try {
				plain = realpathSync.native(join(this.#root, dir)) === join(this.#real, dir);
			} catch {
				plain = false;
			}
			this.#dirs.set(dir, plain);
		}
		return plain;
	}
};
/** Reads a regular file; undefined when there is none at the path. */
function readRegular(path, limit) {
	let file;
	try {
		if (!lstatSync(path).isFile()) return void 0;
		file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
		const about = fstatSync(file);
		if (!about.isFile()) return void 0;
		if (about.size > limit) return { why: TOO_LARGE };
		return { bytes: readAll(file, about.size, limit) };
	} catch (error) {
		const code = error.code;
		if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return void 0;
		return { why: words(code) };
	} finally {
		if (file !== void 0) closeSync(file);
	}
}
function readAll(file, size, limit) {
	const buffer = Buffer.allocUnsafe(Math.min(size, limit));
	let length = 0;
	while (length < buffer.length) {
		const got = readSync(file, buffer, length, buffer.length - length, length);
		if (got === 0) break;
		length += got;
	}
	return buffer.subarray(0, length);
}
function words(code) {
	if (code === "EACCES" || code === "EPERM") return "the user of this check may not read it; change its mode";
	if (code === "EIO") return "the disk gave an error (EIO)";
	return `it cannot be read (${code ?? "unknown error"})`;
}
// src/check/policy/baseline-file.ts
/** The parser says what is too large; this only keeps a device from being read for ever. */
const MAX_BYTES = 64 * 2 ** 20;
/** Where baselines are read: a commit, or the checkout. Throws PolicyError `baseline-invalid`. */
async function readBaseline(source, path) {
	const bytes = await source.read(path);
	return bytes === void 0 ? void 0 : parseBaseline(bytes, path);
}
/** The checkout's files for a baseline, which may be larger than a configuration. */
function checkoutSource(root) {
	const files = new CheckoutFiles(root);
	return { async read(path) {
		const found = files.read(path, MAX_BYTES);
		if (found === void 0) return void 0;
		if ("bytes" in found) return found.bytes;
		throw new CheckError("io", `${path}: ${found.why}`);
	} };
}
/** Writes a file whole or not at all. Throws CheckError `io`. */
async function writeWhole(path, text) {
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		await mkdir(dirname(path), { recursive: true });
		await writeFile(temporary, text);
		await rename(temporary, path);
	} catch (cause) {
		await rm(temporary, { force: true }).catch(() => {});
		const code = cause.code ?? String(cause);
		throw new CheckError("io", `${path} cannot be written (${code}); make room or name another file`, { cause });
	}
}
/** Writes the baseline of a checkout. */
async function writeBaseline(root, path, text) {
	await writeWhole(join(root, path), text);
}
// src/check/git/listing.ts
const KINDS = /* @__PURE__ */ new Map([
	["100", "file"],
	["120", "symlink"],
	["160", "submodule"]
]);
/** Of the sides of a conflict ours counts, then theirs, then what both had. */
const STAGES = [
	"0",
	"2",
	"3",
	"1"
];
/** Reads the output of `git ls-files -s -t -z`. */
function parseIndex(output) {
	const entries = /* @__PURE__ */ new Map();
	for (const { head, path, exact } of records(output)) {
		const [tag = "", mode = "", oid = "", stage = ""] = head.split(" ");
		const kind = KINDS.get(mode.slice(0, 3));
		const known = entries.get(path);
		if (kind === void 0 || known && STAGES.indexOf(known.stage) <= STAGES.indexOf(stage)) continue;
		entries.set(path, {
			entry: {
				path,
				exact,
				kind,
				oid,
				sparse: tag === "S"
			},
			stage
		});
	}
	return [...entries.values()].map(({ entry }) => entry);
}
/** Reads the output of `git ls-tree -r -z`. */
function parseTree(output) {
	const entries = [];
	for (const { head, path, exact } of records(output)) {
		const [mode = "", , oid = ""] = head.split(" ");
		const kind = KINDS.get(mode.slice(0, 3));
		if (kind !== void 0) entries.push({
			path,
			exact,
			kind,
			oid,
			sparse: false
		});
	}
	return entries;
}
/** Reads a list of paths, each ended by NUL. */
function parsePaths(output) {
	return output.toString("utf8").split("\0").filter((path) => path !== "");
}
function* records(output) {
	const text = utf8(output);
	if (text !== void 0) {
		for (const line of text.split("\0")) {
			const tab = line.indexOf("	");
			if (tab > 0) yield {
				head: line.slice(0, tab),
				path: line.slice(tab + 1),
				exact: true
			};
		}
		return;
	}
	for (let at = 0; at < output.length;) {
		const found = output.indexOf(0, at);
		const end = found < 0 ? output.length : found;
		const line = output.subarray(at, end);
		const tab = line.indexOf(9);
		if (tab > 0) {
			const path = utf8(line.subarray(tab + 1));
			yield {
				head: line.toString("latin1", 0, tab),
				path: path ?? escaped(line.subarray(tab + 1)),
				exact: path !== void 0
			};
		}
		at = end + 1;
	}
}
const decoder = new TextDecoder("utf-8", {
	fatal: true,
	ignoreBOM: true
});
function utf8(bytes) {
	try {
		return decoder.decode(bytes);
	} catch {
		return;
	}
}
/** Two different paths must not look alike: every byte above ASCII is written out. */
function escaped(bytes) {
	let out = "";
	for (const byte of bytes) out += byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
	return out;
}
// src/check/git/repository.ts
/** Opens the repository that a directory lies in. Throws nothing. */
async function openRepository(dir, env) {
	const place = await gitDirAbove(dir);
	try {
		return await open(gitIn(dir, env), dir, false);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		if (/dubious ownership/.test(error.detail)) return await openForeign(dir, place ?? dir, env);
		if (/not a git repository/.test(error.detail) && place === void 0) return { state: "none" };
		if (error.code === "missing" && place === void 0) return { state: "none" };
		return {
			state: "unreadable",
			why: error.message
		};
	}
}
/**
* In a container the checkout often belongs to another user than the job. Reading it is safe: hooks, monitors
* and filters of its configuration are switched off for all our commands.
*/
async function openForeign(dir, place, env) {
	const config = [.../* @__PURE__ */ new Set([place, await realpath(place).catch(() => place)])].map((name) => ["safe.directory", name.replaceAll("\\", "/")]);
	try {
		return await open(gitIn(dir, env).with(config), dir, true);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		return {
			state: "unreadable",
			why: error.message
		};
	}
}
async function open(git, dir, foreign) {
	const [facts, hash, head] = await Promise.all([
		git.run(["rev-parse", ...[
			"--is-bare-repository",
			"--is-inside-work-tree",
			"--is-shallow-repository"
		]]),
		git.ask(["rev-parse", "--show-object-format"]),
		git.ask([
			"rev-parse",
			"--verify",
			"--quiet",
			"HEAD^{commit}"
		])
	]);
	const [bare, inside, shallow] = facts.toString("utf8").trim().split("\n");
	const common = {
		git,
		shallow: shallow === "true",
		hash: hash === "sha256" ? "sha256" : "sha1",
		head: head === "" ? void 0 : head,
		foreign
	};
	if (inside !== "true") {
		if (bare !== "true") return { state: "none" };
		return {
			state: "open",
			repository: {
				...common,
				root: dir,
				prefix: "",
				bare: true
			}
		};
	}
	const [root, prefix] = await Promise.all([git.ask(["rev-parse", "--show-toplevel"]), git.ask(["rev-parse", "--show-prefix"])]);
	if (root === void 0 || root === "") return {
		state: "unreadable",
		why: "git does not tell its root"
	};
	return {
		state: "open",
		repository: {
			...common,
			root: resolve(root),
			prefix: (prefix ?? "").replace(/\/$/, ""),
			bare: false
		}
	};
}
/** The nearest directory at or above that has a `.git`; undefined when there is none. */
async function gitDirAbove(dir) {
	for (let at = dir;; at = dirname(at)) {
		if (await stat(join(at, ".git")).catch(() => void 0) !== void 0) return at;
		if (dirname(at) === at) return void 0;
	}
}
/** Every path of the index. Throws GitError. */
async function indexOf(repository) {
	return parseIndex(await repository.git.run([
		"-C",
		repository.root,
		"ls-files",
		"-s",
		"-t",
		"-z"
	]));
}
/** Every path of a commit. Throws GitError, also when the commit is not in the repository. */
async function treeOfCommit(git, commit) {
	return parseTree(await git.run([
		"ls-tree",
		"-r",
		"-z",
		"--full-tree",
		commit
	]));
}
/** go.mod and go.work files that git neither tracks nor ignores; empty when git cannot tell. */
async function untrackedModuleFiles(repository) {
	const names = [":(top,glob)**/go.mod", ":(top,glob)**/go.work"];
	const options = [
		"-o",
		"-z",
		"--exclude-standard",
		"--full-name"
	];
	try {
		return parsePaths(await repository.git.run([
			"-C",
			repository.root,
			"ls-files",
			...options,
			"--",
			...names
		], {
			timeoutMs: 1e4,
			maxBytes: 2 ** 20
		}));
	} catch (error) {
		if (error instanceof GitError) return [];
		throw error;
	}
}
/** Parents as the commit itself names them, which a shallow clone hides from `rev-parse`. */
async function parentsOf(git, commit) {
	const text = (await git.run([
		"cat-file",
		"commit",
		commit
	], { maxBytes: 16 * 2 ** 20 })).toString("latin1");
	const end = text.indexOf("\n\n");
	return [...text.slice(0, end < 0 ? void 0 : end).matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map(([, sha = ""]) => sha);
}
/** Whether a commit with its tree is in the repository. */
async function hasCommit(git, commit) {
	return await git.ask([
		"cat-file",
		"-e",
		`${commit}^{tree}`
	]) !== void 0;
}
/** The best common ancestor that the repository knows; undefined when it knows none. */
async function mergeBase(git, a, b) {
	return await git.ask([
		"merge-base",
		a,
		b
	]) || void 0;
}
// src/check/nearest-ref.ts
/** As many refs as a suggestion is looked for in. */
const MAX_REFS = 2e3;
/** The branch or tag whose name is nearest to one that does not exist; undefined when none is near. */
async function nearestRef(git, ref) {
	const format = [
		"--format=%(refname:short)",
		`--count=${MAX_REFS}`,
		"--sort=-committerdate"
	];
	const known = (await git.ask([
		"for-each-ref",
		...format,
		"refs/heads",
		"refs/remotes",
		"refs/tags"
	]) ?? "").split("\n").filter((name) => name !== "" && !name.endsWith("/HEAD"));
	const branch = ref.replace(/^(?:refs\/heads\/|(?:refs\/remotes\/)?origin\/)/, "");
	return known.find((name) => name === `origin/${branch}`) ?? didYouMean(ref, known) ?? didYouMean(branch, known);
}
// src/check/base.ts
/** Depths that a common ancestor is looked for in, one after the other. */
const DEPTHS = [
	50,
	500,
	5e3,
	5e4
];
/**
* Finds the commits of the base, fetching what the checkout lacks. Throws CheckError `usage` for a ref that is
* proven not to exist, NeedsFetch where fetching is needed and not allowed.
*/
async function findBase(objects, question) {
	const { head } = objects.repository;
	if (head === void 0) {
		const why = "the checkout has no commit yet";
		if ("ref" in question) throw new CheckError("usage", `--base ${question.ref}: ${why}; commit first`);
		return {
			state: "unavailable",
			why,
			advice: question.advice
		};
	}
	try {
		return "ref" in question ? await ofRef(objects, question.ref, head) : await ofChange(objects, question, head);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		const advice = "ref" in question ? "give the checkout more depth, or fetch the base: git fetch origin" : question.advice;
		return {
			state: "unavailable",
			why: error.message,
			advice
		};
	}
}
async function ofChange(objects, { change, advice, policyOnly }, head) {
	const name = change.baseRef || change.baseSha?.slice(0, 12) || "the target branch";
	const parents = await parentsOf(objects.repository.git, head);
	const warnings = [];
	const [onto, merged] = parents;
	if (parents.length === 2 && change.headSha === merged && change.headSha !== head && onto !== void 0) {
		await objects.need([onto]);
		return {
			state: "found",
			name,
			compare: onto,
			policy: onto,
			warnings
		};
	}
	const told = change.baseSha ?? await tip(objects, change.baseRef);
	if (told === void 0) return {
		state: "unavailable",
		why: "the platform does not tell the target branch",
		advice
	};
	if (told === head) return nothingOfTheChange(head, advice);
	const policy = change.tipUnknown === true ? await newestOf(objects, change, told, warnings) : told;
	if (policyOnly) {
		await objects.need([policy]);
		return {
			state: "found",
			name,
			compare: told,
			policy,
			warnings
		};
	}
	const compare = change.tipUnknown === true || parents.includes(told) ? told : await ancestor(objects, told, head);
	if (compare === head) return nothingOfTheChange(head, advice);
	if (compare === void 0) warnings.push(unrelated(name));
	const base = compare ?? told;
	await objects.need([base, policy]);
	return {
		state: "found",
		name,
		compare: base,
		policy,
		warnings
	};
}
function nothingOfTheChange(head, advice) {
	return {
		state: "unavailable",
		why: `the checkout (${head.slice(0, 12)}) is the target branch itself and holds nothing of the change`,
		advice: `check out the change: ${advice}`
	};
}
function unrelated(name) {
	return `${name} and the checkout have no common ancestor that could be found; the checkout is compared with ${name} itself`;
}
/** The tip of the target branch, for platforms that tell only where the change left it. */
async function newestOf(objects, { baseRef }, left, warnings) {
	try {
		const newest = await tip(objects, baseRef);
		if (newest !== void 0) {
			await objects.need([newest]);
			return newest;
		}
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		warnings.push(`the policy is that of ${left.slice(0, 12)}, where the change left ${baseRef}, because the newest commit of ${baseRef} could not be fetched: ${error.message}`);
	}
	return left;
}
async function tip(objects, branch) {
	return branch === "" ? void 0 : await objects.tipOf(branch);
}
/** The best common ancestor; in a shallow clone looked for in the remote's history, deeper and deeper. */
async function ancestor(objects, base, head) {
	const { git, shallow } = objects.repository;
	const found = await objects.hasLocally(base) ? await mergeBase(git, base, head) : void 0;
	if (found !== void 0) return found;
	if (!shallow && await objects.hasLocally(base)) return void 0;
	const history = await objects.openHistory();
	try {
		for (const depth of DEPTHS) {
			await history.fetchHistory([base, head], depth);
			const common = await mergeBase(history.git, base, head);
			if (common !== void 0) return common;
		}
		return;
	} finally {
		await history.close();
	}
}
async function ofRef(objects, ref, head) {
	const { repository } = objects;
	const { git, shallow } = repository;
	const commit = await commitOf(objects, ref) ?? await commitOf(objects, `refs/remotes/origin/${ref}`) ?? (shallow ? await fetched(objects, ref) : void 0);
	if (commit === void 0) {
		const near = await nearestRef(git, ref);
		const hint = near === void 0 ? "" : ` (did you mean ${near}?)`;
		const branch = ref.replace(/^(?:refs\/remotes\/)?origin\//, "");
		const plain = BRANCH.test(branch) ? `fetch it first: git fetch origin ${branch}` : "check how it is written";
		throw new CheckError("usage", `--base ${ref}: there is no such commit in this repository${hint}; ${plain}`);
	}
	const compare = await ancestor(objects, commit, head);
	const warnings = compare === void 0 ? [unrelated(ref)] : [];
	await objects.need([compare ?? commit, commit]);
	return {
		state: "found",
		name: ref,
		compare: compare ?? commit,
		policy: commit,
		warnings
	};
}
async function commitOf(objects, ref) {
	if (ref === "" || ref.startsWith("-") || ref.length > 1e3 || ref.includes("\0")) return void 0;
	const { git } = objects.repository;
	return await git.ask([
		"rev-parse",
		"--verify",
		"--quiet",
		`${ref}^{commit}`
	]) || void 0;
}
/** What git allows in the name of a branch, as far as its characters go. */
const BRANCH = /^[^\s~^:?*[\\@-][^\s~^:?*[\\]*$/;
/** A ref of the remote; undefined when the remote proves that it has no such branch. */
async function fetched(objects, ref) {
	if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref)) {
		const sha = ref.toLowerCase();
		await objects.need([sha]);
		return sha;
	}
	const branch = ref.replace(/^(?:refs\/heads\/|(?:refs\/remotes\/)?origin\/)/, "");
	if (!BRANCH.test(branch)) return void 0;
	const sha = await tip(objects, branch);
	if (sha !== void 0) await objects.need([sha]);
	return sha;
}
// src/check/files/walk.ts
const MAX_ENTRIES = 2e5;
const MAX_DEPTH = 40;
/** Never part of what somebody would commit. */
const LEFT_OUT = /* @__PURE__ */ new Set([
	".git",
	".hg",
	".svn",
	"node_modules"
]);
/** The files below a directory as git would know them, where there is no git. Links are not followed. */
function walk(root) {
	const entries = [];
	const links = /* @__PURE__ */ new Map();
	const unreadable = [];
	let level = [""];
	for (let depth = 0; level.length > 0 && depth < MAX_DEPTH; depth++) {
		const next = [];
		for (const dir of level) try {
			const handle = opendirSync(join(root, dir));
			try {
				for (let found = handle.readSync(); found !== null; found = handle.readSync()) {
					if (entries.length >= MAX_ENTRIES) return {
						entries,
						links,
						cut: true,
						unreadable
					};
					const path = dir === "" ? found.name : `${dir}/${found.name}`;
					if (found.isDirectory()) {
						if (!LEFT_OUT.has(found.name)) next.push(path);
					} else if (found.isSymbolicLink()) {
						entries.push(entry(path, "symlink"));
						links.set(path, readlinkSync(join(root, path)));
					} else if (found.isFile()) entries.push(entry(path, "file"));
				}
			} finally {
				handle.closeSync();
			}
		} catch {
			unreadable.push(dir === "" ? "." : dir);
		}
		level = next;
	}
	return {
		entries,
		links,
		cut: level.length > 0,
		unreadable
	};
}
function entry(path, kind) {
	return {
		path,
		exact: true,
		kind,
		oid: "",
		sparse: false
	};
}
// src/check/files/head.ts
/** Paths of git's index, or of HEAD where there is no index that can be read. Throws GitError. */
async function headOf(objects) {
	const { repository } = objects;
	const { git, head, bare } = repository;
	const read = readCheckout(objects);
	const fromHead = async (warnings) => ({
		entries: head === void 0 ? [] : await treeOfCommit(git, head),
		read,
		warnings
	});
	if (bare) return await fromHead(["this is a bare repository; the tree of HEAD is checked"]);
	try {
		return {
			entries: await indexOf(repository),
			read,
			warnings: []
		};
	} catch (error) {
		if (!(error instanceof GitError) || head === void 0) throw error;
		return await fromHead([`the index cannot be read (${error.message}); the files of HEAD are checked instead; to mend it: remove .git/index and run git reset`]);
	}
}
/** The files of a directory that git knows nothing of. */
function headOnDisk(root) {
	const { entries, links, cut, unreadable } = walk(root);
	const files = new CheckoutFiles(root);
	const warnings = [];
	if (cut) warnings.push("there are more files than a check without git looks at; not all of them were read");
	const [first] = unreadable;
	if (first !== void 0) warnings.push(`${unreadable.length} directories could not be read and were left out, the first is ${first}`);
	const read = async (wanted) => {
		const contents = /* @__PURE__ */ new Map();
		for (const { path, kind } of wanted) {
			const link = kind === "symlink" ? links.get(path) : void 0;
			const found = link === void 0 ? files.read(path) : { bytes: Buffer.from(link) };
			if (found !== void 0) contents.set(path, found);
		}
		return contents;
	};
	return {
		entries,
		read,
		warnings
	};
}
/**
* Reads what a build would see: the file of the checkout. What is not there as a regular file (left out by a
* sparse checkout, removed, replaced by something else) and what links say comes from git.
*/
function readCheckout(objects) {
	const { root, bare } = objects.repository;
	const files = bare ? void 0 : new CheckoutFiles(root);
	return async (wanted) => {
		const contents = /* @__PURE__ */ new Map();
		const inGit = [];
		for (const entry of wanted) {
			const found = entry.kind === "file" && !entry.sparse && entry.exact ? files?.read(entry.path) : void 0;
			if (found === void 0) inGit.push(entry);
			else contents.set(entry.path, found);
		}
		const blobs = await objects.blobs(inGit.map(({ oid }) => oid));
		for (const { path, oid } of inGit) {
			const blob = blobs.get(oid);
			if (blob !== void 0) contents.set(path, blob);
		}
		return contents;
	};
}
/** Reads a commit's files from git; those that were read from the checkout already are not asked for again. */
function readCommit$1(objects, head, seen) {
	const oids = new Map(head.entries.map(({ path, oid }) => [path, oid]));
	const { hash } = objects.repository;
	return async (wanted) => {
		const contents = /* @__PURE__ */ new Map();
		const inGit = [];
		for (const entry of wanted) {
			const bytes = oids.get(entry.path) === entry.oid ? seen.get(entry.path) : void 0;
			if (bytes !== void 0 && blobId(bytes, hash) === entry.oid) contents.set(entry.path, { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
			else inGit.push(entry);
		}
		const blobs = await objects.blobs(inGit.map(({ oid }) => oid));
		for (const { path, oid } of inGit) {
			const blob = blobs.get(oid);
			if (blob !== void 0) contents.set(path, blob);
		}
		return contents;
	};
}
function blobId(bytes, hash) {
	return createHash(hash).update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}
// src/check/git/side.ts
/** Fetching is given up after this long, all attempts of one command together. */
const FETCH_MS = 12e4;
/** Refs that one command line names. */
const NAMES_AT_ONCE = 100;
/**
* An empty repository beside the checkout that takes what has to be fetched: so the checkout, its refs, its
* depth and its configuration stay as they are. Gone after `close`.
*/
var SideRepository = class SideRepository {
	git;
	#remote;
	constructor(git, remote) {
		this.git = git.with(remote.config);
		this.#remote = remote;
	}
	/** Throws GitError. */
	static async create(env, remote, hash) {
		const dir = await mkdtemp(join(await realpath(tmpdir()), "modgate-git-"));
		try {
			const git = gitIn(dir, env);
			await git.run([
				"init",
				"--quiet",
				"--bare",
				"--template=",
				`--object-format=${hash}`
			]);
			await git.run([
				"config",
				"remote.origin.url",
				remote.url
			]);
			return new SideRepository(git, remote);
		} catch (error) {
			await rm(dir, {
				recursive: true,
				force: true
			});
			throw error;
		}
	}
	async close() {
		await rm(this.git.dir, {
			recursive: true,
			force: true,
			maxRetries: 3
		});
	}
	/** The commit that a branch of the remote has; undefined when there is no such branch. Throws GitError. */
	async tipOf(branch) {
		const output = await this.#network([
			"ls-remote",
			"--quiet",
			"origin",
			`refs/heads/${branch}`
		]);
		return /^([0-9a-f]{40,64})\t/.exec(output.toString("latin1"))?.[1];
	}
	/** The commits that branches and tags of the remote have, by name; a branch wins over a tag. Throws GitError. */
	async commitsOf(names) {
		const tips = /* @__PURE__ */ new Map();
		for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
			const patterns = names.slice(at, at + NAMES_AT_ONCE).flatMap((name) => [
				`refs/heads/${name}`,
				`refs/tags/${name}`,
				`refs/tags/${name}^{}`
			]);
			const output = await this.#network([
				"ls-remote",
				"--quiet",
				"origin",
				...patterns
			]);
			for (const [, sha = "", ref = ""] of output.toString("utf8").matchAll(/^([0-9a-f]{40,64})\t(.+)$/gm)) tips.set(ref, sha);
		}
		const found = /* @__PURE__ */ new Map();
		for (const name of names) {
			const sha = [
				`refs/heads/${name}`,
				`refs/tags/${name}^{}`,
				`refs/tags/${name}`
			].map((ref) => tips.get(ref)).find((tip) => tip !== void 0);
			if (sha !== void 0) found.set(name, sha);
		}
		return found;
	}
	/**
	* Commits with their trees, to a depth; contents of files are left for `fetchBlobs` where the server can
	* do that. Throws GitError.
	*/
	async fetchCommits(commits, depth) {
		await this.#fetch(commits, [`--depth=${depth}`, "--filter=blob:none"]);
	}
	/** Commits alone, without trees where the server can do that: for looking up a common ancestor. */
	async fetchHistory(commits, depth) {
		await this.#fetch(commits, [`--depth=${depth}`, "--filter=tree:0"]);
	}
	/** Contents of files that the repository does not have yet, in one go. Throws GitError. */
	async fetchBlobs(oids) {
		for (let at = 0; at < oids.length; at += 5e3) {
			const some = oids.slice(at, at + 5e3);
			await this.#network([...[
				"-c",
				"fetch.negotiationAlgorithm=noop",
				"fetch",
				"--quiet",
				"--no-tags",
				"--no-write-fetch-head"
			], ...[
				"--filter=blob:none",
				"--stdin",
				"origin"
			]], `${some.join("\n")}\n`);
		}
	}
	async has(commit) {
		return await hasCommit(this.git, commit);
	}
	async #fetch(commits, options) {
		await this.#network([
			...[
				"fetch",
				"--quiet",
				"--no-tags",
				"--no-write-fetch-head"
			],
			...options,
			"origin",
			...commits
		]);
	}
	async #network(args, input) {
		const slow = [
			"-c",
			"http.lowSpeedLimit=1000",
			"-c",
			"http.lowSpeedTime=30"
		];
		const options = {
			timeoutMs: FETCH_MS,
			maxBytes: 2 ** 20,
			...input === void 0 ? {} : { input }
		};
		try {
			return await this.git.run([...slow, ...args], options);
		} catch (error) {
			if (!(error instanceof GitError)) throw error;
			throw new GitError(error.code, `${this.#remote.shown}: ${error.message}`, error.detail);
		}
	}
};
// src/check/git/objects.ts
/** Something is not in the checkout, and fetching was not allowed. */
var NeedsFetch = class extends Error {
	name = "NeedsFetch";
};
/** Commits and files of the checkout's repository, and of its remotes where the checkout lacks them. */
var Objects = class {
	repository;
	#options;
	#sides = /* @__PURE__ */ new Map();
	/** Where a commit can be read. */
	#places = /* @__PURE__ */ new Map();
	constructor(options) {
		this.repository = options.repository;
		this.#options = options;
	}
	/** Removes what was fetched. */
	async close() {
		for (const opening of this.#sides.values()) await (await opening.catch(() => void 0))?.close();
	}
	/** Whether the checkout itself has a commit with its tree. */
	async hasLocally(commit) {
		const { git } = this.repository;
		const known = this.#places.get(commit);
		if (known !== void 0) return known === git;
		if (!await hasCommit(git, commit)) return false;
		this.#places.set(commit, git);
		return true;
	}
	/** Sees to it that commits can be read. Throws GitError, NeedsFetch. */
	async need(commits) {
		for (const commit of new Set(commits)) {
			if (this.#places.has(commit) || await this.hasLocally(commit)) continue;
			await this.#fetchCommit(commit);
		}
	}
	async #fetchCommit(commit) {
		let failure;
		for (const remote of await this.#remotes()) try {
			const side = await this.#sideOf(remote);
			await side.fetchCommits([commit], 1);
			this.#places.set(commit, side.git);
			return;
		} catch (error) {
			if (!(error instanceof GitError)) throw error;
			failure ??= error;
		}
		throw failure;
	}
	/** Every path of a commit. Throws GitError, NeedsFetch. */
	async entries(commit) {
		await this.need([commit]);
		const git = this.#places.get(commit) ?? this.repository.git;
		try {
			return await treeOfCommit(git, commit);
		} catch (error) {
			if (!(error instanceof GitError) || git !== this.repository.git) throw error;
			await this.#fetchCommit(commit);
			return await treeOfCommit(this.#places.get(commit) ?? git, commit);
		}
	}
	/** One path of a commit; undefined when the commit does not have it, or has a directory there. */
	async entry(commit, path) {
		await this.need([commit]);
		return parseTree(await (this.#places.get(commit) ?? this.repository.git).run([
			"ls-tree",
			"-z",
			"--full-tree",
			commit,
			"--",
			path
		])).find((entry) => entry.path === path);
	}
	/**
	* Contents by object id; what neither the checkout nor a remote has comes with the reason. Throws NeedsFetch.
	*/
	async blobs(oids) {
		const blobs = await readBlobs(this.repository.git, oids);
		for (const remote of missingIn(blobs).length === 0 ? [] : await this.#remotes().catch(noRemote)) {
			const missing = missingIn(blobs);
			if (missing.length === 0) break;
			try {
				const side = await this.#sideOf(remote);
				const there = await readBlobs(side.git, missing);
				const absent = missingIn(there);
				if (absent.length > 0) {
					await side.fetchBlobs(absent);
					for (const [oid, blob] of await readBlobs(side.git, absent)) there.set(oid, blob);
				}
				for (const [oid, blob] of there) blobs.set(oid, blob);
			} catch (error) {
				if (!(error instanceof GitError)) throw error;
			}
		}
		return blobs;
	}
	/** The commit that a branch of the change's own target has. Throws GitError, NeedsFetch. */
	async tipOf(branch) {
		const [remote] = await this.#remotes();
		return remote === void 0 ? void 0 : await (await this.#sideOf(remote)).tipOf(branch);
	}
	/**
	* The commits of branches and tags at the first remote, by the names given, with or without `origin/` in front; a
	* name that it does not have is left out. Throws GitError, NeedsFetch.
	*/
	async refsOf(names) {
		const [remote] = await this.#remotes();
		if (remote === void 0) return /* @__PURE__ */ new Map();
		const plain = (name) => name.replace(/^origin\//, "");
		const tips = await (await this.#sideOf(remote)).commitsOf(names.map(plain));
		return new Map(names.flatMap((name) => {
			const sha = tips.get(plain(name));
			return sha === void 0 ? [] : [[name, sha]];
		}));
	}
	/** An empty repository to fetch history into, which the caller closes. Throws GitError, NeedsFetch. */
	async openHistory() {
		const [remote] = await this.#remotes();
		if (remote === void 0) throw NO_REMOTE();
		return await SideRepository.create(this.#options.env, remote, this.repository.hash);
	}
	async #remotes() {
		if (!this.#options.fetch) throw new NeedsFetch("something is not in the checkout");
		const remotes = await this.#options.remotes();
		if (remotes.length === 0) throw NO_REMOTE();
		return remotes;
	}
	#sideOf(remote) {
		let side = this.#sides.get(remote.url);
		if (side === void 0) {
			side = SideRepository.create(this.#options.env, remote, this.repository.hash);
			this.#sides.set(remote.url, side);
		}
		return side;
	}
};
function missingIn(blobs) {
	return [...blobs].filter(([, blob]) => "missing" in blob).map(([oid]) => oid);
}
function noRemote(error) {
	if (error instanceof GitError) return [];
	throw error;
}
const NO_REMOTE = () => new GitError("failed", "the checkout has no remote to fetch from", "no remote");
// src/check/git/remote.ts
/** What of a repository's own configuration decides how git reaches a server. */
const NETWORK = /^(?:http\.|url\.|credential\.|core\.(?:sshcommand|gitproxy|askpass)$|remote\.[^\n]*\.proxy$|ssh\.)/;
const MAX_VALUES = 200;
/**
* The remote that a checkout came from: `origin`, or the only one there is; undefined when there is none.
* Its credentials are those that the checkout step left in the configuration; where it left none, the token.
*/
async function remoteOf(repository, platform, token) {
	const local = await localConfig(repository);
	const urls = local.filter(([key]) => /^remote\..*\.url$/s.test(key));
	const origin = urls.find(([key]) => key === "remote.origin.url") ?? (urls.length === 1 ? urls[0] : void 0);
	if (origin === void 0 || origin[1] === "") return void 0;
	const network = !repository.foreign || platform.forge !== void 0 ? local.filter(([key]) => NETWORK.test(key)) : [];
	return remoteAt(absoluteUrl(origin[1], repository.root), platform, token, network);
}
/** A remote by its URL. The token goes to the platform's own server only. */
function remoteAt(url, { forge }, token, network = []) {
	const config = [...network];
	const given = network.some(([key]) => /^http\..*extraheader$/is.test(key));
	if (token && forge && !given && sameServer(url, forge.url)) {
		const basic = Buffer.from(`${forge.gitUser}:${token}`).toString("base64");
		config.push([`http.${new URL(forge.url).origin}/.extraheader`, `AUTHORIZATION: basic ${basic}`]);
	}
	return {
		url,
		shown: withoutCredentials(url),
		config
	};
}
function sameServer(url, server) {
	if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
	const parsed = new URL(url);
	return parsed.origin === new URL(server).origin && parsed.username === "" && parsed.password === "";
}
function withoutCredentials(url) {
	return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1").slice(0, 500);
}
/** Paths in a configuration are relative to the checkout; we run git elsewhere. */
function absoluteUrl(url, root) {
	return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/\\]+:/.test(url) || isAbsolute(url) ? url : resolve(root, url);
}
/** Keys (git's spelling: section and name in lower case) with their values, of the repository's own files. */
async function localConfig({ git }) {
	const parts = (await git.run([
		"config",
		"--list",
		"-z",
		"--show-scope",
		"--includes"
	])).toString("utf8").split("\0");
	const out = [];
	for (let i = 0; i + 1 < parts.length; i += 2) {
		if (parts[i] !== "local" && parts[i] !== "worktree") continue;
		const text = parts[i + 1] ?? "";
		const end = text.indexOf("\n");
		out.push(end < 0 ? [text, "true"] : [text.slice(0, end), text.slice(end + 1)]);
	}
	return out.slice(0, MAX_VALUES);
}
// src/check/git/open.ts
const ADVICE = "set fetch-depth: 2 in actions/checkout (GIT_DEPTH: 0 in GitLab), let its credentials stay, or give this step a token that may read the repository";
/** Opens the repository of a directory, with the remote that it and its change belong to. Throws nothing. */
async function openObjects(request) {
	const { dir, env, platform, token, fetch } = request;
	const opened = await openRepository(dir, env);
	if (opened.state !== "open") return {
		...opened,
		remote: async () => void 0,
		advice: ADVICE
	};
	const { repository } = opened;
	let origin;
	const remote = () => {
		origin ??= remoteOf(repository, platform, token);
		return origin;
	};
	const target = platform.change?.repository;
	const remotes = async () => {
		const own = await remote();
		return [...target === void 0 ? [] : [remoteAt(`${target}.git`, platform, token, own?.config)], ...own === void 0 ? [] : [own]];
	};
	return {
		state: "open",
		objects: new Objects({
			repository,
			env,
			remotes,
			fetch
		}),
		remote,
		advice: ADVICE
	};
}
// src/check/git/remote-file.ts
/**
* Reads files of other repositories of the same server, at a commit. Each file is fetched once; what is fetched
* is gone afterwards. Throws CheckError `remote-file`.
*/
function remoteFiles(options) {
	const known = /* @__PURE__ */ new Map();
	return (file) => {
		const key = JSON.stringify([
			file.repository,
			file.commit,
			file.path
		]);
		let bytes = known.get(key);
		if (bytes === void 0) {
			bytes = fetchFile(file, options);
			known.set(key, bytes);
		}
		return bytes;
	};
}
async function fetchFile(file, options) {
	if (!options.fetch) throw new NeedsFetch(`${file.repository} has to be fetched`);
	const remote = await remoteOfFile(file, options);
	try {
		const hash = file.commit.length === 64 ? "sha256" : "sha1";
		const side = await SideRepository.create(options.env, remote, hash);
		try {
			return await readFrom(side, file);
		} finally {
			await side.close();
		}
	} catch (cause) {
		if (!(cause instanceof GitError)) throw cause;
		throw new CheckError("remote-file", cause.message, { cause });
	}
}
async function readFrom(side, { path, commit }) {
	await side.fetchCommits([commit], 1);
	const entry = (await treeOfCommit(side.git, commit)).find((found) => found.path === path);
	if (entry === void 0) throw new CheckError("remote-file", `the commit has no file ${JSON.stringify(path)}`);
	if (entry.kind !== "file") throw new CheckError("remote-file", `${JSON.stringify(path)} is no regular file there`);
	let blob = (await readBlobs(side.git, [entry.oid])).get(entry.oid);
	if (blob !== void 0 && "missing" in blob) {
		await side.fetchBlobs([entry.oid]);
		blob = (await readBlobs(side.git, [entry.oid])).get(entry.oid);
	}
	if (blob === void 0 || !("bytes" in blob)) throw new CheckError("remote-file", `${JSON.stringify(path)}: ${blob?.why ?? "it cannot be read"}`);
	return blob.bytes;
}
async function remoteOfFile(file, options) {
	const { platform, token } = options;
	const origin = await options.origin();
	if (platform.forge !== void 0) return remoteAt(`${platform.forge.url}/${file.repository}.git`, platform, token, origin?.config);
	const url = origin === void 0 ? void 0 : besides(origin.url, file.repository);
	if (url === void 0) throw new CheckError("remote-file", "the server is not known, because the checkout has no remote; add one: git remote add origin URL");
	return remoteAt(url, platform, token, origin?.config);
}
/** The URL of another repository on the server of one. */
function besides(url, repository) {
	if (/^(?:https?|ssh|git):\/\//i.test(url) && URL.canParse(url)) {
		const parsed = new URL(url);
		parsed.pathname = `/${repository}.git`;
		return parsed.href;
	}
	const ssh = /^([^/\\:]{2,}:)[^/]/.exec(url)?.[1];
	if (ssh !== void 0 && !/^file:/i.test(url)) return `${ssh}${repository}.git`;
	const above = /^(.*?)[/\\][^/\\]+[/\\][^/\\]+[/\\]?$/.exec(url)?.[1];
	return above === void 0 ? void 0 : `${above}/${repository}.git`;
}
// src/check/policy/commit-source.ts
const MAX_LINKS = 8;
/** The files of a commit, for configuration and baseline. Links inside the repository are followed. */
function commitSource(objects, commit) {
	const unreadable = (path, why) => new ConfigError("config-unreadable", [{
		where: path,
		message: `${why} (at ${commit.slice(0, 12)}); mend the file on the target branch`
	}]);
	const contents = async (path, entry) => {
		const blob = (await objects.blobs([entry.oid])).get(entry.oid);
		if (blob === void 0 || !("bytes" in blob)) throw unreadable(path, `it cannot be read: ${blob?.why ?? "git does not have it"}`);
		return blob.bytes;
	};
	return { async read(path) {
		let at = path;
		try {
			for (let links = 0; links <= MAX_LINKS; links++) {
				const entry = await objects.entry(commit, at);
				if (entry === void 0) return void 0;
				if (entry.kind === "file") return await contents(path, entry);
				if (entry.kind === "submodule") throw unreadable(path, "it is a submodule");
				const target = (await contents(path, entry)).toString("utf8");
				at = posix.join(posix.dirname(at), target);
				if (isAbsolutePath(target) || isOutside(at)) throw unreadable(path, "it is a link that leads out of the repository");
			}
		} catch (cause) {
			if (!(cause instanceof GitError)) throw cause;
			throw unreadable(path, `it cannot be read: ${cause.message}`);
		}
		throw unreadable(path, "it is a link to a link to a link, and so on");
	} };
}
// src/check/policy/load.ts
/** The configuration of a commit; the default one where the commit has no file. Throws ConfigError. */
async function loadFromCommit(options, objects, commit) {
	const source = commitSource(objects, commit);
	const named = namedInside(options);
	if (named === void 0 || await source.read(named) !== void 0) return await loadConfig({
		...options,
		source
	});
	if (await diskSource(options.workspace).read(named) === void 0) return await loadConfig({
		...options,
		source
	});
	const { explicit: _, ...others } = options;
	return await loadConfig({
		...others,
		source: NO_FILES
	});
}
const NO_FILES = { read: async () => void 0 };
/** The default configuration, with a floor where there is one. */
async function loadWithoutFile(options) {
	const { explicit: _, ...others } = options;
	return await loadConfig({
		...others,
		source: NO_FILES
	});
}
/** The named file as a path of the repository; undefined when none is named, or one that lies elsewhere. */
function namedInside({ explicit, workspace, cwd }) {
	if (!explicit) return void 0;
	const path = resolve(cwd ?? workspace, explicit);
	if (!isInside(workspace, path)) return void 0;
	const inside = relative(workspace, path);
	return isAbsolute(inside) ? void 0 : inside.split(sep).join("/");
}
/**
* A policy that nobody has agreed to yet, made harmless: it may be stricter than the default one, and loosen
* nothing of it.
*/
function onlyTightened(policy) {
	const standard = new Set(DEFAULTS.check.skip);
	return {
		...policy,
		layers: [defaultLayer(), ...policy.layers],
		waivers: [],
		skip: policy.skip.filter((name) => standard.has(name))
	};
}
// src/check/report.ts
/** Files that were left out, by reason; the most first. */
function skippedOf({ skipped, submodules }, untracked) {
	const reasons = [...skipped].map(([name, count]) => ({
		why: `in a directory called ${name}`,
		count
	}));
	if (untracked > 0) reasons.push({
		why: "not tracked by git",
		count: untracked
	});
	if (submodules > 0) reasons.push({
		why: "a submodule, which has a check of its own",
		count: submodules
	});
	return reasons.sort((a, b) => b.count - a.count || (a.why < b.why ? -1 : 1));
}
/** What is counted in a report. `targets`: files of the tree that are not judged. */
function summaryOf(tree, targets, findings) {
	const mods = tree.mods.filter(({ path }) => !targets.has(path));
	const modules = /* @__PURE__ */ new Set();
	for (const mod of mods) for (const { path, role } of pathsOfMod(mod)) if (role !== "tool") modules.add(path.value);
	for (const work of tree.works) for (const { path } of pathsOfWork(work)) modules.add(path.value);
	const status = (wanted) => findings.filter((finding) => finding.status === wanted);
	const fresh = status("new");
	return {
		files: mods.length + tree.works.length,
		modules: modules.size,
		errors: fresh.filter(({ level }) => level === "error").length,
		warnings: fresh.filter(({ level }) => level === "warning").length,
		notes: fresh.filter(({ level }) => level === "note").length,
		existing: status("existing").length,
		waived: status("waived").length,
		baseline: status("baseline").length
	};
}
// src/check/no-go.ts
/** The answer for a tree without Go: at once, without a policy and without a base. */
async function noGo({ root, prefix, request, untracked, warnings }) {
	const nothing = `there is no go.mod and no go.work in ${prefix === "" ? "this tree" : prefix}, so there is nothing to check`;
	return {
		report: {
			schema: 1,
			findings: [],
			fixed: [],
			summary: {
				files: 0,
				modules: 0,
				errors: 0,
				warnings: 0,
				notes: 0,
				existing: 0,
				waived: 0,
				baseline: 0
			},
			skipped: skippedOf({
				skipped: /* @__PURE__ */ new Map(),
				submodules: 0
			}, untracked.length),
			compared: { mode: "full" },
			policy: { files: [] },
			notices: [
				{
					level: "note",
					text: nothing
				},
				...warnings.map((text) => ({
					level: "note",
					text
				})),
				...untrackedNotice(untracked)
			],
			failed: false
		},
		source: () => void 0,
		config: await loadWithoutFile({
			workspace: root,
			cwd: request.cwd
		}),
		exitCode: 0
	};
}
function untrackedNotice(untracked) {
	const [first] = untracked;
	if (first === void 0) return [];
	return [{
		level: "warning",
		text: `${first} ${untracked.length === 1 ? "is" : `and ${untracked.length - 1} more are`} not tracked by git and were not checked: git add ${first}`
	}];
}
// src/check/policy/floor.ts
/**
* The text of a floor policy: a file of this machine, or `owner/repo/path@commit`. Throws CheckError `usage` for
* what cannot be read, ConfigError for what is no text.
*/
async function readFloor(name, cwd, readRemote) {
	const path = resolve(cwd, name);
	const onDisk = await readDisk(path, name);
	if (onDisk !== void 0) return {
		name,
		text: textOf(onDisk, name)
	};
	if (!name.includes("@")) throw new CheckError("usage", `--floor ${name}: there is no such file; name one, or owner/repo/path@<full commit>`);
	const location = parseRemote(name);
	if (typeof location === "string" || location.remote === void 0) throw new CheckError("usage", `--floor ${name}: this ${String(location)}`);
	try {
		const bytes = await readRemote({
			...location.remote,
			path: location.path
		});
		return {
			name,
			text: textOf(bytes, name)
		};
	} catch (cause) {
		if (!(cause instanceof CheckError)) throw cause;
		throw new CheckError("remote-file", `--floor ${name}: ${cause.message}; check repository, path and commit, and that the token of this job may read that repository`, { cause });
	}
}
// src/check/policy/rulebook.ts
/** What decides: with a base that of the base, else the checkout's own. Throws ConfigError, PolicyError. */
async function readRulebook(places, base) {
	const { options, objects } = places;
	if (base?.state === "found" && objects !== void 0) {
		const config = await loadFromCommit(options, objects, base.policy);
		const baseline = await readBaseline(commitSource(objects, base.policy), config.config.baseline);
		return {
			config,
			policy: config.policy,
			baseline,
			commit: base.policy
		};
	}
	const config = await loadConfig({
		...options,
		source: configSource(places)
	});
	if (base !== void 0) return {
		config,
		policy: onlyTightened(config.policy),
		baseline: void 0,
		commit: void 0
	};
	const baseline = await readBaseline(baselineSource(places), config.config.baseline);
	return {
		config,
		policy: config.policy,
		baseline,
		commit: void 0
	};
}
/** What the head itself would have decide. Never throws for what is in its files. */
async function readHeadRulebook(places, decides) {
	const ofBase = decides.config.sources.at(-1);
	try {
		const config = await loadConfig({
			...places.options,
			source: configSource(places)
		});
		const baseline = await readBaseline(baselineSource(places), config.config.baseline);
		const rulebook = {
			config,
			policy: config.policy,
			baseline,
			commit: void 0
		};
		if (config.digest === decides.config.digest && fingerprints(baseline) === fingerprints(decides.baseline)) return {
			state: "same",
			rulebook
		};
		return {
			state: "other",
			rulebook,
			file: (config.digest === decides.config.digest ? config.config.baseline : config.sources.at(-1)) ?? ofBase ?? "no policy file"
		};
	} catch (error) {
		if (!(error instanceof ConfigError || error instanceof PolicyError)) throw error;
		return {
			state: "invalid",
			file: (error instanceof ConfigError ? error.file : decides.config.config.baseline) ?? ofBase ?? "the policy file",
			why: error.message
		};
	}
}
function fingerprints(baseline) {
	return (baseline?.entries.map(({ fingerprint }) => fingerprint) ?? ["none"]).sort().join("\n");
}
function configSource({ root, objects }) {
	return bareSource(objects) ?? diskSource(root);
}
function baselineSource({ root, objects }) {
	return bareSource(objects) ?? checkoutSource(root);
}
/** A bare repository has no files but those of its HEAD. */
function bareSource(objects) {
	const head = objects?.repository.bare === true ? objects.repository.head : void 0;
	return head === void 0 || objects === void 0 ? void 0 : commitSource(objects, head);
}
// src/check/source-lines.ts
/** Lines longer than this are no help under a finding. */
const MAX_LINE = 1e5;
/**
* Lines of the files that were judged; of others (the policy's own) as the checkout has them, when that is what
* was read.
*/
function sourceLines(judged, checkout) {
	const files = /* @__PURE__ */ new Map();
	return (file, line) => {
		if (!files.has(file)) {
			const onDisk = judged.has(file) ? void 0 : checkout?.read(file);
			const bytes = judged.get(file) ?? (onDisk !== void 0 && "bytes" in onDisk ? onDisk.bytes : void 0);
			files.set(file, bytes === void 0 ? void 0 : textLines(bytes));
		}
		return files.get(file)?.(line).slice(0, MAX_LINE) || void 0;
	};
}
// src/check/files/scope.ts
const MODULE_FILE$1 = /(?:^|\/)(?:go\.mod|go\.work|go\.sum|go\.work\.sum)$/;
const MAIN_FILE$1 = /(?:^|\/)go\.(?:mod|work)$/;
const VENDORED = /(?:^|\/)vendor\/modules\.txt$/;
const OTHER = {
	role: "other",
	dir: ""
};
/** What a path is to the check; by its name alone. */
function roleOf(path, { prefix, skip }) {
	if (prefix !== "" && !path.startsWith(`${prefix}/`)) return OTHER;
	const vendored = VENDORED.test(path);
	const module = vendored || MODULE_FILE$1.test(path);
	if (!module && isSurface(path) === void 0) return OTHER;
	const dir = path.slice(prefix === "" ? 0 : prefix.length + 1).split("/").slice(0, vendored ? -2 : -1).find((name) => skip.has(name));
	if (dir !== void 0) return MAIN_FILE$1.test(path) ? {
		role: "skipped",
		dir
	} : OTHER;
	return {
		role: module ? "module" : "text",
		dir: ""
	};
}
// src/check/files/targets.ts
/** So many directories that nobody else looks into are looked up; more are taken for missing. */
const MAX_TARGETS = 1e4;
/**
* The go.mod files that the files at hand point to with a replace or a use, and that are not at hand: below a
* directory that is skipped, or beside the one that is checked.
*/
function findTargets(byPath, contents) {
	const candidates = /* @__PURE__ */ new Set();
	for (const [path, { kind }] of byPath) if ((path === "go.mod" || path.endsWith("/go.mod")) && kind === "file" && !contents.has(path)) candidates.add(path);
	const found = /* @__PURE__ */ new Map();
	if (candidates.size === 0) return [];
	for (const [path, blob] of contents) {
		if (!("bytes" in blob)) continue;
		for (const dir of directoriesIn(path, blob.bytes)) {
			if (found.size >= MAX_TARGETS) return [...found.values()];
			const target = isAbsolutePath(dir) ? void 0 : cleanPath(directoryOf(path), dir);
			if (target === void 0 || isOutside(target)) continue;
			const file = target === "" ? "go.mod" : `${target}/go.mod`;
			const entry = candidates.has(file) ? byPath.get(file) : void 0;
			if (entry !== void 0) found.set(file, entry);
		}
	}
	return [...found.values()];
}
function directoriesIn(path, bytes) {
	const name = path.slice(path.lastIndexOf("/") + 1);
	if (name === "go.work") {
		const { work } = readGoWork(bytes);
		return [...work.use.map(({ value }) => value.value), ...replaced(work.replace)];
	}
	return name === "go.mod" && bytes.includes("=>") ? replaced(readGoMod(bytes).mod.replace) : [];
}
function replaced(replaces) {
	return replaces.filter(({ newVersion }) => newVersion === void 0).map(({ newPath }) => newPath.value);
}
// src/check/files/collect.ts
/** A link's text is longer than any path that a system takes. */
const MAX_LINK = 4096;
/** Turns what git knows into what the rules judge: contents of the files that matter, links, kinds. */
async function collect$1(known, scope, read) {
	const wanted = [];
	const links = [];
	const linkedModules = [];
	const skipped = /* @__PURE__ */ new Map();
	let submodules = 0;
	for (const entry of known) {
		if (entry.kind === "submodule") submodules++;
		if (entry.kind === "symlink") links.push(entry);
		const { role, dir } = roleOf(entry.path, scope);
		if (role === "skipped") skipped.set(dir, (skipped.get(dir) ?? 0) + 1);
		else if (role !== "other" && entry.kind === "file") wanted.push(entry);
		else if (role === "module" && entry.kind === "symlink") linkedModules.push(entry);
	}
	const byPath = new Map(known.map((entry) => [entry.path, entry]));
	const texts = linkTexts(await read(links));
	const contents = new Map(await read(wanted));
	const tree = linkedModules.length === 0 ? void 0 : linkTree(byPath, texts);
	const behindLink = (path) => tree === void 0 ? void 0 : fileBehind(path, tree, byPath);
	const resolved = new Map(linkedModules.map(({ path }) => [path, behindLink(path)]));
	const behind = [...resolved.values()].filter((file) => file !== void 0 && !contents.has(file.path));
	for (const [path, blob] of await read(behind)) contents.set(path, blob);
	for (const [path, file] of resolved) {
		const blob = file === void 0 ? dangling(texts.get(path)) : contents.get(file.path);
		if (blob !== void 0) contents.set(path, blob);
	}
	const pointed = findTargets(byPath, contents);
	for (const [path, blob] of await read(pointed)) contents.set(path, blob);
	return {
		entries: known.map((entry) => treeEntry(entry, contents.get(entry.path), texts.get(entry.path))),
		targets: new Set(pointed.map(({ path }) => path)),
		skipped,
		submodules
	};
}
function linkTexts(blobs) {
	const texts = /* @__PURE__ */ new Map();
	for (const [path, blob] of blobs) if ("bytes" in blob && blob.bytes.length <= MAX_LINK) texts.set(path, blob.bytes.toString("utf8"));
	return texts;
}
/** As much of a tree as following links needs; directories are those that hold something. */
function linkTree(byPath, texts) {
	const directories = /* @__PURE__ */ new Set();
	for (const path of byPath.keys()) for (let dir = directoryOf(path); dir !== "" && !directories.has(dir); dir = directoryOf(dir)) directories.add(dir);
	return {
		kind: (path) => byPath.get(path)?.kind ?? (directories.has(path) ? "directory" : void 0),
		link: (path) => texts.get(path)
	};
}
/** The tracked file that go reads through a link; undefined when the link leads to none. */
function fileBehind(path, tree, byPath) {
	const resolved = resolveLinks(tree, path);
	const file = resolved.kind === "inside" ? byPath.get(resolved.path) : void 0;
	return file?.kind === "file" ? file : void 0;
}
function dangling(text) {
	return { why: `it is a symbolic link${text === void 0 ? "" : ` to ${JSON.stringify(text.slice(0, 200))}`}, where git tracks no file; put the file itself there` };
}
function treeEntry({ path, kind }, blob, link) {
	return {
		path,
		kind,
		...link === void 0 ? {} : { link },
		...blob === void 0 ? {} : "bytes" in blob ? { bytes: blob.bytes } : { unread: blob.why }
	};
}
// src/check/tree.ts
async function readHead(head, scope) {
	return await made(await collect$1(head.entries, scope, head.read));
}
/** The tree of a commit that `Objects.need` was called for. Throws GitError. */
async function readBase(objects, commit, scope, head, seen) {
	return await made(await collect$1(await objects.entries(commit), scope, readCommit$1(objects, head, seen)));
}
async function made({ entries, ...about }) {
	const tree = treeOf(entries);
	await loadSurfaceParsers(tree.texts);
	const bytes = /* @__PURE__ */ new Map();
	for (const { path, bytes: content } of entries) if (content !== void 0) bytes.set(path, content);
	return {
		...about,
		tree,
		bytes
	};
}
// src/check/judge.ts
/** Judges what is there by what decides. Throws ConfigError, PolicyError, CheckError, GitError. */
async function judge(subject, base) {
	const { request, root, prefix, opened } = subject;
	const objects = opened.state === "open" ? opened.objects : void 0;
	const places = {
		root,
		objects,
		options: await policyOptions(subject)
	};
	const rules = await readRulebook(places, base);
	const trees = await readTrees(subject, rules, base);
	const headRules = base?.state === "found" ? await readHeadRulebook(places, rules) : void 0;
	let { baseline } = rules;
	const notices = noticesOf(subject, base, rules);
	let found = evaluated(subject, trees, {
		...rules,
		baseline
	}, headRules);
	if (request.updateBaseline === true) {
		if (prefix !== "") throw new CheckError("usage", `--update-baseline in ${prefix}: a baseline is about the whole repository; run it there`);
		const path = rules.config.config.baseline;
		const update = updateBaseline(baseline, found.findings, rules.policy);
		await writeBaseline(root, path, update.text);
		notices.push(updateNotice(path, update));
		baseline = parseBaseline(Buffer.from(update.text), path);
		found = evaluated(subject, trees, {
			...rules,
			baseline
		}, headRules);
	}
	const preview = await previewOf({
		subject,
		trees,
		rules,
		base
	}, headRules);
	if (preview?.invalid !== void 0) notices.push({
		level: "warning",
		text: `${preview.file} of this change cannot be used; it would stop every check once it is merged`
	});
	const { findings, fixed } = found;
	const report = {
		schema: 1,
		findings,
		fixed,
		summary: summaryOf(trees.head.tree, trees.head.targets, findings),
		skipped: skippedOf(trees.head, subject.untracked.length),
		compared: comparedWith(base),
		policy: {
			files: rules.config.sources,
			...rules.commit === void 0 ? {} : { commit: rules.commit }
		},
		...preview === void 0 ? {} : { preview },
		notices,
		failed: found.failed
	};
	const files = rules.commit === void 0 && objects?.repository.bare !== true ? root : void 0;
	return {
		report,
		source: sourceLines(trees.head.bytes, files === void 0 ? void 0 : new CheckoutFiles(files)),
		config: rules.config,
		exitCode: exitCode(subject, base, found.failed)
	};
}
function exitCode({ request }, base, failed) {
	if (request.cap !== void 0) return 0;
	if (failed) return 1;
	return base?.state === "unavailable" && request.platform.change !== void 0 ? 4 : 0;
}
async function policyOptions({ request, root, opened }) {
	const { cwd, config, floor, env, platform, token } = request;
	const readRemote = remoteFiles({
		env,
		platform,
		token,
		origin: opened.remote,
		fetch: true
	});
	return {
		workspace: root,
		cwd,
		readRemote,
		...config === void 0 ? {} : { explicit: config },
		...floor === void 0 ? {} : { floor: await readFloor(floor, cwd, readRemote) }
	};
}
async function readTrees(subject, rules, base) {
	const { prefix, opened, head } = subject;
	const scope = {
		prefix,
		skip: new Set(rules.policy.skip)
	};
	const now = await readHead(head, scope);
	if (base?.state !== "found" || opened.state !== "open") return {
		head: now,
		base: void 0,
		targets: now.targets
	};
	const then = await readBase(opened.objects, base.compare, scope, head, now.bytes);
	const judged = new Set([...now.bytes.keys()].filter((path) => !now.targets.has(path)));
	const targets = /* @__PURE__ */ new Set([...now.targets, ...[...then.targets].filter((path) => !judged.has(path))]);
	return {
		head: now,
		base: then.tree,
		targets
	};
}
function evaluated({ request, prefix }, { head, base, targets }, { policy, baseline }, headRules) {
	const { now, platform, cap } = request;
	const own = headRules === void 0 || headRules.state === "invalid" ? void 0 : headRules.rulebook;
	const evaluation = evaluate({
		tree: head.tree,
		base,
		policy,
		baseline,
		...own === void 0 ? {} : { head: headPart(own) },
		now,
		scheduled: platform.scheduled,
		...cap === void 0 ? {} : { cap },
		within: prefix
	});
	if (targets.size === 0) return evaluation;
	const findings = evaluation.findings.filter(({ file }) => !targets.has(file));
	const least = LEVELS.indexOf(policy.failOn);
	const fails = findings.some(({ status, level }) => status === "new" && LEVELS.indexOf(level) >= least);
	return {
		findings,
		fixed: evaluation.fixed.filter(({ file }) => !targets.has(file)),
		failed: cap === void 0 && fails
	};
}
function headPart({ policy, baseline }) {
	return {
		waivers: policy.waivers,
		...baseline === void 0 ? {} : { baseline }
	};
}
async function previewOf({ subject, trees, rules, base }, headRules) {
	if (headRules === void 0 || headRules.state === "same") return void 0;
	if (headRules.state === "invalid") return {
		file: headRules.file,
		findings: [],
		failed: true,
		invalid: headRules.why
	};
	const { rulebook, file } = headRules;
	const { findings, failed } = evaluated(subject, names(rulebook.policy.skip) === names(rules.policy.skip) ? trees : await readTrees(subject, rulebook, base), rulebook);
	return {
		file,
		findings,
		failed
	};
}
function names(skip) {
	return JSON.stringify([...new Set(skip)].sort());
}
function comparedWith(base) {
	if (base?.state !== "found") return { mode: "full" };
	return {
		mode: "diff",
		base: base.name,
		commit: base.compare
	};
}
function noticesOf(subject, base, { config }) {
	return [...[
		...subject.warnings,
		...baseWarnings(base),
		...config.warnings
	].map((text) => ({
		level: "warning",
		text
	})), ...untrackedNotice(subject.untracked)];
}
function baseWarnings(base) {
	if (base === void 0) return [];
	if (base.state === "found") return base.warnings;
	return [`everything is checked, because the base could not be had: ${base.why}; ${base.advice}`, "the policy is the default one, tightened by the checkout's own file; its waivers and baseline do not count"];
}
function updateNotice(path, update) {
	const { kept, added, dropped, refused } = update;
	const parts = [
		`${kept.length} kept`,
		`${added.length} added`,
		`${dropped.length} removed`
	];
	const left = refused.length === 0 ? "" : `; ${refused.length} new findings were not taken in: ${added.length === 0 ? "a baseline only shrinks, so mend or waive them" : "their rules cannot be accepted this way"}`;
	return {
		level: refused.length === 0 ? "note" : "warning",
		text: `${path}: ${parts.join(", ")}${left}`
	};
}
// src/check/run-check.ts
const MAIN_FILE = /(?:^|\/)go\.(?:mod|work)$/;
/**
* Checks a tree against its policy: all of it, or what a change brings. Writes nothing but the baseline when it
* is asked to. Throws CheckError; ConfigError for a policy file that cannot be used; PolicyError.
*/
async function runCheck(request) {
	const dir = directory(request);
	const { env, platform, token } = request;
	const opened = await openObjects({
		dir,
		env,
		platform,
		token,
		fetch: true
	});
	try {
		const subject = await subjectOf(request, dir, opened);
		const { entries } = subject.head;
		const inside = subject.prefix === "" ? "" : `${subject.prefix}/`;
		if (!entries.some(({ path }) => MAIN_FILE.test(path) && path.startsWith(inside))) return await noGo(subject);
		return await judge(subject, await baseOf(subject));
	} finally {
		if (opened.state === "open") await opened.objects.close();
	}
}
function directory({ dir }) {
	let isDirectory = false;
	try {
		isDirectory = statSync(dir).isDirectory();
	} catch {}
	if (!isDirectory) throw new CheckError("usage", `${dir} is no directory; name the directory to check, or none for this one`);
	return resolve(dir);
}
async function subjectOf(request, dir, opened) {
	const common = {
		request,
		opened
	};
	if (opened.state !== "open") {
		const why = opened.state === "none" ? "this is no git repository, so the files on the disk are checked as they are" : `git cannot be used (${opened.why}), so the files on the disk are checked as they are`;
		return {
			...common,
			...onDisk(dir, why)
		};
	}
	const { repository } = opened.objects;
	const { root, prefix } = repository;
	try {
		const [head, untracked] = await Promise.all([headOf(opened.objects), repository.bare ? [] : untrackedModuleFiles(repository)]);
		const below = untracked.filter((path) => prefix === "" || path.startsWith(`${prefix}/`));
		if (head.entries.length > 0 || repository.bare) return {
			...common,
			root,
			prefix,
			head,
			untracked: below,
			warnings: head.warnings
		};
		return {
			...common,
			...onDisk(dir, "git tracks no file here, so the files on the disk are checked")
		};
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		const why = `git cannot read this repository (${error.message}), so the files on the disk are checked as they are`;
		return {
			...common,
			...onDisk(dir, why)
		};
	}
}
function onDisk(dir, why) {
	const head = headOnDisk(dir);
	return {
		root: dir,
		prefix: "",
		head,
		untracked: [],
		warnings: [why, ...head.warnings]
	};
}
/** What the tree is compared with; undefined when nobody asked for a comparison. */
async function baseOf({ request, opened, root }) {
	const { base, platform, updateBaseline } = request;
	if (updateBaseline === true) {
		if (base === void 0) return void 0;
		throw new CheckError("usage", "a baseline is made from everything that is there; leave out --base, or --update-baseline");
	}
	if (base === void 0 && platform.change === void 0) return void 0;
	if (opened.state === "open" && opened.objects.repository.root === root) {
		const question = base === void 0 ? void 0 : { ref: base };
		const change = platform.change && {
			change: platform.change,
			advice: opened.advice
		};
		const asked = question ?? change;
		return asked === void 0 ? void 0 : await findBase(opened.objects, asked);
	}
	const why = opened.state === "unreadable" ? opened.why : "this is no git repository with commits";
	if (base !== void 0 && platform.change === void 0) throw new CheckError("usage", `--base ${base}: ${why}; leave out --base to check everything`);
	return {
		state: "unavailable",
		why,
		advice: opened.advice
	};
}
// src/check/comments/network.ts
/** Longest that one request to a forge may take, ms. */
const REQUEST_MS = 15e3;
/**
* The network as the job has it: its proxies and the machine's own certificate authorities.
* @param own PEM certificates to trust beside, for clients that ask one host only
*/
async function dispatcherOf(env, own = []) {
	const { EnvHttpProxyAgent } = await import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
	const connect = {
		timeout: 1e4,
		ca: [.../* @__PURE__ */ new Set([...machineAuthorities(), ...own])]
	};
	return new EnvHttpProxyAgent({
		httpProxy: env.HTTP_PROXY ?? env.http_proxy ?? "",
		httpsProxy: env.HTTPS_PROXY ?? env.https_proxy ?? "",
		noProxy: [
			"localhost",
			"127.0.0.1",
			"::1",
			env.NO_PROXY ?? env.no_proxy ?? ""
		].filter(Boolean).join(","),
		connect,
		requestTls: connect,
		headersTimeout: REQUEST_MS,
		bodyTimeout: REQUEST_MS
	});
}
// src/check/kept-modules.ts
/** A go.sum of the largest projects has some thousand lines; this many are no module set any more. */
const MAX_VERSIONS = 2e6;
const FILES = /* @__PURE__ */ new Set([
	"go.mod",
	"go.sum",
	"go.work",
	"go.work.sum"
]);
/**
* The module versions that commits need, from their go.mod, go.sum, go.work and go.work.sum files, all of them, read
* without a checkout. A branch or tag is looked up at the remote when there is one, else in the checkout.
* Throws KeepListError.
*/
async function keptModules(request) {
	if (request.refs.length === 0) return {
		keep: () => false,
		refs: [],
		warnings: []
	};
	const opened = await openObjects(request);
	if (opened.state !== "open") {
		const why = opened.state === "none" ? "there is no git repository" : opened.why;
		throw failure(request.refs, `${request.dir}: ${why}; run this in a checkout of the repository, or leave the refs out`);
	}
	try {
		return await readRefs(opened.objects, request);
	} catch (error) {
		if (error instanceof KeepListError) throw error;
		const what = error instanceof Error ? error.message : String(error);
		throw failure(request.refs, `${what}; ${opened.advice}`);
	} finally {
		await opened.objects.close();
	}
}
async function readRefs(objects, { refs, fetch }) {
	const warnings = [];
	const remote = fetch ? await askRemote(objects, refs, warnings) : /* @__PURE__ */ new Map();
	const versions = /* @__PURE__ */ new Set();
	const found = [];
	for (const ref of refs) {
		const commit = isCommit(ref) ? ref : remote.get(ref) ?? await localCommit(objects, ref);
		if (commit === void 0) throw failure([ref], `neither the checkout nor its remote has a branch, tag or commit ${ref}; check its name, fetch it first, or take it out of the list`);
		const set = await readCommit(objects, ref, commit, warnings);
		for (const name of set) versions.add(name);
		if (versions.size > MAX_VERSIONS) throw failure([ref], `more than ${MAX_VERSIONS} module versions`);
		found.push({
			ref,
			commit,
			versions: set.size
		});
	}
	return {
		keep: (mv) => versions.has(nameOf(mv)),
		refs: found,
		warnings
	};
}
/** A remote that cannot be asked is no reason to stop as long as the checkout has the ref. */
async function askRemote(objects, refs, warnings) {
	const names = refs.filter((ref) => !isCommit(ref));
	if (names.length === 0) return /* @__PURE__ */ new Map();
	try {
		return await objects.refsOf(names);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		if (error.detail !== "no remote") warnings.push(`keep-refs: ${error.message}; the refs are taken as the checkout has them`);
		return /* @__PURE__ */ new Map();
	}
}
async function localCommit(objects, ref) {
	for (const name of [`refs/remotes/origin/${ref}`, ref]) {
		const { git } = objects.repository;
		const commit = await git.ask([
			"rev-parse",
			"--verify",
			"--quiet",
			"--end-of-options",
			`${name}^{commit}`
		]);
		if (commit !== void 0 && isCommit(commit)) return commit;
	}
}
async function readCommit(objects, ref, commit, warnings) {
	const entries = (await objects.entries(commit)).filter(({ kind, path }) => kind === "file" && FILES.has(posix.basename(path)));
	if (!entries.some(({ path }) => posix.basename(path) === "go.mod")) {
		warnings.push(`keep-refs: ${ref} (${commit.slice(0, 12)}) has no go.mod, so nothing is kept for it`);
		return /* @__PURE__ */ new Set();
	}
	const blobs = await objects.blobs(entries.map(({ oid }) => oid));
	const versions = /* @__PURE__ */ new Set();
	let doubtful;
	for (const { path, oid } of entries) {
		const blob = blobs.get(oid);
		if (blob === void 0 || "why" in blob) throw failure([ref], `${path} of ${commit.slice(0, 12)} cannot be read: ${blob?.why ?? "it is gone"}`);
		const problem = collect(posix.basename(path), blob.bytes, (mv) => versions.add(nameOf(mv)));
		if (problem !== void 0) doubtful ??= `${path}: ${problem}`;
	}
	if (doubtful !== void 0 && versions.size === 0) throw failure([ref], `its files name no module at all, and ${doubtful}; mend it or take the ref out`);
	if (doubtful !== void 0) warnings.push(`keep-refs: ${ref}: ${doubtful}; what else the file says is kept`);
	else if (versions.size === 0) warnings.push(`keep-refs: ${ref} (${commit.slice(0, 12)}) needs no module`);
	return versions;
}
/** Adds what a file names; returns the first thing in it that cannot be read. */
function collect(name, bytes, add) {
	if (name === "go.sum" || name === "go.work.sum") {
		const { entries, problems } = parseGoSum(bytes, name);
		for (const { module: path, version } of entries) add({
			path,
			version
		});
		const [first] = problems;
		return first === void 0 ? void 0 : `line ${first.line}: ${first.reason}`;
	}
	const read = name === "go.work" ? void 0 : readGoMod(bytes);
	const { problems, file } = read === void 0 ? (({ work: file, problems: of }) => ({
		file,
		problems: of
	}))(readGoWork(bytes)) : {
		file: read.mod,
		problems: read.problems
	};
	for (const { path, version } of read?.mod.require ?? []) add({
		path: path.value,
		version: version.value
	});
	for (const { newPath, newVersion } of file.replace) if (newVersion !== void 0) add({
		path: newPath.value,
		version: newVersion.value
	});
	for (const go of [file.toolchain?.value.value, file.go && `go${file.go.value.value}`]) if (go !== void 0) add({
		path: TOOLCHAIN,
		version: go
	});
	return problems[0]?.message;
}
/** `path@version`; of Go's own releases the release alone, whatever the platform. */
function nameOf({ path, version }) {
	if (path !== "golang.org/toolchain") return `${path}@${version}`;
	return `${path}@${/^v0\.0\.1-(go[0-9].*)\.[a-z0-9]+-[a-z0-9]+$/.exec(version)?.[1] ?? version}`;
}
function isCommit(ref) {
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}
function failure(refs, why) {
	return new KeepListError(`the modules of ${refs.join(", ")} could not be told, so nothing was removed: ${why}`);
}
// src/check/comments/github.ts
/** The comments of a pull request, by @octokit/rest. */
async function githubThread(options) {
	const [{ Octokit }, { retry }, { fetch }, dispatcher] = await Promise.all([
		import("../vendor/lazy/octokit-rest.js"),
		import("../vendor/lazy/octokit-plugin-retry.js"),
		import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1)),
		dispatcherOf(options.env)
	]);
	const octokit = new (Octokit.plugin(retry))({
		auth: options.token,
		baseUrl: options.apiUrl,
		log: {
			debug() {},
			info() {},
			warn() {},
			error() {}
		},
		retry: {
			retries: 2,
			doNotRetry: [
				400,
				401,
				403,
				404,
				410,
				422,
				451
			]
		},
		request: { fetch: (url, init) => fetch(url, {
			...init,
			dispatcher,
			signal: AbortSignal.timeout(REQUEST_MS)
		}) }
	});
	const [owner = "", repo = ""] = options.repository.split("/");
	const issue = {
		owner,
		repo,
		issue_number: options.number
	};
	return {
		async me() {
			try {
				const { viewer } = await octokit.graphql("query { viewer { login } }");
				return viewer.login;
			} catch (error) {
				throw refused$1("asking whose token this is", error);
			}
		},
		async *list() {
			try {
				const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
					...issue,
					per_page: 100
				});
				for await (const { data } of pages) for (const { id, user, body } of data) yield {
					id,
					author: user?.login ?? "",
					body: body ?? ""
				};
			} catch (error) {
				throw refused$1("reading the comments of the pull request", error);
			}
		},
		async create(body) {
			await octokit.rest.issues.createComment({
				...issue,
				body
			}).catch((error) => {
				throw refused$1("commenting on the pull request", error);
			});
		},
		async update(comment_id, body) {
			await octokit.rest.issues.updateComment({
				owner,
				repo,
				comment_id,
				body
			}).catch((error) => {
				throw refused$1("changing the comment on the pull request", error);
			});
		}
	};
}
function refused$1(doing, error) {
	const status = error?.status;
	return commentError(doing, typeof status === "number" && status < 500 ? status : void 0, error);
}
// src/check/comments/gitlab.ts
/** The notes of a merge request, by @gitbeaker/rest. */
async function gitlabThread(options) {
	const [{ MergeRequestNotes, Users }, undici, dispatcher] = await Promise.all([
		import("../vendor/lazy/gitbeaker-rest.js"),
		import("../vendor/lazy/undici.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1)),
		dispatcherOf(options.env)
	]);
	undici.install();
	undici.setGlobalDispatcher(dispatcher);
	const connection = {
		host: options.serverUrl,
		token: options.token,
		queryTimeout: REQUEST_MS
	};
	const notes = new MergeRequestNotes(connection);
	const users = new Users(connection);
	const { projectId, number } = options;
	return {
		async me() {
			try {
				return (await users.showCurrentUser()).username;
			} catch (error) {
				throw refused("asking whose token this is", error);
			}
		},
		async *list() {
			for (let page = 1; page > 0;) {
				const found = await notes.all(projectId, number, {
					sort: "asc",
					orderBy: "created_at",
					perPage: 100,
					page,
					showExpanded: true
				}).catch((error) => {
					throw refused("reading the notes of the merge request", error);
				});
				for (const { id, author, body } of found.data) yield {
					id: Number(id),
					author: String(author.username),
					body: String(body)
				};
				page = found.paginationInfo.next ?? 0;
			}
		},
		async create(body) {
			await notes.create(projectId, number, body).catch((error) => {
				throw refused("writing a note to the merge request", error);
			});
		},
		async update(id, body) {
			await notes.edit(projectId, number, id, { body }).catch((error) => {
				throw refused("changing the note of the merge request", error);
			});
		}
	};
}
function refused(doing, error) {
	const status = (error?.cause)?.response?.status;
	return commentError(doing, typeof status === "number" && status < 500 ? status : void 0, error);
}
// src/check/first-look.ts
/** Rules about what makes code of others come in; the others are the business of `modgate check`. */
const RULES = /* @__PURE__ */ new Set([
	"host/not-allowed",
	"module/denied",
	"replace/target-not-allowed",
	"toolchain/not-allowed"
]);
const RULES_OF_CODE = ALL_RULES.filter(({ id }) => RULES.has(id));
const MODULE_FILE = /(?:^|\/)(?:go\.mod|go\.work|go\.sum|go\.work\.sum)$/;
/**
* Judges the go.mod and go.work files of a checkout before anything of it is built: by the rules about where code
* comes from alone, and without a base, because what was there before would be fetched now all the same. Throws
* PolicyError for a baseline that cannot be read, ConfigError, CheckError.
*/
async function firstLook(request) {
	const { workspace, policy, env, platform, now } = request;
	const opened = await openObjects({
		dir: workspace,
		env,
		platform,
		token: void 0,
		fetch: true
	});
	try {
		const { tree, targets } = await readHead(await headIn(workspace, opened), {
			prefix: "",
			skip: new Set(policy.skip)
		});
		const { path, commit } = request.baseline;
		const source = commit !== void 0 && opened.state === "open" ? commitSource(opened.objects, commit) : checkoutSource(workspace);
		const found = evaluate({
			tree,
			base: void 0,
			policy,
			baseline: await readBaseline(source, path),
			now,
			scheduled: false,
			rules: RULES_OF_CODE
		}).findings.filter(({ rule, file }) => RULES.has(rule) && !targets.has(file));
		const findings = found.filter(({ status }) => status === "new");
		return {
			findings,
			failed: findings.some(({ level }) => LEVELS.indexOf(level) >= LEVELS.indexOf(policy.failOn)),
			accepted: found.flatMap(({ rule, module, status }) => status === "new" || module === void 0 ? [] : [{
				rule,
				module
			}])
		};
	} finally {
		if (opened.state === "open") await opened.objects.close();
	}
}
/** The module files that git tracks, or those of the directory where git tracks none. */
async function headIn(workspace, opened) {
	const onlyModules = (head) => ({
		...head,
		entries: head.entries.filter(({ path, kind }) => kind !== "file" || MODULE_FILE.test(path))
	});
	if (opened.state !== "open") return onlyModules(headOnDisk(workspace));
	try {
		const head = await headOf(opened.objects);
		if (head.entries.length > 0) return onlyModules(head);
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
	}
	return onlyModules(headOnDisk(workspace));
}
// src/check/policy/read-policy.ts
/**
* Reads the configuration of a checkout: of a change, as the target branch has it; else the checkout's own.
* Throws ConfigError for files that are there and cannot be used.
*/
async function readPolicy(request) {
	const { load, env, platform, token, fetch } = request;
	const { change } = platform;
	const opened = await openObjects({
		dir: load.workspace,
		env,
		platform,
		token,
		fetch
	});
	const objects = opened.state === "open" ? opened.objects : void 0;
	try {
		const readRemote = remoteFiles({
			env,
			platform,
			token,
			origin: opened.remote,
			fetch
		});
		if (change === void 0) return {
			state: "read",
			config: await loadConfig({
				readRemote,
				...load
			}),
			commit: void 0,
			warnings: []
		};
		if (objects === void 0) return {
			state: "unavailable",
			why: opened.state === "unreadable" ? opened.why : "the checkout is no git repository",
			advice: opened.advice
		};
		const base = await findBase(objects, {
			change,
			advice: opened.advice,
			policyOnly: true
		});
		if (base.state !== "found") return base;
		return {
			state: "read",
			config: await loadFromCommit({
				readRemote,
				...load
			}, objects, base.policy),
			commit: base.policy,
			warnings: base.warnings
		};
	} catch (error) {
		if (needsFetch(error)) return { state: "needs-fetch" };
		throw error;
	} finally {
		await objects?.close();
	}
}
/** The loader of the configuration wraps what its reader of other repositories threw. */
function needsFetch(error) {
	return error instanceof NeedsFetch || error instanceof Error && error.cause instanceof NeedsFetch;
}
export { REQUEST_MS, commentMarker, dispatcherOf, firstLook, githubThread, gitlabThread, keptModules, loadFromCommit, loadWithoutFile, onlyTightened, openObjects, publishReport, readFloor, readPolicy, remoteFiles, runCheck, writeWhole };
