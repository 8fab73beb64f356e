// Figures that move: a static picture of the book gives way to a drawing that answers to its controls. Without this script,
// in print and in JupyterLab the picture stays. A row of FIGURES is a figure's name and what draws it.
"use strict";
{
  // The neuron of the question, as its page has it; its first weight moves.
  const WEIGHTS = [0.5, -0.2, 0.4, 0.1], INPUTS = [1, -2, 0.5, 1.5], BIAS = -0.35, TARGET = 0;
  // A layer small enough that its numbers fit on the edges of its graph.
  const LAYER = { W: [[0.5, -0.3], [0.2, 0.4]], x: [1, -2], b: [0.1, -0.2], y: [1, 0] };

  const sigmoid = z => 1 / (1 + Math.exp(-z));
  const dot = (a, c) => a.reduce((sum, value, i) => sum + value * c[i], 0);

  // What happens at one weight: z, the output, the loss, its slope, and the slope with the mistakes that are switched on.
  function neuron(weight, mistakes = { sign: true, argument: true }) {
    const z = dot([weight, ...WEIGHTS.slice(1)], INPUTS) + BIAS, s = sigmoid(z);
    const slope = (sign, at) => sign * 2 * (s - TARGET) * at * (1 - at) * INPUTS[0];
    return {
      z, s, loss: (s - TARGET) ** 2, right: slope(1, s),
      claimed: slope(mistakes.sign ? -1 : 1, mistakes.argument ? z : s),
    };
  }

  // Both passes through the layer: differentials down, adjoints back; `moved` is the nudge, with the shapes of the variables.
  function passes({ W, x, b, y }, moved) {
    const rows = W.map((_, i) => i);
    const z = rows.map(i => dot(W[i], x) + b[i]), s = z.map(sigmoid), r = rows.map(i => s[i] - y[i]);
    const slope = s.map(value => value * (1 - value));
    const dz = rows.map(i => dot(moved.W[i], x) + dot(W[i], moved.x) + moved.b[i]);
    const ds = rows.map(i => slope[i] * dz[i]), twice = r.map(value => 2 * value);
    const u = rows.map(i => slope[i] * twice[i]);
    return {
      z, s, r, loss: dot(r, r), dz, ds, dr: ds, dL: dot(twice, ds), twice, u,
      W: rows.map(i => x.map(value => u[i] * value)), x: x.map((_, j) => rows.reduce((sum, i) => sum + W[i][j] * u[i], 0)), b: u,
    };
  }

  // ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

  const said = (value, digits = 2) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");

  function shape(name, attributes = {}, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // A panel with axes: `at(x, y)` is the place of a point.
  function panel(svg, { x, y, names }) {
    const left = 58, right = 548, top = 14, bottom = 268;
    const across = value => left + (value - x[0]) / (x[1] - x[0]) * (right - left);
    const up = value => bottom - (value - y[0]) / (y[1] - y[0]) * (bottom - top);
    for (let value = Math.ceil(x[0]); value <= x[1]; value++) {
      svg.append(shape("line", { class: "grid", x1: across(value), x2: across(value), y1: top, y2: bottom }));
      svg.append(shape("text", { x: across(value), y: bottom + 20, "text-anchor": "middle" }, said(value, 0)));
    }
    for (let value = y[0]; value <= y[1] + 1e-9; value += 0.25) {
      svg.append(shape("line", { class: "grid", x1: left, x2: right, y1: up(value), y2: up(value) }));
      svg.append(shape("text", { x: left - 8, y: up(value) + 5, "text-anchor": "end" }, said(value)));
    }
    svg.append(shape("text", { x: (left + right) / 2, y: bottom + 44, "text-anchor": "middle" }, names[0]));
    svg.append(shape("text", { x: left, y: top - 2, "text-anchor": "start", dx: 8, dy: 16 }, names[1]));
    const clip = `moving-${names[1]}-${Math.random().toString(36).slice(2)}`;
    svg.append(shape("clipPath", { id: clip }));
    svg.lastChild.append(shape("rect", { x: left, y: top, width: right - left, height: bottom - top }));
    const layer = shape("g", { "clip-path": `url(#${clip})` });
    svg.append(layer);
    const line = (points, look) => shape("polyline", { class: look, points: points.map(([a, c]) => `${across(a)},${up(c)}`).join(" ") });
    const point = (a, c, look, r = 6) => shape("circle", { class: look, cx: across(a), cy: up(c), r });
    const weight = event => { // the place of a pointer, as a value of the axis
      const box = svg.getBoundingClientRect();
      return x[0] + ((event.clientX - box.left) / box.width * 560 - left) / (right - left) * (x[1] - x[0]);
    };
    return { layer, line, point, weight };
  }

  const evenly = (from, to, count) => Array.from({ length: count }, (_, i) => from + (to - from) * i / (count - 1));

  // A slider with its words; `told` says its value to who does not see the drawing.
  function slider(words, { min, max, step, value }, change) {
    const input = element("input", { type: "range", min, max, step, value });
    input.addEventListener("input", change);
    return [element("label", {}, element("span", { textContent: words }), input), input];
  }

  function box(words, change, checked = true) {
    const input = element("input", { type: "checkbox", checked });
    input.addEventListener("change", change);
    return [element("label", { className: "moving-switch" }, input, element("span", { textContent: words })), input];
  }

  // A weight is moved by its slider, and by dragging in the drawing.
  function dragged(svg, axes, input) {
    const move = event => {
      input.value = axes().weight(event);
      input.dispatchEvent(new Event("input"));
    };
    svg.classList.add("moving-drag");
    svg.addEventListener("pointerdown", event => { svg.setPointerCapture(event.pointerId); move(event); });
    svg.addEventListener("pointermove", event => { if (svg.hasPointerCapture(event.pointerId)) move(event); });
  }

  // ── the figures ──────────────────────────────────────────────────────────────────────────────────────────────

  // Descent along one weight, with the right slope and with the posted one.
  function descent(svg, controls, words) {
    const [first, weight] = slider("the weight", { min: -1.6, max: 2.6, step: 0.05, value: 0.5 }, draw);
    const [second, size] = slider("size of a step", { min: 0.5, max: 8, step: 0.5, value: 4 }, draw);
    const [third, count] = slider("steps", { min: 1, max: 12, step: 1, value: 1 }, draw);
    controls.append(first, second, third);
    let axes;
    function run(slope) {
      const path = [Number(weight.value)];
      for (let i = 0; i < Number(count.value); i++) path.push(path[i] - Number(size.value) * neuron(path[i])[slope]);
      return path;
    }
    function draw() {
      svg.replaceChildren();
      axes = panel(svg, { x: [-2, 3], y: [0, 1], names: ["one weight of the neuron", "loss"] });
      const at = w => [w, neuron(w).loss];
      axes.layer.append(axes.line(evenly(-2, 3, 121).map(at), "curve"));
      const here = Number(weight.value), ends = {};
      for (const [slope, look] of [["right", "right"], ["claimed", "claimed"]]) {
        const path = run(slope), off = slope === "right" ? 0 : 0.012;
        path.slice(1).forEach((to, i) => {
          axes.layer.append(axes.line(evenly(path[i], to, 30).map(w => [w, neuron(w).loss + off]), look));
          axes.layer.append(axes.point(to, neuron(to).loss + off, look, 5));
        });
        ends[slope] = neuron(path.at(-1)).loss;
      }
      axes.layer.append(axes.point(here, neuron(here).loss, "here", 7));
      const { loss, right, claimed } = neuron(here);
      const became = end => `${Math.abs(end - loss) < 0.005 ? "stays at" : end < loss ? "falls to" : "climbs to"} ${said(end)}`;
      weight.setAttribute("aria-valuetext", said(here));
      words.replaceChildren(
        `At ${said(here)} the loss is ${said(loss)}. `, key("right", `Right slope ${said(right)}: it ${became(ends.right)}.`), " ",
        key("claimed", `As posted ${said(claimed)}: it ${became(ends.claimed)}.`),
      );
    }
    draw();
    dragged(svg, () => axes, weight);
  }

  // The tangent with the right slope, and the line of a slope with mistakes that can be switched off.
  function tangents(svg, controls, words) {
    const [first, weight] = slider("the weight", { min: -2.5, max: 3.5, step: 0.05, value: 0.5 }, draw);
    const [second, sign] = box("the minus is lost", draw);
    const [third, argument] = box("z(1 − z) stands for s(1 − s)", draw);
    controls.append(first, second, third);
    let axes;
    function draw() {
      svg.replaceChildren();
      axes = panel(svg, { x: [-2.5, 3.5], y: [0, 1], names: ["the weight of input 1", "loss"] });
      axes.layer.append(axes.line(evenly(-2.5, 3.5, 121).map(w => [w, neuron(w).loss]), "curve"));
      const here = Number(weight.value);
      const { z, loss, right, claimed } = neuron(here, { sign: sign.checked, argument: argument.checked });
      const tangent = slope => [[here - 0.9, loss - 0.9 * slope], [here + 0.9, loss + 0.9 * slope]];
      axes.layer.append(axes.line(tangent(right), "right"), axes.line(tangent(claimed), "claimed"), axes.point(here, loss, "here"));
      weight.setAttribute("aria-valuetext", said(here));
      const wrong = sign.checked || argument.checked;
      words.replaceChildren(
        `z = ${said(z)}. `, key("right", `The slope is ${said(right)}.`), " ",
        key("claimed", wrong ? `With ${sign.checked && argument.checked ? "both mistakes" : "this mistake"} it would be ${said(claimed)}.`
          : "Without a mistake the two lines are one."),
      );
    }
    draw();
    dragged(svg, () => axes, weight);
  }

  // The layer as a graph, a step at a time: values and differentials on the way down, adjoints on the way back.
  function graph(svg, controls, words) {
    const entries = ["W", "x", "b"].flatMap(name =>
      LAYER[name].flatMap((row, i) => Array.isArray(row) ? row.map((_, j) => [name, i, j]) : [[name, i]]));
    const named = ([name, ...at]) => name + at.map(i => "₁₂"[i]).join("");
    const nudge = element("select", {}, ...entries.map((entry, i) => element("option", { value: i, textContent: named(entry) })));
    const steps = [
      "The values, from the top down.", "One entry moves by 0.1.", "dz = dW x + W dx + db", "ds = s′ ⊙ dz", "dr = ds",
      "d𝓛 = 2r : dr. Now back up.", "At r stands 2r: the gradient with respect to r.", "At s the same 2r, since dr = ds.",
      "At z: u = s′ ⊙ 2r.", "At the variables: u xᵀ, Wᵀu and u. These are the gradients.",
    ];
    const [second, progress] = slider("step", { min: 0, max: steps.length - 1, step: 1, value: 0 }, draw);
    const next = element("button", { type: "button", textContent: "Next step" });
    next.addEventListener("click", () => {
      progress.value = Number(progress.value) === steps.length - 1 ? 0 : Number(progress.value) + 1;
      draw();
    });
    nudge.addEventListener("change", draw);
    controls.append(element("label", {}, element("span", { textContent: "what moves" }), nudge), second, next);

    const LINE = 19;  // on a phone the letters are as large
    function write(x, y, values, look, anchor) {
      values.forEach((value, i) => {
        const numbers = [value].flat().map(v => typeof v === "number" ? said(v, 3) : v).join("  ");
        const place = { x, y: y + LINE * (i - (values.length - 1) / 2) + 5, class: look, "text-anchor": anchor };
        svg.append(shape("text", place, numbers));
      });
    }
    function node(x, y, title, values, wide = 140) {
      const high = 24 + LINE * values.length;
      svg.append(shape("rect", { class: "node", x: x - wide / 2, y: y - high / 2, width: wide, height: high, rx: 8 }));
      svg.append(shape("text", { x, y: y - high / 2 + 17, "text-anchor": "middle", class: "title" }, title));
      write(x, y + 9, values, "", "middle");
    }
    // An arrow a little to the right of who walks along it, so that both directions of an edge are seen.
    function arrow([x, y], [toX, toY], look) {
      const long = Math.hypot(toX - x, toY - y), [a, c] = [(toX - x) / long, (toY - y) / long];
      const beside = (px, py) => [px - 5 * c, py + 5 * a], [tipX, tipY] = beside(toX, toY), [fromX, fromY] = beside(x, y);
      svg.append(shape("line", { class: look, x1: fromX, y1: fromY, x2: tipX - 8 * a, y2: tipY - 8 * c }));
      const wing = side => `${tipX - 11 * a + side * 5 * c},${tipY - 11 * c - side * 5 * a}`;
      svg.append(shape("polygon", { class: look, points: `${tipX},${tipY} ${wing(1)} ${wing(-1)}` }));
    }
    function draw() {
      const step = Number(progress.value), [name, i, j] = entries[nudge.value];
      const moved = { W: LAYER.W.map(row => row.map(() => 0)), x: LAYER.x.map(() => 0), b: LAYER.b.map(() => 0) };
      if (j === undefined) moved[name][i] = 0.1; else moved[name][i][j] = 0.1;
      const now = passes(LAYER, moved), last = step === steps.length - 1;
      svg.replaceChildren();
      node(90, 46, "W", LAYER.W, 160);
      node(280, 46, "x", LAYER.x, 90);
      node(470, 46, "b", LAYER.b, 90);
      node(280, 238, "z = W x + b", now.z);
      node(280, 358, "s = σ(z)", now.s);
      node(280, 478, "r = s − y", now.r);
      node(280, 590, "𝓛 = r : r", [now.loss]);
      // Each edge: its ends; what goes down, from which step, and where that is written; the same of what comes back.
      const edges = [
        [[110, 80], [225, 205], 1, "dW", moved.W, [62, 118, "middle"], 9, "u xᵀ", now.W, [78, 184, "middle"]],
        [[280, 80], [280, 205], 1, "dx", moved.x, [264, 142, "end"], 9, "Wᵀu", now.x, [296, 142, "start"]],
        [[450, 80], [335, 205], 1, "db", moved.b, [508, 118, "middle"], 9, "u", now.b, [488, 184, "middle"]],
        [[280, 268], [280, 328], 2, "dz", now.dz, [264, 298, "end"], 8, "u", now.u, [296, 298, "start"]],
        [[280, 388], [280, 448], 3, "ds", now.ds, [264, 418, "end"], 7, "2r", now.twice, [296, 418, "start"]],
        [[280, 508], [280, 568], 4, "dr", now.dr, [264, 538, "end"], 6, "2r", now.twice, [296, 538, "start"]],
      ];
      for (const [from, to, down, change, differential, here, back, adjoint, gradient, there] of edges) {
        if (step >= down) {
          arrow(from, to, "right");
          write(here[0], here[1], [change, ...differential], "right", here[2]);
        }
        if (step >= back) {
          arrow(to, from, "claimed");
          write(there[0], there[1], [adjoint, ...gradient], "claimed", there[2]);
        }
        if (step >= back && back < 9) {
          write(462, there[1], [`${adjoint} : ${change} =`, said(dot(gradient, differential), 4)], "", "middle");
        }
      }
      if (step >= 5) write(190, 594, [`d𝓛 = ${said(now.dL, 4)}`], "right", "end");
      progress.setAttribute("aria-valuetext", `${step}: ${steps[step]}`);
      const entry = j === undefined ? now[name][i] : now[name][i][j];
      words.replaceChildren(steps[step] + (last
        ? ` Along ${named(entries[nudge.value])}: ${said(entry, 3)} times 0.1 is d𝓛 = ${said(now.dL, 4)} again.` : ""));
      next.textContent = last ? "Start again" : "Next step";
    }
    draw();
  }

  const key = (look, text) => element("span", { className: look, textContent: text });

  const FIGURES = {
    "fig-first-step": { make: descent, height: 320, title: "Descent along one weight" },
    "fig-question-posted-slope": { make: tangents, height: 320, title: "The loss along one weight, with two lines" },
    "fig-matrix-passes": { make: graph, height: 630, title: "The two passes through a layer of two neurons, in numbers" },
  };

  for (const [name, { make, height, title }] of Object.entries(FIGURES)) {
    const picture = document.querySelector(`#${name} > img`);
    if (!picture) continue;
    const svg = shape("svg", { viewBox: `0 0 560 ${height}`, role: "img", "aria-label": title });
    const controls = element("div", { className: "moving-controls" }), words = element("p", { className: "moving-words" });
    picture.before(element("div", { className: "moving" }, svg, words, controls));
    make(svg, controls, words);
    picture.classList.add("moving-picture");
  }
  // for the tests: the numbers behind the drawings
  globalThis.movingFigures = { neuron, passes, LAYER, names: Object.keys(FIGURES) };
}
