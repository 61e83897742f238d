export { verifyModcacheOf } from "../cli-later.js";
