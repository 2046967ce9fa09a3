// Where the program begins. It does nothing but choose where Node keeps what it compiles: only what is imported after that is kept, so the program itself (program.ts) is.

import { keepCompiledCode } from './compiled-code.ts'

keepCompiledCode(process.argv.slice(2), process.env)
await import('./program.ts')
