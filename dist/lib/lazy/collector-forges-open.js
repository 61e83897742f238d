export { openForges } from "../collector-later.js";
