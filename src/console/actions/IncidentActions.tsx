/** Taking an incident, so that nobody else is asked to. */
import { useState } from 'react';
import { ask, type Problem, problemOf } from '../data/ask.ts';
import { refresh } from '../data/resource.ts';
import type { IncidentAnswer, Me } from '../data/shapes.ts';
import { Trouble } from '../parts/Trouble.tsx';
import { isPlanned } from '../words/incident.ts';
import { mayRespond } from './allowed.ts';

export function IncidentActions({ incident, me }: { incident: IncidentAnswer; me: Me }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { holder } = incident;
  if (!mayRespond(me) || incident.closedAt !== null || isPlanned(incident.subject) || holder === me.name) return null;

  async function take(): Promise<void> {
    const path = `/incidents/${encodeURIComponent(incident.id)}`;
    setBusy(true);
    setProblem(null);
    try {
      await ask(`${path}/acknowledge`, 'POST');
      await refresh(path);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="actions">
      <button type="button" className="button primary" disabled={busy} onClick={() => void take()}>
        {holder === null ? 'I take it' : `Take it over from ${holder}`}
      </button>
      {problem !== null && <Trouble problem={problem} />}
    </div>
  );
}
