export { gitlabForge } from "../collector-later.js";
