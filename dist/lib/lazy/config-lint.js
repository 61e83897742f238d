export { warningsOf } from "../config-later.js";
