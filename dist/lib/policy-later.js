import { __toESM } from "../vendor/rolldown-runtime.js";
import { FIXED_RULES, LEVELS, RULES, RULE_IDS, SESSION_RULES, didYouMean, isRuleId, redactText } from "./config.js";
import { SumTable, checkImportPath, checkPath, compareVersions, isDirectoryPath, isPseudo, isValid, matchGlobs, parseGoSum, parseModulesTxt, quote, quoteRune, splitPathVersion } from "./gomod.js";
import { compareGoVersions, foldCase, goLanguage, goRange, goVersionOfToolchain, inRange, isGoLanguage, parseRange } from "./gomod-later.js";
import { PolicyError } from "./policy.js";
import { readGoMod, readGoWork } from "./gomod-proxy.js";
import { createHash } from "node:crypto";
// src/policy/pages-session.ts
const WORKFLOW = ".github/workflows/ci.yml";
const steps = (...lines) => `steps:\n  - uses: actions/checkout@v5\n${lines.join("\n")}\n  - run: go build ./...\n`;
/** Pages of the rules over what a session finds when it ends, which look at no tree. */
const SESSION_PAGES = {
	"bypass/unserved": {
		summary: "At the end of a job GOMODCACHE holds a module version that came in while the session ran and that its proxy did not serve with that hash, or the zip of one was deleted.",
		why: "go takes what lies in its module cache without asking anybody and without hashing it. What came in another way was judged by no policy, and the audit record cannot tell where it is from.",
		limits: "What lay in GOMODCACHE before the session is no finding: the closing words count it, and `proxy.modcache: verify` compares it with go.sum. Modules that an archive brought while the session ran (a cache step after modgate) are one finding together, and none where `proxy.modcache: verify` found them right. Two jobs that share one GOMODCACHE at the same time see each other. The last records of a proxy that was killed are lost: what its store used with the same hash since the session began counts as served then. Not seen: files edited in an unpacked module, code that `git clone`, a download or `docker build` brings, and another GOMODCACHE that only one step used. Off on a machine of your own unless the policy names a level. A waiver by `module` accepts one, and so does `allow`.",
		config: "rules:\n  bypass/unserved:\n    level: error\n    allow: [github.com/acme/*]",
		bad: {
			file: WORKFLOW,
			text: steps("  - uses: modgate/modgate/actions/proxy@v0.1.0", "  - run: GOPROXY=direct go mod download")
		},
		good: {
			file: WORKFLOW,
			text: steps("  - uses: modgate/modgate/actions/proxy@v0.1.0", "  - run: go mod download")
		}
	},
	"bypass/vcs": {
		summary: "While a session ran, go itself fetched a repository from version control.",
		why: "GOPRIVATE, GONOPROXY, and `direct` in GOPROXY make go clone repositories by itself: the proxy is not asked, so neither policy nor record knows. The finding names the origin, and where git really went when it was rewritten.",
		limits: "Told by the clones under `cache/vcs` of GOMODCACHE, for git and the other systems that go knows. Who deletes them hides them; the modules that came of them are `bypass/unserved` all the same. Off on a machine of your own unless the policy names a level.",
		config: "rules:\n  bypass/vcs:\n    level: error\n    allow: [github.com/acme/*]",
		bad: {
			file: WORKFLOW,
			text: steps("  - uses: modgate/modgate/actions/proxy@v0.1.0", "  - run: GOPRIVATE=github.com/acme go mod download")
		},
		good: {
			file: ".modgate.yaml",
			text: "version: 1\nproxy: {private: [github.com/acme]}\n"
		}
	},
	"bypass/env": {
		summary: "A variable or a file of `go env -w` that takes go past the session was set while it ran; under a policy that can refuse something, also one that was set from the start.",
		why: "GOPROXY, GONOPROXY, GOPRIVATE, GOFLAGS, GOENV, GOMODCACHE, GOSUMDB, GONOSUMDB, GOWORK, GOVCS, GOINSECURE and GO111MODULE decide where code comes from. A later step that writes one of them into the environment of the job changes that for all steps after it.",
		limits: "Compared are the environment that the session gave, that of the step which ends it, what go says of itself then and now, and the go.work that governs the working directory. Values that only forbid (GOPROXY=off, GOFLAGS=-mod=readonly) are not reported. What was set from the start is judged as [`env/bypass`](#envbypass) judges files, with `all` in the same meaning. A variable that one command or one step alone had is not seen. GOPROXY set to another proxy under a policy that can refuse something is an error unless the policy names a level. Off on a machine of your own, unless the policy can refuse something or names a level.",
		config: "rules:\n  bypass/env:\n    level: error\n    allow: [GOPRIVATE, GOFLAGS=-mod=mod]",
		bad: {
			file: WORKFLOW,
			text: steps("  - uses: modgate/modgate/actions/proxy@v0.1.0", "  - run: go env -w GOPROXY=direct")
		},
		good: {
			file: ".modgate.yaml",
			text: "version: 1\nproxy: {upstream: [direct]}\n"
		}
	},
	"bypass/build-cache": {
		summary: "The session restored what another job had compiled (`cache.build`), and this job could link it.",
		why: "A module has a hash that the checksum database vouches for; an object has none. Whoever could run a command in the job that saved it, by `-toolexec`, a test or a step, may have altered it, and go takes what lies in GOCACHE under the right name.",
		limits: "At `error` nothing is restored or saved, and that is no finding: the closing words say why. Reported are the objects that modgate restores; those of other cache steps, actions/setup-go among them, are not seen. A note unless the policy names a level.",
		config: "rules:\n  bypass/build-cache: error",
		bad: {
			file: ".modgate.yaml",
			text: "version: 1\ncache: {build: true}\n"
		},
		good: {
			file: ".modgate.yaml",
			text: "version: 1\ncache: {build: false}\n"
		}
	}
};
// src/policy/bypass/settings.ts
/** Variables that decide what go fetches, from where, whom it believes, or which go.mod it reads. */
const VARIABLES = /* @__PURE__ */ new Set([
	"GOFLAGS",
	"GOPROXY",
	"GONOPROXY",
	"GONOSUMDB",
	"GOSUMDB",
	"GOINSECURE",
	"GOPRIVATE",
	"GOWORK",
	"GOENV",
	"GOAUTH",
	"GOVCS",
	"GO111MODULE",
	"GOTOOLCHAIN"
]);
/** Names that people take for variables of go. */
const NO_VARIABLES = /* @__PURE__ */ new Set([
	"GONOSUMCHECK",
	"GOSUMCHECK",
	"GONOSUM",
	"GOSUM",
	"GONOCHECKSUM"
]);
function isVariable(name) {
	return VARIABLES.has(name) || NO_VARIABLES.has(name);
}
/** Whether a file is worth reading: it is, when it names anything that could be reported. */
function mayMatter(text) {
	return /GO[-_]?(?:FLAGS|(?:NO)?PROXY|(?:NO)?(?:CHECK)?SUM|INSECURE|PRIVATE|WORK|ENV|AUTH|VCS|111MODULE|TOOLCHAIN)|-(?:modfile|overlay|toolexec|insecure|mod[= ])/i.test(text);
}
/** Flags of go that this is about, without their dashes. */
const FLAG = /^--?(modfile|overlay|toolexec|mod|insecure)(?:=|$)/;
/** The flag that a word is, if it is one of ours; `value` is what follows the `=`. */
function flagOf(word) {
	const match = FLAG.exec(word.text.slice(0, 20));
	if (!match) return void 0;
	const [all, name = ""] = match;
	return {
		name: `-${name}`,
		value: all.endsWith("=") ? word.slice(all.length) : void 0
	};
}
function reportFlag(word, how, report, next) {
	const flag = flagOf(word);
	if (!flag) return;
	const last = flag.value === void 0 && flag.name !== "-insecure" ? next : void 0;
	const value = flag.value ?? last ?? word.slice(word.length);
	const to = (last ?? word).endAt((last ?? word).length);
	report({
		name: flag.name,
		value,
		how,
		from: word.at(0),
		to
	});
}
function reportVariable(name, value, how, report, nameAt = value.at(0)) {
	const { length } = value;
	const first = length > 1 && value.holes.get(0)?.optional ? 1 : 0;
	report({
		name,
		value,
		how,
		from: length === 0 ? nameAt : value.at(first),
		to: length === 0 ? nameAt + name.length : value.endAt(length)
	});
}
/** `NAME=value` (and `NAME+=value`), with what may stand before it in an option of a command. */
const ASSIGNMENT = /^(?:-e|--env=|--build-arg=)?([A-Za-z_][A-Za-z0-9_]*)\+?=/;
function assignmentOf(word) {
	const match = ASSIGNMENT.exec(word.text.slice(0, 100));
	return match ? {
		name: match[1] ?? "",
		value: word.slice(match[0].length)
	} : void 0;
}
/** Lines of `NAME=value`, as environment files and multi-line inputs have them, and printf with its `\\n`. */
function readAssignmentLines(text, report) {
	for (const match of text.text.matchAll(/(?:^|\\n)[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]{1,40})=((?:(?!\\n).)*)/gm)) {
		const [all, name = "", value = ""] = match;
		if (!isVariable(name)) continue;
		const start = match.index + all.length - value.length;
		const nameAt = text.at(start - name.length - 1);
		reportVariable(name, unquoted(text, start, start + value.length), "set", report, nameAt);
	}
}
/** The value between two indices, without the space and one pair of quotes around it, and without a comment. */
function unquoted(text, start, end) {
	let [from, to] = [start, end];
	const comment = /\s#/.exec(text.text.slice(from, to));
	const quote = text.text[from];
	const quoted = quote === "\"" || quote === "'" ? text.text.indexOf(quote, from + 1) : -1;
	if (quoted !== -1 && quoted < to) return text.slice(from + 1, quoted);
	if (comment) to = from + comment.index;
	while (to > from && /\s/.test(text.text[to - 1] ?? "")) to--;
	while (from < to && /\s/.test(text.text[from] ?? "")) from++;
	return text.slice(from, to);
}
const NO_HOLES = /* @__PURE__ */ new Map();
/**
* Decoded text of a file (quotes, escapes and continuations resolved), which knows of each of its characters
* where it stands. Indices and offsets count UTF-16 units; an expansion is one HOLE.
*/
var Text = class {
	text;
	holes;
	/** Index of the first character of each piece that was taken over whole, and its offset in the file. */
	#starts;
	#offsets;
	constructor(text, starts, offsets, holes = NO_HOLES) {
		this.text = text;
		this.#starts = starts;
		this.#offsets = offsets;
		this.holes = holes;
	}
	get length() {
		return this.text.length;
	}
	/** The piece that holds the character at `index`. */
	#piece(index) {
		let low = 0;
		let high = this.#starts.length - 1;
		while (low < high) {
			const middle = low + high + 1 >> 1;
			if ((this.#starts[middle] ?? 0) <= index) low = middle;
			else high = middle - 1;
		}
		return low;
	}
	/** Offset in the file of the character at `index`, which may be the length. */
	at(index) {
		const piece = this.#piece(index);
		return (this.#offsets[piece] ?? 0) + index - (this.#starts[piece] ?? 0);
	}
	/** Offset in the file just after the last character before `index`. */
	endAt(index) {
		if (index === 0) return this.at(0);
		return this.at(index - 1) + (this.holes.get(index - 1)?.length ?? 1);
	}
	slice(from, to = this.length) {
		const builder = new TextBuilder();
		builder.copy(this, from, to);
		return builder.build(this.at(from));
	}
	/** The characters without the holes that `drop` says. */
	without(drop) {
		if (this.holes.size === 0) return this.text;
		let out = "";
		let from = 0;
		for (const [index, hole] of this.holes) {
			if (!drop(hole)) continue;
			out += this.text.slice(from, index);
			from = index + 1;
		}
		return out + this.text.slice(from);
	}
	/** Calls back for each run of characters that stand in the file as they are. */
	eachPiece(from, to, visit) {
		let piece = this.#piece(from);
		for (let at = from; at < to; piece++) {
			const end = Math.min(to, this.#starts[piece + 1] ?? this.length);
			visit(at, end, (this.#offsets[piece] ?? 0) + at - (this.#starts[piece] ?? 0));
			at = end;
		}
	}
};
/** The whole text of a file. Its NULs become U+FFFD, so that a HOLE is never one of them. */
function wholeText(text) {
	return new Text(text.replaceAll("\0", "�"), [0], [0]);
}
var TextBuilder = class {
	#parts = [];
	#starts = [];
	#offsets = [];
	#holes = /* @__PURE__ */ new Map();
	#length = 0;
	/** Offset of what would go on with the last piece. */
	#next = -1;
	get length() {
		return this.#length;
	}
	#push(part, offset) {
		if (part === "") return;
		if (offset !== this.#next) {
			this.#starts.push(this.#length);
			this.#offsets.push(offset);
		}
		this.#parts.push(part);
		this.#length += part.length;
		this.#next = offset + part.length;
	}
	copy(from, start, end) {
		from.eachPiece(start, end, (a, b, offset) => {
			if (from.holes.size > 0) for (let i = from.text.indexOf("\0", a); i !== -1 && i < b; i = from.text.indexOf("\0", i + 1)) {
				const hole = from.holes.get(i);
				if (hole) this.#holes.set(this.#length + i - a, hole);
			}
			this.#push(from.text.slice(a, b), offset);
		});
	}
	/** One or more characters that stand at `offset` in another form. */
	put(text, offset) {
		this.#push(text, offset);
	}
	hole(hole, offset) {
		this.#holes.set(this.#length, hole);
		this.#push("\0", offset);
		this.#next = -1;
	}
	/** `emptyAt` is where an empty text would stand. */
	build(emptyAt) {
		if (this.#length === 0) return new Text("", [0], [emptyAt]);
		return new Text(this.#parts.join(""), this.#starts, this.#offsets, this.#holes);
	}
};
// src/policy/bypass/shell.ts
const MAX_WORDS = 2e4;
/** Of groups and substitutions in one another; deeper ones are read as plain characters. */
const MAX_DEPTH = 100;
const MAX_ARITHMETIC = 1e3;
/** Begun on one line. */
const MAX_DOCUMENTS = 50;
const META$1 = /* @__PURE__ */ new Set(" 	\r\n;&|()<>");
const BLANK = /* @__PURE__ */ new Set(" 	\r\n");
/** Characters that a run of plain ones ends at. */
const SPECIAL = /* @__PURE__ */ new Set(" 	\r\n;&|()<>\\'\"$`}");
/**
* Reads shell text leniently, in one pass, and hands out its simple commands in the order in which they end,
* those of substitutions and groups included. What is no shell (batch files, PowerShell) is read as if it were.
*/
function readCommands(text, emit) {
	new ShellReader(text, emit).commands("", []);
}
/** Words as ENV of a Dockerfile has them: quotes and expansions, but no operators and comments. */
function readWords(text) {
	return new ShellReader(text, () => {}).words();
}
/** A value with its variables as holes; quotes and backslashes are kept. */
function expand(text) {
	return text.text.includes("$") ? new ShellReader(text, () => {}).value() : text;
}
var ShellReader = class {
	#text;
	#source;
	#emit;
	#pos = 0;
	#depth = 0;
	#close = "";
	/** Here-documents whose bodies begin after this line. */
	#pending = [];
	constructor(text, emit) {
		this.#text = text;
		this.#source = text.text;
		this.#emit = emit;
	}
	words() {
		const out = [];
		while (out.length < MAX_WORDS) {
			while (BLANK.has(this.#peek()) || this.#continuation()) this.#pos++;
			if (this.#pos >= this.#source.length) break;
			out.push(this.#word("plain"));
		}
		return out;
	}
	value() {
		return this.#word("end");
	}
	#peek(ahead = 0) {
		return this.#source[this.#pos + ahead] ?? "";
	}
	/** At a backslash before a line end; leaves the position at the line end. */
	#continuation() {
		if (this.#peek() !== "\\") return false;
		const length = this.#peek(1) === "\r" && this.#peek(2) === "\n" ? 2 : 1;
		if (this.#peek(length) !== "\n") return false;
		this.#pos += length;
		return true;
	}
	/** Commands up to the closing character, which is taken, or the end. */
	commands(close, around) {
		const outer = this.#close;
		this.#close = close;
		this.#depth++;
		let sink = { environment: false };
		let words = [];
		let redirects = [];
		let documents = [];
		const finish = (piped) => {
			const command = {
				words,
				redirects,
				documents,
				sinks: [sink, ...around]
			};
			if (this.#pending.some(({ into }) => into === documents)) waiting.push(command);
			else if (words.length + redirects.length + documents.length > 0) this.#emit(command);
			[words, redirects, documents] = [
				[],
				[],
				[]
			];
			if (!piped) sink = { environment: false };
		};
		let waiting = [];
		const bodies = () => {
			this.#readDocuments();
			for (const command of waiting) this.#emit(command);
			waiting = [];
		};
		for (;;) {
			const c = this.#peek();
			if (c === "") break;
			if (c === close && close !== "}") {
				this.#pos++;
				break;
			}
			if (c === " " || c === "	" || c === "\r" || this.#continuation()) this.#pos++;
			else if (c === "\n") {
				this.#pos++;
				finish(false);
				bodies();
			} else if (c === "#") this.#skipTo("\n");
			else if (c === "|") {
				const piped = this.#peek(1) !== "|";
				this.#pos += piped && this.#peek(1) !== "&" ? 1 : 2;
				finish(piped);
			} else if (c === "&" && this.#peek(1) === ">") this.#pos++;
			else if (c === ";" || c === "&" || c === ")") {
				this.#pos++;
				finish(false);
			} else if (c === "(") {
				this.#pos++;
				if (this.#peek() === "(") this.#arithmetic();
				else if (this.#depth < MAX_DEPTH) this.commands(")", [sink, ...around].slice(0, MAX_DEPTH));
			} else if (c === "<" || c === ">") this.#redirection(redirects, documents);
			else {
				const word = this.#word("word");
				if (word.text === "{" && this.#depth < MAX_DEPTH) this.commands("}", [sink, ...around]);
				else if (word.text === "}" && close === "}" && words.length === 0) break;
				else if (words.length < MAX_WORDS) words.push(word);
			}
		}
		finish(false);
		for (const command of waiting) this.#emit(command);
		this.#depth--;
		this.#close = outer;
	}
	#skipTo(text) {
		const at = this.#source.indexOf(text, this.#pos);
		this.#pos = at === -1 ? this.#source.length : at;
	}
	/** `((…))`: a shift in it must not be taken for a here-document. At its second parenthesis. */
	#arithmetic() {
		const [line = ""] = this.#source.slice(this.#pos, this.#pos + MAX_ARITHMETIC).split("\n", 1);
		const end = line.indexOf("))");
		this.#pos += end === -1 ? 1 : end + 2;
	}
	#redirection(redirects, documents) {
		const out = this.#peek() === ">";
		this.#pos++;
		if (!out && this.#peek() === "<" && this.#peek(1) !== "<") {
			this.#pos++;
			const tabs = this.#peek() === "-";
			if (tabs) this.#pos++;
			while (this.#peek() === " " || this.#peek() === "	") this.#pos++;
			const end = this.#word("word").text;
			if (end !== "" && this.#pending.length < MAX_DOCUMENTS) this.#pending.push({
				end,
				tabs,
				into: documents
			});
			return;
		}
		while (this.#peek() !== "" && "<>&|".includes(this.#peek())) this.#pos++;
		while (this.#peek() === " " || this.#peek() === "	") this.#pos++;
		if (META$1.has(this.#peek()) || this.#peek() === "") return;
		const target = this.#word("word");
		if (out && redirects.length < MAX_WORDS) redirects.push(target);
	}
	#readDocuments() {
		const pending = this.#pending;
		if (pending.length === 0) return;
		this.#pending = [];
		for (const { end, tabs, into } of pending) {
			const from = this.#pos;
			for (;;) {
				const start = this.#pos;
				if (start >= this.#source.length) break;
				this.#skipTo("\n");
				const line = this.#source.slice(start, Math.min(this.#pos, start + end.length + 1e3));
				this.#pos++;
				if ((tabs ? line.replace(/^\t+/, "") : line).trimEnd() === end) {
					into.push(this.#text.slice(from, start));
					break;
				}
			}
			if (this.#pos >= this.#source.length && into.length === 0) into.push(this.#text.slice(from));
		}
	}
	#word(stop) {
		const builder = new TextBuilder();
		const from = this.#pos;
		this.#part(builder, stop);
		if (this.#pos === from) {
			builder.copy(this.#text, from, from + 1);
			this.#pos++;
		}
		return builder.build(this.#text.at(from));
	}
	/** Decodes up to what ends a part of this kind; a closing quote or brace is taken. */
	#part(into, stop) {
		while (this.#pos < this.#source.length) {
			const c = this.#peek();
			if (stop === "word" && (META$1.has(c) || c === "`" && this.#close === "`")) return;
			if (stop === "plain" && BLANK.has(c)) return;
			if (stop === "quote" && c === "\"" || stop === "brace" && c === "}") {
				this.#pos++;
				return;
			}
			if (c === "\\" && stop !== "end") this.#escape(into, stop);
			else if (c === "'" && stop !== "quote" && stop !== "end") this.#singleQuoted(into);
			else if (c === "\"" && stop !== "end") {
				this.#pos++;
				this.#part(into, "quote");
			} else if (c === "$") this.#dollar(into, stop);
			else if (c === "`" && stop !== "end" && stop !== "plain") this.#substitution(into, 1, "`");
			else {
				const from = this.#pos++;
				while (this.#pos < this.#source.length && !SPECIAL.has(this.#peek())) this.#pos++;
				into.copy(this.#text, from, this.#pos);
			}
		}
	}
	#escape(into, stop) {
		if (this.#continuation()) {
			this.#pos++;
			return;
		}
		const next = this.#peek(1);
		if (stop === "quote" && !"$`\"\\".includes(next)) into.copy(this.#text, this.#pos, this.#pos + 1);
		const end = Math.min(this.#pos + 2, this.#source.length);
		into.copy(this.#text, this.#pos + 1, end);
		this.#pos = end;
	}
	#singleQuoted(into) {
		const from = this.#pos + 1;
		const end = this.#source.indexOf("'", from);
		this.#pos = end === -1 ? this.#source.length : end + 1;
		into.copy(this.#text, from, end === -1 ? this.#source.length : end);
	}
	#hole(into, from, name, optional = false) {
		const offset = this.#text.at(from);
		into.hole({
			name,
			optional,
			length: Math.max(1, this.#text.endAt(this.#pos) - offset)
		}, offset);
	}
	/** `skip` characters, then commands up to `close`; the whole is a hole. */
	#substitution(into, skip, close) {
		const from = this.#pos;
		this.#pos += skip;
		if (this.#depth >= MAX_DEPTH) {
			into.copy(this.#text, from, this.#pos);
			return;
		}
		this.commands(close, []);
		const short = this.#source.slice(from, Math.min(this.#pos, from + 80));
		this.#hole(into, from, /^\W+(?:shell\s+)?go env (\w+)\W$/.exec(short)?.[1]);
	}
	#dollar(into, stop) {
		const from = this.#pos;
		const next = this.#peek(1);
		if ((next === "'" || next === "\"") && (stop === "word" || stop === "plain" || stop === "brace")) this.#pos++;
		else if (next === "(" && this.#peek(2) === "(") {
			this.#pos += 2;
			this.#arithmetic();
			this.#hole(into, from, void 0);
		} else if (next === "(") this.#substitution(into, 2, ")");
		else if (next === "{") this.#braces(into);
		else {
			const name = /^(?:(?:[Ee]nv:)?[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!$-])/.exec(this.#source.slice(from + 1, from + 101))?.[0];
			this.#pos += 1 + (name?.length ?? 0);
			if (name === void 0) into.copy(this.#text, from, this.#pos);
			else this.#hole(into, from, name);
		}
	}
	/** `${…}`; what stands behind `-`, `=` and `+` is text that may come to count. */
	#braces(into) {
		const from = this.#pos;
		const [all = "${", name, operator] = /^\$\{[!#]?(?:[A-Za-z]+:)?([A-Za-z0-9_@*]{1,100})(:?[-=+])?/.exec(this.#source.slice(from, from + 220)) ?? [];
		this.#pos += all.length;
		if (operator === void 0) {
			for (let open = 1; open > 0 && this.#pos < this.#source.length; this.#pos++) {
				const c = this.#peek();
				if (c === "\n") break;
				if (c === "{") open++;
				if (c === "}") open--;
			}
			this.#hole(into, from, name);
			return;
		}
		this.#hole(into, from, name, true);
		if (this.#depth >= MAX_DEPTH) return;
		this.#depth++;
		this.#part(into, "brace");
		this.#depth--;
	}
};
// src/policy/bypass/commands.ts
/** Of scripts in words of scripts: `bash -c "…"`. */
const MAX_NESTING = 3;
/** Commands whose words are prose or patterns. */
const PROSE$1 = new Set("printf cat grep egrep fgrep rg sed awk gawk perl git gh glab jq yq test [ [[ : case curl wget Write-Host Write-Output Write-Error rem REM tr cut tee find Out-File Add-Content Set-Content read logger".split(" "));
/** Functions of scripts that print: `log_status`, `kube::log::info`. */
const PRINTS = /(?:^|[_:-])(?:echo|print|log|info|warn|warning|error|err|die|fail|debug|notice|say|msg)(?:$|[_:-])/i;
/** Words that stand before the command proper. */
const BEFORE = new Set("if then else elif do while until ! time sudo env command exec nice nohup builtin call".split(" "));
const GO_COMMANDS = new Set("build clean doc env fix fmt generate get install list mod work run telemetry test tool version vet tidy download vendor".split(" "));
/** Flags of go that take the next word when they have no `=`, so that it is not taken for the package to run. */
const WITH_VALUE = new Set("C o p asmflags buildmode buildvcs compiler gccgoflags gcflags installsuffix ldflags mod modfile overlay pgo pkgdir tags toolexec exec covermode coverpkg".split(" "));
/** Commands whose here-documents are scripts; RUN of a Dockerfile needs none before it. */
const TAKES_SCRIPT = /^$|(?:^|\/)(?:ba|z|k|da)?sh$|^ssh$|^docker$|^podman$/;
/** What only go knows, so that it tells a flag of go wherever it stands. */
const TELLING = /^--?(?:modfile|toolexec)=|^--?overlay=.*\.json$/s;
/** Reads a script and reports what it sets and how it calls go. */
function readScript(text, report, nesting = 0) {
	/** Text that matters only when the group or pipeline it is printed by turns out to write an environment file. */
	const printed = [];
	readCommands(text, (command) => {
		const sink = command.sinks[0];
		if (sink && writesEnvironment(command)) sink.environment = true;
		const texts = [...command.words, ...command.documents].filter(({ text }) => /GO[A-Z0-9]+=/.test(text));
		if (texts.length > 0) printed.push({
			sinks: command.sinks,
			texts
		});
		readCommand(command, report, nesting);
	});
	for (const { sinks, texts } of printed) {
		if (!sinks.some(({ environment }) => environment)) continue;
		for (const lines of texts) readAssignmentLines(lines, report);
	}
}
const ENVIRONMENT_FILE = /(?:GITHUB_ENV|BASH_ENV)|(?:\.env|\.envrc|\/env|rc|profile|environment)$/;
function isEnvironmentFile(word) {
	if (ENVIRONMENT_FILE.test(word.text.slice(-200))) return true;
	return [...word.holes.values()].some(({ name }) => name !== void 0 && ENVIRONMENT_FILE.test(name));
}
function writesEnvironment(command) {
	if (command.redirects.some(isEnvironmentFile)) return true;
	return /^(?:tee|Out-File|Add-Content|Set-Content)$/.test(command.words[0]?.text ?? "") && command.words.slice(1, 20).some(isEnvironmentFile);
}
/** Index of the word that names the command. */
function nameIndex(words) {
	let at = 0;
	for (; at < words.length; at++) {
		const text = words[at]?.text ?? "";
		if (!BEFORE.has(text) && !/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(text.slice(0, 100))) break;
	}
	return at;
}
function readCommand(command, report, nesting) {
	const { words } = command;
	const at = nameIndex(words);
	const name = words[at]?.text.replace(/^[@+-]+(?=[A-Za-z])/, "") ?? "";
	const prose = PROSE$1.has(name) || PRINTS.test(name.slice(0, 100));
	const go = goIndex(words, at);
	const env = go !== -1 && words[go + 1]?.text === "env" ? go : words.length;
	const kept = words.slice(env, env + 20).some(({ text }) => text === "-w");
	const limit = prose ? at : words.length;
	for (let i = 0; i < limit; i++) {
		const word = words[i];
		const assignment = assignmentOf(word);
		if (assignment && isVariable(assignment.name)) {
			if (i > env && !kept) continue;
			reportVariable(assignment.name, assignment.value, i > env ? "kept" : "set", report, word.at(0));
		} else if (assignment) readFlagsIn(assignment.value, report);
		else if ((go === -1 || i < go) && TELLING.test(word.text)) reportFlag(word, "flag", report);
	}
	if (prose) return;
	readOtherForms(words, at, report);
	if (go !== -1) readGo(words, go, report);
	if (nesting >= MAX_NESTING) return;
	for (const document of command.documents) if (TAKES_SCRIPT.test(name.slice(-100))) readScript(document, report, nesting + 1);
	const script = /^(?:eval|ssh|trap|watch|parallel)$/.test(name);
	for (let i = at + 1; i < words.length; i++) {
		const word = words[i];
		if ((script || /^-[A-Za-z]*c$|^--run$|^-Command$/.test(words[i - 1]?.text ?? "")) && /\s/.test(word.text)) readScript(word, report, nesting + 1);
	}
}
/** A variable that holds arguments for go: `FLAGS="-v -modfile=x"`. */
function readFlagsIn(value, report) {
	for (const field of fields(value)) if (TELLING.test(field.text)) reportFlag(field, "flag", report);
}
/** Parts of a value between white space, each without one pair of quotes around it. */
function* fields(value) {
	for (const { 0: field, index } of value.text.matchAll(/\S+/g)) {
		const quote = /^["']/.test(field) ? 1 : 0;
		const end = quote && field.length > 1 && field.endsWith(field[0] ?? "") ? 1 : 0;
		yield value.slice(index + quote, index + field.length - end);
	}
}
/** Forms of other shells: `set NAME=v` has the form of an argument; these have not. */
function readOtherForms(words, at, report) {
	const first = words[at];
	if (!first) return;
	const second = words[at + 1];
	const third = words[at + 2];
	if (/^(?:setenv|setx|set)$/.test(first.text) && second) {
		const i = /^-[a-zA-Z]+$/.test(second.text) ? at + 2 : at + 1;
		const name = words[i];
		const value = words[i + 1];
		if (name && value && isVariable(name.text)) reportVariable(name.text, value, "set", report);
		return;
	}
	const powershell = /^[Ee]nv:([A-Z0-9]+)$/.exec(first.holes.get(0)?.name ?? "")?.[1];
	if (powershell === void 0 || !isVariable(powershell)) return;
	if (first.length === 1 && /^\+?=$/.test(second?.text ?? "") && third) reportVariable(powershell, third, "set", report);
	else if (/^\+?=$/.test(first.text.slice(1))) {
		if (second) reportVariable(powershell, second, "set", report);
	} else if (first.text[1] === "=") reportVariable(powershell, first.slice(2), "set", report);
}
/** Index of the word that is the go command, or -1. */
function goIndex(words, name) {
	for (let i = 0; i < words.length; i++) {
		const word = words[i];
		const named = /(?:^|[\\/@])(?:go|gotip|go1\.[0-9.a-z]+)(?:\.exe)?$/.test(word.text.slice(-100));
		const held = word.length === 1 && /go/i.test(word.holes.get(0)?.name ?? "");
		if (!named && !held) continue;
		if (named && i === name || GO_COMMANDS.has(subcommand(words, i))) return i;
	}
	return -1;
}
/** The command of go, which may stand behind `-C dir`. */
function subcommand(words, go) {
	const next = words[go + 1]?.text ?? "";
	if (next === "-C") return words[go + 3]?.text ?? "";
	if (next.startsWith("-C=")) return words[go + 2]?.text ?? "";
	return next;
}
function readGo(words, go, report) {
	const runs = /^(?:run|tool)$/.test(subcommand(words, go));
	for (let i = go + 2; i < words.length; i++) {
		const word = words[i];
		if (word.text === "--" || word.text === "-args" || word.text === "--args") return;
		const flag = /^--?([A-Za-z]+)(=?)/.exec(word.text);
		if (!flag && runs && word.text !== "run" && word.text !== "tool") return;
		reportFlag(word, "flag", report, words[i + 1]);
		if (flag && flag[2] === "" && WITH_VALUE.has(flag[1] ?? "")) i++;
	}
}
// src/policy/bypass/json.ts
/**
* The strings of a JSON file with comments and trailing commas, as editors read it. A token scan and no parser:
* what is broken stops nothing.
*/
function jsonScalars(file) {
	const source = file.text;
	const out = [];
	/** One for each open bracket: the key that an object is at; undefined for a list. */
	const open = [];
	let nextIsKey = false;
	for (let i = 0; i < source.length;) {
		const c = source[i];
		if (c === "\"") {
			const end = stringEnd(source, i);
			const value = stringText(file, i + 1, end);
			const holder = open.at(-1);
			if (holder && nextIsKey) {
				holder.key = value.text.slice(0, 100);
				holder.at = file.at(i + 1);
			} else out.push({
				keys: keysOf$1(open),
				keyAt: holder?.at,
				value
			});
			i = end + 1;
		} else if (c === "/" && (source[i + 1] === "/" || source[i + 1] === "*")) {
			const end = source[i + 1] === "/" ? source.indexOf("\n", i) : source.indexOf("*/", i);
			i = end === -1 ? source.length : end + 1;
		} else {
			if (c === "{") open.push({
				key: "",
				at: file.at(i)
			});
			else if (c === "[") open.push(void 0);
			else if (c === "}" || c === "]") open.pop();
			if (c === "{" || c === "," && open.at(-1)) nextIsKey = true;
			else if (c === ":" || c === "[") nextIsKey = false;
			i++;
		}
	}
	return out;
}
function keysOf$1(open) {
	return open.slice(-12).flatMap((holder) => holder ? [holder.key] : []);
}
function stringEnd(source, from) {
	for (let i = from + 1; i < source.length; i++) if (source[i] === "\\") i++;
	else if (source[i] === "\"" || source[i] === "\n") return i;
	return source.length;
}
function stringText(file, from, to) {
	const builder = new TextBuilder();
	for (let i = from; i < to;) {
		const start = i;
		while (i < to && file.text[i] !== "\\") i++;
		builder.copy(file, start, i);
		if (i >= to) break;
		const next = file.text[i + 1] ?? "";
		const code = next === "u" ? Number.parseInt(file.text.slice(i + 2, i + 6), 16) : NaN;
		const plain = {
			n: "\n",
			t: "	",
			r: "\r"
		}[next] ?? next;
		builder.put(code > 0 ? String.fromCharCode(code) : plain, file.at(i + 1));
		i += next === "u" ? 6 : 2;
	}
	return builder.build(file.at(from));
}
// src/policy/bypass/dockerfile.ts
/** Reports what the instructions of a Dockerfile set and run. */
function readDockerfile(file, report) {
	const mark = /^(?:#[^\n]*\n){0,5}#[ \t]*escape[ \t]*=[ \t]*`/i.test(file.text.slice(0, 2e3)) ? "`" : "\\";
	for (const line of instructions(file, mark)) {
		const match = /^[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]{2,20})[ \t]+/i.exec(line.text.slice(0, 200));
		if (!match) continue;
		const rest = line.slice(match[0].length);
		switch (match[1]?.toUpperCase()) {
			case "ENV":
				readEnv(rest, report);
				break;
			case "ARG":
				for (const word of readWords(rest)) readPair(word, "set", report);
				break;
			case "RUN":
			case "CMD":
			case "ENTRYPOINT":
			case "HEALTHCHECK": readRun(rest, report);
		}
	}
}
function readPair(word, how, report) {
	const pair = assignmentOf(word);
	if (pair && isVariable(pair.name)) reportVariable(pair.name, pair.value, how, report, word.at(0));
}
/** `ENV NAME=value …`, or the old `ENV NAME value`. */
function readEnv(rest, report) {
	const words = readWords(rest);
	const [name, ...values] = words;
	if (!name) return;
	if (name.text.includes("=")) {
		for (const word of words) readPair(word, "set", report);
		return;
	}
	const first = values[0];
	const last = values.at(-1);
	if (!first || !last || !isVariable(name.text)) return;
	const builder = new TextBuilder();
	values.forEach((value, i) => {
		if (i > 0) builder.put(" ", value.at(0) - 1);
		builder.copy(value, 0, value.length);
	});
	reportVariable(name.text, builder.build(first.at(0)), "set", report, name.at(0));
}
function readRun(rest, report) {
	const exec = /^(?:--[a-z]+=\S+[ \t]+)*\[/.exec(rest.text.slice(0, 2e3));
	if (!exec) {
		readScript(rest, report);
		return;
	}
	const builder = new TextBuilder();
	for (const { value } of jsonScalars(rest.slice(exec[0].length - 1))) {
		const spaced = /\s/.test(value.text) && !value.text.includes("'");
		builder.put(spaced ? " '" : " ", value.at(0));
		builder.copy(value, 0, value.length);
		if (spaced) builder.put("'", value.endAt(value.length));
	}
	readScript(builder.build(rest.at(0)), report);
}
/** Logical lines: continuations joined, comment lines in them dropped, here-documents kept with their instruction. */
function* instructions(file, mark) {
	const source = file.text;
	for (let start = 0; start < source.length;) {
		const builder = new TextBuilder();
		const begin = start;
		let going = true;
		while (going && start < source.length) {
			const newline = source.indexOf("\n", start);
			const end = newline === -1 ? source.length : newline;
			let last = end;
			while (last > start && " 	\r".includes(source[last - 1] ?? "")) last--;
			let first = start;
			while (first < last && " 	".includes(source[first] ?? "")) first++;
			const comment = source[first] === "#";
			const blank = first === last;
			const continued = !blank && source[last - 1] === mark;
			if (comment && builder.length === 0) going = false;
			else if (!comment && !(blank && builder.length > 0)) {
				builder.copy(file, start, continued ? last - 1 : last);
				if (continued) builder.put(" ", file.at(last - 1));
				going = continued;
			}
			start = end + 1;
		}
		const line = builder.build(file.at(begin));
		const body = documentsOf(line.text, source, start);
		if (body.length > 0) {
			const whole = new TextBuilder();
			whole.copy(line, 0, line.length);
			whole.put("\n", file.at(Math.max(start - 1, 0)));
			whole.copy(file, start, start + body.length);
			start += body.length;
			yield whole.build(file.at(begin));
		} else yield line;
	}
}
/** The bodies of the here-documents that an instruction begins, with their ends. */
function documentsOf(line, source, start) {
	if (!/^\s*(?:RUN|COPY|ADD)\s/i.test(line.slice(0, 100)) || !line.includes("<<")) return { length: 0 };
	let at = start;
	for (const [, , end = ""] of [...line.matchAll(/<<-?(["']?)([A-Za-z_]\w*)\1/g)].slice(0, 10)) for (let closed = false; !closed && at < source.length;) {
		const newline = source.indexOf("\n", at);
		const stop = newline === -1 ? source.length : newline;
		closed = source.slice(at, Math.min(stop, at + end.length + 1e3)).trim() === end;
		at = Math.min(stop + 1, source.length);
	}
	return { length: at - start };
}
// src/policy/bypass/dotenv.ts
/** Reports what an environment file sets, go's own included. */
function readDotenv(file, report) {
	readAssignmentLines(file, (setting) => {
		report({
			...setting,
			value: expand(setting.value)
		});
	});
}
// src/policy/bypass/makefile.ts
const ASSIGN = /^[ \t]*(?:(?:export|override|private|define)[ \t]+)*([A-Za-z_][\w.-]*)[ \t]*(\?=|\+=|!=|:{0,3}=)[ \t]*/;
/** Reports what a Makefile sets and runs. */
function readMakefile(file, report) {
	for (const line of logicalLines(file)) {
		const recipe = line.text.startsWith("	");
		if (!recipe && readAssignment(line, report)) continue;
		if (!recipe && /^[ ]*#/.test(line.text)) continue;
		const command = recipe ? 0 : line.text.indexOf(";") + 1;
		const skip = /^[ \t@+-]*/.exec(line.text.slice(command, command + 100))?.[0].length ?? 0;
		readScript(withoutMake(line.slice(command + skip)), report);
	}
}
/** `NAME = value`, alone or for one target; false when the line is none. */
function readAssignment(line, report) {
	let from = 0;
	let match = ASSIGN.exec(line.text.slice(0, 500));
	if (!match) {
		const colon = line.text.indexOf(":");
		if (colon === -1 || colon > 2e3) return false;
		from = colon + 1;
		match = ASSIGN.exec(line.text.slice(from, from + 500));
		if (!match) return false;
	}
	const [all, name = "", operator = ""] = match;
	const expanded = withoutMake(unquoted(line, from + all.length, line.length));
	if (isVariable(name) && operator !== "!=") reportVariable(name, expand(expanded), operator === "?=" ? "soft" : "set", report, line.at(from + all.indexOf(name)));
	else {
		const script = withoutMake(line.slice(from + all.length));
		let found = 0;
		readScript(script, (setting) => {
			found++;
			report(setting);
		});
		if (found === 0) readFlagsIn(expanded, report);
	}
	return true;
}
/** Lines with their continuations. */
function* logicalLines(file) {
	const source = file.text;
	for (let start = 0; start < source.length;) {
		let end = start;
		for (;;) {
			const newline = source.indexOf("\n", end);
			end = newline === -1 ? source.length : newline;
			const last = source[end - 1] === "\r" ? end - 2 : end - 1;
			if (newline === -1 || last < start || source[last] !== "\\") break;
			end++;
		}
		yield file.slice(start, source[end - 1] === "\r" ? end - 1 : end);
		start = end + 1;
	}
}
/**
* The text as the shell gets it: `$$` is its dollar, `$(NAME)` is a hole, and the arguments of a function
* (`$(foreach v,$(LIST),go build …)`) become commands of their own.
*/
function withoutMake(text) {
	const source = text.text;
	if (!source.includes("$")) return text;
	const builder = new TextBuilder();
	/** Open parentheses; true for those of functions, whose commas separate. */
	const open = [];
	for (let i = 0; i < source.length;) {
		const c = source[i] ?? "";
		const next = source[i + 1] ?? "";
		if (c === "$" && next === "$") {
			builder.copy(text, i + 1, i + 2);
			i += 2;
			if ("({".includes(source[i] ?? " ")) {
				if (source[i] === "(") open.push(false);
				builder.copy(text, i, i + 1);
				i++;
			}
		} else if (c === "$") {
			const name = /^\$(?:\(([\w.-]{1,100})(?::[^()]{0,200})?\)|\{([\w.-]{1,100})\}|[@<^*%?+|A-Za-z])/.exec(source.slice(i, i + 320));
			if (name) {
				const offset = text.at(i);
				builder.hole({
					name: name[1] ?? name[2],
					optional: false,
					length: text.endAt(i + name[0].length) - offset
				}, offset);
				i += name[0].length;
			} else {
				if (next === "(") open.push(true);
				builder.copy(text, i, Math.min(i + 2, source.length));
				i += 2;
			}
		} else if (c === "(" || c === ")") {
			if (c === "(") open.push(false);
			else open.pop();
			builder.copy(text, i, i + 1);
			i++;
		} else if (c === "," && open.at(-1) === true) {
			builder.put(";", text.at(i));
			i++;
		} else {
			const start = i++;
			while (i < source.length && !"$(),".includes(source[i] ?? "")) i++;
			builder.copy(text, start, i);
		}
	}
	return builder.build(text.at(0));
}
// src/policy/bypass/placeholders.ts
const FORMS = {
	workflow: {
		open: "${{",
		close: "}}",
		name: /^\s*env\.(\w+)\s*$/
	},
	action: {
		open: "${{",
		close: "}}",
		name: /^\s*env\.(\w+)\s*$/
	},
	gitlab: {
		open: "$[[",
		close: "]]",
		name: /^$/
	},
	taskfile: {
		open: "{{",
		close: "}}",
		name: /^-?\s*\.(\w+)\s*-?$/
	},
	devcontainer: {
		open: "${",
		close: "}",
		name: /^(?:localEnv|containerEnv):(\w+)$/
	},
	vscode: {
		open: "${",
		close: "}",
		name: /^env:(\w+)$/
	}
};
/** The text with the expressions of its kind of file as holes: they are filled in before any shell sees it. */
function withPlaceholders(text, surface) {
	const form = FORMS[surface];
	if (!form || !text.text.includes(form.open)) return text;
	const builder = new TextBuilder();
	let from = 0;
	for (;;) {
		const at = text.text.indexOf(form.open, from);
		const end = at === -1 ? -1 : text.text.indexOf(form.close, at + form.open.length);
		if (end === -1) break;
		builder.copy(text, from, at);
		const name = form.name.exec(text.text.slice(at + form.open.length, Math.min(end, at + 200)))?.[1];
		const offset = text.at(at);
		from = end + form.close.length;
		builder.hole({
			name,
			optional: false,
			length: text.endAt(from) - offset
		}, offset);
	}
	builder.copy(text, from, text.length);
	return builder.build(text.at(0));
}
// src/policy/bypass/scalars.ts
/** Keys of strings that are prose. */
const PROSE = /^(?:name|desc|description|summary|title|if|message|prompt|label|default_branch|uses|image)$/i;
/** Keys whose strings, and strings below, are scripts. */
const SCRIPTS = {
	workflow: /^(?:run|script|scripts|commands?|cmd|entrypoint)$/,
	action: /^(?:run|script|scripts|commands?|cmd|entrypoint)$/,
	devcontainer: /Command$/
};
/** Where everything that is no prose may be a script: fragments have names of their own. */
const NO_SCRIPTS = {
	gitlab: /^(?:variables|only|except|stages?|needs|tags|paths|include|extends|changes|exists|refs|dependencies|artifacts|services|cache|rules|environment|inputs|options|coverage|retry|timeout)$/,
	taskfile: /^(?:env|sources|generates|aliases|includes|dotenv|platforms|requires|version|dir|deps)$/
};
/** Reports what a string of a YAML or JSON surface sets. */
function readScalar(scalar, surface, report) {
	const { keys, value } = scalar;
	const last = keys.at(-1) ?? "";
	const variable = scalar.keyAt === void 0 ? void 0 : variableOf(keys);
	if (variable !== void 0) {
		reportVariable(variable, expand(value), "set", report, scalar.keyAt);
		return;
	}
	if (PROSE.test(last)) return;
	if (isScript(keys, surface)) {
		readScript(value, report);
		return;
	}
	const assignment = assignmentOf(value);
	if (assignment && isVariable(assignment.name) && !value.text.includes("\n")) reportVariable(assignment.name, expand(assignment.value), "set", report, value.at(0));
	else {
		readAssignmentLines(value, report);
		readFlagsIn(value, report);
	}
}
function isScript(keys, surface) {
	const scripts = SCRIPTS[surface];
	if (scripts) return keys.some((key) => scripts.test(key));
	const others = NO_SCRIPTS[surface];
	return others !== void 0 && !keys.some((key) => others.test(key));
}
/** `GOFLAGS: x`, `GOFLAGS: {value: x}`, and an action's input `go-flags: x`. */
function variableOf(keys) {
	const last = keys.at(-1) ?? "";
	if (isVariable(last)) return last;
	const parent = keys.at(-2) ?? "";
	if (/^(?:value|default)$/.test(last)) return inputName(parent);
	return /^(?:with|inputs|args)$/.test(parent) ? inputName(last) : void 0;
}
function inputName(key) {
	const name = key.replaceAll(/[-_]/g, "").toUpperCase();
	return isVariable(name) ? name : void 0;
}
// src/policy/bypass/yaml.ts
/** The strings of a YAML file in the order of the file, also of one that is broken as far as it can be read. */
function yamlScalars(file, yaml) {
	const documents = yaml.parseAllDocuments(file.text, {
		uniqueKeys: false,
		strict: false,
		logLevel: "silent",
		prettyErrors: false,
		stringKeys: false
	});
	const out = [];
	const stack = [];
	for (const document of [...documents].reverse()) stack.push({
		node: document.contents,
		keys: [],
		keyAt: void 0
	});
	for (let top = stack.pop(); top; top = stack.pop()) {
		const { node, keys, keyAt } = top;
		if (yaml.isMap(node)) for (const { key, value } of node.items.toReversed()) {
			const name = yaml.isScalar(key) ? String(key.value) : "";
			const at = yaml.isScalar(key) ? key.range?.[0] : void 0;
			stack.push({
				node: value,
				keys: deeper(keys, name),
				keyAt: at
			});
		}
		else if (yaml.isSeq(node)) for (const item of node.items.toReversed()) stack.push({
			node: item,
			keys,
			keyAt: void 0
		});
		else if (yaml.isScalar(node) && node.range) out.push({
			keys,
			keyAt,
			value: scalarText(file, node.range[0], node.range[1], node.type)
		});
	}
	return out;
}
/** Enough to tell what a string is for; a file of deep maps costs no more than its size. */
const MAX_KEYS = 12;
function deeper(keys, key) {
	return [...keys.length < MAX_KEYS ? keys : keys.slice(1), key.slice(0, 100)];
}
function scalarText(file, from, to, type) {
	switch (type) {
		case "BLOCK_LITERAL": return blockText(file, from, to, false);
		case "BLOCK_FOLDED": return blockText(file, from, to, true);
		case "QUOTE_DOUBLE": return quotedText(file, from + 1, to - 1, "\"");
		case "QUOTE_SINGLE": return quotedText(file, from + 1, to - 1, "'");
		default: return quotedText(file, from, to, "");
	}
}
/** A block scalar without its header and indentation. */
function blockText(file, from, to, folded) {
	const source = file.text;
	const header = source.indexOf("\n", from);
	const builder = new TextBuilder();
	if (header === -1 || header >= to) return builder.build(file.at(from));
	let indent = -1;
	let deep = false;
	for (let start = header + 1; start < to;) {
		const newline = source.indexOf("\n", start);
		const end = newline === -1 || newline > to ? to : newline;
		let first = start;
		while (first < end && source[first] === " ") first++;
		if (!(first === end || source[first] === "\r" && first + 1 === end)) {
			if (indent === -1) indent = first - start;
			const more = first - start > indent;
			const begin = start + Math.min(indent, first - start);
			if (builder.length > 0) builder.put(folded && !more && !deep ? " " : "\n", file.at(start - 1));
			builder.copy(file, begin, source[end - 1] === "\r" ? end - 1 : end);
			deep = more;
		} else if (builder.length > 0) builder.put("\n", file.at(start));
		start = end + 1;
	}
	return builder.build(file.at(from));
}
const ESCAPES = {
	n: "\n",
	t: "	",
	r: "\r",
	"0": "�",
	a: "\x07",
	e: "\x1B"
};
/** A flow scalar: line ends folded, and the escapes of its kind of quote resolved. */
function quotedText(file, from, to, quote) {
	const source = file.text;
	const builder = new TextBuilder();
	for (let i = from; i < to;) {
		const c = source[i] ?? "";
		if (c === "\n" || c === "\r") {
			const begin = i;
			let lines = 0;
			for (; i < to && /\s/.test(source[i] ?? ""); i++) if (source[i] === "\n") lines++;
			builder.put(lines > 1 ? "\n" : " ", file.at(begin));
		} else if (quote === "'" && c === "'") {
			builder.put("'", file.at(i));
			i += 2;
		} else if (quote === "\"" && c === "\\") i += putEscape(builder, file, i);
		else {
			const start = i++;
			while (i < to && !"\n\r'\\".includes(source[i] ?? "")) i++;
			builder.copy(file, start, i);
		}
	}
	return builder.build(file.at(from));
}
/** Decodes the escape at `i` and returns its length. */
function putEscape(builder, file, i) {
	const next = file.text[i + 1] ?? "";
	const digits = {
		x: 2,
		u: 4,
		U: 8
	}[next];
	if (digits !== void 0) {
		const code = Number.parseInt(file.text.slice(i + 2, i + 2 + digits), 16);
		const known = code > 0 && code <= 1114111;
		builder.put(known ? String.fromCodePoint(code) : "�", file.at(i));
		return 2 + digits;
	}
	if (next === "\n" || next === "\r") {
		let length = 2;
		while (/\s/.test(file.text[i + length] ?? "")) length++;
		return length;
	}
	builder.put(ESCAPES[next] ?? next, file.at(i + 1));
	return 2;
}
// src/policy/bypass/find.ts
const YAML_SURFACES = [
	"workflow",
	"action",
	"gitlab",
	"taskfile"
];
/** A YAML file beyond this is told as not read: its parser is slow on hostile input. */
const MAX_YAML = 262144;
/**
* What a file sets and which flags it gives to go, in the order of the file, one at a place. `text` is the
* whole file, `yaml` is needed for YAML_SURFACES. Throws what the YAML library throws, and nothing else.
*/
function findSettings(text, surface, yaml) {
	if (!mayMatter(text)) return [];
	const found = /* @__PURE__ */ new Map();
	const report = (setting) => {
		found.set(`${setting.from} ${setting.name}`, setting);
	};
	const file = wholeText(text);
	const scalars = (list) => {
		for (const scalar of list) readScalar({
			...scalar,
			value: withPlaceholders(scalar.value, surface)
		}, surface, report);
	};
	switch (surface) {
		case "workflow":
		case "action":
		case "gitlab":
		case "taskfile":
			if (!yaml) throw new Error("the YAML parser was not loaded: await loadSurfaceParsers() first");
			scalars(yamlScalars(file, yaml));
			break;
		case "devcontainer":
		case "vscode":
			scalars(jsonScalars(file));
			break;
		case "dockerfile":
			readDockerfile(file, report);
			break;
		case "makefile":
			readMakefile(file, report);
			break;
		case "dotenv":
			readDotenv(file, report);
			break;
		case "shell": readScript(file, report);
	}
	return [...found.values()].sort((a, b) => a.from - b.from);
}
// src/policy/bypass/surfaces.ts
/** How a finding calls a file of the kind, and the word in its fingerprint. */
const SURFACE_NAMES = {
	workflow: "workflow",
	action: "action",
	gitlab: "GitLab CI file",
	dockerfile: "Dockerfile",
	makefile: "Makefile",
	shell: "script",
	dotenv: "environment file",
	taskfile: "Taskfile",
	devcontainer: "dev container",
	vscode: "editor setting"
};
const BY_NAME = [
	[/^\.github\/workflows\/[^/]+\.ya?ml$/, "workflow"],
	[/(?:^|\/)action\.ya?ml$/, "action"],
	[/(?:^|\/)(?:[^/]*\.)?gitlab-ci\.ya?ml$/, "gitlab"],
	[/(?:^|\/)(?:\.gitlab|\.?gitlab-ci|\.?ci)\/.*\.ya?ml$/, "gitlab"],
	[/(?:^|\/)(?:Docker|Container)file(?:[.-][^/]*)?$/, "dockerfile"],
	[/\.(?:dockerfile|containerfile)$/i, "dockerfile"],
	[/(?:^|\/)(?:GNUm|M|m)akefile(?:[.-][^/]*)?$/, "makefile"],
	[/\.(?:mk|mak|make)$/, "makefile"],
	[/(?:^|\/)[Tt]askfile[^/]*\.ya?ml$/, "taskfile"],
	[/(?:^|\/)\.devcontainer(?:\/(?:[^/]+\/)*devcontainer)?\.json$/, "devcontainer"],
	[/(?:^|\/)\.vscode\/settings\.json$/, "vscode"],
	[/\.code-workspace$/, "vscode"],
	[/(?:^|\/)\.envrc(?:\.[^/]*)?$/, "shell"],
	[/\.(?:sh|bash|zsh|ksh|ps1|psm1|bat|cmd)$/, "shell"],
	[/(?:^|\/)(?:\.env(?:\.[^/]*)?|[^/]+\.env|go\/env)$/, "dotenv"],
	[/(?:^|\/)(?:scripts?|hack|bin|ci|\.ci|build|tools|_scripts)\/(?:[^/]+\/)*[^/.]+$/, "shell"]
];
const NOT = /\.(?:md|markdown|rst|adoc|dockerignore|go)$/i;
/**
* What kind of settings a file of this name may hold, by its repo-relative path with `/` alone; undefined for
* a file that need not be read. For a script without an extension `shell` is a guess that its first line confirms.
*/
function isSurface(path) {
	if (NOT.test(path)) return void 0;
	return BY_NAME.find(([name]) => name.test(path))?.[1];
}
// src/policy/bypass/parsers.ts
let yaml;
/**
* Loads what the files given need to be read by env/bypass: rules have no effects and cannot wait, and a start
* without such files must not pay for a parser. To be awaited before rules run over a tree with these texts.
*/
async function loadSurfaceParsers(texts) {
	if (yaml !== void 0) return;
	if (texts.some(({ path, bytes }) => {
		const surface = isSurface(path);
		return surface !== void 0 && YAML_SURFACES.includes(surface) && mayMatter(Buffer.from(bytes).toString("latin1"));
	})) yaml = await import("../vendor/lazy/yaml.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1));
}
function loadedYaml() {
	return yaml;
}
// src/policy/bypass/reasons.ts
const REMOVE = "Remove it";
const FLAG_WORDS = {
	"-modfile": {
		what: "builds from another go.mod and go.sum",
		why: "The go.mod beside the code is what people review; go reads the other file instead, with its replaces and hashes.",
		fix: `${REMOVE}, or keep tools in a module of their own and call go with -C DIR.`
	},
	"-overlay": {
		what: "puts other files in the place of go.mod and sources",
		why: "go compiles the files that the overlay names: neither review nor go.sum has seen them.",
		fix: `${REMOVE}; put the change into the sources, or a replace into go.mod.`
	},
	"-toolexec": {
		what: "runs a program around every compile",
		why: "The program can change what is compiled, and its objects stay in the build cache for later builds without it.",
		fix: `${REMOVE}; where an instrumenting tool is wanted, give it a job and a build cache of its own.`
	},
	"-mod": {
		what: "lets go change go.mod and go.sum while it builds",
		why: "What is built is then no longer what was reviewed.",
		fix: "Use -mod=readonly, which is what go does anyway, and commit what go mod tidy says."
	},
	"-insecure": {
		what: "fetches over plain connections and without the checksum database",
		why: "Whoever is on the way can put other code in place.",
		fix: `${REMOVE}; go 1.26 does not know it any more.`
	}
};
const BESIDE = "Modules then come in without the proxy that the policy is kept by.";
const VARIABLE_WORDS = {
	GOFLAGS: {
		what: "gives flags to every go command",
		why: "Flags like -modfile, -overlay and -toolexec change what is built without a trace in go.mod.",
		fix: "Write the flags out."
	},
	GOPROXY: {
		what: "fetches modules from another proxy",
		why: BESIDE,
		fix: `${REMOVE}; a proxy behind ours belongs in proxy.upstream of the policy file.`
	},
	GONOPROXY: {
		what: "fetches modules from their origin",
		why: BESIDE,
		fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`
	},
	GOPRIVATE: {
		what: "fetches modules from their origin, without the checksum database",
		why: BESIDE,
		fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`
	},
	GONOSUMDB: {
		what: "keeps modules from the checksum database",
		why: "Nobody but go.sum then tells whether a module is what the world got, and a new one is believed at sight.",
		fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`
	},
	"GOSUMDB=off": {
		what: "switches the checksum database off",
		why: "Nobody but go.sum then tells whether a module is what the world got, and a new one is believed at sight.",
		fix: `${REMOVE}; for modules that are not public name them in GONOSUMDB and leave the others checked.`
	},
	GOSUMDB: {
		what: "asks another checksum database",
		why: "It is believed as to which contents of a module the world got.",
		fix: `${REMOVE}; the one that go was built with needs no setting.`
	},
	GOINSECURE: {
		what: "fetches over plain connections",
		why: "Whoever is on the way can put other code in place.",
		fix: `${REMOVE}; give the host a certificate, or the job the authority that signed it.`
	},
	GOWORK: {
		what: "builds in another workspace",
		why: "Its use and replace lines count more than those of go.mod.",
		fix: `${REMOVE}, or set GOWORK=off.`
	},
	GOENV: {
		what: "reads variables of go from another file",
		why: "Any of them can be set there: the proxy, the checksum database, flags.",
		fix: `${REMOVE}, or set GOENV=off.`
	},
	GOAUTH: {
		what: "runs a program for credentials",
		why: "It runs at each first fetch from a host and sees the addresses.",
		fix: `${REMOVE}; credentials belong in proxy.credentials of the policy file.`
	},
	GOVCS: {
		what: "changes which version control may fetch modules",
		why: "go keeps most of them from public modules, because their programs were not made for hostile servers.",
		fix: `${REMOVE}, or set GOVCS='*:off'.`
	},
	GO111MODULE: {
		what: "builds without go.mod",
		why: "go then takes whatever lies in GOPATH, in no checked version.",
		fix: `${REMOVE}.`
	},
	GOTOOLCHAIN: {
		what: "chooses the toolchain",
		why: "Another go is fetched and run, whatever go.mod and the image say.",
		fix: "Name the version in the toolchain line of go.mod, or set GOTOOLCHAIN=local."
	}
};
const NO_VARIABLE_WORDS = {
	what: "is no variable of go",
	why: "It does nothing, and whoever set it believes otherwise; most often GONOSUMDB or GOSUMDB was meant.",
	fix: `${REMOVE}.`
};
// src/policy/bypass/verdict.ts
/** What is reported when nothing is configured: what no build needs. */
const QUIET_FLAGS = /* @__PURE__ */ new Set([
	"-modfile",
	"-overlay",
	"-toolexec"
]);
const QUIET_VARIABLES = /* @__PURE__ */ new Set([
	"GOSUMDB",
	"GOINSECURE",
	"GOFLAGS"
]);
/** Values that take nothing past anybody: they forbid, or are what go does anyway. */
const HARMLESS = {
	GOPROXY: /^off$/,
	GONOPROXY: /^none$/,
	GONOSUMDB: /^none$/,
	GOINSECURE: /^none$/,
	GOPRIVATE: /^none$/,
	GOWORK: /^(?:off|auto)$/,
	GOENV: /^off$/,
	GOAUTH: /^off$/,
	GOVCS: /^\*:off$/,
	GO111MODULE: /^(?:on|auto)$/,
	GOTOOLCHAIN: /^local$/
};
/** Judges one setting; GOFLAGS are judged as the flags they hold, see `flagsIn`. */
function judge(setting, all) {
	return setting.how === "flag" || setting.how === "goflags" ? judgeFlag(setting, all) : judgeVariable(setting, all);
}
function judgeFlag({ name, value, how }, all) {
	const words = FLAG_WORDS[name];
	if (name === "" && how === "goflags") return {
		state: "unknown",
		name: "GOFLAGS",
		words: VARIABLE_WORDS.GOFLAGS
	};
	if (!words) return void 0;
	if (QUIET_FLAGS.has(name)) return value.length === 0 ? void 0 : {
		state: "bypass",
		name,
		words
	};
	if (!all) return void 0;
	if (name === "-insecure") return /^(?:false|0)$/i.test(value.text) ? void 0 : {
		state: "bypass",
		name,
		words
	};
	if (value.text.includes("\0")) return {
		state: "unknown",
		name,
		words
	};
	return value.text === "mod" ? {
		state: "bypass",
		name,
		words
	} : void 0;
}
function judgeVariable(setting, all) {
	const { name, value } = setting;
	if (NO_VARIABLES.has(name)) return all && value.length > 0 ? {
		state: "no-variable",
		name,
		words: NO_VARIABLE_WORDS
	} : void 0;
	if (!all && !QUIET_VARIABLES.has(name)) return void 0;
	const words = VARIABLE_WORDS[name];
	const text = value.without((hole) => isOwn(hole, name)).trim();
	if (!words || text === "") return void 0;
	if ((setting.how === "soft" || [...value.holes.values()].some((hole) => hole.optional && isOwn(hole, name))) && name === "GOPROXY") return void 0;
	const known = value.without((hole) => hole.optional || isOwn(hole, name)).trim();
	if (known.includes("\0") || /%\w+%/.test(known)) return {
		state: "unknown",
		name,
		words
	};
	if (known === "") return text === "" ? void 0 : {
		state: "unknown",
		name,
		words
	};
	if (HARMLESS[name]?.test(known)) return void 0;
	if (name === "GOSUMDB" && !all && known !== "off") return void 0;
	return {
		state: "bypass",
		name,
		words: VARIABLE_WORDS[`${name}=${known}`] ?? words
	};
}
/** `GOFLAGS=$GOFLAGS …`: what was inherited is judged where it was set. */
function isOwn(hole, name) {
	return hole.name === name || hole.name?.toLowerCase() === `env:${name.toLowerCase()}`;
}
/** The flags in a value of GOFLAGS, each a setting of its own; an unknown part has the empty name. */
function* flagsIn(setting) {
	for (const match of setting.value.text.matchAll(/\S+/g)) {
		const quote = /^["']/.test(match[0]) ? 1 : 0;
		const end = match.index + match[0].length - (quote && /["']$/.test(match[0]) && match[0].length > 1 ? 1 : 0);
		const word = setting.value.slice(match.index + quote, end);
		const at = {
			how: "goflags",
			from: word.at(0),
			to: word.endAt(word.length)
		};
		const flag = flagOf(word);
		if (flag) yield {
			name: flag.name,
			value: flag.value ?? word.slice(word.length),
			...at
		};
		else if (hidesFlag(word.text) && !own(word.holes)) yield {
			name: "",
			value: word,
			...at
		};
	}
}
/** An expansion that may hold the name of a flag, and not only the value of one. */
function hidesFlag(word) {
	const hole = word.indexOf("\0");
	const equals = word.indexOf("=");
	return hole !== -1 && (equals === -1 || hole < equals);
}
function own(holes) {
	return [...holes.values()].every((hole) => isOwn(hole, "GOFLAGS"));
}
// src/policy/patterns.ts
const META = /[*?[\\]/;
/**
* Many GOPRIVATE globs, asked for many paths: patterns without wildcards are looked up by each leading part of
* a path, those whose first element has no wildcard by that element, and only the rest is tried one by one.
* Patterns are well-formed; the configuration was refused otherwise.
*/
var PatternIndex = class {
	#exact = /* @__PURE__ */ new Map();
	#byHost = /* @__PURE__ */ new Map();
	#loose = [];
	/** Elements of the longest pattern without wildcards. */
	#elements = 0;
	constructor(entries) {
		for (const [pattern, item] of entries) this.#add(pattern.replace(/\/$/, ""), item);
	}
	#add(glob, item) {
		if (glob === "") return;
		const meta = glob.search(META);
		if (meta < 0) {
			append(this.#exact, glob, item);
			this.#elements = Math.max(this.#elements, glob.split("/").length);
			return;
		}
		const pattern = {
			glob,
			prefix: glob.slice(0, meta),
			item
		};
		const slash = pattern.prefix.indexOf("/");
		if (slash < 0) this.#loose.push(pattern);
		else append(this.#byHost, glob.slice(0, slash), pattern);
	}
	/** What belongs to the patterns that match a prefix of the path: those without wildcards first, longest first. */
	matches(path) {
		const found = [];
		let end = -1;
		for (let n = 0; n < this.#elements; n++) {
			end = path.indexOf("/", end + 1);
			const part = end < 0 ? path : path.slice(0, end);
			found.unshift(...this.#exact.get(part) ?? []);
			if (end < 0) break;
		}
		const slash = path.indexOf("/");
		const candidates = slash < 0 ? void 0 : this.#byHost.get(path.slice(0, slash));
		for (const pattern of candidates ?? []) if (path.startsWith(pattern.prefix) && matchGlobs(pattern.glob, path)) found.push(pattern.item);
		for (const pattern of this.#loose) if (path.startsWith(pattern.prefix) && matchGlobs(pattern.glob, path)) found.push(pattern.item);
		return found;
	}
};
function append(map, key, item) {
	const list = map.get(key);
	if (list === void 0) map.set(key, [item]);
	else list.push(item);
}
// src/policy/options.ts
/** A list of texts; empty when nothing is said. */
function textsOption(options, name) {
	const value = options[name];
	return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
/** One text; undefined when nothing is said. */
function textOption(options, name) {
	const value = options[name];
	return typeof value === "string" ? value : void 0;
}
/** Whether a switch is on; off when nothing is said. */
function flagOption(options, name) {
	return options[name] === true;
}
/** Whether a path is on a list of GOPRIVATE globs; made once, asked for each path. */
function globsOption(options, name) {
	const index = new PatternIndex(textsOption(options, name).map((glob) => [glob, true]));
	return (path) => index.matches(path).length > 0;
}
// src/policy/place.ts
/** A span of a parsed file as findings have it: UTF-16 columns, the end exclusive, never empty. */
function placeOf(file, { start, end }) {
	const sameLine = end.line <= start.line;
	return {
		file,
		line: start.line,
		column: start.utf16,
		endLine: sameLine ? start.line : end.line,
		endColumn: sameLine ? Math.max(end.utf16, start.utf16 + 1) : end.utf16
	};
}
/** What is wrong with a file as a whole stands at its first line. */
function wholeFile(file) {
	return {
		file,
		line: 1,
		column: 1,
		endLine: 1,
		endColumn: 2
	};
}
// src/policy/words.ts
/** Text of a repository in the words of a finding: on one line, bounded, no control or bidirectional character. */
const TOKEN_LIMIT = 120;
function cut(text, limit) {
	if (text.length <= limit) return {
		text,
		rest: ""
	};
	const end = /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
	return {
		text: text.slice(0, end),
		rest: "…"
	};
}
/** A token in quotes, as Go's `%q` prints it, at most `limit` UTF-16 units of it. */
function shown(token, limit = TOKEN_LIMIT) {
	const { text, rest } = cut(token, limit);
	return quote(text) + rest;
}
/** Words that may hold untrusted text, such as Go's messages: escaped as in `shown`, without the quotes. */
function plain(words, limit = 300) {
	const { text, rest } = cut(words, limit);
	let out = "";
	for (const ch of text) out += ch === "'" || ch === "\\" ? ch : quoteRune(ch).slice(1, -1);
	return out + rest;
}
/** An argument of a command that a reader may paste into a POSIX shell. */
function argument(text, limit = 200) {
	const word = plain(text, limit);
	return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
/** `path@version`, or the path alone, in quotes. */
function shownModule(path, version) {
	return shown(version === void 0 || version === "" ? path : `${path}@${version}`, 160);
}
// src/policy/rules/env-bypass.ts
/** More findings of one file tell nothing new. */
const MAX_FINDINGS = 200;
/** Variables and flags that take the go command past the policy. */
const envBypass = {
	id: "env/bypass",
	page: {
		summary: "A workflow, CI file, Dockerfile, Makefile, script or setting gives the go command a variable or flag that goes around go.mod, the checksum database or the proxy.",
		why: "None of these leaves a trace in go.mod: `GOFLAGS=-modfile=x.mod` builds from another file, `-overlay` and `-toolexec` change sources and compiles, `GOSUMDB=off` lets a new module be believed at sight. Reviewers see go.mod and think that it is what is built.",
		limits: "By default only `GOSUMDB=off`, a `GOINSECURE` that is not empty, `-modfile`, `-overlay` and `-toolexec` are reported, because the rest is common practice. `all: true` adds GOPROXY, GONOPROXY, GOPRIVATE, GONOSUMDB, any GOSUMDB, GOWORK, GOENV, GOAUTH, GOVCS, GOTOOLCHAIN, `GO111MODULE=off`, `-mod=mod` and `-insecure`, and names that are no variables of go, such as GONOSUMCHECK. Values that only the job knows (expressions, `$NAME`, `$(…)`) are said to be unknown: as notes, and at the level of the rule with `all: true`. Values that forbid (`GOWORK=off`, `GOPROXY=off`, `GOTOOLCHAIN=local`), empty ones, and those that pass on what was inherited (`GOFLAGS=\"$GOFLAGS -v\"`) are not reported. Files are told by their names: workflows, composite actions, GitLab CI files, Dockerfiles, Makefiles, shell, PowerShell and batch scripts, .envrc, .env, go.env, Taskfiles, dev containers, and settings of VS Code (as notes: they reach the editor only). What a program puts together while it runs, what lies outside the repository (variables of the forge, the image, an included file of another project), and `go build $FLAGS` are not seen: in a job the session tells of those that reach it.",
		config: "rules:\n  env/bypass:\n    level: error\n    all: true\n    allow: [GOPRIVATE, GOFLAGS=-mod=mod, -modfile=tools/go.mod]",
		bad: {
			file: "Dockerfile",
			text: "FROM golang\nENV GOSUMDB=off\nRUN go build ./...\n"
		},
		good: {
			file: "Dockerfile",
			text: "FROM golang\nENV GOFLAGS=-mod=readonly\nRUN go build ./...\n"
		}
	},
	check: function* ({ tree, options }) {
		const all = options.all === true;
		const allow = new Set(textsOption(options, "allow"));
		for (const file of tree.texts) {
			const surface = surfaceOf(file);
			if (surface) yield* checkFile(file, surface, all, allow);
		}
	}
};
/** The kind of a file, the first line of a script without an extension included. */
function surfaceOf({ path, bytes }) {
	const surface = isSurface(path);
	if (surface !== "shell" || /\.[^/]*$/.test(path)) return surface;
	return /^#![^\n]*sh\b/.test(Buffer.from(bytes.subarray(0, 100)).toString("latin1")) ? surface : void 0;
}
/** A file is judged by each layer of the policy, and read once. */
const scans = /* @__PURE__ */ new WeakMap();
function scan(file, surface) {
	const known = scans.get(file);
	if (known) return known;
	const fresh = read(new TextDecoder().decode(file.bytes), surface);
	scans.set(file, fresh);
	return fresh;
}
function read(text, surface) {
	if (YAML_SURFACES.includes(surface) && text.length > 262144 && mayMatter(text)) return {
		text,
		settings: [],
		unread: `it is larger than ${MAX_YAML / 1024} KiB`
	};
	try {
		return {
			text,
			settings: onePerPlace(findSettings(text, surface, loadedYaml()).flatMap(exploded))
		};
	} catch (error) {
		if (error instanceof RangeError) return {
			text,
			settings: [],
			unread: "it is nested too deeply"
		};
		throw error;
	}
}
/** A value that is read in two ways is told of once, as the variable that holds it. */
function onePerPlace(settings) {
	const byPlace = /* @__PURE__ */ new Map();
	for (const setting of settings) if (setting.how !== "flag" || !byPlace.has(setting.from)) byPlace.set(setting.from, setting);
	return [...byPlace.values()].sort((a, b) => a.from - b.from);
}
function exploded(setting) {
	return setting.name === "GOFLAGS" ? [...flagsIn(setting)] : [setting];
}
function* checkFile(file, surface, all, allow) {
	const { text, settings, unread } = scan(file, surface);
	const kind = SURFACE_NAMES[surface];
	if (unread !== void 0) {
		yield {
			place: wholeFile(file.path),
			message: `this ${kind} was not searched for settings of go: ${unread}`,
			why: "It names variables or flags of go, and nobody knows what it sets.",
			fix: "Split it, or take settings of go out of it.",
			key: `${surface} unread`
		};
		return;
	}
	const place = placesIn(text, file.path);
	let count = 0;
	for (const setting of settings) {
		const verdict = judge(setting, all);
		if (!verdict) continue;
		const written = text.slice(setting.from, setting.to);
		if (namesOf(setting, verdict, written).some((name) => allow.has(name))) continue;
		count++;
		if (count > MAX_FINDINGS) continue;
		yield found(setting, verdict, written, {
			place: place(setting.from, setting.to),
			surface,
			all
		});
	}
	if (count > MAX_FINDINGS) yield {
		place: wholeFile(file.path),
		message: `${count - MAX_FINDINGS} more settings of go in this ${kind} are not listed`,
		why: `The first ${MAX_FINDINGS} are.`,
		fix: "Set them at one place, or allow those that are meant.",
		key: `${surface} more`
	};
}
/** The forms in which a policy may allow the setting. */
function namesOf(setting, verdict, written) {
	const value = setting.value.text;
	if (setting.how === "flag") return [
		verdict.name,
		`${verdict.name}=${value}`,
		written
	];
	const flag = setting.name === "" ? written : setting.name === "-insecure" ? "-insecure" : `${setting.name}=${value}`;
	if (setting.how === "goflags") return [
		"GOFLAGS",
		`GOFLAGS=${flag}`,
		`GOFLAGS=${written}`,
		setting.name,
		flag
	];
	return [
		verdict.name,
		`${verdict.name}=${value}`,
		`${verdict.name}=${written}`
	];
}
function found(setting, verdict, written, { place, surface, all }) {
	const { words, state } = verdict;
	const inFlags = setting.how === "goflags" && setting.name !== "";
	const kind = SURFACE_NAMES[surface];
	const flag = setting.how === "flag" || inFlags;
	const safe = shown(redactText(written), 100);
	const what = flag ? `${inFlags ? "GOFLAGS with " : ""}${safe}` : `${verdict.name}=${safe}`;
	const kept = setting.how === "kept" ? ", and go env -w keeps it for later commands" : "";
	const note = surface === "vscode" || state === "unknown" && !all;
	return {
		place,
		message: state === "unknown" ? `${what} in this ${kind} is not known before the job runs${kept}` : state === "no-variable" ? `${verdict.name}, set in this ${kind}, ${words.what}` : `${what} in this ${kind} ${words.what}${kept}`,
		why: state === "unknown" ? `Nobody can say that it is harmless. ${words.why}` : words.why,
		fix: state === "unknown" ? "Write the value out, or allow the variable in the policy file." : `${words.fix} Where it is meant: rules: {env/bypass: {allow: [${listItem(allowForm(setting, verdict, written))}]}}`,
		key: `${surface} ${inFlags ? "GOFLAGS " : ""}${verdict.name} ${written.replaceAll(/\s+/g, " ").slice(0, 200)}`,
		...note ? { level: "note" } : {}
	};
}
/** The narrowest entry of `allow` that accepts the setting. */
function allowForm(setting, verdict, written) {
	const { how, name, value } = setting;
	const prefix = how === "goflags" ? "GOFLAGS=" : how === "flag" ? "" : `${verdict.name}=`;
	if (value.text.includes("\0")) return prefix + written;
	if (how === "flag" || how === "goflags") return value.length > 0 ? `${prefix}${name}=${value.text}` : prefix + name;
	return value.length > 0 ? `${prefix}${redactText(value.text)}` : verdict.name;
}
/** An item of a YAML list between brackets. */
function listItem(text) {
	return /^[\w=./:@+*-]+$/.test(text) && text.length <= 100 ? text : shown(text, 100);
}
/** Places of offsets in a text that come in ascending order; a place ends with its first line. */
function placesIn(text, file) {
	let line = 1;
	let start = 0;
	return (from, to) => {
		for (let at = text.indexOf("\n", start); at !== -1 && at < from; at = text.indexOf("\n", start)) {
			line++;
			start = at + 1;
		}
		const newline = text.slice(from, Math.min(to, from + 1e4)).search(/\r?\n/);
		const end = newline <= 0 ? to : from + newline;
		const column = from - start + 1;
		return {
			file,
			line,
			column,
			endLine: line,
			endColumn: Math.max(end - start + 1, column + 1)
		};
	};
}
// src/policy/rules/exclude-used.ts
/** Exclude directives. */
const excludeUsed = {
	id: "exclude/used",
	page: {
		summary: "A go.mod excludes a version.",
		why: "An exclude holds only while the module is built on its own: those who require it do not get it, `go install …@version` refuses the module, and most excludes outlive their reason.",
		limits: "Excludes are common practice: the rule is off until it is switched on.",
		config: "rules:\n  exclude/used: warning",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nexclude example.com/cart v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.2.1\n"
		}
	},
	check: function* ({ tree }) {
		for (const { path, mod } of tree.mods) for (const line of mod.exclude) {
			const id = `${line.path.value}@${line.version.value}`;
			yield {
				place: placeOf(path, {
					start: line.path.span.start,
					end: line.version.span.end
				}),
				module: line.path.value,
				version: line.version.value,
				message: `${shownModule(line.path.value, line.version.value)} is excluded`,
				why: "An exclude holds only here: who requires this module does not get it, and go install refuses it.",
				fix: `Require a later version instead: go mod edit -dropexclude=${argument(id)} ${argument(path)}`,
				key: line.version.value
			};
		}
	}
};
// src/policy/rules/go-version-range.ts
/** Go versions of go.mod and go.work outside the range that the policy sets. */
const goVersionRange = {
	id: "go/version-range",
	page: {
		summary: "A go line is older or newer than the policy allows.",
		why: "The go line decides which language and which defaults for security a build gets, and a line newer than the installed go makes it fetch another toolchain.",
		limits: "Without a go line a go.mod means 1.16 and a go.work 1.18. Versions are in Go’s order: 1.26 is older than 1.26rc1, and that is older than 1.26.0. A max of 1.26 includes the releases 1.26.1 and so on.",
		config: "rules:\n  go/version-range:\n    min: \"1.25\"\n    max: \"1.26\"",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.17\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26.3\n"
		}
	},
	check: function* ({ tree, options }) {
		const range = {
			min: bare(textOption(options, "min")),
			max: bare(textOption(options, "max"))
		};
		for (const { path, mod, problems } of tree.mods) {
			if (mod.go === void 0 && problems.length > 0) continue;
			yield* outside(path, mod.go, "1.16", range);
		}
		for (const { path, work, problems } of tree.works) {
			if (work.go === void 0 && problems.length > 0) continue;
			yield* outside(path, work.go, "1.18", range);
		}
	}
};
function bare(version) {
	return version?.startsWith("go") === true ? version.slice(2) : version;
}
function isAbove$1(version, max) {
	if (isGoLanguage(max) && goLanguage(version) === max) return false;
	return compareGoVersions(version, max) > 0;
}
function* outside(file, line, implied, { min, max }) {
	const version = line?.value.value ?? implied;
	const said = line === void 0 ? `no go line, which means ${implied},` : `go ${shown(version)}`;
	const verb = file.endsWith(".work") ? "go work edit" : "go mod edit";
	const place = line === void 0 ? wholeFile(file) : placeOf(file, line.value.span);
	if (min !== void 0 && compareGoVersions(version, min) < 0) yield {
		place,
		version,
		message: `${said} is older than ${min}, the oldest that the policy allows`,
		why: "Old language versions keep old behaviour and defaults alive, also where they were changed for security.",
		fix: `${verb} -go=${min} ${argument(file)}`,
		key: "min"
	};
	else if (max !== void 0 && isAbove$1(version, max)) yield {
		place,
		version,
		message: `${said} is newer than ${max}, the newest that the policy allows`,
		why: "With an older go installed, a newer line makes it fetch and run another toolchain.",
		fix: `${verb} -go=${max} ${argument(file)}`,
		key: "max"
	};
}
// src/policy/lines.ts
/**
* The lines of a file by number, from 1, without their ends; empty where there is no such line. The places of
* all lines are looked up once, at the first question, so that many findings of a long file cost no more than one.
*/
function textLines(bytes) {
	const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let starts;
	return (line) => {
		starts ??= lineStarts(data);
		const start = starts[line - 1];
		if (start === void 0) return "";
		const end = starts[line] ?? data.length + 1;
		return data.toString("utf8", start, end - 1).replace(/\r$/, "");
	};
}
function lineStarts(data) {
	const starts = [0];
	for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) starts.push(at + 1);
	return starts;
}
// src/policy/repo-path.ts
/** Paths of a repository as git's index has them: relative to its root, with `/`, the same on every system. */
/** Whether a directory of a replace or use is absolute on any system: `/x`, `\x`, `\\host\x`, `C:x`. */
function isAbsolutePath(path) {
	return /^(?:[/\\]|[A-Za-z]:)/.test(path);
}
/**
* A relative path from a directory of the repository, cleaned as Go does before it looks at the disk: so
* `./link/../lib` never follows `link`. Empty for the root; begins with `..` when it leaves the repository.
*/
function cleanPath(dir, path) {
	const out = [];
	for (const part of `${dir}/${path.replaceAll("\\", "/")}`.split("/")) {
		if (part === "" || part === ".") continue;
		if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
		else out.push(part);
	}
	return out.join("/");
}
/** Whether a cleaned path leaves the repository. */
function isOutside(path) {
	return path === ".." || path.startsWith("../");
}
/** As many as Linux follows. */
const MAX_LINKS = 40;
/** Longer than any system lets a link be. */
const MAX_LINK_TEXT = 4096;
/** Follows tracked links component by component from a cleaned path inside the repository. */
function resolveLinks(tree, path) {
	const todo = components(path);
	let at = "";
	let followed = path;
	for (let links = 0;;) {
		const part = todo.pop();
		if (part === void 0) return {
			kind: "inside",
			path: at
		};
		if (part === "..") {
			if (at === "") return {
				kind: "outside",
				link: followed,
				target: ".."
			};
			at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
			continue;
		}
		const next = at === "" ? part : `${at}/${part}`;
		const kind = tree.kind(next);
		if (kind === void 0) {
			const last = cleanPath(next, todo.reverse().join("/"));
			return isOutside(last) ? {
				kind: "outside",
				link: followed,
				target: last
			} : {
				kind: "inside",
				path: last
			};
		}
		if (kind === "submodule") return {
			kind,
			path: next
		};
		const target = kind === "symlink" ? tree.link(next) : void 0;
		if (target === void 0) {
			at = next;
			continue;
		}
		if (++links > MAX_LINKS) return {
			kind: "loop",
			link: next
		};
		if (isAbsolutePath(target)) return {
			kind: "outside",
			link: next,
			target
		};
		followed = next;
		todo.push(...components(target.slice(0, MAX_LINK_TEXT)));
	}
}
function components(path) {
	return path.split("/").filter((part) => part !== "" && part !== ".").reverse();
}
// src/policy/rules/gomod-invalid.ts
const WHY = "go stops at this file: no command works in the module, and what the file means is anyone’s guess.";
/** What go refuses in go.mod, go.work and go.sum, in Go's words and at Go's position. */
const gomodInvalid = {
	id: "gomod/invalid",
	page: {
		summary: "go refuses this go.mod, go.work or go.sum, or it cannot be read.",
		why: "Every tool reads a broken file in its own way, so nothing that another rule says about it can be relied upon; and go itself does not build the module. The position and the words are those of go.",
		limits: "A go.mod below the root that holds nothing but comments is left alone: it keeps a directory out of the module around it. Versions such as a branch name are reported, though `go mod tidy` would resolve them: what is committed must say what is built.",
		config: "rules:\n  gomod/invalid: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1\nrequires example.com/till v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\nrequire example.com/till v1.2.0\n"
		}
	},
	check: function* ({ tree }) {
		for (const { path, why } of tree.unread) yield unreadable(path, why);
		for (const file of tree.mods) {
			yield* refused(file, file.mod.rejected);
			yield* withoutModule(file);
		}
		for (const file of tree.works) {
			yield* refused(file, file.work.rejected);
			yield* usedTwice(file, tree);
		}
		for (const file of tree.sums) yield* malformedSum(file);
	}
};
function unreadable(path, why) {
	return {
		place: wholeFile(path),
		message: `${shown(path)} cannot be read: ${plain(why)}`,
		why: "What cannot be read cannot be checked, and go cannot read it either.",
		fix: `Commit the file itself, as text and readable, or remove it: git rm ${argument(path)}`,
		key: "unread"
	};
}
function* refused({ path, problems }, rejected) {
	const byLine = new Map(rejected.map((line) => [line.span.start.line, line]));
	for (const { message, span } of problems) {
		const line = byLine.get(span.start.line);
		const module = line !== void 0 && NAMES_MODULE.has(line.verb) ? line.words[0]?.value : void 0;
		yield {
			place: placeOf(path, span),
			...module === void 0 ? {} : { module },
			message: plain(message),
			why: WHY,
			fix: fixOf$2(message, path),
			key: message
		};
	}
}
const NAMES_MODULE = /* @__PURE__ */ new Set([
	"require",
	"exclude",
	"replace"
]);
function fixOf$2(message, path) {
	const verb = path.endsWith(".work") ? "go work edit" : "go mod edit";
	if (/must be of the form v1\.2\.3/.test(message)) return "Write the version that is meant: go list -m -f {{.Version}} MODULE@QUERY prints it for a branch or commit.";
	if (/should be v\d/.test(message)) return "Give path and version the same major: /v2 belongs at the end of the path of v2 and up.";
	return `Mend the line; ${verb} -json ${argument(path)} says whether go takes the file.`;
}
function* withoutModule({ path, dir, mod, problems }) {
	if (mod.module !== void 0 || problems.length > 0) return;
	if (mod.go === void 0 && mod.require.length + mod.replace.length + mod.tool.length === 0 && dir !== "") return;
	if (!path.endsWith("go.mod")) return;
	yield {
		place: wholeFile(path),
		message: "missing module declaration",
		why: WHY,
		fix: `Say the path of the module: go mod edit -module=example.com/mod ${argument(path)}`,
		key: "no module"
	};
}
function* usedTwice({ path, dir, work }, tree) {
	const dirs = /* @__PURE__ */ new Set();
	const modules = /* @__PURE__ */ new Map();
	const declared = new Map(tree.mods.map((file) => [file.path, file.mod.module?.path.value]));
	for (const { value } of work.use) {
		const used = isAbsolutePath(value.value) ? value.value : cleanPath(dir, value.value);
		const module = declared.get(used === "" ? "go.mod" : `${used}/go.mod`);
		const again = module === void 0 ? void 0 : modules.get(module);
		if (dirs.has(used)) yield twice(path, value.span, `path ${shown(value.value)} appears multiple times in workspace`, `use ${used}`);
		else if (module !== void 0 && again !== void 0) {
			const message = `module ${shown(module)} appears multiple times in workspace: ${shown(again)} declares it, too`;
			yield {
				...twice(path, value.span, message, `use ${used}`),
				module
			};
		}
		dirs.add(used);
		if (module !== void 0 && again === void 0) modules.set(module, value.value);
	}
}
function twice(path, span, message, key) {
	return {
		place: placeOf(path, span),
		message,
		why: WHY,
		fix: `Leave one of them: go work edit -dropuse=DIRECTORY ${argument(path)} takes one out.`,
		key
	};
}
function* malformedSum({ path, bytes, sum }) {
	const lines = textLines(bytes);
	const malformed = sum.problems.find((problem) => problem.reason.startsWith("wrong number of fields"));
	if (malformed !== void 0) {
		const text = lines(malformed.line);
		yield {
			place: wholeLine(path, malformed.line, text),
			message: `${plain(malformed.reason)}: ${shown(text)}`,
			why: "go stops at a go.sum with such a line; most often it is what is left of a merge.",
			fix: "Take the line out, then let go write what is missing: go mod download",
			key: "malformed sum"
		};
	}
	const unseen = sum.problems.find(({ reason }) => /(?:was not read|could not be used)$|^longer than /.test(reason));
	if (unseen === void 0) return;
	yield {
		place: unseen.line === 0 ? wholeFile(path) : wholeLine(path, unseen.line, lines(unseen.line)),
		message: `${unseen.reason.startsWith("longer") ? "the line" : "the file"} cannot be checked: ${plain(unseen.reason)}`,
		why: "go reads such a file to its end, so a hash that nobody has checked could hide there.",
		fix: "go mod tidy writes the file anew, without what is not needed; review what it changes.",
		key: "unread sum"
	};
}
function wholeLine(file, line, text) {
	return {
		file,
		line,
		column: 1,
		endLine: line,
		endColumn: Math.max(2, text.length + 1)
	};
}
// src/policy/host-lists.ts
/** The first element of a module path, as a whole: never a part of it, never more. */
function hostOf(path) {
	const slash = path.indexOf("/");
	return slash < 0 ? path : path.slice(0, slash);
}
/** Bound of the memory of verdicts; a repository has a few hundred hosts at most unless it is hostile. */
const MOST_KNOWN$1 = 1e4;
/** A host name has at most 253 characters; a longer one is refused by any list. */
const LONGEST_HOST = 253;
const compiled = /* @__PURE__ */ new WeakMap();
function listsOf(layer) {
	let lists = compiled.get(layer);
	if (lists === void 0) {
		const index = (entries) => new PatternIndex(entries.map((entry) => [entry.value, entry]));
		lists = {
			allow: index(layer.hosts.allow),
			deny: index(layer.hosts.deny),
			known: /* @__PURE__ */ new Map()
		};
		compiled.set(layer, lists);
	}
	return lists;
}
/** What `hosts` of a layer says against a module path; deny beats allow, and no list means no word. */
function hostRefusal(layer, path) {
	if (layer.hosts.allow.length + layer.hosts.deny.length === 0) return void 0;
	const host = hostOf(path);
	const lists = listsOf(layer);
	let verdict = lists.known.get(host);
	if (verdict === void 0 && !lists.known.has(host)) {
		if (lists.known.size >= MOST_KNOWN$1) lists.known.clear();
		verdict = verdictOn(layer, lists, host);
		lists.known.set(host, verdict);
	}
	return verdict === void 0 ? void 0 : {
		...verdict,
		message: verdict.message.replace("%", () => shown(path))
	};
}
/** The message has `%` where the path comes. */
function verdictOn(layer, { allow, deny }, host) {
	const name = shown(host, 80).replaceAll("%", "\\x25");
	const fix = `Use a module from an allowed host, or have ${plain(layer.name)} allow this one under hosts.allow.`;
	if (host.length > LONGEST_HOST) return {
		kind: "denied",
		message: `the first element of % has ${host.length} characters`,
		reason: `no host name is longer than ${LONGEST_HOST} characters, so no list can allow it`,
		fix: "Remove the line.",
		where: plain(layer.name)
	};
	const denied = deny.matches(host)[0] ?? deny.matches(foldCase(host))[0];
	if (denied !== void 0) return {
		kind: "denied",
		message: `module % comes from host ${name}, which is denied`,
		reason: `hosts.deny has ${shown(denied.value)} (${plain(denied.where)})`,
		fix: "Use a module from another host; go mod why -m tells what needs this one.",
		where: denied.where
	};
	if (layer.hosts.allow.length === 0 || allow.matches(host).length > 0) return void 0;
	const where = layer.hosts.allow[0]?.where ?? layer.name;
	const sameButCase = allow.matches(foldCase(host))[0];
	if (sameButCase !== void 0) return {
		kind: "absent",
		message: `module % comes from host ${name}, which is allowed only as ${shown(sameButCase.value)}`,
		reason: `hosts are compared letter by letter (${plain(sameButCase.where)}): the same name in another case is another path`,
		fix: `Write the host in lower case, as ${plain(sameButCase.where)} does.`,
		where: sameButCase.where
	};
	return {
		kind: "absent",
		message: `module % comes from host ${name}, which is not allowed`,
		reason: `hosts.allow does not have it (${plain(where)})${nearest(layer.hosts.allow, host)}`,
		fix,
		where
	};
}
function nearest(allow, host) {
	const near = didYouMean(host, allow.slice(0, 200).map((entry) => entry.value));
	if (near !== void 0) return `; the nearest that it has is ${shown(near, 80)}`;
	const some = allow.slice(0, 4).map((entry) => shown(entry.value, 60));
	const more = allow.length > some.length ? ` and ${allow.length - some.length} more` : "";
	return `; it has ${some.join(", ")}${more}`;
}
// src/policy/module-lists.ts
const NONE = {
	same: [],
	folded: []
};
/** Bound of the memory of matches by path. */
const MOST_KNOWN = 2e4;
/** One list of modules, compiled. */
var ModuleLists = class {
	#entries;
	#same;
	#folded;
	#known = /* @__PURE__ */ new Map();
	constructor(entries) {
		this.#entries = entries;
		this.#same = new PatternIndex(entries.map((entry) => [entry.pattern, entry]));
	}
	/** The refusal of an entry that denies the module; the most specific one gives the reason. */
	denial(path, version) {
		const { same, folded } = this.#matches(path);
		const entry = mostSpecific(same.filter((listed) => covers(listed, version)));
		if (entry !== void 0) return deniedBy(entry, path, version, "");
		const other = mostSpecific(folded.filter((listed) => covers(listed, version) && listed.use !== path && !/[A-Z]/.test(listed.pattern)));
		return other === void 0 ? void 0 : deniedBy(other, path, version, " but for case");
	}
	/** The refusal of an allow list that does not have the module; undefined when the list is empty. */
	absence(path, version, { list, name }) {
		const first = this.#entries[0];
		if (first === void 0) return void 0;
		const { same, folded } = this.#matches(path);
		if (same.some((entry) => version === void 0 || covers(entry, version))) return void 0;
		const limited = mostSpecific(same);
		if (limited !== void 0) return {
			kind: "absent",
			message: `module ${shownModule(path, version)} is not of an allowed version`,
			reason: `${list} allows ${shown(limited.versions ?? "*", 80)} of ${shown(limited.pattern)} (${plain(limited.where)})${because(limited)}`,
			fix: `Choose a version of that range: go get ${argument(path)}@VERSION.`,
			where: limited.where
		};
		const spelled = mostSpecific(folded);
		if (spelled !== void 0) return {
			kind: "absent",
			message: `module ${shownModule(path, version)} is allowed only as ${shown(spelled.pattern)}`,
			reason: `paths are compared letter by letter (${plain(spelled.where)}): the same path in another case is another module`,
			fix: `Write the path as ${plain(spelled.where)} does.`,
			where: spelled.where
		};
		return {
			kind: "absent",
			message: `module ${shownModule(path, version)} is not allowed`,
			reason: `${list} does not have it (${plain(first.where)})${this.#nearest(path)}`,
			fix: `Use a module that is allowed, or have ${plain(name)} allow this one under ${list}.`,
			where: first.where
		};
	}
	#matches(path) {
		if (this.#entries.length === 0) return NONE;
		const known = this.#known.get(path);
		if (known !== void 0) return known;
		const same = this.#same.matches(path);
		const folded = same.length > 0 ? [] : this.#foldedMatches(path);
		const matches = same.length + folded.length === 0 ? NONE : {
			same,
			folded
		};
		if (this.#known.size >= MOST_KNOWN) this.#known.clear();
		this.#known.set(path, matches);
		return matches;
	}
	#foldedMatches(path) {
		this.#folded ??= new PatternIndex(this.#entries.map((entry) => [foldCase(entry.pattern), entry]));
		return this.#folded.matches(foldCase(path));
	}
	/** An entry that shares the most of the path, so that a reader sees where a new one belongs. */
	#nearest(path) {
		let best;
		let most = path.indexOf("/");
		if (most < 0) return "";
		for (const entry of this.#entries.slice(0, 200)) {
			const shared = sharedPrefix(entry.pattern, path);
			if (shared > most) {
				most = shared;
				best = entry;
			}
		}
		return best === void 0 ? "" : `; the nearest that it has is ${shown(best.pattern)}`;
	}
};
function sharedPrefix(a, b) {
	const end = Math.min(a.length, b.length, 256);
	let at = 0;
	while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
	return at;
}
/** Whether an entry speaks of the version; of the module as a whole it does only without a range. */
function covers(entry, version) {
	if (entry.versions === void 0 || entry.versions === "*") return true;
	return version !== void 0 && inRange(rangeOf(entry, entry.versions), version);
}
const ranges = /* @__PURE__ */ new WeakMap();
function rangeOf(entry, text) {
	let range = ranges.get(entry);
	if (range === void 0) {
		const parsed = parseRange(text);
		range = "range" in parsed ? parsed.range : [];
		ranges.set(entry, range);
	}
	return range;
}
/** The entry with the most to tell: the longest pattern, then one with a reason. */
function mostSpecific(entries) {
	const weight = (entry) => entry.pattern.length * 4 + (entry.versions === void 0 ? 0 : 2) + (entry.reason === void 0 ? 0 : 1);
	let best;
	for (const entry of entries) if (best === void 0 || weight(entry) > weight(best)) best = entry;
	return best;
}
function because(entry) {
	return entry.reason === void 0 ? "" : `: ${plain(entry.reason)}`;
}
function deniedBy(entry, path, version, but) {
	const range = entry.versions === void 0 || entry.versions === "*" ? "" : ` ${shown(entry.versions, 80)} of`;
	return {
		kind: "denied",
		message: `module ${shownModule(path, version)} is denied`,
		reason: `modules.deny has${range} ${shown(entry.pattern)}${but} (${plain(entry.where)})${because(entry)}`,
		fix: fixOf$1(entry, path, range !== ""),
		where: entry.where
	};
}
function fixOf$1(entry, path, someVersions) {
	if (entry.use !== void 0) return `Use ${plain(entry.use, 150)} instead.`;
	const module = argument(path);
	if (someVersions) return `Choose a version outside that range: go get ${module}@latest.`;
	return `Do without it: go mod why -m ${module} tells what needs it, go get ${module}@none removes it.`;
}
// src/policy/judge.ts
/** The module that toolchains come as: no allow list of hosts or modules is meant to name it. */
const TOOLCHAIN = "golang.org/toolchain";
/** Go's own two modules, which no proxy is ever asked for. */
const BUILT_IN = /* @__PURE__ */ new Set(["std", "cmd"]);
/** No proxy URL and no file system holds a longer module path; bounds what one name can cost. */
const LONGEST_PATH = 8192;
/** What one layer says of modules. Lists are compiled once, see `judgeOf`. */
var LayerJudge = class {
	#layer;
	#deny;
	#allow;
	#replaceAllow;
	constructor(layer) {
		this.#layer = layer;
		this.#deny = new ModuleLists(layer.modules.deny);
		this.#allow = new ModuleLists(layer.modules.allow);
		this.#replaceAllow = new ModuleLists(layer.replaceAllow);
	}
	/** Whether an allow list says which modules may stand on the right of a replace. */
	get allowsTargets() {
		const { hosts, modules, replaceAllow } = this.#layer;
		return hosts.allow.length + modules.allow.length + replaceAllow.length > 0;
	}
	/** The level of a rule in this layer; `off` also when the layer has no say on it. */
	level(rule) {
		return this.#layer.rules.get(rule)?.level ?? "off";
	}
	/**
	* The level at which this layer keeps a listed target out: its lists decide, unless the policy names
	* another level for the rule.
	*/
	targetLevel() {
		const setting = this.#layer.rules.get("replace/target-not-allowed");
		if (setting === void 0 || setting.level === "off") return "off";
		return setting.explicit ? setting.level : "error";
	}
	/**
	* Whether a rule over modules must speak of right-hand sides itself, because it is stricter than
	* replace/target-not-allowed, which does it otherwise.
	*/
	judgesTargets(rule) {
		const level = this.level(rule);
		const target = this.targetLevel();
		return level !== "off" && (target === "off" || rank$1(level) > rank$1(target));
	}
	/** What the lists of hosts say of the path, whatever the level of the rule. */
	host(path) {
		if (BUILT_IN.has(path) || path === TOOLCHAIN) return void 0;
		return hostRefusal(this.#layer, path);
	}
	/**
	* What the lists of modules say, whatever the level of the rule. Without a version only what holds for all
	* versions is refused.
	*/
	module(path, version) {
		if (BUILT_IN.has(path)) return void 0;
		const { modules, name } = this.#layer;
		if (path.length > LONGEST_PATH && modules.allow.length + modules.deny.length > 0) return tooLong(path, name);
		const denied = this.#deny.denial(path, version);
		if (denied !== void 0 || path === TOOLCHAIN) return denied;
		return this.#allow.absence(path, version, {
			list: "modules.allow",
			name
		});
	}
	/** What the lists say of the right-hand side of a replace: hosts, modules, and the list of targets. */
	target(path, version) {
		const { name } = this.#layer;
		return this.host(path) ?? this.module(path, version) ?? this.#replaceAllow.absence(path, version, {
			list: "replace.remote.allow",
			name
		});
	}
	/**
	* The verdict: of all rules that speak against it, the one of the highest level, then in the order
	* malformed, host, module.
	*/
	judge(path, version, as = "module") {
		let worst;
		const consider = (rule, level, refusal) => {
			if (level === "off" || worst !== void 0 && rank$1(level) <= rank$1(worst.level)) return;
			const found = refusal();
			if (found !== void 0) worst = judgement(rule, level, found);
		};
		consider("path/malformed", this.level("path/malformed"), () => malformed$1(this.#layer, path));
		if (as === "replacement") consider("replace/target-not-allowed", this.targetLevel(), () => this.target(path, version));
		consider("host/not-allowed", this.level("host/not-allowed"), () => this.host(path));
		consider("module/denied", this.level("module/denied"), () => this.module(path, version));
		return worst;
	}
};
function judgement(rule, level, { message, reason, fix, where }) {
	return {
		rule,
		level,
		message,
		reason,
		fix,
		where
	};
}
function rank$1(level) {
	return LEVELS.indexOf(level);
}
function tooLong(path, name) {
	return {
		kind: "denied",
		message: `the module path ${shown(path)} has ${path.length} characters`,
		reason: `no module path is longer than ${LONGEST_PATH} characters, so ${plain(name)} cannot allow it`,
		fix: "Remove the line.",
		where: plain(name)
	};
}
function malformed$1(layer, path) {
	if (BUILT_IN.has(path)) return void 0;
	const why = path.length > LONGEST_PATH ? `${path.length} characters are too many` : checkPath(path);
	if (why === void 0) return void 0;
	return {
		kind: "denied",
		message: `${shown(path)} is no module path`,
		reason: plain(why),
		fix: "Correct the path: a host in lower case, then ASCII letters, digits and - . _ ~ between slashes.",
		where: layer.rules.get("path/malformed")?.where ?? plain(layer.name)
	};
}
const judges = /* @__PURE__ */ new WeakMap();
/** The judge of a layer; its lists are compiled at the first call. */
function judgeOf(layer) {
	const known = judges.get(layer);
	if (known !== void 0) return known;
	const made = new LayerJudge(layer);
	judges.set(layer, made);
	return made;
}
/** What one layer says against a module; undefined when nothing. */
function judgeModule(layer, path, version, as = "module") {
	return judgeOf(layer).judge(path, version, as);
}
/**
* The judge of a policy: every layer is asked and the strictest answer counts, so that none can loosen what
* another one says. Only a judgement of level `error` refuses; the others are worth a warning.
*/
function createJudge(policy) {
	const all = policy.layers.map(judgeOf);
	return (path, version, as) => {
		let worst;
		for (const judge of all) {
			const found = judge.judge(path, version, as);
			if (found !== void 0 && (worst === void 0 || rank$1(found.level) > rank$1(worst.level))) worst = found;
		}
		return worst;
	};
}
/** Whether any layer lists hosts or modules: whether the policy can refuse a well-formed module at all. */
function hasLists(policy) {
	const any = (lists) => lists.allow.length + lists.deny.length > 0;
	return policy.layers.some((layer) => any(layer.hosts) || any(layer.modules));
}
// src/policy/replaces.ts
const known$1 = /* @__PURE__ */ new WeakMap();
/** Every replace of a tree, file by file in the order of the lines. */
function replacesOf$1(tree) {
	let all = known$1.get(tree);
	if (all === void 0) {
		all = [...tree.mods.flatMap((file) => replacesIn(file, file.mod, false)), ...tree.works.flatMap((file) => replacesIn(file, file.work, true))];
		known$1.set(tree, all);
	}
	return all;
}
function replacesIn({ path: file, dir }, parsed, inWork) {
	const at = {
		file,
		dir,
		inWork
	};
	const good = parsed.replace.map((line) => ({
		...at,
		...line,
		refused: false
	}));
	const bad = parsed.rejected.flatMap((line) => {
		const words = line.verb === "replace" ? splitWords(line.words) : void 0;
		return words === void 0 ? [] : [{
			...at,
			...words,
			comments: [],
			span: line.span,
			refused: true
		}];
	});
	return bad.length === 0 ? good : [...good, ...bad].sort((a, b) => a.span.start.byte - b.span.start.byte);
}
/** `old [v] => new [v]`; undefined when the words do not have that form. */
function splitWords(words) {
	const arrow = words.findIndex((word) => word.value === "=>");
	const [oldPath, oldVersion] = words.slice(0, arrow);
	const [newPath, newVersion] = words.slice(arrow + 1);
	if (arrow < 1 || arrow > 2 || words.length - arrow > 3) return void 0;
	return oldPath === void 0 || newPath === void 0 ? void 0 : {
		oldPath,
		oldVersion,
		newPath,
		newVersion
	};
}
/** Whether the right-hand side is a directory and no module. */
function isLocal({ newPath, newVersion, refused }) {
	return refused ? isDirectoryPath(newPath.value) : newVersion === void 0;
}
/** Whether it names a module in a version that go takes. */
function isRemote({ newPath, newVersion, refused }) {
	if (newVersion === void 0) return false;
	return !refused || isValid(newVersion.value) && !isDirectoryPath(newPath.value);
}
/** `path` or `path@version`, as -dropreplace wants it. */
function oldKey({ oldPath, oldVersion }) {
	return oldVersion === void 0 ? oldPath.value : `${oldPath.value}@${oldVersion.value}`;
}
/** The command that takes the line out. */
function dropCommand(replace) {
	return `${replace.inWork ? "go work edit" : "go mod edit"} -dropreplace=${argument(oldKey(replace))} ${argument(replace.file)}`;
}
/** The command that gives the line another right-hand side. */
function replaceCommand(replace, target) {
	return `${replace.inWork ? "go work edit" : "go mod edit"} -replace=${argument(oldKey(replace))}=${target} ${argument(replace.file)}`;
}
// src/policy/local-replace.ts
const classified = /* @__PURE__ */ new WeakMap();
/** Every replace by a directory with its class. */
function localReplaces(tree) {
	let all = classified.get(tree);
	if (all === void 0) {
		const byPath = new Map(tree.mods.map((file) => [file.path, file]));
		all = replacesOf$1(tree).filter(isLocal).map((replace) => ({
			...replace,
			...classify(tree, byPath, replace)
		}));
		classified.set(tree, all);
	}
	return all;
}
function classify(tree, mods, replace) {
	const target = replace.newPath.value;
	if (isAbsolutePath(target)) return {
		class: "absolute",
		detail: "is an absolute path"
	};
	const path = cleanPath(replace.dir, target);
	if (isOutside(path)) return {
		class: "escapes",
		detail: "lies outside the repository"
	};
	const directory = resolveLinks(tree, path);
	if (directory.kind === "outside") return escapesBy(directory.link);
	if (directory.kind === "loop") return broken(`runs in a circle of symbolic links at ${shown(directory.link)}`);
	if (directory.kind === "submodule") return inSubmodule(directory.path);
	const kind = tree.kind(directory.path);
	if (kind === void 0) return broken("has no files that git tracks");
	if (kind !== "directory") return broken("is a file and no directory");
	const file = resolveLinks(tree, directory.path === "" ? "go.mod" : `${directory.path}/go.mod`);
	if (file.kind === "outside") return escapesBy(file.link);
	if (file.kind === "loop") return broken("has a go.mod that is a circle of symbolic links");
	if (file.kind === "submodule") return inSubmodule(file.path);
	if (tree.kind(file.path) !== "file") return broken("has no go.mod that git tracks");
	return declares(mods.get(file.path), replace.oldPath.value);
}
function broken(detail) {
	return {
		class: "broken",
		detail
	};
}
function escapesBy(link) {
	return {
		class: "escapes",
		detail: `leaves the repository by the symbolic link ${shown(link, 80)}`
	};
}
function inSubmodule(path) {
	return broken(`is in the submodule ${shown(path, 80)}, which is another repository`);
}
function declares(file, wanted) {
	if (file === void 0) return broken("has a go.mod that could not be read");
	const declared = file.mod.module?.path.value;
	if (declared === void 0) return broken(file.problems.length > 0 ? "has a go.mod that go refuses" : "has a go.mod without a module line");
	if (declared !== wanted) return broken(`declares module ${shown(declared)}`);
	return {
		class: "sibling",
		detail: "is a module of this repository"
	};
}
/** The findings of the rule for one class; the directory is marked. */
function* localFindings(tree, wanted, { why, fix }) {
	for (const replace of localReplaces(tree)) {
		if (replace.class !== wanted) continue;
		const { file, oldPath, newPath, detail } = replace;
		yield {
			place: placeOf(file, newPath.span),
			module: oldPath.value,
			message: `${shown(oldPath.value)} is replaced by directory ${shown(newPath.value)}, which ${detail}`,
			why,
			fix: fix(replace),
			key: newPath.value
		};
	}
}
// src/policy/module-uses.ts
/** From this version of the go line on a go.mod lists every module that provides a package. */
const COMPLETE_SINCE = "1.17";
const known = /* @__PURE__ */ new WeakMap();
/** Every module that the files of a tree name: required, replaced, put in place of another, or used as a tool. */
function moduleUses(tree) {
	let uses = known.get(tree);
	if (uses === void 0) {
		uses = [...collect(tree)];
		known.set(tree, uses);
	}
	return uses;
}
function* collect(tree) {
	const replaces = groupByFile$1(replacesOf$1(tree));
	const siblings = new Set(localReplaces(tree).flatMap((one) => one.class === "sibling" ? [`${one.file}\0${one.oldPath.value}`] : []));
	const sums = new Map(tree.sums.map((sum) => [sum.path, sum]));
	for (const file of tree.mods) {
		const own = replaces.get(file.path) ?? [];
		const isSibling = (path) => siblings.has(`${file.path}\0${path}`);
		yield* required(file, own, isSibling);
		for (const replace of own) yield* replaced(replace, isSibling);
		yield* tools(file);
		yield* summed(file, sums.get(file.path.replace(/\.mod$/, ".sum")));
	}
	for (const { path } of tree.works) {
		const isSibling = (old) => siblings.has(`${path}\0${old}`);
		for (const replace of replaces.get(path) ?? []) yield* replaced(replace, isSibling);
	}
}
function groupByFile$1(all) {
	const groups = /* @__PURE__ */ new Map();
	for (const replace of all) {
		const group = groups.get(replace.file);
		if (group === void 0) groups.set(replace.file, [replace]);
		else group.push(replace);
	}
	return groups;
}
function use(file, path, version, rest) {
	return {
		file,
		place: placeOf(file, path.span),
		path: path.value,
		version,
		isTarget: false,
		isSibling: false,
		...rest
	};
}
function* required(file, replaces, isSibling) {
	const all = /* @__PURE__ */ new Set();
	const some = /* @__PURE__ */ new Set();
	for (const { oldPath, oldVersion, refused } of replaces) {
		if (refused) continue;
		if (oldVersion === void 0) all.add(oldPath.value);
		else some.add(`${oldPath.value}@${oldVersion.value}`);
	}
	for (const { path, version } of file.mod.require) {
		const elsewhere = all.has(path.value) || some.has(`${path.value}@${version.value}`);
		yield use(file.path, path, elsewhere ? void 0 : version.value, { isSibling: isSibling(path.value) });
	}
}
function* replaced(replace, isSibling) {
	const { file, oldPath, newPath, newVersion } = replace;
	yield use(file, oldPath, void 0, { isSibling: isLocal(replace) && isSibling(oldPath.value) });
	if (isRemote(replace)) yield use(file, newPath, newVersion?.value, { isTarget: true });
}
/** Tools whose module no require line names: with one, that line speaks for them. */
function* tools({ path: file, mod }) {
	if (mod.tool.length === 0) return;
	const modules = new Set(mod.require.map((line) => line.path.value));
	if (mod.module !== void 0) modules.add(mod.module.path.value);
	for (const { value } of mod.tool) {
		const first = value.value.split("/", 1)[0] ?? "";
		if (!first.includes(".") || /^\.{1,2}$/.test(first)) continue;
		if (!hasPrefixIn(modules, value.value)) yield use(file, value, void 0, {});
	}
}
function hasPrefixIn(modules, path) {
	let end = -1;
	for (let n = 0; n < 64; n++) {
		end = path.indexOf("/", end + 1);
		if (modules.has(end < 0 ? path : path.slice(0, end))) return true;
		if (end < 0) return false;
	}
	return false;
}
/** What an old go.mod leaves out, go.sum names: the zip lines are the modules that code came from. */
function* summed({ mod, problems }, sum) {
	if (sum === void 0 || problems.length > 0) return;
	const go = mod.go?.value.value;
	if (go !== void 0 && compareGoVersions(go, COMPLETE_SINCE) >= 0) return;
	const named = new Set(mod.require.map((line) => line.path.value));
	const line = textLines(sum.bytes);
	for (const entry of sum.sum.entries) {
		if (entry.file !== "zip" || named.has(entry.module)) continue;
		const place = placeInSum(sum.path, entry, line(entry.line));
		const { module: path, version } = entry;
		yield {
			file: sum.path,
			place,
			path,
			version,
			isTarget: false,
			isSibling: false
		};
	}
}
function placeInSum(file, { line, module }, text) {
	const column = Math.max(0, text.indexOf(module)) + 1;
	return {
		file,
		line,
		column,
		endLine: line,
		endColumn: column + module.length
	};
}
/** The first refusal of each module in each file: one finding a module and file. */
function* refusedUses(tree, judge) {
	const reported = /* @__PURE__ */ new Set();
	for (const one of moduleUses(tree)) {
		const id = `${one.file}\0${one.path}`;
		if (reported.has(id)) continue;
		const refusal = judge(one);
		if (refusal === void 0 || one.isSibling && refusal.kind === "absent") continue;
		reported.add(id);
		yield {
			place: one.place,
			module: one.path,
			...one.version === void 0 ? {} : { version: one.version },
			message: refusal.message,
			why: refusal.reason,
			fix: refusal.fix
		};
	}
}
// src/policy/rules/host-not-allowed.ts
/** Modules from hosts that the policy denies or does not allow. */
const hostNotAllowed = {
	id: "host/not-allowed",
	page: {
		summary: "A module comes from a host that is denied, or not on the list of allowed ones.",
		why: "The first element of a module path is the host that is asked for its code. Whoever owns a look-alike, or a name that ran out, owns every module below it.",
		limits: "The host is the whole first element, compared letter by letter. Required and replaced modules and tools are judged; the right-hand side of a replace is reported as replace/target-not-allowed. Before go 1.17 a go.mod names only some of its modules, so there the zip lines of go.sum are judged, too. A module that is built from a directory of the repository which declares it needs no allowed host. `golang.org/toolchain` is left to toolchain/not-allowed.",
		config: "hosts:\n  allow: [github.com, golang.org]",
		bad: {
			file: "go.mod",
			text: "module github.com/acme/shop\n\nrequire example.com/cart v1.5.0\n"
		},
		good: {
			file: "go.mod",
			text: "module github.com/acme/shop\n\nrequire github.com/acme/cart v1.5.0\n"
		}
	},
	check: ({ tree, layer }) => {
		const judge = judgeOf(layer);
		const targets = judge.judgesTargets("host/not-allowed");
		return refusedUses(tree, (use) => use.isTarget && !targets ? void 0 : judge.host(use.path));
	}
};
// src/policy/rules/module-denied.ts
/** Modules and versions that the policy denies or does not allow. */
const moduleDenied = {
	id: "module/denied",
	page: {
		summary: "A module, or this version of it, is denied, or not on the list of allowed ones.",
		why: "The policy says which modules the company wants to answer for, and which ones it had to give up: abandoned, taken over, or with a hole below some version.",
		limits: "Patterns are globs like those of GOPRIVATE and match every module below them; deny beats allow. Of a module that is replaced, the path is judged without a version, because another one is built. The right-hand side of a replace is reported as replace/target-not-allowed. Other spellings of a denied path in upper and lower case are denied, too, unless the pattern has capitals or names that spelling under `use`. Before go 1.17 a go.mod names only some of its modules, so there the zip lines of go.sum are judged as well.",
		config: "modules:\n  deny:\n    - pattern: example.com/cart\n      versions: <v1.6.0\n      reason: prices are rounded down\n      use: example.com/cart v1.6.0",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.6.0\n"
		}
	},
	check: ({ tree, layer }) => {
		const judge = judgeOf(layer);
		const targets = judge.judgesTargets("module/denied");
		return refusedUses(tree, (use) => use.isTarget && !targets ? void 0 : judge.module(use.path, use.version));
	}
};
// src/policy/workspaces.ts
/** The tracked go.mod files that a go.work uses, in its order; what is missing or outside is left out. */
function membersOf(work, mods) {
	const members = /* @__PURE__ */ new Set();
	for (const { value } of work.work.use) {
		if (isAbsolutePath(value.value)) continue;
		const dir = cleanPath(work.dir, value.value);
		const mod = mods.get(dir === "" ? "go.mod" : `${dir}/go.mod`);
		if (mod !== void 0) members.add(mod);
	}
	return [...members];
}
/** The tree's go.mod files by path. */
function modsByPath(tree) {
	return new Map(tree.mods.map((file) => [file.path, file]));
}
/** What is built together: every workspace, and every module that is in none. */
function buildUnits(tree) {
	const byPath = modsByPath(tree);
	const units = tree.works.map((work) => ({
		work,
		mods: membersOf(work, byPath)
	}));
	const used = new Set(units.flatMap((unit) => unit.mods));
	for (const file of tree.mods) if (!used.has(file)) units.push({
		work: void 0,
		mods: [file]
	});
	return units;
}
// src/policy/rules/path-case-collision.ts
/** Two module paths of one build that differ in upper and lower case only. */
const pathCaseCollision = {
	id: "path/case-collision",
	page: {
		summary: "Two module paths of one build differ in upper and lower case only.",
		why: "For go they are two modules, for the forge that serves them mostly one: the code is there twice, in two versions, and on a file system that ignores case go refuses the build. An owner’s name in another case can also be another owner.",
		limits: "Looked for in the go.mod files of a module or workspace, and among the modules whose code go.sum names. A path that a replace maps away does not count: that is how such a collision is mended.",
		config: "rules:\n  path/case-collision: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire (\n	example.com/acme/cart v1.2.0\n	example.com/Acme/cart v1.0.0\n)\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/acme/cart v1.2.0\n"
		}
	},
	check: function* ({ tree }) {
		const sums = new Map(tree.sums.map((file) => [file.path, file]));
		const reported = /* @__PURE__ */ new Set();
		for (const unit of buildUnits(tree)) for (const found of collisions(unit, sums)) {
			const { file, line, column } = found.place;
			const key = `${line}:${column}:${file}`;
			if (!reported.has(key)) yield found;
			reported.add(key);
		}
	}
};
function* collisions(unit, sums) {
	const mapped = new Set(replacesOf(unit).map((line) => line.oldPath.value));
	const seen = /* @__PURE__ */ new Map();
	const fetched = [...fetchedBy(unit, mapped)];
	const named = new Set(fetched.map(({ path }) => path.value));
	const strays = /* @__PURE__ */ new Map();
	for (const { path, sum } of sumsOf$1(unit, sums)) for (const { module, file, line } of sum.entries) {
		if (file !== "zip" || mapped.has(module) || named.has(module)) continue;
		note(strays, {
			file: path,
			path: module,
			line
		});
	}
	for (const { file, path } of fetched) {
		const folded = foldCase(path.value);
		const other = seen.get(folded);
		const stray = strays.get(folded)?.find((one) => one.path !== path.value);
		if (other === void 0) seen.set(folded, {
			file,
			path: path.value,
			line: path.span.start.line
		});
		if (other !== void 0 && other.path !== path.value) yield collision(file, path, other);
		else if (other === void 0 && stray !== void 0) yield collision(file, path, stray);
	}
}
/** Two that differ are enough: one of them is another one than any third. */
function note(strays, stray) {
	const folded = foldCase(stray.path);
	const known = strays.get(folded);
	if (known === void 0) strays.set(folded, [stray]);
	else if (known.length < 2 && known[0]?.path !== stray.path) known.push(stray);
}
function replacesOf({ work, mods }) {
	return [...work?.work.replace ?? [], ...mods.flatMap((file) => file.mod.replace)];
}
function sumsOf$1({ work, mods }, sums) {
	const paths = mods.map((file) => `${file.path.slice(0, -4)}.sum`);
	if (work !== void 0) paths.push(`${work.path}.sum`);
	return paths.flatMap((path) => sums.get(path) ?? []);
}
/** Paths whose code the build may fetch: required ones that stay, and what replaces the others. */
function* fetchedBy({ work, mods }, mapped) {
	for (const { path: file, mod } of mods) for (const { path } of mod.require) if (!mapped.has(path.value)) yield {
		file,
		path
	};
	for (const { path: file, mod } of mods) for (const { newPath, newVersion } of mod.replace) if (newVersion !== void 0) yield {
		file,
		path: newPath
	};
	if (work === void 0) return;
	for (const { newPath, newVersion } of work.work.replace) if (newVersion !== void 0) yield {
		file: work.path,
		path: newPath
	};
}
function collision(file, path, other) {
	return {
		place: placeOf(file, path.span),
		module: path.value,
		message: `${shown(path.value)} differs from ${shown(other.path)} in ${other.file === file ? "" : `${shown(other.file)} `}line ${other.line} in upper and lower case only`,
		why: "For go they are two modules, so the code is there twice; where case is ignored, go refuses the build.",
		fix: `Import it everywhere by the path in its own go.mod, then go mod tidy; for what dependencies still import: go mod edit -replace=${argument(`${path.value}=${other.path}@VERSION`)}, whichever of the two is right.`
	};
}
// src/policy/look-alike.ts
const LOOKS = new Map(Object.entries({
	a: "аαɑ",
	b: "ь",
	c: "сϲ",
	d: "ԁđ",
	e: "еєε",
	f: "ƒ",
	g: "ɡԍ",
	h: "һħ",
	i: "іıιɩ",
	j: "јϳ",
	k: "кκ",
	l: "ӏłǀ",
	m: "м",
	n: "ոηи",
	o: "оοøօσ",
	p: "рρ",
	q: "ԛզ",
	r: "гʀ",
	s: "ѕꜱ",
	t: "тτŧ",
	u: "υս",
	v: "ѵν",
	w: "ԝшω",
	x: "хχ",
	y: "уүγ",
	z: "ᴢ",
	A: "АΑ",
	B: "ВΒ",
	C: "СϹ",
	E: "ЕΕ",
	G: "Ԍ",
	H: "НΗ",
	I: "ІΙӀ",
	J: "Ј",
	K: "КΚ",
	M: "МΜ",
	N: "Ν",
	O: "ОΟ",
	P: "РΡ",
	S: "Ѕ",
	T: "ТΤ",
	X: "ХΧ",
	Y: "ҮΥ",
	Z: "Ζ",
	".": "․。｡·",
	"-": "‐‑‒–—−ー",
	"/": "⁄∕⧸",
	_: "ˍ"
}).flatMap(([ascii, others]) => [...others].map((ch) => [ch, ascii])));
/** The ASCII character that another one is taken for; undefined when it looks like none. */
function asciiLook(ch) {
	const known = LOOKS.get(ch);
	if (known !== void 0) return known;
	const base = ch.normalize("NFKD").charAt(0);
	return /^[!-~]$/.test(base) ? base : void 0;
}
/** Names longer than this are not compared: nobody reads them. */
const MAX_NAME = 64;
/**
* What is left of a name when all is taken away that the eye skips: case, hyphens, dots, an affix `go`,
* repeated letters, the difference between `0` and `o`, `1`, `i` and `l`, `rn` and `m`, `vv` and `w`.
*/
function skeleton(name) {
	let ascii = "";
	for (const ch of name.slice(0, MAX_NAME)) ascii += ch < "" ? ch : asciiLook(ch) ?? ch;
	return ascii.toLowerCase().replace(/^go[-_.]|[-_.]go$/, "").replace(/[-_.]/g, "").replaceAll("0", "o").replace(/[1i]/g, "l").replaceAll("5", "s").replaceAll("rn", "m").replaceAll("vv", "w").replace(/(.)\1+/gu, "$1");
}
/** Whether one letter too many, too few, another one, or two neighbours swapped make one name into the other. */
function oneEditApart(a, b) {
	const [short, long] = a.length <= b.length ? [a, b] : [b, a];
	if (long.length - short.length > 1 || long.length > MAX_NAME || short === long) return false;
	let i = 0;
	while (i < short.length && short[i] === long[i]) i++;
	if (short.length < long.length) return short.slice(i) === long.slice(i + 1);
	if (short.slice(i + 1) === long.slice(i + 1)) return true;
	return short[i] === long[i + 1] && short[i + 1] === long[i] && short.slice(i + 2) === long.slice(i + 2);
}
/** The name without each of its letters in turn: two names one edit apart have one of these, or a name, in common. */
function shortened(name) {
	if (name.length > MAX_NAME) return [];
	return Array.from(name, (_, i) => name.slice(0, i) + name.slice(i + 1));
}
// src/policy/owner.ts
/** Who stands behind a module path, as far as the path tells. */
/** Forges where the element behind the host is the owner. */
const FORGES = /* @__PURE__ */ new Set([
	"github.com",
	"gitlab.com",
	"bitbucket.org",
	"codeberg.org",
	"gitee.com",
	"git.sr.ht",
	"git.code.sf.net",
	"launchpad.net"
]);
/** Hosts of projects whose repositories are on a forge, with the owners there. */
const PROJECTS = {
	"cel.dev": ["github.com/google", "github.com/cel-expr"],
	"cloud.google.com": ["github.com/googleapis", "github.com/googlecloudplatform"],
	"go.etcd.io": ["github.com/etcd-io", "github.com/coreos"],
	"go.mongodb.org": ["github.com/mongodb"],
	"go.opencensus.io": ["github.com/census-instrumentation"],
	"go.opentelemetry.io": ["github.com/open-telemetry"],
	"go.starlark.net": ["github.com/google"],
	"go.uber.org": ["github.com/uber-go", "github.com/uber"],
	"go.yaml.in": ["github.com/yaml", "github.com/go-yaml"],
	"gocloud.dev": ["github.com/google"],
	"golang.org": ["github.com/golang"],
	"gonum.org": ["github.com/gonum"],
	"google.golang.org": [
		"github.com/google",
		"github.com/googleapis",
		"github.com/golang",
		"github.com/grpc",
		"github.com/protocolbuffers"
	],
	"gorm.io": ["github.com/go-gorm", "github.com/jinzhu"],
	"gotest.tools": ["github.com/gotestyourself"],
	"helm.sh": ["github.com/helm"],
	"istio.io": ["github.com/istio"],
	"k8s.io": ["github.com/kubernetes"],
	"knative.dev": ["github.com/knative"],
	"oras.land": ["github.com/oras-project", "github.com/deislabs"],
	"sigs.k8s.io": ["github.com/kubernetes-sigs", "github.com/kubernetes"]
};
/** Longest part of a path that is looked at. */
const LOOKED_AT = 512;
/** Owners of a module path, in lower case, as forges compare them; several where a project has many homes. */
function ownersOf(path) {
	const [host = "", first = "", second] = path.slice(0, LOOKED_AT).toLowerCase().split("/");
	if (host === "gopkg.in") return gopkgOwners(first, second);
	if (FORGES.has(host)) return [`${host}/${first}`];
	return [host, ...Object.hasOwn(PROJECTS, host) ? PROJECTS[host] ?? [] : []];
}
/** `gopkg.in/yaml.v3` is github.com/go-yaml/yaml, `gopkg.in/user/pkg.v3` is github.com/user/pkg. */
function gopkgOwners(first, second) {
	if (second !== void 0) return [`github.com/${first}`];
	return [`github.com/go-${first.replace(/\.v\d+(?:-unstable)?$/, "")}`];
}
/** Whether two paths belong to one owner. */
function sameOwner(a, b) {
	const owners = ownersOf(b);
	return ownersOf(a).some((owner) => owners.includes(owner));
}
// src/policy/module-owner.ts
/** Taken apart by what the path says alone; no forge is asked. */
function ownedPath(path) {
	const [host = "", second, ...rest] = splitPathVersion(path).prefix.split("/");
	const tail = rest.map((element) => `/${element}`).join("");
	if (!(FORGES.has(host) || host === "gopkg.in") || second === void 0) return {
		host,
		owner: host,
		rest: second === void 0 ? "" : `/${second}${tail}`
	};
	return {
		host,
		owner: second,
		rest: tail
	};
}
// src/policy/named-paths.ts
/** Every path of a go.mod that is no directory, in the order of the kinds of directive. */
function* pathsOfMod({ mod }) {
	if (mod.module !== void 0) yield named("module", mod.module.path, void 0);
	for (const { path, version } of mod.require) yield named("require", path, version);
	for (const { path, version } of mod.exclude) yield named("exclude", path, version);
	yield* pathsOfReplaces(mod.replace);
	for (const { value } of mod.tool) yield named("tool", value, void 0);
}
/** The same for a go.work, which names modules in its replaces only. */
function pathsOfWork({ work }) {
	return pathsOfReplaces(work.replace);
}
function* pathsOfReplaces(replaces) {
	for (const { oldPath, oldVersion, newPath, newVersion } of replaces) {
		yield named("replaced", oldPath, oldVersion);
		if (newVersion === void 0) continue;
		yield {
			role: "replacement",
			path: newPath,
			version: newVersion,
			module: oldPath.value
		};
	}
}
function named(role, path, version) {
	return {
		role,
		path,
		version,
		module: path.value
	};
}
// src/policy/rules/path-lookalike.ts
/** New module paths that a reader takes for one which is in use. */
const pathLookalike = {
	id: "path/lookalike",
	page: {
		summary: "A new module path looks like one that the repository already uses, but is another owner’s.",
		why: "Whoever registers a name that is one slip of the finger away waits for that slip. In a diff the eye reads the name it expects.",
		limits: "Only paths that the base does not name are looked at, so nothing is reported without a base. Host or owner must be nearly the same (one letter, two neighbours swapped, hyphen, dot, doubled letter, go- or -go, 0 for o, rn for m) and all that follows the very same: a fork under another name is no look-alike, and neither is anything of the same owner.",
		config: "rules:\n  path/lookalike:\n    level: error\n    known: [github.com/sirupsen/logrus]",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire (\n	github.com/acme/cart v1.2.0\n	github.com/acrne/cart v1.2.1\n)\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire github.com/acme/cart v1.2.0\n"
		}
	},
	check: function* ({ tree, base, options }) {
		if (base === void 0) return;
		const used = new Set(pathsOf(base).map((named) => named.path.value));
		const known = new KnownPaths();
		for (const path of used) known.add(path, "which this repository already uses");
		for (const path of textsOption(options, "known")) known.add(path, "which the policy names as known");
		const answers = /* @__PURE__ */ new Map();
		for (const { file, role, path, module } of pathsOf(tree)) {
			if (used.has(path.value) || !FETCHED.has(role)) continue;
			if (!answers.has(path.value)) answers.set(path.value, known.like(path.value));
			const like = answers.get(path.value);
			if (like === void 0) continue;
			yield {
				place: placeOf(file, path.span),
				module,
				message: `new ${shown(path.value)} looks like ${shown(like.path)}, ${like.from}`,
				why: "They have different owners. Names that are one slip away from a known one are registered for that slip.",
				fix: `If ${shown(like.path)} was meant: go get ${argument(like.path)} and take the new line out. If not, say so in the change and have the policy name it as known.`,
				key: `${role} ${path.value}`
			};
		}
	}
};
/** What code comes in by; the left side of a replace is what it keeps out. */
const FETCHED = /* @__PURE__ */ new Set([
	"require",
	"replacement",
	"tool"
]);
function pathsOf({ mods, works }) {
	return [...mods.flatMap((file) => [...pathsOfMod(file)].map((named) => ({
		...named,
		file: file.path
	}))), ...works.flatMap((file) => [...pathsOfWork(file)].map((named) => ({
		...named,
		file: file.path
	})))];
}
function facet(name, same) {
	return {
		name,
		same,
		eye: skeleton(name)
	};
}
/** The host, and on a forge the owner. */
function facetsOf(path) {
	const { host, owner, rest } = ownedPath(path);
	if (host === owner) return [facet(host, rest)];
	return [facet(host, `/${owner}${rest}`), facet(owner, `${host} ${rest}`)];
}
/** Deleted letters of short names leave nothing to recognise. */
const SHORTEST_NAME = 4;
/** Bounds what one hostile name can cost; real names have two or three. */
const MAX_NEIGHBOURS = 64;
var KnownPaths = class {
	#near = /* @__PURE__ */ new Map();
	add(path, from) {
		const known = {
			path,
			facets: facetsOf(path),
			from
		};
		for (const key of keysOf(known.facets)) {
			const list = this.#near.get(key);
			if (list === void 0) this.#near.set(key, [known]);
			else if (list.length < MAX_NEIGHBOURS) list.push(known);
		}
	}
	/** A known path of another owner that the path is taken for. */
	like(path) {
		const facets = facetsOf(path);
		for (const key of keysOf(facets)) {
			const found = this.#near.get(key)?.find((known) => isTakenFor(facets, known.facets));
			if (found !== void 0) return found;
		}
	}
};
/** Keys of which two look-alikes share one: what the eye sees, the name, and the name short of one letter. */
function* keysOf(facets) {
	for (const { name, same, eye } of facets) {
		yield `eye ${eye} ${same}`;
		yield `edit ${name} ${same}`;
		for (const short of shortened(name)) yield `edit ${short} ${same}`;
	}
}
function isTakenFor(facets, others) {
	return facets.some(({ name, same, eye }, i) => {
		const other = others[i];
		if (other === void 0 || other.same !== same || foldCase(other.name) === foldCase(name)) return false;
		const long = Math.min(name.length, other.name.length) >= SHORTEST_NAME;
		return eye !== "" && eye === other.eye || long && oneEditApart(name, other.name);
	});
}
// src/policy/rules/path-malformed.ts
/** Paths that go would refuse to fetch, though it reads the file without a word. */
const pathMalformed = {
	id: "path/malformed",
	page: {
		summary: "A path in go.mod or go.work is no module path: go would refuse to fetch it.",
		why: "go reads such a file without a word and complains only once it needs the module, so a path with a letter of another alphabet, an upper-case host, a port or a user name can wait there for its day, and looks like the one that it imitates. Hosts and modules of the policy are compared with paths as they are written: what is no path is never allowed.",
		limits: "The module’s own path, tools, and what they name in the standard library need no dot in the first element. A required path without a dot is a note where a replace maps it to a directory: go builds that.",
		config: "rules:\n  path/malformed: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire Example.com/cart v1.0.0\n\nreplace example.com/till => root@example.com/till v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/till => example.com/till v1.2.0\n"
		}
	},
	check: function* ({ tree }) {
		for (const file of tree.mods) {
			const local = mappedToDirectories(file.mod.replace);
			for (const named of pathsOfMod(file)) yield* malformed(file.path, named, local);
		}
		for (const file of tree.works) {
			const local = mappedToDirectories(file.work.replace);
			for (const named of pathsOfWork(file)) yield* malformed(file.path, named, local);
		}
	}
};
function mappedToDirectories(replaces) {
	return new Set(replaces.filter((line) => line.newVersion === void 0).map((line) => line.oldPath.value));
}
function* malformed(file, named, local) {
	const { role, path, module } = named;
	const why = refusal(named);
	if (why === void 0) return;
	const dotless = why === "missing dot in first path element";
	const kind = role === "tool" ? "tool" : "module";
	yield {
		place: placeOf(file, path.span),
		module,
		message: `malformed ${kind} path ${inAscii(path.value)}: ${escaped(plain(why))}${looks(path.value)}`,
		why: "go refuses to fetch such a path, and a reader takes it for the one that it looks like.",
		fix: dotless ? "Give the module a path that begins with a host name, or map it to its directory with a replace." : "Write the path as its author publishes it, in ASCII letters, lower case up to the first slash, or take the line out.",
		key: `${role} ${path.value}`,
		...dotless && role !== "replacement" && local.has(path.value) ? { level: "note" } : {}
	};
}
/** Why go would refuse the path, in go's words without the path itself. */
function refusal({ role, path }) {
	if (path.value === "std" || path.value === "cmd") return void 0;
	const isPackage = role === "module" || role === "tool";
	return (isPackage ? checkImportPath(path.value) : checkPath(path.value))?.slice(`malformed ${isPackage ? "import" : "module"} path ${quote(path.value)}: `.length);
}
/** The path in quotes, cut, with all that is not ASCII by its number: a look-alike must not look alike here. */
function inAscii(path) {
	return escaped(shown(path, /^[\0-\x7f]*$/.test(path) ? 120 : 40));
}
function escaped(words) {
	return words.replace(/[^\0-\x7f…]/gu, (ch) => {
		const hex = (ch.codePointAt(0) ?? 0).toString(16);
		return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
	});
}
const SHOWN_CHARACTERS = 3;
/** `; U+0456 looks like "i"` for the first characters that are not ASCII. */
function looks(path) {
	const strange = new Set(path.match(/[^\0-\x7f\ud800-\udfff]/gu));
	const words = [...strange].slice(0, SHOWN_CHARACTERS).map((ch) => {
		const number = (ch.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
		const look = asciiLook(ch);
		return look === void 0 ? `it holds U+${number}` : `U+${number} looks like "${look}"`;
	});
	const more = strange.size - words.length;
	return words.map((word) => `; ${word}`).join("") + (more > 0 ? `; and ${more} more such characters` : "");
}
// src/policy/rules/replace-conflict.ts
/** Two replaces of one module that disagree. */
const replaceConflict = {
	id: "replace/conflict",
	page: {
		summary: "Two lines replace the same module by different ones, in one file or in one workspace.",
		why: "go stops at conflicting replaces. Tools that read go.mod by themselves take the first, or the last, so that what is scanned is not what is built once somebody takes one of the lines out.",
		limits: "A line for one version and a line for all of them do not conflict: the one version wins. What a go.work replaces itself is settled for its modules.",
		config: "rules:\n  replace/conflict: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/one/cart v1.5.1\n\nreplace example.com/cart => example.com/two/cart v1.5.1\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/one/cart v1.5.1\n"
		}
	},
	check: function* ({ tree }) {
		const byFile = groupByFile(tree);
		for (const replaces of byFile.values()) yield* inOneFile(replaces);
		yield* inWorkspaces(tree, byFile);
	}
};
function groupByFile(tree) {
	const groups = /* @__PURE__ */ new Map();
	for (const replace of replacesOf$1(tree)) {
		if (replace.refused) continue;
		groups.set(replace.file, [...groups.get(replace.file) ?? [], replace]);
	}
	return groups;
}
function oldOf$1({ oldPath, oldVersion }) {
	return `${oldPath.value}\0${oldVersion?.value ?? ""}`;
}
/** As go compares targets within one file: letter by letter. */
function written({ newPath, newVersion }) {
	return `${newPath.value}\0${newVersion?.value ?? ""}`;
}
/** As go compares them across files: directories from where the files are. */
function meant(replace) {
	const { newPath } = replace;
	if (isRemote(replace) || isAbsolutePath(newPath.value)) return written(replace);
	return `${cleanPath(replace.dir, newPath.value)}\0directory`;
}
function* inOneFile(replaces) {
	const first = /* @__PURE__ */ new Map();
	for (const replace of replaces) {
		const other = first.get(oldOf$1(replace));
		if (other === void 0) first.set(oldOf$1(replace), replace);
		else if (written(other) !== written(replace)) yield conflict(replace, other, "this file");
	}
}
function* inWorkspaces(tree, byFile) {
	const mods = modsByPath(tree);
	for (const work of tree.works) {
		const settled = new Set((byFile.get(work.path) ?? []).map((replace) => replace.oldPath.value));
		const first = /* @__PURE__ */ new Map();
		for (const { path } of membersOf(work, mods)) for (const replace of byFile.get(path) ?? []) {
			if (settled.has(replace.oldPath.value)) continue;
			const other = first.get(oldOf$1(replace));
			if (other === void 0) first.set(oldOf$1(replace), replace);
			else if (other.file !== path && meant(other) !== meant(replace)) yield conflict(replace, other, shown(other.file, 80), work.path);
		}
	}
}
function conflict(replace, other, where, work) {
	const { file, oldPath, oldVersion, newPath, newVersion } = replace;
	const old = shownModule(oldPath.value, oldVersion?.value);
	const theirs = shownModule(other.newPath.value, other.newVersion?.value);
	const within = work === void 0 ? "" : ` (workspace ${shown(work, 80)})`;
	const target = argument(newVersion === void 0 ? newPath.value : `${newPath.value}@${newVersion.value}`);
	return {
		place: placeOf(file, newPath.span),
		module: oldPath.value,
		...newVersion === void 0 ? {} : { version: newVersion.value },
		message: `${old} is replaced by ${shownModule(newPath.value, newVersion?.value)} here and by ${theirs} in ${where}${within}`,
		why: "go refuses to build with both, and other tools pick one without a word.",
		fix: work === void 0 ? `Keep one of the two lines; this command leaves this one: ${replaceCommand(replace, target)}` : `Let both agree, or settle it for the workspace: ${replaceCommand({
			...replace,
			file: work,
			inWork: true
		}, "MODULE@VERSION")}`,
		key: work === void 0 ? oldVersion === void 0 ? "" : "one version" : "workspace"
	};
}
// src/policy/rules/replace-downgrade.ts
/** Modules whose old tags have higher numbers than their new ones, which everybody pins by a replace. */
const RENUMBERED = /* @__PURE__ */ new Set(["k8s.io/client-go"]);
/** Replaces that set a module back to an older version of itself. */
const replaceDowngrade = {
	id: "replace/downgrade",
	page: {
		summary: "A module is replaced by an older version of itself.",
		why: "The require line, every scanner and every reader show the newer version, while the older one is built, with all that was mended since.",
		limits: "Compared with the version on the left, else with the highest that the file requires; in a go.work with what its modules require. Versions of a fork are not comparable and left alone, and so are the tags of k8s.io/client-go up to v12, which are older than v0.15.",
		config: "replace:\n  downgrade: deny",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/cart v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/cart v1.5.1\n"
		}
	},
	check: function* ({ tree }) {
		const requiredIn = requirements(tree);
		for (const replace of replacesOf$1(tree)) {
			const { file, oldPath, oldVersion, newPath, newVersion } = replace;
			if (!isRemote(replace) || newVersion === void 0 || newPath.value !== oldPath.value) continue;
			const built = oldVersion?.value ?? requiredIn(file).get(oldPath.value);
			if (built?.endsWith("+incompatible") && RENUMBERED.has(oldPath.value)) continue;
			if (built === void 0 || compareVersions(newVersion.value, built) >= 0) continue;
			yield {
				place: placeOf(file, newVersion.span),
				module: oldPath.value,
				version: newVersion.value,
				message: `${shownModule(oldPath.value, built)} is replaced by the older ${shown(newVersion.value)}`,
				why: "What was mended between the two comes back, while everything that reads the require line sees the newer version.",
				fix: `Remove it: ${dropCommand(replace)}; a version to stay below is better said by exclude, or by requiring the older one.`
			};
		}
	}
};
/** The highest version that a file, or the modules of a go.work, requires of each module; made when asked for. */
function requirements(tree) {
	const byPath = modsByPath(tree);
	const works = new Map(tree.works.map((work) => [work.path, work]));
	const known = /* @__PURE__ */ new Map();
	return (file) => {
		let versions = known.get(file);
		if (versions === void 0) {
			const work = works.get(file);
			const mod = byPath.get(file);
			versions = highest$1(work !== void 0 ? membersOf(work, byPath) : mod === void 0 ? [] : [mod]);
			known.set(file, versions);
		}
		return versions;
	};
}
function highest$1(files) {
	const versions = /* @__PURE__ */ new Map();
	for (const { mod } of files) for (const { path, version } of mod.require) {
		const known = versions.get(path.value);
		if (known === void 0 || compareVersions(known, version.value) < 0) versions.set(path.value, version.value);
	}
	return versions;
}
// src/policy/rules/replace-local-absolute.ts
/** Replaces by an absolute path, of any system. */
const replaceLocalAbsolute = {
	id: "replace/local-absolute",
	page: {
		summary: "A module is replaced by an absolute path: `/home/…`, `C:\\…`, `\\\\server\\…`.",
		why: "The path means a place on one machine, and often tells the name of its user. On every other machine the build fails, or takes in what somebody put there.",
		limits: "All forms are reported on every system: what Linux takes for a relative name is a drive on Windows.",
		config: "rules:\n  replace/local-absolute: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => /home/ada/cart\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n"
		}
	},
	check: ({ tree }) => localFindings(tree, "absolute", {
		why: "It means a place on one machine; elsewhere nothing is there, or something that nobody reviewed.",
		fix: (replace) => `Remove it: ${dropCommand(replace)}; for work on your machine use a go.work that is not committed.`
	})
};
// src/policy/rules/replace-local-broken.ts
/** Replaces by a directory of this repository that is missing or holds another module. */
const replaceLocalBroken = {
	id: "replace/local-broken",
	page: {
		summary: "A module is replaced by a directory of this repository that is not there or is another module.",
		why: "A missing directory fails every build but the one on the machine that has it. A directory with another module builds without a word: go does not compare the names, so any code can take the place of any module.",
		limits: "The directory must be tracked by git with its go.mod; a submodule is another repository and counts as missing. The paths are compared letter by letter, major suffix included.",
		config: "rules:\n  replace/local-broken: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ./local-fork\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n"
		}
	},
	check: ({ tree }) => localFindings(tree, "broken", {
		why: "go takes whatever lies in the directory for the module, under any name; and where it is missing, nothing builds.",
		fix: (replace) => `Remove it: ${dropCommand(replace)}; or commit the directory with a go.mod that declares the replaced path.`
	})
};
// src/policy/rules/replace-local-escapes.ts
/** Replaces by a directory outside the repository. */
const replaceLocalEscapes = {
	id: "replace/local-escapes",
	page: {
		summary: "A module is replaced by a directory outside the repository, reached by `..` or a symbolic link.",
		why: "What lies beside the checkout is on one machine only and under no review: elsewhere the build fails, or it takes in whatever happens to lie there.",
		limits: "Paths are cleaned as go does it, then the links that git tracks are followed. A path that leaves the repository and comes back by the name of its directory is reported: nothing says what a checkout is called.",
		config: "rules:\n  replace/local-escapes: error",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ../cart\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => example.com/fork/cart v1.0.1\n"
		}
	},
	check: ({ tree }) => localFindings(tree, "escapes", {
		why: "Only one machine has that directory, and no review sees what is in it.",
		fix: (replace) => `Remove it: ${dropCommand(replace)}; for work across repositories use a go.work that is not committed.`
	})
};
// src/policy/rules/replace-local-sibling.ts
/** Replaces by a directory of this repository that holds the very module. */
const replaceLocalSibling = {
	id: "replace/local-sibling",
	page: {
		summary: "A module is replaced by a directory of this repository that declares the same module.",
		why: "Modules of one repository replace one another so that they are built together. That is sound, but such a module cannot be installed by `go install path@version`, and its tests run against code that no user has.",
		limits: "Off unless `replace: {local: deny}` or this rule asks for it. A go.work is the other way to build modules of one repository together, and needs no replace.",
		config: "replace:\n  local: deny",
		bad: {
			file: "shop/go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => ../cart\n"
		},
		good: {
			file: "shop/go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n"
		}
	},
	check: ({ tree }) => localFindings(tree, "sibling", {
		why: "The policy takes modules by their versions only: what is built here is not what others get.",
		fix: (replace) => `Release the module and require that version, then: ${dropCommand(replace)}`
	})
};
// src/policy/rules/replace-missing-reason.ts
/** Replaces that do not say why they are there. */
const replaceMissingReason = {
	id: "replace/missing-reason",
	page: {
		summary: "A replace has no comment that says why it is there.",
		why: "Nobody dares to remove a line whose reason is forgotten, and so forks stay for years behind their origin.",
		limits: "The comment stands above the line, behind it, or above the block. Replaces by directories need none unless `local: true` asks for it.",
		config: "replace:\n  remote:\n    require-reason: true",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/fork/cart v1.5.1\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.5.0\n\n// Until the fix of issue 12 is released.\nreplace example.com/cart => example.com/fork/cart v1.5.1\n"
		}
	},
	check: function* ({ tree, options }) {
		const local = flagOption(options, "local");
		for (const replace of replacesOf$1(tree)) {
			if (replace.refused || isLocal(replace) && !local || hasReason(replace)) continue;
			const { file, oldPath, newPath, newVersion } = replace;
			yield {
				place: placeOf(file, newPath.span),
				module: oldPath.value,
				...newVersion === void 0 ? {} : { version: newVersion.value },
				message: `the replace of ${shown(oldPath.value)} by ${shownModule(newPath.value, newVersion?.value)} gives no reason`,
				why: "Without a reason nobody can tell when it may go.",
				fix: "Write above the line, as a comment, why it is there and when it may go.",
				key: newPath.value
			};
		}
	}
};
/** Words, and not only a ruler or a bracket. */
function hasReason({ comments }) {
	return comments.some((comment) => /\p{L}{2}/u.test(comment));
}
// src/policy/rules/replace-stale.ts
/** Replaces that have no effect. */
const replaceStale = {
	id: "replace/stale",
	page: {
		summary: "A replace has no effect: nothing requires the module, or not in that version.",
		why: "A line without effect is one that nobody looks at. It waits until the module, or the version, comes back, and then builds other code than anybody expects.",
		limits: "Judged only where the go line is 1.17 or later, because an older go.mod does not name all modules; and modules that stand in the graph without any of their packages being built are not seen. In a workspace the requirements of all its modules count.",
		config: "rules:\n  replace/stale: warning",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart v1.2.0 => example.com/fork/cart v1.2.1\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart v1.5.0 => example.com/fork/cart v1.5.1\n"
		}
	},
	check: function* ({ tree }) {
		const required = requiredBy(tree);
		const seen = /* @__PURE__ */ new Set();
		for (const replace of replacesOf$1(tree)) {
			if (replace.refused) continue;
			const why = withoutEffect(replace, required.get(replace.file)) ?? repeated(replace, seen);
			if (why !== void 0) yield finding$1(replace, why);
		}
	}
};
function finding$1(replace, why) {
	const { file, oldPath, oldVersion } = replace;
	return {
		place: placeOf(file, oldVersion?.span ?? oldPath.span),
		module: oldPath.value,
		...oldVersion === void 0 ? {} : { version: oldVersion.value },
		message: `the replace of ${shownModule(oldPath.value, oldVersion?.value)} has no effect: ${why}`,
		why: "It takes effect on the day when the module or the version comes back, and nobody will think of it then.",
		fix: `Remove it: ${dropCommand(replace)}`,
		key: oldVersion === void 0 ? "" : "one version"
	};
}
function withoutEffect({ oldPath, oldVersion, newPath, newVersion }, required) {
	if (oldVersion !== void 0 && newPath.value === oldPath.value && newVersion?.value === oldVersion.value) return "it replaces a version by itself";
	if (required === void 0) return void 0;
	const versions = required.get(oldPath.value);
	if (versions === void 0) return "nothing requires the module";
	if (oldVersion === void 0 || versions.has(oldVersion.value)) return void 0;
	const [first = ""] = versions;
	return `what is required is ${shown(first)}`;
}
function repeated({ file, oldPath, oldVersion, newPath, newVersion }, seen) {
	const words = [
		file,
		oldPath.value,
		oldVersion?.value,
		newPath.value,
		newVersion?.value
	].join("\0");
	if (seen.has(words)) return "the same line stands above";
	seen.add(words);
}
/** What is required where each file counts; no entry where that cannot be told from go.mod files alone. */
function requiredBy(tree) {
	const byFile = /* @__PURE__ */ new Map();
	for (const { work, mods } of buildUnits(tree)) {
		if (mods.length === 0 || !mods.every(isComplete)) continue;
		const required = /* @__PURE__ */ new Map();
		for (const { mod } of mods) for (const { path, version } of mod.require) {
			const versions = required.get(path.value);
			if (versions === void 0) required.set(path.value, /* @__PURE__ */ new Set([version.value]));
			else versions.add(version.value);
		}
		if (work !== void 0) byFile.set(work.path, required);
		for (const file of mods) byFile.set(file.path, required);
	}
	return byFile;
}
function isComplete({ mod, problems }) {
	const go = mod.go?.value.value;
	return problems.length === 0 && go !== void 0 && compareGoVersions(go, "1.17") >= 0;
}
// src/policy/rules/replace-target-not-allowed.ts
/** Replacements that the lists keep out, or that come from a stranger where no list speaks. */
const replaceTargetNotAllowed = {
	id: "replace/target-not-allowed",
	page: {
		summary: "A module is replaced by one that the policy does not allow, or by that of another owner.",
		why: "The path on the left stays in every import, so nobody sees that other code is built. Whoever gets a fork into a replace owns what the whole program believes to be the well-known module.",
		limits: "The lists of hosts and modules judge the right-hand side as they do a required module, and `replace.remote.allow` besides. Where no list allows anything, targets of another owner than the replaced module and the module itself are reported as warnings (`strangers: false` stops that); the owner is the first element behind the host on the large forges, elsewhere the host, and well-known projects with a host of their own count as one with their forge. Major versions and forks of the same owner are not told apart.",
		config: "replace:\n  remote:\n    allow: [github.com/acme/*]",
		bad: {
			file: "go.mod",
			text: "module github.com/acme/shop\n\nrequire github.com/pkg/errors v0.9.1\n\nreplace github.com/pkg/errors => github.com/stranger/errors v0.9.2\n"
		},
		good: {
			file: "go.mod",
			text: "module github.com/acme/shop\n\nrequire github.com/pkg/errors v0.9.1\n\nreplace github.com/pkg/errors => github.com/acme/errors v0.9.2\n"
		}
	},
	check: function* ({ tree, layer, options }) {
		const judge = judgeOf(layer);
		const strangers = flagOption(options, "strangers") && !judge.allowsTargets;
		const mains = mainModules(tree);
		for (const replace of replacesOf$1(tree)) {
			if (!isRemote(replace)) continue;
			const found = listed(judge, replace) ?? (strangers ? stranger(replace, mains) : void 0);
			if (found !== void 0) yield found;
		}
	}
};
function about({ file, oldPath, newPath, newVersion }) {
	return {
		place: placeOf(file, newPath.span),
		module: oldPath.value,
		...newVersion === void 0 ? {} : { version: newVersion.value },
		key: newPath.value
	};
}
function listed(judge, replace) {
	const { oldPath, newPath, newVersion } = replace;
	const refusal = judge.target(newPath.value, newVersion?.value);
	if (refusal === void 0) return void 0;
	return {
		...about(replace),
		level: "error",
		message: `${shown(oldPath.value)} is replaced, but its target must not be: ${refusal.message}`,
		why: refusal.reason,
		fix: `Remove it: ${dropCommand(replace)}. ${refusal.fix}`
	};
}
function stranger(replace, mains) {
	const { file, oldPath, newPath, newVersion } = replace;
	const target = newPath.value;
	if (sameOwner(target, oldPath.value)) return void 0;
	if (mains.get(file)?.some((main) => sameOwner(target, main))) return void 0;
	return {
		...about(replace),
		level: "warning",
		message: `${shown(oldPath.value)} is replaced by ${shownModule(target, newVersion?.value)} of another owner`,
		why: "Every import still shows the old path, so the code of another owner is built unseen; no list of the policy says that it may be.",
		fix: `Remove it: ${dropCommand(replace)}; or name the target under replace.remote.allow once somebody has looked at it.`
	};
}
/** The main modules that a file speaks for: its own, or those of the workspace. */
function mainModules(tree) {
	const byPath = modsByPath(tree);
	const pathOf = (file) => file.mod.module === void 0 ? [] : [file.mod.module.path.value];
	return new Map([...tree.mods.map((file) => [file.path, pathOf(file)]), ...tree.works.map((work) => [work.path, membersOf(work, byPath).flatMap(pathOf)])]);
}
// src/policy/rules/replace-unpinned.ts
/** Replaces that do not say which version stands for which. */
const replaceUnpinned = {
	id: "replace/unpinned",
	page: {
		summary: "A replace does not say which version stands for which one.",
		why: "A branch on the right means other code every day. Without a version on the left the replacement also takes the place of every later version, and so hides its fixes for as long as the line stays.",
		limits: "With `tag: true` the version on the right must be a tag and not a commit. Replaces by a directory have no versions and are left to replace/local-*. go itself refuses a branch name, too: see gomod/invalid.",
		config: "rules:\n  replace/unpinned: {level: warning, tag: true}",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => example.com/fork/cart v1.0.1\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart v1.0.0 => example.com/fork/cart v1.0.1\n"
		}
	},
	check: function* ({ tree, options }) {
		const tag = flagOption(options, "tag");
		for (const replace of replacesOf$1(tree)) {
			const found = noVersion(replace) ?? branch(replace) ?? everyVersion(replace) ?? (tag ? commit(replace) : void 0);
			if (found !== void 0) yield found;
		}
	}
};
function finding(replace, token, rest) {
	const { file, oldPath, newPath } = replace;
	return {
		place: placeOf(file, token.span),
		module: oldPath.value,
		key: newPath.value,
		...rest
	};
}
function noVersion(replace) {
	const { oldPath, newPath, newVersion, refused } = replace;
	if (!refused || newVersion !== void 0 || isLocal(replace)) return void 0;
	return finding(replace, newPath, {
		level: "error",
		message: `${shown(oldPath.value)} is replaced by module ${shown(newPath.value)} without a version`,
		why: "go refuses the line: only a directory has no version, and a directory is written with ./ or ../ in front.",
		fix: `Add the version: go list -m -versions ${argument(newPath.value)} tells which there are.`
	});
}
function branch(replace) {
	const { oldPath, newPath, newVersion, refused } = replace;
	if (!refused || newVersion === void 0 || isValid(newVersion.value) || isLocal(replace)) return void 0;
	const query = argument(`${newPath.value}@${newVersion.value}`);
	return {
		...finding(replace, newVersion, {
			level: "error",
			message: `${shown(oldPath.value)} is replaced by ${shown(newPath.value)} at ${shown(newVersion.value)}, which is no version`,
			why: "A branch or other name means another commit tomorrow; go refuses the line, and a tool that resolves it builds what nobody reviewed.",
			fix: `Write the version that is meant: go list -m -f {{.Version}} ${query} prints it.`
		}),
		version: newVersion.value
	};
}
function everyVersion(replace) {
	const { oldPath, oldVersion, newPath, newVersion } = replace;
	if (!isRemote(replace) || oldVersion !== void 0) return void 0;
	const target = shownModule(newPath.value, newVersion?.value);
	return finding(replace, oldPath, {
		level: "warning",
		message: `every version of ${shown(oldPath.value)} is replaced by ${target}`,
		why: "Later versions with their fixes are replaced as well, and nobody is told.",
		fix: "Write the version that is replaced behind the path on the left."
	});
}
function commit(replace) {
	const { oldPath, newPath, newVersion } = replace;
	if (!isRemote(replace) || newVersion === void 0 || !isPseudo(newVersion.value)) return void 0;
	return {
		...finding(replace, newVersion, {
			level: "warning",
			message: `${shown(oldPath.value)} is replaced by ${shown(newPath.value)} at commit ${shown(newVersion.value)}`,
			why: "The policy wants replacements by a tagged version: a commit has no release notes, and no advisory names it.",
			fix: `Tag the commit in ${argument(newPath.value)} and write the tag.`
		}),
		version: newVersion.value
	};
}
// src/policy/rules/sum-changed.ts
/** A hash of go.sum that is another one than before, or than the one beside it. */
const sumChanged = {
	id: "sum/changed",
	page: {
		summary: "go.sum has another hash than the base for the same version, or two hashes for one file.",
		why: "A version never changes, so its hash does not either. Another hash means that a tag was moved, that an upstream or cache delivered something else, or that somebody wants other code to pass under the old number. go never compares lines that are there with the checksum database, so a line that is changed or put in front of another one is believed by every build after it.",
		limits: "New versions, removed lines and lines that move to another go.sum are fine. Without a base only two hashes for one file can be seen. The level cannot be changed; a waiver needs two owners. A session reports under this rule, too, that a module which no checksum database knows is not what it was when it was first seen; that is accepted by `modgate cache forget` (docs/closed-networks.md), and by no waiver.",
		config: "waivers:\n  - rule: sum/changed\n    module: example.com/cart\n    owners: [alex, robin]\n    reason: the author moved the tag v1.2.0 before anybody used it, see ticket 4711\n    expires: 2026-12-31",
		bad: {
			file: "go.sum",
			text: "example.com/cart v1.2.0 h1:a4dqKxrKcJB2c7lZfRrKnQ0Kc0m8m8WqXnbdzIK6t3E=\n"
		},
		good: {
			file: "go.sum",
			text: "example.com/cart v1.2.0 h1:ybTnKZhrAWPfOmHUmZNNXqQyhX9L6FzzcTqTYh3MUyA=\n"
		}
	},
	check: function* ({ tree, base }) {
		const before = base === void 0 ? void 0 : hashesOf(base);
		for (const file of tree.sums) yield* changesOf(file, before);
	}
};
function hashesOf(base) {
	const all = new SumTable();
	const byFile = /* @__PURE__ */ new Map();
	for (const { path, sum } of base.sums) {
		const own = new SumTable();
		own.add(sum.entries);
		all.add(sum.entries);
		byFile.set(path, own);
	}
	return (path, { module, version, file }) => {
		const own = byFile.get(path)?.hashes(module, version, file) ?? [];
		return own.length > 0 ? own : all.hashes(module, version, file);
	};
}
function* changesOf({ path, bytes, sum }, before) {
	const line = textLines(bytes);
	const seen = /* @__PURE__ */ new Map();
	for (const entry of sum.entries) {
		const key = `${entry.module} ${entry.version} ${entry.file}`;
		const known = before?.(path, entry) ?? [];
		const first = seen.get(key);
		const changed = known.length > 0 && !known.includes(entry.h1);
		const second = first !== void 0 && first.entry.h1 !== entry.h1 && !first.reported;
		if (first === void 0) seen.set(key, {
			entry,
			reported: changed
		});
		else if (changed || second) first.reported = true;
		if (changed) yield changedFrom(known, entry, path, line(entry.line));
		else if (second) yield twoHashes(first.entry, entry, path, line(entry.line));
	}
}
function what({ module, version, file }) {
	return `${file === "mod" ? "the go.mod" : "the code"} of ${shownModule(module, version)}`;
}
function placed(entry, path, text) {
	const at = text.indexOf(entry.h1);
	const column = Math.max(0, at) + 1;
	const endColumn = column + (at < 0 ? 1 : entry.h1.length);
	return {
		place: {
			file: path,
			line: entry.line,
			column,
			endLine: entry.line,
			endColumn
		},
		module: entry.module,
		version: entry.version
	};
}
/** Never «go mod tidy»: it would only write down what the mirror delivers now. */
function fixFor({ module, version }, restore) {
	return `${restore} To see which hash the checksum database vouches for, run outside the repository: ${`GOFLAGS=-modcacherw GOMODCACHE=$(mktemp -d) go mod download -json ${argument(`${module}@${version}`)}`}. If the author has moved the tag, take a new version instead.`;
}
function changedFrom(known, entry, path, text) {
	const was = known.length === 1 ? known[0] : `${known[0]} (and ${known.length - 1} more)`;
	return {
		...placed(entry, path, text),
		message: `the hash of ${what(entry)} was ${was} and is now ${entry.h1}`,
		why: "A version never changes, so its hash does not either: a tag was moved, a mirror delivered something else, or other code is to pass under the old number. go believes the line as it stands.",
		fix: fixFor(entry, `Restore the line of the base: git checkout BASE -- ${argument(path)}.`),
		key: `${entry.version} ${entry.file} ${entry.h1}`
	};
}
function twoHashes(first, entry, path, text) {
	return {
		...placed(entry, path, text),
		message: `two hashes for ${what(entry)}: ${first.h1} in line ${first.line} and ${entry.h1}`,
		why: "go believes the first line that it reads for a file, so one of the two lets other code pass for this version.",
		fix: fixFor(entry, "Find out which of the two is right and take the other line out."),
		key: `${entry.version} ${entry.file} ${[first.h1, entry.h1].sort().join(" ")}`
	};
}
// src/policy/rules/sum-missing.ts
/** Requirements without a hash that pins them. */
const sumMissing = {
	id: "sum/missing",
	page: {
		summary: "A required module has no hash in go.sum.",
		why: "Without a hash nothing pins what the version stands for: `go mod tidy` or -mod=mod writes down whatever the mirror delivers at that moment. go build refuses such a module, so a change that lacks hashes was never built.",
		limits: "Only for go.mod files of go 1.17 and later, which list every module they need. All of them need the hash of their go.mod; the hash of the code is asked for only where the require is not marked indirect. Modules replaced by a directory, excluded versions, and members of the same go.work need none; in a workspace the hashes of go.work.sum and of all members count.",
		config: "rules:\n  sum/missing: warning",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n"
		}
	},
	check: function* ({ tree }) {
		const sums = new Map(tree.sums.map((file) => [file.path, file]));
		const reported = /* @__PURE__ */ new Set();
		for (const unit of buildUnits(tree)) {
			const members = new Set(unit.mods.map((file) => file.mod.module?.path.value));
			const workspace = unit.work === void 0 ? [] : sumsOf(unit, sums);
			for (const file of unit.mods) {
				if (reported.has(file.path)) continue;
				reported.add(file.path);
				const own = sums.get(sumPath(file));
				yield* missingIn(file, own === void 0 ? workspace : [own, ...workspace], members, unit);
			}
		}
	}
};
function sumPath({ path }) {
	return `${path.slice(0, -4)}.sum`;
}
function sumsOf({ work, mods }, sums) {
	const paths = mods.map(sumPath);
	if (work !== void 0) paths.push(`${work.path}.sum`);
	return paths.flatMap((path) => sums.get(path) ?? []);
}
function* missingIn(file, sums, members, { work }) {
	const { path, mod } = file;
	if (compareGoVersions(mod.go?.value.value ?? "1.16", "1.17") < 0) return;
	if (sums.some(({ sum }) => sum.problems.some((problem) => problem.reason.endsWith("was not read")))) return;
	const table = new SumTable();
	for (const { sum } of sums) table.add(sum.entries);
	const replaced = replacements([...mod.replace, ...work?.work.replace ?? []]);
	const excluded = new Set(mod.exclude.map((line) => `${line.path.value} ${line.version.value}`));
	const missing = [];
	for (const line of mod.require) {
		if (members.has(line.path.value) || excluded.has(`${line.path.value} ${line.version.value}`)) continue;
		const module = replaced(line);
		if (module === void 0) continue;
		const noMod = table.hashes(module.path, module.version, "mod").length === 0;
		const noZip = !line.indirect && table.hashes(module.path, module.version, "zip").length === 0;
		if (noMod || noZip) missing.push({
			line,
			module,
			what: noMod ? "go.mod" : "code"
		});
	}
	const [first] = missing;
	if (first === void 0) return;
	if (sums.length === 0) yield noSumFile(path, first, missing.length);
	else for (const one of missing) yield noHash(path, one);
}
/** What is fetched for a required version; undefined when a directory stands for it. */
function replacements(replaces) {
	const exact = /* @__PURE__ */ new Map();
	const all = /* @__PURE__ */ new Map();
	for (const line of replaces) if (line.oldVersion === void 0) all.set(line.oldPath.value, line);
	else exact.set(`${line.oldPath.value} ${line.oldVersion.value}`, line);
	return ({ path, version }) => {
		const line = exact.get(`${path.value} ${version.value}`) ?? all.get(path.value);
		if (line === void 0) return {
			path: path.value,
			version: version.value
		};
		if (line.newVersion === void 0) return void 0;
		return {
			path: line.newPath.value,
			version: line.newVersion.value
		};
	};
}
function noSumFile(path, { line }, count) {
	const sum = `${path.slice(0, -4)}.sum`;
	return {
		place: placeOf(path, line.span),
		message: `there is no ${shown(sum)}, though ${count === 1 ? "a module is" : `${count} modules are`} required`,
		why: "Nothing pins what the required versions stand for, and go build refuses them.",
		fix: `go mod tidy in ${argument(path.slice(0, path.lastIndexOf("/") + 1) || ".")} writes it; commit it with go.mod.`,
		key: "no go.sum"
	};
}
function noHash(path, { line, module, what }) {
	const replaced = module.path !== line.path.value;
	return {
		place: placeOf(path, line.span),
		module: line.path.value,
		version: line.version.value,
		message: `missing go.sum entry for ${what === "go.mod" ? "go.mod file" : "the code"} of ${shownModule(module.path, module.version)}` + (replaced ? `, which replaces ${shown(line.path.value)}` : ""),
		why: "Nothing pins what the version stands for, and go build refuses it.",
		fix: `go mod download ${argument(line.path.value)} writes it, checked against the checksum database; commit go.sum with go.mod.`,
		key: what
	};
}
// src/policy/rules/tool-not-allowed.ts
/** Tool lines of packages that are not on the list. */
const toolNotAllowed = {
	id: "tool/not-allowed",
	page: {
		summary: "A tool line names a package that is not on the list.",
		why: "A tool is a program that `go tool` and `go generate` build and run on the machine of whoever asks, with all that the user may do.",
		limits: "Entries are globs like those of GOPRIVATE and match a package, its directory, or its module. Programs that a go:generate line runs with go run are not seen.",
		config: "rules:\n  tool/not-allowed:\n    allow: [golang.org/x/tools, example.com/acme/*]",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n\ntool example.com/lint/cmd/lint\n\nrequire example.com/lint v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n"
		}
	},
	check: function* ({ tree, options }) {
		const allowed = globsOption(options, "allow");
		const list = plain(textsOption(options, "allow").join(", "), 120);
		for (const { path, mod } of tree.mods) {
			const own = mod.module?.path.value;
			const required = new Map(mod.require.map((line) => [line.path.value, line]));
			for (const { value } of mod.tool) {
				const tool = value.value;
				if (own !== void 0 && isBelow(tool, own)) continue;
				if (allowed(tool)) continue;
				const module = moduleOf(tool, required);
				yield {
					place: placeOf(path, value.span),
					module: module?.path.value ?? tool,
					...module === void 0 ? {} : { version: module.version.value },
					message: `tool ${shown(tool)} is not allowed`,
					why: list === "" ? "The policy allows no tools: they are built and run by go tool and go generate." : `It is built and run by go tool and go generate; the policy allows ${list}.`,
					fix: `go get -tool ${argument(`${tool}@none`)}, or have the policy allow it.`,
					key: tool
				};
			}
		}
	}
};
function isBelow(path, module) {
	return path === module || path.startsWith(`${module}/`);
}
/** Go's paths are far shorter; a hostile one must not be cut at each of its slashes. */
const MAX_ELEMENTS = 128;
/** The required module with the longest path that the package lies in. */
function moduleOf(tool, required) {
	let path = tool;
	for (let n = 0; n < MAX_ELEMENTS; n++) {
		const module = required.get(path);
		if (module !== void 0) return module;
		const slash = path.lastIndexOf("/");
		if (slash < 0) return void 0;
		path = path.slice(0, slash);
	}
}
// src/policy/rules/toolchain-not-allowed.ts
/** Toolchain lines that make go fetch and run another compiler than those on the list. */
const toolchainNotAllowed = {
	id: "toolchain/not-allowed",
	page: {
		summary: "A toolchain line names a toolchain that is not on the list.",
		why: "go fetches the toolchain that this line names and runs it in place of the installed one: it compiles everything from then on.",
		limits: "`toolchain default` is never reported. A go line can start another toolchain, too: see go/version-range. Names with a suffix, such as go1.26.3-acme, are only allowed by entries that write the same suffix.",
		config: "rules:\n  toolchain/not-allowed:\n    allow: [go1.26.3, go1.25.*, \">=go1.26.5 <go1.28\"]",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n\ntoolchain go1.26.4-acme\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\ngo 1.26\n"
		}
	},
	check: function* ({ tree, options }) {
		const allow = textsOption(options, "allow");
		const names = new Set(allow);
		const ranges = allow.map((entry) => goRange(entry)).filter((range) => range !== void 0);
		const list = plain(allow.join(", "), 120);
		const lines = [...tree.mods.map((file) => [file.path, file.mod.toolchain]), ...tree.works.map((file) => [file.path, file.work.toolchain])];
		for (const [file, line] of lines) {
			const name = line?.value.value;
			if (line === void 0 || name === void 0 || name === "default") continue;
			if (names.has(name) || ranges.some((range) => range(name))) continue;
			yield {
				place: placeOf(file, line.value.span),
				version: name,
				message: `toolchain ${shown(name)} is not allowed`,
				why: list === "" ? "The policy allows no toolchain line: go would fetch and run what it names." : `go would fetch and run it; the policy allows ${list}.`,
				fix: fixOf(file),
				key: name.replace(goVersionOfToolchain(name), "")
			};
		}
	}
};
function fixOf(file) {
	return `Name one that is allowed, or none: ${file.endsWith(".work") ? "go work edit" : "go mod edit"} -toolchain=none ${argument(file)}`;
}
// src/policy/vendor-consistency.ts
const keyOf = ({ path, version }) => `${path}\n${version}`;
const describe = ({ path, version }) => version === "" ? path : `${path}@${version}`;
const equal = (a, b) => a.path === b.path && a.version === b.version;
/** Whether a modules.txt was written by `go work vendor`. */
function isForWorkspace({ bytes }) {
	const [first = ""] = Buffer.from(bytes.subarray(0, 512)).toString("latin1").split("\n", 1);
	return first.startsWith("## ") && first.slice(3).split(";").some((entry) => entry.trim() === "workspace");
}
/**
* Compares what is vendored with the modules that are built, in the order in which go complains.
*
* @param mods the module beside the vendor directory, or the members of the workspace in the order of its go.work
*/
function vendorInconsistencies(vendor, mods, work) {
	const found = [];
	const vendored = new Map(vendor.modules.map((module) => [keyOf(module), module]));
	const providing = providers(vendor.modules);
	const provided = new Map(providing.map((module) => [module.path, module.version]));
	const replacements = new Replacements(mods, work);
	const old = work === void 0 && compareGoVersions(mods[0]?.mod.go?.value.value ?? "", "1.14") < 0;
	for (const file of mods) for (const directive of file.mod.require) {
		const module = {
			path: directive.path.value,
			version: directive.version.value
		};
		const known = vendored.get(keyOf(module));
		if (known?.explicit === true) continue;
		const other = provided.get(module.path);
		if (old && (other === void 0 || other === module.version)) continue;
		const message = old ? `is explicitly required in go.mod, but vendor/modules.txt indicates ${module.path}@${other}` : "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt";
		found.push({
			message,
			module,
			line: {
				file,
				directive
			},
			vendorLine: known?.line ?? 0
		});
	}
	for (const { module, replacement, file, directive } of replacements.inOrder()) {
		const known = vendored.get(keyOf(module));
		const is = known?.replacement;
		const source = replacement?.file ?? file;
		const name = relative(vendor.dir, source.path);
		const add = (message) => found.push({
			message,
			module,
			line: {
				file,
				directive
			},
			vendorLine: known?.line ?? 0
		});
		if (is === void 0) {
			const leftOut = old && (module.version === "" || provided.get(module.path) !== module.version);
			if (replacement === void 0 || leftOut) continue;
			add(`is replaced in ${name}, but not marked as replaced in vendor/modules.txt`);
		} else if (replacement === void 0 || !equal(is, replacement.canonical)) add(`is replaced by ${replacement === void 0 ? "" : describe(replacement.as)} in ${name}, but marked as replaced by ${describe(is)} in vendor/modules.txt`);
	}
	const required = new Set(mods.flatMap(({ mod }) => mod.require.map((line) => keyOf({
		path: line.path.value,
		version: line.version.value
	}))));
	for (const module of providing) {
		if (!module.explicit || required.has(keyOf(module))) continue;
		const message = `is marked as explicit in vendor/modules.txt, but not explicitly required in ${work === void 0 ? "" : "a "}go.mod`;
		found.push({
			message,
			module,
			line: void 0,
			vendorLine: module.line
		});
	}
	for (const module of vendor.modules) {
		if (module.replacement === void 0 || replacements.of(module) !== void 0) continue;
		const message = `is marked as replaced in vendor/modules.txt, but not replaced in ${work === void 0 ? "go.mod" : "the workspace"}`;
		found.push({
			message,
			module,
			line: void 0,
			vendorLine: module.line
		});
	}
	return found;
}
/** Modules that provide packages; of several versions of one, those that are higher than the ones before. */
function providers(modules) {
	const highest = /* @__PURE__ */ new Map();
	return modules.filter(({ path, version, packages }) => {
		const known = highest.get(path);
		if (packages.length === 0 || known !== void 0 && compareVersions(known, version) >= 0) return false;
		highest.set(path, version);
		return true;
	});
}
/** What stands for a module in a build: go.work before go.mod, one version before all. */
var Replacements = class {
	#main;
	#files;
	constructor(mods, work) {
		this.#main = new Set(mods.map((file) => file.mod.module?.path.value));
		this.#files = [...work === void 0 ? [] : [{
			file: work,
			map: mapOf(work, work.work.replace, void 0)
		}], ...mods.map((file) => ({
			file,
			map: mapOf(file, file.mod.replace, work)
		}))];
	}
	of(module) {
		if (module.version === "" && this.#main.has(module.path)) return void 0;
		for (const { map } of this.#files) {
			const found = map.get(keyOf(module)) ?? map.get(keyOf({
				path: module.path,
				version: ""
			}));
			if (found !== void 0) return found;
		}
	}
	/** Every replaced module once, with what counts for it; go.mod files first, as go goes through them. */
	*inOrder() {
		const seen = /* @__PURE__ */ new Set();
		const [first, ...rest] = this.#files;
		const files = first !== void 0 && "work" in first.file ? [...rest, first] : this.#files;
		for (const { file } of files) for (const directive of "work" in file ? file.work.replace : file.mod.replace) {
			const module = oldOf(directive);
			if (seen.has(keyOf(module))) continue;
			seen.add(keyOf(module));
			yield {
				module,
				replacement: this.of(module),
				file,
				directive
			};
		}
	}
};
function oldOf({ oldPath, oldVersion }) {
	return {
		path: oldPath.value,
		version: oldVersion?.value ?? ""
	};
}
function mapOf(file, replaces, work) {
	return new Map(replaces.map((directive) => {
		const as = {
			path: directive.newPath.value,
			version: directive.newVersion?.value ?? ""
		};
		const canonical = work !== void 0 && as.version === "" && !as.path.startsWith("/") ? {
			path: fromDirectory(work.dir, file.dir, as.path),
			version: ""
		} : as;
		return [keyOf(oldOf(directive)), {
			directive,
			file,
			as,
			canonical
		}];
	}));
}
/** A directory that is written in one place, as it is written from another. */
function fromDirectory(from, dir, path) {
	const moved = relative(from, cleanPath(dir, path));
	return /^\.\.?(?:\/|$)/.test(moved) ? moved : `./${moved}`;
}
/** The way from a directory of the repository to a cleaned path, which may lie outside. */
function relative(from, to) {
	const up = from === "" ? [] : from.split("/");
	const down = to === "" ? [] : to.split("/");
	let same = 0;
	while (same < up.length && same < down.length && up[same] === down[same]) same++;
	return [...up.slice(same).map(() => ".."), ...down.slice(same)].join("/") || ".";
}
// src/policy/rules/vendor-inconsistent.ts
/** A vendor directory that does not fit the go.mod or go.work beside it. */
const vendorInconsistent = {
	id: "vendor/inconsistent",
	page: {
		summary: "vendor/modules.txt says something else than go.mod or go.work.",
		why: "What is vendored is what is built. go stops where the list does not fit, and until somebody runs `go mod vendor` again, what go.mod requires is not what lies in the directory.",
		limits: "The same comparison as go’s own, where vendor/modules.txt is tracked. Edited files in the vendor directory are not seen, neither here nor by go.",
		config: "rules:\n  vendor/inconsistent: error",
		bad: {
			file: "cart/vendor/modules.txt",
			text: "# example.com/till v1.2.0\n## explicit; go 1.24\nexample.com/till\n"
		},
		good: {
			file: "cart/go.mod",
			text: "module example.com/cart\n\ngo 1.26\n\nrequire example.com/till v1.2.0\n"
		}
	},
	check: function* ({ tree }) {
		const byPath = modsByPath(tree);
		for (const vendor of tree.vendors) {
			const forWork = isForWorkspace(vendor);
			const work = forWork ? tree.works.find((file) => file.dir === vendor.dir) : void 0;
			const mod = byPath.get(vendor.dir === "" ? "go.mod" : `${vendor.dir}/go.mod`);
			const mods = work !== void 0 ? membersOf(work, byPath) : mod !== void 0 && !forWork ? [mod] : [];
			if (mods.length === 0 || mods.some((file) => file.problems.length > 0)) continue;
			const line = textLines(vendor.bytes);
			for (const one of vendorInconsistencies(vendor, mods, work)) yield foundOf(vendor, one, line, forWork);
		}
	}
};
function foundOf(vendor, { message, module, line, vendorLine }, text, forWork) {
	const verb = forWork ? "go work vendor" : "go mod vendor";
	return {
		place: line === void 0 ? {
			file: vendor.path,
			line: vendorLine,
			column: 1,
			endLine: vendorLine,
			endColumn: Math.max(2, text(vendorLine).length + 1)
		} : placeOf(line.file.path, spanOf(line.directive)),
		module: module.path,
		...module.version === "" ? {} : { version: module.version },
		message: `inconsistent vendoring: ${shownModule(module.path, module.version)} ${plain(message, 260)}`,
		why: "go builds what is vendored and stops where the list does not fit; what go.mod says is not what lies there.",
		fix: `${verb} in ${argument(vendor.dir === "" ? "." : vendor.dir)}; commit the vendor directory with go.mod.`,
		key: `${message.split(" ", 3).join(" ")} ${line === void 0 ? "vendor" : line.file.path}`
	};
}
function spanOf(directive) {
	return "newPath" in directive ? directive.newPath.span : directive.version.span;
}
// src/policy/rules/version-downgrade.ts
/** Requirements that a change sets back to an older version. */
const versionDowngrade = {
	id: "version/downgrade",
	page: {
		summary: "A change requires an older version than the base does.",
		why: "An older version brings back what the newer one mended. Most often it is a merge that went wrong, or a tool that resolved against old information.",
		limits: "Compared with the go.mod of the same name in the base, so nothing is reported without a base. Where a module is required more than once, the highest version counts, as it does for go.",
		config: "rules:\n  version/downgrade: warning",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.2.0\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v1.10.0\n"
		}
	},
	check: function* ({ tree, base }) {
		if (base === void 0) return;
		const before = new Map(base.mods.map((file) => [file.path, file]));
		for (const { path, mod } of tree.mods) {
			const was = highest(before.get(path));
			const is = highest({ mod });
			for (const line of mod.require) {
				const old = was.get(line.path.value);
				if (is.get(line.path.value) !== line.version.value || old === void 0) continue;
				if (compareVersions(line.version.value, old) >= 0) continue;
				yield {
					place: placeOf(path, line.version.span),
					module: line.path.value,
					version: line.version.value,
					message: `${shownModule(line.path.value, line.version.value)} is older than ${shown(old)}, which the base requires`,
					why: "The older version brings back what the newer one mended.",
					fix: `go get ${argument(`${line.path.value}@${old}`)}, or say in the change why the older one is needed.`
				};
			}
		}
	}
};
function highest(file) {
	const versions = /* @__PURE__ */ new Map();
	for (const { path, version } of file?.mod.require ?? []) {
		const known = versions.get(path.value);
		if (known === void 0 || compareVersions(known, version.value) < 0) versions.set(path.value, version.value);
	}
	return versions;
}
// src/policy/rules/version-pseudo.ts
/** Requirements and replacements at a commit instead of a version that its author has released. */
const versionPseudo = {
	id: "version/pseudo",
	page: {
		summary: "A required module or a replacement is a commit without a version tag.",
		why: "Nobody released that commit: it has no release notes, advisories do not name it, and it may be gone when its branch is rewritten.",
		limits: "Nearly half of all real go.mod files have such versions, because many modules never tag one: list those under allow, as globs like those of GOPRIVATE. For a replacement the path on the right counts.",
		config: "rules:\n  version/pseudo:\n    level: warning\n    allow: [golang.org/x, example.com/acme/*]",
		bad: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v0.0.0-20240102030405-0123456789ab\n"
		},
		good: {
			file: "go.mod",
			text: "module example.com/shop\n\nrequire example.com/cart v0.1.0\n"
		}
	},
	check: function* ({ tree, options }) {
		const allowed = globsOption(options, "allow");
		for (const file of tree.mods) yield* untagged(file.path, pathsOfMod(file), allowed);
		for (const file of tree.works) yield* untagged(file.path, pathsOfWork(file), allowed);
	}
};
function* untagged(file, paths, allowed) {
	for (const { role, path, version, module } of paths) {
		if (role !== "require" && role !== "replacement") continue;
		if (version === void 0 || !isPseudo(version.value) || allowed(path.value)) continue;
		yield {
			place: placeOf(file, version.span),
			module,
			version: version.value,
			message: `${shownModule(path.value, version.value)} is a commit without a version tag`,
			why: "Nobody released that commit: no advisory names it, and it may be gone when its branch is rewritten.",
			fix: role === "require" ? `Take a released version: go get ${argument(path.value)}@latest` : `Replace it by a released version; go list -m -versions ${argument(path.value)} prints them.`,
			key: role === "require" ? "" : `replacement ${path.value}`
		};
	}
}
// src/policy/rules/work-committed.ts
/** A go.work that git tracks. */
const workCommitted = {
	id: "work/committed",
	page: {
		summary: "A go.work is committed.",
		why: "A go.work changes every build below its directory: its modules and replaces win over what each go.mod says, so what is tested here is not what others get who require the modules one by one.",
		limits: "Many repositories of several modules commit one on purpose: the rule is off until it is switched on.",
		config: "rules:\n  work/committed: error",
		bad: {
			file: "go.work",
			text: "go 1.26\n\nuse ./cart\n"
		},
		good: {
			file: ".gitignore",
			text: "go.work\ngo.work.sum\n"
		}
	},
	check: function* ({ tree }) {
		for (const { path } of tree.works) yield {
			place: wholeFile(path),
			message: "a go.work is committed",
			why: "Builds below its directory follow it and no longer each go.mod; those who require the modules do not have it.",
			fix: `git rm --cached ${argument(path)}, and list it in .gitignore.`
		};
	}
};
// src/policy/rules/work-replace.ts
/** Replaces that stand in a go.work. */
const workReplace = {
	id: "work/replace",
	page: {
		summary: "A go.work replaces a module.",
		why: "A replace in go.work overrides those of every go.mod of the workspace, also the more exact ones, and it is gone as soon as a module is built alone or with GOWORK=off.",
		limits: "What the replacement is, and where it leads, is for the rules replace/* to say.",
		config: "rules:\n  work/replace: error",
		bad: {
			file: "go.work",
			text: "go 1.26\n\nuse ./cart\n\nreplace example.com/till => example.com/fork/till v1.2.1\n"
		},
		good: {
			file: "go.work",
			text: "go 1.26\n\nuse ./cart\n"
		}
	},
	check: function* ({ tree }) {
		for (const { path, work } of tree.works) for (const { oldPath, oldVersion, newPath, newVersion } of work.replace) {
			const old = shownModule(oldPath.value, oldVersion?.value);
			const key = oldVersion === void 0 ? oldPath.value : `${oldPath.value}@${oldVersion.value}`;
			yield {
				place: placeOf(path, newPath.span),
				module: oldPath.value,
				...newVersion === void 0 ? {} : { version: newVersion.value },
				message: `go.work replaces ${old} with ${shownModule(newPath.value, newVersion?.value)}`,
				why: "It wins over the replaces of every go.mod of the workspace, and is gone when a module is built alone.",
				fix: `Move it to the go.mod of the module that needs it: go work edit -dropreplace=${argument(key)} ${argument(path)}`,
				key: oldVersion === void 0 ? "" : "one version"
			};
		}
	}
};
// src/policy/rules/work-use-outside.ts
/** Directories of a go.work that are no module of this repository. */
const workUseOutside = {
	id: "work/use-outside",
	page: {
		summary: "A go.work uses a directory that is outside the repository, or not in it.",
		why: "What lies outside is whatever the machine happens to have there: nobody reviewed it, and every build may be of other code. What is missing stops go altogether.",
		limits: "Decided on what git tracks, links included, and not on the disk. A go.work in a directory above the repository cannot be seen.",
		config: "rules:\n  work/use-outside: error",
		bad: {
			file: "go.work",
			text: "go 1.26\n\nuse (\n	./cart\n	../till\n)\n"
		},
		good: {
			file: "go.work",
			text: "go 1.26\n\nuse ./cart\n"
		}
	},
	check: function* ({ tree }) {
		for (const { path, dir, work } of tree.works) for (const { value } of work.use) {
			const problem = problemOf$1(tree, dir, value.value);
			if (problem !== void 0) yield {
				place: placeOf(path, value.span),
				...inWords(path, value.value, problem)
			};
		}
	}
};
function problemOf$1(tree, dir, used) {
	const outside = (what) => ({
		what,
		missing: false
	});
	const missing = (what) => ({
		what,
		missing: true
	});
	if (isAbsolutePath(used)) return outside("is an absolute path");
	const cleaned = cleanPath(dir, used);
	if (isOutside(cleaned)) return outside("leaves the repository");
	const resolved = resolveLinks(tree, cleaned);
	if (resolved.kind === "outside") return outside(`leaves the repository by the symbolic link ${shown(resolved.link)}`);
	if (resolved.kind === "loop") return missing(`runs in a circle of symbolic links at ${shown(resolved.link)}`);
	if (resolved.kind === "submodule") return outside("is in a git submodule, which is another repository");
	if (tree.kind(resolved.path) !== "directory") return missing("is not tracked by git");
	const file = resolveLinks(tree, resolved.path === "" ? "go.mod" : `${resolved.path}/go.mod`);
	if (file.kind === "outside") return outside("has a go.mod that is a symbolic link out of the repository");
	if (file.kind === "loop" || tree.kind(file.path) !== "file") return missing("has no go.mod that git tracks");
}
function inWords(path, used, { what, missing }) {
	const drop = `go work edit -dropuse=${argument(used)} ${argument(path)}`;
	return {
		message: `use ${shown(used)} ${what}`,
		why: missing ? "go stops at a workspace with a directory that is not there or no module." : "The build takes whatever the machine has at that place; nothing of it is reviewed or recorded here.",
		fix: missing ? `Commit the module, or take the line out: ${drop}` : `Require the module by path and version instead, and take the line out: ${drop}`,
		key: used
	};
}
// src/policy/rules.ts
/** Every rule that looks at a tree, in the order of rule-ids.ts. The `policy/` rules are made by evaluate.ts, those of `bypass/` by the end of a session. */
const ALL_RULES = [
	gomodInvalid,
	replaceLocalSibling,
	replaceLocalBroken,
	replaceLocalEscapes,
	replaceLocalAbsolute,
	replaceTargetNotAllowed,
	replaceUnpinned,
	replaceDowngrade,
	replaceStale,
	replaceConflict,
	replaceMissingReason,
	hostNotAllowed,
	moduleDenied,
	pathMalformed,
	pathCaseCollision,
	pathLookalike,
	workCommitted,
	workUseOutside,
	workReplace,
	sumMissing,
	sumChanged,
	vendorInconsistent,
	versionPseudo,
	versionDowngrade,
	toolchainNotAllowed,
	goVersionRange,
	toolNotAllowed,
	excludeUsed,
	envBypass
];
// src/policy/settings.ts
function isAbove(a, b) {
	return LEVELS.indexOf(a) > LEVELS.indexOf(b);
}
/** The lower one of two levels. */
function lower(a, b) {
	return isAbove(a, b) ? b : a;
}
/** The highest level that a layer gives to the rule. */
function strictestLevel({ layers }, rule) {
	let strictest = "off";
	for (const layer of layers) {
		const level = layer.rules.get(rule)?.level ?? "off";
		if (level !== "off" && (strictest === "off" || isAbove(level, strictest))) strictest = level;
	}
	return strictest;
}
/** The smallest or largest of a numeric option over all layers that say something; else its default. */
function strictestNumber({ layers }, rule, option, strict) {
	const said = layers.flatMap((layer) => {
		const value = layer.rules.get(rule)?.options[option];
		return typeof value === "number" ? [value] : [];
	});
	const defaults = RULES[rule].options;
	return said.length > 0 ? strict(...said) : Number(defaults[option] ?? 0);
}
/** Whether the repository may waive findings of the rule or keep them in a baseline. */
function isWaivable({ waivable }, rule) {
	return waivable === "all" || waivable.includes(rule);
}
/** `FILE:LINE` of a waiver, for words. */
function placeOfWaiver({ at }) {
	return `${at.file}:${at.line}`;
}
// src/policy/baseline.ts
const MAX_BYTES = 32 << 20;
const MAX_ENTRIES = 1e5;
const MAX_TEXT = 4096;
/** Whether findings of a rule may stand in a baseline at all: not what must be looked at every time. */
function canBeBaselined(rule) {
	return isRuleId(rule) && rule !== "gomod/invalid" && !rule.startsWith("policy/") && !FIXED_RULES.includes(rule);
}
/**
* Reads a baseline file. Throws `PolicyError` `baseline-invalid` with what is wrong and how to get a good one:
* a file that is half read would let accepted findings fail, or others pass.
*/
function parseBaseline(bytes, path) {
	const refuse = (what) => {
		throw new PolicyError("baseline-invalid", `${plain(path)}: ${what}; restore the file from version control, or remove it and write it anew: modgate check --update-baseline`);
	};
	if (bytes.byteLength > MAX_BYTES) refuse(`is larger than 32 MiB`);
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
	const value = parseJson(text, refuse);
	if (!isRecord(value)) return refuse("is no JSON object");
	if (value.version !== 1) return refuse(`has version ${shown(JSON.stringify(value.version) ?? "none", 40)}; this modgate reads version 1`);
	if (!Array.isArray(value.findings)) return refuse("has no list of findings");
	if (value.findings.length > MAX_ENTRIES) return refuse(`has more than ${MAX_ENTRIES} findings`);
	return {
		path,
		entries: value.findings.map((entry, index) => readEntry(entry) ?? refuse(`entry ${index + 1} is no finding`)),
		lines: linesOf(text)
	};
}
function parseJson(text, refuse) {
	try {
		return JSON.parse(text);
	} catch (error) {
		return refuse(`is not JSON: ${plain(error instanceof Error ? error.message : String(error), 160)}`);
	}
}
function isRecord(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function readEntry(value) {
	if (!isRecord(value)) return void 0;
	const { fingerprint, rule, file, module, message } = value;
	if (![
		fingerprint,
		rule,
		file,
		message,
		module ?? ""
	].every((text) => typeof text === "string" && text.length <= MAX_TEXT)) return void 0;
	if (!/^[0-9a-f]{64}$/.test(String(fingerprint))) return void 0;
	return {
		fingerprint: String(fingerprint),
		rule: String(rule),
		file: String(file),
		...module === void 0 ? {} : { module: String(module) },
		message: String(message)
	};
}
function linesOf(text) {
	const lines = /* @__PURE__ */ new Map();
	let line = 0;
	for (const content of text.split("\n")) {
		line++;
		for (const [, found = ""] of content.matchAll(/"fingerprint"\s{0,9}:\s{0,9}"([0-9a-f]{64})"/g)) if (!lines.has(found)) lines.set(found, line);
	}
	return lines;
}
/** The text of a baseline file: ASCII, one finding a line, in an order that does not depend on the run. */
function formatBaseline(entries) {
	const lines = [...entries].sort((a, b) => order(a.file, b.file) || order(a.rule, b.rule) || order(a.module ?? "", b.module ?? "") || order(a.fingerprint, b.fingerprint)).map((entry) => `    ${asciiJson(entry)}`);
	return `{\n  "version": 1,\n  "findings": ${lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`}\n}\n`;
}
function order(a, b) {
	return a === b ? 0 : a < b ? -1 : 1;
}
/** JSON without a character that could run from right to left, or be cut in half by another encoding. */
function asciiJson({ fingerprint, rule, file, module, message }) {
	const entry = {
		fingerprint,
		rule,
		file,
		...module === void 0 ? {} : { module },
		message
	};
	return JSON.stringify(entry).replace(/[\u007f-\uffff]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
/**
* The next baseline. The first one takes in every new finding that may stand in a baseline; later ones only
* lose entries.
*
* @param findings those of a check of everything, as `evaluate` gives them
*/
function updateBaseline(old, findings, policy = { waivable: "all" }) {
	const present = new Set(findings.map((finding) => finding.fingerprint));
	const may = (rule) => canBeBaselined(rule) && isWaivable(policy, rule);
	const kept = [];
	const dropped = [];
	const seen = /* @__PURE__ */ new Set();
	for (const entry of old?.entries ?? []) {
		const remains = present.has(entry.fingerprint) && may(entry.rule) && !seen.has(entry.fingerprint);
		seen.add(entry.fingerprint);
		(remains ? kept : dropped).push(entry);
	}
	const stays = new Set(kept.map((entry) => entry.fingerprint));
	const added = [];
	const refused = [];
	for (const finding of findings) {
		if (finding.status !== "new" || finding.rule === "policy/baseline-stale") continue;
		if (stays.has(finding.fingerprint)) continue;
		const fits = (finding.module ?? "").length <= MAX_TEXT && finding.file.length <= MAX_TEXT;
		if (old === void 0 && may(finding.rule) && fits && added.length < MAX_ENTRIES) added.push(entryOf(finding));
		else refused.push(finding);
	}
	return {
		text: formatBaseline([...kept, ...added]),
		kept,
		dropped,
		added,
		refused
	};
}
function entryOf({ fingerprint, rule, file, module, message }) {
	const words = message.slice(0, 500);
	return {
		fingerprint,
		rule,
		file,
		...module === void 0 ? {} : { module },
		message: words
	};
}
// src/policy/file-glob.ts
/**
* Whether a repo-relative path is the one that a waiver names: exactly, or as a glob over the whole path, where
* `**` stands for any number of directories and `*`, `?` and `[a-z]` stay within one.
*/
function matchesFile(glob, path) {
	const wanted = glob.startsWith("./") ? glob.slice(2) : glob;
	if (wanted === path) return true;
	if (!/[*?[\\]/.test(wanted) || wanted.includes(",")) return false;
	return matchElements(wanted.split("/"), path.split("/"));
}
/** Elements of the glob against those of the path: a row of the table for each, so never exponential. */
function matchElements(glob, path) {
	let row = [true, ...path.map(() => false)];
	for (const want of glob) {
		const next = [want === "**" && (row[0] ?? false)];
		path.forEach((element, i) => {
			const matched = want === "**" ? (row[i + 1] ?? false) || (next[i] ?? false) : (row[i] ?? false) && matchGlobs(want, element);
			next.push(matched);
		});
		row = next;
	}
	return row.at(-1) ?? false;
}
// src/policy/waivers.ts
const DAY = 864e5;
/** Judges the waivers by themselves. The last day of a waiver is included; days are those of UTC. */
function checkWaivers(policy, now) {
	const horizon = strictestNumber(policy, "policy/waiver-invalid", "max-days", Math.min);
	return policy.waivers.map((waiver) => {
		const rule = waiver.rule !== void 0 && isRuleId(waiver.rule) ? waiver.rule : void 0;
		const daysLeft = daysUntil(waiver.expires, now);
		const problem = problemOf(waiver, policy, daysLeft, horizon);
		if (problem !== void 0) return {
			waiver,
			rule,
			state: "invalid",
			problem,
			daysLeft: daysLeft ?? 0
		};
		return {
			waiver,
			rule,
			state: (daysLeft ?? -1) < 0 ? "expired" : "valid",
			problem: "",
			daysLeft: daysLeft ?? 0
		};
	});
}
function problemOf(waiver, policy, daysLeft, horizon) {
	const owners = new Set(waiver.owners.map((owner) => owner.trim().replace(/^@/, "").toLowerCase()));
	owners.delete("");
	const missing = [
		isBlank(waiver.rule) ? "rule" : "",
		isBlank(waiver.file) && isBlank(waiver.module) ? "file or module" : "",
		owners.size === 0 ? "owner" : "",
		isBlank(waiver.reason) ? "reason" : "",
		isBlank(waiver.expires) ? "expires" : ""
	].filter((part) => part !== "");
	if (missing.length > 0) return `it has no ${missing.join(", no ")}`;
	const id = waiver.rule ?? "";
	if (!isRuleId(id)) {
		const near = didYouMean(id, RULE_IDS);
		return `${shown(id, 60)} is no rule${near === void 0 ? "" : `; did you mean ${near}?`}`;
	}
	if (id.startsWith("policy/")) return `findings of ${id} cannot be waived; mend what they name`;
	if (waiver.shared !== true && !isWaivable(policy, id)) return `the policy that this one rests on does not let ${id} be waived here`;
	if (FIXED_RULES.includes(id) && owners.size < 2) return `${id} is waived by two different owners (owners: [one, another]), and it names ${owners.size}`;
	if (isEverything(waiver)) return "its scope is everything; name the file or the module that is meant";
	if (daysLeft === void 0) return `expires is ${shown(waiver.expires ?? "", 40)} and no date; write YYYY-MM-DD`;
	if (daysLeft > horizon) return `it holds for ${daysLeft} more days, and ${horizon} are the most (policy/waiver-invalid, max-days)`;
}
function isBlank(text) {
	return text === void 0 || text.trim() === "";
}
function isEverything({ file, module }) {
	const open = (scope) => isBlank(scope) || /^[*?/]+$/.test(scope ?? "");
	return open(file) && open(module);
}
/** Whole days from the day of `now` to the date; undefined when it is no day of the calendar. */
function daysUntil(date, now) {
	if (date === void 0 || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return void 0;
	const day = /* @__PURE__ */ new Date(`${date}T00:00:00Z`);
	if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return void 0;
	return Math.round((day.getTime() - Date.parse(`${now.toISOString().slice(0, 10)}T00:00:00Z`)) / DAY);
}
/** Looks up the waivers, valid or expired, whose scope a finding is in. */
var WaiverIndex = class {
	#byModule = /* @__PURE__ */ new Map();
	#byFile = /* @__PURE__ */ new Map();
	constructor(waivers) {
		const modules = /* @__PURE__ */ new Map();
		for (const checked of waivers) {
			const { rule, waiver } = checked;
			if (rule === void 0 || checked.state === "invalid") continue;
			const { module } = waiver;
			if (module === void 0 || module.trim() === "") this.#byFile.set(rule, [...this.#byFile.get(rule) ?? [], checked]);
			else if (!module.includes(",")) modules.set(rule, [...modules.get(rule) ?? [], [module, checked]]);
		}
		for (const [rule, patterns] of modules) this.#byModule.set(rule, new PatternIndex(patterns));
	}
	matches(finding) {
		return [...(finding.module === void 0 ? void 0 : this.#byModule.get(finding.rule))?.matches(finding.module ?? "") ?? [], ...this.#byFile.get(finding.rule) ?? []].filter(({ waiver: { file } }) => isBlank(file) || matchesFile(file ?? "", finding.file));
	}
};
/** What a waiver is about, in words: rule and scope. */
function describeWaiver({ rule, file, module }) {
	const scope = [isBlank(module) ? "" : `module ${shown(module ?? "", 80)}`, isBlank(file) ? "" : `file ${shown(file ?? "", 80)}`].filter((part) => part !== "");
	const of = scope.length === 0 ? "" : ` for ${scope.join(" in ")}`;
	return `waiver of ${isBlank(rule) ? "no rule" : plain(rule ?? "", 60)}${of}`;
}
// src/policy/own-findings.ts
/** Rules that see something only next to a base: that they see nothing tells nothing about a waiver. */
const BASE_ONLY = /* @__PURE__ */ new Set([
	"sum/changed",
	"path/lookalike",
	"version/downgrade"
]);
/** What a session finds is known to no check of a tree. */
const NOT_OF_TREE = new Set(SESSION_RULES);
/** What is wrong with the waivers themselves. */
function* waiverFindings(waivers, { policy, compared, scheduled }) {
	const invalid = strictestLevel(policy, "policy/waiver-invalid");
	const expired = strictestLevel(policy, "policy/waiver-expired");
	const warnDays = strictestNumber(policy, "policy/waiver-expired", "warn-days", Math.max);
	for (const checked of waivers) if (checked.state === "invalid" && invalid !== "off") {
		const status = compared ? "existing" : "new";
		yield {
			rule: "policy/waiver-invalid",
			level: invalid,
			found: invalidWaiver(checked),
			status
		};
	} else if (checked.state === "expired" && expired !== "off") {
		const status = scheduled ? "new" : "existing";
		yield {
			rule: "policy/waiver-expired",
			level: expired,
			found: expiredWaiver(checked),
			status
		};
	} else if (checked.state === "valid" && expired !== "off" && checked.daysLeft <= warnDays) {
		const level = lower("warning", expired);
		const wouldFail = !isAbove(policy.failOn, level);
		const status = scheduled || !(compared || wouldFail) ? "new" : "existing";
		yield {
			rule: "policy/waiver-expired",
			level,
			found: expiringWaiver(checked),
			status
		};
	}
}
function placeOfLine(file, line, column) {
	return {
		file,
		line,
		column,
		endLine: line,
		endColumn: column + 1
	};
}
function ofWaiver(waiver, rest) {
	const { at, rule = "", file = "", module } = waiver;
	return {
		place: placeOfLine(at.file, at.line, at.column),
		...module === void 0 ? {} : { module },
		key: `${rule} ${file}`,
		...rest
	};
}
function invalidWaiver({ waiver, problem }) {
	return ofWaiver(waiver, {
		message: `this ${describeWaiver(waiver)} does not count: ${problem}`,
		why: "A waiver that nobody answers for, or that never ends, is a hole in the policy; so its findings count as if it were not there.",
		fix: "Give it rule, file or module, owner, reason and expires, or remove it."
	});
}
function expiredWaiver({ waiver, daysLeft }) {
	const days = -daysLeft === 1 ? "yesterday" : `${-daysLeft} days ago`;
	return ofWaiver(waiver, {
		message: `this ${describeWaiver(waiver)} expired on ${waiver.expires} (${days})`,
		why: "It was accepted until that day only. Pull requests that do not touch its findings still pass; scheduled runs of the default branch fail.",
		fix: `Mend what it waives, then remove it; or have ${owners(waiver)} set a later day under expires.`
	});
}
function expiringWaiver({ waiver, daysLeft }) {
	const when = daysLeft === 0 ? "today" : daysLeft === 1 ? "tomorrow" : `in ${daysLeft} days`;
	return ofWaiver(waiver, {
		message: `this ${describeWaiver(waiver)} expires on ${waiver.expires} (${when})`,
		why: "From the day after on its findings count again.",
		fix: `Mend what it waives, then remove it; or have ${owners(waiver)} set a later day under expires.`
	});
}
function owners(waiver) {
	return plain(waiver.owners.join(" and "), 100);
}
/** Valid waivers that waive nothing. */
function* unusedWaivers(waivers, isUsed, wasUsed, { policy, compared }) {
	const level = strictestLevel(policy, "policy/waiver-unused");
	if (level === "off") return;
	for (const checked of waivers) {
		const { waiver, rule, state } = checked;
		if (state !== "valid" || rule === void 0 || isUsed(checked)) continue;
		if (BASE_ONLY.has(rule) || NOT_OF_TREE.has(rule) || waiver.shared === true) continue;
		yield {
			rule: "policy/waiver-unused",
			level,
			found: ofWaiver(waiver, {
				message: `this ${describeWaiver(waiver)} waives nothing`,
				why: "What it was for is gone, or its scope is misspelled. Left in place it would waive the next one of its kind.",
				fix: `Remove it (${placeOfWaiver(waiver)}), or correct its file or module.`
			}),
			status: compared && !wasUsed(checked) ? "existing" : "new"
		};
	}
}
/** Entries of the baseline without a finding. */
function* staleEntries(baseline, has, had, shownIn, { policy, compared }) {
	const level = strictestLevel(policy, "policy/baseline-stale");
	if (level === "off") return;
	for (const entry of baseline.entries) {
		const allowed = canBeBaselined(entry.rule);
		if (allowed && has(entry)) continue;
		const line = shownIn.lines.get(entry.fingerprint) ?? baseline.lines.get(entry.fingerprint) ?? 1;
		yield {
			rule: "policy/baseline-stale",
			level,
			found: {
				place: placeOfLine(shownIn.path, line, 1),
				...entry.module === void 0 ? {} : { module: entry.module },
				message: allowed ? `the baseline still has ${entry.rule} in ${shown(entry.file, 80)}, which is gone: ${plain(entry.message, 120)}` : `the baseline has ${shown(entry.rule, 60)}, which no baseline can accept`,
				why: "A baseline only shrinks: an entry without its finding would let the same thing come back unseen.",
				fix: "Remove it: modgate check --update-baseline",
				key: entry.fingerprint
			},
			status: compared && !had(entry) ? "existing" : "new"
		};
	}
}
// src/policy/fingerprint.ts
/** One string for an identity; parts cannot run into each other. */
function identityOf({ rule, file, module = "", key = "" }) {
	return JSON.stringify([
		rule,
		file,
		module,
		key
	]);
}
/** Lower-case hex SHA-256 of an identity and the number of the finding among its equals, from 0. */
function fingerprint(identity, ordinal) {
	return createHash("sha256").update(identityOf(identity)).update(`\n${ordinal}`).digest("hex");
}
// src/policy/run-rules.ts
/**
* Judges a tree by every rule of every layer. What several layers find at one place is one finding of the
* highest level. A rule that throws stops the run with `PolicyError` `rule-failed`: findings that are silently
* missing would pass for a clean tree.
*/
function runRules({ tree, base, policy, rules = ALL_RULES }) {
	const byPlace = /* @__PURE__ */ new Map();
	for (const rule of rules) for (const layer of policy.layers) {
		const setting = layer.rules.get(rule.id);
		if (setting === void 0 || setting.level === "off") continue;
		for (const found of checked(rule, setting, layer, tree, base)) {
			const one = {
				rule: rule.id,
				level: levelOf(rule.id, setting, found),
				found
			};
			const key = placeKey(one);
			const known = byPlace.get(key);
			if (known === void 0 || rank(one.level) > rank(known.level)) byPlace.set(key, one);
		}
	}
	return numbered([...byPlace.values()]).map(({ finding }) => finding);
}
function* checked(rule, setting, layer, tree, base) {
	try {
		yield* rule.check({
			tree,
			base,
			layer,
			options: setting.options
		});
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new PolicyError("rule-failed", `rule ${rule.id} failed on this repository and nothing is known of what it would have found: ${why.slice(0, 300)}. This is a bug of modgate: please report it with the file that sets it off; until then switch the rule off by rules: {${rule.id}: off}`, {
			cause,
			rule: rule.id
		});
	}
}
function levelOf(rule, setting, found) {
	if (FIXED_RULES.includes(rule)) return "error";
	if (!setting.explicit && found.level !== void 0) return found.level;
	return setting.level === "off" ? "note" : setting.level;
}
function rank(level) {
	return LEVELS.indexOf(level);
}
function placeKey({ rule, found }) {
	const { place, module, key } = found;
	const at = `${place.line}:${place.column}:${place.endLine}:${place.endColumn}`;
	return `${identityOf({
		rule,
		file: place.file,
		module,
		key
	})}${at}`;
}
/** Findings in the order of their places, equal ones numbered in that order; each with what it was made from. */
function numbered(all) {
	const seen = /* @__PURE__ */ new Map();
	return [...all].sort(inOrder).map((from) => {
		const { rule, level, found } = from;
		const { place, key, level: _, ...words } = found;
		const identity = {
			rule,
			file: place.file,
			module: found.module,
			key
		};
		const name = identityOf(identity);
		const ordinal = seen.get(name) ?? 0;
		seen.set(name, ordinal + 1);
		return {
			from,
			finding: {
				rule,
				level,
				...place,
				...words,
				fingerprint: fingerprint(identity, ordinal)
			}
		};
	});
}
const ORDER$1 = new Map(RULE_IDS.map((id, index) => [id, index]));
function inOrder(a, b) {
	const x = a.found.place;
	const y = b.found.place;
	if (x.file !== y.file) return x.file < y.file ? -1 : 1;
	return x.line - y.line || x.column - y.column || (ORDER$1.get(a.rule) ?? 0) - (ORDER$1.get(b.rule) ?? 0);
}
// src/policy/evaluate.ts
/**
* Judges a tree: runs the rules over it and its base, and gives each finding its status. A finding that a valid
* waiver covers is `waived`, one in the baseline `baseline`, one that the base has as well `existing`; the rest
* is `new`. Pure. Throws `PolicyError` when a rule fails.
*/
function evaluate(request) {
	const { tree, base, policy, cap } = request;
	const rules = request.rules === void 0 ? {} : { rules: request.rules };
	const found = runRules({
		tree,
		base,
		policy,
		...rules
	});
	const before = base === void 0 ? [] : runRules({
		tree: base,
		base: void 0,
		policy,
		...rules
	});
	const known = new Set(before.map((finding) => finding.fingerprint));
	const waivers = checkWaivers(policy, request.now);
	const index = new WaiverIndex(waivers);
	const used = /* @__PURE__ */ new Set();
	const accepted = acceptedIn(request.baseline, policy);
	const statusOf = (finding) => {
		const matching = index.matches(finding);
		for (const checked of matching) used.add(checked);
		if (matching.some((checked) => checked.state === "valid")) return "waived";
		if (accepted.has(finding.fingerprint)) return "baseline";
		if (known.has(finding.fingerprint)) return "existing";
		return base === void 0 && !request.scheduled && matching.length > 0 ? "existing" : "new";
	};
	const findings = found.map((finding) => ({
		...finding,
		status: statusOf(finding)
	}));
	const own = ownFindings(request, {
		found,
		before,
		waivers,
		index,
		used
	});
	const all = [...findings, ...own].map((finding) => capped(finding, cap)).sort(worstFirst);
	const still = new Set(found.map((finding) => finding.fingerprint));
	const fixed = before.filter((finding) => !still.has(finding.fingerprint)).map((finding) => capped({
		...finding,
		status: "existing"
	}, cap)).sort(worstFirst);
	const fails = (finding) => finding.status === "new" && !isAbove(policy.failOn, finding.level);
	return {
		findings: all,
		fixed,
		failed: cap === void 0 && all.some(fails)
	};
}
function acceptedIn(baseline, policy) {
	const counts = (rule) => canBeBaselined(rule) && isWaivable(policy, rule);
	return new Set(baseline?.entries.filter((entry) => counts(entry.rule)).map((entry) => entry.fingerprint));
}
function ownFindings(request, { found, before, waivers, index, used }) {
	const { policy, base, baseline, head } = request;
	const whole = (request.within ?? "") === "";
	const about = {
		policy,
		compared: base !== void 0,
		scheduled: request.scheduled
	};
	const all = [];
	const listed = waivers.filter(({ waiver }) => stillListed(waiver, head?.waivers));
	all.push(...waiverFindings(listed, about));
	if (whole) {
		const usedBefore = new Set(before.flatMap((finding) => index.matches(finding)));
		const has = (set) => (checked) => set.has(checked);
		all.push(...unusedWaivers(listed, has(used), has(usedBefore), about));
	}
	if (baseline !== void 0) {
		const kept = head?.baseline ?? baseline;
		const within = (entry) => whole || entry.file.startsWith(`${request.within}/`);
		const entries = baseline.entries.filter((entry) => kept.lines.has(entry.fingerprint) && within(entry));
		const now = new Set(found.map((finding) => finding.fingerprint));
		const then = new Set(before.map((finding) => finding.fingerprint));
		const inSet = (set) => (entry) => set.has(entry.fingerprint);
		all.push(...staleEntries({
			...baseline,
			entries
		}, inSet(now), inSet(then), kept, about));
	}
	return numbered(all).map(({ from, finding }) => ({
		...finding,
		status: from.status
	}));
}
function stillListed(waiver, head) {
	return head === void 0 || head.some((other) => sameWaiver(waiver, other));
}
function sameWaiver(a, b) {
	return a.rule === b.rule && a.file === b.file && a.module === b.module && a.reason === b.reason && a.expires === b.expires && a.owners.join("\n") === b.owners.join("\n");
}
function capped(finding, cap) {
	return cap === void 0 ? finding : {
		...finding,
		level: lower(finding.level, cap)
	};
}
const STATUSES = [
	"new",
	"existing",
	"baseline",
	"waived"
];
const ORDER = new Map(RULE_IDS.map((id, index) => [id, index]));
/** The order of a report: what fails first, then what is worst, then by place. */
function worstFirst(a, b) {
	return STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) || LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || (a.file === b.file ? 0 : a.file < b.file ? -1 : 1) || a.line - b.line || a.column - b.column || (ORDER.get(a.rule) ?? 0) - (ORDER.get(b.rule) ?? 0);
}
// src/policy/tree-of.ts
function byPath(a, b) {
	return a.path === b.path ? 0 : a.path < b.path ? -1 : 1;
}
/** The directory of a repo-relative path; empty for the root. */
function directoryOf(path) {
	const slash = path.lastIndexOf("/");
	return slash < 0 ? "" : path.slice(0, slash);
}
/** What kind of file the rules take a path for. */
function roleOf(path) {
	const name = path.slice(path.lastIndexOf("/") + 1);
	if (name === "modules.txt" && (path === "vendor/modules.txt" || path.endsWith("/vendor/modules.txt"))) return "vendor";
	if (name === "go.work") return "work";
	if (name.endsWith(".mod")) return "mod";
	if (name.endsWith(".sum")) return "sum";
	return "text";
}
/**
* Parses what was read and answers for what git tracks. Pure; never throws, whatever the contents: what cannot
* be parsed is in `problems` of its file. Directories follow from the paths in them.
*/
function treeOf(entries) {
	const known = /* @__PURE__ */ new Map([["", { kind: "directory" }]]);
	const mods = [];
	const works = [];
	const sums = [];
	const vendors = [];
	const texts = [];
	const unread = [];
	const parse = (path, bytes) => {
		const file = {
			path,
			dir: directoryOf(path),
			bytes
		};
		const role = roleOf(path);
		if (role === "mod") mods.push({
			...file,
			...modOf(bytes)
		});
		else if (role === "work") works.push({
			...file,
			...workOf(bytes)
		});
		else if (role === "sum") sums.push({
			...file,
			sum: parseGoSum(bytes, path)
		});
		else if (role === "vendor") vendors.push({
			...file,
			dir: directoryOf(file.dir),
			modules: parseModulesTxt(bytes).modules
		});
		else texts.push(file);
	};
	for (const { path, kind, bytes, link, unread: why } of entries) {
		known.set(path, link === void 0 ? { kind } : {
			kind,
			link
		});
		for (let dir = directoryOf(path); !known.has(dir); dir = directoryOf(dir)) known.set(dir, { kind: "directory" });
		if (why !== void 0) unread.push({
			path,
			why
		});
		else if (bytes !== void 0) parse(path, bytes);
	}
	return {
		kind: (path) => known.get(path)?.kind,
		link: (path) => known.get(path)?.link,
		mods: mods.sort(byPath),
		works: works.sort(byPath),
		sums: sums.sort(byPath),
		vendors: vendors.sort(byPath),
		texts: texts.sort(byPath),
		unread: unread.sort(byPath)
	};
}
function modOf(bytes) {
	const { mod, problems } = readGoMod(bytes);
	return {
		mod,
		problems
	};
}
function workOf(bytes) {
	const { work, problems } = readGoWork(bytes);
	return {
		work,
		problems
	};
}
export { ALL_RULES, LayerJudge, SESSION_PAGES, WaiverIndex, checkWaivers, cleanPath, createJudge, describeWaiver, directoryOf, envBypass, evaluate, hasLists, hostOf, hostRefusal, isAbsolutePath, isOutside, isSurface, judgeModule, judgeOf, loadSurfaceParsers, numbered, parseBaseline, pathsOfMod, pathsOfWork, resolveLinks, runRules, textLines, treeOf, updateBaseline };
