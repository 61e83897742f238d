export { check } from "../cli-later.js";
