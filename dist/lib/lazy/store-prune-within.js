export { pruneWithin } from "../store.js";
