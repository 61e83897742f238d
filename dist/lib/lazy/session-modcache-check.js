export { beginModcacheCheck } from "../session.js";
