export { warningsOf } from "../config.js";
