import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tls from 'node:tls';

// go finds a company's own authorities in the system's store, Node by itself does not: a mirror behind such a
// one must be recorded all the same.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...tls.getCACertificates('system')]);

/** A healthy answer: a file on disk or a text. */
export type Answer =
  | { readonly status: 200; readonly file: string; readonly size: number; readonly etag: string }
  | { readonly status: number; readonly bytes: Buffer };

/** An answer that was not recorded and could not be recorded now. */
export class NotRecorded extends Error {}

/**
 * Answers of a module mirror, recorded the first time somebody asks and replayed ever after. Lists,
 * `@latest`, branch queries, the checksum database and absences are replayed like files, so that a test
 * sees the same world every day.
 */
export class RecordedTree {
  #tree: string;
  #caches: readonly string[];
  #behind: string | null;
  #flights = new Map<string, Promise<void>>();
  /** How many answers had to be fetched. */
  fetched = 0;

  constructor(tree: string, caches: readonly string[], behind: string | null) {
    this.#tree = tree;
    this.#caches = caches;
    this.#behind = behind;
  }

  /** @param key decoded path without leading slash, checked by the caller */
  async answer(key: string): Promise<Answer> {
    const known = await this.#find(key);
    if (known) return known;
    let flight = this.#flights.get(key);
    if (!flight) {
      flight = this.#record(key).finally(() => this.#flights.delete(key));
      this.#flights.set(key, flight);
    }
    await flight;
    const found = await this.#find(key);
    if (!found) throw new NotRecorded(`${key} was recorded but is not there: ${this.#tree} was changed.`);
    return found;
  }

  async #find(key: string): Promise<Answer | undefined> {
    const own = await fileAnswer(path.join(this.#tree, ...key.split('/')));
    if (own) return own;
    // A module cache's list names only what it holds, and its queries are of another day: immutable files only.
    if (/\/@v\/v[^/]+\.(info|mod|zip)$/.test(key)) {
      for (const cache of this.#caches) {
        const found = await fileAnswer(path.join(cache, ...key.split('/')));
        if (found) return found;
      }
    }
    const absent = await readFile(this.#absence(key), 'utf8').catch(() => undefined);
    if (absent === undefined) return undefined;
    const { status, body } = JSON.parse(absent) as { status: number; body: string };
    return { status, bytes: Buffer.from(body) };
  }

  #absence(key: string): string {
    return `${path.join(this.#tree, ...key.split('/'))}.absent`;
  }

  async #record(key: string): Promise<void> {
    if (this.#behind === null) throw new NotRecorded(`${key} is not recorded and recording is off.`);
    const url = `${this.#behind}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const answer = await patiently(url);
    this.fetched++;
    const file = answer.status === 200 ? path.join(this.#tree, ...key.split('/')) : this.#absence(key);
    const temp = path.join(this.#tree, 'tmp', randomUUID());
    await mkdir(path.dirname(temp), { recursive: true });
    await mkdir(path.dirname(file), { recursive: true });
    try {
      if (answer.status !== 200) {
        await writeFile(temp, JSON.stringify({ status: answer.status, body: await answer.text() }));
      } else if (answer.body) {
        await pipeline(Readable.fromWeb(answer.body), createWriteStream(temp));
      } else {
        await writeFile(temp, '');
      }
      await rename(temp, file);
    } catch (error) {
      await rm(temp, { force: true });
      throw new NotRecorded(`${key} could not be recorded: ${String(error)}`);
    }
  }
}

/** Asks the real mirror, again after trouble: a stray error must not be recorded for ever. */
async function patiently(url: string): Promise<Response> {
  let denials = 0;
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } }).catch(String);
    if (typeof answer !== 'string') {
      if ([200, 404, 410].includes(answer.status)) return answer;
      // Some mirrors mean absence by these; one that says it twice is believed.
      if ([400, 403].includes(answer.status) && ++denials === 2) return answer;
      await answer.arrayBuffer();
    }
    if (attempt === 4) {
      const why = typeof answer === 'string' ? answer : `the mirror answered ${answer.status}`;
      throw new NotRecorded(`${url} could not be recorded: ${why}`);
    }
    await sleep(200 * attempt);
  }
}

async function fileAnswer(file: string): Promise<Answer | undefined> {
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile()) return undefined;
  return {
    status: 200,
    file,
    size: facts.size,
    etag: `"${facts.size.toString(16)}-${Math.floor(facts.mtimeMs)}"`,
  };
}
