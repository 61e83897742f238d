import { type Part, verbOfParts } from './parts.ts';

const PARTS: Readonly<Record<string, Part>> = {
  prune: {
    about: 'remove what was unused for long, is too old or too much; safe beside running jobs',
    load: async () => (await import('./cache-prune.ts')).cachePrune,
  },
  verify: {
    about: 'hash every file again and compare',
    load: async () => (await import('./cache-verify.ts')).cacheVerify,
  },
  forget: {
    about: 'accept that a tag was moved: take one version out, with its pinned hash',
    load: async () => (await import('./cache-forget.ts')).cacheForget,
  },
  import: {
    about: 'take over a GOMODCACHE, the disk of another proxy, a GOPROXY tree or an export',
    load: async () => (await import('./cache-import.ts')).cacheImport,
  },
  export: {
    about: 'write a plain GOPROXY tree, or one archive for where there is no network',
    load: async () => (await import('./cache-export.ts')).cacheExport,
  },
  stats: {
    about: 'tell how large the store is, of what it is made, and how it is used',
    load: async () => (await import('./cache-stats.ts')).cacheStats,
  },
};

export const cache = verbOfParts('cache', PARTS, {
  args: '[DIR] [options]',
  about: 'The module store: a directory that jobs share.',
  options: names => `modgate cache ${names} --help tells the options of each.`,
});
