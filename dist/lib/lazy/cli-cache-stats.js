export { cacheStats } from "../cli.js";
