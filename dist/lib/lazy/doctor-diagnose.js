export { diagnose } from "../doctor-later.js";
