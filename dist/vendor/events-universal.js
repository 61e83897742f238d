import{__commonJSMin,__require}from"./rolldown-runtime.js";var require_default=__commonJSMin(((exports,module)=>{module.exports=__require(`events`)}));export{require_default};
