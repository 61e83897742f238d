export { certificatesIn, readAuthorities, splitPem, writeBundle } from "../session-proxy.js";
