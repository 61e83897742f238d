export { collectorClient } from "../server.js";
