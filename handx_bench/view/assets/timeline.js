"use strict";
// Both scripts of the page are one element: what stands here, players use too.
function element(tag, attributes, parent) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  if (parent) parent.appendChild(node);
  return node;
}

// What happens in a motion, as rows of bars over time, with a cursor at the current time; a click goes to a time.
class Timeline {
  // data: of handx_bench/view/timeline.py; span: seconds that the axis shows.
  constructor(data, span, seek, parent) {
    this.span = span;
    this.rows = [];
    const box = element("section", { class: "timeline", "aria-label": `What happens in ${data.name || "the motion"}` }, parent);
    if (data.name) element("h4", { text: data.name }, box);
    if (data.nothing) element("p", { class: "soft", text: data.nothing }, box);
    this.body = element("div", { class: "rows" }, element("div", { class: "scroll" }, box));
    for (const { part, title, rows } of data.parts) {
      if (!rows.length) continue;
      element("h5", { class: part, text: title }, this.body);
      rows.forEach((row) => this.add(row, part));
    }
    if (!this.rows.length) return;
    this.axis = this.line("axis", "");
    this.over = element("div", { class: "over" }, this.body);
    this.body.style.setProperty("--end", data.end / span);
    this.cursor = element("div", { class: "cursor" }, this.body);
    this.body.addEventListener("click", (event) => {
      const { left, width } = this.axis.getBoundingClientRect();
      if (event.clientX >= left) seek((span * (event.clientX - left)) / width);
    });
  }

  line(kind, label) {
    this.last = element("div", { class: kind }, this.body);
    element("span", { class: "label", text: label }, this.last);
    return element("div", { class: "lane" }, this.last);
  }

  add({ label, bars }, part) {
    const lane = this.line(`row ${part}`, label), changes = bars.filter((bar) => !bar[2]);
    if (changes.length && changes.length < bars.length) lane.classList.add("both");
    const drawn = bars.map(([start, end, isContact, told, captions]) => {
      const time = `${start.toFixed(2)}–${end.toFixed(2)} s: ${told}`;
      const bar = element("i", { class: isContact ? "event contact" : "event", title: `${label}, ${time}` }, lane);
      bar.style.left = `${(100 * start) / this.span}%`;
      bar.style.width = `${(100 * (end - start)) / this.span}%`;
      return { start, end, captions, isContact };
    });
    this.rows.push({ lane, node: this.last, bars: drawn });
  }

  // Captions and ticks depend on the room that there is.
  resize() {
    if (!this.rows.length) return;
    const width = this.axis.clientWidth, pixels = width / this.span;
    const pen = (Timeline.pen ||= document.createElement("canvas").getContext("2d"));
    pen.font = getComputedStyle(this.axis).font;
    for (const { lane, bars } of this.rows) {
      lane.querySelectorAll(".caption").forEach((old) => old.remove());
      const changes = bars.filter((bar) => !bar.isContact);
      changes.forEach(({ start, end, captions }, i) => {
        const stop = i + 1 < changes.length ? changes[i + 1].start * pixels : width;
        for (const text of captions) {
          const needed = pen.measureText(text).width + 8, inside = start * pixels + needed <= end * pixels;
          const left = (inside ? start : end) * pixels;
          if (left + needed > stop) continue;
          element("span", { class: "caption", text }, lane).style.left = `${left}px`;
          return;
        }
      });
    }
    const steps = [-2, -1, 0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((base) => base * 10 ** power));
    const step = steps.find((each) => each * pixels >= 56) || this.span;
    this.body.style.setProperty("--step", `${step * pixels}px`);
    this.axis.replaceChildren();
    for (let i = 0; i * step <= this.span + 1e-6; i++) {
      element("span", { class: "tick", text: `${Number((i * step).toPrecision(6))} s` }, this.axis).style.left = `${i * step * pixels}px`;
    }
  }

  draw(time) {
    if (!this.rows.length) return;
    this.body.style.setProperty("--at", time / this.span);
    for (const { node, bars } of this.rows) node.classList.toggle("now", bars.some(({ start, end }) => start <= time + 1e-6 && time + 1e-6 < end));
  }
}
