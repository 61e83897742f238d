export { render } from "../report.js";
