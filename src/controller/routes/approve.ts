/** `POST /sites/:site/approve`: a person's word that a site which asks first may be moved. Needs the cluster's key. */
import { planApproval } from '../../decide/index.ts';
import { findingSentence } from '../../detect/index.ts';
import { HoldfastError } from '../../errors.ts';
import type { SiteId, SiteRecord } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { decisionEntries } from '../../record/entries.ts';
import type { Store } from '../../store/store.ts';
import { isAuthorised } from '../authorised.ts';
import type { Routes } from '../server.ts';

/** Controllers decide about a site in trouble at the same time, and whoever is first wins. */
const MOST_ATTEMPTS = 5;
/** Names stand in incidents: one short line. */
const NAME = /^[^\p{C}]{1,64}$/u;

export interface ApproveRoutes {
  clusterKey: string;
  clock: Clock;
  store: Pick<Store, 'placement' | 'commit'>;
  sites: ReadonlyMap<SiteId, SiteRecord>;
}

export function approveRoutes(options: ApproveRoutes): Routes {
  return (app) => {
    app.post<{ Params: { site: string } }>('/sites/:site/approve', async (request, reply) => {
      try {
        if (!isAuthorised(request.headers.authorization, options.clusterKey)) throw new HoldfastError('unauthorised');
        return await approve(options, request.params.site, nameOf(request.body));
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        return reply.code(error.httpStatus).send({ error: error.message, fix: error.fix, code: error.code });
      }
    });
  };
}

function nameOf(body: unknown): string {
  const by = (body as { by?: unknown } | null)?.by;
  if (typeof by !== 'string' || !NAME.test(by.trim())) throw new HoldfastError('approver-unnamed');
  return by.trim();
}

/** Saying it twice does no harm: the second time it stands already. @throws HoldfastError, StoreUnavailable */
async function approve(
  { store, clock, sites }: ApproveRoutes,
  site: SiteId,
  by: string,
): Promise<{ sentence: string }> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const placement = await store.placement(site);
    const spec = sites.get(site)?.spec;
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
