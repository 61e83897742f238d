export { readPolicy } from "../check-later.js";
