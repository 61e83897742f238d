export{VERSION,retry}from"../octokit-plugin-retry.js";
