<?php
// For drills: while a file named `fault` stands beside this one, half of the requests are answered with 500.
if (is_file(__DIR__ . '/fault') && mt_rand(0, 1) === 1) {
    http_response_code(500);
    header('Content-Type: text/plain');
    exit("broken on purpose\n");
}
