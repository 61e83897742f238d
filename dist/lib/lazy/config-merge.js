export { mergeFiles } from "../config.js";
