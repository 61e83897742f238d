import type { Verb } from './modgate.ts';
import { type Part, verbOfParts } from './parts.ts';

const asking = (name: Parameters<typeof import('./audit-ask.ts').auditAsk>[0]) => async (): Promise<Verb> =>
  (await import('./audit-ask.ts')).auditAsk(name);

const PARTS: Readonly<Record<string, Part>> = {
  who: { about: 'who first brought in a module or a version of it, and when', load: asking('who') },
  used: { about: 'where a module is used now', load: asking('used') },
  log: { about: 'the records themselves: what was served and what was refused', load: asking('log') },
  conflicts: { about: 'versions that came with more than one hash', load: asking('conflicts') },
  jobs: { about: 'jobs whose records are not complete', load: asking('jobs') },
  diff: { about: 'what one job used and another did not', load: asking('diff') },
  repositories: { about: 'repositories that sent records, and when last', load: asking('repositories') },
  uncovered: {
    about: 'repositories with a go.mod that sent no record',
    load: asking('uncovered'),
  },
  upload: {
    about: 'send batches that lie as files: what a session could not send, artifacts of jobs',
    load: async () => (await import('./audit-upload.ts')).auditUpload,
  },
  verify: {
    about: 'prove a store: nothing was changed, taken away or put in since it was signed',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  },
  checkpoint: {
    about: 'sign what jobs wrote into a directory without a collector',
    load: async () => (await import('./audit-checkpoint.ts')).auditCheckpoint,
  },
  rebuild: {
    about: 'make the index of a store anew from its raw batches',
    load: async () => (await import('./audit-rebuild.ts')).auditRebuild,
  },
};

export const audit = verbOfParts('audit', PARTS, {
  args: '[options]',
  about: 'The audit records: what the jobs of all repositories took in.',
  options: () => 'modgate audit PART --help tells the options of each.',
});
