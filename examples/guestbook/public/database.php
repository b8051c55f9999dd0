<?php
// One kept connection per PHP worker: opening one costs more than the query.

function settings(): array
{
    static $settings = null;
    return $settings ??= require dirname(__DIR__) . '/config.php';
}

function database(): PDO
{
    $settings = settings();
    return new PDO(
        "mysql:unix_socket={$settings['socket']};dbname={$settings['name']};charset=utf8mb4",
        $settings['user'],
        $settings['password'],
        [
            PDO::ATTR_PERSISTENT => PHP_SAPI !== 'cli',
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_TIMEOUT => 2,
        ],
    );
}
