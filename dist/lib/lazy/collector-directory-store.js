export { openDirectoryStore } from "../collector_kysely_zod.js";
