/** Brings the planned faults over a world, and takes them away again. */
import type { SiteId } from '../../src/model/index.ts';
import type { Started } from './create.ts';
import type { AtStep, Fault, FaultAt, Place, Target } from './faults.ts';
import type { SimOptions } from './index.ts';
import type { LinkTrouble } from './network.ts';
import type { Seat } from './seats.ts';
import type { StepTaken, World } from './world.ts';

/** Begins one fault; answers what ends it. */
type Begin<V extends Fault['verb']> = (world: World, fault: Extract<Fault, { verb: V }>) => () => void;

export function sufferFaults(started: Started, { faults, healAt }: SimOptions): void {
  const { world } = started;
  const { engine } = world;
  const ends = new Set<() => void>();
  let calm = false;

  const begin = (id: number, planned: FaultAt, fault: Fault) => {
    if (calm) return;
    const { verb } = fault;
    const [target, detail] = wordsOf(fault);
    world.happened({ kind: 'fault', id, fault, verb, target, detail });
    const undo = (BEGIN[verb] as Begin<typeof verb>)(world, fault as never);
    const end = () => {
      if (!ends.delete(end)) return;
      undo();
      world.happened({ kind: 'heal', id, verb, target });
    };
    ends.add(end);
    engine.after(planned.forMs, end);
  };

  const waiting: { id: number; planned: FaultAt; at: AtStep; seen: number }[] = [];
  faults.forEach((planned, id) => {
    const { at, forMs: _, ...fault } = planned;
    if (typeof at === 'number') engine.at(at, () => begin(id, planned, fault as Fault));
    else waiting.push({ id, planned, at, seen: 0 });
  });
  started.onStep = (taken) => {
    for (const one of [...waiting]) {
      if (engine.now() < (one.at.after ?? 0) || !matches(one.at, taken)) continue;
      one.seen += 1;
      if (one.seen < one.at.nth) continue;
      waiting.splice(waiting.indexOf(one), 1);
      const { at: _at, forMs: _, ...fault } = one.planned;
      begin(one.id, one.planned, resolve(fault as Fault, taken));
    }
  };
  engine.at(healAt, () => {
    calm = true;
    for (const end of [...ends]) end();
    world.happened({ kind: 'calm' });
  });
}

function matches(at: AtStep, taken: StepTaken): boolean {
  if (at.step !== taken.step || at.phase !== taken.phase) return false;
  return (at.zone ?? taken.zone) === taken.zone && (at.site ?? taken.site) === taken.site;
}

/** Replaces `here` by the process in which the step is being taken. */
function resolve(fault: Fault, { zone, site }: StepTaken): Fault {
  if (!('target' in fault) || fault.target.kind !== 'here') return fault;
  const kind = fault.target.process;
  if (kind === 'database' || kind === 'application')
    return { ...fault, target: site === null ? { kind: 'zone', zone } : { kind, zone, site } };
  return { ...fault, target: { kind, zone } };
}

function seatsOf(world: World, target: Target): Seat[] {
  const { seats } = world;
  switch (target.kind) {
    case 'zone':
      for (const { site } of world.specs)
        for (const kind of ['database', 'application'] as const) seats.of(kind, target.zone, site);
      return seats.in(target.zone);
    case 'database':
    case 'application':
      return [seats.of(target.kind, target.zone, target.site)];
    case 'edge':
    case 'data-plane':
      return [seats.of(target.kind, target.edge)];
    case 'here':
      throw new Error('a fault on `here` needs a step');
    default:
      return [seats.of(target.kind, target.zone)];
  }
}

const BEGIN: { [V in Fault['verb']]: Begin<V> } = {
  crash(world, { target }) {
    const hit = seatsOf(world, target);
    for (const seat of hit) world.seats.crash(seat);
    return () => {
      for (const seat of hit) world.seats.release(seat);
    };
  },
  pause(world, { target }) {
    const hit = seatsOf(world, target);
    for (const seat of hit) world.seats.pause(seat);
    return () => {
      for (const seat of hit) world.seats.resume(seat);
    };
  },
  cut: (world, { from, to, ways }) => troubleLinks(world, from, to, ways, { cut: true }),
  loss: (world, { from, to, share }) => troubleLinks(world, from, to, 'both', { loss: share }),
  delay: (world, { from, to, addedMs, jitterMs }) => troubleLinks(world, from, to, 'both', { addedMs, jitterMs }),
  duplicate: (world, { from, to, share }) => troubleLinks(world, from, to, 'both', { duplicate: share }),
  reorder: (world, { from, to, jitterMs }) => troubleLinks(world, from, to, 'both', { reorderMs: jitterMs }),
  'clock-jump'(world, { place, byMs }) {
    world.timeOf(place).jump(byMs);
    return () => world.timeOf(place).jump(-byMs);
  },
  drift(world, { place, rate }) {
    world.timeOf(place).setRate(rate);
    return () => world.timeOf(place).setRate(1);
  },
  'slow-disk': (world, { zone, site, fsyncMs }) =>
    forSites(world, site, (each) => {
      world.health(each, zone).fsyncMs = fsyncMs;
      return () => {
        world.health(each, zone).fsyncMs = null;
      };
    }),
  'slow-store': (world, { place, addedMs }) => world.store.slow(place, addedMs),
  'app-errors'(world, { zone, site, share }) {
    const health = world.health(site, zone);
    health.appErrors += share;
    return () => {
      health.appErrors -= share;
    };
  },
  'app-hang'(world, { zone, site }) {
    const health = world.health(site, zone);
    health.appHang += 1;
    return () => {
      health.appHang -= 1;
      if (health.appHang === 0) for (const goOn of health.hung.splice(0)) goOn();
    };
  },
  'disk-full': (world, { zone, site }) =>
    forSites(world, site, (each) => {
      world.health(each, zone).diskFull += 1;
      return () => {
        world.health(each, zone).diskFull -= 1;
      };
    }),
};

function forSites(world: World, site: SiteId | null, begin: (site: SiteId) => () => void): () => void {
  const sites = site === null ? world.specs.map((spec) => spec.site) : [site];
  const ends = sites.map(begin);
  return () => {
    for (const end of ends) end();
  };
}

function troubleLinks(
  world: World,
  from: readonly Place[] | '*',
  to: readonly Place[] | '*',
  ways: 'one' | 'both',
  trouble: LinkTrouble,
): () => void {
  const { places } = world.net;
  const others = (side: readonly Place[] | '*') => (side === '*' ? [] : side);
  const all = (side: readonly Place[] | '*', other: readonly Place[] | '*') =>
    side === '*' ? places.filter((place) => !others(other).includes(place)) : side;
  const ends: (() => void)[] = [];
  for (const one of all(from, to)) {
    for (const other of all(to, from)) {
      if (one === other) continue;
      ends.push(world.net.trouble(one, other, { ...trouble }));
      if (ways === 'both') ends.push(world.net.trouble(other, one, { ...trouble }));
    }
  }
  return () => {
    for (const end of ends) end();
  };
}

/** Whom it hits, and how, for people. */
function wordsOf(fault: Fault): [string, string] {
  const { verb, ...rest } = fault;
  if ('target' in rest) {
    const { kind, ...where } = rest.target;
    return [[kind, ...Object.values(where)].join(' '), ''];
  }
  if ('from' in rest) {
    const { from, to, ...detail } = rest;
    const side = (places: readonly Place[] | '*') => (places === '*' ? 'everybody' : places.join('+'));
    return [`${side(from)} to ${side(to)}`, JSON.stringify(detail)];
  }
  return [Object.values(rest).join(' '), JSON.stringify(rest)];
}
