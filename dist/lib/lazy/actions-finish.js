export { finish, restoreEnvironment } from "../actions_tar-stream.js";
