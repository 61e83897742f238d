// src/policy/errors.ts
/** The policy could not be applied. The message says where and what to do. */
var PolicyError = class extends Error {
	name = "PolicyError";
	code;
	/** Set with `rule-failed`. */
	rule;
	constructor(code, message, options = {}) {
		super(message, options);
		this.code = code;
		this.rule = options.rule;
	}
};
export { PolicyError };
