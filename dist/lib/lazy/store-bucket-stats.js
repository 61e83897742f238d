export { bucketStats } from "../store-later.js";
