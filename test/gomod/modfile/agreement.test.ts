import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toByteString } from '../../../src/gomod/go-text.ts';
import { GoModError, parseGoMod, parseGoWork } from '../../../src/gomod/index.ts';
import { goModJson, goWorkJson, type JsonForm } from '../../../src/gomod/modfile/json.ts';
import { oddInputs, realGoMods, realGoWorks } from './corpus.ts';
import { mutated } from './mutations.ts';
import { type Answer, type GoLine, type Input, Oracle } from './oracle.ts';

const MUTATIONS = 10_000;
const SAMPLE = 200;

const UNICODE = { '1.26': 15, '1.27': 17 } as const satisfies Record<GoLine, number>;

/** What modgate says of a file as a Go release reads it. */
function ours({ dialect, bytes }: Input, line: GoLine, form: JsonForm): Answer {
  const unicode = UNICODE[line];
  const windows = process.platform === 'win32';
  try {
    if (dialect === 'work') return { json: goWorkJson(parseGoWork(bytes, { unicode, windows }), form) };
    return { json: goModJson(parseGoMod(bytes, { unicode, windows, lax: dialect === 'lax' }), form) };
  } catch (error) {
    if (error instanceof GoModError) return { error: toByteString(error.message) };
    throw error;
  }
}

function withoutNull(answer: Answer): unknown {
  return JSON.parse(JSON.stringify(answer), (_key, value: unknown) => (value === null ? undefined : value));
}

/** With bytes that are no UTF-8 replaced, as standard error of a process arrives here. */
function asPrinted(answer: Answer): Answer {
  if (!('error' in answer)) return answer;
  return { error: Buffer.from(answer.error, 'latin1').toString('utf8').trimEnd() };
}

/** Whole where that helps: a long file says nothing in a log, the seed gives it again. */
function describeInput({ dialect, bytes }: Input): string {
  return `${dialect} ${Buffer.from(bytes).toString('base64').slice(0, 3000)}`;
}

/** The inputs on which the two do not agree, with what each says; at most a few. */
async function differences(inputs: readonly Input[], oracle: Oracle): Promise<unknown[]> {
  const answers = await oracle.ask(inputs);
  return inputs
    .flatMap((input, i) => {
      const go = answers[i];
      // The form of 1.27 leaves out nothing of a go.work; that of 1.26 is compared with go itself.
      const own = ours(input, oracle.line, '1.27');
      if (go !== undefined && JSON.stringify(withoutNull(go)) === JSON.stringify(own)) return [];
      return [{ input: describeInput(input), go, ours: own }];
    })
    .slice(0, 5);
}

const oracles: Oracle[] = [];
let mods: Input[] = [];
let works: Input[] = [];

beforeAll(async () => {
  oracles.push(await Oracle.build('1.26'), await Oracle.build('1.27'));
  mods = (await realGoMods()).map(bytes => ({ dialect: 'mod', bytes }));
  works = realGoWorks().map(bytes => ({ dialect: 'work', bytes }));
}, 300_000);

afterAll(async () => {
  await Promise.all(oracles.map(oracle => oracle[Symbol.asyncDispose]()));
});

describe('agreement with go', () => {
  it('on every real file, strict and lax', async () => {
    const files = [...mods, ...works, ...mods.map(({ bytes }): Input => ({ dialect: 'lax', bytes }))];
    for (const oracle of oracles) expect(await differences(files, oracle)).toEqual([]);
  });

  it('on the recorded oddities, strict and lax, on both releases', async () => {
    const odd = oddInputs();
    const lax = odd
      .filter(({ dialect }) => dialect === 'mod')
      .map(({ bytes }): Input => ({ dialect: 'lax', bytes }));
    for (const oracle of oracles) expect(await differences([...odd, ...lax], oracle)).toEqual([]);
  });

  it(`on ${MUTATIONS} damaged files, strict and lax, and the oracle with go itself`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    process.stdout.write(`mutations of go.mod and go.work: seed ${seed}\n`);
    // Large files take most of the time and hold little that small ones do not.
    const small = mods.filter(({ bytes }) => bytes.length < 4000);
    const seeds = fc.oneof(
      { weight: 5, arbitrary: mutated(small) },
      { weight: 3, arbitrary: mutated(oddInputs()) },
      { weight: 2, arbitrary: mutated(works) },
    );
    const inputs = fc.sample(seeds, { seed, numRuns: MUTATIONS });
    const lax = inputs
      .filter(({ dialect }) => dialect === 'mod')
      .slice(0, 3000)
      .map(({ bytes }): Input => ({ dialect: 'lax', bytes }));
    for (const oracle of oracles) {
      expect(await differences([...inputs, ...lax], oracle), `seed ${seed}`).toEqual([]);
    }

    const some = inputs.filter((_, i) => i % (MUTATIONS / SAMPLE) === 0);
    for (const oracle of oracles) {
      for (const [i, input] of some.entries()) {
        const itself = await oracle.goItself(input, `${i}`);
        expect(
          asPrinted(ours(input, oracle.line, oracle.line)),
          `seed ${seed}: ${describeInput(input)}`,
        ).toEqual(itself);
      }
    }
    const refused = (await oracles[0]?.ask(inputs))?.filter(answer => 'error' in answer).length ?? 0;
    // Neither all good nor all bad, or the edits would test nothing.
    expect(refused).toBeGreaterThan(MUTATIONS / 5);
    expect(refused).toBeLessThan((MUTATIONS * 4) / 5);
  }, 300_000);
});
