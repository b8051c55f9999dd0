/** A site is described: every plan that it may name × what it may ask for × how it stood before. Who is refused is told why, where to go and whom to ask. */
import { expect, it } from 'vitest';
import { HoldfastError } from '../../errors.ts';
import type { SiteSpec } from '../../model/index.ts';
import type { EventLog } from '../../notify/happenings.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { aService, aSpec } from '../../store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../../store/memory.ts';
import { applySite } from './apply.ts';

type Asks = SiteSpec['disasterRecovery'];
/** What each plan of the service gives by what is asked for; `refused`: the description is not taken. */
const RIGHTS: Record<string, Record<'nothing' | 'yes' | 'no', 'protected' | 'one zone' | 'refused'>> = {
  'elite-plus': { nothing: 'protected', yes: 'protected', no: 'one zone' },
  elite: { nothing: 'one zone', yes: 'protected', no: 'one zone' },
  'elite-starter': { nothing: 'one zone', yes: 'refused', no: 'one zone' },
  'elit-plus': { nothing: 'refused', yes: 'refused', no: 'refused' },
};
const ASKS: Record<'nothing' | 'yes' | 'no', Asks> = { nothing: null, yes: true, no: false };
const described = Object.entries(RIGHTS).flatMap(([plan, rights]) =>
  (['nothing', 'yes', 'no'] as const).map((asks) => ({ plan, asks, right: rights[asks] })),
);
const before = [null, ...described.filter(({ right }) => right !== 'refused')];
const combinations = before.flatMap((was) =>
  described.map((now) => ({
    was,
    now,
    title: `${was === null ? 'a new site' : `${was.plan}, asking ${was.asks}`} → ${now.plan}, asking ${now.asks}`,
  })),
);

const SENTENCES = {
  'elite-starter': 'Site shop asks for site disaster recovery, which the plan Elite Starter does not have.',
  'elit-plus': 'Site shop names the plan "elit-plus", which is not sold here.',
} as Record<string, string>;
const FIXES = {
  'elite-starter':
    'Plans that have it: Elite Plus (elite-plus, included), Elite (elite, as an add-on). Sales: sales@example.org. Without it (disasterRecovery: false) the site runs in one zone.',
  'elit-plus': 'Plans: elite-plus, elite, elite-starter. Sales: sales@example.org.',
} as Record<string, string>;

it.each(combinations)('$title', async ({ was, now }) => {
  const clock = createManualClock();
  const store = openMemoryStore(new MemoryCluster(), { clock });
  await store.applyService(aService());
  const told: string[] = [];
  const tell = async ({ happenings }: EventLog) => {
    for (const { site, values } of happenings) told.push(`${site} ${values.stage}`);
  };
  const specOf = ({ plan, asks }: { plan: string; asks: keyof typeof ASKS }) =>
    aSpec('shop', { plan, disasterRecovery: ASKS[asks] });
  if (was !== null) await store.applySite(specOf(was), clock.wall());
  const stood = await store.read();

  const answer = await applySite({ store, clock, tell }, specOf(now)).catch((error: HoldfastError) => error);
  if (now.right === 'refused') {
    expect(answer).toBeInstanceOf(HoldfastError);
    expect(answer).toMatchObject({
      code: now.plan === 'elite-starter' ? 'plan-without-disaster-recovery' : 'plan-unknown',
      message: SENTENCES[now.plan],
      fix: FIXES[now.plan],
    });
    expect([await store.read(), told]).toEqual([stood, []]);
    return;
  }
  const alone = now.right === 'one zone';
  const had = was === null ? 'protected' : was.right;
  expect(answer).toEqual({
    sentence: was === null ? 'Site shop was added.' : 'Site shop was described anew.',
    warnings: alone ? ['shop runs in one zone, without site disaster recovery.'] : [],
  });
  expect(told).toEqual(had === now.right ? [] : [`shop ${alone ? 'unprotected' : 'protected'}`]);
  expect((await store.read()).sites.map(({ spec }) => spec)).toEqual([specOf(now)]);
});

it('there are as many rows as combinations', () => {
  expect(combinations).toHaveLength((1 + 8) * 12);
});
