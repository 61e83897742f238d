export { closeAudit } from "../session.js";
