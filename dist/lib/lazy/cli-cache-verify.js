export { cacheVerify } from "../cli-later.js";
