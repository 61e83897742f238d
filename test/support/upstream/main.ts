// The simulated mirror by hand: `node test/support/upstream/main.ts --latency 30`.
// Prints one JSON line with its URL; a line `stats` on standard input prints a JSON line of figures. Ends with
// its input when --attached is given (so that it cannot outlive a script that started it), else by a signal.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Fault, Faults } from './types.ts';
import { startUpstream } from './upstream.ts';

const USAGE = `usage: node test/support/upstream/main.ts [options]
  --latency MS         wait before each answer
  --bandwidth BYTES    bytes a second, all answers together
  --port PORT          default: any free one
  --tree DIR           where answers are recorded (default .tools/upstream)
  --module-cache DIR   a cache/download tree to read from (default: the machine's), repeatable
  --offline            never ask the real mirror
  --no-range           ignore Range headers
  --http2              TLS with HTTP/2
  --fault KIND         reset cut cut-clean cut-abort html flip-byte empty stall silence redirect-loop
                       encoding drip wrong-version, or a status such as 503
  --fault-first N      only the first N requests of each path (default: all)
  --attached           end when standard input ends
`;

const { values } = parseArgs({
  options: {
    latency: { type: 'string' },
    bandwidth: { type: 'string' },
    port: { type: 'string' },
    tree: { type: 'string' },
    'module-cache': { type: 'string', multiple: true },
    offline: { type: 'boolean' },
    'no-range': { type: 'boolean' },
    http2: { type: 'boolean' },
    fault: { type: 'string' },
    'fault-first': { type: 'string' },
    attached: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const upstream = await startUpstream({
  latencyMs: Number(values.latency ?? 0),
  ...(values.bandwidth ? { bytesPerSecond: Number(values.bandwidth) } : {}),
  ...(values.port ? { port: Number(values.port) } : {}),
  ...(values.tree ? { tree: values.tree } : {}),
  ...(values['module-cache'] ? { moduleCaches: values['module-cache'] } : {}),
  ...(values.offline ? { behind: null } : {}),
  ...(values.fault ? { faults: firstOfEach(values.fault, Number(values['fault-first'] ?? Infinity)) } : {}),
  ranges: !values['no-range'],
  http2: values.http2 ?? false,
});
process.stdout.write(`${JSON.stringify({ url: upstream.url, caFile: upstream.caFile })}\n`);

const input = createInterface({ input: process.stdin });
input.on('line', line => {
  if (line.trim() === 'stats') process.stdout.write(`${JSON.stringify(upstream.stats())}\n`);
});
input.on('close', () => {
  if (values.attached) void upstream.close();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void upstream.close().then(() => process.exit(0)));
}

function firstOfEach(name: string, count: number): Faults {
  const fault = named(name);
  return asked => (asked.nth <= count ? fault : undefined);
}

function named(name: string): Fault {
  if (/^\d{3}$/.test(name)) return { kind: 'status', status: Number(name) };
  switch (name) {
    case 'cut-clean':
      return { kind: 'cut-chunked', end: 'clean' };
    case 'cut-abort':
      return { kind: 'cut-chunked', end: 'abort' };
    case 'encoding':
      return { kind: 'encoding', real: false };
    case 'reset':
    case 'cut':
    case 'html':
    case 'flip-byte':
    case 'empty':
    case 'stall':
    case 'silence':
    case 'redirect-loop':
    case 'drip':
    case 'wrong-version':
      return { kind: name };
    default:
      process.stderr.write(`${name} is no fault.\n${USAGE}`);
      process.exit(2);
  }
}
