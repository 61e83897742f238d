export { auditUpload } from "../cli_zod.js";
