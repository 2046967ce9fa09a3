#!/bin/sh
':' //; here=$(readlink -f "$0") && . "${here%/*}/installed.sh"; exec node "$0" "$@"
'use strict'
// The installed command. To Node the line above is two texts and a comment. A shell looks for the short way first (installed.sh), and gives this file to Node where there is none.
// Published packages run the compiled program, because Node refuses to strip types inside node_modules; a checkout runs the sources.
const fs = require('node:fs')
const path = require('node:path')
const { launch, ROOT } = require('../scripts/launch.cjs')

const compiled = path.join('dist', 'src', 'cli', 'main.js')
const isCheckout = fs.existsSync(path.join(ROOT, 'src', 'cli', 'main.ts'))
launch(isCheckout ? path.join('src', 'cli', 'main.ts') : compiled, process.argv.slice(2))
