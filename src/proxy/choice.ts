import { buffer } from 'node:stream/consumers';
import { parseInfo } from '../gomod/info.ts';
import { formatVersionList, type ListedVersion, parseVersionList } from '../gomod/list.ts';
import { latestOf } from '../store/lists.ts';
import { ProxyError } from './errors.ts';
import type { ModuleFiles } from './module-files.ts';
import { refused } from './refusal.ts';
import type { Denial, VerdictFn } from './types.ts';
import type { TextAnswer, Versions } from './versions.ts';

export interface ChoiceDeps {
  readonly versions: Versions;
  readonly files: ModuleFiles;
  readonly verdict: VerdictFn;
}

/**
 * Where go chooses a version: nothing that the policy refuses is offered.
 *
 * To find out which part of `github.com/acme/tool/cmd/x` is the module, go asks for every prefix at once, and a
 * refusal of a longer one stops it before it sees that a shorter one is what it wants. So of a refused path an
 * upstream proxy is asked first: one that is no module is absent as ever, and only a module is refused. Version
 * control is not asked for it, and where all of a host is refused, nobody is.
 */
export class Choice {
  readonly #deps: ChoiceDeps;
  constructor(deps: ChoiceDeps) {
    this.#deps = deps;
  }

  /** `@v/list` without the versions that are refused. */
  async list(module: string): Promise<TextAnswer> {
    const { versions, verdict } = this.#deps;
    const whole = await verdict(module, '', 'choose');
    if (whole.decision === 'deny') {
      const there = await this.#ifThere(module, whole, () => versions.list(module, PROXIES_ONLY));
      // A repository's directory that is no module has an empty list, and nothing is chosen from that.
      if (there.bytes.length === 0) return there;
      throw refused(whole);
    }
    const answer = await versions.list(module);
    const { allowed, denial } = await this.#split(module, parseVersionList(answer.bytes));
    if (denial === undefined) return answer;
    if (allowed.length === 0) throw refused(denial);
    return { ...answer, bytes: formatVersionList(allowed) };
  }

  /** `@latest`, or the newest version of the list where that one is refused. */
  async latest(module: string): Promise<TextAnswer> {
    const { versions, files, verdict } = this.#deps;
    const whole = await verdict(module, '', 'choose');
    if (whole.decision === 'deny') {
      await this.#ifThere(module, whole, () => versions.latest(module, PROXIES_ONLY));
      throw refused(whole);
    }
    const answer = await versions.latest(module);
    const told = await verdict(module, parseInfo(answer.bytes).version, 'choose');
    if (told.decision !== 'deny') return answer;
    const list = parseVersionList((await versions.list(module)).bytes);
    const { allowed } = await this.#split(module, list);
    const version = latestOf(allowed.map(one => one.version));
    if (version === undefined) throw refused(told);
    const { file, source, retries, upstream } = await files.get({ path: module, version }, 'info');
    return {
      bytes: file.bytes ?? (await buffer(file.stream())),
      source: source === 'disk' ? 'store' : source,
      retries,
      stale: answer.stale,
      ...(upstream === undefined ? {} : { upstream }),
    };
  }

  /** What a branch or another query is just now. */
  async query(module: string, query: string): Promise<TextAnswer> {
    const { versions, verdict } = this.#deps;
    const whole = await verdict(module, '', 'choose');
    if (whole.decision === 'deny') {
      await this.#ifThere(module, whole, () => versions.query(module, query, PROXIES_ONLY));
      throw refused(whole);
    }
    const answer = await versions.query(module, query);
    const told = await verdict(module, parseInfo(answer.bytes).version, 'choose');
    if (told.decision === 'deny') throw refused(told);
    return answer;
  }

  /** Throws what a refused version is answered with: the refusal, or its absence. */
  async refuseVersion(module: string, version: string, denial: Denial): Promise<never> {
    const { versions } = this.#deps;
    if (!(await versions.has(module, version))) {
      await this.#ifThere(module, denial, () => versions.query(module, version, PROXIES_ONLY));
    }
    throw refused(denial);
  }

  /** Throws the refusal unless `ask` says that there is no such module: an outage changes no verdict. */
  async #ifThere(module: string, denial: Denial, ask: () => Promise<TextAnswer>): Promise<TextAnswer> {
    if (denial.wholeHost === true || !this.#deps.versions.asksProxies(module)) throw refused(denial);
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ProxyError && error.code === 'absent') throw error;
      throw refused(denial);
    }
  }

  async #split(
    module: string,
    list: readonly ListedVersion[],
  ): Promise<{ allowed: ListedVersion[]; denial: Denial | undefined }> {
    const allowed: ListedVersion[] = [];
    let denial: Denial | undefined;
    for (const one of list) {
      const told = await this.#deps.verdict(module, one.version, 'choose');
      if (told.decision === 'deny') denial = told;
      else allowed.push(one);
    }
    return { allowed, denial };
  }
}

const PROXIES_ONLY = { direct: false } as const;
