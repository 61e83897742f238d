import{require_dist_cjs}from"../aws-sdk-client-s3.js";export default require_dist_cjs();export{};
