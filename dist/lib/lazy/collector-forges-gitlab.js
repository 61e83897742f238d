export { gitlabForge } from "../collector.js";
