import type { SESSION_RULES } from '../config/rule-ids.ts';
import type { RulePage } from './rule.ts';

const WORKFLOW = '.github/workflows/ci.yml';

const steps = (...lines: readonly string[]) =>
  `steps:\n  - uses: actions/checkout@v5\n${lines.join('\n')}\n  - run: go build ./...\n`;

/** Pages of the rules over what a session finds when it ends, which look at no tree. */
export const SESSION_PAGES: Readonly<Record<(typeof SESSION_RULES)[number], RulePage>> = {
  'bypass/unserved': {
    summary:
      'At the end of a job GOMODCACHE holds a module version that came in while the session ran and that its proxy did ' +
      'not serve with that hash, or the zip of one was deleted.',
    why:
      'go takes what lies in its module cache without asking anybody and without hashing it. What came in another way ' +
      'was judged by no policy, and the audit record cannot tell where it is from.',
    limits:
      'What lay in GOMODCACHE before the session is no finding: the closing words count it, and `proxy.modcache: verify` ' +
      'compares it with go.sum. Modules that an archive brought while the session ran (a cache step after modgate) are ' +
      'one finding together, and none where `proxy.modcache: verify` found them right. Two jobs that share one ' +
      'GOMODCACHE at the same time see each other. The last records of a proxy that was killed are lost: what its store ' +
      'used with the same hash since the session began counts as served then. Not seen: files edited in an unpacked module, code that `git clone`, ' +
      'a download or `docker build` brings, and another GOMODCACHE that only one step used. Off on a machine of your ' +
      'own unless the policy names a level. A waiver by `module` accepts one, and so does `allow`.',
    config: 'rules:\n  bypass/unserved:\n    level: error\n    allow: [github.com/acme/*]',
    bad: {
      file: WORKFLOW,
      text: steps(
        '  - uses: modgate/modgate/actions/proxy@v0.1.0',
        '  - run: GOPROXY=direct go mod download',
      ),
    },
    good: {
      file: WORKFLOW,
      text: steps('  - uses: modgate/modgate/actions/proxy@v0.1.0', '  - run: go mod download'),
    },
  },
  'bypass/vcs': {
    summary: 'While a session ran, go itself fetched a repository from version control.',
    why:
      'GOPRIVATE, GONOPROXY, and `direct` in GOPROXY make go clone repositories by itself: the proxy is not asked, so ' +
      'neither policy nor record knows. The finding names the origin, and where git really went when it was rewritten.',
    limits:
      'Told by the clones under `cache/vcs` of GOMODCACHE, for git and the other systems that go knows. Who deletes ' +
      'them hides them; the modules that came of them are `bypass/unserved` all the same. Off on a machine of your own ' +
      'unless the policy names a level.',
    config: 'rules:\n  bypass/vcs:\n    level: error\n    allow: [github.com/acme/*]',
    bad: {
      file: WORKFLOW,
      text: steps(
        '  - uses: modgate/modgate/actions/proxy@v0.1.0',
        '  - run: GOPRIVATE=github.com/acme go mod download',
      ),
    },
    good: { file: '.modgate.yaml', text: 'version: 1\nproxy: {private: [github.com/acme]}\n' },
  },
  'bypass/env': {
    summary:
      'A variable or a file of `go env -w` that takes go past the session was set while it ran; under a policy that ' +
      'can refuse something, also one that was set from the start.',
    why:
      'GOPROXY, GONOPROXY, GOPRIVATE, GOFLAGS, GOENV, GOMODCACHE, GOSUMDB, GONOSUMDB, GOWORK, GOVCS, GOINSECURE and ' +
      'GO111MODULE decide where code comes from. A later step that writes one of them into the environment of the job ' +
      'changes that for all steps after it.',
    limits:
      'Compared are the environment that the session gave, that of the step which ends it, what go says of itself ' +
      'then and now, and the go.work that governs the working directory. Values that only forbid (GOPROXY=off, ' +
      'GOFLAGS=-mod=readonly) are not reported. What was set from the start is judged as ' +
      '[`env/bypass`](#envbypass) judges files, with `all` in the same meaning. A variable that one command or one ' +
      'step alone had is not seen. GOPROXY set to another proxy under a policy that can refuse something is an error ' +
      'unless the policy names a level. Off on a machine of your own, unless the policy can refuse something or names ' +
      'a level.',
    config: 'rules:\n  bypass/env:\n    level: error\n    allow: [GOPRIVATE, GOFLAGS=-mod=mod]',
    bad: {
      file: WORKFLOW,
      text: steps('  - uses: modgate/modgate/actions/proxy@v0.1.0', '  - run: go env -w GOPROXY=direct'),
    },
    good: { file: '.modgate.yaml', text: 'version: 1\nproxy: {upstream: [direct]}\n' },
  },
  'bypass/build-cache': {
    summary:
      'The session restored what another job had compiled (`cache.build`), and this job could link it.',
    why:
      'A module has a hash that the checksum database vouches for; an object has none. Whoever could run a command in ' +
      'the job that saved it, by `-toolexec`, a test or a step, may have altered it, and go takes what lies in GOCACHE ' +
      'under the right name.',
    limits:
      'At `error` nothing is restored or saved, and that is no finding: the closing words say why. Reported are the ' +
      'objects that modgate restores; those of other cache steps, actions/setup-go among them, are not seen. A note ' +
      'unless the policy names a level.',
    config: 'rules:\n  bypass/build-cache: error',
    bad: { file: '.modgate.yaml', text: 'version: 1\ncache: {build: true}\n' },
    good: { file: '.modgate.yaml', text: 'version: 1\ncache: {build: false}\n' },
  },
};
