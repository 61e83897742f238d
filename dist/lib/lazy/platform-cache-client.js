export { createCacheClient } from "../platform.js";
