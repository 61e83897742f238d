import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { RULE_IDS, RULES } from '../../src/config/rule-ids.ts';
import { jsonSchema } from '../../src/config/schema.ts';
import { failure, load } from './workspace.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/config');

function fixtures(kind: string): [name: string, text: string][] {
  const files = readdirSync(path.join(FIXTURES, kind));
  return files.map(name => [name, readFileSync(path.join(FIXTURES, kind, name), 'utf8')]);
}

const readRemote = () => Promise.resolve(Buffer.from(''));

describe('the JSON Schema', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

  it('is one', () => {
    expect(ajv.validateSchema(jsonSchema())).toBe(true);
    expect(jsonSchema().$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it('has every key, and every rule with its options and what it is for', () => {
    type Node = { properties: Record<string, Node>; anyOf: Node[]; description?: string };
    const { properties } = jsonSchema() as unknown as Node;
    expect(Object.keys(properties).toSorted()).toEqual([...Object.keys(DEFAULTS), 'waivable'].toSorted());
    const rules = properties.rules?.properties ?? {};
    expect(Object.keys(rules)).toEqual(RULE_IDS);
    for (const id of RULE_IDS) {
      expect(rules[id]?.description, id).toMatch(/\w/);
      const options = Object.keys(rules[id]?.anyOf[1]?.properties ?? {});
      expect(options, id).toEqual(expect.arrayContaining(['level', ...Object.keys(RULES[id].options)]));
      for (const option of options.slice(1)) {
        expect(rules[id]?.anyOf[1]?.properties[option]?.description, `${id} ${option}`).toMatch(/\w/);
      }
    }
  });

  it.each(fixtures('good'))('accepts %s, as modgate does', async (_, text) => {
    const validate = ajv.compile(jsonSchema());
    expect(validate(parse(text)), ajv.errorsText(validate.errors)).toBe(true);
    await load(text, { readRemote }, { 'policy/base.yaml': '' });
  });

  it.each(fixtures('bad'))('refuses %s, as modgate does', async (_, text) => {
    const validate = ajv.compile(jsonSchema());
    expect(validate(parse(text))).toBe(false);
    expect((await failure(load(text))).code).toBe('config-invalid');
  });

  it('sees that the example of everything has everything', () => {
    const [, text = ''] = fixtures('good').find(([name]) => name === 'everything.yaml') ?? [];
    const values = parse(text) as Record<string, object>;
    const known = (jsonSchema() as { properties: Record<string, { properties?: object }> }).properties;
    for (const [key, { properties = {} }] of Object.entries(known)) {
      expect(Object.keys(values)).toContain(key);
      if (key === 'rules') continue;
      expect(Object.keys(values[key] ?? {})).toEqual(expect.arrayContaining(Object.keys(properties)));
    }
  });
});
