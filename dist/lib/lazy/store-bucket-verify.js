export { verifyBucket } from "../store-later.js";
