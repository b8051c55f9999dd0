/** A site's buttons: those that make sense now, for whom may press them. */
import { type ComponentType, useState } from 'react';
import type { Me, SiteStatus } from '../data/shapes.ts';
import { mayDrill, mayMove } from './allowed.ts';
import { AcceptLossDialog, ApproveDialog, CallOffDialog, DrillDialog, MoveDialog, StopDrillDialog } from './site.tsx';

interface Action {
  label: string;
  dialog: ComponentType<{ site: SiteStatus; close(): void }>;
  grave?: boolean;
}

/** `drilling`: a drill is under way. */
export function actionsFor(site: SiteStatus, me: Me, drilling: boolean): Action[] {
  const drill = mayDrill(me, site.site);
  const move = mayMove(me);
  const idle = site.order === null && !drilling;
  return [
    ...(move && site.refusal?.code === 'waits-for-approval'
      ? [{ label: 'Let it be moved …', dialog: ApproveDialog }]
      : []),
    ...(move && idle ? [{ label: 'Move …', dialog: MoveDialog }] : []),
    ...(drill && idle ? [{ label: 'Drill …', dialog: DrillDialog }] : []),
    ...(move && site.order !== null && !drilling ? [{ label: 'Call off …', dialog: CallOffDialog }] : []),
    ...(drill && drilling ? [{ label: 'Stop the drill …', dialog: StopDrillDialog }] : []),
    ...(move && idle && !site.protected ? [{ label: 'Give writes up …', dialog: AcceptLossDialog, grave: true }] : []),
  ];
}

export function SiteActions({ site, me, drilling }: { site: SiteStatus; me: Me; drilling: boolean }) {
  const [open, setOpen] = useState<Action['dialog'] | null>(null);
  const Open = open;
  return (
    <div className="actions">
      {actionsFor(site, me, drilling).map(({ label, dialog, grave }) => (
        <button
          key={label}
          type="button"
          className={`button${grave ? ' grave' : ''}`}
          onClick={() => setOpen(() => dialog)}
        >
          {label}
        </button>
      ))}
      {Open !== null && <Open site={site} close={() => setOpen(null)} />}
    </div>
  );
}
