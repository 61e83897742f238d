export { render } from "../report-later.js";
