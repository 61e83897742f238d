import { MODCACHE, ON_FAILURE, SAVE, auditStoreProblem, isUpstream } from "./config.js";
import { _enum, array, object, string } from "../vendor/zod.js";
import { COMMANDS, InputError } from "./actions.js";
// src/actions/inputs-schema.ts
const oneOf = (words) => _enum(words, { error: (issue) => `${JSON.stringify(issue.input)} is not one of ${words.join(", ")}` });
/** The inputs of actions/proxy as the workflow gives them; empty ones are left out before. */
const schema = object({
	command: oneOf(COMMANDS).optional(),
	config: string().optional(),
	store: string().optional(),
	save: oneOf(SAVE).optional(),
	"on-failure": oneOf(ON_FAILURE).optional(),
	"build-cache": oneOf(["true", "false"]).transform((word) => word === "true").optional(),
	modcache: oneOf(MODCACHE).optional(),
	prefetch: string().regex(/^\d{1,4}$/).transform(Number).refine((count) => count <= 64).optional(),
	upstream: string().transform((text) => text.split(/[\s,]+/).filter(Boolean)).pipe(array(string().refine(isUpstream)).min(1).max(16)).optional(),
	token: string().optional(),
	"audit-store": string().superRefine((value, context) => {
		const problem = auditStoreProblem(value);
		if (problem !== void 0) context.addIssue({
			code: "custom",
			message: `what is given ${problem}`
		});
	}).optional(),
	"audit-required": oneOf(["true", "false"]).transform((word) => word === "true").optional(),
	"audit-token": string().optional()
});
const EXPLAINED = {
	prefetch: `it must be a whole number from 0 to 64`,
	upstream: `it must be at most 16 http, https or file URLs, direct or off, apart by spaces or line breaks`
};
/** Checks given inputs. Throws InputError, which names each wrong one. Values of upstream are not repeated: they may hold a password. */
function checkInputs(given) {
	const result = schema.safeParse(given);
	if (result.success) return result.data;
	const problems = result.error.issues.map((issue) => {
		const name = String(issue.path[0] ?? "");
		return `input ${name}: ${EXPLAINED[name] ?? issue.message}`;
	});
	throw new InputError([...new Set(problems)]);
}
export { checkInputs };
