import { pipeline, type Readable, Writable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { asStoreError } from '../errors.ts';
import { type FileStamp, removeQuietly } from '../files.ts';
import type { ModVer } from '../types.ts';
import { packedLimit } from './inflate.ts';
import type { TarMember } from './tar-reader.ts';
import { parkThread, takeThread } from './threads.ts';
import { BundleError, type BundleErrorCode } from './types.ts';

/** Bodies up to this size come with their headers, many at a time. */
export const SMALL_BODY = 128 * 1024;

/** Packed bytes that are on their way to the thread. */
const WINDOW = 1024 * 1024;

/** A member, and how far the archive was read when it was told; its body where it is small, else it waits. */
export interface ToldMember extends TarMember {
  readonly offset: number;
  /** Of a small zip, where that was asked for: see `Staged`. */
  readonly h1?: string;
  readonly body?: { readonly start: number; readonly end: number };
}

/** What the thread is told: that an archive begins, its bytes as they come, and one question at a time. */
export type ToThread =
  | { readonly archive: number }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ended: true }
  | { readonly closed: true }
  | { readonly broken: string }
  | Question;

export type Question =
  | { readonly ask: 'members'; readonly limit: number; readonly one: boolean; readonly h1s: boolean }
  | { readonly ask: 'body' }
  | ({ readonly ask: 'stage'; readonly temp: string } & StageOptions);

export interface StageOptions {
  /** Whether the SHA-256 of the body is asked for. */
  readonly digest: boolean;
  /** The module version whose zip the body should be, when its h1 is asked for. */
  readonly zipOf: ModVer | undefined;
  /** Whether the umask takes from new files what others need to read them. */
  readonly chmod: boolean;
}

/** What became of a body that was written into a file. */
export interface Staged {
  readonly sha256: string | undefined;
  /** Of a zip whose members are not deflated; others have to be read anew for it. */
  readonly h1: string | undefined;
  /** Of the file after its last byte. */
  readonly stamp: FileStamp;
}

/** What the thread tells of an archive: so many packed bytes are used up, or the answer to the question. */
export type FromThread = { readonly archive: number } & (
  | { readonly used: number }
  | { readonly answer: Answer }
);

export type Answer =
  /** `bodies` has those of all members that have one here; without members the archive is over. */
  | { readonly members: readonly ToldMember[]; readonly bodies: Uint8Array<ArrayBuffer> }
  | { readonly body: Uint8Array<ArrayBuffer> }
  | { readonly offset: number; readonly staged: Staged }
  | { readonly bundle: { readonly code: BundleErrorCode; readonly message: string } }
  | { readonly medium: { readonly code: string | undefined; readonly message: string } };

let count = 0;

/**
 * A zstd-compressed tar that is unpacked on a thread of its own, down to the files that large members become: what is
 * unpacked is many times more than all else that a job's proxy has in its hands, and as garbage it would cost the
 * thread that serves more than the work itself. One call at a time; all reject with BundleError.
 */
export class Archive {
  /** Most bytes that the archive may unpack to; may be changed before every `next`. */
  limit: number;
  /** Whether the h1 of small zips is asked for; may be changed before every `next`. */
  h1s = false;
  /** Bytes of the unpacked archive that were read. */
  offset = 0;
  readonly #stream: Readable;
  readonly #signal: AbortSignal | undefined;
  readonly #thread: Worker = takeThread();
  readonly #id = ++count;
  #told: ToldMember[] = [];
  #bodies: Buffer = Buffer.alloc(0);
  #current: ToldMember | undefined;
  #first = true;
  #asked: PromiseWithResolvers<Answer> | undefined;
  /** Why no question is answered any more. */
  #failure: BundleError | undefined;
  #came = 0;
  #used = 0;
  #room: (() => void) | undefined;

