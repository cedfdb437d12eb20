// Time zones by name (IANA, such as Europe/Paris), as the runtime's database has them (Intl). The zone is always a parameter:
// the machine's own zone and language change nothing.

const ZONE = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** Whether it is the name of a time zone that this machine knows. Bare offsets such as +01:00 are no places, and know no summer. */
export function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string' || !ZONE.test(name)) return false;
  try {
    zoneFormat(name);
    return true;
  } catch {
    return false;
  }
}

/** What calendar and clock of a zone show, in digits. @throws RangeError where the zone is not known */
export function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
