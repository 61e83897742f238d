export { openPostgres } from "../collector_kysely.js";
