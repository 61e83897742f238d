export { loadFromCommit, loadWithoutFile, onlyTightened } from "../check-later.js";
