// `labelstr`, an expression that labels match, as a template of labels, where it is simple enough: letters, digits and places for digits.

const PIECE = /\\[.\-_]|\\d|\[0-9\]|[A-Za-z0-9_-]/y

/** Undefined when the expression is more than that. `digits` is how many there are where it does not say. */
export function templateOfExpression(expression: string, digits: number): string | undefined {
  const text = expression.replace(/^\^/, '').replace(/\$$/, '')
  let template = ''
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    const [repeated] = /^(?:\[0-9\]|\\d)[*+]/.exec(text.slice(at)) ?? []
    if (repeated !== undefined) {
      // `[0-9][0-9]*` is what most have for a number.
      template = template.replace(/%*$/, '') + '%'.repeat(digits)
      PIECE.lastIndex = at + repeated.length
      continue
    }
    PIECE.lastIndex = at
    const [piece] = PIECE.exec(text) ?? []
    if (piece === undefined) return undefined
    template += piece === '[0-9]' || piece === String.raw`\d` ? '%' : piece.replace('\\', '')
  }
  return template === '' ? undefined : template
}
