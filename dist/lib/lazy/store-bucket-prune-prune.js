export { pruneBucket } from "../store-later.js";
