<?php
// The ledger over HTTP: POST /add, /write, /cas, /read (the live copy only), GET /read, /newest (any copy), /ready.
require __DIR__ . '/ledger.php';

$path = strtok($_SERVER['REQUEST_URI'], '?');
$asked = $_SERVER['REQUEST_METHOD'] === 'POST' ? $_POST : $_GET;
$answer = match ("{$_SERVER['REQUEST_METHOD']} $path") {
    'POST /add' => add($asked['value']),
    'POST /write' => write($asked['name'], $asked['value']),
    'POST /cas' => compareAndSet($asked['name'], $asked['old'], $asked['value']),
    'POST /read', 'GET /read' => read($asked['name']),
    'GET /newest' => newest(),
    'GET /ready' => newest(),
    default => ['outcome' => 'no-such-thing'],
};
http_response_code(match ($answer['outcome']) {
    'ok' => 200,
    'mismatch' => 409,
    'no-such-thing' => 404,
    default => 503,
});
header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode($answer), "\n";
