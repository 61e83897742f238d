export { issuerAt } from "../session-later.js";