  constructor(stream: Readable, limit: number, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#signal = signal;
    this.limit = limit;
    this.#thread.on('message', this.#hear);
    this.#thread.on('error', this.#died);
    this.#thread.on('exit', this.#ended);
    this.#tell({ archive: this.#id });
    signal?.addEventListener('abort', this.#cancel, { once: true });
    if (signal?.aborted === true) this.#cancel();
    this.#feed();
  }

  /** The next member; undefined after the last one, when nothing but zeros followed. What was not read of a body is skipped. */
  async next(): Promise<TarMember | undefined> {
    if (this.#told.length === 0) {
      // What may come after the first member is known only when that was read.
      const answer = await this.#ask({
        ask: 'members',
        limit: this.limit,
        one: this.#first,
        h1s: this.h1s,
      });
      this.#first = false;
      if (!('members' in answer)) throw unexpected();
      this.#told = answer.members.toReversed();
      this.#bodies = Buffer.from(answer.bodies.buffer);
    }
    this.#current = this.#told.pop();
    this.offset = this.#current?.offset ?? this.offset;
    return this.#current;
  }

  /** h1 of the current member where it is a small zip in its stored form, and `h1s` is set. */
  get h1(): string | undefined {
    return this.#current?.h1;
  }

  /** The body of the current member, for small ones only. Others that came beside it may share its memory. */
  async whole(): Promise<Buffer> {
    const body = this.#current?.body;
    if (body !== undefined) return this.#bodies.subarray(body.start, body.end);
    const answer = await this.#ask({ ask: 'body' });
    if (!('body' in answer)) throw unexpected();
    return Buffer.from(answer.body.buffer);
  }

  /**
   * Writes the body of the current member, which is larger than `SMALL_BODY`, into a new file. The file is gone when this rejects: with BundleError or StoreError.
   */
  async stage(temp: string, options: StageOptions): Promise<Staged> {
    try {
      const answer = await this.#ask({ ask: 'stage', temp, ...options });
      if ('medium' in answer) {
        const { code, message } = answer.medium;
        throw asStoreError(Object.assign(new Error(message), { code }), temp, 'write');
      }
      if (!('offset' in answer)) throw unexpected();
      this.offset = answer.offset;
      return answer.staged;
    } catch (error) {
      // The thread may be in the middle of it, and nothing of it is to be left.
      if (this.#failure !== undefined) await this.#thread.terminate();
      await removeQuietly(temp);
      throw error;
    }
  }

  /** Lets go of thread and stream. */
  async close(): Promise<void> {
    const idle = this.#failure === undefined && this.#asked === undefined;
    this.#fail(cancelled());
    this.#stream.destroy();
    if (idle) {
      this.#thread.off('message', this.#hear);
      this.#thread.off('error', this.#died);
      this.#thread.off('exit', this.#ended);
      this.#tell({ closed: true });
      parkThread(this.#thread);
    } else await this.#thread.terminate();
  }

  readonly #cancel = () => {
    this.#fail(cancelled());
    this.#stream.destroy();
  };

  #fail(error: BundleError): void {
    this.#failure ??= error;
    this.#signal?.removeEventListener('abort', this.#cancel);
    this.#asked?.reject(this.#failure);
    this.#asked = undefined;
    this.#room?.();
  }

  async #ask(question: Question): Promise<Answer> {
    if (this.#failure !== undefined) throw this.#failure;
    const asked = Promise.withResolvers<Answer>();
    this.#asked = asked;
    this.#tell(question);
    const answer = await asked.promise;
    if ('bundle' in answer) throw new BundleError(answer.bundle.code, answer.bundle.message);
    return answer;
  }

  #tell(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, [...transfer]);
  }

  readonly #died = (cause: unknown) => this.#fail(died(cause));
  readonly #ended = () => this.#fail(died(undefined));

  readonly #hear = (message: FromThread) => {
    if (message.archive !== this.#id) return;
    if ('used' in message) {
      this.#used += message.used;
      this.#room?.();
      return;
    }
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.resolve(message.answer);
  };

  #feed(): void {
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // The thread may have another archive by now.
        if (this.#failure !== undefined) return done(this.#failure);
        this.#came += chunk.length;
        const most = packedLimit(this.limit);
        if (this.#came > most) {
          done(new BundleError('too-large', `a cache entry has more than ${most} bytes`));
          return;
        }
        // A copy, as others may hold parts of the same memory.
        const bytes = new Uint8Array(chunk);
        this.#tell({ bytes }, [bytes.buffer]);
        this.#room = () => {
          if (this.#failure === undefined && this.#came - this.#used > WINDOW) return;
          this.#room = undefined;
          done();
        };
        this.#room();
      },
    });
    pipeline(this.#stream, sink, error => {
      if (this.#failure !== undefined) return;
      if (error instanceof BundleError) this.#fail(error);
      else this.#tell(error ? { broken: error.message } : { ended: true });
    });
  }
}

function cancelled(): BundleError {
  return new BundleError('cancelled', 'unpacking a cache entry was given up, because its session is ending');
}

function died(cause: unknown): BundleError {
  const why = cause instanceof Error ? cause.message.replace(/[^\x20-\x7e]/g, '?') : 'it ended by itself';
  return new BundleError(
    'damaged',
    `a cache entry could not be unpacked, its thread failed: ${why}; what came before that was kept, the rest is fetched anew`,
    { cause },
  );
}

function unexpected(): Error {
  return new Error('the thread that unpacks answered another question than the one that was asked');
}
