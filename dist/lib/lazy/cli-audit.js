export { audit } from "../cli.js";
