export { closeAudit } from "../session-records.js";
