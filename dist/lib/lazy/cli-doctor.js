export { doctor } from "../cli-later.js";
