import { createHash } from "node:crypto";
// src/platform/cache/build-keys.ts
/** Every entry of the build cache begins so; the number changes when older entries could not be read. */
const BUILD_PREFIX = "modgate-build-v1-";
function buildKeys({ os, arch, goVersion, job }) {
	const alike = `${BUILD_PREFIX}${word(os)}-${word(arch)}-${word(goVersion)}-`;
	return {
		alike,
		own: `${alike}${digest(JSON.stringify(job)).slice(0, 12)}-`
	};
}
const HOUR_MS = 36e5;
/**
* Key of the entry that follows `parent` (undefined: the first) among the entries of a job. Those that restored the
* same entry and end within the hour want the same key, and the service gives it to one of them.
*/
function nextBuildKey({ own }, parent, now) {
	return `${own}${digest(`${parent ?? ""} ${Math.floor(now / HOUR_MS)}`).slice(0, 16)}`;
}
/** The entries that take each other's place have the same; undefined for a key that is none of the build cache. */
function lineageOf(key) {
	return /^(modgate-build-v1-[a-z0-9._-]+-)[0-9a-f]{16}$/.exec(key)?.[1];
}
/** Some servers fold case, and a hyphen would make one beginning of a key that of another. */
function word(text) {
	return text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "_").slice(0, 60) || "none";
}
function digest(text) {
	return createHash("sha256").update(text).digest("hex");
}
export { BUILD_PREFIX, buildKeys, lineageOf, nextBuildKey };
