/**
 * Every change that a person asks for goes through this: what would happen and what it risks, as of now, then a reason, the name where
 * it hurts, and one button that says what it does.
 */
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { type Problem, problemOf } from '../data/ask.ts';
import { Trouble } from '../parts/Trouble.tsx';

export interface Outcome {
  sentence: string;
  /** Where it can be followed: the id of a record. */
  record?: string | null;
}

interface Props {
  title: string;
  /** On the button: `Move shop`. */
  verb: string;
  grave?: boolean;
  /** Has to be typed. */
  name?: string;
  reason?: boolean;
  /** Nothing to be asked for now, as the preview says. */
  barred?: boolean;
  children: ReactNode;
  ask(why: string): Promise<Outcome>;
  close(): void;
}

export function ActionDialog(props: Props) {
  const { title, verb, grave = false, name, reason = true, barred = false, children, ask, close } = props;
  const [why, setWhy] = useState('');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const named = name === undefined || typed.trim() === name;

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || barred || !named) return;
    setBusy(true);
    setProblem(null);
    try {
      setOutcome(await ask(why.trim()));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog title={title} close={close}>
      {outcome !== null ? (
        <Done outcome={outcome} close={close} />
      ) : (
        <form className="form" onSubmit={(event) => void send(event)}>
          {children}
          {reason && (
            <label className="field">
              <span>
                Reason <span className="soft">for the record</span>
              </span>
              <input value={why} maxLength={200} onChange={(event) => setWhy(event.target.value)} />
            </label>
          )}
          {name !== undefined && (
            <label className="field">
              <span>
                Type <code>{name}</code> to confirm
              </span>
              <input
                value={typed}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            </label>
          )}
          {problem !== null && <Trouble problem={problem} />}
          <div className="dialog-buttons">
            <button type="button" className="button" onClick={close}>
              Cancel
            </button>
            <button
              type="submit"
              className={`button primary${grave ? ' grave' : ''}`}
              disabled={busy || barred || !named}
            >
              {busy ? 'Asking …' : verb}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function Done({ outcome: { sentence, record }, close }: { outcome: Outcome; close(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div className="form">
      <p role="status">{sentence}</p>
      <div className="dialog-buttons">
        {record && (
          <a className="button" href={`#/incidents/${encodeURIComponent(record)}`} onClick={close}>
            Follow it
          </a>
        )}
        <button ref={button} type="button" className="button primary" onClick={close}>
          Close
        </button>
      </div>
    </div>
  );
}

/** The browser's own dialog: it keeps the focus inside, closes by Escape, and gives the focus back. */
export function Dialog({ title, children, close }: { title: string; children: ReactNode; close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
