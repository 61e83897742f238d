import { shownText } from '../../store/modcache/compare.ts';
import type { ModcachePart, ModcacheProblem } from '../../store/modcache/verify.ts';
import type { SessionFinding } from '../findings.ts';

/** Rule id of everything in a GOMODCACHE that is not what go.sum says. */
export const MODCACHE_CHANGED = 'modcache/changed';

const WHY: Readonly<Record<ModcachePart, string>> = {
  tree: 'go compiles this directory without ever hashing it, so that what was built here may hold code of somebody else.',
  zip: 'go unpacks this zip without hashing it as long as a .ziphash stands beside it.',
  ziphash: 'go believes this file instead of hashing the zip.',
  mod: 'go stops at it with a checksum mismatch.',
};

/** A problem as a finding of the session. */
export function modcacheFinding(
  { module, version }: { readonly module: string; readonly version: string },
  { part, what, path, kind, detail }: ModcacheProblem,
  platform: NodeJS.Platform,
): SessionFinding {
  const about = { rule: MODCACHE_CHANGED, module, version };
  const message = `GOMODCACHE: ${module}@${version}: ${shownText(path)} ${detail}`;
  if (what === 'missing') {
    return {
      ...about,
      level: 'warning',
      message,
      why: 'go writes this file when it downloads a module, and makes it anew from the zip when it is not there.',
      fix: 'Somebody deleted it, or a machine crashed: go mod verify complains until go has used the module again.',
    };
  }
  return {
    ...about,
    level: 'error',
    message,
    why: WHY[part],
    fix: `Delete it, and go fetches it again: ${removal(path, kind, platform)} (or everything: go clean -modcache). Then find out which job could write there.`,
  };
}

function removal(path: string, kind: ModcacheProblem['kind'], platform: NodeJS.Platform): string {
  if (platform === 'win32') return `Remove-Item -Recurse -Force '${shownText(path).replaceAll("'", "''")}'`;
  const quoted = `'${shownText(path).replaceAll("'", "'\\''")}'`;
  // The .ziphash of a zip speaks for that zip only; directories of go's are read-only.
  if (path.endsWith('.zip')) return `rm -f ${quoted} ${quoted.slice(0, -1)}hash'`;
  return kind === 'directory' ? `chmod -R u+w ${quoted} && rm -rf ${quoted}` : `rm -f ${quoted}`;
}
