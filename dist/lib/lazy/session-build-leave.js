export { leaveBuilds } from "../session-later.js";
