<?php
// The zone's own object cache: quick while it is there, never needed. A move empties it.

/** What `$make` answers, kept until `forget()`; made anew each time where there is no cache. */
function remembered(string $name, callable $make): string
{
    $generation = cache('GET', 'generation') ?? firstGeneration();
    $key = "$name:$generation";
    $text = $generation === null ? null : cache('GET', $key);
    if ($text === null) {
        $text = $make();
        // Under the generation that was known before it was read: what a slow reader stores late, nobody finds.
        if ($generation !== null) {
            cache('SET', $key, $text, 'EX', '60');
        }
    }
    return $text;
}

/** After a write: what was stored before is not found any more, nor what is being made of older data now. */
function forget(): void
{
    cache('SET', 'generation', bin2hex(random_bytes(8)));
}

function firstGeneration(): ?string
{
    cache('SET', 'generation', bin2hex(random_bytes(8)), 'NX');
    return cache('GET', 'generation');
}

/** One command; null when there is nothing, or no cache. */
function cache(string ...$words): ?string
{
    static $down = false;
    $socket = $down ? false : @pfsockopen('unix://' . settings()['cache'], -1, $code, $why, 0.2);
    if ($socket === false) {
        $down = true;
        return null;
    }
    stream_set_timeout($socket, 0, 200_000);
    $request = '*' . count($words) . "\r\n";
    foreach ($words as $word) {
        $request .= '$' . strlen($word) . "\r\n$word\r\n";
    }
    $line = @fwrite($socket, $request) === strlen($request) ? fgets($socket) : false;
    if ($line === false) {
        // Closed, so that a late answer is not taken for that to the next question.
        fclose($socket);
        $down = true;
        return null;
    }
    if ($line[0] !== '$' || (int) substr($line, 1) < 0) {
        return null;
    }
    $length = (int) substr($line, 1);
    $text = stream_get_contents($socket, $length + 2);
    return strlen($text) === $length + 2 ? substr($text, 0, $length) : null;
}
