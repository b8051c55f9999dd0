/** Who is signed in: asked once at the start, and known to be over as soon as any answer says so. */
import { cell } from '../browser/store.ts';
import { ask, type Problem, problemOf, setMark } from './ask.ts';
import { forgetAll } from './resource.ts';
import type { Me } from './shapes.ts';

export type Session =
  | { state: 'asking' }
  | { state: 'out'; over: boolean }
  | { state: 'failed'; problem: Problem }
  | { state: 'in'; me: Me };

export const session = cell<Session>({ state: 'asking' });

export async function findSession(): Promise<void> {
  try {
    enter(await ask<Me>('/me'));
  } catch (error) {
    const problem = problemOf(error);
    session.set(problem.status === 401 ? { state: 'out', over: false } : { state: 'failed', problem });
  }
}

/** @throws AskError */
export async function signIn(token: string): Promise<void> {
  enter(await ask<Me>('/session', 'POST', { token }));
}

export async function signOut(): Promise<void> {
  // Signed out is signed out here, whether the controller hears of it or not; its session ends by itself.
  await ask('/session', 'DELETE').catch(() => {});
  leave(false);
}

export function sessionOver(): void {
  if (session.get().state === 'in') leave(true);
}

function enter(me: Me): void {
  setMark(me.csrf);
  session.set({ state: 'in', me });
}

function leave(over: boolean): void {
  setMark(null);
  session.set({ state: 'out', over });
  forgetAll();
}
