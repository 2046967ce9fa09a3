import type { PathKind } from '../../path/path-kind.ts'

export const pathNat: PathKind = {
  code: 'path-nat',
  severity: 'notice',
  symptom: 'Addresses or ports are rewritten on the path',
  cause: 'A NAT or a rewriting firewall stands between the two machines: each sees another address of the other than that one has itself.',
  confidence: 'certain',
  advice: 'Nothing for Holdfast, whose agents dial out and are known by their keys; stock Amanda needs names and ports that are right on both sides.',
  measured: 'Each end says which addresses and ports it sees; they are compared.',
  cures: [{ on: 'stock Amanda behind it', steps: ['The name of the server in .amandahosts must be the one that the rewritten address leads back to.', 'Source ports must stay below 1024 for auth bsd and bsdtcp: many NATs choose others; let the rule keep them, or use ssh or an agent of Holdfast.'] }],
  check: 'Measure again: both ends name the same addresses. Where the NAT is wanted, nothing is to be done.',
}
