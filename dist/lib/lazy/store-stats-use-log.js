export { appendUse } from "../store-later.js";
