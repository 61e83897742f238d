export { forgetInBucket, writeLogLine } from "../store-later.js";
