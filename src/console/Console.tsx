/** Signed in or not, connected or not, and which page: everything else stands in pages/. */
import { useEffect } from 'react';
import { usePlace } from './browser/route.ts';
import { useCell } from './browser/store.ts';
import { startLive } from './data/live.ts';
import { findSession, session, sessionOver } from './data/session.ts';
import type { Me } from './data/shapes.ts';
import { pageOf } from './pages/index.tsx';
import { SignIn } from './pages/SignIn.tsx';
import { Frame } from './parts/Frame.tsx';
import { Trouble } from './parts/Trouble.tsx';

export function Console() {
  const now = useCell(session);
  useEffect(() => {
    void findSession();
  }, []);
  if (now.state === 'asking') return null;
  if (now.state === 'out') return <SignIn over={now.over} />;
  if (now.state === 'failed')
    return (
      <main className="alone">
        <h1>Holdfast</h1>
        <Trouble problem={now.problem} again={() => void findSession()} />
      </main>
    );
  return <SignedIn me={now.me} />;
}

function SignedIn({ me }: { me: Me }) {
  const place = usePlace();
  useEffect(() => startLive(sessionOver), []);
  return (
    <Frame me={me} here={place.parts[0] ?? ''}>
      {pageOf(place, me)}
    </Frame>
  );
}
