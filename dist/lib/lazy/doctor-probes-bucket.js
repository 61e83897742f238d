export { probeBucket } from "../doctor-later.js";
