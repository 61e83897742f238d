const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Milliseconds of a duration like `30d`, `2h`, `1h30m` or `500ms`; a bare `0` is none. Undefined when the
 * text is no duration or is more than 100 years.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (trimmed.length > 32 || !/^(\d{1,15}(?:\.\d{1,6})?(ms|[smhdw]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/([\d.]+)(ms|[smhdw])/g)) {
    total += Number(count) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  const milliseconds = Math.round(total);
  return milliseconds <= 36_525 * 86_400_000 ? milliseconds : undefined;
}

/**
 * Bytes of a size like `5GB` (powers of 1000), `512MiB` (powers of 1024) or a bare number. Undefined when
 * the text is no size or cannot be counted exactly.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([kmgt]?i?b)?$/i.exec(text.trim());
  if (!match) return undefined;
  const factor = SIZE_UNITS[(match[2] ?? 'b').toLowerCase()];
  if (factor === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A duration in the largest unit that tells it exactly: `30d`, `90m`. Takes whole milliseconds. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const length = DURATION_UNITS[unit] ?? 1;
    if (milliseconds !== 0 && milliseconds % length === 0) return `${milliseconds / length}${unit}`;
  }
  return milliseconds === 0 ? '0' : `${milliseconds}ms`;
}

/** A size in the largest unit that tells it exactly: `5GB`, `512MiB`. Takes whole bytes. */
export function formatSize(bytes: number): string {
  for (const unit of ['TB', 'TiB', 'GB', 'GiB', 'MB', 'MiB', 'kB', 'KiB']) {
    const length = SIZE_UNITS[unit.toLowerCase()] ?? 1;
    if (bytes !== 0 && bytes % length === 0) return `${bytes / length}${unit}`;
  }
  return String(bytes);
}
