export { auditRebuild } from "../cli_kysely_zod.js";
