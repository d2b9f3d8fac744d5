// A cursor through a recorded run: the series, and one number of every tensor.
(() => {
  const { say, both, number, real, element, show, fill, put, range, data } = derivviz;
  const which = element("which"), measure = element("measure");
  const player = derivviz.player(element("row"), element("play"), data.steps.length - 1, data.row, draw);
  // What was logged last at the step.
  function at(key) {
    const { steps, values } = data.series[key], after = steps.findIndex((step) => step > data.steps[player.row]);
    return real(values[(after < 0 ? steps.length : after) - 1] ?? null);
  }

  // The cursor and the dot of a series.
  function mark(plot, key) {
    const step = data.steps[player.row], value = at(key), { start, end } = derivviz.model(plot, "y");
    put(plot, "cursor", { x: [step], y: [start], u: [step], v: [end] });
    put(plot, "now", Number.isFinite(value) ? { x: [step], y: [value] } : { x: [], y: [] });
  }

  function draw() {
    const step = data.steps[player.row], loss = at(data.main);
    const known = data.measures[measure.selectedIndex], values = known.values[player.row].map(real);
    mark("loss", data.main);
    if (data.others.length) mark("other", data.others[which.selectedIndex]);

    const rows = known.names.map((_, n) => known.names.length - 1.1 - n), [low, high] = known.ends;
    const above = values.map((value, n) => n).filter((n) => values[n] > 0 && Number.isFinite(values[n]));
    const of = (list) => above.map((n) => list[n]);
    range("tensors", "x", known.ends);
    range("tensors", "y", [-0.5, known.names.length - 0.2]);
    derivviz.model("tensors", "measure axis").axis_label = both(known.title);
    put("tensors", "range", { x: rows.map(() => low), y: rows, u: rows.map(() => high), v: rows });
    put("tensors", "stems", { x: of(rows).map(() => low), y: of(rows), u: of(values), v: of(rows) });
    put("tensors", "values", { x: of(values), y: of(rows) });
    put("tensors", "names", { x: rows.map(() => low), y: rows.map((y) => y + 0.42), text: known.names });

    player.show(`${say("step", "스텝")} ${step}, ${data.main} ${number(loss)}`);
    show("step", step, String(step));
    const end = known.values.length - 1;
    fill("table", known.names.map((name, n) => [name, values[n], real(known.values[0][n]), real(known.values[end][n])]));
    element("caption").textContent = both(known.title);
    [...measure.options].forEach((option, n) => (option.textContent = both(data.measures[n].title)));
    element("says").textContent = told(step, loss, known, values);
    element("says").dataset.loss = String(loss);
    element("more").textContent = left(known);
  }

  function told(step, loss, known, values) {
    const epoch = data.epoch === null ? NaN : real(data.epoch[player.row]);
    const when = Number.isFinite(epoch) ? say(`Step ${step}, epoch ${number(epoch)}`, `스텝 ${step}, 에포크 ${number(epoch)}`) : say(`Step ${step}`, `스텝 ${step}`);
    const found = values.map((value, n) => n).filter((n) => Number.isFinite(values[n]));
    if (!found.length) return say(`${when}: nothing finite was recorded here.`, `${when}: 기록된 유한한 값이 없다.`);
    const most = found.reduce((top, n) => (values[n] > values[top] ? n : top), found[0]);
    return say(
      `${when}: ${data.main} = ${number(loss, 4)}. Largest ${both(known.title)}: ${number(values[most], 3)}, ${known.names[most]}.`,
      `${when}: ${data.main} = ${number(loss, 4)}. ${both(known.title)} 가운데 가장 큰 것은 ${known.names[most]}의 ${number(values[most], 3)}이다.`,
    );
  }

  // What there was no room for.
  function left(known) {
    const lines = [];
    if (known.names.length < known.of) {
      lines.push(say(`${known.names.length} of ${known.of} tensors are shown.`, `텐서 ${known.of}개 가운데 ${known.names.length}개만 나타냈다.`));
    }
    if (data.steps.length < data.every) {
      lines.push(say(`${data.steps.length} of ${data.every} steps are shown.`, `스텝 ${data.every}개 가운데 ${data.steps.length}개만 나타냈다.`));
    }
    return lines.join(" ");
  }

  // Another series takes the plot below.
  function other() {
    const key = data.others[which.selectedIndex], { steps, values: logged } = data.series[key];
    const values = logged.map(real).filter(Number.isFinite);
    const low = Math.min(...values), high = Math.max(...values), room = 0.08 * (high - low) || 1;
    range("other", "y", values.length ? [low - room, high + room] : [0, 1]);
    put("other", "series", { x: steps, y: logged.map(real) });
    derivviz.model("other", "y axis").axis_label = key;
    draw();
  }

  const options = (place, words) => place.replaceChildren(...words.map((word) => new Option(word)));
  options(measure, data.measures.map((one) => both(one.title)));
  options(which, data.others);
  element("others").classList.toggle("hidden", !data.others.length);
  measure.addEventListener("change", draw);
  which.addEventListener("change", other);
  for (const plot of data.others.length ? ["loss", "other"] : ["loss"]) {
    derivviz.drag(plot, (x) => {
      player.stop();
      player.move(derivviz.nearest(data.steps, x));
    });
  }
  derivviz.start(draw, () => data.others.length && other());
})();
