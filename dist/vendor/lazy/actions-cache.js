export{restoreCache,saveCache}from"../actions-cache.js";
