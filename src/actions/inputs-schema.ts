import { z } from 'zod';
import { auditStoreProblem } from '../config/audit-store.ts';
import { isUpstream, MAX_PREFETCH, MAX_UPSTREAMS, MODCACHE, ON_FAILURE, SAVE } from '../config/values.ts';
import { COMMANDS, InputError } from './inputs.ts';

const oneOf = <const T extends readonly string[]>(words: T) =>
  z.enum(words, { error: issue => `${JSON.stringify(issue.input)} is not one of ${words.join(', ')}` });

/** The inputs of actions/proxy as the workflow gives them; empty ones are left out before. */
const schema = z.object({
  command: oneOf(COMMANDS).optional(),
  config: z.string().optional(),
  store: z.string().optional(),
  save: oneOf(SAVE).optional(),
  'on-failure': oneOf(ON_FAILURE).optional(),
  'build-cache': oneOf(['true', 'false'])
    .transform(word => word === 'true')
    .optional(),
  modcache: oneOf(MODCACHE).optional(),
  prefetch: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .refine(count => count <= MAX_PREFETCH)
    .optional(),
  upstream: z
    .string()
    .transform(text => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(z.string().refine(isUpstream)).min(1).max(MAX_UPSTREAMS))
    .optional(),
  token: z.string().optional(),
  'audit-store': z
    .string()
    .superRefine((value, context) => {
      const problem = auditStoreProblem(value);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `what is given ${problem}` });
    })
    .optional(),
  'audit-required': oneOf(['true', 'false'])
    .transform(word => word === 'true')
    .optional(),
  'audit-token': z.string().optional(),
});

const EXPLAINED: Readonly<Record<string, string>> = {
  prefetch: `it must be a whole number from 0 to ${MAX_PREFETCH}`,
  upstream: `it must be at most ${MAX_UPSTREAMS} http, https or file URLs, direct or off, apart by spaces or line breaks`,
};

/** Checks given inputs. Throws InputError, which names each wrong one. Values of upstream are not repeated: they may hold a password. */
export function checkInputs(given: Readonly<Record<string, string>>): z.output<typeof schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(issue => {
    const name = String(issue.path[0] ?? '');
    return `input ${name}: ${EXPLAINED[name] ?? issue.message}`;
  });
  throw new InputError([...new Set(problems)]);
}
