/** One zone on the wall: its state first, then who hears it. */
import { useState } from 'react';
import { mayMove, mayPractise } from '../actions/allowed.ts';
import { EvacuateDialog, PractiseDialog, ReturnDialog } from '../actions/zone.tsx';
import type { Me, ZoneStatus } from '../data/shapes.ts';
import { duration } from '../words/numbers.ts';
import { sightWord, ZONE_WORDS } from '../words/states.ts';
import { At, For } from './Clock.tsx';
import { Toned } from './Tone.tsx';

interface Props {
  zone: ZoneStatus;
  /** Its place in the row, from which its colour in charts follows. */
  at: number;
  /** The zone of the controller that tells this. */
  asked: string;
  me: Me;
}

export function ZoneCard({ zone: status, at, asked, me }: Props) {
  const { zone, state, since, heardAgoMs, agent, controllerHere, evacuated, observers } = status;
  const [asking, setAsking] = useState<'leave' | 'practise' | null>(null);
  const Dialog = evacuated === null ? EvacuateDialog : ReturnDialog;
  const { tone } = ZONE_WORDS[state];
  return (
    <li className={`card zone edge-${tone}`}>
      <div className="zone-head">
        <h2>
          <span className={`swatch zone-${(at % 4) + 1}`} aria-hidden="true" /> Zone {zone}
        </h2>
        <Toned {...ZONE_WORDS[state]} strong />
      </div>
      <dl className="pairs">
        <div>
          <dt>For</dt>
          <dd>
            <For since={since} />
          </dd>
        </div>
        <div>
          <dt>Agent</dt>
          <dd>
            {agentWords(heardAgoMs, asked)}
            {agent !== null && <span className="soft small mono"> {agent}</span>}
          </dd>
        </div>
        <div>
          <dt>Controller</dt>
          <dd>{controllerHere ? (asked === zone ? 'here, and it tells this' : 'registered') : 'none'}</dd>
        </div>
      </dl>
      <div>
        <h3 className="small soft">Who observes it</h3>
        {observers.length === 0 && <p className="small">Nobody was heard yet.</p>}
        <dl className="pairs small">
          {observers.map((sight) => (
            <div key={sight.observer}>
              <dt>{sight.observer.replace(':', ' ')}</dt>
              <dd>
                <Toned {...sightWord(sight)} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
      {evacuated !== null && (
        <p className="small">
          <Toned word="Evacuated" tone="warn" /> by {evacuated.by}, <At at={evacuated.at} />
          {evacuated.why === '' ? '' : `: ${evacuated.why}`}
        </p>
      )}
      {mayMove(me) && (
        <div className="actions">
          <button type="button" className="button small" onClick={() => setAsking('leave')}>
            {evacuated === null ? 'Evacuate …' : 'Give back …'}
            <span className="sr-only"> zone {zone}</span>
          </button>
          {mayPractise(me) && (
            <button type="button" className="button small" onClick={() => setAsking('practise')}>
              Practise …<span className="sr-only"> zone {zone}</span>
            </button>
          )}
        </div>
      )}
      {asking === 'leave' && <Dialog zone={zone} close={() => setAsking(null)} />}
      {asking === 'practise' && <PractiseDialog zone={zone} ill={state !== 'healthy'} close={() => setAsking(null)} />}
    </li>
  );
}

function agentWords(heardAgoMs: number | null, asked: string): string {
  if (heardAgoMs === null) return `never heard by controller ${asked}`;
  return heardAgoMs < 1_000 ? 'heard just now' : `last heard ${duration(heardAgoMs)} ago`;
}
