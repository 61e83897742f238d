import { z } from 'zod';
import { footer, header, inventory, receipt, request } from './record.ts';

/**
 * JSON Schema (2020-12) of one line of a batch, and of the receipt in front of a raw one. What holds between lines
 * (order, sequence, digests) is in docs/audit-format.md.
 */
export function auditJsonSchema(): Record<string, unknown> {
  const lines = { header, request, inventory, footer, receipt };
  const $defs: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(lines)) {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
    $defs[name] = rest;
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'modaudit/1: one line of a batch',
    oneOf: Object.keys(lines).map(name => ({ $ref: `#/$defs/${name}` })),
    $defs,
  };
}
