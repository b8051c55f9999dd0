<?php
// Whether this copy could serve a reader, asked four times a second: one read, without loading WordPress.
// The configuration is read as text, because including it would load everything.
$config = file_get_contents(__DIR__ . '/wp-config.php');
$constant = fn (string $name): string => preg_match("/define\('$name', '([^']*)'\)/", $config, $match) ? $match[1] : '';
// Until its pages are compiled, a copy is too slow to be sent visitors.
if (!is_file(__DIR__ . '/warmed')) {
    http_response_code(503);
    exit("warming up\n");
}
header('Content-Type: text/plain');
header('Cache-Control: no-store');
try {
    $socket = substr($constant('DB_HOST'), strlen('localhost:'));
    $database = new mysqli('p:localhost', $constant('DB_USER'), $constant('DB_PASSWORD'), $constant('DB_NAME'), 0, $socket);
    $database->query("SELECT option_value FROM wp_options WHERE option_name = 'siteurl'")->fetch_row() ?? throw new Exception('not set up');
    echo "ready\n";
} catch (Exception $error) {
    http_response_code(503);
    echo "not ready\n";
}
