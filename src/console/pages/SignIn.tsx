/** Signing in with a token: what everybody sees first. */
import { type FormEvent, useEffect, useState } from 'react';
import { type Problem, problemOf } from '../data/ask.ts';
import { signIn } from '../data/session.ts';
import { Trouble } from '../parts/Trouble.tsx';

export function SignIn({ over }: { over: boolean }) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    document.title = 'Sign in · Holdfast';
  }, []);

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token.trim());
    } catch (error) {
      const told = problemOf(error);
      setProblem(told.status === 401 ? WRONG : told);
      setBusy(false);
    }
  }
  return (
    <main className="alone">
      <h1>Holdfast</h1>
      <p className="soft">
        {over ? 'Your session is over. Sign in again to go on.' : 'Sign in to see zones, sites and incidents.'}
      </p>
      <form className="form" onSubmit={(event) => void send(event)}>
        <label className="field">
          <span>Token</span>
          <input
            type="password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            autoComplete="current-password"
            spellCheck={false}
            required
            // biome-ignore lint/a11y/noAutofocus: there is nothing else on this page
            autoFocus
          />
        </label>
        <button type="submit" className="button primary" disabled={busy || token.trim() === ''}>
          {busy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      {problem !== null && <Trouble problem={problem} />}
      <p className="soft small">
        No token? On a host of the cluster, <code>holdfast sign-in</code> makes a link that signs you in once, and{' '}
        <code>holdfast token add</code> a token.
      </p>
    </main>
  );
}

const WRONG: Problem = {
  status: 401,
  code: 'not-signed-in',
  detail: 'This token is not valid, or no longer.',
  fix: 'Check that all of it was copied: it begins with hft_ and has 47 characters.',
};
