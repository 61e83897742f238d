export{Octokit}from"../octokit-rest.js";
