export { mergeFiles } from "../config-later.js";
