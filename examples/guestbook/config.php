<?php
// Filled in when the copy is installed; only the application's own user may read it.
return [
    'socket' => '{{database.socket}}',
    'name' => '{{database.name}}',
    'user' => '{{database.user}}',
    'password' => '{{database.password}}',
    'cache' => '{{cache.socket}}',
    'zone' => '{{zone}}',
];
