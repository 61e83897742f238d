export { createServices } from "../session-proxy.js";
