import './style/index.css'
import { render } from 'preact'
import { App } from './app'
import { preferred, use } from './i18n'
import { startRouter } from './router'
import { loadTheme } from './ui/theme'

loadTheme()
startRouter()
await use(preferred())
const root = document.getElementById('app')
if (root) render(<App />, root)
