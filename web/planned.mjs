// Writes src/api/planned.ts: the operations of the contract that the box does not serve yet (x-planned). Pages ask this
// list instead of the box, so that what is missing is said in words and not by a failed request.
import { readFileSync, writeFileSync } from 'node:fs'

const planned = []
let path = ''
let method = ''
for (const line of readFileSync('openapi.yaml', 'utf8').split('\n')) {
  if (/^components:/.test(line)) break
  const at = /^ {2}(\/\S*):/.exec(line)
  if (at) [path, method] = [at[1], '']
  const by = /^ {4}(get|put|post|patch|delete):/.exec(line)
  if (by) method = by[1].toUpperCase()
  if (/^ {6}x-planned: true/.test(line)) planned.push(`${method} ${path}`)
}
writeFileSync(
  'src/api/planned.ts',
  `// Made from openapi.yaml by planned.mjs.\nexport const planned: ReadonlySet<string> = new Set(${JSON.stringify(planned)})\n`,
)
