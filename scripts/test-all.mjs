// Installs everything and passes all tests: `node scripts/test-all.mjs [vitest arguments]`.
import { fileURLToPath } from 'node:url';
import { install, runToEnd } from './install.mjs';

const script = name => fileURLToPath(new URL(name, import.meta.url));

const node = await install();
if ((await runToEnd(node, [script('tools.mjs')])) !== 0) process.exit(1);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
process.exitCode = await runToEnd(node, [vitest, 'run', ...process.argv.slice(2)]);
