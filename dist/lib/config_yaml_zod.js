import { require_dist } from "../vendor/yaml.js";
import { ConfigError } from "./config.js";
import { schema, schemaProblems } from "./config_zod.js";
// src/config/parse.ts
var import_dist = require_dist();
/** More aliases than this are a bomb, not a configuration. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;
/**
* Parses and checks the text of a configuration file. `file` is its name for messages.
* Throws ConfigError `config-invalid` with every problem found, each at its line and column.
*/
function parseConfig(text, file) {
	const counter = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: counter,
		uniqueKeys: true,
		merge: false,
		prettyErrors: false
	});
	const broken = document.errors.map((error) => {
		const { line, col } = counter.linePos(error.pos[0]);
		return {
			where: file,
			line,
			column: col,
			message: `this is not valid YAML: ${error.message}`
		};
	});
	if (broken.length > 0) throw new ConfigError("config-invalid", broken);
	const places = placesIn(document, counter);
	refuseDepth(document, places, file);
	const values = toValues(document, file);
	const result = schema.safeParse(values ?? {});
	if (!result.success) throw new ConfigError("config-invalid", schemaProblems(result.error, values, schema, places, file));
	return {
		values: result.data,
		lines: keyLines(document, counter)
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
function refuseDepth(document, places, file) {
	(0, import_dist.visit)(document, { Collection(_, __, ancestors) {
		if (ancestors.length <= 64) return void 0;
		const message = `this is nested more than ${MAX_DEPTH} deep; no key of modgate is`;
		throw new ConfigError("config-invalid", [{
			where: file,
			...places.value([]),
			message
		}]);
	} });
}
function placesIn(document, counter) {
	const at = (offset) => {
		const { line, col } = counter.linePos(offset ?? 0);
		return {
			line: Math.max(1, line),
			column: Math.max(1, col)
		};
	};
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
function keyLines(document, counter) {
	const lines = /* @__PURE__ */ new Map();
	const walk = (node, path) => {
		if ((0, import_dist.isMap)(node)) for (const pair of node.items) {
			if (!(0, import_dist.isPair)(pair) || !(0, import_dist.isScalar)(pair.key)) continue;
			const key = path === "" ? String(pair.key.value) : `${path}.${String(pair.key.value)}`;
			lines.set(key, counter.linePos(pair.key.range?.[0] ?? 0).line);
			walk(pair.value, key);
		}
		else if ((0, import_dist.isSeq)(node)) node.items.forEach((item, index) => {
			const offset = item?.range?.[0];
			if (offset !== void 0) lines.set(`${path}.${index}`, counter.linePos(offset).line);
			walk(item, `${path}.${index}`);
		});
	};
	walk(document.contents, "");
	return lines;
}
export { parseConfig };
