import { type Language, language, languages, t, use } from '../i18n'
import { Select } from './forms'
import { setTheme, theme, type Theme } from './theme'

/** Language and colours: small, at the foot of what is shown before and after the login. */
export const LookAndLanguage = () => (
  <div class="preferences">
    <Select<Language> label={t().language} value={language.value} onInput={(wanted) => void use(wanted)} of={Object.entries(languages) as [Language, string][]} />
    <Select<Theme> label={t().theme} value={theme.value} onInput={setTheme} of={Object.entries(t().themes) as [Theme, string][]} />
  </div>
)
