/**
 * The parts of the policy's room that a session uses. They are loaded when there is a policy to enforce: a job
 * without one must not pay for them at its start.
 */
export async function loadEngine() {
  const [judge, waivers] = await Promise.all([
    import('../../policy/judge.ts'),
    import('../../policy/waivers.ts'),
  ]);
  return { ...judge, ...waivers };
}

export type Engine = Awaited<ReturnType<typeof loadEngine>>;
