export { collectorClient } from "../server-later.js";
