import { ExportError } from './errors.ts';
import { type ExportHead, type ListedFile, MAX_LINE, ManifestLines, parseHead } from './manifest.ts';

/** A manifest as it is read: its head, then its files in their order. */
export type ManifestReader = AsyncGenerator<ListedFile, void, void> & { readonly head: ExportHead };

/**
 * Reads a manifest line by line, at constant memory. Nothing of it is believed: every line is judged before it is told.
 * Rejects with ExportError `not-an-export`, and with whatever `source` rejects with. End it with `return` when it is
 * not read to its end.
 */
export async function readManifest(source: AsyncIterable<Uint8Array>): Promise<ManifestReader> {
  const lines = linesOf(source);
  const first = await lines.next();
  if (first.done === true) throw noManifest('it is empty');
  const head = parseHead(first.value);
  return Object.assign(filesOf(head, lines), { head });
}

async function* filesOf(
  head: ExportHead,
  lines: AsyncGenerator<string>,
): AsyncGenerator<ListedFile, void, void> {
  const manifest = new ManifestLines(head);
  for await (const line of lines) yield manifest.take(line);
  manifest.end();
}

async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, at)) {
      if (end - at > MAX_LINE) throw noManifest('a line of it is too long');
      yield bytes.toString('utf8', at, end);
      at = end + 1;
    }
    rest = Buffer.from(bytes.subarray(at));
    if (rest.length > MAX_LINE) throw noManifest('a line of it is too long');
  }
  if (rest.length > 0) throw noManifest('its last line does not end');
}

function noManifest(why: string): ExportError {
  return new ExportError(
    'not-an-export',
    `the manifest of the export was not accepted: ${why}; nothing of it is used`,
  );
}
