import { pageUrl } from "./platform.js";
// src/platform/review.ts
const NONE = {
	fileUrl: () => void 0,
	comments: void 0,
	writeAdvice: ""
};
/** The review pages of a job. Nothing in the environment is taken for a URL unless it is one of http or https. */
function reviewOf(env, { name, change }) {
	const number = change?.number;
	if (name === "github") {
		const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = env;
		return {
			fileUrl: page(server, `${repository}/blob`, change?.headSha ?? env.GITHUB_SHA),
			comments: number !== void 0 && isWeb(apiUrl) && repository ? {
				forge: "github",
				apiUrl,
				repository,
				number
			} : void 0,
			writeAdvice: change?.fork ? "the token of a pull request from a fork may only read" : "the job needs permissions: {pull-requests: write}"
		};
	}
	if (name === "gitlab") {
		const { CI_PROJECT_URL: project, CI_SERVER_URL: serverUrl, CI_MERGE_REQUEST_PROJECT_ID: projectId } = env;
		return {
			fileUrl: page(project, "-/blob", env.CI_COMMIT_SHA),
			comments: number !== void 0 && isWeb(serverUrl) && projectId ? {
				forge: "gitlab",
				serverUrl,
				projectId,
				number
			} : void 0,
			writeAdvice: "MODGATE_NOTE_TOKEN needs the scope api and the role Reporter"
		};
	}
	return NONE;
}
/** Pages of a commit's files below `path` of a server. */
function page(server, path, commit) {
	if (!commit || !/^[0-9a-f]{40,64}$/.test(commit)) return () => void 0;
	return (file, line) => {
		const url = pageUrl(server, path, commit, file);
		return url === void 0 ? void 0 : `${url}#L${line}`;
	};
}
function isWeb(url) {
	return url !== void 0 && /^https?:\/\//.test(url) && URL.canParse(url);
}
export { reviewOf };
