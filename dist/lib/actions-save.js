import { oneLine } from "./platform.js";
import { auditInWords, inWords, modcacheInWords } from "./session.js";
// src/actions/summary.ts
/** Findings, and warnings, that are listed. */
const MAX_LINES = 20;
/** Text from outside inside Markdown: one line in which nothing is markup, HTML or a mention. */
function markdownText(text) {
	return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(/[\\`*_{}[\]()#+!|~@:]/g, (character) => `&#${character.charCodeAt(0)};`);
}
/** `12.3 MB`; powers of 1000. */
function formatBytes(bytes) {
	const units = [
		"B",
		"kB",
		"MB",
		"GB",
		"TB"
	];
	let at = 0;
	let value = bytes;
	while (value >= 1e3 && at < units.length - 1) {
		value /= 1e3;
		at += 1;
	}
	return `${at === 0 ? value : value.toFixed(1)} ${units[at] ?? ""}`;
}
/** The job's summary in Markdown: what was served from where, what was kept, what the reader should mend. */
function summaryMarkdown(summary, save) {
	const lines = [
		"### modgate: Go modules of this job",
		"",
		"| | modules | bytes |",
		"|---|--:|--:|",
		`| from the store | ${summary.modulesFromStore} | ${formatBytes(summary.bytesFromStore)} |`,
		`| from upstream | ${summary.modulesFromUpstream} | ${formatBytes(summary.bytesFromUpstream)} |`,
		"",
		`${summary.requests} requests in ${summary.seconds.toFixed(1)} s, ${summary.retriesSurvived} retries survived, ${summary.denied} refused, ${summary.failed} failed.`,
		"",
		`- ${restoreText(summary)}`,
		`- ${saveText(save)}`
	];
	if (summary.audit !== void 0) {
		const mark = summary.audit.left + summary.audit.lost > 0 ? "⚠️ " : "";
		lines.push(`- ${mark}${markdownText(auditInWords(summary.audit))}.`);
	}
	if (summary.modcache !== void 0) {
		const mark = summary.modcache.changed > 0 ? "⚠️ " : "";
		lines.push(`- ${mark}${markdownText(modcacheInWords(summary.modcache))}.`);
	}
	if (summary.unverifiedModcache > 0) lines.push(`- ⚠️ ${summary.unverifiedModcache} module versions were in GOMODCACHE without having come through modgate, for example from the cache of \`actions/setup-go\`: nobody verified them in this job. Set \`cache: false\` in the step that uses \`actions/setup-go\`; modgate keeps the modules.`);
	for (const finding of summary.findings.slice(0, MAX_LINES)) lines.push(`- ${finding.level === "error" ? "❌" : "⚠️"} ${markdownText(inWords(finding))}`);
	if (summary.daemonDied) lines.push("- ⚠️ The proxy had died before the job ended; what it wrote down until then is shown here.");
	for (const warning of summary.warnings.slice(0, MAX_LINES)) lines.push(`- ⚠️ ${markdownText(warning)}`);
	return `${lines.join("\n")}\n`;
}
function restoreText({ restore }) {
	const state = restore?.state ?? "off";
	if (state === "hit") {
		const seconds = ((restore?.ms ?? 0) / 1e3).toFixed(1);
		const from = restore?.entries === 1 ? "one entry" : `${restore?.entries ?? 0} entries`;
		return `Shared cache: restored ${restore?.adopted ?? 0} module versions (${formatBytes(restore?.bytes ?? 0)} from ${from}) in ${seconds} s.`;
	}
	if (state === "miss") return "Shared cache: no entry yet.";
	const why = restore?.why ? ` (${markdownText(restore.why)})` : "";
	return state === "failed" ? `Shared cache: not restored${why}.` : `Shared cache: not used${why}.`;
}
function saveText(save) {
	if (save.state === "saved") return `Saved for later jobs: ${save.modules} module versions, of which an entry of ${formatBytes(save.bytes)} is new.`;
	if (save.state === "unchanged") return `Nothing new to save: the shared cache has all of these ${save.modules} module versions.`;
	if (save.state === "skipped") return `Not saved for later jobs: ${markdownText(save.why)}.`;
	return `⚠️ Not saved for later jobs: ${markdownText(save.why)}; ${markdownText(save.lost)}.`;
}
export { formatBytes, markdownText, summaryMarkdown };
