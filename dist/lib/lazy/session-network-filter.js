export { startFilter } from "../session-later.js";
