/** The building blocks of episodes: each answers one effect that holds for a while. Times count from the beginning of the episode. */
import type { Conditions, CopyTrouble, Effect } from './conditions.ts';
import { either, NODES, ZONE_COUNT } from './conditions.ts';

export function during(fromMs: number, toMs: number, apply: (conditions: Conditions) => void): Effect {
  return { fromMs, toMs, apply };
}

/** Packets between two nodes are lost, both ways unless told otherwise. */
export function loseBetween(
  fromMs: number,
  toMs: number,
  one: number,
  other: number,
  share: number,
  oneWay = false,
): Effect {
  return during(fromMs, toMs, ({ loss }) => {
    loss[one]![other] = either(loss[one]![other]!, share);
    if (!oneWay) loss[other]![one] = either(loss[other]![one]!, share);
  });
}

/** All ways of one node. */
export function loseAround(fromMs: number, toMs: number, node: number, share: number): Effect {
  return during(fromMs, toMs, ({ loss }) => {
    for (let other = 0; other < NODES; other += 1) {
      if (other === node) continue;
      loss[node]![other] = either(loss[node]![other]!, share);
      loss[other]![node] = either(loss[other]![node]!, share);
    }
  });
}

export type Process = 'agent' | 'controller' | 'edge';

/** `which`: the zone's number, or the edge's. */
export function pause(fromMs: number, toMs: number, process: Process, which: number): Effect {
  return during(fromMs, toMs, (conditions) => {
    const paused = {
      agent: conditions.agentPaused,
      controller: conditions.controllerPaused,
      edge: conditions.edgePaused,
    }[process];
    paused[which] = true;
  });
}

/** Trouble of the copies of some sites in some zones: errors add up as chances do, slowness multiplies, the rest replaces. */
export function ail(
  fromMs: number,
  toMs: number,
  sites: number[],
  zones: number[],
  change: Partial<CopyTrouble>,
): Effect {
  return during(fromMs, toMs, ({ copies }) => {
    for (const site of sites) {
      for (const zone of zones) {
        const copy = copies[site]![zone]!;
        const errors = either(copy.errors, change.errors ?? 0);
        const slow = copy.slow * (change.slow ?? 1);
        const readyFails = either(copy.readyFails, change.readyFails ?? 0);
        const follows = copy.follows || (change.follows ?? false);
        Object.assign(copy, change, { errors, slow, readyFails, follows });
      }
    }
  });
}

/** So many times the usual requests. */
export function load(fromMs: number, toMs: number, sites: number[], times: number): Effect {
  return during(fromMs, toMs, (conditions) => {
    for (const site of sites) conditions.load[site]! *= times;
  });
}

/** A load that climbs to `times` the usual in steps of a second. */
export function ramp(fromMs: number, upMs: number, toMs: number, sites: number[], times: number): Effect[] {
  const steps = Math.max(1, Math.round(upMs / 1_000));
  const effects = Array.from({ length: steps }, (_, step) => {
    const from = fromMs + (upMs * step) / steps;
    return load(from, fromMs + (upMs * (step + 1)) / steps, sites, times ** ((step + 1) / steps));
  });
  return [...effects, load(fromMs + upMs, toMs, sites, times)];
}

export const EVERY_ZONE = Array.from({ length: ZONE_COUNT }, (_, zone) => zone);
