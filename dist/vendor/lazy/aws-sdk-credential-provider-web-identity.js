import{require_dist_cjs}from"../aws-sdk-credential-provider-web-identity.js";export default require_dist_cjs();export{};
