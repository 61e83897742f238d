import{require_dist_cjs}from"../smithy-signature-v4.js";export default require_dist_cjs();export{};
