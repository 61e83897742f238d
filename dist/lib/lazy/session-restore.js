export { restoreStore } from "../session.js";
