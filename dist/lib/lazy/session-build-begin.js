export { beginBuildCache } from "../session-later.js";
