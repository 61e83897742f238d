import{require_dist_cjs}from"../aws-sdk-credential-provider-ini.js";export default require_dist_cjs();export{};
