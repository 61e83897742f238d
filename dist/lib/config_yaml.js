import { require_dist } from "../vendor/yaml.js";
import { ConfigError } from "./config.js";
// src/config/document.ts
var import_dist = require_dist();
/** More aliases than this are a bomb, not a configuration. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;
/** Parses a YAML text. Throws ConfigError `config-invalid` with line and column of each syntax error. */
function readDocument(text, file) {
	const counter = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: counter,
		uniqueKeys: false,
		merge: false,
		prettyErrors: false
	});
	const at = (offset) => {
		const { line, col } = counter.linePos(offset ?? 0);
		return {
			line: Math.max(1, line),
			column: Math.max(1, col)
		};
	};
	const problem = (place, message) => ({
		where: file,
		...place,
		message: `this is not valid YAML: ${message}`
	});
	const broken = document.errors.slice(0, 100).map((error) => {
		return problem(at(error.pos[0]), error.message);
	});
	if (broken.length > 0) throw new ConfigError("config-invalid", broken);
	const places = placesIn(document, at);
	refuseDepth(document, file, places.value([]));
	refuseSets(document, file, at);
	const twice = repeatedKeys(document).slice(0, 100);
	if (twice.length > 0) throw new ConfigError("config-invalid", twice.map(({ key, offset, first }) => problem(at(offset), `the key ${JSON.stringify(key)} is in line ${at(first).line} already`)));
	keepAsWritten(document);
	return {
		raw: toValues(document, file),
		places,
		lines: keyLines(document, (offset) => at(offset).line)
	};
}
function toValues(document, file) {
	try {
		return document.toJS({ maxAliasCount: MAX_ALIASES });
	} catch (cause) {
		const message = `the aliases (*name) cannot be followed: ${cause instanceof Error ? cause.message : String(cause)}`;
		throw new ConfigError("config-invalid", [{
			where: file,
			line: 1,
			column: 1,
			message
		}], { cause });
	}
}
function refuseDepth(document, file, place) {
	(0, import_dist.visit)(document, { Collection(_, __, ancestors) {
		if (ancestors.length <= 64) return void 0;
		const message = `this is nested more than ${MAX_DEPTH} deep; no key of modgate is`;
		throw new ConfigError("config-invalid", [{
			where: file,
			...place,
			message
		}]);
	} });
}
/** `!!set` and `!!omap` would be maps without keys to whoever reads them, so lists in them would count for nothing. */
function refuseSets(document, file, at) {
	(0, import_dist.visit)(document, { Collection(_, node) {
		if (!/^tag:yaml\.org,2002:(set|omap|pairs)$/.test(node.tag ?? "")) return void 0;
		const message = "this has a tag that no key of modgate takes; write a plain map or list";
		throw new ConfigError("config-invalid", [{
			where: file,
			...at(node.range?.[0]),
			message
		}]);
	} });
}
/** Keys that a map has more than once, with the offsets of the repetition and of the first one. */
function repeatedKeys(document) {
	const found = [];
	(0, import_dist.visit)(document, { Map(_, map) {
		const seen = /* @__PURE__ */ new Map();
		for (const { key } of map.items) {
			if (!(0, import_dist.isScalar)(key)) continue;
			const name = String(key.value);
			const offset = key.range?.[0] ?? 0;
			const first = seen.get(name);
			if (first === void 0) seen.set(name, offset);
			else found.push({
				key: name,
				offset,
				first
			});
		}
	} });
	return found;
}
/**
* Some values are text that YAML takes for something else: `reason: 4711`, `owner: 007`, `min: 1.30` (which would be
* 1.3). They become what the author typed.
*/
function keepAsWritten(document) {
	const scalarsIn = (node) => {
		if ((0, import_dist.isScalar)(node)) return [node];
		return (0, import_dist.isSeq)(node) ? node.items.filter(import_dist.isScalar) : [];
	};
	const asText = (scalar) => {
		if (typeof scalar.value !== "string") scalar.value = scalar.value === null ? "" : scalar.source ?? "";
	};
	(0, import_dist.visit)(document, { Scalar(_, scalar) {
		if (typeof scalar.value === "object" && scalar.value !== null) asText(scalar);
	} });
	const waivers = document.get("waivers");
	if ((0, import_dist.isSeq)(waivers)) {
		for (const waiver of waivers.items) if ((0, import_dist.isMap)(waiver)) for (const { value } of waiver.items) scalarsIn(value).forEach(asText);
	}
	for (const path of [[
		"rules",
		"go/version-range",
		"min"
	], [
		"rules",
		"go/version-range",
		"max"
	]]) scalarsIn(getIn(document, path)).forEach(asText);
}
function getIn(document, path) {
	let node = document.contents;
	for (const part of path) node = (0, import_dist.isMap)(node) ? node.get(part, true) : void 0;
	return node;
}
function placesIn(document, at) {
	const nodeAt = (path) => {
		let node = document.contents;
		for (const part of path) {
			if ((0, import_dist.isAlias)(node)) node = node.resolve(document);
			const next = (0, import_dist.isMap)(node) || (0, import_dist.isSeq)(node) ? node.get(part, true) : void 0;
			if (next === void 0) break;
			node = next;
		}
		return node ?? void 0;
	};
	return {
		value: (path) => at(nodeAt(path)?.range?.[0]),
		key(path, key) {
			const map = nodeAt(path);
			const pair = (0, import_dist.isMap)(map) ? map.items.find((item) => (0, import_dist.isScalar)(item.key) && String(item.key.value) === key) : void 0;
			return at(((0, import_dist.isScalar)(pair?.key) ? pair.key.range?.[0] : void 0) ?? map?.range?.[0]);
		}
	};
}
function keyLines(document, lineAt) {
	const lines = /* @__PURE__ */ new Map();
	const walk = (node, path) => {
		if ((0, import_dist.isMap)(node)) for (const pair of node.items) {
			if (!(0, import_dist.isPair)(pair) || !(0, import_dist.isScalar)(pair.key)) continue;
			const key = path === "" ? String(pair.key.value) : `${path}.${String(pair.key.value)}`;
			lines.set(key, lineAt(pair.key.range?.[0]));
			walk(pair.value, key);
		}
		else if ((0, import_dist.isSeq)(node)) node.items.forEach((item, index) => {
			const offset = item?.range?.[0];
			if (offset !== void 0) lines.set(`${path}.${index}`, lineAt(offset));
			walk(item, `${path}.${index}`);
		});
	};
	walk(document.contents, "");
	return lines;
}
export { readDocument };
