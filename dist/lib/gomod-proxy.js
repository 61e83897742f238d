import { canonicalModuleVersion, checkPathMajor, decodeGoText, decodeRune, fields, isDirectoryPath, isRfc3339, quote, quoteRune, splitPathVersion, trimSpace } from "./gomod.js";
import { isAscii } from "node:buffer";
// src/gomod/modfile/ident-ranges.ts
/**
* Runes that Go prints and that are no space. Distances, in turn to the first rune of a range and to the first behind
* it.
*/
const PRINTABLE_15 = [
	33,
	94,
	34,
	12,
	1,
	714,
	2,
	6,
	4,
	7,
	1,
	1,
	1,
	20,
	1,
	397,
	1,
	38,
	2,
	50,
	2,
	3,
	1,
	55,
	8,
	27,
	4,
	6,
	17,
	22,
	1,
	192,
	1,
	48,
	2,
	59,
	2,
	101,
	14,
	59,
	2,
	49,
	2,
	15,
	1,
	28,
	2,
	1,
	1,
	11,
	5,
	31,
	9,
	74,
	1,
	161,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	1,
	3,
	4,
	2,
	9,
	2,
	2,
	2,
	4,
	8,
	1,
	4,
	2,
	1,
	5,
	2,
	25,
	2,
	3,
	1,
	6,
	4,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	2,
	1,
	2,
	2,
	1,
	1,
	5,
	4,
	2,
	2,
	3,
	3,
	1,
	7,
	4,
	1,
	1,
	7,
	17,
	10,
	3,
	1,
	9,
	1,
	3,
	1,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	2,
	10,
	1,
	3,
	1,
	3,
	2,
	1,
	15,
	4,
	2,
	12,
	7,
	7,
	1,
	3,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	2,
	9,
	2,
	2,
	2,
	3,
	7,
	3,
	4,
	2,
	1,
	5,
	2,
	18,
	10,
	2,
	1,
	6,
	3,
	3,
	1,
	4,
	3,
	2,
	1,
	1,
	1,
	2,
	3,
	2,
	3,
	3,
	3,
	12,
	4,
	5,
	3,
	3,
	1,
	4,
	2,
	1,
	6,
	1,
	14,
	21,
	5,
	13,
	1,
	3,
	1,
	23,
	1,
	16,
	2,
	9,
	1,
	3,
	1,
	4,
	7,
	2,
	1,
	3,
	2,
	1,
	2,
	4,
	2,
	10,
	7,
	22,
	1,
	3,
	1,
	23,
	1,
	10,
	1,
	5,
	2,
	9,
	1,
	3,
	1,
	4,
	7,
	2,
	6,
	2,
	1,
	4,
	2,
	10,
	1,
	3,
	12,
	13,
	1,
	3,
	1,
	51,
	1,
	3,
	1,
	6,
	4,
	16,
	2,
	26,
	1,
	3,
	1,
	18,
	3,
	24,
	1,
	9,
	1,
	1,
	2,
	7,
	3,
	1,
	4,
	6,
	1,
	1,
	1,
	8,
	6,
	10,
	2,
	3,
	12,
	58,
	4,
	29,
	37,
	2,
	1,
	1,
	1,
	5,
	1,
	24,
	1,
	1,
	1,
	23,
	2,
	5,
	1,
	1,
	1,
	7,
	1,
	10,
	2,
	4,
	32,
	72,
	1,
	36,
	4,
	39,
	1,
	36,
	1,
	15,
	1,
	13,
	37,
	198,
	1,
	1,
	5,
	1,
	2,
	377,
	1,
	4,
	2,
	7,
	1,
	1,
	1,
	4,
	2,
	41,
	1,
	4,
	2,
	33,
	1,
	4,
	2,
	7,
	1,
	1,
	1,
	4,
	2,
	15,
	1,
	57,
	1,
	4,
	2,
	67,
	2,
	32,
	3,
	26,
	6,
	86,
	2,
	6,
	2,
	640,
	1,
	28,
	3,
	89,
	7,
	22,
	9,
	24,
	9,
	20,
	12,
	13,
	1,
	3,
	1,
	2,
	12,
	94,
	2,
	10,
	6,
	10,
	6,
	14,
	1,
	11,
	6,
	89,
	7,
	43,
	5,
	70,
	10,
	31,
	1,
	12,
	4,
	12,
	4,
	1,
	3,
	42,
	2,
	5,
	11,
	44,
	4,
	26,
	6,
	11,
	3,
	62,
	2,
	65,
	1,
	29,
	2,
	11,
	6,
	10,
	6,
	14,
	2,
	31,
	49,
	77,
	3,
	47,
	1,
	116,
	8,
	60,
	3,
	15,
	3,
	60,
	7,
	43,
	2,
	11,
	8,
	43,
	5,
	534,
	2,
	6,
	2,
	38,
	2,
	6,
	2,
	8,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	31,
	2,
	53,
	1,
	15,
	1,
	14,
	2,
	6,
	1,
	19,
	2,
	3,
	1,
	9,
	17,
	24,
	8,
	47,
	17,
	2,
	2,
	27,
	1,
	13,
	3,
	33,
	15,
	33,
	15,
	140,
	4,
	663,
	25,
	11,
	21,
	1812,
	2,
	32,
	1,
	349,
	5,
	45,
	1,
	1,
	5,
	1,
	2,
	56,
	7,
	2,
	14,
	24,
	9,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	7,
	1,
	126,
	34,
	26,
	1,
	89,
	12,
	214,
	26,
	12,
	5,
	63,
	1,
	86,
	2,
	103,
	5,
	43,
	1,
	94,
	1,
	84,
	12,
	47,
	1,
	29293,
	3,
	55,
	9,
	348,
	20,
	184,
	8,
	203,
	5,
	2,
	1,
	1,
	1,
	5,
	24,
	59,
	3,
	10,
	6,
	56,
	8,
	70,
	8,
	12,
	6,
	116,
	11,
	30,
	3,
	78,
	1,
	11,
	4,
	33,
	1,
	55,
	9,
	14,
	2,
	10,
	2,
	103,
	24,
	28,
	10,
	6,
	2,
	6,
	2,
	6,
	9,
	7,
	1,
	7,
	1,
	60,
	4,
	126,
	2,
	10,
	6,
	11172,
	12,
	23,
	4,
	49,
	8452,
	366,
	2,
	106,
	38,
	7,
	12,
	5,
	5,
	26,
	1,
	5,
	1,
	1,
	1,
	2,
	1,
	2,
	1,
	125,
	16,
	445,
	2,
	54,
	7,
	1,
	32,
	42,
	6,
	51,
	1,
	19,
	1,
	4,
	4,
	5,
	1,
	135,
	4,
	190,
	3,
	6,
	2,
	6,
	2,
	6,
	2,
	3,
	3,
	7,
	1,
	7,
	13,
	2,
	2,
	12,
	1,
	26,
	1,
	19,
	1,
	2,
	1,
	15,
	2,
	14,
	34,
	123,
	5,
	3,
	4,
	45,
	3,
	88,
	1,
	13,
	3,
	1,
	47,
	46,
	130,
	29,
	3,
	49,
	15,
	28,
	4,
	36,
	9,
	30,
	5,
	43,
	5,
	30,
	1,
	37,
	4,
	14,
	42,
	158,
	2,
	10,
	6,
	36,
	4,
	36,
	4,
	40,
	8,
	52,
	11,
	12,
	1,
	15,
	1,
	7,
	1,
	2,
	1,
	11,
	1,
	15,
	1,
	7,
	1,
	2,
	67,
	311,
	9,
	22,
	10,
	8,
	24,
	6,
	1,
	42,
	1,
	9,
	69,
	6,
	2,
	1,
	1,
	44,
	1,
	2,
	3,
	1,
	2,
	23,
	1,
	72,
	8,
	9,
	48,
	19,
	1,
	2,
	5,
	33,
	3,
	27,
	5,
	1,
	64,
	56,
	4,
	20,
	2,
	50,
	1,
	2,
	5,
	8,
	1,
	3,
	1,
	29,
	2,
	3,
	4,
	10,
	7,
	9,
	7,
	64,
	32,
	39,
	4,
	12,
	9,
	54,
	3,
	29,
	2,
	27,
	5,
	26,
	7,
	4,
	12,
	7,
	80,
	73,
	55,
	51,
	13,
	51,
	7,
	46,
	8,
	10,
	294,
	31,
	1,
	42,
	1,
	3,
	2,
	2,
	75,
	43,
	8,
	42,
	22,
	26,
	38,
	28,
	20,
	23,
	9,
	78,
	4,
	36,
	9,
	62,
	1,
	5,
	13,
	25,
	7,
	10,
	6,
	53,
	1,
	18,
	8,
	39,
	9,
	96,
	1,
	20,
	11,
	18,
	1,
	47,
	62,
	7,
	1,
	1,
	1,
	4,
	1,
	15,
	1,
	11,
	6,
	59,
	5,
	10,
	6,
	4,
	1,
	8,
	2,
	2,
	2,
	22,
	1,
	7,
	1,
	2,
	1,
	5,
	1,
	10,
	2,
	2,
	2,
	3,
	2,
	1,
	6,
	1,
	5,
	7,
	2,
	7,
	3,
	5,
	139,
	92,
	1,
	5,
	30,
	72,
	8,
	10,
	166,
	54,
	2,
	38,
	34,
	69,
	11,
	10,
	6,
	13,
	19,
	58,
	6,
	10,
	54,
	27,
	2,
	15,
	4,
	23,
	185,
	60,
	100,
	83,
	12,
	8,
	2,
	1,
	2,
	8,
	1,
	2,
	1,
	30,
	1,
	2,
	2,
	12,
	9,
	10,
	70,
	8,
	2,
	46,
	2,
	11,
	27,
	72,
	8,
	83,
	13,
	73,
	7,
	10,
	246,
	9,
	1,
	45,
	1,
	14,
	10,
	29,
	3,
	32,
	2,
	22,
	1,
	14,
	73,
	7,
	1,
	2,
	1,
	44,
	3,
	1,
	1,
	2,
	1,
	9,
	8,
	10,
	6,
	6,
	1,
	2,
	1,
	37,
	1,
	2,
	1,
	6,
	7,
	10,
	310,
	25,
	7,
	17,
	1,
	41,
	3,
	28,
	86,
	1,
	15,
	50,
	13,
	923,
	102,
	111,
	1,
	5,
	11,
	196,
	2636,
	99,
	13,
	1072,
	16,
	22,
	4010,
	583,
	8633,
	569,
	7,
	31,
	1,
	10,
	4,
	81,
	1,
	10,
	6,
	30,
	2,
	6,
	10,
	70,
	10,
	10,
	1,
	7,
	1,
	21,
	5,
	19,
	688,
	91,
	101,
	75,
	4,
	57,
	7,
	17,
	64,
	5,
	11,
	2,
	14,
	6136,
	8,
	1238,
	42,
	9,
	8935,
	4,
	1,
	7,
	1,
	2,
	1,
	291,
	15,
	1,
	29,
	3,
	2,
	1,
	14,
	4,
	8,
	396,
	2308,
	107,
	5,
	13,
	3,
	9,
	7,
	10,
	2,
	4,
	4704,
	46,
	2,
	23,
	9,
	116,
	60,
	246,
	10,
	39,
	2,
	74,
	8,
	112,
	21,
	70,
	122,
	20,
	12,
	20,
	12,
	87,
	9,
	25,
	135,
	85,
	1,
	71,
	1,
	2,
	2,
	1,
	2,
	2,
	2,
	4,
	1,
	12,
	1,
	1,
	1,
	7,
	1,
	65,
	1,
	4,
	2,
	8,
	1,
	7,
	1,
	28,
	1,
	4,
	1,
	5,
	1,
	1,
	3,
	7,
	1,
	340,
	2,
	292,
	2,
	702,
	15,
	5,
	1,
	15,
	1104,
	31,
	6,
	6,
	213,
	7,
	1,
	17,
	2,
	7,
	1,
	2,
	1,
	5,
	5,
	62,
	33,
	1,
	112,
	45,
	3,
	14,
	2,
	10,
	4,
	2,
	320,
	31,
	17,
	58,
	5,
	1,
	464,
	42,
	742,
	7,
	1,
	4,
	1,
	2,
	1,
	15,
	1,
	197,
	2,
	16,
	41,
	76,
	4,
	10,
	4,
	2,
	785,
	68,
	76,
	61,
	194,
	4,
	1,
	27,
	1,
	2,
	1,
	1,
	2,
	1,
	1,
	10,
	1,
	4,
	1,
	1,
	1,
	1,
	6,
	1,
	4,
	1,
	1,
	1,
	1,
	1,
	1,
	3,
	1,
	2,
	1,
	1,
	2,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	2,
	1,
	1,
	2,
	4,
	1,
	7,
	1,
	4,
	1,
	4,
	1,
	1,
	1,
	10,
	1,
	17,
	5,
	3,
	1,
	5,
	1,
	17,
	52,
	2,
	270,
	44,
	4,
	100,
	12,
	15,
	2,
	15,
	1,
	15,
	1,
	37,
	10,
	174,
	56,
	29,
	13,
	44,
	4,
	9,
	7,
	2,
	14,
	6,
	154,
	984,
	4,
	17,
	3,
	13,
	3,
	119,
	4,
	95,
	6,
	12,
	4,
	1,
	15,
	12,
	4,
	56,
	8,
	10,
	6,
	40,
	8,
	30,
	2,
	2,
	78,
	340,
	12,
	14,
	2,
	13,
	3,
	9,
	7,
	46,
	1,
	7,
	8,
	14,
	4,
	9,
	7,
	9,
	7,
	147,
	1,
	55,
	37,
	10,
	1030,
	42720,
	32,
	4154,
	6,
	222,
	2,
	5762,
	14,
	7473,
	3103,
	542,
	1506,
	4939,
	5,
	4192,
	712016,
	240
];
/** What Unicode 17 has more. */
const ADDED_IN_17 = [
	2191,
	1,
	7,
	1,
	964,
	1,
	127,
	1,
	3570,
	15,
	2,
	12,
	98,
	2,
	47,
	1,
	265,
	2,
	1078,
	1,
	869,
	3,
	1900,
	1,
	1125,
	4,
	484,
	2,
	9,
	1,
	30171,
	5,
	2,
	1,
	1,
	1,
	5,
	3,
	20,
	1,
	21457,
	16,
	445,
	2,
	54,
	7,
	2033,
	52,
	844,
	26,
	998,
	38,
	3,
	29,
	8,
	2,
	306,
	6,
	8,
	9,
	33,
	3,
	1155,
	10,
	1,
	1,
	2,
	1,
	1,
	38,
	1,
	10,
	1,
	1,
	2,
	1,
	1,
	4,
	1,
	10,
	1,
	2,
	8,
	2,
	749,
	20,
	1148,
	8,
	88,
	34,
	14,
	10,
	438,
	44,
	4,
	10,
	368,
	1,
	5381,
	3995,
	7429,
	58,
	3078,
	58,
	294,
	25,
	2,
	25,
	286,
	5,
	6145,
	8,
	1279,
	1,
	9,
	22,
	97,
	115,
	15885,
	253,
	3,
	436,
	6,
	23,
	15,
	17,
	5855,
	43,
	4,
	1,
	192,
	31,
	1,
	22,
	8,
	2,
	4056,
	1,
	158,
	4,
	311,
	10,
	4,
	2,
	14,
	9,
	379,
	4,
	49,
	2,
	3,
	2,
	46,
	1,
	7,
	1,
	1,
	1,
	4,
	1,
	14,
	1,
	2,
	1,
	9,
	2,
	4,
	1,
	219,
	37,
	10,
	1,
	47935,
	6,
	5986,
	12,
	7490,
	622,
	13650,
	4298
];
// src/gomod/modfile/printable.ts
/** Whether Go's `unicode.IsPrint` holds. Not a class of an expression: those follow the Unicode of this process. */
function isPrint(rune, version) {
	if (rune < 127) return rune >= 32;
	edges15 ??= edges(PRINTABLE_15);
	if (within(edges15, rune)) return true;
	if (version === 15) return false;
	edges17 ??= edges(ADDED_IN_17);
	return within(edges17, rune);
}
let edges15;
let edges17;
function edges(distances) {
	const out = new Int32Array(distances.length);
	let at = 0;
	for (const [i, distance] of distances.entries()) {
		at += distance;
		out[i] = at;
	}
	return out;
}
/** Whether an odd number of edges lies at or before the rune. */
function within(sorted, rune) {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = low + high >> 1;
		if ((sorted[middle] ?? 0) <= rune) low = middle + 1;
		else high = middle;
	}
	return low % 2 === 1;
}
// src/gomod/modfile/lexer.ts
/** The tokens of a file in order: where each begins and ends. Between two of them is only blank space. */
var Tokens = class {
	#offsets = /* @__PURE__ */ new Int32Array(256);
	#length = 0;
	get length() {
		return this.#length;
	}
	start(index) {
		return this.#offsets[2 * index] ?? 0;
	}
	end(index) {
		return this.#offsets[2 * index + 1] ?? 0;
	}
	push(start, end) {
		const at = 2 * this.#length++;
		if (at + 1 >= this.#offsets.length) {
			const more = new Int32Array(2 * this.#offsets.length);
			more.set(this.#offsets);
			this.#offsets = more;
		}
		this.#offsets[at] = start;
		this.#offsets[at + 1] = end;
	}
};
/** Where go stops reading, and its words. Internal: parsing catches it. */
var SyntaxStop = class extends Error {
	start;
	end;
	constructor(message, start, end = start) {
		super(message);
		this.start = start;
		this.end = end;
	}
};
const BLANK = 1;
const NEWLINE = 2;
const PUNCTUATION = 3;
const QUOTE = 4;
const SLASH = 5;
const IDENT = 6;
/** What an ASCII character begins; 0 for what may begin nothing. */
const CLASS = (/* @__PURE__ */ new Uint8Array(128)).fill(IDENT, 33, 127);
for (const ch of " 	\r") CLASS[ch.charCodeAt(0)] = BLANK;
for (const ch of "()[]{},") CLASS[ch.charCodeAt(0)] = PUNCTUATION;
for (const ch of "\"`") CLASS[ch.charCodeAt(0)] = QUOTE;
CLASS[10] = NEWLINE;
CLASS[47] = SLASH;
const LF = 10;
const CR = 13;
const SLASH_CHAR = 47;
const STAR = 42;
const BACKSLASH = 92;
const BACKQUOTE = 96;
/**
* Reads one token after the other, as go's own lexer does: one ahead of the parser, so that of two errors the one
* that go meets first is told.
*/
var Lexer = class {
	tokens = new Tokens();
	#source;
	#raw;
	#unicode;
	#at = 0;
	#lineHasToken = false;
	/** True for the last comment read when something stands before it on its line. */
	isSuffix = false;
	constructor(source, unicode) {
		this.#source = source;
		this.#raw = source.raw;
		this.#unicode = unicode;
	}
	/**
	* Appends the next token, an empty one at the end of the file, and tells its kind. A comment ends before its line
	* end, which is the next token but belongs to the comment. Throws `SyntaxStop`.
	*/
	next() {
		const raw = this.#raw;
		let at = this.#at;
		let code = raw.charCodeAt(at);
		while (CLASS[code] === BLANK) code = raw.charCodeAt(++at);
		if (Number.isNaN(code)) return this.#take("end", at, at);
		switch (CLASS[code]) {
			case NEWLINE:
				this.#lineHasToken = false;
				return this.#take("newline", at, at + 1);
			case PUNCTUATION:
				this.#lineHasToken = true;
				return this.#take(raw.charAt(at), at, at + 1);
			case QUOTE:
				this.#lineHasToken = true;
				return this.#take("string", at, this.#endOfString(at, code));
			case SLASH: if (raw.charCodeAt(at + 1) === SLASH_CHAR) {
				this.isSuffix = this.#lineHasToken;
				return this.#take("comment", at, endOfComment(raw, at));
			}
		}
		const end = this.#endOfWord(at);
		if (end === at) this.#refuse(at);
		this.#lineHasToken = true;
		return this.#take("word", at, end);
	}
	#take(kind, start, end) {
		this.tokens.push(start, end);
		this.#at = end;
		return kind;
	}
	#endOfString(start, quote) {
		const raw = this.#raw;
		for (let at = start + 1;; at++) {
			const code = raw.charCodeAt(at);
			if (code === quote) return at + 1;
			if (code === LF) throw new SyntaxStop("unexpected newline in string", at);
			if (code === BACKSLASH && quote !== BACKQUOTE) at += 1;
			if (at >= raw.length) throw new SyntaxStop("unexpected EOF in string", start, raw.length);
		}
	}
	#endOfWord(start) {
		const raw = this.#raw;
		for (let at = start;;) {
			const code = raw.charCodeAt(at);
			const kind = CLASS[code];
			if (kind === IDENT || kind === QUOTE) at += 1;
			else if (kind === SLASH) {
				const next = raw.charCodeAt(at + 1);
				if (next === SLASH_CHAR) return at;
				if (next === STAR) throw new SyntaxStop("mod files must use // comments (not /* */ comments)", at, at + 2);
				at += 1;
			} else {
				if (!(code >= 128)) return at;
				const { rune, size } = decodeRune(raw, at);
				if (rune >= 0 && (rune === 32 || !isPrint(rune, this.#unicode))) return at;
				at += size;
			}
		}
	}
	#refuse(at) {
		const { size } = decodeRune(this.#raw, at);
		throw new SyntaxStop(`unexpected input character ${quoteRune(this.#source.text(at, at + size), (rune) => isPrint(rune, this.#unicode))}`, at, at + size);
	}
};
function endOfComment(raw, start) {
	const newline = raw.indexOf("\n", start);
	if (newline < 0) return raw.length;
	return raw.charCodeAt(newline - 1) === CR ? newline - 1 : newline;
}
// src/gomod/modfile/source.ts
/**
* A file and the way from byte offsets to lines and columns. Offsets are all that the parser keeps; a position is
* worked out when somebody asks for it, because few are ever looked at.
*/
var Source = class {
	/** One character a byte, so that an index is a byte offset. */
	raw;
	ascii;
	#lineStarts;
	/** The last position given: the next one is mostly behind it on the same line, which may be very long. */
	#last = {
		line: 1,
		column: 1,
		utf16: 1,
		byte: 0
	};
	constructor(bytes) {
		this.raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
		this.ascii = isAscii(bytes);
	}
	/** The text between two offsets, as `decodeGoText` has it. */
	text(start, end) {
		const piece = this.raw.slice(start, end);
		if (this.ascii || !/[\x80-\xff]/.test(piece)) return piece;
		return decodeGoText(Buffer.from(piece, "latin1"));
	}
	/** Where a byte is. */
	position(byte) {
		this.#lineStarts ??= lineStarts(this.raw);
		const starts = this.#lineStarts;
		const line = lineOf(starts, byte);
		const lineStart = starts[line] ?? 0;
		if (this.ascii) {
			const column = byte - lineStart + 1;
			return {
				line: line + 1,
				column,
				utf16: column,
				byte
			};
		}
		let { byte: at, column, utf16 } = this.#last.line === line + 1 && this.#last.byte <= byte ? this.#last : {
			byte: lineStart,
			column: 1,
			utf16: 1
		};
		while (at < byte) {
			const { rune, size } = decodeRune(this.raw, at);
			at += size;
			column += 1;
			utf16 += rune > 65535 ? 2 : 1;
		}
		this.#last = {
			line: line + 1,
			column,
			utf16,
			byte
		};
		return this.#last;
	}
	span(start, end) {
		return new OffsetSpan(this, start, end);
	}
	located(value, start, end) {
		return {
			value,
			span: new OffsetSpan(this, start, end)
		};
	}
};
var OffsetSpan = class {
	#source;
	#start;
	#end;
	constructor(source, start, end) {
		this.#source = source;
		this.#start = start;
		this.#end = end;
	}
	get start() {
		return this.#source.position(this.#start);
	}
	get end() {
		return this.#source.position(this.#end);
	}
	toJSON() {
		return {
			start: this.start,
			end: this.end
		};
	}
};
function lineStarts(raw) {
	const starts = [0];
	for (let at = raw.indexOf("\n"); at >= 0; at = raw.indexOf("\n", at + 1)) starts.push(at + 1);
	return Int32Array.from(starts);
}
/** Index of the last line that starts at or before the byte. */
function lineOf(starts, byte) {
	let low = 0;
	let high = starts.length - 1;
	while (low < high) {
		const middle = low + high + 1 >> 1;
		if ((starts[middle] ?? 0) <= byte) low = middle;
		else high = middle - 1;
	}
	return low;
}
const NONE$1 = Object.freeze([]);
/** Shared by everything without comments; replaced, never written to. */
const NO_SUFFIX = NONE$1;
/** Reads the syntax of a file. `file` is its name in go's messages. Never throws. */
function parseSyntax(bytes, file, unicode) {
	const source = new Source(bytes);
	const parser = new Parser(source, file, unicode);
	let stop;
	try {
		parser.parseFile();
	} catch (error) {
		if (!(error instanceof SyntaxStop)) throw error;
		stop = error;
	}
	const { tokens, statements, before } = parser;
	return {
		source,
		tokens,
		statements,
		before,
		stop
	};
}
var Parser = class {
	statements = [];
	before = [];
	tokens;
	#lexer;
	#source;
	#file;
	/** Kind of the token that is next; the lexer is never further than that. */
	#peek = "newline";
	/** What a comment behind a token belongs to when its own line cannot have it. */
	#last;
	constructor(source, file, unicode) {
		this.#source = source;
		this.#file = file;
		this.#lexer = new Lexer(source, unicode);
		this.tokens = this.#lexer.tokens;
	}
	/** Index of the token that is next. */
	get #index() {
		return this.tokens.length - 1;
	}
	/** Takes the next token and reads one more; the line end of a comment goes with the comment. */
	#advance() {
		const taken = this.#peek;
		if (taken === "end") return;
		this.#peek = this.#lexer.next();
		if (taken === "comment" && this.#peek === "newline") this.#peek = this.#lexer.next();
	}
	get #atLineEnd() {
		return this.#peek === "newline" || this.#peek === "end" || this.#peek === "comment" && this.#lexer.isSuffix;
	}
	parseFile() {
		this.#peek = this.#lexer.next();
		let comments = [];
		const flush = () => {
			if (comments.length === 0) return;
			const block = {
				kind: "comments",
				before: comments,
				suffix: NO_SUFFIX
			};
			this.statements.push(block);
			this.#last = block;
			comments = [];
		};
		for (;;) switch (this.#peek) {
			case "newline":
				this.#advance();
				flush();
				break;
			case "comment":
				comments.push(this.#index);
				this.#advance();
				break;
			case "end":
				flush();
				return;
			default: {
				const before = comments.length > 0 ? comments : NONE$1;
				if (comments.length > 0) comments = [];
				this.#parseStatement(before);
			}
		}
	}
	/**
	* Statements and lines are added before their line end is taken, because the look at what follows may be the end of
	* all reading.
	*/
	#parseStatement(before) {
		const from = this.#index;
		this.#advance();
		while (!this.#atLineEnd) {
			const open = this.#index;
			const kind = this.#peek;
			this.#advance();
			if (kind !== "(") continue;
			if (this.#atLineEnd) {
				this.#parseBlock(from, open, before);
				return;
			}
			if (this.#peek !== ")") continue;
			const close = this.#index;
			this.#advance();
			if (this.#atLineEnd) {
				this.#emptyBlock(from, open, close, before);
				return;
			}
		}
		this.#endLine(from, before, this.statements);
	}
	/** Adds the line of the tokens up to here, and takes its end with the comment there. */
	#endLine(from, before, list) {
		const to = this.#index;
		const line = {
			kind: "line",
			from,
			to,
			before,
			suffix: NO_SUFFIX
		};
		list.push(line);
		const oneLine = !this.#spansLines(from, to - 1);
		if (oneLine) this.#last = line;
		this.#takeLineEnd(oneLine ? line : this.#last);
	}
	#takeLineEnd(owner) {
		if (this.#peek === "comment") {
			if (owner === void 0) this.before.push(this.#index);
			else if (owner.suffix.length === 0) owner.suffix = [this.#index];
			else owner.suffix.push(this.#index);
		}
		this.#advance();
	}
	#spansLines(first, last) {
		const { raw } = this.#source;
		for (let i = first; i <= last; i++) {
			const start = this.tokens.start(i);
			if (raw.charCodeAt(start) === 34 && raw.slice(start, this.tokens.end(i)).includes("\n")) return true;
		}
		return false;
	}
	#emptyBlock(from, open, close, before) {
		const block = newBlock(from, open, before);
		this.statements.push(block);
		this.#last = this.#spansLines(from, close) ? block.close : block;
		this.#takeLineEnd(this.#last);
	}
	#parseBlock(from, open, before) {
		const block = newBlock(from, open, before);
		this.statements.push(block);
		this.#last = block.open;
		let comments = [];
		if (this.#peek === "comment") this.#takeLineEnd(block.open);
		for (;;) switch (this.#peek) {
			case "newline":
				this.#advance();
				if (comments.length === 0 ? block.lines.length > 0 : comments.at(-1) !== -1) comments.push(-1);
				break;
			case "comment":
				comments.push(this.#index);
				this.#advance();
				break;
			case "end": throw this.#unterminated(from);
			case ")":
				block.close.before = comments.length === 1 && comments[0] === -1 ? NONE$1 : comments;
				this.#advance();
				if (!this.#atLineEnd) throw new SyntaxStop("syntax error (expected newline after closing paren)", this.tokens.end(this.#index));
				this.#last = block.close;
				this.#takeLineEnd(block.close);
				return;
			default: {
				const above = comments.length > 0 ? comments : NONE$1;
				if (comments.length > 0) comments = [];
				this.#parseLine(above, block.lines);
			}
		}
	}
	#parseLine(before, list) {
		const from = this.#index;
		this.#advance();
		while (!this.#atLineEnd) this.#advance();
		this.#endLine(from, before, list);
	}
	#unterminated(from) {
		const { line, column } = this.#source.position(this.tokens.start(from));
		const at = this.#source.raw.length;
		return new SyntaxStop(`syntax error (unterminated block started at ${this.#file}:${line}:${column})`, at);
	}
};
function newBlock(from, to, before) {
	return {
		kind: "block",
		from,
		to,
		lines: [],
		before,
		suffix: NO_SUFFIX,
		open: {
			before: NONE$1,
			suffix: NO_SUFFIX
		},
		close: {
			before: NONE$1,
			suffix: NO_SUFFIX
		}
	};
}
// src/gomod/modfile/comments.ts
/** What comments say: about a dependency, a retraction, a module. */
const NONE = Object.freeze([]);
const INDIRECT = "// indirect";
const ONLY_INDIRECT = Object.freeze(["indirect"]);
var CommentReader = class {
	#tree;
	#block;
	#ofBlock = NONE;
	constructor(tree) {
		this.#tree = tree;
	}
	/** What people wrote at a line: above it, behind it, or, when there is nothing, at its block. */
	of(line, block) {
		if (line.before.length === 0 && line.suffix.length === 1 && this.#isPlainIndirect(line.suffix[0] ?? 0)) return ONLY_INDIRECT;
		const own = this.#texts([...line.before, ...line.suffix]);
		if (own.length > 0 || block === void 0) return own;
		if (this.#block !== block) {
			this.#block = block;
			this.#ofBlock = this.#texts([
				...block.before,
				...block.suffix,
				...block.open.suffix
			]);
		}
		return this.#ofBlock;
	}
	/** Whether the comment behind the line marks an indirect dependency, word for word as go wants it. */
	isIndirect(line) {
		const index = line.suffix[0];
		if (index === void 0) return false;
		if (this.#isPlainIndirect(index)) return true;
		const words = fields(this.#text(index).slice(2));
		return words.length === 1 ? words[0] === "indirect" : words[0] === "indirect;";
	}
	/** The reason of a retraction: go counts a blank line above the line as a comment of its own. */
	rationale(line, block) {
		const owner = block && line.before.length === 0 && line.suffix.length === 0 ? block : line;
		return this.#texts([...owner.before, ...owner.suffix]).join("\n");
	}
	/** The text behind `Deprecated:` at the start of a paragraph; empty when there is none. */
	deprecation(line, block) {
		return /(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)/s.exec(this.rationale(line, block))?.[1] ?? "";
	}
	#isPlainIndirect(index) {
		const { source, tokens } = this.#tree;
		const start = tokens.start(index);
		return tokens.end(index) - start === 11 && source.raw.startsWith(INDIRECT, start);
	}
	#text(index) {
		const { source, tokens } = this.#tree;
		return source.text(tokens.start(index), tokens.end(index));
	}
	#texts(comments) {
		const real = comments.filter((index) => index !== -1);
		return real.length === 0 ? NONE : real.map((index) => trimSpace(this.#text(index).slice(2)));
	}
};
// src/gomod/modfile/words.ts
/** Words of a line as values: `parseString` of modfile, `strconv.Unquote`. */
const ESCAPES = /* @__PURE__ */ new Map([
	["a", "\x07"],
	["b", "\b"],
	["f", "\f"],
	["n", "\n"],
	["r", "\r"],
	["t", "	"],
	["v", "\v"],
	["\\", "\\"],
	["\"", "\""]
]);
/** A word that go takes for no value, with its reason. */
var Refused = class {
	why;
	constructor(why) {
		this.why = why;
	}
};
const NO_LITERAL = new Refused("invalid syntax");
const STRAY_QUOTE = new Refused("unquoted string cannot contain quote");
/** The value of a token, given as its bytes (latin1) and as text. */
function parseWord(raw, text) {
	if (raw.charCodeAt(0) === 34) return unquote(raw) ?? NO_LITERAL;
	return /["'`]/.test(raw) ? STRAY_QUOTE : text;
}
/** The string that a Go literal in double quotes stands for; undefined when it is not one. */
function unquote(raw) {
	const inner = raw.slice(1, -1);
	if (/^[\x20\x21\x23-\x5b\x5d-\x7f]*$/.test(inner)) return inner;
	const out = [];
	for (let at = 0; at < inner.length;) {
		const ch = inner.charAt(at);
		if (ch === "\n") return void 0;
		if (ch === "\\") {
			const escaped = readEscape(inner, at + 1);
			if (escaped === void 0) return void 0;
			out.push(escaped.bytes);
			at = escaped.next;
			continue;
		}
		const { rune, size } = decodeRune(inner, at);
		out.push(rune < 0 ? utf8(65533) : inner.slice(at, at + size));
		at += size;
	}
	return decodeGoText(Buffer.from(out.join(""), "latin1"));
}
function readEscape(inner, at) {
	const ch = inner.charAt(at);
	const short = ESCAPES.get(ch);
	if (short !== void 0) return {
		bytes: short,
		next: at + 1
	};
	const digits = ch === "x" ? 2 : ch === "u" ? 4 : ch === "U" ? 8 : 0;
	if (digits === 0) {
		const octal = inner.slice(at, at + 3);
		if (!/^[0-3][0-7]{2}$/.test(octal)) return void 0;
		return {
			bytes: String.fromCharCode(Number.parseInt(octal, 8)),
			next: at + 3
		};
	}
	const hex = inner.slice(at + 1, at + 1 + digits);
	if (hex.length < digits || !/^[0-9A-Fa-f]*$/.test(hex)) return void 0;
	const value = Number.parseInt(hex, 16);
	const next = at + 1 + digits;
	if (ch === "x") return {
		bytes: String.fromCharCode(value),
		next
	};
	if (value > 1114111 || value >= 55296 && value <= 57343) return void 0;
	return {
		bytes: utf8(value),
		next
	};
}
function utf8(rune) {
	return Buffer.from(String.fromCodePoint(rune), "utf8").toString("latin1");
}
// src/gomod/modfile/reader.ts
/** More of a refused line is not kept: no statement has as many words. */
const MOST_WORDS = 32;
const GO_VERSION = /^([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?$/;
/** In dependencies `v1.14` and `1.20-pre` count as the version in them. */
const LAX_GO_VERSION = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*$/;
const TOOLCHAIN$1 = /^default$|^go1($|\.)/;
/**
* What go.mod and go.work have in common: the meaning of the statements that both know, and the words in which go
* refuses one. Every method that may refuse gives undefined after it has noted why.
*/
var StatementReader = class {
	tree;
	comments;
	problems = [];
	rejected = [];
	#options;
	constructor(tree, options) {
		this.tree = tree;
		this.comments = new CommentReader(tree);
		this.#options = options;
		if (tree.stop !== void 0) {
			const { message, start, end } = tree.stop;
			this.#problem(message, start, end);
		}
	}
	/**
	* Gives every statement of a verb that may stand alone or, when it is among `blockVerbs`, in a block. Other blocks
	* are refused; in lax mode they are passed over.
	*/
	eachStatement(blockVerbs, lax, read) {
		for (const x of this.tree.statements) {
			if (x.kind === "comments") continue;
			const verb = this.text(x.from);
			if (x.kind === "line") read({
				verb,
				line: x,
				block: void 0,
				from: x.from + 1,
				to: x.to
			});
			else if (x.to - x.from === 1 && blockVerbs.has(verb)) for (const line of x.lines) read({
				verb,
				line,
				block: x,
				from: line.from,
				to: line.to
			});
			else if (!lax) this.#refuseBlock(x, verb);
		}
	}
	go(statement, lax) {
		const value = this.#only(statement, "go directive expects exactly one argument");
		if (value === void 0) return void 0;
		const version = GO_VERSION.test(value) ? value : lax ? LAX_GO_VERSION.exec(value)?.[1] : void 0;
		if (version === void 0) return this.refuse(statement, `invalid go version '${value}': must match format 1.23.0`);
		return this.valueDirective(statement, version);
	}
	toolchain(statement) {
		const value = this.#only(statement, "toolchain directive expects exactly one argument");
		if (value === void 0) return void 0;
		if (!TOOLCHAIN$1.test(value)) {
			const why = `invalid toolchain version '${value}': must match format go1.23.0 or default`;
			return this.refuse(statement, why);
		}
		return this.valueDirective(statement, value);
	}
	godebug(statement) {
		const usage = "usage: godebug key=value";
		const argument = this.#only(statement, usage);
		if (argument === void 0) return void 0;
		const equals = argument.indexOf("=");
		if (equals < 0 || /["`',]/.test(argument)) return this.refuse(statement, usage);
		const { span } = this.located(statement.from, argument);
		return {
			key: argument.slice(0, equals),
			value: argument.slice(equals + 1),
			argument: span,
			...this.directive(statement)
		};
	}
	/** `tool`, `ignore`, `use`. */
	oneValue(statement, usage) {
		if (this.#only(statement, usage) === void 0) return void 0;
		const value = this.string(statement, statement.from);
		return value === void 0 ? void 0 : this.valueDirective(statement, value);
	}
	replace(statement) {
		const { from, to, verb } = statement;
		const arrow = from + (to - from >= 2 && this.text(from + 1) === "=>" ? 1 : 2);
		if (to < arrow + 2 || to > arrow + 3 || this.text(arrow) !== "=>") {
			const form = `${verb} module/path [v1.2.3] =>`;
			return this.refuse(statement, `usage: ${form} other/module v1.4\n\t or ${form} ../local/directory`);
		}
		const oldPath = this.string(statement, from);
		if (oldPath === void 0) return void 0;
		const { pathMajor, ok } = splitPathVersion(oldPath);
		if (!ok) return this.refuse(statement, `${named(verb, oldPath)}invalid module path`);
		let oldVersion;
		if (arrow === from + 2) {
			oldVersion = this.version(statement, oldPath, from + 1);
			if (oldVersion === void 0) return void 0;
			const wrong = checkPathMajor(oldVersion, pathMajor);
			if (wrong !== void 0) return this.refuse(statement, named(verb, oldPath) + wrong);
		}
		const newPath = this.string(statement, arrow + 1);
		if (newPath === void 0) return void 0;
		let newVersion;
		if (to === arrow + 2) {
			const wrong = this.#checkDirectory(newPath);
			if (wrong !== void 0) return this.refuse(statement, wrong);
		} else {
			newVersion = this.version(statement, newPath, arrow + 2);
			if (newVersion === void 0) return void 0;
			if (isDirectoryPath(newPath)) {
				const path = this.quote(newPath);
				return this.refuse(statement, `replacement module directory path ${path} cannot have version`);
			}
		}
		return {
			oldPath: this.located(from, oldPath),
			oldVersion: oldVersion === void 0 ? void 0 : this.located(from + 1, oldVersion),
			newPath: this.located(arrow + 1, newPath),
			newVersion: newVersion === void 0 ? void 0 : this.located(arrow + 2, newVersion),
			...this.directive(statement)
		};
	}
	#checkDirectory(path) {
		if (!isDirectoryPath(path)) return path.includes("@") ? "replacement module must match format 'path version', not 'path@version'" : "replacement module without version must be directory path (rooted or starting with . or ..)";
		if (!this.#options.windows && path.includes("\\")) return "replacement directory appears to be Windows path (on a non-windows system)";
	}
	/** The only argument as it is written. */
	#only(statement, usage) {
		const { from, to } = statement;
		return to - from === 1 ? this.text(from) : this.refuse(statement, usage);
	}
	/** An argument as a value: unquoted. */
	string(statement, index) {
		const word = this.word(index);
		if (typeof word === "string") return word;
		return this.refuse(statement, `invalid quoted string: ${word.why}`);
	}
	/** An argument as a canonical version. */
	version(statement, path, index) {
		const text = this.unfixedVersion(statement, path, index);
		if (text === void 0) return void 0;
		const version = canonicalModuleVersion(text);
		if (version !== "") return version;
		return this.#refuseVersion(statement, path, text, "must be of the form v1.2.3");
	}
	/** An argument as a version that may be none. */
	unfixedVersion(statement, path, index) {
		const word = this.word(index);
		if (typeof word === "string") return word;
		return this.#refuseVersion(statement, path, this.text(index), word.why);
	}
	#refuseVersion(statement, path, version, why) {
		const message = `${named(statement.verb, path)}version ${this.quote(version)} invalid: ${why}`;
		return this.refuse(statement, message);
	}
	word(index) {
		const { source, tokens } = this.tree;
		const raw = source.raw.slice(tokens.start(index), tokens.end(index));
		return parseWord(raw, source.ascii ? raw : this.text(index));
	}
	/** A token as it is written. */
	text(index) {
		const { source, tokens } = this.tree;
		return source.text(tokens.start(index), tokens.end(index));
	}
	/** As `%q` of the release whose Unicode is asked for. */
	quote(text) {
		return quote(text, (rune) => isPrint(rune, this.#options.unicode));
	}
	located(index, value) {
		const { source, tokens } = this.tree;
		return source.located(value, tokens.start(index), tokens.end(index));
	}
	valueDirective(statement, value) {
		return {
			value: this.located(statement.from, value),
			...this.directive(statement)
		};
	}
	directive({ line, block }) {
		const { source, tokens } = this.tree;
		return {
			span: source.span(tokens.start(line.from), tokens.end(line.to - 1)),
			comments: this.comments.of(line, block)
		};
	}
	/** Notes that go refuses a statement, and keeps its words. */
	refuse(statement, message) {
		const { line, verb, from, to } = statement;
		this.#problemOfTokens(message, line.from, line.to);
		this.#reject(verb, line.from, line.to, from, to);
	}
	#refuseBlock(block, verb) {
		const { from, to, lines } = block;
		const words = Array.from({ length: to - from }, (_, i) => this.text(from + i));
		this.#problemOfTokens(`unknown block type: ${words.join(" ")}`, from, to);
		if (to - from > 1 || lines.length === 0) this.#reject(verb, from, to, from + 1, to);
		for (const line of lines) this.#reject(verb, line.from, line.to, line.from, line.to);
	}
	#reject(verb, lineFrom, lineTo, from, to) {
		const { source, tokens } = this.tree;
		const words = [];
		for (let i = from; i < to && words.length < MOST_WORDS; i++) {
			const word = this.word(i);
			words.push(this.located(i, word instanceof Refused ? this.text(i) : word));
		}
		const span = source.span(tokens.start(lineFrom), tokens.end(lineTo - 1));
		this.rejected.push({
			verb,
			words,
			span
		});
	}
	#problemOfTokens(message, from, to) {
		const { tokens } = this.tree;
		this.#problem(message, tokens.start(from), tokens.end(to - 1));
	}
	#problem(message, start, end) {
		if (this.tree.stop !== void 0 && this.problems.length > 0) return;
		const { source } = this.tree;
		const hasColumn = source.position(start).column > 1;
		this.problems.push({
			message,
			span: source.span(start, end),
			hasColumn
		});
	}
};
/** How go begins a message about a module. */
function named(verb, path) {
	return path === "" ? `${verb}: ` : `${verb} ${path}: `;
}
// src/gomod/modfile/read-mod.ts
const BLOCK_VERBS$1 = /* @__PURE__ */ new Set([
	"module",
	"godebug",
	"require",
	"exclude",
	"replace",
	"retract",
	"tool",
	"ignore"
]);
const LAX_VERBS = /* @__PURE__ */ new Set([
	"go",
	"module",
	"retract",
	"require",
	"ignore"
]);
/**
* Reads a go.mod. Never throws: what go refuses is in `problems`, in the order in which go tells it, and its lines are
* in `mod.rejected`. At a lexical or syntax error go stops, so `problems` has that one alone and `mod` what stands in
* front of it.
*/
function readGoMod(bytes, { lax = false, unicode = 15, file = "go.mod", windows = false } = {}) {
	const syntax = parseSyntax(bytes, file, unicode);
	const reader = new GoModReader(new StatementReader(syntax, {
		unicode,
		file,
		windows
	}), lax);
	return {
		mod: reader.read(),
		problems: reader.problems,
		syntax
	};
}
var GoModReader = class {
	#reader;
	#lax;
	#module;
	/** A module statement counts though it is refused: a second one is a repetition. */
	#moduleSeen = false;
	#go;
	#toolchain;
	#godebug = [];
	#require = [];
	#exclude = [];
	#replace = [];
	#retract = [];
	#tool = [];
	#ignore = [];
	constructor(reader, lax) {
		this.#reader = reader;
		this.#lax = lax;
	}
	get problems() {
		return this.#reader.problems;
	}
	read() {
		this.#reader.eachStatement(BLOCK_VERBS$1, this.#lax, (statement) => this.#add(statement));
		return {
			module: this.#module,
			go: this.#go,
			toolchain: this.#toolchain,
			godebug: this.#godebug,
			require: this.#require,
			exclude: this.#exclude,
			replace: this.#replace,
			retract: this.#retract,
			tool: this.#tool,
			ignore: this.#ignore,
			rejected: this.#reader.rejected
		};
	}
	#add(statement) {
		const reader = this.#reader;
		const { verb } = statement;
		if (this.#lax && !LAX_VERBS.has(verb)) return;
		switch (verb) {
			case "require":
				push(this.#require, this.#requirement(statement));
				break;
			case "exclude":
				push(this.#exclude, this.#exclusion(statement));
				break;
			case "replace":
				push(this.#replace, reader.replace(statement));
				break;
			case "retract":
				push(this.#retract, this.#retraction(statement));
				break;
			case "godebug":
				push(this.#godebug, reader.godebug(statement));
				break;
			case "tool":
				push(this.#tool, reader.oneValue(statement, "tool directive expects exactly one argument"));
				break;
			case "ignore":
				push(this.#ignore, reader.oneValue(statement, "ignore directive expects exactly one argument"));
				break;
			case "module":
				if (this.#moduleSeen) reader.refuse(statement, "repeated module statement");
				else this.#module = this.#moduleDirective(statement);
				this.#moduleSeen = true;
				break;
			case "go":
				if (this.#go !== void 0) reader.refuse(statement, "repeated go statement");
				else this.#go = reader.go(statement, this.#lax);
				break;
			case "toolchain":
				if (this.#toolchain !== void 0) reader.refuse(statement, "repeated toolchain statement");
				else this.#toolchain = reader.toolchain(statement);
				break;
			default: reader.refuse(statement, `unknown directive: ${verb}`);
		}
	}
	#moduleDirective(statement) {
		const reader = this.#reader;
		const { line, block, from, to } = statement;
		if (to - from !== 1) return reader.refuse(statement, "usage: module module/path");
		const path = reader.string(statement, from);
		if (path === void 0) return void 0;
		const deprecated = reader.comments.deprecation(line, block);
		return {
			path: reader.located(from, path),
			deprecated,
			...reader.directive(statement)
		};
	}
	/** Path and version of a require or exclude. */
	#pathAndVersion(statement) {
		const reader = this.#reader;
		const { verb, from, to } = statement;
		if (to - from !== 2) return reader.refuse(statement, `usage: ${verb} module/path v1.2.3`);
		const path = reader.string(statement, from);
		if (path === void 0) return void 0;
		const version = reader.version(statement, path, from + 1);
		if (version === void 0) return void 0;
		const { pathMajor, ok } = splitPathVersion(path);
		if (!ok) return reader.refuse(statement, "invalid module path");
		const wrong = checkPathMajor(version, pathMajor);
		if (wrong !== void 0) return reader.refuse(statement, named(verb, path) + wrong);
		return {
			path,
			version
		};
	}
	#requirement(statement) {
		const found = this.#pathAndVersion(statement);
		if (found === void 0) return void 0;
		const reader = this.#reader;
		const { span, comments } = reader.directive(statement);
		return {
			path: reader.located(statement.from, found.path),
			version: reader.located(statement.from + 1, found.version),
			indirect: reader.comments.isIndirect(statement.line),
			span,
			comments
		};
	}
	#exclusion(statement) {
		const found = this.#pathAndVersion(statement);
		if (found === void 0) return void 0;
		const reader = this.#reader;
		return {
			path: reader.located(statement.from, found.path),
			version: reader.located(statement.from + 1, found.version),
			...reader.directive(statement)
		};
	}
	#retraction(statement) {
		const reader = this.#reader;
		const interval = this.#interval(statement);
		if (interval === void 0) return void 0;
		const { low, high, next } = interval;
		if (next < statement.to && !this.#lax) {
			const extra = reader.quote(reader.text(next));
			return reader.refuse(statement, `unexpected token after version: ${extra}`);
		}
		return {
			low,
			high,
			rationale: reader.comments.rationale(statement.line, statement.block),
			...reader.directive(statement)
		};
	}
	#interval(statement) {
		const reader = this.#reader;
		const { from, to } = statement;
		const refuse = (why) => this.#lax ? void 0 : reader.refuse(statement, why);
		const text = (index) => index < to ? reader.text(index) : void 0;
		const version = (index) => {
			if (this.#lax && typeof reader.word(index) !== "string") return void 0;
			const value = reader.unfixedVersion(statement, "", index);
			return value === void 0 ? void 0 : reader.located(index, value);
		};
		if (from === to || text(from) === "(") return refuse("expected '[' or version");
		if (text(from) !== "[") {
			const only = version(from);
			return only && {
				low: only,
				high: only,
				next: from + 1
			};
		}
		if (from + 1 >= to) return refuse("expected version after '['");
		const low = version(from + 1);
		if (low === void 0) return void 0;
		if (text(from + 2) !== ",") return refuse("expected ',' after version");
		if (from + 3 >= to) return refuse("expected version after ','");
		const high = version(from + 3);
		if (high === void 0) return void 0;
		if (text(from + 4) !== "]") return refuse("expected ']' after version");
		return {
			low,
			high,
			next: from + 5
		};
	}
};
function push(list, item) {
	if (item !== void 0) list.push(item);
}
// src/gomod/modfile/read-work.ts
const BLOCK_VERBS = /* @__PURE__ */ new Set([
	"godebug",
	"use",
	"replace"
]);
/** Reads a go.work as `readGoMod` reads a go.mod. Never throws. */
function readGoWork(bytes, { unicode = 15, file = "go.work", windows = false } = {}) {
	const syntax = parseSyntax(bytes, file, unicode);
	const reader = new StatementReader(syntax, {
		unicode,
		file,
		windows
	});
	let go;
	let toolchain;
	const godebug = [];
	const use = [];
	const replace = [];
	reader.eachStatement(BLOCK_VERBS, false, (statement) => {
		switch (statement.verb) {
			case "go":
				if (go !== void 0) reader.refuse(statement, "repeated go statement");
				else go = reader.go(statement, false);
				break;
			case "toolchain":
				if (toolchain !== void 0) reader.refuse(statement, "repeated toolchain statement");
				else toolchain = reader.toolchain(statement);
				break;
			case "godebug": {
				const found = reader.godebug(statement);
				if (found !== void 0) godebug.push(found);
				break;
			}
			case "use": {
				const found = reader.oneValue(statement, "usage: use local/dir");
				if (found !== void 0) use.push(found);
				break;
			}
			case "replace": {
				const found = reader.replace(statement);
				if (found !== void 0) replace.push(found);
				break;
			}
			default: reader.refuse(statement, `unknown directive: ${statement.verb}`);
		}
	});
	return {
		work: {
			go,
			toolchain,
			godebug,
			use,
			replace,
			rejected: reader.rejected
		},
		problems: reader.problems,
		syntax
	};
}
// src/gomod/toolchain.ts
/** Go's own releases, as `go` fetches them: a module with one zip for each version and platform. */
const TOOLCHAIN = "golang.org/toolchain";
// src/gomod/info.ts
/** An `.info` that must not be passed on. */
var InfoError = class extends Error {
	name = "InfoError";
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
	}
};
const MAX_INFO_BYTES = 65536;
/** In the order in which go writes them. */
const ORIGIN_KEYS = [
	"VCS",
	"URL",
	"Subdir",
	"Hash",
	"TagPrefix",
	"TagSum",
	"Ref",
	"RepoSum"
];
const MAX_ORIGIN_VALUE = 2048;
const ORIGIN_VALUE = /^[!#-;=?-[\]-_a-~]+$/;
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function hasPassword(url) {
	return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#]*@/i.test(url);
}
/** The origin when every field of it is known and sane, else undefined: it only informs, nothing rests on it. */
function readOrigin(value) {
	if (!isObject(value)) return void 0;
	const known = ORIGIN_KEYS;
	if (Object.keys(value).some((key) => !known.includes(key))) return void 0;
	const origin = {};
	for (const key of ORIGIN_KEYS) {
		const text = Object.hasOwn(value, key) ? value[key] : void 0;
		if (text === void 0 || text === "") continue;
		if (typeof text !== "string" || text.length > MAX_ORIGIN_VALUE || !ORIGIN_VALUE.test(text)) return void 0;
		origin[key] = text;
	}
	if (hasPassword(origin.URL ?? "")) return void 0;
	return Object.keys(origin).length > 0 ? origin : void 0;
}
function parseObject(bytes) {
	if (bytes.byteLength > 65536) throw new InfoError("too-large", `the .info is ${bytes.byteLength} bytes long, more than ${MAX_INFO_BYTES}`);
	let value;
	try {
		value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
	} catch (cause) {
		throw new InfoError("not-json", "the .info is not JSON", { cause });
	}
	if (!isObject(value)) throw new InfoError("not-json", "the .info is JSON, but not an object");
	return value;
}
/**
* Reads an `.info` strictly. Unknown fields are dropped, an origin that is not wholly well-formed is dropped.
*
* @param expect.version the canonical version that was asked for; leave it out for a query such as a branch
* @throws InfoError
*/
function parseInfo(bytes, expect = {}) {
	const value = parseObject(bytes);
	const version = Object.hasOwn(value, "Version") ? value.Version : void 0;
	if (typeof version !== "string" || version === "" || canonicalModuleVersion(version) !== version) throw new InfoError("bad-field", "the .info has no Version that is a canonical module version");
	if (expect.version !== void 0 && version !== expect.version) throw new InfoError("wrong-version", `the .info is of version ${quote(version)}, not of ${quote(expect.version)}`);
	const time = Object.hasOwn(value, "Time") ? value.Time ?? void 0 : void 0;
	if (time !== void 0 && (typeof time !== "string" || !isRfc3339(time))) throw new InfoError("bad-field", "the Time of the .info is not an RFC 3339 time");
	const origin = Object.hasOwn(value, "Origin") ? readOrigin(value.Origin) : void 0;
	return {
		version,
		...time !== void 0 && { time },
		...origin !== void 0 && { origin }
	};
}
/** Writes an `.info` anew: Version, Time, Origin, without white space, as go itself does. */
function formatInfo(info) {
	const { version, time, origin } = info;
	const ordered = {};
	for (const key of ORIGIN_KEYS) {
		const value = origin?.[key];
		if (value !== void 0) ordered[key] = value;
	}
	const hasOrigin = Object.keys(ordered).length > 0;
	return Buffer.from(JSON.stringify({
		Version: version,
		Time: time,
		Origin: hasOrigin ? ordered : void 0
	}));
}
export { InfoError, TOOLCHAIN, formatInfo, parseInfo, readGoMod, readGoWork };
