export { createServices } from "../session.js";
