export { cacheStats } from "../cli-later.js";
