import{__commonJSMin}from"./rolldown-runtime.js";var require_empty=__commonJSMin((exports=>{Object.defineProperty(exports,"__esModule",{value:true});exports.default={}}));export{require_empty};
