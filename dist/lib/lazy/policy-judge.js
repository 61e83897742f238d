export { LayerJudge, createJudge, hasLists, judgeModule, judgeOf } from "../policy-later.js";
