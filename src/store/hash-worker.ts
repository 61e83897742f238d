import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { hashZip } from '../gomod/zip.ts';
import { fileByteSource } from './byte-source.ts';
import { errnoOf } from './errors.ts';
import { isAbsent } from './files.ts';
import type { HashReply, HashRequest } from './hasher.ts';
import { MAX_SIZE } from './layout.ts';
import { StoredCopy } from './stored-copy.ts';
import type { FileFacts } from './types.ts';

/** One for the life of the thread: fresh ones would pile up faster than they are collected. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

async function answer({ file, mv, membersOnly, storedTo }: HashRequest): Promise<HashReply> {
  let source: ReturnType<typeof fileByteSource> | undefined;
  let copy: StoredCopy | undefined;
  try {
    source = fileByteSource(file);
    if (source.size > MAX_SIZE.zip) {
      const message = `${file} is ${source.size} bytes long; a module zip has at most ${MAX_SIZE.zip}`;
      return { ok: false, code: 'bad-zip', message, detail: 'too-large' };
    }
    const facts = membersOnly ? {} : { facts: digest(source) };
    if (mv === undefined) return { ok: true, ...facts };
    if (storedTo !== undefined) copy = new StoredCopy(storedTo);
    const zip = await hashZip(source, mv, {}, copy);
    const stored = copy?.finish();
    return { ok: true, ...facts, zip, ...(stored === undefined ? {} : { stored }) };
  } catch (error) {
    return refusal(error);
  } finally {
    copy?.discard();
    source?.close();
  }
}

function digest(source: ReturnType<typeof fileByteSource>): FileFacts {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, source.size - at));
    source.readInto(part, at);
    hash.update(part);
  }
  return { sha256: hash.digest('hex'), size: source.size };
}

function refusal(error: unknown): HashReply {
  const message = error instanceof Error ? error.message : String(error);
  const code = errnoOf(error);
  if (isAbsent(error)) return { ok: false, code: 'absent', message };
  if (error instanceof Error && error.name === 'ZipError') {
    return { ok: false, code: 'bad-zip', message, ...(code === undefined ? {} : { detail: code }) };
  }
  return { ok: false, code: 'unreadable', message, ...(code === undefined ? {} : { detail: code }) };
}

parentPort?.on('message', (request: HashRequest) => {
  void answer(request).then(reply => parentPort?.postMessage(reply));
});
