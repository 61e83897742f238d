export { auditCheckpoint } from "../cli_kysely_zod.js";
