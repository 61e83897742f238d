export { pruneNamedStore } from "../actions.js";
