<?php
// The ledger's operations. Each says whether it was done (ok), certainly not done (fail, mismatch), or may have been (unknown).

function settings(): array
{
    static $settings = null;
    return $settings ??= require dirname(__DIR__) . '/config.php';
}

// Opened anew for every request: a kept connection could carry an unfinished transaction into the next one.
function database(): PDO
{
    static $database = null;
    $settings = settings();
    return $database ??= new PDO(
        "mysql:unix_socket={$settings['socket']};dbname={$settings['name']};charset=ascii",
        $settings['user'],
        $settings['password'],
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 2, PDO::ATTR_EMULATE_PREPARES => true],
    );
}

// The server's own refusals: the statement was rolled back. Lost connections and time-outs are not among them.
const REFUSALS = [1290, 1205, 1213, 1836, 3100, 1114, 1021, 1030];

/** `$work` gets `$committing`, which it calls right before the statement that commits. */
function attempt(callable $work): array
{
    $mayBeDone = false;
    try {
        return $work(function () use (&$mayBeDone) {
            $mayBeDone = true;
        });
    } catch (PDOException $error) {
        $number = (int) ($error->errorInfo[1] ?? 0);
        return ['outcome' => $mayBeDone ? 'unknown' : 'fail', 'why' => "$number " . substr($error->getMessage(), 0, 120)];
    }
}

function add(string $value): array
{
    $done = attempt(function (callable $committing) use ($value) {
        $database = database();
        $committing();
        try {
            $database->prepare('INSERT INTO elements (value) VALUES (?)')->execute([$value]);
        } catch (PDOException $error) {
            if (!in_array((int) ($error->errorInfo[1] ?? 0), REFUSALS, true)) throw $error;
            return ['outcome' => 'fail', 'why' => $error->errorInfo[1] . ' refused'];
        }
        return ['outcome' => 'ok'];
    });
    return $done + witness($done);
}

function write(string $name, string $value): array
{
    return change($name, $value, null);
}

function compareAndSet(string $name, string $old, string $value): array
{
    return change($name, $value, $old);
}

/** One transaction: the register's value and version, and the line that remembers both. */
function change(string $name, string $value, ?string $old): array
{
    $done = attempt(function (callable $committing) use ($name, $value, $old) {
        $database = database();
        $database->exec('SET innodb_lock_wait_timeout = 3');
        $database->beginTransaction();
        if ($old === null) {
            $statement = $database->prepare(
                'INSERT INTO registers (name, version, value) VALUES (?, 1, ?)
                 ON DUPLICATE KEY UPDATE version = version + 1, value = VALUES(value)',
            );
            $statement->execute([$name, $value]);
        } else {
            $statement = $database->prepare(
                'UPDATE registers SET version = version + 1, value = ? WHERE name = ? AND value = ?',
            );
            $statement->execute([$value, $name, $old]);
            if ($statement->rowCount() === 0) {
                $database->rollBack();
                return ['outcome' => 'mismatch'];
            }
        }
        $version = $database->query('SELECT version FROM registers WHERE name = ' . $database->quote($name))->fetchColumn();
        $database->prepare('INSERT INTO versions (name, version, value) VALUES (?, ?, ?)')->execute([$name, $version, $value]);
        $committing();
        $database->commit();
        return ['outcome' => 'ok', 'version' => (int) $version];
    });
    return $done + witness($done);
}

function read(string $name): array
{
    $done = attempt(function () use ($name) {
        $row = database()->query('SELECT value, version FROM registers WHERE name = ' . database()->quote($name))->fetch(PDO::FETCH_ASSOC);
        return ['outcome' => 'ok', 'value' => $row['value'] ?? null, 'version' => (int) ($row['version'] ?? 0)];
    });
    return $done + witness($done);
}

/** The newest elements of the set. */
function newest(): array
{
    $done = attempt(function () {
        $values = database()->query('SELECT value FROM elements ORDER BY number DESC LIMIT 20')->fetchAll(PDO::FETCH_COLUMN);
        return ['outcome' => 'ok', 'values' => $values];
    });
    return $done + witness($done);
}

/** Which server it was, whether it takes writes, and the transaction that this connection committed last. */
function witness(array $done): array
{
    $zone = ['zone' => settings()['zone']];
    if ($done['outcome'] !== 'ok') return $zone;
    try {
        $row = database()->query('SELECT @@server_id AS server, @@read_only AS held, @@last_gtid AS gtid')->fetch(PDO::FETCH_ASSOC);
        return $zone + ['server' => (int) $row['server'], 'readOnly' => (bool) (int) $row['held'], 'gtid' => $row['gtid']];
    } catch (PDOException) {
        // It was acknowledged all the same, only by whom is not known.
        return $zone + ['server' => null, 'readOnly' => null, 'gtid' => null];
    }
}
