export { cachePrune } from "../cli-later.js";
