import { hasSpace } from "./gomod.js";
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { isUtf8 } from "node:buffer";
const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);
/** SHA-256(0x00 || record). */
function recordHash(record) {
	return createHash("sha256").update(LEAF_PREFIX).update(record).digest();
}
/** SHA-256(0x01 || left || right). */
function nodeHash(left, right) {
	return createHash("sha256").update(NODE_PREFIX).update(left).update(right).digest();
}
/** The hash of a tree without records: SHA-256 of nothing. */
const EMPTY_TREE_HASH = createHash("sha256").digest();
function sameHash(a, b) {
	return Buffer.compare(a, b) === 0;
}
/** Standard base64 with padding, strictly; undefined for anything else. */
function decodeBase64(text) {
	return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : void 0;
}
/** A hash written in base64; undefined when it is none. */
function parseHash(text) {
	const bytes = decodeBase64(text);
	return bytes?.length === 32 ? bytes : void 0;
}
function formatHash(hash) {
	return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("base64");
}
// src/tlog/tree.ts
/** Largest tree that is understood; the public database's has some 2^26 records. */
const MAX_TREE_SIZE = 2 ** 50;
/** A proof that does not prove what it should. */
var ProofError = class extends Error {
	name = "ProofError";
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
	}
};
function invalidInput(where) {
	return new ProofError("invalid-input", `tlog: invalid inputs in ${where}`);
}
/** The largest power of two below n (n > 1), and its exponent. */
function maxPowerBelow(n) {
	let level = 0;
	while (2 ** (level + 1) < n) level++;
	return {
		k: 2 ** level,
		level
	};
}
/** Where the n-th hash of a level is stored: each hash follows the second of the two it was made of. */
function storedHashIndex(level, n) {
	let leaf = n;
	for (let l = level; l > 0; l--) leaf = 2 * leaf + 1;
	let index = 0;
	for (; leaf > 0; leaf = Math.floor(leaf / 2)) index += leaf;
	return index + level;
}
function trailingZeros(n) {
	let zeros = 0;
	for (let m = n; m > 0 && m % 2 === 0; m /= 2) zeros++;
	return zeros;
}
/** The inverse of `storedHashIndex`. */
function splitStoredHashIndex(index) {
	let n = Math.floor(index / 2);
	let at = storedHashIndex(0, n);
	for (;;) {
		const next = at + 1 + trailingZeros(n + 1);
		if (next > index) break;
		n++;
		at = next;
	}
	const level = index - at;
	return {
		level,
		n: Math.floor(n / 2 ** level)
	};
}
async function readAll(read, indexes) {
	const hashes = indexes.length === 0 ? [] : await read(indexes);
	if (hashes.length !== indexes.length) throw new ProofError("invalid-input", `tlog: ${hashes.length} hashes read for ${indexes.length} indexes`);
	return hashes;
}
/** Indexes of the complete subtrees that cover records lo to hi (hi not included), largest first. */
function subTreeIndexes(lo, hi) {
	const indexes = [];
	for (let at = lo; at < hi;) {
		const { k, level } = maxPowerBelow(hi - at + 1);
		indexes.push(storedHashIndex(level, at / k));
		at += k;
	}
	return indexes;
}
/** One hash of the hashes of subtrees, largest first. */
function foldSubTrees(hashes) {
	return hashes.length === 0 ? EMPTY_TREE_HASH : hashes.reduceRight((right, left) => nodeHash(left, right));
}
function treeProofRanges(size, old) {
	const ranges = [];
	let lo = 0;
	let hi = size;
	while (old !== hi) {
		const middle = lo + maxPowerBelow(hi - lo).k;
		if (old <= middle) {
			ranges.push([middle, hi]);
			hi = middle;
		} else {
			ranges.push([lo, middle]);
			lo = middle;
		}
	}
	if (lo > 0) ranges.push([lo, hi]);
	return ranges.reverse();
}
async function hashRanges(ranges, read) {
	const groups = ranges.map(([lo, hi]) => subTreeIndexes(lo, hi));
	const hashes = await readAll(read, groups.flat());
	let at = 0;
	return groups.map((group) => {
		at += group.length;
		return foldSubTrees(hashes.slice(at - group.length, at));
	});
}
function validSize(...sizes) {
	return sizes.every((size) => Number.isSafeInteger(size) && size >= 0 && size <= MAX_TREE_SIZE);
}
/** The proof that the tree of size old is a prefix of the tree of that size; 1 <= old <= size. */
async function proveTree(size, old, read) {
	if (!validSize(size, old) || size < 1 || old < 1 || old > size) throw invalidInput("proveTree");
	return hashRanges(treeProofRanges(size, old), read);
}
// src/tlog/note.ts
/** A note or a key that cannot be trusted; messages are Go's. */
var NoteError = class extends Error {
	name = "NoteError";
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
	}
};
const ED25519 = 1;
const SIGNATURE_PREFIX = "— ";
const MAX_SIGNATURES = 100;
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
function isName(name) {
	return name !== "" && !hasSpace(name) && !name.includes("+");
}
/** The first four bytes of SHA-256(name, newline, key) in hex; the key starts with its algorithm's byte. */
function keyHash(name, key) {
	return createHash("sha256").update(`${name}\n`, "utf8").update(key).digest("hex").slice(0, 8);
}
function cut(text) {
	const at = text.indexOf("+");
	return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
/** Reads `name+hash+base64`. Throws `NoteError`. */
function parseVerifierKey(vkey) {
	const malformed = () => new NoteError("malformed-key", "malformed verifier id");
	const [name, rest] = cut(vkey);
	const [hash, base64] = cut(rest);
	const key = decodeBase64(base64);
	if (!/^[0-9a-fA-F]{8}$/.test(hash) || !isName(name) || key === void 0 || key.length === 0) throw malformed();
	if (hash.toLowerCase() !== keyHash(name, key)) throw new NoteError("wrong-key-hash", "invalid verifier hash");
	if (key[0] !== ED25519) throw new NoteError("unknown-algorithm", "unknown verifier algorithm");
	if (key.length !== 33) throw malformed();
	const spki = Buffer.concat([SPKI_ED25519, key.subarray(1)]);
	const publicKey = createPublicKey({
		key: spki,
		format: "der",
		type: "spki"
	});
	return {
		name,
		keyHash: hash.toLowerCase(),
		verify: (text, signature) => signature.length === 64 && verify(null, text, publicKey, signature)
	};
}
function signerOf(name, seed) {
	const der = Buffer.concat([PKCS8_ED25519, seed]);
	const privateKey = createPrivateKey({
		key: der,
		format: "der",
		type: "pkcs8"
	});
	const spki = createPublicKey(privateKey).export({
		format: "der",
		type: "spki"
	});
	const publicKey = Buffer.concat([Uint8Array.of(ED25519), spki.subarray(SPKI_ED25519.length)]);
	return {
		signer: {
			name,
			keyHash: keyHash(name, publicKey),
			sign: (text) => sign(null, text, privateKey)
		},
		publicKey
	};
}
/** A signer of a 32-byte Ed25519 seed, and the verifier key that belongs to it. Throws `NoteError`. */
function makeSigner(name, seed) {
	if (!isName(name) || seed.length !== 32) throw new NoteError("malformed-key", "malformed signer: name or seed");
	const { signer, publicKey } = signerOf(name, seed);
	return {
		signer,
		vkey: `${name}+${signer.keyHash}+${publicKey.toString("base64")}`
	};
}
function signatureLines(block) {
	const malformed = new NoteError("malformed", "malformed note");
	if (!block.endsWith("\n")) throw malformed;
	const lines = block.slice(0, -1).split("\n", 101);
	if (lines.length > MAX_SIGNATURES || lines.some((line) => !line.startsWith(SIGNATURE_PREFIX))) throw malformed;
	return lines.map((line) => line.slice(2));
}
function parseSignature(line) {
	const space = line.indexOf(" ");
	const name = space < 0 ? line : line.slice(0, space);
	const base64 = space < 0 ? "" : line.slice(space + 1);
	const bytes = decodeBase64(base64);
	if (bytes === void 0 || bytes.length < 5 || !isName(name)) throw new NoteError("malformed", "malformed note");
	return {
		name,
		keyHash: bytes.toString("hex", 0, 4),
		base64,
		signature: bytes.subarray(4)
	};
}
function findVerifier(known, name, hash) {
	const found = known.filter((key) => key.name === name && key.keyHash === hash);
	if (found.length > 1) throw new NoteError("ambiguous-key", `ambiguous key ${name}+${hash}`);
	return found[0];
}
function splitNote(msg) {
	const malformed = new NoteError("malformed", "malformed note");
	if (!isUtf8(msg)) throw malformed;
	const whole = Buffer.from(msg.buffer, msg.byteOffset, msg.byteLength).toString("utf8");
	if (/[\x00-\x09\x0b-\x1f]/.test(whole)) throw malformed;
	const split = whole.lastIndexOf("\n\n");
	if (split < 0) throw malformed;
	return {
		text: whole.slice(0, split + 1),
		lines: signatureLines(whole.slice(split + 2))
	};
}
/**
* Opens a signed note as Go's `note.Open`: every signature by a known key must be right, and there must be
* one.
*
* @param keys verifier keys (`name+hash+base64`), or verifiers that were parsed before
* @throws NoteError
*/
function openNote(msg, keys) {
	const known = keys.map((key) => typeof key === "string" ? parseVerifierKey(key) : key);
	const { text, lines } = splitNote(msg);
	const signed = Buffer.from(text, "utf8");
	const signatures = /* @__PURE__ */ new Map();
	const unverified = /* @__PURE__ */ new Map();
	for (const line of lines) {
		const { signature, ...parsed } = parseSignature(line);
		const id = `${parsed.name}+${parsed.keyHash}`;
		const verifier = findVerifier(known, parsed.name, parsed.keyHash);
		if (verifier === void 0) {
			unverified.set(line, unverified.get(line) ?? parsed);
			continue;
		}
		if (signatures.has(id)) continue;
		if (!verifier.verify(signed, signature)) throw new NoteError("invalid-signature", `invalid signature for key ${id}`);
		signatures.set(id, parsed);
	}
	if (signatures.size === 0) throw new NoteError("unverified", "note has no verifiable signatures");
	return {
		text,
		signatures: [...signatures.values()],
		unverified: [...unverified.values()]
	};
}
/** Signs a text that ends with a newline. Throws `NoteError` when it does not. */
function signNote(text, signers) {
	if (!text.endsWith("\n")) throw new NoteError("malformed", "malformed note");
	const signed = Buffer.from(text, "utf8");
	const lines = signers.map((signer) => {
		const blob = Buffer.concat([Buffer.from(signer.keyHash, "hex"), signer.sign(signed)]);
		return `${SIGNATURE_PREFIX}${signer.name} ${blob.toString("base64")}\n`;
	});
	return Buffer.from(`${text}\n${lines.join("")}`, "utf8");
}
export { EMPTY_TREE_HASH, MAX_TREE_SIZE, NoteError, ProofError, decodeBase64, foldSubTrees, formatHash, makeSigner, nodeHash, openNote, parseHash, parseVerifierKey, proveTree, recordHash, sameHash, signNote, splitStoredHashIndex, storedHashIndex, subTreeIndexes };
