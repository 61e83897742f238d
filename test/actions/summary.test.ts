import { expect, it } from 'vitest';
import { formatBytes, markdownText, summaryMarkdown } from '../../src/actions/summary.ts';
import { showableCheckpoint, signCheckpoint } from '../../src/collector/batch-log/checkpoint.ts';
import type { SessionSummary } from '../../src/session/types.ts';
import { makeSigner } from '../../src/tlog/note.ts';
import { EMPTY_TREE_HASH } from '../../src/tlog/tree.ts';

const SUMMARY: SessionSummary = {
  modules: 40,
  requests: 130,
  modulesFromStore: 38,
  modulesFromUpstream: 2,
  bytesFromStore: 12_345_678,
  bytesFromUpstream: 999,
  retriesSurvived: 3,
  denied: 0,
  failed: 0,
  stale: 0,
  unverifiedModcache: 0,
  prefetchedUnused: 0,
  seconds: 4.25,
  daemonDied: false,
  warnings: [],
  findings: [],
  restore: { state: 'hit', key: 'k', adopted: 38, refused: 0, bytes: 20_000_000, entries: 2, ms: 1500 },
};

it('shows what came from where and what was kept', () => {
  const text = summaryMarkdown(SUMMARY, {
    state: 'saved',
    key: 'k',
    modules: 40,
    files: 6,
    bytes: 1_000_000,
  });
  expect(text).toContain('| from the store | 38 | 12.3 MB |');
  expect(text).toContain('| from upstream | 2 | 999 B |');
  expect(text).toContain('3 retries survived');
  expect(text).toContain('restored 38 module versions (20.0 MB from 2 entries) in 1.5 s');
  expect(text).toContain('Saved for later jobs: 40 module versions, of which an entry of 1.0 MB is new');
  expect(text).not.toContain('setup-go');
});

it('tells how to switch an unverified module cache off', () => {
  const text = summaryMarkdown({ ...SUMMARY, unverifiedModcache: 12 }, { state: 'skipped', why: 'x' });
  expect(text).toMatch(/12 module versions .* `cache: false` .*setup-go/);
});

it('tells what is against the policy, harmless in Markdown', () => {
  const finding = { rule: 'bypass/unserved', message: 'x@v1 *came* in', why: '', fix: 'Mend <it>.' };
  const text = summaryMarkdown(
    {
      ...SUMMARY,
      findings: [
        { ...finding, level: 'error' },
        { ...finding, level: 'warning' },
      ],
    },
    { state: 'skipped', why: 'x' },
  );
  expect(text).toMatch(
    /^- ❌ error&#58; x&#64;v1 &#42;came&#42; in &#40;bypass\/unserved&#41;. Mend &lt;it&gt;.$/m,
  );
  expect(text).toMatch(/^- ⚠️ warning/m);
});

it('tells what a module cache that the job brought along is worth', () => {
  const modcache = {
    v: 1,
    state: 'done',
    dir: '/mod',
    verified: ['example.com/a@v1.0.0', 'example.com/b@v1.0.0'],
    changed: 1,
    unread: { count: 0 },
    left: 0,
    unnamed: 3,
    findings: [],
    ms: 1234,
  } as const;
  const text = summaryMarkdown({ ...SUMMARY, modcache }, { state: 'skipped', why: 'x' });
  expect(text).toContain(
    '- ⚠️ GOMODCACHE, verified in 1.2 s&#58; 2 module versions are what go.sum says, 1 is not, 3 stand in no go.sum of the checkout.',
  );
});

it('lets nothing from outside be markup', () => {
  const nasty = '</td><script>x</script> [a](http://evil.example.test) ![i](x) `c` |\n# h @team <!--';
  const text = summaryMarkdown(
    { ...SUMMARY, warnings: [nasty], restore: { state: 'failed', ms: 1, why: nasty } },
    { state: 'failed', why: nasty, lost: 'x' },
  );
  expect(text).not.toMatch(/<\/?(td|script)|\]\(|<!--|@team|^# h|http:\/\//m);
  expect(markdownText('a_b*c')).toBe('a&#95;b&#42;c');
});

it('writes sizes for people', () => {
  expect([0, 999, 1000, 123_456, 2e9, 3e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '123.5 kB',
    '2.0 GB',
    '3000.0 TB',
  ]);
});

it('shows the checkpoint of the audit log as a block that nothing in it can end', () => {
  const key = makeSigner('log.example.test', Buffer.alloc(32, 7));
  const tree = { size: 5, hash: EMPTY_TREE_HASH };
  const note = signCheckpoint(
    { origin: 'log.example.test', tree, time: '2026-11-23T12:00:00.000Z' },
    key.signer,
  );
  const checkpoint = showableCheckpoint(note.toString()) ?? '';
  const audit = {
    store: 's',
    required: false,
    batches: 1,
    records: 1,
    sent: 1,
    left: 0,
    refused: 0,
    lost: 0,
  };
  const text = summaryMarkdown(
    { ...SUMMARY, audit: { ...audit, checkpoint } },
    { state: 'skipped', why: 'x' },
  );
  expect(text).toContain(`\`\`\`text\n${note.toString().trimEnd()}\n\`\`\``);
  for (const hostile of ['```\n# evil', '<script>', '::error::x']) {
    expect(showableCheckpoint(note.toString().replace('time ', hostile))).toBeUndefined();
  }
  expect(showableCheckpoint('')).toBeUndefined();
});
