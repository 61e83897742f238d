export { beginAuditTrail } from "../session.js";
