export{esm_default as default}from"../pg.js";
