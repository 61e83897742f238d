export { openForges } from "../collector.js";
