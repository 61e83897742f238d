import { GoModError, goModJson, goWorkJson, printSyntax, problemLine, tokensOf } from "./lib/gomod-later.js";
import { readGoMod, readGoWork } from "./lib/gomod-proxy.js";
// src/gomod/index.ts
/**
* Reads a go.mod of which go would accept every line. Nothing is cleaned up: repeats and oddities are there.
* Throws `GoModError` with go's own words and places.
*/
function parseGoMod(bytes, options = {}) {
	const { mod, problems } = readGoMod(bytes, options);
	refuse("invalid-go-mod", options.file ?? "go.mod", problems);
	return mod;
}
/** Reads a go.work as `parseGoMod` reads a go.mod. Throws `GoModError`. */
function parseGoWork(bytes, options = {}) {
	const { work, problems } = readGoWork(bytes, options);
	refuse("invalid-go-work", options.file ?? "go.work", problems);
	return work;
}
/** What `go mod edit -json` prints, for the bytes of a go.mod or what `parseGoMod` gave. Throws `GoModError`. */
function toGoModJson(mod, { form = "1.26", ...options } = {}) {
	return goModJson(isBytes(mod) ? parseGoMod(mod, options) : mod, form);
}
/** What `go work edit -json` prints, for the bytes of a go.work or what `parseGoWork` gave. Throws `GoModError`. */
function toGoWorkJson(work, { form = "1.26", ...options } = {}) {
	return goWorkJson(isBytes(work) ? parseGoWork(work, options) : work, form);
}
/** True for bytes of another realm, too. */
function isBytes(x) {
	return ArrayBuffer.isView(x);
}
function refuse(code, file, problems) {
	const [first, ...rest] = problems;
	if (first !== void 0) throw new GoModError(code, file, [first, ...rest]);
}
export { GoModError, parseGoMod, parseGoWork, printSyntax, problemLine, readGoMod, readGoWork, toGoModJson, toGoWorkJson, tokensOf };
