export { checkInputs } from "../actions_zod.js";
