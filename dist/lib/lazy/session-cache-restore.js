export { restoreStore } from "../session-proxy.js";
