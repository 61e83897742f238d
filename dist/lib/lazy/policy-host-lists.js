export { hostRefusal } from "../policy-later.js";
