<?php
/**
 * Plugin Name: Holdfast demonstration
 * Description: Opens the comments to drills, which write several a second, and keeps WordPress from calling anybody.
 */

add_filter('pre_http_request', fn () => new WP_Error('http_request_blocked', 'This site calls nobody.'));
add_filter('pre_wp_mail', '__return_false');

// A drill writes many alike comments quickly, and each must be visible at once.
add_filter('pre_comment_approved', fn () => 1);
add_filter('duplicate_comment_id', '__return_null');
remove_filter('check_comment_flood', 'check_comment_flood_db', 10);
add_action('init', fn () => remove_all_filters('wp_is_comment_flood'));
add_filter('wp_is_comment_flood', '__return_false', 100);
