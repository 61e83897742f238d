export { beginModcacheCheck } from "../session-later.js";
