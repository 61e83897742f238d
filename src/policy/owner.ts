/** Who stands behind a module path, as far as the path tells. */

/** Forges where the element behind the host is the owner. */
export const FORGES: ReadonlySet<string> = new Set([
  'github.com',
  'gitlab.com',
  'bitbucket.org',
  'codeberg.org',
  'gitee.com',
  'git.sr.ht',
  'git.code.sf.net',
  'launchpad.net',
]);

/** Hosts of projects whose repositories are on a forge, with the owners there. */
const PROJECTS: Readonly<Record<string, readonly string[]>> = {
  'cel.dev': ['github.com/google', 'github.com/cel-expr'],
  'cloud.google.com': ['github.com/googleapis', 'github.com/googlecloudplatform'],
  'go.etcd.io': ['github.com/etcd-io', 'github.com/coreos'],
  'go.mongodb.org': ['github.com/mongodb'],
  'go.opencensus.io': ['github.com/census-instrumentation'],
  'go.opentelemetry.io': ['github.com/open-telemetry'],
  'go.starlark.net': ['github.com/google'],
  'go.uber.org': ['github.com/uber-go', 'github.com/uber'],
  'go.yaml.in': ['github.com/yaml', 'github.com/go-yaml'],
  'gocloud.dev': ['github.com/google'],
  'golang.org': ['github.com/golang'],
  'gonum.org': ['github.com/gonum'],
  'google.golang.org': [
    'github.com/google',
    'github.com/googleapis',
    'github.com/golang',
    'github.com/grpc',
    'github.com/protocolbuffers',
  ],
  'gorm.io': ['github.com/go-gorm', 'github.com/jinzhu'],
  'gotest.tools': ['github.com/gotestyourself'],
  'helm.sh': ['github.com/helm'],
  'istio.io': ['github.com/istio'],
  'k8s.io': ['github.com/kubernetes'],
  'knative.dev': ['github.com/knative'],
  'oras.land': ['github.com/oras-project', 'github.com/deislabs'],
  'sigs.k8s.io': ['github.com/kubernetes-sigs', 'github.com/kubernetes'],
};

/** Longest part of a path that is looked at. */
const LOOKED_AT = 512;

/** Owners of a module path, in lower case, as forges compare them; several where a project has many homes. */
export function ownersOf(path: string): readonly string[] {
  const [host = '', first = '', second] = path.slice(0, LOOKED_AT).toLowerCase().split('/');
  if (host === 'gopkg.in') return gopkgOwners(first, second);
  if (FORGES.has(host)) return [`${host}/${first}`];
  return [host, ...(Object.hasOwn(PROJECTS, host) ? (PROJECTS[host] ?? []) : [])];
}

/** `gopkg.in/yaml.v3` is github.com/go-yaml/yaml, `gopkg.in/user/pkg.v3` is github.com/user/pkg. */
function gopkgOwners(first: string, second: string | undefined): readonly string[] {
  if (second !== undefined) return [`github.com/${first}`];
  return [`github.com/go-${first.replace(/\.v\d+(?:-unstable)?$/, '')}`];
}

/** Whether two paths belong to one owner. */
export function sameOwner(a: string, b: string): boolean {
  const owners = ownersOf(b);
  return ownersOf(a).some(owner => owners.includes(owner));
}
