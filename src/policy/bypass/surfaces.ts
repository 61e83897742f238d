/** A kind of file that may set variables of go, or call it with flags. */
export type Surface =
  | 'workflow'
  | 'action'
  | 'gitlab'
  | 'dockerfile'
  | 'makefile'
  | 'shell'
  | 'dotenv'
  | 'taskfile'
  | 'devcontainer'
  | 'vscode';

/** How a finding calls a file of the kind, and the word in its fingerprint. */
export const SURFACE_NAMES: Readonly<Record<Surface, string>> = {
  workflow: 'workflow',
  action: 'action',
  gitlab: 'GitLab CI file',
  dockerfile: 'Dockerfile',
  makefile: 'Makefile',
  shell: 'script',
  dotenv: 'environment file',
  taskfile: 'Taskfile',
  devcontainer: 'dev container',
  vscode: 'editor setting',
};

/** Directories whose files without an extension are scripts by custom; their first line has the last word. */
const SCRIPT_DIRS = /(?:^|\/)(?:scripts?|hack|bin|ci|\.ci|build|tools|_scripts)\/(?:[^/]+\/)*[^/.]+$/;

const BY_NAME: readonly (readonly [RegExp, Surface])[] = [
  // GitHub reads workflows from the root only.
  [/^\.github\/workflows\/[^/]+\.ya?ml$/, 'workflow'],
  [/(?:^|\/)action\.ya?ml$/, 'action'],
  [/(?:^|\/)(?:[^/]*\.)?gitlab-ci\.ya?ml$/, 'gitlab'],
  // Where local includes and components of GitLab lie by custom.
  [/(?:^|\/)(?:\.gitlab|\.?gitlab-ci|\.?ci)\/.*\.ya?ml$/, 'gitlab'],
  [/(?:^|\/)(?:Docker|Container)file(?:[.-][^/]*)?$/, 'dockerfile'],
  [/\.(?:dockerfile|containerfile)$/i, 'dockerfile'],
  [/(?:^|\/)(?:GNUm|M|m)akefile(?:[.-][^/]*)?$/, 'makefile'],
  [/\.(?:mk|mak|make)$/, 'makefile'],
  [/(?:^|\/)[Tt]askfile[^/]*\.ya?ml$/, 'taskfile'],
  [/(?:^|\/)\.devcontainer(?:\/(?:[^/]+\/)*devcontainer)?\.json$/, 'devcontainer'],
  [/(?:^|\/)\.vscode\/settings\.json$/, 'vscode'],
  [/\.code-workspace$/, 'vscode'],
  [/(?:^|\/)\.envrc(?:\.[^/]*)?$/, 'shell'],
  [/\.(?:sh|bash|zsh|ksh|ps1|psm1|bat|cmd)$/, 'shell'],
  // `go/env` is the name of the file that `go env -w` writes.
  [/(?:^|\/)(?:\.env(?:\.[^/]*)?|[^/]+\.env|go\/env)$/, 'dotenv'],
  [SCRIPT_DIRS, 'shell'],
];

const NOT = /\.(?:md|markdown|rst|adoc|dockerignore|go)$/i;

/**
 * What kind of settings a file of this name may hold, by its repo-relative path with `/` alone; undefined for
 * a file that need not be read. For a script without an extension `shell` is a guess that its first line confirms.
 */
export function isSurface(path: string): Surface | undefined {
  if (NOT.test(path)) return undefined;
  return BY_NAME.find(([name]) => name.test(path))?.[1];
}
