<?php
// Run once, where the database was created. Nothing is unique that a write executed twice would have to violate: it has to show.
require __DIR__ . '/public/ledger.php';

database()->exec('CREATE TABLE IF NOT EXISTS elements (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    value VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY (value)
) ENGINE=InnoDB');
database()->exec('CREATE TABLE IF NOT EXISTS registers (
    name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    version INT UNSIGNED NOT NULL,
    value VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
) ENGINE=InnoDB');
// Every value that a register ever had, written by the same transaction: the order of versions that the checker goes by.
database()->exec('CREATE TABLE IF NOT EXISTS versions (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version INT UNSIGNED NOT NULL,
    value VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY (name, version)
) ENGINE=InnoDB');
