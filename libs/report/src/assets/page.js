'use strict';
(() => {
  const make = (tag, text) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; return e; };
  const text = (value, column) => {
    if (value === null || value === '') return '\u2013';
    if (typeof value !== 'number') return value;
    if (column.decimals === undefined || Math.abs(value) >= 1e21) return String(value);
    const fixed = value.toFixed(column.decimals);
    return /^-[0.]+$/.test(fixed) ? fixed.slice(1) : fixed;
  };
  const heading = (column) => column.unit ? column.name + ' (' + column.unit + ')' : column.name;
  const blocks = new Map();
  const block = (id) => {
    if (!blocks.has(id)) blocks.set(id, JSON.parse(document.getElementById(id).textContent));
    return blocks.get(id);
  };
  window.twillReport = {make, text, heading, block};

  const csv = (data) => {
    const cell = (v) => v === null ? '' : /[",\r\n]/.test(v) ? '"' + String(v).replace(/"/g, '""') + '"' : String(v);
    const rows = [data.columns.map((c) => cell(heading(c))).join(',')];
    const count = data.values.length ? data.values[0].length : 0;
    for (let r = 0; r < count; ++r) rows.push(data.values.map((v) => cell(v[r])).join(','));
    return rows.join('\n') + '\n';
  };
  const save = (id, kind) => {
    const content = kind === 'csv' ? csv(block(id)) : document.getElementById(id).textContent;
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([content], {type: kind === 'csv' ? 'text/csv' : 'application/json'}));
    link.download = id + '.' + kind;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const build = (data) => {
    const table = make('table'), head = table.createTHead().insertRow(), body = table.createTBody();
    const css = (c) => c.kind === 'number' ? 'n' : c.kind === 'time' ? 'w' : '';
    for (const c of data.columns) { const th = make('th', heading(c)); th.className = css(c); th.scope = 'col'; head.append(th); }
    const count = data.values.length ? data.values[0].length : 0;
    for (let r = 0; r < count; ++r) {
      const row = body.insertRow();
      data.columns.forEach((c, k) => { const cell = row.insertCell(); cell.textContent = text(data.values[k][r], c); cell.className = css(c); });
    }
    const wide = make('div');
    wide.className = 'wide';
    wide.tabIndex = 0;
    wide.append(table);
    return wide;
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button'), figure = event.target.closest('figure');
    if (!button || !figure) return;
    if (button.dataset.save) return save(figure.dataset.block, button.dataset.save);
    const open = figure.querySelector('.wide');
    if (open) open.remove(); else figure.append(build(block(figure.dataset.block)));
    button.setAttribute('aria-expanded', String(!open));
  });
  document.querySelectorAll('.choice').forEach((group) => {
    const figures = group.querySelectorAll('figure');
    group.querySelector('select').addEventListener('change', (event) =>
      figures.forEach((f, i) => { f.hidden = i !== event.target.selectedIndex; }));
  });
  const theme = document.getElementById('theme');
  theme.hidden = false;
  theme.addEventListener('click', () => {
    const root = document.documentElement;
    const now = root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    root.dataset.theme = now === 'dark' ? 'light' : 'dark';
  });
})();
