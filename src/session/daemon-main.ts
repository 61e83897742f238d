import { writeSync } from 'node:fs';
import { redactorOf } from './credentials/known-secrets.ts';
import type { DaemonRequest, Handshake } from './types.ts';

/** The descriptor that the starter reads the handshake from. */
const HANDSHAKE_FD = 3;

function shake(handshake: Handshake): void {
  try {
    writeSync(HANDSHAKE_FD, `${JSON.stringify(handshake)}\n`);
  } catch {
    // The starter is gone; the session file says the same.
  }
}

// Loads while the starter is still asking go for its settings.
const loading = import('./daemon.ts');
const parts: Buffer[] = [];
for await (const part of process.stdin) parts.push(part as Buffer);
const request = JSON.parse(Buffer.concat(parts).toString()) as DaemonRequest;
try {
  const { runDaemon } = await loading;
  await runDaemon(request, shake);
} catch (error) {
  const { redact } = redactorOf(request);
  const message = redact(error instanceof Error ? error.message : String(error));
  const told = (error as { code?: string }).code;
  const code = told === 'cannot-listen' || told === 'audit' ? told : 'internal';
  process.stderr.write(`${redact((error instanceof Error && error.stack) || message)}\n`);
  shake({ ok: false, code, message });
  process.exit(1);
}
