export { runDaemon } from "../session.js";
