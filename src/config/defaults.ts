import type { FileConfig } from './schema.ts';

/** Directories that are not looked into: what is in them is not built as a module of this repository. */
export const SKIPPED_DIRECTORIES = ['vendor', 'testdata', 'node_modules'] as const;

/** Variable with the token of the audit store. */
export const AUDIT_TOKEN_ENV = 'MODGATE_AUDIT_TOKEN';

/** Where accepted findings are kept, below the root of the repository. */
export const BASELINE_FILE = '.modgate-baseline.json';

/**
 * What an empty file means. Written out, so that a job without a file starts without loading a parser and a
 * validator; a test holds it equal to the schema's own defaults.
 */
export const DEFAULTS: FileConfig = {
  version: 1,
  extends: [],
  proxy: {
    modcache: 'inherit',
    'strict-graph': false,
    upstream: [],
    private: [],
    ca: [],
    hosts: [],
    ssh: [],
    credentials: [],
    insecure: [],
    vulndb: null,
    prefetch: 32,
    idle: 2 * 3_600_000,
  },
  hosts: { allow: [], deny: [] },
  modules: { allow: [], deny: [] },
  replace: { remote: { allow: [], 'require-reason': false } },
  rules: {},
  waivers: [],
  baseline: BASELINE_FILE,
  check: { skip: [...SKIPPED_DIRECTORIES] },
  cache: {
    store: 'auto',
    save: 'auto',
    zips: 'auto',
    'keep-since': 30 * 86_400_000,
    'max-size': 5e9,
    quota: 2e9,
    build: false,
    'keep-refs': [],
  },
  audit: { store: null, required: false, 'token-env': AUDIT_TOKEN_ENV },
  serve: {
    writers: [],
    readers: [],
    issuers: [],
    forges: [],
    retention: { jobs: 730 * 86_400_000, raw: null },
  },
  'fail-on': 'error',
};
