/** What a person's move, drill or evacuation would do and what it risks, told beforehand by the very functions that would decide it. */
import { DEFAULT_DRAIN_MS, type Finding, type RefusalCode, type ZoneId } from '../model/index.ts';
import { estimateLoss } from './accept-loss.ts';
import { type DrillAsked, type DrillWish, planDrill } from './drill.ts';
import { STAY_MS } from './drill-steps.ts';
import { orderOut } from './evacuation.ts';
import { HOLD_MS } from './hand-over.ts';
import { type Asked, planOrder, type Wish } from './order.ts';
import { freshReport, type SiteView } from './world.ts';

export interface Preview {
  /** It would be begun if it were asked for now. */
  would: boolean;
  /** What would be recorded, or why not. */
  sentence: string;
  /** Why not; null: nothing speaks against it. */
  refusal: RefusalCode | null;
  evidence: Finding['evidence'];
  /** What would happen, one after the other. */
  steps: string[];
  /** What it may cost. Empty: nothing is known. */
  risks: string[];
}

export function previewMove(asked: Asked, wish: Wish): Preview {
  const { site } = asked;
  const verdict = verdictOf(planOrder(asked, wish));
  if (wish.kind === 'accept-loss') {
    const steps = [
      `Zone ${wish.to} becomes live at once, with what it has; nobody is waited for.`,
      'What only the other side has is extracted when that zone is back, kept and listed.',
    ];
    return { ...verdict, steps, risks: [...estimateLoss(site, wish.to).sentences, ...coldAfter(site)] };
  }
  const drainMs = wish.drainMs ?? site.spec.handOver.drainMs;
  return { ...verdict, steps: stepsOf(site, wish.to), risks: [...openNow(site, drainMs), ...coldAfter(site)] };
}

export function previewDrill(asked: DrillAsked, wish: DrillWish): Preview {
  const { site } = asked;
  const { live, standby } = site.placement;
  const verdict = verdictOf(planDrill(asked, wish));
  const to = standby ?? '?';
  const there = `Zone ${to} serves until all has been quiet for ${STAY_MS / 1_000} s; then the site moves home to zone ${live} by plan, without a failed request.`;
  if (wish.fault === 'move') {
    const risks = [...openNow(site, site.spec.handOver.drainMs), ...coldAfter(site)];
    return { ...verdict, steps: [...stepsOf(site, to), there], risks };
  }
  const steps = [
    `The agent in zone ${live} makes a real fault of this site's own copy (${wish.fault}); no other site is touched.`,
    `The site fails over to zone ${to}, which has every acknowledged write.`,
    `The copy in zone ${live} is taken back in.`,
    there,
  ];
  const risks = [
    'Visitors wait for about a second; requests other than GET and HEAD that are inside the copy at that moment fail.',
    'The site is exposed until its next standby is in sync.',
    ...coldAfter(site),
  ];
  return { ...verdict, steps, risks };
}

/** Where one site would go if its zone were to be emptied. `asked` has the zone evacuated already. */
export function previewLeaving(asked: Asked & { site: SiteView }): {
  to: ZoneId | null;
  sentence: string;
  refusal: RefusalCode | null;
} {
  const outcome = orderOut(asked);
  if (outcome.kind === 'decision')
    return { to: outcome.next.order?.to ?? null, sentence: outcome.sentence, refusal: null };
  if (outcome.kind === 'nothing') return { to: null, sentence: 'It is on its way already.', refusal: null };
  return { to: null, sentence: outcome.refusal.sentence, refusal: outcome.refusal.code };
}

function verdictOf(plan: ReturnType<typeof planOrder>): Pick<Preview, 'would' | 'sentence' | 'refusal' | 'evidence'> {
  if (plan.kind !== 'refusal') return { would: true, sentence: plan.sentence, refusal: null, evidence: [] };
  const { sentence, code, evidence } = plan.refusal;
  return { would: false, sentence, refusal: code, evidence };
}

function stepsOf(site: SiteView, to: ZoneId): string[] {
  const { live, standby, spares, inSync } = site.placement;
  const state = freshReport(site, to)?.database.state ?? 'unknown';
  const follows = standby === to || spares.includes(to);
  const first =
    standby === to && inSync
      ? []
      : [
          follows && state === 'running'
            ? `The copy in zone ${to} follows already, and becomes the standby.`
            : `A copy is built in zone ${to} while the site goes on; that takes as long as copying the database does.`,
        ];
  return [
    ...first,
    `Visitors are held, at most ${HOLD_MS / 1_000} s at a time, until nothing is open in zone ${live}; none of their requests fails.`,
    `Zone ${to} becomes live with every acknowledged write, and zone ${live} its standby.`,
  ];
}

/** What is open on the old side now, and would be ended. */
function openNow(site: SiteView, drainMs: number): string[] {
  const transactions = freshReport(site, site.placement.live)?.database.transactions ?? null;
  const requests = site.edges().reduce((sum, { inFlight }) => sum + inFlight, 0);
  const risks: string[] = [];
  if (transactions !== null && transactions.oldestMs > Math.min(drainMs, DEFAULT_DRAIN_MS) / 2)
    risks.push(
      `A transaction has been open for ${seconds(transactions.oldestMs)}; one that is still open ${seconds(drainMs)} after the move is asked for is ended.`,
    );
  if (requests > 0)
    risks.push(
      `${requests} ${requests === 1 ? 'request is' : 'requests are'} under way now; those that take longer than ${seconds(drainMs)} are ended.`,
    );
  return risks;
}

function coldAfter({ spec }: SiteView): string[] {
  const cold = [
    spec.cache === null ? '' : 'The object cache begins empty: pages take longer for a while.',
    spec.search === null ? '' : 'The search index is rebuilt after the move; until then it may find less.',
  ];
  return cold.filter((one) => one !== '');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
