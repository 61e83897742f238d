export { countsOf, doctorJson, doctorText } from "../doctor-later.js";
