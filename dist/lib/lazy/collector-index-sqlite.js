export { openSqlite } from "../collector_kysely.js";
