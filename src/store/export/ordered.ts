/**
 * Results of a task for each item, in the order of the items, with at most `width` tasks at once; items are taken as
 * results are consumed. Rejects with the first error in that order.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  task: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const running: Promise<Result>[] = [];
  for (const item of items) {
    const result = task(item);
    // Its turn comes later; until then a failure is nobody's yet.
    result.catch(() => undefined);
    running.push(result);
    if (running.length < width) continue;
    const first = running.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of running) yield await result;
}
