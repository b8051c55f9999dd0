<?php
// The guestbook: GET / shows it, POST /entries writes into it, GET /ready and GET /ids are for those who watch over it.
require __DIR__ . '/database.php';
require __DIR__ . '/cache.php';

try {
    answer($_SERVER['REQUEST_METHOD'], strtok($_SERVER['REQUEST_URI'], '?'));
} catch (PDOException $error) {
    error_log($error->getMessage());
    say(503, 'text/plain', "The database did not take it.\n");
}

function answer(string $method, string $path): void
{
    match (true) {
        $path === '/' && in_array($method, ['GET', 'HEAD'], true) => showEntries(),
        $path === '/entries' && $method === 'POST' => writeEntry(),
        $path === '/ready' => checkDatabase(),
        $path === '/ids' => listIds(),
        default => say(404, 'text/plain', "There is nothing here.\n"),
    };
}

function showEntries(): void
{
    $text = fn (string $raw): string => htmlspecialchars($raw, ENT_QUOTES | ENT_SUBSTITUTE);
    $list = remembered('entries', function () use ($text): string {
        $list = '';
        foreach (database()->query('SELECT author, words, written FROM entries ORDER BY number DESC LIMIT 10') as $row) {
            $list .= "<li><b>{$text($row['author'])}</b> <small>{$row['written']}</small><br>{$text($row['words'])}</li>\n";
        }
        return $list;
    });
    $id = bin2hex(random_bytes(8));
    $zone = $text(settings()['zone']);
    say(200, 'text/html; charset=utf-8', <<<HTML
        <!doctype html>
        <html lang="en">
        <title>Guestbook</title>
        <meta name="viewport" content="width=device-width">
        <style>
          body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 2rem auto; padding: 0 1rem }
          form { display: grid; gap: .5rem; margin: 1.5rem 0 } input, button { font: inherit; padding: .4rem .6rem }
          ul { padding: 0; list-style: none } li { margin: 1rem 0 } small, footer { color: #666 }
        </style>
        <h1>Guestbook</h1>
        <form method="post" action="/entries">
          <input type="hidden" name="id" value="$id">
          <input name="author" placeholder="Your name" aria-label="Your name" maxlength="80" required>
          <input name="words" placeholder="Say something" aria-label="Say something" maxlength="500" required>
          <button>Write</button>
        </form>
        <ul>
        $list</ul>
        <footer>Served from zone $zone.</footer>
        </html>
        HTML);
}

/** 201 only after the commit: each entry is a transaction of its own. */
function writeEntry(): void
{
    $id = (string) ($_POST['id'] ?? '');
    if (!preg_match('/^[\w.:-]{1,64}$/', $id)) {
        say(400, 'text/plain', "An id of at most 64 letters, digits, dots, colons and dashes is needed.\n");
        return;
    }
    $author = shortened((string) ($_POST['author'] ?? 'somebody'), 80);
    $words = shortened((string) ($_POST['words'] ?? 'was here'), 500);
    database()->prepare('INSERT INTO entries (id, author, words) VALUES (?, ?, ?)')->execute([$id, $author, $words]);
    forget();
    say(201, 'text/html; charset=utf-8', '<!doctype html><title>Written</title><p>Written. <a href="/">Back to the guestbook</a>');
}

/** Whether this copy could serve a reader; a database that is read-only is ready. */
function checkDatabase(): void
{
    database()->query('SELECT number FROM entries LIMIT 1')->fetchAll();
    say(200, 'text/plain', "ready\n");
}

/** `id count` for every id, one a line: more than 1 means that a write was executed more than once. */
function listIds(): void
{
    say(200, 'text/plain', '');
    foreach (database()->query('SELECT id, COUNT(*) FROM entries GROUP BY id', PDO::FETCH_NUM) as [$id, $count]) {
        echo "$id $count\n";
    }
}

/** At most `$most` characters of valid UTF-8, without the mbstring extension. */
function shortened(string $text, int $most): string
{
    return preg_match("/^.{0,$most}/us", $text, $match) ? $match[0] : '';
}

function say(int $status, string $type, string $body): void
{
    http_response_code($status);
    header("Content-Type: $type");
    header('Cache-Control: no-store');
    echo $body;
}
