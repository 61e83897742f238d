export { requireBucketStore } from "../store-later.js";
