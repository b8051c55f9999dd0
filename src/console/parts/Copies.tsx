/** A site's copies, one a zone: what runs there, how far behind it is, what is being built. */
import type { CopyStatus, SiteStatus } from '../data/shapes.ts';
import { bytes, counted, duration, percent } from '../words/numbers.ts';
import { APPLICATION_WORDS, capital, DATABASE_WORDS, ROLE_WORDS, type Tone } from '../words/states.ts';
import { Toned } from './Tone.tsx';

const AUXILIARY_TONES: Record<string, Tone> = { stopped: 'quiet', cold: 'busy', warm: 'good', failing: 'bad' };

export function Copies({ site }: { site: SiteStatus }) {
  return (
    <ul className="copies">
      {site.copies.map((copy) => (
        <Copy key={copy.zone} copy={copy} />
      ))}
    </ul>
  );
}

function Copy({ copy }: { copy: CopyStatus }) {
  const { zone, role, database, application, lagMs, trouble, cache, search, salvage } = copy;
  const none = role === 'none';
  return (
    <li className="card copy">
      <div className="zone-head">
        <h3>Zone {zone}</h3>
        <span className={`role role-${role}`}>{capital(ROLE_WORDS[role])}</span>
      </div>
      <dl className="pairs">
        <div>
          <dt>Database</dt>
          <dd>
            <Toned {...DATABASE_WORDS[database]} tone={none ? 'quiet' : DATABASE_WORDS[database].tone} />
          </dd>
        </div>
        <div>
          <dt>Application</dt>
          <dd>
            <Toned {...APPLICATION_WORDS[application]} tone={none ? 'quiet' : APPLICATION_WORDS[application].tone} />
          </dd>
        </div>
        {lagMs !== null && (
          <div>
            <dt>Behind</dt>
            <dd>{duration(lagMs)}</dd>
          </div>
        )}
        {cache !== null && <Auxiliary name="Object cache" state={cache.state} trouble={cache.trouble} />}
        {search !== null && <Auxiliary name="Search index" state={search.state} trouble={search.trouble} />}
      </dl>
      <Building copy={copy} />
      {trouble !== null && <p className="small tone-bad">{trouble}</p>}
      {salvage.length > 0 && (
        <p className="small soft">
          {counted(salvage.length, 'data directory', 'data directories')} set aside (
          {bytes(salvage.reduce((sum, each) => sum + each.bytes, 0))}), kept until somebody discards it.
        </p>
      )}
    </li>
  );
}

function Auxiliary({ name, state, trouble }: { name: string; state: string; trouble: string | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Toned word={state} tone={AUXILIARY_TONES[state] ?? 'quiet'} />
        {trouble !== null && <span className="small tone-bad"> {trouble}</span>}
      </dd>
    </div>
  );
}

const STAGES = { copying: 'Copying', preparing: 'Preparing', 'catching-up': 'Catching up' };

function Building({ copy: { build, buildProgress, zone } }: { copy: CopyStatus }) {
  if (build === null) return null;
  const { stage, from, receivedBytes, totalBytes, bytesPerSecond, leftMs, attempts, throttled } = build;
  return (
    <div className="building small">
      <p>
        {STAGES[stage]} from zone {from}
        {attempts > 1 ? `, attempt ${attempts}` : ''}
        {throttled ? ', held back for the live copy’s sake' : ''}
      </p>
      <progress
        aria-label={`New copy in zone ${zone}`}
        max={1}
        {...(buildProgress === null ? {} : { value: buildProgress })}
      />
      <p className="soft">
        {bytes(receivedBytes)}
        {totalBytes === null ? '' : ` of ${bytes(totalBytes)}`}
        {buildProgress === null ? '' : `, ${percent(buildProgress, 0)}`}
        {bytesPerSecond === null ? '' : `, ${bytes(bytesPerSecond)}/s`}
        {leftMs === null || leftMs === 0 ? '' : `, about ${duration(leftMs)} left`}
      </p>
    </div>
  );
}
