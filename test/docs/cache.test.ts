import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { reasonText } from '../../src/actions/prune-summary.ts';
import { type VerifyOutcome, verifyText } from '../../src/cli/cache-verify-report.ts';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { parseDuration, parseSize } from '../../src/config/units.ts';
import { pruneText } from '../../src/report/prune-text.ts';
import type { PruneReport } from '../../src/store/prune/types.ts';
import { codeSpans, fenced, names, read, section, tableRows } from './markdown.ts';
import { pages, sources, unknownPieces } from './pages.ts';

const PAGE = 'docs/cache.md';
const STORE = '/var/cache/modgate';

describe('docs/cache.md', () => {
  it('quotes lines that the code has', async () => {
    const source = await sources();
    const lines = names(tableRows(section(await read(PAGE), '### What a bad entry costs')));
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) expect(unknownPieces(line, source), line).toEqual([]);
  });

  it('names the defaults of the code', async () => {
    const page = await read(PAGE);
    const rows = tableRows(section(page, '## Keeping it small'));
    const told = new Map(
      rows.map(([key = '', value = '']) => [codeSpans(key)[0], codeSpans(value)[0] ?? '']),
    );
    expect(parseDuration(told.get('cache.keep-since') ?? '')).toBe(DEFAULTS.cache['keep-since']);
    expect(parseSize(told.get('cache.max-size') ?? '')).toBe(DEFAULTS.cache['max-size']);
    expect(DEFAULTS.cache['keep-refs']).toEqual([]);
    const quota = `${DEFAULTS.cache.quota / 1e9} GB unless you`;
    expect(section(page, '### Quota')).toContain(quota);
    expect(section(page, '### Save')).toContain(`(${DEFAULTS.cache['keep-since'] / 86_400_000} days)`);
  });

  it('shows what cache prune prints', async () => {
    const [shown] = fenced(section(await read(PAGE), '### modgate cache prune'), 'text');
    expect(pruneText(PRUNED)).toBe(shown);
  });

  it('shows what cache verify prints, and explains every kind of finding', async () => {
    const text = section(await read(PAGE), '## modgate cache verify');
    const [shown] = fenced(text, 'text');
    expect(verifyText(VERIFIED)).toBe(shown);
    const kinds = tableRows(text).map(([kind]) => kind);
    expect(kinds).toHaveLength(Object.keys(VERIFIED.report.counts).length);
    const source = await read('src/cli/cache-verify-report.ts');
    expect(kinds.filter(kind => !source.includes(`'${kind}'`))).toEqual([]);
  });

  it('shows reasons that actions/prune gives', async () => {
    const [shown = ''] = fenced(section(await read(PAGE), '### On GitHub'), 'markdown');
    const reasons = tableRows(shown).map(([, reason]) => reason);
    const real = (['replaced', 'ref-gone', 'old-format', 'newest', 'parent'] as const).map(reasonText);
    expect(reasons).toEqual(real);
  });
});

describe('workflows and pipelines on all pages', () => {
  it('give inputs that are there', async () => {
    const wrong: string[] = [];
    let given = 0;
    for (const page of await pages()) {
      for (const piece of fenced(await read(page), 'yaml')) {
        for (const { file, inputs } of [...parseAllDocuments(piece)].flatMap(doc => usesIn(doc.toJS()))) {
          const known = await inputsOf(file);
          given += inputs.length;
          wrong.push(
            ...inputs.filter(name => !known.includes(name)).map(name => `${page}: ${file}: ${name}`),
          );
        }
      }
    }
    expect(given).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });
});

interface Use {
  readonly file: string;
  readonly inputs: readonly string[];
}

/** Our own actions and templates that a piece of YAML names, with the inputs that it gives them. */
function usesIn(value: unknown): Use[] {
  if (typeof value !== 'object' || value === null) return [];
  const { uses, with: given, file, inputs } = value as Readonly<Record<string, unknown>>;
  const action = /^modgate\/modgate\/(actions\/[a-z]+)@/.exec(String(uses))?.[1];
  const template = /^gitlab-ci\/[a-z]+\.yml$/.exec(String(file))?.[0];
  const here: Use[] = [];
  if (action !== undefined) here.push({ file: `${action}/action.yml`, inputs: Object.keys(given ?? {}) });
  if (template !== undefined) here.push({ file: template, inputs: Object.keys(inputs ?? {}) });
  return [...here, ...Object.values(value).flatMap(usesIn)];
}

async function inputsOf(file: string): Promise<string[]> {
  const text = await read(file);
  if (file.startsWith('actions/')) return Object.keys((parse(text) as { inputs: object }).inputs);
  const head = parseAllDocuments(text)[0]?.toJS() as { spec: { inputs: object } };
  return Object.keys(head.spec.inputs);
}

const NONE = { versions: 0, bytes: 0 };
const NO_FILES = { files: 0, bytes: 0 };
const OLD = { versions: 7, bytes: 14_910_000 };

const PRUNED: PruneReport = {
  schema: 1,
  store: STORE,
  dryRun: true,
  finished: true,
  started: '2026-11-23T12:00:00Z',
  durationMs: 40,
  rules: { keepSinceMs: 30 * 86_400_000, maxAgeMs: null, maxBytes: 5e9 },
  before: { versions: 52, bytes: 26_261_563 },
  after: { versions: 45, bytes: 11_351_563 },
  deleted: { ...OLD, reasons: { unused: OLD, age: NONE, size: NONE, resumed: NONE } },
  kept: { listed: NONE, recent: NONE, meanwhile: NONE },
  swept: {
    temp: NO_FILES,
    quarantine: NO_FILES,
    soft: NO_FILES,
    sumdb: NO_FILES,
    index: NO_FILES,
    log: NO_FILES,
  },
  emptyDirectories: 0,
  excessBytes: 0,
  foreign: { count: 0, first: [] },
  failed: { count: 0, first: [] },
  top: {
    hosts: [{ name: 'golang.org', ...OLD }],
    modules: [
      { name: 'golang.org/x/text', versions: 1, bytes: 9_240_000 },
      { name: 'golang.org/x/sys', versions: 3, bytes: 1_990_000 },
      { name: 'golang.org/x/net', versions: 1, bytes: 1_850_000 },
      { name: 'golang.org/x/crypto', versions: 1, bytes: 1_790_000 },
      { name: 'golang.org/x/sync', versions: 1, bytes: 26_500 },
    ],
  },
};

const NOTHING = {
  damaged: 0,
  contradicted: 0,
  unreadable: 0,
  unindexed: 0,
  missing: 0,
  unvouched: 0,
  junk: 0,
};

const VERIFIED: VerifyOutcome = {
  store: STORE,
  repair: false,
  ms: 2_000,
  goSums: 0,
  report: {
    versions: 52,
    files: 122,
    bytes: 26_240_000,
    vouched: { sumdb: 86, gosum: 0, index: 0, nobody: 0 },
    counts: { ...NOTHING, damaged: 1 },
    repaired: NOTHING,
    findings: [
      {
        kind: 'damaged',
        path: 'github.com/spf13/cast/@v/v1.7.1.zip',
        what: 'it is no module zip of this version: "github.com/spf13/cast@v1.7.1/cast_test.go" in zip: its data cannot be inflated to the declared size',
        outcome: 'left',
      },
    ],
    unasked: { versions: 0, why: '' },
    changing: 0,
    stopped: false,
  },
};
