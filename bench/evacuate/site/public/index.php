<?php
// GET / shows the newest entries, POST /entries writes one and answers 201 only after its commit, GET /ready is for the agent.
require __DIR__ . '/database.php';

try {
    [$status, $words] = answer($_SERVER['REQUEST_METHOD'], strtok($_SERVER['REQUEST_URI'], '?'));
} catch (PDOException $error) {
    [$status, $words] = [503, $error->getMessage()];
}
http_response_code($status);
header('Content-Type: text/plain');
header('Content-Length: ' . (strlen($words) + 1));
echo "$words\n";

function answer(string $method, string $path): array
{
    if ($path === '/ready') {
        database()->query('SELECT number FROM entries LIMIT 1')->fetchAll();
        return [200, 'ready'];
    }
    if ($path === '/entries' && $method === 'POST') {
        database()->prepare('INSERT INTO entries (id) VALUES (?)')->execute([(string) ($_POST['id'] ?? '')]);
        return [201, 'written'];
    }
    if ($path === '/' && in_array($method, ['GET', 'HEAD'], true)) {
        $ids = database()->query('SELECT id FROM entries ORDER BY number DESC LIMIT 10')->fetchAll(PDO::FETCH_COLUMN);
        return [200, implode("\n", $ids)];
    }
    return [404, 'nothing here'];
}
