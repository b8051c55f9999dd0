/** One site in a list: its name, where it lives, how it is. */
import { toHash } from '../browser/route.ts';
import type { SiteStatus } from '../data/shapes.ts';
import { siteWord } from '../words/states.ts';
import { Toned } from './Tone.tsx';

export function SiteRow({ site }: { site: SiteStatus }) {
  const host = site.hosts[0];
  return (
    <a className="row site-row" href={toHash(['sites', site.site])}>
      <span className="row-main">
        <span className="row-title">{site.site}</span>
        {host !== undefined && host !== site.site && (
          <span className="row-sub">
            {host}
            {site.hosts.length > 1 ? ` and ${site.hosts.length - 1} more` : ''}
          </span>
        )}
      </span>
      <span className="row-places">
        live in {site.live}
        {site.standby === null ? ', no standby' : `, standby in ${site.standby}`}
      </span>
      <span className="row-state">
        <Toned {...siteWord(site)} />
      </span>
    </a>
  );
}
