export { auditAsk } from "../cli.js";
