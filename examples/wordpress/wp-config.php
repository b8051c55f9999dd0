<?php
// Filled in when the copy is installed; it lies above the folder that is served, and only the application's user may read it.
define('DB_NAME', '{{database.name}}');
define('DB_USER', '{{database.user}}');
define('DB_PASSWORD', '{{database.password}}');
define('DB_HOST', 'localhost:{{database.socket}}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

// The same in every zone, so that nobody is logged out by a move.
$holdfast_secret = '{{site.secret}}';
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
    define($name, hash_hmac('sha256', $name, $holdfast_secret));
}

// The address is the one that the visitor used, whatever port the edge has.
$holdfast_host = $_SERVER['HTTP_HOST'] ?? '';
if (!preg_match('/^[a-z0-9.-]+(:\d{1,5})?$/i', $holdfast_host)) {
    $holdfast_host = $_SERVER['HTTP_HOST'] = '{{site.host}}';
}
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}
define('WP_HOME', (isset($_SERVER['HTTPS']) ? 'https://' : 'http://') . $holdfast_host);
define('WP_SITEURL', WP_HOME);

// The agent runs the cron, and only where the site is live.
define('DISABLE_WP_CRON', true);
// The program files are Debian's and the same in every zone: nothing in here may change them.
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISALLOW_FILE_MODS', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
// A classic theme: a page costs half of what one made of blocks does.
define('WP_DEFAULT_THEME', 'twentytwentyone');
define('WP_DEBUG', false);

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/web/');
}
require_once ABSPATH . 'wp-settings.php';
