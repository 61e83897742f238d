export { commentMarker, publishReport } from "../check-later.js";
