export { loadFromCommit, loadWithoutFile, onlyTightened } from "../check.js";
