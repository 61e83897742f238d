export { commentMarker, publishReport } from "../check.js";
