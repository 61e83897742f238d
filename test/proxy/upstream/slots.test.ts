import { expect, it } from 'vitest';
import { Runs, Slots } from '../../../src/proxy/upstream/slots.ts';

/** A promise that the test ends. */
function held() {
  return Promise.withResolvers<string>();
}

it('runs what somebody waits for before what nobody does, and no more at once than it may', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const first = held();
  let cIsUrgent = false;
  const task = (name: string, urgent: () => boolean, until: Promise<unknown> = Promise.resolve()) =>
    slots.use(async () => {
      order.push(name);
      await until;
    }, urgent);
  const all = [
    task('a', () => false, first.promise),
    task('b', () => false),
    task('c', () => cIsUrgent),
    task('d', () => true),
    task('e', () => false),
  ];
  expect(order).toEqual(['a']);
  cIsUrgent = true;
  first.resolve('');
  await Promise.all(all);
  expect(order).toEqual(['a', 'c', 'd', 'b', 'e']);
});

it('a task that fails gives its place on', async () => {
  const slots = new Slots(1);
  const failed = slots.use(
    async () => await Promise.reject(new Error('no')),
    () => true,
  );
  const next = slots.use(
    async () => 'yes',
    () => true,
  );
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

it('one run answers all who ask meanwhile, and is urgent as soon as one of them waits', async () => {
  const runs = new Runs<string>();
  const answer = held();
  let started = 0;
  let urgent: () => boolean = () => true;
  const ask = (isUrgent: boolean, keep: boolean) =>
    runs.share(
      'key',
      () => isUrgent,
      keep,
      async wanted => {
        started++;
        urgent = wanted;
        return await answer.promise;
      },
    );
  const ahead = ask(false, true);
  expect(urgent()).toBe(false);
  const waiting = ask(true, true);
  expect(urgent()).toBe(true);
  answer.resolve('found');
  expect(await Promise.all([ahead, waiting])).toEqual(['found', 'found']);
  expect(await ask(true, true)).toBe('found');
  expect(started).toBe(1);
});

it('what is not kept is asked anew, and so is what failed', async () => {
  const runs = new Runs<number>();
  let started = 0;
  const ask = (keep: boolean, fails = false) =>
    runs.share(
      'key',
      () => true,
      keep,
      async () => {
        started++;
        if (fails) throw new Error('no');
        return started;
      },
    );
  expect(await ask(false)).toBe(1);
  await expect(ask(true, true)).rejects.toThrow('no');
  expect(await ask(true)).toBe(3);
  expect(await ask(true)).toBe(3);
  expect(runs.has('key')).toBe(true);
});
