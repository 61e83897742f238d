export { githubThread } from "../check-later.js";
