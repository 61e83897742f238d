export { pruneWithin } from "../store-later.js";
