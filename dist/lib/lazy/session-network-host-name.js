export { authority, parseTarget, plainHost, targetOf } from "../session-proxy.js";
