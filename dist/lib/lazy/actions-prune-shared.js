export { pruneSharedCache } from "../actions.js";
