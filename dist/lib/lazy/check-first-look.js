export { firstLook } from "../check.js";
