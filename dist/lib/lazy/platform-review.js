export { reviewOf } from "../platform-later.js";
