export { WaiverIndex, checkWaivers, describeWaiver } from "../policy-later.js";
