export { WaiverIndex, checkWaivers, describeWaiver } from "../policy.js";
