// A WireGuard configuration, shown once: QR for phones, file for computers.
import { t } from '../i18n'
import { lazy } from './lazy'
import { Button, Code, Copy, Note, save } from './parts'

const Qr = lazy(() => import('./qr'))

export function Configuration({ name, text, warn = true }: { name: string; text: string; warn?: boolean }) {
  const words = t().devices
  return (
    <div class="stack">
      {warn && (
        <Note tone="warn" title={words.once}>
          {words.onceText}
        </Note>
      )}
      <div class="grid-2">
        <div class="stack tight">
          <p>{words.scan}</p>
          <Qr text={text} label={words.qrLabel(name)} />
        </div>
        <div class="stack tight">
          <p>{words.orFile}</p>
          <div class="row">
            <Button size="small" icon="download" onClick={() => save(`${name.slice(0, 15)}.conf`, text)}>
              {t().download}
            </Button>
            <Copy text={text} label={words.configuration} />
          </div>
          <details>
            <summary>{words.configuration}</summary>
            <Code>{text}</Code>
          </details>
        </div>
      </div>
    </div>
  )
}

/** What the helpdesk hands over so that the device makes its own key. */
export function HandOver({ link, code, configuration, device, expires }: { link: string; code: string; configuration: string; device: string; expires: string }) {
  const words = t().devices
  return (
    <div class="stack">
      <ol class="stack list">
        <li>
          <div class="stack tight">
            <p>{words.step1}</p>
            <Qr text={configuration} label={words.qrLabel(device)} />
            <div class="row">
              <Button size="small" icon="download" onClick={() => save(`${device.slice(0, 12)}-go.conf`, configuration)}>
                {t().download}
              </Button>
            </div>
          </div>
        </li>
        <li>
          <div class="stack tight">
            <p>{words.step2}</p>
            <Code>{link}</Code>
            <div class="row">
              <Copy text={link} />
            </div>
          </div>
        </li>
        <li>
          <div class="stack tight">
            <p>{words.step3}</p>
            <p class="spoken" aria-label={words.spoken}>
              {code}
            </p>
          </div>
        </li>
      </ol>
      <p class="small muted">{words.until(expires)}</p>
    </div>
  )
}
