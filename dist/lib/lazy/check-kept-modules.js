export { keptModules } from "../check.js";
