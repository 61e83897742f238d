import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import {
  type BundleManifest,
  formatManifest,
  MANIFEST_KEY,
  parseManifest,
} from '../../../src/store/bundle/manifest.ts';

/** One member of an entry's archive; what a hostile writer of the shared cache can choose freely. */
export interface Member {
  readonly header: Header;
  readonly body: Buffer;
}

/** Members of an entry of the shared cache, in their order. */
export async function membersOf(entry: Buffer): Promise<Member[]> {
  const members: Member[] = [];
  const reader = extract();
  reader.end(await promisify(zstdDecompress)(entry));
  for await (const member of reader) members.push({ header: member.header, body: await buffer(member) });
  return members;
}

/** An entry with these members. Sizes are those of the bodies unless a header has another one on purpose. */
export async function entryOf(members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const { header, body } of members) {
    const { name, type = 'file', linkname, mode, mtime } = header;
    const plain = { name, type, mode, mtime, ...(linkname ? { linkname } : {}) } as Header;
    if (type === 'file') archive.entry({ ...plain, size: body.length }, body);
    else archive.entry(plain);
  }
  archive.finalize();
  return await promisify(zstdCompress)(await bytes);
}

/** The members with one of them changed; rejects when there is none of that name. */
export function changed(
  members: readonly Member[],
  name: string | RegExp,
  change: (body: Buffer) => Buffer,
): Member[] {
  const fits = (header: Header) => (typeof name === 'string' ? header.name === name : name.test(header.name));
  if (!members.some(member => fits(member.header))) throw new Error(`the entry has no member ${name}`);
  return members.map(member => (fits(member.header) ? { ...member, body: change(member.body) } : member));
}

/** The members with another manifest: what a writer does who knows how entries are made. */
export function withManifest(
  members: readonly Member[],
  change: (manifest: BundleManifest) => BundleManifest,
): Member[] {
  return changed(members, `store/${MANIFEST_KEY}`, body => formatManifest(change(parseManifest(body))));
}

export function file(name: string, body: string | Buffer): Member {
  return { header: { name } as Header, body: Buffer.from(body) };
}
