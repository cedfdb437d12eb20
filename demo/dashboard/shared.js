// Methods that every section of the dashboard has: taking its part of the view, telling the flow what was pressed,
// knowing the chosen member, and writing numbers for people. demo/dashboard.ts puts them into each component, because
// a ui-template can import nothing. Units as in src/units.ts: W, Wh, micro-currency per kWh, nano-currency.
export default {
  /** Starts a section: takes what came before it was shown, then follows width and the chosen member. */
  begin(topic) {
    this.take(this.msg, topic);
    this.chosen = window.microgridMember || '';
    this.onChoice = (event) => {
      this.chosen = event.detail;
    };
    window.addEventListener('microgrid-member', this.onChoice);
    this.observer = new ResizeObserver((entries) => {
      const width = Math.floor(entries[0].contentRect.width);
      if (width > 0) this.width = width;
    });
    this.observer.observe(this.$el.nodeType === 1 ? this.$el : this.$el.parentElement);
  },
  end() {
    window.removeEventListener('microgrid-member', this.onChoice);
    if (this.observer) this.observer.disconnect();
  },
  take(message, topic) {
    if (message && message.topic === topic) this.view = message.payload;
  },
  /**
   * Sends to the flow. An action, because a message of the widget would replace the view it has stored for browsers to
   * come. The topic passes only if the node is set to `topic` of `msg` (NODE_SETTINGS of demo/dashboard.ts).
   */
  tell(topic, payload) {
    this.$socket.emit('widget-action', this.id, { topic, payload });
  },
  /** Chooses a member for the whole page; choosing it again lets it go. */
  choose(member) {
    window.microgridMember = this.chosen === member ? '' : member;
    window.dispatchEvent(new CustomEvent('microgrid-member', { detail: window.microgridMember }));
  },
  theme() {
    return this.$vuetify.theme.current.dark ? 'mg mg-dark' : 'mg';
  },
  name(member) {
    const words = member.replace(/-/g, ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  },
  number(value, digits) {
    const text = Math.abs(value).toLocaleString('en-GB', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    const zero = Number(text.replace(/,/g, '')) === 0;
    return value < 0 && !zero ? `\u2212${text}` : text;
  },
  kW(watts) {
    return `${this.number(watts / 1000, 1)}\u00a0kW`;
  },
  kWh(wh) {
    return this.number(wh / 1000, Math.abs(wh) < 99950 ? 1 : 0);
  },
  ct(price) {
    return this.number(price / 10000, 1);
  },
  /** Money of the currency with two decimals; more where lines must be seen to add up. */
  money(nano, currency, digits) {
    const sign = { EUR: '\u20ac', GBP: '\u00a3', USD: '$' }[currency];
    const amount = this.number(nano / 1e9, digits === undefined ? 2 : digits);
    return sign ? `${amount}\u00a0${sign}` : `${amount}\u00a0${currency}`;
  },
  percent(part, whole) {
    if (whole <= 0) return '\u2013';
    const share = Math.max(0, Math.min(1, part / whole));
    return `${Math.round(share * 100)}\u00a0%`;
  },
  clockTime(interval) {
    return interval.slice(11, 16);
  },
  /** Start and end of an interval: 12:15 to 12:30. */
  span(interval) {
    const end = new Date(Date.parse(interval) + 900000).toISOString();
    return `${interval.slice(11, 16)}\u2013${end.slice(11, 16)}`;
  },
  date(day) {
    return new Date(`${day}T12:00Z`).toLocaleDateString('en-GB', {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
    });
  },
  /** Round steps for an axis from low to high. */
  ticks(low, high, count) {
    const raw = (high - low || 1) / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
    const result = [];
    for (let i = Math.ceil(low / step); i * step <= high + step / 1000; i++) result.push(i * step);
    return result;
  },
};
