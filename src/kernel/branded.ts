// Ids that the compiler keeps apart although all of them are strings at run time.

export type Branded<Name extends string> = string & { readonly __brand: Name }
