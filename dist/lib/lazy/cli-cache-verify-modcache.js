export { verifyModcacheOf } from "../cli.js";
