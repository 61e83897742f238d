import { redactText } from '../config/redact.ts';
import { oneLine } from '../platform/escape.ts';
import type { Check } from './types.ts';

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
