export { envBypass } from "../policy-later.js";
