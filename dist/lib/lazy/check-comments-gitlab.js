export { gitlabThread } from "../check-later.js";
