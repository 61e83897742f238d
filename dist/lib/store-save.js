import { FILE_KINDS, READ_FLAGS, factsOf, parseEntry, readRegular, versionKeys, walkVersions } from "./store.js";
import { TOOLCHAIN } from "./gomod-proxy.js";
import { createHash } from "node:crypto";
import path from "node:path";
import * as fsp from "node:fs/promises";
// src/store/bundle/choose.ts
/** A toolchain is as large as a hundred modules, and a new one comes every month: their share of `maxBytes`. */
const TOOLCHAIN_SHARE = 1 / 4;
/** The versions worth keeping, most recently used first. Pure. */
function chooseVersions(versions, choice) {
	const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
	const young = versions.filter((version) => version.lastUse >= oldest).sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
	let bytes = 0;
	let toolchains = 0;
	return young.filter((version) => {
		const size = version.packed;
		const isToolchain = version.path === TOOLCHAIN;
		if (bytes + size > choice.maxBytes) return false;
		if (isToolchain && toolchains + size > choice.maxBytes * TOOLCHAIN_SHARE) return false;
		bytes += size;
		if (isToolchain) toolchains += size;
		return true;
	});
}
/**
* What the bundle's compression leaves of a zip in stored form: of 690 MB of contents three quarters of what the
* original zips take, but it has to be an upper bound for each set of them.
*/
const STORED_SHARE = 1.1;
/** Bytes that a file takes in a bundle at most, as good as that can be told before it is packed. */
function packedSize(kind, size, zip) {
	if (kind !== "zip" || zip?.representation !== "stored") return size;
	return Math.min(size, Math.ceil(zip.original.size * STORED_SHARE));
}
function nameOf(version) {
	return `${version.path}@${version.version}`;
}
/** Every version of a store directory; one without index entry was never checked whole and is left out. */
async function storedVersions(storeDir) {
	const versions = [];
	for await (const found of walkVersions(storeDir)) {
		const keys = versionKeys(found);
		const index = keys && await readRegular(path.join(storeDir, keys.index), 65536);
		if (index === void 0) continue;
		const entry = index.bytes === "oversize" ? void 0 : parseEntry(index.bytes, found);
		const packed = FILE_KINDS.reduce((sum, kind) => sum + packedSize(kind, found.files[kind] ?? 0, entry?.zip), 0);
		versions.push({
			...found,
			lastUse: index.stamp.mtimeMs,
			packed,
			known: knownFiles(found, entry)
		});
	}
	return versions;
}
/** A file that the index does not know, or knows by another size, is left out. */
function knownFiles({ files }, entry) {
	return FILE_KINDS.flatMap((kind) => {
		const facts = factsOf(entry, kind);
		if (facts === void 0 || facts.size !== files[kind]) return [];
		const packed = packedSize(kind, facts.size, entry?.zip);
		return [{
			kind,
			size: facts.size,
			sha256: facts.sha256,
			bundle: 0,
			packed
		}];
	});
}
/** Chosen versions as a bundle has them; one of which the index knows no file is left out. Pure. */
function withDigests(chosen) {
	return chosen.flatMap(({ path: modulePath, version, lastUse, known }) => known.length === 0 ? [] : [{
		path: modulePath,
		version,
		lastUse,
		files: known
	}]);
}
// src/store/bundle/recheck.ts
const CHUNK = 1048576;
/**
* The manifest without those of its own files whose bytes are not what it says. In a store that is not believed a zip
* counts for its h1 alone, and what the index says of its bytes may be somebody's fancy; nobody can pack by that.
*/
async function withoutStrangers(storeDir, manifest) {
	const versions = [];
	for (const version of manifest.versions) {
		const keys = versionKeys(version);
		const files = [];
		for (const file of version.files) {
			const key = keys?.files[file.kind];
			if (file.bundle > 0 || key !== void 0 && await isWhat(path.join(storeDir, key), file)) files.push(file);
		}
		if (files.length > 0) versions.push({
			...version,
			files
		});
	}
	return {
		...manifest,
		versions
	};
}
async function isWhat(file, { size, sha256 }) {
	const handle = await fsp.open(file, READ_FLAGS).catch(() => void 0);
	if (handle === void 0) return false;
	try {
		const stat = await handle.stat();
		if (!stat.isFile() || stat.size !== size) return false;
		const hash = createHash("sha256");
		const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK, size)));
		for (let at = 0; at < size;) {
			const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
			if (bytesRead === 0) return false;
			hash.update(buffer.subarray(0, bytesRead));
			at += bytesRead;
		}
		return hash.digest("hex") === sha256;
	} catch {
		return false;
	} finally {
		await handle.close().catch(() => void 0);
	}
}
export { chooseVersions, storedVersions, withDigests, withoutStrangers };
