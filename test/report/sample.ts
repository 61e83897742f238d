import { createHash } from 'node:crypto';
import type { Finding } from '../../src/policy/finding.ts';
import type { CheckReport } from '../../src/report/types.ts';

/** A finding with all that matters to a report; fingerprints differ when anything else does. */
export function finding(parts: Partial<Finding> = {}): Finding {
  const base = {
    rule: 'replace/local-escapes',
    level: 'error',
    file: 'services/api/go.mod',
    line: 12,
    column: 34,
    endLine: 12,
    endColumn: 44,
    module: 'github.com/public/lib',
    message: 'replacement "../../fork" of "github.com/public/lib" is outside of the repository',
    why: 'what is built is then not what was reviewed: nobody else has that directory',
    fix: 'go mod edit -dropreplace=github.com/public/lib services/api/go.mod',
    status: 'new',
    ...parts,
  } as const;
  return { fingerprint: createHash('sha256').update(JSON.stringify(base)).digest('hex'), ...base };
}

/** A report over findings, counted as the check counts. */
export function reportOf(findings: readonly Finding[], parts: Partial<CheckReport> = {}): CheckReport {
  const fresh = (level: string) => findings.filter(f => f.status === 'new' && f.level === level).length;
  const having = (status: string) => findings.filter(f => f.status === status).length;
  return {
    schema: 1,
    findings,
    fixed: [],
    summary: {
      files: 12,
      modules: 48,
      errors: fresh('error'),
      warnings: fresh('warning'),
      notes: fresh('note'),
      existing: having('existing'),
      waived: having('waived'),
      baseline: having('baseline'),
    },
    skipped: [{ why: 'below vendor', count: 4 }],
    compared: { mode: 'diff', base: 'main', commit: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d' },
    policy: { files: ['.modgate.yaml'], commit: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d' },
    notices: [],
    failed: fresh('error') > 0,
    failOn: 'error',
    ...parts,
  };
}
