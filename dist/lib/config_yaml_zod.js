import { ConfigError, didYouMean, redactText, textOf } from "./config.js";
import { ZodArray, ZodDefault, ZodObject, ZodOptional, ZodPipe, ZodPrefault, ZodUnion } from "../vendor/zod.js";
import { readDocument } from "./config_yaml.js";
import { schema } from "./config_zod.js";
import { locationName, parseReference, shortName } from "./config-later.js";
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
	let left = 0;
	for (const issue of flatten(error.issues, [], values)) {
		const path = issue.path;
		const room = 100 - problems.length;
		if (issue.code === "unrecognized_keys") {
			const known = keysAt(root, path);
			for (const key of issue.keys.slice(0, room)) add(places.key(path, key), unknownKey(key, path, known));
			left += Math.max(0, issue.keys.length - room);
		} else if (room > 0) add(places.value(path), describe(issue, path, valueAt(values, path)));
		else left++;
	}
	problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
	if (left > 0) problems.push({
		where: file,
		message: `there are ${left} more problems like these`
	});
	return problems;
}
function unknownKey(key, path, known) {
	const within = path.length === 0 ? "here" : `under ${dotted(path)}`;
	const near = didYouMean(key, known);
	if (path.length === 1 && path[0] === "rules") {
		const hint = near ? `did you mean ${near}?` : "modgate config explain rules lists them all";
		return `unknown rule ${quote(key)}; ${hint}`;
	}
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
			if (issue.values.length > 12) {
				const hint = near ? `did you mean ${near}?` : "modgate config explain rules lists them all";
				return `${name}: ${quote(value)} is no rule; ${hint}`;
			}
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
		const word = issue.errors.find((branch) => branch.some((i) => i.code === "invalid_value"));
		if (word && typeof value === "string") return flatten(word, path, values);
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
/** The value at a path; undefined when there is none, also for what objects have by nature. */
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
const MAX_LOOKED_AT = 1e3;
/** Hides user and password where a host alone was meant. */
function withoutLogin(word) {
	const at = word.lastIndexOf("@");
	const colon = word.indexOf(":");
	return colon < 0 || colon > at || word.startsWith("//", colon + 1) ? word : `***${word.slice(at)}`;
}
function quote(value) {
	const whole = (JSON.stringify(value) ?? String(value)).slice(0, MAX_LOOKED_AT);
	const text = redactText(whole).replaceAll(/[^\s"']+/g, withoutLogin);
	return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
// src/config/parse.ts
/**
* Parses and checks the text of a configuration file. `file` is its name for messages.
* Throws ConfigError `config-invalid` with every problem found, each at its line and column.
*/
function parseConfig(text, file) {
	const { raw, places, lines } = readDocument(text, file);
	const result = schema.safeParse(raw ?? {});
	if (!result.success) throw new ConfigError("config-invalid", schemaProblems(result.error, raw, schema, places, file));
	return {
		name: file,
		values: result.data,
		lines,
		said: (path) => valueAt(raw, path) !== void 0,
		place: places.value
	};
}
// src/config/extends.ts
/** Files that extend one another, one behind the other. */
const MAX_DEPTH = 5;
/**
* The files that a file extends, weakest first: of each its own parents before itself, each file once. Throws
* ConfigError at the line of the entry: `config-invalid` for what must not be named, for cycles, and for more than
* five levels or twenty files; `config-missing` for a file that cannot be had.
*/
async function readParents(file, location, options) {
	const found = [];
	const known = /* @__PURE__ */ new Set([locationName(location)]);
	const visit = async (step, above) => {
		for (const [index, entry] of step.file.values.extends.entries()) {
			const place = step.file.place(["extends", index]);
			const refuse = (message, code = "config-invalid", cause) => new ConfigError(code, [{
				where: step.file.name,
				...place,
				message: `extends[${index}]: ${shown(entry)} ${message}`
			}], cause === void 0 ? void 0 : { cause });
			const target = parseReference(entry, step.location);
			if (typeof target === "string") throw refuse(target);
			const name = locationName(target);
			if (above.includes(name)) throw refuse(`extends itself in the end: ${[...above, name].map(shown).join(" > ")}`);
			if (known.has(name)) continue;
			if (above.length > MAX_DEPTH) throw refuse(`is more than ${MAX_DEPTH} files deep; name it further up`);
			if (known.size >= 20) throw refuse(`is one file more than the 20 that are read`);
			known.add(name);
			const parsed = parseConfig(await read(target, options, refuse), messageName(target, options));
			const named = target.remote === void 0 ? void 0 : step.named ?? {
				file: step.file.name,
				...place
			};
			await visit({
				file: parsed,
				location: target,
				named
			}, [...above, name]);
			const source = target.remote === void 0 ? parsed.name : name;
			found.push({
				role: "parent",
				source,
				parsed,
				named
			});
		}
	};
	await visit({
		file,
		location,
		named: void 0
	}, [locationName(location)]);
	return found;
}
async function read(target, options, refuse) {
	const { path, remote } = target;
	if (remote === void 0) {
		if (options.source === void 0) throw refuse("is a local path, and a floor has no repository; name owner/repo/path@<full commit>", "config-missing");
		const bytes = await options.source.read(path);
		if (bytes === void 0) throw refuse(`cannot be read: there is no file ${shown(path)}; check the path`, "config-missing");
		return textOf(bytes, messageName(target, options));
	}
	if (options.readRemote === void 0) throw refuse("is in another repository, which this command does not read; run modgate check, or copy the file here", "config-missing");
	let bytes;
	try {
		bytes = await options.readRemote({
			...remote,
			path
		});
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw refuse(`cannot be read: ${redactText(why).replaceAll(/\s+/g, " ").slice(0, 500)}; check repository, path and commit, and that the token of this job may read that repository`, "config-missing", cause);
	}
	return textOf(bytes, messageName(target, options));
}
function messageName(location, { nameOf }) {
	return location.remote === void 0 && nameOf ? nameOf(location.path) : shortName(location);
}
function shown(text) {
	return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
export { parseConfig, readParents };
