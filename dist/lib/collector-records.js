import { MAX_TREE_SIZE, formatHash, openNote, parseHash, signNote } from "./tlog-records.js";
// src/collector/batch-log/checkpoint.ts
/** Longest checkpoint that is read, bytes: three lines, a time, and some signatures. */
const MAX_CHECKPOINT = 16384;
const TIME = /^time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;
/** Signed bytes: origin, size and hash as in every transparency log's checkpoint, and the time as an extension line. */
function signCheckpoint({ origin, tree, time }, signer) {
	return signNote(`${origin}\n${tree.size}\n${formatHash(tree.hash)}\ntime ${time}\n`, [signer]);
}
/** What stands in the text of a checkpoint, of which nothing is verified; undefined when it is none. */
function parseCheckpoint(text) {
	const [origin = "", size = "", base64 = "", ...extensions] = text.split("\n");
	const hash = parseHash(base64);
	if (origin === "" || !/^(?:0|[1-9]\d{0,15})$/.test(size) || hash === void 0) return void 0;
	if (Number(size) > MAX_TREE_SIZE || extensions.pop() !== "") return void 0;
	const time = extensions.map((line) => TIME.exec(line)?.[1]).find((found) => found !== void 0);
	return time === void 0 ? void 0 : {
		origin,
		tree: {
			size: Number(size),
			hash
		},
		time
	};
}
/**
* A checkpoint with a right signature by one of the keys, of the log that the key is named after. Throws NoteError,
* NotACheckpoint.
*/
function openCheckpoint(msg, keys) {
	const { text, signatures } = openNote(msg.subarray(0, MAX_CHECKPOINT), keys);
	const checkpoint = parseCheckpoint(text);
	if (checkpoint === void 0) throw new NotACheckpoint("the note is signed and is no checkpoint of a log");
	if (signatures.some(({ name }) => name === checkpoint.origin)) return {
		...checkpoint,
		signatures
	};
	throw new NotACheckpoint(`the checkpoint is of the log ${checkpoint.origin}, and the signature by ${signatures[0]?.name}`);
}
/** A note that is signed and says nothing of the log whose key signed it. */
var NotACheckpoint = class extends Error {
	name = "NotACheckpoint";
	code = "malformed";
};
/** A checkpoint that came from a store, if it may be shown anywhere: nothing but the characters that one has. */
function showableCheckpoint(text) {
	if (text.length > 16384 || !/^[A-Za-z0-9+/=:. _\n—-]+$/.test(text)) return void 0;
	return parseCheckpoint(text.slice(0, text.indexOf("\n\n") + 1)) === void 0 || !text.endsWith("\n") ? void 0 : text;
}
export { openCheckpoint, showableCheckpoint, signCheckpoint };
