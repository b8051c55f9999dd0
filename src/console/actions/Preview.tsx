/** What asking would do and what it risks, told by the same functions that would decide it, and told anew while one reads. */
import { type Resource, useResource } from '../data/resource.ts';
import type { PreviewAnswer, ZoneAnswer } from '../data/shapes.ts';
import { Waiting } from '../parts/Shown.tsx';
import { Toned } from '../parts/Tone.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { counted } from '../words/numbers.ts';

const EVERY_MS = 3_000;
const MOST_NAMED = 8;

export function usePreview<T>(path: string | null): Resource<T> {
  return useResource<T>(path, { everyMs: EVERY_MS });
}

export function PreviewOf({ of: { data, problem } }: { of: Resource<PreviewAnswer> }) {
  if (problem !== null) return <Trouble problem={problem} />;
  if (data === null) return <Waiting rows={3} />;
  const { would, sentence, refusal, evidence, steps, risks } = data;
  return (
    <div className="preview" aria-live="polite">
      <p>
        {would ? (
          sentence
        ) : (
          <Toned word={`It would be refused now${refusal === null ? '' : `: ${refusal}`}.`} tone="bad" strong />
        )}
        {!would && ` ${sentence}`}
      </p>
      {evidence.length > 0 && (
        <ul className="plain-list small soft">
          {evidence.map(({ observer, saw }) => (
            <li key={observer + saw}>
              {observer}: {saw}
            </li>
          ))}
        </ul>
      )}
      {would && steps.length > 0 && (
        <div>
          <h3>What would happen</h3>
          <ol className="steps">
            {steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </div>
      )}
      {risks.length > 0 && (
        <div>
          <h3>What it risks</h3>
          <ul className="risks">
            {risks.map((risk) => (
              <li key={risk}>{risk}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

export function ZonePreviewOf({ of: { data, problem } }: { of: Resource<ZoneAnswer> }) {
  if (problem !== null) return <Trouble problem={problem} />;
  if (data === null) return <Waiting rows={3} />;
  const { sentence, sites, refused } = data;
  return (
    <div className="preview" aria-live="polite">
      <p>{sentence}</p>
      {sites.length > 0 && (
        <p className="small soft">
          {counted(sites.length, 'site')}: {sites.slice(0, MOST_NAMED).join(', ')}
          {sites.length > MOST_NAMED ? ` and ${sites.length - MOST_NAMED} more` : ''}
        </p>
      )}
      {refused.length > 0 && (
        <div>
          <h3>{counted(refused.length, 'site')} would not move now</h3>
          <ul className="risks">
            {refused.slice(0, MOST_NAMED).map(({ site, sentence: why }) => (
              <li key={site}>{why}</li>
            ))}
          </ul>
          {refused.length > MOST_NAMED && <p className="small soft">and {refused.length - MOST_NAMED} more</p>}
        </div>
      )}
    </div>
  );
}
