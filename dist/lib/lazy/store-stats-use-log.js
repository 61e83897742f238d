export { appendUse } from "../store.js";
