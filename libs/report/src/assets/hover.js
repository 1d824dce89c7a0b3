'use strict';
(() => {
  const {make, text, block} = window.twillReport;
  const tip = document.getElementById('tip');
  const draw = (tag, attributes) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) e.setAttribute(name, attributes[name]);
    return e;
  };

  // Where a value lies along an axis of `from` to `to`; the inverse of nothing: points are searched, not computed.
  const placed = (spec, from, to) => {
    const [kind, a, b] = spec.split(' ');
    const lo = Number(a), hi = Number(b);
    if (kind === 'category') return (v) => from + (v + .5) / lo * (to - from);
    if (kind === 'log') return (v) => from + (Math.log(v) - Math.log(lo)) / (Math.log(hi) - Math.log(lo)) * (to - from);
    if (kind === 'time') return (v) => from + (Date.parse(v) / 864e5 - lo) / (hi - lo) * (to - from);
    return (v) => from + (v / 2 - lo / 2) / (hi / 2 - lo / 2) * (to - from);
  };

  // All places that can be pointed at: {x, y, key, head, rows}. `key` puts those that are shown together in one group.
  const places = (svg, data) => {
    const [left, top, right, bottom] = svg.dataset.box.split(' ').map(Number);
    const values = data.values, columns = data.columns, found = [];
    if (svg.dataset.mode === 'grid') {
      const nx = Number(svg.dataset.x), ny = Number(svg.dataset.y), w = (right - left) / nx, h = (bottom - top) / ny;
      for (let r = 0; r < ny; ++r) for (let c = 0; c < nx; ++c) {
        found.push({x: left + (c + .5) * w, y: top + (r + .5) * h, w, h, head: values[0][r],
          rows: [[0, columns[c + 1].name, text(values[c + 1][r], columns[c + 1]), columns[c + 1].unit]]});
      }
      return found;
    }
    if (svg.dataset.mode === 'cells') {
      svg.querySelectorAll('.cells rect').forEach((e, r) => {
        const at = (n) => Number(e.getAttribute(n));
        found.push({x: at('x') + at('width') / 2, y: at('y') + at('height') / 2, w: at('width'), h: at('height'),
          head: values[0][r], rows: columns.slice(1).map((c, k) => [0, c.name, text(values[k + 1][r], c), c.unit])});
      });
      return found;
    }
    const category = svg.dataset.x.startsWith('category');
    const px = placed(svg.dataset.x, left, right), py = placed(svg.dataset.y, bottom, top);
    const groups = new Map(), sums = new Map();
    for (const entry of svg.dataset.series.split(' ')) {
      const [xs, ys, slot, how] = entry.split(':');
      const [x0, x1] = xs.split('-').map(Number), [y0, y1] = ys.split('-').map(Number);
      for (let r = 0; r < values[x0].length; ++r) {
        const xv = values[x0][r], yv = values[y0][r];
        if (xv === null || typeof yv === 'string' || yv === null) continue;
        const x = category ? px(r) : x1 === undefined ? px(xv) : (px(xv) + px(values[x1][r])) / 2;
        let at = yv;
        if (how === 's') {
          const side = (yv < 0 ? '-' : '+') + r;
          at += sums.get(side) || 0;
          sums.set(side, at);
        }
        const y = y1 === undefined ? py(at) : NaN;
        if (!isFinite(x) || x < left - 1 || x > right + 1) continue;
        const key = svg.dataset.mode === 'xy' ? entry + r : category ? r : xv;
        if (!groups.has(key)) {
          const head = x1 === undefined ? text(xv, columns[x0]) : text(xv, columns[x0]) + ' to ' + text(values[x1][r], columns[x1]);
          groups.set(key, {x, y, dots: [], rows: [],
            head: columns[x0].kind === 'number' ? columns[x0].name.replace(/ from$/, '') + ': ' + head + (columns[x0].unit ? ' ' + columns[x0].unit : '') : head});
        }
        const place = groups.get(key);
        let value = text(yv, columns[y0]);
        if (y1 !== undefined) value += ' to ' + text(values[y1][r], columns[y1]);
        place.rows.push([slot, y1 === undefined ? columns[y0].name : columns[y0].name.replace(/ lower$/, ''), value, columns[y0].unit]);
        if (isFinite(y) && how !== 'n') place.dots.push([y, slot]);
      }
    }
    return [...groups.values()].sort((a, b) => a.x - b.x);
  };

  const attach = (plot) => {
    const svg = plot.querySelector('svg');
    if (!svg || !svg.dataset.mode) return;
    const id = plot.parentElement.dataset.block, mode = svg.dataset.mode;
    const title = svg.querySelector('title');
    // The browser would show the element's title over the values; its text stays as the name.
    svg.setAttribute('aria-label', title.textContent);
    title.remove();
    const [left, top, right, bottom] = svg.dataset.box.split(' ').map(Number);
    const layer = svg.appendChild(draw('g', {}));
    let all = null, current = -1;
    const hide = () => { tip.hidden = true; layer.replaceChildren(); current = -1; };
    const show = (index) => {
      const place = all[index];
      current = index;
      layer.replaceChildren();
      if (place.w) layer.append(draw('rect', {class: 'ring', x: place.x - place.w / 2, y: place.y - place.h / 2, width: place.w, height: place.h}));
      else if (mode === 'x') layer.append(draw('path', {class: 'cursor', d: `M${place.x} ${top}V${bottom}`}));
      for (const [y, slot] of place.dots || []) layer.append(draw('circle', {class: 'dot f' + slot, cx: place.x, cy: y, r: 4.5}));
      const table = make('table');
      for (const [slot, name, value, unit] of place.rows) {
        const row = table.insertRow(), label = row.insertCell();
        if (slot) { const key = make('i'); key.style.background = `var(--c${slot})`; label.append(key); }
        label.append(name);
        const cell = row.insertCell(), exact = make('span', value);
        cell.append(exact, unit && value !== '\u2013' ? ' ' + unit : '');
        exact.className = 'value';
      }
      tip.replaceChildren(make('b', place.head), table);
      tip.hidden = false;
      const frame = svg.getBoundingClientRect(), zoom = frame.width / svg.viewBox.baseVal.width;
      const x = frame.left + place.x * zoom, y = frame.top + (mode === 'x' ? top + 8 : place.y) * zoom;
      const size = tip.getBoundingClientRect();
      const beside = x + 14 + size.width > innerWidth ? x - 14 - size.width : x + 14;
      tip.style.left = Math.max(4, beside) + 'px';
      tip.style.top = Math.max(4, Math.min(y, innerHeight - size.height - 4)) + 'px';
    };
    const ready = () => { if (!all) all = places(svg, block(id)); return all.length > 0; };
    plot.addEventListener('pointermove', (event) => {
      if (!ready()) return;
      const frame = svg.getBoundingClientRect(), zoom = frame.width / svg.viewBox.baseVal.width;
      const x = (event.clientX - frame.left) / zoom, y = (event.clientY - frame.top) / zoom;
      if (x < left - 6 || x > right + 6 || y < top - 6 || y > bottom + 6) return hide();
      let best = -1, least = Infinity;
      all.forEach((p, i) => {
        if (p.w && (Math.abs(x - p.x) > p.w / 2 + 1 || Math.abs(y - p.y) > p.h / 2 + 1)) return;
        const d = mode === 'x' ? Math.abs(x - p.x) : Math.hypot(x - p.x, y - p.y);
        if (d < least) { least = d; best = i; }
      });
      if (best < 0) hide(); else if (best !== current) show(best);
    });
    plot.addEventListener('pointerleave', hide);
    plot.addEventListener('blur', hide);
    plot.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') return hide();
      const move = {ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity}[event.key];
      if (move === undefined || !ready()) return;
      event.preventDefault();
      show(Math.max(0, Math.min(all.length - 1, current < 0 && move === 1 ? 0 : current + move)));
    });
  };

  document.querySelectorAll('.plot').forEach(attach);
})();
