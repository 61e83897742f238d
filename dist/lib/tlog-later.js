import { MAX_TREE_SIZE, ProofError, foldSubTrees, nodeHash } from "./tlog-records.js";
import "./tlog-proxy.js";
// src/tlog/edge.ts
const WIDTH = 256;
/**
* The right edge of a growing tree: the last tile of each level, which is all that appending and the hash of the tree
* need. Memory is that of one tile a level, however large the tree.
*/
var Edge = class Edge {
	#size = 0;
	/** By level, what stands in the last tile; never WIDTH hashes, as a full tile is one hash of the level above. */
	#levels = [];
	get size() {
		return this.#size;
	}
	/**
	* The edge of a tree that is there already. `read` gives the data of a tile, at least as wide as asked for.
	* Throws ProofError `invalid-input` for a size that no tree has, or data that is too short.
	*/
	static async restore(size, read) {
		const edge = new Edge();
		if (!Number.isSafeInteger(size) || size < 0 || size > MAX_TREE_SIZE) throw new ProofError("invalid-input", `tlog: ${size} is no size of a tree`);
		edge.#size = size;
		for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / WIDTH)) {
			const width = count % WIDTH;
			if (width === 0) continue;
			const n = Math.floor(count / WIDTH);
			const data = await read({
				height: 8,
				level,
				n,
				width
			});
			if (data.byteLength < width * 32) throw new ProofError("invalid-input", `tlog: ${data.byteLength} bytes are no tile of ${width} hashes`);
			edge.#levels[level] = Array.from({ length: width }, (_, i) => data.slice(i * 32, (i + 1) * 32));
		}
		return edge;
	}
	/** Appends the hash of a record; gives the tiles that this filled, lowest first. */
	append(leaf) {
		const full = [];
		this.#size++;
		let hash = leaf;
		for (let level = 0;; level++) {
			this.#levels[level] ??= [];
			const hashes = this.#levels[level];
			hashes.push(hash);
			if (hashes.length < WIDTH) return full;
			const n = Math.floor((this.#size - 1) / WIDTH ** (level + 1));
			full.push({
				tile: {
					height: 8,
					level,
					n,
					width: WIDTH
				},
				data: Buffer.concat(hashes)
			});
			hash = perfect(hashes);
			this.#levels[level] = [];
		}
	}
	/** The hash of the tree. */
	root() {
		const subTrees = [];
		for (const hashes of this.#levels.toReversed()) for (let at = 0, width = WIDTH / 2; hashes !== void 0 && width >= 1; width /= 2) {
			if ((hashes.length & width) === 0) continue;
			subTrees.push(perfect(hashes.slice(at, at + width)));
			at += width;
		}
		return foldSubTrees(subTrees);
	}
	/** The tiles that are not full, which a reader of a tree of this size needs; lowest first. */
	partial() {
		return this.#levels.flatMap((hashes, level) => hashes === void 0 || hashes.length === 0 ? [] : [{
			tile: {
				height: 8,
				level,
				n: Math.floor(this.#size / WIDTH ** (level + 1)),
				width: hashes.length
			},
			data: Buffer.concat(hashes)
		}]);
	}
};
/** The hash of a complete tree over hashes, as many as a power of two. */
function perfect(hashes) {
	let row = hashes;
	while (row.length > 1) {
		const up = [];
		for (let i = 0; i + 1 < row.length; i += 2) up.push(nodeHash(row[i], row[i + 1]));
		row = up;
	}
	return row[0];
}
export { Edge };
