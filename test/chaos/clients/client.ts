/** One client: asks at a steady pace, one thing at a time, and never waits longer than its limit. */
import http from 'node:http';
import { now, type Operation, type Verb } from '../history/types.ts';
import { type Chance, chanceOf } from '../random.ts';
import { type Asked, ask, type Where } from './request.ts';

export interface ClientPlan {
  where: Where;
  seed: number;
  clients: number;
  /** Between the beginnings of two operations of one client. */
  everyMs: number;
  timeoutMs: number;
}

/** Registers are used for so long, then others: a register's history stays short enough to be searched. */
const PERIOD_MS = 15_000;
const REGISTERS = 4;
const MIX: [Verb, number][] = [
  ['add', 32],
  ['write', 22],
  ['cas', 20],
  ['read', 20],
  ['newest', 6],
];

/** What the clients know between them. */
export interface Shared {
  nextId: number;
  startedAt: number;
  /** The newest value that anybody was told of each register. */
  values: Map<string, string>;
}

export async function runClient(
  plan: ClientPlan,
  client: number,
  shared: Shared,
  keep: (operation: Operation) => void,
  paused: () => Promise<void> | null,
  ended: () => boolean,
  /** +1 and -1 around each operation. */
  busy: (step: 1 | -1) => void,
): Promise<void> {
  const chance = chanceOf(plan.seed, `client ${client}`);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  let due = now() + chance.between(0, plan.everyMs);
  while (!ended()) {
    await paused();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - now())));
    if (ended() || paused() !== null) continue;
    busy(1);
    const operation = await ask(plan.where, choose(chance, client, shared), agent, plan.timeoutMs);
    busy(-1);
    const value = operation.verb === 'read' ? operation.seen?.[0] : operation.value;
    if (operation.outcome === 'ok' && operation.name !== null && value) shared.values.set(operation.name, value);
    keep(operation);
    // After a long wait it goes on at its pace, without making up for what it missed.
    due = Math.max(due + plan.everyMs, now());
  }
  agent.destroy();
}

function choose(chance: Chance, client: number, shared: Shared): Asked {
  const id = shared.nextId++;
  const verb = chance.weigh(MIX);
  const period = Math.floor((now() - shared.startedAt) / PERIOD_MS);
  // Now and then a register of long ago is read: it must still hold what it held.
  const long = verb === 'read' && chance.next() < 0.15;
  const name = `r${long ? chance.whole(period + 1) : period}.${chance.whole(REGISTERS)}`;
  const value = `v${id}`;
  const old = shared.values.get(name);
  const asked = { id, client, anyCopy: false, name: null, value: null, old: null };
  if (verb === 'add') return { ...asked, verb, value };
  if (verb === 'newest') return { ...asked, verb, anyCopy: true };
  if (verb === 'read') return { ...asked, verb, name, anyCopy: chance.next() < 0.7 };
  if (verb === 'cas' && old !== undefined) return { ...asked, verb, name, value, old };
  return { ...asked, verb: 'write', name, value };
}
