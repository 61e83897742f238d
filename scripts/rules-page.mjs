// Writes docs/rules.md from the pages of the rules. A test holds the two equal.
import { writeFileSync } from 'node:fs';
import { rulesPage } from '../src/policy/pages.ts';

writeFileSync(new URL('../docs/rules.md', import.meta.url), rulesPage());
