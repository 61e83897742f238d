export { numbered, runRules } from "../policy.js";
