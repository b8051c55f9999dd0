<?php
// Run once, where the database was created. A write that is executed twice must be visible, so `id` is not unique.
require __DIR__ . '/public/database.php';

database()->exec('CREATE TABLE IF NOT EXISTS entries (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4');
