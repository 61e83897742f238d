export { finish, restoreEnvironment } from "../actions.js";
