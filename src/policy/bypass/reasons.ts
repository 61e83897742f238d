/** Words of a finding. */
export interface Words {
  /** Follows the setting in the message. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

const REMOVE = 'Remove it';

export const FLAG_WORDS: Readonly<Record<string, Words>> = {
  '-modfile': {
    what: 'builds from another go.mod and go.sum',
    why: 'The go.mod beside the code is what people review; go reads the other file instead, with its replaces and hashes.',
    fix: `${REMOVE}, or keep tools in a module of their own and call go with -C DIR.`,
  },
  '-overlay': {
    what: 'puts other files in the place of go.mod and sources',
    why: 'go compiles the files that the overlay names: neither review nor go.sum has seen them.',
    fix: `${REMOVE}; put the change into the sources, or a replace into go.mod.`,
  },
  '-toolexec': {
    what: 'runs a program around every compile',
    why: 'The program can change what is compiled, and its objects stay in the build cache for later builds without it.',
    fix: `${REMOVE}; where an instrumenting tool is wanted, give it a job and a build cache of its own.`,
  },
  '-mod': {
    what: 'lets go change go.mod and go.sum while it builds',
    why: 'What is built is then no longer what was reviewed.',
    fix: 'Use -mod=readonly, which is what go does anyway, and commit what go mod tidy says.',
  },
  '-insecure': {
    what: 'fetches over plain connections and without the checksum database',
    why: 'Whoever is on the way can put other code in place.',
    fix: `${REMOVE}; go 1.26 does not know it any more.`,
  },
};

const BESIDE = 'Modules then come in without the proxy that the policy is kept by.';

export const VARIABLE_WORDS: Readonly<Record<string, Words>> = {
  GOFLAGS: {
    what: 'gives flags to every go command',
    why: 'Flags like -modfile, -overlay and -toolexec change what is built without a trace in go.mod.',
    fix: 'Write the flags out.',
  },
  GOPROXY: {
    what: 'fetches modules from another proxy',
    why: BESIDE,
    fix: `${REMOVE}; a proxy behind ours belongs in proxy.upstream of the policy file.`,
  },
  GONOPROXY: {
    what: 'fetches modules from their origin',
    why: BESIDE,
    fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`,
  },
  GOPRIVATE: {
    what: 'fetches modules from their origin, without the checksum database',
    why: BESIDE,
    fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`,
  },
  GONOSUMDB: {
    what: 'keeps modules from the checksum database',
    why: 'Nobody but go.sum then tells whether a module is what the world got, and a new one is believed at sight.',
    fix: `${REMOVE}; modules of your own belong in proxy.private of the policy file.`,
  },
  'GOSUMDB=off': {
    what: 'switches the checksum database off',
    why: 'Nobody but go.sum then tells whether a module is what the world got, and a new one is believed at sight.',
    fix: `${REMOVE}; for modules that are not public name them in GONOSUMDB and leave the others checked.`,
  },
  GOSUMDB: {
    what: 'asks another checksum database',
    why: 'It is believed as to which contents of a module the world got.',
    fix: `${REMOVE}; the one that go was built with needs no setting.`,
  },
  GOINSECURE: {
    what: 'fetches over plain connections',
    why: 'Whoever is on the way can put other code in place.',
    fix: `${REMOVE}; give the host a certificate, or the job the authority that signed it.`,
  },
  GOWORK: {
    what: 'builds in another workspace',
    why: 'Its use and replace lines count more than those of go.mod.',
    fix: `${REMOVE}, or set GOWORK=off.`,
  },
  GOENV: {
    what: 'reads variables of go from another file',
    why: 'Any of them can be set there: the proxy, the checksum database, flags.',
    fix: `${REMOVE}, or set GOENV=off.`,
  },
  GOAUTH: {
    what: 'runs a program for credentials',
    why: 'It runs at each first fetch from a host and sees the addresses.',
    fix: `${REMOVE}; credentials belong in proxy.credentials of the policy file.`,
  },
  GOVCS: {
    what: 'changes which version control may fetch modules',
    why: 'go keeps most of them from public modules, because their programs were not made for hostile servers.',
    fix: `${REMOVE}, or set GOVCS='*:off'.`,
  },
  GO111MODULE: {
    what: 'builds without go.mod',
    why: 'go then takes whatever lies in GOPATH, in no checked version.',
    fix: `${REMOVE}.`,
  },
  GOTOOLCHAIN: {
    what: 'chooses the toolchain',
    why: 'Another go is fetched and run, whatever go.mod and the image say.',
    fix: 'Name the version in the toolchain line of go.mod, or set GOTOOLCHAIN=local.',
  },
};

export const NO_VARIABLE_WORDS: Words = {
  what: 'is no variable of go',
  why: 'It does nothing, and whoever set it believes otherwise; most often GONOSUMDB or GOSUMDB was meant.',
  fix: `${REMOVE}.`,
};
