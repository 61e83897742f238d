export { envBypass } from "../policy.js";
