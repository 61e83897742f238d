export { githubThread } from "../check.js";
