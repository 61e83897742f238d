import { oneLine } from "./platform.js";
import { auditInWords, buildInWords, inWords, layersInWords, modcacheInWords } from "./session.js";
// src/actions/summary.ts
const MARKS = {
	error: "❌",
	warning: "⚠️",
	note: "ℹ️"
};
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
function summaryMarkdown(summary, save, builds) {
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
	if (summary.layers !== void 0) for (const line of layersInWords(summary.layers)) lines.push(`- ${capital(markdownText(line))}.`);
	if (summary.buildCache !== void 0) lines.push(`- ${capital(markdownText(buildInWords(summary.buildCache, formatBytes)))}.`);
	if (builds !== void 0) lines.push(`- ${buildsText(builds)}`);
	if (summary.audit !== void 0) {
		const mark = summary.audit.left + summary.audit.lost > 0 ? "⚠️ " : "";
		lines.push(`- ${mark}${markdownText(auditInWords(summary.audit))}.`);
	}
	if (summary.modcache !== void 0) {
		const mark = summary.modcache.changed > 0 ? "⚠️ " : "";
		lines.push(`- ${mark}${markdownText(modcacheInWords(summary.modcache))}.`);
	}
	if (summary.unverifiedModcache > 0) lines.push(`- ⚠️ ${summary.unverifiedModcache} module versions were in GOMODCACHE without having come through modgate, for example from the cache of \`actions/setup-go\`: nobody verified them in this job. Set \`cache: false\` in the step that uses \`actions/setup-go\`; modgate keeps the modules.`);
	for (const finding of summary.findings.slice(0, MAX_LINES)) lines.push(`- ${MARKS[finding.level]} ${markdownText(inWords(finding))}`);
	if (summary.daemonDied) lines.push("- ⚠️ The proxy had died before the job ended; what it wrote down until then is shown here.");
	for (const warning of summary.warnings.slice(0, MAX_LINES)) lines.push(`- ⚠️ ${markdownText(warning)}`);
	if (summary.audit?.checkpoint !== void 0) lines.push(...checkpointText(summary.audit.checkpoint));
	return `${lines.join("\n")}\n`;
}
/** The session let through only what a checkpoint consists of, so that no text of it ends the block. */
function checkpointText(checkpoint) {
	return [
		"",
		"<details><summary>Checkpoint of the audit log</summary>",
		"",
		"```text",
		...checkpoint.trimEnd().split("\n"),
		"```",
		"",
		"Kept here it is what the store cannot take back: see `modgate audit verify --checkpoint`.",
		"</details>"
	];
}
function capital(text) {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
/** What became of the job's own objects, one sentence of Markdown. */
function buildsText(builds) {
	switch (builds.state) {
		case "saved": return `Saved for later builds: ${builds.objects} objects in an entry of ${formatBytes(builds.bytes)}.`;
		case "unchanged": return "Of the build cache too little is new to save it again.";
		case "skipped": return `Build cache not saved: ${markdownText(builds.why)}.`;
		case "failed": return `⚠️ Build cache not saved: ${markdownText(builds.why)}; the next job compiles again what is new.`;
	}
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
