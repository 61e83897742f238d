export { readParents } from "../config_yaml_zod.js";
