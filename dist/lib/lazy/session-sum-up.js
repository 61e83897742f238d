export { sumUp } from "../session.js";
