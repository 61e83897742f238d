import type { S3Client } from '@aws-sdk/client-s3';
import { CredentialKeeper, credentialChain } from './credentials.ts';
import { BucketError } from './errors.ts';
import { Lane } from './lane.ts';
import type { Limits } from './limits.ts';
import { ObjectReader } from './object-reader.ts';
import type { Env, Place } from './place.ts';
import { type Send, sdkHandler } from './transport.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import { Watch } from './watch.ts';
import { credentialError, type Doing, explained } from './words.ts';

export interface CallerDeps {
  readonly env: Env;
  readonly send: Send;
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Waits between attempts; rejects when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** One line for each attempt that failed and is made again. */
  readonly log: (line: string) => void;
}

export interface CallOptions<T> {
  readonly doing: Doing;
  readonly signal: AbortSignal | undefined;
  /** Bytes that go out or come in with one attempt. */
  readonly bytes?: number;
  /** What is an answer, though the SDK calls it an error. `doubtful`: an earlier attempt may have been carried out. */
  readonly settle?: (trouble: Trouble, doubtful: boolean) => { readonly value: T } | undefined;
  /** Asked before another attempt after one without answer: whether there is an answer already. */
  readonly instead?: () => Promise<{ readonly value: T } | undefined>;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Makes calls to one bucket: bounded in number and time, signed, retried, and their failures put into words. */
export class Caller {
  readonly place: Place;
  readonly limits: Limits;
  readonly pause: CallerDeps['pause'];
  readonly #deps: CallerDeps;
  readonly #lane: Lane;
  readonly #keeper: CredentialKeeper;
  readonly #reader: ObjectReader;
  #client: Promise<S3Client> | undefined;

  constructor(place: Place, deps: CallerDeps) {
    this.place = place;
    this.limits = deps.limits;
    this.pause = deps.pause;
    this.#deps = deps;
    this.#lane = new Lane(deps.limits.parallel);
    this.#keeper = new CredentialKeeper(credentialChain(deps.env, place.region, deps.send), deps.now);
    this.#reader = new ObjectReader(place, deps.send, () => this.#keeper.get(), deps.now);
  }

  /** A call by the SDK. Rejects with BucketError, or with the reason of the signal. */
  async call<T>(
    attempt: (client: S3Client, watch: Watch) => Promise<T>,
    options: CallOptions<T>,
  ): Promise<T> {
    const client = await this.#ready();
    return await this.#repeat(watch => attempt(client, watch), options);
  }

  /** A call that only reads an object, for which the SDK is not loaded. Rejects as `call` does. */
  async read<T>(
    attempt: (reader: ObjectReader, watch: Watch) => Promise<T>,
    options: CallOptions<T>,
  ): Promise<T> {
    const reader = this.#reader;
    return await this.#repeat(watch => attempt(reader, watch), options);
  }

  async #repeat<T>(
    attempt: (watch: Watch) => Promise<T>,
    { doing, signal, bytes = 0, settle, instead }: CallOptions<T>,
  ): Promise<T> {
    const { limits, now, log, pause } = this.#deps;
    let doubtful = false;
    for (let failed = 1; ; failed++) {
      const signedWith = this.#keeper.held;
      const { done, error, watch } = await this.#lane.run(
        () => this.#attempt(attempt, bytes, signal),
        signal,
      );
      if (done !== undefined) return done.value;
      if (signal?.aborted) throw signal.reason;
      if (error instanceof BucketError) throw error;
      const noCredentials = credentialError(error, doing, this.place);
      if (noCredentials !== undefined) throw noCredentials;
      const trouble = troubleOf(error, watch, now());
      const settled = settle?.(trouble, doubtful);
      if (settled !== undefined) return settled.value;
      const renewed =
        trouble.code === 'expired' && (await this.#keeper.replace(signedWith ?? this.#keeper.held));
      const wait = this.#waitAfter(trouble, failed);
      if (!(trouble.again || renewed) || failed >= limits.attempts || wait === undefined) {
        throw explained(trouble, doing, this.place, watch?.tired);
      }
      doubtful ||= trouble.status === undefined || trouble.status >= 500;
      const why = trouble.reason ?? trouble.status ?? watch?.tired ?? 'no answer';
      log(`bucket ${this.place.location}: ${doing.action}: ${why}, attempt ${failed} of ${limits.attempts}`);
      await pause(renewed ? 0 : wait, signal);
      const answer = trouble.status === undefined ? await instead?.() : undefined;
      if (answer !== undefined) return answer.value;
    }
  }

  /** An error of the bucket in words that a call did not meet itself. */
  failed(code: BucketError['code'], doing: Doing, tired?: string): BucketError {
    const trouble = { code, status: undefined, reason: undefined, again: false } as const;
    return explained({ ...trouble, waitMs: undefined, region: undefined }, doing, this.place, tired);
  }

  async close(): Promise<void> {
    (await this.#client?.catch(() => undefined))?.destroy();
  }

  async #attempt<T>(
    attempt: (watch: Watch) => Promise<T>,
    bytes: number,
    signal: AbortSignal | undefined,
  ): Promise<{ done?: { value: T }; error?: unknown; watch?: Watch }> {
    const { stallMs, callMs, slowest } = this.limits;
    const watch = new Watch(stallMs, callMs + (bytes / slowest) * 1000, signal);
    try {
      const value = await attempt(watch);
      return { done: { value } };
    } catch (error) {
      watch.kept = false;
      return { error, watch };
    } finally {
      if (!watch.kept) watch[Symbol.dispose]();
    }
  }

  /** Undefined: longer than anybody here waits. */
  #waitAfter({ waitMs }: Trouble, failed: number): number | undefined {
    const { backoffMs, waitMs: longest } = this.limits;
    const drawn = Math.random() * Math.min(backoffMs * 2 ** failed, longest);
    if (waitMs === undefined) return drawn;
    // Everybody who was told the same second would come back in it.
    return waitMs > longest ? undefined : waitMs + Math.random() * backoffMs;
  }

  #ready(): Promise<S3Client> {
    this.#client ??= this.#open();
    return this.#client;
  }

  async #open(): Promise<S3Client> {
    const { S3Client } = await import('@aws-sdk/client-s3');
    const { region, endpoint, pathStyle } = this.place;
    // The SDK would keep them until they end by their own word; a service may say so earlier.
    const provider = Object.assign(() => this.#keeper.get(), { memoized: true as const });
    return new S3Client({
      region,
      endpoint,
      forcePathStyle: pathStyle,
      credentials: provider,
      requestHandler: sdkHandler(this.#deps.send),
      maxAttempts: 1,
      // Given, so that the SDK looks for none of these in the process's environment or in files.
      retryMode: 'standard',
      defaultsMode: 'standard',
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      useArnRegion: false,
      disableS3ExpressSessionAuth: true,
      disableMultiregionAccessPoints: true,
      authSchemePreference: [],
      sigv4aSigningRegionSet: async () => undefined,
      userAgentAppId: async () => undefined,
      logger: SILENT,
    });
  }
}
