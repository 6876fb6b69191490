// Short messages at the bottom: something was done, or was not. Screen readers hear them.
import { signal } from '@preact/signals'
import { t } from '../i18n'
import { Icon } from './icons'

interface Toast {
  id: number
  text: string
  tone: 'good' | 'warn' | 'bad'
}
const shown = signal<Toast[]>([])
let last = 0

const drop = (id: number) => (shown.value = shown.value.filter((one) => one.id !== id))

export function toast(text: string, tone: Toast['tone'] = 'good'): void {
  const id = ++last
  shown.value = [...shown.value.slice(-2), { id, text, tone }]
  setTimeout(() => drop(id), tone === 'good' ? 5000 : 12_000)
}

export const Toasts = () => (
  <div class="toasts no-print" role="status" aria-live="polite">
    {shown.value.map((one) => (
      <div class="toast" key={one.id}>
        <Icon name={one.tone === 'good' ? 'check' : 'warn'} />
        <div>{one.text}</div>
        <button type="button" class="toast-close" aria-label={t().close} onClick={() => drop(one.id)}>
          <Icon name="close" size={18} />
        </button>
      </div>
    ))}
  </div>
)
