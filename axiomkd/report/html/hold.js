// A picture that one can hold: teachers are dragged, or moved by the arrow keys; weights and temperature slide; the aggregate is
// computed here from the operator's own steps, or else interpolated from sampled panels, and then says so. Nothing is concluded.
"use strict";
(function () {
  const SIDE = 240, LEFT = 60, TOP = 34, HIGH = (SIDE * Math.sqrt(3)) / 2, SVG = "http://www.w3.org/2000/svg";
  const LEAST = 0.0005, AGREES = 1e-6;
  const OPERATIONS = {
    add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, pow: (a, b) => Math.pow(a, b),
    max: (a, b) => Math.max(a, b), min: (a, b) => Math.min(a, b), neg: (a) => -a, exp: Math.exp, log: Math.log,
    log1p: Math.log1p, expm1: Math.expm1, sqrt: Math.sqrt, tanh: Math.tanh, cbrt: Math.cbrt, abs: Math.abs, sign: Math.sign,
    floor: Math.floor, ceil: Math.ceil, lt: (a, b) => +(a < b), le: (a, b) => +(a <= b), gt: (a, b) => +(a > b),
    ge: (a, b) => +(a >= b), eq: (a, b) => +(a === b), ne: (a, b) => +(a !== b), and: (a, b) => +(a !== 0 && b !== 0),
    or: (a, b) => +(a !== 0 || b !== 0), not: (a) => +(a === 0), is_finite: (a) => +Number.isFinite(a),
    sel: (c, no, yes) => (c !== 0 ? yes : no),
  };
  const NUMBERS = { inf: Infinity, "-inf": -Infinity, nan: NaN };

  function computed(hold, inputs) {
    const values = [...inputs];
    for (const [name, ...at] of hold.steps)
      values.push(name === "const" ? (typeof at[0] === "string" ? NUMBERS[at[0]] : at[0]) : OPERATIONS[name](...at.map((n) => values[n])));
    return hold.outputs.map((n) => values[n]);
  }
  // Shepard's weights 1/d^4 over the nearest panels: rough, and exact at each of them.
  function interpolated(hold, inputs) {
    const near = hold.panels.map((one, n) => [one.reduce((sum, x, i) => sum + (x - inputs[i]) ** 2, 0), n]);
    near.sort((a, b) => a[0] - b[0]);
    const q = new Array(hold.C).fill(0);
    let total = 0;
    for (const [d, n] of near.slice(0, 12)) {
      if (hold.values[n].some((x) => x === null)) continue;
      const weight = 1 / (d * d + 1e-18);
      hold.values[n].forEach((x, i) => { q[i] += weight * x; });
      total += weight;
    }
    return q.map((x) => x / total);
  }
  // Whether this browser computes what the operator gave where it was sampled; if not, the samples are believed.
  function trusted(hold) {
    if (!hold.steps) return false;
    return hold.panels.every((inputs, n) =>
      computed(hold, inputs).every((x, i) => (hold.values[n][i] === null ? !Number.isFinite(x) : Math.abs(x - hold.values[n][i]) < AGREES)));
  }
  function softened(row, T, softener) {
    if (T === 1) return row;
    return SOFTENERS[softener].rows(row, T); // the page's own: each softener brings its formula
  }
  function place(q) {
    if (q.length === 2) return [LEFT + SIDE * q[1], 90];
    const total = q[0] + q[1] + q[2] || 1;
    return [LEFT + (SIDE * (q[1] + q[2] / 2)) / total, TOP + HIGH * (1 - q[2] / total)];
  }
  function placed(C, x, y) {
    const b = (x - LEFT) / SIDE;
    if (C === 2) return positive([1 - b, b]);
    const top = 1 - (y - TOP) / HIGH, right = b - top / 2;
    return positive([1 - right - top, right, top]);
  }
  function positive(row) {
    const kept = row.map((x) => Math.max(x, LEAST)), sum = kept.reduce((a, b) => a + b);
    return kept.map((x) => x / sum);
  }
  function hull(points) {
    const some = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    const half = (order) => {
      const out = [];
      for (const p of order) {
        while (out.length > 1 && turn(out[out.length - 2], out[out.length - 1], p) <= 0) out.pop();
        out.push(p);
      }
      return out.slice(0, -1);
    };
    return some.length < 3 ? some : [...half(some), ...half([...some].reverse())];
  }
  function envelope(P) {
    const C = P[0].length;
    let corners = P[0].map((_, i) => P[0].map((_, j) => +(i === j)));
    for (let i = 0; i < C; i++)
      for (const [sign, bound] of [[1, Math.min(...P.map((p) => p[i]))], [-1, Math.max(...P.map((p) => p[i]))]]) {
        const out = [];
        corners.forEach(function (a, n) {
          const b = corners[(n + 1) % corners.length], here = sign * (a[i] - bound) >= 0, there = sign * (b[i] - bound) >= 0;
          if (here) out.push(a);
          if (here !== there) { const s = (bound - a[i]) / (b[i] - a[i]); out.push(a.map((x, j) => x + s * (b[j] - x))); }
        });
        corners = out;
      }
    return corners;
  }
  function outside(P, q) {
    return Math.max(0, ...q.map((x, i) => Math.max(Math.min(...P.map((p) => p[i])) - x, x - Math.max(...P.map((p) => p[i])))));
  }

  function made(tag, attributes, ...children) {
    const element = /^(svg|g|path|circle|text|title)$/.test(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  const closed = (points) => "M" + points.map((p) => p.map((x) => x.toFixed(1)).join(" ")).join("L") + "Z";
  const shown = (x) => (Number.isFinite(x) ? (Math.abs(x) < 5e-7 ? "0" : String(+x.toPrecision(5))) : String(x));

  function build(box) {
    const data = JSON.parse(box.dataset.hold), holds = data.holds;
    let hold, exact, P, w, T;
    const names = [];
    holds.forEach((one, h) => one.starts.forEach((start, s) => names.push([h, s,
      (start.reading ? "the witness against " + start.reading : "a telling point") + " (K = " + one.K + ", C = " + one.C + ")"])));
    const choice = made("select", { "aria-label": "begin from" }, ...names.map(([h, s, name]) => made("option", { value: h + "." + s }, name)));
    const picture = made("svg", { role: "group", "aria-label": "teachers and aggregate; tab to a teacher and press an arrow key" });
    const controls = made("div", { class: "sliders" }), told = made("output", {}), how = made("p", { class: "key" });
    const link = made("a", { href: "#" }, "link to this point");
    box.append(made("p", { class: "tool" }, made("label", {}, "begin from ", choice)), picture, controls, told, how, made("p", { class: "tool" }, link));
    box.hidden = false;

    function aggregate() {
      const rows = hold.takes_T ? P : P.map((p) => softened(p, T, data.softener));
      const inputs = [...rows.flat(), ...w, ...(hold.takes_T ? [T] : [])];
      return [rows, exact ? computed(hold, inputs) : interpolated(hold, inputs)];
    }
    function slider(name, attributes, read, write) {
      const input = made("input", { type: "range", ...attributes }), out = made("output", {});
      input.value = read();
      input.addEventListener("input", function () { write(Number(input.value)); draw(); });
      const label = made("label", {}, name + " ", input, out);
      label.refresh = function (text) { if (document.activeElement !== input) input.value = read(); out.textContent = " " + text; };
      return label;
    }
    let sliders = [];
    function choose(h, start) {
      hold = holds[h]; exact = trusted(hold);
      P = start.P.map(positive); w = [...start.w]; T = start.T;
      if (start.P.flat().every((x) => x > 0)) P = start.P.map((row) => [...row]);
      sliders = w.map((_, k) => slider("weight of teacher " + k, { min: 0, max: 1, step: 0.001 }, () => w[k], function (x) {
        const rest = 1 - w[k], share = (1 - x) / (w.length - 1);
        w = w.map((v, j) => (j === k ? x : rest > 1e-9 ? (v * (1 - x)) / rest : share));
      }));
      const low = Math.log2(SOFTENERS[data.softener].lowest);
      sliders.push(slider("temperature T", { min: low, max: 6, step: 0.05 }, () => Math.log2(T), (x) => { T = Math.pow(2, x); }));
      controls.replaceChildren(...sliders);
      how.textContent = exact
        ? "The aggregate is computed here, by the operator's own steps."
        : "The aggregate is interpolated from " + hold.panels.length + " sampled panels, and only roughly right between them.";
      picture.setAttribute("viewBox", "0 0 " + (SIDE + 2 * LEFT) + " " + (hold.C === 2 ? 150 : Math.round(HIGH + TOP + 30)));
      picture.replaceChildren();
      dots = [];
      draw();
    }
    let dots = [], still = null, over = null;
    function moved(k, x, y) { P[k] = placed(hold.C, x, y); draw(); }
    function teacher(k) {
      const dot = made("g", { tabindex: "0", role: "slider", class: "handle", "aria-valuemin": "0", "aria-valuemax": "1" },
        made("circle", { class: "teacher" }), made("text", { class: "tick middle" }, "teacher " + k));
      dot.addEventListener("pointerdown", function (event) { dot.setPointerCapture(event.pointerId); event.preventDefault(); dot.focus(); });
      dot.addEventListener("pointermove", function (event) {
        if (!dot.hasPointerCapture(event.pointerId)) return;
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
        moved(k, at.x, at.y);
      });
      dot.addEventListener("keydown", function (event) {
        const step = event.shiftKey ? 24 : 2.4, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!way) return;
        event.preventDefault();
        const [x, y] = place(P[k]);
        moved(k, x + step * way[0], y + step * (hold.C === 2 ? 0 : way[1]));
      });
      return dot;
    }
    function draw() {
      const [rows, q] = aggregate(), finite = q.every(Number.isFinite), total = q.reduce((a, b) => a + b, 0);
      if (!dots.length) {
        still = made("g", {});
        over = made("g", { class: "over" });
        dots = P.map((_, k) => teacher(k));
        picture.append(still, ...dots, over);
      }
      const corners = P[0].map((_, i) => place(P[0].map((_, j) => +(i === j)))), parts = [made("path", { d: closed(corners), class: "axis" })];
      parts.push(made("path", { d: closed(envelope(rows).map(place)), class: "envelope" }), made("path", { d: closed(hull(rows.map(place))), class: "hull" }));
      corners.forEach(([x, y], i) => parts.push(made("text", { x, y: i === 2 ? y - 12 : y + (hold.C === 2 ? 34 : 20), class: "tick middle" }, "class " + i)));
      if (rows !== P && T !== 1) rows.forEach(function (row) { const [x, y] = place(row); parts.push(made("circle", { cx: x, cy: y, r: 4, class: "softened" })); });
      over.replaceChildren();
      const spots = P.map(place), middle = spots.reduce((sum, p) => sum + p[0], 0) / spots.length;
      if (finite && Math.abs(total - 1) < 1e-6) {
        const [x, y] = place(q);
        over.append(made("path", { d: "M" + x + " " + (y - 8) + "l8 8l-8 8l-8 -8Z", class: "aggregate" }), made("text", { x, y: y + 24, class: "tick middle strong" }, "aggregate"));
      }
      still.replaceChildren(...parts);
      dots.forEach(function (dot, k) {
        const [x, y] = spots[k], [circle, text] = dot.children;
        const right = x > middle || (x === middle && k % 2 === 1), flat = hold.C === 2;
        circle.setAttribute("cx", x); circle.setAttribute("cy", y); circle.setAttribute("r", 4 + 6 * Math.sqrt(w[k]));
        text.setAttribute("class", "tick " + (flat ? "middle" : right ? "start" : "end"));
        text.setAttribute("x", flat ? x : x + (right ? 14 : -14)); text.setAttribute("y", flat ? y - 16 - 13 * (k % 3) : y + 4);
        dot.setAttribute("aria-label", "teacher " + k); dot.setAttribute("aria-valuenow", shown(P[k][0])); dot.setAttribute("aria-valuetext", P[k].map(shown).join(", "));
      });
      sliders.forEach((one, k) => one.refresh(k < w.length ? shown(w[k]) : shown(T)));
      const off = outside(rows, q);
      told.textContent = "A(P, w) = (" + q.map(shown).join(", ") + ")" + (!finite ? ", which is no distribution: A has no value here" :
        (Math.abs(total - 1) < 1e-6 ? "" : ", which sums to " + shown(total)) + (off > 1e-9 ? "; outside the envelope" + (T !== 1 && !hold.takes_T ? " of the softened teachers" : "") + " by " + shown(off) : "; inside the envelope"));
      const state = new URLSearchParams({ hold: box.id, n: holds.indexOf(hold), P: P.map((p) => p.map((x) => +x.toFixed(9)).join(",")).join(";"), w: w.map((x) => +x.toFixed(9)).join(","), T: +T.toFixed(9) });
      link.setAttribute("href", "#" + state);
    }
    choice.addEventListener("change", function () { const [h, s] = choice.value.split(".").map(Number); choose(h, holds[h].starts[s]); });
    function open() {
      const state = new URLSearchParams(location.hash.slice(1));
      if (state.get("hold") !== box.id) return false;
      const row = (text) => text.split(",").map(Number), h = Number(state.get("n"));
      const start = { P: (state.get("P") || "").split(";").map(row), w: row(state.get("w") || ""), T: Number(state.get("T")) };
      const sound = holds[h] && start.P.length === holds[h].K && start.w.length === holds[h].K && start.P.every((p) => p.length === holds[h].C) &&
        [...start.P.flat(), ...start.w].every((x) => x >= 0 && x <= 1) && start.T > 0;
      if (!sound) return false;
      choose(h, start);
      for (let at = box; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
      box.scrollIntoView();
      return true;
    }
    addEventListener("hashchange", open);
    if (!open()) choose(0, holds[0].starts[0]);
  }
  for (const box of document.querySelectorAll("div.hold")) build(box);
})();
