export { cache } from "../cli.js";
