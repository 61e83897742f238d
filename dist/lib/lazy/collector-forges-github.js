export { githubForge } from "../collector.js";
