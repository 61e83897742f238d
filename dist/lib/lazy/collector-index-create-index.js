export { createIndex } from "../collector_kysely.js";
