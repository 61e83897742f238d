import { describe, expect, it } from 'vitest';
import { GoModError, parseGoMod, parseGoWork, toGoModJson, toGoWorkJson } from '../../../src/gomod/index.ts';
import { jsonLines } from '../vectors.ts';

interface Row {
  readonly id: string;
  readonly file: 'go.mod' | 'go.work';
  readonly input_b64: string;
  readonly ok: boolean;
  readonly json: unknown;
  readonly error: string | null;
}

const rows = jsonLines<Row>('gomod/cases.jsonl');

describe('every case that was recorded from go', () => {
  it('has as many as there should be', () => {
    expect(rows.length).toBeGreaterThanOrEqual(538);
  });

  for (const { id, file, input_b64, ok, json, error } of rows) {
    const bytes = new Uint8Array(Buffer.from(input_b64, 'base64'));
    const parse = file === 'go.mod' ? parseGoMod : parseGoWork;
    const print = () => (file === 'go.mod' ? toGoModJson(bytes) : toGoWorkJson(bytes));

    if (ok) {
      it(`${id}: the same JSON`, () => expect(print()).toEqual(json));
      continue;
    }
    it(`${id}: the same error at the same place`, () => {
      let thrown: unknown;
      try {
        parse(bytes);
      } catch (caught) {
        thrown = caught;
      }
      if (!(thrown instanceof GoModError)) throw new Error(`accepted, but go says ${error}`);
      expect(thrown.message.split('\n')[0]).toBe(error);
      const [, line = '', , column = '1'] = /^go\.\w+:(\d+)(:(\d+))?: /.exec(error ?? '') ?? [];
      expect([thrown.line, thrown.column]).toEqual([Number(line), Number(column)]);
      expect(thrown.code).toBe(file === 'go.mod' ? 'invalid-go-mod' : 'invalid-go-work');
      expect(print).toThrow(GoModError);
    });
  }
});
