#!/usr/bin/env node
'use strict'
// The installed command. Published packages run the compiled program, because Node refuses to strip types inside node_modules;
// a checkout runs the sources.
const fs = require('node:fs')
const path = require('node:path')
const { launch, ROOT } = require('../scripts/launch.cjs')

const compiled = path.join('dist', 'src', 'cli', 'main.js')
const isCheckout = fs.existsSync(path.join(ROOT, 'src', 'cli', 'main.ts'))
// Servers and agents start once and stay.
const isBrief = !isCheckout && !process.argv.includes('run')
launch(isCheckout ? path.join('src', 'cli', 'main.ts') : compiled, process.argv.slice(2), isBrief)
