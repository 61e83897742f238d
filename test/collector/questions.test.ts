import { describe, expect, it } from 'vitest';
import { CollectorError } from '../../src/collector/errors.ts';
import { parseQuestion, type QuestionName } from '../../src/collector/questions.ts';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const DAY = 86_400_000;

describe('a question', () => {
  it.each([
    ['who', { module: 'a.example/x' }, { module: 'a.example/x', limit: 100 }],
    ['who', { module: 'a.example/x@v1.0.0' }, { module: 'a.example/x', version: 'v1.0.0', limit: 100 }],
    [
      'who',
      { module: 'a', version: 'v1', repository: 'r' },
      { module: 'a', version: 'v1', repository: 'r', limit: 100 },
    ],
    ['used', { module: 'a@v1', version: 'v1', limit: '7' }, { module: 'a', version: 'v1', limit: 7 }],
    ['log', {}, { limit: 100 }],
    ['log', { since: '2026-11-22' }, { since: NOW - 1.5 * DAY, limit: 100 }],
    ['log', { since: '2026-11-22T12:00:00+01:00' }, { since: NOW - DAY - 3_600_000, limit: 100 }],
    [
      'log',
      { since: '7d', decision: 'would_deny' },
      { since: NOW - 7 * DAY, decision: 'would_deny', limit: 100 },
    ],
    ['jobs', {}, { state: 'incomplete', before: NOW - DAY / 4, limit: 100 }],
    ['jobs', { older: '0', state: 'any' }, { state: 'any', before: NOW, limit: 100 }],
    ['diff', { from: 'a', to: 'b' }, { from: 'a', to: 'b' }],
    ['repositories', { limit: '1000', after: 'c' }, { limit: 1000, after: 'c' }],
  ] as const)('%s of %j', (name, params, question) => {
    expect(parseQuestion(name as QuestionName, params, NOW)).toEqual(question);
  });

  it.each([
    ['who', {}, 'module is missing'],
    ['who', { module: '' }, 'module is missing'],
    ['who', { module: 'a@' }, 'the version after @ is empty'],
    ['who', { module: 'a@v1', version: 'v2' }, 'two versions'],
    ['who', { module: 'a\0b' }, 'no name can have'],
    ['who', { module: 'a\ud800' }, 'no name can have'],
    ['who', { module: 'a'.repeat(1025) }, 'longer than'],
    ['who', { module: 'a'.repeat(100_000) }, 'longer than'],
    ['who', { modul: 'a' }, 'did you mean module?'],
    ['who', { ['x'.repeat(5000)]: 'a' }, 'who takes no'],
    ['who', JSON.parse('{"__proto__": "x"}') as Record<string, string>, 'who takes no'],
    ['used', { module: 'a', limit: '0' }, 'limit wants'],
    ['used', { module: 'a', limit: '1e3' }, 'limit wants'],
    ['log', { since: '2026-13-45' }, 'since wants'],
    ['log', { since: 'tomorrow' }, 'since wants'],
    ['log', { since: '2026-11-22T12:00:00' }, 'since wants'],
    ['log', { decision: 'DENY' }, 'decision wants'],
    ['jobs', { state: 'odd' }, 'state wants'],
    ['diff', { from: 'a' }, 'to is missing'],
  ] as const)('is none: %s of %j', (name, params, words) => {
    const parse = (): unknown => parseQuestion(name as QuestionName, params as Record<string, string>, NOW);
    expect(parse).toThrow(CollectorError);
    expect(parse).toThrow(words);
  });
});
