export { readPolicy } from "../check.js";
