export { serve } from "../cli_kysely_zod.js";
