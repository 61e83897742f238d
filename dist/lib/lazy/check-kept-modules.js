export { keptModules } from "../check-later.js";
