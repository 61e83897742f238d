export { failsJob, finish, restoreEnvironment } from "../actions_tar-stream.js";
