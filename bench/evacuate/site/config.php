<?php
// Filled in when the copy is installed.
return [
    'dsn' => 'mysql:unix_socket={{database.socket}};dbname={{database.name}};charset=utf8mb4',
    'user' => '{{database.user}}',
    'password' => '{{database.password}}',
];
