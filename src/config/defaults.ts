import type { FileConfig } from './schema.ts';

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
    credentials: [],
    prefetch: 32,
    idle: 2 * 3_600_000,
  },
  hosts: { allow: [], deny: [] },
  modules: { allow: [], deny: [] },
  replace: { local: 'siblings', remote: { allow: [], 'require-reason': false }, downgrade: 'deny' },
  rules: {},
  waivers: [],
  cache: { store: 'auto', save: 'auto', 'keep-since': 30 * 86_400_000, 'max-size': 5e9 },
  audit: { store: null, required: false },
  'fail-on': 'error',
};
