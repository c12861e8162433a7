"use strict";
// Players of two-hand motion. The data stand in #handx-scenes; every .player names its scene. No library, no network.
(() => {
  const data = JSON.parse(document.getElementById("handx-scenes").textContent);
  const { joints, bones, palm, tips, wrist, contact_mm: contactMm } = data.skeleton;
  const perFrame = 2 * joints * 3;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const players = [];

  // Positions are whole tenths of a millimetre; each frame holds the difference from the one before.
  function decode(track) {
    const out = new Float32Array(track.frames * perFrame);
    const sum = new Int32Array(perFrame);
    for (let i = 0; i < out.length; i++) out[i] = (sum[i % perFrame] += track.deltas[i]) / 10000;
    return out;
  }

  const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

  function mix(a, b, t) {
    const rgb = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
    const [p, q] = [rgb(a), rgb(b)];
    return `rgb(${p.map((v, i) => Math.round(v + (q[i] - v) * t)).join(",")})`;
  }

  let theme = {};
  function readTheme() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(name).trim();
    const [left, right, panel] = [get("--left"), get("--right"), get("--panel")];
    theme = { left, right, panel, ink: get("--ink"), soft: get("--soft"), contact: get("--contact"), rim: get("--contact-rim") };
    // Eight steps of haze, near to far, so that no colour is mixed while drawing.
    theme.hands = [left, right].map((c) => Array.from({ length: 8 }, (_, i) => mix(c, panel, (0.45 * i) / 7)));
  }

  class View {
    constructor(track, scene, player, parent) {
      this.track = track;
      this.motion = decode(track);
      this.player = player;
      const figure = element("figure", {}, parent);
      element("figcaption", { text: track.name || "motion" }, figure);
      this.canvas = element("canvas", { role: "img", "aria-label": `Two hands: ${track.name || "motion"}` }, figure);
      this.context = this.canvas.getContext("2d");
      this.xy = new Float64Array(2 * joints * 2);
      this.near = new Float64Array(2 * joints);
      this.aspect = clamp(scene.height / scene.width, 0.6, 1.1);
      this.bones = [];
      for (const hand of [0, 1]) for (const [a, b] of bones) this.bones.push({ hand, a: hand * joints + a, b: hand * joints + b, tip: tips.includes(b), root: a === wrist, depth: 0 });
      player.steer(this.canvas);
    }

    resize() {
      const width = this.canvas.clientWidth;
      const ratio = Math.min(devicePixelRatio || 1, 3);
      this.width = width;
      // What happens in the motion is to be seen together with it.
      const most = this.player.scene.timelines.length ? Math.max(0.5 * innerHeight, 220) : Infinity;
      this.height = Math.round(Math.min(width * this.aspect, most));
      this.canvas.style.height = `${this.height}px`;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.ratio = ratio;
    }

    frameAt(time) {
      return clamp(Math.floor(time * this.track.fps + 0.5), 0, this.track.frames - 1);
    }

    // As handx_bench/view/camera.py: metres in the plane looked at, and the magnification.
    project(frame) {
      const { camera, scene } = this.player;
      const [sa, ca, se, ce] = [Math.sin(camera.azimuth), Math.cos(camera.azimuth), Math.sin(camera.elevation), Math.cos(camera.elevation)];
      const distance = scene.distance;
      const scale = this.scale();
      const start = frame * perFrame;
      const [ox, oy, oz] = this.target(start);
      for (let i = 0; i < 2 * joints; i++) {
        const x = this.motion[start + 3 * i] - ox, y = this.motion[start + 3 * i + 1] - oy, z = this.motion[start + 3 * i + 2] - oz;
        const right = x * ca + y * sa;
        const up = -x * sa * se + y * ca * se + z * ce;
        const forward = -x * sa * ce + y * ca * ce - z * se;
        const near = distance / Math.max(distance + forward, 0.2 * distance);
        this.near[i] = near;
        this.xy[2 * i] = this.width / 2 + right * near * scale;
        this.xy[2 * i + 1] = this.height / 2 - up * near * scale;
      }
    }

    // The point looked at: the middle of the clip, or of the hand that is followed.
    target(start) {
      const sum = [0, 0, 0], { hand } = this.player.camera;
      if (hand < 0) return sum;
      for (let i = 0; i < 3 * joints; i++) sum[i % 3] += this.motion[start + 3 * joints * hand + i] / joints;
      return sum;
    }

    scale() {
      const { camera, scene } = this.player;
      return Math.min(this.width / scene.width, this.height / scene.height) * camera.zoom;
    }

    draw(time) {
      const c = this.context;
      const frame = this.frameAt(time);
      const over = time * this.track.fps > this.track.frames - 0.5;
      c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      c.clearRect(0, 0, this.width, this.height);
      this.project(frame);
      c.globalAlpha = over ? 0.35 : 1;
      this.drawPalms(over);
      this.drawBones();
      this.drawContacts(frame);
      c.globalAlpha = 1;
      this.drawScale(over);
      this.drawAxes();
    }

    drawPalms(over) {
      const c = this.context;
      c.globalAlpha = over ? 0.1 : 0.22;
      for (const hand of [0, 1]) {
        c.fillStyle = theme.hands[hand][0];
        for (const corners of palm) {
          c.beginPath();
          corners.forEach((j, n) => {
            const i = 2 * (hand * joints + j);
            if (n) c.lineTo(this.xy[i], this.xy[i + 1]);
            else c.moveTo(this.xy[i], this.xy[i + 1]);
          });
          c.fill();
        }
      }
      c.globalAlpha = over ? 0.35 : 1;
    }

    drawBones() {
      const c = this.context, { xy, near } = this;
      let low = Infinity, high = -Infinity;
      for (const n of near) { low = Math.min(low, n); high = Math.max(high, n); }
      const scale = this.scale();
      const haze = (n) => Math.round((7 * (high - n)) / Math.max(high - low, 0.25));
      for (const bone of this.bones) bone.depth = (near[bone.a] + near[bone.b]) / 2;
      this.bones.sort((p, q) => p.depth - q.depth);
      for (const { hand, a, b, tip, root, depth } of this.bones) {
        const width = clamp(0.0042 * scale * depth, 1.6, 8);
        const [x, y, u, v] = [xy[2 * a], xy[2 * a + 1], xy[2 * b], xy[2 * b + 1]];
        // A rim of the ground's colour tells which of two crossing fingers is in front; it would cut up the palm.
        if (!root) {
          c.lineCap = "butt";
          c.lineWidth = width * 1.9;
          c.strokeStyle = theme.panel;
          c.beginPath();
          c.moveTo(x + 0.15 * (u - x), y + 0.15 * (v - y));
          c.lineTo(u - 0.15 * (u - x), v - 0.15 * (v - y));
          c.stroke();
        }
        c.lineCap = "round";
        c.lineWidth = width;
        c.strokeStyle = c.fillStyle = theme.hands[hand][haze(depth)];
        c.beginPath();
        c.moveTo(x, y);
        c.lineTo(u, v);
        c.stroke();
        if (tip) this.dot(u, v, clamp(0.0044 * scale * near[b], 2, 8.5));
      }
    }

    drawContacts(frame) {
      const c = this.context, start = frame * perFrame, limit = contactMm / 1000;
      const distance = (i, j) => Math.hypot(...[0, 1, 2].map((k) => this.motion[start + 3 * i + k] - this.motion[start + 3 * j + k]));
      const mark = (i, j) => {
        if (distance(i, j) >= limit) return;
        const [x, y] = [0, 1].map((k) => (this.xy[2 * i + k] + this.xy[2 * j + k]) / 2);
        const radius = clamp(0.0055 * this.scale() * this.near[i], 2.5, 10);
        c.fillStyle = theme.contact;
        c.strokeStyle = theme.rim;
        c.lineWidth = Math.max(radius * 0.35, 1);
        this.dot(x, y, radius, true);
      };
      for (const hand of [0, joints]) for (const tip of tips.slice(1)) mark(hand + tips[0], hand + tip);
      for (const a of tips) for (const b of tips) mark(a, joints + b);
    }

    dot(x, y, radius, rim) {
      this.context.beginPath();
      this.context.arc(x, y, radius, 0, 2 * Math.PI);
      this.context.fill();
      if (rim) this.context.stroke();
    }

    drawScale(over) {
      const c = this.context, width = 0.05 * this.scale();
      c.fillStyle = theme.ink;
      c.fillRect(10, this.height - 12, width, 2);
      c.font = "12px system-ui, sans-serif";
      c.textAlign = "left";
      c.fillText(`50 mm${over ? " · ended" : ""}`, width + 16, this.height - 8);
    }

    drawAxes() {
      const { azimuth, elevation } = this.player.camera, c = this.context;
      const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
      const axes = [["right", ca, -sa * se], ["front", sa, ca * se], ["up", 0, ce]];
      const [x, y] = [this.width - 52, this.height - 34];
      c.strokeStyle = c.fillStyle = theme.soft;
      c.lineWidth = 1.2;
      c.font = "10px system-ui, sans-serif";
      c.textAlign = "center";
      for (const [name, u, v] of axes) {
        const [du, dv] = [u * 20, -v * 20];
        c.beginPath();
        c.moveTo(x, y);
        c.lineTo(x + du, y + dv);
        c.stroke();
        // Seen from behind, front and up point the same way: their names go to different sides.
        const aside = name === "front" && Math.abs(du) < 8 ? -16 : 0;
        c.fillText(name, x + du * 1.8 + aside, y + dv * (aside ? 1 : 1.5) + 3);
      }
    }
  }

  class Player {
    constructor(root) {
      this.root = root;
      this.scene = data.scenes[Number(root.dataset.scene)];
      this.home = { azimuth: (this.scene.azimuth_deg * Math.PI) / 180, elevation: (this.scene.elevation_deg * Math.PI) / 180, zoom: 1, hand: -1 };
      this.camera = { ...this.home };
      this.time = 0;
      this.speed = 1;
      this.playing = false;
      this.visible = true;
      this.pointers = new Map();
      root.replaceChildren();
      root.tabIndex = 0;
      root.setAttribute("role", "group");
      root.setAttribute("aria-label", "Motion player. Space plays, arrow keys step, plus and minus zoom, r resets the view");
      const views = element("div", { class: "views" }, root);
      this.views = this.scene.tracks.map((track) => new View(track, this.scene, this, views));
      this.fps = Math.max(...this.scene.tracks.map((t) => t.fps));
      this.duration = Math.max(...this.scene.tracks.map((t) => (t.frames - 1) / t.fps));
      this.last = Math.max(Math.round(this.duration * this.fps), 0);
      this.controls();
      const span = Math.max(0, ...this.scene.timelines.map((timeline) => timeline.end));
      this.timelines = this.scene.timelines.map((timeline) => new Timeline(timeline, span, (time) => { this.pause(); this.seek(Math.round(time * this.fps)); }, root));
      root.addEventListener("keydown", (event) => this.key(event));
      new ResizeObserver(() => this.resize()).observe(views);
      new IntersectionObserver((entries) => { this.visible = entries[entries.length - 1].isIntersecting; }).observe(root);
      this.resize();
      if (!still && this.last > 0) this.toggle();
    }

    controls() {
      const bar = element("div", { class: "bar" }, this.root);
      this.button = element("button", { type: "button", class: "play", text: "Play" }, bar);
      this.button.addEventListener("click", () => this.toggle());
      this.slider = element("input", { type: "range", min: 0, max: this.last, step: 1, value: 0, "aria-label": "Frame" }, bar);
      this.slider.addEventListener("input", () => { this.pause(); this.seek(Number(this.slider.value)); });
      this.label = element("span", { class: "time" }, bar);
      const speed = element("select", { "aria-label": "Speed" }, bar);
      for (const value of [0.1, 0.25, 0.5, 1, 2]) element("option", { value, text: `${value}×` }, speed);
      speed.value = "1";
      speed.addEventListener("change", () => { this.speed = Number(speed.value); });
      this.look = element("select", { "aria-label": "Look at" }, bar);
      ["both hands", "left hand", "right hand"].forEach((text, i) => element("option", { value: i - 1, text }, this.look));
      this.look.addEventListener("change", () => {
        this.camera.hand = Number(this.look.value);
        this.camera.zoom = this.camera.hand < 0 ? 1 : Math.max(1, Math.min(this.scene.width, this.scene.height) / 0.24);
        this.draw();
      });
      const reset = element("button", { type: "button", text: "Reset view" }, bar);
      reset.addEventListener("click", () => this.reset());
    }

    toggle() {
      if (this.playing) return this.pause();
      if (this.frame() >= this.last) this.time = 0;
      this.playing = true;
      this.button.textContent = "Pause";
      wake();
    }

    pause() {
      this.playing = false;
      this.button.textContent = "Play";
    }

    frame() {
      return clamp(Math.floor(this.time * this.fps + 0.5), 0, this.last);
    }

    seek(frame) {
      this.time = clamp(frame, 0, this.last) / this.fps;
      this.draw();
    }

    advance(seconds) {
      this.time += seconds * this.speed;
      // The last frame stands as long as any other, then it starts again.
      if (this.time > this.duration + 0.5 / this.fps) this.time = 0;
      this.draw();
    }

    reset() {
      Object.assign(this.camera, this.home);
      this.look.value = "-1";
      this.draw();
    }

    zoom(factor) {
      this.camera.zoom = clamp(this.camera.zoom * factor, 0.3, 15);
      this.draw();
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
      const step = event.shiftKey ? 10 : 1;
      const actions = {
        " ": () => this.toggle(),
        ArrowRight: () => { this.pause(); this.seek(this.frame() + step); },
        ArrowLeft: () => { this.pause(); this.seek(this.frame() - step); },
        Home: () => { this.pause(); this.seek(0); },
        End: () => { this.pause(); this.seek(this.last); },
        "+": () => this.zoom(1.2), "=": () => this.zoom(1.2), "-": () => this.zoom(1 / 1.2), r: () => this.reset(),
      };
      if (!(event.key in actions) || (event.key === " " && event.target.tagName === "BUTTON")) return;
      event.preventDefault();
      actions[event.key]();
    }

    // One pointer turns, two zoom; the wheel zooms once the player has been touched, so that a page still scrolls.
    steer(canvas) {
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
        this.root.focus({ preventScroll: true });
      });
      canvas.addEventListener("pointermove", (event) => {
        const before = this.pointers.get(event.pointerId);
        if (!before) return;
        const now = [event.clientX, event.clientY];
        if (this.pointers.size === 1) {
          this.camera.azimuth -= (now[0] - before[0]) * 0.01;
          this.camera.elevation = clamp(this.camera.elevation + (now[1] - before[1]) * 0.01, -Math.PI / 2, Math.PI / 2);
        } else {
          const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
          const span = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
          this.zoom(span(now) / span(before));
        }
        this.pointers.set(event.pointerId, now);
        this.draw();
      });
      for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
      canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !this.root.contains(document.activeElement)) return;
        event.preventDefault();
        this.zoom(Math.exp(-clamp(event.deltaY, -100, 100) * 0.002));
      }, { passive: false });
    }

    resize() {
      [...this.views, ...this.timelines].forEach((each) => each.resize());
      this.draw();
    }

    draw() {
      this.slider.value = this.frame();
      this.label.textContent = `${(this.frame() / this.fps).toFixed(2)} s · frame ${this.frame()}/${this.last}`;
      [...this.views, ...this.timelines].forEach((each) => each.draw(this.frame() / this.fps));
    }
  }

  let before = null, awake = false;
  function tick(now) {
    const seconds = before === null ? 0 : Math.min((now - before) / 1000, 0.25);
    before = now;
    const running = players.filter((player) => player.playing);
    running.filter((player) => player.visible).forEach((player) => player.advance(seconds));
    awake = running.length > 0;
    if (awake) requestAnimationFrame(tick);
  }
  function wake() {
    if (awake) return;
    awake = true;
    before = null;
    requestAnimationFrame(tick);
  }

  readTheme();
  for (const root of document.querySelectorAll(".player")) players.push(new Player(root));
  wake();
  if (players.length === 1) players[0].root.focus({ preventScroll: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); players.forEach((p) => p.draw()); });
  addEventListener("beforeprint", () => players.forEach((p) => p.draw()));
})();
