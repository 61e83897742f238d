export { check } from "../cli.js";
