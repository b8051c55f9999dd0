/** What can be asked for about a zone: that every site leaves it, and that it is used again. */
import { useState } from 'react';
import { ask } from '../data/ask.ts';
import type { ZoneAnswer } from '../data/shapes.ts';
import { ActionDialog, type Outcome } from './ActionDialog.tsx';
import { usePreview, ZonePreviewOf } from './Preview.tsx';

interface Props {
  zone: string;
  close(): void;
}

export function EvacuateDialog({ zone, close }: Props) {
  const preview = usePreview<ZoneAnswer>(`/zones/${zone}/evacuate/preview`);
  return (
    <ActionDialog
      title={`Evacuate zone ${zone}`}
      verb={`Evacuate zone ${zone}`}
      grave
      name={zone}
      barred={preview.data === null}
      ask={(why) => ask<ZoneAnswer>(`/zones/${zone}/evacuate`, 'POST', { why })}
      close={close}
    >
      <p>
        Every site that lives here is moved by plan, and none gets a live copy or a standby here until the zone is given
        back. Until then, one more zone lost leaves some sites without a standby.
      </p>
      <ZonePreviewOf of={preview} />
    </ActionDialog>
  );
}

const VERBS = {
  kill: ['Kill', 'Every process in it ends at once, as when its power fails.'],
  freeze: ['Freeze', 'Every process in it stands still; its connections stay open and nothing answers.'],
  cut: ['Cut off', 'Every packet into and out of it is dropped, in silence; its processes go on.'],
  heal: ['Heal', 'Packets pass, processes go on, and what was killed is started as after a reboot.'],
} as const;
type Verb = keyof typeof VERBS;
const ALL_VERBS = Object.keys(VERBS) as Verb[];

/** On the local platform, a zone is broken and mended from here. */
export function PractiseDialog({ zone, ill, close }: Props & { ill: boolean }) {
  const [verb, setVerb] = useState<Verb>(ill ? 'heal' : 'kill');
  const [label, means] = VERBS[verb];
  return (
    <ActionDialog
      title={`Practise on zone ${zone}`}
      verb={`${label} zone ${zone}`}
      grave={verb !== 'heal'}
      {...(verb === 'heal' ? {} : { name: zone })}
      ask={(why) => ask<Outcome>(`/zones/${zone}/practice`, 'POST', { verb, confirm: zone, why })}
      close={close}
    >
      <p>
        This is a local platform, on one machine: its zones may be broken on purpose, to see what happens. No other
        installation has this button.
      </p>
      <fieldset className="choice">
        <legend>What happens to it</legend>
        {ALL_VERBS.map((each) => (
          <label key={each}>
            <input type="radio" name="verb" checked={each === verb} onChange={() => setVerb(each)} /> {VERBS[each][0]}
          </label>
        ))}
      </fieldset>
      <p aria-live="polite">{means}</p>
    </ActionDialog>
  );
}

export function ReturnDialog({ zone, close }: Props) {
  const preview = usePreview<ZoneAnswer>(`/zones/${zone}/return/preview`);
  return (
    <ActionDialog
      title={`Give zone ${zone} back`}
      verb={`Give zone ${zone} back`}
      barred={preview.data === null}
      ask={(why) => ask<ZoneAnswer>(`/zones/${zone}/return`, 'POST', { why })}
      close={close}
    >
      <p>The zone is used again, and the sites that were taken out of it go home by planned moves.</p>
      <ZonePreviewOf of={preview} />
    </ActionDialog>
  );
}
