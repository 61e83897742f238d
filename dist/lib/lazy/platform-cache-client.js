export { createCacheClient } from "../platform-proxy.js";
