// What every page shares: its plots, its language and theme, its numbers.
"use strict";

const derivviz = (() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  const state = { language: told.language, theme: told.theme };
  const views = {};
  const root = document.documentElement;
  const LARGEST = 17, SMALLEST = 8.5; // font size of a formula, in pixels
  const PER_EM = 1.4; // times the font size is what an em of it takes in width: MathJax sets it larger than text
  let redraw = () => {};

  // ---- arithmetic, as derivviz.calculus.tree does it: NaN where there is no real value ----
  const quotient = (above, below) => (below === 0 ? NaN : above / below);
  const ln = (x) => (x === 0 ? NaN : Math.log(x));
  const power = (base, exponent) =>
    Number.isNaN(base) || Number.isNaN(exponent) || (base === 0 && exponent < 0) ? NaN : Math.pow(base, exponent);
  const plainPower = (base, exponent) => {
    if (exponent === 0) return Number.isNaN(base) ? NaN : 1;
    return exponent < 0 && base === 0 ? NaN : Math.pow(base, exponent);
  };
  const oddPower = (base, exponent, even) => {
    const size = Math.pow(Math.abs(base), exponent);
    return exponent < 0 && base === 0 ? NaN : even || base >= 0 ? size : -size;
  };

  // ---- words and numbers ----
  const say = (en, ko) => (state.language === "ko" ? ko : en);
  const both = (words) => words[state.language];
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const spelled = (text) => {
    const [mantissa, exponent] = text.replace("+", "").split("e");
    const tens = exponent === undefined ? "" : "10" + [...exponent].map((sign) => raised[sign]).join("");
    return (tens === "" ? mantissa : mantissa === "1" ? tens : `${mantissa} × ${tens}`).replaceAll("-", "−");
  };
  const number = (x, digits = 6) => (Number.isFinite(x) ? spelled(String(Number(x.toPrecision(digits)))) : "—");
  const exact = (x) => (Number.isFinite(x) ? spelled(String(x)) : "—"); // every digit of the float64
  const real = (x) => (x === null ? NaN : x);

  const element = (id) => document.getElementById(id);
  // A number where it is read: in words for people, whole for programs.
  function show(id, value, text = number(value)) {
    const place = element(id);
    place.textContent = text;
    place.dataset.value = String(value);
  }
  // Rows of a table: each cell a text, a number, or a number and its text; `best` is the row that stands out.
  function fill(id, rows, best = -1) {
    element(id).replaceChildren(
      ...rows.map((row, n) => {
        const line = document.createElement("tr");
        if (n === best) line.className = "best";
        row.forEach((cell, k) => {
          const made = document.createElement(k === 0 ? "th" : "td");
          if (k === 0) made.scope = "row";
          const { value, text } = typeof cell === "object" ? cell : { value: cell, text: number(cell, 5) };
          if (typeof value === "number") {
            made.className = "number";
            made.dataset.value = String(value);
          }
          made.textContent = typeof value === "number" ? text : value;
          line.append(made);
        });
        return line;
      }),
    );
  }

  // ---- plots ----
  const model = (plot, name) => views[plot].model.document.get_model_by_name(name);
  const put = (plot, name, columns) => {
    model(plot, name).data_source.data = columns;
  };
  const range = (plot, axis, [start, end]) => model(plot, axis).setv({ start, end });
  const ticks = (plot, count) => {
    model(plot, "x axis").ticker.desired_num_ticks = count;
  };
  const seen = (plot, name, visible) => {
    model(plot, name).visible = visible;
  };
  // Heights of a function over an interval, with a gap where a step stays high however near one looks.
  function sampled(f, [low, high], height, count = 1000) {
    const x = [], y = [];
    for (let n = 0; n <= count; n++) {
      const here = low + ((high - low) * n) / count, value = f(here);
      if (n && Math.abs(value - y[y.length - 1]) > height / 4) {
        let a = x[x.length - 1], b = here, below = y[y.length - 1], above = value;
        for (let k = 0; k < 40; k++) {
          const middle = (a + b) / 2, between = f(middle);
          if (!Number.isFinite(between) || Math.abs(between - below) > Math.abs(above - between)) [b, above] = [middle, between];
          else [a, below] = [middle, between];
        }
        if (!(Math.abs(above - below) < height / 8)) {
          x.push((a + b) / 2);
          y.push(NaN);
        }
      }
      x.push(here);
      y.push(Number.isFinite(value) ? value : NaN);
    }
    return { x, y };
  }
  // Mouse, pen and finger: `moved` gets x and y of the plot, and whether the pointer has just come down.
  function drag(plot, moved) {
    const place = element(plot);
    const tell = (event, first) => {
      const view = views[plot], box = view.canvas_view.el.getBoundingClientRect();
      moved(
        view.frame.x_scale.invert(event.clientX - box.left),
        view.frame.y_scale.invert(event.clientY - box.top),
        first,
      );
    };
    let down = null, held = false; // a finger may also mean to scroll: it holds once it goes sideways, or taps
    const hold = () => {
      held = true;
      tell(down, true);
    };
    place.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      place.setPointerCapture(event.pointerId);
      [down, held] = [event, false];
      if (event.pointerType !== "touch") hold();
    });
    place.addEventListener("pointermove", (event) => {
      if (!place.hasPointerCapture(event.pointerId)) return;
      const [x, y] = [Math.abs(event.clientX - down.clientX), Math.abs(event.clientY - down.clientY)];
      if (!held && x > 4 && x > y) hold();
      if (held) tell(event, false);
    });
    place.addEventListener("pointerup", () => {
      if (!held) hold();
    });
  }
  // A slider over rows that a button walks through: `moved` draws the row `player.row`.
  function player(slider, button, last, row, moved) {
    const self = { row, timer: null };
    self.stop = () => {
      clearInterval(self.timer);
      self.timer = null;
    };
    self.move = (to) => {
      self.row = Math.min(Math.max(Math.round(to), 0), last);
      moved();
    };
    self.show = (words) => {
      slider.value = self.row;
      slider.setAttribute("aria-valuetext", words);
      button.textContent = self.timer === null ? say("Play", "재생") : say("Stop", "멈춤");
      button.setAttribute("aria-pressed", String(self.timer !== null));
    };
    slider.max = last;
    slider.addEventListener("input", () => {
      self.stop();
      self.move(Number(slider.value));
    });
    button.addEventListener("click", () => {
      if (self.timer === null) {
        if (self.row === last) self.row = 0;
        self.timer = setInterval(() => {
          if (self.row + 1 >= last) self.stop();
          self.move(self.row + 1);
        }, 40);
      } else self.stop();
      moved();
    });
    return self;
  }
  // The row whose number is nearest.
  const nearest = (numbers, one) =>
    numbers.reduce((near, value, n) => (Math.abs(value - one) < Math.abs(numbers[near] - one) ? n : near), 0);

  // ---- language and theme ----
  // A formula keeps the colour that it was set in, unless it is another one: an empty group makes it so.
  const set = (text) => (text.startsWith("$$") && state.theme === "dark" ? text.replace(/\$\$$/, "{}$$$$") : text);
  function dress() {
    root.lang = state.language;
    root.dataset.theme = state.theme;
    document.title = both(told.title);
    for (const place of document.querySelectorAll("[data-en]")) place.textContent = place.dataset[state.language];
    for (const place of document.querySelectorAll("[data-label-en]")) {
      place.setAttribute("aria-label", place.dataset[state.language === "ko" ? "labelKo" : "labelEn"]);
    }
    const other = element("language");
    other.textContent = say("한국어", "English");
    other.lang = say("ko", "en");
    element("theme").textContent =
      state.theme === "dark" ? say("Light background", "밝은 배경") : say("Dark background", "어두운 배경");
    for (const [name, view] of Object.entries(views)) {
      for (const [id, property, look] of told.plots[name].worn) {
        const worn = typeof look === "string" ? told.themes[state.theme][look] : set(both(look));
        view.model.document.get_model_by_id(id).setv({ [property]: worn });
      }
    }
    redraw();
  }
  element("language").addEventListener("click", () => {
    state.language = say("ko", "en");
    dress();
  });
  element("theme").addEventListener("click", () => {
    state.theme = state.theme === "dark" ? "paper" : "dark";
    dress();
  });

  // A formula as wide as its plot at the most; in plain signs above the plot where that is too small to read.
  function fit(name, formula) {
    if (formula === null) return;
    const size = Math.min(LARGEST, (element(name).clientWidth - 90) / (PER_EM * formula.wide));
    if (size >= SMALLEST) {
      model(name, "title").text_font_size = `${size.toFixed(1)}px`;
      return;
    }
    model(name, "title").visible = false;
    const line = document.createElement("p");
    line.textContent = formula.text;
    element(name).before(line);
  }

  // Draw the plots, then the page, and the page again whenever language or theme change.
  async function start(draw, ready = () => {}) {
    Bokeh.set_log_level("error");
    for (const [name, { item }] of Object.entries(told.plots)) {
      const view = [...(await Bokeh.embed.embed_item(item, name))][0];
      if (root.clientWidth < 600) view.model.aspect_ratio = Math.min(view.model.aspect_ratio, 1.2);
      view.canvas_view.events_el.tabIndex = -1; // the controls are for the keyboard
      views[name] = view;
      fit(name, told.plots[name].formula);
    }
    ready();
    redraw = draw;
    dress();
    root.dataset.ready = "yes";
  }

  return {
    quotient, ln, power, plainPower, oddPower, say, both, number, exact, real, element, show, fill, model, put, range,
    ticks, seen, sampled, drag, player, nearest, start, functions: {}, data: told.data, color: (role) => told.themes[state.theme][role],
  };
})();
