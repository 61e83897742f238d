export { DiskLayer } from "../store-later.js";
