// src/collector/errors.ts
/** A failure of the collector; the message says what, where, why and what to do, and has no secret in it. */
var CollectorError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "CollectorError";
		this.code = code;
	}
};
// src/collector/index/errors.ts
/** What the index could not do; the message says where, why and what to do next, without credentials. */
var IndexError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = "IndexError";
		this.code = code;
	}
};
export { CollectorError, IndexError };
