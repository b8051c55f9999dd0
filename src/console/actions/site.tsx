/** What can be asked for about one site. */
import { useState } from 'react';
import { DRILL_FAULTS, type DrillFault } from '../../model/order.ts';
import { ask } from '../data/ask.ts';
import type { PreviewAnswer, SiteStatus } from '../data/shapes.ts';
import { FAULT_WORDS } from '../words/states.ts';
import { ActionDialog, type Outcome } from './ActionDialog.tsx';
import { PreviewOf, usePreview } from './Preview.tsx';

interface Props {
  site: SiteStatus;
  close(): void;
}

const pathOf = ({ site }: SiteStatus, verb: string) => `/sites/${encodeURIComponent(site)}/${verb}`;

export function MoveDialog({ site, close }: Props) {
  const [to, setTo] = useState(site.standby ?? othersOf(site)[0] ?? '');
  const preview = usePreview<PreviewAnswer>(`${pathOf(site, 'move/preview')}?to=${to}`);
  return (
    <ActionDialog
      title={`Move ${site.site}`}
      verb={`Move to zone ${to}`}
      barred={preview.data?.would !== true}
      ask={(why) => ask<Outcome>(pathOf(site, 'move'), 'POST', { to, why })}
      close={close}
    >
      <ZoneChoice site={site} to={to} choose={setTo} />
      <PreviewOf of={preview} />
    </ActionDialog>
  );
}

/** Giving up what only the live copy has: it does not come back, so that the site's name has to be typed. */
export function AcceptLossDialog({ site, close }: Props) {
  const [to, setTo] = useState(site.standby ?? othersOf(site)[0] ?? '');
  const preview = usePreview<PreviewAnswer>(`${pathOf(site, 'move/preview')}?to=${to}&kind=accept-loss`);
  return (
    <ActionDialog
      title={`Move ${site.site} and give writes up`}
      verb="Give writes up and move"
      grave
      name={site.site}
      barred={preview.data?.would !== true}
      ask={(why) => ask<Outcome>(pathOf(site, 'move'), 'POST', { to, why, kind: 'accept-loss', confirm: site.site })}
      close={close}
    >
      <ZoneChoice site={site} to={to} choose={setTo} />
      <PreviewOf of={preview} />
    </ActionDialog>
  );
}

export function DrillDialog({ site, close }: Props) {
  const [fault, setFault] = useState<DrillFault>('move');
  const preview = usePreview<PreviewAnswer>(`${pathOf(site, 'drill/preview')}?fault=${fault}`);
  return (
    <ActionDialog
      title={`Drill of ${site.site}`}
      verb="Begin the drill"
      reason={false}
      barred={preview.data?.would !== true}
      ask={() => ask<Outcome>(pathOf(site, 'drill'), 'POST', { fault })}
      close={close}
    >
      <label className="field">
        <span>What makes it leave</span>
        <select value={fault} onChange={(event) => setFault(event.target.value as DrillFault)}>
          {DRILL_FAULTS.map((each) => (
            <option key={each} value={each}>
              {FAULT_WORDS[each]}
            </option>
          ))}
        </select>
      </label>
      <PreviewOf of={preview} />
    </ActionDialog>
  );
}

export function CallOffDialog({ site, close }: Props) {
  return (
    <ActionDialog
      title={`Call the move of ${site.site} off`}
      verb="Call it off"
      reason={false}
      ask={() => ask<Outcome>(pathOf(site, 'move'), 'DELETE')}
      close={close}
    >
      <p>The site stays where it is. Visitors that are held are let go. What has already moved is not moved back.</p>
    </ActionDialog>
  );
}

export function StopDrillDialog({ site, close }: Props) {
  return (
    <ActionDialog
      title={`Stop the drill of ${site.site}`}
      verb="Stop the drill"
      reason={false}
      ask={() => ask<Outcome>(pathOf(site, 'drill'), 'DELETE')}
      close={close}
    >
      <p>The site goes home now, as by a planned move, and the drill counts as stopped.</p>
    </ActionDialog>
  );
}

export function ApproveDialog({ site, close }: Props) {
  return (
    <ActionDialog
      title={`Let ${site.site} be moved`}
      verb="Give the word"
      reason={false}
      ask={() => ask<Outcome>(pathOf(site, 'approve'), 'POST', {})}
      close={close}
    >
      <p>
        This site asks first. With your word it is moved as soon as everything else speaks for it; without a move within
        a quarter of an hour the word is used up.
      </p>
      {site.refusal !== null && <p className="soft">{site.refusal.sentence}</p>}
    </ActionDialog>
  );
}

function othersOf({ copies, live }: SiteStatus): string[] {
  return copies.map(({ zone }) => zone).filter((zone) => zone !== live);
}

function ZoneChoice({ site, to, choose }: { site: SiteStatus; to: string; choose(zone: string): void }) {
  return (
    <fieldset className="choice">
      <legend>To</legend>
      {othersOf(site).map((zone) => (
        <label key={zone}>
          <input type="radio" name="to" value={zone} checked={zone === to} onChange={() => choose(zone)} /> Zone {zone}
          <span className="soft">, {site.copies.find((copy) => copy.zone === zone)?.role}</span>
        </label>
      ))}
    </fieldset>
  );
}
