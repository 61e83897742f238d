export { openLayers } from "../session-later.js";
