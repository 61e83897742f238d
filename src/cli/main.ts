import { checkNode } from './node-version.ts';

const tooOld = checkNode(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(`${tooOld}\n`);
  process.exit(2);
}
const { main } = await import('./modgate.ts');
process.exitCode = await main(process.argv.slice(2));
