export { auditVerify } from "../cli_zod.js";
