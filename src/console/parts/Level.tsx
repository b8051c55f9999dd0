/** A site's service level this month: what visitors' requests came to, and a bar for each day. */
import { API } from '../data/ask.ts';
import { useResource } from '../data/resource.ts';
import type { LevelAnswer } from '../data/shapes.ts';
import { burningWord, daysWords, dayTone, dayWords, levelFacts } from '../words/level.ts';
import { percent } from '../words/numbers.ts';
import { Section } from './Page.tsx';
import { Empty, Shown } from './Shown.tsx';
import { Toned } from './Tone.tsx';

/** It is counted by the minute. */
const EVERY_MS = 60_000;

export function Level({ site }: { site: string }) {
  const path = `/sites/${encodeURIComponent(site)}/level`;
  const level = useResource<LevelAnswer>(path, { everyMs: EVERY_MS });
  return (
    <Section title="Service level">
      <Shown of={level} path={path}>
        {(known) =>
          known.figures.availability === null ? (
            <Empty title="Nothing has been counted this month.">
              Figures begin with the site’s first visitor, some minutes later.
            </Empty>
          ) : (
            <Figures level={known} availability={known.figures.availability} />
          )
        }
      </Shown>
    </Section>
  );
}

function Figures({ level, availability }: { level: LevelAnswer; availability: number }) {
  const { target, month, days } = level;
  return (
    <div className="card level">
      <p className="level-main">
        <Toned word={percent(availability)} tone={dayTone({ availability }, target)} strong />
        <span className="soft">
          available in {month}, {availability >= target ? 'as promised' : 'less than promised'}
        </span>
        {level.burning !== null && <Toned {...burningWord(level.burning)} strong />}
        <a href={`${API}/sites/${encodeURIComponent(level.site)}/level/report`}>Report</a>
      </p>
      <dl className="level-facts small">
        {levelFacts(level).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="days" role="img" aria-label={daysWords(days, target)}>
        {days.map((day) => (
          <span key={day.day} className={`day day-${dayTone(day, target)}`} title={dayWords(day)} />
        ))}
      </div>
    </div>
  );
}
