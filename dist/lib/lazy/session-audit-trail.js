export { beginAuditTrail } from "../session-proxy.js";
