// Writes docs/audit.schema.json from the schema of the records. A test holds the two equal.
import { writeFileSync } from 'node:fs';
import { auditJsonSchema } from '../src/audit/json-schema.ts';

const text = `${JSON.stringify(auditJsonSchema(), null, 2)}\n`;
writeFileSync(new URL('../docs/audit.schema.json', import.meta.url), text);
