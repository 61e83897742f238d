import{Bowser,init_bowser,parse}from"../bowser.js";init_bowser();export{Bowser as default,parse};
