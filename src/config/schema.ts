import { z } from 'zod';
import { parseRange } from '../gomod/version-range.ts';
import { auditStoreProblem } from './audit-store.ts';
import { AUDIT_TOKEN_ENV, BASELINE_FILE, SKIPPED_DIRECTORIES } from './defaults.ts';
import { hostPortProblem } from './host-port.ts';
import { isPlainLoopback } from './loopback.ts';
import { layersProblem, MAX_STORES, moduleStoreProblem } from './module-store.ts';
import { hostPatternProblem, modulePatternProblem } from './patterns.ts';
import { RULE_IDS, type RuleId } from './rule-ids.ts';
import { judged, rulesSchema } from './rule-options.ts';
import { parseDuration, parseSize } from './units.ts';
import {
  gitRefProblem,
  isUpstream,
  MAX_ENTRIES,
  MAX_FILES,
  MAX_PREFETCH,
  MAX_UPSTREAMS,
  MODCACHE,
  ON_FAILURE,
  SAVE,
  ZIPS,
} from './values.ts';

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

/** One server: a credential for it, or an exception, must mean no other one. */
const hostPort = judged(hostPortProblem);

const hostPattern = judged(hostPatternProblem);
const modulePattern = judged(modulePatternProblem);

const versions = judged(value => {
  const parsed = parseRange(value);
  return 'problem' in parsed ? parsed.problem : undefined;
});

const moduleRule = z.union([
  modulePattern,
  z.strictObject({
    pattern: modulePattern,
    versions: versions.optional().describe('a range like "<v1.2.3" or ">=v1.2.0 <v1.5.0"; all when left out'),
    reason: text.optional().describe('why, for whoever meets the rule'),
    use: text.optional().describe('what to use instead'),
  }),
]);

const directoryName = judged(value =>
  /^[^/\\\0]+$/.test(value) && value !== '.' && value !== '..'
    ? undefined
    : 'is not the name of a directory; write one name without slashes, which counts at every depth',
);

const fileInside = judged(value =>
  /^(?![/\\]|[A-Za-z]:)[^\\\0]+$/.test(value) && !value.split('/').includes('..')
    ? undefined
    : 'is not a path inside the repository; write it relative to the root, with forward slashes',
);

const gitRef = judged(gitRefProblem);

/** Lenient on purpose: what a waiver lacks is a finding at its line, so that it cannot hide behind a broken file. */
const waiverText = z.string().trim().max(2_048).optional();
const owners = z
  .union([z.string().trim().max(2_048), z.array(z.string().trim().max(2_048)).max(64)])
  .optional();

const environmentName = text.regex(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'is not the name of an environment variable; the secret itself must not be in this file',
);

const moduleStore = judged(moduleStoreProblem);

const forgeUrl = judged(value => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const right = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '';
  return right ? undefined : 'is not the address of a forge; write an http or https URL without credentials';
});

const issuerUrl = judged(value => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const safe = url?.protocol === 'https:' || (url !== undefined && isPlainLoopback(url));
  // Compared to the letter, and keys are asked below it.
  const plain = url !== undefined && /^[^?#@\s]*[^/?#@\s]$/.test(value);
  return safe && plain
    ? undefined
    : 'is not an issuer; write the https URL that is the `iss` of its tokens, without a slash at the end';
});

const audience = judged(value =>
  /^[\w.:/-]{1,200}$/.test(value)
    ? undefined
    : 'is not an audience; write up to 200 letters, digits and . : / - _, like the host name of the collector',
);

const ownerId = judged(value =>
  /^[1-9]\d{0,19}$/.test(value)
    ? undefined
    : 'is not a numeric id; write that of the organisation, user or group in quotes: names can be taken over by others',
);

/**
 * The whole of `.modgate.yaml`: validation, types and JSON Schema come from here. Keys of features that this
 * version does not have are here too, so that a file written for a later version is checked the same way.
 */
