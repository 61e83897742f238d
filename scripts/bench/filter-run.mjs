// The filter of children, in a process of its own as in a session. Prints the URL that a child gets; ends with its stdin.
//   node filter-run.mjs HOST:PORT
import { startFilter } from '../../src/session/network/filter.ts';
import { HostRules } from '../../src/session/network/host-rules.ts';
import { HostSet } from '../../src/session/network/host-set.ts';
import { systemResolve } from '../../src/session/network/resolve.ts';

const configured = new HostSet();
configured.add(process.argv[2]);
const rules = new HostRules({ configured, lists: () => undefined });
const filter = await startFilter({
  judge: target => rules.origin(target),
  judgeSsh: () => Promise.reject(new Error('no ssh here')),
  resolve: systemResolve,
  proxyFor: () => undefined,
  ca: () => Promise.resolve([]),
  log: line => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(filter.urlFor(filter.open('')))}\n`);
process.stdin.resume().on('end', () => {
  filter.close();
  process.exit(0);
});
