export { pruneSharedCache } from "../actions-later.js";
