export { reviewOf } from "../platform.js";
