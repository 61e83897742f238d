import { IndexError } from './index/errors.ts';
import { openIndex } from './index/open-index.ts';
import type { Index } from './types.ts';

type Place = Parameters<typeof openIndex>[0];

/**
 * An index whose database may be away when the collector starts: batches are to be taken all the same. Each call opens
 * it until that succeeds. Throws IndexError for all that waiting does not mend.
 */
export async function openPatiently(place: Place): Promise<Index> {
  try {
    return await openIndex(place);
  } catch (error) {
    if (error instanceof IndexError && error.code === 'unavailable') return new PatientIndex(place);
    throw error;
  }
}

class PatientIndex implements Index {
  readonly #place: Place;
  #opening: Promise<Index> | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  #open(): Promise<Index> {
    this.#opening ??= openIndex(this.#place).catch(error => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  apply: Index['apply'] = async batches => await (await this.#open()).apply(batches);
  known: Index['known'] = async digests => await (await this.#open()).known(digests);
  who: Index['who'] = async question => await (await this.#open()).who(question);
  used: Index['used'] = async question => await (await this.#open()).used(question);
  candidates: Index['candidates'] = async question => await (await this.#open()).candidates(question);
  conflicts: Index['conflicts'] = async question => await (await this.#open()).conflicts(question);
  jobs: Index['jobs'] = async question => await (await this.#open()).jobs(question);
  diff: Index['diff'] = async question => await (await this.#open()).diff(question);
  repositories: Index['repositories'] = async question => await (await this.#open()).repositories(question);
  unexplained: Index['unexplained'] = async question => await (await this.#open()).unexplained(question);
  explain: Index['explain'] = async (commit, change, again) =>
    await (await this.#open()).explain(commit, change, again);
  retain: Index['retain'] = async question => await (await this.#open()).retain(question);
  close: Index['close'] = async () => {
    const index = await this.#opening?.catch(() => undefined);
    await index?.close();
  };
}
