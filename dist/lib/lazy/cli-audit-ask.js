export { auditAsk } from "../cli-later.js";
