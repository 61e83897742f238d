import { z } from 'zod';
import { parseDuration, parseSize } from './units.ts';
import { isUpstream, MAX_PREFETCH, MAX_UPSTREAMS, MODCACHE, ON_FAILURE, SAVE } from './values.ts';

/** Most entries that one list of the file may have: a bound for what a hostile file can cost. */
const MAX_ENTRIES = 10_000;

const text = z.string().trim().min(1).max(2_048);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_ENTRIES);

const duration = z.string().transform((value, ctx) => {
  const milliseconds = parseDuration(value);
  if (milliseconds !== undefined) return milliseconds;
  ctx.addIssue({
    code: 'custom',
    message: 'is not a duration; write a number and a unit, like 30d, 2h or 15m',
  });
  return z.NEVER;
});

const size = z.union([z.string(), z.number()]).transform((value, ctx) => {
  const bytes = parseSize(String(value));
  if (bytes !== undefined) return bytes;
  ctx.addIssue({ code: 'custom', message: 'is not a size; write a number and a unit, like 5GB or 512MiB' });
  return z.NEVER;
});

const upstreamUrl = text.refine(isUpstream, {
  error: 'is not an upstream; write an http, https or file URL, `direct` or `off`',
});

const upstream = z
  .union([upstreamUrl, z.strictObject({ url: upstreamUrl, 'absent-on-403': z.boolean().default(false) })])
  .transform(value => (typeof value === 'string' ? { url: value, 'absent-on-403': false } : value));

const host = text.regex(
  /^[^/\s]+$/,
  'is not a host; write the first element of a module path, without a slash',
);

const moduleRule = z.union([
  text,
  z.strictObject({
    pattern: text,
    versions: text.optional(),
    reason: text.optional(),
    use: text.optional(),
  }),
]);

const level = z.enum(['off', 'note', 'warning', 'error']);

const environmentName = text.regex(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'is not the name of an environment variable; the secret itself must not be in this file',
);

/**
 * The whole of `.modgate.yaml`: validation, types and JSON Schema come from here. Keys of features that this
 * version does not have are here too, so that a file written for a later version is checked the same way.
 */
export const schema = z.strictObject({
  version: z.literal(1).default(1),
  extends: list(text).default([]),
  proxy: z
    .strictObject({
      modcache: z.enum(MODCACHE).default('inherit'),
      'strict-graph': z.boolean().default(false),
      'on-failure': z.enum(ON_FAILURE).optional(),
      upstream: z.array(upstream).max(MAX_UPSTREAMS).default([]),
      private: list(text).default([]),
      ca: z
        .array(z.strictObject({ hosts: list(host).min(1), file: text }))
        .max(64)
        .default([]),
      credentials: z
        .array(z.strictObject({ host, username: text.optional(), 'token-env': environmentName }))
        .max(64)
        .default([]),
      prefetch: z.int().min(0).max(MAX_PREFETCH).default(32),
      idle: duration.prefault('2h'),
    })
    .prefault({}),
  hosts: z.strictObject({ allow: list(host).default([]), deny: list(host).default([]) }).prefault({}),
  modules: z
    .strictObject({ allow: list(moduleRule).default([]), deny: list(moduleRule).default([]) })
    .prefault({}),
  replace: z
    .strictObject({
      local: z.enum(['siblings', 'deny', 'allow']).default('siblings'),
      remote: z
        .strictObject({ allow: list(moduleRule).default([]), 'require-reason': z.boolean().default(false) })
        .prefault({}),
      downgrade: z.enum(['deny', 'allow']).default('deny'),
    })
    .prefault({}),
  rules: z
    .record(z.string().max(128), z.union([level, z.looseObject({ level: level.optional() })]))
    .default({}),
  waivers: list(
    z.strictObject({
      rule: text,
      file: text.optional(),
      module: text.optional(),
      owner: text,
      reason: text,
      expires: z.iso.date('is not a date; write YYYY-MM-DD'),
    }),
  ).default([]),
  cache: z
    .strictObject({
      store: text.default('auto'),
      save: z.enum(SAVE).default('auto'),
      'keep-since': duration.prefault('30d'),
      'max-size': size.prefault('5GB'),
    })
    .prefault({}),
  audit: z
    .strictObject({ store: text.nullable().default(null), required: z.boolean().default(false) })
    .prefault({}),
  'fail-on': z.enum(['note', 'warning', 'error']).default('error'),
});

/** The file after validation: every default filled in, durations in milliseconds, sizes in bytes. */
export type FileConfig = z.output<typeof schema>;

/** JSON Schema (draft 2020-12) of the file as it is written. */
export function jsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { io: 'input' }), title: 'modgate configuration' };
}
