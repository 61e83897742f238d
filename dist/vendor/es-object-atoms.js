import{__commonJSMin}from"./rolldown-runtime.js";var require_es_object_atoms=__commonJSMin(((exports,module)=>{module.exports=Object}));export{require_es_object_atoms};
