export { cacheForget } from "../cli-later.js";
