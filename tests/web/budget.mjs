// What a browser must load: the first page's scripts and styles, and everything, as gzip sends them.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const dist = process.env.POSTERN_WEB_DIST ?? '../../build/web/dist'
const kilobyte = 1000
const weight = (file) => statSync(join(dist, `${file}.gz`)).size

/** A script with all that it imports at once; not what it asks for later. */
function withImports(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  const text = readFileSync(join(dist, file), 'utf8')
  for (const [, name] of text.matchAll(/(?:from|import)\s*["'](\.\/[^"']+)["']/g)) withImports(join(dirname(file), name), found)
  return found
}

const index = readFileSync(join(dist, 'index.html'), 'utf8')
const entries = [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => file)
const first = new Set(entries.filter((file) => file.endsWith('.js')).flatMap((file) => [...withImports(file)]))
// One catalogue of words and the page of the login's other side come right after.
for (const file of readdirSync(join(dist, 'assets'))) if (/^(de|overview)-.*\.js$/.test(file)) withImports(join('assets', file), first)
const all = readdirSync(dist, { recursive: true }).filter((file) => existsAsGzip(String(file)))
function existsAsGzip(file) {
  return /\.(js|css|html|svg)$/.test(file)
}
const sum = (files) => [...files].reduce((total, file) => total + weight(file), 0)
const scripts = sum(first)
const styles = sum(entries.filter((file) => file.endsWith('.css')))
const total = sum(all.map(String))
console.log(`first load: ${scripts} B of scripts, ${styles} B of styles; everything: ${total} B`)
assert.ok(first.size > 3, 'the scripts of the first page were found')
assert.ok(scripts <= 60 * kilobyte, `scripts: ${scripts} B > 60 kB`)
assert.ok(styles > 0 && styles <= 12 * kilobyte, `styles: ${styles} B > 12 kB`)
assert.ok(total <= 300 * kilobyte, `everything: ${total} B > 300 kB`)
for (const file of all) assert.ok(statSync(join(dist, `${file}.br`)).size > 0, `${file} has its br`)
assert.doesNotMatch(index, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/, 'nothing inline')
