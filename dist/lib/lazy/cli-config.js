export { config } from "../cli_zod.js";
