/** Writing into an incident: what is typed stays there until it has arrived. */
import { type FormEvent, useState } from 'react';
import { UPDATE_STATES } from '../../model/service.ts';
import { ask, type Problem, problemOf } from '../data/ask.ts';
import { refresh } from '../data/resource.ts';
import type { IncidentAnswer, UpdateState } from '../data/shapes.ts';
import { Trouble } from '../parts/Trouble.tsx';
import { UPDATE_WORDS } from '../words/incident.ts';
import { capital } from '../words/states.ts';

/** As the API takes. */
const MOST_LETTERS = 4_000;

export function UpdateForm({ incident: { id, state } }: { incident: IncidentAnswer }) {
  const [next, setNext] = useState<UpdateState>(state ?? 'investigating');
  const [text, setText] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [told, setTold] = useState('');

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    const path = `/incidents/${encodeURIComponent(id)}`;
    setBusy(true);
    setProblem(null);
    setTold('');
    try {
      const body = { state: next, text: text.trim(), public: shown };
      const { sentence } = await ask<{ sentence: string }>(`${path}/updates`, 'POST', body);
      setText('');
      setTold(`${sentence} Its people are told.`);
      await refresh(path);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className="form card" onSubmit={(event) => void send(event)}>
      <fieldset className="choice">
        <legend>Mark the incident as</legend>
        {UPDATE_STATES.map((each) => (
          <label key={each}>
            <input type="radio" name="state" checked={each === next} onChange={() => setNext(each)} />{' '}
            {capital(UPDATE_WORDS[each].word)}
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>What is to be said, in plain words</span>
        <textarea
          value={text}
          maxLength={MOST_LETTERS}
          required
          onChange={(event) => setText(event.target.value.replaceAll('\r\n', '\n'))}
        />
      </label>
      <label className="check">
        <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} /> Public: everybody
        may read it on the status page
      </label>
      {problem !== null && <Trouble problem={problem} />}
      <div className="dialog-buttons">
        <p className="small soft grow" role="status">
          {told}
        </p>
        <button type="submit" className="button primary" disabled={busy || text.trim() === ''}>
          {busy ? 'Posting …' : 'Post the update'}
        </button>
      </div>
    </form>
  );
}
