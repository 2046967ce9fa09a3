// Where a module lies that is not imported but started, such as the code of a thread. The sources run as .ts and the package as .js: such a module ends
// as the one that starts it does.

/** The file of module `name` (`./catalog-worker`, without an ending) beside the module whose `import.meta.url` is `from`. */
export function moduleFile(name: string, from: string): URL {
  return new URL(`${name}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from)
}
