export { firstLook } from "../check-later.js";
