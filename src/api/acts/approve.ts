/** A person's word that a site which asks first may be moved. Saying it twice does no harm: the second time it stands already. */
import { planApproval } from '../../decide/index.ts';
import { findingSentence } from '../../detect/index.ts';
import { HoldfastError } from '../../errors.ts';
import type { SiteId } from '../../model/index.ts';
import { decisionEntries } from '../../record/entries.ts';
import { type Desk, MOST_ATTEMPTS } from './desk.ts';

/** @throws HoldfastError, StoreUnavailable */
export async function approve(
  { store, clock, state }: Pick<Desk, 'store' | 'clock' | 'state'>,
  site: SiteId,
  by: string,
): Promise<{ sentence: string }> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const placement = await store.placement(site);
    const spec = state.sites.get(site)?.spec;
    if (placement === null || spec === undefined) throw new HoldfastError('site-unknown', { site });
    const at = clock.wall();
    const plan = planApproval({ spec, placement }, by, at);
    if (plan.kind === 'no-approval') {
      if (plan.standing) return { sentence: plan.sentence };
      throw new HoldfastError('nothing-to-approve', { sentence: plan.sentence });
    }
    const entries = decisionEntries(plan, { by: `person:${by}`, at, sentenceOf: findingSentence });
    const incident = placement.incident === null ? null : { id: placement.incident, entries };
    const [outcome] = await store.commit([{ expected: placement.epoch, next: plan.next, incident }]);
    if (outcome?.outcome === 'committed') return { sentence: plan.sentence };
  }
  throw new HoldfastError('approval-beaten', { site });
}
