/** A plan in words, one line a fault. */
import type { FailoverPolicy } from '../../src/model/index.ts';
import type { Fault, FaultAt, Place, Target } from '../world/faults.ts';
import type { SimOptions, WishAt } from '../world/index.ts';
import type { SiteWish } from './people.ts';

export function planWords({
  sites,
  edges,
  faults,
  healAt,
  clients,
  policies,
  bugs,
  people,
  wishes,
}: SimOptions): string[] {
  const patience = (policies ?? []).map(({ patience: { silenceMs } }) => `${silenceMs} ms`).join(', ');
  return [
    `${count(sites, 'site')} (patience with silence: ${patience || 'default'}), ${count(edges, 'edge')}, ${clients.readsPerSecond} reads and ${clients.writesPerSecond} writes a second`,
    ...(bugs.size === 0 ? [] : [`bugs switched on: ${[...bugs].join(', ')}`]),
    ...[...faults].sort((x, y) => startOf(x) - startOf(y)).map((fault) => `${when(fault)}  ${faultWords(fault)}`),
    ...(wishes ?? []).map((wish, index) => `site-${index + 1}: ${siteWords(wish, policies?.[index])}`),
    ...(people ?? []).map((wish) => `at ${seconds(wish.at)}: ${wishWords(wish)}`),
    ...(clients.untilMs === undefined ? [] : [`at ${seconds(clients.untilMs)} the last visitor has gone`]),
    `at ${seconds(healAt)} all is healed`,
  ];
}

function siteWords({ copies, freeze, handOver, disasterRecovery }: SiteWish, policy?: FailoverPolicy): string {
  const home = policy?.failback == null ? '' : `, goes home after ${policy.failback.quietMs / 1_000} s`;
  const alone = disasterRecovery === false ? ', in one zone' : '';
  const asks = policy?.mode === 'ask-first' ? ', asks first' : '';
  const frozen = freeze?.length ? ', frozen for a minute' : '';
  return `${copies ?? 3} copies, ${(handOver?.drainMs ?? 0) / 1_000} s for what is open${alone}${home}${asks}${frozen}`;
}

function wishWords(wish: WishAt): string {
  switch (wish.want) {
    case 'move':
      return `somebody wants ${wish.site} to live in zone ${wish.to}${wish.drainMs === null ? '' : ` within ${wish.drainMs} ms`}`;
    case 'call-off':
      return `somebody calls the move of ${wish.site} off`;
    case 'accept-loss':
      return `somebody gives up what only the live copy of ${wish.site} has, for zone ${wish.to}, if it is dead`;
    case 'approve':
      return `somebody allows ${wish.site} to move, whenever it asks`;
    case 'plan':
      return `${wish.site} is ${wish.protect ? 'to be protected' : 'to run in one zone'}`;
    case 'evacuate':
      return `somebody takes every site out of zone ${wish.zone}`;
    case 'return':
      return `somebody gives zone ${wish.zone} back`;
  }
}

export function faultWords(fault: Fault): string {
  switch (fault.verb) {
    case 'crash':
      return `${targetWords(fault.target)} dies`;
    case 'pause':
      return `${targetWords(fault.target)} stands still`;
    case 'cut':
      return `nothing gets from ${side(fault.from)} to ${side(fault.to)}${fault.ways === 'both' ? ', nor back' : ''}`;
    case 'loss':
      return `${percent(fault.share)} of the packets between ${side(fault.from)} and ${side(fault.to)} are lost`;
    case 'delay':
      return `${fault.addedMs} ms (± ${fault.jitterMs}) more between ${side(fault.from)} and ${side(fault.to)}`;
    case 'duplicate':
      return `${percent(fault.share)} of the messages between ${side(fault.from)} and ${side(fault.to)} arrive twice`;
    case 'reorder':
      return `messages between ${side(fault.from)} and ${side(fault.to)} overtake each other by up to ${fault.jitterMs} ms`;
    case 'clock-jump':
      return `the wall clock of ${fault.place} jumps by ${fault.byMs / 1_000} s`;
    case 'drift':
      return `time in ${fault.place} runs at ${fault.rate} of its rate`;
    case 'slow-disk':
      return `each fsync of ${fault.site ?? 'every site'} in zone ${fault.zone} takes ${fault.fsyncMs} ms`;
    case 'slow-store':
      return `the store answers ${fault.place ?? 'everybody'} ${fault.addedMs} ms later`;
    case 'app-errors':
      return `${percent(fault.share)} of the answers of ${fault.site} in zone ${fault.zone} are errors`;
    case 'app-hang':
      return `${fault.site} in zone ${fault.zone} accepts and never answers`;
    case 'disk-full':
      return `the disk of ${fault.site ?? 'every site'} in zone ${fault.zone} is full`;
  }
}

function targetWords(target: Target): string {
  switch (target.kind) {
    case 'here':
      return `the ${target.process} in which it happens`;
    case 'zone':
      return `zone ${target.zone}`;
    case 'database':
    case 'application':
      return `the ${target.kind} of ${target.site} in zone ${target.zone}`;
    case 'edge':
      return `the process beside ${target.edge}`;
    case 'data-plane':
      return `the data plane of ${target.edge}`;
    default:
      return `the ${target.kind} in zone ${target.zone}`;
  }
}

function when({ at, forMs }: FaultAt): string {
  const long = `for ${seconds(forMs)}`;
  if (typeof at === 'number') return `at ${seconds(at)}, ${long}:`;
  const where = [at.site, at.zone === undefined ? undefined : `in zone ${at.zone}`].filter(
    (part) => part !== undefined,
  );
  const nth = at.nth === 1 ? '' : `, time ${at.nth}`;
  return `${at.phase} ${at.step}${where.length === 0 ? '' : ` of ${where.join(' ')}`}${nth} (from ${seconds(at.after ?? 0)} on), ${long}:`;
}

function startOf({ at }: FaultAt): number {
  return typeof at === 'number' ? at : (at.after ?? 0);
}

function side(places: readonly Place[] | '*'): string {
  return places === '*' ? 'everybody else' : places.join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
