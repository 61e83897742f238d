export { stop } from "../cli.js";
