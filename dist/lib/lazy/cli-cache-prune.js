export { cachePrune } from "../cli.js";
