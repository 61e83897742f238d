export { githubForge } from "../collector-later.js";
