import { createHash } from 'node:crypto';

const DAY_MS = 24 * 3600 * 1000;
const ISSUER = 'https://token.example.test';
const NAMES = ['build', 'test', 'release'];
/** Requests of one job: three files of each module that it compiles, and the .mod of the rest of its graph. */
const MODULES_A_JOB = 170;
const LOOKS_A_JOB = 144;
export const RECORDS_A_JOB = 3 * MODULES_A_JOB + LOOKS_A_JOB;
/** Versions that change between two jobs of a repository. */
const CHANGES_A_JOB = Math.round(0.02 * MODULES_A_JOB);
const RECORDS_A_BATCH = 500;

/**
 * Jobs of an organisation, one after the other and the same every time: repositories with 170 modules each, the popular
 * ones in nearly all, of which 2 % change their version from job to job.
 */
export class History {
  #random;
  #last;
  #step;
  #planned;
  #jobs = 0;

  /**
   * @param {{repositories: number, modules: number, jobs: number, end: number}} of `jobs` are spread over the year
   *   before `end` (ms since 1970); later ones follow by the second
   */
  constructor({ repositories, modules, jobs, end }) {
    this.#random = randomNumbers(1);
    this.#planned = jobs;
    this.#step = Math.floor((365 * DAY_MS) / jobs);
    this.#last = end - jobs * this.#step;
    this.modules = modules;
    /** The newest version of each module. */
    this.latest = new Int32Array(modules);
    this.repositories = Array.from({ length: repositories }, (_, number) => ({
      number,
      path: `org-${number % 20}/service-${number}`,
      set: this.#someModules(modules).map(module => ({ module, version: 0 })),
    }));
  }

  #someModules(modules) {
    const some = new Set();
    while (some.size < MODULES_A_JOB) some.add(Math.floor(modules * this.#random() ** 3));
    return [...some];
  }

  /** The next job, as its repository is after it. */
  next() {
    const number = this.#jobs++;
    const repository = this.repositories[Math.floor(this.#random() * this.repositories.length)];
    const set = [...repository.set];
    for (let change = 0; change < CHANGES_A_JOB; change++) {
      const place = Math.floor(this.#random() * set.length);
      const { module, version } = set[place];
      // Whoever updates takes the newest version; who has it is the first with the next one.
      if (version === this.latest[module]) this.latest[module]++;
      set[place] = { module, version: this.latest[module] };
    }
    repository.set = set;
    this.#last += number < this.#planned ? this.#step : 1000;
    const uid = sha256(`job ${number}`);
    return {
      number,
      uid,
      repository,
      set,
      time: this.#last,
      inst: `${uid.slice(0, 8)}-${uid.slice(8, 12)}-${uid.slice(12, 16)}-${uid.slice(16, 20)}-${uid.slice(20, 32)}`,
      name: `ci / ${NAMES[number % NAMES.length]}`,
      onDefault: this.#random() < 0.5,
      denied: number % 50 === 0,
    };
  }
}

export const moduleName = module => `github.com/org-${module % 997}/module-${module}`;
export const versionName = version => `v1.${version}.0`;

const hashes = new Map();
export function h1Of({ module, version }) {
  const name = `${moduleName(module)}@${versionName(version)}`;
  let h1 = hashes.get(name);
  if (h1 === undefined) {
    h1 = `h1:${createHash('sha256').update(name).digest('base64')}`;
    hashes.set(name, h1);
  }
  return h1;
}

/** Times of a job, ms since 1970: everything is asked for in its third second. */
export const openedAt = job => job.time;
export const askedAt = job => job.time + 3000;
export const closedAt = job => job.time + 60_000;

/**
 * The three batches of a job as `encodeBatch` takes them, without `prev`: opened, 500 requests, and the rest with the
 * inventory.
 */
export function batchesOf(job) {
  const requests = requestsOf(job);
  const header = (batch, phase, time) => ({
    job_uid: job.uid,
    inst: job.inst,
    batch,
    phase,
    forge: 'github',
    iss: ISSUER,
    tool: { name: 'modgate', version: '0.0.0' },
    policy: { digest: sha256('policy') },
    clock: { wall: iso(time), mono_ns: String((time - job.time) * 1_000_000) },
    claimed: claimsOf(job),
  });
  const close = closedAt(job);
  const members = job.set
    .map(use => `${moduleName(use.module)}@${versionName(use.version)} ${h1Of(use)}`)
    .sort();
  return [
    { header: header(1, 'open', openedAt(job)), requests: [], firstSeq: 1, time: iso(openedAt(job)) },
    {
      header: header(2, 'data', askedAt(job) + 5000),
      requests: requests.slice(0, RECORDS_A_BATCH),
      time: iso(askedAt(job) + 5000),
    },
    {
      header: header(3, 'close', close),
      requests: requests.slice(RECORDS_A_BATCH),
      inventories: [
        {
          kind: 'inv',
          t: iso(close),
          phase: 'end',
          set: sha256(members.map(member => `${member}\n`).join('')),
          part: 1,
          parts: 1,
          members,
          vcs: [],
          modcache_preexisting: 0,
        },
      ],
      time: iso(close),
      reason: 'stopped',
    },
  ];
}

/** What the job says of itself. */
export function claimsOf({ repository, uid, name, onDefault, number }) {
  return {
    repository: repository.path,
    repository_id: String(1000 + repository.number),
    repository_owner: repository.path.split('/')[0],
    ref: onDefault ? 'refs/heads/main' : `refs/pull/${number}/merge`,
    default_branch: 'main',
    event: onDefault ? 'push' : 'pull_request',
    sha: uid.slice(0, 40),
    actor: `dev-${number % 100}`,
    workflow: name.split(' / ')[0],
    job: name.split(' / ')[1],
    run_id: String(number),
    run_attempt: '1',
    url: `https://forge.example.test/${repository.path}/actions/runs/${number}`,
  };
}

function requestsOf(job) {
  const t = iso(askedAt(job));
  const requests = [];
  const add = (op, module, version, more) =>
    requests.push({
      kind: 'req',
      seq: requests.length + 1,
      t,
      mono_ns: String(3_000_000_000 + requests.length * 1_234_567),
      op,
      module,
      version,
      status: 200,
      decision: 'allow',
      source: 'store',
      bytes: 1000 + ((requests.length * 7919) % 100_000),
      ms: 1.25 + (requests.length % 40) / 8,
      sumdb: 'verified',
      ...more,
    });
  for (const use of job.set) {
    const module = moduleName(use.module);
    const version = versionName(use.version);
    add('info', module, version);
    add('mod', module, version, { gomod_h1: h1Of(use) });
    add('zip', module, version, { h1: h1Of(use) });
  }
  for (let look = 0; look < LOOKS_A_JOB; look++) {
    const { module } = job.set[look];
    add('mod', moduleName(module + 1), versionName(0), {});
  }
  if (job.denied) {
    const refused = {
      status: 403,
      decision: 'deny',
      rule: 'module/denied',
      reason: 'not in this organisation',
    };
    Object.assign(requests[2], refused, { bytes: 0 });
  }
  return requests;
}

function iso(ms) {
  return new Date(ms).toISOString();
}

export function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** Numbers between 0 and 1, the same every time. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
