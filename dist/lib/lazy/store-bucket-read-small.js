export { readSmall } from "../store-later.js";
