import { LANGUAGES, type Language, language, switchLanguage, t } from '../lib/i18n.ts';
import { THEMES, type Theme, theme } from '../lib/theme.ts';
import { SelectField } from './fields.tsx';

const NAMES: Readonly<Record<Language, string>> = { en: 'English', vi: 'Tiếng Việt' };

export function Preferences() {
  return (
    <div class="row preferences">
      <SelectField
        label={t('preferences.language')}
        hideLabel
        value={language.value}
        onChange={(value) => void switchLanguage(value as Language)}
        options={LANGUAGES.map((one) => [one, NAMES[one]] as const)}
      />
      <SelectField
        label={t('preferences.theme')}
        hideLabel
        value={theme.value}
        onChange={(value) => {
          theme.value = value as Theme;
        }}
        options={THEMES.map((one) => [one, t(`theme.${one}`)] as const)}
      />
    </div>
  );
}
