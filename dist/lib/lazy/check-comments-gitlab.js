export { gitlabThread } from "../check.js";