export const schema = z.strictObject({
  version: z.literal(1).default(1),
  extends: z
    .array(text)
    .max(MAX_FILES)
    .default([])
    .describe('local path, or owner/repo/path@<full commit>; what these files say can only be tightened'),
  proxy: z
    .strictObject({
      modcache: z.enum(MODCACHE).default('inherit'),
      'strict-graph': z.boolean().default(false),
      'on-failure': z.enum(ON_FAILURE).optional(),
      upstream: z.array(upstream).max(MAX_UPSTREAMS).default([]),
      private: list(modulePattern)
        .default([])
        .describe(
          'GOPRIVATE globs of modules that are fetched from version control alone: no upstream and no checksum database hears of them',
        ),
      ca: z
        .array(
          z.strictObject({
            hosts: list(host).min(1),
            file: text.describe('PEM file, relative to the root of the repository'),
          }),
        )
        .max(64)
        .default([])
        .describe('certificate authorities of a company, and the hosts that they speak for'),
      hosts: list(host)
        .default([])
        .describe(
          'further hosts that may be asked, whatever address they have: storage that an upstream redirects to',
        ),
      ssh: list(host)
        .default([])
        .describe('hosts that git may reach by ssh; those that the configuration names when left out'),
      credentials: z
        .array(
          z.strictObject({
            host: hostPort.describe('the server, as host or host:port; no other one is shown the token'),
            username: text
              .optional()
              .describe('user name for it; without one a module proxy gets a bearer token'),
            'token-env': environmentName.describe('variable that holds the token or password'),
          }),
        )
        .max(64)
        .default([])
        .describe('tokens for module proxies and for servers of private modules'),
      insecure: list(hostPort)
        .max(64)
        .default([])
        .describe('hosts, as host or host:port, that may be sent credentials over plain http'),
      vulndb: judged(value =>
        /^https?:\/\//i.test(value) && URL.canParse(value) && !/\s/.test(value)
          ? undefined
          : 'is not the address of a vulnerability database; write its http or https URL',
      )
        .nullable()
        .default(null)
        .describe('vulnerability database that the job gets through modgate, as GOVULNDB'),
      prefetch: z.int().min(0).max(MAX_PREFETCH).default(32),
      idle: duration.prefault('2h'),
    })
    .prefault({}),
  hosts: z
    .strictObject({ allow: list(hostPattern).default([]), deny: list(hostPattern).default([]) })
    .describe('hosts of modules: the whole first element of a path, or a glob for it')
    .prefault({}),
  modules: z
    .strictObject({ allow: list(moduleRule).default([]), deny: list(moduleRule).default([]) })
    .prefault({}),
  replace: z
    .strictObject({
      local: z
        .enum(['siblings', 'deny', 'allow'])
        .optional()
        .describe('which local replacements are accepted; siblings when left out'),
      remote: z
        .strictObject({ allow: list(moduleRule).default([]), 'require-reason': z.boolean().default(false) })
        .prefault({}),
      downgrade: z
        .enum(['deny', 'allow'])
        .optional()
        .describe('deny: an error, allow: accepted; a warning when left out'),
    })
    .prefault({}),
  rules: rulesSchema.default({}),
  waivers: list(
    z.strictObject({
      rule: waiverText.describe('id of the rule'),
      file: waiverText.describe('file that the finding is in, or a glob; file or module is needed'),
      module: waiverText.describe('module that the finding is about, or a GOPRIVATE glob'),
      owner: owners.describe('who answers for it'),
      owners: owners.describe('the same; two where a rule asks for two'),
      reason: waiverText.describe('why it is accepted'),
      expires: waiverText.describe('last day that it counts, YYYY-MM-DD'),
    }),
  ).default([]),
  waivable: list(z.enum(RULE_IDS as readonly [RuleId, ...RuleId[]]))
    .optional()
    .describe('rules that a repository which extends this file may waive'),
  baseline: fileInside.default(BASELINE_FILE).describe('file of accepted findings, which can only shrink'),
  check: z
    .strictObject({
      skip: list(directoryName)
        .default([...SKIPPED_DIRECTORIES])
        .describe('names of directories that are not looked into'),
    })
    .prefault({}),
  cache: z
    .strictObject({
      store: z
        .union([
          moduleStore,
          z
            .array(moduleStore)
            .min(1)
            .max(MAX_STORES)
            .superRefine((texts, ctx) => {
              const message = layersProblem(texts);
              if (message !== undefined) ctx.addIssue({ code: 'custom', message });
            }),
        ])
        .default('auto')
        .describe(
          'where modules are kept: auto, a directory, the URL of a bucket, or a list of them, read in that order',
        ),
      save: z.enum(SAVE).default('auto'),
      zips: z
        .enum(ZIPS)
        .default('auto')
        .describe('form in which zips are kept: not deflated where that is faster, or as they were fetched'),
      'keep-since': duration.prefault('30d'),
      'max-size': size.prefault('5GB'),
      quota: size.prefault('2GB').describe('most that all entries of the shared cache take together'),
      // Off, because nobody can verify what a compiler has made: see docs/build-cache.md.
      build: z
        .boolean()
        .default(false)
        .describe(
          'whether later jobs get what this one compiled (GOCACHE); off, because objects cannot be verified as modules are',
        ),
      'keep-refs': list(gitRef)
        .default([])
        .describe('branches, tags and commits whose modules are kept however long they were unused'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      store: judged(auditStoreProblem)
        .nullable()
        .default(null)
        .describe(
          'where the records of the jobs go: URL of a collector, a directory, gitlab-package: or artifact',
        ),
      required: z
        .boolean()
        .default(false)
        .describe('whether a job fails whose records could not be delivered'),
      'token-env': environmentName
        .default(AUDIT_TOKEN_ENV)
        .describe('variable that holds the token of the store'),
    })
    .prefault({}),
  serve: z
    .strictObject({
      writers: list(z.strictObject({ name: text, 'token-env': environmentName }))
        .default([])
        .describe('who may send batches to `modgate serve`'),
      readers: list(
        z.strictObject({
          name: text,
          'token-env': environmentName,
          owners: list(text)
            .min(1)
            .optional()
            .describe('sees only repositories of these owners; all when left out'),
        }),
      )
        .default([])
        .describe('who may ask `modgate serve`'),
      issuers: list(
        z.strictObject({
          kind: z.enum(['github', 'gitlab']),
          url: issuerUrl
            .optional()
            .describe('https://token.actions.githubusercontent.com or https://gitlab.com when left out'),
          audience: audience.describe('what tokens have to be for'),
          owners: list(ownerId).min(1).describe('numeric ids of organisations, users or groups'),
        }),
      )
        .default([])
        .describe('forges whose jobs may send batches to `modgate serve` with a token of their own'),
      tls: z.strictObject({ cert: text, key: text }).optional().describe('PEM files, relative to this file'),
      forges: list(
        z.strictObject({
          kind: z.enum(['github', 'gitlab']),
          url: forgeUrl.optional().describe('https://github.com or https://gitlab.com when left out'),
          'token-env': environmentName.optional(),
          owners: list(text)
            .default([])
            .describe('organisations or groups whose repositories are looked through'),
        }),
      )
        .default([])
        .describe('forges that may be asked about commits'),
      retention: z
        .strictObject({
          jobs: duration.prefault('730d'),
          raw: duration.nullable().default(null).describe('null keeps raw batches for ever'),
        })
        .prefault({}),
    })
    .prefault({}),
  'fail-on': z.enum(['note', 'warning', 'error']).default('error'),
});

/** The file after validation: every default filled in, durations in milliseconds, sizes in bytes. */
export type FileConfig = z.output<typeof schema>;

/** JSON Schema (draft 2020-12) of the file as it is written. */
export function jsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { io: 'input' }), title: 'modgate configuration' };
}
