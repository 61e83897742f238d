export{createLocalJWKSet,decodeJwt,jwtVerify}from"../jose.js";
