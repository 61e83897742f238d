import { LEVELS, RULES } from "./config.js";
import { oneLine, oneLineForRunner } from "./platform.js";
import { ALL_RULES, SESSION_PAGES } from "./policy-later.js";
import { formatDuration } from "./config-later.js";
import { gzipSync } from "node:zlib";
// src/report/plain.ts
/**
* Longest text that is let into a field of a report, in UTF-16 units. Rules keep their messages near 500; paths of
* files and modules end at 4096 on every system and in every proxy.
*/
const MAX_FIELD = 4096;
/** Lines of a `why` or `fix` that are shown; a snippet of configuration has a handful. */
const MAX_LINES = 20;
/** Code points that are no characters: XML forbids them, and terminals show them as they like. */
const NONCHARACTER = /[\ufdd0-\ufdef]|[\ufffe\uffff]/g;
/** Shortens to `max` UTF-16 units, the `…` that says so included, and halves no surrogate pair. */
function clip(text, max) {
	if (text.length <= max) return text;
	const cut = text.slice(0, Math.max(0, max - 1));
	return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
/** Text from outside as one visible, bounded line: no control, bidirectional or invisible character is left. */
function plain(text, max = MAX_FIELD) {
	return clip(oneLine(clip(text, max)).replace(NONCHARACTER, (character) => `\\u${character.charCodeAt(0).toString(16)}`), max);
}
/** The same for text that may have lines: the line ends stay, blank lines go, and no more than 20 lines. */
function plainLines(text) {
	const lines = clip(text, MAX_FIELD).split(/\r?\n/).filter((line) => line.trim() !== "").map((line) => plain(line.trimEnd()));
	return lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), "…"] : lines;
}
/** `1 error`, `2 errors`. */
function count(n, noun) {
	return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
/** `a`, `a and b`, `a, b and c`. */
function list(parts) {
	if (parts.length < 2) return parts.join("");
	return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
/** With the full stop that a sentence ends with. */
function sentence(text) {
	return text === "" || /[.!?…]$/.test(text) ? text : `${text}.`;
}
// src/report/severity.ts
/** Rules about where code comes from and whether it is what it says: their errors are security findings. */
const SECURITY = /^(?:host|module|sum|env)\/|^path\/(?:malformed|lookalike)$|^replace\/(?:local-escapes|local-absolute|target-not-allowed|unpinned)$/;
function isSecurity(rule) {
	return SECURITY.test(rule);
}
/** CVSS-like score that GitHub turns into high, medium and low; it has to be a string. */
function securitySeverity(level) {
	return level === "error" ? "8.0" : level === "warning" ? "5.0" : "2.0";
}
function codeQualitySeverity(rule, level) {
	if (level === "note") return "info";
	if (level === "warning") return "minor";
	return isSecurity(rule) ? "critical" : "major";
}
const STATUS_RANK = {
	new: 0,
	existing: 1,
	waived: 2,
	baseline: 3
};
/** Worst first: new ones, by level, security before hygiene; then as they were given. */
function worstFirst(findings) {
	const rank = ({ status, level, rule }) => STATUS_RANK[status] * 8 + (LEVELS.length - LEVELS.indexOf(level)) * 2 + (isSecurity(rule) ? 0 : 1);
	return findings.toSorted((a, b) => rank(a) - rank(b));
}
/** New findings that this check fails for. */
function failing(report) {
	if (!report.failed) return () => false;
	const highest = LEVELS.findLast((level) => report.findings.some((finding) => finding.status === "new" && finding.level === level));
	const from = LEVELS.indexOf(report.failOn ?? highest ?? "error");
	return (finding) => finding.status === "new" && LEVELS.indexOf(finding.level) >= from;
}
// src/report/summary.ts
/** Digits of a commit that people compare. */
const SHORT_COMMIT = 12;
/** `2 errors and 1 warning`, or `no findings`. */
function counts({ summary }) {
	const parts = [
		summary.errors > 0 ? count(summary.errors, "error") : "",
		summary.warnings > 0 ? count(summary.warnings, "warning") : "",
		summary.notes > 0 ? count(summary.notes, "note") : ""
	].filter((part) => part !== "");
	return parts.length === 0 ? "no findings" : list(parts);
}
/** `2 errors and 1 warning are new; 12 files and 48 modules were checked`; untrusted text is in none of it. */
function headline(report) {
	const { summary, findings, compared } = report;
	if (summary.files === 0 && findings.length === 0) return "there is no go.mod or go.work file here, so there is nothing to check";
	const fresh = summary.errors + summary.warnings + summary.notes;
	const news = compared.mode === "full" ? "" : fresh === 1 ? " is new" : fresh > 1 ? " are new" : "";
	const judged = `${count(summary.files, "file")} and ${count(summary.modules, "module")} were checked`;
	return `${fresh === 0 && compared.mode === "diff" ? "nothing new was found" : counts(report)}${news}; ${judged}`;
}
/** `4 existing, 1 waived, 2 in the baseline`; undefined when there is none. */
function acceptedCounts({ summary, fixed }) {
	const parts = [
		summary.existing > 0 ? `${summary.existing} that the base has too` : "",
		summary.waived > 0 ? `${summary.waived} waived` : "",
		summary.baseline > 0 ? `${summary.baseline} in the baseline` : "",
		fixed.length > 0 ? `${fixed.length} fixed` : ""
	].filter((part) => part !== "");
	return parts.length === 0 ? void 0 : parts.join(", ");
}
const short = (commit) => plain(commit).slice(0, SHORT_COMMIT);
/** What a reader needs to know to trust the numbers: base, policy, what was left out. Plain, untrusted text shown. */
function circumstances(report) {
	const out = [];
	const accepted = acceptedCounts(report);
	if (accepted !== void 0) out.push({
		label: "besides",
		text: accepted
	});
	const { compared, policy } = report;
	out.push({
		label: "compared",
		text: compared.mode === "full" ? "with no base, so every finding counts" : `with ${plain(compared.base, 200)} at ${short(compared.commit)}`
	});
	const files = policy.files.slice(0, 8).map((file) => plain(file, 200));
	if (policy.files.length > files.length) files.push(`${policy.files.length - files.length} more`);
	const at = policy.commit === void 0 ? "" : ` at ${short(policy.commit)}`;
	out.push({
		label: "policy",
		text: files.length === 0 ? "the default one" : `${list(files)}${at}`
	});
	if (report.skipped.length > 0) {
		const why = report.skipped.slice(0, 10).map(({ why, count }) => `${count} ${plain(why, 200)}`);
		const rest = report.skipped.length - why.length;
		out.push({
			label: "skipped",
			text: `${why.join(", ")}${rest > 0 ? `, … ${rest} more reasons` : ""}`
		});
	}
	return out;
}
function previewWords(report, preview) {
	const fresh = (findings) => worstFirst(findings.filter(({ status }) => status === "new"));
	const then = fresh(preview.findings);
	const now = fresh(report.findings);
	const lacking = (from, others) => {
		const there = new Set(others.map(({ fingerprint, level }) => `${level} ${fingerprint}`));
		return from.filter(({ fingerprint, level }) => !there.has(`${level} ${fingerprint}`));
	};
	const more = lacking(then, now);
	const gone = lacking(now, then);
	const same = more.length === 0 && gone.length === 0 && now.length > 0 ? "the same " : "";
	return {
		verdict: `would ${preview.failed ? "fail" : "pass"}, with ${same}${then.length === 0 ? "no findings" : count(then.length, "finding")}`,
		more,
		gone
	};
}
/** `go.mod:3:9`. */
function placeOf({ file, line, column }) {
	return `${plain(file, 1024)}:${line}:${column}`;
}
/** `and 37 more findings`, with where they are. */
function cutLine(n, where) {
	return `… and ${count(n, "more finding")}; see ${where}`;
}
// src/report/annotations.ts
/** Annotations of one level that a step may make; the runner only logs the rest. */
const MAX_A_LEVEL = 10;
/** Longest message of an annotation, UTF-16 units. */
const MAX_MESSAGE = 4096;
const COMMANDS = {
	error: "error",
	warning: "warning",
	note: "notice"
};
/**
* Workflow commands of a GitHub runner, one a line. A failed check is one error of its own and comes first, so the
* nine worst errors follow it. Only new findings are annotated.
*/
function annotations(report, options) {
	const fresh = worstFirst(report.findings.filter(({ status }) => status === "new"));
	const left = {
		error: MAX_A_LEVEL,
		warning: MAX_A_LEVEL,
		note: MAX_A_LEVEL
	};
	const lines = [];
	if (report.failed) {
		left.error -= 1;
		lines.push(command("error", { title: "modgate" }, `The policy check failed: ${headline(report)}`));
	}
	let cut = 0;
	for (const finding of fresh) if (left[finding.level] > 0) {
		left[finding.level] -= 1;
		lines.push(annotation(finding, options.prefix ?? ""));
	} else cut += 1;
	if (cut === 0) return { text: lines.map((line) => `${line}\n`).join("") };
	const rest = oneLineForRunner(cutLine(cut, options.whole ?? "the log of this step"));
	return {
		text: [...lines, rest].map((line) => `${line}\n`).join(""),
		cut: rest
	};
}
function annotation(finding, prefix) {
	const { line, endLine, column, endColumn } = finding;
	const place = line === endLine ? {
		line,
		endLine,
		col: column,
		endColumn
	} : {
		line,
		endLine
	};
	const lines = [
		plain(finding.message),
		...labelled$1("Why", finding.why),
		...labelled$1("Fix", finding.fix)
	].map((text) => oneLineForRunner(text));
	return command(COMMANDS[finding.level], {
		file: `${prefix}${clip(finding.file, MAX_FIELD)}`,
		...place,
		title: `modgate: ${finding.rule}`
	}, clip(lines.join("\n"), MAX_MESSAGE));
}
function labelled$1(label, text) {
	return plainLines(text).map((line, at) => at === 0 ? `${label}: ${line}` : line);
}
function command(name, properties, message) {
	return `::${name} ${Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`).join(",")}::${data(message)}`;
}
const data = (text) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text) => data(plain(text)).replaceAll(":", "%3A").replaceAll(",", "%2C").replaceAll("##[", "## [");
// src/report/json.ts
/** Characters that JSON lets stand as they are and a terminal or a log acts on. */
const ACTIVE = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\u{e0000}-\u{e007f}]/gu;
/**
* A value as JSON in which nothing acts on a terminal or a log: the same value for every parser, in other escapes.
* Ends with a line end.
*/
function harmlessJson(value, indent) {
	return `${JSON.stringify(value, void 0, indent).replace(ACTIVE, (character) => [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")).replaceAll("##[", "#\\u0023[")}\n`;
}
/** The contract of `check --format json`; texts are bounded, the number of findings is not. */
function json(report) {
	const { schema, findings, summary, fixed, skipped, compared, policy, preview, notices, failed } = report;
	return { text: harmlessJson({
		schema,
		failed,
		findings: findings.map(bounded),
		summary,
		fixed: fixed.map(bounded),
		skipped: skipped.map(({ why, count }) => ({
			why: clip(why, MAX_FIELD),
			count
		})),
		compared,
		policy,
		...preview === void 0 ? {} : { preview: {
			...preview,
			findings: preview.findings.map(bounded)
		} },
		notices: notices.map(({ level, text }) => ({
			level,
			text: clip(text, MAX_FIELD)
		}))
	}, 2) };
}
function bounded(finding) {
	const { rule, level, file, line, column, endLine, endColumn, module, version } = finding;
	const { message, why, fix, fingerprint, status } = finding;
	return {
		rule,
		level,
		file: clip(file, MAX_FIELD),
		line,
		column,
		endLine,
		endColumn,
		...module === void 0 ? {} : { module: clip(module, MAX_FIELD) },
		...version === void 0 ? {} : { version: clip(version, MAX_FIELD) },
		message: clip(message, MAX_FIELD),
		why: clip(why, MAX_FIELD),
		fix: clip(fix, MAX_FIELD),
		fingerprint,
		status
	};
}
// src/report/code-quality.ts
/** A bound on the artifact; the widget of a merge request shows a few hundred. */
const MAX_ENTRIES = 25e3;
/**
* GitLab's Code Quality report: an array, `[]` when there is nothing. It holds all that stands at the head and is
* not accepted on record, because GitLab itself compares it with the report of the target branch.
*/
function codeQuality(report) {
	const current = worstFirst(report.findings.filter(({ status }) => status === "new" || status === "existing"));
	const shown = current.slice(0, MAX_ENTRIES);
	const text = harmlessJson(shown.map(({ rule, level, file, line, message, fix, fingerprint }) => ({
		description: `${sentence(plain(message))} Fix: ${sentence(plain(fix))}`,
		check_name: rule,
		fingerprint,
		severity: codeQualitySeverity(rule, level),
		location: {
			path: clip(file.replace(/^(?:\.?\/)+/, ""), 4096) || ".",
			lines: { begin: line }
		}
	})), 2);
	return shown.length === current.length ? { text } : {
		text,
		cut: `… and ${current.length - shown.length} more findings`
	};
}
// src/report/group.ts
/** Groups in the order in which their first members come; members keep their order. */
function groupBy(items, key) {
	const groups = /* @__PURE__ */ new Map();
	for (const item of items) {
		const name = key(item);
		const group = groups.get(name);
		if (group === void 0) groups.set(name, [item]);
		else group.push(item);
	}
	return [...groups.values()];
}
// src/report/junit.ts
/** Test cases, and findings told in one of them: bounds on what a forge has to parse and a person to scroll. */
const MAX_CASES = 2e3;
const MAX_IN_CASE = 50;
/**
* JUnit XML: a suite a file, a case a rule that found something in it. A case fails when the check fails for one of
* its findings, is skipped when all of them are waived or in the baseline, and else passes with its findings as
* output. Without findings one case says that the check ran.
*/
function junit(report) {
	const fails = failing(report);
	const all = casesOf(report);
	const cases = all.slice(0, MAX_CASES);
	const cut = cases.length < all.length ? `… and ${all.length - cases.length} more files and rules; see --format json` : void 0;
	const suites = groupBy(cases, ({ file }) => file).map((of) => suite(of[0]?.file ?? "", of, fails));
	if (suites.length === 0 || cut !== void 0) suites.push(overall(report, cut));
	const body = suites.map(({ xml }) => xml).join("");
	const sum = (of) => suites.reduce((total, suite) => total + suite[of], 0);
	const text = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="modgate" tests="${sum("tests")}" failures="${sum("failures")}">\n${body}</testsuites>\n`;
	return cut === void 0 ? { text } : {
		text,
		cut
	};
}
function casesOf(report) {
	return groupBy(worstFirst(report.findings), ({ file, rule }) => `${rule}\0${file}`).map((findings) => ({
		file: findings[0]?.file ?? "",
		rule: findings[0]?.rule ?? "",
		findings
	}));
}
function suite(file, cases, fails) {
	const failures = cases.filter(({ findings }) => findings.some(fails)).length;
	const skipped = cases.filter(accepted).length;
	const body = cases.map((found) => testCase(found, fails)).join("");
	return {
		xml: `  <testsuite name="${attribute(file)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}">\n${body}  </testsuite>\n`,
		tests: cases.length,
		failures
	};
}
const accepted = ({ findings }) => findings.every(({ status }) => status === "waived" || status === "baseline");
function testCase(found, fails) {
	const bad = found.findings.filter(fails);
	const shown = bad.length > 0 ? bad : found.findings;
	const told = shown.slice(0, MAX_IN_CASE).map(tell);
	const rest = shown.length - told.length;
	const text = content([...told, ...rest > 0 ? [`… and ${rest} more`] : []].join("\n\n"));
	const head = `    <testcase name="${attribute(found.rule)}" classname="${attribute(found.file)}">`;
	const message = attribute(shown[0]?.message ?? "");
	return `${head}${bad.length > 0 ? `<failure message="${message}" type="${attribute(found.rule)}">${text}</failure>` : accepted(found) ? `<skipped>${text}</skipped>` : `<system-out>${text}</system-out>`}</testcase>\n`;
}
function tell(finding) {
	const lines = [`${placeOf(finding)}: ${finding.status} ${finding.level}: ${plain(finding.message)}`];
	plainLines(finding.why).forEach((line, at) => {
		lines.push(`${at === 0 ? "why: " : "     "}${line}`);
	});
	plainLines(finding.fix).forEach((line, at) => {
		lines.push(`${at === 0 ? "fix: " : "     "}${line}`);
	});
	return lines.join("\n");
}
function overall(report, cut) {
	return {
		xml: `  <testsuite name="modgate check" tests="1" failures="0" errors="0" skipped="0">\n    <testcase name="policy" classname="modgate"><system-out>${content([headline(report), cut].filter((line) => line !== void 0).join("\n"))}</system-out></testcase>\n  </testsuite>\n`,
		tests: 1,
		failures: 0
	};
}
const ENTITIES = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\"": "&quot;",
	"'": "&apos;"
};
/** The text has gone through `plain`, a line at a time, so that all of it is allowed in XML 1.0. */
function content(text) {
	return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "").replaceAll("##[", "&#35;#[").replaceAll(/^(\s*):(?=:)/gm, "$1&#58;");
}
function attribute(text) {
	return content(plain(text, 1024));
}
// src/report/fix.ts
const COMMAND = /(?<=^|: )(?:go (?:mod|work|get|env|install|list|clean|tool)|git (?:rm|add|mv|restore|checkout|diff|fetch)|(?:npx )?modgate \w+)(?= |$)/g;
/** The command up to the semicolon of the sentence, which is not one in quotes. */
const COMMAND_LINE = /^(?:'[^']*'|[^';]|;(?! ))*/;
/** A comma, a new sentence or an alternative: this is told in a sentence, and no command alone. */
const GOES_ON = /, |[.:] [A-Za-z]| (?:and|or|then) /;
/** Takes a fix apart that is a command, or names one behind a colon. */
function readFix(fix) {
	const whole = {
		words: fix,
		command: void 0,
		after: ""
	};
	const at = [...fix.matchAll(COMMAND)].at(-1)?.index;
	if (at === void 0 || fix.includes("\n")) return whole;
	const line = COMMAND_LINE.exec(fix.slice(at))?.[0] ?? "";
	const after = fix.slice(at + line.length).replace(/^; /, "");
	const bare = line.replaceAll(/'[^']*'/g, "''");
	if (bare.split(" ").some((word, n) => n >= 3 && /^[a-z]+\.?$/.test(word)) || GOES_ON.test(bare)) return whole;
	return {
		words: fix.slice(0, at).trim(),
		command: after === "" ? line.replace(/(?<![./])\.$/, "") : line,
		after: `${after.charAt(0).toUpperCase()}${after.slice(1)}`
	};
}
// src/report/markdown-text.ts
/**
* Text from outside in Markdown. A forge looks for mentions, references and links in the rendered text, where
* backslashes and character references are gone already; it leaves code alone. So all that is more than a plain
* word becomes code.
*/
/** English words and numbers with the punctuation of a sentence. All else, a path or an address, is code. */
const WORD = /^\(?(?:[A-Za-z]+(?:['’-][A-Za-z]+)*|\d{1,6}(?!\d*[.)]))[)]?[,;:.!?]?$|^[–—…·]$|^(?:e\.g\.|i\.e\.)$/;
/** Seven hexadecimal digits or more link to a commit. */
const COMMIT = /[0-9a-f]{7}/i;
const TOKEN = new RegExp(`${/(?:[a-z][a-z-]*: )?\{.{0,300}\}|(?:go (?:mod|work) (?:edit|tidy|download|vendor|sync|use|init|verify)|go (?:get|env -w)|git (?:rm|add|fetch))(?: (?:-[^\s;,]+|[^\s;,]*[/.=@][^\s;,]*))+/.source}|"(?:\\\\.|[^"\\\\]){0,400}"|\`[^\`]{1,400}\`|[^\\s"\`]+|["\`]|\\s+`, "g");
/** Code of one line. */
function code(text) {
	const inner = plain(text);
	if (inner.trim() === "") return "` `";
	const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length));
	const fence = "`".repeat(longest + 1);
	const pad = /^`|`$|^ .* $/.test(inner) ? " " : "";
	return `${fence}${pad}${inner}${pad}${fence}`;
}
/** A sentence: words stay words, everything else is code. One line, never empty. */
function prose(text) {
	const pieces = [];
	for (const [token] of plain(text).trim().matchAll(TOKEN)) for (const piece of piecesOf(token)) {
		const last = pieces.at(-1);
		if (piece.code && last?.code === true) pieces.splice(-1, 1, {
			code: true,
			text: last.text + piece.text
		});
		else pieces.push(piece);
	}
	return pieces.map((piece) => piece.code ? code(piece.text) : piece.text).join("") || "…";
}
/** Punctuation of the sentence stands outside of the code that it follows. */
const AROUND = /^(\(?)(.*[^,;:.!?)/])([,;:.!?)]{1,2})$/;
function piecesOf(token) {
	const whole = pieceOf(token);
	const [, open = "", inner, close = ""] = whole.code && AROUND.exec(token) || [];
	if (inner === void 0) return [whole];
	return [
		open,
		inner,
		close
	].filter((part) => part !== "").map((part) => part === inner ? pieceOf(part) : {
		code: false,
		text: part
	});
}
function pieceOf(token) {
	if (/^\s+$/.test(token)) return {
		code: false,
		text: " "
	};
	if (/^`[^`]+`$/.test(token)) return {
		code: true,
		text: token.slice(1, -1)
	};
	if (/^"[!#-[\]-_a-~]+"$/.test(token)) return {
		code: true,
		text: token.slice(1, -1)
	};
	if (/^[,;:.!?)]{1,2}$/.test(token)) return {
		code: false,
		text: token
	};
	return {
		code: !WORD.test(token) || COMMIT.test(token),
		text: token
	};
}
/**
* A fenced block at the left margin, where forges look for it before they look for quick actions. GitLab looks with
* a pattern that knows no longer fences, so no line begins like a fence or an action of its own.
*/
function fenced(lines, language) {
	const inner = lines.map((line) => plain(line).replace(/^[`~/]/, " $&"));
	const longest = Math.max(2, ...inner.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
	const fence = "`".repeat(longest + 1);
	return `${fence}${language}\n${inner.join("\n")}\n${fence}`;
}
/** Code that links to a page; just the code where the address is not one of the web. */
function linked(text, url) {
	if (url === void 0 || !/^https?:\/\/[^/]/.test(url) || url.length > 4096) return code(text);
	const address = plain(url).replace(/[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]/gu, (character) => percent(character));
	return `[${code(text)}](<${address}>)`;
}
function percent(text) {
	return [...Buffer.from(text, "utf8")].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
// src/report/rule-text.ts
/** Where the rules are documented, unless a report is told another place. */
const RULES_URL = "https://github.com/modgate/modgate/blob/main/docs/rules.md";
/** Rules over the policy's own files look at no tree, so no file of theirs has a page. */
const OWN = {
	"policy/waiver-invalid": {
		summary: "A waiver lacks its rule, scope, owner, reason or date, or reaches too far.",
		why: "A waiver that nobody answers for, or that never ends, is a hole in the policy; it waives nothing."
	},
	"policy/waiver-expired": {
		summary: "A waiver is past its date, or soon will be.",
		why: "What it accepted counts again. Renew it with a new date and reason, or mend what it was for."
	},
	"policy/waiver-unused": {
		summary: "A waiver waives nothing.",
		why: "It would silently accept the next finding that fits it."
	},
	"policy/baseline-stale": {
		summary: "The baseline has an entry without a finding.",
		why: "A baseline only shrinks: what was mended must not come back unseen."
	}
};
const PAGES = new Map([...ALL_RULES.map(({ id, page }) => [id, page]), ...Object.entries(SESSION_PAGES)]);
/** The words of a rule's documentation page. */
function ruleText(id) {
	return PAGES.get(id) ?? OWN[id] ?? {
		summary: `The rule ${id}.`,
		why: "The policy of this repository asks for it."
	};
}
/** The section of a rule: forges make an anchor of a heading that is just its id. */
function ruleUrl(id, page = RULES_URL) {
	return `${page}#${id.replaceAll(/[^a-z0-9-]/g, "")}`;
}
// src/report/markdown.ts
/** GitHub refuses a whole step summary above 1 MiB, and steps may add to one another's. */
const SUMMARY_BYTES = 1e6;
/** GitHub's bound on a comment is 65,536 characters; bytes are never fewer. */
const COMMENT_BYTES = 65e3;
/** Room for the line that tells of a cut. */
const CUT_BYTES = 400;
/** Kept at most for what comes after the findings: the folded lists and the notices. */
const TAIL_BYTES = 24e3;
const MAX_LISTED = 40;
/** Warnings that stand above the findings, and the longest of them in UTF-16 units. */
const MAX_WARNINGS = 5;
const MAX_WARNING = 600;
const SIGN = {
	error: "❌",
	warning: "⚠️",
	note: "ℹ️"
};
const NAME = {
	error: "Error",
	warning: "Warning",
	note: "Note"
};
/**
* The report for a job's page or for a comment. Comes with the marker as its first line where one is given; says
* that all is resolved where nothing new is left.
*/
function markdown(report, options) {
	const limit = Math.min(options.for === "comment" ? COMMENT_BYTES : SUMMARY_BYTES, options.maxBytes ?? Number.POSITIVE_INFINITY);
	const fresh = worstFirst(report.findings.filter(({ status }) => status === "new"));
	const where = options.whole ?? "the log of the job";
	const top = topBlocks(report, fresh, options);
	const tail = tailBlocks(report, options);
	const reserved = Math.min(sizeOf(tail), TAIL_BYTES, limit / 3);
	let room = limit - sizeOf(top) - CUT_BYTES - reserved;
	const shown = [];
	for (const finding of fresh) {
		const block = findingBlock(finding, options);
		room -= sizeOf([block]);
		if (room < 0) break;
		shown.push(block);
	}
	const missing = fresh.length - shown.length;
	room = limit - sizeOf(top) - CUT_BYTES - sizeOf(shown);
	const kept = tail.filter((block) => {
		const fits = sizeOf([block]) <= room;
		if (fits) room -= sizeOf([block]);
		return fits;
	});
	const dropped = tail.length - kept.length;
	const cuts = [...missing === 0 ? [] : [cutLine(missing, where)], ...dropped === 0 ? [] : [`… and ${count(dropped, "section")} for which there is no room; see ${where}`]];
	return {
		text: `${[
			...top,
			...shown,
			...cuts.map((line) => `**${line}**`),
			...kept
		].join("\n\n")}\n`,
		...cuts.length === 0 ? {} : { cut: cuts.join("; ") }
	};
}
/** Bytes of blocks with the blank lines behind them. */
function sizeOf(blocks) {
	return blocks.reduce((sum, block) => sum + Buffer.byteLength(block, "utf8") + 2, 0);
}
function title(report, fresh, options) {
	if (report.failed) return `❌ modgate: the policy check failed`;
	if (fresh.length > 0) return "⚠️ modgate: passed, with something to look at";
	if (options.for === "comment") return "✅ modgate: all findings are resolved";
	return "✅ modgate: the policy check passed";
}
/** What nobody may miss: the verdict, and what makes it worth less. */
function topBlocks(report, fresh, options) {
	const head = headline(report);
	const facts = circumstances(report).map(({ label, text }) => `${label} ${prose(text)}`);
	return [
		...options.marker === void 0 ? [] : [options.marker],
		`### ${title(report, fresh, options)}`,
		`${head.charAt(0).toUpperCase()}${head.slice(1)}.`,
		...report.notices.filter(({ level }) => level === "warning").slice(0, MAX_WARNINGS).map(({ text }) => `${SIGN.warning} ${prose(clip(text, MAX_WARNING))}`),
		`<sub>${facts.join("; ")}</sub>`
	];
}
function findingBlock(finding, options) {
	const { rule, level } = finding;
	const place = linked(placeOf(finding), options.link?.(finding.file, finding.line));
	const page = linked(rule, ruleUrl(rule, options.rulesUrl));
	const paragraphs = [`${SIGN[level]} **${NAME[level]}**: ${prose(finding.message)}`, `In ${place}, by the rule ${page}.`];
	const why = plainLines(finding.why).map(prose).join(" ");
	if (why !== "") paragraphs.push(`Why: ${why}`);
	paragraphs.push(fixBlock(finding.fix));
	return paragraphs.join("\n\n");
}
function fixBlock(fix) {
	const { words, command, after } = readFix(fix);
	const lines = plainLines(words);
	if (lines.length > 1) return `Fix:\n\n${fenced(lines, "text")}`;
	const head = words === "" ? "Fix:" : `Fix: ${prose(words)}`;
	if (command === void 0) return head;
	const block = `${head}\n\n${fenced([command], "sh")}`;
	return after === "" ? block : `${block}\n\n${prose(after)}`;
}
function tailBlocks(report, options) {
	const blocks = report.notices.slice(0, MAX_LISTED).map(({ level, text }) => `${SIGN[level]} ${prose(text)}`);
	if (report.preview !== void 0) blocks.push(previewBlock$1(report, report.preview, options));
	const known = worstFirst(report.findings.filter(({ status }) => status !== "new"));
	if (report.fixed.length > 0) blocks.push(folded(`${count(report.fixed.length, "finding")} fixed`, report.fixed, options));
	if (known.length > 0) blocks.push(folded(`${count(known.length, "finding")} known before, which fail nothing`, known, options));
	return blocks;
}
function previewBlock$1(report, preview, options) {
	const file = code(preview.file);
	if (preview.invalid !== void 0) return `⚠️ This change makes ${file} unusable; the policy of the base was used.\n\n${fenced(plainLines(preview.invalid), "text")}`;
	const { verdict, more, gone } = previewWords(report, preview);
	return [
		`ℹ️ This change edits ${file}, which counts once it is merged. By the edited one it **${verdict}**.`,
		...more.length === 0 ? [] : [folded("What only the edited policy reports", more, options)],
		...gone.length === 0 ? [] : [folded("What the edited policy does not report", gone, options)]
	].join("\n\n");
}
/** A list behind a title of our own, a line a finding. */
function folded(title, findings, options) {
	const lines = findings.slice(0, MAX_LISTED).map((finding) => {
		const place = linked(placeOf(finding), options.link?.(finding.file, finding.line));
		const status = finding.status === "new" || finding.status === "existing" ? finding.level : finding.status;
		return `- ${place} ${code(finding.rule)} (${status}): ${prose(finding.message)}`;
	});
	const rest = findings.length - lines.length;
	if (rest > 0) lines.push(`- … and ${rest} more`);
	return `<details><summary>${title}</summary>\n\n${lines.join("\n")}\n\n</details>`;
}
// src/report/sarif.ts
/** What GitHub's code scanning takes of one run. */
const MAX_RESULTS = 25e3;
const MAX_TEXT = 1024;
const MAX_GZIP = 1e7;
/**
* SARIF 2.1.0 of one run: new and existing findings, and those accepted on record as suppressed results. At most
* 25,000 results and 10 MB after gzip, the worst first.
*/
function sarif(report, options) {
	const all = worstFirst(report.findings);
	let shown = all.slice(0, MAX_RESULTS);
	let text = harmlessJson(logOf(report, shown, all.length, options));
	for (let over = excess(text, options); over > 1 && shown.length > 0; over = excess(text, options)) {
		shown = shown.slice(0, Math.floor(shown.length / over * .95));
		text = harmlessJson(logOf(report, shown, all.length, options));
	}
	const missing = all.length - shown.length;
	return missing === 0 ? { text } : {
		text,
		cut: cutLine(missing, "--format json")
	};
}
/** How many times too large a file is; 1 or less is fine. */
function excess(text, { maxBytes }) {
	const bytes = Buffer.byteLength(text, "utf8");
	const plain = maxBytes === void 0 ? 0 : bytes / maxBytes;
	return Math.max(plain, bytes <= MAX_GZIP ? 0 : gzipSync(text).length / MAX_GZIP);
}
function logOf(report, shown, total, options) {
	const rules = [...new Set(shown.map(({ rule }) => rule))].sort();
	const index = new Map(rules.map((rule, at) => [rule, at]));
	const notices = report.notices.slice(0, 100).map(({ level, text }) => notification(level, text));
	const missing = total - shown.length;
	if (missing > 0) notices.push(notification("warning", cutLine(missing, "--format json")));
	return {
		$schema: "https://json.schemastore.org/sarif-2.1.0.json",
		version: "2.1.0",
		runs: [{
			tool: { driver: {
				name: "modgate",
				informationUri: options.rulesUrl ?? "https://github.com/modgate/modgate/blob/main/docs/rules.md",
				...options.version === void 0 ? {} : { semanticVersion: options.version },
				rules: rules.map((rule) => descriptor(rule, options))
			} },
			automationDetails: { id: `${options.category ?? "modgate"}/` },
			columnKind: "utf16CodeUnits",
			invocations: [{
				executionSuccessful: true,
				toolExecutionNotifications: notices
			}],
			results: shown.map((finding) => resultOf(finding, index.get(finding.rule) ?? 0, report))
		}]
	};
}
function notification(level, text) {
	return {
		level,
		message: { text: message(text) }
	};
}
function descriptor(rule, options) {
	const { level, enabled } = RULES[rule];
	const security = isSecurity(rule);
	const usual = level === "off" ? enabled : level;
	const text = ruleText(rule);
	return {
		id: rule,
		name: pascalCase(rule),
		shortDescription: { text: clip(text.summary, MAX_TEXT) },
		fullDescription: { text: clip(text.why, MAX_TEXT) },
		help: {
			text: clip(`${text.summary} ${text.why}`, MAX_TEXT),
			markdown: helpOf(text)
		},
		helpUri: ruleUrl(rule, options.rulesUrl),
		defaultConfiguration: { level: usual },
		properties: {
			tags: security ? ["go-modules", "security"] : ["go-modules"],
			precision: "very-high",
			...security ? { "security-severity": securitySeverity(usual) } : { "problem.severity": usual === "note" ? "recommendation" : usual }
		}
	};
}
function pascalCase(rule) {
	return rule.replaceAll(/(?:^|[/-])([a-z])/g, (_, letter) => letter.toUpperCase());
}
/** Documentation next to an alert, in Markdown: the page of the rule is text of ours. */
function helpOf({ summary, why, limits, bad, good, config }) {
	const parts = [summary, why];
	if (bad !== void 0) parts.push(`Reported (\`${bad.file}\`):`, fenced(bad.text.trimEnd().split("\n"), "text"));
	if (good !== void 0) parts.push(`Mended (\`${good.file}\`):`, fenced(good.text.trimEnd().split("\n"), "text"));
	if (limits !== void 0) parts.push(limits);
	if (config !== void 0) parts.push("Configuration:", fenced(config.trimEnd().split("\n"), "yaml"));
	return parts.join("\n\n");
}
function resultOf(finding, ruleIndex, report) {
	const { rule, level, file, line, column, endLine, endColumn, fingerprint, status } = finding;
	const diff = report.compared.mode === "diff";
	return {
		ruleId: rule,
		ruleIndex,
		level,
		message: { text: [
			finding.message,
			finding.why,
			`Fix: ${finding.fix}`
		].map((part) => sentence(message(part))).join(" ") },
		locations: [{ physicalLocation: {
			artifactLocation: { uri: uriOf(file) },
			region: {
				startLine: line,
				startColumn: column,
				endLine,
				endColumn
			}
		} }],
		partialFingerprints: {
			primaryLocationLineHash: fingerprint,
			"modgate/v1": fingerprint
		},
		...diff ? { baselineState: status === "new" ? "new" : "unchanged" } : {},
		...status === "waived" || status === "baseline" ? { suppressions: [{
			kind: "external",
			status: "accepted",
			justification: JUSTIFICATION[status]
		}] } : {}
	};
}
const JUSTIFICATION = {
	waived: "A waiver of the policy accepts it until its date.",
	baseline: "It is in the baseline of the repository."
};
/** In a SARIF message `[text](target)` is a link. */
function message(text) {
	return clip(plain(text).replaceAll("](", "] ("), MAX_FIELD);
}
function uriOf(file) {
	return clip(file, MAX_FIELD).split("/").filter((segment) => segment !== ".").map((segment) => encodeURIComponent(segment.replaceAll(/\p{Surrogate}/gu, "�"))).join("/");
}
// src/report/width.ts
/** Characters that terminals give two columns: East Asian wide and full-width ones, and emoji. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const MARK = /[\p{Mn}\p{Me}]/u;
/** Columns of one code point in a terminal; it has to be a visible one. */
function columnsOf(character) {
	if (character.length === 1 && character >= " " && character <= "~") return 1;
	if (MARK.test(character)) return 0;
	return WIDE.test(character) ? 2 : 1;
}
/** Columns of a text without control characters. */
function columns(text) {
	let sum = 0;
	for (const character of text) sum += columnsOf(character);
	return sum;
}
/** Breaks at spaces so that lines have at most `width` columns; a longer word stands alone. */
function wrap(text, width) {
	const lines = [];
	let line = "";
	let used = 0;
	for (const word of text.split(" ")) {
		const wide = columns(word);
		if (line !== "" && used + 1 + wide > width) {
			lines.push(line);
			line = word;
			used = wide;
		} else {
			line = line === "" ? word : `${line} ${word}`;
			used += (used === 0 ? 0 : 1) + wide;
		}
	}
	return [...lines, line];
}
// src/report/excerpt.ts
/** UTF-16 units looked at on either side of where a token begins: a line of a hostile file may have a megabyte. */
const REACH = 1e3;
/** Marks that may stand on one character; more would paint over the lines above and below. */
const MAX_MARKS = 2;
const TAB = "    ";
/**
* The source line of a finding, harmless and at most `width` columns wide, with carets under the token. A longer
* line is cut around the token, a longer token at its end.
*/
function excerpt(line, place, width) {
	const start = place.column - 1;
	const end = place.endLine > place.line ? line.length : Math.max(place.endColumn - 1, start + 1);
	const from = wholeFrom(line, Math.max(0, start - REACH));
	const to = Math.min(line.length, start + REACH);
	const cells = cellsOf(line.slice(from, to), start - from, end - from);
	if (cells.length === 0 || start >= line.length) cells.push({
		text: " ",
		columns: 1,
		marked: true
	});
	const room = Math.max(20, width);
	const first = cells.findIndex((cell) => cell.marked);
	if (cells.reduce((sum, cell) => sum + cell.columns, 0) <= room && from === 0 && to === line.length) return draw(cells);
	const { begin, finish } = windowAround(cells, Math.max(0, first), room - 2);
	const dots = {
		text: "…",
		columns: 1,
		marked: false
	};
	const shown = cells.slice(begin, finish);
	const tail = {
		...dots,
		marked: shown.at(-1)?.marked === true && cells[finish]?.marked === true
	};
	return draw([
		...begin > 0 || from > 0 ? [dots] : [],
		...shown,
		...finish < cells.length || to < line.length ? [tail] : []
	]);
}
function wholeFrom(line, at) {
	return at > 0 && /[\udc00-\udfff]/.test(line[at] ?? "") && /[\ud800-\udbff]/.test(line[at - 1] ?? "") ? at - 1 : at;
}
function cellsOf(text, start, end) {
	const cells = [];
	let at = 0;
	let marks = 0;
	let hashes = 0;
	for (const character of text) {
		const marked = at < end && at + character.length > start;
		at += character.length;
		let shown = character === "	" ? TAB : plain(character);
		if (character === "[" && hashes >= 2) shown = " [";
		hashes = character === "#" ? hashes + 1 : 0;
		let columns = 0;
		for (const part of shown) columns += columnsOf(part);
		marks = columns === 0 ? marks + 1 : 0;
		if (marks > MAX_MARKS) {
			shown = `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
			columns = shown.length;
		}
		cells.push({
			text: shown,
			columns,
			marked
		});
	}
	return cells;
}
/** Cells to show: what stands before the token up to a third of the room, then whatever fits. */
function windowAround(cells, token, room) {
	let begin = token;
	let before = 0;
	while (begin > 0 && before + (cells[begin - 1]?.columns ?? 0) <= room / 3) {
		begin -= 1;
		before += cells[begin]?.columns ?? 0;
	}
	let finish = token;
	let used = before;
	while (finish < cells.length && used + (cells[finish]?.columns ?? 0) <= room) {
		used += cells[finish]?.columns ?? 0;
		finish += 1;
	}
	while (begin > 0 && used + (cells[begin - 1]?.columns ?? 0) <= room) {
		begin -= 1;
		used += cells[begin]?.columns ?? 0;
	}
	return {
		begin,
		finish
	};
}
function draw(cells) {
	const line = cells.map((cell) => cell.text).join("");
	const carets = cells.map((cell) => (cell.marked ? "^" : " ").repeat(cell.columns)).join("");
	return {
		line: line.trimEnd(),
		carets: carets.trimEnd() === "" ? "^" : carets.trimEnd()
	};
}
// src/report/text.ts
/** New findings that are shown in full, and others that get one line, before the rest is only counted. */
const MAX_FULL = 500;
const MAX_BRIEF = 20;
/** Columns of a source line where the width of the output is not known. */
const DEFAULT_WIDTH = 120;
const CODES = {
	red: 31,
	yellow: 33,
	cyan: 36,
	green: 32,
	bold: 1,
	dim: 2
};
const INK = {
	error: "red",
	warning: "yellow",
	note: "cyan"
};
/** The report for people: each finding with its line and the exact token, then what it adds up to. */
function text(report, options) {
	const page = {
		paint: (line, ...inks) => options.color === true ? `${inks.map((ink) => `\x1b[${CODES[ink]}m`).join("")}${line}\x1b[0m` : line,
		safe: (line) => options.escape?.(plain(line)) ?? plain(line),
		width: options.width,
		options
	};
	const fresh = worstFirst(report.findings.filter(({ status }) => status === "new"));
	const known = worstFirst(report.findings.filter(({ status }) => status !== "new"));
	const shown = fresh.slice(0, MAX_FULL);
	const cut = fresh.length > shown.length ? cutLine(fresh.length - shown.length, "--format json") : void 0;
	const blocks = byFile(shown).map((finding) => full(finding, page));
	if (cut !== void 0) blocks.push([cut]);
	const brief = (title, findings, word) => {
		if (findings.length > 0) blocks.push([page.paint(title, "bold"), ...oneLiners(findings, word, page)]);
	};
	brief("Known, and no reason to fail:", known, ({ status }) => status);
	brief("Fixed since the base:", report.fixed, () => "fixed");
	if (report.preview !== void 0) blocks.push(previewBlock(report, report.preview, page));
	blocks.push(summaryBlock(report, page));
	return {
		text: `${blocks.map((lines) => lines.map(harmless).join("\n")).join("\n\n")}\n`,
		...cut === void 0 ? {} : { cut }
	};
}
/** Findings of one file stand together, in the order of its lines; the file with the worst comes first. */
function byFile(findings) {
	return groupBy(findings, ({ file }) => file).flatMap((of) => of.toSorted((a, b) => a.line - b.line || a.column - b.column));
}
function full(finding, page) {
	const { paint, safe, options } = page;
	const ink = INK[finding.level];
	const head = `${paint(safe(placeOf(finding)), "bold")}: ${paint(finding.level, ink, "bold")}:`;
	const rule = paint(`[${finding.rule}]`, "dim");
	const lines = [`${head} ${safe(finding.message)} ${rule}`];
	const source = options.source?.(finding.file, finding.line);
	if (source !== void 0) {
		const number = String(finding.line).padStart(5);
		const gutter = " ".repeat(number.length);
		const { line, carets } = excerpt(source, finding, (page.width ?? DEFAULT_WIDTH) - number.length - 3);
		const marks = carets.trimStart();
		lines.push(`${paint(`${number} |`, "dim")} ${line}`, `${paint(`${gutter} |`, "dim")} ${" ".repeat(carets.length - marks.length)}${paint(marks, ink, "bold")}`);
	}
	const { words, command, after } = readFix(finding.fix);
	const commands = command === void 0 ? [] : [safe(command)];
	lines.push(...labelled("why", wrapped(finding.why, page), page), ...labelled("fix", [
		...wrapped(words, page),
		...commands,
		...wrapped(after, page)
	], page));
	return lines;
}
const INDENT = " ".repeat(6);
function wrapped(words, { width, safe }) {
	const lines = plainLines(words).map(safe);
	if (width === void 0) return lines;
	return lines.flatMap((line) => wrap(line, Math.max(30, width - INDENT.length - 5)));
}
function labelled(label, lines, { paint }) {
	return lines.map((line, at) => `${INDENT}${at === 0 ? paint(`${label}:`, "bold") : "    "} ${line}`);
}
function oneLiners(findings, word, page) {
	const { safe, paint } = page;
	const lines = findings.slice(0, MAX_BRIEF).map((finding) => {
		const what = `${word(finding)}: ${safe(finding.message)} ${paint(`[${finding.rule}]`, "dim")}`;
		return `  ${safe(placeOf(finding))}: ${what}`;
	});
	const rest = findings.length - lines.length;
	return rest > 0 ? [...lines, `  … and ${rest} more`] : lines;
}
function previewBlock(report, preview, page) {
	const { paint, safe } = page;
	const file = safe(preview.file);
	if (preview.invalid !== void 0) return [paint(`This change makes ${file} unusable; the policy of the base was used:`, "bold"), ...plainLines(preview.invalid).map((line) => `  ${safe(line)}`)];
	const { verdict, more, gone } = previewWords(report, preview);
	return [
		paint(`This change edits ${file}, which counts once it is merged. By the edited one it ${verdict}${more.length + gone.length > 0 ? ":" : "."}`, "bold"),
		...oneLiners(more, ({ level }) => `then ${level}`, page),
		...oneLiners(gone, ({ level }) => `no ${level} then`, page)
	];
}
function summaryBlock(report, page) {
	const { paint, safe } = page;
	const lines = [`modgate: ${report.failed ? paint("failed", "red", "bold") : paint("passed", "green", "bold")}: ${headline(report)}`];
	for (const { label, text } of circumstances(report)) lines.push(paint(`  ${label}: `, "dim") + safe(text));
	const notices = report.notices.slice(0, MAX_BRIEF);
	for (const notice of notices) lines.push(`  ${paint(`${notice.level}:`, INK[notice.level], "bold")} ${safe(notice.text)}`);
	if (report.notices.length > notices.length) lines.push(`  … and ${count(report.notices.length - notices.length, "more notice")}`);
	return lines;
}
/** GitHub's runner takes a line that begins with `::`, and `##[` anywhere, for a command, wherever this is printed. */
function harmless(line) {
	const inert = line.replaceAll("##[", "## [");
	return /^(?:\s|\x1b\[\d+m)*::/.test(inert) ? `| ${inert}` : inert;
}
// src/report/render.ts
const RENDERERS = {
	text,
	json,
	sarif,
	codequality: codeQuality,
	junit,
	markdown,
	github: annotations
};
Object.keys(RENDERERS);
/**
* The report as text that ends with a line end. Never throws and never returns more than the limits of the format;
* what they keep out is told in the text, where the format has room for it, and in `cut`.
*/
function render(format, report, options = {}) {
	return RENDERERS[format](report, options);
}
// src/report/prune-text.ts
const LITTER = {
	temp: ["temp file", "temp files"],
	quarantine: ["file in quarantine", "files in quarantine"],
	soft: ["old list or answer", "old lists and answers"],
	sumdb: ["file of the checksum database", "files of the checksum database"],
	index: ["index entry without files", "index entries without files"],
	log: ["old log", "old logs"]
};
/** Modules and hosts that the text shows; the JSON has all. */
const SHOWN = 10;
/** What a prune did, for a person at a terminal. Ends with a line end. */
function pruneText(report, keepRefs = []) {
	return `${[...lines(report, keepRefs)].join("\n")}\n`;
}
function* lines(report, keepRefs) {
	const { before, after, deleted, kept, dryRun, finished, failed, foreign, excessBytes, rules } = report;
	yield `${plain(report.store)}: ${versionsOf(before)}`;
	if (!finished) yield "Stopped before the end: these are the figures of what was seen; the next prune goes on.";
	yield "";
	yield `${dryRun ? "Would remove" : "Removed"} ${versionsOf(deleted)}`;
	const { unused, age, size, resumed } = deleted.reasons;
	yield* reason(unused, `not used for ${formatDuration(rules.keepSinceMs)}`);
	yield* reason(age, `first seen more than ${formatDuration(rules.maxAgeMs ?? 0)} ago`);
	yield* reason(size, `least recently used, to get down to ${bytesOf(rules.maxBytes)}`);
	yield* reason(resumed, "left by a prune that was ended");
	const swept = Object.entries(report.swept);
	for (const [litter, { files, bytes }] of swept.filter(([, { files }]) => files > 0)) {
		const what = LITTER[litter][files === 1 ? 0 : 1];
		yield `${dryRun ? "Would sweep" : "Swept"} ${number(files)} ${what}, ${bytesOf(bytes)}`;
	}
	for (const { ref, commit, versions } of keepRefs) yield `Keeps the ${count(versions, "version")} that ${plain(ref)} (${commit.slice(0, 12)}) names`;
	if (keepRefs.length > 0) yield `Kept for refs: ${versionsOf(kept.listed)}`;
	if (kept.recent.versions > 0) yield `Used within the last hour: ${versionsOf(kept.recent)}`;
	if (kept.meanwhile.versions > 0) yield `Used while this ran, and kept: ${versionsOf(kept.meanwhile)}`;
	yield `${dryRun ? "Would leave" : "Leaves"} ${versionsOf(after)}`;
	if (finished && excessBytes > 0) yield `That is ${bytesOf(excessBytes)} more than ${bytesOf(rules.maxBytes)}: the rest is kept for refs, was used within the last hour, or could not be removed`;
	yield* table("hosts", report.top.hosts);
	yield* table("modules", report.top.modules);
	yield* left(failed, "could not be removed or read");
	yield* left(foreign, "not of a store and left as it is");
}
function* reason(amount, why) {
	if (amount.versions > 0) yield `  ${versionsOf(amount)}: ${why}`;
}
function* table(what, rows) {
	if (rows.length === 0) return;
	yield "";
	yield `Most of it by ${what}:`;
	for (const row of rows.slice(0, SHOWN)) yield `${bytesOf(row.bytes).padStart(10)} ${number(row.versions).padStart(9)}  ${plain(row.name, 200)}`;
	if (rows.length > SHOWN) yield `${"".padStart(20)}  and others`;
}
function* left({ count: all, first }, what) {
	if (all === 0) return;
	yield "";
	yield `${number(all)} ${what}:`;
	for (const { path, why } of first.slice(0, SHOWN)) yield `  ${plain(path, 300)}: ${plain(why, 500)}`;
	if (all > SHOWN) yield `  and ${number(all - Math.min(SHOWN, first.length))} more`;
}
function versionsOf({ versions, bytes }) {
	return `${number(versions)} version${versions === 1 ? "" : "s"}, ${bytesOf(bytes)}`;
}
function number(n) {
	return n.toLocaleString("en-US");
}
/** Three digits and a unit of 1000. */
function bytesOf(bytes) {
	const units = [
		"B",
		"kB",
		"MB",
		"GB",
		"TB"
	];
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1e3;
		unit += 1;
	}
	return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(value >= 9.995 ? 1 : 2)} ${units[unit]}`;
}
export { clip, columns, count, harmlessJson, list, plain, pruneText, render, wrap };
