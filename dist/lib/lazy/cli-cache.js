export { cache } from "../cli-later.js";
