export { parseConfig } from "../config_yaml_zod.js";
