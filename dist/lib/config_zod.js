import { MODCACHE, ON_FAILURE, SAVE, didYouMean, isUpstream, parseDuration, parseSize, redactText } from "./config.js";
import { NEVER, ZodArray, ZodDefault, ZodObject, ZodOptional, ZodPipe, ZodPrefault, ZodUnion, _enum, array, boolean, date, int, literal, looseObject, number, record, strictObject, string, union } from "../vendor/zod.js";
// src/config/problems.ts
/** Turns what the schema found into problems at their places, in words for the author of the file. */
function schemaProblems(error, values, root, places, file) {
	const problems = [];
	const add = (place, message) => {
		problems.push({
			where: file,
			...place,
			message
		});
	};
	for (const issue of flatten(error.issues, [], values)) {
		const path = issue.path;
		if (issue.code === "unrecognized_keys") {
			const known = keysAt(root, path);
			for (const key of issue.keys) add(places.key(path, key), unknownKey(key, path, known));
			continue;
		}
		add(places.value(path), describe(issue, path, valueAt(values, path)));
	}
	return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
function unknownKey(key, path, known) {
	const within = path.length === 0 ? "here" : `under ${dotted(path)}`;
	const near = didYouMean(key, known);
	const hint = near ? `did you mean ${near}?` : `the keys ${within} are ${known.join(", ")}`;
	return `unknown key ${quote(key)} ${within}; ${hint}`;
}
function describe(issue, path, value) {
	const name = path.length === 0 ? "the file" : dotted(path);
	switch (issue.code) {
		case "custom": return `${name}: ${quote(value)} ${issue.message}`;
		case "invalid_format": return `${name}: ${quote(value)} ${issue.message.startsWith("is ") ? issue.message : "has the wrong form"}`;
		case "invalid_value": {
			const near = typeof value === "string" ? didYouMean(value, issue.values.map(String)) : void 0;
			const allowed = issue.values.map(String).join(", ");
			if (name === "version") return `version: ${quote(value)} is not read by this modgate; it reads version 1`;
			return `${name}: ${quote(value)} is not one of ${allowed}${near ? `; did you mean ${near}?` : ""}`;
		}
		case "invalid_type":
			if (value === void 0) return `${name} is missing; it is required here`;
			return `${name}: ${quote(value)} is not ${aKind(issue.expected)}`;
		case "too_small": return `${name}: ${quote(value)} is too small or empty; the least is ${issue.minimum}`;
		case "too_big": return `${name}: ${quote(value)} is too large or too long; the most is ${issue.maximum}`;
		default: return `${name}: ${issue.message}`;
	}
}
function aKind(expected) {
	return {
		object: "a map of keys",
		record: "a map of keys",
		array: "a list; write each entry on a line of its own with a dash before it",
		string: "text",
		boolean: "true or false",
		number: "a number",
		int: "a whole number"
	}[expected] ?? `a ${expected}`;
}
/**
* Unions report one list of issues for each alternative. The alternative that fits the kind of the value is
* the one the author had in mind.
*/
function flatten(issues, above, values) {
	return issues.flatMap((issue) => {
		const path = [...above, ...issue.path];
		if (issue.code !== "invalid_union") return [{
			...issue,
			path
		}];
		const value = valueAt(values, path);
		const fitting = issue.errors.find((branch) => branch.every((i) => i.path.length > 0 || !wrongKind(i)));
		if (fitting) return flatten(fitting, path, values);
		const kinds = issue.errors.flat().filter(wrongKind).map((i) => i.code === "invalid_type" ? i.expected : "");
		return [{
			code: "custom",
			path,
			input: value,
			message: `is not ${[...new Set(kinds.filter(Boolean))].map(aKind).join(" or ") || "a value that fits here"}`
		}];
	});
}
function wrongKind(issue) {
	return issue.code === "invalid_type" || issue.code === "invalid_value";
}
function valueAt(values, path) {
	let value = values;
	for (const part of path) {
		if (typeof value !== "object" || value === null) return void 0;
		value = Object.hasOwn(value, part) ? value[part] : void 0;
	}
	return value;
}
/** Keys that the schema knows at a path; union alternatives and list items are looked through. */
function keysAt(root, path) {
	let found = [root];
	for (const part of path) found = found.flatMap(alternatives).flatMap((type) => {
		if (type instanceof ZodObject) {
			const next = type.shape[String(part)];
			return next ? [next] : [];
		}
		return type instanceof ZodArray ? [type.element] : [];
	});
	return found.flatMap(alternatives).flatMap((type) => type instanceof ZodObject ? Object.keys(type.shape) : []);
}
function alternatives(type) {
	if (type instanceof ZodUnion) return type.options.flatMap(alternatives);
	if (type instanceof ZodPipe) return alternatives(type.in);
	if (type instanceof ZodDefault || type instanceof ZodPrefault || type instanceof ZodOptional) return alternatives(type.unwrap());
	return [type];
}
function dotted(path) {
	return path.map((part, index) => typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`).join("");
}
function quote(value) {
	const text = JSON.stringify(value) ?? String(value);
	return redactText(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
// src/config/schema.ts
/** Most entries that one list of the file may have: a bound for what a hostile file can cost. */
const MAX_ENTRIES = 1e4;
const text = string().trim().min(1).max(2048);
const list = (item) => array(item).max(MAX_ENTRIES);
const duration = string().transform((value, ctx) => {
	const milliseconds = parseDuration(value);
	if (milliseconds !== void 0) return milliseconds;
	ctx.addIssue({
		code: "custom",
		message: "is not a duration; write a number and a unit, like 30d, 2h or 15m"
	});
	return NEVER;
});
const size = union([string(), number()]).transform((value, ctx) => {
	const bytes = parseSize(String(value));
	if (bytes !== void 0) return bytes;
	ctx.addIssue({
		code: "custom",
		message: "is not a size; write a number and a unit, like 5GB or 512MiB"
	});
	return NEVER;
});
const upstreamUrl = text.refine(isUpstream, { error: "is not an upstream; write an http, https or file URL, `direct` or `off`" });
const upstream = union([upstreamUrl, strictObject({
	url: upstreamUrl,
	"absent-on-403": boolean().default(false)
})]).transform((value) => typeof value === "string" ? {
	url: value,
	"absent-on-403": false
} : value);
const host = text.regex(/^[^/\s]+$/, "is not a host; write the first element of a module path, without a slash");
const moduleRule = union([text, strictObject({
	pattern: text,
	versions: text.optional(),
	reason: text.optional(),
	use: text.optional()
})]);
const level = _enum([
	"off",
	"note",
	"warning",
	"error"
]);
const environmentName = text.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of an environment variable; the secret itself must not be in this file");
/**
* The whole of `.modgate.yaml`: validation, types and JSON Schema come from here. Keys of features that this
* version does not have are here too, so that a file written for a later version is checked the same way.
*/
const schema = strictObject({
	version: literal(1).default(1),
	extends: list(text).default([]),
	proxy: strictObject({
		modcache: _enum(MODCACHE).default("inherit"),
		"strict-graph": boolean().default(false),
		"on-failure": _enum(ON_FAILURE).optional(),
		upstream: array(upstream).max(16).default([]),
		private: list(text).default([]),
		ca: array(strictObject({
			hosts: list(host).min(1),
			file: text
		})).max(64).default([]),
		credentials: array(strictObject({
			host,
			username: text.optional(),
			"token-env": environmentName
		})).max(64).default([]),
		prefetch: int().min(0).max(64).default(32),
		idle: duration.prefault("2h")
	}).prefault({}),
	hosts: strictObject({
		allow: list(host).default([]),
		deny: list(host).default([])
	}).prefault({}),
	modules: strictObject({
		allow: list(moduleRule).default([]),
		deny: list(moduleRule).default([])
	}).prefault({}),
	replace: strictObject({
		local: _enum([
			"siblings",
			"deny",
			"allow"
		]).default("siblings"),
		remote: strictObject({
			allow: list(moduleRule).default([]),
			"require-reason": boolean().default(false)
		}).prefault({}),
		downgrade: _enum(["deny", "allow"]).default("deny")
	}).prefault({}),
	rules: record(string().max(128), union([level, looseObject({ level: level.optional() })])).default({}),
	waivers: list(strictObject({
		rule: text,
		file: text.optional(),
		module: text.optional(),
		owner: text,
		reason: text,
		expires: date("is not a date; write YYYY-MM-DD")
	})).default([]),
	cache: strictObject({
		store: text.default("auto"),
		save: _enum(SAVE).default("auto"),
		"keep-since": duration.prefault("30d"),
		"max-size": size.prefault("5GB")
	}).prefault({}),
	audit: strictObject({
		store: text.nullable().default(null),
		required: boolean().default(false)
	}).prefault({}),
	"fail-on": _enum([
		"note",
		"warning",
		"error"
	]).default("error")
});
export { schema, schemaProblems };
