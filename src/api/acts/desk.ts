/** What acting for a person needs, whoever asks: the API, or people in the simulator. */
import { type Decision, indexFindings, type Standing, type World } from '../../decide/index.ts';
import { findingSentence } from '../../detect/index.ts';
import { HoldfastError } from '../../errors.ts';
import type { Finding, Placement, SiteId, SiteRecord } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type JournalNaming, journalOf, toChange } from '../../record/journal.ts';
import type { Store } from '../../store/store.ts';

/** Controllers decide about a site at the same time, and whoever is first wins. */
export const MOST_ATTEMPTS = 5;

export interface Desk {
  clock: Clock;
  store: Pick<Store, 'placement' | 'commit' | 'setEvacuated' | 'drillResults'>;
  state: {
    readonly sites: ReadonlyMap<SiteId, SiteRecord>;
    readonly placements: ReadonlyMap<SiteId, Placement>;
  };
  look(site: SiteId): World | null;
  findings(): Finding[];
  naming: JournalNaming;
}

/** What this controller knows of the site, with the newest of its record. @throws HoldfastError `site-unknown`, `controller-behind` */
export function see({ state, look, findings, clock }: Desk, site: SiteId, newest?: Placement) {
  if (!state.sites.has(site)) throw new HoldfastError('site-unknown', { site });
  const world = look(site);
  const view = world?.sites.get(site);
  if (world === null || view === undefined) throw new HoldfastError('controller-behind');
  const placement = newest ?? view.placement;
  return { site: { ...view, placement }, world, findings: indexFindings(findings()), now: clock.wall() };
}

export interface Done {
  sentence: string;
  /** The site's record, as it is then. */
  placement: Placement;
  /** Where it can be read what becomes of it; null: nowhere. */
  record: string | null;
}

/** `plan` is asked anew about the newest record as often as somebody else was first. @throws HoldfastError `site-unknown`, `order-beaten` */
export async function carryOut(
  { store, clock, naming }: Desk,
  site: SiteId,
  by: string,
  plan: (placement: Placement) => Decision | Standing,
): Promise<Done> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const placement = await store.placement(site);
    if (placement === null) throw new HoldfastError('site-unknown', { site });
    const planned = plan(placement);
    if (planned.kind === 'standing')
      return { sentence: planned.sentence, placement, record: journalOf(placement, naming) };
    const author = { by: `person:${by}`, at: clock.wall(), sentenceOf: findingSentence };
    const change = toChange(planned, placement, author, naming);
    const [outcome] = await store.commit([change]);
    if (outcome?.outcome === 'committed')
      return { sentence: planned.sentence, placement: change.next, record: change.journal?.id ?? null };
  }
  throw new HoldfastError('order-beaten', { site });
}

/** @throws HoldfastError `order-refused` when it is one */
export function accepted<T extends { kind: string }>(
  plan: T | { kind: 'refusal'; refusal: { code: string; sentence: string } },
): Exclude<T, { kind: 'refusal' }> {
  if (plan.kind === 'refusal') {
    const { code, sentence } = (plan as { refusal: { code: string; sentence: string } }).refusal;
    throw new HoldfastError('order-refused', { sentence, refusal: code });
  }
  return plan as Exclude<T, { kind: 'refusal' }>;
}
