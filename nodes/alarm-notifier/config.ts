import { priorities } from '../lib/alarms.ts';
import { choiceField, numberField, parseFields, textField } from '../lib/fields.ts';
import { addresses, isOff, smtpServer, webhookAt, type SmtpServer, type Webhook } from './addresses.ts';
import type { GateSettings } from './gate.ts';

export const fields = {
  name: textField(''),
  cooldownMinutes: numberField(10, { min: 0 }),
  perHour: numberField(10, { min: 1, max: 1000, integer: true }),
  pagePriority: choiceField('low', priorities),
  smtpUrl: textField('${SMTP_URL}'),
  mailTo: textField('${ALARM_MAIL_TO}'),
  mailFrom: textField('${ALARM_MAIL_FROM}'),
  mailPriority: choiceField('high', priorities),
  webhookUrl: textField('${ALARM_WEBHOOK}'),
  webhookPriority: choiceField('high', priorities),
};

export interface MailSettings {
  readonly server: SmtpServer;
  readonly to: readonly string[];
  readonly from: string;
}
export interface NotifierSettings {
  readonly page: GateSettings;
  readonly mail: (GateSettings & MailSettings) | undefined;
  readonly webhook: (GateSettings & Webhook) | undefined;
}

/** The mail server and the addresses, or undefined where mail is off. From is by default who signs in, or the first recipient. */
export const mailOf = (
  url: string,
  to: string,
  from: string,
  names: { readonly url: string; readonly to: string; readonly from: string },
): MailSettings | undefined => {
  if (isOff(url)) return undefined;
  const server = smtpServer(url, names.url);
  if (isOff(to)) throw new Error(`${names.to}: must be e-mail addresses when ${names.url} is set, got ""`);
  const recipients = addresses(to, names.to);
  const sender = isOff(from) ? (server.user.includes('@') ? server.user : (recipients[0] ?? '')) : from;
  const [one = '', ...more] = addresses(sender, names.from);
  if (more.length > 0) throw new Error(`${names.from}: must be one e-mail address, got ${more.length + 1}`);
  return { server, to: recipients, from: one };
};

const ownNames = { url: 'smtpUrl', to: 'mailTo', from: 'mailFrom' };

export const parse = (def: object): NotifierSettings => {
  const form = parseFields(fields, def);
  const gate = (least: GateSettings['least']): GateSettings => ({
    least,
    cooldownMs: Math.round(form.cooldownMinutes * 60_000),
    perHour: form.perHour,
  });
  const mail = mailOf(form.smtpUrl, form.mailTo, form.mailFrom, ownNames);
  return {
    page: gate(form.pagePriority),
    mail: mail && { ...gate(form.mailPriority), ...mail },
    webhook: isOff(form.webhookUrl)
      ? undefined
      : { ...gate(form.webhookPriority), ...webhookAt(form.webhookUrl, 'webhookUrl') },
  };
};
