/**
 * What is built: source file -> file in dist/. Everything that a process is started from stands here,
 * worker threads and the daemon included; all else is found by following imports.
 */
export const ENTRIES = {
  'src/cli/main.ts': 'cli.js',
  'src/session/daemon-main.ts': 'daemon.js',
  'src/cli/ssh-gate.ts': 'ssh-gate.js',
  'src/store/hash-worker.ts': 'hash-worker.js',
  'src/store/bundle/archive-thread.ts': 'archive-thread.js',
  'src/store/modcache/worker.ts': 'modcache-worker.js',
  'src/server/engine-worker.ts': 'engine-worker.js',
  'src/actions/proxy-main.ts': 'actions/proxy.js',
  'src/actions/check-main.ts': 'actions/check.js',
  'src/actions/prune-main.ts': 'actions/prune.js',
  'src/gomod/index.ts': 'gomod.js',
};

/**
 * Where the code begins of the stages of a session: up to its environment and to its end, what sends its records, what
 * answers go, and what saves the cache. What a stage needs lies apart from what no session of its kind needs.
 */
export const STAGES = [
  [
    '',
    [
      'src/actions/begin.ts',
      'src/actions/proxy-main.ts',
      'src/cli/main.ts',
      'src/cli/modgate.ts',
      'src/cli/run.ts',
      'src/cli/start.ts',
      'src/cli/stop.ts',
      'src/session/daemon.ts',
    ],
  ],
  ['-records', ['src/session/audit/close.ts']],
  ['-proxy', ['src/session/audit/trail.ts', 'src/session/cache/restore.ts', 'src/session/services.ts']],
  ['-save', ['src/actions/finish.ts']],
];

/** True: a missing entry is an error. False while some are yet to be written. */
export const ENTRIES_COMPLETE = true;

/** Entries that other people import (`exports` of package.json): they get type declarations. */
export const PUBLISHED = ['src/gomod/index.ts'];

/**
 * Entries that may import no dependency before they run: those on the path from a step's start to its environment, and
 * the library.
 */
export const LEAN_ENTRIES = ['cli.js', 'daemon.js', 'ssh-gate.js', 'gomod.js'];
