export { directoryOf, treeOf } from "../policy.js";
