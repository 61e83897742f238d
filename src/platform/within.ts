/**
 * Waits for something, but not for ever: resolves when it is done, or after `ms`. Rejects as it does. The timer also keeps
 * a thread alive that has nothing else to wait for.
 */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
