// The page of a run that goes on: told of each new state, it takes the new page in place of the old.

function live() {
  const state = html("p", { class: "live", role: "status" }, "live");
  document.querySelector("header").prepend(state);
  let waiting = false;
  let busy = false;
  let isOver = false;

  // Nothing may move under a reader's hand: while something is pointed at, focused, open or selected, the page waits.
  const isRead = () => view.cursor !== null || (document.activeElement && document.activeElement !== document.body)
    || document.querySelector("main details[open]") !== null || !getSelection().isCollapsed;

  async function update() {
    const isLast = isOver;
    if (busy) { waiting = true; return; }
    if (isRead() && !isLast) { waiting = true; state.textContent = "live · waits while you look"; return; }
    busy = true;
    waiting = false;
    try {
      const answer = await fetch("/", { cache: "no-store" });
      if (!answer.ok) throw new Error("HTTP " + answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [left, top] = [scrollX, scrollY];
      document.querySelector("main").replaceWith(document.importNode(next.querySelector("main"), true));
      document.getElementById("page-data").textContent = next.getElementById("page-data").textContent;
      document.title = next.title;
      main();
      document.querySelector("header").prepend(state);
      scrollTo(left, top);
      state.textContent = isLast ? "the run has ended; this is its report" : "live · " + new Date().toLocaleTimeString();
    } catch (error) {
      state.textContent = "not updated: " + error.message;
    }
    busy = false;
  }

  const events = new EventSource("/events");
  events.addEventListener("state", update);
  events.addEventListener("end", () => { events.close(); isOver = true; update(); });
  events.addEventListener("error", () => { if (!isOver) state.textContent = "no connection to the run; what is shown is the last state"; });
  setInterval(() => { if (waiting) update(); }, 250);
}

live();
