import fc from 'fast-check';
import type { BatchFacts, Denial, JobFacts, ModuleUse } from '../../../src/collector/types.ts';
import { batches, DAY, h1, job, MINUTE } from './facts.ts';

/** Names as an attacker would choose them, beside honest ones. */
export const HOSTILE = [
  'evil.example/nul\0byte',
  "evil.example/'; drop table job; --",
  'evil.example/100%_off\\',
  '=cmd()|calc',
  '{"$1":[null]}',
  `evil.example/${'long/'.repeat(2000)}`,
  'evil.example/\ud800half',
  'evil.example/😀/ßẞ',
] as const;

const MODULES = ['example.com/a', 'example.com/b', 'example.com/c', ...HOSTILE];
const VERSIONS = ['v1.0.0', 'v1.1.0', 'v2.0.0+incompatible'];
const REPOSITORIES = [
  { repository: 'acme/app', repositoryId: '1' },
  { repository: 'acme/app', repositoryId: '1' },
  { repository: 'acme/renamed', repositoryId: '1' },
  { repository: 'acme/lib', repositoryId: '' },
  { repository: 'other/app', repositoryId: '2' },
];

/** Few moments, so that much happens at the same one. */
const time = fc.integer({ min: 0, max: 4 }).map(minutes => DAY + minutes * MINUTE);
/** Most jobs are of one day; some lie more than a month back. */
const longAgo = fc.constantFrom(0, 0, 0, 20, 40);

const moduleUse: fc.Arbitrary<ModuleUse> = fc.record({
  module: fc.constantFrom(...MODULES),
  version: fc.constantFrom(...VERSIONS),
  h1: fc.constantFrom('', h1('one'), h1('one'), h1('two')),
  code: fc.boolean(),
  time,
});

const denial: fc.Arbitrary<Denial> = fc.record({
  seq: fc.integer({ min: 1, max: 40 }),
  time,
  op: fc.constantFrom('zip', 'mod'),
  module: fc.constantFrom(...MODULES),
  version: fc.constantFrom(...VERSIONS),
  rule: fc.constant('modules/deny'),
  reason: fc.constantFrom('no', "it's \0 $1 bad"),
});

const plan = fc.record({
  uses: fc.array(moduleUse, { maxLength: 5 }),
  denials: fc.array(denial, { maxLength: 2 }),
  phase: fc.constantFrom('data' as const, 'data' as const, 'data' as const, 'close' as const),
  at: time,
  late: fc.integer({ min: 0, max: 3 }),
  flaw: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'lost', 'prev', 'seq', 'repository', 'twice'),
  hasInventory: fc.boolean(),
});

const jobPlan = fc.record({
  repository: fc.constantFrom(...REPOSITORIES),
  name: fc.constantFrom('ci / build', 'ci / build', "'; --\0"),
  onDefault: fc.boolean(),
  days: longAgo,
  inst: fc.array(fc.array(plan, { maxLength: 4 }), { minLength: 1, maxLength: 2 }),
  closes: fc.boolean(),
  hasInventory: fc.boolean(),
});

type JobPlan = typeof jobPlan extends fc.Arbitrary<infer T> ? T : never;

/** All batches of a small organisation in which things go wrong. */
export const world: fc.Arbitrary<BatchFacts[]> = fc
  .array(jobPlan, { minLength: 1, maxLength: 6 })
  .map(plans => plans.flatMap((one, i) => batchesOf(one, i)));

function batchesOf(one: JobPlan, number: number): BatchFacts[] {
  const facts = job(`${number}`, {
    ...one.repository,
    name: one.name,
    onDefault: one.onDefault,
    sha: `${number % 3}`,
  });
  return one.inst.flatMap((plans, i) => {
    const all = one.closes
      ? [
          ...plans.map(each => ({ ...each, phase: 'data' as const })),
          { ...EMPTY, hasInventory: one.hasInventory, uses: plans[0]?.uses ?? [] },
        ]
      : plans;
    const shift = one.days * 24 * 60 * MINUTE;
    const made = batches(
      facts,
      [{ ...EMPTY, phase: 'open' as const, hasInventory: false }, ...all].map(each => ({
        phase: each.phase,
        at: each.at - shift,
        uses: each.uses.map(use => ({ ...use, time: use.time - shift })),
        records: each.uses.length,
        over: {
          received: each.at - shift + each.late,
          denials: each.denials,
          hasInventory: each.hasInventory,
        },
      })),
      `inst ${i}`,
    );
    return made.flatMap((batch, no) => spoil(batch, all[no - 1]?.flaw ?? 'none', facts));
  });
}

const EMPTY = {
  uses: [],
  denials: [],
  phase: 'close' as const,
  at: DAY + 5 * MINUTE,
  late: 0,
  flaw: 'none',
  hasInventory: false,
};

function spoil(batch: BatchFacts, flaw: string, facts: JobFacts): BatchFacts[] {
  switch (flaw) {
    case 'lost':
      return [];
    case 'prev':
      return [{ ...batch, prev: undefined }];
    case 'seq':
      return [{ ...batch, firstSeq: batch.firstSeq + 1, lastSeq: batch.lastSeq + 1 }];
    case 'repository':
      return [{ ...batch, job: { ...facts, repository: 'liar/liar', repositoryId: '666' } }];
    case 'twice':
      return [batch, { ...batch, digest: batch.digest.split('').reverse().join('') }];
    default:
      return [batch];
  }
}
