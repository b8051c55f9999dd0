import { expect, test } from 'vitest';
import { createTurnstile } from './turnstile.ts';

const never = new AbortController().signal;

test('so many at a time, the others in their order', async () => {
  const turnstile = createTurnstile(2);
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  const enter = async (who: number) => {
    leave[who] = (await turnstile.enter(never))!;
    entered.push(who);
  };
  const all = [0, 1, 2, 3].map(enter);
  await Promise.all(all.slice(0, 2));
  expect(entered).toEqual([0, 1]);
  leave[1]!();
  leave[1]!();
  await all[2];
  expect(entered, 'leaving twice frees one place').toEqual([0, 1, 2]);
  leave[0]!();
  await all[3];
  expect(entered).toEqual([0, 1, 2, 3]);
});

test('who gives up waiting takes no place', async () => {
  const turnstile = createTurnstile(1);
  const leave = (await turnstile.enter(never))!;
  const patience = new AbortController();
  const waiting = turnstile.enter(patience.signal);
  const next = turnstile.enter(never);
  patience.abort();
  expect(await waiting).toBeNull();
  leave();
  expect(await next).not.toBeNull();
  expect(await turnstile.enter(patience.signal)).toBeNull();
});
