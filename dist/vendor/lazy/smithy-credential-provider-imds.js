import{require_dist_cjs}from"../smithy-credential-provider-imds.js";export default require_dist_cjs();export{};
