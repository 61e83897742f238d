import { expect, it } from 'vitest';
import { closingTable } from '../../src/session/summary.ts';
import type { SessionSummary } from '../../src/session/types.ts';

const SUMMARY: SessionSummary = {
  modules: 0,
  requests: 0,
  modulesFromStore: 0,
  modulesFromUpstream: 0,
  bytesFromStore: 0,
  bytesFromUpstream: 0,
  retriesSurvived: 0,
  denied: 0,
  failed: 0,
  stale: 0,
  unverifiedModcache: 7,
  prefetchedUnused: 0,
  seconds: 1,
  daemonDied: false,
  warnings: [],
  findings: [],
};

it('names modules that nobody verified, and how to mend that only where the platform knows', () => {
  const anywhere = closingTable(SUMMARY);
  expect(anywhere).toMatch(/^ {2}7 module versions in GOMODCACHE did not come through modgate/m);
  expect(anywhere).not.toMatch(/setup-go|undefined|cache:/);
  expect(closingTable(SUMMARY, 'do this')).toMatch(/before; do this$/m);
  expect(closingTable({ ...SUMMARY, unverifiedModcache: 0 }, 'do this')).not.toMatch(/GOMODCACHE|do this/);
});
