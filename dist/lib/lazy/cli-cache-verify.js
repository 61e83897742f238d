export { cacheVerify } from "../cli.js";
