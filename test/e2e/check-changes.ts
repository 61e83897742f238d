import type { Files } from '../support/forge/change.ts';

/** A module on two others, as most look. */
export const BASE: Files = {
  'go.mod': `module example.com/demo

go 1.24

require (
	github.com/google/uuid v1.6.0
	rsc.io/quote v1.5.2
)
`,
  'main.go': 'package main\n\nfunc main() {}\n',
};

/** What a reviewer overlooks: a replacement that is not in the repository. */
export const BAD: Files = {
  'go.mod': `${BASE['go.mod'] as string}
replace github.com/google/uuid => ./local-fork
`,
};

export const GOOD: Files = { 'main.go': 'package main\n\nfunc main() { println() }\n' };

/** A fork's go.mod that talks to the runner, the page and the terminal. */
export const HOSTILE: Files = {
  'go.mod': `${BASE['go.mod'] as string}
replace "github.com/google/uuid" => "./::set-output name=x::y\\u001b[31m##[error]<img src=x>@everyone"
`,
  '::stop-commands::x/go.mod': 'module "evil\\n::error::pwned"\n\nreplace a.test/b => ../../..\n',
};
