export { audit } from "../cli-later.js";
