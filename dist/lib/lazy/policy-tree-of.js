export { directoryOf, treeOf } from "../policy-later.js";
