export { openBucket } from "../session-later.js";
