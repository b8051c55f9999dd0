<?php
// One kept connection per worker.

function database(): PDO
{
    $settings = require dirname(__DIR__) . '/config.php';
    return new PDO($settings['dsn'], $settings['user'], $settings['password'], [
        PDO::ATTR_PERSISTENT => PHP_SAPI !== 'cli',
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => 2,
    ]);
}
