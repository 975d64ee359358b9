// Asks for the page again every two seconds while somebody looks at it, and changes what has changed: focus, open details,
// what is typed and the place on the page stay as they are.
const kept = (node, name) => /^(DETAILS open|INPUT value)$/.test(node.nodeName + " " + name);
const same = (a, b) => a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

function renew(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeType !== 1) { old.data = now.data; return; }
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
  for (const { name, value } of now.attributes) if (!kept(old, name)) old.setAttribute(name, value);
  // A row is known by its id, so that a button never comes to mean another run.
  const ids = new Set([...now.children].map((child) => child.id));
  for (const child of [...old.children]) if (child.id && !ids.has(child.id)) child.remove();
  let at = old.firstChild;
  for (const child of now.childNodes) {
    if (at && same(at, child)) { const next = at.nextSibling; renew(at, child); at = next; }
    else old.insertBefore(child.cloneNode(true), at);
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

setInterval(async () => {
  const live = document.getElementById("live"), page = document.documentElement.classList;
  // Whoever is about to press a button, or copies something, is not disturbed.
  if (!live || document.hidden || live.querySelector("button:hover") || !getSelection().isCollapsed) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(1900) });
    if (answer.redirected) return location.reload();
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (now) renew(live, now);
    page.toggle("stale", !now);
  } catch { page.add("stale"); }
}, 2000);
