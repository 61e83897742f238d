export { cacheExport } from "../cli_tar-stream.js";
