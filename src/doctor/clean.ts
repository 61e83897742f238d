import { credentialsIn, redactText } from '../config/redact.ts';
import { oneLine } from '../platform/escape.ts';
import type { Check, Env } from './types.ts';

/** Shorter ones are words that stand in every text. */
const MIN_SECRET = 6;

/**
 * The values that no output may hold: of variables that hold secrets by their names, of those that the configuration
 * names, and in every URL.
 * @param named variables that the configuration names for tokens
 * @param texts settings that may hold URLs, beside the environment
 */
export function secretsOf(
  env: Env,
  isSecret: (name: string, value?: string) => boolean,
  named: readonly string[],
  texts: readonly string[],
): string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    // The inputs of an action are its settings; of those only tokens are secret.
    const setting = name.startsWith('INPUT_') && !/TOKEN|PASSWORD|SECRET/i.test(name);
    if (named.includes(name) || (!setting && isSecret(name))) found.add(value);
    if (value.includes('://')) for (const one of credentialsIn(value)) found.add(one);
  }
  for (const text of texts) for (const one of credentialsIn(text)) found.add(one);
  return [...found].filter(one => one.length >= MIN_SECRET);
}

/** A check as it may be shown: each text one visible line without secrets, those of URLs by their place. */
export function cleaner(redact: (text: string) => string): (check: Check) => Check {
  const clean = (text: string): string => oneLine(redactText(redact(text)));
  return check => ({
    probe: check.probe,
    subject: clean(check.subject),
    state: check.state,
    what: clean(check.what),
    ...(check.why === undefined ? {} : { why: clean(check.why) }),
    ...(check.fix === undefined ? {} : { fix: clean(check.fix) }),
  });
}
