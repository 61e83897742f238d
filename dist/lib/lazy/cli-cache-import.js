export { cacheImport } from "../cli-later.js";
