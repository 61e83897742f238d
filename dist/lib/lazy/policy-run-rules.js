export { numbered, runRules } from "../policy-later.js";
