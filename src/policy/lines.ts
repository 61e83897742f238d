/**
 * The lines of a file by number, from 1, without their ends; empty where there is no such line. The places of
 * all lines are looked up once, at the first question, so that many findings of a long file cost no more than one.
 */
export function textLines(bytes: Uint8Array): (line: number) => string {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let starts: number[] | undefined;
  return line => {
    starts ??= lineStarts(data);
    const start = starts[line - 1];
    if (start === undefined) return '';
    const end = starts[line] ?? data.length + 1;
    return data.toString('utf8', start, end - 1).replace(/\r$/, '');
  };
}

function lineStarts(data: Buffer): number[] {
  const starts = [0];
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) starts.push(at + 1);
  return starts;
}
