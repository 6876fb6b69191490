// Dialogs are the browser's own: it keeps the focus inside and closes them with Escape.
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n'
import { Button } from './parts'

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <div>
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

interface Question {
  title: string
  text: ComponentChildren
  yes: string
  danger?: boolean
  answer: (yes: boolean) => void
}
const question = signal<Question | null>(null)

/** Asks before something happens; true when it may. */
export const confirm = (title: string, text: ComponentChildren, yes: string, danger = false): Promise<boolean> =>
  new Promise((answer) => {
    question.value = { title, text, yes, danger, answer }
  })

export function Questions() {
  const asked = question.value
  if (!asked) return null
  const close = (yes: boolean) => {
    question.value = null
    asked.answer(yes)
  }
  return (
    <Dialog title={asked.title} onClose={() => close(false)}>
      <div>{asked.text}</div>
      <div class="row end">
        <Button onClick={() => close(false)}>{t().cancel}</Button>
        <Button kind={asked.danger ? 'danger primary' : 'primary'} onClick={() => close(true)}>
          {asked.yes}
        </Button>
      </div>
    </Dialog>
  )
}
