import { oneLine } from '../platform/escape.ts';
import { isSecretEnv } from '../platform/secrets.ts';
import { redactorOfEnv } from '../session/credentials/known-secrets.ts';

let redact: ((text: string) => string) | undefined;

/** Messages of a verb go to stderr, one harmless line each, without the secrets of the environment. */
export function say(line: string): void {
  redact ??= redactorOfEnv(process.env, isSecretEnv).redact;
  process.stderr.write(`modgate: ${oneLine(redact(line))}\n`);
}
