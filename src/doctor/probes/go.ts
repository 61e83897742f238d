import { compareGoVersions, goVersionOfToolchain } from '../../gomod/go-version.ts';
import { matchGlobs } from '../../gomod/module-path.ts';
import type { GoSettings } from '../../session/types.ts';
import type { CheckoutModules } from '../checkout.ts';
import { type Check, type Env, failed, ok, type Verdict, warning } from '../types.ts';

export interface GoQuestion {
  /** What `go env` says; undefined where there is no go, or it fails. */
  readonly go: GoSettings | undefined;
  readonly command: string;
  /** A later step of the job may install Go. */
  readonly later: boolean;
  readonly env: Env;
  /** The newest Go that a go.mod of the checkout wants. */
  readonly newest: CheckoutModules['newest'];
}

/** The Go installation, and settings of it that take modules past modgate or their checks away. Pure. */
export function probeGo({ go, command, later, env, newest }: GoQuestion): Check[] {
  if (go === undefined) return [{ probe: 'go', subject: command, ...missing(later) }];
  const checks: Check[] = [{ probe: 'go', subject: command, ...ok(`${go.GOVERSION} in ${go.GOROOT}`) }];
  const wanted = tooOld(go, env, newest);
  if (wanted !== undefined) checks.push({ probe: 'go', subject: 'toolchain', ...wanted });
  for (const rule of RULES) {
    const found = rule.judge(go, env);
    if (found !== undefined) checks.push({ probe: 'go', subject: rule.variable, ...found });
  }
  return checks;
}

function missing(later: boolean): Verdict {
  const why = 'its settings say where modules come from, and its key verifies the checksum database';
  return later
    ? warning('there is no go yet', { why, fix: 'install Go in a step of the job; before modgate is best' })
    : failed('there is no go that can be asked', { why, fix: 'install Go, and put it on PATH' });
}

/** A go.mod that wants a newer Go: go fetches that one, unless it was told not to. */
function tooOld(
  { GOVERSION }: GoSettings,
  { GOTOOLCHAIN = '' }: Env,
  newest: CheckoutModules['newest'],
): Verdict | undefined {
  const own = goVersionOfToolchain(GOVERSION);
  if (newest === undefined || own === '' || compareGoVersions(own, newest.version) >= 0) return undefined;
  const wants = `${newest.file} wants Go ${newest.version}`;
  if (!/^(?:local|path)$/.test(GOTOOLCHAIN)) return ok(`${wants}: go fetches that toolchain through modgate`);
  return failed(`${wants}, and this is ${GOVERSION}`, {
    why: `GOTOOLCHAIN is ${GOTOOLCHAIN} (actions/setup-go sets it), so that go fetches no other`,
    fix: `install Go ${newest.version} or newer, or set GOTOOLCHAIN=auto`,
  });
}

/** No pattern but one for everything matches this. */
const NOBODYS = 'modgate.invalid/doctor';

const matchesAll = (globs: string): boolean => globs !== '' && globs !== 'none' && matchGlobs(globs, NOBODYS);

interface GoRule {
  readonly variable: string;
  readonly judge: (go: GoSettings, env: Env) => Verdict | undefined;
}

const RULES: readonly GoRule[] = [
  {
    variable: 'GONOPROXY',
    judge: ({ GONOPROXY, GOPRIVATE }) =>
      // go takes GOPRIVATE for the one that is not set.
      matchesAll(GONOPROXY) && !(matchesAll(GOPRIVATE) && GONOPROXY === GOPRIVATE)
        ? failed('matches every module', {
            why: 'each module counts as private: none comes from an upstream, and all are fetched from version control',
            fix: 'name your own modules only, like GONOPROXY=git.example.com/*; go env -u GONOPROXY where it was written with go env -w',
          })
        : undefined,
  },
  {
    variable: 'GOPRIVATE',
    judge: ({ GOPRIVATE }) =>
      matchesAll(GOPRIVATE)
        ? failed('matches every module', {
            why: 'each module counts as private: no upstream and no checksum database is asked for any',
            fix: 'name your own modules only, like GOPRIVATE=git.example.com/*; go env -u GOPRIVATE where it was written with go env -w',
          })
        : undefined,
  },
  {
    variable: 'GONOSUMDB',
    judge: ({ GONOSUMDB, GOPRIVATE }) =>
      matchesAll(GONOSUMDB) && !(matchesAll(GOPRIVATE) && GONOSUMDB === GOPRIVATE)
        ? warning('matches every module', {
            why: 'no new module is checked against the checksum database: what comes first is believed',
            fix: 'name your own modules only, like GONOSUMDB=git.example.com/*',
          })
        : undefined,
  },
  {
    variable: 'GOSUMDB',
    judge: ({ GOSUMDB }) =>
      GOSUMDB === 'off'
        ? warning('is off', {
            why: 'no new module is checked against the checksum database: what comes first is believed',
            fix: 'unset it; an upstream that serves the database is enough in a closed network',
          })
        : undefined,
  },
  {
    variable: 'GOINSECURE',
    judge: ({ GOINSECURE }) =>
      GOINSECURE === ''
        ? undefined
        : warning(matchesAll(GOINSECURE) ? 'matches every module' : `is set for ${GOINSECURE}`, {
            why: 'those modules may come over plain http and from anybody with a certificate of his own',
            fix: 'unset it, and name the certificate of your authority in proxy.ca',
          }),
  },
  {
    variable: 'GOFLAGS',
    judge: ({ GOFLAGS }) => {
      if (/(?:^|\s)-?-mod=vendor(?:\s|$)/.test(GOFLAGS)) {
        return warning('has -mod=vendor', {
          why: 'go builds from vendor/ and asks no proxy, so that modgate sees no module of such builds',
          fix: 'take it out where modules are to come through modgate',
        });
      }
      if (/(?:^|\s)-?-insecure(?:=true)?(?:\s|$)/.test(GOFLAGS)) {
        return failed('has -insecure, which go no longer knows', {
          why: 'go stops with an error for it',
          fix: 'take it out; GOINSECURE is what there is instead',
        });
      }
      return undefined;
    },
  },
  {
    variable: 'GOVCS',
    judge: ({ GOVCS }) =>
      /(?:^|,)\s*(?:\*|private):off\s*(?:,|$)/.test(GOVCS)
        ? warning('forbids version control for private modules', {
            why: `GOVCS is ${GOVCS}`,
            fix: 'allow git for them, like GOVCS=private:git,public:off, where proxy.private names any',
          })
        : undefined,
  },
  {
    variable: 'GO111MODULE',
    judge: (_, { GO111MODULE }) =>
      GO111MODULE === 'off'
        ? failed('is off', {
            why: 'go builds from GOPATH and knows no modules then',
            fix: 'unset it',
          })
        : undefined,
  },
  {
    variable: 'NODE_TLS_REJECT_UNAUTHORIZED',
    judge: (_, env) =>
      env.NODE_TLS_REJECT_UNAUTHORIZED === '0'
        ? warning('switches the check of certificates off', {
            why: 'whoever is on the way can read credentials and change what is fetched',
            fix: 'unset it, and name the certificate of your authority in proxy.ca',
          })
        : undefined,
  },
];
