import { type CacheAnswer, type CacheRequest, lostBy } from '../platform/cache-process.ts';
import { performCacheOperation } from './cache-operations.ts';
import { parseCacheRequest } from './cache-request.ts';
import { captureLog } from './captured.ts';
import { withHidden } from './hidden-env.ts';

/**
 * One operation on the shared cache: a JSON request on standard input, one JSON answer line on standard
 * output, everything the cache client prints on standard error. Always exits with 0.
 */
const MAX_REQUEST = 256 * 1024;

const toParent = process.stdout.write.bind(process.stdout);

function answer(line: CacheAnswer): void {
  toParent(`${JSON.stringify(line)}\n`, () => process.exit(0));
}

async function readRequest(): Promise<string> {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.length > MAX_REQUEST) throw new Error('the request is too long');
  }
  return text;
}

async function main(): Promise<CacheAnswer> {
  const request = parseCacheRequest(await readRequest());
  const started = performance.now();
  const elapsed = (): number => Math.round(performance.now() - started);
  const fail = (why: string): CacheAnswer => {
    return {
      ok: false,
      op: request.op,
      why,
      lost: lostBy(request.op, request.modules),
      ms: elapsed(),
    };
  };
  setTimeout(() => answer(fail(`it took longer than ${seconds(request)} s`)), request.timeoutMs);
  process.on('uncaughtException', error => answer(fail(error.message)));
  process.on('unhandledRejection', error => answer(fail(String(error))));

  const log = captureLog({
    pass: line => process.stderr.write(`cache: ${line}\n`),
    onRetried: why => answer(fail(why)),
  });
  // The client writes commands for the runner; here nobody but the parent may read standard output.
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    log.write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = rest.find(argument => typeof argument === 'function');
    if (done) (done as () => void)();
    return true;
  }) as typeof process.stdout.write;

  process.chdir(request.dir);
  const { ZSTD_CLEVEL: level = '1', ...service } = request.env;
  process.env = withHidden(
    // Level 1 takes half the time of the default and gives 7 % more bytes.
    { ...process.env, ZSTD_CLEVEL: level },
    { ...service, GITHUB_WORKSPACE: request.dir, RUNNER_TEMP: request.dir },
  );
  const { restoreCache, saveCache } = await import('@actions/cache');
  return performCacheOperation(request, { restoreCache, saveCache }, log);
}

function seconds(request: CacheRequest): number {
  return Math.round(request.timeoutMs / 100) / 10;
}

main().then(answer, (error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  answer({
    ok: false,
    op: 'lookup',
    why: `the cache request cannot be used: ${why}`,
    lost: lostBy('lookup'),
    ms: 0,
  });
});
