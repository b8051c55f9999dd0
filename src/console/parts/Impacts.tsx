/** What an incident meant: for all of its sites together, and for each. */
import { toHash } from '../browser/route.ts';
import { useResource } from '../data/resource.ts';
import type { Impact, IncidentAnswer } from '../data/shapes.ts';
import { coldWords, downWord, lossWords, noticedWords, recoveryWords, waitWords } from '../words/impact.ts';
import { counted } from '../words/numbers.ts';
import { Section } from './Page.tsx';
import { Toned } from './Tone.tsx';

/** Figures grow until everything was counted. */
const AGAIN_MS = 5_000;

export function Impacts({ path }: { path: string }) {
  const known = useResource<IncidentAnswer>(path).data;
  const settled = known?.impact?.final === true && known.closedAt !== null;
  useResource<IncidentAnswer>(path, { everyMs: settled ? 0 : AGAIN_MS });
  if (known === null || known.impact === null) return null;
  const { impact, impacts } = known;
  return (
    <Section title="What it meant">
      {impact.sites > 1 && (
        <p className="facts">
          <Toned {...downWord(impact)} strong />
          <span>{noticedWords(impact)}</span>
          <span>{lossWords(impact)}</span>
        </p>
      )}
      <ul className="rows">
        {impacts.map((one) => (
          <Site key={one.site} impact={one} />
        ))}
      </ul>
      <p className="soft small">
        {impacts.length < impact.sites ? `${counted(impact.sites - impacts.length, 'site')} less hit left out. ` : ''}
        {settled
          ? 'Counted at the edge from visitors’ requests.'
          : 'So far; counted at the edge from visitors’ requests.'}
      </p>
    </Section>
  );
}

function Site({ impact }: { impact: Impact }) {
  const parts = [waitWords(impact), ...recoveryWords(impact), lossWords(impact), coldWords(impact)];
  return (
    <li className="row drill-row">
      <span className="row-main">
        <span className="row-title">
          <a href={toHash(['sites', impact.site])}>{impact.site}</a>
        </span>
        <span className="row-sub">{parts.filter((part) => part !== null).join('; ')}</span>
      </span>
      <span className="row-places">{noticedWords(impact)}</span>
      <span className="row-state">
        <Toned {...downWord(impact)} />
      </span>
    </li>
  );
}
