export { pruneNamedStore } from "../actions-later.js";
