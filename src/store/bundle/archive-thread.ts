import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { parentPort } from 'node:worker_threads';
import { StoredZipStream } from '../../gomod/stored-zip-stream.ts';
import { STEP } from '../digest.ts';
import { errnoOf } from '../errors.ts';
import { FILE_MODE, stampOf } from '../files.ts';
import { fileOfKey } from '../layout.ts';
import {
  type Answer,
  type FromThread,
  type Question,
  SMALL_BODY,
  type Staged,
  type ToldMember,
  type ToThread,
} from './archive.ts';
import { inflate } from './inflate.ts';
import { type TarMember, TarReader } from './tar-reader.ts';
import { ARCHIVE_ROOT, BundleError } from './types.ts';

/** Members of one answer, and bytes of their bodies. */
const MAX_MEMBERS = 64;
const MAX_BODIES = 256 * 1024;
/** Used bytes are told of when they are so many. */
const TELL_AFTER = 256 * 1024;

/** One archive, as far as it came. */
class Work {
  readonly #id: number;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  readonly #packed = new Readable({ read: () => this.#read() });
  readonly #inflated = inflate(this.#packed, undefined);
  readonly #reader = new TarReader(this.#inflated.bytes, 0);
  #ended = false;
  #hungry = false;
  #used = 0;
  /** What was met while members were gathered that are to be told first. */
  #later: unknown;

  constructor(id: number) {
    this.#id = id;
  }

  take(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
    this.#supply();
  }

  end(): void {
    this.#ended = true;
    this.#supply();
  }

  /** Gives the archive up; `why` when its bytes cannot be had. */
  destroy(why?: string): void {
    if (why === undefined) this.#inflated.destroy();
    else this.#packed.destroy(new Error(why));
  }

  async answer(question: Question): Promise<void> {
    const answer = await this.#answer(question);
    this.#tell({ archive: this.#id, answer }, memoryOf(answer));
  }

  #tell(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    parentPort?.postMessage(message, [...transfer]);
  }

  #read(): void {
    this.#hungry = true;
    this.#supply();
  }

  #supply(): void {
    if (!this.#hungry) return;
    const next = this.#queue.shift();
    if (next === undefined) {
      if (this.#ended) this.#packed.push(null);
      return;
    }
    this.#hungry = false;
    this.#used += next.length;
    if (this.#used >= TELL_AFTER) {
      this.#tell({ archive: this.#id, used: this.#used });
      this.#used = 0;
    }
    this.#packed.push(Buffer.from(next.buffer));
  }

  async #answer(question: Question): Promise<Answer> {
    const reader = this.#reader;
    try {
      if (question.ask === 'members') return await this.#members(question);
      if (question.ask === 'body') return { body: new Uint8Array(await reader.whole()) };
      return { staged: await stage(reader, question), offset: reader.offset };
    } catch (error) {
      if (error instanceof BundleError) return { bundle: { code: error.code, message: error.message } };
      const message = error instanceof Error ? error.message : String(error);
      return { medium: { code: errnoOf(error), message } };
    }
  }

  /** As many as are here already; one whose body is not small is the last. */
  async #members({ limit, one, h1s }: Question & { ask: 'members' }): Promise<Answer> {
    if (this.#later !== undefined) throw this.#later;
    const reader = this.#reader;
    reader.limit = limit;
    this.#inflated.limit(limit);
    const told: ToldMember[] = [];
    const bodies: Buffer[] = [];
    let length = 0;
    try {
      do {
        const member = await reader.next();
        if (member === undefined) break;
        if (member.size > SMALL_BODY) {
          told.push({ ...member, offset: reader.offset });
          break;
        }
        const body = await reader.whole();
        bodies.push(body);
        told.push({
          ...member,
          ...(h1s ? h1Of(member, body) : {}),
          offset: reader.offset,
          body: { start: length, end: length + body.length },
        });
        length += body.length;
      } while (!one && told.length < MAX_MEMBERS && length < MAX_BODIES && reader.ready > SMALL_BODY);
    } catch (error) {
      if (told.length === 0) throw error;
      this.#later = error;
    }
    const joined = new Uint8Array(length);
    for (const [i, { body }] of told.entries()) if (body) joined.set(bodies[i] ?? [], body.start);
    return { members: told, bodies: joined };
  }
}

/** On this thread a write waits for nobody but this archive. */
async function stage(
  reader: TarReader,
  { temp, digest, zipOf, chmod }: Question & { ask: 'stage' },
): Promise<Staged> {
  const hash = digest ? createHash('sha256') : undefined;
  const zip = zipOf === undefined ? undefined : new StoredZipStream();
  const fd = fs.openSync(temp, 'wx', FILE_MODE);
  try {
    for (let part = await reader.some(STEP); part !== undefined; part = await reader.some(STEP)) {
      for (let done = 0; done < part.length; ) done += fs.writeSync(fd, part, done);
      hash?.update(part);
      zip?.update(part);
    }
    if (chmod) fs.fchmodSync(fd, FILE_MODE);
    return {
      sha256: hash?.digest('hex'),
      h1: zipOf && zip?.finish(zipOf),
      stamp: stampOf(fs.fstatSync(fd)),
    };
  } finally {
    fs.closeSync(fd);
  }
}

/** The h1 of a member that is a zip of a module version, going by its name, in its stored form. */
function h1Of({ name, type }: TarMember, body: Buffer): { readonly h1?: string } {
  if (type !== 'file' || !name.endsWith('.zip') || !name.startsWith(ARCHIVE_ROOT)) return {};
  const file = fileOfKey(name.slice(ARCHIVE_ROOT.length));
  if (file?.kind !== 'zip') return {};
  const zip = new StoredZipStream();
  zip.update(body);
  const h1 = zip.finish(file);
  return h1 === undefined ? {} : { h1 };
}

function memoryOf(reply: Answer): ArrayBuffer[] {
  if ('bodies' in reply) return [reply.bodies.buffer];
  return 'body' in reply ? [reply.body.buffer] : [];
}

let work: Work | undefined;

parentPort?.on('message', (message: ToThread) => {
  if ('archive' in message) work = new Work(message.archive);
  else if ('closed' in message) {
    work?.destroy();
    work = undefined;
  } else if ('ask' in message) void work?.answer(message);
  else if ('broken' in message) work?.destroy(message.broken);
  else if ('ended' in message) work?.end();
  else work?.take(message.bytes);
});
